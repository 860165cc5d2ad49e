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

/* ---- how much that is ------------------------------------------------------------------------------------------------------------------- */

struct content {
	struct hash hash; /* of its digest, which may be longer */
	uint64_t size;
};

/* The record's entries that are not followed, up to the one that is asked about, which is the last. */
struct taking {
	struct archive *archive;
	struct arena arena;
	struct entry *entries;
	size_t count;
	struct content *contents;
	size_t content_count, content_capacity;
};

static int read_taking(struct taking *taking, uint64_t index, struct err *err)
{
	const struct undecided_entry *first;
	struct arena arena = ARENA_INIT;
	struct buf text = BUF_INIT;
	struct entry entry;
	size_t count;
	int result = -1;

	if (read_expunge(taking->archive, index, &text, &arena, &entry, err) != 0 ||
		undecided_of(taking->archive, entry.record, &first, &count, err) != 0)
		goto out;
	taking->entries = mem_array(count + 1, sizeof(*taking->entries));
	for (size_t i = 0; i < count && first[i].index <= index; i++) {
		buf_clear(&text);
		if (log_entry(taking->archive->log, first[i].index, &text, err) != 0 ||
			entry_parse(&taking->entries[taking->count++], arena_str(&taking->arena, buf_view(&text)), &taking->arena,
				err) != 0)
			goto out;
		result = first[i].index == index ? 0 : -1;
	}
	if (result != 0)
		err_set(err, ERR_NOT_FOUND, "entry %llu is no expunction that is not followed here", (unsigned long long)index);
out:
	arena_release(&arena);
	buf_release(&text);
	return result;
}

static void take_leaf(struct taking *taking, const struct leaf *leaf)
{
	if (taking->content_count == taking->content_capacity) {
		taking->content_capacity = taking->content_capacity == 0 ? 16 : taking->content_capacity * 2;
		taking->contents = mem_grow(taking->contents, taking->content_capacity, sizeof(*taking->contents));
	}
	taking->contents[taking->content_count].size = leaf->size;
	sha256(leaf->digest.bytes, digest_size(leaf->digest.alg), &taking->contents[taking->content_count++].hash);
}

static void take_version(struct taking *taking, uint64_t number)
{
	const struct entry *last = &taking->entries[taking->count - 1];
	struct archive_version version;
	struct version_tree *tree = NULL;

	if (archive_version(taking->archive, last->record, number, &version, NULL) != 0 ||
		version_tree_open(&tree, taking->archive, last->record, &version, NULL) != 0)
		return;
	for (size_t i = 0; i < version_tree_count(tree); i++) {
		struct leaf leaf;
		uint64_t position;
		bool older = false;

		version_tree_leaf(tree, i, &leaf, &position, NULL);
		if (str_equal(leaf.path, STR(RECORD_NAME)) || !entry_withholds(last, number, position))
			continue;
		for (size_t k = 0; k + 1 < taking->count && !older; k++)
			older = entry_withholds(&taking->entries[k], number, position);
		if (!older)
			take_leaf(taking, &leaf);
	}
	version_tree_free(tree);
}

static int by_content(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct hash));
}

int archive_unfollowed_takes(struct archive *archive, uint64_t index, uint64_t *files, uint64_t *bytes, struct err *err)
{
	struct taking taking = {.archive = archive};
	const struct entry *last;
	int result = read_taking(&taking, index, err);

	*files = *bytes = 0;
	last = result == 0 ? &taking.entries[taking.count - 1] : NULL;
	for (size_t i = 0; last != NULL && i < last->leaf_count; i++)
		if (i == 0 || last->leaves[i - 1].version != last->leaves[i].version)
			take_version(&taking, last->leaves[i].version);
	if (taking.content_count > 1)
		qsort(taking.contents, taking.content_count, sizeof(*taking.contents), by_content);
	for (size_t i = 0; i < taking.content_count; i++)
		if (i == 0 || by_content(&taking.contents[i], &taking.contents[i - 1]) != 0) {
			++*files;
			*bytes += taking.contents[i].size;
		}
	arena_release(&taking.arena);
	free(taking.entries);
	free(taking.contents);
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
