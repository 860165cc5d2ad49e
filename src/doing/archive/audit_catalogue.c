/* The catalogue against records and entries (P2). Each side is summed up a record at a time; sums that should be equal are taken from each other
 * in two tables of slots, which the record's id chooses in two ways. What is not zero at the end differs: a record whose slots both
 * are is named. Thus memory is bounded, and neither side needs the other's order.
 *
 * Only good records are compared: what is said of a damaged one cannot be judged. */
#include <stdlib.h>
#include <string.h>

#include "audit.h"

#define SLOTS_MAX ((uint64_t)1 << 18)
#define CATALOGUE_PATH "derived/catalogue.sqlite"
#define NEXT_INDEX "nothing is lost: photostat index makes the catalogue anew"

struct slot {
	uint64_t record, access;      /* what should be less what is */
	uint32_t good;                /* records that were found good */
	bool unknown, access_unknown; /* of one of its records it cannot be told what should be */
};

struct catalogue_check {
	struct catalogue *catalogue;
	pthread_t thread;
	pthread_mutex_t lock;
	bool running;
	struct audit *audit;
	uint64_t seed, size, mask;
	struct slot *slots[2];
	struct err failed;    /* the catalogue's side could not be read to its end */
	struct buf unindexed; /* ids of records that the indexes have wrong, a line each */
	bool strays;
	struct buf named; /* hashes of the ids that were told */
};

/* ---- sums ----------------------------------------------------------------------------------------------------------------- */

static void slots_of(const struct catalogue_check *check, const unsigned char id_hash[SHA256_SIZE], struct slot *out[2])
{
	for (size_t i = 0; i < 2; i++)
		out[i] = &check->slots[i][be64_get((const char *)id_hash + 8 + 8 * i) & check->mask];
}

/* Tied to the record, so that what two of them exchange does not cancel out. */
static uint64_t tie(uint64_t sum, const unsigned char id_hash[SHA256_SIZE])
{
	uint64_t tied = sum ^ be64_get((const char *)id_hash);

	tied = (tied ^ tied >> 32) * 0xd6e8feb86659fd93u;
	return tied ^ tied >> 32;
}

static void add(
	struct catalogue_check *check, const unsigned char id_hash[SHA256_SIZE], const struct catalogue_sums *sums, bool held)
{
	uint64_t record = tie(sums->record, id_hash), access = tie(sums->access, id_hash);
	struct slot *slots[2];

	slots_of(check, id_hash, slots);
	(void)pthread_mutex_lock(&check->lock);
	for (size_t i = 0; i < 2; i++) {
		slots[i]->record += held ? 0 - record : record;
		slots[i]->access += held ? 0 - access : access;
		slots[i]->good += !held;
	}
	(void)pthread_mutex_unlock(&check->lock);
}

static void set_unknown(struct catalogue_check *check, const unsigned char id_hash[SHA256_SIZE], bool access_alone)
{
	struct slot *slots[2];

	slots_of(check, id_hash, slots);
	(void)pthread_mutex_lock(&check->lock);
	for (size_t i = 0; i < 2; i++) {
		slots[i]->access_unknown = true;
		slots[i]->unknown = slots[i]->unknown || !access_alone;
	}
	(void)pthread_mutex_unlock(&check->lock);
}

void audit_catalogue_unknown(struct audit *audit, const unsigned char id_hash[SHA256_SIZE])
{
	if (audit->catalogue != NULL)
		set_unknown(audit->catalogue, id_hash, false);
}

/* ---- the catalogue's side ----------------------------------------------------------------------------------------------------- */

static void hash_id(struct str id, unsigned char out[SHA256_SIZE])
{
	struct hash hash;

	sha256(id.p, id.n, &hash);
	memcpy(out, hash.b, SHA256_SIZE);
}

static int take_held(void *context, struct str id, uint64_t last_index, const struct catalogue_sums *sums, struct err *err)
{
	struct catalogue_check *check = context;
	unsigned char id_hash[SHA256_SIZE];

	hash_id(id, id_hash);
	if (audit_skips(check->audit, id_hash))
		return os_check_interrupted(err);
	if (last_index >= check->audit->size && last_index < check->size)
		set_unknown(check, id_hash, false); /* it changed while the audit ran */
	else
		add(check, id_hash, sums, true);
	return os_check_interrupted(err);
}

static int take_unindexed(void *context, struct str id, struct err *err)
{
	struct catalogue_check *check = context;

	(void)err;
	if (id.n == 0) {
		check->strays = true;
	} else {
		buf_str(&check->unindexed, id);
		buf_char(&check->unindexed, '\n');
	}
	return 0;
}

static void *read_catalogue(void *context)
{
	struct catalogue_check *check = context;
	struct catalogue_compare_calls calls = {.context = check, .record = take_held, .unindexed = take_unindexed};

	if (catalogue_compare(check->catalogue, check->seed, &calls, &check->failed) != 0 && check->failed.code == ERR_NONE)
		check->failed.code = ERR_INTERRUPTED;
	catalogue_let_go(check->catalogue);
	return NULL;
}

/* Whether what the catalogue has seen is the beginning of the log. */
static bool follows_log(struct audit *audit, uint64_t size, const struct hash *root)
{
	struct merkle_proof proof;
	struct log *now = NULL;
	bool good;

	if (size == audit->size)
		return hash_equal(root, &audit->root);
	if (size < audit->size)
		return log_consistency(audit->archive->log, size, &proof, NULL) != 0 ||
		       merkle_verify_consistency(size, root, audit->size, &audit->root, &proof, NULL) == 0;
	/* Others deposit, and list, while the audit runs. */
	good = log_open(&now, audit->archive->dir, "log", NULL, NULL) == 0 && log_size(now) >= size;
	log_free(now);
	return good;
}

static int open_held(struct catalogue_check *check, const char *path, struct hash *root, struct err *err)
{
	if (catalogue_open(&check->catalogue, path, false, err) != 0)
		return -1;
	return catalogue_hold(check->catalogue, &check->size, root, err);
}

static void release(struct catalogue_check *check)
{
	catalogue_free(check->catalogue);
	(void)pthread_mutex_destroy(&check->lock);
	free(check->slots[0]);
	free(check->slots[1]);
	buf_release(&check->unindexed);
	buf_release(&check->named);
	free(check);
}

void audit_catalogue_open(struct audit *audit)
{
	struct catalogue_check *check;
	struct buf path = BUF_INIT;
	struct err why = ERR_INIT;
	struct hash root;
	uint64_t slots = 1024;

	/* A log that was rolled back is told as that; where entries are lost, it is not known what the catalogue should say. */
	if (audit->rolled_back || audit->entries_lost || os_exists(audit->archive->dir, CATALOGUE_PATH, NULL) != 1)
		return;
	/* One that is to be made anew is believed by nobody. */
	if (archive_catalogue_waits(audit->archive))
		return;
	check = mem_alloc(sizeof(*check));
	check->audit = audit;
	check->failed = (struct err)ERR_INIT;
	(void)pthread_mutex_init(&check->lock, NULL);
	buf_printf(&path, "%s/" CATALOGUE_PATH, audit->archive->path);
	if (open_held(check, path.p, &root, &why) != 0) {
		/* One whose making was cut off says nothing, and so nothing wrong. */
		if (why.code != ERR_NOT_FOUND && os_exists(audit->archive->dir, CATALOGUE_PATH "-journal", NULL) != 1)
			audit_report_one(audit, why.code == ERR_SYSTEM ? FINDING_UNREADABLE : FINDING_ALTERED, STR(CATALOGUE_PATH),
				NEXT_INDEX, "%s", why.text);
		goto none;
	}
	if (check->size == 0)
		goto none;
	if (!follows_log(audit, check->size, &root)) {
		audit_report_one(audit, FINDING_ALTERED, STR(CATALOGUE_PATH), NEXT_INDEX, "the catalogue follows another log");
		goto none;
	}
	while (slots < 4 * audit->size && slots < SLOTS_MAX)
		slots *= 2;
	check->mask = slots - 1;
	for (size_t i = 0; i < 2; i++)
		check->slots[i] = mem_array((size_t)slots, sizeof(*check->slots[i]));
	random_bytes(&check->seed, sizeof(check->seed));
	check->running = pthread_create(&check->thread, NULL, read_catalogue, check) == 0;
	if (!check->running)
		goto none;
	audit->catalogue = check;
	buf_release(&path);
	return;
none:
	buf_release(&path);
	release(check);
}

/* ---- the records' side ------------------------------------------------------------------------------------------------------------ */

static int sum_description(
	struct object_check *object, struct catalogue_sums *sums, struct catalogue_record *record, struct err *err)
{
	struct catalogue_version newest = {.id = object->id};
	struct described described = {.values = NULL};
	struct catalogue_file *files;
	struct record *parsed = NULL;
	struct buf path = BUF_INIT, text = BUF_INIT;
	struct inventory_file file;
	size_t count = inventory_state_count(object->inventory, (uint32_t)object->version_count), at;
	int result = -1;

	for (size_t i = 0; i < count; i++) {
		inventory_state(object->inventory, (uint32_t)object->version_count, i, &file);
		if (!str_equal(file.path, STR(RECORD_NAME)) && !str_equal(file.path, STR(SEED_NAME)))
			newest.file_count++;
	}
	newest.files = files = mem_array(newest.file_count + 1, sizeof(*files)); /* the catalogue is fed without their sizes */
	if (inventory_find(object->inventory, (uint32_t)object->version_count, STR(RECORD_NAME), &at)) {
		inventory_state(object->inventory, (uint32_t)object->version_count, at, &file);
		if (!inventory_content(object->inventory, file.manifest, 0, &path) ||
			os_read_file(object->dir, path.p, RECORD_BYTES_MAX, &text, err) != 0)
			goto out;
		if (record_parse(&parsed, buf_view(&text), RECORD_STORED, NULL) == 0)
			follow_describe(&newest, parsed, &described);
	}
	result = catalogue_sum_record(sums, record, &newest, err);
out:
	record_free(parsed);
	free(described.values);
	free(files);
	buf_release(&path);
	buf_release(&text);
	return result;
}

/* Whether an older version has the same bytes under the same path: each goes into the catalogue once. */
static bool is_older(const struct inventory *inventory, uint32_t version, const struct inventory_file *file)
{
	for (uint32_t older = version; older-- > 1;) {
		struct inventory_file before;
		size_t at;

		if (!inventory_find(inventory, older, file->path, &at))
			continue;
		inventory_state(inventory, older, at, &before);
		if (before.manifest == file->manifest)
			return true;
	}
	return false;
}

static void sum_files(struct object_check *object, struct catalogue_sums *sums)
{
	struct inventory_file file;
	struct digest digest;

	for (uint32_t version = 1; version <= object->version_count; version++)
		for (size_t i = 0; i < inventory_state_count(object->inventory, version); i++) {
			inventory_state(object->inventory, version, i, &file);
			if (str_equal(file.path, STR(RECORD_NAME)) || str_equal(file.path, STR(SEED_NAME)) ||
				is_older(object->inventory, version, &file))
				continue;
			inventory_digest(object->inventory, file.manifest, &digest);
			catalogue_sum_file(sums, file.path, &digest);
		}
}

/* The path behind a leaf; false if it cannot be told any more. */
static bool leaf_path(struct object_check *object, const struct entry_withheld *wanted, struct buf *path)
{
	struct buf seed_path = BUF_INIT, seed = BUF_INIT;
	struct contents *contents = NULL;
	struct disclosure *disclosure = NULL;
	struct leaf *leaves = NULL, leaf;
	uint64_t position;
	size_t count;
	bool found = false;

	if (wanted->version == 0 || wanted->version > object->version_count ||
		!audit_leaves(object, wanted->version, &leaves, &count, &seed_path) || seed_path.n == 0 ||
		os_read_file(object->dir, seed_path.p, SEED_BYTES_MAX, &seed, NULL) != 0)
		goto out;
	if (seed.n == SEED_SIZE && contents_make(&contents, archive_origin(object->audit->archive), object->id, wanted->version,
					   (const unsigned char *)seed.p, leaves, count, NULL) == 0) {
		for (size_t i = 0; i < count && !found; i++) {
			found = contents_position(contents, i) == wanted->position;
			if (found)
				buf_str(path, leaves[i].path);
		}
	} else if (seed.n != SEED_SIZE && disclosure_parse(&disclosure, buf_view(&seed), NULL) == 0) {
		for (size_t i = 0; i < disclosure_count(disclosure) && !found; i++) {
			disclosure_leaf(disclosure, i, &leaf, &position);
			found = position == wanted->position;
			if (found)
				buf_str(path, leaf.path);
		}
	}
out:
	contents_free(contents);
	disclosure_free(disclosure);
	free(leaves);
	buf_release(&seed);
	buf_release(&seed_path);
	return found;
}

/* The rows of an access entry, and what they make of the record's own. False: the catalogue may rightly say more than can be told now. */
static bool sum_access(struct object_check *object, uint64_t index, const struct entry *entry, struct catalogue_sums *sums,
	struct catalogue_record *record)
{
	struct catalogue_access access;

	follow_access(&access, index, entry);
	if (entry->leaf_count == 0) {
		record->state = access.state;
		record->until = access.until;
		catalogue_sum_access(sums, &access);
	}
	for (size_t i = 0; i < entry->leaf_count; i++) {
		struct buf path = BUF_INIT;
		bool found = leaf_path(object, &entry->leaves[i], &path);

		record->files_restricted = true;
		access.path = buf_view(&path);
		catalogue_sum_access(sums, &access);
		buf_release(&path);
		if (!found)
			return false;
	}
	return true;
}

/* Entries that are no version's; false as sum_access. */
static bool sum_entries(struct object_check *object, struct catalogue_sums *sums, struct catalogue_record *record)
{
	struct audit *audit = object->audit;
	bool known = true;

	for (size_t i = 0; i < object->row_count; i++) {
		const struct audit_row *row = &object->rows[i];
		struct arena arena = ARENA_INIT;
		struct buf text = BUF_INIT;
		struct entry entry;

		record->last_index = audit_row_index(row);
		if (row->kind == ENTRY_VERSION)
			continue;
		catalogue_sum_entry(sums, audit_row_index(row));
		(void)pthread_mutex_lock(&audit->lock);
		if (row->kind == ENTRY_ACCESS && log_entry(audit->archive->log, audit_row_index(row), &text, NULL) != 0)
			known = false;
		(void)pthread_mutex_unlock(&audit->lock);
		if (text.n > 0)
			known = entry_parse(&entry, buf_view(&text), &arena, NULL) == 0 &&
				sum_access(object, audit_row_index(row), &entry, sums, record) && known;
		arena_release(&arena);
		buf_release(&text);
	}
	return known;
}

void audit_catalogue_expect(struct object_check *object)
{
	struct audit *audit = object->audit;
	struct catalogue_check *check = audit->catalogue;
	struct catalogue_record record = {.id = object->id, .versions = object->version_count};
	struct catalogue_sums sums;
	const unsigned char *id_hash = object->rows[0].id_hash;

	if (check == NULL)
		return;
	if (audit_row_index(&object->rows[object->row_count - 1]) >= check->size) {
		(void)pthread_mutex_lock(&audit->lock);
		audit->summary->behind++;
		(void)pthread_mutex_unlock(&audit->lock);
		set_unknown(check, id_hash, false);
		return;
	}
	sums = (struct catalogue_sums){.seed = check->seed};
	for (uint64_t i = 0; i < object->version_count; i++) {
		struct catalogue_version_row row = {.version = i + 1,
			.index = object->versions[i].index,
			.time = object->versions[i].time,
			.inventory = object->versions[i].inventory,
			.expunged = object->versions[i].rewritten};

		catalogue_sum_version(&sums, &row);
	}
	record.version_index = object->versions[object->version_count - 1].index;
	if (!sum_entries(object, &sums, &record)) {
		(void)pthread_mutex_lock(&audit->lock);
		audit->summary->access_uncompared++;
		(void)pthread_mutex_unlock(&audit->lock);
		set_unknown(check, id_hash, true);
	}
	sum_files(object, &sums);
	if (sum_description(object, &sums, &record, NULL) == 0)
		add(check, id_hash, &sums, false);
	else
		set_unknown(check, id_hash, false);
}

/* ---- what differs ------------------------------------------------------------------------------------------------------------------- */

static bool slot_differs(const struct slot *slot)
{
	return (!slot->unknown && slot->record != 0) || (!slot->access_unknown && slot->access != 0);
}

static bool differs(const struct catalogue_check *check, const unsigned char id_hash[SHA256_SIZE])
{
	struct slot *slots[2];

	slots_of(check, id_hash, slots);
	return slot_differs(slots[0]) && slot_differs(slots[1]);
}

/* True the first time. */
static bool name_it(struct catalogue_check *check, const unsigned char id_hash[SHA256_SIZE])
{
	for (size_t at = 0; at + SHA256_SIZE <= check->named.n; at += SHA256_SIZE)
		if (memcmp(check->named.p + at, id_hash, SHA256_SIZE) == 0)
			return false;
	buf_add(&check->named, id_hash, SHA256_SIZE);
	return true;
}

static void tell(struct catalogue_check *check, struct str id, const char *what)
{
	struct finding_list list = {.count = 0};

	findings_add(&list, FINDING_ALTERED, id, 0, STR(CATALOGUE_PATH), NEXT_INDEX, "%s", what);
	audit_report(check->audit, &list);
	findings_release(&list);
}

static int tell_logged(void *context, uint64_t index, struct str text, struct err *err)
{
	struct catalogue_check *check = context;
	struct arena arena = ARENA_INIT;
	struct entry entry;
	unsigned char id_hash[SHA256_SIZE];

	(void)index;
	if (entry_parse(&entry, text, &arena, NULL) == 0 && entry.kind == ENTRY_VERSION && entry.version == 1) {
		hash_id(entry.record, id_hash);
		if (differs(check, id_hash) && name_it(check, id_hash))
			tell(check, entry.record, "what it says of this record is not what the record and its entries say");
	}
	arena_release(&arena);
	return os_check_interrupted(err);
}

/* After those that the log knows. */
static int tell_held(void *context, const struct catalogue_record *record, struct err *err)
{
	struct catalogue_check *check = context;
	unsigned char id_hash[SHA256_SIZE];

	hash_id(record->id, id_hash);
	if (differs(check, id_hash) && name_it(check, id_hash))
		tell(check, record->id, "the log has no entry for this record");
	return os_check_interrupted(err);
}

/* A slot of which something is unknown says nothing of the good records in it: these are counted, once for each of their slots, so that the
 * number may be too great but never too small. */
static uint64_t uncompared(const struct catalogue_check *check)
{
	uint64_t count = 0;

	for (size_t which = 0; which < 2; which++)
		for (uint64_t i = 0; i <= check->mask; i++)
			if (check->slots[which][i].unknown)
				count += check->slots[which][i].good;
	return count;
}

static void tell_differences(struct catalogue_check *check)
{
	struct audit *audit = check->audit;
	struct str rest = buf_view(&check->unindexed), id;
	unsigned char id_hash[SHA256_SIZE];
	size_t bad = 0;

	for (size_t which = 0; which < 2; which++)
		for (uint64_t i = 0; i <= check->mask; i++)
			bad += slot_differs(&check->slots[which][i]);
	if (bad > 0) {
		(void)log_each(audit->archive->log, 0, audit->size, tell_logged, check, NULL);
		(void)catalogue_each_record(check->catalogue, tell_held, check, NULL);
		if (check->named.n == 0)
			tell(check, STR(""), "what it says of some record is not what the record and its entries say");
	}
	while (str_take_line(&rest, &id)) {
		hash_id(id, id_hash);
		if (name_it(check, id_hash))
			tell(check, id, "this record is not found by the words, dates, languages or bytes that it has");
	}
	if (check->strays)
		tell(check, STR(""), "it holds rows that belong to no record");
}

void audit_catalogue_finish(struct audit *audit, bool complete)
{
	struct catalogue_check *check = audit->catalogue;

	if (check == NULL)
		return;
	if (check->running)
		(void)pthread_join(check->thread, NULL);
	audit->catalogue = NULL;
	if (complete)
		audit->summary->uncompared = uncompared(check);
	if (complete && check->failed.code == ERR_NONE)
		tell_differences(check);
	else if (complete && check->failed.code != ERR_INTERRUPTED)
		audit_report_one(audit, check->failed.code == ERR_SYSTEM ? FINDING_UNREADABLE : FINDING_ALTERED,
			STR(CATALOGUE_PATH), NEXT_INDEX, "%s", check->failed.text);
	release(check);
}
