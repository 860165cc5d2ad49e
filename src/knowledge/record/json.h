/* The reader of photostat.json, inside: guard and events. */
#ifndef PHOTOSTAT_RECORD_JSON_H
#define PHOTOSTAT_RECORD_JSON_H

#include "internal.h"

#include <yajl/yajl_parse.h>

struct json_guard {
	size_t token; /* bytes since the last token ended */
	int depth;
	bool string, escaped, was_plain, high_before;
	int digits; /* of \uXXXX still to come */
	unsigned unit;
};
/* Looks at bytes before the parser does. ERR_SYNTAX, ERR_LIMIT. */
int json_guard(struct json_guard *, struct str bytes, struct err *);

/* Where in the document an event happens. */
enum place {
	AT_START,
	AT_TOP,      /* the record's object */
	AT_METADATA, /* "metadata": terms */
	AT_TERM,     /* the list of a term's values */
	AT_VALUE,    /* { "value", "language" } or { "edtf", "written" } */
	AT_EVENTS,
	AT_EVENT,
	AT_FILES,
	AT_FILE,
	AT_END,
};
#define PLACES_MAX 8 /* the deepest: top, metadata, term, value */

/* Strings and numbers of an object in the making. */
#define SLOTS 12
struct slot {
	size_t at, n; /* in scratch */
	bool set;
};

struct record_parser {
	yajl_handle json;
	enum record_source source;
	struct record *record;
	struct json_guard guard;
	enum place places[PLACES_MAX];
	size_t depth;  /* of places in use; the top one is places[depth - 1] */
	size_t skip;   /* containers open inside a key that is passed over */
	bool skip_one; /* the next value is passed over */
	bool lone;     /* the value is the only one of its term, without a list around it */
	int key;       /* number of the key in its place's table; -1: none */
	enum dc_term term;
	uint64_t top_seen, terms_seen; /* bits */
	struct slot slots[SLOTS];
	struct buf scratch;
	uint64_t line; /* of the beginning of the piece being fed */
	const unsigned char *piece;
	size_t piece_n;
	unsigned char bom[3];
	size_t bom_n; /* bytes held back at the beginning */
	bool started, failed;
	struct err err;
};

extern const yajl_callbacks record_json_events;
/* Remembers the first error; 0, to return from a callback. */
int json_fail(struct record_parser *, enum err_code, const char *format, ...) __attribute__((format(printf, 3, 4)));
uint64_t json_line(const struct record_parser *);

#endif
