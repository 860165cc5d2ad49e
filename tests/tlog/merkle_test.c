/* Roots and proofs against RFC 6962's recursive definitions; how many tiles they read (P10). */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MILLION 1000000u

static struct hash *make_leaves(size_t count)
{
	struct hash *leaves = mem_array(count + 1, sizeof(*leaves));

	for (size_t i = 0; i < count; i++)
		test_leaf(i, &leaves[i]);
	return leaves;
}

static void test_known_hashes(void **state)
{
	/* SHA-256 of nothing, of one zero byte, and of 01 with two hashes of that: from any SHA-256. */
	struct hash hash, expected, node;

	(void)state;
	merkle_empty(&hash);
	assert_true(hex_decode(STR("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"), expected.b, 32));
	assert_hash_equal(&hash, &expected);
	merkle_leaf(STR(""), &hash);
	assert_true(hex_decode(STR("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"), expected.b, 32));
	assert_hash_equal(&hash, &expected);
	merkle_node(&hash, &hash, &node);
	assert_true(hex_decode(STR("fe43d66afa4a9a5c4f9c9da89f4ffb52635c8f342e7ffb731d68e36c5982072a"), expected.b, 32));
	assert_hash_equal(&node, &expected);
}

static void test_roots(void **state)
{
	static const size_t beyond[] = {511, 512, 513, 1000, 65535, 65536, 65537, 70000};
	struct hash *leaves = make_leaves(70000), root, expected;
	struct tree *tree = tree_make();

	(void)state;
	for (size_t size = 0; size <= 300; size++) {
		naive_root(leaves, size, &expected);
		merkle_root(leaves, size, &root);
		assert_hash_equal(&root, &expected);
		edge_root(&tree->edge, &root);
		assert_hash_equal(&root, &expected);
		assert_int_equal(tiles_root(tree_call(tree, size), size, &root, NULL), 0);
		assert_hash_equal(&root, &expected);
		tree_add(tree, 1);
	}
	for (size_t i = 0; i < sizeof(beyond) / sizeof(beyond[0]); i++) {
		tree_add(tree, beyond[i] - tree->edge.size);
		naive_root(leaves, beyond[i], &expected);
		merkle_root(leaves, beyond[i], &root);
		assert_hash_equal(&root, &expected);
		edge_root(&tree->edge, &root);
		assert_hash_equal(&root, &expected);
		assert_int_equal(tiles_root(tree_call(tree, beyond[i]), beyond[i], &root, NULL), 0);
		assert_hash_equal(&root, &expected);
		assert_true(tree->reads <= 3);
	}
	/* Smaller trees from the tiles of the larger. */
	for (size_t size = 0; size <= 70000; size += size < 600 ? 1 : 997) {
		naive_root(leaves, size, &expected);
		assert_int_equal(tiles_root(tree_call(tree, size), size, &root, NULL), 0);
		assert_hash_equal(&root, &expected);
	}
	tree_free(tree);
	free(leaves);
}

/* One inclusion proof: made from tiles, the RFC's, verified, and refused when anything is changed. */
static void check_inclusion(struct tree *tree, const struct hash *leaves, size_t index, size_t size)
{
	struct merkle_proof proof, expected;
	struct hash leaf, root, naive, other;
	struct err err = ERR_INIT;

	naive_path(index, leaves, size, &expected);
	naive_root(leaves, size, &naive);
	assert_int_equal(tiles_inclusion(tree_call(tree, size), index, size, &proof, &leaf, &root, NULL), 0);
	assert_proof_equal(&proof, &expected);
	assert_hash_equal(&leaf, &leaves[index]);
	assert_hash_equal(&root, &naive);
	assert_int_equal(merkle_verify_inclusion(&leaf, index, size, &proof, &root, NULL), 0);

	other = leaf;
	other.b[index % 32] ^= 1;
	assert_int_equal(merkle_verify_inclusion(&other, index, size, &proof, &root, &err), -1);
	assert_int_equal(err.code, ERR_MISMATCH);
	other = root;
	other.b[index % 32] ^= 0x80;
	assert_int_equal(merkle_verify_inclusion(&leaf, index, size, &proof, &other, &err), -1);
	assert_int_equal(err.code, ERR_MISMATCH);
	if (size > 1)
		assert_int_equal(merkle_verify_inclusion(&leaf, index ^ 1, size, &proof, &root, NULL), -1);
	for (size_t i = 0; i < proof.count; i++) {
		proof.hashes[i].b[size % 32] ^= 4;
		assert_int_equal(merkle_verify_inclusion(&leaf, index, size, &proof, &root, NULL), -1);
		proof.hashes[i].b[size % 32] ^= 4;
	}
	if (proof.count > 0) {
		proof.count--;
		assert_int_equal(merkle_verify_inclusion(&leaf, index, size, &proof, &root, &err), -1);
		assert_int_equal(err.code, ERR_SYNTAX);
		proof.count++;
	}
	proof.hashes[proof.count++] = root;
	assert_int_equal(merkle_verify_inclusion(&leaf, index, size, &proof, &root, &err), -1);
	assert_int_equal(err.code, ERR_SYNTAX);
}

static void test_inclusion(void **state)
{
	static const size_t sizes[] = {255, 256, 257, 512, 513, 65536, 65537, 66000};
	struct hash *leaves = make_leaves(66000);
	struct tree *tree = tree_make();

	(void)state;
	tree_add(tree, 66000);
	for (size_t size = 1; size <= 100; size++)
		for (size_t index = 0; index < size; index++)
			check_inclusion(tree, leaves, index, size);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		const size_t indexes[] = {0, 1, sizes[i] / 2 - 1, sizes[i] / 2, sizes[i] * 2 / 3, sizes[i] - 2, sizes[i] - 1};
		for (size_t k = 0; k < sizeof(indexes) / sizeof(indexes[0]); k++)
			check_inclusion(tree, leaves, indexes[k], sizes[i]);
	}
	tree_free(tree);
	free(leaves);
}

static void check_consistency(struct tree *tree, const struct hash *leaves, size_t size1, size_t size2)
{
	struct merkle_proof proof, expected;
	struct hash root1, root2, other;
	struct err err = ERR_INIT;

	naive_consistency(size1, leaves, size2, &expected);
	naive_root(leaves, size1, &root1);
	naive_root(leaves, size2, &root2);
	assert_int_equal(tiles_consistency(tree_call(tree, size2), size1, size2, &proof, NULL), 0);
	assert_proof_equal(&proof, &expected);
	assert_int_equal(merkle_verify_consistency(size1, &root1, size2, &root2, &proof, NULL), 0);
	other = root1;
	other.b[0] ^= 1;
	assert_int_equal(merkle_verify_consistency(size1, &other, size2, &root2, &proof, &err), -1);
	assert_int_equal(err.code, ERR_MISMATCH);
	other = root2;
	other.b[31] ^= 1;
	assert_int_equal(merkle_verify_consistency(size1, &root1, size2, &other, &proof, &err), -1);
	assert_int_equal(err.code, ERR_MISMATCH);
	for (size_t i = 0; i < proof.count; i++) {
		proof.hashes[i].b[7] ^= 4;
		assert_int_equal(merkle_verify_consistency(size1, &root1, size2, &root2, &proof, NULL), -1);
		proof.hashes[i].b[7] ^= 4;
	}
	if (proof.count > 0) {
		proof.count--;
		assert_int_equal(merkle_verify_consistency(size1, &root1, size2, &root2, &proof, &err), -1);
		assert_int_equal(err.code, ERR_SYNTAX);
		proof.count++;
	}
	proof.hashes[proof.count++] = root2;
	assert_int_equal(merkle_verify_consistency(size1, &root1, size2, &root2, &proof, &err), -1);
	assert_int_equal(err.code, ERR_SYNTAX);
}

static void test_consistency(void **state)
{
	static const size_t sizes[] = {1, 2, 3, 255, 256, 257, 300, 511, 512, 513, 65535, 65536, 65537, 66000};
	const size_t count = sizeof(sizes) / sizeof(sizes[0]);
	struct hash *leaves = make_leaves(66000);
	struct tree *tree = tree_make();
	struct merkle_proof proof;
	struct hash empty;

	(void)state;
	tree_add(tree, 66000);
	for (size_t size2 = 1; size2 <= 70; size2++)
		for (size_t size1 = 1; size1 <= size2; size1++)
			check_consistency(tree, leaves, size1, size2);
	for (size_t i = 0; i < count; i++)
		for (size_t k = i; k < count; k++)
			check_consistency(tree, leaves, sizes[i], sizes[k]);
	/* The empty tree: nothing to make, and nothing that proves. */
	assert_int_equal(tiles_consistency(tree_call(tree, 5), 0, 5, &proof, NULL), 0);
	assert_int_equal(proof.count, 0);
	assert_int_equal(tree->reads, 0);
	merkle_empty(&empty);
	assert_int_equal(merkle_verify_consistency(0, &empty, 0, &empty, &proof, NULL), 0);
	assert_int_equal(merkle_verify_consistency(0, &leaves[0], 0, &leaves[0], &proof, NULL), -1);
	assert_int_equal(merkle_verify_consistency(0, &empty, 1, &leaves[0], &proof, NULL), -1);
	assert_int_equal(tiles_consistency(tree_call(tree, 5), 6, 5, &proof, NULL), -1);
	tree_free(tree);
	free(leaves);
}

/* Sizes at the end of the range must not wrap around. */
static void test_huge_sizes(void **state)
{
	struct merkle_proof proof = {.count = 0};
	struct hash leaf, root;

	(void)state;
	test_leaf(0, &leaf);
	test_leaf(1, &root);
	assert_int_equal(merkle_verify_inclusion(&leaf, 0, 0, &proof, &root, NULL), -1);
	assert_int_equal(merkle_verify_inclusion(&leaf, UINT64_MAX, UINT64_MAX, &proof, &root, NULL), -1);
	/* The entry at 2^63 of a tree of 2^63 + 1 is the root's right child. */
	proof.hashes[proof.count++] = root;
	merkle_node(&root, &leaf, &root);
	assert_int_equal(merkle_verify_inclusion(&leaf, (uint64_t)1 << 63, ((uint64_t)1 << 63) + 1, &proof, &root, NULL), 0);
	assert_int_equal(merkle_verify_inclusion(&leaf, UINT64_MAX - 1, UINT64_MAX, &proof, &root, NULL), -1);
	while (proof.count < MERKLE_PROOF_MAX)
		proof.hashes[proof.count++] = leaf;
	assert_int_equal(merkle_verify_inclusion(&leaf, UINT64_MAX - 1, UINT64_MAX, &proof, &root, NULL), -1);
	assert_int_equal(merkle_verify_consistency(UINT64_MAX - 1, &leaf, UINT64_MAX, &root, &proof, NULL), -1);
	assert_int_equal(merkle_verify_consistency(1, &leaf, UINT64_MAX, &root, &proof, NULL), -1);
}

static int fail_read(void *context, const struct tile *tile, struct hash hashes[TILE_WIDTH], struct err *err)
{
	size_t *left = context;

	(void)tile;
	if (*left == 0)
		return err_set(err, ERR_SYSTEM, "disk gone");
	--*left;
	memset(hashes, 0, TILE_WIDTH * sizeof(*hashes));
	return 0;
}

static void test_reader_errors_pass(void **state)
{
	struct merkle_proof proof;
	struct hash leaf, root;
	struct edge edge;
	size_t left;
	const struct tile_reader reader = {fail_read, &left};

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		struct err err = ERR_INIT;
		left = i;
		assert_int_equal(tiles_inclusion(&reader, 12345, MILLION, &proof, &leaf, &root, &err), -1);
		assert_error(&err, ERR_SYSTEM, "disk gone");
		if (i < 3) {
			left = i;
			assert_int_equal(tiles_root(&reader, MILLION, &root, &err), -1);
			left = i;
			assert_int_equal(edge_load(&edge, &reader, MILLION, &err), -1);
			left = i;
			assert_int_equal(tiles_consistency(&reader, 12345, MILLION, &proof, &err), -1);
		}
	}
}

static int fail_full(void *context, const struct tile *tile, const struct hash hashes[TILE_WIDTH], struct err *err)
{
	int *fails = context;

	(void)hashes;
	if (tile->level == 1 && (*fails)-- > 0)
		return err_set(err, ERR_SYSTEM, "disk full");
	return 0;
}

/* A sink that fails leaves the edge as it was: appending again goes on. */
static void test_edge_survives_a_failing_sink(void **state)
{
	int fails = 2;
	const struct tile_sink sink = {fail_full, &fails};
	struct edge edge = {.size = 0};
	struct hash leaf, before, after, expected;
	struct hash *leaves = make_leaves(65537);

	(void)state;
	for (uint64_t i = 0; i < 65535; i++)
		assert_int_equal(edge_append(&edge, &leaves[i], &sink, NULL), 0);
	edge_root(&edge, &before);
	for (int i = 0; i < 2; i++) {
		test_leaf(999999, &leaf); /* another leaf than in the end */
		assert_int_equal(edge_append(&edge, &leaf, &sink, NULL), -1);
		assert_int_equal(edge.size, 65535);
		edge_root(&edge, &after);
		assert_hash_equal(&before, &after);
	}
	assert_int_equal(edge_append(&edge, &leaves[65535], &sink, NULL), 0);
	assert_int_equal(edge_append(&edge, &leaves[65536], &sink, NULL), 0);
	edge_root(&edge, &after);
	naive_root(leaves, 65537, &expected);
	assert_hash_equal(&after, &expected);
	edge_release(&edge);
	free(leaves);
}

/* An edge loaded from tiles goes on as one that was never put down. */
static void test_edge_load(void **state)
{
	static const uint64_t sizes[] = {0, 1, 255, 256, 257, 65535, 65536, 65537};
	struct tree *tree = tree_make();
	struct hash leaf, root, expected;

	(void)state;
	tree_add(tree, 66000);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct edge edge;
		assert_int_equal(edge_load(&edge, tree_call(tree, sizes[i]), sizes[i], NULL), 0);
		for (uint64_t k = sizes[i]; k < sizes[i] + 300; k++) {
			test_leaf(k, &leaf);
			assert_int_equal(edge_append(&edge, &leaf, NULL, NULL), 0);
		}
		edge_root(&edge, &root);
		assert_int_equal(tiles_root(tree_call(tree, sizes[i] + 300), sizes[i] + 300, &expected, NULL), 0);
		assert_hash_equal(&root, &expected);
		edge_release(&edge);
	}
	tree_free(tree);
}

/* tlog-tiles' own example: 70,000 entries. */
static void test_partials(void **state)
{
	struct tile tiles[EDGE_LEVELS];
	const struct hash *hashes[EDGE_LEVELS];
	struct tree *tree = tree_make();

	(void)state;
	assert_int_equal(edge_partials(&tree->edge, tiles, hashes), 0);
	tree_add(tree, 256);
	assert_int_equal(edge_partials(&tree->edge, tiles, hashes), 1);
	assert_int_equal(tiles[0].level, 1);
	assert_int_equal(tiles[0].width, 1);
	tree_add(tree, 70000 - 256);
	assert_int_equal(tree->full_count[0], 273);
	assert_int_equal(tree->full_count[1], 1);
	assert_int_equal(edge_partials(&tree->edge, tiles, hashes), 3);
	assert_int_equal(tiles[0].level, 0);
	assert_int_equal(tiles[0].index, 273);
	assert_int_equal(tiles[0].width, 112);
	assert_int_equal(tiles[1].width, 17);
	assert_int_equal(tiles[1].index, 1);
	assert_int_equal(tiles[2].width, 1);
	assert_int_equal(tile_width(0, 273, 70000), 112);
	assert_int_equal(tile_width(TILE_ENTRIES, 273, 70000), 112);
	assert_int_equal(tile_width(0, 272, 70000), 256);
	assert_int_equal(tile_width(0, 274, 70000), 0);
	assert_int_equal(tile_width(2, 0, 70000), 1);
	assert_int_equal(tile_width(3, 0, 70000), 0);
	assert_int_equal(tile_width(8, 0, UINT64_MAX), 0);
	assert_int_equal(tile_width(63, 0, UINT64_MAX), 0);
	assert_int_equal(tile_width(7, 0, UINT64_MAX), 255);
	tree_free(tree);
}

/* P10: proofs in a log of a million read six tiles at most, none twice (the reader refuses that). */
static void test_million(void **state)
{
	struct tree *tree = tree_make();
	struct merkle_proof proof;
	struct hash leaf, root, edge, root1;
	struct timespec start, end;
	size_t most = 0;

	(void)state;
	clock_gettime(CLOCK_MONOTONIC, &start);
	tree_add(tree, MILLION);
	clock_gettime(CLOCK_MONOTONIC, &end);
	print_message("1,000,000 appends with hashing of leaves: %.2f s\n",
		(double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9);
	edge_root(&tree->edge, &edge);
	for (uint64_t i = 0; i < MILLION; i += i < 999000 ? 4999 : 1) {
		assert_int_equal(tiles_inclusion(tree_call(tree, MILLION), i, MILLION, &proof, &leaf, &root, NULL), 0);
		if (tree->reads > most)
			most = tree->reads;
		assert_hash_equal(&root, &edge);
		assert_int_equal(merkle_verify_inclusion(&leaf, i, MILLION, &proof, &edge, NULL), 0);
	}
	print_message("inclusion proofs in it: %zu tile reads at most\n", most);
	assert_true(most <= 6);
	most = 0;
	for (uint64_t i = 1; i < MILLION; i += 7919) {
		assert_int_equal(tiles_root(tree_call(tree, i), i, &root1, NULL), 0);
		assert_true(tree->reads <= 3);
		assert_int_equal(tiles_consistency(tree_call(tree, MILLION), i, MILLION, &proof, NULL), 0);
		if (tree->reads > most)
			most = tree->reads;
		assert_int_equal(merkle_verify_consistency(i, &root1, MILLION, &edge, &proof, NULL), 0);
	}
	assert_true(most <= 6);
	tree_free(tree);
}

static void test_paths(void **state)
{
	static const struct {
		struct tile tile;
		const char *path;
	} good[] = {
		{{0, 0, 256}, "tile/0/000"},
		{{0, 999, 256}, "tile/0/999"},
		{{0, 1000, 256}, "tile/0/x001/000"},
		{{0, 1234067, 256}, "tile/0/x001/x234/067"},
		{{1, 5, 1}, "tile/1/005.p/1"},
		{{63, 1234, 255}, "tile/63/x001/234.p/255"},
		{{TILE_ENTRIES, 7, 256}, "tile/entries/007"},
		{{TILE_ENTRIES, 70007, 99}, "tile/entries/x070/007.p/99"},
		{{0, UINT64_MAX, 255}, "tile/0/x018/x446/x744/x073/x709/x551/615.p/255"},
	};
	static const char *const bad[] = {"", "tile", "tile/", "tile/0", "tile/0/", "tile/0/00", "tile/0/0000", "tile/0/x000/001",
		"tile/0/x000", "tile/0/x001", "tile/0/x001/", "tile/0/001/002", "tile/00/000", "tile/64/000", "tile/-1/000",
		"tile/entry/000", "tile/0/000.p", "tile/0/000.p/", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01",
		"tile/0/000.p/1/", "tile/0/x001.p/1", "tile/0/x001.p/1/000", "tile/0/000/", "/tile/0/000", "Tile/0/000",
		"tile/0/00a", "tile/0/ 00", "tile/0/+00", "tile/0/000.p/1 ", "tile/0/000 ",
		"tile/0/x018/x446/x744/x073/x709/x551/616", "tile/0/x001/x018/x446/x744/x073/x709/x551/615", "tile/0/X001/000",
		"tile/0/xx01/000", "tile/0/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/999"};
	char path[TILE_PATH_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct tile tile;
		assert_int_equal(tile_path(path, &good[i].tile), strlen(good[i].path));
		assert_string_equal(path, good[i].path);
		assert_int_equal(tile_path_parse(&tile, str_from(path), NULL), 0);
		assert_int_equal(tile.level, good[i].tile.level);
		assert_int_equal(tile.index, good[i].tile.index);
		assert_int_equal(tile.width, good[i].tile.width);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct tile tile;
		if (tile_path_parse(&tile, str_from(bad[i]), NULL) != -1)
			fail_msg("\"%s\" was taken for the path of a tile", bad[i]);
	}
}

static void test_bundles(void **state)
{
	struct str rest = STR("\0\3abc\0\0\0\1x"), entry;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(bundle_next(&rest, &entry, NULL), 1);
	assert_true(str_equal(entry, STR("abc")));
	assert_int_equal(bundle_next(&rest, &entry, NULL), 1);
	assert_int_equal(entry.n, 0);
	assert_int_equal(bundle_next(&rest, &entry, NULL), 1);
	assert_true(str_equal(entry, STR("x")));
	assert_int_equal(bundle_next(&rest, &entry, NULL), 0);
	rest = STR("\0");
	assert_int_equal(bundle_next(&rest, &entry, &err), -1);
	assert_error(&err, ERR_SYNTAX, "length");
	rest = STR("\1\0abc");
	assert_int_equal(bundle_next(&rest, &entry, &err), -1);
	assert_error(&err, ERR_SYNTAX, "253 bytes are missing");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_hashes),
		cmocka_unit_test(test_roots),
		cmocka_unit_test(test_inclusion),
		cmocka_unit_test(test_consistency),
		cmocka_unit_test(test_huge_sizes),
		cmocka_unit_test(test_reader_errors_pass),
		cmocka_unit_test(test_edge_survives_a_failing_sink),
		cmocka_unit_test(test_edge_load),
		cmocka_unit_test(test_partials),
		cmocka_unit_test(test_million),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_bundles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
