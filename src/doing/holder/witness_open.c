/* Making and opening a witness's folder. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "witness.h"

#define WITNESS_KEY "witness.key"
#define MIRROR_KEY "mirror.key"
#define LOG_BYTES_MAX (64u << 10)

static const char *const witness_folders[] = {"logs", "state", "aside", NULL};
static const char *const mirror_folders[] = {"logs", "state", "aside", "log", NULL};
const struct cosigner cosigner_witness = {"witness", WITNESS_KEY, true, witness_folders};
const struct cosigner cosigner_mirror = {"mirror", MIRROR_KEY, false, mirror_folders};

/* ---- making one ------------------------------------------------------------------------------------------------------------------- */

static int write_key(
	const struct cosigner *kind, int dir, struct str name, struct str passphrase, struct buf *verifier, struct err *err)
{
	unsigned char secret[ED25519_SECRET], public_key[ED25519_PUBLIC];
	struct vkey key = {.name = NULL};
	int result = -1;

	if (ed25519_generate(secret, public_key, err) != 0 || vkey_make(&key, name, NOTE_COSIGNATURE_V1, public_key, err) != 0)
		goto out;
	if (keys_secret_write(dir, kind->key_name, &key, secret, passphrase, err) != 0)
		goto out;
	vkey_format(verifier, &key);
	result = buf_check(verifier, "the verifier key", err);
out:
	mem_wipe(secret, sizeof(secret));
	vkey_release(&key);
	return result;
}

/* Nothing but what an init that was cut off had made: its key comes last. */
static int require_unused(const struct cosigner *kind, int dir, const char *path, struct err *err)
{
	struct os_dir *names = NULL;
	struct os_name name;
	int got;

	if (os_dir_open(&names, dir, ".", err) != 0)
		return -1;
	while ((got = os_dir_next(names, &name, err)) == 1) {
		bool known = os_is_temporary(str_from(name.name));

		for (size_t i = 0; kind->folders[i] != NULL; i++)
			known = known || strcmp(name.name, kind->folders[i]) == 0;
		if (!known)
			break;
	}
	if (got == 1 && os_exists(dir, kind->key_name, NULL) == 1)
		err_set(err, ERR_EXISTS, "%s is a %s's folder already", path, kind->word);
	else if (got == 1)
		err_set(err, ERR_EXISTS, "%s is not empty; name a new folder", path);
	os_dir_close(names);
	return got == 0 ? 0 : -1;
}

int cosigner_init(const struct cosigner *kind, const char *path, struct str name, struct str passphrase, struct buf *verifier,
	struct err *err)
{
	int dir = -1, result = -1;

	if (!vkey_name_valid(name) || name.n > VKEY_NAME_MAX)
		return err_set(err, ERR_SYNTAX,
			"\"%.*s\" cannot name a %s: a name such as example.org/%s, without spaces and plus signs", STR_ARG(name),
			kind->word, kind->word);
	if (os_mkdirs(AT_FDCWD, path, err) != 0)
		return -1;
	dir = os_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0, err);
	if (dir < 0 || require_unused(kind, dir, path, err) != 0)
		goto out;
	for (size_t i = 0; kind->folders[i] != NULL; i++)
		if (os_mkdir(dir, kind->folders[i], err) != 0)
			goto out;
	if (os_fsync_dir(dir, ".", err) != 0 || os_fsync_parents(path, err) != 0)
		goto out;
	result = write_key(kind, dir, name, passphrase, verifier, err);
out:
	os_close(dir);
	return result;
}

int witness_init(const char *path, struct str name, struct str passphrase, struct buf *verifier, struct err *err)
{
	return cosigner_init(&cosigner_witness, path, name, passphrase, verifier, err);
}

int holder_key_encrypt(const char *path, const struct archive_asks *asks, int (*fresh)(struct buf *passphrase, struct err *),
	struct vkey *key, bool *encrypted, struct err *err)
{
	unsigned char secret[ED25519_SECRET] = {0};
	struct buf passphrase = BUF_INIT;
	const char *name = WITNESS_KEY;
	int result = -1, dir = os_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0, err);

	*key = (struct vkey){.name = NULL};
	if (dir < 0)
		return -1;
	if (os_exists(dir, name, NULL) == 0)
		name = MIRROR_KEY;
	if (keys_secret_read(dir, name, NOTE_COSIGNATURE_V1, asks, key, secret, encrypted, err) != 0) {
		if (err != NULL && err->code == ERR_NOT_FOUND)
			err_set(err, ERR_NOT_FOUND,
				"%s is no witness's or mirror's folder: it has neither " WITNESS_KEY " nor " MIRROR_KEY, path);
		goto out;
	}
	if (fresh != NULL && fresh(&passphrase, err) != 0)
		goto out;
	result = fresh == NULL && !*encrypted ? 0 : keys_secret_write(dir, name, key, secret, buf_view(&passphrase), err);
out:
	mem_wipe(secret, sizeof(secret));
	if (passphrase.p != NULL)
		mem_wipe(passphrase.p, passphrase.n);
	buf_release(&passphrase);
	os_close(dir);
	return result;
}

/* ---- opening -------------------------------------------------------------------------------------------------------------------------- */

static int compare_logs(const void *a, const void *b)
{
	const struct witness_log *one = a, *other = b;

	return strcmp(one->state.hash, other->state.hash);
}

static int add_log(struct witness *witness, int folder, const char *name, struct err *err)
{
	struct buf text = BUF_INIT;
	struct known_log known;
	struct witness_log *log;
	int result = -1;

	if (os_read_file(folder, name, LOG_BYTES_MAX, &text, err) != 0 || known_log_parse(&known, buf_view(&text), err) != 0) {
		err_note(err, "logs/%s", name);
		goto out;
	}
	if (witness->log_count == WITNESS_LOGS_MAX) {
		known_log_release(&known);
		err_set(err, ERR_LIMIT, "logs/ has more than %d logs", WITNESS_LOGS_MAX);
		goto out;
	}
	if ((witness->log_count & (witness->log_count - 1)) == 0)
		witness->logs =
			mem_grow(witness->logs, witness->log_count == 0 ? 1 : 2 * witness->log_count, sizeof(*witness->logs));
	log = &witness->logs[witness->log_count++];
	*log = (struct witness_log){.known = known, .broken = ERR_INIT, .ahead_note = BUF_INIT};
	log->state.dir = witness->dir;
	log->state.origin = str_from(log->known.origin);
	holder_origin_hash(log->state.origin, log->state.hash);
	result = 0;
out:
	buf_release(&text);
	return result;
}

static int read_logs(struct witness *witness, struct err *err)
{
	struct os_dir *dir = NULL;
	struct os_name name;
	int got;

	if (os_dir_open(&dir, witness->dir, "logs", err) != 0)
		return -1;
	while ((got = os_dir_next(dir, &name, err)) == 1)
		if (name.name[0] != '.' && name.name[strlen(name.name) - 1] != '~' &&
			add_log(witness, os_dir_fd(dir), name.name, err) != 0)
			break;
	os_dir_close(dir);
	if (got != 0)
		return -1;
	if (witness->log_count > 0)
		qsort(witness->logs, witness->log_count, sizeof(*witness->logs), compare_logs);
	for (size_t i = 1; i < witness->log_count; i++)
		if (strcmp(witness->logs[i - 1].state.hash, witness->logs[i].state.hash) == 0)
			return err_set(err, ERR_SYNTAX, "logs/: two files are of %s; write all its keys into one",
				witness->logs[i].known.origin);
	return 0;
}

/* The state, and the checkpoint kept beside it, which tells when the state has lost its end (W3). */
static void load_state(struct witness *witness, struct witness_log *log)
{
	struct buf note = BUF_INIT;
	struct err why = ERR_INIT;
	int fd = state_lock(&log->state, &log->broken);

	if (fd < 0 || state_catch_up(&log->state, &log->broken) != 0)
		goto out;
	if (state_read_checkpoint(&log->state, &note, &why) == 0)
		(void)witness_see(witness, log, buf_view(&note), &why);
	if (!witness->kind->cosigns) {
		char path[HOLDER_HASH_TEXT + 24];

		(void)snprintf(path, sizeof(path), "log/%s/checkpoint", log->state.hash);
		buf_clear(&note);
		if (os_read_file(witness->dir, path, NOTE_MAX, &note, &why) == 0)
			(void)witness_see(witness, log, buf_view(&note), &why);
	}
out:
	os_close(fd);
	buf_release(&note);
}

int cosigner_open(struct witness **out, const struct cosigner *kind, const char *path, bool fresh, const struct archive_asks *asks,
	struct err *err)
{
	struct witness *witness = mem_alloc(sizeof(*witness));
	unsigned char secret[ED25519_SECRET];

	*out = NULL;
	witness->kind = kind;
	witness->dir = os_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0, err);
	if (witness->dir < 0)
		goto fail;
	if (keys_secret_read(witness->dir, kind->key_name, NOTE_COSIGNATURE_V1, asks, &witness->key, secret, NULL, err) != 0 ||
		ed25519_signer_new(&witness->signer, secret, err) != 0) {
		if (err != NULL && err->code == ERR_NOT_FOUND)
			err_set(err, ERR_NOT_FOUND, "%s is not a %s's folder: it has no %s", path, kind->word, kind->key_name);
		goto fail;
	}
	if (read_logs(witness, err) != 0 || peers_read(witness->dir, &witness->peers, &witness->peer_count, err) != 0)
		goto fail;
	for (size_t i = 0; i < witness->log_count; i++) {
		struct witness_log *log = &witness->logs[i];

		pthread_mutex_init(&log->lock, NULL);
		load_state(witness, log);
		log->certain = fresh && !log->state.any && !log->ahead;
	}
	mem_wipe(secret, sizeof(secret));
	*out = witness;
	return 0;
fail:
	mem_wipe(secret, sizeof(secret));
	/* no mutex was made yet */
	for (size_t i = 0; i < witness->log_count; i++)
		known_log_release(&witness->logs[i].known);
	witness->log_count = 0;
	witness_close(witness);
	return -1;
}

int witness_open(struct witness **out, const struct witness_options *options, struct err *err)
{
	return cosigner_open(out, &cosigner_witness, options->path, options->fresh, options->asks, err);
}

void witness_close(struct witness *witness)
{
	if (witness == NULL)
		return;
	for (size_t i = 0; i < witness->log_count; i++) {
		pthread_mutex_destroy(&witness->logs[i].lock);
		known_log_release(&witness->logs[i].known);
		buf_release(&witness->logs[i].ahead_note);
	}
	free(witness->logs);
	for (size_t i = 0; i < witness->peer_count; i++)
		free(witness->peers[i]);
	free(witness->peers);
	vkey_release(&witness->key);
	ed25519_signer_free(witness->signer);
	os_close(witness->dir);
	free(witness);
}

/* ---- looking ----------------------------------------------------------------------------------------------------------------------------- */

const struct vkey *witness_key(const struct witness *witness)
{
	return &witness->key;
}

struct witness_log *witness_find_hash(struct witness *witness, struct str hash)
{
	size_t low = 0, high = witness->log_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = str_compare(str_from(witness->logs[middle].state.hash), hash);

		if (order == 0)
			return &witness->logs[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

struct witness_log *witness_find(struct witness *witness, struct str origin)
{
	char hash[HOLDER_HASH_TEXT];

	holder_origin_hash(origin, hash);
	return witness_find_hash(witness, str_from(hash));
}

size_t witness_log_count(const struct witness *witness)
{
	return witness->log_count;
}

void witness_log_status(struct witness *witness, size_t i, struct witness_log_status *out)
{
	struct witness_log *log = &witness->logs[i];

	pthread_mutex_lock(&log->lock);
	*out = (struct witness_log_status){.origin = log->state.origin,
		.standing = log->broken.code != ERR_NONE ? WITNESS_BROKEN
			    : !log->certain              ? WITNESS_UNCERTAIN
			    : log->ahead                 ? WITNESS_BEHIND
							 : WITNESS_READY,
		.any = log->state.any,
		.size = log->state.size,
		.time = log->state.time,
		.why = log->broken};
	pthread_mutex_unlock(&log->lock);
}
