/* fuzz-links: tlog crypto base */
/* Paths of tiles: one path for one tile, one tile for one path. Entry bundles are cut to the end or refused. */
#include "tlog/tlog.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str path = {(const char *)data, size}, rest = path, entry;
	struct tile tile;
	char again[TILE_PATH_MAX];
	size_t taken = 0;
	int got;

	if (tile_path_parse(&tile, path, NULL) == 0) {
		if (tile.level < TILE_ENTRIES || tile.level > 63 || tile.width < 1 || tile.width > TILE_WIDTH)
			abort();
		size_t n = tile_path(again, &tile);
		if (!str_equal((struct str){again, n}, path))
			abort();
		if (tile_width(tile.level, tile.index, UINT64_MAX) > TILE_WIDTH)
			abort();
	}
	while ((got = bundle_next(&rest, &entry, NULL)) == 1)
		taken += 2 + entry.n;
	if (got == 0 ? taken != size : taken + rest.n != size)
		abort();
	return 0;
}
