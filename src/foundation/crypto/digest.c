/* Digest algorithms: their names, sizes, and the tagged form of our formats. */
#include "internal.h"

#include <string.h>

static const struct {
	const char *name, *libcrypto;
	unsigned char size;
} algorithms[] = {
	[DIGEST_NONE] = {"none", NULL, 0},
	[DIGEST_SHA256] = {"sha256", "SHA2-256", 32},
	[DIGEST_SHA512] = {"sha512", "SHA2-512", 64},
	[DIGEST_MD5] = {"md5", "MD5", 16},
	[DIGEST_SHA1] = {"sha1", "SHA1", 20},
	[DIGEST_BLAKE2B_512] = {"blake2b-512", "BLAKE2B-512", 64},
	[DIGEST_SHA512_256] = {"sha512/256", "SHA2-512/256", 32},
	[DIGEST_SHA3_256] = {"sha3-256", "SHA3-256", 32},
	[DIGEST_SHA3_512] = {"sha3-512", "SHA3-512", 64},
	[DIGEST_SHA224] = {"sha224", "SHA2-224", 28},
	[DIGEST_SHA384] = {"sha384", "SHA2-384", 48},
};

size_t digest_size(enum digest_alg alg)
{
	return algorithms[alg].size;
}

const char *digest_name(enum digest_alg alg)
{
	return algorithms[alg].name;
}

const char *digest_libcrypto_name(enum digest_alg alg)
{
	return algorithms[alg].libcrypto;
}

enum digest_alg digest_named(struct str name)
{
	for (unsigned i = DIGEST_NONE + 1; i < DIGEST_ALG_COUNT; i++)
		if (str_equal(name, str_from(algorithms[i].name)))
			return (enum digest_alg)i;
	return DIGEST_NONE;
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
	return a->alg == b->alg && memcmp(a->bytes, b->bytes, digest_size(a->alg)) == 0;
}

void digest_tag(struct buf *buf, const struct digest *digest)
{
	buf_text(buf, digest_name(digest->alg));
	buf_char(buf, ':');
	buf_hex(buf, digest->bytes, digest_size(digest->alg));
}

bool digest_untag(struct str text, struct digest *digest)
{
	struct str name;

	if (text.p == NULL || !str_take_until(&text, ':', &name) || text.p == NULL)
		return false;
	enum digest_alg alg = digest_named(name);
	if (alg != DIGEST_SHA256 && alg != DIGEST_SHA512)
		return false;
	*digest = (struct digest){.alg = alg};
	return hex_decode(text, digest->bytes, digest_size(alg));
}
