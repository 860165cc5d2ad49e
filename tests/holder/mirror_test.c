/* The mirror: every status of tlog-mirror in its order; that what it cosigned it holds, and never two histories, whatever uploads, tickets, threads,
 * failing calls, power cuts and old copies of its folder there are (P3, P5). */
#include "mirror_lab.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fault/fault.h"

static struct mirror_lab lab;

static int set_up(void **state)
{
	(void)state;
	mirror_lab_begin(&lab);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	mirror_lab_end(&lab);
	return 0;
}

static struct mirror *open_again(struct mirror *mirror)
{
	mirror_close(mirror);
	mirror = mirror_lab_open(&lab, false);
	assert_int_equal(witness_assume(mirror_judge(mirror), STR(LAB_ORIGIN), NULL), 0);
	return mirror;
}

#define EXPECT(status, call)                                                                                                       \
	do {                                                                                                                       \
		unsigned got_ = (call);                                                                                            \
		if (got_ != (status))                                                                                              \
			fail_msg("%s: %u, not %u: %s", #call, got_, (unsigned)(status),                                            \
				answer.body.p == NULL ? "" : answer.body.p);                                                       \
	} while (0)

/* ---- growth ------------------------------------------------------------------------------------------------------------------------- */

static void test_growth(void **state)
{
	static const uint64_t sizes[] = {0, 1, 2, 255, 256, 257, 300, 511, 512, 513, 1100};
	struct mirror *mirror = mirror_lab_open(&lab, true);
	struct mirror_answer answer = {.body = BUF_INIT};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		uint64_t before = i == 0 ? 0 : sizes[i - 1];

		EXPECT(200, mirror_lab_add_checkpoint(&lab, mirror, 0, before, sizes[i]));
		assert_int_equal(mirror_lab_check(&lab, lab.mirror, 0), before); /* pending is not mirrored */
		EXPECT(200, mirror_lab_add_entries(&lab, mirror, 0, before, sizes[i], UINT64_MAX, STR(""), &answer));
		assert_int_equal(mirror_lab_check(&lab, lab.mirror, 0), sizes[i]);
		/* once more: the same cosignature, and nothing is written */
		EXPECT(200, mirror_lab_add_entries(&lab, mirror, 0, sizes[i], sizes[i], 0, STR(""), &answer));
		if (i % 3 == 2)
			mirror = open_again(mirror);
	}
	mirror_close(mirror);
	mirror_answer_release(&answer);
}

/* All of it at once, in pieces of any length; from a start within a bundle; with what is there already. */
static void test_at_once(void **state)
{
	static const size_t steps[] = {1, 7, 4096, 1u << 20};
	struct mirror_answer answer = {.body = BUF_INIT};
	struct buf body = BUF_INIT;

	(void)state;
	mirror_lab_copy(&lab, "mirror", "empty");
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct mirror *mirror;

		mirror_lab_copy(&lab, "empty", "mirror");
		mirror = mirror_lab_open(&lab, true);
		EXPECT(200, mirror_lab_add_checkpoint(&lab, mirror, 0, 0, 700));
		buf_clear(&body);
		mirror_lab_body(&lab, 0, 0, 700, 1, STR(""), &body);
		EXPECT(202, mirror_lab_send(&lab, mirror, buf_view(&body), steps[i], &answer));
		assert_true(answer.info.size == 700 && answer.info.next == 256);
		buf_clear(&body);
		mirror_lab_body(&lab, 0, 200, 700, 9, STR(""), &body);
		EXPECT(200, mirror_lab_send(&lab, mirror, buf_view(&body), steps[i], &answer));
		assert_int_equal(mirror_lab_check(&lab, lab.mirror, 0), 700);
		mirror_close(mirror);
	}
	buf_release(&body);
	mirror_answer_release(&answer);
}

/* ---- statuses ----------------------------------------------------------------------------------------------------------------------- */

static void test_statuses(void **state)
{
	const struct mirror_upload other = {STR("example.org/other"), 0, 1, STR("")};
	struct mirror *mirror = mirror_lab_open(&lab, true);
	struct mirror_answer answer = {.body = BUF_INIT};
	struct buf body = BUF_INIT;

	(void)state;
	/* 404, 422: no such log, no checkpoint yet */
	mirror_upload_format(&body, &other);
	EXPECT(404, mirror_lab_send(&lab, mirror, buf_view(&body), 100, &answer));
	EXPECT(422, mirror_lab_add_entries(&lab, mirror, 0, 0, 300, 2, STR(""), &answer));
	EXPECT(200, mirror_lab_add_checkpoint(&lab, mirror, 0, 0, 300));
	/* 400: nothing came, the head is cut, backwards, or the first package is cut */
	EXPECT(400, mirror_lab_send(&lab, mirror, STR(""), 1, &answer));
	EXPECT(400, mirror_lab_send(&lab, mirror, STR("\0\1"), 1, &answer));
	EXPECT(400, mirror_lab_add_entries(&lab, mirror, 0, 0, 300, 0, STR(""), &answer));
	buf_clear(&body);
	mirror_lab_body(&lab, 0, 0, 300, 1, STR(""), &body);
	body.n -= 1;
	EXPECT(400, mirror_lab_send(&lab, mirror, buf_view(&body), 100, &answer));
	/* 409: a size that is no pending checkpoint's, a start beyond what is there */
	EXPECT(409, mirror_lab_add_entries(&lab, mirror, 0, 0, 299, 2, STR(""), &answer));
	assert_true(answer.info.size == 300 && answer.info.next == 0 && answer.ticket.n > 0);
	EXPECT(409, mirror_lab_add_entries(&lab, mirror, 0, 0, 301, 2, STR(""), &answer));
	EXPECT(409, mirror_lab_add_entries(&lab, mirror, 0, 1, 300, 2, STR(""), &answer));
	assert_true(answer.info.size == 300 && answer.info.next == 0);
	EXPECT(409, mirror_lab_add_entries(&lab, mirror, 0, 300, 300, 0, STR(""), &answer));
	/* 202: a part, deliberately or cut off; then the rest */
	EXPECT(202, mirror_lab_add_entries(&lab, mirror, 0, 0, 300, 1, STR(""), &answer));
	assert_true(answer.info.size == 300 && answer.info.next == 256);
	buf_clear(&body);
	mirror_lab_body(&lab, 0, 0, 300, 2, STR(""), &body);
	body.n -= 5;
	EXPECT(202, mirror_lab_send(&lab, mirror, buf_view(&body), 100, &answer));
	assert_true(answer.info.size == 300 && answer.info.next == 256);
	assert_int_equal(mirror_lab_check(&lab, lab.mirror, 0), 0);
	EXPECT(200, mirror_lab_add_entries(&lab, mirror, 0, 256, 300, 1, STR(""), &answer));
	/* something behind the last package */
	buf_clear(&body);
	mirror_lab_body(&lab, 0, 256, 300, 1, STR(""), &body);
	buf_char(&body, '!');
	EXPECT(400, mirror_lab_send(&lab, mirror, buf_view(&body), 100, &answer));
	/* 409: below the mirror checkpoint */
	EXPECT(409, mirror_lab_add_entries(&lab, mirror, 0, 0, 256, 1, STR(""), &answer));
	assert_true(answer.info.size == 300 && answer.info.next == 300);
	assert_int_equal(mirror_lab_check(&lab, lab.mirror, 0), 300);
	mirror_close(mirror);
	buf_release(&body);
	mirror_answer_release(&answer);
}

/* ---- lies ------------------------------------------------------------------------------------------------------------------------------ */

/* Wrong entries, wrong proofs, every byte of a package changed: nothing of it is kept. */
static void test_lies(void **state)
{
	struct mirror *mirror = mirror_lab_open(&lab, true);
	struct mirror_answer answer = {.body = BUF_INIT};
	struct buf body = BUF_INIT;
	size_t head;

	(void)state;
	EXPECT(200, mirror_lab_add_checkpoint(&lab, mirror, 0, 0, 300));
	mirror_lab_body(&lab, 0, 0, 300, 0, STR(""), &body);
	head = body.n;
	mirror_lab_body(&lab, 0, 0, 300, 1, STR(""), &body);
	memmove(body.p, body.p + head, body.n - head); /* the head of one suffices */
	body.n -= head;
	for (size_t i = head; i < body.n; i += i < head + 40 || i > body.n - 60 ? 1 : 23) {
		unsigned status;

		body.p[i] ^= 0x41;
		status = mirror_lab_send(&lab, mirror, buf_view(&body), 4096, &answer);
		if (status != 422 && status != 400)
			fail_msg("byte %zu changed: %u", i, status);
		body.p[i] ^= 0x41;
	}
	/* history 1 is the same up to entry 280: its first bundle is, its checkpoint is not */
	EXPECT(422, mirror_lab_add_entries(&lab, mirror, 1, 0, 300, 2, STR(""), &answer));
	EXPECT(202, mirror_lab_add_entries(&lab, mirror, 0, 0, 300, 1, STR(""), &answer));
	EXPECT(422, mirror_lab_add_entries(&lab, mirror, 1, 256, 300, 2, STR(""), &answer));
	EXPECT(422, mirror_lab_add_checkpoint(&lab, mirror, 1, 300, 300));
	EXPECT(422, mirror_lab_add_checkpoint(&lab, mirror, 1, 300, 400));
	EXPECT(409, mirror_lab_add_checkpoint(&lab, mirror, 1, 0, 400));
	EXPECT(200, mirror_lab_add_entries(&lab, mirror, 0, 256, 300, 2, STR(""), &answer));
	assert_int_equal(mirror_lab_check(&lab, lab.mirror, 0), 300);
	/* a start within a bundle does not hide what came before it there */
	EXPECT(200, mirror_lab_add_checkpoint(&lab, mirror, 0, 300, 400));
	EXPECT(422, mirror_lab_add_entries(&lab, mirror, 1, 290, 400, 2, STR(""), &answer));
	EXPECT(422, mirror_lab_add_entries(&lab, mirror, 1, 300, 400, 2, STR(""), &answer));
	EXPECT(200, mirror_lab_add_entries(&lab, mirror, 0, 290, 400, 2, STR(""), &answer));
	assert_int_equal(mirror_lab_check(&lab, lab.mirror, 0), 400);
	mirror_close(mirror);
	buf_release(&body);
	mirror_answer_release(&answer);
}

/* ---- tickets ---------------------------------------------------------------------------------------------------------------------------- */

static void test_tickets(void **state)
{
	struct mirror *mirror = mirror_lab_open(&lab, true);
	struct mirror_answer answer = {.body = BUF_INIT}, other = {.body = BUF_INIT};
	struct buf ticket = BUF_INIT, note = BUF_INIT;

	(void)state;
	EXPECT(200, mirror_lab_add_checkpoint(&lab, mirror, 0, 0, 300));
	EXPECT(202, mirror_lab_add_entries(&lab, mirror, 0, 0, 300, 1, STR(""), &answer));
	buf_str(&ticket, buf_view(&answer.ticket));
	EXPECT(200, mirror_lab_add_checkpoint(&lab, mirror, 0, 300, 700));
	/* without the ticket an older pending checkpoint is not known any more; with it, it is, also after a restart */
	EXPECT(409, mirror_lab_add_entries(&lab, mirror, 0, 256, 300, 0, STR(""), &answer));
	assert_int_equal(answer.info.size, 700);
	mirror = open_again(mirror);
	EXPECT(400, mirror_lab_add_entries(&lab, mirror, 0, 256, 300, 0, buf_view(&ticket), &answer));
	/* of another size */
	EXPECT(409, mirror_lab_add_entries(&lab, mirror, 0, 256, 299, 0, buf_view(&ticket), &answer));
	/* forged: every byte changed, cut anywhere, and lengthened */
	for (size_t i = 0; i < ticket.n; i++) {
		ticket.p[i] ^= 1;
		if (mirror_lab_add_entries(&lab, mirror, 0, 256, 300, 0, buf_view(&ticket), &other) != 409)
			fail_msg("byte %zu of a ticket changed, and it is taken", i);
		assert_int_equal(other.info.size, 700);
		ticket.p[i] ^= 1;
		EXPECT(409, mirror_lab_add_entries(&lab, mirror, 0, 256, 300, 0, (struct str){ticket.p, i}, &answer));
	}
	/* another history, signed by the log, at a place where there is a line; a truth that never was pending */
	buf_add(&note, ticket.p, 8);
	mirror_lab_checkpoint(&lab, 1, 300, &note);
	EXPECT(409, mirror_lab_add_entries(&lab, mirror, 1, 256, 300, 0, buf_view(&note), &answer));
	note.n = 8;
	mirror_lab_checkpoint(&lab, 0, 301, &note);
	EXPECT(409, mirror_lab_add_entries(&lab, mirror, 0, 256, 301, 0, buf_view(&note), &answer));
	/* the true one */
	EXPECT(200, mirror_lab_add_entries(&lab, mirror, 0, 256, 300, 1, buf_view(&ticket), &answer));
	assert_int_equal(mirror_lab_check(&lab, lab.mirror, 0), 300);
	EXPECT(200, mirror_lab_add_entries(&lab, mirror, 0, 300, 700, 9, STR(""), &answer));
	/* replayed: it is below the mirror checkpoint */
	EXPECT(409, mirror_lab_add_entries(&lab, mirror, 0, 256, 300, 1, buf_view(&ticket), &answer));
	assert_int_equal(answer.info.size, 700);
	assert_int_equal(mirror_lab_check(&lab, lab.mirror, 0), 700);
	mirror_close(mirror);
	buf_release(&ticket);
	buf_release(&note);
	mirror_answer_release(&answer);
	mirror_answer_release(&other);
}

/* A place within a line, where "1100" reads as "100": the log signs such a lie. */
static void test_ticket_within_a_line(void **state)
{
	struct mirror *mirror = mirror_lab_open(&lab, true);
	struct mirror_answer answer = {.body = BUF_INIT};
	struct buf note = BUF_INIT, text = BUF_INIT;
	struct hash root;

	(void)state;
	EXPECT(200, mirror_lab_add_checkpoint(&lab, mirror, 0, 0, 1100));
	EXPECT(409, mirror_lab_add_entries(&lab, mirror, 0, 1100, 1100, 0, STR(""), &answer));
	buf_be64(&note, be64_get(answer.ticket.p) + 1);
	naive_root(lab.leaves[0], 1100, &root);
	checkpoint_format(&text, STR(LAB_ORIGIN), 100, &root);
	buf_str(&note, buf_view(&text));
	buf_char(&note, '\n');
	assert_int_equal(note_sign(&note, buf_view(&text), &lab.log.key, lab.log.secret, NULL), 0);
	EXPECT(409, mirror_lab_add_entries(&lab, mirror, 0, 0, 100, 0, buf_view(&note), &answer));
	assert_int_equal(answer.info.size, 1100);
	mirror_close(mirror);
	buf_release(&note);
	buf_release(&text);
	mirror_answer_release(&answer);
}

/* ---- several at once --------------------------------------------------------------------------------------------------------------------- */

/* One has brought more than another wants cosigned: the tree of the smaller size is published, with its partial tiles. */
static void test_behind_another(void **state)
{
	static const struct {
		uint64_t small, large;
	} cases[] = {{1, 200}, {255, 256}, {257, 300}, {257, 1100}, {256, 513}, {512, 513}, {300, 512}, {300, 1024}};
	struct mirror_answer answer = {.body = BUF_INIT}, ticket = {.body = BUF_INIT};

	(void)state;
	mirror_lab_copy(&lab, "mirror", "empty");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t small = cases[i].small, large = cases[i].large;
		struct mirror *mirror;

		for (unsigned again = 0; again < 2; again++) {
			mirror_lab_copy(&lab, "empty", "mirror");
			mirror = mirror_lab_open(&lab, true);
			EXPECT(200, mirror_lab_add_checkpoint(&lab, mirror, 0, 0, small));
			EXPECT(409, mirror_lab_add_entries(&lab, mirror, 0, small, small, 0, STR(""), &ticket));
			EXPECT(200, mirror_lab_add_checkpoint(&lab, mirror, 0, small, large));
			if (large > TILE_WIDTH)
				EXPECT(202, mirror_lab_add_entries(&lab, mirror, 0, 0, large, mirror_package_count(0, large) - 1,
						    STR(""), &answer));
			if (again == 1)
				mirror = open_again(mirror);
			EXPECT(200, mirror_lab_add_entries(&lab, mirror, 0, 0, small, 99, buf_view(&ticket.ticket), &answer));
			assert_int_equal(mirror_lab_check(&lab, lab.mirror, 0), small);
			EXPECT(200, mirror_lab_push(&lab, mirror, 0, large));
			assert_int_equal(mirror_lab_check(&lab, lab.mirror, 0), large);
			EXPECT(409, mirror_lab_add_entries(&lab, mirror, 0, small, small, 0, buf_view(&ticket.ticket), &answer));
			mirror_close(mirror);
		}
	}
	mirror_answer_release(&answer);
	mirror_answer_release(&ticket);
}

/* While one upload is under way, another brings the mirror further: nothing goes back. */
static void test_overtaken(void **state)
{
	struct mirror *mirror = mirror_lab_open(&lab, true);
	struct mirror_answer answer = {.body = BUF_INIT};
	struct mirror_upload_state *upload = mirror_upload_begin(mirror);
	struct buf body = BUF_INIT, said = BUF_INIT;
	const char *type = NULL;
	unsigned status = 0;

	(void)state;
	EXPECT(200, mirror_lab_add_checkpoint(&lab, mirror, 0, 0, 300));
	mirror_lab_body(&lab, 0, 0, 300, 2, STR(""), &body);
	assert_true(mirror_upload_take(upload, buf_view(&body)));
	EXPECT(200, mirror_lab_push(&lab, mirror, 0, 700));
	mirror_upload_end(upload, &status, &said, &type);
	mirror_upload_free(upload);
	assert_int_equal(status, 409);
	assert_true(str_starts(buf_view(&said), STR("700\n700\n")));
	assert_int_equal(mirror_lab_check(&lab, lab.mirror, 0), 700);
	/* and where all is lost that was not held: it says from where on */
	EXPECT(200, mirror_lab_add_checkpoint(&lab, mirror, 0, 700, 1100));
	buf_clear(&body);
	mirror_lab_body(&lab, 0, 700, 1100, 9, STR(""), &body);
	upload = mirror_upload_begin(mirror);
	assert_true(mirror_upload_take(upload, (struct str){body.p, body.n / 2}));
	pthread_mutex_lock(&mirror->logs[0].lock);
	mirror_store_close(&mirror->logs[0]);
	pthread_mutex_unlock(&mirror->logs[0].lock);
	assert_false(mirror_upload_take(upload, (struct str){body.p + body.n / 2, body.n - body.n / 2}));
	buf_clear(&said);
	mirror_upload_end(upload, &status, &said, &type);
	mirror_upload_free(upload);
	assert_int_equal(status, 409);
	assert_true(str_starts(buf_view(&said), STR("1100\n700\n")));
	EXPECT(200, mirror_lab_push(&lab, mirror, 0, 1100));
	mirror_close(mirror);
	assert_int_equal(mirror_lab_check(&lab, lab.mirror, 0), 1100);
	buf_release(&body);
	buf_release(&said);
	mirror_answer_release(&answer);
}

struct pusher {
	pthread_t thread;
	struct mirror *mirror;
	unsigned status;
};

static void *push_all(void *context)
{
	struct pusher *pusher = context;

	for (uint64_t size = 100; size <= LAB_ENTRIES; size += 100)
		pusher->status = mirror_lab_push(&lab, pusher->mirror, 0, size);
	return NULL;
}

static void test_threads(void **state)
{
	struct pusher pushers[3] = {{.status = 0}};
	struct mirror *mirror = mirror_lab_open(&lab, true);
	bool any = false;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		pushers[i].mirror = mirror;
		assert_int_equal(pthread_create(&pushers[i].thread, NULL, push_all, &pushers[i]), 0);
	}
	for (size_t i = 0; i < 3; i++) {
		(void)pthread_join(pushers[i].thread, NULL);
		any = any || pushers[i].status == 200;
	}
	assert_true(any);
	mirror_close(mirror);
	assert_int_equal(mirror_lab_check(&lab, lab.mirror, 0), LAB_ENTRIES);
}

/* A second process is refused. */
static void test_one_process(void **state)
{
	const struct mirror_options options = {.path = lab.mirror};
	struct mirror *mirror = mirror_lab_open(&lab, true), *second;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(mirror_open(&second, &options, &err), -1);
	assert_error(&err, ERR_CONFLICT, "another process");
	mirror_close(mirror);
	mirror = mirror_lab_open(&lab, true);
	mirror_close(mirror);
}

/* All uploads together hold so much memory, and no more; who began goes on. */
static void test_pool(void **state)
{
	enum { MANY = 64 };
	struct mirror_upload_state *uploads[MANY];
	struct mirror *mirror = mirror_lab_open(&lab, true);
	struct mirror_answer answer = {.body = BUF_INIT};
	struct buf body = BUF_INIT;
	size_t refused = 0;

	(void)state;
	EXPECT(200, mirror_lab_add_checkpoint(&lab, mirror, 0, 0, 300));
	mirror_lab_body(&lab, 0, 0, 300, 0, STR(""), &body);
	for (unsigned i = 0; i < 30; i++) {
		buf_be16(&body, ENTRY_MAX);
		for (unsigned k = 0; k < ENTRY_MAX; k++)
			buf_char(&body, 'x');
	}
	for (size_t i = 0; i < MANY; i++) {
		uploads[i] = mirror_upload_begin(mirror);
		refused += !mirror_upload_take(uploads[i], buf_view(&body));
	}
	assert_true(refused > 0 && refused < MANY);
	for (size_t i = 0; i < MANY; i++)
		mirror_upload_free(uploads[i]);
	assert_int_equal(mirror->pool, 0);
	EXPECT(200, mirror_lab_push(&lab, mirror, 0, 300));
	mirror_close(mirror);
	buf_release(&body);
	mirror_answer_release(&answer);
}

/* ---- old copies, restarts ----------------------------------------------------------------------------------------------------------------- */

/* What was taken before a restart is there; an upload that was broken off too. */
static void test_restart(void **state)
{
	struct mirror *mirror = mirror_lab_open(&lab, true);
	struct mirror_answer answer = {.body = BUF_INIT};
	struct mirror_upload_state *upload;
	struct buf body = BUF_INIT;

	(void)state;
	EXPECT(200, mirror_lab_add_checkpoint(&lab, mirror, 0, 0, 1100));
	EXPECT(202, mirror_lab_add_entries(&lab, mirror, 0, 0, 1100, 2, STR(""), &answer));
	mirror = open_again(mirror);
	EXPECT(409, mirror_lab_add_entries(&lab, mirror, 0, 1100, 1100, 0, STR(""), &answer));
	assert_true(answer.info.size == 1100 && answer.info.next == 512);
	mirror_lab_body(&lab, 0, 512, 1100, 2, STR(""), &body);
	upload = mirror_upload_begin(mirror);
	assert_true(mirror_upload_take(upload, (struct str){body.p, body.n - 10}));
	mirror_upload_free(upload); /* the connection is gone */
	mirror = open_again(mirror);
	EXPECT(409, mirror_lab_add_entries(&lab, mirror, 0, 1100, 1100, 0, STR(""), &answer));
	assert_true(answer.info.next == 768);
	/* a record that is damaged, or speaks of what is not there, costs what it said, and nothing else */
	mirror_close(mirror);
	{
		char path[512];

		(void)snprintf(path, sizeof(path), "%s/state/%s.held", lab.mirror, lab.hash);
		assert_int_equal(os_replace(AT_FDCWD, path, STR("photostat.mirror/v1\n" LAB_ORIGIN "\n1024 "), 0644, NULL), 0);
	}
	mirror = open_again(mirror_lab_open(&lab, false));
	EXPECT(409, mirror_lab_add_entries(&lab, mirror, 0, 1100, 1100, 0, STR(""), &answer));
	assert_true(answer.info.next == 0);
	EXPECT(200, mirror_lab_push(&lab, mirror, 0, 1100));
	assert_int_equal(mirror_lab_check(&lab, lab.mirror, 0), 1100);
	mirror_close(mirror);
	buf_release(&body);
	mirror_answer_release(&answer);
}

/* The folder put back from a copy: uncertain, then behind by what somebody else has of its own cosignatures. */
static void test_rollback(void **state)
{
	struct mirror *mirror = mirror_lab_open(&lab, true);
	struct mirror_answer answer = {.body = BUF_INIT}, old = {.body = BUF_INIT};
	struct buf newer = BUF_INIT;
	struct err err = ERR_INIT;
	char path[512];

	(void)state;
	EXPECT(200, mirror_lab_push(&lab, mirror, 0, 270));
	EXPECT(200, mirror_lab_add_checkpoint(&lab, mirror, 0, 270, 275));
	EXPECT(409, mirror_lab_add_entries(&lab, mirror, 0, 275, 275, 0, STR(""), &old));
	mirror_close(mirror);
	mirror_lab_copy(&lab, "mirror", "backup");
	mirror = open_again(mirror_lab_open(&lab, false));
	EXPECT(200, mirror_lab_push(&lab, mirror, 0, 600));
	(void)snprintf(path, sizeof(path), "%s/log/%s/checkpoint", lab.mirror, lab.hash);
	assert_int_equal(os_read_file(AT_FDCWD, path, NOTE_MAX, &newer, NULL), 0);
	mirror_close(mirror);
	mirror_lab_copy(&lab, "backup", "mirror");
	mirror = mirror_lab_open(&lab, true); /* of no effect where there is state */
	EXPECT(503, mirror_lab_add_checkpoint(&lab, mirror, 1, 275, 600));
	EXPECT(503, mirror_lab_add_entries(&lab, mirror, 0, 270, 275, 1, STR(""), &answer));
	assert_int_equal(witness_confirm(mirror_judge(mirror), buf_view(&newer), &err), 1);
	/* behind: neither another history from where the copy stands, nor the old checkpoint */
	EXPECT(409, mirror_lab_add_checkpoint(&lab, mirror, 1, 275, 600));
	EXPECT(422, mirror_lab_add_checkpoint(&lab, mirror, 1, 600, 700));
	EXPECT(503, mirror_lab_add_entries(&lab, mirror, 0, 270, 275, 1, STR(""), &answer));
	EXPECT(200, mirror_lab_add_checkpoint(&lab, mirror, 0, 600, 700));
	/* a ticket of before would lead to a size below the cosigned one */
	EXPECT(409, mirror_lab_add_entries(&lab, mirror, 0, 270, 275, 1, buf_view(&old.ticket), &answer));
	assert_int_equal(answer.info.size, 700);
	EXPECT(200, mirror_lab_push(&lab, mirror, 0, 700));
	assert_int_equal(mirror_lab_check(&lab, lab.mirror, 0), 700);
	mirror_close(mirror);
	buf_release(&newer);
	mirror_answer_release(&answer);
	mirror_answer_release(&old);
}

/* The state has a line whose checkpoint was lost: it is wanted anew, and all goes on. */
static void test_lost_checkpoint(void **state)
{
	struct mirror *mirror = mirror_lab_open(&lab, true);
	struct mirror_answer answer = {.body = BUF_INIT};
	char path[512];

	(void)state;
	EXPECT(200, mirror_lab_add_checkpoint(&lab, mirror, 0, 0, 300));
	mirror_close(mirror);
	for (unsigned i = 0; i < 2; i++) {
		(void)snprintf(path, sizeof(path), "mirror/state/%s.checkpoint.%u", lab.hash, i);
		mirror_lab_remove(&lab, path);
	}
	mirror = open_again(mirror_lab_open(&lab, false));
	EXPECT(422, mirror_lab_add_entries(&lab, mirror, 0, 0, 300, 2, STR(""), &answer));
	EXPECT(200, mirror_lab_push(&lab, mirror, 0, 300));
	mirror_close(mirror);
	mirror_answer_release(&answer);
}

/* ---- failing calls, power ------------------------------------------------------------------------------------------------------------------ */

#define STAGES 3u
static const uint64_t stages[STAGES] = {3, 257, 300};

static bool is_full(void)
{
	const char *full = getenv("PHOTOSTAT_TEST_FULL");

	return full != NULL && strcmp(full, "1") == 0;
}

/* Every call (of a sample, but with PHOTOSTAT_TEST_FULL) fails once, in every way: what was answered is kept, and then it goes on. */
static void test_faults(void **state)
{
	const char *given = getenv("PHOTOSTAT_TEST_SEED");
	uint64_t step = is_full() ? 1 : 7, seed = given == NULL ? 1927 : strtoull(given, NULL, 10);

	static const struct {
		enum fault_effect effect;
		int sys;
	} ways[] = {{FAULT_ERROR, EIO}, {FAULT_ERROR_DONE, EIO}, {FAULT_SHORT, 0}, {FAULT_FULL, ENOSPC}, {FAULT_ERROR, EINTR}};

	(void)state;
	print_message("seed %u\n", (unsigned)seed);
	mirror_lab_copy(&lab, "mirror", "empty");
	for (unsigned per_file = 0; per_file < 2; per_file++)
		for (unsigned way = 0; way < sizeof(ways) / sizeof(ways[0]); way++)
			for (uint64_t at = 1 + (seed + way + per_file) % step;; at += step) {
				const struct fault_plan plan = {.at = at, .effect = ways[way].effect, .sys = ways[way].sys};
				struct mirror *mirror;
				uint64_t answered = 0, left;
				struct buf trace = BUF_INIT;
				bool happened;

				mirror_lab_copy(&lab, "empty", "mirror");
				os_batch_force_per_file(per_file == 1);
				mirror = mirror_lab_open(&lab, true);
				fault_start(&plan);
				for (unsigned i = 0; i < STAGES; i++)
					if (mirror_lab_push(&lab, mirror, 0, stages[i]) == 200)
						answered = stages[i];
				happened = fault_stop();
				fault_trace(&trace);
				if (at % 2 == 0)
					mirror = open_again(mirror);
				left = mirror_lab_check(&lab, lab.mirror, 0);
				if (left < answered)
					fail_msg("way %u, call %u: %u was answered, %u is left: %s", way, (unsigned)at,
						(unsigned)answered, (unsigned)left, trace.p);
				if (mirror_lab_push(&lab, mirror, 0, 600) != 200)
					fail_msg("way %u, call %u: it does not go on: %s", way, (unsigned)at, trace.p);
				mirror_close(mirror);
				assert_int_equal(mirror_lab_check(&lab, lab.mirror, 0), 600);
				buf_release(&trace);
				if (!happened)
					break;
			}
	os_batch_force_per_file(false);
}

/* A folder as the power left it: what was answered is held, entry by entry; and it goes on. */
static void check_after(const char *out, unsigned model, size_t k, uint64_t seed, uint64_t answered)
{
	struct mirror_lab *after = mem_alloc(sizeof(*after));
	struct mirror *mirror;
	uint64_t left;
	unsigned status;

	*after = lab;
	(void)snprintf(after->mirror, sizeof(after->mirror), "%s", out);
	left = mirror_lab_check(&lab, out, 0);
	if (left < answered)
		fail_msg("model %u, cut %zu, seed %u: %u was answered, %u is left", model, k, (unsigned)seed, (unsigned)answered,
			(unsigned)left);
	mirror = mirror_lab_open(after, false);
	(void)witness_assume(mirror_judge(mirror), STR(LAB_ORIGIN), NULL);
	status = mirror_lab_push(after, mirror, 0, 320);
	if (status != 200)
		fail_msg("model %u, cut %zu, seed %u: it does not go on: %u", model, k, (unsigned)seed, status);
	mirror_close(mirror);
	assert_int_equal(mirror_lab_check(&lab, out, 0), 320);
	free(after);
}

static void power(bool per_file)
{
	static const enum power_model loose[] = {POWER_LOOSE, POWER_ORDERED, POWER_UNSYNCED_LOST, POWER_NOTHING_LOST};
	static const enum power_model journaled[] = {POWER_JOURNALED, POWER_ORDERED, POWER_UNSYNCED_LOST};
	const enum power_model *models = per_file ? loose : journaled;
	unsigned count = per_file ? sizeof(loose) / sizeof(loose[0]) : sizeof(journaled) / sizeof(journaled[0]);
	bool full = is_full();
	size_t answered_at[STAGES];
	struct mirror *mirror;
	struct power *power;
	char out[160];

	os_batch_force_per_file(per_file);
	os_batch_force_syncfs(!per_file);
	power = power_start(lab.mirror);
	mirror = mirror_lab_open(&lab, true);
	for (unsigned i = 0; i < STAGES; i++) {
		assert_int_equal(mirror_lab_push(&lab, mirror, 0, stages[i]), 200);
		answered_at[i] = power_calls(power);
	}
	mirror_close(mirror);
	power_stop(power);
	(void)snprintf(out, sizeof(out), "%s/after", lab.root);
	for (unsigned model = 0; model < count; model++)
		for (size_t k = 0; k <= power_calls(power); k++)
			for (uint64_t seed = 0; seed < (full ? 10u : 3u); seed++) {
				uint64_t answered = 0;

				for (unsigned i = 0; i < STAGES; i++)
					if (answered_at[i] <= k)
						answered = stages[i];
				mirror_lab_remove(&lab, "after");
				power_materialise(power, k, full ? seed : seed * 2 + k % 2, models[model], out);
				check_after(out, models[model], k, seed, answered);
			}
	mirror_lab_remove(&lab, "after");
	power_free(power);
	os_batch_force_per_file(false);
	os_batch_force_syncfs(false);
}

static void test_power(void **state)
{
	(void)state;
	power(false);
}

static void test_power_per_file(void **state)
{
	(void)state;
	power(true);
}

/* The n-th sync fails, and what it was for is in the cache alone. What is answered then survives the power all the same. */
static void test_failed_sync(void **state)
{
	char out[160];

	(void)state;
	mirror_lab_copy(&lab, "mirror", "empty");
	(void)snprintf(out, sizeof(out), "%s/after", lab.root);
	for (unsigned per_file = 0; per_file < 2; per_file++)
		for (size_t n = 1;; n++) {
			struct mirror *mirror;
			struct power *power;
			size_t syncs, answered_at[STAGES];

			mirror_lab_copy(&lab, "empty", "mirror");
			os_batch_force_per_file(per_file == 1);
			os_batch_force_syncfs(per_file == 0);
			power = power_start(lab.mirror);
			power_fail_sync(power, n);
			mirror = mirror_lab_open(&lab, true);
			for (unsigned i = 0; i < STAGES; i++) {
				if (mirror_lab_push(&lab, mirror, 0, stages[i]) != 200)
					assert_int_equal(mirror_lab_push(&lab, mirror, 0, stages[i]), 200);
				answered_at[i] = power_calls(power);
			}
			mirror_close(mirror);
			syncs = power_syncs(power);
			power_stop(power);
			for (unsigned i = 0; i < STAGES; i++)
				for (uint64_t seed = 0; seed < 2; seed++) {
					mirror_lab_remove(&lab, "after");
					power_materialise(power, answered_at[i], seed, POWER_UNSYNCED_LOST, out);
					check_after(out, 99, n, seed, stages[i]);
				}
			power_free(power);
			if (syncs < n)
				break;
		}
	mirror_lab_remove(&lab, "after");
	os_batch_force_per_file(false);
	os_batch_force_syncfs(false);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(test_growth),
		CASE(test_at_once),
		CASE(test_statuses),
		CASE(test_lies),
		CASE(test_tickets),
		CASE(test_ticket_within_a_line),
		CASE(test_behind_another),
		CASE(test_overtaken),
		CASE(test_threads),
		CASE(test_one_process),
		CASE(test_pool),
		CASE(test_restart),
		CASE(test_rollback),
		CASE(test_lost_checkpoint),
		CASE(test_faults),
		CASE(test_power),
		CASE(test_power_per_file),
		CASE(test_failed_sync),
	};

	cmocka_set_test_filter(getenv("ONLY_CASE"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
