/* Markdown, inside: blocks (markdown.c) and what stands in their lines (markdown_inline.c). */
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
int definition_order(const void *, const void *);

#endif
