/* P1: every system call of every writing command fails once, in every way; afterwards the archive opens, audits clean, holds all that was
 * acknowledged, and nothing by half. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fault/fault.h"
#include "world.h"

static unsigned failures, tried;

struct effect {
	const char *name;
	enum fault_effect effect;
	int sys;
	bool from_then_on, changes_only;
};
static const struct effect effects[] = {
	{ "EIO", FAULT_ERROR, EIO, false, false },
	{ "ENOSPC from then on", FAULT_FULL, ENOSPC, false, false },
	{ "EINTR", FAULT_ERROR, EINTR, false, false },
	{ "short transfer", FAULT_SHORT, 0, false, false },
	{ "done, but EIO", FAULT_ERROR_DONE, EIO, false, true },
	{ "kill", FAULT_KILL, 0, false, true },
};
#define EFFECTS (sizeof(effects) / sizeof(effects[0]))

static struct fault_plan plan_of(const struct effect *effect, uint64_t at)
{
	return (struct fault_plan){ .kinds = effect->effect == FAULT_SHORT ? FAULT_TRANSFERS :
			effect->effect == FAULT_FULL               ? FAULT_BIT(FAULT_WRITE) | FAULT_BIT(FAULT_WRITEV) | FAULT_BIT(FAULT_PWRITE) :
			effect->changes_only                       ? FAULT_CHANGES :
								     FAULT_ALL & ~FAULT_BIT(FAULT_CLOSE),
		.changes_only = effect->changes_only, .at = at, .effect = effect->effect, .sys = effect->sys, .from_then_on = effect->from_then_on };
}

static void complain(const char *what, const char *action, const struct effect *effect, uint64_t at)
{
	struct buf trace = BUF_INIT;

	fault_trace(&trace);
	(void)fprintf(stderr, "FAILED: %s: %s, call %llu %s\n%s\n", what, action, (unsigned long long)at, effect->name, trace.p == NULL ? "" : trace.p);
	buf_release(&trace);
	failures++;
}

/* In a child, so that a kill is a kill. Exit status: 0 acknowledged, 1 not, 2 the fault did not come to pass (and it was acknowledged). */
static int act_in_child(const struct world *world, int action, const struct fault_plan *plan)
{
	pid_t child;
	int status = 0;

	(void)fflush(NULL);
	child = fork();
	if (child == 0) {
		struct err err = ERR_INIT;
		int result;
		bool came;

		fault_start(plan);
		result = action < 0 ? world_init(world->archive, &err) : world_act(world, (enum world_action)action, &err);
		came = fault_stop();
		_exit(result != 0 ? 1 : came ? 0 : 2);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		abort();
	return WIFSIGNALED(status) ? 1 : WEXITSTATUS(status);
}

/* One action under one effect, for every call it makes (or every stride-th). */
static void sweep(struct world *world, int action, const struct effect *effect, uint64_t stride, uint64_t offset)
{
	const char *name = action < 0 ? "init" : world_action_name((enum world_action)action);

	for (uint64_t at = 1 + offset % stride;; at += stride) {
		struct fault_plan plan = plan_of(effect, at);
		int told, done;

		if (action < 0)
			(void)os_remove_tree(AT_FDCWD, world->archive, NULL);
		else
			world_reset(world);
		told = act_in_child(world, action, &plan);
		tried++;
		if (action < 0) {
			struct err err = ERR_INIT;

			if (told == 1 && world_init(world->archive, &err) != 0 && err.code != ERR_EXISTS)
				complain("init cannot be repeated", name, effect, at);
			if (world_sound(world->archive) != 0)
				complain("not sound", name, effect, at);
		} else {
			if (world_sound(world->archive) != 0)
				complain("not sound", name, effect, at);
			done = world_done(world, world->archive, (enum world_action)action);
			if (done < 0)
				complain("something between", name, effect, at);
			else if (told != 1 && done != 1)
				complain("acknowledged and not kept", name, effect, at);
		}
		if (told == 1 && effect->sys == EINTR)
			complain("EINTR was not tried again", name, effect, at);
		if (told == 2)
			break;
	}
}

int main(void)
{
	const char *full = getenv("PHOTOSTAT_TEST_FULL"), *seed_text = getenv("PHOTOSTAT_TEST_SEED");
	uint64_t seed = seed_text == NULL ? 1 : strtoull(seed_text, NULL, 10);
	uint64_t stride = full != NULL && full[0] == '1' ? 1 : 7;
	struct world world;

	(void)printf("seed %llu, every %s call\n", (unsigned long long)seed, stride == 1 ? "single" : "7th");
	world_begin(&world);
	for (int action = -1; action < ACTIONS; action++)
		for (size_t i = 0; i < EFFECTS; i++)
			sweep(&world, action, &effects[i], stride, seed + i);
	world_end(&world);
	(void)printf("%u faults tried\n%u passed, %u failed\n", tried, tried - failures, failures);
	return failures == 0 ? 0 : 1;
}
