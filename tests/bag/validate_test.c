/* Own cases: each makes a good bag, changes one thing, and names the code that must be told, and how many findings there are. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED true
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define SANITIZED true
#endif
#ifndef SANITIZED
#define SANITIZED false /* sanitizers take memory of their own */
#endif

/* "BagIt 1.0 bag of three files, a folder deep, SHA-256 and SHA-512." */
static void good_bag(struct memory *memory, const char *version)
{
	*memory = (struct memory){NULL, 0};
	memory_text(memory, "data/letter.txt", "My dear friend\n");
	memory_text(memory, "data/scans/1.tif", "not really\n");
	memory_text(memory, "data/scans/empty", "");
	memory_text(memory, "about/notes.txt", "a tag file in a folder of its own\n");
	memory_bag(memory, version, DIGEST_SHA256, DIGEST_SHA512);
}

/* Tag manifests again, after tag files were changed. */
static void retag(struct memory *memory)
{
	memory_manifest(memory, "tagmanifest-sha256.txt", DIGEST_SHA256, true);
	memory_manifest(memory, "tagmanifest-sha512.txt", DIGEST_SHA512, true);
}

static struct verdict judged(struct memory *memory)
{
	struct verdict verdict = {.quiet = false};
	struct ocfl_tree tree = memory_tree(memory);

	judge(&verdict, &tree, "", NULL);
	if (verdict.status != 0)
		fail_msg("%s", verdict.err.text);
	return verdict;
}

static uint64_t findings(const struct verdict *verdict)
{
	return verdict->result.errors + verdict->result.warnings + verdict->result.unchecked;
}

/* Exactly one finding: this. Ends the memory. */
static void expect_one(struct memory *memory, const char *code, enum bag_level level, const char *path)
{
	struct verdict verdict = judged(memory);

	if (findings(&verdict) != 1 || !verdict_has(&verdict, code, level, path)) {
		verdict_print(&verdict);
		fail_msg("not only %s", code);
	}
	assert_int_equal(bag_passed(&verdict.result), level == BAG_WARNING);
	verdict_release(&verdict);
	memory_release(memory);
}

/* This among others. Ends the memory. */
static void expect(struct memory *memory, const char *code, enum bag_level level, const char *path)
{
	struct verdict verdict = judged(memory);

	if (!verdict_has(&verdict, code, level, path)) {
		verdict_print(&verdict);
		fail_msg("no %s", code);
	}
	if (level != BAG_WARNING)
		assert_false(bag_passed(&verdict.result));
	verdict_release(&verdict);
	memory_release(memory);
}

static void expect_none(struct memory *memory)
{
	struct verdict verdict = judged(memory);

	if (findings(&verdict) != 0) {
		verdict_print(&verdict);
		fail_msg("findings in a good bag");
	}
	assert_true(bag_passed(&verdict.result));
	verdict_release(&verdict);
	memory_release(memory);
}

static void test_good(void **state)
{
	static const char *const versions[] = {"0.93", "0.94", "0.95", "0.96", "0.97", "1.0"};
	struct memory memory;

	(void)state;
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		good_bag(&memory, versions[i]);
		struct verdict verdict = judged(&memory);
		verdict_print(&verdict);
		assert_int_equal(findings(&verdict), 0);
		assert_true(bag_passed(&verdict.result));
		assert_string_equal(verdict.result.version, versions[i]);
		assert_int_equal(verdict.result.files, 3);
		assert_int_equal(verdict.result.octets, 26);
		assert_int_equal(verdict.result.tag_files, 5);
		assert_non_null(strstr(verdict.told.p, "data/letter.txt 15\n"));
		assert_non_null(strstr(verdict.told.p, "data/scans/1.tif 11\n"));
		assert_non_null(strstr(verdict.told.p, "data/scans/empty 0\n"));
		assert_non_null(
			strstr(verdict.told.p, "<Source-Organization|Test>\n<Bagging-Date|2026-11-23>\n<Payload-Oxum|26.3>\n"));
		verdict_release(&verdict);
		memory_release(&memory);
	}
}

/* A bag below the tree's top. */
static void test_below_the_top(void **state)
{
	struct memory memory, moved = {NULL, 0};
	struct verdict verdict = {.quiet = false};

	(void)state;
	good_bag(&memory, "1.0");
	for (size_t i = 0; i < memory.count; i++) {
		char path[200];
		snprintf(path, sizeof(path), "bags/one/%s", memory.files[i].path);
		memory_put(&moved, path, buf_view(&memory.files[i].bytes));
	}
	struct ocfl_tree tree = memory_tree(&moved);
	judge(&verdict, &tree, "bags/one", NULL);
	assert_true(bag_passed(&verdict.result));
	assert_non_null(strstr(verdict.told.p, "\ndata/letter.txt 15"));
	verdict_release(&verdict);
	judge(&verdict, &tree, "bags/two", NULL);
	assert_int_equal(verdict.status, -1);
	assert_int_equal(verdict.err.code, ERR_NOT_FOUND);
	assert_false(verdict.result.complete);
	verdict_release(&verdict);
	memory_release(&memory);
	memory_release(&moved);
}

static void test_every_algorithm(void **state)
{
	static const enum digest_alg algs[] = {DIGEST_MD5, DIGEST_SHA1, DIGEST_SHA224, DIGEST_SHA256, DIGEST_SHA384, DIGEST_SHA512,
		DIGEST_SHA3_256, DIGEST_SHA3_512, DIGEST_BLAKE2B_512, DIGEST_SHA512_256};
	struct memory memory;

	(void)state;
	for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++) {
		memory = (struct memory){NULL, 0};
		memory_text(&memory, "data/a", "content");
		memory_bag(&memory, "1.0", algs[i], DIGEST_NONE);
		if (algs[i] == DIGEST_MD5 || algs[i] == DIGEST_SHA1)
			expect_one(&memory, "BAG-ALGORITHM", BAG_WARNING, NULL);
		else
			expect_none(&memory);
		memory = (struct memory){NULL, 0};
		memory_text(&memory, "data/a", "content");
		memory_bag(&memory, "1.0", algs[i], DIGEST_NONE);
		memory_append(&memory, "data/a", "!");
		memory_remove(&memory, "bag-info.txt");
		expect(&memory, "BAG-CHECKSUM", BAG_ERROR, "data/a");
	}
	/* Only one that nobody knows: no file is told as proven. */
	memory = (struct memory){NULL, 0};
	memory_text(&memory, "data/a", "content");
	memory_bag(&memory, "1.0", DIGEST_NONE, DIGEST_NONE);
	memory_text(&memory, "manifest-crc32c.txt", "01020304  data/a\n");
	struct verdict verdict = judged(&memory);
	assert_true(verdict_has(&verdict, "BAG-ALGORITHM", BAG_UNCHECKED, "manifest-crc32c.txt"));
	assert_null(strstr(verdict.told.p, "data/a"));
	verdict_release(&verdict);
	memory_release(&memory);
	/* One that nobody knows: what it lists is compared, what it proves is not, and that is no pass. */
	good_bag(&memory, "1.0");
	memory_put(&memory, "manifest-crc32c.txt",
		STR("01020304  data/letter.txt\n01020304  data/scans/1.tif\n01020304  data/scans/empty\n"));
	retag(&memory);
	expect_one(&memory, "BAG-ALGORITHM", BAG_UNCHECKED, "manifest-crc32c.txt");
}

static void test_declaration(void **state)
{
	static const struct {
		const char *text, *code;
		enum bag_level level;
	} cases[] = {
		{"", "BAG-DECLARATION", BAG_ERROR},
		{"BagIt-Version: 1.0\n", "BAG-DECLARATION", BAG_ERROR},
		{"Tag-File-Character-Encoding: UTF-8\nBagIt-Version: 1.0\n", "BAG-DECLARATION", BAG_ERROR},
		{"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\nMore: lines\n", "BAG-DECLARATION", BAG_ERROR},
		{"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n\n", "BAG-DECLARATION", BAG_ERROR},
		{"BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n\n", "BAG-DECLARATION", BAG_WARNING},
		{"BagIt-Version:1.0\nTag-File-Character-Encoding: UTF-8\n", "BAG-DECLARATION", BAG_ERROR},
		{"BagIt-Version:  1.0\nTag-File-Character-Encoding: UTF-8\n", "BAG-DECLARATION", BAG_ERROR},
		{"BagIt-Version: 1.0\nTag-File-Character-Encoding : UTF-8\n", "BAG-DECLARATION", BAG_ERROR},
		{"BagIt-Version : 0.97\nTag-File-Character-Encoding: UTF-8\n", "BAG-DECLARATION", BAG_WARNING},
		{"BagIt-version: 1.0\nTag-File-Character-Encoding: UTF-8\n", "BAG-DECLARATION", BAG_WARNING},
		{"BagIt-Version: 1\nTag-File-Character-Encoding: UTF-8\n", "BAG-VERSION", BAG_ERROR},
		{"BagIt-Version: 1.\nTag-File-Character-Encoding: UTF-8\n", "BAG-VERSION", BAG_ERROR},
		{"BagIt-Version: 1.0.0\nTag-File-Character-Encoding: UTF-8\n", "BAG-VERSION", BAG_ERROR},
		{"BagIt-Version: one.zero\nTag-File-Character-Encoding: UTF-8\n", "BAG-VERSION", BAG_ERROR},
		{"BagIt-Version: 2.0\nTag-File-Character-Encoding: UTF-8\n", "BAG-VERSION", BAG_ERROR},
		{"BagIt-Version: 0.92\nTag-File-Character-Encoding: UTF-8\n", "BAG-VERSION", BAG_ERROR},
		{"BagIt-Version: 1.0\nTag-File-Character-Encoding: Klingon\n", "BAG-ENCODING", BAG_ERROR},
		{"\xef\xbb\xbf"
		 "BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n",
			"BAG-BOM", BAG_ERROR},
		{"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF\xff\n", "BAG-ENCODING", BAG_ERROR},
	};
	static const char *const good[] = {"BagIt-Version: 1.0\r\nTag-File-Character-Encoding: UTF-8\r\n",
		"BagIt-Version: 1.0\rTag-File-Character-Encoding: UTF-8\r",
		"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8",
		"BagIt-Version: 1.0\nTag-File-Character-Encoding: utf-8\n",
		"BagIt-Version: 1.0\nTag-File-Character-Encoding: ISO-8859-1\n"};
	struct memory memory;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		good_bag(&memory, "1.0");
		memory_text(&memory, "bagit.txt", cases[i].text);
		retag(&memory);
		expect(&memory, cases[i].code, cases[i].level, "bagit.txt");
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		good_bag(&memory, "1.0");
		memory_text(&memory, "bagit.txt", good[i]);
		retag(&memory);
		expect_none(&memory);
	}
	good_bag(&memory, "0.97");
	memory_remove(&memory, "bagit.txt");
	retag(&memory);
	expect_one(&memory, "BAG-DECLARATION", BAG_ERROR, "bagit.txt");
}

static void test_structure(void **state)
{
	struct memory memory;

	(void)state;
	memory = (struct memory){NULL, 0};
	memory_bag(&memory, "1.0", DIGEST_SHA256, DIGEST_NONE);
	expect_one(&memory, "BAG-PAYLOAD", BAG_ERROR, "data");
	good_bag(&memory, "1.0");
	memory_remove(&memory, "manifest-sha256.txt");
	memory_remove(&memory, "manifest-sha512.txt");
	retag(&memory);
	expect(&memory, "BAG-MANIFEST", BAG_ERROR, "");
	/* The payload folder is a file. */
	memory = (struct memory){NULL, 0};
	memory_bag(&memory, "1.0", DIGEST_SHA256, DIGEST_NONE);
	memory_text(&memory, "data", "");
	expect(&memory, "BAG-PAYLOAD", BAG_ERROR, "data");
	/* A link is none, and is told as what it is. */
	for (int i = 0; i < 2; i++) {
		memory = (struct memory){NULL, 0};
		memory_bag(&memory, "1.0", DIGEST_SHA256, DIGEST_NONE);
		memory_special(&memory, "data", OCFL_LINK);
		expect(&memory, i == 0 ? "BAG-PAYLOAD" : "BAG-LINK", BAG_ERROR, "data");
	}
	/* An empty payload is one. */
	memory = (struct memory){NULL, 0};
	memory_text(&memory, "data/", "");
	memory_bag(&memory, "1.0", DIGEST_SHA256, DIGEST_NONE);
	expect_none(&memory);
	/* Without tag manifests and bag-info. */
	good_bag(&memory, "1.0");
	memory_remove(&memory, "tagmanifest-sha256.txt");
	memory_remove(&memory, "tagmanifest-sha512.txt");
	memory_remove(&memory, "bag-info.txt");
	expect_none(&memory);
	good_bag(&memory, "1.0");
	memory_text(&memory, "data/nothing/", "");
	expect_one(&memory, "BAG-EMPTY-FOLDER", BAG_WARNING, "data/nothing");
}

static void test_content(void **state)
{
	struct memory memory;

	(void)state;
	good_bag(&memory, "1.0");
	memory_find(&memory, "data/letter.txt")->bytes.p[3] ^= 1;
	struct verdict verdict = judged(&memory);
	assert_int_equal(verdict.result.errors, 2); /* both manifests say so */
	assert_true(verdict_has(&verdict, "BAG-CHECKSUM", BAG_ERROR, "data/letter.txt"));
	assert_null(strstr(verdict.told.p, "letter.txt"));
	verdict_release(&verdict);
	memory_release(&memory);

	good_bag(&memory, "1.0");
	memory_remove(&memory, "data/letter.txt");
	expect(&memory, "BAG-MISSING", BAG_ERROR, "data/letter.txt");
	good_bag(&memory, "1.0");
	memory_text(&memory, "data/scans/more", "x");
	expect(&memory, "BAG-UNLISTED", BAG_ERROR, "data/scans/more");
	good_bag(&memory, "1.0");
	memory_find(&memory, "data/letter.txt")->unreadable = true;
	expect_one(&memory, "BAG-UNREADABLE", BAG_UNCHECKED, "data/letter.txt");
	good_bag(&memory, "1.0");
	memory_find(&memory, "manifest-sha512.txt")->unreadable = true;
	expect(&memory, "BAG-UNREADABLE", BAG_UNCHECKED, "manifest-sha512.txt");
	good_bag(&memory, "1.0");
	memory_text(&memory, "about/notes.txt", "others\n");
	expect(&memory, "BAG-CHECKSUM", BAG_ERROR, "about/notes.txt");
	good_bag(&memory, "1.0");
	memory_special(&memory, "data/scans/1.tif", OCFL_LINK);
	expect(&memory, "BAG-LINK", BAG_ERROR, "data/scans/1.tif");
	good_bag(&memory, "1.0");
	memory_special(&memory, "data/fifo", OCFL_OTHER);
	expect_one(&memory, "BAG-LINK", BAG_ERROR, "data/fifo");
	good_bag(&memory, "1.0");
	memory_special(&memory, "about/link", OCFL_LINK);
	expect_one(&memory, "BAG-LINK", BAG_ERROR, "about/link");
}

/* In 1.0 every manifest lists every payload file; before, one of them was enough. */
static void test_not_in_all_manifests(void **state)
{
	struct memory memory;
	static const char *const versions[] = {"0.97", "1.0"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		good_bag(&memory, versions[i]);
		memory_text(&memory, "data/late", "x");
		memory_remove(&memory, "bag-info.txt");
		memory_manifest(&memory, "manifest-sha512.txt", DIGEST_SHA512, false);
		retag(&memory);
		expect_one(&memory, "BAG-UNLISTED", i == 0 ? BAG_WARNING : BAG_ERROR, "data/late");
	}
}

static void change_line(struct memory *memory, const char *from, const char *to)
{
	struct memory_file *file = memory_find(memory, "manifest-sha256.txt");
	struct buf text = BUF_INIT;
	char *at = strstr(file->bytes.p, from);

	assert_non_null(at);
	buf_add(&text, file->bytes.p, (size_t)(at - file->bytes.p));
	buf_text(&text, to);
	buf_text(&text, at + strlen(from));
	memory_put(memory, "manifest-sha256.txt", buf_view(&text));
	buf_release(&text);
	retag(memory);
}

static void test_manifest_lines(void **state)
{
	static const struct {
		const char *from, *to, *code;
		enum bag_level old, new;
	} cases[] = {
		{"  data/letter.txt", "  ./data/letter.txt", "BAG-PATH", BAG_WARNING, BAG_WARNING},
		{"  data/letter.txt", "  data//letter.txt", "BAG-PATH", BAG_WARNING, BAG_WARNING},
		{"  data/letter.txt", "  data/./letter.txt", "BAG-PATH", BAG_WARNING, BAG_WARNING},
		{"  data/letter.txt", " *data/letter.txt", "BAG-MD5SUM", BAG_WARNING, BAG_WARNING},
		{"  data/letter.txt", "  data/../data/letter.txt", "BAG-SCOPE", BAG_ERROR, BAG_ERROR},
		{"  data/letter.txt", "  /data/letter.txt", "BAG-SCOPE", BAG_ERROR, BAG_ERROR},
		{"  data/letter.txt", "  ~/letter.txt", "BAG-SCOPE", BAG_ERROR, BAG_ERROR},
		{"  data/letter.txt", "  letter.txt", "BAG-SCOPE", BAG_ERROR, BAG_ERROR},
		{"  data/letter.txt", "  about/notes.txt", "BAG-SCOPE", BAG_ERROR, BAG_ERROR},
		{"  data/letter.txt", "  data", "BAG-SCOPE", BAG_ERROR, BAG_ERROR},
		{"  data/letter.txt", "  data/scans/", "BAG-LINE", BAG_ERROR, BAG_ERROR},
		{"  data/letter.txt", "data/letter.txt", "BAG-LINE", BAG_ERROR, BAG_ERROR},
		{"  data/letter.txt", "  ", "BAG-LINE", BAG_ERROR, BAG_ERROR},
		{"  data/letter.txt", "0  data/letter.txt", "BAG-LINE", BAG_ERROR, BAG_ERROR},
		{"  data/letter.txt\n", "  data/letter.txt\n\n", "BAG-LINE", BAG_WARNING, BAG_ERROR},
	};
	struct memory memory;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (int strict = 0; strict < 2; strict++) {
			good_bag(&memory, strict ? "1.0" : "0.97");
			change_line(&memory, cases[i].from, cases[i].to);
			expect(&memory, cases[i].code, strict ? cases[i].new : cases[i].old, "manifest-sha256.txt");
		}
	/* A checksum that is none is one finding, not a mismatch too; twice the same rubbish is not twice the same checksum. */
	good_bag(&memory, "1.0");
	change_line(&memory, "  data/letter.txt", "0  data/letter.txt");
	expect_one(&memory, "BAG-LINE", BAG_ERROR, "manifest-sha256.txt");
	good_bag(&memory, "0.97");
	change_line(&memory, "  data/letter.txt\n", "0  data/letter.txt\nx  data/letter.txt\n");
	expect(&memory, "BAG-TWICE", BAG_ERROR, "manifest-sha256.txt");
	/* Good ones: tabs, more blanks, upper-case digits, CR LF, CR alone, no end of line at the end. */
	static const char *const good[] = {"\tdata/letter.txt", " \t  data/letter.txt", " data/letter.txt"};
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		good_bag(&memory, "1.0");
		change_line(&memory, "  data/letter.txt", good[i]);
		expect_none(&memory);
	}
	for (int kind = 0; kind < 3; kind++) {
		good_bag(&memory, "1.0");
		struct buf text = BUF_INIT;
		struct str old = buf_view(&memory_find(&memory, "manifest-sha256.txt")->bytes);
		for (size_t i = 0; i < old.n; i++) {
			char c = old.p[i];
			if (c == '\n' && kind == 0)
				buf_text(&text, "\r\n");
			else if (c == '\n' && kind == 1)
				buf_char(&text, '\r');
			else if (c == '\n' && i + 1 == old.n)
				continue;
			else
				buf_char(&text, c);
		}
		memory_put(&memory, "manifest-sha256.txt", buf_view(&text));
		buf_release(&text);
		retag(&memory);
		expect_none(&memory);
	}
	good_bag(&memory, "1.0");
	struct memory_file *manifest = memory_find(&memory, "manifest-sha256.txt");
	for (size_t i = 0; i < 64; i++)
		if (manifest->bytes.p[i] >= 'a')
			manifest->bytes.p[i] = (char)(manifest->bytes.p[i] - 32);
	retag(&memory);
	expect_none(&memory);
}

static void test_names(void **state)
{
	struct memory memory;

	(void)state;
	/* What must be encoded in 1.0, and a name that looks encoded. */
	memory = (struct memory){NULL, 0};
	memory_text(&memory, "data/100%", "a");
	memory_text(&memory, "data/two\nlines\r", "b");
	memory_text(&memory, "data/%0A", "c");
	memory_text(&memory, "data/ two  spaces ", "d");
	memory_text(&memory, "data/back\\slash", "e");
	memory_text(&memory, "data/-rf", "f");
	memory_text(&memory, "data/*", "g");
	memory_text(&memory, "data/~user", "h");
	memory_text(&memory, "data/...", "i");
	memory_bag(&memory, "1.0", DIGEST_SHA256, DIGEST_NONE);
	expect_none(&memory);
	/* A percent sign left as it is. */
	memory = (struct memory){NULL, 0};
	memory_text(&memory, "data/100%", "a");
	memory_bag(&memory, "1.0", DIGEST_SHA256, DIGEST_NONE);
	struct buf line = BUF_INIT;
	memory_digest(&memory, "data/100%", DIGEST_SHA256, &line);
	buf_text(&line, "  data/100%\n");
	memory_put(&memory, "manifest-sha256.txt", buf_view(&line));
	memory_manifest(&memory, "tagmanifest-sha256.txt", DIGEST_SHA256, true);
	buf_release(&line);
	expect_one(&memory, "BAG-ESCAPE", BAG_ERROR, "manifest-sha256.txt");
	/* Before 1.0 names are literal, and line ends may be encoded. */
	memory = (struct memory){NULL, 0};
	memory_text(&memory, "data/two\nlines", "b");
	memory_bag(&memory, "0.97", DIGEST_SHA256, DIGEST_NONE);
	expect_none(&memory);
	/* Not UTF-8, though bagit.txt says so: an error, but the file is found and compared. */
	memory = (struct memory){NULL, 0};
	memory_text(&memory, "data/caf\xe9", "x");
	memory_bag(&memory, "1.0", DIGEST_SHA256, DIGEST_NONE);
	expect_one(&memory, "BAG-ENCODING", BAG_ERROR, "manifest-sha256.txt");
	/* In Latin-1 the same bytes say another name than the file has in UTF-8. */
	memory = (struct memory){NULL, 0};
	memory_text(&memory, "data/caf\xc3\xa9", "x");
	memory_bag(&memory, "1.0", DIGEST_SHA256, DIGEST_NONE);
	memory_text(&memory, "bagit.txt", "BagIt-Version: 1.0\nTag-File-Character-Encoding: ISO-8859-1\n");
	line = (struct buf)BUF_INIT;
	memory_digest(&memory, "data/caf\xc3\xa9", DIGEST_SHA256, &line);
	buf_text(&line, "  data/caf\xe9\n");
	memory_put(&memory, "manifest-sha256.txt", buf_view(&line));
	memory_manifest(&memory, "tagmanifest-sha256.txt", DIGEST_SHA256, true);
	buf_release(&line);
	expect_none(&memory);
}

static void write_manifest_of_one(struct memory *memory, const char *file, const char *listed)
{
	struct buf line = BUF_INIT;

	memory_digest(memory, file, DIGEST_SHA256, &line);
	buf_printf(&line, "  %s\n", listed);
	memory_put(memory, "manifest-sha256.txt", buf_view(&line));
	memory_manifest(memory, "tagmanifest-sha256.txt", DIGEST_SHA256, true);
	buf_release(&line);
}

/* bagit-python#51: made where names are decomposed, checked where they are not. */
static void test_normal_forms(void **state)
{
	static const char composed[] = "data/N\xc3\xba\xc3\xb1"
				       "ez",
			  decomposed[] = "data/Nu\xcc\x81n\xcc\x83"
					 "ez";
	struct memory memory;

	(void)state;
	for (int way = 0; way < 2; way++) {
		const char *there = way == 0 ? composed : decomposed, *listed = way == 0 ? decomposed : composed;
		memory = (struct memory){NULL, 0};
		memory_text(&memory, there, "x");
		memory_bag(&memory, "1.0", DIGEST_SHA256, DIGEST_NONE);
		write_manifest_of_one(&memory, there, listed);
		struct verdict verdict = judged(&memory);
		assert_int_equal(findings(&verdict), 1);
		assert_true(verdict_has(&verdict, "BAG-NORMAL-FORM", BAG_WARNING, NULL));
		assert_true(bag_passed(&verdict.result));
		assert_non_null(strstr(verdict.told.p, there)); /* as the file system has it: never rewritten */
		assert_int_equal(verdict.result.octets, 1);
		verdict_release(&verdict);
		/* And what is in it is still compared. */
		memory_text(&memory, there, "y");
		expect(&memory, "BAG-CHECKSUM", BAG_ERROR, NULL);
	}
	/* One file, listed in both forms: counted and told once. */
	memory = (struct memory){NULL, 0};
	memory_text(&memory, composed, "x");
	memory_bag(&memory, "0.97", DIGEST_SHA256, DIGEST_NONE);
	struct buf both = BUF_INIT;
	memory_digest(&memory, composed, DIGEST_SHA256, &both);
	buf_printf(&both, "  %s\n", decomposed);
	memory_append(&memory, "manifest-sha256.txt", both.p);
	memory_manifest(&memory, "tagmanifest-sha256.txt", DIGEST_SHA256, true);
	buf_release(&both);
	struct verdict once = judged(&memory);
	assert_true(bag_passed(&once.result));
	assert_int_equal(once.result.octets, 1);
	assert_int_equal(once.result.files, 1);
	assert_null(strstr(strstr(once.told.p, composed) + 1, "data/"));
	verdict_release(&once);
	memory_release(&memory);
	/* Both are there and both are listed: two files, a warning. */
	memory = (struct memory){NULL, 0};
	memory_text(&memory, composed, "x");
	memory_text(&memory, decomposed, "y");
	memory_bag(&memory, "1.0", DIGEST_SHA256, DIGEST_NONE);
	expect_one(&memory, "BAG-NORMAL-FORM", BAG_WARNING, NULL);
	/* Both there, one listed: the other is extra. */
	memory = (struct memory){NULL, 0};
	memory_text(&memory, composed, "x");
	memory_bag(&memory, "1.0", DIGEST_SHA256, DIGEST_NONE);
	memory_text(&memory, decomposed, "y");
	expect(&memory, "BAG-UNLISTED", BAG_ERROR, NULL);
	/* Case: two files, a warning; one file for two names, an error. */
	memory = (struct memory){NULL, 0};
	memory_text(&memory,
		"data/Stra\xc3\x9f"
		"e",
		"x");
	memory_text(&memory, "data/STRASSE", "y");
	memory_bag(&memory, "1.0", DIGEST_SHA256, DIGEST_NONE);
	expect_one(&memory, "BAG-CASE", BAG_WARNING, NULL);
	memory = (struct memory){NULL, 0};
	memory_text(&memory, "data/a", "x");
	memory_bag(&memory, "1.0", DIGEST_SHA256, DIGEST_NONE);
	write_manifest_of_one(&memory, "data/a", "data/A");
	expect(&memory, "BAG-MISSING", BAG_ERROR, "data/A");
}

static void test_tag_manifests(void **state)
{
	struct memory memory;

	(void)state;
	good_bag(&memory, "1.0");
	memory_append(&memory, "tagmanifest-sha256.txt",
		"0000000000000000000000000000000000000000000000000000000000000000  tagmanifest-sha512.txt\n");
	expect(&memory, "BAG-TAGS", BAG_ERROR, "tagmanifest-sha256.txt");
	good_bag(&memory, "1.0");
	memory_append(&memory, "tagmanifest-sha256.txt",
		"0000000000000000000000000000000000000000000000000000000000000000  data/letter.txt\n");
	expect_one(&memory, "BAG-TAGS", BAG_ERROR, "tagmanifest-sha256.txt");
	good_bag(&memory, "1.0");
	memory_append(
		&memory, "tagmanifest-sha256.txt", "0000000000000000000000000000000000000000000000000000000000000000  gone.txt\n");
	expect(&memory, "BAG-MISSING", BAG_ERROR, "gone.txt");
	static const char *const outside[] = {"../x", "/etc/passwd", "~root/x", "about/../../x"};
	for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++) {
		char line[200];
		good_bag(&memory, "1.0");
		snprintf(line, sizeof(line), "%064d  %s\n", 0, outside[i]);
		memory_append(&memory, "tagmanifest-sha256.txt", line);
		expect_one(&memory, "BAG-SCOPE", BAG_ERROR, "tagmanifest-sha256.txt");
	}
	/* A tag manifest without the payload manifest. */
	for (int strict = 0; strict < 2; strict++) {
		good_bag(&memory, strict ? "1.0" : "0.97");
		memory_remove(&memory, "tagmanifest-sha512.txt");
		memory_text(&memory, "tagmanifest-sha256.txt", "");
		expect(&memory, "BAG-TAGS", strict ? BAG_ERROR : BAG_WARNING, "tagmanifest-sha256.txt");
	}
	/* A tag file that is in none: allowed, said in 1.0. */
	good_bag(&memory, "1.0");
	memory_text(&memory, "readme.md", "hello");
	expect_one(&memory, "BAG-TAGS", BAG_WARNING, "readme.md");
	good_bag(&memory, "0.97");
	memory_text(&memory, "readme.md", "hello");
	expect_none(&memory);
}

static void put_info(struct memory *memory, const char *text)
{
	memory_text(memory, "bag-info.txt", text);
	retag(memory);
}

static void test_info(void **state)
{
	static const struct {
		const char *text, *code;
		enum bag_level old, new; /* BAG_UNCHECKED: nothing */
	} cases[] = {
		{"Payload-Oxum: 26.4\n", "BAG-OXUM", BAG_ERROR, BAG_ERROR},
		{"Payload-Oxum: 25.3\n", "BAG-OXUM", BAG_ERROR, BAG_ERROR},
		{"payload-oxum: 25.3\n", "BAG-OXUM", BAG_ERROR, BAG_ERROR},
		{"Payload-Oxum: 26\n", "BAG-OXUM", BAG_ERROR, BAG_ERROR},
		{"Payload-Oxum: 26.\n", "BAG-OXUM", BAG_ERROR, BAG_ERROR},
		{"Payload-Oxum: .3\n", "BAG-OXUM", BAG_ERROR, BAG_ERROR},
		{"Payload-Oxum: 26.3.1\n", "BAG-OXUM", BAG_ERROR, BAG_ERROR},
		{"Payload-Oxum: 26.-3\n", "BAG-OXUM", BAG_ERROR, BAG_ERROR},
		{"Payload-Oxum: 99999999999999999999.3\n", "BAG-OXUM", BAG_ERROR, BAG_ERROR},
		{"Payload-Oxum: 26.3\nPayload-Oxum: 26.3\n", "BAG-INFO", BAG_WARNING, BAG_ERROR},
		{"Bagging-Date: 2026-11-23\nBagging-Date: 2026-11-24\n", "BAG-INFO", BAG_UNCHECKED, BAG_WARNING},
		{"Bagging-Date: yesterday\n", "BAG-INFO", BAG_UNCHECKED, BAG_WARNING},
		{"no colon here\n", "BAG-INFO", BAG_ERROR, BAG_ERROR},
		{": no label\n", "BAG-INFO", BAG_ERROR, BAG_ERROR},
		{"  continues nothing\n", "BAG-INFO", BAG_ERROR, BAG_ERROR},
		{"A:b\n", "BAG-INFO", BAG_WARNING, BAG_ERROR},
		{"A : b\n", "BAG-INFO", BAG_UNCHECKED, BAG_ERROR},
		{"A: b\n\nC: d\n", "BAG-INFO", BAG_WARNING, BAG_WARNING},
		{"A: \xff\n", "BAG-ENCODING", BAG_ERROR, BAG_ERROR},
		{"\xef\xbb\xbf"
		 "A: b\n",
			"BAG-BOM", BAG_WARNING, BAG_ERROR},
	};
	struct memory memory;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (int strict = 0; strict < 2; strict++) {
			enum bag_level level = strict ? cases[i].new : cases[i].old;
			good_bag(&memory, strict ? "1.0" : "0.97");
			put_info(&memory, cases[i].text);
			if (level == BAG_UNCHECKED)
				expect_none(&memory);
			else
				expect_one(&memory, cases[i].code, level,
					strcmp(cases[i].code, "BAG-OXUM") == 0 ? NULL : "bag-info.txt");
		}
	good_bag(&memory, "1.0");
	memory_put(&memory, "bag-info.txt", STR("A: b\0c\n"));
	retag(&memory);
	expect_one(&memory, "BAG-TEXT", BAG_ERROR, "bag-info.txt");
	/* Values, as import wants them. */
	good_bag(&memory, "1.0");
	put_info(&memory, "Long: first\r\n  second\n\tthird\n \nTwice: 1\nTwice: 2\nBlanks:  two in front\nColon: a:b\nEmpty: "
			  "\nLast: no end");
	struct verdict verdict = judged(&memory);
	assert_int_equal(findings(&verdict), 0);
	assert_non_null(strstr(verdict.told.p, "<Long|first\nsecond\nthird\n>\n<Twice|1>\n<Twice|2>\n<Blanks| two in front>\n"
					       "<Colon|a:b>\n<Empty|>\n<Last|no end>\n"));
	verdict_release(&verdict);
	memory_release(&memory);
	good_bag(&memory, "0.96");
	put_info(&memory, "Label  :   value  \n");
	verdict = judged(&memory);
	assert_int_equal(findings(&verdict), 0);
	assert_non_null(strstr(verdict.told.p, "<Label|value>\n"));
	verdict_release(&verdict);
	memory_release(&memory);
	/* Its old name. */
	good_bag(&memory, "0.95");
	memory_remove(&memory, "bag-info.txt");
	memory_text(&memory, "package-info.txt", "Packing-Date: 2008-01-15\n");
	retag(&memory);
	verdict = judged(&memory);
	assert_int_equal(findings(&verdict), 0);
	assert_non_null(strstr(verdict.told.p, "<Packing-Date|2008-01-15>\n"));
	verdict_release(&verdict);
	memory_release(&memory);
}

static void test_fetch(void **state)
{
	static const struct {
		const char *text, *code;
	} cases[] = {
		{"letter.txt - data/letter.txt\n", "BAG-FETCH"},
		{"https://example.org/ 15\n", "BAG-FETCH"},
		{"https://example.org/ x data/letter.txt\n", "BAG-FETCH"},
		{"https://example.org/ -1 data/letter.txt\n", "BAG-FETCH"},
		{"https: - data/letter.txt\n", "BAG-FETCH"},
		{"https://example.org/ - data/other.txt\n", "BAG-FETCH"},
		{"https://example.org/ - bagit.txt\n", "BAG-SCOPE"},
		{"https://example.org/ - data/../../x\n", "BAG-SCOPE"},
		{"https://example.org/ - ~/x\n", "BAG-SCOPE"},
		{"\n", "BAG-FETCH"},
	};
	struct memory memory;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		good_bag(&memory, "1.0");
		memory_text(&memory, "fetch.txt", cases[i].text);
		retag(&memory);
		expect_one(&memory, cases[i].code, BAG_ERROR, "fetch.txt");
	}
	/* All fetched already: nothing to say. */
	good_bag(&memory, "1.0");
	memory_text(&memory, "fetch.txt", "https://example.org/l 15 data/letter.txt\nhttp://x/ -  data/scans/1.tif\r\n");
	retag(&memory);
	expect_none(&memory);
	/* A hole. */
	good_bag(&memory, "1.0");
	memory_text(&memory, "fetch.txt", "https://example.org/l 15 data/letter.txt\n");
	memory_remove(&memory, "data/letter.txt");
	memory_text(&memory, "bag-info.txt", "A: b\n");
	retag(&memory);
	expect_one(&memory, "BAG-HOLE", BAG_ERROR, "data/letter.txt");
}

static void test_encodings(void **state)
{
	struct memory memory;
	struct buf text = BUF_INIT;

	(void)state;
	/* UTF-16LE by name, no mark; a manifest that breaks off within a character. */
	memory = (struct memory){NULL, 0};
	memory_text(&memory, "data/a", "x");
	memory_bag(&memory, "1.0", DIGEST_SHA256, DIGEST_NONE);
	memory_text(&memory, "bagit.txt", "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-16LE\n");
	struct buf line = BUF_INIT;
	memory_digest(&memory, "data/a", DIGEST_SHA256, &line);
	buf_text(&line, "  data/a\n");
	for (size_t i = 0; i < line.n; i++) {
		buf_char(&text, line.p[i]);
		buf_char(&text, '\0');
	}
	memory_put(&memory, "manifest-sha256.txt", buf_view(&text));
	memory_remove(&memory, "tagmanifest-sha256.txt");
	memory_remove(&memory, "bag-info.txt");
	struct verdict verdict = judged(&memory);
	verdict_print(&verdict);
	assert_int_equal(findings(&verdict), 0);
	verdict_release(&verdict);
	text.n--;
	memory_put(&memory, "manifest-sha256.txt", buf_view(&text));
	expect(&memory, "BAG-ENCODING", BAG_ERROR, "manifest-sha256.txt");
	/* Bytes that the encoding has not. */
	memory = (struct memory){NULL, 0};
	memory_text(&memory, "data/a", "x");
	memory_bag(&memory, "1.0", DIGEST_SHA256, DIGEST_NONE);
	memory_text(&memory, "bagit.txt", "BagIt-Version: 1.0\nTag-File-Character-Encoding: Shift_JIS\n");
	memory_append(&memory, "manifest-sha256.txt", "\x81\n");
	expect(&memory, "BAG-ENCODING", BAG_ERROR, "manifest-sha256.txt");
	buf_release(&text);
	buf_release(&line);
}

static int stop_at_once(void *context, const struct bag_result *result, struct err *err)
{
	(void)context;
	(void)result;
	return err_set(err, ERR_INTERRUPTED, "stopped");
}

static void test_limits_and_stops(void **state)
{
	struct memory memory;
	struct verdict verdict = {.quiet = false};
	struct bag_options options = {.max_memory = 1000};

	(void)state;
	good_bag(&memory, "1.0");
	struct ocfl_tree tree = memory_tree(&memory);
	judge(&verdict, &tree, "", &options);
	assert_int_equal(verdict.status, -1);
	assert_int_equal(verdict.err.code, ERR_LIMIT);
	assert_false(bag_passed(&verdict.result));
	verdict_release(&verdict);
	bool was_enough = false;
	for (size_t room = 200; room < 8000; room += 40) {
		options = (struct bag_options){.max_memory = room};
		judge(&verdict, &tree, "", &options);
		assert_true(verdict.status == 0 || verdict.err.code == ERR_LIMIT);
		assert_false(was_enough && verdict.status != 0); /* more is never too little */
		assert_false(room < 1200 && verdict.status == 0);
		was_enough = was_enough || verdict.status == 0;
		verdict_release(&verdict);
	}
	assert_true(was_enough);
	options = (struct bag_options){.progress = stop_at_once};
	judge(&verdict, &tree, "", &options);
	assert_int_equal(verdict.status, -1);
	assert_int_equal(verdict.err.code, ERR_INTERRUPTED);
	assert_false(verdict.result.complete);
	verdict_release(&verdict);
	options = (struct bag_options){.no_content = true};
	judge(&verdict, &tree, "", &options);
	assert_int_equal(verdict.status, 0);
	assert_int_equal(verdict.result.errors, 0);
	assert_int_equal(verdict.result.read, 0);
	assert_false(bag_passed(&verdict.result)); /* what was not checked is no pass */
	verdict_release(&verdict);
	/* A line, a value, manifests beyond what we take. */
	struct buf text = BUF_INIT;
	while (text.n <= BAG_LINE_MAX)
		buf_text(&text, "0123456789");
	memory_put(&memory, "manifest-sha256.txt", buf_view(&text));
	retag(&memory);
	expect(&memory, "BAG-TEXT", BAG_ERROR, "manifest-sha256.txt");
	good_bag(&memory, "1.0");
	buf_clear(&text);
	buf_text(&text, "A: b\n");
	while (text.n <= BAG_VALUE_MAX + 30000) {
		for (int i = 0; i < 500; i++)
			buf_text(&text, " 0123456789 0123456789");
		buf_char(&text, '\n');
	}
	memory_put(&memory, "bag-info.txt", buf_view(&text));
	retag(&memory);
	expect_one(&memory, "BAG-INFO", BAG_ERROR, "bag-info.txt");
	buf_release(&text);
	good_bag(&memory, "1.0");
	for (int i = 0; i < 20; i++) {
		char name[64];
		snprintf(name, sizeof(name), "tagmanifest-x%d.txt", i);
		memory_text(&memory, name, "");
	}
	expect(&memory, "BAG-MANIFEST", BAG_UNCHECKED, NULL);
}

static void test_recognise(void **state)
{
	struct memory memory = {NULL, 0};
	struct ocfl_tree tree = memory_tree(&memory);
	bool is_bag;

	(void)state;
	memory_text(&memory, "data/a", "x");
	assert_int_equal(bag_recognise(&tree, "", &is_bag, NULL), 0);
	assert_false(is_bag);
	memory_text(&memory, "manifest-md5.txt", "");
	assert_int_equal(bag_recognise(&tree, "", &is_bag, NULL), 0);
	assert_true(is_bag);
	memory_remove(&memory, "data/a");
	assert_int_equal(bag_recognise(&tree, "", &is_bag, NULL), 0);
	assert_false(is_bag);
	memory_text(&memory, "bagit.txt", "");
	assert_int_equal(bag_recognise(&tree, "", &is_bag, NULL), 0);
	assert_true(is_bag);
	assert_int_equal(bag_recognise(&tree, "nowhere", &is_bag, NULL), -1);
	memory_release(&memory);
}

/* ---- many files: a tree that is made as it is read --------------------------------------------------------------------------- */

#define MANY 100000
#define LONG_NAME "a-name-as-long-as-archivists-make-them-with-collection-series-folder-and-the-number-of-the-page-in-front"

static void many_name(char out[256], unsigned i)
{
	snprintf(out, 256, "%s/%s-%06u.tif", "data/series-one", LONG_NAME, i);
}

static int many_list(void *context, const char *path, ocfl_each *each, void *each_context, struct err *err)
{
	static const char *const top[] = {"bagit.txt", "manifest-sha256.txt", "manifest-sha512.txt", "data"};
	char name[256];

	(void)context;
	if (*path == '\0') {
		for (size_t i = 0; i < 4; i++) {
			struct ocfl_name found = {.name = str_from(top[i]), .type = i == 3 ? OCFL_FOLDER : OCFL_FILE, .links = 1};
			if (each(each_context, &found, err) != 0)
				return -1;
		}
	} else if (strcmp(path, "data") == 0) {
		struct ocfl_name found = {.name = STR("series-one"), .type = OCFL_FOLDER, .links = 1};
		return each(each_context, &found, err);
	} else {
		for (unsigned i = 0; i < MANY; i++) {
			many_name(name, i);
			struct ocfl_name found = {.name = str_from(strrchr(name, '/') + 1), .type = OCFL_FILE, .links = 1};
			if (each(each_context, &found, err) != 0)
				return -1;
		}
	}
	return 0;
}

static int many_read(void *context, const char *path, ocfl_sink *sink, void *sink_context, struct err *err)
{
	struct hasher *hasher = NULL;
	struct digest digest;
	struct buf line = BUF_INIT;
	char name[256];
	int result = 0;

	(void)context;
	if (strcmp(path, "bagit.txt") == 0)
		return sink(sink_context, "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n", 54, err);
	if (strncmp(path, "data/", 5) == 0)
		return sink(sink_context, path, strlen(path), err); /* a file holds its own name */
	hasher = hasher_new(strstr(path, "512") != NULL ? DIGEST_SHA512 : DIGEST_SHA256);
	for (unsigned i = 0; result == 0 && i < MANY; i++) {
		many_name(name, i);
		hasher_begin(hasher);
		hasher_add(hasher, name, strlen(name));
		hasher_end(hasher, &digest);
		buf_clear(&line);
		buf_hex(&line, digest.bytes, digest_size(digest.alg));
		buf_printf(&line, "  %s\n", name);
		result = sink(sink_context, line.p, line.n, err);
	}
	hasher_free(hasher);
	buf_release(&line);
	return result;
}

/* 100,000 files and two manifests in default memory; the whole process stays under 64 MiB. */
static void test_many_files(void **state)
{
	const struct ocfl_tree tree = {.context = NULL, .list = many_list, .read = many_read};
	struct verdict verdict = {.quiet = true};
	struct rusage usage;

	(void)state;
	judge(&verdict, &tree, "", NULL);
	if (verdict.status != 0)
		fail_msg("%s", verdict.err.text);
	assert_true(bag_passed(&verdict.result));
	assert_int_equal(verdict.result.files, MANY);
	getrusage(RUSAGE_SELF, &usage);
	print_message("%d files: %ld KiB resident at most\n", MANY, usage.ru_maxrss);
	if (!SANITIZED)
		assert_true(usage.ru_maxrss < 64 * 1024);
	verdict_release(&verdict);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many_files),
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_below_the_top),
		cmocka_unit_test(test_every_algorithm),
		cmocka_unit_test(test_declaration),
		cmocka_unit_test(test_structure),
		cmocka_unit_test(test_content),
		cmocka_unit_test(test_not_in_all_manifests),
		cmocka_unit_test(test_manifest_lines),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_normal_forms),
		cmocka_unit_test(test_tag_manifests),
		cmocka_unit_test(test_info),
		cmocka_unit_test(test_fetch),
		cmocka_unit_test(test_encodings),
		cmocka_unit_test(test_limits_and_stops),
		cmocka_unit_test(test_recognise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
