/* Ed25519 and randomness. */
#include "internal.h"

#include <openssl/rand.h>

#include <stdlib.h>

struct ed25519_signer {
	EVP_PKEY *key;
};

/* libcrypto wants a pointer even for the empty message. */
static const unsigned char *message_bytes(struct str message)
{
	return (const unsigned char *)(message.p != NULL ? message.p : "");
}

void random_bytes(void *out, size_t n)
{
	unsigned char *to = out;

	while (n > 0) {
		int step = n < 1 << 20 ? (int)n : 1 << 20;
		if (RAND_priv_bytes(to, step) != 1)
			crypto_broken("RAND_priv_bytes");
		to += step;
		n -= (size_t)step;
	}
}

int ed25519_public(const unsigned char secret[ED25519_SECRET], unsigned char public_key[ED25519_PUBLIC], struct err *err)
{
	size_t n = ED25519_PUBLIC;
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key_ex(NULL, "ED25519", NULL, secret, ED25519_SECRET);
	int result = 0;

	if (key == NULL || EVP_PKEY_get_raw_public_key(key, public_key, &n) != 1 || n != ED25519_PUBLIC)
		result = err_set(
			err, ERR_INTERNAL, "libcrypto cannot make an Ed25519 key; is OpenSSL's default provider installed?");
	EVP_PKEY_free(key);
	return result;
}

int ed25519_generate(unsigned char secret[ED25519_SECRET], unsigned char public_key[ED25519_PUBLIC], struct err *err)
{
	random_bytes(secret, ED25519_SECRET);
	return ed25519_public(secret, public_key, err);
}

static int sign(EVP_PKEY *key, struct str message, unsigned char signature[ED25519_SIGNATURE], struct err *err)
{
	size_t n = ED25519_SIGNATURE;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	int result = 0;

	if (key == NULL || context == NULL || EVP_DigestSignInit_ex(context, NULL, NULL, NULL, NULL, key, NULL) != 1 ||
		EVP_DigestSign(context, signature, &n, message_bytes(message), message.n) != 1 || n != ED25519_SIGNATURE)
		result = err_set(err, ERR_INTERNAL, "libcrypto cannot sign with Ed25519; is OpenSSL's default provider installed?");
	EVP_MD_CTX_free(context);
	return result;
}

int ed25519_sign(
	const unsigned char secret[ED25519_SECRET], struct str message, unsigned char signature[ED25519_SIGNATURE], struct err *err)
{
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key_ex(NULL, "ED25519", NULL, secret, ED25519_SECRET);
	int result = sign(key, message, signature, err);

	EVP_PKEY_free(key);
	return result;
}

int ed25519_signer_new(struct ed25519_signer **out, const unsigned char secret[ED25519_SECRET], struct err *err)
{
	struct ed25519_signer *signer = mem_alloc(sizeof(*signer));

	signer->key = EVP_PKEY_new_raw_private_key_ex(NULL, "ED25519", NULL, secret, ED25519_SECRET);
	*out = signer->key != NULL ? signer : NULL;
	if (signer->key != NULL)
		return 0;
	free(signer);
	return err_set(err, ERR_INTERNAL, "libcrypto cannot make an Ed25519 key; is OpenSSL's default provider installed?");
}

void ed25519_signer_free(struct ed25519_signer *signer)
{
	if (signer != NULL)
		EVP_PKEY_free(signer->key);
	free(signer);
}

/* The key is only read; what a signature needs beside it is made for each, so that threads share nothing else. */
int ed25519_signer_sign(
	const struct ed25519_signer *signer, struct str message, unsigned char signature[ED25519_SIGNATURE], struct err *err)
{
	return sign(signer->key, message, signature, err);
}

bool ed25519_verify(
	const unsigned char public_key[ED25519_PUBLIC], struct str message, const unsigned char signature[ED25519_SIGNATURE])
{
	EVP_PKEY *key = EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, public_key, ED25519_PUBLIC);
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	bool good = key != NULL && context != NULL && EVP_DigestVerifyInit_ex(context, NULL, NULL, NULL, NULL, key, NULL) == 1 &&
		    EVP_DigestVerify(context, signature, ED25519_SIGNATURE, message_bytes(message), message.n) == 1;
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	return good;
}
