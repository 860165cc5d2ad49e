/* The witness: every status of the specification in its order, and that it never cosigns two histories, whatever threads, processes, failing
 * calls, crashes and old copies of its folder there are (P3). */
#include "lab.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fault/fault.h"

static struct lab lab;
static char hash_text[HOLDER_HASH_TEXT];
static char state_path[160], slot_paths[2][160];

static int set_up(void **state)
{
	(void)state;
	lab_begin(&lab, NULL);
	holder_origin_hash(STR(LAB_ORIGIN), hash_text);
	(void)snprintf(state_path, sizeof(state_path), "witness/state/%s.state", hash_text);
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

static size_t count_names(const char *suffix)
{
	char path[256];
	struct os_dir *dir;
	struct os_name name;
	size_t count = 0;

	(void)snprintf(path, sizeof(path), "%s/aside", lab.witness);
	assert_int_equal(os_dir_open(&dir, AT_FDCWD, path, NULL), 0);
	while (os_dir_next(dir, &name, NULL) == 1)
		count += str_ends(str_from(name.name), str_from(suffix));
	os_dir_close(dir);
	return count;
}

/* ---- statuses ----------------------------------------------------------------------------------------------------------------------- */

/* A request put together by hand. */
static void expect(struct witness *witness, unsigned status, uint64_t old_size, const struct merkle_proof *proof, struct str note,
	const char *body)
{
	struct buf request = BUF_INIT, answer = BUF_INIT;
	unsigned got;

	witness_request_format(&request, old_size, proof, note);
	got = lab_submit(witness, buf_view(&request), &answer);
	if (got != status)
		fail_msg("status %u, not %u: %s", got, status, answer.p);
	if (body != NULL)
		assert_string_equal(answer.p, body);
	buf_release(&request);
	buf_release(&answer);
}

static void signed_text(struct buf *note, const char *text, const struct test_key *key)
{
	buf_clear(note);
	buf_text(note, text);
	buf_char(note, '\n');
	assert_int_equal(note_sign(note, str_from(text), &key->key, key->secret, NULL), 0);
}

static void test_statuses(void **state)
{
	const struct merkle_proof none = {.count = 0};
	struct merkle_proof proof = {.count = 0}, wrong;
	struct witness *witness = lab_open(&lab, true);
	struct buf note = BUF_INIT, other = BUF_INIT;
	struct test_key unknown;

	(void)state;
	/* 400 */
	assert_int_equal(lab_submit(witness, STR("hello"), NULL), 400);
	assert_int_equal(lab_submit(witness, STR(""), NULL), 400);
	/* 404, before anything is said of signatures */
	signed_text(&note, "example.org/other\n5\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", &lab.stranger);
	expect(witness, 404, 9, &none, buf_view(&note), NULL);
	/* 403: no trusted key; then one that does not verify, beside one that does */
	signed_text(&note, LAB_ORIGIN "\n5\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", &lab.stranger);
	expect(witness, 403, 9, &none, buf_view(&note), NULL);
	lab_checkpoint(&lab, 0, 5, &other);
	buf_clear(&note);
	buf_str(&note, buf_view(&other));
	buf_clear(&other);
	assert_int_equal(note_sign(&other, STR("another text\n"), &lab.second.key, lab.second.secret, NULL), 0);
	buf_str(&note, buf_view(&other));
	expect(witness, 403, 0, &none, buf_view(&note), NULL);
	/* 400: old above the checkpoint's, also where it would be 409 */
	buf_clear(&note);
	lab_checkpoint(&lab, 0, 5, &note);
	expect(witness, 400, 6, &none, buf_view(&note), NULL);
	/* 409 with the size */
	expect(witness, 409, 3, &none, buf_view(&note), "0\n");
	/* 422: a proof from nothing */
	proof.count = 1;
	expect(witness, 422, 0, &proof, buf_view(&note), NULL);
	proof.count = 0;
	/* 422: a wrong empty tree */
	signed_text(&note, LAB_ORIGIN "\n0\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", &lab.log);
	expect(witness, 422, 0, &none, buf_view(&note), NULL);
	/* 200: the empty tree, twice; from it; again; on */
	assert_int_equal(lab_ask(&lab, witness, 0, 0, 0), 200);
	assert_int_equal(lab_ask(&lab, witness, 0, 0, 0), 200);
	assert_int_equal(lab_ask(&lab, witness, 0, 0, 5), 200);
	assert_int_equal(lab_ask(&lab, witness, 0, 5, 5), 200);
	assert_int_equal(lab_ask(&lab, witness, 0, 5, 12), 200);
	/* 409 whatever else is wrong with it */
	buf_clear(&note);
	lab_checkpoint(&lab, 0, 20, &note);
	expect(witness, 409, 5, &none, buf_view(&note), "12\n");
	expect(witness, 409, 0, &none, buf_view(&note), "12\n");
	expect(witness, 409, 13, &none, buf_view(&note), "12\n");
	/* 422: no proof, a proof with one bit wrong, one line too many, of another history */
	expect(witness, 422, 12, &none, buf_view(&note), NULL);
	naive_consistency(12, lab.leaves[0], 20, &proof);
	for (size_t i = 0; i < proof.count; i++) {
		wrong = proof;
		wrong.hashes[i].b[31] ^= 1;
		expect(witness, 422, 12, &wrong, buf_view(&note), NULL);
	}
	wrong = proof;
	wrong.count++;
	expect(witness, 422, 12, &wrong, buf_view(&note), NULL);
	assert_int_equal(lab_ask(&lab, witness, 1, 12, 20), 422);
	/* 422: same size, another root; the same root with a proof */
	assert_int_equal(lab_ask(&lab, witness, 1, 12, 12), 422);
	buf_clear(&note);
	lab_checkpoint(&lab, 0, 12, &note);
	wrong.count = 1;
	expect(witness, 422, 12, &wrong, buf_view(&note), NULL);
	/* a key of another name that is known for the log will do, and strangers' lines are passed over */
	buf_clear(&note);
	buf_clear(&other);
	lab_checkpoint(&lab, 0, 20, &other);
	other.n = (size_t)(strstr(other.p, "\n\n") + 1 - other.p);
	test_key_make(&unknown, "who.example/x", NOTE_ED25519, "unknown");
	buf_str(&note, buf_view(&other));
	buf_char(&note, '\n');
	assert_int_equal(note_sign(&note, STR("no such text\n"), &unknown.key, unknown.secret, NULL), 0);
	assert_int_equal(note_sign(&note, buf_view(&other), &lab.second.key, lab.second.secret, NULL), 0);
	expect(witness, 200, 12, &proof, buf_view(&note), NULL);
	test_key_release(&unknown);
	buf_release(&note);
	buf_release(&other);
	witness_close(witness);
}

static void test_extension_lines(void **state)
{
	const struct merkle_proof none = {.count = 0};
	struct witness *witness = lab_open(&lab, true);
	struct buf text = BUF_INIT, note = BUF_INIT, request = BUF_INIT, answer = BUF_INIT, line = BUF_INIT;
	struct hash root;
	uint64_t time;

	(void)state;
	naive_root(lab.leaves[0], 5, &root);
	checkpoint_format(&text, STR(LAB_ORIGIN), 5, &root);
	/* the second has the same size and root, but what is signed is another text */
	for (unsigned i = 0; i < 2; i++) {
		buf_clear(&note);
		buf_clear(&request);
		buf_str(&note, buf_view(&text));
		buf_char(&note, '\n');
		assert_int_equal(note_sign(&note, buf_view(&text), &lab.log.key, lab.log.secret, NULL), 0);
		witness_request_format(&request, i == 0 ? 0 : 5, &none, buf_view(&note));
		assert_int_equal(lab_submit(witness, buf_view(&request), &answer), 200);
		assert_int_equal(witness_answer_take(&line, buf_view(&text), buf_view(&answer), &lab.key, &time, NULL), 1);
		buf_text(&text, "an extension\n");
	}
	buf_release(&text);
	buf_release(&note);
	buf_release(&request);
	buf_release(&answer);
	buf_release(&line);
	witness_close(witness);
}

/* ---- what it serves and keeps --------------------------------------------------------------------------------------------------------- */

static void test_monitoring(void **state)
{
	struct witness *witness = lab_open(&lab, true);
	struct buf note = BUF_INIT, served = BUF_INIT, request = BUF_INIT, junk = BUF_INIT;
	struct merkle_proof proof = {.count = 0};
	struct err err = ERR_INIT;
	struct note parsed;
	struct test_key unknown;
	uint64_t time;

	(void)state;
	assert_int_equal(witness_checkpoint(witness, STR("00"), &served, &err), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_int_equal(witness_checkpoint(witness, str_from(hash_text), &served, &err), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	test_key_make(&unknown, "who.example/x", NOTE_ED25519, "unknown");
	lab_checkpoint(&lab, 0, 5, &note);
	assert_int_equal(note_sign(&note, STR("no such text\n"), &unknown.key, unknown.secret, NULL), 0);
	/* a line that says it is ours and is not */
	assert_int_equal(note_sign(&junk, STR("no such text\n"), &unknown.key, unknown.secret, NULL), 0);
	buf_printf(&note, "\xe2\x80\x94 %s ", lab.key.name);
	{
		unsigned char bytes[4 + 72] = {(unsigned char)(lab.key.id >> 24), (unsigned char)(lab.key.id >> 16),
			(unsigned char)(lab.key.id >> 8), (unsigned char)lab.key.id, 1};

		buf_base64(&note, bytes, sizeof(bytes));
	}
	buf_char(&note, '\n');
	witness_request_format(&request, 0, &proof, buf_view(&note));
	assert_int_equal(lab_submit(witness, buf_view(&request), NULL), 200);
	/* the log's signature and ours, nobody else's */
	assert_int_equal(witness_checkpoint(witness, str_from(hash_text), &served, &err), 0);
	assert_int_equal(note_parse(&parsed, buf_view(&served), NULL), 0);
	assert_int_equal(parsed.count, 2);
	assert_int_equal(note_verify(&parsed, &lab.log.key, NULL, NULL), 1);
	assert_int_equal(note_verify(&parsed, &lab.key, &time, NULL), 1);
	/* the file has the stranger's line as well, as it came */
	lab_read(&lab, slot_paths[0], &junk);
	assert_int_equal(note_parse(&parsed, str_from(strchr(junk.p, '\n') + 1), NULL), 0);
	assert_int_equal(parsed.count, 3);
	assert_int_equal(note_verify(&parsed, &lab.key, NULL, NULL), 1);
	assert_non_null(strstr(junk.p, "who.example/x"));
	witness_close(witness);
	/* damaged, it is not served; the next submission mends it */
	junk.p[junk.n - 3] = junk.p[junk.n - 3] == 'A' ? 'B' : 'A';
	lab_write(&lab, slot_paths[0], "rubbish\n");
	witness = lab_open(&lab, false);
	assert_int_equal(witness_assume(witness, STR(LAB_ORIGIN), &err), 0);
	buf_clear(&served);
	assert_int_equal(witness_checkpoint(witness, str_from(hash_text), &served, &err), -1);
	assert_int_not_equal(err.code, ERR_NOT_FOUND);
	assert_int_equal(lab_ask(&lab, witness, 0, 5, 5), 200);
	assert_int_equal(witness_checkpoint(witness, str_from(hash_text), &served, &err), 0);
	test_key_release(&unknown);
	buf_release(&note);
	buf_release(&served);
	buf_release(&request);
	buf_release(&junk);
	witness_close(witness);
}

/* docs/format/witness.md, written down once more. */
static void test_state_to_the_byte(void **state)
{
	struct witness *witness = lab_open(&lab, true);
	struct buf text = BUF_INIT, fields = BUF_INIT, base64 = BUF_INIT, hex = BUF_INIT;
	struct str rest, line;
	struct hash chain, root;
	const unsigned sizes[] = {3, 12, 13};

	(void)state;
	assert_int_equal(lab_ask(&lab, witness, 0, 0, 3), 200);
	assert_int_equal(lab_ask(&lab, witness, 0, 3, 3), 200); /* adds no line */
	assert_int_equal(lab_ask(&lab, witness, 0, 3, 12), 200);
	assert_int_equal(lab_ask(&lab, witness, 0, 12, 13), 200);
	lab_read(&lab, state_path, &text);
	rest = buf_view(&text);
	assert_true(str_take_line(&rest, &line) && str_equal(line, STR("photostat.witness/v1")));
	assert_true(str_take_line(&rest, &line) && str_equal(line, STR(LAB_ORIGIN)));
	sha256(text.p, (size_t)(rest.p - text.p), &chain);
	for (unsigned i = 0; i < 3; i++) {
		struct str words[4], next;

		assert_true(str_take_line(&rest, &line));
		next = line;
		for (unsigned k = 0; k < 4; k++)
			assert_true(str_take_until(&next, ' ', &words[k]));
		buf_clear(&fields);
		buf_printf(&fields, "%u ", sizes[i]);
		naive_root(lab.leaves[0], sizes[i], &root);
		buf_base64(&fields, root.b, sizeof(root.b));
		buf_char(&fields, ' ');
		buf_str(&fields, words[2]);
		assert_true(str_starts(line, buf_view(&fields)));
		const struct str pieces[] = {{(const char *)chain.b, 32}, buf_view(&fields)};
		sha256_pieces(pieces, 2, &chain);
		buf_clear(&hex);
		buf_hex(&hex, chain.b, 32);
		assert_true(str_equal(words[3], buf_view(&hex)));
	}
	assert_int_equal(rest.n, 0);
	buf_release(&text);
	buf_release(&fields);
	buf_release(&base64);
	buf_release(&hex);
	witness_close(witness);
}

/* A split view leaves two signed checkpoints of one size, for anyone to see; they are kept within bounds. */
static void test_aside(void **state)
{
	struct witness *witness = lab_open(&lab, true);
	struct buf text = BUF_INIT, note = BUF_INIT;
	const struct merkle_proof none = {.count = 0};

	(void)state;
	assert_int_equal(lab_ask(&lab, witness, 0, 0, 12), 200);
	assert_int_equal(lab_ask(&lab, witness, 1, 12, 12), 422);
	assert_int_equal(count_names(".split"), 2);
	assert_int_equal(lab_ask(&lab, witness, 1, 12, 12), 422); /* once is enough */
	assert_int_equal(lab_ask(&lab, witness, 1, 3, 12), 409);  /* and whatever old size it is sent with */
	assert_int_equal(count_names(".split"), 2);
	for (unsigned i = 0; i < 40; i++) {
		struct hash root;

		memset(root.b, (int)i + 1, sizeof(root.b));
		buf_clear(&text);
		buf_clear(&note);
		checkpoint_format(&text, STR(LAB_ORIGIN), 100 + i, &root);
		signed_text(&note, text.p, &lab.log);
		expect(witness, 422, 12, &none, buf_view(&note), NULL);
	}
	assert_int_equal(count_names(".doubt"), 32);
	assert_int_equal(lab_ask(&lab, witness, 0, 12, 20), 200);
	buf_release(&text);
	buf_release(&note);
	witness_close(witness);
}

static int64_t told;
static int64_t told_time(void)
{
	return told;
}

static uint64_t time_of(struct witness *witness)
{
	return lab_status(witness).time;
}

/* A larger tree is never said to have been seen before a smaller one. */
static void test_clock(void **state)
{
	struct os_calls calls = os_real;
	struct witness *witness = lab_open(&lab, true);

	(void)state;
	calls.now = told_time;
	os_calls = &calls;
	told = 1000;
	assert_int_equal(lab_ask(&lab, witness, 0, 0, 3), 200);
	assert_int_equal(time_of(witness), 1000);
	told = 500;
	assert_int_equal(lab_ask(&lab, witness, 0, 3, 5), 200);
	assert_int_equal(time_of(witness), 1000);
	told = -5;
	assert_int_equal(lab_ask(&lab, witness, 0, 5, 6), 200);
	assert_int_equal(time_of(witness), 1000);
	told = 2000;
	assert_int_equal(lab_ask(&lab, witness, 0, 6, 7), 200);
	assert_int_equal(time_of(witness), 2000);
	os_calls = &os_real;
	witness_close(witness);
}

/* ---- at once ----------------------------------------------------------------------------------------------------------------------------- */

struct race {
	struct witness *witness;
	pthread_barrier_t *start;
	uint64_t old_size, size;
	unsigned history, status;
};

static void *run_race(void *context)
{
	struct race *race = context;

	pthread_barrier_wait(race->start);
	race->status = lab_ask(&lab, race->witness, race->history, race->old_size, race->size);
	return NULL;
}

/* Two requests from old size N, of two sizes or two histories: one is cosigned, the other told the new size. */
static void test_two_threads(void **state)
{
	struct witness *witness = lab_open(&lab, true);
	uint64_t size = 10;

	(void)state;
	assert_int_equal(lab_ask(&lab, witness, 0, 0, size), 200);
	for (unsigned turn = 0; turn < 25; turn++) {
		struct race races[2];
		pthread_barrier_t start;
		pthread_t threads[2];
		uint64_t after;

		pthread_barrier_init(&start, NULL, 2);
		for (unsigned i = 0; i < 2; i++) {
			races[i] = (struct race){.witness = witness, .start = &start, .old_size = size, .size = size + 1 + i};
			assert_int_equal(pthread_create(&threads[i], NULL, run_race, &races[i]), 0);
		}
		for (unsigned i = 0; i < 2; i++)
			pthread_join(threads[i], NULL);
		pthread_barrier_destroy(&start);
		assert_int_equal(races[0].status + races[1].status, 200 + 409);
		after = races[0].status == 200 ? size + 1 : size + 2;
		assert_int_equal(lab_status(witness).size, after);
		size = after;
	}
	witness_close(witness);
}

static int slow_fsync(int fd)
{
	(void)usleep(2000);
	return fsync(fd);
}

/* The same from processes, each with a witness of its own over one folder, and time enough to get in each other's way. */
static void test_two_processes(void **state)
{
	atomic_uint *ready = mmap(NULL, sizeof(*ready), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct witness *witness = lab_open(&lab, true);
	unsigned won = 0;

	(void)state;
	assert_ptr_not_equal(ready, MAP_FAILED);
	assert_int_equal(lab_ask(&lab, witness, 0, 0, 10), 200);
	for (unsigned turn = 0; turn < 10; turn++) {
		pid_t children[3];
		unsigned winners = 0;

		atomic_store(ready, 0);
		for (unsigned i = 0; i < 3; i++) {
			children[i] = fork();
			if (children[i] == 0) {
				struct os_calls calls = os_real;
				struct witness *own = lab_open(&lab, false);
				unsigned status;

				calls.fsync = calls.fdatasync = slow_fsync;
				os_calls = &calls;
				(void)witness_assume(own, STR(LAB_ORIGIN), NULL);
				atomic_fetch_add(ready, 1);
				while (atomic_load(ready) < 3)
					(void)usleep(100);
				status = lab_ask(&lab, own, 0, 10 + turn, 11 + turn);
				_exit(status == 200 ? 0 : status == 409 ? 1 : 2);
			}
		}
		for (unsigned i = 0; i < 3; i++) {
			int status = 0;

			assert_int_equal(waitpid(children[i], &status, 0), children[i]);
			assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 2);
			winners += WEXITSTATUS(status) == 0;
		}
		assert_int_equal(winners, 1);
		won += winners;
	}
	/* this one, which was open all the while, sees what they did */
	assert_int_equal(lab_ask(&lab, witness, 0, 10, 30), 409);
	assert_int_equal(lab_ask(&lab, witness, 0, 10 + won, 30), 200);
	witness_close(witness);
	(void)munmap(ready, sizeof(*ready));
}

/* ---- crashes, damage, old copies ---------------------------------------------------------------------------------------------------------- */

/* The state cut at every byte: what is left of a line that was being added is dropped, and the checkpoint beside it tells what was lost. */
static void test_cut(void **state)
{
	struct witness *witness = lab_open(&lab, true);
	struct buf whole = BUF_INIT, checkpoints[2] = {BUF_INIT, BUF_INIT}, left = BUF_INIT;
	size_t header, lines[3] = {0}, count = 0;

	(void)state;
	assert_int_equal(lab_ask(&lab, witness, 0, 0, 12), 200);
	assert_int_equal(lab_ask(&lab, witness, 0, 12, 20), 200);
	witness_close(witness);
	lab_read(&lab, state_path, &whole);
	lab_read(&lab, slot_paths[0], &checkpoints[0]);
	lab_read(&lab, slot_paths[1], &checkpoints[1]);
	header = (size_t)(strstr(whole.p, LAB_ORIGIN "\n") - whole.p) + strlen(LAB_ORIGIN "\n");
	for (size_t i = header; i < whole.n; i++)
		if (whole.p[i] == '\n')
			lines[count++] = i + 1;
	assert_int_equal(count, 2);
	for (unsigned kept = 0; kept < 2; kept++)
		for (size_t cut = 0; cut <= whole.n; cut++) {
			struct witness_log_status status;
			char full[512];

			(void)snprintf(full, sizeof(full), "%s/%s", lab.root, state_path);
			assert_int_equal(os_replace(AT_FDCWD, full, (struct str){whole.p, cut}, 0600, NULL), 0);
			for (unsigned i = 0; i < 2 && kept == 1; i++)
				lab_remove(&lab, slot_paths[i]);
			witness = lab_open(&lab, false);
			(void)witness_assume(witness, STR(LAB_ORIGIN), NULL);
			status = lab_status(witness);
			if (cut > 0 && cut < header) {
				assert_int_equal(status.standing, WITNESS_BROKEN);
				assert_non_null(strstr(status.why.text, "restore the file"));
				assert_int_equal(lab_ask(&lab, witness, 0, 0, 22), 503);
				witness_close(witness);
				continue;
			}
			lab_read(&lab, state_path, &left);
			assert_int_equal(left.n, cut == 0 ? 0 : cut >= lines[1] ? lines[1] : cut >= lines[0] ? lines[0] : header);
			assert_int_equal(status.any, cut >= lines[0]);
			if (status.any)
				assert_int_equal(status.size, cut == lines[1] ? 20 : 12);
			assert_int_equal(status.standing, kept == 0 && cut != lines[1] ? WITNESS_BEHIND : WITNESS_READY);
			if (kept == 0) {
				/* 20 is what it cosigned: nothing below, nothing that leaves it out */
				assert_int_equal(lab_ask(&lab, witness, 1, 12, 22), 409);
				assert_int_equal(lab_ask(&lab, witness, 1, 20, 22), 422);
				if (cut % 7 == 0)
					assert_int_equal(lab_ask(&lab, witness, 0, 20, 22), 200);
			}
			witness_close(witness);
			for (unsigned i = 0; i < 2; i++)
				lab_write(&lab, slot_paths[i], checkpoints[i].p);
		}
	buf_release(&checkpoints[0]);
	buf_release(&checkpoints[1]);
	buf_release(&left);
	buf_release(&whole);
}

/* The checkpoint that is being written over, cut or garbled at every byte: the other one stands in for it. */
static void test_slots(void **state)
{
	struct witness *witness = lab_open(&lab, true);
	struct buf whole = BUF_INIT, served = BUF_INIT;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(lab_ask(&lab, witness, 0, 0, 12), 200);
	assert_int_equal(lab_ask(&lab, witness, 0, 12, 20), 200);
	assert_int_equal(lab_ask(&lab, witness, 0, 20, 21), 200); /* in the place of 12 */
	lab_read(&lab, slot_paths[0], &whole);
	assert_int_equal(whole.n, 4096);
	whole.n = strlen(whole.p); /* what fills the block is nothing */
	for (size_t i = 0; i <= whole.n; i++) {
		struct checkpoint checkpoint;
		struct note note;
		char full[512];

		(void)snprintf(full, sizeof(full), "%s/%s", lab.root, slot_paths[0]);
		if (i < whole.n) {
			whole.p[i] ^= 1;
			assert_int_equal(os_replace(AT_FDCWD, full, buf_view(&whole), 0644, NULL), 0);
			whole.p[i] ^= 1;
		}
		for (unsigned cut = 0; cut < 2; cut++) {
			bool good = cut == 1 && i == whole.n;

			if (cut == 1)
				assert_int_equal(os_replace(AT_FDCWD, full, (struct str){whole.p, i}, 0644, NULL), 0);
			else if (i == whole.n)
				continue;
			buf_clear(&served);
			assert_int_equal(witness_checkpoint(witness, str_from(hash_text), &served, &err), 0);
			assert_int_equal(note_parse(&note, buf_view(&served), &err), 0);
			assert_int_equal(checkpoint_parse(&checkpoint, note.text, &err), 0);
			/* a turn that was garbled to a higher one is still the newest */
			assert_true(checkpoint.size == (good ? 21 : 20) || (cut == 0 && i == 0 && checkpoint.size == 21));
		}
	}
	assert_int_equal(lab_ask(&lab, witness, 0, 21, 22), 200);
	witness_close(witness);
	buf_release(&whole);
	buf_release(&served);
}

/* Lines that chain as they should, written by who knows how: a state never goes back. */
static void test_crafted(void **state)
{
	static const struct {
		unsigned size, time;
		bool good;
	} cases[] = {{13, 200, true}, {12, 200, false}, {9, 200, false}, {13, 99, false}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf text = BUF_INIT;
		struct witness *witness;
		struct hash chain, root;

		buf_text(&text, "photostat.witness/v1\n" LAB_ORIGIN "\n");
		sha256(text.p, text.n, &chain);
		for (unsigned line = 0; line < 2; line++) {
			unsigned size = line == 0 ? 12 : cases[i].size, time = line == 0 ? 100 : cases[i].time;
			size_t start = text.n;

			naive_root(lab.leaves[0], size, &root);
			buf_printf(&text, "%u ", size);
			buf_base64(&text, root.b, sizeof(root.b));
			buf_printf(&text, " %u", time);
			const struct str pieces[] = {{(const char *)chain.b, 32}, {text.p + start, text.n - start}};
			sha256_pieces(pieces, 2, &chain);
			buf_char(&text, ' ');
			buf_hex(&text, chain.b, 32);
			buf_char(&text, '\n');
		}
		lab_write(&lab, state_path, text.p);
		witness = lab_open(&lab, false);
		(void)witness_assume(witness, STR(LAB_ORIGIN), NULL);
		assert_int_equal(lab_status(witness).standing, cases[i].good ? WITNESS_READY : WITNESS_BROKEN);
		witness_close(witness);
		buf_release(&text);
	}
}

/* One byte of the state changed: it is refused, or what was in the line is known from the checkpoint beside it. Never forgotten. */
static void test_flip(void **state)
{
	struct witness *witness = lab_open(&lab, true);
	struct buf whole = BUF_INIT;
	char full[512];

	(void)state;
	assert_int_equal(lab_ask(&lab, witness, 0, 0, 12), 200);
	assert_int_equal(lab_ask(&lab, witness, 0, 12, 20), 200);
	witness_close(witness);
	lab_read(&lab, state_path, &whole);
	(void)snprintf(full, sizeof(full), "%s/%s", lab.root, state_path);
	for (size_t i = 0; i < whole.n; i++) {
		static const char flips[] = {1, 2, 16};
		struct witness_log_status status;
		char was = whole.p[i];

		whole.p[i] = (char)(was ^ flips[i % 3]);
		assert_int_equal(os_replace(AT_FDCWD, full, buf_view(&whole), 0600, NULL), 0);
		whole.p[i] = was;
		witness = lab_open(&lab, false);
		(void)witness_assume(witness, STR(LAB_ORIGIN), NULL);
		status = lab_status(witness);
		if (status.standing != WITNESS_BROKEN && status.standing != WITNESS_BEHIND)
			fail_msg("byte %zu changed, and it stands at %d", i, (int)status.standing);
		assert_int_not_equal(lab_ask(&lab, witness, 1, 12, 22), 200);
		assert_int_not_equal(lab_ask(&lab, witness, 1, 20, 22), 200);
		witness_close(witness);
	}
	buf_release(&whole);
}

/* The folder put back from a copy: uncertain, then behind by what somebody else has of its own cosignatures. */
static void test_rollback(void **state)
{
	struct witness *witness = lab_open(&lab, true);
	struct buf now = BUF_INIT, old = BUF_INIT, foreign = BUF_INIT;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(lab_ask(&lab, witness, 0, 0, 9), 200);
	assert_int_equal(witness_checkpoint(witness, str_from(hash_text), &old, NULL), 0);
	lab_copy(&lab, "witness", "backup");
	assert_int_equal(lab_ask(&lab, witness, 0, 9, 20), 200);
	assert_int_equal(witness_checkpoint(witness, str_from(hash_text), &now, NULL), 0);
	witness_close(witness);
	lab_copy(&lab, "backup", "witness");

	/* fresh is of no effect where there is state */
	witness = lab_open(&lab, true);
	assert_int_equal(lab_status(witness).standing, WITNESS_UNCERTAIN);
	assert_int_equal(lab_ask(&lab, witness, 1, 9, 20), 503);
	/* what says nothing of it leaves it so */
	assert_int_equal(witness_confirm(witness, STR("rubbish"), &err), -1);
	assert_int_equal(witness_confirm(witness, STR("example.org/other\n"), &err), -1);
	lab_checkpoint(&lab, 0, 20, &foreign);
	foreign.p[foreign.n - 6] = foreign.p[foreign.n - 6] == 'A' ? 'B' : 'A';
	assert_int_equal(witness_confirm(witness, buf_view(&foreign), &err), -1);
	assert_int_equal(lab_status(witness).standing, WITNESS_UNCERTAIN);
	/* an old one of its own: it is not behind of that */
	assert_int_equal(witness_confirm(witness, buf_view(&old), &err), 0);
	assert_int_equal(lab_status(witness).standing, WITNESS_READY);
	/* one that it cosigned later */
	assert_int_equal(witness_confirm(witness, buf_view(&now), &err), 1);
	assert_int_equal(lab_status(witness).standing, WITNESS_BEHIND);
	/* another history is cosigned neither from where the copy stands nor from there */
	assert_int_equal(lab_ask(&lab, witness, 1, 9, 20), 409);
	assert_int_equal(lab_ask(&lab, witness, 1, 9, 19), 409);
	assert_int_equal(lab_ask(&lab, witness, 1, 20, 20), 422);
	assert_int_equal(lab_ask(&lab, witness, 1, 20, 22), 422);
	assert_int_equal(lab_ask(&lab, witness, 0, 9, 20), 409);
	assert_int_equal(count_names(".split"), 2);
	assert_int_equal(lab_status(witness).standing, WITNESS_BEHIND);
	/* a consistent one brings it up to date */
	assert_int_equal(lab_ask(&lab, witness, 0, 20, 22), 200);
	assert_int_equal(lab_status(witness).standing, WITNESS_READY);
	assert_int_equal(lab_status(witness).size, 22);
	witness_close(witness);

	/* caught up with just what was shown */
	lab_copy(&lab, "backup", "witness");
	witness = lab_open(&lab, false);
	assert_int_equal(witness_confirm(witness, buf_view(&now), &err), 1);
	assert_int_equal(lab_ask(&lab, witness, 0, 20, 20), 200);
	assert_int_equal(lab_status(witness).standing, WITNESS_READY);
	assert_int_equal(lab_status(witness).size, 20);
	/* and a second one of that size with its own cosignature says that its key was used elsewhere */
	witness_close(witness);
	lab_copy(&lab, "backup", "other");
	lab_copy(&lab, "witness", "kept");
	lab_copy(&lab, "other", "witness");
	witness = lab_open(&lab, false);
	(void)witness_assume(witness, STR(LAB_ORIGIN), NULL);
	assert_int_equal(lab_ask(&lab, witness, 1, 9, 20), 200);
	buf_clear(&foreign);
	assert_int_equal(witness_checkpoint(witness, str_from(hash_text), &foreign, NULL), 0);
	witness_close(witness);
	lab_copy(&lab, "kept", "witness");
	witness = lab_open(&lab, false);
	assert_int_equal(witness_confirm(witness, buf_view(&foreign), &err), 1);
	assert_int_equal(lab_status(witness).standing, WITNESS_BROKEN);
	assert_int_equal(lab_ask(&lab, witness, 0, 20, 22), 503);
	witness_close(witness);
	buf_release(&now);
	buf_release(&old);
	buf_release(&foreign);
}

/* Without being told, a new one does not know that it is new. */
static void test_fresh(void **state)
{
	struct witness *witness = lab_open(&lab, false);

	(void)state;
	assert_int_equal(lab_ask(&lab, witness, 0, 0, 3), 503);
	witness_close(witness);
	witness = lab_open(&lab, true);
	assert_int_equal(lab_ask(&lab, witness, 0, 0, 3), 200);
	witness_close(witness);
}

static void test_folders(void **state)
{
	struct buf verifier = BUF_INIT, known = BUF_INIT;
	const struct witness_options options = {.path = lab.witness};
	struct witness *witness;
	struct err err = ERR_INIT;
	static const char *const wrong[] = {"origin a.example/x\n", "key K\n", "origin\n", "origin a\norigin b\n", "url ftp://x/\n",
		"what ever\n", "origin a.example/x\nkey a+b\n"};

	(void)state;
	assert_int_equal(witness_init(lab.witness, STR("again"), STR(""), &verifier, &err), -1);
	assert_int_equal(err.code, ERR_EXISTS);
	assert_int_equal(witness_init(lab.witness, STR("no name"), STR(""), &verifier, &err), -1);
	assert_int_equal(err.code, ERR_SYNTAX);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		lab_write(&lab, "witness/logs/two", wrong[i]);
		assert_int_equal(witness_open(&witness, &options, &err), -1);
		assert_non_null(strstr(err.text, "logs/two"));
	}
	buf_printf(&known, "origin " LAB_ORIGIN "\nkey %s\n", lab.log.text.p);
	lab_write(&lab, "witness/logs/two", known.p);
	assert_int_equal(witness_open(&witness, &options, &err), -1);
	assert_non_null(strstr(err.text, "two files are of"));
	lab_remove(&lab, "witness/logs/two");
	lab_write(&lab, "witness/peers", "# none yet\nnowhere\n");
	assert_int_equal(witness_open(&witness, &options, &err), -1);
	lab_write(&lab, "witness/peers", "# none yet\n\n");
	witness = lab_open(&lab, false);
	witness_close(witness);
	buf_release(&verifier);
	buf_release(&known);
}

/* ---- failing calls, power ------------------------------------------------------------------------------------------------------------------ */

/* Every call fails once, in every way: what was answered is kept, and nothing is answered that is not. */
static void test_faults(void **state)
{
	static const struct {
		enum fault_effect effect;
		int sys;
	} ways[] = {{FAULT_ERROR, EIO}, {FAULT_ERROR_DONE, EIO}, {FAULT_SHORT, 0}, {FAULT_FULL, ENOSPC}, {FAULT_ERROR, EINTR}};

	(void)state;
	lab_copy(&lab, "witness", "empty");
	for (unsigned way = 0; way < sizeof(ways) / sizeof(ways[0]); way++)
		for (uint64_t at = 1;; at++) {
			const struct fault_plan plan = {.at = at, .effect = ways[way].effect, .sys = ways[way].sys};
			struct witness *witness;
			unsigned first, second;
			uint64_t answered;
			bool happened;

			lab_copy(&lab, "empty", "witness");
			witness = lab_open(&lab, true);
			fault_start(&plan);
			first = lab_ask(&lab, witness, 0, 0, 12);
			second = first == 200 ? lab_ask(&lab, witness, 0, 12, 20) : 0;
			happened = fault_stop();
			answered = second == 200 ? 20 : first == 200 ? 12 : 0;
			/* it goes on where it stands */
			if (second != 200 && answered == 12)
				assert_true(lab_ask(&lab, witness, 0, 12, 20) == 200 || lab_ask(&lab, witness, 0, 20, 20) == 200);
			else if (answered == 0)
				assert_true(lab_ask(&lab, witness, 0, 0, 12) == 200 || lab_ask(&lab, witness, 0, 12, 12) == 200);
			witness_close(witness);
			witness = lab_open(&lab, false);
			(void)witness_assume(witness, STR(LAB_ORIGIN), NULL);
			if (lab_status(witness).size < answered || lab_status(witness).standing != WITNESS_READY) {
				struct buf trace = BUF_INIT;

				fault_trace(&trace);
				fail_msg("way %u, call %llu: %s", way, (unsigned long long)at, trace.p);
			}
			witness_close(witness);
			if (!happened)
				break;
		}
}

#define FORK_AT 4u

/* The power goes at any moment: no size that was answered is forgotten, so no other history can be cosigned from below it. */
static void test_power(void **state)
{
	static const enum power_model models[] = {
		POWER_LOOSE, POWER_ORDERED, POWER_UNSYNCED_LOST, POWER_NOTHING_LOST, POWER_JOURNALED};
	const uint64_t sizes[FORK_AT] = {3, 12, 13, 20};
	size_t answered_at[FORK_AT];
	struct witness *witness;
	struct power *power;
	struct lab after = lab;
	char out[160];

	(void)state;
	/* the state's folder must be durable before */
	power = power_start(lab.witness);
	witness = lab_open(&lab, true);
	for (unsigned i = 0; i < FORK_AT; i++) {
		assert_int_equal(lab_ask(&lab, witness, 0, i == 0 ? 0 : sizes[i - 1], sizes[i]), 200);
		answered_at[i] = power_calls(power);
	}
	witness_close(witness);
	power_stop(power);
	(void)snprintf(out, sizeof(out), "%s/after", lab.root);
	memcpy(after.witness, out, sizeof(out));
	for (unsigned model = 0; model < sizeof(models) / sizeof(models[0]); model++)
		for (size_t k = 0; k <= power_calls(power); k++)
			for (uint64_t seed = 0; seed < 8; seed++) {
				struct witness_log_status status;
				uint64_t answered = 0;

				for (unsigned i = 0; i < FORK_AT; i++)
					if (answered_at[i] <= k)
						answered = sizes[i];
				lab_remove(&lab, "after");
				power_materialise(power, k, seed, models[model], out);
				witness = lab_open(&after, false);
				(void)witness_assume(witness, STR(LAB_ORIGIN), NULL);
				status = lab_status(witness);
				if (status.standing == WITNESS_BROKEN)
					fail_msg("model %u, cut %zu, seed %u: %s", model, k, (unsigned)seed, status.why.text);
				if (answered > 0 && (!status.any || status.size < answered) && status.standing != WITNESS_BEHIND)
					fail_msg("model %u, cut %zu, seed %u: %u was answered and is forgotten", model, k,
						(unsigned)seed, (unsigned)answered);
				witness_close(witness);
			}
	lab_remove(&lab, "after");
	power_free(power);
}

/* The n-th sync fails, and what it was for is in the cache alone: it is written anew before anything is built upon it, in the same process or after
 * it was started again. What was answered survives the power. */
static void test_failed_sync(void **state)
{
	const uint64_t sizes[FORK_AT] = {3, 12, 13, 20};
	char out[160];
	struct lab after = lab;

	(void)state;
	lab_copy(&lab, "witness", "empty");
	(void)snprintf(out, sizeof(out), "%s/after", lab.root);
	memcpy(after.witness, out, sizeof(out));
	for (unsigned again = 0; again < 2; again++)
		for (size_t n = 1;; n++) {
			struct witness *witness;
			struct power *power;
			uint64_t at = 0;
			size_t syncs, answered_at[FORK_AT];

			lab_copy(&lab, "empty", "witness");
			power = power_start(lab.witness);
			power_fail_sync(power, n);
			witness = lab_open(&lab, true);
			for (unsigned i = 0; i < FORK_AT; i++) {
				unsigned status = lab_ask(&lab, witness, 0, at, sizes[i]);

				if (status != 200 && again == 1) {
					witness_close(witness);
					witness = lab_open(&lab, false);
					(void)witness_assume(witness, STR(LAB_ORIGIN), NULL);
				}
				/* a client asks again, from the size that it is told */
				if (status != 200 && (status = lab_ask(&lab, witness, 0, at, sizes[i])) == 409)
					status = lab_ask(&lab, witness, 0, sizes[i], sizes[i]);
				assert_int_equal(status, 200);
				at = sizes[i];
				answered_at[i] = power_calls(power);
			}
			witness_close(witness);
			syncs = power_syncs(power);
			power_stop(power);
			for (unsigned i = 0; i < FORK_AT; i++)
				for (uint64_t seed = 0; seed < 6; seed++) {
					struct witness_log_status found;

					lab_remove(&lab, "after");
					power_materialise(power, answered_at[i], seed, POWER_UNSYNCED_LOST, out);
					witness = lab_open(&after, false);
					(void)witness_assume(witness, STR(LAB_ORIGIN), NULL);
					found = lab_status(witness);
					witness_close(witness);
					if (found.size < sizes[i] && found.standing != WITNESS_BEHIND)
						fail_msg("sync %zu failed, %u was answered, the power went: %u is left", n,
							(unsigned)sizes[i], (unsigned)found.size);
				}
			power_free(power);
			if (syncs < n)
				break;
		}
	lab_remove(&lab, "after");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(test_statuses),
		CASE(test_extension_lines),
		CASE(test_monitoring),
		CASE(test_state_to_the_byte),
		CASE(test_aside),
		CASE(test_clock),
		CASE(test_two_threads),
		CASE(test_two_processes),
		CASE(test_slots),
		CASE(test_cut),
		CASE(test_crafted),
		CASE(test_flip),
		CASE(test_rollback),
		CASE(test_fresh),
		CASE(test_folders),
		CASE(test_faults),
		CASE(test_power),
		CASE(test_failed_sync),
	};

	cmocka_set_test_filter(getenv("ONLY_CASE"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
