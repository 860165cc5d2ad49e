/* What the full-text search finds. */
#ifndef PHOTOSTAT_ROOM_FOUND_H
#define PHOTOSTAT_ROOM_FOUND_H

#include "internal.h"

#define FOUND_QUERY_MAX 400u /* bytes */
/* Pairs (at, length), size_t, of the words that the query hits, in *ranges (cleared first). Nothing where there is no query. */
void found_in_block(struct page *, struct str query, struct str language, struct str text, struct buf *ranges);

#endif
