/* Where proof, citation and machines join the room's pages: their paths, and what they add to a record's page. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bag.h"
#include "blocks.h"
#include "citation.h"
#include "indexing.h"
#include "internal.h"
#include "machines.h"
#include "offline.h"
#include "os/os.h"
#include "plates.h"
#include "record_parts.h"
#include "texts.h"

#define ITEMS_MAX 20u /* of a Link header: servers before us take some KiB of headers */

/* ---- paths of the top ------------------------------------------------------------------------------------------------------------------ */

static struct str query_of(const struct http_request *request)
{
	struct str query = http_request_target(request), path;

	(void)str_take_until(&query, '?', &path);
	return query.p != NULL ? query : STR("");
}

static bool answer_oai(struct page *page)
{
	page->type = "text/xml; charset=utf-8";
	page->kept = false; /* it says when it was made */
	oai_answer(page->desk,
		http_request_method(page->request) == HTTP_POST ? http_request_body(page->request) : query_of(page->request),
		os_now(), &page->body);
	return true;
}

static bool answer_feed(struct page *page)
{
	page->type = "application/atom+xml; charset=utf-8";
	feed_answer(page->desk, &page->body);
	return true;
}

static bool answer_sitemap(struct page *page)
{
	page->type = "application/xml; charset=utf-8";
	return sitemap_answer(page->desk, query_of(page->request), &page->body);
}

static bool answer_robots(struct page *page)
{
	page->type = "text/plain; charset=utf-8";
	robots_answer(page->desk, &page->body);
	return true;
}

static bool answer_policy(struct page *page)
{
	page->type = "text/plain; charset=utf-8";
	archive_policy(page->desk->archive, &page->body);
	return true;
}

/* It runs its own script, which no other page may: so it has a policy of its own. */
static bool answer_offline(struct page *page)
{
	http_answer_header(page->request, "Content-Security-Policy", offline_policy);
	http_answer_header(page->request, "Referrer-Policy", "no-referrer");
	http_answer_header(page->request, "X-Content-Type-Options", "nosniff");
	http_answer_header(page->request, "Cache-Control", "no-cache");
	http_answer(page->request, 200, "text/html; charset=utf-8", (struct str){(const char *)offline_page, offline_page_n});
	page->kept = false;
	page->type = NULL;
	return true;
}

static bool answer_indexing(struct page *page)
{
	indexing_answer(page);
	return true;
}

static const struct {
	const char *path;
	bool (*answer)(struct page *);
} places[] = {
	{"oai", answer_oai},
	{"feed", answer_feed},
	{"sitemap.xml", answer_sitemap},
	{"robots.txt", answer_robots},
	{"policy", answer_policy},
	{"api/v1/indexing", answer_indexing},
	{"verifier.html", answer_offline},
};

static size_t place_of(struct str path)
{
	size_t i = 0;

	while (i < sizeof(places) / sizeof(places[0]) && !str_equal(path, str_from(places[i].path)))
		i++;
	return i;
}

/* OAI-PMH wants both methods (3.1.1). */
bool extension_takes_form(const struct http_request *request)
{
	return http_request_method(request) == HTTP_POST && str_equal(http_request_path(request), STR("/oai"));
}

bool extension_answer(struct page *page, struct str path)
{
	size_t place = place_of(path);

	if (place < sizeof(places) / sizeof(places[0]))
		return places[place].answer(page);
	if (!api_takes(path))
		return false;
	page->type = "application/json";
	if (!api_answer(page->desk, path, query_of(page->request), &page->body, &page->status))
		return false;
	page->kept = page->status == 200;
	return true;
}

/* ---- forms of a record ------------------------------------------------------------------------------------------------------------------- */

/* Of a place in a text; of the version, if `file` is empty. */
static void put_place(struct page *page, const struct shown *shown, struct str file, struct str block, struct buf *out)
{
	const struct permalink link = {.origin = archive_origin(page->desk->archive),
		.id = buf_view(&shown->name.id),
		.version = shown->version.version,
		.file = file,
		.block = block};

	permalink_write(out, &link);
}

static void put_permalink(struct page *page, const struct shown *shown, struct buf *out)
{
	put_place(page, shown, STR(""), STR(""), out);
}

static void write_citation_of(
	struct page *page, struct shown *shown, enum citation_style style, struct str permalink, struct buf *out)
{
	struct buf key = BUF_INIT;
	int64_t now = os_now();

	buf_str(&key, machine_name(page->desk, buf_view(&shown->name.id)));
	buf_printf(&key, "@%" PRIu64, shown->version.version);
	const struct citation citation = {
		.record = shown->record,
		.archive = archive_title(page->desk->archive).n > 0 ? archive_title(page->desk->archive)
								    : archive_origin(page->desk->archive),
		.permalink = permalink,
		.key = buf_view(&key),
		.called = shown->label.kind == LABEL_TITLE ? STR("") : shown->title,
		.today = now,
	};
	citation_write(out, style, &citation);
	buf_release(&key);
}

static void write_citation(struct page *page, struct shown *shown, enum citation_style style, struct buf *out)
{
	struct buf permalink = BUF_INIT;

	put_permalink(page, shown, &permalink);
	write_citation_of(page, shown, style, buf_view(&permalink), out);
	buf_release(&permalink);
}

static bool answer_bag(struct page *page, struct shown *shown)
{
	struct buf name = BUF_INIT;
	struct bagged *bag = bagged_new(page, shown);
	struct str last = buf_view(&shown->name.id);

	if (bag == NULL)
		return false;
	for (size_t i = 0; i < last.n; i++)
		if (last.p[i] == '/' || last.p[i] == ':') {
			last = (struct str){last.p + i + 1, last.n - i - 1};
			i = (size_t)-1;
		}
	buf_text(&name, "attachment; filename=\"");
	buf_str(&name, last);
	buf_printf(&name, "-v%" PRIu64 ".tar\"", shown->version.version);
	http_answer_header(page->request, "Content-Disposition", name.p);
	http_answer_header(page->request, "X-Content-Type-Options", "nosniff");
	http_answer_header(page->request, "Cache-Control", "no-cache");
	http_answer_made(page->request, 200, "application/x-tar", bagged_make, bagged_free, bag);
	page->kept = false;
	page->type = NULL;
	buf_release(&name);
	return true;
}

#define TEI_MAX ((uint64_t)16 << 20) /* bytes, before anything is escaped */

static bool answer_tei(struct page *page, struct shown *shown, struct str path)
{
	const struct shown_file *file = shown_file(shown, path);
	struct text *text = file != NULL ? texts_open(page->desk, file) : NULL;
	struct buf permalink = BUF_INIT;

	if (text == NULL)
		return false;
	put_permalink(page, shown, &permalink);
	const struct tei_about about = {
		shown->title, archive_title(page->desk->archive), buf_view(&permalink), path, shown->record};
	if (blocks_size(text) <= TEI_MAX)
		tei_write(&page->body, text, &about);
	else
		page->body.failed = true;
	page->type = "application/tei+xml; charset=utf-8";
	if (page->body.failed) {
		buf_clear(&page->body);
		page->status = 413;
		page->type = "text/plain; charset=utf-8";
		buf_text(&page->body, "This text is too long to be given as TEI. The file itself has all of it, and the reading "
				      "view shows it in pieces.\n");
	}
	text_free(text);
	buf_release(&permalink);
	return true;
}

#define TEI STR("/tei/")
#define BAG STR("/bag.tar")

bool extension_answer_record(struct page *page, struct shown *shown, struct str suffix)
{
	if (str_equal(suffix, BAG))
		return answer_bag(page, shown);
	if (str_starts(suffix, TEI))
		return answer_tei(page, shown, (struct str){suffix.p + TEI.n, suffix.n - TEI.n});
	for (enum citation_style style = 0; style < CITATION_STYLES; style++)
		if (suffix.n > 1 && str_equal((struct str){suffix.p + 1, suffix.n - 1}, str_from(citation_forms[style].suffix))) {
			page->type = citation_forms[style].type;
			write_citation(page, shown, style, &page->body);
			return true;
		}
	return false;
}

/* Programs ask for these without saying that they want HTML. */
bool extension_takes(struct str path)
{
	if (place_of(path) < sizeof(places) / sizeof(places[0]) || api_takes(path))
		return true;
	if (!str_starts(path, STR("r/")))
		return false;
	for (enum citation_style style = 0; style < CITATION_STYLES; style++)
		if (str_ends(path, str_from(citation_forms[style].suffix)))
			return true;
	return str_ends(path, BAG) || memmem(path.p, path.n, TEI.p, TEI.n) != NULL;
}

/* ---- on a record's page ------------------------------------------------------------------------------------------------------------------ */

static void put_link(struct buf *links, struct str url, const char *relation, struct str type)
{
	if (links->n > 0)
		buf_text(links, ", ");
	buf_char(links, '<');
	buf_str(links, url);
	buf_printf(links, ">; rel=\"%s\"", relation);
	if (type.n > 0) {
		buf_text(links, "; type=\"");
		for (size_t i = 0; i < type.n && type.p[i] != ';'; i++)
			buf_char(links, type.p[i]);
		buf_char(links, '"');
	}
}

/* type/subtype of RFC 6838: nothing that could end the quoted string. */
static bool is_media_type(struct str type)
{
	for (size_t i = 0; i < type.n; i++)
		if ((unsigned char)type.p[i] <= ' ' || (unsigned char)type.p[i] >= 0x7f || strchr("\"\\<>,;", type.p[i]) != NULL)
			return false;
	return type.n > 0;
}

static bool is_link(struct str url)
{
	for (size_t i = 0; i < url.n; i++)
		if ((unsigned char)url.p[i] <= ' ' || (unsigned char)url.p[i] >= 0x7f || strchr("\"<>\\^`{|}", url.p[i]) != NULL)
			return false;
	return (str_starts(url, STR("https://")) || str_starts(url, STR("http://"))) && url.n < 500;
}

/* Signposting (signposting.org): what a program finds from a record's page on. */
static void put_links(struct page *page, struct shown *shown)
{
	struct buf base = BUF_INIT, url = BUF_INIT;
	struct str licence = record_first(shown->record, DC_LICENSE);

	put_permalink(page, shown, &base);
	put_link(&page->links, buf_view(&base), "cite-as", STR(""));
	put_link(&page->links, STR("https://schema.org/ArchiveComponent"), "type", STR(""));
	if (is_link(licence))
		put_link(&page->links, licence, "license", STR(""));
	for (enum citation_style style = CITATION_BIBTEX; style < CITATION_STYLES; style++) {
		buf_clear(&url);
		buf_str(&url, buf_view(&base));
		buf_printf(&url, "/%s", citation_forms[style].suffix);
		put_link(&page->links, buf_view(&url), "describedby", str_from(citation_forms[style].type));
	}
	buf_clear(&url);
	machine_url(&url, page->desk, "api/v1/records/");
	buf_str(&url, machine_name(page->desk, buf_view(&shown->name.id)));
	buf_printf(&url, "@%" PRIu64, shown->version.version);
	put_link(&page->links, buf_view(&url), "describedby", STR("application/json"));
	for (size_t i = 0; i < shown->file_count && i < ITEMS_MAX; i++) {
		const struct record_file *file = &shown->files[i].described;

		buf_clear(&url);
		buf_str(&url, buf_view(&base));
		buf_text(&url, "/files/");
		http_url_path(&url, file->path);
		if (url.n < 1000)
			put_link(
				&page->links, buf_view(&url), "item", is_media_type(file->media_type) ? file->media_type : STR(""));
	}
	buf_release(&base);
	buf_release(&url);
}

void extension_head(struct page *page, struct shown *shown)
{
	struct html *html = &page->html;
	struct buf permalink = BUF_INIT;

	put_links(page, shown);
	put_permalink(page, shown, &permalink);
	html_begin(html, "link");
	html_set(html, "rel", "cite-as");
	html_attribute(html, "href", buf_view(&permalink));
	html_begin(html, "link");
	html_set(html, "rel", "alternate");
	html_set(html, "type", "application/atom+xml");
	page_href(page, "href", STR("feed"), STR(""), NULL);
	if (plates_any(shown)) {
		struct buf manifest = BUF_INIT;

		html_begin(html, "link");
		html_set(html, "rel", "alternate");
		html_set(html, "type", "application/ld+json");
		page_up(page, &manifest);
		plate_address(page, &manifest, shown, NULL);
		buf_text(&manifest, "/manifest");
		html_attribute(html, "href", buf_view(&manifest));
		buf_release(&manifest);
	}
	page_script(page, "check.js");
	buf_release(&permalink);
}

static void write_form(struct page *page, struct shown *shown, const char *rest, struct str text, const char *type)
{
	struct buf path = BUF_INIT;

	path_of_record(page, &path, buf_view(&shown->name.id), shown->version.version, rest);
	html_begin(&page->html, "li");
	html_begin(&page->html, "a");
	page_href(page, "href", buf_view(&path), STR(""), NULL);
	html_set(&page->html, "type", type);
	html_text(&page->html, text);
	html_end(&page->html);
	html_end(&page->html);
	buf_release(&path);
}

static void write_forms(struct page *page, struct shown *shown)
{
	struct buf path = BUF_INIT;

	html_begin(&page->html, "ul");
	html_set(&page->html, "class", "forms");
	for (enum citation_style style = CITATION_BIBTEX; style < CITATION_STYLES; style++) {
		char rest[64];

		(void)snprintf(rest, sizeof(rest), "/%s", citation_forms[style].suffix);
		write_form(page, shown, rest, str_from(citation_forms[style].name), citation_forms[style].type);
	}
	for (size_t i = 0; i < shown->file_count && i < ITEMS_MAX; i++) {
		if (!texts_have(page->desk, &shown->files[i]))
			continue;
		buf_clear(&path);
		buf_text(&path, "/tei/");
		buf_str(&path, shown->files[i].described.path);
		struct buf name = BUF_INIT;
		buf_text(&name, "TEI: ");
		buf_str(&name, shown->files[i].described.path);
		write_form(page, shown, path.p, buf_view(&name), "application/tei+xml");
		buf_release(&name);
	}
	write_form(page, shown, "/bag.tar", STR("BagIt (tar)"), "application/x-tar");
	buf_clear(&path);
	buf_text(&path, "api/v1/records/");
	buf_str(&path, machine_name(page->desk, buf_view(&shown->name.id)));
	buf_printf(&path, "@%" PRIu64, shown->version.version);
	html_begin(&page->html, "li");
	page_link(page, NULL, buf_view(&path), STR(""), STR("JSON"));
	html_end(&page->html);
	if (plates_any(shown)) {
		buf_clear(&path);
		page_up(page, &path);
		plate_address(page, &path, shown, NULL);
		buf_text(&path, "/manifest");
		html_begin(&page->html, "li");
		html_begin(&page->html, "a");
		html_attribute(&page->html, "href", buf_view(&path));
		html_words(&page->html, "IIIF");
		html_end(&page->html);
		html_end(&page->html);
	}
	html_end(&page->html);
	buf_release(&path);
}

/* Permanent address, Chicago, MLA. */
static void write_styles(struct page *page, struct shown *shown, struct str permalink)
{
	struct html *html = &page->html;
	struct buf text = BUF_INIT;

	for (enum citation_style style = CITATION_CHICAGO; style <= CITATION_MLA; style++) {
		buf_clear(&text);
		write_citation_of(page, shown, style, permalink, &text);
		html_element(html, "dt", NULL, str_from(citation_forms[style].name));
		html_begin(html, "dd");
		html_set(html, "lang", "en");
		html_text(html, buf_view(&text));
		html_end(html);
	}
	buf_release(&text);
}

/* The section and its list, which whoever calls ends; the permalink comes first. */
static void begin_citation(struct page *page)
{
	struct html *html = &page->html;

	html_begin(html, "section");
	html_set(html, "id", "citation");
	html_set(html, "aria-labelledby", "citation-title");
	page_heading(page, "h2", "citation-title", WORD_CITATION_TITLE);
	html_begin(html, "dl");
	html_begin(html, "dt");
	page_say(page, WORD_CITATION_PERMALINK);
	html_end(html);
}

void extension_citation_of_text(struct page *page, struct shown *shown, struct str file, struct str block)
{
	struct html *html = &page->html;
	struct buf permalink = BUF_INIT;

	put_place(page, shown, file, block, &permalink);
	begin_citation(page);
	html_element(html, "dd", "address", buf_view(&permalink));
	write_styles(page, shown, buf_view(&permalink));
	html_end(html);
	html_end(html);
	buf_release(&permalink);
}

void extension_citation(struct page *page, struct shown *shown)
{
	struct html *html = &page->html;
	struct buf text = BUF_INIT;

	begin_citation(page);
	put_permalink(page, shown, &text);
	html_begin(html, "dd");
	record_write_permalink(page, shown, shown->version.version, buf_view(&text));
	html_end(html);
	write_styles(page, shown, buf_view(&text));
	html_end(html);
	page_heading(page, "h3", NULL, WORD_CITATION_FORMS);
	write_forms(page, shown);
	html_end(html);
	buf_release(&text);
}
