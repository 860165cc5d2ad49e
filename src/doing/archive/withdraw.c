/* Access entries (P6): who may read a record or some of its files from now on. Files are named in the log by salted leaves alone (P7). */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

void archive_done_release(struct archive_done *done)
{
	buf_release(&done->id);
}

int follow_last_index(struct archive *archive, struct str id, uint64_t *last_index, struct err *err)
{
	struct catalogue *catalogue;
	struct catalogue_record record;

	if (archive_catalogue(archive, &catalogue, false, NULL, NULL, err) != 0 ||
		catalogue_record(catalogue, id, &record, err) != 0)
		return -1;
	*last_index = record.last_index;
	return 0;
}

static bool has_control(struct str text)
{
	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] < 0x20 || text.p[i] == 0x7f)
			return true;
	return false;
}

int withdrawal_check(const struct withdrawal *withdrawal, struct err *err)
{
	if (withdrawal->authority.n == 0)
		return err_set(err, ERR_USAGE,
			"--authority says who decided this, an office rather than a person: it stays in the log for ever");
	if (withdrawal->reason.n == 0)
		return err_set(err, ERR_USAGE,
			"--reason is a code such as privacy, court-order, donor-agreement: it stays in the log for ever");
	if (!reason_code_valid(withdrawal->reason))
		return err_set(err, ERR_USAGE,
			"--reason \"%.*s\" is no code: it begins with a letter, has a-z, 0-9 and hyphens, at most 64, as in "
			"court-order; "
			"--note takes a free text",
			STR_ARG(withdrawal->reason));
	if (!utf8_valid(withdrawal->authority) || has_control(withdrawal->authority))
		return err_set(err, ERR_USAGE, "--authority \"%.*s\" holds control characters or is not UTF-8",
			STR_ARG(withdrawal->authority));
	for (size_t i = 0; i < withdrawal->file_count; i++)
		if (str_equal(withdrawal->files[i], STR(SEED_NAME)) || str_equal(withdrawal->files[i], STR(RECORD_NAME)))
			return err_set(err, ERR_USAGE, "%.*s follows the record: name the record or its documents",
				STR_ARG(withdrawal->files[i]));
	return 0;
}

int withdrawal_note(struct batch *batch, const struct withdrawal *withdrawal, struct entry *entry, struct batch_item *item,
	struct buf *text, struct err *err)
{
	if (withdrawal->note.n == 0)
		return 0;
	if (!utf8_valid(withdrawal->note) || withdrawal->note.n > (64u << 10))
		return err_set(err, ERR_USAGE, "the note must be UTF-8 text of at most 64 KiB");
	note_make(text, withdrawal->note, &entry->note);
	entry->has_note = true;
	if (item == NULL)
		return 0;
	item->kind = ITEM_NOTE;
	item->staged = STR("note");
	if (os_write_new(batch_fd(batch), "note", buf_view(text), 0644, err) != 0)
		return -1;
	return os_batch_wrote(batch_os(batch), batch_fd(batch), "note", err);
}

int withdrawal_find_file(struct archive *archive, struct str id, uint64_t newest, uint64_t except, struct str path,
	struct entry_withheld *out, struct err *err)
{
	for (uint64_t number = newest; number >= 1; number--) {
		struct archive_version version;
		struct version_tree *tree = NULL;
		struct leaf leaf;
		bool found = false;

		if (number == except)
			continue;
		if (archive_version(archive, id, number, &version, err) != 0 ||
			version_tree_open(&tree, archive, id, &version, err) != 0)
			return -1;
		for (size_t i = 0; i < version_tree_count(tree) && !found; i++) {
			version_tree_leaf(tree, i, &leaf, &out->position, &out->hash);
			found = str_equal(leaf.path, path);
		}
		version_tree_free(tree);
		if (found) {
			out->version = number;
			out->end = out->position + 1;
			return 0;
		}
	}
	return err_set(err, ERR_NOT_FOUND, "%.*s has no file \"%.*s\" in any version", STR_ARG(id), STR_ARG(path));
}

int take_index(void *context, uint64_t index, const struct batch_item *item, struct str entry, struct err *err)
{
	struct archive_done *done = context;

	(void)entry;
	(void)err;
	done->index = index;
	if (item->kind == ITEM_OBJECT || item->kind == ITEM_VERSION)
		done->version = item->version;
	return 0;
}

int archive_access(struct archive *archive, const struct withdrawal *withdrawal, struct archive_done *done, struct err *err)
{
	struct entry entry = {.kind = ENTRY_ACCESS,
		.origin = archive_origin(archive),
		.record = withdrawal->id,
		.access = withdrawal->access,
		.authority = withdrawal->authority,
		.reason = withdrawal->reason};
	struct batch_item item = {.kind = ITEM_NONE, .id = withdrawal->id};
	struct archive_version version;
	struct batch *batch = NULL;
	struct buf text = BUF_INIT, note = BUF_INIT;
	int result = -1;

	memset(done, 0, sizeof(*done));
	if (archive_begin_writing(archive, err) != 0 || withdrawal_check(withdrawal, err) != 0 ||
		archive_version(archive, withdrawal->id, 0, &version, err) != 0 ||
		follow_last_index(archive, withdrawal->id, &entry.previous, err) != 0)
		return -1;
	if (withdrawal->access == ACCESS_EMBARGO)
		entry.until = str_from(withdrawal->until);
	entry.leaves = mem_array(withdrawal->file_count + 1, sizeof(*entry.leaves));
	for (size_t i = 0; i < withdrawal->file_count; i++)
		if (withdrawal_find_file(archive, withdrawal->id, version.version, 0, withdrawal->files[i],
			    &entry.leaves[entry.leaf_count++], err) != 0)
			goto out;
	if (batch_open(&batch, archive, err) != 0 || withdrawal_note(batch, withdrawal, &entry, &item, &note, err) != 0)
		goto out;
	entry.time = os_now();
	entry.leaf_count = entry_leaves_arrange(entry.leaves, entry.leaf_count);
	if (entry_format(&text, &entry, err) != 0 || batch_add(batch, &item, buf_view(&text), err) != 0 ||
		batch_commit(batch, take_index, done, err) != 0)
		goto out;
	buf_str(&done->id, withdrawal->id);
	done->version = version.version;
	result = 0;
out:
	batch_free(batch);
	free(entry.leaves);
	buf_release(&text);
	buf_release(&note);
	return result;
}
