/* Markdown: CommonMark's blocks, line by line, and footnotes. Blocks inside blocks are flattened: an item of a list is one, whatever it is in. */
#include "markdown.h"

#include <stdlib.h>
#include <string.h>

#define LISTS_MAX 20   /* deeper lists are as deep as this */
#define QUOTES_MAX 200 /* signs of quotation that a line may begin with */

struct list {
	unsigned content; /* column where its items' text begins */
};
struct markdown {
	struct text *text;
	struct definitions definitions;
	struct buf leaf;     /* of the paragraph, heading or code that is open */
	enum text_kind kind; /* of it */
	unsigned level;
	struct str label, key;
	bool open;  /* there is one */
	bool coded; /* it is code: no inline */
	char fence; /* 0: none */
	size_t fence_n;
	unsigned fence_indent;
	struct list lists[LISTS_MAX];
	size_t depth;
	bool in_note; /* indented lines go on with it */
	bool blank;   /* the line before was empty */
	unsigned quotes;
};

/* ---- the open block ---- */

static void close_leaf(struct markdown *in)
{
	if (!in->open)
		return;
	if (in->kind == TEXT_PARAGRAPH && markdown_table(in->text, buf_view(&in->leaf), &in->definitions)) {
		buf_clear(&in->leaf);
		in->open = false;
		return;
	}
	text_begin(in->text, in->kind, in->kind == TEXT_NOTE ? TEXT_NOTES : TEXT_BODY, in->level);
	if (in->label.n)
		text_set_label(in->text, in->label);
	if (in->key.n) {
		struct buf key = BUF_INIT;
		buf_text(&key, NOTE_KEY);
		buf_str(&key, in->key);
		text_set_key(in->text, buf_view(&key));
		buf_release(&key);
	}
	if (in->coded)
		text_add(in->text, buf_view(&in->leaf));
	else
		markdown_inline(in->text, buf_view(&in->leaf), &in->definitions);
	if (in->kind == TEXT_HEADING && in->level == 1 && in->text->title.n == 0) {
		const struct row *row = last_row(in->text);
		if (row && row->n > 0)
			in->text->title = keep_string(in->text, row_text(in->text, row));
	}
	buf_clear(&in->leaf);
	in->open = in->coded = false;
	in->label = in->key = (struct str){"", 0};
}

static void open_leaf(struct markdown *in, enum text_kind kind, unsigned level)
{
	close_leaf(in);
	in->open = true;
	in->kind = kind;
	in->level = level;
}

static void add_to_leaf(struct markdown *in, struct str line)
{
	if (in->leaf.n)
		buf_char(&in->leaf, '\n');
	buf_str(&in->leaf, line);
}

/* ---- what a line begins with ---- */

static unsigned take_indent(struct str *line)
{
	unsigned indent = 0;
	while (line->n && (line->p[0] == ' ' || line->p[0] == '\t')) {
		indent += line->p[0] == '\t' ? 4 - indent % 4 : 1;
		line->p++;
		line->n--;
	}
	return indent;
}

static size_t run_of(struct str line, char sign)
{
	size_t n = 0;
	while (n < line.n && line.p[n] == sign)
		n++;
	return n;
}

static struct str trimmed(struct str line)
{
	while (line.n && strchr(" \t\r", line.p[line.n - 1]))
		line.n--;
	return line;
}

static bool is_break(struct str line)
{
	size_t signs = 0;
	if (line.n == 0 || !strchr("*-_", line.p[0]))
		return false;
	for (size_t i = 0; i < line.n; i++) {
		if (line.p[i] == ' ' || line.p[i] == '\t')
			continue;
		if (line.p[i] != line.p[0])
			return false;
		signs++;
	}
	return signs >= 3;
}

/* "- ", "12. ": bytes of the marker, 0: none. */
static size_t list_marker(struct str line, bool *ordered)
{
	size_t n = 0;
	*ordered = false;
	if (line.n && strchr("-+*", line.p[0])) {
		n = 1;
	} else {
		while (n < line.n && n < 9 && line.p[n] >= '0' && line.p[n] <= '9')
			n++;
		*ordered = n > 0 && n < line.n && (line.p[n] == '.' || line.p[n] == ')');
		n = *ordered ? n + 1 : 0;
	}
	return n && (n == line.n || line.p[n] == ' ' || line.p[n] == '\t') ? n : 0;
}

/* "[^key]: text" */
static size_t note_marker(struct str line, struct str *key)
{
	size_t n = 2;
	if (!str_starts(line, STR("[^")))
		return 0;
	while (n < line.n && n < 100 && (unsigned char)line.p[n] > ' ' && line.p[n] != ']')
		n++;
	*key = (struct str){line.p + 2, n - 2};
	return n > 2 && n + 1 < line.n && line.p[n] == ']' && line.p[n + 1] == ':' ? n + 2 : 0;
}

/* "[label]: target": false if it is none. */
static bool definition(struct str line, struct definition *found)
{
	const char *close =
		line.n > 3 && line.p[0] == '[' && line.p[1] != '^' ? memmem(line.p, line.n < 1000 ? line.n : 1000, "]:", 2) : NULL;
	if (!close)
		return false;
	found->label = (struct str){line.p + 1, (size_t)(close - line.p) - 1};
	struct str rest = {close + 2, line.n - (size_t)(close + 2 - line.p)};
	take_indent(&rest);
	if (rest.n && rest.p[0] == '<') {
		rest.p++;
		rest.n--;
	}
	size_t n = 0;
	while (n < rest.n && (unsigned char)rest.p[n] > ' ' && rest.p[n] != '>')
		n++;
	found->target = (struct str){rest.p, n};
	return found->label.n > 0 && n > 0;
}

static void gather_definitions(struct markdown *in, struct str utf8)
{
	struct definitions *all = &in->definitions;
	struct definition found;
	struct str line;
	for (bool more = true; more && all->count < DEFINITIONS_MAX;) {
		more = str_take_line(&utf8, &line);
		line = more ? line : utf8;
		if (take_indent(&line) > 3 || !definition(trimmed(line), &found))
			continue;
		all->all = row_room(all->all, all->count, &all->cap, sizeof(found));
		all->all[all->count++] = found;
	}
	if (all->count)
		qsort(all->all, all->count, sizeof(found), definition_order);
}

/* ---- lines ---- */

static void code_line(struct markdown *in, struct str line, unsigned indent, unsigned less)
{
	struct buf spaced = BUF_INIT;
	for (unsigned i = less; i < indent && i < 1000; i++)
		buf_char(&spaced, ' ');
	buf_str(&spaced, line);
	if (in->leaf.n || !in->open)
		buf_char(&in->leaf, '\n');
	buf_str(&in->leaf, buf_view(&spaced));
	buf_release(&spaced);
}

static bool fenced_line(struct markdown *in, struct str line, unsigned indent)
{
	if (!in->fence)
		return false;
	size_t signs = run_of(line, in->fence);
	if (indent < 4 && signs >= in->fence_n && trimmed(line).n == signs) {
		in->fence = 0;
		close_leaf(in);
	} else {
		code_line(in, line, indent, in->fence_indent < indent ? in->fence_indent : indent);
	}
	return true;
}

static bool opens_fence(struct markdown *in, struct str line, unsigned indent)
{
	char sign = line.n ? line.p[0] : '\0';
	size_t n = sign == '`' || sign == '~' ? run_of(line, sign) : 0;
	if (n < 3 || (sign == '`' && memchr(line.p + n, '`', line.n - n)))
		return false;
	open_leaf(in, TEXT_CODE, 0);
	in->coded = true;
	in->fence = sign;
	in->fence_n = n;
	in->fence_indent = indent;
	return true;
}

static bool is_heading(struct markdown *in, struct str line)
{
	size_t n = run_of(line, '#');
	if (n == 0 || n > 6 || (n < line.n && line.p[n] != ' ' && line.p[n] != '\t'))
		return false;
	struct str title = {line.p + n, line.n - n};
	take_indent(&title);
	size_t end = title.n;
	while (end > 0 && title.p[end - 1] == '#')
		end--;
	if (end == 0 || title.p[end - 1] == ' ')
		title.n = end;
	open_leaf(in, TEXT_HEADING, (unsigned)n);
	add_to_leaf(in, trimmed(title));
	close_leaf(in);
	return true;
}

/* === or --- below a paragraph. */
static bool is_underline(struct markdown *in, struct str line)
{
	char sign = line.n ? line.p[0] : '\0';
	if (!in->open || in->coded || in->kind != TEXT_PARAGRAPH || (sign != '=' && sign != '-') || run_of(line, sign) != line.n)
		return false;
	in->kind = TEXT_HEADING;
	in->level = sign == '=' ? 1 : 2;
	close_leaf(in);
	return true;
}

static void begin_paragraph(struct markdown *in)
{
	bool item = in->depth > 0, quote = in->quotes > 0;
	open_leaf(in,
		in->in_note ? TEXT_NOTE
		: item      ? TEXT_ITEM
		: quote     ? TEXT_QUOTE
			    : TEXT_PARAGRAPH,
		item && !in->in_note ? (unsigned)in->depth : 0);
}

/* Items of a list may begin items themselves: "- - a". */
static struct str take_markers(struct markdown *in, struct str line, unsigned *indent)
{
	bool ordered;
	size_t n;
	for (unsigned rounds = 0;
		rounds < LISTS_MAX && !is_break(line) && *indent < 100000 && (n = list_marker(line, &ordered)) > 0; rounds++) {
		/* Another number than 1 in the middle of a paragraph is a year at a line's beginning. */
		if (in->open && !in->coded && in->depth == 0 && ((ordered && !(n == 2 && line.p[0] == '1')) || n == line.n))
			break;
		while (in->depth > 0 && in->lists[in->depth - 1].content > *indent)
			in->depth--;
		if (*indent >= 4 + (in->depth ? in->lists[in->depth - 1].content : 0))
			break;
		if (in->depth < LISTS_MAX)
			in->depth++;
		struct str marker = {line.p, ordered ? n - 1 : n}, rest = {line.p + n, line.n - n};
		unsigned space = take_indent(&rest);
		*indent += (unsigned)n + (space > 4 || rest.n == 0 ? 1 : space);
		in->lists[in->depth - 1].content = *indent;
		in->in_note = false;
		begin_paragraph(in);
		in->label = marker;
		line = rest;
	}
	return line;
}

static bool is_note(struct markdown *in, struct str line)
{
	struct str key;
	size_t n = note_marker(line, &key);
	if (n == 0)
		return false;
	in->depth = 0;
	open_leaf(in, TEXT_NOTE, 0);
	in->in_note = true;
	in->label = in->key = key;
	struct str rest = {line.p + n, line.n - n};
	take_indent(&rest);
	add_to_leaf(in, rest);
	return true;
}

static void blank_line(struct markdown *in)
{
	if (in->fence || (in->open && in->coded)) {
		buf_char(&in->leaf, '\n');
		return;
	}
	close_leaf(in);
	in->blank = true;
}

/* What an indented line still belongs to. */
static void leave_lists(struct markdown *in, unsigned indent)
{
	bool lazy = in->open && !in->coded && !in->blank;
	if (lazy)
		return;
	while (in->depth > 0 && in->lists[in->depth - 1].content > indent)
		in->depth--;
	if (indent < 4 && in->blank)
		in->in_note = false;
}

static void take_line(struct markdown *in, struct str line)
{
	unsigned indent = take_indent(&line), quotes = 0;
	struct definition unused;
	while (!in->fence && indent < 4 && quotes < QUOTES_MAX && line.n && line.p[0] == '>') {
		line.p++;
		line.n--;
		quotes++;
		if (line.n && line.p[0] == ' ') {
			line.p++;
			line.n--;
		}
		indent = take_indent(&line);
	}
	line = trimmed(line);
	if (fenced_line(in, line, indent))
		return;
	if (quotes != in->quotes && (quotes > in->quotes || !in->open)) {
		close_leaf(in);
		in->depth = 0;
		in->in_note = false;
	}
	in->quotes = in->open && quotes < in->quotes && line.n ? in->quotes : quotes; /* a paragraph goes on without the sign */
	if (line.n == 0) {
		blank_line(in);
		return;
	}
	leave_lists(in, indent);
	unsigned base = in->depth ? in->lists[in->depth - 1].content : in->in_note ? 4 : 0;
	if (in->open && in->coded && indent < base + 4)
		close_leaf(in);
	if (indent >= base + 4 && (!in->open || in->coded)) {
		if (!in->open) {
			open_leaf(in, TEXT_CODE, 0);
			in->coded = true;
		}
		code_line(in, line, indent, base + 4);
		in->blank = false;
		return;
	}
	line = take_markers(in, line, &indent);
	in->blank = false;
	if (line.n == 0 || is_heading(in, line) || is_note(in, line) || is_underline(in, line) || opens_fence(in, line, indent))
		return;
	if (is_break(line)) {
		close_leaf(in);
		return;
	}
	if (!in->open && definition(line, &unused))
		return;
	if (!in->open)
		begin_paragraph(in);
	add_to_leaf(in, line);
}

void text_markdown(struct text *text, struct str utf8)
{
	struct markdown *in = mem_alloc(sizeof(*in));
	struct str line;
	in->text = text;
	in->label = in->key = (struct str){"", 0};
	utf8 = markdown_front(text, utf8);
	gather_definitions(in, utf8);
	for (bool more = true; more;) {
		more = str_take_line(&utf8, &line);
		take_line(in, more ? line : utf8);
	}
	close_leaf(in);
	buf_release(&in->leaf);
	free(in->definitions.all);
	free(in);
}
