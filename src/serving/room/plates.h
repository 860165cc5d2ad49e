/* What can be seen of a record, page by page: its pictures, and the pages of its PDF and TIFF files; their pictures, and the words that stand on them. */
#ifndef PHOTOSTAT_ROOM_PLATES_H
#define PHOTOSTAT_ROOM_PLATES_H

#include "internal.h"
#include "text/text.h"

#define PLATES_MAX 10000u
#define PLATES_COUNTED 50u /* PDF and TIFF files whose pages are counted; of more, each is one page */

struct plate {
	const struct shown_file *file;
	uint32_t page; /* of the file, from 1 */
};
struct plates {
	struct plate *all;
	size_t count;
	struct plate_path *by_path; /* made when it is asked for */
};
/* Only files that may be read (P6), in their order. Pages of a PDF or TIFF are known when its text is there; until then it is one page. */
void plates_list(struct plates *, struct desk *, const struct shown *);
void plates_release(struct plates *);
bool plates_any(const struct shown *);
/* Where a file's pages begin among all, from 0; `count` of it: 0 if it has none. */
size_t plates_of(const struct plates *, const struct shown_file *, size_t *count);

/* Which of them, from 1, shows page `number` of a file's text; 0: none is known to. O(plates × log plates) at first, then O(log plates); of a text of one page
 * O(plates). */
uint64_t plates_showing(struct plates *, const struct shown_file *, const struct text *, size_t number);

/* Size of a plate's full picture. Errors as extract_picture_size's, and ERR_CONFLICT: it is being made (drawing.h). */
int plate_size(struct page *, const struct shown *, const struct plate *, uint32_t *width, uint32_t *height, struct err *);
/* Whether it is one of pages that can be seen, and whether it has several. */
bool plate_is_of(const struct shown_file *);
bool plate_has_pages(const struct shown_file *);

/* Percent-encoded, from the top: iiif/NAME@N/PAGE:PATH, slashes of PATH too. The same without PAGE:PATH for a plate NULL. */
void plate_address(struct page *, struct buf *, const struct shown *, const struct plate *);
/* An <img> of at most so wide, with others for dense screens; small: one of a list. Where no picture can be made, the file itself if browsers draw it. False: nothing can be shown. */
bool plate_write(struct page *, const struct shown *, const struct plate *, bool small);

/* ---- plate_texts.c: texts of plates ------------------------------------------------------------------------------------------------------ */

/* Which text belongs to which plate: what the texts say of it is learned once, for as many plates as are asked for. One text is open at a time. */
struct plate_texts;
#define PLATE_TEXTS_LOOKED 20u                        /* texts that are looked through for the pictures they name, */
#define PLATE_TEXTS_LOOKED_BYTES ((uint64_t)64 << 20) /* and their bytes, as they are kept */
struct plate_texts *plate_texts_new(struct page *, const struct shown *);
void plate_texts_free(struct plate_texts *);
/* The text that belongs to a plate, and which page of it (0: all of it). It stays open until the next call. NULL: none. */
struct text *plate_texts_open(struct plate_texts *, const struct plate *, uint64_t *number);
/* Bytes that were read for this, each opening counted as PLATE_TEXTS_LEAST at least; without those that were looked through. */
#define PLATE_TEXTS_LEAST 16384u
uint64_t plate_texts_read(const struct plate_texts *);
/* The same for one plate; the text is the caller's to free. */
struct text *plate_text(struct page *, const struct shown *, const struct plate *, uint64_t *number);
/* The text of a file of pages, whose pages have the pixels of their pictures; the caller's to free; NULL: none (yet), or another kind of file. */
struct text *plate_own_text(struct desk *, const struct plate *);

/* ---- overlay.c: words over a picture --------------------------------------------------------------------------------------------------- */

/* What stands on a page: a line, or a hit. Views into the text. */
struct placed {
	uint32_t x, y, width, height; /* in the space of the text's page */
	uint32_t word, count;         /* among text_words */
	uint32_t block;
	struct str text, before, after;
};
#define PLACED_MAX 5000u
/* Lines in reading order. *out is the caller's to free. */
size_t placed_lines(const struct text *, size_t page, struct placed **out);
/* What the query's words hit; one that goes over a line's end is one for each line. */
size_t placed_hits(const struct text *, size_t page, struct str query, struct placed **out);
/* The lines as text that can be selected, hits marked and linked to the text beside, as an SVG over the whole picture. Nothing where no words have boxes. */
void overlay_write(struct page *, const struct text *, size_t number, struct str query);

/* ---- images.c: IIIF over HTTP ----------------------------------------------------------------------------------------------------------- */

/* Below iiif/. docs/images.md. */
bool images_answer(struct page *);

#endif
