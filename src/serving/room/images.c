/* IIIF over HTTP: Image API 3.0, Presentation API 3.0, Content Search API 2.0. Each request is decided from the record as it is now (P6): nothing of it is kept but the
 * pictures, which lie by their document's digest and are looked for after that. What is absent and what is closed are answered alike (P7). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "desk.h"
#include "drawing.h"
#include "extract/extract.h"
#include "iiif.h"
#include "machines.h"
#include "os/os.h"
#include "plates.h"

#define LEVEL "http://iiif.io/api/image/3/level2.json"
#define HITS_MAX 1000u

/* ---- what is asked for ---------------------------------------------------------------------------------------------------------------- */

/* "3:…": no name of a record has such a segment, so what follows it is a file's path even where a server before us decoded its slashes. */
static bool begins_plate(struct str segment, uint32_t *number, struct str *path)
{
	size_t n = 0;
	uint64_t value;

	while (n < segment.n && segment.p[n] >= '0' && segment.p[n] <= '9')
		n++;
	if (n == segment.n || segment.p[n] != ':' || !decimal_parse((struct str){segment.p, n}, PLATES_MAX, &value) || value == 0)
		return false;
	*number = (uint32_t)value;
	*path = (struct str){segment.p + n + 1, segment.n - n - 1};
	return true;
}

/* Cuts *raw at its last slash. */
static bool take_last(struct str *raw, struct str *last)
{
	for (size_t i = raw->n; i-- > 0;)
		if (raw->p[i] == '/') {
			*last = (struct str){raw->p + i + 1, raw->n - i - 1};
			raw->n = i;
			return true;
		}
	return false;
}

/* The record's name, decoded, and what follows it from the plate on, as it came; false: there is no plate in it. */
static bool split(struct str raw, struct buf *name, struct str *plate)
{
	struct buf decoded = BUF_INIT;
	bool found = false;

	for (size_t i = 0, from = 0; i <= raw.n && !found; i++) {
		struct str path;
		uint32_t number;

		if (i < raw.n && raw.p[i] != '/')
			continue;
		buf_clear(&decoded);
		if (!url_decode((struct str){raw.p + from, i - from}, false, &decoded))
			break;
		if (from > 0 && begins_plate(buf_view(&decoded), &number, &path)) {
			found = url_decode((struct str){raw.p, from - 1}, false, name);
			*plate = (struct str){raw.p + from, raw.n - from};
		}
		from = i + 1;
	}
	buf_release(&decoded);
	return found;
}

/* ---- answers ---------------------------------------------------------------------------------------------------------------------------- */

/* Viewers stand on pages of others, and what is open is open to them. */
static void say_open(struct page *page)
{
	http_answer_header(page->request, "Access-Control-Allow-Origin", "*");
	http_answer_header(page->request, "Access-Control-Expose-Headers", "Link");
	http_answer_header(page->request, "Cross-Origin-Resource-Policy", "cross-origin");
	http_answer_header(page->request, "Content-Security-Policy", "default-src 'none'");
	http_answer_header(page->request, "Referrer-Policy", "no-referrer");
	http_answer_header(page->request, "Cache-Control", "no-cache"); /* it may be closed by then */
	page->kept = false;
	page->type = NULL;
}

static bool say(struct page *page, unsigned status, const char *text)
{
	if (page->drawing->wanted_count > 0)
		return true; /* it waits */
	say_open(page);
	if (status == 503)
		http_answer_header(page->request, "Retry-After", "2");
	http_answer(page->request, status, "text/plain; charset=utf-8", str_from(text));
	return true;
}

/* What has no picture is as absent as what is not there. */
static bool say_why(struct page *page, const struct err *err)
{
	if (err->code == ERR_NOT_FOUND || err->code == ERR_SYNTAX || err->code == ERR_LIMIT)
		return false;
	if (err->code == ERR_USAGE)
		return say(page, 400, "there is no such region, or not in that size\n");
	return say(page, 503, "no picture can be made now; come again\n");
}

static bool has_it(struct page *page, struct buf *mark)
{
	struct hash hash;
	struct buf etag = BUF_INIT;
	bool has;

	sha256(mark->p, mark->n, &hash);
	buf_text(&etag, "W/\"");
	buf_hex(&etag, &hash, 12);
	buf_char(&etag, '"');
	http_answer_header(page->request, "ETag", etag.p);
	has = page_request_has(page->request, etag.p);
	buf_release(&etag);
	if (has)
		http_answer(page->request, 304, NULL, STR(""));
	return has;
}

static bool answer_json(struct page *page, const char *type, struct buf *body)
{
	struct str accept;

	if (page->drawing->wanted_count > 0)
		return true; /* it waits */
	if (body->failed)
		return say(page, 503, "this is too long to be answered\n");
	say_open(page);
	http_answer_header(page->request, "Vary", "Accept");
	if (http_request_header(page->request, "Accept", &accept) && memmem(accept.p, accept.n, "application/json", 16) != NULL &&
		memmem(accept.p, accept.n, "application/ld+json", 19) == NULL)
		type = "application/json";
	if (!has_it(page, body))
		http_answer(page->request, 200, type, buf_view(body));
	return true;
}

static void put_url(struct page *page, struct buf *out, const struct shown *shown, const struct plate *plate)
{
	machine_url(out, page->desk, "");
	plate_address(page, out, shown, plate);
}

/* ---- Image API ---------------------------------------------------------------------------------------------------------------------------- */

static bool answer_info(struct page *page, const struct iiif_image *image, struct str id)
{
	struct buf body = {.max = 1 << 20};
	bool done;

	http_answer_header(page->request, "Link", "<" LEVEL ">;rel=\"profile\"");
	iiif_info(image, id, &body);
	done = answer_json(page, IIIF_IMAGE_TYPE, &body);
	buf_release(&body);
	return done;
}

static int find_or_make(struct page *page, const struct shown *shown, const struct plate *plate, struct extract_picture *wish,
	int *fd, struct str *bytes, struct err *err)
{
	const struct digest *digest = &plate->file->digest;
	struct err wrong = ERR_INIT;
	const struct drawn *drawn;
	int result = extract_picture_find(page->desk->archive, digest, wish, fd, &wrong);

	if (result == 0 || wrong.code != ERR_NOT_FOUND) {
		*err = wrong;
		return result;
	}
	drawn = drawing_ask(page, shown, plate, wish, false, err);
	if (drawn == NULL)
		return -1;
	if (drawn->result != 0)
		*err = drawn->err;
	else
		*bytes = buf_view(&drawn->bytes);
	return drawn->result;
}

static bool answer_picture(struct page *page, const struct shown *shown, const struct plate *plate, const struct iiif_image *image,
	struct str id, struct str path)
{
	struct iiif_request request;
	enum iiif_answer answer = iiif_parse(image, path, &request);
	struct buf link = BUF_INIT, mark = BUF_INIT;
	struct str bytes = STR("");
	struct err err = ERR_INIT;
	struct stat status;
	int fd = -1;
	bool done = true;

	if (answer != IIIF_FINE)
		return say(page, answer,
			answer == IIIF_BAD ? "no such region, size, rotation, quality or format\n"
					   : "pictures are not scaled up\n");
	struct extract_picture wish = {.fd = -1,
		.media_type = plate->file->described.media_type,
		.name = plate->file->described.path,
		.page = plate->page,
		.x = request.x,
		.y = request.y,
		.width = request.width,
		.height = request.height,
		.out_width = request.out_width,
		.out_height = request.out_height,
		.rotation = request.rotation,
		.grey = request.grey,
		.png = request.png,
		.least = EXTRACT_LIMITS};
	buf_char(&link, '<');
	buf_str(&link, id);
	buf_char(&link, '/');
	iiif_canonical(image, &request, &link);
	buf_text(&link, ">;rel=\"canonical\", <" LEVEL ">;rel=\"profile\"");
	digest_tag(&mark, &plate->file->digest);
	buf_str(&mark, buf_view(&link));
	if (find_or_make(page, shown, plate, &wish, &fd, &bytes, &err) != 0) {
		done = say_why(page, &err);
	} else {
		const char *type = request.png ? "image/png" : "image/jpeg";

		say_open(page);
		http_answer_header(page->request, "Link", link.p);
		if (!has_it(page, &mark)) {
			if (fd >= 0 && os_stat_fd(fd, "the picture", &status, NULL) == 0) {
				http_answer_file(page->request, type, fd, (uint64_t)status.st_size);
				fd = -1;
			} else {
				http_answer(page->request, 200, type, bytes);
			}
		}
		os_close(fd);
	}
	buf_release(&link);
	buf_release(&mark);
	return done;
}

static bool answer_base(struct page *page, struct str raw)
{
	struct buf location = BUF_INIT;
	struct str last = raw;

	(void)take_last(&raw, &last);
	buf_text(&location, "./");
	buf_str(&location, last);
	buf_text(&location, "/info.json");
	say_open(page);
	http_answer_header(page->request, "Location", location.p);
	http_answer(page->request, 303, NULL, STR(""));
	buf_release(&location);
	return true;
}

static bool find_plate(struct str raw, const struct shown *shown, struct plate *plate)
{
	struct buf decoded = BUF_INIT;
	struct str path;
	bool found = url_decode(raw, false, &decoded) && begins_plate(buf_view(&decoded), &plate->page, &path) &&
		     (plate->file = shown_file(shown, path)) != NULL;

	buf_release(&decoded);
	return found;
}

/* What follows the record's name: PAGE:PATH, PAGE:PATH/info.json, PAGE:PATH/{region}/{size}/{rotation}/{quality}.{format}. */
static bool answer_plate(struct page *page, const struct shown *shown, struct str raw)
{
	struct iiif_image image = {.max_area = IIIF_AREA_MAX};
	struct str base = raw, last = STR(""), path, first;
	struct plate plate = {NULL, 0};
	struct err err = ERR_INIT;
	struct buf id = BUF_INIT;
	bool info, done;

	if (find_plate(raw, shown, &plate))
		return answer_base(page, raw);
	(void)take_last(&base, &last);
	info = str_equal(last, STR("info.json"));
	for (unsigned i = 0; i < 3 && !info; i++)
		if (!take_last(&base, &last)) {
			/* Too few of them: that is to be said only of what is there. */
			path = raw;
			(void)str_take_until(&path, '/', &first);
			return find_plate(first, shown, &plate) &&
			       say(page, 400, "a picture is {region}/{size}/{rotation}/{quality}.{format}\n");
		}
	if (!find_plate(base, shown, &plate))
		return false;
	path = (struct str){raw.p + base.n + 1, raw.n - base.n - 1};
	if (plate_size(page, shown, &plate, &image.width, &image.height, &err) != 0)
		return say_why(page, &err);
	put_url(page, &id, shown, &plate);
	done = info ? answer_info(page, &image, buf_view(&id)) : answer_picture(page, shown, &plate, &image, buf_view(&id), path);
	buf_release(&id);
	return done;
}

/* ---- Presentation API ----------------------------------------------------------------------------------------------------------------------- */

struct folio {
	uint32_t width, height; /* of the canvas; 0: it cannot be shown */
};

/* A text's pages are drawn, and its words placed, in the pixels of the pictures. Else the picture is measured. */
static int measure(struct page *page, const struct shown *shown, const struct plates *plates, struct folio *folios)
{
	const struct shown_file *file = NULL;
	struct text *text = NULL;
	int result = 0;

	for (size_t i = 0; i < plates->count; i++) {
		const struct plate *plate = &plates->all[i];
		struct text_page space = {.width = 0};
		struct err err = ERR_INIT;

		if (plate->file != file) {
			text_free(text);
			text = plate_own_text(page->desk, plate);
			file = plate->file;
		}
		if (text != NULL && plate->page <= text_page_count(text))
			text_page(text, plate->page, &space);
		if (space.width > 0 && space.height > 0) {
			folios[i].width = space.width;
			folios[i].height = space.height;
		} else if (plate_size(page, shown, plate, &folios[i].width, &folios[i].height, &err) != 0) {
			/* Those that follow are measured at the same time. */
			folios[i].width = 0;
			if (page->drawing->full) {
				result = -1;
				break;
			}
			result = err.code == ERR_NOT_FOUND || err.code == ERR_SYNTAX || err.code == ERR_LIMIT ? result : -1;
		}
	}
	text_free(text);
	return result;
}

static size_t take_metadata(const struct shown *shown, struct str *pairs, size_t most)
{
	size_t count = 0;

	for (size_t i = 0; i < record_value_count(shown->record) && count < most; i++) {
		struct record_value value;
		const char *word;

		record_value(shown->record, i, &value);
		/* What names other records may name what is closed. In English, for everybody: it is the same document whoever asks. */
		if (value.term == DC_TITLE || dc_term_is_relation(value.term) || (value.value.n == 0 && value.written.n == 0))
			continue;
		word = word_of(0, "term.", str_from(dc_term_name(value.term)));
		pairs[2 * count] = str_from(word != NULL ? word : dc_term_name(value.term));
		pairs[2 * count + 1] = value.written.n > 0 ? value.written : value.value;
		count++;
	}
	return count;
}

#define METADATA_MAX 100u

static bool answer_manifest(struct page *page, struct shown *shown)
{
	struct plates plates;
	struct folio *folios;
	struct iiif_page *pages;
	struct buf *addresses, id = BUF_INIT, home = BUF_INIT, search = BUF_INIT, rest = BUF_INIT, body = {.max = (size_t)32 << 20};
	struct str pairs[2 * METADATA_MAX];
	size_t count = 0;
	bool done;

	plates_list(&plates, page->desk, shown);
	if (plates.count == 0)
		return false;
	folios = mem_array(plates.count, sizeof(*folios));
	pages = mem_array(plates.count, sizeof(*pages));
	addresses = mem_array(plates.count * 2, sizeof(*addresses));
	done = measure(page, shown, &plates, folios) == 0;
	put_url(page, &rest, shown, NULL);
	for (size_t i = 0; i < plates.count && done; i++) {
		if (folios[i].width == 0)
			continue;
		put_url(page, &addresses[2 * i], shown, &plates.all[i]);
		buf_str(&addresses[2 * i + 1], buf_view(&rest));
		buf_printf(&addresses[2 * i + 1], "/text/%zu", i + 1);
		pages[count++] = (struct iiif_page){.image = buf_view(&addresses[2 * i]),
			.width = folios[i].width,
			.height = folios[i].height,
			.number = i + 1,
			.text = buf_view(&addresses[2 * i + 1])};
	}
	if (!done) {
		done = say(page, 503, "the pages are being measured; come again\n");
	} else if (count > 0) {
		buf_str(&id, buf_view(&rest));
		buf_text(&id, "/manifest");
		buf_str(&search, buf_view(&rest));
		buf_text(&search, "/search");
		machine_url(&home, page->desk, "");
		path_of_record(page, &home, buf_view(&shown->name.id), shown->asked ? shown->version.version : 0, "");
		struct str language = record_first(shown->record, DC_LANGUAGE);
		const struct iiif_document document = {.id = buf_view(&id),
			.title = shown->title,
			.language = shown->title_language,
			.summary = record_first(shown->record, DC_DESCRIPTION),
			.page = buf_view(&home),
			.search = buf_view(&search),
			.direction =
				language.n > 0 && language_is_right_to_left(language) ? STR("right-to-left") : STR("left-to-right"),
			.pages = pages,
			.page_count = count,
			.metadata = pairs,
			.metadata_count = take_metadata(shown, pairs, METADATA_MAX)};
		iiif_manifest(&document, &body);
		done = answer_json(page, IIIF_MANIFEST_TYPE, &body);
	} else {
		done = false;
	}
	for (size_t i = 0; i < plates.count * 2; i++)
		buf_release(&addresses[i]);
	free(addresses);
	free(pages);
	free(folios);
	plates_release(&plates);
	buf_release(&id);
	buf_release(&home);
	buf_release(&search);
	buf_release(&rest);
	buf_release(&body);
	return done;
}

/* ---- texts of pages, and what is found in them --------------------------------------------------------------------------------------------- */

struct gathered {
	struct iiif_place *places;
	struct buf *canvases;
	size_t count, bytes;
	struct arena arena; /* what stands there: the texts are closed before it is written */
};
#define SEARCH_BYTES ((uint64_t)64 << 20)     /* of texts that one answer to a search reads; the next one goes on */
#define GATHERED_MAX (HITS_MAX + PLACED_MAX)  /* the last page of an answer is a whole one */
#define GATHERED_BYTES_MAX ((size_t)24 << 20) /* hostile words may all be the same megabyte */

static struct str copy(struct gathered *gathered, struct str text)
{
	gathered->bytes += text.n;
	return arena_str(&gathered->arena, text);
}

/* Adds what stands, or what is found, on a plate, in the pixels of its canvas. */
static void add_places(struct page *page, struct shown *shown, const struct plates *plates, size_t i, const struct text *text,
	uint64_t number, bool search, struct gathered *gathered)
{
	struct str query = page_asked(page, "q");
	struct placed *placed = NULL;
	struct text_page space;
	uint32_t width = 0, height = 0;
	size_t count;

	if (number == 0 && text_page_count(text) == 1)
		number = 1;
	if (number == 0 || number > text_page_count(text))
		return;
	text_page(text, number, &space);
	if (space.width == 0 || space.height == 0)
		return;
	count = search ? placed_hits(text, number, query, &placed) : placed_lines(text, number, &placed);
	if (count > 0 && plate_size(page, shown, &plates->all[i], &width, &height, NULL) == 0) {
		put_url(page, &gathered->canvases[i], shown, NULL);
		buf_printf(&gathered->canvases[i], "/manifest/canvas/%zu", i + 1);
		for (size_t k = 0; k < count && gathered->count < GATHERED_MAX && gathered->bytes < GATHERED_BYTES_MAX; k++)
			gathered->places[gathered->count++] = (struct iiif_place){.canvas = buf_view(&gathered->canvases[i]),
				.x = (uint32_t)((uint64_t)placed[k].x * width / space.width),
				.y = (uint32_t)((uint64_t)placed[k].y * height / space.height),
				.width = (uint32_t)((uint64_t)placed[k].width * width / space.width),
				.height = (uint32_t)((uint64_t)placed[k].height * height / space.height),
				.text = copy(gathered, placed[k].text),
				.before = copy(gathered, placed[k].before),
				.after = copy(gathered, placed[k].after)};
	}
	free(placed);
}

/* From plate `from` (0 is the first) on: the plate that the next answer begins with; 0: there is none. */
static size_t search_plates(
	struct page *page, struct shown *shown, const struct plates *plates, size_t from, struct gathered *gathered)
{
	struct plate_texts *texts = plate_texts_new(page, shown);
	size_t i = from;

	for (; i < plates->count; i++) {
		uint64_t number;
		struct text *text;

		/* One at least is looked at: who follows comes to the end. Sizes of pages that follow can only be asked for when these are there. */
		if (page->drawing->full || (i > from && (plate_texts_read(texts) >= SEARCH_BYTES || gathered->count >= HITS_MAX ||
								gathered->bytes >= GATHERED_BYTES_MAX / 2)))
			break;
		text = plate_texts_open(texts, &plates->all[i], &number);
		if (text != NULL)
			add_places(page, shown, plates, i, text, number, true, gathered);
	}
	plate_texts_free(texts);
	return i < plates->count ? i : 0;
}

static void put_search(struct page *page, struct shown *shown, size_t from, struct buf *out)
{
	put_url(page, out, shown, NULL);
	buf_text(out, "/search?q=");
	path_encode(out, page_asked(page, "q"), "-._~");
	if (from > 0)
		buf_printf(out, "&from=%zu", from + 1);
}

/* asked: a plate's number from 1; 0: a search through all of them. */
static bool answer_places(struct page *page, struct shown *shown, uint64_t asked)
{
	struct gathered gathered = {.arena = ARENA_INIT};
	struct plates plates;
	struct buf id = BUF_INIT, first = BUF_INIT, after = BUF_INIT, body = {.max = (size_t)32 << 20};
	uint64_t number, from = asked > 0 ? 0 : page_number(page, "from", PLATES_MAX, 1);
	size_t next = 0;
	bool done;

	plates_list(&plates, page->desk, shown);
	if (plates.count == 0 || asked > plates.count) {
		plates_release(&plates);
		return false;
	}
	from = from > 0 ? from - 1 : 0;
	gathered.places = mem_array(GATHERED_MAX, sizeof(*gathered.places));
	gathered.canvases = mem_array(plates.count, sizeof(*gathered.canvases));
	if (asked > 0) {
		struct text *text = plate_text(page, shown, &plates.all[asked - 1], &number);

		if (text != NULL)
			add_places(page, shown, &plates, asked - 1, text, number, false, &gathered);
		text_free(text);
		put_url(page, &id, shown, NULL);
		buf_printf(&id, "/text/%" PRIu64, asked);
		iiif_text(buf_view(&id), gathered.places, gathered.count, &body);
	} else {
		if (page_asked(page, "q").n > 0 && from < plates.count)
			next = search_plates(page, shown, &plates, from, &gathered);
		put_search(page, shown, from, &id);
		put_search(page, shown, 0, &first);
		if (next > 0)
			put_search(page, shown, next, &after);
		iiif_found(buf_view(&id), buf_view(&first), buf_view(&after), gathered.places, gathered.count, &body);
	}
	done = answer_json(page, asked > 0 ? IIIF_MANIFEST_TYPE : IIIF_SEARCH_TYPE, &body);
	for (size_t i = 0; i < plates.count; i++)
		buf_release(&gathered.canvases[i]);
	free(gathered.places);
	free(gathered.canvases);
	arena_release(&gathered.arena);
	plates_release(&plates);
	buf_release(&id);
	buf_release(&first);
	buf_release(&after);
	buf_release(&body);
	return done;
}

/* ---- paths --------------------------------------------------------------------------------------------------------------------------------------- */

/* NAME/manifest, NAME/search, NAME/text/N. The last words decide: a record whose own name ends so has its manifest below that. */
static bool answer_record(struct page *page, struct str raw)
{
	struct buf name = BUF_INIT;
	struct str last = STR(""), before = STR("");
	struct shown shown;
	uint64_t number = 0;
	bool manifest, search, known, done = false;

	if (!take_last(&raw, &last))
		return false;
	manifest = str_equal(last, STR("manifest"));
	search = str_equal(last, STR("search"));
	known = manifest || search ||
		(decimal_parse(last, PLATES_MAX, &number) && number > 0 && take_last(&raw, &before) &&
			str_equal(before, STR("text")));
	if (known && url_decode(raw, false, &name) && shown_open(&shown, page->desk, buf_view(&name))) {
		done = shown.gone ? gone_page(page, &shown)
		       : manifest ? answer_manifest(page, &shown)
				  : answer_places(page, &shown, number);
		shown_release(&shown);
	}
	buf_release(&name);
	return done;
}

bool images_answer(struct page *page)
{
	struct str rest = http_request_target(page->request), raw, plate;
	struct buf name = BUF_INIT;
	struct shown shown;
	bool done = false;

	(void)str_take_until(&rest, '?', &raw);
	if (!str_starts(raw, STR("/iiif/")))
		return false;
	raw = (struct str){raw.p + 6, raw.n - 6};
	if (!split(raw, &name, &plate)) {
		done = answer_record(page, raw);
	} else if (shown_open(&shown, page->desk, buf_view(&name))) {
		done = shown.gone ? gone_page(page, &shown) : answer_plate(page, &shown, plate);
		shown_release(&shown);
	}
	buf_release(&name);
	return done;
}
