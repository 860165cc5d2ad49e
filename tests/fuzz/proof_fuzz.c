/* fuzz-links: tlog crypto base */
/* Proofs: what parses is written again as the same bytes, and verifying it never goes astray. */
#include "tlog/tlog.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool condition)
{
	if (!condition)
		abort();
}

static void verify(const struct tlog_proof *proof)
{
	static struct note note;
	struct checkpoint checkpoint;
	struct hash leaf;
	struct merkle_proof consistency = proof->inclusion;
	struct err err = ERR_INIT;

	need(note_parse(&note, proof->checkpoint, NULL) == 0 && checkpoint_parse(&checkpoint, note.text, NULL) == 0);
	merkle_leaf(STR("an entry"), &leaf);
	if (merkle_verify_inclusion(&leaf, proof->index, checkpoint.size, &proof->inclusion, &checkpoint.root, &err) != 0)
		need(err.code == ERR_SYNTAX || err.code == ERR_MISMATCH);
	if (merkle_verify_consistency(proof->index, &leaf, checkpoint.size, &checkpoint.root, &consistency, &err) != 0)
		need(err.code == ERR_SYNTAX || err.code == ERR_MISMATCH);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str bytes = {(const char *)data, size};
	struct tlog_proof proof;
	struct buf extra = BUF_INIT, again = BUF_INIT;
	struct err err = ERR_INIT;

	if (tlog_proof_parse(&proof, bytes, &err) != 0) {
		need(err.code == ERR_SYNTAX || err.code == ERR_LIMIT);
		return 0;
	}
	need(base64_decode(proof.extra_base64, &extra) && (extra.n > 0) == proof.has_extra);
	tlog_proof_format(&again, buf_view(&extra), proof.index, &proof.inclusion, proof.checkpoint);
	need(str_equal(buf_view(&again), bytes));
	verify(&proof);
	buf_release(&extra);
	buf_release(&again);
	return 0;
}
