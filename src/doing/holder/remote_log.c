/* Somebody else's log, as far as it is proven to be this archive's: it is read, and nothing of it is kept. */
#include <stdlib.h>
#include <string.h>

#include "remote_log.h"
#include "sync.h"

#define REMOTE_SECONDS 30u
#define CACHED_TILES 16u
#define BUNDLE_MAX ((uint64_t)TILE_WIDTH * (ENTRY_MAX + 2))

struct remote_log {
	struct archive *archive;
	struct remote_tiles remote;
	struct tile tiles[CACHED_TILES];
	struct hash hashes[CACHED_TILES][TILE_WIDTH];
	size_t tile_count;
	bool proven; /* the next two are the log's */
	uint64_t size;
	struct hash root;
	uint64_t bundle_index; /* of `bundle` */
	struct buf bundle;     /* empty: none was fetched yet */
};

/* Proofs of neighbouring entries want the same tiles. */
static int read_tile(void *context, const struct tile *tile, struct hash hashes[TILE_WIDTH], struct err *err)
{
	struct remote_log *log = context;
	size_t at;

	for (size_t i = 0; i < log->tile_count && i < CACHED_TILES; i++)
		if (log->tiles[i].level == tile->level && log->tiles[i].index == tile->index &&
			log->tiles[i].width == tile->width) {
			memcpy(hashes, log->hashes[i], tile->width * sizeof(hashes[0]));
			return 0;
		}
	if (remote_tile_read(&log->remote, tile, hashes, err) != 0)
		return -1;
	at = log->tile_count++ % CACHED_TILES;
	log->tiles[at] = *tile;
	memcpy(log->hashes[at], hashes, tile->width * sizeof(hashes[0]));
	return 0;
}

static bool goes_on_from_here(struct remote_log *log)
{
	const struct tile_reader reader = {read_tile, log};
	struct log *here = archive_log(log->archive);
	struct merkle_proof proof;

	return tiles_consistency(&reader, log_size(here), log->size, &proof, NULL) == 0 &&
	       merkle_verify_consistency(log_size(here), log_root(here), log->size, &log->root, &proof, NULL) == 0;
}

/* By a key that is the log's now, or that its newer entries bring in. */
static bool is_signed(struct remote_log *log, const struct note *note)
{
	const struct holder_sync none = {.urls = NULL};
	struct holder_synced done = {.size = 0};
	struct syncing sync = {
		.archive = log->archive, .options = &none, .done = &done, .client = log->remote.client, .source = log->remote.url};

	return note_verify(note, archive_key(log->archive), NULL, NULL) == 1 ||
	       sync_signer(&sync, note, log->size, NULL, NULL) == 1;
}

bool remote_log_take(struct remote_log *log, struct str shown)
{
	struct checkpoint checkpoint;
	struct note note;

	if (note_parse(&note, shown, NULL) != 0 || checkpoint_parse(&checkpoint, note.text, NULL) != 0 ||
		!str_equal(checkpoint.origin, archive_origin(log->archive)) ||
		checkpoint.size <= log_size(archive_log(log->archive)))
		return false;
	log->size = checkpoint.size;
	log->root = checkpoint.root;
	log->proven = is_signed(log, &note) && goes_on_from_here(log);
	return log->proven;
}

bool remote_log_ask(struct remote_log *log)
{
	struct http_fetch fetch = {.max = NOTE_MAX, .seconds = REMOTE_SECONDS};
	struct buf url = BUF_INIT;
	bool good;

	buf_str(&url, log->remote.url);
	buf_text(&url, "/checkpoint");
	fetch.url = url.p;
	good = http_fetch(log->remote.client, &fetch, NULL) == 0 && fetch.status == 200 &&
	       remote_log_take(log, buf_view(&fetch.answer));
	buf_release(&fetch.answer);
	buf_release(&url);
	return good;
}

static bool fetch_bundle(struct remote_log *log, uint64_t index)
{
	struct tile tile = {
		.level = TILE_ENTRIES, .index = index / TILE_WIDTH, .width = tile_width(0, index / TILE_WIDTH, log->size)};
	struct http_fetch fetch = {.max = BUNDLE_MAX, .seconds = REMOTE_SECONDS};
	char path[TILE_PATH_MAX + 1] = "/";
	struct buf url = BUF_INIT;
	bool good;

	if (log->bundle.n > 0 && log->bundle_index == tile.index)
		return true;
	(void)tile_path(path + 1, &tile);
	buf_str(&url, log->remote.url);
	buf_text(&url, path);
	fetch.url = url.p;
	good = http_fetch(log->remote.client, &fetch, NULL) == 0 && fetch.status == 200;
	buf_clear(&log->bundle);
	if (good)
		buf_str(&log->bundle, buf_view(&fetch.answer));
	log->bundle_index = tile.index;
	buf_release(&fetch.answer);
	buf_release(&url);
	return good;
}

bool remote_log_entry(struct remote_log *log, uint64_t index, struct str *text)
{
	const struct tile_reader reader = {read_tile, log};
	struct merkle_proof proof;
	struct hash said, root, leaf;
	struct str rest;

	if (!log->proven || index >= log->size || !fetch_bundle(log, index) ||
		tiles_inclusion(&reader, index, log->size, &proof, &said, &root, NULL) != 0)
		return false;
	rest = buf_view(&log->bundle);
	for (uint64_t i = 0; i <= index % TILE_WIDTH; i++)
		if (bundle_next(&rest, text, NULL) != 1)
			return false;
	merkle_leaf(*text, &leaf);
	return merkle_verify_inclusion(&leaf, index, log->size, &proof, &log->root, NULL) == 0;
}

struct remote_log *remote_log_new(struct archive *archive, struct http_client *client, struct str url)
{
	struct remote_log *log = mem_alloc(sizeof(*log));

	while (url.n > 0 && url.p[url.n - 1] == '/')
		url.n--;
	log->archive = archive;
	log->remote = (struct remote_tiles){client, url};
	return log;
}

void remote_log_free(struct remote_log *log)
{
	if (log == NULL)
		return;
	buf_release(&log->bundle);
	free(log);
}
