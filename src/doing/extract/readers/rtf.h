/* RTF, inside. */
#ifndef PHOTOSTAT_READERS_RTF_H
#define PHOTOSTAT_READERS_RTF_H

#include "flow.h"

#define RTF_DEPTH_MAX 20000u /* groups in groups; deeper ones are passed over */
#define RTF_FONTS_MAX 10000u

/* Where text goes. */
enum rtf_destination {
	RTF_TEXT,
	RTF_SKIP,
	RTF_FONTS,
	RTF_STYLES,
	RTF_TITLE,
	RTF_LABEL,       /* of an item: \listtext, \pntext */
	RTF_INSTRUCTION, /* of a field */
};
/* What a group's end restores. */
struct rtf_group {
	enum rtf_destination destination;
	bool strong, emphasis, underline, struck, deleted, added, hidden;
	bool starred;      /* \* was the last word: what is not known is passed over */
	bool alternative;  /* of \upr: its text is said again in \ud */
	unsigned fallback; /* \ucN: characters that stand for a \u */
	unsigned font, language;
	struct str link;
};
struct rtf_style {
	unsigned number, heading;
	bool quote;
};
struct rtf_note {
	size_t from, to; /* bytes of the document */
	struct rtf_group group;
	struct str label, key;
};
struct rtf {
	struct str bytes;
	size_t at;
	struct text *text;
	struct flow flow;
	struct arena arena;
	struct rtf_group now, *groups;
	size_t depth, cap, too_deep;
	/* bytes in the codepage of the font, characters that are complete */
	struct buf pending, words;
	unsigned pending_codepage, skip; /* characters to pass over after \u */
	unsigned high;                   /* the first half of a surrogate pair */
	unsigned codepage, base_language, default_font;
	uint16_t *fonts; /* codepages by number; 0: the document's */
	unsigned font, style_number;
	struct buf name; /* of the style that is read */
	struct rtf_style *styles;
	size_t style_count, style_cap;
	struct rtf_note *notes;
	size_t note_count, note_cap;
	unsigned footnote_number, endnote_number;
	bool endnotes_roman;
	/* the paragraph */
	unsigned heading, column, list_level;
	bool in_table, is_item, in_note, quote;
	struct buf label, title, instruction;
};

/* A control word or symbol with its number. True if it was one that means something here. */
void rtf_word(struct rtf *, struct str word, bool has_number, long number);
void rtf_flush(struct rtf *);               /* what was gathered goes where it belongs */
void rtf_character(struct rtf *, uint32_t); /* Unicode */
unsigned rtf_charset_codepage(long charset);
struct str rtf_language(unsigned lcid); /* BCP 47; empty: none that is known */
void rtf_footnote(struct rtf *);        /* the group that it begins, from here to its end, is put off */

#endif
