/* Statements: prepared once, bound in order, stepped; SQLite's errors as ours. */
#include "internal.h"

static const char *const statement_sql[STATEMENT_COUNT] = {
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

int search_fail(struct search *s, int result, const char *doing, struct err *err)
{
	enum err_code code = code_of(result);
	int kind = result & 0xff;

	/* SQL errors come from a file that changed underneath: our SQL is fixed and the schema was compared at open. */
	if (kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB || kind == SQLITE_ERROR || kind == SQLITE_MISMATCH ||
		kind == SQLITE_CONSTRAINT) {
		s->damaged = true;
		return err_set(err, ERR_CONFLICT, "the search index %s is damaged (%s: %s): make it anew with `photostat index`",
			s->path, doing, s->db != NULL ? sqlite3_errmsg(s->db) : sqlite3_errstr(result));
	}
	err_set(err, code, "the search index %s: %s: %s", s->path, doing, sqlite3_errstr(result));
	if (code == ERR_SYSTEM && err != NULL && s->db != NULL)
		err->sys = sqlite3_system_errno(s->db);
	return -1;
}

int search_damaged(struct search *s, struct err *err)
{
	s->damaged = true;
	return err_set(err, ERR_CONFLICT, "the search index %s is damaged: make it anew with `photostat index`", s->path);
}

sqlite3_stmt *sql_make(struct search *s, const char *sql, struct err *err)
{
	sqlite3_stmt *statement = NULL;
	int result;

	if (s->db == NULL) {
		err_set(err, ERR_CONFLICT, "the search index %s is not open", s->path);
		return NULL;
	}
	result = sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL);
	if (result != SQLITE_OK) {
		search_fail(s, result, "preparing", err);
		return NULL;
	}
	return statement;
}

sqlite3_stmt *sql_get(struct search *s, enum statement_id id, struct err *err)
{
	if (s->statements[id] == NULL)
		s->statements[id] = sql_make(s, statement_sql[id], err);
	return s->statements[id];
}

struct binding sql_bind(sqlite3_stmt *statement)
{
	return (struct binding){.statement = statement, .next = 1, .result = SQLITE_OK};
}

static void bound(struct binding *b, int result)
{
	if (b->result == SQLITE_OK)
		b->result = result;
	b->next++;
}

void sql_number(struct binding *b, int64_t value)
{
	bound(b, sqlite3_bind_int64(b->statement, b->next, value));
}

void sql_text(struct binding *b, struct str text)
{
	bound(b, sqlite3_bind_text64(b->statement, b->next, text.n != 0 ? text.p : "", text.n, SQLITE_STATIC, SQLITE_UTF8));
}

void sql_blob(struct binding *b, const void *p, size_t n)
{
	bound(b, n != 0 ? sqlite3_bind_blob64(b->statement, b->next, p, n, SQLITE_STATIC)
			: sqlite3_bind_zeroblob(b->statement, b->next, 0));
}

int sql_step(struct search *s, const struct binding *b, struct err *err)
{
	int result = b->result != SQLITE_OK ? b->result : sqlite3_step(b->statement);

	if (result == SQLITE_ROW)
		return 1;
	/* Before the reset, which would lose the message. */
	if (result != SQLITE_DONE)
		search_fail(s, result, sqlite3_stmt_readonly(b->statement) ? "reading" : "writing", err);
	sqlite3_reset(b->statement);
	return result == SQLITE_DONE ? 0 : -1;
}

int sql_done(struct search *s, const struct binding *b, struct err *err)
{
	return sql_step(s, b, err) == 0 ? 0 : -1;
}

struct str sql_column(sqlite3_stmt *statement, int column)
{
	const char *p = sqlite3_column_blob(statement, column);
	int n = sqlite3_column_bytes(statement, column);

	return p != NULL && n > 0 ? (struct str){p, (size_t)n} : STR("");
}

int sql_run(struct search *s, const char *sql, struct err *err)
{
	int result = sqlite3_exec(s->db, sql, NULL, NULL, NULL);

	return result == SQLITE_OK ? 0 : search_fail(s, result, sql, err);
}
