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
};
/* The whole text: parts as sections, notes beside the paragraph that first refers to them, linked both ways. O(bytes + marks). */
void blocks_write(struct page *, const struct text *, const struct blocks_options *);
/* Whether the text's own lines are known. */
bool blocks_have_lines(const struct text *);

#endif
