/* What a log and a mirror say to one another, to the letter of tlog-mirror: subtrees and their proofs against the recursive definitions, the body of
 * an upload in pieces of any length, and every byte of it that may be wrong (P3). */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- subtrees ----------------------------------------------------------------------------------------------------------------------- */

#define SMALL 70u

static struct hash leaves[SMALL + 1];

static void make_leaves(void)
{
	for (size_t i = 0; i <= SMALL; i++)
		test_leaf(i, &leaves[i]);
}

/* By the draft's words: BIT_CEIL(end - start) divides start. */
static bool naive_valid(uint64_t start, uint64_t end)
{
	uint64_t width = 1;

	if (start >= end)
		return false;
	while (width < end - start)
		width *= 2;
	return start % width == 0;
}

static int verify(size_t start, size_t end, size_t size, const struct merkle_proof *proof, struct err *err)
{
	struct hash subtree, root;

	naive_root(leaves + start, end - start, &subtree);
	naive_root(leaves, size, &root);
	return merkle_verify_subtree(start, end, &subtree, size, &root, proof, err);
}

/* Nothing else than this proof does, for nothing else than this subtree and tree. */
static void spoil(size_t start, size_t end, size_t size, struct merkle_proof *proof)
{
	struct hash subtree, root, kept;
	struct err err = ERR_INIT;

	for (size_t i = 0; i < proof->count; i++) {
		proof->hashes[i].b[i % 32] ^= 0x40;
		assert_int_equal(verify(start, end, size, proof, &err), -1);
		assert_int_equal(err.code, ERR_MISMATCH);
		proof->hashes[i].b[i % 32] ^= 0x40;
	}
	proof->hashes[proof->count++] = leaves[0];
	assert_int_equal(verify(start, end, size, proof, &err), -1);
	assert_error(&err, ERR_SYNTAX, "hashes");
	proof->count--;
	if (proof->count > 0) {
		kept = proof->hashes[--proof->count];
		assert_int_equal(verify(start, end, size, proof, &err), -1);
		assert_error(&err, ERR_SYNTAX, "hashes");
		proof->hashes[proof->count++] = kept;
	}
	naive_root(leaves + start, end - start, &subtree);
	naive_root(leaves, size, &root);
	subtree.b[31] ^= 1;
	assert_int_equal(merkle_verify_subtree(start, end, &subtree, size, &root, proof, &err), -1);
	subtree.b[31] ^= 1;
	root.b[0] ^= 1;
	assert_int_equal(merkle_verify_subtree(start, end, &subtree, size, &root, proof, &err), -1);
	assert_error(&err, ERR_MISMATCH, "are not those of the tree");
}

static void test_small_trees(void **state)
{
	struct tree *tree = tree_make();
	struct merkle_proof expected, made;
	size_t proven = 0;

	(void)state;
	make_leaves();
	for (size_t size = 0; size <= SMALL; size++) {
		for (size_t start = 0; start <= size + 1; start++) {
			for (size_t end = 0; end <= size + 1; end++) {
				struct err err = ERR_INIT;

				assert_int_equal(subtree_valid(start, end), naive_valid(start, end));
				if (!naive_valid(start, end) || end > size) {
					made.count = 0;
					assert_int_equal(verify(start, start < end ? end : start, size, &made, &err), -1);
					assert_error(&err, ERR_SYNTAX, "no subtree");
					assert_int_equal(tiles_subtree(tree_call(tree, size), start, end, size, &made, &err), -1);
					assert_error(&err, ERR_USAGE, "no subtree");
					continue;
				}
				naive_subtree(start, end, leaves, size, &expected);
				assert_int_equal(tiles_subtree(tree_call(tree, size), start, end, size, &made, &err), 0);
				assert_proof_equal(&made, &expected);
				if (verify(start, end, size, &made, &err) != 0)
					fail_msg("[%zu, %zu) of %zu: %s", start, end, size, err.text);
				if (start == 0) {
					struct merkle_proof consistency;

					naive_consistency(end, leaves, size, &consistency);
					assert_proof_equal(&made, &consistency); /* a subtree at the left is an older tree */
				}
				spoil(start, end, size, &made);
				proven++;
			}
		}
		tree_add(tree, 1);
	}
	assert_true(proven > 4000);
	tree_free(tree);
}

/* What uploads prove: bundles, whole and not, of trees with more than one tile; a proof of one is none for another. */
static void test_bundles(void **state)
{
	static const uint64_t sizes[] = {255, 256, 257, 511, 512, 513, 65535, 65536, 65537, 66000, 70000};
	struct hash *all = mem_array(70000, sizeof(*all)), subtree, root;
	struct tree *tree = tree_make();
	struct merkle_proof made, expected;

	(void)state;
	for (size_t i = 0; i < 70000; i++)
		test_leaf(i, &all[i]);
	tree_add_leaves(tree, all, 70000);
	for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
		uint64_t size = sizes[k], count = mirror_package_count(0, size);

		merkle_root(all, size, &root);
		for (uint64_t i = 0; i < count; i = i + 1 < count && i > 2 ? count - 1 : i + 1) {
			uint64_t from, to;

			mirror_package_range(0, size, i, &from, &to);
			merkle_root(all + from, to - from, &subtree);
			assert_int_equal(tiles_subtree(tree_call(tree, size), from, to, size, &made, NULL), 0);
			naive_subtree(from, to, all, size, &expected);
			assert_proof_equal(&made, &expected);
			assert_int_equal(merkle_verify_subtree(from, to, &subtree, size, &root, &made, NULL), 0);
			if (to - from == TILE_WIDTH && to < size)
				assert_int_equal(
					merkle_verify_subtree(from + TILE_WIDTH < size - TILE_WIDTH ? from + TILE_WIDTH : 0,
						from + TILE_WIDTH < size - TILE_WIDTH ? to + TILE_WIDTH : 1, &subtree, size, &root,
						&made, NULL),
					-1);
		}
	}
	tree_free(tree);
	free(all);
}

/* Numbers that are nearly too large go astray nowhere. */
static void test_far(void **state)
{
	struct merkle_proof proof = {.count = 0};
	struct hash hash;
	struct err err = ERR_INIT;

	(void)state;
	merkle_empty(&hash);
	assert_true(subtree_valid(0, UINT64_MAX));
	assert_true(subtree_valid((uint64_t)1 << 63, UINT64_MAX));
	assert_false(subtree_valid(1, UINT64_MAX));
	assert_true(subtree_valid(UINT64_MAX - 1, UINT64_MAX));
	assert_int_equal(merkle_verify_subtree(0, UINT64_MAX, &hash, UINT64_MAX, &hash, &proof, &err), 0);
	for (proof.count = 0; proof.count <= MERKLE_PROOF_MAX; proof.count++) {
		assert_int_equal(merkle_verify_subtree(UINT64_MAX - 1, UINT64_MAX, &hash, UINT64_MAX, &hash, &proof, &err), -1);
		assert_int_equal(merkle_verify_subtree(0, UINT64_MAX - 1, &hash, UINT64_MAX, &hash, &proof, &err), -1);
	}
}

/* ---- packages ------------------------------------------------------------------------------------------------------------------------- */

static void test_packages(void **state)
{
	static const uint64_t ends[] = {0, 1, 2, 255, 256, 257, 511, 512, 513, 1000, UINT64_MAX - 300, UINT64_MAX - 1, UINT64_MAX};

	(void)state;
	for (size_t k = 0; k < sizeof(ends) / sizeof(ends[0]); k++) {
		uint64_t end = ends[k];

		for (uint64_t start = end < 600 ? 0 : end - 600; start <= end; start++) {
			uint64_t count = mirror_package_count(start, end), at = start;

			for (uint64_t i = 0; i < count; i++) {
				uint64_t from, to;

				mirror_package_range(start, end, i, &from, &to);
				assert_int_equal(from, at);
				assert_true(to > from && to <= end);
				assert_int_equal(from / TILE_WIDTH, (to - 1) / TILE_WIDTH);
				assert_true(to == end || to % TILE_WIDTH == 0);
				at = to;
			}
			assert_true(at == end);
			if (start == UINT64_MAX)
				break;
		}
	}
	assert_int_equal(mirror_package_count(0, UINT64_MAX), (uint64_t)1 << 56);
}

/* ---- uploads ---------------------------------------------------------------------------------------------------------------------------- */

struct got {
	struct buf text; /* what came, written again */
	unsigned heads, packages;
	uint64_t at;
	int stop_at; /* call that returns 7; 0: none */
};

static int got_head(void *context, const struct mirror_upload *head, struct err *err)
{
	struct got *got = context;

	(void)err;
	mirror_upload_format(&got->text, head);
	got->heads++;
	got->at = head->start;
	return got->stop_at == 1 ? 7 : 0;
}

static int got_package(void *context, const struct mirror_package *package, struct err *err)
{
	struct got *got = context;
	struct str rest = package->entries, entry;
	struct hash leaf;
	uint64_t count = 0;

	assert_int_equal(package->start, got->at);
	while (bundle_next(&rest, &entry, err) == 1) {
		merkle_leaf(entry, &leaf);
		assert_hash_equal(&leaf, &package->leaves[count++]);
	}
	assert_int_equal(count, package->end - package->start);
	got->at = package->end;
	mirror_package_format(&got->text, package->entries, package->proof);
	got->packages++;
	return got->stop_at == 1 + (int)got->packages ? 7 : 0;
}

/* The whole of it in pieces of `step` bytes. */
static int take(struct got *got, struct str bytes, size_t step, bool *whole, struct err *err)
{
	const struct mirror_reader_calls calls = {got, got_head, got_package};
	struct mirror_reader *reader = mirror_reader_new(&calls);
	int result = 0;

	buf_clear(&got->text);
	got->heads = got->packages = 0;
	for (size_t i = 0; i < bytes.n && result == 0; i += step)
		result = mirror_read(reader, (struct str){bytes.p + i, bytes.n - i < step ? bytes.n - i : step}, err);
	*whole = mirror_reader_whole(reader);
	mirror_reader_free(reader);
	return result;
}

static void add_package(struct buf *out, uint64_t from, uint64_t to, size_t hashes)
{
	struct merkle_proof proof = {.count = hashes};
	struct buf entries = BUF_INIT;

	for (size_t i = 0; i < hashes && i < MERKLE_PROOF_MAX; i++)
		test_leaf(i, &proof.hashes[i]);
	for (uint64_t i = from; i < to; i++) {
		size_t length = i % 5 == 0 ? 0 : (size_t)(i % 40);

		buf_be16(&entries, (uint16_t)length);
		for (size_t k = 0; k < length; k++)
			buf_char(&entries, (char)(i + k));
	}
	if (hashes <= MERKLE_PROOF_MAX) {
		mirror_package_format(out, buf_view(&entries), &proof);
	} else {
		buf_str(out, buf_view(&entries));
		buf_char(out, (char)hashes);
	}
	buf_release(&entries);
}

static void test_uploads(void **state)
{
	const struct mirror_upload upload = {STR("example.org/log"), 250, 600, STR("\0ticket\xff")},
				   none = {STR("o"), 7, 7, STR("")};
	struct buf bytes = BUF_INIT;
	struct got got = {.text = BUF_INIT};
	struct err err = ERR_INIT;
	bool whole;
	size_t ends[4];

	(void)state;
	mirror_upload_format(&bytes, &upload);
	ends[0] = bytes.n;
	add_package(&bytes, 250, 256, 0);
	ends[1] = bytes.n;
	add_package(&bytes, 256, 512, 63);
	ends[2] = bytes.n;
	add_package(&bytes, 512, 600, 3);
	ends[3] = bytes.n;
	/* in pieces of any length, and cut anywhere */
	for (size_t step = 1; step < bytes.n + 2; step = step < 40 ? step + 1 : step * 2) {
		assert_int_equal(take(&got, buf_view(&bytes), step, &whole, &err), 0);
		assert_true(whole && got.heads == 1 && got.packages == 3);
		assert_true(str_equal(buf_view(&got.text), buf_view(&bytes)));
	}
	for (size_t n = 0; n < bytes.n; n++) {
		assert_int_equal(take(&got, (struct str){bytes.p, n}, 100, &whole, &err), 0);
		assert_false(whole);
		assert_int_equal(got.heads, n >= ends[0]);
		assert_int_equal(got.packages, n >= ends[2] ? 2 : n >= ends[1]);
	}
	/* what a call returns stops it */
	for (int stop = 1; stop <= 4; stop++) {
		got.stop_at = stop;
		assert_int_equal(take(&got, buf_view(&bytes), 11, &whole, &err), 7);
		assert_int_equal(got.heads + got.packages, stop);
	}
	got.stop_at = 0;
	/* nothing may follow */
	buf_char(&bytes, '\0');
	assert_int_equal(take(&got, buf_view(&bytes), 64, &whole, &err), -1);
	assert_error(&err, ERR_LIMIT, "follows");
	assert_true(!whole && got.packages == 3);
	/* too many hashes */
	bytes.n = ends[0];
	add_package(&bytes, 250, 256, 64);
	buf_clear(&got.text);
	assert_int_equal(take(&got, buf_view(&bytes), 64, &whole, &err), -1);
	assert_error(&err, ERR_SYNTAX, "at most 63");
	/* no packages */
	buf_clear(&bytes);
	mirror_upload_format(&bytes, &none);
	assert_int_equal(take(&got, buf_view(&bytes), 5, &whole, &err), 0);
	assert_true(whole && got.heads == 1 && got.packages == 0);
	/* backwards */
	bytes.p[1 + 2 + 8 + 7] = 6;
	assert_int_equal(take(&got, buf_view(&bytes), 5, &whole, &err), -1);
	assert_error(&err, ERR_SYNTAX, "before it begins");
	buf_release(&bytes);
	buf_release(&got.text);
}

/* The largest package there can be is taken, in its memory, and that is let go of. */
static void test_large(void **state)
{
	const struct mirror_upload upload = {STR("example.org/log"), 0, 257, STR("")};
	struct merkle_proof proof = {.count = 1};
	struct buf bytes = BUF_INIT, entries = BUF_INIT;
	struct got got = {.text = BUF_INIT};
	const struct mirror_reader_calls calls = {&got, got_head, got_package};
	struct mirror_reader *reader = mirror_reader_new(&calls);
	struct err err = ERR_INIT;

	(void)state;
	merkle_empty(&proof.hashes[0]);
	for (unsigned i = 0; i < TILE_WIDTH; i++) {
		buf_be16(&entries, ENTRY_MAX);
		for (unsigned k = 0; k < ENTRY_MAX; k++)
			buf_char(&entries, (char)k);
	}
	mirror_upload_format(&bytes, &upload);
	mirror_package_format(&bytes, buf_view(&entries), &proof);
	assert_int_equal(mirror_read(reader, (struct str){bytes.p, bytes.n - 1}, &err), 0);
	assert_true(mirror_reader_held(reader) < (36u << 20));
	assert_int_equal(mirror_read(reader, (struct str){bytes.p + bytes.n - 1, 1}, &err), 0);
	assert_int_equal(got.packages, 1);
	assert_true(mirror_reader_held(reader) < (1u << 16));
	mirror_reader_free(reader);
	buf_release(&bytes);
	buf_release(&entries);
	buf_release(&got.text);
}

/* ---- mirror-info ------------------------------------------------------------------------------------------------------------------------ */

static void refused(const char *text)
{
	struct mirror_info info;
	struct buf ticket = BUF_INIT;
	struct err err = ERR_INIT;

	assert_int_equal(mirror_info_parse(&info, &ticket, str_from(text), &err), -1);
	assert_int_equal(err.code, ERR_SYNTAX);
	assert_int_equal(ticket.n, 0);
	buf_release(&ticket);
}

static void test_info(void **state)
{
	const struct mirror_info one = {.size = UINT64_MAX, .next = 12};
	struct mirror_info info;
	struct buf text = BUF_INIT, ticket = BUF_INIT, large = BUF_INIT;
	struct err err = ERR_INIT;

	(void)state;
	mirror_info_format(&text, &one, STR("\0\xff"));
	assert_string_equal(text.p, "18446744073709551615\n12\nAP8=\n");
	assert_int_equal(mirror_info_parse(&info, &ticket, buf_view(&text), &err), 0);
	assert_true(info.size == one.size && info.next == 12 && str_equal(buf_view(&ticket), STR("\0\xff")));
	buf_clear(&text);
	buf_clear(&ticket);
	mirror_info_format(&text, &one, STR(""));
	assert_string_equal(text.p, "18446744073709551615\n12\n\n");
	assert_int_equal(mirror_info_parse(&info, &ticket, buf_view(&text), &err), 0);
	assert_int_equal(ticket.n, 0);
	refused("");
	refused("1\n2\n");
	refused("1\n2\nAA==");
	refused("1\n2\nAA==\n\n");
	refused("1\n2\nAA==\n3\n");
	refused("01\n2\nAA==\n");
	refused("1\n-2\nAA==\n");
	refused("1\n2 \nAA==\n");
	refused("1\n2\nAA=\n");
	refused("1\n2\nAB==\n");
	refused("18446744073709551616\n2\nAA==\n");
	refused("1\n2\nAA==\r\n");
	/* the largest ticket, and one byte more */
	for (unsigned i = 0; i < MIRROR_TICKET_MAX; i++)
		buf_char(&large, 't');
	buf_clear(&text);
	mirror_info_format(&text, &one, buf_view(&large));
	assert_int_equal(mirror_info_parse(&info, &ticket, buf_view(&text), &err), 0);
	assert_true(str_equal(buf_view(&ticket), buf_view(&large)));
	buf_char(&large, 't');
	buf_clear(&text);
	mirror_info_format(&text, &one, buf_view(&large));
	assert_int_equal(mirror_info_parse(&info, &ticket, buf_view(&text), &err), -1);
	assert_error(&err, ERR_LIMIT, "ticket");
	buf_release(&text);
	buf_release(&ticket);
	buf_release(&large);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small_trees),
		cmocka_unit_test(test_bundles),
		cmocka_unit_test(test_far),
		cmocka_unit_test(test_packages),
		cmocka_unit_test(test_uploads),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_info),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
