/* The page view: one page's picture beside its text. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blocks.h"
#include "desk.h"
#include "record_parts.h"
#include "texts.h"

static const struct shown_file *nth_picture(const struct shown *shown, uint64_t number, uint64_t *total)
{
	const struct shown_file *found = NULL;

	*total = 0;
	for (size_t i = 0; i < shown->file_count; i++)
		if (shown_is_picture(&shown->files[i]) && ++*total == number)
			found = &shown->files[i];
	return found;
}

/* The path without its ending, and without folders: "scans/p001.jpg" and "text/p001.xml" belong together. */
static struct str stem(struct str path)
{
	size_t from = 0, to = path.n;

	for (size_t i = 0; i < path.n; i++)
		if (path.p[i] == '/')
			from = i + 1;
	for (size_t i = path.n; i-- > from;)
		if (path.p[i] == '.') {
			to = i;
			break;
		}
	return (struct str){path.p + from, to - from};
}

/* The text that belongs to a picture, and which page of it (0: all of it): one that says so; one named alike; the picture's own (recognised); the only other one there is. */
static struct text *text_of_picture(
	struct page *page, const struct shown *shown, const struct shown_file *picture, uint64_t *number)
{
	const struct shown_file *only = NULL, *alike = NULL;
	unsigned others = 0;
	struct text *text;

	*number = 0;
	for (size_t i = 0; i < shown->file_count && i < 500; i++) {
		const struct shown_file *file = &shown->files[i];

		if (file == picture || !texts_have(page->desk, file))
			continue;
		if (str_equal(stem(file->described.path), stem(picture->described.path))) {
			alike = alike != NULL ? alike : file;
			continue;
		}
		if (shown_is_picture(file))
			continue;
		text = others < 20 ? texts_open(page->desk, file) : NULL;
		for (size_t k = 1; text != NULL && k <= text_page_count(text); k++) {
			struct text_page one;

			text_page(text, k, &one);
			if (str_equal(one.image, picture->described.path)) {
				*number = k;
				return text;
			}
		}
		text_free(text);
		only = file;
		others++;
	}
	if (alike != NULL)
		return texts_open(page->desk, alike);
	text = texts_open(page->desk, picture);
	if (text != NULL && text_block_count(text) > 0)
		return text;
	text_free(text);
	return others == 1 ? texts_open(page->desk, only) : NULL;
}

static void write_step(struct page *page, const struct shown *shown, uint64_t number, const char *rel, enum word word)
{
	struct buf path = BUF_INIT;
	char rest[40];

	(void)snprintf(rest, sizeof(rest), "/pages/%" PRIu64, number);
	path_of_record(page, &path, buf_view(&shown->name.id), shown->asked ? shown->version.version : 0, rest);
	html_begin(&page->html, "a");
	html_set(&page->html, "rel", rel);
	page_href(page, "href", buf_view(&path), STR(""), NULL);
	page_say(page, word);
	html_end(&page->html);
	buf_release(&path);
}

bool picture_page(struct page *page, struct shown *shown, struct str asked)
{
	const struct shown_file *picture;
	struct blocks_options options = {.query = page_asked(page, "q")};
	struct html *html = &page->html;
	struct buf path = BUF_INIT, place = BUF_INIT;
	char one[24], all[24];
	struct text *text;
	uint64_t number, total;

	if (!decimal_parse(asked, 1000000, &number) || (picture = nth_picture(shown, number, &total)) == NULL)
		return false;
	text = text_of_picture(page, shown, picture, &options.page);
	(void)snprintf(one, sizeof(one), "%" PRIu64, number);
	(void)snprintf(all, sizeof(all), "%" PRIu64, total);
	word_fill(&place, page->language, WORD_PICTURE_PLACE, str_from(one), str_from(all), STR(""));
	page_begin_as(page, shown->title, "facing", record_head, shown);
	html_begin(html, "article");
	html_begin(html, "header");
	html_begin(html, "h1");
	html_set(html, "dir", "auto");
	html_text(html, shown->title);
	html_end(html);
	html_begin(html, "nav");
	html_set(html, "class", "way");
	html_set(html, "aria-label", word_texts[page->language][WORD_PICTURE_PAGES]);
	path_of_record(page, &path, buf_view(&shown->name.id), shown->asked ? shown->version.version : 0, "");
	page_link(page, NULL, buf_view(&path), STR(""), str_from(word_texts[page->language][WORD_READ_RECORD]));
	if (number > 1)
		write_step(page, shown, number - 1, "prev", WORD_PIECES_BEFORE);
	html_element(html, "span", NULL, buf_view(&place));
	if (number < total)
		write_step(page, shown, number + 1, "next", WORD_PIECES_AFTER);
	html_end(html);
	html_end(html);
	html_begin(html, "div");
	html_set(html, "class", "spread");
	html_begin(html, "figure");
	html_set(html, "class", "scan");
	record_write_picture(page, shown, picture, false);
	html_begin(html, "figcaption");
	html_element(html, "bdi", "path", picture->described.path);
	html_end(html);
	html_end(html);
	html_begin(html, "div");
	html_set(html, "class", "beside");
	if (text != NULL) {
		blocks_write(page, text, &options);
	} else {
		html_begin(html, "p");
		html_set(html, "class", "hint");
		page_say(page, WORD_PICTURE_NO_TEXT);
		html_end(html);
	}
	html_end(html);
	html_end(html);
	html_end(html);
	page_end(page);
	text_free(text);
	buf_release(&path);
	buf_release(&place);
	return true;
}
