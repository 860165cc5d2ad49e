/* Inclusion and consistency against ../shared/conformance/merkle. */
#include "support.h"

#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOT "../shared/conformance/merkle/testdata"

/* A vector, and its text for numbers that no JSON library of C holds. */
struct vector {
	json_t *object;
	const char *text;
};

/* False if there is none. Some vectors hold words where a hash should stand, as their outcome does not hang on it; distinct words
 * stay distinct. */
static bool get_hash(const struct vector *vector, const char *key, struct hash *out)
{
	struct buf bytes = BUF_INIT;
	const char *text = json_string_value(json_object_get(vector->object, key));

	memset(out, 0, sizeof(*out));
	assert_true(text == NULL || base64_decode(str_from(text), &bytes));
	bool some = bytes.n > 0;
	if (some)
		memcpy(out->b, bytes.p, bytes.n < 32 ? bytes.n : 32);
	buf_release(&bytes);
	return some;
}

/* False if a hash of the proof is none: then it cannot even be written down in our formats. */
static bool get_proof(const struct vector *vector, struct merkle_proof *out)
{
	json_t *list = json_object_get(vector->object, "proof");
	bool good = true;

	out->count = 0;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));
		if (out->count == MERKLE_PROOF_MAX)
			return false;
		if (text == NULL || !base64_decode_fixed(str_from(text), out->hashes[out->count++].b, 32))
			good = false;
	}
	return good;
}

static uint64_t get_number(const struct vector *vector, const char *key)
{
	char quoted[64];
	uint64_t number;

	snprintf(quoted, sizeof(quoted), "\"%s\": ", key);
	const char *at = strstr(vector->text, quoted);
	assert_non_null(at);
	at += strlen(quoted);
	assert_true(decimal_parse((struct str){at, strspn(at, "0123456789")}, UINT64_MAX, &number));
	return number;
}

static int run_inclusion(const struct vector *vector)
{
	struct merkle_proof proof;
	struct hash root, leaf;

	if (!get_hash(vector, "root", &root) || !get_hash(vector, "leafHash", &leaf) || !get_proof(vector, &proof))
		return -1;
	return merkle_verify_inclusion(&leaf, get_number(vector, "leafIdx"), get_number(vector, "treeSize"), &proof, &root, NULL);
}

static int run_consistency(const struct vector *vector)
{
	struct merkle_proof proof;
	struct hash root1, root2;

	if (!get_hash(vector, "root1", &root1) || !get_hash(vector, "root2", &root2) || !get_proof(vector, &proof))
		return -1;
	return merkle_verify_consistency(get_number(vector, "size1"), &root1, get_number(vector, "size2"), &root2, &proof, NULL);
}

static char *read_text(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text;

	if (file == NULL)
		return NULL;
	text = mem_alloc(1 << 16);
	text[fread(text, 1, (1 << 16) - 1, file)] = '\0';
	fclose(file);
	return text;
}

static bool run_file(const char *path, int (*run)(const struct vector *))
{
	json_error_t error;
	char *text = read_text(path);

	assert_non_null(text);
	struct vector vector = {json_loads(text, JSON_DECODE_INT_AS_REAL, &error), text};
	if (vector.object == NULL)
		fail_msg("%s: %s", path, error.text);
	json_t *want = json_object_get(vector.object, "wantErr");
	assert_true(json_is_boolean(want));
	bool right = (run(&vector) != 0) == json_is_true(want);
	if (!right)
		print_error("%s: judged wrong\n", path);
	json_decref(vector.object);
	free(text);
	return right;
}

/* Every *.json in the folders of a folder. */
static size_t run_all(const char *kind, int (*run)(const struct vector *), size_t *wrong)
{
	char path[1024];
	size_t count = 0;
	struct dirent *folder, *file;

	snprintf(path, sizeof(path), ROOT "/%s", kind);
	DIR *folders = opendir(path);
	if (folders == NULL) {
		print_message("skipped: %s is not there\n", path);
		skip();
	}
	while ((folder = readdir(folders)) != NULL) {
		if (folder->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), ROOT "/%s/%s", kind, folder->d_name);
		DIR *files = opendir(path);
		assert_non_null(files);
		while ((file = readdir(files)) != NULL) {
			if (strstr(file->d_name, ".json") == NULL)
				continue;
			snprintf(path, sizeof(path), ROOT "/%s/%s/%s", kind, folder->d_name, file->d_name);
			*wrong += !run_file(path, run);
			count++;
		}
		closedir(files);
	}
	closedir(folders);
	print_message("%s: %zu vectors\n", kind, count);
	return count;
}

static void test_inclusion(void **state)
{
	size_t wrong = 0;

	(void)state;
	assert_true(run_all("inclusion", run_inclusion, &wrong) >= 80);
	assert_int_equal(wrong, 0);
}

static void test_consistency(void **state)
{
	size_t wrong = 0;

	(void)state;
	assert_true(run_all("consistency", run_consistency, &wrong) >= 80);
	assert_int_equal(wrong, 0);
}

/* The example of signed-note is the only one there with its key. */
static void test_note_example(void **state)
{
	char *text = read_text("../shared/specs/c2sp/signed-note.md");
	struct note note;
	struct vkey key;

	(void)state;
	if (text == NULL) {
		print_message("skipped: ../shared/specs/c2sp/signed-note.md is not there\n");
		skip();
	}
	char *vkey = strstr(text, "example.com/foo+");
	assert_non_null(vkey);
	char *signed_note = strstr(vkey, "This is an example message.\n");
	assert_non_null(signed_note);
	assert_int_equal(vkey_parse(&key, (struct str){vkey, (size_t)(strchr(vkey, '\n') - vkey)}, NULL), 0);
	struct str bytes = {signed_note, (size_t)(strstr(signed_note, "```") - signed_note)};
	assert_int_equal(note_parse(&note, bytes, NULL), 0);
	assert_int_equal(note_verify(&note, &key, NULL, NULL), 1);
	signed_note[0] = 't';
	assert_int_equal(note_parse(&note, bytes, NULL), 0);
	assert_int_equal(note_verify(&note, &key, NULL, NULL), -1);
	vkey_release(&key);
	free(text);
}

static void test_subtrees(void **state)
{
	(void)state;
	print_message("skipped: subtreeinclusion and subtreeconsistency; only ML-DSA cosignatures need proofs of subtrees, which "
		      "tlog has not\n");
	skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inclusion),
		cmocka_unit_test(test_consistency),
		cmocka_unit_test(test_note_example),
		cmocka_unit_test(test_subtrees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
