/* The log as people read it, its witnesses and holders; what this place is; what is not there. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "desk.h"
#include "holder/holder.h"
#include "holdings.h"

#define PIECE 50u

/* ---- entries ---------------------------------------------------------------------------------------------------------------------------------------- */

struct writing {
	struct page *page;
	const struct holdings *holdings; /* NULL: lists cannot be had, each record is asked for */
};

/* What is not open is not named, though the log's own files name it for ever: a reader is not led there by us. */
static bool may_name(struct page *page, struct str id)
{
	struct access_view *view = NULL;
	bool may = access_view_open(&view, page->desk->archive, id, AUDIENCE_PUBLIC, NULL) == 0 && access_may_see_record(view);

	access_view_free(view);
	return may;
}

static enum word word_for(const struct entry *entry)
{
	switch (entry->kind) {
	case ENTRY_VERSION:
		return WORD_LOG_VERSION;
	case ENTRY_ACCESS:
		return entry->access == ACCESS_OPEN     ? WORD_HISTORY_OPEN
		       : entry->access == ACCESS_CLOSED ? WORD_HISTORY_CLOSED
							: WORD_HISTORY_EMBARGO;
	case ENTRY_EXPUNGE:
		return WORD_HISTORY_EXPUNGE;
	case ENTRY_KEY:
		return WORD_LOG_KEY;
	case ENTRY_GENESIS:
		return WORD_LOG_GENESIS;
	case ENTRY_END:
	default:
		return WORD_LOG_END;
	}
}

static void write_what(struct page *page, const struct entry *entry)
{
	struct html *html = &page->html;
	struct buf path = BUF_INIT, until = BUF_INIT;
	char number[24];

	(void)snprintf(number, sizeof(number), "%" PRIu64, entry->version);
	if (entry->kind == ENTRY_VERSION) {
		page_say_with(page, WORD_LOG_VERSION, str_from(number), STR(""), STR(""));
	} else {
		if (entry->until.n > 0)
			word_date(&until, page->language, entry->until);
		page_say_with(page, word_for(entry), entry->authority, entry->reason, buf_view(&until));
	}
	if (entry->record.n > 0) {
		html_words(html, " ");
		if (may_name(page, entry->record)) {
			path_of_record(page, &path, entry->record, entry->kind == ENTRY_VERSION ? entry->version : 0, "");
			page_link(page, "name", buf_view(&path), STR(""), (struct str){path.p + 2, path.n - 2});
		} else {
			html_begin(html, "span");
			html_set(html, "class", "hint");
			page_say(page, WORD_LOG_NOT_OPEN);
			html_end(html);
		}
	}
	buf_release(&path);
	buf_release(&until);
}

static int write_entry(void *context, uint64_t index, struct str text, struct err *err)
{
	struct page *page = context;
	struct html *html = &page->html;
	struct arena arena = ARENA_INIT;
	struct buf path = BUF_INIT;
	struct entry entry;
	char time[TIME_TEXT];

	(void)err;
	if (entry_parse(&entry, text, &arena, NULL) == 0) {
		buf_printf(&path, "log/%" PRIu64, index);
		time_format(entry.time, time);
		html_begin(html, "tr");
		html_begin(html, "td");
		html_set(html, "class", "number");
		page_link(page, NULL, buf_view(&path), STR(""), (struct str){path.p + 4, path.n - 4});
		html_end(html);
		html_begin(html, "td");
		html_begin(html, "time");
		html_set(html, "datetime", time);
		html_text(html, (struct str){time, 10});
		html_words(html, " ");
		html_text(html, (struct str){time + 11, 5});
		html_end(html);
		html_end(html);
		html_begin(html, "td");
		write_what(page, &entry);
		html_end(html);
		html_end(html);
	}
	arena_release(&arena);
	buf_release(&path);
	return 0;
}

static void row_head(struct page *page, const enum word *words, size_t count)
{
	html_begin(&page->html, "thead");
	html_begin(&page->html, "tr");
	for (size_t i = 0; i < count; i++) {
		html_begin(&page->html, "th");
		html_set(&page->html, "scope", "col");
		page_say(page, words[i]);
		html_end(&page->html);
	}
	html_end(&page->html);
	html_end(&page->html);
}

/* Newest first in pieces; within a piece in the order of the log. */
static void write_entries(struct page *page)
{
	static const enum word words[] = {WORD_LOG_INDEX, WORD_LOG_TIME, WORD_LOG_WHAT};
	uint64_t size = log_size(archive_log(page->desk->archive)), piece = page_number(page, "page", UINT32_MAX, 1), last, first;
	struct html *html = &page->html;

	piece = piece == 0 ? 1 : piece;
	last = (piece - 1) * PIECE < size ? size - (piece - 1) * PIECE : 0;
	first = last > PIECE ? last - PIECE : 0;
	page_heading(page, "h2", "entries", WORD_LOG_ENTRIES);
	html_begin(html, "p");
	html_set(html, "class", "hint");
	page_say(page, WORD_LOG_TIMES);
	html_end(html);
	html_begin(html, "div");
	html_set(html, "class", "wide");
	html_set(html, "tabindex", "0");
	html_set(html, "role", "region");
	html_set(html, "aria-label", word_texts[page->language][WORD_LOG_ENTRIES]);
	html_begin(html, "table");
	row_head(page, words, sizeof(words) / sizeof(words[0]));
	html_begin(html, "tbody");
	if (last > first)
		(void)log_each(archive_log(page->desk->archive), first, last, write_entry, page, NULL);
	html_end(html);
	html_end(html);
	html_end(html);
	page_pieces(page, STR("log"), STR(""), piece, first > 0);
}

/* ---- who stands by it ------------------------------------------------------------------------------------------------------------------------------------- */

static void write_address(struct page *page, const char *url)
{
	struct html *html = &page->html;

	html_begin(html, "bdi");
	if (html_outside_link(html, str_from(url))) {
		html_words(html, url);
		html_end(html);
	} else {
		html_words(html, url);
	}
	html_end(html);
}

/* How far somebody is behind the log here, of whom so many entries are known to be seen. */
static void write_lag(struct page *page, uint64_t seen, uint64_t size)
{
	if (seen == size)
		page_say(page, WORD_LOG_LAG_NONE);
	else if (seen < size)
		page_say_count(page, WORD_LOG_LAG, size - seen);
	else
		page_say_count(page, WORD_LOG_LAG_AHEAD, seen - size);
}

static void write_witness(struct page *page, const struct submit_witness *witness, uint64_t size)
{
	struct html *html = &page->html;
	char cosigned[24], time[TIME_TEXT];
	struct buf when = BUF_INIT;

	html_begin(html, "li");
	html_element(html, "strong", NULL, str_from(witness->name));
	html_words(html, " ");
	if (witness->url != NULL && witness->url[0] != '\0') {
		write_address(page, witness->url);
		html_words(html, " ");
	}
	if (witness->any) {
		(void)snprintf(cosigned, sizeof(cosigned), "%" PRIu64, witness->size);
		time_format((int64_t)witness->time, time);
		word_day(&when, page->language, (int64_t)witness->time);
		page_say_with(page, witness->size == size ? WORD_LOG_COSIGNED : WORD_LOG_COSIGNED_EARLIER, str_from(cosigned),
			buf_view(&when), STR(""));
		if (witness->size != size) {
			html_words(html, " ");
			write_lag(page, witness->size, size);
		}
	} else {
		page_say(page, WORD_LOG_COSIGNED_NEVER);
	}
	html_end(html);
	buf_release(&when);
}

static void write_witnesses(struct page *page)
{
	struct html *html = &page->html;
	struct submission submission;

	memset(&submission, 0, sizeof(submission));
	page_heading(page, "h2", "witnesses", WORD_LOG_WITNESSES);
	if (submission_look(page->desk->archive, &submission, NULL) == 0) {
		html_begin(html, "p");
		page_say(page, !submission.wanted     ? WORD_LOG_NO_QUORUM
			       : submission.witnessed ? WORD_LOG_WITNESSED
						      : WORD_LOG_RECEIVED);
		html_end(html);
		if (submission.count > 0) {
			html_begin(html, "ul");
			for (size_t i = 0; i < submission.count; i++)
				write_witness(page, &submission.witnesses[i], submission.size);
			html_end(html);
		}
	}
	submission_release(&submission);
}

static void write_holder(struct page *page, const struct holder_seen *holder)
{
	struct html *html = &page->html;
	struct buf shown = BUF_INIT, when = BUF_INIT;

	html_begin(html, "li");
	write_address(page, holder->url);
	html_words(html, " ");
	if (holder->any) {
		buf_u64(&shown, holder->size);
		word_day(&when, page->language, holder->time);
		page_say_with(page, WORD_LOG_HOLDER_SHOWN, buf_view(&shown), buf_view(&when), STR(""));
		html_words(html, " ");
		write_lag(page, holder->size, log_size(archive_log(page->desk->archive)));
	} else if (holder->asked == 0) {
		page_say(page, WORD_LOG_HOLDER_NEVER);
	}
	if (holder->asked != 0 && (!holder->any || holder->time < holder->asked)) {
		buf_clear(&when);
		word_day(&when, page->language, holder->asked);
		html_words(html, " ");
		page_say_with(page, WORD_LOG_HOLDER_SILENT, buf_view(&when), STR(""), STR(""));
	}
	html_end(html);
	buf_release(&shown);
	buf_release(&when);
}

static void write_holders(struct page *page)
{
	struct html *html = &page->html;
	struct holder_seen *holders;
	size_t count;

	holder_seen(page->desk->archive, &holders, &count);
	page_heading(page, "h2", "holders", WORD_LOG_HOLDERS);
	html_begin(html, "p");
	page_say(page, archive_is_holder(page->desk->archive) ? WORD_LOG_THIS_HOLDER
		       : count > 0                            ? WORD_LOG_HOLDERS_ARE
							      : WORD_LOG_NO_HOLDERS);
	html_end(html);
	if (count > 0) {
		/* What is known of them changes without the log. */
		page->kept = false;
		html_begin(html, "ul");
		for (size_t i = 0; i < count; i++)
			write_holder(page, &holders[i]);
		html_end(html);
		html_begin(html, "p");
		html_set(html, "class", "hint");
		page_say(page, WORD_LOG_HOLDERS_ASKED);
		html_end(html);
	}
	free(holders);
}

static void write_checkpoint(struct page *page)
{
	struct html *html = &page->html;

	page_heading(page, "h2", "checkpoint", WORD_LOG_CHECKPOINT);
	html_begin(html, "p");
	page_say(page, WORD_LOG_CHECKPOINT_IS);
	html_words(html, " ");
	page_link(page, NULL, STR("checkpoint"), STR(""), str_from("checkpoint"));
	html_end(html);
	html_begin(html, "pre");
	html_set(html, "class", "note");
	html_set(html, "tabindex", "0");
	html_text(html, log_checkpoint(archive_log(page->desk->archive)));
	html_end(html);
}

/* ---- one entry ------------------------------------------------------------------------------------------------------------------------------------------------ */

static bool entry_page(struct page *page, uint64_t index)
{
	struct html *html = &page->html;
	struct arena arena = ARENA_INIT;
	struct buf text = BUF_INIT, title = BUF_INIT;
	struct entry entry;
	char number[24], time[TIME_TEXT];
	bool good = log_entry(archive_log(page->desk->archive), index, &text, NULL) == 0 &&
		    entry_parse(&entry, buf_view(&text), &arena, NULL) == 0;

	if (good) {
		(void)snprintf(number, sizeof(number), "%" PRIu64, index);
		word_fill(&title, page->language, WORD_HISTORY_ENTRY, str_from(number), STR(""), STR(""));
		time_format(entry.time, time);
		page_begin(page, buf_view(&title));
		html_element(html, "h1", NULL, buf_view(&title));
		html_begin(html, "p");
		html_begin(html, "time");
		html_set(html, "datetime", time);
		html_words(html, time);
		html_end(html);
		html_words(html, " ");
		write_what(page, &entry);
		html_end(html);
		if (entry.record.n == 0 || may_name(page, entry.record)) {
			html_begin(html, "pre");
			html_set(html, "class", "note");
			html_set(html, "tabindex", "0");
			html_text(html, buf_view(&text));
			html_end(html);
		}
		html_begin(html, "p");
		page_link(page, NULL, STR("log"), STR(""), str_from(word_texts[page->language][WORD_NAV_LOG]));
		html_end(html);
		page_end(page);
	}
	arena_release(&arena);
	buf_release(&text);
	buf_release(&title);
	return good;
}

bool log_page(struct page *page, struct str rest)
{
	uint64_t index;

	if (rest.n > 0)
		return decimal_parse(rest, UINT64_MAX, &index) && entry_page(page, index);
	page_begin_as(page, str_from(word_texts[page->language][WORD_NAV_LOG]), "log", NULL, NULL);
	page_heading(page, "h1", NULL, WORD_NAV_LOG);
	html_begin(&page->html, "p");
	html_set(&page->html, "class", "lead");
	page_say(page, WORD_LOG_IS);
	html_end(&page->html);
	write_witnesses(page);
	write_holders(page);
	write_checkpoint(page);
	write_entries(page);
	page_end(page);
	return true;
}
