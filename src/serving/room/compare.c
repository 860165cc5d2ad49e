/* Two versions of a record, or two records, word by word. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "desk.h"
#include "difference.h"
#include "texts.h"

#define WORDS_MAX 400000u /* of either side */

/* ---- words ------------------------------------------------------------------------------------------------------------------------------------------ */

struct piece {
	size_t at, n; /* bytes of the side's text; n 0: a paragraph ends */
};
struct side {
	struct shown shown;
	bool open;
	struct str typed;
	const struct shown_file *file;
	struct buf text;
	struct piece *pieces;
	uint32_t *numbers;
	size_t count, capacity;
	bool cut;
	struct buf cell; /* of the row under way */
	bool changed;
};

/* Numbers for words: equal words, equal numbers; 0 is the end of a paragraph. */
struct numbering {
	struct str *words;
	uint32_t *table; /* open addressing; 0: empty; else number */
	size_t size, count, capacity;
};

static uint32_t number_of(struct numbering *numbering, struct str word)
{
	uint64_t hash = 14695981039346656037u;
	size_t at;

	for (size_t i = 0; i < word.n; i++)
		hash = (hash ^ (unsigned char)word.p[i]) * 1099511628211u;
	at = (size_t)(hash ^ hash >> 29) & (numbering->size - 1);
	while (numbering->table[at] != 0) {
		if (str_equal(numbering->words[numbering->table[at]], word))
			return numbering->table[at];
		at = (at + 1) & (numbering->size - 1);
	}
	if (numbering->count + 1 >= numbering->capacity) {
		numbering->capacity = numbering->capacity == 0 ? 1024 : numbering->capacity * 2;
		numbering->words = mem_grow(numbering->words, numbering->capacity, sizeof(*numbering->words));
	}
	numbering->words[++numbering->count] = word;
	numbering->table[at] = (uint32_t)numbering->count;
	return numbering->table[at];
}

/* Letters and digits, and all that is not ASCII but the punctuation of U+2000 to U+206F. */
static size_t word_length(struct str text, size_t at)
{
	size_t i = at;

	while (i < text.n) {
		unsigned char c = (unsigned char)text.p[i];

		if (c == 0xe2 && i + 1 < text.n && ((unsigned char)text.p[i + 1] == 0x80 || (unsigned char)text.p[i + 1] == 0x81)) {
			/* an apostrophe inside a word belongs to it */
			if (i == at || i + 3 >= text.n || memcmp(text.p + i, "\u2019", 3) != 0 ||
				(unsigned char)text.p[i + 3] <= ' ')
				break;
			i += 3;
		} else if (c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			   (c == '\'' && i > at && i + 1 < text.n && (unsigned char)text.p[i + 1] > ' ')) {
			i++;
		} else {
			break;
		}
	}
	return i - at;
}

static void add_piece(struct side *side, size_t at, size_t n)
{
	if (side->count == WORDS_MAX) {
		side->cut = true;
		return;
	}
	if (side->count == side->capacity) {
		side->capacity = side->capacity == 0 ? 1024 : side->capacity * 2;
		side->pieces = mem_grow(side->pieces, side->capacity, sizeof(*side->pieces));
	}
	side->pieces[side->count++] = (struct piece){at, n};
}

/* Paragraphs are parted by newlines in side->text. */
static void split(struct side *side)
{
	struct str text = buf_view(&side->text);

	for (size_t i = 0; i < text.n && !side->cut;) {
		size_t n;

		if (text.p[i] == '\n') {
			add_piece(side, i++, 0);
			continue;
		}
		if ((unsigned char)text.p[i] <= ' ') {
			i++;
			continue;
		}
		n = word_length(text, i);
		if (n == 0)
			for (n = 1; i + n < text.n && ((unsigned char)text.p[i + n] & 0xc0) == 0x80;)
				n++;
		add_piece(side, i, n);
		i += n;
	}
}

static void number_side(struct numbering *numbering, struct side *side)
{
	side->numbers = mem_array(side->count + 1, sizeof(*side->numbers));
	for (size_t i = 0; i < side->count; i++)
		if (side->pieces[i].n > 0)
			side->numbers[i] = number_of(numbering, (struct str){side->text.p + side->pieces[i].at, side->pieces[i].n});
}

/* ---- what is compared ---------------------------------------------------------------------------------------------------------------------------------- */

static void take_text(struct side *side, const struct text *text)
{
	side->text.max = TEXT_MAX;
	for (size_t i = 0; i < text_block_count(text); i++) {
		struct text_block block;

		text_block(text, i, &block);
		if (block.label.n > 0) {
			buf_str(&side->text, block.label);
			buf_char(&side->text, ' ');
		}
		for (size_t k = 0; k < block.text.n; k++)
			buf_char(&side->text, block.text.p[k] == '\n' ? ' ' : block.text.p[k]);
		buf_char(&side->text, '\n');
	}
}

/* The description a value a line, then the files. */
static void take_description(struct page *page, struct side *side)
{
	for (size_t i = 0; i < record_value_count(side->shown.record); i++) {
		struct record_value value;
		const char *word;

		record_value(side->shown.record, i, &value);
		if (dc_term_is_relation(value.term))
			continue; /* links to what may not be open are the record's page's to judge */
		word = word_of(page->language, "term.", str_from(dc_term_name(value.term)));
		buf_text(&side->text, word != NULL ? word : dc_term_name(value.term));
		buf_text(&side->text, ": ");
		for (size_t k = 0; k < value.value.n; k++)
			buf_char(&side->text, value.value.p[k] == '\n' ? ' ' : value.value.p[k]);
		if (value.written.n > 0) {
			buf_char(&side->text, ' ');
			buf_str(&side->text, value.written);
		}
		buf_char(&side->text, '\n');
	}
	for (size_t i = 0; i < side->shown.file_count; i++) {
		buf_str(&side->text, side->shown.files[i].described.path);
		buf_char(&side->text, ' ');
		word_bytes(&side->text, page->language, side->shown.files[i].size);
		buf_char(&side->text, '\n');
	}
}

static void open_side(struct page *page, struct side *side, const char *name)
{
	struct str suffix;

	side->typed = page_asked(page, name);
	if (side->typed.n == 0 || side->typed.n > 1200)
		return;
	side->open = shown_find(&side->shown, page->desk, side->typed, &suffix);
	if (side->open && suffix.n > 1) {
		side->file = shown_file(&side->shown, (struct str){suffix.p + 1, suffix.n - 1});
		if (side->file == NULL) {
			shown_release(&side->shown);
			side->open = false;
		}
	}
}

static void forget_words(struct side *side)
{
	buf_release(&side->text);
	free(side->pieces);
	free(side->numbers);
	side->pieces = NULL;
	side->numbers = NULL;
	side->count = side->capacity = 0;
	side->cut = false;
}

static void release_side(struct side *side)
{
	forget_words(side);
	buf_release(&side->cell);
	if (side->open)
		shown_release(&side->shown);
}

/* ---- rows --------------------------------------------------------------------------------------------------------------------------------------------------- */

/* Words from..to of a side into its cell: as they stand in the text, with what is between them. */
static void write_words(struct page *page, struct side *side, const char *element, size_t from, size_t to)
{
	struct html *html = &page->html;
	const struct html outer = *html;

	html->out = &side->cell;
	html->in_tag = false;
	while (from < to) {
		size_t until = from, start, end;

		while (until < to && side->pieces[until].n > 0)
			until++;
		if (until > from) {
			start = side->pieces[from].at;
			end = side->pieces[until - 1].at + side->pieces[until - 1].n;
			/* the space before, where there is one */
			if (start > 0 && side->text.p[start - 1] == ' ')
				html_words(html, " ");
			if (element != NULL)
				html_element(html, element, NULL, (struct str){side->text.p + start, end - start});
			else
				html_text(html, (struct str){side->text.p + start, end - start});
		}
		if (until < to) {
			html_begin(html, "br");
			html_text(html, STR(""));
			until++;
		}
		from = until;
	}
	*html = outer;
}

static void write_row(struct page *page, struct side sides[2])
{
	struct html *html = &page->html;
	bool changed = sides[0].changed || sides[1].changed;

	if (sides[0].cell.n > 0 || sides[1].cell.n > 0) {
		html_begin(html, "div");
		html_set(html, "class", changed ? "row changed" : "row");
		for (int i = 0; i < 2; i++) {
			html_begin(html, "p");
			html_set(html, "dir", "auto");
			html_inner(html, &sides[i].cell);
			html_end(html);
		}
		html_end(html);
	}
	for (int i = 0; i < 2; i++) {
		buf_clear(&sides[i].cell);
		sides[i].changed = false;
	}
}

static void write_same(struct page *page, struct side sides[2], const struct difference_step *step)
{
	size_t a = step->a, b = step->b, end = step->a + step->count;

	while (a < end) {
		size_t until = a;

		while (until < end && sides[0].pieces[until].n > 0)
			until++;
		write_words(page, &sides[0], NULL, a, until);
		write_words(page, &sides[1], NULL, b, b + (until - a));
		b += until - a;
		a = until;
		if (a < end) {
			write_row(page, sides); /* both end a paragraph here */
			a++;
			b++;
		}
	}
}

static void write_difference(struct page *page, struct side sides[2])
{
	struct numbering numbering = {.size = 1024};
	struct difference difference;
	struct html *html = &page->html;
	uint64_t gone = 0, added = 0;
	struct buf gone_text = BUF_INIT, added_text = BUF_INIT;

	for (int i = 0; i < 2; i++)
		split(&sides[i]);
	while (numbering.size < 2 * (sides[0].count + sides[1].count + 2))
		numbering.size *= 2;
	numbering.table = mem_array(numbering.size, sizeof(*numbering.table));
	number_side(&numbering, &sides[0]);
	number_side(&numbering, &sides[1]);
	difference_make(&difference, sides[0].numbers, sides[0].count, sides[1].numbers, sides[1].count);
	for (size_t i = 0; i < difference.count; i++) {
		gone += difference.steps[i].kind == DIFFERENCE_GONE ? difference.steps[i].count : 0;
		added += difference.steps[i].kind == DIFFERENCE_NEW ? difference.steps[i].count : 0;
	}
	html_begin(html, "p");
	html_set(html, "class", "hint");
	if (gone + added == 0) {
		page_say(page, WORD_COMPARE_SAME);
	} else {
		word_number(&gone_text, page->language, WORD_COMPARE_WORDS, gone);
		word_number(&added_text, page->language, WORD_COMPARE_WORDS, added);
		page_say_with(page, WORD_COMPARE_COUNTS, buf_view(&gone_text), buf_view(&added_text), STR(""));
	}
	if (difference.coarse || sides[0].cut || sides[1].cut) {
		html_words(html, " ");
		page_say(page, WORD_COMPARE_COARSE);
	}
	html_end(html);
	html_begin(html, "div");
	html_set(html, "class", "rows");
	for (size_t i = 0; i < difference.count && !page->body.failed; i++) {
		const struct difference_step *step = &difference.steps[i];

		if (step->kind == DIFFERENCE_SAME) {
			write_same(page, sides, step);
		} else if (step->kind == DIFFERENCE_GONE) {
			write_words(page, &sides[0], "del", step->a, step->a + step->count);
			sides[0].changed = true;
		} else {
			write_words(page, &sides[1], "ins", step->b, step->b + step->count);
			sides[1].changed = true;
		}
	}
	write_row(page, sides);
	html_end(html);
	difference_release(&difference);
	buf_release(&gone_text);
	buf_release(&added_text);
	free(numbering.table);
	free(numbering.words);
}

/* ---- the page ----------------------------------------------------------------------------------------------------------------------------------------------- */

static void write_form(struct page *page, const struct side sides[2])
{
	static const char *const names[2] = {"a", "b"};
	struct html *html = &page->html;

	html_begin(html, "form");
	html_set(html, "class", "pair");
	page_href(page, "action", STR("compare"), STR(""), NULL);
	for (int i = 0; i < 2; i++) {
		html_begin(html, "label");
		page_say(page, i == 0 ? WORD_COMPARE_ONE : WORD_COMPARE_OTHER);
		html_words(html, " ");
		html_begin(html, "input");
		html_set(html, "name", names[i]);
		html_set(html, "maxlength", "1200");
		html_attribute(html, "value", sides[i].typed);
		html_end(html);
	}
	html_begin(html, "button");
	html_set(html, "type", "submit");
	page_say(page, WORD_COMPARE_BUTTON);
	html_end(html);
	html_end(html);
}

static void write_names(struct page *page, const struct side sides[2])
{
	struct html *html = &page->html;

	html_begin(html, "div");
	html_set(html, "class", "row names");
	for (int i = 0; i < 2; i++) {
		const struct shown *shown = &sides[i].shown;
		struct buf path = BUF_INIT;
		char number[24];

		path_of_record(page, &path, buf_view(&shown->name.id), shown->version.version, "");
		html_begin(html, "h2");
		html_set(html, "dir", "auto");
		page_link(page, NULL, buf_view(&path), STR(""), shown->title);
		html_words(html, " ");
		html_begin(html, "span");
		html_set(html, "class", "count");
		(void)snprintf(number, sizeof(number), "%" PRIu64, shown->version.version);
		page_say_with(page, WORD_HISTORY_VERSION, str_from(number), STR(""), STR(""));
		html_end(html);
		html_end(html);
		buf_release(&path);
	}
	html_end(html);
}

static struct text *open_text(struct page *page, struct side *side)
{
	if (side->file == NULL)
		side->file = texts_first(page->desk, &side->shown, page->language);
	return side->file != NULL ? texts_open(page->desk, side->file) : NULL;
}

/* Whether a text of it is still to be read: that only descriptions are compared then is not all there is to say. */
static bool waits(struct page *page, const struct side *side)
{
	bool wait = side->file != NULL && texts_wait(page->desk, side->file);

	for (size_t i = 0; i < side->shown.file_count && i < TEXTS_LISTED && side->file == NULL && !wait; i++)
		wait = texts_wait(page->desk, &side->shown.files[i]);
	return wait;
}

static void write_sections(struct page *page, struct side sides[2])
{
	struct text *texts[2] = {open_text(page, &sides[0]), open_text(page, &sides[1])};
	bool same_text = texts[0] != NULL && texts[1] != NULL && digest_equal(&sides[0].file->digest, &sides[1].file->digest);

	if (texts[0] != NULL && texts[1] != NULL && !same_text) {
		page_heading(page, "h2", "text", WORD_COMPARE_TEXTS);
		for (int i = 0; i < 2; i++)
			take_text(&sides[i], texts[i]);
		write_difference(page, sides);
	}
	if (same_text) {
		html_begin(&page->html, "p");
		page_say(page, WORD_COMPARE_SAME_TEXT);
		html_end(&page->html);
	}
	if ((texts[0] == NULL && waits(page, &sides[0])) || (texts[1] == NULL && waits(page, &sides[1]))) {
		page->kept = false;
		html_begin(&page->html, "p");
		html_set(&page->html, "class", "notice");
		page_say(page, WORD_READ_WAITING);
		html_end(&page->html);
	}
	for (int i = 0; i < 2; i++) {
		text_free(texts[i]);
		forget_words(&sides[i]);
		take_description(page, &sides[i]);
	}
	page_heading(page, "h2", "description", WORD_RECORD_DESCRIPTION);
	write_difference(page, sides);
}

bool compare_page(struct page *page)
{
	struct side sides[2];
	struct html *html = &page->html;
	bool missing;

	memset(sides, 0, sizeof(sides));
	open_side(page, &sides[0], "a");
	open_side(page, &sides[1], "b");
	missing = (sides[0].typed.n > 0 && !sides[0].open) || (sides[1].typed.n > 0 && !sides[1].open);
	page_begin_as(page, str_from(word_texts[page->language][WORD_COMPARE_TITLE]), "compare", NULL, NULL);
	page_heading(page, "h1", NULL, WORD_COMPARE_TITLE);
	write_form(page, sides);
	if (missing) {
		page->kept = false;
		html_begin(html, "p");
		html_set(html, "class", "notice");
		page_say(page, WORD_ERROR_ABSENT);
		html_end(html);
	} else if (sides[0].open && sides[1].open) {
		write_names(page, sides);
		write_sections(page, sides);
	}
	page_end(page);
	release_side(&sides[0]);
	release_side(&sides[1]);
	return true;
}
