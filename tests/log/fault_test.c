/* log: whatever system call fails and whenever the power goes, the published size stays whole and the next batch goes on. P1. */
#include "logging.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "fault/fault.h"

#define BEFORE 300
#define BETWEEN 520
#define AFTER 900

static int setup(void **state)
{
	struct place *p = mem_alloc(sizeof(*p));

	place_make(p);
	*state = p;
	return 0;
}

/* In memory, where every file is synced by itself in any case. */
static int setup_fast(void **state)
{
	struct place *p = mem_alloc(sizeof(*p));

	place_make_in(p, fault_fast_folder());
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	place_remove(*state);
	free(*state);
	return 0;
}

/* The log is empty and clean again. */
static void start_anew(struct place *p)
{
	struct log *log;

	OK(os_remove_tree(p->fd, "log", &err));
	OK(log_create(p->fd, "log", &err));
	log = place_open(p);
	grow_to(p, log, BEFORE);
	log_free(log);
}

/* Every entry below the size with its proof, the whole tree, and no name too many once it is tidied. */
static void check_whole(const struct place *p, struct log *log, const char *when)
{
	struct findings f;
	struct log_writer *w;
	struct hash *leaves = leaves_of(log_size(log)), root;

	audit(log, &f);
	if (f.count != 0)
		fail_msg("%s: %s", when, f.text.p);
	buf_release(&f.text);
	tree_hash(leaves, log_size(log), &root);
	assert_true(hash_equal(&root, log_root(log)));
	free(leaves);
	OK(log_writer_open(&w, log, &err));
	OK(log_tidy(w, &err));
	log_writer_free(w);
	audit(log, &f);
	if (f.count != 0 || f.uncovered != 0)
		fail_msg("%s, tidied: %d uncovered, %s", when, (int)f.uncovered, f.text.p != NULL ? f.text.p : "");
	(void)p;
}

/* What a deposit does with the log; 1 if the checkpoint was reported as published. */
static int work(struct place *p, struct err *err)
{
	struct log *log = NULL;
	struct log_writer *w = NULL;
	int published = 0;

	if (log_open(&log, p->fd, "log", &p->key, err) == 0 && log_writer_open(&w, log, err) == 0 &&
		grow(p, w, log, BETWEEN, err) == 0) {
		published = 1;
		if (grow(p, w, log, AFTER, err) == 0) {
			published = 2;
			log_collect(w, err);
		}
	}
	log_writer_free(w);
	log_free(log);
	return published;
}

static void sweep(struct place *p, struct fault_plan plan, bool must_succeed, const char *name)
{
	uint64_t failures = 0;

	for (plan.at = 1;; plan.at++) {
		struct err err = ERR_INIT;
		char when[100];
		struct log *log;
		start_anew(p);
		fault_start(&plan);
		int published = work(p, &err);
		bool happened = fault_stop();
		snprintf(when, sizeof(when), "%s, call %d", name, (int)plan.at);
		if (must_succeed && published != 2)
			fail_msg("%s: %s", when, err.text);
		failures += published != 2;
		if (published != 2 && (err.text[0] == '\0' || err.code == ERR_INTERNAL || err.code == ERR_NONE))
			fail_msg("%s: failed with code %d: %s", when, err.code, err.text);
		log = place_open(p);
		assert_true(log_size(log) == BEFORE || log_size(log) == BETWEEN || log_size(log) == AFTER);
		if ((published >= 1 && log_size(log) < BETWEEN) || (published == 2 && log_size(log) < AFTER))
			fail_msg("%s: published %d times, but the size is %d", when, published, (int)log_size(log));
		check_whole(p, log, when);
		grow_to(p, log, AFTER + 1);
		audit_sound(log);
		log_free(log);
		if (!happened)
			break;
	}
	printf("%s: %d calls, %d of them ended the batch\n", name, (int)plan.at - 1, (int)failures);
	assert_true(plan.at > 5);
	if (!must_succeed)
		assert_true(failures > 5);
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

static void test_sweep_fsync_each(void **state)
{
	os_batch_force_per_file(true);
	sweep_all(*state);
	os_batch_force_per_file(false);
}

static void test_interrupted_calls(void **state)
{
	struct fault_plan plan = {
		.kinds = FAULT_ALL & ~FAULT_BIT(FAULT_CLOSE), .at = 1, .effect = FAULT_ERROR, .sys = EINTR, .from_then_on = true};
	struct place *p = *state;
	struct err err = ERR_INIT;

	start_anew(p);
	fault_start(&plan);
	int published = work(p, &err);
	fault_stop();
	if (published != 2)
		fail_msg("%s", err.text);
}

/* P1: a batch that met an error is never gone on with, whichever call it was. */
static void test_no_second_try(void **state)
{
	struct place *p = *state;
	struct fault_plan plan = {.kinds = FAULT_ALL, .effect = FAULT_ERROR, .sys = EIO};
	unsigned failures = 0;
	bool happened = true;

	for (plan.at = 1; happened; plan.at++) {
		struct log *log;
		struct log_writer *w;
		struct os_batch *batch;
		struct hash root;
		uint64_t size;
		char text[400];
		int result = 0;
		start_anew(p);
		log = place_open(p);
		OK(log_writer_open(&w, log, &err));
		OK(os_batch_open(&batch, log_fd(log), &err));
		fault_start(&plan);
		for (uint64_t i = BEFORE; result == 0 && i < AFTER; i++)
			result = log_append(w, entry_of(i, text), NULL, NULL);
		if (result == 0)
			result = log_write_edge(w, batch, NULL);
		if (result == 0)
			result = log_writer_verify(w, &size, &root, NULL);
		happened = fault_stop();
		if (result != 0) {
			failures++;
			FAILS(log_append(w, STR("x"), NULL, &err), ERR_CONFLICT);
			FAILS(log_write_edge(w, batch, &err), ERR_CONFLICT);
			FAILS(log_writer_verify(w, &size, &root, &err), ERR_CONFLICT);
			FAILS(log_publish(w, STR("x"), &err), ERR_CONFLICT);
			OK(log_refresh(log, &err));
			assert_int_equal(log_size(log), BEFORE);
		}
		os_batch_free(batch);
		log_writer_free(w);
		log_free(log);
	}
	assert_true(failures > 20);
}

/* Killed before each change. */
static void test_killed(void **state)
{
	struct place *p = *state;
	struct fault_plan plan = {.kinds = FAULT_CHANGES, .changes_only = true, .effect = FAULT_KILL};
	int kills = 0;

	for (plan.at = 1;; plan.at += 3) {
		struct log *log;
		char when[60];
		int status;
		start_anew(p);
		pid_t child = fork();
		assert_true(child >= 0);
		if (child == 0) {
			fault_start(&plan);
			_exit(work(p, NULL) == 2 ? 0 : 1);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		if (WIFEXITED(status)) {
			assert_int_equal(WEXITSTATUS(status), 0);
			break;
		}
		kills++;
		snprintf(when, sizeof(when), "killed before change %d", (int)plan.at);
		log = place_open(p);
		check_whole(p, log, when);
		grow_to(p, log, AFTER);
		audit_sound(log);
		log_free(log);
	}
	assert_true(kills > 10);
}

/* ---- the power goes ------------------------------------------------------------------------------------------------------------------ */

static void check_cut(const struct place *p, const char *folder, uint64_t least, const char *when)
{
	struct place cut = *p;
	struct log *log;

	strcpy(cut.dir, folder);
	cut.fd = open(folder, O_RDONLY | O_DIRECTORY);
	assert_true(cut.fd >= 0);
	struct err why = ERR_INIT;
	if (log_open(&log, cut.fd, "log", &cut.key, &why) != 0)
		fail_msg("%s: %s", when, why.text);
	if (log_size(log) < least)
		fail_msg("%s: %d entries were published, %d are left", when, (int)least, (int)log_size(log));
	check_whole(&cut, log, when);
	/* P1: the batch is done again over whatever is left of it. */
	grow_to(&cut, log, AFTER + 10);
	audit_sound(log);
	log_free(log);
	close(cut.fd);
	OK(os_remove_tree(AT_FDCWD, folder, &err));
}

static void power_sweep(bool per_file)
{
	static const enum power_model models[] = {POWER_LOOSE, POWER_ORDERED, POWER_UNSYNCED_LOST, POWER_NOTHING_LOST};
	struct place p;
	struct power *power;
	struct log *log;
	struct log_writer *w;
	size_t first, second, collected, total = 0;
	const char *given = getenv("PHOTOSTAT_SEED");
	uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : 1;
	char out[100];

	place_make(&p);
	start_anew(&p);
	os_batch_force_per_file(per_file);
	log = place_open(&p);
	power = power_start(p.dir);
	OK(log_writer_open(&w, log, &err));
	OK(grow(&p, w, log, BETWEEN, &err));
	first = power_calls(power);
	OK(grow(&p, w, log, AFTER, &err));
	second = power_calls(power);
	OK(log_collect(w, &err));
	collected = power_calls(power);
	power_stop(power);
	os_batch_force_per_file(false);
	log_writer_free(w);
	log_free(log);
	assert_true(collected > second);
	snprintf(out, sizeof(out), "%s/photostat-log-cut-%d", fault_fast_folder(), (int)getpid());
	for (size_t m = 0; m < sizeof(models) / sizeof(models[0]); m++)
		for (size_t k = 0; k <= collected; k++)
			for (uint64_t s = 0; s < (models[m] == POWER_LOOSE ? 9u : models[m] == POWER_ORDERED ? 4u : 1u); s++) {
				struct buf what = BUF_INIT;
				uint64_t cut_seed = s < 6 ? s : seed * 1000 + s;
				buf_printf(&what, "cut after %d (", (int)k);
				if (k != 0)
					power_describe(power, k, &what);
				buf_printf(&what, "), model %d, seed %d", (int)models[m], (int)cut_seed);
				power_materialise(power, k, cut_seed, models[m], out);
				check_cut(&p, out, k >= second ? AFTER : k >= first ? BETWEEN : BEFORE, what.p);
				buf_release(&what);
				total++;
			}
	power_free(power);
	place_remove(&p);
	printf("%d changes, %d states after a cut, seed %d\n", (int)collected, (int)total, (int)seed);
}

static void test_power_loss(void **state)
{
	(void)state;
	power_sweep(false);
}

static void test_power_loss_fsync_each(void **state)
{
	(void)state;
	power_sweep(true);
}

/* ---- readers beside a writer ---------------------------------------------------------------------------------------------------------- */

static void test_reader_during_writes(void **state)
{
	struct place *p = *state;
	struct log *log = place_open(p);
	int status;
	pid_t child;
	uint64_t rounds = 0, last = 0;

	grow_to(p, log, 1);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct log_writer *w;
		uint64_t size = 1;
		if (log_writer_open(&w, log, NULL) != 0)
			_exit(1);
		for (unsigned i = 1; size < 30000; i++) {
			size += 1 + i * 37 % 400;
			if (grow(p, w, log, size, NULL) != 0 || log_collect(w, NULL) != 0)
				_exit(1);
		}
		_exit(0);
	}
	log_free(log);
	while (waitpid(child, &status, WNOHANG) == 0) {
		struct log *old = place_open(p), *reader = place_open(p);
		struct merkle_proof proof;
		struct hash root;
		char text[400];
		struct buf entry = BUF_INIT;
		for (int i = 0; i < 20; i++) {
			uint64_t size = log_size(reader), index = (rounds * 2654435761u + (uint64_t)i * 40503) % size;
			OK(log_proof(reader, index, &entry, &proof, &err));
			assert_true(str_equal(buf_view(&entry), entry_of(index, text)));
			buf_clear(&entry);
			OK(log_refresh(reader, &err));
			assert_true(log_size(reader) >= size);
		}
		/* The snapshot taken first is whole, its collected partials included. */
		OK(tiles_root(log_tiles(old), log_size(old), &root, &err));
		assert_true(hash_equal(&root, log_root(old)));
		OK(log_entry(old, log_size(old) - 1, &entry, &err));
		audit_sound(old);
		last = log_size(reader);
		buf_release(&entry);
		log_free(old);
		log_free(reader);
		rounds++;
	}
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	printf("%d rounds of reading, the last at %d entries\n", (int)rounds, (int)last);
	assert_true(rounds > 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_sweep, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sweep_fsync_each, setup_fast, teardown),
		cmocka_unit_test_setup_teardown(test_no_second_try, setup_fast, teardown),
		cmocka_unit_test_setup_teardown(test_interrupted_calls, setup_fast, teardown),
		cmocka_unit_test_setup_teardown(test_killed, setup, teardown),
		cmocka_unit_test(test_power_loss),
		cmocka_unit_test(test_power_loss_fsync_each),
		cmocka_unit_test_setup_teardown(test_reader_during_writes, setup, teardown),
	};

	return cmocka_run_group_tests_name("log: faults", tests, NULL, NULL);
}
