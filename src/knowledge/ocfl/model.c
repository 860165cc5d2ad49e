#include "ocfl/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct inventory *inventory_empty(size_t max_memory)
{
	struct inventory *inventory = mem_alloc(sizeof(*inventory));
	inventory->account.max = max_memory ? max_memory : INVENTORY_MEMORY;
	/* Not a secret, only not the same for whoever prepares colliding names. */
	inventory->pool.seed = (uint32_t)(((uintptr_t)inventory >> 4) * 2654435769u);
	inventory->spec = OCFL_1_1;
	inventory->attached_to = NONE;
	return inventory;
}

int inventory_full(const struct inventory *inventory, struct err *err)
{
	return err_set(err, ERR_LIMIT,
		"the inventory is too large: it needs more than %zu MiB of memory, or holds a text of more than %u bytes; divide "
		"the object",
		inventory->account.max >> 20, INVENTORY_STRING_MAX);
}

void inventory_free(struct inventory *inventory)
{
	if (!inventory)
		return;
	for (uint32_t i = 0; i < inventory->version_count; i++)
		free(inventory->versions[i].state.runs);
	pool_release(&inventory->pool);
	free(inventory->digest_bytes);
	free(inventory->digests);
	free(inventory->digest_table);
	free(inventory->contents);
	free(inventory->content_table);
	free(inventory->items);
	free(inventory->runs);
	free(inventory->run_table);
	free(inventory->versions);
	free(inventory->fixity);
	free(inventory->fixity_algorithms);
	free(inventory->fresh);
	free(inventory->paths.keys);
	free(inventory);
}

/* ---- digests ------------------------------------------------------------------------------------------------------------- */

static uint32_t digest_slot(const struct inventory *inventory, const unsigned char *bytes, ref spelling)
{
	size_t size = inventory->digest_size;
	uint32_t mask = inventory->digest_table_size - 1;
	uint32_t i = hash_bytes(inventory->pool.seed, bytes, size) & mask;
	for (; inventory->digest_table[i]; i = (i + 1) & mask) {
		uint32_t number = inventory->digest_table[i] - 1;
		if (inventory->digests[number].spelling == spelling &&
			memcmp(inventory->digest_bytes + number * size, bytes, size) == 0)
			break;
	}
	return i;
}

uint32_t model_find_digest(const struct inventory *inventory, const unsigned char *bytes, ref spelling)
{
	if (!inventory->digest_table_size)
		return NONE;
	return inventory->digest_table[digest_slot(inventory, bytes, spelling)] - 1;
}

uint32_t model_twin(const struct inventory *inventory, uint32_t manifest, uint32_t flag)
{
	size_t size = inventory->digest_size;
	const unsigned char *bytes = inventory->digest_bytes + manifest * size;
	if (!inventory->spelled || inventory->digests[manifest].flags & DIGEST_BAD)
		return NONE;
	uint32_t mask = inventory->digest_table_size - 1;
	/* All spellings of a digest hash alike. */
	for (uint32_t i = hash_bytes(inventory->pool.seed, bytes, size) & mask; inventory->digest_table[i]; i = (i + 1) & mask) {
		uint32_t number = inventory->digest_table[i] - 1;
		const struct digest_node *node = &inventory->digests[number];
		if (number != manifest && (node->flags & (flag | DIGEST_BAD)) == flag &&
			memcmp(inventory->digest_bytes + number * size, bytes, size) == 0)
			return number;
	}
	return NONE;
}

static bool digests_widen(struct inventory *inventory)
{
	uint32_t size = inventory->digest_table_size ? inventory->digest_table_size * 2 : 16;
	if (!account_replace(&inventory->account, &inventory->digest_table, inventory->digest_table_size * sizeof(uint32_t),
		    size * sizeof(uint32_t)))
		return false;
	inventory->digest_table_size = size;
	for (uint32_t i = 0; i < inventory->digest_count; i++) {
		uint32_t k = hash_bytes(
			inventory->pool.seed, inventory->digest_bytes + i * inventory->digest_size, inventory->digest_size);
		for (k &= size - 1; inventory->digest_table[k]; k = (k + 1) & (size - 1))
			;
		inventory->digest_table[k] = i + 1;
	}
	return true;
}

uint32_t model_digest(struct inventory *inventory, const unsigned char *bytes, ref spelling, bool bad)
{
	size_t size = inventory->digest_size;
	uint32_t count = inventory->digest_count;
	if ((count + 1) * 4 > inventory->digest_table_size * 3 && !digests_widen(inventory))
		return NONE;
	uint32_t slot = digest_slot(inventory, bytes, spelling);
	if (inventory->digest_table[slot])
		return inventory->digest_table[slot] - 1;
	if (!account_grow(
		    &inventory->account, &inventory->digests, &inventory->digest_cap, count + 1, sizeof(struct digest_node)) ||
		!account_grow(&inventory->account, &inventory->digest_bytes, &inventory->digest_bytes_cap, count + 1, size))
		return NONE;
	memcpy(inventory->digest_bytes + count * size, bytes, size);
	inventory->spelled |= spelling != 0;
	inventory->digests[count] = (struct digest_node){NONE, spelling, bad ? DIGEST_BAD : 0};
	inventory->digest_table[slot] = ++inventory->digest_count;
	return count;
}

/* ---- content paths --------------------------------------------------------------------------------------------------------- */

/* Cuts "v1/content/a/b" into "v1/content" and "a/b", so that the second half is shared with the logical path. */
static void content_cut(struct str path, struct str *prefix, struct str *rest)
{
	const char *slash = memchr(path.p, '/', path.n);
	if (slash)
		slash = memchr(slash + 1, '/', path.n - (size_t)(slash + 1 - path.p));
	if (!slash) {
		*prefix = (struct str){NULL, 0};
		*rest = path;
		return;
	}
	*prefix = (struct str){path.p, (size_t)(slash - path.p)};
	*rest = (struct str){slash + 1, path.n - prefix->n - 1};
}

static uint32_t content_hash(ref prefix, ref rest)
{
	uint64_t h = ((uint64_t)prefix << 32 | rest) * 0x9e3779b97f4a7c15u;
	return (uint32_t)(h >> 32);
}

static uint32_t content_slot(const struct inventory *inventory, ref prefix, ref rest)
{
	uint32_t mask = inventory->content_table_size - 1, i = content_hash(prefix, rest) & mask;
	for (; inventory->content_table[i]; i = (i + 1) & mask) {
		const struct content_node *node = &inventory->contents[inventory->content_table[i] - 1];
		if (node->prefix == prefix && node->rest == rest)
			break;
	}
	return i;
}

static bool contents_widen(struct inventory *inventory)
{
	uint32_t size = inventory->content_table_size ? inventory->content_table_size * 2 : 16;
	if (!account_replace(&inventory->account, &inventory->content_table, inventory->content_table_size * sizeof(uint32_t),
		    size * sizeof(uint32_t)))
		return false;
	inventory->content_table_size = size;
	for (uint32_t i = 0; i < inventory->content_count; i++) {
		uint32_t k = content_hash(inventory->contents[i].prefix, inventory->contents[i].rest);
		for (k &= size - 1; inventory->content_table[k]; k = (k + 1) & (size - 1))
			;
		inventory->content_table[k] = i + 1;
	}
	return true;
}

uint32_t model_content(struct inventory *inventory, struct str path, bool *fresh)
{
	struct str prefix_text, rest_text;
	content_cut(path, &prefix_text, &rest_text);
	ref prefix = prefix_text.p ? pool_add(&inventory->pool, &inventory->account, prefix_text) : 0;
	ref rest = pool_add(&inventory->pool, &inventory->account, rest_text);
	uint32_t count = inventory->content_count;
	if (!rest || (prefix_text.p && !prefix))
		return NONE;
	if ((count + 1) * 4 > inventory->content_table_size * 3 && !contents_widen(inventory))
		return NONE;
	uint32_t slot = content_slot(inventory, prefix, rest);
	*fresh = !inventory->content_table[slot];
	if (!*fresh)
		return inventory->content_table[slot] - 1;
	if (!account_grow(
		    &inventory->account, &inventory->contents, &inventory->content_cap, count + 1, sizeof(struct content_node)))
		return NONE;
	inventory->contents[count] = (struct content_node){prefix, rest, NONE, NONE};
	inventory->content_table[slot] = ++inventory->content_count;
	return count;
}

uint32_t model_find_content(const struct inventory *inventory, struct str path)
{
	struct str prefix_text, rest_text;
	content_cut(path, &prefix_text, &rest_text);
	ref prefix = prefix_text.p ? pool_find(&inventory->pool, prefix_text) : 0;
	ref rest = pool_find(&inventory->pool, rest_text);
	return rest && (prefix || !prefix_text.p) ? model_find_content_pair(inventory, prefix, rest) : NONE;
}

uint32_t model_find_content_pair(const struct inventory *inventory, ref prefix, ref rest)
{
	return inventory->content_table_size ? inventory->content_table[content_slot(inventory, prefix, rest)] - 1 : NONE;
}

void model_content_path(const struct inventory *inventory, uint32_t content, struct buf *out)
{
	const struct content_node *node = &inventory->contents[content];
	buf_clear(out);
	if (node->prefix) {
		buf_str(out, model_string(inventory, node->prefix));
		buf_char(out, '/');
	}
	buf_str(out, model_string(inventory, node->rest));
}

void model_attach(struct inventory *inventory, uint32_t manifest, uint32_t content)
{
	struct digest_node *digest = &inventory->digests[manifest];
	/* A digest's paths come one after another: where the last one stands is remembered, a list of 100,000 is not walked. */
	uint32_t last = inventory->attached_to == manifest ? inventory->attached : digest->content;
	while (last != NONE && inventory->contents[last].next != NONE)
		last = inventory->contents[last].next;
	if (last == NONE)
		digest->content = content;
	else
		inventory->contents[last].next = content;
	inventory->contents[content].manifest = manifest;
	inventory->contents[content].next = NONE;
	inventory->attached_to = manifest;
	inventory->attached = content;
}

/* ---- what callers see --------------------------------------------------------------------------------------------------------- */

struct str inventory_id(const struct inventory *inventory)
{
	return model_string(inventory, inventory->id);
}

enum ocfl_version inventory_spec(const struct inventory *inventory)
{
	return inventory->spec;
}

enum digest_alg inventory_alg(const struct inventory *inventory)
{
	return inventory->alg;
}

uint32_t inventory_head(const struct inventory *inventory)
{
	return inventory->head;
}

struct str inventory_content_directory(const struct inventory *inventory)
{
	return inventory->content_directory ? model_string(inventory, inventory->content_directory) : STR("content");
}

void inventory_version_name(const struct inventory *inventory, uint32_t version, char out[INVENTORY_VERSION_NAME])
{
	snprintf(out, INVENTORY_VERSION_NAME, "v%0*u", inventory->width, version);
}

size_t inventory_memory(const struct inventory *inventory)
{
	return sizeof(*inventory) + inventory->account.used;
}

struct version *model_version(const struct inventory *inventory, uint32_t number)
{
	/* As a rule version n stands at n - 1; a broken inventory may lack some. */
	if (number && number <= inventory->version_count && inventory->versions[number - 1].number == number)
		return &inventory->versions[number - 1];
	for (uint32_t i = 0; i < inventory->version_count; i++)
		if (inventory->versions[i].number == number)
			return &inventory->versions[i];
	return NULL;
}

void inventory_version(const struct inventory *inventory, uint32_t number, struct inventory_version *out)
{
	const struct version *version = model_version(inventory, number);
	*out = (struct inventory_version){0};
	if (!version)
		return;
	out->created = model_string(inventory, version->created);
	out->message = model_string(inventory, version->message);
	out->user_name = model_string(inventory, version->user_name);
	out->user_address = model_string(inventory, version->user_address);
}

size_t inventory_state_count(const struct inventory *inventory, uint32_t number)
{
	const struct version *version = model_version(inventory, number);
	return version ? version->state.count : 0;
}

void inventory_state(const struct inventory *inventory, uint32_t number, size_t i, struct inventory_file *out)
{
	const struct item *item = state_item(inventory, &model_version(inventory, number)->state, i);
	*out = (struct inventory_file){model_string(inventory, item->path), item->manifest};
}

bool inventory_find(const struct inventory *inventory, uint32_t number, struct str path, size_t *out)
{
	const struct version *version = model_version(inventory, number);
	ref wanted = pool_find(&inventory->pool, path);
	if (!version || !wanted)
		return false;
	size_t low = 0, high = version->state.count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		ref at = state_item(inventory, &version->state, middle)->path;
		if (at == wanted) {
			*out = middle;
			return true;
		}
		if (str_compare(model_string(inventory, at), path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

size_t inventory_manifest_count(const struct inventory *inventory)
{
	return inventory->digest_count;
}

void inventory_digest(const struct inventory *inventory, uint32_t manifest, struct digest *out)
{
	*out = (struct digest){.alg = inventory->alg};
	memcpy(out->bytes, inventory->digest_bytes + manifest * inventory->digest_size, inventory->digest_size);
}

bool inventory_find_digest(const struct inventory *inventory, const struct digest *digest, uint32_t *manifest)
{
	if (digest->alg != inventory->alg || digest_size(digest->alg) != inventory->digest_size)
		return false;
	if (!inventory->digest_table_size)
		return false;
	size_t size = inventory->digest_size;
	uint32_t mask = inventory->digest_table_size - 1;
	/* Another program may have written it in upper case: any spelling will do. */
	for (uint32_t i = hash_bytes(inventory->pool.seed, digest->bytes, size) & mask; inventory->digest_table[i];
		i = (i + 1) & mask) {
		*manifest = inventory->digest_table[i] - 1;
		if ((inventory->digests[*manifest].flags & (DIGEST_IN_MANIFEST | DIGEST_BAD)) == DIGEST_IN_MANIFEST &&
			memcmp(inventory->digest_bytes + *manifest * size, digest->bytes, size) == 0)
			return true;
	}
	return false;
}

bool inventory_content(const struct inventory *inventory, uint32_t manifest, size_t which, struct buf *out)
{
	uint32_t content = inventory->digests[manifest].content;
	while (content != NONE && which--)
		content = inventory->contents[content].next;
	if (content == NONE)
		return false;
	model_content_path(inventory, content, out);
	return true;
}

bool inventory_find_content(const struct inventory *inventory, struct str path, uint32_t *manifest)
{
	uint32_t content = model_find_content(inventory, path);
	if (content == NONE || inventory->contents[content].manifest == NONE)
		return false;
	*manifest = inventory->contents[content].manifest;
	return true;
}
