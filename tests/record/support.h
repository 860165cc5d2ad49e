/* What the tests of record share. */
#ifndef RECORD_TEST_SUPPORT_H
#define RECORD_TEST_SUPPORT_H

#include "record/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static inline void assert_str(struct str got, const char *wanted)
{
	if (!str_equal(got, str_from(wanted)))
		fail_msg("got “%.*s”, not “%s”", STR_ARG(got), wanted);
}

/* The error has the code and says the words. */
static inline void assert_err(const struct err *err, enum err_code code, const char *says)
{
	if (err->code != code || !strstr(err->text, says))
		fail_msg("error %d “%s”, not %d with “%s”", (int)err->code, err->text, (int)code, says);
}

static inline void assert_done(int result, const struct err *err)
{
	if (result != 0)
		fail_msg("refused: %s", err->text);
}

/* The record's text; to be released. */
static inline struct buf written(struct record *record)
{
	struct buf text = BUF_INIT;
	record_format(record, &text);
	assert_false(text.failed);
	return text;
}

#endif
