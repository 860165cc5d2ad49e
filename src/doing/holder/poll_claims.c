/* Whoever was polled may have another version than the asker because its keeper expunged something of it since the asker's last sync. It names the entry; that is believed
 * only where the log has it: under a checkpoint that the log's key signed, which goes on from the log here. Else it would be the excuse of who lost something. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "contradiction.h"
#include "sync.h"

#define CACHED_TILES 16u
#define BUNDLE_MAX ((uint64_t)TILE_WIDTH * (ENTRY_MAX + 2))

/* The answerer's log, as far as it was proven to be the log. */
struct their_log {
	struct archive *archive;
	struct remote_tiles remote;
	struct tile tiles[CACHED_TILES];
	struct hash hashes[CACHED_TILES][TILE_WIDTH];
	size_t tile_count;
	uint64_t size;
	struct hash root;
	uint64_t bundle_index; /* of `bundle` */
	struct buf bundle;     /* empty: none was fetched yet */
};

/* Proofs of neighbouring entries want the same tiles. */
static int read_tile(void *context, const struct tile *tile, struct hash hashes[TILE_WIDTH], struct err *err)
{
	struct their_log *theirs = context;
	size_t at;

	for (size_t i = 0; i < theirs->tile_count && i < CACHED_TILES; i++)
		if (theirs->tiles[i].level == tile->level && theirs->tiles[i].index == tile->index &&
			theirs->tiles[i].width == tile->width) {
			memcpy(hashes, theirs->hashes[i], tile->width * sizeof(hashes[0]));
			return 0;
		}
	if (remote_tile_read(&theirs->remote, tile, hashes, err) != 0)
		return -1;
	at = theirs->tile_count++ % CACHED_TILES;
	theirs->tiles[at] = *tile;
	memcpy(theirs->hashes[at], hashes, tile->width * sizeof(hashes[0]));
	return 0;
}

static bool goes_on_from_here(struct their_log *theirs)
{
	const struct tile_reader reader = {read_tile, theirs};
	struct log *log = archive_log(theirs->archive);
	struct merkle_proof proof;

	return tiles_consistency(&reader, log_size(log), theirs->size, &proof, NULL) == 0 &&
	       merkle_verify_consistency(log_size(log), log_root(log), theirs->size, &theirs->root, &proof, NULL) == 0;
}

/* By a key that is the log's now, or that its newer entries bring in. */
static bool is_signed(struct their_log *theirs, const struct note *note)
{
	const struct holder_sync none = {.urls = NULL};
	struct holder_synced done = {.size = 0};
	struct syncing sync = {.archive = theirs->archive,
		.options = &none,
		.done = &done,
		.client = theirs->remote.client,
		.source = theirs->remote.url};

	return note_verify(note, archive_key(theirs->archive), NULL, NULL) == 1 ||
	       sync_signer(&sync, note, theirs->size, NULL, NULL) == 1;
}

static bool learn(struct their_log *theirs)
{
	struct http_fetch fetch = {.max = NOTE_MAX, .seconds = 60};
	struct buf url = BUF_INIT;
	struct checkpoint checkpoint;
	struct note note;
	bool good;

	buf_str(&url, theirs->remote.url);
	buf_text(&url, "/checkpoint");
	fetch.url = url.p;
	good = http_fetch(theirs->remote.client, &fetch, NULL) == 0 && fetch.status == 200 &&
	       note_parse(&note, buf_view(&fetch.answer), NULL) == 0 && checkpoint_parse(&checkpoint, note.text, NULL) == 0 &&
	       str_equal(checkpoint.origin, archive_origin(theirs->archive)) &&
	       checkpoint.size > log_size(archive_log(theirs->archive));
	if (good) {
		theirs->size = checkpoint.size;
		theirs->root = checkpoint.root;
		good = is_signed(theirs, &note) && goes_on_from_here(theirs);
	}
	buf_release(&fetch.answer);
	buf_release(&url);
	return good;
}

static bool fetch_bundle(struct their_log *theirs, uint64_t index)
{
	struct tile tile = {
		.level = TILE_ENTRIES, .index = index / TILE_WIDTH, .width = tile_width(0, index / TILE_WIDTH, theirs->size)};
	struct http_fetch fetch = {.max = BUNDLE_MAX, .seconds = 60};
	char path[TILE_PATH_MAX + 1] = "/";
	struct buf url = BUF_INIT;
	bool good;

	if (theirs->bundle.n > 0 && theirs->bundle_index == tile.index)
		return true;
	(void)tile_path(path + 1, &tile);
	buf_str(&url, theirs->remote.url);
	buf_text(&url, path);
	fetch.url = url.p;
	good = http_fetch(theirs->remote.client, &fetch, NULL) == 0 && fetch.status == 200;
	buf_clear(&theirs->bundle);
	if (good)
		buf_str(&theirs->bundle, buf_view(&fetch.answer));
	theirs->bundle_index = tile.index;
	buf_release(&fetch.answer);
	buf_release(&url);
	return good;
}

/* An entry of theirs, proven to be in the tree that was signed. */
static bool their_entry(struct their_log *theirs, uint64_t index, struct str *text)
{
	const struct tile_reader reader = {read_tile, theirs};
	struct merkle_proof proof;
	struct hash said, root, leaf;
	struct str rest;

	if (index >= theirs->size || !fetch_bundle(theirs, index) ||
		tiles_inclusion(&reader, index, theirs->size, &proof, &said, &root, NULL) != 0)
		return false;
	rest = buf_view(&theirs->bundle);
	for (uint64_t i = 0; i <= index % TILE_WIDTH; i++)
		if (bundle_next(&rest, text, NULL) != 1)
			return false;
	merkle_leaf(*text, &leaf);
	return merkle_verify_inclusion(&leaf, index, theirs->size, &proof, &theirs->root, NULL) == 0;
}

static bool rewrites(struct str text, uint64_t index)
{
	struct arena arena = ARENA_INIT;
	struct entry entry;
	bool found = false;

	if (entry_parse(&entry, text, &arena, NULL) == 0 && entry.kind == ENTRY_EXPUNGE)
		for (size_t i = 0; i < entry.rewritten_count; i++)
			found = found || entry.rewritten[i].index == index;
	arena_release(&arena);
	return found;
}

static bool holds_here(struct archive *archive, const struct poll_claim *claim)
{
	struct buf text = BUF_INIT;
	bool found = log_entry(archive_log(archive), claim->by, &text, NULL) == 0 && rewrites(buf_view(&text), claim->index);

	buf_release(&text);
	return found;
}

static int by_entry(const void *a, const void *b)
{
	const struct poll_claim *one = a, *other = b;

	return (one->by > other->by) - (one->by < other->by);
}

size_t poll_claims_proven(
	struct archive *archive, struct http_client *client, struct str url, struct poll_claim *claims, size_t count)
{
	struct their_log *theirs = mem_alloc(sizeof(*theirs));
	uint64_t here = log_size(archive_log(archive));
	bool asked = false, known = false;
	size_t proven = 0;
	struct str text;

	theirs->archive = archive;
	theirs->remote = (struct remote_tiles){client, url};
	if (count > 1)
		qsort(claims, count, sizeof(*claims), by_entry);
	for (size_t i = 0; i < count; i++) {
		if (claims[i].by < here) {
			proven += holds_here(archive, &claims[i]);
			continue;
		}
		known = asked ? known : learn(theirs);
		asked = true;
		proven += known && their_entry(theirs, claims[i].by, &text) && rewrites(text, claims[i].index);
	}
	buf_release(&theirs->bundle);
	free(theirs);
	return proven;
}
