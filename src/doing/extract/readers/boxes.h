/* boxes: lines of words that stand on a page, as ALTO and PAGE have them. Words that a line's end parts are joined; a line without words of its own gives each word
 * its share of the line. */
#ifndef PHOTOSTAT_READERS_BOXES_H
#define PHOTOSTAT_READERS_BOXES_H

#include "text/text.h"

struct box {
	uint32_t x, y, width, height;
};
struct boxes {
	struct text *text;
	uint32_t page;
	bool begun; /* a word stands in the block */
	bool joins; /* the next word goes on with the last one */
	bool held;  /* a hyphen at the line's end that is not added yet */
	struct str hyphen;
	uint32_t held_at; /* where the word that it ends begins */
	struct box held_box;
};
void boxes_init(struct boxes *, struct text *, uint32_t page);
/* After text_begin. */
void boxes_block(struct boxes *);
void boxes_line(struct boxes *);
/* One word, or several with white space between them in one box. */
void boxes_words(struct boxes *, struct str, const struct box *);
/* The line's hyphen, an element of its own: it goes. */
void boxes_hyphen(struct boxes *);
/* The last word goes on in the next line, without a hyphen between: "Sonn" is the first part of "Sonntag". */
void boxes_join(struct boxes *);
void boxes_end(struct boxes *);

#endif
