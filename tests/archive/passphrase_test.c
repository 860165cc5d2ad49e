/* Encrypted keys (docs/format/keys.md): the vector opens to what it says, and not one bit of it can be changed. */
#include "archive/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER "tests/vectors/keys/"

static const char *answer;
static unsigned asked;

static void require(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "%s\n", what);
	exit(1);
}

static int give(void *context, struct buf *out, struct err *err)
{
	(void)context;
	(void)err;
	asked++;
	buf_text(out, answer);
	return 0;
}

int main(void)
{
	const struct archive_asks asks = {.passphrase = give};
	struct buf text = BUF_INIT, plain = BUF_INIT, made = BUF_INIT;
	unsigned char secret[ED25519_SECRET];
	struct vkey key;
	struct err err = ERR_INIT;

	require(os_read_file(AT_FDCWD, FOLDER "encrypted.key", 4096, &text, &err) == 0 &&
			os_read_file(AT_FDCWD, FOLDER "plain.key", 4096, &plain, &err) == 0,
		"the vectors are there");
	answer = "frozen harbour";
	require(keys_encrypted_looks(buf_view(&text)) && !keys_encrypted_looks(buf_view(&plain)), "they are told apart");
	require(keys_encrypted_parse(buf_view(&text), NOTE_ED25519, &asks, &key, secret, &err) == 0, err.text);
	require(asked == 1, "it asks once");
	keys_secret_format(&made, &key, secret);
	require(str_equal(buf_view(&made), buf_view(&plain)), "it is the key that stands beside it");

	/* written again and read back, never the same bytes */
	buf_clear(&made);
	require(keys_encrypted_format(&made, &key, secret, STR("open sea"), &err) == 0, err.text);
	require(!str_equal(buf_view(&made), buf_view(&text)), "salt and nonce are fresh");
	vkey_release(&key);
	require(keys_encrypted_parse(buf_view(&made), NOTE_ED25519, &asks, &key, secret, &err) != 0 && err.code == ERR_MISMATCH,
		"another passphrase");
	require(key.name == NULL, "nothing is left of it");
	answer = "open sea";
	require(keys_encrypted_parse(buf_view(&made), NOTE_ED25519, &asks, &key, secret, &err) == 0, err.text);
	vkey_release(&key);

	require(keys_encrypted_parse(buf_view(&text), NOTE_COSIGNATURE_V1, &asks, &key, secret, &err) != 0 &&
			err.code == ERR_SYNTAX,
		"a log's key is no witness's");
	require(keys_encrypted_parse(buf_view(&text), NOTE_ED25519, NULL, &key, secret, &err) != 0 && err.code == ERR_CONFLICT,
		"nobody to ask");

	/* Whatever is still of the form costs half a second to refuse: a part of the bits, and those another time. */
	answer = "frozen harbour";
	for (size_t i = 0; i < text.n; i++) {
		asked = 0;
		text.p[i] = (char)(text.p[i] ^ (1 << i % 7));
		bool costly = keys_encrypted_parse(buf_view(&text), NOTE_ED25519, NULL, &key, secret, &err) != 0 &&
			      err.code == ERR_CONFLICT;
		if (!costly || i % 16 == 0)
			require(keys_encrypted_parse(buf_view(&text), NOTE_ED25519, &asks, &key, secret, &err) != 0,
				"a bit was changed");
		text.p[i] = (char)(text.p[i] ^ (1 << i % 7));
	}
	for (size_t n = 0; n < text.n; n++)
		require(keys_encrypted_parse((struct str){text.p, n}, NOTE_ED25519, &asks, &key, secret, &err) != 0, "it was cut");
	buf_release(&text);
	buf_release(&plain);
	buf_release(&made);
	return 0;
}
