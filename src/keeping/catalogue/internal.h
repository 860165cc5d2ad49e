/* Inside catalogue: the handle, its prepared statements, the shared steps of feeding and listing. */
#ifndef PHOTOSTAT_CATALOGUE_INTERNAL_H
#define PHOTOSTAT_CATALOGUE_INTERNAL_H

#include "catalogue/catalogue.h"
#include "database/database.h"

/* Between the values of a repeated term inside one column. */
#define UNIT_SEPARATOR '\x1f'
#define TEXT_MAX 16384u

/* Statements that every call may use: never left stepped halfway, so that a callback can use them again. */
enum statement_id {
	STATEMENT_POSITION,
	STATEMENT_SET_POSITION,
	STATEMENT_RECORD_BY_ID,
	STATEMENT_RECORD_INSERT,
	STATEMENT_RECORD_UPDATE,
	STATEMENT_RECORD_INDEXED,
	STATEMENT_RECORD_ACCESS,
	STATEMENT_RECORD_FILES_ACCESS,
	STATEMENT_RECORD_TOUCH,
	STATEMENT_VERSION_GET,
	STATEMENT_VERSION_INSERT,
	STATEMENT_VERSION_EXPUNGE,
	STATEMENT_ENTRY_INSERT,
	STATEMENT_ACCESS_INSERT,
	STATEMENT_ACCESS_DELETE,
	STATEMENT_RECORD_NO_ACCESS,
	STATEMENT_PARENT_GET,
	STATEMENT_PARENT_ID,
	STATEMENT_PARENT_INSERT,
	STATEMENT_WORDS_INSERT,
	STATEMENT_WORDS_DELETE,
	STATEMENT_RANGE_INSERT,
	STATEMENT_RANGE_DELETE,
	STATEMENT_LANGUAGE_INSERT,
	STATEMENT_LANGUAGE_DELETE,
	STATEMENT_FILE_INSERT,
	STATEMENT_FILES_DELETE,
	STATEMENT_DIGEST_INSERT,
	STATEMENT_DIGEST_DELETE,
	STATEMENT_COUNT_RECORDS,
	STATEMENT_ROW,
	STATEMENT_COUNT
};

/* A digest's first eight bytes and the record: sorted before they go in, so that each page of the index is touched once a run. */
struct pending_digest {
	uint64_t prefix;
	int64_t record;
};
#define PENDING_MAX 65536u
/* The same for date ranges. */
struct pending_range {
	int64_t class, first, last, record;
};
#define PENDING_RANGES_MAX 32768u

/* What the columns of a record's row, and the indexes, are made from. */
struct description {
	struct buf title, creator, date, language, sort;
};

struct catalogue {
	struct database database;
	bool feeding;
	struct pending_digest *digests; /* PENDING_MAX of them, made by the first feeding */
	size_t digest_count;
	struct pending_range *ranges; /* PENDING_RANGES_MAX of them */
	size_t range_count;
	struct buf answer;              /* strings that a lookup handed out */
	struct description description; /* of the version that is put */
};

/* ---- form.c --------------------------------------------------------------------------------------------------------- */

extern const struct database_form catalogue_form;
/* The tagged digest in a blob column; damage if it is none. */
int column_digest(struct catalogue *, sqlite3_stmt *, int column, struct digest *, struct err *);
size_t digest_blob(const struct digest *, unsigned char out[1 + DIGEST_MAX]);
/* Numbers are kept as SQLite's signed ones. */
int check_number(uint64_t, const char *what, struct err *);

/* ---- feed.c ---------------------------------------------------------------------------------------------------------- */

/* The record's key, or -1 with ERR_NOT_FOUND. */
int64_t record_key(struct catalogue *, struct str id, struct err *);
uint64_t files_bytes(const struct catalogue_version *);
/* The ranges as they are kept in the record's row. */
void ranges_text(struct buf *, const struct catalogue_version *);
int put_files(struct catalogue *, int64_t key, const struct catalogue_file *, size_t count, struct err *);

/* ---- pending.c: index rows on their way, in the order of their index ----------------------------------------------------------- */

void pending_begin(struct catalogue *);
void pending_drop(struct catalogue *);
void pending_release(struct catalogue *);
int pending_digest(struct catalogue *, int64_t record, const struct digest *, struct err *);
int pending_range(struct catalogue *, int64_t record, int64_t first, int64_t last, struct err *);
/* Writes them: before these indexes are read or rows are taken out of them. */
int pending_flush(struct catalogue *, struct err *);

/* ---- describe.c: what the newest version says of its record --------------------------------------------------------------- */

/* Fills it anew from the version. */
int describe(struct description *, const struct catalogue_version *, struct err *);
void description_release(struct description *);
/* Index rows for the record's words, date ranges and languages as described. */
int describe_insert(struct catalogue *, int64_t key, const struct catalogue_version *, struct err *);
/* Takes out those that the record's row has now; ranges as kept in its blob. */
int describe_delete(struct catalogue *, int64_t key, struct str title, struct str creator, struct str language, struct str ranges,
	struct err *);
/* Width class of a range: the bits of its length in days. */
int range_class(int64_t first, int64_t last);

/* ---- filter.c ---------------------------------------------------------------------------------------------------------------- */

/* One bit a record key. */
struct selection {
	uint64_t *bits;
	uint64_t limit; /* keys 0..limit-1 */
};
/* False if the filter asks for nothing. The selection holds every record that the filter finds. */
int filter_select(struct catalogue *, const struct catalogue_filter *, bool *selected, struct selection *, struct err *);
bool selection_has(const struct selection *, uint64_t key);
uint64_t selection_total(const struct selection *);
void selection_release(struct selection *);

#endif
