#include "lab.h"

#include "copy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fault/fault.h"
#include "os/os.h"

static void must(int result, const struct err *err)
{
	if (result == 0)
		return;
	(void)fprintf(stderr, "lab: %s\n", err->text);
	abort();
}

static void below(const struct lab *lab, const char *path, char out[512])
{
	(void)snprintf(out, 512, "%s/%s", lab->root, path);
}

void lab_write(const struct lab *lab, const char *path, const char *text)
{
	struct err err = ERR_INIT;
	char name[512];

	below(lab, path, name);
	must(os_replace(AT_FDCWD, name, str_from(text), 0644, &err), &err);
}

void lab_read(const struct lab *lab, const char *path, struct buf *out)
{
	struct err err = ERR_INIT;
	char name[512];

	below(lab, path, name);
	buf_clear(out);
	must(os_read_file(AT_FDCWD, name, 1u << 20, out, &err), &err);
}

void lab_remove(const struct lab *lab, const char *path)
{
	struct err err = ERR_INIT;
	char name[512];

	below(lab, path, name);
	must(os_remove_tree(AT_FDCWD, name, &err), &err);
}

void lab_copy(const struct lab *lab, const char *from, const char *to)
{
	char one[512], other[512];

	lab_remove(lab, to);
	below(lab, from, one);
	below(lab, to, other);
	copy_folder(one, other);
}

void lab_begin(struct lab *lab, const char *folder)
{
	struct buf verifier = BUF_INIT, known = BUF_INIT;
	struct err err = ERR_INIT;

	(void)snprintf(lab->root, sizeof(lab->root), "%s/witness-test-XXXXXX", folder != NULL ? folder : fault_fast_folder());
	if (mkdtemp(lab->root) == NULL)
		abort();
	(void)snprintf(lab->witness, sizeof(lab->witness), "%s/witness", lab->root);
	test_key_make(&lab->log, LAB_ORIGIN, NOTE_ED25519, "log");
	test_key_make(&lab->second, LAB_ORIGIN "/key2", NOTE_ED25519, "second");
	test_key_make(&lab->stranger, LAB_ORIGIN, NOTE_ED25519, "stranger");
	for (unsigned i = 0; i < LAB_LEAVES; i++) {
		test_leaf(i, &lab->leaves[0][i]);
		test_leaf(i < 10 ? i : 1000 + i, &lab->leaves[1][i]);
	}
	must(witness_init(lab->witness, STR("witness.example/one"), STR(""), &verifier, &err), &err);
	must(vkey_parse(&lab->key, buf_view(&verifier), &err), &err);
	buf_printf(&known, "# a log\norigin " LAB_ORIGIN "\nkey %s\nkey %s", lab->log.text.p, lab->second.text.p);
	lab_write(lab, "witness/logs/one", known.p);
	buf_release(&verifier);
	buf_release(&known);
}

void lab_end(struct lab *lab)
{
	struct err err = ERR_INIT;

	must(os_remove_tree(AT_FDCWD, lab->root, &err), &err);
	test_key_release(&lab->log);
	test_key_release(&lab->second);
	test_key_release(&lab->stranger);
	vkey_release(&lab->key);
}

void lab_checkpoint(const struct lab *lab, unsigned history, uint64_t size, struct buf *out)
{
	struct buf text = BUF_INIT;
	struct hash root;

	naive_root(lab->leaves[history], (size_t)size, &root);
	checkpoint_format(&text, STR(LAB_ORIGIN), size, &root);
	buf_str(out, buf_view(&text));
	buf_char(out, '\n');
	assert_int_equal(note_sign(out, buf_view(&text), &lab->log.key, lab->log.secret, NULL), 0);
	buf_release(&text);
}

void lab_request(const struct lab *lab, unsigned history, uint64_t old_size, uint64_t size, struct buf *out)
{
	struct merkle_proof proof = {.count = 0};
	struct buf note = BUF_INIT;

	if (old_size > 0 && old_size < size)
		naive_consistency((size_t)old_size, lab->leaves[history], (size_t)size, &proof);
	lab_checkpoint(lab, history, size, &note);
	witness_request_format(out, old_size, &proof, buf_view(&note));
	buf_release(&note);
}

struct witness *lab_open(const struct lab *lab, bool fresh)
{
	const struct witness_options options = {.path = lab->witness, .fresh = fresh};
	struct witness *witness;
	struct err err = ERR_INIT;

	must(witness_open(&witness, &options, &err), &err);
	return witness;
}

unsigned lab_submit(struct witness *witness, struct str request, struct buf *answer)
{
	struct buf body = BUF_INIT;
	const char *type = NULL;
	unsigned status = 0;

	witness_add_checkpoint(witness, request, &status, &body, &type);
	assert_non_null(type);
	assert_true(body.n > 0 && body.p[body.n - 1] == '\n');
	assert_int_equal(status == 409, strcmp(type, "text/x.tlog.size") == 0);
	if (answer != NULL) {
		buf_clear(answer);
		buf_str(answer, buf_view(&body));
	}
	buf_release(&body);
	return status;
}

unsigned lab_ask(const struct lab *lab, struct witness *witness, unsigned history, uint64_t old_size, uint64_t size)
{
	struct buf request = BUF_INIT, answer = BUF_INIT, checkpoint = BUF_INIT, line = BUF_INIT;
	struct err err = ERR_INIT;
	struct note note;
	uint64_t time;
	unsigned status;

	lab_request(lab, history, old_size, size, &request);
	status = lab_submit(witness, buf_view(&request), &answer);
	if (status == 200) {
		lab_checkpoint(lab, history, size, &checkpoint);
		assert_int_equal(note_parse(&note, buf_view(&checkpoint), NULL), 0);
		if (witness_answer_take(&line, note.text, buf_view(&answer), witness_key(witness), &time, &err) != 1)
			fail_msg("no cosignature: %s", err.text);
		assert_true(str_equal(buf_view(&line), buf_view(&answer)));
		assert_true(time > 0);
	}
	buf_release(&request);
	buf_release(&answer);
	buf_release(&checkpoint);
	buf_release(&line);
	return status;
}

struct witness_log_status lab_status(struct witness *witness)
{
	struct witness_log_status status;

	assert_int_equal(witness_log_count(witness), 1);
	witness_log_status(witness, 0, &status);
	return status;
}
