/* P1: the power goes at any moment of any writing command. What the disk may then hold must open, audit clean, and hold all that had been
 * acknowledged before the cut. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fault/fault.h"
#include "world.h"

static unsigned failures, tried;

static void check_cut(
	struct world *world, struct power *power, int action, size_t k, size_t acknowledged, uint64_t seed, enum power_model model)
{
	struct buf what = BUF_INIT, place = BUF_INIT;
	char sandbox[340], archive[360];
	int done;

	(void)snprintf(sandbox, sizeof(sandbox), "%s/cut", world->root);
	(void)snprintf(archive, sizeof(archive), "%s", sandbox);
	(void)os_remove_tree(AT_FDCWD, sandbox, NULL);
	power_materialise(power, k, seed, model, sandbox);
	tried++;
	if (world_sound(archive) != 0)
		buf_text(&what, "not sound");
	done = world_done(archive, (enum world_action)action);
	if (done < 0)
		buf_text(&what, " something between");
	if (k >= acknowledged && done >= 0 && (unsigned)done != world_action_all((enum world_action)action))
		buf_text(&what, " acknowledged and not kept");
	if (what.n > 0) {
		power_describe(power, k > 0 ? k : 1, &place);
		(void)fprintf(stderr, "FAILED: %s: %s, cut after change %zu of %zu (%s), seed %llu, model %d\n",
			world_action_name((enum world_action)action), what.p, k, power_calls(power), place.p,
			(unsigned long long)seed, (int)model);
		failures++;
	}
	buf_release(&what);
	buf_release(&place);
}

static void cut_action(struct world *world, int action, uint64_t seeds, uint64_t first_seed, size_t stride)
{
	struct err err = ERR_INIT;
	struct power *power;
	size_t calls;

	world_reset(world);
	power = power_start(world->archive);
	if (world_act(world, (enum world_action)action, &err) != 0) {
		(void)fprintf(stderr, "FAILED: %s does not work: %s\n", world_action_name((enum world_action)action), err.text);
		failures++;
	}
	power_stop(power);
	calls = power_calls(power);
	for (size_t k = 0; k <= calls; k++) {
		bool interesting = k == calls || (k < calls && power_is_sync(power, k + 1)) || (k > 0 && power_is_sync(power, k));

		if (!interesting && (k + first_seed) % stride != 0)
			continue;
		for (uint64_t seed = 0; seed < 6; seed++)
			check_cut(world, power, action, k, calls, seed, POWER_LOOSE);
		for (uint64_t i = 0; i < seeds; i++) {
			check_cut(world, power, action, k, calls, first_seed * 1000003 + i + 6, POWER_LOOSE);
			check_cut(world, power, action, k, calls, first_seed * 1000003 + i + 6, POWER_ORDERED);
		}
	}
	power_free(power);
}

int main(void)
{
	const char *full = getenv("PHOTOSTAT_TEST_FULL"), *seed_text = getenv("PHOTOSTAT_TEST_SEED");
	uint64_t seed = seed_text == NULL ? 1 : strtoull(seed_text, NULL, 10);
	bool long_run = full != NULL && full[0] == '1';
	struct world world;

	(void)printf("seed %llu\n", (unsigned long long)seed);
	world_begin(&world, NULL);
	/* init has no archive to begin with: sweep_test kills it at every change instead */
	for (int action = ACTION_DEPOSIT; action < ACTIONS; action++)
		cut_action(&world, action, long_run ? 20 : 1, seed, long_run ? 1 : 11);
	world_end(&world);
	(void)printf("%u power cuts tried\n%u passed, %u failed\n", tried, tried - failures, failures);
	return failures == 0 ? 0 : 1;
}
