/* What later entries say of what is held, or is about to be: access that changed, expunges in their place. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync.h"

static void note_changed(struct syncing *sync, const struct entry *entry)
{
	if (sync->changed_count == sync->changed_capacity) {
		sync->changed_capacity = sync->changed_capacity == 0 ? 16 : sync->changed_capacity * 2;
		sync->changed = mem_grow(sync->changed, sync->changed_capacity, sizeof(*sync->changed));
	}
	sha256(entry->record.p, entry->record.n, &sync->changed[sync->changed_count++]);
}

static void note_rewritten(struct syncing *sync, const struct entry *entry)
{
	for (size_t i = 0; i < entry->rewritten_count; i++) {
		if (sync->rewritten_count == sync->rewritten_capacity) {
			sync->rewritten_capacity = sync->rewritten_capacity == 0 ? 16 : sync->rewritten_capacity * 2;
			sync->rewritten = mem_grow(sync->rewritten, sync->rewritten_capacity, sizeof(*sync->rewritten));
		}
		sync->rewritten[sync->rewritten_count++] =
			(struct rewritten){entry->rewritten[i].index, entry->rewritten[i].inventory};
	}
}

/* Whether something of what it takes is here. */
static void look_for_taken(struct syncing *sync, const struct entry *entry, struct expunction *expunction)
{
	for (size_t i = 0; i < entry->rewritten_count && !expunction->rebuilds; i++) {
		uint64_t index = entry->rewritten[i].index;

		if (index >= archive_known(sync->archive))
			continue;
		expunction->rebuilds = archive_holds(sync->archive, index);
		expunction->takes = expunction->takes || expunction->rebuilds || sync_open_has(sync, index);
	}
}

static struct expunction *note_expunge(struct syncing *sync, uint64_t index, const struct entry *entry)
{
	/* What is decided of this one goes before what is said of all (D2 in decisions.c). */
	const struct decision *decision = decisions_find(&sync->decisions, index);
	bool follow = decision != NULL ? decision->follow : sync->options->expunge == HOLDER_FOLLOW;
	struct expunction *expunction;

	if (sync->gathered_count == sync->gathered_capacity) {
		sync->gathered_capacity = sync->gathered_capacity == 0 ? 16 : sync->gathered_capacity * 2;
		sync->gathered = mem_grow(sync->gathered, sync->gathered_capacity, sizeof(*sync->gathered));
	}
	expunction = &sync->gathered[sync->gathered_count++];
	*expunction = (struct expunction){.index = index, .fresh = true};
	look_for_taken(sync, entry, expunction);
	expunction->follow = !expunction->takes || follow;
	expunction->keep = !expunction->follow && (decision != NULL || sync->options->expunge == HOLDER_KEEP);
	sha256(entry->record.p, entry->record.n, &expunction->id);
	return expunction;
}

static int gather(void *context, uint64_t index, struct str text, struct err *err)
{
	struct syncing *sync = context;
	struct arena arena = ARENA_INIT;
	struct entry entry;

	(void)err;
	if ((str_starts(text, STR("photostat.entry/v1 access\n")) || str_starts(text, STR("photostat.entry/v1 expunge\n"))) &&
		entry_parse(&entry, text, &arena, NULL) == 0) {
		if (entry.kind == ENTRY_ACCESS)
			note_changed(sync, &entry);
		else
			(void)note_expunge(sync, index, &entry);
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
		if (sync_read_entry(sync, index, err) != 0)
			return -1;
		sha256(sync->entry.record.p, sync->entry.record.n, &id);
		if (bsearch(&id, sync->changed, sync->changed_count, sizeof(id), by_hash) != NULL)
			take_without(sync->take, index, WITHOUT_MISSING);
	}
	return 0;
}

static int by_record(const void *a, const void *b)
{
	const struct expunction *one = a, *other = b;
	int order = memcmp(&one->id, &other->id, sizeof(one->id));

	return order != 0 ? order : (one->index > other->index) - (one->index < other->index);
}

static int by_index(const void *a, const void *b)
{
	const struct expunction *one = a, *other = b;

	return (one->index > other->index) - (one->index < other->index);
}

static void tell_held_up(const struct syncing *sync, const struct expunction *held_up, const struct expunction *by)
{
	struct buf sentence = BUF_INIT;

	if (sync->options->notice == NULL)
		return;
	buf_printf(&sentence,
		"entry %" PRIu64 " expunges something that was to go here too, but of the same record entry %" PRIu64
		" is kept: both stay until that is decided; photostat hold status says how",
		held_up->index, by->index);
	sync->options->notice(sync->options->context, sentence.p);
	buf_release(&sentence);
}

/* A record is followed as a whole or not at all: its keeper has it only as all its expunges have left it, so one of them alone could not be had. */
static void settle(struct syncing *sync)
{
	struct expunction *list = sync->gathered;

	if (sync->gathered_count == 0)
		return;
	qsort(list, sync->gathered_count, sizeof(*list), by_record);
	for (size_t i = 0, end; i < sync->gathered_count; i = end) {
		const struct expunction *kept = NULL;

		for (end = i; end < sync->gathered_count && hash_equal(&list[end].id, &list[i].id); end++)
			if (!list[end].follow)
				kept = &list[end];
		for (size_t at = i; kept != NULL && at < end; at++) {
			if (!list[at].takes || !list[at].follow)
				continue;
			tell_held_up(sync, &list[at], kept);
			list[at].follow = false;
		}
	}
	qsort(list, sync->gathered_count, sizeof(*list), by_index);
}

static int by_number(const void *a, const void *b)
{
	const uint64_t *one = a, *other = b;

	return (*one > *other) - (*one < *other);
}

static void note_rebuilding(struct syncing *sync)
{
	size_t count = 0;

	free(sync->rebuilding);
	sync->rebuilding = mem_array(sync->gathered_count + 1, sizeof(*sync->rebuilding));
	for (size_t i = 0; i < sync->gathered_count; i++)
		if (sync->gathered[i].follow && sync->gathered[i].rebuilds)
			sync->rebuilding[count++] = (struct rebuilding){sync->gathered[i].id, REBUILDING_AHEAD};
	if (count > 1)
		qsort(sync->rebuilding, count, sizeof(*sync->rebuilding), by_hash);
	sync->rebuilding_count = 0;
	for (size_t i = 0; i < count; i++)
		if (i == 0 || !hash_equal(&sync->rebuilding[i].id, &sync->rebuilding[i - 1].id))
			sync->rebuilding[sync->rebuilding_count++] = sync->rebuilding[i];
}

static int by_id(const void *a, const void *b)
{
	return memcmp(&((const struct expunction *)a)->id, &((const struct expunction *)b)->id, sizeof(struct hash));
}

/* One a record is enough: the first. */
static void note_staying(struct syncing *sync)
{
	size_t count = 0;

	free(sync->staying);
	sync->staying = mem_array(sync->gathered_count + 1, sizeof(*sync->staying));
	for (size_t i = 0; i < sync->gathered_count; i++)
		if (!sync->gathered[i].follow)
			sync->staying[count++] = sync->gathered[i];
	if (count > 1)
		qsort(sync->staying, count, sizeof(*sync->staying), by_record);
	sync->staying_count = 0;
	for (size_t i = 0; i < count; i++)
		if (i == 0 || by_id(&sync->staying[i], &sync->staying[i - 1]) != 0)
			sync->staying[sync->staying_count++] = sync->staying[i];
}

bool sync_stands_on_expunged(const struct syncing *sync, uint64_t index)
{
	struct expunction wanted = {.index = 0};
	const struct expunction *found;

	if (sync->staying_count == 0)
		return false;
	sha256(sync->entry.record.p, sync->entry.record.n, &wanted.id);
	found = bsearch(&wanted, sync->staying, sync->staying_count, sizeof(wanted), by_id);
	return found != NULL && found->index < index;
}

/* What is to be followed, in the order of the log. *kept: some that was here still; *changed: of some that stays another word is to be said. */
static int arrange(struct syncing *sync, bool *kept, bool *changed, struct err *err)
{
	settle(sync);
	note_rebuilding(sync);
	note_staying(sync);
	for (size_t i = 0; i < sync->gathered_count; i++) {
		const struct expunction *expunction = &sync->gathered[i];

		if (!expunction->follow) {
			enum without_why why = expunction->keep ? WITHOUT_KEPT : WITHOUT_WAITS;

			take_without(sync->take, expunction->index, why);
			*changed = *changed || (!expunction->fresh && expunction->before != why);
			sync->done->kept += expunction->fresh;
		}
		if (sync_read_entry(sync, expunction->index, err) != 0)
			return -1;
		for (size_t at = 0; !expunction->follow && at < sync->entry.rewritten_count; at++)
			sync_push(&sync->only_expunged, &sync->only_expunged_count, &sync->only_expunged_capacity,
				sync->entry.rewritten[at].index);
		if (!expunction->follow)
			continue;
		sync_push(&sync->expunges, &sync->expunge_count, &sync->expunge_capacity, expunction->index);
		note_rewritten(sync, &sync->entry);
		*kept = *kept || !expunction->fresh;
	}
	if (sync->only_expunged_count > 1)
		qsort(sync->only_expunged, sync->only_expunged_count, sizeof(*sync->only_expunged), by_number);
	return 0;
}

/* Those that were kept: now they may be followed. */
static int gather_kept(struct syncing *sync, struct err *err)
{
	for (size_t i = 0; i < archive_without_count(sync->archive); i++) {
		struct expunction *expunction;
		enum without_why why;
		uint64_t index = archive_without(sync->archive, i, &why);

		if (why != WITHOUT_KEPT && why != WITHOUT_WAITS)
			continue;
		if (sync_read_entry(sync, index, err) != 0)
			return -1;
		expunction = note_expunge(sync, index, &sync->entry);
		expunction->fresh = false;
		expunction->before = why;
	}
	return 0;
}

int sync_gather(struct syncing *sync, struct err *err)
{
	struct archive *archive = sync->archive;
	struct catalogue *catalogue;
	bool kept = false, changed = false;

	sync->expunge_count = sync->expunges_done = sync->rewritten_count = sync->changed_count = sync->gathered_count = 0;
	sync->only_expunged_count = 0;
	sync->done->not_followed = 0; /* by another source: this one is asked again */
	decisions_release(&sync->decisions);
	if (decisions_read(&sync->decisions, archive, err) != 0 || gather_kept(sync, err) != 0 ||
		log_each(archive_log(archive), archive_known(archive), log_size(archive_log(archive)), gather, sync, err) != 0 ||
		arrange(sync, &kept, &changed, err) != 0 || ask_again(sync, err) != 0)
		return -1;
	if ((kept || changed) && sync_commit(sync, archive_known(archive), err) != 0)
		return -1;
	/* The catalogue passed the kept ones by, and is made anew (T11 in archive/take.c). */
	return kept ? archive_catalogue(archive, &catalogue, false, NULL, NULL, err) : 0;
}

static int gather_followed(void *context, uint64_t index, struct str text, struct err *err)
{
	struct syncing *sync = context;
	struct arena arena = ARENA_INIT;
	struct entry entry;

	(void)err;
	if (str_starts(text, STR("photostat.entry/v1 expunge\n")) && archive_holds(sync->archive, index) &&
		entry_parse(&entry, text, &arena, NULL) == 0)
		note_rewritten(sync, &entry);
	arena_release(&arena);
	return 0;
}

int sync_gather_followed(struct syncing *sync, struct err *err)
{
	sync->rewritten_count = 0;
	return log_each(archive_log(sync->archive), 0, archive_known(sync->archive), gather_followed, sync, err);
}

struct rebuilding *sync_rebuilding(const struct syncing *sync, struct str record)
{
	struct hash id;

	if (sync->rebuilding_count == 0)
		return NULL;
	sha256(record.p, record.n, &id);
	return bsearch(&id, sync->rebuilding, sync->rebuilding_count, sizeof(*sync->rebuilding), by_hash);
}

bool sync_waits_for_rebuild(const struct syncing *sync)
{
	const struct rebuilding *rebuilding = sync_rebuilding(sync, sync->entry.record);

	return rebuilding != NULL && rebuilding->state != REBUILDING_DONE;
}

bool sync_comes_later(const struct syncing *sync)
{
	const struct rebuilding *rebuilding = sync_rebuilding(sync, sync->entry.record);

	return rebuilding != NULL && rebuilding->state == REBUILDING_AHEAD;
}

bool sync_may_come(const struct syncing *sync, uint64_t index)
{
	return sync_only_expunged(sync, index) || (!sync_waits_for_rebuild(sync) && !sync_stands_on_expunged(sync, index));
}

bool sync_only_expunged(const struct syncing *sync, uint64_t index)
{
	return sync->only_expunged_count > 0 &&
	       bsearch(&index, sync->only_expunged, sync->only_expunged_count, sizeof(*sync->only_expunged), by_number) != NULL;
}

struct digest sync_inventory_now(const struct syncing *sync, uint64_t index, const struct digest *logged)
{
	for (size_t i = sync->rewritten_count; i-- > 0;)
		if (sync->rewritten[i].index == index)
			return sync->rewritten[i].inventory;
	return *logged;
}

struct digest sync_inventory_wanted(struct syncing *sync, uint64_t index)
{
	struct digest wanted = sync_inventory_now(sync, index, &sync->entry.inventory);
	struct archive_version version;

	/* Of one that comes late, an expunge may be known for long. */
	if (index < archive_known(sync->archive) && digest_equal(&wanted, &sync->entry.inventory) &&
		archive_version(sync->archive, sync->entry.record, sync->entry.version, &version, NULL) == 0 &&
		version.index == index)
		wanted = version.inventory;
	return wanted;
}
