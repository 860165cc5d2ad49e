/* An expunge that is followed: the record's object is built anew aside, as its keeper has it now, proven (T10 in archive/take.c), and exchanged. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync.h"

/* A record whose object is rebuilt, as the log says it is now. */
struct rebuilt {
	struct str id;
	struct archive_version *versions; /* [number - 1] */
	uint64_t count;
	uint64_t *expunges; /* indexes of its expunge entries */
	size_t expunge_count, expunge_capacity;
};

static void rebuilt_release(struct rebuilt *rebuilt)
{
	free(rebuilt->versions);
	free(rebuilt->expunges);
}

static int add_followed(void *context, uint64_t index, struct str text, struct err *err)
{
	struct rebuilt *rebuilt = context;

	(void)err;
	if (str_starts(text, STR("photostat.entry/v1 expunge\n")))
		sync_push(&rebuilt->expunges, &rebuilt->expunge_count, &rebuilt->expunge_capacity, index);
	return 0;
}

static int by_number(const void *a, const void *b)
{
	const uint64_t *one = a, *other = b;

	return (*one > *other) - (*one < *other);
}

/* In the order of the log, each once. */
static void arrange(struct rebuilt *rebuilt)
{
	size_t kept = 0;

	if (rebuilt->expunge_count > 1)
		qsort(rebuilt->expunges, rebuilt->expunge_count, sizeof(*rebuilt->expunges), by_number);
	for (size_t i = 0; i < rebuilt->expunge_count; i++)
		if (kept == 0 || rebuilt->expunges[kept - 1] != rebuilt->expunges[i])
			rebuilt->expunges[kept++] = rebuilt->expunges[i];
	rebuilt->expunge_count = kept;
}

/* What it is to be: of all its expunges, those that were followed before and those that are now. */
static int plan_rebuild(struct syncing *sync, struct rebuilt *rebuilt, struct err *err)
{
	struct archive_version newest;
	struct hash id;

	if (archive_version(sync->archive, rebuilt->id, 0, &newest, err) != 0)
		return -1;
	rebuilt->count = newest.version;
	/* Behind the newest that is here there may be versions that could not stand on what was kept. */
	while (archive_version(sync->archive, rebuilt->id, rebuilt->count + 1, &newest, NULL) == 0)
		rebuilt->count++;
	rebuilt->versions = mem_array(rebuilt->count, sizeof(*rebuilt->versions));
	for (uint64_t i = 0; i < rebuilt->count; i++) {
		struct archive_version *version = &rebuilt->versions[i];

		if (archive_version(sync->archive, rebuilt->id, i + 1, version, err) != 0)
			return -1;
		version->inventory = sync_inventory_now(sync, version->index, &version->inventory);
	}
	if (archive_each_entry(sync->archive, rebuilt->id, add_followed, rebuilt, err) != 0)
		return -1;
	sha256(rebuilt->id.p, rebuilt->id.n, &id);
	for (size_t i = 0; i < sync->gathered_count; i++)
		if (hash_equal(&sync->gathered[i].id, &id))
			sync_push(&rebuilt->expunges, &rebuilt->expunge_count, &rebuilt->expunge_capacity, sync->gathered[i].index);
	arrange(rebuilt);
	return 0;
}

/* The newest version that is here, whose files need not come: the newest of all may be missing, or stand already as the expunge leaves it. NULL: none. */
static int open_newest(struct syncing *sync, const struct rebuilt *rebuilt, struct object_version **old, struct err *err)
{
	for (uint64_t number = rebuilt->count; number > 0; number--) {
		struct archive_version version;
		struct err why = ERR_INIT;

		if (archive_open_version(sync->archive, rebuilt->id, number, old, &version, &why) == 0)
			return 0;
		*old = NULL;
		if (why.code != ERR_NOT_FOUND && why.code != ERR_MISMATCH && why.code != ERR_SYNTAX && why.code != ERR_LIMIT)
			return err_set(err, why.code, "%s", why.text);
	}
	return 0;
}

static int rebuild_version(
	struct syncing *sync, const struct archive_version *version, const struct object_version *old, struct err *err)
{
	struct intake *intake = NULL;
	int result;

	buf_clear(&sync->json);
	if (sync_inventory(sync, version->index, version->version, &sync->json, err) != 0)
		return -1;
	result = take_rebuild_version(sync->take, version->version, &version->inventory, buf_view(&sync->json), &intake, err);
	if (result == 0)
		result = sync_files(sync, version->index, intake, old, err);
	if (result == 0)
		result = take_rebuild_version_end(sync->take, intake, buf_view(&sync->json), version->version, err);
	intake_free(intake);
	return result;
}

/* The object that expunges have rewritten, as the log says it is now: what stays is linked, what is new is fetched. */
static int rebuild(struct syncing *sync, uint64_t index, struct str id, struct err *err)
{
	struct rebuilt rebuilt = {.id = id};
	struct object_version *old = NULL;
	int result = -1;

	if (plan_rebuild(sync, &rebuilt, err) != 0 || open_newest(sync, &rebuilt, &old, err) != 0 ||
		take_rebuild_begin(
			sync->take, index, id, rebuilt.count, &rebuilt.versions[rebuilt.count - 1].inventory, false, err) != 0)
		goto out;
	for (uint64_t i = 0; i < rebuilt.count; i++)
		if (rebuild_version(sync, &rebuilt.versions[i], old, err) != 0)
			goto out;
	if (take_rebuild_prove(sync->take, rebuilt.versions, rebuilt.count, rebuilt.expunges, rebuilt.expunge_count, err) != 0)
		goto out;
	take_rebuild_end(sync->take);
	for (uint64_t i = 0; i < rebuilt.count; i++)
		take_found(sync->take, rebuilt.versions[i].index);
	result = 0;
out:
	rebuilt_release(&rebuilt);
	object_free(old);
	return result;
}

/* Does this expunge entry change what is held here? */
static int is_needed(struct syncing *sync, uint64_t index, bool *needed, struct err *err)
{
	*needed = false;
	if (sync_read_entry(sync, index, err) != 0)
		return -1;
	for (size_t i = 0; i < sync->entry.rewritten_count; i++) {
		const struct entry_rewritten *line = &sync->entry.rewritten[i];
		struct digest now = sync_inventory_now(sync, line->index, &line->inventory);

		*needed = *needed || (line->index < archive_known(sync->archive) && archive_holds(sync->archive, line->index) &&
					     !take_has(sync->take, sync->entry.record, line->version, &now));
	}
	return 0;
}

/* What this source cannot give, or has wrong, holds up nothing else (S2): what is here stays, and the next source is asked, and the next sync. */
static int leave(struct syncing *sync, uint64_t index, struct str id, const struct err *why, struct err *err)
{
	struct buf sentence = BUF_INIT;

	if (why->code != ERR_MISMATCH && why->code != ERR_SYNTAX && why->code != ERR_LIMIT && why->code != ERR_NOT_FOUND) {
		if (err != NULL)
			*err = *why;
		return -1;
	}
	buf_printf(&sentence, "entry %" PRIu64 " is not followed, and what it expunges of ", index);
	buf_str(&sentence, id);
	buf_text(&sentence, " stays here: ");
	if (!str_starts(str_from(why->text), sync->source))
		buf_printf(&sentence, "%.*s: ", STR_ARG(sync->source));
	buf_text(&sentence, why->text);
	if (sync->options->notice != NULL)
		sync->options->notice(sync->options->context, sentence.p);
	buf_release(&sentence);
	return 0;
}

/* Everything before it is held then. A record is rebuilt once, as all its expunges left it: the first of them that is come to decides for the others. */
int sync_follow_expunge(struct syncing *sync, uint64_t index, struct err *err)
{
	struct rebuilding *rebuilding;
	struct err why = ERR_INIT;
	struct buf id = BUF_INIT;
	bool needed, took;
	int result = -1;

	if (take_commit(sync->take, index, err) != 0 || is_needed(sync, index, &needed, err) != 0)
		return -1;
	buf_str(&id, sync->entry.record);
	rebuilding = sync_rebuilding(sync, buf_view(&id));
	if (rebuilding != NULL && rebuilding->state == REBUILDING_FAILED)
		goto kept;
	if (needed && rebuild(sync, index, buf_view(&id), &why) != 0) {
		if (leave(sync, index, buf_view(&id), &why, err) != 0)
			goto out;
		if (rebuilding != NULL)
			rebuilding->state = REBUILDING_FAILED;
		goto kept;
	}
	if (rebuilding != NULL)
		rebuilding->state = REBUILDING_DONE;
	/* Before it is written down that it was followed. */
	if (sync_open_expunge(sync, index, &took, err) != 0)
		goto out;
	sync->done->expunged += needed || took;
	take_found(sync->take, index);
	if (needed || took)
		take_expunged(sync->take, index, buf_view(&id));
	/* With the versions that came by it, and as followed: nothing that fails later may leave one without the other. */
	result = needed ? take_commit(sync->take, index + 1, err) : 0;
	goto out;
kept:
	take_without(sync->take, index, WITHOUT_WAITS);
	sync->done->not_followed++;
	result = 0;
out:
	buf_release(&id);
	return result;
}
