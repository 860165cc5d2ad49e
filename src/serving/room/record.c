/* The page of a record. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "custody.h"
#include "desk.h"
#include "holdings.h"
#include "plates.h"
#include "record_parts.h"
#include "texts.h"

/* ---- head ------------------------------------------------------------------------------------------------------------------------------------------ */

#define CRUMBS_MAX 16u

/* From the top down, as far as it is open. */
static void write_crumbs(struct page *page, struct shown *shown, const struct holdings *holdings)
{
	const struct holding *above[CRUMBS_MAX];
	struct str parent = record_field(shown->record, RECORD_IS_PART_OF);
	struct html *html = &page->html;
	size_t count = 0;

	while (parent.n > 0 && count < CRUMBS_MAX) {
		const struct holding *holding = holdings_find(holdings, parent);

		if (holding == NULL)
			break;
		above[count++] = holding;
		parent = holding->part_of;
	}
	if (count == 0)
		return;
	html_begin(html, "nav");
	html_set(html, "class", "crumbs");
	html_set(html, "aria-label", word_texts[page->language][WORD_RECORD_PLACE]);
	html_begin(html, "ol");
	while (count-- > 0) {
		html_begin(html, "li");
		holding_title(page, above[count]);
		html_end(html);
	}
	html_end(html);
	html_end(html);
}

static void write_byline(struct page *page, struct shown *shown)
{
	struct html *html = &page->html;

	html_begin(html, "p");
	html_set(html, "class", "byline");
	for (size_t i = 0; i < record_value_count(shown->record); i++) {
		struct record_value value;

		record_value(shown->record, i, &value);
		if (value.term == DC_CREATOR && value.value.n > 0) {
			struct buf query = BUF_INIT;

			query_add(&query, "is", value.value);
			html_begin(html, "bdi");
			page_link(page, "who", STR("browse/people"), buf_view(&query), value.value);
			html_end(html);
			buf_release(&query);
		} else if (value.term == DC_DATE || value.term == DC_CREATED || value.term == DC_ISSUED) {
			record_write_date(page, &value);
		}
	}
	html_end(html);
}

/* What was given no title may have one in its text. */
static void write_own_title(struct page *page, struct shown *shown)
{
	const struct shown_file *file = texts_first(page->desk, shown, page->language);
	struct html *html = &page->html;
	uint64_t pages;
	struct text *text = file != NULL ? texts_head(page->desk, file, &pages) : NULL;

	if (text != NULL && text_title(text).n > 0) {
		html_begin(html, "p");
		html_set(html, "class", "itself");
		html_set(html, "dir", "auto");
		if (text_language(text).n > 0)
			html_attribute(html, "lang", text_language(text));
		html_text(html, text_title(text));
		html_end(html);
	}
	text_free(text);
}

static void write_title(struct page *page, struct shown *shown)
{
	struct html *html = &page->html;
	struct str level = record_field(shown->record, RECORD_LEVEL), code = record_field(shown->record, RECORD_REFERENCE_CODE);
	const char *word = word_of(page->language, "level.", level);

	if (level.n > 0 || code.n > 0) {
		html_begin(html, "p");
		html_set(html, "class", "over");
		if (level.n > 0)
			html_element(html, "span", "level", word != NULL ? str_from(word) : level);
		if (code.n > 0)
			html_element(html, "span", "code", code);
		html_end(html);
	}
	html_begin(html, "h1");
	html_set(html, "dir", "auto");
	if (shown->title_language.n > 0)
		html_attribute(html, "lang", shown->title_language);
	html_text(html, shown->title);
	html_end(html);
	if (shown->label.kind != LABEL_TITLE)
		write_own_title(page, shown);
	/* What was expunged may have had one. */
	if (shown->label.kind != LABEL_TITLE && !shown->version.expunged) {
		html_begin(html, "p");
		html_set(html, "class", "hint untitled");
		page_say(page, shown->label.kind == LABEL_ORIGINAL ? WORD_RECORD_UNTITLED_ORIGINAL : WORD_RECORD_UNTITLED_NAME);
		html_end(html);
	}
	write_byline(page, shown);
}

static void notice(struct page *page, const char *class_name, enum word word, struct str one, struct str two)
{
	html_begin(&page->html, "p");
	html_set(&page->html, "class", class_name);
	page_say_with(page, word, one, two, STR(""));
	html_end(&page->html);
}

static void write_notices(struct page *page, struct shown *shown)
{
	struct buf path = BUF_INIT, number = BUF_INIT;

	if (!shown->newest) {
		buf_u64(&number, shown->version.version);
		path_of_record(page, &path, buf_view(&shown->name.id), 0, "");
		html_begin(&page->html, "p");
		html_set(&page->html, "class", "notice");
		page_say_with(page, WORD_RECORD_OLDER, buf_view(&number), STR(""), STR(""));
		html_words(&page->html, " ");
		page_link(page, NULL, buf_view(&path), STR(""), str_from(word_texts[page->language][WORD_RECORD_NEWEST]));
		html_end(&page->html);
	}
	if (shown->version.expunged)
		notice(page, "notice", shown->gone ? WORD_ERROR_GONE : WORD_RECORD_EXPUNGED, STR(""), STR(""));
	if (access_undecided(shown->view, STR("")))
		notice(page, "notice", WORD_RECORD_UNDECIDED, STR(""), STR(""));
	else if (access_restricted(shown->view))
		notice(page, "notice", WORD_RECORD_WITHHELD, STR(""), STR(""));
	buf_release(&path);
	buf_release(&number);
}

/* ---- what to do with it ------------------------------------------------------------------------------------------------------------------------ */

#define THUMBNAILS_MAX 24u

/* The pages in small, each a way to itself. Nothing where none can be shown. */
static void write_thumbnails(struct page *page, struct shown *shown, const struct plates *plates, uint64_t version)
{
	struct html *html = &page->html;
	struct buf path = BUF_INIT;

	html_begin(html, "ul");
	html_set(html, "class", "plates");
	for (size_t i = 0; i < plates->count && i < THUMBNAILS_MAX; i++) {
		char rest[40];

		(void)snprintf(rest, sizeof(rest), "/pages/%zu", i + 1);
		buf_clear(&path);
		path_of_record(page, &path, buf_view(&shown->name.id), version, rest);
		html_begin(html, "li");
		html_begin(html, "a");
		page_href(page, "href", buf_view(&path), STR(""), NULL);
		if (!plate_write(page, shown, &plates->all[i], true)) {
			(void)snprintf(rest, sizeof(rest), "%zu", i + 1);
			page_say_with(page, WORD_READ_PAGE, str_from(rest), STR(""), STR(""));
		}
		html_end(html);
		html_end(html);
	}
	html_end(html);
	buf_release(&path);
}

static void write_doors(struct page *page, struct shown *shown)
{
	const struct shown_file *text = texts_first(page->desk, shown, page->language);
	uint64_t version = shown->asked ? shown->version.version : 0;
	struct html *html = &page->html;
	struct buf path = BUF_INIT;
	struct plates plates;

	plates_list(&plates, page->desk, shown);
	if (text == NULL && plates.count == 0)
		return;
	html_begin(html, "p");
	html_set(html, "class", "doors");
	if (text != NULL) {
		path_of_record(page, &path, buf_view(&shown->name.id), version, "/read");
		page_link(page, "door", buf_view(&path), STR(""), str_from(word_texts[page->language][WORD_RECORD_READ]));
	}
	if (plates.count > 0) {
		buf_clear(&path);
		path_of_record(page, &path, buf_view(&shown->name.id), version, "/pages/1");
		page_link(page, "door", buf_view(&path), STR(""), str_from(word_texts[page->language][WORD_RECORD_PICTURES]));
	}
	html_end(html);
	if (plates.count > 0)
		write_thumbnails(page, shown, &plates, version);
	plates_release(&plates);
	buf_release(&path);
}

bool record_page(struct page *page, struct shown *shown)
{
	struct holdings *holdings = page->room->holdings;
	bool lists = holdings_look(holdings, page->desk);

	page_begin_as(page, shown->title, "record", record_head, shown);
	if (lists)
		write_crumbs(page, shown, holdings);
	html_begin(&page->html, "article");
	html_begin(&page->html, "header");
	write_title(page, shown);
	html_end(&page->html);
	write_notices(page, shown);
	write_doors(page, shown);
	record_write_description(page, shown, lists ? holdings : NULL);
	if (lists)
		record_write_parts(page, shown, holdings);
	record_write_files(page, shown);
	extension_proof(page, shown);
	custody_write(page, shown, lists ? holdings : NULL);
	if (lists)
		holdings_let_go(holdings);
	record_write_history(page, shown);
	extension_citation(page, shown);
	html_end(&page->html);
	page_end(page);
	return true;
}

bool gone_page(struct page *page, struct shown *shown)
{
	page->status = 410;
	page->type = "text/html; charset=utf-8";
	page->kept = false; /* anybody can ask for any number of files that were never there */
	return record_page(page, shown);
}
