/* Reading photostat.disclosure/v1 (docs/format/disclosure.md): strict, and small beside the bytes that it views. */
#include "entry/internal.h"

#include <stdlib.h>
#include <string.h>

/* Twelve bytes a leaf: everything else stays in the bytes that were parsed. */
struct disclosure {
	const unsigned char *bytes;
	uint64_t n;
	size_t node_count, withheld_count, count;
	const unsigned char *nodes, *withheld;
	uint32_t *offsets; /* of each leaf in bytes, by path */
	uint64_t *at;      /* sorted: position and index by path */
};

/* ---- fields -------------------------------------------------------------------------------------------------------------- */

/* Bytes of a digest, or 0. */
static size_t digest_code(unsigned char code, enum digest_alg *alg)
{
	*alg = code == DISCLOSURE_SHA256 ? DIGEST_SHA256 : code == DISCLOSURE_SHA512 ? DIGEST_SHA512 : DIGEST_NONE;
	return *alg == DIGEST_NONE ? 0 : digest_size(*alg);
}

/* Cuts a leaf off the `left` bytes at p; returns its length or 0 when it does not fit. */
static size_t read_leaf(const unsigned char *p, size_t left, struct leaf *leaf, uint64_t *position)
{
	enum digest_alg alg;
	if (left < DISCLOSURE_LEAF)
		return 0;
	size_t digest = digest_code(p[16], &alg);
	if (digest == 0 || left < DISCLOSURE_LEAF + digest)
		return 0;
	size_t at = 17 + digest, kind = p[at];
	if (left < DISCLOSURE_LEAF + digest + kind)
		return 0;
	size_t path_at = at + 1 + kind + 2, path = be16_get(p + path_at - 2);
	if (left - path_at < path)
		return 0;
	*position = be64_get(p);
	leaf->size = be64_get(p + 8);
	leaf->digest.alg = alg;
	memcpy(leaf->digest.bytes, p + 17, digest);
	leaf->kind = (struct str){(const char *)p + at + 1, kind};
	leaf->path = (struct str){(const char *)p + path_at, path};
	return path_at + path;
}

static struct block node_block(const struct disclosure *d, size_t i)
{
	const unsigned char *p = d->nodes + i * DISCLOSURE_NODE;
	unsigned height = shape_depth(d->n) - p[0];
	return (struct block){be64_get(p + 1) << height, height};
}

static void node_salt(const struct disclosure *d, size_t i, struct hash *out)
{
	memcpy(out->b, d->nodes + i * DISCLOSURE_NODE + 9, SHA256_SIZE);
}

static void get_leaf(const struct disclosure *d, size_t i, struct leaf *leaf, uint64_t *position)
{
	/* It was read when the disclosure was parsed: bytes that fail now were changed under us. */
	if (read_leaf(d->bytes + d->offsets[i], SIZE_MAX, leaf, position) == 0)
		abort();
}

/* ---- parsing ------------------------------------------------------------------------------------------------------------- */

static int wrong(struct err *err, const char *what)
{
	return err_set(err, ERR_SYNTAX, "disclosure: %s", what);
}

static int parse_header(struct disclosure *d, struct str bytes, struct err *err)
{
	if (bytes.n > DISCLOSURE_MAX)
		return err_set(err, ERR_LIMIT, "disclosure is longer than %u bytes", (unsigned)DISCLOSURE_MAX);
	if (!str_starts(bytes, DISCLOSURE_MAGIC) || bytes.n < DISCLOSURE_HEADER)
		return wrong(err, "does not begin as photostat.disclosure/v1 does");
	const char *counts = bytes.p + DISCLOSURE_MAGIC.n;
	uint64_t nodes = be64_get(counts + 8), withheld = be64_get(counts + 16), leaves = be64_get(counts + 24);
	size_t left = bytes.n - DISCLOSURE_HEADER;
	d->n = be64_get(counts);
	if (d->n > CONTENTS_MAX)
		return wrong(err, "more leaves than a record can have");
	if (nodes > left / DISCLOSURE_NODE)
		return wrong(err, "cut short in its nodes");
	left -= (size_t)nodes * DISCLOSURE_NODE;
	if (withheld > left / DISCLOSURE_WITHHELD)
		return wrong(err, "cut short in its withheld subtrees");
	left -= (size_t)withheld * DISCLOSURE_WITHHELD;
	if (leaves > left / DISCLOSURE_LEAF)
		return wrong(err, "cut short in its leaves");
	d->bytes = (const unsigned char *)bytes.p;
	d->node_count = (size_t)nodes;
	d->withheld_count = (size_t)withheld;
	d->count = (size_t)leaves;
	d->nodes = d->bytes + DISCLOSURE_HEADER;
	d->withheld = d->nodes + d->node_count * DISCLOSURE_NODE;
	return 0;
}

static int parse_leaves(struct disclosure *d, size_t size, struct err *err)
{
	size_t offset = (size_t)(d->withheld - d->bytes) + d->withheld_count * DISCLOSURE_WITHHELD;
	struct str before = {NULL, 0};
	for (size_t i = 0; i < d->count; i++) {
		struct leaf leaf;
		uint64_t position;
		size_t length = read_leaf(d->bytes + offset, size - offset, &leaf, &position);
		if (length == 0)
			return wrong(err, "cut short in a leaf, or a leaf's digest is neither sha256 nor sha512");
		if (leaf_check(&leaf, err) < 0)
			return -1;
		if (i > 0 && str_compare(before, leaf.path) >= 0)
			return wrong(err, "leaves do not stand in the order of their paths");
		if (position >= d->n)
			return wrong(err, "a leaf stands outside the record");
		d->offsets[i] = (uint32_t)offset;
		d->at[i] = positions_pack(position, i);
		before = leaf.path;
		offset += length;
	}
	return offset == size ? 0 : wrong(err, "something follows its last leaf");
}

/* The shape says which nodes and subtrees there must be: they are compared with what stands there. */
struct checker {
	const struct disclosure *d;
	size_t nodes, withheld;
};

static int check_node(void *context, struct block block, struct err *err)
{
	struct checker *c = context;
	const unsigned char *p = c->d->nodes + c->nodes * DISCLOSURE_NODE;
	if (c->nodes == c->d->node_count || p[0] != shape_depth(c->d->n) - block.height ||
		be64_get(p + 1) != block.first >> block.height)
		return wrong(err, "its nodes do not cover exactly the leaves that it opens");
	c->nodes++;
	return 0;
}

static int check_withheld(void *context, struct block block, struct err *err)
{
	struct checker *c = context;
	const unsigned char *p = c->d->withheld + c->withheld * DISCLOSURE_WITHHELD;
	if (c->withheld == c->d->withheld_count || be64_get(p) != block.first || be64_get(p + 8) != block_end(block, c->d->n))
		return wrong(err, "its withheld subtrees are not exactly what it does not open");
	c->withheld++;
	return 0;
}

static int check_shape(const struct disclosure *d, struct err *err)
{
	struct checker checker = {d, 0, 0};
	const struct positions kept = {d->at, d->count};
	const struct positions_visitor visitor = {&checker, check_node, check_withheld};
	if (positions_walk(&kept, d->n, &visitor, err) < 0)
		return -1;
	if (checker.nodes != d->node_count || checker.withheld != d->withheld_count)
		return wrong(err, "it holds nodes or subtrees that its shape has no place for");
	return 0;
}

bool disclosure_looks(struct str bytes)
{
	return str_starts(bytes, DISCLOSURE_MAGIC);
}

int disclosure_parse(struct disclosure **out, struct str bytes, struct err *err)
{
	struct disclosure *d = mem_alloc(sizeof *d);
	*out = NULL;
	if (parse_header(d, bytes, err) < 0)
		goto fail;
	d->offsets = calloc(d->count + 1, sizeof *d->offsets);
	d->at = calloc(d->count + 1, sizeof *d->at);
	if (!d->offsets || !d->at) {
		err_set(err, ERR_MEMORY, "no memory for a disclosure of %zu leaves", d->count);
		goto fail;
	}
	if (parse_leaves(d, bytes.n, err) < 0)
		goto fail;
	if (positions_sort(d->at, d->count, err) < 0) {
		err_note(err, "disclosure");
		goto fail;
	}
	if (check_shape(d, err) < 0)
		goto fail;
	*out = d;
	return 0;
fail:
	disclosure_free(d);
	return -1;
}

void disclosure_free(struct disclosure *d)
{
	if (!d)
		return;
	free(d->offsets);
	free(d->at);
	free(d);
}

/* ---- what it holds ------------------------------------------------------------------------------------------------------- */

uint64_t disclosure_total(const struct disclosure *d)
{
	return d->n;
}

size_t disclosure_count(const struct disclosure *d)
{
	return d->count;
}

void disclosure_leaf(const struct disclosure *d, size_t i, struct leaf *leaf, uint64_t *position)
{
	uint64_t unused;
	get_leaf(d, i, leaf, position ? position : &unused);
}

bool disclosure_find(const struct disclosure *d, struct str path, size_t *index)
{
	size_t low = 0, high = d->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		struct leaf leaf;
		uint64_t position;
		get_leaf(d, middle, &leaf, &position);
		int order = str_compare(leaf.path, path);
		if (order == 0) {
			*index = middle;
			return true;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

size_t disclosure_withheld_count(const struct disclosure *d)
{
	return d->withheld_count;
}

void disclosure_withheld(const struct disclosure *d, size_t i, struct entry_withheld *out)
{
	const unsigned char *p = d->withheld + i * DISCLOSURE_WITHHELD;
	*out = (struct entry_withheld){.version = 0, .position = be64_get(p), .end = be64_get(p + 8)};
	memcpy(out->hash.b, p + 16, SHA256_SIZE);
}

/* ---- what it proves ------------------------------------------------------------------------------------------------------ */

/* Index of the leaf at a position that is opened. */
static size_t index_at(const struct disclosure *d, uint64_t position)
{
	size_t low = 0, high = d->count;
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		if (d->at[middle] >> 32 <= position)
			low = middle;
		else
			high = middle;
	}
	return (uint32_t)d->at[low];
}

static void opened_leaf_hash(const void *context, uint64_t position, const struct hash *salt, struct hash *out)
{
	const struct disclosure *d = context;
	struct leaf leaf;
	get_leaf(d, index_at(d, position), &leaf, &position);
	hash_leaf(&leaf, salt, out);
}

/* The last of `count` ascending first positions that is not above `position`; count above 0. */
static size_t last_node(const struct disclosure *d, uint64_t position)
{
	size_t low = 0, high = d->node_count;
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		if (node_block(d, middle).first <= position)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static bool block_holds(struct block outer, struct block inner)
{
	return inner.height <= outer.height && inner.first >> outer.height == outer.first >> outer.height;
}

static bool find_withheld(const struct disclosure *d, struct block block, struct hash *out)
{
	size_t low = 0, high = d->withheld_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		struct entry_withheld one;
		disclosure_withheld(d, middle, &one);
		if (one.position == block.first && one.end == block_end(block, d->n)) {
			*out = one.hash;
			return true;
		}
		if (one.position <= block.first)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

/* Of a block that is no part of a larger withheld subtree. */
static void block_hash(const void *context, struct block block, struct hash *out)
{
	const struct disclosure *d = context;
	if (d->node_count > 0) {
		size_t i = last_node(d, block.first);
		struct block node = node_block(d, i);
		if (block_holds(node, block)) {
			struct hash top, salt;
			node_salt(d, i, &top);
			salt_below(node, &top, block, &salt);
			hash_opened(&(struct opened){d, d->n, opened_leaf_hash}, block, &salt, out);
			return;
		}
	}
	if (find_withheld(d, block, out))
		return;
	struct block right = block_half(block, 1);
	struct hash left_hash, right_hash;
	block_hash(d, block_half(block, 0), &left_hash);
	if (right.first >= d->n) {
		*out = left_hash;
		return;
	}
	block_hash(d, right, &right_hash);
	hash_node(&left_hash, &right_hash, out);
}

int disclosure_root(
	const struct disclosure *d, struct str origin, struct str record, uint64_t version, struct hash *out, struct err *err)
{
	struct hash tree;
	if (version == 0)
		return err_set(err, ERR_USAGE, "versions are counted from 1");
	if (d->n == 0)
		hash_empty(&tree);
	else
		block_hash(d, (struct block){0, shape_depth(d->n)}, &tree);
	hash_root(origin, record, version, d->n, &tree, out);
	return 0;
}

void disclosure_leaf_hash(const struct disclosure *d, size_t i, struct hash *out)
{
	struct leaf leaf;
	uint64_t position;
	struct hash top, salt;
	get_leaf(d, i, &leaf, &position);
	size_t node = last_node(d, position);
	node_salt(d, node, &top);
	salt_below(node_block(d, node), &top, (struct block){position, 0}, &salt);
	hash_leaf(&leaf, &salt, out);
}

/* ---- a smaller opening out of it ----------------------------------------------------------------------------------------- */

static void source_leaf(const void *context, size_t i, struct leaf *leaf, uint64_t *position)
{
	get_leaf(context, i, leaf, position);
}

static void source_salt(const void *context, struct block block, struct hash *out)
{
	const struct disclosure *d = context;
	size_t i = last_node(d, block.first);
	struct hash top;
	/* Nodes are maximal, so that one of them holds the block. */
	node_salt(d, i, &top);
	salt_below(node_block(d, i), &top, block, out);
}

int disclosure_narrow(struct buf *out, const struct disclosure *from, const bool *keep, struct err *err)
{
	const struct opening_source source = {from, from->n, from->count, source_leaf, block_hash, source_salt};
	return opening_write(out, &source, keep, err);
}
