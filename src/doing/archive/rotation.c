/* Changing the log's key, and ending the log.
 *
 *        log.key.new ──► key entry: intent … checkpoint ──► archive.conf ──► log.key
 *   crash here: ◄ undone ┤ ├── finished at the next opening to write ──────────────┤
 *
 * K1  The new key is durable as keys/log.key.new before the intent that logs it stands; what stands there and is not logged is removed.
 * K2  The checkpoint that covers the key entry is signed by the old key and by the new one, so it verifies by archive.conf as it was and as it will
 *     be. No other is: a key that may be in other hands is not used again.
 * K3  archive.conf names the new key, and the old one as former, only after that checkpoint is durable.
 * K4  log.key is replaced by what log.key.new holds only after archive.conf is durable. From K2 to here nothing else is logged: whoever opens to
 *     write finishes this first.
 * K5  The old private key is gone with K4, and never before: until then it may still have to sign K2's checkpoint anew. log.key.new goes only
 *     after log.key is durable: at no moment is there one copy of the new key alone whose name a power cut may take.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define NEXT_NAME "log.key.new"

static bool same_key(const struct vkey *key, const struct vkey *other)
{
	return strcmp(key->name, other->name) == 0 && memcmp(key->public_key, other->public_key, ED25519_PUBLIC) == 0;
}

/* ---- entries that speak of keys ----------------------------------------------------------------------------------------------- */

/* Entry `index`, whose text is in *text; kinds without arrays alone, so *arena stays untouched for them. */
static int read_entry(
	struct archive *archive, uint64_t index, struct buf *text, struct arena *arena, struct entry *entry, struct err *err)
{
	if (log_entry(archive->log, index, text, err) != 0)
		return -1;
	return entry_parse(entry, buf_view(text), arena, err);
}

/* 1 if the text is a key entry for this key. */
static int names_key(struct str text, const struct vkey *key)
{
	struct arena arena = ARENA_INIT;
	struct vkey named = {.name = NULL};
	struct entry entry;
	int result = 0;

	if (entry_parse(&entry, text, &arena, NULL) == 0 && entry.kind == ENTRY_KEY && vkey_parse(&named, entry.key, NULL) == 0)
		result = same_key(&named, key);
	vkey_release(&named);
	arena_release(&arena);
	return result;
}

static int last_entry(struct archive *archive, struct buf *text, struct err *err)
{
	return log_size(archive->log) == 0 ? 0 : log_entry(archive->log, log_size(archive->log) - 1, text, err);
}

int rotation_cosign(struct archive *archive, struct str last, struct buf *note, struct str text, struct err *err)
{
	unsigned char secret[ED25519_SECRET];
	struct vkey key = {.name = NULL};
	int there = os_exists(archive->keys, NEXT_NAME, err), result = there;

	if (there != 1)
		return there;
	if (keys_public_read(archive->keys, NEXT_NAME, &key, err) != 0)
		return -1;
	result = names_key(last, &key) && !same_key(&key, &archive->verifier);
	vkey_release(&key);
	if (result == 0)
		return 0;
	result = keys_secret_read(archive->keys, NEXT_NAME, NOTE_ED25519, &archive->asks, &key, secret, NULL, err);
	if (result == 0)
		result = note_sign(note, text, &key, secret, err); /* K2 */
	mem_wipe(secret, sizeof(secret));
	vkey_release(&key);
	return result;
}

/* ---- from the key entry to the new log.key ----------------------------------------------------------------------------------------- */

/* K4. A copy, not a rename: were the sync of that to fail, a power cut could leave neither name with the new key. */
static int take_key(struct archive *archive, struct err *err)
{
	struct buf text = BUF_INIT;
	int result = -1;

	if (os_read_file(archive->keys, NEXT_NAME, KEY_FILE_MAX, &text, err) == 0 &&
		os_replace(archive->keys, KEY_NAME, buf_view(&text), 0600, err) == 0 &&
		os_unlink(archive->keys, NEXT_NAME, err) == 0)
		result = os_fsync_dir(archive->keys, ".", err);
	if (text.p != NULL)
		mem_wipe(text.p, text.n);
	buf_release(&text);
	return result;
}

int rotation_begun(struct archive *archive, struct err *err)
{
	return os_exists(archive->keys, NEXT_NAME, err);
}

int rotation_take_key(struct archive *archive, struct err *err)
{
	struct vkey next = {.name = NULL};
	int there = os_exists(archive->keys, NEXT_NAME, err), result = there;

	if (there == 1) {
		result = keys_public_read(archive->keys, NEXT_NAME, &next, err);
		/* What is read of archive.conf may be in the cache alone, where its sync was what failed. */
		if (result == 0 && same_key(&next, &archive->verifier))
			result = conf_settle(archive->dir, err) != 0 ? -1 : take_key(archive, err);
		vkey_release(&next);
	}
	return result;
}

/* The handle goes on under the new key. */
static int switch_key(struct archive *archive, const struct vkey *next, struct err *err)
{
	struct log *log = NULL;

	if (log_open(&log, archive->dir, "log", next, err) != 0)
		return -1;
	log_free(archive->log);
	archive->log = log;
	archive->unlocked = false;
	mem_wipe(archive->secret, sizeof(archive->secret));
	return archive_load_keys(archive, err);
}

int rotation_finish(struct archive *archive, bool *changed, struct err *err)
{
	struct vkey next = {.name = NULL};
	struct buf text = BUF_INIT, verifier = BUF_INIT;
	int there = os_exists(archive->keys, NEXT_NAME, err), result = -1;

	*changed = false;
	if (there != 1)
		return there;
	if (keys_public_read(archive->keys, NEXT_NAME, &next, err) != 0 || last_entry(archive, &text, err) != 0)
		goto out;
	if (!names_key(buf_view(&text), &next)) { /* K1 */
		result = os_unlink(archive->keys, NEXT_NAME, err) != 0 ? -1 : os_fsync_dir(archive->keys, ".", err);
		goto out;
	}
	vkey_format(&verifier, &next);
	if (conf_change_key(&archive->conf, archive->dir, buf_view(&verifier), err) != 0 || /* K3 */
		take_key(archive, err) != 0 || switch_key(archive, &next, err) != 0)
		goto out;
	*changed = true;
	result = 0;
out:
	if (result != 0)
		err_note(err, "the change of the log's key is begun and not finished");
	vkey_release(&next);
	buf_release(&text);
	buf_release(&verifier);
	return result;
}

/* ---- key rotate ------------------------------------------------------------------------------------------------------------------- */

struct signer {
	struct vkey key;
	unsigned char secret[ED25519_SECRET];
};

static void signer_release(struct signer *signer)
{
	vkey_release(&signer->key);
	mem_wipe(signer->secret, sizeof(signer->secret));
}

/* The recovery key as init printed it, if it is the one that entry 0 names. */
static int read_recovery(struct archive *archive, struct str line, struct signer *recovery, struct err *err)
{
	struct arena arena = ARENA_INIT;
	struct buf text = BUF_INIT;
	struct vkey named = {.name = NULL};
	struct entry genesis;
	int result = -1;

	if (str_ends(line, STR("\n")))
		line.n--;
	if (keys_secret_parse(line, NOTE_ED25519, &recovery->key, recovery->secret, err) != 0) {
		err_note(err, "the recovery key");
		goto out;
	}
	if (read_entry(archive, 0, &text, &arena, &genesis, err) != 0 || vkey_parse(&named, genesis.recovery, err) != 0)
		goto out;
	result = same_key(&named, &recovery->key)
			 ? 0
			 : err_set(err, ERR_MISMATCH, "this is not the recovery key that entry 0 of the log names, %s+%08x",
				   named.name, named.id);
out:
	vkey_release(&named);
	arena_release(&arena);
	buf_release(&text);
	return result;
}

static int make_key_entry(struct archive *archive, const struct signer *old, const struct signer *next,
	const struct signer *recovery, struct buf *out, struct err *err)
{
	const struct signer *const signers[3] = {old, next, recovery};
	static const char *const roles[3] = {"old", "new", "recovery"};
	struct buf message = BUF_INIT, verifier = BUF_INIT;
	struct entry entry = {.kind = ENTRY_KEY,
		.origin = archive_origin(archive),
		.time = os_now(),
		.key_index = log_size(archive->log),
		.key_root = *log_root(archive->log),
		.signature_count = 3};
	int result = -1;

	vkey_format(&verifier, &next->key);
	entry.key = buf_view(&verifier);
	entry_key_message(&message, &entry);
	for (size_t i = 0; i < 3; i++) {
		entry.signatures[i].role = str_from(roles[i]);
		if (ed25519_sign(signers[i]->secret, buf_view(&message), entry.signatures[i].bytes, err) != 0)
			goto out;
	}
	/* What a verifier would refuse must not be logged: it could not be taken back. */
	if (entry_key_verify(&entry, &old->key, &recovery->key, err) == 0)
		result = entry_format(out, &entry, err);
out:
	buf_release(&message);
	buf_release(&verifier);
	return result;
}

static int log_entry_alone(struct archive *archive, struct str text, struct err *err)
{
	const struct batch_item item = {.kind = ITEM_NONE};
	struct batch *batch = NULL;
	int result = -1;

	if (batch_open(&batch, archive, err) == 0 && batch_add(batch, &item, text, err) == 0)
		result = batch_commit(batch, NULL, NULL, err);
	batch_free(batch);
	return result;
}

int archive_key_rotate(struct archive *archive, struct str recovery_line, struct err *err)
{
	struct signer old = {.key = {.name = NULL}}, next = {.key = {.name = NULL}}, recovery = {.key = {.name = NULL}};
	unsigned char public_key[ED25519_PUBLIC];
	struct buf text = BUF_INIT;
	bool changed;
	int result = -1;

	if (archive_begin_writing(archive, err) != 0 || read_recovery(archive, recovery_line, &recovery, err) != 0 ||
		archive_secret(archive, &old.key, old.secret, err) != 0)
		goto out;
	if (ed25519_generate(next.secret, public_key, err) != 0 ||
		vkey_make(&next.key, archive_origin(archive), NOTE_ED25519, public_key, err) != 0 ||
		make_key_entry(archive, &old, &next, &recovery, &text, err) != 0)
		goto out;
	if (keys_secret_write(archive->keys, NEXT_NAME, &next.key, next.secret, buf_view(&archive->passphrase), err) !=
			0 || /* K1 */
		log_entry_alone(archive, buf_view(&text), err) != 0 ||
		rotation_finish(archive, &changed, err) != 0)
		goto out;
	result = changed ? 0 : err_set(err, ERR_INTERNAL, "the key entry is logged and its key is not");
out:
	signer_release(&old);
	signer_release(&next);
	signer_release(&recovery);
	buf_release(&text);
	return result;
}

/* ---- key end ----------------------------------------------------------------------------------------------------------------------- */

int archive_ended(struct archive *archive, uint64_t *index, struct buf *successor, struct err *err)
{
	struct arena arena = ARENA_INIT;
	struct buf text = BUF_INIT;
	struct entry entry;
	int result = -1;

	if (log_size(archive->log) == 0)
		return 0;
	*index = log_size(archive->log) - 1;
	if (read_entry(archive, *index, &text, &arena, &entry, err) != 0)
		goto out;
	result = entry.kind == ENTRY_END;
	if (result == 1)
		buf_str(successor, entry.successor);
out:
	arena_release(&arena);
	buf_release(&text);
	return result;
}

int rotation_refuse_ended(struct archive *archive, struct err *err)
{
	struct buf successor = BUF_INIT;
	uint64_t index = 0;
	int ended = archive_ended(archive, &index, &successor, err);

	if (ended == 1 && successor.n > 0)
		err_set(err, ERR_CONFLICT, "read-only: this log ended with entry %" PRIu64 "; it goes on as %.*s, deposit there",
			index, STR_ARG(buf_view(&successor)));
	else if (ended == 1)
		err_set(err, ERR_CONFLICT, "read-only: this log ended with entry %" PRIu64 " and names no successor", index);
	buf_release(&successor);
	return ended == 0 ? 0 : -1;
}

int archive_key_end(struct archive *archive, struct str successor, struct str reason, uint64_t *index, struct err *err)
{
	struct entry entry = {
		.kind = ENTRY_END, .origin = archive_origin(archive), .time = os_now(), .successor = successor, .reason = reason};
	struct buf text = BUF_INIT;
	int result = -1;

	if (archive_begin_writing(archive, err) != 0)
		return -1;
	if (successor.n > 0 && (!origin_valid(successor) || str_equal(successor, archive_origin(archive))))
		return err_set(err, ERR_USAGE,
			"\"%.*s\" cannot be the successor: it is another origin, such as example.org/archive", STR_ARG(successor));
	if (!reason_code_valid(reason))
		return err_set(err, ERR_USAGE, "\"%.*s\" is no reason code: small letters, digits and hyphens", STR_ARG(reason));
	*index = log_size(archive->log);
	if (entry_format(&text, &entry, err) == 0)
		result = log_entry_alone(archive, buf_view(&text), err);
	if (result == 0)
		archive->writable = false;
	buf_release(&text);
	return result;
}
