/* Feeding: transactions, versions, accesses, expunges, files. */
#include "internal.h"

#include <string.h>

static int not_feeding(const struct catalogue *c, struct err *err)
{
	return err_set(err, ERR_INTERNAL, "the catalogue %s is not being fed", c->database.path);
}

int catalogue_begin(struct catalogue *c, struct err *err)
{
	if (!c->database.writable)
		return err_set(err, ERR_CONFLICT, "the catalogue %s is open to read only", c->database.path);
	if (c->feeding || c->database.db == NULL)
		return err_set(err, ERR_INTERNAL, "the catalogue %s is %s", c->database.path,
			c->feeding ? "being fed already" : "not open");
	if (database_run(&c->database, "BEGIN IMMEDIATE", err) != 0)
		return -1;
	pending_begin(c);
	c->feeding = true;
	return 0;
}

int catalogue_commit(struct catalogue *c, uint64_t size, const struct hash *root, struct err *err)
{
	sqlite3_stmt *statement;

	if (!c->feeding)
		return not_feeding(c, err);
	if (check_number(size, "the log's size", err) != 0 || pending_flush(c, err) != 0 ||
		(statement = database_statement(&c->database, STATEMENT_SET_POSITION, err)) == NULL)
		return -1;
	struct binding b = bind_to(statement);
	bind_number(&b, (int64_t)size);
	bind_blob(&b, root->b, sizeof(root->b));
	if (database_done(&c->database, &b, err) != 0 || database_run(&c->database, "COMMIT", err) != 0)
		return -1;
	c->feeding = false;
	return 0;
}

void catalogue_rollback(struct catalogue *c)
{
	if (!c->feeding)
		return;
	c->feeding = false;
	pending_drop(c);
	database_rollback(&c->database);
}

int catalogue_position(struct catalogue *c, uint64_t *size, struct hash *root, struct err *err)
{
	sqlite3_stmt *statement = database_statement(&c->database, STATEMENT_POSITION, err);
	struct binding b = bind_to(statement);
	int result = -1;

	if (statement == NULL)
		return -1;
	int got = database_step(&c->database, &b, err);
	if (got < 0)
		return -1;
	if (got == 1 && sqlite3_column_int64(statement, 0) >= 0 && sqlite3_column_bytes(statement, 1) == SHA256_SIZE) {
		*size = column_u64(statement, 0);
		memcpy(root->b, sqlite3_column_blob(statement, 1), SHA256_SIZE);
		result = 0;
	} else {
		database_damage(&c->database, "no position", err);
	}
	sqlite3_reset(statement);
	return result;
}

/* ---- files ------------------------------------------------------------------------------------------------------------- */

int put_files(struct catalogue *c, int64_t key, const struct catalogue_file *files, size_t count, struct err *err)
{
	unsigned char digest[1 + DIGEST_MAX];
	sqlite3_stmt *statement = database_statement(&c->database, STATEMENT_FILE_INSERT, err);

	if (statement == NULL)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct binding b = bind_to(statement);
		bind_number(&b, key);
		bind_text(&b, files[i].path);
		bind_blob(&b, digest, digest_blob(&files[i].digest, digest));
		if (database_done(&c->database, &b, err) != 0 || pending_digest(c, key, &files[i].digest, err) != 0)
			return -1;
	}
	return 0;
}

/* All files of a record, and the prefixes by which they were found. */
static int drop_files(struct catalogue *c, int64_t key, struct err *err)
{
	sqlite3_stmt *walk = NULL, *statement;
	int result = -1, got = -1;

	if (pending_flush(c, err) != 0 || (statement = database_statement(&c->database, STATEMENT_DIGEST_DELETE, err)) == NULL ||
		(walk = database_make(&c->database, "SELECT digest FROM file WHERE record = ?1", err)) == NULL)
		goto out;
	struct binding w = bind_to(walk);
	bind_number(&w, key);
	while ((got = database_step(&c->database, &w, err)) == 1) {
		struct digest digest;
		if (column_digest(c, walk, 0, &digest, err) != 0)
			goto out;
		struct binding b = bind_to(statement);
		bind_number(&b, (int64_t)be64_get(digest.bytes));
		bind_number(&b, key);
		if (database_done(&c->database, &b, err) != 0)
			goto out;
	}
	if (got < 0 || (statement = database_statement(&c->database, STATEMENT_FILES_DELETE, err)) == NULL)
		goto out;
	struct binding d = bind_to(statement);
	bind_number(&d, key);
	result = database_done(&c->database, &d, err);
out:
	sqlite3_finalize(walk);
	return result;
}

/* ---- records ---------------------------------------------------------------------------------------------------------------- */

int64_t record_key(struct catalogue *c, struct str id, struct err *err)
{
	sqlite3_stmt *statement = database_statement(&c->database, STATEMENT_RECORD_BY_ID, err);
	struct binding b = bind_to(statement);
	int64_t key = -1;

	if (statement == NULL)
		return -1;
	bind_text(&b, id);
	int got = database_step(&c->database, &b, err);
	if (got == 1) {
		key = sqlite3_column_int64(statement, 0);
		sqlite3_reset(statement);
	} else if (got == 0) {
		err_set(err, ERR_NOT_FOUND, "there is no record %.*s in this archive; photostat list shows what there is",
			STR_ARG(id));
	}
	return key;
}

/* The number that stands for an isPartOf id; 0 for none. */
static int parent_key(struct catalogue *c, struct str id, int64_t *key, struct err *err)
{
	sqlite3_stmt *statement;

	*key = 0;
	if (id.n == 0)
		return 0;
	if ((statement = database_statement(&c->database, STATEMENT_PARENT_GET, err)) == NULL)
		return -1;
	struct binding b = bind_to(statement);
	bind_text(&b, id);
	int got = database_step(&c->database, &b, err);
	if (got == 1)
		*key = sqlite3_column_int64(statement, 0);
	sqlite3_reset(statement);
	if (got != 0)
		return got < 0 ? -1 : 0;
	if ((statement = database_statement(&c->database, STATEMENT_PARENT_INSERT, err)) == NULL)
		return -1;
	b = bind_to(statement);
	bind_text(&b, id);
	if (database_done(&c->database, &b, err) != 0)
		return -1;
	*key = sqlite3_last_insert_rowid(c->database.db);
	return 0;
}

uint64_t files_bytes(const struct catalogue_version *v)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < v->file_count; i++)
		if (!u64_add(bytes, v->files[i].size, &bytes) || bytes > INT64_MAX)
			bytes = INT64_MAX;
	return bytes;
}

void ranges_text(struct buf *out, const struct catalogue_version *v)
{
	for (size_t i = 0; i < v->date_count; i++) {
		buf_be64(out, (uint64_t)v->dates[i].first);
		buf_be64(out, (uint64_t)v->dates[i].last);
	}
}

/* The row of a record as its newest version describes it: inserted (its id first) or updated (its key first). */
static int put_record(
	struct catalogue *c, sqlite3_stmt *statement, const int64_t *key, const struct catalogue_version *v, struct err *err)
{
	struct buf ranges = BUF_INIT;
	int64_t parent;
	int result = -1;

	if (parent_key(c, v->is_part_of, &parent, err) != 0)
		return -1;
	ranges_text(&ranges, v);
	if (buf_check(&ranges, "the dates", err) != 0)
		goto out;
	struct binding b = bind_to(statement);
	if (key != NULL)
		bind_number(&b, *key);
	else
		bind_text(&b, v->id);
	bind_number(&b, (int64_t)v->version);
	bind_number(&b, (int64_t)v->index);
	bind_number(&b, v->reference_code.n != 0);
	bind_number(&b, (int64_t)v->file_count);
	bind_number(&b, (int64_t)files_bytes(v));
	bind_text_or_null(&b, v->level);
	bind_text_or_null(&b, v->reference_code);
	bind_text_or_null(&b, buf_view(&c->description.sort));
	if (parent != 0)
		bind_number(&b, parent);
	else
		bind_null(&b);
	bind_text_or_null(&b, buf_view(&c->description.title));
	bind_text_or_null(&b, buf_view(&c->description.creator));
	bind_text_or_null(&b, buf_view(&c->description.date));
	bind_text_or_null(&b, buf_view(&c->description.language));
	bind_blob_or_null(&b, ranges.p, ranges.n);
	result = database_done(&c->database, &b, err);
	/* The ranges die here: the statement must not keep them. */
	sqlite3_clear_bindings(statement);
out:
	buf_release(&ranges);
	return result;
}

/* The indexes of the version before, which the record's row remembers. `row` stands on it. */
static int forget_description(struct catalogue *c, int64_t key, sqlite3_stmt *row, struct err *err)
{
	const void *blob = sqlite3_column_blob(row, 11);
	struct str ranges = {blob, blob != NULL ? (size_t)sqlite3_column_bytes(row, 11) : 0};

	return describe_delete(c, key, column_text(row, 8), column_text(row, 9), column_text(row, 10), ranges, err);
}

static int put_version_row(struct catalogue *c, int64_t key, const struct catalogue_version *v, struct err *err)
{
	unsigned char inventory[1 + DIGEST_MAX];
	sqlite3_stmt *statement = database_statement(&c->database, STATEMENT_VERSION_INSERT, err);
	struct binding b = bind_to(statement);

	if (statement == NULL)
		return -1;
	bind_number(&b, key);
	bind_number(&b, (int64_t)v->version);
	bind_number(&b, (int64_t)v->index);
	bind_number(&b, v->time);
	bind_blob(&b, inventory, digest_blob(&v->inventory, inventory));
	return database_done(&c->database, &b, err);
}

static int version_missing(struct str id, uint64_t version, struct err *err)
{
	return err_set(err, ERR_NOT_FOUND, "no version %llu of %.*s in the catalogue", (unsigned long long)version, STR_ARG(id));
}

static int version_is_there(struct catalogue *c, int64_t key, uint64_t version, struct err *err)
{
	sqlite3_stmt *statement = database_statement(&c->database, STATEMENT_VERSION_GET, err);
	struct binding b = bind_to(statement);

	if (statement == NULL)
		return -1;
	bind_number(&b, key);
	bind_number(&b, (int64_t)version);
	int got = database_step(&c->database, &b, err);
	if (got == 1)
		sqlite3_reset(statement);
	return got;
}

static int check_version(const struct catalogue_version *v, struct err *err)
{
	for (size_t i = 0; i < v->date_count; i++)
		if (v->dates[i].first > v->dates[i].last)
			return err_set(err, ERR_USAGE, "a date of %.*s ends before it begins", STR_ARG(v->id));
	if (v->id.n == 0 || digest_size(v->inventory.alg) == 0)
		return err_set(err, ERR_USAGE, "a version needs a record id and an inventory digest");
	return check_number(v->version, "a version's number", err) != 0 ? -1 : check_number(v->index, "an entry's index", err);
}

/* again: the newest version was rewritten; its row stays, what it says of the record is replaced. */
static int put_version(struct catalogue *c, const struct catalogue_version *v, bool again, struct err *err)
{
	sqlite3_stmt *row, *statement;
	int64_t key = -1;
	bool newest = true;

	if (!c->feeding)
		return not_feeding(c, err);
	if (check_version(v, err) != 0 || (row = database_statement(&c->database, STATEMENT_RECORD_BY_ID, err)) == NULL)
		return -1;
	struct binding b = bind_to(row);
	bind_text(&b, v->id);
	int got = database_step(&c->database, &b, err);
	if (got < 0)
		return -1;
	if (got == 1) {
		key = sqlite3_column_int64(row, 0);
		newest = again ? v->version == column_u64(row, 1) : v->version > column_u64(row, 1);
		int there = newest || again ? 0 : version_is_there(c, key, v->version, err);
		if (there == 1)
			err_set(err, ERR_EXISTS, "version %llu of %.*s is in the catalogue already", (unsigned long long)v->version,
				STR_ARG(v->id));
		if (there == 0 && newest)
			there = forget_description(c, key, row, err);
		sqlite3_reset(row);
		if (there != 0)
			return -1;
	}
	if (newest) {
		statement = database_statement(&c->database, got == 1 ? STATEMENT_RECORD_UPDATE : STATEMENT_RECORD_INSERT, err);
		if (describe(&c->description, v, err) != 0 || statement == NULL ||
			put_record(c, statement, got == 1 ? &key : NULL, v, err) != 0)
			return -1;
		if (got == 0)
			key = sqlite3_last_insert_rowid(c->database.db);
		if (describe_insert(c, key, v, err) != 0)
			return -1;
	}
	if (!again && put_version_row(c, key, v, err) != 0)
		return -1;
	return put_files(c, key, v->files, v->file_count, err);
}

int catalogue_put_version(struct catalogue *c, const struct catalogue_version *v, struct err *err)
{
	return put_version(c, v, false, err);
}

int catalogue_put_again(struct catalogue *c, const struct catalogue_version *v, struct err *err)
{
	int64_t key;

	if (!c->feeding)
		return not_feeding(c, err);
	if (check_version(v, err) != 0 || (key = record_key(c, v->id, err)) < 0)
		return -1;
	int there = version_is_there(c, key, v->version, err);
	if (there == 0)
		return version_missing(v->id, v->version, err);
	return there < 0 ? -1 : put_version(c, v, true, err);
}

/* ---- entries that are no version's --------------------------------------------------------------------------------------------- */

static int put_entry(struct catalogue *c, int64_t key, uint64_t index, struct err *err)
{
	static const enum statement_id both[] = {STATEMENT_ENTRY_INSERT, STATEMENT_RECORD_INDEXED};

	for (size_t i = 0; i < 2; i++) {
		sqlite3_stmt *statement = database_statement(&c->database, both[i], err);
		struct binding b = bind_to(statement);
		if (statement == NULL)
			return -1;
		bind_number(&b, key);
		bind_number(&b, (int64_t)index);
		if (database_done(&c->database, &b, err) != 0)
			return -1;
	}
	return 0;
}

int catalogue_touch(struct catalogue *c, struct str id, uint64_t index, struct err *err)
{
	sqlite3_stmt *statement;
	int64_t key;

	if (!c->feeding)
		return not_feeding(c, err);
	if (check_number(index, "an entry's index", err) != 0 ||
		(statement = database_statement(&c->database, STATEMENT_RECORD_BY_ID, err)) == NULL)
		return -1;
	struct binding b = bind_to(statement);
	bind_text(&b, id);
	int got = database_step(&c->database, &b, err);
	if (got == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no record %.*s in this archive; photostat list shows what there is",
			STR_ARG(id));
	if (got < 0)
		return -1;
	key = sqlite3_column_int64(statement, 0);
	bool noted = column_u64(statement, 2) == index;
	sqlite3_reset(statement);
	return noted ? 0 : put_entry(c, key, index, err);
}

int catalogue_put_access(struct catalogue *c, const struct catalogue_access *access, struct err *err)
{
	sqlite3_stmt *statement;
	int64_t key;

	if (!c->feeding)
		return not_feeding(c, err);
	if (access->state < 0 || access->state > 2)
		return err_set(err, ERR_USAGE, "no access state %d", access->state);
	if (check_number(access->index, "an entry's index", err) != 0 || (key = record_key(c, access->id, err)) < 0 ||
		(statement = database_statement(&c->database, STATEMENT_ACCESS_INSERT, err)) == NULL)
		return -1;
	struct binding b = bind_to(statement);
	bind_number(&b, key);
	bind_number(&b, (int64_t)access->index);
	bind_text(&b, access->path);
	bind_number(&b, access->state);
	bind_number(&b, access->until);
	if (database_done(&c->database, &b, err) != 0)
		return -1;
	statement = database_statement(
		&c->database, access->path.n == 0 ? STATEMENT_RECORD_ACCESS : STATEMENT_RECORD_FILES_ACCESS, err);
	if (statement == NULL)
		return -1;
	b = bind_to(statement);
	bind_number(&b, key);
	if (access->path.n == 0) {
		bind_number(&b, access->state);
		bind_number(&b, access->until);
	}
	return database_done(&c->database, &b, err) != 0 ? -1 : put_entry(c, key, access->index, err);
}

/* Access rows hold paths: those of files that are gone must not stay (P6). */
static int drop_accesses(struct catalogue *c, int64_t key, struct err *err)
{
	static const enum statement_id both[] = {STATEMENT_ACCESS_DELETE, STATEMENT_RECORD_NO_ACCESS};

	for (size_t i = 0; i < 2; i++) {
		sqlite3_stmt *statement = database_statement(&c->database, both[i], err);
		struct binding b = bind_to(statement);
		if (statement == NULL)
			return -1;
		bind_number(&b, key);
		if (database_done(&c->database, &b, err) != 0)
			return -1;
	}
	return 0;
}

int catalogue_put_expunge(
	struct catalogue *c, struct str id, uint64_t index, uint64_t version, const struct digest *inventory, struct err *err)
{
	unsigned char digest[1 + DIGEST_MAX];
	sqlite3_stmt *statement;
	int64_t key;

	if (!c->feeding)
		return not_feeding(c, err);
	if (check_number(index, "an entry's index", err) != 0 || check_number(version, "a version's number", err) != 0 ||
		(key = record_key(c, id, err)) < 0 ||
		(statement = database_statement(&c->database, STATEMENT_VERSION_EXPUNGE, err)) == NULL)
		return -1;
	struct binding b = bind_to(statement);
	bind_number(&b, key);
	bind_number(&b, (int64_t)version);
	bind_blob(&b, digest, digest_blob(inventory, digest));
	if (database_done(&c->database, &b, err) != 0)
		return -1;
	if (sqlite3_changes(c->database.db) == 0)
		return version_missing(id, version, err);
	return drop_files(c, key, err) != 0 || drop_accesses(c, key, err) != 0 ? -1 : put_entry(c, key, index, err);
}
