/* What many write into Markdown beside CommonMark: tables with pipes (GFM 0.29, 4.10), and what stands before the text between two lines of dashes. */
#include "markdown.h"

#include <string.h>

#define FRONT_BYTES 16384u
#define COLUMNS_MAX 100u

/* ---- tables ---- */

/* The next cell of a row without the pipes at its ends; a pipe behind a backslash is none. */
static bool take_cell(struct str *rest, struct str *cell)
{
	size_t n = 0;
	if (rest->p == NULL)
		return false;
	while (n < rest->n && rest->p[n] != '|')
		n += rest->p[n] == '\\' && n + 1 < rest->n ? 2 : 1;
	*cell = (struct str){rest->p, n};
	*rest = n < rest->n ? (struct str){rest->p + n + 1, rest->n - n - 1} : (struct str){NULL, 0};
	while (cell->n > 0 && strchr(" \t", cell->p[0]))
		*cell = (struct str){cell->p + 1, cell->n - 1};
	while (cell->n > 0 && strchr(" \t", cell->p[cell->n - 1]))
		cell->n--;
	return true;
}

static struct str row_inside(struct str line)
{
	if (line.n > 0 && line.p[0] == '|')
		line = (struct str){line.p + 1, line.n - 1};
	if (line.n > 0 && line.p[line.n - 1] == '|' && (line.n < 2 || line.p[line.n - 2] != '\\'))
		line.n--;
	return line;
}

static size_t cells_of(struct str line)
{
	struct str rest = row_inside(line), cell;
	size_t count = 0;
	while (take_cell(&rest, &cell))
		count++;
	return count;
}

/* |---|:-:| */
static bool is_delimiter(struct str line)
{
	struct str rest = row_inside(line), cell;
	if (!memchr(line.p, '|', line.n))
		return false;
	while (take_cell(&rest, &cell)) {
		size_t dashes = 0;
		for (size_t i = 0; i < cell.n; i++) {
			if (cell.p[i] != '-' && !(cell.p[i] == ':' && (i == 0 || i + 1 == cell.n)))
				return false;
			dashes += cell.p[i] == '-';
		}
		if (dashes == 0)
			return false;
	}
	return true;
}

bool markdown_table(struct text *text, struct str paragraph, const struct definitions *definitions)
{
	struct str rest = paragraph, line, second;
	size_t columns;
	if (!str_take_line(&rest, &line))
		return false;
	second = rest;
	if (memchr(rest.p, '\n', rest.n))
		second.n = (size_t)((const char *)memchr(rest.p, '\n', rest.n) - rest.p);
	columns = cells_of(line);
	if (second.n == 0 || !is_delimiter(second) || columns != cells_of(second) || columns > COLUMNS_MAX)
		return false;
	rest = paragraph;
	for (size_t row = 0; rest.n > 0; row++) {
		struct str cells, cell;
		if (!str_take_line(&rest, &line)) {
			line = rest;
			rest.n = 0;
		}
		cells = row_inside(line);
		for (unsigned column = 1; row != 1 && column <= columns && take_cell(&cells, &cell); column++)
			if (cell.n > 0) {
				text_begin(text, TEXT_CELL, TEXT_BODY, column);
				markdown_inline(text, cell, definitions);
			}
	}
	return true;
}

/* ---- before the text ---- */

/* key: value, of letters. */
static bool take_key(struct str *line, struct str *key)
{
	size_t n = 0;
	while (n < line->n && ((line->p[n] >= 'a' && line->p[n] <= 'z') || (line->p[n] >= 'A' && line->p[n] <= 'Z') ||
				      line->p[n] == '-' || line->p[n] == '_'))
		n++;
	if (n == 0 || n == line->n || line->p[n] != ':' || (n + 1 < line->n && line->p[n + 1] != ' '))
		return false;
	*key = (struct str){line->p, n};
	*line = (struct str){line->p + n + 1, line->n - n - 1};
	return true;
}

static struct str value_of(struct str line)
{
	while (line.n > 0 && strchr(" \t\r", line.p[line.n - 1]))
		line.n--;
	while (line.n > 0 && (line.p[0] == ' ' || line.p[0] == '\t'))
		line = (struct str){line.p + 1, line.n - 1};
	if (line.n >= 2 && (line.p[0] == '"' || line.p[0] == '\'') && line.p[line.n - 1] == line.p[0])
		line = (struct str){line.p + 1, line.n - 2};
	return line;
}

static bool is_fence(struct str line)
{
	line = value_of(line);
	return str_equal(line, STR("---")) || str_equal(line, STR("..."));
}

/* The lines between the dashes, if each is a key with its value, or goes on with the one before, and what is behind them. */
static bool find_front(struct str utf8, struct str *inside, struct str *behind)
{
	struct str rest = {utf8.p, utf8.n < FRONT_BYTES ? utf8.n : FRONT_BYTES}, line, key;
	const char *begin;
	bool any = false;
	if (!str_take_line(&rest, &line) || !str_equal(value_of(line), STR("---")))
		return false;
	begin = rest.p;
	while (str_take_line(&rest, &line)) {
		if (is_fence(line)) {
			*inside = (struct str){begin, (size_t)(line.p - begin)};
			*behind = (struct str){rest.p, utf8.n - (size_t)(rest.p - utf8.p)};
			return any;
		}
		if (take_key(&line, &key))
			any = true;
		else if (!any || (line.n > 0 && !strchr(" \t-#\r", line.p[0])))
			return false;
	}
	return false;
}

struct str markdown_front(struct text *text, struct str utf8)
{
	struct str inside, behind, line, key;
	if (!find_front(utf8, &inside, &behind))
		return utf8;
	while (str_take_line(&inside, &line)) {
		bool keyed = take_key(&line, &key);
		struct str value = value_of(line);
		if (value.n == 0 || (!keyed && value.p[0] == '#'))
			continue;
		if (keyed && str_equal(key, STR("title"))) {
			text_set_title(text, value);
			text_begin(text, TEXT_HEADING, TEXT_FRONT, 1);
		} else if (keyed && (str_equal(key, STR("lang")) || str_equal(key, STR("language")))) {
			text_set_language(text, value);
			continue;
		} else {
			text_begin(text, TEXT_PARAGRAPH, TEXT_FRONT, 0);
			if (keyed)
				text_set_label(text, key);
		}
		text_add(text, value);
	}
	return behind;
}
