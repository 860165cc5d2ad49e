/* All records against all entries: rows and folders come in the same order, so that memory does not grow with the archive. Records are
 * checked by several threads; the main one reads rows and folders. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit.h"

#define THREADS_MAX 8
#define QUEUE 32
#define ROWS_MAX 1000000u /* entries of one record */

struct job {
	struct audit_row *rows;
	size_t count;
};

struct pool {
	struct audit *audit;
	pthread_mutex_t lock;
	pthread_cond_t filled, emptied;
	struct job jobs[QUEUE];
	size_t first, count, busy;
	bool closed;
	pthread_t threads[THREADS_MAX];
	unsigned thread_count;
};

/* One tuple folder (records/abc) and what was found in it. */
struct tuple {
	char name[4];
	bool there;
	struct arena arena;
	struct str *names;
	bool *known;
	size_t count, capacity;
};

struct records_check {
	struct audit *audit;
	struct pool pool;
	struct tuple tuple;
	bool tuples[4096]; /* that have a folder */
	uint64_t groups, skipped;
	int64_t saved_at;
};

/* ---- rows ---------------------------------------------------------------------------------------------------------------------- */

void audit_row_fill(struct audit_row *row, const struct entry *entry, uint64_t index)
{
	struct hash hash;

	memset(row, 0, sizeof(*row));
	sha256(entry->record.p, entry->record.n, &hash);
	memcpy(row->id_hash, hash.b, SHA256_SIZE);
	for (size_t i = 0; i < 8; i++)
		row->index[i] = (unsigned char)(index >> (56 - 8 * i));
	row->kind = (uint8_t)entry->kind;
	row->alg = (uint8_t)entry->inventory.alg;
	row->version = entry->version;
	row->previous = entry->previous;
	row->time = entry->time;
	memcpy(row->inventory, entry->inventory.bytes, digest_size(entry->inventory.alg));
	memcpy(row->contents, entry->contents.b, SHA256_SIZE);
	row->id_length = (uint16_t)(entry->record.n > UINT16_MAX ? UINT16_MAX : entry->record.n);
	memcpy(row->id, entry->record.p, entry->record.n < AUDIT_ID_MAX ? entry->record.n : AUDIT_ID_MAX);
}

uint64_t audit_row_index(const struct audit_row *row)
{
	return be64_get(row->index);
}

struct str audit_row_id(struct audit *audit, const struct audit_row *row, struct buf *scratch)
{
	struct arena arena = ARENA_INIT;
	struct buf text = BUF_INIT;
	struct entry entry;

	if (row->id_length <= AUDIT_ID_MAX)
		return (struct str){row->id, row->id_length};
	(void)pthread_mutex_lock(&audit->lock);
	if (log_entry(audit->archive->log, audit_row_index(row), &text, NULL) == 0 &&
		entry_parse(&entry, buf_view(&text), &arena, NULL) == 0) {
		buf_clear(scratch);
		buf_str(scratch, entry.record);
	}
	(void)pthread_mutex_unlock(&audit->lock);
	arena_release(&arena);
	buf_release(&text);
	return buf_view(scratch);
}

/* ---- threads ------------------------------------------------------------------------------------------------------------------------ */

static void *work(void *context)
{
	struct pool *pool = context;
	struct job job;

	for (;;) {
		(void)pthread_mutex_lock(&pool->lock);
		while (pool->count == 0 && !pool->closed)
			(void)pthread_cond_wait(&pool->filled, &pool->lock);
		if (pool->count == 0) {
			(void)pthread_mutex_unlock(&pool->lock);
			break;
		}
		job = pool->jobs[pool->first];
		pool->first = (pool->first + 1) % QUEUE;
		pool->count--;
		(void)pthread_cond_signal(&pool->emptied);
		(void)pthread_mutex_unlock(&pool->lock);
		audit_object(pool->audit, job.rows, job.count);
		free(job.rows);
	}
	return NULL;
}

static int pool_open(struct pool *pool, struct audit *audit, struct err *err)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned wanted = audit->options->threads != 0 ? audit->options->threads : (unsigned)(cores < 1 ? 1 : cores);

	pool->audit = audit;
	(void)pthread_mutex_init(&pool->lock, NULL);
	(void)pthread_cond_init(&pool->filled, NULL);
	(void)pthread_cond_init(&pool->emptied, NULL);
	if (wanted > THREADS_MAX)
		wanted = THREADS_MAX;
	while (pool->thread_count < wanted && pthread_create(&pool->threads[pool->thread_count], NULL, work, pool) == 0)
		pool->thread_count++;
	return pool->thread_count > 0 ? 0 : err_set(err, ERR_SYSTEM, "no thread could be started");
}

/* Takes over rows. */
static void pool_add(struct pool *pool, struct audit_row *rows, size_t count)
{
	(void)pthread_mutex_lock(&pool->lock);
	while (pool->count == QUEUE)
		(void)pthread_cond_wait(&pool->emptied, &pool->lock);
	pool->jobs[(pool->first + pool->count++) % QUEUE] = (struct job){rows, count};
	(void)pthread_cond_signal(&pool->filled);
	(void)pthread_mutex_unlock(&pool->lock);
}

static void pool_close(struct pool *pool)
{
	if (pool->audit == NULL)
		return;
	(void)pthread_mutex_lock(&pool->lock);
	pool->closed = true;
	(void)pthread_cond_broadcast(&pool->filled);
	(void)pthread_mutex_unlock(&pool->lock);
	for (unsigned i = 0; i < pool->thread_count; i++)
		(void)pthread_join(pool->threads[i], NULL);
	(void)pthread_mutex_destroy(&pool->lock);
	(void)pthread_cond_destroy(&pool->filled);
	(void)pthread_cond_destroy(&pool->emptied);
	pool->audit = NULL;
}

/* ---- folders ------------------------------------------------------------------------------------------------------------------------- */

static void tuple_release(struct tuple *tuple)
{
	arena_release(&tuple->arena);
	free(tuple->names);
	free(tuple->known);
	memset(tuple, 0, sizeof(*tuple));
}

static int compare_names(const void *a, const void *b)
{
	return str_compare(*(const struct str *)a, *(const struct str *)b);
}

/* What cannot be listed is told; the records that should be in it are then looked for one by one. */
static void tuple_list(struct audit *audit, struct tuple *tuple, const char *name)
{
	struct os_dir *dir = NULL;
	struct os_name entry;
	struct err why = ERR_INIT;
	int got;

	tuple_release(tuple);
	memcpy(tuple->name, name, 4);
	got = os_dir_open(&dir, store_fd(audit->archive->store), name, &why);
	tuple->there = got == 0;
	while (dir != NULL && (got = os_dir_next(dir, &entry, &why)) == 1) {
		if (tuple->count == tuple->capacity) {
			tuple->capacity = tuple->capacity == 0 ? 64 : tuple->capacity * 2;
			tuple->names = mem_grow(tuple->names, tuple->capacity, sizeof(*tuple->names));
		}
		tuple->names[tuple->count++] = arena_str(&tuple->arena, str_from(entry.name));
	}
	os_dir_close(dir);
	if (got < 0 && why.code != ERR_NOT_FOUND) {
		char path[16];

		(void)snprintf(path, sizeof(path), "records/%s", name);
		audit_report_one(audit, FINDING_UNREADABLE, str_from(path), NEXT_RESTORE, "%s", why.text);
		tuple->there = false;
	}
	if (tuple->count > 0)
		qsort(tuple->names, tuple->count, sizeof(*tuple->names), compare_names);
	tuple->known = mem_array(tuple->count + 1, sizeof(*tuple->known));
}

static void tuple_mark(struct tuple *tuple, const char *object)
{
	struct str name = str_from(object);
	struct str *found = tuple->count == 0 ? NULL : bsearch(&name, tuple->names, tuple->count, sizeof(name), compare_names);

	if (found != NULL)
		tuple->known[found - tuple->names] = true;
}

/* Folders that no entry names. */
static void tuple_finish(struct records_check *check)
{
	struct tuple *tuple = &check->tuple;
	struct audit *audit = check->audit;

	if (tuple->count == 0 && tuple->there && !audit_is_newer(audit, "")) {
		struct buf path = BUF_INIT;

		buf_printf(&path, "records/%s", tuple->name);
		audit_report_one(audit, FINDING_EXTRA, buf_view(&path), "remove the empty folder", "it is empty");
		buf_release(&path);
	}
	for (size_t i = 0; i < tuple->count; i++) {
		struct buf path = BUF_INIT;
		struct stat status;
		bool object;

		if (tuple->known[i])
			continue;
		buf_printf(&path, "%s/", tuple->name);
		buf_str(&path, tuple->names[i]);
		if (audit_is_newer(audit, path.p)) {
			(void)pthread_mutex_lock(&audit->lock);
			audit->summary->newer++;
			(void)pthread_mutex_unlock(&audit->lock);
			buf_release(&path);
			continue;
		}
		buf_text(&path, "/" OCFL_INVENTORY);
		object = os_stat(store_fd(audit->archive->store), path.p, &status, NULL) == 0;
		buf_clear(&path);
		buf_printf(&path, "records/%s/", tuple->name);
		buf_str(&path, tuple->names[i]);
		if (audit->entries_lost) {
			(void)pthread_mutex_lock(&audit->lock);
			audit->summary->not_checked++;
			(void)pthread_mutex_unlock(&audit->lock);
		} else {
			audit_report_one(audit, object ? FINDING_UNLOGGED : FINDING_EXTRA, buf_view(&path),
				object ? "move it out of records/ and deposit its files, if they are to be kept"
				       : "take it out of records/",
				object ? "the log has no entry for this record" : "it is no record and nothing of photostat's");
		}
		buf_release(&path);
	}
	tuple_release(tuple);
}

static const char layout_extension[] = "0003-hash-and-id-n-tuple-storage-layout";

/* The root's own files; everything else at the top. */
static int check_top(struct records_check *check, struct err *err)
{
	struct audit *audit = check->audit;
	static const char *const files[] = {
		OCFL_ROOT_DECLARATION, OCFL_LAYOUT, "extensions/0003-hash-and-id-n-tuple-storage-layout/config.json"};
	static const char *const folders[] = {".", "extensions", "extensions/0003-hash-and-id-n-tuple-storage-layout"};
	struct buf expected[3] = {BUF_INIT, BUF_INIT, BUF_INIT}, path = BUF_INIT;
	int records = store_fd(audit->archive->store), result = -1;

	buf_text(&expected[0], OCFL_ROOT_DECLARATION_TEXT);
	ocfl_layout_write(&expected[1], &ocfl_layout_ours);
	ocfl_layout_config_write(&expected[2], &ocfl_layout_ours);
	for (size_t i = 0; i < 3; i++) {
		struct buf text = BUF_INIT;
		struct err why = ERR_INIT;
		int got = os_read_file(records, files[i], 1u << 16, &text, &why);

		buf_clear(&path);
		buf_printf(&path, "records/%s", files[i]);
		if (got != 0)
			audit_report_one(audit,
				why.code == ERR_NOT_FOUND ? FINDING_MISSING
				: why.code == ERR_SYSTEM  ? FINDING_UNREADABLE
							  : FINDING_ALTERED,
				buf_view(&path), NEXT_RESTORE, "%s", why.code == ERR_NOT_FOUND ? "it is gone" : why.text);
		else if (!str_equal(buf_view(&text), buf_view(&expected[i])))
			audit_report_one(audit, FINDING_ALTERED, buf_view(&path), NEXT_RESTORE, "it does not hold what it must");
		buf_release(&text);
	}
	for (size_t i = 0; i < 3; i++) {
		struct os_dir *dir = NULL;
		struct os_name name;
		int got;

		if (os_dir_open(&dir, records, folders[i], NULL) != 0)
			continue;
		while ((got = os_dir_next(dir, &name, err)) == 1) {
			bool tuple = i == 0 && strlen(name.name) == 3 && strspn(name.name, "0123456789abcdef") == 3;
			bool ours = i == 0 ? strcmp(name.name, files[0]) == 0 || strcmp(name.name, files[1]) == 0
					   : i == 2 && strcmp(name.name, "config.json") == 0;
			bool folder = (i == 0 && strcmp(name.name, "extensions") == 0) ||
				      (i == 1 && strcmp(name.name, layout_extension) == 0);

			if (tuple && name.type == DT_DIR)
				check->tuples[strtoul(name.name, NULL, 16)] = true;
			if ((ours && name.type == DT_REG) || ((folder || tuple) && name.type == DT_DIR))
				continue;
			buf_clear(&path);
			buf_printf(&path, i == 0 ? "records%s/%s" : "records/%s/%s", i == 0 ? "" : folders[i], name.name);
			audit_report_one(audit, FINDING_EXTRA, buf_view(&path), "take it out of records/",
				"it does not belong to the storage root");
		}
		os_dir_close(dir);
		if (got < 0)
			goto out;
	}
	result = 0;
out:
	for (size_t i = 0; i < 3; i++)
		buf_release(&expected[i]);
	buf_release(&path);
	return result;
}

/* ---- groups --------------------------------------------------------------------------------------------------------------------------------- */

static const char hex_digits[] = "0123456789abcdef";

static void tuple_name(unsigned number, char out[4])
{
	out[0] = hex_digits[number >> 8 & 15];
	out[1] = hex_digits[number >> 4 & 15];
	out[2] = hex_digits[number & 15];
	out[3] = '\0';
}

bool audit_skips(const struct audit *audit, const unsigned char id_hash[SHA256_SIZE])
{
	uint64_t dice = be64_get((const char *)id_hash + 16) ^ audit->sample_seed;

	if (audit->resuming && memcmp(id_hash, audit->resume_after, SHA256_SIZE) <= 0)
		return true;
	if (!audit->sampling)
		return false;
	dice = (dice ^ dice >> 30) * 0xbf58476d1ce4e5b9u;
	dice = (dice ^ dice >> 27) * 0x94d049bb133111ebu;
	dice ^= dice >> 31;
	return (double)(dice >> 32) / 4294967296.0 * 100.0 >= audit->options->sample;
}

#define STATE_NAME "derived/audit.state"

static void save_state(struct records_check *check, const unsigned char *id_hash)
{
	struct buf text = BUF_INIT;
	int64_t now = os_now();

	if (id_hash != NULL && now - check->saved_at < 5)
		return;
	check->saved_at = now;
	if (id_hash == NULL) {
		(void)os_unlink(check->audit->archive->dir, STATE_NAME, NULL);
		return;
	}
	buf_text(&text, "photostat.audit-state/v1\n");
	buf_hex(&text, id_hash, SHA256_SIZE);
	buf_printf(&text, "\n%" PRIu64 "\n", check->audit->summary->findings);
	(void)os_replace(check->audit->archive->dir, STATE_NAME, buf_view(&text), 0644, NULL);
	buf_release(&text);
}

static void load_state(struct records_check *check)
{
	struct buf text = BUF_INIT;
	struct str rest, line, hash, findings;
	uint64_t count;

	if (os_read_file(check->audit->archive->dir, STATE_NAME, 4096, &text, NULL) == 0) {
		rest = buf_view(&text);
		if (str_take_line(&rest, &line) && str_equal(line, STR("photostat.audit-state/v1")) &&
			str_take_line(&rest, &hash) && hex_decode(hash, check->audit->resume_after, SHA256_SIZE) &&
			str_take_line(&rest, &findings) && decimal_parse(findings, UINT64_MAX, &count)) {
			check->audit->resuming = true;
			check->audit->summary->resumed = true;
			check->audit->summary->findings += count;
		}
	}
	buf_release(&text);
}

bool audit_any_held(struct audit *audit, const struct audit_row *rows, size_t count)
{
	bool all = true, followed = true;

	for (size_t i = 0; i < count; i++) {
		/* An expunge that is not followed leaves nothing unchecked: all that it took is here, and is compared with what it was. */
		bool unfollowed = rows[i].kind == ENTRY_EXPUNGE && audit_row_index(&rows[i]) < archive_known(audit->archive);

		all = all && (rows[i].not_held == 0 || unfollowed);
		followed = followed && rows[i].not_held == 0;
	}
	if (!all) {
		(void)pthread_mutex_lock(&audit->lock);
		audit->summary->not_held++;
		(void)pthread_mutex_unlock(&audit->lock);
	}
	if (!followed)
		audit_catalogue_unknown(audit, rows[0].id_hash);
	return rows[0].not_held == 0;
}

/* Takes over rows. */
static void dispatch(struct records_check *check, struct audit_row *rows, size_t count)
{
	struct audit *audit = check->audit;
	struct buf scratch = BUF_INIT;
	struct str id = audit_row_id(audit, &rows[0], &scratch);
	char path[STORE_PATH_MAX];
	uint64_t bytes;

	check->groups++;
	if (store_object_path(id, path, NULL) == 0)
		tuple_mark(&check->tuple, path + 4);
	if (audit_skips(audit, rows[0].id_hash)) {
		check->skipped++;
		free(rows);
	} else if (archive_is_holder(audit->archive) && !audit_any_held(audit, rows, count)) {
		free(rows);
	} else {
		save_state(check, rows[0].id_hash);
		pool_add(&check->pool, rows, count);
	}
	(void)pthread_mutex_lock(&audit->lock);
	bytes = audit->summary->bytes;
	(void)pthread_mutex_unlock(&audit->lock);
	if (audit->options->progress != NULL)
		audit->options->progress(audit->options->context, check->groups, audit->summary->records_total, bytes);
	buf_release(&scratch);
}

/* Rows of one id, in order; *row is the first on entry and the next id's first on leaving. *more: there is one. */
static int gather_group(
	struct audit *audit, struct audit_row *row, bool *more, struct audit_row **out, size_t *count, struct err *err)
{
	size_t capacity = 2;
	struct audit_row *rows = mem_array(capacity, sizeof(*rows));
	int got;

	rows[0] = *row;
	*count = 1;
	while ((got = os_sort_next(audit->rows, row, err)) == 1 && memcmp(row->id_hash, rows[0].id_hash, SHA256_SIZE) == 0) {
		if (*count == ROWS_MAX)
			continue;
		if (*count == capacity) {
			capacity *= 2;
			rows = mem_grow(rows, capacity, sizeof(*rows));
		}
		rows[(*count)++] = *row;
	}
	*more = got == 1;
	*out = rows;
	if (got >= 0)
		return 0;
	free(rows);
	return -1;
}

static void next_tuple(struct records_check *check, unsigned number)
{
	char name[4];

	tuple_name(number, name);
	tuple_list(check->audit, &check->tuple, name);
}

static int all_tuples(struct records_check *check, struct err *err)
{
	struct audit *audit = check->audit;
	struct audit_row row;
	bool more;
	int got = os_sort_next(audit->rows, &row, err);

	more = got == 1;
	if (got < 0)
		return -1;
	for (unsigned tuple = 0; tuple < 4096; tuple++) {
		bool wanted = more && (unsigned)(row.id_hash[0] << 4 | row.id_hash[1] >> 4) == tuple;

		if (!check->tuples[tuple] && !wanted)
			continue;
		next_tuple(check, tuple);
		while (more && (unsigned)(row.id_hash[0] << 4 | row.id_hash[1] >> 4) == tuple) {
			struct audit_row *rows;
			size_t count;

			if (os_check_interrupted(err) != 0 || gather_group(audit, &row, &more, &rows, &count, err) != 0)
				return -1;
			dispatch(check, rows, count);
		}
		tuple_finish(check);
	}
	return 0;
}

int audit_records(struct audit *audit, struct err *err)
{
	struct records_check check = {.audit = audit};
	int result = -1;

	if (os_sort_finish(audit->rows, err) != 0)
		return -1;
	if (audit->options->resume)
		load_state(&check);
	audit->sampling = audit->options->sample > 0;
	random_bytes(&audit->sample_seed, sizeof(audit->sample_seed));
	check.saved_at = os_now();
	audit_catalogue_open(audit);
	if (check_top(&check, err) != 0 || pool_open(&check.pool, audit, err) != 0)
		goto out;
	result = all_tuples(&check, err);
out:
	pool_close(&check.pool);
	audit_catalogue_finish(audit, result == 0);
	if (result == 0 && audit->options->sample <= 0)
		save_state(&check, NULL);
	audit->summary->records_total = check.groups;
	audit->summary->not_checked += check.skipped;
	tuple_release(&check.tuple);
	return result;
}
