/* P6: what a killed writer of texts leaves goes with the document, and else after an hour. */
#include "extract/internal.h"
#include "fault/fault.h"
#include "os/os.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char root[] = "/tmp/photostat-texts-XXXXXX";
static int folder;

static int begin(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(root));
	folder = os_open(AT_FDCWD, root, O_RDONLY | O_DIRECTORY, 0, NULL);
	return folder < 0 ? -1 : 0;
}

static int end(void **state)
{
	(void)state;
	os_close(folder);
	return os_remove_tree(AT_FDCWD, root, NULL);
}

/* Files anywhere below the folder that have the word. */
static int holding(const char *word)
{
	char command[200];
	(void)snprintf(command, sizeof(command), "grep -rl %s %s | wc -l", word, root);
	FILE *lines = popen(command, "r");
	int count = -1;
	assert_true(fscanf(lines, "%d", &count) == 1);
	(void)pclose(lines);
	return count;
}

/* The writer is killed when the text is to take its name. */
static void write_killed(const struct digest *digest)
{
	const struct fault_plan plan = {.kinds = FAULT_BIT(FAULT_RENAMEAT2), .at = 1, .effect = FAULT_KILL};
	int status = 0;
	pid_t child = fork();
	if (child == 0) {
		fault_start(&plan);
		(void)extract_keep(folder, digest, TEXT_LINES, STR("zanzibar\n"), NULL);
		_exit(0);
	}
	assert_true(child > 0 && waitpid(child, &status, 0) == child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(holding("zanzibar"), 1);
}

static struct digest digest_of(const char *bytes)
{
	struct digest digest = {.alg = DIGEST_SHA256};
	struct hash hash;
	sha256(bytes, strlen(bytes), &hash);
	memcpy(digest.bytes, hash.b, sizeof(hash.b));
	return digest;
}

static void it_goes_with_the_document(void **state)
{
	(void)state;
	struct digest digest = digest_of("one"), other = digest_of("another");
	write_killed(&digest);
	assert_int_equal(extract_forget_at(folder, &other, NULL), 0);
	assert_int_equal(holding("zanzibar"), 1);
	assert_int_equal(extract_forget_at(folder, &digest, NULL), 0);
	assert_int_equal(holding("zanzibar"), 0);
}

static void it_goes_after_an_hour(void **state)
{
	(void)state;
	struct digest digest = digest_of("one");
	char command[200];
	write_killed(&digest);
	assert_int_equal(extract_sweep(folder, NULL), 0);
	assert_int_equal(holding("zanzibar"), 1); /* whoever writes now is left alone */
	(void)snprintf(command, sizeof(command), "touch -d '2 hours ago' %s/derived/text/new/*", root);
	assert_int_equal(system(command), 0);
	assert_int_equal(extract_sweep(folder, NULL), 0);
	assert_int_equal(holding("zanzibar"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(it_goes_with_the_document), cmocka_unit_test(it_goes_after_an_hour)};
	return cmocka_run_group_tests(tests, begin, end);
}
