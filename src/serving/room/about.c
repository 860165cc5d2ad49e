/* What this place is, and what is not there. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "indexing.h"

static void paragraph(struct page *page, enum word word)
{
	html_begin(&page->html, "p");
	page_say(page, word);
	html_end(&page->html);
}

static void write_indexing(struct page *page)
{
	struct indexing indexing;
	char position[24], size[24];

	indexing_look(page, &indexing);
	(void)snprintf(position, sizeof(position), "%" PRIu64, indexing.position);
	(void)snprintf(size, sizeof(size), "%" PRIu64, indexing.size);
	page_heading(page, "h2", "indexing", WORD_ABOUT_INDEXING);
	html_begin(&page->html, "p");
	page_say_with(page, WORD_ABOUT_INDEXED, str_from(position), str_from(size), STR(""));
	html_words(&page->html, " ");
	page_say(page, strcmp(indexing.word, "reading") == 0 ? WORD_ABOUT_INDEXING_READING
		       : strcmp(indexing.word, "idle") == 0  ? WORD_ABOUT_INDEXING_IDLE
							     : WORD_ABOUT_INDEXING_OFF);
	html_end(&page->html);
	page->desk->waiting = true; /* it moves on without a word to us */
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
	write_indexing(page);
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
