/* The audit of the right edge: the tiles that only the checkpoint covers. */
#include "audit.h"

#include <string.h>

struct edge_tile {
	struct tile tile;
	bool readable, known; /* stored, again are filled */
	bool agrees;          /* stored is what lies below, tiles or entries */
	struct err why;
	struct hash stored[TILE_WIDTH], again[TILE_WIDTH], chosen[TILE_WIDTH];
};

struct edge_tiles {
	struct edge_tile all[EDGE_LEVELS];
	size_t count;
	bool proven; /* what is chosen hashes to the checkpoint's root */
};

static int chosen_read(void *context, const struct tile *tile, struct hash hashes[TILE_WIDTH], struct err *err)
{
	const struct edge_tiles *edge = context;

	for (size_t i = 0; i < edge->count; i++)
		if (edge->all[i].tile.level == tile->level && edge->all[i].tile.index == tile->index) {
			memcpy(hashes, edge->all[i].chosen, tile->width * sizeof(*hashes));
			return 0;
		}
	return err_set(err, ERR_INTERNAL, "a tile that is not of the edge was asked for");
}

static bool chosen_proves(const struct audit *a, struct edge_tiles *edge)
{
	struct tile_reader reader = {.read = chosen_read, .context = edge};
	struct hash root;

	return tiles_root(&reader, a->log->size, &root, NULL) == 0 && hash_equal(&root, &a->log->root);
}

/* Each tile as stored, or as made again. */
static bool choose_tiles(const struct audit *a, struct edge_tiles *edge)
{
	for (unsigned choice = 0; choice < 1u << edge->count; choice++) {
		bool possible = true;
		for (size_t i = 0; i < edge->count; i++) {
			struct edge_tile *tile = &edge->all[i];
			bool again = (choice >> i & 1) != 0;
			possible = possible && (again ? tile->known : tile->readable);
			memcpy(tile->chosen, again ? tile->again : tile->stored, sizeof(tile->chosen));
		}
		if (possible && chosen_proves(a, edge))
			return true;
	}
	return false;
}

/* Where few hashes differ: each of them as stored, or as made again. */
static bool choose_hashes(const struct audit *a, struct edge_tiles *edge)
{
	struct {
		struct edge_tile *tile;
		unsigned at;
	} places[MIX_MAX];
	unsigned count = 0;

	for (size_t i = 0; i < edge->count; i++) {
		struct edge_tile *tile = &edge->all[i];
		if (!tile->readable && !tile->known)
			return false;
		memcpy(tile->chosen, tile->readable ? tile->stored : tile->again, sizeof(tile->chosen));
		for (unsigned at = 0; tile->readable && tile->known && at < tile->tile.width; at++) {
			if (hash_equal(&tile->stored[at], &tile->again[at]))
				continue;
			if (count == MIX_MAX)
				return false;
			places[count].tile = tile;
			places[count++].at = at;
		}
	}
	for (unsigned choice = 0; choice < 1u << count; choice++) {
		for (unsigned i = 0; i < count; i++) {
			struct edge_tile *tile = places[i].tile;
			tile->chosen[places[i].at] =
				(choice >> i & 1) != 0 ? tile->again[places[i].at] : tile->stored[places[i].at];
		}
		if (chosen_proves(a, edge))
			return true;
	}
	return false;
}

/* Nothing hashes to the checkpoint's root: the tiles that differ from what lies below them are named; where none does, all. */
static int tell_unproven_edge(struct audit *a, const struct edge_tiles *edge, struct err *err)
{
	char path[TILE_PATH_MAX];
	bool some = false;
	int result = 0;

	for (size_t i = 0; i < edge->count; i++)
		some = some || !edge->all[i].agrees;
	for (size_t i = 0; i < edge->count && result == 0; i++) {
		const struct edge_tile *tile = &edge->all[i];
		tile_path(path, &tile->tile);
		if (!tile->readable)
			result = tell_failed(a, &tile->tile, &tile->why, err);
		else if (!some || !tile->agrees)
			result = tell(a, LOG_ALTERED, path, 0, a->log->size,
				some ? "the last tiles do not hash to the checkpoint's root, nor does this one agree with what "
				       "lies below it"
				     : "the last tiles do not hash to the checkpoint's root: this or another of them, or the "
				       "checkpoint",
				err);
	}
	return result;
}

static int check_tiles(struct audit *a, struct edge_tiles *edge, struct err *err)
{
	bool proven;
	int result = 0;

	for (int level = EDGE_LEVELS - 1; level >= 0; level--) {
		struct edge_tile *tile = &edge->all[edge->count];
		tile->tile = tile_at(a, level, full_tiles(level, a->log->size));
		if (tile->tile.width == 0)
			continue;
		tile->why = (struct err)ERR_INIT;
		tile->readable = tree_read(&a->log->tree, &tile->tile, tile->stored, &tile->why) == 0;
		edge->count++;
	}
	proven = choose_tiles(a, edge);
	for (int round = 0; round < 2 && !proven; round++) {
		a->tiles_first = round == 0;
		for (size_t i = 0; i < edge->count; i++) {
			struct edge_tile *tile = &edge->all[i];
			if (made_again(a, tile->tile.level, tile->tile.index, tile->again, &tile->known, err) != 0)
				return -1;
			if (tile->readable && tile->known &&
				memcmp(tile->stored, tile->again, tile->tile.width * sizeof(struct hash)) == 0)
				tile->agrees = true;
		}
		proven = choose_tiles(a, edge) || choose_hashes(a, edge);
	}
	a->tiles_first = false;
	edge->proven = proven;
	if (!proven)
		result = tell_unproven_edge(a, edge, err);
	for (size_t i = 0; i < edge->count && result == 0; i++) {
		const struct edge_tile *tile = &edge->all[i];
		const struct hash *hashes = proven           ? tile->chosen
					    : tile->readable ? tile->stored
					    : tile->known    ? tile->again
							     : NULL;
		if (proven && !tile->readable)
			result = tell_failed(a, &tile->tile, &tile->why, err);
		else if (proven && memcmp(tile->stored, tile->chosen, tile->tile.width * sizeof(struct hash)) != 0)
			result = tell_tile(a, LOG_ALTERED, &tile->tile, "does not hash to the checkpoint's root", err);
		if (result == 0)
			result = check_below(a, &tile->tile, hashes, proven ? TRUST_PROVEN : TRUST_NONE,
				proven || !tile->known ? NULL : tile->again, err);
	}
	return result;
}

int check_edge(struct audit *a, struct err *err)
{
	a->edge = mem_alloc(sizeof(*a->edge));
	return check_tiles(a, a->edge, err);
}

const struct hash *edge_proven(const struct audit *a, int level, uint64_t index)
{
	const struct edge_tiles *edge = a->edge;

	for (size_t i = 0; edge != NULL && edge->proven && i < edge->count; i++)
		if (edge->all[i].tile.level == level && edge->all[i].tile.index == index)
			return edge->all[i].chosen;
	return NULL;
}
