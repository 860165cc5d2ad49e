/* Words in boxes become paragraphs as a reader sees them; languages find the data that reads them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "extract/images/images.h"

/* Lines of words: left edge, top, then the words, each as wide as it has letters. */
struct line {
	double left, top;
	const char *words;
};

static struct text *set(const struct line *lines, size_t count)
{
	struct text *text = text_new();
	struct layout layout = {.text = NULL};
	struct text_page page = {.width = 1000, .height = 1000};
	layout_page(&layout, text, &page);
	layout_column(&layout, (struct layout_box){0, 0, 600, 1000});
	for (size_t i = 0; i < count; i++) {
		struct str rest = str_from(lines[i].words), word;
		double x = lines[i].left;
		layout_line(&layout, (struct layout_box){x, lines[i].top, x + 10.0 * (double)rest.n, lines[i].top + 20}, 0);
		while (str_take_until(&rest, ' ', &word)) {
			layout_word(&layout, word, (uint32_t)x, (uint32_t)lines[i].top, 10 * (uint32_t)word.n, 20);
			x += 10.0 * (double)(word.n + 1);
		}
	}
	layout_end(&layout);
	text_finish(text);
	return text;
}

static void expect(const struct line *lines, size_t count, const char *const *blocks, size_t block_count)
{
	struct text *text = set(lines, count);
	struct text_block block;
	for (size_t i = 0; i < block_count && i < text_block_count(text); i++) {
		text_block(text, i, &block);
		if (!str_equal(block.text, str_from(blocks[i])))
			fail_msg("block %zu is \"%.*s\", not \"%s\"", i, STR_ARG(block.text), blocks[i]);
	}
	assert_int_equal(text_block_count(text), block_count);
	text_free(text);
}
#define EXPECT(lines, blocks) expect(lines, sizeof(lines) / sizeof((lines)[0]), blocks, sizeof(blocks) / sizeof((blocks)[0]))

#define FULL "aaaa bbbb cccc dddd eeee ffff gggg hhhh iiii jjjj kkkk llll"

static void paragraphs(void **state)
{
	(void)state;
	static const struct line plain[] = {{0, 0, FULL}, {0, 30, FULL}, {0, 60, "the end."}, {0, 90, FULL}};
	static const char *const plain_blocks[] = {FULL " " FULL " the end.", FULL};
	EXPECT(plain, plain_blocks);
	static const struct line indented[] = {{0, 0, FULL}, {40, 30, FULL}, {0, 60, FULL}};
	static const char *const indented_blocks[] = {FULL, FULL " " FULL};
	EXPECT(indented, indented_blocks);
	static const struct line gap[] = {{0, 0, FULL}, {0, 30, FULL}, {0, 90, FULL}};
	static const char *const gap_blocks[] = {FULL " " FULL, FULL};
	EXPECT(gap, gap_blocks);
	/* Typed with wide spacing: no gap. */
	static const struct line wide[] = {{0, 0, FULL}, {0, 60, FULL}, {0, 120, FULL}};
	static const char *const wide_blocks[] = {FULL " " FULL " " FULL};
	EXPECT(wide, wide_blocks);
}

static void hyphens(void **state)
{
	(void)state;
	static const struct line broken[] = {{0, 0, FULL " mais tom-"},
		{0, 30, "be tout \xC3\xA0 coup, well-known, et l'hypno\xC2\xAC"}, {0, 60, "\xC3\xA9t vingt-"}, {0, 90, "Et fin-"}};
	static const char *const blocks[] = {FULL " mais tombe tout \xC3\xA0 coup, well-known, et l'hypno\xC3\xA9t vingt- Et fin-"};
	EXPECT(broken, blocks);
	/* Both pieces of a word have their box, and together they are the word. */
	struct text *text = set(broken, 2);
	const struct text_word *words;
	size_t count = text_words(text, 1, &words), at = 0;
	struct text_block block;
	text_block(text, 0, &block);
	while (at < count && words[at].y == 0)
		at++;
	assert_true(at > 0 && at < count);
	assert_memory_equal(block.text.p + words[at - 1].at, "tom", 3);
	assert_int_equal(words[at - 1].length, 3);
	assert_memory_equal(block.text.p + words[at].at, "be", 2);
	assert_int_equal(words[at].at, words[at - 1].at + 3);
	text_free(text);
}

static int collect(void *context, const void *bytes, size_t n, struct err *err)
{
	(void)err;
	buf_add(context, bytes, n);
	return 0;
}

/* As ALTO: lines where they were, hyphens as such, everything escaped. */
static void alto(void **state)
{
	(void)state;
	static const struct line lines[] = {{0, 0, FULL " a<b> tom-"}, {0, 30, "be \"&\" more"}, {0, 300, "alone"}};
	struct text *text = set(lines, 3);
	struct buf out = BUF_INIT;
	assert_int_equal(text_alto(text, collect, &out, NULL), 0);
	static const char *const there[] = {"<alto xmlns=\"http://www.loc.gov/standards/alto/ns-v4#\"",
		"<Page ID=\"page1\" PHYSICAL_IMG_NR=\"1\" WIDTH=\"1000\" HEIGHT=\"1000\">",
		"<TextBlock ID=\"p1_1\" HPOS=\"0\" VPOS=\"0\"", "CONTENT=\"a&lt;b&gt;\"", "<String CONTENT=\"tom\"",
		"<HYP CONTENT=\"-\"/></TextLine>\n<TextLine HPOS=\"0\" VPOS=\"30\"",
		"<String CONTENT=\"be\" HPOS=\"0\" VPOS=\"30\" WIDTH=\"20\" HEIGHT=\"20\"/><SP/>",
		"<String CONTENT=\"&quot;&amp;&quot;\"", "<TextBlock ID=\"p2_1\"", "</alto>"};
	const char *at = out.p;
	for (size_t i = 0; i < sizeof(there) / sizeof(there[0]); i++) {
		const char *next = strstr(at, there[i]);
		if (!next)
			fail_msg("%s is not (in that order) in %s", there[i], out.p);
		at = next;
	}
	buf_release(&out);
	text_free(text);
}

static bool among(void *context, const char *name)
{
	struct str rest = str_from(context), piece;
	while (str_take_until(&rest, ' ', &piece))
		if (str_equal(piece, str_from(name)))
			return true;
	return false;
}

static void languages(void **state)
{
	(void)state;
	static const struct {
		const char *asked, *there, *chosen; /* NULL: nothing */
	} list[] = {
		{"fr", "eng fra deu", "fra"},
		{"fr-CA", "eng fra deu", "fra"},
		{"fr en", "eng fra deu", "fra+eng"},
		{"fr fr-FR", "eng fra", "fra"},
		{"", "eng fra", "eng"},
		{"de-Latf", "deu script/Fraktur", "script/Fraktur"},
		{"de-Latf", "deu eng", "deu"},
		{"sr-Latn", "srp srp_latn", "srp_latn"},
		{"sr", "srp srp_latn", "srp"},
		{"bg", "eng rus", "rus"}, /* its letters, at least */
		{"bg", "eng rus script/Cyrillic", "script/Cyrillic"},
		{"zh-Hant-HK", "chi_sim chi_tra", "chi_tra"},
		{"tlh", "eng", "eng"},
		{"ja", "eng", "eng"},
		{"frr", "fra fry", "fra"}, /* no language of the table: one of the alphabet of most */
		{"fr", "", NULL},
		{"en fr de ru it es", "eng fra deu rus ita spa", "eng+fra+deu+rus"},
	};
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		struct buf out = BUF_INIT;
		char there[80];
		memcpy(there, list[i].there, strlen(list[i].there) + 1);
		bool any = ocr_languages(str_from(list[i].asked), among, there, &out);
		assert_int_equal(any, list[i].chosen != NULL);
		if (any && strcmp(out.p, list[i].chosen) != 0)
			fail_msg("%s of %s: %s, not %s", list[i].asked, list[i].there, out.p, list[i].chosen);
		buf_release(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paragraphs), cmocka_unit_test(hyphens), cmocka_unit_test(alto), cmocka_unit_test(languages)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
