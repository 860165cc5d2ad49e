/* store: publishing done again and again ends the same; objects rebuilt and exchanged; notes beside versions. P1, P6. */
#include "storing.h"

#include <errno.h>
#include <fcntl.h>
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
	os_calls = &os_real;
	place_remove(*state);
	free(*state);
	return 0;
}

static const struct sample first[] = {SAMPLE("letter.txt", "Dear Trotsky, …\n"), SAMPLE("private/note.txt", "burn after reading\n"),
	SAMPLE("photostat.json", "{\"title\":[\"Letter\"]}\n"), SAMPLE("photostat.seed", "01234567890123456789012345678901")};
static const struct sample second[] = {SAMPLE("copy of note.txt", "burn after reading\n"),
	SAMPLE("letter.txt", "Dear Trotsky, …\n"), SAMPLE("photostat.seed", "second")};
static const struct sample rebuilt_first[] = {SAMPLE("letter.txt", "Dear Trotsky, …\n"), SAMPLE("photostat.json", "{}\n"),
	SAMPLE("photostat.seed", "nodes of what is left")};
static const struct sample rebuilt_second[] = {SAMPLE("letter.txt", "Dear Trotsky, …\n"), SAMPLE("photostat.seed", "second")};

static struct os_batch *batch_of(struct place *p)
{
	struct os_batch *batch;

	OK(os_batch_open(&batch, p->fd, &err));
	return batch;
}

static int publish_object(struct place *p, const char *id, struct err *err)
{
	struct os_batch *batch = batch_of(p);
	int result = store_publish_object(p->store, p->staging, "o", str_from(id), batch, err);

	os_batch_free(batch);
	return result;
}

static int publish_version(struct place *p, const char *id, uint64_t version, struct err *err)
{
	struct os_batch *batch = batch_of(p);
	int result = store_publish_version(p->store, p->staging, "n", str_from(id), version, batch, err);

	os_batch_free(batch);
	return result;
}

static void test_object_again(void **state)
{
	struct place *p = *state;
	struct digest inventory, other;
	struct buf before = BUF_INIT, after = BUF_INIT;

	list_below(p->fd, "records", &before);
	/* Nothing to publish: nothing is left behind either, no empty tuple (OCFL E073). */
	FAILS(publish_object(p, ID, &err), ERR_NOT_FOUND);
	list_below(p->fd, "records", &after);
	assert_string_equal(before.p, after.p);

	OK(stage_first(p, "o", ID, first, 4, NULL, &inventory, &err));
	for (int i = 0; i < 3; i++) {
		OK(publish_object(p, ID, &err));
		check_version(p, ID, 1, &inventory, first, 4);
	}
	check_valid(p, 1);
	/* J1: another object of that id replaces nothing. */
	OK(stage_first(p, "o", ID, second, 3, NULL, &other, &err));
	FAILS(publish_object(p, ID, &err), ERR_EXISTS);
	check_version(p, ID, 1, &inventory, first, 4);
	buf_release(&before);
	buf_release(&after);
}

/* From each state that a crash can leave (J3). */
static void test_version_again(void **state)
{
	static const char *const moved[] = {"v2", "inventory.json", "inventory.json.sha256"};
	struct place *p = *state;

	for (int done = 0; done <= 3; done++) {
		struct digest one, two;
		char id[64], object[STORE_PATH_MAX], from[64], to[STORE_PATH_MAX + 64];

		snprintf(id, sizeof(id), ID "-%d", done);
		keep_first(p, id, first, 4, &one);
		FAILS(publish_version(p, id, 2, &err), ERR_NOT_FOUND);
		OK(stage_second(p, "n", id, 2, &one, second, 3, NULL, &two, &err));
		OK(store_object_path(str_from(id), object, &err));
		for (int i = 0; i < done; i++) {
			snprintf(from, sizeof(from), "staging/n/%s", moved[i]);
			snprintf(to, sizeof(to), "records/%.4000s/%s", object, moved[i]);
			assert_int_equal(renameat(p->fd, from, p->fd, to), 0);
			/* Readers go by the log: they see the one or the other whole at any moment (J2). */
			check_version(p, id, 1, &one, first, 4);
			check_version(p, id, 2, &two, second, 3);
		}
		for (int i = 0; i < 2; i++) {
			OK(publish_version(p, id, 2, &err));
			check_version(p, id, 1, &one, first, 4);
			check_version(p, id, 2, &two, second, 3);
			assert_int_equal(count_below(p->fd, "staging/n"), 0);
		}
		OK(stage_discard(p->staging, "n", &err));
		OK(publish_version(p, id, 2, &err));
		/* J1 */
		OK(stage_second(p, "n", id, 2, &one, first, 4, NULL, &one, &err));
		FAILS(publish_version(p, id, 2, &err), ERR_EXISTS);
		check_version(p, id, 2, &two, second, 3);
		OK(stage_discard(p->staging, "n", &err));
	}
	check_valid(p, 4);
	FAILS(publish_version(p, ID, 1, &err), ERR_USAGE);
}

/* ---- rebuilding ------------------------------------------------------------------------------------------------------------------------ */

static int link_from(struct stage *stage, const struct object_version *object, const char *path, struct err *err)
{
	struct object_file file;
	size_t at;

	assert_true(object_find(object, str_from(path), &at));
	object_file(object, at, &file);
	return stage_add_link(stage, file.path, &file.digest, 0, object_fd(object), file.content_path.p, err);
}

/* Both versions again, without the private note. */
static int rebuild(struct place *p, const char *id, const struct digest old[2], struct digest fresh[2], struct err *why)
{
	struct stage *stage = NULL;
	struct object_version *one = NULL, *two = NULL;
	int result = -1;

	if (object_open(&one, p->store, str_from(id), 1, &old[0], why) != 0 ||
		object_open(&two, p->store, str_from(id), 2, &old[1], why) != 0 ||
		stage_new_object(&stage, p->store, p->staging, "r", str_from(id), why) != 0)
		goto out;
	if (link_from(stage, one, "letter.txt", why) != 0 || add_samples(stage, rebuilt_first + 1, 2, why) != 0 ||
		end_version(stage, &fresh[0], why) != 0 || stage_next_version(stage, why) != 0)
		goto out;
	if (link_from(stage, two, "letter.txt", why) == 0 && link_from(stage, two, "photostat.seed", why) == 0)
		result = end_version(stage, &fresh[1], why);
out:
	stage_free(stage);
	object_free(one);
	object_free(two);
	return result;
}

static int exchange(struct place *p, const char *id, const struct digest *head, struct err *err)
{
	struct os_batch *batch = batch_of(p);
	int result = store_exchange_object(p->store, p->staging, "r", str_from(id), head, batch, err);

	os_batch_free(batch);
	return result;
}

static void make_and_rebuild(struct place *p, const char *id, struct digest old[2], struct digest fresh[2])
{
	keep_first(p, id, first, 4, &old[0]);
	keep_next(p, id, 2, &old[0], second, 3, &old[1]);
	OK(rebuild(p, id, old, fresh, &err));
}

static void check_rebuilt(struct place *p, const char *id, const struct digest old[2], const struct digest fresh[2])
{
	struct object_version *object;
	struct buf text = BUF_INIT;
	char path[STORE_PATH_MAX], full[STORE_PATH_MAX + 16];

	check_version(p, id, 1, &fresh[0], rebuilt_first, 3);
	check_version(p, id, 2, &fresh[1], rebuilt_second, 2);
	FAILS(object_open(&object, p->store, str_from(id), 1, &old[0], &err), ERR_MISMATCH);
	OK(store_object_path(str_from(id), path, &err));
	snprintf(full, sizeof(full), "records/%.4000s", path);
	list_below(p->fd, full, &text);
	assert_null(strstr(text.p, "private"));
	assert_null(strstr(text.p, "note"));
	buf_release(&text);
	/* What is left may be thrown away. */
	assert_int_equal(faccessat(p->staging, "r/v1/content/private/note.txt", F_OK, 0), 0);
	OK(stage_discard(p->staging, "r", &err));
	assert_int_equal(count_below(p->fd, "staging"), 0);
	check_version(p, id, 1, &fresh[0], rebuilt_first, 3);
}

static void test_exchange(void **state)
{
	struct place *p = *state;
	struct digest old[2], fresh[2], wrong;

	make_and_rebuild(p, ID, old, fresh);
	wrong = fresh[1];
	wrong.bytes[0] ^= 1;
	FAILS(exchange(p, ID, &wrong, &err), ERR_MISMATCH);
	FAILS(exchange(p, ID "-2", &fresh[1], &err), ERR_NOT_FOUND);
	check_version(p, ID, 2, &old[1], second, 3);
	for (int i = 0; i < 3; i++)
		OK(exchange(p, ID, &fresh[1], &err));
	check_rebuilt(p, ID, old, fresh);
	OK(exchange(p, ID, &fresh[1], &err)); /* the old one is gone meanwhile */
	check_valid(p, 1);
}

/* Calls of a file system that lacks something, and a crash after so many renames. */
static struct os_calls lacking;
static int lacking_errno, renames_left;

static int rename_lacking(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
	if ((flags & RENAME_EXCHANGE) != 0) {
		errno = lacking_errno;
		return -1;
	}
	if (renames_left-- <= 0) {
		errno = EIO;
		return -1;
	}
	return os_real.renameat2(from_dir, from, to_dir, to, flags);
}

static int link_lacking(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	(void)from_dir, (void)from, (void)to_dir, (void)to, (void)flags;
	errno = lacking_errno;
	return -1;
}

static void test_exchange_by_steps(void **state)
{
	static const int reasons[] = {EINVAL, EOPNOTSUPP, ENOSYS};
	struct place *p = *state;
	struct digest old[2], fresh[2];
	int objects = 0;

	lacking = os_real;
	lacking.renameat2 = rename_lacking;
	for (int crash = 0; crash <= 3; crash++, objects++) {
		char id[64];

		snprintf(id, sizeof(id), ID "-%d", crash);
		make_and_rebuild(p, id, old, fresh);
		lacking_errno = reasons[crash % 3];
		renames_left = crash;
		os_calls = &lacking;
		if (crash < 3)
			FAILS(exchange(p, id, &fresh[1], &err), ERR_SYSTEM);
		else
			OK(exchange(p, id, &fresh[1], &err));
		renames_left = 100;
		/* Done again, on a system that can or cannot. */
		if (crash % 2 == 0)
			os_calls = &os_real;
		OK(exchange(p, id, &fresh[1], &err));
		OK(exchange(p, id, &fresh[1], &err));
		os_calls = &os_real;
		check_rebuilt(p, id, old, fresh);
	}
	/* Another error is an error. */
	make_and_rebuild(p, ID, old, fresh);
	lacking_errno = EIO;
	os_calls = &lacking;
	FAILS(exchange(p, ID, &fresh[1], &err), ERR_SYSTEM);
	os_calls = &os_real;
	check_version(p, ID, 2, &old[1], second, 3);
	OK(exchange(p, ID, &fresh[1], &err));
	check_rebuilt(p, ID, old, fresh);
	check_valid(p, (uint64_t)objects + 1);
}

static void test_without_links(void **state)
{
	static const int reasons[] = {EPERM, EOPNOTSUPP, EMLINK, EXDEV};
	struct place *p = *state;
	struct digest old[2], fresh[2];
	char object[STORE_PATH_MAX], path[STORE_PATH_MAX + 64];
	int fd;

	lacking = os_real;
	lacking.linkat = link_lacking;
	keep_first(p, ID, first, 4, &old[0]);
	keep_next(p, ID, 2, &old[0], second, 3, &old[1]);
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		OK(stage_discard(p->staging, "r", &err));
		lacking_errno = reasons[i];
		os_calls = &lacking;
		OK(rebuild(p, ID, old, fresh, &err));
		os_calls = &os_real;
	}
	/* A copy is checked: what was altered must not live on under its old digest. */
	OK(store_object_path(STR(ID), object, &err));
	snprintf(path, sizeof(path), "records/%.4000s/v1/content/letter.txt", object);
	fd = openat(p->fd, path, O_WRONLY);
	assert_int_equal(write(fd, "d", 1), 1);
	OK(stage_discard(p->staging, "r", &err));
	os_calls = &lacking;
	FAILS(rebuild(p, ID, old, fresh, &err), ERR_MISMATCH);
	os_calls = &os_real;
	assert_int_equal(pwrite(fd, "D", 1, 0), 1);
	close(fd);
	OK(stage_discard(p->staging, "r", &err));
	lacking_errno = EIO;
	os_calls = &lacking;
	FAILS(rebuild(p, ID, old, fresh, &err), ERR_SYSTEM);
	lacking_errno = EPERM;
	os_calls = &os_real;
	OK(stage_discard(p->staging, "r", &err));
	os_calls = &lacking;
	OK(rebuild(p, ID, old, fresh, &err));
	os_calls = &os_real;
	OK(exchange(p, ID, &fresh[1], &err));
	check_rebuilt(p, ID, old, fresh);
	check_valid(p, 1);
}

/* ---- notes -------------------------------------------------------------------------------------------------------------------------------- */

static void test_notes(void **state)
{
	struct place *p = *state;
	struct os_batch *batch = batch_of(p);
	struct digest inventory;
	struct buf text = BUF_INIT;
	char object[STORE_PATH_MAX], path[STORE_PATH_MAX + 64];
	int fd;

	FAILS(store_put_log_file(p->store, STR(ID), "note-5.json", STR("{}"), batch, &err), ERR_NOT_FOUND);
	keep_first(p, ID, first, 4, &inventory);
	FAILS(store_get_log_file(p->store, STR(ID), "note-5.json", &text, &err), ERR_NOT_FOUND);
	for (int i = 0; i < 2; i++) {
		OK(store_put_log_file(p->store, STR(ID), "note-5.json", STR("{\"text\":\"asked for\"}"), batch, &err));
		buf_clear(&text);
		OK(store_get_log_file(p->store, STR(ID), "note-5.json", &text, &err));
		assert_string_equal(text.p, "{\"text\":\"asked for\"}");
	}
	/* Half of it, as a crash may leave it: done again it is whole. */
	OK(store_object_path(STR(ID), object, &err));
	snprintf(path, sizeof(path), "records/%.4000s/logs/note-5.json", object);
	for (int i = 0; i < 2; i++) {
		fd = openat(p->fd, path, O_WRONLY | O_TRUNC);
		assert_int_equal(write(fd, "{\"text\":\"asked for\"}", i == 0 ? 7 : 0), i == 0 ? 7 : 0);
		close(fd);
		OK(store_put_log_file(p->store, STR(ID), "note-5.json", STR("{\"text\":\"asked for\"}"), batch, &err));
		buf_clear(&text);
		OK(store_get_log_file(p->store, STR(ID), "note-5.json", &text, &err));
		assert_string_equal(text.p, "{\"text\":\"asked for\"}");
	}
	OK(store_put_log_file(p->store, STR(ID), "empty", STR(""), batch, &err));
	check_valid(p, 1);
	OK(store_delete_log_file(p->store, STR(ID), "note-5.json", &err));
	OK(store_delete_log_file(p->store, STR(ID), "note-5.json", &err));
	FAILS(store_get_log_file(p->store, STR(ID), "note-5.json", &text, &err), ERR_NOT_FOUND);
	FAILS(store_put_log_file(p->store, STR(ID), "a/b", STR(""), batch, &err), ERR_USAGE);
	FAILS(store_put_log_file(p->store, STR(ID), "..", STR(""), batch, &err), ERR_USAGE);
	FAILS(store_get_log_file(p->store, STR(ID), "", &text, &err), ERR_USAGE);
	os_batch_free(batch);
	buf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_object_again, setup, teardown),
		cmocka_unit_test_setup_teardown(test_version_again, setup, teardown),
		cmocka_unit_test_setup_teardown(test_exchange, setup, teardown),
		cmocka_unit_test_setup_teardown(test_exchange_by_steps, setup, teardown),
		cmocka_unit_test_setup_teardown(test_without_links, setup, teardown),
		cmocka_unit_test_setup_teardown(test_notes, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
