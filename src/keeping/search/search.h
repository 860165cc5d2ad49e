/* search: full text over what is described and what was extracted, in lists of its own that SQLite keeps: one file, derived and deletable. It knows nothing of archives: `archive`'s
 * callers feed it documents and ask it. Two files are kept, of what is open to everybody and of what is not (P6): a server for readers opens the first alone, so
 * that no count, snippet, suggestion or ranking of its can tell of what is closed; each hit is checked against the record again before it is shown.
 *
 * A handle belongs to one thread. One process feeds, any number read beside it. Errors as catalogue.h has them. */
#ifndef PHOTOSTAT_SEARCH_H
#define PHOTOSTAT_SEARCH_H

#include "base/base.h"
#include "crypto/crypto.h"
#include "text/text.h"

struct search;
int search_open(struct search **, const char *path, bool writable, struct err *);
/* Whether what failed failed because of the file: it is to be made anew. */
bool search_is_damaged(const struct search *);
void search_free(struct search *); /* NULL is fine; what is not committed is rolled back */
/* Throws everything away: position 0. Writable only; not while feeding. */
int search_clear(struct search *, struct err *);
/* How far it follows: whatever its feeder keeps here (a log size), 0 when new. */
int search_position(struct search *, uint64_t *, struct err *);

int search_begin(struct search *, struct err *);
int search_commit(struct search *, uint64_t position, struct err *);
void search_rollback(struct search *);

/* One record as it is now: replaces what was there of it. Its texts follow by search_put_block. */
struct search_record {
	struct str id;
	uint64_t index;   /* of its newest version's entry */
	struct str title; /* the first */
	const struct str *creators;
	size_t creator_count;
	const struct str *types; /* Dublin Core type and media types */
	size_t type_count;
	const struct str *languages;
	size_t language_count;
	const struct str *places;
	size_t place_count;
	int64_t first_day, last_day; /* days since 1970-01-01 that its dates span; INT64_MAX, INT64_MIN: none */
	struct str words;            /* all values of its description, one a line: searched as metadata */
	int64_t due; /* when it is to be looked at again, by any clock of the feeder's (search_next_due); 0: when it changes */
};
int search_put_record(struct search *, const struct search_record *, struct err *);
/* The text of one of its files, block by block, after its record and before the next one. Language by block, else `language`, else the record's first. A block's marks are
 * not looked at. */
int search_put_block(struct search *, struct str id, struct str path, struct str language, const struct text_block *, struct err *);
/* The language of a text that names none, by its commonest words: a tag of one that has a stemmer, or "" when that is not certain. Looks at the first 3,000 words. */
const char *search_guess_language(struct str text);
/* Absent is fine. */
int search_remove(struct search *, struct str id, struct err *);
bool search_has(struct search *, struct str id);
/* The first record by id behind `after` that is due: 1, 0 if there is none, -1. */
int search_next_due(struct search *, int64_t now, struct str after, struct buf *id, struct err *);
/* Makes what was deleted unrecoverable from the file (P6). */
int search_scrub(struct search *, struct err *);

struct search_hit {
	struct str id, title, path; /* path empty: found in the description */
	struct str block;           /* id of the text's block, "p12", "n3"; empty in the description */
	struct str creator;
	int64_t first_day, last_day;
	struct str snippet; /* plain text around the hit; the words hit between U+E000 and U+E001 */
	double score;
};
struct search_facet {
	const char *name; /* "creator", "language", "type", "place", "century", "decade" */
	struct str value;
	uint64_t count;
};
struct search_request {
	struct str query;    /* as typed: docs/search.md */
	struct str language; /* BCP 47 of who asks, for stemming of words whose language nothing says; may be empty */
	uint64_t offset;
	unsigned limit; /* records; at most 100; 0: 10 */
	bool facets;
	/* Whether this record, and this file of it (path empty: the description) may be shown; asked for each before it is. NULL: all. */
	bool (*admit)(void *context, struct str id, struct str path);
	int (*hit)(void *context, const struct search_hit *, struct err *);
	int (*facet)(void *context, const struct search_facet *, struct err *);
	void *context;
	/* filled */
	uint64_t total; /* records that match; if total_least, at least so many */
	bool total_least;
	struct buf suggestion; /* the query with misspelt words replaced, if that finds more; the caller's to release */
	struct buf said;       /* how the query was understood when it could not be taken as it is; one sentence, or empty */
};
/* ERR_USAGE: nothing to look for. Anything that can be typed is a query: what cannot be parsed is looked for as words. */
int search_find(struct search *, struct search_request *, struct err *);
/* Byte ranges of block text that the query's words hit, for marking in a text that is shown: appended to *ranges as pairs (at, length). */
int search_mark(struct str query, struct str language, struct str text, struct buf *ranges, struct err *);

#endif
