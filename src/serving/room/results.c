/* What a search found. */
#include <stdlib.h>
#include <string.h>

#include "desk.h"
#include "holdings.h"

#define PIECE 20u


struct finding_titles {
	struct page *page;
	const struct holdings *holdings;
	uint64_t first, count;
};

static int take(void *context, const struct catalogue_row *row, struct err *err)
{
	struct finding_titles *finding = context;
	const struct holding *holding = holdings_find(finding->holdings, row->record.id);

	(void)err;
	if (holding == NULL)
		return 0; /* not open */
	if (finding->count >= finding->first && finding->count < finding->first + PIECE)
		holding_item(finding->page, holding);
	finding->count++;
	return 0;
}

bool results_page(struct page *page)
{
	struct holdings *holdings = page->room->holdings;
	struct catalogue_filter filter = {.title = page_asked(page, "q")};
	struct finding_titles finding = {page, holdings, 0, 0};
	struct html *html = &page->html;
	struct buf query = BUF_INIT, title = BUF_INIT;
	uint64_t piece = page_number(page, "page", 10000, 1);

	piece = piece == 0 ? 1 : piece;
	finding.first = (piece - 1) * PIECE;
	word_fill(&title, page->language, WORD_SEARCH_TITLE, filter.title, STR(""), STR(""));
	page_begin_as(page, buf_view(&title), "results", NULL, NULL);
	html_element(html, "h1", NULL, buf_view(&title));
	if (filter.title.n == 0) {
		html_begin(html, "p");
		page_say(page, WORD_SEARCH_NOTHING);
		html_end(html);
	} else if (holdings_look(holdings, page->desk)) {
		html_begin(html, "ol");
		html_set(html, "class", "items");
		(void)catalogue_list(page->desk->catalogue, &filter, take, &finding, NULL);
		html_end(html);
		holdings_let_go(holdings);
		html_begin(html, "p");
		html_set(html, "class", "count");
		page_say_count(page, WORD_COUNT_RECORDS, finding.count);
		html_end(html);
		query_add(&query, "q", filter.title);
		page_pieces(page, STR("search"), buf_view(&query), piece, finding.count > finding.first + PIECE);
	} else {
		holdings_cannot(page);
	}
	page_end(page);
	buf_release(&query);
	buf_release(&title);
	return true;
}
