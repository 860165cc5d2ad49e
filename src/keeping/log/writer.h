/* Inside log: the writer's state. */
#ifndef PHOTOSTAT_LOG_WRITER_H
#define PHOTOSTAT_LOG_WRITER_H

#include "internal.h"

/* Each function needs the state that the one before it left (L1). */
enum writer_state {
	WRITER_FAILED,   /* set before anything is tried, left again when it is done */
	WRITER_APPENDED, /* entries whose edge is not written */
	WRITER_EDGE_WRITTEN,
	WRITER_VERIFIED, /* what is stored hashes to verified_root: the only state that may be published */
};

struct log_writer {
	struct log *log;
	struct edge edge;
	struct buf bundle; /* the last, partial one: its entries with their lengths; empty when size % 256 == 0 */
	enum writer_state state;
	uint64_t published; /* size of the checkpoint on disk */
	uint64_t reported;  /* size whose full files the batch knows of */
	struct hash verified_root;
	struct tile *partials; /* tiles with a folder of partials, to be collected when they are full */
	size_t partial_count, partial_room;
};

#endif
