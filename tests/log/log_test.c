/* log: appended, published, read, proven, at every size where tiles fill; every checkpointed size stays servable. P1, P3, P10. */
#include "logging.h"

#include <sys/stat.h>
#include <sys/wait.h>

static int setup(void **state)
{
	struct place *p = mem_alloc(sizeof(*p));

	place_make(p);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	place_remove(*state);
	free(*state);
	return 0;
}

static bool is_there(const struct place *p, const char *path)
{
	char name[200];
	struct stat st;

	snprintf(name, sizeof(name), "%s/log/%s", p->dir, path);
	return stat(name, &st) == 0;
}

/* ---- empty ------------------------------------------------------------------------------------------------------------------------ */

static void test_empty(void **state)
{
	struct place *p = *state;
	struct log *log = place_open(p);
	struct log_writer *w;
	struct merkle_proof proof;
	struct buf text = BUF_INIT;
	struct hash root;
	uint64_t size;

	assert_int_equal(log_size(log), 0);
	assert_int_equal(log_checkpoint(log).n, 0);
	merkle_empty(&root);
	assert_true(hash_equal(&root, log_root(log)));
	FAILS(log_entry(log, 0, &text, &err), ERR_NOT_FOUND);
	FAILS(log_proof(log, 0, &text, &proof, &err), ERR_NOT_FOUND);
	FAILS(log_consistency(log, 1, &proof, &err), ERR_USAGE);
	OK(log_consistency(log, 0, &proof, &err));
	OK(log_each(log, 0, 0, NULL, NULL, &err));
	FAILS(log_each(log, 0, 1, NULL, NULL, &err), ERR_NOT_FOUND);
	audit_sound(log);
	OK(log_writer_open(&w, log, &err));
	OK(log_writer_verify(w, &size, &root, &err));
	assert_int_equal(size, 0);
	OK(log_collect(w, &err));
	log_writer_free(w);
	log_free(log);
	FAILS(log_open(&log, p->fd, "nolog", NULL, &err), ERR_NOT_FOUND);
	log_writer_free(NULL);
	log_free(NULL);
	OK(log_create(p->fd, "log", &err));
}

/* ---- sizes where tiles fill --------------------------------------------------------------------------------------------------------- */

static const uint64_t sizes[] = {1, 2, 3, 255, 256, 257, 300, 511, 512, 513, 1000, 65535, 65536, 65537, 65792, 66000};
#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

/* Each tile and bundle that the size wants lies there with its length, and no partial where its full tile stands. */
static void check_files(struct place *p, uint64_t size)
{
	for (int level = TILE_ENTRIES; level < 3; level++) {
		for (uint64_t index = 0;; index++) {
			struct tile tile = {level, index, tile_width(level < 0 ? 0 : level, index, size)};
			char path[TILE_PATH_MAX], name[200];
			struct stat st;
			if (tile.width == 0)
				break;
			tile_path(path, &tile);
			snprintf(name, sizeof(name), "%s/log/%s", p->dir, path);
			if (stat(name, &st) != 0)
				fail_msg("%s is missing at size %d", path, (int)size);
			if (level >= 0)
				assert_int_equal(st.st_size, tile.width * 32);
			if (tile.width == TILE_WIDTH) {
				strcat(name, ".p");
				assert_int_equal(access(name, F_OK), -1);
			}
		}
	}
}

static void check_proof(struct log *log, uint64_t index)
{
	struct merkle_proof proof;
	struct buf entry = BUF_INIT, again = BUF_INIT;
	struct hash leaf;
	char text[400];

	OK(log_proof(log, index, &entry, &proof, &err));
	assert_true(str_equal(buf_view(&entry), entry_of(index, text)));
	merkle_leaf(buf_view(&entry), &leaf);
	OK(merkle_verify_inclusion(&leaf, index, log_size(log), &proof, log_root(log), &err));
	OK(log_entry(log, index, &again, &err));
	assert_true(str_equal(buf_view(&entry), buf_view(&again)));
	buf_release(&entry);
	buf_release(&again);
}

static void test_sizes(void **state)
{
	struct place *p = *state;
	struct log *log = place_open(p), *first = NULL;
	struct hash *leaves = leaves_of(sizes[SIZES - 1]);
	struct hash roots[SIZES], root;
	struct merkle_proof proof;

	for (size_t i = 0; i < SIZES; i++) {
		uint64_t size = sizes[i], step = size <= 1000 ? 1 : 613;
		grow_to(p, log, size);
		tree_hash(leaves, size, &roots[i]);
		assert_true(hash_equal(&roots[i], log_root(log)));
		check_files(p, size);
		for (uint64_t index = 0; index < size; index += step)
			check_proof(log, index);
		check_proof(log, size - 1);
		FAILS(log_proof(log, size, NULL, &proof, &err), ERR_NOT_FOUND);
		/* P3: from every size before, and some that were never published. */
		for (uint64_t from = 1; from < size; from += size <= 1000 ? 7 : 4099) {
			OK(log_consistency(log, from, &proof, &err));
			tree_hash(leaves, from, &root);
			OK(merkle_verify_consistency(from, &root, size, log_root(log), &proof, &err));
		}
		/* Every size that was published is servable: its root comes out of its own tiles. */
		for (size_t j = 0; j <= i; j++) {
			OK(tiles_root(log_tiles(log), sizes[j], &root, &err));
			assert_true(hash_equal(&root, &roots[j]));
		}
		if (first == NULL)
			OK(log_open(&first, p->fd, "log", &p->key, &err));
		audit_sound(log);
	}
	/* A snapshot taken at size 1 reads on although its partial tile is collected, and catches up by one proof. */
	assert_int_equal(log_size(first), 1);
	check_proof(first, 0);
	audit_sound(first);
	OK(log_refresh(first, &err));
	assert_int_equal(log_size(first), sizes[SIZES - 1]);
	check_proof(first, 12345);
	log_free(first);
	free(leaves);
	log_free(log);
}

/* Many batches by one writer, none of them round. */
static void test_batches(void **state)
{
	struct place *p = *state;
	struct log *log = place_open(p);
	struct log_writer *w;
	struct hash *leaves = leaves_of(20000);
	struct hash root;
	uint64_t size = 0;

	OK(log_writer_open(&w, log, &err));
	for (unsigned step = 1; size < 20000; step = (step * 31 + 7) % 997) {
		size += step;
		size = size > 20000 ? 20000 : size;
		OK(grow(p, w, log, size, &err));
		tree_hash(leaves, size, &root);
		assert_true(hash_equal(&root, log_root(log)));
		if (step % 3 == 0)
			OK(log_collect(w, &err));
	}
	OK(log_collect(w, &err));
	check_files(p, size);
	log_writer_free(w);
	audit_sound(log);
	for (uint64_t i = 0; i < size; i += 37)
		check_proof(log, i);
	free(leaves);
	log_free(log);
}

struct walk {
	uint64_t next, stop_at;
};

static int step_walk(void *context, uint64_t index, struct str entry, struct err *err)
{
	struct walk *walk = context;
	char text[400];

	(void)err;
	assert_int_equal(index, walk->next++);
	assert_true(str_equal(entry, entry_of(index, text)));
	return index == walk->stop_at ? 5 : 0;
}

static void test_each(void **state)
{
	struct place *p = *state;
	struct log *log = place_open(p);
	static const uint64_t ranges[][2] = {{0, 1000}, {0, 1}, {255, 257}, {256, 512}, {999, 1000}, {100, 800}};
	struct walk walk;

	grow_to(p, log, 1000);
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		walk = (struct walk){ranges[i][0], UINT64_MAX};
		OK(log_each(log, ranges[i][0], ranges[i][1], step_walk, &walk, &err));
		assert_int_equal(walk.next, ranges[i][1]);
	}
	walk = (struct walk){0, 300};
	assert_int_equal(log_each(log, 0, 1000, step_walk, &walk, NULL), 5);
	assert_int_equal(walk.next, 301);
	FAILS(log_each(log, 0, 1001, step_walk, &walk, &err), ERR_NOT_FOUND);
	log_free(log);
}

/* The largest entries there are: a bundle of 16 MiB. */
static void test_large_entries(void **state)
{
	struct place *p = *state;
	struct log *log = place_open(p);
	struct log_writer *w;
	struct os_batch *batch;
	struct buf note = BUF_INIT, entry = BUF_INIT, got = BUF_INIT;
	struct merkle_proof proof;
	struct hash root;
	uint64_t size;
	char *large = mem_alloc(ENTRY_MAX + 1);

	memset(large, 'x', ENTRY_MAX + 1);
	for (int round = 0; round < 3; round++) {
		OK(log_writer_open(&w, log, &err));
		OK(os_batch_open(&batch, log_fd(log), &err));
		FAILS(log_append(w, (struct str){large, ENTRY_MAX + 1}, NULL, &err), ERR_LIMIT);
		for (int i = 0; i < 150; i++) {
			large[0] = (char)i;
			OK(log_append(w, (struct str){large, ENTRY_MAX}, NULL, &err));
		}
		OK(log_write_edge(w, batch, &err));
		OK(os_batch_sync(batch, &err));
		OK(log_writer_verify(w, &size, &root, &err));
		sign_checkpoint(p, size, &root, &note);
		OK(log_publish(w, buf_view(&note), &err));
		OK(log_collect(w, &err));
		os_batch_free(batch);
		log_writer_free(w);
	}
	assert_int_equal(log_size(log), 450);
	for (uint64_t i = 0; i < 450; i += 149) {
		buf_clear(&entry);
		buf_clear(&got);
		large[0] = (char)(i % 150);
		OK(log_proof(log, i, &entry, &proof, &err));
		OK(log_entry(log, i, &got, &err));
		assert_true(str_equal(buf_view(&entry), (struct str){large, ENTRY_MAX}));
		assert_true(str_equal(buf_view(&got), (struct str){large, ENTRY_MAX}));
	}
	free(large);
	buf_release(&note);
	buf_release(&entry);
	buf_release(&got);
	log_free(log);
}

/* ---- what a writer refuses ------------------------------------------------------------------------------------------------------------- */

static void test_order_of_writing(void **state)
{
	struct place *p = *state, other;
	struct log *log = place_open(p);
	struct log_writer *w;
	struct os_batch *batch;
	struct buf note = BUF_INIT;
	struct hash root, wrong;
	uint64_t size;

	grow_to(p, log, 5);
	OK(log_writer_open(&w, log, &err));
	OK(os_batch_open(&batch, log_fd(log), &err));
	OK(log_append(w, STR("an entry"), &size, &err));
	assert_int_equal(size, 5);
	FAILS(log_writer_verify(w, &size, &root, &err), ERR_INTERNAL);
	FAILS(log_publish(w, STR(""), &err), ERR_INTERNAL);
	FAILS(log_tidy(w, &err), ERR_INTERNAL);
	OK(log_write_edge(w, batch, &err));
	FAILS(log_publish(w, STR(""), &err), ERR_INTERNAL);
	OK(os_batch_sync(batch, &err));
	OK(log_writer_verify(w, &size, &root, &err));
	/* Notes that must not be published. */
	wrong = root;
	wrong.b[3] ^= 1;
	sign_checkpoint(p, 6, &wrong, &note);
	FAILS(log_publish(w, buf_view(&note), &err), ERR_MISMATCH);
	sign_checkpoint(p, 7, &root, &note);
	FAILS(log_publish(w, buf_view(&note), &err), ERR_MISMATCH);
	FAILS(log_publish(w, STR("rubbish\n"), &err), ERR_SYNTAX);
	place_make(&other);
	sign_checkpoint(&other, 6, &root, &note); /* the same name, another key */
	FAILS(log_publish(w, buf_view(&note), &err), ERR_MISMATCH);
	place_remove(&other);
	assert_int_equal(log_size(log), 5);
	OK(log_refresh(log, &err));
	assert_int_equal(log_size(log), 5);
	sign_checkpoint(p, 6, &root, &note);
	OK(log_publish(w, buf_view(&note), &err));
	assert_int_equal(log_size(log), 6);
	assert_true(str_equal(log_checkpoint(log), buf_view(&note)));
	/* Signed anew without new entries: fine. */
	OK(log_publish(w, buf_view(&note), &err));
	os_batch_free(batch);
	log_writer_free(w);
	buf_release(&note);
	log_free(log);
}

/* L2, L3: what a crashed batch left is replaced, what the checkpoint needs is not touched: not even its inode. */
static void test_garbage_replaced(void **state)
{
	struct place *p = *state;
	struct log *log = place_open(p);
	static const char *const garbage[] = {"tile/0/001", "tile/0/002", "tile/entries/001", "tile/entries/002",
		"tile/0/003.p/232", "tile/entries/003.p/232", "tile/1/000.p/3", "tile/0/007", "tile/1/000.p/9", "tile/0/001.p/77",
		"tile/entries/004.p/3", "tile/0/001.p/88"};
	static const char *const kept[] = {
		"tile/0/001.p/44", "tile/entries/001.p/44", "tile/1/000.p/1", "tile/0/000", "tile/entries/000"};
	struct stat before[5], after;
	struct findings f;
	struct log_writer *w;
	char name[200];

	grow_to(p, log, 300);
	for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++) {
		char parent[100];
		snprintf(parent, sizeof(parent), "log/%s", garbage[i]);
		*strrchr(parent, '/') = '\0';
		OK(os_mkdirs(p->fd, parent, &err));
		snprintf(name, sizeof(name), "log/%s", garbage[i]);
		OK(os_write_new(p->fd, name, STR("garbage of a batch that crashed"), 0600, &err));
	}
	for (size_t i = 0; i < 5; i++) {
		snprintf(name, sizeof(name), "log/%s", kept[i]);
		OK(os_stat(p->fd, name, &before[i], &err));
	}
	audit(log, &f);
	assert_int_equal(f.count, 0);
	assert_int_equal(f.uncovered, sizeof(garbage) / sizeof(garbage[0]));
	buf_release(&f.text);
	OK(log_writer_open(&w, log, &err));
	OK(grow(p, w, log, 1000, &err));
	for (size_t i = 0; i < 5; i++) {
		snprintf(name, sizeof(name), "log/%s", kept[i]);
		OK(os_stat(p->fd, name, &after, &err));
		assert_int_equal(before[i].st_ino, after.st_ino);
		assert_int_equal(before[i].st_mtim.tv_nsec, after.st_mtim.tv_nsec);
	}
	OK(log_collect(w, &err));
	log_writer_free(w);
	for (uint64_t i = 0; i < 1000; i += 7)
		check_proof(log, i);
	/* What the batch did not write itself is still there, uncovered, until it is tidied. */
	audit(log, &f);
	assert_int_equal(f.count, 0);
	assert_int_equal(f.uncovered, 3);
	OK(os_mkdirs(p->fd, "log/tile/0/000.p", &err));
	OK(os_write_new(p->fd, "log/tile/0/000.p/5", STR("a partial left behind"), 0600, &err));
	OK(os_write_new(p->fd, "log/.checkpoint.12-0.new", STR("x"), 0600, &err));
	OK(os_write_new(p->fd, "log/notes.txt", STR("not ours"), 0600, &err));
	OK(log_writer_open(&w, log, &err));
	OK(log_tidy(w, &err));
	log_writer_free(w);
	audit(log, &f);
	assert_string_equal(f.text.p, "extra notes.txt [0,0): a log holds no such name\n");
	assert_int_equal(f.uncovered, 0);
	assert_false(is_there(p, "tile/0/000.p"));
	assert_false(is_there(p, "tile/0/007"));
	assert_true(is_there(p, "tile/0/003.p/232"));
	buf_release(&f.text);
	log_free(log);
}

/* L2: a partial tile of a level that did not grow stays the file it is. */
static void test_upper_tile_untouched(void **state)
{
	struct place *p = *state;
	struct log *log = place_open(p);
	struct stat before, after;

	grow_to(p, log, 300);
	OK(os_stat(p->fd, "log/tile/1/000.p/1", &before, &err));
	grow_to(p, log, 310);
	OK(os_stat(p->fd, "log/tile/1/000.p/1", &after, &err));
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(before.st_ctim.tv_sec, after.st_ctim.tv_sec);
	assert_int_equal(before.st_ctim.tv_nsec, after.st_ctim.tv_nsec);
	log_free(log);
}

/* P3: checkpoints that must not be taken, and what stays readable. */
static void test_checkpoint_refused(void **state)
{
	struct place *p = *state, other;
	struct log *log = place_open(p), *second;
	struct buf note = BUF_INIT, old = BUF_INIT;
	struct hash wrong = {{1}};

	grow_to(p, log, 10);
	buf_str(&old, log_checkpoint(log));
	grow_to(p, log, 20);
	/* Rolled back. */
	OK(os_replace(p->fd, "log/checkpoint", buf_view(&old), 0644, &err));
	FAILS(log_refresh(log, &err), ERR_MISMATCH);
	assert_int_equal(log_size(log), 20);
	check_proof(log, 15);
	/* Another history, of the same size and of a larger one. */
	sign_checkpoint(p, 20, &wrong, &note);
	OK(os_replace(p->fd, "log/checkpoint", buf_view(&note), 0644, &err));
	FAILS(log_refresh(log, &err), ERR_MISMATCH);
	sign_checkpoint(p, 21, &wrong, &note);
	OK(os_replace(p->fd, "log/checkpoint", buf_view(&note), 0644, &err));
	FAILS(log_refresh(log, &err), ERR_MISMATCH);
	/* Another key of the same name; a key of another name; nothing at all; rubbish. */
	place_make(&other);
	sign_checkpoint(&other, 20, log_root(log), &note);
	OK(os_replace(p->fd, "log/checkpoint", buf_view(&note), 0644, &err));
	FAILS(log_open(&second, p->fd, "log", &p->key, &err), ERR_MISMATCH);
	OK(log_open(&second, p->fd, "log", NULL, &err));
	assert_int_equal(log_size(second), 20);
	log_free(second);
	free(other.key.name);
	other.key.name = mem_dup(STR("example.org/other"));
	OK(os_replace(p->fd, "log/checkpoint", log_checkpoint(log), 0644, &err));
	FAILS(log_open(&second, p->fd, "log", &other.key, &err), ERR_MISMATCH);
	place_remove(&other);
	OK(os_replace(p->fd, "log/checkpoint", STR("example.org/archive\n20\n"), 0644, &err));
	FAILS(log_open(&second, p->fd, "log", NULL, &err), ERR_SYNTAX);
	FAILS(log_refresh(log, &err), ERR_SYNTAX);
	OK(os_unlink(p->fd, "log/checkpoint", &err));
	FAILS(log_refresh(log, &err), ERR_MISMATCH);
	assert_int_equal(log_size(log), 20);
	buf_release(&note);
	buf_release(&old);
	log_free(log);
}

/* A writer does not build on damage: edge or last bundle. */
static void test_damaged_edge(void **state)
{
	struct place *p = *state;
	struct log *log = place_open(p);
	struct log_writer *w;
	static const char *const files[] = {"log/tile/0/001.p/44", "log/tile/1/000.p/1", "log/tile/entries/001.p/44"};

	grow_to(p, log, 300);
	for (size_t i = 0; i < 3; i++) {
		struct buf bytes = BUF_INIT;
		OK(os_read_file(p->fd, files[i], 1 << 20, &bytes, &err));
		bytes.p[bytes.n / 2] ^= 4;
		OK(os_replace(p->fd, files[i], buf_view(&bytes), 0644, &err));
		FAILS(log_writer_open(&w, log, &err), ERR_MISMATCH);
		bytes.p[bytes.n / 2] ^= 4;
		OK(os_replace(p->fd, files[i], (struct str){bytes.p, bytes.n - 1}, 0644, &err));
		FAILS(log_writer_open(&w, log, &err), ERR_MISMATCH);
		OK(os_unlink(p->fd, files[i], &err));
		FAILS(log_writer_open(&w, log, &err), ERR_MISMATCH);
		OK(os_replace(p->fd, files[i], buf_view(&bytes), 0644, &err));
		OK(log_writer_open(&w, log, &err));
		log_writer_free(w);
		buf_release(&bytes);
	}
	log_free(log);
}

/* What comes back from the disk differs from what was written: nothing is signed. */
static void test_verify_reads_back(void **state)
{
	struct place *p = *state;
	struct log *log = place_open(p);
	static const char *const files[] = {"log/tile/0/001.p/144", "log/tile/1/000.p/1", "log/tile/entries/001.p/144"};

	for (size_t i = 0; i < 3; i++) {
		struct log_writer *w;
		struct os_batch *batch;
		struct buf bytes = BUF_INIT;
		struct hash root;
		uint64_t size;
		char text[400];
		OK(log_writer_open(&w, log, &err));
		OK(os_batch_open(&batch, log_fd(log), &err));
		for (uint64_t j = 0; j < 400; j++)
			OK(log_append(w, entry_of(j, text), NULL, &err));
		OK(log_write_edge(w, batch, &err));
		OK(os_batch_sync(batch, &err));
		OK(os_read_file(p->fd, files[i], 1 << 20, &bytes, &err));
		bytes.p[bytes.n - 1] ^= 1;
		OK(os_replace(p->fd, files[i], buf_view(&bytes), 0644, &err));
		FAILS(log_writer_verify(w, &size, &root, &err), ERR_MISMATCH);
		/* And the writer is done for. */
		FAILS(log_writer_verify(w, &size, &root, &err), ERR_CONFLICT);
		FAILS(log_append(w, STR("x"), NULL, &err), ERR_CONFLICT);
		FAILS(log_write_edge(w, batch, &err), ERR_CONFLICT);
		FAILS(log_publish(w, STR("x"), &err), ERR_CONFLICT);
		os_batch_free(batch);
		log_writer_free(w);
		buf_release(&bytes);
	}
	assert_int_equal(log_size(log), 0);
	grow_to(p, log, 400);
	audit_sound(log);
	log_free(log);
}

/* ---- reads counted ------------------------------------------------------------------------------------------------------------------------- */

static unsigned opened;

static int counting_openat(int dir, const char *path, int flags, mode_t mode)
{
	if ((flags & O_DIRECTORY) == 0)
		opened++;
	return os_real.openat(dir, path, flags, mode);
}

/* P10: eight file reads at 1,000,000 entries, the checkpoint's included; batches of 10,000. */
static void test_million(void **state)
{
	struct place *p = *state;
	struct log *log = place_open(p);
	struct log_writer *w;
	struct os_calls calls = os_real;
	unsigned most = 0;

	OK(log_writer_open(&w, log, &err));
	for (uint64_t size = 10000; size <= 1000000; size += 10000) {
		OK(grow(p, w, log, size, &err));
		OK(log_collect(w, &err));
	}
	log_writer_free(w);
	log_free(log);
	calls.openat = counting_openat;
	os_calls = &calls;
	for (uint64_t index = 0; index < 1000000; index += 9973) {
		opened = 0;
		log = place_open(p);
		check_proof(log, index);
		most = opened > most ? opened : most;
		log_free(log);
	}
	opened = 0;
	log = place_open(p);
	OK(log_writer_open(&w, log, &err));
	log_writer_free(w);
	log_free(log);
	os_calls = &os_real;
	/* One more is of log_entry in check_proof: the level-0 tile. */
	printf("at most %u files read for a proof (and the entry once more), %u to open a writer\n", most, opened);
	assert_true(most <= 9);
	assert_true(opened <= 9);
}

/* ---- file systems that want an fsync a file --------------------------------------------------------------------------------------------------- */

static struct buf synced;

static int noting_fsync(int fd)
{
	char link[64], path[300];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path));
	assert_true(n > 0);
	buf_add(&synced, path, (size_t)n);
	buf_char(&synced, '\n');
	return os_real.fsync(fd);
}

static int refuse_syncfs(int fd)
{
	(void)fd;
	fail_msg("syncfs on a file system that wants fsync");
	return -1;
}

static void test_fsync_each(void **state)
{
	struct place *p = *state;
	struct log *log = place_open(p);
	struct log_writer *w;
	struct os_batch *batch;
	struct os_calls calls = os_real;
	struct hash root;
	uint64_t size;
	char text[400];
	static const char *const wanted[] = {"tile", "tile/0", "tile/1", "tile/entries", "tile/0/000", "tile/0/001", "tile/0/002.p",
		"tile/0/002.p/88", "tile/1/000.p", "tile/1/000.p/2", "tile/entries/000", "tile/entries/001", "tile/entries/002.p",
		"tile/entries/002.p/88"};

	calls.fsync = noting_fsync;
	calls.syncfs = refuse_syncfs;
	os_calls = &calls;
	os_batch_force_per_file(true);
	OK(log_writer_open(&w, log, &err));
	OK(os_batch_open(&batch, log_fd(log), &err));
	for (uint64_t i = 0; i < 600; i++)
		OK(log_append(w, entry_of(i, text), NULL, &err));
	OK(log_write_edge(w, batch, &err));
	OK(os_batch_sync(batch, &err));
	os_calls = &os_real;
	os_batch_force_per_file(false);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		char line[200];
		snprintf(line, sizeof(line), "%s/log/%s\n", p->dir, wanted[i]);
		if (strstr(synced.p, line) == NULL)
			fail_msg("%s was not synced:\n%s", wanted[i], synced.p);
	}
	OK(log_writer_verify(w, &size, &root, &err));
	os_batch_free(batch);
	log_writer_free(w);
	log_free(log);
	buf_release(&synced);
}

/* ---- another reader of the format ---------------------------------------------------------------------------------------------------------- */

static void test_independent_reader(void **state)
{
	struct place *p = *state;
	struct log *log = place_open(p);
	char command_path[] = "tests/house/read_log.py";

	if (access(command_path, R_OK) != 0) {
		print_message("SKIPPED test_independent_reader: %s is absent\n", command_path);
		log_free(log);
		skip();
	}
	grow_to(p, log, 70000);
	log_free(log);
	struct buf vkey = BUF_INIT;
	char folder[100];
	vkey_format(&vkey, &p->key);
	snprintf(folder, sizeof(folder), "%s/log", p->dir);
	fflush(NULL);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		execlp("python3", "python3", command_path, folder, vkey.p, (char *)NULL);
		_exit(127);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	buf_release(&vkey);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_empty, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sizes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_batches, setup, teardown),
		cmocka_unit_test_setup_teardown(test_each, setup, teardown),
		cmocka_unit_test_setup_teardown(test_large_entries, setup, teardown),
		cmocka_unit_test_setup_teardown(test_order_of_writing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_garbage_replaced, setup, teardown),
		cmocka_unit_test_setup_teardown(test_upper_tile_untouched, setup, teardown),
		cmocka_unit_test_setup_teardown(test_checkpoint_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_damaged_edge, setup, teardown),
		cmocka_unit_test_setup_teardown(test_verify_reads_back, setup, teardown),
		cmocka_unit_test_setup_teardown(test_million, setup, teardown),
		cmocka_unit_test_setup_teardown(test_fsync_each, setup, teardown),
		cmocka_unit_test_setup_teardown(test_independent_reader, setup, teardown),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
