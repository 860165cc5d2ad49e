/* How an origin is named in URLs. */
#include <string.h>

#include "holder/holder.h"

void holder_origin_hash(struct str origin, char out[HOLDER_HASH_TEXT])
{
	struct buf hex = BUF_INIT;
	struct hash hash;

	sha256(origin.p, origin.n, &hash);
	buf_hex(&hex, hash.b, sizeof(hash.b));
	memcpy(out, hex.p, HOLDER_HASH_TEXT);
	buf_release(&hex);
}
