#include "ocfl/internal.h"

#include <stdlib.h>
#include <string.h>

bool account_grow(struct account *account, void *vector, uint32_t *cap, size_t need, size_t size)
{
	void **p = vector;
	if (need <= *cap)
		return true;
	size_t want = *cap < 8 ? 8 : (size_t)*cap + *cap / 2;
	if (want < need)
		want = need;
	size_t bytes;
	if (want >= NONE || !size_mul(want, size, &bytes) || bytes - *cap * size > account->max - account->used) {
		account->full = true;
		return false;
	}
	void *grown = realloc(*p, bytes);
	if (!grown) {
		account->full = true;
		return false;
	}
	account->used += bytes - *cap * size;
	*p = grown;
	*cap = (uint32_t)want;
	return true;
}

bool account_replace(struct account *account, void *vector, size_t old_bytes, size_t new_bytes)
{
	void **p = vector;
	/* Both exist for a moment, but the old one goes at once. */
	if (new_bytes > old_bytes && new_bytes - old_bytes > account->max - account->used) {
		account->full = true;
		return false;
	}
	void *fresh = calloc(1, new_bytes);
	if (!fresh) {
		account->full = true;
		return false;
	}
	free(*p);
	*p = fresh;
	account->used = account->used - old_bytes + new_bytes;
	return true;
}

uint32_t hash_bytes(uint32_t seed, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;
	uint64_t h = seed ^ (n * 0x9e3779b97f4a7c15u);
	while (n >= 8) {
		uint64_t word;
		memcpy(&word, p, 8);
		h = (h ^ word) * 0xff51afd7ed558ccdu;
		h ^= h >> 32;
		p += 8;
		n -= 8;
	}
	uint64_t word = 0;
	memcpy(&word, p, n);
	h = (h ^ word) * 0xff51afd7ed558ccdu;
	h ^= h >> 32;
	h *= 0xc4ceb9fe1a85ec53u;
	return (uint32_t)(h >> 32);
}

/* The slot of s, or the free one where it belongs. */
static uint32_t pool_slot(const struct pool *pool, uint32_t hash, struct str s)
{
	uint32_t mask = pool->table_size - 1, i = hash & mask;
	uint8_t tag = (uint8_t)(hash >> 24);
	for (; pool->table[i]; i = (i + 1) & mask) {
		if (pool->tags[i] != tag)
			continue;
		struct str have = pool_get(pool, pool->table[i]);
		if (have.n == s.n && (!s.n || memcmp(have.p, s.p, s.n) == 0))
			break;
	}
	return i;
}

static bool pool_widen(struct pool *pool, struct account *account)
{
	uint32_t size = pool->table_size ? pool->table_size * 2 : 32, mask = size - 1;
	ref *table = NULL;
	uint8_t *tags = NULL;
	if (size == 0) { /* doubled 2^31 */
		account->full = true;
		return false;
	}
	if (!account_replace(account, &table, 0, size * sizeof(ref)))
		return false;
	if (!account_replace(account, &tags, 0, size)) {
		account->used -= size * sizeof(ref);
		free(table);
		return false;
	}
	for (uint32_t i = 0; i < pool->table_size; i++)
		if (pool->table[i]) {
			struct str s = pool_get(pool, pool->table[i]);
			uint32_t hash = hash_bytes(pool->seed, s.p, s.n), k = hash & mask;
			while (table[k]) /* NOLINT(clang-analyzer-unix.Malloc): size is not 0 */
				k = (k + 1) & mask;
			table[k] = pool->table[i];
			tags[k] = (uint8_t)(hash >> 24);
		}
	free(pool->table);
	free(pool->tags);
	account->used -= pool->table_size * (sizeof(ref) + 1);
	pool->table = table;
	pool->tags = tags;
	pool->table_size = size;
	return true;
}

/* Room for n bytes in the last chunk, or in a new one: chunks start small, since most inventories are. */
static bool pool_room(struct pool *pool, struct account *account, size_t n)
{
	if (pool->chunk_count) {
		struct chunk *last = &pool->chunks[pool->chunk_count - 1];
		if (n <= last->size - last->used)
			return true;
	}
	size_t size = pool->chunk_count < 4 ? (size_t)1024 << (2 * pool->chunk_count) : CHUNK_SIZE;
	if (size < n + 4)
		size = CHUNK_SIZE;
	if (pool->chunk_count >= (uint32_t)1 << (32 - CHUNK_BITS) || size > account->max - account->used) {
		account->full = true;
		return false;
	}
	if (!account_grow(account, &pool->chunks, &pool->chunk_cap, pool->chunk_count + 1, sizeof(struct chunk)))
		return false;
	char *p = malloc(size);
	if (!p) {
		account->full = true;
		return false;
	}
	account->used += size;
	/* The first four bytes stay free so that no string has the name 0. */
	pool->chunks[pool->chunk_count++] = (struct chunk){p, (uint32_t)size, 4};
	return true;
}

ref pool_add(struct pool *pool, struct account *account, struct str s)
{
	if ((pool->count + 1) * 4 > pool->table_size * 3 && !pool_widen(pool, account))
		return 0;
	uint32_t hash = hash_bytes(pool->seed, s.p, s.n), slot = pool_slot(pool, hash, s);
	if (pool->table[slot])
		return pool->table[slot];
	if (s.n > INVENTORY_STRING_MAX || !pool_room(pool, account, s.n + 5)) {
		account->full = true;
		return 0;
	}
	uint32_t number = pool->chunk_count - 1;
	struct chunk *chunk = &pool->chunks[number];
	ref r = number << CHUNK_BITS | chunk->used;
	uint32_t length = (uint32_t)s.n;
	char *p = chunk->p + chunk->used;
	memcpy(p, &length, 4);
	if (s.n)
		memcpy(p + 4, s.p, s.n);
	p[4 + s.n] = '\0';
	chunk->used += length + 5;
	pool->table[slot] = r;
	pool->tags[slot] = (uint8_t)(hash >> 24);
	pool->count++;
	return r;
}

ref pool_find(const struct pool *pool, struct str s)
{
	return pool->table_size ? pool->table[pool_slot(pool, hash_bytes(pool->seed, s.p, s.n), s)] : 0;
}

void pool_release(struct pool *pool)
{
	for (uint32_t i = 0; i < pool->chunk_count; i++)
		free(pool->chunks[i].p);
	free(pool->chunks);
	free(pool->table);
	free(pool->tags);
	*pool = (struct pool){0};
}
