/* Pages of a record that can be seen. */
#include "plates.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "desk.h"
#include "drawing.h"
#include "extract/extract.h"
#include "iiif.h"
#include "os/os.h"
#include "record_parts.h"
#include "texts.h"

/* ---- the list ----------------------------------------------------------------------------------------------------------------------- */

static bool is_one_of(struct str type, const char *const *types)
{
	for (; *types != NULL; types++)
		if (str_equal(type, str_from(*types)))
			return true;
	return false;
}

bool plate_has_pages(const struct shown_file *file)
{
	static const char *const types[] = {"application/pdf", "image/tiff", NULL};

	return is_one_of(file->described.media_type, types);
}

bool plate_is_of(const struct shown_file *file)
{
	static const char *const types[] = {"image/jp2", "image/jpx", "image/jpm", "image/j2c", NULL};

	return shown_is_picture(file) || plate_has_pages(file) || is_one_of(file->described.media_type, types);
}

bool plates_any(const struct shown *shown)
{
	for (size_t i = 0; i < shown->file_count; i++)
		if (plate_is_of(&shown->files[i]))
			return true;
	return false;
}

/* The head of its text says how many, whatever the rest of it is like. */
static uint32_t count_pages(struct desk *desk, const struct shown_file *file)
{
	uint64_t count = 0;

	if (texts_have(desk, file))
		text_free(texts_head(desk, file, &count));
	return count == 0 ? 1 : count < PLATES_MAX ? (uint32_t)count : PLATES_MAX;
}

/* ---- which of them shows a page of a text ---- */

struct plate_path {
	struct str path;
	size_t at;
};

static int compare_paths(const void *left, const void *right)
{
	const struct plate_path *a = left, *b = right;
	int order = str_compare(a->path, b->path);

	return order != 0 ? order : a->at < b->at ? -1 : a->at > b->at;
}

/* The first of that path; or plates->count. */
static size_t find_path(struct plates *plates, struct str path)
{
	size_t from = 0, to = plates->count;

	if (plates->by_path == NULL) {
		plates->by_path = mem_array(plates->count + 1, sizeof(*plates->by_path));
		for (size_t i = 0; i < plates->count; i++)
			plates->by_path[i] = (struct plate_path){plates->all[i].file->described.path, i};
		qsort(plates->by_path, plates->count, sizeof(*plates->by_path), compare_paths);
	}
	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (str_compare(plates->by_path[middle].path, path) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from < plates->count && str_equal(plates->by_path[from].path, path) ? plates->by_path[from].at : plates->count;
}

/* The text's own page, the picture that it names, the one that is named as it is: ALTO names its picture as that was called where it was made. */
uint64_t plates_showing(struct plates *plates, const struct shown_file *file, const struct text *text, size_t number)
{
	size_t count, first = plates_of(plates, file, &count), at = plates->count;
	struct text_page page;

	if (count > 0)
		return number <= count ? first + number : 0;
	text_page(text, number, &page);
	if (page.image.n > 0)
		at = find_path(plates, page.image);
	for (size_t i = 0; i < plates->count && at == plates->count && text_page_count(text) == 1; i++)
		if (str_equal(str_stem(plates->all[i].file->described.path), str_stem(file->described.path)))
			at = i;
	if (at < plates->count)
		return at + 1;
	return page.image.n == 0 && number <= plates->count ? number : 0;
}

/* ---- the list, made ---- */

void plates_list(struct plates *plates, struct desk *desk, const struct shown *shown)
{
	size_t files = 0, paged = 0;

	memset(plates, 0, sizeof(*plates));
	for (size_t i = 0; i < shown->file_count; i++) {
		files += plate_is_of(&shown->files[i]);
		paged += plate_has_pages(&shown->files[i]);
	}
	if (files == 0)
		return;
	plates->all = mem_array(PLATES_MAX, sizeof(*plates->all));
	for (size_t i = 0; i < shown->file_count; i++) {
		const struct shown_file *file = &shown->files[i];
		uint32_t pages = 1;

		if (!plate_is_of(file))
			continue;
		if (plate_has_pages(file) && paged <= PLATES_COUNTED)
			pages = count_pages(desk, file);
		for (uint32_t page = 1; page <= pages && plates->count < PLATES_MAX; page++)
			plates->all[plates->count++] = (struct plate){file, page};
	}
}

void plates_release(struct plates *plates)
{
	free(plates->all);
	free(plates->by_path);
	memset(plates, 0, sizeof(*plates));
}

size_t plates_of(const struct plates *plates, const struct shown_file *file, size_t *count)
{
	size_t first = 0;

	*count = 0;
	while (first < plates->count && plates->all[first].file != file)
		first++;
	while (first + *count < plates->count && plates->all[first + *count].file == file)
		++*count;
	return first;
}

/* ---- pictures ------------------------------------------------------------------------------------------------------------------------- */

int plate_size(
	struct page *page, const struct shown *shown, const struct plate *plate, uint32_t *width, uint32_t *height, struct err *err)
{
	struct extract_picture wish = {.fd = -1,
		.media_type = plate->file->described.media_type,
		.name = plate->file->described.path,
		.page = plate->page,
		.least = EXTRACT_LIMITS};
	struct err wrong = ERR_INIT;
	const struct drawn *drawn;

	if (extract_picture_find_size(page->desk->archive, &plate->file->digest, &wish, width, height, &wrong) == 0)
		return 0;
	if (wrong.code == ERR_NOT_FOUND) {
		drawn = drawing_ask(page, shown, plate, &wish, true, &wrong);
		if (drawn != NULL && drawn->result == 0) {
			*width = drawn->width;
			*height = drawn->height;
			return 0;
		}
		if (drawn != NULL)
			wrong = drawn->err;
	}
	if (err != NULL)
		*err = wrong;
	return -1;
}

void plate_address(struct page *page, struct buf *out, const struct shown *shown, const struct plate *plate)
{
	struct buf path = BUF_INIT;

	path_of_record(page, &path, buf_view(&shown->name.id), plate != NULL || shown->asked ? shown->version.version : 0, "");
	buf_text(out, "iiif/");
	path_encode(out, (struct str){path.p + 2, path.n - 2}, "-._~/@:");
	if (plate != NULL) {
		buf_printf(out, "/%" PRIu32 ":", plate->page);
		path_encode(out, plate->file->described.path, "-._~");
	}
	buf_release(&path);
}

static void put_picture(struct page *page, struct buf *out, const struct shown *shown, const struct plate *plate, const char *size)
{
	page_up(page, out);
	plate_address(page, out, shown, plate);
	buf_printf(out, "/full/%s/0/default.jpg", size);
}

#define WIDE 1200u

bool plate_write(struct page *page, const struct shown *shown, const struct plate *plate, bool small)
{
	static const uint32_t widths[] = {600, WIDE, 2000, 3000};
	struct html *html = &page->html;
	struct buf address = BUF_INIT, others = BUF_INIT, label = BUF_INIT;
	uint32_t width, height, out_width, out_height;
	char size[64], one[24];

	if (plate_size(page, shown, plate, &width, &height, NULL) != 0) {
		if (!shown_is_picture(plate->file))
			return false;
		record_write_picture(page, shown, plate->file, small);
		return true;
	}
	/* Nothing is scaled up: the last of them is the picture's own width. */
	for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]) && !small && (i == 0 || widths[i - 1] < width); i++) {
		iiif_fit(width, height, widths[i], UINT32_MAX, &out_width, &out_height);
		if ((uint64_t)out_width * out_height > IIIF_AREA_MAX)
			break;
		(void)snprintf(size, sizeof(size), "%" PRIu32 ",%" PRIu32, out_width, out_height);
		if (widths[i] <= WIDE) {
			buf_clear(&address);
			put_picture(page, &address, shown, plate, out_width == width ? "max" : size);
		}
		if (i > 0)
			buf_text(&others, ", ");
		put_picture(page, &others, shown, plate, out_width == width ? "max" : size);
		buf_printf(&others, " %" PRIu32 "w", out_width);
	}
	if (small || address.n == 0) {
		buf_clear(&address);
		buf_clear(&others);
		put_picture(page, &address, shown, plate, small ? "!360,360" : "!1200,1200");
	}
	html_begin(html, "img");
	if (small)
		html_set(html, "loading", "lazy");
	(void)snprintf(one, sizeof(one), "%" PRIu32, plate->page);
	if (plate->page > 1)
		word_fill(&label, page->language, WORD_READ_PAGE, str_from(one), STR(""), STR(""));
	if (label.n > 0)
		buf_text(&label, ", ");
	buf_str(&label, plate->file->described.path);
	html_attribute(html, "alt", buf_view(&label));
	html_attribute(html, "src", buf_view(&address));
	if (others.n > 0) {
		html_attribute(html, "srcset", buf_view(&others));
		html_set(html, "sizes", "(min-width: 60rem) 55vw, 100vw");
	}
	/* Its place is kept until it comes. */
	if (small)
		iiif_fit(width, height, 360, 360, &width, &height);
	html_number(html, "width", width);
	html_number(html, "height", height);
	buf_release(&address);
	buf_release(&others);
	buf_release(&label);
	return true;
}
