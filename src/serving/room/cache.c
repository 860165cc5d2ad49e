/* Pages that were made, kept for the next who asks for the same: within bounds, and only as long as nothing that they were made from has changed (P6: what was closed
 * a moment ago is in no page). */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "desk.h"
#include "os/os.h"

#define BUCKETS 4096u
#define KEY_MAX 2048u

struct entry_of_cache {
	struct entry_of_cache *next_in_bucket, *newer, *older;
	unsigned users; /* who answer with it just now; it is freed by the last one once it was dropped */
	bool dropped;
	uint64_t hash;
	int64_t until; /* seconds */
	size_t weight, key_n, body_n, packed_n, links_n;
	unsigned status;
	const char *type;
	char etag[ETAG_TEXT];
	char *bytes; /* key, body, packed body, links */
};

struct cache {
	pthread_mutex_t lock;
	struct stamp stamp;
	bool stamped;
	size_t bytes, most;
	struct entry_of_cache *buckets[BUCKETS], *newest, *oldest;
};

struct cache *cache_new(size_t bytes)
{
	struct cache *cache = mem_alloc(sizeof(*cache));

	cache->most = bytes;
	pthread_mutex_init(&cache->lock, NULL);
	return cache;
}

static uint64_t hash_of(struct str key)
{
	uint64_t hash = 14695981039346656037u;

	for (size_t i = 0; i < key.n; i++)
		hash = (hash ^ (unsigned char)key.p[i]) * 1099511628211u;
	return hash;
}

static void free_entry(struct entry_of_cache *entry)
{
	free(entry->bytes);
	free(entry);
}

static void drop(struct cache *cache, struct entry_of_cache *entry)
{
	struct entry_of_cache **link = &cache->buckets[entry->hash % BUCKETS];

	while (*link != entry)
		link = &(*link)->next_in_bucket;
	*link = entry->next_in_bucket;
	if (entry->newer != NULL)
		entry->newer->older = entry->older;
	else
		cache->newest = entry->older;
	if (entry->older != NULL)
		entry->older->newer = entry->newer;
	else
		cache->oldest = entry->newer;
	cache->bytes -= entry->weight;
	entry->dropped = true;
	if (entry->users == 0)
		free_entry(entry);
}

static void drop_all(struct cache *cache)
{
	while (cache->oldest != NULL)
		drop(cache, cache->oldest);
}

void cache_free(struct cache *cache)
{
	if (cache == NULL)
		return;
	drop_all(cache);
	pthread_mutex_destroy(&cache->lock);
	free(cache);
}

static void to_front(struct cache *cache, struct entry_of_cache *entry)
{
	entry->newer = NULL;
	entry->older = cache->newest;
	if (cache->newest != NULL)
		cache->newest->newer = entry;
	else
		cache->oldest = entry;
	cache->newest = entry;
}

static void use(struct entry_of_cache *entry, struct cached *out)
{
	entry->users++;
	out->body = (struct str){entry->bytes + entry->key_n, entry->body_n};
	out->packed = (struct str){entry->bytes + entry->key_n + entry->body_n, entry->packed_n};
	out->links = (struct str){entry->bytes + entry->key_n + entry->body_n + entry->packed_n, entry->links_n};
	out->status = entry->status;
	out->type = entry->type;
	memcpy(out->etag, entry->etag, sizeof(out->etag));
	out->entry = entry;
}

static struct entry_of_cache *look_up(struct cache *cache, struct str key, uint64_t hash)
{
	struct entry_of_cache *entry = cache->buckets[hash % BUCKETS];

	while (entry != NULL && (entry->hash != hash || !str_equal((struct str){entry->bytes, entry->key_n}, key)))
		entry = entry->next_in_bucket;
	return entry;
}

bool cache_find(struct cache *cache, const struct stamp *stamp, struct str key, struct cached *out)
{
	struct entry_of_cache *entry;

	pthread_mutex_lock(&cache->lock);
	if (!cache->stamped || !stamp_equal(&cache->stamp, stamp)) {
		drop_all(cache);
		cache->stamp = *stamp;
		cache->stamped = true;
	}
	entry = look_up(cache, key, hash_of(key));
	if (entry != NULL && entry->until <= os_now()) {
		drop(cache, entry);
		entry = NULL;
	}
	if (entry != NULL) {
		if (cache->newest != entry) {
			entry->newer->older = entry->older;
			if (entry->older != NULL)
				entry->older->newer = entry->newer;
			else
				cache->oldest = entry->newer;
			to_front(cache, entry);
		}
		use(entry, out);
	}
	pthread_mutex_unlock(&cache->lock);
	return entry != NULL;
}

static void etag_make(char etag[ETAG_TEXT], struct str body)
{
	struct buf text = BUF_INIT;
	struct hash hash;

	sha256(body.p, body.n, &hash);
	buf_text(&text, "W/\""); /* weak: the same page compressed has it too */
	buf_hex(&text, &hash, 16);
	buf_char(&text, '"');
	memcpy(etag, text.p, text.n + 1);
	buf_release(&text);
}

void cache_put(struct cache *cache, const struct stamp *stamp, struct str key, unsigned status, const char *type, struct str body,
	struct str links, int64_t seconds, struct cached *out)
{
	struct entry_of_cache *entry = mem_alloc(sizeof(*entry)), *old;
	struct buf packed = BUF_INIT;

	if (seconds > 0 && body.n > 256)
		(void)http_gzip(&packed, body, NULL);
	entry->hash = hash_of(key);
	entry->until = os_now() + seconds;
	entry->key_n = key.n;
	entry->body_n = body.n;
	entry->packed_n = packed.n < body.n ? packed.n : 0;
	entry->links_n = links.n;
	entry->status = status;
	entry->type = type;
	etag_make(entry->etag, body);
	entry->bytes = mem_array(1, key.n + body.n + entry->packed_n + links.n + 1);
	if (key.n > 0)
		memcpy(entry->bytes, key.p, key.n);
	if (body.n > 0)
		memcpy(entry->bytes + key.n, body.p, body.n);
	if (entry->packed_n > 0)
		memcpy(entry->bytes + key.n + body.n, packed.p, entry->packed_n);
	if (links.n > 0)
		memcpy(entry->bytes + key.n + body.n + entry->packed_n, links.p, links.n);
	entry->weight = sizeof(*entry) + key.n + body.n + entry->packed_n + links.n;
	entry->dropped = true;
	buf_release(&packed);
	pthread_mutex_lock(&cache->lock);
	if (seconds > 0 && key.n <= KEY_MAX && entry->weight <= cache->most / 4 && cache->stamped &&
		stamp_equal(&cache->stamp, stamp)) {
		old = look_up(cache, key, entry->hash);
		if (old != NULL)
			drop(cache, old);
		entry->dropped = false;
		entry->next_in_bucket = cache->buckets[entry->hash % BUCKETS];
		cache->buckets[entry->hash % BUCKETS] = entry;
		to_front(cache, entry);
		cache->bytes += entry->weight;
	}
	use(entry, out);
	while (cache->bytes > cache->most)
		drop(cache, cache->oldest); /* NOLINT(clang-analyzer-unix.Malloc): none is older, so another is the oldest then */
	pthread_mutex_unlock(&cache->lock);
}

void cache_let_go(struct cache *cache, struct cached *cached)
{
	struct entry_of_cache *entry = cached->entry;

	pthread_mutex_lock(&cache->lock);
	if (--entry->users == 0 && entry->dropped)
		free_entry(entry);
	pthread_mutex_unlock(&cache->lock);
}
