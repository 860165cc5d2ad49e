/* Lists across records: one line of them, and what they have in common. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "desk.h"
#include "holdings.h"

void holding_title(struct page *page, const struct holding *holding)
{
	struct html *html = &page->html;
	struct buf path = BUF_INIT;

	path_of_record(page, &path, holding->id, 0, "");
	html_begin(html, "a");
	html_set(html, "class", "title");
	page_href(page, "href", buf_view(&path), STR(""), NULL);
	html_set(html, "dir", "auto");
	if (holding->title.n > 0 && holding->title_language.n > 0)
		html_attribute(html, "lang", holding->title_language);
	html_text(html, holding->title.n > 0 ? holding->title : (struct str){path.p + 2, path.n - 2});
	html_end(html);
	buf_release(&path);
}

void holding_date(struct page *page, const struct holding *holding)
{
	struct str written = holding->date, edtf = holding->date_edtf;
	struct buf text = BUF_INIT;

	if (str_equal(written, edtf))
		word_date(&text, page->language, edtf);
	else
		buf_str(&text, written);
	html_element(&page->html, "span", "date", buf_view(&text));
	buf_release(&text);
}

void holding_item(struct page *page, const struct holding *holding)
{
	struct html *html = &page->html;

	html_begin(html, "li");
	html_set(html, "class", "item");
	holding_title(page, holding);
	html_begin(html, "span");
	html_set(html, "class", "about");
	if (holding->reference_code.n > 0)
		html_element(html, "span", "code", holding->reference_code);
	for (unsigned i = 0; i < holding->creator_count && i < 3; i++)
		html_element(html, "bdi", "who", holding->creators[i]);
	if (holding->date.n > 0)
		holding_date(page, holding);
	for (unsigned i = 0; i < holding->language_count && i < 3; i++)
		html_element(html, "span", "tongue", holding->languages[i]);
	html_end(html);
	html_end(html);
}

const struct holding **holdings_all(const struct holdings *holdings)
{
	size_t count = holdings_count(holdings);
	const struct holding **all = mem_array(count + 1, sizeof(*all));

	for (size_t i = 0; i < count; i++)
		all[i] = holdings_at(holdings, i);
	return all;
}

bool holding_is_top(const struct holdings *holdings, const struct holding *holding)
{
	return holding->part_of.n == 0 || holdings_find(holdings, holding->part_of) == NULL;
}

void holdings_cannot(struct page *page)
{
	html_begin(&page->html, "p");
	page_say(page, WORD_BROWSE_TOO_MANY);
	html_end(&page->html);
}

static int compare_recent(const void *a, const void *b)
{
	const struct holding *one = *(const struct holding *const *)a, *other = *(const struct holding *const *)b;

	return one->version_index < other->version_index ? 1 : one->version_index > other->version_index ? -1 : 0;
}

void holdings_sort_recent(const struct holding **all, size_t count)
{
	if (count > 1)
		qsort(all, count, sizeof(*all), compare_recent);
}
