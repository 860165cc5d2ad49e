/* The private key of the log and the head beside it. */
#include <string.h>

#include "internal.h"

#define SECRET_PREFIX STR("PRIVATE+KEY+")
#define HEAD_NAME "head"

void keys_secret_format(struct buf *out, const struct vkey *key, const unsigned char secret[ED25519_SECRET])
{
	unsigned char raw[1 + ED25519_SECRET];
	unsigned char id[4] = {(unsigned char)(key->id >> 24), (unsigned char)(key->id >> 16), (unsigned char)(key->id >> 8),
		(unsigned char)key->id};

	raw[0] = (unsigned char)key->type;
	memcpy(raw + 1, secret, ED25519_SECRET);
	buf_str(out, SECRET_PREFIX);
	buf_text(out, key->name);
	buf_char(out, '+');
	buf_hex(out, id, sizeof(id));
	buf_char(out, '+');
	buf_base64(out, raw, sizeof(raw));
	buf_char(out, '\n');
	mem_wipe(raw, sizeof(raw));
}

int keys_secret_parse(struct str line, enum note_type type, struct vkey *key, unsigned char secret[ED25519_SECRET], struct err *err)
{
	unsigned char raw[1 + ED25519_SECRET], public_key[ED25519_PUBLIC], id[4];
	struct str rest, name, hex;
	const char *whose = type == NOTE_ED25519 ? "a log" : "a witness";
	int result = -1;

	memset(raw, 0, sizeof(raw));
	if (!str_starts(line, SECRET_PREFIX))
		return err_set(err, ERR_SYNTAX, "it is not a private key of %s", whose);
	rest = (struct str){line.p + SECRET_PREFIX.n, line.n - SECRET_PREFIX.n};
	if (!str_take_until(&rest, '+', &name) || !str_take_until(&rest, '+', &hex) || !hex_decode(hex, id, sizeof(id)) ||
		!base64_decode_fixed(rest, raw, sizeof(raw)) || raw[0] != type) {
		err_set(err, ERR_SYNTAX, "it is not a private key of %s, or it is damaged", whose);
		goto out;
	}
	memcpy(secret, raw + 1, ED25519_SECRET);
	if (ed25519_public(secret, public_key, err) != 0 || vkey_make(key, name, type, public_key, err) != 0)
		goto out;
	if (key->id != ((uint32_t)id[0] << 24 | (uint32_t)id[1] << 16 | (uint32_t)id[2] << 8 | id[3])) {
		vkey_release(key);
		err_set(err, ERR_SYNTAX, "its key id does not belong to its key: it is damaged");
		goto out;
	}
	result = 0;
out:
	mem_wipe(raw, sizeof(raw));
	return result;
}

bool keys_private(const struct stat *status)
{
	return (status->st_mode & 077) == 0;
}

int keys_secret_read(int dir, const char *path, enum note_type type, const struct archive_asks *asks, struct vkey *key,
	unsigned char secret[ED25519_SECRET], bool *encrypted, struct err *err)
{
	struct buf text = BUF_INIT;
	struct stat status;
	struct str rest, line;
	bool sealed = false;
	int result = -1;

	if (os_stat(dir, path, &status, err) != 0)
		return -1;
	if (!keys_private(&status))
		return err_set(err, ERR_CONFLICT, "%s can be read by others; take that away first: chmod 600 %s", path, path);
	if (os_read_file(dir, path, KEY_FILE_MAX, &text, err) != 0)
		goto out;
	rest = buf_view(&text);
	sealed = keys_encrypted_looks(rest);
	if (!sealed && (!str_take_line(&rest, &line) || rest.n != 0)) {
		err_set(err, ERR_SYNTAX, "%s is not one line", path);
		goto out;
	}
	result =
		sealed ? keys_encrypted_parse(rest, type, asks, key, secret, err) : keys_secret_parse(line, type, key, secret, err);
	if (result != 0)
		err_note(err, "%s", path);
	if (encrypted != NULL)
		*encrypted = sealed;
out:
	if (text.p != NULL)
		mem_wipe(text.p, text.n);
	buf_release(&text);
	return result;
}

int keys_public_read(int dir, const char *path, struct vkey *key, struct err *err)
{
	unsigned char secret[ED25519_SECRET];
	struct buf text = BUF_INIT;
	struct str rest, line;
	int result = os_read_file(dir, path, KEY_FILE_MAX, &text, err);

	if (result != 0) {
		buf_release(&text);
		return -1;
	}
	rest = buf_view(&text);
	if (keys_encrypted_looks(rest))
		result = keys_encrypted_public(rest, key, err);
	else if (!str_take_line(&rest, &line) || rest.n != 0)
		result = err_set(err, ERR_SYNTAX, "it is not one line");
	else
		result = keys_secret_parse(line, NOTE_ED25519, key, secret, err);
	if (result != 0)
		err_note(err, "%s", path);
	mem_wipe(secret, sizeof(secret));
	mem_wipe(text.p, text.n);
	buf_release(&text);
	return result;
}

int keys_secret_write(int dir, const char *path, const struct vkey *key, const unsigned char secret[ED25519_SECRET],
	struct str passphrase, struct err *err)
{
	struct buf text = BUF_INIT;
	int result = 0;

	if (passphrase.n > 0)
		result = keys_encrypted_format(&text, key, secret, passphrase, err);
	else
		keys_secret_format(&text, key, secret);
	if (result == 0)
		result = os_replace(dir, path, buf_view(&text), 0600, err);
	if (text.p != NULL)
		mem_wipe(text.p, text.n);
	buf_release(&text);
	return result;
}

int archive_secret(struct archive *archive, struct vkey *key, unsigned char secret[ED25519_SECRET], struct err *err)
{
	if (!archive->unlocked)
		return keys_secret_read(archive->keys, KEY_NAME, NOTE_ED25519, &archive->asks, key, secret, NULL, err);
	memcpy(secret, archive->secret, ED25519_SECRET);
	return vkey_make(key, str_from(archive->verifier.name), NOTE_ED25519, archive->verifier.public_key, err);
}

int archive_key_encrypted(struct archive *archive, bool *encrypted, struct err *err)
{
	struct buf text = BUF_INIT;
	int result = os_read_file(archive->keys, KEY_NAME, KEY_FILE_MAX, &text, err);

	*encrypted = result == 0 && keys_encrypted_looks(buf_view(&text));
	if (text.p != NULL)
		mem_wipe(text.p, text.n);
	buf_release(&text);
	return result;
}

int archive_key_encrypt(struct archive *archive, struct str passphrase, struct err *err)
{
	unsigned char secret[ED25519_SECRET];
	struct vkey key = {.name = NULL};
	int result = -1;

	if (archive_begin_writing(archive, err) != 0 || archive_secret(archive, &key, secret, err) != 0)
		goto out;
	result = keys_secret_write(archive->keys, KEY_NAME, &key, secret, passphrase, err);
	if (result == 0) {
		buf_clear(&archive->passphrase);
		buf_str(&archive->passphrase, passphrase);
	}
out:
	mem_wipe(secret, sizeof(secret));
	vkey_release(&key);
	return result;
}

void head_advance(struct head *head, uint64_t size, const struct hash *root)
{
	for (unsigned level = 0; level < EDGE_LEVELS; level++) {
		unsigned shift = 8 * (level + 1);
		uint64_t before = shift < 64 ? head->size >> shift : 0, after = shift < 64 ? size >> shift : 0;
		unsigned width = (unsigned)(size >> (8 * level)) & (TILE_WIDTH - 1);

		if (before != after) /* the tile of before is full now */
			memset(head->widths[level], 0, sizeof(head->widths[level]));
		if (width != 0)
			head->widths[level][width / 8] |= (unsigned char)(1u << width % 8);
	}
	head->size = size;
	head->root = *root;
}

static bool any_width(const unsigned char widths[TILE_WIDTH / 8])
{
	for (size_t i = 0; i < TILE_WIDTH / 8; i++)
		if (widths[i] != 0)
			return true;
	return false;
}

int head_write(int keys_dir, struct str origin, const struct head *head, struct err *err)
{
	struct buf text = BUF_INIT;
	int result;

	buf_text(&text, "photostat.head/v1\n");
	checkpoint_format(&text, origin, head->size, &head->root);
	for (unsigned level = 0; level < EDGE_LEVELS; level++) {
		if (!any_width(head->widths[level]))
			continue;
		buf_printf(&text, "widths %u ", level);
		buf_hex(&text, head->widths[level], sizeof(head->widths[level]));
		buf_char(&text, '\n');
	}
	result = os_replace(keys_dir, HEAD_NAME, buf_view(&text), 0600, err);
	buf_release(&text);
	return result;
}

/* "widths LEVEL HEX" lines. */
static int read_widths(struct str rest, struct head *head, struct err *err)
{
	struct str line, word;
	uint64_t level;

	while (str_take_line(&rest, &line))
		if (!str_take_until(&line, ' ', &word) || !str_equal(word, STR("widths")) || !str_take_until(&line, ' ', &word) ||
			!decimal_parse(word, EDGE_LEVELS - 1, &level) || !hex_decode(line, head->widths[level], TILE_WIDTH / 8))
			return err_set(err, ERR_SYNTAX, "head beside the key is damaged");
	return 0;
}

int head_read(int keys_dir, struct str origin, struct head *head, struct err *err)
{
	struct buf text = BUF_INIT;
	struct str rest, line;
	struct checkpoint checkpoint;
	int result = -1;

	if (os_read_file(keys_dir, HEAD_NAME, 4096, &text, err) != 0)
		goto out;
	rest = buf_view(&text);
	if (!str_take_line(&rest, &line) || !str_equal(line, STR("photostat.head/v1")) ||
		checkpoint_parse(&checkpoint, rest, NULL) != 0) {
		err_set(err, ERR_SYNTAX, "head beside the key is damaged");
		goto out;
	}
	if (!str_equal(checkpoint.origin, origin)) {
		err_set(err, ERR_MISMATCH, "head beside the key is of another log, %.*s", STR_ARG(checkpoint.origin));
		goto out;
	}
	memset(head, 0, sizeof(*head));
	head->size = checkpoint.size;
	head->root = checkpoint.root;
	result = read_widths(checkpoint.extension, head, err);
out:
	buf_release(&text);
	return result;
}
