/* The open files of versions of which others are closed, in a place of their own:
 *
 *   open/INDEX/disclosure     what proves them under entry INDEX (photostat.disclosure/v1)
 *   open/INDEX/files/PATH     the files, under their paths in the record
 *
 * O1  Nothing stands in open/INDEX but what the opening names, and that whole: it is made beside it, synced, and takes its place by one rename or
 *     exchange.
 * O2  What the keeper closes later stays here: an opening that only shows less changes nothing. One that shows other files takes the place of the old one,
 *     which is kept beside it if it has more. Nothing goes because a source does not show it, or shows nothing.
 * O4  What an expunge entry withholds goes when that is followed, leaf by leaf, whatever any source shows; and does not come again from who kept it.
 * O3  Of a version that is held whole nothing stays in open/: but only when that is durable. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync.h"

#define OPEN "open"
#define PIECE ((size_t)1 << 18)

/* An opening and its bytes. */
struct opening {
	struct buf bytes;
	struct disclosure *disclosure;
};

static void opening_release(struct opening *opening)
{
	disclosure_free(opening->disclosure);
	buf_release(&opening->bytes);
	memset(opening, 0, sizeof(*opening));
}

/* Of the entry in sync->entry: believed if its root is the entry's (S1). */
static int opening_parse(struct syncing *sync, struct opening *opening, struct err *err)
{
	struct hash root;

	if (disclosure_parse(&opening->disclosure, buf_view(&opening->bytes), err) != 0 ||
		disclosure_root(opening->disclosure, archive_origin(sync->archive), sync->entry.record, sync->entry.version, &root,
			err) != 0)
		return -1;
	return hash_equal(&root, &sync->entry.contents)
		       ? 0
		       : err_set(err, ERR_MISMATCH, "%.*s: the opening of entry %" PRIu64 " is not of what the log committed to",
				 STR_ARG(sync->source), sync->index);
}

/* 1 it came; 0 the source opens nothing of it; -1. */
static int fetch_opening(struct syncing *sync, struct opening *opening, struct err *err)
{
	struct http_fetch fetch = {.max = DISCLOSURE_HELD_MAX};
	char path[64];
	int result;

	(void)snprintf(path, sizeof(path), "/api/v1/open/%" PRIu64, sync->index);
	result = sync_get(sync, path, &fetch, err);
	if (result == 1) {
		opening->bytes = fetch.answer;
		memset(&fetch.answer, 0, sizeof(fetch.answer));
		result = opening_parse(sync, opening, err) == 0 ? 1 : -1;
	}
	buf_release(&fetch.answer);
	return result;
}

/* What is in open/NAME now; nothing, if it is not there or damaged: then it is made anew. */
static void read_present(struct syncing *sync, int open, const char *name, struct opening *opening)
{
	char path[96];

	(void)snprintf(path, sizeof(path), "%s/disclosure", name);
	if (os_read_file(open, path, DISCLOSURE_HELD_MAX, &opening->bytes, NULL) != 0 || opening_parse(sync, opening, NULL) != 0)
		opening_release(opening);
}

static bool shows_all_of(const struct opening *one, const struct opening *other)
{
	for (size_t i = 0; i < disclosure_count(other->disclosure); i++) {
		struct leaf leaf;
		size_t at;

		disclosure_leaf(other->disclosure, i, &leaf, NULL);
		if (!disclosure_find(one->disclosure, leaf.path, &at))
			return false;
	}
	return true;
}

/* Leaves only those for which keep[i] is true. */
static int opening_narrow(struct opening *opening, const bool *keep, struct err *err)
{
	struct opening narrowed = {.bytes = BUF_INIT};

	if (disclosure_narrow(&narrowed.bytes, opening->disclosure, keep, err) != 0 ||
		disclosure_parse(&narrowed.disclosure, buf_view(&narrowed.bytes), err) != 0) {
		opening_release(&narrowed);
		return -1;
	}
	opening_release(opening);
	*opening = narrowed;
	return 0;
}

struct without_expunged {
	struct syncing *sync;
	struct opening *opening;
};

/* O4: without what was followed here long ago. */
static int take_out(void *context, uint64_t index, struct str text, struct err *err)
{
	const struct without_expunged *without = context;
	size_t count = disclosure_count(without->opening->disclosure);
	struct arena arena = ARENA_INIT;
	struct entry expunge;
	bool any = false, *keep;
	int result = 0;

	(void)index;
	if (!str_starts(text, STR("photostat.entry/v1 expunge\n")) || entry_parse(&expunge, text, &arena, NULL) != 0)
		goto out;
	keep = mem_array(count + 1, sizeof(*keep));
	for (size_t i = 0; i < count; i++) {
		struct leaf leaf;
		uint64_t position;

		disclosure_leaf(without->opening->disclosure, i, &leaf, &position);
		keep[i] = !entry_withholds(&expunge, without->sync->entry.version, position);
		any = any || !keep[i];
	}
	if (any)
		result = opening_narrow(without->opening, keep, err);
	free(keep);
out:
	arena_release(&arena);
	return result;
}

/* ---- the files ---------------------------------------------------------------------------------------------------------------------------- */

static bool has_digest(int dir, const char *path, const struct digest *expected)
{
	struct hasher *hasher = hasher_new(expected->alg);
	struct digest found;
	char *bytes = mem_grow(NULL, 1, PIECE);
	int fd = os_open(dir, path, O_RDONLY | O_NONBLOCK, 0, NULL);
	ssize_t n = -1;

	hasher_begin(hasher);
	while (fd >= 0 && (n = os_read(fd, bytes, PIECE, path, NULL)) > 0)
		hasher_add(hasher, bytes, (size_t)n);
	hasher_end(hasher, &found);
	hasher_free(hasher);
	free(bytes);
	os_close(fd);
	return n == 0 && digest_equal(&found, expected);
}

/* Links it to `path`, which is "files/…" below `folder`; its parents are made. */
static int place(int from, const char *name, int folder, const char *path, struct err *err)
{
	char *parent = mem_dup((struct str){path, (size_t)(strrchr(path, '/') - path)});
	int result = os_mkdirs(folder, parent, err);

	free(parent);
	return result == 0 ? os_link(from, name, folder, path, err) : -1;
}

static int take_leaf(struct syncing *sync, const struct leaf *leaf, int open, const char *present, int incoming, int folder,
	struct os_batch *batch, struct err *err)
{
	struct buf path = BUF_INIT, here = BUF_INIT, name = BUF_INIT, at = BUF_INIT;
	int result = -1;

	buf_text(&path, "files/");
	buf_str(&path, leaf->path);
	buf_printf(&here, "%s/files/", present);
	buf_str(&here, leaf->path);
	if (has_digest(open, here.p, &leaf->digest)) {
		result = place(open, here.p, folder, path.p, err);
	} else {
		buf_printf(&at, "/api/v1/open/%" PRIu64 "/", sync->index);
		buf_str(&at, leaf->path);
		if (sync_fetch(sync, buf_view(&at), &leaf->digest, incoming, &name, err) == 0 &&
			place(incoming, name.p, folder, path.p, err) == 0)
			result = os_unlink(incoming, name.p, err);
	}
	if (result == 0)
		result = os_batch_wrote(batch, folder, path.p, err);
	for (size_t i = path.n; result == 0 && os_batch_per_file(batch) && i-- > 0;)
		if (path.p[i] == '/') {
			path.p[i] = '\0';
			result = os_batch_wrote_dir(batch, folder, path.p, err);
		}
	buf_release(&path);
	buf_release(&here);
	buf_release(&name);
	buf_release(&at);
	return result;
}

/* The folder `fresh`, whole and synced (O1). */
static int make(struct syncing *sync, const struct opening *opening, int open, const char *name, const char *fresh, struct err *err)
{
	struct os_batch *batch = NULL;
	int folder = -1, incoming = -1, result = -1;

	if (os_remove_tree(open, fresh, err) != 0 || os_mkdir(open, fresh, err) != 0)
		return -1;
	folder = os_open(open, fresh, O_RDONLY | O_DIRECTORY, 0, err);
	incoming = holder_folder(sync->archive, INCOMING, err);
	if (folder < 0 || incoming < 0 || os_batch_open(&batch, folder, err) != 0 || os_mkdir(folder, "files", err) != 0)
		goto out;
	for (size_t i = 0; i < disclosure_count(opening->disclosure); i++) {
		struct leaf leaf;

		disclosure_leaf(opening->disclosure, i, &leaf, NULL);
		if (os_check_interrupted(err) != 0 || take_leaf(sync, &leaf, open, name, incoming, folder, batch, err) != 0)
			goto out;
	}
	if (os_write_new(folder, "disclosure", buf_view(&opening->bytes), 0644, err) != 0 ||
		os_batch_wrote(batch, folder, "disclosure", err) != 0 || os_batch_wrote_dir(batch, folder, ".", err) != 0 ||
		os_batch_sync(batch, err) != 0)
		goto out;
	result = 0;
out:
	os_batch_free(batch);
	os_close(incoming);
	os_close(folder);
	return result;
}

static int publish(struct syncing *sync, int open, const char *name, const char *fresh, bool keep_old, struct err *err)
{
	char old[96];
	int result;

	if (os_exists(open, name, NULL) != 1) {
		result = os_rename(open, fresh, open, name, err);
	} else if ((result = os_exchange(open, fresh, open, name, err)) == 0) {
		(void)snprintf(old, sizeof(old), "%s.before-%" PRIu64, name, log_size(archive_log(sync->archive)));
		result = keep_old && os_exists(open, old, NULL) == 0 ? os_rename(open, fresh, open, old, err)
								     : os_remove_tree(open, fresh, err);
	}
	return result == 0 ? os_fsync_dir(open, ".", err) : -1;
}

/* ---- one version, all of them ------------------------------------------------------------------------------------------------------------------ */

static int take_version(struct syncing *sync, int open, struct err *err)
{
	struct opening theirs = {.bytes = BUF_INIT}, ours = {.bytes = BUF_INIT};
	struct without_expunged without = {sync, &theirs};
	char name[32], fresh[40];
	int result = -1, got;
	bool more;

	(void)snprintf(name, sizeof(name), "%" PRIu64, sync->index);
	(void)snprintf(fresh, sizeof(fresh), "%s.new", name);
	got = fetch_opening(sync, &theirs, err);
	if (got == 1 && sync->index < archive_known(sync->archive) &&
		archive_each_entry(sync->archive, sync->entry.record, take_out, &without, err) != 0)
		got = -1;
	if (got <= 0 || disclosure_count(theirs.disclosure) == 0) {
		result = got < 0 ? -1 : 0;
		goto out;
	}
	read_present(sync, open, name, &ours);
	if (ours.disclosure != NULL && shows_all_of(&ours, &theirs)) {
		result = 0; /* O2 */
		goto out;
	}
	more = ours.disclosure != NULL && !shows_all_of(&theirs, &ours);
	if (make(sync, &theirs, open, name, fresh, err) != 0 || publish(sync, open, name, fresh, more, err) != 0)
		goto out;
	sync->done->partly++;
	result = 0;
out:
	opening_release(&theirs);
	opening_release(&ours);
	return result;
}

int sync_partly(struct syncing *sync, struct err *err)
{
	int open, result = -1;

	if (sync->partly_count == 0)
		return 0;
	open = holder_folder(sync->archive, OPEN, err);
	if (open < 0)
		return -1;
	for (size_t i = 0; i < sync->partly_count; i++) {
		struct err why = ERR_INIT;

		sync->index = sync->partly[i];
		if (sync_read_entry(sync, sync->index, err) != 0)
			goto out;
		if (take_version(sync, open, &why) == 0)
			continue;
		/* As S2: what this source has wrong, another may have right, or this one the next time. */
		if (why.code == ERR_INTERRUPTED || (why.code == ERR_SYSTEM && why.sys != 0)) {
			if (err != NULL)
				*err = why;
			goto out;
		}
		if (sync->options->notice != NULL)
			sync->options->notice(sync->options->context, why.text);
		take_without(sync->take, sync->index, WITHOUT_MISSING);
	}
	sync->partly_count = 0;
	result = 0;
out:
	os_close(open);
	return result;
}

bool sync_open_has(struct syncing *sync, uint64_t index)
{
	char path[48];

	(void)snprintf(path, sizeof(path), OPEN "/%" PRIu64, index);
	return os_exists(archive_fd(sync->archive), path, NULL) == 1;
}

/* ---- expunged -------------------------------------------------------------------------------------------------------------------------------- */

/* One folder, of the version in sync->entry. What cannot be told apart, because its opening is damaged or it was never whole, goes together. */
static int expunge_folder(
	struct syncing *sync, int open, const char *name, const struct entry *expunge, bool *took, struct err *err)
{
	struct opening opening = {.bytes = BUF_INIT};
	struct buf fresh = BUF_INIT, path = BUF_INIT;
	size_t count, kept = 0, taken = 0;
	bool *keep = NULL;
	int result = -1;

	if (!str_ends(str_from(name), STR(".new")))
		read_present(sync, open, name, &opening);
	if (opening.disclosure == NULL) {
		*took = true;
		result = os_remove_tree(open, name, err);
		goto out;
	}
	count = disclosure_count(opening.disclosure);
	keep = mem_array(count + 1, sizeof(*keep));
	for (size_t i = 0; i < count; i++) {
		struct leaf leaf;
		uint64_t position;

		disclosure_leaf(opening.disclosure, i, &leaf, &position);
		buf_clear(&path);
		buf_printf(&path, "%s/files/", name);
		buf_str(&path, leaf.path);
		keep[i] = !entry_withholds(expunge, sync->entry.version, position);
		taken += !keep[i];
		keep[i] = keep[i] && has_digest(open, path.p, &leaf.digest); /* O1 */
		kept += keep[i];
	}
	buf_printf(&fresh, "%s.new", name);
	*took = *took || taken > 0;
	if (taken == 0)
		result = 0;
	else if (kept == 0)
		result = os_remove_tree(open, name, err);
	else if (opening_narrow(&opening, keep, err) == 0 && make(sync, &opening, open, name, fresh.p, err) == 0)
		result = publish(sync, open, name, fresh.p, false, err);
out:
	free(keep);
	buf_release(&fresh);
	buf_release(&path);
	opening_release(&opening);
	return result;
}

/* Whether there is anything of them at all: few have something, and the folder may be long. */
static bool has_any(struct syncing *sync, const struct entry *expunge)
{
	for (size_t i = 0; i < expunge->rewritten_count; i++) {
		char path[48];

		(void)snprintf(path, sizeof(path), OPEN "/%" PRIu64 ".new", expunge->rewritten[i].index);
		if (sync_open_has(sync, expunge->rewritten[i].index) || os_exists(archive_fd(sync->archive), path, NULL) == 1)
			return true;
	}
	return false;
}

/* Lines: the folders of versions that the entry rewrites. */
static int list_rewritten(struct syncing *sync, const struct entry *expunge, struct buf *names, struct err *err)
{
	struct os_dir *dir = NULL;
	struct os_name name;
	int got;

	if (os_dir_open(&dir, archive_fd(sync->archive), OPEN, err) != 0)
		return -1;
	while ((got = os_dir_next(dir, &name, err)) == 1) {
		struct str text = str_from(name.name), number;
		uint64_t index;

		if (!str_take_until(&text, '.', &number) || !decimal_parse(number, UINT64_MAX, &index))
			continue;
		for (size_t i = 0; i < expunge->rewritten_count; i++)
			if (expunge->rewritten[i].index == index)
				buf_printf(names, "%s\n", name.name);
	}
	os_dir_close(dir);
	return got < 0 ? -1 : 0;
}

int sync_open_expunge(struct syncing *sync, uint64_t index, bool *took, struct err *err)
{
	struct buf text = BUF_INIT, names = BUF_INIT;
	struct arena arena = ARENA_INIT;
	struct entry expunge;
	struct str rest, line;
	int open = -1, result = -1;

	*took = false;
	if (os_exists(archive_fd(sync->archive), OPEN, NULL) != 1)
		return 0;
	if (log_entry(archive_log(sync->archive), index, &text, err) != 0 ||
		entry_parse(&expunge, buf_view(&text), &arena, err) != 0)
		goto out;
	if (!has_any(sync, &expunge)) {
		result = 0;
		goto out;
	}
	if (list_rewritten(sync, &expunge, &names, err) != 0)
		goto out;
	open = os_open(archive_fd(sync->archive), OPEN, O_RDONLY | O_DIRECTORY, 0, err);
	if (open < 0)
		goto out;
	for (rest = buf_view(&names); str_take_line(&rest, &line);) {
		struct str number, of = line;
		char *name;

		(void)str_take_until(&of, '.', &number);
		if (!decimal_parse(number, UINT64_MAX, &sync->index) || sync_read_entry(sync, sync->index, err) != 0)
			goto out;
		name = mem_dup(line);
		result = expunge_folder(sync, open, name, &expunge, took, err);
		free(name);
		if (result != 0)
			goto out;
		result = -1;
	}
	result = 0;
out:
	os_close(open);
	arena_release(&arena);
	buf_release(&names);
	buf_release(&text);
	return result;
}

void sync_open_tidy(struct syncing *sync)
{
	struct os_dir *names = NULL;
	struct os_name name;
	struct buf gone = BUF_INIT;
	struct str rest, line;

	if (os_dir_open(&names, archive_fd(sync->archive), OPEN, NULL) != 0)
		return;
	while (os_dir_next(names, &name, NULL) == 1) {
		struct str text = str_from(name.name), number;
		uint64_t index;

		if (str_take_until(&text, '.', &number) && decimal_parse(number, UINT64_MAX, &index) &&
			index < archive_known(sync->archive) && archive_holds(sync->archive, index))
			buf_printf(&gone, "%s\n", name.name);
	}
	os_dir_close(names);
	rest = buf_view(&gone);
	while (str_take_line(&rest, &line)) {
		struct buf path = BUF_INIT;

		buf_text(&path, OPEN "/");
		buf_str(&path, line);
		(void)os_remove_tree(archive_fd(sync->archive), path.p, NULL);
		buf_release(&path);
	}
	buf_release(&gone);
}
