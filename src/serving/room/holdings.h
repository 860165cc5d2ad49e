/* What is open of the whole archive, described in few words, for lists that go across records: kept in a file without a name (lists.h), brought up to date with the
 * log before it is looked at. P6: it holds what the public may see at this very checkpoint and day, and nothing else; so its counts count nothing else. */
#ifndef PHOTOSTAT_ROOM_HOLDINGS_H
#define PHOTOSTAT_ROOM_HOLDINGS_H

#include "internal.h"
#include "lists/lists.h"

struct holdings;
struct holdings *holdings_new(struct room *);
void holdings_free(struct holdings *); /* NULL is fine; ends what still fills it. Before the room's desks are closed */
/* Brings it up to date with the desk's log, and keeps others from it until holdings_let_go. False: it is being filled, which begins with the first look and goes on
 * beside it, or it cannot be kept; nothing is held then, and the next look after some seconds tries again. A record that cannot be read for want of descriptors or memory is never
 * taken for a closed one. O(new entries); once a day O(records that have, or had, an embargo or files with an access of their own). */
bool holdings_look(struct holdings *, struct desk *);
void holdings_let_go(struct holdings *);
/* While it is held. What is found lives until holdings_let_go. */
uint64_t holdings_count(const struct holdings *);
const struct holding *holdings_find(const struct holdings *, struct str id);
struct lists *holdings_lists(const struct holdings *);
struct arena *holdings_arena(const struct holdings *);

/* ---- lists.c ------------------------------------------------------------------------------------------------------------------------------------ */

void holding_item(struct page *, const struct holding *);  /* one line of a list of records */
void holding_title(struct page *, const struct holding *); /* its title, a link */
void holding_date(struct page *, const struct holding *);
/* Links to what comes before and after: ?before=FIRST and ?after=LAST beside `query`; `first`, `last` empty: there is nothing on that side. */
void page_turns(struct page *, struct str path, struct str query, struct str first, struct str last);
/* What the request asks for with these, and whether it is what comes before. */
struct str page_turned(struct page *, bool *backwards);
void holdings_cannot(struct page *); /* says that there are no lists */

/* ---- timeline.c --------------------------------------------------------------------------------------------------------------------------------- */

/* A picture of when the records are from, each column a link to those of its years; nothing if none has a date. */
void timeline_write(struct page *, const struct holdings *);

#endif
