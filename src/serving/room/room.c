/* Requests: what the room answers, from pages that are kept or made anew. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assets.h"
#include "desk.h"
#include "drawing.h"
#include "holdings.h"
#include "os/os.h"
#include "plates.h"

#define CACHE_BYTES ((size_t)16 << 20)
#define WAITING_SECONDS 5           /* a page is kept that lacks a text which is on its way */
#define PAGE_MAX ((size_t)32 << 20) /* bytes of one page */
#define FORM_MAX ((size_t)8 << 10)

/* Nothing of a page comes from elsewhere, nothing in it acts but this program's own modules, and nobody shows it inside a page of his. */
#define POLICY                                                                                                                     \
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "        \
	"base-uri 'none'; frame-ancestors 'none'"

int room_open(struct room **out, const char *archive_path, const struct room_options *options, struct err *err)
{
	struct room *room = mem_alloc(sizeof(*room));
	struct desk desk;

	*out = NULL;
	room->path = mem_dup(str_from(archive_path));
	room->folder = -1;
	pthread_mutex_init(&room->lock, NULL);
	room->cache = cache_new(options != NULL && options->cache > 0 ? options->cache : CACHE_BYTES);
	room->holdings = holdings_new(room);
	room->drawing = drawing_new(room);
	room->wanted = options != NULL ? options->wanted : NULL;
	room->wanted_context = options != NULL ? options->wanted_context : NULL;
	room->folder = os_open(AT_FDCWD, archive_path, O_RDONLY | O_DIRECTORY, 0, err);
	if (room->folder < 0 || desk_borrow(room, &desk, err) != 0) {
		room_close(room);
		return -1;
	}
	desk_give_back(room, &desk);
	*out = room;
	return 0;
}

void room_close(struct room *room)
{
	if (room == NULL)
		return;
	drawing_free(room->drawing);
	holdings_free(room->holdings); /* it may have borrowed a desk */
	for (unsigned i = 0; i < room->idle_count; i++)
		desk_close(&room->idle[i]);
	os_close(room->folder);
	cache_free(room->cache);
	pthread_mutex_destroy(&room->lock);
	free(room->path);
	free(room);
}

void room_begin(struct room *room, struct http_request *request)
{
	(void)room;
	/* Nothing else of ours takes a body: the server refuses what comes. */
	if (extension_takes_form(request))
		http_take_body(request, FORM_MAX);
}

/* ---- what is asked for ---------------------------------------------------------------------------------------------------------------------- */

static bool after(struct str path, struct str prefix, struct str *rest)
{
	if (!str_starts(path, prefix))
		return false;
	*rest = (struct str){path.p + prefix.n, path.n - prefix.n};
	return true;
}

/* A path is "word", or "word/…", *rest being what follows. */
static bool is_place(struct str path, struct str word, struct str *rest)
{
	if (!after(path, word, rest) || (rest->n > 0 && rest->p[0] != '/'))
		return false;
	if (rest->n > 0)
		*rest = (struct str){rest->p + 1, rest->n - 1};
	return true;
}

/* Browsers name text/html; programs that say nothing, or anything, get what they always got. */
static bool wants_html(const struct http_request *request)
{
	struct str accept, range;

	if (!http_request_header(request, "Accept", &accept))
		return false;
	while (accept.p != NULL && str_take_until(&accept, ',', &range)) {
		while (range.n > 0 && range.p[0] == ' ')
			range = (struct str){range.p + 1, range.n - 1};
		if (str_starts(range, STR("application/json")) || str_starts(range, STR("application/octet-stream")))
			return false;
		if (str_starts(range, STR("text/html")) || str_starts(range, STR("application/xhtml+xml")))
			return true;
	}
	return false;
}

static bool has_place(struct str path)
{
	static const char *const places[] = {"search", "browse", "compare", "log", "about", "iiif"};
	struct str rest;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (is_place(path, str_from(places[i]), &rest))
			return true;
	return path.n == 0 || extension_takes(path);
}

/* ---- answers ------------------------------------------------------------------------------------------------------------------------------------ */

static void say_safe(struct http_request *request)
{
	http_answer_header(request, "Content-Security-Policy", POLICY);
	http_answer_header(request, "Referrer-Policy", "no-referrer");
	http_answer_header(request, "Cross-Origin-Opener-Policy", "same-origin");
	http_answer_header(request, "Cross-Origin-Resource-Policy", "same-origin");
	http_answer_header(request, "X-Frame-Options", "DENY");
}

/* "gzip;q=0", "gzip; q=0.000" (RFC 9110 section 12.4.2): not that one. */
static bool is_refused(struct str one)
{
	size_t i = 0;

	while (i + 1 < one.n && !((one.p[i] == 'q' || one.p[i] == 'Q') && one.p[i + 1] == '='))
		i++;
	if (memchr(one.p, ';', one.n) == NULL || i + 2 >= one.n)
		return false;
	for (i += 2; i < one.n; i++)
		if (one.p[i] != '0' && one.p[i] != '.' && one.p[i] != ' ')
			return false;
	return true;
}

static bool takes_gzip(const struct http_request *request)
{
	struct str accept, one;

	if (!http_request_header(request, "Accept-Encoding", &accept))
		return false;
	while (accept.p != NULL && str_take_until(&accept, ',', &one)) {
		while (one.n > 0 && one.p[0] == ' ')
			one = (struct str){one.p + 1, one.n - 1};
		if (str_starts(one, STR("gzip")))
			return !is_refused(one);
	}
	return false;
}

bool page_request_has(const struct http_request *request, const char *etag)
{
	struct str known, one;

	if (!http_request_header(request, "If-None-Match", &known))
		return false;
	while (known.p != NULL && str_take_until(&known, ',', &one)) {
		while (one.n > 0 && one.p[0] == ' ')
			one = (struct str){one.p + 1, one.n - 1};
		if (str_equal(one, str_from(etag)) || str_equal(one, str_from(etag + 2)) || str_equal(one, STR("*")))
			return true;
	}
	return false;
}

static void answer_cached(struct http_request *request, const struct cached *cached)
{
	say_safe(request);
	http_answer_header(request, "Cache-Control", "no-cache");
	http_answer_header(request, "Vary", "Accept, Accept-Encoding, Accept-Language");
	http_answer_header(request, "ETag", cached->etag);
	if (cached->links.n > 0) {
		char *links = mem_dup(cached->links);

		http_answer_header(request, "Link", links);
		free(links);
	}
	if (cached->status == 200 && page_request_has(request, cached->etag)) {
		http_answer(request, 304, NULL, STR(""));
	} else if (cached->packed.n > 0 && takes_gzip(request)) {
		http_answer_header(request, "Content-Encoding", "gzip");
		http_answer(request, cached->status, cached->type, cached->packed);
	} else {
		http_answer(request, cached->status, cached->type, cached->body);
	}
}

static bool answer_asset(struct http_request *request, struct str name)
{
	for (const struct asset *asset = assets; asset->name != NULL; asset++) {
		bool packed = asset->packed_n < asset->plain_n && takes_gzip(request);

		if (!str_equal(name, str_from(asset->served)))
			continue;
		say_safe(request);
		http_answer_header(request, "Cache-Control", "public, max-age=31536000, immutable");
		http_answer_header(request, "Vary", "Accept-Encoding");
		if (packed)
			http_answer_header(request, "Content-Encoding", "gzip");
		http_answer(request, 200, asset->type,
			packed ? (struct str){(const char *)asset->packed, asset->packed_n}
			       : (struct str){(const char *)asset->plain, asset->plain_n});
		return true;
	}
	return false;
}

/* ---- making a page --------------------------------------------------------------------------------------------------------------------------------- */

/* No receipt could prove anything of what is gone; one that was given long ago still verifies by itself. */
static bool is_of_documents(struct str suffix)
{
	struct str rest;

	return is_place(suffix, STR("/read"), &rest) || is_place(suffix, STR("/pages"), &rest) ||
	       is_place(suffix, STR("/files"), &rest) || str_equal(suffix, STR("/receipt"));
}

static bool make_of_record(struct page *page, struct str rest)
{
	struct shown shown;
	struct str suffix, path;
	bool done = false;

	if (!shown_find(&shown, page->desk, rest, &suffix))
		return false;
	if (shown.gone && (suffix.n == 0 || is_of_documents(suffix)))
		done = gone_page(page, &shown);
	else if (suffix.n == 0)
		done = record_page(page, &shown);
	else if (after(suffix, STR("/read"), &path) && (path.n == 0 || path.p[0] == '/'))
		done = reading_page(page, &shown, path.n > 0 ? (struct str){path.p + 1, path.n - 1} : path);
	else if (after(suffix, STR("/pages/"), &path))
		done = picture_page(page, &shown, path);
	else if (after(suffix, STR("/files/"), &path))
		page->leave = shown_file(&shown, path) != NULL; /* bytes are share's */
	else if (str_equal(suffix, STR("/receipt")))
		page->leave = true;
	if (!done && !page->leave)
		done = extension_answer_record(page, &shown, suffix);
	if (page->desk->wants && page->room->wanted != NULL)
		page->room->wanted(page->room->wanted_context, buf_view(&shown.name.id));
	shown_release(&shown);
	return done;
}

static bool make(struct page *page, struct str path)
{
	struct str rest;

	if (path.n == 0)
		return front_page(page);
	if (after(path, STR("r/"), &rest))
		return make_of_record(page, rest);
	if (str_equal(path, STR("search")))
		return results_page(page);
	if (is_place(path, STR("browse"), &rest))
		return browse_page(page, rest);
	if (str_equal(path, STR("compare")))
		return compare_page(page);
	if (is_place(path, STR("log"), &rest))
		return log_page(page, rest);
	if (after(path, STR("iiif/"), &rest))
		return images_answer(page);
	if (str_equal(path, STR("about")))
		return about_page(page);
	return extension_answer(page, path);
}

static unsigned depth_of(struct str target)
{
	unsigned depth = 0;

	for (size_t i = 1; i < target.n && target.p[i] != '?'; i++)
		depth += target.p[i] == '/';
	return depth;
}

/* What it waits for is being made: it is made again then. */
static void wait_or_refuse(struct page *page)
{
	if (drawing_wait(page))
		return;
	http_answer_header(page->request, "Retry-After", "5");
	http_answer_header(page->request, "Cache-Control", "no-store");
	http_answer(page->request, 503, "text/plain; charset=utf-8",
		STR("too many pictures are being made, or this one takes too long; come again\n"));
}

/* Makes the page. False: nothing of ours, and nothing was answered. */
static bool answer_made(struct room *room, struct http_request *request, const struct stamp *stamp, struct str key, struct str path,
	unsigned language, bool asked, bool refused)
{
	struct page page = {.room = room,
		.request = request,
		.language = language,
		.language_asked = asked,
		.depth = depth_of(http_request_target(request)),
		.status = 200,
		.kept = true,
		.type = "text/html; charset=utf-8",
		.body = {.max = PAGE_MAX}};
	struct desk desk;
	struct cached cached;
	struct err err = ERR_INIT;

	if (desk_borrow(room, &desk, &err) != 0) {
		http_answer_header(request, "Retry-After", "5");
		http_answer(request, 503, "text/plain; charset=utf-8", STR("this cannot be answered now; come again\n"));
		return true;
	}
	page.desk = &desk;
	drawing_begin(&page);
	if (!refused && !make(&page, path) && !page.leave && !desk.cannot)
		refused = true;
	if (refused) {
		/* What is not there is not kept either: anybody can ask for any number of such. */
		buf_clear(&page.body);
		error_page(&page, 404);
		page.kept = false;
	}
	if (desk.cannot && page.type != NULL && !page.leave) {
		http_answer_header(request, "Retry-After", "5");
		buf_clear(&page.body);
		error_page(&page, 503);
		page.kept = false;
	}
	if (page.drawing->wanted_count > 0) {
		desk_give_back(room, &desk);
		wait_or_refuse(&page);
		page.leave = false;
		goto out;
	}
	if (page.body.failed) {
		buf_clear(&page.body);
		error_page(&page, 500);
		page.kept = false;
	}
	desk_give_back(room, &desk);
	if (page.type != NULL && !page.leave) {
		cache_put(room->cache, stamp, key, page.status, page.type, buf_view(&page.body), buf_view(&page.links),
			!page.kept     ? 0
			: desk.waiting ? WAITING_SECONDS
				       : CACHE_LONG,
			&cached);
		answer_cached(request, &cached);
		cache_let_go(room->cache, &cached);
	}
out:
	drawing_end(&page);
	buf_release(&page.body);
	buf_release(&page.links);
	return !page.leave;
}

static bool answer(struct room *room, struct http_request *request, struct str path, bool refused)
{
	struct buf key = BUF_INIT;
	struct cached cached;
	struct stamp stamp;
	bool asked, found;
	unsigned language = language_choose(request, &asked);

	/* The stamp first: what changes from here on makes what is kept now old. */
	stamp_take(room, &stamp);
	buf_text(&key, language_tag(language));
	buf_char(&key, ' ');
	buf_str(&key, http_request_target(request));
	found = !refused && cache_find(room->cache, &stamp, buf_view(&key), &cached);
	if (found) {
		answer_cached(request, &cached);
		cache_let_go(room->cache, &cached);
	} else {
		found = answer_made(room, request, &stamp, buf_view(&key), path, language, asked, refused);
	}
	buf_release(&key);
	return found;
}

bool room_answer(struct room *room, struct http_request *request)
{
	struct str path = http_request_path(request), rest;
	enum http_method method = http_request_method(request);

	if (path.n == 0 || (method != HTTP_GET && method != HTTP_HEAD && !extension_takes_form(request)))
		return false;
	path = (struct str){path.p + 1, path.n - 1};
	if (after(path, STR("assets/"), &rest))
		return answer_asset(request, rest);
	if (after(path, STR("r/"), &rest) ? !wants_html(request) && !extension_takes(path) : !has_place(path))
		return false;
	return answer(room, request, path, false);
}

bool room_refuse(struct room *room, struct http_request *request)
{
	enum http_method method = http_request_method(request);

	if ((method != HTTP_GET && method != HTTP_HEAD) || !wants_html(request))
		return false;
	return answer(room, request, http_request_path(request), true);
}

void room_over(struct room *room, struct http_request *request)
{
	(void)room;
	drawing_over(request);
}
