/* Recognition by tesseract. */
#include "images.h"

#include <allheaders.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <tesseract/capi.h>
#include <time.h>
#include <unistd.h>

#define PAGE_MILLISECONDS 120000

#if HAVE_OPENMP
void omp_set_max_active_levels(int); /* omp.h, which is the compiler's own */
#endif

struct ocr {
	TessBaseAPI *engine;
	TessBaseAPI *orientation; /* made when it is wanted */
	bool no_orientation;      /* its data are not here */
	char folder[80];
};

/* Where distributions keep tesseract's data. */
static const char *const folders[] = {
	"/usr/share/tesseract-ocr/5/tessdata",
	"/usr/share/tesseract-ocr/4.00/tessdata",
	"/usr/share/tessdata",
	"/usr/local/share/tessdata",
};

static bool have(void *context, const char *name)
{
	struct buf path = BUF_INIT;
	bool there;
	buf_printf(&path, "%s/%s.traineddata", (const char *)context, name);
	there = access(path.p, R_OK) == 0;
	buf_release(&path);
	return there;
}

int ocr_open(struct ocr **out, struct str languages, struct err *err)
{
	struct ocr *ocr = NULL;
	struct buf names = BUF_INIT;
	const char *folder = NULL;
	int result = -1;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]) && !folder; i++) {
		char place[80];
		memcpy(place, folders[i], strlen(folders[i]) + 1);
		if (ocr_languages(languages, have, place, &names))
			folder = folders[i];
	}
	if (!folder) {
		err_set(err, ERR_NOT_FOUND, "no data of tesseract's for these languages; install tesseract-ocr-eng or others");
		goto out;
	}
	ocr = mem_alloc(sizeof(*ocr));
#if HAVE_OPENMP
	/* Its threads wait busily, and two documents are read at a time already: one thread is as fast, and half as dear. */
	omp_set_max_active_levels(0);
#endif
	ocr->engine = TessBaseAPICreate();
	if (TessBaseAPIInit2(ocr->engine, folder, names.p, OEM_DEFAULT) != 0) {
		err_set(err, ERR_SYSTEM, "tesseract cannot use its data for %s in %s", names.p, folder);
		goto out;
	}
	/* As its own program has it. */
	TessBaseAPISetPageSegMode(ocr->engine, PSM_AUTO);
	TessBaseAPISetVariable(ocr->engine, "debug_file", "/dev/null");
	memcpy(ocr->folder, folder, strlen(folder) + 1);
	*out = ocr;
	ocr = NULL;
	result = 0;
out:
	ocr_close(ocr);
	buf_release(&names);
	return result;
}

void ocr_close(struct ocr *ocr)
{
	if (!ocr)
		return;
	TessBaseAPIEnd(ocr->engine);
	TessBaseAPIDelete(ocr->engine);
	TessBaseAPIDelete(ocr->orientation);
	free(ocr);
}

static uint32_t scaled(int pixels, unsigned scale)
{
	return pixels <= 0 ? 0 : (uint32_t)((uint64_t)pixels * scale / 1000);
}

static struct layout_box box_of(const TessPageIterator *place, TessPageIteratorLevel level)
{
	int left = 0, top = 0, right = 0, bottom = 0;
	TessPageIteratorBoundingBox(place, level, &left, &top, &right, &bottom);
	return (struct layout_box){left, top, right, bottom};
}

/* Blocks, and the columns that those which stand below each other make: of a page typed with wide spacing each line is a block. */
struct block {
	struct layout_box box;
	size_t column;
};
struct columns {
	struct block *block;
	struct layout_box *column;
	size_t block_count, column_count;
};

static bool goes_on_below(struct layout_box column, struct layout_box last, struct layout_box block)
{
	double left = column.left > block.left ? column.left : block.left,
	       right = column.right < block.right ? column.right : block.right;
	double narrower =
		column.right - column.left < block.right - block.left ? column.right - column.left : block.right - block.left;
	/* Lines that lean have boxes that overlap. */
	return block.top + block.bottom > last.top + last.bottom && block.bottom > last.bottom && right - left > narrower * 0.6;
}

static void find_columns(TessPageIterator *place, struct columns *columns)
{
	*columns = (struct columns){.block = NULL};
	TessPageIteratorBegin(place);
	do {
		struct layout_box box = box_of(place, RIL_BLOCK),
				  *last = columns->column_count > 0 ? &columns->column[columns->column_count - 1] : NULL;
		if (last && goes_on_below(*last, columns->block[columns->block_count - 1].box, box)) {
			last->left = last->left < box.left ? last->left : box.left;
			last->right = last->right > box.right ? last->right : box.right;
			last->bottom = box.bottom;
		} else {
			columns->column = mem_grow(columns->column, columns->column_count + 1, sizeof(*columns->column));
			columns->column[columns->column_count++] = box;
		}
		columns->block = mem_grow(columns->block, columns->block_count + 1, sizeof(*columns->block));
		columns->block[columns->block_count++] = (struct block){.box = box, .column = columns->column_count - 1};
	} while (TessPageIteratorNext(place, RIL_BLOCK));
	TessPageIteratorBegin(place);
}

static bool same_box(const struct layout_box *a, const struct layout_box *b)
{
	return a->left == b->left && a->top == b->top && a->right == b->right && a->bottom == b->bottom;
}

/* At a block's first word: blocks without words are passed over. */
static void begin_block(const struct columns *columns, size_t *at, struct layout_box box, struct layout *layout)
{
	size_t before = *at, next = *at;
	while (next < columns->block_count && !same_box(&columns->block[next].box, &box))
		next++;
	if (next == columns->block_count)
		return;
	*at = next;
	if (next == before || columns->block[next].column != columns->block[before].column)
		layout_column(layout, columns->column[columns->block[next].column]);
}

/* How a picture was turned to be read: quarters of a circle, clockwise; its size before. */
struct turn {
	int quarters, width, height;
};

/* A box of the turned picture, in the picture as it is. */
static struct layout_box turn_back(const struct turn *turn, struct layout_box box)
{
	switch (turn->quarters) {
	case 1:
		return (struct layout_box){box.top, turn->height - box.right, box.bottom, turn->height - box.left};
	case 2:
		return (struct layout_box){
			turn->width - box.right, turn->height - box.bottom, turn->width - box.left, turn->height - box.top};
	case 3:
		return (struct layout_box){turn->width - box.bottom, box.left, turn->width - box.top, box.right};
	default:
		return box;
	}
}

/* Its paragraphs are not taken: a line of a page typed with wide spacing is one to it. */
static void take(
	TessResultIterator *words, const struct columns *columns, const struct turn *turn, unsigned scale, struct layout *layout)
{
	const TessPageIterator *place = TessResultIteratorGetPageIteratorConst(words);
	size_t block = 0;
	do {
		int left, top, right, bottom;
		char *word;
		if (TessPageIteratorIsAtBeginningOf(place, RIL_BLOCK))
			begin_block(columns, &block, box_of(place, RIL_BLOCK), layout);
		if (TessPageIteratorIsAtBeginningOf(place, RIL_TEXTLINE))
			layout_line(layout, box_of(place, RIL_TEXTLINE), 0);
		word = TessResultIteratorGetUTF8Text(words, RIL_WORD);
		if (word && TessPageIteratorBoundingBox(place, RIL_WORD, &left, &top, &right, &bottom)) {
			struct layout_box box = turn_back(turn, (struct layout_box){left, top, right, bottom});
			layout_word(layout, str_from(word), scaled((int)box.left, scale), scaled((int)box.top, scale),
				scaled((int)(box.right - box.left), scale), scaled((int)(box.bottom - box.top), scale));
		}
		TessDeleteText(word);
	} while (TessResultIteratorNext(words, RIL_WORD));
}

static bool recognise(struct ocr *ocr, PIX *picture, unsigned dpi)
{
	ETEXT_DESC *monitor = TessMonitorCreate();
	bool done;
	TessMonitorSetDeadlineMSecs(monitor, PAGE_MILLISECONDS);
	TessBaseAPISetImage2(ocr->engine, picture);
	if (dpi != 0)
		TessBaseAPISetSourceResolution(ocr->engine, (int)dpi);
	done = TessBaseAPIRecognize(ocr->engine, monitor) == 0;
	TessMonitorDelete(monitor);
	return done;
}

/* Pages that are upright and printed are read better than this, of 100; only what is not is looked at again, for that costs as much as reading it. */
#define SURE 65
#define BETTER 10    /* what is read turned must be read so much better */
#define CERTAIN 1.5f /* tesseract's own measure of how much one orientation is likelier than the next */

/* Quarters of a circle, clockwise, by which the picture is to be turned to be upright; 0: none, or it cannot be told. */
static int quarters_of(struct ocr *ocr, PIX *picture, unsigned dpi)
{
	int degrees = 0;
	float certain = 0, script_certain;
	const char *script;
	if (!ocr->orientation && !ocr->no_orientation) {
		ocr->orientation = TessBaseAPICreate();
		ocr->no_orientation = !have(ocr->folder, "osd") || TessBaseAPIInit3(ocr->orientation, ocr->folder, "osd") != 0;
		TessBaseAPISetVariable(ocr->orientation, "debug_file", "/dev/null");
	}
	if (ocr->no_orientation)
		return 0;
	TessBaseAPISetPageSegMode(ocr->orientation, PSM_AUTO_OSD);
	TessBaseAPISetImage2(ocr->orientation, picture);
	if (dpi != 0)
		TessBaseAPISetSourceResolution(ocr->orientation, (int)dpi);
	if (!TessBaseAPIDetectOrientationScript(ocr->orientation, &degrees, &certain, &script, &script_certain) ||
		certain < CERTAIN)
		degrees = 0;
	TessBaseAPIClear(ocr->orientation);
	return degrees > 0 && degrees < 360 ? (360 - degrees) / 90 % 4 : 0;
}

/* A page that lies on its side, or on its head, is read as it stands upright. What was recognised last is what is taken. *picture: NULL, or what that was recognised on, which
 * it needs. */
static bool recognise_turned(struct ocr *ocr, PIX *upright, unsigned dpi, struct turn *turn, PIX **picture)
{
	int sure = TessBaseAPIMeanTextConf(ocr->engine);
	*picture = NULL;
	if (sure >= SURE || !ocr_time_is_left() || (turn->quarters = quarters_of(ocr, upright, dpi)) == 0)
		return true;
	*picture = pixRotateOrth(upright, turn->quarters);
	if (*picture && recognise(ocr, *picture, dpi) && TessBaseAPIMeanTextConf(ocr->engine) >= sure + BETTER)
		return true;
	turn->quarters = 0;
	return recognise(ocr, upright, dpi);
}

int ocr_read(struct ocr *ocr, PIX *picture, unsigned dpi, unsigned scale, struct layout *layout, struct err *err)
{
	struct turn turn = {.width = pixGetWidth(picture), .height = pixGetHeight(picture)};
	PIX *turned = NULL;
	bool done = recognise(ocr, picture, dpi) && recognise_turned(ocr, picture, dpi, &turn, &turned);
	TessResultIterator *words = done ? TessBaseAPIGetIterator(ocr->engine) : NULL;
	if (words) {
		struct columns columns;
		find_columns(TessResultIteratorGetPageIterator(words), &columns);
		take(words, &columns, &turn, scale, layout);
		free(columns.block);
		free(columns.column);
		TessResultIteratorDelete(words);
	}
	TessBaseAPIClear(ocr->engine);
	pixDestroy(&turned);
	return done ? 0 : err_set(err, ERR_SYNTAX, "the page was not recognised in %d seconds", PAGE_MILLISECONDS / 1000);
}

bool ocr_time_is_left(void)
{
	struct rlimit limit;
	struct timespec used;
	if (getrlimit(RLIMIT_CPU, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY)
		return true;
	return clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) < 0 || (uint64_t)used.tv_sec < limit.rlim_cur / 10 * 8;
}
