/* The log of a source: its entries, and the checkpoint that covers them (S1). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contradiction.h"
#include "sync.h"

#define BUNDLES_AT_ONCE 16u
#define BUNDLE_MAX ((uint64_t)TILE_WIDTH * (ENTRY_MAX + 2))

static int fetch_checkpoint(struct syncing *sync, struct buf *note, struct checkpoint *checkpoint, struct err *err)
{
	struct http_fetch fetch = {.max = NOTE_MAX, .seconds = 60};
	char *at = sync_url(sync, "/checkpoint");
	struct note parsed;
	int signed_by, result = -1;

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
	signed_by = note_verify(&parsed, archive_key(sync->archive), NULL, err);
	if (signed_by != 1 || !str_equal(checkpoint->origin, archive_origin(sync->archive))) {
		if (signed_by == 0 || err == NULL || err->code == ERR_NONE)
			err_set(err, ERR_MISMATCH, "%s is not signed by the key of %.*s", at,
				STR_ARG(archive_origin(sync->archive)));
		goto out;
	}
	result = 0;
out:
	buf_release(&fetch.answer);
	free(at);
	return result;
}

/* The entries of one bundle from `next` on. */
static int append_bundle(struct syncing *sync, struct str bundle, uint64_t first, uint64_t *next, uint64_t size, struct err *err)
{
	struct str entry;
	uint64_t index = first;
	int got = 0;

	while (index < size && index < first + TILE_WIDTH && (got = bundle_next(&bundle, &entry, err)) == 1) {
		if (index >= *next) {
			if (take_log_entry(sync->take, entry, err) != 0)
				return -1;
			*next = index + 1;
			sync->done->entries++;
		}
		index++;
	}
	return got < 0 ? -1 : 0;
}

static int fetch_bundles(struct syncing *sync, uint64_t from, uint64_t to, uint64_t size, uint64_t *next, struct err *err)
{
	struct http_fetch fetches[BUNDLES_AT_ONCE], *all[BUNDLES_AT_ONCE] = {NULL};
	char *urls[BUNDLES_AT_ONCE];
	size_t count = 0;
	int result = 0;

	for (uint64_t bundle = from; bundle < to; bundle++, count++) {
		struct tile tile = {.level = TILE_ENTRIES, .index = bundle, .width = tile_width(0, bundle, size)};
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
			result = append_bundle(sync, buf_view(&fetches[i].answer), (from + i) * TILE_WIDTH, next, size, err);
		}
		sync->done->received += fetches[i].answer.n;
		buf_release(&fetches[i].answer);
		free(urls[i]);
	}
	return result;
}

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

int sync_log(struct syncing *sync, struct err *err)
{
	uint64_t next = log_size(archive_log(sync->archive)), size;
	struct buf note = BUF_INIT;
	struct checkpoint checkpoint;
	struct err why = ERR_INIT;
	int result = -1;

	if (fetch_checkpoint(sync, &note, &checkpoint, err) != 0)
		goto out;
	size = checkpoint.size;
	if (size <= next) {
		result = check_behind(sync, buf_view(&note), &checkpoint, err);
		goto out;
	}
	sync->done->size = size;
	for (uint64_t bundle = next / TILE_WIDTH, end = (size + TILE_WIDTH - 1) / TILE_WIDTH; bundle < end;) {
		uint64_t to = bundle + BUNDLES_AT_ONCE < end ? bundle + BUNDLES_AT_ONCE : end;

		if (os_check_interrupted(err) != 0 || fetch_bundles(sync, bundle, to, size, &next, err) != 0)
			goto out;
		bundle = to;
		sync_tell(sync);
	}
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
