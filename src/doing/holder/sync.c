/* A holder's copy follows its source: the log first, under the checkpoint that the log's key signed, then what its entries name.
 *
 * S1  Nothing that comes is believed: entries by the root, inventories by the entries, files by the inventories (T1, T2 in archive/take.c).
 * S2  What one source does not have, or has damaged, is asked of the next; what no source has is written down as missing and asked for again
 *     at the next time. It never holds up the rest.
 * S3  Cost follows what is new: entry bundles from the last held entry on, one request a bundle for the content of 256 entries; long files
 *     by themselves, from the byte where they broke off. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define BUNDLES_AT_ONCE 16u
#define BUNDLE_MAX ((uint64_t)TILE_WIDTH * (ENTRY_MAX + 2))
#define INCOMING "incoming"

struct rewritten {
	uint64_t index;
	struct digest inventory;
};

struct syncing {
	struct archive *archive;
	const struct holder_sync *options;
	struct holder_synced *done;
	struct http_client *client;
	struct str source; /* the URL that is asked now, without a slash at its end */
	struct take *take;
	struct rewritten *rewritten;
	size_t rewritten_count, rewritten_capacity;
	uint64_t *expunges; /* indexes of expunge entries that are to be followed */
	size_t expunge_count, expunge_capacity, expunges_done;
	struct hash *changed; /* ids of records whose access new entries have changed */
	size_t changed_count, changed_capacity;
	/* the entry under way */
	struct arena arena;
	struct buf text, json;
	struct entry entry;
	uint64_t index;
	struct intake *intake;
	bool skip;  /* what comes of it is not wanted */
	bool large; /* it has long files: asked for by itself afterwards */
	uint64_t *later, *missing;
	size_t later_count, later_capacity, missing_count, missing_capacity;
};

static void push(uint64_t **list, size_t *count, size_t *capacity, uint64_t value)
{
	if (*count == *capacity) {
		*capacity = *capacity == 0 ? 64 : *capacity * 2;
		*list = mem_grow(*list, *capacity, sizeof(**list));
	}
	(*list)[(*count)++] = value;
}

static char *url(const struct syncing *sync, const char *path)
{
	struct buf text = BUF_INIT;

	buf_str(&text, sync->source);
	buf_text(&text, path);
	return text.p;
}

static void tell(struct syncing *sync)
{
	if (sync->options->progress != NULL)
		sync->options->progress(sync->options->context, sync->done);
}

/* ---- the log -------------------------------------------------------------------------------------------------------------------------- */

static int fetch_checkpoint(struct syncing *sync, struct buf *note, struct checkpoint *checkpoint, struct err *err)
{
	struct http_fetch fetch = {.max = NOTE_MAX, .seconds = 60};
	char *at = url(sync, "/checkpoint");
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
			err_set(err, ERR_MISMATCH, "%s is not signed by the key of %.*s", at, STR_ARG(archive_origin(sync->archive)));
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
	struct http_fetch fetches[BUNDLES_AT_ONCE], *all[BUNDLES_AT_ONCE];
	char *urls[BUNDLES_AT_ONCE];
	size_t count = 0;
	int result = 0;

	for (uint64_t bundle = from; bundle < to; bundle++, count++) {
		struct tile tile = {.level = TILE_ENTRIES, .index = bundle, .width = tile_width(0, bundle, size)};
		char path[TILE_PATH_MAX + 1] = "/";

		(void)tile_path(path + 1, &tile);
		urls[count] = url(sync, path);
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

/* A checkpoint that is not ahead: is it of our history? */
static int check_behind(struct syncing *sync, const struct checkpoint *checkpoint, struct err *err)
{
	struct hash root;

	if (checkpoint->size == log_size(archive_log(sync->archive)))
		root = *log_root(archive_log(sync->archive));
	else if (tiles_root(log_tiles(archive_log(sync->archive)), checkpoint->size, &root, err) != 0)
		return -1;
	if (hash_equal(&root, &checkpoint->root)) {
		if (checkpoint->size < log_size(archive_log(sync->archive)))
			sync->done->behind = true;
		return 0;
	}
	return err_set(err, ERR_MISMATCH,
		"%.*s shows a log of %" PRIu64 " entries with another history than the one held here: its keeper signed both. Keep both "
		"checkpoints: they are the proof",
		STR_ARG(sync->source), checkpoint->size);
}

static int follow_log(struct syncing *sync, struct err *err)
{
	uint64_t next = log_size(archive_log(sync->archive)), size;
	struct buf note = BUF_INIT;
	struct checkpoint checkpoint;
	int result = -1;

	if (fetch_checkpoint(sync, &note, &checkpoint, err) != 0)
		goto out;
	size = checkpoint.size;
	if (size <= next) {
		result = check_behind(sync, &checkpoint, err);
		goto out;
	}
	sync->done->size = size;
	for (uint64_t bundle = next / TILE_WIDTH, end = (size + TILE_WIDTH - 1) / TILE_WIDTH; bundle < end;) {
		uint64_t to = bundle + BUNDLES_AT_ONCE < end ? bundle + BUNDLES_AT_ONCE : end;

		if (os_check_interrupted(err) != 0 || fetch_bundles(sync, bundle, to, size, &next, err) != 0)
			goto out;
		bundle = to;
		tell(sync);
	}
	if (take_log_checkpoint(sync->take, buf_view(&note), err) != 0) {
		err_note(err, "%.*s", STR_ARG(sync->source));
		goto out;
	}
	result = 0;
out:
	take_log_abandon(sync->take);
	buf_release(&note);
	return result;
}

static int read_entry(struct syncing *sync, uint64_t index, struct err *err)
{
	arena_release(&sync->arena);
	buf_clear(&sync->text);
	if (log_entry(archive_log(sync->archive), index, &sync->text, err) != 0)
		return -1;
	return entry_parse(&sync->entry, buf_view(&sync->text), &sync->arena, err);
}

static int commit(struct syncing *, uint64_t complete, struct err *);

/* ---- what later entries say ----------------------------------------------------------------------------------------------------------- */

static int gather_expunge(void *context, uint64_t index, struct str text, struct err *err)
{
	struct syncing *sync = context;
	struct arena arena = ARENA_INIT;
	struct entry entry;

	(void)err;
	if (str_starts(text, STR("photostat.entry/v1 access\n")) && entry_parse(&entry, text, &arena, NULL) == 0) {
		if (sync->changed_count == sync->changed_capacity) {
			sync->changed_capacity = sync->changed_capacity == 0 ? 16 : sync->changed_capacity * 2;
			sync->changed = mem_grow(sync->changed, sync->changed_capacity, sizeof(*sync->changed));
		}
		sha256(entry.record.p, entry.record.n, &sync->changed[sync->changed_count++]);
	}
	arena_release(&arena);
	if (!str_starts(text, STR("photostat.entry/v1 expunge\n")))
		return 0;
	if (sync->options->expunge != HOLDER_FOLLOW) {
		take_without(sync->take, index, WITHOUT_KEPT);
		sync->done->kept++;
		return 0;
	}
	push(&sync->expunges, &sync->expunge_count, &sync->expunge_capacity, index);
	if (entry_parse(&entry, text, &arena, NULL) == 0)
		for (size_t i = 0; i < entry.rewritten_count; i++) {
			if (sync->rewritten_count == sync->rewritten_capacity) {
				sync->rewritten_capacity = sync->rewritten_capacity == 0 ? 16 : sync->rewritten_capacity * 2;
				sync->rewritten = mem_grow(sync->rewritten, sync->rewritten_capacity, sizeof(*sync->rewritten));
			}
			sync->rewritten[sync->rewritten_count++] = (struct rewritten){entry.rewritten[i].index, entry.rewritten[i].inventory};
		}
	arena_release(&arena);
	return 0;
}

static int by_hash(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct hash));
}

/* What was closed, and of whose access the log says something new, is asked for again. Only its keeper can tell whether it is open now: entries name
 * files by their leaves, which are not known here. */
static int ask_again(struct syncing *sync, struct err *err)
{
	if (sync->changed_count == 0)
		return 0;
	qsort(sync->changed, sync->changed_count, sizeof(*sync->changed), by_hash);
	for (size_t i = 0; i < archive_without_count(sync->archive); i++) {
		enum without_why why;
		uint64_t index = archive_without(sync->archive, i, &why);
		struct hash id;

		if (why != WITHOUT_CLOSED)
			continue;
		if (read_entry(sync, index, err) != 0)
			return -1;
		sha256(sync->entry.record.p, sync->entry.record.n, &id);
		if (bsearch(&id, sync->changed, sync->changed_count, sizeof(id), by_hash) != NULL)
			take_without(sync->take, index, WITHOUT_MISSING);
	}
	return 0;
}

/* Of the entries that are new; and, now that they are to be followed, of those that were kept. */
static int gather_expunges(struct syncing *sync, struct err *err)
{
	struct archive *archive = sync->archive;
	struct catalogue *catalogue;
	bool kept = false;

	sync->expunge_count = sync->expunges_done = sync->rewritten_count = sync->changed_count = 0;
	for (size_t i = 0; sync->options->expunge == HOLDER_FOLLOW && i < archive_without_count(archive); i++) {
		enum without_why why;
		uint64_t index = archive_without(archive, i, &why);
		struct buf text = BUF_INIT;
		int result;

		if (why != WITHOUT_KEPT)
			continue;
		result = log_entry(archive_log(archive), index, &text, err);
		if (result == 0)
			result = gather_expunge(sync, index, buf_view(&text), err);
		buf_release(&text);
		if (result != 0)
			return -1;
		kept = true;
	}
	if (log_each(archive_log(archive), archive_known(archive), log_size(archive_log(archive)), gather_expunge, sync, err) != 0 || ask_again(sync, err) != 0)
		return -1;
	/* The catalogue passed the kept ones by. */
	return kept && (commit(sync, archive_known(archive), err) != 0 || archive_catalogue(archive, &catalogue, true, NULL, NULL, err) != 0)
		       ? -1
		       : 0;
}

static struct digest inventory_now(const struct syncing *sync, uint64_t index, const struct digest *logged)
{
	for (size_t i = sync->rewritten_count; i-- > 0;)
		if (sync->rewritten[i].index == index)
			return sync->rewritten[i].inventory;
	return *logged;
}

/* ---- the content of a bundle ------------------------------------------------------------------------------------------------------------ */

/* What came is not what the log says, or did not come: this source does not have it (S2). Whatever else is wrong ends the sync. */
static int give_up_entry(struct syncing *sync, uint64_t index, struct err *err)
{
	if (err != NULL && err->code != ERR_MISMATCH && err->code != ERR_SYNTAX && err->code != ERR_LIMIT && err->code != ERR_NOT_FOUND)
		return -1;
	if (err != NULL && sync->options->notice != NULL)
		sync->options->notice(sync->options->context, err->text);
	if (err != NULL)
		*err = (struct err)ERR_INIT;
	intake_free(sync->intake);
	sync->intake = NULL;
	sync->skip = true;
	push(&sync->missing, &sync->missing_count, &sync->missing_capacity, index);
	return 0;
}

static int on_entry(void *context, uint64_t index, enum stream_word word, struct err *err)
{
	struct syncing *sync = context;

	sync->index = index;
	sync->skip = true;
	sync->large = false;
	if (read_entry(sync, index, err) != 0) {
		/* An entry that is none is the keeper's fault, and audit's business. */
		if (err != NULL && err->code == ERR_SYNTAX)
			*err = (struct err)ERR_INIT;
		return err == NULL || err->code == ERR_NONE ? 0 : -1;
	}
	if (sync->entry.kind != ENTRY_VERSION)
		return 0;
	switch (word) {
	case STREAM_HELD:
		sync->skip = false;
		break;
	case STREAM_CLOSED:
		take_without(sync->take, index, WITHOUT_CLOSED);
		sync->done->closed++;
		break;
	case STREAM_NONE:
	case STREAM_GONE:
		push(&sync->missing, &sync->missing_count, &sync->missing_capacity, index);
		break;
	}
	return 0;
}

static int on_inventory(void *context, uint64_t index, struct str json, struct err *err)
{
	struct syncing *sync = context;
	struct digest inventory;

	if (sync->skip)
		return 0;
	inventory = inventory_now(sync, index, &sync->entry.inventory);
	if (take_begin(sync->take, index, sync->entry.record, sync->entry.version, &inventory, json, &sync->intake, err) != 0)
		return give_up_entry(sync, index, err);
	buf_clear(&sync->json);
	buf_str(&sync->json, json);
	sync->done->received += json.n;
	if (sync->intake == NULL) {
		take_found(sync->take, index); /* all of it is here */
		sync->skip = true;
	}
	return buf_check(&sync->json, "an inventory", err);
}

static int on_file(void *context, uint64_t index, struct str path, uint64_t size, struct err *err)
{
	struct syncing *sync = context;

	if (sync->skip || sync->intake == NULL)
		return 0;
	if (intake_file(sync->intake, path, size, err) != 0)
		return give_up_entry(sync, index, err);
	return 0;
}

static int on_bytes(void *context, struct str piece, struct err *err)
{
	struct syncing *sync = context;

	sync->done->received += piece.n;
	if (sync->skip || sync->intake == NULL)
		return 0;
	take_bytes(sync->take, piece.n);
	return intake_bytes(sync->intake, piece, err);
}

static int on_file_end(void *context, struct err *err)
{
	struct syncing *sync = context;

	if (sync->skip || sync->intake == NULL)
		return 0;
	return intake_file_end(sync->intake, err) != 0 ? give_up_entry(sync, sync->index, err) : 0;
}

static int on_large(void *context, uint64_t index, struct str path, uint64_t size, struct err *err)
{
	struct syncing *sync = context;

	(void)index;
	(void)path;
	(void)size;
	(void)err;
	sync->large = !sync->skip;
	return 0;
}

static int on_end(void *context, uint64_t index, struct err *err)
{
	struct syncing *sync = context;
	struct intake *intake = sync->intake;

	sync->intake = NULL;
	if (sync->skip || intake == NULL)
		return 0;
	if (sync->large) {
		intake_free(intake);
		push(&sync->later, &sync->later_count, &sync->later_capacity, index);
		return 0;
	}
	if (take_end(sync->take, intake, buf_view(&sync->json), err) != 0) {
		intake_free(intake);
		return give_up_entry(sync, index, err);
	}
	intake_free(intake);
	take_found(sync->take, index);
	sync->done->versions++;
	return 0;
}

struct feeding {
	struct syncing *sync;
	struct stream_reader *reader;
};

static int feed(void *context, struct str piece, struct err *err)
{
	struct feeding *feeding = context;

	return stream_read(feeding->reader, piece, err);
}

/* 1: done; 0: this source does not go so far; -1. */
static int fetch_versions(struct syncing *sync, uint64_t first, uint64_t last, struct err *err)
{
	static const struct stream_calls calls = {on_entry, on_inventory, on_file, on_bytes, on_file_end, on_large, on_end};
	struct feeding feeding = {sync, stream_reader_new(&calls, sync, first)};
	struct http_fetch fetch = {.max = UINT64_MAX, .sink = feed, .context = &feeding};
	char path[80];
	char *at;
	int result = -1;

	(void)snprintf(path, sizeof(path), "/api/v1/versions/%" PRIu64 "-%" PRIu64, first, last);
	at = url(sync, path);
	fetch.url = at;
	if (http_fetch(sync->client, &fetch, err) != 0)
		goto out;
	if (fetch.status == 404) {
		result = 0;
		goto out;
	}
	if (fetch.status != 200) {
		err_set(err, ERR_SYSTEM, "%s: status %u", at, fetch.status);
		goto out;
	}
	if (stream_finish(feeding.reader, last, err) != 0) {
		err_note(err, "%s", at);
		goto out;
	}
	result = 1;
out:
	intake_free(sync->intake);
	sync->intake = NULL;
	stream_reader_free(feeding.reader);
	buf_release(&fetch.answer);
	free(at);
	return result;
}

/* ---- long files --------------------------------------------------------------------------------------------------------------------------- */

struct growing {
	struct syncing *sync;
	int fd;
	struct hasher *hasher;
};

static int grow(void *context, struct str piece, struct err *err)
{
	struct growing *growing = context;

	hasher_add(growing->hasher, piece.p, piece.n);
	growing->sync->done->received += piece.n;
	tell(growing->sync);
	return os_write(growing->fd, piece.p, piece.n, INCOMING, err);
}

static int hash_there(int fd, struct hasher *hasher, uint64_t *size, struct err *err)
{
	char *bytes = mem_grow(NULL, 1, 1u << 18);
	ssize_t got;

	while ((got = os_read(fd, bytes, 1u << 18, INCOMING, err)) > 0) {
		hasher_add(hasher, bytes, (size_t)got);
		*size += (uint64_t)got;
	}
	free(bytes);
	return got < 0 ? -1 : 0;
}

/* One content file into incoming/<digest>, going on where it broke off; at the end its digest is right. */
static int fetch_long(struct syncing *sync, uint64_t index, struct str path, const struct digest *expected, const char *name, int folder,
	struct err *err)
{
	struct growing growing = {.sync = sync, .fd = -1, .hasher = hasher_new(expected->alg)};
	struct http_fetch fetch = {.max = UINT64_MAX, .sink = grow, .context = &growing};
	struct buf at = BUF_INIT;
	struct digest found;
	int result = -1;

	buf_str(&at, sync->source);
	buf_printf(&at, "/api/v1/objects/%" PRIu64 "/", index);
	http_url_path(&at, path);
	hasher_begin(growing.hasher);
	growing.fd = os_open(folder, name, O_RDWR | O_CREAT, 0600, err);
	if (growing.fd < 0 || hash_there(growing.fd, growing.hasher, &fetch.offset, err) != 0)
		goto out;
	fetch.url = at.p;
	if (http_fetch(sync->client, &fetch, err) != 0)
		goto out;
	if (fetch.status == 200 && fetch.offset > 0) { /* it sent all again behind what was there */
		(void)os_unlink(folder, name, NULL);
		err_set(err, ERR_MISMATCH, "%s: the source cannot go on within a file", at.p);
		goto out;
	}
	if (fetch.status != 200 && fetch.status != 206 && fetch.status != 416) {
		err_set(err, ERR_NOT_FOUND, "%s: status %u", at.p, fetch.status);
		goto out;
	}
	hasher_end(growing.hasher, &found);
	if (!digest_equal(&found, expected)) {
		(void)os_unlink(folder, name, NULL);
		err_set(err, ERR_MISMATCH, "%s: these are not the bytes that the log names", at.p);
		goto out;
	}
	result = os_close_written(growing.fd, name, err);
	growing.fd = -1;
out:
	os_close(growing.fd);
	hasher_free(growing.hasher);
	buf_release(&fetch.answer);
	buf_release(&at);
	return result;
}

/* One content file of a version: linked from what is here with the same bytes, or fetched. */
static int take_file(struct syncing *sync, uint64_t index, struct intake *intake, struct str path, const struct digest *expected,
	const struct object_version *old, int folder, struct err *err)
{
	struct buf name = BUF_INIT, content = BUF_INIT;
	uint32_t manifest;
	int result = -1;

	if (old != NULL && inventory_find_digest(object_inventory(old), expected, &manifest) &&
		inventory_content(object_inventory(old), manifest, 0, &content)) {
		result = intake_link(intake, path, object_fd(old), content.p, err);
		goto out;
	}
	buf_hex(&name, expected->bytes, digest_size(expected->alg));
	if (fetch_long(sync, index, path, expected, name.p, folder, err) != 0)
		goto out;
	result = intake_link(intake, path, folder, name.p, err);
	if (result == 0)
		(void)os_unlink(folder, name.p, NULL);
out:
	buf_release(&name);
	buf_release(&content);
	return result;
}

static int take_files(struct syncing *sync, uint64_t index, struct intake *intake, const struct object_version *old, struct err *err)
{
	const struct inventory *inventory = intake_inventory(intake);
	struct buf content = BUF_INIT;
	char prefix[48];
	int folder, result = -1;

	(void)snprintf(prefix, sizeof(prefix), "v%u/content/", inventory_head(inventory));
	folder = holder_folder(sync->archive, INCOMING, err);
	if (folder < 0)
		return -1;
	for (uint32_t i = 0; i < inventory_manifest_count(inventory); i++) {
		struct digest expected;

		inventory_digest(inventory, i, &expected);
		for (size_t which = 0; inventory_content(inventory, i, which, &content); which++)
			if (str_starts(buf_view(&content), str_from(prefix)) &&
				take_file(sync, index, intake, buf_view(&content), &expected, old, folder, err) != 0)
				goto out;
	}
	result = 0;
out:
	os_close(folder);
	buf_release(&content);
	return result;
}

static int fetch_inventory(struct syncing *sync, uint64_t index, uint64_t version, struct buf *json, struct err *err)
{
	struct http_fetch fetch = {.max = STREAM_INVENTORY_MAX};
	char path[96];
	char *at;
	int result;

	(void)snprintf(path, sizeof(path), "/api/v1/objects/%" PRIu64 "/v%" PRIu64 "/" OCFL_INVENTORY, index, version);
	at = url(sync, path);
	fetch.url = at;
	result = http_fetch(sync->client, &fetch, err);
	if (result == 0 && fetch.status != 200)
		result = err_set(err, ERR_NOT_FOUND, "%s: status %u", at, fetch.status);
	if (result == 0)
		buf_str(json, buf_view(&fetch.answer));
	buf_release(&fetch.answer);
	free(at);
	return result;
}

/* A version with long files, by itself. */
static int fetch_alone(struct syncing *sync, uint64_t index, struct err *err)
{
	struct intake *intake = NULL;
	struct digest inventory;
	int result = -1;

	if (read_entry(sync, index, err) != 0)
		return -1;
	inventory = inventory_now(sync, index, &sync->entry.inventory);
	buf_clear(&sync->json);
	if (fetch_inventory(sync, index, sync->entry.version, &sync->json, err) != 0 ||
		take_begin(sync->take, index, sync->entry.record, sync->entry.version, &inventory, buf_view(&sync->json), &intake, err) != 0)
		goto out;
	if (intake != NULL && (take_files(sync, index, intake, NULL, err) != 0 ||
				      take_end(sync->take, intake, buf_view(&sync->json), err) != 0))
		goto out;
	take_found(sync->take, index);
	sync->done->versions++;
	result = 0;
out:
	intake_free(intake);
	return result != 0 ? give_up_entry(sync, index, err) : 0;
}

static int fetch_later(struct syncing *sync, struct err *err)
{
	int result = 0;

	for (size_t i = 0; i < sync->later_count && result == 0; i++)
		result = os_check_interrupted(err) != 0 ? -1 : fetch_alone(sync, sync->later[i], err);
	sync->later_count = 0;
	return result;
}

/* ---- expunged ----------------------------------------------------------------------------------------------------------------------------- */

/* The object that an expunge has rewritten, as the log says it is now: what stays is linked, what is new is fetched. */
static int rebuild(struct syncing *sync, uint64_t index, struct str id, struct err *err)
{
	struct object_version *old = NULL;
	struct archive_version version;
	struct digest *inventories = NULL;
	uint64_t *indexes = NULL, count;
	int result = -1;

	if (archive_open_version(sync->archive, id, 0, &old, &version, err) != 0)
		return -1;
	count = version.version;
	inventories = mem_array(count, sizeof(*inventories));
	indexes = mem_array(count, sizeof(*indexes));
	for (uint64_t i = 0; i < count; i++) {
		if (archive_version(sync->archive, id, i + 1, &version, err) != 0)
			goto out;
		indexes[i] = version.index;
		inventories[i] = inventory_now(sync, version.index, &version.inventory);
	}
	if (take_rebuild_begin(sync->take, index, id, count, &inventories[count - 1], err) != 0)
		goto out;
	for (uint64_t i = 0; i < count; i++) {
		struct intake *intake = NULL;
		int taken;

		buf_clear(&sync->json);
		if (fetch_inventory(sync, indexes[i], i + 1, &sync->json, err) != 0)
			goto out;
		taken = take_rebuild_version(sync->take, i + 1, &inventories[i], buf_view(&sync->json), &intake, err);
		if (taken == 0)
			taken = take_files(sync, indexes[i], intake, old, err);
		if (taken == 0)
			taken = take_rebuild_version_end(sync->take, intake, buf_view(&sync->json), i + 1, err);
		intake_free(intake);
		if (taken != 0)
			goto out;
	}
	take_rebuild_end(sync->take);
	result = 0;
out:
	free(inventories);
	free(indexes);
	object_free(old);
	return result;
}

/* Does this expunge entry change what is held here? */
static int is_needed(struct syncing *sync, uint64_t index, bool *needed, struct err *err)
{
	*needed = false;
	if (read_entry(sync, index, err) != 0)
		return -1;
	for (size_t i = 0; i < sync->entry.rewritten_count; i++) {
		const struct entry_rewritten *line = &sync->entry.rewritten[i];
		struct digest now = inventory_now(sync, line->index, &line->inventory);

		*needed = *needed || (line->index < archive_known(sync->archive) && archive_holds(sync->archive, line->index) &&
					     !take_has(sync->take, sync->entry.record, line->version, &now));
	}
	return 0;
}

/* Everything before it is held then; what it rewrites is staged, and published with what is committed next. */
static int follow_expunge(struct syncing *sync, uint64_t index, struct err *err)
{
	struct buf id = BUF_INIT;
	bool needed;
	int result = -1;

	if (take_commit(sync->take, index, err) != 0 || is_needed(sync, index, &needed, err) != 0)
		return -1;
	buf_str(&id, sync->entry.record);
	if (!needed || rebuild(sync, index, buf_view(&id), err) == 0) {
		result = 0;
		sync->done->expunged += needed;
		take_found(sync->take, index);
	}
	buf_release(&id);
	return result;
}

/* ---- the content of all ------------------------------------------------------------------------------------------------------------------- */

static int commit(struct syncing *sync, uint64_t complete, struct err *err)
{
	for (size_t i = 0; i < sync->missing_count; i++)
		take_without(sync->take, sync->missing[i], WITHOUT_MISSING);
	sync->missing_count = 0;
	for (; sync->expunges_done < sync->expunge_count && sync->expunges[sync->expunges_done] < complete; sync->expunges_done++)
		if (follow_expunge(sync, sync->expunges[sync->expunges_done], err) != 0)
			return -1;
	return take_commit(sync->take, complete, err);
}

static int follow_content(struct syncing *sync, struct err *err)
{
	uint64_t size = log_size(archive_log(sync->archive)), at = archive_known(sync->archive);

	while (at < size) {
		uint64_t last = (at / STREAM_ENTRIES_MAX + 1) * STREAM_ENTRIES_MAX;
		int got;

		if (last > size)
			last = size;
		sync->done->at = at;
		if (os_check_interrupted(err) != 0)
			return -1;
		got = fetch_versions(sync, at, last, err);
		if (got < 0)
			return -1;
		if (got == 0)
			break; /* a holder that is not so far itself */
		if (fetch_later(sync, err) != 0)
			return -1;
		at = last;
		if (take_full(sync->take) && commit(sync, at, err) != 0)
			return -1;
		sync->done->known = at;
		tell(sync);
	}
	return commit(sync, at, err);
}

/* What was closed and may be had now, and what was missing. */
static int fetch_without(struct syncing *sync, struct err *err)
{
	size_t count = archive_without_count(sync->archive);
	uint64_t *wanted = mem_array(count + 1, sizeof(*wanted));
	size_t wanted_count = 0;
	struct catalogue *catalogue;
	int result = 0;

	for (size_t i = 0; i < count; i++) {
		enum without_why why;
		uint64_t index = archive_without(sync->archive, i, &why);
		struct access_view *view = NULL;

		if (why == WITHOUT_MISSING)
			wanted[wanted_count++] = index;
		else if (why == WITHOUT_CLOSED && read_entry(sync, index, NULL) == 0 &&
			access_view_open(&view, sync->archive, sync->entry.record, AUDIENCE_PUBLIC, NULL) == 0 &&
			access_may_read_inventory(view))
			wanted[wanted_count++] = index;
		access_view_free(view);
	}
	for (size_t i = 0; i < wanted_count && result >= 0; i++) {
		sync->done->at = wanted[i];
		result = fetch_versions(sync, wanted[i], wanted[i] + 1, err);
		if (result >= 0 && fetch_later(sync, err) != 0)
			result = -1;
		if (result >= 0 && take_full(sync->take) && commit(sync, 0, err) != 0)
			result = -1;
	}
	free(wanted);
	if (result < 0 || (wanted_count > 0 && commit(sync, 0, err) != 0))
		return -1;
	/* The catalogue passed them by without their descriptions. */
	return archive_without_count(sync->archive) < count ? archive_catalogue(sync->archive, &catalogue, true, NULL, NULL, err) : 0;
}

int holder_sync(struct archive *archive, const struct holder_sync *options, struct holder_synced *done, struct err *err)
{
	struct http_client_options patience = {.rate = options->rate, .stop = options->stop, .stop_context = options->context};
	struct syncing sync = {.archive = archive, .options = options, .done = done};
	struct err first = ERR_INIT;
	size_t reached = 0;
	int result = -1;

	memset(done, 0, sizeof(*done));
	sync.json.max = STREAM_INVENTORY_MAX;
	if (http_client_open(&sync.client, &patience, err) != 0 || take_open(&sync.take, archive, err) != 0)
		goto out;
	done->size = log_size(archive_log(archive));
	for (size_t i = 0; i < options->url_count; i++) {
		struct err why = ERR_INIT;

		sync.source = options->urls[i];
		while (sync.source.n > 0 && sync.source.p[sync.source.n - 1] == '/')
			sync.source.n--;
		if (http_url_check(sync.source, &why) == 0 && follow_log(&sync, &why) == 0) {
			reached++;
			if (gather_expunges(&sync, &why) == 0 && follow_content(&sync, &why) == 0 && fetch_without(&sync, &why) == 0)
				continue;
		}
		/* Another history, a full disk or a signal is told at once; a source that fails, only if no other helps. */
		if (why.code == ERR_INTERRUPTED || (why.code == ERR_SYSTEM && why.sys != 0) || why.code == ERR_MISMATCH) {
			if (err != NULL)
				*err = why;
			goto out;
		}
		if (first.code == ERR_NONE)
			first = why;
		if (options->notice != NULL)
			options->notice(options->context, why.text);
	}
	done->known = archive_known(archive);
	done->size = log_size(archive_log(archive));
	for (size_t i = 0; i < archive_without_count(archive); i++) {
		enum without_why why;

		(void)archive_without(archive, i, &why);
		done->missing += why == WITHOUT_MISSING;
	}
	if (first.code != ERR_NONE && (reached == 0 || done->known < done->size)) {
		if (err != NULL)
			*err = first;
		goto out;
	}
	result = 0;
out:
	take_close(sync.take);
	http_client_close(sync.client);
	arena_release(&sync.arena);
	buf_release(&sync.text);
	buf_release(&sync.json);
	free(sync.rewritten);
	free(sync.expunges);
	free(sync.changed);
	free(sync.later);
	free(sync.missing);
	return result;
}
