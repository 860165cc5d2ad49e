/* Opening, schema, throwing away, wiping. */
#include "database/database.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "os/os.h"

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
	sqlite3_limit(db, SQLITE_LIMIT_LENGTH, 32 << 20);
	sqlite3_limit(db, SQLITE_LIMIT_SQL_LENGTH, 64 << 10);
	sqlite3_limit(db, SQLITE_LIMIT_COLUMN, 64);
	sqlite3_limit(db, SQLITE_LIMIT_EXPR_DEPTH, 64);
	sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
	sqlite3_limit(db, SQLITE_LIMIT_TRIGGER_DEPTH, 1);
	sqlite3_limit(db, SQLITE_LIMIT_WORKER_THREADS, 0);
	sqlite3_busy_timeout(db, 10000);
}

/* The handle stays: it can be opened again. */
static void close_file(struct database *d)
{
	for (size_t i = 0; i < d->form->statement_count; i++) {
		sqlite3_finalize(d->statements[i]);
		d->statements[i] = NULL;
	}
	if (d->db != NULL)
		sqlite3_close_v2(d->db);
	d->db = NULL;
}

static int run_all(struct database *d, const char *const *sql, size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++)
		if (database_run(d, sql[i], err) != 0)
			return -1;
	return 0;
}

/* PRAGMA name=value: SQLite takes no parameters there. */
static int set(struct database *d, const char *name, int value, struct err *err)
{
	char pragma[64];

	sqlite3_snprintf((int)sizeof(pragma), pragma, "PRAGMA %s=%d", name, value);
	return database_run(d, pragma, err);
}

/* ---- the schema ---------------------------------------------------------------------------------------------------------------------------- */

/* 1 and *out, the number of its first row; 0 no row; -1. */
static int number_of(struct database *d, const char *sql, int64_t *out, struct err *err)
{
	sqlite3_stmt *statement = database_make(d, sql, err);
	struct binding b = bind_to(statement);
	int got = statement != NULL ? database_step(d, &b, err) : -1;

	*out = got == 1 ? column_number(statement, 0) : 0;
	sqlite3_finalize(statement);
	return got;
}

static bool is_known(const struct database_form *form, struct str name, struct str sql)
{
	for (size_t i = 0; i < form->table_count; i++)
		if (str_equal(sql, str_from(form->tables[i])))
			return true;
	for (size_t i = 0; i < form->shadow_count; i++)
		if (str_equal(name, str_from(form->shadows[i])))
			return true;
	return false;
}

/* *state: 0 an empty file, 1 ours. Anything else is damage. */
static int look_at_schema(struct database *d, int *state, struct err *err)
{
	const struct database_form *form = d->form;
	sqlite3_stmt *statement;
	int64_t application, version;
	size_t rows = 0;
	bool known = true;
	int got;

	if (number_of(d, "PRAGMA application_id", &application, err) < 0 || number_of(d, "PRAGMA user_version", &version, err) < 0)
		return -1;
	statement = database_make(d, "SELECT name, coalesce(sql, '') FROM sqlite_schema", err);
	if (statement == NULL)
		return -1;
	struct binding b = bind_to(statement);
	while ((got = database_step(d, &b, err)) == 1) {
		known = known && is_known(form, column_text(statement, 0), column_text(statement, 1));
		rows++;
	}
	sqlite3_finalize(statement);
	if (got < 0)
		return -1;
	*state = rows != 0;
	if (rows == 0 || (known && rows == form->table_count + form->shadow_count && application == form->application &&
				 version == form->version))
		return 0;
	d->damaged = true;
	return err_set(err, ERR_CONFLICT, "%s %s is not of this program's form: %s", form->name, d->path, form->remedy);
}

static int make_schema(struct database *d, struct err *err)
{
	const struct database_form *form = d->form;

	/* Not in the transaction: journal_mode cannot be. */
	if (set(d, "page_size", form->page_size, err) != 0 || database_run(d, "PRAGMA journal_mode=WAL", err) != 0 ||
		database_run(d, "BEGIN IMMEDIATE", err) != 0)
		return -1;
	if (run_all(d, form->tables, form->table_count, err) == 0 && run_all(d, form->first, form->first_count, err) == 0 &&
		set(d, "application_id", form->application, err) == 0 && set(d, "user_version", form->version, err) == 0 &&
		database_run(d, "COMMIT", err) == 0)
		return 0;
	database_rollback(d);
	return -1;
}

/* ---- opening --------------------------------------------------------------------------------------------------------------------------------- */

static int configure(struct database *d, struct err *err)
{
	static const char *const both[] = {"PRAGMA mmap_size=0", "PRAGMA cell_size_check=ON"};
	static const char *const writing[] = {
		"PRAGMA synchronous=NORMAL", "PRAGMA secure_delete=ON", "PRAGMA journal_size_limit=16777216"};

	if (set(d, "cache_size", -d->form->cache_kib, err) != 0 || run_all(d, both, sizeof(both) / sizeof(both[0]), err) != 0)
		return -1;
	return d->writable ? run_all(d, writing, sizeof(writing) / sizeof(writing[0]), err) : 0;
}

/* SQLite takes a last page that is cut for a whole one. */
static int check_length(struct database *d, struct err *err)
{
	struct stat file;

	if (d->path[0] == '\0')
		return 0;
	if (os_stat(AT_FDCWD, d->path, &file, err) != 0)
		return -1;
	if (file.st_size % d->form->page_size == 0)
		return 0;
	d->damaged = true;
	return err_set(err, ERR_CONFLICT, "%s %s is cut short: %s", d->form->name, d->path, d->form->remedy);
}

static int check_first_rows(struct database *d, struct err *err)
{
	int64_t ignored;
	int got = number_of(d, d->form->sound, &ignored, err);

	return got == 1 ? 0 : got < 0 ? -1 : database_damage(d, "its first rows are gone", err);
}

/* One attempt; the handle is left open only if it is good. */
static int open_file(struct database *d, const char *name, int flags, struct err *err)
{
	int state = 0, result;

	d->damaged = false;
	result = sqlite3_open_v2(name, &d->db, flags | SQLITE_OPEN_NOMUTEX, NULL);
	if (result != SQLITE_OK) {
		database_fail(d, result, "opening", err);
		goto fail;
	}
	restrain(d->db);
	if (d->writable && sqlite3_db_readonly(d->db, "main") == 1) { /* SQLite opens to read what it may not write */
		err_set(err, ERR_SYSTEM, "%s %s may not be written to", d->form->name, d->path);
		goto fail;
	}
	if (check_length(d, err) != 0 || configure(d, err) != 0 || look_at_schema(d, &state, err) != 0)
		goto fail;
	if (state == 0 && !d->writable) {
		err_set(err, ERR_NOT_FOUND, "%s %s is empty: make it with `photostat index`", d->form->name, d->path);
		goto fail;
	}
	if ((state == 0 && make_schema(d, err) != 0) || check_first_rows(d, err) != 0)
		goto fail;
	return 0;
fail:
	close_file(d);
	return -1;
}

/* The file and what WAL keeps beside it. */
static int throw_away(struct database *d, struct err *err)
{
	static const char *const suffixes[] = {"-wal", "-shm", ""};
	struct buf name = BUF_INIT;
	int result = 0;

	for (size_t i = 0; result == 0 && i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		buf_clear(&name);
		buf_text(&name, d->path);
		buf_text(&name, suffixes[i]);
		result = buf_check(&name, "the file's name", err);
		if (result == 0)
			result = os_unlink(AT_FDCWD, name.p, err);
	}
	buf_release(&name);
	return result;
}

static int open_to_write(struct database *d, struct err *err)
{
	struct err first = ERR_INIT;

	if (open_file(d, d->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &first) == 0)
		return 0;
	if (d->damaged && throw_away(d, err) == 0)
		return open_file(d, d->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, err);
	if (!d->damaged && err != NULL)
		*err = first;
	return -1;
}

/* A WAL database wants its -shm file beside it; where that cannot be made (read-only media) the file is read as it stands, which is
 * right only while no -wal holds newer pages. */
static int open_immutable(struct database *d, struct err *err)
{
	struct buf name = BUF_INIT;
	struct stat wal;
	int result = -1;

	buf_text(&name, d->path);
	buf_text(&name, "-wal");
	if (buf_check(&name, "the file's name", err) != 0)
		goto out;
	if (os_stat(AT_FDCWD, name.p, &wal, NULL) == 0 && wal.st_size != 0) {
		err_set(err, ERR_CONFLICT, "%s %s has unfinished work beside it that cannot be read here", d->form->name, d->path);
		goto out;
	}
	buf_clear(&name);
	buf_text(&name, "file:");
	for (const char *p = d->path; *p != '\0'; p++)
		if (*p == '%' || *p == '?' || *p == '#')
			buf_printf(&name, "%%%02x", (unsigned)(unsigned char)*p);
		else
			buf_char(&name, *p);
	buf_text(&name, "?immutable=1");
	if (buf_check(&name, "the file's name", err) == 0)
		result = open_file(d, name.p, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, err);
out:
	buf_release(&name);
	return result;
}

static int open_to_read(struct database *d, struct err *err)
{
	struct err first = ERR_INIT;
	int there = os_exists(AT_FDCWD, d->path, err);

	if (there < 0)
		return -1;
	if (there == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no %s %s: make it with `photostat index`",
			strncmp(d->form->name, "the ", 4) == 0 ? d->form->name + 4 : d->form->name, d->path);
	if (open_file(d, d->path, SQLITE_OPEN_READONLY, &first) == 0)
		return 0;
	if (!d->damaged && first.code != ERR_NOT_FOUND && open_immutable(d, NULL) == 0)
		return 0;
	if (err != NULL)
		*err = first;
	return -1;
}

static void begin(struct database *d, const struct database_form *form, const char *path, bool writable)
{
	*d = (struct database){.form = form, .path = mem_dup(str_from(path)), .writable = writable};
	d->statements = mem_array(form->statement_count, sizeof(*d->statements));
}

int database_open(struct database *d, const struct database_form *form, const char *path, bool writable, struct err *err)
{
	begin(d, form, path, writable);
	if ((writable ? open_to_write(d, err) : open_to_read(d, err)) == 0)
		return 0;
	database_close(d);
	return -1;
}

int database_open_unnamed(struct database *d, const struct database_form *form, const char *path, struct err *err)
{
	static const char *const plain[] = {"PRAGMA journal_mode=OFF", "PRAGMA synchronous=OFF", "PRAGMA locking_mode=EXCLUSIVE",
		"PRAGMA temp_store=MEMORY", "PRAGMA mmap_size=0"};
	const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
	int result;

	begin(d, form, "", true);
	if (path[0] != '\0' && os_unlink(AT_FDCWD, path, err) != 0)
		goto fail;
	result = sqlite3_open_v2(path, &d->db, flags, NULL);
	if (result != SQLITE_OK) {
		database_fail(d, result, "opening", err);
		goto fail;
	}
	result = set(d, "page_size", form->page_size, err) == 0 && set(d, "cache_size", -form->cache_kib, err) == 0 &&
				 run_all(d, plain, sizeof(plain) / sizeof(plain[0]), err) == 0 &&
				 run_all(d, form->tables, form->table_count, err) == 0
			 ? 0
			 : -1;
	/* Behind the pragmas: SQLite refuses to be without a journal once it is defensive. */
	restrain(d->db);
	/* It has no journal: nothing else is ever made beside it. */
	if (path[0] != '\0' && os_unlink(AT_FDCWD, path, result == 0 ? err : NULL) != 0)
		result = -1;
	if (result == 0)
		return 0;
fail:
	database_close(d);
	return -1;
}

void database_close(struct database *d)
{
	if (d->statements == NULL)
		return;
	close_file(d);
	free(d->statements);
	free(d->path);
	d->statements = NULL;
	d->path = NULL;
}

/* ---- emptying, wiping ---------------------------------------------------------------------------------------------------------------------- */

static int empty(struct database *d)
{
	if (d->db == NULL || d->damaged || database_run(d, "BEGIN IMMEDIATE", NULL) != 0)
		return -1;
	if (run_all(d, d->form->empty, d->form->empty_count, NULL) == 0 && database_run(d, "COMMIT", NULL) == 0)
		return 0;
	database_rollback(d);
	return -1;
}

int database_clear(struct database *d, struct err *err)
{
	if (empty(d) == 0)
		return 0;
	close_file(d);
	if (throw_away(d, err) != 0)
		return -1;
	return open_file(d, d->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, err);
}

int database_wipe(struct database *d, struct err *err)
{
	int log_pages = 0, copied = 0, result;

	result = sqlite3_wal_checkpoint_v2(d->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, &log_pages, &copied);
	return result == SQLITE_OK ? 0 : database_fail(d, result, "wiping", err);
}
