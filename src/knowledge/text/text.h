/* text: the text of a document in its parts, as workers extract it, the search indexes it and the reading room shows it: blocks in reading order
 * (headings, paragraphs, the pieces of a letter, notes), marks inside them (references to notes, persons, places, dates, line and page breaks), pages
 * with the boxes of their words. Derived, never trusted: whoever reads it treats it as input. Pure. docs/format/text.md. Promise P9.
 *
 * A text is built block after block by whoever reads a document, finished once (text_finish), then only read. All views live as long as the text.
 * Everything that comes in is cleaned: invalid UTF-8 becomes U+FFFD, control characters but newline go. Caps: TEXT_MAX bytes of all blocks, and the counts
 * below; what is above is left out and text_cut says so: a document that is too long costs its own end only. */
#ifndef PHOTOSTAT_TEXT_H
#define PHOTOSTAT_TEXT_H

#include "base/base.h"

#define TEXT_MAX (32u << 20) /* bytes */
#define TEXT_BLOCKS_MAX 300000u
#define TEXT_MARKS_MAX 1000000u
#define TEXT_PAGES_MAX 100000u
#define TEXT_WORDS_MAX 2000000u
#define TEXT_STRING_MAX 2000u /* bytes of a title, label or target; all of them together: half of TEXT_MAX */

enum text_kind {
	TEXT_PARAGRAPH,
	TEXT_HEADING,  /* level 1 to 6 */
	TEXT_DATELINE, /* place and date of writing */
	TEXT_SALUTATION,
	TEXT_CLOSING,
	TEXT_SIGNATURE,
	TEXT_POSTSCRIPT,
	TEXT_ADDRESS,
	TEXT_NOTE, /* label: as its references have it, "1", "*"; marks with its id as target refer to it */
	TEXT_QUOTE,
	TEXT_ITEM,  /* of a list; level: depth from 1; label: as printed */
	TEXT_VERSE, /* lines are separated by newlines */
	TEXT_CODE,  /* white space counts */
	TEXT_CELL,  /* of a table; level: column from 1 */
	TEXT_CAPTION,
	TEXT_KINDS
};
/* What a block belongs to. */
enum text_part { TEXT_BODY, TEXT_FRONT, TEXT_INTRODUCTION, TEXT_LETTER, TEXT_AFTER, TEXT_NOTES, TEXT_BACK, TEXT_PARTS };
enum text_mark_kind {
	TEXT_REFERENCE, /* to a note: target is the note block's id, "n3"; empty: to none that is here; length 0: its label is the note's and not in the text */
	TEXT_EMPHASIS,
	TEXT_STRONG,
	TEXT_PERSON, /* target: who, as the source has it (a key, a URI), may be empty; the same of places */
	TEXT_PLACE,
	TEXT_DATE, /* target: EDTF, or empty */
	TEXT_LINK, /* target: http, https or mailto URI alone */
	TEXT_LINE, /* length 0: a line of the source begins here */
	TEXT_PAGE, /* length 0: a page begins here; target: its label; number: its number among text_page, 0: none */
	TEXT_DELETED,
	TEXT_ADDED,
	TEXT_UNCLEAR,
	TEXT_FOREIGN, /* target: the language, canonical BCP 47, or empty */
	TEXT_MARK_KINDS
};
/* Names as the format has them: "paragraph", "introduction", "reference"; false: no such. */
const char *text_kind_name(enum text_kind);
const char *text_part_name(enum text_part);
const char *text_mark_name(enum text_mark_kind);
bool text_kind_named(struct str, enum text_kind *);
bool text_part_named(struct str, enum text_part *);
bool text_mark_named(struct str, enum text_mark_kind *);

struct text_mark {
	enum text_mark_kind kind;
	uint32_t at, length; /* bytes of the block's text; at character boundaries */
	uint32_t number;     /* of TEXT_PAGE */
	struct str target;
};
struct text_block {
	enum text_kind kind;
	enum text_part part;
	unsigned level; /* 0: does not apply */
	struct str id;  /* given by text_finish: "p12" the twelfth block that is no note, "n3" the third note */
	struct str label;
	struct str language; /* canonical BCP 47, or empty: the text's */
	struct str text;     /* UTF-8, no control but newline (kept in TEXT_VERSE, TEXT_CODE; elsewhere white space is one space) */
	const struct text_mark *marks; /* by `at`, the longer first */
	size_t mark_count;
};
/* A page image's page, in the order of the document. */
struct text_page {
	struct str label;       /* as printed or as the source has it; empty: none */
	struct str image;       /* path of the image among the record's files; empty: a page of the document itself */
	uint32_t width, height; /* of the space in which words stand; 0: not known */
};
/* A word as it stands on a page: so many bytes of a block's text. */
struct text_word {
	uint32_t block;      /* number of the block, from 0 */
	uint32_t at, length; /* bytes of its text */
	uint32_t page;       /* from 1 */
	uint32_t x, y, width, height;
};

struct text;
struct text *text_new(void);
void text_free(struct text *); /* NULL is fine */

/* ---- building ------------------------------------------------------------------------------------------------------------------ */

void text_set_title(struct text *, struct str);
void text_set_language(struct text *, struct str); /* BCP 47; what is none is dropped */
/* What read it: "plain", "tei", "pdf", "ocr". */
void text_set_source(struct text *, struct str);
/* Begins a block; pieces and marks go to the one that was begun last. Blocks without a visible character are dropped by text_finish. */
void text_begin(struct text *, enum text_kind, enum text_part, unsigned level);
void text_set_label(struct text *, struct str);
void text_set_block_language(struct text *, struct str);
void text_add(struct text *, struct str piece);
/* Opens a mark here; text_unmark closes the one that was opened last and is open yet. Those open when the block ends are closed there. Of TEXT_LINE and TEXT_PAGE
 * there is nothing to close. */
void text_mark(struct text *, enum text_mark_kind, struct str target);
void text_unmark(struct text *);
/* `key` is the source's own name of the note that the block that was begun last is (xml:id, "1"): references whose target is "#KEY" become references to it. */
void text_set_key(struct text *, struct str key);
/* The number of the page, from 1; 0: there were too many. */
uint32_t text_add_page(struct text *, const struct text_page *);
void text_begin_page(struct text *, uint32_t number,
	struct str label); /* TEXT_PAGE here, of a block that was begun; of none: with the next one */
/* A word of the block begun last: what was added since `at` (text_here) stands in this box; `block`, `at`, `length` are filled in. */
uint32_t text_here(const struct text *);
void text_add_word(struct text *, uint32_t at, const struct text_word *);
/* How many words were added yet; and for words whose box is that of their line: those since `from` that were added with a width of 0 share this box, side by side, by their
 * length. */
size_t text_words_here(const struct text *);
void text_share_words(struct text *, size_t from, const struct text_word *box);
/* The source itself is broken off or damaged: text_cut says so. */
void text_set_cut(struct text *);
/* Drops empty blocks, settles white space, ids and references. To be called once, before anything below. */
void text_finish(struct text *);

/* ---- reading ------------------------------------------------------------------------------------------------------------------- */

struct str text_title(const struct text *); /* may be empty, like the next two */
struct str text_language(const struct text *);
struct str text_source(const struct text *);
bool text_cut(const struct text *);
size_t text_block_count(const struct text *);
void text_block(const struct text *, size_t i, struct text_block *);
bool text_find(const struct text *, struct str id, size_t *i); /* O(log n) */
size_t text_page_count(const struct text *);
void text_page(const struct text *, size_t number, struct text_page *); /* from 1 */
/* Words of one page, by block and place: *words points into the text. */
size_t text_words(const struct text *, size_t page, const struct text_word **words);

/* ---- the format: photostat.text/v1, one JSON object a line --------------------------------------------------------------------- */

/* Of a finished text. */
int text_write(const struct text *, int (*sink)(void *context, const void *, size_t, struct err *), void *context, struct err *);
/* Strict, capped. ERR_SYNTAX names the line; ERR_LIMIT. The text is finished. */
int text_read(struct text **, struct str bytes, struct err *);
/* Of the same bytes, or of as many of them as there are at hand, the first line: *out has title, language and source alone; how many pages the rest says it has. Of bytes that text_read took once
 * this is true. ERR_SYNTAX: the first line is wrong, or not all there: it has at most TEXT_HEAD_MAX bytes. */
#define TEXT_HEAD_MAX 16384u
int text_read_head(struct text **out, uint64_t *pages, struct str bytes, struct err *);

/* ALTO 4.4 (Library of Congress): the pages of a finished text with the lines and words that stand on them. Of a text without pages: none. O(words). */
int text_alto(const struct text *, int (*sink)(void *context, const void *, size_t, struct err *), void *context, struct err *);

/* ---- plain text: what no markup says -------------------------------------------------------------------------------------------- */

/* Bytes of a plain text in any common encoding (by byte order mark, UTF-8 if it is that, else by ICU's guess; *encoding, NULL is fine, gets its name) to UTF-8. */
int text_decode(struct str bytes, struct buf *out, const char **encoding, struct err *);
/* Reads UTF-8 lines as a typist or printer would have set them: paragraphs by blank lines or indentation, hyphenated line ends, headings, introduction, letter
 * (dateline, salutation, closing, signature, postscript), numbered notes in all common forms and the references to them, form feeds as pages. Does not finish. */
void text_plain(struct text *, struct str utf8);
/* CommonMark's blocks and emphasis, footnotes ([^1]), tables with pipes, title and language before the text between lines of dashes; raw HTML is text. Does not finish. */
void text_markdown(struct text *, struct str utf8);
/* The pieces of a letter and notes found in blocks that carry no such kinds yet (PDF, OCR, DOCX): the same eyes as text_plain's, on a text that is not finished. */
void text_recognise(struct text *);

#endif
