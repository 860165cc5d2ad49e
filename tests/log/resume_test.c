/* log: what a mirror asks of it: going on beyond the checkpoint where a record says that files are durable, and publishing a smaller size than is
 * there. P1, P3. */
#include "logging.h"

static int setup(void **state)
{
	struct place *p = mem_alloc(sizeof(*p));

	place_make(p);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	place_remove(*state);
	free(*state);
	return 0;
}

/* Entries up to `size`, durable, not published. */
static void append_to(struct log_writer *w, struct log *log, uint64_t size, struct hash *root)
{
	struct os_batch *batch = NULL;
	char text[400];
	uint64_t got;

	OK(os_batch_open(&batch, log_fd(log), &err));
	while (log_writer_size(w) < size)
		OK(log_append(w, entry_of(log_writer_size(w), text), NULL, &err));
	OK(log_write_edge(w, batch, &err));
	OK(os_batch_sync(batch, &err));
	OK(log_writer_verify(w, &got, root, &err));
	assert_int_equal(got, size);
	os_batch_free(batch);
}

static void publish(const struct place *p, struct log_writer *w, struct log *log, const struct hash *leaves, uint64_t size)
{
	struct os_batch *batch = NULL;
	struct buf note = BUF_INIT;
	struct hash root;

	OK(os_batch_open(&batch, log_fd(log), &err));
	OK(log_write_earlier_edge(w, size, batch, &err));
	OK(os_batch_sync(batch, &err));
	tree_hash(leaves, size, &root);
	sign_checkpoint(p, size, &root, &note);
	OK(log_publish(w, buf_view(&note), &err));
	assert_int_equal(log_size(log), size);
	os_batch_free(batch);
	buf_release(&note);
}

static void check_leaves(struct log_writer *w, const struct hash *leaves)
{
	struct hash got[TILE_WIDTH];
	uint64_t size = log_writer_size(w);

	for (uint64_t index = 0; index * TILE_WIDTH < size; index++) {
		unsigned width = tile_width(0, index, size);

		for (unsigned count = 1; count <= width; count = count < width && count + 50 > width ? width : count + 50) {
			OK(log_writer_leaves(w, index, count, got, &err));
			assert_memory_equal(got, leaves + index * TILE_WIDTH, count * sizeof(got[0]));
		}
		if (width < TILE_WIDTH)
			FAILS(log_writer_leaves(w, index, width + 1, got, &err), ERR_USAGE);
	}
	FAILS(log_writer_leaves(w, size / TILE_WIDTH + 1, 1, got, &err), ERR_USAGE);
}

/* Published, held beyond that, gone on, published in between, and at the end: read by an auditor each time. */
static void test_resume(void **state)
{
	static const struct {
		uint64_t published, held, end, between;
	} cases[] = {{0, 1, 2, 1}, {0, 255, 256, 255}, {0, 256, 257, 256}, {0, 300, 1000, 513}, {3, 256, 300, 255},
		{255, 257, 520, 256}, {256, 512, 700, 600}, {257, 300, 512, 257}, {300, 300, 301, 300}, {10, 65536, 65540, 65537},
		{600, 70000, 70001, 65535}};
	struct hash *leaves = leaves_of(70001), root, expected;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct place place, *p = &place;
		struct log_writer *w;
		struct log *log;
		char text[400];

		place_make(p);
		log = place_open(p);
		if (cases[i].published > 0)
			grow_to(p, log, cases[i].published);
		OK(log_writer_open(&w, log, &err));
		append_to(w, log, cases[i].held, &root);
		log_writer_free(w);
		log_free(log);

		log = place_open(p);
		assert_int_equal(log_size(log), cases[i].published);
		OK(log_writer_resume(&w, log, cases[i].held, &root, &err));
		assert_int_equal(log_writer_size(w), cases[i].held);
		if (cases[i].held < 2000)
			check_leaves(w, leaves);
		OK(log_append(w, entry_of(cases[i].held, text), NULL, &err));
		if (cases[i].held < 2000)
			check_leaves(w, leaves);
		append_to(w, log, cases[i].end, &root);
		tree_hash(leaves, cases[i].end, &expected);
		assert_true(hash_equal(&root, &expected));
		publish(p, w, log, leaves, cases[i].between);
		audit_sound(log);
		OK(log_collect(w, &err));
		audit_sound(log);
		publish(p, w, log, leaves, cases[i].end);
		OK(log_collect(w, &err));
		audit_sound(log);
		log_writer_free(w);
		log_free(log);
		log = place_open(p);
		audit_sound(log);
		log_free(log);
		place_remove(p);
	}
	free(leaves);
}

/* A record that is wrong is found out; nothing is published that is not there. */
static void test_refused(void **state)
{
	struct place *p = *state;
	struct log *log = place_open(p);
	struct hash *leaves = leaves_of(700), root, wrong;
	struct buf note = BUF_INIT;
	struct log_writer *w;

	grow_to(p, log, 100);
	OK(log_writer_open(&w, log, &err));
	append_to(w, log, 600, &root);
	/* a smaller size whose partial tiles are not there, one whose root is another, one below the checkpoint */
	tree_hash(leaves, 550, &wrong);
	sign_checkpoint(p, 550, &wrong, &note);
	FAILS(log_publish(w, buf_view(&note), &err), ERR_MISMATCH);
	tree_hash(leaves, 512, &wrong);
	wrong.b[0] ^= 1;
	sign_checkpoint(p, 512, &wrong, &note);
	FAILS(log_publish(w, buf_view(&note), &err), ERR_MISMATCH);
	tree_hash(leaves, 64, &wrong);
	sign_checkpoint(p, 64, &wrong, &note);
	FAILS(log_publish(w, buf_view(&note), &err), ERR_MISMATCH);
	FAILS(log_write_earlier_edge(w, 64, NULL, &err), ERR_INTERNAL);
	assert_int_equal(log_size(log), 100);
	audit_sound(log);
	log_writer_free(w);
	/* resumed with another root, at another size, below the checkpoint */
	wrong = root;
	wrong.b[31] ^= 1;
	FAILS(log_writer_resume(&w, log, 600, &wrong, &err), ERR_MISMATCH);
	FAILS(log_writer_resume(&w, log, 599, &root, &err), ERR_MISMATCH);
	FAILS(log_writer_resume(&w, log, 601, &root, &err), ERR_MISMATCH);
	FAILS(log_writer_resume(&w, log, 99, &root, &err), ERR_USAGE);
	/* a bundle of which a byte was changed */
	OK(os_replace(p->fd, "log/tile/entries/002.p/88", STR("\0\3abc"), 0644, &err));
	FAILS(log_writer_resume(&w, log, 600, &root, &err), ERR_MISMATCH);
	OK(log_writer_open(&w, log, &err));
	append_to(w, log, 600, &root);
	publish(p, w, log, leaves, 600);
	audit_sound(log);
	log_writer_free(w);
	log_free(log);
	buf_release(&note);
	free(leaves);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resume),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
