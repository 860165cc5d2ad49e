/* Bags written: valid, and read back as they were given (P8). */
#include "support.h"

#include <string.h>

static int keep(void *context, const char *name, struct str bytes, struct err *err)
{
	struct memory *memory = context;
	struct memory_file *file = memory_find(memory, name);

	(void)err;
	if (file == NULL)
		memory_put(memory, name, bytes);
	else
		buf_str(&file->bytes, bytes);
	return 0;
}

static void digest_of(struct str bytes, enum digest_alg alg, struct digest *digest)
{
	struct hasher *hasher = hasher_new(alg);

	hasher_begin(hasher);
	hasher_add(hasher, bytes.p, bytes.n);
	hasher_end(hasher, digest);
	hasher_free(hasher);
}

static void put_file(struct bag_writer *writer, struct memory *memory, const char *path, const char *content)
{
	struct buf full = BUF_INIT;
	struct digest a, b;

	buf_printf(&full, "data/%s", path);
	memory_text(memory, full.p, content);
	digest_of(str_from(content), DIGEST_SHA256, &a);
	digest_of(str_from(content), DIGEST_SHA512, &b);
	assert_int_equal(bag_writer_file(writer, str_from(path), strlen(content), &a, &b, NULL), 0);
	buf_release(&full);
}

static void test_round_trip(void **state)
{
	struct memory memory = {NULL, 0};
	const struct bag_output output = {&memory, keep};
	struct bag_writer *writer = bag_writer_new(&output);
	const struct bag_about about = {STR("https://example.org/archive/r/x"), STR("photostat test"), 1795465680};
	struct verdict verdict = {.quiet = false};
	struct ocfl_tree tree = memory_tree(&memory);

	(void)state;
	put_file(writer, &memory, "letter.txt", "My dear friend\n");
	put_file(writer, &memory, "deep/er/100% of\nit\r", "");
	put_file(writer, &memory, "caf\xc3\xa9 (NFC)", "a");
	put_file(writer, &memory, "%0A", "b");
	put_file(writer, &memory, "~", "c");
	put_file(writer, &memory, " spaces ", "d");
	assert_int_equal(bag_writer_info(writer, STR("Source-Organization"), STR("Archive: of \xc3\xa4ll"), NULL), 0);
	assert_int_equal(bag_writer_info(writer, STR("External-Description"), STR("one\ntwo\n\nfour\n"), NULL), 0);
	assert_int_equal(bag_writer_info(writer, STR("Source-Organization"), STR(" second"), NULL), 0);
	assert_int_equal(bag_writer_info(writer, STR("Odd label"), STR(""), NULL), 0);
	assert_int_equal(bag_writer_end(writer, &about, NULL), 0);
	bag_writer_free(writer);
	judge(&verdict, &tree, "", NULL);
	verdict_print(&verdict);
	assert_true(bag_passed(&verdict.result));
	assert_int_equal(verdict.result.warnings, 0);
	assert_int_equal(verdict.result.files, 6);
	assert_int_equal(verdict.result.tag_files, 4);
	assert_non_null(strstr(verdict.told.p,
		"<Source-Organization|Archive: of \xc3\xa4ll>\n<External-Description|one\ntwo\n\nfour\n>\n<Source-Organization| "
		"second>\n"
		"<Odd label|>\n<External-Identifier|https://example.org/archive/r/x>\n<Bag-Software-Agent|photostat test>\n"
		"<Bagging-Date|2026-11-23>\n<Payload-Oxum|19.6>\n"));
	assert_non_null(strstr(memory_find(&memory, "manifest-sha256.txt")->bytes.p, "  data/deep/er/100%25 of%0Ait%0D\n"));
	assert_non_null(strstr(memory_find(&memory, "manifest-sha512.txt")->bytes.p, "  data/%250A\n"));
	verdict_release(&verdict);
	/* What it says of tag files is not said in vain. */
	memory_append(&memory, "bag-info.txt", "More: text\n");
	judge(&verdict, &tree, "", NULL);
	assert_true(verdict_has(&verdict, "BAG-CHECKSUM", BAG_ERROR, "bag-info.txt"));
	verdict_release(&verdict);
	memory_release(&memory);
}

static void test_empty_bag(void **state)
{
	struct memory memory = {NULL, 0};
	const struct bag_output output = {&memory, keep};
	struct bag_writer *writer = bag_writer_new(&output);
	const struct bag_about about = {{NULL, 0}, {NULL, 0}, 0};
	struct verdict verdict = {.quiet = false};
	struct ocfl_tree tree = memory_tree(&memory);

	(void)state;
	memory_text(&memory, "data/", "");
	assert_int_equal(bag_writer_end(writer, &about, NULL), 0);
	bag_writer_free(writer);
	judge(&verdict, &tree, "", NULL);
	assert_true(bag_passed(&verdict.result));
	assert_int_equal(verdict.result.warnings, 0);
	assert_non_null(strstr(verdict.told.p, "<Bagging-Date|1970-01-01>\n<Payload-Oxum|0.0>\n"));
	verdict_release(&verdict);
	memory_release(&memory);
}

static int refuse(void *context, const char *name, struct str bytes, struct err *err)
{
	(void)context;
	(void)name;
	(void)bytes;
	return err_set(err, ERR_SYSTEM, "disk full");
}

static void test_refusals(void **state)
{
	static const char *const paths[] = {"", "/a", "a//b", "a/", "./a", "a/..", "..", "a\xff"};
	static const char *const labels[] = {"", " a", "a ", "a:b", "a\nb", "a\xff"};
	struct memory memory = {NULL, 0};
	const struct bag_output output = {&memory, keep}, full = {NULL, refuse};
	struct bag_writer *writer = bag_writer_new(&output);
	const struct bag_about about = {{NULL, 0}, {NULL, 0}, 0};
	struct digest a, b;
	struct err err = ERR_INIT;

	(void)state;
	digest_of(STR(""), DIGEST_SHA256, &a);
	digest_of(STR(""), DIGEST_SHA512, &b);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		assert_int_equal(bag_writer_file(writer, str_from(paths[i]), 0, &a, &b, &err), -1);
		assert_int_equal(err.code, ERR_SYNTAX);
	}
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		assert_int_equal(bag_writer_info(writer, str_from(labels[i]), STR("x"), &err), -1);
		assert_int_equal(err.code, ERR_SYNTAX);
	}
	assert_int_equal(bag_writer_info(writer, STR("A"), STR("x\ry"), &err), -1);
	assert_int_equal(bag_writer_info(writer, STR("A"), STR("\xff"), &err), -1);
	assert_int_equal(bag_writer_info(writer, STR("payload-OXUM"), STR("1.1"), &err), -1);
	assert_int_equal(err.code, ERR_USAGE);
	assert_true(bag_label_generated(STR("bagging-date")));
	assert_false(bag_label_generated(STR("Bag-Size")));
	assert_int_equal(bag_writer_file(writer, STR("a"), 0, &b, &a, &err), -1);
	assert_int_equal(err.code, ERR_INTERNAL);
	assert_int_equal(memory.count, 0); /* nothing of all that was written */
	bag_writer_free(writer);
	writer = bag_writer_new(&full);
	assert_int_equal(bag_writer_file(writer, STR("a"), 0, &a, &b, &err), -1);
	assert_int_equal(err.code, ERR_SYSTEM);
	assert_int_equal(bag_writer_end(writer, &about, &err), -1);
	bag_writer_free(writer);
	memory_release(&memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_empty_bag),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
