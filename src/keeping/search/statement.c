/* Statements: prepared once, bound in order, stepped; SQLite's errors as ours. */
#include "internal.h"

static const char *const statement_sql[STATEMENT_COUNT] = {
	[STATEMENT_POSITION] = "SELECT position FROM state WHERE one = 1",
	[STATEMENT_SET_POSITION] = "UPDATE state SET position = ?1 WHERE one = 1",
	[STATEMENT_NEXT_KEY] = "SELECT coalesce(max(key), 0) + 1 FROM passage",
	[STATEMENT_RECORD_BY_ID] = "SELECT key, passages, entry, first, last, title, facets FROM record WHERE id = ?1",
	[STATEMENT_RECORD_BY_KEY] = "SELECT id, passages, entry, first, last, title, facets FROM record WHERE key = ?1",
	[STATEMENT_RECORD_OF] = "SELECT key, passages FROM record WHERE key <= ?1 ORDER BY key DESC LIMIT 1",
	[STATEMENT_RECORD_INSERT] =
		"INSERT INTO record(key, id, passages, entry, first, last, title, facets) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
	[STATEMENT_RECORD_DELETE] = "DELETE FROM record WHERE key = ?1",
	[STATEMENT_RECORDS] = "SELECT key FROM record ORDER BY key DESC",
	[STATEMENT_LAST_KEY] = "SELECT coalesce(max(key), 0) FROM record",
	[STATEMENT_IMPACT_GET] = "SELECT terms FROM impact WHERE key = ?1",
	[STATEMENT_IMPACT_INSERT] = "INSERT INTO impact(key, terms) VALUES(?1, ?2)",
	[STATEMENT_IMPACT_DELETE] = "DELETE FROM impact WHERE key = ?1",
	[STATEMENT_PASSAGE_GET] = "SELECT blocks, text FROM passage WHERE key = ?1",
	[STATEMENT_PASSAGE_INSERT] = "INSERT INTO passage(key, blocks, text) VALUES(?1, ?2, ?3)",
	[STATEMENT_PASSAGE_DELETE] = "DELETE FROM passage WHERE key = ?1",
	[STATEMENT_WORDS_INSERT] =
		"INSERT INTO words(rowid, head, body, letter, introduction, note, description) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[STATEMENT_WORDS_DELETE] = "INSERT INTO words(words, rowid, head, body, letter, introduction, note, description)"
				   " VALUES('delete', ?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[STATEMENT_TERMS_INSERT] = "INSERT INTO terms(rowid, term) VALUES(?1, ?2)",
	[STATEMENT_TERMS_DELETE] = "INSERT INTO terms(terms, rowid, term) VALUES('delete', ?1, ?2)",
	[STATEMENT_WORD_PUT] =
		"INSERT INTO word(word, records) VALUES(?1, ?2) ON CONFLICT(word) DO UPDATE SET records = records + ?2",
	[STATEMENT_WORD_DELETE] = "DELETE FROM word WHERE word = ?1 AND records <= 0",
	[STATEMENT_WORD_GET] = "SELECT records FROM word WHERE word = ?1",
	[STATEMENT_WORD_FROM] = "SELECT word, records FROM word WHERE word >= ?1 ORDER BY word LIMIT ?2",
	[STATEMENT_LANGUAGE_PUT] = "INSERT OR IGNORE INTO language(name) VALUES(?1)",
	[STATEMENT_LANGUAGES] = "SELECT name FROM language",
	[STATEMENT_TERMS_FIND] = "SELECT rowid FROM terms WHERE terms MATCH ?1 ORDER BY rowid DESC",
	[STATEMENT_WORDS_FIND] = "SELECT rowid FROM words WHERE words MATCH ?1 ORDER BY rowid DESC",
	[STATEMENT_WORDS_IN] = "SELECT rowid FROM words WHERE words MATCH ?1 AND rowid >= ?2 AND rowid < ?3 ORDER BY rowid LIMIT 4",
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

sqlite3_stmt *statement_make(struct search *s, const char *sql, struct err *err)
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

sqlite3_stmt *statement_get(struct search *s, enum statement_id id, struct err *err)
{
	if (s->statements[id] == NULL)
		s->statements[id] = statement_make(s, statement_sql[id], err);
	return s->statements[id];
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

void bind_blob(struct binding *b, const void *p, size_t n)
{
	bound(b, n != 0 ? sqlite3_bind_blob64(b->statement, b->next, p, n, SQLITE_STATIC)
			: sqlite3_bind_zeroblob(b->statement, b->next, 0));
}

int step(struct search *s, const struct binding *b, struct err *err)
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

int step_done(struct search *s, const struct binding *b, struct err *err)
{
	return step(s, b, err) == 0 ? 0 : -1;
}

struct str column_text(sqlite3_stmt *statement, int column)
{
	const char *p = sqlite3_column_blob(statement, column);
	int n = sqlite3_column_bytes(statement, column);

	return p != NULL && n > 0 ? (struct str){p, (size_t)n} : STR("");
}

int run_sql(struct search *s, const char *sql, struct err *err)
{
	int result = sqlite3_exec(s->db, sql, NULL, NULL, NULL);

	return result == SQLITE_OK ? 0 : search_fail(s, result, sql, err);
}
