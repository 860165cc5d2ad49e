/* Inside search: the handle, words and how they are folded, records on their way into the index, queries. docs/design.md "Search".
 *
 * Two FTS5 tables hold the words, both without content and both fed with words that are made here, parted by WORD_SEPARATOR:
 *   words  where each folded word stands: a row a passage (64 KiB of a record's text), a column a part. For phrases, NEAR, prefixes.
 *   terms  what a record is about: a row a record; its stems, each once, its fields, and the stems that weigh much in it once more in tiers.
 * A record's key is that of its first passage. What is deleted is worked out anew from the stored text: analysis must not depend on anything but that. */
#ifndef PHOTOSTAT_SEARCH_INTERNAL_H
#define PHOTOSTAT_SEARCH_INTERNAL_H

#include <sqlite3.h>

#include "search/search.h"

/* Static libraries of one program share one space of names, and the catalogue has some of these. */
#define bind_blob search_bind_blob
#define bind_number search_bind_number
#define bind_text search_bind_text
#define bind_to search_bind_to
#define column_text search_column_text
#define hash_bytes search_hash_bytes
#define pending_begin search_pending_begin
#define pending_drop search_pending_drop
#define pending_release search_pending_release
#define run_sql search_run_sql
#define statement_get search_statement_get
#define statement_make search_statement_make
#define step search_step
#define step_done search_step_done

#define WORD_SEPARATOR '\x1f'
#define BLOCK_WORD "\x03" /* stands between two blocks, so that no phrase reaches over */
#define WORD_MAX 96u      /* bytes of a word, as it stands and folded */
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

/* ---- lexicon.c: words that were met, so that each is folded once --------------------------------------------------------------------- */

enum part { PART_TITLE, PART_HEADING, PART_DESCRIPTION, PART_BODY, PART_LETTER, PART_INTRODUCTION, PART_NOTE, PARTS };
struct term {
	struct str text;
	uint32_t hash;
	uint32_t as_form, as_stem; /* the last record (lexicon.record) that has it as folded word, as stem */
	uint32_t weight;           /* of the present record */
	int32_t change;            /* of the number of records that hold it as folded word, since the last flush */
	uint8_t parts;             /* bits of enum part, of the present record */
};
struct lexeme {
	struct str raw;
	uint32_t hash;
	uint32_t form, stem; /* numbers of terms */
	uint32_t also;       /* the stem of the folded word: so it is asked for by who types no accents; mostly `stem` */
	unsigned language;
	uint32_t seen; /* the query (lexicon.query) that `mask` is of */
	uint64_t mask; /* leaves of the query that it satisfies: match.c */
};
struct lexicon {
	struct stemmers stemmers;
	struct arena arena;
	struct lexeme *lexemes;
	struct term *terms;
	uint32_t *lexeme_slots, *term_slots; /* number + 1; 0: free */
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
uint32_t lexicon_term(struct lexicon *, struct str text);

/* ---- the handle ---------------------------------------------------------------------------------------------------------------------- */

enum statement_id {
	STATEMENT_POSITION,
	STATEMENT_SET_POSITION,
	STATEMENT_NEXT_KEY,
	STATEMENT_RECORD_BY_ID,
	STATEMENT_RECORD_BY_KEY,
	STATEMENT_RECORD_OF,
	STATEMENT_RECORD_INSERT,
	STATEMENT_RECORD_DUE,
	STATEMENT_RECORD_DELETE,
	STATEMENT_RECORDS,
	STATEMENT_LAST_KEY,
	STATEMENT_IMPACT_GET,
	STATEMENT_IMPACT_INSERT,
	STATEMENT_IMPACT_DELETE,
	STATEMENT_PASSAGE_GET,
	STATEMENT_PASSAGE_INSERT,
	STATEMENT_PASSAGE_DELETE,
	STATEMENT_WORDS_INSERT,
	STATEMENT_WORDS_DELETE,
	STATEMENT_TERMS_INSERT,
	STATEMENT_TERMS_DELETE,
	STATEMENT_WORD_PUT,
	STATEMENT_WORD_DELETE,
	STATEMENT_WORD_GET,
	STATEMENT_WORD_FROM,
	STATEMENT_LANGUAGE_PUT,
	STATEMENT_LANGUAGES,
	STATEMENT_TERMS_FIND,
	STATEMENT_WORDS_FIND,
	STATEMENT_WORDS_IN,
	STATEMENT_COUNT
};

enum column { COLUMN_HEAD, COLUMN_BODY, COLUMN_LETTER, COLUMN_INTRODUCTION, COLUMN_NOTE, COLUMN_DESCRIPTION, COLUMNS };

/* The record that is put, or taken out. */
struct pending {
	bool open, erasing;
	int64_t key;
	uint32_t passages;
	uint64_t index;
	int64_t first_day, last_day, due;
	struct buf id, title, facets; /* facets: "cName\x1fyText…" (record.c) */
	struct buf language;          /* the record's first */
	uint64_t length;              /* words so far */
	struct buf path;              /* of the last block */
	struct buf blocks, text;      /* of the passage */
	struct buf streams[COLUMNS];  /* its words */
	bool begun[COLUMNS];
	uint32_t *stems; /* numbers of terms */
	size_t stem_count, stem_capacity;
	struct buf terms, impacts;
};

struct search {
	sqlite3 *db;
	char *path;
	bool writable, feeding, damaged;
	int64_t next_key;
	sqlite3_stmt *statements[STATEMENT_COUNT];
	struct lexicon lexicon;
	struct pending pending;
	uint32_t languages; /* bits of stemmers (number - 1) that the file's texts were stemmed with */
	bool languages_known;
};

/* ---- feed.c ----------------------------------------------------------------------------------------------------------------------------- */

/* Reads which stemmers the file's texts went through. */
int search_languages(struct search *, struct err *);

/* ---- statement.c ----------------------------------------------------------------------------------------------------------------------- */

int search_fail(struct search *, int result, const char *doing, struct err *);
sqlite3_stmt *sql_get(struct search *, enum statement_id, struct err *);
sqlite3_stmt *sql_make(struct search *, const char *sql, struct err *);
struct binding {
	sqlite3_stmt *statement;
	int next, result;
};
struct binding sql_bind(sqlite3_stmt *);
void sql_number(struct binding *, int64_t);
void sql_text(struct binding *, struct str);
void sql_blob(struct binding *, const void *, size_t);
/* 1 a row, 0 done, -1. At the end of the rows, and after an error, the statement is reset. */
int sql_step(struct search *, const struct binding *, struct err *);
int sql_done(struct search *, const struct binding *, struct err *);
struct str sql_column(sqlite3_stmt *, int column);
int sql_run(struct search *, const char *sql, struct err *);

/* ---- tokenizer.c ------------------------------------------------------------------------------------------------------------------------- */

/* Makes "photostat" known to FTS5: words parted by WORD_SEPARATOR, taken as they are. */
int tokenizer_register(sqlite3 *);

/* ---- record.c: a record on its way --------------------------------------------------------------------------------------------------------- */

/* What a term begins with that is no stem. */
#define TERM_TIER '\x01'  /* then '1' to '3' and the stem */
#define TERM_PART '\x02'  /* then a letter of part_letters and the stem */
#define TERM_FIELD '\x04' /* then 'c' creator, 'y' type, 'l' language, 'p' place, 'i' id, 'D' decade, and a folded word */
#define TIERS 3u
extern const char part_letters[PARTS + 1];
#define DECADES_MAX 100
/* Appends TERM_FIELD "D…" of the decades of a record, each ended by WORD_SEPARATOR; what is wider than DECADES_MAX has one term for that. */
void decade_terms(struct buf *, int64_t first_day, int64_t last_day);
/* Those of all records that can overlap. */
void decade_terms_asked(struct buf *, int64_t first_day, int64_t last_day);
int64_t year_of_day(int64_t day);
/* Sorted: four bytes of a term's hash, one of its weight in the record. */
#define IMPACT_BYTES 5u
uint32_t term_hash(struct str term); /* never 0 */
/* 0: not in the record; else 1 to 256. */
unsigned impact_find(struct str impacts, uint32_t hash);

struct passage_block {
	struct str path, id, language, text;
	enum part part;
};
/* The caller fills in id, title, facets, days afterwards. */
int incoming_begin(struct search *, int64_t key, bool erasing, struct err *);
/* When erasing, incoming_passage tells where a passage ended. */
int incoming_block(struct search *, const struct passage_block *, struct err *);
int incoming_passage(struct search *, struct err *);
int incoming_end(struct search *, struct err *);
void incoming_drop(struct search *);
void incoming_release(struct pending *);
/* Cuts the first block off a stored passage: false at its end, or if it is damaged. */
struct passage {
	struct str blocks, text, path;
};
bool passage_next(struct passage *, struct passage_block *);

/* ---- vocabulary.c ---------------------------------------------------------------------------------------------------------------------------- */

/* Writes down how many records hold each word. */
int vocabulary_flush(struct search *, struct err *);
/* The word of the index that is nearest to it and most frequent; *records is 0 if there is none. */
int vocabulary_near(struct search *, struct str word, struct buf *out, uint64_t *records, struct err *);
int vocabulary_records(struct search *, struct str word, uint64_t *records, struct err *);
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
	/* found.c: of phrases and the like, the records that have it, the newest first */
	int64_t *keys;
	size_t key_count;
	bool keys_all;
	struct buf match; /* what FTS5 is asked for them */
	uint32_t *hashes; /* of `terms`, groups parted by 0 */
	size_t hash_count;
	double rarity;
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

/* ---- expression.c: what FTS5 is asked --------------------------------------------------------------------------------------------------------------- */

void expression_quoted(struct buf *, struct str text);
/* Alternatives, each ended by WORD_SEPARATOR; with a tier, those of that tier and above. */
void expression_any(struct buf *, struct str list, unsigned tier);
/* TERM alone: FTS5 decides it as we do. */
bool expression_exact(const struct query *, int number);
/* Appends what all records that match must fulfil; false, and nothing, if FTS5 cannot say anything. */
bool expression_put(const struct query *, int number, unsigned tier, struct buf *);
bool expression_leaf(const struct node *, unsigned tier, struct buf *);
bool expression_has_tiers(const struct query *);

/* ---- found.c: records that match, by weight ------------------------------------------------------------------------------------------------------- */

struct found {
	int64_t key;
	double score;
};
struct finding {
	struct found *of;
	size_t count, capacity;
	uint64_t total;
	bool least;
};
/* The best `wanted` stand first. Keys of `of` are the caller's to free. */
int find_records(struct search *, struct query *, size_t wanted, struct finding *, struct err *);
/* Leaves that a text can show, as bits. */
uint64_t query_shown(const struct query *);

/* ---- place.c: where in the record, and how it reads there ------------------------------------------------------------------------------------------ */

struct place {
	bool found;
	struct buf path, block, snippet;
};
/* Only in files that `request` admits. */
int find_place(struct search *, const struct query *, int64_t key, struct str id, const struct search_request *, struct place *,
	struct err *);
void place_release(struct place *);

#endif
