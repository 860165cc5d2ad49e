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

static struct rebuilding *find_rebuilding(const struct syncing *sync, struct str record)
{
	struct hash id;

	if (sync->rebuilding_count == 0)
		return NULL;
	sha256(record.p, record.n, &id);
	return bsearch(&id, sync->rebuilding, sync->rebuilding_count, sizeof(*sync->rebuilding), by_hash);
}

bool sync_waits_for_rebuild(const struct syncing *sync)
{
	const struct rebuilding *rebuilding = find_rebuilding(sync, sync->entry.record);

	return rebuilding != NULL && rebuilding->state != REBUILDING_DONE;
}

bool sync_comes_later(const struct syncing *sync)
{
	const struct rebuilding *rebuilding = find_rebuilding(sync, sync->entry.record);

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

/* ---- expunged ----------------------------------------------------------------------------------------------------------------------------- */

/* A record whose object is rebuilt, as the log says it is now. */
struct rebuilt {
	struct str id;
	struct archive_version *versions; /* [number - 1] */
	uint64_t count;
	struct entry_withheld *withheld; /* what its expunge entries take, by version and position */
	size_t withheld_count;
};

static void rebuilt_release(struct rebuilt *rebuilt)
{
	free(rebuilt->versions);
	free(rebuilt->withheld);
}

static void add_withheld(struct rebuilt *rebuilt, const struct entry *entry)
{
	if (entry->leaf_count == 0)
		return;
	rebuilt->withheld = mem_grow(rebuilt->withheld, rebuilt->withheld_count + entry->leaf_count, sizeof(*rebuilt->withheld));
	memcpy(rebuilt->withheld + rebuilt->withheld_count, entry->leaves, entry->leaf_count * sizeof(*entry->leaves));
	rebuilt->withheld_count += entry->leaf_count;
}

static int add_followed(void *context, uint64_t index, struct str text, struct err *err)
{
	struct arena arena = ARENA_INIT;
	struct entry entry;

	(void)index;
	(void)err;
	if (str_starts(text, STR("photostat.entry/v1 expunge\n")) && entry_parse(&entry, text, &arena, NULL) == 0)
		add_withheld(context, &entry);
	arena_release(&arena);
	return 0;
}

static int by_leaf(const void *a, const void *b)
{
	const struct entry_withheld *one = a, *other = b;

	return one->version != other->version ? (one->version > other->version) - (one->version < other->version)
					      : (one->position > other->position) - (one->position < other->position);
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
	for (size_t i = 0; i < sync->gathered_count; i++) {
		if (!hash_equal(&sync->gathered[i].id, &id))
			continue;
		if (sync_read_entry(sync, sync->gathered[i].index, err) != 0)
			return -1;
		add_withheld(rebuilt, &sync->entry);
	}
	if (rebuilt->withheld_count > 1)
		qsort(rebuilt->withheld, rebuilt->withheld_count, sizeof(*rebuilt->withheld), by_leaf);
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
	if (take_rebuild_prove(sync->take, rebuilt.versions, rebuilt.count, rebuilt.withheld, rebuilt.withheld_count, err) != 0)
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
	rebuilding = find_rebuilding(sync, buf_view(&id));
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
	/* With the versions that came by it: nothing that fails later may leave one without the other. */
	result = needed ? take_commit(sync->take, index, err) : 0;
	goto out;
kept:
	take_without(sync->take, index, WITHOUT_WAITS);
	sync->done->not_followed++;
	result = 0;
out:
	buf_release(&id);
	return result;
}
