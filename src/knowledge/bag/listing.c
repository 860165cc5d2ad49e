/* What manifests list: paths with a digest from each, found by path. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 64

/* Not guessable collisions: names are an attacker's to choose. */
uint64_t path_hash(struct str path)
{
	struct hash hash;

	sha256(path.p, path.n, &hash);
	return be64_get(hash.b);
}

struct str entry_path(const struct listing *listing, const struct entry *entry)
{
	return (struct str){(const char *)entry->bytes + listing->digests_size, entry->length};
}

/* Where the path is, or would go. */
static size_t place(const struct listing *listing, struct str path)
{
	size_t at = (size_t)path_hash(path) & (listing->capacity - 1);

	while (listing->table[at] != NULL && !str_equal(entry_path(listing, listing->table[at]), path))
		at = (at + 1) & (listing->capacity - 1);
	return at;
}

struct entry *listing_find(const struct listing *listing, struct str path)
{
	return listing->capacity == 0 ? NULL : listing->table[place(listing, path)];
}

static void grow(struct listing *listing)
{
	struct entry **old = listing->table;
	size_t old_capacity = listing->capacity;

	listing->capacity = old_capacity == 0 ? FIRST_CAPACITY : 2 * old_capacity;
	listing->table = mem_array(listing->capacity, sizeof(*listing->table));
	for (size_t i = 0; i < old_capacity; i++)
		if (old[i] != NULL)
			listing->table[place(listing, entry_path(listing, old[i]))] = old[i];
	free(old);
}

struct entry *listing_put(struct check *check, struct listing *listing, struct str path, struct err *err)
{
	if (2 * (listing->count + 1) > listing->capacity) {
		if (within_memory(check, 2 * listing->capacity * sizeof(*listing->table), err) != 0)
			return NULL;
		grow(listing);
	}
	size_t at = place(listing, path);
	if (listing->table[at] != NULL)
		return listing->table[at];
	size_t size = sizeof(struct entry) + listing->digests_size + path.n + 1;
	if (within_memory(check, size, err) != 0)
		return NULL;
	struct entry *entry = arena_alloc(&check->arena, size, _Alignof(struct entry));
	entry->length = (uint32_t)path.n;
	memcpy(entry->bytes + listing->digests_size, path.p, path.n);
	listing->table[at] = entry;
	listing->count++;
	return entry;
}

void listing_release(struct listing *listing)
{
	for (size_t i = 0; i < listing->manifest_count; i++)
		free(listing->manifests[i].name);
	free(listing->table);
	*listing = (struct listing){.count = 0};
}
