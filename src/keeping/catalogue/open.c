/* Opening, schema, damage, wiping.
 *
 * What makes the file trustworthy enough to be used at all:
 *  1. WAL with synchronous=NORMAL: after power loss the file is some committed state, whole; the position is in the same transaction as
 *     what it speaks of.
 *  2. The schema is compared text by text at open: triggers, views or other tables that somebody put in are damage.
 *  3. Every constraint or type that fails, and all that SQLite calls corrupt, marks the handle damaged.
 * What it says beyond that is compared with the log by `archive`. */
#include "internal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "os/os.h"

#define APPLICATION_ID 0x70686f74 /* "phot" */
#define SCHEMA_VERSION 1
#define PAGE_SIZE 4096 /* the file system's, and the kernel cache's */

const char *const schema_sql[] = {
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
const size_t schema_count = sizeof(schema_sql) / sizeof(schema_sql[0]);
/* Made by SQLite beside ours: FTS5's tables, the unique id of parent. */
static const char *const schema_shadows[] = {"words_data", "words_idx", "words_config", "sqlite_autoindex_parent_1"};
#define SHADOW_COUNT (sizeof(schema_shadows) / sizeof(schema_shadows[0]))

static void close_database(struct catalogue *c)
{
	for (size_t i = 0; i < STATEMENT_COUNT; i++) {
		sqlite3_finalize(c->statements[i]);
		c->statements[i] = NULL;
	}
	if (c->db != NULL)
		sqlite3_close_v2(c->db);
	c->db = NULL;
	c->feeding = false;
	pending_drop(c);
}

/* What a file from outside could use against us is off; what we never need is narrow. */
static void restrain(sqlite3 *db)
{
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	sqlite3_limit(db, SQLITE_LIMIT_LENGTH, 16 << 20);
	sqlite3_limit(db, SQLITE_LIMIT_SQL_LENGTH, 64 << 10);
	sqlite3_limit(db, SQLITE_LIMIT_COLUMN, 64);
	sqlite3_limit(db, SQLITE_LIMIT_EXPR_DEPTH, 64);
	sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
	sqlite3_limit(db, SQLITE_LIMIT_TRIGGER_DEPTH, 1);
	sqlite3_limit(db, SQLITE_LIMIT_WORKER_THREADS, 0);
	sqlite3_busy_timeout(db, 10000);
}

static int pragma_number(struct catalogue *c, const char *sql, int64_t *out, struct err *err)
{
	sqlite3_stmt *statement = statement_make(c, sql, err);
	struct binding b = bind_to(statement);
	int got = statement != NULL ? step(c, &b, err) : -1;

	if (got == 1)
		*out = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return got == 1 ? 0 : -1;
}

static bool schema_row_known(struct str name, struct str sql)
{
	for (size_t i = 0; i < schema_count; i++)
		if (str_equal(sql, str_from(schema_sql[i])))
			return true;
	for (size_t i = 0; i < SHADOW_COUNT; i++)
		if (str_equal(name, str_from(schema_shadows[i])))
			return true;
	return false;
}

/* *state: 0 an empty file, 1 ours. Anything else is damage. */
static int look_at_schema(struct catalogue *c, int *state, struct err *err)
{
	sqlite3_stmt *statement = NULL;
	int64_t application = 0, version = 0;
	size_t rows = 0;
	int result = -1, got;

	if (pragma_number(c, "PRAGMA application_id", &application, err) != 0 ||
		pragma_number(c, "PRAGMA user_version", &version, err) != 0)
		return -1;
	statement = statement_make(c, "SELECT name, coalesce(sql, '') FROM sqlite_schema", err);
	if (statement == NULL)
		return -1;
	struct binding b = bind_to(statement);
	bool known = true;
	while ((got = step(c, &b, err)) == 1) {
		known = known && schema_row_known(column_text(statement, 0), column_text(statement, 1));
		rows++;
	}
	if (got < 0)
		goto out;
	*state = rows != 0;
	if (rows != 0 &&
		(!known || rows != schema_count + SHADOW_COUNT || application != APPLICATION_ID || version != SCHEMA_VERSION)) {
		c->damaged = true;
		err_set(err, ERR_CONFLICT, "the catalogue %s is not of this program's form: make it anew with `photostat index`",
			c->path);
		goto out;
	}
	result = 0;
out:
	sqlite3_finalize(statement);
	return result;
}

static int make_schema(struct catalogue *c, struct err *err)
{
	static const unsigned char zeroes[SHA256_SIZE];
	sqlite3_stmt *statement = NULL;
	char pragma[64];

	/* Not in the transaction: journal_mode cannot be. */
	sqlite3_snprintf((int)sizeof(pragma), pragma, "PRAGMA page_size=%d", PAGE_SIZE);
	if (run_sql(c, pragma, err) != 0 || run_sql(c, "PRAGMA journal_mode=WAL", err) != 0 ||
		run_sql(c, "BEGIN IMMEDIATE", err) != 0)
		return -1;
	for (size_t i = 0; i < schema_count; i++)
		if (run_sql(c, schema_sql[i], err) != 0)
			goto undo;
	/* Fewer, larger merges of word segments: feeding is what happens most. */
	if (run_sql(c, "INSERT INTO words(words, rank) VALUES('automerge', 8)", err) != 0)
		goto undo;
	statement = statement_make(c, "INSERT INTO position(one, size, root) VALUES(1, 0, ?1)", err);
	if (statement == NULL)
		goto undo;
	struct binding b = bind_to(statement);
	bind_blob(&b, zeroes, sizeof(zeroes));
	if (step_done(c, &b, err) != 0)
		goto undo;
	sqlite3_finalize(statement);
	statement = NULL;
	sqlite3_snprintf((int)sizeof(pragma), pragma, "PRAGMA application_id=%d", APPLICATION_ID);
	if (run_sql(c, pragma, err) != 0)
		goto undo;
	sqlite3_snprintf((int)sizeof(pragma), pragma, "PRAGMA user_version=%d", SCHEMA_VERSION);
	if (run_sql(c, pragma, err) == 0 && run_sql(c, "COMMIT", err) == 0)
		return 0;
undo:
	sqlite3_finalize(statement);
	sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL);
	return -1;
}

static int configure(struct catalogue *c, struct err *err)
{
	static const char *const both[] = {"PRAGMA cache_size=-6144", "PRAGMA mmap_size=0", "PRAGMA cell_size_check=ON"};
	static const char *const writing[] = {
		"PRAGMA synchronous=NORMAL", "PRAGMA secure_delete=ON", "PRAGMA journal_size_limit=16777216"};

	for (size_t i = 0; i < sizeof(both) / sizeof(both[0]); i++)
		if (run_sql(c, both[i], err) != 0)
			return -1;
	for (size_t i = 0; c->writable && i < sizeof(writing) / sizeof(writing[0]); i++)
		if (run_sql(c, writing[i], err) != 0)
			return -1;
	return 0;
}

/* SQLite takes a last page that is cut for a whole one. */
static int check_length(struct catalogue *c, struct err *err)
{
	struct stat file;

	if (c->path[0] == '\0')
		return 0;
	if (os_stat(AT_FDCWD, c->path, &file, err) != 0)
		return -1;
	if (file.st_size % PAGE_SIZE == 0)
		return 0;
	c->damaged = true;
	return err_set(err, ERR_CONFLICT, "the catalogue %s is cut short: make it anew with `photostat index`", c->path);
}

/* One attempt; the handle is left open only if it is good. */
static int open_database(struct catalogue *c, const char *name, int flags, struct err *err)
{
	uint64_t size;
	struct hash root;
	int state = 0, result;

	c->damaged = false;
	result = sqlite3_open_v2(name, &c->db, flags | SQLITE_OPEN_NOMUTEX, NULL);
	if (result != SQLITE_OK) {
		catalogue_fail(c, result, "opening", err);
		goto fail;
	}
	restrain(c->db);
	if (c->writable && sqlite3_db_readonly(c->db, "main") == 1) { /* SQLite opens to read what it may not write */
		err_set(err, ERR_SYSTEM, "the catalogue %s may not be written to", c->path);
		goto fail;
	}
	if (check_length(c, err) != 0 || configure(c, err) != 0 || look_at_schema(c, &state, err) != 0)
		goto fail;
	if (state == 0 && !c->writable) {
		err_set(err, ERR_NOT_FOUND, "the catalogue %s is empty: make it with `photostat index`", c->path);
		goto fail;
	}
	if ((state == 0 && make_schema(c, err) != 0) || catalogue_position(c, &size, &root, err) != 0)
		goto fail;
	return 0;
fail:
	close_database(c);
	return -1;
}

/* The file and what WAL keeps beside it. */
static int throw_away(struct catalogue *c, struct err *err)
{
	static const char *const suffixes[] = {"-wal", "-shm", ""};
	struct buf name = BUF_INIT;
	int result = 0;

	for (size_t i = 0; result == 0 && i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		buf_clear(&name);
		buf_text(&name, c->path);
		buf_text(&name, suffixes[i]);
		result = buf_check(&name, "the catalogue's name", err);
		if (result == 0)
			result = os_unlink(AT_FDCWD, name.p, err);
	}
	buf_release(&name);
	return result;
}

static int open_writable(struct catalogue *c, struct err *err)
{
	struct err first = ERR_INIT;

	if (open_database(c, c->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &first) == 0)
		return 0;
	if (c->damaged && throw_away(c, err) == 0)
		return open_database(c, c->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, err);
	if (!c->damaged && err != NULL)
		*err = first;
	return -1;
}

/* A WAL database wants its -shm file beside it; where that cannot be made (read-only media) the file is read as it stands, which is
 * right only while no -wal holds newer pages. */
static int open_immutable(struct catalogue *c, struct err *err)
{
	struct buf name = BUF_INIT;
	struct stat wal;
	int result = -1;

	buf_text(&name, c->path);
	buf_text(&name, "-wal");
	if (buf_check(&name, "the catalogue's name", err) != 0)
		goto out;
	if (os_stat(AT_FDCWD, name.p, &wal, NULL) == 0 && wal.st_size != 0) {
		err_set(err, ERR_CONFLICT, "the catalogue %s has unfinished work beside it that cannot be read here", c->path);
		goto out;
	}
	buf_clear(&name);
	buf_text(&name, "file:");
	for (const char *p = c->path; *p != '\0'; p++)
		if (*p == '%' || *p == '?' || *p == '#')
			buf_printf(&name, "%%%02x", (unsigned)(unsigned char)*p);
		else
			buf_char(&name, *p);
	buf_text(&name, "?immutable=1");
	if (buf_check(&name, "the catalogue's name", err) != 0)
		goto out;
	result = open_database(c, name.p, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, err);
out:
	buf_release(&name);
	return result;
}

static int open_to_read(struct catalogue *c, struct err *err)
{
	struct err first = ERR_INIT;
	int there = os_exists(AT_FDCWD, c->path, err);

	if (there < 0)
		return -1;
	if (there == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no catalogue %s: make it with `photostat index`", c->path);
	if (open_database(c, c->path, SQLITE_OPEN_READONLY, &first) == 0)
		return 0;
	if (!c->damaged && open_immutable(c, NULL) == 0)
		return 0;
	if (err != NULL)
		*err = first;
	return -1;
}

int catalogue_open(struct catalogue **out, const char *path, bool writable, struct err *err)
{
	struct catalogue *c = mem_alloc(sizeof(*c));

	*out = NULL;
	c->path = mem_dup(str_from(path));
	c->writable = writable;
	if ((writable ? open_writable(c, err) : open_to_read(c, err)) != 0) {
		catalogue_free(c);
		return -1;
	}
	*out = c;
	return 0;
}

void catalogue_free(struct catalogue *c)
{
	if (c == NULL)
		return;
	catalogue_rollback(c);
	close_database(c);
	pending_release(c);
	buf_release(&c->answer);
	description_release(&c->description);
	free(c->path);
	free(c);
}

bool catalogue_damaged(const struct catalogue *c)
{
	return c->damaged;
}

/* In place: other processes have the file open, and the last of them to close one that was taken away would take its successor's log away too. */
static int empty(struct catalogue *c)
{
	static const char *const all[] = {"BEGIN IMMEDIATE", "DELETE FROM record", "DELETE FROM parent", "DELETE FROM version",
		"DELETE FROM entry", "DELETE FROM access", "DELETE FROM file", "DELETE FROM digest", "DELETE FROM range",
		"DELETE FROM language", "INSERT INTO words(words) VALUES('delete-all')",
		"UPDATE position SET size = 0, root = zeroblob(32)", "COMMIT"};

	if (c->db == NULL || c->damaged)
		return -1;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (run_sql(c, all[i], NULL) != 0) {
			sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL);
			return -1;
		}
	return 0;
}

int catalogue_clear(struct catalogue *c, struct err *err)
{
	if (!c->writable || c->feeding)
		return err_set(
			err, ERR_CONFLICT, "the catalogue %s is %s", c->path, c->feeding ? "being fed" : "open to read only");
	if (empty(c) == 0)
		return 0;
	close_database(c);
	if (throw_away(c, err) != 0)
		return -1;
	return open_database(c, c->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, err);
}

int catalogue_check(struct catalogue *c, struct err *err)
{
	sqlite3_stmt *statement = statement_make(c, "PRAGMA integrity_check(1)", err);
	struct binding b = bind_to(statement);
	int result = -1, got;

	if (statement == NULL)
		return -1;
	got = step(c, &b, err);
	if (got == 1 && str_equal(column_text(statement, 0), STR("ok"))) {
		result = 0;
	} else if (got >= 0) {
		struct str said = got == 1 ? column_text(statement, 0) : STR("no answer");
		c->damaged = true;
		err_set(err, ERR_CONFLICT, "the catalogue %s is damaged (%.*s): make it anew with `photostat index`", c->path,
			STR_ARG(said));
	}
	sqlite3_finalize(statement);
	return result;
}

int catalogue_scrub(struct catalogue *c, struct err *err)
{
	int log_pages = 0, copied = 0, result;

	if (!c->writable || c->feeding)
		return err_set(
			err, ERR_CONFLICT, "the catalogue %s is %s", c->path, c->feeding ? "being fed" : "open to read only");
	if (c->db == NULL)
		return err_set(err, ERR_CONFLICT, "the catalogue %s is not open", c->path);
	/* One segment: words of deleted rows go with the segments that held them; secure_delete zeroes the pages. */
	if (run_sql(c, "INSERT INTO words(words) VALUES('optimize')", err) != 0)
		return -1;
	result = sqlite3_wal_checkpoint_v2(c->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, &log_pages, &copied);
	return result == SQLITE_OK ? 0 : catalogue_fail(c, result, "wiping", err);
}
