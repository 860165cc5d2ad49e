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

/* Of each bundle, so many leaves are hashed as they are appended: as much as makes both threads equally busy, for the second one hashes the
 * rest and all nodes, and this one writes. */
#define LEAVES_MAX 112u

struct log_writer {
	struct log *log;
	uint64_t size;                  /* entries appended */
	struct edge edge;               /* of those that are hashed: behind `size` until the edge is written */
	struct buf bundle;              /* the last, partial one: its entries with their lengths; empty when size % 256 == 0 */
	struct hash leaves[LEAVES_MAX]; /* of the first entries of `bundle`, where those are not in the edge yet */
	unsigned leaf_count;
	size_t hashed;           /* bytes of `bundle` whose entries are in the edge */
	struct hashing *hashing; /* a second thread; NULL until a bundle fills that it is worth for */
	enum writer_state state;
	uint64_t published; /* size of the checkpoint on disk */
	uint64_t stored;    /* size whose files were read back, or vouched for by who resumed: not written again (L7) */
	uint64_t reported;  /* size whose full files the batch knows of */
	struct hash verified_root;
	struct tile *partials; /* tiles with a folder of partials, to be collected when they are full */
	size_t partial_count, partial_room;
};

/* A file of the new size, under a name that no checkpoint needs (L2). What a crashed batch left there goes first (L3). */
int write_file(struct log_writer *, const struct tile *, const void *, size_t, struct err *);

/* ---- hashing.c: a full bundle is hashed into the edge while it is written and the next one filled ------------------------------ */

/* Hashes the bundle from w->hashed on, in a second thread if that pays: then it is lent to that, *lent has the bytes to read until the next
 * call, and w->bundle is another, empty. Otherwise *lent is w->bundle's own. An error may be that of an earlier one. */
int hashing_give(struct log_writer *, struct str *lent, struct err *);
/* Until all that was given is in the edge; the thread's error, if it had one. */
int hashing_wait(struct log_writer *, struct err *);
/* In this thread: entries with their lengths, of which the first ones' leaves are there. */
int hash_entries(struct log_writer *, struct str entries, const struct hash *leaves, unsigned leaf_count, struct err *);
void hashing_end(struct log_writer *);

#endif
