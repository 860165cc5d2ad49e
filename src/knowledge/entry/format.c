/* Writing an entry's text (docs/format/entry.md), and what its commitments and signatures cover. */
#include "entry/internal.h"

#include <stdlib.h>

static const char *const kind_names[] = {
	[ENTRY_VERSION] = "version",
	[ENTRY_ACCESS] = "access",
	[ENTRY_EXPUNGE] = "expunge",
	[ENTRY_KEY] = "key",
	[ENTRY_GENESIS] = "genesis",
	[ENTRY_END] = "end",
};

const char *entry_kind_name(enum entry_kind kind)
{
	return (size_t)kind < sizeof kind_names / sizeof *kind_names ? kind_names[kind] : "unknown";
}

static void put_str(struct buf *out, const char *key, struct str value)
{
	buf_text(out, key);
	buf_char(out, ' ');
	buf_str(out, value);
	buf_char(out, '\n');
}

static void put_or_none(struct buf *out, const char *key, struct str value)
{
	put_str(out, key, value.n ? value : STR("none"));
}

static void put_number(struct buf *out, const char *key, uint64_t value)
{
	buf_text(out, key);
	buf_char(out, ' ');
	buf_u64(out, value);
	buf_char(out, '\n');
}

static void put_time(struct buf *out, int64_t seconds)
{
	char text[TIME_TEXT];
	time_format(seconds, text);
	put_str(out, "time", str_from(text));
}

static void put_tagged(struct buf *out, const struct hash *hash)
{
	buf_text(out, "sha256:");
	buf_hex(out, hash->b, SHA256_SIZE);
	buf_char(out, '\n');
}

static void put_hash(struct buf *out, const char *key, const struct hash *hash)
{
	buf_text(out, key);
	buf_char(out, ' ');
	put_tagged(out, hash);
}

static void put_previous(struct buf *out, const struct entry *e)
{
	if (e->previous == ENTRY_NONE)
		put_str(out, "previous", STR("none"));
	else
		put_number(out, "previous", e->previous);
}

static void put_grounds(struct buf *out, const struct entry *e)
{
	put_str(out, "authority", e->authority);
	put_str(out, "reason", e->reason);
	if (e->has_note)
		put_hash(out, "note", &e->note);
	else
		put_str(out, "note", STR("none"));
}

static void put_leaves(struct buf *out, const struct entry *e, bool ranges)
{
	for (size_t i = 0; i < e->leaf_count; i++) {
		const struct entry_withheld *leaf = &e->leaves[i];
		buf_text(out, ranges ? "withheld " : "leaf ");
		buf_u64(out, leaf->version);
		buf_char(out, ' ');
		buf_u64(out, leaf->position);
		buf_char(out, ' ');
		if (ranges) {
			buf_u64(out, leaf->end);
			buf_char(out, ' ');
		}
		put_tagged(out, &leaf->hash);
	}
}

static void put_version(struct buf *out, const struct entry *e)
{
	put_str(out, "record", e->record);
	put_number(out, "version", e->version);
	put_previous(out, e);
	put_time(out, e->time);
	buf_text(out, "inventory ");
	digest_tag(out, &e->inventory);
	buf_char(out, '\n');
	put_hash(out, "contents", &e->contents);
}

static void put_access(struct buf *out, const struct entry *e)
{
	put_str(out, "record", e->record);
	put_previous(out, e);
	put_time(out, e->time);
	put_str(out, "access",
		e->access == ACCESS_OPEN     ? STR("open")
		: e->access == ACCESS_CLOSED ? STR("closed")
					     : STR("embargo"));
	if (e->access == ACCESS_EMBARGO)
		put_str(out, "until", e->until);
	put_grounds(out, e);
	if (e->leaf_count == 0)
		put_str(out, "files", STR("all"));
	put_leaves(out, e, false);
}

static void put_expunge(struct buf *out, const struct entry *e)
{
	put_str(out, "record", e->record);
	put_previous(out, e);
	put_time(out, e->time);
	put_grounds(out, e);
	for (size_t i = 0; i < e->rewritten_count; i++) {
		buf_text(out, "rewritten ");
		buf_u64(out, e->rewritten[i].version);
		buf_char(out, ' ');
		buf_u64(out, e->rewritten[i].index);
		buf_char(out, ' ');
		digest_tag(out, &e->rewritten[i].inventory);
		buf_char(out, '\n');
	}
	put_leaves(out, e, true);
}

static void put_key(struct buf *out, const struct entry *e)
{
	put_time(out, e->time);
	put_number(out, "index", e->key_index);
	put_hash(out, "root", &e->key_root);
	put_str(out, "key", e->key);
	for (size_t i = 0; i < e->signature_count && i < 3; i++) {
		buf_text(out, "signature ");
		buf_str(out, e->signatures[i].role);
		buf_char(out, ' ');
		buf_base64(out, e->signatures[i].bytes, ED25519_SIGNATURE);
		buf_char(out, '\n');
	}
}

static void put_entry(struct buf *out, const struct entry *e)
{
	put_str(out, "photostat.entry/v1", str_from(entry_kind_name(e->kind)));
	put_str(out, "origin", e->origin);
	switch (e->kind) {
	case ENTRY_VERSION:
		put_version(out, e);
		break;
	case ENTRY_ACCESS:
		put_access(out, e);
		break;
	case ENTRY_EXPUNGE:
		put_expunge(out, e);
		break;
	case ENTRY_KEY:
		put_key(out, e);
		break;
	case ENTRY_GENESIS:
		put_time(out, e->time);
		put_str(out, "key", e->key);
		put_str(out, "recovery", e->recovery);
		put_or_none(out, "predecessor", e->predecessor);
		break;
	case ENTRY_END:
		put_time(out, e->time);
		put_or_none(out, "successor", e->successor);
		put_str(out, "reason", e->reason);
		break;
	}
}

/* A newline in a value would forge a line that parses; an access entry has no room for an end. */
static int check_values(const struct entry *e, struct err *err)
{
	const struct str all[] = {
		e->origin, e->record, e->authority, e->reason, e->until, e->key, e->recovery, e->predecessor, e->successor};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (!text_plain(all[i]))
			return err_set(err, ERR_SYNTAX,
				"\"%.*s\" cannot stand in a log entry: it holds control characters or is not UTF-8",
				STR_ARG(all[i]));
	for (size_t i = 0; i < e->signature_count && i < 3; i++)
		if (!text_plain(e->signatures[i].role))
			return err_set(err, ERR_SYNTAX, "a signature's role cannot stand in a log entry");
	for (size_t i = 0; e->kind == ENTRY_ACCESS && i < e->leaf_count; i++)
		if (e->leaves[i].end != e->leaves[i].position + 1)
			return err_set(err, ERR_SYNTAX, "an access entry names single leaves, not subtrees");
	return 0;
}

int entry_format(struct buf *out, const struct entry *e, struct err *err)
{
	struct arena arena = ARENA_INIT;
	struct entry back;
	size_t start = out->n;
	if (check_values(e, err) < 0)
		return -1;
	put_entry(out, e);
	int status = buf_check(out, "log entry", err);
	if (status == 0) {
		status = entry_parse(&back, (struct str){out->p + start, out->n - start}, &arena, err);
		arena_release(&arena);
	}
	if (status < 0 && !out->failed) {
		out->n = start;
		out->p[start] = '\0';
	}
	return status;
}

static int by_leaf(const void *a, const void *b)
{
	const struct entry_withheld *first = a, *second = b;
	if (first->version != second->version)
		return first->version < second->version ? -1 : 1;
	return (first->position > second->position) - (first->position < second->position);
}

size_t entry_leaves_arrange(struct entry_withheld *leaves, size_t count)
{
	size_t kept = 0;
	if (count > 0)
		qsort(leaves, count, sizeof *leaves, by_leaf);
	for (size_t i = 0; i < count; i++)
		if (kept == 0 || by_leaf(&leaves[kept - 1], &leaves[i]) != 0)
			leaves[kept++] = leaves[i];
	return kept;
}

/* Leaves stand by version and position, and do not overlap (they are refused else): the last one that begins no later. */
bool entry_withholds(const struct entry *entry, uint64_t version, uint64_t position)
{
	size_t low = 0, high = entry->leaf_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct entry_withheld *leaf = &entry->leaves[middle];

		if (leaf->version < version || (leaf->version == version && leaf->position <= position))
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 && entry->leaves[low - 1].version == version && position < entry->leaves[low - 1].end;
}

void entry_note_commit(const unsigned char salt[32], struct str text, struct hash *out)
{
	const struct str fields[] = {STR("photostat.note/v1"), {(const char *)salt, 32}, text};
	sha256_framed(fields, 3, out);
}

static void put_field(struct buf *out, struct str field)
{
	buf_be64(out, field.n);
	buf_str(out, field);
}

void entry_key_message(struct buf *out, const struct entry *e)
{
	put_field(out, STR("photostat.key/v1"));
	put_field(out, e->origin);
	buf_be64(out, 8);
	buf_be64(out, e->key_index);
	put_field(out, (struct str){(const char *)e->key_root.b, SHA256_SIZE});
	put_field(out, e->key);
}

static bool signed_by(const unsigned char public_key[ED25519_PUBLIC], const struct buf *message, const struct entry *e, size_t i)
{
	return ed25519_verify(public_key, buf_view(message), e->signatures[i].bytes);
}

int entry_key_verify(const struct entry *e, const struct vkey *old, const struct vkey *recovery, struct err *err)
{
	struct buf message = BUF_INIT;
	struct vkey fresh;
	if (e->kind != ENTRY_KEY || e->signature_count != 3)
		return err_set(err, ERR_USAGE, "not an entry that changes the log's key");
	if (vkey_parse(&fresh, e->key, err) < 0)
		return -1;
	entry_key_message(&message, e);
	int status = 0;
	if (!signed_by(old->public_key, &message, e, 0))
		status = err_set(err, ERR_MISMATCH, "the change of the log's key is not signed by the old key");
	else if (!signed_by(fresh.public_key, &message, e, 1))
		status = err_set(err, ERR_MISMATCH, "the change of the log's key is not signed by the new key");
	else if (!signed_by(recovery->public_key, &message, e, 2))
		status = err_set(err, ERR_MISMATCH, "the change of the log's key is not signed by the recovery key");
	vkey_release(&fresh);
	buf_release(&message);
	return status;
}
