/* log: the archive's own tiled log on a backend: append, publish a checkpoint, read entries, proofs.
 * Layout: C2SP tlog-tiles 0.1.0 as it lies on disk. Promises P1, P3, P10. Order of writes: log_append below. */
#ifndef PHOTOSTAT_LOG_H
#define PHOTOSTAT_LOG_H

#include "base/base.h"
#include "crypto/crypto.h"
#include "os/os.h"
#include "tlog/tlog.h"

struct log;

/* Makes an empty log folder (with tile/) in `dir`. */
int log_create(int dir, const char *path, struct err *);
/* Opens to read. No checkpoint yet is size 0 without a note. The checkpoint is read once here: a snapshot, which stays
 * readable while a writer goes on. Its signature is checked if `key` is not NULL (ERR_MISMATCH). */
int log_open(struct log **, int dir, const char *path, const struct vkey *key, struct err *);
void log_free(struct log *);
int log_refresh(struct log *, struct err *); /* takes a newer checkpoint */
uint64_t log_size(const struct log *);
const struct hash *log_root(const struct log *);
struct str log_checkpoint(const struct log *); /* the note as it lies on disk */
int log_fd(const struct log *);                /* the folder */

/* The entry's text into *out, verified against its level-0 tile's leaf hash (ERR_MISMATCH), not against the root. */
int log_entry(struct log *, uint64_t index, struct buf *out, struct err *);
/* Entries first..last-1 in order; views valid during the call. A non-zero return of `each` stops with it. Reads each bundle once. */
int log_each(struct log *, uint64_t first, uint64_t last, int (*each)(void *context, uint64_t index, struct str entry, struct err *), void *context, struct err *);
/* Entry, inclusion proof in the snapshot's tree, both verified against its root. At most 8 file reads at 1,000,000 entries,
 * the checkpoint's included. */
int log_proof(struct log *, uint64_t index, struct buf *entry, struct merkle_proof *, struct err *);
int log_consistency(struct log *, uint64_t from_size, struct merkle_proof *, struct err *);
const struct tile_reader *log_tiles(struct log *); /* of the snapshot */

/* ---- writing: one writer, who holds the archive's lock --------------------------------------------------------------- */

struct log_writer;
/* Loads the right edge at the size of the log's checkpoint and compares its root (ERR_MISMATCH). */
int log_writer_open(struct log_writer **, struct log *, struct err *);
/* Adds an entry to the batch; returns its index in *index. Full tiles and bundles are written as they fill, nothing is durable. */
int log_append(struct log_writer *, struct str entry, uint64_t *index, struct err *);
/* Writes the partial tiles and bundle of the new size. After it and a sync of the batch by the caller, log_writer_verify
 * re-reads the stored right edge and recomputes the root: what is signed is what is on disk. Existing files of the same name are
 * replaced (a crashed batch may have left garbage), never trusted. */
int log_write_edge(struct log_writer *, struct os_batch *, struct err *);
int log_writer_verify(struct log_writer *, uint64_t *size, struct hash *root, struct err *);
/* Replaces `checkpoint` durably with its folder; then the log's snapshot is the new one. */
int log_publish(struct log_writer *, struct str checkpoint_note, struct err *);
/* Deletes partial tiles and bundles whose full tile is durable, among those that became full since the writer was opened. */
int log_collect(struct log_writer *, struct err *);
void log_writer_free(struct log_writer *); /* NULL is fine; what was not published is garbage that the next batch replaces */

#endif
