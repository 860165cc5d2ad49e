/* Reading tiles and entry bundles as a tree of a given size has them. */
#include "internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int tile_damaged(const struct log *log, const struct tile *tile, struct err *err, const char *format, ...)
{
	char path[TILE_PATH_MAX], text[160];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	tile_path(path, tile);
	return err_set(err, ERR_MISMATCH, "%s/%s: %s", log->path, path, text);
}

/* The file of a tile or bundle into log->scratch or `out`, tried as partial first, then (unless strict) as full: a collected
 * partial's full tile begins with it (L4). *whole: it was the file of that very width. */
static int read_file(const struct tree *tree, struct tile tile, size_t max_per_width, struct buf *out, bool *whole, struct err *err)
{
	const struct log *log = tree->log;
	unsigned wanted = tile.width;
	struct err first = ERR_INIT;
	char path[TILE_PATH_MAX];

	buf_clear(out);
	tile_path(path, &tile);
	*whole = true;
	if (os_read_file(log->dir, path, max_per_width * tile.width, out, &first) == 0)
		return 0;
	if (first.sys == ENOTDIR) /* a file where a folder of the path should be */
		first.code = ERR_NOT_FOUND;
	if (first.sys == ELOOP)
		first.code = ERR_SYNTAX;
	if (first.code == ERR_NOT_FOUND && wanted < TILE_WIDTH && !tree->strict) {
		tile.width = TILE_WIDTH;
		tile_path(path, &tile);
		*whole = false;
		if (os_read_file(log->dir, path, max_per_width * tile.width, out, NULL) == 0)
			return 0;
		tile.width = wanted;
	}
	if (first.code == ERR_NOT_FOUND) {
		tile_damaged(log, &tile, err, "missing, though the checkpoint covers it");
		if (err != NULL)
			err->sys = ENOENT;
		return -1;
	}
	if (first.code == ERR_LIMIT || first.code == ERR_SYNTAX)
		return tile_damaged(
			log, &tile, err, "%s", first.code == ERR_LIMIT ? "longer than it can be" : "not a regular file");
	if (err != NULL)
		*err = first;
	return err_note(err, "%s", log->path);
}

int tree_read(void *context, const struct tile *wanted, struct hash hashes[TILE_WIDTH], struct err *err)
{
	const struct tree *tree = context;
	struct log *log = tree->log;
	struct tile tile = *wanted;
	bool whole;

	tile.width = tile_width(tile.level, tile.index, tree->size);
	if (tile.width < wanted->width || wanted->width == 0)
		return err_set(err, ERR_INTERNAL, "a tile was asked for that a log of %llu entries has not",
			(unsigned long long)tree->size);
	if (read_file(tree, tile, SHA256_SIZE, &log->scratch, &whole, err) != 0)
		return -1;
	if (log->scratch.n != (whole ? tile.width : TILE_WIDTH) * (size_t)SHA256_SIZE)
		return tile_damaged(log, &tile, err, "%zu bytes long instead of %zu", log->scratch.n,
			(whole ? tile.width : TILE_WIDTH) * (size_t)SHA256_SIZE);
	memcpy(hashes, log->scratch.p, wanted->width * sizeof(*hashes));
	return 0;
}

bool bundle_split(struct bundle *bundle, unsigned count, bool whole)
{
	const unsigned char *p = (const unsigned char *)bundle->bytes.p;
	size_t n = bundle->bytes.n, at = 0;

	bundle->count = 0;
	for (unsigned i = 0; i < count; i++) {
		if (n - at < 2)
			return false;
		size_t length = (size_t)p[at] << 8 | p[at + 1];
		at += 2;
		if (n - at < length)
			return false;
		bundle->start[i] = (uint32_t)at;
		at += length;
	}
	bundle->start[count] = (uint32_t)at + 2; /* as if another entry followed */
	if (whole && at != n)
		return false;
	bundle->count = count;
	return true;
}

struct str bundle_entry(const struct bundle *bundle, unsigned i)
{
	return (struct str){bundle->bytes.p + bundle->start[i], bundle->start[i + 1] - 2 - bundle->start[i]};
}

bool bundle_matches(const struct bundle *bundle, unsigned i, const struct hash *leaf)
{
	struct hash hash;

	merkle_leaf(bundle_entry(bundle, i), &hash);
	return hash_equal(&hash, leaf);
}

int bundle_read(const struct tree *tree, uint64_t index, struct bundle *bundle, struct err *err)
{
	struct tile tile = {TILE_ENTRIES, index, tile_width(0, index, tree->size)};
	bool whole;

	bundle->count = 0;
	if (read_file(tree, tile, BUNDLE_ENTRY_MAX, &bundle->bytes, &whole, err) != 0)
		return -1;
	/* A full bundle that stands in for a partial one is well-formed to its end, too. */
	if (!whole && !bundle_split(bundle, TILE_WIDTH, true))
		return tile_damaged(tree->log, &tile, err, "its full bundle does not hold %d entries", TILE_WIDTH);
	if (!bundle_split(bundle, tile.width, whole))
		return tile_damaged(tree->log, &tile, err, "does not hold exactly %u entries", tile.width);
	bundle->index = index;
	return 0;
}

size_t partials_path(char out[TILE_PATH_MAX], const struct tile *tile)
{
	struct tile full = {tile->level, tile->index, TILE_WIDTH};
	size_t n = tile_path(out, &full);

	memcpy(out + n, ".p", 3);
	return n + 2;
}
