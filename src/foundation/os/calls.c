/* The table of system calls: the kernel's own behind it until a test puts others there. */
#include "internal.h"

#include <stdio.h>
#include <sys/file.h>
#include <time.h>

static int real_openat(int dir, const char *path, int flags, mode_t mode)
{
	return openat(dir, path, flags, mode);
}

static ssize_t real_copy_range(int in, off_t *in_offset, int out, off_t *out_offset, size_t n)
{
	return copy_file_range(in, in_offset, out, out_offset, n, 0);
}

static int64_t real_now(void)
{
	return (int64_t)time(NULL);
}

const struct os_calls os_real = {
	.openat = real_openat,
	.close = close,
	.read = read,
	.pread = pread,
	.write = write,
	.writev = writev,
	.pwrite = pwrite,
	.copy_range = real_copy_range,
	.ftruncate = ftruncate,
	.fsync = fsync,
	.fdatasync = fdatasync,
	.syncfs = syncfs,
	.fstatat = fstatat,
	.mkdirat = mkdirat,
	.renameat2 = renameat2,
	.linkat = linkat,
	.unlinkat = unlinkat,
	.flock = flock,
	.getdents = getdents64,
	.now = real_now,
};

const struct os_calls *os_calls = &os_real;

int64_t os_now(void)
{
	return os_calls->now();
}

int os_failed(struct err *err, const char *doing, const char *path)
{
	int sys = errno;

	if (sys == ELOOP) {
		err_set(err, ERR_SYSTEM, "cannot %s %s: a symbolic link stands there, and those are not followed", doing, path);
		if (err != NULL)
			err->sys = sys;
		errno = sys;
		return -1;
	}
	err_sys(err, "cannot %s %s", doing, path);
	if (err != NULL && sys == ENOENT)
		err->code = ERR_NOT_FOUND;
	if (err != NULL && sys == EEXIST)
		err->code = ERR_EXISTS;
	return -1;
}
