/* The power-loss simulator, recording: every change made through the table below one folder. */
#include "power.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The table's functions are given no context: one recording at a time, and the lock orders what threads do. */
static struct power *recording;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void power_broken(const char *what, const char *path)
{
	fprintf(stderr, "power-loss simulator: %s %s: %s\n", what, path, strerror(errno));
	abort();
}

/* ---- what was done -------------------------------------------------------------------------------------------- */

/* Where a path leads, as long as that is below the root: the folder's node and the last name. */
static bool resolve(struct power *power, int dir, const char *path, struct link *out)
{
	struct stat stat;
	size_t n = strlen(path);
	char parent[4200];

	while (n > 1 && path[n - 1] == '/')
		n--;
	const char *slash = n > 0 ? memrchr(path, '/', n) : NULL;
	const char *name = slash != NULL ? slash + 1 : path;
	size_t parent_n = slash == NULL ? 0 : slash == path ? 1 : (size_t)(slash - path);
	if (parent_n >= sizeof(parent))
		return false;
	memcpy(parent, path, parent_n);
	parent[parent_n] = '\0';
	if (parent_n == 0 && dir == AT_FDCWD)
		strcat(parent, ".");
	if (fstatat(dir, parent, &stat, AT_EMPTY_PATH) != 0)
		return false;
	uint32_t node = node_of(power, &stat);
	if (node == NO_NODE)
		return false;
	*out = (struct link){.dir = node, .name = name_number(power, name, (size_t)(path + n - name)), .node = NO_NODE};
	return true;
}

static void append_path(const struct power *power, const struct links *links, uint32_t dir, struct buf *out, unsigned depth)
{
	for (size_t i = 0; dir != 0 && depth < 100 && i < links->n; i++)
		if (links->all[i].node == dir) {
			append_path(power, links, links->all[i].dir, out, depth + 1);
			buf_text(out, power->names[links->all[i].name]);
			buf_char(out, '/');
			return;
		}
}

static struct op *add_op(struct power *power, enum op_kind kind, uint32_t node, const char *call)
{
	struct buf text = BUF_INIT;

	if (power->op_count == power->op_cap) {
		power->op_cap = power->op_cap == 0 ? 1024 : power->op_cap * 2;
		power->ops = mem_grow(power->ops, power->op_cap, sizeof(*power->ops));
	}
	struct op *op = &power->ops[power->op_count++];
	*op = (struct op){.kind = kind, .node = node};
	buf_printf(&text, "%s ", call);
	if (!is_name_op(kind) && kind != OP_SYNCFS && node != NO_NODE) {
		size_t start = text.n;
		append_path(power, &power->live, node, &text, 0);
		if (text.n == start)
			buf_text(&text, node == 0 ? "." : "(without a name)");
	}
	op->text = text.p;
	return op;
}

static void add_name_op(struct power *power, enum op_kind kind, uint32_t node, const char *call, const struct link *from,
	const struct link *to, uint32_t other)
{
	struct op *op = add_op(power, kind, node, call);
	struct buf text = {.p = op->text, .n = strlen(op->text), .cap = strlen(op->text)};

	op->other = other;
	if (from != NULL) {
		op->from = *from;
		append_path(power, &power->live, from->dir, &text, 0);
		buf_text(&text, power->names[from->name]);
	}
	if (from != NULL && to != NULL)
		buf_text(&text, " -> ");
	if (to != NULL) {
		op->to = *to;
		append_path(power, &power->live, to->dir, &text, 0);
		buf_text(&text, power->names[to->name]);
	}
	op->text = text.p;
	links_apply(&power->live, power, op);
}

static void add_write(struct power *power, enum op_kind kind, uint32_t node, uint64_t offset, char *bytes, size_t n)
{
	uint32_t index = (uint32_t)power->op_count;
	struct op *op = add_op(power, kind, node, kind == OP_WRITE ? "write" : "truncate");
	struct node *file = &power->nodes[node];

	op->offset = offset;
	op->bytes = bytes;
	op->n = n;
	if (file->write_count == file->write_cap) {
		file->write_cap = file->write_cap == 0 ? 4 : file->write_cap * 2;
		file->writes = mem_grow(file->writes, file->write_cap, sizeof(*file->writes));
	}
	file->writes[file->write_count++] = index;
}

/* ---- the table ------------------------------------------------------------------------------------------------ */

static uint32_t node_of_fd(struct power *power, int fd)
{
	struct stat stat;

	return fstat(fd, &stat) == 0 ? node_of(power, &stat) : NO_NODE;
}

static int record_openat(int dir, const char *path, int flags, mode_t mode)
{
	struct power *power = recording;
	struct link to;
	struct stat stat;

	if ((flags & (O_CREAT | O_TRUNC)) == 0 && (flags & O_TMPFILE) != O_TMPFILE)
		return power->below->openat(dir, path, flags, mode);
	pthread_mutex_lock(&lock);
	bool unnamed = (flags & O_TMPFILE) == O_TMPFILE, below = false, there = false;
	if (unnamed)
		below = fstatat(dir, path, &stat, AT_EMPTY_PATH) == 0 && node_of(power, &stat) != NO_NODE;
	else if ((below = resolve(power, dir, path, &to)))
		there = fstatat(dir, path, &stat, 0) == 0;
	int fd = power->below->openat(dir, path, flags, mode), sys = errno;
	if (fd >= 0 && below && fstat(fd, &stat) == 0) {
		if (unnamed) {
			new_node(power, &stat);
		} else if (!there) {
			add_name_op(power, OP_LINK, new_node(power, &stat), "create", NULL, &to, NO_NODE);
		} else if ((flags & O_TRUNC) != 0) {
			uint32_t node = node_of(power, &stat);
			if (node != NO_NODE)
				add_write(power, OP_TRUNCATE, node, 0, NULL, 0);
		}
	}
	pthread_mutex_unlock(&lock);
	errno = sys;
	return fd;
}

/* What was just written, gathered; the offset follows from where the descriptor stands. */
static void wrote(struct power *power, int fd, const struct iovec *parts, int count, size_t n, off_t offset)
{
	uint32_t node = node_of_fd(power, fd);
	char *bytes;
	size_t at = 0;

	if (node == NO_NODE || n == 0)
		return;
	bytes = mem_alloc(n);
	for (int i = 0; i < count && at < n; i++) {
		size_t part = parts[i].iov_len < n - at ? parts[i].iov_len : n - at;
		memcpy(bytes + at, parts[i].iov_base, part);
		at += part;
	}
	add_write(power, OP_WRITE, node, (uint64_t)offset, bytes, n);
}

static ssize_t record_writev(int fd, const struct iovec *parts, int count)
{
	pthread_mutex_lock(&lock);
	ssize_t n = recording->below->writev(fd, parts, count);
	int sys = errno;
	if (n > 0)
		wrote(recording, fd, parts, count, (size_t)n, lseek(fd, 0, SEEK_CUR) - n);
	pthread_mutex_unlock(&lock);
	errno = sys;
	return n;
}

static ssize_t record_write(int fd, const void *bytes, size_t n)
{
	struct iovec part = {.iov_len = n};

	memcpy(&part.iov_base, &bytes, sizeof(bytes)); /* only read */
	pthread_mutex_lock(&lock);
	ssize_t done = recording->below->write(fd, bytes, n);
	int sys = errno;
	if (done > 0)
		wrote(recording, fd, &part, 1, (size_t)done, lseek(fd, 0, SEEK_CUR) - done);
	pthread_mutex_unlock(&lock);
	errno = sys;
	return done;
}

static ssize_t record_pwrite(int fd, const void *bytes, size_t n, off_t offset)
{
	struct iovec part = {.iov_len = n};

	memcpy(&part.iov_base, &bytes, sizeof(bytes)); /* only read */
	pthread_mutex_lock(&lock);
	ssize_t done = recording->below->pwrite(fd, bytes, n, offset);
	int sys = errno;
	/* Linux appends whatever the offset says when the descriptor was opened so. */
	struct stat stat;
	if (done > 0 && (fcntl(fd, F_GETFL) & O_APPEND) != 0 && fstat(fd, &stat) == 0)
		offset = stat.st_size - done;
	if (done > 0)
		wrote(recording, fd, &part, 1, (size_t)done, offset);
	pthread_mutex_unlock(&lock);
	errno = sys;
	return done;
}

static ssize_t record_copy_range(int in, off_t *in_offset, int out, off_t *out_offset, size_t n)
{
	pthread_mutex_lock(&lock);
	off_t from = in_offset != NULL ? *in_offset : lseek(in, 0, SEEK_CUR);
	off_t to = out_offset != NULL ? *out_offset : lseek(out, 0, SEEK_CUR);
	ssize_t done = recording->below->copy_range(in, in_offset, out, out_offset, n);
	int sys = errno;
	uint32_t node = done > 0 ? node_of_fd(recording, out) : NO_NODE;
	if (node != NO_NODE) {
		char *bytes = mem_alloc((size_t)done);
		if (pread(in, bytes, (size_t)done, from) != done)
			power_broken("reading again what was copied", "");
		add_write(recording, OP_WRITE, node, (uint64_t)to, bytes, (size_t)done);
	}
	pthread_mutex_unlock(&lock);
	errno = sys;
	return done;
}

static int record_ftruncate(int fd, off_t size)
{
	pthread_mutex_lock(&lock);
	int result = recording->below->ftruncate(fd, size), sys = errno;
	uint32_t node = result == 0 ? node_of_fd(recording, fd) : NO_NODE;
	if (node != NO_NODE)
		add_write(recording, OP_TRUNCATE, node, (uint64_t)size, NULL, 0);
	pthread_mutex_unlock(&lock);
	errno = sys;
	return result;
}

/* Recorded; -1 with EIO if it is the one that is to fail. */
static int add_sync(struct power *power, enum op_kind kind, uint32_t node, const char *call)
{
	bool fails = ++power->syncs == power->fail_sync;

	add_op(power, fails ? OP_FAILED_SYNC : kind, fails && kind == OP_SYNCFS ? NO_NODE : node, call);
	if (!fails)
		return 0;
	errno = EIO;
	return -1;
}

static int record_fsync(int fd)
{
	int result = 0, sys;

	pthread_mutex_lock(&lock);
	uint32_t node = node_of_fd(recording, fd);
	if (node != NO_NODE)
		result = add_sync(recording, OP_FSYNC, node, "fsync");
	sys = errno;
	pthread_mutex_unlock(&lock);
	errno = sys;
	return node != NO_NODE ? result : recording->below->fsync(fd);
}

/* Data and size: all that the simulator has of a file. */
static int record_fdatasync(int fd)
{
	return record_fsync(fd);
}

static int record_syncfs(int fd)
{
	struct stat stat;
	int result = 0, sys;

	pthread_mutex_lock(&lock);
	bool ours = fstat(fd, &stat) == 0 && stat.st_dev == recording->device;
	if (ours)
		result = add_sync(recording, OP_SYNCFS, 0, "syncfs");
	sys = errno;
	pthread_mutex_unlock(&lock);
	errno = sys;
	return ours ? result : recording->below->syncfs(fd);
}

void power_fail_sync(struct power *power, size_t n)
{
	power->fail_sync = n;
}

size_t power_syncs(const struct power *power)
{
	pthread_mutex_lock(&lock);
	size_t n = power->syncs;
	pthread_mutex_unlock(&lock);
	return n;
}

static int record_mkdirat(int dir, const char *path, mode_t mode)
{
	struct link to;
	struct stat stat;

	pthread_mutex_lock(&lock);
	bool below = resolve(recording, dir, path, &to);
	int result = recording->below->mkdirat(dir, path, mode), sys = errno;
	if (result == 0 && below && fstatat(dir, path, &stat, AT_SYMLINK_NOFOLLOW) == 0)
		add_name_op(recording, OP_LINK, new_node(recording, &stat), "mkdirat", NULL, &to, NO_NODE);
	pthread_mutex_unlock(&lock);
	errno = sys;
	return result;
}

static int record_renameat2(int from_dir, const char *from_path, int to_dir, const char *to_path, unsigned flags)
{
	struct power *power = recording;
	struct link from, to;
	struct stat stat;

	pthread_mutex_lock(&lock);
	bool from_below = resolve(power, from_dir, from_path, &from), to_below = resolve(power, to_dir, to_path, &to);
	int result = power->below->renameat2(from_dir, from_path, to_dir, to_path, flags), sys = errno;
	if (result == 0 && (from_below || to_below)) {
		uint32_t node = from_below ? links_node(&power->live, from.dir, from.name) : NO_NODE;
		uint32_t other = to_below ? links_node(&power->live, to.dir, to.name) : NO_NODE;
		if (from_below != to_below)
			power_broken("renamed into or out of the recorded folder, which is not simulated:", to_path);
		if ((flags & RENAME_EXCHANGE) != 0 && node != NO_NODE && other != NO_NODE)
			add_name_op(power, OP_EXCHANGE, node, "exchange", &from, &to, other);
		else if (node != NO_NODE && node != other)
			add_name_op(power, OP_RENAME, node, "renameat2", &from, &to, NO_NODE);
		else if (node == NO_NODE && fstatat(to_dir, to_path, &stat, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(stat.st_mode))
			power_broken("renamed a file that was not made through os_calls, which is not simulated:", to_path);
	}
	pthread_mutex_unlock(&lock);
	errno = sys;
	return result;
}

static int record_linkat(int from_dir, const char *from, int to_dir, const char *path, int flags)
{
	struct power *power = recording;
	struct link to;
	struct stat stat;

	pthread_mutex_lock(&lock);
	bool below = resolve(power, to_dir, path, &to);
	int result = power->below->linkat(from_dir, from, to_dir, path, flags), sys = errno;
	if (result == 0 && below && fstatat(to_dir, path, &stat, AT_SYMLINK_NOFOLLOW) == 0) {
		uint32_t node = node_of(power, &stat);
		if (node == NO_NODE)
			power_broken("linked from outside the recorded folder, which is not simulated:", path);
		if (stat.st_nlink > 1)
			power->nodes[node].hard_linked = true;
		add_name_op(power, OP_LINK, node, "linkat", NULL, &to, NO_NODE);
	}
	pthread_mutex_unlock(&lock);
	errno = sys;
	return result;
}

static int record_unlinkat(int dir, const char *path, int flags)
{
	struct power *power = recording;
	struct link from;

	pthread_mutex_lock(&lock);
	bool below = resolve(power, dir, path, &from);
	int result = power->below->unlinkat(dir, path, flags), sys = errno;
	uint32_t node = result == 0 && below ? links_node(&power->live, from.dir, from.name) : NO_NODE;
	if (node != NO_NODE)
		add_name_op(power, OP_UNLINK, node, (flags & AT_REMOVEDIR) != 0 ? "rmdir" : "unlinkat", &from, NULL, NO_NODE);
	pthread_mutex_unlock(&lock);
	errno = sys;
	return result;
}

/* ---- beginning and end ---------------------------------------------------------------------------------------- */

struct power *power_start(const char *root)
{
	static struct os_calls table;
	struct power *power = mem_alloc(sizeof(*power));
	struct err err = ERR_INIT;
	struct os_dir *list;
	struct stat stat;

	memset(power->buckets, 0xff, sizeof(power->buckets)); /* NO_NODE everywhere */
	if (os_dir_open(&list, AT_FDCWD, root, &err) != 0 || fstat(os_dir_fd(list), &stat) != 0)
		power_broken("opening", root);
	power->device = stat.st_dev;
	load_folder(power, new_node(power, &stat), list);
	links_copy(&power->live, &power->base);
	power->certain.model = POWER_NOTHING_LOST;
	power->below = os_calls;
	recording = power;
	table = *os_calls;
	table.openat = record_openat;
	table.write = record_write;
	table.writev = record_writev;
	table.pwrite = record_pwrite;
	table.copy_range = record_copy_range;
	table.ftruncate = record_ftruncate;
	table.fsync = record_fsync;
	table.fdatasync = record_fdatasync;
	table.syncfs = record_syncfs;
	table.mkdirat = record_mkdirat;
	table.renameat2 = record_renameat2;
	table.linkat = record_linkat;
	table.unlinkat = record_unlinkat;
	os_calls = &table;
	return power;
}

void power_stop(struct power *power)
{
	os_calls = power->below;
	recording = NULL;
}

size_t power_calls(const struct power *power)
{
	pthread_mutex_lock(&lock);
	size_t n = power->op_count;
	pthread_mutex_unlock(&lock);
	return n;
}

void power_describe(const struct power *power, size_t k, struct buf *out)
{
	buf_text(out, power->ops[k - 1].text);
}

bool power_is_sync(const struct power *power, size_t k)
{
	return power->ops[k - 1].kind >= OP_FSYNC;
}
