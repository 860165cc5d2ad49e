/* base, inside: what more than one of its files needs. */
#ifndef PHOTOSTAT_BASE_INTERNAL_H
#define PHOTOSTAT_BASE_INTERNAL_H

#include "base/base.h"

/* Whether a terminal or a line of output may be shown it: no C0, DEL, C1, line or paragraph separator, no bidi control. */
bool point_printable(uint32_t point);
/* memchr, memcmp and memcpy want valid pointers even for no bytes; an empty view may have none. */
bool bytes_equal(const char *a, const char *b, size_t n);

#endif
