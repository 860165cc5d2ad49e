/* A small archive for tests to hurt. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fault/fault.h"
#include "world.h"

static void must(bool good, const char *what)
{
	if (good)
		return;
	(void)fprintf(stderr, "world: %s\n", what);
	abort();
}

static void run(const char *const *words)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		(void)execvp(words[0], (char *const *)(uintptr_t)words);
		_exit(127);
	}
	must(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0, words[0]);
}

void world_copy(const char *from, const char *to)
{
	const char *const words[] = { "cp", "-a", from, to, NULL };

	run(words);
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

int world_init(const char *path, struct err *err)
{
	struct archive_init init = { .path = path, .origin = STR("example.org/world"), .digest = DIGEST_SHA256 };
	struct archive_made made;

	if (archive_init(&init, &made, err) != 0)
		return -1;
	archive_made_release(&made);
	return 0;
}

struct outcome {
	unsigned kept, other;
	struct err refused;
};

static void take_event(void *context, const struct deposit_event *event)
{
	struct outcome *outcome = context;

	if (event->outcome == DEPOSIT_KEPT)
		outcome->kept++;
	else
		outcome->other++;
	if (event->outcome == DEPOSIT_REFUSED)
		err_set(&outcome->refused, ERR_CONFLICT, "%s", event->reason);
}

static int deposit(struct archive *archive, struct deposit_options *options, struct err *err)
{
	struct outcome outcome = { .refused = ERR_INIT };
	struct deposit_summary summary;

	options->report = take_event;
	options->context = &outcome;
	if (archive_deposit(archive, options, &summary, err) != 0)
		return outcome.kept > 0 ? 0 : -1; /* what was reported stays true */
	if (outcome.kept == 1)
		return 0;
	return err_set(err, ERR_CONFLICT, "not kept: %s", outcome.refused.text);
}

static int deposit_path(const struct world *world, struct archive *archive, const char *name, const char *id, bool version, bool closed, struct err *err)
{
	char path[400];
	const char *paths[1] = { path };
	struct deposit_options options = { .shape = DEPOSIT_ONE, .paths = paths, .path_count = 1, .id = str_from(id), .new_version = version, .add = version };

	(void)snprintf(path, sizeof(path), "%s/%s", world->sources, name);
	if (closed) {
		options.has_access = true;
		options.access.state = ACCESS_CLOSED;
	}
	return deposit(archive, &options, err);
}

void world_begin(struct world *world)
{
	struct archive *archive = NULL;
	struct err err = ERR_INIT;
	char path[400];

	memset(world, 0, sizeof(*world));
	(void)snprintf(world->root, sizeof(world->root), "%s/photostat-world-XXXXXX", fault_fast_folder());
	must(mkdtemp(world->root) != NULL, "mkdtemp");
	(void)snprintf(world->archive, sizeof(world->archive), "%s/archive", world->root);
	(void)snprintf(world->sources, sizeof(world->sources), "%s/sources", world->root);
	(void)snprintf(world->pristine, sizeof(world->pristine), "%s/pristine", world->root);
	(void)snprintf(path, sizeof(path), "%s/pages", world->sources);
	must(os_mkdirs(AT_FDCWD, path, NULL) == 0, "mkdir");
	(void)snprintf(path, sizeof(path), "%s/other", world->sources);
	must(os_mkdirs(AT_FDCWD, path, NULL) == 0, "mkdir");
	put(world, "alpha.txt", "The first letter.\n");
	put(world, "other/alpha.txt", "The first letter, transcribed again.\n");
	put(world, "pages/1.txt", "Page one.\n");
	put(world, "pages/2.txt", "Page two.\n");
	put(world, "pages/note.txt", "A name that must be forgotten.\n");
	put(world, "secret.txt", "Not for everybody.\n");
	put(world, "later.txt", "What came later.\n");
	if (world_init(world->archive, &err) != 0 || archive_open(&archive, world->archive, ARCHIVE_WRITE, NULL, NULL, &err) != 0 ||
		deposit_path(world, archive, "alpha.txt", "alpha", false, false, &err) != 0 ||
		deposit_path(world, archive, "pages", "pages", false, false, &err) != 0 ||
		deposit_path(world, archive, "alpha.txt", "pages", true, false, &err) != 0 ||
		deposit_path(world, archive, "secret.txt", "", false, true, &err) != 0) {
		(void)fprintf(stderr, "world: %s\n", err.text);
		abort();
	}
	archive_close(archive);
	must(world_sound(world->archive) == 0, "a fresh archive is not sound");
	world_copy(world->archive, world->pristine);
}

void world_reset(struct world *world)
{
	remove_tree(world->archive);
	world_copy(world->pristine, world->archive);
}

void world_end(struct world *world)
{
	remove_tree(world->root);
}

const char *world_action_name(enum world_action action)
{
	static const char *const names[] = { "deposit", "new version", "edit", "access", "expunge" };

	return names[action];
}

static void record_id(struct buf *out, const char *name)
{
	buf_printf(out, "https://example.org/world/r/%s", name);
}

static int withdraw(struct archive *archive, bool expunge, struct err *err)
{
	static const struct str files[] = { { "note.txt", 8 } };
	struct buf id = BUF_INIT;
	struct withdrawal withdrawal = { .files = files, .file_count = 1, .access = ACCESS_CLOSED, .authority = STR("the keeper"), .reason = STR("privacy"),
		.note = STR("a word about it") };
	struct archive_done done;
	int result;

	record_id(&id, "pages");
	withdrawal.id = buf_view(&id);
	result = expunge ? archive_expunge(archive, &withdrawal, &done, err) : archive_access(archive, &withdrawal, &done, err);
	if (result == 0)
		archive_done_release(&done);
	buf_release(&id);
	return result;
}

static int edit(struct archive *archive, struct err *err)
{
	struct record *record = NULL;
	struct archive_done done;
	struct buf id = BUF_INIT;
	int result = -1;

	record_id(&id, "alpha");
	if (archive_get_record(archive, buf_view(&id), 0, &record, err) == 0 && record_put(record, STR("title=Alpha"), RECORD_EDIT, err) == 0)
		result = archive_put_record(archive, buf_view(&id), record, STR("title"), &done, err);
	if (result == 0)
		archive_done_release(&done);
	record_free(record);
	buf_release(&id);
	return result;
}

int world_act(const struct world *world, enum world_action action, struct err *err)
{
	struct archive *archive = NULL;
	int result = -1;

	if (archive_open(&archive, world->archive, ARCHIVE_WRITE, NULL, NULL, err) != 0)
		return -1;
	switch (action) {
	case ACTION_DEPOSIT:
		result = deposit_path(world, archive, "later.txt", "", false, false, err);
		break;
	case ACTION_NEW_VERSION:
		result = deposit_path(world, archive, "other/alpha.txt", "alpha", true, false, err);
		break;
	case ACTION_EDIT:
		result = edit(archive, err);
		break;
	case ACTION_ACCESS:
		result = withdraw(archive, false, err);
		break;
	case ACTION_EXPUNGE:
		result = withdraw(archive, true, err);
		break;
	case ACTIONS:
		break;
	}
	archive_close(archive);
	return result;
}

static int sink(void *context, const void *bytes, size_t n, struct err *err)
{
	(void)err;
	buf_add(context, bytes, n);
	return 0;
}

/* 1 if the version's file is there and holds `text`, 0 if there is no such version or file, -1 otherwise. */
static int holds(struct archive *archive, const char *name, uint64_t version, const char *file, const char *text)
{
	struct object_version *object = NULL;
	struct archive_version found;
	struct err err = ERR_INIT;
	struct buf id = BUF_INIT, bytes = BUF_INIT;
	size_t i;
	int result = -1;

	record_id(&id, name);
	if (archive_open_version(archive, buf_view(&id), version, &object, &found, &err) != 0) {
		result = err.code == ERR_NOT_FOUND ? 0 : -1;
	} else if (!object_find(object, str_from(file), &i)) {
		result = 0;
	} else if (object_read_checked(object, i, sink, &bytes, &err) == 0) {
		result = str_equal(buf_view(&bytes), str_from(text)) ? 1 : -1;
	}
	if (result < 0)
		(void)fprintf(stderr, "%s@%llu %s: %s\n", name, (unsigned long long)version, file, err.text);
	object_free(object);
	buf_release(&id);
	buf_release(&bytes);
	return result;
}

static int note_closed(struct archive *archive)
{
	struct access_view *view = NULL;
	struct buf id = BUF_INIT;
	int result = -1;

	record_id(&id, "pages");
	if (access_view_open(&view, archive, buf_view(&id), AUDIENCE_PUBLIC, NULL) == 0)
		result = !access_may_read_file(view, STR("note.txt")) && access_may_read_file(view, STR("1.txt"));
	access_view_free(view);
	buf_release(&id);
	return result;
}

int world_done(const struct world *world, const char *path, enum world_action action)
{
	struct archive *archive = NULL;
	struct err err = ERR_INIT;
	int result = -1, first, second;

	(void)world;
	if (archive_open(&archive, path, ARCHIVE_READ, NULL, NULL, &err) != 0) {
		(void)fprintf(stderr, "cannot open: %s\n", err.text);
		return -1;
	}
	/* what was there before must be there whatever happened */
	if (holds(archive, "alpha", 1, "alpha.txt", "The first letter.\n") != 1 || holds(archive, "pages", 1, "1.txt", "Page one.\n") != 1)
		goto out;
	switch (action) {
	case ACTION_DEPOSIT:
		result = holds(archive, "later", 1, "later.txt", "What came later.\n");
		break;
	case ACTION_NEW_VERSION:
		result = holds(archive, "alpha", 2, "alpha.txt", "The first letter, transcribed again.\n");
		break;
	case ACTION_EDIT:
		result = holds(archive, "alpha", 2, "alpha.txt", "The first letter.\n");
		break;
	case ACTION_ACCESS:
		result = note_closed(archive);
		break;
	case ACTION_EXPUNGE:
		first = holds(archive, "pages", 1, "note.txt", "A name that must be forgotten.\n");
		second = holds(archive, "pages", 2, "note.txt", "A name that must be forgotten.\n");
		result = first == second && first >= 0 ? !first : -1;
		break;
	case ACTIONS:
		break;
	}
out:
	archive_close(archive);
	return result;
}

static void tell_finding(void *context, const struct finding *finding)
{
	(void)context;
	if (finding->word != FINDING_EXPUNGED)
		(void)fprintf(stderr, "%s: %.*s: %s\n", finding_name(finding->word), (int)finding->path.n, finding->path.p, finding->what);
}

int world_sound(const char *path)
{
	struct archive *archive = NULL;
	struct audit_options options = { .report = tell_finding, .threads = 1 };
	struct audit_summary summary;
	struct err err = ERR_INIT;
	int result = -1;

	if (archive_open(&archive, path, ARCHIVE_WRITE, NULL, NULL, &err) != 0) {
		(void)fprintf(stderr, "does not open: %s\n", err.text);
		return -1;
	}
	if (archive_audit(archive, &options, &summary, &err) != 0)
		(void)fprintf(stderr, "audit: %s\n", err.text);
	else if (summary.findings == 0 && summary.not_checked == 0)
		result = 0;
	archive_close(archive);
	return result;
}
