/* Vectors of receipts: what proves, what does not, and under which policy. */
#include "small_log.h"
#include "vectors_make.h"

#include <stdlib.h>
#include <string.h>

#define ORIGIN "example.org/archive"
#define RECORD "https://example.org/archive/r/joffe-1927"
#define TIME 1795465680
#define LEAVES 7

struct scene {
	struct maker *maker;
	struct buf list;
	struct small_log log, other;
	struct small_key witnesses[3];
	struct leaf leaves[LEAVES];
	struct contents *contents;
	struct buf entry, later, access;
	size_t index;
	struct buf note, cosigned; /* by the log alone, and by all three witnesses */
};

/* ---- the scene: a log of five entries, a record of seven files ----------------------------------------------------------- */

static void version_entry(const struct contents *contents, const char *origin, uint64_t version, struct buf *out)
{
	struct err err = ERR_INIT;
	struct buf record = BUF_INIT;
	struct hash inventory;
	buf_printf(&record, "https://%s/r/joffe-1927", origin);
	struct entry e = {.kind = ENTRY_VERSION,
		.origin = str_from(origin),
		.record = buf_view(&record),
		.version = version,
		.previous = version == 1 ? ENTRY_NONE : 1,
		.time = TIME};
	word_hash("inventory", (unsigned)version, &inventory);
	e.inventory.alg = DIGEST_SHA256;
	memcpy(e.inventory.bytes, inventory.b, SHA256_SIZE);
	contents_root(contents, &e.contents);
	need(entry_format(out, &e, &err) == 0, "version entry", &err);
	buf_release(&record);
}

/* A file holds its own path and a newline: whoever runs the vectors can make the bytes. */
static void content_leaf(struct leaf *leaf, const char *path, bool long_digest)
{
	struct hasher *hasher = hasher_new(long_digest ? DIGEST_SHA512 : DIGEST_SHA256);
	*leaf = (struct leaf){.kind = LEAF_FILE, .path = str_from(path), .size = strlen(path) + 1};
	hasher_begin(hasher);
	hasher_add(hasher, path, strlen(path));
	hasher_add(hasher, "\n", 1);
	hasher_end(hasher, &leaf->digest);
	hasher_free(hasher);
}

static void set_scene(struct scene *s, struct maker *maker)
{
	static const char *const paths[LEAVES] = {"photostat.json", "letter.txt", "scans/page 1.tif", "scans/page 2.tif",
		"Übersetzung.txt", "notes.md", "a\nnewline.txt"};
	static const char *const names[] = {"witness.example/one", "witness.example/two", "witness.example/three"};
	struct err err = ERR_INIT;
	struct hash seed;
	*s = (struct scene){.maker = maker, .list = BUF_INIT};
	small_log_make(&s->log, ORIGIN, 1);
	small_log_make(&s->other, "example.net/other", 2);
	for (unsigned i = 0; i < 3; i++)
		small_key_make(&s->witnesses[i], names[i], NOTE_COSIGNATURE_V1, "witness", i);
	for (unsigned i = 0; i < LEAVES; i++)
		content_leaf(&s->leaves[i], paths[i], i == 3);
	word_hash("seed", 1, &seed);
	need(contents_make(&s->contents, STR(ORIGIN), STR(RECORD), 1, seed.b, s->leaves, LEAVES, &err) == 0, "contents", &err);
	version_entry(s->contents, ORIGIN, 1, &s->entry);
	version_entry(s->contents, ORIGIN, 2, &s->later); /* commits to version 1's root: no opening proves it for version 2 */
	struct entry access = {.kind = ENTRY_ACCESS,
		.origin = STR(ORIGIN),
		.record = STR(RECORD),
		.previous = 1,
		.time = TIME,
		.access = ACCESS_CLOSED,
		.authority = STR("The keeper"),
		.reason = STR("privacy")};
	need(entry_format(&s->access, &access, &err) == 0, "access entry", &err);
	small_log_add(&s->log, STR("the first entry stands for a genesis\n"));
	s->index = small_log_add(&s->log, buf_view(&s->entry));
	small_log_add(&s->log, buf_view(&s->later));
	small_log_add(&s->log, buf_view(&s->access));
	small_log_add(&s->log, STR("a last one\n"));
	small_log_checkpoint(&s->log, &s->note, NULL, 0, 0);
	small_log_checkpoint(&s->log, &s->cosigned, s->witnesses, 3, TIME + 60);
}

static void end_scene(struct scene *s)
{
	struct buf *const all[6] = {&s->list, &s->entry, &s->later, &s->access, &s->note, &s->cosigned};
	for (size_t i = 0; i < 6; i++)
		buf_release(all[i]);
	for (unsigned i = 0; i < 3; i++)
		small_key_release(&s->witnesses[i]);
	small_log_release(&s->log);
	small_log_release(&s->other);
	contents_free(s->contents);
}

static void put_policies(struct scene *s)
{
	struct buf text = BUF_INIT;
	buf_printf(&text, "log %s\nquorum none\n", s->log.key.text.p);
	put_file(s->maker, "receipt/none.policy", &text);
	buf_clear(&text);
	buf_printf(&text, "log %s\nquorum none\n", s->other.key.text.p);
	put_file(s->maker, "receipt/other.policy", &text);
	buf_clear(&text);
	buf_printf(&text, "# two of three\nlog %s\nlog %s\n", s->other.key.text.p, s->log.key.text.p);
	for (unsigned i = 0; i < 3; i++)
		buf_printf(&text, "witness w%u %s\n", i + 1, s->witnesses[i].text.p);
	buf_text(&text, "group g 2 w1 w2 w3\nquorum g\n");
	put_file(s->maker, "receipt/two-of-three.policy", &text);
	buf_release(&text);
}

/* ---- one vector ---------------------------------------------------------------------------------------------------------- */

static void put_good(struct scene *s, const struct receipt *receipt)
{
	const struct disclosure *d = receipt_disclosure(receipt);
	const struct policy_verdict *verdict = receipt_verdict(receipt);
	json_text(&s->list, "scope", receipt_scope(receipt) == RECEIPT_FILE ? STR("file") : STR("version"));
	json_text(&s->list, "record", receipt_entry(receipt)->record);
	json_number(&s->list, "version", receipt_entry(receipt)->version);
	json_number(&s->list, "index", receipt_index(receipt));
	json_number(&s->list, "log_size", verdict->checkpoint.size);
	json_number(&s->list, "total", disclosure_total(d));
	json_bool(&s->list, "quorum", verdict->quorum);
	json_number(&s->list, "quorum_time", verdict->quorum_time);
	json_key(&s->list, "files");
	buf_char(&s->list, '[');
	for (size_t i = 0; i < disclosure_count(d); i++) {
		struct leaf leaf;
		disclosure_leaf(d, i, &leaf, NULL);
		json_leaf(&s->list, &leaf);
	}
	buf_char(&s->list, ']');
}

/* Writes NAME.tlog-proof and its line under each policy named (separated by spaces). */
static void put_receipt(struct scene *s, const char *name, const struct buf *bytes, const char *policies, bool good)
{
	struct buf file = BUF_INIT;
	struct str rest = str_from(policies), policy_name;
	buf_printf(&file, "receipt/%s.tlog-proof", name);
	put_file(s->maker, file.p, bytes);
	while (str_take_until(&rest, ' ', &policy_name)) {
		struct policy *policy;
		struct receipt *receipt;
		struct err err = ERR_INIT;
		struct buf text = BUF_INIT;
		buf_printf(&text, "log %s\n", str_equal(policy_name, STR("other")) ? s->other.key.text.p : s->log.key.text.p);
		if (str_equal(policy_name, STR("two-of-three"))) {
			for (unsigned i = 0; i < 3; i++)
				buf_printf(&text, "witness w%u %s\n", i + 1, s->witnesses[i].text.p);
			buf_text(&text, "group g 2 w1 w2 w3\nquorum g\n");
		} else {
			buf_text(&text, "quorum none\n");
		}
		need(policy_parse(&policy, buf_view(&text), &err) == 0, name, &err);
		need((receipt_open(&receipt, buf_view(bytes), policy, &err) == 0) == good, name, &err);
		buf_text(&s->list, s->list.n == 1 ? "\n {" : ",\n {");
		json_text(&s->list, "name", str_from(name));
		json_text(&s->list, "receipt", (struct str){file.p + 8, file.n - 8});
		buf_clear(&text);
		buf_printf(&text, "%.*s.policy", STR_ARG(policy_name));
		json_text(&s->list, "policy", buf_view(&text));
		json_bool(&s->list, "good", good);
		if (good)
			put_good(s, receipt);
		buf_char(&s->list, '}');
		receipt_free(receipt);
		policy_free(policy);
		buf_release(&text);
	}
	buf_release(&file);
}

static void make_extra(const struct scene *s, struct buf *extra, enum receipt_scope scope, const bool keep[LEAVES])
{
	struct err err = ERR_INIT;
	size_t begun = receipt_extra_begin(extra, scope, buf_view(&s->entry));
	need(disclosure_make(extra, s->contents, keep, &err) == 0, "opening", &err);
	receipt_extra_end(extra, begun);
}

static void put_plain(struct scene *s, const char *name, enum receipt_scope scope, const bool keep[LEAVES], const struct buf *note,
	const char *policies, bool good)
{
	struct buf extra = BUF_INIT, bytes = BUF_INIT;
	make_extra(s, &extra, scope, keep);
	small_log_proof(&s->log, &bytes, s->index, buf_view(&extra), buf_view(note));
	put_receipt(s, name, &bytes, policies, good);
	buf_release(&extra);
	buf_release(&bytes);
}

/* The receipt of letter.txt with its extra data changed in one place. */
static void put_altered(struct scene *s, const char *name, const char *from, const char *to)
{
	const bool keep[LEAVES] = {[1] = true};
	struct buf extra = BUF_INIT, bytes = BUF_INIT;
	make_extra(s, &extra, RECEIPT_FILE, keep);
	char *at = memmem(extra.p, extra.n, from, strlen(from));
	need(at && strlen(from) == strlen(to), name, NULL);
	for (size_t i = 0; at && to[i]; i++)
		at[i] = to[i];
	small_log_proof(&s->log, &bytes, s->index, buf_view(&extra), buf_view(&s->note));
	put_receipt(s, name, &bytes, "none", false);
	buf_release(&extra);
	buf_release(&bytes);
}

/* The receipt of letter.txt as text with the first `from` replaced. */
static void put_retyped(struct scene *s, const char *name, const char *from, const char *to, bool good)
{
	const bool keep[LEAVES] = {[1] = true};
	struct buf extra = BUF_INIT, bytes = BUF_INIT, changed = BUF_INIT;
	make_extra(s, &extra, RECEIPT_FILE, keep);
	small_log_proof(&s->log, &bytes, s->index, buf_view(&extra), buf_view(&s->cosigned));
	const char *at = strstr(bytes.p, from);
	need(at != NULL, name, NULL);
	buf_add(&changed, bytes.p, (size_t)(at - bytes.p));
	buf_text(&changed, to);
	buf_text(&changed, at + strlen(from));
	put_receipt(s, name, &changed, "two-of-three", good);
	buf_release(&extra);
	buf_release(&bytes);
	buf_release(&changed);
}

/* A receipt whose entry is another one of the log, or whose checkpoint is another's. */
static void put_of_entry(
	struct scene *s, const char *name, const struct small_log *log, size_t index, const struct buf *entry, const char *policy)
{
	const bool keep[LEAVES] = {[1] = true};
	struct err err = ERR_INIT;
	struct buf extra = BUF_INIT, bytes = BUF_INIT, note = BUF_INIT;
	size_t begun = receipt_extra_begin(&extra, RECEIPT_FILE, buf_view(entry));
	need(disclosure_make(&extra, s->contents, keep, &err) == 0, name, &err);
	receipt_extra_end(&extra, begun);
	small_log_checkpoint(log, &note, NULL, 0, 0);
	small_log_proof(log, &bytes, index, buf_view(&extra), buf_view(&note));
	put_receipt(s, name, &bytes, policy, false);
	buf_release(&extra);
	buf_release(&bytes);
	buf_release(&note);
}

static void put_bad(struct scene *s)
{
	const bool two[LEAVES] = {[1] = true, [2] = true}, none[LEAVES] = {false}, one[LEAVES] = {[1] = true};
	struct buf extra = BUF_INIT, bytes = BUF_INIT;
	put_plain(s, "file-that-opens-two", RECEIPT_FILE, two, &s->note, "none", false);
	put_plain(s, "file-that-opens-none", RECEIPT_FILE, none, &s->note, "none", false);
	put_altered(s, "another-path", "letter.txt", "litter.txt");
	put_altered(s, "another-scope", "\004file", "\004page");
	put_altered(s, "another-time", "time 2026", "time 2025");
	put_altered(s, "another-record", "joffe-1927", "joffe-1917");
	put_altered(s, "another-magic", "photostat.receipt/v1", "photostat.receipt/v2");
	put_altered(s, "another-opening", "photostat.disclosure/v1", "photostat.disclosure/v2");
	put_retyped(s, "another-index", "\nindex 1\n", "\nindex 2\n", false);
	put_retyped(s, "an-index-beyond", "\nindex 1\n", "\nindex 5\n", false);
	put_retyped(s, "another-size", "\n5\n", "\n6\n", false);
	put_retyped(s, "not-a-proof", "tlog-proof@v1", "tlog-proof@v2", false);
	put_retyped(
		s, "a-cosignature-of-another-name", "\xe2\x80\x94 witness.example/one", "\xe2\x80\x94 witness.example/uno", true);
	put_of_entry(s, "of-an-access-entry", &s->log, 3, &s->access, "none");
	put_of_entry(s, "of-another-version", &s->log, 2, &s->later, "none");
	size_t index = small_log_add(&s->other, buf_view(&s->entry));
	put_of_entry(s, "an-entry-in-the-log-of-another", &s->other, index, &s->entry, "other");
	make_extra(s, &extra, RECEIPT_FILE, one);
	buf_char(&extra, '\0');
	small_log_proof(&s->log, &bytes, s->index, buf_view(&extra), buf_view(&s->note));
	put_receipt(s, "a-byte-too-many", &bytes, "none", false);
	buf_clear(&bytes);
	small_log_proof(&s->log, &bytes, s->index, STR(""), buf_view(&s->note));
	put_receipt(s, "no-extra", &bytes, "none", false);
	buf_release(&extra);
	buf_release(&bytes);
}

void make_receipts(struct maker *m)
{
	static struct scene s;
	const bool all[LEAVES] = {true, true, true, true, true, true, true}, none[LEAVES] = {false}, one[LEAVES] = {[1] = true},
		   long_one[LEAVES] = {[3] = true};
	const bool remaining[LEAVES] = {true, true, false, false, true, true, true};
	struct buf cosigned = BUF_INIT;
	set_scene(&s, m);
	buf_char(&s.list, '[');
	put_policies(&s);
	put_plain(&s, "version", RECEIPT_VERSION, all, &s.note, "none", true);
	put_plain(&s, "version-witnessed", RECEIPT_VERSION, all, &s.cosigned, "none two-of-three", true);
	put_plain(&s, "version-witnessed-by-others", RECEIPT_VERSION, all, &s.cosigned, "other", false);
	put_plain(&s, "file", RECEIPT_FILE, one, &s.note, "none two-of-three", true);
	put_plain(&s, "file-sha512", RECEIPT_FILE, long_one, &s.cosigned, "two-of-three", true);
	put_plain(&s, "version-after-expunction", RECEIPT_VERSION, remaining, &s.cosigned, "two-of-three", true);
	small_log_checkpoint(&s.log, &cosigned, s.witnesses + 1, 1, TIME + 60);
	put_plain(&s, "version-that-opens-none", RECEIPT_VERSION, none, &s.note, "none", true);
	put_plain(&s, "file-one-witness", RECEIPT_FILE, one, &cosigned, "two-of-three", true);
	buf_clear(&cosigned);
	small_log_checkpoint(&s.log, &cosigned, s.witnesses + 1, 2, TIME + 60);
	put_plain(&s, "file-two-witnesses", RECEIPT_FILE, one, &cosigned, "two-of-three", true);
	put_bad(&s);
	buf_text(&s.list, "\n]\n");
	put_file(m, "receipt/vectors.json", &s.list);
	buf_release(&cosigned);
	end_scene(&s);
}
