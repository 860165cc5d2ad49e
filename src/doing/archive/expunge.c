/* Expunging (P6): the object is rebuilt under the same id and version numbers without the bytes, their paths and digests; what remains
 * is still proven by the original contents roots, through the disclosure that takes the place of each seed.
 *
 * E1  The rebuilt object stands whole and synced in staging/ before it is exchanged with the old one in one step.
 * E2  The old object goes only after the checkpoint that covers the expunge entry is durable (B5): a crash finishes forward.
 * E3  No inventory, photostat.json or seed of the rebuilt object holds a path, digest or salt of what was taken out. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* One version of the record as it is, and what becomes of it. */
struct rebuilt_version {
	struct archive_version version;
	bool affected;           /* something is taken out of its own files */
	bool everything;         /* all documents */
	struct digest inventory; /* new */
	struct entry_withheld *withheld;
	size_t withheld_count;
};

struct expunging {
	struct archive *archive;
	const struct withdrawal *withdrawal;
	struct rebuilt_version *versions; /* [number - 1] */
	uint64_t count;
	bool *found;               /* which of the withdrawal's files are in some version */
	struct expunge_plan *plan; /* when only planning */
	struct buf taken;          /* digests of what is taken out */
};

void expunge_plan_release(struct expunge_plan *plan)
{
	buf_release(&plan->other_holders);
}

static bool is_reserved(struct str path)
{
	return str_equal(path, STR(SEED_NAME)) || str_equal(path, STR(RECORD_NAME));
}

static bool is_taken(const struct withdrawal *withdrawal, uint64_t version, struct str path)
{
	if (is_reserved(path) || (withdrawal->version != 0 && withdrawal->version != version))
		return false;
	for (size_t i = 0; i < withdrawal->file_count; i++)
		if (str_equal(withdrawal->files[i], path))
			return true;
	return withdrawal->file_count == 0;
}

struct other_holder {
	struct expunging *work;
	const struct digest *digest;
};

/* Whether a version of the record itself goes on holding these bytes under the path: the catalogue knows paths of all versions, and not which. */
static int stays_here(struct expunging *work, struct str path, const struct digest *digest, bool *stays, struct err *err)
{
	struct archive_version version;
	uint64_t count;

	*stays = false;
	if (archive_version(work->archive, work->withdrawal->id, 0, &version, err) != 0)
		return -1;
	count = version.version;
	for (uint64_t i = 1; i <= count && !*stays; i++) {
		struct object_version *object = NULL;
		struct object_file file;
		size_t at;

		if (is_taken(work->withdrawal, i, path))
			continue;
		if (archive_open_version(work->archive, work->withdrawal->id, i, &object, &version, err) != 0)
			return -1;
		if (object_find(object, path, &at)) {
			object_file(object, at, &file);
			*stays = digest_equal(&file.digest, digest);
		}
		object_free(object);
	}
	return 0;
}

static int name_holder(void *context, struct str id, struct str path, struct err *err)
{
	struct other_holder *other = context;
	struct buf *out = &other->work->plan->other_holders;
	bool stays = true;

	if (str_equal(id, other->work->withdrawal->id) && stays_here(other->work, path, other->digest, &stays, err) != 0)
		return -1;
	if (!stays)
		return 0;
	buf_str(out, id);
	buf_char(out, ' ');
	buf_str(out, path);
	buf_char(out, '\n');
	return 0;
}

static int plan_file(struct expunging *work, const struct leaf *leaf, struct err *err)
{
	struct other_holder other = {work, &leaf->digest};
	struct catalogue *catalogue;

	work->plan->files++;
	work->plan->bytes += leaf->size;
	if (archive_catalogue(work->archive, &catalogue, false, NULL, NULL, err) != 0)
		return -1;
	return catalogue_each_holder(catalogue, &leaf->digest, name_holder, &other, err);
}

/* Does a text of this version such as an original name or an identifier give a path away that is taken out of it? */
static bool names_path(const struct expunging *work, uint64_t version, struct str text)
{
	const struct withdrawal *withdrawal = work->withdrawal;
	bool found = false;

	if (withdrawal->version != 0 && withdrawal->version != version)
		return false;
	for (size_t i = 0; i < withdrawal->file_count && !found; i++)
		found = forget_names(text, withdrawal->files[i]);
	return found;
}

static bool record_names_path(const struct expunging *work, uint64_t version, const struct record *record)
{
	struct record_value value;

	if (names_path(work, version, record_field(record, RECORD_ORIGINAL_NAME)))
		return true;
	for (size_t i = 0; i < record_value_count(record); i++) {
		record_value(record, i, &value);
		if (value.term == DC_IDENTIFIER && names_path(work, version, value.value))
			return true;
	}
	return false;
}

/* The description of a version that has none of the files: of a whole record it goes too, unless it has gone; of single files, if it still
 * names one, as a later version's original name does. */
static int survey_description(
	struct expunging *work, struct rebuilt_version *rebuilt, const struct version_tree *tree, struct err *err)
{
	uint64_t number = rebuilt->version.version;
	struct record *record = NULL;
	struct buf text = BUF_INIT;
	struct leaf leaf;
	uint64_t position;
	int result = -1;

	if (work->withdrawal->version != 0 && work->withdrawal->version != number)
		return 0;
	if (work->withdrawal->file_count == 0) {
		for (size_t i = 0; i < version_tree_count(tree); i++) {
			version_tree_leaf(tree, i, &leaf, &position, NULL);
			rebuilt->affected = rebuilt->affected || str_equal(leaf.path, STR(RECORD_NAME));
		}
		return 0;
	}
	if (object_read_file(version_tree_object(tree), STR(RECORD_NAME), RECORD_BYTES_MAX, &text, err) == 0 &&
		record_parse(&record, buf_view(&text), RECORD_STORED, err) == 0) {
		rebuilt->affected = record_names_path(work, number, record);
		result = 0;
	}
	record_free(record);
	buf_release(&text);
	return result;
}

static void note_found(struct expunging *work, struct str path)
{
	for (size_t i = 0; i < work->withdrawal->file_count; i++)
		work->found[i] = work->found[i] || str_equal(work->withdrawal->files[i], path);
}

/* What is taken out of one version. */
static int survey_version(struct expunging *work, struct rebuilt_version *rebuilt, struct err *err)
{
	struct version_tree *tree = NULL;
	struct leaf leaf;
	uint64_t position;
	size_t left = 0;
	int result = -1;

	if (version_tree_open(&tree, work->archive, work->withdrawal->id, &rebuilt->version, err) != 0)
		return -1;
	for (size_t i = 0; i < version_tree_count(tree); i++) {
		version_tree_leaf(tree, i, &leaf, &position, NULL);
		if (!is_taken(work->withdrawal, rebuilt->version.version, leaf.path)) {
			left += is_reserved(leaf.path) ? 0 : 1;
			continue;
		}
		rebuilt->affected = true;
		note_found(work, leaf.path);
		buf_add(&work->taken, &leaf.digest, sizeof(leaf.digest));
		if (work->plan != NULL && plan_file(work, &leaf, err) != 0)
			goto out;
	}
	if (!rebuilt->affected && survey_description(work, rebuilt, tree, err) != 0)
		goto out;
	rebuilt->everything = left == 0;
	result = 0;
out:
	version_tree_free(tree);
	return result;
}

/* The new seed of a version, and what the entry says of it. Made when the version is staged: of a record of many files and versions only one
 * may be in memory. */
static int disclose_version(struct expunging *work, struct rebuilt_version *rebuilt, struct buf *seed, struct err *err)
{
	struct version_tree *tree = NULL;
	struct disclosure *disclosure = NULL;
	struct leaf leaf;
	uint64_t position;
	bool *keep;
	int result;

	if (version_tree_open(&tree, work->archive, work->withdrawal->id, &rebuilt->version, err) != 0)
		return -1;
	keep = mem_array(version_tree_count(tree) + 1, sizeof(*keep));
	for (size_t i = 0; i < version_tree_count(tree); i++) {
		version_tree_leaf(tree, i, &leaf, &position, NULL);
		/* The description is rewritten: it listed what is taken out. */
		keep[i] =
			!is_taken(work->withdrawal, rebuilt->version.version, leaf.path) && !str_equal(leaf.path, STR(RECORD_NAME));
	}
	result = version_tree_disclose(tree, keep, seed, err);
	free(keep);
	version_tree_free(tree);
	if (result != 0 || disclosure_parse(&disclosure, buf_view(seed), err) != 0)
		return -1;
	rebuilt->withheld_count = disclosure_withheld_count(disclosure);
	rebuilt->withheld = mem_array(rebuilt->withheld_count + 1, sizeof(*rebuilt->withheld));
	for (size_t i = 0; i < rebuilt->withheld_count; i++)
		disclosure_withheld(disclosure, i, &rebuilt->withheld[i]);
	disclosure_free(disclosure);
	return 0;
}

static int survey(struct expunging *work, struct err *err)
{
	struct archive_version newest;
	bool any = false;

	if (withdrawal_check(work->withdrawal, err) != 0 ||
		archive_version(work->archive, work->withdrawal->id, 0, &newest, err) != 0)
		return -1;
	if (work->withdrawal->version > newest.version)
		return err_set(err, ERR_NOT_FOUND, "%.*s has no version %" PRIu64, STR_ARG(work->withdrawal->id),
			work->withdrawal->version);
	work->count = newest.version;
	work->found = mem_array(work->withdrawal->file_count + 1, sizeof(*work->found));
	work->versions = mem_array(work->count, sizeof(*work->versions));
	for (uint64_t i = 0; i < work->count; i++) {
		struct rebuilt_version *rebuilt = &work->versions[i];

		if (archive_version(work->archive, work->withdrawal->id, i + 1, &rebuilt->version, err) != 0 ||
			survey_version(work, rebuilt, err) != 0)
			return -1;
		any = any || rebuilt->affected;
		if (work->plan != NULL && rebuilt->affected)
			work->plan->versions++;
	}
	/* A name that is mistyped among others must not pass for expunged. */
	for (size_t i = 0; i < work->withdrawal->file_count; i++)
		if (!work->found[i])
			return err_set(err, ERR_NOT_FOUND, "nothing was expunged: %.*s holds no file \"%.*s\" (any more)",
				STR_ARG(work->withdrawal->id), STR_ARG(work->withdrawal->files[i]));
	if (!any)
		return err_set(
			err, ERR_NOT_FOUND, "nothing to expunge: all of %.*s is gone already", STR_ARG(work->withdrawal->id));
	return 0;
}

static void expunging_release(struct expunging *work)
{
	for (uint64_t i = 0; work->versions != NULL && i < work->count; i++)
		free(work->versions[i].withheld);
	free(work->versions);
	free(work->found);
	buf_release(&work->taken);
}

static int by_text(const void *a, const void *b)
{
	return str_compare(*(const struct str *)a, *(const struct str *)b);
}

/* The same bytes may stand in several versions: each line once, in order. */
static void name_once(struct buf *lines)
{
	struct str rest = buf_view(lines), line, *all;
	struct buf once = BUF_INIT;
	size_t count = 0;

	for (size_t i = 0; i < lines->n; i++)
		count += lines->p[i] == '\n';
	all = mem_array(count + 1, sizeof(*all));
	for (count = 0; str_take_line(&rest, &line); count++)
		all[count] = line;
	qsort(all, count, sizeof(*all), by_text);
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && str_equal(all[i], all[i - 1]))
			continue;
		buf_str(&once, all[i]);
		buf_char(&once, '\n');
	}
	free(all);
	buf_release(lines);
	*lines = once;
}

int archive_expunge_plan(struct archive *archive, const struct withdrawal *withdrawal, struct expunge_plan *plan, struct err *err)
{
	struct expunging work = {.archive = archive, .withdrawal = withdrawal, .plan = plan};
	int result;

	memset(plan, 0, sizeof(*plan));
	result = survey(&work, err);
	if (result == 0)
		name_once(&plan->other_holders);
	expunging_release(&work);
	if (result != 0)
		expunge_plan_release(plan);
	return result;
}

/* One version, for forget_description. */
struct forgotten_version {
	const struct expunging *work;
	uint64_t number;
};

static bool forget_taken(void *context, struct str path)
{
	const struct forgotten_version *version = context;

	return is_taken(version->work->withdrawal, version->number, path);
}

static bool forget_named(void *context, enum forget_text which, struct str text)
{
	const struct forgotten_version *version = context;

	(void)which;
	return names_path(version->work, version->number, text);
}

/* photostat.json without the files that go, and without any description where no document is left (E3). */
static int rewrite_record(struct expunging *work, struct rebuilt_version *rebuilt, struct buf *out, struct err *err)
{
	struct forgotten_version version = {work, rebuilt->version.version};
	struct forgetting forgetting = {rebuilt->everything, forget_taken, forget_named, &version};
	struct object_version *object = NULL;
	int result;

	if (object_open(&object, work->archive->store, work->withdrawal->id, rebuilt->version.version, &rebuilt->version.inventory,
		    err) != 0)
		return -1;
	result = object_read_file(object, STR(RECORD_NAME), RECORD_BYTES_MAX, out, err);
	object_free(object);
	return result != 0 ? -1 : forget_description(out, &forgetting, err);
}

/* What is rewritten of an affected version. Of a record of many files only one of these, and no other inventory, may be in memory. */
static int stage_rewritten(struct expunging *work, struct rebuilt_version *rebuilt, struct stage *stage, struct err *err)
{
	struct buf text = BUF_INIT;
	struct digest digest;
	int result = -1;

	if (disclose_version(work, rebuilt, &text, err) != 0 ||
		stage_add_bytes(stage, STR(SEED_NAME), buf_view(&text), &digest, err) != 0)
		goto out;
	buf_release(&text);
	if (rewrite_record(work, rebuilt, &text, err) == 0 &&
		stage_add_bytes(stage, STR(RECORD_NAME), buf_view(&text), &digest, err) == 0)
		result = 0;
out:
	buf_release(&text);
	return result;
}

/* The files of one version go into the staged object. */
static int stage_files(struct expunging *work, struct rebuilt_version *rebuilt, const struct object_version *object,
	struct stage *stage, struct err *err)
{
	struct object_file file;

	for (size_t i = 0; i < object_count(object); i++) {
		object_file(object, i, &file);
		if ((rebuilt->affected && is_reserved(file.path)) ||
			is_taken(work->withdrawal, rebuilt->version.version, file.path))
			continue;
		if (stage_add_link(stage, file.path, &file.digest, 0, object_fd(object), file.content_path.p, err) != 0)
			return -1;
	}
	return 0;
}

static int stage_version(struct expunging *work, struct rebuilt_version *rebuilt, struct stage *stage, struct err *err)
{
	struct object_version *object = NULL;
	struct inventory_version old;
	struct stage_version_info info = {.created = 0};
	int result = -1;

	if (rebuilt->affected && stage_rewritten(work, rebuilt, stage, err) != 0)
		return -1;
	if (object_open(&object, work->archive->store, work->withdrawal->id, rebuilt->version.version, &rebuilt->version.inventory,
		    err) != 0)
		return -1;
	if (stage_files(work, rebuilt, object, stage, err) != 0)
		goto out;
	inventory_version(object_inventory(object), (uint32_t)rebuilt->version.version, &old);
	if (!time_parse(old.created, &info.created)) {
		err_set(err, ERR_SYNTAX, "the inventory of version %" PRIu64 " has a date that is not ours",
			rebuilt->version.version);
		goto out;
	}
	info.message = (rebuilt->affected && rebuilt->everything) || names_path(work, rebuilt->version.version, old.message)
			       ? STR(FORGOTTEN_MESSAGE)
			       : old.message;
	info.user_name = old.user_name;
	info.user_address = old.user_address;
	result = stage_end_version(stage, &info, &rebuilt->inventory, err);
out:
	object_free(object);
	return result;
}

/* An earlier decision's text goes with the whole record, or with the file that it names: its commitment in the log tells nothing. A
 * line in its place says so, for what is simply missing is a finding. */
static bool note_goes(const struct expunging *work, int logs, const char *name)
{
	struct buf json = BUF_INIT, text = BUF_INIT;
	struct hash commitment;
	bool goes = work->withdrawal->file_count == 0 && work->withdrawal->version == 0;

	if (!goes && os_read_file(logs, name, 1u << 20, &json, NULL) == 0 &&
		note_read(buf_view(&json), &text, &commitment, NULL) == 0)
		goes = names_path(work, work->withdrawal->version, buf_view(&text));
	buf_release(&json);
	buf_release(&text);
	return goes;
}

/* logs/ moves with the object: the notes of earlier entries, and this one's. */
static int stage_notes(struct expunging *work, int staged, struct str note, uint64_t index, struct os_batch *os, struct err *err)
{
	struct object_version *object = NULL;
	struct rebuilt_version *newest = &work->versions[work->count - 1];
	struct os_dir *names = NULL;
	struct os_name name;
	struct err absent = ERR_INIT;
	char own[64], path[320];
	struct buf gone = BUF_INIT;
	bool made = false;
	int got = 0, result = -1;

	if (object_open(&object, work->archive->store, work->withdrawal->id, newest->version.version, &newest->version.inventory,
		    err) != 0)
		return -1;
	if (os_dir_open(&names, object_fd(object), "logs", &absent) != 0 && absent.code != ERR_NOT_FOUND) {
		if (err != NULL)
			*err = absent;
		goto out;
	}
	while (names != NULL && (got = os_dir_next(names, &name, err)) == 1) {
		if (!made && os_mkdir(staged, "logs", err) != 0)
			goto out;
		made = true;
		(void)snprintf(path, sizeof(path), "logs/%s", name.name);
		if (note_goes(work, os_dir_fd(names), name.name)) {
			buf_clear(&gone);
			note_gone(&gone, index);
			if (os_write_new(staged, path, buf_view(&gone), 0644, err) != 0 ||
				os_batch_wrote(os, staged, path, err) != 0)
				goto out;
		} else if (os_link(os_dir_fd(names), name.name, staged, path, err) != 0)
			goto out;
	}
	if (got < 0 || (!made && note.n > 0 && os_mkdir(staged, "logs", err) != 0))
		goto out;
	if (!made && note.n == 0) {
		result = 0;
		goto out;
	}
	if (note.n > 0) {
		note_file_name(own, index);
		(void)snprintf(path, sizeof(path), "logs/%s", own);
		if (os_write_new(staged, path, note, 0644, err) != 0 || os_batch_wrote(os, staged, path, err) != 0)
			goto out;
	}
	result = os_batch_wrote_dir(os, staged, "logs", err) != 0 ? -1 : os_batch_wrote_dir(os, staged, ".", err);
out:
	os_dir_close(names);
	object_free(object);
	buf_release(&gone);
	return result;
}

/* The lines of the entry: versions whose inventory changed, and what is withheld of those that lost something. */
static void describe(struct expunging *work, struct entry *entry)
{
	entry->rewritten = mem_array(work->count, sizeof(*entry->rewritten));
	for (uint64_t i = 0; i < work->count; i++) {
		struct rebuilt_version *rebuilt = &work->versions[i];
		if (digest_equal(&rebuilt->inventory, &rebuilt->version.inventory))
			continue;
		entry->rewritten[entry->rewritten_count++] = (struct entry_rewritten){
			.version = i + 1, .index = rebuilt->version.index, .inventory = rebuilt->inventory};
		entry->leaves = mem_grow(entry->leaves, entry->leaf_count + rebuilt->withheld_count + 1, sizeof(*entry->leaves));
		for (size_t j = 0; j < rebuilt->withheld_count; j++) {
			struct entry_withheld *line = &entry->leaves[entry->leaf_count++];

			*line = rebuilt->withheld[j];
			line->version = i + 1;
		}
	}
}

static int stage_object(struct expunging *work, struct batch *batch, const char *staged_name, struct err *err)
{
	struct stage *stage = NULL;
	int result = -1;

	if (stage_new_object(&stage, work->archive->store, batch_fd(batch), staged_name, work->withdrawal->id, err) != 0)
		return -1;
	for (uint64_t i = 0; i < work->count; i++)
		if ((i > 0 && stage_next_version(stage, err) != 0) || stage_version(work, &work->versions[i], stage, err) != 0)
			goto out;
	result = stage_wrote(stage, batch_os(batch), err);
out:
	stage_free(stage);
	return result;
}

static int commit(struct expunging *work, struct batch *batch, struct archive_done *done, struct err *err)
{
	const struct withdrawal *withdrawal = work->withdrawal;
	struct entry entry = {.kind = ENTRY_EXPUNGE,
		.origin = archive_origin(work->archive),
		.record = withdrawal->id,
		.authority = withdrawal->authority,
		.reason = withdrawal->reason};
	struct batch_item item = {.kind = ITEM_EXCHANGE, .id = withdrawal->id, .version = work->count};
	struct buf text = BUF_INIT, note = BUF_INIT;
	char staged_name[24];
	int staged = -1, result = -1;

	batch_name(batch, staged_name);
	if (follow_last_index(work->archive, withdrawal->id, &entry.previous, err) != 0 ||
		anchor_accesses(work->archive, withdrawal, work->count, batch, &entry.previous, err) != 0)
		goto out;
	if (stage_object(work, batch, staged_name, err) != 0)
		goto out;
	staged = os_open(batch_fd(batch), staged_name, O_RDONLY | O_DIRECTORY, 0, err);
	if (staged < 0 || withdrawal_note(batch, withdrawal, &entry, NULL, &note, err) != 0 ||
		stage_notes(work, staged, buf_view(&note), batch_next_index(batch), batch_os(batch), err) != 0)
		goto out;
	describe(work, &entry);
	entry.time = os_now();
	if (entry_format(&text, &entry, err) != 0) {
		if (err != NULL && err->code == ERR_LIMIT)
			err_set(err, ERR_LIMIT,
				"that is too much for one entry of the log; expunge fewer files at a time, or the whole record");
		goto out;
	}
	item.staged = str_from(staged_name);
	item.inventory = work->versions[work->count - 1].inventory;
	result = batch_add(batch, &item, buf_view(&text), err) != 0 ? -1 : batch_commit(batch, take_index, done, err);
out:
	os_close(staged);
	free(entry.rewritten);
	free(entry.leaves);
	buf_release(&text);
	buf_release(&note);
	return result;
}

/* Before the bytes go, lest a crash leave what was read out of them; and after, for who read them meanwhile. */
static int forget_texts(struct expunging *work, struct err *err)
{
	struct digest digest;

	if (buf_check(&work->taken, "the digests of what is taken out", err) != 0)
		return -1;
	for (size_t i = 0; i < work->taken.n; i += sizeof(digest)) {
		memcpy(&digest, work->taken.p + i, sizeof(digest));
		if (archive_forget_derived(work->archive, &digest, err) != 0)
			return -1;
	}
	return 0;
}

int archive_expunge(struct archive *archive, const struct withdrawal *withdrawal, struct archive_done *done, struct err *err)
{
	struct expunging work = {.archive = archive, .withdrawal = withdrawal};
	struct batch *batch = NULL;
	int result = -1;

	memset(done, 0, sizeof(*done));
	if (archive_begin_writing(archive, err) != 0 || survey(&work, err) != 0 || batch_open(&batch, archive, err) != 0)
		goto out;
	if (forget_texts(&work, err) != 0 || commit(&work, batch, done, err) != 0)
		goto out;
	if (forget_texts(&work, err) != 0)
		goto out;
	buf_str(&done->id, withdrawal->id);
	done->version = work.count;
	result = 0;
out:
	batch_free(batch);
	expunging_release(&work);
	/* Titles and digests of what is gone must not linger in derived data either. */
	return result != 0 ? result : archive_scrub_catalogue(archive, err);
}
