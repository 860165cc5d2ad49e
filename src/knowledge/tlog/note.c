/* Signed notes: taking apart and verifying (signed-note; tlog-cosignature for type 0x04). */
#include "internal.h"

#include <string.h>

#define LINE_START STR("\xe2\x80\x94 ") /* em dash, space */

int note_characters(struct str text, const char *what, struct err *err)
{
	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] < ' ' && text.p[i] != '\n')
			return err_set(err, ERR_SYNTAX, "%s has the control character 0x%02x at byte %zu", what,
				(unsigned)(unsigned char)text.p[i], i);
	if (!utf8_valid(text))
		return err_set(err, ERR_SYNTAX, "%s is not UTF-8", what);
	return 0;
}

static int parse_line(struct note_signature *out, struct str line, struct err *err)
{
	unsigned char head[6];
	size_t n;

	if (!str_starts(line, LINE_START))
		return err_set(err, ERR_SYNTAX, "it does not start with an em dash and a space");
	line.p += LINE_START.n;
	line.n -= LINE_START.n;
	out->base64 = line;
	if (!str_take_until(&out->base64, ' ', &out->name) || out->base64.p == NULL)
		return err_set(err, ERR_SYNTAX, "it has no signature behind the key name");
	if (!key_name_valid(out->name))
		return err_set(err, ERR_SYNTAX, "\"%.*s\" cannot name a key", STR_ARG(out->name));
	if (!base64_canonical(out->base64, &n))
		return err_set(err, ERR_SYNTAX, "the signature of %.*s is not base64 in its only correct form", STR_ARG(out->name));
	if (n <= 4)
		return err_set(err, ERR_SYNTAX, "the signature of %.*s is only %zu bytes long", STR_ARG(out->name), n);
	/* Eight digits are six bytes; of five bytes the padding takes one. */
	if (!base64_decode_fixed((struct str){out->base64.p, 8}, head, n < 6 ? n : 6))
		return err_set(err, ERR_INTERNAL, "base64 changed its mind");
	out->id = (uint32_t)head[0] << 24 | (uint32_t)head[1] << 16 | (uint32_t)head[2] << 8 | head[3];
	return 0;
}

/* Where the text ends and the empty line begins: the last one. */
static const char *last_empty_line(struct str bytes)
{
	for (size_t i = bytes.n; i >= 2; i--)
		if (bytes.p[i - 1] == '\n' && bytes.p[i - 2] == '\n')
			return bytes.p + i - 1;
	return NULL;
}

int note_parse(struct note *out, struct str bytes, struct err *err)
{
	struct str lines, line;

	out->count = 0;
	if (bytes.n > NOTE_MAX)
		return err_set(err, ERR_LIMIT, "a note of %zu bytes is larger than the %u we take", bytes.n, NOTE_MAX);
	if (note_characters(bytes, "the note", err) != 0)
		return -1;
	const char *split = last_empty_line(bytes);
	if (split == NULL)
		return err_set(err, ERR_SYNTAX, "not a signed note: no empty line parts text and signatures");
	out->text = (struct str){bytes.p, (size_t)(split - bytes.p)};
	lines = (struct str){split + 1, bytes.n - out->text.n - 1};
	if (lines.n == 0)
		return err_set(err, ERR_SYNTAX, "the note has no signature");
	while (str_take_line(&lines, &line)) {
		if (out->count == NOTE_SIGNATURES_MAX)
			return err_set(err, ERR_LIMIT, "the note has more than the %d signatures we take", NOTE_SIGNATURES_MAX);
		if (parse_line(&out->signatures[out->count], line, err) != 0)
			return err_note(err, "signature line %zu of the note", out->count + 1);
		out->count++;
	}
	if (lines.n != 0)
		return err_set(err, ERR_SYNTAX, "the note's last signature line does not end with a newline");
	return 0;
}

void note_message(struct buf *message, enum note_type type, uint64_t time, struct str text)
{
	if (type == NOTE_COSIGNATURE_V1) {
		buf_text(message, "cosignature/v1\ntime ");
		buf_u64(message, time);
		buf_char(message, '\n');
	}
	buf_str(message, text);
}

static bool verify_ed25519(struct str text, const struct vkey *key, struct str base64)
{
	unsigned char bytes[4 + ED25519_SIGNATURE];

	return base64_decode_fixed(base64, bytes, sizeof(bytes)) && ed25519_verify(key->public_key, text, bytes + 4);
}

static bool verify_cosignature(struct str text, const struct vkey *key, struct str base64, uint64_t *time)
{
	unsigned char bytes[4 + COSIGNATURE_SIZE];
	struct buf message = BUF_INIT;

	if (!base64_decode_fixed(base64, bytes, sizeof(bytes)))
		return false;
	*time = be64_get(bytes + 4);
	if (*time > COSIGNATURE_TIME_MAX)
		return false;
	note_message(&message, NOTE_COSIGNATURE_V1, *time, text);
	bool good = !message.failed && ed25519_verify(key->public_key, buf_view(&message), bytes + 4 + 8);
	buf_release(&message);
	return good;
}

int note_verify(const struct note *note, const struct vkey *key, uint64_t *time, struct err *err)
{
	const struct str name = str_from(key->name);
	const struct note_signature *found = NULL;
	uint64_t cosigned = 0;

	for (size_t i = 0; i < note->count; i++) {
		const struct note_signature *signature = &note->signatures[i];
		if (signature->id != key->id || !str_equal(signature->name, name))
			continue;
		if (found != NULL)
			return err_set(
				err, ERR_MISMATCH, "the note has two signature lines of the key %s+%08x", key->name, key->id);
		found = signature;
	}
	if (time != NULL)
		*time = 0;
	if (found == NULL)
		return 0;
	bool good = key->type == NOTE_COSIGNATURE_V1 ? verify_cosignature(note->text, key, found->base64, &cosigned)
						     : verify_ed25519(note->text, key, found->base64);
	if (!good)
		return err_set(err, ERR_MISMATCH, "the signature of the key %s+%08x does not verify", key->name, key->id);
	if (time != NULL)
		*time = cosigned;
	return 1;
}
