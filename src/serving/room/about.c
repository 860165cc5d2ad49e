/* What this place is, and what is not there. */
#include "internal.h"

static void paragraph(struct page *page, enum word word)
{
	html_begin(&page->html, "p");
	page_say(page, word);
	html_end(&page->html);
}

bool about_page(struct page *page)
{
	struct html *html = &page->html;
	struct buf policy = BUF_INIT;

	page_begin(page, str_from(word_texts[page->language][WORD_NAV_ABOUT]));
	page_heading(page, "h1", NULL, WORD_NAV_ABOUT);
	html_begin(html, "p");
	html_set(html, "class", "lead");
	page_say_with(page, WORD_ABOUT_LEAD, archive_title(page->desk->archive), STR(""), STR(""));
	html_end(html);
	page_heading(page, "h2", "proven", WORD_ABOUT_PROVEN);
	paragraph(page, WORD_ABOUT_PROVEN_1);
	paragraph(page, WORD_ABOUT_PROVEN_2);
	page_heading(page, "h2", "not-proven", WORD_ABOUT_NOT);
	html_begin(html, "ul");
	for (unsigned i = 0; i < 5; i++) {
		static const enum word words[] = {
			WORD_ABOUT_NOT_1, WORD_ABOUT_NOT_2, WORD_ABOUT_NOT_3, WORD_ABOUT_NOT_4, WORD_ABOUT_NOT_5};

		html_begin(html, "li");
		page_say(page, words[i]);
		html_end(html);
	}
	html_end(html);
	page_heading(page, "h2", "withdrawn", WORD_ABOUT_WITHDRAWN);
	paragraph(page, WORD_ABOUT_WITHDRAWN_1);
	page_heading(page, "h2", "addresses", WORD_ABOUT_ADDRESSES);
	paragraph(page, WORD_ABOUT_ADDRESSES_1);
	page_heading(page, "h2", "policy", WORD_ABOUT_POLICY);
	paragraph(page, WORD_ABOUT_POLICY_1);
	archive_policy(page->desk->archive, &policy);
	html_begin(html, "pre");
	html_set(html, "class", "note");
	html_set(html, "tabindex", "0");
	html_text(html, buf_view(&policy));
	html_end(html);
	buf_release(&policy);
	page_end(page);
	return true;
}

void error_page(struct page *page, unsigned status)
{
	struct html *html = &page->html;
	enum word word = status == 404 ? WORD_ERROR_ABSENT_TITLE : status == 410 ? WORD_ERROR_GONE_TITLE : WORD_ERROR_FAILED_TITLE;

	page->status = status;
	page->type = "text/html; charset=utf-8";
	page_begin_as(page, str_from(word_texts[page->language][word]), "error", NULL, NULL);
	page_heading(page, "h1", NULL, word);
	paragraph(page, status == 404 ? WORD_ERROR_ABSENT : status == 410 ? WORD_ERROR_GONE : WORD_ERROR_FAILED);
	html_begin(html, "p");
	page_link(page, NULL, STR(""), STR(""), str_from(word_texts[page->language][WORD_ERROR_FRONT]));
	html_end(html);
	page_end(page);
}
