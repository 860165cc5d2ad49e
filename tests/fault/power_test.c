/* The power-loss simulator: it shows what a careless writer loses, and never more than a power cut may take. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fault/fault.h"

static char folder[] = "/tmp/photostat-power-XXXXXX";
static char root[64], cut[64];
static int dir = -1; /* root */

static int set_up(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(root, sizeof(root), "%s/root", folder);
	snprintf(cut, sizeof(cut), "%s/photostat-cut-%u", fault_fast_folder(), (unsigned)getpid());
	return 0;
}

static int tear_down(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	os_remove_tree(AT_FDCWD, cut, &err);
	return os_remove_tree(AT_FDCWD, folder, &err);
}

static void fresh_root(void)
{
	struct err err = ERR_INIT;

	if (dir >= 0)
		close(dir);
	assert_int_equal(os_remove_tree(AT_FDCWD, root, &err), 0);
	assert_int_equal(os_mkdir(AT_FDCWD, root, &err), 0);
	dir = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(dir >= 0);
}

static void materialise(struct power *power, size_t k, uint64_t seed, enum power_model model)
{
	struct err err = ERR_INIT;

	assert_int_equal(os_remove_tree(AT_FDCWD, cut, &err), 0);
	power_materialise(power, k, seed, model, cut);
}

/* What the file holds after the cut; false if it is not there. */
static bool after_cut(const char *path, struct buf *content)
{
	struct err err = ERR_INIT;
	char whole[300];

	buf_clear(content);
	snprintf(whole, sizeof(whole), "%s/%s", cut, path);
	int there = os_exists(AT_FDCWD, whole, &err);
	if (there == 1)
		assert_int_equal(os_read_file(AT_FDCWD, whole, 1 << 20, content, &err), 0);
	return there == 1;
}

static bool holds(const char *path, const char *content)
{
	struct buf buf = BUF_INIT;
	bool same = after_cut(path, &buf) && str_equal(buf_view(&buf), str_from(content));

	buf_release(&buf);
	return same;
}

/* A whole tree as text: path, kind, mode, links, content. */
static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void describe_tree(const char *path, struct buf *out)
{
	struct err err = ERR_INIT;
	struct os_dir *list;
	struct os_name entry;
	char *names[512];
	size_t n = 0;

	assert_int_equal(os_dir_open(&list, AT_FDCWD, path, &err), 0);
	while (os_dir_next(list, &entry, &err) == 1) {
		assert_true(n < 512);
		names[n++] = mem_dup(str_from(entry.name));
	}
	os_dir_close(list);
	qsort(names, n, sizeof(names[0]), by_text);
	for (size_t i = 0; i < n; i++) {
		struct buf inner = BUF_INIT;
		struct stat stat;
		buf_printf(&inner, "%s/%s", path, names[i]);
		assert_int_equal(os_stat(AT_FDCWD, inner.p, &stat, &err), 0);
		buf_printf(out, "(%s %o ", names[i], (unsigned)stat.st_mode);
		if (S_ISDIR(stat.st_mode)) {
			describe_tree(inner.p, out);
		} else {
			struct buf content = BUF_INIT;
			assert_int_equal(os_read_file(AT_FDCWD, inner.p, 1 << 20, &content, &err), 0);
			buf_printf(out, "%u ", (unsigned)stat.st_nlink);
			buf_hex(out, content.p, content.n);
			buf_release(&content);
		}
		buf_text(out, ")\n");
		buf_release(&inner);
		free(names[i]);
	}
}

static void assert_same_tree(const char *expected_text, const char *path)
{
	struct buf text = BUF_INIT;

	buf_text(&text, "");
	describe_tree(path, &text);
	assert_string_equal(expected_text, text.p != NULL ? text.p : "");
	buf_release(&text);
}

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

#define SEEDS 64

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

/* POWER_ORDERED keeps names in their order; POWER_LOOSE shows the later without the earlier. */
static void order_of_names(void **state)
{
	struct err err = ERR_INIT;
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
		for (unsigned model = POWER_LOOSE; model <= POWER_ORDERED; model++) {
			char path[100];
			bool there[3];
			static const char *const names[] = {"first", "second", "third"};
			materialise(power, n, seed, (enum power_model)model);
			for (size_t i = 0; i < 3; i++) {
				snprintf(path, sizeof(path), "%s/%s", cut, names[i]);
				there[i] = os_exists(AT_FDCWD, path, &err) == 1;
			}
			bool ordered = there[0] >= there[1] && there[1] >= there[2];
			assert_true(ordered || model == POWER_LOOSE);
			out_of_order += !ordered;
		}
	assert_true(out_of_order > 0);
	power_free(power);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(record_agrees_with_the_folder),
		cmocka_unit_test(replace_survives_every_cut),
		cmocka_unit_test(careless_writers_are_caught),
		cmocka_unit_test(renames_are_never_half_done),
		cmocka_unit_test(moved_twice_has_one_name),
		cmocka_unit_test(folders_turned_inside_out),
		cmocka_unit_test(order_of_writes),
		cmocka_unit_test(synced_removal_is_final),
		cmocka_unit_test(order_of_names),
	};
	int result = cmocka_run_group_tests(tests, set_up, tear_down);

	if (dir >= 0)
		close(dir);
	return result;
}
