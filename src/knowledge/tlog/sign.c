/* Signed notes: writing signature lines. */
#include "internal.h"

#include <string.h>

/* By the signer, or by the secret if there is none. */
static int sign_line(struct buf *note, struct str text, const struct vkey *key, enum note_type type,
	const struct ed25519_signer *signer, const unsigned char *secret, uint64_t time, struct err *err)
{
	unsigned char bytes[4 + COSIGNATURE_SIZE];
	struct buf message = BUF_INIT;
	size_t n = 0;
	int result = -1;

	if (key->type != type)
		return err_set(err, ERR_USAGE, "the key %s+%08x is of another signature type", key->name, key->id);
	if (time > COSIGNATURE_TIME_MAX)
		return err_set(err, ERR_USAGE, "the time of a cosignature is beyond what its format takes");
	if (text.n == 0 || text.p[text.n - 1] != '\n')
		return err_set(err, ERR_SYNTAX, "the text of a note must end with a newline");
	if (note_characters(text, "the text of a note", err) != 0)
		return -1;
	note_message(&message, type, time, text);
	if (buf_check(&message, "a note to sign", err) != 0)
		goto out;
	for (unsigned i = 0; i < 4; i++)
		bytes[n++] = (unsigned char)(key->id >> (24 - 8 * i));
	for (unsigned i = 0; type == NOTE_COSIGNATURE_V1 && i < 8; i++)
		bytes[n++] = (unsigned char)(time >> (56 - 8 * i));
	if ((signer != NULL ? ed25519_signer_sign(signer, buf_view(&message), bytes + n, err)
			    : ed25519_sign(secret, buf_view(&message), bytes + n, err)) != 0)
		goto out;
	n += ED25519_SIGNATURE;
	/* `text` may be a view into *note: nothing is appended before it has been signed. */
	buf_text(note, "\xe2\x80\x94 ");
	buf_text(note, key->name);
	buf_char(note, ' ');
	buf_base64(note, bytes, n);
	buf_char(note, '\n');
	result = buf_check(note, "a signed note", err);
out:
	buf_release(&message);
	return result;
}

int note_sign(
	struct buf *note, struct str text, const struct vkey *key, const unsigned char secret[ED25519_SECRET], struct err *err)
{
	return sign_line(note, text, key, NOTE_ED25519, NULL, secret, 0, err);
}

int note_cosign(struct buf *note, struct str text, const struct vkey *key, const unsigned char secret[ED25519_SECRET],
	uint64_t time, struct err *err)
{
	return sign_line(note, text, key, NOTE_COSIGNATURE_V1, NULL, secret, time, err);
}

int note_cosign_by(struct buf *note, struct str text, const struct vkey *key, const struct ed25519_signer *signer, uint64_t time,
	struct err *err)
{
	return sign_line(note, text, key, NOTE_COSIGNATURE_V1, signer, NULL, time, err);
}
