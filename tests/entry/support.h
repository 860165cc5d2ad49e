/* What the tests of entry share: a repeatable source of randomness, and small makers. */
#ifndef TESTS_ENTRY_SUPPORT_H
#define TESTS_ENTRY_SUPPORT_H

#include "entry/entry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* xorshift64*: the seed of a failing run is printed by the caller. */
static inline uint64_t chance(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(2685821657736338717);
}

/* Seed of this run: PHOTOSTAT_TEST_SEED, or a fixed one. */
uint64_t chance_seed(void);

/* `count` leaves with different paths; some digests are sha512. Their paths live on the arena. */
struct leaf *some_leaves(struct arena *, size_t count, uint64_t *state);
void some_seed(unsigned char seed[SEED_SIZE], uint64_t *state);

#endif
