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

enum kind { KIND_PEOPLE, KIND_PLACES, KIND_LANGUAGES };

static const struct str *values_of(const struct holding *holding, enum kind kind, unsigned *count)
{
	switch (kind) {
	case KIND_PLACES:
		*count = holding->place_count;
		return holding->places;
	case KIND_LANGUAGES:
		*count = holding->language_count;
		return holding->languages;
	case KIND_PEOPLE:
	default:
		*count = holding->creator_count;
		return holding->creators;
	}
}

static int compare_str(const void *a, const void *b)
{
	return str_compare(*(const struct str *)a, *(const struct str *)b);
}

static void write_value(struct page *page, struct str path, enum kind kind, struct str value, uint64_t count)
{
	struct html *html = &page->html;
	struct buf query = BUF_INIT;
	const char *name = kind == KIND_LANGUAGES ? word_of(page->language, "tongue.", value) : NULL;

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

static void write_values(struct page *page, const struct holdings *holdings, struct str path, enum kind kind)
{
	uint64_t piece = page_number(page, "page", 100000, 1), distinct = 0, first;
	struct html *html = &page->html;
	struct str *all;
	size_t total = 0, count = 0;
	unsigned n;

	for (size_t i = 0; i < holdings_count(holdings); i++) {
		(void)values_of(holdings_at(holdings, i), kind, &n);
		total += n;
	}
	all = mem_array(total + 1, sizeof(*all));
	for (size_t i = 0; i < holdings_count(holdings); i++) {
		const struct str *values = values_of(holdings_at(holdings, i), kind, &n);

		for (unsigned k = 0; k < n; k++)
			all[count++] = values[k];
	}
	if (count > 1)
		qsort(all, count, sizeof(*all), compare_str);
	piece = piece == 0 ? 1 : piece;
	first = (piece - 1) * VALUES_PIECE;
	if (count == 0) {
		html_begin(html, "p");
		page_say(page, WORD_BROWSE_NONE);
		html_end(html);
	}
	html_begin(html, "ul");
	html_set(html, "class", "values");
	for (size_t from = 0, to; from < count; from = to) {
		for (to = from + 1; to < count && str_equal(all[from], all[to]);)
			to++;
		if (distinct >= first && distinct < first + VALUES_PIECE)
			write_value(page, path, kind, all[from], to - from);
		distinct++;
	}
	html_end(html);
	page_pieces(page, path, STR(""), piece, distinct > first + VALUES_PIECE);
	free(all);
}

/* Those of `all` that `admit` lets through, a piece of them. */
static void write_list(struct page *page, const struct holding **all, size_t count, struct str path, struct str query)
{
	uint64_t piece = page_number(page, "page", 1000000, 1), first;
	struct html *html = &page->html;

	piece = piece == 0 ? 1 : piece;
	first = (piece - 1) * PIECE;
	html_begin(html, "p");
	html_set(html, "class", "count");
	page_say_count(page, WORD_COUNT_RECORDS, count);
	html_end(html);
	html_begin(html, "ol");
	html_set(html, "class", "items");
	for (uint64_t i = first; i < count && i < first + PIECE; i++)
		holding_item(page, all[i]);
	html_end(html);
	page_pieces(page, path, query, piece, count > first + PIECE);
}

static void write_having(struct page *page, const struct holdings *holdings, struct str path, enum kind kind, struct str wanted)
{
	const struct holding **all = holdings_all(holdings);
	struct buf query = BUF_INIT;
	size_t count = 0;
	unsigned n;

	for (size_t i = 0; i < holdings_count(holdings); i++) {
		const struct str *values = values_of(all[i], kind, &n);
		bool has = false;

		for (unsigned k = 0; k < n && !has; k++)
			has = str_equal(values[k], wanted);
		if (has)
			all[count++] = all[i];
	}
	query_add(&query, "is", wanted);
	write_list(page, all, count, path, buf_view(&query));
	buf_release(&query);
	free(all);
}

static void write_dated(struct page *page, const struct holdings *holdings)
{
	uint64_t from = page_number(page, "from", 9999, 0), to = page_number(page, "to", 9999, 9999);
	const struct holding **all = holdings_all(holdings);
	struct buf query = BUF_INIT;
	char text[24];
	size_t count = 0;

	for (size_t i = 0; i < holdings_count(holdings); i++)
		if (timeline_within(all[i], from, to))
			all[count++] = all[i];
	timeline_sort(all, count);
	(void)snprintf(text, sizeof(text), "%" PRIu64, from);
	query_add(&query, "from", str_from(text));
	(void)snprintf(text, sizeof(text), "%" PRIu64, to);
	query_add(&query, "to", str_from(text));
	write_list(page, all, count, STR("browse/dates"), buf_view(&query));
	buf_release(&query);
	free(all);
}

/* ---- the arrangement ---------------------------------------------------------------------------------------------------------------------- */

struct child {
	struct str parent;
	size_t at; /* in the order of arrangement */
	const struct holding *holding;
};

static int compare_child(const void *a, const void *b)
{
	const struct child *one = a, *other = b;
	int order = str_compare(one->parent, other->parent);

	return order != 0 ? order : one->at < other->at ? -1 : one->at > other->at;
}

struct tree {
	struct child *children; /* by parent; those of one in the order of arrangement */
	size_t count;
	size_t budget; /* records that are still written */
};

static size_t first_child(const struct tree *tree, struct str parent)
{
	size_t low = 0, high = tree->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (str_compare(tree->children[middle].parent, parent) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The arrangement has no cycles and at most ARRANGEMENT_DEPTH_MAX levels; fewer are shown at once. */
static void write_branch(struct page *page, struct tree *tree, struct str parent, unsigned depth)
{
	struct html *html = &page->html;
	size_t i = first_child(tree, parent);

	if (i >= tree->count || !str_equal(tree->children[i].parent, parent))
		return;
	html_begin(html, "ul");
	html_set(html, "class", depth == 0 ? "tree" : "branch");
	for (; i < tree->count && str_equal(tree->children[i].parent, parent) && tree->budget > 0; i++) {
		const struct holding *holding = tree->children[i].holding;
		const char *level = word_of(page->language, "level.", holding->level);

		tree->budget--;
		html_begin(html, "li");
		if (level != NULL)
			html_element(html, "span", "level", str_from(level));
		if (holding->reference_code.n > 0)
			html_element(html, "span", "code", holding->reference_code);
		holding_title(page, holding);
		if (holding->date.n > 0)
			holding_date(page, holding);
		if (depth + 1 < DEPTH_MAX)
			write_branch(page, tree, holding->id, depth + 1);
		html_end(html);
	}
	html_end(html);
}

static void write_arrangement(struct page *page, const struct holdings *holdings)
{
	struct tree tree = {.count = holdings_count(holdings), .budget = 2000};

	tree.children = mem_array(tree.count + 1, sizeof(*tree.children));
	for (size_t i = 0; i < tree.count; i++) {
		tree.children[i].at = i;
		tree.children[i].holding = holdings_at(holdings, i);
		if (!holding_is_top(holdings, tree.children[i].holding))
			tree.children[i].parent = tree.children[i].holding->part_of;
	}
	if (tree.count > 1)
		qsort(tree.children, tree.count, sizeof(*tree.children), compare_child);
	write_branch(page, &tree, STR(""), 0);
	if (tree.budget == 0) {
		html_begin(&page->html, "p");
		page_say(page, WORD_BROWSE_CUT);
		html_end(&page->html);
	}
	free(tree.children);
}

/* ---- the pages -------------------------------------------------------------------------------------------------------------------------------- */

static void write_recent(struct page *page, const struct holdings *holdings)
{
	const struct holding **all = holdings_all(holdings);

	holdings_sort_recent(all, holdings_count(holdings));
	write_list(page, all, holdings_count(holdings), STR("browse/recent"), STR(""));
	free(all);
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
	if (which == KIND_LANGUAGES && word_of(page->language, "tongue.", value) != NULL)
		shown = str_from(word_of(page->language, "tongue.", value));
	begin(page, lists[which].word, shown);
	if (!holdings_look(holdings, page->desk)) {
		holdings_cannot(page);
	} else {
		if (which < 3 && value.n > 0)
			write_having(page, holdings, str_from(lists[which].path), (enum kind)which, value);
		else if (which < 3)
			write_values(page, holdings, str_from(lists[which].path), (enum kind)which);
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
