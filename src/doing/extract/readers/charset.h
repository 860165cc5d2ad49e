/* charset: text in the encoding that somebody names, to UTF-8. */
#ifndef PHOTOSTAT_READERS_CHARSET_H
#define PHOTOSTAT_READERS_CHARSET_H

#include "base/base.h"

/* Appends; what cannot be read becomes U+FFFD. A name that is empty or that nobody knows: as text_decode guesses. */
int charset_decode(struct str bytes, struct str name, struct buf *out, struct err *);
/* The same, but a byte order mark, or XML's or HTML's first characters in UTF-16, say more than the name. The mark itself is dropped. */
int charset_decode_marked(struct str bytes, struct str name, struct buf *out, struct err *);

#endif
