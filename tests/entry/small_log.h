/* A log in memory for tests: entries, a checkpoint signed and cosigned as wanted, receipts. At most 256 entries. */
#ifndef TESTS_ENTRY_SMALL_LOG_H
#define TESTS_ENTRY_SMALL_LOG_H

#include "entry/entry.h"

struct small_key {
	unsigned char secret[ED25519_SECRET];
	struct vkey vkey;
	struct buf text; /* the vkey */
};
/* From a word, so always the same. */
void small_key_make(struct small_key *, const char *name, enum note_type, const char *word, unsigned number);
void small_key_release(struct small_key *);

struct small_log {
	struct str origin;
	struct small_key key;
	struct hash leaves[256];
	size_t size;
};
void small_log_make(struct small_log *, const char *origin, unsigned number);
void small_log_release(struct small_log *);
/* Returns the index. */
size_t small_log_add(struct small_log *, struct str entry);
/* Appends a checkpoint note of the present size, cosigned by `count` witnesses at `time`, `time` + 1, … */
void small_log_checkpoint(
	const struct small_log *, struct buf *note, const struct small_key *witnesses, size_t count, uint64_t time);
/* Appends a tlog-proof of entry `index` with this extra data. */
void small_log_proof(const struct small_log *, struct buf *out, size_t index, struct str extra, struct str note);

#endif
