/* libphotostat-verify, seen from outside: only its public header, the shared library, and the vectors of receipts (P4). */
#include <photostat-verify.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FOLDER "tests/vectors/receipt/"

static const char *const paths[] = {
	"a\nnewline.txt", "letter.txt", "notes.md", "photostat.json", "scans/page 1.tif", "scans/page 2.tif", "Übersetzung.txt"};
#define PATHS (sizeof paths / sizeof *paths)

static char sentence[PHOTOSTAT_VERIFY_SENTENCE];

/* Kept until the next call of the same slot: receipts view it. */
static char *load(const char *name, size_t *size)
{
	char path[256];
	snprintf(path, sizeof path, FOLDER "%s", name);
	FILE *file = fopen(path, "rb");
	if (!file)
		fail_msg("%s cannot be read", path);
	char *bytes = malloc(1 << 20);
	*size = fread(bytes, 1, 1 << 20, file);
	fclose(file);
	return bytes;
}

struct opened {
	struct photostat_verify_policy *policy;
	struct photostat_verify_receipt *receipt;
	char *bytes;
	int answer;
};

static struct opened open_both(const char *receipt, const char *policy)
{
	struct opened o = {NULL, NULL, NULL, -1};
	size_t size;
	char *text = load(policy, &size);
	assert_int_equal(photostat_verify_policy_open(&o.policy, text, size, sentence), PHOTOSTAT_VERIFY_YES);
	free(text);
	o.bytes = load(receipt, &size);
	o.answer = photostat_verify_receipt_open(&o.receipt, o.policy, o.bytes, size, sentence);
	assert_int_equal(o.answer == PHOTOSTAT_VERIFY_YES, o.receipt != NULL);
	return o;
}

static void close_both(struct opened *o)
{
	photostat_verify_receipt_close(o->receipt);
	photostat_verify_policy_close(o->policy);
	free(o->bytes);
}

/* The vectors' files hold their own path and a newline. */
struct source {
	char text[64];
	size_t size, at;
	int fails;
};

static struct source source_of(const char *path)
{
	struct source s = {.at = 0, .fails = 0};
	s.size = (size_t)snprintf(s.text, sizeof s.text, "%s\n", path);
	return s;
}

/* Three bytes at a time, as a slow pipe would. */
static int64_t read_source(void *context, void *buffer, size_t size)
{
	struct source *s = context;
	size_t n = s->size - s->at;
	if (s->fails && s->at > 0)
		return -1;
	if (n > 3)
		n = 3;
	if (n > size)
		n = size;
	memcpy(buffer, s->text + s->at, n);
	s->at += n;
	return (int64_t)n;
}

static int show(struct opened *o, const char *as, const char *content)
{
	struct source s = source_of(content);
	return photostat_verify_bytes(o->receipt, as, read_source, &s, sentence);
}

static void test_version(void **state)
{
	(void)state;
	struct opened o = open_both("version-witnessed.tlog-proof", "two-of-three.policy");
	struct photostat_verify_info info = {.struct_size = sizeof info};
	assert_int_equal(o.answer, PHOTOSTAT_VERIFY_YES);
	photostat_verify_receipt_info(o.receipt, &info);
	assert_string_equal(info.origin, "example.org/archive");
	assert_string_equal(info.record, "https://example.org/archive/r/joffe-1927");
	assert_true(info.version == 1 && info.index == 1 && info.log_size == 5 && info.claimed_time == 1795465680);
	assert_true(info.files_total == PATHS && info.files_opened == PATHS);
	assert_true(info.witnesses == 3 && info.witnesses_known == 3 && info.quorum == 1 && info.quorum_time == 1795465680 + 61);
	for (size_t i = 0; i < PATHS; i++) {
		struct photostat_verify_file file = {.struct_size = sizeof file};
		assert_int_equal(photostat_verify_verdict(o.receipt, sentence), PHOTOSTAT_VERIFY_NO);
		assert_non_null(strstr(sentence, "not shown"));
		assert_int_equal(photostat_verify_receipt_file(o.receipt, i, &file), PHOTOSTAT_VERIFY_YES);
		assert_int_equal(file.path_size, strlen(paths[i]));
		assert_memory_equal(file.path, paths[i], file.path_size);
		assert_int_equal(file.size, strlen(paths[i]) + 1);
		assert_string_equal(file.algorithm, i == 5 ? "sha512" : "sha256");
		assert_int_equal(file.digest_size, i == 5 ? 64 : 32);
		assert_int_equal(file.proven, 0);
		assert_int_equal(show(&o, paths[i], paths[(i + 1) % PATHS]), PHOTOSTAT_VERIFY_NO);
		assert_non_null(strstr(sentence, "differ"));
		/* By name, by content, by digest. */
		if (i % 3 == 0)
			assert_int_equal(show(&o, paths[i], paths[i]), PHOTOSTAT_VERIFY_YES);
		else if (i % 3 == 1)
			assert_int_equal(show(&o, NULL, paths[i]), PHOTOSTAT_VERIFY_YES);
		else
			assert_int_equal(photostat_verify_digest(o.receipt, i == 5 ? NULL : paths[i], file.algorithm, file.digest,
						 file.digest_size, NULL),
				PHOTOSTAT_VERIFY_YES);
		assert_int_equal(photostat_verify_receipt_file(o.receipt, i, &file), PHOTOSTAT_VERIFY_YES);
		assert_int_equal(file.proven, 1);
	}
	assert_int_equal(photostat_verify_verdict(o.receipt, sentence), PHOTOSTAT_VERIFY_YES);
	assert_non_null(strstr(sentence, "2026-11-23T20:29:01Z"));
	assert_non_null(strstr(sentence,
		"example.org/archive had the bytes of these files in https://example.org/archive/r/joffe-1927 version 1"));
	assert_null(strchr(sentence, '\n'));
	assert_int_equal(photostat_verify_receipt_file(o.receipt, PATHS, &(struct photostat_verify_file){.struct_size = 8}),
		PHOTOSTAT_VERIFY_INVALID);
	close_both(&o);
}

static void test_file(void **state)
{
	(void)state;
	struct opened o = open_both("file.tlog-proof", "none.policy");
	struct photostat_verify_info info = {.struct_size = sizeof info};
	assert_int_equal(o.answer, PHOTOSTAT_VERIFY_YES);
	photostat_verify_receipt_info(o.receipt, &info);
	assert_true(info.files_total == PATHS && info.files_opened == 1 && info.quorum == 1 && info.quorum_time == 0 &&
		    info.witnesses == 0);
	assert_int_equal(show(&o, "notes.md", "notes.md"), PHOTOSTAT_VERIFY_NO);
	assert_non_null(strstr(sentence, "opens no file"));
	assert_int_equal(show(&o, NULL, "notes.md"), PHOTOSTAT_VERIFY_NO);
	assert_int_equal(photostat_verify_verdict(o.receipt, sentence), PHOTOSTAT_VERIFY_NO);
	assert_int_equal(show(&o, NULL, "letter.txt"), PHOTOSTAT_VERIFY_YES);
	assert_int_equal(photostat_verify_verdict(o.receipt, sentence), PHOTOSTAT_VERIFY_YES);
	/* Without witnesses no time is proven, and the sentence says so; other files are counted, not named. */
	assert_non_null(strstr(sentence, "time is not proven"));
	assert_non_null(strstr(sentence, "example.org/archive had these bytes as \"letter.txt\" in https://"));
	assert_non_null(strstr(sentence, "(6 more"));
	for (size_t i = 0; i < PATHS; i++)
		assert_int_equal(strstr(sentence, paths[i]) != NULL, i == 1);
	close_both(&o);
}

static void test_quorum_not_met(void **state)
{
	(void)state;
	struct opened o = open_both("file-one-witness.tlog-proof", "two-of-three.policy");
	assert_int_equal(o.answer, PHOTOSTAT_VERIFY_YES);
	assert_int_equal(show(&o, "letter.txt", "letter.txt"), PHOTOSTAT_VERIFY_YES);
	assert_int_equal(photostat_verify_verdict(o.receipt, sentence), PHOTOSTAT_VERIFY_NO);
	assert_non_null(strstr(sentence, "1 of the policy's 3 witnesses"));
	close_both(&o);
}

static void test_refusals(void **state)
{
	static const char *const not_proven[] = {
		"another-path", "another-time", "another-index", "another-size", "of-another-version", "of-an-access-entry"};
	struct photostat_verify_policy *policy;
	(void)state;
	for (size_t i = 0; i < sizeof not_proven / sizeof *not_proven; i++) {
		char name[64];
		snprintf(name, sizeof name, "%s.tlog-proof", not_proven[i]);
		struct opened o = open_both(name, "none.policy");
		if (o.answer != PHOTOSTAT_VERIFY_NO)
			fail_msg("%s: %d, %s", name, o.answer, sentence);
		assert_true(strlen(sentence) > 20);
		close_both(&o);
	}
	struct opened o = open_both("not-a-proof.tlog-proof", "none.policy");
	assert_int_equal(o.answer, PHOTOSTAT_VERIFY_INVALID);
	close_both(&o);
	o = open_both("version.tlog-proof", "other.policy");
	assert_int_equal(o.answer, PHOTOSTAT_VERIFY_NO);
	close_both(&o);
	assert_int_equal(photostat_verify_policy_open(&policy, "log x\n", 6, sentence), PHOTOSTAT_VERIFY_INVALID);
	assert_null(policy);
	o = open_both("file.tlog-proof", "none.policy");
	unsigned char digest[64] = {0};
	assert_int_equal(photostat_verify_digest(o.receipt, NULL, "sha256", digest, 32, sentence), PHOTOSTAT_VERIFY_NO);
	assert_int_equal(photostat_verify_digest(o.receipt, NULL, "sha256", digest, 64, sentence), PHOTOSTAT_VERIFY_INVALID);
	assert_int_equal(photostat_verify_digest(o.receipt, NULL, "md5", digest, 16, sentence), PHOTOSTAT_VERIFY_INVALID);
	assert_int_equal(photostat_verify_digest(o.receipt, "letter.txt", "sha512", digest, 64, sentence), PHOTOSTAT_VERIFY_NO);
	struct source fails = source_of("letter.txt");
	fails.fails = 1;
	assert_int_equal(photostat_verify_bytes(o.receipt, NULL, read_source, &fails, sentence), PHOTOSTAT_VERIFY_FAILED);
	assert_int_equal(photostat_verify_bytes(o.receipt, "letter.txt", read_source, &fails, sentence), PHOTOSTAT_VERIFY_FAILED);
	close_both(&o);
}

/* Programs built against a shorter or a longer struct. */
static void test_struct_sizes(void **state)
{
	struct {
		struct photostat_verify_info info;
		unsigned char beyond[16];
	} longer;
	(void)state;
	struct opened o = open_both("file.tlog-proof", "none.policy");
	memset(&longer, 0xee, sizeof longer);
	longer.info.struct_size = sizeof longer;
	photostat_verify_receipt_info(o.receipt, &longer.info);
	assert_true(longer.info.index == 1 && longer.beyond[0] == 0 && longer.beyond[15] == 0 &&
		    longer.info.struct_size == sizeof longer);
	memset(&longer, 0xee, sizeof longer);
	longer.info.struct_size = offsetof(struct photostat_verify_info, record);
	photostat_verify_receipt_info(o.receipt, &longer.info);
	assert_string_equal(longer.info.origin, "example.org/archive");
	assert_int_equal(((unsigned char *)&longer.info.record)[0], 0xee);
	close_both(&o);
	assert_non_null(strchr(photostat_verify_version(), '.'));
}

static struct photostat_verify_info info_of(const struct photostat_verify_receipt *receipt)
{
	struct photostat_verify_info info = {.struct_size = sizeof info};
	photostat_verify_receipt_info(receipt, &info);
	return info;
}

/* What it says of the archive's past is the same; of witnesses it may say less. */
static void assert_no_more(const struct photostat_verify_receipt *changed, const struct photostat_verify_receipt *good)
{
	struct photostat_verify_info a = info_of(changed), b = info_of(good);
	assert_string_equal(a.origin, b.origin);
	assert_string_equal(a.record, b.record);
	assert_true(a.version == b.version && a.claimed_time == b.claimed_time && a.index == b.index && a.log_size == b.log_size);
	assert_true(a.files_total == b.files_total && a.files_opened == b.files_opened);
	assert_true(a.witnesses <= b.witnesses && a.quorum <= b.quorum);
	assert_true(!a.quorum || a.quorum_time >= b.quorum_time);
	for (uint64_t i = 0; i < a.files_opened; i++) {
		struct photostat_verify_file x = {.struct_size = sizeof x}, y = {.struct_size = sizeof y};
		assert_int_equal(photostat_verify_receipt_file(changed, i, &x), PHOTOSTAT_VERIFY_YES);
		assert_int_equal(photostat_verify_receipt_file(good, i, &y), PHOTOSTAT_VERIFY_YES);
		assert_true(x.size == y.size && x.path_size == y.path_size && x.digest_size == y.digest_size);
		assert_memory_equal(x.path, y.path, x.path_size);
		assert_memory_equal(x.digest, y.digest, x.digest_size);
	}
}

static void try_changed(const struct opened *good, const char *bytes, size_t size, size_t at, size_t signatures)
{
	struct photostat_verify_receipt *receipt;
	int answer = photostat_verify_receipt_open(&receipt, good->policy, bytes, size, sentence);
	if (answer != PHOTOSTAT_VERIFY_YES) {
		assert_true(answer == PHOTOSTAT_VERIFY_NO || answer == PHOTOSTAT_VERIFY_INVALID);
		assert_null(receipt);
		return;
	}
	if (at < signatures)
		fail_msg("a change at byte %zu is not noticed", at);
	assert_no_more(receipt, good->receipt);
	photostat_verify_receipt_close(receipt);
}

/* Every byte of a receipt replaced, taken out or put in. What may change unnoticed is a signature line that then is nobody's whom the policy
 * knows; it counts no more. */
static void test_witnessed_changes(void **state)
{
	static const char *const names[] = {"version-witnessed.tlog-proof", "file-sha512.tlog-proof"};
	static const char put[] = {'\n', '\r', ' ', '=', 'A', '\0'};
	(void)state;
	for (size_t n = 0; n < 2; n++) {
		struct opened good = open_both(names[n], "two-of-three.policy");
		size_t size, signatures;
		char *bytes = load(names[n], &size), *changed = malloc(size + 1);
		assert_int_equal(good.answer, PHOTOSTAT_VERIFY_YES);
		for (signatures = size; memcmp(bytes + signatures - 2, "\n\n", 2) != 0; signatures--)
			;
		for (size_t at = 0; at < size; at++) {
			const char other[] = {(char)(bytes[at] ^ 1), (char)(bytes[at] ^ 0x20), (char)(bytes[at] ^ 0x80)};
			memcpy(changed, bytes, size);
			for (size_t i = 0; i < sizeof other; i++) {
				changed[at] = other[i];
				try_changed(&good, changed, size, at, signatures);
			}
			memcpy(changed + at, bytes + at + 1, size - at - 1);
			try_changed(&good, changed, size - 1, at, signatures);
			memcpy(changed + at + 1, bytes + at, size - at);
			for (size_t i = 0; i < sizeof put; i++) {
				changed[at] = put[i];
				try_changed(&good, changed, size + 1, at, signatures);
			}
		}
		free(changed);
		free(bytes);
		close_both(&good);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_version),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_quorum_not_met),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_struct_sizes),
		cmocka_unit_test(test_witnessed_changes),
	};
	return cmocka_run_group_tests_name("libphotostat-verify", tests, NULL, NULL);
}
