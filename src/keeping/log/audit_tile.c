/* The audit of a tile, its entries, and what lies below it. */
#include "audit.h"

#include <stdlib.h>
#include <string.h>

struct tile tile_at(const struct audit *a, int level, uint64_t index)
{
	return (struct tile){level, index, tile_width(level < 0 ? 0 : level, index, a->log->size)};
}

/* The root of one full tile: as its entries say, where they are not to be had as it says itself; the other way round if tiles_first. */
static int root_from_below(struct audit *a, int level, uint64_t index, struct hash *root, bool *known, struct err *err)
{
	struct tile tile = tile_at(a, level, index);
	struct hash *hashes = mem_array(TILE_WIDTH, sizeof(*hashes));
	int result = 0;

	*known = a->tiles_first && tree_read(&a->log->tree, &tile, hashes, NULL) == 0;
	if (!*known)
		result = made_again(a, level, index, hashes, known, err);
	if (result == 0 && !*known && !a->tiles_first)
		*known = tree_read(&a->log->tree, &tile, hashes, NULL) == 0;
	if (result == 0 && *known)
		merkle_root(hashes, TILE_WIDTH, root);
	free(hashes);
	return result;
}

int made_again(struct audit *a, int level, uint64_t index, struct hash hashes[TILE_WIDTH], bool *known, struct err *err)
{
	struct tile tile = tile_at(a, level, index);

	*known = true;
	if (level == 0) {
		if (bundle_read(&a->log->tree, index, &a->bundle, NULL) != 0) {
			*known = false;
			return 0;
		}
		for (unsigned i = 0; i < tile.width; i++)
			merkle_leaf(bundle_entry(&a->bundle, i), &hashes[i]);
		return 0;
	}
	for (unsigned i = 0; i < tile.width && *known; i++)
		if (root_from_below(a, level - 1, index * TILE_WIDTH + i, &hashes[i], known, err) != 0)
			return -1;
	return os_check_interrupted(err);
}

/* What a tile should hash to: one of two hashes where there is no trust; NULL, NULL: nobody knows. */
struct demand {
	enum trust trust;
	const struct hash *expected, *other;
};

static int check_tile(struct audit *a, int level, uint64_t index, struct demand demand, struct err *err);

static int check_entries(struct audit *a, const struct tile *tile, const struct hash *hashes, enum trust trust, struct err *err)
{
	struct tile bundle = {TILE_ENTRIES, tile->index, tile->width};
	struct err why = ERR_INIT;
	char path[TILE_PATH_MAX];
	unsigned wrong = 0;
	uint64_t first_wrong = 0, last_wrong = 0;

	if (bundle_read(&a->log->tree, tile->index, &a->bundle, &why) != 0)
		return tell_failed(a, &bundle, &why, err);
	for (unsigned i = 0; hashes != NULL && i < tile->width; i++) {
		uint64_t index = tile->index * TILE_WIDTH + i;
		if (!bundle_matches(&a->bundle, i, &hashes[i])) {
			first_wrong = wrong++ == 0 ? index : first_wrong;
			last_wrong = index;
		} else if (trust == TRUST_PROVEN && a->calls->entry != NULL) {
			a->stopped = a->calls->entry(a->calls->context, index, bundle_entry(&a->bundle, i), err);
			if (a->stopped != 0)
				return -1;
		}
	}
	if (wrong == 0)
		return 0;
	tile_path(path, &bundle);
	return tell(a, LOG_ALTERED, path, first_wrong, last_wrong + 1,
		trust != TRUST_NONE ? "its entries do not hash to the tree"
				    : "its entries do not hash to the level-0 tile: it or the tile is altered",
		err);
}

int check_below(struct audit *a, const struct tile *tile, const struct hash *hashes, enum trust trust, const struct hash *again,
	struct err *err)
{
	if (tile->level == 0)
		return check_entries(a, tile, hashes, trust, err);
	for (unsigned i = 0; i < tile->width; i++) {
		struct demand demand = {
			.trust = trust, .expected = hashes != NULL ? &hashes[i] : NULL, .other = again != NULL ? &again[i] : NULL};
		if (check_tile(a, tile->level - 1, tile->index * TILE_WIDTH + i, demand, err) != 0)
			return -1;
	}
	return os_check_interrupted(err);
}

/* Where a tile as stored and as made again differ in few hashes, the truth may be some of each. True: `stored` is now what is expected. */
static bool mix(struct hash stored[TILE_WIDTH], const struct hash again[TILE_WIDTH], const struct hash *expected)
{
	unsigned places[MIX_MAX], count = 0;
	struct hash mixed[TILE_WIDTH], root;

	for (unsigned i = 0; i < TILE_WIDTH; i++) {
		if (hash_equal(&stored[i], &again[i]))
			continue;
		if (count == MIX_MAX)
			return false;
		places[count++] = i;
	}
	memcpy(mixed, stored, sizeof(mixed));
	for (unsigned choice = 0; choice < 1u << count; choice++) {
		for (unsigned i = 0; i < count; i++)
			mixed[places[i]] = (choice >> i & 1) != 0 ? again[places[i]] : stored[places[i]];
		merkle_root(mixed, TILE_WIDTH, &root);
		if (hash_equal(&root, expected)) {
			memcpy(stored, mixed, sizeof(mixed));
			return true;
		}
	}
	return false;
}

/* Whether what was made again, alone or mixed with what is stored, is what is expected: then that is in `stored`. */
static bool settle(struct hash stored[TILE_WIDTH], const struct hash again[TILE_WIDTH], bool readable, const struct hash *expected)
{
	struct hash root;

	merkle_root(again, TILE_WIDTH, &root);
	if (!hash_equal(&root, expected))
		return readable && mix(stored, again, expected);
	memcpy(stored, again, TILE_WIDTH * sizeof(*stored));
	return true;
}

/* The tile is not what it should be; tells so, and finds out what it was. */
static int check_damaged(
	struct audit *a, const struct tile *tile, struct demand demand, struct hash *stored, const struct err *why, struct err *err)
{
	struct hash *again = mem_array(TILE_WIDTH, sizeof(*again));
	bool readable = why->code == ERR_NONE, known = false, proven = false;
	const char *text = demand.trust != TRUST_NONE ? "does not hash to what the tile above it says"
						      : "does not hash to what the tile above it says: it or that is altered";
	int result = -1;

	if ((readable ? tell_tile(a, LOG_ALTERED, tile, text, err) : tell_failed(a, tile, why, err)) != 0)
		goto out;
	/* First from the tiles below, which costs less; what remains in `again` is from the entries. */
	for (int round = tile->level > 0 ? 0 : 1; round < 2 && !proven; round++) {
		a->tiles_first = round == 0;
		result = made_again(a, tile->level, tile->index, again, &known, err);
		a->tiles_first = false;
		if (result != 0)
			goto out;
		proven = known && demand.trust != TRUST_NONE && settle(stored, again, readable, demand.expected);
	}
	if (proven) {
		result = check_below(a, tile, stored, demand.trust, NULL, err);
	} else if (tile->level == 0 && demand.trust != TRUST_NONE && known) {
		struct tile bundle = {TILE_ENTRIES, tile->index, tile->width};
		result = tell_tile(a, LOG_ALTERED, &bundle, "its entries do not hash to the tree", err);
	} else {
		result = check_below(a, tile, readable ? stored : known ? again : NULL, TRUST_NONE, known ? again : NULL, err);
	}
out:
	free(again);
	return result;
}

/* A full tile under a parent. */
static int check_tile(struct audit *a, int level, uint64_t index, struct demand demand, struct err *err)
{
	struct tile tile = tile_at(a, level, index);
	struct hash *stored = mem_array(TILE_WIDTH, sizeof(*stored)), root;
	struct err why = ERR_INIT;
	bool accepted = false;
	int result;

	/* Above and below agree. */
	if (demand.trust == TRUST_NONE && demand.other != NULL && hash_equal(demand.expected, demand.other))
		demand.trust = TRUST_AGREED;
	if (tree_read(&a->log->tree, &tile, stored, &why) == 0) {
		merkle_root(stored, TILE_WIDTH, &root);
		why.code = ERR_NONE;
		accepted = demand.expected != NULL && hash_equal(&root, demand.expected);
		if (accepted && demand.trust == TRUST_NONE)
			demand.trust = TRUST_AGREED;
		accepted = accepted || demand.expected == NULL || (demand.other != NULL && hash_equal(&root, demand.other));
	}
	if (accepted)
		result = check_below(a, &tile, stored, demand.trust, NULL, err);
	else
		result = check_damaged(a, &tile, demand, stored, &why, err);
	free(stored);
	return result;
}
