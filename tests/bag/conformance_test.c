/* ../shared/conformance/bagit. What a folder of the suite is called says what is expected, but for the cases named here, where
 * the specification says otherwise (docs/format/bag.md, Conformance). */
#include "support.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUITE "../shared/conformance/bagit"

enum expectation { VALID, WARNING, INVALID };

static const struct {
	const char *path; /* in the suite */
	enum expectation expectation;
	const char *code; /* that must be among the findings; NULL: none in particular */
} expected[] = {
	{"v0.97/invalid/baginfo-missing-encoding", INVALID, "BAG-DECLARATION"},
	{"v0.97/invalid/bom-in-bagit.txt", INVALID, "BAG-BOM"},
	{"v0.97/invalid/corrupt-data-file", INVALID, "BAG-CHECKSUM"},
	{"v0.97/invalid/corrupt-tag-file", INVALID, "BAG-CHECKSUM"},
	{"v0.97/invalid/extra-file-in-bag", INVALID, "BAG-UNLISTED"},
	{"v0.97/invalid/invalid-version-number", INVALID, "BAG-VERSION"},
	{"v0.97/invalid/missing-baginfo", INVALID, "BAG-MISSING"},
	{"v0.97/invalid/missing-bagit.txt", INVALID, "BAG-DECLARATION"},
	{"v0.97/invalid/out-of-scope-file-paths-using-dot-notation", INVALID, "BAG-SCOPE"},
	{"v0.97/invalid/out-of-scope-file-paths-using-dot-notation-for-fetch", INVALID, "BAG-SCOPE"},
	{"v0.97/invalid/same-filename-listed-twice-with-different-hashes", INVALID, "BAG-TWICE"},
	{"v0.97/linux-only/out-of-scope-file-paths-using-absolute-path", INVALID, "BAG-SCOPE"},
	{"v0.97/linux-only/out-of-scope-file-paths-using-absolute-path-for-fetch", INVALID, "BAG-SCOPE"},
	{"v0.97/linux-only/out-of-scope-file-paths-using-shortcut", INVALID, "BAG-SCOPE"},
	{"v0.97/linux-only/out-of-scope-file-paths-using-shortcut-for-fetch", INVALID, "BAG-SCOPE"},
	{"v0.97/linux-only/out-of-scope-file-paths-using-shortcut-username", INVALID, "BAG-SCOPE"},
	{"v0.97/linux-only/out-of-scope-file-paths-using-shortcut-username-for-fetch", INVALID, "BAG-SCOPE"},
	/* On every system these lie outside data/, so that they are wrong not on Windows alone. */
	{"v0.97/windows-only/out-of-scope-file-paths-using-absolute-path", INVALID, "BAG-SCOPE"},
	{"v0.97/windows-only/out-of-scope-file-paths-using-absolute-path-for-fetch", INVALID, "BAG-SCOPE"},
	{"v0.97/windows-only/out-of-scope-file-paths-using-shortcut", INVALID, "BAG-SCOPE"},
	{"v0.97/windows-only/out-of-scope-file-paths-using-shortcut-for-fetch", INVALID, "BAG-SCOPE"},
	{"v0.97/windows-only/out-of-scope-file-paths-using-unc", INVALID, "BAG-SCOPE"},
	{"v0.97/windows-only/out-of-scope-file-paths-using-unc-for-fetch", INVALID, "BAG-SCOPE"},
	/* Lists data/HELLO.txt, which a file system that tells case apart does not have: section 3 wants every listed file. The
	 * suite's warning is given too. */
	{"v0.97/warning/duplicate-file-with-different-case", INVALID, "BAG-CASE"},
	{"v0.97/warning/duplicate-file-with-different-case", INVALID, "BAG-MISSING"},
	{"v0.97/warning/made-with-md5sum-tools", WARNING, "BAG-MD5SUM"},
	{"v0.97/warning/relative-path", WARNING, "BAG-PATH"},
	{"v0.97/warning/same-filename-listed-twice-with-different-normalization", WARNING, "BAG-NORMAL-FORM"},
	{"v0.97/warning/same-filename-listed-twice-with-the-same-hash", WARNING, "BAG-TWICE"},
	/* Lacks its file data/.DS_Store here; test_system_files gives it one. */
	{"v0.97/warning/special-system-files", INVALID, "BAG-SYSTEM-FILE"},
	{"v0.97/warning/special-system-files", INVALID, "BAG-MISSING"},
	{"v1.0/invalid/bagit-with-invalid-whitespace", INVALID, "BAG-DECLARATION"},
	{"v1.0/invalid/notAllManifestsListAllFiles", INVALID, "BAG-UNLISTED"},
	{"v1.0/invalid/same-filename-listed-twice-with-different-hashes", INVALID, "BAG-TWICE"},
	{"v1.0/invalid/same-filename-listed-twice-with-the-same-hash", INVALID, "BAG-TWICE"},
	/* "./" before a path deserves a warning here as it does in warning/relative-path. */
	{"v0.96/valid/bag-with-leading-dot-slash-in-manifest", WARNING, "BAG-PATH"},
	{"v0.97/valid/bag-with-leading-dot-slash-in-manifest", WARNING, "BAG-PATH"},
};

static bool as_expected(const char *path, enum expectation by_folder, const struct verdict *verdict)
{
	const struct bag_result *result = &verdict->result;
	enum expectation got = !bag_passed(result) ? INVALID : result->warnings > 0 ? WARNING : VALID;
	enum expectation wanted = by_folder;
	bool right = verdict->status == 0 && result->complete && result->unchecked == 0;

	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		if (strcmp(expected[i].path, path) != 0)
			continue;
		wanted = expected[i].expectation;
		if (expected[i].code != NULL && !verdict_has(verdict, expected[i].code, BAG_ERROR, NULL) &&
			!verdict_has(verdict, expected[i].code, BAG_WARNING, NULL))
			right = false;
	}
	/* A case of the suite that is expected to fail, but of which this file does not say why, is not known well enough. */
	return right && got == wanted;
}

static size_t judge_folder(const char *version, const char *kind, enum expectation expectation, size_t *wrong)
{
	char folder[512], path[1024];
	struct dirent *name;
	size_t count = 0;

	snprintf(folder, sizeof(folder), SUITE "/%s/%s", version, kind);
	DIR *names = opendir(folder);
	if (names == NULL)
		return 0;
	while ((name = readdir(names)) != NULL) {
		struct verdict verdict = {.quiet = false};
		bool is_bag = false;
		if (name->d_type != DT_DIR || name->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s/%s", version, kind, name->d_name);
		struct ocfl_tree tree = disk_tree(SUITE);
		assert_int_equal(bag_recognise(&tree, path, &is_bag, NULL), 0);
		assert_true(is_bag);
		judge(&verdict, &tree, path, NULL);
		count++;
		if (!as_expected(path, expectation, &verdict)) {
			++*wrong;
			print_error("%s: judged wrong\n", path);
			verdict_print(&verdict);
		}
		verdict_release(&verdict);
	}
	closedir(names);
	return count;
}

static bool suite_is_there(void)
{
	DIR *suite = opendir(SUITE);

	if (suite == NULL) {
		print_message("skipped: " SUITE " is not there\n");
		return false;
	}
	closedir(suite);
	return true;
}

static void test_suite(void **state)
{
	static const char *const versions[] = {"v0.93", "v0.94", "v0.95", "v0.96", "v0.97", "v1.0"};
	static const struct {
		const char *name;
		enum expectation expectation;
	} kinds[] = {
		{"valid", VALID}, {"warning", WARNING}, {"invalid", INVALID}, {"linux-only", INVALID}, {"windows-only", INVALID}};
	size_t count = 0, wrong = 0;

	(void)state;
	if (!suite_is_there())
		skip();
	for (size_t v = 0; v < sizeof(versions) / sizeof(versions[0]); v++)
		for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
			count += judge_folder(versions[v], kinds[k].name, kinds[k].expectation, &wrong);
	print_message("%zu bags\n", count);
	assert_true(count >= 50);
	assert_int_equal(wrong, 0);
}

/* The suite's v0.97/warning/special-system-files, whole. */
static void test_system_files(void **state)
{
	struct memory memory = {NULL, 0};
	struct verdict verdict = {.quiet = false};

	(void)state;
	memory_text(&memory, "data/.DS_Store", "");
	memory_text(&memory, "data/Thumbs.db", "");
	memory_bag(&memory, "0.97", DIGEST_SHA512, DIGEST_NONE);
	struct ocfl_tree tree = memory_tree(&memory);
	judge(&verdict, &tree, "", NULL);
	assert_true(bag_passed(&verdict.result));
	assert_int_equal(verdict.result.warnings, 2);
	assert_true(verdict_has(&verdict, "BAG-SYSTEM-FILE", BAG_WARNING, "data/.DS_Store"));
	assert_true(verdict_has(&verdict, "BAG-SYSTEM-FILE", BAG_WARNING, "data/Thumbs.db"));
	verdict_release(&verdict);
	memory_release(&memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_suite),
		cmocka_unit_test(test_system_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
