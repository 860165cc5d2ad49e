/* Transparency log proofs (tlog-proof, Format). */
#include "internal.h"

#define PROOF_MAGIC STR("c2sp.org/tlog-proof@v1")

static int parse_head(struct tlog_proof *out, struct str *rest, struct err *err)
{
	struct str line = {"", 0};
	size_t n;

	if (!str_take_line(rest, &line) || !str_equal(line, PROOF_MAGIC))
		return err_set(err, ERR_SYNTAX, "not a proof: its first line is not \"%.*s\"", STR_ARG(PROOF_MAGIC));
	if (!str_take_line(rest, &line))
		return err_set(err, ERR_SYNTAX, "the proof ends after its first line");
	if (str_starts(line, STR("extra "))) {
		out->has_extra = true;
		out->extra_base64 = (struct str){line.p + 6, line.n - 6};
		if (!base64_canonical(out->extra_base64, &n))
			return err_set(err, ERR_SYNTAX, "the proof's extra data is not base64 in its only correct form");
		if (n == 0)
			return err_set(err, ERR_SYNTAX, "the proof has an extra line without data");
		if (!str_take_line(rest, &line))
			return err_set(err, ERR_SYNTAX, "the proof ends after its extra data");
	}
	if (!str_starts(line, STR("index ")) || !decimal_parse((struct str){line.p + 6, line.n - 6}, UINT64_MAX, &out->index))
		return err_set(err, ERR_SYNTAX, "the proof lacks its line \"index N\" where it should stand");
	return 0;
}

static int parse_hashes(struct tlog_proof *out, struct str *rest, struct err *err)
{
	struct str line;

	while (str_take_line(rest, &line)) {
		if (line.n == 0)
			return 0;
		if (out->inclusion.count == MERKLE_PROOF_MAX)
			return err_set(err, ERR_SYNTAX, "the proof has more hashes than a tree can have levels");
		if (!base64_decode_fixed(line, out->inclusion.hashes[out->inclusion.count].b, SHA256_SIZE))
			return err_set(err, ERR_SYNTAX, "line %zu of the inclusion proof is not a hash in base64",
				out->inclusion.count + 1);
		out->inclusion.count++;
	}
	return err_set(err, ERR_SYNTAX, "the proof ends before its checkpoint");
}

int tlog_proof_parse(struct tlog_proof *out, struct str bytes, struct err *err)
{
	struct str rest = bytes;
	struct checkpoint checkpoint;
	struct note note;

	*out = (struct tlog_proof){.extra_base64 = {"", 0}, .checkpoint = {"", 0}};
	if (bytes.n > PROOF_MAX)
		return err_set(err, ERR_LIMIT, "a proof of %zu bytes is larger than the %u we take", bytes.n, PROOF_MAX);
	if (parse_head(out, &rest, err) != 0 || parse_hashes(out, &rest, err) != 0)
		return -1;
	if (note_parse(&note, rest, err) != 0 || checkpoint_parse(&checkpoint, note.text, err) != 0)
		return err_note(err, "the proof's checkpoint");
	out->checkpoint = rest;
	return 0;
}

void tlog_proof_format(struct buf *buf, struct str extra, uint64_t index, const struct merkle_proof *proof, struct str checkpoint)
{
	buf_str(buf, PROOF_MAGIC);
	buf_char(buf, '\n');
	if (extra.n != 0) {
		buf_text(buf, "extra ");
		buf_base64(buf, extra.p, extra.n);
		buf_char(buf, '\n');
	}
	buf_text(buf, "index ");
	buf_u64(buf, index);
	buf_char(buf, '\n');
	for (size_t i = 0; i < proof->count; i++) {
		buf_base64(buf, proof->hashes[i].b, SHA256_SIZE);
		buf_char(buf, '\n');
	}
	buf_char(buf, '\n');
	buf_str(buf, checkpoint);
}
