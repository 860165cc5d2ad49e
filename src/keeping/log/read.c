/* Entries and proofs of the snapshot. */
#include "internal.h"

#include <stdlib.h>

static int check_index(const struct log *log, uint64_t index, struct err *err)
{
	if (index < log->size)
		return 0;
	return err_set(err, ERR_NOT_FOUND, "the log %s has no entry %llu: it has %llu", log->path, (unsigned long long)index,
		(unsigned long long)log->size);
}

/* The bundle of an entry into log->bundle, unless it is there. */
static int load_bundle(struct log *log, uint64_t index, struct err *err)
{
	if (log->bundle.count != 0 && log->bundle.index == index)
		return 0;
	return bundle_read(&log->tree, index, &log->bundle, err);
}

static void let_go_of_large(struct log *log)
{
	if (log->bundle.bytes.cap > BUNDLE_KEPT_MAX) {
		buf_release(&log->bundle.bytes);
		log->bundle.count = 0;
	}
}

static int entry_damaged(const struct log *log, uint64_t index, struct err *err)
{
	struct tile tile = {TILE_ENTRIES, index / TILE_WIDTH, tile_width(0, index / TILE_WIDTH, log->size)};

	return tile_damaged(log, &tile, err, "entry %llu does not hash to its leaf in the level-0 tile", (unsigned long long)index);
}

int log_entry(struct log *log, uint64_t index, struct buf *out, struct err *err)
{
	struct tile tile = {0, index / TILE_WIDTH, 0};
	unsigned at = (unsigned)(index % TILE_WIDTH);
	int result = -1;

	if (check_index(log, index, err) != 0 || load_bundle(log, tile.index, err) != 0)
		goto out;
	if (log->leaves_count == 0 || log->leaves_index != tile.index) {
		log->leaves_count = 0;
		tile.width = tile_width(0, tile.index, log->size);
		if (tree_read(&log->tree, &tile, log->leaves, err) != 0)
			goto out;
		log->leaves_count = tile.width;
		log->leaves_index = tile.index;
	}
	if (!bundle_matches(&log->bundle, at, &log->leaves[at])) {
		entry_damaged(log, index, err);
		goto out;
	}
	buf_str(out, bundle_entry(&log->bundle, at));
	result = buf_check(out, "an entry", err);
out:
	let_go_of_large(log);
	return result;
}

int log_each(struct log *log, uint64_t first, uint64_t last,
	int (*each)(void *context, uint64_t index, struct str entry, struct err *), void *context, struct err *err)
{
	struct bundle *bundle;
	struct hash *leaves;
	int result = 0;

	if (first >= last)
		return 0;
	if (check_index(log, last - 1, err) != 0)
		return -1;
	/* Its own: `each` may read other entries of this log. */
	bundle = mem_alloc(sizeof(*bundle));
	leaves = mem_array(TILE_WIDTH, sizeof(*leaves));
	for (uint64_t index = first; result == 0 && index < last;) {
		struct tile tile = {0, index / TILE_WIDTH, tile_width(0, index / TILE_WIDTH, log->size)};
		if (bundle_read(&log->tree, tile.index, bundle, err) != 0 || tree_read(&log->tree, &tile, leaves, err) != 0) {
			result = -1;
			break;
		}
		do {
			unsigned at = (unsigned)(index % TILE_WIDTH);
			if (!bundle_matches(bundle, at, &leaves[at]))
				result = entry_damaged(log, index, err);
			else
				result = each(context, index, bundle_entry(bundle, at), err);
			index++;
		} while (result == 0 && index < last && index % TILE_WIDTH != 0);
	}
	buf_release(&bundle->bytes);
	free(bundle);
	free(leaves);
	return result;
}

int log_proof(struct log *log, uint64_t index, struct buf *entry, struct merkle_proof *proof, struct err *err)
{
	struct hash leaf, root;
	int result = -1;

	if (check_index(log, index, err) != 0 || tiles_inclusion(&log->reader, index, log->size, proof, &leaf, &root, err) != 0)
		goto out;
	if (!hash_equal(&root, &log->root) || merkle_verify_inclusion(&leaf, index, log->size, proof, &log->root, NULL) != 0) {
		err_set(err, ERR_MISMATCH,
			"the tiles of %s do not lead from entry %llu to the checkpoint's root: run `photostat audit --log-only`",
			log->path, (unsigned long long)index);
		goto out;
	}
	if (entry != NULL) {
		if (load_bundle(log, index / TILE_WIDTH, err) != 0)
			goto out;
		if (!bundle_matches(&log->bundle, (unsigned)(index % TILE_WIDTH), &leaf)) {
			entry_damaged(log, index, err);
			goto out;
		}
		buf_str(entry, bundle_entry(&log->bundle, (unsigned)(index % TILE_WIDTH)));
		if (buf_check(entry, "an entry", err) != 0)
			goto out;
	}
	result = 0;
out:
	let_go_of_large(log);
	return result;
}

int log_consistency(struct log *log, uint64_t from_size, struct merkle_proof *proof, struct err *err)
{
	struct hash from;

	proof->count = 0;
	if (from_size > log->size)
		return err_set(err, ERR_USAGE, "the log %s has %llu entries, not %llu", log->path, (unsigned long long)log->size,
			(unsigned long long)from_size);
	if (from_size == 0 || from_size == log->size)
		return 0;
	if (tiles_root(&log->reader, from_size, &from, err) != 0 ||
		tiles_consistency(&log->reader, from_size, log->size, proof, err) != 0)
		return -1;
	if (merkle_verify_consistency(from_size, &from, log->size, &log->root, proof, err) != 0)
		return err_note(
			err, "the tiles of %s do not lead to the checkpoint's root: run `photostat audit --log-only`", log->path);
	return 0;
}
