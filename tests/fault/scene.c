/* Where the tests of the power-loss simulator play. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scene.h"

static char folder[] = "/tmp/photostat-power-XXXXXX";
char root[64], cut[64];
int dir = -1;

int set_up(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(root, sizeof(root), "%s/root", folder);
	snprintf(cut, sizeof(cut), "%s/photostat-cut-%u", fault_fast_folder(), (unsigned)getpid());
	return 0;
}

int tear_down(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	if (dir >= 0)
		close(dir);
	dir = -1;
	os_remove_tree(AT_FDCWD, cut, &err);
	return os_remove_tree(AT_FDCWD, folder, &err);
}

void fresh_root(void)
{
	struct err err = ERR_INIT;

	if (dir >= 0)
		close(dir);
	assert_int_equal(os_remove_tree(AT_FDCWD, root, &err), 0);
	assert_int_equal(os_mkdir(AT_FDCWD, root, &err), 0);
	dir = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(dir >= 0);
}

void materialise(struct power *power, size_t k, uint64_t seed, enum power_model model)
{
	struct err err = ERR_INIT;

	assert_int_equal(os_remove_tree(AT_FDCWD, cut, &err), 0);
	power_materialise(power, k, seed, model, cut);
}

/* What the file holds after the cut; false if it is not there. */
bool after_cut(const char *path, struct buf *content)
{
	struct err err = ERR_INIT;
	char whole[300];

	buf_clear(content);
	snprintf(whole, sizeof(whole), "%s/%s", cut, path);
	int there = os_exists(AT_FDCWD, whole, &err);
	if (there == 1)
		assert_int_equal(os_read_file(AT_FDCWD, whole, 1 << 20, content, &err), 0);
	return there == 1;
}

bool holds(const char *path, const char *content)
{
	struct buf buf = BUF_INIT;
	bool same = after_cut(path, &buf) && str_equal(buf_view(&buf), str_from(content));

	buf_release(&buf);
	return same;
}

/* A whole tree as text: path, kind, mode, links, content. */
static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void describe_tree(const char *path, struct buf *out)
{
	struct err err = ERR_INIT;
	struct os_dir *list;
	struct os_name entry;
	char *names[512];
	size_t n = 0;

	assert_int_equal(os_dir_open(&list, AT_FDCWD, path, &err), 0);
	while (os_dir_next(list, &entry, &err) == 1) {
		assert_true(n < 512);
		names[n++] = mem_dup(str_from(entry.name));
	}
	os_dir_close(list);
	qsort(names, n, sizeof(names[0]), by_text);
	for (size_t i = 0; i < n; i++) {
		struct buf inner = BUF_INIT;
		struct stat stat;
		buf_printf(&inner, "%s/%s", path, names[i]);
		assert_int_equal(os_stat(AT_FDCWD, inner.p, &stat, &err), 0);
		buf_printf(out, "(%s %o ", names[i], (unsigned)stat.st_mode);
		if (S_ISDIR(stat.st_mode)) {
			describe_tree(inner.p, out);
		} else {
			struct buf content = BUF_INIT;
			assert_int_equal(os_read_file(AT_FDCWD, inner.p, 1 << 20, &content, &err), 0);
			buf_printf(out, "%u ", (unsigned)stat.st_nlink);
			buf_hex(out, content.p, content.n);
			buf_release(&content);
		}
		buf_text(out, ")\n");
		buf_release(&inner);
		free(names[i]);
	}
}

void assert_same_tree(const char *expected_text, const char *path)
{
	struct buf text = BUF_INIT;

	buf_text(&text, "");
	describe_tree(path, &text);
	assert_string_equal(expected_text, text.p != NULL ? text.p : "");
	buf_release(&text);
}
