/* What all pages have in common: head, banner, navigation, foot; links. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assets.h"
#include "internal.h"

void page_say(struct page *page, enum word word)
{
	html_words(&page->html, word_texts[page->language][word]);
}

void page_say_count(struct page *page, enum word word, uint64_t n)
{
	struct buf text = BUF_INIT;

	word_number(&text, page->language, word, n);
	html_text(&page->html, buf_view(&text));
	buf_release(&text);
}

void page_say_with(struct page *page, enum word word, struct str one, struct str two, struct str three)
{
	struct buf text = BUF_INIT;

	word_fill(&text, page->language, word, one, two, three);
	html_text(&page->html, buf_view(&text));
	buf_release(&text);
}

void page_heading(struct page *page, const char *element, const char *id, enum word word)
{
	html_begin(&page->html, element);
	if (id != NULL)
		html_set(&page->html, "id", id);
	page_say(page, word);
	html_end(&page->html);
}

/* ---- links ------------------------------------------------------------------------------------------------------------------------------------- */

const char *page_asset(const char *name)
{
	for (const struct asset *asset = assets; asset->name != NULL; asset++)
		if (strcmp(asset->name, name) == 0)
			return asset->served;
	return NULL;
}

void path_encode(struct buf *out, struct str text, const char *plain)
{
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			(c != '\0' && strchr(plain, c) != NULL))
			buf_char(out, c);
		else
			buf_printf(out, "%%%02X", (unsigned)(unsigned char)c);
	}
}

void query_add(struct buf *query, const char *name, struct str value)
{
	if (query->n > 0)
		buf_char(query, '&');
	buf_text(query, name);
	buf_char(query, '=');
	path_encode(query, value, "-._~/@:");
}

void page_up(const struct page *page, struct buf *out)
{
	if (page->depth == 0)
		buf_text(out, "./");
	for (unsigned i = 0; i < page->depth; i++)
		buf_text(out, "../");
}

void page_href(struct page *page, const char *attribute, struct str path, struct str query, const char *fragment)
{
	struct buf href = BUF_INIT, whole = BUF_INIT;

	buf_str(&whole, query);
	if (page->language_asked && strcmp(attribute, "href") == 0)
		query_add(&whole, "ui", str_from(language_tag(page->language)));
	page_up(page, &href);
	path_encode(&href, path, "-._~/@:!$&'()*+,;=");
	if (whole.n > 0)
		buf_char(&href, '?');
	buf_str(&href, buf_view(&whole));
	if (fragment != NULL)
		buf_printf(&href, "#%s", fragment);
	html_attribute(&page->html, attribute, buf_view(&href));
	buf_release(&href);
	buf_release(&whole);
}

void page_link(struct page *page, const char *class_name, struct str path, struct str query, struct str text)
{
	html_begin(&page->html, "a");
	if (class_name != NULL)
		html_set(&page->html, "class", class_name);
	page_href(page, "href", path, query, NULL);
	html_text(&page->html, text);
	html_end(&page->html);
}

void path_of_record(struct page *page, struct buf *out, struct str id, uint64_t version, const char *rest)
{
	struct buf prefix = BUF_INIT;

	buf_text(&prefix, "https://");
	buf_str(&prefix, archive_origin(page->desk->archive));
	buf_text(&prefix, "/r/");
	buf_text(out, "r/");
	if (str_starts(id, buf_view(&prefix)))
		buf_add(out, id.p + prefix.n, id.n - prefix.n);
	else
		buf_str(out, id);
	if (version > 0)
		buf_printf(out, "@%" PRIu64, version);
	buf_text(out, rest);
	buf_release(&prefix);
}

struct str page_asked(const struct page *page, const char *name)
{
	struct str value;

	return http_request_query(page->request, name, &value) ? value : STR("");
}

uint64_t page_number(const struct page *page, const char *name, uint64_t most, uint64_t otherwise)
{
	uint64_t number;

	return decimal_parse(page_asked(page, name), most, &number) ? number : otherwise;
}

/* ---- head and foot --------------------------------------------------------------------------------------------------------------------------- */

static void asset_path(struct buf *out, const char *name)
{
	buf_clear(out);
	buf_text(out, "assets/");
	buf_text(out, page_asset(name) != NULL ? page_asset(name) : "absent");
}

void page_script(struct page *page, const char *asset)
{
	struct buf path = BUF_INIT;

	asset_path(&path, asset);
	html_begin(&page->html, "script");
	html_set(&page->html, "type", "module");
	page_href(page, "src", buf_view(&path), STR(""), NULL);
	html_end(&page->html);
	buf_release(&path);
}

static void write_head(struct page *page, struct str title, void (*more)(void *, struct page *), void *context)
{
	struct html *html = &page->html;
	struct str archive = archive_title(page->desk->archive);
	struct buf text = BUF_INIT;

	html_begin(html, "head");
	html_begin(html, "meta");
	html_set(html, "charset", "utf-8");
	html_begin(html, "title");
	if (title.n > 0) {
		html_text(html, title);
		html_words(html, " · ");
	}
	html_text(html, archive);
	html_end(html);
	html_begin(html, "meta");
	html_set(html, "name", "viewport");
	html_set(html, "content", "width=device-width, initial-scale=1");
	html_begin(html, "meta");
	html_set(html, "name", "color-scheme");
	html_set(html, "content", "light dark");
	html_begin(html, "link");
	html_set(html, "rel", "stylesheet");
	asset_path(&text, "style.css");
	page_href(page, "href", buf_view(&text), STR(""), NULL);
	html_begin(html, "link");
	html_set(html, "rel", "icon");
	html_set(html, "type", "image/svg+xml");
	asset_path(&text, "icon.svg");
	page_href(page, "href", buf_view(&text), STR(""), NULL);
	if (more != NULL)
		more(context, page);
	html_end(html);
	buf_release(&text);
}

static void write_banner(struct page *page)
{
	static const struct {
		const char *path;
		enum word word;
	} places[] = {{"browse/arrangement", WORD_NAV_ARRANGEMENT}, {"browse/people", WORD_NAV_PEOPLE},
		{"browse/places", WORD_NAV_PLACES}, {"browse/dates", WORD_NAV_DATES}, {"browse/languages", WORD_NAV_LANGUAGES},
		{"log", WORD_NAV_LOG}, {"about", WORD_NAV_ABOUT}};
	struct html *html = &page->html;

	html_begin(html, "a");
	html_set(html, "class", "skip");
	html_set(html, "href", "#content");
	page_say(page, WORD_NAV_SKIP);
	html_end(html);
	html_begin(html, "header");
	html_set(html, "class", "banner");
	html_begin(html, "p");
	html_set(html, "class", "house");
	page_link(page, NULL, STR(""), STR(""), archive_title(page->desk->archive));
	html_end(html);
	html_begin(html, "form");
	html_set(html, "role", "search");
	html_set(html, "class", "seek");
	page_href(page, "action", STR("search"), STR(""), NULL);
	html_begin(html, "input");
	html_set(html, "type", "search");
	html_set(html, "name", "q");
	html_set(html, "maxlength", "400");
	html_attribute(html, "value", page_asked(page, "q"));
	html_set(html, "aria-label", word_texts[page->language][WORD_SEARCH_LABEL]);
	html_set(html, "placeholder", word_texts[page->language][WORD_SEARCH_LABEL]);
	if (page->language_asked) {
		html_begin(html, "input");
		html_set(html, "type", "hidden");
		html_set(html, "name", "ui");
		html_set(html, "value", language_tag(page->language));
	}
	html_begin(html, "button");
	html_set(html, "type", "submit");
	page_say(page, WORD_SEARCH_BUTTON);
	html_end(html);
	html_end(html);
	html_begin(html, "nav");
	html_set(html, "aria-label", word_texts[page->language][WORD_NAV_LABEL]);
	html_begin(html, "ul");
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		html_begin(html, "li");
		page_link(page, NULL, str_from(places[i].path), STR(""), str_from(word_texts[page->language][places[i].word]));
		html_end(html);
	}
	html_end(html);
	html_end(html);
	html_end(html);
}

void page_begin_as(
	struct page *page, struct str title, const char *main_class, void (*head)(void *context, struct page *), void *context)
{
	struct html *html = &page->html;

	html_document(html, &page->body);
	html_begin(html, "html");
	html_set(html, "lang", language_tag(page->language));
	write_head(page, title, head, context);
	html_begin(html, "body");
	write_banner(page);
	html_begin(html, "main");
	html_set(html, "id", "content");
	if (main_class != NULL)
		html_set(html, "class", main_class);
}

void page_begin(struct page *page, struct str title)
{
	page_begin_as(page, title, NULL, NULL, NULL);
}

/* The same page in the interface's other languages. */
static void write_languages(struct page *page)
{
	struct html *html = &page->html;
	struct str target = http_request_target(page->request), path, pair;

	html_begin(html, "ul");
	html_set(html, "class", "tongues");
	html_set(html, "aria-label", word_texts[page->language][WORD_NAV_INTERFACE]);
	for (unsigned i = 0; i < LANGUAGES; i++) {
		struct buf href = BUF_INIT;
		struct str rest = target;

		html_begin(html, "li");
		if (i == page->language) {
			html_begin(html, "span");
			html_set(html, "aria-current", "true");
		} else {
			html_begin(html, "a");
			html_set(html, "rel", "nofollow");
			html_set(html, "hreflang", language_tag(i));
			(void)str_take_until(&rest, '?', &path);
			buf_char(&href, '?');
			while (rest.p != NULL && str_take_until(&rest, '&', &pair))
				if (pair.n > 0 && !str_starts(pair, STR("ui="))) {
					buf_str(&href, pair);
					buf_char(&href, '&');
				}
			buf_text(&href, "ui=");
			buf_text(&href, language_tag(i));
			html_attribute(html, "href", buf_view(&href));
		}
		html_set(html, "lang", language_tag(i));
		html_words(html, word_texts[i][WORD_LANGUAGE_NAME]);
		html_end(html);
		html_end(html);
		buf_release(&href);
	}
	html_end(html);
}

void page_end(struct page *page)
{
	struct html *html = &page->html;

	html_end(html);
	html_begin(html, "footer");
	html_begin(html, "p");
	page_say_with(page, WORD_FOOT_ORIGIN, archive_origin(page->desk->archive), STR(""), STR(""));
	html_words(html, " ");
	page_link(page, NULL, STR("about"), STR(""), str_from(word_texts[page->language][WORD_FOOT_PROOF]));
	html_end(html);
	write_languages(page);
	html_end(html);
	html_end(html);
	html_end(html);
	buf_char(html->out, '\n');
}

void page_pieces(struct page *page, struct str path, struct str query, uint64_t piece, bool more)
{
	struct html *html = &page->html;

	if (piece <= 1 && !more)
		return;
	html_begin(html, "nav");
	html_set(html, "class", "pieces");
	html_set(html, "aria-label", word_texts[page->language][WORD_PIECES_LABEL]);
	for (int step = -1; step <= 1; step += 2) {
		struct buf whole = BUF_INIT, number = BUF_INIT;

		if (step < 0 ? piece <= 1 : !more)
			continue;
		buf_str(&whole, query);
		buf_u64(&number, step < 0 ? piece - 1 : piece + 1);
		query_add(&whole, "page", buf_view(&number));
		html_begin(html, "a");
		html_set(html, "rel", step < 0 ? "prev" : "next");
		page_href(page, "href", path, buf_view(&whole), NULL);
		page_say(page, step < 0 ? WORD_PIECES_BEFORE : WORD_PIECES_AFTER);
		html_end(html);
		buf_release(&whole);
		buf_release(&number);
	}
	html_end(html);
}
