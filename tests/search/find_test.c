/* search: what is fed is found by every way there is, and nothing else is. */
#include "indexing.h"

static int setup(void **state)
{
	struct indexing *f = mem_alloc(sizeof(*f));

	index_make(f);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	index_remove(*state);
	free(*state);
	return 0;
}

/* ---- words and operators ------------------------------------------------------------------------------------------------------- */

static void feed_letters(struct indexing *f)
{
	begin(f);
	put(f, "anna", "Letter to Anna", "en");
	put_part(f, "anna", "letter.txt", "p1", TEXT_PARAGRAPH, TEXT_LETTER,
		"I wrote letters to all the ministers of the old government.");
	put_part(f, "anna", "letter.txt", "n1", TEXT_NOTE, TEXT_NOTES, "A photostat of this page is in Zurich.");
	put(f, "boris", "Report of Boris", "en");
	put_part(f, "boris", "report.txt", "p1", TEXT_PARAGRAPH, TEXT_BODY, "The minister wrote no letter that winter.");
	put_part(f, "boris", "report.txt", "p2", TEXT_PARAGRAPH, TEXT_BODY, "Photostats were made in 1927 of everything else.");
	put(f, "clara", "Diary", "de");
	put_part(f, "clara", "diary.txt", "h1", TEXT_HEADING, TEXT_BODY, "Die Häuser am Fluß");
	put_part(f, "clara", "diary.txt", "p1", TEXT_PARAGRAPH, TEXT_BODY, "Das alte Haus der Brüder stand im Winter leer.");
	commit(f, 7);
}

static void test_words(void **state)
{
	struct indexing *f = *state;

	feed_letters(f);
	finds(f, "minister", "anna boris");
	finds(f, "ministers", "anna boris");
	finds(f, "\"ministers\"", "anna");
	finds(f, "letter", "anna boris");
	finds(f, "LETTER winter", "boris");
	finds(f, "letter AND winter", "boris");
	finds(f, "winter", "boris clara");
	finds(f, "winter OR anna", "anna boris clara");
	finds(f, "winter -letter", "clara");
	finds(f, "winter NOT letter", "clara");
	finds(f, "(anna OR clara OR haus) winter", "clara");
	finds(f, "haus", "clara");
	finds(f, "Häuser", "clara");
	finds(f, "bruder", "clara");
	finds(f, "\"brüder\"", "clara");
	finds(f, "fluss", "clara");
	finds(f, "photo*", "anna boris");
	finds(f, "minis* winter", "boris");
	finds(f, "\"letters to all\"", "anna");
	finds(f, "\"letter to all\"", "");
	finds(f, "\"wrote letters\" ministers", "anna");
	finds(f, "wrote NEAR/3 minister", "boris");
	finds(f, "wrote NEAR/2 ministers", "");
	finds(f, "wrote NEAR/5 ministers", "anna");
	finds(f, "in:notes photostat", "anna");
	finds(f, "in:notes photostats", "anna");
	finds(f, "in:notes letter", "");
	finds(f, "in:letter ministers", "anna");
	finds(f, "in:notes \"page is in\"", "anna");
	finds(f, "in:title letter", "anna");
	finds(f, "title:letter", "anna");
	finds(f, "title:report boris", "boris");
	finds(f, "lang:de", "clara");
	finds(f, "lang:en winter", "boris");
	finds(f, "winter -lang:en", "clara");
	finds(f, "1927", "boris");
	finds(f, "nothing", "");
	finds(f, "id:boris", "boris");
	finds(f, "anna zurich", "anna"); /* the title and a note: one record */
	finds(f, "winter -\"no letter\"", "clara");
	finds(f, "leer OR \"all the ministers\"", "anna clara");
	finds(f, "winter date:1900..1950", "");
}

static void test_places(void **state)
{
	struct indexing *f = *state;
	struct answer answer = {.refused = NULL};

	feed_letters(f);
	ask(f, "photostat", &answer);
	assert_int_equal(answer.total, 2);
	assert_non_null(strstr(answer.places.p, "letter.txt#n1"));
	assert_non_null(strstr(answer.places.p, "report.txt#p2"));
	assert_non_null(strstr(answer.snippets.p, "A [photostat] of this page"));
	assert_non_null(strstr(answer.snippets.p, "[Photostats] were made"));
	answer_release(&answer);
	ask(f, "\"no letter that\"", &answer);
	assert_string_equal(answer.snippets.p, "The minister wrote [no] [letter] [that] winter.\n");
	answer_release(&answer);
	ask(f, "anna", &answer);
	assert_string_equal(answer.places.p, "# ");
	answer_release(&answer);
	/* the title weighs more than the text */
	ask(f, "letter", &answer);
	assert_string_equal(answer.ids.p, "anna boris");
	answer_release(&answer);
}

/* ---- dates and facets ------------------------------------------------------------------------------------------------------------- */

static int64_t day(const char *date)
{
	int64_t seconds;

	assert_true(date_parse(S(date), &seconds));
	return seconds / 86400;
}

static void put_dated(struct indexing *f, const char *id, const char *creator, const char *type, int64_t first, int64_t last)
{
	struct err err = ERR_INIT;
	struct str creators[1] = {S(creator)}, types[1] = {S(type)};
	struct search_record record = {.id = S(id),
		.title = STR("Paper"),
		.words = STR("Paper"),
		.creators = creators,
		.creator_count = 1,
		.types = types,
		.type_count = 1,
		.first_day = first,
		.last_day = last};

	must(search_put_record(f->search, &record, &err), &err);
}

static void test_fields(void **state)
{
	struct indexing *f = *state;
	struct answer answer = {.refused = NULL};

	begin(f);
	put_dated(f, "joffe", "Joffe, Adolf", "Text", day("1927-11-16"), day("1927-11-16"));
	put_dated(f, "war", "Zeppelin, Graf von", "StillImage", day("1914-08-01"), day("1918-11-11"));
	put_dated(f, "open", "Joffé, Adolf Abramowitsch", "application/pdf", day("1920-01-01"), INT64_MAX);
	put_dated(f, "old", "Livius", "Text", day("0100-01-01") - 40000, day("0100-01-01") - 30000);
	put_dated(f, "none", "Nobody", "Text", INT64_MAX, INT64_MIN);
	commit(f, 1);
	finds(f, "creator:joffe", "joffe open");
	finds(f, "creator:\"adolf joffe\"", "joffe open");
	finds(f, "creator:adolf creator:abramowitsch", "open");
	finds(f, "type:text", "joffe none old");
	finds(f, "type:application/pdf", "open");
	finds(f, "paper date:1917..1927", "joffe open war");
	finds(f, "date:1917..1927", "joffe open war");
	finds(f, "date:1919", "");
	finds(f, "date:1920", "open");
	finds(f, "date:1927-11", "joffe open");
	finds(f, "date:1927-12", "open");
	finds(f, "date:..1914-07-31", "old");
	finds(f, "date:..1914-08-01", "old war");
	finds(f, "date:1928..", "open");
	finds(f, "date:2500..", "open");
	finds(f, "date:192X", "joffe open");
	finds(f, "paper -date:1917..1927", "none old");
	ask(f, "paper", &answer);
	assert_int_equal(answer.total, 5);
	assert_non_null(strstr(answer.facets.p, "creator=Joffe, Adolf:1 "));
	assert_non_null(strstr(answer.facets.p, "type=Text:3 "));
	assert_non_null(strstr(answer.facets.p, "decade=1910..1919:1 "));
	assert_non_null(strstr(answer.facets.p, "century=1900..1999:2 "));
	answer_release(&answer);
	finds(f, "date:1910..1919", "war"); /* as the facet gives it */
}

/* ---- whatever is typed ---------------------------------------------------------------------------------------------------------------- */

static void test_anything_is_a_query(void **state)
{
	static const char *const odd[] = {"\"winter", "winter)", "(winter", "winter AND", "OR winter", "NOT winter", "-winter",
		"winter OR", "((((((((((((((((((((((((winter", "date:yesterday winter", "in:nowhere winter", "winter NEAR/5",
		"creator: winter"};
	struct indexing *f = *state;
	struct err err = ERR_INIT;
	struct answer answer = {.refused = NULL};

	feed_letters(f);
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		ask(f, odd[i], &answer);
		if (answer.said[0] == '\0')
			fail_msg("%s: nothing said", odd[i]);
		if (strstr(odd[i], ":") == NULL)
			assert_int_equal(answer.total, 2);
		answer_release(&answer);
	}
	finds(f, "http://winter", "");
	finds(f, "winter & | ! ^ ~ {} [] \\ ; ' ` $ %", "boris clara");
	finds(f, "winter \"\"", "boris clara");
	finds(f, "winter -- *", "boris clara");
	finds(f, "“no letter”", "boris");
	assert_int_equal(ask_bytes(f, STR(""), &answer, 10, &err), -1);
	assert_int_equal(err.code, ERR_USAGE);
	answer_release(&answer);
	assert_int_equal(ask_bytes(f, STR("*** ??? \"\" ()"), &answer, 10, &err), -1);
	assert_int_equal(err.code, ERR_USAGE);
	answer_release(&answer);
	assert_int_equal(ask_bytes(f, STR("win\0ter\xff\xfe winter"), &answer, 10, &err), 0);
	answer_release(&answer);
}

static void test_large_queries(void **state)
{
	struct indexing *f = *state;
	struct err err = ERR_INIT;
	struct answer answer = {.refused = NULL};
	struct buf query = BUF_INIT;

	feed_letters(f);
	buf_text(&query, "winter");
	for (int i = 0; i < 10000; i++)
		buf_printf(&query, " OR word%d", i);
	must(ask_bytes(f, buf_view(&query), &answer, 10, &err), &err);
	assert_int_equal(answer.total, 2);
	assert_string_not_equal(answer.said, "");
	answer_release(&answer);
	for (unsigned kind = 0; kind < 6; kind++) {
		static const char *const pieces[] = {"(", "\"a\" ", "a* ", "NOT ", "x NEAR/9 ", "\xe4\xb8\xad"};

		buf_clear(&query);
		while (query.n < 1u << 20)
			buf_text(&query, pieces[kind]);
		(void)ask_bytes(f, buf_view(&query), &answer, 10, &err);
		answer_release(&answer);
	}
	buf_release(&query);
}

/* ---- changes ---------------------------------------------------------------------------------------------------------------------------- */

static void test_replaced_and_removed(void **state)
{
	struct indexing *f = *state;
	struct err err = ERR_INIT;
	uint64_t position = 0;

	feed_letters(f);
	must(search_position(f->search, &position, &err), &err);
	assert_int_equal(position, 7);
	begin(f);
	put_letter(f, "anna", "en", "Something else entirely.");
	must(search_remove(f->search, S("clara"), &err), &err);
	must(search_remove(f->search, S("nobody"), &err), &err);
	commit(f, 8);
	finds(f, "zurich", "");
	finds(f, "entirely", "anna");
	finds(f, "haus", "");
	finds(f, "winter", "boris");
	finds(f, "\"brüder\"", "");
	finds(f, "photo*", "boris");
	begin(f);
	must(search_remove(f->search, S("boris"), &err), &err);
	search_rollback(f->search);
	finds(f, "winter", "boris");
	search_free(f->search);
	must(search_open(&f->search, f->path, false, &err), &err);
	finds(f, "entirely", "anna");
	assert_int_equal(search_begin(f->search, &err), -1);
}

/* Who has it open finds what is fed next, and nothing of before. */
static void test_emptied_beside_a_reader(void **state)
{
	struct indexing *f = *state, reader = {.search = NULL};
	struct err err = ERR_INIT;

	feed_letters(f);
	must(search_open(&reader.search, f->path, false, &err), &err);
	finds(&reader, "winter", "boris clara");
	must(search_clear(f->search, &err), &err);
	finds(&reader, "winter", "");
	begin(f);
	put_letter(f, "dora", "en", "Another winter.");
	commit(f, 11);
	finds(&reader, "winter", "dora");
	search_free(reader.search);
}

static bool file_holds(const char *path, const char *text)
{
	FILE *file = fopen(path, "rb");
	struct buf all = BUF_INIT;
	char part[65536];
	bool holds;
	size_t n;

	if (file == NULL)
		return false;
	while ((n = fread(part, 1, sizeof(part), file)) > 0)
		buf_add(&all, part, n);
	fclose(file);
	holds = all.n > 0 && memmem(all.p, all.n, text, strlen(text)) != NULL;
	buf_release(&all);
	return holds;
}

/* P6: after a removal and a scrub nothing of the words is in the file, nor beside it. */
static void test_scrub(void **state)
{
	struct indexing *f = *state;
	struct err err = ERR_INIT;
	char wal[160];

	snprintf(wal, sizeof(wal), "%s-wal", f->path);
	for (int round = 0; round < 3; round++) {
		begin(f);
		for (int i = 0; i < 40; i++) {
			char id[32], text[256];

			snprintf(id, sizeof(id), "r%d", round * 40 + i);
			snprintf(text, sizeof(text), "Some common words and number%d here.%s", i,
				i == 7 && round == 1 ? " Xylophonsecret Geheimniswort." : "");
			put_letter(f, id, "en", text);
		}
		commit(f, (uint64_t)round);
	}
	finds(f, "xylophonsecret", "r47");
	assert_true(file_holds(f->path, "ylophonsecre") || file_holds(wal, "ylophonsecre"));
	begin(f);
	must(search_remove(f->search, S("r47"), &err), &err);
	commit(f, 9);
	must(search_scrub(f->search, &err), &err);
	assert_false(file_holds(f->path, "ylophonsecre"));
	assert_false(file_holds(f->path, "eheimniswor"));
	assert_false(file_holds(f->path, "r47"));
	assert_false(file_holds(wal, "ylophonsecre"));
	finds(f, "xylophonsecret", "");
	finds(f, "number8", "r48 r8 r88");
}

/* ---- access (P6) -------------------------------------------------------------------------------------------------------------------------- */

static void test_admission(void **state)
{
	struct indexing *f = *state;
	struct answer answer = {.refused = "boris"};

	feed_letters(f);
	ask(f, "minister", &answer);
	assert_int_equal(answer.total, 1);
	assert_string_equal(answer.ids.p, "anna");
	assert_null(strstr(answer.facets.p, ":2"));
	answer_release(&answer);
	answer.refused = "letter.txt"; /* the record is open, its file is not */
	ask(f, "zurich", &answer);
	assert_int_equal(answer.total, 0);
	assert_string_equal(answer.ids.p, "");
	answer_release(&answer);
	ask(f, "anna", &answer);
	assert_int_equal(answer.total, 1);
	assert_null(strstr(answer.snippets.p, "ministers"));
	answer_release(&answer);
}

static void test_suggestions(void **state)
{
	struct indexing *f = *state;
	struct err err = ERR_INIT;
	struct answer answer = {.refused = NULL};

	feed_letters(f);
	ask(f, "ministr winter", &answer);
	assert_string_equal(answer.suggestion, "minister winter");
	answer_release(&answer);
	ask(f, "photsotat", &answer);
	assert_string_equal(answer.suggestion, "photostat");
	answer_release(&answer);
	ask(f, "govermnet", &answer);
	assert_string_equal(answer.suggestion, "government");
	answer_release(&answer);
	ask(f, "winter", &answer);
	assert_string_equal(answer.suggestion, "");
	answer_release(&answer);
	/* what left the file is not offered */
	begin(f);
	must(search_remove(f->search, S("anna"), &err), &err);
	commit(f, 8);
	ask(f, "governmen", &answer);
	assert_string_equal(answer.suggestion, "");
	answer_release(&answer);
	/* nor what may not be seen */
	answer.refused = "boris";
	ask(f, "ministr", &answer);
	assert_string_equal(answer.suggestion, "");
	answer_release(&answer);
}

static void test_marks(void **state)
{
	struct err err = ERR_INIT;
	struct buf ranges = BUF_INIT;
	const char *text = "Letters, no letter. No letter that way.";
	const size_t *pairs;

	(void)state;
	must(search_mark(STR("\"no letter that\" letter -way"), STR("en"), S(text), &ranges, &err), &err);
	pairs = (const size_t *)(const void *)ranges.p;
	assert_int_equal(ranges.n, 5 * 2 * sizeof(size_t));
	assert_int_equal(pairs[0], 0);
	assert_int_equal(pairs[1], 7);
	assert_int_equal(pairs[4], 20);
	assert_int_equal(pairs[5], 2);
	buf_release(&ranges);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_words, setup, teardown),
		cmocka_unit_test_setup_teardown(test_places, setup, teardown),
		cmocka_unit_test_setup_teardown(test_fields, setup, teardown),
		cmocka_unit_test_setup_teardown(test_anything_is_a_query, setup, teardown),
		cmocka_unit_test_setup_teardown(test_large_queries, setup, teardown),
		cmocka_unit_test_setup_teardown(test_replaced_and_removed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_emptied_beside_a_reader, setup, teardown),
		cmocka_unit_test_setup_teardown(test_scrub, setup, teardown),
		cmocka_unit_test_setup_teardown(test_admission, setup, teardown),
		cmocka_unit_test_setup_teardown(test_suggestions, setup, teardown),
		cmocka_unit_test(test_marks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
