/* Shared by the files of entry: the hashes of a contents tree, and the shape that its openings follow. */
#ifndef PHOTOSTAT_ENTRY_INTERNAL_H
#define PHOTOSTAT_ENTRY_INTERNAL_H

#include "entry/entry.h"

#include <inttypes.h>

/* Valid UTF-8 without control characters (U+0000–U+001F, U+007F–U+009F); newline is one. */
bool text_plain(struct str);

/* ---- hashes (docs/format/contents.md) ------------------------------------------------------------------------------------ */

void hash_node(const struct hash *left, const struct hash *right, struct hash *out);
void hash_empty(struct hash *out);
void hash_leaf(const struct leaf *, const struct hash *salt, struct hash *out);
void hash_root(struct str origin, struct str record, uint64_t version, uint64_t n, const struct hash *tree, struct hash *out);
void hash_salts(const unsigned char seed[SEED_SIZE], struct hash *out);
void hash_order(const unsigned char seed[SEED_SIZE], struct hash *out);
void hash_place(const struct hash *order, struct str path, struct hash *out);
void hash_ggm(const struct hash *parent, unsigned side, struct hash *out);

/* Kind, path and digest of a leaf as contents.md wants them; ERR_SYNTAX names the path. */
int leaf_check(const struct leaf *, struct err *);

/* ---- shape --------------------------------------------------------------------------------------------------------------- */

/* A block is [first, first + 2^height) of the 2^depth positions of the GGM tree, first a multiple of 2^height; only positions below
 * n exist. Cut at n it is a subtree of the RFC 6962 tree, so one walk serves salts and hashes. A block whose right half does not
 * exist has the hash of its left half. */
struct block {
	uint64_t first;
	unsigned height;
};
/* Least d with 2^d >= n; 0 for n of 0 and 1. */
unsigned shape_depth(uint64_t n);
uint64_t block_end(struct block, uint64_t n);         /* cut at n */
struct block block_half(struct block, unsigned side); /* 0 left, 1 right; height above 0 */

/* Leaves that can be hashed given their salt. */
struct opened {
	const void *context;
	uint64_t n;
	void (*leaf_hash)(const void *context, uint64_t position, const struct hash *salt, struct hash *out);
};
/* Hash of a block that exists, given its GGM node; every leaf of it is asked for once, in order. */
void hash_opened(const struct opened *, struct block, const struct hash *salt, struct hash *out);
/* The GGM node of `to`, which lies in `from`. */
void salt_below(struct block from, const struct hash *salt, struct block to, struct hash *out);

/* What an opening is made from: a whole tree, or a larger opening. */
struct opening_source {
	const void *context;
	uint64_t n;
	size_t count; /* leaves that the source can open, by the caller's index */
	void (*leaf)(const void *context, size_t index, struct leaf *, uint64_t *position);
	/* Hash of a block that exists. */
	void (*hash)(const void *context, struct block, struct hash *out);
	/* GGM node of a block all of whose existing leaves the source can open. */
	void (*salt)(const void *context, struct block, struct hash *out);
};
/* Appends the opening of the leaves with keep[index]. */
int opening_write(struct buf *out, const struct opening_source *, const bool *keep, struct err *);

/* A set of positions, ascending, and which of them lie in a block. */
struct positions {
	const uint64_t *at; /* position in the high half, the leaf's index in the low */
	size_t count;
};
/* Calls back for the maximal blocks of [0, n) that are all in the set or all outside, in order. -1 from a callback ends it. */
struct positions_visitor {
	void *context;
	int (*kept)(void *context, struct block, struct err *);
	int (*withheld)(void *context, struct block, struct err *);
};
int positions_walk(const struct positions *, uint64_t n, const struct positions_visitor *, struct err *);
/* Sorts; ERR_SYNTAX when one occurs twice. */
int positions_sort(uint64_t *at, size_t count, struct err *);
static inline uint64_t positions_pack(uint64_t position, size_t index)
{
	return position << 32 | (uint32_t)index;
}

/* ---- photostat.disclosure/v1 (docs/format/disclosure.md) ----------------------------------------------------------------- */

#define DISCLOSURE_MAGIC STR("photostat.disclosure/v1\n")
#define DISCLOSURE_HEADER (24 + 4 * 8)
#define DISCLOSURE_NODE (1 + 8 + SHA256_SIZE)
#define DISCLOSURE_WITHHELD (8 + 8 + SHA256_SIZE)
#define DISCLOSURE_LEAF (8 + 8 + 1 + 1 + 2) /* least: without kind, digest and path */
enum disclosure_digest { DISCLOSURE_SHA256 = 1, DISCLOSURE_SHA512 = 2 };

#endif
