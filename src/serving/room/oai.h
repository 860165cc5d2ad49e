/* Inside OAI-PMH: a description as oai_dc. */
#ifndef PHOTOSTAT_ROOM_OAI_H
#define PHOTOSTAT_ROOM_OAI_H

#include "record/record.h"

/* The <oai_dc:dc> of a record: its terms brought down to the fifteen elements; `part` is the record that it is part of, if that may be told. */
void oai_dc_write(struct buf *, const struct record *, struct str id, struct str part);

#endif
