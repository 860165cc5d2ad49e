/* Does the log go on, do all see the same of it, and do its witnesses follow? */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contradiction.h"
#include "entitled.h"
#include "internal.h"
#include "remote_log.h"

#define WATCH_SECONDS 30u
#define WATCH_PARALLEL 16u

struct watching {
	struct archive *archive;
	const struct holder_watch *options;
	struct http_client *client;
	struct buf *notes; /* checkpoints of the URLs; empty: none of this log */
	uint64_t newest;
};

/* GET of all paths at once; those that failed have .result or .status. */
static int get_all(struct watching *watch, struct http_fetch *fetches, char *const *urls, size_t count, struct err *err)
{
	struct http_fetch **all = mem_array(count + 1, sizeof(*all));
	int result;

	for (size_t i = 0; i < count; i++) {
		fetches[i] = (struct http_fetch){.url = urls[i], .max = NOTE_MAX, .seconds = WATCH_SECONDS};
		all[i] = &fetches[i];
	}
	result = http_fetch_all(watch->client, all, count, WATCH_PARALLEL, NULL, NULL, err);
	free(all);
	return result;
}

static char *below(struct str url, const char *path)
{
	struct buf text = BUF_INIT;

	while (url.n > 0 && url.p[url.n - 1] == '/')
		url.n--;
	buf_str(&text, url);
	buf_text(&text, path);
	return text.p;
}

/* ---- checkpoints ------------------------------------------------------------------------------------------------------------------------- */

static bool signed_by_log(struct archive *archive, const struct note *note)
{
	size_t count;
	const struct vkey *keys = archive_log_keys(archive, &count);

	for (size_t i = 0; i < count; i++)
		if (note_verify(note, &keys[i], NULL, NULL) == 1)
			return true;
	return false;
}

/* A checkpoint of more entries than are here: do they go on from these? Where its tiles are not to be had it counts as ahead: a sync finds out. */
static enum watch_word judge_ahead(struct watching *watch, struct str note, struct str url)
{
	struct remote_tiles remote = {watch->client, url};
	const struct tile_reader theirs = {remote_tile_read, &remote};
	enum evidence_word word = EVIDENCE_CONSISTENT;
	struct buf file = BUF_INIT;
	size_t count;
	const struct vkey *keys = archive_log_keys(watch->archive, &count);
	bool other;

	while (remote.url.n > 0 && remote.url.p[remote.url.n - 1] == '/')
		remote.url.n--;
	other = evidence_make(&file, log_checkpoint(archive_log(watch->archive)), note, keys, count, &theirs, &word, NULL) == 0 &&
		word == EVIDENCE_PROVEN;
	buf_release(&file);
	return other ? WATCH_OTHER : WATCH_AHEAD;
}

static int64_t entry_time(struct str text)
{
	struct arena arena = ARENA_INIT;
	struct entry entry;
	int64_t time = entry_parse(&entry, text, &arena, NULL) == 0 ? entry.time : 0;

	arena_release(&arena);
	return time;
}

static int64_t time_here(struct archive *archive, uint64_t index)
{
	struct buf text = BUF_INIT;
	int64_t time = log_entry(archive_log(archive), index, &text, NULL) == 0 ? entry_time(buf_view(&text)) : 0;

	buf_release(&text);
	return time;
}

/* Of the first entry that lacks here: only a log that is proven to go on from this one can say that. */
static int64_t time_there(struct watching *watch, struct str note, struct str url)
{
	struct remote_log *theirs = remote_log_new(watch->archive, watch->client, url);
	struct str text;
	int64_t time = 0;

	if (remote_log_take(theirs, note) && remote_log_entry(theirs, log_size(archive_log(watch->archive)), &text))
		time = entry_time(text);
	remote_log_free(theirs);
	return time;
}

static void judge_url(struct watching *watch, const struct http_fetch *fetch, struct watched_url *out, struct buf *note)
{
	struct log *log = archive_log(watch->archive);
	struct checkpoint checkpoint;
	struct note parsed;
	struct hash root;

	if (fetch->result != 0 || fetch->status != 200) {
		out->word = WATCH_UNREACHABLE;
		out->why = fetch->err;
		if (fetch->result == 0)
			err_set(&out->why, ERR_NOT_FOUND, "%s: there is no log (status %u)", fetch->url, fetch->status);
		return;
	}
	out->word = WATCH_WRONG;
	if (note_parse(&parsed, buf_view(&fetch->answer), &out->why) != 0 ||
		checkpoint_parse(&checkpoint, parsed.text, &out->why) != 0)
		return;
	if (!str_equal(checkpoint.origin, archive_origin(watch->archive)) || !signed_by_log(watch->archive, &parsed)) {
		err_set(&out->why, ERR_MISMATCH, "%s: no checkpoint that a key of %.*s signed", fetch->url,
			STR_ARG(archive_origin(watch->archive)));
		return;
	}
	buf_str(note, buf_view(&fetch->answer));
	out->size = checkpoint.size;
	if (checkpoint.size > watch->newest)
		watch->newest = checkpoint.size;
	if (checkpoint.size > log_size(log)) {
		out->word = judge_ahead(watch, buf_view(&fetch->answer), out->url);
		if (out->word == WATCH_AHEAD)
			out->since = time_there(watch, buf_view(&fetch->answer), out->url);
		return;
	}
	root = *log_root(log);
	if (checkpoint.size < log_size(log) && tiles_root(log_tiles(log), checkpoint.size, &root, &out->why) != 0)
		return;
	out->word = !hash_equal(&root, &checkpoint.root) ? WATCH_OTHER
		    : checkpoint.size < log_size(log)    ? WATCH_BEHIND
							 : WATCH_SAME;
	if (out->word == WATCH_BEHIND)
		out->since = time_here(watch->archive, checkpoint.size);
}

static int watch_urls(struct watching *watch, struct err *err)
{
	size_t count = watch->options->url_count;
	struct http_fetch *fetches = mem_array(count + 1, sizeof(*fetches));
	char **urls = mem_array(count + 1, sizeof(*urls));
	int result;

	for (size_t i = 0; i < count; i++)
		urls[i] = below(watch->options->urls[i], "/checkpoint");
	result = get_all(watch, fetches, urls, count, err);
	for (size_t i = 0; i < count; i++) {
		struct watched_url one = {.url = watch->options->urls[i], .why = ERR_INIT};

		if (result == 0) {
			judge_url(watch, &fetches[i], &one, &watch->notes[i]);
			watch->options->url(watch->options->context, &one);
		}
		buf_release(&fetches[i].answer);
		free(urls[i]);
	}
	free(fetches);
	free(urls);
	return result;
}

/* ---- witnesses ----------------------------------------------------------------------------------------------------------------------------- */

/* Takes the cosignature of a larger size than was seen so far. */
static void take_cosignature(struct watching *watch, struct str note_bytes, const struct vkey *key, struct watched_witness *out)
{
	struct checkpoint checkpoint;
	struct note note;
	uint64_t time;

	if (note_bytes.n == 0 || note_parse(&note, note_bytes, NULL) != 0 || checkpoint_parse(&checkpoint, note.text, NULL) != 0 ||
		!str_equal(checkpoint.origin, archive_origin(watch->archive)) || note_verify(&note, key, &time, NULL) != 1)
		return;
	if (!out->any || checkpoint.size > out->size || (checkpoint.size == out->size && time > out->time)) {
		out->any = true;
		out->size = checkpoint.size;
		out->time = time;
	}
}

static int watch_witnesses(struct watching *watch, struct err *err)
{
	size_t count = watch->options->policy != NULL ? policy_witness_count(watch->options->policy) : 0, asked = 0;
	struct watched_witness *witnesses = mem_array(count + 1, sizeof(*witnesses));
	struct http_fetch *fetches = mem_array(count + 1, sizeof(*fetches));
	char **urls = mem_array(count + 1, sizeof(*urls)), hash[HOLDER_HASH_TEXT], path[HOLDER_HASH_TEXT + 16];
	size_t *whose = mem_array(count + 1, sizeof(*whose));
	int result;

	holder_origin_hash(archive_origin(watch->archive), hash);
	(void)snprintf(path, sizeof(path), "/%s/checkpoint", hash);
	for (size_t i = 0; i < count; i++) {
		struct policy_witness witness = policy_witness(watch->options->policy, i);

		witnesses[i] = (struct watched_witness){.name = witness.name, .why = ERR_INIT};
		take_cosignature(watch, log_checkpoint(archive_log(watch->archive)), witness.key, &witnesses[i]);
		for (size_t k = 0; k < watch->options->url_count; k++)
			take_cosignature(watch, buf_view(&watch->notes[k]), witness.key, &witnesses[i]);
		if (witness.url.n > 0 && (!witnesses[i].any || witnesses[i].size < watch->newest)) {
			whose[asked] = i;
			urls[asked++] = below(witness.url, path);
		}
	}
	result = get_all(watch, fetches, urls, asked, err);
	for (size_t i = 0; i < asked; i++) {
		struct watched_witness *witness = &witnesses[whose[i]];

		if (result == 0 && fetches[i].result == 0 && fetches[i].status == 200)
			take_cosignature(
				watch, buf_view(&fetches[i].answer), policy_witness(watch->options->policy, whose[i]).key, witness);
		else if (fetches[i].result != 0)
			witness->why = fetches[i].err;
		else
			err_set(&witness->why, ERR_NOT_FOUND, "%s: status %u", urls[i], fetches[i].status);
		buf_release(&fetches[i].answer);
		free(urls[i]);
	}
	for (size_t i = 0; i < count && result == 0; i++)
		watch->options->witness(watch->options->context, &witnesses[i]);
	free(witnesses);
	free(fetches);
	free(urls);
	free(whose);
	return result;
}

/* ---- all of it ------------------------------------------------------------------------------------------------------------------------------- */

int holder_watch(struct archive *archive, const struct holder_watch *options, uint64_t *newest, int64_t *last, struct err *err)
{
	struct watching watch = {.archive = archive, .options = options, .newest = log_size(archive_log(archive))};
	int result = -1;

	*last = watch.newest > 0 ? time_here(archive, watch.newest - 1) : 0;
	for (size_t i = 0; i < options->url_count; i++)
		if (http_url_check(options->urls[i], err) != 0)
			return -1;
	watch.notes = mem_array(options->url_count + 1, sizeof(*watch.notes));
	if (http_client_open(&watch.client, NULL, err) == 0 && watch_urls(&watch, err) == 0)
		result = watch_witnesses(&watch, err);
	*newest = watch.newest;
	http_client_close(watch.client);
	for (size_t i = 0; i < options->url_count; i++)
		buf_release(&watch.notes[i]);
	free(watch.notes);
	return result;
}
