/* The front page. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "desk.h"
#include "holdings.h"

#define RECENT 8u

static void write_some(struct page *page, const struct holdings *holdings, enum lists_order order, unsigned most)
{
	struct lists_piece piece = {.order = order, .limit = most};

	if (lists_take(holdings_lists(holdings), &piece, holdings_arena(holdings), NULL) != 0)
		return;
	for (size_t i = 0; i < piece.count; i++)
		holding_item(page, piece.rows[i]);
}

static void write_tops(struct page *page, const struct holdings *holdings)
{
	struct html *html = &page->html;

	html_begin(html, "section");
	page_heading(page, "h2", NULL, WORD_FRONT_HOLDINGS);
	html_begin(html, "ul");
	html_set(html, "class", "items");
	write_some(page, holdings, LISTS_TOPS, 2 * RECENT);
	html_end(html);
	html_begin(html, "p");
	page_link(page, "more", STR("browse/arrangement"), STR(""), str_from(word_texts[page->language][WORD_FRONT_ARRANGEMENT]));
	html_end(html);
	html_end(html);
}

static void write_recent(struct page *page, const struct holdings *holdings)
{
	struct html *html = &page->html;

	html_begin(html, "section");
	page_heading(page, "h2", NULL, WORD_FRONT_RECENT);
	html_begin(html, "ul");
	html_set(html, "class", "items");
	write_some(page, holdings, LISTS_RECENT, RECENT);
	html_end(html);
	html_begin(html, "p");
	page_link(page, "more", STR("browse/recent"), STR(""), str_from(word_texts[page->language][WORD_FRONT_ALL]));
	html_end(html);
	html_end(html);
}

static void write_size(struct page *page, uint64_t count)
{
	struct buf records = BUF_INIT, entries = BUF_INIT;

	word_number(&records, page->language, WORD_COUNT_RECORDS, count);
	word_number(&entries, page->language, WORD_COUNT_ENTRIES, log_size(archive_log(page->desk->archive)));
	html_begin(&page->html, "p");
	html_set(&page->html, "class", "lead");
	page_say_with(page, WORD_FRONT_SIZE, buf_view(&records), buf_view(&entries), STR(""));
	html_end(&page->html);
	buf_release(&records);
	buf_release(&entries);
}

bool front_page(struct page *page)
{
	struct holdings *holdings = page->room->holdings;
	struct html *html = &page->html;

	page_begin_as(page, STR(""), "front", NULL, NULL);
	html_begin(html, "h1");
	html_set(html, "dir", "auto");
	html_text(html, archive_title(page->desk->archive));
	html_end(html);
	if (holdings_look(holdings, page->desk)) {
		write_size(page, holdings_count(holdings));
		if (holdings_count(holdings) > 0) {
			timeline_write(page, holdings);
			html_begin(html, "div");
			html_set(html, "class", "columns");
			write_tops(page, holdings);
			write_recent(page, holdings);
			html_end(html);
		}
		holdings_let_go(holdings);
	} else {
		holdings_cannot(page);
	}
	page_end(page);
	return true;
}
