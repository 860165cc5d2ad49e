/* Cosignatures on the log's checkpoint (L6): only good ones get there, none is ever lost, whatever call fails, and nothing else changes (P1, P2). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/world.h"
#include "fault/fault.h"
#include "holder/holder.h"
#include "tlog/support.h"

static struct err err; /* of the last call */

static void check(int result, const char *what)
{
	if (result != 0)
		fail_msg("%s: %s", what, err.text);
}

#define OK(call) check((call), #call)

static struct world world;
static struct test_key keys[3]; /* the third is no witness of the archive */

static struct archive *opened(enum archive_mode mode)
{
	struct archive *archive;

	OK(archive_open(&archive, world.archive, mode, NULL, NULL, &err));
	return archive;
}

static int set_up(void **state)
{
	static const char *const names[] = {"witness.example/one", "witness.example/two", "witness.example/three"};
	struct archive *archive;

	(void)state;
	world_begin(&world, NULL);
	for (unsigned i = 0; i < 3; i++)
		test_key_make(&keys[i], names[i], NOTE_COSIGNATURE_V1, names[i]);
	archive = opened(ARCHIVE_WRITE);
	OK(archive_add_witness(archive, STR("one"), buf_view(&keys[0].text), STR("http://127.0.0.1:9/"), false, &err));
	archive_close(archive);
	archive = opened(ARCHIVE_WRITE);
	OK(archive_add_witness(archive, STR("two"), buf_view(&keys[1].text), STR("http://127.0.0.1:9/"), false, &err));
	archive_close(archive);
	world_keep(&world);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++)
		test_key_release(&keys[i]);
	world_end(&world);
	return 0;
}

static void cosign(struct buf *lines, struct archive *archive, unsigned key, uint64_t time)
{
	struct note note;

	assert_int_equal(note_parse(&note, log_checkpoint(archive_log(archive)), NULL), 0);
	assert_int_equal(note_cosign(lines, note.text, &keys[key].key, keys[key].secret, time, NULL), 0);
}

/* The time at which that witness cosigned what is on disk; 0: not. Fails if a known line there is bad. */
static uint64_t cosigned(unsigned key)
{
	struct archive *archive = opened(ARCHIVE_READ);
	struct note note;
	uint64_t time = 0;

	assert_int_equal(note_parse(&note, log_checkpoint(archive_log(archive)), NULL), 0);
	assert_int_not_equal(note_verify(&note, &keys[key].key, &time, NULL), -1);
	assert_int_equal(note_verify(&note, archive_key(archive), NULL, NULL), 1);
	archive_close(archive);
	return time;
}

static void test_added(void **state)
{
	struct archive *reader = opened(ARCHIVE_READ), *archive;
	struct buf lines = BUF_INIT, other = BUF_INIT;
	uint64_t size = log_size(archive_log(reader));
	unsigned added;

	(void)state;
	cosign(&lines, reader, 0, 100);
	cosign(&lines, reader, 2, 100);
	OK(archive_recosign(reader, size, buf_view(&lines), &added, &err));
	assert_int_equal(added, 1);
	assert_int_equal(cosigned(0), 100);
	assert_int_equal(cosigned(1), 0);
	assert_int_equal(cosigned(2), 0);
	/* again, later, with the second's: the first stays as it was, the earlier proves more */
	buf_clear(&lines);
	cosign(&lines, reader, 0, 200);
	cosign(&lines, reader, 1, 200);
	OK(archive_recosign(reader, size, buf_view(&lines), &added, &err));
	assert_int_equal(added, 1);
	assert_int_equal(cosigned(0), 100);
	assert_int_equal(cosigned(1), 200);
	/* wrong lines: of another text; rubbish; none */
	assert_int_equal(note_cosign(&other, STR("another\n"), &keys[0].key, keys[0].secret, 300, NULL), 0);
	OK(archive_recosign(reader, size, buf_view(&other), &added, &err));
	OK(archive_recosign(reader, size, STR("rubbish\n\n"), &added, &err));
	OK(archive_recosign(reader, size, STR(""), &added, &err));
	assert_int_equal(added, 0);
	/* another size */
	assert_int_equal(archive_recosign(reader, size - 1, buf_view(&lines), &added, &err), -1);
	assert_int_equal(err.code, ERR_CONFLICT);
	assert_int_equal(cosigned(0), 100);
	/* a writer is at work: it is not waited for without end, nothing changes */
	archive = opened(ARCHIVE_WRITE);
	assert_int_equal(archive_recosign(reader, size, buf_view(&lines), &added, &err), -1);
	assert_int_equal(err.code, ERR_CONFLICT);
	/* with its own handle it may, and goes on after that */
	OK(archive_recosign(archive, size, buf_view(&lines), &added, &err));
	archive_close(archive);
	archive_close(reader);
	assert_int_equal(world_sound(world.archive), 0);
	OK(world_act(&world, ACTION_DEPOSIT, &err));
	assert_int_equal(cosigned(0), 0); /* another checkpoint */
	assert_int_equal(world_sound(world.archive), 0);
	buf_release(&lines);
	buf_release(&other);
}

/* The log has grown since: what was cosigned is not put in the place of what is newer. */
static void test_overtaken(void **state)
{
	struct archive *reader, *after;
	struct buf lines = BUF_INIT;
	uint64_t size;

	(void)state;
	world_reset(&world);
	reader = opened(ARCHIVE_READ);
	size = log_size(archive_log(reader));
	cosign(&lines, reader, 0, 100);
	OK(world_act(&world, ACTION_DEPOSIT, &err));
	assert_int_equal(archive_recosign(reader, size, buf_view(&lines), NULL, &err), -1);
	assert_int_equal(err.code, ERR_CONFLICT);
	after = opened(ARCHIVE_READ);
	assert_int_equal(log_size(archive_log(after)), size + 1);
	archive_close(after);
	archive_close(reader);
	assert_int_equal(world_sound(world.archive), 0);
	buf_release(&lines);
}

/* A checkpoint that was cosigned while an intent still stood is published again with its cosignatures. */
static void test_published_again(void **state)
{
	struct archive *archive;
	struct buf note = BUF_INIT;
	bool found = false;

	(void)state;
	for (uint64_t at = 1; !found; at++) {
		const struct fault_plan plan = {
			.kinds = FAULT_BIT(FAULT_UNLINKAT), .at = at, .effect = FAULT_ERROR, .sys = EIO, .from_then_on = true};
		uint64_t before;
		struct log *log;
		char path[400];

		world_reset(&world);
		archive = opened(ARCHIVE_READ);
		before = log_size(archive_log(archive));
		archive_close(archive);
		fault_start(&plan);
		(void)world_act(&world, ACTION_DEPOSIT, &err);
		if (!fault_stop())
			fail_msg("no intent was left behind");
		if (!world_has_intent(world.archive))
			continue;
		(void)snprintf(path, sizeof(path), "%s/log", world.archive);
		OK(log_open(&log, AT_FDCWD, path, NULL, &err));
		if (log_size(log) > before) {
			struct note parsed;

			found = true;
			buf_str(&note, log_checkpoint(log));
			assert_int_equal(note_parse(&parsed, log_checkpoint(log), NULL), 0);
			assert_int_equal(note_cosign(&note, parsed.text, &keys[0].key, keys[0].secret, 100, NULL), 0);
			OK(log_recosign(log, buf_view(&note), &err));
		}
		log_free(log);
	}
	archive = opened(ARCHIVE_WRITE);
	archive_close(archive);
	assert_false(world_has_intent(world.archive));
	assert_int_equal(cosigned(0), 100);
	assert_int_equal(world_sound(world.archive), 0);
	buf_release(&note);
}

/* Every call fails once: what the checkpoint had it has, and if it was said to be added it is. */
static void test_faults(void **state)
{
	static const struct {
		enum fault_effect effect;
		int sys;
	} ways[] = {{FAULT_ERROR, EIO}, {FAULT_ERROR_DONE, EIO}, {FAULT_SHORT, 0}, {FAULT_FULL, ENOSPC}};

	(void)state;
	for (unsigned way = 0; way < sizeof(ways) / sizeof(ways[0]); way++)
		for (uint64_t at = 1;; at++) {
			const struct fault_plan plan = {.at = at, .effect = ways[way].effect, .sys = ways[way].sys};
			struct buf first = BUF_INIT, second = BUF_INIT;
			struct archive *archive;
			unsigned added = 0;
			bool happened, done;
			uint64_t size;

			world_reset(&world);
			archive = opened(ARCHIVE_WRITE);
			size = log_size(archive_log(archive));
			cosign(&first, archive, 0, 100);
			cosign(&second, archive, 1, 200);
			assert_int_equal(archive_recosign(archive, size, buf_view(&first), NULL, NULL), 0);
			fault_start(&plan);
			done = archive_recosign(archive, size, buf_view(&second), &added, &err) == 0;
			happened = fault_stop();
			archive_close(archive);
			assert_int_equal(cosigned(0), 100);
			if (done) {
				assert_int_equal(added, 1);
				assert_int_equal(cosigned(1), 200);
			}
			if (at % 5 == 0)
				assert_int_equal(world_sound(world.archive), 0);
			buf_release(&first);
			buf_release(&second);
			if (!happened)
				break;
		}
}

/* A change of the log's key breaks off at any call: who brings a cosignature leaves what was begun to who writes next, and the checkpoint that both keys
 * signed keeps it, through whatever opening comes next. */
static void test_rotated(void **state)
{
	uint64_t before, changed = 0;
	struct archive *archive;

	(void)state;
	world_reset(&world);
	archive = opened(ARCHIVE_READ);
	before = log_size(archive_log(archive));
	archive_close(archive);
	for (uint64_t at = 1;; at++) {
		const struct fault_plan plan = {
			.at = at, .changes_only = true, .effect = FAULT_ERROR, .sys = EIO, .from_then_on = true};
		struct buf lines = BUF_INIT;
		bool happened;
		size_t count;
		int result = -1;

		world_reset(&world);
		fault_start(&plan);
		(void)world_act(&world, ACTION_ROTATE, NULL);
		happened = fault_stop();
		/* once for what was not logged yet */
		for (unsigned turn = 0; turn < 2 && result != 0; turn++) {
			archive = opened(ARCHIVE_READ);
			buf_clear(&lines);
			cosign(&lines, archive, 0, 100);
			result = archive_recosign(archive, log_size(archive_log(archive)), buf_view(&lines), NULL, &err);
			archive_close(archive);
			if (result != 0) {
				assert_int_equal(err.code, ERR_CONFLICT);
				archive_close(opened(ARCHIVE_WRITE));
			}
		}
		assert_int_equal(result, 0);
		assert_int_equal(cosigned(0), 100);
		assert_int_equal(world_sound(world.archive), 0);
		assert_int_equal(cosigned(0), 100);
		archive = opened(ARCHIVE_READ);
		if (log_size(archive_log(archive)) > before) {
			const struct vkey *log_keys = archive_log_keys(archive, &count);
			struct note note;

			changed++;
			assert_int_equal(count, 2);
			assert_int_equal(note_parse(&note, log_checkpoint(archive_log(archive)), NULL), 0);
			for (size_t i = 0; i < count; i++)
				assert_int_equal(note_verify(&note, &log_keys[i], NULL, NULL), 1);
		}
		archive_close(archive);
		buf_release(&lines);
		if (!happened)
			break;
	}
	assert_true(changed > 1);
}

/* What is not the same checkpoint is never put in its place. */
static void test_log_refuses(void **state)
{
	struct archive *archive;
	struct buf note = BUF_INIT, before = BUF_INIT;
	struct note parsed;

	(void)state;
	world_reset(&world);
	archive = opened(ARCHIVE_WRITE);
	buf_str(&before, log_checkpoint(archive_log(archive)));
	assert_int_equal(note_parse(&parsed, buf_view(&before), NULL), 0);
	/* without the log's signature */
	buf_str(&note, parsed.text);
	buf_char(&note, '\n');
	assert_int_equal(note_cosign(&note, parsed.text, &keys[0].key, keys[0].secret, 100, NULL), 0);
	assert_int_equal(log_recosign(archive_log(archive), buf_view(&note), &err), -1);
	assert_int_equal(err.code, ERR_MISMATCH);
	/* an older one, rightly signed by the log, of a smaller size */
	archive_close(archive);
	OK(world_act(&world, ACTION_DEPOSIT, &err));
	archive = opened(ARCHIVE_WRITE);
	assert_int_equal(log_recosign(archive_log(archive), buf_view(&before), &err), -1);
	assert_int_equal(err.code, ERR_MISMATCH);
	archive_close(archive);
	assert_int_equal(world_sound(world.archive), 0);
	buf_release(&note);
	buf_release(&before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_added),
		cmocka_unit_test(test_overtaken),
		cmocka_unit_test(test_published_again),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_rotated),
		cmocka_unit_test(test_log_refuses),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
