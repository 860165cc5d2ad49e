/* Hashing through libcrypto. Fetching an algorithm costs more than hashing a small message, and so does making a context: the first is
 * done once a process, the second once a hasher. */
#include "internal.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct hasher {
	EVP_MD_CTX *context;
	const EVP_MD *md;
	enum digest_alg alg;
};

void crypto_broken(const char *what)
{
	fprintf(stderr, "photostat: libcrypto: %s failed; is OpenSSL's default provider installed?\n", what);
	abort();
}

const EVP_MD *digest_fetched(enum digest_alg alg)
{
	static _Atomic(EVP_MD *) fetched[DIGEST_ALG_COUNT];
	EVP_MD *md = atomic_load_explicit(&fetched[alg], memory_order_acquire);

	if (md != NULL)
		return md;
	md = EVP_MD_fetch(NULL, digest_libcrypto_name(alg), NULL);
	if (md == NULL)
		crypto_broken(digest_name(alg));
	EVP_MD *other = NULL;
	if (!atomic_compare_exchange_strong(&fetched[alg], &other, md)) {
		EVP_MD_free(md); /* another thread was first */
		md = other;
	}
	return md;
}

struct hasher *hasher_new(enum digest_alg alg)
{
	struct hasher *hasher = mem_alloc(sizeof(*hasher));

	hasher->alg = alg;
	hasher->md = digest_fetched(alg);
	hasher->context = EVP_MD_CTX_new();
	if (hasher->context == NULL)
		crypto_broken("EVP_MD_CTX_new");
	return hasher;
}

void hasher_free(struct hasher *hasher)
{
	if (hasher == NULL)
		return;
	EVP_MD_CTX_free(hasher->context);
	free(hasher);
}

void hasher_begin(struct hasher *hasher)
{
	/* With the algorithm named again libcrypto only resets its state when it is the one in use. */
	if (EVP_DigestInit_ex2(hasher->context, hasher->md, NULL) != 1)
		crypto_broken("EVP_DigestInit_ex2");
}

void hasher_add(struct hasher *hasher, const void *bytes, size_t n)
{
	if (n > 0 && EVP_DigestUpdate(hasher->context, bytes, n) != 1)
		crypto_broken("EVP_DigestUpdate");
}

void hasher_end(struct hasher *hasher, struct digest *digest)
{
	digest->alg = hasher->alg;
	if (EVP_DigestFinal_ex(hasher->context, digest->bytes, NULL) != 1)
		crypto_broken("EVP_DigestFinal_ex");
}

bool hash_equal(const struct hash *a, const struct hash *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}
