/* Markdown, inside: blocks (markdown.c), tables and what stands before all (markdown_more.c), and what stands in their lines (markdown_inline.c). */
#ifndef PHOTOSTAT_TEXT_MARKDOWN_H
#define PHOTOSTAT_TEXT_MARKDOWN_H

#include "internal.h"

#define DEFINITIONS_MAX 20000u
#define NOTE_KEY "md-" /* before the key of a note, lest a heading be meant */

/* [label]: target, by label. */
struct definition {
	struct str label, target;
};
struct definitions {
	struct definition *all;
	size_t count, cap;
};
/* Adds the text of a paragraph, its lines separated by newlines, to the block begun last, with its marks. Linear in its length. */
void markdown_inline(struct text *, struct str, const struct definitions *);
/* A paragraph that is a table: its cells. False: it is none. */
bool markdown_table(struct text *, struct str, const struct definitions *);
/* What is written before the text between lines of dashes, if it is: title, language, and what else is said there. Returns the rest. */
struct str markdown_front(struct text *, struct str utf8);
int definition_order(const void *, const void *);

#endif
