/* Blocks of a text as HTML. */
#ifndef PHOTOSTAT_ROOM_BLOCKS_H
#define PHOTOSTAT_ROOM_BLOCKS_H

#include "internal.h"
#include "text/text.h"

struct blocks_options {
	struct str query;      /* whose words are marked; may be empty */
	struct str language;   /* what the text is likely in, where it does not say; may be empty */
	bool lines;            /* lines of the source are shown as lines, and counted */
	struct str base;       /* raw path of the reading view: person and place marks link to lists; page marks to pictures */
	struct str pages;      /* raw path before a page's number, "r/NAME/pages/"; empty: no links */
	uint64_t pages_before; /* added to the number */
	bool titled;           /* the first block is the page's heading already */
	uint64_t page;         /* only blocks of this page; 0: all */
	size_t begin,
		end; /* only these blocks, from `begin` on and before `end`, with the notes that they refer to first; end 0: all */
};
/* pieces.c: a text that is long is shown in pieces, each of about BLOCKS_PIECE bytes: the blocks of one, counted from 1, and how many pieces there are; O(blocks). */
#define BLOCKS_PIECE ((size_t)2 << 20)
size_t blocks_piece(const struct text *, uint64_t piece, size_t *begin, size_t *end);
/* The piece in which a block, or a note, stands; 1 if there is none of that id. */
uint64_t blocks_piece_of(const struct text *, struct str id);
/* About how many bytes all of it takes. */
uint64_t blocks_size(const struct text *);
/* The text: parts as sections, notes beside the paragraph that first refers to them, linked both ways. O(bytes + marks). Where pieces are asked for, of a single block that is longer than one
 * the end is left out: then it returns false. */
bool blocks_write(struct page *, const struct text *, const struct blocks_options *);
/* Whether the text's own lines are known. */
bool blocks_have_lines(const struct text *);

#endif
