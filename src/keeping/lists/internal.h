/* Inside lists: the file and its statements. */
#ifndef PHOTOSTAT_LISTS_INTERNAL_H
#define PHOTOSTAT_LISTS_INTERNAL_H

#include "database/database.h"
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
	FIND_RECORD,
	FIND_NAME,
	NAME_NEW,
	NAME_COUNT,
	NAME_DROP,
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
	struct database database;
	sqlite3_stmt *pieces[LISTS_RECENT + 1][2][2]; /* order, backwards, from a place */
	uint64_t count;
	int64_t last_key;
	uint32_t begin[YEARS_COUNTED], end[YEARS_COUNTED]; /* of all that have dates */
	uint32_t begin_within[LISTS_YEARS], end_within[LISTS_YEARS];
	uint64_t spans[SPANS]; /* records of each class */
};

/* 1, 0 no record has it, -1. */
int lists_find_name(struct lists *, int kind, struct str text, int64_t *key, uint64_t *records, struct err *);

/* The columns of a row, from the first on. */
#define ROW_COLUMNS                                                                                                                \
	"record.key, record.id, record.newest, record.title, record.tongue, record.level, record.code, record.parent, "            \
	"record.date,"                                                                                                             \
	" record.edtf, record.first, record.last, record.people, record.places, record.languages, record.files, record.pictures"
#define ROW_COLUMN_COUNT 17
const struct holding *lists_row(sqlite3_stmt *, struct arena *);

#endif
