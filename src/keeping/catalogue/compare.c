/* What the catalogue says, summed up a record at a time, to be compared with what its records and their entries say.
 *
 * A row becomes a number by a function that the caller's seed chooses, and a record's sum is that of its rows: the order in which rows are met
 * does not matter, so that each side reads what it has as it lies. The indexes (words, languages, dates, digests) are held against the rows
 * that they are made from, likewise by sums: one a record. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

#define SLOTS_MAX ((uint64_t)1 << 19) /* records that have a sum of their own for the indexes; above that they share */

/* ---- numbers from rows --------------------------------------------------------------------------------------------------- */

enum row_kind { ROW_RECORD, ROW_VERSION, ROW_ENTRY, ROW_FILE, ROW_ACCESS, ROW_WORD, ROW_LANGUAGE, ROW_RANGE, ROW_DIGEST };

static uint64_t stir(uint64_t h)
{
	h ^= h >> 33;
	h *= 0xff51afd7ed558ccdu;
	h ^= h >> 33;
	h *= 0xc4ceb9fe1a85ec53u;
	return h ^ h >> 33;
}

static void mix(uint64_t *h, uint64_t value)
{
	*h = stir(*h ^ value) + 0x9e3779b97f4a7c15u;
}

static void mix_text(uint64_t *h, struct str text)
{
	mix(h, text.n);
	while (text.n > 0) {
		uint64_t piece = 0;
		size_t n = text.n < sizeof(piece) ? text.n : sizeof(piece);

		memcpy(&piece, text.p, n);
		mix(h, piece);
		text.p += n;
		text.n -= n;
	}
}

static uint64_t row_begin(uint64_t seed, enum row_kind kind)
{
	uint64_t h = seed;

	mix(&h, (uint64_t)kind);
	return h;
}

static void mix_digest(uint64_t *h, const struct digest *digest)
{
	mix(h, (uint64_t)digest->alg);
	mix_text(h, (struct str){(const char *)digest->bytes, digest_size(digest->alg)});
}

void catalogue_sum_version(struct catalogue_sums *sums, const struct catalogue_version_row *row)
{
	uint64_t h = row_begin(sums->seed, ROW_VERSION);

	mix(&h, row->version);
	mix(&h, row->index);
	mix(&h, (uint64_t)row->time);
	mix(&h, row->expunged);
	mix_digest(&h, &row->inventory);
	sums->record += h;
}

void catalogue_sum_entry(struct catalogue_sums *sums, uint64_t index)
{
	uint64_t h = row_begin(sums->seed, ROW_ENTRY);

	mix(&h, index);
	sums->record += h;
}

void catalogue_sum_file(struct catalogue_sums *sums, struct str path, const struct digest *digest)
{
	uint64_t h = row_begin(sums->seed, ROW_FILE);

	mix_text(&h, path);
	mix_digest(&h, digest);
	sums->record += h;
}

void catalogue_sum_access(struct catalogue_sums *sums, const struct catalogue_access *access)
{
	uint64_t h = row_begin(sums->seed, ROW_ACCESS);

	mix(&h, access->index);
	mix_text(&h, access->path);
	mix(&h, (uint64_t)access->state);
	mix(&h, (uint64_t)access->until);
	sums->access += h;
}

/* What a record's own row says. */
struct record_row {
	uint64_t versions, version_index, last_index, referenced, files, bytes;
	struct str id, level, reference, sort, parent, title, creator, date, language, ranges;
	int state;
	int64_t until;
	bool restricted;
};

static void sum_row(struct catalogue_sums *sums, const struct record_row *row)
{
	const struct str texts[] = {row->id, row->level, row->reference, row->sort, row->parent, row->title, row->creator,
		row->date, row->language, row->ranges};
	const uint64_t numbers[] = {row->versions, row->version_index, row->last_index, row->referenced, row->files, row->bytes};
	uint64_t h = row_begin(sums->seed, ROW_RECORD);

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		mix_text(&h, texts[i]);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		mix(&h, numbers[i]);
	sums->record += h;
	h = row_begin(sums->seed, ROW_RECORD);
	mix(&h, (uint64_t)row->state);
	mix(&h, (uint64_t)row->until);
	mix(&h, row->restricted);
	sums->access += h;
}

int catalogue_sum_record(
	struct catalogue_sums *sums, const struct catalogue_record *record, const struct catalogue_version *newest, struct err *err)
{
	struct description description = {.title = BUF_INIT};
	struct buf ranges = BUF_INIT;
	struct record_row row = {.id = record->id,
		.versions = record->versions,
		.version_index = record->version_index,
		.last_index = record->last_index,
		.referenced = newest->reference_code.n != 0,
		.files = newest->file_count,
		.state = record->state,
		.until = record->until,
		.restricted = record->files_restricted};
	int result = -1;

	row.bytes = files_bytes(newest);
	ranges_text(&ranges, newest);
	if (describe(&description, newest, err) != 0 || buf_check(&ranges, "the dates", err) != 0)
		goto out;
	row.level = newest->level;
	row.reference = newest->reference_code;
	row.parent = newest->is_part_of;
	row.sort = buf_view(&description.sort);
	row.title = buf_view(&description.title);
	row.creator = buf_view(&description.creator);
	row.date = buf_view(&description.date);
	row.language = buf_view(&description.language);
	row.ranges = buf_view(&ranges);
	sum_row(sums, &row);
	result = 0;
out:
	description_release(&description);
	buf_release(&ranges);
	return result;
}

/* ---- the indexes against the rows ------------------------------------------------------------------------------------------- */

struct index_check {
	struct catalogue *catalogue;
	uint64_t seed, mask;
	uint64_t *sums; /* by the record's key: what the indexes hold less what they should */
	const fts5_tokenizer *tokenizer;
	Fts5Tokenizer *words;
	/* while a text is taken apart */
	uint64_t key, column, position;
};

static void index_add(struct index_check *check, uint64_t key, uint64_t h, bool held)
{
	mix(&h, key);
	check->sums[key & check->mask] += held ? h : 0 - h;
}

static uint64_t word_number(const struct index_check *check, struct str word, uint64_t column, uint64_t position)
{
	uint64_t h = row_begin(check->seed, ROW_WORD);

	mix_text(&h, word);
	mix(&h, column);
	mix(&h, position);
	return h;
}

static uint64_t language_number(const struct index_check *check, struct str tag)
{
	uint64_t h = row_begin(check->seed, ROW_LANGUAGE);

	mix_text(&h, tag);
	return h;
}

static uint64_t range_number(const struct index_check *check, int64_t class, int64_t first, int64_t last)
{
	uint64_t h = row_begin(check->seed, ROW_RANGE);

	mix(&h, (uint64_t) class);
	mix(&h, (uint64_t)first);
	mix(&h, (uint64_t)last);
	return h;
}

static uint64_t digest_number(const struct index_check *check, uint64_t prefix)
{
	uint64_t h = row_begin(check->seed, ROW_DIGEST);

	mix(&h, prefix);
	return h;
}

static int held_words(struct index_check *check, struct err *err)
{
	struct catalogue *c = check->catalogue;
	sqlite3_stmt *walk;
	int got = -1;

	if (database_run(&c->database, "CREATE VIRTUAL TABLE temp.words_held USING fts5vocab('main', 'words', 'instance')", err) !=
		0)
		return -1;
	walk = database_make(&c->database, "SELECT term, doc, col = 'creator', offset FROM temp.words_held", err);
	struct binding b = bind_to(walk);
	while (walk != NULL && (got = database_step(&c->database, &b, err)) == 1)
		index_add(check, column_u64(walk, 1),
			word_number(check, column_text(walk, 0), column_u64(walk, 2), column_u64(walk, 3)), true);
	sqlite3_finalize(walk);
	return got;
}

/* What the three other indexes hold. */
static int held_rows(struct index_check *check, struct err *err)
{
	static const char *const sql[] = {"SELECT record, tag FROM language", "SELECT record, class, first, last FROM range",
		"SELECT record, prefix FROM digest"};
	struct catalogue *c = check->catalogue;

	for (int which = 0; which < 3; which++) {
		sqlite3_stmt *walk = database_make(&c->database, sql[which], err);
		struct binding b = bind_to(walk);
		int got = -1;

		while (walk != NULL && (got = database_step(&c->database, &b, err)) == 1) {
			uint64_t number = which == 0   ? language_number(check, column_text(walk, 1))
					  : which == 1 ? range_number(check, sqlite3_column_int64(walk, 1),
								 sqlite3_column_int64(walk, 2), sqlite3_column_int64(walk, 3))
						       : digest_number(check, column_u64(walk, 1));

			index_add(check, column_u64(walk, 0), number, true);
		}
		sqlite3_finalize(walk);
		if (got < 0)
			return -1;
	}
	return 0;
}

static int take_word(void *context, int flags, const char *word, int n, int start, int end)
{
	struct index_check *check = context;

	(void)flags;
	(void)start;
	(void)end;
	index_add(check, check->key, word_number(check, (struct str){word, (size_t)n}, check->column, check->position++), false);
	return SQLITE_OK;
}

static int wanted_words(struct index_check *check, struct str text, uint64_t column, struct err *err)
{
	check->column = column;
	check->position = 0;
	if (text.n == 0 || check->tokenizer->xTokenize(
				   check->words, check, FTS5_TOKENIZE_DOCUMENT, text.p, (int)text.n, take_word) == SQLITE_OK)
		return 0;
	return err_set(err, ERR_MEMORY, "a title cannot be taken apart into words");
}

/* Each tag and range once, as the indexes have them. */
static void wanted_languages(struct index_check *check, struct str languages)
{
	uint64_t seen[64];
	size_t count = 0;
	struct str rest = languages, one;

	while (languages.n > 0 && str_take_until(&rest, UNIT_SEPARATOR, &one)) {
		char tag[128];
		uint64_t number;
		bool again = false;

		if (one.n > sizeof(tag))
			one.n = sizeof(tag);
		for (size_t i = 0; i < one.n; i++)
			tag[i] = one.p[i] >= 'A' && one.p[i] <= 'Z' ? (char)(one.p[i] + 32) : one.p[i];
		number = language_number(check, (struct str){tag, one.n});
		for (size_t i = 0; i < count; i++)
			again = again || seen[i] == number;
		if (again)
			continue;
		if (count < sizeof(seen) / sizeof(seen[0]))
			seen[count++] = number;
		index_add(check, check->key, number, false);
	}
}

static void wanted_ranges(struct index_check *check, struct str ranges)
{
	for (size_t i = 0; i + 16 <= ranges.n; i += 16) {
		int64_t first = (int64_t)be64_get(ranges.p + i), last = (int64_t)be64_get(ranges.p + i + 8);
		bool again = false;

		for (size_t before = 0; before < i; before += 16)
			again = again || memcmp(ranges.p + before, ranges.p + i, 16) == 0;
		if (!again)
			index_add(check, check->key, range_number(check, range_class(first, last), first, last), false);
	}
}

static int wanted_digests(struct index_check *check, struct err *err)
{
	struct catalogue *c = check->catalogue;
	sqlite3_stmt *walk = database_make(&c->database, "SELECT record, digest FROM file ORDER BY record, digest", err);
	struct binding b = bind_to(walk);
	uint64_t record = 0, prefix = 0;
	bool any = false;
	int got = -1;

	while (walk != NULL && (got = database_step(&c->database, &b, err)) == 1) {
		struct digest digest;
		uint64_t key = column_u64(walk, 0);

		if (column_digest(c, walk, 1, &digest, err) != 0) {
			got = -1;
			break;
		}
		if (!any || key != record || be64_get(digest.bytes) != prefix)
			index_add(check, key, digest_number(check, be64_get(digest.bytes)), false);
		any = true;
		record = key;
		prefix = be64_get(digest.bytes);
	}
	sqlite3_finalize(walk);
	return got;
}

/* FTS5's own tokenizer, as the schema chooses it. */
static int open_tokenizer(struct index_check *check, fts5_tokenizer *tokenizer, struct err *err)
{
	const char *arguments[] = {"remove_diacritics", "2"};
	sqlite3_stmt *ask = database_make(&check->catalogue->database, "SELECT fts5(?1)", err);
	fts5_api *api = NULL;
	void *context = NULL;
	int got = -1;

	if (ask == NULL)
		return -1;
	(void)sqlite3_bind_pointer(ask, 1, (void *)&api, "fts5_api_ptr", NULL);
	struct binding b = bind_to(ask);
	got = database_step(&check->catalogue->database, &b, err);
	sqlite3_finalize(ask);
	if (got < 0)
		return -1;
	if (api == NULL || api->xFindTokenizer(api, "unicode61", &context, tokenizer) != SQLITE_OK ||
		tokenizer->xCreate(context, arguments, 2, &check->words) != SQLITE_OK)
		return err_set(err, ERR_INTERNAL, "this SQLite does not give its tokenizer");
	check->tokenizer = tokenizer;
	return 0;
}

/* ---- a record's rows, in the order of its key -------------------------------------------------------------------------------- */

enum walk_table { WALK_VERSION, WALK_ENTRY, WALK_FILE, WALK_ACCESS, WALKS };

struct walks {
	struct catalogue *catalogue;
	sqlite3_stmt *statements[WALKS];
	struct binding bindings[WALKS];
	int got[WALKS];
};

static int walks_open(struct walks *walks, struct err *err)
{
	static const char *const sql[WALKS] = {
		"SELECT record, version, entry, time, inventory, expunged FROM version ORDER BY record",
		"SELECT record, entry FROM entry ORDER BY record", "SELECT record, path, digest FROM file ORDER BY record",
		"SELECT record, entry, path, state, until FROM access ORDER BY record"};

	for (int i = 0; i < WALKS; i++) {
		walks->statements[i] = database_make(&walks->catalogue->database, sql[i], err);
		if (walks->statements[i] == NULL)
			return -1;
		walks->bindings[i] = bind_to(walks->statements[i]);
		walks->got[i] = database_step(&walks->catalogue->database, &walks->bindings[i], err);
		if (walks->got[i] < 0)
			return -1;
	}
	return 0;
}

static void walks_close(struct walks *walks)
{
	for (int i = 0; i < WALKS; i++)
		sqlite3_finalize(walks->statements[i]);
}

static int take_walked(struct walks *walks, enum walk_table table, struct catalogue_sums *sums, struct err *err)
{
	struct catalogue *c = walks->catalogue;
	sqlite3_stmt *row = walks->statements[table];
	struct catalogue_version_row version = {.version = 0};
	struct catalogue_access access = {.index = 0};
	struct digest digest;

	switch (table) {
	case WALK_VERSION:
		version.version = column_u64(row, 1);
		version.index = column_u64(row, 2);
		version.time = sqlite3_column_int64(row, 3);
		version.expunged = sqlite3_column_int(row, 5) != 0;
		if (column_digest(c, row, 4, &version.inventory, err) != 0)
			return -1;
		catalogue_sum_version(sums, &version);
		sums->record += sqlite3_column_int64(row, 5) > 1; /* no other truth than 1 */
		return 0;
	case WALK_ENTRY:
		catalogue_sum_entry(sums, column_u64(row, 1));
		return 0;
	case WALK_FILE:
		if (column_digest(c, row, 2, &digest, err) != 0)
			return -1;
		catalogue_sum_file(sums, column_text(row, 1), &digest);
		return 0;
	case WALK_ACCESS:
		access.index = column_u64(row, 1);
		access.path = column_text(row, 2);
		access.state = sqlite3_column_int(row, 3);
		access.until = sqlite3_column_int64(row, 4);
		catalogue_sum_access(sums, &access);
		return 0;
	case WALKS:
		break;
	}
	return 0;
}

/* All rows of the tables up to this key; those of a smaller one belong to no record. */
static int walks_take(struct walks *walks, uint64_t key, struct catalogue_sums *sums, bool *strays, struct err *err)
{
	for (int i = 0; i < WALKS; i++)
		while (walks->got[i] == 1 && column_u64(walks->statements[i], 0) <= key) {
			if (column_u64(walks->statements[i], 0) < key)
				*strays = true;
			else if (take_walked(walks, (enum walk_table)i, sums, err) != 0)
				return -1;
			walks->got[i] = database_step(&walks->catalogue->database, &walks->bindings[i], err);
			if (walks->got[i] < 0)
				return -1;
		}
	return 0;
}

static const char records_sql[] = "SELECT record.key, record.id, versions, version_index, last_index, state, until, restricted, "
				  "referenced, files, bytes, level,"
				  " reference, sort, coalesce(parent.id, record.parent), title, creator, date, language, ranges"
				  " FROM record LEFT JOIN parent ON parent.key = record.parent ORDER BY record.key";

static void take_row(sqlite3_stmt *walk, struct record_row *row)
{
	const void *ranges = sqlite3_column_blob(walk, 19);

	*row = (struct record_row){.id = column_text(walk, 1),
		.versions = column_u64(walk, 2),
		.version_index = column_u64(walk, 3),
		.last_index = column_u64(walk, 4),
		.state = sqlite3_column_int(walk, 5),
		.until = sqlite3_column_int64(walk, 6),
		.restricted = sqlite3_column_int(walk, 7) != 0,
		.referenced = column_u64(walk, 8),
		.files = column_u64(walk, 9),
		.bytes = column_u64(walk, 10),
		.level = column_text(walk, 11),
		.reference = column_text(walk, 12),
		.sort = column_text(walk, 13),
		.parent = column_text(walk, 14),
		.title = column_text(walk, 15),
		.creator = column_text(walk, 16),
		.date = column_text(walk, 17),
		.language = column_text(walk, 18),
		.ranges = {ranges, ranges != NULL ? (size_t)sqlite3_column_bytes(walk, 19) : 0}};
}

static int walk_records(struct index_check *check, const struct catalogue_compare_calls *calls, struct err *err)
{
	struct catalogue *c = check->catalogue;
	struct walks walks = {.catalogue = c};
	sqlite3_stmt *walk = database_make(&c->database, records_sql, err);
	struct binding b = bind_to(walk);
	struct catalogue_sums rest = {.seed = check->seed};
	bool strays = false;
	int got, result = -1;

	if (walk == NULL || walks_open(&walks, err) != 0)
		goto out;
	while ((got = database_step(&c->database, &b, err)) == 1) {
		struct catalogue_sums sums = {.seed = check->seed};
		struct record_row row;

		take_row(walk, &row);
		check->key = column_u64(walk, 0);
		sum_row(&sums, &row);
		wanted_languages(check, row.language);
		wanted_ranges(check, row.ranges);
		if (walks_take(&walks, check->key, &sums, &strays, err) != 0 || wanted_words(check, row.title, 0, err) != 0 ||
			wanted_words(check, row.creator, 1, err) != 0)
			goto out;
		result = calls->record(calls->context, row.id, row.last_index, &sums, err);
		if (result != 0)
			goto out;
	}
	if (got < 0 || walks_take(&walks, INT64_MAX, &rest, &strays, err) != 0)
		goto out;
	result = strays || rest.record != 0 || rest.access != 0 ? calls->unindexed(calls->context, STR(""), err) : 0;
out:
	walks_close(&walks);
	sqlite3_finalize(walk);
	return result;
}

/* Records for which the indexes do not hold what the rows say. */
static int tell_unindexed(struct index_check *check, const struct catalogue_compare_calls *calls, struct err *err)
{
	struct catalogue *c = check->catalogue;
	sqlite3_stmt *walk = NULL;
	int result = 0;

	for (uint64_t slot = 0; slot <= check->mask && result == 0; slot++) {
		int got, any = 0;

		if (check->sums[slot] == 0)
			continue;
		if (walk == NULL && (walk = database_make(&c->database, "SELECT id FROM record WHERE key & ?1 = ?2", err)) == NULL)
			return -1;
		struct binding b = bind_to(walk);
		bind_number(&b, (int64_t)check->mask);
		bind_number(&b, (int64_t)slot);
		while (result == 0 && (got = database_step(&c->database, &b, err)) != 0) {
			any = 1;
			result = got < 0 ? -1 : calls->unindexed(calls->context, column_text(walk, 0), err);
		}
		if (result == 0 && !any)
			result = calls->unindexed(calls->context, STR(""), err);
	}
	sqlite3_finalize(walk);
	return result;
}

int catalogue_hold(struct catalogue *c, uint64_t *size, struct hash *root, struct err *err)
{
	return database_run(&c->database, "BEGIN", err) != 0 ? -1 : catalogue_position(c, size, root, err);
}

void catalogue_let_go(struct catalogue *c)
{
	if (!c->feeding)
		database_rollback(&c->database);
}

int catalogue_compare(struct catalogue *c, uint64_t seed, const struct catalogue_compare_calls *calls, struct err *err)
{
	struct index_check check = {.catalogue = c, .seed = seed};
	fts5_tokenizer tokenizer = {.xDelete = NULL};
	uint64_t records, slots = 1024;
	int result = -1;

	if (catalogue_count(c, &records, err) != 0)
		return -1;
	while (slots <= records && slots < SLOTS_MAX)
		slots *= 2;
	check.mask = slots - 1;
	check.sums = mem_array((size_t)slots, sizeof(*check.sums));
	if (open_tokenizer(&check, &tokenizer, err) != 0 || held_words(&check, err) != 0 || held_rows(&check, err) != 0 ||
		wanted_digests(&check, err) != 0)
		goto out;
	result = walk_records(&check, calls, err);
	if (result == 0)
		result = tell_unindexed(&check, calls, err);
out:
	if (check.words != NULL)
		tokenizer.xDelete(check.words);
	free(check.sums);
	return result;
}
