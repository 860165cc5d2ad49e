/* What the tests of text share. */
#ifndef TEXT_TEST_SUPPORT_H
#define TEXT_TEST_SUPPORT_H

#include "text/text.h"

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

static inline int text_sink(void *context, const void *bytes, size_t n, struct err *err)
{
	(void)err;
	buf_add(context, bytes, n);
	return 0;
}

/* The finished text's lines; to be released. */
static inline struct buf written(const struct text *text)
{
	struct buf lines = BUF_INIT;
	struct err err = ERR_INIT;
	if (text_write(text, text_sink, &lines, &err) < 0)
		fail_msg("not written: %s", err.text);
	assert_false(lines.failed);
	return lines;
}

static inline struct text_block block_of(const struct text *text, size_t i)
{
	struct text_block block;
	assert_true(i < text_block_count(text));
	text_block(text, i, &block);
	return block;
}

#endif
