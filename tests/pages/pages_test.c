/* The room's tools: what writes HTML, what compares, what puts the interface's words together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "room/difference.h"
#include "room/html.h"
#include "room/internal.h"

static void expect(struct buf *out, const char *wanted)
{
	assert_false(out->failed);
	assert_string_equal(out->p == NULL ? "" : out->p, wanted);
	buf_release(out);
}

static void escapes_everything(void **state)
{
	struct buf out = BUF_INIT;
	struct html html;

	(void)state;
	html_document(&html, &out);
	html_begin(&html, "p");
	html_attribute(&html, "title", STR("\"><script>alert('x')</script>&"));
	html_text(&html, STR("<b>&amp;</b>\x01\x1b[0m\n\tend"));
	html_begin(&html, "br");
	html_text(&html, STR("\xff\xc0\x80\xed\xa0\x80ok\xe2\x82"));
	html_text(&html, STR("\xc2\x85\xc3\xa9"));
	html_end(&html);
	assert_int_equal(html.depth, 0);
	expect(&out,
		"<!doctype html>\n<p "
		"title=\"&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;\">&lt;b&gt;&amp;amp;&lt;/b&gt;[0m\n\tend"
		"<br>\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdok\xef\xbf\xbd\xef\xbf\xbd\xc3\xa9</"
		"p>");
}

static void follows_only_web_links(void **state)
{
	static const char *const bad[] = {"javascript:alert(1)", "data:text/html,x", "//evil", "http:", "https://", " https://x",
		"vbscript:x", "", "java\nscript:x", "file:///etc/passwd"};
	struct buf out = BUF_INIT;
	struct html html;

	(void)state;
	html_document(&html, &out);
	buf_clear(&out);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(html_outside_link(&html, str_from(bad[i])));
	assert_int_equal(out.n, 0);
	assert_true(html_outside_link(&html, STR("HTTPS://example.org/?a=1&b=\"")));
	html_end(&html);
	expect(&out, "<a href=\"HTTPS://example.org/?a=1&amp;b=&quot;\" rel=\"external noopener noreferrer nofollow\"></a>");
}

/* ---- differences ----------------------------------------------------------------------------------------------------------------------- */

static size_t longest_common(const uint32_t *a, size_t n, const uint32_t *b, size_t m)
{
	size_t *row = mem_array(m + 1, sizeof(*row)), best;

	for (size_t i = 0; i < n; i++) {
		size_t before = 0;

		for (size_t k = 0; k < m; k++) {
			size_t above = row[k + 1];

			row[k + 1] = a[i] == b[k] ? before + 1 : above > row[k] ? above : row[k];
			before = above;
		}
	}
	best = row[m];
	free(row);
	return best;
}

/* The steps rebuild both, cover each element once, and keep as much as can be kept. */
static void check_difference(const uint32_t *a, size_t n, const uint32_t *b, size_t m)
{
	struct difference difference;
	size_t in_a = 0, in_b = 0, same = 0;

	difference_make(&difference, a, n, b, m);
	for (size_t i = 0; i < difference.count; i++) {
		const struct difference_step *step = &difference.steps[i];

		assert_true(step->count > 0);
		assert_true(i == 0 || step->kind != difference.steps[i - 1].kind);
		if (step->kind != DIFFERENCE_NEW) {
			assert_int_equal(step->a, in_a);
			in_a += step->count;
		}
		if (step->kind != DIFFERENCE_GONE) {
			assert_int_equal(step->b, in_b);
			in_b += step->count;
		}
		if (step->kind == DIFFERENCE_SAME) {
			assert_memory_equal(a + step->a, b + step->b, step->count * sizeof(*a));
			same += step->count;
		}
	}
	assert_int_equal(in_a, n);
	assert_int_equal(in_b, m);
	assert_false(difference.coarse);
	assert_int_equal(same, longest_common(a, n, b, m));
	difference_release(&difference);
}

static void compares_shortest(void **state)
{
	const char *given = getenv("PHOTOSTAT_TEST_SEED");
	uint64_t seed = 20260101, random;
	uint32_t a[70], b[70];

	(void)state;
	if (given != NULL)
		(void)decimal_parse(str_from(given), UINT64_MAX, &seed);
	print_message("PHOTOSTAT_TEST_SEED=%llu\n", (unsigned long long)seed);
	random = seed;
	for (unsigned turn = 0; turn < 20000; turn++) {
		size_t n, m;
		uint32_t kinds;

		random = random * 6364136223846793005u + 1442695040888963407u;
		n = (size_t)(random >> 33) % 70;
		m = (size_t)(random >> 43) % 70;
		kinds = 1 + (uint32_t)(random >> 53) % 9;
		for (size_t i = 0; i < n + m; i++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			*(i < n ? &a[i] : &b[i - n]) = (uint32_t)(random >> 33) % kinds;
		}
		check_difference(a, n, b, m);
	}
}

/* Two texts without a word in common must not take for ever, nor be lost. */
static void ends_when_all_differs(void **state)
{
	size_t n = 400000;
	uint32_t *a = mem_array(n, sizeof(*a)), *b = mem_array(n, sizeof(*b));
	struct difference difference;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		a[i] = (uint32_t)(2 * i);
		b[i] = (uint32_t)(2 * i + 1);
	}
	difference_make(&difference, a, n, b, n);
	assert_true(difference.coarse);
	assert_int_equal(difference.count, 2);
	assert_int_equal(difference.steps[0].count, n);
	difference_release(&difference);
	free(a);
	free(b);
}

/* ---- words --------------------------------------------------------------------------------------------------------------------------------- */

static unsigned language_named(const char *tag)
{
	for (unsigned i = 0; i < LANGUAGES; i++)
		if (strcmp(language_tag(i), tag) == 0)
			return i;
	fail_msg("no language %s", tag);
	return 0;
}

static void count_says(const char *tag, uint64_t n, const char *wanted)
{
	struct buf out = BUF_INIT;

	word_number(&out, language_named(tag), WORD_COUNT_RECORDS, n);
	expect(&out, wanted);
}

static void counts_in_every_language(void **state)
{
	(void)state;
	count_says("en", 1, "1 record");
	count_says("en", 0, "0 records");
	count_says("en", 1234567, "1,234,567 records");
	count_says("fr", 0, "0 document");
	count_says("fr", 2, "2 documents");
	count_says("ru", 1, "1 документ");
	count_says("ru", 3, "3 документа");
	count_says("ru", 11, "11 документов");
	count_says("ru", 21, "21 документ");
	count_says("ru", 112, "112 документов");
	count_says("de", 12000, "12.000 Verzeichniseinheiten");
}

static void date_says(const char *tag, const char *edtf, const char *wanted)
{
	struct buf out = BUF_INIT;

	word_date(&out, language_named(tag), str_from(edtf));
	expect(&out, wanted);
}

static void writes_dates(void **state)
{
	(void)state;
	date_says("en", "1927-11-16", "16 November 1927");
	date_says("de", "1927-11-16", "16. November 1927");
	date_says("ru", "1927-11", "ноябрь 1927");
	date_says("fr", "1927~", "vers 1927");
	date_says("en", "192X", "1920s");
	date_says("en", "1927-11-15/1927-11-16", "15 November 1927 to 16 November 1927");
	date_says("en", "1927/..", "from 1927");
	date_says("en", "../1927?", "until perhaps 1927");
	date_says("de", "1927-22", "Sommer 1927");
	date_says("en", "Y17E7", "Y17E7");
	date_says("en", "", "");
	date_says("en", "1927-13", "1927-13");
}

/* As many forms as the language's rule has, wherever the first language counts; placeholders of one are placeholders of all. */
static void words_are_whole(void **state)
{
	(void)state;
	for (unsigned word = 0; word < WORDS; word++)
		for (unsigned i = 0; i < LANGUAGES; i++) {
			const char *text = word_texts[i][word];
			unsigned bars = 0, forms = strcmp(word_texts[i][WORD_PLURAL_RULE], "slavic") == 0 ? 3 : 2;

			assert_true(text[0] != '\0');
			for (const char *p = text; *p != '\0'; p++)
				bars += *p == '|';
			if (strchr(word_texts[0][word], '|') != NULL && bars + 1 != forms)
				fail_msg("%s in %s has %u forms, not %u", word_keys[word], language_tag(i), bars + 1, forms);
			for (int number = '1'; number <= '3'; number++) {
				const char placeholder[] = {'{', (char)number, '}', '\0'};

				if ((strstr(text, placeholder) != NULL) != (strstr(word_texts[0][word], placeholder) != NULL))
					fail_msg("%s in %s: %s", word_keys[word], language_tag(i), placeholder);
			}
		}
}

static void knows_directions(void **state)
{
	(void)state;
	assert_true(language_is_right_to_left(STR("he")));
	assert_true(language_is_right_to_left(STR("az-Arab-IR")));
	assert_false(language_is_right_to_left(STR("yi-Latn")));
	assert_false(language_is_right_to_left(STR("en")));
	assert_false(language_is_right_to_left(STR("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escapes_everything),
		cmocka_unit_test(follows_only_web_links),
		cmocka_unit_test(compares_shortest),
		cmocka_unit_test(ends_when_all_differs),
		cmocka_unit_test(counts_in_every_language),
		cmocka_unit_test(writes_dates),
		cmocka_unit_test(words_are_whole),
		cmocka_unit_test(knows_directions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
