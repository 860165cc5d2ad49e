/* The catalogue follows the log: entry by entry, from where it stands. It is derived: whatever cannot be read is left out of it, never
 * an error that would hold up a reader. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "internal.h"

#define FOLLOW_STEP 10000 /* entries a transaction */

/* Versions that later entries have rewritten: their inventory is no more the one that their own entry names. */
struct rewritten {
	uint64_t index;
	struct digest inventory;
};

struct following {
	struct archive *archive;
	struct catalogue *catalogue;
	struct rewritten *rewritten; /* by index */
	size_t count, capacity;
	struct arena arena;
	struct described described;
	struct catalogue_file *files;
	uint64_t size;
	void (*progress)(void *, uint64_t, uint64_t);
	void *context;
};

/* Stands while something deleted may still be read in the catalogue's file: a crash, or a busy reader, does not make us forget to wipe. */
#define UNSCRUBBED "derived/unscrubbed"

/* ---- what was rewritten --------------------------------------------------------------------------------------------------- */

static int gather_rewritten(void *context, uint64_t index, struct str text, struct err *err)
{
	struct following *follow = context;
	struct arena arena = ARENA_INIT;
	struct entry entry;

	(void)err;
	if (!str_starts(text, STR("photostat.entry/v1 expunge\n")) || !archive_holds(follow->archive, index))
		return 0;
	if (entry_parse(&entry, text, &arena, NULL) == 0) {
		for (size_t i = 0; i < entry.rewritten_count; i++) {
			if (follow->count == follow->capacity) {
				follow->capacity = follow->capacity == 0 ? 16 : follow->capacity * 2;
				follow->rewritten = mem_grow(follow->rewritten, follow->capacity, sizeof(*follow->rewritten));
			}
			follow->rewritten[follow->count++] =
				(struct rewritten){entry.rewritten[i].index, entry.rewritten[i].inventory};
		}
	}
	arena_release(&arena);
	return 0;
}

/* `known` is what the catalogue has, or the entry says: entries from before this walk were followed by others. */
static const struct digest *inventory_now(const struct following *follow, uint64_t index, const struct digest *known)
{
	for (size_t i = follow->count; i-- > 0;)
		if (follow->rewritten[i].index == index)
			return &follow->rewritten[i].inventory;
	return known;
}

/* ---- one version -------------------------------------------------------------------------------------------------------------- */

static void take_values(struct described *described, const struct record *record)
{
	size_t count = record_value_count(record);

	described->values = mem_grow(described->values, count + 1, sizeof(*described->values));
	for (size_t i = 0; i < count; i++) {
		struct record_value value;

		record_value(record, i, &value);
		described->values[i] = (struct catalogue_value){
			str_from(dc_term_name(value.term)), value.value.n > 0 ? value.value : value.written};
	}
}

void follow_describe(struct catalogue_version *version, const struct record *record, struct described *described)
{
	struct edtf_range days[FOLLOW_DATES];

	take_values(described, record);
	version->value_count = record_value_count(record);
	version->values = described->values;
	version->level = record_field(record, RECORD_LEVEL);
	version->reference_code = record_field(record, RECORD_REFERENCE_CODE);
	version->is_part_of = record_field(record, RECORD_IS_PART_OF);
	version->date_count = record_dates(record, days, FOLLOW_DATES);
	for (size_t i = 0; i < version->date_count; i++)
		described->dates[i] = (struct catalogue_range){days[i].first, days[i].last};
	version->dates = described->dates;
	version->language_count = record_languages(record, described->languages, FOLLOW_LANGUAGES);
	version->languages = described->languages;
}

static size_t take_files(struct following *follow, const struct object_version *object)
{
	size_t count = 0;

	follow->files = mem_grow(follow->files, object_count(object) + 1, sizeof(*follow->files));
	for (size_t i = 0; i < object_count(object); i++) {
		struct object_file file;

		object_file(object, i, &file);
		if (str_equal(file.path, STR(SEED_NAME)) || str_equal(file.path, STR(RECORD_NAME)))
			continue;
		follow->files[count++] = (struct catalogue_file){.path = file.path, .digest = file.digest};
	}
	return count;
}

/* What is kept of a version: its files and its description, as far as they can be read. A call of the system that fails may be good the next
 * time: what is left out here stays out of the catalogue until it is made anew. */
static int read_version(struct following *follow, struct str id, const struct archive_version *logged,
	struct object_version **object, struct record **record, struct err *err)
{
	struct buf text = BUF_INIT;
	int result = -1;

	for (unsigned attempt = 0; attempt < 2 && result != 0; attempt++) {
		*err = (struct err)ERR_INIT;
		if ((*object == NULL && version_object(object, follow->archive, id, logged, err) != 0) ||
			object_read_file(*object, STR(RECORD_NAME), RECORD_BYTES_MAX, &text, err) != 0) {
			if (err->code != ERR_SYSTEM)
				break;
			continue;
		}
		result = record_parse(record, buf_view(&text), RECORD_STORED, NULL);
		break;
	}
	buf_release(&text);
	return result;
}

static int put_version(struct following *follow, uint64_t index, const struct entry *entry, const struct digest *inventory,
	bool again, struct err *err)
{
	struct catalogue_version version = {.id = entry->record,
		.version = entry->version,
		.index = index,
		.previous = entry->previous,
		.time = entry->time,
		.inventory = *inventory};
	struct archive_version logged = {.version = entry->version, .inventory = *inventory};
	struct object_version *object = NULL;
	struct record *record = NULL;
	struct err why = ERR_INIT;
	int result = read_version(follow, entry->record, &logged, &object, &record, &why);

	if (object != NULL) {
		version.file_count = take_files(follow, object);
		version.files = follow->files;
	}
	if (result == 0)
		follow_describe(&version, record, &follow->described);
	result = again ? catalogue_put_again(follow->catalogue, &version, err)
		       : catalogue_put_version(follow->catalogue, &version, err);
	if (result != 0 && !again && err != NULL && err->code == ERR_EXISTS)
		result = 0; /* a second entry for a version: the first stands, audit tells */
	record_free(record);
	object_free(object);
	return result;
}

/* ---- withdrawals ------------------------------------------------------------------------------------------------------------------ */

/* An entry of the log, for the second time: 1, 0 if it is damaged or none, -1 if the system fails. Then the catalogue must not go on: it would
 * keep for good what it could not see. */
static int look_up(
	struct following *follow, uint64_t index, struct buf *text, struct arena *arena, struct entry *entry, struct err *err)
{
	struct err why = ERR_INIT;

	if (log_entry(follow->archive->log, index, text, &why) == 0)
		return entry_parse(entry, buf_view(text), arena, NULL) == 0 ? 1 : 0;
	return why.code == ERR_SYSTEM ? err_set(err, why.code, "%s", why.text) : 0;
}

/* The path behind a leaf of a version: 1, 0 if it cannot be told (any more), -1. */
static int leaf_path(
	struct following *follow, struct str id, const struct entry_withheld *wanted, struct buf *path, struct err *err)
{
	struct catalogue_version_row row;
	struct archive_version version;
	struct version_tree *tree = NULL;
	struct buf text = BUF_INIT;
	struct arena arena = ARENA_INIT;
	struct err why = ERR_INIT;
	struct entry entry;
	int found = 0;

	memset(&version, 0, sizeof(version));
	if (catalogue_version(follow->catalogue, id, wanted->version, &row, NULL) != 0)
		return 0;
	found = look_up(follow, row.index, &text, &arena, &entry, err);
	if (found != 1)
		goto out;
	found = 0;
	version.version = wanted->version;
	version.contents = entry.contents;
	version.inventory = *inventory_now(follow, row.index, &row.inventory);
	if (version_tree_open(&tree, follow->archive, id, &version, &why) != 0 &&
		(why.code != ERR_SYSTEM || version_tree_open(&tree, follow->archive, id, &version, NULL) != 0))
		goto out;
	for (size_t i = 0; i < version_tree_count(tree) && found == 0; i++) {
		struct leaf leaf;
		uint64_t position;

		version_tree_leaf(tree, i, &leaf, &position, NULL);
		if (position == wanted->position) {
			buf_str(path, leaf.path);
			found = 1;
		}
	}
out:
	version_tree_free(tree);
	arena_release(&arena);
	buf_release(&text);
	return found;
}

void follow_access(struct catalogue_access *access, uint64_t index, const struct entry *entry)
{
	*access = (struct catalogue_access){.id = entry->record, .index = index, .state = (int)entry->access};
	if (entry->access == ACCESS_EMBARGO && !date_parse(entry->until, &access->until))
		access->state = ACCESS_CLOSED;
}

/* What the expunge entries of one record withheld. */
struct withheld {
	struct entry_withheld *subtrees;
	size_t count;
};

static bool is_withheld(const struct withheld *withheld, const struct entry_withheld *leaf)
{
	for (size_t i = 0; withheld != NULL && i < withheld->count; i++)
		if (withheld->subtrees[i].version == leaf->version && withheld->subtrees[i].position <= leaf->position &&
			leaf->position < withheld->subtrees[i].end)
			return true;
	return false;
}

static int put_access(
	struct following *follow, uint64_t index, const struct entry *entry, const struct withheld *withheld, struct err *err)
{
	struct catalogue_access access;
	int result = 0;

	follow_access(&access, index, entry);
	if (entry->leaf_count == 0)
		return catalogue_put_access(follow->catalogue, &access, err);
	for (size_t i = 0; i < entry->leaf_count && result == 0; i++) {
		struct buf path = BUF_INIT;
		int found = leaf_path(follow, entry->record, &entry->leaves[i], &path, err);

		/* A file that cannot be told by name any more (damaged, or not yet known to be expunged) closes the whole record rather
		 * than nothing. One that was expunged needs no door: where its path remains, an entry of its own says so (anchor.c). */
		if (found < 0) {
			result = -1;
		} else if (found == 1 || (entry->access != ACCESS_OPEN && !is_withheld(withheld, &entry->leaves[i]))) {
			access.path = buf_view(&path);
			result = catalogue_put_access(follow->catalogue, &access, err);
		}
		buf_release(&path);
	}
	/* Whatever came of its files, it is the record's newest entry: the next one names it. */
	return result != 0 ? result : catalogue_touch(follow->catalogue, entry->record, index, err);
}

/* ---- access after an expunction ------------------------------------------------------------------------------------------------- */

struct indexes {
	uint64_t *of;
	size_t count, capacity;
};

static int note_index(void *context, uint64_t index, struct err *err)
{
	struct indexes *indexes = context;

	(void)err;
	if (indexes->count == indexes->capacity) {
		indexes->capacity = indexes->capacity == 0 ? 16 : indexes->capacity * 2;
		indexes->of = mem_grow(indexes->of, indexes->capacity, sizeof(*indexes->of));
	}
	indexes->of[indexes->count++] = index;
	return 0;
}

static void note_withheld(struct withheld *withheld, const struct entry *entry)
{
	withheld->subtrees = mem_grow(withheld->subtrees, withheld->count + entry->leaf_count + 1, sizeof(*withheld->subtrees));
	for (size_t i = 0; i < entry->leaf_count; i++)
		withheld->subtrees[withheld->count++] = entry->leaves[i];
}

/* Entries of one kind, of those that are noted. */
static int each_of_kind(
	struct following *follow, const struct indexes *indexes, enum entry_kind kind, struct withheld *withheld, struct err *err)
{
	struct arena arena = ARENA_INIT;
	struct buf text = BUF_INIT;
	struct entry entry;
	int result = 0;

	for (size_t i = 0; i < indexes->count && result == 0; i++) {
		arena_release(&arena);
		buf_clear(&text);
		result = look_up(follow, indexes->of[i], &text, &arena, &entry, err);
		if (result < 0)
			break;
		if (result == 0 || entry.kind != kind) {
			result = 0;
			continue;
		}
		result = 0;
		if (kind == ENTRY_EXPUNGE)
			note_withheld(withheld, &entry);
		else
			result = put_access(follow, indexes->of[i], &entry, withheld, err);
	}
	arena_release(&arena);
	buf_release(&text);
	return result;
}

/* What is told of access now that files are gone: the same as a catalogue that is made anew will say. */
static int put_accesses_again(struct following *follow, struct str id, struct err *err)
{
	struct withheld withheld = {.subtrees = NULL};
	struct indexes indexes = {.of = NULL};
	int result = -1;

	if (catalogue_each_entry(follow->catalogue, id, note_index, &indexes, err) == 0 &&
		each_of_kind(follow, &indexes, ENTRY_EXPUNGE, &withheld, err) == 0)
		result = each_of_kind(follow, &indexes, ENTRY_ACCESS, &withheld, err);
	free(withheld.subtrees);
	free(indexes.of);
	return result;
}

/* A version as it is now, put into the catalogue again. ERR_NOT_FOUND after the last. */
static int put_again(struct following *follow, struct str id, uint64_t number, struct err *err)
{
	struct catalogue_version_row row;
	struct buf text = BUF_INIT;
	struct arena arena = ARENA_INIT;
	struct entry version;
	int result;

	if (catalogue_version(follow->catalogue, id, number, &row, err) != 0)
		return -1;
	result = look_up(follow, row.index, &text, &arena, &version, err);
	if (result == 1)
		result = version.kind == ENTRY_VERSION && str_equal(version.record, id)
				 ? put_version(
					   follow, row.index, &version, inventory_now(follow, row.index, &row.inventory), true, err)
				 : 0;
	arena_release(&arena);
	buf_release(&text);
	return result;
}

static int put_expunge(struct following *follow, uint64_t index, const struct entry *entry, struct err *err)
{
	struct err why = ERR_INIT;
	uint64_t number = 1;

	for (size_t i = 0; i < entry->rewritten_count; i++)
		if (catalogue_put_expunge(follow->catalogue, entry->record, index, entry->rewritten[i].version,
			    &entry->rewritten[i].inventory, err) != 0)
			return -1;
	/* All of the record's files have left the catalogue: those that remain come back, of every version. */
	while (put_again(follow, entry->record, number, &why) == 0)
		number++;
	if (why.code != ERR_NOT_FOUND)
		return err_set(err, why.code, "%s", why.text);
	if (catalogue_touch(follow->catalogue, entry->record, index, err) != 0)
		return -1;
	/* The keeper's command has named the bytes; a copy only sees that some are gone. */
	if (follow->archive->catalogue_writable && archive_is_holder(follow->archive) &&
		archive_forget_texts(follow->archive, err) != 0)
		return -1;
	if (follow->archive->catalogue_writable && os_exists(follow->archive->dir, UNSCRUBBED, NULL) != 1 &&
		os_write_new(follow->archive->dir, UNSCRUBBED, STR(""), 0644, err) != 0)
		return -1;
	return put_accesses_again(follow, entry->record, err);
}

/* ---- following ------------------------------------------------------------------------------------------------------------------------ */

static int take_entry(void *context, uint64_t index, struct str text, struct err *err)
{
	struct following *follow = context;
	struct entry entry;

	arena_release(&follow->arena);
	if (follow->progress != NULL)
		follow->progress(follow->context, index, follow->size);
	if (entry_parse(&entry, text, &follow->arena, NULL) != 0 || entry.record.n == 0)
		return 0;
	switch (entry.kind) {
	case ENTRY_VERSION:
		return put_version(follow, index, &entry, inventory_now(follow, index, &entry.inventory), false, err);
	case ENTRY_ACCESS:
		return put_access(follow, index, &entry, NULL, err);
	case ENTRY_EXPUNGE:
		return archive_holds(follow->archive, index) ? put_expunge(follow, index, &entry, err) : 0;
	case ENTRY_KEY:
	case ENTRY_GENESIS:
	case ENTRY_END:
		return 0;
	}
	return 0;
}

static int root_at(struct archive *archive, uint64_t size, struct hash *root, struct err *err)
{
	if (size == log_size(archive->log)) {
		*root = *log_root(archive->log);
		return 0;
	}
	return tiles_root(log_tiles(archive->log), size, root, err);
}

static int follow_log(struct following *follow, uint64_t from, struct err *err)
{
	struct archive *archive = follow->archive;

	follow->size = archive_known(archive);
	if (log_each(archive->log, from, follow->size, gather_rewritten, follow, err) != 0)
		return -1;
	while (from < follow->size) {
		uint64_t to = from + FOLLOW_STEP < follow->size ? from + FOLLOW_STEP : follow->size;
		struct hash root;

		if (root_at(archive, to, &root, err) != 0 || catalogue_begin(follow->catalogue, err) != 0)
			return -1;
		if (log_each(archive->log, from, to, take_entry, follow, err) != 0 ||
			catalogue_commit(follow->catalogue, to, &root, err) != 0) {
			catalogue_rollback(follow->catalogue);
			return -1;
		}
		if (os_check_interrupted(err) != 0)
			return -1;
		from = to;
	}
	return 0;
}

/* Whether what the catalogue has seen is the beginning of this log. */
static bool is_prefix(struct archive *archive, uint64_t size, const struct hash *root)
{
	struct hash here;

	if (size > archive_known(archive))
		return false;
	return size == 0 || (root_at(archive, size, &here, NULL) == 0 && hash_equal(&here, root));
}

/* Leaves none if derived/ cannot be written to and holds none that can be read. */
static void open_catalogue(struct archive *archive, struct err *why)
{
	struct buf path = BUF_INIT;
	int lock;

	if (archive->catalogue != NULL)
		return;
	buf_printf(&path, "%s/derived/catalogue.sqlite", archive->path);
	archive->catalogue_writable = true;
	(void)os_mkdir(archive->dir, "derived", NULL); /* deletable at any time */
	/* Who finds an empty file makes the tables in it: one at a time. */
	lock = os_open(archive->dir, "derived/open.lock", O_RDWR | O_CREAT, 0644, NULL);
	if (lock >= 0)
		(void)os_lock_wait(lock, true, "derived/open.lock", NULL);
	if (catalogue_open(&archive->catalogue, path.p, true, why) != 0) { /* a read-only file system: what is there must do */
		archive->catalogue_writable = false;
		(void)catalogue_open(&archive->catalogue, path.p, false, NULL);
	}
	os_close(lock);
	buf_release(&path);
}

/* Where derived/ cannot be written to and what is there is of another moment, or nothing: a catalogue for this command alone, made from the
 * log. Reading must not depend on what may be deleted at any time. */
static int make_passing(struct following *follow, struct catalogue **out, struct err *err)
{
	struct archive *archive = follow->archive;

	catalogue_free(archive->catalogue);
	archive->catalogue = NULL;
	archive->catalogue_passing = true;
	if (catalogue_open(&archive->catalogue, "", true, err) != 0)
		return err_note(err, "derived/ cannot be written to, so a catalogue was to be made elsewhere");
	follow->catalogue = archive->catalogue;
	if (follow_log(follow, 0, err) != 0) {
		catalogue_free(archive->catalogue);
		archive->catalogue = NULL;
		return -1;
	}
	*out = archive->catalogue;
	return 0;
}

/* Mostly the other is done within milliseconds; one that was stopped never is, and who waits for it is to know. */
static int lock_feeding(struct archive *archive, int lock, struct err *err)
{
	const struct timespec moment = {.tv_nsec = 50000000};
	struct err why = ERR_INIT;

	for (unsigned turn = 0; turn < 40 && !os_interrupted(); turn++) {
		if (os_lock(lock, true, "derived/lock", &why) == 0)
			return 0;
		if (why.code != ERR_CONFLICT)
			break;
		(void)nanosleep(&moment, NULL);
	}
	if (why.code == ERR_CONFLICT)
		archive_say(archive, "another photostat is bringing the catalogue up to date; waiting for it to finish");
	return os_lock_wait(lock, true, "derived/lock", err);
}

int archive_catalogue(struct archive *archive, struct catalogue **out, bool rebuild, void (*progress)(void *, uint64_t, uint64_t),
	void *context, struct err *err)
{
	struct following follow = {.archive = archive, .progress = progress, .context = context};
	uint64_t size = 0;
	struct err why = ERR_INIT;
	struct hash root;
	enum passed passed;
	int lock = -1, result = -1;

	open_catalogue(archive, &why);
	if (rebuild && !archive->catalogue_writable) {
		err_set(err, ERR_CONFLICT, "derived/ cannot be written to; run photostat index as its owner: %s", why.text);
		goto out;
	}
	if (archive->catalogue == NULL) {
		result = make_passing(&follow, out, err);
		goto out;
	}
	if (catalogue_position(archive->catalogue, &size, &root, err) != 0)
		goto out;
	follow.catalogue = archive->catalogue;
	passed = archive->catalogue_passing ? PASSED_NOTHING : passed_stands(archive);
	if (!rebuild && passed == PASSED_NOTHING && size == archive_known(archive) && is_prefix(archive, size, &root) &&
		(!archive->catalogue_writable || os_exists(archive->dir, UNSCRUBBED, NULL) != 1)) {
		*out = archive->catalogue;
		result = 0;
		goto out;
	}
	if (!archive->catalogue_writable) {
		result = make_passing(&follow, out, err);
		goto out;
	}
	/* One process feeds; another that wants to waits, and looks again how far the first has come. */
	lock = os_open(archive->dir, "derived/lock", O_RDWR | O_CREAT, 0644, NULL);
	if (lock >= 0 && lock_feeding(archive, lock, err) != 0)
		goto out;
	/* N2: who takes over knows better than the file what is held. */
	passed = passed_stands(archive);
	if (passed != PASSED_NOTHING && archive->lock < 0 && archive_reread_holdings(archive, err) != 0)
		goto out;
	if (catalogue_position(archive->catalogue, &size, &root, err) != 0)
		goto out;
	if (rebuild || passed == PASSED_LATE || !is_prefix(archive, size, &root)) {
		if (catalogue_clear(archive->catalogue, err) != 0)
			goto out;
		size = 0;
	}
	if (size < archive_known(archive) && follow_log(&follow, size, err) != 0)
		goto out;
	/* Not now, if a reader holds the state before: then the next who comes here does it. */
	if (os_exists(archive->dir, UNSCRUBBED, NULL) == 1 && catalogue_scrub(archive->catalogue, NULL) == 0)
		(void)os_unlink(archive->dir, UNSCRUBBED, NULL);
	if (passed_seen(archive, passed, err) != 0)
		goto out;
	*out = archive->catalogue;
	result = 0;
out:
	os_close(lock);
	arena_release(&follow.arena);
	free(follow.rewritten);
	free(follow.described.values);
	free(follow.files);
	return result;
}

int archive_scrub_catalogue(struct archive *archive, struct err *err)
{
	struct catalogue *catalogue;

	if (archive_catalogue(archive, &catalogue, false, NULL, NULL, err) != 0)
		return -1;
	if (os_exists(archive->dir, UNSCRUBBED, NULL) != 1)
		return 0;
	/* A reader may hold the state before for long. The catalogue can be made anew; what was expunged must go. */
	return catalogue_scrub(catalogue, NULL) == 0 ? 0 : catalogue_clear(catalogue, err);
}
