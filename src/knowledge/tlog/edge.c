/* The right edge of a growing tree: the partial tiles, one a level. */
#include "internal.h"

#include <stdlib.h>

/* Hashes in the partial tile of a level; level[l] holds them at [0, that). What lies behind is rubbish. */
static unsigned edge_width(const struct edge *edge, unsigned level)
{
	return (unsigned)(edge->size >> (8 * level) & (TILE_WIDTH - 1));
}

static struct hash *edge_hashes(const struct edge *edge, unsigned level)
{
	return *edge->level[level];
}

static void make_level(struct edge *edge, unsigned level)
{
	if (edge->level[level] == NULL)
		edge->level[level] = mem_alloc(sizeof(*edge->level[level]));
}

int edge_load(struct edge *edge, const struct tile_reader *reader, uint64_t size, struct err *err)
{
	*edge = (struct edge){.size = size};
	for (unsigned level = 0; level < EDGE_LEVELS; level++) {
		struct tile tile = {(int)level, size >> (8 * level) >> 8, edge_width(edge, level)};
		if (tile.width == 0)
			continue;
		make_level(edge, level);
		if (reader->read(reader->context, &tile, edge_hashes(edge, level), err) != 0) {
			edge_release(edge);
			return -1;
		}
	}
	return 0;
}

int edge_append(struct edge *edge, const struct hash *leaf, const struct tile_sink *sink, struct err *err)
{
	struct hash hash = *leaf;

	if (edge->size == UINT64_MAX)
		return err_set(err, ERR_LIMIT, "the log is full");
	/* Hashes are put behind those that count, so that the edge stands as it was until the size moves on. */
	for (unsigned level = 0; level < EDGE_LEVELS; level++) {
		unsigned width = edge_width(edge, level);
		make_level(edge, level);
		struct hash *hashes = edge_hashes(edge, level);
		hashes[width] = hash;
		if (width + 1 < TILE_WIDTH)
			break;
		struct tile tile = {(int)level, edge->size >> (8 * level) >> 8, TILE_WIDTH};
		if (sink != NULL && sink->full(sink->context, &tile, hashes, err) != 0)
			return -1;
		merkle_root(hashes, TILE_WIDTH, &hash);
	}
	edge->size++;
	return 0;
}

size_t edge_partials(const struct edge *edge, struct tile tiles[EDGE_LEVELS], const struct hash *hashes[EDGE_LEVELS])
{
	size_t count = 0;

	for (unsigned level = 0; level < EDGE_LEVELS; level++) {
		unsigned width = edge_width(edge, level);
		if (width == 0)
			continue;
		tiles[count] = (struct tile){(int)level, edge->size >> (8 * level) >> 8, width};
		hashes[count++] = edge_hashes(edge, level);
	}
	return count;
}

void edge_root(const struct edge *edge, struct hash *out)
{
	bool first = true;

	if (edge->size == 0) {
		merkle_empty(out);
		return;
	}
	/* Complete subtrees from the smallest, at the right, to the largest. */
	for (unsigned height = 0; height < 64; height++) {
		struct hash left;
		if ((edge->size >> height & 1) == 0)
			continue;
		unsigned level = height / 8, within = height % 8;
		/* Before it in its tile lie the larger ones, whose bits are higher. */
		size_t start = edge_width(edge, level) >> within >> 1 << within << 1;
		merkle_root(edge_hashes(edge, level) + start, (size_t)1 << within, first ? out : &left);
		if (!first)
			merkle_node(&left, out, out);
		first = false;
	}
}

void edge_release(struct edge *edge)
{
	for (unsigned level = 0; level < EDGE_LEVELS; level++)
		free(edge->level[level]);
	*edge = (struct edge){.size = 0};
}
