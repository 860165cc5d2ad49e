/* Interruption, and batches that fail for ever once they failed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/os.h"

static char folder[] = "/tmp/photostat-batch-XXXXXX";
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

/* What was synced, by inode: the truth that the batch's bookkeeping is measured by. */
static ino_t synced[512];
static size_t synced_count, fail_at, syncs;

static int watch_sync(int fd)
{
	struct stat stat;

	if (++syncs == fail_at) {
		errno = EIO;
		return -1;
	}
	assert_int_equal(fstat(fd, &stat), 0);
	assert_true(synced_count < 512);
	synced[synced_count++] = stat.st_ino;
	return 0;
}

static bool was_synced(const char *path)
{
	struct stat stat;

	assert_int_equal(fstatat(dir, path, &stat, 0), 0);
	for (size_t i = 0; i < synced_count; i++)
		if (synced[i] == stat.st_ino)
			return true;
	return false;
}

static struct os_calls watching(void)
{
	struct os_calls calls = os_real;

	calls.fsync = watch_sync;
	calls.syncfs = watch_sync;
	synced_count = syncs = fail_at = 0;
	return calls;
}

static void per_file_syncs_everything(void **state)
{
	struct os_calls calls = watching();
	struct err err = ERR_INIT;
	struct os_batch *batch;
	char path[32];

	(void)state;
	os_batch_force_per_file(true);
	assert_int_equal(os_batch_open(&batch, dir, &err), 0);
	os_batch_force_per_file(false);
	assert_true(os_batch_per_file(batch));
	os_calls = &calls;
	for (int i = 0; i < 100; i++) { /* more folders than are kept open */
		snprintf(path, sizeof(path), "d%d", i);
		assert_int_equal(os_mkdir(dir, path, &err), 0);
		int inner = os_open(dir, path, O_RDONLY | O_DIRECTORY, 0, &err);
		assert_int_equal(os_write_new(inner, "file", STR("x"), 0644, &err), 0);
		assert_int_equal(os_batch_wrote(batch, inner, "file", &err), 0);
		assert_int_equal(os_batch_wrote_dir(batch, inner, ".", &err), 0);
		os_close(inner); /* the batch does not lean on our descriptor */
		assert_int_equal(os_batch_wrote_dir(batch, dir, ".", &err), 0);
	}
	assert_int_equal(os_rename(dir, "d99", dir, "moved", &err), 0); /* nor on the path */
	assert_int_equal(os_mkdir(dir, "d99", &err), 0);
	assert_false(was_synced("moved"));
	assert_int_equal(os_batch_sync(batch, &err), 0);
	assert_true(was_synced("."));
	assert_true(was_synced("moved") && was_synced("moved/file"));
	assert_false(was_synced("d99"));
	for (int i = 0; i < 99; i++) {
		snprintf(path, sizeof(path), "d%d", i);
		assert_true(was_synced(path));
		snprintf(path, sizeof(path), "d%d/file", i);
		assert_true(was_synced(path));
	}
	/* again, after more writes */
	synced_count = 0;
	assert_int_equal(os_batch_wrote_dir(batch, dir, "d1", &err), 0);
	assert_int_equal(os_batch_sync(batch, &err), 0);
	assert_int_equal(synced_count, 1);
	assert_true(was_synced("d1"));
	assert_int_equal(os_batch_sync(batch, &err), 0);
	assert_int_equal(synced_count, 1);
	os_calls = &os_real;
	os_batch_free(batch);
	os_batch_free(NULL);
}

/* P1: a sync that failed once proves nothing when it succeeds the second time. */
static void failed_batch_stays_failed(void **state)
{
	struct os_calls calls = watching();
	struct err err = ERR_INIT;
	struct os_batch *batch;

	(void)state;
	for (int per_file = 0; per_file < 2; per_file++)
		for (size_t at = 1; at <= 3; at++) {
			os_batch_force_per_file(per_file);
			os_calls = &os_real;
			assert_int_equal(os_batch_open(&batch, dir, &err), 0);
			bool whole = !os_batch_per_file(batch);
			assert_int_equal(os_write_new(dir, "f", STR("x"), 0644, &err), 0);
			os_calls = &calls;
			syncs = 0;
			fail_at = at;
			int result = 0;
			for (int step = 0; step < 3 && result == 0; step++) {
				err_clear(&err);
				if (os_batch_wrote(batch, dir, "f", &err) != 0 || os_batch_wrote_dir(batch, dir, ".", &err) != 0 ||
					os_batch_sync(batch, &err) != 0)
					result = -1;
			}
			assert_int_equal(result, -1);
			assert_int_equal(err.code, ERR_SYSTEM);
			assert_int_equal(err.sys, EIO);
			assert_int_equal(syncs, at); /* not tried again */
			err_clear(&err);
			assert_int_equal(os_batch_sync(batch, &err), -1);
			assert_int_equal(err.sys, EIO);
			assert_int_equal(os_batch_wrote(batch, dir, "f", &err), -1);
			assert_int_equal(os_batch_wrote_dir(batch, dir, ".", &err), -1);
			assert_int_equal(os_batch_sync(batch, NULL), -1);
			assert_int_equal(syncs, at);
			os_calls = &os_real;
			os_batch_free(batch);
			os_unlink(dir, "f", &err);
			if (per_file == 0 && !whole)
				print_message("skipped: failed syncfs (/tmp is no ext4, xfs or btrfs)\n");
		}
	os_batch_force_per_file(false);
}

/* A sync ahead of time is no sync: the batch still makes its own, after it; and what it was told of, the batch was. */
static void sync_ahead_of_time(void **state)
{
	struct os_calls calls = watching();
	struct err err = ERR_INIT;
	struct os_batch *batch;

	(void)state;
	for (fail_at = 0; fail_at <= 1; fail_at++) {
		assert_int_equal(os_batch_open(&batch, dir, &err), 0);
		if (os_batch_per_file(batch))
			print_message("skipped: syncfs ahead of time (/tmp is no ext4, xfs or btrfs)\n");
		syncs = synced_count = 0;
		os_calls = &calls;
		os_batch_soon(batch);
		if (fail_at == 0) {
			assert_int_equal(os_batch_sync(batch, &err), 0);
			assert_int_equal(syncs, os_batch_per_file(batch) ? 0 : 2);
		} else if (!os_batch_per_file(batch)) {
			assert_int_equal(os_batch_sync(batch, &err), -1);
			assert_int_equal(err.sys, EIO);
			assert_int_equal(syncs, 1);
			os_batch_soon(batch);
			assert_int_equal(os_batch_sync(batch, NULL), -1);
			assert_int_equal(syncs, 1);
		}
		os_calls = &os_real;
		os_batch_free(batch);
	}
	/* thrown away while it is at work */
	assert_int_equal(os_batch_open(&batch, dir, &err), 0);
	os_batch_soon(batch);
	os_batch_free(batch);
}

static void missing_file_loses_the_batch(void **state)
{
	struct err err = ERR_INIT;
	struct os_batch *batch;

	(void)state;
	os_batch_force_per_file(true);
	assert_int_equal(os_batch_open(&batch, dir, &err), 0);
	os_batch_force_per_file(false);
	assert_int_equal(os_batch_wrote(batch, dir, "never written", &err), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_int_equal(os_batch_sync(batch, &err), -1);
	os_batch_free(batch);
}

static void interrupts(void **state)
{
	struct err err = ERR_INIT;
	int status;

	(void)state;
	assert_false(os_interrupted());
	assert_int_equal(os_check_interrupted(&err), 0);
	for (int first = 0; first < 2; first++) {
		fflush(NULL);
		pid_t child = fork();
		assert_true(child >= 0);
		if (child == 0) {
			os_catch_interrupts();
			if (os_interrupted())
				_exit(1);
			raise(first == 0 ? SIGINT : SIGTERM);
			if (!os_interrupted() || os_check_interrupted(&err) != -1 || err.code != ERR_INTERRUPTED)
				_exit(2);
			raise(SIGTERM); /* the second one kills, whichever it is */
			_exit(3);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGTERM);
	}
}

/* Waiting for a lock ends with the first signal. */
static void waiting_is_interrupted(void **state)
{
	struct err err = ERR_INIT;
	int status, ready[2];
	char byte;

	(void)state;
	assert_int_equal(os_write_new(dir, "lock", STR(""), 0644, &err), 0);
	int held = os_open(dir, "lock", O_RDWR, 0, &err);
	assert_int_equal(os_lock(held, true, "lock", &err), 0);
	assert_int_equal(pipe(ready), 0);
	fflush(NULL);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		alarm(20);
		os_catch_interrupts();
		int fd = os_open(dir, "lock", O_RDWR, 0, &err);
		if (write(ready[1], "x", 1) != 1)
			_exit(1);
		_exit(os_lock_wait(fd, true, "lock", &err) == -1 && err.code == ERR_INTERRUPTED ? 0 : 2);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	usleep(100000); /* it may not wait yet: then the signal is seen as soon as it does, or the alarm ends it */
	assert_int_equal(kill(child, SIGINT), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	close(ready[0]);
	close(ready[1]);
	os_close(held);
	os_unlink(dir, "lock", &err);
}

/* P6: what a server gives up. In a process of its own: it is for good. */
static void writes_only_below(void **state)
{
	char inside[64], outside[64], secret[80];
	const char *const paths[] = {inside, "/nowhere", NULL};
	bool landlock = false;
	int status = 0;
	pid_t child;

	(void)state;
	(void)snprintf(inside, sizeof(inside), "%s/inside", folder);
	(void)snprintf(outside, sizeof(outside), "%s/outside", folder);
	(void)snprintf(secret, sizeof(secret), "%s/secret", outside);
	assert_int_equal(os_mkdir(AT_FDCWD, inside, NULL), 0);
	assert_int_equal(os_mkdir(AT_FDCWD, outside, NULL), 0);
	assert_int_equal(os_write_new(AT_FDCWD, secret, STR("s"), 0644, NULL), 0);
	child = fork();
	if (child == 0) {
		char moved[80];
		struct buf read = BUF_INIT;
		int wrong = 0;

		if (os_write_only_below(paths, &landlock, NULL) != 0)
			_exit(100);
		if (!landlock)
			_exit(101);
		(void)snprintf(moved, sizeof(moved), "%s/moved", inside);
		wrong |= os_write_new(AT_FDCWD, moved, STR("m"), 0644, NULL) != 0 ? 1 : 0;
		wrong |= os_read_file(AT_FDCWD, secret, 10, &read, NULL) != 0 ? 2 : 0;
		wrong |= open(secret, O_WRONLY | O_CLOEXEC) >= 0 ? 4 : 0;
		wrong |= os_unlink(AT_FDCWD, secret, NULL) == 0 ? 8 : 0;
		wrong |= os_rename_over(AT_FDCWD, moved, AT_FDCWD, secret, NULL) == 0 ? 16 : 0;
		wrong |= truncate(secret, 0) == 0 ? 32 : 0;
		_exit(wrong);
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 101)
		print_message("skipped: this kernel has no Landlock\n");
	else
		assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(per_file_syncs_everything),
		cmocka_unit_test(failed_batch_stays_failed),
		cmocka_unit_test(sync_ahead_of_time),
		cmocka_unit_test(missing_file_loses_the_batch),
		cmocka_unit_test(interrupts),
		cmocka_unit_test(writes_only_below),
		cmocka_unit_test(waiting_is_interrupted),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
