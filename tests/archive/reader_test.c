/* P1, P2: a reader beside an expunge. The object is exchanged before the checkpoint says so; whoever reads meanwhile must get what was there
 * before or what is left after, or be told to come again: never anything else, and never that something is damaged.
 *
 * First the expunge happens, whole, at every single call that the reader makes; then it stops half way, at every change that it makes, and the
 * reader comes to an archive in that state. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fault/fault.h"
#include "world.h"

#define ID(name) STR("https://example.org/world/r/" name)

static unsigned failures, tried;
static struct world world;
static struct os_calls calm; /* no syncs: the cache is not lost here */

static void complain(const char *what, const char *when, uint64_t at, const char *said)
{
	(void)fprintf(stderr, "FAILED: %s, %s %llu: %s\n", what, when, (unsigned long long)at, said);
	failures++;
}

/* ---- what a reader does ----------------------------------------------------------------------------------------------------- */

enum seen { BEFORE, AFTER, AGAIN, WRONG };

static int sink(void *context, const void *bytes, size_t n, struct err *err)
{
	(void)err;
	buf_add(context, bytes, n);
	return 0;
}

/* One file of `pages`, as the opened version has it. */
static enum seen read_file(
	struct archive *archive, const struct object_version *object, struct str path, struct str text, struct err *err)
{
	struct buf bytes = BUF_INIT;
	enum seen seen = BEFORE;
	size_t i;

	if (!object_find(object, path, &i)) {
		seen = AFTER;
	} else if (object_read_checked(object, i, sink, &bytes, err) != 0) {
		(void)archive_explain(archive, ID("pages"), err);
		seen = err->code == ERR_CONFLICT ? AGAIN : WRONG;
	} else if (!str_equal(buf_view(&bytes), text)) {
		err_set(err, ERR_MISMATCH, "other bytes came");
		seen = WRONG;
	}
	buf_release(&bytes);
	return seen;
}

static enum seen look(struct archive *archive, uint64_t version, struct err *err)
{
	struct object_version *object = NULL;
	struct archive_version found;
	enum seen seen;

	if (archive_open_version(archive, ID("pages"), version, &object, &found, err) != 0)
		return err->code == ERR_CONFLICT ? AGAIN : WRONG;
	seen = read_file(archive, object, STR("note.txt"), STR("A name that must be forgotten.\n"), err);
	if (seen != AGAIN && seen != WRONG) {
		enum seen kept = read_file(archive, object, STR("1.txt"), STR("Page one.\n"), err);

		if (kept != BEFORE)
			seen = kept == AGAIN ? AGAIN : WRONG;
	}
	object_free(object);
	return seen;
}

static enum seen describe(struct archive *archive, struct err *err)
{
	struct record *record = NULL;
	enum seen seen = BEFORE;
	size_t at;

	if (archive_get_record(archive, ID("pages"), 1, &record, err) != 0)
		return err->code == ERR_CONFLICT ? AGAIN : WRONG;
	if (!record_find_file(record, STR("note.txt"), &at))
		seen = AFTER;
	if (!record_find_file(record, STR("1.txt"), &at)) {
		err_set(err, ERR_MISMATCH, "1.txt is not described any more");
		seen = WRONG;
	}
	record_free(record);
	return seen;
}

static enum seen prove(struct archive *archive, struct err *err)
{
	struct buf receipt = BUF_INIT;
	int result = archive_receipt(archive, ID("pages"), 1, STR("1.txt"), &receipt, err);

	buf_release(&receipt);
	return result == 0 ? BEFORE : err->code == ERR_CONFLICT ? AGAIN : WRONG;
}

static char told[600];

static void take_finding(void *context, const struct finding *finding)
{
	(void)context;
	if (finding->word != FINDING_EXPUNGED)
		(void)snprintf(told, sizeof(told), "%s %.*s: %s", finding_name(finding->word), (int)finding->path.n,
			finding->path.p, finding->what);
}

static enum seen audit(struct archive *archive, struct err *err)
{
	struct audit_options options = {.report = take_finding, .threads = 1};
	struct audit_summary summary;

	if (archive_audit(archive, &options, &summary, err) != 0)
		return WRONG;
	if (summary.findings == 0)
		return summary.not_checked > 0 ? AGAIN : summary.expunged > 0 ? AFTER : BEFORE;
	err_set(err, ERR_MISMATCH, "%s", told);
	return WRONG;
}

#define READINGS 5

static enum seen read_it(struct archive *archive, int which, struct err *err)
{
	switch (which) {
	case 0:
	case 1:
		return look(archive, which == 0 ? 1 : 2, err);
	case 2:
		return describe(archive, err);
	case 3:
		return prove(archive, err);
	default:
		return audit(archive, err);
	}
}

static const char *const readings[READINGS] = {"version 1", "version 2", "the description", "a receipt", "audit"};

static enum seen open_and_read(int which, struct err *err)
{
	struct archive *archive = NULL;
	enum seen seen = WRONG;

	if (archive_open(&archive, world.archive, which == 4 ? ARCHIVE_AUDIT : ARCHIVE_READ, NULL, NULL, err) == 0)
		seen = read_it(archive, which, err);
	archive_close(archive);
	return seen;
}

/* ---- the expunge, whole, at one of the reader's calls ---------------------------------------------------------------------------- */

static uint64_t calls, strike_at;
static int ask, answer; /* of the process that expunges: SQLite must not be forked while it is open */
static bool asked;

static void serve(int from, int to)
{
	char byte;

	while (read(from, &byte, 1) == 1) {
		byte = world_act(&world, ACTION_EXPUNGE, NULL) == 0;
		if (write(to, &byte, 1) != 1)
			break;
	}
	_exit(0);
}

static void begin_serving(void)
{
	int there[2], back[2];

	if (pipe(there) != 0 || pipe(back) != 0)
		abort();
	(void)fflush(NULL);
	switch (fork()) {
	case -1:
		abort();
	case 0:
		(void)close(there[1]);
		(void)close(back[0]);
		serve(there[0], back[1]);
	}
	(void)close(there[0]);
	(void)close(back[1]);
	ask = there[1];
	answer = back[0];
}

/* Whether the expunge is done; waits so long for it. */
static bool struck(int milliseconds)
{
	struct pollfd poll_answer = {.fd = answer, .events = POLLIN};
	char byte = 0;

	if (!asked || poll(&poll_answer, 1, milliseconds) != 1)
		return !asked;
	if (read(answer, &byte, 1) != 1 || byte != 1)
		complain("the expunge fails", "at call", strike_at, "");
	asked = false;
	return true;
}

static void strike(void)
{
	if (++calls != strike_at)
		return;
	asked = true;
	if (write(ask, "x", 1) != 1)
		abort();
	/* The reader may hold the catalogue, for which the expunge waits: then it happens a little later. */
	(void)struck(300);
}

static int strike_openat(int dir, const char *path, int flags, mode_t mode)
{
	strike();
	return calm.openat(dir, path, flags, mode);
}

static int strike_fstatat(int dir, const char *path, struct stat *status, int flags)
{
	strike();
	return calm.fstatat(dir, path, status, flags);
}

static ssize_t strike_getdents(int fd, void *bytes, size_t n)
{
	strike();
	return calm.getdents(fd, bytes, n);
}

/* `opened`: the archive is open already, as in a process that lives on, and its log was read. */
static void strike_everywhere(int which, bool opened, uint64_t stride)
{
	struct os_calls hooked = calm;

	hooked.openat = strike_openat;
	hooked.fstatat = strike_fstatat;
	hooked.getdents = strike_getdents;
	for (strike_at = 1;; strike_at += stride) {
		struct archive *archive = NULL;
		struct err err = ERR_INIT;
		enum seen seen;

		world_reset(&world);
		calls = 0;
		if (opened && archive_open(&archive, world.archive, ARCHIVE_READ, NULL, NULL, &err) != 0)
			abort();
		os_calls = &hooked;
		seen = opened ? read_it(archive, which, &err) : open_and_read(which, &err);
		os_calls = &calm;
		archive_close(archive);
		(void)struck(60000);
		tried++;
		if (seen == WRONG)
			complain(readings[which], opened ? "open before, expunged at call" : "expunged at call", strike_at,
				err.text);
		if (calls < strike_at)
			return;
		err = (struct err)ERR_INIT;
		seen = open_and_read(which, &err);
		if (seen != (which == 3 ? BEFORE : AFTER))
			complain(readings[which], "after it was expunged at call", strike_at, err.text);
	}
}

/* ---- the expunge, stopped at one of its changes --------------------------------------------------------------------------------------- */

static uint64_t changes, stop_at;

static void pause_here(void)
{
	if (++changes == stop_at)
		(void)raise(SIGSTOP);
}

static int stop_renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
	pause_here();
	return calm.renameat2(from_dir, from, to_dir, to, flags);
}

static int stop_unlinkat(int dir, const char *path, int flags)
{
	pause_here();
	return calm.unlinkat(dir, path, flags);
}

static int stop_openat(int dir, const char *path, int flags, mode_t mode)
{
	if ((flags & O_CREAT) != 0)
		pause_here();
	return calm.openat(dir, path, flags, mode);
}

static int no_exchange(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
	if ((flags & 2u) != 0) { /* RENAME_EXCHANGE */
		errno = EINVAL;
		return -1;
	}
	return stop_renameat2(from_dir, from, to_dir, to, flags);
}

/* Who stops while it feeds the catalogue keeps its lock, for which every reader rightly waits. */
static bool feeding(void)
{
	char path[sizeof(world.archive) + 16];
	int lock;
	bool held;

	(void)snprintf(path, sizeof(path), "%s/derived/lock", world.archive);
	lock = os_open(AT_FDCWD, path, O_RDWR, 0, NULL);
	held = lock >= 0 && os_lock(lock, true, path, NULL) != 0;
	os_close(lock);
	return held;
}

static void stop_everywhere(bool by_steps, uint64_t stride)
{
	struct os_calls stopping = calm;
	int status = 0;

	stopping.renameat2 = by_steps ? no_exchange : stop_renameat2;
	stopping.unlinkat = stop_unlinkat;
	stopping.openat = stop_openat;
	for (stop_at = 1; !WIFEXITED(status) || stop_at == 1; stop_at += stride) {
		pid_t child;

		world_reset(&world);
		(void)fflush(NULL);
		child = fork();
		if (child == 0) {
			os_calls = &stopping;
			_exit(world_act(&world, ACTION_EXPUNGE, NULL) == 0 ? 0 : 1);
		}
		if (child < 0 || waitpid(child, &status, WUNTRACED) != child)
			abort();
		for (int which = 0; which < READINGS && !feeding(); which++) {
			struct err err = ERR_INIT;

			tried++;
			if (open_and_read(which, &err) == WRONG)
				complain(readings[which], by_steps ? "stopped, without exchange, at change" : "stopped at change",
					stop_at, err.text);
		}
		if (WIFEXITED(status))
			break;
		(void)kill(child, SIGCONT);
		if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
			complain("the expunge fails", "stopped at change", stop_at, "");
		status = SIGSTOP;
	}
}

static int no_sync(int fd)
{
	(void)fd;
	return 0;
}

/* The catalogue is up to date to begin with: the reader's calls are then those that read. */
static void follow(void)
{
	struct archive *archive = NULL;
	struct catalogue *catalogue;

	if (archive_open(&archive, world.archive, ARCHIVE_READ, NULL, NULL, NULL) != 0 ||
		archive_catalogue(archive, &catalogue, false, NULL, NULL, NULL) != 0)
		abort();
	archive_close(archive);
	world_keep(&world);
}

int main(void)
{
	const char *full = getenv("PHOTOSTAT_TEST_FULL");
	uint64_t stride = full != NULL && full[0] == '1' ? 1 : 3;

	calm = os_real;
	calm.fsync = no_sync;
	calm.syncfs = no_sync;
	os_calls = &calm;
	world_begin(&world, NULL);
	begin_serving();
	follow();
	for (int which = 0; which < READINGS; which++) {
		strike_everywhere(which, false, stride);
		strike_everywhere(which, true, stride);
	}
	stop_everywhere(false, stride);
	stop_everywhere(true, stride);
	world_end(&world);
	(void)printf("%u passed, %u failed\n", tried - failures, failures);
	return failures == 0 ? 0 : 1;
}
