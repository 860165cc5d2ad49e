/* mime: what RFC 2045 to 2047, 2231 and 5322 wrap a mail's words in. */
#ifndef PHOTOSTAT_READERS_MIME_H
#define PHOTOSTAT_READERS_MIME_H

#include "base/base.h"

#define MIME_HEADERS_MAX 500u
#define MIME_VALUE_MAX 20000u /* bytes of a header that are looked at */

struct mime_header {
	struct str name;  /* a view of the mail */
	struct str value; /* unfolded, not decoded; in the arena */
};
struct mime_part {
	struct mime_header headers[MIME_HEADERS_MAX];
	size_t count;
	struct str body; /* a view of the mail */
};
/* Headers up to the empty line; lines that are none end them. */
void mime_part_read(struct mime_part *, struct str bytes, struct arena *);
/* The first of a name, without regard to case; empty: there is none. */
struct str mime_header(const struct mime_part *, const char *name);
/* "text/html" of "text/html; charset=x", in lower case, in the arena; "text/plain" if there is none. */
struct str mime_type(const struct mime_part *, struct arena *);
/* A parameter of a header's value, unquoted, RFC 2231's forms put together, in UTF-8, in the arena; empty: there is none. */
struct str mime_parameter(struct str value, const char *name, struct arena *);
/* Encoded words (RFC 2047) in UTF-8; what is no ASCII and no such word is guessed. Appends. */
void mime_words(struct str value, struct buf *out);
/* A body by its Content-Transfer-Encoding. Appends; what is no digit of it is passed over. */
void mime_decode(struct str body, struct str encoding, struct buf *out);
/* A date of RFC 5322 as YYYY-MM-DD. False: it is none. */
bool mime_date(struct str value, char out[11]);

#endif
