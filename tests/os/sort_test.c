/* Sorting in memory and out of it gives the same order, within the memory allowed (P10). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/os.h"

static char folder[] = "/tmp/photostat-sort-XXXXXX";
static int dir = -1;

static int set_up(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir >= 0 ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	close(dir);
	return rmdir(folder); /* fails if a run file has a name */
}

/* KILLER makes every median of three a bad one (Musser 1997): quicksort alone would take n²/4 comparisons. */
enum shape { RANDOM, ASCENDING, DESCENDING, EQUAL, FEW, KILLER, SHAPES };

static size_t record_size_now;

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, record_size_now);
}

static void make_record(unsigned char *record, size_t size, enum shape shape, uint32_t i, uint32_t n)
{
	uint32_t value = shape == DESCENDING ? n - i : i, half = n / 2;

	if (shape == KILLER)
		value = i >= half ? 2 * (i - half + 1) : i % 2 == 0 ? i + 1 : half + i + half % 2;

	for (size_t k = 0; k < size; k++) {
		if (shape == RANDOM)
			record[k] = (unsigned char)rand();
		else if (shape == EQUAL)
			record[k] = 7;
		else if (shape == FEW)
			record[k] = (unsigned char)(rand() % 2);
		else
			record[k] = k < 4 ? (unsigned char)(value >> (24 - 8 * k)) : 0;
	}
}

static void sort_case(size_t size, uint32_t n, size_t memory, enum shape shape)
{
	unsigned char *all = mem_array(n + 1, size), *record = mem_alloc(size);
	struct err err = ERR_INIT;
	struct os_sort *sort;

	assert_int_equal(os_sort_open(&sort, dir, size, size < 8 ? size : 8, memory, &err), 0);
	assert_int_equal(os_sort_next(sort, record, &err), -1); /* not yet */
	for (uint32_t i = 0; i < n; i++) {
		make_record(all + i * size, size, shape, i, n);
		assert_int_equal(os_sort_add(sort, all + i * size, &err), 0);
	}
	record_size_now = size;
	qsort(all, n, size, compare);
	assert_int_equal(os_sort_finish(sort, &err), 0);
	assert_int_equal(os_sort_finish(sort, &err), 0);
	assert_int_equal(os_sort_add(sort, record, &err), -1);
	for (uint32_t i = 0; i < n; i++) {
		assert_int_equal(os_sort_next(sort, record, &err), 1);
		assert_memory_equal(record, all + i * size, size);
	}
	assert_int_equal(os_sort_next(sort, record, &err), 0);
	assert_int_equal(os_sort_next(sort, record, &err), 0);
	os_sort_free(sort);
	free(all);
	free(record);
}

static void sorts(void **state)
{
	static const size_t sizes[] = {1, 3, 32, 40, 300, 20000};
	static const uint32_t counts[] = {0, 1, 2, 3, 12, 13, 1000, 1639, 20000};

	(void)state;
	srand(1927);
	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++)
		for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++)
			for (unsigned shape = 0; shape < SHAPES; shape++)
				if (sizes[s] * counts[c] <= 20u << 20)
					sort_case(sizes[s], counts[c], 1, (enum shape)shape);
	sort_case(40, 20000, 100 << 20, RANDOM); /* never leaves memory */
	sort_case(40, 200000, 1 << 20, RANDOM);  /* one merge */
	sort_case(40, 200000, 1, RANDOM);        /* several passes */
}

static int no_tmpfile(int d, const char *path, int flags, mode_t mode)
{
	if ((flags & O_TMPFILE) == O_TMPFILE) {
		errno = EOPNOTSUPP;
		return -1;
	}
	return openat(d, path, flags, mode);
}

static void sorts_without_unnamed_files(void **state)
{
	struct os_calls calls = os_real;

	(void)state;
	calls.openat = no_tmpfile;
	os_calls = &calls;
	sort_case(40, 50000, 1, RANDOM);
	os_calls = &os_real;
}

/* The cap holds while adding, merging and handing out. */
static void memory_is_capped(void **state)
{
	struct err err = ERR_INIT;
	struct os_sort *sort;
	unsigned char record[72];
	size_t most = 0;

	(void)state;
	if (mallinfo2().arena == 0 && mallinfo2().hblkhd == 0) {
		print_message("skipped: memory_is_capped (this allocator does not say what it holds: a sanitizer's?)\n");
		return;
	}
	struct mallinfo2 before = mallinfo2();
	assert_int_equal(os_sort_open(&sort, dir, sizeof(record), 8, 512 << 10, &err), 0);
	for (uint32_t i = 0; i < 200000; i++) {
		make_record(record, sizeof(record), RANDOM, i, 0);
		assert_int_equal(os_sort_add(sort, record, &err), 0);
		if (i % 1000 == 0) {
			struct mallinfo2 now = mallinfo2();
			size_t used = now.uordblks + now.hblkhd - before.uordblks - before.hblkhd;
			most = used > most ? used : most;
		}
	}
	assert_int_equal(os_sort_finish(sort, &err), 0);
	struct mallinfo2 now = mallinfo2();
	size_t used = now.uordblks + now.hblkhd - before.uordblks - before.hblkhd;
	most = used > most ? used : most;
	assert_in_range(most, 512 << 10, (512 << 10) + (32 << 10));
	os_sort_free(sort);
}

static void refuses_nonsense(void **state)
{
	struct err err = ERR_INIT;
	struct os_sort *sort = NULL;

	(void)state;
	assert_int_equal(os_sort_open(&sort, dir, 0, 0, 1, &err), -1);
	assert_int_equal(os_sort_open(&sort, dir, 4, 5, 1, &err), -1);
	assert_null(sort);
	os_sort_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sorts),
		cmocka_unit_test(sorts_without_unnamed_files),
		cmocka_unit_test(memory_is_capped),
		cmocka_unit_test(refuses_nonsense),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
