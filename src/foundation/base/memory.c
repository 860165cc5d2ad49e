/* Memory: small allocations that abort, wiping, the arena, sizes that are checked. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

#define ARENA_FIRST ((size_t)4096)
#define ARENA_LARGEST ((size_t)1 << 20)

struct arena_block {
	struct arena_block *before;
	size_t n, cap;
	unsigned char data[];
};

bool size_add(size_t a, size_t b, size_t *out)
{
	size_t sum;

	if (__builtin_add_overflow(a, b, &sum))
		return false;
	*out = sum;
	return true;
}

bool size_mul(size_t a, size_t b, size_t *out)
{
	size_t product;

	if (__builtin_mul_overflow(a, b, &product))
		return false;
	*out = product;
	return true;
}

bool u64_add(uint64_t a, uint64_t b, uint64_t *out)
{
	uint64_t sum;

	if (__builtin_add_overflow(a, b, &sum))
		return false;
	*out = sum;
	return true;
}

void *mem_alloc(size_t n)
{
	void *p = calloc(1, n > 0 ? n : 1);

	if (p == NULL)
		abort();
	return p;
}

void *mem_array(size_t count, size_t size)
{
	size_t n;

	if (!size_mul(count, size, &n))
		abort();
	return mem_alloc(n);
}

size_t mem_place(const void *array, size_t count, size_t size, uint64_t (*number)(const void *member), uint64_t wanted)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (number((const char *)array + middle * size) < wanted)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void *mem_grow(void *old, size_t count, size_t size)
{
	size_t n;

	if (!size_mul(count, size, &n))
		abort();
	void *p = realloc(old, n > 0 ? n : 1);
	if (p == NULL)
		abort();
	return p;
}

char *mem_dup(struct str text)
{
	size_t n;

	if (!size_add(text.n, 1, &n))
		abort();
	char *copy = mem_alloc(n);
	if (text.n > 0)
		memcpy(copy, text.p, text.n);
	return copy;
}

void mem_wipe(void *p, size_t n)
{
	if (n > 0)
		explicit_bzero(p, n);
}

void *arena_alloc(struct arena *arena, size_t n, size_t align)
{
	struct arena_block *block = arena->last;
	size_t start = 0, end;

	if (align == 0 || (align & (align - 1)) != 0)
		abort();
	if (block != NULL) {
		start = (size_t)(-(uintptr_t)(block->data + block->n) & (align - 1));
		if (!size_add(block->n, start, &start) || !size_add(start, n, &end) || end > block->cap)
			block = NULL;
	}
	if (block == NULL) {
		size_t cap = arena->last == NULL ? ARENA_FIRST : arena->last->cap * 2, need;
		if (cap > ARENA_LARGEST)
			cap = ARENA_LARGEST;
		if (!size_add(n, align, &need))
			abort();
		if (cap < need)
			cap = need;
		if (!size_add(cap, sizeof(*block), &need))
			abort();
		block = mem_alloc(need);
		block->cap = cap;
		block->before = arena->last;
		arena->last = block;
		start = (size_t)(-(uintptr_t)block->data & (align - 1));
		end = start + n;
	}
	block->n = end;
	arena->used += n;
	return block->data + start;
}

struct str arena_str(struct arena *arena, struct str text)
{
	size_t n;

	if (!size_add(text.n, 1, &n))
		abort();
	char *copy = arena_alloc(arena, n, 1);
	if (text.n > 0)
		memcpy(copy, text.p, text.n);
	return (struct str){copy, text.n};
}

void arena_release(struct arena *arena)
{
	while (arena->last != NULL) {
		struct arena_block *before = arena->last->before;
		free(arena->last);
		arena->last = before;
	}
	arena->used = 0;
}
