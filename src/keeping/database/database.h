/* database: a file of SQLite as the modules beside this one keep theirs: derived, deletable, never trusted. How it is opened and looked at, statements that are
 * prepared once, values bound in order, SQLite's errors as ours. It knows nothing of what is in the tables.
 *
 * What makes such a file good enough to be used at all:
 *  1. WAL with synchronous=NORMAL: after power loss it is some committed state, whole.
 *  2. The schema is compared text by text at open: triggers, views or other tables that somebody put in are damage.
 *  3. Every constraint or type that fails, and all that SQLite calls corrupt, marks the handle damaged.
 *
 * A handle belongs to one thread. Errors of every function: ERR_CONFLICT the file is damaged (database.damaged tells), busy, read-only or not ours;
 * ERR_SYSTEM the disk; ERR_LIMIT; ERR_MEMORY. */
#ifndef PHOTOSTAT_DATABASE_H
#define PHOTOSTAT_DATABASE_H

#include <sqlite3.h>

#include "base/base.h"

/* What a file is. All of it is fixed text. */
struct database_form {
	const char *name;   /* as sentences have it: "the catalogue" */
	const char *remedy; /* what is to be done if it is damaged: "make it anew with `photostat index`" */
	int application, version;
	int page_size, cache_kib;
	const char *const *tables; /* the schema, as SQLite gives it back */
	size_t table_count;
	const char *const *shadows; /* names of what SQLite makes beside them */
	size_t shadow_count;
	const char *const *first; /* run behind the schema, in the same transaction: the first rows */
	size_t first_count;
	const char *sound;        /* a query that gives a row unless the first rows are gone */
	const char *const *empty; /* all that makes an empty one of a full one */
	size_t empty_count;
	const char *const *statements; /* by the numbers of their users */
	size_t statement_count;
};

struct database {
	sqlite3 *db; /* NULL: closed */
	const struct database_form *form;
	char *path; /* "": a file without a name */
	bool writable, damaged;
	sqlite3_stmt **statements;
};

/* ---- open.c ------------------------------------------------------------------------------------------------------------------------------ */

/* Opens or makes it (path from the working directory; its folder must exist). Writable, a damaged one or one of another form is thrown away and made
 * anew; to read, that is ERR_CONFLICT, and none at all, or an empty one, ERR_NOT_FOUND. Where nothing can be written beside it (read-only media), it is read
 * as it lies, unless unfinished work lies there too. Path "", writable: in a file without a name where SQLite puts such (SQLITE_TMPDIR, TMPDIR, /var/tmp,
 * /tmp), gone with the handle. After an error there is nothing to close. O(1). */
int database_open(struct database *, const struct database_form *, const char *path, bool writable, struct err *);
/* For what is never to be found by anybody: made at `path`, which is removed at once; no journal, nothing is synced. After an error of a writing call nothing of it is
 * good any more. */
int database_open_unnamed(struct database *, const struct database_form *, const char *path, struct err *);
/* Statements of the user's own are finalized before. Closed already is fine. */
void database_close(struct database *);
/* Makes it empty, damaged or not. Writable, no transaction is open. In place where that can be: who has the file open would go on to read one that was taken
 * away. After an error it may be closed. O(n). */
int database_clear(struct database *, struct err *);
/* Writes all back into the file itself and cuts its log: what was deleted is then wiped (P6). ERR_CONFLICT: a reader still holds the state before. */
int database_wipe(struct database *, struct err *);

/* ---- statement.c ------------------------------------------------------------------------------------------------------------------------- */

/* What SQLite said, as our error; marks damage. Always -1. */
int database_fail(struct database *, int result, const char *doing, struct err *);
/* What is read makes no sense. what: NULL, or a word or two. Always -1. */
int database_damage(struct database *, const char *what, struct err *);
/* The form's statement, as its last use left it: that is, reset, unless its rows were not all read. NULL with *err. */
sqlite3_stmt *database_statement(struct database *, size_t number, struct err *);
/* One of its own, for a walk that calls out; sqlite3_finalize it. */
sqlite3_stmt *database_make(struct database *, const char *sql, struct err *);
int database_run(struct database *, const char *sql, struct err *);
/* If a transaction is open, it is undone. */
void database_rollback(struct database *);

/* Values in order of the parameters, all of them anew each time; what fails is kept in .result and reported by the step. */
struct binding {
	sqlite3_stmt *statement;
	int next, result;
};
struct binding bind_to(sqlite3_stmt *); /* NULL is fine as long as nothing is bound */
void bind_number(struct binding *, int64_t);
void bind_null(struct binding *);
void bind_text(struct binding *, struct str);         /* must live until the step is done, as the others below */
void bind_text_or_null(struct binding *, struct str); /* empty: NULL */
void bind_blob(struct binding *, const void *, size_t);
void bind_blob_or_null(struct binding *, const void *, size_t);
/* 1 a row, 0 done, -1. At the end of the rows, and after an error, the statement is reset. */
int database_step(struct database *, const struct binding *, struct err *);
/* For statements without rows: 0 or -1. */
int database_done(struct database *, const struct binding *, struct err *);

/* Text or blob; until the next step or reset. */
struct str column_text(sqlite3_stmt *, int column);
int64_t column_number(sqlite3_stmt *, int column);
uint64_t column_u64(sqlite3_stmt *, int column);

#endif
