/* TEI and tar: whatever a text holds, the document is well-formed and its parts stand where they may; heads of archives to the byte. */
#include "room/machines.h"
#include "room/tar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void write_text(struct buf *out, const struct text *text)
{
	struct record *record = record_new();
	const struct tei_about about = {
		STR("A <title>"), STR("Letters & Papers"), STR("https://example.org/r/joffe@1"), STR("letter.txt"), record};

	buf_clear(out);
	tei_write(out, text, &about);
	assert_false(out->failed);
	record_free(record);
}

/* Every end tag ends what was begun last, at the end nothing is open, and no '<' or '&' stands alone. Returns how many elements there were. */
static size_t check_form(struct str xml)
{
	struct str open[200];
	size_t depth = 0, count = 0;

	assert_true(utf8_valid(xml));
	for (size_t i = 0; i < xml.n; i++) {
		if (xml.p[i] == '&')
			assert_true(memchr(xml.p + i, ';', xml.n - i < 8 ? xml.n - i : 8) != NULL);
		assert_false(((unsigned char)xml.p[i] < 0x20 && xml.p[i] != '\n' && xml.p[i] != '\t') || xml.p[i] == 0x7f);
		if (xml.p[i] != '<')
			continue;
		const char *end = memchr(xml.p + i, '>', xml.n - i);
		assert_non_null(end);
		struct str tag = {xml.p + i + 1, (size_t)(end - xml.p) - i - 1};
		assert_null(memchr(tag.p, '<', tag.n));
		i += tag.n + 1;
		if (tag.p[0] == '?' || tag.p[tag.n - 1] == '/')
			continue;
		if (tag.p[0] == '/') {
			assert_true(depth > 0);
			struct str name = open[--depth];
			if (name.n != tag.n - 1 || memcmp(name.p, tag.p + 1, name.n) != 0)
				fail_msg("</%.*s> ends <%.*s>", STR_ARG(((struct str){tag.p + 1, tag.n - 1})), STR_ARG(name));
			continue;
		}
		assert_true(depth < 200);
		open[depth] = tag;
		for (open[depth].n = 0; open[depth].n < tag.n && tag.p[open[depth].n] != ' ' && tag.p[open[depth].n] != '\n';)
			open[depth].n++;
		depth++;
		count++;
	}
	assert_int_equal(depth, 0);
	return count;
}

static void block(struct text *text, enum text_kind kind, enum text_part part, const char *words)
{
	text_begin(text, kind, part, kind == TEXT_HEADING || kind == TEXT_CELL || kind == TEXT_ITEM ? 1 : 0);
	text_add(text, str_from(words));
}

static void a_letter(void **state)
{
	(void)state;
	struct text *text = text_new();
	struct buf out = BUF_INIT;

	text_set_language(text, STR("ru"));
	text_set_source(text, STR("plain"));
	block(text, TEXT_HEADING, TEXT_INTRODUCTION, "Introduction");
	block(text, TEXT_PARAGRAPH, TEXT_INTRODUCTION, "Found in 1950.");
	block(text, TEXT_DATELINE, TEXT_LETTER, "Moscow, 16 November 1927");
	block(text, TEXT_SALUTATION, TEXT_LETTER, "Dear Lev Davidovich,");
	text_begin(text, TEXT_PARAGRAPH, TEXT_LETTER, 0);
	text_add(text, STR("All <my> life & "));
	text_mark(text, TEXT_EMPHASIS, STR(""));
	text_add(text, STR("thirty years"));
	text_unmark(text);
	text_mark(text, TEXT_REFERENCE, STR("#1"));
	text_add(text, STR("1"));
	text_unmark(text);
	block(text, TEXT_CLOSING, TEXT_LETTER, "Yours,");
	block(text, TEXT_SIGNATURE, TEXT_LETTER, "A. Joffe");
	block(text, TEXT_POSTSCRIPT, TEXT_LETTER, "P.S. Burn this.");
	block(text, TEXT_PARAGRAPH, TEXT_LETTER, "A line behind the end.");
	text_begin(text, TEXT_NOTE, TEXT_NOTES, 0);
	text_set_label(text, STR("1"));
	text_set_key(text, STR("1"));
	text_add(text, STR("A note."));
	text_finish(text);
	write_text(&out, text);
	check_form(buf_view(&out));
	static const char *const wanted[] = {
		"<TEI xmlns=\"http://www.tei-c.org/ns/1.0\" xml:lang=\"ru\">",
		"<title>A &lt;title&gt;</title>",
		"<div type=\"introduction\">\n<head xml:id=\"p1\">Introduction</head>\n<p xml:id=\"p2\">Found in "
		"1950.</p>\n</div>\n<div type=\"letter\">\n"
		"<opener><dateline xml:id=\"p3\">Moscow, 16 November 1927</dateline></opener>\n<opener><salute xml:id=\"p4\">",
		"All &lt;my&gt; life &amp; <hi rend=\"italic\">thirty years</hi><ref type=\"note\" target=\"#n1\">1</ref></p>",
		"<closer><salute xml:id=\"p6\">Yours,</salute></closer>\n<closer><signed xml:id=\"p7\">A. "
		"Joffe</signed></closer>\n<postscript><p xml:id=\"p8\">",
		"</postscript>\n</div>\n<div type=\"letter\">\n<p xml:id=\"p9\">A line behind the end.</p>\n</div>\n<div "
		"type=\"notes\">\n"
		"<note xml:id=\"n1\" n=\"1\">A note.</note>",
	};
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (strstr(out.p, wanted[i]) == NULL)
			fail_msg("lacks %s\nin %s", wanted[i], out.p);
	text_free(text);
	buf_release(&out);
}

static void nothing_in_it(void **state)
{
	(void)state;
	struct text *text = text_new();
	struct buf out = BUF_INIT;

	text_finish(text);
	write_text(&out, text);
	check_form(buf_view(&out));
	assert_non_null(strstr(out.p, "<body>\n<p/>\n</body>"));
	text_free(text);
	buf_release(&out);
}

static unsigned state_of_chance;

static unsigned chance(unsigned below)
{
	state_of_chance = state_of_chance * 1103515245u + 12345u;
	return (state_of_chance >> 16) % below;
}

/* Blocks and marks at random, closed or not. */
static void anything(void **state)
{
	(void)state;
	const char *given = getenv("PHOTOSTAT_TEST_SEED");
	static const char *const pieces[] = {"a", " ", "&", "<b>", "\n", "ä", "\"'", "]]>", "<!--", "\xef\xbf\xbe",
		"long words and more of them", "\xff", "\xc2\x85"};
	static const char *const targets[] = {"", "#1", "https://example.org/?a=1&b=\"", "1927-11-16", "x y", "\"><script>", "n1"};
	struct buf out = BUF_INIT;

	state_of_chance = given != NULL ? (unsigned)strtoul(given, NULL, 10) : 1927;
	printf("seed %u\n", state_of_chance);
	for (int round = 0; round < 300; round++) {
		struct text *text = text_new();

		for (unsigned blocks = chance(30); blocks > 0; blocks--) {
			enum text_kind kind = (enum text_kind)chance(TEXT_KINDS);
			enum text_part part = (enum text_part)chance(TEXT_PARTS);

			text_begin(text, kind, part, chance(7));
			text_set_label(text, str_from(targets[chance(7)]));
			for (int k = 0; k < 40; k++) {
				unsigned what = chance(3), which = chance(TEXT_MARK_KINDS);

				if (what == 0)
					text_mark(text, (enum text_mark_kind)which, str_from(targets[chance(7)]));
				else if (what == 1)
					text_unmark(text);
				else
					text_add(text, str_from(pieces[chance(13)]));
			}
		}
		text_finish(text);
		write_text(&out, text);
		check_form(buf_view(&out));
		text_free(text);
	}
	buf_release(&out);
}

static unsigned octal(const char *p, size_t n)
{
	unsigned value = 0;

	for (size_t i = 0; i < n && p[i] >= '0' && p[i] <= '7'; i++)
		value = value * 8 + (unsigned)(p[i] - '0');
	return value;
}

static void check_sum(const char *head)
{
	unsigned sum = 0;

	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += i >= 148 && i < 156 ? ' ' : (unsigned char)head[i];
	assert_int_equal(octal(head + 148, 8), sum);
	assert_memory_equal(head + 257, "ustar\00000", 8);
}

static void archives(void **state)
{
	(void)state;
	struct buf out = BUF_INIT, name = BUF_INIT;

	tar_file(&out, STR("bag/data/a.txt"), 10, 1795737600);
	assert_int_equal(out.n, TAR_BLOCK);
	check_sum(out.p);
	assert_int_equal(octal(out.p + 124, 12), 10);
	assert_int_equal(tar_padding(0), 0);
	assert_int_equal(tar_padding(10), 502);
	assert_int_equal(tar_padding(512), 0);
	/* a long ASCII name is parted, if a slash stands right */
	for (int i = 0; i < 15; i++)
		buf_text(&name, "folder-no-/");
	buf_text(&name, "file");
	buf_clear(&out);
	tar_file(&out, (struct str){name.p + name.n - 130, 130}, 0, 0);
	assert_int_equal(out.n, TAR_BLOCK);
	check_sum(out.p);
	assert_true(out.p[345] != '\0');
	/* others need a record before them, whose length counts itself; tarfile of Python reads them in machines_test.py */
	buf_clear(&out);
	tar_file(&out, STR("bag/data/\xc3\xa4.txt"), UINT64_C(1) << 40, 0);
	assert_int_equal(out.n, 3 * TAR_BLOCK);
	check_sum(out.p);
	check_sum(out.p + 2 * (size_t)TAR_BLOCK);
	assert_int_equal(out.p[156], 'x');
	assert_memory_equal(out.p + TAR_BLOCK, "24 path=bag/data/\xc3\xa4.txt\n22 size=1099511627776\n", 46);
	buf_release(&out);
	buf_release(&name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_letter),
		cmocka_unit_test(nothing_in_it),
		cmocka_unit_test(anything),
		cmocka_unit_test(archives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
