/* What the file is: tables, statements. */
#include "internal.h"

/* SQLite makes no autoindex rows for tables without rowid. */
static const char *const tables[] = {
	"CREATE TABLE state(one INTEGER PRIMARY KEY CHECK(one = 1), position INTEGER NOT NULL, next_record INTEGER NOT NULL,"
	" records INTEGER NOT NULL) STRICT",
	/* first, last: days. facets: see record.c. */
	"CREATE TABLE record(number INTEGER PRIMARY KEY, id TEXT NOT NULL, passages INTEGER NOT NULL, entry INTEGER NOT NULL,"
	" first INTEGER NOT NULL, last INTEGER NOT NULL, title TEXT NOT NULL, facets TEXT NOT NULL,"
	" due INTEGER NOT NULL) STRICT",
	"CREATE UNIQUE INDEX record_id ON record(id)",
	"CREATE INDEX record_due ON record(due) WHERE due > 0",
	"CREATE TABLE passage(key INTEGER PRIMARY KEY, blocks BLOB NOT NULL, text TEXT NOT NULL) STRICT",
	/* term: the kind of list and the term itself. first, last: keys of what the row holds. */
	"CREATE TABLE posting(segment INTEGER NOT NULL, term BLOB NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,"
	" count INTEGER NOT NULL, list BLOB NOT NULL, PRIMARY KEY(segment, term, first)) STRICT, WITHOUT ROWID",
	"CREATE TABLE segment(number INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL, bytes INTEGER NOT NULL) "
	"STRICT",
	"CREATE TABLE gone(number INTEGER PRIMARY KEY) STRICT",
	"CREATE TABLE language(name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID",
};
static const char *const first[] = {"INSERT INTO state(one, position, next_record, records) VALUES(1, 0, 1, 0)"};
static const char *const empty[] = {
	"DELETE FROM record",
	"DELETE FROM passage",
	"DELETE FROM posting",
	"DELETE FROM segment",
	"DELETE FROM gone",
	"DELETE FROM language",
	"UPDATE state SET position = 0, next_record = 1, records = 0",
};

static const char *const statements[STATEMENT_COUNT] = {
	[STATEMENT_POSITION] = "SELECT position FROM state WHERE one = 1",
	[STATEMENT_SET_POSITION] = "UPDATE state SET position = ?1, next_record = ?2, records = ?3 WHERE one = 1",
	[STATEMENT_COUNTS] =
		"SELECT next_record, records, (SELECT coalesce(max(number), 0) + 1 FROM segment) FROM state WHERE one = 1",
	[STATEMENT_RECORD_BY_ID] = "SELECT number, passages, entry, first, last, title, facets FROM record WHERE id = ?1",
	[STATEMENT_RECORD_BY_KEY] = "SELECT id, passages, entry, first, last, title, facets FROM record WHERE number = ?1",
	[STATEMENT_RECORD_INSERT] = "INSERT INTO record(number, id, passages, entry, first, last, title, facets, due)"
				    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
	[STATEMENT_RECORD_DUE] = "SELECT id FROM record WHERE due > 0 AND due <= ?1 AND id > ?2 ORDER BY id LIMIT 1",
	[STATEMENT_RECORD_DELETE] = "DELETE FROM record WHERE number = ?1",
	[STATEMENT_PASSAGE_GET] = "SELECT blocks, text FROM passage WHERE key = ?1",
	[STATEMENT_PASSAGE_INSERT] = "INSERT INTO passage(key, blocks, text) VALUES(?1, ?2, ?3)",
	[STATEMENT_PASSAGES_DELETE] = "DELETE FROM passage WHERE key >= ?1 AND key < ?2",
	[STATEMENT_POSTING_INSERT] = "INSERT INTO posting(segment, term, first, last, count, list) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
	[STATEMENT_POSTING_DROP] = "DELETE FROM posting WHERE segment = ?1",
	[STATEMENT_POSTING_BEHIND] = "SELECT term, first, last, count, list FROM posting"
				     " WHERE segment = ?1 AND (term, first) > (?2, ?3) ORDER BY term, first",
	[STATEMENT_POSTING_CHANGE] =
		"UPDATE posting SET last = ?4, count = ?5, list = ?6 WHERE segment = ?1 AND term = ?2 AND first = ?3",
	[STATEMENT_POSTING_DELETE] = "DELETE FROM posting WHERE segment = ?1 AND term = ?2 AND first = ?3",
	[STATEMENT_LIST_NEXT] =
		"SELECT first, last, list FROM posting WHERE segment = ?1 AND term = ?2 AND first > ?3 ORDER BY first LIMIT 1",
	[STATEMENT_LIST_AT] = "SELECT first, last, list FROM posting WHERE segment = ?1 AND term = ?2 AND first <= ?3 ORDER BY "
			      "first DESC LIMIT 1",
	[STATEMENT_LIST_COUNT] = "SELECT coalesce(sum(count), 0) FROM posting WHERE segment = ?1 AND term = ?2",
	[STATEMENT_WORDS_FROM] = "SELECT term, count FROM posting WHERE segment = ?1 AND term >= ?2 ORDER BY term",
	[STATEMENT_SEGMENTS] = "SELECT number, first, last, bytes FROM segment ORDER BY number",
	[STATEMENT_SEGMENT_INSERT] = "INSERT INTO segment(number, first, last, bytes) VALUES(?1, ?2, ?3, ?4)",
	[STATEMENT_SEGMENT_DROP] = "DELETE FROM segment WHERE number = ?1",
	[STATEMENT_GONE] = "SELECT number FROM gone ORDER BY number",
	[STATEMENT_GONE_PUT] = "INSERT INTO gone(number) VALUES(?1)",
	[STATEMENT_GONE_CLEAR] = "DELETE FROM gone",
	[STATEMENT_CHANGES] = "PRAGMA data_version",
	[STATEMENT_LANGUAGE_PUT] = "INSERT OR IGNORE INTO language(name) VALUES(?1)",
	[STATEMENT_LANGUAGES] = "SELECT name FROM language",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
const struct database_form search_form = {
	.name = "the search index",
	.remedy = "make it anew with `photostat index`",
	.application = 0x70687366, /* "phsf" */
	.version = 2,
	.page_size = 8192, /* a letter's text lies in one or two */
	.cache_kib = 8192,
	.tables = tables,
	.table_count = COUNT(tables),
	.first = first,
	.first_count = COUNT(first),
	.sound = "SELECT 1 FROM state WHERE one = 1",
	.empty = empty,
	.empty_count = COUNT(empty),
	.statements = statements,
	.statement_count = STATEMENT_COUNT,
};
