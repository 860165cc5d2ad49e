/* Inside the programs that meet images and PDF: photostat-extract-images (text) and photostat-extract-pictures (pictures of regions). Behind the sandbox, like the readers: what
 * happens here may be wrong or crash, and must not matter (P9). */
#ifndef PHOTOSTAT_IMAGES_H
#define PHOTOSTAT_IMAGES_H

#include "base/base.h"
#include "extract/readers/readers.h"
#include "text/text.h"

struct Pix; /* leptonica's picture */

#define PICTURE_PIXELS_MAX 200000000u       /* of an image whose regions are shown */
#define PICTURE_ROWS_PIXELS_MAX 1000000000u /* the same, of kinds that are decoded row after row, in little memory */
#define OCR_PIXELS_MAX 100000000u           /* of one that is recognised: four bytes a pixel are held */
#define IMAGE_PAGES_MAX 10000u
#define PDF_DPI 200u       /* of the pictures of pages, and the space in which their words stand */
#define PDF_SIDE_MAX 6000u /* pixels: what is longer is shown at fewer dots an inch */
#define PDF_OCR_DPI 300u

/* ---- layout.c: words in boxes, as OCR and PDF give them, to blocks ---------------------------------------------------------------------- */

/* In whatever units. */
struct layout_box {
	double left, top, right, bottom;
};
struct layout {
	struct text *text;
	uint32_t page;
	unsigned level;
	bool block, line, words;        /* there is one begun; a word stands in the line, in the block */
	const char *hyphen;             /* that the word before ended with, not yet written; NULL: none */
	struct layout_box column, last; /* what lines are being set in; the line before */
	double pitch;                   /* from line to line, the least in this column; 0: not known */
	bool joins;                     /* the next word follows the one before without a space, if that stands in the same line */
};
/* Begins the next page; of the first one *layout is zeroed. */
void layout_page(struct layout *, struct text *, const struct text_page *);
/* What follows stands in this column; its first line begins a block. */
void layout_column(struct layout *, struct layout_box);
/* The next line of the column. It goes on with the block, or begins another: indented, behind a larger gap, behind a line that ended early. level: of a heading, 0: a paragraph. */
void layout_line(struct layout *, struct layout_box, unsigned level);
void layout_end(struct layout *); /* after the last word */
/* Box in the page's space. A word that is broken at the end of a line becomes one word with two boxes. */
void layout_word(struct layout *, struct str word, uint32_t x, uint32_t y, uint32_t width, uint32_t height);

/* ---- poppler.c: poppler's programs, each a process of its own inside the box ------------------------------------------------------------------ */

/* Runs one of them on the document (its standard input) with these arguments; what it writes is appended to *out, at most `most` bytes of it. Returns what the document gave: 1 all,
 * 0 a part of it (it was too much, or ended in the middle), -1: ERR_SYNTAX: nothing, ERR_NOT_FOUND: no such program, ERR_BUSY: it was ended before it had its time, ERR_SYSTEM. */
int poppler_run(
	int fd, const char *program, const char *const *arguments, size_t most, unsigned seconds, struct buf *out, struct err *);
struct pdf_page {
	double points_wide, points_high;
	uint32_t width, height; /* of its picture */
	double scale;           /* its pixels a point */
};
/* Sizes the picture of a page that is so many points large; false: of no size that can be shown. */
bool pdf_picture(double points_wide, double points_high, struct pdf_page *);
/* One page (from 1). ERR_NOT_FOUND: it has not so many. */
int pdf_look(int fd, unsigned page, struct pdf_page *, unsigned *pages, struct err *);
extern const char *const images_readable[]; /* worker_box's */
#define POPPLER_TEXT "/usr/bin/pdftotext"
#define POPPLER_PICTURE "/usr/bin/pdftoppm"
#define POPPLER_INFO "/usr/bin/pdfinfo"

/* ---- decode.c: files to pictures in memory, by leptonica ----------------------------------------------------------------------------------- */

struct image_file {
	void *map;
	const unsigned char *p; /* the same, to be read */
	size_t n;
	size_t offset; /* of the next page of a TIFF */
	bool tiff;
	unsigned page; /* the last one read */
};
/* Maps the descriptor's file. */
int image_open(struct image_file *, int fd, struct err *);
void image_close(struct image_file *);
/* 1: *out is the next page, upright; 0: no more; -1. A page that is damaged is an error, but may be the last of several. */
int image_next(struct image_file *, struct Pix **out, struct err *);
/* Orientation that a JPEG's EXIF tells, 1 to 8; 1 when it tells none. */
unsigned image_orientation(const unsigned char *, size_t);

/* ---- languages.c: which of tesseract's data read a language ---------------------------------------------------------------------------------- */

/* "fra+eng" for BCP 47 tags joined by spaces, of what there is below `folder` as asked through `have`: each tag's own data, else those of its script, else English. False: there is
 * nothing at all. */
bool ocr_languages(struct str bcp47, bool (*have)(void *context, const char *name), void *context, struct buf *out);

/* ---- ocr.c --------------------------------------------------------------------------------------------------------------------------------------- */

struct ocr;
int ocr_open(struct ocr **, struct str languages, struct err *);
void ocr_close(struct ocr *);
/* Four fifths of the program's processor time are not used yet: a long scan gives the pages that there is time for, not none. */
bool ocr_time_is_left(void);
/* Recognises the picture into the layout's page; boxes are multiplied by `scale` of 1000. */
int ocr_read(struct ocr *, struct Pix *, unsigned dpi, unsigned scale, struct layout *, struct err *);

/* ---- pdf.c, image.c: readers ----------------------------------------------------------------------------------------------------------------------- */

int read_pdf(struct text *, const struct reader_job *, struct err *);
int read_image(struct text *, const struct reader_job *, struct err *);

#endif
