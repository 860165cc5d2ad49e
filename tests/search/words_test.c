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

/* ---- languages that nobody said ---------------------------------------------------------------------------------------------------- */

static const struct one texts[] = {
	{"a", "en",
		"We came to the house in the evening, and there was nobody who would have told us what had become of the letters "
		"that he left with her."},
	{"b", "de",
		"Wir kamen am Abend in das Haus, und es war niemand da, der uns hätte sagen können, was aus den Briefen geworden "
		"ist, die er bei ihr ließ."},
	{"c", "fr",
		"Nous sommes arrivés le soir dans la maison, et il n'y avait personne pour nous dire ce que sont devenues les "
		"lettres qu'il a laissées chez elle."},
	{"d", "es",
		"Llegamos por la tarde a la casa, y no había nadie que nos dijera qué fue de las cartas que él dejó con ella en "
		"los últimos años de su vida."},
	{"e", "ru",
		"Мы пришли вечером в дом, и там не было никого, кто сказал бы нам, что стало с письмами, которые он оставил у неё "
		"в те годы."},
	{"f", "ru",
		"Вечеромъ мы пришли въ домъ, и тамъ не было никого, кто бы намъ сказалъ, что сталось съ письмами, которыя онъ у "
		"нея оставилъ."},
	{"g", "ar",
		"وصلنا إلى البيت في المساء ولم يكن هناك من يقول لنا ما الذي حدث مع الرسائل التي كان قد تركها عند أهله قبل أن "
		"يسافر"},
	{"h", "it",
		"Siamo arrivati di sera nella casa, e non c'era nessuno che ci dicesse che cosa era stato delle lettere che lui "
		"aveva lasciato da lei."},
	{"i", "", "我們晚上到了那所房子，沒有人告訴我們他留下的信怎麼樣了。"},
	{"j", "", "夕方にその家に着いたが、彼が残した手紙がどうなったかを教えてくれる人はいなかった。"},
	/* neighbours of those, numbers, too little, two at once */
	{"k", "",
		"Ми прийшли ввечері до хати, і там не було нікого, хто сказав би нам, що сталося з листами, які він у неї залишив "
		"за ті роки."},
	{"l", "",
		"Przyszliśmy wieczorem do domu i nie było tam nikogo, kto by nam powiedział, co się stało z listami, które on u "
		"niej zostawił."},
	{"m", "",
		"Gallia est omnis divisa in partes tres, quarum unam incolunt Belgae, aliam Aquitani, tertiam qui ipsorum lingua "
		"Celtae appellantur."},
	{"n", "", "1927 1928 1929 12 7 33 44 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15"},
	{"o", "", "The house."},
	{"p", "",
		"Index nominum: Abel, Baker, Carter, Daniels, Evans, Fisher, Garner, Hill, Irving, Jones, Keller, Lowe, Mason, "
		"Norris, Owens"},
	{"q", "", ""},
	{"r", "", "\xff\xfe\xed\xa0\x80 \xc3 the"},
};

static void test_guesses(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strcmp(search_guess_language(S(texts[i].text)), texts[i].language) != 0)
			fail_msg("%s: %s, not %s", texts[i].text, search_guess_language(S(texts[i].text)), texts[i].language);
}

/* Whatever a text is taken for: each of its words is found as it stands, alone and as a phrase, also with a stemmer of another script. */
static void test_wrong_guesses_lose_nothing(void **state)
{
	static const char *const taken_for[] = {"en", "de", "fr", "ru", "ar", "tr", "yi", "nl", "id", "ta", "hu"};
	struct indexing *f = mem_alloc(sizeof(*f));

	(void)state;
	index_make(f);
	for (size_t i = 0; i < sizeof(taken_for) / sizeof(taken_for[0]); i++) {
		char id[8];

		begin(f);
		for (size_t k = 0; k < 10; k++) {
			(void)snprintf(id, sizeof(id), "%s%zu", taken_for[i], k);
			put_letter(f, id, taken_for[i], texts[k].text);
		}
		commit(f, i);
	}
	for (size_t k = 0; k < 8; k++) {
		char *copy = mem_dup(S(texts[k].text)), *rest = copy;

		for (char *word; (word = strsep(&rest, " ,.'")) != NULL;) {
			struct answer answer = {.refused = NULL};
			char query[128];

			if (strlen(word) < 2)
				continue;
			for (int quoted = 0; quoted < 2; quoted++) {
				(void)snprintf(query, sizeof(query), quoted ? "\"%s\"" : "%s", word);
				ask(f, query, &answer);
				/* in this text under each of its eleven names, at least */
				if (answer.total < sizeof(taken_for) / sizeof(taken_for[0]))
					fail_msg("%s: %llu", query, (unsigned long long)answer.total);
				answer_release(&answer);
			}
		}
		free(copy);
	}
	index_remove(f);
	free(f);
}

/* The collection beside the project: translations of one book. Of each its own language or none. */
static void test_collection(void **state)
{
	static const char *const books[][2] = {{"Armenian-PART", "hy"}, {"Basque-NT", "eu"}, {"Cherokee-NT", ""},
		{"Gujarati-NT", ""}, {"Syriac-NT", ""}, {"Ukranian-NT", ""}};
	unsigned found = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(books) / sizeof(books[0]); i++) {
		static char xml[400000];
		struct buf text = BUF_INIT;
		char path[128];
		const char *guessed;
		FILE *file;
		size_t n;
		bool tag = false;

		(void)snprintf(path, sizeof(path), "../shared/corpus/languages/%s.xml", books[i][0]);
		file = fopen(path, "rb");
		if (file == NULL) {
			print_message("skipped: %s is not here\n", path);
			continue;
		}
		n = fread(xml, 1, sizeof(xml), file);
		fclose(file);
		for (size_t k = n > 8192 ? 8192 : 0; k < n; k++) { /* behind the header */
			tag = xml[k] == '<' || (tag && xml[k] != '>');
			if (!tag)
				buf_char(&text, xml[k] == '>' ? ' ' : xml[k]);
		}
		guessed = search_guess_language(buf_view(&text));
		print_message("%s: %s\n", books[i][0], guessed);
		if (*guessed != '\0' && strcmp(guessed, books[i][1]) != 0)
			fail_msg("%s is taken for %s", path, guessed);
		found++;
		buf_release(&text);
	}
	if (found == 0)
		skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_folding),
		cmocka_unit_test(test_points),
		cmocka_unit_test(test_without_spaces),
		cmocka_unit_test(test_snippets_of_scripts),
		cmocka_unit_test(test_guesses),
		cmocka_unit_test(test_wrong_guesses_lose_nothing),
		cmocka_unit_test(test_collection),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
