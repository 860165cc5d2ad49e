/* Roots and proofs from tiles (RFC 6962 sections 2.1, 2.1.1, 2.1.2; tlog-tiles). */
#include "internal.h"

#include <stdlib.h>

/* A call needs at each level the tile above one leaf or size, and the rightmost one: never more than two. */
#define SHELF_MAX 16

struct shelf_tile {
	struct tile tile;
	struct hash hashes[TILE_WIDTH];
};
/* The tiles read in one call. */
struct shelf {
	const struct tile_reader *reader;
	uint64_t size;
	size_t count;
	struct shelf_tile *tiles[SHELF_MAX];
	struct err *err;
};

static void shelf_release(struct shelf *shelf)
{
	for (size_t i = 0; i < shelf->count; i++)
		free(shelf->tiles[i]);
}

static const struct hash *shelf_get(struct shelf *shelf, int level, uint64_t index)
{
	for (size_t i = 0; i < shelf->count; i++)
		if (shelf->tiles[i]->tile.level == level && shelf->tiles[i]->tile.index == index)
			return shelf->tiles[i]->hashes;
	if (shelf->count == SHELF_MAX) {
		err_set(shelf->err, ERR_INTERNAL, "a proof wants more tiles than a tree has levels for");
		return NULL;
	}
	struct shelf_tile *read = mem_alloc(sizeof(*read));
	shelf->tiles[shelf->count++] = read;
	read->tile = (struct tile){level, index, tile_width(level, index, shelf->size)};
	if (shelf->reader->read(shelf->reader->context, &read->tile, read->hashes, shelf->err) != 0)
		return NULL;
	return read->hashes;
}

/* Root of the complete subtree of 2^height leaves at `index`, counted in such subtrees. */
static int complete_root(struct shelf *shelf, unsigned height, uint64_t index, struct hash *out)
{
	unsigned within = height % 8;
	uint64_t first = index << within;
	const struct hash *hashes = shelf_get(shelf, (int)(height / 8), first / TILE_WIDTH);

	if (hashes == NULL)
		return -1;
	merkle_root(hashes + first % TILE_WIDTH, (size_t)1 << within, out);
	return 0;
}

/* Root of leaves [from, to), `from` such that they are a subtree of the tree: complete subtrees, larger ones to the left. */
static int range_root(struct shelf *shelf, uint64_t from, uint64_t to, struct hash *out)
{
	uint64_t count = to - from, end = to;
	bool first = true;

	/* Going from the smallest, at the right, each next one comes to the left of all before. */
	for (unsigned height = 0; height < 64 && count >> height != 0; height++) {
		struct hash left;
		if ((count >> height & 1) == 0)
			continue;
		end -= (uint64_t)1 << height;
		if (complete_root(shelf, height, end >> height, first ? out : &left) != 0)
			return -1;
		if (!first)
			merkle_node(&left, out, out);
		first = false;
	}
	return 0;
}

/* The largest power of two below n, n >= 2. */
static uint64_t split(uint64_t n)
{
	return (uint64_t)1 << (63 - __builtin_clzll(n - 1));
}

static void reverse(struct merkle_proof *proof)
{
	for (size_t i = 0, j = proof->count; i + 1 < j; i++, j--) {
		struct hash swap = proof->hashes[i];
		proof->hashes[i] = proof->hashes[j - 1];
		proof->hashes[j - 1] = swap;
	}
}

int tiles_root(const struct tile_reader *reader, uint64_t size, struct hash *out, struct err *err)
{
	struct shelf shelf = {.reader = reader, .size = size, .err = err};
	int result = 0;

	if (size == 0)
		merkle_empty(out);
	else
		result = range_root(&shelf, 0, size, out);
	shelf_release(&shelf);
	return result;
}

int tiles_inclusion(const struct tile_reader *reader, uint64_t index, uint64_t size, struct merkle_proof *out, struct hash *leaf,
	struct hash *root, struct err *err)
{
	struct shelf shelf = {.reader = reader, .size = size, .err = err};
	uint64_t from = 0, to = size;
	bool went_right[MERKLE_PROOF_MAX];
	int result = -1;

	out->count = 0;
	if (index >= size)
		return err_set(err, ERR_USAGE, "there is no entry %llu in a log of %llu", (unsigned long long)index,
			(unsigned long long)size);
	/* From the root down; the proof goes from the leaf up. */
	while (to - from > 1) {
		uint64_t middle = from + split(to - from);
		bool right = index >= middle;
		if (range_root(&shelf, right ? from : middle, right ? middle : to, &out->hashes[out->count]) != 0)
			goto out;
		went_right[out->count++] = right;
		*(right ? &from : &to) = middle;
	}
	if (complete_root(&shelf, 0, index, leaf) != 0)
		goto out;
	*root = *leaf;
	for (size_t i = out->count; i-- > 0;) {
		if (went_right[i])
			merkle_node(&out->hashes[i], root, root);
		else
			merkle_node(root, &out->hashes[i], root);
	}
	reverse(out);
	result = 0;
out:
	shelf_release(&shelf);
	return result;
}

int tiles_consistency(const struct tile_reader *reader, uint64_t size1, uint64_t size2, struct merkle_proof *out, struct err *err)
{
	struct shelf shelf = {.reader = reader, .size = size2, .err = err};
	uint64_t from = 0, to = size2;
	int result = -1;

	out->count = 0;
	if (size1 > size2)
		return err_set(err, ERR_USAGE, "a log of %llu was never one of %llu", (unsigned long long)size2,
			(unsigned long long)size1);
	if (size1 == 0)
		return 0;
	/* Down to the subtree that ends where the old tree ended. */
	while (to != size1) {
		uint64_t middle = from + split(to - from);
		bool right = size1 > middle;
		if (range_root(&shelf, right ? from : middle, right ? middle : to, &out->hashes[out->count]) != 0)
			goto out;
		out->count++;
		*(right ? &from : &to) = middle;
	}
	/* If that is the old tree whole, who verifies has its root. */
	if (from != 0 && range_root(&shelf, from, to, &out->hashes[out->count++]) != 0)
		goto out;
	reverse(out);
	result = 0;
out:
	shelf_release(&shelf);
	return result;
}

int tiles_subtree(
	const struct tile_reader *reader, uint64_t start, uint64_t end, uint64_t size, struct merkle_proof *out, struct err *err)
{
	struct shelf shelf = {.reader = reader, .size = size, .err = err};
	struct subtree_path path;
	int result = -1;

	out->count = 0;
	if (!subtree_path(start, end, size, &path) || path.count + (path.whole ? 0 : 1) > MERKLE_PROOF_MAX)
		return err_set(err, ERR_USAGE, "entries %llu to %llu are no subtree of a log of %llu", (unsigned long long)start,
			(unsigned long long)end, (unsigned long long)size);
	if (!path.whole && range_root(&shelf, path.from, path.to, &out->hashes[out->count++]) != 0)
		goto out;
	for (size_t i = path.count; i-- > 0;)
		if (range_root(&shelf, path.steps[i].from, path.steps[i].to, &out->hashes[out->count++]) != 0)
			goto out;
	result = 0;
out:
	shelf_release(&shelf);
	return result;
}

int tiles_subtrees(const struct tile_reader *reader, uint64_t size, const struct subtree *subtrees, size_t count, struct hash *out,
	struct err *err)
{
	struct shelf shelf = {.reader = reader, .size = size, .err = err};
	int result = 0;

	for (size_t i = 0; i < count && result == 0; i++)
		result = complete_root(&shelf, subtrees[i].height, subtrees[i].index, &out[i]);
	shelf_release(&shelf);
	return result;
}
