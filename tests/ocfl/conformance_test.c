/* Every OCFL 1.0 and 1.1 fixture judged: good without a word, warn with just the codes of its name, bad with the codes of its name. */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tree.h"

#define SUITE "../shared/conformance/ocfl"
#define CODES_MAX 400

struct judged {
	char codes[CODES_MAX][5];
	char text[CODES_MAX][200];
	size_t count;
	enum ocfl_version spec;
	unsigned unchecked;
	bool unknown;
};

static void note(void *context, const struct ocfl_finding *finding)
{
	struct judged *judged = context;
	if (finding->level == OCFL_UNCHECKED) {
		judged->unchecked++;
		return;
	}
	if (!ocfl_code_rule(finding->spec, finding->code) || (finding->code[0] == 'E') != (finding->level == OCFL_ERROR))
		judged->unknown = true;
	if (judged->count == CODES_MAX)
		return;
	snprintf(judged->codes[judged->count], 5, "%s", finding->code);
	snprintf(judged->text[judged->count++], 200, "%.*s: %.*s", STR_ARG(finding->path), STR_ARG(finding->text));
}

static bool has(const struct judged *judged, const char *code)
{
	for (size_t i = 0; i < judged->count; i++)
		if (!strncmp(judged->codes[i], code, 4))
			return true;
	return false;
}

/* Is the code one of those that the case is named by? */
static bool named(const char *name, const char *code)
{
	for (; (name[0] == 'E' || name[0] == 'W') && name[4] == '_'; name += 5)
		if (!strncmp(name, code, 4))
			return true;
	return false;
}

static const char *verdict(const char *kind, const char *name, const struct judged *judged, const struct ocfl_result *result)
{
	bool good = kind[0] == 'g', bad = kind[0] == 'b';
	if (!result->complete || result->objects != 1 || judged->unchecked || result->unchecked)
		return "not checked to the end";
	if (judged->unknown)
		return "a code that its version does not have";
	if (good && judged->count)
		return "findings in a good object";
	if (!bad && (result->errors || !ocfl_passed(result)))
		return "errors";
	if (bad && (!result->errors || ocfl_passed(result) || result->objects_bad != 1))
		return "passed";
	for (const char *code = name; !good && (code[0] == 'E' || code[0] == 'W') && code[4] == '_'; code += 5)
		if (!has(judged, code))
			return "a code of its name is missing";
	for (size_t i = 0; i < judged->count; i++)
		if (!bad && !named(name, judged->codes[i]))
			return "a code that is not in its name";
	return NULL;
}

static unsigned run_kind(const char *version, const char *kind, unsigned *cases)
{
	char base[200], place[64], top[64];
	unsigned failures = 0;
	snprintf(base, sizeof(base), SUITE "/%s/%s-objects", version, kind);
	DIR *dir = opendir(base);
	assert_non_null(dir);
	int suite = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC), temporary = tree_temporary(top);
	struct dirent *entry;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		struct judged *judged = calloc(1, sizeof(*judged));
		struct ocfl_result result = {0};
		struct ocfl_validate_options options = {.context = judged, .found = note};
		struct ocfl_tree tree = tree_of(&temporary);
		struct err err = ERR_INIT;
		snprintf(place, sizeof(place), "%u", *cases);
		tree_copy(suite, entry->d_name, temporary, place);
		const char *wrong = ocfl_validate_object(&tree, place, &options, &result, &err) < 0
					    ? err.text
					    : verdict(kind, entry->d_name, judged, &result);
		++*cases;
		failures += wrong != NULL;
		printf("%s %s %s %s:", wrong ? "WRONG" : "right", version, kind, entry->d_name);
		for (size_t i = 0; i < judged->count; i++)
			if (i == 0 || strcmp(judged->codes[i], judged->codes[i - 1]) != 0)
				printf(" %s", judged->codes[i]);
		printf("%s%s\n", wrong ? "  -- " : "", wrong ? wrong : "");
		for (size_t i = 0; wrong && i < judged->count; i++)
			printf("    %s %s\n", judged->codes[i], judged->text[i]);
		tree_remove(temporary, place);
		free(judged);
	}
	closedir(dir);
	close(suite);
	close(temporary);
	rmdir(top);
	return failures;
}

static void test_suite(void **state)
{
	(void)state;
	static const char *const kinds[] = {"good", "warn", "bad"};
	unsigned failures = 0, cases = 0;
	if (access(SUITE, R_OK) != 0) {
		printf("SKIPPED ocfl conformance: " SUITE " is not there\n");
		skip();
	}
	for (size_t k = 0; k < 3; k++) {
		failures += run_kind("1.0", kinds[k], &cases);
		failures += run_kind("1.1", kinds[k], &cases);
	}
	printf("%u cases, %u judged wrong\n", cases, failures);
	assert_true(cases >= 100);
	assert_int_equal(failures, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_suite)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
