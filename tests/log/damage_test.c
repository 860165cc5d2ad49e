/* log: every damage to a file of the log is found by the audit, with the right name, and never taken for an entry. P2. */
#include "logging.h"

#include <sys/stat.h>

#include "fault/fault.h"

struct file {
	char path[TILE_PATH_MAX]; /* below log/ */
	struct buf bytes;
	struct tile tile;
};

struct files {
	struct file *all;
	size_t count;
};

/* All that the size needs, with its content. */
static void gather(const struct place *p, uint64_t size, struct files *files)
{
	files->count = 0;
	files->all = mem_array(3000, sizeof(*files->all));
	for (int level = TILE_ENTRIES; level < 3; level++) {
		for (uint64_t index = 0;; index++) {
			struct tile tile = {level, index, tile_width(level < 0 ? 0 : level, index, size)};
			struct file *file = &files->all[files->count];
			char name[100];
			if (tile.width == 0)
				break;
			file->tile = tile;
			tile_path(file->path, &tile);
			snprintf(name, sizeof(name), "log/%s", file->path);
			OK(os_read_file(p->fd, name, 32 << 20, &file->bytes, &err));
			files->count++;
		}
	}
}

static void release(struct files *files)
{
	for (size_t i = 0; i < files->count; i++)
		buf_release(&files->all[i].bytes);
	free(files->all);
}

static void put_file(const struct place *p, const char *path, struct str bytes)
{
	char name[200];
	FILE *out;

	snprintf(name, sizeof(name), "%s/log/%s", p->dir, path);
	out = fopen(name, "wb");
	assert_non_null(out);
	assert_int_equal(fwrite(bytes.p, 1, bytes.n, out), bytes.n);
	fclose(out);
}

/* The audit names this file with this word and nothing else. */
static void expect_finding(struct log *log, const char *word, const char *path, const char *what)
{
	struct findings f;
	char expected[120];

	audit(log, &f);
	snprintf(expected, sizeof(expected), "%s %s [", word, path);
	if (f.count != 1 || strncmp(f.text.p, expected, strlen(expected)) != 0)
		fail_msg("%s of %s: %d findings\n%s", what, path, (int)f.count, f.text.p != NULL ? f.text.p : "");
	buf_release(&f.text);
}

/* Reading gives what was appended or an error, never anything else. */
static void expect_honest_between(const struct place *p, uint64_t first, uint64_t last, uint64_t step)
{
	struct log *log;
	struct buf entry = BUF_INIT;
	struct merkle_proof proof;
	char text[400];

	OK(log_open(&log, p->fd, "log", &p->key, &err));
	for (uint64_t i = first; i < last; i += step) {
		struct err err = ERR_INIT;
		buf_clear(&entry);
		if (log_proof(log, i, &entry, &proof, &err) == 0)
			assert_true(str_equal(buf_view(&entry), entry_of(i, text)));
		else
			assert_int_equal(err.code, ERR_MISMATCH);
		buf_clear(&entry);
		if (log_entry(log, i, &entry, &err) == 0)
			assert_true(str_equal(buf_view(&entry), entry_of(i, text)));
		else
			assert_int_equal(err.code, ERR_MISMATCH);
	}
	buf_release(&entry);
	log_free(log);
}

static void expect_honest(const struct place *p, uint64_t size, uint64_t step)
{
	expect_honest_between(p, 0, size, step);
}

static unsigned rolled;

static size_t roll(size_t below)
{
	rolled = rolled * 1103515245u + 12345u;
	return (rolled >> 8) % below;
}

static void damage_each(const struct place *p, uint64_t size, size_t step, uint64_t proof_step)
{
	struct log *log;
	struct files files;

	OK(log_open(&log, p->fd, "log", &p->key, &err));
	gather(p, size, &files);
	for (size_t i = 0; i < files.count; i++) {
		struct file *file = &files.all[i];
		struct str bytes = buf_view(&file->bytes);
		struct buf copy = BUF_INIT;
		char name[200];
		bool many = strncmp(file->path, "tile/0", 6) == 0 || strncmp(file->path, "tile/entries", 12) == 0;
		if (many && roll(step) != 0)
			continue;
		/* A bit. */
		buf_str(&copy, bytes);
		copy.p[roll(copy.n)] ^= (char)(1 << roll(8));
		put_file(p, file->path, buf_view(&copy));
		expect_finding(log, "altered", file->path, "a bit");
		expect_honest(p, size, proof_step);
		if (file->tile.level <= 0)
			expect_honest_between(
				p, file->tile.index * TILE_WIDTH, file->tile.index * TILE_WIDTH + file->tile.width, 1);
		/* Cut; longer; empty. */
		put_file(p, file->path, (struct str){bytes.p, roll(bytes.n)});
		expect_finding(log, "altered", file->path, "a cut");
		put_file(p, file->path, (struct str){bytes.p, bytes.n + 1}); /* the NUL behind */
		expect_finding(log, "altered", file->path, "a byte more");
		/* Away; a folder or a link in its place. */
		snprintf(name, sizeof(name), "%s/log/%s", p->dir, file->path);
		assert_int_equal(unlink(name), 0);
		expect_finding(log, "missing", file->path, "removal");
		expect_honest(p, size, proof_step);
		/* Another file of the same kind in its place. */
		if (i + 1 < files.count && files.all[i + 1].bytes.n == bytes.n) {
			put_file(p, file->path, buf_view(&files.all[i + 1].bytes));
			expect_finding(log, "altered", file->path, "another's content");
		}
		put_file(p, file->path, bytes);
		buf_release(&copy);
	}
	audit_sound(log);
	release(&files);
	log_free(log);
}

static void make(struct place *p, uint64_t size)
{
	struct log *log;

	place_make_in(p, fault_fast_folder());
	log = place_open(p);
	grow_to(p, log, size);
	log_free(log);
}

static void test_each_file(void **state)
{
	struct place p;
	const char *given = getenv("PHOTOSTAT_SEED");
	static const uint64_t sizes[] = {1, 100, 255, 256, 257, 700, 1024};

	(void)state;
	rolled = given != NULL ? (unsigned)strtoul(given, NULL, 10) : 7;
	printf("seed %u\n", rolled);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		make(&p, sizes[i]);
		damage_each(&p, sizes[i], 1, 17);
		place_remove(&p);
	}
}

static void test_third_level(void **state)
{
	struct place p;

	(void)state;
	make(&p, 66000);
	damage_each(&p, 66000, 100, 4999);
	place_remove(&p);
}

/* Two things at once: the entry and its leaf hash changed together; a tile and the one above it. */
static void test_together(void **state)
{
	struct place p;
	struct log *log;
	struct files files;
	struct findings f;
	struct file *bundle = NULL, *leaves = NULL, *above = NULL;
	struct hash hash, hashes[TILE_WIDTH];

	(void)state;
	make(&p, 66000);
	OK(log_open(&log, p.fd, "log", &p.key, &err));
	gather(&p, 66000, &files);
	for (size_t i = 0; i < files.count; i++) {
		bundle = strcmp(files.all[i].path, "tile/entries/002") == 0 ? &files.all[i] : bundle;
		leaves = strcmp(files.all[i].path, "tile/0/002") == 0 ? &files.all[i] : leaves;
		above = strcmp(files.all[i].path, "tile/1/000") == 0 ? &files.all[i] : above;
	}
	/* An operator rewrites entry 513 and its hash, then the hash above, and leaves the rest. */
	size_t first = 2 + ((size_t)(unsigned char)bundle->bytes.p[0] << 8 | (unsigned char)bundle->bytes.p[1]);
	size_t length = (size_t)(unsigned char)bundle->bytes.p[first] << 8 | (unsigned char)bundle->bytes.p[first + 1];
	assert_true(length > 10);
	bundle->bytes.p[first + 5] ^= 1;
	merkle_leaf((struct str){bundle->bytes.p + first + 2, length}, &hash);
	memcpy(leaves->bytes.p + 32, hash.b, 32);
	put_file(&p, bundle->path, buf_view(&bundle->bytes));
	put_file(&p, leaves->path, buf_view(&leaves->bytes));
	audit(log, &f);
	assert_non_null(strstr(f.text.p, "altered tile/0/002 [512,768)"));
	assert_non_null(strstr(f.text.p, "altered tile/entries/002 [512,768)"));
	assert_int_equal(f.count, 2);
	buf_release(&f.text);
	expect_honest(&p, 66000, 511);
	memcpy(hashes, leaves->bytes.p, sizeof(hashes));
	merkle_root(hashes, TILE_WIDTH, &hash);
	memcpy(above->bytes.p + 64, hash.b, 32);
	put_file(&p, above->path, buf_view(&above->bytes));
	audit(log, &f);
	assert_non_null(strstr(f.text.p, "altered tile/1/000 [0,65536)"));
	buf_release(&f.text);
	expect_honest(&p, 66000, 511);
	/* The tile itself is gone as well: what is below it is still judged. */
	put_file(&p, above->path, STR(""));
	audit(log, &f);
	assert_non_null(strstr(f.text.p, "altered tile/1/000 [0,65536)"));
	assert_true(f.count >= 1);
	buf_release(&f.text);
	release(&files);
	log_free(log);
	place_remove(&p);
}

/* A tile and its bundle altered in different places: each entry that is right is still proven, the others are named. */
static void test_mixed(void **state)
{
	struct place p;
	struct log *log;
	struct files files;
	struct findings f;

	(void)state;
	make(&p, 2000);
	OK(log_open(&log, p.fd, "log", &p.key, &err));
	gather(&p, 2000, &files);
	for (size_t i = 0; i < files.count; i++) {
		struct file *file = &files.all[i];
		if (strcmp(file->path, "tile/0/002") == 0)
			file->bytes.p[5 * 32 + 1] ^= 1;
		else if (strcmp(file->path, "tile/entries/002") == 0)
			file->bytes.p[file->bytes.n - 1] ^= 1;
		else
			continue;
		put_file(&p, file->path, buf_view(&file->bytes));
	}
	audit(log, &f);
	assert_int_equal(f.count, 2);
	assert_non_null(strstr(f.text.p, "altered tile/0/002 [512,768)"));
	assert_non_null(strstr(f.text.p, "altered tile/entries/002 [767,768)"));
	assert_int_equal(f.entries, 2000);
	buf_release(&f.text);
	release(&files);
	log_free(log);
	place_remove(&p);
}

/* Names that no log holds; older partials that differ; links and folders in a file's place. */
static void test_names(void **state)
{
	struct place p;
	struct log *log;
	struct findings f;
	static const char *const extra[] = {"other", "tile/x", "tile/64", "tile/0/1", "tile/0/0000", "tile/0/abc",
		"tile/0/002.p/256", "tile/0/002.p/01", "tile/0/002.p/x", "tile/entries/000.q", "tile/01"};
	static const char *const folders[] = {"tile/0/002.p/9d", "tile/y", "tile/0/0001.p", "more", "tile/0/x12"};
	/* As a log's are named, with nothing in them. */
	static const char *const hollow[] = {"tile/0/000.p", "tile/0/x001", "tile/7", "tile/entries/001.p", "tile/1/x001"};
	char name[200], expected[200];

	(void)state;
	place_make_in(&p, fault_fast_folder());
	log = place_open(&p);
	grow_to(&p, log, 600);
	for (size_t i = 0; i < sizeof(extra) / sizeof(extra[0]); i++) {
		put_file(&p, extra[i], STR("x"));
		expect_finding(log, "extra", extra[i], "an added file");
		snprintf(name, sizeof(name), "%s/log/%s", p.dir, extra[i]);
		assert_int_equal(unlink(name), 0);
	}
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(name, sizeof(name), "%s/log/%s", p.dir, folders[i]);
		assert_int_equal(mkdir(name, 0755), 0);
		expect_finding(log, "extra", folders[i], "an added folder");
		assert_int_equal(rmdir(name), 0);
	}
	for (size_t i = 0; i < sizeof(hollow) / sizeof(hollow[0]); i++) {
		snprintf(name, sizeof(name), "%s/log/%s", p.dir, hollow[i]);
		assert_int_equal(mkdir(name, 0755), 0);
		audit(log, &f);
		if (f.count != 0 || f.uncovered != 1)
			fail_msg("the empty folder %s: %d findings, %d uncovered", hollow[i], (int)f.count, (int)f.uncovered);
		buf_release(&f.text);
		assert_int_equal(rmdir(name), 0);
	}
	OK(os_mkdir(p.fd, "log/tile/0/000.p", &err));
	put_file(&p, "tile/0/000.p/0", STR("x"));
	expect_finding(log, "extra", "tile/0/000.p/0", "an added partial of no width");
	OK(os_remove_tree(p.fd, "log/tile/0/000.p", &err));
	/* A link, even to the right content; a FIFO, which must not be waited for. */
	snprintf(name, sizeof(name), "%s/log/tile/0/001", p.dir);
	snprintf(expected, sizeof(expected), "%s/elsewhere", p.dir);
	assert_int_equal(rename(name, expected), 0);
	assert_int_equal(symlink(expected, name), 0);
	audit(log, &f);
	assert_non_null(strstr(f.text.p, "altered tile/0/001 "));
	buf_release(&f.text);
	assert_int_equal(unlink(name), 0);
	assert_int_equal(mkfifo(name, 0644), 0);
	audit(log, &f);
	assert_non_null(strstr(f.text.p, "altered tile/0/001 "));
	buf_release(&f.text);
	assert_int_equal(unlink(name), 0);
	assert_int_equal(rename(expected, name), 0);
	audit_sound(log);
	/* Older partials: kept while the tile is not full, right or altered. */
	grow_to(&p, log, 610);
	put_file(&p, "tile/0/002.p/88", STR("not what it was"));
	expect_finding(log, "altered", "tile/0/002.p/88", "an older partial");
	log_free(log);
	place_remove(&p);
}

/* Older partials that are right are not named because what stands there now is altered, nor hidden by the same damage. */
static void test_older_beside_damage(void **state)
{
	struct place p;
	struct log *log;
	struct files old, now;
	struct findings f;

	(void)state;
	place_make_in(&p, fault_fast_folder());
	log = place_open(&p);
	grow_to(&p, log, 600);
	gather(&p, 600, &old);
	grow_to(&p, log, 610);
	gather(&p, 610, &now);
	for (size_t i = 0; i < old.count; i++)
		put_file(&p, old.all[i].path, buf_view(&old.all[i].bytes));
	audit_sound(log);
	for (size_t i = 0; i < now.count; i++) {
		struct file *file = &now.all[i];
		if (strstr(file->path, "002.p/") == NULL)
			continue;
		for (size_t at = 3; at < file->bytes.n; at += 40) {
			file->bytes.p[at] ^= 4;
			put_file(&p, file->path, buf_view(&file->bytes));
			expect_finding(log, "altered", file->path, "the partial of now");
			file->bytes.p[at] ^= 4;
		}
		put_file(&p, file->path, buf_view(&file->bytes));
	}
	audit_sound(log);
	/* The same bit in the older one: both. */
	for (size_t i = 0; i < old.count + now.count; i++) {
		struct file *file = i < old.count ? &old.all[i] : &now.all[i - old.count];
		if (strstr(file->path, "tile/0/002.p/") == NULL)
			continue;
		file->bytes.p[35] ^= 4;
		put_file(&p, file->path, buf_view(&file->bytes));
	}
	audit(log, &f);
	assert_int_equal(f.count, 2);
	assert_non_null(strstr(f.text.p, "altered tile/0/002.p/88 "));
	assert_non_null(strstr(f.text.p, "altered tile/0/002.p/98 "));
	buf_release(&f.text);
	release(&old);
	release(&now);
	log_free(log);
	place_remove(&p);
}

/* The last tiles have none above them: damage there is told apart from damage below. */
static void test_edge_and_below(void **state)
{
	struct place p;
	struct log *log;
	struct files files;
	struct findings f;

	(void)state;
	make(&p, 66000);
	OK(log_open(&log, p.fd, "log", &p.key, &err));
	gather(&p, 66000, &files);
	/* Tiles of the edge, full tiles and bundles below them, in all combinations: each is named, nothing else is. */
	static const char *const paths[] = {
		"tile/0/257.p/208", "tile/1/001.p/1", "tile/0/003", "tile/entries/256", "tile/1/000", "tile/entries/257.p/208"};
	for (unsigned choice = 1; choice < 64; choice++) {
		unsigned count = 0;
		for (size_t i = 0; i < files.count; i++)
			for (size_t j = 0; j < 6; j++)
				if (strcmp(files.all[i].path, paths[j]) == 0) {
					bool damage = (choice >> j & 1) != 0;
					count += damage;
					files.all[i].bytes.p[5] ^= damage ? 8 : 0;
					put_file(&p, paths[j], buf_view(&files.all[i].bytes));
					files.all[i].bytes.p[5] ^= damage ? 8 : 0;
				}
		audit(log, &f);
		/* The last leaf hash and its entry altered both: the true one is lost, and with it every proof. All is named still. */
		bool lost = (choice & 33) == 33;
		if (lost ? f.count < count : f.count != count)
			fail_msg("choice %u, %u files altered, %d findings: %s", choice, count, (int)f.count, f.text.p);
		for (size_t j = 0; j < 6; j++)
			assert_true((choice >> j & 1) == 0 || strstr(f.text.p, paths[j]) != NULL);
		buf_release(&f.text);
	}
	release(&files);
	log_free(log);
	place_remove(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_file),
		cmocka_unit_test(test_third_level),
		cmocka_unit_test(test_together),
		cmocka_unit_test(test_mixed),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_older_beside_damage),
		cmocka_unit_test(test_edge_and_below),
	};

	return cmocka_run_group_tests_name("log: damage", tests, NULL, NULL);
}
