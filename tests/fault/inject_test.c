/* The injector fails the call it was told to, and os_* deal with it as their header says. */
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

#include "fault/fault.h"

static char folder[] = "/tmp/photostat-inject-XXXXXX";
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

static size_t open_descriptors(void)
{
	struct err err = ERR_INIT;
	struct os_dir *list;
	struct os_name name;
	size_t n = 0;

	assert_int_equal(os_dir_open(&list, AT_FDCWD, "/proc/self/fd", &err), 0);
	while (os_dir_next(list, &name, &err) == 1)
		n++;
	os_dir_close(list);
	return n;
}

static void assert_holds(const char *path, const char *content)
{
	struct err err = ERR_INIT;
	struct buf buf = BUF_INIT;

	assert_int_equal(os_read_file(dir, path, 1 << 20, &buf, &err), 0);
	assert_true(str_equal(buf_view(&buf), str_from(content)));
	buf_release(&buf);
}

/* One work that makes every kind of call; 0 when all of it was done. */
static int work(struct err *err)
{
	struct os_batch *batch = NULL;
	struct os_dir *list = NULL;
	struct os_name name;
	struct buf buf = BUF_INIT;
	struct stat stat;
	char bytes[100];
	int result = -1, fd = -1, more;

	if (os_batch_open(&batch, dir, err) != 0 || os_mkdirs(dir, "w/sub/deeper", err) != 0 ||
		os_write_new(dir, "w/one", STR("0123456789"), 0644, err) != 0 ||
		os_replace(dir, "w/sub/two", STR("two"), 0644, err) != 0 || os_rename(dir, "w/one", dir, "w/three", err) != 0 ||
		os_batch_wrote(batch, dir, "w/three", err) != 0 || os_batch_wrote_dir(batch, dir, "w", err) != 0 ||
		os_read_file(dir, "w/three", 100, &buf, err) != 0)
		goto out;
	assert_string_equal(buf.p, "0123456789");
	if ((fd = os_open(dir, "w/three", O_RDONLY, 0, err)) < 0 || os_lock(fd, false, "w/three", err) != 0)
		goto out;
	ssize_t n = os_read_at(fd, bytes, 100, 2, "w/three", err);
	if (n < 0)
		goto out;
	assert_int_equal(n, 8); /* a short read is read on, never taken for the end */
	n = os_read(fd, bytes, 7, "w/three", err);
	if (n < 0)
		goto out;
	assert_int_equal(n, 7);
	if (os_stat(dir, "w/three", &stat, err) != 0 || os_exists(dir, "w/none", err) != 0 ||
		os_dir_open(&list, dir, "w", err) != 0)
		goto out;
	while ((more = os_dir_next(list, &name, err)) == 1)
		;
	if (more != 0 || os_exchange(dir, "w/three", dir, "w/sub/two", err) != 0 || os_rmdir(dir, "w/sub/deeper", err) != 0 ||
		os_batch_sync(batch, err) != 0)
		goto out;
	result = 0;
out:
	buf_release(&buf);
	os_close(fd);
	os_dir_close(list);
	os_batch_free(batch);
	return result;
}

static uint64_t sweep(struct fault_plan plan, bool may_fail)
{
	size_t descriptors = open_descriptors(), failures = 0;
	bool happened = true;

	for (plan.at = 1; happened; plan.at++) {
		struct err err = ERR_INIT;
		assert_int_equal(os_remove_tree(dir, "w", NULL), 0);
		fault_start(&plan);
		int result = work(&err);
		happened = fault_stop();
		if (result != 0) {
			struct buf trace = BUF_INIT;
			fault_trace(&trace);
			if (!may_fail || !happened)
				print_message("%s\n%s", err.text, trace.p);
			assert_true(may_fail && happened);
			assert_int_equal(err.code, plan.sys == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM);
			assert_int_equal(err.sys, plan.sys);
			assert_non_null(strstr(trace.p, "FAULT #"));
			buf_release(&trace);
			failures++;
		} else {
			assert_holds("w/three", "two");
			assert_holds("w/sub/two", "0123456789");
		}
		assert_int_equal(open_descriptors(), descriptors);
	}
	assert_true(plan.at > 20 || plan.kinds != 0);
	return failures;
}

/* An error at any call comes out with its errno, leaks nothing; only close of something read may go unheard. */
static void every_call_may_fail(void **state)
{
	static const int errors[] = {EIO, ENOSPC, EACCES};

	(void)state;
	for (int per_file = 0; per_file < 2; per_file++) {
		os_batch_force_per_file(per_file);
		for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
			struct fault_plan plan = {
				.effect = FAULT_ERROR, .sys = errors[i], .kinds = FAULT_ALL & ~FAULT_BIT(FAULT_CLOSE)};
			assert_true(sweep(plan, true) >= 30);
			plan.kinds = FAULT_BIT(FAULT_CLOSE);
			assert_int_equal(sweep(plan, true), 2); /* os_write_new and os_replace close what they wrote */
			plan.kinds = 0;
			plan.from_then_on = true;
			sweep(plan, true);
		}
		struct fault_plan done = {.effect = FAULT_ERROR_DONE, .sys = EIO};
		sweep(done, true);
	}
	os_batch_force_per_file(false);
}

static void interruptions_and_short_transfers_are_not_noticed(void **state)
{
	struct fault_plan once = {.effect = FAULT_ERROR, .sys = EINTR},
			  always = {.effect = FAULT_ERROR, .sys = EINTR, .from_then_on = true}, cut = {.effect = FAULT_SHORT},
			  cut_all = {.effect = FAULT_SHORT, .from_then_on = true};

	(void)state;
	for (int per_file = 0; per_file < 2; per_file++) {
		os_batch_force_per_file(per_file);
		sweep(once, false);
		sweep(always, false);
		sweep(cut, false);
		sweep(cut_all, false);
	}
	os_batch_force_per_file(false);
}

/* A half-written file is not left under its name; the old content survives. */
static void nothing_half_stays(void **state)
{
	struct fault_plan plan = {.kinds = FAULT_CHANGES, .changes_only = true, .sys = EIO};
	static const enum fault_effect effects[] = {FAULT_ERROR, FAULT_ERROR_DONE, FAULT_FULL};

	(void)state;
	for (size_t e = 0; e < 3; e++) {
		bool happened = true;
		plan.effect = effects[e];
		for (plan.at = 1; happened; plan.at++) {
			struct err err = ERR_INIT;
			assert_int_equal(os_remove_tree(dir, "h", NULL), 0);
			assert_int_equal(os_mkdir(dir, "h", &err), 0);
			assert_int_equal(os_write_new(dir, "h/old", STR("old content"), 0644, &err), 0);
			fault_start(&plan);
			int replaced = os_replace(dir, "h/old", STR("new content"), 0644, &err);
			int written = os_write_new(dir, "h/new", STR("0123456789"), 0644, &err);
			happened = fault_stop();
			struct buf buf = BUF_INIT;
			assert_int_equal(os_read_file(dir, "h/old", 100, &buf, &err), 0);
			assert_true(str_equal(buf_view(&buf), STR("new content")) ||
				    (replaced != 0 && str_equal(buf_view(&buf), STR("old content"))));
			if (written == 0)
				assert_holds("h/new", "0123456789");
			else if (effects[e] != FAULT_ERROR_DONE)
				assert_int_equal(os_exists(dir, "h/new", &err), 0);
			buf_release(&buf);
		}
		assert_true(plan.at > 5);
	}
}

static void full_disk_stays_full(void **state)
{
	struct fault_plan plan = {.kinds = FAULT_BIT(FAULT_WRITE), .at = 1, .effect = FAULT_FULL};
	struct err err = ERR_INIT;

	(void)state;
	fault_start(&plan);
	assert_int_equal(os_write_new(dir, "full", STR("0123456789"), 0644, &err), -1);
	assert_int_equal(err.sys, ENOSPC);
	assert_int_equal(os_mkdir(dir, "full-folder", &err), -1);
	assert_int_equal(os_write_new(dir, "full", STR(""), 0644, &err), -1);
	assert_int_equal(err.sys, ENOSPC);
	assert_true(fault_stop());
	assert_int_equal(os_exists(dir, "full", &err), 0);
	assert_int_equal(os_mkdir(dir, "full-folder", &err), 0);
}

/* A sync fails once and then succeeds: the batch must not believe the second (P1). */
static void sync_that_fails_once(void **state)
{
	struct fault_plan plan = {.kinds = FAULT_SYNCING, .at = 1, .effect = FAULT_ERROR, .sys = EIO};
	struct err err = ERR_INIT;
	struct os_batch *batch;

	(void)state;
	assert_int_equal(os_batch_open(&batch, dir, &err), 0);
	fault_start(&plan);
	assert_int_equal(os_batch_wrote_dir(batch, dir, ".", &err), 0);
	assert_int_equal(os_batch_sync(batch, &err), -1);
	assert_int_equal(os_batch_sync(batch, &err), -1);
	assert_true(fault_stop());
	assert_int_equal(fault_calls(), 1);
	assert_int_equal(err.sys, EIO);
	os_batch_free(batch);
}

static void counts_what_it_was_told(void **state)
{
	struct fault_plan plan = {.kinds = FAULT_BIT(FAULT_OPENAT), .changes_only = true};
	struct err err = ERR_INIT;
	struct buf buf = BUF_INIT;

	(void)state;
	fault_start(&plan);
	os_write_new(dir, "counted", STR("x"), 0644, &err);
	os_read_file(dir, "counted", 10, &buf, &err);
	assert_false(fault_stop());
	assert_int_equal(fault_calls(), 1);
	plan.changes_only = false;
	fault_start(&plan);
	os_read_file(dir, "counted", 10, &buf, &err);
	os_unlink(dir, "counted", &err);
	assert_false(fault_stop());
	assert_int_equal(fault_calls(), 1);
	assert_ptr_equal(os_calls, &os_real);
	buf_release(&buf);
}

static void kills(void **state)
{
	struct err err = ERR_INIT;
	int status;

	(void)state;
	fflush(NULL);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct fault_plan plan = {.kinds = FAULT_BIT(FAULT_RENAMEAT2), .at = 1, .effect = FAULT_KILL};
		fault_start(&plan);
		os_replace(dir, "killed", STR("x"), 0644, &err);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_int_equal(os_exists(dir, "killed", &err), 0);
}

/* Sorting out of memory meets every fault too. */
static int sort_work(struct err *err)
{
	struct os_sort *sort;
	unsigned char record[64], last[64] = {0};
	uint32_t seen = 0;
	int more = -1;

	if (os_sort_open(&sort, dir, sizeof(record), 8, 1, err) != 0)
		return -1;
	for (uint32_t i = 0; i < 12000; i++) {
		memset(record, 0, sizeof(record));
		uint32_t value = i * 2654435761u;
		memcpy(record, &value, sizeof(value));
		if (os_sort_add(sort, record, err) != 0)
			goto out;
	}
	if (os_sort_finish(sort, err) != 0)
		goto out;
	while ((more = os_sort_next(sort, record, err)) == 1) {
		assert_true(memcmp(last, record, sizeof(record)) <= 0);
		memcpy(last, record, sizeof(record));
		seen++;
	}
	assert_true(more != 0 || seen == 12000);
out:
	os_sort_free(sort);
	return more;
}

static void sorting_meets_faults(void **state)
{
	static const struct fault_plan plans[] = {{.effect = FAULT_ERROR, .sys = EIO}, {.effect = FAULT_ERROR, .sys = EINTR},
		{.effect = FAULT_SHORT}, {.effect = FAULT_FULL}};
	size_t descriptors = open_descriptors();

	(void)state;
	for (size_t p = 0; p < sizeof(plans) / sizeof(plans[0]); p++) {
		struct fault_plan plan = plans[p];
		size_t failures = 0;
		bool happened = true;
		for (plan.at = 1; happened; plan.at++) {
			struct err err = ERR_INIT;
			fault_start(&plan);
			int result = sort_work(&err);
			happened = fault_stop();
			failures += result != 0;
			assert_true(result == 0 || happened);
			assert_int_equal(open_descriptors(), descriptors);
		}
		assert_int_equal(failures > 0, p == 0 || p == 3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_call_may_fail),
		cmocka_unit_test(interruptions_and_short_transfers_are_not_noticed),
		cmocka_unit_test(nothing_half_stays),
		cmocka_unit_test(full_disk_stays_full),
		cmocka_unit_test(sync_that_fails_once),
		cmocka_unit_test(counts_what_it_was_told),
		cmocka_unit_test(kills),
		cmocka_unit_test(sorting_meets_faults),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
