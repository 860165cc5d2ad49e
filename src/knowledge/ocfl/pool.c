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

static bool pool_matches(const struct pool *pool, ref r, struct str s)
{
	struct str have = pool_get(pool, r);
	return have.n == s.n && memcmp(have.p, s.p, s.n) == 0;
}

/* The slot of s, or the free one where it belongs. */
static uint32_t pool_slot(const struct pool *pool, struct str s)
{
	uint32_t mask = pool->table_size - 1;
	uint32_t i = hash_bytes(pool->seed, s.p, s.n) & mask;
	while (pool->table[i] && !pool_matches(pool, pool->table[i], s))
		i = (i + 1) & mask;
	return i;
}

static bool pool_widen(struct pool *pool, struct account *account)
{
	uint32_t old_size = pool->table_size, size = old_size ? old_size * 2 : 32;
	ref *old = pool->table;
	pool->table = NULL;
	if (!account_replace(account, &pool->table, 0, size * sizeof(ref))) {
		pool->table = old;
		return false;
	}
	pool->table_size = size;
	for (uint32_t i = 0; i < old_size; i++)
		if (old[i]) {
			struct str s = pool_get(pool, old[i]);
			uint32_t mask = size - 1, k = hash_bytes(pool->seed, s.p, s.n) & mask;
			while (pool->table[k])
				k = (k + 1) & mask;
			pool->table[k] = old[i];
		}
	free(old);
	account->used -= old_size * sizeof(ref);
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
	uint32_t slot = pool_slot(pool, s);
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
	pool->count++;
	return r;
}

ref pool_find(const struct pool *pool, struct str s)
{
	return pool->table_size ? pool->table[pool_slot(pool, s)] : 0;
}

struct str pool_get(const struct pool *pool, ref r)
{
	if (!r)
		return (struct str){NULL, 0};
	const char *p = pool->chunks[r >> CHUNK_BITS].p + (r & (CHUNK_SIZE - 1));
	uint32_t length;
	memcpy(&length, p, 4);
	return (struct str){p + 4, length};
}

void pool_release(struct pool *pool)
{
	for (uint32_t i = 0; i < pool->chunk_count; i++)
		free(pool->chunks[i].p);
	free(pool->chunks);
	free(pool->table);
	*pool = (struct pool){0};
}
