/* The contents tree and its openings: against a plain second computation, and by properties (P4, P6, P7). */
#include "support.h"

#include "entry/internal.h"

#include <stdlib.h>
#include <string.h>

#define ORIGIN STR("example.org/archive")
#define RECORD STR("https://example.org/archive/r/joffe-1927")

/* ---- a second computation, straight from docs/format/contents.md --------------------------------------------------------- */

static void salt_of(const unsigned char seed[SEED_SIZE], uint64_t n, uint64_t position, struct hash *out)
{
	unsigned depth = 0;
	while ((UINT64_C(1) << depth) < n)
		depth++;
	struct str first[] = {STR("photostat.salts/v1"), {(const char *)seed, SEED_SIZE}};
	sha256_framed(first, 2, out);
	for (unsigned level = depth; level-- > 0;) {
		char side = (char)(position >> level & 1);
		struct str step[] = {STR("photostat.ggm/v1"), {(const char *)out->b, SHA256_SIZE}, {&side, 1}};
		struct hash next;
		sha256_framed(step, 3, &next);
		*out = next;
	}
}

static void place_of(const unsigned char seed[SEED_SIZE], struct str path, struct hash *out)
{
	struct hash order;
	struct str first[] = {STR("photostat.order/v1"), {(const char *)seed, SEED_SIZE}};
	sha256_framed(first, 2, &order);
	struct str second[] = {STR("photostat.place/v1"), {(const char *)order.b, SHA256_SIZE}, path};
	sha256_framed(second, 3, out);
}

static void leaf_of(const struct leaf *leaf, const struct hash *salt, struct hash *out)
{
	struct buf size = BUF_INIT, tag = BUF_INIT;
	buf_be64(&size, leaf->size);
	digest_tag(&tag, &leaf->digest);
	struct str fields[] = {STR("photostat.leaf/v1"), leaf->kind, {(const char *)salt->b, SHA256_SIZE}, leaf->path,
		buf_view(&size), buf_view(&tag)};
	sha256_framed(fields, 6, out);
	buf_release(&size);
	buf_release(&tag);
}

/* RFC 6962 section 2.1: split at the largest power of two below n. */
static void tree_of(const struct hash *leaves, size_t n, struct hash *out)
{
	if (n == 1) {
		*out = leaves[0];
		return;
	}
	size_t k = 1;
	while (k * 2 < n)
		k *= 2;
	struct hash left, right;
	tree_of(leaves, k, &left);
	tree_of(leaves + k, n - k, &right);
	struct str fields[] = {STR("photostat.node/v1"), {(const char *)left.b, SHA256_SIZE}, {(const char *)right.b, SHA256_SIZE}};
	sha256_framed(fields, 3, out);
}

static void root_of(uint64_t version, uint64_t n, const struct hash *tree, struct hash *out)
{
	struct buf v = BUF_INIT, count = BUF_INIT;
	buf_be64(&v, version);
	buf_be64(&count, n);
	struct str fields[] = {
		STR("photostat.contents/v1"), ORIGIN, RECORD, buf_view(&v), buf_view(&count), {(const char *)tree->b, SHA256_SIZE}};
	sha256_framed(fields, 6, out);
	buf_release(&v);
	buf_release(&count);
}

static void test_second_computation(void **state)
{
	uint64_t random = chance_seed();
	(void)state;
	for (size_t n = 0; n <= 40; n++) {
		struct arena arena = ARENA_INIT;
		unsigned char seed[SEED_SIZE];
		struct contents *contents;
		struct err err = ERR_INIT;
		struct hash *places = mem_array(n + 1, sizeof *places), *hashes = mem_array(n + 1, sizeof *hashes), tree, want, got;
		some_seed(seed, &random);
		struct leaf *leaves = some_leaves(&arena, n, &random);
		assert_int_equal(contents_make(&contents, ORIGIN, RECORD, n + 1, seed, leaves, n, &err), 0);
		assert_int_equal(contents_count(contents), n);
		for (size_t i = 0; i < n; i++)
			place_of(seed, leaves[i].path, &places[i]);
		for (size_t i = 0; i < n; i++) {
			uint64_t before = 0;
			struct hash salt;
			for (size_t k = 0; k < n; k++)
				before += memcmp(places[k].b, places[i].b, SHA256_SIZE) < 0;
			assert_int_equal(contents_position(contents, i), before);
			salt_of(seed, n, before, &salt);
			leaf_of(&leaves[i], &salt, &hashes[before]);
			contents_leaf_hash(contents, before, &got);
			assert_memory_equal(got.b, hashes[before].b, SHA256_SIZE);
		}
		if (n > 0) {
			tree_of(hashes, n, &tree);
		} else {
			struct str empty = STR("photostat.empty/v1");
			sha256_framed(&empty, 1, &tree);
		}
		root_of(n + 1, n, &tree, &want);
		contents_root(contents, &got);
		assert_memory_equal(got.b, want.b, SHA256_SIZE);
		contents_free(contents);
		arena_release(&arena);
		free(places);
		free(hashes);
	}
}

/* ---- openings ------------------------------------------------------------------------------------------------------------ */

struct made {
	struct arena arena;
	unsigned char seed[SEED_SIZE];
	struct leaf *leaves;
	size_t n;
	uint64_t version;
	struct contents *contents;
	struct hash root;
};

static void make(struct made *m, size_t n, uint64_t *random)
{
	struct err err = ERR_INIT;
	*m = (struct made){.arena = ARENA_INIT, .n = n, .version = 1 + chance(random) % 9};
	some_seed(m->seed, random);
	m->leaves = some_leaves(&m->arena, n, random);
	assert_int_equal(contents_make(&m->contents, ORIGIN, RECORD, m->version, m->seed, m->leaves, n, &err), 0);
	contents_root(m->contents, &m->root);
}

static void unmake(struct made *m)
{
	contents_free(m->contents);
	arena_release(&m->arena);
}

static bool *some_keep(size_t n, uint64_t *random)
{
	bool *keep = mem_array(n + 1, sizeof *keep);
	/* From hardly any to nearly all; runs, so that subtrees come about. */
	uint64_t share = chance(random) % 101, run = 1 + chance(random) % 8;
	for (size_t i = 0; i < n;) {
		bool value = chance(random) % 100 < share;
		for (uint64_t k = 0; k < run && i < n; k++)
			keep[i++] = value;
	}
	return keep;
}

static bool proves(const struct disclosure *d, const struct made *m)
{
	struct hash root;
	disclosure_root(d, ORIGIN, RECORD, m->version, &root, NULL);
	return hash_equal(&root, &m->root);
}

static struct disclosure *opened(const struct buf *bytes)
{
	struct disclosure *d;
	struct err err = ERR_INIT;
	if (disclosure_parse(&d, buf_view(bytes), &err) < 0)
		fail_msg("%s", err.text);
	return d;
}

/* Nodes cover every kept position and no withheld one: their salts cannot be derived (P7). Read from the bytes, as a stranger
 * would. */
static void check_nodes(const struct buf *bytes, const struct made *m, const bool *keep)
{
	const char *p = bytes->p + 24;
	uint64_t n = be64_get(p), nodes = be64_get(p + 8);
	unsigned depth = 0;
	bool *covered = mem_array(m->n + 1, sizeof *covered);
	assert_int_equal(n, m->n);
	while ((UINT64_C(1) << depth) < n)
		depth++;
	p += 32;
	for (uint64_t i = 0; i < nodes; i++, p += 41) {
		unsigned level = (unsigned char)p[0];
		assert_true(level <= depth);
		uint64_t first = be64_get(p + 1) << (depth - level), end = first + (UINT64_C(1) << (depth - level));
		assert_true(first < n);
		for (uint64_t at = first; at < end && at < n; at++) {
			assert_false(covered[at]);
			covered[at] = true;
		}
	}
	for (size_t i = 0; i < m->n; i++)
		assert_int_equal(covered[contents_position(m->contents, i)], keep[i]);
	free(covered);
}

static void check_leaves(const struct disclosure *d, const struct made *m, const bool *keep)
{
	size_t found = 0, index;
	for (size_t i = 0; i < m->n; i++) {
		struct leaf leaf;
		uint64_t position;
		struct hash want, got;
		assert_int_equal(disclosure_find(d, m->leaves[i].path, &index), keep[i]);
		if (!keep[i])
			continue;
		disclosure_leaf(d, index, &leaf, &position);
		assert_true(str_equal(leaf.path, m->leaves[i].path) && str_equal(leaf.kind, m->leaves[i].kind));
		assert_true(leaf.size == m->leaves[i].size && digest_equal(&leaf.digest, &m->leaves[i].digest));
		assert_int_equal(position, contents_position(m->contents, i));
		contents_leaf_hash(m->contents, position, &want);
		disclosure_leaf_hash(d, index, &got);
		assert_memory_equal(got.b, want.b, SHA256_SIZE);
		found++;
	}
	assert_int_equal(disclosure_count(d), found);
	assert_int_equal(disclosure_total(d), m->n);
	uint64_t withheld = 0, before = 0;
	for (size_t i = 0; i < disclosure_withheld_count(d); i++) {
		struct entry_withheld one;
		disclosure_withheld(d, i, &one);
		assert_true(one.position >= before && one.end > one.position && one.end <= m->n);
		withheld += one.end - one.position;
		before = one.end;
	}
	assert_int_equal(withheld, m->n - found);
}

/* The i-th kept leaf of d, told whether the whole tree's keep[] still wants it. */
static bool *narrowed_keep(const struct disclosure *d, const struct made *m, const bool *keep)
{
	bool *out = mem_array(disclosure_count(d) + 1, sizeof *out);
	for (size_t i = 0; i < m->n; i++) {
		size_t index;
		if (disclosure_find(d, m->leaves[i].path, &index))
			out[index] = keep[i];
	}
	return out;
}

static void test_openings(void **state)
{
	uint64_t random = chance_seed();
	(void)state;
	for (unsigned round = 0; round < 400; round++) {
		struct made m;
		struct err err = ERR_INIT;
		struct buf whole = BUF_INIT, smaller = BUF_INIT, narrow = BUF_INIT;
		make(&m, chance(&random) % 70, &random);
		bool *keep = some_keep(m.n, &random), *fewer = some_keep(m.n, &random);
		for (size_t i = 0; i < m.n; i++)
			fewer[i] = fewer[i] && keep[i];
		buf_text(&whole, "x"); /* it appends */
		assert_int_equal(disclosure_make(&whole, m.contents, keep, &err), 0);
		assert_int_equal(whole.p[0], 'x');
		memmove(whole.p, whole.p + 1, whole.n--);
		struct disclosure *d = opened(&whole);
		assert_true(proves(d, &m));
		check_nodes(&whole, &m, keep);
		check_leaves(d, &m, keep);

		/* A smaller opening is the same, whichever way it is made: nothing of the larger one is left in it. */
		bool *inner = narrowed_keep(d, &m, fewer);
		assert_int_equal(disclosure_make(&smaller, m.contents, fewer, &err), 0);
		assert_int_equal(disclosure_narrow(&narrow, d, inner, &err), 0);
		assert_int_equal(smaller.n, narrow.n);
		assert_memory_equal(smaller.p, narrow.p, narrow.n);
		struct disclosure *n = opened(&narrow);
		assert_true(proves(n, &m));
		check_leaves(n, &m, fewer);

		disclosure_free(d);
		disclosure_free(n);
		free(inner);
		free(keep);
		free(fewer);
		buf_release(&whole);
		buf_release(&smaller);
		buf_release(&narrow);
		unmake(&m);
	}
}

static void test_whole_is_one_node(void **state)
{
	uint64_t random = chance_seed();
	(void)state;
	for (size_t n = 1; n < 20; n++) {
		struct made m;
		struct err err = ERR_INIT;
		struct buf bytes = BUF_INIT;
		struct hash salts;
		make(&m, n, &random);
		bool *keep = mem_array(n, sizeof *keep);
		memset(keep, true, n);
		assert_int_equal(disclosure_make(&bytes, m.contents, keep, &err), 0);
		hash_salts(m.seed, &salts);
		assert_int_equal(be64_get(bytes.p + 32), 1);
		assert_int_equal(be64_get(bytes.p + 40), 0);
		assert_memory_equal(bytes.p + 56 + 9, salts.b, SHA256_SIZE);
		/* The order of the rest stays secret: the seed itself is never in an opening. */
		assert_null(memmem(bytes.p, bytes.n, m.seed, SEED_SIZE));
		free(keep);
		buf_release(&bytes);
		unmake(&m);
	}
}

/* Every single bit counts: refused, or another root. */
static void test_flips(void **state)
{
	uint64_t random = chance_seed();
	(void)state;
	for (unsigned round = 0; round < 12; round++) {
		struct made m;
		struct err err = ERR_INIT;
		struct buf bytes = BUF_INIT;
		size_t refused = 0, other = 0;
		make(&m, 1 + chance(&random) % 12, &random);
		bool *keep = some_keep(m.n, &random);
		assert_int_equal(disclosure_make(&bytes, m.contents, keep, &err), 0);
		for (size_t bit = 0; bit < bytes.n * 8; bit++) {
			struct disclosure *d;
			bytes.p[bit / 8] = (char)(bytes.p[bit / 8] ^ 1 << bit % 8);
			if (disclosure_parse(&d, buf_view(&bytes), &err) < 0) {
				assert_null(d);
				refused++;
			} else {
				if (proves(d, &m))
					fail_msg("bit %zu of byte %zu does not matter", bit % 8, bit / 8);
				other++;
				disclosure_free(d);
			}
			bytes.p[bit / 8] = (char)(bytes.p[bit / 8] ^ 1 << bit % 8);
		}
		assert_true(refused > 0 && other > 0);
		/* Cut anywhere, or longer: refused. */
		for (size_t n = 0; n < bytes.n; n++) {
			struct disclosure *d;
			char *copy = mem_dup((struct str){bytes.p, n});
			assert_int_equal(disclosure_parse(&d, (struct str){copy, n}, &err), -1);
			free(copy);
		}
		struct disclosure *d;
		buf_char(&bytes, 0);
		assert_int_equal(disclosure_parse(&d, buf_view(&bytes), &err), -1);
		free(keep);
		buf_release(&bytes);
		unmake(&m);
	}
}

/* A root is of one archive, record, version: an opening of it proves nothing elsewhere. */
static void test_bound(void **state)
{
	uint64_t random = chance_seed();
	struct made m;
	struct hash root;
	struct err err = ERR_INIT;
	struct buf bytes = BUF_INIT;
	const bool keep[3] = {true, true, true};
	(void)state;
	make(&m, 3, &random);
	assert_int_equal(disclosure_make(&bytes, m.contents, keep, &err), 0);
	struct disclosure *d = opened(&bytes);
	disclosure_root(d, ORIGIN, RECORD, m.version + 1, &root, NULL);
	assert_false(hash_equal(&root, &m.root));
	disclosure_root(d, STR("example.org/archiv"), STR("ehttps://example.org/archive/r/joffe-1927"), m.version, &root, NULL);
	assert_false(hash_equal(&root, &m.root));
	disclosure_root(d, ORIGIN, STR("https://example.org/archive/r/joffe-1928"), m.version, &root, NULL);
	assert_false(hash_equal(&root, &m.root));
	disclosure_free(d);
	buf_release(&bytes);
	unmake(&m);
}

static void test_refusals(void **state)
{
	static const char *const bad[] = {"", "/a", "a/", "a//b", ".", "..", "a/../b", "a/.", "\xff", "a\xc0\x80"};
	unsigned char seed[SEED_SIZE] = {0};
	struct contents *contents;
	struct err err = ERR_INIT;
	struct leaf leaf = {.kind = LEAF_FILE, .size = 1, .digest = {.alg = DIGEST_SHA256}};
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		leaf.path = str_from(bad[i]);
		assert_int_equal(contents_make(&contents, ORIGIN, RECORD, 1, seed, &leaf, 1, &err), -1);
		assert_null(contents);
	}
	leaf.path = (struct str){"a\0b", 3};
	assert_int_equal(contents_make(&contents, ORIGIN, RECORD, 1, seed, &leaf, 1, &err), -1);
	char *long_path = mem_alloc(LEAF_PATH_MAX + 2);
	memset(long_path, 'x', LEAF_PATH_MAX + 1);
	leaf.path = (struct str){long_path, LEAF_PATH_MAX + 1};
	assert_int_equal(contents_make(&contents, ORIGIN, RECORD, 1, seed, &leaf, 1, &err), -1);
	leaf.path.n = LEAF_PATH_MAX;
	assert_int_equal(contents_make(&contents, ORIGIN, RECORD, 1, seed, &leaf, 1, &err), 0);
	struct buf bytes = BUF_INIT;
	struct disclosure *d;
	assert_int_equal(disclosure_make(&bytes, contents, &(const bool){true}, &err), 0);
	assert_int_equal(disclosure_parse(&d, buf_view(&bytes), &err), 0);
	disclosure_free(d);
	buf_release(&bytes);
	contents_free(contents);
	free(long_path);
	assert_int_equal(contents_make(&contents, ORIGIN, RECORD, 0, seed, NULL, 0, &err), -1);
	assert_int_equal(err.code, ERR_USAGE);
	leaf.path = STR("a\nb, \xe2\x80\xae and spaces ");
	assert_int_equal(contents_make(&contents, ORIGIN, RECORD, 1, seed, &leaf, 1, &err), 0);
	contents_free(contents);
	leaf.digest.alg = DIGEST_MD5;
	assert_int_equal(contents_make(&contents, ORIGIN, RECORD, 1, seed, &leaf, 1, &err), -1);
	leaf.digest.alg = DIGEST_SHA512;
	leaf.kind = STR("File");
	assert_int_equal(contents_make(&contents, ORIGIN, RECORD, 1, seed, &leaf, 1, &err), -1);
	leaf.kind = STR("");
	assert_int_equal(contents_make(&contents, ORIGIN, RECORD, 1, seed, &leaf, 1, &err), -1);
	leaf.kind = STR("z-0123456789-0123456789-012345678");
	assert_int_equal(contents_make(&contents, ORIGIN, RECORD, 1, seed, &leaf, 1, &err), -1);
	leaf.kind.n = 32;
	assert_int_equal(contents_make(&contents, ORIGIN, RECORD, 1, seed, &leaf, 1, &err), 0);
	contents_free(contents);
	leaf.kind = STR("text");
	const struct leaf twice[] = {leaf, {.kind = LEAF_FILE, .path = STR("b"), .digest = {.alg = DIGEST_SHA256}}, leaf};
	assert_int_equal(contents_make(&contents, ORIGIN, RECORD, 1, seed, twice, 3, &err), -1);
	assert_int_equal(err.code, ERR_SYNTAX);
	assert_int_equal(contents_make(&contents, ORIGIN, RECORD, 1, seed, twice, 2, &err), 0);
	contents_free(contents);
	struct leaf many[17];
	char kinds[17][3];
	for (unsigned i = 0; i < 17; i++) {
		kinds[i][0] = 'k';
		kinds[i][1] = (char)('a' + i);
		many[i] = (struct leaf){.kind = {kinds[i], 2}, .path = {kinds[i], 2}, .digest = {.alg = DIGEST_SHA256}};
	}
	assert_int_equal(contents_make(&contents, ORIGIN, RECORD, 1, seed, many, 16, &err), 0);
	contents_free(contents);
	assert_int_equal(contents_make(&contents, ORIGIN, RECORD, 1, seed, many, 17, &err), -1);
	assert_int_equal(err.code, ERR_LIMIT);
}

/* Two leaves of one path: each position opens, but a path must name one file. */
static void test_path_twice(void **state)
{
	const unsigned char seed[SEED_SIZE] = {3};
	const bool keep[2] = {true, true};
	const struct leaf leaves[2] = {{.kind = LEAF_FILE, .path = STR("a"), .digest = {.alg = DIGEST_SHA256}},
		{.kind = LEAF_FILE, .path = STR("b"), .digest = {.alg = DIGEST_SHA256}}};
	struct contents *contents;
	struct disclosure *d;
	struct err err = ERR_INIT;
	struct buf bytes = BUF_INIT;
	(void)state;
	assert_int_equal(contents_make(&contents, ORIGIN, RECORD, 1, seed, leaves, 2, &err), 0);
	assert_int_equal(disclosure_make(&bytes, contents, keep, &err), 0);
	assert_int_equal(bytes.p[bytes.n - 1], 'b');
	bytes.p[bytes.n - 1] = 'a';
	assert_int_equal(disclosure_parse(&d, buf_view(&bytes), &err), -1);
	assert_int_equal(err.code, ERR_SYNTAX);
	bytes.p[bytes.n - 1] = 'b';
	/* Both at one position. */
	size_t leaf = 57;
	memcpy(bytes.p + bytes.n - leaf, bytes.p + bytes.n - 2 * leaf, 8);
	assert_int_equal(disclosure_parse(&d, buf_view(&bytes), &err), -1);
	assert_int_equal(err.code, ERR_SYNTAX);
	assert_non_null(strstr(err.text, "two leaves"));
	buf_release(&bytes);
	contents_free(contents);
}

/* An opening that would not fit leaves the buffer as it was. */
static void test_full_buffer(void **state)
{
	uint64_t random = chance_seed();
	struct made m;
	struct err err = ERR_INIT;
	struct buf bytes = BUF_INIT;
	const bool keep[5] = {true, false, true, true, false};
	(void)state;
	make(&m, 5, &random);
	bytes.max = 200;
	assert_int_equal(disclosure_make(&bytes, m.contents, keep, &err), -1);
	assert_int_equal(err.code, ERR_LIMIT);
	buf_release(&bytes);
	unmake(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_second_computation),
		cmocka_unit_test(test_openings),
		cmocka_unit_test(test_whole_is_one_node),
		cmocka_unit_test(test_flips),
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_path_twice),
		cmocka_unit_test(test_full_buffer),
	};
	return cmocka_run_group_tests_name("contents and openings", tests, NULL, NULL);
}
