/* Tries to break P3: a log that signed two histories is convicted by two of its checkpoints, one that signed one history never, and no byte of
 * the evidence can be changed to say something else. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#define ORIGIN "example.org/log"
#define PAIRS_TO 70

struct scene {
	struct test_key key, rotated, stranger;
	struct vkey known[2];
	struct hash honest[PAIRS_TO];
	struct tree *tree;
};

static void sign(struct buf *note, const char *origin, uint64_t size, const struct hash *root, const struct test_key *key)
{
	struct buf text = BUF_INIT;

	buf_clear(note);
	checkpoint_format(&text, str_from(origin), size, root);
	buf_str(note, buf_view(&text));
	buf_char(note, '\n');
	assert_int_equal(note_sign(note, buf_view(&text), &key->key, key->secret, NULL), 0);
	buf_release(&text);
}

static int make_scene(void **state)
{
	static struct scene scene;

	test_key_make(&scene.key, ORIGIN, NOTE_ED25519, "log");
	test_key_make(&scene.rotated, ORIGIN, NOTE_ED25519, "rotated");
	test_key_make(&scene.stranger, "example.org/other", NOTE_ED25519, "other");
	scene.known[0] = scene.key.key;
	scene.known[1] = scene.rotated.key;
	for (uint64_t i = 0; i < PAIRS_TO; i++)
		test_leaf(i, &scene.honest[i]);
	scene.tree = tree_make();
	tree_add(scene.tree, 66000);
	*state = &scene;
	return 0;
}

static int free_scene(void **state)
{
	struct scene *scene = *state;

	test_key_release(&scene->key);
	test_key_release(&scene->rotated);
	test_key_release(&scene->stranger);
	tree_free(scene->tree);
	return 0;
}

static struct policy *policy_of(const struct test_key *one, const struct test_key *other)
{
	struct buf text = BUF_INIT;
	struct policy *policy;

	buf_printf(&text, "log %s\n", one->text.p);
	if (other != NULL)
		buf_printf(&text, "log %s\n", other->text.p);
	buf_text(&text, "quorum none\n");
	assert_int_equal(policy_parse(&policy, buf_view(&text), NULL), 0);
	buf_release(&text);
	return policy;
}

/* The word that a file gets, or -1. */
static int judge(struct str bytes, const struct policy *policy, struct err *err)
{
	struct evidence evidence;
	enum evidence_word word;
	int result = -1;

	if (evidence_parse(&evidence, bytes, err) != 0)
		return -1;
	if (evidence_check(&evidence, policy, &word, err) == 0)
		result = (int)word;
	evidence_release(&evidence);
	return result;
}

/* A history that differs at one leaf before m. */
static void forged_root(const struct scene *scene, size_t m, size_t differing, struct hash *out)
{
	struct hash leaves[PAIRS_TO];

	memcpy(leaves, scene->honest, sizeof(leaves));
	leaves[differing].b[7] ^= 1;
	naive_root(leaves, m, out);
}

static void spoil_hashes(struct buf *file, struct err *err)
{
	char *at = strstr(file->p, "\nhashes ");

	assert_non_null(at);
	at = strchr(at + 1, '\n') + 1;
	for (; *at != '\0'; at = strchr(at, '\n') + 1) {
		char was = *at;

		*at = was == 'A' ? 'B' : 'A';
		assert_int_equal(judge(buf_view(file), NULL, err), -1);
		assert_error(err, ERR_MISMATCH, "do not lead to the larger");
		*at = was;
	}
}

/* Every pair of sizes: two histories are proven, in either order of the notes; one history never is, and nothing is written. */
static void test_every_pair(void **state)
{
	struct scene *scene = *state;
	struct buf smaller = BUF_INIT, larger = BUF_INIT, other = BUF_INIT, file = BUF_INIT;
	struct err err = ERR_INIT;
	struct hash root;
	enum evidence_word word;

	for (size_t n = 1; n <= PAIRS_TO; n++) {
		naive_root(scene->honest, n, &root);
		sign(&larger, ORIGIN, n, &root, &scene->key);
		for (size_t m = 1; m < n; m++) {
			forged_root(scene, m, (m * 7 + n) % m, &root);
			sign(&smaller, ORIGIN, m, &root, &scene->key);
			naive_root(scene->honest, m, &root);
			sign(&other, ORIGIN, m, &root, &scene->key);

			buf_clear(&file);
			assert_int_equal(evidence_make(&file, buf_view(&smaller), buf_view(&larger), scene->known, 2,
						 tree_call(scene->tree, n), &word, &err),
				0);
			assert_int_equal(word, EVIDENCE_PROVEN);
			assert_int_equal(judge(buf_view(&file), NULL, &err), EVIDENCE_PROVEN);
			if (n % 9 == 0)
				spoil_hashes(&file, &err);
			size_t length = file.n;
			assert_int_equal(evidence_make(&file, buf_view(&larger), buf_view(&smaller), scene->known, 2,
						 tree_call(scene->tree, n), &word, &err),
				0);
			assert_int_equal(file.n, 2 * length);
			assert_memory_equal(file.p, file.p + length, length);

			buf_clear(&file);
			assert_int_equal(evidence_make(&file, buf_view(&other), buf_view(&larger), scene->known, 2,
						 tree_call(scene->tree, n), &word, &err),
				0);
			assert_int_equal(word, EVIDENCE_CONSISTENT);
			assert_int_equal(file.n, 0);
		}
	}
	buf_release(&smaller);
	buf_release(&larger);
	buf_release(&other);
	buf_release(&file);
}

/* Replaces the first `from` of a file by what is as long. */
static void retype(struct buf *file, const char *from, const char *to)
{
	char *at = strstr(file->p, from);

	assert_non_null(at);
	assert_int_equal(strlen(from), strlen(to));
	memcpy(at, to, strlen(to));
}

/* The hashes of a true history beside the true smaller checkpoint are no evidence, whoever wrote them down. */
static void test_honest_log_is_safe(void **state)
{
	struct scene *scene = *state;
	struct buf smaller = BUF_INIT, forged = BUF_INIT, larger = BUF_INIT, file = BUF_INIT;
	struct err err = ERR_INIT;
	struct hash root;
	enum evidence_word word;

	for (size_t m = 1; m < 40; m += 3) {
		naive_root(scene->honest, 41, &root);
		sign(&larger, ORIGIN, 41, &root, &scene->key);
		forged_root(scene, m, m - 1, &root);
		sign(&forged, ORIGIN, m, &root, &scene->key);
		naive_root(scene->honest, m, &root);
		sign(&smaller, ORIGIN, m, &root, &scene->key);
		buf_clear(&file);
		assert_int_equal(evidence_make(&file, buf_view(&forged), buf_view(&larger), scene->known, 1,
					 tree_call(scene->tree, 41), &word, &err),
			0);
		retype(&file, forged.p, smaller.p);
		assert_int_equal(judge(buf_view(&file), NULL, &err), EVIDENCE_CONSISTENT);
	}
	buf_release(&smaller);
	buf_release(&forged);
	buf_release(&larger);
	buf_release(&file);
}

static void test_other_words(void **state)
{
	struct scene *scene = *state;
	struct buf one = BUF_INIT, two = BUF_INIT, file = BUF_INIT;
	struct policy *both = policy_of(&scene->key, &scene->rotated), *first = policy_of(&scene->key, NULL);
	struct err err = ERR_INIT;
	struct hash root, forged, empty;
	enum evidence_word word;

	naive_root(scene->honest, 20, &root);
	forged_root(scene, 20, 3, &forged);

	/* two roots at one size need no hashes */
	sign(&one, ORIGIN, 20, &root, &scene->key);
	sign(&two, ORIGIN, 20, &forged, &scene->key);
	assert_int_equal(evidence_make(&file, buf_view(&one), buf_view(&two), scene->known, 2, NULL, &word, &err), 0);
	assert_int_equal(word, EVIDENCE_PROVEN);
	assert_int_equal(judge(buf_view(&file), NULL, &err), EVIDENCE_PROVEN);
	assert_int_equal(judge(buf_view(&file), first, &err), EVIDENCE_PROVEN);
	assert_true(str_ends(buf_view(&file), STR("\nhashes 0\n")));

	/* two keys of one name: only for who is told that both are the log's */
	sign(&two, ORIGIN, 20, &forged, &scene->rotated);
	buf_clear(&file);
	assert_int_equal(evidence_make(&file, buf_view(&one), buf_view(&two), scene->known, 2, NULL, &word, &err), 0);
	assert_int_equal(judge(buf_view(&file), NULL, &err), EVIDENCE_SUSPECTED);
	assert_int_equal(judge(buf_view(&file), both, &err), EVIDENCE_PROVEN);
	assert_int_equal(judge(buf_view(&file), first, &err), -1);
	assert_error(&err, ERR_MISMATCH, "no log's of the policy");
	/* where one key signed both, it is that one that is named */
	assert_int_equal(note_sign(&one, (struct str){one.p, (size_t)(strstr(one.p, "\n\n") - one.p) + 1}, &scene->rotated.key,
				 scene->rotated.secret, &err),
		0);
	buf_clear(&file);
	assert_int_equal(evidence_make(&file, buf_view(&one), buf_view(&two), scene->known, 2, NULL, &word, &err), 0);
	assert_int_equal(judge(buf_view(&file), NULL, &err), EVIDENCE_PROVEN);

	/* the hashes cannot be had */
	sign(&one, ORIGIN, 20, &root, &scene->key);
	sign(&two, ORIGIN, 30, &forged, &scene->key);
	buf_clear(&file);
	assert_int_equal(evidence_make(&file, buf_view(&one), buf_view(&two), scene->known, 2, NULL, &word, &err), 0);
	assert_int_equal(word, EVIDENCE_SUSPECTED);
	assert_int_equal(judge(buf_view(&file), first, &err), EVIDENCE_SUSPECTED);

	/* tiles of another tree than the larger checkpoint's */
	assert_int_equal(
		evidence_make(&file, buf_view(&one), buf_view(&two), scene->known, 2, tree_call(scene->tree, 30), &word, &err), -1);
	assert_error(&err, ERR_MISMATCH, "do not lead to the larger");

	/* the empty tree has one root */
	merkle_empty(&empty);
	naive_root(scene->honest, 7, &root);
	sign(&two, ORIGIN, 7, &root, &scene->key);
	for (int i = 0; i < 2; i++) {
		sign(&one, ORIGIN, 0, i == 0 ? &empty : &root, &scene->key);
		buf_clear(&file);
		assert_int_equal(evidence_make(&file, buf_view(&one), buf_view(&two), scene->known, 2, tree_call(scene->tree, 7),
					 &word, &err),
			0);
		assert_int_equal(word, i == 0 ? EVIDENCE_CONSISTENT : EVIDENCE_PROVEN);
	}
	assert_int_equal(judge(buf_view(&file), NULL, &err), EVIDENCE_PROVEN);

	/* another log */
	struct vkey strange[2] = {scene->key.key, scene->stranger.key};
	sign(&one, "example.org/other", 7, &forged, &scene->stranger);
	buf_clear(&file);
	assert_int_equal(evidence_make(&file, buf_view(&one), buf_view(&two), strange, 2, NULL, &word, &err), 0);
	assert_int_equal(word, EVIDENCE_OTHER_LOGS);
	assert_int_equal(file.n, 0);
	assert_int_equal(evidence_make(&file, buf_view(&one), buf_view(&two), scene->known, 2, NULL, &word, &err), -1);
	assert_error(&err, ERR_MISMATCH, "signed by no key of this log");
	/* signed by a key of another name */
	sign(&one, ORIGIN, 7, &forged, &scene->stranger);
	assert_int_equal(evidence_make(&file, buf_view(&one), buf_view(&two), strange, 2, NULL, &word, &err), -1);
	assert_error(&err, ERR_MISMATCH, "signed by no key of this log");
	policy_free(both);
	policy_free(first);
	buf_release(&one);
	buf_release(&two);
	buf_release(&file);
}

/* What a file that is proven means: origin, sizes, roots and keys. */
static void assert_same_meaning(const struct evidence *a, const struct evidence *b)
{
	const struct evidence_side *const sides[2][2] = {{&a->smaller, &b->smaller}, {&a->larger, &b->larger}};

	for (size_t i = 0; i < 2; i++) {
		const struct evidence_side *x = sides[i][0], *y = sides[i][1];

		assert_true(x->checkpoint.size == y->checkpoint.size);
		assert_true(str_equal(x->checkpoint.origin, y->checkpoint.origin));
		assert_hash_equal(&x->checkpoint.root, &y->checkpoint.root);
		assert_memory_equal(x->key.public_key, y->key.public_key, ED25519_PUBLIC);
		assert_string_equal(x->key.name, y->key.name);
	}
}

static void flip_all(struct buf *file, const struct policy *policy)
{
	struct buf copy = BUF_INIT;
	struct evidence good, changed;
	size_t still = 0;

	buf_str(&copy, buf_view(file));
	assert_int_equal(evidence_parse(&good, buf_view(&copy), NULL), 0);
	for (size_t i = 0; i < file->n; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			enum evidence_word word;

			file->p[i] = (char)(file->p[i] ^ (1 << bit));
			if (evidence_parse(&changed, buf_view(file), NULL) == 0) {
				if (evidence_check(&changed, policy, &word, NULL) == 0 && word == EVIDENCE_PROVEN) {
					assert_same_meaning(&good, &changed);
					still++;
				}
				evidence_release(&changed);
			}
			file->p[i] = (char)(file->p[i] ^ (1 << bit));
		}
	}
	/* of these notes all but the cosignature's line counts */
	assert_true(still > 0 && still < 8 * 200);
	for (size_t n = 0; n < file->n; n++)
		assert_int_equal(judge((struct str){file->p, n}, policy, NULL), -1);
	buf_char(file, '\n');
	assert_int_equal(judge(buf_view(file), policy, NULL), -1);
	evidence_release(&good);
	buf_release(&copy);
}

static void test_no_byte_can_change(void **state)
{
	struct scene *scene = *state;
	struct policy *policy = policy_of(&scene->key, &scene->rotated);
	struct buf one = BUF_INIT, two = BUF_INIT, file = BUF_INIT;
	struct test_key witness;
	struct hash root;
	enum evidence_word word;
	static const size_t sizes[][2] = {{13, 27}, {20, 20}};

	test_key_make(&witness, "witness.example/one", NOTE_COSIGNATURE_V1, "witness");
	for (size_t i = 0; i < 2; i++) {
		size_t m = sizes[i][0], n = sizes[i][1];

		naive_root(scene->honest, n, &root);
		sign(&two, ORIGIN, n, &root, &scene->key);
		forged_root(scene, m, 2, &root);
		sign(&one, ORIGIN, m, &root, i == 0 ? &scene->key : &scene->rotated);
		assert_int_equal(note_cosign(&one, (struct str){one.p, (size_t)(strstr(one.p, "\n\n") - one.p) + 1}, &witness.key,
					 witness.secret, 1764000000, NULL),
			0);
		buf_clear(&file);
		assert_int_equal(evidence_make(&file, buf_view(&one), buf_view(&two), scene->known, 2, tree_call(scene->tree, n),
					 &word, NULL),
			0);
		assert_int_equal(word, EVIDENCE_PROVEN);
		flip_all(&file, i == 0 ? NULL : policy);
	}
	test_key_release(&witness);
	policy_free(policy);
	buf_release(&one);
	buf_release(&two);
	buf_release(&file);
}

/* Across tiles: as few reads as a proof costs. */
static void test_large(void **state)
{
	struct scene *scene = *state;
	static const uint64_t pairs[][2] = {{1, 66000}, {255, 256}, {256, 257}, {257, 65536}, {65535, 65536}, {65535, 65537},
		{65536, 65537}, {40000, 65999}, {65999, 66000}, {32769, 66000}};
	struct buf one = BUF_INIT, two = BUF_INIT, file = BUF_INIT;
	struct err err = ERR_INIT;
	struct hash root;
	enum evidence_word word;

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		for (int forged = 0; forged < 2; forged++) {
			assert_int_equal(tiles_root(tree_call(scene->tree, pairs[i][1]), pairs[i][1], &root, &err), 0);
			sign(&two, ORIGIN, pairs[i][1], &root, &scene->key);
			assert_int_equal(tiles_root(tree_call(scene->tree, pairs[i][0]), pairs[i][0], &root, &err), 0);
			root.b[0] ^= (unsigned char)forged;
			sign(&one, ORIGIN, pairs[i][0], &root, &scene->key);
			buf_clear(&file);
			assert_int_equal(evidence_make(&file, buf_view(&one), buf_view(&two), scene->known, 1,
						 tree_call(scene->tree, pairs[i][1]), &word, &err),
				0);
			assert_true(scene->tree->reads <= 6);
			assert_int_equal(word, forged ? EVIDENCE_PROVEN : EVIDENCE_CONSISTENT);
			assert_true(file.n < 4000);
		}
		assert_int_equal(judge(buf_view(&file), NULL, &err), EVIDENCE_PROVEN);
	}
	buf_release(&one);
	buf_release(&two);
	buf_release(&file);
}

/* Sizes at the end of 64 bits: one number of hashes fits, never more than there is room for. */
static void test_largest(void **state)
{
	struct scene *scene = *state;
	static const uint64_t pairs[][2] = {{0, UINT64_MAX}, {1, UINT64_MAX}, {UINT64_MAX - 1, UINT64_MAX},
		{(uint64_t)1 << 63, UINT64_MAX}, {((uint64_t)1 << 63) - 1, UINT64_MAX}, {((uint64_t)1 << 63) + 1, UINT64_MAX},
		{0x5555555555555555, 0xaaaaaaaaaaaaaaaa}, {3, (uint64_t)1 << 63}};
	struct buf one = BUF_INIT, two = BUF_INIT, file = BUF_INIT;
	struct err err = ERR_INIT;

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		unsigned fit = 0;

		sign(&one, ORIGIN, pairs[i][0], &scene->honest[0], &scene->key);
		sign(&two, ORIGIN, pairs[i][1], &scene->honest[1], &scene->key);
		for (size_t count = 1; count <= EVIDENCE_HASHES_MAX; count++) {
			buf_clear(&file);
			buf_printf(&file, "photostat.evidence/v1\nsmaller %s %zu\n%s", scene->key.text.p, one.n, one.p);
			buf_printf(&file, "larger %s %zu\n%shashes %zu\n", scene->key.text.p, two.n, two.p, count);
			for (size_t k = 0; k < count; k++)
				buf_text(&file, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
			assert_int_equal(judge(buf_view(&file), NULL, &err), -1);
			fit += err.code == ERR_MISMATCH;
		}
		assert_int_equal(fit, 1);
	}
	buf_release(&one);
	buf_release(&two);
	buf_release(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_pair),
		cmocka_unit_test(test_honest_log_is_safe),
		cmocka_unit_test(test_other_words),
		cmocka_unit_test(test_no_byte_can_change),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_largest),
	};

	return cmocka_run_group_tests(tests, make_scene, free_scene);
}
