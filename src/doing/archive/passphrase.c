/* A private key encrypted by a passphrase: photostat.secret/v1 (docs/format/keys.md). */
#include <string.h>

#include "internal.h"

#define MAGIC STR("photostat.secret/v1")
#define SEALED_SIZE (ED25519_SECRET + PASSPHRASE_TAG)

/* 32 MiB and half a second: what a command may take (docs/style.md), and what costs a guesser most. */
static const struct passphrase_cost cost = {.log_n = 15, .r = 8, .p = 4};

/* What is read, so that a file cannot make a command take more. */
#define LOG_N_MAX 15
#define R_MAX 8
#define P_MAX 16

static void put_line(struct buf *out, const char *word, const void *bytes, size_t n)
{
	buf_text(out, word);
	buf_base64(out, bytes, n);
	buf_char(out, '\n');
}

int keys_encrypted_format(struct buf *out, const struct vkey *vkey, const unsigned char secret[ED25519_SECRET],
	struct str passphrase, struct err *err)
{
	unsigned char salt[PASSPHRASE_SALT], nonce[PASSPHRASE_NONCE], key[PASSPHRASE_KEY], sealed[SEALED_SIZE];
	size_t begun = out->n;

	random_bytes(salt, sizeof(salt));
	random_bytes(nonce, sizeof(nonce));
	if (passphrase_key(passphrase, salt, &cost, key, err) != 0)
		return -1;
	buf_str(out, MAGIC);
	buf_text(out, "\nkey ");
	vkey_format(out, vkey);
	buf_printf(out, "\nscrypt %u %u %u ", cost.log_n, (unsigned)cost.r, (unsigned)cost.p);
	put_line(out, "", salt, sizeof(salt));
	put_line(out, "aes-256-gcm ", nonce, sizeof(nonce));
	/* The lines so far are bound to the secret: neither key nor cost can be exchanged. */
	passphrase_seal(key, nonce, (struct str){out->p + begun, out->n - begun}, secret, ED25519_SECRET, sealed);
	put_line(out, "secret ", sealed, sizeof(sealed));
	mem_wipe(key, sizeof(key));
	return buf_check(out, "the key", err);
}

bool keys_encrypted_looks(struct str text)
{
	return str_starts(text, MAGIC);
}

struct encrypted {
	struct str bound;
	struct str key;
	struct passphrase_cost cost;
	unsigned char salt[PASSPHRASE_SALT], nonce[PASSPHRASE_NONCE], sealed[SEALED_SIZE];
};

/* A line that begins with this word; *line is what follows. */
static bool take(struct str *rest, struct str word, struct str *line)
{
	struct str first;

	return str_take_line(rest, line) && str_take_until(line, ' ', &first) && str_equal(first, word) && line->p != NULL;
}

static bool take_number(struct str *line, uint64_t max, uint64_t *out)
{
	struct str word;

	return str_take_until(line, ' ', &word) && decimal_parse(word, max, out) && *out > 0 && line->p != NULL;
}

static bool read_lines(struct str text, struct encrypted *out)
{
	struct str rest = text, line;
	uint64_t log_n, r, p;

	if (!str_take_line(&rest, &line) || !str_equal(line, MAGIC) || !take(&rest, STR("key"), &out->key) ||
		!take(&rest, STR("scrypt"), &line) || !take_number(&line, LOG_N_MAX, &log_n) || !take_number(&line, R_MAX, &r) ||
		!take_number(&line, P_MAX, &p) || !base64_decode_fixed(line, out->salt, sizeof(out->salt)) ||
		!take(&rest, STR("aes-256-gcm"), &line) || !base64_decode_fixed(line, out->nonce, sizeof(out->nonce)))
		return false;
	out->bound = (struct str){text.p, text.n - rest.n};
	out->cost = (struct passphrase_cost){.log_n = (unsigned)log_n, .r = (uint32_t)r, .p = (uint32_t)p};
	return take(&rest, STR("secret"), &line) && base64_decode_fixed(line, out->sealed, sizeof(out->sealed)) && rest.n == 0;
}

static int decrypt(
	const struct encrypted *encrypted, const struct archive_asks *asks, unsigned char secret[ED25519_SECRET], struct err *err)
{
	struct buf passphrase = BUF_INIT;
	unsigned char key[PASSPHRASE_KEY];
	int result = -1;

	passphrase.max = PASSPHRASE_MAX;
	if (asks->passphrase(asks->context, &passphrase, err) != 0 || buf_check(&passphrase, "the passphrase", err) != 0 ||
		passphrase_key(buf_view(&passphrase), encrypted->salt, &encrypted->cost, key, err) != 0)
		goto out;
	if (passphrase_open(key, encrypted->nonce, encrypted->bound, encrypted->sealed, ED25519_SECRET, secret))
		result = 0;
	else
		err_set(err, ERR_MISMATCH, "the passphrase is not the one that this key was encrypted with");
out:
	mem_wipe(key, sizeof(key));
	if (passphrase.p != NULL)
		mem_wipe(passphrase.p, passphrase.n);
	buf_release(&passphrase);
	return result;
}

int keys_encrypted_public(struct str text, struct vkey *vkey, struct err *err)
{
	struct encrypted encrypted;

	memset(&encrypted, 0, sizeof(encrypted));
	if (!read_lines(text, &encrypted))
		return err_set(err, ERR_SYNTAX, "it is not an encrypted key, or it is damaged");
	return vkey_parse(vkey, encrypted.key, err);
}

int keys_encrypted_parse(struct str text, enum note_type type, const struct archive_asks *asks, struct vkey *vkey,
	unsigned char secret[ED25519_SECRET], struct err *err)
{
	unsigned char public_key[ED25519_PUBLIC];
	struct encrypted encrypted;

	memset(&encrypted, 0, sizeof(encrypted));
	if (!read_lines(text, &encrypted))
		return err_set(err, ERR_SYNTAX, "it is not an encrypted key, or it is damaged");
	if (asks == NULL || asks->passphrase == NULL)
		return err_set(err, ERR_CONFLICT, "it is encrypted, and nobody is there to ask for its passphrase");
	if (vkey_parse(vkey, encrypted.key, err) != 0)
		return -1;
	if (vkey->type != type) {
		err_set(err, ERR_SYNTAX, "it is not a private key of %s", type == NOTE_ED25519 ? "a log" : "a witness");
		goto fail;
	}
	if (decrypt(&encrypted, asks, secret, err) != 0 || ed25519_public(secret, public_key, err) != 0)
		goto fail;
	if (memcmp(public_key, vkey->public_key, sizeof(public_key)) == 0)
		return 0;
	err_set(err, ERR_SYNTAX, "it names another public key than it holds");
fail:
	mem_wipe(secret, ED25519_SECRET);
	vkey_release(vkey);
	return -1;
}
