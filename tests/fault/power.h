/* The power-loss simulator, inside: the record that power.c keeps and power_state.c rebuilds folders from. */
#ifndef PHOTOSTAT_FAULT_POWER_H
#define PHOTOSTAT_FAULT_POWER_H

#include "fault.h"

#define NO_NODE UINT32_MAX

/* A file or folder. Node 0 is the root. A kernel's inode number may come again after an unlink; a node's number does not. */
struct node {
	dev_t device;
	ino_t inode;
	mode_t mode;
	bool is_dir, hard_linked;
	uint32_t next_in_bucket;
	struct buf base;  /* content when recording began */
	uint32_t *writes; /* indices of the operations on its data */
	size_t write_count, write_cap;
};

/* One name: node `dir` has `node` under the name `name` (an index of names). */
struct link {
	uint32_t dir, name, node;
};

struct links {
	struct link *all;
	size_t n, cap;
};

enum op_kind {
	OP_WRITE,    /* bytes at offset */
	OP_TRUNCATE, /* size = offset */
	OP_LINK,     /* created: the node has the name `to` from now on */
	OP_UNLINK,   /* the name `from` is gone */
	OP_RENAME,   /* from, to; whatever had the name `to` has lost it */
	OP_EXCHANGE, /* from holds what `to` held and the other way round */
	OP_FSYNC,    /* of `node` */
	OP_SYNCFS,
	OP_FAILED_SYNC, /* fsync of `node`, or syncfs (NO_NODE), that reported an error */
};

struct op {
	enum op_kind kind;
	uint32_t node, other; /* other: what `to` held, of an exchange */
	struct link from, to; /* .node unused */
	uint64_t offset;
	char *bytes;
	size_t n;
	char *text; /* for messages */
};

/* What is certain after the first `at` operations. */
struct certain {
	enum power_model model;
	size_t at;
	struct links links;
	uint32_t *pending; /* operations on names that may be lost, in order */
	size_t pending_n, pending_cap;
	size_t *synced; /* by node: writes before this operation are durable */
	size_t *lost;   /* by node: of those, the ones from `kept` to before this operation were lost by a sync that failed */
	size_t *kept;
};

#define BUCKETS 4096u

struct power {
	const struct os_calls *below;
	dev_t device;
	struct node *nodes;
	size_t node_count, node_cap;
	uint32_t buckets[BUCKETS];
	char **names;
	size_t name_count, name_cap;
	struct links base, live; /* names when recording began, and now */
	struct op *ops;
	size_t op_count, op_cap;
	size_t syncs, fail_sync; /* counted; the one that fails, or 0 */
	struct certain certain;
};

_Noreturn void power_broken(const char *what, const char *path);

/* power_nodes.c */
uint32_t node_of(struct power *, const struct stat *); /* NO_NODE: nothing below the root */
uint32_t new_node(struct power *, const struct stat *);
uint32_t name_number(struct power *, const char *name, size_t n);
/* Takes in what lies in the folder `node`; closes the list. */
void load_folder(struct power *, uint32_t node, struct os_dir *list);

/* power_links.c */
uint32_t links_find(const struct links *, uint32_t dir, uint32_t name); /* the index, or UINT32_MAX */
uint32_t links_node(const struct links *, uint32_t dir, uint32_t name); /* or NO_NODE */
void links_set(struct links *, uint32_t dir, uint32_t name, uint32_t node);
void links_drop(struct links *, uint32_t dir, uint32_t name);
void links_copy(struct links *to, const struct links *from);
/* Does what an operation on names does. Made to hold even if operations before it were lost: a node that was never hard-linked has one
 * name at most, and a folder never comes to lie in itself. */
void links_apply(struct links *, const struct power *, const struct op *);
bool is_name_op(enum op_kind);

#endif
