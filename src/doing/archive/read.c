/* Reading: names that people type, versions as the log has them, receipts. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "internal.h"

/* ---- names ---------------------------------------------------------------------------------------------------------- */

int archive_name_parse(struct archive *archive, struct str typed, struct archive_name *name, struct err *err)
{
	struct str id = typed;

	memset(name, 0, sizeof(*name));
	for (size_t i = typed.n; i-- > 0;) {
		if (typed.p[i] != '@')
			continue;
		if (!decimal_parse((struct str){typed.p + i + 1, typed.n - i - 1}, UINT32_MAX, &name->version) ||
			name->version == 0)
			return err_set(
				err, ERR_USAGE, "\"%.*s\": after @ comes the number of a version, 1 or more", STR_ARG(typed));
		id.n = i;
		break;
	}
	if (!str_starts(id, STR("https://")) && !str_starts(id, STR("urn:"))) {
		buf_text(&name->id, "https://");
		buf_str(&name->id, archive_origin(archive));
		buf_text(&name->id, "/r/");
	}
	buf_str(&name->id, id);
	if (!record_id_valid(archive_origin(archive), buf_view(&name->id))) {
		buf_release(&name->id);
		return err_set(err, ERR_USAGE,
			"\"%.*s\" is no name of a record here: names are lower-case letters, digits, '.', '_', '-' in segments "
			"joined by '/', "
			"or a full id of this archive",
			STR_ARG(id));
	}
	return 0;
}

void archive_name_release(struct archive_name *name)
{
	buf_release(&name->id);
}

/* ---- versions -------------------------------------------------------------------------------------------------------- */

struct newest_inventory {
	struct archive *archive;
	struct archive_version *version;
};

static int take_rewritten(void *context, uint64_t index, struct str text, struct err *err)
{
	struct newest_inventory *newest = context;
	struct arena arena = ARENA_INIT;
	struct entry entry;
	int result = -1;

	if (!archive_holds(newest->archive, index))
		return 0; /* not followed here */
	if (entry_parse(&entry, text, &arena, err) != 0)
		goto out;
	for (size_t i = 0; entry.kind == ENTRY_EXPUNGE && i < entry.rewritten_count; i++) {
		if (entry.rewritten[i].version != newest->version->version)
			continue;
		newest->version->inventory = entry.rewritten[i].inventory;
		newest->version->expunged = true;
	}
	result = 0;
out:
	arena_release(&arena);
	return result;
}

int archive_version(struct archive *archive, struct str id, uint64_t number, struct archive_version *out, struct err *err)
{
	struct catalogue *catalogue;
	struct catalogue_record record;
	struct catalogue_version_row row;
	struct newest_inventory newest = {archive, out};
	struct arena arena = ARENA_INIT;
	struct buf text = BUF_INIT;
	struct entry entry;
	int result = -1;

	memset(out, 0, sizeof(*out));
	if (archive_catalogue(archive, &catalogue, false, NULL, NULL, err) != 0)
		return -1;
	if (catalogue_record(catalogue, id, &record, err) != 0) {
		if (err != NULL && err->code == ERR_NOT_FOUND)
			err_set(err, ERR_NOT_FOUND, "there is no record %.*s in this archive; photostat list shows what there is",
				STR_ARG(id));
		return -1;
	}
	if (number == 0)
		for (number = record.versions; number > 1 && archive->holdings.count > 0; number--) {
			if (catalogue_version(catalogue, id, number, &row, err) != 0)
				return -1;
			if (!holdings_behind(&archive->holdings, row.index))
				break;
		}
	if (number > record.versions)
		return err_set(err, ERR_NOT_FOUND, "%.*s has %" PRIu64 " version%s, not %" PRIu64, STR_ARG(id), record.versions,
			record.versions == 1 ? "" : "s", number);
	if (catalogue_version(catalogue, id, number, &row, err) != 0 || log_entry(archive->log, row.index, &text, err) != 0)
		goto out;
	if (entry_parse(&entry, buf_view(&text), &arena, err) != 0)
		goto out;
	if (entry.kind != ENTRY_VERSION || !str_equal(entry.record, id) || entry.version != number) {
		err_set(err, ERR_MISMATCH, "the catalogue does not agree with the log about %.*s; rebuild it: photostat index",
			STR_ARG(id));
		goto out;
	}
	out->version = number;
	out->index = row.index;
	out->previous = entry.previous;
	out->time = entry.time;
	out->inventory = entry.inventory;
	out->contents = entry.contents;
	result = row.expunged ? archive_each_entry(archive, id, take_rewritten, &newest, err) : 0;
out:
	arena_release(&arena);
	buf_release(&text);
	return result;
}

/* ---- beside an expunge -------------------------------------------------------------------------------------------------- */

int version_object(struct object_version **object, struct archive *archive, struct str id, const struct archive_version *version,
	struct err *err)
{
	struct err why = ERR_INIT;
	char staged[96 + 4];

	if (object_open(object, archive->store, id, version->version, &version->inventory, &why) == 0)
		return 0;
	/* Exchanged, and not yet logged: the log that was read still names what went to staging/. By its digest it is known. */
	if (batch_exchanged(archive, id, staged) == 1) {
		if (object_open_at(object, archive->staging, staged, id, version->version, &version->inventory, NULL) == 0)
			return 0;
		memcpy(staged + strlen(staged), ".old", 5);
		if (object_open_at(object, archive->staging, staged, id, version->version, &version->inventory, NULL) == 0)
			return 0;
		/* it may have been about to be exchanged */
		if (object_open(object, archive->store, id, version->version, &version->inventory, NULL) == 0)
			return 0;
	}
	if (err != NULL)
		*err = why;
	return -1;
}

struct changed {
	struct str id;
	bool found;
};

static int look_for_id(void *context, uint64_t index, struct str text, struct err *err)
{
	struct changed *changed = context;
	struct arena arena = ARENA_INIT;
	struct entry entry;

	(void)index;
	(void)err;
	changed->found = changed->found || (entry_parse(&entry, text, &arena, NULL) == 0 && str_equal(entry.record, changed->id));
	arena_release(&arena);
	return 0;
}

enum change { CHANGE_NONE, CHANGE_UNDER_WAY, CHANGE_LOGGED };

/* The intents first, then the log: a batch that ends in between has moved the checkpoint. */
static enum change look_for_change(struct archive *archive, struct str id)
{
	struct changed changed = {.id = id};
	uint64_t before = log_size(archive->log);
	char path[STORE_PATH_MAX];
	bool intended = store_object_path(id, path, NULL) == 0 && batch_intends_path(archive, path) == 1;

	if (log_refresh(archive->log, NULL) == 0 && log_size(archive->log) > before)
		(void)log_each(archive->log, before, log_size(archive->log), look_for_id, &changed, NULL);
	return changed.found ? CHANGE_LOGGED : intended ? CHANGE_UNDER_WAY : CHANGE_NONE;
}

int archive_explain(struct archive *archive, struct str id, struct err *err)
{
	struct err why = ERR_INIT;

	if (err == NULL || (err->code != ERR_MISMATCH && err->code != ERR_NOT_FOUND) || look_for_change(archive, id) == CHANGE_NONE)
		return -1;
	err_set(&why, ERR_CONFLICT, "%.*s was changed while it was read; run the command again", STR_ARG(id));
	*err = why;
	return -1;
}

#define WAIT_TURNS 100 /* of 50 ms: an expunge needs less between exchange and checkpoint */
#define BLIND_TURNS 20 /* where staging/ is closed to the reader, and an expunge under way cannot be seen */

int archive_open_version(struct archive *archive, struct str id, uint64_t number, struct object_version **object,
	struct archive_version *version, struct err *err)
{
	for (unsigned turn = 0;; turn++) {
		const struct timespec moment = {.tv_nsec = 50000000};
		enum change change;

		if (archive_version(archive, id, number, version, err) != 0)
			return -1;
		if (version_object(object, archive, id, version, err) == 0)
			return 0;
		change = look_for_change(archive, id);
		if (change == CHANGE_NONE && (archive->staging >= 0 || turn >= BLIND_TURNS))
			return -1;
		if (turn == WAIT_TURNS || os_interrupted())
			return err_set(err, ERR_CONFLICT,
				"%.*s is being expunged from right now, and cannot be read until that is finished; run the command "
				"again",
				STR_ARG(id));
		if (change != CHANGE_LOGGED)
			(void)nanosleep(&moment, NULL);
	}
}

int archive_version_gone(struct archive *archive, struct str id, const struct archive_version *version, bool *gone, struct err *err)
{
	struct object_version *object = NULL;
	struct archive_version now;

	*gone = false;
	if (!version->expunged)
		return 0;
	if (archive_open_version(archive, id, version->version, &object, &now, err) != 0)
		return -1;
	*gone = true;
	for (size_t i = 0; i < object_count(object) && *gone; i++) {
		struct object_file file;

		object_file(object, i, &file);
		*gone = str_equal(file.path, STR(RECORD_NAME)) || str_equal(file.path, STR(SEED_NAME));
	}
	object_free(object);
	return 0;
}

int access_version_gone(const struct access_view *view, struct archive *archive, struct str id,
	const struct archive_version *version, bool *gone, struct err *err)
{
	struct object_version *object = NULL;
	struct archive_version now;

	if (!access_undecided(view, STR("")))
		return archive_version_gone(archive, id, version, gone, err);
	*gone = false;
	if (archive_open_version(archive, id, version->version, &object, &now, err) != 0)
		return -1;
	/* Where there never was a document, the description is what waits. */
	*gone = version->expunged || access_undecided(view, STR(RECORD_NAME));
	for (size_t i = 0; i < object_count(object); i++) {
		struct object_file file;

		object_file(object, i, &file);
		if (str_equal(file.path, STR(RECORD_NAME)) || str_equal(file.path, STR(SEED_NAME)))
			continue;
		*gone = access_undecided(view, file.path);
		if (!*gone)
			break;
	}
	object_free(object);
	return 0;
}

struct each_entry {
	struct archive *archive;
	struct str id;
	uint64_t *indexes;
	size_t count, capacity;
};

static int gather_index(void *context, uint64_t index, struct err *err)
{
	struct each_entry *each = context;

	(void)err;
	if (each->count == each->capacity) {
		each->capacity = each->capacity == 0 ? 16 : each->capacity * 2;
		each->indexes = mem_grow(each->indexes, each->capacity, sizeof(*each->indexes));
	}
	each->indexes[each->count++] = index;
	return 0;
}

static int by_number(const void *a, const void *b)
{
	const uint64_t *one = a, *other = b;

	return (*one > *other) - (*one < *other);
}

/* The catalogue passes by what a holder does not follow: that it is in the log is for everybody to see all the same. */
static int gather_unfollowed(struct each_entry *gathered, struct err *err)
{
	const struct undecided_entry *first;
	size_t count, before = gathered->count;

	if (undecided_of(gathered->archive, gathered->id, &first, &count, err) != 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		(void)gather_index(gathered, first[i].index, NULL);
	if (gathered->count > before && before > 0)
		qsort(gathered->indexes, gathered->count, sizeof(*gathered->indexes), by_number);
	return 0;
}

int archive_each_entry(struct archive *archive, struct str id, int (*each)(void *, uint64_t, struct str, struct err *),
	void *context, struct err *err)
{
	struct each_entry gathered = {.archive = archive, .id = id};
	struct catalogue *catalogue;
	struct buf text = BUF_INIT;
	int result = -1;

	if (archive_catalogue(archive, &catalogue, false, NULL, NULL, err) != 0)
		return -1;
	if (catalogue_each_entry(catalogue, id, gather_index, &gathered, err) != 0 || gather_unfollowed(&gathered, err) != 0)
		goto out;
	for (size_t i = 0; i < gathered.count; i++) {
		buf_clear(&text);
		if (log_entry(archive->log, gathered.indexes[i], &text, err) != 0)
			goto out;
		result = each(context, gathered.indexes[i], buf_view(&text), err);
		if (result != 0)
			goto out;
	}
	result = 0;
out:
	free(gathered.indexes);
	buf_release(&text);
	return result;
}

/* ---- receipts -------------------------------------------------------------------------------------------------------------- */

/* The opening of one file, or of all that is left of a version; of those, what the view lets its reader have (NULL: all). */
static int disclose(struct archive *archive, struct str id, const struct archive_version *version, struct str file,
	const struct access_view *view, struct buf *out, struct err *err)
{
	struct version_tree *tree = NULL;
	struct leaf leaf;
	uint64_t position;
	bool *keep = NULL, found = file.n == 0 && view == NULL;
	int result = -1;

	if (version_tree_open(&tree, archive, id, version, err) != 0)
		goto out;
	keep = mem_array(version_tree_count(tree) + 1, sizeof(*keep));
	for (size_t i = 0; i < version_tree_count(tree); i++) {
		version_tree_leaf(tree, i, &leaf, &position, NULL);
		keep[i] = (file.n == 0 || str_equal(leaf.path, file)) && (view == NULL || access_may_read_file(view, leaf.path));
		found = found || keep[i];
	}
	if (!found && view != NULL) {
		(void)access_refuse(err);
		goto out;
	}
	if (file.n == 0 && view == NULL && version_tree_count(tree) == 0) {
		err_set(err, ERR_NOT_FOUND,
			"nothing of %.*s@%" PRIu64
			" is left that a receipt could prove: it was expunged; photostat log %.*s says when and by whom",
			STR_ARG(id), version->version, STR_ARG(id));
		goto out;
	}
	if (!found) {
		err_set(err, ERR_NOT_FOUND, "%.*s@%" PRIu64 " has no file \"%.*s\"%s", STR_ARG(id), version->version, STR_ARG(file),
			version->expunged ? ", or it was expunged" : "");
		goto out;
	}
	result = version_tree_disclose(tree, keep, out, err);
out:
	free(keep);
	version_tree_free(tree);
	return result;
}

int archive_receipt_of(struct archive *archive, struct str id, const struct archive_version *version, struct str file,
	struct buf *out, struct err *err)
{
	struct buf disclosure = BUF_INIT, text = BUF_INIT, extra = BUF_INIT;
	struct merkle_proof proof;
	int result = -1;

	if (str_equal(file, STR(SEED_NAME)))
		return err_set(err, ERR_USAGE, SEED_NAME " is not a leaf of the contents tree: it is what the salts come from");
	if (disclose(archive, id, version, file, NULL, &disclosure, err) != 0 ||
		log_proof(archive->log, version->index, &text, &proof, err) != 0)
		goto out;
	receipt_extra(&extra, file.n == 0 ? RECEIPT_VERSION : RECEIPT_FILE, buf_view(&text), buf_view(&disclosure));
	buf_release(&disclosure);
	if (buf_check(&extra, "receipt", err) != 0)
		goto out;
	tlog_proof_format(out, buf_view(&extra), version->index, &proof, log_checkpoint(archive->log));
	result = buf_check(out, "receipt", err);
out:
	buf_release(&disclosure);
	buf_release(&text);
	buf_release(&extra);
	return result;
}

int archive_disclose(struct archive *archive, struct str id, const struct archive_version *version, const struct access_view *view,
	struct buf *out, struct err *err)
{
	return disclose(archive, id, version, STR(""), view, out, err);
}

int archive_receipt(struct archive *archive, struct str id, uint64_t number, struct str file, struct buf *out, struct err *err)
{
	struct archive_version version;

	if (archive_version(archive, id, number, &version, err) != 0)
		return -1;
	if (archive_receipt_of(archive, id, &version, file, out, err) == 0)
		return 0;
	return archive_explain(archive, id, err);
}
