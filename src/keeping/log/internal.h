/* Inside log: the snapshot, reading tiles and bundles, names.
 *
 * What holds between files on disk, numbered for the code that keeps it:
 *  L1  Every file that `checkpoint` at size S names (full tiles and bundles below S, the partial ones of S) is durable before `checkpoint`
 *      is replaced by the note for S. (log_write_edge, sync by the caller, log_writer_verify, then log_publish; the writer refuses another order.)
 *  L2  A file that the present checkpoint needs is never opened for writing. New full tiles have indexes that S has not filled; a new
 *      partial has a width that S has not, for a tile that grew; a partial tile that did not grow is not written again.
 *  L3  Under a name that the present checkpoint does not need anything may lie after a crash: it is unlinked and made anew (O_EXCL), never
 *      appended to, never read by a writer.
 *  L4  A partial is deleted only after a checkpoint that covers its full tile has been published, so the full tile is durable by L1. A
 *      reader that wants the partial and misses it takes the full tile's beginning, which is the same by L1.
 *  L5  Hence a reader of any size ever checkpointed finds every tile of that size, partial or within its full tile, at any moment.
 *  L6  A checkpoint may be replaced by one of the same text with more signature lines (cosignatures): it names the same files, so L1 to L5 hold on.
 *      Whoever compares checkpoints compares texts, sizes and roots, never whole notes. (log_recosign; log_refresh takes it.) *  L7  Who keeps a record of how far files beyond the checkpoint are durable (log_writer_resume) writes it after the sync and log_writer_verify. For
 *      the writer those files are as those of L2: read, and not written again. A crash loses what lies beyond the record, and nothing else.
 */
#ifndef PHOTOSTAT_LOG_INTERNAL_H
#define PHOTOSTAT_LOG_INTERNAL_H

#include "log/log.h"

#define TILE_BYTES ((size_t)TILE_WIDTH * SHA256_SIZE)
#define BUNDLE_ENTRY_MAX ((size_t)ENTRY_MAX + 2)
#define BUNDLE_MAX (TILE_WIDTH * BUNDLE_ENTRY_MAX)
#define BUNDLE_KEPT_MAX (1u << 20) /* a larger one is not kept between calls */

/* A tree of `size` as it lies in the log. Strict: no full tile in place of a partial one. */
struct tree {
	struct log *log;
	uint64_t size;
	bool strict;
};

/* A bundle in memory, its entries found. */
struct bundle {
	uint64_t index;
	unsigned count; /* 0: none */
	struct buf bytes;
	uint32_t start[TILE_WIDTH + 1]; /* of the entries' texts; the length follows from the two bytes before it */
};

struct log {
	int dir;
	char *path; /* for messages */
	bool has_key;
	struct vkey key;
	struct buf note;
	bool note_good; /* its signature was checked by the present key, or is our own */
	uint64_t size;
	struct hash root;
	struct tree tree; /* of the snapshot */
	struct tile_reader reader;
	struct buf scratch;   /* a tile's file */
	struct bundle bundle; /* read last by log_entry or log_proof */
	uint64_t leaves_index;
	unsigned leaves_count;          /* 0: none */
	struct hash leaves[TILE_WIDTH]; /* the level-0 tile read last by log_entry */
};

/* ---- tile.c ------------------------------------------------------------------------------------------------------------- */

/* Error context: "log/tile/0/000". ERR_NOT_FOUND, ERR_LIMIT and ERR_SYNTAX of a file that the checkpoint covers become ERR_MISMATCH. */
int tile_damaged(const struct log *, const struct tile *, struct err *, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* tile_reader.read with a struct tree as context: the first tile->width hashes of the tile as the tree has it. */
int tree_read(void *context, const struct tile *, struct hash hashes[TILE_WIDTH], struct err *);
/* The bundle of that index as the tree has it, its first tile_width entries; checked for form, not against hashes. */
int bundle_read(const struct tree *, uint64_t index, struct bundle *, struct err *);
/* Finds the entries: exactly `count` of them and, if `whole`, nothing behind. */
bool bundle_split(struct bundle *, unsigned count, bool whole);
struct str bundle_entry(const struct bundle *, unsigned i);
/* The entry hashes to that leaf. */
bool bundle_matches(const struct bundle *, unsigned i, const struct hash *leaf);
/* "tile/0/x001/234" + suffix of the folder of partials: path of the full tile and ".p". */
size_t partials_path(char out[TILE_PATH_MAX], const struct tile *);

/* ---- snapshot.c --------------------------------------------------------------------------------------------------------- */

/* Checks a note and takes out size and root. */
int checkpoint_check(const struct log *, struct str note, uint64_t *size, struct hash *root, struct err *);
/* The snapshot becomes this one; what was read for the old one stays valid (entries never change). */
void snapshot_take(struct log *, struct buf *note, uint64_t size, const struct hash *root);

/* ---- walk.c: every name in the log's folder -------------------------------------------------------------------------------- */

enum tree_name_kind {
	NAME_TILE,      /* a regular file: tile or bundle, full or partial */
	NAME_PARTIALS,  /* a folder of partials, before what is in it; tile->width is 0. To be skipped: return 1 */
	NAME_TEMPORARY, /* of os_replace */
	NAME_EMPTY,     /* a folder that leads on to tiles, or is for partials, with nothing in it */
	NAME_UNKNOWN,   /* nothing that a log holds; a folder is not descended into */
};
struct tree_name {
	enum tree_name_kind kind;
	const char *path; /* below the log's folder */
	struct tile tile; /* NAME_TILE, NAME_PARTIALS */
};
/* Calls for each, in no order, `checkpoint` left out. What vanishes meanwhile is passed over. -1 of `each` stops. */
int tree_walk(int dir, int (*each)(void *context, const struct tree_name *, struct err *), void *context, struct err *);
/* Full tiles of that level (or bundles) in a tree of `size`. */
uint64_t full_tiles(int level, uint64_t size);

#endif
