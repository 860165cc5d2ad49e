/* Receipts (docs/format/receipt.md): a tlog-proof whose `extra` carries the entry and an opening of its contents. P4, P6, P7. */
#include "entry/internal.h"

#include <stdlib.h>

#define RECEIPT_MAGIC STR("photostat.receipt/v1")

struct receipt {
	struct buf extra; /* decoded; entry and disclosure are views into it */
	struct arena arena;
	struct entry entry;
	enum receipt_scope scope;
	uint64_t index;
	struct policy_verdict verdict;
	struct disclosure *disclosure;
};

/* ---- writing ------------------------------------------------------------------------------------------------------------- */

static struct str scope_name(enum receipt_scope scope)
{
	return scope == RECEIPT_FILE ? STR("file") : STR("version");
}

static void put_field(struct buf *out, struct str field)
{
	buf_be64(out, field.n);
	buf_str(out, field);
}

size_t receipt_extra_begin(struct buf *out, enum receipt_scope scope, struct str entry_text)
{
	put_field(out, RECEIPT_MAGIC);
	put_field(out, scope_name(scope));
	put_field(out, entry_text);
	buf_be64(out, 0);
	return out->n;
}

void receipt_extra_end(struct buf *out, size_t begun)
{
	if (out->failed)
		return;
	uint64_t length = out->n - begun;
	for (unsigned i = 0; i < 8; i++)
		out->p[begun - 8 + i] = (char)(length >> (56 - 8 * i));
}

void receipt_extra(struct buf *out, enum receipt_scope scope, struct str entry_text, struct str disclosure)
{
	size_t begun = receipt_extra_begin(out, scope, entry_text);
	buf_str(out, disclosure);
	receipt_extra_end(out, begun);
}

/* ---- reading ------------------------------------------------------------------------------------------------------------- */

static bool take_field(struct str *rest, struct str *field)
{
	if (rest->n < 8)
		return false;
	uint64_t length = be64_get(rest->p);
	if (length > rest->n - 8)
		return false;
	*field = (struct str){rest->p + 8, (size_t)length};
	rest->p += 8 + length;
	rest->n -= 8 + (size_t)length;
	return true;
}

static int split_extra(struct receipt *r, struct str *entry_text, struct str *disclosure, struct err *err)
{
	struct str rest = buf_view(&r->extra), magic, scope;
	if (!take_field(&rest, &magic) || !str_equal(magic, RECEIPT_MAGIC))
		return err_set(err, ERR_SYNTAX,
			"its extra data is not a photostat.receipt/v1: not a receipt of a photostat archive, or of a newer kind");
	if (!take_field(&rest, &scope) || !take_field(&rest, entry_text) || !take_field(&rest, disclosure) || rest.n > 0)
		return err_set(err, ERR_SYNTAX, "its extra data is cut short or too long");
	if (str_equal(scope, scope_name(RECEIPT_VERSION)))
		r->scope = RECEIPT_VERSION;
	else if (str_equal(scope, scope_name(RECEIPT_FILE)))
		r->scope = RECEIPT_FILE;
	else
		return err_set(err, ERR_SYNTAX, "it is neither of a version nor of a file");
	return 0;
}

static int decode_extra(struct receipt *r, const struct tlog_proof *proof, struct err *err)
{
	if (!proof->has_extra)
		return err_set(err, ERR_SYNTAX, "it carries no entry: a bare proof, not a receipt of a photostat archive");
	if (!base64_decode(proof->extra_base64, &r->extra)) {
		if (r->extra.failed)
			return buf_check(&r->extra, "receipt", err);
		return err_set(err, ERR_SYNTAX, "its extra data is not base64 in canonical form");
	}
	return 0;
}

/* Signature first: nothing of an unsigned receipt is worth a word. */
static int prove_entry(
	struct receipt *r, const struct tlog_proof *proof, struct str entry_text, const struct policy *policy, struct err *err)
{
	struct hash leaf;
	if (policy_check(policy, proof->checkpoint, &r->verdict, err) < 0)
		return -1;
	const struct checkpoint *checkpoint = &r->verdict.checkpoint;
	merkle_leaf(entry_text, &leaf);
	if (merkle_verify_inclusion(&leaf, proof->index, checkpoint->size, &proof->inclusion, &checkpoint->root, err) < 0) {
		if (err)
			err->code = ERR_MISMATCH;
		return err_note(err, "its entry is not in the log that the checkpoint signs");
	}
	r->index = proof->index;
	if (entry_parse(&r->entry, entry_text, &r->arena, err) < 0)
		return -1;
	if (!str_equal(r->entry.origin, checkpoint->origin))
		return err_set(err, ERR_MISMATCH, "its entry is of %.*s, but the checkpoint of %.*s", STR_ARG(r->entry.origin),
			STR_ARG(checkpoint->origin));
	if (r->entry.kind != ENTRY_VERSION)
		return err_set(
			err, ERR_MISMATCH, "its entry is of kind %s: only a version has a receipt", entry_kind_name(r->entry.kind));
	return 0;
}

static int prove_contents(struct receipt *r, struct str disclosure, struct err *err)
{
	struct hash root;
	if (disclosure_parse(&r->disclosure, disclosure, err) < 0)
		return -1;
	if (r->scope == RECEIPT_FILE && disclosure_count(r->disclosure) != 1)
		return err_set(err, ERR_SYNTAX, "it is of one file but opens %zu", disclosure_count(r->disclosure));
	if (disclosure_root(r->disclosure, r->entry.origin, r->entry.record, r->entry.version, &root, err) < 0)
		return -1;
	if (!hash_equal(&root, &r->entry.contents))
		return err_set(err, ERR_MISMATCH, "the files that it names are not those that the entry commits to");
	return 0;
}

int receipt_open(struct receipt **out, struct str bytes, const struct policy *policy, struct err *err)
{
	struct receipt *r = mem_alloc(sizeof *r);
	struct tlog_proof proof;
	struct str entry_text = {NULL, 0}, disclosure = {NULL, 0};
	*out = NULL;
	*r = (struct receipt){.extra = BUF_INIT, .arena = ARENA_INIT};
	if (tlog_proof_parse(&proof, bytes, err) < 0 || decode_extra(r, &proof, err) < 0 ||
		split_extra(r, &entry_text, &disclosure, err) < 0 || prove_entry(r, &proof, entry_text, policy, err) < 0 ||
		prove_contents(r, disclosure, err) < 0) {
		receipt_free(r);
		return err_note(err, "receipt");
	}
	*out = r;
	return 0;
}

const struct entry *receipt_entry(const struct receipt *r)
{
	return &r->entry;
}

enum receipt_scope receipt_scope(const struct receipt *r)
{
	return r->scope;
}

uint64_t receipt_index(const struct receipt *r)
{
	return r->index;
}

const struct policy_verdict *receipt_verdict(const struct receipt *r)
{
	return &r->verdict;
}

const struct disclosure *receipt_disclosure(const struct receipt *r)
{
	return r->disclosure;
}

void receipt_free(struct receipt *r)
{
	if (!r)
		return;
	disclosure_free(r->disclosure);
	arena_release(&r->arena);
	buf_release(&r->extra);
	free(r);
}
