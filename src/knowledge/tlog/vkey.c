/* Verifier keys (signed-note, Verifier keys). */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

/* Unicode's White_Space property beyond ASCII; all of it is in the Basic Multilingual Plane and stable since Unicode 6.3. */
static bool is_wide_space(uint32_t point)
{
	return point == 0x85 || point == 0xa0 || point == 0x1680 || (point >= 0x2000 && point <= 0x200a) || point == 0x2028 ||
	       point == 0x2029 || point == 0x202f || point == 0x205f || point == 0x3000;
}

bool key_name_opaque(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if ((unsigned char)name.p[i] <= ' ' || name.p[i] == '+')
			return false;
	return name.n > 0;
}

bool key_name_valid(struct str name)
{
	const unsigned char *p = (const unsigned char *)name.p;

	if (!key_name_opaque(name) || !utf8_valid(name))
		return false;
	/* Spaces have two or three bytes; what utf8_valid has passed needs no further checks of form. */
	for (size_t i = 0; i < name.n; i++) {
		if (p[i] >= 0xc0 && p[i] < 0xe0 && is_wide_space((p[i] & 0x1fu) << 6 | (p[i + 1] & 0x3fu)))
			return false;
		if (p[i] >= 0xe0 && p[i] < 0xf0 &&
			is_wide_space((p[i] & 0x0fu) << 12 | (p[i + 1] & 0x3fu) << 6 | (p[i + 2] & 0x3fu)))
			return false;
	}
	return true;
}

bool vkey_name_valid(struct str name)
{
	return key_name_valid(name);
}

static uint32_t key_id(struct str name, enum note_type type, const unsigned char public_key[ED25519_PUBLIC])
{
	const char separator[2] = {'\n', (char)type};
	const struct str pieces[] = {name, {separator, sizeof(separator)}, {(const char *)public_key, ED25519_PUBLIC}};
	struct hash hash;

	sha256_pieces(pieces, sizeof(pieces) / sizeof(pieces[0]), &hash);
	return (uint32_t)hash.b[0] << 24 | (uint32_t)hash.b[1] << 16 | (uint32_t)hash.b[2] << 8 | hash.b[3];
}

static void vkey_fill(struct vkey *out, struct str name, enum note_type type, const unsigned char public_key[ED25519_PUBLIC])
{
	out->name = mem_dup(name);
	out->type = type;
	out->id = key_id(name, type, public_key);
	memcpy(out->public_key, public_key, ED25519_PUBLIC);
}

int vkey_make(
	struct vkey *out, struct str name, enum note_type type, const unsigned char public_key[ED25519_PUBLIC], struct err *err)
{
	memset(out, 0, sizeof(*out));
	if (name.n > VKEY_NAME_MAX)
		return err_set(err, ERR_LIMIT, "a key name of %zu bytes is longer than the %d we take", name.n, VKEY_NAME_MAX);
	if (!key_name_valid(name))
		return err_set(
			err, ERR_SYNTAX, "\"%.*s\" cannot name a key: a key name has no spaces and no plus sign", STR_ARG(name));
	vkey_fill(out, name, type, public_key);
	return 0;
}

/* The type byte and key of a vkey's third part. */
static int read_material(struct str base64, enum note_type *type, unsigned char public_key[ED25519_PUBLIC], struct err *err)
{
	unsigned char material[1 + ED25519_PUBLIC], first[3];
	size_t n;

	if (!base64_canonical(base64, &n) || n == 0)
		return err_set(err, ERR_SYNTAX, "the verifier key's last part is not base64 in its only correct form");
	/* The type is in the first four digits, whatever follows. */
	size_t head = n < sizeof(first) ? n : sizeof(first);
	if (!base64_decode_fixed((struct str){base64.p, 4}, first, head))
		return err_set(err, ERR_INTERNAL, "base64 changed its mind");
	if (first[0] != NOTE_ED25519 && first[0] != NOTE_COSIGNATURE_V1)
		return err_set(err, ERR_SYNTAX,
			"the verifier key is of type 0x%02x: this program takes Ed25519 keys (0x01) and Ed25519 cosignature keys "
			"(0x04)",
			first[0]);
	if (n != sizeof(material) || !base64_decode_fixed(base64, material, sizeof(material)))
		return err_set(err, ERR_SYNTAX, "the verifier key holds %zu bytes of key instead of %d", n - 1, ED25519_PUBLIC);
	*type = (enum note_type)material[0];
	memcpy(public_key, material + 1, ED25519_PUBLIC);
	return 0;
}

int vkey_read(struct vkey *out, struct str text, bool (*name_valid)(struct str), struct err *err)
{
	struct str rest = text, name, id_text;
	unsigned char id_bytes[4], public_key[ED25519_PUBLIC];
	enum note_type type = NOTE_ED25519;

	memset(out, 0, sizeof(*out));
	/* A name has no plus, so the first two part the three; base64 may have more of them. */
	if (text.n == 0 || !str_take_until(&rest, '+', &name) || !str_take_until(&rest, '+', &id_text) || rest.p == NULL)
		return err_set(err, ERR_SYNTAX, "not a verifier key: its form is NAME+ID+KEY");
	if (name.n > VKEY_NAME_MAX)
		return err_set(err, ERR_LIMIT, "a key name of %zu bytes is longer than the %d we take", name.n, VKEY_NAME_MAX);
	if (!name_valid(name))
		return err_set(
			err, ERR_SYNTAX, "\"%.*s\" cannot name a key: a key name has no spaces and no plus sign", STR_ARG(name));
	if (!hex_decode(id_text, id_bytes, sizeof(id_bytes)))
		return err_set(err, ERR_SYNTAX, "the verifier key's id is not eight lower-case hexadecimal digits");
	if (read_material(rest, &type, public_key, err) != 0)
		return -1;
	vkey_fill(out, name, type, public_key);
	uint32_t id = (uint32_t)id_bytes[0] << 24 | (uint32_t)id_bytes[1] << 16 | (uint32_t)id_bytes[2] << 8 | id_bytes[3];
	if (id == out->id)
		return 0;
	err_set(err, ERR_SYNTAX, "the verifier key of %.*s says id %08x, but name and key give %08x: copy it again", STR_ARG(name),
		id, out->id);
	vkey_release(out);
	return -1;
}

int vkey_parse(struct vkey *out, struct str text, struct err *err)
{
	return vkey_read(out, text, key_name_valid, err);
}

void vkey_format(struct buf *buf, const struct vkey *key)
{
	unsigned char material[1 + ED25519_PUBLIC] = {(unsigned char)key->type};

	memcpy(material + 1, key->public_key, ED25519_PUBLIC);
	buf_printf(buf, "%s+%08x+", key->name, key->id);
	buf_base64(buf, material, sizeof(material));
}

char *vkey_text(const struct vkey *key)
{
	struct buf text = BUF_INIT;
	char *copy;

	vkey_format(&text, key);
	copy = mem_dup(buf_view(&text));
	buf_release(&text);
	return copy;
}

void vkey_release(struct vkey *key)
{
	if (key == NULL)
		return;
	free(key->name);
	memset(key, 0, sizeof(*key));
}
