/* Opening and closing an archive: lock, recovery, and whether it may be written to. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

#define LOCK_NAME "lock"

void archive_start(struct archive *archive)
{
	memset(archive, 0, sizeof(*archive));
	archive->dir = archive->keys = archive->staging = archive->lock = -1;
}

void archive_say(struct archive *archive, const char *format, ...)
{
	char text[2048];
	va_list arguments;

	if (archive->notice == NULL || archive->notices > NOTICES_MAX)
		return;
	if (archive->notices++ == NOTICES_MAX) {
		archive->notice(archive->notice_context, "more of this kind is not shown");
		return;
	}
	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	archive->notice(archive->notice_context, text);
}

bool archive_contains(const struct archive *archive, const char *path)
{
	struct buf real = BUF_INIT;
	size_t n = strlen(archive->path);
	bool within = os_resolve(path, &real, NULL) == 0 && str_starts(buf_view(&real), str_from(archive->path)) &&
		      (real.n == n || real.p[n] == '/');

	buf_release(&real);
	return within;
}

bool archive_is_folder(const struct archive *archive, int fd)
{
	struct stat ours, theirs;

	return os_stat_fd(archive->dir, archive->path, &ours, NULL) == 0 && os_stat_fd(fd, archive->path, &theirs, NULL) == 0 &&
	       ours.st_ino == theirs.st_ino && ours.st_dev == theirs.st_dev;
}

static void release_keys(struct archive *archive)
{
	vkey_release(&archive->verifier);
	for (size_t i = 0; i < archive->log_key_count; i++)
		vkey_release(&archive->log_keys[i]);
	free(archive->log_keys);
	archive->log_keys = NULL;
	archive->log_key_count = 0;
}

void archive_release(struct archive *archive)
{
	catalogue_free(archive->catalogue);
	log_free(archive->log);
	store_free(archive->store);
	release_keys(archive);
	conf_release(&archive->conf);
	undecided_forget(archive);
	holdings_release(&archive->holdings);
	os_close(archive->keys);
	os_close(archive->lock);
	os_close(archive->staging);
	os_close(archive->dir);
	buf_release(&archive->parent);
	buf_release(&archive->parent_level);
	free(archive->path);
	mem_wipe(archive->secret, sizeof(archive->secret));
	if (archive->passphrase.p != NULL)
		mem_wipe(archive->passphrase.p, archive->passphrase.n);
	buf_release(&archive->passphrase);
	archive_start(archive);
}

void archive_close(struct archive *archive)
{
	if (archive == NULL)
		return;
	archive_release(archive);
	free(archive);
}

int archive_refresh(struct archive *archive, struct err *err)
{
	/* A keeper's may have begun to be caught up (C2): that is written before the log goes on. */
	return log_refresh(archive->log, err) != 0 ? -1 : archive_reread_holdings(archive, err);
}

int archive_reread_holdings(struct archive *archive, struct err *err)
{
	struct holdings holdings;

	if (holdings_read(&holdings, archive->dir, archive_origin(archive), err) != 0)
		return -1;
	if (!holdings_same_without(&archive->holdings, &holdings))
		undecided_forget(archive);
	holdings_release(&archive->holdings);
	archive->holdings = holdings;
	return 0;
}

struct str archive_origin(const struct archive *archive)
{
	return str_from(archive->conf.origin);
}

struct str archive_title(const struct archive *archive)
{
	return str_from(archive->conf.title);
}

int archive_fd(const struct archive *archive)
{
	return archive->dir;
}

const char *archive_path(const struct archive *archive)
{
	return archive->path;
}

struct log *archive_log(struct archive *archive)
{
	return archive->log;
}

struct store *archive_store(struct archive *archive)
{
	return archive->store;
}

enum digest_alg archive_digest(const struct archive *archive)
{
	return archive->digest;
}

int archive_folder(const struct archive *archive)
{
	return archive->dir;
}

const struct vkey *archive_key(const struct archive *archive)
{
	return &archive->verifier;
}

const struct vkey *archive_log_keys(const struct archive *archive, size_t *count)
{
	*count = archive->log_key_count;
	return archive->log_keys;
}

void conf_policy(const struct conf *conf, const struct vkey *log, struct buf *out)
{
	bool none = conf->witness_count == 0 || strcmp(conf->quorum, "none") == 0;

	buf_text(out, "# Trust policy (c2sp.org/tlog-policy) for receipts of this archive.\nlog ");
	vkey_format(out, log);
	buf_printf(out, " https://%s\n", conf->origin);
	/* Who holds a former key, rightly or not, can sign with it still: then only the witnesses tell its checkpoints from true ones. */
	for (size_t i = 0; !none && i < conf->former_count; i++)
		buf_printf(out, "log %s\n", conf->former[i]);
	for (size_t i = 0; i < conf->witness_count; i++) {
		const struct conf_witness *witness = &conf->witnesses[i];

		buf_printf(
			out, "witness %s %s%s%s\n", witness->name, witness->key, witness->url[0] == '\0' ? "" : " ", witness->url);
	}
	if (none) {
		buf_text(out, "quorum none\n");
		return;
	}
	buf_printf(out, "group witnesses %s", conf->quorum);
	for (size_t i = 0; i < conf->witness_count; i++)
		buf_printf(out, " %s", conf->witnesses[i].name);
	buf_text(out, "\nquorum witnesses\n");
}

void archive_policy(const struct archive *archive, struct buf *out)
{
	conf_policy(&archive->conf, &archive->verifier, out);
}

/* The policy that archive.conf makes must be one that verifiers accept. */
static int check_policy(const struct archive *archive, struct err *err)
{
	struct buf text = BUF_INIT;
	struct policy *policy = NULL;
	int result;

	archive_policy(archive, &text);
	result = policy_parse(&policy, buf_view(&text), err);
	if (result != 0)
		err_note(err, "archive.conf: its witnesses and quorum make no policy");
	policy_free(policy);
	buf_release(&text);
	return result;
}

int archive_load_keys(struct archive *archive, struct err *err)
{
	const struct conf *conf = &archive->conf;

	release_keys(archive);
	if (vkey_parse(&archive->verifier, str_from(conf->verifier), err) != 0)
		return err_note(err, "archive.conf: verifier");
	archive->log_keys = mem_array(conf->former_count + 1, sizeof(*archive->log_keys));
	for (size_t i = 0; i <= conf->former_count; i++) {
		const char *text = i == 0 ? conf->verifier : conf->former[i - 1];
		struct vkey *key = &archive->log_keys[i];

		if (vkey_parse(key, str_from(text), err) != 0)
			return err_note(err, "archive.conf: former");
		archive->log_key_count++;
		if (key->type != NOTE_ED25519 || strcmp(key->name, conf->origin) != 0)
			return err_set(err, ERR_SYNTAX, "archive.conf: %s is not the key of origin %s",
				i == 0 ? "verifier" : "former", conf->origin);
	}
	return 0;
}

/* By the log's key; a copy that is fetched, by a former one if the checkpoint of the newer did not come along any more (T6). */
static int open_log(struct archive *archive, struct err *err)
{
	archive->log_key = 0;
	if (log_open(&archive->log, archive->dir, "log", &archive->verifier, &archive->log_error) != 0)
		archive->log = NULL;
	/* After the log: `held` is there before the log goes on (C2). */
	if (archive_reread_holdings(archive, err) != 0)
		return -1;
	if (archive->log != NULL || archive->log_error.code != ERR_MISMATCH || !archive->holdings.holder)
		return 0;
	for (size_t i = 1; i < archive->log_key_count && archive->log == NULL; i++) {
		if (log_open(&archive->log, archive->dir, "log", &archive->log_keys[i], NULL) != 0)
			archive->log = NULL;
		else
			archive->log_key = i;
	}
	if (archive->log != NULL)
		err_clear(&archive->log_error);
	return 0;
}

int archive_open_parts(struct archive *archive, bool lenient, struct err *err)
{
	archive->digest = digest_named(str_from(archive->conf.digest));
	if (archive_load_keys(archive, err) != 0 || check_policy(archive, err) != 0)
		return -1;
	archive->staging = os_open(archive->dir, "staging", O_RDONLY | O_DIRECTORY, 0, NULL);
	archive->keys = os_open(archive->dir, archive->conf.keys, O_RDONLY | O_DIRECTORY, 0, NULL);
	if (store_open(&archive->store, archive->dir, "records", archive->digest, err) != 0)
		return err == NULL || err->code != ERR_NOT_FOUND ? -1
								 : err_set(err, ERR_NOT_FOUND,
									   "records/ is gone from %s: put it back from a copy of "
									   "the archive, or get the whole archive "
									   "back from its holders with photostat hold restore",
									   archive->path);
	if (open_log(archive, err) != 0)
		return -1;
	if (archive->log != NULL || lenient)
		return 0;
	if (err != NULL)
		*err = archive->log_error;
	return -1;
}

int archive_lock(struct archive *archive, bool wait, void (*notice)(void *, const char *), void *context, struct err *err)
{
	struct err why = ERR_INIT;

	if (archive->staging < 0) {
		if (wait)
			return err_set(err, ERR_CONFLICT,
				"%s/staging is missing or closed to you: deposits are made there; make the folder again",
				archive->path);
		return 0;
	}
	archive->lock = os_open(archive->staging, LOCK_NAME, O_RDWR | O_CREAT, 0600, err);
	if (archive->lock < 0)
		return wait ? err_note(err, "cannot write to this archive") : 0;
	if (os_lock(archive->lock, true, "staging/" LOCK_NAME, &why) == 0)
		return 1;
	if (why.code != ERR_CONFLICT || !wait)
		goto fail;
	if (notice != NULL)
		notice(context, "another photostat is writing to this archive; waiting for it to finish");
	if (os_lock_wait(archive->lock, true, "staging/" LOCK_NAME, &why) == 0)
		return 1;
fail:
	if (wait && err != NULL)
		*err = why;
	os_close(archive->lock);
	archive->lock = -1;
	return wait ? -1 : 0;
}

static int wrong_key(const struct archive *archive, struct err *err)
{
	return err_set(err, ERR_CONFLICT, "read-only: %s/" KEY_NAME " is not the key of this log; put the right key back",
		archive->conf.keys);
}

static bool is_our_key(const struct archive *archive, const struct vkey *key)
{
	return key->id == archive->verifier.id && memcmp(key->public_key, archive->verifier.public_key, ED25519_PUBLIC) == 0 &&
	       strcmp(key->name, archive->verifier.name) == 0;
}

static int check_key(struct archive *archive, struct err *err)
{
	unsigned char secret[ED25519_SECRET];
	struct vkey key = {.name = NULL};
	bool encrypted = false;
	int result = -1;

	if (keys_secret_read(archive->keys, KEY_NAME, NOTE_ED25519, &archive->asks, &key, secret, &encrypted, err) != 0) {
		err_note(err, "read-only: no key to sign with: in %s/", archive->conf.keys);
		goto out;
	}
	if (!is_our_key(archive, &key)) {
		wrong_key(archive, err);
		goto out;
	}
	archive->unlocked = encrypted;
	if (encrypted)
		memcpy(archive->secret, secret, sizeof(secret));
	result = 0;
out:
	mem_wipe(secret, sizeof(secret));
	vkey_release(&key);
	return result;
}

/* For who signs nothing: nobody is asked for a passphrase. */
static int check_public_key(struct archive *archive, struct err *err)
{
	struct vkey key = {.name = NULL};
	int result;

	if (keys_public_read(archive->keys, KEY_NAME, &key, err) != 0)
		return err_note(err, "read-only: no key to sign with: in %s/", archive->conf.keys);
	result = is_our_key(archive, &key) ? 0 : wrong_key(archive, err);
	vkey_release(&key);
	return result;
}

/* DESIGN: compare the checkpoint with the head beside the key; if the head is ahead, become read-only and say how to catch up. */
static int check_head(struct archive *archive, struct err *err)
{
	struct head head;
	struct merkle_proof proof;

	if (head_read(archive->keys, archive_origin(archive), &head, err) != 0)
		return err_note(
			err, "read-only: it is not known how far this log was signed; restore the keys folder with its file head");
	if (head.size > log_size(archive->log))
		return err_set(err, ERR_CONFLICT,
			"read-only: the log holds %" PRIu64 " entries, but its key has signed %" PRIu64
			": an older copy was put back; fetch what lacks from a holder: photostat catch-up --from %s",
			log_size(archive->log), head.size, archive->conf.holder_count > 0 ? archive->conf.holders[0] : "URL");
	if (head.size == log_size(archive->log)) {
		if (!hash_equal(&head.root, log_root(archive->log)))
			return err_set(err, ERR_CONFLICT,
				"read-only: the log's root at size %" PRIu64 " is not the one that its key has signed", head.size);
		return 0;
	}
	if (head.size == 0) {
		/* a holder's first: nothing was signed before */
	} else if (log_consistency(archive->log, head.size, &proof, err) != 0 ||
		   merkle_verify_consistency(head.size, &head.root, log_size(archive->log), log_root(archive->log), &proof, err) !=
			   0) {
		return err_set(err, ERR_CONFLICT,
			"read-only: the log has another history than the one that its key has signed at size %" PRIu64, head.size);
	}
	head_advance(&head, log_size(archive->log), log_root(archive->log));
	return head_write(archive->keys, archive_origin(archive), &head, err);
}

/* What a killed os_replace left beside the file that it was to replace. */
static int sweep(int folder, struct err *err)
{
	struct os_dir *dir = NULL;
	struct os_name name;
	int got;

	if (os_dir_open(&dir, folder, ".", err) != 0)
		return -1;
	while ((got = os_dir_next(dir, &name, err)) == 1)
		if (name.type == DT_REG && os_is_temporary(str_from(name.name)) && os_unlink(folder, name.name, err) != 0)
			break;
	os_dir_close(dir);
	return got == 0 ? 0 : -1;
}

/* Somebody is to be asked how far the log has been seen before anything is signed: readers, who do not ask, finish nothing that signs. */
static bool names_others(const struct archive *archive)
{
	bool any = archive->conf.holder_count > 0;

	for (size_t i = 0; i < archive->conf.witness_count; i++)
		any = any || archive->conf.witnesses[i].url[0] != '\0';
	return any;
}

int archive_settle(struct archive *archive, bool sign, struct err *err)
{
	bool pending = false, changed;
	int begun;

	if (archive->keys < 0)
		return err_set(err, ERR_CONFLICT,
			"read-only: the keys folder \"%s\" cannot be opened; archive.conf says where it lies", archive->conf.keys);
	if (rotation_take_key(archive, err) != 0 || batch_pending(archive, &pending, err) != 0)
		return -1;
	begun = rotation_begun(archive, err);
	if (begun < 0)
		return -1;
	if (!sign && (pending || begun == 1) && names_others(archive))
		return err_set(err, ERR_CONFLICT, "a change was interrupted; the next command that writes finishes it");
	sign = sign || pending || begun == 1;
	if (behind_refuse(archive, err) != 0) /* C1 */
		return -1;
	if ((sign ? check_key(archive, err) : check_public_key(archive, err)) != 0 || take_recover(archive, err) != 0 ||
		batch_recover(archive, err) != 0 || rotation_finish(archive, &changed, err) != 0 ||
		(changed && check_key(archive, err) != 0))
		return -1;
	if (check_head(archive, err) != 0 || sweep(archive->dir, err) != 0 || sweep(archive->keys, err) != 0 ||
		sweep(log_fd(archive->log), err) != 0)
		return -1;
	return 0;
}

static int make_writable(struct archive *archive, struct err *err)
{
	/* What `held` says now, with the lock. */
	if (archive_reread_holdings(archive, err) != 0 || (archive->holdings.keeper && archive_catch_up_end(archive, err) != 0))
		return -1;
	if (archive_settle(archive, true, err) != 0 || rotation_refuse_ended(archive, err) != 0)
		return -1;
	archive->writable = true;
	return 0;
}

/* A holder's: nothing was ever signed here, and what was taken over and not committed is thrown away. */
static int make_holdable(struct archive *archive, struct err *err)
{
	if (archive->keys < 0)
		return err_set(err, ERR_CONFLICT, "the keys folder \"%s\" cannot be opened", archive->conf.keys);
	if (check_head(archive, err) != 0 || take_recover(archive, err) != 0 || sweep(archive->dir, err) != 0 ||
		sweep(archive->keys, err) != 0 || sweep(log_fd(archive->log), err) != 0)
		return -1;
	return archive_reread_holdings(archive, err); /* what `held` says now, with the lock */
}

/* A keeper's that is behind. The head may be ahead, and what was interrupted here is left as it is: nothing is signed. */
static int make_ready_to_catch_up(struct archive *archive, struct err *err)
{
	struct head head;

	if (archive->keys < 0)
		return err_set(err, ERR_CONFLICT, "the keys folder \"%s\" cannot be opened; archive.conf says where it lies",
			archive->conf.keys);
	if (head_read(archive->keys, archive_origin(archive), &head, err) != 0)
		return err_note(err, "it is not known how far this log was signed");
	if ((head.size <= log_size(archive->log) && check_head(archive, err) != 0) || take_recover(archive, err) != 0 ||
		sweep(archive->dir, err) != 0 || sweep(archive->keys, err) != 0 || sweep(log_fd(archive->log), err) != 0)
		return -1;
	return archive_reread_holdings(archive, err);
}

/* A reader finishes what a crash left if nobody is at work; where it cannot, it reads what is committed. */
static void recover_as_reader(struct archive *archive)
{
	bool pending = false;

	if (batch_pending(archive, &pending, NULL) != 0 || !pending || archive_lock(archive, false, NULL, NULL, NULL) != 1)
		return;
	if (log_refresh(archive->log, NULL) == 0)
		(void)(archive->holdings.holder ? make_holdable(archive, NULL) : archive_settle(archive, false, NULL));
	os_close(archive->lock);
	archive->lock = -1;
}

int archive_open(struct archive **out, const char *path, enum archive_mode mode, void (*notice)(void *, const char *),
	void *context, struct err *err)
{
	const struct archive_asks asks = {.notice = notice, .context = context};

	return archive_open_asking(out, path, mode, &asks, err);
}

static int ask_once(void *context, struct buf *out, struct err *err)
{
	struct archive *archive = context;

	archive->passphrase.max = PASSPHRASE_MAX;
	if (archive->passphrase.n == 0 && archive->outer.passphrase(archive->outer.context, &archive->passphrase, err) != 0)
		return -1;
	buf_str(out, buf_view(&archive->passphrase));
	return buf_check(&archive->passphrase, "the passphrase", err);
}

void archive_set_asks(struct archive *archive, const struct archive_asks *asks)
{
	if (asks == NULL || asks->passphrase == NULL)
		return;
	archive->outer = *asks;
	archive->asks = (struct archive_asks){.passphrase = ask_once, .context = archive};
}

int archive_follow_conf(struct archive *archive, bool lenient, struct err *err)
{
	struct conf now;

	if (conf_read(&now, archive->dir, err) != 0)
		return -1;
	if (archive->conf.verifier != NULL && strcmp(now.verifier, archive->conf.verifier) == 0) {
		conf_release(&now);
		return 0;
	}
	conf_release(&archive->conf);
	archive->conf = now;
	log_free(archive->log);
	archive->log = NULL;
	store_free(archive->store);
	archive->store = NULL;
	os_close(archive->keys);
	os_close(archive->staging);
	archive->keys = archive->staging = -1;
	return archive_open_parts(archive, lenient, err) != 0 ? -1 : 1;
}

static int open_parts(struct archive *archive, bool lenient, struct err *err)
{
	int result = archive_open_parts(archive, lenient, err);

	if ((result != 0 || archive->log == NULL) && archive->log_error.code == ERR_MISMATCH) {
		struct err why = ERR_INIT;

		switch (archive_follow_conf(archive, lenient, &why)) {
		case 1:
			result = 0;
			break;
		case 0:
			break;
		default:
			result = -1;
			if (err != NULL)
				*err = why;
		}
	}
	return result;
}

/* A copy of what somebody else keeps. */
static bool is_others(const struct archive *archive)
{
	return archive->holdings.holder && !archive->holdings.keeper;
}

int archive_open_asking(
	struct archive **out, const char *path, enum archive_mode mode, const struct archive_asks *asks, struct err *err)
{
	struct archive *archive = mem_alloc(sizeof(*archive));
	struct buf real = BUF_INIT;

	archive_start(archive);
	archive->notice = asks->notice;
	archive->notice_context = asks->context;
	archive->rekey = mode == ARCHIVE_REKEY;
	if (mode == ARCHIVE_WRITE || mode == ARCHIVE_REKEY)
		archive_set_asks(archive, asks);
	/* an archive may be named through a symbolic link */
	archive->path = mem_dup(os_resolve(path, &real, NULL) == 0 ? buf_view(&real) : str_from(path));
	buf_release(&real);
	archive->dir = os_open(AT_FDCWD, archive->path, O_RDONLY | O_DIRECTORY, 0, err);
	if (archive->dir < 0) {
		if (err != NULL && err->code == ERR_NOT_FOUND)
			err_set(err, ERR_NOT_FOUND, "there is no archive %s; make it with: photostat init %s", path, path);
		goto fail;
	}
	if (conf_read(&archive->conf, archive->dir, err) != 0) {
		if (err == NULL || err->code != ERR_NOT_FOUND)
			goto fail;
		if (os_exists(archive->dir, "log/checkpoint", NULL) == 1)
			err_set(err, ERR_NOT_FOUND,
				"%s has lost its archive.conf; put that back from a copy of the archive, or write it anew: its log "
				"is "
				"there",
				path);
		else
			err_set(err, ERR_NOT_FOUND,
				"%s is not an archive: it has no archive.conf; make one with: photostat init DIR", path);
		goto fail;
	}
	if ((mode == ARCHIVE_HOLD || mode == ARCHIVE_CATCH_UP) && holdings_mend(archive, mode == ARCHIVE_CATCH_UP, err) != 0)
		goto fail;
	if (open_parts(archive, mode == ARCHIVE_AUDIT, err) != 0)
		goto fail;
	if ((mode == ARCHIVE_WRITE || mode == ARCHIVE_REKEY || mode == ARCHIVE_CATCH_UP) && is_others(archive)) {
		err_set(err, ERR_CONFLICT, "%s is a holder's copy of %s: deposits and changes are its keeper's", path,
			archive->conf.origin);
		goto fail;
	}
	if (mode == ARCHIVE_CATCH_UP) {
		if (archive_lock(archive, true, asks->notice, asks->context, err) != 1 ||
			archive_follow_conf(archive, false, err) < 0 || log_refresh(archive->log, err) != 0 ||
			make_ready_to_catch_up(archive, err) != 0)
			goto fail;
	} else if (mode == ARCHIVE_HOLD) {
		if (!is_others(archive)) {
			err_set(err, ERR_CONFLICT, "%s is no holder's copy; make one with: photostat hold init DIR URL", path);
			goto fail;
		}
		if (archive_lock(archive, true, asks->notice, asks->context, err) != 1 ||
			archive_follow_conf(archive, false, err) < 0 || log_refresh(archive->log, err) != 0 ||
			make_holdable(archive, err) != 0)
			goto fail;
	} else if (mode != ARCHIVE_WRITE && mode != ARCHIVE_REKEY) {
		if (archive->log != NULL)
			recover_as_reader(archive);
	} else {
		if (archive_lock(archive, true, asks->notice, asks->context, err) != 1 ||
			archive_follow_conf(archive, false, err) < 0 || log_refresh(archive->log, err) != 0 ||
			make_writable(archive, err) != 0)
			goto fail;
	}
	*out = archive;
	return 0;
fail:
	archive_close(archive);
	return -1;
}

int archive_begin_writing(struct archive *archive, struct err *err)
{
	if (archive->writable)
		return 0;
	return err_set(err, ERR_CONFLICT, "this archive was opened to read");
}

int archive_find(struct buf *out, struct err *err)
{
	const char *named = getenv("PHOTOSTAT_ARCHIVE");
	char path[4096];

	if (named != NULL && named[0] != '\0') {
		buf_text(out, named);
		return 0;
	}
	if (getcwd(path, sizeof(path)) == NULL)
		return err_sys(err, "cannot tell the working directory");
	for (;;) {
		char *slash;
		int dir = os_open(AT_FDCWD, path[0] == '\0' ? "/" : path, O_RDONLY | O_DIRECTORY, 0, NULL);
		int there = dir < 0 ? 0 : os_exists(dir, "archive.conf", NULL);

		os_close(dir);
		if (there == 1) {
			buf_text(out, path[0] == '\0' ? "/" : path);
			return 0;
		}
		slash = strrchr(path, '/');
		if (slash == NULL || path[0] == '\0')
			return err_set(err, ERR_NOT_FOUND,
				"no archive here: name one with -C ARCHIVE or PHOTOSTAT_ARCHIVE, or make one with: photostat init "
				"DIR");
		*slash = '\0';
	}
}
