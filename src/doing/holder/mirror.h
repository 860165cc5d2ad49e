/* Inside holder: what the files of the mirror share (C2SP tlog-mirror; docs/format/mirror.md).
 *
 *   MIRROR/mirror.key                       its private key, mode 0600
 *   MIRROR/lock                             held by the one process that serves it
 *   MIRROR/logs/NAME, peers                 as a witness's
 *   MIRROR/state/HASH.state                 the pending checkpoints of the log with that origin hash: as what a witness cosigned
 *   MIRROR/state/HASH.checkpoint.0, .1      the last two of them, as they came
 *   MIRROR/state/HASH.held                  how many entries are durable below log/HASH, and the root of their tree
 *   MIRROR/log/HASH/checkpoint, tile/…      the mirrored log: a tlog-tiles tree as it lies, its checkpoint the mirror's
 *   MIRROR/aside/…                          as a witness's
 *
 * W1 to W4 (witness.h) hold for pending checkpoints: each continues all before it, and its line is durable before it is used. Further:
 * M1  An entry is appended only when its package is proven to be in a checkpoint that has a line in HASH.state: so all entries that were ever
 *     appended are those of one tree, whoever uploaded them.
 * M2  HASH.held is replaced after the files that it speaks of were synced and read back. What lies beyond it after a crash is made anew.
 * M3  The mirror's cosignature leaves after log/HASH/checkpoint has it, durably; and that is replaced after everything that it covers is durable and
 *     was read back, and its root recomputed from that.
 *     One that another process left, or whose sync failed, may be in the cache alone: it is replaced once more before it is answered with.
 * M4  The mirror checkpoint never goes back, nor to a size below one of which somebody showed our cosignature: the sizes are compared where
 *     it is replaced, under the lock.
 * M5  One process serves a mirror's folder (lock); in it, one thread at a time writes a log (mirror_log.lock).
 * M6  What a ticket says counts only as far as the log signed it and HASH.state has it, at the place that the ticket names. */
#ifndef PHOTOSTAT_HOLDER_MIRROR_H
#define PHOTOSTAT_HOLDER_MIRROR_H

#include "log/log.h"
#include "witness.h"

#define MIRROR_POOL_MAX ((size_t)32 << 20) /* bytes of all entry packages that are under way */
#define MIRROR_EXCESS_MAX 8192u            /* entries that an upload may repeat */
#define MIRROR_HOLD_PACKAGES 64u           /* of one request, before they are made durable: what a crash may cost */
#define MIRROR_LOG_PATH (HOLDER_HASH_TEXT + 8)

struct mirror_log {
	struct witness_log *judged;
	pthread_mutex_t lock; /* M5; over all that follows */
	unsigned users;
	struct log *log; /* NULL: not open */
	struct log_writer *writer;
	struct os_batch *batch;
	uint64_t held; /* as HASH.held has it */
	bool settled;  /* the checkpoint that lies there is durable: this process replaced it (M3) */
};
struct mirror {
	struct witness *judge;
	int lock;
	struct mirror_log *logs; /* as judge->logs */
	pthread_mutex_t pool_lock;
	size_t pool;
};

/* ---- one log's entries (mirror_store.c); all with the lock of the log ------------------------------------------------------------------ */

/* Opens what is not open, at HASH.held, or else at the mirror checkpoint. ERR_MISMATCH: what is there was damaged. */
int mirror_store_open(struct mirror *, struct mirror_log *, struct err *);
/* After an error, or when nobody uses it: what was not held is forgotten. */
void mirror_store_close(struct mirror_log *);
uint64_t mirror_store_next(const struct mirror_log *); /* entry; the store is open */
/* The bundle's entries are [start, …), of which those that are there already are passed over. After an error the store is closed. */
int mirror_store_append(struct mirror_log *, uint64_t start, struct str entries, struct err *);
/* M2. After an error the store is closed. */
int mirror_store_hold(struct mirror *, struct mirror_log *, struct err *);
/* M3: the log's checkpoint becomes this note, of a size that is not above mirror_store_next. After an error the store is closed. ERR_MISMATCH: what is
 * stored has another root. */
int mirror_store_publish(struct mirror *, struct mirror_log *, uint64_t size, struct str note, struct err *);

/* HASH.held: three lines, the header, the origin, size and root. Strict. */
void held_format(struct buf *, struct str origin, uint64_t size, const struct hash *root);
bool held_parse(struct str text, struct str origin, uint64_t *size, struct hash *root);

/* ---- uploads (mirror.c) ------------------------------------------------------------------------------------------------------------------ */

struct mirror_upload_state;
struct mirror_upload_state *mirror_upload_begin(struct mirror *);
/* A piece of the body. false: the answer is known, no more is wanted. */
bool mirror_upload_take(struct mirror_upload_state *, struct str piece);
/* After the last: the answer. */
void mirror_upload_end(struct mirror_upload_state *, unsigned *status, struct buf *body, const char **type);
/* Ended or broken off: what came whole is held. NULL is fine. */
void mirror_upload_free(struct mirror_upload_state *);

/* "log/HASH" */
void mirror_log_path(const struct witness_log *, char out[MIRROR_LOG_PATH]);
/* The note's text, the lines of the log, and `ours`. */
void mirror_compose(const struct witness_log *, const struct note *, struct str ours, struct buf *out);

#endif
