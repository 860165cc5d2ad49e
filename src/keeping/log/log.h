/* log: the archive's own tiled log on a backend: append, publish a checkpoint, read entries, proofs.
 * Layout: C2SP tlog-tiles 0.1.0 as it lies on disk. Promises P1, P3, P10. Order of writes: log_append below.
 *
 * A struct log is a snapshot: what it reads belongs to the checkpoint that it took, whatever a writer does beside it, for every size that
 * was ever checkpointed stays servable. A handle belongs to one thread; open another for another.
 * What the checkpoint covers and cannot be had as it should be is ERR_MISMATCH: a tile or bundle that is missing (.sys ENOENT), of the wrong
 * length, or does not hash; the text names the file. ERR_SYSTEM: it is there and cannot be read. */
#ifndef PHOTOSTAT_LOG_H
#define PHOTOSTAT_LOG_H

#include "base/base.h"
#include "crypto/crypto.h"
#include "os/os.h"
#include "tlog/tlog.h"

struct log;

/* Makes an empty log folder (with tile/) in `dir`; what is there stays. Not durable until synced. */
int log_create(int dir, const char *path, struct err *);
/* Opens to read. No checkpoint yet is size 0 without a note. The checkpoint is read once here: a snapshot, which stays
 * readable while a writer goes on. If `key` (copied) is not NULL, the checkpoint's origin must be its name and its signature must
 * verify (ERR_MISMATCH). ERR_SYNTAX: not a checkpoint. ERR_NOT_FOUND: no such folder. One file read. */
int log_open(struct log **, int dir, const char *path, const struct vkey *key, struct err *);
void log_free(struct log *); /* NULL is fine */
/* From now on the checkpoint must be signed by this key (copied). */
int log_expect_key(struct log *, const struct vkey *, struct err *);
/* Takes a newer checkpoint, if there is one and its tiles prove it an extension of the snapshot (O(log n)). ERR_MISMATCH: it is smaller, or
 * of another history. After an error the snapshot is the old one. */
int log_refresh(struct log *, struct err *);
uint64_t log_size(const struct log *);
const struct hash *log_root(const struct log *);
struct str log_checkpoint(const struct log *); /* the note as it lies on disk; empty at size 0 without one */
int log_fd(const struct log *);                /* the folder */

/* The entry's text appended to *out, verified against its level-0 tile's leaf hash (ERR_MISMATCH), not against the root. Entries of the
 * bundle read last cost no further read. ERR_NOT_FOUND: not below the size. */
int log_entry(struct log *, uint64_t index, struct buf *out, struct err *);
/* Entries first..last-1 in order, each verified as by log_entry; views valid during the call. A non-zero return of `each` stops with it
 * and is returned. Reads each bundle and each level-0 tile once. ERR_NOT_FOUND: last is beyond the size. */
int log_each(struct log *, uint64_t first, uint64_t last,
	int (*each)(void *context, uint64_t index, struct str entry, struct err *), void *context, struct err *);
/* Entry (appended to *entry; NULL: not wanted, not read), inclusion proof in the snapshot's tree, both verified against its root. At most 8
 * file reads at 1,000,000 entries, the checkpoint's included. ERR_NOT_FOUND: not below the size. */
int log_proof(struct log *, uint64_t index, struct buf *entry, struct merkle_proof *, struct err *);
/* From any size up to the snapshot's, checkpointed or not; verified. From 0 or the snapshot's size the proof is empty. ERR_USAGE: larger. */
int log_consistency(struct log *, uint64_t from_size, struct merkle_proof *, struct err *);
const struct tile_reader *log_tiles(struct log *); /* of the snapshot; any width up to its own is served */

/* ---- looking after the whole tree ------------------------------------------------------------------------------------------ */

enum log_finding_kind {
	LOG_ALTERED,    /* does not hash to what the tree says above it, or below */
	LOG_MISSING,    /* the checkpoint covers it */
	LOG_UNREADABLE, /* it is there, the system cannot read it */
	LOG_EXTRA,      /* nothing that a log holds */
	LOG_UNCOVERED, /* a well-formed tile or bundle beyond the checkpoint, or an empty folder for some: being written, or left by a crash */
};
struct log_finding {
	enum log_finding_kind kind;
	const char *path;     /* below the log's folder */
	uint64_t first, last; /* entries first..last-1 are not proven because of it; for LOG_UNCOVERED those it would hold */
	const char *text;     /* what is wrong with it */
};
struct log_audit_calls {
	void *context;
	int (*finding)(void *context, const struct log_finding *, struct err *); /* non-zero stops, and is returned */
	/* Each entry whose bundle hashes to the tree under the checkpoint, in order; NULL: not wanted. Non-zero stops. */
	int (*entry)(void *context, uint64_t index, struct str entry, struct err *);
};
/* Reads every file of the log once: bundles against level 0, each level against the one below, the top against the checkpoint's root, and all
 * names that are there against those that should be (P2). Partial tiles of older sizes must agree with the tree. A sound log has no finding
 * (LOG_UNCOVERED apart: what lies beyond the snapshot is the caller's to judge, who knows of writers). 0 however many findings there
 * are. O(n) time, O(log n) memory and one bundle. */
int log_audit(struct log *, const struct log_audit_calls *, struct err *);
const char *log_finding_name(enum log_finding_kind); /* "altered", … */

/* ---- writing: one writer, who holds the archive's lock --------------------------------------------------------------- */

struct log_writer;
/* Takes the newest checkpoint (log_refresh), loads the right edge at its size and compares its root, and the last bundle's entries with the
 * edge (ERR_MISMATCH). The log must outlive the writer. */
int log_writer_open(struct log_writer **, struct log *, struct err *);
/* The same, but goes on behind the first `size` entries, of which the checkpoint covers some: for who keeps beside the log how far its files are
 * durable (a mirror, which has entries before it may publish them). `root` is theirs. ERR_MISMATCH: they are not there, or are others. */
int log_writer_resume(struct log_writer **, struct log *, uint64_t size, const struct hash *root, struct err *);
uint64_t log_writer_size(const struct log_writer *); /* entries, with those appended */
/* The first `count` leaf hashes of the level-0 tile `index`, all of entries that were appended or there before. Errors end the writer, but for
 * ERR_USAGE: no such entries. */
int log_writer_leaves(struct log_writer *, uint64_t index, unsigned count, struct hash leaves[TILE_WIDTH], struct err *);
/* Adds an entry to the batch; returns its index in *index (NULL is fine). Full tiles and bundles are written as they fill, nothing is
 * durable. ERR_LIMIT, nothing changed: more than ENTRY_MAX bytes. Any other error ends the writer: it refuses all further work. Memory: the
 * bytes of the last, partial bundle. */
int log_append(struct log_writer *, struct str entry, uint64_t *index, struct err *);
/* Writes the partial tiles and bundle of the new size. The batch is the one opened before the first append. After it and a sync of the batch
 * by the caller, log_writer_verify re-reads the stored right edge and last bundle and recomputes the root: what is signed is what is on disk
 * (ERR_MISMATCH if it is not what was appended). Existing files of the same name are replaced (a crashed batch may have left
 * garbage), never trusted. */
int log_write_edge(struct log_writer *, struct os_batch *, struct err *);
int log_writer_verify(struct log_writer *, uint64_t *size, struct hash *root, struct err *);
/* After log_writer_verify: writes the partial tiles and bundle of a smaller `size`, not below the published one, so that a checkpoint of that size
 * may be published when the batch was synced again. A tile that is full by now stands in for the partial one (tlog-tiles, Partial Tiles). */
int log_write_earlier_edge(struct log_writer *, uint64_t size, struct os_batch *, struct err *);
/* Of what was verified: the root that its first `size` entries have. O(log n). */
int log_writer_root(struct log_writer *, uint64_t size, struct hash *root, struct err *);
/* Replaces `checkpoint` durably with its folder; then the log's snapshot is the new one. The note must be for the size and root that were
 * verified, or for a smaller size whose files are there and lead to its root, and signed by the log's key if it has one (ERR_MISMATCH, nothing written; ERR_INTERNAL: not verified). After an error of the
 * system it may stand or not: open anew. */
int log_publish(struct log_writer *, struct str checkpoint_note, struct err *);
/* Replaces `checkpoint` durably by the same text with other signature lines besides the log's (L6), then takes it as the snapshot. For who holds the
 * archive's lock: nobody else publishes meanwhile. ERR_MISMATCH, nothing written: the text on disk or in the note is not that of the snapshot, or
 * the log's signature is missing. After an error of the system the old or the new note stands, whole. */
int log_recosign(struct log *, struct str checkpoint_note, struct err *);
/* Writes the rightmost tile of that level, and its bundle, as they were `width` wide, durably, where they are not here: of a log that was caught up
 * from elsewhere, which need not have had every size that was checkpointed. Nothing where it is not wider now. For who holds the archive's lock. */
int log_restore_partial(struct log *, unsigned level, unsigned width, struct err *);
/* Deletes partial tiles and bundles whose full tile is durable, among those that became full since the writer was opened. Never needed for
 * correctness: an error leaves a good log. */
int log_collect(struct log_writer *, struct err *);
/* After a crash: deletes tiles and bundles beyond the checkpoint, temporary names, and partials whose full tile stands. Before the first
 * append only (ERR_INTERNAL). Reads all folders: O(n / 256). */
int log_tidy(struct log_writer *, struct err *);
void log_writer_free(struct log_writer *); /* NULL is fine; what was not published is garbage that the next batch replaces */

#endif
