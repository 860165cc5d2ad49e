/* Inside room: the state of texts and search index. */
#ifndef PHOTOSTAT_ROOM_INDEXING_H
#define PHOTOSTAT_ROOM_INDEXING_H

#include "internal.h"

struct indexing {
	const char *word;        /* "off", "reading", "idle", "failing" */
	uint64_t position, size; /* the index follows the log to that entry of so many */
};
void indexing_look(struct page *, struct indexing *);
void indexing_answer(struct page *); /* api/v1/indexing */

#endif
