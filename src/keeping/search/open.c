/* Opening, schema, position, wiping. As the catalogue's file: WAL, the schema compared text by text, what is damaged is thrown away. */
#include "internal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "os/os.h"

#define APPLICATION_ID 0x70687366 /* "phsf" */
#define SCHEMA_VERSION 2
#define PAGE_SIZE 8192 /* a letter's text lies in one or two */

static const char *const schema_sql[] = {
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
#define SCHEMA_COUNT (sizeof(schema_sql) / sizeof(schema_sql[0]))
/* sqlite_autoindex rows of the tables without rowid have no SQL and no name that we choose: SQLite makes none for them. */

static void close_database(struct search *s)
{
	for (size_t i = 0; i < STATEMENT_COUNT; i++) {
		sqlite3_finalize(s->statements[i]);
		s->statements[i] = NULL;
	}
	if (s->db != NULL)
		sqlite3_close_v2(s->db);
	s->db = NULL;
	s->feeding = s->segments_known = s->languages_known = false;
}

static void restrain(sqlite3 *db)
{
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	sqlite3_limit(db, SQLITE_LIMIT_LENGTH, 32 << 20);
	sqlite3_limit(db, SQLITE_LIMIT_SQL_LENGTH, 256 << 10);
	sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
	sqlite3_limit(db, SQLITE_LIMIT_WORKER_THREADS, 0);
	sqlite3_busy_timeout(db, 10000);
}

static int number_of(struct search *s, const char *sql, int64_t *out, struct err *err)
{
	sqlite3_stmt *statement = sql_make(s, sql, err);
	struct binding b = sql_bind(statement);
	int got = statement != NULL ? sql_step(s, &b, err) : -1;

	if (got == 1)
		*out = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return got == 1 ? 0 : -1;
}

static bool row_known(struct str sql)
{
	for (size_t i = 0; i < SCHEMA_COUNT; i++)
		if (str_equal(sql, str_from(schema_sql[i])))
			return true;
	return false;
}

/* *state: 0 an empty file, 1 ours. Anything else is damage. */
static int look_at_schema(struct search *s, int *state, struct err *err)
{
	sqlite3_stmt *statement;
	int64_t application = 0, version = 0;
	size_t rows = 0;
	bool known = true;
	int result = -1, got;

	if (number_of(s, "PRAGMA application_id", &application, err) != 0 ||
		number_of(s, "PRAGMA user_version", &version, err) != 0)
		return -1;
	statement = sql_make(s, "SELECT coalesce(sql, '') FROM sqlite_schema", err);
	if (statement == NULL)
		return -1;
	struct binding b = sql_bind(statement);
	while ((got = sql_step(s, &b, err)) == 1) {
		known = known && row_known(sql_column(statement, 0));
		rows++;
	}
	if (got < 0)
		goto out;
	*state = rows != 0;
	if (rows != 0 && (!known || rows != SCHEMA_COUNT || application != APPLICATION_ID || version != SCHEMA_VERSION)) {
		s->damaged = true;
		err_set(err, ERR_CONFLICT, "the search index %s is not of this program's form: make it anew with `photostat index`",
			s->path);
		goto out;
	}
	result = 0;
out:
	sqlite3_finalize(statement);
	return result;
}

static int make_schema(struct search *s, struct err *err)
{
	char pragma[64];

	sqlite3_snprintf((int)sizeof(pragma), pragma, "PRAGMA page_size=%d", PAGE_SIZE);
	if (sql_run(s, pragma, err) != 0 || sql_run(s, "PRAGMA journal_mode=WAL", err) != 0 ||
		sql_run(s, "BEGIN IMMEDIATE", err) != 0)
		return -1;
	for (size_t i = 0; i < SCHEMA_COUNT; i++)
		if (sql_run(s, schema_sql[i], err) != 0)
			goto undo;
	if (sql_run(s, "INSERT INTO state(one, position, next_record, records) VALUES(1, 0, 1, 0)", err) != 0)
		goto undo;
	sqlite3_snprintf((int)sizeof(pragma), pragma, "PRAGMA application_id=%d", APPLICATION_ID);
	if (sql_run(s, pragma, err) != 0)
		goto undo;
	sqlite3_snprintf((int)sizeof(pragma), pragma, "PRAGMA user_version=%d", SCHEMA_VERSION);
	if (sql_run(s, pragma, err) == 0 && sql_run(s, "COMMIT", err) == 0)
		return 0;
undo:
	sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	return -1;
}

static int configure(struct search *s, struct err *err)
{
	static const char *const both[] = {"PRAGMA cache_size=-8192", "PRAGMA mmap_size=0", "PRAGMA cell_size_check=ON"};
	static const char *const writing[] = {
		"PRAGMA synchronous=NORMAL", "PRAGMA secure_delete=ON", "PRAGMA journal_size_limit=16777216"};

	for (size_t i = 0; i < sizeof(both) / sizeof(both[0]); i++)
		if (sql_run(s, both[i], err) != 0)
			return -1;
	for (size_t i = 0; s->writable && i < sizeof(writing) / sizeof(writing[0]); i++)
		if (sql_run(s, writing[i], err) != 0)
			return -1;
	return 0;
}

static int open_database(struct search *s, const char *name, int flags, struct err *err)
{
	uint64_t position;
	int state = 0, result;

	s->damaged = false;
	result = sqlite3_open_v2(name, &s->db, flags | SQLITE_OPEN_NOMUTEX, NULL);
	if (result != SQLITE_OK) {
		search_fail(s, result, "opening", err);
		goto fail;
	}
	restrain(s->db);
	if (s->writable && sqlite3_db_readonly(s->db, "main") == 1) {
		err_set(err, ERR_SYSTEM, "the search index %s may not be written to", s->path);
		goto fail;
	}
	if (configure(s, err) != 0 || look_at_schema(s, &state, err) != 0)
		goto fail;
	if (state == 0 && !s->writable) {
		err_set(err, ERR_NOT_FOUND, "the search index %s is empty: make it with `photostat index`", s->path);
		goto fail;
	}
	if ((state == 0 && make_schema(s, err) != 0) || search_position(s, &position, err) != 0)
		goto fail;
	return 0;
fail:
	close_database(s);
	return -1;
}

static int throw_away(struct search *s, struct err *err)
{
	static const char *const suffixes[] = {"-wal", "-shm", ""};
	struct buf name = BUF_INIT;
	int result = 0;

	for (size_t i = 0; result == 0 && i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		buf_clear(&name);
		buf_text(&name, s->path);
		buf_text(&name, suffixes[i]);
		result = buf_check(&name, "the search index's name", err);
		if (result == 0)
			result = os_unlink(AT_FDCWD, name.p, err);
	}
	buf_release(&name);
	return result;
}

static int open_writable(struct search *s, struct err *err)
{
	struct err first = ERR_INIT;

	if (open_database(s, s->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &first) == 0)
		return 0;
	if (s->damaged && throw_away(s, err) == 0)
		return open_database(s, s->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, err);
	if (!s->damaged && err != NULL)
		*err = first;
	return -1;
}

/* Where -shm cannot be made (read-only media) the file is read as it stands: right while no -wal holds newer pages. */
static int open_immutable(struct search *s, struct err *err)
{
	struct buf name = BUF_INIT;
	struct stat wal;
	int result = -1;

	buf_text(&name, s->path);
	buf_text(&name, "-wal");
	if (buf_check(&name, "the search index's name", err) != 0)
		goto out;
	if (os_stat(AT_FDCWD, name.p, &wal, NULL) == 0 && wal.st_size != 0) {
		err_set(err, ERR_CONFLICT, "the search index %s has unfinished work beside it that cannot be read here", s->path);
		goto out;
	}
	buf_clear(&name);
	buf_text(&name, "file:");
	for (const char *p = s->path; *p != '\0'; p++)
		if (*p == '%' || *p == '?' || *p == '#')
			buf_printf(&name, "%%%02x", (unsigned)(unsigned char)*p);
		else
			buf_char(&name, *p);
	buf_text(&name, "?immutable=1");
	if (buf_check(&name, "the search index's name", err) == 0)
		result = open_database(s, name.p, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, err);
out:
	buf_release(&name);
	return result;
}

static int open_to_read(struct search *s, struct err *err)
{
	struct err first = ERR_INIT;
	int there = os_exists(AT_FDCWD, s->path, err);

	if (there < 0)
		return -1;
	if (there == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no search index %s: make it with `photostat index`", s->path);
	if (open_database(s, s->path, SQLITE_OPEN_READONLY, &first) == 0)
		return 0;
	if (!s->damaged && first.code != ERR_NOT_FOUND && open_immutable(s, NULL) == 0)
		return 0;
	if (err != NULL)
		*err = first;
	return -1;
}

int search_open(struct search **out, const char *path, bool writable, struct err *err)
{
	struct search *s = mem_alloc(sizeof(*s));

	*out = NULL;
	s->path = mem_dup(str_from(path));
	s->writable = writable;
	lexicon_init(&s->lexicon);
	if ((writable ? open_writable(s, err) : open_to_read(s, err)) != 0) {
		search_free(s);
		return -1;
	}
	*out = s;
	return 0;
}

bool search_is_damaged(const struct search *s)
{
	return s->damaged;
}

void search_free(struct search *s)
{
	if (s == NULL)
		return;
	search_rollback(s);
	close_database(s);
	incoming_release(&s->pending);
	lexicon_release(&s->lexicon);
	arena_release(&s->postings);
	buf_release(&s->segments);
	buf_release(&s->gone);
	free(s->path);
	free(s);
}

int search_clear(struct search *s, struct err *err)
{
	if (!s->writable || s->feeding)
		return err_set(
			err, ERR_CONFLICT, "the search index %s is %s", s->path, s->feeding ? "being fed" : "open to read only");
	close_database(s);
	if (throw_away(s, err) != 0)
		return -1;
	return open_database(s, s->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, err);
}

int search_position(struct search *s, uint64_t *position, struct err *err)
{
	sqlite3_stmt *statement = sql_get(s, STATEMENT_POSITION, err);
	struct binding b = sql_bind(statement);
	int got;

	if (statement == NULL)
		return -1;
	got = sql_step(s, &b, err);
	if (got == 1) {
		*position = (uint64_t)sqlite3_column_int64(statement, 0);
		sqlite3_reset(statement);
	} else if (got == 0) {
		return search_damaged(s, err);
	}
	return got == 1 ? 0 : -1;
}

int search_scrub(struct search *s, struct err *err)
{
	int log_pages = 0, copied = 0, result;

	if (!s->writable || s->feeding)
		return err_set(
			err, ERR_CONFLICT, "the search index %s is %s", s->path, s->feeding ? "being fed" : "open to read only");
	/* secure_delete zeroes what is taken out of a page, and pages that come free. */
	if (sql_run(s, "BEGIN IMMEDIATE", err) != 0)
		return -1;
	if (segments_sweep(s, err) != 0 || sql_run(s, "COMMIT", err) != 0) {
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
		return -1;
	}
	result = sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, &log_pages, &copied);
	return result == SQLITE_OK ? 0 : search_fail(s, result, "wiping", err);
}
