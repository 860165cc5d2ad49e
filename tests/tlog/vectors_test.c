/* tests/vectors/tlog, as its README says to run them. They are made by a program that shares nothing with the library. */
#include "support.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER "tests/vectors/tlog/"

static json_t *load(const char *name)
{
	char path[256];
	json_error_t error;

	snprintf(path, sizeof(path), FOLDER "%s.json", name);
	json_t *object = json_load_file(path, 0, &error);
	if (object == NULL)
		fail_msg("%s: %s", path, error.text);
	return object;
}

static json_t *list(json_t *object, const char *key, size_t least)
{
	json_t *found = json_object_get(object, key);

	if (!json_is_array(found) || json_array_size(found) < least)
		fail_msg("the vectors have not %zu %s", least, key);
	return found;
}

static const char *text(json_t *object, const char *key)
{
	const char *found = json_string_value(json_object_get(object, key));

	if (found == NULL)
		fail_msg("the vector has no %s", key);
	return found;
}

static uint64_t number(json_t *object, const char *key)
{
	json_t *found = json_object_get(object, key);
	uint64_t value = 0;

	if (json_is_integer(found))
		return (uint64_t)json_integer_value(found);
	assert_true(decimal_parse(str_from(text(object, key)), UINT64_MAX, &value));
	return value;
}

/* NAME or NAME_hex. */
static void octets(json_t *object, const char *key, struct buf *out)
{
	char hex_key[64];

	buf_clear(out);
	if (json_is_string(object)) {
		buf_text(out, json_string_value(object));
		return;
	}
	if (json_object_get(object, key) != NULL) {
		buf_text(out, text(object, key));
		return;
	}
	snprintf(hex_key, sizeof(hex_key), "%s_hex", key);
	struct str hex = str_from(text(object, hex_key));
	char *room = buf_reserve(out, hex.n / 2);
	assert_true(hex_decode(hex, room, hex.n / 2));
	out->n = hex.n / 2;
	out->p[out->n] = '\0';
}

static void get_hash(const char *base64, struct hash *out)
{
	assert_true(base64_decode_fixed(str_from(base64), out->b, 32));
}

static void get_proof(json_t *object, struct merkle_proof *out)
{
	json_t *hashes = list(object, "proof", 0);

	for (out->count = 0; out->count < json_array_size(hashes); out->count++)
		get_hash(json_string_value(json_array_get(hashes, out->count)), &out->hashes[out->count]);
}

/* ---- trees ------------------------------------------------------------------------------------------------------------ */

#define ENTRIES 70000
static struct hash *leaves;
static struct tree *tree;

static void entry_text(uint64_t i, struct buf *out)
{
	buf_clear(out);
	buf_u64(out, i);
}

static void entry_leaf(uint64_t i, struct hash *out)
{
	struct buf entry = BUF_INIT;

	entry_text(i, &entry);
	merkle_leaf(buf_view(&entry), out);
	buf_release(&entry);
}

static int make_tree(void **state)
{
	(void)state;
	leaves = mem_array(ENTRIES, sizeof(*leaves));
	tree = tree_make();
	for (uint64_t i = 0; i < ENTRIES; i++)
		entry_leaf(i, &leaves[i]);
	tree_add_leaves(tree, leaves, ENTRIES);
	return 0;
}

static int free_tree(void **state)
{
	(void)state;
	tree_free(tree);
	free(leaves);
	return 0;
}

static void test_tree(void **state)
{
	json_t *vectors = load("tree"), *vector;
	struct hash root, expected, root1, leaf;
	struct merkle_proof made, proof;
	size_t i;

	(void)state;
	json_array_foreach(list(vectors, "roots", 20), i, vector)
	{
		uint64_t size = number(vector, "size");
		get_hash(text(vector, "root"), &expected);
		assert_int_equal(tiles_root(tree_call(tree, size), size, &root, NULL), 0);
		assert_hash_equal(&root, &expected);
		merkle_root(leaves, size, &root);
		assert_hash_equal(&root, &expected);
	}
	json_array_foreach(list(vectors, "inclusion", 60), i, vector)
	{
		uint64_t size = number(vector, "size"), index = number(vector, "index");
		get_proof(vector, &proof);
		assert_int_equal(tiles_inclusion(tree_call(tree, size), index, size, &made, &leaf, &root, NULL), 0);
		assert_proof_equal(&made, &proof);
		assert_int_equal(merkle_verify_inclusion(&leaves[index], index, size, &proof, &root, NULL), 0);
		for (size_t k = 0; k < proof.count; k++) {
			proof.hashes[k].b[k % 32] ^= 2;
			assert_int_equal(merkle_verify_inclusion(&leaves[index], index, size, &proof, &root, NULL), -1);
			proof.hashes[k].b[k % 32] ^= 2;
		}
	}
	json_array_foreach(list(vectors, "consistency", 50), i, vector)
	{
		uint64_t size1 = number(vector, "size1"), size2 = number(vector, "size2");
		get_proof(vector, &proof);
		merkle_root(leaves, size1, &root1);
		merkle_root(leaves, size2, &root);
		assert_int_equal(tiles_consistency(tree_call(tree, size2), size1, size2, &made, NULL), 0);
		assert_proof_equal(&made, &proof);
		assert_int_equal(merkle_verify_consistency(size1, &root1, size2, &root, &proof, NULL), 0);
		for (size_t k = 0; k < proof.count; k++) {
			proof.hashes[k].b[k % 32] ^= 2;
			assert_int_equal(merkle_verify_consistency(size1, &root1, size2, &root, &proof, NULL), -1);
			proof.hashes[k].b[k % 32] ^= 2;
		}
	}
	json_array_foreach(list(vectors, "subtrees", 50), i, vector)
	{
		uint64_t start = number(vector, "start"), end = number(vector, "end"), size = number(vector, "size");
		get_proof(vector, &proof);
		get_hash(text(vector, "root"), &expected);
		merkle_root(leaves + start, end - start, &root1);
		assert_hash_equal(&root1, &expected);
		merkle_root(leaves, size, &root);
		assert_int_equal(tiles_subtree(tree_call(tree, size), start, end, size, &made, NULL), 0);
		assert_proof_equal(&made, &proof);
		assert_int_equal(merkle_verify_subtree(start, end, &root1, size, &root, &proof, NULL), 0);
		for (size_t k = 0; k < proof.count; k++) {
			proof.hashes[k].b[k % 32] ^= 2;
			assert_int_equal(merkle_verify_subtree(start, end, &root1, size, &root, &proof, NULL), -1);
			proof.hashes[k].b[k % 32] ^= 2;
		}
	}
	json_decref(vectors);
}

/* ---- tiles ------------------------------------------------------------------------------------------------------------ */

static void check_tile(uint64_t size, const char *path, const char *sha256_hex)
{
	struct tile tile;
	struct hash hashes[TILE_WIDTH], got, expected;
	struct buf bundle = BUF_INIT, entry = BUF_INIT;

	assert_int_equal(tile_path_parse(&tile, str_from(path), NULL), 0);
	assert_int_equal(tile.width, tile_width(tile.level, tile.index, size));
	if (tile.level == TILE_ENTRIES) {
		for (unsigned i = 0; i < tile.width; i++) {
			entry_text(tile.index * TILE_WIDTH + i, &entry);
			buf_be16(&bundle, (uint16_t)entry.n);
			buf_str(&bundle, buf_view(&entry));
		}
		struct str rest = buf_view(&bundle), cut;
		unsigned count = 0;
		while (bundle_next(&rest, &cut, NULL) == 1)
			count++;
		assert_int_equal(count, tile.width);
	} else {
		const struct tile_reader *reader = tree_call(tree, size);
		assert_int_equal(reader->read(reader->context, &tile, hashes, NULL), 0);
		buf_add(&bundle, hashes, tile.width * sizeof(hashes[0]));
	}
	sha256(bundle.p, bundle.n, &got);
	assert_true(hex_decode(str_from(sha256_hex), expected.b, 32));
	assert_hash_equal(&got, &expected);
	buf_release(&bundle);
	buf_release(&entry);
}

static void test_tiles(void **state)
{
	json_t *vectors = load("tiles"), *vector, *tile_vector;
	struct tile tile;
	char path[TILE_PATH_MAX];
	size_t i, k;

	(void)state;
	json_array_foreach(list(vectors, "paths", 5), i, vector)
	{
		bool entries = strcmp(text(vector, "level"), "entries") == 0;
		tile.level = entries ? TILE_ENTRIES : (int)number(vector, "level");
		tile.index = number(vector, "index");
		tile.width = (unsigned)number(vector, "width");
		tile_path(path, &tile);
		assert_string_equal(path, text(vector, "path"));
		struct tile again;
		assert_int_equal(tile_path_parse(&again, str_from(path), NULL), 0);
		assert_true(again.level == tile.level && again.index == tile.index && again.width == tile.width);
	}
	json_array_foreach(list(vectors, "refused", 30), i, vector)
		assert_int_equal(tile_path_parse(&tile, str_from(json_string_value(vector)), NULL), -1);
	json_array_foreach(list(vectors, "logs", 10), i, vector) json_array_foreach(list(vector, "tiles", 0), k, tile_vector)
		check_tile(number(vector, "size"), text(tile_vector, "path"), text(tile_vector, "sha256"));
	json_decref(vectors);
}

/* ---- notes ------------------------------------------------------------------------------------------------------------ */

static void check_key(const struct note *note, json_t *vector, const char *name)
{
	struct vkey key;
	uint64_t time = 1;
	const char *outcome = text(vector, "outcome");

	assert_int_equal(vkey_parse(&key, str_from(text(vector, "vkey")), NULL), 0);
	int got = note_verify(note, &key, &time, NULL);
	int wanted = strcmp(outcome, "signed") == 0 ? 1 : strcmp(outcome, "absent") == 0 ? 0 : -1;
	if (got != wanted)
		fail_msg("%s: %s says %d instead of %s", name, key.name, got, outcome);
	if (wanted == 1 && json_object_get(vector, "time") != NULL)
		assert_true(time == number(vector, "time"));
	vkey_release(&key);
}

static void test_notes(void **state)
{
	json_t *vectors = load("notes"), *vector, *key_vector;
	struct buf bytes = BUF_INIT, again = BUF_INIT;
	struct note note;
	struct vkey key;
	size_t i, k;

	(void)state;
	json_array_foreach(list(vectors, "notes", 15), i, vector)
	{
		struct err err = ERR_INIT;
		octets(vector, "note", &bytes);
		if (note_parse(&note, buf_view(&bytes), &err) != 0)
			fail_msg("%s: %s", text(vector, "name"), err.text);
		json_array_foreach(list(vector, "keys", 1), k, key_vector) check_key(&note, key_vector, text(vector, "name"));
	}
	json_array_foreach(list(vectors, "refused", 20), i, vector)
	{
		octets(vector, "note", &bytes);
		if (note_parse(&note, buf_view(&bytes), NULL) == 0)
			fail_msg("taken for a note: %s", text(vector, "name"));
	}
	json_array_foreach(list(vectors, "vkeys", 3), i, vector)
	{
		assert_int_equal(vkey_parse(&key, str_from(json_string_value(vector)), NULL), 0);
		buf_clear(&again);
		vkey_format(&again, &key);
		assert_string_equal(again.p, json_string_value(vector));
		vkey_release(&key);
	}
	json_array_foreach(
		list(vectors, "refused_vkeys", 15), i, vector) if (vkey_parse(&key, str_from(json_string_value(vector)), NULL) == 0)
		fail_msg("taken for a vkey: %s", json_string_value(vector));
	buf_release(&bytes);
	buf_release(&again);
	json_decref(vectors);
}

static void test_checkpoints(void **state)
{
	json_t *vectors = load("checkpoints"), *vector;
	struct buf bytes = BUF_INIT;
	struct checkpoint checkpoint;
	struct hash root;
	size_t i;

	(void)state;
	json_array_foreach(list(vectors, "checkpoints", 4), i, vector)
	{
		assert_int_equal(checkpoint_parse(&checkpoint, str_from(text(vector, "text")), NULL), 0);
		assert_true(str_equal(checkpoint.origin, str_from(text(vector, "origin"))));
		assert_true(checkpoint.size == number(vector, "size"));
		get_hash(text(vector, "root"), &root);
		assert_hash_equal(&checkpoint.root, &root);
		assert_true(str_equal(checkpoint.extension, str_from(text(vector, "extension"))));
	}
	json_array_foreach(list(vectors, "refused", 20), i, vector)
	{
		octets(vector, "text", &bytes);
		if (checkpoint_parse(&checkpoint, buf_view(&bytes), NULL) == 0)
			fail_msg("taken for a checkpoint: %s", bytes.p);
	}
	buf_release(&bytes);
	json_decref(vectors);
}

/* ---- proofs and policies ------------------------------------------------------------------------------------------------ */

static int prove(struct str bytes, uint64_t entry, struct tlog_proof *proof, uint64_t *size)
{
	struct note note;
	struct checkpoint checkpoint;
	struct hash leaf;
	struct err err = ERR_INIT;

	if (tlog_proof_parse(proof, bytes, &err) != 0)
		fail_msg("%s", err.text);
	assert_int_equal(note_parse(&note, proof->checkpoint, NULL), 0);
	assert_int_equal(checkpoint_parse(&checkpoint, note.text, NULL), 0);
	*size = checkpoint.size;
	entry_leaf(entry, &leaf);
	return merkle_verify_inclusion(&leaf, proof->index, checkpoint.size, &proof->inclusion, &checkpoint.root, NULL);
}

static void test_proofs(void **state)
{
	json_t *vectors = load("proofs"), *vector;
	struct buf bytes = BUF_INIT, extra = BUF_INIT, decoded = BUF_INIT;
	struct tlog_proof proof;
	uint64_t size;
	size_t i;

	(void)state;
	json_array_foreach(list(vectors, "proofs", 5), i, vector)
	{
		struct str text_bytes = str_from(text(vector, "proof"));
		assert_int_equal(prove(text_bytes, number(vector, "index"), &proof, &size), 0);
		assert_true(proof.index == number(vector, "index") && size == number(vector, "size"));
		octets(vector, "extra", &extra);
		buf_clear(&decoded);
		assert_true(base64_decode(proof.extra_base64, &decoded));
		assert_true(str_equal(buf_view(&decoded), buf_view(&extra)));
		assert_int_equal(proof.has_extra, extra.n > 0);
		buf_clear(&bytes);
		tlog_proof_format(&bytes, buf_view(&extra), proof.index, &proof.inclusion, proof.checkpoint);
		assert_true(str_equal(buf_view(&bytes), text_bytes));
	}
	json_array_foreach(list(vectors, "wrong", 5), i,
		vector) if (prove(str_from(text(vector, "proof")), number(vector, "entry"), &proof, &size) == 0)
		fail_msg("taken for proven: %s", text(vector, "name"));
	json_array_foreach(list(vectors, "refused", 15), i, vector)
	{
		octets(vector, "proof", &bytes);
		if (tlog_proof_parse(&proof, buf_view(&bytes), NULL) == 0)
			fail_msg("taken for a proof: %s", text(vector, "name"));
	}
	buf_release(&bytes);
	buf_release(&extra);
	buf_release(&decoded);
	json_decref(vectors);
}

static void check_under_policy(json_t *vector)
{
	struct buf bytes = BUF_INIT;
	struct policy *policy;
	struct policy_verdict verdict;
	struct err err = ERR_INIT;

	octets(vector, "policy", &bytes);
	if (policy_parse(&policy, buf_view(&bytes), &err) != 0)
		fail_msg("%s: %s", text(vector, "name"), err.text);
	int got = policy_check(policy, str_from(text(vector, "note")), &verdict, &err);
	if ((got == 0) != (strcmp(text(vector, "outcome"), "signed") == 0))
		fail_msg("%s: %s", text(vector, "name"), got == 0 ? "taken for signed" : err.text);
	if (got == 0) {
		assert_int_equal(verdict.witnesses, number(vector, "witnesses"));
		assert_int_equal(verdict.quorum, json_is_true(json_object_get(vector, "quorum")));
		assert_true(verdict.quorum_time == number(vector, "time"));
	} else {
		assert_int_equal(err.code, ERR_MISMATCH);
	}
	policy_free(policy);
	buf_release(&bytes);
}

static void test_policies(void **state)
{
	json_t *vectors = load("policies"), *vector;
	struct buf bytes = BUF_INIT;
	struct policy *policy;
	size_t i;

	(void)state;
	json_array_foreach(list(vectors, "good", 5), i, vector)
	{
		struct err err = ERR_INIT;
		octets(vector, "policy", &bytes);
		if (policy_parse(&policy, buf_view(&bytes), &err) != 0)
			fail_msg("%s", err.text);
		policy_free(policy);
	}
	json_array_foreach(list(vectors, "refused", 30), i, vector)
	{
		struct err err = ERR_INIT;
		char line[32];
		octets(vector, "policy", &bytes);
		snprintf(line, sizeof(line), "line %llu:", (unsigned long long)number(vector, "line"));
		if (policy_parse(&policy, buf_view(&bytes), &err) == 0)
			fail_msg("taken for a policy: %s", bytes.p);
		assert_error(&err, ERR_SYNTAX, line);
	}
	json_array_foreach(list(vectors, "checks", 15), i, vector) check_under_policy(vector);
	buf_release(&bytes);
	json_decref(vectors);
}

/* ---- evidence -------------------------------------------------------------------------------------------------------------- */

#define EVIDENCE_FOLDER "tests/vectors/evidence/"

static void read_file(const char *name, struct buf *out)
{
	char path[256], piece[4096];
	size_t n;

	snprintf(path, sizeof(path), EVIDENCE_FOLDER "%s", name);
	FILE *file = fopen(path, "rb");
	if (file == NULL)
		fail_msg("%s is not there", path);
	buf_clear(out);
	while ((n = fread(piece, 1, sizeof(piece), file)) > 0)
		buf_add(out, piece, n);
	fclose(file);
}

static const char *evidence_says(struct str bytes, const struct policy *policy)
{
	static const char *const words[] = {"proven", "suspected", "consistent", "other logs"};
	struct evidence evidence;
	enum evidence_word word;

	if (evidence_parse(&evidence, bytes, NULL) != 0)
		return "refused";
	int result = evidence_check(&evidence, policy, &word, NULL);
	evidence_release(&evidence);
	return result == 0 ? words[word] : "shows nothing";
}

static void test_evidence(void **state)
{
	json_error_t error;
	json_t *vectors = json_load_file(EVIDENCE_FOLDER "vectors.json", 0, &error), *vector;
	struct buf bytes = BUF_INIT;
	size_t i;

	(void)state;
	assert_true(json_is_array(vectors) && json_array_size(vectors) > 30);
	json_array_foreach(vectors, i, vector)
	{
		struct policy *policy = NULL;

		if (json_is_string(json_object_get(vector, "policy"))) {
			read_file(text(vector, "policy"), &bytes);
			assert_int_equal(policy_parse(&policy, buf_view(&bytes), NULL), 0);
		}
		read_file(text(vector, "evidence"), &bytes);
		const char *says = evidence_says(buf_view(&bytes), policy);
		if (strcmp(says, text(vector, "word")) != 0)
			fail_msg("%s: %s instead of %s", text(vector, "evidence"), says, text(vector, "word"));
		policy_free(policy);
	}
	buf_release(&bytes);
	json_decref(vectors);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tree),
		cmocka_unit_test(test_tiles),
		cmocka_unit_test(test_notes),
		cmocka_unit_test(test_checkpoints),
		cmocka_unit_test(test_proofs),
		cmocka_unit_test(test_policies),
		cmocka_unit_test(test_evidence),
	};

	return cmocka_run_group_tests(tests, make_tree, free_tree);
}
