/* Where a document has been: a picture of its events. */
#ifndef PHOTOSTAT_ROOM_CUSTODY_H
#define PHOTOSTAT_ROOM_CUSTODY_H

#include "holdings.h"
#include "internal.h"

/* Its events in the order of their dates, and its coming into this archive, as a picture (SVG) with the same in words beside it. Nothing if there are no events. */
void custody_write(struct page *, struct shown *, const struct holdings *);

#endif
