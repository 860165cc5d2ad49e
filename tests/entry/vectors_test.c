/* The vectors of entry, contents, disclosure and receipt, as another implementer would run them: from the files alone. */
#include "support.h"

#include <jansson.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER "tests/vectors/"

static json_t *load(const char *name)
{
	char path[128];
	json_error_t error;
	snprintf(path, sizeof path, FOLDER "%s/vectors.json", name);
	json_t *list = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	if (!list)
		fail_msg("%s: %s", path, error.text);
	assert_true(json_array_size(list) > 5);
	return list;
}

static struct str text_of(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	if (!json_is_string(value))
		fail_msg("no text \"%s\"", key);
	return (struct str){json_string_value(value), json_string_length(value)};
}

static uint64_t number_of(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	if (!json_is_integer(value))
		fail_msg("no number \"%s\"", key);
	return (uint64_t)json_integer_value(value);
}

static bool good(const json_t *object)
{
	const json_t *value = json_object_get(object, "good");
	assert_true(json_is_boolean(value));
	return json_is_true(value);
}

static void bytes_of(const json_t *object, const char *key, struct buf *out)
{
	buf_clear(out);
	assert_true(base64_decode(text_of(object, key), out));
}

static void same_hash(const json_t *object, const char *key, const struct hash *hash)
{
	struct hash want;
	assert_true(hex_decode(text_of(object, key), want.b, SHA256_SIZE));
	if (!hash_equal(&want, hash))
		fail_msg("\"%s\" of \"%s\" differs", key, json_string_value(json_object_get(object, "name")));
}

/* ---- entries ------------------------------------------------------------------------------------------------------------------- */

static void check_key_entry(const json_t *v, const struct entry *e)
{
	struct vkey old, recovery;
	struct err err = ERR_INIT;
	struct buf message = BUF_INIT, hex = BUF_INIT;
	assert_int_equal(vkey_parse(&old, text_of(v, "old"), &err), 0);
	assert_int_equal(vkey_parse(&recovery, text_of(v, "recovery"), &err), 0);
	assert_int_equal(entry_key_verify(e, &old, &recovery, &err), 0);
	entry_key_message(&message, e);
	buf_hex(&hex, message.p, message.n);
	assert_true(str_equal(buf_view(&hex), text_of(v, "message")));
	vkey_release(&old);
	vkey_release(&recovery);
	buf_release(&message);
	buf_release(&hex);
}

static void test_entries(void **state)
{
	json_t *list = load("entry"), *v;
	size_t i;
	unsigned kinds = 0;
	(void)state;
	json_array_foreach(list, i, v)
	{
		struct arena arena = ARENA_INIT;
		struct entry e;
		struct err err = ERR_INIT;
		struct buf bytes = BUF_INIT;
		if (json_object_get(v, "text"))
			buf_str(&bytes, text_of(v, "text"));
		else
			bytes_of(v, "base64", &bytes);
		if ((entry_parse(&e, buf_view(&bytes), &arena, &err) == 0) != good(v))
			fail_msg("\"%s\": %s", text_of(v, "name").p, good(v) ? err.text : "was read");
		if (good(v)) {
			struct buf back = BUF_INIT;
			struct hash leaf;
			assert_true(str_equal(text_of(v, "kind"), str_from(entry_kind_name(e.kind))));
			assert_int_equal(entry_format(&back, &e, &err), 0);
			assert_true(str_equal(buf_view(&back), buf_view(&bytes)));
			merkle_leaf(buf_view(&bytes), &leaf);
			same_hash(v, "log_leaf", &leaf);
			if (e.kind == ENTRY_KEY)
				check_key_entry(v, &e);
			kinds |= 1u << e.kind;
			buf_release(&back);
		}
		buf_release(&bytes);
		arena_release(&arena);
	}
	assert_int_equal(kinds, 0x3f);
	json_decref(list);
}

/* ---- contents and openings --------------------------------------------------------------------------------------------------- */

struct tree {
	struct leaf *leaves;
	size_t n;
	struct contents *contents;
	struct hash root;
};

static void read_leaf(const json_t *from, struct leaf *leaf)
{
	leaf->kind = text_of(from, "kind");
	leaf->path = text_of(from, "path");
	leaf->size = number_of(from, "size");
	assert_true(digest_untag(text_of(from, "digest"), &leaf->digest));
}

static void make_tree(struct tree *t, const json_t *v)
{
	const json_t *leaves = json_object_get(v, "leaves");
	unsigned char seed[SEED_SIZE];
	struct err err = ERR_INIT;
	t->n = json_array_size(leaves);
	t->leaves = mem_array(t->n + 1, sizeof *t->leaves);
	for (size_t i = 0; i < t->n; i++)
		read_leaf(json_array_get(leaves, i), &t->leaves[i]);
	assert_true(hex_decode(text_of(v, "seed"), seed, SEED_SIZE));
	assert_int_equal(contents_make(&t->contents, text_of(v, "origin"), text_of(v, "record"), number_of(v, "version"), seed,
				 t->leaves, t->n, &err),
		0);
	contents_root(t->contents, &t->root);
}

static void free_tree(struct tree *t)
{
	contents_free(t->contents);
	free(t->leaves);
}

static void test_contents(void **state)
{
	json_t *list = load("contents"), *v;
	size_t i;
	(void)state;
	json_array_foreach(list, i, v)
	{
		struct tree t;
		make_tree(&t, v);
		same_hash(v, "root", &t.root);
		for (size_t k = 0; k < t.n; k++) {
			const json_t *leaf = json_array_get(json_object_get(v, "leaves"), k);
			struct hash hash;
			assert_int_equal(contents_position(t.contents, k), number_of(leaf, "position"));
			contents_leaf_hash(t.contents, number_of(leaf, "position"), &hash);
			same_hash(leaf, "hash", &hash);
		}
		free_tree(&t);
	}
	json_decref(list);
}

static const json_t *named(const json_t *list, struct str name)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (str_equal(text_of(json_array_get(list, i), "name"), name))
			return json_array_get(list, i);
	fail_msg("no tree %s", name.p);
	return NULL;
}

static bool *keep_of(const json_t *v, const struct tree *t)
{
	const json_t *opens = json_object_get(v, "opens");
	bool *keep = mem_array(t->n + 1, sizeof *keep);
	for (size_t i = 0; i < t->n; i++)
		for (size_t k = 0; k < json_array_size(opens); k++)
			keep[i] = keep[i] || str_equal(t->leaves[i].path, str_from(json_string_value(json_array_get(opens, k))));
	return keep;
}

static void check_opening(const json_t *v, const json_t *of, const struct tree *t, const struct buf *bytes)
{
	struct disclosure *d;
	struct err err = ERR_INIT;
	struct hash root;
	bool proves =
		disclosure_parse(&d, buf_view(bytes), &err) == 0 &&
		disclosure_root(d, text_of(of, "origin"), text_of(of, "record"), number_of(of, "version"), &root, &err) == 0 &&
		hash_equal(&root, &t->root);
	if (proves != good(v))
		fail_msg("\"%s\" of %s: %s", text_of(v, "name").p, text_of(v, "contents").p, proves ? "proves" : err.text);
	if (proves) {
		struct buf made = BUF_INIT;
		bool *keep = keep_of(v, t);
		assert_int_equal(disclosure_make(&made, t->contents, keep, &err), 0);
		assert_true(str_equal(buf_view(&made), buf_view(bytes)));
		free(keep);
		buf_release(&made);
	}
	disclosure_free(d);
}

static void test_disclosures(void **state)
{
	json_t *trees = load("contents"), *list = load("disclosure"), *v;
	size_t i;
	(void)state;
	json_array_foreach(list, i, v)
	{
		const json_t *of = named(trees, text_of(v, "contents"));
		struct tree t;
		struct buf bytes = BUF_INIT;
		make_tree(&t, of);
		bytes_of(v, "bytes", &bytes);
		check_opening(v, of, &t, &bytes);
		buf_release(&bytes);
		free_tree(&t);
	}
	json_decref(list);
	json_decref(trees);
}

/* ---- receipts ------------------------------------------------------------------------------------------------------------------ */

static void read_file(struct str name, struct buf *out)
{
	char path[256], part[4096];
	size_t n;
	snprintf(path, sizeof path, FOLDER "receipt/%s", name.p);
	FILE *file = fopen(path, "rbe");
	if (!file)
		fail_msg("%s cannot be read", path);
	while ((n = fread(part, 1, sizeof part, file)) > 0)
		buf_add(out, part, n);
	fclose(file);
}

static void check_receipt(const json_t *v, const struct receipt *receipt)
{
	const struct disclosure *d = receipt_disclosure(receipt);
	const struct policy_verdict *verdict = receipt_verdict(receipt);
	const json_t *files = json_object_get(v, "files");
	assert_true(str_equal(text_of(v, "scope"), receipt_scope(receipt) == RECEIPT_FILE ? STR("file") : STR("version")));
	assert_true(str_equal(text_of(v, "record"), receipt_entry(receipt)->record));
	assert_int_equal(number_of(v, "version"), receipt_entry(receipt)->version);
	assert_int_equal(number_of(v, "index"), receipt_index(receipt));
	assert_int_equal(number_of(v, "log_size"), verdict->checkpoint.size);
	assert_int_equal(number_of(v, "total"), disclosure_total(d));
	assert_int_equal(json_is_true(json_object_get(v, "quorum")), verdict->quorum);
	assert_int_equal(number_of(v, "quorum_time"), verdict->quorum_time);
	assert_int_equal(json_array_size(files), disclosure_count(d));
	for (size_t i = 0; i < disclosure_count(d); i++) {
		struct leaf want, leaf;
		read_leaf(json_array_get(files, i), &want);
		disclosure_leaf(d, i, &leaf, NULL);
		assert_true(str_equal(want.path, leaf.path) && want.size == leaf.size && digest_equal(&want.digest, &leaf.digest));
	}
}

static void test_receipts(void **state)
{
	json_t *list = load("receipt"), *v;
	size_t i;
	(void)state;
	json_array_foreach(list, i, v)
	{
		struct buf bytes = BUF_INIT, text = BUF_INIT;
		struct policy *policy;
		struct receipt *receipt;
		struct err err = ERR_INIT;
		read_file(text_of(v, "receipt"), &bytes);
		read_file(text_of(v, "policy"), &text);
		assert_int_equal(policy_parse(&policy, buf_view(&text), &err), 0);
		if ((receipt_open(&receipt, buf_view(&bytes), policy, &err) == 0) != good(v))
			fail_msg("\"%s\": %s", text_of(v, "name").p, good(v) ? err.text : "was opened");
		if (good(v))
			check_receipt(v, receipt);
		receipt_free(receipt);
		policy_free(policy);
		buf_release(&bytes);
		buf_release(&text);
	}
	json_decref(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entries),
		cmocka_unit_test(test_contents),
		cmocka_unit_test(test_disclosures),
		cmocka_unit_test(test_receipts),
	};
	return cmocka_run_group_tests_name("vectors of entry", tests, NULL, NULL);
}
