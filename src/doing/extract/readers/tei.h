/* TEI, inside: what its files share. docs/format/readers.md says what is shown of what is encoded. */
#ifndef PHOTOSTAT_READERS_TEI_H
#define PHOTOSTAT_READERS_TEI_H

#include "flow.h"
#include "xml.h"

#include <libxml/hash.h>

/* A note that is to be written. */
struct tei_note {
	xmlNode *node;
	struct str label, key;
};
struct tei {
	struct flow flow;
	struct text *text;
	struct arena arena;
	xmlHashTable *named;    /* elements by xml:id */
	xmlHashTable *standoff; /* notes that stand elsewhere, by the place that their target or corresp names */
	xmlHashTable *images;   /* numbers of pages by their image */
	struct tei_note *notes; /* in the order of their references */
	size_t note_count, note_cap, note_done, note_number;
	unsigned div_depth, list_depth, column;
	const xmlNode *alternatives, *shown; /* the choice that was looked into last, and what is shown of it */
	const xmlNode *lined;                /* the element whose lines have zones of their own, in their order; NULL: none here */
	struct flow_box *lines;
	size_t line_count, line_next;
	bool writing_notes;
	bool letter; /* the body is a letter */
};

struct str tei_join(struct tei *, struct str a, struct str b);    /* in the arena */
struct str tei_words(struct tei *, const xmlNode *, size_t most); /* all text below, in the arena */
xmlNode *tei_find(const struct tei *, struct str pointer);        /* "#id" or "id"; NULL: none */
/* Date, from when, from, to, notBefore, notAfter, cert, as EDTF; empty: it is none. */
struct str tei_date(struct tei *, const xmlNode *);
struct str tei_who(struct tei *, const xmlNode *); /* ref, key, or sameAs; "#ID" of what the document has an element for */

/* Walks any part of the text, and writes the notes that it refers to. */
void tei_text(struct tei *, xmlNode *);
/* Walks a piece of the header as if it stood in the text; notes are left to tei_text. */
void tei_inline(struct tei *, xmlNode *);
/* What the header says of the document: who wrote to whom, where and when, the manuscript, stamps; persons and places; `first`: its title is the text's. */
void tei_header(struct tei *, xmlNode *header, bool first);
/* listPerson, listPlace, listOrg, listBibl, listEvent: an item each. */
bool tei_is_list(const xmlNode *);
void tei_list(struct tei *, xmlNode *);
/* The page that facs names, or a new one. */
uint32_t tei_page(struct tei *, struct str facs, struct str label);
/* Where on its page the zone stands that the element's facs points at, or the zone or line itself, if it has coordinates. False: it has none, or is on no picture. */
bool tei_zone(struct tei *, const xmlNode *, struct flow_box *);
/* An element that runs over several lines (a paragraph with lb): its lines' zones, those that its facs names one after the other, or those in the one that it names, are taken for
 * its lines, if there are as many. *first: its first line has no lb, and begins where the element does. False: there are none, or not as many: then no word's place is known. */
bool tei_lines(struct tei *, const xmlNode *, bool *first);
/* The whole document below its root element. */
void tei_read(struct text *, xmlNode *root);

#endif
