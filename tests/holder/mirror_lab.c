#include "mirror_lab.h"

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
	(void)fprintf(stderr, "mirror lab: %s\n", err->text);
	abort();
}

/* ---- folders ------------------------------------------------------------------------------------------------------------------------- */

void mirror_lab_remove(const struct mirror_lab *lab, const char *path)
{
	struct err err = ERR_INIT;
	char name[512];

	(void)snprintf(name, sizeof(name), "%s/%s", lab->root, path);
	must(os_remove_tree(AT_FDCWD, name, &err), &err);
}

void mirror_lab_copy(const struct mirror_lab *lab, const char *from, const char *to)
{
	char one[512], other[512];

	mirror_lab_remove(lab, to);
	(void)snprintf(one, sizeof(one), "%s/%s", lab->root, from);
	(void)snprintf(other, sizeof(other), "%s/%s", lab->root, to);
	copy_folder(one, other);
}

void mirror_lab_begin(struct mirror_lab *lab)
{
	struct buf verifier = BUF_INIT, known = BUF_INIT, text = BUF_INIT;
	struct err err = ERR_INIT;
	char name[512];

	(void)snprintf(lab->root, sizeof(lab->root), "%s/mirror-test-XXXXXX", fault_fast_folder());
	if (mkdtemp(lab->root) == NULL)
		abort();
	(void)snprintf(lab->mirror, sizeof(lab->mirror), "%s/mirror", lab->root);
	test_key_make(&lab->log, LAB_ORIGIN, NOTE_ED25519, "log");
	test_key_make(&lab->stranger, LAB_ORIGIN, NOTE_ED25519, "stranger");
	for (unsigned history = 0; history < 2; history++)
		for (uint64_t i = 0; i < LAB_ENTRIES; i++) {
			buf_clear(&text);
			mirror_lab_entry(history, i, &text);
			merkle_leaf(buf_view(&text), &lab->leaves[history][i]);
		}
	holder_origin_hash(STR(LAB_ORIGIN), lab->hash);
	must(mirror_init(lab->mirror, STR("mirror.example/one"), STR(""), &verifier, &err), &err);
	must(vkey_parse(&lab->key, buf_view(&verifier), &err), &err);
	buf_printf(&known, "origin " LAB_ORIGIN "\nkey %s\n", lab->log.text.p);
	(void)snprintf(name, sizeof(name), "%s/logs/one", lab->mirror);
	must(os_replace(AT_FDCWD, name, buf_view(&known), 0644, &err), &err);
	buf_release(&verifier);
	buf_release(&known);
	buf_release(&text);
}

void mirror_lab_end(struct mirror_lab *lab)
{
	struct err err = ERR_INIT;

	must(os_remove_tree(AT_FDCWD, lab->root, &err), &err);
	test_key_release(&lab->log);
	test_key_release(&lab->stranger);
	vkey_release(&lab->key);
}

/* ---- the log -------------------------------------------------------------------------------------------------------------------------- */

void mirror_lab_entry(unsigned history, uint64_t index, struct buf *out)
{
	buf_printf(out, "entry %u of history %u", (unsigned)index, index < LAB_FORK ? 0 : history);
	for (uint64_t i = 0; i < index % 7; i++)
		buf_text(out, " and more");
}

void mirror_lab_checkpoint(const struct mirror_lab *lab, unsigned history, uint64_t size, struct buf *out)
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

void mirror_lab_request(const struct mirror_lab *lab, unsigned history, uint64_t old_size, uint64_t size, struct buf *out)
{
	struct merkle_proof proof = {.count = 0};
	struct buf note = BUF_INIT;

	if (old_size > 0 && old_size < size)
		naive_consistency((size_t)old_size, lab->leaves[history], (size_t)size, &proof);
	mirror_lab_checkpoint(lab, history, size, &note);
	witness_request_format(out, old_size, &proof, buf_view(&note));
	buf_release(&note);
}

void mirror_lab_body(const struct mirror_lab *lab, unsigned history, uint64_t start, uint64_t end, uint64_t packages,
	struct str ticket, struct buf *out)
{
	const struct mirror_upload upload = {.origin = STR(LAB_ORIGIN), .start = start, .end = end, .ticket = ticket};
	uint64_t count = mirror_package_count(start, end);
	struct buf entries = BUF_INIT, text = BUF_INIT;

	mirror_upload_format(out, &upload);
	for (uint64_t i = 0; i < count && i < packages; i++) {
		struct merkle_proof proof;
		uint64_t from, to;

		mirror_package_range(start, end, i, &from, &to);
		buf_clear(&entries);
		for (uint64_t index = from; index < to; index++) {
			buf_clear(&text);
			mirror_lab_entry(history, index, &text);
			buf_be16(&entries, (uint16_t)text.n);
			buf_str(&entries, buf_view(&text));
		}
		naive_subtree((size_t)(from - from % TILE_WIDTH), (size_t)to, lab->leaves[history], (size_t)end, &proof);
		mirror_package_format(out, buf_view(&entries), &proof);
	}
	buf_release(&entries);
	buf_release(&text);
}

/* ---- the mirror ----------------------------------------------------------------------------------------------------------------------- */

void mirror_answer_release(struct mirror_answer *answer)
{
	buf_release(&answer->body);
	buf_release(&answer->ticket);
}

struct mirror *mirror_lab_open(const struct mirror_lab *lab, bool fresh)
{
	const struct mirror_options options = {.path = lab->mirror, .fresh = fresh};
	struct mirror *mirror = NULL;
	struct err err = ERR_INIT;

	must(mirror_open(&mirror, &options, &err), &err);
	return mirror;
}

unsigned mirror_lab_add_checkpoint(
	const struct mirror_lab *lab, struct mirror *mirror, unsigned history, uint64_t old_size, uint64_t size)
{
	struct buf request = BUF_INIT, body = BUF_INIT;
	const char *type = NULL;
	unsigned status = 0;

	mirror_lab_request(lab, history, old_size, size, &request);
	witness_add_checkpoint(mirror_judge(mirror), buf_view(&request), &status, &body, &type);
	/* it never cosigns here */
	assert_int_equal(status == 200, body.n == 0);
	buf_release(&request);
	buf_release(&body);
	return status;
}

static void check_cosignature(const struct mirror_lab *lab, struct str body, uint64_t end, struct str answer)
{
	struct buf checkpoint = BUF_INIT, line = BUF_INIT;
	struct err err = ERR_INIT;
	struct note note;
	uint64_t time;
	int cosigned = 0;

	(void)body;
	for (unsigned history = 0; history < 2 && cosigned != 1; history++) {
		buf_clear(&checkpoint);
		mirror_lab_checkpoint(lab, history, end, &checkpoint);
		assert_int_equal(note_parse(&note, buf_view(&checkpoint), NULL), 0);
		cosigned = witness_answer_take(&line, note.text, answer, &lab->key, &time, &err);
	}
	if (cosigned != 1)
		fail_msg("no cosignature: %s", err.text);
	assert_true(str_equal(buf_view(&line), answer));
	assert_true(time > 0);
	buf_release(&checkpoint);
	buf_release(&line);
}

unsigned mirror_lab_send(
	const struct mirror_lab *lab, struct mirror *mirror, struct str body, size_t step, struct mirror_answer *out)
{
	struct mirror_upload_state *upload = mirror_upload_begin(mirror);
	struct mirror_answer answer = {.body = BUF_INIT, .ticket = BUF_INIT};
	const char *type = NULL;
	struct err err = ERR_INIT;

	for (size_t i = 0; i < body.n; i += step)
		if (!mirror_upload_take(upload, (struct str){body.p + i, body.n - i < step ? body.n - i : step}))
			break;
	mirror_upload_end(upload, &answer.status, &answer.body, &type);
	mirror_upload_free(upload);
	assert_non_null(type);
	assert_true(answer.body.n > 0 && answer.body.p[answer.body.n - 1] == '\n');
	assert_int_equal(answer.status == 409 || answer.status == 202, strcmp(type, MIRROR_INFO_TYPE) == 0);
	if (strcmp(type, MIRROR_INFO_TYPE) == 0)
		assert_int_equal(mirror_info_parse(&answer.info, &answer.ticket, buf_view(&answer.body), &err), 0);
	if (answer.status == 200)
		check_cosignature(lab, body, be64_get(body.p + 2 + strlen(LAB_ORIGIN) + 8), buf_view(&answer.body));
	if (out != NULL) {
		mirror_answer_release(out);
		*out = answer;
		return out->status;
	}
	mirror_answer_release(&answer);
	return answer.status;
}

unsigned mirror_lab_add_entries(const struct mirror_lab *lab, struct mirror *mirror, unsigned history, uint64_t start, uint64_t end,
	uint64_t packages, struct str ticket, struct mirror_answer *out)
{
	struct buf body = BUF_INIT;
	unsigned status;

	mirror_lab_body(lab, history, start, end, packages, ticket, &body);
	status = mirror_lab_send(lab, mirror, buf_view(&body), 1000, out);
	buf_release(&body);
	return status;
}

static unsigned push_checkpoint(const struct mirror_lab *lab, struct mirror *mirror, unsigned history, uint64_t size)
{
	struct buf request = BUF_INIT, body = BUF_INIT;
	const char *type = NULL;
	uint64_t old_size = 0;
	unsigned status = 0;

	for (unsigned turn = 0; turn < 3 && status != 200; turn++) {
		buf_clear(&request);
		buf_clear(&body);
		mirror_lab_request(lab, history, old_size, size, &request);
		witness_add_checkpoint(mirror_judge(mirror), buf_view(&request), &status, &body, &type);
		if (status == 409) {
			assert_true(decimal_parse((struct str){body.p, body.n - 1}, UINT64_MAX, &old_size));
			if (old_size > size)
				break;
		}
	}
	buf_release(&request);
	buf_release(&body);
	return status;
}

unsigned mirror_lab_push(const struct mirror_lab *lab, struct mirror *mirror, unsigned history, uint64_t size)
{
	struct mirror_answer answer = {.body = BUF_INIT};
	struct buf ticket = BUF_INIT;
	unsigned status = push_checkpoint(lab, mirror, history, size);
	uint64_t start = size;

	for (unsigned turn = 0; turn < 12 && status != 422; turn++) {
		status = mirror_lab_add_entries(lab, mirror, history, start, size, 2, buf_view(&ticket), &answer);
		if (status == 200)
			break;
		if (status == 422) {
			status = push_checkpoint(lab, mirror, history, size);
			if (status != 200)
				break;
		}
		if (status != 202 && status != 409)
			continue;
		if (answer.info.size != size)
			break;
		start = answer.info.next < size ? answer.info.next : size;
		buf_clear(&ticket);
		buf_str(&ticket, buf_view(&answer.ticket));
	}
	mirror_answer_release(&answer);
	buf_release(&ticket);
	return status;
}

/* ---- what lies there --------------------------------------------------------------------------------------------------------------------- */

static int check_entry(void *context, uint64_t index, struct str entry, struct err *err)
{
	struct buf text = BUF_INIT;

	(void)err;
	mirror_lab_entry(*(const unsigned *)context, index, &text);
	if (!str_equal(entry, buf_view(&text)))
		fail_msg("entry %u is not what the log has", (unsigned)index);
	buf_release(&text);
	return 0;
}

uint64_t mirror_lab_check(const struct mirror_lab *lab, const char *folder, unsigned history)
{
	struct log *log = NULL;
	struct err err = ERR_INIT;
	struct hash root;
	struct note note;
	char path[512];
	uint64_t size, time;

	(void)snprintf(path, sizeof(path), "%s/log/%s", folder, lab->hash);
	if (os_exists(AT_FDCWD, path, NULL) != 1)
		return 0;
	if (log_open(&log, AT_FDCWD, path, &lab->log.key, &err) != 0)
		fail_msg("%s", err.text);
	size = log_size(log);
	if (size > 0) {
		naive_root(lab->leaves[history], (size_t)size, &root);
		assert_hash_equal(log_root(log), &root);
		assert_int_equal(note_parse(&note, log_checkpoint(log), NULL), 0);
		assert_int_equal(note_verify(&note, &lab->key, &time, &err), 1);
		if (log_each(log, 0, size, check_entry, &history, &err) != 0 || tiles_root(log_tiles(log), size, &root, &err) != 0)
			fail_msg("%s", err.text);
		assert_hash_equal(log_root(log), &root);
	}
	log_free(log);
	return size;
}
