/* P1, P5: a holder's copy taken over from another archive, with every system call failing once in several ways, and the process killed at every
 * change. After each the copy opens and audits clean as far as it says it goes, and the next attempt makes it whole. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fault/fault.h"
#include "world.h"

static const struct effect {
	const char *name;
	enum fault_effect effect;
	int sys;
	uint32_t kinds;
	bool from_then_on, changes_only;
} effects[] = {
	{"EIO", FAULT_ERROR, 5, FAULT_ALL & ~FAULT_BIT(FAULT_CLOSE), false, false},
	{"EIO from then on", FAULT_ERROR, 5, FAULT_CHANGES, true, true},
	{"a full disk", FAULT_FULL, 28, FAULT_BIT(FAULT_WRITE) | FAULT_BIT(FAULT_WRITEV) | FAULT_BIT(FAULT_PWRITE), false, false},
	{"EINTR again and again", FAULT_ERROR, 4, FAULT_ALL & ~FAULT_BIT(FAULT_CLOSE), true, false},
	{"short transfers", FAULT_SHORT, 0, FAULT_TRANSFERS, true, false},
	{"done, but EIO", FAULT_ERROR_DONE, 5, FAULT_CHANGES, false, true},
	{"a sync that fails once", FAULT_ERROR, 5, FAULT_SYNCING, false, false},
	{"kill", FAULT_KILL, 0, FAULT_CHANGES, false, true},
};

static struct world world;
static char copy[320], pristine[320];
static unsigned failures, tried;

static void complain(const char *what, const char *effect, uint64_t at, const char *why)
{
	(void)fprintf(stderr, "FAILED: %s: %s, call %llu: %s\n", what, effect, (unsigned long long)at, why);
	failures++;
}

/* ---- taking over, from the folder beside ------------------------------------------------------------------------------------------- */

static int give_entry(void *context, uint64_t index, struct str text, struct err *err)
{
	(void)index;
	return take_log_entry(context, text, err);
}

static int give_content(struct intake *intake, const struct object_version *object, struct err *err)
{
	const struct inventory *inventory = intake_inventory(intake);
	struct buf path = BUF_INIT, bytes = BUF_INIT;
	char prefix[48];
	int result = 0;

	(void)snprintf(prefix, sizeof(prefix), "v%u/content/", inventory_head(inventory));
	for (uint32_t i = 0; result == 0 && i < inventory_manifest_count(inventory); i++) {
		if (!inventory_content(inventory, i, 0, &path) || !str_starts(buf_view(&path), str_from(prefix)))
			continue;
		buf_clear(&bytes);
		if (os_read_file(object_fd(object), path.p, 1u << 20, &bytes, err) != 0 ||
			intake_file(intake, buf_view(&path), bytes.n, err) != 0 ||
			intake_bytes(intake, buf_view(&bytes), err) != 0 || intake_file_end(intake, err) != 0)
			result = -1;
	}
	buf_release(&path);
	buf_release(&bytes);
	return result;
}

struct giving {
	struct archive *from;
	struct take *take;
};

static int give_version(void *context, uint64_t index, struct str text, struct err *err)
{
	struct giving *giving = context;
	struct object_version *object = NULL;
	struct archive_version version;
	struct intake *intake = NULL;
	struct arena arena = ARENA_INIT;
	struct buf json = BUF_INIT;
	struct entry entry;
	char path[48];
	int result = -1;

	if (entry_parse(&entry, text, &arena, err) != 0)
		goto out;
	if (entry.kind != ENTRY_VERSION) {
		result = 0;
		goto out;
	}
	(void)snprintf(path, sizeof(path), "v%llu/" OCFL_INVENTORY, (unsigned long long)entry.version);
	if (archive_open_version(giving->from, entry.record, entry.version, &object, &version, err) != 0 ||
		os_read_file(object_fd(object), path, 1u << 20, &json, err) != 0 ||
		take_begin(giving->take, index, entry.record, entry.version, &version.inventory, buf_view(&json), &intake, err) !=
			0)
		goto out;
	if (intake == NULL || (give_content(intake, object, err) == 0 && take_end(giving->take, intake, buf_view(&json), err) == 0))
		result = 0;
out:
	intake_free(intake);
	object_free(object);
	arena_release(&arena);
	buf_release(&json);
	return result;
}

static int take_over(struct err *err)
{
	struct archive *from = NULL, *holder = NULL;
	struct giving giving;
	struct take *take = NULL;
	uint64_t size;
	int result = -1;

	if (archive_open(&from, world.archive, ARCHIVE_READ, NULL, NULL, err) != 0 ||
		archive_open(&holder, copy, ARCHIVE_HOLD, NULL, NULL, err) != 0 || take_open(&take, holder, err) != 0)
		goto out;
	giving = (struct giving){from, take};
	size = log_size(archive_log(from));
	if (log_size(archive_log(holder)) < size &&
		(log_each(archive_log(from), log_size(archive_log(holder)), size, give_entry, take, err) != 0 ||
			take_log_checkpoint(take, log_checkpoint(archive_log(from)), err) != 0))
		goto out;
	/* In two steps, so that one may stand without the other. */
	if (archive_known(holder) < size / 2 && (log_each(archive_log(from), 0, size / 2, give_version, &giving, err) != 0 ||
							take_commit(take, size / 2, err) != 0))
		goto out;
	if (archive_known(holder) < size &&
		(log_each(archive_log(from), archive_known(holder), size, give_version, &giving, err) != 0 ||
			take_commit(take, size, err) != 0))
		goto out;
	result = 0;
out:
	if (take != NULL)
		take_log_abandon(take);
	take_close(take);
	archive_close(holder);
	archive_close(from);
	return result;
}

/* ---- what must be true ---------------------------------------------------------------------------------------------------------------- */

static char told[600];

static void tell(void *context, const struct finding *finding)
{
	(void)context;
	(void)snprintf(told, sizeof(told), "%s %.*s: %s", finding_name(finding->word), (int)finding->path.n, finding->path.p,
		finding->what);
}

static void check_sound(const char *effect, uint64_t at, bool whole)
{
	struct audit_options options = {.report = tell, .threads = 1};
	struct audit_summary summary;
	struct archive *archive = NULL;
	struct err err = ERR_INIT;

	if (archive_open(&archive, copy, ARCHIVE_HOLD, NULL, NULL, &err) != 0) {
		complain("does not open", effect, at, err.text);
		return;
	}
	if (log_size(archive_log(archive)) > 0) {
		if (archive_audit(archive, &options, &summary, &err) != 0)
			complain("cannot be audited", effect, at, err.text);
		else if (summary.findings > 0)
			complain("not sound", effect, at, told);
		else if (whole && (archive_known(archive) != log_size(archive_log(archive)) || summary.not_held > 0))
			complain("not whole", effect, at, "");
	}
	archive_close(archive);
}

static bool came;

static int suffer(const struct fault_plan *plan, struct err *err)
{
	pid_t child;
	int status = 0, result;

	if (plan->effect != FAULT_KILL) {
		fault_start(plan);
		result = take_over(err);
		came = fault_stop();
		return result;
	}
	(void)fflush(NULL);
	child = fork();
	if (child == 0) {
		fault_start(plan);
		result = take_over(err);
		_exit(result == 0 ? 0 : 1);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		abort();
	came = WIFSIGNALED(status);
	return came ? -1 : WEXITSTATUS(status) == 0 ? 0 : -1;
}

static void sweep(const struct effect *effect, uint64_t stride, uint64_t offset)
{
	came = true;
	for (uint64_t at = 1 + offset % stride; came; at += stride) {
		struct fault_plan plan = {.kinds = effect->kinds,
			.changes_only = effect->changes_only,
			.at = at,
			.effect = effect->effect,
			.sys = effect->sys,
			.from_then_on = effect->from_then_on};
		struct err err = ERR_INIT;
		int result;

		world_copy(pristine, copy);
		result = suffer(&plan, &err);
		tried++;
		if (result != 0 && plan.effect != FAULT_KILL && err.text[0] == '\0')
			complain("fails without a word", effect->name, at, "");
		if (plan.effect != FAULT_FULL || result == 0)
			check_sound(effect->name, at, result == 0);
		err = (struct err)ERR_INIT;
		if (take_over(&err) != 0)
			complain("does not go on", effect->name, at, err.text);
		check_sound(effect->name, at, true);
	}
}

static int no_sync(int fd)
{
	(void)fd;
	return 0;
}

int main(void)
{
	const char *full = getenv("PHOTOSTAT_TEST_FULL"), *seed_text = getenv("PHOTOSTAT_TEST_SEED");
	uint64_t seed = seed_text == NULL ? 1 : strtoull(seed_text, NULL, 10), stride = full != NULL && full[0] == '1' ? 1 : 31;
	struct os_calls quick = os_real; /* the cache is not lost here */
	struct archive *archive = NULL;
	struct err err = ERR_INIT;
	struct archive_hold_init init = {.path = pristine, .title = STR("copy"), .digest = DIGEST_SHA256};

	(void)printf("seed %llu, every %lluth call\n", (unsigned long long)seed, (unsigned long long)stride);
	quick.fsync = no_sync;
	quick.syncfs = no_sync;
	os_calls = &quick;
	world_begin(&world, NULL);
	(void)snprintf(copy, sizeof(copy), "%s/copy", world.root);
	(void)snprintf(pristine, sizeof(pristine), "%s/empty", world.root);
	if (archive_open(&archive, world.archive, ARCHIVE_READ, NULL, NULL, &err) != 0)
		abort();
	init.verifier = archive_key(archive);
	if (archive_hold_init(&init, &err) != 0) {
		(void)fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	archive_close(archive);
	for (size_t i = 0; i < sizeof(effects) / sizeof(effects[0]); i++)
		sweep(&effects[i], stride, seed + 7 * i);
	world_end(&world);
	(void)printf("%u passed, %u failed\n", tried - failures, failures);
	return failures == 0 ? 0 : 1;
}
