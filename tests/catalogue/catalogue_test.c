/* catalogue: what is fed is found again, by every way there is; memory stays bounded. */
#include "feeding.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED
#endif
#endif

static int setup(void **state)
{
	struct folder *f = mem_alloc(sizeof(*f));

	folder_make(f);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	folder_remove(*state);
	free(*state);
	return 0;
}

/* ---- collecting what walks give ------------------------------------------------------------------------------------------------- */

struct seen {
	struct buf text;
	size_t count, stop_after;
};

static int stopped(struct seen *seen)
{
	return ++seen->count == seen->stop_after ? 7 : 0;
}

static int see_row(void *context, const struct catalogue_row *row, struct err *err)
{
	struct seen *seen = context;

	(void)err;
	buf_printf(&seen->text, "%.*s\n", STR_ARG(row->record.id));
	return stopped(seen);
}

static int see_row_full(void *context, const struct catalogue_row *row, struct err *err)
{
	struct seen *seen = context;

	(void)err;
	buf_printf(&seen->text, "%.*s|%.*s|%.*s|%.*s|%.*s|%.*s|%.*s|%.*s|%d|%d\n", STR_ARG(row->record.id), STR_ARG(row->title),
		STR_ARG(row->creator), STR_ARG(row->date), STR_ARG(row->level), STR_ARG(row->reference_code),
		STR_ARG(row->is_part_of), STR_ARG(row->language), (int)row->files, (int)row->bytes);
	return 0;
}

static int see_record(void *context, const struct catalogue_record *record, struct err *err)
{
	struct seen *seen = context;

	(void)err;
	buf_printf(&seen->text, "%.*s@%d:%d\n", STR_ARG(record->id), (int)record->versions, (int)record->version_index);
	return stopped(seen);
}

static int see_entry(void *context, uint64_t index, struct err *err)
{
	struct seen *seen = context;

	(void)err;
	buf_printf(&seen->text, "%d ", (int)index);
	return stopped(seen);
}

static int see_version(void *context, const struct catalogue_version_row *row, struct err *err)
{
	struct seen *seen = context;

	(void)err;
	buf_printf(&seen->text, "%d@%d%s ", (int)row->version, (int)row->index, row->expunged ? "x" : "");
	return stopped(seen);
}

static int see_access(void *context, const struct catalogue_access *access, struct err *err)
{
	struct seen *seen = context;

	(void)err;
	buf_printf(&seen->text, "%d:%d:%d:%.*s ", (int)access->index, access->state, (int)access->until, STR_ARG(access->path));
	return stopped(seen);
}

static int see_holder(void *context, struct str id, struct str path, struct err *err)
{
	struct seen *seen = context;

	(void)err;
	buf_printf(&seen->text, "%.*s/%.*s ", STR_ARG(id), STR_ARG(path));
	return stopped(seen);
}

static void expect(struct seen *seen, const char *text)
{
	assert_string_equal(seen->text.p != NULL ? seen->text.p : "", text);
	buf_release(&seen->text);
	*seen = (struct seen){.text = BUF_INIT};
}

static void expect_list(struct catalogue *c, const struct catalogue_filter *filter, const char *text)
{
	struct seen seen = {.text = BUF_INIT};

	OK(catalogue_list(c, filter, see_row, &seen, &err));
	expect(&seen, text);
}

static void put(struct catalogue *c, const char *id, uint64_t version, uint64_t index, const char *title)
{
	struct catalogue_value value = {STR("title"), S(title)};
	struct catalogue_version v = {
		.id = S(id), .version = version, .index = index, .time = 1000 + (int64_t)index, .values = &value, .value_count = 1};

	v.inventory = digest_of(index);
	OK(catalogue_put_version(c, &v, &err));
}

/* ---- opening -------------------------------------------------------------------------------------------------------------------- */

static void test_empty(void **state)
{
	struct folder *f = *state;
	struct catalogue *c;
	struct catalogue_filter nothing = {.has_date = false};
	uint64_t size = 9, records = 9;
	struct hash root, zero = {{0}};

	FAILS(catalogue_open(&c, f->path, false, &err), ERR_NOT_FOUND);
	assert_int_equal(access(f->path, F_OK), -1);
	c = open_catalogue(f->path, true);
	OK(catalogue_position(c, &size, &root, &err));
	assert_int_equal(size, 0);
	assert_true(hash_equal(&root, &zero));
	OK(catalogue_count(c, &records, &err));
	assert_int_equal(records, 0);
	expect_list(c, &nothing, "");
	OK(catalogue_check(c, &err));
	assert_false(catalogue_damaged(c));
	catalogue_free(c);
	c = open_catalogue(f->path, false);
	FAILS(catalogue_begin(c, &err), ERR_CONFLICT);
	FAILS(catalogue_clear(c, &err), ERR_CONFLICT);
	FAILS(catalogue_scrub(c, &err), ERR_CONFLICT);
	catalogue_free(c);
	FAILS(catalogue_open(&c, "/nonexistent/folder/catalogue.sqlite", true, &err), ERR_SYSTEM);
}

static void test_feed_reopen_rollback(void **state)
{
	struct folder *f = *state;
	struct catalogue *c = open_catalogue(f->path, true), *reader;
	struct catalogue_version none = {.id = STR("a")};
	struct catalogue_record record;
	uint64_t size;
	struct hash root, expected = root_of(2);

	FAILS(catalogue_put_version(c, &none, &err), ERR_INTERNAL); /* not feeding */
	OK(catalogue_begin(c, &err));
	FAILS(catalogue_begin(c, &err), ERR_INTERNAL);
	put(c, "a", 1, 0, "first");
	put(c, "b", 1, 1, "second");
	OK(catalogue_commit(c, 2, &expected, &err));

	reader = open_catalogue(f->path, false);
	OK(catalogue_begin(c, &err));
	put(c, "c", 1, 2, "third");
	put(c, "a", 2, 3, "first again");
	/* Not seen before the commit by others, seen by the one who feeds. */
	FAILS(catalogue_record(reader, S("c"), &record, &err), ERR_NOT_FOUND);
	OK(catalogue_record(c, S("c"), &record, &err));
	catalogue_rollback(c);
	catalogue_rollback(c);
	FAILS(catalogue_record(c, S("c"), &record, &err), ERR_NOT_FOUND);
	OK(catalogue_record(c, S("a"), &record, &err));
	assert_int_equal(record.versions, 1);
	OK(catalogue_position(c, &size, &root, &err));
	assert_int_equal(size, 2);
	assert_true(hash_equal(&root, &expected));

	/* Freed while feeding: as if rolled back. */
	OK(catalogue_begin(c, &err));
	put(c, "d", 1, 2, "lost");
	catalogue_free(c);
	c = open_catalogue(f->path, true);
	FAILS(catalogue_record(c, S("d"), &record, &err), ERR_NOT_FOUND);
	OK(catalogue_record(reader, S("b"), &record, &err));
	assert_true(str_equal(record.id, S("b")));
	assert_int_equal(record.version_index, 1);
	catalogue_free(reader);
	OK(catalogue_clear(c, &err));
	OK(catalogue_position(c, &size, &root, &err));
	assert_int_equal(size, 0);
	FAILS(catalogue_record(c, S("a"), &record, &err), ERR_NOT_FOUND);
	catalogue_free(c);
}

/* ---- records, versions, entries --------------------------------------------------------------------------------------------------- */

static void test_versions(void **state)
{
	struct folder *f = *state;
	struct catalogue *c = open_catalogue(f->path, true);
	struct catalogue_version_row row;
	struct catalogue_record record;
	struct catalogue_version again = {.id = STR("a"), .version = 1, .index = 9};
	struct digest digest = digest_of(4);
	struct hash root = root_of(1);
	struct seen seen = {.text = BUF_INIT};

	again.inventory = digest;
	OK(catalogue_begin(c, &err));
	put(c, "a", 1, 1, "one");
	put(c, "b", 1, 2, "other");
	put(c, "a", 2, 4, "two");
	FAILS(catalogue_put_version(c, &again, &err), ERR_EXISTS);
	OK(catalogue_touch(c, S("a"), 4, &err)); /* noted by the version */
	OK(catalogue_touch(c, S("a"), 9, &err));
	FAILS(catalogue_touch(c, S("z"), 9, &err), ERR_NOT_FOUND);
	OK(catalogue_commit(c, 10, &root, &err));

	OK(catalogue_record(c, S("a"), &record, &err));
	assert_int_equal(record.versions, 2);
	assert_int_equal(record.version_index, 4);
	assert_int_equal(record.last_index, 9);
	assert_int_equal(record.state, 0);
	assert_false(record.files_restricted);
	OK(catalogue_version(c, S("a"), 2, &row, &err));
	assert_int_equal(row.index, 4);
	assert_int_equal(row.time, 1004);
	assert_true(digest_equal(&row.inventory, &digest));
	assert_false(row.expunged);
	FAILS(catalogue_version(c, S("a"), 3, &row, &err), ERR_NOT_FOUND);
	FAILS(catalogue_version(c, S("a"), UINT64_MAX, &row, &err), ERR_NOT_FOUND);
	FAILS(catalogue_version(c, S("q"), 1, &row, &err), ERR_NOT_FOUND);
	OK(catalogue_each_version(c, S("a"), see_version, &seen, &err));
	expect(&seen, "1@1 2@4 ");
	OK(catalogue_each_entry(c, S("a"), see_entry, &seen, &err));
	expect(&seen, "1 4 9 ");
	seen.stop_after = 2;
	assert_int_equal(catalogue_each_entry(c, S("a"), see_entry, &seen, NULL), 7);
	expect(&seen, "1 4 ");
	OK(catalogue_each_record(c, see_record, &seen, &err));
	expect(&seen, "a@2:4\nb@1:2\n");
	seen.stop_after = 1;
	assert_int_equal(catalogue_each_record(c, see_record, &seen, NULL), 7);
	expect(&seen, "a@2:4\n");
	FAILS(catalogue_each_entry(c, S("q"), see_entry, &seen, &err), ERR_NOT_FOUND);
	OK(catalogue_check(c, &err));
	catalogue_free(c);
}

static void test_access(void **state)
{
	struct folder *f = *state;
	struct catalogue *c = open_catalogue(f->path, true);
	struct catalogue_access closed = {.id = STR("a"), .index = 2, .state = 1};
	struct catalogue_access file = {.id = STR("a"), .index = 3, .state = 2, .until = 5000, .path = STR("b/letter.txt")};
	struct catalogue_access other = {.id = STR("a"), .index = 3, .state = 2, .until = 5000, .path = STR("a letter")};
	struct catalogue_access open = {.id = STR("a"), .index = 5, .state = 2, .until = 777};
	struct catalogue_access wrong = {.id = STR("a"), .index = 5, .state = 3};
	struct catalogue_record record;
	struct hash root = root_of(1);
	struct seen seen = {.text = BUF_INIT};

	OK(catalogue_begin(c, &err));
	put(c, "a", 1, 1, "one");
	OK(catalogue_put_access(c, &closed, &err));
	OK(catalogue_record(c, S("a"), &record, &err));
	assert_int_equal(record.state, 1);
	assert_int_equal(record.last_index, 2);
	assert_false(record.files_restricted);
	OK(catalogue_put_access(c, &file, &err));
	OK(catalogue_put_access(c, &other, &err));
	OK(catalogue_put_access(c, &open, &err));
	FAILS(catalogue_put_access(c, &wrong, &err), ERR_USAGE);
	wrong.state = 1;
	wrong.id = S("nobody");
	FAILS(catalogue_put_access(c, &wrong, &err), ERR_NOT_FOUND);
	OK(catalogue_commit(c, 6, &root, &err));
	OK(catalogue_record(c, S("a"), &record, &err));
	assert_int_equal(record.state, 2);
	assert_int_equal(record.until, 777);
	assert_true(record.files_restricted);
	OK(catalogue_each_access(c, S("a"), see_access, &seen, &err));
	expect(&seen, "2:1:0: 3:2:5000:a letter 3:2:5000:b/letter.txt 5:2:777: ");
	OK(catalogue_each_entry(c, S("a"), see_entry, &seen, &err));
	expect(&seen, "1 2 3 5 ");
	/* A new version keeps the access. */
	OK(catalogue_begin(c, &err));
	put(c, "a", 2, 6, "two");
	OK(catalogue_commit(c, 7, &root, &err));
	OK(catalogue_record(c, S("a"), &record, &err));
	assert_int_equal(record.state, 2);
	assert_true(record.files_restricted);
	catalogue_free(c);
}

/* ---- bytes and who holds them ---------------------------------------------------------------------------------------------------------- */

static void put_with_files(
	struct catalogue *c, const char *id, uint64_t version, uint64_t index, const struct catalogue_file *files, size_t count)
{
	struct catalogue_version v = {.id = S(id), .version = version, .index = index, .files = files, .file_count = count};

	v.inventory = digest_of(index);
	OK(catalogue_put_version(c, &v, &err));
}

/* Every version again, without the title it had. */
static void put_again(
	struct catalogue *c, const char *id, uint64_t version, uint64_t index, const struct catalogue_file *files, size_t count)
{
	struct catalogue_version v = {.id = S(id), .version = version, .index = index, .files = files, .file_count = count};

	v.inventory = digest_of(index);
	OK(catalogue_put_again(c, &v, &err));
}

static void test_holders_and_expunge(void **state)
{
	struct folder *f = *state;
	struct catalogue *c = open_catalogue(f->path, true);
	struct catalogue_file one[] = {{STR("x"), 10, digest_of(1)}, {STR("y"), 20, digest_of(2)}, {STR("z"), 5, digest_of(1)}};
	struct catalogue_file two[] = {{STR("x"), 10, digest_of(3)}, {STR("y"), 20, digest_of(2)}};
	struct digest d1 = digest_of(1), d2 = digest_of(2), d3 = digest_of(3), d9 = digest_of(9), none = {.alg = DIGEST_NONE}, near;
	struct catalogue_version_row row;
	struct catalogue_version again = {.id = STR("b"), .version = 3, .index = 3};
	struct hash root = root_of(1);
	struct seen seen = {.text = BUF_INIT};

	OK(catalogue_begin(c, &err));
	put_with_files(c, "b", 1, 1, one, 3);
	put_with_files(c, "a", 1, 2, two, 2);
	put_with_files(c, "b", 2, 3, two, 2);
	/* Inside the feeding as well. */
	OK(catalogue_each_holder(c, &d1, see_holder, &seen, &err));
	expect(&seen, "b/x b/z ");
	OK(catalogue_commit(c, 4, &root, &err));
	OK(catalogue_each_holder(c, &d2, see_holder, &seen, &err));
	expect(&seen, "b/y a/y ");
	OK(catalogue_each_holder(c, &d3, see_holder, &seen, &err));
	expect(&seen, "b/x a/x ");
	OK(catalogue_each_holder(c, &d9, see_holder, &seen, &err));
	expect(&seen, "");
	seen.stop_after = 1;
	assert_int_equal(catalogue_each_holder(c, &d2, see_holder, &seen, NULL), 7);
	expect(&seen, "b/y ");
	FAILS(catalogue_each_holder(c, &none, see_holder, &seen, &err), ERR_USAGE);
	/* The same first eight bytes are not the same digest, nor is another algorithm's. */
	near = d1;
	near.bytes[31] ^= 1;
	OK(catalogue_each_holder(c, &near, see_holder, &seen, &err));
	expect(&seen, "");
	near = d1;
	near.alg = DIGEST_SHA512_256;
	OK(catalogue_each_holder(c, &near, see_holder, &seen, &err));
	expect(&seen, "");

	/* Version 1 of b without z and x: rewritten under another inventory. */
	OK(catalogue_begin(c, &err));
	FAILS(catalogue_put_expunge(c, S("b"), 4, 7, &d9, &err), ERR_NOT_FOUND);
	OK(catalogue_put_expunge(c, S("b"), 4, 1, &d9, &err));
	put_again(c, "b", 1, 1, one + 1, 1);
	put_again(c, "b", 2, 3, two, 2);
	again.inventory = d9;
	FAILS(catalogue_put_again(c, &again, &err), ERR_NOT_FOUND);
	again.id = S("q");
	FAILS(catalogue_put_again(c, &again, &err), ERR_NOT_FOUND);
	OK(catalogue_commit(c, 5, &root, &err));
	OK(catalogue_each_holder(c, &d1, see_holder, &seen, &err));
	expect(&seen, "");
	OK(catalogue_each_holder(c, &d2, see_holder, &seen, &err));
	expect(&seen, "b/y a/y ");
	OK(catalogue_version(c, S("b"), 1, &row, &err));
	assert_true(row.expunged);
	assert_true(digest_equal(&row.inventory, &d9));
	OK(catalogue_each_version(c, S("b"), see_version, &seen, &err));
	expect(&seen, "1@1x 2@3 ");
	OK(catalogue_each_entry(c, S("b"), see_entry, &seen, &err));
	expect(&seen, "1 3 4 ");
	OK(catalogue_check(c, &err));
	catalogue_free(c);
}

static bool file_holds(const char *path, const void *what, size_t n)
{
	FILE *in = fopen(path, "rb");
	char *bytes = NULL;
	size_t size = 0;
	bool found = false;

	if (in == NULL)
		return false;
	fseek(in, 0, SEEK_END);
	size = (size_t)ftell(in);
	rewind(in);
	bytes = mem_alloc(size + 1);
	assert_int_equal(fread(bytes, 1, size, in), size);
	fclose(in);
	found = memmem(bytes, size, what, n) != NULL;
	free(bytes);
	return found;
}

/* P6: after an expunge nothing of a path, digest or replaced title is left in any of the files. */
static void test_scrub(void **state)
{
	struct folder *f = *state;
	struct catalogue *c = open_catalogue(f->path, true);
	struct catalogue_file files[] = {{STR("unmistakable-path.txt"), 10, digest_of(10001)}, {STR("kept.txt"), 20, digest_of(2)}};
	struct digest d1 = digest_of(10001), d9 = digest_of(9);
	struct hash root = root_of(1);
	char wal[160];

	snprintf(wal, sizeof(wal), "%s-wal", f->path);
	OK(catalogue_begin(c, &err));
	for (uint64_t i = 0; i < 300; i++) {
		char id[40];
		snprintf(id, sizeof(id), "record-%d", (int)i);
		put(c, id, 1, 2 * i, i == 150 ? "Zephyranthes" : "plain words");
		if (i == 150)
			put_with_files(c, id, 2, 2 * i + 1, files, 2);
	}
	OK(catalogue_commit(c, 600, &root, &err));
	assert_true(file_holds(f->path, "unmistakable", 12) || file_holds(wal, "unmistakable", 12));
	OK(catalogue_begin(c, &err));
	FAILS(catalogue_scrub(c, &err), ERR_CONFLICT);
	OK(catalogue_put_expunge(c, S("record-150"), 600, 2, &d9, &err));
	put_again(c, "record-150", 2, 301, files + 1, 1);
	OK(catalogue_commit(c, 601, &root, &err));
	OK(catalogue_scrub(c, &err));
	assert_true(file_holds(f->path, "kept.txt", 8));
	for (int i = 0; i < 2; i++) {
		const char *path = i == 0 ? f->path : wal;
		assert_false(file_holds(path, "unmistakable", 12));
		assert_false(file_holds(path, d1.bytes, 8));
		assert_false(file_holds(path, "ephyranthes", 11)); /* the words, folded, of the version before */
	}
	OK(catalogue_check(c, &err));
	catalogue_free(c);
}

/* ---- lists -------------------------------------------------------------------------------------------------------------------------------- */

struct description {
	const char *id, *part_of, *code, *title, *creator, *language;
	int64_t first, last;
};

static void put_description(struct catalogue *c, uint64_t version, uint64_t index, const struct description *d)
{
	struct catalogue_value values[] = {{STR("creator"), S(d->creator)}, {STR("title"), S(d->title)},
		{STR("date"), STR("a date")}, {STR("subject"), STR("unseen")}};
	struct catalogue_range range = {d->first, d->last};
	struct str language = S(d->language);
	struct catalogue_version v = {
		.id = S(d->id), .version = version, .index = index, .is_part_of = S(d->part_of), .level = STR("item")};

	v.reference_code = S(d->code);
	v.inventory = digest_of(index);
	v.values = values;
	v.value_count = 4;
	v.dates = &range;
	v.date_count = d->first <= d->last;
	v.languages = &language;
	v.language_count = language.n != 0;
	OK(catalogue_put_version(c, &v, &err));
}

static const struct description descriptions[] = {
	{"id/fonds", "", "A", "Nachlaß Joffe", "", "", INT64_MIN, INT64_MAX},
	{"id/b10", "id/series", "A 10", "Brief an Trotzki über vieles", "Joffe, Adolf", "de-AT", 100, 200},
	{"id/b2", "id/series", "A 2", "Letter, well-known", "Joffe, Adolf", "de", 150, 150},
	{"id/b02x", "id/series", "A 02x", "Une lettre", "Müller, Jörg", "fr", 201, 300},
	{"id/plain2", "", "", "Größe & Zahl", "Muller", "den", -500, -400},
	{"id/plain1", "id/b2", "", "Письмо Троцкому", "Иоффе", "ru-Cyrl", INT64_MIN, -1},
	{"id/series", "id/fonds", "A 1", "Letters", "", "DE-at-1996", 1000, INT64_MAX},
	{"id/loop1", "id/loop2", "", "loop", "", "", 1, 0},
	{"id/loop2", "id/loop1", "", "loop", "", "", 1, 0},
	{"id/orphan", "id/nowhere", "", "orphan \"quoted\" ti*", "", "", 1, 0},
};
#define DESCRIPTIONS (sizeof(descriptions) / sizeof(descriptions[0]))

static struct catalogue *described(struct folder *f)
{
	struct catalogue *c = open_catalogue(f->path, true);
	struct hash root = root_of(1);

	OK(catalogue_begin(c, &err));
	for (size_t i = 0; i < DESCRIPTIONS; i++)
		put_description(c, 1, i, &descriptions[i]);
	OK(catalogue_commit(c, DESCRIPTIONS, &root, &err));
	return c;
}

static void by_title(struct catalogue *c, const char *words, const char *expected)
{
	expect_list(c, &(struct catalogue_filter){.title = S(words)}, expected);
}

static void by_date(struct catalogue *c, int64_t first, int64_t last, const char *expected)
{
	expect_list(c, &(struct catalogue_filter){.has_date = true, .date = {first, last}}, expected);
}

static void test_lists(void **state)
{
	struct folder *f = *state;
	struct catalogue *c = described(f);
	struct catalogue_filter filter = {.has_date = false};
	struct seen seen = {.text = BUF_INIT};
	struct str parent;
	char many[200] = "";

	/* With a code first, numbers by value; then by id. */
	expect_list(
		c, &filter, "id/fonds\nid/series\nid/b2\nid/b02x\nid/b10\nid/loop1\nid/loop2\nid/orphan\nid/plain1\nid/plain2\n");
	seen.stop_after = 3;
	assert_int_equal(catalogue_list(c, &filter, see_row, &seen, NULL), 7);
	expect(&seen, "id/fonds\nid/series\nid/b2\n");

	expect_list(c, &(struct catalogue_filter){.under = STR("id/fonds")}, "id/series\nid/b2\nid/b02x\nid/b10\nid/plain1\n");
	expect_list(c, &(struct catalogue_filter){.under = STR("id/b2")}, "id/plain1\n");
	expect_list(c, &(struct catalogue_filter){.under = STR("id/b10")}, "");
	expect_list(c, &(struct catalogue_filter){.under = STR("id/nowhere")}, "id/orphan\n");
	expect_list(c, &(struct catalogue_filter){.under = STR("id/loop1")}, "id/loop1\nid/loop2\n");

	by_title(c, "BRIEF", "id/b10\n");
	by_title(c, "  uber   vieles\t", "id/b10\n");
	by_title(c, "well-known", "id/b2\n");
	by_title(c, "known-well", "");
	by_title(c, "well letter", "id/b2\n");
	by_title(c, "grosse", "");
	by_title(c, "größe & zahl", "id/plain2\n");
	by_title(c, "GRO\xcc\x88SSE", "");
	by_title(c,
		"gro\xcc\x88\xc3\x9f"
		"e",
		"id/plain2\n"); /* the other Unicode form */
	by_title(c, "письмо", "id/plain1\n");
	by_title(c, "unseen", "");
	by_title(c, "Joffe,", "id/fonds\n");
	by_title(c, "ti*", "id/orphan\n");
	by_title(c, "t*", "");
	by_title(c, "\"quoted\"", "id/orphan\n");
	by_title(c, "quoted\" OR title : letter", "");
	by_title(c, "& —", "");
	expect_list(c, &(struct catalogue_filter){.creator = STR("adolf JOFFE")}, "id/b2\nid/b10\n");
	expect_list(c, &(struct catalogue_filter){.creator = STR("muller")}, "id/b02x\nid/plain2\n");
	expect_list(c, &(struct catalogue_filter){.creator = STR("joffe"), .title = STR("letter")}, "id/b2\n");
	for (int i = 0; i < 33; i++)
		memcpy(many + 3 * i, "ab ", 4);
	filter.title = S(many);
	FAILS(catalogue_list(c, &filter, see_row, &seen, &err), ERR_USAGE);
	filter.title = S(many + 3);
	OK(catalogue_list(c, &filter, see_row, &seen, &err));

	by_date(c, 150, 150, "id/fonds\nid/b2\nid/b10\n");
	by_date(c, 200, 201, "id/fonds\nid/b02x\nid/b10\n");
	by_date(c, 301, 999, "id/fonds\n");
	by_date(c, 5000, 6000, "id/fonds\nid/series\n");
	by_date(c, INT64_MIN, INT64_MIN, "id/fonds\nid/plain1\n");
	by_date(c, INT64_MAX, INT64_MAX, "id/fonds\nid/series\n");
	by_date(c, -400, -1, "id/fonds\nid/plain1\nid/plain2\n");
	by_date(c, INT64_MIN, INT64_MAX, "id/fonds\nid/series\nid/b2\nid/b02x\nid/b10\nid/plain1\nid/plain2\n");
	filter = (struct catalogue_filter){.has_date = true, .date = {2, 1}};
	FAILS(catalogue_list(c, &filter, see_row, &seen, &err), ERR_USAGE);

	expect_list(c, &(struct catalogue_filter){.language = STR("de")}, "id/series\nid/b2\nid/b10\n");
	expect_list(c, &(struct catalogue_filter){.language = STR("De-aT")}, "id/series\nid/b10\n");
	expect_list(c, &(struct catalogue_filter){.language = STR("d")}, "");
	expect_list(c, &(struct catalogue_filter){.language = STR("ru")}, "id/plain1\n");
	expect_list(c,
		&(struct catalogue_filter){.language = STR("de"),
			.under = STR("id/fonds"),
			.has_date = true,
			.date = {120, 160},
			.title = STR("letter")},
		"id/b2\n");

	OK(catalogue_list(
		c, &(struct catalogue_filter){.creator = STR("Adolf"), .title = STR("Brief")}, see_row_full, &seen, &err));
	expect(&seen, "id/b10|Brief an Trotzki über vieles|Joffe, Adolf|a date|item|A 10|id/series|de-AT|0|0\n");
	OK(catalogue_part_of(c, S("id/b10"), &parent, &err));
	assert_true(str_equal(parent, S("id/series")));
	OK(catalogue_part_of(c, S("id/fonds"), &parent, &err));
	assert_int_equal(parent.n, 0);
	FAILS(catalogue_part_of(c, S("id/x"), &parent, &err), ERR_NOT_FOUND);
	OK(catalogue_check(c, &err));
	catalogue_free(c);
}

/* A new version's description replaces the old one's in every index; an older version's never does. */
static void test_description_replaced(void **state)
{
	struct folder *f = *state;
	struct catalogue *c = described(f);
	static const struct description now = {"id/b10", "id/fonds", "B", "Postkarte", "Niemand", "it", 5000, 5001};
	static const struct description late = {"id/b10", "id/b2", "C", "Telegramm", "Jemand", "la", 7000, 7001};
	struct hash root = root_of(1);

	OK(catalogue_begin(c, &err));
	put_description(c, 3, 20, &now);
	put_description(c, 2, 21, &late);
	OK(catalogue_commit(c, 22, &root, &err));
	by_title(c, "brief", "");
	by_title(c, "telegramm", "");
	by_title(c, "postkarte", "id/b10\n");
	expect_list(c, &(struct catalogue_filter){.creator = STR("adolf")}, "id/b2\n");
	expect_list(c, &(struct catalogue_filter){.language = STR("de")}, "id/series\nid/b2\n");
	expect_list(c, &(struct catalogue_filter){.language = STR("it")}, "id/b10\n");
	expect_list(c, &(struct catalogue_filter){.under = STR("id/series")}, "id/b2\nid/b02x\nid/plain1\n");
	by_date(c, 100, 100, "id/fonds\n");
	by_date(c, 5000, 5000, "id/fonds\nid/series\nid/b10\n");
	by_date(c, 7000, 7000, "id/fonds\nid/series\n");
	OK(catalogue_check(c, &err));
	catalogue_free(c);
}

static void test_values(void **state)
{
	struct folder *f = *state;
	struct catalogue *c = open_catalogue(f->path, true);
	struct buf huge = BUF_INIT;
	struct catalogue_value values[] = {{STR("alternative"), STR("Second")}, {STR("title"), STR("First\x1f!")},
		{STR("creator"), STR("Eins")}, {STR("creator"), STR("Zwei")}, {STR("title"), STR("")}};
	struct str languages[] = {STR("de"), STR("FR"), STR("de")};
	struct catalogue_range ranges[] = {{1, 2}, {1, 2}, {10, 20}};
	struct catalogue_version v = {.id = STR("a"), .version = 1, .index = 1, .values = values, .value_count = 5};
	struct hash root = root_of(1);
	struct seen seen = {.text = BUF_INIT};

	v.inventory = digest_of(1);
	v.languages = languages;
	v.language_count = 3;
	v.dates = ranges;
	v.date_count = 3;
	OK(catalogue_begin(c, &err));
	OK(catalogue_put_version(c, &v, &err));
	OK(catalogue_list(c, &(struct catalogue_filter){.title = STR("second")}, see_row_full, &seen, &err));
	expect(&seen, "a|First !|Eins; Zwei||||\x7c"
		      "de; FR; de|0|0\n");
	/* All of it goes again. */
	v.version = 2;
	v.index = 2;
	v.value_count = v.language_count = v.date_count = 0;
	OK(catalogue_put_version(c, &v, &err));
	expect_list(c, &(struct catalogue_filter){.title = STR("second")}, "");
	expect_list(c, &(struct catalogue_filter){.language = STR("fr")}, "");
	by_date(c, 1, 20, "");
	OK(catalogue_commit(c, 3, &root, &err));
	/* A huge title is cut between characters and found by its beginning. */
	buf_text(&huge, "anfang ");
	for (int i = 0; i < 20000; i++)
		buf_text(&huge, "\xc3\xa4");
	buf_text(&huge, " schluss");
	values[1].value = buf_view(&huge);
	v.version = 3;
	v.index = 3;
	v.value_count = 5;
	OK(catalogue_begin(c, &err));
	OK(catalogue_put_version(c, &v, &err));
	OK(catalogue_commit(c, 4, &root, &err));
	by_title(c, "anfang", "a\n");
	by_title(c, "schluss", "");
	v.version = UINT64_MAX;
	OK(catalogue_begin(c, &err));
	FAILS(catalogue_put_version(c, &v, &err), ERR_LIMIT);
	v.version = 4;
	ranges[0].first = 3;
	v.date_count = 1;
	FAILS(catalogue_put_version(c, &v, &err), ERR_USAGE);
	v.date_count = 0;
	v.inventory.alg = DIGEST_NONE;
	FAILS(catalogue_put_version(c, &v, &err), ERR_USAGE);
	catalogue_rollback(c);
	OK(catalogue_check(c, &err));
	buf_release(&huge);
	catalogue_free(c);
}

/* ---- many ----------------------------------------------------------------------------------------------------------------------------------- */

/* Peak of resident memory in KiB; reset by writing 5 to clear_refs. */
static long resident_peak(bool reset)
{
	char line[200];
	long peak = -1;
	FILE *in;

	if (reset) {
		FILE *out = fopen("/proc/self/clear_refs", "w");
		if (out != NULL) {
			fputs("5", out);
			fclose(out);
		}
	}
	in = fopen("/proc/self/status", "r");
	while (in != NULL && fgets(line, sizeof(line), in) != NULL)
		if (strncmp(line, "VmHWM:", 6) == 0)
			peak = strtol(line + 6, NULL, 10);
	if (in != NULL)
		fclose(in);
	return peak;
}

#define MANY 100000

static struct str many_id(char *out, size_t size, uint64_t i)
{
	/* Not in the order of their names. */
	return (struct str){
		out, (size_t)snprintf(out, size, "https://example.org/archive/r/folder-%02d/letter-%06d", (int)(i % 97), (int)i)};
}

struct many {
	uint64_t rows;
	struct buf last;
	struct catalogue *catalogue;
};

static int check_order(void *context, const struct catalogue_row *row, struct err *err)
{
	struct many *many = context;
	struct catalogue_record record;

	assert_true(many->rows == 0 || str_compare(buf_view(&many->last), row->record.id) < 0);
	buf_clear(&many->last);
	buf_str(&many->last, row->record.id);
	/* A callback may look up, and list, itself. */
	if (many->rows++ % 1000 == 0) {
		struct seen seen = {.text = BUF_INIT};
		struct catalogue_filter filter = {.title = row->title};
		if (catalogue_record(many->catalogue, row->record.id, &record, err) != 0 ||
			catalogue_list(many->catalogue, &filter, see_row, &seen, err) != 0)
			return -1;
		assert_int_equal(seen.count, 1);
		buf_release(&seen.text);
	}
	assert_true(str_equal(buf_view(&many->last), row->record.id));
	return 0;
}

static int count_record(void *context, const struct catalogue_record *record, struct err *err)
{
	struct many *many = context;

	(void)err;
	assert_int_equal(record->version_index, many->rows++);
	return 0;
}

static void test_many(void **state)
{
	struct folder *f = *state;
	struct catalogue *c = open_catalogue(f->path, true);
	struct many many = {.rows = 0, .last = BUF_INIT, .catalogue = c};
	struct seen seen = {.text = BUF_INIT};
	struct catalogue_record record;
	struct hash root = root_of(1);
	struct digest digest;
	char id[120], title[120];
	uint64_t count;
	long before = resident_peak(true), after;

	for (uint64_t i = 0; i < MANY; i++) {
		struct catalogue_value values[] = {{STR("title"), {title, 0}}, {STR("creator"), STR("Joffe, Adolf")}};
		struct catalogue_range range = {(int64_t)i, (int64_t)i + 10};
		struct str language = i % 3 == 0 ? STR("de") : STR("fr");
		struct catalogue_file file = {STR("letter.txt"), 8000, digest_of(i)};
		struct catalogue_version v = {
			.id = many_id(id, sizeof(id), i), .version = 1, .index = i, .values = values, .value_count = 2};
		values[0].value.n = (size_t)snprintf(title, sizeof(title), "Letter number%d to somebody", (int)i);
		v.inventory = digest_of(i + 1);
		v.dates = &range;
		v.date_count = 1;
		v.languages = &language;
		v.language_count = 1;
		v.files = &file;
		v.file_count = 1;
		if (i % 20000 == 0)
			OK(catalogue_begin(c, &err));
		OK(catalogue_put_version(c, &v, &err));
		if (i % 20000 == 19999)
			OK(catalogue_commit(c, i + 1, &root, &err));
	}
	OK(catalogue_count(c, &count, &err));
	assert_int_equal(count, MANY);
	OK(catalogue_list(c, &(struct catalogue_filter){.has_date = false}, check_order, &many, &err));
	assert_int_equal(many.rows, MANY);
	/* Filters that leave many, and few. */
	many.rows = 0;
	OK(catalogue_list(c, &(struct catalogue_filter){.language = STR("fr")}, check_order, &many, &err));
	assert_int_equal(many.rows, MANY - (MANY + 2) / 3);
	many.rows = 0;
	OK(catalogue_list(c, &(struct catalogue_filter){.has_date = true, .date = {500, 599}}, check_order, &many, &err));
	assert_int_equal(many.rows, 110);
	many.rows = 0;
	OK(catalogue_each_record(c, count_record, &many, &err));
	assert_int_equal(many.rows, MANY);
	for (uint64_t i = 0; i < MANY; i += 997) {
		OK(catalogue_record(c, many_id(id, sizeof(id), i), &record, &err));
		assert_int_equal(record.version_index, i);
		digest = digest_of(i);
		seen = (struct seen){.text = BUF_INIT};
		OK(catalogue_each_holder(c, &digest, see_holder, &seen, &err));
		assert_int_equal(seen.count, 1);
		assert_non_null(strstr(seen.text.p, id));
		buf_release(&seen.text);
	}
	OK(catalogue_check(c, &err));
	catalogue_free(c);
	after = resident_peak(false);
	buf_release(&many.last);
	printf("resident: %ld KiB before, %ld KiB at most with %d records\n", before, after, MANY);
#ifndef SANITIZED
	if (before > 0)
		assert_true(after - before < 16 * 1024);
#endif
}

#define CODES 1500

static int check_code(void *context, const struct catalogue_row *row, struct err *err)
{
	uint64_t *next = context;
	char code[20];

	(void)err;
	snprintf(code, sizeof(code), "F %d", (int)++*next);
	assert_true(str_equal(row->reference_code, S(code)));
	return 0;
}

/* Reference codes over several pages of the walk, ids in the opposite order; and how numbers stand among letters and signs. */
static void test_reference_order(void **state)
{
	struct folder *f = *state;
	struct catalogue *c = open_catalogue(f->path, true);
	static const char *const codes[] = {"B1", "A.1", "A", "AB", "A1b", "A01a", "A10", "A2", "A 1", "A1/10", "A1/9",
		"A1234567890123456789012345", "A999999999999999999999999"};
	uint64_t next = 0, index = 0;
	struct hash root = root_of(1);
	char id[20], code[20];

	OK(catalogue_begin(c, &err));
	for (uint64_t i = 1; i <= CODES; i++) {
		uint64_t at = i * 7 % 1501;
		struct description d = {
			.id = id, .part_of = "", .code = code, .title = "t", .creator = "", .language = "", .first = 1};
		snprintf(id, sizeof(id), "id/%05d", (int)(99999 - at));
		snprintf(code, sizeof(code), "F %d", (int)at);
		put_description(c, 1, index++, &d);
	}
	OK(catalogue_list(c, &(struct catalogue_filter){.has_date = false}, check_code, &next, &err));
	assert_int_equal(next, CODES);
	catalogue_rollback(c);
	OK(catalogue_begin(c, &err));
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		put_description(c, 1, index++, &(struct description){codes[i], "", codes[i], "t", "", "", 1, 0});
	OK(catalogue_commit(c, index, &root, &err));
	expect_list(c, &(struct catalogue_filter){.has_date = false},
		"A\nA 1\nA.1\nA1/9\nA1/10\nA01a\nA1b\nA2\nA10\nA999999999999999999999999\n"
		"A1234567890123456789012345\nAB\nB1\n");
	/* The same through the sort in memory. */
	expect_list(c, &(struct catalogue_filter){.title = STR("t")},
		"A\nA 1\nA.1\nA1/9\nA1/10\nA01a\nA1b\nA2\nA10\nA999999999999999999999999\n"
		"A1234567890123456789012345\nAB\nB1\n");
	catalogue_free(c);
}

/* One record with 100,000 files, twice: the second version costs no second copy. */
static void test_many_files(void **state)
{
	struct folder *f = *state;
	struct catalogue *c = open_catalogue(f->path, true);
	struct catalogue_file *files = mem_array(MANY, sizeof(*files));
	struct arena arena = ARENA_INIT;
	struct digest digest = digest_of(77);
	struct seen seen = {.text = BUF_INIT};
	struct hash root = root_of(1);

	for (uint64_t i = 0; i < MANY; i++) {
		char name[40];
		snprintf(name, sizeof(name), "page-%06d.tif", (int)i);
		files[i] = (struct catalogue_file){arena_str(&arena, S(name)), i, digest_of(i % 50000)};
	}
	OK(catalogue_begin(c, &err));
	put_with_files(c, "a", 1, 1, files, MANY);
	put_with_files(c, "a", 2, 2, files, MANY);
	put_with_files(c, "b", 1, 3, files, 1000);
	OK(catalogue_commit(c, 4, &root, &err));
	OK(catalogue_each_holder(c, &digest, see_holder, &seen, &err));
	expect(&seen, "a/page-000077.tif a/page-050077.tif b/page-000077.tif ");
	OK(catalogue_begin(c, &err));
	OK(catalogue_put_expunge(c, S("a"), 5, 1, &digest, &err));
	OK(catalogue_commit(c, 6, &root, &err));
	buf_release(&seen.text);
	seen = (struct seen){.text = BUF_INIT};
	OK(catalogue_each_holder(c, &digest, see_holder, &seen, &err));
	expect(&seen, "b/page-000077.tif ");
	OK(catalogue_check(c, &err));
	arena_release(&arena);
	free(files);
	catalogue_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_empty, setup, teardown),
		cmocka_unit_test_setup_teardown(test_feed_reopen_rollback, setup, teardown),
		cmocka_unit_test_setup_teardown(test_versions, setup, teardown),
		cmocka_unit_test_setup_teardown(test_access, setup, teardown),
		cmocka_unit_test_setup_teardown(test_holders_and_expunge, setup, teardown),
		cmocka_unit_test_setup_teardown(test_scrub, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lists, setup, teardown),
		cmocka_unit_test_setup_teardown(test_description_replaced, setup, teardown),
		cmocka_unit_test_setup_teardown(test_values, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reference_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many_files, setup, teardown),
	};

	return cmocka_run_group_tests_name("catalogue", tests, NULL, NULL);
}
