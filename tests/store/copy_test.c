/* store: files of all lengths copied and hashed in one pass; holes; files that change while they are read; many files. P1, P10. */
#include "storing.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#define MIB ((size_t)1 << 20)

static int setup(void **state)
{
	struct place *p = mem_alloc(sizeof(*p));

	place_make(p, DIGEST_SHA256);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	place_remove(*state);
	free(*state);
	return 0;
}

/* Linked with --wrap: threads can be made to lack. */
static bool no_threads;
int __real_pthread_create(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
int __wrap_pthread_create(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
static unsigned threads_made;

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*function)(void *), void *context)
{
	if (no_threads)
		return EAGAIN;
	threads_made++;
	return __real_pthread_create(thread, attributes, function, context);
}

/* After so many reads of the file, something is done to it. */
static struct {
	struct os_calls calls;
	int fd; /* whose reads count */
	int reads, at;
	int no_copy_range; /* errno; below 0: nothing is copied, and no error either */
	void (*change)(int fd);
} meddler;

static ssize_t meddling_pread(int fd, void *bytes, size_t n, off_t offset)
{
	if (fd == meddler.fd && ++meddler.reads == meddler.at)
		meddler.change(fd);
	return os_real.pread(fd, bytes, n, offset);
}

static ssize_t meddling_copy_range(int in, off_t *in_offset, int out, off_t *out_offset, size_t n)
{
	/* Some file systems say that there is nothing, of files that have content. */
	if (meddler.no_copy_range < 0)
		return 0;
	if (meddler.no_copy_range != 0) {
		errno = meddler.no_copy_range;
		return -1;
	}
	if (in == meddler.fd && ++meddler.reads == meddler.at)
		meddler.change(in);
	return os_real.copy_range(in, in_offset, out, out_offset, n);
}

static int meddling_fstatat(int dir, const char *path, struct stat *st, int flags)
{
	/* at 0: between the reads and the last look. */
	if (dir == meddler.fd && path[0] == '\0' && meddler.at == 0 && meddler.reads > 0)
		meddler.change(dir);
	return os_real.fstatat(dir, path, st, flags);
}

static void meddle(int fd, int at, void (*change)(int), int no_copy_range)
{
	meddler.calls = os_real;
	meddler.calls.pread = meddling_pread;
	meddler.calls.copy_range = meddling_copy_range;
	meddler.calls.fstatat = meddling_fstatat;
	meddler.fd = fd;
	meddler.reads = 0;
	meddler.at = at;
	meddler.change = change;
	meddler.no_copy_range = no_copy_range;
	os_calls = &meddler.calls;
}

/* Independent of the hasher that the store keeps. */
static struct digest digest_of(struct str content)
{
	struct hash hash;
	struct digest digest = {.alg = DIGEST_SHA256};

	sha256(content.p, content.n, &hash);
	memcpy(digest.bytes, hash.b, sizeof(hash.b));
	return digest;
}

static void keep_one(struct place *p, const char *id, int fd, struct str content)
{
	struct stage *stage;
	struct os_batch *batch;
	struct digest digest, expected = digest_of(content), inventory;
	struct sample sample = {"file", content};
	uint64_t size;

	OK(stage_new_object(&stage, p->store, p->staging, "o", str_from(id), &err));
	OK(stage_add_fd(stage, STR("file"), fd, "file", &digest, &size, &err));
	assert_int_equal(size, content.n);
	assert_true(digest_equal(&digest, &expected));
	OK(end_version(stage, &inventory, &err));
	stage_free(stage);
	OK(os_batch_open(&batch, p->fd, &err));
	OK(store_publish_object(p->store, p->staging, "o", str_from(id), batch, &err));
	os_batch_free(batch);
	check_version(p, id, 1, &inventory, &sample, 1);
}

static void all_lengths(struct place *p, const char *what)
{
	static const size_t lengths[] = {0, 1, 4095, 4096, 4097, 262143, 262144, 262145, MIB - 1, MIB, MIB + 1, MIB + 262144,
		2 * MIB - 1, 2 * MIB, 2 * MIB + 1, 5 * MIB + 12345};

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct str content = {noise(lengths[i], i + 1), lengths[i]};
		char id[64];
		int fd = content_fd(content);

		snprintf(id, sizeof(id), "urn:%s:%d", what, (int)lengths[i]);
		/* From its start, wherever the descriptor stands. */
		assert_true(lseek(fd, (off_t)(lengths[i] / 2), SEEK_SET) >= 0);
		keep_one(p, id, fd, content);
		close(fd);
		free((void *)(uintptr_t)content.p);
	}
}

static void test_lengths(void **state)
{
	threads_made = 0;
	all_lengths(*state, "threads");
	assert_int_equal(threads_made, 7); /* a MiB and above */
	check_valid(*state, 16);
}

static void test_without_threads(void **state)
{
	no_threads = true;
	all_lengths(*state, "alone");
	no_threads = false;
	check_valid(*state, 16);
}

/* From another file system, say. */
static void test_without_copy_range(void **state)
{
	static const int reasons[] = {EXDEV, EINVAL, EOPNOTSUPP, ENOSYS, EPERM, -1};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		char what[32];

		meddle(-1, 0, NULL, reasons[i]);
		snprintf(what, sizeof(what), "%d", reasons[i]);
		all_lengths(*state, what);
		no_threads = true;
		snprintf(what, sizeof(what), "%d-alone", reasons[i]);
		all_lengths(*state, what);
		no_threads = false;
	}
	os_calls = &os_real;
	check_valid(*state, 192);
}

/* ---- holes ------------------------------------------------------------------------------------------------------------------------- */

struct piece {
	off_t offset;
	size_t n;
};

static blkcnt_t blocks_of(struct place *p, const char *id)
{
	char path[STORE_PATH_MAX], full[STORE_PATH_MAX + 64];
	struct stat st;

	OK(store_object_path(str_from(id), path, &err));
	snprintf(full, sizeof(full), "records/%.4000s/v1/content/file", path);
	assert_int_equal(fstatat(p->fd, full, &st, 0), 0);
	return st.st_blocks;
}

static void test_holes(void **state)
{
	static const struct {
		off_t size;
		struct piece pieces[3];
		long most; /* KiB that may be allocated */
	} cases[] = {
		{8 * MIB, {{0, 0}}, 0},
		{8 * MIB + 1, {{0, 0}}, 0},
		{8 * MIB, {{0, 4096}}, 4},
		{8 * MIB, {{8 * MIB - 1, 1}}, 4},
		{8 * MIB, {{MIB - 10, 20}, {3 * MIB, 4096}, {5 * MIB + 1, 1}}, 16},
		{8 * MIB + 100, {{8 * MIB, 100}}, 4},
		{8 * MIB + 1, {{8 * MIB - 4096, 4096}}, 4},
		{200 * MIB + 77, {{100 * MIB, 5000}, {150 * MIB, 70000}, {200 * MIB, 77}}, 88},
	};
	struct place *p = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct str content = {calloc(1, (size_t)cases[i].size), (size_t)cases[i].size};
		char id[64];
		int fd = content_fd(STR(""));

		assert_non_null(content.p);
		assert_int_equal(ftruncate(fd, cases[i].size), 0);
		for (int k = 0; k < 3; k++) {
			size_t n = cases[i].pieces[k].n;
			char *bytes = noise(n, 3);

			memset(bytes, 'x', n / 2);
			assert_int_equal(pwrite(fd, bytes, n, cases[i].pieces[k].offset), n);
			memcpy((char *)(uintptr_t)content.p + cases[i].pieces[k].offset, bytes, n);
			free(bytes);
		}
		snprintf(id, sizeof(id), "urn:hole:%d", (int)i);
		keep_one(p, id, fd, content);
		if (blocks_of(p, id) * 512 > cases[i].most * 1024)
			fail_msg("case %d: %ld bytes are allocated", (int)i, (long)blocks_of(p, id) * 512);
		close(fd);
		free((void *)(uintptr_t)content.p);
	}
	check_valid(p, sizeof(cases) / sizeof(cases[0]));
}

/* ---- files that change ---------------------------------------------------------------------------------------------------------------- */

static void grow(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(pwrite(fd, "more", 4, st.st_size), 4);
}

static void shrink(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(ftruncate(fd, st.st_size / 2), 0);
}

static void empty(int fd)
{
	assert_int_equal(ftruncate(fd, 0), 0);
}

/* The kernel's times are coarse: what is written within the same tick could hide, so the time is moved for certain. */
static void rewrite(int fd)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_NOW}, {.tv_sec = 1000000000, .tv_nsec = 1}};

	assert_int_equal(pwrite(fd, "other", 5, 0), 5);
	assert_int_equal(futimens(fd, times), 0);
}

/* Its time put back: only the inode's change time tells. */
static void rewrite_slyly(int fd)
{
	struct stat st;
	struct timespec times[2], tick = {.tv_nsec = 20000000};

	assert_int_equal(fstat(fd, &st), 0);
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	nanosleep(&tick, NULL);
	assert_int_equal(pwrite(fd, "other", 5, 0), 5);
	assert_int_equal(futimens(fd, times), 0);
}

static void test_changing(void **state)
{
	static const struct {
		void (*change)(int);
		int at; /* reads of a long file; a short one is read once */
	} cases[] = {{grow, 1}, {grow, 3}, {grow, 0}, {shrink, 1}, {shrink, 5}, {empty, 1}, {empty, 8}, {empty, 0}, {rewrite, 1},
		{rewrite, 3}, {rewrite, 0}, {rewrite_slyly, 1}, {rewrite_slyly, 4}, {rewrite_slyly, 0}};
	struct place *p = *state;
	char *bytes = noise(3 * MIB, 9);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		static const char *const kinds[] = {"short", "long", "long, copied by hand"};

		for (int kind = 0; kind < 3; kind++) {
			struct stage *stage;
			struct digest digest;
			struct err why = ERR_INIT;
			uint64_t size;
			int fd = content_fd((struct str){bytes, kind > 0 ? 3 * MIB : 5000}), result;

			if (kind == 0 && cases[i].at > 1) {
				close(fd);
				continue;
			}
			OK(stage_new_object(&stage, p->store, p->staging, "o", STR(ID), &err));
			meddle(fd, cases[i].at, cases[i].change, kind == 2 ? EXDEV : 0);
			result = stage_add_fd(stage, STR("file"), fd, "the letter", &digest, &size, &why);
			os_calls = &os_real;
			if (result != -1 || why.code != ERR_CONFLICT ||
				strstr(why.text, "the letter changed while it was read") == NULL)
				fail_msg("case %d, %s: %d, code %d: %s", (int)i, kinds[kind], result, why.code, why.text);
			FAILS(end_version(stage, &digest, &err), ERR_USAGE);
			stage_free(stage);
			OK(stage_discard(p->staging, "o", &err));
			close(fd);
		}
	}
	assert_int_equal(count_below(p->fd, "staging"), 0);
	free(bytes);
}

static void test_other_kinds(void **state)
{
	struct place *p = *state;
	struct stage *stage;
	struct digest digest;
	uint64_t size;
	char fifo[128];
	int fds[3];

	snprintf(fifo, sizeof(fifo), "%s/fifo", p->dir);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	fds[0] = open(fifo, O_RDONLY | O_NONBLOCK);
	fds[1] = open("/dev/zero", O_RDONLY);
	fds[2] = open("/tmp", O_RDONLY | O_DIRECTORY);
	for (int i = 0; i < 3; i++) {
		assert_true(fds[i] >= 0);
		OK(stage_new_object(&stage, p->store, p->staging, "o", STR(ID), &err));
		FAILS(stage_add_fd(stage, STR("file"), fds[i], "the thing", &digest, &size, &err), ERR_SYNTAX);
		stage_free(stage);
		OK(stage_discard(p->staging, "o", &err));
		close(fds[i]);
	}
	OK(stage_new_object(&stage, p->store, p->staging, "o", STR(ID), &err));
	FAILS(stage_add_fd(stage, STR("file"), -1, "the thing", &digest, &size, &err), ERR_SYSTEM);
	stage_free(stage);
}

/* A long copy ends soon when the user wants it to. */
static void test_interrupted(void **state)
{
	struct place *p = *state;
	int status, fd = content_fd(STR(""));
	pid_t child;

	assert_int_equal(ftruncate(fd, (off_t)1 << 40), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct stage *stage;
		struct digest digest;
		struct err why = ERR_INIT;
		uint64_t size;

		os_catch_interrupts();
		if (stage_new_object(&stage, p->store, p->staging, "o", STR(ID), NULL) != 0)
			_exit(2);
		alarm(30);
		raise(SIGINT);
		_exit(stage_add_fd(stage, STR("file"), fd, "file", &digest, &size, &why) == -1 && why.code == ERR_INTERRUPTED ? 0
															      : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	close(fd);
}

/* ---- many files (P10) -------------------------------------------------------------------------------------------------------------------- */

#define MANY 100000

static int stage_many(struct place *p, const struct digest *before, struct digest *inventory, struct err *err)
{
	struct stage *stage;
	struct digest digest;
	char path[200], text[40];
	int result = -1;

	if ((before == NULL ? stage_new_object(&stage, p->store, p->staging, "o", STR(ID), err)
			    : stage_new_version(&stage, p->store, p->staging, "o", STR(ID), 2, before, err)) != 0)
		return -1;
	for (int i = 0; i < MANY; i++) {
		snprintf(path, sizeof(path), "correspondence of the years 1917 to 1927/box %d/folder %d/letter number %d.txt",
			i / 5000, i / 100, i);
		snprintf(text, sizeof(text), "letter %d", i);
		/* The second version keeps all but some. */
		if (before != NULL && i % 1000 != 0
				? stage_keep(stage, str_from(path), err) != 0
				: stage_add_bytes(stage, str_from(path), (struct str){text, strlen(text) - (before != NULL)},
					  &digest, err) != 0)
			goto out;
	}
	if (stage_add_bytes(stage, STR("photostat.seed"), before != NULL ? STR("two") : STR("one"), &digest, err) != 0)
		goto out;
	result = end_version(stage, inventory, err);
out:
	stage_free(stage);
	return result;
}

static int deposit_many(struct place *p, struct err *err)
{
	struct digest one, two;
	struct os_batch *batch;
	struct object_version *object;
	struct object_file file;
	size_t at;

	if (stage_many(p, NULL, &one, err) != 0 || os_batch_open(&batch, p->fd, err) != 0 ||
		store_publish_object(p->store, p->staging, "o", STR(ID), batch, err) != 0 || stage_many(p, &one, &two, err) != 0 ||
		store_publish_version(p->store, p->staging, "o", STR(ID), 2, batch, err) != 0 ||
		stage_discard(p->staging, "o", err) != 0)
		return -1;
	os_batch_free(batch);
	if (object_open(&object, p->store, STR(ID), 2, &two, err) != 0)
		return -1;
	if (object_count(object) != MANY + 1)
		return err_set(err, ERR_INTERNAL, "%zu files", object_count(object));
	for (size_t i = 0; i < MANY; i += 997) {
		struct buf text = BUF_INIT;

		object_file(object, i, &file);
		if (!object_find(object, file.path, &at) || at != i || object_read_file(object, file.path, 100, &text, err) != 0)
			return err_note(err, "%s", file.path.p);
		buf_release(&text);
	}
	object_free(object);
	return 0;
}

/* In a process of its own, whose memory is then known. */
static void test_many_files(void **state)
{
	struct place *p = *state;
	int status;
	struct rusage usage;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		struct err why = ERR_INIT;

		if (deposit_many(p, &why) != 0) {
			print_message("%s\n", why.text);
			_exit(1);
		}
		_exit(0);
	}
	assert_int_equal(wait4(child, &status, 0, &usage), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	print_message("%d files in a record, then all kept but some: %ld MiB resident\n", MANY, usage.ru_maxrss >> 10);
	if (PHOTOSTAT_SANITIZED)
		print_message("not compared with 64 MiB: sanitizers take memory of their own\n");
	else
		assert_true(usage.ru_maxrss < 64 << 10);
	check_valid(p, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_many_files, setup, teardown), /* first: the memory of others would count */
		cmocka_unit_test_setup_teardown(test_lengths, setup, teardown),
		cmocka_unit_test_setup_teardown(test_without_threads, setup, teardown),
		cmocka_unit_test_setup_teardown(test_without_copy_range, setup, teardown),
		cmocka_unit_test_setup_teardown(test_holes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_changing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other_kinds, setup, teardown),
		cmocka_unit_test_setup_teardown(test_interrupted, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
