/* Sorting an array of records of one size in place: quicksort, heapsort where it goes wrong, no memory but one record. (The C library's qsort
 * may take as much again as the array, which the cap of os_sort forbids.) */
#include "sort.h"

#include <string.h>

#define SMALL 12u

struct array {
	unsigned char *p, *spare;
	size_t size; /* of a record */
};

static unsigned char *at(const struct array *array, size_t i)
{
	return array->p + i * array->size;
}

static bool before(const struct array *array, size_t a, size_t b)
{
	return memcmp(at(array, a), at(array, b), array->size) < 0;
}

static void swap(const struct array *array, size_t a, size_t b)
{
	if (a == b)
		return;
	memcpy(array->spare, at(array, a), array->size);
	memcpy(at(array, a), at(array, b), array->size);
	memcpy(at(array, b), array->spare, array->size);
}

static void insertion_sort(const struct array *array, size_t low, size_t high)
{
	for (size_t i = low + 1; i < high; i++) {
		size_t to = i;
		memcpy(array->spare, at(array, i), array->size);
		while (to > low && memcmp(array->spare, at(array, to - 1), array->size) < 0)
			to--;
		memmove(at(array, to + 1), at(array, to), (i - to) * array->size);
		memcpy(at(array, to), array->spare, array->size);
	}
}

/* Lets the record at `root` of the heap [low, low + n) sink to its place. */
static void sink(const struct array *array, size_t low, size_t root, size_t n)
{
	for (size_t child; (child = 2 * root + 1) < n; root = child) {
		if (child + 1 < n && before(array, low + child, low + child + 1))
			child++;
		if (!before(array, low + root, low + child))
			return;
		swap(array, low + root, low + child);
	}
}

static void heap_sort(const struct array *array, size_t low, size_t high)
{
	size_t n = high - low;

	for (size_t root = n / 2; root-- > 0;)
		sink(array, low, root, n);
	while (n > 1) {
		swap(array, low, low + --n);
		sink(array, low, 0, n);
	}
}

/* Splits [low, high), at least three records, around the median of first, middle and last; returns where that one ends up. */
static size_t partition(const struct array *array, size_t low, size_t high)
{
	size_t middle = low + (high - low) / 2, last = high - 1;

	if (before(array, middle, low))
		swap(array, middle, low);
	if (before(array, last, middle)) {
		swap(array, last, middle);
		if (before(array, middle, low))
			swap(array, middle, low);
	}
	/* The pivot waits at low + 1; the records at low and last are guards for the two scans. */
	swap(array, middle, low + 1);
	size_t left = low + 1, right = last;
	for (;;) {
		do
			left++;
		while (left < high && before(array, left, low + 1));
		do
			right--;
		while (before(array, low + 1, right));
		if (left >= right)
			break;
		swap(array, left, right);
	}
	swap(array, low + 1, right);
	return right;
}

static void sort_range(const struct array *array, size_t low, size_t high, unsigned depth)
{
	while (high - low > SMALL) {
		if (depth-- == 0) {
			heap_sort(array, low, high);
			return;
		}
		size_t pivot = partition(array, low, high);
		/* The smaller part by recursion: the stack stays logarithmic. */
		if (pivot - low < high - pivot) {
			sort_range(array, low, pivot, depth);
			low = pivot + 1;
		} else {
			sort_range(array, pivot + 1, high, depth);
			high = pivot;
		}
	}
	insertion_sort(array, low, high);
}

void sort_records(void *records, size_t count, size_t size, void *spare)
{
	struct array array = {.p = records, .spare = spare, .size = size};
	unsigned depth = 2;

	if (count < 2)
		return;
	for (size_t n = count; n > 1; n /= 2)
		depth += 2;
	sort_range(&array, 0, count, depth);
}
