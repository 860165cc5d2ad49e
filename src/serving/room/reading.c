/* The reading view: a text set as in print. */
#include <inttypes.h>
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
struct texts {
	const struct shown_file **all;
	size_t count, now; /* now == count: what is read is none of them */
};

static void link_text(struct page *page, struct shown *shown, const struct shown_file *file, const char *relation, enum word word)
{
	struct html *html = &page->html;
	struct buf path = BUF_INIT;

	path_of_record(page, &path, buf_view(&shown->name.id), shown->asked ? shown->version.version : 0, "/read/");
	buf_str(&path, file->described.path);
	html_begin(html, "a");
	html_set(html, "rel", relation);
	page_href(page, "href", buf_view(&path), STR(""), NULL);
	page_say_with(page, word, file->described.path, STR(""), STR(""));
	html_end(html);
	buf_release(&path);
}

/* At a text's end. */
static void write_neighbours(struct page *page, struct shown *shown, const struct texts *texts)
{
	struct html *html = &page->html;

	if (texts->count < 2 || texts->now == texts->count)
		return;
	html_begin(html, "p");
	html_set(html, "class", "way");
	if (texts->now > 0)
		link_text(page, shown, texts->all[texts->now - 1], "prev", WORD_READ_TEXT_BEFORE);
	if (texts->now + 1 < texts->count)
		link_text(page, shown, texts->all[texts->now + 1], "next", WORD_READ_TEXT_AFTER);
	html_end(html);
}

static void write_texts(struct page *page, struct shown *shown, const struct texts *texts)
{
	uint64_t version = shown->asked ? shown->version.version : 0;
	struct html *html = &page->html;
	size_t first = texts->now < texts->count && texts->now > TEXTS_SHOWN / 2 ? texts->now - TEXTS_SHOWN / 2 : 0;

	if (texts->count < 2)
		return;
	html_begin(html, "nav");
	html_set(html, "class", "texts");
	html_set(html, "aria-label", word_texts[page->language][WORD_READ_TEXTS]);
	html_begin(html, "ul");
	for (size_t i = first; i < texts->count && i < first + TEXTS_SHOWN; i++) {
		const struct shown_file *file = texts->all[i];
		const char *role = word_of(page->language, "role.", file->described.role);
		const char *tongue = word_of(page->language, "tongue.", file->described.language);
		struct buf path = BUF_INIT;

		path_of_record(page, &path, buf_view(&shown->name.id), version, "/read/");
		buf_str(&path, file->described.path);
		html_begin(html, "li");
		html_begin(html, "a");
		page_href(page, "href", buf_view(&path), STR(""), NULL);
		if (i == texts->now)
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

/* What is asked for of a text. */
struct reading {
	struct page *page;
	struct shown *shown;
	const struct shown_file *file;
	struct text *text;
	struct blocks_plan *plan;
	uint64_t piece;
	bool lines, can_line, cite;
	struct buf own; /* raw path of this view of it */
};

/* What stays in a link to the same text. */
static void put_query(const struct reading *reading, bool lines, bool cite, struct buf *query)
{
	struct str q = page_asked(reading->page, "q");

	if (q.n > 0)
		query_add(query, "q", q);
	if (lines)
		query_add(query, "lines", STR("1"));
	if (cite)
		query_add(query, "cite", STR("1"));
}

static void write_switch(const struct reading *reading, bool lines, bool cite, enum word word)
{
	struct page *page = reading->page;
	struct buf query = BUF_INIT;
	char piece[24];

	put_query(reading, lines, cite, &query);
	(void)snprintf(piece, sizeof(piece), "%" PRIu64, reading->piece);
	if (reading->piece > 1)
		query_add(&query, "page", str_from(piece));
	page_link(page, NULL, buf_view(&reading->own), buf_view(&query), str_from(word_texts[page->language][word]));
	buf_release(&query);
}

static void write_way(const struct reading *reading)
{
	struct page *page = reading->page;
	struct shown *shown = reading->shown;
	struct html *html = &page->html;
	struct buf path = BUF_INIT;

	html_begin(html, "p");
	html_set(html, "class", "way");
	path_of_record(page, &path, buf_view(&shown->name.id), shown->asked ? shown->version.version : 0, "");
	page_link(page, NULL, buf_view(&path), STR(""), str_from(word_texts[page->language][WORD_READ_RECORD]));
	if (reading->can_line)
		write_switch(reading, !reading->lines, reading->cite, reading->lines ? WORD_READ_NO_LINES : WORD_READ_LINES);
	write_switch(reading, reading->lines, !reading->cite, reading->cite ? WORD_READ_NO_CITE : WORD_READ_CITE);
	buf_clear(&path);
	path_of_record(page, &path, buf_view(&shown->name.id), shown->asked ? shown->version.version : 0, "/files/");
	buf_str(&path, reading->file->described.path);
	page_link(page, NULL, buf_view(&path), STR(""), str_from(word_texts[page->language][WORD_READ_FILE]));
	html_end(html);
	buf_release(&path);
}

/* Where the pictures of its pages are: r/NAME/pages/, if the record has any; and on which of them each page of the text is. The caller's to free. */
static uint64_t *find_pages(const struct reading *reading, struct buf *path)
{
	struct shown *shown = reading->shown;
	size_t count = text_page_count(reading->text);
	uint64_t *on = NULL;
	struct plates plates;

	plates_list(&plates, reading->page->desk, shown);
	if (plates.count > 0) {
		path_of_record(
			reading->page, path, buf_view(&shown->name.id), shown->asked ? shown->version.version : 0, "/pages/");
		on = mem_array(count + 1, sizeof(*on));
		for (size_t i = 1; i <= count && i <= PLATES_MAX; i++)
			on[i] = plates_showing(&plates, reading->file, reading->text, i);
	}
	plates_release(&plates);
	return on;
}

/* A text that begins with the title needs no other: then that block is the heading, under its own id. */
static bool begins_with_title(const struct text *text, struct str title)
{
	struct text_block first;

	if (text_block_count(text) == 0)
		return false;
	text_block(text, 0, &first);
	return first.kind == TEXT_HEADING && first.mark_count == 0 && str_equal(first.text, title);
}

/* What was given no title may say itself what it is called. */
static bool names_itself(const struct shown *shown, const struct text *text)
{
	return shown->label.kind != LABEL_TITLE && text_title(text).n > 0;
}

static void write_heading(struct page *page, struct shown *shown, const struct text *text, bool same)
{
	struct html *html = &page->html;
	bool own = names_itself(shown, text);

	html_begin(html, "header");
	html_begin(html, "h1");
	if (same)
		html_set(html, "id", "p1");
	html_set(html, "dir", "auto");
	if (own && text_language(text).n > 0)
		html_attribute(html, "lang", text_language(text));
	else if (!own && shown->title_language.n > 0)
		html_attribute(html, "lang", shown->title_language);
	html_text(html, own ? text_title(text) : shown->title);
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

/* Which piece of a long text is shown: the one that is asked for, or that in which a block stands. */
static uint64_t choose_piece(struct page *page, const struct blocks_plan *plan)
{
	struct str at = page_asked(page, "at");
	uint64_t piece = at.n > 0 ? blocks_plan_piece_of(plan, at) : page_number(page, "page", blocks_plan_pieces(plan), 1);

	return piece > 0 ? piece : 1;
}

static void write_pieces(const struct reading *reading)
{
	struct buf query = BUF_INIT;

	put_query(reading, reading->lines, reading->cite, &query);
	page_pieces(reading->page, buf_view(&reading->own), buf_view(&query), reading->piece,
		reading->piece < blocks_plan_pieces(reading->plan));
	buf_release(&query);
}

static void write_text(const struct reading *reading, bool titled)
{
	struct page *page = reading->page;
	struct shown *shown = reading->shown;
	struct blocks_options options = {.query = page_asked(page, "q"),
		.lines = reading->lines,
		.language = record_language_of(shown, reading->file),
		.titled = titled,
		.plan = reading->plan,
		.piece = reading->piece};
	bool last = reading->piece == blocks_plan_pieces(reading->plan), whole;
	struct buf pages = BUF_INIT, anchors = BUF_INIT;
	uint64_t *on;

	options.shown_on = on = find_pages(reading, &pages);
	options.pages = buf_view(&pages);
	if (reading->cite) {
		path_of_record(page, &anchors, buf_view(&shown->name.id), shown->version.version, "/read/");
		buf_str(&anchors, reading->file->described.path);
		options.anchors = buf_view(&anchors);
	}
	whole = blocks_write(page, reading->text, &options);
	if (!whole || (text_cut(reading->text) && last)) {
		html_begin(&page->html, "p");
		html_set(&page->html, "class", "notice");
		page_say(page, WORD_READ_CUT);
		html_end(&page->html);
	}
	free(on);
	buf_release(&pages);
	buf_release(&anchors);
}

/* A program is to read it yet: that there is nothing would be untrue. */
static bool waiting_page(struct page *page, struct shown *shown, const struct shown_file *file)
{
	bool waits = file != NULL && texts_wait(page->desk, file);
	struct html *html = &page->html;
	struct buf path = BUF_INIT;

	for (size_t i = 0; i < shown->file_count && i < TEXTS_LISTED && file == NULL && !waits; i++)
		waits = texts_wait(page->desk, &shown->files[i]);
	if (!waits)
		return false;
	page->status = 503;
	page->kept = false;
	http_answer_header(page->request, "Retry-After", "5");
	page_begin(page, shown->title);
	html_begin(html, "h1");
	html_set(html, "dir", "auto");
	html_text(html, shown->title);
	html_end(html);
	html_begin(html, "p");
	page_say(page, WORD_READ_WAITING);
	html_end(html);
	html_begin(html, "p");
	path_of_record(page, &path, buf_view(&shown->name.id), shown->asked ? shown->version.version : 0, "");
	page_link(page, NULL, buf_view(&path), STR(""), str_from(word_texts[page->language][WORD_READ_RECORD]));
	html_end(html);
	page_end(page);
	buf_release(&path);
	return true;
}

static void write_reading(struct reading *reading)
{
	struct page *page = reading->page;
	struct shown *shown = reading->shown;
	struct html *html = &page->html;
	struct str at = page_asked(page, "at");
	struct texts texts = {.now = 0};
	size_t block;

	struct str title = names_itself(shown, reading->text) ? text_title(reading->text) : shown->title;
	bool titled = begins_with_title(reading->text, title);

	texts.all = texts_list(page->desk, shown, &texts.count);
	while (texts.now < texts.count && texts.all[texts.now] != reading->file)
		texts.now++;
	page_begin_as(page, title, "reading", record_head, shown);
	html_begin(html, "article");
	write_way(reading);
	write_texts(page, shown, &texts);
	write_heading(page, shown, reading->text, titled && reading->piece == 1);
	write_pieces(reading);
	write_text(reading, titled);
	write_pieces(reading);
	write_neighbours(page, shown, &texts);
	if (reading->cite || at.n > 0)
		extension_citation_of_text(
			page, shown, reading->file->described.path, text_find(reading->text, at, &block) ? at : STR(""));
	html_begin(html, "p");
	html_set(html, "class", "hint");
	page_say(page, WORD_READ_DERIVED);
	html_end(html);
	html_end(html);
	page_end(page);
	free(texts.all);
}

bool reading_page(struct page *page, struct shown *shown, struct str path)
{
	struct reading reading = {.page = page, .shown = shown};

	reading.file = path.n > 0 ? shown_file(shown, path) : texts_first(page->desk, shown, page->language);
	if (path.n > 0 && reading.file == NULL)
		return false;
	reading.text = reading.file != NULL ? texts_open(page->desk, reading.file) : NULL;
	if (reading.text == NULL)
		return !page->desk->cannot && waiting_page(page, shown, reading.file);
	reading.plan = blocks_plan_new(reading.text);
	reading.piece = choose_piece(page, reading.plan);
	reading.can_line = blocks_have_lines(reading.text);
	reading.lines = reading.can_line && str_equal(page_asked(page, "lines"), STR("1"));
	reading.cite = str_equal(page_asked(page, "cite"), STR("1"));
	path_of_record(page, &reading.own, buf_view(&shown->name.id), shown->asked ? shown->version.version : 0, "/read/");
	buf_str(&reading.own, reading.file->described.path);
	write_reading(&reading);
	blocks_plan_free(reading.plan);
	text_free(reading.text);
	buf_release(&reading.own);
	return true;
}
