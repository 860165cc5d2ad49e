/* The power-loss simulator: its record is right, and it shows what a careless writer loses. */
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

/* One random change through the table; folders, files and links of few names, so that they meet. */
static void random_change(void)
{
	struct err err = ERR_INIT;
	static const char *const paths[] = {"a", "b", "c", "d/a", "d/b", "d/e/a", "d/e/b", "f", "f/a", "f/g", "f/g/a", "d", "d/e"};
	const char *one = paths[(size_t)rand() % 13], *other = paths[(size_t)rand() % 13];
	char bytes[300];
	size_t n = (size_t)rand() % sizeof(bytes);
	struct iovec parts[2] = {{.iov_base = bytes, .iov_len = n / 2}, {.iov_base = bytes + n / 2, .iov_len = n - n / 2}};
	int fd;

	for (size_t i = 0; i < n; i++)
		bytes[i] = (char)rand();
	switch (rand() % 16) {
	case 0:
	case 1:
		os_mkdir(dir, one, &err);
		break;
	case 2:
		os_write_new(dir, one, (struct str){bytes, n}, 0600, &err);
		break;
	case 3:
		os_replace(dir, one, (struct str){bytes, n}, 0644, &err);
		break;
	case 4:
		os_rename(dir, one, dir, other, &err);
		break;
	case 5:
		os_rename_over(dir, one, dir, other, &err);
		break;
	case 6:
		os_exchange(dir, one, dir, other, &err);
		break;
	case 7:
		os_unlink(dir, one, &err);
		break;
	case 8:
		os_rmdir(dir, one, &err);
		break;
	case 9:
		os_calls->linkat(dir, one, dir, other, 0);
		break;
	case 10:
		if ((fd = os_open(dir, ".", O_TMPFILE | O_RDWR, 0640, &err)) >= 0) {
			char self[40];
			os_write(fd, bytes, n, "", &err);
			snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
			os_calls->linkat(AT_FDCWD, self, dir, one, AT_SYMLINK_FOLLOW);
			os_close(fd);
		}
		break;
	default:
		if ((fd = os_open(dir, one,
			     O_RDWR | (rand() % 3 == 0 ? O_TRUNC : 0) | (rand() % 2 == 0 ? O_APPEND : 0) |
				     (rand() % 2 == 0 ? O_CREAT : 0),
			     0644, &err)) < 0)
			break;
		if (rand() % 2 == 0)
			os_calls->writev(fd, parts, 2);
		if (rand() % 2 == 0)
			os_calls->pwrite(fd, bytes, n, rand() % 500);
		if (rand() % 3 == 0)
			os_calls->ftruncate(fd, rand() % 500);
		if (rand() % 2 == 0)
			os_calls->write(fd, bytes, n);
		if (rand() % 4 == 0) {
			off_t from = rand() % 100, to = 700 + rand() % 100;
			os_calls->copy_range(fd, &from, fd, &to, 90);
		}
		os_close(fd);
	}
}

/* The record is right: at any moment the rebuilt folder is the folder as it was; after a syncfs nothing can be lost, by any model and
 * seed; what was there before is there however much is lost. */
static void record_agrees_with_the_folder(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	for (unsigned seed = 0; seed < 60; seed++) {
		struct buf before = BUF_INIT, middle = BUF_INIT, synced = BUF_INIT, after = BUF_INIT;
		fresh_root();
		srand(seed);
		for (int i = 0; i < 30; i++)
			random_change();
		buf_text(&before, "");
		describe_tree(root, &before);
		struct power *power = power_start(root);
		for (int i = 0; i < 40; i++)
			random_change();
		size_t middle_k = power_calls(power);
		describe_tree(root, &middle);
		for (int i = 0; i < 40; i++)
			random_change();
		describe_tree(root, &synced);
		struct os_batch *batch;
		assert_int_equal(os_batch_open(&batch, dir, &err), 0);
		if (os_batch_per_file(batch))
			assert_int_equal(os_calls->syncfs(dir), 0);
		else
			assert_int_equal(os_batch_sync(batch, &err), 0);
		os_batch_free(batch);
		size_t synced_k = power_calls(power);
		assert_true(power_is_sync(power, synced_k));
		for (int i = 0; i < 40; i++)
			random_change();
		describe_tree(root, &after);
		power_stop(power);
		assert_ptr_equal(os_calls, &os_real);

		materialise(power, power_calls(power), 1, POWER_NOTHING_LOST);
		assert_same_tree(after.p, cut);
		materialise(power, middle_k, 1, POWER_NOTHING_LOST);
		assert_same_tree(middle.p, cut);
		for (uint64_t s = 0; s < 8; s++)
			for (unsigned model = POWER_LOOSE; model <= POWER_UNSYNCED_LOST; model++) {
				materialise(power, synced_k, s, (enum power_model)model);
				assert_same_tree(synced.p, cut);
			}
		materialise(power, 0, 1, POWER_LOOSE);
		assert_same_tree(before.p != NULL ? before.p : "", cut);
		/* any cut gives some tree, and the same one for the same seed */
		for (size_t k = 0; k <= power_calls(power); k += 7) {
			struct buf once = BUF_INIT;
			buf_text(&once, "");
			materialise(power, k, k + seed, k % 2 == 0 ? POWER_LOOSE : POWER_ORDERED);
			describe_tree(cut, &once);
			materialise(power, k, k + seed, k % 2 == 0 ? POWER_LOOSE : POWER_ORDERED);
			assert_same_tree(once.p != NULL ? once.p : "", cut);
			buf_release(&once);
		}
		power_free(power);
		buf_release(&before);
		buf_release(&middle);
		buf_release(&synced);
		buf_release(&after);
	}
}

/* os_replace: old or new, whole, at every moment; new once it has said so (P1). */
static void replace_survives_every_cut(void **state)
{
	static const enum power_model models[] = {POWER_LOOSE, POWER_ORDERED, POWER_UNSYNCED_LOST, POWER_NOTHING_LOST};
	static const char *const paths[] = {"checkpoint", "log/checkpoint"};
	struct err err = ERR_INIT;

	(void)state;
	for (size_t p = 0; p < 2; p++) {
		fresh_root();
		assert_int_equal(os_mkdir(dir, "log", &err), 0);
		assert_int_equal(os_write_new(dir, paths[p], STR("old content"), 0644, &err), 0);
		struct power *power = power_start(root);
		assert_int_equal(os_replace(dir, paths[p], STR("new content, longer"), 0644, &err), 0);
		size_t first = power_calls(power);
		assert_int_equal(os_replace(dir, paths[p], STR("newest"), 0644, &err), 0);
		size_t second = power_calls(power), seen_old = 0, seen_new = 0;
		power_stop(power);
		for (size_t m = 0; m < 4; m++)
			for (size_t k = 0; k <= second; k++)
				for (uint64_t seed = 0; seed < SEEDS; seed++) {
					materialise(power, k, seed, models[m]);
					bool old = holds(paths[p], "old content"), new = holds(paths[p], "new content, longer"),
					     newest = holds(paths[p], "newest");
					assert_true(old || new || newest);
					assert_true(k < first || !old);
					assert_true(k < second || newest);
					assert_true(k > first || !newest);
					seen_old += k < first && old;
					seen_new += k < first && new;
				}
		assert_true(seen_old > 0 && seen_new > 0); /* both can happen before it returns */
		power_free(power);
	}
}

/* How often a way of writing "new" over or beside "old" leaves something else than promised, over all cuts and seeds. */
struct damage {
	size_t torn, missing; /* neither old nor new; not new although the writer said so */
};

static struct damage damage_of(void (*writer)(void), const char *path, enum power_model model)
{
	struct damage damage = {0, 0};
	struct err err = ERR_INIT;

	fresh_root();
	assert_int_equal(os_write_new(dir, "kept", STR("old old old"), 0644, &err), 0);
	struct power *power = power_start(root);
	writer();
	size_t said = power_calls(power);
	power_stop(power);
	for (size_t k = 0; k <= said; k++)
		for (uint64_t seed = 0; seed < SEEDS; seed++) {
			struct buf content = BUF_INIT;
			materialise(power, k, seed, model);
			bool there = after_cut(path, &content), new = there &&str_equal(buf_view(&content), STR("new new new new"));
			damage.torn += there && !new && !str_equal(buf_view(&content), STR("old old old"));
			damage.missing += k == said && !new;
			assert_true(holds("kept", "old old old") || strcmp(path, "kept") == 0);
			buf_release(&content);
		}
	power_free(power);
	return damage;
}

static void write_in_place(void)
{
	struct err err = ERR_INIT;
	int fd = os_open(dir, "kept", O_WRONLY | O_TRUNC, 0, &err);

	assert_int_equal(os_write(fd, "new new new new", 15, "kept", &err), 0);
	assert_int_equal(os_fsync(fd, "kept", &err), 0);
	os_close(fd);
}

static void rename_without_sync(void)
{
	struct err err = ERR_INIT;

	assert_int_equal(os_write_new(dir, "tmp", STR("new new new new"), 0644, &err), 0);
	assert_int_equal(os_rename_over(dir, "tmp", dir, "kept", &err), 0);
	assert_int_equal(os_fsync_dir(dir, ".", &err), 0);
}

static void new_file_unsynced(void)
{
	struct err err = ERR_INIT;

	assert_int_equal(os_write_new(dir, "new", STR("new new new new"), 0644, &err), 0);
}

static void new_file_without_its_folder(void)
{
	struct err err = ERR_INIT;
	int fd = os_open(dir, "new", O_WRONLY | O_CREAT | O_EXCL, 0644, &err);

	assert_int_equal(os_write(fd, "new new new new", 15, "new", &err), 0);
	assert_int_equal(os_fsync(fd, "new", &err), 0);
	os_close(fd);
}

static void folder_without_its_parent(void)
{
	struct err err = ERR_INIT;

	assert_int_equal(os_mkdir(dir, "sub", &err), 0);
	int fd = os_open(dir, "sub/new", O_WRONLY | O_CREAT | O_EXCL, 0644, &err);
	assert_int_equal(os_write(fd, "new new new new", 15, "new", &err), 0);
	assert_int_equal(os_fsync(fd, "new", &err), 0);
	os_close(fd);
	assert_int_equal(os_fsync_dir(dir, "sub", &err), 0);
}

/* The right way: in a place aside, synced, renamed into its place, synced. */
static void batch_and_publish(void)
{
	struct err err = ERR_INIT;
	struct os_batch *batch;

	assert_int_equal(os_batch_open(&batch, dir, &err), 0);
	assert_int_equal(os_mkdirs(dir, "staging/object", &err), 0);
	assert_int_equal(os_write_new(dir, "staging/object/new", STR("new new new new"), 0644, &err), 0);
	assert_int_equal(os_batch_wrote(batch, dir, "staging/object/new", &err), 0);
	assert_int_equal(os_batch_wrote_dir(batch, dir, "staging/object", &err), 0);
	assert_int_equal(os_batch_wrote_dir(batch, dir, "staging", &err), 0);
	assert_int_equal(os_batch_wrote_dir(batch, dir, ".", &err), 0);
	assert_int_equal(os_batch_sync(batch, &err), 0);
	assert_int_equal(os_rename(dir, "staging/object", dir, "object", &err), 0);
	assert_int_equal(os_batch_wrote_dir(batch, dir, ".", &err), 0);
	assert_int_equal(os_batch_wrote_dir(batch, dir, "staging", &err), 0);
	assert_int_equal(os_batch_sync(batch, &err), 0);
	os_batch_free(batch);
}

static void careless_writers_are_caught(void **state)
{
	(void)state;
	for (unsigned model = POWER_LOOSE; model <= POWER_ORDERED; model++) {
		enum power_model m = (enum power_model)model;
		assert_true(damage_of(write_in_place, "kept", m).torn > 0);
		assert_true(damage_of(rename_without_sync, "kept", m).torn > 0);
		assert_true(damage_of(new_file_unsynced, "new", m).missing > 0);
		assert_true(damage_of(new_file_unsynced, "new", m).torn > 0);
		assert_true(damage_of(new_file_without_its_folder, "new", m).missing > 0);
		/* in order, what came before the name in the folder is durable with it: the folder's own name */
		assert_int_equal(damage_of(folder_without_its_parent, "sub/new", m).missing > 0, m == POWER_LOOSE);
		for (int per_file = 0; per_file < 2; per_file++) {
			os_batch_force_per_file(per_file);
			struct damage none = damage_of(batch_and_publish, "object/new", m);
			assert_int_equal(none.torn, 0);
			assert_int_equal(none.missing, 0);
		}
		os_batch_force_per_file(false);
	}
	/* an fsync of data keeps the data of a file that had its name */
	assert_int_equal(damage_of(write_in_place, "kept", POWER_LOOSE).missing, 0);
	assert_int_equal(damage_of(rename_without_sync, "kept", POWER_NOTHING_LOST).torn, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(record_agrees_with_the_folder),
		cmocka_unit_test(replace_survives_every_cut),
		cmocka_unit_test(careless_writers_are_caught),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
