/* Subtrees and proofs that a tree has them (the draft "Merkle Tree Certificates", sections 4.1 and 4.4, as C2SP tlog-mirror uses them). */
#include "internal.h"

bool subtree_valid(uint64_t start, uint64_t end)
{
	uint64_t width;

	if (start >= end)
		return false;
	/* The smallest power of two that holds it; above 2^63 only the beginning of a tree is that wide. */
	width = end - start - 1;
	if (width >> 63 != 0)
		return start == 0;
	return width == 0 || (start & (((uint64_t)2 << (63 - __builtin_clzll(width))) - 1)) == 0;
}

/* From the root down, which child of each node the subtree is in. */
bool subtree_path(uint64_t start, uint64_t end, uint64_t size, struct subtree_path *out)
{
	uint64_t from = 0, to = size;

	if (!subtree_valid(start, end) || end > size)
		return false;
	out->count = 0;
	out->whole = true;
	while (from != start || to != end) {
		uint64_t middle = from + ((uint64_t)1 << (63 - __builtin_clzll(to - from - 1)));
		struct subtree_step *step = &out->steps[out->count++];

		if (end <= middle) {
			*step = (struct subtree_step){SUBTREE_LEFT, middle, to};
			to = middle;
		} else if (start >= middle) {
			*step = (struct subtree_step){SUBTREE_RIGHT, from, middle};
			from = middle;
		} else {
			/* It begins where this node does, and goes on in its right child: what is left of it is a beginning of that. */
			*step = (struct subtree_step){SUBTREE_ACROSS, from, middle};
			start = from = middle;
			out->whole = false;
		}
	}
	out->from = from;
	out->to = to;
	return true;
}

int merkle_verify_subtree(uint64_t start, uint64_t end, const struct hash *subtree, uint64_t size, const struct hash *root,
	const struct merkle_proof *proof, struct err *err)
{
	struct subtree_path path;
	struct hash inner, outer;
	size_t used;

	if (!subtree_path(start, end, size, &path))
		return err_set(err, ERR_SYNTAX, "entries %llu to %llu are no subtree of a tree of %llu", (unsigned long long)start,
			(unsigned long long)end, (unsigned long long)size);
	used = path.whole ? 0 : 1;
	if (proof->count != used + path.count)
		return err_set(err, ERR_SYNTAX, "the proof has %zu hashes, and %zu are wanted", proof->count, used + path.count);
	inner = outer = path.whole ? *subtree : proof->hashes[0];
	for (size_t i = path.count; i-- > 0; used++) {
		const struct hash *sibling = &proof->hashes[used];

		if (path.steps[i].side == SUBTREE_LEFT) {
			merkle_node(&outer, sibling, &outer);
			continue;
		}
		merkle_node(sibling, &outer, &outer);
		if (path.steps[i].side == SUBTREE_ACROSS)
			merkle_node(sibling, &inner, &inner);
	}
	if (!hash_equal(&inner, subtree) || !hash_equal(&outer, root))
		return err_set(err, ERR_MISMATCH, "entries %llu to %llu are not those of the tree of %llu",
			(unsigned long long)start, (unsigned long long)end, (unsigned long long)size);
	return 0;
}
