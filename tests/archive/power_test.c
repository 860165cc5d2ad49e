/* P1: the power goes at any moment of any writing command, and again while the opening after it finishes what was begun. What the disk may
 * then hold must open, audit clean, and hold all that had been acknowledged before the cut. Both ways to durability: one syncfs a batch, or one
 * fsync a file. The file systems that get one syncfs write names in their order; of the others nothing is taken for granted. Syncs are recorded here, never made, so any file system will do, and the quickest is in memory. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fault/fault.h"
#include "world.h"

static unsigned failures, tried;

/* What is being tested: the action recorded, and what must be true of it. */
struct trial {
	struct world *world;
	struct power *power;
	enum world_action action;
	const char *what;
	/* Bits acknowledged when so many changes were recorded: for a cut after that they must be there. */
	size_t acknowledged_at[2];
	unsigned acknowledged[2];
	char cut[340];     /* where the disk after the cut is made */
	char archive[360]; /* the archive in it */
};

struct plan {
	enum power_model model;
	uint64_t seed, seeds;
	size_t stride;      /* of the cuts that are not interesting */
	size_t sync_stride; /* of those that are */
	size_t recovery_stride, fail_stride;
	uint64_t fail_seeds;
};

static void complain(const struct trial *trial, const char *what, size_t k, uint64_t seed, enum power_model model)
{
	struct buf place = BUF_INIT;

	power_describe(trial->power, k > 0 ? k : 1, &place);
	(void)fprintf(stderr, "FAILED: %s%s: %s, cut after change %zu of %zu (%s), seed %llu, model %d\n",
		world_action_name(trial->action), trial->what, what, k, power_calls(trial->power), place.p,
		(unsigned long long)seed, (int)model);
	buf_release(&place);
	failures++;
}

/* What stands in the cut folder. */
static void check(const struct trial *trial, size_t k, uint64_t seed, enum power_model model)
{
	unsigned wanted = 0;
	int done;

	tried++;
	for (size_t i = 0; i < 2; i++)
		if (k >= trial->acknowledged_at[i])
			wanted |= trial->acknowledged[i];
	if (trial->action == ACTION_INIT && wanted == 0) {
		struct world there = *trial->world;
		struct err err = ERR_INIT;

		(void)snprintf(there.archive, sizeof(there.archive), "%.299s", trial->archive);
		if (world_act(&there, ACTION_INIT, &err) != 0 && err.code != ERR_EXISTS)
			complain(trial, err.text, k, seed, model);
	}
	if (world_sound(trial->archive) != 0)
		complain(trial, "not sound", k, seed, model);
	done = world_done(trial->archive, trial->action);
	if (done < 0)
		complain(trial, "something between", k, seed, model);
	else if ((wanted & ~(unsigned)done) != 0)
		complain(trial, "acknowledged and not kept", k, seed, model);
}

static void cut(const struct trial *trial, size_t k, uint64_t seed, enum power_model model)
{
	(void)os_remove_tree(AT_FDCWD, trial->cut, NULL);
	power_materialise(trial->power, k, seed, model, trial->cut);
	check(trial, k, seed, model);
}

static void cut_all_ways(const struct trial *trial, const struct plan *plan, size_t k)
{
	for (uint64_t seed = 0; seed < 6; seed++)
		cut(trial, k, seed, plan->model);
	for (uint64_t i = 0; i < plan->seeds; i++) {
		cut(trial, k, plan->seed * 1000003 + i + 6, plan->model);
		cut(trial, k, plan->seed * 1000003 + i + 6, POWER_ORDERED);
	}
}

/* Whether a cut after change k loses most. */
static bool is_interesting(const struct power *power, size_t k)
{
	size_t calls = power_calls(power);

	return k == calls || (k < calls && power_is_sync(power, k + 1));
}

/* Every stride-th, beginning somewhere. */
static bool chosen(const struct plan *plan, size_t stride, size_t n)
{
	return stride != 0 && (n + plan->seed) % stride == 0;
}

static void cut_run(const struct trial *trial, const struct plan *plan, size_t scale)
{
	size_t calls = power_calls(trial->power);

	for (size_t k = 0; k <= calls; k++)
		if (k == calls || chosen(plan, (is_interesting(trial->power, k) ? plan->sync_stride : plan->stride) * scale, k))
			cut_all_ways(trial, plan, k);
}

static void begin(struct trial *trial, struct world *world, enum world_action action)
{
	struct world box = *world;

	memset(trial, 0, sizeof(*trial));
	trial->world = world;
	trial->action = action;
	trial->what = "";
	(void)snprintf(trial->cut, sizeof(trial->cut), "%s/cut", world->root);
	if (action == ACTION_INIT) { /* the folder itself is made */
		(void)snprintf(box.root, sizeof(box.root), "%.240s/box", world->root);
		(void)os_remove_tree(AT_FDCWD, box.root, NULL);
		(void)os_mkdir(AT_FDCWD, box.root, NULL);
		(void)snprintf(world->archive, sizeof(world->archive), "%s/archive", box.root);
		(void)snprintf(trial->archive, sizeof(trial->archive), "%s/archive", trial->cut);
		trial->power = power_start(box.root);
	} else {
		(void)snprintf(trial->archive, sizeof(trial->archive), "%s", trial->cut);
		world_reset(world);
		trial->power = power_start(world->archive);
	}
}

static void note(struct trial *trial, size_t which)
{
	trial->acknowledged[which] = trial->world->told->acknowledged;
	trial->acknowledged_at[which] = power_calls(trial->power);
}

/* One action, cut at many moments. */
static void cut_action(struct world *world, enum world_action action, const struct plan *plan)
{
	struct err err = ERR_INIT;
	struct trial trial;

	begin(&trial, world, action);
	if (world_act(world, action, &err) != 0) {
		(void)fprintf(stderr, "FAILED: %s does not work: %s\n", world_action_name(action), err.text);
		failures++;
	}
	note(&trial, 0);
	power_stop(trial.power);
	cut_run(&trial, plan, 1);
	power_free(trial.power);
}

/* After a cut, the opening is cut as well. */
static void cut_recovery(struct world *world, enum world_action action, const struct plan *plan)
{
	struct world after = *world;
	struct trial first, second;
	struct err err = ERR_INIT;
	char what[100];

	begin(&first, world, action);
	(void)world_act(world, action, &err);
	note(&first, 0);
	power_stop(first.power);
	for (size_t k = 0; k <= power_calls(first.power); k++) {
		if (!chosen(plan, plan->recovery_stride, k))
			continue;
		(void)os_remove_tree(AT_FDCWD, first.cut, NULL);
		power_materialise(first.power, k, plan->seed % 7, plan->model, first.cut);
		(void)snprintf(after.archive, sizeof(after.archive), "%.299s", first.archive);
		second = first;
		second.power = power_start(first.cut);
		second.acknowledged_at[0] = k >= first.acknowledged_at[0] ? 0 : SIZE_MAX;
		(void)snprintf(second.cut, sizeof(second.cut), "%s/again", world->root);
		(void)snprintf(second.archive, sizeof(second.archive), "%s", second.cut);
		(void)snprintf(what, sizeof(what), " cut after change %zu, then its recovery", k);
		second.what = what;
		if (world_act(&after, ACTION_OPEN, &err) != 0)
			complain(&first, err.text, k, plan->seed % 7, plan->model);
		power_stop(second.power);
		cut_run(&second, plan, 2);
		power_free(second.power);
		(void)os_remove_tree(AT_FDCWD, second.cut, NULL);
	}
	power_free(first.power);
}

/* A sync reports an error once and the next ones succeed, as Linux does: what it was to write is lost, though it can be read until the power
 * goes. The command may fail or not; it is then given again. What was acknowledged either time outlives the cut. */
static void fail_a_sync(struct world *world, enum world_action action, const struct plan *plan)
{
	struct trial trial;
	char what[60];
	bool came = true;

	for (size_t n = 1 + plan->seed % plan->fail_stride; came; n += plan->fail_stride) {
		struct err err = ERR_INIT;
		int result;

		begin(&trial, world, action);
		power_fail_sync(trial.power, n);
		result = world_act(world, action, &err);
		note(&trial, 0);
		came = power_syncs(trial.power) >= n;
		if (result != 0 && !came) {
			(void)fprintf(stderr, "FAILED: %s does not work: %s\n", world_action_name(action), err.text);
			failures++;
		}
		if (result != 0 && world_act(world, ACTION_OPEN, &err) != 0) {
			(void)fprintf(stderr, "FAILED: %s: sync %zu failed, and the archive does not open: %s\n",
				world_action_name(action), n, err.text);
			failures++;
		}
		if (result != 0 && world_done(world->archive, action) == 0)
			(void)world_act(world, action, &err);
		if (result != 0)
			note(&trial, 1);
		power_stop(trial.power);
		(void)snprintf(what, sizeof(what), " when sync %zu failed once", n);
		trial.what = what;
		for (uint64_t seed = 0; seed < plan->fail_seeds; seed++)
			cut(&trial, power_calls(trial.power), seed, seed == 0 ? POWER_UNSYNCED_LOST : plan->model);
		power_free(trial.power);
	}
}

static int no_sync(int fd)
{
	(void)fd;
	return 0;
}

static unsigned test_way(bool per_file, const struct plan *plan)
{
	const char *one = getenv("PHOTOSTAT_TEST_ACTION"); /* its number in world.h: only that one */
	int first = one == NULL ? ACTION_DEPOSIT : (int)strtol(one, NULL, 10), last = one == NULL ? ACTION_OPEN : first + 1;
	struct world world;
	char archive[300];

	os_batch_force_per_file(per_file);
	os_batch_force_syncfs(!per_file);
	world_begin(&world, NULL);
	for (int action = first; action < last; action++) {
		cut_action(&world, (enum world_action)action, plan);
		cut_recovery(&world, (enum world_action)action, plan);
		fail_a_sync(&world, (enum world_action)action, plan);
	}
	memcpy(archive, world.archive, sizeof(archive));
	if (one == NULL)
		cut_action(&world, ACTION_INIT, plan);
	memcpy(world.archive, archive, sizeof(archive));
	world_end(&world);
	(void)printf("%s: %u power cuts, %u failed\n", per_file ? "an fsync a file" : "a syncfs a batch", tried, failures);
	return failures;
}

int main(void)
{
	const char *full = getenv("PHOTOSTAT_TEST_FULL"), *seed_text = getenv("PHOTOSTAT_TEST_SEED");
	bool long_run = full != NULL && full[0] == '1';
	struct plan plan = {.model = POWER_LOOSE,
		.seed = seed_text == NULL ? 1 : strtoull(seed_text, NULL, 10),
		.seeds = 1,
		.stride = 37,
		.sync_stride = 5,
		.recovery_stride = 61,
		.fail_stride = 7,
		.fail_seeds = 8};
	struct os_calls quick = os_real; /* what is checked after a cut is not cut again, so nothing waits for the real disk */
	int status = 0;
	pid_t other;

	quick.fsync = no_sync;
	quick.syncfs = no_sync;
	os_calls = &quick;
	if (long_run) {
		plan.seeds = 4;
		plan.stride = plan.sync_stride = 1;
		plan.recovery_stride = 9;
		plan.fail_stride = 1;
		plan.fail_seeds = 20;
	}
	(void)printf("seed %llu\n", (unsigned long long)plan.seed);
	(void)fflush(stdout);
	other = fork(); /* both ways at the same time: each takes a core */
	if (other == 0) {
		plan.sync_stride = plan.fail_stride = 1; /* there are few */
		plan.model = POWER_JOURNALED;
		exit(test_way(false, &plan) == 0 ? 0 : 1);
	}
	(void)test_way(true, &plan);
	if (other < 0 || waitpid(other, &status, 0) != other || status != 0)
		failures++;
	return failures == 0 ? 0 : 1;
}
