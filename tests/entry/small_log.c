#include "small_log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(int status, const char *what, const struct err *err)
{
	if (status >= 0)
		return;
	fprintf(stderr, "%s: %s\n", what, err->text);
	abort();
}

void small_key_make(struct small_key *key, const char *name, enum note_type type, const char *word, unsigned number)
{
	struct buf text = BUF_INIT;
	struct hash secret;
	struct err err = ERR_INIT;
	unsigned char public_key[ED25519_PUBLIC];
	*key = (struct small_key){.text = BUF_INIT};
	buf_printf(&text, "photostat test key %s %u", word, number);
	sha256(text.p, text.n, &secret);
	memcpy(key->secret, secret.b, ED25519_SECRET);
	must(ed25519_public(key->secret, public_key, &err), "key", &err);
	must(vkey_make(&key->vkey, str_from(name), type, public_key, &err), "key", &err);
	vkey_format(&key->text, &key->vkey);
	buf_release(&text);
}

void small_key_release(struct small_key *key)
{
	vkey_release(&key->vkey);
	buf_release(&key->text);
}

void small_log_make(struct small_log *log, const char *origin, unsigned number)
{
	*log = (struct small_log){.origin = str_from(origin)};
	small_key_make(&log->key, origin, NOTE_ED25519, "log", number);
}

void small_log_release(struct small_log *log)
{
	small_key_release(&log->key);
}

size_t small_log_add(struct small_log *log, struct str entry)
{
	merkle_leaf(entry, &log->leaves[log->size]);
	return log->size++;
}

void small_log_checkpoint(
	const struct small_log *log, struct buf *note, const struct small_key *witnesses, size_t count, uint64_t time)
{
	struct hash root;
	struct err err = ERR_INIT;
	struct buf text = BUF_INIT;
	merkle_root(log->leaves, log->size, &root);
	checkpoint_format(&text, log->origin, log->size, &root);
	buf_str(note, buf_view(&text));
	buf_char(note, '\n');
	must(note_sign(note, buf_view(&text), &log->key.vkey, log->key.secret, &err), "signature", &err);
	for (size_t i = 0; i < count; i++)
		must(note_cosign(note, buf_view(&text), &witnesses[i].vkey, witnesses[i].secret, time + i, &err), "cosignature",
			&err);
	buf_release(&text);
}

/* What tiles are read from; a reader's context is not const. */
struct source {
	const struct small_log *log;
};

static int read_tile(void *context, const struct tile *tile, struct hash hashes[TILE_WIDTH], struct err *err)
{
	const struct source *source = context;
	if (tile->level != 0 || tile->index != 0)
		return err_set(err, ERR_INTERNAL, "a log this small has one tile");
	memcpy(hashes, source->log->leaves, tile->width * sizeof *hashes);
	return 0;
}

void small_log_proof(const struct small_log *log, struct buf *out, size_t index, struct str extra, struct str note)
{
	struct source source = {log};
	const struct tile_reader reader = {read_tile, &source};
	struct merkle_proof proof;
	struct hash leaf, root;
	struct err err = ERR_INIT;
	must(tiles_inclusion(&reader, index, log->size, &proof, &leaf, &root, &err), "inclusion", &err);
	tlog_proof_format(out, extra, index, &proof, note);
}
