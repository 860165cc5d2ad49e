/* base, inside: what more than one of its files needs. */
#ifndef PHOTOSTAT_BASE_INTERNAL_H
#define PHOTOSTAT_BASE_INTERNAL_H

#include "base/base.h"

/* Length of the well-formed UTF-8 sequence that p starts with (RFC 3629), its code point in *point; 0 if there is none. */
size_t utf8_step(const unsigned char *p, size_t n, uint32_t *point);
/* Whether a terminal or a line of output may be shown it: no C0, DEL, C1, line or paragraph separator, no bidi control. */
bool point_printable(uint32_t point);
/* memchr, memcmp and memcpy want valid pointers even for no bytes; an empty view may have none. */
bool bytes_equal(const char *a, const char *b, size_t n);

#endif
