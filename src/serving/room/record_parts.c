/* Parts of a record's page: description, parts, files, history. */
#include "record_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "texts.h"

#define PARTS_MAX 200u
#define FILES_SHOWN 500u

void record_head(void *context, struct page *page)
{
	extension_head(page, context);
}

void record_write_date(struct page *page, const struct record_value *value)
{
	struct html *html = &page->html;
	struct buf words = BUF_INIT;
	struct edtf edtf;
	bool plain = edtf_parse(value->value, &edtf, NULL) == 0 && !edtf.interval && !edtf.season && !edtf.uncertain &&
		     !edtf.approximate && !edtf.unspecified && !edtf.time && value->value.n <= 10;

	word_date(&words, page->language, value->value);
	html_begin(html, plain ? "time" : "span");
	html_set(html, "class", "date");
	if (plain)
		html_attribute(html, "datetime", value->value);
	if (value->written.n > 0) {
		html_begin(html, "bdi");
		if (value->value.n > 0)
			html_attribute(html, "title", buf_view(&words));
		html_text(html, value->written);
		html_end(html);
	} else {
		html_text(html, buf_view(&words));
	}
	html_end(html);
	buf_release(&words);
}

void record_write_picture(struct page *page, const struct shown *shown, const struct shown_file *file, bool small)
{
	struct html *html = &page->html;
	struct buf path = BUF_INIT;

	path_of_record(page, &path, buf_view(&shown->name.id), shown->version.version, "/files/");
	buf_str(&path, file->described.path);
	html_begin(html, "img");
	if (small)
		html_set(html, "loading", "lazy");
	html_attribute(html, "alt", file->described.path);
	page_href(page, "src", buf_view(&path), STR(""), NULL);
	buf_release(&path);
}

/* ---- description ------------------------------------------------------------------------------------------------------------------------------------ */

/* Another record, by its title if it is open here. What names a record of this archive that is not open, or not there, is shown to nobody (P7). */
static bool can_show(struct page *page, const struct holdings *holdings, struct str id, const struct holding **found)
{
	struct buf prefix = BUF_INIT;
	bool ours;

	*found = holdings != NULL ? holdings_find(holdings, id) : NULL;
	buf_text(&prefix, "https://");
	buf_str(&prefix, archive_origin(page->desk->archive));
	buf_text(&prefix, "/r/");
	ours = str_starts(id, buf_view(&prefix)) || str_starts(id, STR("urn:uuid:"));
	buf_release(&prefix);
	return *found != NULL || !ours;
}

static void write_value(struct page *page, const struct holdings *holdings, const struct record_value *value)
{
	struct html *html = &page->html;
	const struct holding *other;
	struct buf query = BUF_INIT;

	if (dc_term_is_date(value->term)) {
		record_write_date(page, value);
	} else if (dc_term_is_relation(value->term)) {
		(void)can_show(page, holdings, value->value, &other);
		if (other != NULL) {
			holding_title(page, other);
		} else if (html_outside_link(html, value->value)) {
			html_text(html, value->value);
			html_end(html);
		} else {
			html_text(html, value->value);
		}
	} else if (value->term == DC_CREATOR || value->term == DC_CONTRIBUTOR || value->term == DC_SPATIAL ||
		   value->term == DC_COVERAGE) {
		query_add(&query, "is", value->value);
		html_begin(html, "bdi");
		page_link(page, NULL,
			value->term == DC_CREATOR || value->term == DC_CONTRIBUTOR ? STR("browse/people") : STR("browse/places"),
			buf_view(&query), value->value);
		html_end(html);
	} else if (value->term == DC_LANGUAGE) {
		const char *name = word_of(page->language, "tongue.", value->value);

		query_add(&query, "is", value->value);
		page_link(page, NULL, STR("browse/languages"), buf_view(&query), name != NULL ? str_from(name) : value->value);
	} else if (html_outside_link(html, value->value)) {
		html_text(html, value->value);
		html_end(html);
	} else {
		html_begin(html, "span");
		html_set(html, "class", "said");
		html_set(html, "dir", "auto");
		if (value->language.n > 0)
			html_attribute(html, "lang", value->language);
		html_text(html, value->value);
		html_end(html);
	}
	buf_release(&query);
}

static int write_relating(void *context, int term, const struct holding *other, struct err *err)
{
	struct page *page = context;
	struct html *html = &page->html;
	const char *word = word_of(page->language, "inverse.", str_from(dc_term_name((enum dc_term)term)));

	(void)err;
	html_begin(html, "dt");
	if (word != NULL)
		html_words(html, word);
	else
		page_say(page, WORD_RECORD_INVERSE);
	html_end(html);
	html_begin(html, "dd");
	holding_title(page, other);
	html_end(html);
	return 0;
}

/* What others say of this one, in words of their own relation to it. */
static void write_inverse(struct page *page, struct shown *shown, const struct holdings *holdings)
{
	(void)lists_each_relating(holdings_lists(holdings), buf_view(&shown->name.id), PARTS_MAX, holdings_arena(holdings),
		write_relating, page, NULL);
}

void record_write_permalink(struct page *page, const struct shown *shown, uint64_t version, struct str address)
{
	struct buf path = BUF_INIT;

	path_of_record(page, &path, buf_view(&shown->name.id), version, "");
	page_link(page, "permalink", buf_view(&path), STR(""), address);
	buf_release(&path);
}

void record_write_description(struct page *page, struct shown *shown, const struct holdings *holdings)
{
	struct html *html = &page->html;
	int before = -1;
	bool title = false;

	html_begin(html, "section");
	html_set(html, "class", "description");
	page_heading(page, "h2", "description", WORD_RECORD_DESCRIPTION);
	html_begin(html, "dl");
	for (size_t i = 0; i < record_value_count(shown->record); i++) {
		const struct holding *other;
		struct record_value value;
		const char *word;

		record_value(shown->record, i, &value);
		if (value.term == DC_TITLE && !title) {
			title = true; /* it stands above */
			continue;
		}
		if (dc_term_is_relation(value.term) && !can_show(page, holdings, value.value, &other))
			continue;
		if ((int)value.term != before) {
			word = word_of(page->language, "term.", str_from(dc_term_name(value.term)));
			html_element(html, "dt", NULL, str_from(word != NULL ? word : dc_term_name(value.term)));
			before = (int)value.term;
		}
		html_begin(html, "dd");
		write_value(page, holdings, &value);
		html_end(html);
	}
	if (holdings != NULL)
		write_inverse(page, shown, holdings);
	html_element(html, "dt", NULL, str_from(word_texts[page->language][WORD_RECORD_PERMALINK]));
	html_begin(html, "dd");
	record_write_permalink(page, shown, 0, buf_view(&shown->name.id));
	html_end(html);
	html_end(html);
	html_end(html);
}

/* ---- parts and files ------------------------------------------------------------------------------------------------------------------------------------ */

void record_write_parts(struct page *page, struct shown *shown, const struct holdings *holdings)
{
	struct lists_piece piece = {.order = LISTS_PARTS, .of = buf_view(&shown->name.id), .limit = PARTS_MAX};
	struct html *html = &page->html;
	uint64_t count = 0;

	if (lists_take(holdings_lists(holdings), &piece, holdings_arena(holdings), NULL) != 0 || piece.count == 0)
		return;
	html_begin(html, "section");
	page_heading(page, "h2", "parts", WORD_RECORD_PARTS);
	html_begin(html, "ul");
	html_set(html, "class", "items");
	for (size_t i = 0; i < piece.count; i++)
		holding_item(page, piece.rows[i]);
	html_end(html);
	if (piece.after)
		count = lists_count_parts(holdings_lists(holdings), piece.of);
	if (count > PARTS_MAX) {
		html_begin(html, "p");
		page_say_count(page, WORD_RECORD_MORE_PARTS, count - PARTS_MAX);
		html_end(html);
	}
	html_end(html);
}

static void write_file(struct page *page, struct shown *shown, const struct shown_file *file)
{
	const char *role = word_of(page->language, "role.", file->described.role);
	const char *kind = word_of(page->language, "kind.", file->described.media_type);
	uint64_t version = shown->asked ? shown->version.version : 0;
	struct html *html = &page->html;
	struct buf path = BUF_INIT, query = BUF_INIT, text = BUF_INIT;

	html_begin(html, "li");
	path_of_record(page, &path, buf_view(&shown->name.id), version, "/files/");
	buf_str(&path, file->described.path);
	html_begin(html, "bdi");
	html_set(html, "class", "path");
	page_link(page, NULL, buf_view(&path), STR(""), file->described.path);
	html_end(html);
	html_begin(html, "span");
	html_set(html, "class", "about");
	if (file->described.role.n > 0)
		html_element(html, "span", "role", role != NULL ? str_from(role) : file->described.role);
	if (file->described.language.n > 0)
		html_element(html, "span", "tongue", file->described.language);
	if (file->described.media_type.n > 0)
		html_element(html, "span", "kind", kind != NULL ? str_from(kind) : file->described.media_type);
	word_bytes(&text, page->language, file->size);
	html_element(html, "span", "size", buf_view(&text));
	if (texts_have(page->desk, file)) {
		buf_clear(&path);
		path_of_record(page, &path, buf_view(&shown->name.id), version, "/read/");
		buf_str(&path, file->described.path);
		page_link(page, NULL, buf_view(&path), STR(""), str_from(word_texts[page->language][WORD_FILE_READ]));
	}
	buf_clear(&path);
	path_of_record(page, &path, buf_view(&shown->name.id), shown->version.version, "/receipt");
	query_add(&query, "file", file->described.path);
	html_begin(html, "a");
	page_href(page, "href", buf_view(&path), buf_view(&query), NULL);
	html_set(html, "download", "receipt.tlog-proof");
	page_say(page, WORD_FILE_RECEIPT);
	html_end(html);
	html_end(html);
	html_end(html);
	buf_release(&path);
	buf_release(&query);
	buf_release(&text);
}

void record_write_files(struct page *page, struct shown *shown)
{
	struct html *html = &page->html;

	if (shown->file_count == 0)
		return;
	html_begin(html, "section");
	page_heading(page, "h2", "files", WORD_RECORD_FILES);
	html_begin(html, "ul");
	html_set(html, "class", "files");
	for (size_t i = 0; i < shown->file_count && i < FILES_SHOWN; i++)
		write_file(page, shown, &shown->files[i]);
	html_end(html);
	if (shown->file_count > FILES_SHOWN) {
		html_begin(html, "p");
		page_say_count(page, WORD_RECORD_MORE_FILES, shown->file_count - FILES_SHOWN);
		html_end(html);
	}
	html_end(html);
}

/* ---- history ---------------------------------------------------------------------------------------------------------------------------------------------- */

struct telling {
	struct page *page;
	struct shown *shown;
	unsigned told;
};

static enum word word_for(const struct entry *entry)
{
	if (entry->kind == ENTRY_VERSION)
		return WORD_HISTORY_VERSION;
	if (entry->kind == ENTRY_EXPUNGE)
		return WORD_HISTORY_EXPUNGE;
	return entry->access == ACCESS_OPEN     ? WORD_HISTORY_OPEN
	       : entry->access == ACCESS_CLOSED ? WORD_HISTORY_CLOSED
						: WORD_HISTORY_EMBARGO;
}

static void tell(struct telling *telling, uint64_t index, const struct entry *entry)
{
	struct page *page = telling->page;
	struct html *html = &page->html;
	struct buf text = BUF_INIT, path = BUF_INIT, query = BUF_INIT, id = BUF_INIT, until = BUF_INIT;
	char time[TIME_TEXT], number[24];

	(void)snprintf(number, sizeof(number), "%" PRIu64, entry->version);
	time_format(entry->time, time);
	word_day(&text, page->language, entry->time);
	html_begin(html, "li");
	html_begin(html, "time");
	html_set(html, "datetime", time);
	html_text(html, buf_view(&text));
	html_end(html);
	html_words(html, " ");
	if (entry->kind == ENTRY_VERSION) {
		path_of_record(page, &path, entry->record, entry->version, "");
		buf_clear(&text);
		word_fill(&text, page->language, WORD_HISTORY_VERSION, str_from(number), STR(""), STR(""));
		page_link(page, NULL, buf_view(&path), STR(""), buf_view(&text));
		if (entry->version > 1) {
			html_words(html, " ");
			buf_clear(&path);
			path_of_record(page, &path, entry->record, entry->version - 1, "");
			query_add(&query, "a", (struct str){path.p + 2, path.n - 2});
			buf_clear(&path);
			path_of_record(page, &path, entry->record, entry->version, "");
			query_add(&query, "b", (struct str){path.p + 2, path.n - 2});
			page_link(page, NULL, STR("compare"), buf_view(&query),
				str_from(word_texts[page->language][WORD_HISTORY_COMPARE]));
		}
	} else {
		word_date(&until, page->language, entry->until);
		page_say_with(page, word_for(entry), entry->authority, entry->reason, buf_view(&until));
	}
	html_words(html, " ");
	buf_clear(&path);
	buf_printf(&path, "log/%" PRIu64, index);
	(void)snprintf(number, sizeof(number), "%" PRIu64, index);
	buf_clear(&text);
	word_fill(&text, page->language, WORD_HISTORY_ENTRY, str_from(number), STR(""), STR(""));
	page_link(page, "entry", buf_view(&path), STR(""), buf_view(&text));
	html_end(html);
	buf_release(&text);
	buf_release(&path);
	buf_release(&query);
	buf_release(&id);
	buf_release(&until);
}

static int tell_entry(void *context, uint64_t index, struct str text, struct err *err)
{
	struct telling *telling = context;
	struct arena arena = ARENA_INIT;
	struct entry entry;

	(void)err;
	if (telling->told++ < PARTS_MAX && entry_parse(&entry, text, &arena, NULL) == 0)
		tell(telling, index, &entry);
	arena_release(&arena);
	return 0;
}

void record_write_history(struct page *page, struct shown *shown)
{
	struct telling telling = {page, shown, 0};
	struct html *html = &page->html;

	html_begin(html, "section");
	page_heading(page, "h2", "history", WORD_RECORD_HISTORY);
	html_begin(html, "p");
	html_set(html, "class", "hint");
	page_say(page, WORD_HISTORY_HINT);
	html_end(html);
	html_begin(html, "ol");
	html_set(html, "class", "history");
	(void)archive_each_entry(page->desk->archive, buf_view(&shown->name.id), tell_entry, &telling, NULL);
	html_end(html);
	html_end(html);
}

struct str record_language_of(const struct shown *shown, const struct shown_file *file)
{
	struct str only = STR("");

	if (file->described.language.n > 0)
		return file->described.language;
	if (str_equal(file->described.role, STR("translation")))
		return STR("");
	for (size_t i = 0; i < record_value_count(shown->record); i++) {
		struct record_value value;

		record_value(shown->record, i, &value);
		if (value.term != DC_LANGUAGE)
			continue;
		if (only.n > 0)
			return STR("");
		only = value.value;
	}
	return only;
}
