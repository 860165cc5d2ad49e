/* fuzz-links: tlog crypto base */
/* Evidence: what parses is judged in one of four words or refused with a reason. First byte 1: the rest are two roots, sizes and hashes under
 * checkpoints signed here, so that what lies behind the signatures is reached; then the word must be that of the plain comparison. */
#include "tlog/tlog.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ORIGIN "example.org/log"

static const unsigned char secret[ED25519_SECRET] = {1, 9, 2, 7};

static void put_side(struct buf *out, const char *word, const struct vkey *key, uint64_t size, const struct hash *root)
{
	struct buf text = BUF_INIT, note = BUF_INIT;

	checkpoint_format(&text, STR(ORIGIN), size, root);
	buf_str(&note, buf_view(&text));
	buf_char(&note, '\n');
	if (note_sign(&note, buf_view(&text), key, secret, NULL) != 0)
		abort();
	buf_printf(out, "%s ", word);
	vkey_format(out, key);
	buf_printf(out, " %zu\n", note.n);
	buf_str(out, buf_view(&note));
	buf_release(&text);
	buf_release(&note);
}

/* Two sizes of a byte, then 32-byte hashes: the smaller root, the others. The larger root is what the hashes lead to for sizes m and m + 1, and
 * the last of them elsewhere. */
static void dress(struct buf *out, const struct vkey *key, const uint8_t *data, size_t size)
{
	struct hash roots[2], hash;
	size_t count;

	if (size < 2 + 64)
		return;
	memcpy(roots[0].b, data + 2, 32);
	memcpy(roots[1].b, data + size - 32, 32);
	count = (size - 2 - 32) / 32;
	if (data[0] == 1 && data[1] == 2) {
		memcpy(roots[1].b, data + 34, 32);
		merkle_node(&roots[1], &roots[0], &roots[1]);
	}
	buf_text(out, "photostat.evidence/v1\n");
	put_side(out, "smaller", key, data[0], &roots[0]);
	put_side(out, "larger", key, data[1], &roots[1]);
	buf_printf(out, "hashes %zu\n", count);
	for (size_t i = 0; i < count; i++) {
		memcpy(hash.b, data + 34 + 32 * i, 32);
		buf_base64(out, hash.b, 32);
		buf_char(out, '\n');
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char public_key[ED25519_PUBLIC];
	struct vkey key;
	struct evidence evidence;
	struct buf made = BUF_INIT;
	struct err err = ERR_INIT;
	struct str bytes = {(const char *)data, size};
	enum evidence_word word;

	if (ed25519_public(secret, public_key, &err) != 0 || vkey_make(&key, STR(ORIGIN), NOTE_ED25519, public_key, &err) != 0)
		abort();
	if (size > 0 && data[0] == 1) {
		dress(&made, &key, data + 1, size - 1);
		bytes = buf_view(&made);
	}
	if (evidence_parse(&evidence, bytes, &err) != 0) {
		if (err.code != ERR_SYNTAX && err.code != ERR_LIMIT)
			abort();
	} else {
		const struct checkpoint *smaller = &evidence.smaller.checkpoint, *larger = &evidence.larger.checkpoint;

		if (smaller->size > larger->size || evidence.hash_count > EVIDENCE_HASHES_MAX)
			abort();
		if (evidence_check(&evidence, NULL, &word, &err) != 0) {
			if (err.code != ERR_MISMATCH)
				abort();
		} else if (word == EVIDENCE_PROVEN && smaller->size == larger->size && hash_equal(&smaller->root, &larger->root)) {
			abort();
		} else if (word == EVIDENCE_PROVEN && smaller->size != larger->size && evidence.hash_count == 0) {
			abort();
		}
		evidence_release(&evidence);
	}
	vkey_release(&key);
	buf_release(&made);
	return 0;
}
