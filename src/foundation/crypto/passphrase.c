/* Small secrets under a passphrase: scrypt makes the key, AES-256-GCM does the rest (RFC 7914; NIST SP 800-38D). */
#include "internal.h"

/* Above what scrypt itself takes, which libcrypto counts a little higher than 128 · N · r. */
#define SCRYPT_SPARE ((uint64_t)1 << 20)

int passphrase_key(struct str passphrase, const unsigned char salt[PASSPHRASE_SALT], const struct passphrase_cost *cost,
	unsigned char key[PASSPHRASE_KEY], struct err *err)
{
	uint64_t n = (uint64_t)1 << cost->log_n, memory = 128 * (uint64_t)cost->r * (n + cost->p + 2) + SCRYPT_SPARE;

	if (EVP_PBE_scrypt(passphrase.p, passphrase.n, salt, PASSPHRASE_SALT, n, cost->r, cost->p, memory, key, PASSPHRASE_KEY) ==
		1)
		return 0;
	return err_set(err, ERR_INTERNAL, "libcrypto cannot derive a key with scrypt; is OpenSSL's default provider installed?");
}

/* One context for both ways; *n is what came out, and for opening also whether the tag fits. */
static bool run(bool seal, const unsigned char key[PASSPHRASE_KEY], const unsigned char nonce[PASSPHRASE_NONCE], struct str bound,
	const unsigned char *in, size_t n, unsigned char *out, unsigned char tag[PASSPHRASE_TAG])
{
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	int length = 0, last = 0;

	if (context == NULL || cipher == NULL)
		crypto_broken("AES-256-GCM");
	bool good = EVP_CipherInit_ex2(context, cipher, key, nonce, seal ? 1 : 0, NULL) == 1 &&
		    EVP_CipherUpdate(context, NULL, &length, (const unsigned char *)bound.p, (int)bound.n) == 1 &&
		    EVP_CipherUpdate(context, out, &length, in, (int)n) == 1;
	if (good && !seal)
		good = EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, PASSPHRASE_TAG, tag) == 1;
	good = good && EVP_CipherFinal_ex(context, out + length, &last) == 1 && (size_t)length + (size_t)last == n;
	if (good && seal)
		good = EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, PASSPHRASE_TAG, tag) == 1;
	EVP_CIPHER_CTX_free(context);
	EVP_CIPHER_free(cipher);
	return good;
}

void passphrase_seal(const unsigned char key[PASSPHRASE_KEY], const unsigned char nonce[PASSPHRASE_NONCE], struct str bound,
	const unsigned char *secret, size_t n, unsigned char *out)
{
	if (!run(true, key, nonce, bound, secret, n, out, out + n))
		crypto_broken("AES-256-GCM");
}

bool passphrase_open(const unsigned char key[PASSPHRASE_KEY], const unsigned char nonce[PASSPHRASE_NONCE], struct str bound,
	const unsigned char *sealed, size_t n, unsigned char *secret)
{
	unsigned char tag[PASSPHRASE_TAG];

	for (size_t i = 0; i < PASSPHRASE_TAG; i++)
		tag[i] = sealed[n + i];
	bool good = run(false, key, nonce, bound, sealed, n, secret, tag);
	if (!good)
		mem_wipe(secret, n);
	return good;
}
