/* Files: opening, whole transfers, publishing by rename. */
#include "internal.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/statvfs.h>

int os_open(int dir, const char *path, int flags, mode_t mode, struct err *err)
{
	int fd = AGAIN(openat(dir, path, flags | O_CLOEXEC | O_NOFOLLOW, mode));

	return fd >= 0 ? fd : os_failed(err, (flags & O_CREAT) != 0 ? "create" : "open", path);
}

void os_close(int fd)
{
	if (fd >= 0)
		os_calls->close(fd);
}

int os_close_written(int fd, const char *path, struct err *err)
{
	/* Linux has freed the descriptor even when close says EINTR: trying again could close another thread's file. */
	if (os_calls->close(fd) == 0 || errno == EINTR)
		return 0;
	return os_failed(err, "finish writing", path);
}

int os_write(int fd, const void *bytes, size_t n, const char *path, struct err *err)
{
	const unsigned char *from = bytes;

	while (n > 0) {
		ssize_t wrote = AGAIN(write(fd, from, n));
		if (wrote == 0)
			errno = ENOSPC; /* POSIX leaves 0 open; going round for ever would be worse than a wrong word */
		if (wrote <= 0)
			return os_failed(err, "write", path);
		from += wrote;
		n -= (size_t)wrote;
	}
	return 0;
}

int os_room(int fd, uint64_t *bytes, const char *path, struct err *err)
{
	struct statvfs there;

	/* Not in the table: it is a guess, for others write meanwhile. */
	if (fstatvfs(fd, &there) != 0)
		return os_failed(err, "ask for the room on the file system of", path);
	*bytes = there.f_bavail <= UINT64_MAX / there.f_frsize ? there.f_bavail * there.f_frsize : UINT64_MAX;
	return 0;
}

void os_write_soon(int fd, uint64_t offset, uint64_t n)
{
	/* Not in the table: it changes nothing that a program or a power cut could tell. An error of the disk is the sync's to report. */
	if (offset <= INT64_MAX && n <= INT64_MAX - offset)
		(void)sync_file_range(fd, (off_t)offset, (off_t)n, SYNC_FILE_RANGE_WRITE);
}

ssize_t os_read(int fd, void *bytes, size_t n, const char *path, struct err *err)
{
	unsigned char *to = bytes;
	size_t done = 0;

	if (n > SSIZE_MAX)
		n = SSIZE_MAX;
	while (done < n) {
		ssize_t got = AGAIN(read(fd, to + done, n - done));
		if (got < 0)
			return os_failed(err, "read", path);
		if (got == 0)
			break;
		done += (size_t)got;
	}
	return (ssize_t)done;
}

ssize_t os_read_at(int fd, void *bytes, size_t n, uint64_t offset, const char *path, struct err *err)
{
	unsigned char *to = bytes;
	size_t done = 0;

	if (n > SSIZE_MAX)
		n = SSIZE_MAX;
	while (done < n && offset + done <= INT64_MAX) {
		ssize_t got = AGAIN(pread(fd, to + done, n - done, (off_t)(offset + done)));
		if (got < 0)
			return os_failed(err, "read", path);
		if (got == 0)
			break;
		done += (size_t)got;
	}
	return (ssize_t)done;
}

int os_write_at(int fd, const void *bytes, size_t n, uint64_t offset, const char *path, struct err *err)
{
	const unsigned char *from = bytes;
	size_t done = 0;

	while (done < n) {
		ssize_t put = AGAIN(pwrite(fd, from + done, n - done, (off_t)(offset + done)));
		if (put < 0)
			return os_failed(err, "write", path);
		done += (size_t)put;
	}
	return 0;
}

int os_truncate(int fd, uint64_t size, const char *path, struct err *err)
{
	return AGAIN(ftruncate(fd, (off_t)size)) == 0 ? 0 : os_failed(err, "cut", path);
}

/* Everything from fd's position to the end of the file; `expected` is what stat said, a hint. */
static int read_rest(int fd, size_t expected, size_t max, struct buf *out, const char *path, struct err *err)
{
	size_t start = out->n;

	for (;;) {
		/* One byte more than expected is asked for: a read that stops short of it has met the end, without a second call. */
		size_t have = out->n - start, step = have < expected ? expected - have : 4096;
		char last, *room = &last;
		bool probing = out->max != 0 && out->n == out->max;
		if (probing) {
			step = 1;
		} else {
			if (out->max == 0 || step < out->max - out->n)
				step++;
			room = buf_reserve(out, step);
			if (room == NULL)
				return buf_check(out, path, err);
		}
		ssize_t got = AGAIN(read(fd, room, step));
		if (got < 0)
			return os_failed(err, "read", path);
		if (probing && got > 0)
			return err_set(err, ERR_LIMIT, "%s: larger than the %zu bytes allowed", path, out->max - start);
		if (!probing) {
			out->n += (size_t)got;
			out->p[out->n] = '\0';
		}
		have = out->n - start;
		if (have > max)
			return err_set(err, ERR_LIMIT, "%s: larger than the %zu bytes allowed", path, max);
		if (got == 0 || (have == expected && (size_t)got < step))
			return 0;
	}
}

int os_read_file(int dir, const char *path, size_t max, struct buf *out, struct err *err)
{
	struct stat stat;
	size_t start = out->n;
	bool had = out->p != NULL;
	int result = -1;
	/* A FIFO put in a file's place must not make us wait for its writer. */
	int fd = os_open(dir, path, O_RDONLY | O_NONBLOCK, 0, err);

	if (fd < 0)
		return -1;
	if (os_stat_fd(fd, path, &stat, err) != 0)
		goto out;
	if (!S_ISREG(stat.st_mode)) {
		err_set(err, ERR_SYNTAX, "%s: not a regular file", path);
		goto out;
	}
	if ((uint64_t)stat.st_size > max) {
		err_set(err, ERR_LIMIT, "%s: larger than the %zu bytes allowed", path, max);
		goto out;
	}
	result = read_rest(fd, (size_t)stat.st_size, max, out, path, err);
out:
	if (result != 0 && !had) {
		buf_release(out); /* so nobody has to free what a failed read left */
	} else if (result != 0) {
		out->n = start;
		out->p[start] = '\0';
	}
	os_close(fd);
	return result;
}

int os_write_new(int dir, const char *path, struct str content, mode_t mode, struct err *err)
{
	int fd = os_open(dir, path, O_WRONLY | O_CREAT | O_EXCL, mode, err);

	if (fd < 0)
		return -1;
	int result = os_write(fd, content.p, content.n, path, err);
	if (os_close_written(fd, path, result == 0 ? err : NULL) != 0)
		result = -1;
	if (result != 0)
		AGAIN(unlinkat(dir, path, 0)); /* half a file is worse than none; the first error is the one to tell */
	return result;
}

void os_temporary_name(char out[TEMPORARY_NAME], const char *base, unsigned attempt)
{
	/* 1 + 220 + 1 + 10 + 1 + 10 + 4 bytes at most: a name of 255 still has a temporary one. */
	snprintf(out, TEMPORARY_NAME, ".%.220s.%u-%u.new", base, (unsigned)getpid(), attempt);
}

int os_resolve(const char *path, struct buf *out, struct err *err)
{
	char *real = realpath(path, NULL);

	if (real == NULL)
		return os_failed(err, "open", path);
	buf_text(out, real);
	free(real);
	return 0;
}

bool os_is_temporary(struct str name)
{
	size_t at = name.n;

	if (name.n < 9 || name.p[0] != '.' || !str_ends(name, STR(".new")))
		return false;
	at -= 4;
	for (int part = 0; part < 2; part++) {
		size_t digits = 0;
		while (at > 1 && name.p[at - 1] >= '0' && name.p[at - 1] <= '9') {
			at--;
			digits++;
		}
		if (digits == 0 || at <= 2 || name.p[--at] != (part == 0 ? '-' : '.'))
			return false;
	}
	return true;
}

/* os_replace once the folder is open; `base` is a plain name in it, `path` what the caller calls it. */
static int replace_in(int folder, const char *base, const char *path, struct str content, mode_t mode, struct err *err)
{
	char temporary[TEMPORARY_NAME];
	int fd = -1, result;

	for (unsigned attempt = 0; fd < 0; attempt++) {
		os_temporary_name(temporary, base, attempt);
		fd = AGAIN(openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
		if (fd < 0 && (errno != EEXIST || attempt >= TEMPORARY_ATTEMPTS))
			return os_failed(err, "write a new", path);
	}
	result = os_write(fd, content.p, content.n, path, err);
	if (result == 0)
		result = os_fsync(fd, path, err);
	if (os_close_written(fd, path, result == 0 ? err : NULL) != 0)
		result = -1;
	if (result == 0 && AGAIN(renameat2(folder, temporary, folder, base, 0)) != 0)
		result = os_failed(err, "replace", path);
	if (result != 0) {
		AGAIN(unlinkat(folder, temporary, 0));
		return -1;
	}
	return os_fsync(folder, path, err);
}

int os_replace(int dir, const char *path, struct str content, mode_t mode, struct err *err)
{
	const char *slash = strrchr(path, '/');
	char *parent = NULL;
	int folder = dir, result = -1;

	if (slash != NULL)
		parent = mem_dup((struct str){path, slash == path ? 1 : (size_t)(slash - path)});
	else if (dir == AT_FDCWD)
		parent = mem_dup(STR("."));
	if (parent != NULL && (folder = os_open(dir, parent, O_RDONLY | O_DIRECTORY, 0, err)) < 0)
		goto out;
	result = replace_in(folder, slash != NULL ? slash + 1 : path, path, content, mode, err);
out:
	if (parent != NULL)
		os_close(folder);
	free(parent);
	return result;
}

int os_fsync(int fd, const char *path, struct err *err)
{
	return AGAIN(fsync(fd)) == 0 ? 0 : os_failed(err, "make durable", path);
}

int os_fdatasync(int fd, const char *path, struct err *err)
{
	return AGAIN(fdatasync(fd)) == 0 ? 0 : os_failed(err, "make durable", path);
}

int os_lock(int fd, bool exclusive, const char *path, struct err *err)
{
	if (AGAIN(flock(fd, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB)) == 0)
		return 0;
	if (errno == EWOULDBLOCK)
		return err_set(err, ERR_CONFLICT, "%s: locked by another process", path);
	return os_failed(err, "lock", path);
}

int os_lock_wait(int fd, bool exclusive, const char *path, struct err *err)
{
	int operation = exclusive ? LOCK_EX : LOCK_SH;

	if (AGAIN(flock(fd, operation | LOCK_NB)) == 0)
		return 0;
	/* Asked for without AGAIN: a signal is a reason to stop waiting. */
	while (errno == EINTR || errno == EWOULDBLOCK) {
		if (os_check_interrupted(err) != 0)
			return err_note(err, "%s: waiting for another process", path);
		if (os_calls->flock(fd, operation) == 0)
			return 0;
	}
	return os_failed(err, "lock", path);
}

int os_fsync_dir(int dir, const char *path, struct err *err)
{
	/* A folder's own descriptor will do; only the working directory and other folders need one. */
	if (dir != AT_FDCWD && path[0] == '.' && path[1] == '\0')
		return os_fsync(dir, path, err);
	int fd = os_open(dir, path, O_RDONLY | O_DIRECTORY, 0, err);
	if (fd < 0)
		return -1;
	int result = os_fsync(fd, path, err);
	os_close(fd);
	return result;
}

/* 1 if done, 0 if the folder may not be read. */
static int fsync_parent(const char *path, struct err *err)
{
	struct err why = ERR_INIT;
	int result, fd = os_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0, &why);

	if (fd < 0 && (why.sys == EACCES || why.sys == EPERM))
		return 0;
	result = fd < 0 ? -1 : os_fsync(fd, path, &why);
	os_close(fd);
	if (result != 0 && err != NULL)
		*err = why;
	return result == 0 ? 1 : -1;
}

int os_fsync_parents(const char *path, struct err *err)
{
	struct stat below, stat;
	struct buf real = BUF_INIT;
	bool all = true;
	int got, result = -1;
	char *slash;

	if (os_resolve(path, &real, err) != 0 || os_stat(AT_FDCWD, real.p, &below, err) != 0)
		goto out;
	while (real.p[1] != '\0' && (slash = strrchr(real.p, '/')) != NULL) {
		slash[slash == real.p ? 1 : 0] = '\0';
		if (os_stat(AT_FDCWD, real.p, &stat, err) != 0)
			goto out;
		if (stat.st_dev != below.st_dev)
			break; /* what is below is where a file system is mounted, and that stands elsewhere */
		got = fsync_parent(real.p, err);
		if (got < 0)
			goto out;
		all = all && got > 0;
	}
	if (!all) {
		int fd = os_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0, err);

		if (fd < 0)
			goto out;
		result = AGAIN(syncfs(fd)) == 0 ? 0 : os_failed(err, "make durable", path);
		os_close(fd);
		goto out;
	}
	result = 0;
out:
	buf_release(&real);
	return result;
}
