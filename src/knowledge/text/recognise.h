/* Recognition, inside: what plain paragraphs are, seen by their words, their order and the space around them. */
#ifndef PHOTOSTAT_TEXT_RECOGNISE_H
#define PHOTOSTAT_TEXT_RECOGNISE_H

#include "internal.h"

/* What is known of a block's place in its source; of sources that do not tell, gap 1 and the rest 0. */
struct hint {
	uint8_t gap;    /* empty lines before it, at most 9; a rule or a page counts as 9 */
	uint8_t indent; /* of its first line */
	bool line;      /* one line of the source, with others above or below it */
	bool fixed;     /* is what it is already */
};

/* Where a note or a reference to one is named: comparable. Numbers stand for themselves. */
typedef uint64_t label_key;
#define LABEL_NONE UINT64_MAX
/* How it is written. */
enum label_form {
	FORM_POINT,       /* 1. */
	FORM_BRACKET,     /* 1) */
	FORM_SQUARE,      /* [1] */
	FORM_ROUND,       /* (1) */
	FORM_SUPERSCRIPT, /* ¹ or ^1 */
	FORM_SYMBOL,      /* * † ‡ § */
	FORM_WORD,        /* Note 1: */
	FORM_DASH,        /* - • : of a list alone */
	FORM_BARE,        /* 1 and space: only where notes are looked for */
	FORMS
};
struct label {
	label_key key;
	enum label_form form;
	size_t at, n;  /* the label itself: "1", "*" */
	size_t prefix; /* bytes up to what follows it */
};
/* Whether the text begins with a label. */
size_t spaces(struct str, size_t at); /* where what is no space begins, at or behind `at` */
bool label_at_start(struct str, struct label *);
/* The superscript digits at the beginning: how many bytes, their value in *key; 0: none. */
size_t superscript(struct str, label_key *);
/* A symbol, repeated or not: * ** † ‡ §. */
size_t symbol(struct str, label_key *);

/* What may be a reference, in a row's text. */
enum reference_form { REFERENCE_SQUARE, REFERENCE_ROUND, REFERENCE_RAISED, REFERENCE_SYMBOL, REFERENCE_TRAILING };
struct candidate {
	label_key key;
	enum reference_form form;
	uint32_t row, at, n;
};
/* The next one at or after *at, which moves behind it; false: none. */
bool candidate_next(struct str, size_t *at, struct candidate *);

/* A row that begins with what should stand alone: [0, at) of it is of that kind, what is behind stays a paragraph. */
struct cut {
	uint32_t row, at;
	enum text_kind kind;
	unsigned level;
};
struct sight {
	struct text *text;
	size_t first, count; /* rows looked at, count of them from first */
	struct hint *hints;  /* [i]: of row first + i */
	uint32_t *shift;     /* bytes that a row lost at its beginning */
	struct cut *cuts;    /* to be made when all is seen; one a row */
	size_t cut_count, cut_cap;
	struct hint *own_hints; /* once cuts were made */
};
static inline struct row *sight_row(const struct sight *sight, size_t i)
{
	return &sight->text->rows[sight->first + i];
}
struct str sight_text(const struct sight *, size_t i); /* without white space at its end */
/* Rows not yet known for something. */
bool sight_open(const struct sight *, size_t i);
/* Takes the label off the beginning of a row, and sets it. */
void sight_take_label(struct sight *, size_t i, const struct label *);

void see_notes(struct sight *);
void see_letters(struct sight *);
void see_headings(struct sight *);
void see_references(struct sight *);
void see_run_in_headings(struct sight *);
void recognise(struct text *, size_t first, struct hint *hints);

/* ---- letters ---- */

#define LETTER_LINE 120 /* bytes of a line that may be a piece of a letter */
bool is_dateline(const struct sight *, size_t i);
bool is_heading_like(const struct sight *, size_t i);
/* All that closes a letter whose text begins behind row `before`, postscripts with it: the row behind it. */
size_t letter_end(struct sight *, size_t before, unsigned *evidence);
void letter_undo(struct sight *, size_t from, size_t to);
/* [from, to) is one; `first`: the first of its text, so that what stands above it is its title and introduction. */
void letter_take(struct sight *, size_t from, size_t to, bool first);
/* A letter that addresses nobody by name: seen by its date, closing and signature, and by whom it speaks to. False: there is none. */
bool see_unaddressed(struct sight *);
/* Where a salutation that begins a paragraph ends: the place of what follows it. 0: it begins with none. */
size_t run_in_salutation(const struct sight *, size_t i);

/* ---- run in ---- */

void sight_cut(struct sight *, size_t i, size_t at, enum text_kind, unsigned level);
/* Makes the cuts: rows, hints, marks and words move. O(all of them). */
void sight_apply_cuts(struct sight *);

/* ---- words.c ---- */

#define FOLDED 200
/* The beginning, in lower case, as far as Latin and Cyrillic letters go, cut at a character. */
struct str fold(struct str, char out[FOLDED]);
enum word_list {
	WORDS_SALUTATION,
	WORDS_SALUTATION_ALONE,
	WORDS_CLOSING,
	WORDS_CLOSING_SHORT,
	WORDS_POSTSCRIPT,
	WORDS_NOTES,
	WORDS_INTRODUCTION,
	WORDS_CHAPTER,
	WORDS_MONTH,
	WORDS_SIGNED,
	WORDS_TO,
	WORD_LISTS
};
/* How many bytes of the folded text the list's longest fitting entry takes, up to a boundary of words; 0: none. */
size_t begins_with(struct str folded, enum word_list);
/* Whether it is such an entry, but for punctuation at its end. */
bool is_one_of(struct str folded, enum word_list);
bool has_month(struct str folded);
size_t word_count(struct str); /* by spaces */
/* The last character is one of these (ASCII), behind closing quotes or not. */
bool ends_in(struct str, const char *characters);
bool starts_upper(struct str); /* a capital, behind opening quotes or not */
bool starts_lower(struct str);
bool all_capitals(struct str);             /* two letters at least, none small */
bool letter_before(struct str, size_t at); /* the character that ends at `at` is a letter */
bool has_year(struct str);
bool has_numeric_date(struct str);

#endif
