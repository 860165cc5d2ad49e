/* Inside tlog. */
#ifndef PHOTOSTAT_TLOG_INTERNAL_H
#define PHOTOSTAT_TLOG_INTERNAL_H

#include "tlog/tlog.h"

/* Whether text is base64 that base64_decode would take, and of how many bytes; in constant memory, whatever its length. */
bool base64_canonical(struct str text, size_t *bytes);

/* A key name as signed-note wants it: not empty, UTF-8, no Unicode space, no plus. Control characters are refused as no note can hold them. */
bool key_name_valid(struct str name);
/* The same without looking at octets of 0x80 and more: what a policy may ask of one (tlog-policy, Character set). */
bool key_name_opaque(struct str name);
/* vkey_parse that judges the name by `name_valid`. */
int vkey_read(struct vkey *out, struct str text, bool (*name_valid)(struct str), struct err *);

/* A note's text or whole: valid UTF-8 without control characters other than newline. */
int note_characters(struct str text, const char *what, struct err *);
/* What a key of that type signs: the text, or for a cosignature its two lines and the text, in *message. */
void note_message(struct buf *message, enum note_type, uint64_t time, struct str text);

#define COSIGNATURE_TIME_MAX ((uint64_t)INT64_MAX) /* tlog-cosignature, Format */
#define COSIGNATURE_SIZE (8 + ED25519_SIGNATURE)

/* A complete subtree: the leaves [index << height, (index + 1) << height). */
struct subtree {
	unsigned height;
	uint64_t index;
};
/* Their roots in a tree of `size`, which holds all of them; tiles as in tiles_root. */
int tiles_subtrees(const struct tile_reader *, uint64_t size, const struct subtree *, size_t count, struct hash *out, struct err *);

/* From the root of a tree of `size` down to the subtree [start, end) (tlog-mirror). At each step the subtree lies in one child, whose sibling holds
 * the leaves [from, to), or ACROSS: it has the whole left child, and a beginning of the right one. */
enum subtree_side { SUBTREE_LEFT, SUBTREE_RIGHT, SUBTREE_ACROSS };
struct subtree_step {
	enum subtree_side side;
	uint64_t from, to;
};
struct subtree_path {
	struct subtree_step steps[64];
	size_t count;
	uint64_t from, to; /* where it ends: the subtree, if it is whole, else the last piece of it */
	bool whole;
};
bool subtree_path(uint64_t start, uint64_t end, uint64_t size, struct subtree_path *out); /* false: no such subtree */

/* Names of a policy: a witness or a group of earlier ones. */
struct policy_item {
	struct str name; /* in the policy's arena */
	bool is_group;
	bool is_member;  /* of a group: at most once */
	size_t witness;  /* which, if it is one */
	size_t *members; /* items, if it is a group; in the arena */
	size_t member_count;
	size_t threshold; /* 1..member_count */
};
struct policy {
	struct arena arena;
	struct vkey *logs;
	size_t log_count;
	struct policy_witness *witnesses;
	struct vkey *witness_keys; /* witnesses[i].key points at witness_keys[i] */
	size_t witness_count;
	struct policy_item *items; /* members stand before their group */
	size_t item_count;
	size_t group_count;
	bool has_quorum;
	bool needs_none;
	size_t quorum; /* item */
};

#endif
