/* search: words in the scripts and languages of the world. */
#include "indexing.h"

struct one {
	const char *id, *language, *text;
};
static const struct one ones[] = {
	{"german", "de", "Die Straße der Künſtler; ein ſchoͤnes Haus, große Füße"},
	{"french", "fr", "Les élèves étudiaient l'œuvre à Genève, cœur ouvert"},
	{"russian", "ru", "Ещё одно письмо писателя; старый миръ и новѣйшая исторія"},
	{"greek", "el", "Ἐν ἀρχῇ ἦν ὁ λόγος, οἱ ἄνθρωποι"},
	{"hebrew", "he", "בְּרֵאשִׁית בָּרָא אֱלֹהִים"},
	{"arabic", "ar", "الكِتَابُ والمَكتبة في القاهرة"},
	{"syriac", "syc", "ܒܪܶܫܺܝܬ݂ ܐܝܬܘܗܝ ܗܘܐ ܡܠܬܐ"},
	{"chinese", "zh", "我在東京都的圖書館讀書。"},
	{"japanese", "ja", "東京の手紙をカタカナで書いた。"},
	{"korean", "ko", "서울에서 편지를 썼다"},
	{"thai", "th", "จดหมายจากกรุงเทพมหานคร"},
	{"hindi", "hi", "हिन्दी में लिखी हुई चिट्ठियाँ"},
	{"ligatures", "en", "The ﬁrst oﬃce of Cæsar; wordes ꝛ ſoules"},
	{"wide", "", "ＦＵＬＬｗｉｄｔｈ １９２７ and soft\xc2\xadhyphen"},
};

static int setup(void **state)
{
	struct indexing *f = mem_alloc(sizeof(*f));

	index_make(f);
	begin(f);
	for (size_t i = 0; i < sizeof(ones) / sizeof(ones[0]); i++)
		put_letter(f, ones[i].id, ones[i].language, ones[i].text);
	commit(f, 1);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	index_remove(*state);
	free(*state);
	return 0;
}

static void test_folding(void **state)
{
	struct indexing *f = *state;

	finds(f, "strasse", "german");
	finds(f, "STRAßE", "german");
	finds(f, "künstler", "german");
	finds(f, "kunstler", "german");
	finds(f, "schön", "german");
	finds(f, "schones", "german");
	finds(f, "\"ein schönes haus\"", "german");
	finds(f, "fuß", "german");
	finds(f, "élève", "french");
	finds(f, "eleves", "french");
	finds(f, "oeuvre", "french");
	finds(f, "œuvre", "french");
	finds(f, "étudier", "french");
	finds(f, "coeur", "french");
	finds(f, "еще", "russian");
	finds(f, "ещё", "russian");
	finds(f, "письма", "russian");
	finds(f, "писатель", "russian");
	finds(f, "мир", "russian");
	finds(f, "новейший", "russian");
	finds(f, "история", "russian");
	finds(f, "λογος", "greek");
	finds(f, "ΛΌΓΟΣ", "greek");
	finds(f, "αρχη", "greek");
	finds(f, "first office", "ligatures");
	finds(f, "caesar", "ligatures");
	finds(f, "souls", "ligatures");
	finds(f, "fullwidth 1927", "wide");
	finds(f, "softhyphen", "wide");
}

static void test_points(void **state)
{
	struct indexing *f = *state;

	finds(f, "בראשית", "hebrew");
	finds(f, "\"ברא אלהים\"", "hebrew");
	finds(f, "בָּרָא", "hebrew");
	finds(f, "כتاب", "");
	finds(f, "الكتاب", "arabic");
	finds(f, "كتاب", "arabic");
	finds(f, "القاهره", "arabic");
	finds(f, "ܒܪܫܝܬ", "syriac");
	finds(f, "हिन्दी", "hindi");
	finds(f, "चिट्ठियाँ", "hindi");
	finds(f, "\"में लिखी\"", "hindi");
}

static void test_without_spaces(void **state)
{
	struct indexing *f = *state;

	finds(f, "東京", "chinese japanese");
	finds(f, "東京都", "chinese");
	finds(f, "圖書館", "chinese");
	finds(f, "京東", "");
	finds(f, "書", "chinese japanese");
	finds(f, "手紙", "japanese");
	finds(f, "カタカナ", "japanese");
	finds(f, "ｶﾀｶﾅ", "japanese");
	finds(f, "東京 手紙", "japanese");
	finds(f, "\"東京の手紙\"", "japanese");
	finds(f, "東京 -手紙", "chinese");
	finds(f, "서울", "korean");
	finds(f, "편지", "korean");
	finds(f, "จดหมาย", "thai");
	finds(f, "กรุงเทพ", "thai");
	finds(f, "เทพมหา", "thai");
}

static void test_snippets_of_scripts(void **state)
{
	struct indexing *f = *state;
	struct answer answer = {.refused = NULL};

	ask(f, "東京都", &answer);
	assert_non_null(strstr(answer.snippets.p, "[東京][都]"));
	answer_release(&answer);
	ask(f, "מים OR אלהים", &answer);
	assert_non_null(strstr(answer.snippets.p, "[אֱלֹהִים]"));
	answer_release(&answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_folding),
		cmocka_unit_test(test_points),
		cmocka_unit_test(test_without_spaces),
		cmocka_unit_test(test_snippets_of_scripts),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
