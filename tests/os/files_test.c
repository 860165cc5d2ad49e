/* Files and names: what is written is read, what cannot be is named, and nothing half-written stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/os.h"

static char folder[] = "/tmp/photostat-os-XXXXXX";
static int dir = -1;

static int set_up(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir >= 0 ? 0 : -1;
}

static int tear_down(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	close(dir);
	return os_remove_tree(AT_FDCWD, folder, &err);
}

static size_t names_in(const char *path, char *last)
{
	struct err err = ERR_INIT;
	struct os_dir *list;
	struct os_name name;
	size_t n = 0;

	assert_int_equal(os_dir_open(&list, dir, path, &err), 0);
	while (os_dir_next(list, &name, &err) == 1) {
		n++;
		if (last != NULL)
			strncpy(last, name.name, 255);
	}
	os_dir_close(list);
	return n;
}

static void reads_what_was_written(void **state)
{
	struct err err = ERR_INIT;
	struct buf buf = BUF_INIT;
	static const size_t sizes[] = {0, 1, 4095, 4096, 4097, 100000, 3 << 20};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char *bytes = mem_alloc(sizes[i] + 1);
		for (size_t k = 0; k < sizes[i]; k++)
			bytes[k] = (char)(k * 31 + i);
		struct str content = {bytes, sizes[i]};
		assert_int_equal(os_write_new(dir, "file", content, 0644, &err), 0);
		buf_clear(&buf);
		buf_text(&buf, "kept ");
		assert_int_equal(os_read_file(dir, "file", sizes[i], &buf, &err), 0);
		assert_int_equal(buf.n, sizes[i] + 5);
		assert_memory_equal(buf.p, "kept ", 5);
		assert_memory_equal(buf.p + 5, bytes, sizes[i]);
		assert_int_equal(buf.p[buf.n], 0);
		if (sizes[i] > 0) {
			assert_int_equal(os_read_file(dir, "file", sizes[i] - 1, &buf, &err), -1);
			assert_int_equal(err.code, ERR_LIMIT);
			assert_int_equal(buf.n, sizes[i] + 5);
			/* a maximum of the buffer's own: exactly enough, and one too few */
			struct buf tight = {.max = sizes[i]}, tighter = {.max = sizes[i] > 1 ? sizes[i] - 1 : 1};
			assert_int_equal(os_read_file(dir, "file", SIZE_MAX, &tight, &err), 0);
			assert_true(str_equal(buf_view(&tight), content));
			if (sizes[i] > 1) {
				assert_int_equal(os_read_file(dir, "file", SIZE_MAX, &tighter, &err), -1);
				assert_int_equal(err.code, ERR_LIMIT);
				assert_null(tighter.p); /* it had no memory before */
			}
			buf_release(&tight);
		}
		assert_int_equal(os_write_new(dir, "file", content, 0644, &err), -1);
		assert_int_equal(err.code, ERR_EXISTS);
		assert_int_equal(os_unlink(dir, "file", &err), 0);
		free(bytes);
	}
	buf_release(&buf);
}

/* Files of /proc say size 0 and have content: the size is a hint only. */
static void size_is_only_a_hint(void **state)
{
	struct err err = ERR_INIT;
	struct buf buf = BUF_INIT;

	(void)state;
	assert_int_equal(os_read_file(AT_FDCWD, "/proc/self/limits", 1 << 20, &buf, &err), 0);
	assert_true(buf.n > 100);
	size_t n = buf.n;
	assert_int_equal(os_read_file(AT_FDCWD, "/proc/self/limits", n - 1, &buf, &err), -1);
	assert_int_equal(err.code, ERR_LIMIT);
	assert_int_equal(buf.n, n);
	struct buf fresh = BUF_INIT;
	assert_int_equal(os_read_file(AT_FDCWD, "/proc/self/limits", n - 1, &fresh, &err), -1);
	assert_null(fresh.p);
	buf_release(&buf);
}

static void reads_at_offsets(void **state)
{
	struct err err = ERR_INIT;
	char bytes[10];

	(void)state;
	assert_int_equal(os_write_new(dir, "at", STR("0123456789"), 0644, &err), 0);
	int fd = os_open(dir, "at", O_RDONLY, 0, &err);
	assert_true(fd >= 0);
	assert_int_equal(os_read_at(fd, bytes, 4, 3, "at", &err), 4);
	assert_memory_equal(bytes, "3456", 4);
	assert_int_equal(os_read_at(fd, bytes, 10, 8, "at", &err), 2);
	assert_int_equal(os_read_at(fd, bytes, 10, 100, "at", &err), 0);
	assert_int_equal(os_read_at(fd, bytes, 10, UINT64_MAX, "at", &err), 0);
	assert_int_equal(os_read(fd, bytes, 10, "at", &err), 10);
	assert_int_equal(os_read(fd, bytes, 10, "at", &err), 0);
	os_close(fd);
	os_close(-1);
	os_unlink(dir, "at", &err);
}

static void tells_what_went_wrong(void **state)
{
	struct err err = ERR_INIT;
	struct buf buf = BUF_INIT;
	struct stat stat;

	(void)state;
	assert_int_equal(os_open(dir, "no\nne", O_RDONLY, 0, &err), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_int_equal(err.sys, ENOENT);
	assert_string_equal(err.text, "cannot open no\\x0ane: No such file or directory");
	assert_int_equal(os_read_file(dir, "none", 1, &buf, &err), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_int_equal(os_stat(dir, "none", &stat, &err), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_int_equal(os_exists(dir, "none", &err), 0);
	assert_int_equal(os_unlink(dir, "none", &err), 0);
	assert_int_equal(os_rmdir(dir, "none", &err), 0);
	assert_int_equal(os_remove_tree(dir, "none", &err), 0);
	assert_int_equal(symlinkat("/etc/passwd", dir, "link"), 0);
	assert_int_equal(os_read_file(dir, "link", 1 << 20, &buf, &err), -1);
	assert_int_equal(err.code, ERR_SYSTEM);
	assert_int_equal(err.sys, ELOOP);
	assert_string_equal(err.text, "cannot open link: a symbolic link stands there, and those are not followed");
	assert_int_equal(os_stat(dir, "link", &stat, &err), 0);
	assert_true(S_ISLNK(stat.st_mode));
	assert_int_equal(os_exists(dir, "link", &err), 1);
	assert_int_equal(os_exists(dir, "link/x", &err), 0);
	assert_int_equal(os_replace(dir, "link", STR("own"), 0644, &err), 0); /* the link goes, its target stays */
	assert_int_equal(os_stat(dir, "link", &stat, &err), 0);
	assert_true(S_ISREG(stat.st_mode));
	/* a FIFO nobody writes to does not make the reader wait */
	assert_int_equal(mkfifoat(dir, "fifo", 0644), 0);
	assert_int_equal(os_read_file(dir, "fifo", 1, &buf, &err), -1);
	assert_int_equal(err.code, ERR_SYNTAX);
	assert_int_equal(os_read_file(dir, ".", 1, &buf, &err), -1);
	assert_int_equal(err.code, ERR_SYNTAX);
	os_unlink(dir, "fifo", &err);
	os_unlink(dir, "link", &err);
	assert_null(buf.p);
}

static void replaces(void **state)
{
	struct err err = ERR_INIT;
	struct buf buf = BUF_INIT;
	struct stat stat;
	char longest[256];

	(void)state;
	assert_int_equal(os_mkdir(dir, "sub", &err), 0);
	memset(longest, 'n', 255);
	longest[255] = '\0';
	const char *const paths[] = {"checkpoint", "sub/checkpoint", longest};
	for (size_t i = 0; i < 3; i++)
		for (int round = 0; round < 3; round++) {
			buf_clear(&buf);
			buf_printf(&buf, "content %d", round);
			assert_int_equal(os_replace(dir, paths[i], buf_view(&buf), 0600, &err), 0);
			struct buf again = BUF_INIT;
			assert_int_equal(os_read_file(dir, paths[i], 100, &again, &err), 0);
			assert_string_equal(again.p, buf.p);
			buf_release(&again);
			assert_int_equal(os_stat(dir, paths[i], &stat, &err), 0);
			assert_int_equal(stat.st_mode & 07777, 0600);
		}
	assert_int_equal(names_in("sub", NULL), 1);
	/* a leftover of a killed process with our number does not stop us, and is not published */
	buf_clear(&buf);
	buf_printf(&buf, "sub/.checkpoint.%u-0.new", (unsigned)getpid());
	assert_int_equal(os_write_new(dir, buf.p, STR("half"), 0644, &err), 0);
	assert_int_equal(os_replace(dir, "sub/checkpoint", STR("whole"), 0644, &err), 0);
	assert_true(os_is_temporary(str_from(buf.p + 4)));
	assert_int_equal(os_unlink(dir, buf.p, &err), 0);
	/* what cannot be replaced leaves nothing behind */
	assert_int_equal(os_mkdirs(dir, "sub/full/x", &err), 0);
	assert_int_equal(os_replace(dir, "sub/full", STR("x"), 0644, &err), -1);
	assert_int_equal(names_in("sub", NULL), 2);
	assert_int_equal(os_replace(dir, "nowhere/x", STR("x"), 0644, &err), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	buf_clear(&buf);
	buf_printf(&buf, "%s/absolute", folder);
	assert_int_equal(os_replace(AT_FDCWD, buf.p, STR("x"), 0644, &err), 0);
	assert_int_equal(os_exists(dir, "absolute", &err), 1);
	os_unlink(dir, "absolute", &err);
	os_unlink(dir, "checkpoint", &err);
	os_unlink(dir, longest, &err);
	assert_int_equal(os_remove_tree(dir, "sub", &err), 0);
	buf_release(&buf);
}

static void temporary_names(void **state)
{
	static const char *const yes[] = {".checkpoint.123-0.new", ".a.1-22.new", ".a.b.new.1-2.new"},
				 *const no[] = {"", ".new", "checkpoint", "checkpoint.1-2.new", ".checkpoint.1-.new",
					 ".checkpoint.-1.new", ".checkpoint1-2.new", ".checkpoint.1-2.ne", ".1-2.new", "..1-2.new",
					 ".checkpoint.1.2.new"};

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		assert_true(os_is_temporary(str_from(yes[i])));
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		assert_false(os_is_temporary(str_from(no[i])));
}

static void folders(void **state)
{
	struct err err = ERR_INIT;
	char absolute[100];

	(void)state;
	assert_int_equal(os_mkdir(dir, "a", &err), 0);
	assert_int_equal(os_mkdir(dir, "a", &err), 0);
	assert_int_equal(os_mkdir(dir, "b/c", &err), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_int_equal(os_mkdirs(dir, "a/b/c/d", &err), 0);
	assert_int_equal(os_mkdirs(dir, "a/b/c/d", &err), 0);
	assert_int_equal(os_mkdirs(dir, "a/x//y///z//", &err), 0);
	assert_int_equal(os_exists(dir, "a/x/y/z", &err), 1);
	snprintf(absolute, sizeof(absolute), "%s/p/q/r", folder);
	assert_int_equal(os_mkdirs(AT_FDCWD, absolute, &err), 0);
	assert_int_equal(os_exists(dir, "p/q/r", &err), 1);
	assert_int_equal(os_mkdirs(AT_FDCWD, "/", &err), 0);
	assert_int_equal(os_mkdirs(dir, "", &err), -1);
	assert_int_equal(os_write_new(dir, "a/file", STR(""), 0644, &err), 0);
	assert_int_equal(os_mkdir(dir, "a/file", &err), -1);
	assert_int_equal(err.code, ERR_EXISTS);
	assert_int_equal(os_mkdirs(dir, "a/file/x", &err), -1);
	assert_int_equal(os_rmdir(dir, "a", &err), -1);
	assert_int_equal(os_rmdir(dir, "a/b/c/d", &err), 0);
	assert_int_equal(os_remove_tree(dir, "a", &err), 0);
	assert_int_equal(os_remove_tree(dir, "p", &err), 0);
	assert_int_equal(names_in(".", NULL), 0);
}

static void renames(void **state)
{
	struct err err = ERR_INIT;
	struct buf buf = BUF_INIT;

	(void)state;
	os_write_new(dir, "one", STR("1"), 0644, &err);
	os_write_new(dir, "two", STR("2"), 0644, &err);
	assert_int_equal(os_rename(dir, "one", dir, "two", &err), -1);
	assert_int_equal(err.code, ERR_EXISTS);
	assert_int_equal(os_rename(dir, "none", dir, "three", &err), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_int_equal(os_rename(dir, "one", dir, "three", &err), 0);
	assert_int_equal(os_exchange(dir, "two", dir, "three", &err), 0);
	assert_int_equal(os_read_file(dir, "two", 10, &buf, &err), 0);
	assert_string_equal(buf.p, "1");
	assert_int_equal(os_exchange(dir, "two", dir, "none", &err), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_int_equal(os_rename_over(dir, "two", dir, "three", &err), 0);
	buf_clear(&buf);
	assert_int_equal(os_read_file(dir, "three", 10, &buf, &err), 0);
	assert_string_equal(buf.p, "1");
	assert_int_equal(names_in(".", NULL), 1);
	struct stat stat;
	assert_int_equal(os_link(dir, "three", dir, "four", &err), 0);
	assert_int_equal(os_link(dir, "three", dir, "four", &err), -1);
	assert_int_equal(err.code, ERR_EXISTS);
	assert_string_equal(err.text, "cannot link three to four: File exists");
	assert_int_equal(os_link(dir, "none", dir, "five", &err), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	int fd = os_open(dir, "four", O_RDONLY, 0, &err);
	assert_int_equal(os_unlink(dir, "four", &err), 0);
	assert_int_equal(os_stat_fd(fd, "four", &stat, &err), 0);
	assert_int_equal(stat.st_nlink, 1);
	assert_int_equal(stat.st_size, 1);
	os_close(fd);
	assert_int_equal(os_stat_fd(-1, "four", &stat, &err), -1);
	assert_string_equal(err.text, "cannot examine four: Bad file descriptor");
	os_unlink(dir, "three", &err);
	buf_release(&buf);
}

/* Where RENAME_NOREPLACE is unknown the promise is the same. */
static int rename_without_flags(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
	if (flags == 0)
		return renameat(from_dir, from, to_dir, to);
	errno = EINVAL;
	return -1;
}

static void renames_without_the_flag(void **state)
{
	struct os_calls calls = os_real;
	struct err err = ERR_INIT;

	(void)state;
	os_write_new(dir, "one", STR("1"), 0644, &err);
	os_write_new(dir, "two", STR("2"), 0644, &err);
	calls.renameat2 = rename_without_flags;
	os_calls = &calls;
	assert_int_equal(os_rename(dir, "one", dir, "two", &err), -1);
	assert_int_equal(err.code, ERR_EXISTS);
	assert_int_equal(os_rename(dir, "one", dir, "three", &err), 0);
	assert_int_equal(os_exchange(dir, "two", dir, "three", &err), -1);
	os_calls = &os_real;
	assert_int_equal(os_exists(dir, "three", &err), 1);
	os_unlink(dir, "two", &err);
	os_unlink(dir, "three", &err);
}

static void walks(void **state)
{
	struct err err = ERR_INIT;
	struct os_dir *list;
	struct os_name name;
	unsigned char seen[3000] = {0};
	char text[300];
	int more;

	(void)state;
	os_mkdir(dir, "many", &err);
	for (int i = 0; i < 3000; i++) {
		snprintf(text, sizeof(text), "many/%0*d", i % 7 == 0 ? 250 : 5, i);
		assert_int_equal(os_write_new(dir, text, STR(""), 0644, &err), 0);
	}
	assert_int_equal(symlinkat("nowhere", dir, "many/x-link"), 0);
	assert_int_equal(mkfifoat(dir, "many/x-fifo", 0600), 0);
	os_mkdir(dir, "many/x-folder\xff\n", &err);
	assert_int_equal(os_dir_open(&list, dir, "many", &err), 0);
	unsigned others = 0;
	while ((more = os_dir_next(list, &name, &err)) == 1) {
		struct stat stat;
		assert_int_equal(fstatat(os_dir_fd(list), name.name, &stat, AT_SYMLINK_NOFOLLOW), 0);
		assert_int_equal(stat.st_ino, name.inode);
		assert_int_equal(IFTODT(stat.st_mode), name.type);
		if (name.name[0] == 'x')
			others |= name.type == DT_LNK ? 1u : name.type == DT_FIFO ? 2u : name.type == DT_DIR ? 4u : 8u;
		else
			seen[atoi(name.name)]++;
	}
	assert_int_equal(more, 0);
	assert_int_equal(others, 7);
	for (int i = 0; i < 3000; i++)
		assert_int_equal(seen[i], 1);
	os_dir_close(list);
	assert_int_equal(os_dir_open(&list, dir, "many/00001", &err), -1);
	assert_int_equal(os_dir_open(&list, dir, "none", &err), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_int_equal(os_remove_tree(dir, "many", &err), 0);
	/* Removed while it is read: empty, not a fault. */
	assert_int_equal(os_mkdir(dir, "passing", &err), 0);
	assert_int_equal(os_dir_open(&list, dir, "passing", &err), 0);
	assert_int_equal(os_rmdir(dir, "passing", &err), 0);
	assert_int_equal(os_dir_next(list, &name, &err), 0);
	os_dir_close(list);
}

/* A file system that does not tell types is asked for them. */
static ssize_t getdents_without_types(int fd, void *bytes, size_t n)
{
	ssize_t got = getdents64(fd, bytes, n);

	for (ssize_t at = 0; at < got;) {
		struct dirent64 *entry = (struct dirent64 *)((char *)bytes + at);
		entry->d_type = DT_UNKNOWN;
		at += entry->d_reclen;
	}
	return got;
}

static void walks_without_types(void **state)
{
	struct os_calls calls = os_real;
	struct err err = ERR_INIT;
	struct os_dir *list;
	struct os_name name;

	(void)state;
	calls.getdents = getdents_without_types;
	os_calls = &calls;
	os_mkdirs(dir, "t/folder", &err);
	os_write_new(dir, "t/file", STR(""), 0644, &err);
	assert_int_equal(os_dir_open(&list, dir, "t", &err), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(os_dir_next(list, &name, &err), 1);
		assert_int_equal(name.type, name.name[1] == 'o' ? DT_DIR : DT_REG);
	}
	assert_int_equal(os_dir_next(list, &name, &err), 0);
	os_dir_close(list);
	assert_int_equal(os_remove_tree(dir, "t", &err), 0);
	os_calls = &os_real;
	assert_int_equal(os_exists(dir, "t", &err), 0);
}

/* Deeper than descriptors or paths reach; and a link out of the tree keeps its target. */
static void removes_deep_trees(void **state)
{
	struct err err = ERR_INIT;
	char name[240];

	(void)state;
	os_mkdir(dir, "outside", &err);
	os_write_new(dir, "outside/kept", STR("x"), 0644, &err);
	os_mkdir(dir, "deep", &err);
	memset(name, 'd', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	int here = os_open(dir, "deep", O_RDONLY | O_DIRECTORY, 0, &err);
	for (int i = 0; i < 300; i++) { /* 72,000 bytes of path */
		assert_int_equal(os_mkdir(here, name, &err), 0);
		assert_int_equal(os_mkdir(here, "side", &err), 0);
		assert_int_equal(os_write_new(here, "side/file", STR("x"), 0644, &err), 0);
		assert_int_equal(symlinkat("../outside", here, "link"), 0);
		int next = os_open(here, name, O_RDONLY | O_DIRECTORY, 0, &err);
		os_close(here);
		here = next;
	}
	os_close(here);
	assert_int_equal(symlinkat("outside", dir, "way"), 0);
	assert_int_equal(os_remove_tree(dir, "way", &err), 0);
	assert_int_equal(os_remove_tree(dir, "deep", &err), 0);
	assert_int_equal(os_exists(dir, "deep", &err), 0);
	assert_int_equal(os_exists(dir, "outside/kept", &err), 1);
	assert_int_equal(os_remove_tree(dir, "outside", &err), 0);
	assert_int_equal(names_in(".", NULL), 0);
}

static void paths_stay_inside(void **state)
{
	static const char *const good[] = {"a", "a/b", "...", "a/..b", ".a", "a b/\n", "\xff", "a./b.", "-"},
				 *const bad[] = {
					 "", "/", "/a", "a/", "a//b", ".", "..", "./a", "a/.", "a/..", "a/../b", "../a", "a/./b"};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(os_path_inside(str_from(good[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(os_path_inside(str_from(bad[i])));
	assert_false(os_path_inside(STR("a\0b")));
	assert_false(os_path_inside((struct str){NULL, 0}));
}

static void locks(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	os_write_new(dir, "lock", STR(""), 0644, &err);
	int one = os_open(dir, "lock", O_RDWR, 0, &err), two = os_open(dir, "lock", O_RDWR, 0, &err);
	assert_int_equal(os_lock(one, true, "lock", &err), 0);
	assert_int_equal(os_lock(two, true, "lock", &err), -1);
	assert_int_equal(err.code, ERR_CONFLICT);
	assert_int_equal(os_lock(two, false, "lock", &err), -1);
	os_close(one);
	assert_int_equal(os_lock(two, false, "lock", &err), 0);
	one = os_open(dir, "lock", O_RDWR, 0, &err);
	assert_int_equal(os_lock(one, false, "lock", &err), 0);
	assert_int_equal(os_lock(one, true, "lock", &err), -1);
	os_close(one);
	one = os_open(dir, "lock", O_RDWR, 0, &err);
	assert_int_equal(os_lock_wait(one, false, "lock", &err), 0);
	os_close(one);
	os_close(two);
	os_unlink(dir, "lock", &err);
}

/* No whole operation does a call more than it needs: small deposits are made of these. */
static unsigned call_count;
#define COUNTED(result, name, parameters, arguments)                                                                               \
	static result counted_##name parameters                                                                                    \
	{                                                                                                                          \
		call_count++;                                                                                                      \
		return os_real.name arguments;                                                                                     \
	}
COUNTED(int, openat, (int d, const char *path, int flags, mode_t mode), (d, path, flags, mode))
COUNTED(int, close, (int fd), (fd))
COUNTED(ssize_t, read, (int fd, void *bytes, size_t n), (fd, bytes, n))
COUNTED(ssize_t, write, (int fd, const void *bytes, size_t n), (fd, bytes, n))
COUNTED(int, fsync, (int fd), (fd))
COUNTED(int, syncfs, (int fd), (fd))
COUNTED(int, fstatat, (int d, const char *path, struct stat *stat, int flags), (d, path, stat, flags))
COUNTED(int, mkdirat, (int d, const char *path, mode_t mode), (d, path, mode))
COUNTED(int, renameat2, (int a, const char *from, int b, const char *to, unsigned flags), (a, from, b, to, flags))
COUNTED(int, unlinkat, (int d, const char *path, int flags), (d, path, flags))

static void no_call_too_many(void **state)
{
	struct os_calls calls = os_real;
	struct err err = ERR_INIT;
	struct buf buf = BUF_INIT;

	(void)state;
	calls.openat = counted_openat;
	calls.close = counted_close;
	calls.read = counted_read;
	calls.write = counted_write;
	calls.fsync = counted_fsync;
	calls.syncfs = counted_syncfs;
	calls.fstatat = counted_fstatat;
	calls.mkdirat = counted_mkdirat;
	calls.renameat2 = counted_renameat2;
	calls.unlinkat = counted_unlinkat;
	os_calls = &calls;
#define COSTS(calls_expected, operation)                                                                                           \
	do {                                                                                                                       \
		call_count = 0;                                                                                                    \
		assert_int_equal(operation, 0);                                                                                    \
		assert_int_equal(call_count, calls_expected);                                                                      \
	} while (0)
	COSTS(3, os_write_new(dir, "f", STR("x"), 0644, &err));
	COSTS(4, os_read_file(dir, "f", 100, &buf, &err));
	COSTS(6, os_replace(dir, "f", STR("y"), 0644, &err));
	COSTS(1, os_mkdir(dir, "d", &err));
	COSTS(8, os_replace(dir, "d/f", STR("y"), 0644, &err));
	COSTS(1, os_mkdirs(dir, "d/e", &err));
	COSTS(5, os_mkdirs(dir, "d/1/2/3", &err));
	COSTS(1, os_rename(dir, "f", dir, "g", &err));
	COSTS(1, os_fsync_dir(dir, ".", &err));
	struct os_batch *batch;
	COSTS(1, os_batch_open(&batch, dir, &err));
	if (!os_batch_per_file(batch)) {
		COSTS(0, os_batch_wrote(batch, dir, "g", &err));
		COSTS(0, os_batch_wrote_dir(batch, dir, ".", &err));
		COSTS(1, os_batch_sync(batch, &err));
	} else {
		print_message("skipped: the calls of a batch with syncfs (/tmp is no ext4, xfs or btrfs)\n");
	}
	os_batch_free(batch);
	os_calls = &os_real;
	os_unlink(dir, "g", &err);
	os_remove_tree(dir, "d", &err);
	buf_release(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_was_written),
		cmocka_unit_test(size_is_only_a_hint),
		cmocka_unit_test(reads_at_offsets),
		cmocka_unit_test(tells_what_went_wrong),
		cmocka_unit_test(replaces),
		cmocka_unit_test(temporary_names),
		cmocka_unit_test(folders),
		cmocka_unit_test(renames),
		cmocka_unit_test(renames_without_the_flag),
		cmocka_unit_test(walks),
		cmocka_unit_test(walks_without_types),
		cmocka_unit_test(removes_deep_trees),
		cmocka_unit_test(paths_stay_inside),
		cmocka_unit_test(locks),
		cmocka_unit_test(no_call_too_many),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
