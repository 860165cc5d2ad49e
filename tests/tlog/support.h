/* What the tests of tlog share: a naive Merkle tree written after RFC 6962's recursive definitions, a tiled one in memory, keys. */
#ifndef PHOTOSTAT_TESTS_TLOG_SUPPORT_H
#define PHOTOSTAT_TESTS_TLOG_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tlog/tlog.h"

/* Leaf number i of every test tree. */
void test_leaf(uint64_t i, struct hash *out);

/* RFC 6962 2.1: MTH(D[from:to]). */
void naive_root(const struct hash *leaves, size_t count, struct hash *out);
/* 2.1.1: PATH(m, D[n]); 2.1.2: PROOF(m, D[n]), 0 < m <= n. */
void naive_path(size_t m, const struct hash *leaves, size_t n, struct merkle_proof *out);
void naive_consistency(size_t m, const struct hash *leaves, size_t n, struct merkle_proof *out);
/* SUBTREE_PROOF(start, end, D[n]) of the draft "Merkle Tree Certificates", 4.4.1. */
void naive_subtree(size_t start, size_t end, const struct hash *leaves, size_t n, struct merkle_proof *out);

/* Tiles by level and index, as edge_append hands them out, and a reader that counts and refuses to read one twice a call. */
#define TREE_LEVELS 4
struct tree {
	struct edge edge;
	struct hash *full[TREE_LEVELS]; /* full tiles, one behind the other */
	size_t full_count[TREE_LEVELS];
	size_t reads; /* since tree_call */
	struct tile seen[32];
	uint64_t size; /* that the reader serves: set by tree_call */
	struct tile_reader reader;
};
struct tree *tree_make(void);
void tree_add(struct tree *, uint64_t count); /* test leaves, going on from where it is */
void tree_add_leaves(struct tree *, const struct hash *, size_t count);
void tree_free(struct tree *);
const struct tile_reader *tree_call(struct tree *, uint64_t size);

struct test_key {
	struct vkey key;
	unsigned char secret[ED25519_SECRET];
	struct buf text; /* vkey */
};
/* The secret is the hash of the seed word. */
void test_key_make(struct test_key *, const char *name, enum note_type, const char *seed);
void test_key_release(struct test_key *);

void assert_hash_equal(const struct hash *, const struct hash *);
void assert_proof_equal(const struct merkle_proof *, const struct merkle_proof *);
/* An error of that code whose text holds the words. */
void assert_error(const struct err *, enum err_code, const char *words);

#endif
