/* What a log and a witness say to one another (tlog-witness, add-checkpoint). */
#include "internal.h"

static int read_old_size(struct witness_request *out, struct str *rest, struct err *err)
{
	struct str line;

	if (!str_take_line(rest, &line) || !str_starts(line, STR("old ")) ||
		!decimal_parse((struct str){line.p + 4, line.n - 4}, UINT64_MAX, &out->old_size))
		return err_set(err, ERR_SYNTAX, "the request does not begin with a line \"old SIZE\"");
	return 0;
}

static int read_hashes(struct witness_request *out, struct str *rest, struct err *err)
{
	struct str line;

	while (str_take_line(rest, &line)) {
		if (line.n == 0)
			return 0;
		if (out->proof.count == WITNESS_PROOF_MAX)
			return err_set(err, ERR_SYNTAX, "the consistency proof has more than %d lines", WITNESS_PROOF_MAX);
		if (!base64_decode_fixed(line, out->proof.hashes[out->proof.count].b, SHA256_SIZE))
			return err_set(
				err, ERR_SYNTAX, "line %zu of the consistency proof is not a hash in base64", out->proof.count + 1);
		out->proof.count++;
	}
	return err_set(err, ERR_SYNTAX, "the request ends before its checkpoint: an empty line parts it from the proof");
}

int witness_request_parse(struct witness_request *out, struct str bytes, struct err *err)
{
	struct str rest = bytes;

	out->old_size = 0;
	out->proof.count = 0;
	if (read_old_size(out, &rest, err) != 0 || read_hashes(out, &rest, err) != 0)
		return -1;
	out->checkpoint_note = rest;
	if (note_parse(&out->note, rest, err) != 0 || checkpoint_parse(&out->checkpoint, out->note.text, err) != 0)
		return err_note(err, "the request's checkpoint");
	return 0;
}

void witness_request_format(struct buf *buf, uint64_t old_size, const struct merkle_proof *proof, struct str checkpoint_note)
{
	buf_text(buf, "old ");
	buf_u64(buf, old_size);
	buf_char(buf, '\n');
	for (size_t i = 0; i < proof->count; i++) {
		buf_base64(buf, proof->hashes[i].b, SHA256_SIZE);
		buf_char(buf, '\n');
	}
	buf_char(buf, '\n');
	buf_str(buf, checkpoint_note);
}

void note_line(struct buf *buf, const struct note_signature *signature)
{
	buf_text(buf, "\xe2\x80\x94 ");
	buf_str(buf, signature->name);
	buf_char(buf, ' ');
	buf_str(buf, signature->base64);
	buf_char(buf, '\n');
}

bool note_line_is_of(const struct note_signature *signature, const struct vkey *key)
{
	return signature->id == key->id && str_equal(signature->name, str_from(key->name));
}

int witness_answer_take(
	struct buf *line, struct str text, struct str answer, const struct vkey *key, uint64_t *time, struct err *err)
{
	struct buf bytes = BUF_INIT;
	struct note note;
	int got = -1;

	*time = 0;
	bytes.max = NOTE_MAX;
	buf_str(&bytes, text);
	buf_char(&bytes, '\n');
	buf_str(&bytes, answer);
	if (buf_check(&bytes, "the answer", err) != 0 || note_parse(&note, buf_view(&bytes), err) != 0)
		goto out;
	/* An empty line in the answer would make its beginning a part of what is said to be signed. */
	if (note.text.n != text.n) {
		err_set(err, ERR_SYNTAX, "the answer is not signature lines");
		goto out;
	}
	got = note_verify(&note, key, time, err);
	for (size_t i = 0; got == 1 && i < note.count; i++)
		if (note_line_is_of(&note.signatures[i], key))
			note_line(line, &note.signatures[i]);
	if (got == 1 && buf_check(line, "a cosignature", err) != 0)
		got = -1;
out:
	buf_release(&bytes);
	return got;
}
