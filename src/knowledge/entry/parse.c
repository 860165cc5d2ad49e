/* Reading an entry's text (docs/format/entry.md): one grammar a kind, fixed order, nothing else. */
#include "entry/internal.h"

#include <string.h>

bool text_plain(struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		if (c < 0x20 || c == 0x7f)
			return false;
		if (c == 0xc2 && i + 1 < text.n && (unsigned char)text.p[i + 1] < 0xa0)
			return false;
	}
	return utf8_valid(text);
}

/* Lines of the entry, counted from 1, and what went wrong in which. */
struct reader {
	struct str rest;
	unsigned line;
	struct err *err;
};

static int wrong(struct reader *r, const char *what)
{
	return err_set(r->err, ERR_SYNTAX, "log entry, line %u: %s", r->line, what);
}

/* Cuts "KEY VALUE" off the text. */
static int take(struct reader *r, const char *key, struct str *value)
{
	struct str line;
	r->line++;
	*value = (struct str){NULL, 0};
	if (!str_take_line(&r->rest, &line))
		return err_set(
			r->err, ERR_SYNTAX, "log entry ends before its line %u, which should begin with \"%s\"", r->line, key);
	size_t n = strlen(key);
	if (line.n < n + 2 || memcmp(line.p, key, n) != 0 || line.p[n] != ' ')
		return err_set(r->err, ERR_SYNTAX, "log entry, line %u: should be \"%s\", a space and a value", r->line, key);
	*value = (struct str){line.p + n + 1, line.n - n - 1};
	if (!text_plain(*value))
		return wrong(r, "holds control characters or is not UTF-8");
	return 0;
}

/* Whether the next line begins with KEY and a space. */
static bool next_is(const struct reader *r, struct str key)
{
	return str_starts(r->rest, key) && r->rest.n > key.n && r->rest.p[key.n] == ' ';
}

static int take_number(struct reader *r, const char *key, uint64_t least, uint64_t most, uint64_t *out)
{
	struct str value;
	if (take(r, key, &value) < 0)
		return -1;
	if (!decimal_parse(value, most, out) || *out < least)
		return err_set(r->err, ERR_SYNTAX, "log entry, line %u: \"%s\" is not a number in its range", r->line, key);
	return 0;
}

static int take_previous(struct reader *r, bool may_lack, uint64_t *out)
{
	struct str value;
	if (take(r, "previous", &value) < 0)
		return -1;
	if (may_lack && str_equal(value, STR("none"))) {
		*out = ENTRY_NONE;
		return 0;
	}
	if (!decimal_parse(value, ENTRY_NONE - 1, out))
		return wrong(r, "\"previous\" is not the index of an entry");
	return 0;
}

static int take_time(struct reader *r, int64_t *out)
{
	struct str value;
	if (take(r, "time", &value) < 0)
		return -1;
	return time_parse(value, out) ? 0 : wrong(r, "\"time\" is not written YYYY-MM-DDThh:mm:ssZ");
}

/* "sha256:" and 64 digits. */
static bool hash_untag(struct str text, struct hash *out)
{
	struct str prefix = STR("sha256:");
	if (!str_starts(text, prefix))
		return false;
	return hex_decode((struct str){text.p + prefix.n, text.n - prefix.n}, out->b, SHA256_SIZE);
}

static int take_hash(struct reader *r, const char *key, struct hash *out)
{
	struct str value;
	if (take(r, key, &value) < 0)
		return -1;
	return hash_untag(value, out) ? 0 : wrong(r, "is not sha256: and 64 lower-case hexadecimal digits");
}

static int take_origin(struct reader *r, const char *key, bool may_lack, struct str *out)
{
	struct str value;
	if (take(r, key, &value) < 0)
		return -1;
	if (may_lack && str_equal(value, STR("none"))) {
		*out = (struct str){NULL, 0};
		return 0;
	}
	if (!origin_valid(value))
		return err_set(r->err, ERR_SYNTAX, "log entry, line %u: \"%s\" is not an origin", r->line, key);
	*out = value;
	return 0;
}

static int take_record(struct reader *r, struct entry *e)
{
	if (take(r, "record", &e->record) < 0)
		return -1;
	return record_id_valid(e->origin, e->record) ? 0 : wrong(r, "\"record\" is not an id of this archive");
}

/* An Ed25519 verifier key; of this log if `own`. */
static int take_key(struct reader *r, const char *key, struct str own, struct str *out)
{
	struct err why = ERR_INIT;
	struct vkey parsed;
	if (take(r, key, out) < 0)
		return -1;
	if (vkey_parse(&parsed, *out, &why) < 0)
		return err_set(r->err, ERR_SYNTAX, "log entry, line %u: \"%s\": %s", r->line, key, why.text);
	bool type = parsed.type == NOTE_ED25519, name = own.n == 0 || str_equal(str_from(parsed.name), own);
	vkey_release(&parsed);
	if (!type)
		return wrong(r, "is not an Ed25519 key of type 0x01");
	return name ? 0 : wrong(r, "the key's name is not the origin");
}

bool reason_code_valid(struct str code)
{
	if (code.n == 0 || code.n > 64 || code.p[0] < 'a' || code.p[0] > 'z')
		return false;
	for (size_t i = 1; i < code.n; i++) {
		char c = code.p[i];
		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-')
			return false;
	}
	return true;
}

static int take_reason(struct reader *r, struct entry *e)
{
	if (take(r, "reason", &e->reason) < 0)
		return -1;
	return reason_code_valid(e->reason) ? 0
					    : wrong(r, "\"reason\" is not a code of a-z, 0-9 and hyphens, at most 64 characters");
}

/* authority, reason, note: who withdrew, and why. */
static int take_grounds(struct reader *r, struct entry *e)
{
	struct str note;
	if (take(r, "authority", &e->authority) < 0)
		return -1;
	if (e->authority.n > ENTRY_AUTHORITY_MAX || str_starts(e->authority, STR(" ")) || str_ends(e->authority, STR(" ")))
		return wrong(r, "\"authority\" is longer than 500 bytes or begins or ends with a space");
	if (take_reason(r, e) < 0 || take(r, "note", &note) < 0)
		return -1;
	if (str_equal(note, STR("none")))
		return 0;
	e->has_note = true;
	return hash_untag(note, &e->note) ? 0
					  : wrong(r, "\"note\" is neither none nor sha256: and 64 lower-case hexadecimal digits");
}

/* The words of a line's value, separated by single spaces, exactly `count` of them. */
static bool words(struct str value, struct str *out, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!str_take_until(&value, ' ', &out[i]) || out[i].n == 0)
			return false;
	return value.p == NULL;
}

/* Lines of one key that are to come, for sizing their array; they follow each other, so the count is exact or the parse fails. */
static size_t lines_left(const struct reader *r)
{
	size_t count = 0;
	for (const char *p = r->rest.p, *end = p + r->rest.n; p < end; count++) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		if (!newline)
			break;
		p = newline + 1;
	}
	return count;
}

/* "leaf VERSION POSITION HASH" or "withheld VERSION POSITION END HASH", in order, not overlapping. */
static int take_leaves(struct reader *r, struct entry *e, struct arena *arena, bool ranges)
{
	struct str key = ranges ? STR("withheld") : STR("leaf"), value, word[4];
	e->leaves = arena_alloc(arena, lines_left(r) * sizeof *e->leaves, _Alignof(struct entry_withheld));
	do {
		struct entry_withheld *leaf = &e->leaves[e->leaf_count];
		size_t last = ranges ? 3 : 2;
		if (take(r, key.p, &value) < 0)
			return -1;
		if (!words(value, word, last + 1) || !decimal_parse(word[0], ENTRY_VERSION_MAX, &leaf->version) ||
			leaf->version == 0 || !decimal_parse(word[1], CONTENTS_MAX - 1, &leaf->position) ||
			!hash_untag(word[last], &leaf->hash))
			return wrong(r, "does not name leaves by version, position and hash");
		leaf->end = leaf->position + 1;
		if (ranges && (!decimal_parse(word[2], CONTENTS_MAX, &leaf->end) || leaf->end <= leaf->position))
			return wrong(r, "the end is not a number above the position");
		if (e->leaf_count > 0) {
			const struct entry_withheld *before = leaf - 1;
			if (leaf->version < before->version || (leaf->version == before->version && leaf->position < before->end))
				return wrong(r, "stands out of order or repeats what was named before");
		}
		e->leaf_count++;
	} while (next_is(r, key));
	return 0;
}

static int take_rewritten(struct reader *r, struct entry *e, struct arena *arena)
{
	struct str value, word[3];
	e->rewritten = arena_alloc(arena, lines_left(r) * sizeof *e->rewritten, _Alignof(struct entry_rewritten));
	do {
		struct entry_rewritten *one = &e->rewritten[e->rewritten_count];
		if (take(r, "rewritten", &value) < 0)
			return -1;
		if (!words(value, word, 3) || !decimal_parse(word[0], ENTRY_VERSION_MAX, &one->version) || one->version == 0 ||
			!decimal_parse(word[1], ENTRY_NONE - 1, &one->index) || !digest_untag(word[2], &one->inventory))
			return wrong(r, "does not name a version, its entry and its new inventory");
		if (e->rewritten_count > 0 && one->version <= one[-1].version)
			return wrong(r, "versions stand out of order or twice");
		e->rewritten_count++;
	} while (next_is(r, STR("rewritten")));
	return 0;
}

static int parse_version(struct reader *r, struct entry *e)
{
	struct str inventory;
	if (take_record(r, e) < 0 || take_number(r, "version", 1, ENTRY_VERSION_MAX, &e->version) < 0 ||
		take_previous(r, true, &e->previous) < 0 || take_time(r, &e->time) < 0 || take(r, "inventory", &inventory) < 0)
		return -1;
	if (!digest_untag(inventory, &e->inventory))
		return wrong(r, "\"inventory\" is not a sha256 or sha512 digest with its algorithm in front");
	return take_hash(r, "contents", &e->contents);
}

static int parse_access(struct reader *r, struct entry *e, struct arena *arena)
{
	struct str value;
	int64_t day;
	if (take_record(r, e) < 0 || take_previous(r, true, &e->previous) < 0 || take_time(r, &e->time) < 0 ||
		take(r, "access", &value) < 0)
		return -1;
	if (str_equal(value, STR("open")))
		e->access = ACCESS_OPEN;
	else if (str_equal(value, STR("closed")))
		e->access = ACCESS_CLOSED;
	else if (str_equal(value, STR("embargo")))
		e->access = ACCESS_EMBARGO;
	else
		return wrong(r, "\"access\" is not open, closed or embargo");
	if (e->access == ACCESS_EMBARGO) {
		if (take(r, "until", &e->until) < 0)
			return -1;
		if (!date_parse(e->until, &day))
			return wrong(r, "\"until\" is not a date YYYY-MM-DD");
	}
	if (take_grounds(r, e) < 0)
		return -1;
	if (next_is(r, STR("leaf")))
		return take_leaves(r, e, arena, false);
	if (take(r, "files", &value) < 0)
		return -1;
	return str_equal(value, STR("all")) ? 0 : wrong(r, "\"files\" is not all");
}

static int parse_expunge(struct reader *r, struct entry *e, struct arena *arena)
{
	if (take_record(r, e) < 0 || take_previous(r, false, &e->previous) < 0 || take_time(r, &e->time) < 0 ||
		take_grounds(r, e) < 0 || take_rewritten(r, e, arena) < 0 || take_leaves(r, e, arena, true) < 0)
		return -1;
	/* What is withheld of a version changes that version's inventory. */
	size_t at = 0;
	for (size_t i = 0; i < e->leaf_count; i++) {
		while (at < e->rewritten_count && e->rewritten[at].version < e->leaves[i].version)
			at++;
		if (at == e->rewritten_count || e->rewritten[at].version != e->leaves[i].version)
			return wrong(r, "leaves are withheld from a version that is not rewritten");
	}
	return 0;
}

static int parse_key(struct reader *r, struct entry *e)
{
	static const char *const roles[] = {"old", "new", "recovery"};
	if (take_time(r, &e->time) < 0 || take_number(r, "index", 1, ENTRY_NONE - 1, &e->key_index) < 0 ||
		take_hash(r, "root", &e->key_root) < 0 || take_key(r, "key", e->origin, &e->key) < 0)
		return -1;
	for (size_t i = 0; i < 3; i++) {
		struct entry_signature *signature = &e->signatures[i];
		struct str value, word[2];
		if (take(r, "signature", &value) < 0)
			return -1;
		if (!words(value, word, 2) || !str_equal(word[0], str_from(roles[i])) ||
			!base64_decode_fixed(word[1], signature->bytes, ED25519_SIGNATURE))
			return err_set(r->err, ERR_SYNTAX, "log entry, line %u: is not the %s key's signature", r->line, roles[i]);
		signature->role = word[0];
		e->signature_count++;
	}
	return 0;
}

static int parse_kind(struct reader *r, struct entry *e, struct arena *arena)
{
	switch (e->kind) {
	case ENTRY_VERSION:
		return parse_version(r, e);
	case ENTRY_ACCESS:
		return parse_access(r, e, arena);
	case ENTRY_EXPUNGE:
		return parse_expunge(r, e, arena);
	case ENTRY_KEY:
		return parse_key(r, e);
	case ENTRY_GENESIS:
		if (take_time(r, &e->time) < 0 || take_key(r, "key", e->origin, &e->key) < 0 ||
			take_key(r, "recovery", (struct str){NULL, 0}, &e->recovery) < 0)
			return -1;
		return take_origin(r, "predecessor", true, &e->predecessor);
	case ENTRY_END:
		if (take_time(r, &e->time) < 0 || take_origin(r, "successor", true, &e->successor) < 0)
			return -1;
		return take_reason(r, e);
	}
	return wrong(r, "unknown kind of entry");
}

int entry_parse(struct entry *out, struct str text, struct arena *arena, struct err *err)
{
	struct reader r = {text, 0, err};
	struct str kind;
	*out = (struct entry){.kind = ENTRY_VERSION};
	if (text.n > ENTRY_MAX)
		return err_set(err, ERR_LIMIT, "log entry is longer than %u bytes", (unsigned)ENTRY_MAX);
	if (take(&r, "photostat.entry/v1", &kind) < 0)
		return -1;
	bool known = false;
	for (enum entry_kind k = ENTRY_VERSION; k <= ENTRY_END; k++) {
		if (!str_equal(kind, str_from(entry_kind_name(k))))
			continue;
		out->kind = k;
		known = true;
	}
	if (!known)
		return wrong(&r, "unknown kind of entry");
	if (take_origin(&r, "origin", false, &out->origin) < 0 || parse_kind(&r, out, arena) < 0)
		return -1;
	r.line++;
	return r.rest.n == 0 ? 0 : wrong(&r, "something follows the entry's last line");
}
