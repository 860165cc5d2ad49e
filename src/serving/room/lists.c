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

static void write_turn(struct page *page, struct str path, struct str query, const char *name, struct str id)
{
	bool back = strcmp(name, "before") == 0;
	struct buf whole = BUF_INIT;

	if (id.n == 0)
		return;
	buf_str(&whole, query);
	query_add(&whole, name, id);
	html_begin(&page->html, "a");
	html_set(&page->html, "rel", back ? "prev" : "next");
	page_href(page, "href", path, buf_view(&whole), NULL);
	page_say(page, back ? WORD_PIECES_BEFORE : WORD_PIECES_AFTER);
	html_end(&page->html);
	buf_release(&whole);
}

void page_turns(struct page *page, struct str path, struct str query, struct str first, struct str last)
{
	if (first.n == 0 && last.n == 0)
		return;
	html_begin(&page->html, "nav");
	html_set(&page->html, "class", "pieces");
	html_set(&page->html, "aria-label", word_texts[page->language][WORD_PIECES_LABEL]);
	write_turn(page, path, query, "before", first);
	write_turn(page, path, query, "after", last);
	html_end(&page->html);
}

struct str page_turned(struct page *page, bool *backwards)
{
	struct str before = page_asked(page, "before");

	*backwards = before.n > 0;
	return before.n > 0 ? before : page_asked(page, "after");
}

void holdings_cannot(struct page *page)
{
	html_begin(&page->html, "p");
	page_say(page, WORD_BROWSE_TOO_MANY);
	html_end(&page->html);
}
