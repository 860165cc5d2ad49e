/* What the tests of readers share: a document is read, and its text written down in lines that a person compares at a glance. */
#ifndef READERS_TEST_SUPPORT_H
#define READERS_TEST_SUPPORT_H

#include "extract/readers/formats.h"
#include "text/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef int reader(struct text *, struct str, struct err *);

static inline void add_target(struct buf *out, const struct text_mark *mark)
{
	buf_text(out, text_mark_name(mark->kind));
	if (mark->target.n > 0) {
		buf_char(out, ' ');
		buf_str(out, mark->target);
	}
	if (mark->number > 0) {
		buf_text(out, " #");
		buf_u64(out, mark->number);
	}
}

/* The text with its marks in it: {person #p1|Anna}, {line}. Marks lie in one another as they were opened. */
static inline void describe_marks(struct buf *out, const struct text_block *block)
{
	size_t next = 0, open = 0;
	uint32_t ends[64];
	for (uint32_t at = 0; at <= block->text.n; at++) {
		for (; open > 0 && ends[open - 1] <= at; open--)
			buf_char(out, '}');
		for (; next < block->mark_count && block->marks[next].at == at; next++) {
			buf_char(out, '{');
			add_target(out, &block->marks[next]);
			if (block->marks[next].length == 0) {
				buf_char(out, '}');
			} else {
				assert_true(open < 64);
				ends[open++] = at + block->marks[next].length;
				buf_char(out, '|');
			}
		}
		if (at < block->text.n)
			buf_char(out, block->text.p[at] == '\n' ? '/' : block->text.p[at]);
	}
}

/* A line a block: "letter salutation: Lieber Karl,", "body item 2 <b.> [fr]: …"; to be released. */
static inline struct buf described(const struct text *text)
{
	struct buf out = BUF_INIT;
	for (size_t i = 0; i < text_block_count(text); i++) {
		struct text_block block;
		text_block(text, i, &block);
		buf_printf(&out, "%s %s", text_part_name(block.part), text_kind_name(block.kind));
		if (block.level > 0)
			buf_printf(&out, " %u", block.level);
		if (block.label.n > 0)
			buf_printf(&out, " <%.*s>", STR_ARG(block.label));
		if (block.language.n > 0)
			buf_printf(&out, " [%.*s]", STR_ARG(block.language));
		buf_text(&out, ": ");
		describe_marks(&out, &block);
		buf_char(&out, '\n');
	}
	return out;
}

/* The finished text of a document, in memory of exactly its size. */
static inline struct text *read_bytes(reader *read, struct str bytes)
{
	struct text *text = text_new();
	struct err err = ERR_INIT;
	char *copy = malloc(bytes.n > 0 ? bytes.n : 1);
	assert_non_null(copy);
	if (bytes.n > 0)
		memcpy(copy, bytes.p, bytes.n);
	if (read(text, (struct str){copy, bytes.n}, &err) < 0)
		fail_msg("not read: %s", err.text);
	free(copy);
	text_finish(text);
	return text;
}

/* The error of a document that gives no text. */
static inline struct err refusal(reader *read, struct str bytes)
{
	struct text *text = text_new();
	struct err err = ERR_INIT;
	if (read(text, bytes, &err) == 0)
		fail_msg("read, but it should not have been");
	text_free(text);
	return err;
}

static inline void assert_described(const struct text *text, const char *wanted)
{
	struct buf got = described(text);
	if (strcmp(got.p ? got.p : "", wanted) != 0)
		fail_msg("got:\n%s\nnot:\n%s", got.p ? got.p : "", wanted);
	buf_release(&got);
}

static inline void assert_reads(reader *read, const char *document, const char *wanted)
{
	struct text *text = read_bytes(read, str_from(document));
	assert_described(text, wanted);
	text_free(text);
}

static inline void assert_str(struct str got, const char *wanted)
{
	if (!str_equal(got, str_from(wanted)))
		fail_msg("got “%.*s”, not “%s”", STR_ARG(got), wanted);
}

/* "Der@1,2,30,4": the words of a page with their boxes, in the order of the text. */
static inline void assert_words(const struct text *text, size_t page, const char *wanted)
{
	const struct text_word *words;
	size_t count = text_words(text, page, &words);
	struct buf out = BUF_INIT;
	for (size_t i = 0; i < count; i++) {
		struct text_block block;
		text_block(text, words[i].block, &block);
		assert_true(words[i].at + words[i].length <= block.text.n);
		if (i > 0)
			buf_char(&out, ' ');
		buf_add(&out, block.text.p + words[i].at, words[i].length);
		buf_printf(&out, "@%u,%u,%u,%u", words[i].x, words[i].y, words[i].width, words[i].height);
	}
	assert_str(buf_view(&out), wanted);
	buf_release(&out);
}

#endif
