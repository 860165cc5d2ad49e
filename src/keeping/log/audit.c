/* Looking after the whole tree (P2): from the checkpoint's root down, so that each file is judged by hashes that are proven already.
 *
 * Where a tile is not what its parent says, the parent is proven and the tile is at fault. Its hashes are then made again from what lies
 * below it; if those hash to what the parent says, what lies below is proven by them. The right edge, which no parent covers, is
 * judged as a whole: of each level's tile as stored or as made again from below, the one combination that hashes to the checkpoint's
 * root is the true one. */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct audit {
	struct log *log;
	const struct log_audit_calls *calls;
	struct bundle bundle;
	int stopped; /* what a callback returned */
};

const char *log_finding_name(enum log_finding_kind kind)
{
	static const char *const names[] = {"altered", "missing", "unreadable", "extra", "uncovered"};

	return (unsigned)kind < sizeof(names) / sizeof(names[0]) ? names[kind] : "unknown";
}

/* ---- telling ------------------------------------------------------------------------------------------------------------------ */

static int tell(struct audit *a, enum log_finding_kind kind, const char *path, uint64_t first, uint64_t last, const char *text,
	struct err *err)
{
	struct log_finding finding = {.kind = kind, .path = path, .first = first, .last = last, .text = text};

	a->stopped = a->calls->finding(a->calls->context, &finding, err);
	return a->stopped == 0 ? 0 : -1;
}

/* The entries below a tile, cut at the tree's size. */
static void span_of(const struct tile *tile, uint64_t size, uint64_t *first, uint64_t *last)
{
	unsigned level = tile->level < 0 ? 0 : (unsigned)tile->level, shift = 8 * level;
	uint64_t begin, end;

	*first = *last = size;
	if (shift >= 64 || tile->index > (UINT64_MAX >> shift) / TILE_WIDTH - 1)
		return;
	begin = (tile->index * TILE_WIDTH) << shift;
	end = (tile->index * TILE_WIDTH + tile->width) << shift;
	*first = begin;
	*last = size != 0 && end > size ? size : end;
}

static int tell_tile(struct audit *a, enum log_finding_kind kind, const struct tile *tile, const char *text, struct err *err)
{
	char path[TILE_PATH_MAX];
	uint64_t first, last;

	tile_path(path, tile);
	span_of(tile, a->log->size, &first, &last);
	return tell(a, kind, path, first, last, text, err);
}

/* Why a tile or bundle could not be taken, as a finding. */
static int tell_failed(struct audit *a, const struct tile *tile, const struct err *why, struct err *err)
{
	const char *text = why->text;
	enum log_finding_kind kind = LOG_UNREADABLE;
	const char *colon;

	if (why->code == ERR_MEMORY || why->code == ERR_INTERNAL || why->code == ERR_INTERRUPTED) {
		if (err != NULL)
			*err = *why;
		return -1;
	}
	if (why->code == ERR_MISMATCH) {
		kind = why->sys == ENOENT ? LOG_MISSING : LOG_ALTERED;
		/* "log/tile/0/000: …": the finding has the path already. */
		colon = strstr(text, ": ");
		text = colon != NULL ? colon + 2 : text;
	}
	return tell_tile(a, kind, tile, text, err);
}

/* ---- one tile ------------------------------------------------------------------------------------------------------------------ */

static struct tile tile_at(const struct audit *a, int level, uint64_t index)
{
	return (struct tile){level, index, tile_width(level < 0 ? 0 : level, index, a->log->size)};
}

static int made_again(struct audit *a, int level, uint64_t index, struct hash hashes[TILE_WIDTH], bool *known, struct err *err);

/* The root of one full tile as what lies below it says; as the tile itself says, where below is nothing to be had. */
static int root_from_below(struct audit *a, int level, uint64_t index, struct hash *root, bool *known, struct err *err)
{
	struct hash *hashes = mem_array(TILE_WIDTH, sizeof(*hashes));
	int result = made_again(a, level, index, hashes, known, err);

	if (result == 0 && !*known) {
		struct tile tile = tile_at(a, level, index);
		*known = tree_read(&a->log->tree, &tile, hashes, NULL) == 0;
	}
	if (result == 0 && *known)
		merkle_root(hashes, TILE_WIDTH, root);
	free(hashes);
	return result;
}

/* A tile's hashes from what lies below it: entries, or tiles' roots. *known: all of them could be had. */
static int made_again(struct audit *a, int level, uint64_t index, struct hash hashes[TILE_WIDTH], bool *known, struct err *err)
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

static int check_tile(struct audit *a, int level, uint64_t index, const struct hash *expected, struct err *err);

/* What lies below a tile whose hashes are proven (or, where nothing could be proven, as good as we have them). */
static int check_below(struct audit *a, const struct tile *tile, const struct hash hashes[TILE_WIDTH], struct err *err)
{
	struct tile bundle = {TILE_ENTRIES, tile->index, tile->width};
	struct err why = ERR_INIT;
	unsigned wrong = 0;
	uint64_t first_wrong = 0, last_wrong = 0;

	if (tile->level > 0) {
		for (unsigned i = 0; i < tile->width; i++)
			if (check_tile(a, tile->level - 1, tile->index * TILE_WIDTH + i, &hashes[i], err) != 0)
				return -1;
		return os_check_interrupted(err);
	}
	if (bundle_read(&a->log->tree, tile->index, &a->bundle, &why) != 0)
		return tell_failed(a, &bundle, &why, err);
	for (unsigned i = 0; i < tile->width; i++) {
		uint64_t index = tile->index * TILE_WIDTH + i;
		if (!bundle_matches(&a->bundle, i, &hashes[i])) {
			first_wrong = wrong++ == 0 ? index : first_wrong;
			last_wrong = index;
		} else if (a->calls->entry != NULL) {
			a->stopped = a->calls->entry(a->calls->context, index, bundle_entry(&a->bundle, i), err);
			if (a->stopped != 0)
				return -1;
		}
	}
	if (wrong != 0) {
		char path[TILE_PATH_MAX];
		tile_path(path, &bundle);
		return tell(a, LOG_ALTERED, path, first_wrong, last_wrong + 1, "its entries do not hash to the tree", err);
	}
	return 0;
}

/* A full tile under a parent that says what it must hash to. */
static int check_tile(struct audit *a, int level, uint64_t index, const struct hash *expected, struct err *err)
{
	struct tile tile = tile_at(a, level, index);
	struct hash *stored = mem_array(TILE_WIDTH, sizeof(*stored)), *again = NULL, root;
	struct err why = ERR_INIT;
	bool readable = tree_read(&a->log->tree, &tile, stored, &why) == 0, known = false;
	int result = -1;

	if (readable)
		merkle_root(stored, TILE_WIDTH, &root);
	if (readable && hash_equal(&root, expected)) {
		result = check_below(a, &tile, stored, err);
		goto out;
	}
	again = mem_array(TILE_WIDTH, sizeof(*again));
	if (made_again(a, level, index, again, &known, err) != 0)
		goto out;
	if (known)
		merkle_root(again, TILE_WIDTH, &root);
	if ((readable ? tell_tile(a, LOG_ALTERED, &tile, "does not hash to what the tile above it says", err)
		      : tell_failed(a, &tile, &why, err)) != 0)
		goto out;
	if (known && hash_equal(&root, expected))
		result = check_below(a, &tile, again, err);
	else if (readable) /* more than this tile is wrong: where both sides agree, they are let pass */
		result = check_below(a, &tile, stored, err);
	else
		result = tell_tile(a, LOG_ALTERED,
			&(struct tile){level == 0 ? TILE_ENTRIES : level - 1, level == 0 ? index : index * TILE_WIDTH, TILE_WIDTH},
			"cannot be proven: the tile above is not to be had, and what lies below does not hash to the tree", err);
out:
	free(stored);
	free(again);
	return result;
}

/* ---- the right edge --------------------------------------------------------------------------------------------------------------- */

struct edge_tile {
	struct tile tile;
	bool readable, known;
	struct err why;
	struct hash stored[TILE_WIDTH], again[TILE_WIDTH];
};

/* Hands out the edge's hashes, by the bit of each level either as stored or as made again. */
struct edge_choice {
	const struct edge_tile *tiles;
	size_t count;
	unsigned again;
};

static int choice_read(void *context, const struct tile *tile, struct hash hashes[TILE_WIDTH], struct err *err)
{
	const struct edge_choice *choice = context;

	for (size_t i = 0; i < choice->count; i++)
		if (choice->tiles[i].tile.level == tile->level && choice->tiles[i].tile.index == tile->index) {
			const struct edge_tile *edge = &choice->tiles[i];
			bool again = (choice->again >> i & 1) != 0;
			if (again ? !edge->known : !edge->readable)
				return -1;
			memcpy(hashes, again ? edge->again : edge->stored, tile->width * sizeof(*hashes));
			return 0;
		}
	return err_set(err, ERR_INTERNAL, "a tile that is not of the edge was asked for");
}

static bool choice_proves(const struct audit *a, struct edge_choice *choice)
{
	struct tile_reader reader = {.read = choice_read, .context = choice};
	struct hash root;

	return tiles_root(&reader, a->log->size, &root, NULL) == 0 && hash_equal(&root, &a->log->root);
}

/* The edge's tiles, highest level first: the order of the entries below them. */
static int check_edge(struct audit *a, struct edge_tile *tiles, struct err *err)
{
	struct edge_choice choice = {.tiles = tiles, .count = 0, .again = 0};
	bool proven;
	int result = 0;

	for (int level = EDGE_LEVELS - 1; level >= 0; level--) {
		uint64_t index = full_tiles(level, a->log->size);
		struct edge_tile *edge = &tiles[choice.count];
		edge->tile = tile_at(a, level, index);
		if (edge->tile.width == 0)
			continue;
		edge->why = (struct err)ERR_INIT;
		edge->known = false;
		edge->readable = tree_read(&a->log->tree, &edge->tile, edge->stored, &edge->why) == 0;
		choice.count++;
	}
	proven = choice_proves(a, &choice);
	if (!proven) {
		for (size_t i = 0; i < choice.count; i++)
			if (made_again(a, tiles[i].tile.level, tiles[i].tile.index, tiles[i].again, &tiles[i].known, err) != 0)
				return -1;
		for (choice.again = 1; choice.again < 1u << choice.count && !(proven = choice_proves(a, &choice)); choice.again++)
			;
	}
	for (size_t i = 0; i < choice.count && result == 0; i++) {
		struct edge_tile *edge = &tiles[i];
		bool again = proven && (choice.again >> i & 1) != 0;
		size_t n = edge->tile.width * sizeof(struct hash);
		bool differs = edge->readable && edge->known && memcmp(edge->stored, edge->again, n) != 0;
		if (!edge->readable)
			result = tell_failed(a, &edge->tile, &edge->why, err);
		else if (again && differs)
			result = tell_tile(a, LOG_ALTERED, &edge->tile, "does not hash to the checkpoint's root", err);
		else if (!proven)
			result = tell_tile(a, LOG_ALTERED, &edge->tile,
				differs ? "the last tiles do not hash to the checkpoint's root, and this one not to what lies "
					  "below it"
					: "the last tiles do not hash to the checkpoint's root: this one or another of them, or "
					  "the checkpoint",
				err);
		if (result == 0 && (again || edge->readable))
			result = check_below(a, &edge->tile, again ? edge->again : edge->stored, err);
	}
	return result;
}

/* ---- names ------------------------------------------------------------------------------------------------------------------------------ */

/* A partial of an older size: the beginning of what the tile or bundle is now. A partial that the checkpoint needs was read above. */
static int check_older(struct audit *a, const struct tree_name *name, unsigned present, struct err *err)
{
	const struct tile *tile = &name->tile;
	struct tile now = {tile->level < 0 ? 0 : tile->level, tile->index, present};
	size_t max = tile->level < 0 ? tile->width * BUNDLE_ENTRY_MAX : tile->width * (size_t)SHA256_SIZE;
	struct err why = ERR_INIT;
	struct hash hashes[TILE_WIDTH];
	struct buf bytes = BUF_INIT;
	bool same;
	int result = 0;

	if (os_read_file(a->log->dir, name->path, max, &bytes, &why) != 0) {
		/* Collected between the listing and now. */
		if (why.code != ERR_NOT_FOUND)
			result = tell_tile(a, why.code == ERR_SYSTEM ? LOG_UNREADABLE : LOG_ALTERED, tile, why.text, err);
		goto out;
	}
	if (tile->level < 0) {
		if (bundle_read(&a->log->tree, tile->index, &a->bundle, NULL) != 0)
			goto out; /* told already */
		size_t n = a->bundle.start[tile->width] - 2;
		same = bytes.n == n && memcmp(bytes.p, a->bundle.bytes.p, n) == 0;
	} else {
		if (tree_read(&a->log->tree, &now, hashes, NULL) != 0)
			goto out;
		same = bytes.n == max && memcmp(bytes.p, hashes, max) == 0;
	}
	if (!same)
		result = tell_tile(a, LOG_ALTERED, tile, "differs from what it has become since", err);
out:
	buf_release(&bytes);
	return result;
}

static int check_name(void *context, const struct tree_name *name, struct err *err)
{
	struct audit *a = context;
	const struct tile *tile = &name->tile;
	uint64_t first, last;
	unsigned present;

	switch (name->kind) {
	case NAME_PARTIALS:
		return 0;
	case NAME_UNKNOWN:
		return tell(a, LOG_EXTRA, name->path, 0, 0, "a log holds no such name", err);
	case NAME_TEMPORARY:
		return tell(a, LOG_UNCOVERED, name->path, 0, 0, "a temporary file, being written or left by a crash", err);
	case NAME_TILE:
		break;
	}
	present = tile_width(tile->level < 0 ? 0 : tile->level, tile->index, a->log->size);
	if (tile->width > present) {
		span_of(tile, 0, &first, &last);
		return tell(a, LOG_UNCOVERED, name->path, first, last, "beyond the checkpoint", err);
	}
	return tile->width < present ? check_older(a, name, present, err) : 0;
}

int log_audit(struct log *log, const struct log_audit_calls *calls, struct err *err)
{
	struct audit a = {.log = log, .calls = calls};
	struct edge_tile *tiles = mem_array(EDGE_LEVELS, sizeof(*tiles));
	int result = 0;

	if (log->size != 0)
		result = check_edge(&a, tiles, err);
	if (result == 0)
		result = tree_walk(log->dir, check_name, &a, err);
	buf_release(&a.bundle.bytes);
	free(tiles);
	return a.stopped != 0 ? a.stopped : result;
}
