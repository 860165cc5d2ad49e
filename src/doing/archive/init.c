/* Making an archive: folders, keys, entry 0, first checkpoint. archive.conf comes last: without it there is no archive. From the first
 * thing made to the last, init.unfinished stands in the folder: whatever a crash or a power cut leaves beside it was begun and is made anew. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define MARKER "init.unfinished"

static const char *const our_folders[] = {"keys", "records", "log", "staging", "derived"};

void archive_made_release(struct archive_made *made)
{
	buf_release(&made->origin);
	buf_release(&made->verifier);
	if (made->recovery_secret.p != NULL)
		mem_wipe(made->recovery_secret.p, made->recovery_secret.n);
	buf_release(&made->recovery_secret);
	buf_release(&made->recovery_verifier);
}

/* What a replacement that was cut off left of itself. */
static int remove_temporaries(int dir, struct err *err)
{
	struct os_dir *names = NULL;
	struct os_name name;
	int got;

	if (os_dir_open(&names, dir, ".", err) != 0)
		return -1;
	while ((got = os_dir_next(names, &name, err)) == 1)
		if (name.type == DT_REG && os_is_temporary(str_from(name.name)) && os_unlink(dir, name.name, err) != 0) {
			got = -1;
			break;
		}
	os_dir_close(names);
	return got;
}

/* All that init makes but the marker, which goes after it. */
static int remove_parts(int dir, struct err *err)
{
	/* archive.conf alone would be an archive that cannot be opened, so its going must outlive a power cut that the others' does. */
	if (os_unlink(dir, "archive.conf", err) != 0 || os_fsync_dir(dir, ".", err) != 0)
		return -1;
	for (size_t i = 0; i < sizeof(our_folders) / sizeof(our_folders[0]); i++)
		if (os_remove_tree(dir, our_folders[i], err) != 0)
			return -1;
	return remove_temporaries(dir, err);
}

static int remove_ours(int dir, struct err *err)
{
	if (remove_parts(dir, err) != 0 || os_fsync_dir(dir, ".", err) != 0)
		return -1;
	return os_unlink(dir, MARKER, err);
}

/* Whether the folder holds nothing but what init makes before archive.conf: above all no record. A marker that was left behind, or put there,
 * must not cost an archive that has merely lost its archive.conf. */
static int holds_only_ours(int dir, const char *path, struct err *err)
{
	static const char *const ours[] = {"0=ocfl_1.1", "ocfl_layout.json", "extensions"};
	struct os_dir *names = NULL;
	struct os_name name;
	int got, there = os_exists(dir, "records", err);

	if (there <= 0)
		return there;
	if (os_dir_open(&names, dir, "records", err) != 0)
		return -1;
	while ((got = os_dir_next(names, &name, err)) == 1) {
		bool known = os_is_temporary(str_from(name.name));

		for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
			known = known || strcmp(name.name, ours[i]) == 0;
		if (!known)
			break;
	}
	if (got == 1)
		err_set(err, ERR_EXISTS, "%s holds records; it has lost its archive.conf: put that back from a copy", path);
	os_dir_close(names);
	return got == 0 ? 0 : -1;
}

/* An empty folder, or one in which an earlier init was cut off before it said anything. */
static int require_empty(int dir, const char *path, struct err *err)
{
	struct os_dir *names = NULL;
	struct os_name name;
	bool unfinished = os_exists(dir, MARKER, NULL) == 1 && os_exists(dir, "archive.conf", NULL) == 0;
	int got;

	if (unfinished)
		return holds_only_ours(dir, path, err) != 0 ? -1 : remove_parts(dir, err);
	if (os_dir_open(&names, dir, ".", err) != 0)
		return -1;
	got = os_dir_next(names, &name, err);
	if (got == 1)
		err_set(err, ERR_EXISTS,
			os_exists(dir, "archive.conf", NULL) == 1 ? "%s is an archive already"
								  : "%s is not empty; name a new folder",
			path);
	os_dir_close(names);
	return got == 0 ? 0 : -1;
}

/* An archive inside another one would be damage to it: what its audit finds in records/ and did not log. */
static int require_outside(const char *path, struct err *err)
{
	struct buf typed = BUF_INIT, here = BUF_INIT, conf = BUF_INIT;
	bool whole = os_resolve(path, &here, NULL) == 0;
	int result = 0;

	buf_text(&typed, path);
	while (!whole && typed.n > 0) { /* the nearest folder above that is there */
		while (typed.n > 0 && typed.p[typed.n - 1] == '/')
			typed.n--;
		while (typed.n > 0 && typed.p[typed.n - 1] != '/')
			typed.n--;
		typed.p[typed.n] = '\0';
		if (os_resolve(typed.n > 0 ? typed.p : ".", &here, NULL) == 0)
			break;
	}
	for (bool first = whole; here.n > 0 && result == 0; first = false) {
		buf_clear(&conf);
		buf_str(&conf, buf_view(&here));
		buf_text(&conf, "/archive.conf");
		if (!first && os_exists(AT_FDCWD, conf.p, NULL) == 1)
			result = err_set(err, ERR_CONFLICT, "%s would lie inside the archive %.*s; name a folder outside it", path,
				STR_ARG(buf_view(&here)));
		while (here.n > 0 && here.p[here.n - 1] != '/')
			here.n--;
		if (here.n > 0)
			here.n--;
	}
	buf_release(&typed);
	buf_release(&here);
	buf_release(&conf);
	return result;
}

/* The marker, durable before anything else is made: without it what a power cut leaves could not be told from somebody's own folder. */
static int begin(int dir, struct err *err)
{
	int there = os_exists(dir, MARKER, err);

	if (there < 0 || (there == 0 && os_write_new(dir, MARKER, STR(""), 0600, err) != 0))
		return -1;
	return os_fsync_dir(dir, ".", err);
}

static void unique_origin(struct buf *out)
{
	unsigned char bytes[8];

	random_bytes(bytes, sizeof(bytes));
	buf_text(out, "archive-");
	buf_hex(out, bytes, sizeof(bytes));
	buf_text(out, ".invalid"); /* RFC 2606: never a real host, so never somebody else's */
}

/* The log's key into keys/, the recovery key into *made alone. */
static int make_keys(struct archive *archive, const struct archive_init *init, struct archive_made *made, struct err *err)
{
	unsigned char secret[ED25519_SECRET], public_key[ED25519_PUBLIC];
	struct vkey recovery = {.name = NULL};
	struct buf name = BUF_INIT;
	int result = -1;

	buf_str(&name, archive_origin(archive));
	buf_text(&name, "/recovery");
	if (ed25519_generate(secret, public_key, err) != 0 ||
		vkey_make(&archive->verifier, archive_origin(archive), NOTE_ED25519, public_key, err) != 0 ||
		keys_secret_write(archive->keys, KEY_NAME, &archive->verifier, secret, init->passphrase, err) != 0)
		goto out;
	archive->unlocked = init->passphrase.n > 0;
	if (archive->unlocked)
		memcpy(archive->secret, secret, sizeof(secret));
	if (ed25519_generate(secret, public_key, err) != 0 ||
		vkey_make(&recovery, buf_view(&name), NOTE_ED25519, public_key, err) != 0)
		goto out;
	keys_secret_format(&made->recovery_secret, &recovery, secret);
	vkey_format(&made->recovery_verifier, &recovery);
	vkey_format(&made->verifier, &archive->verifier);
	archive->conf.verifier = mem_dup(buf_view(&made->verifier));
	result = 0;
out:
	mem_wipe(secret, sizeof(secret));
	vkey_release(&recovery);
	buf_release(&name);
	return result;
}

static int make_folders(struct archive *archive, struct err *err)
{
	if (os_mkdir(archive->dir, "keys", err) != 0 || os_mkdir(archive->dir, "staging", err) != 0 ||
		os_mkdir(archive->dir, "derived", err) != 0 || store_create(archive->dir, "records", err) != 0 ||
		log_create(archive->dir, "log", err) != 0)
		return -1;
	archive->keys = os_open(archive->dir, "keys", O_RDONLY | O_DIRECTORY, 0, err);
	archive->staging = os_open(archive->dir, "staging", O_RDONLY | O_DIRECTORY, 0, err);
	if (archive->keys < 0 || archive->staging < 0)
		return -1;
	if (fchmod(archive->keys, 0700) != 0 || fchmod(archive->staging, 0700) != 0)
		return err_sys(err, "cannot close keys/ and staging/ to others");
	return 0;
}

static int log_genesis(struct archive *archive, const struct archive_init *init, const struct archive_made *made, struct err *err)
{
	struct entry entry = {.kind = ENTRY_GENESIS,
		.origin = archive_origin(archive),
		.time = os_now(),
		.key = buf_view(&made->verifier),
		.recovery = buf_view(&made->recovery_verifier),
		.predecessor = init->predecessor};
	struct batch_item item = {.kind = ITEM_NONE};
	struct batch *batch = NULL;
	struct buf text = BUF_INIT;
	int result = -1;

	archive->writable = true;
	if (entry_format(&text, &entry, err) != 0 || batch_open(&batch, archive, err) != 0 ||
		batch_add(batch, &item, buf_view(&text), err) != 0)
		goto out;
	result = batch_commit(batch, NULL, NULL, err);
out:
	batch_free(batch);
	buf_release(&text);
	return result;
}

/* Where a sync a batch is not enough, every file and folder that init made is synced by name, and those by which the archive is reached:
 * they may be new as well. */
static int sync_skeleton(struct archive *archive, const char *path, struct os_batch *batch, struct err *err)
{
	static const char *const files[] = {"records/0=ocfl_1.1", "records/ocfl_layout.json",
		"records/extensions/0003-hash-and-id-n-tuple-storage-layout/config.json"};
	static const char *const folders[] = {"records/extensions/0003-hash-and-id-n-tuple-storage-layout", "records/extensions",
		"records", "log", "keys", "staging", "derived", "."};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (os_batch_wrote(batch, archive->dir, files[i], err) != 0)
			return -1;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (os_batch_wrote_dir(batch, archive->dir, folders[i], err) != 0)
			return -1;
	if (os_batch_per_file(batch) && os_fsync_parents(path, err) != 0)
		return -1;
	return os_batch_sync(batch, err);
}

static int fill(struct archive *archive, const struct archive_init *init, struct archive_made *made, struct err *err)
{
	struct os_batch *batch = NULL;
	struct buf conf = BUF_INIT;
	int result = -1;

	if (os_batch_open(&batch, archive->dir, err) != 0 || begin(archive->dir, err) != 0)
		goto out;
	archive->conf.origin = mem_dup(buf_view(&made->origin));
	archive->conf.title = mem_dup(init->title);
	archive->conf.digest = mem_dup(str_from(digest_name(init->digest)));
	archive->conf.keys = mem_dup(STR("keys"));
	archive->conf.quorum = mem_dup(STR("none"));
	archive->digest = init->digest;
	if (make_folders(archive, err) != 0 || make_keys(archive, init, made, err) != 0 ||
		sync_skeleton(archive, init->path, batch, err) != 0)
		goto out;
	if (store_open(&archive->store, archive->dir, "records", archive->digest, err) != 0 ||
		log_open(&archive->log, archive->dir, "log", NULL, err) != 0 || log_genesis(archive, init, made, err) != 0)
		goto out;
	conf_write(&conf, &archive->conf);
	if (buf_check(&conf, "archive.conf", err) != 0 || os_replace(archive->dir, "archive.conf", buf_view(&conf), 0644, err) != 0)
		goto out;
	if (os_unlink(archive->dir, MARKER, err) != 0)
		goto out;
	result = os_fsync_dir(archive->dir, ".", err);
out:
	os_batch_free(batch);
	buf_release(&conf);
	return result;
}

/* A holder's folder: the same, but the log and what it names are another's, and so is its key. */
static int fill_holder(struct archive *archive, const struct archive_hold_init *init, struct err *err)
{
	struct holdings holdings = {.holder = true};
	struct os_batch *batch = NULL;
	struct buf conf = BUF_INIT, verifier = BUF_INIT, held = BUF_INIT;
	struct head head;
	int result = -1;

	memset(&head, 0, sizeof(head));
	merkle_empty(&head.root);
	vkey_format(&verifier, init->verifier);
	if (os_batch_open(&batch, archive->dir, err) != 0 || begin(archive->dir, err) != 0)
		goto out;
	archive->conf.origin = mem_dup(str_from(init->verifier->name));
	archive->conf.title = mem_dup(init->title);
	archive->conf.digest = mem_dup(str_from(digest_name(init->digest)));
	archive->conf.keys = mem_dup(STR("keys"));
	archive->conf.quorum = mem_dup(STR("none"));
	archive->conf.verifier = mem_dup(buf_view(&verifier));
	holdings_format(&held, &holdings, archive_origin(archive));
	if (make_folders(archive, err) != 0 || head_write(archive->keys, archive_origin(archive), &head, err) != 0 ||
		os_replace(archive->dir, HELD_NAME, buf_view(&held), 0644, err) != 0 ||
		sync_skeleton(archive, init->path, batch, err) != 0)
		goto out;
	conf_write(&conf, &archive->conf);
	if (buf_check(&conf, "archive.conf", err) != 0 ||
		os_replace(archive->dir, "archive.conf", buf_view(&conf), 0644, err) != 0 ||
		os_unlink(archive->dir, MARKER, err) != 0)
		goto out;
	result = os_fsync_dir(archive->dir, ".", err);
out:
	os_batch_free(batch);
	buf_release(&conf);
	buf_release(&verifier);
	buf_release(&held);
	return result;
}

/* The folder, made or empty, opened. *made: it is ours to take away again. */
static int enter_folder(struct archive *archive, const char *path, bool *made, struct err *err)
{
	int there = os_exists(AT_FDCWD, path, err);

	*made = false;
	if (there < 0 || (there == 0 && os_mkdirs(AT_FDCWD, path, err) != 0))
		return -1;
	*made = there == 0;
	archive->dir = os_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0, err);
	if (archive->dir < 0)
		return -1;
	if (require_empty(archive->dir, path, err) == 0)
		return 0;
	*made = false;
	return -1;
}

int archive_hold_init(const struct archive_hold_init *init, struct err *err)
{
	struct archive archive;
	bool made_folder = false;
	int result = -1;

	if (require_outside(init->path, err) != 0)
		return -1;
	archive_start(&archive);
	archive.path = mem_dup(str_from(init->path));
	if (enter_folder(&archive, init->path, &made_folder, err) != 0)
		goto out;
	result = fill_holder(&archive, init, err);
	if (result != 0)
		(void)remove_ours(archive.dir, NULL);
out:
	archive_release(&archive);
	if (result != 0 && made_folder)
		(void)os_rmdir(AT_FDCWD, init->path, NULL);
	return result;
}

int archive_init(const struct archive_init *init, struct archive_made *made, struct err *err)
{
	struct archive archive;
	struct archive_init filled = *init;
	struct str path = str_from(init->path);
	bool made_folder = false;
	int result = -1;

	memset(made, 0, sizeof(*made));
	if (init->origin.n > 0 && !origin_valid(init->origin))
		return err_set(err, ERR_USAGE,
			"\"%.*s\" is no origin; it looks like example.org/archive: a host name and a path, without https:// and "
			"spaces",
			STR_ARG(init->origin));
	if (init->predecessor.n > 0 && (!origin_valid(init->predecessor) || str_equal(init->predecessor, init->origin)))
		return err_set(err, ERR_USAGE, "\"%.*s\" cannot be the predecessor: it is the origin of another archive",
			STR_ARG(init->predecessor));
	if (require_outside(init->path, err) != 0)
		return -1;
	archive_start(&archive);
	archive.path = mem_dup(path);
	if (init->origin.n > 0)
		buf_str(&made->origin, init->origin);
	else
		unique_origin(&made->origin);
	if (filled.title.n == 0) {
		while (path.n > 1 && path.p[path.n - 1] == '/')
			path.n--;
		for (filled.title = path; str_take_until(&path, '/', &filled.title);)
			;
	}
	if (enter_folder(&archive, init->path, &made_folder, err) != 0)
		goto out;
	result = fill(&archive, &filled, made, err);
	if (result != 0)
		(void)remove_ours(archive.dir, NULL);
out:
	archive_release(&archive);
	if (result != 0) {
		if (made_folder)
			(void)os_rmdir(AT_FDCWD, init->path, NULL);
		archive_made_release(made);
	}
	return result;
}
