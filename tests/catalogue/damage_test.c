/* catalogue: a damaged file is noticed or harmless; it is made anew when it is written, refused when it is read. Sources: P2, P8. */
#include "feeding.h"

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>

#define RECORDS 400

static struct str id_of(char out[40], uint64_t i)
{
	return (struct str){out, (size_t)snprintf(out, 40, "https://example.org/r/%04d", (int)i)};
}

static void fill(struct catalogue *c, uint64_t first, uint64_t last)
{
	struct hash root = root_of(last);
	char id[40], title[60];

	OK(catalogue_begin(c, &err));
	for (uint64_t i = first; i < last; i++) {
		struct catalogue_value value = {
			STR("title"), {title, (size_t)snprintf(title, sizeof(title), "title word%d", (int)i)}};
		struct catalogue_file file = {STR("file"), 1, digest_of(i)};
		struct catalogue_version v = {.id = id_of(id, i), .version = 1, .index = i, .values = &value, .value_count = 1};
		v.files = &file;
		v.file_count = 1;
		v.inventory = digest_of(i);
		OK(catalogue_put_version(c, &v, &err));
	}
	OK(catalogue_commit(c, last, &root, &err));
}

static int ignore_row(void *context, const struct catalogue_row *row, struct err *err)
{
	(void)context;
	(void)row;
	(void)err;
	return 0;
}

static int ignore_holder(void *context, struct str id, struct str path, struct err *err)
{
	(void)context;
	(void)id;
	(void)path;
	(void)err;
	return 0;
}

struct bytes {
	unsigned char *p;
	size_t n;
};

static struct bytes read_bytes(const char *path)
{
	struct bytes b = {NULL, 0};
	struct stat st;
	int fd = open(path, O_RDONLY);

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	b.n = (size_t)st.st_size;
	b.p = mem_alloc(b.n + 1);
	assert_int_equal(read(fd, b.p, b.n), b.n);
	close(fd);
	return b;
}

static void write_bytes(const char *path, const unsigned char *p, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, p, n), n);
	close(fd);
}

static void remove_beside(const char *path)
{
	char name[160];

	snprintf(name, sizeof(name), "%s-wal", path);
	unlink(name);
	snprintf(name, sizeof(name), "%s-shm", path);
	unlink(name);
}

static void expect_empty(struct catalogue *c)
{
	struct hash root;
	uint64_t size = 1;

	OK(catalogue_position(c, &size, &root, &err));
	assert_int_equal(size, 0);
}

/* Files that are not a catalogue: refused by readers, replaced by the writer. */
static void test_not_a_catalogue(void **state)
{
	struct folder f;
	struct catalogue *c;
	static const char *const foreign[] = {"CREATE TABLE other(x)", "PRAGMA user_version=99",
		"CREATE TRIGGER t AFTER INSERT ON record BEGIN SELECT 1; END", "CREATE VIEW v AS SELECT 1", "DROP TABLE digest",
		"PRAGMA application_id=1", "DELETE FROM position", "DROP INDEX record_id",
		"DROP INDEX record_sort; CREATE INDEX record_sort ON record(sort)"};

	(void)state;
	folder_make(&f);
	write_bytes(f.path, (const unsigned char *)"this is no database, it is a text that somebody put here", 56);
	FAILS(catalogue_open(&c, f.path, false, &err), ERR_CONFLICT);
	c = open_catalogue(f.path, true);
	expect_empty(c);
	catalogue_free(c);
	write_bytes(f.path, (const unsigned char *)"", 0);
	FAILS(catalogue_open(&c, f.path, false, &err), ERR_NOT_FOUND);
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		sqlite3 *db;
		c = open_catalogue(f.path, true);
		fill(c, 0, 5);
		catalogue_free(c);
		assert_int_equal(sqlite3_open(f.path, &db), SQLITE_OK);
		assert_int_equal(sqlite3_exec(db, foreign[i], NULL, NULL, NULL), SQLITE_OK);
		sqlite3_close(db);
		FAILS(catalogue_open(&c, f.path, false, &err), ERR_CONFLICT);
		c = open_catalogue(f.path, true);
		expect_empty(c);
		OK(catalogue_check(c, &err));
		catalogue_free(c);
	}
	folder_remove(&f);
}

static void test_truncated(void **state)
{
	struct folder f;
	struct catalogue *c;
	struct bytes good;

	(void)state;
	folder_make(&f);
	c = open_catalogue(f.path, true);
	fill(c, 0, RECORDS);
	catalogue_free(c);
	good = read_bytes(f.path);
	for (size_t i = 0; i < 7 + 2 * (good.n / 4096); i++) {
		/* In the header, at the end of each page, in the middle of each page. */
		size_t n = i < 7 ? 1 + 33 * i : (i - 7) / 2 * 4096 + (i % 2 != 0 ? 4096 : 1931);
		uint64_t size;
		struct hash root;
		if (n >= good.n)
			continue;
		write_bytes(f.path, good.p, n);
		remove_beside(f.path);
		c = open_catalogue(f.path, true);
		OK(catalogue_position(c, &size, &root, &err));
		assert_int_equal(size, 0);
		fill(c, 0, 3);
		catalogue_free(c);
	}
	free(good.p);
	folder_remove(&f);
}

/* One flipped byte anywhere: opening, looking, listing, feeding say damage or answer; they never crash, and after damage was met the
 * handle says so. That a wrong answer is found is the business of who compares with the log; here catalogue_check must see to the
 * structure, and whatever was said to be damaged can be cleared. */
static void test_flipped(void **state)
{
	struct folder f;
	struct catalogue *c;
	struct bytes good;
	size_t refused = 0, met = 0, checked = 0, silent = 0;
	unsigned seed = 12345;
	const char *given = getenv("PHOTOSTAT_SEED");

	(void)state;
	if (given != NULL)
		seed = (unsigned)strtoul(given, NULL, 10);
	printf("seed %u\n", seed);
	folder_make(&f);
	c = open_catalogue(f.path, true);
	fill(c, 0, RECORDS);
	catalogue_free(c);
	good = read_bytes(f.path);
	for (int round = 0; round < 300; round++) {
		struct err why = ERR_INIT;
		struct catalogue_filter all = {.has_date = false}, word = {.title = STR("word7")};
		struct catalogue_record record;
		char id[40];
		bool said = false;
		size_t at;
		seed = seed * 1103515245u + 12345u;
		at = (seed >> 4) % good.n;
		good.p[at] ^= 0x40;
		write_bytes(f.path, good.p, good.n);
		remove_beside(f.path);
		good.p[at] ^= 0x40;
		if (catalogue_open(&c, f.path, false, &why) != 0) {
			assert_int_equal(why.code, ERR_CONFLICT);
			refused++;
		} else {
			for (uint64_t i = 0; i < RECORDS; i += 7) {
				struct digest digest = digest_of(i);
				if (catalogue_record(c, id_of(id, i), &record, &why) != 0 && why.code != ERR_NOT_FOUND)
					said = true;
				if (catalogue_each_holder(c, &digest, ignore_holder, NULL, &why) != 0)
					said = true;
			}
			if (catalogue_list(c, &all, ignore_row, NULL, &why) != 0 ||
				catalogue_list(c, &word, ignore_row, NULL, &why) != 0)
				said = true;
			if (said) {
				assert_true(catalogue_damaged(c) || why.code == ERR_CONFLICT);
				met++;
			} else if (catalogue_check(c, &why) != 0) {
				assert_true(catalogue_damaged(c));
				checked++;
			} else {
				silent++;
			}
			catalogue_free(c);
		}
		/* The writer goes on, from nothing if need be. */
		OK(catalogue_open(&c, f.path, true, &err));
		if (catalogue_begin(c, &why) != 0 || catalogue_touch(c, id_of(id, 3), 9999, &why) != 0)
			assert_true(why.code == ERR_CONFLICT || why.code == ERR_NOT_FOUND);
		catalogue_rollback(c);
		OK(catalogue_clear(c, &err));
		expect_empty(c);
		fill(c, 0, 2);
		catalogue_free(c);
	}
	printf("%zu refused at open, %zu met while reading, %zu by the check, %zu in bytes that only the log can contradict\n",
		refused, met, checked, silent);
	assert_true(refused + met + checked > 30);
	free(good.p);
	folder_remove(&f);
}

/* A process killed while it feeds leaves the last commit; the next one goes on from there. */
static void test_killed(void **state)
{
	struct folder f;
	uint64_t last = 0;

	(void)state;
	folder_make(&f);
	for (int round = 0; round < 15; round++) {
		struct catalogue *c;
		struct hash root, expected;
		uint64_t size, records;
		pid_t child = fork();
		assert_true(child >= 0);
		if (child == 0) {
			if (catalogue_open(&c, f.path, true, NULL) != 0)
				_exit(1);
			for (;;) {
				if (catalogue_position(c, &size, &root, NULL) != 0)
					_exit(1);
				fill(c, size, size + 50);
			}
		}
		usleep(20000 + 7000 * (unsigned)(round % 5));
		kill(child, SIGKILL);
		int status;
		waitpid(child, &status, 0);
		assert_true(WIFSIGNALED(status));
		c = open_catalogue(f.path, true);
		OK(catalogue_position(c, &size, &root, &err));
		OK(catalogue_count(c, &records, &err));
		assert_true(size >= last);
		assert_int_equal(size % 50, 0);
		assert_int_equal(records, size);
		if (size != 0) {
			expected = root_of(size);
			assert_true(hash_equal(&root, &expected));
		}
		OK(catalogue_check(c, &err));
		last = size;
		catalogue_free(c);
	}
	printf("%d records after 15 kills\n", (int)last);
	assert_true(last > 0);
	folder_remove(&f);
}

/* A folder that cannot be written: the catalogue is read as it lies; with unfinished work beside it, it is refused. */
static void test_read_only_folder(void **state)
{
	struct folder f;
	struct catalogue *c;
	struct catalogue_record record;
	char id[40];

	(void)state;
	if (geteuid() == 0) {
		pid_t child;
		int status;
		/* Root may write anywhere: another user looks. */
		folder_make(&f);
		c = open_catalogue(f.path, true);
		fill(c, 0, 10);
		catalogue_free(c);
		assert_int_equal(chmod(f.dir, 0555), 0);
		assert_int_equal(chmod(f.path, 0444), 0);
		child = fork();
		assert_true(child >= 0);
		if (child == 0) {
			struct err err = ERR_INIT;
			if (setgid(65534) != 0 || setuid(65534) != 0)
				_exit(2);
			if (catalogue_open(&c, f.path, false, &err) != 0 || catalogue_record(c, id_of(id, 3), &record, &err) != 0) {
				fprintf(stderr, "%s\n", err.text);
				_exit(1);
			}
			catalogue_free(c);
			_exit(0);
		}
		waitpid(child, &status, 0);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
		chmod(f.dir, 0755);
	} else {
		folder_make(&f);
		c = open_catalogue(f.path, true);
		fill(c, 0, 10);
		catalogue_free(c);
		assert_int_equal(chmod(f.dir, 0555), 0);
		assert_int_equal(chmod(f.path, 0444), 0);
		c = open_catalogue(f.path, false);
		OK(catalogue_record(c, id_of(id, 3), &record, &err));
		catalogue_free(c);
		chmod(f.dir, 0755);
	}
	folder_remove(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_not_a_catalogue),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_flipped),
		cmocka_unit_test(test_killed),
		cmocka_unit_test(test_read_only_folder),
	};

	return cmocka_run_group_tests_name("catalogue damage", tests, NULL, NULL);
}
