/* fuzz-links: entry tlog crypto base */
/* The input is a policy's log key made here and a receipt: as bytes, or (first byte 1) as extra data that is logged and signed,
 * so that what lies behind the signature is reached too. */
#include "entry/entry.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ORIGIN "example.org/archive"

static const unsigned char secret[ED25519_SECRET] = {1, 9, 2, 7};

/* The third field of well-formed extra data. */
static struct str entry_of(struct str extra)
{
	struct str field = {NULL, 0};
	for (unsigned i = 0; i < 3; i++) {
		if (extra.n < 8)
			return (struct str){NULL, 0};
		uint64_t length = be64_get(extra.p);
		if (length > extra.n - 8)
			return (struct str){NULL, 0};
		field = (struct str){extra.p + 8, (size_t)length};
		extra.p += 8 + length;
		extra.n -= 8 + (size_t)length;
	}
	return field;
}

/* A log of this one entry, signed. */
static void proof_of(struct str extra, const struct vkey *key, struct buf *out)
{
	struct buf text = BUF_INIT, note = BUF_INIT;
	struct hash root;
	struct err err = ERR_INIT;
	const struct merkle_proof none = {.count = 0};
	merkle_leaf(entry_of(extra), &root);
	checkpoint_format(&text, STR(ORIGIN), 1, &root);
	buf_str(&note, buf_view(&text));
	buf_char(&note, '\n');
	if (note_sign(&note, buf_view(&text), key, secret, &err) < 0)
		abort();
	tlog_proof_format(out, extra, 0, &none, buf_view(&note));
	buf_release(&text);
	buf_release(&note);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char public_key[ED25519_PUBLIC];
	struct vkey key;
	struct policy *policy;
	struct receipt *receipt;
	struct buf text = BUF_INIT, made = BUF_INIT;
	struct err err = ERR_INIT;
	if (size == 0)
		return 0;
	if (ed25519_public(secret, public_key, &err) < 0 || vkey_make(&key, STR(ORIGIN), NOTE_ED25519, public_key, &err) < 0)
		abort();
	buf_text(&text, "log ");
	vkey_format(&text, &key);
	buf_text(&text, "\nquorum none\n");
	if (policy_parse(&policy, buf_view(&text), &err) < 0)
		abort();
	struct str bytes = {(const char *)data, size};
	if (data[0] == 1) {
		proof_of((struct str){bytes.p + 1, bytes.n - 1}, &key, &made);
		bytes = buf_view(&made);
	}
	if (receipt_open(&receipt, bytes, policy, &err) == 0) {
		struct hash root;
		const struct entry *entry = receipt_entry(receipt);
		disclosure_root(receipt_disclosure(receipt), entry->origin, entry->record, entry->version, &root, NULL);
		if (entry->kind != ENTRY_VERSION || !hash_equal(&root, &entry->contents) || !receipt_verdict(receipt)->quorum)
			abort();
		if (receipt_scope(receipt) == RECEIPT_FILE && disclosure_count(receipt_disclosure(receipt)) != 1)
			abort();
	} else if (receipt != NULL || err.code == ERR_NONE || err.code == ERR_INTERNAL) {
		abort();
	}
	receipt_free(receipt);
	policy_free(policy);
	vkey_release(&key);
	buf_release(&text);
	buf_release(&made);
	return 0;
}
