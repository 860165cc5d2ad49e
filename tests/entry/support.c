#include "support.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t chance_seed(void)
{
	const char *text = getenv("PHOTOSTAT_TEST_SEED");
	uint64_t seed = text ? strtoull(text, NULL, 10) : 0;
	if (seed == 0)
		seed = 19271115;
	print_message("seed %" PRIu64 "\n", seed);
	return seed;
}

struct leaf *some_leaves(struct arena *arena, size_t count, uint64_t *state)
{
	struct leaf *leaves = arena_alloc(arena, (count + 1) * sizeof *leaves, _Alignof(struct leaf));
	for (size_t i = 0; i < count; i++) {
		char path[96];
		int n = snprintf(
			path, sizeof path, "folder-%u/letter %zu %" PRIx64 ".txt", (unsigned)(chance(state) % 5), i, chance(state));
		leaves[i].kind = LEAF_FILE;
		leaves[i].path = arena_str(arena, (struct str){path, (size_t)n});
		leaves[i].size = chance(state) % 1000000;
		leaves[i].digest.alg = chance(state) % 4 == 0 ? DIGEST_SHA512 : DIGEST_SHA256;
		for (size_t k = 0; k < digest_size(leaves[i].digest.alg); k++)
			leaves[i].digest.bytes[k] = (unsigned char)chance(state);
	}
	return leaves;
}

void some_seed(unsigned char seed[SEED_SIZE], uint64_t *state)
{
	for (size_t i = 0; i < SEED_SIZE; i++)
		seed[i] = (unsigned char)chance(state);
}
