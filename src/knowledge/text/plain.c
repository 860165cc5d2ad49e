/* Plain text: its lines put together to blocks. What the blocks are, recognise.c sees. */
#include "recognise.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK_LINES 2000 /* without an empty line between; longer ones are cut */
#define WIDE 120         /* bytes: a line that is longer was not broken by a typist, and is a paragraph */
#define GAP_RULE 9

struct line {
	struct str text; /* without white space at its ends */
	unsigned indent; /* columns */
	bool page;       /* a page begins with it */
};

struct plain {
	struct text *text;
	size_t first; /* row */
	struct hint *hints;
	size_t hint_cap;
	struct line lines[CHUNK_LINES];
	size_t count;
	unsigned gap;   /* empty lines before lines[0] */
	unsigned width; /* of most lines that are full, in bytes */
	bool paged;     /* there are form feeds */
	bool page;      /* the next line begins a page */
	bool broken;    /* in the middle of a chunk */
};

/* ---- rows ---- */

static void begin_row(struct plain *plain, enum text_kind kind, unsigned level, const struct hint *hint)
{
	text_begin(plain->text, kind, TEXT_BODY, level);
	size_t count = plain->text->row_count - plain->first;
	if (plain->text->skipping || count == 0)
		return;
	plain->hints = row_room(plain->hints, count - 1, &plain->hint_cap, sizeof(struct hint));
	plain->hints[count - 1] = *hint;
}

/* "Ein- und Ausfuhr": the hyphen stands for a word, and stays. */
static bool is_joiner(struct str line)
{
	static const char *const joiners[] = {"und ", "oder ", "bis ", "sowie ", "and ", "or ", "to ", "et ", "ou ", "и ", "или "};
	for (size_t i = 0; i < sizeof(joiners) / sizeof(joiners[0]); i++)
		if (str_starts(line, str_from(joiners[i])))
			return true;
	return false;
}

/* Takes the hyphen at the end of what stands in the row away, if the word goes on in the line. False: a space is due. */
static bool join_word(struct text *text, struct str line)
{
	static const char *const hyphens[] = {"-", "‐", "\xc2\xad", "¬"};
	struct row *row = last_row(text);
	if (!row || row->n == 0)
		return true;
	struct str end = {text->bytes.p + row->at, row->n};
	for (size_t i = 0; i < sizeof(hyphens) / sizeof(hyphens[0]); i++) {
		struct str hyphen = str_from(hyphens[i]);
		if (!str_ends(end, hyphen) || !letter_before(end, end.n - hyphen.n))
			continue;
		bool soft = i >= 2;
		if (!soft && !starts_lower(line))
			return i < 2; /* "Anglo-" and "Saxon": one word with its hyphen */
		if (!soft && is_joiner(line))
			return false;
		row->n -= (uint32_t)hyphen.n;
		text->bytes.n -= hyphen.n;
		text->bytes.p[text->bytes.n] = '\0';
		return true;
	}
	return false;
}

static void add_lines(struct plain *plain, const struct line *lines, size_t count, bool verse)
{
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && (verse || !join_word(plain->text, lines[i].text)))
			text_add(plain->text, verse ? STR("\n") : STR(" "));
		if (lines[i].page && plain->paged) {
			struct text_page page = {.label = {"", 0}, .image = {"", 0}};
			text_begin_page(plain->text, text_add_page(plain->text, &page), STR(""));
		}
		text_add(plain->text, lines[i].text);
	}
}

static void emit(struct plain *plain, const struct line *lines, size_t count, unsigned gap, bool line)
{
	struct hint hint = {.gap = (uint8_t)gap, .indent = (uint8_t)(lines[0].indent < 255 ? lines[0].indent : 255), .line = line};
	begin_row(plain, TEXT_PARAGRAPH, 0, &hint);
	add_lines(plain, lines, count, false);
}

/* ---- what a chunk of lines is ---- */

static bool is_short(const struct plain *plain, const struct line *line)
{
	unsigned width = plain->width > 50 ? plain->width : 50;
	return line->text.n + line->indent / 2 <= width * 65 / 100 && line->text.n <= WIDE;
}

static bool all_short(const struct plain *plain, const struct line *lines, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!is_short(plain, &lines[i]))
			return false;
	return true;
}

static bool begins_letter(struct str line)
{
	char folded[FOLDED];
	struct str start = fold(line, folded);
	return (begins_with(start, WORDS_SALUTATION) || begins_with(start, WORDS_SALUTATION_ALONE)) && ends_in(line, ",:!") &&
	       line.n <= WIDE;
}

static bool ends_letter(struct str line)
{
	char folded[FOLDED];
	struct str start = fold(line, folded);
	return begins_with(start, WORDS_CLOSING) > 0 || (begins_with(start, WORDS_CLOSING_SHORT) > 0 && word_count(line) <= 3);
}

static bool is_verse(const struct line *lines, size_t count)
{
	size_t capitals = 0, words = 0;
	char folded[FOLDED];
	struct label label;
	for (size_t i = 0; i < count; i++) {
		capitals += starts_upper(lines[i].text);
		words += word_count(lines[i].text);
		struct str start = fold(lines[i].text, folded);
		if (lines[i].text.n > 70 || begins_letter(lines[i].text) || ends_letter(lines[i].text) ||
			has_numeric_date(lines[i].text) || has_year(lines[i].text) || begins_with(start, WORDS_SIGNED) ||
			label_at_start(lines[i].text, &label))
			return false;
	}
	return count >= 3 && 4 * capitals >= 3 * count && words >= 4 * count;
}

/* A run of labels breaks lines where another of them begins. */
static size_t labelled_until(const struct line *lines, size_t count)
{
	struct label first, label;
	if (!label_at_start(lines[0].text, &first) || first.form == FORM_BARE)
		return count;
	for (size_t i = 1; i < count; i++)
		if (label_at_start(lines[i].text, &label) && label.form == first.form &&
			(first.form == FORM_DASH || first.form == FORM_SYMBOL || label.key == first.key + 1))
			return i;
	return count;
}

/* Where the next paragraph begins by its indentation, or because the line before was never broken. */
static size_t paragraph_until(const struct line *lines, size_t count)
{
	unsigned least = lines[0].indent, most = least;
	size_t deep = 0;
	for (size_t i = 1; i < count; i++) {
		least = lines[i].indent < least ? lines[i].indent : least;
		most = lines[i].indent > most ? lines[i].indent : most;
	}
	for (size_t i = 0; i < count; i++)
		deep += lines[i].indent >= least + 2;
	for (size_t i = 1; i < count; i++)
		if (lines[i - 1].text.n > WIDE ||
			(most >= least + 2 && 2 * deep <= count && lines[i].indent >= least + 2 && lines[i - 1].indent < least + 2))
			return i;
	return count;
}

static void emit_lines(struct plain *plain, const struct line *lines, size_t count, unsigned gap)
{
	for (size_t i = 0; i < count; i++)
		emit(plain, &lines[i], 1, i ? 0 : gap, count > 1);
}

/* Of several lines without an empty one between. */
static void emit_chunk(struct plain *plain, const struct line *lines, size_t count, unsigned gap)
{
	char folded[FOLDED];
	while (count > 0) {
		size_t until = 1, tail = count;
		if (count == 1) {
			emit(plain, lines, 1, gap, false);
			return;
		}
		if ((begins_letter(lines[0].text) && !is_short(plain, &lines[1])) ||
			is_one_of(fold(lines[0].text, folded), WORDS_NOTES)) {
			emit(plain, lines, 1, gap, false);
		} else if (all_short(plain, lines, count)) {
			if (labelled_until(lines, count) == count && is_verse(lines, count)) {
				begin_row(plain, TEXT_VERSE, 0, &(struct hint){.gap = (uint8_t)gap, .fixed = true});
				add_lines(plain, lines, count, true);
			} else {
				emit_lines(plain, lines, count, gap);
			}
			return;
		} else {
			until = labelled_until(lines, count);
			size_t paragraph = paragraph_until(lines, count);
			until = until < paragraph ? until : paragraph;
			/* The end of a letter hangs below its last paragraph. */
			for (tail = until; tail > 1 && is_short(plain, &lines[tail - 1]); tail--)
				;
			while (tail < until && !ends_letter(lines[tail].text))
				tail++;
			emit(plain, lines, tail, gap, false);
			if (tail < until)
				emit_lines(plain, lines + tail, until - tail, 0);
		}
		lines += until;
		count -= until;
		gap = 0;
	}
}

/* ---- lines ---- */

static void flush(struct plain *plain)
{
	if (plain->count == 0)
		return;
	emit_chunk(plain, plain->lines, plain->count, plain->broken ? 0 : plain->gap);
	plain->count = 0;
	plain->gap = 0;
	plain->broken = false;
}

static void add_gap(struct plain *plain, unsigned gap)
{
	flush(plain);
	plain->gap = plain->gap + gap < GAP_RULE ? plain->gap + gap : GAP_RULE;
}

/* Signs alone, three at least and no letter: *** or -----. */
static bool is_rule(struct str line, char *sign)
{
	size_t signs = 0;
	for (size_t i = 0; i < line.n; i++) {
		if (line.p[i] == ' ')
			continue;
		if (!strchr("-=_*~.#", line.p[i]) || (signs && line.p[i] != *sign))
			return false;
		*sign = line.p[i];
		signs++;
	}
	return signs >= 3;
}

/* A rule below one line makes it a heading. */
static void add_rule(struct plain *plain, char sign)
{
	if (plain->count == 1 && (sign == '=' || sign == '-') && plain->lines[0].text.n <= WIDE) {
		struct hint hint = {.gap = (uint8_t)plain->gap, .fixed = true};
		begin_row(plain, TEXT_HEADING, sign == '=' ? 1 : 2, &hint);
		add_lines(plain, plain->lines, 1, false);
		plain->count = 0;
		plain->gap = 1;
		return;
	}
	add_gap(plain, GAP_RULE);
}

static void add_line(struct plain *plain, struct str text)
{
	struct line line = {.page = plain->page};
	char sign = 0;
	while (text.n && strchr(" \t\r", text.p[0])) {
		line.indent += text.p[0] == '\t' ? 8 - line.indent % 8 : text.p[0] == ' ';
		text.p++;
		text.n--;
	}
	while (text.n && strchr(" \t\r", text.p[text.n - 1]))
		text.n--;
	line.text = text;
	if (text.n == 0 || !has_visible(text)) {
		add_gap(plain, 1);
		return;
	}
	if (text.n <= 200 && is_rule(text, &sign)) {
		add_rule(plain, sign);
		return;
	}
	/* A page may end in the middle of a sentence. */
	if (plain->page && plain->count && (ends_in(plain->lines[plain->count - 1].text, ".!?:") || !starts_lower(text)))
		add_gap(plain, GAP_RULE);
	if (plain->count == CHUNK_LINES) {
		flush(plain);
		plain->broken = true;
	}
	plain->lines[plain->count++] = line;
	plain->page = false;
}

/* The width that one line in ten is beyond. */
static unsigned usual_width(struct str utf8)
{
	size_t counts[WIDE + 2] = {0}, lines = 0, beyond = 0;
	struct str line;
	for (bool more = true; more;) {
		more = str_take_line(&utf8, &line);
		line = more ? line : utf8;
		size_t n = clean_end(line.p, line.n);
		if (n == 0)
			continue;
		counts[n <= WIDE ? n : WIDE + 1]++;
		lines++;
	}
	for (unsigned width = WIDE + 1; width > 0; width--) {
		beyond += counts[width];
		if (10 * beyond >= lines)
			return width;
	}
	return 0;
}

void text_plain(struct text *text, struct str utf8)
{
	struct plain *plain = mem_alloc(sizeof(*plain));
	struct str line, piece;
	plain->text = text;
	plain->first = text->row_count;
	plain->width = usual_width(utf8);
	plain->paged = plain->page = utf8.n && memchr(utf8.p, '\f', utf8.n);
	for (bool more = true; more;) {
		more = str_take_line(&utf8, &line);
		line = more ? line : utf8;
		for (bool first = true; str_take_until(&line, '\f', &piece); first = false) {
			plain->page = plain->page || !first;
			if (piece.n || !line.p) /* what stands before a form feed alone is no empty line */
				add_line(plain, piece);
		}
	}
	flush(plain);
	plain->hints = row_room(plain->hints, text->row_count - plain->first, &plain->hint_cap, sizeof(struct hint));
	recognise(text, plain->first, plain->hints);
	free(plain->hints);
	free(plain);
}
