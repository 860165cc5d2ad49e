/* Inside lists: the database and its statements. */
#ifndef PHOTOSTAT_LISTS_INTERNAL_H
#define PHOTOSTAT_LISTS_INTERNAL_H

#include <sqlite3.h>

#include "lists/lists.h"

#define YEARS_COUNTED 10002 /* before 0, 0 to 9999, after */
#define SPANS 64            /* classes of spans: bits of their length in days */

enum {
	PUT_RECORD,
	PUT_AGAIN,
	PUT_VALUE,
	PUT_RELATION,
	DROP_VALUES,
	DROP_RELATIONS,
	DROP_RECORD,
	FIND_KEY,
	FIND_RECORD,
	FIND_NAME,
	NAME_NEW,
	NAME_COUNT,
	NAME_DROP,
	NAMES_OF,
	TOP_PARTS,
	TOP_OWN,
	COUNT_PARTS,
	NAMES_AFTER,
	NAMES_BEFORE,
	RELATING,
	RECORD_BY_KEY,
	DATED_AFTER,
	DATED_BEFORE,
	STATEMENTS
};

struct lists {
	sqlite3 *db;
	sqlite3_stmt *statements[STATEMENTS];
	sqlite3_stmt *pieces[LISTS_RECENT + 1][2][2]; /* order, backwards, from a place */
	uint64_t count;
	int64_t last_key;
	uint32_t begin[YEARS_COUNTED], end[YEARS_COUNTED]; /* of all that have dates */
	uint32_t begin_within[LISTS_YEARS], end_within[LISTS_YEARS];
	uint64_t spans[SPANS]; /* records of each class */
};

int lists_fail(struct lists *, struct err *);
/* The statement, made when it is first wanted, without its old bindings. NULL: *err. */
sqlite3_stmt *lists_statement(struct lists *, int which, struct err *);
int lists_done(struct lists *, sqlite3_stmt *, struct err *); /* one that gives no row */
int lists_bind_text(sqlite3_stmt *, int at, struct str);
struct str lists_column(sqlite3_stmt *, int column);
/* 1 and *key, 0 absent, -1. */
int lists_key_of(struct lists *, struct str id, int64_t *key, struct err *);

/* The columns of a row, from the first on. */
#define ROW_COLUMNS                                                                                                                \
	"record.key, record.id, record.newest, record.title, record.tongue, record.level, record.code, record.parent, "            \
	"record.date,"                                                                                                             \
	" record.edtf, record.first, record.last, record.people, record.places, record.languages, record.files, record.pictures"
#define ROW_COLUMN_COUNT 17
const struct holding *lists_row(sqlite3_stmt *, struct arena *);

#endif
