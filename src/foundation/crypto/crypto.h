/* crypto: streaming digests, Ed25519, randomness; OpenSSL libcrypto behind. No I/O but the kernel's randomness. */
#ifndef PHOTOSTAT_CRYPTO_H
#define PHOTOSTAT_CRYPTO_H

#include "base/base.h"

/* ---- digests --------------------------------------------------------------------------------------------------- */

enum digest_alg {
	DIGEST_NONE = 0,
	DIGEST_SHA256,
	DIGEST_SHA512,
	DIGEST_MD5,  /* only to read what others wrote: OCFL fixity, old bags */
	DIGEST_SHA1, /* the same */
	DIGEST_BLAKE2B_512,
	DIGEST_SHA512_256,
	DIGEST_SHA3_256,
	DIGEST_SHA3_512, /* bags may use them */
	DIGEST_SHA224,
	DIGEST_SHA384,
};
#define DIGEST_MAX 64

struct digest {
	enum digest_alg alg;
	unsigned char bytes[DIGEST_MAX]; /* digest_size(alg) of them count */
};

size_t digest_size(enum digest_alg);      /* in bytes */
const char *digest_name(enum digest_alg); /* "sha256", as OCFL and BagIt write it */
enum digest_alg digest_named(struct str); /* DIGEST_NONE if unknown */
bool digest_equal(const struct digest *, const struct digest *);
/* "sha256:<hex>", the tagged form used everywhere in our formats. */
void digest_tag(struct buf *, const struct digest *);
bool digest_untag(struct str, struct digest *); /* strict, lower case; only sha256 and sha512; on false *digest holds rubbish */

/* A hasher is made once and reused: fetching and context are what small messages cost. Not shared between threads. */
struct hasher;
struct hasher *hasher_new(enum digest_alg); /* aborts if libcrypto lacks it: only for algorithms of the enum */
void hasher_free(struct hasher *);          /* NULL is fine */
void hasher_begin(struct hasher *);
void hasher_add(struct hasher *, const void *, size_t);
void hasher_end(struct hasher *, struct digest *); /* begin again before adding more */

/* SHA-256 in one call, for small messages. */
#define SHA256_SIZE 32
struct hash {
	unsigned char b[SHA256_SIZE];
};
void sha256(const void *, size_t, struct hash *);
void sha256_pieces(const struct str *pieces, size_t count, struct hash *);
bool hash_equal(const struct hash *, const struct hash *);

/* H over length-framed fields: each field is its length as 8 bytes big-endian, then its bytes (docs/format/contents.md). */
void sha256_framed(const struct str *fields, size_t count, struct hash *);

/* ---- Ed25519, RFC 8032 ----------------------------------------------------------------------------------------- */

#define ED25519_PUBLIC 32
#define ED25519_SECRET 32 /* the seed */
#define ED25519_SIGNATURE 64
/* Errors: ERR_INTERNAL when libcrypto refuses (a broken installation). The secret is the caller's to wipe. */
int ed25519_generate(unsigned char secret[ED25519_SECRET], unsigned char public_key[ED25519_PUBLIC], struct err *);
int ed25519_public(const unsigned char secret[ED25519_SECRET], unsigned char public_key[ED25519_PUBLIC], struct err *);
int ed25519_sign(
	const unsigned char secret[ED25519_SECRET], struct str message, unsigned char signature[ED25519_SIGNATURE], struct err *);
/* A key made ready for many signatures: deriving its public half is most of what one signature alone costs. Any number of threads may sign with it at
 * once. It holds the secret until it is freed, which wipes it. */
struct ed25519_signer;
int ed25519_signer_new(struct ed25519_signer **, const unsigned char secret[ED25519_SECRET], struct err *);
void ed25519_signer_free(struct ed25519_signer *); /* NULL is fine */
int ed25519_signer_sign(
	const struct ed25519_signer *, struct str message, unsigned char signature[ED25519_SIGNATURE], struct err *);
/* False for a wrong signature and for a public key that is no point of the curve alike. */
bool ed25519_verify(
	const unsigned char public_key[ED25519_PUBLIC], struct str message, const unsigned char signature[ED25519_SIGNATURE]);

/* ---- small secrets under a passphrase -------------------------------------------------------------------------- */

#define PASSPHRASE_KEY 32
#define PASSPHRASE_SALT 16
#define PASSPHRASE_NONCE 12
#define PASSPHRASE_TAG 16
/* scrypt (RFC 7914): N = 2^log_n; 128 · N · r bytes of memory. */
struct passphrase_cost {
	unsigned log_n; /* 1..24 */
	uint32_t r, p;
};
int passphrase_key(struct str passphrase, const unsigned char salt[PASSPHRASE_SALT], const struct passphrase_cost *,
	unsigned char key[PASSPHRASE_KEY], struct err *);
/* AES-256-GCM of n bytes (below 2^16): *out gets n bytes and the tag. `bound` is not hidden, but cannot be changed. A nonce is used once a key. */
void passphrase_seal(const unsigned char key[PASSPHRASE_KEY], const unsigned char nonce[PASSPHRASE_NONCE], struct str bound,
	const unsigned char *secret, size_t n, unsigned char *out);
/* Of n bytes and the tag. False, and *secret wiped: another key, or something was changed. */
bool passphrase_open(const unsigned char key[PASSPHRASE_KEY], const unsigned char nonce[PASSPHRASE_NONCE], struct str bound,
	const unsigned char *sealed, size_t n, unsigned char *secret);

/* Cryptographic randomness; aborts if the kernel gives none. */
void random_bytes(void *, size_t);

#endif
