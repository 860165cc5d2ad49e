/* Names: making and removing folders, renaming, unlinking, asking. */
#include "internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool os_path_inside(struct str path)
{
	if (path.n == 0 || memchr(path.p, '\0', path.n) != NULL)
		return false;
	for (size_t start = 0, at = 0; at <= path.n; at++) {
		if (at < path.n && path.p[at] != '/')
			continue;
		struct str element = {path.p + start, at - start};
		if (element.n == 0 || str_equal(element, STR(".")) || str_equal(element, STR("..")))
			return false;
		start = at + 1;
	}
	return true;
}

/* After EEXIST: 0 if a folder stands there. */
static int folder_there(int dir, const char *path, struct err *err)
{
	struct stat stat;

	if (AGAIN(fstatat(dir, path, &stat, AT_SYMLINK_NOFOLLOW)) != 0)
		return os_failed(err, "examine", path);
	if (S_ISDIR(stat.st_mode))
		return 0;
	return err_set(err, ERR_EXISTS, "cannot make the folder %s: something that is no folder has its name", path);
}

int os_mkdir(int dir, const char *path, struct err *err)
{
	if (AGAIN(mkdirat(dir, path, 0755)) == 0)
		return 0;
	return errno == EEXIST ? folder_there(dir, path, err) : os_failed(err, "make the folder", path);
}

int os_mkdirs(int dir, const char *path, struct err *err)
{
	char *copy = mem_dup(str_from(path));
	size_t n = strlen(copy), whole;
	int result = -1;

	while (n > 1 && copy[n - 1] == '/')
		copy[--n] = '\0';
	whole = n;
	/* Up, until a folder could be made or is there; then down again. The NULs set on the way up mark where to go on. */
	for (;;) {
		if (AGAIN(mkdirat(dir, copy, 0755)) == 0)
			break;
		if (errno == EEXIST) {
			if (folder_there(dir, copy, err) != 0)
				goto out;
			break;
		}
		char *slash = errno == ENOENT ? memrchr(copy, '/', strlen(copy)) : NULL;
		while (slash != NULL && slash > copy && slash[-1] == '/')
			slash--;
		if (slash == NULL || slash == copy) {
			os_failed(err, "make the folder", path);
			goto out;
		}
		*slash = '\0';
	}
	while ((n = strlen(copy)) < whole) {
		copy[n] = '/';
		if (os_mkdir(dir, copy, err) != 0)
			goto out;
	}
	result = 0;
out:
	free(copy);
	return result;
}

/* No name of a path of two is worth more than the other: both are told. */
static int rename_failed(struct err *err, const char *doing, const char *from, const char *to)
{
	int sys = errno;

	err_sys(err, "cannot %s %s to %s", doing, from, to);
	if (err != NULL && sys == ENOENT)
		err->code = ERR_NOT_FOUND;
	if (err != NULL && (sys == EEXIST || sys == ENOTEMPTY))
		err->code = ERR_EXISTS;
	return -1;
}

int os_rename(int from_dir, const char *from, int to_dir, const char *to, struct err *err)
{
	struct stat stat;

	if (AGAIN(renameat2(from_dir, from, to_dir, to, RENAME_NOREPLACE)) == 0)
		return 0;
	if (errno != EINVAL)
		return rename_failed(err, "rename", from, to);
	/* Some network file systems do not know the flag. The archive's lock keeps other writers away between the two calls. */
	if (AGAIN(fstatat(to_dir, to, &stat, AT_SYMLINK_NOFOLLOW)) == 0) {
		errno = EEXIST;
		return rename_failed(err, "rename", from, to);
	}
	if (errno != ENOENT)
		return os_failed(err, "examine", to);
	return os_rename_over(from_dir, from, to_dir, to, err);
}

int os_rename_over(int from_dir, const char *from, int to_dir, const char *to, struct err *err)
{
	if (AGAIN(renameat2(from_dir, from, to_dir, to, 0)) == 0)
		return 0;
	return rename_failed(err, "rename", from, to);
}

int os_exchange(int one_dir, const char *one, int other_dir, const char *other, struct err *err)
{
	if (AGAIN(renameat2(one_dir, one, other_dir, other, RENAME_EXCHANGE)) == 0)
		return 0;
	return rename_failed(err, "exchange", one, other);
}

int os_link(int from_dir, const char *from, int to_dir, const char *to, struct err *err)
{
	if (AGAIN(linkat(from_dir, from, to_dir, to, 0)) == 0)
		return 0;
	return rename_failed(err, "link", from, to);
}

int os_unlink(int dir, const char *path, struct err *err)
{
	if (AGAIN(unlinkat(dir, path, 0)) == 0 || errno == ENOENT)
		return 0;
	return os_failed(err, "remove", path);
}

int os_rmdir(int dir, const char *path, struct err *err)
{
	if (AGAIN(unlinkat(dir, path, AT_REMOVEDIR)) == 0 || errno == ENOENT)
		return 0;
	return os_failed(err, "remove the folder", path);
}

int os_stat(int dir, const char *path, struct stat *stat, struct err *err)
{
	if (AGAIN(fstatat(dir, path, stat, AT_SYMLINK_NOFOLLOW)) == 0)
		return 0;
	return os_failed(err, "examine", path);
}

int os_stat_fd(int fd, const char *path, struct stat *stat, struct err *err)
{
	if (AGAIN(fstatat(fd, "", stat, AT_EMPTY_PATH)) == 0)
		return 0;
	return os_failed(err, "examine", path);
}

int os_exists(int dir, const char *path, struct err *err)
{
	struct stat stat;

	if (AGAIN(fstatat(dir, path, &stat, AT_SYMLINK_NOFOLLOW)) == 0)
		return 1;
	return errno == ENOENT || errno == ENOTDIR ? 0 : os_failed(err, "examine", path);
}
