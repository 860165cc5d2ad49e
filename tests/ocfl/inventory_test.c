/* Inventories: made, written, read back, extended; what a strict parser refuses; layouts; sidecars. P8, P10. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ocfl/ocfl.h"

static int collect(void *context, const void *bytes, size_t n, struct err *err)
{
	(void)err;
	buf_add(context, bytes, n);
	return 0;
}

static void written(const struct inventory *inventory, struct buf *out)
{
	struct err err = ERR_INIT;
	buf_clear(out);
	if (inventory_write(inventory, collect, out, &err) < 0)
		fail_msg("%s", err.text);
}

static struct digest digest_of(const char *text)
{
	struct digest digest = {.alg = DIGEST_SHA256};
	struct hash hash;
	sha256(text, strlen(text), &hash);
	memcpy(digest.bytes, hash.b, sizeof(hash.b));
	return digest;
}

static void put(struct inventory *inventory, const char *path, const char *content)
{
	struct err err = ERR_INIT;
	struct digest digest = digest_of(content);
	uint32_t number;
	bool known;
	assert_int_equal(inventory_add_digest(inventory, &digest, &number, &known, &err), 0);
	if (!known)
		assert_int_equal(inventory_add_content(inventory, number, str_from(path), &err), 0);
	if (inventory_add_file(inventory, str_from(path), number, &err) < 0)
		fail_msg("%s", err.text);
}

static const struct inventory_version info = {
	.created = {"2026-11-23T20:28:00Z", 20},
	.message = {"Taken in", 8},
	.user_name = {"An \"archivist\"\n", 15},
	.user_address = {"mailto:a@example.org", 20},
};

static struct inventory *two_versions(void)
{
	struct inventory *inventory;
	struct err err = ERR_INIT;
	uint32_t version;
	assert_int_equal(inventory_new(&inventory, STR("https://example.org/r/letter"), DIGEST_SHA256, &err), 0);
	assert_int_equal(inventory_begin_version(inventory, &version, &err), 0);
	assert_int_equal(version, 1);
	put(inventory, "b/scan.tif", "scan");
	put(inventory, "a.txt", "text");
	put(inventory, "copy of a.txt", "text");
	assert_int_equal(inventory_end_version(inventory, &info, &err), 0);
	assert_int_equal(inventory_begin_version(inventory, &version, &err), 0);
	assert_int_equal(version, 2);
	put(inventory, "a.txt", "text, mended");
	assert_int_equal(inventory_keep_rest(inventory, &err), 0);
	assert_int_equal(inventory_end_version(inventory, &info, &err), 0);
	return inventory;
}

static void test_form(void **state)
{
	(void)state;
	struct inventory *inventory = two_versions();
	struct buf text = BUF_INIT;
	written(inventory, &text);
	assert_string_equal(text.p,
		"{\n"
		"\"digestAlgorithm\":\"sha256\",\n"
		"\"head\":\"v2\",\n"
		"\"id\":\"https://example.org/r/letter\",\n"
		"\"manifest\":{\n"
		"\"59ad1b2fc74287ded1bba7af67765d23ad4a49f1ae51902cc2ed3f8ebee96cfa\":[\"v1/content/b/scan.tif\"],\n"
		"\"71b663b5317d4002acb73a615e1a8c929a2fd0302fa5609ba89371f8629cf470\":[\"v2/content/a.txt\"],\n"
		"\"982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1\":[\"v1/content/a.txt\"]},\n"
		"\"type\":\"https://ocfl.io/1.1/spec/#inventory\",\n"
		"\"versions\":{\n"
		"\"v1\":{\n"
		"\"created\":\"2026-11-23T20:28:00Z\",\n"
		"\"message\":\"Taken in\",\n"
		"\"state\":{\n"
		"\"59ad1b2fc74287ded1bba7af67765d23ad4a49f1ae51902cc2ed3f8ebee96cfa\":[\"b/scan.tif\"],\n"
		"\"982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1\":[\"a.txt\",\"copy of a.txt\"]},\n"
		"\"user\":{\"address\":\"mailto:a@example.org\",\"name\":\"An \\\"archivist\\\"\\n\"}},\n"
		"\"v2\":{\n"
		"\"created\":\"2026-11-23T20:28:00Z\",\n"
		"\"message\":\"Taken in\",\n"
		"\"state\":{\n"
		"\"59ad1b2fc74287ded1bba7af67765d23ad4a49f1ae51902cc2ed3f8ebee96cfa\":[\"b/scan.tif\"],\n"
		"\"71b663b5317d4002acb73a615e1a8c929a2fd0302fa5609ba89371f8629cf470\":[\"a.txt\"],\n"
		"\"982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1\":[\"copy of a.txt\"]},\n"
		"\"user\":{\"address\":\"mailto:a@example.org\",\"name\":\"An \\\"archivist\\\"\\n\"}}}\n"
		"}\n");
	buf_release(&text);
	inventory_free(inventory);
}

static void test_read_back(void **state)
{
	(void)state;
	struct inventory *inventory = two_versions(), *again;
	struct buf text = BUF_INIT, second = BUF_INIT, path = BUF_INIT;
	struct err err = ERR_INIT;
	struct inventory_file file;
	struct inventory_version version;
	struct digest digest;
	size_t i;
	uint32_t number;
	written(inventory, &text);
	if (inventory_parse(&again, buf_view(&text), 0, &err) < 0)
		fail_msg("%s", err.text);
	written(again, &second);
	assert_string_equal(text.p, second.p);
	assert_true(str_equal(inventory_id(again), STR("https://example.org/r/letter")));
	assert_int_equal(inventory_spec(again), OCFL_1_1);
	assert_int_equal(inventory_alg(again), DIGEST_SHA256);
	assert_int_equal(inventory_head(again), 2);
	assert_true(str_equal(inventory_content_directory(again), STR("content")));
	assert_int_equal(inventory_manifest_count(again), 3);
	assert_int_equal(inventory_state_count(again, 1), 3);
	static const char *const sorted[] = {"a.txt", "b/scan.tif", "copy of a.txt"};
	for (i = 0; i < 3; i++) {
		size_t at;
		inventory_state(again, 1, i, &file);
		assert_true(str_equal(file.path, str_from(sorted[i])));
		assert_true(inventory_find(again, 2, str_from(sorted[i]), &at));
		assert_int_equal(at, i);
	}
	assert_false(inventory_find(again, 1, STR("b"), &i));
	assert_false(inventory_find(again, 1, STR("v1/content"), &i));
	inventory_state(again, 2, 0, &file);
	inventory_digest(again, file.manifest, &digest);
	struct digest mended = digest_of("text, mended");
	assert_true(digest_equal(&digest, &mended));
	assert_true(inventory_find_digest(again, &mended, &number));
	assert_int_equal(number, file.manifest);
	assert_true(inventory_content(again, number, 0, &path));
	assert_string_equal(path.p, "v2/content/a.txt");
	assert_false(inventory_content(again, number, 1, &path));
	assert_true(inventory_find_content(again, STR("v1/content/b/scan.tif"), &number));
	assert_false(inventory_find_content(again, STR("v2/content/b/scan.tif"), &number));
	assert_false(inventory_find_content(again, STR("b/scan.tif"), &number));
	struct digest none = digest_of("none");
	assert_false(inventory_find_digest(again, &none, &number));
	inventory_version(again, 2, &version);
	assert_true(str_equal(version.created, info.created) && str_equal(version.message, info.message));
	assert_true(str_equal(version.user_name, info.user_name) && str_equal(version.user_address, info.user_address));
	/* A parsed one is extended as the original is. */
	struct inventory *both[2] = {inventory, again};
	for (int k = 0; k < 2; k++) {
		bool kept;
		assert_int_equal(inventory_begin_version(both[k], &number, &err), 0);
		assert_int_equal(number, 3);
		put(both[k], "new/deep/file", "text");
		assert_int_equal(inventory_keep_file(both[k], STR("b/scan.tif"), &kept, &err), 0);
		assert_true(kept);
		assert_int_equal(inventory_keep_file(both[k], STR("b/scan.tif"), &kept, &err), 0);
		assert_false(kept);
		assert_int_equal(inventory_keep_file(both[k], STR("b/none"), &kept, &err), -1);
		assert_int_equal(err.code, ERR_NOT_FOUND);
		assert_int_equal(inventory_end_version(both[k], &info, &err), 0);
	}
	written(inventory, &text);
	written(again, &second);
	assert_string_equal(text.p, second.p);
	assert_non_null(strstr(text.p, "\"new/deep/file\""));
	inventory_free(inventory);
	inventory_free(again);
	buf_release(&text);
	buf_release(&second);
	buf_release(&path);
}

static void test_refusals_while_making(void **state)
{
	(void)state;
	struct inventory *inventory;
	struct err err = ERR_INIT;
	uint32_t version, number;
	struct digest digest = digest_of("x");
	struct buf text = BUF_INIT;
	assert_int_equal(inventory_new(&inventory, STR(""), DIGEST_SHA256, &err), -1);
	assert_int_equal(inventory_new(&inventory, STR("\xff"), DIGEST_SHA256, &err), -1);
	assert_int_equal(inventory_new(&inventory, STR("urn:x"), DIGEST_MD5, &err), -1);
	assert_int_equal(err.code, ERR_USAGE);
	assert_int_equal(inventory_new(&inventory, STR("urn:x"), DIGEST_SHA256, &err), 0);
	assert_int_equal(inventory_write(inventory, collect, &text, &err), -1);
	assert_int_equal(inventory_begin_version(inventory, &version, &err), 0);
	put(inventory, "a/b", "x");
	assert_int_equal(inventory_add_digest(inventory, &digest, &number, NULL, &err), 0);
	static const struct {
		struct str path;
		enum err_code code;
	} cases[] = {
		{{"a/b", 3}, ERR_EXISTS},
		{{"a", 1}, ERR_EXISTS},
		{{"a/b/c", 5}, ERR_EXISTS},
		{{"", 0}, ERR_SYNTAX},
		{{"/x", 2}, ERR_SYNTAX},
		{{"x/", 2}, ERR_SYNTAX},
		{{"x//y", 4}, ERR_SYNTAX},
		{{".", 1}, ERR_SYNTAX},
		{{"x/..", 4}, ERR_SYNTAX},
		{{"x/./y", 5}, ERR_SYNTAX},
		{{"x\0y", 3}, ERR_SYNTAX},
		{{"\xc3", 1}, ERR_SYNTAX},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(inventory_add_file(inventory, cases[i].path, number, &err), -1);
		assert_int_equal(err.code, cases[i].code);
	}
	assert_true(inventory_has_file(inventory, STR("a/b")));
	assert_false(inventory_has_file(inventory, STR("a")));
	/* A digest that no logical file uses would be E107. */
	struct digest unused = digest_of("unused");
	assert_int_equal(inventory_add_digest(inventory, &unused, &number, NULL, &err), 0);
	assert_int_equal(inventory_end_version(inventory, &info, &err), -1);
	assert_int_equal(inventory_write(inventory, collect, &text, &err), -1);
	inventory_free(inventory);
	buf_release(&text);
}

/* Versions that are not open, bad texts, names that run out, digests that come again. */
static void test_versions_while_making(void **state)
{
	(void)state;
	struct inventory *inventory = two_versions(), *padded;
	struct err err = ERR_INIT;
	struct digest digest = digest_of("text");
	struct inventory_version bad[] = {info, info, info, info, info};
	uint32_t number;
	bool kept;
	assert_int_equal(inventory_add_digest(inventory, &digest, &number, NULL, &err), -1);
	assert_int_equal(err.code, ERR_USAGE);
	assert_int_equal(inventory_add_content(inventory, 0, STR("x"), &err), -1);
	assert_int_equal(inventory_add_file(inventory, STR("x"), 0, &err), -1);
	assert_int_equal(inventory_keep_file(inventory, STR("a.txt"), &kept, &err), -1);
	assert_int_equal(inventory_keep_rest(inventory, &err), -1);
	assert_int_equal(inventory_end_version(inventory, &info, &err), -1);
	assert_int_equal(err.code, ERR_USAGE);
	assert_int_equal(inventory_begin_version(inventory, &number, &err), 0);
	assert_int_equal(inventory_begin_version(inventory, &number, &err), -1);
	/* Known already, and in no file of this version: that is nobody's fault. */
	assert_int_equal(inventory_add_digest(inventory, &digest, &number, &kept, &err), 0);
	assert_true(kept);
	digest.alg = DIGEST_SHA512;
	assert_int_equal(inventory_add_digest(inventory, &digest, &number, NULL, &err), -1);
	assert_int_equal(inventory_add_file(inventory, STR("x"), 99, &err), -1);
	assert_int_equal(inventory_add_content(inventory, 99, STR("x"), &err), -1);
	bad[0].created = STR("yesterday");
	bad[1].message = STR("\xff");
	bad[2].user_name = STR("\xff");
	bad[3].user_address = STR("\xff");
	bad[4].user_name = STR("");
	for (size_t i = 0; i < 5; i++) {
		err_clear(&err);
		assert_int_equal(inventory_end_version(inventory, &bad[i], &err), -1);
		assert_int_equal(err.code, ERR_SYNTAX);
	}
	if (inventory_end_version(inventory, &info, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(inventory_head(inventory), 3);
	assert_int_equal(inventory_state_count(inventory, 3), 0);
	inventory_free(inventory);
	/* Two digits end at 9. */
	struct buf text = BUF_INIT;
	buf_text(&text, "{\"id\":\"urn:x\",\"type\":\"https://ocfl.io/1.1/spec/#inventory\",\"digestAlgorithm\":\"sha256\","
			"\"head\":\"v08\",\"manifest\":{},\"versions\":{");
	for (int i = 1; i <= 8; i++)
		buf_printf(&text, "%s\"v%02d\":{\"created\":\"2020-01-01T00:00:00Z\",\"state\":{}}", i > 1 ? "," : "", i);
	buf_text(&text, "}}");
	if (inventory_parse(&padded, buf_view(&text), 0, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(inventory_begin_version(padded, &number, &err), 0);
	assert_int_equal(inventory_end_version(padded, &info, &err), 0);
	assert_int_equal(inventory_begin_version(padded, &number, &err), -1);
	assert_int_equal(err.code, ERR_LIMIT);
	inventory_free(padded);
	buf_release(&text);
}

/* ---- what a strict parser refuses ------------------------------------------------------------------------------------------- */

#define D1 "1111111111111111111111111111111111111111111111111111111111111111"
#define D2 "2222222222222222222222222222222222222222222222222222222222222222"
#define DA "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define DU "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

struct parts {
	const char *root, *manifest, *created, *state, *version, *versions;
};

/* A good inventory with one part changed. */
static void compose(struct buf *out, const struct parts *parts)
{
	buf_clear(out);
	buf_printf(out, "{%s,\"manifest\":%s,\"versions\":",
		parts->root ? parts->root
			    : "\"id\":\"urn:x\",\"type\":\"https://ocfl.io/1.1/spec/"
			      "#inventory\",\"digestAlgorithm\":\"sha256\",\"head\":\"v1\"",
		parts->manifest ? parts->manifest : "{\"" D1 "\":[\"v1/content/a\"]}");
	if (parts->versions)
		buf_text(out, parts->versions);
	else
		buf_printf(out, "{\"v1\":{\"created\":%s,\"state\":%s%s}}",
			parts->created ? parts->created : "\"2020-01-01T00:00:00Z\"",
			parts->state ? parts->state : "{\"" D1 "\":[\"a\"]}", parts->version ? parts->version : "");
	buf_text(out, "}");
}

static void test_strict(void **state)
{
	(void)state;
	static const struct {
		const char *code;
		struct parts parts;
	} cases[] = {
		{NULL, {0}},
		{NULL, {.state = "{}", .manifest = "{}"}},
		{NULL, {.created = "\"2020-02-29T23:59:60.5+05:30\""}},
		{NULL, {.version = ",\"message\":\"\",\"user\":{\"name\":\"n\"}"}},
		{NULL, {.manifest = "{\"" DU "\":[\"v1/content/a\"]}", .state = "{\"" DU "\":[\"a\"]}"}},
		{NULL, {.manifest = "{\"" D1 "\":[\"v1/content/a/b\",\"v1/content/a-b\",\"v1/content/ab/c\"]}"}},
		{NULL, {.state = "{\"" D1 "\":[\"a/b\",\"a-b\",\"ab\",\"a.\",\"\\u00e9\\uD83D\\uDE00\\u00FF\\u00af\"]}"}},
		{"E036", {.root = "\"type\":\"https://ocfl.io/1.1/spec/"
				  "#inventory\",\"digestAlgorithm\":\"sha256\",\"head\":\"v1\""}},
		{"E036", {.root = "\"id\":\"urn:x\",\"digestAlgorithm\":\"sha256\",\"head\":\"v1\""}},
		{"E036", {.root = "\"id\":\"urn:x\",\"type\":\"https://ocfl.io/1.1/spec/#inventory\",\"head\":\"v1\""}},
		{"E036", {.root = "\"id\":\"urn:x\",\"type\":\"https://ocfl.io/1.1/spec/"
				  "#inventory\",\"digestAlgorithm\":\"sha256\""}},
		{"E037", {.root = "\"id\":\"\""}},
		{"E037", {.root = "\"id\":7"}},
		{"E038", {.root = "\"type\":\"https://ocfl.io/2.0/spec/#inventory\""}},
		{"E025", {.root = "\"digestAlgorithm\":\"md5\""}},
		{"E040", {.root = "\"id\":\"urn:x\",\"type\":\"https://ocfl.io/1.1/spec/"
				  "#inventory\",\"digestAlgorithm\":\"sha256\",\"head\":\"v2\""}},
		{"E040", {.root = "\"head\":1"}},
		{"E017", {.root = "\"contentDirectory\":\"a/b\""}},
		{"E018", {.root = "\"contentDirectory\":\"..\""}},
		{"E018", {.root = "\"contentDirectory\":\".\""}},
		{"E108", {.root = "\"contentDirectory\":\"\""}},
		{"E102", {.root = "\"extra\":{\"deep\":[[[{}]]]}"}},
		{"E033", {.root = "\"id\":\"urn:x\",\"id\":\"urn:x\""}},
		{"E033", {.root = "\"id\":\"urn:\xff\""}},
		{"E033", {.root = "\"id\":\"urn:\xed\xa0\x80\""}},
		{"E033", {.root = "\"id\":\"urn:\\ud800\""}},
		{"E033", {.root = "\"id\":\"urn:\\udc00\\ud800\""}},
		{"E033", {.root = "\"id\":\"urn:\\ud800\\u0041\""}},
		{"E033", {.root = "\"id\":\"urn:\\u00g0\""}},
		{"E033", {.root = "\"id\":\"urn:\n\""}},
		{"E033", {.root = "id:1"}},
		{"E106", {.manifest = "[]"}},
		{"E092", {.manifest = "{\"" D1 "\":\"v1/content/a\"}"}},
		{"E092", {.manifest = "{\"" D1 "\":[7]}"}},
		{"E092", {.manifest = "{\"" D1 "\":[]}"}},
		{"E096", {.manifest = "{\"" D1 "\":[\"v1/content/a\"],\"" D1 "\":[\"v1/content/b\"]}"}},
		{"E096", {.manifest = "{\"" DA "\":[\"v1/content/a\"],\"" DU "\":[\"v1/content/b\"]}",
				 .state = "{\"" DA "\":[\"a\"],\"" DU "\":[\"b\"]}"}},
		{"E050", {.manifest = "{\"" DA "\":[\"v1/content/a\"]}", .state = "{\"" DU "\":[\"a\"]}"}},
		{"E050", {.state = "{\"" D2 "\":[\"a\"]}"}},
		{"E050", {.state = "[]"}},
		{"E050", {.state = "{\"" D1 "\":{}}"}},
		{"E107", {.state = "{}"}},
		{"E030", {.manifest = "{\"xyz\":[\"v1/content/a\"]}", .state = "{\"xyz\":[\"a\"]}"}},
		{"E039", {.manifest = "{\"" D1 D1 "\":[\"v1/content/a\"]}", .state = "{\"" D1 D1 "\":[\"a\"]}"}},
		{"E098", {.manifest = "{\"" D1 "\":[\"\"]}"}},
		{"E099", {.manifest = "{\"" D1 "\":[\"v1/content/../a\"]}"}},
		{"E099", {.manifest = "{\"" D1 "\":[\"v1/content//a\"]}"}},
		{"E100", {.manifest = "{\"" D1 "\":[\"/v1/content/a\"]}"}},
		{"E100", {.manifest = "{\"" D1 "\":[\"v1/content/a/\"]}"}},
		{"E101", {.manifest = "{\"" D1 "\":[\"v1/content/a\",\"v1/content/a\"]}"}},
		{"E101", {.manifest = "{\"" D1 "\":[\"v1/content/a\",\"v1/content/a/b\"]}"}},
		{"E101", {.manifest = "{\"" D1 "\":[\"v1/content/a/b/c\",\"v1/content/a/b-\",\"v1/content/a\"]}"}},
		{"E042", {.manifest = "{\"" D1 "\":[\"a\"]}"}},
		{"E042", {.manifest = "{\"" D1 "\":[\"v1/other/a\"]}"}},
		{"E042", {.manifest = "{\"" D1 "\":[\"v2/content/a\"]}"}},
		{"E042", {.manifest = "{\"" D1 "\":[\"x/content/a\"]}"}},
		{"E014", {.manifest = "{\"" D1 "\":[\"v01/content/a\"]}"}},
		{"E035", {.manifest = "{\"" D1 "\":[\"v1\\\\content\\\\a\"]}"}},
		{"E045", {.versions = "[]"}},
		{"E008", {.versions = "{}"}},
		{"E047", {.versions = "{\"v1\":7}"}},
		{"E046", {.versions = "{\"1\":{\"created\":\"2020-01-01T00:00:00Z\",\"state\":{}}}"}},
		{"E046", {.versions = "{\"v0\":{\"created\":\"2020-01-01T00:00:00Z\",\"state\":{}}}"}},
		{"E046", {.versions = "{\"v99999999999\":{\"created\":\"2020-01-01T00:00:00Z\",\"state\":{}}}"}},
		{"E009", {.versions = "{\"v2\":{\"created\":\"2020-01-01T00:00:00Z\",\"state\":{}}}"}},
		{"E010", {.versions = "{\"v1\":{\"created\":\"2020-01-01T00:00:00Z\",\"state\":{}},\"v3\":{\"created\":\"2020-01-"
				      "01T00:00:00Z\",\"state\":{}}}"}},
		{"E012", {.versions = "{\"v1\":{\"created\":\"2020-01-01T00:00:00Z\",\"state\":{}},\"v02\":{\"created\":\"2020-01-"
				      "01T00:00:00Z\",\"state\":{}}}"}},
		{"E033", {.versions = "{\"v1\":{\"created\":\"2020-01-01T00:00:00Z\",\"state\":{}},\"v1\":{\"created\":\"2020-01-"
				      "01T00:00:00Z\",\"state\":{}}}"}},
		{"E048", {.versions = "{\"v1\":{\"state\":{}}}"}},
		{"E048", {.versions = "{\"v1\":{\"created\":\"2020-01-01T00:00:00Z\"}}"}},
		{"E049", {.created = "\"2020-01-01T00:00:00\""}},
		{"E049", {.created = "\"2020-01-01T00:00Z\""}},
		{"E049", {.created = "\"2020-02-30T00:00:00Z\""}},
		{"E049", {.created = "\"2020-01-01\""}},
		{"E049", {.created = "\"2020-01-01T24:00:00Z\""}},
		{"E049", {.created = "\"2020-01-01T00:00:00.Z\""}},
		{"E049", {.created = "\"2020-01-01T00:00:00+0100\""}},
		{"E049", {.created = "7"}},
		{"E051", {.state = "{\"" D1 "\":[\"\"]}"}},
		{"E051", {.state = "{\"" D1 "\":[null]}"}},
		{"E052", {.state = "{\"" D1 "\":[\"a/../b\"]}"}},
		{"E052", {.state = "{\"" D1 "\":[\"a//b\"]}"}},
		{"E053", {.state = "{\"" D1 "\":[\"/a\"]}"}},
		{"E053", {.state = "{\"" D1 "\":[\"a/\"]}"}},
		{"E095", {.state = "{\"" D1 "\":[\"a\",\"a\"]}"}},
		{"E095", {.state = "{\"" D1 "\":[\"a\",\"a/b\"]}"}},
		{"E095", {.state = "{\"" D1 "\":[\"a/b/c\",\"a\"]}"}},
		{"E033", {.state = "{\"" D1 "\":[\"a\"],\"" D1 "\":[\"b\"]}"}},
		{"E054", {.version = ",\"user\":{}"}},
		{"E054", {.version = ",\"user\":\"n\""}},
		{"E054", {.version = ",\"user\":{\"name\":\"\"}"}},
		{"E054", {.version = ",\"user\":{\"name\":7}"}},
		{"E094", {.version = ",\"message\":[]"}},
		{"E102", {.version = ",\"note\":\"\""}},
		{"E102", {.version = ",\"user\":{\"name\":\"n\",\"mail\":\"\"}"}},
		{"E111", {.root = "\"fixity\":[]"}},
		{"E056", {.root = "\"fixity\":{\"crc\":{}}"}},
		{"E033", {.root = "\"fixity\":{\"md5\":{},\"sha1\":{},\"md5\":{}}"}},
		{"E057", {.root = "\"fixity\":{\"md5\":[]}"}},
		{"E057", {.root = "\"fixity\":{\"md5\":{\"d41d8cd98f00b204e9800998ecf8427e\":\"v1/content/a\"}}"}},
		{"E057", {.root = "\"fixity\":{\"md5\":{\"d41d8cd98f00b204e9800998ecf8427\":[]}}"}},
		{"E029", {.root = "\"fixity\":{\"sha1\":{\"xx\":[]}}"}},
		{"E031", {.root = "\"fixity\":{\"sha512\":{\"xx\":[]}}"}},
		{"E032", {.root = "\"fixity\":{\"blake2b-512\":{\"xx\":[]}}"}},
		{"E099", {.root = "\"fixity\":{\"md5\":{\"d41d8cd98f00b204e9800998ecf8427e\":[\"v1/content/../a\"]}}"}},
	};
	struct buf text = BUF_INIT;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		for (size_t piece = 1; piece < 100000; piece = piece * 97 + 6) {
			struct err err = ERR_INIT;
			struct inventory *inventory = NULL;
			struct inventory_parser *parser = inventory_parser_new(0);
			compose(&text, &cases[i].parts);
			for (size_t at = 0; at < text.n; at += piece)
				if (inventory_parser_feed(parser, text.p + at, text.n - at < piece ? text.n - at : piece, &err) < 0)
					break;
			int status = inventory_parser_finish(parser, &inventory, &err);
			if (cases[i].code ? status == 0 || err.code != ERR_SYNTAX || !strstr(err.text, cases[i].code) : status != 0)
				fail_msg("case %zu: %s\nwanted %s, got %s", i, text.p, cases[i].code ? cases[i].code : "none",
					err.text);
			inventory_parser_free(parser);
			inventory_free(inventory);
		}
	/* Every prefix of a good one is refused. */
	compose(&text, &cases[0].parts);
	for (size_t n = 0; n < text.n; n++) {
		struct err err = ERR_INIT;
		struct inventory *inventory;
		assert_int_equal(inventory_parse(&inventory, (struct str){text.p, n}, 0, &err), -1);
		assert_null(inventory);
	}
	buf_text(&text, "x");
	struct err err = ERR_INIT;
	struct inventory *inventory;
	assert_int_equal(inventory_parse(&inventory, buf_view(&text), 0, &err), -1);
	buf_release(&text);
}

static void test_limits(void **state)
{
	(void)state;
	struct buf text = BUF_INIT;
	struct err err = ERR_INIT;
	struct inventory *inventory;
	/* Too deep. */
	for (int i = 0; i < 100000; i++)
		buf_char(&text, '[');
	assert_int_equal(inventory_parse(&inventory, buf_view(&text), 0, &err), -1);
	assert_non_null(strstr(err.text, "deep"));
	/* A string without end: refused before it is kept. */
	buf_clear(&text);
	buf_text(&text, "{\"id\":\"");
	struct inventory_parser *parser = inventory_parser_new(0);
	assert_int_equal(inventory_parser_feed(parser, text.p, text.n, &err), 0);
	char many[4096];
	memset(many, 'x', sizeof(many));
	int fed = 0;
	while (inventory_parser_feed(parser, many, sizeof(many), &err) == 0)
		assert_true(++fed < 100);
	assert_int_equal(err.code, ERR_LIMIT);
	inventory_parser_free(parser);
	/* Exactly as long, and as deep, as is taken; one more is not. */
	static const struct parts good = {0};
	for (int more = 0; more < 2; more++) {
		struct str middle;
		compose(&text, &good);
		middle = (struct str){strstr(text.p, "\"state\""), 0};
		struct buf longer = BUF_INIT;
		buf_add(&longer, text.p, (size_t)(middle.p - text.p));
		buf_text(&longer, "\"message\":\"");
		for (unsigned i = 0; i < INVENTORY_STRING_MAX + (unsigned)more; i++)
			buf_char(&longer, 'm');
		buf_text(&longer, "\",");
		buf_text(&longer, middle.p);
		assert_int_equal(inventory_parse(&inventory, buf_view(&longer), 0, &err), -more);
		assert_true(!more || err.code == ERR_LIMIT);
		inventory_free(inventory);
		buf_clear(&longer);
		buf_text(&longer, "{\"x\":");
		for (int i = 0; i < 63 + more; i++)
			buf_char(&longer, '[');
		for (int i = 0; i < 63 + more; i++)
			buf_char(&longer, ']');
		buf_text(&longer, "}");
		assert_int_equal(inventory_parse(&inventory, buf_view(&longer), 0, &err), -1);
		assert_non_null(strstr(err.text, more ? "deep" : "E102"));
		buf_release(&longer);
	}
	/* A number without end. */
	buf_clear(&text);
	buf_text(&text, "{\"id\":");
	for (int i = 0; i < 1000; i++)
		buf_char(&text, '1');
	assert_int_equal(inventory_parse(&inventory, buf_view(&text), 0, &err), -1);
	/* More files than the memory given. */
	buf_clear(&text);
	buf_text(&text, "{\"manifest\":{");
	for (int i = 0; i < 20000; i++)
		buf_printf(&text, "%s\"%064x\":[\"v1/content/%d\"]", i ? "," : "", (unsigned)i, i);
	buf_text(&text, "}}");
	assert_int_equal(inventory_parse(&inventory, buf_view(&text), 1 << 20, &err), -1);
	assert_int_equal(err.code, ERR_LIMIT);
	assert_non_null(strstr(err.text, "memory"));
	buf_release(&text);
}

/* Many files, several versions that differ a little: all states right, memory as promised. */
static void test_many(void **state)
{
	(void)state;
	enum { FILES = 20000, VERSIONS = 8 };
	struct inventory *inventory, *again;
	struct err err = ERR_INIT;
	struct buf text = BUF_INIT, second = BUF_INIT;
	uint32_t version;
	size_t first_memory = 0;
	assert_int_equal(inventory_new(&inventory, STR("urn:many"), DIGEST_SHA256, &err), 0);
	for (int v = 1; v <= VERSIONS; v++) {
		char path[80], content[80];
		assert_int_equal(inventory_begin_version(inventory, &version, &err), 0);
		for (int i = 0; i < (v == 1 ? FILES : 3); i++) {
			int k = v == 1 ? i * 7919 % FILES : i * 97 + v;
			snprintf(path, sizeof(path), "letters/%02d/letter-%d.txt", k % 50, k);
			snprintf(content, sizeof(content), "content %d of %d", k, v);
			put(inventory, path, content);
		}
		snprintf(path, sizeof(path), "new-%d", v);
		put(inventory, path, "content 0 of 1");
		assert_int_equal(inventory_keep_rest(inventory, &err), 0);
		assert_int_equal(inventory_end_version(inventory, &info, &err), 0);
		if (v == 1)
			first_memory = inventory_memory(inventory);
	}
	/* Seven further versions cost less than a tenth of the first each. */
	assert_true(inventory_memory(inventory) < first_memory * 17 / 10);
	written(inventory, &text);
	if (inventory_parse(&again, buf_view(&text), 0, &err) < 0)
		fail_msg("%s", err.text);
	written(again, &second);
	assert_int_equal(text.n, second.n);
	assert_memory_equal(text.p, second.p, text.n);
	for (uint32_t v = 1; v <= VERSIONS; v++) {
		struct str last = {NULL, 0};
		assert_int_equal(inventory_state_count(again, v), FILES + v);
		for (size_t i = 0; i < FILES + v; i++) {
			struct inventory_file file, other;
			size_t at;
			inventory_state(again, v, i, &file);
			inventory_state(inventory, v, i, &other);
			assert_true(str_equal(file.path, other.path));
			assert_true(!last.p || str_compare(last, file.path) < 0);
			last = file.path;
			if (i % 100 == 0) {
				assert_true(inventory_find(again, v, file.path, &at));
				assert_int_equal(at, i);
			}
		}
	}
	inventory_free(inventory);
	inventory_free(again);
	buf_release(&text);
	buf_release(&second);
}

/* What other programs write is carried on: fixity, padded names, a content directory, upper-case digests. */
static void test_foreign(void **state)
{
	(void)state;
	static const char foreign[] =
		"{\"fixity\":{\"size\":{\"7\":[\"v001/stuff/a\"]},\"md5\":{\"D41D8CD98F00B204E9800998ECF8427E\":[\"v001/stuff/"
		"a\"]}},"
		"\"versions\":{\"v002\":{\"state\":{},\"created\":\"2020-01-01T00:00:00Z\"},"
		"\"v001\":{\"state\":{\"" DU
		"\":[\"a\",\"\\u0062\"]},\"created\":\"2020-01-01T00:00:00Z\",\"user\":{\"name\":\"n\"}}},"
		"\"manifest\":{\"" DU "\":[\"v001/stuff/a\"]},\"head\":\"v002\",\"contentDirectory\":\"stuff\","
		"\"digestAlgorithm\":\"sha256\",\"type\":\"https://ocfl.io/1.0/spec/#inventory\",\"id\":\"x\"}";
	struct inventory *inventory, *again;
	struct err err = ERR_INIT;
	struct buf text = BUF_INIT, second = BUF_INIT;
	uint32_t number;
	if (inventory_parse(&inventory, str_from(foreign), 0, &err) < 0)
		fail_msg("%s", err.text);
	written(inventory, &text);
	assert_string_equal(text.p,
		"{\n\"contentDirectory\":\"stuff\",\n\"digestAlgorithm\":\"sha256\",\n\"fixity\":{\n\"md5\":{\n"
		"\"d41d8cd98f00b204e9800998ecf8427e\":[\"v001/stuff/a\"]},\n\"size\":{\n\"7\":[\"v001/stuff/"
		"a\"]}},\n\"head\":\"v002\",\n"
		"\"id\":\"x\",\n\"manifest\":{\n\"" DU
		"\":[\"v001/stuff/a\"]},\n\"type\":\"https://ocfl.io/1.0/spec/#inventory\",\n"
		"\"versions\":{\n\"v001\":{\n\"created\":\"2020-01-01T00:00:00Z\",\n\"state\":{\n\"" DU "\":[\"a\",\"b\"]},\n"
		"\"user\":{\"name\":\"n\"}},\n\"v002\":{\n\"created\":\"2020-01-01T00:00:00Z\",\n\"state\":{}}}\n}\n");
	assert_int_equal(inventory_parse(&again, buf_view(&text), 0, &err), 0);
	written(again, &second);
	assert_string_equal(text.p, second.p);
	struct digest digest = {.alg = DIGEST_SHA256};
	memset(digest.bytes, 0xaa, 32);
	assert_true(inventory_find_digest(again, &digest, &number));
	/* Extended: same names, and the digest found in spite of its case. */
	bool known;
	assert_int_equal(inventory_begin_version(again, &number, &err), 0);
	assert_int_equal(inventory_add_digest(again, &digest, &number, &known, &err), 0);
	assert_true(known);
	assert_int_equal(inventory_add_file(again, STR("a"), number, &err), 0);
	digest.bytes[0] = 0xbb;
	assert_int_equal(inventory_add_digest(again, &digest, &number, &known, &err), 0);
	assert_false(known);
	assert_int_equal(inventory_add_content(again, number, STR("c"), &err), 0);
	assert_int_equal(inventory_add_file(again, STR("c"), number, &err), 0);
	assert_int_equal(inventory_end_version(again, &info, &err), 0);
	written(again, &second);
	assert_non_null(strstr(second.p, "[\"v003/stuff/c\"]"));
	assert_non_null(strstr(second.p, "\"head\":\"v003\""));
	assert_non_null(strstr(second.p, "1.1/spec"));
	inventory_free(inventory);
	inventory_free(again);
	buf_release(&text);
	buf_release(&second);
}

/* ---- sidecars, layouts --------------------------------------------------------------------------------------------------------- */

static void test_sidecar(void **state)
{
	(void)state;
	struct buf text = BUF_INIT;
	struct digest digest = digest_of("x"), back;
	struct err err = ERR_INIT;
	char name[OCFL_SIDECAR_NAME];
	ocfl_sidecar_name(DIGEST_SHA512, name);
	assert_string_equal(name, "inventory.json.sha512");
	ocfl_sidecar_write(&text, &digest);
	assert_string_equal(text.p, "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881 inventory.json\n");
	assert_int_equal(ocfl_sidecar_parse(buf_view(&text), DIGEST_SHA256, &back, &err), 0);
	assert_true(digest_equal(&digest, &back));
	assert_int_equal(ocfl_sidecar_parse(buf_view(&text), DIGEST_SHA512, &back, &err), -1);
	assert_int_equal(ocfl_sidecar_parse(STR(DU " \t inventory.json"), DIGEST_SHA256, &back, &err), 0);
	assert_int_equal(ocfl_sidecar_parse(STR(DU "  inventory.json\r\n"), DIGEST_SHA256, &back, &err), 0);
	static const char *const bad[] = {"", DU, DU "\n", DU "inventory.json\n", DU " inventory.json\n\n", DU " inventory.jsonx",
		DU "1 inventory.json", " " DU " inventory.json", DU "\ninventory.json\n", DU " ./inventory.json\n"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(ocfl_sidecar_parse(str_from(bad[i]), DIGEST_SHA256, &back, &err), -1);
	buf_release(&text);
}

#define TEN "abcdefghij"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

/* Paths as extensions 0002, 0003 and 0004 give them in their own examples. */
static void test_layouts(void **state)
{
	(void)state;
	static const struct {
		struct ocfl_layout layout;
		const char *id, *path;
	} cases[] = {
		{{LAYOUT_HASH_ID, DIGEST_SHA256, 3, 3, false}, "object-01", "3c0/ff4/240/object-01"},
		{{LAYOUT_HASH_ID, DIGEST_SHA256, 3, 1, false}, "object-01", "3c0/object-01"},
		{{LAYOUT_HASH_ID, DIGEST_MD5, 3, 3, false}, "object-01", "ff7/553/449/object-01"},
		{{LAYOUT_HASH_ID, DIGEST_MD5, 5, 2, false}, "object-01", "ff755/34492/object-01"},
		{{LAYOUT_HASH_ID, DIGEST_MD5, 0, 0, false}, "object-01", "object-01"},
		{{LAYOUT_HASH_ID, DIGEST_MD5, 2, 15, false}, "object-01", "ff/75/53/44/92/48/5e/ab/b3/9f/86/35/67/28/88/object-01"},
		{{LAYOUT_HASH_ID, DIGEST_SHA256, 3, 3, false}, "..hor/rib:le-$id", "487/326/d8c/%2e%2ehor%2frib%3ale-%24id"},
		{{LAYOUT_HASH_ID, DIGEST_MD5, 3, 3, false}, "..hor/rib:le-$id", "083/197/66f/%2e%2ehor%2frib%3ale-%24id"},
		{{LAYOUT_HASH_ID, DIGEST_SHA256, 3, 3, false}, "..Hor/rib:l\xc3\xa8-$id",
			"373/529/21a/%2e%2eHor%2frib%3al%c3%a8-%24id"},
		{{LAYOUT_HASH_ID, DIGEST_SHA256, 3, 3, false}, HUNDRED HUNDRED TEN TEN TEN TEN TEN TEN,
			"55b/432/806/" HUNDRED "-55b432806f4e270da0cf23815ed338742179002153cd8d896f23b3e2d8a14359"},
		{{LAYOUT_HASH_ID, DIGEST_SHA256, 3, 3, false}, HUNDRED "a",
			"5cc/73e/648/" HUNDRED "-5cc73e648fbcff136510e330871180922ddacf193b68fdeff855683a01464220"},
		{{LAYOUT_HASH, DIGEST_SHA256, 3, 3, false}, "object-01",
			"3c0/ff4/240/3c0ff4240c1e116dba14c7627f2319b58aa3d77606d0d90dfc6161608ac987d4"},
		{{LAYOUT_HASH, DIGEST_MD5, 2, 15, true}, "..hor/rib:le-$id", "08/31/97/66/fb/6c/29/35/dd/17/5b/94/26/77/17/e0"},
		{{LAYOUT_HASH, DIGEST_SHA256, 0, 0, false}, "object-01",
			"3c0ff4240c1e116dba14c7627f2319b58aa3d77606d0d90dfc6161608ac987d4"},
		{{LAYOUT_FLAT, DIGEST_NONE, 0, 0, false}, "..hor_rib:l\xc3\xa9-$id", "..hor_rib:l\xc3\xa9-$id"},
		{{LAYOUT_FLAT, DIGEST_NONE, 0, 0, false}, "info:fedora/object-01", NULL},
		{{LAYOUT_FLAT, DIGEST_NONE, 0, 0, false}, "..", NULL},
		{{LAYOUT_HASH_ID, DIGEST_SHA256, 3, 3, false}, "", NULL},
		{{LAYOUT_HASH_ID, DIGEST_SHA256, 3, 3, false}, "\xff", NULL},
		{{LAYOUT_UNKNOWN, DIGEST_SHA256, 3, 3, false}, "x", NULL},
	};
	struct buf path = BUF_INIT;
	struct err err = ERR_INIT;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		buf_clear(&path);
		int status = ocfl_layout_path(&cases[i].layout, str_from(cases[i].id), &path, &err);
		assert_int_equal(status, cases[i].path ? 0 : -1);
		if (cases[i].path)
			assert_string_equal(path.p, cases[i].path);
	}
	/* A percent-encoding that 100 characters cut in two. */
	buf_clear(&path);
	assert_int_equal(
		ocfl_layout_path(&ocfl_layout_ours, STR(TEN TEN TEN TEN TEN TEN TEN TEN TEN "abcdefghi/"), &path, &err), 0);
	assert_int_equal(path.n, 4 + 100 + 1 + 64);
	assert_memory_equal(path.p + 4 + 99, "%-", 2);
	buf_clear(&path);
	ocfl_layout_write(&path, &ocfl_layout_ours);
	assert_non_null(strstr(path.p, "\"extension\":\"0003-hash-and-id-n-tuple-storage-layout\""));
	assert_non_null(strstr(path.p, "\"description\":"));
	buf_clear(&path);
	ocfl_layout_config_write(&path, &ocfl_layout_ours);
	assert_string_equal(path.p,
		"{\n\"extensionName\":\"0003-hash-and-id-n-tuple-storage-layout\",\n\"digestAlgorithm\":\"sha256\",\n"
		"\"tupleSize\":3,\n\"numberOfTuples\":1\n}\n");
	struct ocfl_layout layout;
	assert_int_equal(ocfl_layout_parse(&layout, STR("0003-hash-and-id-n-tuple-storage-layout"), buf_view(&path), &err), 0);
	assert_memory_equal(&layout.kind, &ocfl_layout_ours.kind, sizeof(layout.kind));
	assert_int_equal(layout.tuple_size, 3);
	assert_int_equal(layout.tuple_count, 1);
	assert_int_equal(ocfl_layout_parse(&layout, STR("0003-hash-and-id-n-tuple-storage-layout"), STR(""), &err), 0);
	assert_int_equal(layout.tuple_count, 3);
	assert_int_equal(ocfl_layout_parse(&layout, STR("0007-x"), STR(""), &err), 0);
	assert_int_equal(layout.kind, LAYOUT_UNKNOWN);
	assert_int_equal(ocfl_layout_parse(&layout, STR("0003-hash-and-id-n-tuple-storage-layout"),
				 STR("{\"tupleSize\":32,\"numberOfTuples\":2}"), &err),
		0);
	assert_int_equal(layout.tuple_size, 32);
	static const char *const bad[] = {"[]", "{", "{\"tupleSize\":33}", "{\"tupleSize\":-1}", "{\"tupleSize\":\"3\"}",
		"{\"tupleSize\":0}", "{\"tupleSize\":32,\"numberOfTuples\":32}", "{\"digestAlgorithm\":\"crc\"}",
		"{\"digestAlgorithm\":7}", "{\"extensionName\":\"x\"}", "{\"numberOfTuples\":1.5}"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(
			ocfl_layout_parse(&layout, STR("0003-hash-and-id-n-tuple-storage-layout"), str_from(bad[i]), &err), -1);
	/* 0004 has a parameter more. */
	struct ocfl_layout brief = {LAYOUT_HASH, DIGEST_SHA512, 2, 4, true};
	for (int i = 0; i < 2; i++) {
		brief.short_root = i == 0;
		buf_clear(&path);
		ocfl_layout_config_write(&path, &brief);
		assert_int_equal(ocfl_layout_parse(&layout, str_from(ocfl_layout_name(LAYOUT_HASH)), buf_view(&path), &err), 0);
		assert_int_equal(layout.kind, LAYOUT_HASH);
		assert_int_equal(layout.alg, DIGEST_SHA512);
		assert_int_equal(layout.tuple_size, 2);
		assert_int_equal(layout.tuple_count, 4);
		assert_int_equal(layout.short_root, brief.short_root);
	}
	static const char *const wrong[] = {
		"{\"shortObjectRoot\":1}", "{\"shortObjectRoot\":true,\"tupleSize\":32,\"numberOfTuples\":2}"};
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(ocfl_layout_parse(&layout, str_from(ocfl_layout_name(LAYOUT_HASH)), str_from(wrong[i]), &err), -1);
	buf_release(&path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_form),
		cmocka_unit_test(test_read_back),
		cmocka_unit_test(test_refusals_while_making),
		cmocka_unit_test(test_versions_while_making),
		cmocka_unit_test(test_strict),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_sidecar),
		cmocka_unit_test(test_layouts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
