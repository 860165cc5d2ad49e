/* The contents tree of one version, made from its seed (docs/format/contents.md). */
#include "entry/internal.h"

#include <stdlib.h>
#include <string.h>

#define KINDS_MAX 16

/* One leaf without what can be shared or derived: 100,000 of them must stay small. */
struct stored {
	const char *path;
	uint64_t size;
	uint32_t path_n;
	uint8_t kind; /* of contents.kinds */
	uint8_t alg;
};

struct contents {
	size_t count, capacity, digest_width;
	struct hash salts, root;
	struct str kinds[KINDS_MAX];
	size_t kind_count;
	struct stored *leaves;  /* as given */
	unsigned char *digests; /* digest_width each, as given */
	/* made when it is sealed */
	struct hash *hashes; /* by position; while sorting, the places as given */
	uint32_t *at;        /* index as given, by position */
	uint32_t *position;  /* position, by index as given */
};

static void get_leaf(const struct contents *c, size_t i, struct leaf *leaf)
{
	const struct stored *stored = &c->leaves[i];
	leaf->kind = c->kinds[stored->kind];
	leaf->path = (struct str){stored->path, stored->path_n};
	leaf->size = stored->size;
	leaf->digest.alg = (enum digest_alg)stored->alg;
	memcpy(leaf->digest.bytes, c->digests + i * c->digest_width, digest_size(leaf->digest.alg));
}

static bool resize(void *vector, size_t count, size_t size)
{
	void **p = vector, *grown;
	size_t bytes;

	if (!size_mul(count, size, &bytes) || (grown = realloc(*p, bytes)) == NULL)
		return false;
	*p = grown;
	return true;
}

/* Room for one more leaf, whose digest has `width` bytes. */
static bool make_room(struct contents *c, size_t width)
{
	if (c->count == c->capacity) {
		size_t capacity = c->capacity < 8 ? 8 : c->capacity + c->capacity / 2;

		if (!resize(&c->leaves, capacity, sizeof *c->leaves) ||
			(c->digest_width > 0 && !resize(&c->digests, capacity, c->digest_width)))
			return false;
		c->capacity = capacity;
	}
	if (width <= c->digest_width)
		return true;
	if (!resize(&c->digests, c->capacity, width))
		return false;
	for (size_t i = c->count; i-- > 0;)
		memmove(c->digests + i * width, c->digests + i * c->digest_width, c->digest_width);
	c->digest_width = width;
	return true;
}

struct contents *contents_new(void)
{
	return mem_alloc(sizeof(struct contents));
}

int contents_add(struct contents *c, const struct leaf *leaf, struct err *err)
{
	size_t kind = 0;
	if (leaf_check(leaf, err) < 0)
		return -1;
	if (c->count == CONTENTS_MAX)
		return err_set(err, ERR_LIMIT, "a record of more files than the %" PRIu64 " that fit", (uint64_t)CONTENTS_MAX);
	while (kind < c->kind_count && !str_equal(c->kinds[kind], leaf->kind))
		kind++;
	if (kind == KINDS_MAX)
		return err_set(err, ERR_LIMIT, "a record's leaves are of more than %d kinds", KINDS_MAX);
	if (!make_room(c, digest_size(leaf->digest.alg)))
		return err_set(err, ERR_MEMORY, "no memory for the contents of a record of %zu files", c->count + 1);
	if (kind == c->kind_count)
		c->kinds[c->kind_count++] = leaf->kind;
	c->leaves[c->count] =
		(struct stored){leaf->path.p, leaf->size, (uint32_t)leaf->path.n, (uint8_t)kind, (uint8_t)leaf->digest.alg};
	memcpy(c->digests + c->count * c->digest_width, leaf->digest.bytes, digest_size(leaf->digest.alg));
	c->count++;
	return 0;
}

static int by_place(const void *a, const void *b, void *places)
{
	const struct hash *all = places;
	return memcmp(all[*(const uint32_t *)a].b, all[*(const uint32_t *)b].b, SHA256_SIZE);
}

static int arrange(struct contents *c, const unsigned char seed[SEED_SIZE], struct err *err)
{
	struct hash order;
	hash_order(seed, &order);
	for (size_t i = 0; i < c->count; i++) {
		hash_place(&order, (struct str){c->leaves[i].path, c->leaves[i].path_n}, &c->hashes[i]);
		c->at[i] = (uint32_t)i;
	}
	mem_wipe(&order, sizeof order);
	qsort_r(c->at, c->count, sizeof *c->at, by_place, c->hashes);
	for (size_t i = 0; i < c->count; i++) {
		const struct stored *leaf = &c->leaves[c->at[i]];
		if (i > 0 && hash_equal(&c->hashes[c->at[i]], &c->hashes[c->at[i - 1]]))
			return err_set(err, ERR_SYNTAX, "\"%.*s\" stands twice in the record",
				STR_ARG(((struct str){leaf->path, leaf->path_n})));
		c->position[c->at[i]] = (uint32_t)i;
	}
	return 0;
}

/* The walk asks for each position once, in order. */
static void fill_leaf(const void *context, uint64_t position, const struct hash *salt, struct hash *out)
{
	const struct contents *c = context;
	struct leaf leaf;
	get_leaf(c, c->at[position], &leaf);
	hash_leaf(&leaf, salt, out);
	c->hashes[position] = *out;
}

int contents_seal(struct contents *c, struct str origin, struct str record, uint64_t version, const unsigned char seed[SEED_SIZE],
	struct err *err)
{
	struct hash tree;

	if (version == 0)
		return err_set(err, ERR_USAGE, "versions are counted from 1");
	if (!resize(&c->hashes, c->count + 1, sizeof *c->hashes) || !resize(&c->at, c->count + 1, sizeof *c->at) ||
		!resize(&c->position, c->count + 1, sizeof *c->position))
		return err_set(err, ERR_MEMORY, "no memory for the contents of a record of %zu files", c->count);
	if (arrange(c, seed, err) < 0)
		return -1;
	hash_salts(seed, &c->salts);
	if (c->count == 0)
		hash_empty(&tree);
	else
		hash_opened(&(struct opened){c, c->count, fill_leaf}, (struct block){0, shape_depth(c->count)}, &c->salts, &tree);
	hash_root(origin, record, version, c->count, &tree, &c->root);
	return 0;
}

int contents_make(struct contents **out, struct str origin, struct str record, uint64_t version,
	const unsigned char seed[SEED_SIZE], const struct leaf *leaves, size_t count, struct err *err)
{
	struct contents *c = contents_new();
	int result = 0;

	*out = NULL;
	for (size_t i = 0; i < count && result == 0; i++)
		result = contents_add(c, &leaves[i], err);
	if (result != 0 || contents_seal(c, origin, record, version, seed, err) < 0) {
		contents_free(c);
		return -1;
	}
	*out = c;
	return 0;
}

void contents_root(const struct contents *c, struct hash *out)
{
	*out = c->root;
}

size_t contents_count(const struct contents *c)
{
	return c->count;
}

void contents_leaf(const struct contents *c, size_t i, struct leaf *leaf)
{
	get_leaf(c, i, leaf);
}

uint64_t contents_position(const struct contents *c, size_t i)
{
	return c->position[i];
}

void contents_leaf_hash(const struct contents *c, uint64_t position, struct hash *out)
{
	*out = c->hashes[position];
}

void contents_free(struct contents *c)
{
	if (!c)
		return;
	mem_wipe(&c->salts, sizeof c->salts);
	free(c->leaves);
	free(c->digests);
	free(c->hashes);
	free(c->at);
	free(c->position);
	free(c);
}

static void source_leaf(const void *context, size_t i, struct leaf *leaf, uint64_t *position)
{
	const struct contents *c = context;
	get_leaf(c, i, leaf);
	*position = c->position[i];
}

static void source_hash(const void *context, struct block block, struct hash *out)
{
	const struct contents *c = context;
	if (block.height == 0) {
		*out = c->hashes[block.first];
		return;
	}
	struct block right = block_half(block, 1);
	struct hash left_hash, right_hash;
	source_hash(c, block_half(block, 0), &left_hash);
	if (right.first >= c->count) {
		*out = left_hash;
		return;
	}
	source_hash(c, right, &right_hash);
	hash_node(&left_hash, &right_hash, out);
}

static void source_salt(const void *context, struct block block, struct hash *out)
{
	const struct contents *c = context;
	salt_below((struct block){0, shape_depth(c->count)}, &c->salts, block, out);
}

int disclosure_make(struct buf *out, const struct contents *c, const bool *keep, struct err *err)
{
	const struct opening_source source = {c, c->count, c->count, source_leaf, source_hash, source_salt};
	return opening_write(out, &source, keep, err);
}
