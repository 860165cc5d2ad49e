/* Evidence that one log signed two checkpoints which no tree can have (photostat.evidence/v1, docs/format/evidence.md; P3).
 *
 * The hashes are roots of complete subtrees that lie side by side over [0, n), and one of them begins at m: all of them together give the larger
 * root, those before m the root that the same tree had at size m. A second list that gives the larger root would be a collision of
 * SHA-256, so if the smaller checkpoint says another root, its signer has signed two histories. */
#include "internal.h"

#include <string.h>

#define EVIDENCE_MAGIC STR("photostat.evidence/v1")

/* ---- the subtrees of two sizes --------------------------------------------------------------------------------------------- */

/* The fewest aligned complete subtrees over [at, end), from left to right; returns how many. */
static size_t cover(uint64_t at, uint64_t end, struct subtree *out)
{
	size_t count = 0;

	while (at < end) {
		unsigned height = 63 - (unsigned)__builtin_clzll(end - at);
		if (at != 0 && (unsigned)__builtin_ctzll(at) < height)
			height = (unsigned)__builtin_ctzll(at);
		out[count++] = (struct subtree){height, at >> height};
		at += (uint64_t)1 << height;
	}
	return count;
}

/* Those of [0, smaller) and then those of [smaller, larger). A bit of `smaller` costs a subtree before it or, up to the lowest, one on the way up
 * behind it, and the way down to `larger` 63 more: 128 at most. */
static size_t cover_both(uint64_t smaller, uint64_t larger, struct subtree out[EVIDENCE_HASHES_MAX], size_t *before)
{
	*before = cover(0, smaller, out);
	return *before + cover(smaller, larger, out + *before);
}

/* The root over subtrees that cover [0, n): two neighbours of one height become one of the next, as in adding one; what is left at the end has
 * falling heights and is joined from the right (RFC 6962 section 2.1). */
static void root_over(const struct subtree *subtrees, const struct hash *hashes, size_t count, struct hash *out)
{
	struct hash stack[EVIDENCE_HASHES_MAX];
	unsigned heights[EVIDENCE_HASHES_MAX];
	size_t depth = 0;

	if (count == 0) {
		merkle_empty(out);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		stack[depth] = hashes[i];
		heights[depth++] = subtrees[i].height;
		for (; depth > 1 && heights[depth - 1] == heights[depth - 2]; depth--) {
			merkle_node(&stack[depth - 2], &stack[depth - 1], &stack[depth - 2]);
			heights[depth - 2]++;
		}
	}
	*out = stack[--depth];
	while (depth > 0)
		merkle_node(&stack[--depth], out, out);
}

/* ---- reading and writing ------------------------------------------------------------------------------------------------------ */

static int read_note(struct evidence_side *side, struct str note, struct err *err)
{
	struct note parsed;

	side->note = note;
	if (note_parse(&parsed, note, err) != 0 || checkpoint_parse(&side->checkpoint, parsed.text, err) != 0)
		return -1;
	return 0;
}

/* "WORD VKEY LENGTH", and that many bytes of note. */
static int parse_side(struct evidence_side *side, struct str word, struct str *rest, struct err *err)
{
	struct str line, token;
	uint64_t length;

	if (!str_take_line(rest, &line) || !str_take_until(&line, ' ', &token) || !str_equal(token, word) ||
		!str_take_until(&line, ' ', &token) || line.p == NULL || !decimal_parse(line, NOTE_MAX, &length))
		return err_set(
			err, ERR_SYNTAX, "the evidence lacks its line \"%.*s KEY LENGTH\" where it should stand", STR_ARG(word));
	if (length > rest->n)
		return err_set(err, ERR_SYNTAX, "the evidence ends before its %.*s checkpoint does", STR_ARG(word));
	if (vkey_parse(&side->key, token, err) != 0 || read_note(side, (struct str){rest->p, (size_t)length}, err) != 0)
		return err_note(err, "the evidence's %.*s checkpoint", STR_ARG(word));
	if (side->key.type != NOTE_ED25519)
		return err_set(err, ERR_SYNTAX, "the evidence's %.*s checkpoint names a key that is not a log's", STR_ARG(word));
	*rest = (struct str){rest->p + length, rest->n - (size_t)length};
	return 0;
}

static int parse_hashes(struct evidence *out, struct str rest, struct err *err)
{
	struct subtree subtrees[EVIDENCE_HASHES_MAX];
	struct str line, word;
	size_t before, wanted = 0;
	uint64_t count;

	if (!str_take_line(&rest, &line) || !str_take_until(&line, ' ', &word) || !str_equal(word, STR("hashes")) ||
		line.p == NULL || !decimal_parse(line, EVIDENCE_HASHES_MAX, &count))
		return err_set(err, ERR_SYNTAX, "the evidence lacks its line \"hashes N\" where it should stand");
	if (out->smaller.checkpoint.size > out->larger.checkpoint.size)
		return err_set(err, ERR_SYNTAX, "the evidence's smaller checkpoint is the larger one");
	if (out->smaller.checkpoint.size < out->larger.checkpoint.size)
		wanted = cover_both(out->smaller.checkpoint.size, out->larger.checkpoint.size, subtrees, &before);
	if (count != 0 && count != wanted)
		return err_set(
			err, ERR_SYNTAX, "the evidence has %llu hashes, but its sizes want %zu", (unsigned long long)count, wanted);
	for (; out->hash_count < count; out->hash_count++)
		if (!str_take_line(&rest, &line) || !base64_decode_fixed(line, out->hashes[out->hash_count].b, SHA256_SIZE))
			return err_set(err, ERR_SYNTAX, "hash %zu of the evidence is not one in base64", out->hash_count + 1);
	if (rest.n != 0)
		return err_set(err, ERR_SYNTAX, "the evidence goes on behind its last hash");
	return 0;
}

int evidence_parse(struct evidence *out, struct str bytes, struct err *err)
{
	struct str rest = bytes, line;

	memset(out, 0, sizeof(*out));
	if (bytes.n > EVIDENCE_MAX)
		return err_set(err, ERR_LIMIT, "evidence of %zu bytes is larger than the %u we take", bytes.n, EVIDENCE_MAX);
	if (!str_take_line(&rest, &line) || !str_equal(line, EVIDENCE_MAGIC))
		return err_set(err, ERR_SYNTAX, "not evidence: its first line is not \"%.*s\"", STR_ARG(EVIDENCE_MAGIC));
	if (parse_side(&out->smaller, STR("smaller"), &rest, err) == 0 &&
		parse_side(&out->larger, STR("larger"), &rest, err) == 0 && parse_hashes(out, rest, err) == 0)
		return 0;
	evidence_release(out);
	return -1;
}

void evidence_release(struct evidence *evidence)
{
	vkey_release(&evidence->smaller.key);
	vkey_release(&evidence->larger.key);
	memset(evidence, 0, sizeof(*evidence));
}

static void format_side(struct buf *out, const char *word, const struct evidence_side *side)
{
	buf_printf(out, "%s ", word);
	vkey_format(out, &side->key);
	buf_printf(out, " %zu\n", side->note.n);
	buf_str(out, side->note);
}

static void format(struct buf *out, const struct evidence *evidence)
{
	buf_str(out, EVIDENCE_MAGIC);
	buf_char(out, '\n');
	format_side(out, "smaller", &evidence->smaller);
	format_side(out, "larger", &evidence->larger);
	buf_printf(out, "hashes %zu\n", evidence->hash_count);
	for (size_t i = 0; i < evidence->hash_count; i++) {
		buf_base64(out, evidence->hashes[i].b, SHA256_SIZE);
		buf_char(out, '\n');
	}
}

/* ---- judging --------------------------------------------------------------------------------------------------------------------- */

static bool same_key(const struct vkey *a, const struct vkey *b)
{
	return a->type == b->type && a->id == b->id && strcmp(a->name, b->name) == 0 &&
	       memcmp(a->public_key, b->public_key, ED25519_PUBLIC) == 0;
}

static int check_signature(const struct evidence_side *side, const char *word, struct err *err)
{
	struct note note;

	if (note_parse(&note, side->note, err) != 0)
		return -1;
	if (!str_equal(str_from(side->key.name), side->checkpoint.origin))
		return err_set(err, ERR_MISMATCH, "the %s checkpoint is of \"%.*s\", the key that it is given with of %s", word,
			STR_ARG(side->checkpoint.origin), side->key.name);
	switch (note_verify(&note, &side->key, NULL, err)) {
	case 1:
		return 0;
	case 0:
		return err_set(err, ERR_MISMATCH, "the %s checkpoint is not signed by the key that it is given with", word);
	default:
		return err_note(err, "the %s checkpoint", word);
	}
}

static int check_known(const struct policy *policy, const struct vkey *key, struct err *err)
{
	for (size_t i = 0; i < policy_log_count(policy); i++)
		if (same_key(policy_log(policy, i), key))
			return 0;
	return err_set(err, ERR_MISMATCH, "the key %s+%08x is no log's of the policy", key->name, key->id);
}

/* What origins, sizes, roots and hashes say, the signatures being good. */
static int compare(const struct evidence *evidence, enum evidence_word *word, struct err *err)
{
	const struct checkpoint *smaller = &evidence->smaller.checkpoint, *larger = &evidence->larger.checkpoint;
	struct subtree subtrees[EVIDENCE_HASHES_MAX];
	struct hash root;
	size_t count, before;

	if (!str_equal(smaller->origin, larger->origin)) {
		*word = EVIDENCE_OTHER_LOGS;
		return 0;
	}
	if (smaller->size == larger->size) {
		*word = hash_equal(&smaller->root, &larger->root) ? EVIDENCE_CONSISTENT : EVIDENCE_PROVEN;
		return 0;
	}
	if (evidence->hash_count == 0) {
		*word = EVIDENCE_SUSPECTED;
		return 0;
	}
	count = cover_both(smaller->size, larger->size, subtrees, &before);
	if (count != evidence->hash_count)
		return err_set(err, ERR_INTERNAL, "evidence of %zu hashes for sizes that want %zu", evidence->hash_count, count);
	root_over(subtrees, evidence->hashes, count, &root);
	if (!hash_equal(&root, &larger->root))
		return err_set(err, ERR_MISMATCH, "the hashes do not lead to the larger checkpoint's root");
	root_over(subtrees, evidence->hashes, before, &root);
	*word = hash_equal(&root, &smaller->root) ? EVIDENCE_CONSISTENT : EVIDENCE_PROVEN;
	return 0;
}

int evidence_check(const struct evidence *evidence, const struct policy *policy, enum evidence_word *word, struct err *err)
{
	if (check_signature(&evidence->smaller, "smaller", err) != 0 || check_signature(&evidence->larger, "larger", err) != 0)
		return -1;
	if (policy != NULL &&
		(check_known(policy, &evidence->smaller.key, err) != 0 || check_known(policy, &evidence->larger.key, err) != 0))
		return -1;
	if (compare(evidence, word, err) != 0)
		return -1;
	/* Anyone can make a key of any name: that a second one is the log's too must be told by somebody who is believed. */
	if (*word == EVIDENCE_PROVEN && policy == NULL && !same_key(&evidence->smaller.key, &evidence->larger.key))
		*word = EVIDENCE_SUSPECTED;
	return 0;
}

/* ---- making ------------------------------------------------------------------------------------------------------------------------ */

static int signed_by(const struct evidence_side *side, const struct vkey *key, struct err *err)
{
	struct note note;

	if (!str_equal(str_from(key->name), side->checkpoint.origin))
		return 0;
	return note_parse(&note, side->note, err) != 0 ? -1 : note_verify(&note, key, NULL, err);
}

/* One key for both where one signed both; the first that signed, elsewhere. */
static int find_keys(struct evidence *evidence, const struct vkey *keys, size_t count, struct err *err)
{
	struct evidence_side *sides[2] = {&evidence->smaller, &evidence->larger};
	const struct vkey *found[2] = {NULL, NULL};

	for (size_t i = 0; i < count; i++) {
		int first = signed_by(sides[0], &keys[i], err), second = signed_by(sides[1], &keys[i], err);

		if (first < 0 || second < 0)
			return -1;
		if (first == 1 && second == 1) {
			found[0] = found[1] = &keys[i];
			break;
		}
		if (first == 1 && found[0] == NULL)
			found[0] = &keys[i];
		if (second == 1 && found[1] == NULL)
			found[1] = &keys[i];
	}
	for (size_t i = 0; i < 2; i++) {
		if (found[i] == NULL)
			return err_set(err, ERR_MISMATCH, "the checkpoint of \"%.*s\" at size %llu is signed by no key of this log",
				STR_ARG(sides[i]->checkpoint.origin), (unsigned long long)sides[i]->checkpoint.size);
		if (vkey_make(&sides[i]->key, str_from(found[i]->name), found[i]->type, found[i]->public_key, err) != 0)
			return -1;
	}
	return 0;
}

static int read_hashes(struct evidence *evidence, const struct tile_reader *reader, struct err *err)
{
	struct subtree subtrees[EVIDENCE_HASHES_MAX];
	uint64_t smaller = evidence->smaller.checkpoint.size, larger = evidence->larger.checkpoint.size;
	size_t before;

	evidence->hash_count = cover_both(smaller, larger, subtrees, &before);
	return tiles_subtrees(reader, larger, subtrees, evidence->hash_count, evidence->hashes, err);
}

int evidence_make(struct buf *out, struct str one, struct str other, const struct vkey *keys, size_t key_count,
	const struct tile_reader *larger, enum evidence_word *word, struct err *err)
{
	struct evidence evidence;
	int result = -1;

	memset(&evidence, 0, sizeof(evidence));
	if (read_note(&evidence.smaller, one, err) != 0 || read_note(&evidence.larger, other, err) != 0)
		goto out;
	if (evidence.smaller.checkpoint.size > evidence.larger.checkpoint.size) {
		struct evidence_side swap = evidence.smaller;
		evidence.smaller = evidence.larger;
		evidence.larger = swap;
	}
	if (find_keys(&evidence, keys, key_count, err) != 0)
		goto out;
	if (larger != NULL && str_equal(evidence.smaller.checkpoint.origin, evidence.larger.checkpoint.origin) &&
		evidence.smaller.checkpoint.size < evidence.larger.checkpoint.size && read_hashes(&evidence, larger, err) != 0)
		goto out;
	if (compare(&evidence, word, err) != 0)
		goto out;
	if (*word == EVIDENCE_PROVEN || *word == EVIDENCE_SUSPECTED)
		format(out, &evidence);
	result = buf_check(out, "the evidence", err);
out:
	evidence_release(&evidence);
	return result;
}
