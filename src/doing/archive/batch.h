/* Inside archive: what a batch left in staging/, for who finishes it (batch.c) and for who gives it up (batch_give_up.c). */
#ifndef PHOTOSTAT_ARCHIVE_BATCH_H
#define PHOTOSTAT_ARCHIVE_BATCH_H

#include "internal.h"

#define INTENT "intent"
#define BATCHES_MAX 16 /* at most a few ever stand */

/* Names of batch folders, of which there may be more. */
int batch_list(struct archive *, char names[BATCHES_MAX][64], size_t *count, struct err *);
/* 1 if the log's entries from base on are the intent's: committed; 0 if the log still stands at base; -1 neither: ERR_CONFLICT. */
int batch_is_committed(struct archive *, const struct checkpoint *base, struct str items, struct err *);
/* Does in the store what the item, whose entry has that index, is for. May be repeated (B3). */
int batch_publish(struct archive *, int dir, const struct batch_item *, uint64_t index, struct os_batch *, struct err *);
/* The intent first (B5). */
int batch_remove(struct archive *, const char *name, int dir, struct err *);

#endif
