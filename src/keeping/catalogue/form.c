/* What the file is: tables, statements; how a digest lies in a column. What it says is compared with the log by `archive`. */
#include "internal.h"

#include <string.h>

static const char *const tables[] = {
	"CREATE TABLE position(one INTEGER PRIMARY KEY CHECK(one = 1), size INTEGER NOT NULL, root BLOB NOT NULL) STRICT",
	/* sort: the reference code as a key that orders numbers by value. parent: what isPartOf names, which may not be there (yet).
	 * title, creator, date, language: values parted by U+001F. ranges: the rows of `range` as pairs of 8 bytes, big-endian. */
	"CREATE TABLE record(key INTEGER PRIMARY KEY, id TEXT NOT NULL, versions INTEGER NOT NULL, version_index INTEGER NOT NULL,"
	" last_index INTEGER NOT NULL, state INTEGER NOT NULL, until INTEGER, restricted INTEGER NOT NULL, referenced INTEGER NOT "
	"NULL,"
	" files INTEGER NOT NULL, bytes INTEGER NOT NULL, level TEXT, reference TEXT, sort TEXT, parent INTEGER, title TEXT, "
	"creator TEXT,"
	" date TEXT, language TEXT, ranges BLOB) STRICT",
	"CREATE INDEX record_id ON record(id, referenced)",
	"CREATE INDEX record_sort ON record(sort, id) WHERE sort IS NOT NULL",
	"CREATE INDEX record_parent ON record(parent) WHERE parent IS NOT NULL",
	"CREATE TABLE parent(key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE) STRICT",
	"CREATE TABLE version(record INTEGER NOT NULL, version INTEGER NOT NULL, entry INTEGER NOT NULL, time INTEGER NOT NULL,"
	" inventory BLOB NOT NULL, expunged INTEGER NOT NULL, PRIMARY KEY(record, version)) STRICT, WITHOUT ROWID",
	/* Entries of a record that are no version's. */
	"CREATE TABLE entry(record INTEGER NOT NULL, entry INTEGER NOT NULL, PRIMARY KEY(record, entry)) STRICT, WITHOUT ROWID",
	"CREATE TABLE access(record INTEGER NOT NULL, entry INTEGER NOT NULL, path TEXT NOT NULL, state INTEGER NOT NULL, until "
	"INTEGER NOT NULL,"
	" PRIMARY KEY(record, entry, path)) STRICT, WITHOUT ROWID",
	"CREATE TABLE file(record INTEGER NOT NULL, path TEXT NOT NULL, digest BLOB NOT NULL, PRIMARY KEY(record, path, digest)) "
	"STRICT,"
	" WITHOUT ROWID",
	"CREATE TABLE digest(prefix INTEGER NOT NULL, record INTEGER NOT NULL, PRIMARY KEY(prefix, record)) STRICT, WITHOUT ROWID",
	/* class: bits of the length, so that one bounded stretch of `first` a class holds all that can overlap a given range. */
	"CREATE TABLE range(class INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, record INTEGER NOT NULL,"
	" PRIMARY KEY(class, first, last, record)) STRICT, WITHOUT ROWID",
	"CREATE TABLE language(tag TEXT NOT NULL, record INTEGER NOT NULL, PRIMARY KEY(tag, record)) STRICT, WITHOUT ROWID",
	"CREATE VIRTUAL TABLE words USING fts5(title, creator, content='', columnsize=0, tokenize='unicode61 remove_diacritics 2')",
};
/* Made by SQLite beside ours: FTS5's tables, the unique id of parent. */
static const char *const shadows[] = {"words_data", "words_idx", "words_config", "sqlite_autoindex_parent_1"};
/* Fewer, larger merges of word segments: feeding is what happens most. */
static const char *const first[] = {
	"INSERT INTO words(words, rank) VALUES('automerge', 8)",
	"INSERT INTO position(one, size, root) VALUES(1, 0, zeroblob(32))",
};
static const char *const empty[] = {
	"DELETE FROM record",
	"DELETE FROM parent",
	"DELETE FROM version",
	"DELETE FROM entry",
	"DELETE FROM access",
	"DELETE FROM file",
	"DELETE FROM digest",
	"DELETE FROM range",
	"DELETE FROM language",
	"INSERT INTO words(words) VALUES('delete-all')",
	"UPDATE position SET size = 0, root = zeroblob(32)",
};

static const char *const statements[STATEMENT_COUNT] = {
	[STATEMENT_POSITION] = "SELECT size, root FROM position WHERE one = 1",
	[STATEMENT_SET_POSITION] = "UPDATE position SET size = ?1, root = ?2 WHERE one = 1",
	[STATEMENT_RECORD_BY_ID] =
		("SELECT key, versions, last_index, version_index, state, until, restricted, parent, title, creator,"
		 " language, ranges FROM record WHERE id = ?1"),
	[STATEMENT_RECORD_INSERT] =
		"INSERT INTO record(id, versions, version_index, last_index, state, restricted, referenced, files, bytes, level,"
		" reference, sort, parent, title, creator, date, language, ranges)"
		" VALUES(?1, ?2, ?3, ?3, 0, 0, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
	[STATEMENT_RECORD_UPDATE] =
		"UPDATE record SET versions = ?2, version_index = ?3, last_index = max(last_index, ?3), referenced = ?4,"
		" files = ?5, bytes = ?6, level = ?7, reference = ?8, sort = ?9, parent = ?10, title = ?11, creator = ?12,"
		" date = ?13, language = ?14, ranges = ?15 WHERE key = ?1",
	[STATEMENT_RECORD_INDEXED] = "UPDATE record SET last_index = max(last_index, ?2) WHERE key = ?1",
	[STATEMENT_RECORD_ACCESS] = "UPDATE record SET state = ?2, until = ?3 WHERE key = ?1",
	[STATEMENT_RECORD_FILES_ACCESS] = "UPDATE record SET restricted = 1 WHERE key = ?1",
	[STATEMENT_VERSION_GET] =
		"SELECT version, entry, time, inventory, expunged FROM version WHERE record = ?1 AND version = ?2",
	[STATEMENT_VERSION_INSERT] =
		"INSERT INTO version(record, version, entry, time, inventory, expunged) VALUES(?1, ?2, ?3, ?4, ?5, 0)",
	[STATEMENT_VERSION_EXPUNGE] = "UPDATE version SET inventory = ?3, expunged = 1 WHERE record = ?1 AND version = ?2",
	[STATEMENT_ENTRY_INSERT] = "INSERT OR IGNORE INTO entry(record, entry) VALUES(?1, ?2)",
	[STATEMENT_ACCESS_INSERT] = "INSERT OR REPLACE INTO access(record, entry, path, state, until) VALUES(?1, ?2, ?3, ?4, ?5)",
	[STATEMENT_ACCESS_DELETE] = "DELETE FROM access WHERE record = ?1",
	[STATEMENT_RECORD_NO_ACCESS] = "UPDATE record SET state = 0, until = NULL, restricted = 0 WHERE key = ?1",
	[STATEMENT_PARENT_GET] = "SELECT key FROM parent WHERE id = ?1",
	[STATEMENT_PARENT_ID] = "SELECT id FROM parent WHERE key = ?1",
	[STATEMENT_PARENT_INSERT] = "INSERT INTO parent(id) VALUES(?1)",
	[STATEMENT_WORDS_INSERT] = "INSERT INTO words(rowid, title, creator) VALUES(?1, ?2, ?3)",
	[STATEMENT_WORDS_DELETE] = "INSERT INTO words(words, rowid, title, creator) VALUES('delete', ?1, ?2, ?3)",
	[STATEMENT_RANGE_INSERT] = "INSERT OR IGNORE INTO range(class, first, last, record) VALUES(?1, ?2, ?3, ?4)",
	[STATEMENT_RANGE_DELETE] = "DELETE FROM range WHERE class = ?1 AND first = ?2 AND last = ?3 AND record = ?4",
	[STATEMENT_LANGUAGE_INSERT] = "INSERT OR IGNORE INTO language(tag, record) VALUES(?1, ?2)",
	[STATEMENT_LANGUAGE_DELETE] = "DELETE FROM language WHERE tag = ?1 AND record = ?2",
	[STATEMENT_FILE_INSERT] = "INSERT OR IGNORE INTO file(record, path, digest) VALUES(?1, ?2, ?3)",
	[STATEMENT_FILES_DELETE] = "DELETE FROM file WHERE record = ?1",
	[STATEMENT_DIGEST_INSERT] = "INSERT OR IGNORE INTO digest(prefix, record) VALUES(?1, ?2)",
	[STATEMENT_DIGEST_DELETE] = "DELETE FROM digest WHERE prefix = ?1 AND record = ?2",
	[STATEMENT_COUNT_RECORDS] = "SELECT max(key) FROM record", /* keys are dense: records are never deleted */
	[STATEMENT_ROW] =
		"SELECT record.id, versions, last_index, version_index, state, until, restricted, title, creator, date, language,"
		" level, reference, parent.id, files, bytes"
		" FROM record LEFT JOIN parent ON parent.key = record.parent WHERE record.key = ?1",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
const struct database_form catalogue_form = {
	.name = "the catalogue",
	.remedy = "make it anew with `photostat index`",
	.application = 0x70686f74, /* "phot" */
	.version = 1,
	.page_size = 4096, /* the file system's, and the kernel cache's */
	.cache_kib = 6144,
	.tables = tables,
	.table_count = COUNT(tables),
	.shadows = shadows,
	.shadow_count = COUNT(shadows),
	.first = first,
	.first_count = COUNT(first),
	.sound = "SELECT 1 FROM position WHERE one = 1 AND size >= 0 AND length(root) = 32",
	.empty = empty,
	.empty_count = COUNT(empty),
	.statements = statements,
	.statement_count = STATEMENT_COUNT,
};

int column_digest(struct catalogue *c, sqlite3_stmt *statement, int column, struct digest *out, struct err *err)
{
	const unsigned char *p = sqlite3_column_blob(statement, column);
	size_t n = (size_t)sqlite3_column_bytes(statement, column);

	memset(out, 0, sizeof(*out));
	if (p == NULL || n < 1 || p[0] == DIGEST_NONE || p[0] > DIGEST_SHA384 || digest_size((enum digest_alg)p[0]) != n - 1)
		return database_damage(&c->database, "a digest", err);
	out->alg = (enum digest_alg)p[0];
	memcpy(out->bytes, p + 1, n - 1);
	return 0;
}

size_t digest_blob(const struct digest *digest, unsigned char out[1 + DIGEST_MAX])
{
	size_t n = digest_size(digest->alg);

	out[0] = (unsigned char)digest->alg;
	memcpy(out + 1, digest->bytes, n);
	return 1 + n;
}

int check_number(uint64_t value, const char *what, struct err *err)
{
	return value <= INT64_MAX ? 0 : err_set(err, ERR_LIMIT, "%s is too large for the catalogue", what);
}
