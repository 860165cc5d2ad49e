/* Lists by person, place, language, date, and in the arrangement. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "desk.h"
#include "holdings.h"

#define PIECE 50u         /* records of one piece of a list */
#define VALUES_PIECE 500u /* names */
#define DEPTH_MAX 12u     /* of the arrangement that is shown as a tree */
#define TREE_MAX 2000u    /* parts in it */
#define TOPS_PIECE 200u   /* that are part of nothing */

static void write_value(struct page *page, struct str path, enum lists_kind kind, struct str value, uint64_t count)
{
	struct html *html = &page->html;
	struct buf query = BUF_INIT;
	const char *name = kind == LISTS_LANGUAGES ? word_of(page->language, "tongue.", value) : NULL;

	query_add(&query, "is", value);
	html_begin(html, "li");
	html_begin(html, "a");
	page_href(page, "href", path, buf_view(&query), NULL);
	html_begin(html, "bdi");
	html_text(html, name != NULL ? str_from(name) : value);
	html_end(html);
	html_end(html);
	html_words(html, " ");
	html_begin(html, "span");
	html_set(html, "class", "count");
	page_say_count(page, WORD_COUNT_RECORDS, count);
	html_end(html);
	html_end(html);
	buf_release(&query);
}

static void write_values(struct page *page, const struct holdings *holdings, struct str path, enum lists_kind kind)
{
	struct lists_names names = {.kind = kind, .limit = VALUES_PIECE};
	struct html *html = &page->html;

	names.from = page_turned(page, &names.backwards);
	if (lists_take_names(holdings_lists(holdings), &names, holdings_arena(holdings), NULL) != 0 || names.count == 0) {
		html_begin(html, "p");
		page_say(page, WORD_BROWSE_NONE);
		html_end(html);
	}
	html_begin(html, "ul");
	html_set(html, "class", "values");
	for (size_t i = 0; i < names.count; i++)
		write_value(page, path, kind, names.names[i].value, names.names[i].records);
	html_end(html);
	page_turns(page, path, STR(""), names.count > 0 && names.before ? names.names[0].value : STR(""),
		names.count > 0 && names.after ? names.names[names.count - 1].value : STR(""));
}

/* A piece of a list of `count` records. */
static void write_list(struct page *page, const struct holdings *holdings, struct lists_piece *piece, uint64_t count,
	struct str path, struct str query)
{
	struct html *html = &page->html;

	piece->limit = PIECE;
	piece->from = page_turned(page, &piece->backwards);
	if (lists_take(holdings_lists(holdings), piece, holdings_arena(holdings), NULL) != 0)
		piece->count = 0;
	html_begin(html, "p");
	html_set(html, "class", "count");
	page_say_count(page, WORD_COUNT_RECORDS, count);
	html_end(html);
	html_begin(html, "ol");
	html_set(html, "class", "items");
	for (size_t i = 0; i < piece->count; i++)
		holding_item(page, piece->rows[i]);
	html_end(html);
	page_turns(page, path, query, piece->count > 0 && piece->before ? piece->rows[0]->id : STR(""),
		piece->count > 0 && piece->after ? piece->rows[piece->count - 1]->id : STR(""));
}

static void write_having(
	struct page *page, const struct holdings *holdings, struct str path, enum lists_kind kind, struct str wanted)
{
	struct lists_piece piece = {.order = LISTS_HAVING, .kind = kind, .of = wanted};
	struct buf query = BUF_INIT;

	query_add(&query, "is", wanted);
	write_list(page, holdings, &piece, lists_count_having(holdings_lists(holdings), kind, wanted), path, buf_view(&query));
	buf_release(&query);
}

static void write_dated(struct page *page, const struct holdings *holdings)
{
	uint64_t from = page_number(page, "from", 9999, 0), to = page_number(page, "to", 9999, 9999);
	struct lists_piece piece = {.order = LISTS_DATED, .from_year = (int64_t)from, .to_year = (int64_t)to};
	struct buf query = BUF_INIT;
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRIu64, from);
	query_add(&query, "from", str_from(text));
	(void)snprintf(text, sizeof(text), "%" PRIu64, to);
	query_add(&query, "to", str_from(text));
	write_list(page, holdings, &piece, lists_count_dated(holdings_lists(holdings), piece.from_year, piece.to_year),
		STR("browse/dates"), buf_view(&query));
	buf_release(&query);
}

/* ---- the arrangement ---------------------------------------------------------------------------------------------------------------------- */

struct tree {
	const struct holdings *holdings;
	unsigned budget; /* parts that are still written */
	bool cut;        /* parts of one that was written were left out: on its own page they are */
};

static void write_branch(struct page *page, struct tree *tree, const struct lists_piece *piece, unsigned depth);

static void write_parts(struct page *page, struct tree *tree, struct str id, unsigned depth)
{
	struct lists_piece piece = {.order = LISTS_PARTS, .of = id, .limit = tree->budget};

	if (tree->budget == 0) {
		piece.limit = 1;
		if (!tree->cut && lists_take(holdings_lists(tree->holdings), &piece, holdings_arena(tree->holdings), NULL) == 0)
			tree->cut = piece.count > 0;
		return;
	}
	if (lists_take(holdings_lists(tree->holdings), &piece, holdings_arena(tree->holdings), NULL) != 0)
		return;
	tree->cut = tree->cut || piece.after;
	write_branch(page, tree, &piece, depth);
}

/* The arrangement has no cycles and at most ARRANGEMENT_DEPTH_MAX levels; fewer are shown at once. */
static void write_branch(struct page *page, struct tree *tree, const struct lists_piece *piece, unsigned depth)
{
	struct html *html = &page->html;

	if (piece->count == 0)
		return;
	html_begin(html, "ul");
	html_set(html, "class", depth == 0 ? "tree" : "branch");
	for (size_t i = 0; i < piece->count; i++) {
		const struct holding *holding = piece->rows[i];
		const char *level = word_of(page->language, "level.", holding->level);

		if (depth > 0 && tree->budget == 0) {
			tree->cut = true;
			break;
		}
		tree->budget -= depth > 0;
		html_begin(html, "li");
		if (level != NULL)
			html_element(html, "span", "level", str_from(level));
		if (holding->reference_code.n > 0)
			html_element(html, "span", "code", holding->reference_code);
		holding_title(page, holding);
		if (holding->date.n > 0)
			holding_date(page, holding);
		if (depth + 1 < DEPTH_MAX)
			write_parts(page, tree, holding->id, depth + 1);
		html_end(html);
	}
	html_end(html);
}

static void write_arrangement(struct page *page, const struct holdings *holdings)
{
	struct lists_piece piece = {.order = LISTS_TOPS, .limit = TOPS_PIECE};
	struct tree tree = {.holdings = holdings, .budget = TREE_MAX};

	piece.from = page_turned(page, &piece.backwards);
	if (lists_take(holdings_lists(holdings), &piece, holdings_arena(holdings), NULL) != 0)
		return;
	write_branch(page, &tree, &piece, 0);
	if (tree.cut) {
		html_begin(&page->html, "p");
		page_say(page, WORD_BROWSE_CUT);
		html_end(&page->html);
	}
	page_turns(page, STR("browse/arrangement"), STR(""), piece.count > 0 && piece.before ? piece.rows[0]->id : STR(""),
		piece.count > 0 && piece.after ? piece.rows[piece.count - 1]->id : STR(""));
}

/* ---- the pages -------------------------------------------------------------------------------------------------------------------------------- */

static void write_recent(struct page *page, const struct holdings *holdings)
{
	struct lists_piece piece = {.order = LISTS_RECENT};

	write_list(page, holdings, &piece, holdings_count(holdings), STR("browse/recent"), STR(""));
}

static void begin(struct page *page, enum word word, struct str value)
{
	const char *heading = word_texts[page->language][word];

	page_begin(page, value.n > 0 ? value : str_from(heading));
	html_begin(&page->html, "h1");
	if (value.n > 0) {
		html_element(&page->html, "span", "over", str_from(heading));
		html_words(&page->html, " ");
		html_element(&page->html, "bdi", NULL, value);
	} else {
		html_words(&page->html, heading);
	}
	html_end(&page->html);
}

bool browse_page(struct page *page, struct str rest)
{
	static const struct {
		const char *name, *path;
		enum word word;
	} lists[] = {{"people", "browse/people", WORD_NAV_PEOPLE}, {"places", "browse/places", WORD_NAV_PLACES},
		{"languages", "browse/languages", WORD_NAV_LANGUAGES}, {"dates", "browse/dates", WORD_NAV_DATES},
		{"arrangement", "browse/arrangement", WORD_NAV_ARRANGEMENT}, {"recent", "browse/recent", WORD_FRONT_RECENT}};
	static const struct str none = {NULL, 0};
	struct holdings *holdings = page->room->holdings;
	struct str value = page_asked(page, "is"), shown;
	size_t which = 0;

	while (which < sizeof(lists) / sizeof(lists[0]) && !str_equal(rest, str_from(lists[which].name)))
		which++;
	if (which == sizeof(lists) / sizeof(lists[0]))
		return false;
	shown = which < 3 ? value : none;
	if (which == LISTS_LANGUAGES && word_of(page->language, "tongue.", value) != NULL)
		shown = str_from(word_of(page->language, "tongue.", value));
	begin(page, lists[which].word, shown);
	if (!holdings_look(holdings, page->desk)) {
		holdings_cannot(page);
	} else {
		if (which < 3 && value.n > 0)
			write_having(page, holdings, str_from(lists[which].path), (enum lists_kind)which, value);
		else if (which < 3)
			write_values(page, holdings, str_from(lists[which].path), (enum lists_kind)which);
		else if (which == 3) {
			timeline_write(page, holdings);
			write_dated(page, holdings);
		} else if (which == 4) {
			write_arrangement(page, holdings);
		} else {
			write_recent(page, holdings);
		}
		holdings_let_go(holdings);
	}
	page_end(page);
	return true;
}
