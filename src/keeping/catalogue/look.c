/* Looking up single records and walking what belongs to one. */
#include "internal.h"

#include <string.h>

/* Columns as STATEMENT_RECORD_BY_ID gives them; the id is the caller's. */
static void take_record(sqlite3_stmt *row, struct catalogue_record *out)
{
	out->versions = column_u64(row, 1);
	out->last_index = column_u64(row, 2);
	out->version_index = column_u64(row, 3);
	out->state = sqlite3_column_int(row, 4);
	out->until = sqlite3_column_int64(row, 5);
	out->files_restricted = sqlite3_column_int(row, 6) != 0;
}

/* A copy that lives until the next lookup. */
static int answer(struct catalogue *c, struct str text, struct str *out, struct err *err)
{
	buf_clear(&c->answer);
	buf_str(&c->answer, text);
	if (buf_check(&c->answer, "an id", err) != 0)
		return -1;
	*out = buf_view(&c->answer);
	return 0;
}

/* 1 and the row stands on the record, or -1 (ERR_NOT_FOUND if there is none). */
static int find(struct catalogue *c, struct str id, sqlite3_stmt **row, struct err *err)
{
	*row = database_statement(&c->database, STATEMENT_RECORD_BY_ID, err);
	struct binding b = bind_to(*row);

	if (*row == NULL)
		return -1;
	bind_text(&b, id);
	int got = database_step(&c->database, &b, err);
	if (got == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no record %.*s in this archive; photostat list shows what there is",
			STR_ARG(id));
	return got;
}

int catalogue_record(struct catalogue *c, struct str id, struct catalogue_record *out, struct err *err)
{
	sqlite3_stmt *row;

	memset(out, 0, sizeof(*out));
	if (find(c, id, &row, err) != 1)
		return -1;
	take_record(row, out);
	sqlite3_reset(row);
	return answer(c, id, &out->id, err);
}

int catalogue_part_of(struct catalogue *c, struct str id, struct str *parent, struct err *err)
{
	sqlite3_stmt *row, *statement;
	int result;

	*parent = STR("");
	if (find(c, id, &row, err) != 1)
		return -1;
	int64_t key = sqlite3_column_int64(row, 7);
	sqlite3_reset(row);
	if (key == 0)
		return 0;
	if ((statement = database_statement(&c->database, STATEMENT_PARENT_ID, err)) == NULL)
		return -1;
	struct binding b = bind_to(statement);
	bind_number(&b, key);
	int got = database_step(&c->database, &b, err);
	if (got < 0)
		return -1;
	if (got == 0)
		return database_damage(&c->database, "isPartOf", err);
	result = answer(c, column_text(statement, 0), parent, err);
	sqlite3_reset(statement);
	return result;
}

static int take_version(struct catalogue *c, sqlite3_stmt *row, struct catalogue_version_row *out, struct err *err)
{
	out->version = column_u64(row, 0);
	out->index = column_u64(row, 1);
	out->time = sqlite3_column_int64(row, 2);
	out->expunged = sqlite3_column_int(row, 4) != 0;
	return column_digest(c, row, 3, &out->inventory, err);
}

int catalogue_version(struct catalogue *c, struct str id, uint64_t version, struct catalogue_version_row *out, struct err *err)
{
	sqlite3_stmt *statement;
	int64_t key = record_key(c, id, err);
	int got = 0, result;

	memset(out, 0, sizeof(*out));
	if (key < 0 || (statement = database_statement(&c->database, STATEMENT_VERSION_GET, err)) == NULL)
		return -1;
	if (version <= INT64_MAX) {
		struct binding b = bind_to(statement);
		bind_number(&b, key);
		bind_number(&b, (int64_t)version);
		got = database_step(&c->database, &b, err);
	}
	if (got == 0)
		return err_set(
			err, ERR_NOT_FOUND, "no version %llu of %.*s in the catalogue", (unsigned long long)version, STR_ARG(id));
	if (got < 0)
		return -1;
	result = take_version(c, statement, out, err);
	sqlite3_reset(statement);
	return result;
}

int catalogue_each_version(struct catalogue *c, struct str id,
	int (*each)(void *, const struct catalogue_version_row *, struct err *), void *context, struct err *err)
{
	sqlite3_stmt *walk;
	int64_t key = record_key(c, id, err);
	int result = -1;

	if (key < 0 || (walk = database_make(&c->database,
				"SELECT version, entry, time, inventory, expunged FROM version WHERE record = ?1 ORDER BY version",
				err)) == NULL)
		return -1;
	struct binding b = bind_to(walk);
	bind_number(&b, key);
	while ((result = database_step(&c->database, &b, err)) == 1) {
		struct catalogue_version_row row;
		if ((result = take_version(c, walk, &row, err)) != 0 || (result = each(context, &row, err)) != 0)
			break;
	}
	sqlite3_finalize(walk);
	return result;
}

int catalogue_each_entry(
	struct catalogue *c, struct str id, int (*each)(void *, uint64_t index, struct err *), void *context, struct err *err)
{
	sqlite3_stmt *walk;
	int64_t key = record_key(c, id, err);
	int result = -1;

	if (key < 0 ||
		(walk = database_make(&c->database,
			 "SELECT entry FROM version WHERE record = ?1 UNION SELECT entry FROM entry WHERE record = ?1 ORDER BY 1",
			 err)) == NULL)
		return -1;
	struct binding b = bind_to(walk);
	bind_number(&b, key);
	while ((result = database_step(&c->database, &b, err)) == 1)
		if ((result = each(context, column_u64(walk, 0), err)) != 0)
			break;
	sqlite3_finalize(walk);
	return result;
}

int catalogue_each_access(struct catalogue *c, struct str id, int (*each)(void *, const struct catalogue_access *, struct err *),
	void *context, struct err *err)
{
	sqlite3_stmt *walk;
	int64_t key = record_key(c, id, err);
	int result = -1;

	if (key < 0 ||
		(walk = database_make(&c->database,
			 "SELECT entry, path, state, until FROM access WHERE record = ?1 ORDER BY entry, path", err)) == NULL)
		return -1;
	struct binding b = bind_to(walk);
	bind_number(&b, key);
	while ((result = database_step(&c->database, &b, err)) == 1) {
		struct catalogue_access access = {.id = id,
			.index = column_u64(walk, 0),
			.path = column_text(walk, 1),
			.state = sqlite3_column_int(walk, 2),
			.until = sqlite3_column_int64(walk, 3)};
		if ((result = each(context, &access, err)) != 0)
			break;
	}
	sqlite3_finalize(walk);
	return result;
}

int catalogue_each_holder(struct catalogue *c, const struct digest *digest,
	int (*each)(void *, struct str id, struct str path, struct err *), void *context, struct err *err)
{
	/* CROSS JOIN: the order of the loops, from the digest to the files of the few records that have it. */
	static const char sql[] =
		"SELECT record.id, file.path FROM digest CROSS JOIN file ON file.record = digest.record AND file.digest = ?2"
		" CROSS JOIN record ON record.key = digest.record WHERE digest.prefix = ?1 ORDER BY digest.record, file.path";
	unsigned char blob[1 + DIGEST_MAX];
	sqlite3_stmt *walk;
	int result = -1;

	if (digest_size(digest->alg) == 0)
		return err_set(err, ERR_USAGE, "no digest to look for");
	if ((c->feeding && pending_flush(c, err) != 0) || (walk = database_make(&c->database, sql, err)) == NULL)
		return -1;
	struct binding b = bind_to(walk);
	bind_number(&b, (int64_t)be64_get(digest->bytes));
	bind_blob(&b, blob, digest_blob(digest, blob));
	while ((result = database_step(&c->database, &b, err)) == 1)
		if ((result = each(context, column_text(walk, 0), column_text(walk, 1), err)) != 0)
			break;
	sqlite3_finalize(walk);
	return result;
}

#define PAGE 256

struct plain_walk {
	int (*each)(void *, const struct catalogue_record *, struct err *);
	void *context;
};

static int without_place(void *context, uint64_t place, const struct catalogue_record *record, struct err *err)
{
	struct plain_walk *walk = context;

	(void)place;
	return walk->each(walk->context, record, err);
}

int catalogue_each_record(
	struct catalogue *c, int (*each)(void *, const struct catalogue_record *, struct err *), void *context, struct err *err)
{
	struct plain_walk walk = {each, context};

	return catalogue_each_record_after(c, 0, 0, without_place, &walk, err);
}

int catalogue_each_record_after(struct catalogue *c, uint64_t place, uint64_t changed,
	int (*each)(void *, uint64_t place, const struct catalogue_record *, struct err *), void *context, struct err *err)
{
	static const char sql[] =
		"SELECT key, versions, last_index, version_index, state, until, restricted, id FROM record WHERE key > ?1"
		" AND (last_index >= ?3 OR state = 2 OR restricted <> 0) ORDER BY key LIMIT ?2";
	struct catalogue_record records[PAGE];
	uint64_t places[PAGE];
	sqlite3_stmt *walk;
	int64_t last;
	size_t count;
	int result = 0;

	if (place > INT64_MAX || changed > INT64_MAX)
		return 0;
	walk = database_make(&c->database, sql, err);
	last = (int64_t)place;
	do {
		struct arena arena = ARENA_INIT;
		struct binding b = bind_to(walk);
		int got = 0;
		count = 0;
		if (walk == NULL)
			return -1;
		bind_number(&b, last);
		bind_number(&b, PAGE);
		bind_number(&b, (int64_t)changed);
		while ((got = database_step(&c->database, &b, err)) == 1 && count < PAGE) {
			last = sqlite3_column_int64(walk, 0);
			places[count] = (uint64_t)last;
			take_record(walk, &records[count]);
			records[count++].id = arena_str(&arena, column_text(walk, 7));
		}
		result = got < 0 ? -1 : 0;
		sqlite3_reset(walk);
		for (size_t i = 0; result == 0 && i < count; i++)
			result = each(context, places[i], &records[i], err);
		arena_release(&arena);
	} while (result == 0 && count == PAGE);
	sqlite3_finalize(walk);
	return result;
}

static int each_id(struct catalogue *c, const char *sql, struct str of, int (*each)(void *, struct str id, struct err *),
	void *context, struct err *err)
{
	sqlite3_stmt *walk = database_make(&c->database, sql, err);
	int result = -1;

	if (walk == NULL)
		return -1;
	struct binding b = bind_to(walk);
	bind_text(&b, of);
	while ((result = database_step(&c->database, &b, err)) == 1)
		if ((result = each(context, column_text(walk, 0), err)) != 0)
			break;
	sqlite3_finalize(walk);
	return result;
}

int catalogue_each_whole(
	struct catalogue *c, struct str after, int (*each)(void *, struct str id, struct err *), void *context, struct err *err)
{
	return each_id(c,
		"SELECT parent.id FROM parent WHERE parent.id > ?1 AND EXISTS (SELECT 1 FROM record WHERE record.parent = "
		"parent.key)"
		" AND EXISTS (SELECT 1 FROM record WHERE record.id = parent.id) ORDER BY parent.id",
		after, each, context, err);
}

int catalogue_each_part(
	struct catalogue *c, struct str whole, int (*each)(void *, struct str id, struct err *), void *context, struct err *err)
{
	return each_id(c, "SELECT record.id FROM record WHERE record.parent = (SELECT key FROM parent WHERE parent.id = ?1)", whole,
		each, context, err);
}

int catalogue_count(struct catalogue *c, uint64_t *records, struct err *err)
{
	sqlite3_stmt *statement = database_statement(&c->database, STATEMENT_COUNT_RECORDS, err);
	struct binding b = bind_to(statement);

	*records = 0;
	if (statement == NULL || database_step(&c->database, &b, err) != 1)
		return -1;
	*records = column_u64(statement, 0);
	sqlite3_reset(statement);
	return 0;
}
