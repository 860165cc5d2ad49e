#include "support.h"

#include <stdlib.h>
#include <string.h>

void test_leaf(uint64_t i, struct hash *out)
{
	char text[8];

	for (unsigned k = 0; k < 8; k++)
		text[k] = (char)(i >> (8 * k));
	merkle_leaf((struct str){text, sizeof(text)}, out);
}

/* Largest power of two smaller than n. */
static size_t naive_split(size_t n)
{
	size_t k = 1;

	while (k * 2 < n)
		k *= 2;
	return k;
}

static void naive_node(const struct hash *left, const struct hash *right, struct hash *out)
{
	const struct str pieces[] = {{"\1", 1}, {(const char *)left->b, 32}, {(const char *)right->b, 32}};

	sha256_pieces(pieces, 3, out);
}

void naive_root(const struct hash *leaves, size_t count, struct hash *out)
{
	struct hash left, right;

	if (count == 0) {
		sha256(NULL, 0, out);
		return;
	}
	if (count == 1) {
		*out = leaves[0];
		return;
	}
	size_t k = naive_split(count);
	naive_root(leaves, k, &left);
	naive_root(leaves + k, count - k, &right);
	naive_node(&left, &right, out);
}

void naive_path(size_t m, const struct hash *leaves, size_t n, struct merkle_proof *out)
{
	if (n == 1) {
		out->count = 0;
		return;
	}
	size_t k = naive_split(n);
	if (m < k) {
		naive_path(m, leaves, k, out);
		naive_root(leaves + k, n - k, &out->hashes[out->count++]);
	} else {
		naive_path(m - k, leaves + k, n - k, out);
		naive_root(leaves, k, &out->hashes[out->count++]);
	}
}

static void naive_subproof(size_t m, const struct hash *leaves, size_t n, bool whole, struct merkle_proof *out)
{
	if (m == n) {
		out->count = 0;
		if (!whole)
			naive_root(leaves, n, &out->hashes[out->count++]);
		return;
	}
	size_t k = naive_split(n);
	if (m <= k) {
		naive_subproof(m, leaves, k, whole, out);
		naive_root(leaves + k, n - k, &out->hashes[out->count++]);
	} else {
		naive_subproof(m - k, leaves + k, n - k, false, out);
		naive_root(leaves, k, &out->hashes[out->count++]);
	}
}

void naive_consistency(size_t m, const struct hash *leaves, size_t n, struct merkle_proof *out)
{
	naive_subproof(m, leaves, n, true, out);
}

static void naive_subtree_subproof(
	size_t start, size_t end, const struct hash *leaves, size_t n, bool whole, struct merkle_proof *out)
{
	if (start == 0 && end == n) {
		out->count = 0;
		if (!whole)
			naive_root(leaves, n, &out->hashes[out->count++]);
		return;
	}
	size_t k = naive_split(n);
	if (end <= k) {
		naive_subtree_subproof(start, end, leaves, k, whole, out);
		naive_root(leaves + k, n - k, &out->hashes[out->count++]);
	} else if (k <= start) {
		naive_subtree_subproof(start - k, end - k, leaves + k, n - k, whole, out);
		naive_root(leaves, k, &out->hashes[out->count++]);
	} else {
		assert_int_equal(start, 0);
		naive_subtree_subproof(0, end - k, leaves + k, n - k, false, out);
		naive_root(leaves, k, &out->hashes[out->count++]);
	}
}

void naive_subtree(size_t start, size_t end, const struct hash *leaves, size_t n, struct merkle_proof *out)
{
	naive_subtree_subproof(start, end, leaves, n, true, out);
}

static int keep_full(void *context, const struct tile *tile, const struct hash hashes[TILE_WIDTH], struct err *err)
{
	struct tree *tree = context;

	(void)err;
	assert_true(tile->level >= 0 && tile->level < TREE_LEVELS);
	assert_int_equal(tile->width, TILE_WIDTH);
	size_t *count = &tree->full_count[tile->level];
	assert_int_equal(tile->index, *count); /* in order, none twice */
	if ((*count & (*count - 1)) == 0)
		tree->full[tile->level] =
			mem_grow(tree->full[tile->level], *count == 0 ? 1 : *count * 2, TILE_WIDTH * sizeof(struct hash));
	memcpy(tree->full[tile->level] + *count * TILE_WIDTH, hashes, TILE_WIDTH * sizeof(*hashes));
	++*count;
	return 0;
}

static int read_tile(void *context, const struct tile *tile, struct hash hashes[TILE_WIDTH], struct err *err)
{
	struct tree *tree = context;
	struct tile partials[EDGE_LEVELS];
	const struct hash *edge_hashes[EDGE_LEVELS];
	size_t count;

	(void)err;
	assert_true(tile->level >= 0 && tile->level < TREE_LEVELS);
	assert_int_equal(tile->width, tile_width(tile->level, tile->index, tree->size));
	assert_true(tile->width > 0);
	assert_true(tree->reads < sizeof(tree->seen) / sizeof(tree->seen[0]));
	for (size_t i = 0; i < tree->reads; i++)
		assert_false(tree->seen[i].level == tile->level && tree->seen[i].index == tile->index);
	tree->seen[tree->reads++] = *tile;
	memset(hashes, 0xee, TILE_WIDTH * sizeof(*hashes)); /* nothing may be read behind the width */
	if (tile->index < tree->full_count[tile->level]) {
		memcpy(hashes, tree->full[tile->level] + tile->index * TILE_WIDTH, tile->width * sizeof(*hashes));
		return 0;
	}
	count = edge_partials(&tree->edge, partials, edge_hashes);
	for (size_t i = 0; i < count; i++)
		if (partials[i].level == tile->level && partials[i].index == tile->index && partials[i].width >= tile->width) {
			memcpy(hashes, edge_hashes[i], tile->width * sizeof(*hashes));
			return 0;
		}
	fail_msg("a tile that the tree does not have: level %d, index %llu", tile->level, (unsigned long long)tile->index);
	return -1;
}

struct tree *tree_make(void)
{
	struct tree *tree = mem_alloc(sizeof(*tree));

	tree->reader = (struct tile_reader){.read = read_tile, .context = tree};
	assert_int_equal(edge_load(&tree->edge, tree_call(tree, 0), 0, NULL), 0);
	return tree;
}

void tree_add_leaves(struct tree *tree, const struct hash *leaves, size_t count)
{
	const struct tile_sink sink = {.full = keep_full, .context = tree};

	for (size_t i = 0; i < count; i++)
		assert_int_equal(edge_append(&tree->edge, &leaves[i], &sink, NULL), 0);
}

void tree_add(struct tree *tree, uint64_t count)
{
	struct hash leaf;

	while (count-- > 0) {
		test_leaf(tree->edge.size, &leaf);
		tree_add_leaves(tree, &leaf, 1);
	}
}

void tree_free(struct tree *tree)
{
	for (size_t i = 0; i < TREE_LEVELS; i++)
		free(tree->full[i]);
	edge_release(&tree->edge);
	free(tree);
}

const struct tile_reader *tree_call(struct tree *tree, uint64_t size)
{
	tree->reads = 0;
	tree->size = size;
	return &tree->reader;
}

void test_key_make(struct test_key *key, const char *name, enum note_type type, const char *seed)
{
	struct hash hash;
	unsigned char public_key[ED25519_PUBLIC];

	sha256(seed, strlen(seed), &hash);
	memcpy(key->secret, hash.b, sizeof(key->secret));
	key->text = (struct buf)BUF_INIT;
	assert_int_equal(ed25519_public(key->secret, public_key, NULL), 0);
	assert_int_equal(vkey_make(&key->key, str_from(name), type, public_key, NULL), 0);
	vkey_format(&key->text, &key->key);
}

void test_key_release(struct test_key *key)
{
	vkey_release(&key->key);
	buf_release(&key->text);
}

void assert_hash_equal(const struct hash *a, const struct hash *b)
{
	assert_memory_equal(a->b, b->b, sizeof(a->b));
}

void assert_proof_equal(const struct merkle_proof *a, const struct merkle_proof *b)
{
	assert_int_equal(a->count, b->count);
	for (size_t i = 0; i < a->count; i++)
		assert_hash_equal(&a->hashes[i], &b->hashes[i]);
}

void assert_error(const struct err *err, enum err_code code, const char *words)
{
	if (err->code != code || strstr(err->text, words) == NULL)
		fail_msg("error %d \"%s\" instead of %d \"%s\"", (int)err->code, err->text, (int)code, words);
}
