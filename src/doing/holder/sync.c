/* A holder's copy follows its source: the log first, under the checkpoint that the log's key signed, then what its entries name.
 *
 * S1  Nothing that comes is believed: entries by the root, inventories by the entries, files by the inventories (T1, T2 in archive/take.c).
 * S2  What one source does not have, or has damaged, is asked of the next, and so is everything if a source shows no log of ours; what no source has
 *     is written down as missing and asked for again at the next time. It never holds up the rest.
 * S3  Cost follows what is new: entry bundles from the last held entry on, one request a bundle for the content of 256 entries; long files
 *     by themselves, from the byte where they broke off.
 * S4  What an expunge took leaves texts and search index as well, and what came late enters the catalogue, before the sync ends: also if it was another
 *     sync, that was killed, which brought it (P6). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync.h"

void sync_push(uint64_t **list, size_t *count, size_t *capacity, uint64_t value)
{
	if (*count == *capacity) {
		*capacity = *capacity == 0 ? 64 : *capacity * 2;
		*list = mem_grow(*list, *capacity, sizeof(**list));
	}
	(*list)[(*count)++] = value;
}

char *sync_url(const struct syncing *sync, const char *path)
{
	struct buf text = BUF_INIT;

	buf_str(&text, sync->source);
	buf_text(&text, path);
	return text.p;
}

void sync_tell(struct syncing *sync)
{
	if (sync->options->progress != NULL)
		sync->options->progress(sync->options->context, sync->done);
}

int sync_refused(const struct http_fetch *fetch, enum err_code code, struct err *err)
{
	struct str words = buf_view(&fetch->answer), line;

	if (!str_take_line(&words, &line))
		line = STR("");
	for (size_t i = 0; i < line.n; i++)
		if ((unsigned char)line.p[i] < ' ' || (unsigned char)line.p[i] == 0x7f)
			line.n = i;
	return err_set(err, code, "%s: status %u%s%.*s", fetch->url, fetch->status, line.n > 0 ? ": " : "",
		line.n > 240 ? 240 : (int)line.n, line.p);
}

int sync_get(struct syncing *sync, const char *path, struct http_fetch *fetch, struct err *err)
{
	char *at = sync_url(sync, path);
	int result = -1;

	fetch->url = at;
	if (http_fetch(sync->client, fetch, err) != 0)
		goto out;
	if (fetch->status == 404)
		result = 0;
	else if (fetch->status == 200)
		result = 1;
	else
		(void)sync_refused(fetch, ERR_SYSTEM, err);
out:
	fetch->url = NULL;
	free(at);
	return result;
}

void sync_name_source(const struct syncing *sync, struct err *err)
{
	if (err != NULL && !str_starts(str_from(err->text), sync->source))
		err_note(err, "%.*s", STR_ARG(sync->source));
}

int sync_read_entry(struct syncing *sync, uint64_t index, struct err *err)
{
	arena_release(&sync->arena);
	buf_clear(&sync->text);
	if (log_entry(archive_log(sync->archive), index, &sync->text, err) != 0)
		return -1;
	return entry_parse(&sync->entry, buf_view(&sync->text), &sync->arena, err);
}

int sync_commit(struct syncing *sync, uint64_t complete, struct err *err)
{
	for (size_t i = 0; i < sync->missing_count; i++)
		take_without(sync->take, sync->missing[i], WITHOUT_MISSING);
	sync->missing_count = 0;
	for (; sync->expunges_done < sync->expunge_count && sync->expunges[sync->expunges_done] < complete; sync->expunges_done++)
		if (sync_follow_expunge(sync, sync->expunges[sync->expunges_done], err) != 0)
			return -1;
	return take_commit(sync->take, complete, err);
}

static int count_waiting(void *context, const struct holder_kept *kept, struct err *err)
{
	struct syncing *sync = context;

	(void)err;
	sync->done->waiting += sync->options->expunge == HOLDER_ASK && kept->word == HOLDER_UNDECIDED;
	return 0;
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
		got = sync_versions(sync, at, last, err);
		if (got < 0)
			return -1;
		if (got == 0)
			break; /* a holder that is not so far itself */
		if (sync_later(sync, err) != 0 || sync_partly(sync, err) != 0)
			return -1;
		at = last;
		if (take_full(sync->take) && sync_commit(sync, at, err) != 0)
			return -1;
		sync->done->known = at;
		sync_tell(sync);
	}
	return sync_commit(sync, at, err);
}

bool sync_entitled(struct syncing *sync)
{
	struct http_fetch fetch = {.max = 4096, .seconds = 60};
	char *at;

	if (sync->entitled >= 0 || !signer_signs(sync->signer))
		return sync->entitled == 1;
	sync->entitled = 0;
	at = sync_url(sync, "/api/v1/status");
	fetch.url = at;
	if (http_fetch(sync->client, &fetch, NULL) == 0 && fetch.status == 200)
		sync->entitled = memmem(fetch.answer.p, fetch.answer.n, ",\"entitled\":true", 16) != NULL;
	else if (fetch.status == 401 && sync->options->notice != NULL)
		sync->options->notice(sync->options->context, fetch.answer.p);
	buf_release(&fetch.answer);
	free(at);
	return sync->entitled == 1;
}

static bool lacks_closed(const struct syncing *sync)
{
	enum without_why why;

	for (size_t i = 0; i < archive_without_count(sync->archive); i++) {
		(void)archive_without(sync->archive, i, &why);
		if (why == WITHOUT_CLOSED)
			return true;
	}
	return false;
}

/* S4 */
static int let_catalogue_see(struct syncing *sync, struct err *err)
{
	struct catalogue *catalogue;

	return archive_catalogue_waits(sync->archive) ? archive_catalogue(sync->archive, &catalogue, false, NULL, NULL, err) : 0;
}

/* What was closed and may be had now, and what was missing. */
static int fetch_without(struct syncing *sync, struct err *err)
{
	size_t count = archive_without_count(sync->archive);
	uint64_t *wanted = mem_array(count + 1, sizeof(*wanted));
	size_t wanted_count = 0;
	bool entitled = lacks_closed(sync) && sync_entitled(sync);
	int result = 0;

	for (size_t i = 0; i < count; i++) {
		enum without_why why;
		uint64_t index = archive_without(sync->archive, i, &why);
		struct access_view *view = NULL;

		if (why == WITHOUT_MISSING || (why == WITHOUT_CLOSED && entitled) ||
			(why == WITHOUT_BEHIND && sync_read_entry(sync, index, NULL) == 0 && sync_may_come(sync, index)) ||
			(why == WITHOUT_CLOSED && sync_read_entry(sync, index, NULL) == 0 &&
				access_view_open(&view, sync->archive, sync->entry.record, AUDIENCE_PUBLIC, NULL) == 0 &&
				access_may_read_inventory(view)))
			wanted[wanted_count++] = index;
		access_view_free(view);
	}
	for (size_t i = 0; i < wanted_count && result >= 0; i++) {
		sync->done->at = wanted[i];
		result = sync_versions(sync, wanted[i], wanted[i] + 1, err);
		if (result >= 0 && (sync_later(sync, err) != 0 || sync_partly(sync, err) != 0))
			result = -1;
		if (result >= 0 && take_full(sync->take) && sync_commit(sync, 0, err) != 0)
			result = -1;
	}
	free(wanted);
	if (result < 0 || (wanted_count > 0 && sync_commit(sync, 0, err) != 0))
		return -1;
	return let_catalogue_see(sync, err);
}

/* A source broke off. Of the entries that were under way all comes again, from another one: nothing may be staged twice. What is before them is good. *why
 * becomes the reason if that cannot be committed. */
static void put_aside(struct syncing *sync, struct err *why)
{
	uint64_t at = sync->done->at;
	struct err failed = ERR_INIT;

	sync->later_count = sync->partly_count = 0;
	while (sync->missing_count > 0 && sync->missing[sync->missing_count - 1] >= at)
		sync->missing_count--;
	sync->done->versions -= take_forget(sync->take, at);
	if (sync_commit(sync, at, &failed) == 0)
		return;
	if (failed.sys != 0)
		*why = failed;
	if (!take_stands(sync->take))
		sync->done->versions -= take_forget(sync->take, 0);
}

/* A full disk, a commit that failed, or a signal: no other source helps. */
static bool ends_it(const struct syncing *sync, const struct err *why)
{
	return why->code == ERR_INTERRUPTED || (why->code == ERR_SYSTEM && why->sys != 0) || take_stands(sync->take);
}

static void tell_failure(const struct syncing *sync, const struct err *why)
{
	if (why->code != ERR_NONE && sync->options->notice != NULL)
		sync->options->notice(sync->options->context, why->text);
}

int holder_sync(struct archive *archive, const struct holder_sync *options, struct holder_synced *done, struct err *err)
{
	struct http_client_options patience = {.rate = options->rate,
		.least = options->rate == 0 || options->rate / 4 > SYNC_LEAST ? SYNC_LEAST : 0,
		.stop = options->stop,
		.stop_context = options->context};
	struct syncing sync = {.archive = archive, .options = options, .done = done};
	struct err first = ERR_INIT, contrary = ERR_INIT;
	size_t reached = 0;
	int result = -1;

	memset(done, 0, sizeof(*done));
	done->contradiction.word = EVIDENCE_CONSISTENT;
	sync.json.max = STREAM_INVENTORY_MAX;
	if (signer_open(&sync.signer, archive, options->key, err) != 0 ||
		signer_client(&sync.client, sync.signer, &patience, err) != 0 || take_open(&sync.take, archive, err) != 0)
		goto out;
	done->size = log_size(archive_log(archive));
	for (size_t i = 0; i < options->url_count; i++) {
		struct err why = ERR_INIT;
		bool begun = false;

		sync.source = options->urls[i];
		sync.entitled = -1;
		done->at = archive_known(archive);
		while (sync.source.n > 0 && sync.source.p[sync.source.n - 1] == '/')
			sync.source.n--;
		if (http_url_check(sync.source, &why) == 0 && sync_log(&sync, &why) == 0) {
			reached++;
			begun = true;
			if (sync_gather(&sync, &why) == 0 && follow_content(&sync, &why) == 0 && fetch_without(&sync, &why) == 0 &&
				sync_partly(&sync, &why) == 0 && sync_notes(&sync, &why) == 0)
				continue;
		}
		/* A source that fails is told of if no other helps, one that is not of our history in any case. Neither keeps us from the others (S2): else
		 * whoever is asked first could, without the log's key. */
		if (begun && !ends_it(&sync, &why))
			put_aside(&sync, &why);
		if (ends_it(&sync, &why)) {
			tell_failure(&sync, &first);
			tell_failure(&sync, &contrary);
			if (err != NULL)
				*err = why;
			goto out;
		}
		sync_name_source(&sync, &why);
		/* Each is told once: these two wait until it is known which of them is what the whole sync says. */
		if (why.code == ERR_MISMATCH && contrary.code == ERR_NONE)
			contrary = why;
		else if (first.code == ERR_NONE)
			first = why;
		else
			tell_failure(&sync, &why);
	}
	if (let_catalogue_see(&sync, err) != 0)
		goto out;
	done->known = archive_known(archive);
	done->size = log_size(archive_log(archive));
	for (size_t i = 0; i < archive_without_count(archive); i++) {
		enum without_why why;

		(void)archive_without(archive, i, &why);
		done->missing += why == WITHOUT_MISSING;
	}
	if (contrary.code != ERR_NONE) {
		tell_failure(&sync, &first);
		if (err != NULL)
			*err = contrary;
		goto out;
	}
	if (first.code != ERR_NONE && (reached == 0 || done->known < done->size)) {
		if (err != NULL)
			*err = first;
		goto out;
	}
	tell_failure(&sync, &first);
	sync_open_tidy(&sync);
	result = holder_kept_each(archive, count_waiting, &sync, err);
out:
	take_close(sync.take);
	http_client_close(sync.client);
	signer_free(sync.signer);
	arena_release(&sync.arena);
	buf_release(&sync.text);
	buf_release(&sync.json);
	decisions_release(&sync.decisions);
	free(sync.gathered);
	free(sync.rewritten);
	free(sync.rebuilding);
	free(sync.only_expunged);
	free(sync.staying);
	free(sync.expunges);
	free(sync.changed);
	free(sync.partly);
	free(sync.later);
	free(sync.missing);
	return result;
}
