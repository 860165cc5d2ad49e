/* Deleting what no checkpoint needs any more, and what a crash left. */
#include "internal.h"

#include <string.h>

#include "writer.h"

int log_collect(struct log_writer *w, struct err *err)
{
	size_t kept = 0, i;
	int result = 0;

	for (i = 0; i < w->partial_count && result == 0; i++) {
		char path[TILE_PATH_MAX];
		if (w->partials[i].index >= full_tiles(w->partials[i].level, w->published)) {
			w->partials[kept++] = w->partials[i];
			continue;
		}
		/* L4: its full tile is below the published size. */
		partials_path(path, &w->partials[i]);
		result = os_remove_tree(w->log->dir, path, err);
		if (result != 0) {
			err_note(err, "%s", w->log->path);
			w->partials[kept++] = w->partials[i];
		}
	}
	for (; i < w->partial_count; i++)
		w->partials[kept++] = w->partials[i];
	w->partial_count = kept;
	return result;
}

static int tidy_one(void *context, const struct tree_name *name, struct err *err)
{
	const struct log_writer *w = context;
	const struct tile *tile = &name->tile;
	uint64_t full = 0;
	int level = tile->level < 0 ? 0 : tile->level;

	if (name->kind == NAME_TILE || name->kind == NAME_PARTIALS)
		full = full_tiles(tile->level, w->published);
	switch (name->kind) {
	case NAME_TEMPORARY:
		return os_unlink(w->log->dir, name->path, err);
	case NAME_PARTIALS:
		/* Kept only where a partial tile may still be needed (L4); beyond it nothing is. */
		if (tile->index == full && tile_width(level, full, w->published) != 0)
			return 0;
		return os_remove_tree(w->log->dir, name->path, err) == 0 ? 1 : -1;
	case NAME_TILE:
		if (tile->width == TILE_WIDTH ? tile->index < full : tile->width <= tile_width(level, tile->index, w->published))
			return 0;
		return os_unlink(w->log->dir, name->path, err);
	case NAME_EMPTY:
		return os_rmdir(w->log->dir, name->path, err);
	case NAME_UNKNOWN:
		break;
	}
	return 0; /* what we cannot have made is not ours to delete: audit names it */
}

int log_tidy(struct log_writer *w, struct err *err)
{
	if (w->state != WRITER_VERIFIED || w->size != w->published)
		return err_set(err, ERR_INTERNAL, "%s cannot be tidied while it is written", w->log->path);
	return tree_walk(w->log->dir, tidy_one, w, err);
}
