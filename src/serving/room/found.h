/* What the full-text search finds. */
#ifndef PHOTOSTAT_ROOM_FOUND_H
#define PHOTOSTAT_ROOM_FOUND_H

#include "internal.h"

#define FOUND_QUERY_MAX 400u /* bytes */
/* Pairs (at, length), size_t, of the words that the query hits, in *ranges (cleared first). Nothing where there is no query. */
void found_in_block(struct page *, struct str query, struct str language, struct str text, struct buf *ranges);

/* Whether a hit may be shown to the public, asked of the record as it is now (P6): the index may be behind the log. */
bool found_admit(struct desk *, struct str id, struct str path);
/* Whether the index follows the log to its end. One that does not may count what was closed since: then nothing is counted, and no words of it are suggested. */
bool found_current(struct desk *);
/* Whether a block may stand in another piece of its text than the first, so that a link to it must say where ("at"). */
bool found_far(struct str block);

#endif
