/* The page view: one page's picture beside its text. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blocks.h"
#include "desk.h"
#include "plates.h"
#include "record_parts.h"

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

/* What a script makes a viewer of: the picture's address, and buttons that are hidden until there is one. */
static void write_viewer(struct page *page, const struct shown *shown, const struct plate *plate)
{
	static const struct {
		const char *what;
		enum word word;
	} tools[] = {{"larger", WORD_PICTURE_LARGER}, {"smaller", WORD_PICTURE_SMALLER}, {"whole", WORD_PICTURE_WHOLE},
		{"turn", WORD_PICTURE_TURN}, {"screen", WORD_PICTURE_SCREEN}, {"select", WORD_PICTURE_SELECT}};
	struct html *html = &page->html;
	struct buf address = BUF_INIT;

	page_up(page, &address);
	plate_address(page, &address, shown, plate);
	html_begin(html, "div");
	html_set(html, "class", "tools");
	html_set(html, "role", "group");
	html_set(html, "aria-label", word_texts[page->language][WORD_PICTURE_TOOLS]);
	html_attribute(html, "data-image", buf_view(&address));
	html_set(html, "data-label", word_texts[page->language][WORD_PICTURE_VIEWER]);
	html_set(html, "data-touch", word_texts[page->language][WORD_PICTURE_TOUCH]);
	html_flag(html, "hidden");
	for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++) {
		html_begin(html, "button");
		html_set(html, "type", "button");
		html_set(html, "data-tool", tools[i].what);
		page_say(page, tools[i].word);
		html_end(html);
	}
	html_end(html);
	page_script(page, "scan.js");
	buf_release(&address);
}

/* The picture with its words over it, and what it is a picture of. */
static void write_plate(
	struct page *page, const struct shown *shown, const struct plate *plate, const struct text *text, uint64_t number)
{
	struct html *html = &page->html;
	struct buf path = BUF_INIT;
	uint32_t width, height;

	if (page_asset("openseadragon.min.js") != NULL && plate_size(page, shown, plate, &width, &height, NULL) == 0)
		write_viewer(page, shown, plate);
	html_begin(html, "div");
	html_set(html, "class", "plate");
	if (!plate_write(page, shown, plate, false)) {
		html_begin(html, "p");
		html_set(html, "class", "hint");
		page_say(page, WORD_PICTURE_NONE);
		html_end(html);
	} else if (text != NULL) {
		overlay_write(page, text, number == 0 && text_page_count(text) == 1 ? 1 : number, page_asked(page, "q"));
	}
	html_end(html);
	html_begin(html, "figcaption");
	path_of_record(page, &path, buf_view(&shown->name.id), shown->asked ? shown->version.version : 0, "/files/");
	buf_str(&path, plate->file->described.path);
	html_begin(html, "bdi");
	html_set(html, "class", "path");
	page_link(page, NULL, buf_view(&path), STR(""), plate->file->described.path);
	html_end(html);
	html_end(html);
	buf_release(&path);
}

bool picture_page(struct page *page, struct shown *shown, struct str asked)
{
	struct plates plates;
	struct blocks_options options = {.query = page_asked(page, "q")};
	struct html *html = &page->html;
	struct buf path = BUF_INIT, place = BUF_INIT;
	char one[24], all[24];
	struct text *text;
	uint64_t number, total, on[2] = {0, 0};

	if (!decimal_parse(asked, PLATES_MAX, &number) || number == 0)
		return false;
	plates_list(&plates, page->desk, shown);
	total = plates.count;
	if (number > total) {
		plates_release(&plates);
		return false;
	}
	const struct plate *plate = &plates.all[number - 1];
	text = plate_text(page, shown, plate, &options.page);
	options.language = record_language_of(shown, plate->file);
	on[1] = number;
	if (text != NULL && text_page_count(text) == 1)
		options.shown_on = on;
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
	write_plate(page, shown, plate, text, options.page);
	html_end(html);
	html_begin(html, "div");
	html_set(html, "class", "beside");
	if (text != NULL) {
		if (!blocks_write(page, text, &options)) {
			html_begin(html, "p");
			html_set(html, "class", "notice");
			page_say(page, WORD_READ_CUT);
			html_end(html);
		}
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
	plates_release(&plates);
	buf_release(&path);
	buf_release(&place);
	return true;
}
