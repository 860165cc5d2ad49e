/* States of versions: which logical path has which digest. Versions that differ little share their runs of items. */
#include "ocfl/internal.h"

#include <stdlib.h>
#include <string.h>

#define RUN_MAX 256u
#define PATH_TAG(hash) ((hash) >> 17)

/* ---- the paths of the open version ------------------------------------------------------------------------------------------- */

static struct str key_text(const struct inventory *inventory, struct path_key key)
{
	return (struct str){model_string(inventory, key.path).p, key.length};
}

static bool key_is_file(const struct inventory *inventory, struct path_key key)
{
	return model_string(inventory, key.path).n == key.length;
}

static uint32_t path_hash(const struct inventory *inventory, struct str path)
{
	uint32_t h = inventory->pool.seed;
	for (size_t i = 0; i < path.n; i++)
		h = HASH_STEP(h, path.p[i]);
	return h;
}

static struct path_key *path_slot(const struct inventory *inventory, uint32_t hash, struct str path)
{
	const struct path_set *set = &inventory->paths;
	uint32_t mask = set->size - 1;
	for (uint32_t i = HASH_MIX(hash) & mask;; i = (i + 1) & mask) {
		struct path_key *key = &set->keys[i];
		if (!key->path || (key->length == path.n && key->tag == PATH_TAG(hash) &&
					  memcmp(key_text(inventory, *key).p, path.p, path.n) == 0))
			return key;
	}
}

static bool paths_room(struct inventory *inventory)
{
	struct path_set *set = &inventory->paths;
	if ((set->count + 1) * 4 <= set->size * 3)
		return true;
	struct path_set old = *set;
	set->keys = NULL;
	set->size = old.size ? old.size * 2 : 16;
	if (!account_replace(&inventory->account, &set->keys, 0, set->size * sizeof(struct path_key))) {
		*set = old;
		return false;
	}
	for (uint32_t i = 0; i < old.size; i++)
		if (old.keys[i].path) {
			struct str text = key_text(inventory, old.keys[i]);
			*path_slot(inventory, path_hash(inventory, text), text) = old.keys[i];
		}
	free(old.keys);
	inventory->account.used -= old.size * sizeof(struct path_key);
	return true;
}

enum path_clash paths_add(struct inventory *inventory, ref path)
{
	struct str text = model_string(inventory, path);
	uint32_t hash = inventory->pool.seed;
	for (size_t i = 0; i <= text.n; i++) {
		if (i == text.n || text.p[i] == '/') {
			if (!paths_room(inventory))
				return PATH_FULL;
			struct path_key *key = path_slot(inventory, hash, (struct str){text.p, i});
			if (!key->path) {
				*key = (struct path_key){path, i & 0x1ffff, PATH_TAG(hash)};
				inventory->paths.count++;
			} else if (i == text.n) {
				return key_is_file(inventory, *key) ? PATH_TWICE : PATH_CONFLICT;
			} else if (key_is_file(inventory, *key)) {
				return PATH_CONFLICT;
			}
		}
		if (i < text.n)
			hash = HASH_STEP(hash, text.p[i]);
	}
	return PATH_FREE;
}

bool paths_has(const struct inventory *inventory, struct str path)
{
	if (!inventory->paths.size)
		return false;
	const struct path_key *key = path_slot(inventory, path_hash(inventory, path), path);
	return key->path && key_is_file(inventory, *key);
}

void paths_clear(struct inventory *inventory)
{
	struct path_set *set = &inventory->paths;
	/* A small one is kept for the next version. */
	if (set->size > 256) {
		free(set->keys);
		inventory->account.used -= set->size * sizeof(struct path_key);
		*set = (struct path_set){NULL, 0, 0};
	} else if (set->size) {
		memset(set->keys, 0, set->size * sizeof(struct path_key));
		set->count = 0;
	}
}

/* ---- items ---------------------------------------------------------------------------------------------------------------------- */

bool fresh_add(struct inventory *inventory, ref path, uint32_t manifest)
{
	if (!account_grow(
		    &inventory->account, &inventory->fresh, &inventory->fresh_cap, inventory->fresh_count + 1, sizeof(struct item)))
		return false;
	inventory->fresh[inventory->fresh_count++] = (struct item){path, manifest};
	return true;
}

static int item_compare(const void *a, const void *b, void *context)
{
	const struct inventory *inventory = context;
	const struct item *x = a, *y = b;
	return str_compare(model_string(inventory, x->path), model_string(inventory, y->path));
}

/* The number of a run with these items, an old one if there is one; NONE past the limit. */
static uint32_t run_add(struct inventory *inventory, const struct item *items, uint32_t count)
{
	if ((inventory->run_count + 1) * 4 > inventory->run_table_size * 3) {
		uint32_t size = inventory->run_table_size ? inventory->run_table_size * 2 : 16;
		if (!account_replace(&inventory->account, &inventory->run_table, inventory->run_table_size * sizeof(uint32_t),
			    size * sizeof(uint32_t)))
			return NONE;
		inventory->run_table_size = size;
		for (uint32_t i = 0; i < inventory->run_count; i++) {
			const struct run *run = &inventory->runs[i];
			uint32_t k = hash_bytes(0, inventory->items + run->first, run->count * sizeof(struct item));
			for (k &= size - 1; inventory->run_table[k]; k = (k + 1) & (size - 1))
				;
			inventory->run_table[k] = i + 1;
		}
	}
	uint32_t mask = inventory->run_table_size - 1, i = hash_bytes(0, items, count * sizeof(struct item)) & mask;
	for (; inventory->run_table[i]; i = (i + 1) & mask) {
		const struct run *run = &inventory->runs[inventory->run_table[i] - 1];
		if (run->count == count && memcmp(inventory->items + run->first, items, count * sizeof(struct item)) == 0)
			return inventory->run_table[i] - 1;
	}
	if (!account_grow(&inventory->account, &inventory->items, &inventory->item_cap, (size_t)inventory->item_count + count,
		    sizeof(struct item)) ||
		!account_grow(
			&inventory->account, &inventory->runs, &inventory->run_cap, inventory->run_count + 1, sizeof(struct run)))
		return NONE;
	memcpy(inventory->items + inventory->item_count, items, count * sizeof(struct item));
	inventory->runs[inventory->run_count] = (struct run){inventory->item_count, count};
	inventory->item_count += count;
	inventory->run_table[i] = ++inventory->run_count;
	return inventory->run_count - 1;
}

static uint32_t run_length(const struct item *items, uint32_t left)
{
	uint32_t n = 0, most = left < RUN_MAX ? left : RUN_MAX;
	while (n < most)
		if ((items[n++].path * 2654435769u) >> 26 == 0)
			break;
	return n;
}

bool state_close(struct inventory *inventory, struct state *state)
{
	struct item *items = inventory->fresh;
	uint32_t count = inventory->fresh_count, runs = 0;
	bool sorted = true;
	for (uint32_t i = 1; i < count && sorted; i++)
		sorted = item_compare(&items[i - 1], &items[i], inventory) < 0;
	if (!sorted)
		qsort_r(items, count, sizeof(struct item), item_compare, inventory);
	for (uint32_t i = 0; i < count; i += run_length(items + i, count - i))
		runs++;
	*state = (struct state){NULL, NULL, 0, 0};
	if (!runs)
		return true;
	if (!account_replace(&inventory->account, &state->runs, 0, runs * (2 * sizeof(uint32_t))))
		return false;
	state->starts = state->runs + runs;
	for (uint32_t i = 0, n; i < count; i += n) {
		n = run_length(items + i, count - i);
		uint32_t run = run_add(inventory, items + i, n);
		if (run == NONE)
			return false;
		state->starts[state->run_count] = i;
		state->runs[state->run_count++] = run;
		state->count += n;
	}
	/* What a large version needed while it was made is not kept. */
	if (inventory->fresh_cap > 4096) {
		free(inventory->fresh);
		inventory->account.used -= inventory->fresh_cap * sizeof(struct item);
		inventory->fresh = NULL;
		inventory->fresh_cap = 0;
	}
	inventory->fresh_count = 0;
	return true;
}

const struct item *state_item(const struct inventory *inventory, const struct state *state, size_t i)
{
	uint32_t low = 0, high = state->run_count;
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;
		if (state->starts[middle] <= i)
			low = middle;
		else
			high = middle;
	}
	return &inventory->items[inventory->runs[state->runs[low]].first + (i - state->starts[low])];
}
