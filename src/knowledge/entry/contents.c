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

/* One allocation holds it and its arrays. */
struct contents {
	size_t count, digest_width;
	struct hash salts, root;
	struct str kinds[KINDS_MAX];
	size_t kind_count;
	struct stored *leaves;  /* as given */
	struct hash *hashes;    /* by position; while sorting, the places as given */
	uint32_t *at;           /* index as given, by position */
	uint32_t *position;     /* position, by index as given */
	unsigned char *digests; /* digest_width each, as given */
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

static int put_leaf(struct contents *c, size_t i, const struct leaf *leaf, struct err *err)
{
	size_t kind = 0;
	if (leaf_check(leaf, err) < 0)
		return -1;
	while (kind < c->kind_count && !str_equal(c->kinds[kind], leaf->kind))
		kind++;
	if (kind == KINDS_MAX)
		return err_set(err, ERR_LIMIT, "a record's leaves are of more than %d kinds", KINDS_MAX);
	if (kind == c->kind_count)
		c->kinds[c->kind_count++] = leaf->kind;
	c->leaves[i] = (struct stored){leaf->path.p, leaf->size, (uint32_t)leaf->path.n, (uint8_t)kind, (uint8_t)leaf->digest.alg};
	memcpy(c->digests + i * c->digest_width, leaf->digest.bytes, digest_size(leaf->digest.alg));
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

static size_t digest_width(const struct leaf *leaves, size_t count)
{
	size_t width = 0;
	for (size_t i = 0; i < count; i++) {
		size_t size = digest_size(leaves[i].digest.alg);
		if (size > width)
			width = size;
	}
	return width;
}

/* Widest alignment first. */
static struct contents *make_room(size_t count, size_t width)
{
	struct contents *c;
	size_t each = sizeof *c->leaves + sizeof *c->hashes + sizeof *c->at + sizeof *c->position + width, all;
	if (!size_mul(count, each, &all) || !size_add(all, sizeof *c, &all) || (c = calloc(1, all)) == NULL)
		return NULL;
	c->count = count;
	c->digest_width = width;
	c->leaves = (struct stored *)(void *)(c + 1);
	c->at = (uint32_t *)(void *)(c->leaves + count);
	c->position = c->at + count;
	c->hashes = (struct hash *)(void *)(c->position + count);
	c->digests = (unsigned char *)(c->hashes + count);
	return c;
}

int contents_make(struct contents **out, struct str origin, struct str record, uint64_t version,
	const unsigned char seed[SEED_SIZE], const struct leaf *leaves, size_t count, struct err *err)
{
	*out = NULL;
	if (version == 0)
		return err_set(err, ERR_USAGE, "versions are counted from 1");
	if (count > CONTENTS_MAX)
		return err_set(err, ERR_LIMIT, "a record of %zu files is more than the %" PRIu64 " that fit", count,
			(uint64_t)CONTENTS_MAX);
	struct contents *c = make_room(count, digest_width(leaves, count));
	if (!c)
		return err_set(err, ERR_MEMORY, "no memory for the contents of a record of %zu files", count);
	for (size_t i = 0; i < count; i++)
		if (put_leaf(c, i, &leaves[i], err) < 0)
			goto fail;
	if (arrange(c, seed, err) < 0)
		goto fail;
	hash_salts(seed, &c->salts);
	struct hash tree;
	if (count == 0)
		hash_empty(&tree);
	else
		hash_opened(&(struct opened){c, count, fill_leaf}, (struct block){0, shape_depth(count)}, &c->salts, &tree);
	hash_root(origin, record, version, count, &tree, &c->root);
	*out = c;
	return 0;
fail:
	contents_free(c);
	return -1;
}

void contents_root(const struct contents *c, struct hash *out)
{
	*out = c->root;
}

size_t contents_count(const struct contents *c)
{
	return c->count;
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
