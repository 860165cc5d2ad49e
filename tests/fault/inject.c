/* The injector: counts calls and lets the chosen ones fail. */
#include "fault.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TRACE 24u

struct traced {
	uint64_t number; /* 0: not counted */
	const char *name;
	char path[104];
	long result;
	int sys;
	bool faulted;
};

static const char *const names[FAULT_KINDS] = {"openat", "close", "read", "pread", "write", "writev", "pwrite", "copy_range",
	"ftruncate", "fsync", "fdatasync", "syncfs", "fstatat", "mkdirat", "renameat2", "linkat", "unlinkat", "flock", "getdents"};

/* The table's functions are given no context: there can be one injector only, and it lives here. */
static struct {
	pthread_mutex_t lock;
	const struct os_calls *below;
	struct fault_plan plan;
	uint64_t calls;
	bool happened, full;
	struct traced trace[TRACE];
	size_t traced;
} injector = {.lock = PTHREAD_MUTEX_INITIALIZER};

enum verdict { PASS, FAIL, FAIL_DONE, HALF };

#define MAKES_ROOM_WANTED                                                                                                          \
	(FAULT_BIT(FAULT_WRITE) | FAULT_BIT(FAULT_WRITEV) | FAULT_BIT(FAULT_PWRITE) | FAULT_BIT(FAULT_COPY_RANGE) |                \
		FAULT_BIT(FAULT_MKDIRAT) | FAULT_BIT(FAULT_LINKAT))

/* What becomes of this call, and the line of the trace that it fills in with `seen`. */
static enum verdict judge(enum fault_kind kind, bool changes, int *sys, size_t *slot, const char *path)
{
	struct fault_plan *plan = &injector.plan;
	enum verdict verdict = PASS;

	pthread_mutex_lock(&injector.lock);
	*slot = injector.traced++ % TRACE;
	struct traced *line = &injector.trace[*slot];
	*line = (struct traced){.name = names[kind]};
	snprintf(line->path, sizeof(line->path), "%s", path);
	*sys = plan->sys;
	bool counts = (plan->kinds & FAULT_BIT(kind)) != 0 && (changes || !plan->changes_only || kind != FAULT_OPENAT);
	if (injector.full && ((MAKES_ROOM_WANTED & FAULT_BIT(kind)) != 0 || (kind == FAULT_OPENAT && changes))) {
		verdict = FAIL;
		*sys = ENOSPC;
	} else if (counts) {
		uint64_t number = line->number = ++injector.calls;
		bool hit = plan->at != 0 && (plan->from_then_on ? number >= plan->at : number == plan->at);
		if (hit && plan->from_then_on && plan->sys == EINTR && plan->effect == FAULT_ERROR)
			hit = (number - plan->at) % 2 == 0;
		if (hit)
			injector.happened = true;
		if (hit && plan->effect == FAULT_KILL)
			kill(getpid(), SIGKILL);
		if (hit && plan->effect == FAULT_ERROR)
			verdict = FAIL;
		if (hit && plan->effect == FAULT_ERROR_DONE)
			verdict = FAIL_DONE;
		if (hit && plan->effect == FAULT_SHORT)
			verdict = HALF;
		if (hit && plan->effect == FAULT_FULL) {
			injector.full = true;
			verdict = (FAULT_BIT(kind) & FAULT_TRANSFERS) != 0 ? HALF : PASS;
		}
	}
	line->faulted = verdict != PASS;
	pthread_mutex_unlock(&injector.lock);
	return verdict;
}

static void seen(size_t slot, long result)
{
	int sys = errno;

	pthread_mutex_lock(&injector.lock);
	injector.trace[slot].result = result;
	injector.trace[slot].sys = result < 0 ? sys : 0;
	pthread_mutex_unlock(&injector.lock);
	errno = sys;
}

/* The body of every function of the table: `path` for the trace, `changes` as FAULT_CHANGES means it, `closes` for close alone. */
#define INJECT(type, kind, path, changes, closes, call)                                                                            \
	do {                                                                                                                       \
		int sys;                                                                                                           \
		size_t slot;                                                                                                       \
		enum verdict verdict = judge(kind, changes, &sys, &slot, path);                                                    \
		type result = -1;                                                                                                  \
		if (verdict != FAIL || (closes))                                                                                   \
			result = injector.below->call;                                                                             \
		if (verdict == FAIL || (verdict == FAIL_DONE && result >= 0)) {                                                    \
			result = -1;                                                                                               \
			errno = sys;                                                                                               \
		}                                                                                                                  \
		seen(slot, (long)result);                                                                                          \
		return result;                                                                                                     \
	} while (0)

/* The same for transfers of n bytes, which may be cut in half. */
#define INJECT_TRANSFER(kind, n, call_n)                                                                                           \
	do {                                                                                                                       \
		int sys;                                                                                                           \
		size_t slot, some = (n);                                                                                           \
		enum verdict verdict = judge(kind, true, &sys, &slot, "");                                                         \
		ssize_t result = -1;                                                                                               \
		if (verdict == HALF && some > 1)                                                                                   \
			some /= 2;                                                                                                 \
		if (verdict != FAIL)                                                                                               \
			result = injector.below->call_n;                                                                           \
		if (verdict == FAIL || (verdict == FAIL_DONE && result >= 0)) {                                                    \
			result = -1;                                                                                               \
			errno = sys;                                                                                               \
		}                                                                                                                  \
		seen(slot, (long)result);                                                                                          \
		return result;                                                                                                     \
	} while (0)

static int inject_openat(int dir, const char *path, int flags, mode_t mode)
{
	bool changes = (flags & (O_CREAT | O_TRUNC)) != 0 || (flags & O_TMPFILE) == O_TMPFILE;

	/* Made and reported as failed, the descriptor must not stay: nobody would close it. */
	int sys;
	size_t slot;
	enum verdict verdict = judge(FAULT_OPENAT, changes, &sys, &slot, path);
	int result = verdict == FAIL ? -1 : injector.below->openat(dir, path, flags, mode);
	if (verdict == FAIL_DONE && result >= 0)
		injector.below->close(result);
	if (verdict == FAIL || (verdict == FAIL_DONE && result >= 0)) {
		result = -1;
		errno = sys;
	}
	seen(slot, result);
	return result;
}

static int inject_close(int fd)
{
	INJECT(int, FAULT_CLOSE, "", false, true, close(fd));
}

static ssize_t inject_read(int fd, void *bytes, size_t n)
{
	INJECT_TRANSFER(FAULT_READ, n, read(fd, bytes, some));
}

static ssize_t inject_pread(int fd, void *bytes, size_t n, off_t offset)
{
	INJECT_TRANSFER(FAULT_PREAD, n, pread(fd, bytes, some, offset));
}

static ssize_t inject_write(int fd, const void *bytes, size_t n)
{
	INJECT_TRANSFER(FAULT_WRITE, n, write(fd, bytes, some));
}

/* Cut in half, a gathered write ends within one of its parts: at most 16 are cut so, longer lists lose their second half. */
static ssize_t inject_writev(int fd, const struct iovec *parts, int count)
{
	struct iovec fewer[16];
	size_t total = 0, left;
	int sys, n = 0;
	size_t slot;
	enum verdict verdict = judge(FAULT_WRITEV, true, &sys, &slot, "");
	ssize_t result = -1;

	for (int i = 0; i < count; i++)
		total += parts[i].iov_len;
	if (verdict == HALF && total > 1) {
		for (left = total / 2; n < count && n < 16 && left > 0; n++) {
			fewer[n] = parts[n];
			if (fewer[n].iov_len > left)
				fewer[n].iov_len = left;
			left -= fewer[n].iov_len;
		}
		result = injector.below->writev(fd, fewer, n);
	} else if (verdict != FAIL) {
		result = injector.below->writev(fd, parts, count);
	}
	if (verdict == FAIL || (verdict == FAIL_DONE && result >= 0)) {
		result = -1;
		errno = sys;
	}
	seen(slot, (long)result);
	return result;
}

static ssize_t inject_pwrite(int fd, const void *bytes, size_t n, off_t offset)
{
	INJECT_TRANSFER(FAULT_PWRITE, n, pwrite(fd, bytes, some, offset));
}

static ssize_t inject_copy_range(int in, off_t *in_offset, int out, off_t *out_offset, size_t n)
{
	INJECT_TRANSFER(FAULT_COPY_RANGE, n, copy_range(in, in_offset, out, out_offset, some));
}

static int inject_ftruncate(int fd, off_t size)
{
	INJECT(int, FAULT_FTRUNCATE, "", true, false, ftruncate(fd, size));
}

static int inject_fsync(int fd)
{
	INJECT(int, FAULT_FSYNC, "", true, false, fsync(fd));
}

static int inject_fdatasync(int fd)
{
	INJECT(int, FAULT_FDATASYNC, "", true, false, fdatasync(fd));
}

static int inject_syncfs(int fd)
{
	INJECT(int, FAULT_SYNCFS, "", true, false, syncfs(fd));
}

static int inject_fstatat(int dir, const char *path, struct stat *stat, int flags)
{
	INJECT(int, FAULT_FSTATAT, path, false, false, fstatat(dir, path, stat, flags));
}

static int inject_mkdirat(int dir, const char *path, mode_t mode)
{
	INJECT(int, FAULT_MKDIRAT, path, true, false, mkdirat(dir, path, mode));
}

static int inject_renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
	INJECT(int, FAULT_RENAMEAT2, to, true, false, renameat2(from_dir, from, to_dir, to, flags));
}

static int inject_linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	INJECT(int, FAULT_LINKAT, to, true, false, linkat(from_dir, from, to_dir, to, flags));
}

static int inject_unlinkat(int dir, const char *path, int flags)
{
	INJECT(int, FAULT_UNLINKAT, path, true, false, unlinkat(dir, path, flags));
}

static int inject_flock(int fd, int operation)
{
	INJECT(int, FAULT_FLOCK, "", false, false, flock(fd, operation));
}

static ssize_t inject_getdents(int fd, void *bytes, size_t n)
{
	INJECT(ssize_t, FAULT_GETDENTS, "", false, false, getdents(fd, bytes, n));
}

static int64_t inject_now(void)
{
	return injector.below->now();
}

static const struct os_calls table = {
	.openat = inject_openat,
	.close = inject_close,
	.read = inject_read,
	.pread = inject_pread,
	.write = inject_write,
	.writev = inject_writev,
	.pwrite = inject_pwrite,
	.copy_range = inject_copy_range,
	.ftruncate = inject_ftruncate,
	.fsync = inject_fsync,
	.fdatasync = inject_fdatasync,
	.syncfs = inject_syncfs,
	.fstatat = inject_fstatat,
	.mkdirat = inject_mkdirat,
	.renameat2 = inject_renameat2,
	.linkat = inject_linkat,
	.unlinkat = inject_unlinkat,
	.flock = inject_flock,
	.getdents = inject_getdents,
	.now = inject_now,
};

void fault_start(const struct fault_plan *plan)
{
	injector.below = os_calls;
	injector.plan = *plan;
	if (injector.plan.kinds == 0)
		injector.plan.kinds = FAULT_ALL;
	injector.calls = 0;
	injector.happened = injector.full = false;
	injector.traced = 0;
	os_calls = &table;
}

bool fault_stop(void)
{
	os_calls = injector.below;
	return injector.happened;
}

uint64_t fault_calls(void)
{
	return injector.calls;
}

void fault_trace(struct buf *out)
{
	size_t n = injector.traced < TRACE ? injector.traced : TRACE;

	for (size_t i = injector.traced - n; i < injector.traced; i++) {
		const struct traced *line = &injector.trace[i % TRACE];
		buf_printf(out, "%s#%llu %s %s = %ld", line->faulted ? "FAULT " : "", (unsigned long long)line->number, line->name,
			line->path, line->result);
		if (line->result < 0)
			buf_printf(out, " %s", strerrorname_np(line->sys));
		buf_char(out, '\n');
	}
}
