/* Statements: prepared once, bound in order, stepped; SQLite's errors as ours. */
#include "database/database.h"

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

int database_fail(struct database *d, int result, const char *doing, struct err *err)
{
	enum err_code code = code_of(result);
	int kind = result & 0xff;

	/* SQLITE_ERROR and its kin come from SQL that names what is not there, or from a virtual table that cannot read itself: our SQL is
	 * fixed and the schema was compared at open, so the file changed underneath. */
	if (kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB || kind == SQLITE_ERROR || kind == SQLITE_MISMATCH ||
		kind == SQLITE_CONSTRAINT) {
		d->damaged = true;
		return err_set(err, ERR_CONFLICT, "%s %s is damaged (%s: %s): %s", d->form->name, d->path, doing,
			d->db != NULL ? sqlite3_errmsg(d->db) : sqlite3_errstr(result), d->form->remedy);
	}
	err_set(err, code, "%s %s: %s: %s", d->form->name, d->path, doing, sqlite3_errstr(result));
	if (code == ERR_SYSTEM && err != NULL && d->db != NULL)
		err->sys = sqlite3_system_errno(d->db);
	return -1;
}

int database_damage(struct database *d, const char *what, struct err *err)
{
	d->damaged = true;
	if (what == NULL)
		return err_set(err, ERR_CONFLICT, "%s %s is damaged: %s", d->form->name, d->path, d->form->remedy);
	return err_set(err, ERR_CONFLICT, "%s %s is damaged (%s): %s", d->form->name, d->path, what, d->form->remedy);
}

static sqlite3_stmt *prepare(struct database *d, const char *sql, unsigned flags, struct err *err)
{
	sqlite3_stmt *statement = NULL;
	int result;

	if (d->db == NULL) {
		err_set(err, ERR_CONFLICT, "%s %s is not open", d->form->name, d->path);
		return NULL;
	}
	result = sqlite3_prepare_v3(d->db, sql, -1, flags, &statement, NULL);
	if (result != SQLITE_OK) {
		database_fail(d, result, "preparing", err);
		return NULL;
	}
	return statement;
}

sqlite3_stmt *database_statement(struct database *d, size_t number, struct err *err)
{
	if (d->db == NULL || d->statements[number] == NULL) {
		sqlite3_stmt *made = prepare(d, d->form->statements[number], SQLITE_PREPARE_PERSISTENT, err);

		if (made == NULL)
			return NULL;
		d->statements[number] = made;
	}
	return d->statements[number];
}

sqlite3_stmt *database_make(struct database *d, const char *sql, struct err *err)
{
	return prepare(d, sql, 0, err);
}

int database_run(struct database *d, const char *sql, struct err *err)
{
	int result = sqlite3_exec(d->db, sql, NULL, NULL, NULL);

	return result == SQLITE_OK ? 0 : database_fail(d, result, sql, err);
}

void database_rollback(struct database *d)
{
	/* Some errors have rolled back by themselves. */
	if (d->db != NULL && !sqlite3_get_autocommit(d->db))
		sqlite3_exec(d->db, "ROLLBACK", NULL, NULL, NULL);
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

void bind_null(struct binding *b)
{
	bound(b, sqlite3_bind_null(b->statement, b->next));
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
		bind_null(b);
}

void bind_blob(struct binding *b, const void *p, size_t n)
{
	bound(b, n != 0 ? sqlite3_bind_blob64(b->statement, b->next, p, n, SQLITE_STATIC)
			: sqlite3_bind_zeroblob(b->statement, b->next, 0));
}

void bind_blob_or_null(struct binding *b, const void *p, size_t n)
{
	if (n != 0)
		bind_blob(b, p, n);
	else
		bind_null(b);
}

int database_step(struct database *d, const struct binding *b, struct err *err)
{
	int result = b->result != SQLITE_OK ? b->result : sqlite3_step(b->statement);

	if (result == SQLITE_ROW)
		return 1;
	/* Before the reset, which would lose the message. */
	if (result != SQLITE_DONE)
		database_fail(d, result, sqlite3_stmt_readonly(b->statement) ? "reading" : "writing", err);
	sqlite3_reset(b->statement);
	return result == SQLITE_DONE ? 0 : -1;
}

int database_done(struct database *d, const struct binding *b, struct err *err)
{
	return database_step(d, b, err) == 0 ? 0 : -1;
}

struct str column_text(sqlite3_stmt *statement, int column)
{
	/* A text's bytes as they are: all files are in UTF-8. The pointer first: column_bytes then counts what that made. */
	const char *p = sqlite3_column_blob(statement, column);
	int n = sqlite3_column_bytes(statement, column);

	return p != NULL && n > 0 ? (struct str){p, (size_t)n} : STR("");
}

int64_t column_number(sqlite3_stmt *statement, int column)
{
	return sqlite3_column_int64(statement, column);
}

uint64_t column_u64(sqlite3_stmt *statement, int column)
{
	return (uint64_t)sqlite3_column_int64(statement, column);
}
