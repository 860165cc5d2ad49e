/* Inside search: the handle, words and how they are folded, records on their way into the index, lists of postings, queries. docs/design.md "Search".
 *
 * A record has a number, which only grows; a passage (64 KiB of its text) has the key number << 16 | which one. Two kinds of lists, each of one term:
 *   forms  where a folded word stands: passages, positions, parts. For phrases, NEAR, prefixes.
 *   stems  which records have a stem, or a field's word, how much it weighs there, and in which parts it is.
 * A list lies in rows of `posting`, by segment; what is put anew gets a new number, and the old one is gone: passed over, then swept. */
#ifndef PHOTOSTAT_SEARCH_INTERNAL_H
#define PHOTOSTAT_SEARCH_INTERNAL_H

#include "database/database.h"
#include "search/search.h"

#define WORD_SEPARATOR '\x1f'
#define WORD_MAX 96u /* bytes of a word, as it stands and folded */
#define PASSAGE_BYTES 65536u
#define RECORD_TERMS_MAX 200000u /* different words of one record that are searched for without quotes */

/* ---- letters.c: what a word is made of, and how it is folded ----------------------------------------------------------------------- */

enum letter {
	LETTER_NONE,
	LETTER_WORD,
	LETTER_PAIR, /* of scripts that do not part words: each two neighbours are a word */
	LETTER_MARK, /* goes with the letter before */
	LETTER_IGNORED,
};
enum letter letter_class(int32_t character);
/* The folded word: case, accents, points and historical letters gone. */
void fold_word(struct str raw, struct buf *out);
/* In small letters, composed, accents kept, historical letters as they are written now: what stemmers were made for. */
void lower_word(struct str raw, struct buf *out);

/* ---- words.c: a text into words ---------------------------------------------------------------------------------------------------- */

struct words {
	struct str text;
	size_t at;
	size_t pair_end; /* of the first letter of a pair that was given last; 0: none */
};
struct word {
	struct str raw; /* a view, at most WORD_MAX bytes */
	size_t at, length;
	bool pair; /* two letters of a script without spaces */
	bool last; /* the single last letter of such a run */
};
bool words_next(struct words *, struct word *);

/* ---- stemming.c -------------------------------------------------------------------------------------------------------------------- */

#define STEMMERS_MAX 32u
struct stemmers {
	struct sb_stemmer *of[STEMMERS_MAX]; /* by number; made when first used */
	struct buf lower;
};
/* Whether its stems begin as their words do. */
bool stemmer_keeps_beginnings(unsigned number);
/* The number of the language's stemmer, from 1; 0: none. */
unsigned stemmer_find(struct str language);
unsigned stemmer_count(void);
const char *stemmer_name(unsigned number);
/* Appends the folded stem of a word as it stands. Number 0: the folded word. */
void stem_word(struct stemmers *, unsigned number, struct str raw, struct buf *out);
void stemmers_release(struct stemmers *);

/* ---- posting.c: lists of postings, as bytes ------------------------------------------------------------------------------------------- */

#define PASSAGES_MAX 65536u /* of one record: 4 GiB of text; what is beyond is not found */
#define LIST_ROW 1900u      /* bytes of a list in one row: four of them fill a page */
enum part { PART_TITLE, PART_HEADING, PART_DESCRIPTION, PART_BODY, PART_LETTER, PART_INTRODUCTION, PART_NOTE, PARTS };
enum list_kind { LIST_FORMS = 'f', LIST_STEMS = 's' };

static inline int64_t posting_key(uint32_t record, uint32_t passage)
{
	return (int64_t)record << 16 | passage;
}

static inline uint32_t posting_record(int64_t key)
{
	return (uint32_t)(key >> 16);
}

struct piece;
/* On its way, in an arena. */
struct list {
	struct piece *first, *last;
	uint16_t used, size; /* of the last piece */
	uint16_t last_passage;
	uint8_t part;
	bool open; /* the last posting's positions may go on */
	uint32_t position, last_record, count, bytes;
	int64_t first_key;
};
/* In ascending order of records; of a record's passages; of a passage's positions, which begin with 1. */
void list_stem(struct arena *, struct list *, uint32_t record, unsigned impact, unsigned parts);
void list_form(struct arena *, struct list *, uint32_t record, uint32_t passage, enum part, uint32_t position);
void list_close(struct arena *, struct list *);
void list_fetch(const struct list *); /* brings from memory where it goes on */
void list_bytes(const struct list *, struct buf *out);

struct posting {
	uint32_t record, passage;
	unsigned impact, parts; /* of stems; parts: bits */
	struct str positions;   /* of forms, as bytes */
};
/* The next one of *rest: record is the one before it on entry (at first, the row's). False: it is damaged, or there is none. */
bool posting_next(enum list_kind, struct str *rest, struct posting *);
/* Appends a uint32_t for each place: position << 3 | part, ascending. */
void posting_positions(const struct posting *, struct buf *out);
bool posting_has_part(const struct posting *, enum part);
void posting_put(enum list_kind, struct buf *out, uint32_t before, const struct posting *);

/* ---- lexicon.c: words that were met, so that each is folded once --------------------------------------------------------------------- */

struct term {
	struct str text;
	uint32_t as_stem; /* the last record (lexicon.record) that has it as stem */
	uint32_t weight;  /* of the present record */
	uint8_t parts;    /* bits of enum part, of the present record */
	struct list forms, stems;
};
#define LEXEME_HEAD 20u
struct lexeme {
	uint32_t form, stem; /* numbers of terms */
	uint32_t also;       /* the stem of the folded word: so it is asked for by who types no accents; mostly `stem` */
	uint32_t seen;       /* the query (lexicon.query) that `mask` is of */
	uint64_t mask;       /* leaves of the query that it satisfies: match.c */
	uint8_t language, length;
	char head[LEXEME_HEAD]; /* of the word; a longer one is compared with `raw` as well */
	const char *raw;
};
struct slot {
	uint32_t hash, number; /* number of a lexeme or term + 1; 0: free */
};
struct lexicon {
	struct stemmers stemmers;
	struct arena arena;
	struct lexeme *lexemes;
	struct term *terms;
	struct slot *lexeme_slots, *term_slots;
	uint32_t lexeme_count, term_count, lexeme_capacity, term_capacity, lexeme_mask, term_mask;
	uint32_t record, query;
	struct buf folded, stemmed;
};
uint32_t word_hash(const void *, size_t, uint32_t seed);
void lexicon_init(struct lexicon *);
void lexicon_release(struct lexicon *);
void lexicon_clear(struct lexicon *); /* forgets all words: numbers end */
bool lexicon_full(const struct lexicon *);
/* The word, met now or before. The pointer lives until the next call. */
struct lexeme *lexicon_word(struct lexicon *, unsigned language, struct str raw);
/* The same in steps, for who has many words: what each step will look at can be brought from memory while other words are at theirs. */
uint32_t lexicon_sum(unsigned language, struct str raw);
void lexicon_fetch_slot(const struct lexicon *, uint32_t sum);
void lexicon_fetch_word(const struct lexicon *, uint32_t sum);
struct lexeme *lexicon_word_of(struct lexicon *, uint32_t sum, unsigned language, struct str raw);
void lexicon_fetch_term(const struct lexicon *, uint32_t number);
uint32_t lexicon_term(struct lexicon *, struct str text);

/* ---- the handle ---------------------------------------------------------------------------------------------------------------------- */

enum statement_id {
	STATEMENT_POSITION,
	STATEMENT_SET_POSITION,
	STATEMENT_COUNTS,
	STATEMENT_RECORD_BY_ID,
	STATEMENT_RECORD_BY_KEY,
	STATEMENT_RECORD_INSERT,
	STATEMENT_RECORD_DUE,
	STATEMENT_RECORD_DELETE,
	STATEMENT_PASSAGE_GET,
	STATEMENT_PASSAGE_INSERT,
	STATEMENT_PASSAGES_DELETE,
	STATEMENT_POSTING_INSERT,
	STATEMENT_POSTING_DROP,
	STATEMENT_POSTING_BEHIND,
	STATEMENT_POSTING_CHANGE,
	STATEMENT_POSTING_DELETE,
	STATEMENT_LIST_NEXT,
	STATEMENT_LIST_AT,
	STATEMENT_LIST_COUNT,
	STATEMENT_WORDS_FROM,
	STATEMENT_SEGMENTS,
	STATEMENT_SEGMENT_INSERT,
	STATEMENT_SEGMENT_DROP,
	STATEMENT_GONE,
	STATEMENT_GONE_PUT,
	STATEMENT_GONE_CLEAR,
	STATEMENT_CHANGES,
	STATEMENT_LANGUAGE_PUT,
	STATEMENT_LANGUAGES,
	STATEMENT_COUNT
};

/* The record that is put. */
struct pending {
	bool open;
	uint32_t number, passages;
	uint64_t index;
	int64_t first_day, last_day, due;
	struct buf id, title, facets; /* facets: "cName\x1fyText…" (record.c) */
	struct buf language;          /* the record's first */
	uint64_t length;              /* words so far */
	uint32_t position;            /* in the passage */
	struct buf path;              /* of the last block */
	struct buf blocks, text;      /* of the passage */
	uint32_t *stems;              /* numbers of terms */
	size_t stem_count, stem_capacity;
	struct buf term;
};

struct segment {
	int64_t number, first, last, bytes; /* first, last: keys */
};

struct search {
	struct database database;
	bool feeding;
	uint32_t next_record;
	int64_t next_segment, records;
	struct lexicon lexicon;
	struct arena postings; /* the lists of the lexicon's terms */
	struct pending pending;
	struct buf segments, gone; /* struct segment, the oldest first; numbers of records, ascending */
	bool segments_known;
	int64_t changes; /* of other connections, when they were read */
	unsigned rows_read;
	bool cut_short;     /* the query has read as much as it may */
	uint32_t languages; /* bits of stemmers (number - 1) that the file's texts were stemmed with */
	bool languages_known;
};

/* ---- feed.c ----------------------------------------------------------------------------------------------------------------------------- */

/* Reads which stemmers the file's texts went through. */
int search_languages(struct search *, struct err *);

/* ---- form.c ---------------------------------------------------------------------------------------------------------------------------- */

extern const struct database_form search_form;

/* ---- segment.c -------------------------------------------------------------------------------------------------------------------------- */

/* Reads which segments there are, and what is gone. */
int segments_know(struct search *, struct err *);
size_t segment_count(const struct search *);
const struct segment *segment_at(const struct search *, size_t);
bool segment_gone(const struct search *, uint32_t record);
/* Writes the lists in memory down as a segment, and forgets them. */
int segment_flush(struct search *, struct err *);
void segment_forget(struct search *);
/* Merges so that there are few; sweeps if very much is gone. */
int segments_settle(struct search *, struct err *);
int segments_tidy(struct search *, struct err *);
/* Takes what is gone out of all lists. */
int segments_sweep(struct search *, struct err *);

/* ---- cursor.c --------------------------------------------------------------------------------------------------------------------------- */

#define ROWS_MOST 40000u /* of lists, that one query reads: some thirty million postings */
struct cursor {
	struct search *s;
	enum list_kind kind;
	struct buf term;
	size_t segment;
	int64_t first, last; /* keys of the row that is held; -1: none of this segment yet */
	struct buf list;
	struct str rest;
	struct posting posting; /* where it stands */
	bool before, ended;
};
void cursor_open(struct cursor *, struct search *, enum list_kind, struct str term);
void cursor_close(struct cursor *);
/* To the first posting whose key is not below, if it does not stand behind it already: 1, 0 at the end, -1. */
int cursor_seek(struct cursor *, int64_t key, struct err *);
int cursor_next(struct cursor *, struct err *);
/* How many there are, those of records that are gone and not swept yet included. */
int cursor_count(const struct cursor *, uint64_t *postings, struct err *);

/* ---- record.c: a record on its way --------------------------------------------------------------------------------------------------------- */

/* What a term begins with that is no stem. */
#define TERM_FIELD '\x04' /* then 'c' creator, 'y' type, 'l' language, 'p' place, 'i' id, 'D' decade, and a folded word */
#define DECADES_MAX 100
/* Appends TERM_FIELD "D…" of the decades of a record, each ended by WORD_SEPARATOR; what is wider than DECADES_MAX has one term for that. */
void decade_terms(struct buf *, int64_t first_day, int64_t last_day);
/* Those of all records that can overlap; *unsure: of so many, the first, it is to be seen whether they do. */
void decade_terms_asked(struct buf *, int64_t first_day, int64_t last_day, unsigned *unsure);
int64_t year_of_day(int64_t day);

struct passage_block {
	struct str path, id, language, text;
	enum part part;
};
/* The caller fills in id, title, facets, days afterwards. */
int incoming_begin(struct search *, struct err *);
int incoming_block(struct search *, const struct passage_block *, struct err *);
int incoming_end(struct search *, struct err *);
void incoming_drop(struct search *);
void incoming_release(struct pending *);
/* Cuts the first block off a stored passage: false at its end, or if it is damaged. */
struct passage {
	struct str blocks, text, path;
};
bool passage_next(struct passage *, struct passage_block *);

/* ---- vocabulary.c ---------------------------------------------------------------------------------------------------------------------------- */

/* The word of the index that is nearest to it and most frequent; *passages is 0 if there is none. */
int vocabulary_near(struct search *, struct str word, struct buf *out, uint64_t *passages, struct err *);
/* In how many passages it is; 0 only if there is none. */
int vocabulary_passages(struct search *, struct str word, uint64_t *passages, struct err *);
/* The most frequent words that begin so, at most `most`, each followed by WORD_SEPARATOR; *all: there are no others. */
int vocabulary_prefix(struct search *, struct str prefix, size_t most, struct buf *out, bool *all, struct err *);

/* ---- token.c: what was typed, in pieces ---------------------------------------------------------------------------------------------------------------- */

enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_PHRASE, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_AND, TOKEN_OR, TOKEN_NOT, TOKEN_NEAR };
struct token {
	enum token_kind kind;
	struct str text;  /* of a word without its star, of a phrase without its quotes */
	struct str field; /* "creator" before the colon, or empty */
	struct str typed;
	bool star;
	unsigned distance;
};
/* The next one of `text` from *at on. *why (else untouched): a quotation mark is not closed. */
void token_next(struct str text, size_t *at, struct token *, const char **why);
/* AND, OR, NOT, NEAR: kind and distance are filled in. */
bool token_operator(struct token *);

/* ---- query.c: what was typed, as a tree --------------------------------------------------------------------------------------------------------- */

#define QUERY_BYTES_MAX 4096u
#define QUERY_LEAVES_MAX 48u
#define QUERY_DEPTH_MAX 16u
#define QUERY_NODES_MAX 256u
enum node_kind {
	NODE_AND,
	NODE_OR,
	NODE_TERM,   /* any of `terms` */
	NODE_PHRASE, /* `words` one after the other; one alone: exactly that word */
	NODE_NEAR,   /* `words` is several phrases, parted by NEAR_SEPARATOR */
	NODE_PREFIX,
	NODE_DATE,
};
#define NEAR_SEPARATOR '\x1e'
struct node {
	enum node_kind kind;
	bool negative; /* of a child of NODE_AND: must not be */
	bool field;    /* no word that a text is to show: weighs nothing, is not marked */
	int child, next;
	int leaf;         /* number among the leaves; -1 */
	struct str typed; /* where it stands in the query */
	struct buf words; /* folded, parted by WORD_SEPARATOR */
	struct buf raw;   /* the words as they were typed, the same */
	struct buf
		terms; /* of NODE_TERM, and of those that stand in the others' way into `terms`: parted by WORD_SEPARATOR, groups by NEAR_SEPARATOR */
	enum part part;    /* in: ; PARTS: anywhere */
	unsigned distance; /* of NODE_NEAR */
	int64_t first_day, last_day;
	unsigned unsure; /* of NODE_DATE: the first of `terms`, of which it is to be seen whether they match */
	double rarity;   /* found.c */
};
struct query {
	struct buf text; /* as it was taken, at most QUERY_BYTES_MAX */
	struct node nodes[QUERY_NODES_MAX];
	int count, leaves, root; /* root -1: nothing */
	bool begins[256];        /* bytes that what is shown may begin with, folded */
	bool cut, plain;         /* too long; looked for as words */
	const char *why;         /* it could not be parsed */
};
/* `languages`: bits of the stemmers that count. */
void query_parse(struct query *, struct str text, uint32_t languages, struct stemmers *);
void query_release(struct query *);

/* ---- match.c: the words of a query in a text ------------------------------------------------------------------------------------------------------ */

/* Which leaves (bits) the word satisfies by itself: of a phrase each of its words. */
uint64_t match_word(struct lexicon *, const struct query *, struct lexeme *);
/* Appends pairs (at, length) of the words hit, ascending; *leaves gets the bits of what is there, as phrases where it must be one. */
void match_text(struct lexicon *, const struct query *, unsigned language, struct str text, struct buf *ranges, uint64_t *leaves);

/* ---- leaf.c: the records that fulfil one condition -------------------------------------------------------------------------------------------------- */

struct leaf {
	struct search *s;
	const struct node *node;
	struct cursor *cursors; /* of which one must be; of a phrase or NEAR, the words in their order */
	size_t count, lead;     /* lead: the rarest word of a phrase */
	size_t lengths[64], phrases;
	struct cursor *stems; /* of a phrase: what its words weigh */
	size_t *groups;       /* which word it is of */
	size_t stem_count, group_count;
	double records; /* at most so many have it, as far as is known */
	bool all;       /* of a prefix: no word is left out */
	struct buf starts, other;
	uint32_t at;
	bool known, ended;
};
int leaf_open(struct leaf *, struct search *, const struct node *, struct err *);
void leaf_close(struct leaf *);
/* The first record that fulfils it and is not below: 1, 0, -1. Records must not be asked for in descending order. */
int leaf_seek(struct leaf *, uint32_t record, uint32_t *found, struct err *);
/* What it weighs in the record at which it stands: 0 to 1, a little more for a phrase. */
int leaf_weight(struct leaf *, uint32_t record, double *weight, struct err *);
/* The first passages of the record that have the node's words as they stand, at most `most`. */
int leaf_passages(struct search *, const struct node *, uint32_t record, int64_t *keys, size_t most, size_t *count, struct err *);

/* ---- found.c: records that match, by weight ------------------------------------------------------------------------------------------------------- */

struct found {
	uint32_t record;
	double score;
};
struct finding {
	struct found *of;
	size_t count;
	uint64_t total; /* records that match */
	bool least;     /* at least so many: not all were looked at */
};
/* The best `wanted`, the best first, of equals the newest. `of` is the caller's to free. */
int find_records(struct search *, struct query *, size_t wanted, struct finding *, struct err *);
/* Leaves that a text can show, as bits. */
uint64_t query_shown(const struct query *);

/* ---- place.c: where in the record, and how it reads there ------------------------------------------------------------------------------------------ */

struct place {
	bool found;
	struct buf path, block, snippet;
};
/* Only in files that `request` admits. */
int find_place(struct search *, const struct query *, uint32_t record, struct str id, const struct search_request *, struct place *,
	struct err *);
void place_release(struct place *);

#endif
