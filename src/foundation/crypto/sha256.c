/* SHA-256 in one call. A tree's node is two blocks: what the EVP interface does around them costs as much as they, so this uses the plain
 * functions of libcrypto, which 3.0 calls deprecated and keeps, with a state on the stack and none a thread. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include "internal.h"

static void begin(SHA256_CTX *context)
{
	if (SHA256_Init(context) != 1)
		crypto_broken("SHA256_Init");
}

static void add(SHA256_CTX *context, const void *bytes, size_t n)
{
	if (n > 0 && SHA256_Update(context, bytes, n) != 1)
		crypto_broken("SHA256_Update");
}

/* Wipes the state: salts and seeds go through here. */
static void end(SHA256_CTX *context, struct hash *hash)
{
	if (SHA256_Final(hash->b, context) != 1)
		crypto_broken("SHA256_Final");
}

void sha256(const void *bytes, size_t n, struct hash *hash)
{
	SHA256_CTX context;

	begin(&context);
	add(&context, bytes, n);
	end(&context, hash);
}

void sha256_pieces(const struct str *pieces, size_t count, struct hash *hash)
{
	SHA256_CTX context;

	begin(&context);
	for (size_t i = 0; i < count; i++)
		add(&context, pieces[i].p, pieces[i].n);
	end(&context, hash);
}

void sha256_framed(const struct str *fields, size_t count, struct hash *hash)
{
	SHA256_CTX context;

	begin(&context);
	for (size_t i = 0; i < count; i++) {
		unsigned char length[8];

		for (size_t k = 0; k < sizeof(length); k++)
			length[k] = (unsigned char)((uint64_t)fields[i].n >> (56 - 8 * k));
		add(&context, length, sizeof(length));
		add(&context, fields[i].p, fields[i].n);
	}
	end(&context, hash);
}
