/* The vectors of docs/format/store.md (tests/vectors/store), which another implementation can run too. */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tree.h"

#define VECTORS "tests/vectors/store"

static int append(void *context, const void *bytes, size_t n, struct err *err)
{
	(void)err;
	buf_add(context, bytes, n);
	return 0;
}

/* Calls `each` for every .json file of a folder; they must be at least that many. */
static void for_files(const char *folder, unsigned least, void (*each)(const char *folder, const char *name))
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	unsigned count = 0;
	assert_non_null(dir);
	while ((entry = readdir(dir)))
		if (strstr(entry->d_name, ".json")) {
			each(folder, entry->d_name);
			count++;
		}
	closedir(dir);
	assert_true(count >= least);
}

static char *content(const char *folder, const char *name, size_t *n)
{
	char path[500];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	char *text = tree_read(AT_FDCWD, path, n);
	if (!text)
		fail_msg("%s is not there", path);
	return text;
}

static void writes_as_told(const char *folder, const char *name)
{
	struct inventory *inventory;
	struct err err = ERR_INIT;
	struct buf out = BUF_INIT;
	size_t n, expected_n;
	char *text = content(folder, name, &n), *expected = content(VECTORS "/inventories", name, &expected_n);
	if (inventory_parse(&inventory, (struct str){text, n}, 0, &err) < 0)
		fail_msg("%s/%s: %s", folder, name, err.text);
	assert_int_equal(inventory_write(inventory, append, &out, &err), 0);
	if (out.n != expected_n || memcmp(out.p, expected, out.n) != 0)
		fail_msg("%s/%s became:\n%s", folder, name, out.p);
	inventory_free(inventory);
	buf_release(&out);
	free(text);
	free(expected);
}

static void refuses(const char *folder, const char *name)
{
	struct inventory *inventory;
	struct err err = ERR_INIT;
	char code[5] = "";
	size_t n;
	char *text = content(folder, name, &n);
	memcpy(code, name, 4);
	if (inventory_parse(&inventory, (struct str){text, n}, 0, &err) == 0 || err.code != ERR_SYNTAX || !strstr(err.text, code))
		fail_msg("%s: %s", name, err.text);
	free(text);
}

static void test_inventories(void **state)
{
	(void)state;
	for_files(VECTORS "/inventories", 4, writes_as_told);
	for_files(VECTORS "/spellings", 4, writes_as_told);
}

static void test_refused(void **state)
{
	(void)state;
	for_files(VECTORS "/refused", 15, refuses);
}

static void test_places(void **state)
{
	(void)state;
	size_t n;
	char *text = content(VECTORS, "places.txt", &n);
	struct str rest = {text, n}, line, path;
	struct buf out = BUF_INIT;
	unsigned count = 0;
	while (str_take_line(&rest, &line)) {
		assert_true(str_take_until(&line, '\t', &path));
		buf_clear(&out);
		assert_int_equal(ocfl_layout_path(&ocfl_layout_ours, line, &out, NULL), 0);
		if (!str_equal(buf_view(&out), path))
			fail_msg("%.*s lies in %s", (int)line.n, line.p, out.p);
		count++;
	}
	assert_true(count >= 10);
	buf_release(&out);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inventories),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_places),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
