/* The power-loss simulator keeps its rules: what may be lost and what may not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "scene.h"

/* Both sides of an exchange, or none; a rename leaves one name, even of a folder with content. */
static void renames_are_never_half_done(void **state)
{
	struct err err = ERR_INIT;
	size_t swapped = 0, kept = 0, moved = 0, stayed = 0;

	(void)state;
	fresh_root();
	assert_int_equal(os_mkdirs(dir, "one/in", &err), 0);
	assert_int_equal(os_mkdirs(dir, "two/in", &err), 0);
	assert_int_equal(os_mkdirs(dir, "from/moving", &err), 0);
	assert_int_equal(os_mkdir(dir, "to", &err), 0);
	assert_int_equal(os_write_new(dir, "one/in/f", STR("1"), 0644, &err), 0);
	assert_int_equal(os_write_new(dir, "two/in/f", STR("2"), 0644, &err), 0);
	assert_int_equal(os_write_new(dir, "from/moving/f", STR("m"), 0644, &err), 0);
	struct power *power = power_start(root);
	assert_int_equal(os_exchange(dir, "one/in", dir, "two/in", &err), 0);
	assert_int_equal(os_rename(dir, "from/moving", dir, "to/moved", &err), 0);
	size_t unsynced = power_calls(power);
	assert_int_equal(os_fsync_dir(dir, "to", &err), 0);
	power_stop(power);
	for (uint64_t seed = 0; seed < 4 * SEEDS; seed++)
		for (size_t k = 0; k <= power_calls(power); k++) {
			materialise(power, k, seed, seed % 2 == 0 ? POWER_LOOSE : POWER_ORDERED);
			bool before = holds("one/in/f", "1") && holds("two/in/f", "2"),
			     after = holds("one/in/f", "2") && holds("two/in/f", "1");
			bool there = holds("to/moved/f", "m"), here = holds("from/moving/f", "m");
			assert_true(before != after);
			assert_true(there != here);
			assert_true(k <= unsynced || there);
			swapped += k == unsynced && after;
			kept += k == unsynced && before;
			moved += k == unsynced && there;
			stayed += k == unsynced && here;
		}
	assert_true(swapped > 0 && kept > 0 && moved > 0 && stayed > 0);
	power_free(power);
}

/* A file moved twice has one name, whichever of the two moves was lost. */
static void moved_twice_has_one_name(void **state)
{
	struct err err = ERR_INIT;
	size_t seen[3] = {0, 0, 0};

	(void)state;
	fresh_root();
	assert_int_equal(os_write_new(dir, "a", STR("x"), 0644, &err), 0);
	struct power *power = power_start(root);
	assert_int_equal(os_rename(dir, "a", dir, "b", &err), 0);
	assert_int_equal(os_rename(dir, "b", dir, "c", &err), 0);
	power_stop(power);
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		materialise(power, 2, seed, POWER_LOOSE);
		bool there[3] = {holds("a", "x"), holds("b", "x"), holds("c", "x")};
		assert_int_equal(there[0] + there[1] + there[2], 1);
		for (size_t i = 0; i < 3; i++)
			seen[i] += there[i];
	}
	assert_true(seen[0] > 0 && seen[1] > 0 && seen[2] > 0);
	power_free(power);
}

/* A folder never ends up in itself, out of everybody's sight. */
static void folders_turned_inside_out(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	fresh_root();
	assert_int_equal(os_mkdirs(dir, "a/b", &err), 0);
	assert_int_equal(os_write_new(dir, "a/x", STR("x"), 0644, &err), 0);
	assert_int_equal(os_write_new(dir, "a/b/y", STR("y"), 0644, &err), 0);
	struct power *power = power_start(root);
	assert_int_equal(os_rename(dir, "a/b", dir, "b", &err), 0);
	assert_int_equal(os_rename(dir, "a", dir, "b/a", &err), 0);
	power_stop(power);
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		materialise(power, 2, seed, POWER_LOOSE);
		assert_true(holds("a/x", "x") || holds("b/a/x", "x"));
		assert_true(holds("a/b/y", "y") || holds("b/y", "y"));
	}
	power_free(power);
}

/* POWER_ORDERED shows a beginning of what was appended, POWER_LOOSE also the end without the beginning. */
static void order_of_writes(void **state)
{
	struct err err = ERR_INIT;
	size_t out_of_order = 0, half = 0;

	(void)state;
	fresh_root();
	assert_int_equal(os_write_new(dir, "f", STR(""), 0644, &err), 0);
	struct power *power = power_start(root);
	int fd = os_open(dir, "f", O_WRONLY, 0, &err);
	assert_int_equal(os_write(fd, "1111", 4, "f", &err), 0);
	assert_int_equal(os_write(fd, "2222", 4, "f", &err), 0);
	assert_int_equal(os_write(fd, "3333", 4, "f", &err), 0);
	os_close(fd);
	power_stop(power);
	for (uint64_t seed = 0; seed < 4 * SEEDS; seed++)
		for (unsigned model = POWER_LOOSE; model <= POWER_ORDERED; model++) {
			struct buf content = BUF_INIT;
			materialise(power, 3, seed, (enum power_model)model);
			assert_true(after_cut("f", &content));
			bool beginning = str_starts(STR("111122223333"), buf_view(&content));
			assert_true(beginning || model == POWER_LOOSE);
			out_of_order += !beginning;
			half += beginning && content.n % 4 != 0;
			buf_release(&content);
		}
	assert_true(out_of_order > 0 && half > 0);
	power_free(power);
}

/* A name that was removed for good does not come back: not even by an older operation that was still pending. */
static void synced_removal_is_final(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	fresh_root();
	assert_int_equal(os_mkdir(dir, "other", &err), 0);
	struct power *power = power_start(root);
	assert_int_equal(os_write_new(dir, "intent", STR("x"), 0644, &err), 0);
	assert_int_equal(os_rename(dir, "intent", dir, "other/intent", &err), 0);
	assert_int_equal(os_fsync_dir(dir, "other", &err), 0);
	assert_int_equal(os_unlink(dir, "other/intent", &err), 0);
	assert_int_equal(os_fsync_dir(dir, "other", &err), 0);
	size_t n = power_calls(power);
	power_stop(power);
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct buf content = BUF_INIT;
		materialise(power, n, seed, POWER_LOOSE);
		assert_false(after_cut("intent", &content));
		assert_false(after_cut("other/intent", &content));
		materialise(power, n - 1, seed, POWER_LOOSE); /* the unlink may be lost, the rename not */
		assert_false(after_cut("intent", &content));
		buf_release(&content);
	}
	struct buf text = BUF_INIT;
	for (size_t k = 1; k <= n; k++) {
		power_describe(power, k, &text);
		buf_char(&text, '\n');
	}
	assert_string_equal(text.p, "create intent\nwrite intent/\nrenameat2 intent -> other/intent\nfsync other/\nunlinkat "
				    "other/intent\nfsync other/\n");
	buf_release(&text);
	power_free(power);
}

/* POWER_ORDERED and POWER_JOURNALED keep names in their order; POWER_LOOSE shows the later without the earlier. */
static void order_of_names(void **state)
{
	struct err err = ERR_INIT;
	static const enum power_model models[] = {POWER_LOOSE, POWER_ORDERED, POWER_JOURNALED};
	size_t out_of_order = 0;

	(void)state;
	fresh_root();
	struct power *power = power_start(root);
	assert_int_equal(os_mkdir(dir, "first", &err), 0);
	assert_int_equal(os_mkdir(dir, "second", &err), 0);
	assert_int_equal(os_mkdir(dir, "third", &err), 0);
	size_t n = power_calls(power);
	power_stop(power);
	for (uint64_t seed = 0; seed < SEEDS; seed++)
		for (size_t model = 0; model < 3; model++) {
			char path[100];
			bool there[3];
			static const char *const names[] = {"first", "second", "third"};
			materialise(power, n, seed, models[model]);
			for (size_t i = 0; i < 3; i++) {
				snprintf(path, sizeof(path), "%s/%s", cut, names[i]);
				there[i] = os_exists(AT_FDCWD, path, &err) == 1;
			}
			bool ordered = there[0] >= there[1] && there[1] >= there[2];
			assert_true(ordered || models[model] == POWER_LOOSE);
			out_of_order += !ordered;
		}
	assert_true(out_of_order > 0);
	power_free(power);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(renames_are_never_half_done),
		cmocka_unit_test(moved_twice_has_one_name),
		cmocka_unit_test(folders_turned_inside_out),
		cmocka_unit_test(order_of_writes),
		cmocka_unit_test(synced_removal_is_final),
		cmocka_unit_test(order_of_names),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
