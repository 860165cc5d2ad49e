/* Citations and permalinks: what each style says, and that nothing in a record breaks out of its format. */
#include "room/citation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#define TODAY INT64_C(1795737600) /* 2026-11-27 */

static struct record *make(const char *const *assignments)
{
	struct record *record = record_new();
	struct err err = ERR_INIT;

	for (; *assignments != NULL; assignments++)
		if (record_put(record, str_from(*assignments), RECORD_DESCRIBE, &err) != 0)
			fail_msg("%s: %s", *assignments, err.text);
	return record;
}

static void cite(struct buf *out, enum citation_style style, struct record *record, int64_t today)
{
	const struct citation citation = {
		.record = record,
		.archive = STR("Letters & Papers"),
		.permalink = STR("https://example.org/r/joffe-1927@2"),
		.key = STR("joffe-1927@2"),
		.today = today,
	};

	buf_clear(out);
	citation_write(out, style, &citation);
	assert_false(out->failed);
	assert_true(utf8_valid(buf_view(out)));
}

static void expect(enum citation_style style, const char *const *assignments, const char *wanted)
{
	struct record *record = make(assignments);
	struct buf out = BUF_INIT;

	cite(&out, style, record, TODAY);
	assert_string_equal(out.p, wanted);
	buf_release(&out);
	record_free(record);
}

static const char *const joffe[] = {"title=Farewell letter to Leon Trotsky", "creator=Joffe, Adolf Abramovich, 1883-1927",
	"created=1927-11-16", "referenceCode=T 1067", "language=ru", "type=Text", NULL};

static void every_style(void **state)
{
	(void)state;
	expect(CITATION_CHICAGO, joffe,
		"Joffe, Adolf Abramovich. “Farewell letter to Leon Trotsky.” November 16, 1927. T 1067. Letters & Papers. "
		"https://example.org/r/joffe-1927@2.\n");
	expect(CITATION_MLA, joffe,
		"Joffe, Adolf Abramovich. “Farewell letter to Leon Trotsky.” 16 Nov. 1927. Letters & Papers, T 1067, "
		"https://example.org/r/joffe-1927@2. Accessed 27 Nov. 2026.\n");
	expect(CITATION_BIBTEX, joffe,
		"@misc{joffe-1927-2,\n  author = {Joffe, Adolf Abramovich},\n  title = {{Farewell letter to Leon Trotsky}},\n"
		"  date = {1927-11-16},\n  year = {1927},\n  howpublished = {Letters \\& Papers},\n  number = {T 1067},\n"
		"  langid = {ru},\n  type = {Text},\n  url = {https://example.org/r/joffe-1927@2},\n  urldate = {2026-11-27}\n}\n");
	expect(CITATION_RIS, joffe,
		"TY  - MANSCPT\r\nAU  - Joffe, Adolf Abramovich\r\nTI  - Farewell letter to Leon Trotsky\r\nPY  - 1927\r\n"
		"DA  - 1927/11/16/\r\nAN  - T 1067\r\nDB  - Letters & Papers\r\nLA  - ru\r\n"
		"UR  - https://example.org/r/joffe-1927@2\r\nY2  - 2026/11/27/\r\nER  - \r\n");
	expect(CITATION_CSL, joffe,
		"[{\"id\":\"joffe-1927-2\",\"type\":\"manuscript\",\"title\":\"Farewell letter to Leon "
		"Trotsky\",\"author\":[{\"family\":\"Joffe\","
		"\"given\":\"Adolf Abramovich\"}],\"issued\":{\"date-parts\":[[1927,11,16]]},\"archive\":\"Letters & Papers\","
		"\"archive_location\":\"T 1067\",\"language\":\"ru\",\"URL\":\"https://example.org/r/joffe-1927@2\","
		"\"accessed\":{\"date-parts\":[[2026,11,27]]}}]\n");
}

static void what_lacks_is_left_out(void **state)
{
	(void)state;
	static const char *const nothing[] = {NULL};

	expect(CITATION_CHICAGO, nothing, "joffe-1927. Letters & Papers. https://example.org/r/joffe-1927@2.\n");
	expect(CITATION_MLA, nothing, "joffe-1927. Letters & Papers, https://example.org/r/joffe-1927@2. Accessed 27 Nov. 2026.\n");
	expect(CITATION_RIS, nothing,
		"TY  - MANSCPT\r\nTI  - [joffe-1927]\r\nDB  - Letters & Papers\r\n"
		"UR  - https://example.org/r/joffe-1927@2\r\nY2  - 2026/11/27/\r\nER  - \r\n");
	expect(CITATION_CSL, nothing,
		"[{\"id\":\"joffe-1927-2\",\"type\":\"manuscript\",\"title\":\"[joffe-1927]\",\"archive\":\"Letters & Papers\","
		"\"URL\":\"https://example.org/r/joffe-1927@2\",\"accessed\":{\"date-parts\":[[2026,11,27]]}}]\n");
	expect(CITATION_BIBTEX, nothing,
		"@misc{joffe-1927-2,\n  title = {{[joffe-1927]}},\n  howpublished = {Letters \\& Papers},\n"
		"  url = {https://example.org/r/joffe-1927@2},\n  urldate = {2026-11-27}\n}\n");
}

/* A question mark ends a sentence too. */
static const char *stop(const char *text)
{
	return text[strlen(text) - 1] == '?' ? "" : ".";
}

static void dates_are_said(void **state)
{
	(void)state;
	static const struct {
		const char *date, *chicago, *mla;
	} dates[] = {
		{"created=1927-11-15/1927-11-16", "November 15–16, 1927", "15–16 Nov. 1927"},
		{"created=1927-11/1928-01", "November 1927–January 1928", "Nov. 1927–Jan. 1928"},
		{"created=1927~", "ca. 1927", "ca. 1927"},
		{"created=1927?", "1927?", "1927?"},
		{"created=1927%", "ca. 1927?", "ca. 1927?"},
		{"created=192X", "1920s", "1920s"},
		{"created=19XX", "1900s", "1900s"},
		{"created=1927-XX-XX", "1927", "1927"},
		{"created=1927-05-XX", "May 1927", "May 1927"},
		{"created=1927-21", "Spring 1927", "Spring 1927"},
		{"created=1927/..", "from 1927", "from 1927"},
		{"created=../1927-09", "before September 1927", "before Sept. 1927"},
		{"created=1927-11-16T10:20:00Z", "November 16, 1927", "16 Nov. 1927"},
		{"created=-0300", "-0300", "-0300"},
		{"created=Y170000002", "Y170000002", "Y170000002"},
		{"issued=1950", "1950", "1950"},
	};

	for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
		const char *const assignments[] = {dates[i].date, "title=T", NULL};
		char wanted[200];

		(void)snprintf(wanted, sizeof(wanted), "“T.” %s%s Letters & Papers. https://example.org/r/joffe-1927@2.\n",
			dates[i].chicago, stop(dates[i].chicago));
		expect(CITATION_CHICAGO, assignments, wanted);
		(void)snprintf(wanted, sizeof(wanted),
			"“T.” %s%s Letters & Papers, https://example.org/r/joffe-1927@2. Accessed 27 Nov. 2026.\n", dates[i].mla,
			stop(dates[i].mla));
		expect(CITATION_MLA, assignments, wanted);
	}
}

static void creators_are_said(void **state)
{
	(void)state;
	static const char *const two[] = {"title=Why? “How”, and \"so\"!", "creator=Marx, Karl", "creator=Engels, Friedrich", NULL};
	static const char *const many[] = {"title=T", "creator=A, A", "creator=B, B", "creator=C, C", "creator=D, D",
		"creator=E, E", "creator=F, F", "creator=G, G", NULL};
	static const char *const office[] = {"title=T", "creator=Office of Births and Deaths", "creator=Smith, John, Jr.", NULL};

	expect(CITATION_CHICAGO, two,
		"Marx, Karl, and Friedrich Engels. “Why? ‘How’, and ‘so’!” Letters & Papers. "
		"https://example.org/r/joffe-1927@2.\n");
	expect(CITATION_CHICAGO, many, "A, A, B B, C C, et al. “T.” Letters & Papers. https://example.org/r/joffe-1927@2.\n");
	expect(CITATION_MLA, many,
		"A, A, et al. “T.” Letters & Papers, https://example.org/r/joffe-1927@2. Accessed 27 Nov. 2026.\n");
	expect(CITATION_BIBTEX, office,
		"@misc{joffe-1927-2,\n  author = {{Office of Births and Deaths} and {Smith, John, Jr.}},\n  title = {{T}},\n"
		"  howpublished = {Letters \\& Papers},\n  url = {https://example.org/r/joffe-1927@2},\n  urldate = "
		"{2026-11-27}\n}\n");
}

/* Braces as BibTeX counts them: a backslash does not hide one. */
static void check_bibtex(struct str text)
{
	long depth = 0;

	for (size_t i = 0; i < text.n; i++) {
		depth += text.p[i] == '{';
		depth -= text.p[i] == '}';
		if (depth < 0 || (depth == 0 && text.p[i] == '}' && i + 2 != text.n))
			fail_msg("an entry ends too early: %.*s", STR_ARG(text));
	}
	assert_int_equal(depth, 0);
	assert_null(memmem(text.p, text.n, "@misc{evil", 10));
}

static void check_ris(struct str text)
{
	struct str line;
	bool ended = false;

	while (str_take_line(&text, &line)) {
		assert_false(ended);
		assert_true(line.n >= 7 && line.p[line.n - 1] == '\r' && memcmp(line.p + 2, "  - ", 4) == 0);
		assert_null(memchr(line.p, '\r', line.n - 1));
		ended = str_starts(line, STR("ER"));
	}
	assert_true(ended && text.n == 0);
}

static void nothing_breaks_out(void **state)
{
	(void)state;
	static const char *const nasty[] = {"}}", "{", "\\", "\\}", "x\n}\n@misc{evil,", "x\nER  - \nTY  - EVIL", "\"", "”", "%",
		"a\tb", "$\\immediate\\write18{x}$", "and", "A and B, C and D", ", ", ",", ",,,,,,,,", "\xe2\x80\xa8TY  - X",
		"\xc2\x85x", "'\"<script>&", "~^_#", "  .  ", "1883-1927, 1883-1927", "\xf0\x9f\x93\x9c"};
	struct buf out = BUF_INIT;

	for (size_t i = 0; i < sizeof(nasty) / sizeof(nasty[0]); i++) {
		struct record *record = record_new();
		struct record_value value = {.value = str_from(nasty[i])};
		static const enum dc_term terms[] = {DC_TITLE, DC_CREATOR, DC_CREATOR, DC_TYPE};

		for (size_t t = 0; t < sizeof(terms) / sizeof(terms[0]); t++) {
			value.term = terms[t];
			(void)record_add_value(record, &value, NULL);
		}
		value = (struct record_value){.term = DC_CREATED, .written = str_from(nasty[i])};
		(void)record_add_value(record, &value, NULL);
		(void)record_set_field(record, RECORD_REFERENCE_CODE, str_from(nasty[i]), NULL);
		for (enum citation_style style = 0; style < CITATION_STYLES; style++) {
			cite(&out, style, record, TODAY);
			if (style == CITATION_CHICAGO || style == CITATION_MLA)
				assert_ptr_equal(memchr(out.p, '\n', out.n), out.p + out.n - 1);
			if (style == CITATION_BIBTEX)
				check_bibtex(buf_view(&out));
			if (style == CITATION_RIS)
				check_ris(buf_view(&out));
			if (style == CITATION_CSL) {
				json_error_t error;
				json_t *json = json_loads(out.p, 0, &error);

				if (json == NULL)
					fail_msg("%s: %s", error.text, out.p);
				json_decref(json);
			}
		}
		record_free(record);
	}
	buf_release(&out);
}

static void permalinks(void **state)
{
	(void)state;
	static const struct {
		struct permalink link;
		const char *wanted;
	} links[] = {
		{{.id = {"https://example.org/a/r/joffe", 29}}, "https://example.org/a/r/joffe"},
		{{.id = {"https://example.org/a/r/joffe", 29}, .version = 3}, "https://example.org/a/r/joffe@3"},
		{{.id = {"urn:uuid:00000000-0000-4000-8000-000000000000", 45}, .version = 1},
			"https://example.org/a/r/urn:uuid:00000000-0000-4000-8000-000000000000@1"},
		{{.id = {"https://example.org/a/r/joffe", 29}, .version = 1, .file = {"a b/\xc3\xa4#?.txt", 12}},
			"https://example.org/a/r/joffe@1/read/a%20b/%C3%A4%23%3F.txt"},
		{{.id = {"https://example.org/a/r/joffe", 29}, .version = 1, .file = {"a.txt", 5}, .block = {"n3", 2}},
			"https://example.org/a/r/joffe@1/read/a.txt?at=n3#n3"},
		{{.id = {"https://example.org/a/r/joffe", 29},
			 .version = 1,
			 .page = 2,
			 .region = true,
			 .x = 1,
			 .y = 20,
			 .width = 300,
			 .height = 4000},
			"https://example.org/a/r/joffe@1/pages/2#xywh=1,20,300,4000"},
	};

	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		struct permalink link = links[i].link;
		struct buf out = BUF_INIT;

		link.origin = STR("example.org/a");
		permalink_write(&out, &link);
		assert_string_equal(out.p, links[i].wanted);
		buf_release(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_style),
		cmocka_unit_test(what_lacks_is_left_out),
		cmocka_unit_test(dates_are_said),
		cmocka_unit_test(creators_are_said),
		cmocka_unit_test(nothing_breaks_out),
		cmocka_unit_test(permalinks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
