/* Inside photostat-extract-pictures: one region of one picture, made by libvips. */
#ifndef PHOTOSTAT_PICTURE_H
#define PHOTOSTAT_PICTURE_H

#include "base/base.h"

struct _VipsImage; /* libvips' picture */

#define PICTURE_OUT_MAX 40000000u /* pixels of what is made */

/* A step of libvips failed: ERR_SYNTAX, with what it said. */
int picture_fail(struct err *, const char *what);
#ifdef __clang_analyzer__ /* As in base.h. */
#define picture_fail(...) (picture_fail(__VA_ARGS__), -1)
#endif

struct picture_wish {
	unsigned page;                  /* from 1: of a PDF or TIFF; 0: the first */
	uint32_t x, y, width, height;   /* width 0: all */
	uint32_t out_width, out_height; /* 0: as large as the region */
	unsigned rotation;
	bool grey, png;
};
enum picture_kind { PICTURE_UNKNOWN, PICTURE_JPEG, PICTURE_PNG, PICTURE_TIFF, PICTURE_JP2, PICTURE_WEBP, PICTURE_GIF, PICTURE_PDF };
/* A picture as its file has it, before it is turned upright. */
struct picture {
	int fd;
	enum picture_kind kind;
	unsigned page;
	uint32_t width, height; /* upright */
	unsigned orientation;   /* EXIF's, 1 to 8 */
};

/* ---- picture_open.c ------------------------------------------------------------------------------------------------------------------- */

/* By its content alone, whatever its name says. ERR_SYNTAX, ERR_LIMIT, ERR_NOT_FOUND: no such page. */
int picture_open(struct picture *, int fd, unsigned page, struct err *);
/* Decoded `shrink` (1, 2, 4, 8, …) times smaller where the format can do that at once; *shrunk says how much it was. Pixels come from top to bottom, once. */
int picture_load(const struct picture *, unsigned shrink, struct _VipsImage **out, unsigned *shrunk, struct err *);

/* ---- picture_samples.c ------------------------------------------------------------------------------------------------------------------ */

/* How samples that say nothing of black and white are shown: `low` black, `high` white. */
struct picture_samples {
	bool spread; /* false: as they are, for 8 and 16 bits without sign say it themselves */
	double low, high;
};
/* Of the whole page, so that all its regions look alike: floating point between 0 and 1 from 0 to 1; all else from the least to the greatest value that is there. A TIFF
 * of such samples is decoded once for this; of others the head is read. Before picture_load, which reads the same descriptor. */
int picture_samples_look(const struct picture *, struct picture_samples *, struct err *);
/* What was just loaded; NaN, infinite values and those beyond ±1e30 become black, transparency goes. */
int picture_samples_spread(struct _VipsImage **, const struct picture_samples *, struct err *);

/* ---- picture_make.c --------------------------------------------------------------------------------------------------------------------- */

/* The region in *out, JPEG or PNG, without metadata. The wish is checked against the picture: ERR_USAGE. */
int picture_make(const struct picture *, const struct picture_wish *, struct buf *out, struct err *);

#endif
