/* Partial tiles that were checkpointed once and are not here, made again from what grew out of them (L5). */
#include "internal.h"

#include <string.h>

/* Where it is missing; under a name that the snapshot does not need (L2). */
static int write_missing(struct log *log, const struct tile *tile, struct str content, struct err *err)
{
	char path[TILE_PATH_MAX], folder[TILE_PATH_MAX], above[TILE_PATH_MAX];
	size_t n = partials_path(folder, tile);
	int there;

	tile_path(path, tile);
	there = os_exists(log->dir, path, err);
	if (there != 0)
		return there < 0 ? -1 : 0;
	memcpy(above, folder, n + 1);
	*strrchr(above, '/') = '\0';
	if (os_mkdirs(log->dir, folder, err) != 0 || os_replace(log->dir, path, content, 0644, err) != 0)
		return err_note(err, "%s", log->path);
	return os_fsync_dir(log->dir, above, err);
}

int log_restore_partial(struct log *log, unsigned level, unsigned width, struct err *err)
{
	unsigned shift = 8 * (level + 1);
	struct tile tile = {.level = (int)level, .index = shift < 64 ? log->size >> shift : 0, .width = width};
	struct hash hashes[TILE_WIDTH];
	struct bundle bundle;
	size_t n;
	int result = -1;

	if (width == 0 || width >= tile_width(tile.level, tile.index, log->size))
		return 0;
	memset(&bundle, 0, sizeof(bundle));
	if (tree_read(&log->tree, &tile, hashes, err) != 0 ||
		write_missing(log, &tile, (struct str){(const char *)hashes, width * sizeof(*hashes)}, err) != 0)
		return -1;
	if (level > 0)
		return 0;
	if (bundle_read(&log->tree, tile.index, &bundle, err) == 0) {
		n = bundle.start[width] - 2;
		tile.level = TILE_ENTRIES;
		result = write_missing(log, &tile, (struct str){bundle.bytes.p, n}, err);
	}
	buf_release(&bundle.bytes);
	return result;
}
