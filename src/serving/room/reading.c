/* The reading view: a text set as in print. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blocks.h"
#include "desk.h"
#include "plates.h"
#include "record_parts.h"
#include "texts.h"

#define TEXTS_SHOWN 50u

/* The record's texts, to go from one to another. */
static void write_texts(struct page *page, struct shown *shown, const struct shown_file *now)
{
	uint64_t version = shown->asked ? shown->version.version : 0;
	struct html *html = &page->html;
	unsigned count = 0;

	for (size_t i = 0; i < shown->file_count && count < 2; i++)
		count += texts_have(page->desk, &shown->files[i]);
	if (count < 2)
		return;
	html_begin(html, "nav");
	html_set(html, "class", "texts");
	html_set(html, "aria-label", word_texts[page->language][WORD_READ_TEXTS]);
	html_begin(html, "ul");
	count = 0;
	for (size_t i = 0; i < shown->file_count && count < TEXTS_SHOWN; i++) {
		const struct shown_file *file = &shown->files[i];
		const char *role = word_of(page->language, "role.", file->described.role);
		const char *tongue = word_of(page->language, "tongue.", file->described.language);
		struct buf path = BUF_INIT;

		if (!texts_have(page->desk, file))
			continue;
		count++;
		path_of_record(page, &path, buf_view(&shown->name.id), version, "/read/");
		buf_str(&path, file->described.path);
		html_begin(html, "li");
		html_begin(html, "a");
		page_href(page, "href", buf_view(&path), STR(""), NULL);
		if (file == now)
			html_set(html, "aria-current", "page");
		html_begin(html, "bdi");
		html_text(html, file->described.path);
		html_end(html);
		if (role != NULL) {
			html_words(html, " ");
			html_element(html, "span", "role", str_from(role));
		}
		if (tongue != NULL) {
			html_words(html, " ");
			html_element(html, "span", "tongue", str_from(tongue));
		}
		html_end(html);
		html_end(html);
		buf_release(&path);
	}
	html_end(html);
	html_end(html);
}

static void write_way(
	struct page *page, struct shown *shown, const struct shown_file *file, struct str own, bool lines, bool can_line)
{
	struct html *html = &page->html;
	struct buf path = BUF_INIT, query = BUF_INIT;
	struct str q = page_asked(page, "q");

	html_begin(html, "p");
	html_set(html, "class", "way");
	path_of_record(page, &path, buf_view(&shown->name.id), shown->asked ? shown->version.version : 0, "");
	page_link(page, NULL, buf_view(&path), STR(""), str_from(word_texts[page->language][WORD_READ_RECORD]));
	if (can_line) {
		if (q.n > 0)
			query_add(&query, "q", q);
		if (!lines)
			query_add(&query, "lines", STR("1"));
		page_link(page, NULL, own, buf_view(&query),
			str_from(word_texts[page->language][lines ? WORD_READ_NO_LINES : WORD_READ_LINES]));
	}
	buf_clear(&path);
	path_of_record(page, &path, buf_view(&shown->name.id), shown->asked ? shown->version.version : 0, "/files/");
	buf_str(&path, file->described.path);
	page_link(page, NULL, buf_view(&path), STR(""), str_from(word_texts[page->language][WORD_READ_FILE]));
	html_end(html);
	buf_release(&path);
	buf_release(&query);
}

/* Where the pictures of its pages are: r/NAME/pages/, if the record has any; and how many of others come before its own. */
static void pages_path(struct page *page, struct shown *shown, const struct shown_file *file, struct buf *out, uint64_t *before)
{
	struct plates plates;
	size_t first, count;

	plates_list(&plates, page->desk, shown);
	if (plates.count > 0)
		path_of_record(page, out, buf_view(&shown->name.id), shown->asked ? shown->version.version : 0, "/pages/");
	first = plates_of(&plates, file, &count);
	*before = count > 0 ? first : 0;
	plates_release(&plates);
}

/* A text that begins with the title needs no other: then that block is the heading, under its own id. */
static bool begins_with_title(const struct shown *shown, const struct text *text)
{
	struct text_block first;

	if (text_block_count(text) == 0)
		return false;
	text_block(text, 0, &first);
	return first.kind == TEXT_HEADING && first.mark_count == 0 && str_equal(first.text, shown->title);
}

static void write_heading(struct page *page, struct shown *shown, bool same)
{
	struct html *html = &page->html;

	html_begin(html, "header");
	html_begin(html, "h1");
	if (same)
		html_set(html, "id", "p1");
	html_set(html, "dir", "auto");
	if (shown->title_language.n > 0)
		html_attribute(html, "lang", shown->title_language);
	html_text(html, shown->title);
	html_end(html);
	html_begin(html, "p");
	html_set(html, "class", "byline");
	for (size_t i = 0; i < record_value_count(shown->record); i++) {
		struct record_value value;

		record_value(shown->record, i, &value);
		if (value.term == DC_CREATOR && value.value.n > 0)
			html_element(html, "bdi", "who", value.value);
		else if (value.term == DC_DATE || value.term == DC_CREATED)
			record_write_date(page, &value);
	}
	html_end(html);
	html_end(html);
}

/* Which piece of a long text is shown: the one that is asked for, or that in which a block stands. Returns how many there are. */
static size_t choose_piece(struct page *page, const struct text *text, uint64_t *piece, struct blocks_options *options)
{
	struct str at = page_asked(page, "at");
	size_t count = blocks_piece(text, 1, &options->begin, &options->end);

	*piece = at.n > 0 ? blocks_piece_of(text, at) : page_number(page, "page", count, 1);
	if (*piece == 0)
		*piece = 1;
	if (*piece > 1)
		(void)blocks_piece(text, *piece, &options->begin, &options->end);
	return count;
}

bool reading_page(struct page *page, struct shown *shown, struct str path)
{
	const struct shown_file *file = path.n > 0 ? shown_file(shown, path) : texts_first(page->desk, shown, page->language);
	struct text *text = file != NULL ? texts_open(page->desk, file) : NULL;
	struct blocks_options options = {.query = page_asked(page, "q")};
	struct buf own = BUF_INIT, pages = BUF_INIT;
	struct html *html = &page->html;
	struct buf query = BUF_INIT;
	uint64_t piece;
	size_t pieces;
	bool can_line, whole;

	if (text == NULL)
		return false;
	pieces = choose_piece(page, text, &piece, &options);
	can_line = blocks_have_lines(text);
	options.lines = can_line && str_equal(page_asked(page, "lines"), STR("1"));
	options.language = record_language_of(shown, file);
	pages_path(page, shown, file, &pages, &options.pages_before);
	options.pages = buf_view(&pages);
	path_of_record(page, &own, buf_view(&shown->name.id), shown->asked ? shown->version.version : 0, "/read/");
	buf_str(&own, file->described.path);
	page_begin_as(page, shown->title, "reading", record_head, shown);
	html_begin(html, "article");
	write_way(page, shown, file, buf_view(&own), options.lines, can_line);
	write_texts(page, shown, file);
	options.titled = begins_with_title(shown, text);
	write_heading(page, shown, options.titled && piece == 1);
	if (options.query.n > 0)
		query_add(&query, "q", options.query);
	if (options.lines)
		query_add(&query, "lines", STR("1"));
	page_pieces(page, buf_view(&own), buf_view(&query), piece, piece < pieces);
	whole = blocks_write(page, text, &options);
	page_pieces(page, buf_view(&own), buf_view(&query), piece, piece < pieces);
	if (!whole || (text_cut(text) && piece == pieces)) {
		html_begin(html, "p");
		html_set(html, "class", "notice");
		page_say(page, WORD_READ_CUT);
		html_end(html);
	}
	html_begin(html, "p");
	html_set(html, "class", "hint");
	page_say(page, WORD_READ_DERIVED);
	html_end(html);
	html_end(html);
	page_end(page);
	text_free(text);
	buf_release(&own);
	buf_release(&pages);
	buf_release(&query);
	return true;
}
