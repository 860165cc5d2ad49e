/* What a search found. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "desk.h"
#include "found.h"
#include "holdings.h"
#include "machines.h"

#define PIECE 20u
#define FACETS_SHOWN 8u /* values of each */

struct found {
	struct page *page;
	struct holdings *holdings; /* held for one hit at a time: a search may take long, and others have lists to show */
	struct str query;
	struct buf hits, facets; /* HTML */
	char facet[24];          /* whose values are being listed */
	unsigned facet_values;
	uint64_t shown;
};

/* ---- what is found ------------------------------------------------------------------------------------------------------------------------------ */

static bool admit(void *context, struct str id, struct str path)
{
	const struct found *finding = context;

	return found_admit(finding->page->desk, id, path);
}

/* Words that were hit stand between U+E000 and U+E001. */
static void write_snippet(struct html *html, struct str snippet)
{
	size_t from = 0;
	bool marked = false;

	html_begin(html, "p");
	html_set(html, "class", "snippet");
	html_set(html, "dir", "auto");
	for (size_t i = 0; i + 2 < snippet.n; i++) {
		if ((unsigned char)snippet.p[i] != 0xee || (unsigned char)snippet.p[i + 1] != 0x80 ||
			((unsigned char)snippet.p[i + 2] != 0x80 && (unsigned char)snippet.p[i + 2] != 0x81))
			continue;
		html_text(html, (struct str){snippet.p + from, i - from});
		if ((unsigned char)snippet.p[i + 2] == 0x80 && !marked) {
			html_begin(html, "mark");
			marked = true;
		} else if ((unsigned char)snippet.p[i + 2] == 0x81 && marked) {
			html_end(html);
			marked = false;
		}
		from = i + 3;
		i += 2;
	}
	html_text(html, (struct str){snippet.p + from, snippet.n - from});
	if (marked)
		html_end(html);
	html_end(html);
}

static bool is_block_id(struct str id)
{
	for (size_t i = 0; i < id.n; i++)
		if (!((id.p[i] >= 'a' && id.p[i] <= 'z') || (id.p[i] >= '0' && id.p[i] <= '9')))
			return false;
	return id.n > 0 && id.n < 32;
}

static int write_hit(void *context, const struct search_hit *hit, struct err *err)
{
	struct found *finding = context;
	struct page *page = finding->page;
	struct html *html = &page->html;
	const struct html outer = *html;
	bool lists = holdings_look(finding->holdings, page->desk);
	const struct holding *holding = lists ? holdings_find(finding->holdings, hit->id) : NULL;
	struct buf path = BUF_INIT, query = BUF_INIT;
	char fragment[32] = "";

	(void)err;
	html->out = &finding->hits;
	html->in_tag = false;
	path_of_record(page, &path, hit->id, 0, hit->path.n > 0 ? "/read/" : "");
	buf_str(&path, hit->path);
	if (hit->path.n > 0)
		query_add(&query, "q", finding->query);
	if (is_block_id(hit->block))
		memcpy(fragment, hit->block.p, hit->block.n);
	if (found_far(hit->block))
		query_add(&query, "at", hit->block);
	html_begin(html, "li");
	html_set(html, "class", "item");
	html_begin(html, "a");
	html_set(html, "class", "title");
	html_set(html, "dir", "auto");
	page_href(page, "href", buf_view(&path), buf_view(&query), fragment[0] != '\0' ? fragment : NULL);
	html_text(html, hit->title.n > 0                          ? hit->title
			: holding != NULL && holding->title.n > 0 ? holding->title
								  : machine_name(page->desk, hit->id));
	html_end(html);
	html_begin(html, "span");
	html_set(html, "class", "about");
	if (hit->creator.n > 0)
		html_element(html, "bdi", "who", hit->creator);
	if (holding != NULL && holding->date.n > 0)
		holding_date(page, holding);
	if (hit->path.n > 0)
		html_element(html, "bdi", "path", hit->path);
	html_end(html);
	write_snippet(html, hit->snippet);
	html_end(html);
	*html = outer;
	if (lists)
		holdings_let_go(finding->holdings);
	finding->shown++;
	buf_release(&path);
	buf_release(&query);
	return 0;
}

/* A facet narrows the query by an operator of its own: creator:"…", lang:…, type:…, date:…. */
static void narrowed(const struct found *finding, const struct search_facet *facet, struct buf *out)
{
	static const struct {
		const char *name, *operator;
	} operators[] = {{"creator", "creator"}, {"language", "lang"}, {"type", "type"}, {"place", "place"}, {"century", "date"},
		{"decade", "date"}};

	buf_str(out, finding->query);
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++)
		if (strcmp(facet->name, operators[i].name) == 0)
			buf_printf(out, " %s:", operators[i].operator);
	buf_char(out, '"');
	for (size_t i = 0; i < facet->value.n; i++)
		if (facet->value.p[i] != '"')
			buf_char(out, facet->value.p[i]);
	buf_char(out, '"');
}

static int write_facet(void *context, const struct search_facet *facet, struct err *err)
{
	struct found *finding = context;
	struct page *page = finding->page;
	struct html *html = &page->html;
	const struct html outer = *html;
	const char *heading = word_of(page->language, "facet.", str_from(facet->name));
	const char *tongue = strcmp(facet->name, "language") == 0 ? word_of(page->language, "tongue.", facet->value)
			     : strcmp(facet->name, "type") == 0   ? word_of(page->language, "kind.", facet->value)
								  : NULL;
	bool first = strcmp(finding->facet, facet->name) != 0;
	struct buf narrow = BUF_INIT, query = BUF_INIT, count = BUF_INIT;

	(void)err;
	if (strlen(facet->name) >= sizeof(finding->facet) || strcmp(facet->name, "century") == 0)
		return 0;
	if (!first && finding->facet_values >= FACETS_SHOWN)
		return 0;
	html->out = &finding->facets;
	html->in_tag = false;
	if (first) {
		html_element(html, "h3", NULL, str_from(heading != NULL ? heading : facet->name));
		memcpy(finding->facet, facet->name, strlen(facet->name) + 1);
		finding->facet_values = 0;
	}
	finding->facet_values++;
	narrowed(finding, facet, &narrow);
	query_add(&query, "q", buf_view(&narrow));
	word_number(&count, page->language, WORD_COUNT_PLAIN, facet->count);
	html_begin(html, "p");
	html_set(html, "class", "facet");
	html_begin(html, "bdi");
	page_link(page, NULL, STR("search"), buf_view(&query), tongue != NULL ? str_from(tongue) : facet->value);
	html_end(html);
	html_words(html, " ");
	html_element(html, "span", "count", buf_view(&count));
	html_end(html);
	*html = outer;
	buf_release(&narrow);
	buf_release(&query);
	buf_release(&count);
	return 0;
}

/* ---- the page ------------------------------------------------------------------------------------------------------------------------------------- */

static void write_said(struct page *page, const struct search_request *request)
{
	struct html *html = &page->html;
	struct buf query = BUF_INIT;

	if (request->suggestion.n > 0) {
		query_add(&query, "q", buf_view(&request->suggestion));
		html_begin(html, "p");
		page_say(page, WORD_SEARCH_SUGGESTION);
		html_words(html, " ");
		page_link(page, NULL, STR("search"), buf_view(&query), buf_view(&request->suggestion));
		html_end(html);
	}
	if (request->said.n > 0)
		html_element(html, "p", "hint", buf_view(&request->said));
	buf_release(&query);
}

static void write_found(struct page *page, struct found *finding)
{
	uint64_t piece = page_number(page, "page", 10000, 1);
	struct search_request request = {.query = finding->query,
		.language = str_from(language_tag(page->language)),
		.limit = PIECE,
		.admit = admit,
		.hit = write_hit,
		.facet = write_facet,
		.context = finding};
	struct html *html = &page->html;
	struct buf query = BUF_INIT;
	bool current, good;

	piece = piece == 0 ? 1 : piece;
	request.offset = (piece - 1) * PIECE;
	current = found_current(page->desk);
	request.facets = current;
	good = search_find(page->desk->search, &request, NULL) == 0;
	if (current && good)
		write_said(page, &request);
	if (good && (current || finding->shown == 0)) {
		html_begin(html, "p");
		html_set(html, "class", "count");
		if (request.total == 0 || finding->shown == 0)
			page_say(page, WORD_SEARCH_NONE);
		else
			page_say_count(page, request.total_least ? WORD_SEARCH_AT_LEAST : WORD_COUNT_RECORDS, request.total);
		html_end(html);
	} else if (!good) {
		html_begin(html, "p");
		page_say(page, WORD_SEARCH_NOTHING);
		html_end(html);
	}
	html_begin(html, "div");
	html_set(html, "class", "found");
	html_begin(html, "ol");
	html_set(html, "class", "items");
	html_inner(html, &finding->hits);
	html_end(html);
	if (finding->facets.n > 0) {
		html_begin(html, "aside");
		html_set(html, "aria-label", word_texts[page->language][WORD_SEARCH_NARROW]);
		page_heading(page, "h2", NULL, WORD_SEARCH_NARROW);
		html_inner(html, &finding->facets);
		html_end(html);
	}
	html_end(html);
	query_add(&query, "q", finding->query);
	page_pieces(page, STR("search"), buf_view(&query), piece, good && finding->shown == PIECE);
	buf_release(&query);
	buf_release(&request.suggestion);
	buf_release(&request.said);
}

/* Where there is no index: the words of titles, from the catalogue. */
static int write_title(void *context, const struct catalogue_row *row, struct err *err)
{
	struct found *finding = context;
	const struct holding *holding;

	(void)err;
	if (!admit(finding, row->record.id, STR("")))
		return 0;
	if (!holdings_look(finding->holdings, finding->page->desk))
		return 1;
	holding = holdings_find(finding->holdings, row->record.id);
	if (holding != NULL) {
		holding_item(finding->page, holding);
		finding->shown++;
	}
	holdings_let_go(finding->holdings);
	return finding->shown == (size_t)5 * PIECE;
}

static void write_titles(struct page *page, struct found *finding)
{
	struct catalogue_filter filter = {.title = finding->query};
	struct html *html = &page->html;

	html_begin(html, "p");
	html_set(html, "class", "hint");
	page_say(page, WORD_SEARCH_TITLES);
	html_end(html);
	html_begin(html, "ol");
	html_set(html, "class", "items");
	(void)catalogue_list(page->desk->catalogue, &filter, write_title, finding, NULL);
	html_end(html);
	if (finding->shown == 0) {
		html_begin(html, "p");
		page_say(page, WORD_SEARCH_NONE);
		html_end(html);
	}
}

bool results_page(struct page *page)
{
	struct found finding = {.page = page, .query = page_asked(page, "q"), .holdings = page->room->holdings};
	struct html *html = &page->html;
	struct buf title = BUF_INIT;

	if (finding.query.n > FOUND_QUERY_MAX)
		finding.query.n = 0;
	page->desk->waiting = true; /* the index is brought up to date without a word to us */
	word_fill(&title, page->language, WORD_SEARCH_TITLE, finding.query, STR(""), STR(""));
	page_begin_as(page, buf_view(&title), "results", NULL, NULL);
	html_element(html, "h1", NULL, buf_view(&title));
	if (finding.query.n == 0) {
		html_begin(html, "p");
		page_say(page, WORD_SEARCH_NOTHING);
		html_end(html);
	} else if (page->desk->search != NULL) {
		write_found(page, &finding);
	} else {
		write_titles(page, &finding);
	}
	page_end(page);
	buf_release(&finding.hits);
	buf_release(&finding.facets);
	buf_release(&title);
	return true;
}
