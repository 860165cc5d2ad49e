/* Errors keep their code, say their reason, and cannot be made to forge output. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <wchar.h>

#include "base/base.h"

static void sets_code_and_text(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(err_set(&err, ERR_SYNTAX, "line %d of %s", 7, "inventory.json"), -1);
	assert_int_equal(err.code, ERR_SYNTAX);
	assert_int_equal(err.sys, 0);
	assert_string_equal(err.text, "line 7 of inventory.json");
	assert_int_equal(err_note(&err, "record %s", "a"), -1);
	assert_int_equal(err.code, ERR_SYNTAX);
	assert_string_equal(err.text, "record a: line 7 of inventory.json");
	err_clear(&err);
	assert_int_equal(err.code, ERR_NONE);
	assert_string_equal(err.text, "");
}

static void keeps_errno(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	errno = ENOSPC;
	assert_int_equal(err_sys(&err, "cannot write %s", "x"), -1);
	assert_int_equal(errno, ENOSPC);
	assert_int_equal(err.code, ERR_SYSTEM);
	assert_int_equal(err.sys, ENOSPC);
	assert_string_equal(err.text, "cannot write x: No space left on device");
	err_note(&err, "deposit");
	assert_int_equal(err.sys, ENOSPC);
	assert_string_equal(err.text, "deposit: cannot write x: No space left on device");
}

/* Formatting may fail and set errno itself (a wide character that the locale has not): the reason is still the caller's. */
static void keeps_errno_when_formatting_fails(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	errno = ENOSPC;
	err_sys(&err, "x%ls", L"\x20ac");
	assert_int_equal(errno, ENOSPC);
	assert_int_equal(err.sys, ENOSPC);
	assert_true(str_ends(str_from(err.text), STR(": No space left on device")));
}

static void no_error_wanted(void **state)
{
	(void)state;
	errno = EIO;
	assert_int_equal(err_set(NULL, ERR_USAGE, "%d", 1), -1);
	assert_int_equal(err_sys(NULL, "%d", 1), -1);
	assert_int_equal(err_note(NULL, "%d", 1), -1);
	err_clear(NULL);
	assert_int_equal(errno, EIO);
}

static void escapes_what_forges(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{"a\nphotostat: all well", "a\\x0aphotostat: all well"},
		{"\033[2J", "\\x1b[2J"},
		{"tab\t", "tab\\x09"},
		{"\x7f", "\\x7f"},
		{"\xc2\x9b", "\\xc2\\x9b"},          /* C1: control sequence introducer */
		{"\xe2\x80\xae", "\\xe2\\x80\\xae"}, /* right-to-left override */
		{"\xe2\x81\xa6", "\\xe2\\x81\\xa6"}, /* left-to-right isolate */
		{"\xe2\x80\xa8", "\\xe2\\x80\\xa8"}, /* line separator */
		{"\xff\xc3", "\\xff\\xc3"},          /* not UTF-8 */
		{"\xed\xa0\x80", "\\xed\\xa0\\x80"}, /* a surrogate */
		{"Br\xc3\xbcssel \xe2\x82\xac \xf0\x9f\x93\x84", "Br\xc3\xbcssel \xe2\x82\xac \xf0\x9f\x93\x84"},
	};
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		err_set(&err, ERR_SYNTAX, "%s", cases[i].in);
		assert_string_equal(err.text, cases[i].out);
		err_note(&err, "%s", cases[i].in); /* what is there already is not escaped twice */
		assert_int_equal(strlen(err.text), 2 * strlen(cases[i].out) + 2);
	}
}

static void cuts_between_characters(void **state)
{
	char longest[4096];
	struct err err = ERR_INIT;

	(void)state;
	for (size_t shift = 0; shift < 4; shift++)
		for (size_t n = 460; n < sizeof(longest) - 4; n = n < 500 ? n + 1 : n * 2) {
			memset(longest, 'a', shift);
			for (size_t i = shift; i < n; i++)
				longest[i] = "\xe2\x82\xac"[(i - shift) % 3];
			longest[n] = '\0';
			size_t whole = n - (n - shift) % 3;
			longest[whole] = '\0';
			err_set(&err, ERR_LIMIT, "%s", longest);
			assert_true(strlen(err.text) < sizeof(err.text));
			assert_true(utf8_valid(str_from(err.text)));
			if (whole < sizeof(err.text)) {
				assert_string_equal(err.text, longest);
			} else {
				assert_true(str_ends(str_from(err.text), STR("\xe2\x80\xa6")));
				assert_true(strlen(err.text) > sizeof(err.text) - 8);
			}
		}
}

/* A path of 4,095 bytes must not push the reason out of the sentence. */
static void reason_survives_long_names(void **state)
{
	char name[4096];
	struct err err = ERR_INIT;

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	errno = EACCES;
	err_sys(&err, "cannot open %s", name);
	assert_true(str_ends(str_from(err.text), STR("\xe2\x80\xa6: Permission denied")));
	err_sys(&err, "cannot open x");
	err_note(&err, "%s", name);
	assert_true(str_ends(str_from(err.text), STR(": cannot open x: Permission denied")));
	assert_true(strlen(err.text) < sizeof(err.text));
	for (int i = 0; i < 50; i++)
		err_note(&err, "context %d %s", i, name);
	assert_true(str_starts(str_from(err.text), STR("context 49 n")));
	assert_true(strlen(err.text) < sizeof(err.text));
	assert_int_equal(err.code, ERR_SYSTEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sets_code_and_text),
		cmocka_unit_test(keeps_errno),
		cmocka_unit_test(keeps_errno_when_formatting_fails),
		cmocka_unit_test(no_error_wanted),
		cmocka_unit_test(escapes_what_forges),
		cmocka_unit_test(cuts_between_characters),
		cmocka_unit_test(reason_survives_long_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
