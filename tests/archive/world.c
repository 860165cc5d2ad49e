/* A small archive for tests to hurt. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fault/fault.h"
#include "world.h"

#define ID(name) "https://example.org/world/r/" name

static void must(bool good, const char *what)
{
	if (good)
		return;
	(void)fprintf(stderr, "world: %s\n", what);
	abort();
}

/* ---- folders ------------------------------------------------------------------------------------------------------------ */

/* Whether the name is in the folder, as a folder or not. */
static bool has(int folder, const char *name, bool is_folder)
{
	struct stat status;

	return fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode) == is_folder;
}

static void drop_what_is_not_in(int from, int to)
{
	struct os_dir *dir = NULL;
	struct os_name name;

	must(os_dir_open(&dir, to, ".", NULL) == 0, "cannot list a folder to clear");
	while (os_dir_next(dir, &name, NULL) == 1)
		if (!has(from, name.name, name.type == DT_DIR))
			must(os_remove_tree(to, name.name, NULL) == 0, name.name);
	os_dir_close(dir);
}

static void copy_file(int from, int to, const char *name, mode_t mode)
{
	struct buf bytes = BUF_INIT, there = BUF_INIT;

	must(os_read_file(from, name, (size_t)64 << 20, &bytes, NULL) == 0, name);
	if (os_read_file(to, name, (size_t)64 << 20, &there, NULL) != 0 || !str_equal(buf_view(&there), buf_view(&bytes))) {
		must(os_unlink(to, name, NULL) == 0, name);
		must(os_write_new(to, name, buf_view(&bytes), mode, NULL) == 0, name);
	}
	buf_release(&bytes);
	buf_release(&there);
}

/* Makes one folder like another, and writes only what differs: making and removing files is dear. */
static void liken(int from, int to)
{
	struct os_dir *dir = NULL;
	struct os_name name;

	drop_what_is_not_in(from, to);
	must(os_dir_open(&dir, from, ".", NULL) == 0, "cannot list a folder to copy");
	while (os_dir_next(dir, &name, NULL) == 1) {
		struct stat status;

		must(os_stat(from, name.name, &status, NULL) == 0, name.name);
		if (S_ISDIR(status.st_mode)) {
			int inner_from = openat(from, name.name, O_RDONLY | O_DIRECTORY | O_CLOEXEC), inner_to;

			must(mkdirat(to, name.name, 0700) == 0 || errno == EEXIST, name.name);
			inner_to = openat(to, name.name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
			must(inner_from >= 0 && inner_to >= 0, name.name);
			liken(inner_from, inner_to);
			must(fchmod(inner_to, status.st_mode & 07777) == 0, name.name);
			(void)close(inner_from);
			(void)close(inner_to);
		} else {
			must(S_ISREG(status.st_mode), name.name);
			copy_file(from, to, name.name, status.st_mode & 07777);
		}
	}
	os_dir_close(dir);
}

void world_copy(const char *from, const char *to)
{
	int from_fd = open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC), to_fd;

	must(mkdir(to, 0755) == 0 || errno == EEXIST, to);
	to_fd = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(from_fd >= 0 && to_fd >= 0, from);
	liken(from_fd, to_fd);
	(void)close(from_fd);
	(void)close(to_fd);
}

static void remove_tree(const char *path)
{
	must(os_remove_tree(AT_FDCWD, path, NULL) == 0, "cannot remove a tree");
}

static void put(const struct world *world, const char *name, const char *text)
{
	char path[400];

	(void)snprintf(path, sizeof(path), "%s/%s", world->sources, name);
	must(os_write_new(AT_FDCWD, path, str_from(text), 0644, NULL) == 0, path);
}

/* ---- actions -------------------------------------------------------------------------------------------------------------- */

static int init(const struct world *world, struct buf *recovery, struct err *err)
{
	struct archive_init init = {.path = world->archive, .origin = STR("example.org/world"), .digest = DIGEST_SHA256};
	struct archive_made made;

	if (archive_init(&init, &made, err) != 0)
		return -1;
	if (recovery != NULL)
		buf_str(recovery, buf_view(&made.recovery_secret));
	archive_made_release(&made);
	world->told->acknowledged = 1;
	return 0;
}

static const char *const many[] = {ID("one.txt"), ID("two.txt"), ID("three.txt")};
#define MANY (sizeof(many) / sizeof(many[0]))

struct outcome {
	const struct world *world;
	bool many;
	struct err refused;
};

static void take_event(void *context, const struct deposit_event *event)
{
	struct outcome *outcome = context;

	if (event->outcome == DEPOSIT_REFUSED)
		err_set(&outcome->refused, ERR_CONFLICT, "refused: %s", event->reason);
	if (event->outcome != DEPOSIT_KEPT && event->outcome != DEPOSIT_ALREADY_KEPT)
		return;
	if (!outcome->many)
		outcome->world->told->acknowledged |= 1;
	for (size_t i = 0; outcome->many && i < MANY; i++)
		if (str_equal(event->id, str_from(many[i])))
			outcome->world->told->acknowledged |= 1u << i;
}

static int deposit(const struct world *world, struct archive *archive, struct deposit_options *options, struct err *err)
{
	struct outcome outcome = {.world = world, .many = options->shape != DEPOSIT_ONE, .refused = ERR_INIT};
	struct deposit_summary summary;

	options->report = take_event;
	options->context = &outcome;
	if (archive_deposit(archive, options, &summary, err) != 0)
		return -1;
	return summary.refused == 0 ? 0 : err_set(err, ERR_CONFLICT, "%s", outcome.refused.text);
}

enum how { AS_NEW, AS_VERSION, AS_CLOSED };

static int deposit_path(
	const struct world *world, struct archive *archive, const char *name, const char *id, enum how how, struct err *err)
{
	char path[400];
	const char *paths[1] = {path};
	struct deposit_options options = {.shape = DEPOSIT_ONE,
		.paths = paths,
		.path_count = 1,
		.id = str_from(id),
		.new_version = how == AS_VERSION,
		.add = how == AS_VERSION,
		.has_access = how == AS_CLOSED,
		.access = {.state = ACCESS_CLOSED}};

	(void)snprintf(path, sizeof(path), "%s/%s", world->sources, name);
	return deposit(world, archive, &options, err);
}

static int deposit_many(const struct world *world, struct archive *archive, struct err *err)
{
	char path[400], receipts[400];
	const char *paths[1] = {path};
	struct deposit_options options = {.shape = DEPOSIT_EACH_FILE, .paths = paths, .path_count = 1, .receipts = receipts};

	(void)snprintf(path, sizeof(path), "%s/many", world->sources);
	(void)snprintf(receipts, sizeof(receipts), "%s/receipts", world->root);
	return deposit(world, archive, &options, err);
}

static int withdraw(struct archive *archive, const char *id, const char *file, bool expunge, struct err *err)
{
	struct str files[] = {str_from(file)};
	struct withdrawal withdrawal = {.id = str_from(id),
		.files = files,
		.file_count = file == NULL ? 0 : 1,
		.access = ACCESS_CLOSED,
		.authority = STR("the keeper"),
		.reason = STR("privacy"),
		.note = STR("a word about it")};
	struct archive_done done;
	int result;

	result = expunge ? archive_expunge(archive, &withdrawal, &done, err) : archive_access(archive, &withdrawal, &done, err);
	archive_done_release(&done);
	return result;
}

static int edit(struct archive *archive, struct err *err)
{
	struct record *record = NULL;
	struct archive_done done = {.id = BUF_INIT};
	int result = -1;

	if (archive_get_record(archive, STR(ID("alpha")), 0, &record, err) == 0 &&
		record_put(record, STR("title=Alpha"), RECORD_EDIT, err) == 0)
		result = archive_put_record(archive, STR(ID("alpha")), record, STR("title"), &done, err);
	archive_done_release(&done);
	record_free(record);
	return result;
}

static int act(const struct world *world, struct archive *archive, enum world_action action, struct err *err)
{
	uint64_t index;

	switch (action) {
	case ACTION_DEPOSIT:
		return deposit_path(world, archive, "later.txt", "", AS_NEW, err);
	case ACTION_MANY:
		return deposit_many(world, archive, err);
	case ACTION_CLOSED:
		return deposit_path(world, archive, "hidden.txt", "hidden", AS_CLOSED, err);
	case ACTION_NEW_VERSION:
		return deposit_path(world, archive, "other/alpha.txt", "alpha", AS_VERSION, err);
	case ACTION_EDIT:
		return edit(archive, err);
	case ACTION_ACCESS:
		return withdraw(archive, ID("pages"), "note.txt", false, err);
	case ACTION_EXPUNGE:
		return withdraw(archive, ID("pages"), "note.txt", true, err);
	case ACTION_EXPUNGE_ALL:
		return withdraw(archive, ID("alpha"), NULL, true, err);
	case ACTION_ROTATE:
		return archive_key_rotate(archive, str_from(world->recovery), err);
	case ACTION_END:
		return archive_key_end(archive, STR("example.org/other"), STR("moved"), &index, err);
	case ACTION_OPEN:
	case ACTION_INIT:
	case ACTIONS:
		break;
	}
	return 0;
}

/* What an archive whose log has ended says to whoever opens it to write. */
static bool ended(const struct err *err)
{
	return err->code == ERR_CONFLICT && strstr(err->text, "this log ended with entry") != NULL &&
	       strstr(err->text, "example.org/other") != NULL;
}

int world_act(const struct world *world, enum world_action action, struct err *err)
{
	struct archive *archive = NULL;
	int result;

	world->told->acknowledged = 0;
	if (action == ACTION_INIT)
		return init(world, NULL, err);
	if (archive_open(&archive, world->archive, ARCHIVE_WRITE, NULL, NULL, err) != 0)
		return action == ACTION_OPEN && ended(err) ? 0 : -1;
	result = act(world, archive, action, err);
	if (result == 0)
		world->told->acknowledged = world_action_all(action);
	archive_close(archive);
	return result;
}

const char *world_action_name(enum world_action action)
{
	static const char *const names[] = {"init", "deposit", "deposit of many", "closed deposit", "new version", "edit", "access",
		"expunge", "expunge of everything", "change of the key", "end", "opening"};

	return names[action];
}

unsigned world_action_all(enum world_action action)
{
	return action == ACTION_MANY ? (1u << MANY) - 1 : 1;
}

/* ---- what can be seen -------------------------------------------------------------------------------------------------------- */

static int sink(void *context, const void *bytes, size_t n, struct err *err)
{
	(void)err;
	buf_add(context, bytes, n);
	return 0;
}

/* 1 if the version's file is there and holds `text`, 0 if there is no such version or file, -1 otherwise. */
static int holds(struct archive *archive, const char *id, uint64_t version, const char *file, const char *text)
{
	struct object_version *object = NULL;
	struct archive_version found;
	struct err err = ERR_INIT;
	struct buf bytes = BUF_INIT;
	size_t i;
	int result = -1;

	if (archive_open_version(archive, str_from(id), version, &object, &found, &err) != 0) {
		result = err.code == ERR_NOT_FOUND ? 0 : -1;
	} else if (!object_find(object, str_from(file), &i)) {
		result = 0;
	} else if (object_read_checked(object, i, sink, &bytes, &err) == 0) {
		result = str_equal(buf_view(&bytes), str_from(text)) ? 1 : -1;
	}
	if (result < 0)
		(void)fprintf(stderr, "%s@%llu %s: %s\n", id, (unsigned long long)version, file, err.text);
	object_free(object);
	buf_release(&bytes);
	return result;
}

/* 1 if the public may read the one file and not the other (either may be NULL), 0 if not, -1 on error. */
static int public_may(struct archive *archive, const char *id, const char *readable, const char *closed)
{
	struct access_view *view = NULL;
	int result = -1;

	if (access_view_open(&view, archive, str_from(id), AUDIENCE_PUBLIC, NULL) == 0)
		result = (readable == NULL || access_may_read_file(view, str_from(readable))) &&
			 (closed == NULL || !access_may_read_file(view, str_from(closed)));
	access_view_free(view);
	return result;
}

/* Kept and closed, or not there. */
static int closed_done(struct archive *archive)
{
	int kept = holds(archive, ID("hidden"), 1, "hidden.txt", "Nobody may know.\n");

	if (kept != 1)
		return kept;
	if (public_may(archive, ID("hidden"), NULL, "hidden.txt") == 1)
		return 1;
	(void)fprintf(stderr, "hidden is kept and not closed\n");
	return -1;
}

static int many_done(struct archive *archive)
{
	static const char *const names[MANY] = {"one.txt", "two.txt", "three.txt"};
	int result = 0;

	for (size_t i = 0; i < MANY; i++) {
		int one = holds(archive, many[i], 1, names[i], names[i]);

		if (one < 0)
			return -1;
		result |= one << i;
	}
	return result;
}

/* A file is gone from both versions, or from none. */
static int gone(int first, int second)
{
	if (first == second && first >= 0)
		return !first;
	(void)fprintf(stderr, "gone from one version alone: %d, %d\n", first, second);
	return -1;
}

static int find_key(void *context, uint64_t index, struct str text, struct err *err)
{
	struct arena arena = ARENA_INIT;
	struct entry entry;

	(void)index;
	must(entry_parse(&entry, text, &arena, err) == 0, "an entry does not parse");
	if (entry.kind == ENTRY_KEY)
		buf_str(context, entry.key);
	arena_release(&arena);
	return 0;
}

/* Logged and in force, or neither. */
static int rotated(struct archive *archive)
{
	struct buf logged = BUF_INIT, verifier = BUF_INIT;
	size_t count;
	int result = -1;

	vkey_format(&verifier, archive_key(archive));
	(void)archive_log_keys(archive, &count);
	if (log_each(archive_log(archive), 0, log_size(archive_log(archive)), find_key, &logged, NULL) == 0) {
		if (logged.n == 0 && count == 1)
			result = 0;
		else if (str_equal(buf_view(&logged), buf_view(&verifier)) && count == 2)
			result = 1;
	}
	if (result < 0)
		(void)fprintf(stderr, "the key that is logged is not the one in force\n");
	buf_release(&logged);
	buf_release(&verifier);
	return result;
}

static int seen(struct archive *archive, enum world_action action)
{
	struct buf successor = BUF_INIT;
	uint64_t index;
	int kept;

	switch (action) {
	case ACTION_DEPOSIT:
		return holds(archive, ID("later"), 1, "later.txt", "What came later.\n");
	case ACTION_MANY:
		return many_done(archive);
	case ACTION_CLOSED:
		return closed_done(archive);
	case ACTION_NEW_VERSION:
		return holds(archive, ID("alpha"), 2, "alpha.txt", "The first letter, transcribed again.\n");
	case ACTION_EDIT:
		return holds(archive, ID("alpha"), 2, "alpha.txt", "The first letter.\n");
	case ACTION_ACCESS:
		return public_may(archive, ID("pages"), "1.txt", "note.txt");
	case ACTION_EXPUNGE:
		return gone(holds(archive, ID("pages"), 1, "note.txt", "A name that must be forgotten.\n"),
			holds(archive, ID("pages"), 2, "note.txt", "A name that must be forgotten.\n"));
	case ACTION_EXPUNGE_ALL:
		kept = holds(archive, ID("alpha"), 1, "alpha.txt", "The first letter.\n");
		return kept < 0 ? -1 : !kept;
	case ACTION_ROTATE:
		return rotated(archive);
	case ACTION_END:
		kept = archive_ended(archive, &index, &successor, NULL);
		buf_release(&successor);
		return kept;
	case ACTION_INIT:
	case ACTION_OPEN:
	case ACTIONS:
		break;
	}
	return 1;
}

int world_done(const char *path, enum world_action action)
{
	struct archive *archive = NULL;
	struct err err = ERR_INIT;
	int result = -1;

	if (archive_open(&archive, path, ARCHIVE_READ, NULL, NULL, &err) != 0) {
		(void)fprintf(stderr, "cannot open: %s\n", err.text);
		return -1;
	}
	/* what was there before must be there whatever happened */
	if (action == ACTION_INIT ||
		((action == ACTION_EXPUNGE_ALL || holds(archive, ID("alpha"), 1, "alpha.txt", "The first letter.\n") == 1) &&
			holds(archive, ID("pages"), 1, "1.txt", "Page one.\n") == 1 &&
			holds(archive, ID("pages"), 2, "alpha.txt", "The first letter.\n") == 1))
		result = seen(archive, action);
	archive_close(archive);
	return result;
}

static void tell_finding(void *context, const struct finding *finding)
{
	(void)context;
	if (finding->word != FINDING_EXPUNGED)
		(void)fprintf(stderr, "%s: %.*s: %s\n", finding_name(finding->word), (int)finding->path.n, finding->path.p,
			finding->what);
}

/* Nothing in staging/ but the lock; no half-written file beside conf, key or checkpoint. */
static int tidy(const char *path)
{
	static const char *const folders[] = {".", "keys", "log", "staging"};
	int dir = os_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0, NULL), result = 0;

	for (size_t i = 0; dir >= 0 && i < sizeof(folders) / sizeof(folders[0]); i++) {
		struct os_dir *names = NULL;
		struct os_name name;

		if (os_dir_open(&names, dir, folders[i], NULL) != 0)
			result = -1;
		while (names != NULL && os_dir_next(names, &name, NULL) == 1)
			if (os_is_temporary(str_from(name.name)) || strcmp(name.name, "log.key.new") == 0 ||
				(strcmp(folders[i], "staging") == 0 && strcmp(name.name, "lock") != 0)) {
				(void)fprintf(stderr, "left behind: %s/%s\n", folders[i], name.name);
				result = -1;
			}
		os_dir_close(names);
	}
	os_close(dir);
	return result;
}

int world_sound(const char *path)
{
	struct archive *archive = NULL;
	struct audit_options options = {.report = tell_finding, .threads = 1};
	struct audit_summary summary;
	struct err err = ERR_INIT;
	int result = -1;

	if (archive_open(&archive, path, ARCHIVE_WRITE, NULL, NULL, &err) != 0 &&
		(!ended(&err) || archive_open(&archive, path, ARCHIVE_AUDIT, NULL, NULL, &err) != 0)) {
		(void)fprintf(stderr, "does not open: %s\n", err.text);
		return -1;
	}
	if (archive_audit(archive, &options, &summary, &err) != 0)
		(void)fprintf(stderr, "audit: %s\n", err.text);
	else if (summary.findings == 0 && summary.not_checked == 0)
		result = tidy(path);
	archive_close(archive);
	return result;
}

/* Logged, and log.key is still the old one. */
static bool rotation_waits(const char *path)
{
	struct archive *archive = NULL;
	struct buf logged = BUF_INIT;
	char next[400];
	bool waits = false;

	(void)snprintf(next, sizeof(next), "%s/keys/log.key.new", path);
	if (os_exists(AT_FDCWD, next, NULL) == 1 && archive_open(&archive, path, ARCHIVE_READ, NULL, NULL, NULL) == 0) {
		must(log_each(archive_log(archive), 0, log_size(archive_log(archive)), find_key, &logged, NULL) == 0, "the log");
		waits = logged.n > 0 && os_exists(AT_FDCWD, next, NULL) == 1;
	}
	archive_close(archive);
	buf_release(&logged);
	return waits;
}

bool world_has_intent(const char *archive)
{
	char path[400];
	struct os_dir *names = NULL;
	struct os_name name;
	bool found = false;

	(void)snprintf(path, sizeof(path), "%s/staging", archive);
	must(os_dir_open(&names, AT_FDCWD, path, NULL) == 0, path);
	while (os_dir_next(names, &name, NULL) == 1) {
		char intent[64];

		if (name.type == DT_DIR && snprintf(intent, sizeof(intent), "%.40s/intent", name.name) > 0)
			found = found || os_exists(os_dir_fd(names), intent, NULL) == 1;
	}
	os_dir_close(names);
	return found || rotation_waits(archive);
}

/* ---- the world itself ----------------------------------------------------------------------------------------------------------- */

static void make_sources(const struct world *world)
{
	static const char *const folders[] = {"pages", "other", "many"};
	char path[400];

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", world->sources, folders[i]);
		must(os_mkdirs(AT_FDCWD, path, NULL) == 0, "mkdir");
	}
	put(world, "alpha.txt", "The first letter.\n");
	put(world, "other/alpha.txt", "The first letter, transcribed again.\n");
	put(world, "pages/1.txt", "Page one.\n");
	put(world, "pages/2.txt", "Page two.\n");
	put(world, "pages/note.txt", "A name that must be forgotten.\n");
	put(world, "secret.txt", "Not for everybody.\n");
	put(world, "later.txt", "What came later.\n");
	put(world, "hidden.txt", "Nobody may know.\n");
	put(world, "many/one.txt", "one.txt");
	put(world, "many/two.txt", "two.txt");
	put(world, "many/three.txt", "three.txt");
}

void world_begin(struct world *world, const char *folder)
{
	struct archive *archive = NULL;
	struct buf recovery = BUF_INIT;
	struct err err = ERR_INIT;

	memset(world, 0, sizeof(*world));
	world->told = mmap(NULL, sizeof(*world->told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	must(world->told != MAP_FAILED, "mmap");
	(void)snprintf(
		world->root, sizeof(world->root), "%s/photostat-world-XXXXXX", folder == NULL ? fault_fast_folder() : folder);
	must(mkdtemp(world->root) != NULL, "mkdtemp");
	(void)snprintf(world->archive, sizeof(world->archive), "%s/archive", world->root);
	(void)snprintf(world->sources, sizeof(world->sources), "%s/sources", world->root);
	(void)snprintf(world->pristine, sizeof(world->pristine), "%s/pristine", world->root);
	make_sources(world);
	if (init(world, &recovery, &err) != 0 || archive_open(&archive, world->archive, ARCHIVE_WRITE, NULL, NULL, &err) != 0 ||
		deposit_path(world, archive, "alpha.txt", "alpha", AS_NEW, &err) != 0 ||
		deposit_path(world, archive, "pages", "pages", AS_NEW, &err) != 0 ||
		deposit_path(world, archive, "alpha.txt", "pages", AS_VERSION, &err) != 0 ||
		deposit_path(world, archive, "secret.txt", "", AS_CLOSED, &err) != 0) {
		(void)fprintf(stderr, "world: %s\n", err.text);
		abort();
	}
	archive_close(archive);
	must(recovery.n < sizeof(world->recovery), "a recovery key");
	memcpy(world->recovery, recovery.p, recovery.n);
	buf_release(&recovery);
	must(world_sound(world->archive) == 0, "a fresh archive is not sound");
	world_keep(world);
}

void world_keep(struct world *world)
{
	world_copy(world->archive, world->pristine);
}

void world_reset(struct world *world)
{
	char receipts[400];

	(void)snprintf(receipts, sizeof(receipts), "%s/receipts", world->root);
	remove_tree(receipts);
	world_copy(world->pristine, world->archive);
}

void world_end(struct world *world)
{
	remove_tree(world->root);
	(void)munmap(world->told, sizeof(*world->told));
}
