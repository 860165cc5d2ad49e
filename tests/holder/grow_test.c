/* A long file as it comes: whatever pieces the network cuts it into, what is written and hashed is what came; a disk that fails ends it, and nobody
 * waits for ever. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fault/fault.h"
#include "holder/sync.h"

#define SIZE ((size_t)3 << 20)

static char *bytes;

static int set_up(void **state)
{
	(void)state;
	bytes = mem_grow(NULL, 1, SIZE);
	for (size_t i = 0; i < SIZE; i++)
		bytes[i] = (char)(i * 2654435761u >> 13);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(bytes);
	return 0;
}

/* Of `begun` bytes already there; -1 if it did not go on, or could not be ended. */
static int grow(int fd, size_t begun, size_t piece, size_t n, struct digest *digest, struct err *err)
{
	struct hasher *hasher = hasher_new(DIGEST_SHA256);
	struct growing *growing;
	int result = 0, ended;

	hasher_begin(hasher);
	hasher_add(hasher, bytes, begun);
	growing = growing_begin(fd, hasher, begun);
	for (size_t at = begun; at < n && result == 0; at += piece)
		result = growing_add(growing, (struct str){bytes + at, n - at < piece ? n - at : piece}, NULL);
	ended = growing_end(growing, err);
	assert_true(result == 0 || ended != 0);
	hasher_end(hasher, digest);
	hasher_free(hasher);
	return ended;
}

static void test_pieces(void **state)
{
	static const size_t pieces[] = {997, 65536, (256u << 10) - 1, 256u << 10, (256u << 10) + 1, SIZE};
	static const size_t sizes[] = {0, 1, 256u << 10, (1u << 20) + 1, SIZE};

	(void)state;
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++)
		for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++)
			for (size_t begun = 0; begun <= sizes[k]; begun += sizes[k] / 2 + 1) {
				int fd = memfd_create("grown", MFD_CLOEXEC);
				struct digest digest;
				struct hash expected;
				struct err err = ERR_INIT;
				char *found = mem_grow(NULL, 1, SIZE + 1);

				assert_true(fd >= 0);
				assert_int_equal(os_write(fd, bytes, begun, "grown", &err), 0);
				assert_int_equal(grow(fd, begun, pieces[i], sizes[k], &digest, &err), 0);
				sha256(bytes, sizes[k], &expected);
				assert_memory_equal(digest.bytes, expected.b, SHA256_SIZE);
				assert_int_equal(os_read_at(fd, found, SIZE + 1, 0, "grown", &err), sizes[k]);
				assert_memory_equal(found, bytes, sizes[k]);
				free(found);
				os_close(fd);
			}
}

/* Each write fails once, or from then on; a short one is gone on with. */
static void test_faults(void **state)
{
	(void)state;
	for (unsigned full = 0; full < 3; full++)
		for (uint64_t at = 1;; at++) {
			const struct fault_plan plan = {.kinds = FAULT_BIT(FAULT_WRITE),
				.at = at,
				.effect = full == 1   ? FAULT_FULL
					  : full == 0 ? FAULT_ERROR
						      : FAULT_SHORT,
				.sys = EIO};
			int result, fd = memfd_create("grown", MFD_CLOEXEC);
			struct digest digest;
			struct err err = ERR_INIT;
			bool happened;

			assert_true(fd >= 0);
			fault_start(&plan);
			result = grow(fd, 0, 100000, SIZE, &digest, &err);
			happened = fault_stop();
			os_close(fd);
			assert_int_equal(result, happened && full < 2 ? -1 : 0);
			if (result != 0)
				assert_int_equal(err.sys, full == 1 ? ENOSPC : EIO);
			if (!happened)
				break;
			assert_true(at < 100);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_pieces), cmocka_unit_test(test_faults)};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
