/* store: objects and versions staged, published, read back; what they cost on the disk; names refused. P1, P2, P8, P10. */
#include "storing.h"

#include <sys/stat.h>

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

static const struct sample letter[] = {SAMPLE("letter.txt", "Dear Trotsky, …\n"),
	SAMPLE("photostat.json", "{\"title\":[\"Letter\"]}\n"), SAMPLE("photostat.seed", "01234567890123456789012345678901")};

static void object_folder(const char *id, char out[STORE_PATH_MAX])
{
	char path[STORE_PATH_MAX];

	OK(store_object_path(str_from(id), path, &err));
	snprintf(out, STORE_PATH_MAX, "records/%.4000s", path);
}

static void test_root(void **state)
{
	struct place *p = *state;
	struct store *store;
	struct buf list = BUF_INIT;

	check_valid(p, 0);
	list_below(p->fd, "records", &list);
	assert_string_equal(list.p, "0=ocfl_1.1\nextensions/\nextensions/0003-hash-and-id-n-tuple-storage-layout/\n"
				    "extensions/0003-hash-and-id-n-tuple-storage-layout/config.json\nocfl_layout.json\n");
	buf_release(&list);
	OK(store_create(p->fd, "records", &err)); /* again: an init that was cut short */
	check_valid(p, 0);
	FAILS(store_open(&store, p->fd, "nothing", DIGEST_SHA256, &err), ERR_NOT_FOUND);
	FAILS(store_open(&store, p->fd, "records", DIGEST_MD5, &err), ERR_USAGE);
}

/* DESIGN, On disk: eleven inodes. */
static void test_small_record(void **state)
{
	struct place *p = *state;
	struct buf list = BUF_INIT;
	struct digest inventory;
	char folder[STORE_PATH_MAX];
	size_t before;

	keep_first(p, ID, letter, 3, &inventory);
	object_folder(ID, folder);
	list_below(p->fd, folder, &list);
	assert_string_equal(list.p,
		"0=ocfl_object_1.1\ninventory.json\ninventory.json.sha256\nv1/\nv1/content/\nv1/content/letter.txt\n"
		"v1/content/photostat.json\nv1/content/photostat.seed\nv1/inventory.json\nv1/inventory.json.sha256\n");
	assert_int_equal(1 + count_below(p->fd, folder), 11);
	assert_int_equal(count_below(p->fd, "staging"), 0);
	check_version(p, ID, 1, &inventory, letter, 3);
	check_valid(p, 1);
	/* Of a second one, only these are new: the tuple may be. */
	before = count_below(p->fd, "records");
	keep_first(p, ID "-2", letter, 3, &inventory);
	assert_int_equal(count_below(p->fd, "records") - before, 12);
	buf_release(&list);
}

/* I6: so many calls, and none but these. */
static void test_calls(void **state)
{
	static const struct {
		uint32_t kinds;
		uint64_t calls;
	} cases[] = {{FAULT_BIT(FAULT_MKDIRAT), 3}, {FAULT_BIT(FAULT_OPENAT), 8}, {FAULT_BIT(FAULT_WRITE), 8},
		{FAULT_BIT(FAULT_CLOSE), 8}, {FAULT_BIT(FAULT_FSTATAT), 2}, {FAULT_BIT(FAULT_PREAD), 2},
		{FAULT_BIT(FAULT_RENAMEAT2), 1}, {FAULT_ALL, 32}};
	struct place place, *p = &place;
	struct os_batch *batch;

	(void)state;
	place_make_below(p, "/tmp", DIGEST_SHA256);
	OK(os_batch_open(&batch, p->fd, &err));
	if (os_batch_per_file(batch))
		print_message("SKIPPED: calls are not counted, the file system of /tmp wants an fsync a file\n");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]) && !os_batch_per_file(batch); i++) {
		struct fault_plan count = {.kinds = cases[i].kinds};
		struct err why = ERR_INIT;
		struct digest digest;
		struct stage *stage;
		struct buf trace = BUF_INIT;
		uint64_t size;
		char id[64], tuple[STORE_PATH_MAX];
		int result, fd = content_fd(letter[0].content);

		/* The tuple is there, as it mostly is. */
		snprintf(id, sizeof(id), ID "-%d", (int)i);
		object_folder(id, tuple);
		tuple[strlen("records/abc")] = '\0';
		OK(os_mkdir(p->fd, tuple, &err));
		fault_start(&count);
		result = stage_new_object(&stage, p->store, p->staging, "small", str_from(id), &why) != 0 ||
			 stage_add_fd(stage, STR("letter.txt"), fd, "letter.txt", &digest, &size, &why) != 0 ||
			 add_samples(stage, letter + 1, 2, &why) != 0 || end_version(stage, &digest, &why) != 0 ||
			 stage_wrote(stage, batch, &why) != 0 ||
			 store_publish_object(p->store, p->staging, "small", str_from(id), batch, &why) != 0;
		fault_stop();
		assert_int_equal(result, 0);
		fault_trace(&trace);
		if (fault_calls() != cases[i].calls)
			fail_msg("%d calls, not %d:\n%s", (int)fault_calls(), (int)cases[i].calls, trace.p);
		buf_release(&trace);
		stage_free(stage);
		close(fd);
	}
	os_batch_free(batch);
	check_valid(p, sizeof(cases) / sizeof(cases[0]));
	place_remove(p);
}

/* Levels above an item have no documents; a version may even have no file at all. */
static void test_empty(void **state)
{
	static const struct sample nothing[] = {SAMPLE("nothing.txt", ""), SAMPLE("photostat.seed", "")};
	struct place *p = *state;
	struct digest inventory;
	char folder[STORE_PATH_MAX];

	keep_first(p, ID, letter + 1, 2, &inventory);
	check_version(p, ID, 1, &inventory, letter + 1, 2);
	keep_first(p, ID "-2", nothing, 2, &inventory);
	check_version(p, ID "-2", 1, &inventory, nothing, 2);
	keep_first(p, ID "-3", NULL, 0, &inventory);
	check_version(p, ID "-3", 1, &inventory, NULL, 0);
	object_folder(ID "-3", folder);
	assert_int_equal(count_below(p->fd, folder), 6);
	check_valid(p, 3);
}

static void test_reading(void **state)
{
	struct place *p = *state;
	struct object_version *object;
	struct digest inventory, wrong;
	struct buf out = BUF_INIT;
	uint64_t size;
	size_t at;
	int fd;

	assert_int_equal(store_object_exists(p->store, STR(ID), NULL), 0);
	keep_first(p, ID, letter, 3, &inventory);
	assert_int_equal(store_object_exists(p->store, STR(ID), NULL), 1);
	wrong = inventory;
	wrong.bytes[31] ^= 1;
	FAILS(object_open(&object, p->store, STR(ID), 1, &wrong, &err), ERR_MISMATCH);
	assert_null(object);
	FAILS(object_open(&object, p->store, STR(ID), 2, &inventory, &err), ERR_NOT_FOUND);
	FAILS(object_open(&object, p->store, STR(ID), 0, &inventory, &err), ERR_NOT_FOUND);
	FAILS(object_open(&object, p->store, STR(ID), UINT64_MAX, &inventory, &err), ERR_NOT_FOUND);
	FAILS(object_open(&object, p->store, STR(ID "-other"), 1, &inventory, &err), ERR_NOT_FOUND);
	OK(object_open(&object, p->store, STR(ID), 1, &inventory, &err));
	assert_true(str_equal(inventory_id(object_inventory(object)), STR(ID)));
	buf_text(&out, "before ");
	OK(object_read_file(object, STR("letter.txt"), 100, &out, &err));
	assert_string_equal(out.p, "before Dear Trotsky, …\n");
	buf_clear(&out);
	FAILS(object_read_file(object, STR("letter.txt"), 5, &out, &err), ERR_LIMIT);
	assert_int_equal(out.n, 0);
	FAILS(object_read_file(object, STR("letter"), 100, &out, &err), ERR_NOT_FOUND);
	assert_true(object_find(object, STR("letter.txt"), &at));
	OK(object_open_file(object, at, &fd, &size, &err));
	assert_int_equal(size, letter[0].content.n);
	close(fd);

	/* Altered, then missing, then something else (P2). */
	fd = openat(object_fd(object), "v1/content/letter.txt", O_WRONLY);
	assert_int_equal(pwrite(fd, "X", 1, 3), 1);
	close(fd);
	FAILS(object_read_file(object, STR("letter.txt"), 100, &out, &err), ERR_MISMATCH);
	assert_int_equal(out.n, 0);
	assert_int_equal(unlinkat(object_fd(object), "v1/content/letter.txt", 0), 0);
	FAILS(object_read_file(object, STR("letter.txt"), 100, &out, &err), ERR_NOT_FOUND);
	assert_int_equal(mkfifoat(object_fd(object), "v1/content/letter.txt", 0644), 0);
	FAILS(object_read_file(object, STR("letter.txt"), 100, &out, &err), ERR_SYNTAX);
	object_free(object);
	buf_release(&out);
}

static int alter(struct place *p, const char *id, const char *path, const char *text)
{
	char folder[STORE_PATH_MAX];
	int dir, fd, result;

	object_folder(id, folder);
	dir = openat(p->fd, folder, O_RDONLY | O_DIRECTORY);
	fd = openat(dir, path, O_WRONLY | O_TRUNC);
	result = write(fd, text, strlen(text)) == (ssize_t)strlen(text) ? 0 : -1;
	close(fd);
	close(dir);
	return result;
}

/* The inventory that the log names is the one that counts, whatever the root's copy says (J2). */
static void test_versions(void **state)
{
	static const struct sample second[] = {SAMPLE("letter.txt", "Dear Trotsky, again\n"), SAMPLE("scan/1.tif", "II*"),
		SAMPLE("photostat.json", "{\"title\":[\"Letter\"]}\n"),
		SAMPLE("photostat.seed", "second seed second seed second se")};
	static const struct sample third[] = {
		SAMPLE("copy of the first.txt", "Dear Trotsky, …\n"), SAMPLE("photostat.seed", "third")};
	struct place *p = *state;
	struct digest one, two, three;
	struct stage *stage;
	struct buf root = BUF_INIT, own = BUF_INIT, list = BUF_INIT;
	char folder[STORE_PATH_MAX], path[STORE_PATH_MAX + 32];

	keep_first(p, ID, letter, 3, &one);
	FAILS(stage_new_version(&stage, p->store, p->staging, "n1", STR(ID), 3, &one, &err), ERR_NOT_FOUND);
	FAILS(stage_new_version(&stage, p->store, p->staging, "n1", STR(ID), 1, &one, &err), ERR_USAGE);
	assert_int_equal(count_below(p->fd, "staging"), 0);
	keep_next(p, ID, 2, &one, second, 4, &two);
	FAILS(stage_new_version(&stage, p->store, p->staging, "n1", STR(ID), 3, &one, &err), ERR_MISMATCH);
	keep_next(p, ID, 3, &two, third, 2, &three);
	check_version(p, ID, 1, &one, letter, 3);
	check_version(p, ID, 2, &two, second, 4);
	check_version(p, ID, 3, &three, third, 2);
	check_valid(p, 1);

	/* The object's own inventory is the newest version's; bytes that it had are not there twice. */
	object_folder(ID, folder);
	snprintf(path, sizeof(path), "%s/inventory.json", folder);
	OK(os_read_file(p->fd, path, 1 << 20, &root, &err));
	snprintf(path, sizeof(path), "%s/v3/inventory.json", folder);
	OK(os_read_file(p->fd, path, 1 << 20, &own, &err));
	assert_true(str_equal(buf_view(&root), buf_view(&own)));
	snprintf(path, sizeof(path), "%s/v3", folder);
	list_below(p->fd, path, &list);
	assert_string_equal(list.p, "content/\ncontent/photostat.seed\ninventory.json\ninventory.json.sha256\n");
	buf_clear(&list);
	snprintf(path, sizeof(path), "%s/v2/content", folder);
	list_below(p->fd, path, &list);
	assert_string_equal(list.p, "letter.txt\nphotostat.seed\nscan/\nscan/1.tif\n");

	assert_int_equal(alter(p, ID, "inventory.json", "{}"), 0);
	check_version(p, ID, 3, &three, third, 2);
	assert_int_equal(alter(p, ID, "v2/inventory.json", "{}"), 0);
	FAILS(stage_new_version(&stage, p->store, p->staging, "n1", STR(ID), 3, &two, &err), ERR_MISMATCH);
	check_version(p, ID, 1, &one, letter, 3);
	buf_release(&root);
	buf_release(&own);
	buf_release(&list);
}

/* The right bytes in the wrong place: the log would have to be wrong too, but it is not for us to lean on that. */
static void test_identity(void **state)
{
	struct place *p = *state;
	struct object_version *object;
	struct digest one, two;
	struct buf text = BUF_INIT;
	char folder[STORE_PATH_MAX], path[STORE_PATH_MAX + 32];

	keep_first(p, ID, letter, 3, &one);
	keep_next(p, ID, 2, &one, letter, 3, &two);
	keep_first(p, ID "-2", letter, 3, &two);
	object_folder(ID, folder);
	snprintf(path, sizeof(path), "%s/v1/inventory.json", folder);
	OK(os_read_file(p->fd, path, 1 << 20, &text, &err));
	assert_int_equal(alter(p, ID, "v2/inventory.json", text.p), 0);
	FAILS(object_open(&object, p->store, STR(ID), 2, &one, &err), ERR_MISMATCH);
	assert_int_equal(alter(p, ID "-2", "v1/inventory.json", text.p), 0);
	FAILS(object_open(&object, p->store, STR(ID "-2"), 1, &one, &err), ERR_MISMATCH);
	buf_release(&text);
}

static void test_keeping(void **state)
{
	static const struct sample expected[] = {SAMPLE("letter.txt", "Dear Trotsky, …\n"),
		SAMPLE("photostat.json", "{\"title\":[\"The letter\"]}\n"), SAMPLE("photostat.seed", "another seed")};
	struct place *p = *state;
	struct digest one, two, digest;
	struct os_batch *batch;
	struct stage *stage;

	keep_first(p, ID, letter, 3, &one);
	OK(stage_new_version(&stage, p->store, p->staging, "n1", STR(ID), 2, &one, &err));
	OK(stage_keep(stage, STR("letter.txt"), &err));
	OK(add_samples(stage, expected + 1, 2, &err));
	OK(end_version(stage, &two, &err));
	stage_free(stage);
	OK(os_batch_open(&batch, p->fd, &err));
	OK(store_publish_version(p->store, p->staging, "n1", STR(ID), 2, batch, &err));
	os_batch_free(batch);
	OK(stage_discard(p->staging, "n1", &err));
	check_version(p, ID, 1, &one, letter, 3);
	check_version(p, ID, 2, &two, expected, 3);
	check_valid(p, 1);

	OK(stage_new_version(&stage, p->store, p->staging, "n1", STR(ID), 3, &two, &err));
	FAILS(stage_keep(stage, STR("lettre.txt"), &err), ERR_NOT_FOUND);
	/* I5: what failed once is not finished. */
	FAILS(stage_keep(stage, STR("letter.txt"), &err), ERR_USAGE);
	FAILS(stage_add_bytes(stage, STR("a"), STR("a"), &digest, &err), ERR_USAGE);
	FAILS(end_version(stage, &digest, &err), ERR_USAGE);
	stage_free(stage);
	OK(stage_discard(p->staging, "n1", &err));
	OK(stage_discard(p->staging, "n1", &err));
	OK(stage_new_version(&stage, p->store, p->staging, "n1", STR(ID), 3, &two, &err));
	OK(stage_keep(stage, STR("letter.txt"), &err));
	FAILS(stage_keep(stage, STR("letter.txt"), &err), ERR_EXISTS);
	stage_free(stage);
}

/* Short and long ones, in a version and across: kept once, and nothing else left behind (I3). */
static void test_same_bytes(void **state)
{
	struct place *p = *state;
	struct str large = {noise((3 << 20) + 5, 1), (3 << 20) + 5};
	struct sample files[] = {{"a/b/long", large}, {"c/d/long again", large}, SAMPLE("e/short", "short"),
		SAMPLE("f/g/short again", "short"), SAMPLE("photostat.seed", "seed")};
	struct sample next[] = {{"h/i/long", large}, SAMPLE("j/short", "short"), SAMPLE("photostat.seed", "seed 2")};
	struct digest one, two;
	struct buf list = BUF_INIT;
	char folder[STORE_PATH_MAX];

	keep_first(p, ID, files, 5, &one);
	keep_next(p, ID, 2, &one, next, 3, &two);
	check_version(p, ID, 1, &one, files, 5);
	check_version(p, ID, 2, &two, next, 3);
	check_valid(p, 1);
	object_folder(ID, folder);
	list_below(p->fd, folder, &list);
	assert_string_equal(list.p, "0=ocfl_object_1.1\ninventory.json\ninventory.json.sha256\nv1/\nv1/content/\nv1/content/a/\nv1/"
				    "content/a/b/\nv1/content/a/b/long\n"
				    "v1/content/e/\nv1/content/e/short\nv1/content/photostat.seed\nv1/inventory.json\nv1/"
				    "inventory.json.sha256\nv2/\nv2/content/\n"
				    "v2/content/photostat.seed\nv2/inventory.json\nv2/inventory.json.sha256\n");
	buf_release(&list);
	free((void *)(uintptr_t)large.p);
}

static void test_sha512(void **state)
{
	struct place place, *p = &place;
	struct digest one, two;
	char folder[STORE_PATH_MAX];
	struct buf list = BUF_INIT;

	(void)state;
	place_make(p, DIGEST_SHA512);
	keep_first(p, ID, letter, 3, &one);
	assert_int_equal(one.alg, DIGEST_SHA512);
	check_version(p, ID, 1, &one, letter, 3);
	/* The archive goes over to sha256: what is there stays what it is. */
	store_free(p->store);
	OK(store_open(&p->store, p->fd, "records", DIGEST_SHA256, &err));
	keep_next(p, ID, 2, &one, letter + 1, 2, &two);
	assert_int_equal(two.alg, DIGEST_SHA512);
	check_version(p, ID, 2, &two, letter + 1, 2);
	object_folder(ID, folder);
	list_below(p->fd, folder, &list);
	assert_non_null(strstr(list.p, "\ninventory.json.sha512\n"));
	assert_null(strstr(list.p, "sha256"));
	keep_first(p, ID "-2", letter, 3, &one);
	assert_int_equal(one.alg, DIGEST_SHA256);
	check_valid(p, 2);
	buf_release(&list);
	place_remove(p);
}

/* ---- names ---------------------------------------------------------------------------------------------------------------------- */

static void refused(struct place *p, struct str path, enum err_code code, const char *word)
{
	struct stage *stage;
	struct digest digest;
	struct err why = ERR_INIT;
	uint64_t size;
	int fd = content_fd(STR("text"));

	OK(stage_new_object(&stage, p->store, p->staging, "bad", STR(ID), &err));
	assert_int_equal(stage_add_fd(stage, path, fd, "SHOWN", &digest, &size, &why), -1);
	if (why.code != code || strstr(why.text, "SHOWN") == NULL || strstr(why.text, word) == NULL)
		fail_msg("%.*s: code %d: %s", STR_ARG(path), why.code, why.text);
	FAILS(end_version(stage, &digest, &err), ERR_USAGE);
	stage_free(stage);
	OK(stage_discard(p->staging, "bad", &err));
	close(fd);
}

static void test_refused_names(void **state)
{
	static const struct str bad[] = {{"", 0}, {"/etc/passwd", 11}, {"..", 2}, {".", 1}, {"a/../b", 6}, {"a/..", 4}, {"../a", 4},
		{"a//b", 4}, {"a/", 2}, {"./a", 3}, {"a/.", 3}, {"a\0b", 3}, {"\0", 1}};
	static const char *const not_utf8[] = {
		"\xff", "caf\xe9.txt", "a/\xc3", "\xed\xa0\x80", "\xc0\xaf", "\xf4\x90\x80\x80", "ok/\x80"};
	struct place *p = *state;
	char long_name[300], long_path[STORE_LOGICAL_MAX + 2];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refused(p, bad[i], ERR_SYNTAX, "rename it");
	for (size_t i = 0; i < sizeof(not_utf8) / sizeof(not_utf8[0]); i++)
		refused(p, str_from(not_utf8[i]), ERR_SYNTAX, "not UTF-8");
	memset(long_name, 'x', sizeof(long_name));
	refused(p, (struct str){long_name, 256}, ERR_SYNTAX, "256 bytes");
	long_name[3] = '/';
	refused(p, (struct str){long_name, 4 + 256}, ERR_SYNTAX, "256 bytes");
	memset(long_path, 'y', sizeof(long_path));
	for (size_t i = 100; i < sizeof(long_path) - 1; i += 101)
		long_path[i] = '/';
	refused(p, (struct str){long_path, STORE_LOGICAL_MAX + 1}, ERR_LIMIT, "shorten it");
	assert_int_equal(count_below(p->fd, "staging"), 0);
}

static void test_hostile_names(void **state)
{
	struct place *p = *state;
	char longest[256], deep[STORE_LOGICAL_MAX + 1], folders[STORE_LOGICAL_MAX + 1];
	struct digest inventory;
	struct sample files[] = {SAMPLE(" ", "blank"), SAMPLE("a b\tc\nd", "white space"), SAMPLE("-rf", "dash"),
		SAMPLE("--help/-x", "dashes"), SAMPLE("...", "three dots"), SAMPLE("..a/.b", "dots"),
		SAMPLE("inventory.json", "not the inventory"), SAMPLE("0=ocfl_object_1.1", "no declaration"),
		SAMPLE("v1/content/v1", "like a version"), SAMPLE("incoming", "like ours"), SAMPLE("caf\xc3\xa9", "composed"),
		SAMPLE("cafe\xcc\x81", "decomposed"), SAMPLE("\"\\\x01\x7f", "quotes and controls"),
		SAMPLE("\xf0\x9f\x93\x9c/\xe2\x80\xae", "astral, override"), SAMPLE("a:b*c?|<>", "colons"), SAMPLE("CON", "device"),
		SAMPLE("con", "device too"), {longest, STR("longest")}, {deep, STR("deep")}, {folders, STR("folders")}};
	size_t count = sizeof(files) / sizeof(files[0]);

	memset(longest, 'l', 255);
	longest[255] = '\0';
	memset(deep, 'd', STORE_LOGICAL_MAX);
	for (size_t i = 255; i < STORE_LOGICAL_MAX; i += 256)
		deep[i] = '/';
	deep[STORE_LOGICAL_MAX] = '\0';
	for (size_t i = 0; i < STORE_LOGICAL_MAX; i++)
		folders[i] = i % 2 == 0 ? 'f' : '/';
	folders[STORE_LOGICAL_MAX - 1] = '\0';
	keep_first(p, ID, files, count, &inventory);
	check_version(p, ID, 1, &inventory, files, count);
	/* The validator of these tests makes whole paths; the deepest tree is more than it takes. */
	keep_first(p, ID "-2", files, count - 1, &inventory);
	OK(os_remove_tree(p->fd, "records", &err));
	OK(store_create(p->fd, "records", &err));
	store_free(p->store);
	OK(store_open(&p->store, p->fd, "records", DIGEST_SHA256, &err));
	keep_first(p, ID, files, count - 1, &inventory);
	check_valid(p, 1);
}

/* Given in this order, the last of each is refused. */
static void test_conflicting_paths(void **state)
{
	static const struct {
		const char *paths[3];
	} cases[] = {{{"a", "b", "a"}}, {{"a", "b", "a/c"}}, {{"a/b", "c", "a"}}, {{"a/b/c", "a/b/d", "a/b"}},
		{{"a/b/c", "d", "a"}}, {{"photostat.seed", "x", "photostat.seed"}}};
	struct place *p = *state;
	char *large = noise(2 << 20, 7);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (int size = 0; size < 2; size++) {
			struct sample files[] = {{cases[i].paths[0], STR("one")}, {cases[i].paths[1], STR("two")},
				{cases[i].paths[2], size ? (struct str){large, 2 << 20} : STR("three")}};
			struct stage *stage;
			struct digest digest;

			OK(stage_new_object(&stage, p->store, p->staging, "bad", STR(ID), &err));
			OK(add_samples(stage, files, 2, &err));
			FAILS(add_samples(stage, files + 2, 1, &err), ERR_EXISTS);
			FAILS(end_version(stage, &digest, &err), ERR_USAGE);
			stage_free(stage);
			OK(stage_discard(p->staging, "bad", &err));
		}
	}
	free(large);
}

static void test_usage(void **state)
{
	struct place *p = *state;
	struct stage *stage;
	struct digest digest;

	FAILS(stage_new_object(&stage, p->store, p->staging, "", STR(ID), &err), ERR_USAGE);
	FAILS(stage_new_object(&stage, p->store, p->staging, "a/b", STR(ID), &err), ERR_USAGE);
	FAILS(stage_new_object(&stage, p->store, p->staging, "x", STR(""), &err), ERR_SYNTAX);
	FAILS(stage_new_object(&stage, p->store, p->staging, "x", STR("\xff"), &err), ERR_SYNTAX);
	/* A folder that is there already may hold anything. */
	OK(os_mkdir(p->staging, "there", &err));
	FAILS(stage_new_object(&stage, p->store, p->staging, "there", STR(ID), &err), ERR_EXISTS);
	OK(stage_new_object(&stage, p->store, p->staging, "x", STR(ID), &err));
	FAILS(stage_next_version(stage, &err), ERR_USAGE);
	OK(end_version(stage, &digest, &err));
	FAILS(stage_add_bytes(stage, STR("a"), STR("a"), &digest, &err), ERR_USAGE);
	stage_free(stage);
	FAILS(stage_new_object(&stage, p->store, p->staging, "x", STR(ID), &err), ERR_EXISTS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_root, setup, teardown),
		cmocka_unit_test_setup_teardown(test_small_record, setup, teardown),
		cmocka_unit_test(test_calls),
		cmocka_unit_test_setup_teardown(test_empty, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reading, setup, teardown),
		cmocka_unit_test_setup_teardown(test_versions, setup, teardown),
		cmocka_unit_test_setup_teardown(test_identity, setup, teardown),
		cmocka_unit_test_setup_teardown(test_keeping, setup, teardown),
		cmocka_unit_test_setup_teardown(test_same_bytes, setup, teardown),
		cmocka_unit_test(test_sha512),
		cmocka_unit_test_setup_teardown(test_refused_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hostile_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_conflicting_paths, setup, teardown),
		cmocka_unit_test_setup_teardown(test_usage, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
