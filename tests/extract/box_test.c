/* P9: a worker that a document has taken over gets nothing but its own end. A program in the real box does what such a document would. */
#include "extract/extract.h"
#include "os/os.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct tried {
	int result;
	struct err err;
	struct extract_outcome outcome;
	char said[200]; /* the text that came back */
};

/* The document is the kind of misbehaviour. */
static struct tried try_kind(const char *kind, enum extract_level least)
{
	struct tried tried = {.err = ERR_INIT};
	struct text *text;
	char path[] = "/tmp/photostat-box-XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0 && unlink(path) == 0);
	assert_true(write(fd, kind, strlen(kind)) == (ssize_t)strlen(kind) && lseek(fd, 0, SEEK_SET) == 0);
	struct extract_job job = {.fd = fd,
		.media_type = STR("text/plain"),
		.name = STR("x.txt"),
		.languages = {"", 0},
		.seconds = 1,
		.memory = 256 << 20};
	tried.result = extract_document(&job, least, &text, &tried.outcome, &tried.err);
	if (tried.result == 0) {
		struct text_block block;
		assert_int_equal(text_block_count(text), 1);
		text_block(text, 0, &block);
		memcpy(tried.said, block.text.p, block.text.n < 199 ? block.text.n : 199);
		text_free(text);
	}
	close(fd);
	return tried;
}

static bool filtered(void)
{
	struct tried tried = try_kind("environment", EXTRACT_LIMITS);
	assert_int_equal(tried.result, 0);
	if (tried.outcome.level < EXTRACT_SECCOMP)
		print_message("skipped: this kernel filters no system calls\n");
	return tried.outcome.level >= EXTRACT_SECCOMP;
}

static void it_gets_nothing(void **state)
{
	(void)state;
	struct tried tried = try_kind("descriptors", EXTRACT_LIMITS);
	assert_string_equal(tried.said, "open: 0 1 2");
	tried = try_kind("environment", EXTRACT_LIMITS);
	assert_string_equal(tried.said, "none");
	if (!filtered())
		return;
	static const char *const refused[] = {"passwd", "create"};
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		tried = try_kind(refused[i], EXTRACT_LIMITS);
		if (tried.result != 0 || strcmp(tried.said, "refused") != 0)
			fail_msg("%s: %d “%s” “%s”", refused[i], tried.result, tried.said, tried.err.text);
	}
	assert_int_equal(access("/tmp/photostat-misbehaved", F_OK), -1);
	/* What no reader ever does kills. */
	static const char *const killed[] = {"fork", "socket", "exec", "ptrace", "signal"};
	for (size_t i = 0; i < sizeof(killed) / sizeof(killed[0]); i++) {
		tried = try_kind(killed[i], EXTRACT_LIMITS);
		if (tried.result != -1 || tried.err.code != ERR_SYNTAX || !strstr(tried.outcome.why, "what no reader does"))
			fail_msg("%s: %d “%s” “%s”", killed[i], tried.result, tried.said, tried.err.text);
	}
}

static void it_costs_what_it_may(void **state)
{
	(void)state;
	struct tried tried = try_kind("spin", EXTRACT_LIMITS);
	assert_true(tried.result == -1 && tried.err.code == ERR_SYNTAX && strstr(tried.outcome.why, "1 seconds of processor time"));
	tried = try_kind("stay", EXTRACT_LIMITS);
	assert_true(tried.result == -1 && strstr(tried.outcome.why, "1 seconds of processor time"));
	tried = try_kind("write", EXTRACT_LIMITS);
	/* More than is taken, or the second is over before. */
	assert_true(tried.result == -1 && (tried.err.code == ERR_LIMIT || tried.err.code == ERR_SYNTAX) && tried.outcome.why[0]);
	if (!PHOTOSTAT_SANITIZED) {
		tried = try_kind("memory", EXTRACT_LIMITS);
		assert_string_equal(tried.said, "refused");
	}
	tried = try_kind("crash", EXTRACT_LIMITS);
	assert_true(tried.result == -1 && tried.err.code == ERR_SYNTAX && strstr(tried.outcome.why, "crashed"));
	/* That is no verdict on the document: who was stopped without having had his time. */
	tried = try_kind("killed", EXTRACT_LIMITS);
	assert_true(tried.result == -1 && tried.err.code == ERR_BUSY && strstr(tried.outcome.why, "from outside"));
	tried = try_kind("nothing of that", EXTRACT_LIMITS);
	assert_true(tried.result == -1 && strstr(tried.outcome.why, "no text"));
}

static void what_it_says_is_not_believed(void **state)
{
	(void)state;
	struct tried tried = try_kind("lie", EXTRACT_LIMITS);
	assert_true(tried.result == -1 && tried.err.code == ERR_SYNTAX && !strchr(tried.outcome.why, '\x1b') &&
		    !strchr(tried.err.text, '\x1b'));
}

static void a_level_can_be_wanted(void **state)
{
	(void)state;
	struct tried tried = try_kind("environment", EXTRACT_LIMITS);
	enum extract_level level = tried.outcome.level;
	print_message("this kernel shuts workers in to level %d of 3\n", (int)level);
	assert_true(level >= EXTRACT_LIMITS);
	tried = try_kind("environment", (enum extract_level)(EXTRACT_LANDLOCK + 1));
	assert_true(tried.result == -1 && tried.err.code == ERR_CONFLICT);
}

/* os_work itself: waiting is bounded, and nothing is left of what a program started. */
static void a_sleeper_is_ended_with_its_children(void **state)
{
	(void)state;
	const char *const arguments[] = {"-c", "sleep 1000 & echo $!; sleep 1000", NULL};
	int fd = open("/dev/null", O_RDONLY);
	struct os_work work = {.program = "/bin/sh", .arguments = arguments, .input = fd, .output_max = 100, .milliseconds = 300};
	struct buf out = BUF_INIT;
	enum os_worked worked;
	struct err err = ERR_INIT;
	int code;
	assert_int_equal(os_work(&work, &out, &worked, &code, &err), 0);
	assert_int_equal(worked, OS_WORK_LATE);
	char path[64];
	(void)snprintf(path, sizeof(path), "/proc/%.*s", (int)out.n - 1, out.p);
	for (int i = 0; i < 200 && access(path, F_OK) == 0; i++) /* a zombie is waited for by init */
		usleep(10000);
	char status[80], line[200] = "";
	(void)snprintf(status, sizeof(status), "%s/status", path);
	FILE *file = fopen(status, "r");
	bool zombie = file && fread(line, 1, sizeof(line) - 1, file) > 0 && strstr(line, "Z (zombie)");
	assert_true(!file || zombie);
	if (file)
		fclose(file);
	buf_clear(&out);
	work.program = "/nowhere/at/all";
	assert_int_equal(os_work(&work, &out, &worked, &code, &err), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	const char *const many[] = {"-c", "while :; do echo aaaaaaaaaaaaaaaaaaaa; done", NULL};
	work = (struct os_work){.program = "/bin/sh", .arguments = many, .input = fd, .output_max = 100, .milliseconds = 60000};
	assert_int_equal(os_work(&work, &out, &worked, &code, &err), 0);
	assert_int_equal(worked, OS_WORK_TOO_MUCH);
	buf_release(&out);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(it_gets_nothing), cmocka_unit_test(it_costs_what_it_may),
		cmocka_unit_test(what_it_says_is_not_believed), cmocka_unit_test(a_level_can_be_wanted),
		cmocka_unit_test(a_sleeper_is_ended_with_its_children)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
