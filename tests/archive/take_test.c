/* P1, P5: a holder's copy taken over from another archive, with every system call failing once in several ways, and the process killed at every
 * change. After each the copy opens and audits clean as far as it says it goes, and the next attempt makes it whole. The same for a keeper's archive that
 * was put back from an older copy and is caught up (C1 to C4): it is never written to before it is whole. And for a copy that follows an expunge which it
 * had kept, and opens a version that comes late: its catalogue has passed both by, and says what is here in the end all the same (P6; T11). */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fault/fault.h"
#include "os/os.h"
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
static char copy[320], pristine[320], half[320], older[320], waiting[320];
static const char *begun; /* what each attempt begins from */
static uint64_t newest;   /* size of the log that it is taken from */
static bool keeper;       /* the copy is the keeper's own, put back */
static bool late;         /* it follows what it had kept, and has what was missing */
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

/* ---- what comes late ------------------------------------------------------------------------------------------------------------------ */

#define LATE STR("https://example.org/world/r/alpha")
#define EXPUNGED STR("https://example.org/world/r/pages")

static int give_rebuilt(struct giving *giving, uint64_t index, struct str id, struct err *err)
{
	struct object_version *object = NULL;
	struct archive_version version, last;
	struct buf json = BUF_INIT;
	struct intake *intake = NULL;
	int result = -1;

	if (archive_version(giving->from, id, 0, &last, err) != 0 ||
		take_rebuild_begin(giving->take, index, id, last.version, &last.inventory, false, err) != 0)
		return -1;
	for (uint64_t i = 1; i <= last.version; i++) {
		char path[48];

		buf_clear(&json);
		(void)snprintf(path, sizeof(path), "v%llu/" OCFL_INVENTORY, (unsigned long long)i);
		if (archive_open_version(giving->from, id, i, &object, &version, err) != 0 ||
			os_read_file(object_fd(object), path, 1u << 20, &json, err) != 0 ||
			take_rebuild_version(giving->take, i, &version.inventory, buf_view(&json), &intake, err) != 0 ||
			give_content(intake, object, err) != 0 ||
			take_rebuild_version_end(giving->take, intake, buf_view(&json), i, err) != 0)
			goto out;
		intake_free(intake);
		object_free(object);
		intake = NULL;
		object = NULL;
	}
	take_rebuild_end(giving->take);
	take_expunged(giving->take, index, id);
	take_found(giving->take, index);
	result = 0;
out:
	intake_free(intake);
	object_free(object);
	buf_release(&json);
	return result;
}

/* Whatever the copy lacks: a version, or an expunge that was kept. */
static int give_without(struct giving *giving, struct archive *holder, struct err *err)
{
	struct arena arena = ARENA_INIT;
	struct buf text = BUF_INIT;
	int result = 0;

	while (archive_without_count(holder) > 0 && result == 0) {
		enum without_why why;
		uint64_t index = archive_without(holder, 0, &why);

		buf_clear(&text);
		result = log_entry(archive_log(giving->from), index, &text, err);
		if (result == 0 && why == WITHOUT_KEPT)
			result = give_rebuilt(giving, index, EXPUNGED, err);
		else if (result == 0 && (result = give_version(giving, index, buf_view(&text), err)) == 0)
			take_found(giving->take, index);
	}
	arena_release(&arena);
	buf_release(&text);
	return result;
}

static int take_late(struct err *err)
{
	struct archive *from = NULL, *holder = NULL;
	struct catalogue *catalogue;
	struct giving giving;
	struct take *take = NULL;
	int result = -1;

	if (archive_open(&from, world.archive, ARCHIVE_READ, NULL, NULL, err) != 0 ||
		archive_open(&holder, copy, ARCHIVE_HOLD, NULL, NULL, err) != 0 || take_open(&take, holder, err) != 0)
		goto out;
	giving = (struct giving){from, take};
	if ((archive_without_count(holder) > 0 && (give_without(&giving, holder, err) != 0 || take_commit(take, 0, err) != 0)) ||
		(archive_catalogue_waits(holder) && archive_catalogue(holder, &catalogue, false, NULL, NULL, err) != 0))
		goto out;
	result = 0;
out:
	take_close(take);
	archive_close(holder);
	archive_close(from);
	return result;
}

static int take_over(struct err *err)
{
	struct archive *from = NULL, *holder = NULL;
	struct giving giving;
	struct take *take = NULL;
	uint64_t size;
	int result = -1;

	if (late)
		return take_late(err);
	if (archive_open(&from, world.archive, ARCHIVE_READ, NULL, NULL, err) != 0 ||
		archive_open(&holder, copy, keeper ? ARCHIVE_CATCH_UP : ARCHIVE_HOLD, NULL, NULL, err) != 0 ||
		(keeper && (archive_set_ahead(holder, STR("somebody"), STR(""), STR(""), log_checkpoint(archive_log(from)), err) !=
					   0 ||
				   archive_catch_up_begin(holder, err) != 0)) ||
		take_open(&take, holder, err) != 0)
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
	result = keeper ? archive_catch_up_end(holder, err) : 0;
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

/* What is behind may be read, and lacks only what it says. */
static void tell_lack(void *context, const struct finding *finding)
{
	unsigned *wrong = context;

	if (str_equal(finding->path, STR("log/checkpoint")) && finding->word == FINDING_MISSING)
		return;
	*wrong += 1;
	tell(NULL, finding);
}

static void check_keeper(const char *effect, uint64_t at, bool whole)
{
	unsigned wrong = 0;
	struct audit_options options = {.report = tell_lack, .context = &wrong, .threads = 1};
	struct audit_summary summary;
	struct archive *archive = NULL;
	struct err err = ERR_INIT;

	if (archive_open(&archive, copy, ARCHIVE_READ, NULL, NULL, &err) != 0 ||
		archive_audit(archive, &options, &summary, &err) != 0)
		complain("cannot be read", effect, at, err.text);
	else if (wrong > 0)
		complain("not sound", effect, at, told);
	archive_close(archive);
	archive = NULL;
	err = (struct err)ERR_INIT;
	if (whole) {
		if (world_sound(copy) != 0 || archive_open(&archive, copy, ARCHIVE_WRITE, NULL, NULL, &err) != 0 ||
			log_size(archive_log(archive)) != newest)
			complain("not whole", effect, at, err.text);
	} else if (archive_open(&archive, copy, ARCHIVE_WRITE, NULL, NULL, &err) == 0) {
		if (log_size(archive_log(archive)) != newest || archive_is_holder(archive))
			complain("is written to half way", effect, at, "");
	} else if (err.code != ERR_CONFLICT || strstr(err.text, "read-only") == NULL) {
		complain("is refused in other words", effect, at, err.text);
	}
	archive_close(archive);
}

/* The newest version as who reads the copy has it. */
static int read_newest(struct str id, struct digest *inventory, struct err *err)
{
	struct archive *archive = NULL;
	struct object_version *object = NULL;
	struct archive_version version;
	int result = -1;

	if (archive_open(&archive, copy, ARCHIVE_READ, NULL, NULL, err) == 0 &&
		archive_open_version(archive, id, 0, &object, &version, err) == 0) {
		*inventory = version.inventory;
		result = 0;
	}
	object_free(object);
	archive_close(archive);
	return result;
}

/* In the end the catalogue says what the log does (audit compares them), the journal has it once, and the index was made from another. */
static void check_late(const char *effect, uint64_t at, bool whole)
{
	struct archive *from = NULL;
	struct archive_version wanted;
	struct digest found;
	struct err err = ERR_INIT;
	struct buf journal = BUF_INIT;
	int folder;
	size_t lines = 0;

	check_sound(effect, at, whole);
	if (!whole)
		return;
	if (read_newest(EXPUNGED, &found, &err) != 0 || read_newest(LATE, &found, &err) != 0)
		complain("is not found", effect, at, err.text);
	if (archive_open(&from, world.archive, ARCHIVE_READ, NULL, NULL, &err) != 0 ||
		archive_version(from, EXPUNGED, 0, &wanted, &err) != 0 || read_newest(EXPUNGED, &found, &err) != 0 ||
		!digest_equal(&wanted.inventory, &found))
		complain("not what the log says now", effect, at, err.text);
	archive_close(from);
	folder = os_open(AT_FDCWD, copy, O_RDONLY | O_DIRECTORY, 0, NULL);
	(void)os_read_file(folder, "journal", 1u << 16, &journal, NULL);
	for (size_t i = 0; i < journal.n; i++)
		lines += journal.p[i] == '\n';
	if (lines != 1)
		complain(lines == 0 ? "nothing in the journal" : "more than once in the journal", effect, at, "");
	if (os_exists(folder, "derived/search.sqlite", NULL) == 1)
		complain("the index has not forgotten", effect, at, "");
	os_close(folder);
	buf_release(&journal);
}

static void check(const char *effect, uint64_t at, bool whole)
{
	if (late) {
		check_late(effect, at, whole);
		return;
	}
	if (keeper)
		check_keeper(effect, at, whole);
	else
		check_sound(effect, at, whole);
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

static bool is_known_behind(void)
{
	int folder = os_open(AT_FDCWD, copy, O_RDONLY | O_DIRECTORY, 0, NULL);
	bool known = os_exists(folder, "ahead", NULL) == 1 || os_exists(folder, "held", NULL) == 1;

	os_close(folder);
	return known;
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

		world_copy(begun, copy);
		result = suffer(&plan, &err);
		tried++;
		if (result != 0 && plan.effect != FAULT_KILL && err.text[0] == '\0')
			complain("fails without a word", effect->name, at, "");
		/* Before it is written down that somebody has seen more, nothing refuses. */
		if ((plan.effect != FAULT_FULL || result == 0) && (!keeper || is_known_behind()))
			check(effect->name, at, result == 0);
		err = (struct err)ERR_INIT;
		if (take_over(&err) != 0)
			complain("does not go on", effect->name, at, err.text);
		check(effect->name, at, true);
	}
}

static void sweep_all(const char *from, uint64_t stride, uint64_t seed)
{
	begun = from;
	for (size_t i = 0; i < sizeof(effects) / sizeof(effects[0]); i++)
		sweep(&effects[i], stride, seed + 7 * i);
}

/* The keeper's archive as it was while a deposit was finished: with its intent. Then the log goes on. */
static void put_older_aside(void)
{
	struct archive *archive = NULL;
	struct err err = ERR_INIT;

	for (uint64_t at = 1; !world_has_intent(world.archive); at++) {
		const struct fault_plan plan = {
			.kinds = FAULT_BIT(FAULT_UNLINKAT), .at = at, .effect = FAULT_ERROR, .sys = 5, .from_then_on = true};

		if (at > 1)
			world_reset(&world);
		else
			world_keep(&world);
		fault_start(&plan);
		(void)world_act(&world, ACTION_ACCESS, &err);
		(void)fault_stop();
	}
	world_copy(world.archive, older);
	err = (struct err)ERR_INIT;
	if (world_act(&world, ACTION_OPEN, &err) != 0 || world_act(&world, ACTION_MANY, &err) != 0 ||
		world_act(&world, ACTION_NEW_VERSION, &err) != 0 ||
		archive_open(&archive, world.archive, ARCHIVE_READ, NULL, NULL, &err) != 0) {
		(void)fprintf(stderr, "%s\n", err.text);
		exit(1);
	}
	newest = log_size(archive_log(archive));
	archive_close(archive);
}

/* A copy that kept what was expunged, and for which `alpha` is missing: its catalogue has seen it so. */
static int keep_waiting(struct err *err)
{
	struct archive *from = NULL, *holder = NULL;
	struct catalogue *catalogue;
	struct catalogue_record row;
	struct take *take = NULL;
	struct archive_version version;
	uint64_t size;
	char path[STORE_PATH_MAX];
	int folder, result = -1;

	if (archive_open(&from, world.archive, ARCHIVE_READ, NULL, NULL, err) != 0 ||
		archive_open(&holder, copy, ARCHIVE_HOLD, NULL, NULL, err) != 0 || take_open(&take, holder, err) != 0)
		goto out;
	size = log_size(archive_log(from));
	if (store_object_path(LATE, path, err) != 0)
		goto out;
	*strchr(path, '/') = '\0'; /* nothing else is below that folder */
	if (os_remove_tree(store_fd(archive_store(holder)), path, err) != 0 ||
		log_each(archive_log(from), log_size(archive_log(holder)), size, give_entry, take, err) != 0 ||
		take_log_checkpoint(take, log_checkpoint(archive_log(from)), err) != 0)
		goto out;
	for (uint64_t i = 1; archive_version(from, LATE, i, &version, NULL) == 0; i++)
		take_without(take, version.index, WITHOUT_MISSING);
	take_without(take, size - 1, WITHOUT_KEPT);
	if (take_commit(take, size, err) != 0 || archive_catalogue(holder, &catalogue, true, NULL, NULL, err) != 0 ||
		catalogue_record(catalogue, EXPUNGED, &row, err) != 0)
		goto out;
	folder = archive_fd(holder);
	result = os_write_new(folder, "derived/search.sqlite", STR("an index"), 0644, err);
out:
	take_close(take);
	archive_close(holder);
	archive_close(from);
	return result;
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
	quick.fsync = quick.fdatasync = no_sync;
	quick.syncfs = no_sync;
	os_calls = &quick;
	world_begin(&world, NULL);
	(void)snprintf(copy, sizeof(copy), "%s/copy", world.root);
	(void)snprintf(pristine, sizeof(pristine), "%s/empty", world.root);
	(void)snprintf(older, sizeof(older), "%s/older", world.root);
	(void)snprintf(waiting, sizeof(waiting), "%s/waiting", world.root);
	(void)snprintf(half, sizeof(half), "%s/half", world.root);
	if (archive_open(&archive, world.archive, ARCHIVE_READ, NULL, NULL, &err) != 0)
		abort();
	init.verifier = archive_key(archive);
	if (archive_hold_init(&init, &err) != 0) {
		(void)fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	archive_close(archive);
	/* one that has followed until here, then the log's key is changed twice (T6) */
	world_copy(pristine, copy);
	if (take_over(&err) != 0 || world_act(&world, ACTION_ROTATE, &err) != 0 || world_act(&world, ACTION_DEPOSIT, &err) != 0 ||
		world_act(&world, ACTION_ROTATE, &err) != 0 || world_act(&world, ACTION_EDIT, &err) != 0) {
		(void)fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	world_copy(copy, half);
	sweep_all(pristine, stride, seed);
	sweep_all(half, stride, seed);
	world_copy(half, copy);
	world_keep(&world);
	if (take_over(&err) != 0 || world_act(&world, ACTION_EXPUNGE, &err) != 0 || keep_waiting(&err) != 0) {
		(void)fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	world_copy(copy, waiting);
	late = true;
	sweep_all(waiting, stride > 1 ? 11 : 1, seed);
	late = false;
	world_reset(&world); /* what was expunged is wanted again */
	put_older_aside();
	keeper = true;
	sweep_all(older, stride, seed);
	world_end(&world);
	(void)printf("%u passed, %u failed\n", tried - failures, failures);
	return failures == 0 ? 0 : 1;
}
