/* What differs between two sequences: E. W. Myers, An O(ND) Difference Algorithm and Its Variations (1986), in linear space, bounded. Pure. */
#ifndef PHOTOSTAT_ROOM_DIFFERENCE_H
#define PHOTOSTAT_ROOM_DIFFERENCE_H

#include "base/base.h"

enum difference_kind { DIFFERENCE_SAME, DIFFERENCE_GONE, DIFFERENCE_NEW };
struct difference_step {
	enum difference_kind kind;
	size_t a, b; /* where it begins in either; of GONE b is where it would stand, of NEW a */
	size_t count;
};
struct difference {
	struct difference_step *steps; /* in order; neighbours of one kind are joined; GONE before NEW */
	size_t count, capacity;
	bool coarse; /* they differ in too much: some stretches are given as gone and new, though words of them are the same */
};
/* Of numbers that are equal where the words are. Time O((n + m) × d) with d, the differences of one stretch, at most DIFFERENCE_MOST; memory O(n + m). */
#define DIFFERENCE_MOST 6000
void difference_make(struct difference *, const uint32_t *a, size_t n, const uint32_t *b, size_t m);
void difference_release(struct difference *);

#endif
