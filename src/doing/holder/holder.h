/* holder: independent parties keep an archive alive against its own keeper (P3, P5): they witness its log, mirror it, hold its content,
 * audit one another and repair what is damaged. Sources: C2SP tlog-witness, tlog-mirror, tlog-cosignature; docs/format/holder.md. */
#ifndef PHOTOSTAT_HOLDER_H
#define PHOTOSTAT_HOLDER_H

#include "archive/archive.h"
#include "base/base.h"
#include "http/http.h"

/* ---- names ----------------------------------------------------------------------------------------------------------------------- */

/* The SHA-256 of an origin in lower-case hexadecimal: its log's folder below a monitoring prefix (tlog-witness, tlog-mirror). */
#define HOLDER_HASH_TEXT (2 * SHA256_SIZE + 1)
void holder_origin_hash(struct str origin, char out[HOLDER_HASH_TEXT]);

#endif
