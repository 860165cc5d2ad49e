/* The log of a source: its entries, and the checkpoint that covers them (S1). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contradiction.h"
#include "sync.h"

#define BUNDLES_AT_ONCE 16u
#define BUNDLE_MAX ((uint64_t)TILE_WIDTH * (ENTRY_MAX + 2))

/* ---- bundles of entries ------------------------------------------------------------------------------------------------------------------ */

struct bundles {
	struct syncing *sync;
	uint64_t next, size; /* the first entry that is wanted; of the source's log */
	/* Told each from `next` on, in order; non-zero ends it. */
	int (*each)(struct bundles *, uint64_t index, struct str entry, struct err *);
	void *context;
};

/* The entries of one bundle from `next` on. */
static int take_bundle(struct bundles *bundles, struct str bundle, uint64_t first, struct err *err)
{
	struct str entry;
	uint64_t index = first;
	int got = 0, result = 0;

	while (index < bundles->size && index < first + TILE_WIDTH && (got = bundle_next(&bundle, &entry, err)) == 1) {
		if (index >= bundles->next) {
			result = bundles->each(bundles, index, entry, err);
			if (result != 0)
				return result;
			bundles->next = index + 1;
		}
		index++;
	}
	return got < 0 ? -1 : 0;
}

static int fetch_bundles(struct bundles *bundles, uint64_t from, uint64_t to, struct err *err)
{
	struct syncing *sync = bundles->sync;
	struct http_fetch fetches[BUNDLES_AT_ONCE], *all[BUNDLES_AT_ONCE] = {NULL};
	char *urls[BUNDLES_AT_ONCE];
	size_t count = 0;
	int result = 0;

	for (uint64_t bundle = from; bundle < to; bundle++, count++) {
		struct tile tile = {.level = TILE_ENTRIES, .index = bundle, .width = tile_width(0, bundle, bundles->size)};
		char path[TILE_PATH_MAX + 1] = "/";

		(void)tile_path(path + 1, &tile);
		urls[count] = sync_url(sync, path);
		fetches[count] = (struct http_fetch){.url = urls[count], .max = BUNDLE_MAX};
		all[count] = &fetches[count];
	}
	if (http_fetch_all(sync->client, all, count, 4, NULL, NULL, err) != 0)
		result = -1;
	for (size_t i = 0; i < count; i++) {
		if (result == 0 && fetches[i].result != 0) {
			if (err != NULL)
				*err = fetches[i].err;
			result = -1;
		} else if (result == 0 && fetches[i].status != 200) {
			result = err_set(err, ERR_NOT_FOUND, "%s: missing from the log (status %u)", urls[i], fetches[i].status);
		} else if (result == 0) {
			result = take_bundle(bundles, buf_view(&fetches[i].answer), (from + i) * TILE_WIDTH, err);
		}
		sync->done->received += fetches[i].answer.n;
		buf_release(&fetches[i].answer);
		free(urls[i]);
	}
	return result;
}

/* 0: all of them; what `each` returned; -1. */
static int each_entry(struct bundles *bundles, struct err *err)
{
	uint64_t end = (bundles->size + TILE_WIDTH - 1) / TILE_WIDTH;
	int result = 0;

	for (uint64_t bundle = bundles->next / TILE_WIDTH; bundle < end && result == 0;) {
		uint64_t to = bundle + BUNDLES_AT_ONCE < end ? bundle + BUNDLES_AT_ONCE : end;

		result = os_check_interrupted(err) != 0 ? -1 : fetch_bundles(bundles, bundle, to, err);
		bundle = to;
		sync_tell(bundles->sync);
	}
	return result;
}

/* ---- the checkpoint ---------------------------------------------------------------------------------------------------------------------- */

struct chained {
	struct log_chain chain;
	const struct note *note;
	struct buf *keys;
};

static int follow_key(struct bundles *bundles, uint64_t index, struct str entry, struct err *err)
{
	struct chained *chained = bundles->context;
	size_t before = chained->chain.count;

	if (log_chain_entry(&chained->chain, index, entry, err) != 0)
		return -1;
	if (chained->chain.count > before && chained->keys != NULL)
		log_chain_keep(chained->keys, entry);
	return chained->chain.count > before && note_verify(chained->note, log_chain_tip(&chained->chain), NULL, NULL) == 1 ? 1 : 0;
}

/* The entries are read for that alone, so that who is nobody cannot have anything written here; then they are fetched again, and judged with their
 * roots. */
int sync_signer(struct syncing *sync, const struct note *note, uint64_t size, struct buf *keys, struct err *err)
{
	struct chained chained = {.note = note, .keys = keys};
	struct bundles bundles = {
		.sync = sync, .next = log_size(archive_log(sync->archive)), .size = size, .each = follow_key, .context = &chained};
	int result = log_chain_begin(&chained.chain, sync->archive, err) != 0 ? -1 : each_entry(&bundles, err);

	log_chain_release(&chained.chain);
	return result;
}

/* 1: by a key of this log; 0; -1. */
static int is_signed(struct syncing *sync, const struct note *note, const struct checkpoint *checkpoint, struct err *err)
{
	size_t count;
	const struct vkey *keys = archive_log_keys(sync->archive, &count);
	bool known = checkpoint->size <= log_size(archive_log(sync->archive));
	int got = note_verify(note, &keys[0], NULL, err);

	/* What is no news may be signed by a former key; what is, by the present one or one that comes with it. */
	for (size_t i = 1; i < count && got == 0 && known; i++)
		got = note_verify(note, &keys[i], NULL, err);
	return got == 0 && !known ? sync_signer(sync, note, checkpoint->size, NULL, err) : got;
}

static int fetch_checkpoint(struct syncing *sync, struct buf *note, struct checkpoint *checkpoint, struct err *err)
{
	struct http_fetch fetch = {.max = NOTE_MAX, .seconds = 60};
	char *at = sync_url(sync, "/checkpoint");
	struct note parsed;
	int signed_by = 0, result = -1;

	fetch.url = at;
	if (http_fetch(sync->client, &fetch, err) != 0)
		goto out;
	if (fetch.status != 200) {
		err_set(err, ERR_NOT_FOUND, "%s: there is no log (status %u)", at, fetch.status);
		goto out;
	}
	buf_str(note, buf_view(&fetch.answer));
	if (note_parse(&parsed, buf_view(note), err) != 0 || checkpoint_parse(checkpoint, parsed.text, err) != 0) {
		err_note(err, "%s", at);
		goto out;
	}
	if (str_equal(checkpoint->origin, archive_origin(sync->archive)))
		signed_by = is_signed(sync, &parsed, checkpoint, err);
	if (signed_by == 0)
		err_set(err, ERR_MISMATCH, "%s is not signed by the key of %.*s, nor by one that its entries lead to", at,
			STR_ARG(archive_origin(sync->archive)));
	result = signed_by == 1 ? 0 : -1;
out:
	buf_release(&fetch.answer);
	free(at);
	return result;
}

/* ---- two histories ----------------------------------------------------------------------------------------------------------------------- */

/* A keeper that is caught up knows what others have seen beyond its log: -1 told, 1 nothing of that kind. */
static int contradicted_by_seen(struct syncing *sync, struct str note, const struct checkpoint *checkpoint,
	const struct tile_reader *theirs, struct err *err)
{
	struct holder_contradiction *found = &sync->done->contradiction;
	struct buf seen = BUF_INIT, who = BUF_INIT;
	int result = 1;

	if (archive_ahead_note(sync->archive, &seen, &who, NULL) == 1 &&
		contradiction_keep(sync->archive, buf_view(&seen), note, theirs, found, NULL) == 0 &&
		(found->word == EVIDENCE_PROVEN || found->word == EVIDENCE_SUSPECTED)) {
		result = contradiction_tell(sync->archive, found, sync->source, checkpoint->size, err);
		err_note(err, "what %.*s has seen is contradicted", STR_ARG(buf_view(&who)));
	}
	buf_release(&seen);
	buf_release(&who);
	return result;
}

/* The source's checkpoint does not go together with the one held here: what can be shown of that is kept. */
static int contradicted(
	struct syncing *sync, struct str note, const struct checkpoint *checkpoint, const struct err *seen, struct err *err)
{
	struct log *log = archive_log(sync->archive);
	struct remote_tiles remote = {sync->client, sync->source};
	const struct tile_reader theirs = {remote_tile_read, &remote};
	struct holder_contradiction *found = &sync->done->contradiction;
	int result;

	if (contradiction_keep(sync->archive, log_checkpoint(log), note,
		    checkpoint->size > log_size(log) ? &theirs : log_tiles(log), found, err) != 0)
		return err_note(err, "%.*s shows another history than the one held here, and the evidence could not be kept",
			STR_ARG(sync->source));
	if (found->word == EVIDENCE_PROVEN || found->word == EVIDENCE_SUSPECTED)
		return contradiction_tell(sync->archive, found, sync->source, checkpoint->size, err);
	result = contradicted_by_seen(sync, note, checkpoint, &theirs, err);
	if (result != 1)
		return result;
	/* Its tiles go on from what is held here: then it gives other entries than its own, or what was written here is not what was read back. */
	if (err != NULL)
		*err = *seen;
	return err_note(err, "%.*s", STR_ARG(sync->source));
}

/* A checkpoint that is not ahead: is it of our history? */
static int check_behind(struct syncing *sync, struct str note, const struct checkpoint *checkpoint, struct err *err)
{
	struct log *log = archive_log(sync->archive);
	struct err seen = ERR_INIT;
	struct hash root;

	if (checkpoint->size == log_size(log))
		root = *log_root(log);
	else if (tiles_root(log_tiles(log), checkpoint->size, &root, err) != 0)
		return -1;
	if (!hash_equal(&root, &checkpoint->root)) {
		err_set(&seen, ERR_MISMATCH, "it shows another history than the one held here");
		return contradicted(sync, note, checkpoint, &seen, err);
	}
	if (checkpoint->size < log_size(log))
		sync->done->behind = true;
	return 0;
}

static int append(struct bundles *bundles, uint64_t index, struct str entry, struct err *err)
{
	(void)index;
	if (take_log_entry(bundles->sync->take, entry, err) != 0)
		return -1;
	bundles->sync->done->entries++;
	return 0;
}

int sync_log(struct syncing *sync, struct err *err)
{
	struct bundles bundles = {.sync = sync, .next = log_size(archive_log(sync->archive)), .each = append};
	struct buf note = BUF_INIT;
	struct checkpoint checkpoint;
	struct err why = ERR_INIT;
	int result = -1;

	if (fetch_checkpoint(sync, &note, &checkpoint, err) != 0)
		goto out;
	bundles.size = checkpoint.size;
	if (bundles.size <= bundles.next) {
		result = check_behind(sync, buf_view(&note), &checkpoint, err);
		goto out;
	}
	sync->done->size = bundles.size;
	if (each_entry(&bundles, err) != 0)
		goto out;
	if (take_log_checkpoint(sync->take, buf_view(&note), &why) != 0) {
		if (why.code == ERR_MISMATCH && log_size(archive_log(sync->archive)) > 0) {
			contradicted(sync, buf_view(&note), &checkpoint, &why, err);
			goto out;
		}
		if (err != NULL)
			*err = why;
		err_note(err, "%.*s", STR_ARG(sync->source));
		goto out;
	}
	result = 0;
out:
	take_log_abandon(sync->take);
	buf_release(&note);
	return result;
}
