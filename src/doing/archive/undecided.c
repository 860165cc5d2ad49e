/* What the keeper expunged, and a holder still has because nobody decided: as long as that is so nobody is given it (P6). Who decides, and why, is holder's
 * business; here it is the word in `held` (WITHOUT_WAITS). */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

void undecided_forget(struct archive *archive)
{
	free(archive->undecided.list);
	memset(&archive->undecided, 0, sizeof(archive->undecided));
}

static int compare(const void *a, const void *b)
{
	const struct undecided_entry *one = a, *other = b;
	int order = memcmp(&one->record, &other->record, sizeof(one->record));

	return order != 0 ? order : (one->index > other->index) - (one->index < other->index);
}

static int read_expunge(
	struct archive *archive, uint64_t index, struct buf *text, struct arena *arena, struct entry *entry, struct err *err)
{
	arena_release(arena);
	buf_clear(text);
	return log_entry(archive->log, index, text, err) != 0 ? -1 : entry_parse(entry, buf_view(text), arena, err);
}

static bool is_unfollowed(enum without_why why)
{
	return why == WITHOUT_KEPT || why == WITHOUT_WAITS;
}

/* An entry that cannot be read may be of any record: then of none it can be said that it may be read, until the log is mended. */
static int gather(struct archive *archive, struct err *err)
{
	struct undecided *undecided = &archive->undecided;
	struct arena arena = ARENA_INIT;
	struct buf text = BUF_INIT;
	struct entry entry;
	size_t count = 0;
	int result = 0;

	for (size_t i = 0; i < archive->holdings.count; i++)
		count += is_unfollowed(archive->holdings.without[i].why);
	undecided_forget(archive);
	undecided->list = count == 0 ? NULL : mem_array(count, sizeof(*undecided->list));
	for (size_t i = 0; i < archive->holdings.count && result == 0; i++) {
		struct undecided_entry *one;

		if (!is_unfollowed(archive->holdings.without[i].why))
			continue;
		one = &undecided->list[undecided->count++];
		one->index = archive->holdings.without[i].index;
		one->waits = archive->holdings.without[i].why == WITHOUT_WAITS;
		result = read_expunge(archive, one->index, &text, &arena, &entry, err);
		if (result == 0)
			sha256(entry.record.p, entry.record.n, &one->record);
	}
	if (result == 0 && count > 1)
		qsort(undecided->list, count, sizeof(*undecided->list), compare);
	undecided->known = result == 0;
	arena_release(&arena);
	buf_release(&text);
	return result;
}

int undecided_of(struct archive *archive, struct str id, const struct undecided_entry **first, size_t *count, struct err *err)
{
	const struct undecided *undecided = &archive->undecided;
	struct undecided_entry wanted = {.index = 0};
	size_t low = 0, high;

	*first = NULL;
	*count = 0;
	if (!archive->holdings.holder)
		return 0;
	if (!undecided->known && gather(archive, err) != 0)
		return -1;
	if (undecided->count == 0 || undecided->list == NULL)
		return 0;
	sha256(id.p, id.n, &wanted.record);
	for (high = undecided->count; low < high;) {
		size_t middle = low + (high - low) / 2;

		if (compare(&undecided->list[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*first = &undecided->list[low];
	while (low < undecided->count && hash_equal(&undecided->list[low].record, &wanted.record)) {
		low++;
		(*count)++;
	}
	return 0;
}

int archive_each_undecided(struct archive *archive, struct str id,
	int (*each)(void *, uint64_t index, const struct entry *, struct err *), void *context, struct err *err)
{
	const struct undecided_entry *first;
	uint64_t *indexes = NULL;
	struct arena arena = ARENA_INIT;
	struct buf text = BUF_INIT;
	struct entry entry;
	size_t count, waiting = 0;
	int result = undecided_of(archive, id, &first, &count, err);

	if (result != 0 || count == 0)
		return result;
	/* What `each` does may have what is held read anew. */
	indexes = mem_array(count, sizeof(*indexes));
	for (size_t i = 0; i < count; i++)
		if (first[i].waits)
			indexes[waiting++] = first[i].index;
	for (size_t i = 0; i < waiting && result == 0; i++) {
		result = read_expunge(archive, indexes[i], &text, &arena, &entry, err);
		if (result == 0)
			result = each(context, indexes[i], &entry, err);
	}
	free(indexes);
	arena_release(&arena);
	buf_release(&text);
	return result;
}

int archive_unfollowed(struct archive *archive, struct str id, uint64_t version, bool *is, struct err *err)
{
	const struct undecided_entry *first;
	struct arena arena = ARENA_INIT;
	struct buf text = BUF_INIT;
	struct entry entry;
	size_t count;
	int result = undecided_of(archive, id, &first, &count, err);

	*is = false;
	for (size_t i = 0; result == 0 && i < count && !*is; i++) {
		result = read_expunge(archive, first[i].index, &text, &arena, &entry, err);
		for (size_t k = 0; result == 0 && k < entry.rewritten_count; k++)
			*is = *is || entry.rewritten[k].version == version;
	}
	arena_release(&arena);
	buf_release(&text);
	return result;
}

int archive_set_kept(struct archive *archive, const uint64_t *indexes, size_t count, bool kept, struct err *err)
{
	struct buf held = BUF_INIT;
	int result;

	for (size_t i = 0; i < count; i++)
		holdings_add(&archive->holdings, indexes[i], kept ? WITHOUT_KEPT : WITHOUT_WAITS);
	undecided_forget(archive);
	holdings_format(&held, &archive->holdings, archive_origin(archive));
	result = os_replace(archive->dir, HELD_NAME, buf_view(&held), 0644, err);
	buf_release(&held);
	return result;
}
