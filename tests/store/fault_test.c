/* store: whatever system call fails, whenever the process or the power goes: before the intent nothing is visible, after it the publishing
 * done again ends with everything whole; at no time does a reader lose a version that it could read. P1. */
#include "storing.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#define OLD "urn:uuid:old"      /* gets a second version */
#define NEW "urn:uuid:new"      /* is made */
#define SHRUNK "urn:uuid:other" /* has two versions and is rebuilt without a file */
#define LONG ((size_t)(1 << 20) + 70000)

static struct str long_content, long_holes;
static struct sample old_first[] = {SAMPLE("a.txt", "old a"), SAMPLE("photostat.seed", "seed 1")};
static struct sample old_second[] = {SAMPLE("a.txt", "old a"), {"scans/1.tif", {NULL, 0}}, SAMPLE("photostat.seed", "seed 2")};
static struct sample fresh[] = {SAMPLE("deep/er/file.txt", "text"), SAMPLE("deep/file.txt", "text"), {"long", {NULL, 0}},
	SAMPLE("photostat.json", "{}"), SAMPLE("photostat.seed", "seed 3")};
static struct sample other_first[] = {SAMPLE("gone.txt", "gone"), SAMPLE("stays.txt", "stays"), SAMPLE("photostat.seed", "seed 4")};
static struct sample other_second[] = {SAMPLE("stays.txt", "stays"), SAMPLE("photostat.seed", "seed 5")};
static struct sample shrunk_first[] = {SAMPLE("photostat.seed", "nodes"), SAMPLE("stays.txt", "stays")};

/* The same in every run, for time and content are. */
static struct digest old_digest[2], new_digest, other_digest[2], shrunk_digest[2];
static bool digests_known;

enum { NOTHING, STAGED, DONE };

static void prepare(struct place *p)
{
	keep_first(p, OLD, old_first, 2, &old_digest[0]);
	keep_first(p, SHRUNK, other_first, 3, &other_digest[0]);
	keep_next(p, SHRUNK, 2, &other_digest[0], other_second, 2, &other_digest[1]);
}

/* What os_replace could not remove, where unlink was one of the calls that fail. */
static void remove_temporaries(int dir)
{
	struct os_dir *names;
	struct os_name name;

	OK(os_dir_open(&names, dir, ".", &err));
	while (os_dir_next(names, &name, NULL) == 1)
		if (os_is_temporary(str_from(name.name)))
			OK(os_unlink(dir, name.name, &err));
	os_dir_close(names);
}

static void start_anew(struct place *p)
{
	OK(os_remove_tree(p->fd, "records", &err));
	OK(os_remove_tree(p->fd, "staging", &err));
	OK(os_unlink(p->fd, "intent", &err));
	remove_temporaries(p->fd);
	OK(store_create(p->fd, "records", &err));
	OK(os_mkdir(p->fd, "staging", &err));
	place_close(p);
	place_open(p);
	prepare(p);
}

static int stage_shrunk(struct place *p, struct os_batch *batch, struct err *err)
{
	struct object_version *object = NULL;
	struct object_file file;
	struct stage *stage = NULL;
	size_t at;
	int result = -1;

	if (object_open(&object, p->store, STR(SHRUNK), 1, &other_digest[0], err) != 0 ||
		stage_new_object(&stage, p->store, p->staging, "r", STR(SHRUNK), err) != 0 ||
		!object_find(object, STR("stays.txt"), &at))
		goto out;
	object_file(object, at, &file);
	if (add_samples(stage, shrunk_first, 1, err) != 0 ||
		stage_add_link(stage, file.path, &file.digest, 0, object_fd(object), file.content_path.p, err) != 0 ||
		end_version(stage, &shrunk_digest[0], err) != 0 || stage_next_version(stage, err) != 0 ||
		stage_add_link(stage, file.path, &file.digest, 0, object_fd(object), file.content_path.p, err) != 0 ||
		add_samples(stage, other_second + 1, 1, err) != 0 || end_version(stage, &shrunk_digest[1], err) != 0)
		goto out;
	result = stage_wrote(stage, batch, err);
out:
	stage_free(stage);
	object_free(object);
	return result;
}

static int publish(struct place *p, struct os_batch *batch, struct err *err)
{
	if (store_publish_object(p->store, p->staging, "o", STR(NEW), batch, err) != 0 ||
		store_publish_version(p->store, p->staging, "n", STR(OLD), 2, batch, err) != 0 ||
		store_exchange_object(p->store, p->staging, "r", STR(SHRUNK), &shrunk_digest[1], batch, err) != 0)
		return -1;
	return store_put_log_file(p->store, STR(NEW), "note-3.json", STR("{\"why\":\"asked for\"}"), batch, err);
}

static size_t calls_at_intent, calls_at_done;

/* What archive does, as far as it is the store's. How far it came. */
static int work(struct place *p, const struct power *power, struct err *err)
{
	struct os_batch *batch = NULL;
	int came = NOTHING;

	if (os_batch_open(&batch, p->fd, err) != 0)
		return came;
	if (stage_first(p, "o", NEW, fresh, 5, batch, &new_digest, err) != 0 ||
		stage_second(p, "n", OLD, 2, &old_digest[0], old_second, 3, batch, &old_digest[1], err) != 0 ||
		stage_shrunk(p, batch, err) != 0 || os_batch_sync(batch, err) != 0 ||
		os_replace(p->fd, "intent", STR("publish o, n, r\n"), 0644, err) != 0)
		goto out;
	came = STAGED;
	if (power != NULL)
		calls_at_intent = power_calls(power);
	if (publish(p, batch, err) != 0 || os_batch_sync(batch, err) != 0)
		goto out;
	came = DONE;
	if (power != NULL)
		calls_at_done = power_calls(power);
out:
	os_batch_free(batch);
	return came;
}

static void check_before(struct place *p)
{
	check_version(p, OLD, 1, &old_digest[0], old_first, 2);
	check_version(p, SHRUNK, 1, &other_digest[0], other_first, 3);
	check_version(p, SHRUNK, 2, &other_digest[1], other_second, 2);
	assert_int_equal(store_object_exists(p->store, STR(NEW), NULL), 0);
	check_valid(p, 2);
}

/* Calls of a file system that has no exchange of names. */
static struct os_calls no_exchange;

static int rename_without_exchange(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
	if ((flags & RENAME_EXCHANGE) != 0) {
		errno = EINVAL;
		return -1;
	}
	return os_real.renameat2(from_dir, from, to_dir, to, flags);
}

/* After the intent, published or half so: what was readable is, but for what the exchange replaces; that is the one or the other. */
static void check_between(struct place *p)
{
	struct object_version *object;

	check_version(p, OLD, 1, &old_digest[0], old_first, 2);
	if (store_object_exists(p->store, STR(NEW), NULL) == 1)
		check_version(p, NEW, 1, &new_digest, fresh, 5);
	/* In the middle of an exchange by steps it is in neither place, but nothing of it is lost. */
	if (os_exists(p->fd, "staging/r.old", NULL) == 1 && store_object_exists(p->store, STR(SHRUNK), NULL) == 0) {
		assert_ptr_equal(no_exchange.renameat2, rename_without_exchange);
		assert_int_equal(os_exists(p->fd, "staging/r", NULL), 1);
		return;
	}
	if (object_open(&object, p->store, STR(SHRUNK), 2, &other_digest[1], NULL) == 0) {
		object_free(object);
		check_version(p, SHRUNK, 1, &other_digest[0], other_first, 3);
	} else {
		check_version(p, SHRUNK, 2, &shrunk_digest[1], other_second, 2);
		check_version(p, SHRUNK, 1, &shrunk_digest[0], shrunk_first, 2);
	}
}

static void check_after(struct place *p)
{
	struct buf note = BUF_INIT;

	check_version(p, OLD, 1, &old_digest[0], old_first, 2);
	check_version(p, OLD, 2, &old_digest[1], old_second, 3);
	check_version(p, NEW, 1, &new_digest, fresh, 5);
	check_version(p, SHRUNK, 1, &shrunk_digest[0], shrunk_first, 2);
	check_version(p, SHRUNK, 2, &shrunk_digest[1], other_second, 2);
	OK(store_get_log_file(p->store, STR(NEW), "note-3.json", &note, &err));
	assert_string_equal(note.p, "{\"why\":\"asked for\"}");
	buf_release(&note);
}

static void finish(struct place *p)
{
	struct os_batch *batch;

	OK(os_batch_open(&batch, p->fd, &err));
	OK(publish(p, batch, &err));
	OK(os_batch_sync(batch, &err));
	os_batch_free(batch);
	check_after(p);
	/* The hard links to what the old object had go with it (OCFL E090). */
	OK(stage_discard(p->staging, "r", &err));
	OK(stage_discard(p->staging, "n", &err));
	assert_int_equal(count_below(p->fd, "staging"), 0);
	check_after(p);
	check_valid(p, 3);
}

/* What the archive does when it is opened again; `came` is what the writer was told. */
static void recover(struct place *p, int came, const char *when)
{
	bool intent = os_exists(p->fd, "intent", NULL) == 1;

	(void)when;
	if (came == DONE)
		check_after(p);
	if (intent) {
		check_between(p);
		finish(p);
		finish(p);
		return;
	}
	assert_int_equal(came, NOTHING);
	OK(stage_discard(p->staging, "o", &err));
	OK(stage_discard(p->staging, "n", &err));
	OK(stage_discard(p->staging, "r", &err));
	assert_int_equal(count_below(p->fd, "staging"), 0);
	check_before(p);
}

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

static void test_without_faults(void **state)
{
	struct place *p = *state;
	struct err why = ERR_INIT;

	start_anew(p);
	check_before(p);
	if (work(p, NULL, &why) != DONE)
		fail_msg("%s", why.text);
	digests_known = true;
	recover(p, DONE, "without faults");
}

static void sweep(struct place *p, struct fault_plan plan, bool must_succeed, const char *name)
{
	int counts[3] = {0, 0, 0};

	assert_true(digests_known);
	for (plan.at = 1;; plan.at++) {
		struct err why = ERR_INIT;
		int came;
		bool happened;

		start_anew(p);
		fault_start(&plan);
		came = work(p, NULL, &why);
		happened = fault_stop();
		if (came != DONE && (must_succeed || why.text[0] == '\0' || !happened))
			fail_msg("%s, call %d: \"%s\"", name, (int)plan.at, why.text);
		counts[came]++;
		recover(p, came, name);
		if (!happened)
			break;
	}
	print_message("%s: %d calls; %d refused, %d half published, %d went on\n", name, (int)plan.at - 1, counts[NOTHING],
		counts[STAGED], counts[DONE] - 1);
	assert_true(plan.at > 20);
	if (!must_succeed)
		assert_true(counts[NOTHING] > 20 && counts[STAGED] > 3);
}

static void sweep_all(struct place *p)
{
	sweep(p, (struct fault_plan){.kinds = FAULT_ALL, .effect = FAULT_ERROR, .sys = EIO}, false, "EIO");
	sweep(p, (struct fault_plan){.kinds = FAULT_CHANGES, .changes_only = true, .effect = FAULT_FULL, .sys = ENOSPC}, false,
		"disk full");
	sweep(p,
		(struct fault_plan){
			.kinds = FAULT_CHANGES, .changes_only = true, .effect = FAULT_ERROR, .sys = EIO, .from_then_on = true},
		false, "EIO from then on");
	sweep(p, (struct fault_plan){.kinds = FAULT_CHANGES, .changes_only = true, .effect = FAULT_ERROR_DONE, .sys = EIO}, false,
		"done, but EIO");
	sweep(p, (struct fault_plan){.kinds = FAULT_TRANSFERS, .effect = FAULT_SHORT}, true, "short transfers");
}

static void test_sweep(void **state)
{
	sweep_all(*state);
}

static void test_interrupted_calls(void **state)
{
	struct fault_plan plan = {
		.kinds = FAULT_ALL & ~FAULT_BIT(FAULT_CLOSE), .at = 1, .effect = FAULT_ERROR, .sys = EINTR, .from_then_on = true};
	struct place *p = *state;
	struct err why = ERR_INIT;
	int came;

	start_anew(p);
	fault_start(&plan);
	came = work(p, NULL, &why);
	fault_stop();
	if (came != DONE)
		fail_msg("%s", why.text);
	recover(p, came, "EINTR");
}

/* A sync that fails once and then would succeed: what it was to make durable is not reported as kept. */
static void test_failed_sync(void **state)
{
	struct fault_plan plan = {.kinds = FAULT_SYNCING, .at = 1, .effect = FAULT_ERROR, .sys = EIO};
	struct place *p = *state;
	struct err why = ERR_INIT;
	int came;

	start_anew(p);
	fault_start(&plan);
	came = work(p, NULL, &why);
	assert_true(fault_stop());
	assert_int_equal(came, NOTHING);
	recover(p, came, "a failed sync");
}

static void test_killed(void **state)
{
	struct place *p = *state;
	struct fault_plan plan = {.kinds = FAULT_CHANGES, .changes_only = true, .effect = FAULT_KILL};
	int kills = 0;

	for (plan.at = 1;; plan.at++) {
		int status;
		pid_t child;

		start_anew(p);
		child = fork();
		assert_true(child >= 0);
		if (child == 0) {
			fault_start(&plan);
			_exit(work(p, NULL, NULL) == DONE ? 0 : 1);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		if (WIFEXITED(status)) {
			assert_int_equal(WEXITSTATUS(status), 0);
			break;
		}
		kills++;
		recover(p, NOTHING, "killed");
	}
	print_message("killed before each of %d changes\n", kills);
	assert_true(kills > 50);
}

/* ---- the power goes ------------------------------------------------------------------------------------------------------------------------ */

#define SEEDS 10

static void cut_power(const char *folder, bool per_file, enum power_model model, const char *name)
{
	struct place place, *p = &place, after;
	struct power *power;
	struct err why = ERR_INIT;
	size_t cuts = 0;

	os_batch_force_per_file(per_file);
	place_make_below(p, folder, DIGEST_SHA256);
	prepare(p);
	if (no_exchange.renameat2 != NULL)
		os_calls = &no_exchange;
	power = power_start(p->dir);
	if (work(p, power, &why) != DONE)
		fail_msg("%s", why.text);
	power_stop(power);
	os_calls = &os_real;
	assert_true(calls_at_intent > 50 && calls_at_done > calls_at_intent + 5);
	snprintf(after.dir, sizeof(after.dir), "%s/photostat-cut-%d", fault_fast_folder(), (int)getpid());
	for (size_t k = 0; k <= power_calls(power); k++) {
		for (uint64_t seed = 0; seed < SEEDS; seed++, cuts++) {
			bool intent;

			power_materialise(power, k, seed, model, after.dir);
			place_open(&after);
			intent = os_exists(after.fd, "intent", NULL) == 1;
			if (k >= calls_at_intent && !intent)
				fail_msg("%s, cut %d, seed %d: the intent is lost", name, (int)k, (int)seed);
			if (intent) {
				if (k >= calls_at_done)
					check_after(&after);
				else
					check_between(&after);
				finish(&after);
			} else {
				/* What lies in staging may be anything. */
				OK(os_remove_tree(after.fd, "staging", &err));
				check_before(&after);
			}
			place_remove(&after);
		}
	}
	print_message("%s: %d power cuts\n", name, (int)cuts);
	power_free(power);
	place_remove(p);
	os_batch_force_per_file(false);
}

static void test_power(void **state)
{
	(void)state;
	cut_power("/tmp", false, POWER_ORDERED, "a sync a batch, ordered");
	cut_power(fault_fast_folder(), true, POWER_ORDERED, "an fsync a file, ordered");
	cut_power(fault_fast_folder(), true, POWER_LOOSE, "an fsync a file, loose");
	no_exchange = os_real;
	no_exchange.renameat2 = rename_without_exchange;
	cut_power("/tmp", false, POWER_ORDERED, "no exchange, ordered");
	cut_power(fault_fast_folder(), true, POWER_LOOSE, "no exchange, an fsync a file, loose");
	no_exchange.renameat2 = NULL;
}

static int make_contents(void **state)
{
	char *holes = calloc(1, LONG);

	(void)state;
	long_content = (struct str){noise(LONG, 5), LONG};
	memcpy(holes + LONG / 2, "scan", 4);
	long_holes = (struct str){holes, LONG};
	fresh[2].content = long_content;
	old_second[1].content = long_holes;
	return 0;
}

static int free_contents(void **state)
{
	(void)state;
	free((void *)(uintptr_t)long_content.p);
	free((void *)(uintptr_t)long_holes.p);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_without_faults, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sweep, setup, teardown),
		cmocka_unit_test_setup_teardown(test_interrupted_calls, setup, teardown),
		cmocka_unit_test_setup_teardown(test_failed_sync, setup, teardown),
		cmocka_unit_test_setup_teardown(test_killed, setup, teardown),
		cmocka_unit_test(test_power),
	};

	return cmocka_run_group_tests(tests, make_contents, free_contents);
}
