/* What the tests of bag share: trees on disk and in memory, and findings kept for looking at. */
#ifndef PHOTOSTAT_TESTS_BAG_SUPPORT_H
#define PHOTOSTAT_TESTS_BAG_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bag/bag.h"

/* A tree on disk; `top` must stay. */
struct ocfl_tree disk_tree(const char *top);

/* A tree in memory: files by path, folders as they follow from them. */
struct memory_file {
	char *path;
	struct buf bytes;
	enum ocfl_type type;
	bool unreadable;
};
struct memory {
	struct memory_file *files;
	size_t count;
};
struct ocfl_tree memory_tree(struct memory *);
/* Puts or replaces. */
void memory_put(struct memory *, const char *path, struct str bytes);
void memory_text(struct memory *, const char *path, const char *text);
void memory_special(struct memory *, const char *path, enum ocfl_type);
struct memory_file *memory_find(struct memory *, const char *path);
void memory_remove(struct memory *, const char *path);
void memory_append(struct memory *, const char *path, const char *text);
void memory_release(struct memory *);

/* The checksum of a file in lower-case hexadecimal. */
void memory_digest(struct memory *, const char *path, enum digest_alg, struct buf *);
/* Writes "CHECKSUM  path\n" for every file below data/ (percent-encoded), or for a tag manifest every other one that is none itself. */
void memory_manifest(struct memory *, const char *name, enum digest_alg, bool tags);
/* bagit.txt, bag-info.txt with the Payload-Oxum, manifests of the two algorithms given (0: none), and tag manifests, over what is there. */
void memory_bag(struct memory *, const char *version, enum digest_alg, enum digest_alg);

struct verdict {
	struct bag_result result;
	int status;
	struct err err;
	struct buf codes; /* " BAG-OXUM!error@path:line" for each, in order found */
	struct buf told;  /* payload files told, and info elements */
	bool quiet;
};
void judge(struct verdict *, const struct ocfl_tree *, const char *path, const struct bag_options *more);
void verdict_release(struct verdict *);
/* The verdict has this code at that level, for that path (NULL: any). */
bool verdict_has(const struct verdict *, const char *code, enum bag_level, const char *path);
void verdict_print(const struct verdict *);

#endif
