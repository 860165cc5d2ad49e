/* flow: how readers of marked-up documents build a text. A document is a tree, a text a row of blocks: flow keeps what the tree says of the place (kind,
 * part, language, marks that are open) in a stack of states, begins a block when there is something to stand in it, and opens marks again that a block's
 * end cut in two. Notes are put off: they stand after the block, or the text, that refers to them. */
#ifndef PHOTOSTAT_READERS_FLOW_H
#define PHOTOSTAT_READERS_FLOW_H

#include "text/text.h"

/* Where something stands on a page: a word, or the words of a line. */
struct flow_box {
	uint32_t page, x, y, width, height;
};
struct flow_state {
	enum text_kind kind;
	enum text_part part;
	unsigned level;
	bool is_block; /* a paragraph or the like, not a place between paragraphs */
	bool joined;   /* blocks inside (paragraphs of a table's cell) are not begun: a space parts them */
	bool exact;    /* white space counts */
	bool began;    /* its element begins a place of its own: what follows its end does not continue its block */
	size_t marks;  /* that were there when it began */
	struct str language;
	bool boxed, own_box; /* words stand in a box; it is that of this element */
	struct flow_box box;
	size_t words; /* that there were before the element with the box */
};
struct flow_mark {
	enum text_mark_kind kind;
	struct str target;
};
struct flow_page {
	uint32_t number;
	struct str label;
};
struct flow {
	struct text *text;
	struct str base; /* the text's language */
	struct flow_state now, *saved;
	size_t saved_count, saved_cap;
	struct flow_mark *marks; /* all that surround this place */
	size_t mark_count, mark_cap;
	struct flow_page *pages; /* begun since the last block ended */
	size_t page_count, page_cap;
	struct str label, key; /* of the next block */
	bool has_key;
	bool open;        /* a block is begun */
	bool begun;       /* one was, since the element that this place belongs to began */
	bool hyphen;      /* the last character was one and is not added yet */
	bool wants_space; /* before the next character, if there is one */
	char held[4];
	size_t held_n;
	bool lined; /* the line has a box of its own */
	struct flow_box line;
	size_t line_words;
};
void flow_init(struct flow *, struct text *);
/* Pages that wait are begun, all is freed. */
void flow_finish(struct flow *);

/* Every element: its beginning and its end; at the end the marks and the block of its own end. */
void flow_enter(struct flow *);
void flow_leave(struct flow *);
/* From here on, till the element ends: text stands in blocks of that kind. `is_block`: in one of its own that begins here. */
void flow_context(struct flow *, enum text_kind, unsigned level);
void flow_block(struct flow *, enum text_kind, unsigned level);
/* Ends the block that is begun: what follows stands in a new one. */
void flow_break(struct flow *);
void flow_part(struct flow *, enum text_part);
void flow_language(struct flow *, struct str);                         /* of the blocks, or, within one, of what follows in it */
void flow_label(struct flow *, struct str);                            /* of the next block; the view must live till then */
void flow_key(struct flow *, struct str);                              /* the next block is the note of that key */
void flow_mark(struct flow *, enum text_mark_kind, struct str target); /* till the element ends; the view must live till then */

void flow_text(struct flow *, struct str);
void flow_space(struct flow *);            /* parts words, of a block that is begun */
void flow_line(struct flow *, bool joins); /* a line of the source begins; `joins`: within a word, a hyphen before it goes */
void flow_page(struct flow *, uint32_t number, struct str label, bool joins);
/* Till the element ends: its words share this box, but for those of elements inside that have their own. */
void flow_box(struct flow *, const struct flow_box *);
/* After flow_line: the same till the next line, page or block. */
void flow_line_box(struct flow *, const struct flow_box *);
/* A reference to the note of that key, of whose label nothing stands here. False if there is no block it could stand in. */
bool flow_reference(struct flow *, struct str target);
/* Whether text stands in a block here, one begun or one that is to begin. */
bool flow_inside(const struct flow *);

#endif
