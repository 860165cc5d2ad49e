/* Access entries name a file by its leaf in one version. When expunging takes that leaf but the path stays in other versions, nothing would
 * tell any more whose door it is. So the decision is logged once more, in the same batch and before the expunge entry, with the grounds that it
 * had and a leaf that stays: there is no moment at which a closed file is open (P6). */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* A decision about one file that is in force, and where the file stays. */
struct anchor {
	struct str path; /* on the arena */
	uint64_t index;  /* of the access entry */
	struct entry_withheld leaf;
};

struct anchoring {
	struct archive *archive;
	const struct withdrawal *withdrawal;
	struct arena arena;
	struct anchor *anchors;
	size_t count, capacity;
};

/* Rows come in the order of the log: the newest of a path stands. */
static int gather(void *context, const struct catalogue_access *access, struct err *err)
{
	struct anchoring *work = context;
	size_t at = 0;

	(void)err;
	if (access->path.n == 0) {
		work->count = 0; /* it covers what was decided of files before */
		return 0;
	}
	while (at < work->count && !str_equal(work->anchors[at].path, access->path))
		at++;
	if (at == work->capacity) {
		work->capacity = work->capacity == 0 ? 8 : work->capacity * 2;
		work->anchors = mem_grow(work->anchors, work->capacity, sizeof(*work->anchors));
	}
	if (at == work->count)
		work->anchors[work->count++] = (struct anchor){.path = arena_str(&work->arena, access->path)};
	work->anchors[at].index = access->index;
	return 0;
}

static bool is_named(const struct withdrawal *withdrawal, struct str path)
{
	for (size_t i = 0; i < withdrawal->file_count; i++)
		if (str_equal(withdrawal->files[i], path))
			return true;
	return withdrawal->file_count == 0;
}

/* Keeps those whose leaf is needed elsewhere. */
static int find_leaves(struct anchoring *work, uint64_t versions, struct err *err)
{
	size_t kept = 0;

	for (size_t i = 0; i < work->count; i++) {
		struct anchor *anchor = &work->anchors[i];
		struct err why = ERR_INIT;

		if (!is_named(work->withdrawal, anchor->path))
			continue;
		if (withdrawal_find_file(work->archive, work->withdrawal->id, versions, work->withdrawal->version, anchor->path,
			    &anchor->leaf, &why) == 0)
			work->anchors[kept++] = *anchor;
		else if (why.code != ERR_NOT_FOUND)
			return err_set(err, why.code, "%s", why.text);
	}
	work->count = kept;
	return 0;
}

static bool names_version(const struct entry *entry, uint64_t version)
{
	for (size_t i = 0; i < entry->leaf_count; i++)
		if (entry->leaves[i].version == version)
			return true;
	return false;
}

/* One decision again, if the leaves that it names are in the version that loses them. */
static int log_again(struct anchoring *work, struct batch *batch, uint64_t index, uint64_t *previous, struct err *err)
{
	struct batch_item item = {.kind = ITEM_NONE, .id = work->withdrawal->id};
	struct buf old = BUF_INIT, text = BUF_INIT;
	struct arena arena = ARENA_INIT;
	struct entry entry;
	int result = -1;

	if (log_entry(work->archive->log, index, &old, err) != 0 || entry_parse(&entry, buf_view(&old), &arena, err) != 0)
		goto out;
	if (entry.kind != ENTRY_ACCESS || !names_version(&entry, work->withdrawal->version)) {
		result = 0;
		goto out;
	}
	entry.leaves = mem_array(work->count, sizeof(*entry.leaves));
	entry.leaf_count = 0;
	for (size_t i = 0; i < work->count; i++)
		if (work->anchors[i].index == index)
			entry.leaves[entry.leaf_count++] = work->anchors[i].leaf;
	entry.leaf_count = entry_leaves_arrange(entry.leaves, entry.leaf_count);
	entry.previous = *previous;
	entry.time = os_now();
	entry.has_note = false; /* its text stays where it is, with the entry that it was written for */
	*previous = batch_next_index(batch);
	if (entry_format(&text, &entry, err) == 0)
		result = batch_add(batch, &item, buf_view(&text), err);
	free(entry.leaves);
out:
	arena_release(&arena);
	buf_release(&old);
	buf_release(&text);
	return result;
}

int anchor_accesses(struct archive *archive, const struct withdrawal *withdrawal, uint64_t versions, struct batch *batch,
	uint64_t *previous, struct err *err)
{
	struct anchoring work = {.archive = archive, .withdrawal = withdrawal, .arena = ARENA_INIT};
	struct catalogue *catalogue;
	int result = -1;

	/* what is taken out of all versions leaves nothing behind that a door would be for */
	if (withdrawal->version == 0)
		return 0;
	if (archive_catalogue(archive, &catalogue, false, NULL, NULL, err) != 0 ||
		catalogue_each_access(catalogue, withdrawal->id, gather, &work, err) != 0 || find_leaves(&work, versions, err) != 0)
		goto out;
	result = 0;
	for (size_t i = 0; i < work.count && result == 0; i++) {
		bool first = true;

		for (size_t j = 0; j < i; j++)
			first = first && work.anchors[j].index != work.anchors[i].index;
		if (first)
			result = log_again(&work, batch, work.anchors[i].index, previous, err);
	}
out:
	arena_release(&work.arena);
	free(work.anchors);
	return result;
}
