/* Every name in the log's folder, told as what it is. */
#include "internal.h"

#include <string.h>

/* Deeper than any path of a tile goes: "tile/entries/" and eight groups of digits. */
#define DEPTH_MAX 12

struct walk {
	int dir;
	int (*each)(void *context, const struct tree_name *, struct err *);
	void *context;
	struct buf path;
};

uint64_t full_tiles(int level, uint64_t size)
{
	unsigned shift = 8 * (unsigned)((level < 0 ? 0 : level) + 1);

	return shift < 64 ? size >> shift : 0;
}

static bool is_digits(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] < '0' || p[i] > '9')
			return false;
	return n != 0;
}

/* A folder that leads on to tiles: "tile", "tile/0", "tile/entries", "x001" below them. */
static bool leads_on(const char *name, unsigned depth)
{
	uint64_t level;

	if (depth == 0)
		return strcmp(name, "tile") == 0;
	if (depth == 1)
		return strcmp(name, "entries") == 0 || decimal_parse(str_from(name), 63, &level);
	return strlen(name) == 4 && name[0] == 'x' && is_digits(name + 1, 3);
}

static int tell(struct walk *walk, enum tree_name_kind kind, const struct tile *tile, struct err *err)
{
	struct tree_name name = {.kind = kind, .path = walk->path.p, .tile = {0, 0, 0}};

	if (tile != NULL)
		name.tile = *tile;
	return walk->each(walk->context, &name, err);
}

static int walk_folder(struct walk *walk, unsigned depth, struct err *err);

static int look_at(struct walk *walk, const struct os_name *name, unsigned depth, struct err *err)
{
	struct tile tile;
	int told;

	if (name->type != DT_DIR) {
		if (depth == 0 && strcmp(name->name, "checkpoint") == 0)
			return 0;
		if (depth == 0 && name->type == DT_REG && os_is_temporary(str_from(name->name)))
			return tell(walk, NAME_TEMPORARY, NULL, err);
		if (name->type == DT_REG && tile_path_parse(&tile, buf_view(&walk->path), NULL) == 0)
			return tell(walk, NAME_TILE, &tile, err);
		return tell(walk, NAME_UNKNOWN, NULL, err);
	}
	if (depth < DEPTH_MAX && leads_on(name->name, depth))
		return walk_folder(walk, depth + 1, err);
	/* "000.p": its full tile's path with any width behind it is a partial's. */
	size_t n = walk->path.n;
	buf_text(&walk->path, "/1");
	bool partials =
		str_ends((struct str){walk->path.p, n}, STR(".p")) && tile_path_parse(&tile, buf_view(&walk->path), NULL) == 0;
	walk->path.n = n;
	walk->path.p[n] = '\0';
	if (!partials)
		return tell(walk, NAME_UNKNOWN, NULL, err);
	tile.width = 0;
	told = tell(walk, NAME_PARTIALS, &tile, err);
	if (told != 0)
		return told < 0 ? -1 : 0;
	return walk_folder(walk, DEPTH_MAX, err);
}

static int walk_folder(struct walk *walk, unsigned depth, struct err *err)
{
	struct err why = ERR_INIT;
	struct os_dir *folder;
	struct os_name name;
	size_t n = walk->path.n;
	bool empty = true;
	int result = 0, got = 0;

	if (os_dir_open(&folder, walk->dir, n != 0 ? walk->path.p : ".", &why) != 0) {
		if (why.code == ERR_NOT_FOUND)
			return 0;
		if (err != NULL)
			*err = why;
		return -1;
	}
	while (result == 0 && (got = os_dir_next(folder, &name, err)) == 1) {
		empty = false;
		if (n != 0)
			buf_char(&walk->path, '/');
		buf_text(&walk->path, name.name);
		result = buf_check(&walk->path, "a name in the log", err);
		if (result == 0)
			result = look_at(walk, &name, depth, err);
		walk->path.n = n;
		walk->path.p[n] = '\0';
	}
	os_dir_close(folder);
	if (result == 0 && got == 0 && empty && depth > 1)
		result = tell(walk, NAME_EMPTY, NULL, err);
	return result != 0 || got < 0 ? -1 : 0;
}

int tree_walk(int dir, int (*each)(void *context, const struct tree_name *, struct err *), void *context, struct err *err)
{
	struct walk walk = {.dir = dir, .each = each, .context = context, .path = BUF_INIT};
	int result = walk_folder(&walk, 0, err);

	buf_release(&walk.path);
	return result;
}
