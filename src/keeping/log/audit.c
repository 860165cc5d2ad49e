/* Looking after the whole tree (P2): findings, the names in the folder, the way through it. */
#include "audit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *log_finding_name(enum log_finding_kind kind)
{
	static const char *const names[] = {"altered", "missing", "unreadable", "extra", "uncovered"};

	return (unsigned)kind < sizeof(names) / sizeof(names[0]) ? names[kind] : "unknown";
}

/* ---- telling ------------------------------------------------------------------------------------------------------------------ */

int tell(struct audit *a, enum log_finding_kind kind, const char *path, uint64_t first, uint64_t last, const char *text,
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

int tell_tile(struct audit *a, enum log_finding_kind kind, const struct tile *tile, const char *text, struct err *err)
{
	char path[TILE_PATH_MAX];
	uint64_t first, last;

	tile_path(path, tile);
	span_of(tile, a->log->size, &first, &last);
	return tell(a, kind, path, first, last, text, err);
}

int tell_failed(struct audit *a, const struct tile *tile, const struct err *why, struct err *err)
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

/* ---- names ------------------------------------------------------------------------------------------------------------------------------ */

/* Whether these hashes begin the tile: as it is proven; where nothing proves it, as it stands there or as what lies below makes it. */
static int tile_begins(struct audit *a, const struct tile *older, const struct hash *hashes, bool *same, struct err *err)
{
	struct tile now = tile_at(a, older->level, older->index);
	const struct hash *proven = edge_proven(a, now.level, now.index);
	struct hash stored[TILE_WIDTH], again[TILE_WIDTH];
	bool readable, known;

	if (proven != NULL) {
		*same = memcmp(hashes, proven, older->width * sizeof(*hashes)) == 0;
		return 0;
	}
	readable = tree_read(&a->log->tree, &now, stored, NULL) == 0;
	*same = readable && memcmp(hashes, stored, older->width * sizeof(*hashes)) == 0;
	if (*same)
		return 0;
	if (made_again(a, now.level, now.index, again, &known, err) != 0)
		return -1;
	*same = true; /* when nobody knows: what is missing was told */
	for (unsigned i = 0; i < older->width && *same && (readable || known); i++)
		*same = (readable && hash_equal(&hashes[i], &stored[i])) || (known && hash_equal(&hashes[i], &again[i]));
	return 0;
}

/* The same for entries: as the hashes say, or as they stand in the bundle where nothing proves the hashes. */
static bool bundle_begins(struct audit *a, const struct tile *older, struct buf *bytes)
{
	struct tile now = tile_at(a, 0, older->index);
	const struct hash *hashes = edge_proven(a, 0, older->index);
	struct hash stored[TILE_WIDTH];
	struct bundle bundle = {.bytes = *bytes, .index = older->index};
	bool proven = hashes != NULL, readable, same;

	same = bundle_split(&bundle, older->width, true);
	if (!proven && tree_read(&a->log->tree, &now, stored, NULL) == 0)
		hashes = stored;
	readable = !proven && bundle_read(&a->log->tree, older->index, &a->bundle, NULL) == 0;
	for (unsigned i = 0; i < older->width && same && (hashes != NULL || readable); i++)
		same = (hashes != NULL && bundle_matches(&bundle, i, &hashes[i])) ||
		       (readable && str_equal(bundle_entry(&bundle, i), bundle_entry(&a->bundle, i)));
	*bytes = bundle.bytes;
	return same;
}

/* A partial of an older size: the beginning of what the tile or bundle is now. A partial that the checkpoint needs was read above. */
static int check_older(struct audit *a, const struct tree_name *name, struct err *err)
{
	const struct tile *tile = &name->tile;
	size_t max = tile->level < 0 ? tile->width * BUNDLE_ENTRY_MAX : tile->width * (size_t)SHA256_SIZE;
	struct err why = ERR_INIT;
	struct buf bytes = BUF_INIT;
	struct hash hashes[TILE_WIDTH];
	bool same = false;
	int result = 0;

	if (os_read_file(a->log->dir, name->path, max, &bytes, &why) != 0) {
		/* Collected between the listing and now. */
		if (why.code != ERR_NOT_FOUND)
			result = tell_tile(a, why.code == ERR_SYSTEM ? LOG_UNREADABLE : LOG_ALTERED, tile, why.text, err);
		goto out;
	}
	if (tile->level < 0) {
		same = bundle_begins(a, tile, &bytes);
	} else if (bytes.n == max) {
		memcpy(hashes, bytes.p, max);
		result = tile_begins(a, tile, hashes, &same, err);
	}
	if (result == 0 && !same)
		result = tell_tile(a, LOG_ALTERED, tile, "differs from what it has become since", err);
out:
	buf_release(&bytes);
	return result;
}

/* Whether the tree has a tile below this folder: what is missing is told as that. */
static bool is_needed(const struct audit *a, const char *path)
{
	static const char *const firsts[] = {"/1", "/000", "/x000/000", "/x000/x000/000", "/x000/x000/x000/000"};
	struct tile tile;
	char first[TILE_PATH_MAX + 24];

	for (size_t i = 0; i < sizeof(firsts) / sizeof(firsts[0]); i++) {
		unsigned present;

		if (snprintf(first, sizeof(first), "%s%s", path, firsts[i]) >= (int)sizeof(first) ||
			tile_path_parse(&tile, str_from(first), NULL) != 0)
			continue;
		present = tile_width(tile.level < 0 ? 0 : tile.level, tile.index, a->log->size);
		if (present > 0 && (i > 0 || present < TILE_WIDTH))
			return true;
	}
	return false;
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
	case NAME_EMPTY:
		return is_needed(a, name->path) ? 0 : tell(a, LOG_UNCOVERED, name->path, 0, 0, "the folder is empty", err);
	case NAME_TILE:
		break;
	}
	present = tile_width(tile->level < 0 ? 0 : tile->level, tile->index, a->log->size);
	if (tile->width > present) {
		span_of(tile, 0, &first, &last);
		return tell(a, LOG_UNCOVERED, name->path, first, last, "beyond the checkpoint", err);
	}
	return tile->width < present ? check_older(a, name, err) : 0;
}

int log_audit(struct log *log, const struct log_audit_calls *calls, struct err *err)
{
	struct audit a = {.log = log, .calls = calls};
	int result = 0;

	if (log->size != 0)
		result = check_edge(&a, err);
	if (result == 0)
		result = tree_walk(log->dir, check_name, &a, err);
	buf_release(&a.bundle.bytes);
	free(a.edge);
	return a.stopped != 0 ? a.stopped : result;
}
