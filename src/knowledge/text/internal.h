/* text, inside: the model and what its files share. */
#ifndef PHOTOSTAT_TEXT_INTERNAL_H
#define PHOTOSTAT_TEXT_INTERNAL_H

#include "text/text.h"

#define ID_MAX 12   /* with NUL */
#define OPEN_MAX 64 /* marks open at once; deeper ones are left out */

struct row {
	uint8_t kind, part; /* enum text_kind, text_part */
	uint16_t level;
	uint32_t at, n;           /* of text->bytes */
	uint32_t mark_at, mark_n; /* of text->marks; once finished */
	struct str label, language, key;
	char id[ID_MAX];
};

/* A mark while the text is built: in any order. */
struct placed {
	uint32_t block;
	uint32_t order; /* of being opened */
	bool dropped;   /* to be left out; what it covers stays */
	struct text_mark mark;
};

struct text {
	struct buf bytes; /* the blocks' texts, one behind the other */
	struct arena strings;
	size_t string_bytes;
	struct str title, language, source;
	bool cut, finished;
	struct row *rows;
	size_t row_count, row_cap;
	struct placed *placed; /* until finished */
	size_t placed_count, placed_cap;
	uint32_t open[OPEN_MAX]; /* marks that are open, of the block begun last */
	size_t open_count, open_over;
	bool skipping; /* the block begun last was left out */
	struct text_page *pages;
	size_t page_count, page_cap;
	struct text_word *words; /* once finished: by page, block and place */
	size_t word_count, word_cap;
	/* Once finished. */
	struct text_mark *marks;
	size_t mark_count;
	uint32_t *body, *notes; /* rows by the number in their id, from 1 */
	size_t body_count, note_count;
	size_t *page_words; /* where each page's words begin; page_count + 1 */
};

/* How white space of a kind of block is settled. */
enum white { WHITE_ONE, WHITE_LINES, WHITE_ALL };
enum white kind_white(enum text_kind);
/* Appends `piece` as a block's text has it; `from`: where the block begins in *out. Never past `most` bytes of *out: false if something was left out. */
bool clean_add(struct buf *out, size_t from, size_t most, struct str piece, enum white);
/* Bytes without the white space at the end. */
size_t clean_end(const char *p, size_t n);
bool has_visible(struct str);
/* A copy, cleaned, cut at TEXT_STRING_MAX; empty when there is no more room. */
struct str keep_string(struct text *, struct str);
/* Room for one more of an array. */
void *row_room(void *array, size_t count, size_t *cap, size_t size);
/* A mark in a block of any number; false when there are too many. */
bool place_mark(struct text *, uint32_t block, const struct text_mark *);
void row_id(bool note, size_t number, char out[ID_MAX]);
void number_rows(struct text *); /* gives ids, once */
int word_order(const void *, const void *);
/* What text_finish does after blocks are settled: sorts and indexes. Blocks and marks are sound. */
void text_seal(struct text *);
bool link_target_valid(struct str);
struct row *last_row(struct text *);                          /* NULL: none, or left out */
struct str row_text(const struct text *, const struct row *); /* "" when empty, never NULL */

#endif
