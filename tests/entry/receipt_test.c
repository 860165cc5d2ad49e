/* Receipts: what proves, that no byte of one can be changed, and that one tells nothing of other files (P4, P6, P7). */
#include "small_log.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ORIGIN "example.org/archive"
#define RECORD "https://example.org/archive/r/joffe-1927"

struct made {
	struct arena arena;
	struct leaf *leaves;
	size_t n;
	struct contents *contents;
	struct small_log log;
	struct policy *policy;
	struct buf entry, note;
	size_t index;
};

static void make(struct made *m, size_t n, uint64_t *random)
{
	struct err err = ERR_INIT;
	struct buf text = BUF_INIT;
	unsigned char seed[SEED_SIZE];
	*m = (struct made){.arena = ARENA_INIT, .n = n};
	some_seed(seed, random);
	m->leaves = some_leaves(&m->arena, n, random);
	assert_int_equal(contents_make(&m->contents, STR(ORIGIN), STR(RECORD), 1, seed, m->leaves, n, &err), 0);
	small_log_make(&m->log, ORIGIN, 7);
	struct entry e = {.kind = ENTRY_VERSION,
		.origin = STR(ORIGIN),
		.record = STR(RECORD),
		.version = 1,
		.previous = ENTRY_NONE,
		.time = 1795465680,
		.inventory = {.alg = DIGEST_SHA256}};
	contents_root(m->contents, &e.contents);
	assert_int_equal(entry_format(&m->entry, &e, &err), 0);
	for (uint64_t i = chance(random) % 5; i > 0; i--)
		small_log_add(&m->log, STR("something before\n"));
	m->index = small_log_add(&m->log, buf_view(&m->entry));
	for (uint64_t i = chance(random) % 5; i > 0; i--)
		small_log_add(&m->log, STR("something after\n"));
	small_log_checkpoint(&m->log, &m->note, NULL, 0, 0);
	buf_printf(&text, "log %s\nquorum none\n", m->log.key.text.p);
	assert_int_equal(policy_parse(&m->policy, buf_view(&text), &err), 0);
	buf_release(&text);
}

static void unmake(struct made *m)
{
	contents_free(m->contents);
	small_log_release(&m->log);
	policy_free(m->policy);
	buf_release(&m->entry);
	buf_release(&m->note);
	arena_release(&m->arena);
}

static void receipt_of(const struct made *m, enum receipt_scope scope, const bool *keep, struct buf *out, struct buf *extra)
{
	struct err err = ERR_INIT;
	struct buf opening = BUF_INIT;
	assert_int_equal(disclosure_make(&opening, m->contents, keep, &err), 0);
	receipt_extra(extra, scope, buf_view(&m->entry), buf_view(&opening));
	small_log_proof(&m->log, out, m->index, buf_view(extra), buf_view(&m->note));
	buf_release(&opening);
}

static void open_receipt(const struct made *m, const struct buf *bytes, struct receipt **receipt)
{
	struct err err = ERR_INIT;
	if (receipt_open(receipt, buf_view(bytes), m->policy, &err) < 0)
		fail_msg("%s", err.text);
}

static void test_version_receipt(void **state)
{
	uint64_t random = chance_seed();
	(void)state;
	for (unsigned round = 0; round < 30; round++) {
		struct made m;
		struct receipt *receipt;
		struct buf bytes = BUF_INIT, extra = BUF_INIT;
		make(&m, 1 + chance(&random) % 40, &random);
		bool *keep = mem_array(m.n, sizeof *keep);
		memset(keep, true, m.n);
		receipt_of(&m, RECEIPT_VERSION, keep, &bytes, &extra);
		open_receipt(&m, &bytes, &receipt);
		assert_int_equal(receipt_scope(receipt), RECEIPT_VERSION);
		assert_int_equal(receipt_index(receipt), m.index);
		assert_true(str_equal(receipt_entry(receipt)->record, STR(RECORD)));
		assert_int_equal(disclosure_count(receipt_disclosure(receipt)), m.n);
		assert_true(receipt_verdict(receipt)->quorum && receipt_verdict(receipt)->quorum_time == 0);
		assert_int_equal(receipt_verdict(receipt)->checkpoint.size, m.log.size);
		receipt_free(receipt);
		free(keep);
		buf_release(&bytes);
		buf_release(&extra);
		unmake(&m);
	}
}

static bool holds(const struct buf *bytes, const void *part, size_t n)
{
	return memmem(bytes->p, bytes->n, part, n) != NULL;
}

/* Nothing of another file stands in a file's receipt: not its path, a part of it, its digest as bytes or digits, its leaf hash's
 * salt. */
static void test_file_receipt_tells_nothing(void **state)
{
	uint64_t random = chance_seed();
	(void)state;
	for (unsigned round = 0; round < 40; round++) {
		struct made m;
		struct receipt *receipt;
		struct buf bytes = BUF_INIT, extra = BUF_INIT;
		make(&m, 1 + chance(&random) % 60, &random);
		bool *keep = mem_array(m.n, sizeof *keep);
		size_t one = chance(&random) % m.n;
		keep[one] = true;
		receipt_of(&m, RECEIPT_FILE, keep, &bytes, &extra);
		for (size_t i = 0; i < m.n; i++) {
			struct buf hex = BUF_INIT;
			const struct leaf *leaf = &m.leaves[i];
			/* Paths of some_leaves() end in 16 random digits and .txt. */
			struct str tail = {leaf->path.p + leaf->path.n - 14, 14};
			buf_hex(&hex, leaf->digest.bytes, digest_size(leaf->digest.alg));
			assert_int_equal(holds(&extra, leaf->path.p, leaf->path.n), i == one);
			assert_int_equal(holds(&extra, tail.p, tail.n), i == one);
			assert_int_equal(holds(&extra, leaf->digest.bytes, 16), i == one);
			assert_false(holds(&extra, hex.p, 32));
			buf_release(&hex);
		}
		/* Its size follows from the path, n and the digest: 48 a withheld subtree, at most one for each level. */
		size_t depth = 0;
		while (((size_t)1 << depth) < m.n)
			depth++;
		size_t most = 28 + 12 + 8 + m.entry.n + 8 + 56 + 41 + 48 * depth + 20 + 4 + digest_size(m.leaves[one].digest.alg) +
			      m.leaves[one].path.n;
		assert_true(extra.n <= most);
		open_receipt(&m, &bytes, &receipt);
		assert_int_equal(receipt_scope(receipt), RECEIPT_FILE);
		struct leaf leaf;
		disclosure_leaf(receipt_disclosure(receipt), 0, &leaf, NULL);
		assert_true(str_equal(leaf.path, m.leaves[one].path) && digest_equal(&leaf.digest, &m.leaves[one].digest));
		receipt_free(receipt);
		free(keep);
		buf_release(&bytes);
		buf_release(&extra);
		unmake(&m);
	}
}

static enum err_code refuse(const struct made *m, struct str bytes, const char *what, size_t at)
{
	struct receipt *receipt;
	struct err err = ERR_INIT;
	/* Exactly as long as it says: what is read beyond is found by the sanitizer. */
	char *copy = malloc(bytes.n + 1);
	memcpy(copy, bytes.p, bytes.n);
	if (receipt_open(&receipt, (struct str){copy, bytes.n}, m->policy, &err) == 0)
		fail_msg("%s at %zu is not noticed", what, at);
	assert_null(receipt);
	assert_true(err.code == ERR_MISMATCH || err.code == ERR_SYNTAX || err.code == ERR_LIMIT || err.code == ERR_USAGE);
	assert_true(str_starts(str_from(err.text), STR("receipt: ")));
	free(copy);
	return err.code;
}

/* Signed by the log alone, a receipt has no byte that does not matter. */
static void test_changes(void **state)
{
	uint64_t random = chance_seed();
	struct made m;
	struct buf bytes = BUF_INIT, extra = BUF_INIT;
	(void)state;
	make(&m, 6, &random);
	const bool keep[6] = {[2] = true};
	receipt_of(&m, RECEIPT_FILE, keep, &bytes, &extra);
	for (size_t at = 0; at < bytes.n; at++) {
		for (unsigned round = 0; round < 2; round++) {
			char saved = bytes.p[at];
			bytes.p[at] = (char)(saved ^ 1 << chance(&random) % 8);
			refuse(&m, buf_view(&bytes), "a flipped bit", at);
			bytes.p[at] = saved;
		}
		refuse(&m, (struct str){bytes.p, at}, "a cut", at);
	}
	buf_char(&bytes, '\n');
	refuse(&m, buf_view(&bytes), "a newline more", bytes.n);
	/* Every byte of what is behind the base64 too. */
	for (size_t at = 0; at < extra.n; at++) {
		char saved = extra.p[at];
		extra.p[at] = (char)(saved ^ 1 << chance(&random) % 8);
		buf_clear(&bytes);
		small_log_proof(&m.log, &bytes, m.index, buf_view(&extra), buf_view(&m.note));
		refuse(&m, buf_view(&bytes), "a flipped bit of extra", at);
		extra.p[at] = saved;
	}
	buf_release(&bytes);
	buf_release(&extra);
	unmake(&m);
}

/* A log that signs rubbish: entries that are not versions of it have no receipt. */
static void test_what_the_log_signs(void **state)
{
	static const char *const texts[] = {"rubbish\n", "",
		"photostat.entry/v1 end\norigin " ORIGIN "\ntime 2026-11-23T20:28:00Z\nsuccessor none\nreason x\n"};
	uint64_t random = chance_seed();
	const bool keep[3] = {true, true, true};
	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct made m;
		struct buf bytes = BUF_INIT, extra = BUF_INIT;
		make(&m, 3, &random);
		buf_clear(&m.entry);
		buf_text(&m.entry, texts[i]);
		m.index = small_log_add(&m.log, str_from(texts[i]));
		buf_clear(&m.note);
		small_log_checkpoint(&m.log, &m.note, NULL, 0, 0);
		receipt_of(&m, RECEIPT_VERSION, keep, &bytes, &extra);
		assert_int_equal(
			refuse(&m, buf_view(&bytes), "an entry that is no version", i), i == 2 ? ERR_MISMATCH : ERR_SYNTAX);
		buf_release(&bytes);
		buf_release(&extra);
		unmake(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_version_receipt),
		cmocka_unit_test(test_file_receipt_tells_nothing),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_what_the_log_signs),
	};
	return cmocka_run_group_tests_name("receipts", tests, NULL, NULL);
}
