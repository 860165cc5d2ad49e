/* Hashing through libcrypto. Fetching an algorithm costs more than hashing a small message, and so does making a context: the first is
 * done once a process, the second once a hasher or thread. */
#include "internal.h"

#include <pthread.h>
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

/* The context of this thread; a thread that ends without sha256_thread_end has it freed by the key's destructor. */
static _Thread_local EVP_MD_CTX *thread_context;
static pthread_key_t thread_key;
static pthread_once_t thread_key_once = PTHREAD_ONCE_INIT;

static void free_context(void *context)
{
	EVP_MD_CTX_free(context);
}

static void make_key(void)
{
	if (pthread_key_create(&thread_key, free_context) != 0)
		crypto_broken("pthread_key_create");
}

static EVP_MD_CTX *sha256_begin(void)
{
	EVP_MD_CTX *context = thread_context;

	if (context == NULL) {
		pthread_once(&thread_key_once, make_key);
		context = EVP_MD_CTX_new();
		if (context == NULL || pthread_setspecific(thread_key, context) != 0)
			crypto_broken("EVP_MD_CTX_new");
		thread_context = context;
	}
	if (EVP_DigestInit_ex2(context, digest_fetched(DIGEST_SHA256), NULL) != 1)
		crypto_broken("EVP_DigestInit_ex2");
	return context;
}

static void sha256_end(EVP_MD_CTX *context, struct hash *hash)
{
	if (EVP_DigestFinal_ex(context, hash->b, NULL) != 1)
		crypto_broken("EVP_DigestFinal_ex");
}

static void add(EVP_MD_CTX *context, const void *bytes, size_t n)
{
	if (n > 0 && EVP_DigestUpdate(context, bytes, n) != 1)
		crypto_broken("EVP_DigestUpdate");
}

void sha256(const void *bytes, size_t n, struct hash *hash)
{
	EVP_MD_CTX *context = sha256_begin();

	add(context, bytes, n);
	sha256_end(context, hash);
}

void sha256_pieces(const struct str *pieces, size_t count, struct hash *hash)
{
	EVP_MD_CTX *context = sha256_begin();

	for (size_t i = 0; i < count; i++)
		add(context, pieces[i].p, pieces[i].n);
	sha256_end(context, hash);
}

void sha256_framed(const struct str *fields, size_t count, struct hash *hash)
{
	EVP_MD_CTX *context = sha256_begin();

	for (size_t i = 0; i < count; i++) {
		unsigned char length[8];
		for (size_t k = 0; k < sizeof(length); k++)
			length[k] = (unsigned char)((uint64_t)fields[i].n >> (56 - 8 * k));
		add(context, length, sizeof(length));
		add(context, fields[i].p, fields[i].n);
	}
	sha256_end(context, hash);
}

void sha256_thread_end(void)
{
	if (thread_context == NULL)
		return;
	pthread_setspecific(thread_key, NULL);
	EVP_MD_CTX_free(thread_context);
	thread_context = NULL;
}

bool hash_equal(const struct hash *a, const struct hash *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}
