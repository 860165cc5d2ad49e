/* The writer of pages: elements, attributes, text. Nothing else of the room writes '<' or '&', so nothing can be forgotten to be escaped. */
#ifndef PHOTOSTAT_ROOM_HTML_H
#define PHOTOSTAT_ROOM_HTML_H

#include "base/base.h"

#define HTML_DEPTH_MAX 64u

struct html {
	struct buf *out;
	bool in_tag; /* the last begin tag still takes attributes */
	unsigned depth;
	const char *names[HTML_DEPTH_MAX];
};
/* Names are constants of ours. Every begin has its end, but for elements that HTML closes itself (br, img, input, link, meta, hr, wbr), which have none. */
void html_document(struct html *, struct buf *out); /* begins: the doctype */
void html_begin(struct html *, const char *name);
void html_end(struct html *);
void html_attribute(struct html *, const char *name, struct str value);
void html_set(struct html *, const char *name, const char *value);
void html_number(struct html *, const char *name, int64_t);
void html_flag(struct html *, const char *name);
/* Escaped; invalid UTF-8 becomes U+FFFD, controls but newline and tab go. */
void html_text(struct html *, struct str);
void html_words(struct html *, const char *);
/* What this writer wrote into another buf. */
void html_inner(struct html *, const struct buf *);
/* begin, class (NULL: none), text, end. */
void html_element(struct html *, const char *name, const char *class_name, struct str text);
/* What does not come from a person's typing but from a document: a link that may be followed. False: no http, https or mailto URI; nothing is written. */
bool html_outside_link(struct html *, struct str uri);

#endif
