/* Names, widths and entry bundles of a tiled log (tlog-tiles, APIs). */
#include "internal.h"

#include <stdio.h>
#include <string.h>

size_t tile_path(char out[TILE_PATH_MAX], const struct tile *tile)
{
	unsigned groups[7]; /* 2^64 has 20 digits */
	size_t count = 0;
	uint64_t index = tile->index;
	int n;

	do {
		groups[count++] = (unsigned)(index % 1000);
		index /= 1000;
	} while (index != 0);
	if (tile->level == TILE_ENTRIES)
		n = snprintf(out, TILE_PATH_MAX, "tile/entries");
	else
		n = snprintf(out, TILE_PATH_MAX, "tile/%d", tile->level);
	while (count > 1)
		n += snprintf(out + n, TILE_PATH_MAX - (size_t)n, "/x%03u", groups[--count]);
	n += snprintf(out + n, TILE_PATH_MAX - (size_t)n, "/%03u", groups[0]);
	if (tile->width < TILE_WIDTH)
		n += snprintf(out + n, TILE_PATH_MAX - (size_t)n, ".p/%u", tile->width);
	return (size_t)n;
}

static int not_a_tile(struct err *err, struct str path)
{
	return err_set(err, ERR_SYNTAX, "\"%.*s\" is not the path of a tile", STR_ARG(path));
}

int tile_path_parse(struct tile *out, struct str path, struct err *err)
{
	struct str rest = path, part;
	uint64_t level = 0, index = 0, width = TILE_WIDTH, group;
	bool more = true;

	*out = (struct tile){0, 0, 0};
	if (path.n == 0 || path.n >= TILE_PATH_MAX || !str_take_until(&rest, '/', &part) || !str_equal(part, STR("tile")) ||
		!str_take_until(&rest, '/', &part))
		return not_a_tile(err, path);
	bool entries = str_equal(part, STR("entries"));
	if (!entries && !decimal_parse(part, 63, &level))
		return not_a_tile(err, path);
	for (size_t count = 0; more; count++) {
		if (!str_take_until(&rest, '/', &part))
			return not_a_tile(err, path);
		more = part.n > 0 && part.p[0] == 'x';
		if (more) {
			part.p++;
			part.n--;
		}
		bool partial = !more && str_ends(part, STR(".p"));
		if (partial) {
			part.n -= 2;
			if (!decimal_parse(rest, TILE_WIDTH - 1, &width) || width == 0)
				return not_a_tile(err, path);
			rest = (struct str){NULL, 0};
		}
		if (part.n != 3 ||
			(count == 0 && more && memcmp(part.p, "000", 3) == 0)) /* a leading group of zeroes is a second name */
			return not_a_tile(err, path);
		group = 0;
		for (size_t i = 0; i < 3; i++) {
			if (part.p[i] < '0' || part.p[i] > '9')
				return not_a_tile(err, path);
			group = group * 10 + (uint64_t)(part.p[i] - '0');
		}
		if (__builtin_mul_overflow(index, (uint64_t)1000, &index) || !u64_add(index, group, &index))
			return not_a_tile(err, path);
	}
	if (rest.p != NULL)
		return not_a_tile(err, path);
	*out = (struct tile){entries ? TILE_ENTRIES : (int)level, index, (unsigned)width};
	return 0;
}

unsigned tile_width(int level, uint64_t index, uint64_t size)
{
	unsigned shift = level == TILE_ENTRIES ? 0 : 8 * (unsigned)level;
	uint64_t hashes = shift < 64 ? size >> shift : 0;

	if (index < hashes / TILE_WIDTH)
		return TILE_WIDTH;
	return index == hashes / TILE_WIDTH ? (unsigned)(hashes % TILE_WIDTH) : 0;
}

int bundle_next(struct str *rest, struct str *entry, struct err *err)
{
	if (rest->n == 0)
		return 0;
	if (rest->n < 2)
		return err_set(err, ERR_SYNTAX, "the entry bundle ends within the length of an entry");
	size_t n = be16_get(rest->p);
	if (n > rest->n - 2)
		return err_set(err, ERR_SYNTAX, "the entry bundle ends within an entry: %zu bytes are missing", n - (rest->n - 2));
	*entry = (struct str){rest->p + 2, n};
	rest->p += 2 + n;
	rest->n -= 2 + n;
	return 1;
}
