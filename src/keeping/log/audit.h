/* Inside log: the audit of the whole tree, from the checkpoint's root down, so that each file is judged by hashes that are proven already.
 *
 * Where a tile is not what its parent says, the parent is proven and the tile is at fault. Its hashes are then made again from what lies
 * below it; if those hash to what the parent says, what lies below is proven by them. The right edge, which no parent covers, is
 * judged as a whole: of each level's tile as stored or as made again from below, the one combination that hashes to the checkpoint's
 * root is the true one. Where nothing can be proven, what lies below is compared with what lies above it, and none of its entries is
 * handed out. */
#ifndef PHOTOSTAT_LOG_AUDIT_H
#define PHOTOSTAT_LOG_AUDIT_H

#include "internal.h"

/* Hashes of a tile, or of the edge, for which stored and made again are tried in all combinations. */
#define MIX_MAX 8

struct edge_tiles;

struct audit {
	struct log *log;
	const struct log_audit_calls *calls;
	struct bundle bundle;
	struct edge_tiles *edge; /* from check_edge; NULL before it and in an empty log */
	bool tiles_first;        /* hashes are made again from the tiles below, not from the entries */
	int stopped;             /* what a callback returned */
};

/* How much a hash is worth. */
enum trust {
	TRUST_NONE,   /* it stands there */
	TRUST_AGREED, /* the tile that holds it hashes to what a tile above it says: no accident does that, an operator could */
	TRUST_PROVEN, /* it leads to the checkpoint's root */
};

/* ---- audit.c: telling; -1 when the caller's function wants to stop ----------------------------------------------------------- */

int tell(struct audit *, enum log_finding_kind, const char *path, uint64_t first, uint64_t last, const char *text, struct err *);
int tell_tile(struct audit *, enum log_finding_kind, const struct tile *, const char *text, struct err *);
/* Why a tile or bundle could not be taken, as a finding. */
int tell_failed(struct audit *, const struct tile *, const struct err *why, struct err *);

/* ---- audit_tile.c ------------------------------------------------------------------------------------------------------------- */

struct tile tile_at(const struct audit *, int level, uint64_t index);
/* A tile's hashes from what lies below it: entries, or tiles' roots. *known: all of them could be had. */
int made_again(struct audit *, int level, uint64_t index, struct hash hashes[TILE_WIDTH], bool *known, struct err *);
/* What lies below a tile with these hashes (NULL: they are not to be had); `again` are others to accept where there is no trust. */
int check_below(struct audit *, const struct tile *, const struct hash *hashes, enum trust, const struct hash *again, struct err *);

/* ---- audit_edge.c -------------------------------------------------------------------------------------------------------------- */

/* The edge's tiles and all that lies below them, highest level first: the order of the entries. */
int check_edge(struct audit *, struct err *);
/* After it: the hashes of a tile of the edge, if they lead to the checkpoint's root; NULL: they do not, or it is none of the edge. */
const struct hash *edge_proven(const struct audit *, int level, uint64_t index);

#endif
