/* P1: every system call of every writing command fails, in every way; afterwards the archive opens, audits clean, holds all that was
 * acknowledged, and nothing by half; what was not acknowledged can be done again. So too for calls of the opening that finishes what a
 * crash left. On two file systems, since durability takes another way on each. */
#include <errno.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fault/fault.h"
#include "world.h"

#define WRITES (FAULT_BIT(FAULT_WRITE) | FAULT_BIT(FAULT_WRITEV) | FAULT_BIT(FAULT_PWRITE) | FAULT_BIT(FAULT_COPY_RANGE))

static const struct effect {
	const char *name;
	enum fault_effect effect;
	int sys;
	uint32_t kinds;
	bool from_then_on, changes_only;
	bool harmless; /* the action must succeed all the same */
} effects[] = {
	{"EIO", FAULT_ERROR, EIO, FAULT_ALL & ~FAULT_BIT(FAULT_CLOSE), false, false, false},
	{"EIO from then on", FAULT_ERROR, EIO, FAULT_CHANGES, true, true, false},
	{"read-only from then on", FAULT_ERROR, EROFS, FAULT_CHANGES & ~FAULT_SYNCING, true, true, false},
	{"a full disk from then on", FAULT_FULL, ENOSPC, WRITES, false, false, false},
	{"EINTR", FAULT_ERROR, EINTR, FAULT_ALL & ~FAULT_BIT(FAULT_CLOSE), false, false, true},
	{"EINTR again and again", FAULT_ERROR, EINTR, FAULT_ALL & ~FAULT_BIT(FAULT_CLOSE), true, false, true},
	{"a short transfer", FAULT_SHORT, 0, FAULT_TRANSFERS, false, false, true},
	{"short transfers from then on", FAULT_SHORT, 0, FAULT_TRANSFERS, true, false, true},
	{"done, but EIO", FAULT_ERROR_DONE, EIO, FAULT_CHANGES, false, true, false},
	{"a sync that fails once", FAULT_ERROR, EIO, FAULT_SYNCING, false, false, false},
	{"kill", FAULT_KILL, 0, FAULT_CHANGES, false, true, false},
};
#define EFFECTS (sizeof(effects) / sizeof(effects[0]))

static unsigned failures, tried;

static struct fault_plan plan_of(const struct effect *effect, uint64_t at)
{
	return (struct fault_plan){.kinds = effect->kinds,
		.changes_only = effect->changes_only,
		.at = at,
		.effect = effect->effect,
		.sys = effect->sys,
		.from_then_on = effect->from_then_on};
}

static void complain(const char *what, const char *state, enum world_action action, const struct effect *effect, uint64_t at)
{
	(void)fprintf(stderr, "FAILED: %s: %s%s, call %llu, %s\n", what, world_action_name(action), state, (unsigned long long)at,
		effect->name);
	failures++;
}

enum answer { ACKNOWLEDGED, REFUSED, KILLED, UNTOUCHED /* the fault did not come to pass, and all was acknowledged */ };

static enum answer act(const struct world *world, enum world_action action, const struct fault_plan *plan)
{
	struct err err = ERR_INIT;
	struct buf trace = BUF_INIT;
	int result;
	bool came;

	fault_start(plan);
	result = world_act(world, action, &err);
	came = fault_stop();
	if (result == 0)
		return came ? ACKNOWLEDGED : UNTOUCHED;
	if (getenv("PHOTOSTAT_TEST_TELL") != NULL)
		(void)fprintf(stderr, "%s says: %s\n", world_action_name(action), err.text);
	if (came && err.text[0] != '\0')
		return REFUSED;
	fault_trace(&trace);
	(void)fprintf(stderr, "FAILED: %s %s \"%s\"\n%s", world_action_name(action),
		came ? "fails without a word" : "fails of itself:", err.text, trace.p);
	buf_release(&trace);
	failures++;
	return UNTOUCHED;
}

/* A kill is a kill in a child alone. */
static enum answer act_and_die(const struct world *world, enum world_action action, const struct fault_plan *plan)
{
	pid_t child;
	int status = 0;

	(void)fflush(NULL);
	child = fork();
	if (child == 0)
		_exit((int)act(world, action, plan));
	if (child < 0 || waitpid(child, &status, 0) != child)
		abort();
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return KILLED;
	if (WIFEXITED(status))
		return (enum answer)WEXITSTATUS(status);
	(void)fprintf(stderr, "FAILED: %s ends with status %x\n", world_action_name(action), (unsigned)status);
	failures++;
	return UNTOUCHED;
}

static enum answer suffer(const struct world *world, enum world_action action, const struct fault_plan *plan)
{
	world->told->acknowledged = 0;
	return plan->effect == FAULT_KILL ? act_and_die(world, action, plan) : act(world, action, plan);
}

/* After a fault: sound, with all that was acknowledged. `seen` is what must be seen (bits of the action `look`) whatever was said. */
static void check(const struct world *world, enum world_action action, enum world_action look, unsigned seen, const char *state,
	const struct effect *effect, uint64_t at, enum answer answer)
{
	unsigned told = world->told->acknowledged;
	struct err err = ERR_INIT;
	int done;

	if (action == ACTION_INIT && (answer == REFUSED || answer == KILLED) && world_act(world, ACTION_INIT, &err) != 0 &&
		err.code != ERR_EXISTS)
		complain("init cannot be repeated", state, action, effect, at);
	if (world_sound(world->archive) != 0)
		complain("not sound", state, action, effect, at);
	done = world_done(world->archive, look);
	if (done < 0)
		complain("something between", state, action, effect, at);
	else if (action == look && (told & ~(unsigned)done) != 0)
		complain("acknowledged and not kept", state, action, effect, at);
	else if ((seen & ~(unsigned)done) != 0)
		complain("begun and not finished", state, action, effect, at);
	if (done == 0 && world_act(world, look, &err) != 0) {
		complain("cannot be done again", state, action, effect, at);
		(void)fprintf(stderr, "%s\n", err.text);
	}
	if (answer != ACKNOWLEDGED && answer != UNTOUCHED && effect->harmless)
		complain("it should have gone on", state, action, effect, at);
}

/* One action under one effect, for every call it makes (or every stride-th). */
static void sweep(struct world *world, enum world_action action, enum world_action look, unsigned seen, const char *state,
	const struct effect *effect, uint64_t stride, uint64_t offset)
{
	enum answer answer = REFUSED;

	for (uint64_t at = 1 + offset % stride; answer != UNTOUCHED; at += stride) {
		struct fault_plan plan = plan_of(effect, at);

		if (action == ACTION_INIT)
			(void)os_remove_tree(AT_FDCWD, world->archive, NULL);
		else
			world_reset(world);
		answer = suffer(world, action, &plan);
		tried++;
		check(world, action, look, seen, state, effect, at, answer);
	}
}

/* A crash in the middle of `action`, so that an intent stands; then every call of the opening that finishes it. */
static void sweep_recovery(struct world *world, enum world_action action, uint64_t which, uint64_t stride, uint64_t seed)
{
	static const struct effect kill = {"kill", FAULT_KILL, 0, FAULT_CHANGES, false, true, false};
	enum answer answer = KILLED;
	struct world begun = *world;
	uint64_t states = 0;
	char state[100];

	(void)snprintf(begun.pristine, sizeof(begun.pristine), "%s/begun", world->root);
	for (uint64_t at = 1; answer == KILLED; at++) {
		struct fault_plan plan = plan_of(&kill, at);

		world_reset(world);
		answer = suffer(world, action, &plan);
		if (answer != KILLED || !world_has_intent(world->archive) || states++ % which != seed % which)
			continue;
		world_keep(&begun);
		(void)snprintf(state, sizeof(state), " after %s was killed before change %llu", world_action_name(action),
			(unsigned long long)at);
		for (size_t i = 0; i < EFFECTS; i++)
			sweep(&begun, ACTION_OPEN, action, world_action_all(action), state, &effects[i], stride, seed + at + i);
	}
	if (states == 0)
		complain("no kill left an intent", "", action, &kill, 0);
}

static int no_sync(int fd)
{
	(void)fd;
	return 0;
}

/* Both places at the same time: each takes a core. */
static unsigned sweep_place(const char *place, uint64_t seed, bool long_run)
{
	uint64_t stride = long_run ? 1 : 47;
	const char *one = getenv("PHOTOSTAT_TEST_ACTION"); /* its number in world.h: only that one */
	int first = one == NULL ? ACTION_INIT : (int)strtol(one, NULL, 10), last = one == NULL ? ACTIONS : first + 1;
	struct world world;

	world_begin(&world, place);
	for (int action = first; action < last; action++)
		for (size_t i = 0; i < EFFECTS; i++)
			sweep(&world, (enum world_action)action, (enum world_action)action, 0, "", &effects[i], stride,
				seed + 7 * i);
	for (int action = first < ACTION_DEPOSIT ? ACTION_DEPOSIT : first; action < last && action < ACTION_OPEN; action++)
		sweep_recovery(&world, (enum world_action)action, long_run ? 7 : 20, long_run ? 3 : stride, seed);
	world_end(&world);
	(void)printf("%s: %u passed, %u failed\n", place, tried - failures, failures);
	return failures;
}

int main(int count, char **words)
{
	const char *full = getenv("PHOTOSTAT_TEST_FULL"), *seed_text = getenv("PHOTOSTAT_TEST_SEED");
	uint64_t seed = seed_text == NULL ? 1 : strtoull(seed_text, NULL, 10);
	bool long_run = full != NULL && full[0] == '1';
	struct os_calls quick = os_real; /* the cache is not lost here: power_test has that */
	const char *build = count > 0 ? dirname(words[0]) : ".";
	int status = 0;
	pid_t other;

	(void)printf("seed %llu, every %s call\n", (unsigned long long)seed, long_run ? "single" : "47th");
	(void)fflush(stdout);
	quick.fsync = no_sync;
	quick.syncfs = no_sync;
	os_calls = &quick;
	other = fork();
	if (other == 0)
		exit(sweep_place(build, seed + 13, long_run) == 0 ? 0 : 1);
	(void)sweep_place(fault_fast_folder(), seed, long_run);
	if (other < 0 || waitpid(other, &status, 0) != other || status != 0)
		failures++;
	return failures == 0 ? 0 : 1;
}
