/* What a witness does to the disk for a checkpoint, call by call. */
#include "lab.h"

#include <stdio.h>

static struct lab lab;
static char slot_paths[2][160];

static int set_up(void **state)
{
	char hash_text[HOLDER_HASH_TEXT];

	(void)state;
	lab_begin(&lab, NULL);
	holder_origin_hash(STR(LAB_ORIGIN), hash_text);
	for (unsigned i = 0; i < 2; i++)
		(void)snprintf(slot_paths[i], sizeof(slot_paths[i]), "witness/state/%s.checkpoint.%u", hash_text, i);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	lab_end(&lab);
	return 0;
}

static unsigned writes, datasyncs, others;
static ssize_t count_write(int fd, const void *bytes, size_t n, off_t offset)
{
	writes++;
	return os_real.pwrite(fd, bytes, n, offset);
}
static int count_datasync(int fd)
{
	datasyncs++;
	return os_real.fdatasync(fd);
}
static int count_fsync(int fd)
{
	others++;
	return os_real.fsync(fd);
}
static int count_truncate(int fd, off_t size)
{
	others++;
	return os_real.ftruncate(fd, size);
}

/* What a checkpoint costs once its files are there: a write and a sync of data each for the line and for the checkpoint, whose file stays as it is but
 * for the bytes; nothing is made, cut or renamed. */
static void test_cost(void **state)
{
	struct witness *witness = lab_open(&lab, true);
	struct os_calls calls = os_real;
	struct buf slot = BUF_INIT;

	(void)state;
	for (unsigned size = 9; size < 12; size++)
		assert_int_equal(lab_ask(&lab, witness, 0, size == 9 ? 0 : size - 1, size), 200);
	calls.pwrite = count_write;
	calls.fdatasync = count_datasync;
	calls.fsync = count_fsync;
	calls.ftruncate = count_truncate;
	writes = datasyncs = others = 0;
	os_calls = &calls;
	for (unsigned size = 12; size < 20; size++)
		assert_int_equal(lab_ask(&lab, witness, 0, size - 1, size), 200);
	os_calls = &os_real;
	assert_int_equal(writes, 16);
	assert_int_equal(datasyncs, 16);
	assert_int_equal(others, 0);
	for (unsigned i = 0; i < 2; i++) {
		lab_read(&lab, slot_paths[i], &slot);
		assert_int_equal(slot.n, 4096);
	}
	witness_close(witness);
	buf_release(&slot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(test_cost, set_up, tear_down)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
