/* DOCX, inside: styles and numbering, as its files share them. */
#ifndef PHOTOSTAT_READERS_DOCX_H
#define PHOTOSTAT_READERS_DOCX_H

#include "base/base.h"
#include "xml.h"

#include <libxml/hash.h>

#define DOCX_LEVELS 9

/* What a paragraph's style, through those that it is based on, says. */
struct docx_style {
	unsigned heading; /* 1 to 6; 0: none */
	bool quote, caption;
	bool is_title;
	struct str number, level; /* of a list: numId, ilvl; empty: none */
	struct str language;
};
struct docx_list {
	struct str number; /* numId */
	const xmlNode *levels[DOCX_LEVELS];
	unsigned next[DOCX_LEVELS];
	unsigned start[DOCX_LEVELS];
};
struct docx_styles {
	xmlDoc *styles, *numbering;
	xmlHashTable *by_id; /* nodes of styles */
	struct docx_list *lists;
	size_t list_count, list_cap;
	struct str language; /* of the document's defaults */
};
/* Both trees may be NULL; they become the styles'. */
void docx_styles_open(struct docx_styles *, xmlDoc *styles, xmlDoc *numbering);
void docx_styles_close(struct docx_styles *);
void docx_style(const struct docx_styles *, struct str id, struct docx_style *);
/* The label that an item of this list gets, as Word numbers it; empty: a bullet, or no list. Counts on. */
void docx_label(struct docx_styles *, struct str number, unsigned level, struct buf *label);

/* "iv", "c", "4", by Word's name of the form. */
void docx_number(struct buf *, struct str form, unsigned number);

#endif
