/* fuzz-links: tlog crypto base */
/* Requests to a witness: what parses is written again as the same bytes, and judging the proof never goes astray; answers of witnesses, made of
 * the same bytes, are taken or refused. */
#include "tlog/tlog.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool condition)
{
	if (!condition)
		abort();
}

static void answer(struct str bytes)
{
	struct vkey key;
	struct buf line = BUF_INIT;
	struct err err = ERR_INIT;
	uint64_t time;
	int got;

	need(vkey_parse(&key, STR("witness.example/one+1508b9b9+BE5n2RL6BPe9YF9FqpKu8k3pJ+H7UAh+Ah7vCi2Xz8ok"), NULL) == 0);
	got = witness_answer_take(
		&line, STR("example.org/log\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"), bytes, &key, &time, &err);
	need(got < 0 ? err.code == ERR_SYNTAX || err.code == ERR_LIMIT || err.code == ERR_MISMATCH : (got == 1) == (line.n > 0));
	buf_release(&line);
	vkey_release(&key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct witness_request request;
	struct str bytes = {(const char *)data, size};
	struct buf again = BUF_INIT;
	struct err err = ERR_INIT;
	struct hash root;

	answer(bytes);
	if (witness_request_parse(&request, bytes, &err) != 0) {
		need(err.code == ERR_SYNTAX || err.code == ERR_LIMIT);
		return 0;
	}
	need(request.proof.count <= WITNESS_PROOF_MAX);
	witness_request_format(&again, request.old_size, &request.proof, request.checkpoint_note);
	need(str_equal(buf_view(&again), bytes));
	merkle_empty(&root);
	if (merkle_verify_consistency(
		    request.old_size, &root, request.checkpoint.size, &request.checkpoint.root, &request.proof, &err) != 0)
		need(err.code == ERR_SYNTAX || err.code == ERR_MISMATCH);
	buf_release(&again);
	return 0;
}
