/* The Merkle tree of RFC 6962, section 2.1, with SHA-256, and the verification of its proofs. */
#include "internal.h"

#include <string.h>

void merkle_leaf(struct str entry, struct hash *out)
{
	const struct str pieces[] = {{"\0", 1}, entry};

	sha256_pieces(pieces, 2, out);
}

void merkle_node(const struct hash *left, const struct hash *right, struct hash *out)
{
	unsigned char bytes[1 + 2 * SHA256_SIZE];

	bytes[0] = 1;
	memcpy(bytes + 1, left->b, SHA256_SIZE);
	memcpy(bytes + 1 + SHA256_SIZE, right->b, SHA256_SIZE);
	sha256(bytes, sizeof(bytes), out);
}

void merkle_empty(struct hash *out)
{
	sha256("", 0, out);
}

void merkle_root(const struct hash *nodes, size_t count, struct hash *out)
{
	struct hash stack[64]; /* roots of complete subtrees, larger ones first, as the bits of how many nodes they cover */
	size_t depth = 0;

	if (count == 0) {
		merkle_empty(out);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		struct hash node = nodes[i];
		for (size_t bits = i; bits & 1; bits >>= 1)
			merkle_node(&stack[--depth], &node, &node);
		stack[depth++] = node;
	}
	*out = stack[--depth];
	while (depth > 0)
		merkle_node(&stack[--depth], out, out);
}

static int wrong_length(struct err *err, size_t count)
{
	return err_set(err, ERR_SYNTAX, "a proof of %zu hashes does not fit the sizes it is for", count);
}

/* RFC 9162, section 2.1.3.2: `at` and `last` are the node's index and the rightmost one's, going up level by level. */
int merkle_verify_inclusion(const struct hash *leaf, uint64_t index, uint64_t size, const struct merkle_proof *proof,
	const struct hash *root, struct err *err)
{
	struct hash hash = *leaf;
	uint64_t at = index, last = size - 1;

	if (index >= size)
		return err_set(err, ERR_SYNTAX, "there is no entry %llu in a tree of %llu", (unsigned long long)index,
			(unsigned long long)size);
	for (size_t i = 0; i < proof->count; i++) {
		if (last == 0)
			return wrong_length(err, proof->count);
		if ((at & 1) != 0 || at == last) {
			merkle_node(&proof->hashes[i], &hash, &hash);
			for (; (at & 1) == 0 && at != 0; at >>= 1, last >>= 1)
				;
		} else {
			merkle_node(&hash, &proof->hashes[i], &hash);
		}
		at >>= 1;
		last >>= 1;
	}
	if (last != 0)
		return wrong_length(err, proof->count);
	if (!hash_equal(&hash, root))
		return err_set(err, ERR_MISMATCH,
			"the inclusion proof for entry %llu does not lead to the root of the tree of %llu",
			(unsigned long long)index, (unsigned long long)size);
	return 0;
}

/* Trees of one size need no hashes. */
static int verify_same_size(
	uint64_t size, const struct hash *root1, const struct hash *root2, const struct merkle_proof *proof, struct err *err)
{
	struct hash empty;

	if (proof->count != 0)
		return wrong_length(err, proof->count);
	if (!hash_equal(root1, root2))
		return err_set(err, ERR_MISMATCH, "two different roots are given for the tree of %llu", (unsigned long long)size);
	merkle_empty(&empty);
	if (size == 0 && !hash_equal(root1, &empty))
		return err_set(err, ERR_MISMATCH, "the root given for the empty tree is not that of an empty tree");
	return 0;
}

/* RFC 9162, section 2.1.4.2. */
int merkle_verify_consistency(uint64_t size1, const struct hash *root1, uint64_t size2, const struct hash *root2,
	const struct merkle_proof *proof, struct err *err)
{
	uint64_t at = size1 - 1, last = size2 - 1;
	struct hash hash1, hash2;
	size_t i = 0;

	if (size1 > size2)
		return err_set(err, ERR_SYNTAX, "a tree of %llu cannot grow to one of %llu", (unsigned long long)size1,
			(unsigned long long)size2);
	if (size1 == size2)
		return verify_same_size(size1, root1, root2, proof, err);
	if (size1 == 0)
		return err_set(err, ERR_SYNTAX, "nothing can be proven from the empty tree on: every tree begins with it");
	for (; (at & 1) != 0; at >>= 1, last >>= 1)
		;
	if (at == 0) { /* the old tree is complete: its root stands for it */
		hash1 = *root1;
	} else {
		if (proof->count == 0)
			return wrong_length(err, proof->count);
		hash1 = proof->hashes[i++];
	}
	hash2 = hash1;
	for (; i < proof->count; i++) {
		if (last == 0)
			return wrong_length(err, proof->count);
		if ((at & 1) != 0 || at == last) {
			merkle_node(&proof->hashes[i], &hash1, &hash1);
			merkle_node(&proof->hashes[i], &hash2, &hash2);
			for (; (at & 1) == 0 && at != 0; at >>= 1, last >>= 1)
				;
		} else {
			merkle_node(&hash2, &proof->hashes[i], &hash2);
		}
		at >>= 1;
		last >>= 1;
	}
	if (last != 0)
		return wrong_length(err, proof->count);
	if (!hash_equal(&hash1, root1) || !hash_equal(&hash2, root2))
		return err_set(err, ERR_MISMATCH, "the tree of %llu is not the beginning of the tree of %llu",
			(unsigned long long)size1, (unsigned long long)size2);
	return 0;
}
