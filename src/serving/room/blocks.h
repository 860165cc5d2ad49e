/* Blocks of a text as HTML. */
#ifndef PHOTOSTAT_ROOM_BLOCKS_H
#define PHOTOSTAT_ROOM_BLOCKS_H

#include "internal.h"
#include "text/text.h"

struct blocks_options {
	struct str query;    /* whose words are marked; may be empty */
	struct str language; /* what the text is likely in, where it does not say; may be empty */
	bool lines;          /* lines of the source are shown as lines, and counted */
	struct str base;     /* raw path of the reading view: person and place marks link to lists; page marks to pictures */
	struct str pages;    /* raw path before a page's number, "r/NAME/pages/"; empty: no links */
	/* Which page that can be seen shows each page of the text, by its number; 0: none. NULL: not known. Of a text of one page its number is that of the page it is on. */
	const uint64_t *shown_on;
	bool titled;   /* the first block is the page's heading already */
	uint64_t page; /* only blocks of this page; 0: all */
	const struct blocks_plan *
		plan; /* with a piece: only its blocks, and the notes that stand beside them; NULL: all, as far as one piece goes */
	uint64_t piece; /* from 1 */
	struct str
		anchors; /* raw path of the reading view of this very version: each block has a link there that can be cited; empty: none */
};

/* pieces.c: where notes stand, and the pieces in which a text is shown that is long. A note stands beside the block that first refers to it, if those of that block together are not too long for
 * that; else it stays where it is. A piece is some BLOCKS_PIECE bytes with its notes, whatever the document is like; only a block that is longer by itself is more, and is cut when it
 * is written. */
#define BLOCKS_PIECE ((size_t)2 << 20)
#define BLOCKS_NO_HOME SIZE_MAX
struct blocks_plan;
struct blocks_plan *blocks_plan_new(const struct text *); /* O(blocks + marks × log n). It needs the text */
void blocks_plan_free(struct blocks_plan *);              /* NULL is fine */
size_t blocks_plan_pieces(const struct blocks_plan *);    /* at least 1 */
/* The blocks of a piece, counted from 1: from `begin` on and before `end`; both the count of blocks if there is no such piece. */
void blocks_plan_piece(const struct blocks_plan *, uint64_t piece, size_t *begin, size_t *end);
/* The piece in which a block, or a note, stands; 1 if there is none of that id. */
uint64_t blocks_plan_piece_of(const struct blocks_plan *, struct str id);
/* Beside which block a note stands, by their numbers; BLOCKS_NO_HOME: where it is. */
size_t blocks_plan_home(const struct blocks_plan *, size_t note);

/* About how many bytes all of it takes. */
uint64_t blocks_size(const struct text *);
/* The text: parts as sections, tables as tables, notes beside their blocks, linked both ways. O(bytes + marks). False: not all of what was asked for is there: it, or a block of it, was longer
 * than a piece. */
bool blocks_write(struct page *, const struct text *, const struct blocks_options *);
/* Whether the text's own lines are known. */
bool blocks_have_lines(const struct text *);

#endif
