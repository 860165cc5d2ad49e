/* Statements: prepared once, bound in order, stepped; SQLite's errors as ours. */
#include "internal.h"

#include <string.h>

static const char *const statement_sql[STATEMENT_COUNT] = {
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

static enum err_code code_of(int result)
{
	switch (result & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_READONLY:
	case SQLITE_SCHEMA:
		return ERR_CONFLICT;
	case SQLITE_FULL:
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
	case SQLITE_AUTH:
	case SQLITE_PROTOCOL:
		return ERR_SYSTEM;
	case SQLITE_NOMEM:
		return ERR_MEMORY;
	case SQLITE_TOOBIG:
		return ERR_LIMIT;
	case SQLITE_INTERRUPT:
		return ERR_INTERRUPTED;
	default:
		return ERR_INTERNAL;
	}
}

int catalogue_fail(struct catalogue *c, int result, const char *doing, struct err *err)
{
	enum err_code code = code_of(result);
	int kind = result & 0xff;

	/* SQLITE_ERROR and its kin come from SQL that names what is not there, or from a virtual table that cannot read itself: our SQL is
	 * fixed and the schema was compared at open, so the file changed underneath. */
	if (kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB || kind == SQLITE_ERROR || kind == SQLITE_MISMATCH ||
		kind == SQLITE_CONSTRAINT) {
		c->damaged = true;
		return err_set(err, ERR_CONFLICT, "the catalogue %s is damaged (%s: %s): make it anew with `photostat index`",
			c->path, doing, c->db != NULL ? sqlite3_errmsg(c->db) : sqlite3_errstr(result));
	}
	err_set(err, code, "the catalogue %s: %s: %s", c->path, doing, sqlite3_errstr(result));
	if (code == ERR_SYSTEM && err != NULL && c->db != NULL)
		err->sys = sqlite3_system_errno(c->db);
	return -1;
}

sqlite3_stmt *statement_get(struct catalogue *c, enum statement_id id, struct err *err)
{
	if (c->db == NULL) {
		err_set(err, ERR_CONFLICT, "the catalogue %s is not open", c->path);
		return NULL;
	}
	if (c->statements[id] == NULL) {
		int result = sqlite3_prepare_v3(c->db, statement_sql[id], -1, SQLITE_PREPARE_PERSISTENT, &c->statements[id], NULL);
		if (result != SQLITE_OK) {
			catalogue_fail(c, result, "preparing", err);
			return NULL;
		}
	}
	return c->statements[id];
}

sqlite3_stmt *statement_make(struct catalogue *c, const char *sql, struct err *err)
{
	sqlite3_stmt *statement = NULL;
	int result;

	if (c->db == NULL) {
		err_set(err, ERR_CONFLICT, "the catalogue %s is not open", c->path);
		return NULL;
	}
	result = sqlite3_prepare_v2(c->db, sql, -1, &statement, NULL);
	if (result != SQLITE_OK) {
		catalogue_fail(c, result, "preparing", err);
		return NULL;
	}
	return statement;
}

struct binding bind_to(sqlite3_stmt *statement)
{
	return (struct binding){.statement = statement, .next = 1, .result = SQLITE_OK};
}

static void bound(struct binding *b, int result)
{
	if (b->result == SQLITE_OK)
		b->result = result;
	b->next++;
}

void bind_number(struct binding *b, int64_t value)
{
	bound(b, sqlite3_bind_int64(b->statement, b->next, value));
}

void bind_text(struct binding *b, struct str text)
{
	bound(b, sqlite3_bind_text64(b->statement, b->next, text.n != 0 ? text.p : "", text.n, SQLITE_STATIC, SQLITE_UTF8));
}

void bind_text_or_null(struct binding *b, struct str text)
{
	if (text.n != 0)
		bind_text(b, text);
	else
		bound(b, sqlite3_bind_null(b->statement, b->next));
}

void bind_blob(struct binding *b, const void *p, size_t n)
{
	bound(b, n != 0 ? sqlite3_bind_blob64(b->statement, b->next, p, n, SQLITE_STATIC)
			: sqlite3_bind_null(b->statement, b->next));
}

int step(struct catalogue *c, const struct binding *b, struct err *err)
{
	int result = b->result != SQLITE_OK ? b->result : sqlite3_step(b->statement);

	if (result == SQLITE_ROW)
		return 1;
	/* Before the reset, which would lose the message. */
	if (result != SQLITE_DONE)
		catalogue_fail(c, result, sqlite3_stmt_readonly(b->statement) ? "reading" : "writing", err);
	sqlite3_reset(b->statement);
	return result == SQLITE_DONE ? 0 : -1;
}

int step_done(struct catalogue *c, const struct binding *b, struct err *err)
{
	return step(c, b, err) == 0 ? 0 : -1;
}

struct str column_text(sqlite3_stmt *statement, int column)
{
	/* The text first: column_bytes then counts what column_text made. */
	const char *p = (const char *)sqlite3_column_text(statement, column);
	int n = sqlite3_column_bytes(statement, column);

	return p != NULL && n > 0 ? (struct str){p, (size_t)n} : STR("");
}

uint64_t column_u64(sqlite3_stmt *statement, int column)
{
	return (uint64_t)sqlite3_column_int64(statement, column);
}

int column_digest(struct catalogue *c, sqlite3_stmt *statement, int column, struct digest *out, struct err *err)
{
	const unsigned char *p = sqlite3_column_blob(statement, column);
	size_t n = (size_t)sqlite3_column_bytes(statement, column);

	memset(out, 0, sizeof(*out));
	if (p == NULL || n < 1 || p[0] == DIGEST_NONE || p[0] > DIGEST_SHA384 || digest_size((enum digest_alg)p[0]) != n - 1) {
		c->damaged = true;
		return err_set(
			err, ERR_CONFLICT, "the catalogue %s is damaged (a digest): make it anew with `photostat index`", c->path);
	}
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

int run_sql(struct catalogue *c, const char *sql, struct err *err)
{
	int result = sqlite3_exec(c->db, sql, NULL, NULL, NULL);

	return result == SQLITE_OK ? 0 : catalogue_fail(c, result, sql, err);
}
