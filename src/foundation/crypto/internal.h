/* crypto, inside: what more than one of its files needs. */
#ifndef PHOTOSTAT_CRYPTO_INTERNAL_H
#define PHOTOSTAT_CRYPTO_INTERNAL_H

#include "crypto/crypto.h"

#include <openssl/evp.h>

#define DIGEST_ALG_COUNT (DIGEST_SHA384 + 1)

/* The name by which libcrypto's providers know it. */
const char *digest_libcrypto_name(enum digest_alg);
/* Fetched at the first call and kept for the life of the process; aborts if libcrypto lacks it. Any thread. */
const EVP_MD *digest_fetched(enum digest_alg);
/* For what libcrypto cannot fail at but by lack of memory or a broken installation: says so on standard error, then aborts. */
_Noreturn void crypto_broken(const char *what);

#endif
