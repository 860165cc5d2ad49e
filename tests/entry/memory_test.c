/* A record of 100,000 files: its receipt is made, and opened, within 64 MiB resident each (DESIGN, Scale). */
#include "small_log.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILES 100000
#define ORIGIN "example.org/archive"
#define RECORD "https://example.org/archive/r/joffe-1927"
#define MOST_KIB 65536L

#if defined __SANITIZE_ADDRESS__
#define SANITIZED 1
#elif defined __has_feature
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

static void policy_of(const struct small_log *log, struct policy **policy)
{
	struct buf text = BUF_INIT;
	struct err err = ERR_INIT;
	buf_printf(&text, "log %s\nquorum none\n", log->key.text.p);
	if (policy_parse(policy, buf_view(&text), &err) < 0)
		abort();
	buf_release(&text);
}

/* About 70 bytes a path. */
static struct contents *big_contents(struct arena *arena)
{
	struct leaf *leaves = mem_array(FILES, sizeof *leaves);
	struct contents *contents;
	struct err err = ERR_INIT;
	const unsigned char seed[SEED_SIZE] = {19, 27};
	for (unsigned i = 0; i < FILES; i++) {
		char path[80];
		struct hash hash;
		int n = snprintf(
			path, sizeof path, "a collection of letters/folder number %03u/page %06u of the scan.tif", i / 1000, i);
		leaves[i] = (struct leaf){.kind = LEAF_FILE, .path = arena_str(arena, (struct str){path, (size_t)n}), .size = i};
		sha256(path, (size_t)n, &hash);
		leaves[i].digest.alg = DIGEST_SHA256;
		memcpy(leaves[i].digest.bytes, hash.b, SHA256_SIZE);
	}
	if (contents_make(&contents, STR(ORIGIN), STR(RECORD), 1, seed, leaves, FILES, &err) < 0)
		abort();
	free(leaves);
	return contents;
}

static int make_receipt(int fd)
{
	static struct small_log log;
	struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct buf entry = BUF_INIT, extra = BUF_INIT, note = BUF_INIT, out = BUF_INIT;
	struct contents *contents = big_contents(&arena);
	struct entry e = {.kind = ENTRY_VERSION,
		.origin = STR(ORIGIN),
		.record = STR(RECORD),
		.version = 1,
		.previous = ENTRY_NONE,
		.time = 1795465680,
		.inventory = {.alg = DIGEST_SHA256}};
	bool *keep = mem_array(FILES, sizeof *keep);
	memset(keep, true, FILES);
	contents_root(contents, &e.contents);
	if (entry_format(&entry, &e, &err) < 0)
		abort();
	size_t begun = receipt_extra_begin(&extra, RECEIPT_VERSION, buf_view(&entry));
	if (disclosure_make(&extra, contents, keep, &err) < 0)
		abort();
	receipt_extra_end(&extra, begun);
	contents_free(contents);
	arena_release(&arena);
	free(keep);
	small_log_make(&log, ORIGIN, 1);
	size_t index = small_log_add(&log, buf_view(&entry));
	small_log_checkpoint(&log, &note, NULL, 0, 0);
	small_log_proof(&log, &out, index, buf_view(&extra), buf_view(&note));
	for (size_t at = 0; at < out.n;) {
		ssize_t n = write(fd, out.p + at, out.n - at);
		if (n <= 0)
			abort();
		at += (size_t)n;
	}
	printf("receipt of %zu bytes\n", out.n);
	buf_release(&entry);
	buf_release(&extra);
	buf_release(&note);
	buf_release(&out);
	small_log_release(&log);
	return 0;
}

static int open_receipt(int fd)
{
	static struct small_log log;
	struct policy *policy;
	struct receipt *receipt;
	struct err err = ERR_INIT;
	struct stat status;
	if (fstat(fd, &status) < 0)
		abort();
	/* As a program would: all of it in memory. */
	char *bytes = malloc((size_t)status.st_size);
	if (!bytes || pread(fd, bytes, (size_t)status.st_size, 0) != status.st_size)
		abort();
	small_log_make(&log, ORIGIN, 1);
	policy_of(&log, &policy);
	if (receipt_open(&receipt, (struct str){bytes, (size_t)status.st_size}, policy, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	int result = disclosure_count(receipt_disclosure(receipt)) == FILES ? 0 : 1;
	receipt_free(receipt);
	policy_free(policy);
	small_log_release(&log);
	free(bytes);
	return result;
}

/* In a process of its own: its peak is what the step needed. */
static void step(const char *what, int (*run)(int fd), int fd)
{
	int status;
	struct rusage usage;
	fflush(NULL);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		int result = run(fd);
		fflush(NULL);
		_exit(result);
	}
	assert_int_equal(wait4(child, &status, 0, &usage), child);
	assert_int_equal(status, 0);
	print_message("%s: %ld KiB resident\n", what, usage.ru_maxrss);
	if (SANITIZED)
		print_message("SKIPPED the limit of %s: the sanitizer's own memory counts too\n", what);
	else
		assert_true(usage.ru_maxrss < MOST_KIB);
}

static void test_100000_files(void **state)
{
	int fd = memfd_create("receipt", MFD_CLOEXEC);
	(void)state;
	assert_true(fd >= 0);
	step("making a receipt of 100,000 files", make_receipt, fd);
	step("opening it", open_receipt, fd);
	close(fd);
}

/* Most of them, scattered: thousands of nodes and subtrees. */
static void test_100000_leaves_opened_in_part(void **state)
{
	struct arena arena = ARENA_INIT;
	struct contents *contents = big_contents(&arena);
	struct disclosure *d;
	struct err err = ERR_INIT;
	struct buf bytes = BUF_INIT;
	bool *keep = mem_array(FILES, sizeof *keep);
	(void)state;
	for (size_t i = 0; i < FILES; i++)
		keep[i] = i % 7 != 0;
	assert_int_equal(disclosure_make(&bytes, contents, keep, &err), 0);
	assert_int_equal(disclosure_parse(&d, buf_view(&bytes), &err), 0);
	assert_int_equal(disclosure_count(d), FILES - (FILES + 6) / 7);
	disclosure_free(d);
	buf_release(&bytes);
	free(keep);
	contents_free(contents);
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_100000_files),
		cmocka_unit_test(test_100000_leaves_opened_in_part),
	};
	return cmocka_run_group_tests_name("a record of 100,000 files", tests, NULL, NULL);
}
