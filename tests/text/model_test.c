/* The model of text.h and its format: what is built is settled, what is written is read again, and nothing else is read. */
#include "support.h"

static void add(struct text *text, enum text_kind kind, const char *content)
{
	text_begin(text, kind, TEXT_BODY, 0);
	text_add(text, str_from(content));
}

static void white_space_is_settled(void **state)
{
	(void)state;
	struct text *text = text_new();
	add(text, TEXT_PARAGRAPH, " \t one\r\n  two\x01\x7f \xc2\x85three\xff\xef\xbb\xbf  ");
	text_add(text, STR(" four "));
	add(text, TEXT_VERSE, "\n  a \r\n\n\n\n b  c\n");
	add(text, TEXT_CODE, "\n  if (x)\r\n\ty;\n\n");
	add(text, TEXT_PARAGRAPH, " \xc2\xa0\xe2\x80\x8b\n");
	add(text, TEXT_NOTE, "a note");
	text_finish(text);
	assert_int_equal(text_block_count(text), 4);
	assert_str(block_of(text, 0).text, "one two three\xef\xbf\xbd four");
	assert_str(block_of(text, 1).text, "a\n\nb c");
	assert_str(block_of(text, 2).text, "  if (x)\n    y;");
	assert_str(block_of(text, 0).id, "p1");
	assert_str(block_of(text, 2).id, "p3");
	assert_str(block_of(text, 3).id, "n1");
	size_t i = 99;
	assert_true(text_find(text, STR("n1"), &i) && i == 3);
	assert_true(text_find(text, STR("p3"), &i) && i == 2);
	assert_false(text_find(text, STR("p4"), &i) || text_find(text, STR("n0"), &i) || text_find(text, STR("p01"), &i) ||
		     text_find(text, STR("p"), &i) || text_find(text, STR("x1"), &i) || text_find(text, STR(""), &i));
	assert_false(text_cut(text));
	text_free(text);
}

static void marks_follow_the_text(void **state)
{
	(void)state;
	struct text *text = text_new();
	add(text, TEXT_PARAGRAPH, "To ");
	text_mark(text, TEXT_EMPHASIS, STR(""));
	text_mark(text, TEXT_PERSON, STR("#anna"));
	text_add(text, STR(" Anna "));
	text_unmark(text);
	text_add(text, STR("and"));
	text_unmark(text);
	text_mark(text, TEXT_REFERENCE, STR("#late"));
	text_add(text, STR("2"));
	text_unmark(text);
	text_mark(text, TEXT_REFERENCE, STR("#nowhere"));
	text_unmark(text);
	text_mark(text, TEXT_LINK, STR("javascript:alert(1)"));
	text_add(text, STR(" no link"));
	text_unmark(text);
	text_mark(text, TEXT_LINK, STR("https://example.org/x"));
	text_add(text, STR(" link"));
	text_unmark(text);
	text_mark(text, TEXT_DATE, STR("1927-13"));
	text_add(text, STR(" then"));
	text_unmark(text);
	text_mark(text, TEXT_STRONG, STR("")); /* of nothing */
	add(text, TEXT_PARAGRAPH, "");
	add(text, TEXT_NOTE, "first");
	text_set_key(text, STR("early"));
	add(text, TEXT_NOTE, "second");
	text_set_key(text, STR("late"));
	add(text, TEXT_NOTE, "third, of the same key");
	text_set_key(text, STR("late"));
	text_finish(text);
	struct text_block block = block_of(text, 0);
	static const struct {
		enum text_mark_kind kind;
		const char *covers, *target;
	} wanted[] = {{TEXT_EMPHASIS, "Anna and", ""}, {TEXT_PERSON, "Anna", "#anna"}, {TEXT_REFERENCE, "2", "n2"},
		{TEXT_REFERENCE, "", ""}, {TEXT_LINK, "link", "https://example.org/x"}, {TEXT_DATE, "then", ""}};
	assert_str(block.text, "To Anna and2 no link link then");
	assert_int_equal(block.mark_count, sizeof(wanted) / sizeof(wanted[0]));
	for (size_t i = 0; i < block.mark_count; i++) {
		assert_int_equal(block.marks[i].kind, wanted[i].kind);
		assert_str((struct str){block.text.p + block.marks[i].at, block.marks[i].length}, wanted[i].covers);
		assert_str(block.marks[i].target, wanted[i].target);
	}
	text_free(text);
}

static void pages_begin_with_what_follows(void **state)
{
	(void)state;
	struct text *text = text_new();
	struct text_page page = {.label = STR("ii"), .image = STR("scans/2.jpg"), .width = 100, .height = 200};
	assert_int_equal(text_add_page(text, &page), 1);
	assert_int_equal(text_add_page(text, &page), 2);
	text_begin_page(text, 1, STR("i")); /* before anything */
	add(text, TEXT_PARAGRAPH, "one ");
	text_begin_page(text, 2, STR("ii"));
	text_add(text, STR("two "));
	text_begin_page(text, 0, STR("iii")); /* where a block ends */
	add(text, TEXT_PARAGRAPH, "  ");
	text_begin_page(text, 7, STR("iv")); /* in one that goes; no such page */
	add(text, TEXT_PARAGRAPH, "three");
	text_begin_page(text, 0, STR("v")); /* where nothing follows */
	text_finish(text);
	struct text_block one = block_of(text, 0), three = block_of(text, 1);
	assert_int_equal(one.mark_count, 2);
	assert_true(one.marks[0].at == 0 && one.marks[0].number == 1 && one.marks[1].at == 4 && one.marks[1].number == 2);
	assert_int_equal(three.mark_count, 3);
	assert_str(three.marks[0].target, "iii");
	assert_str(three.marks[1].target, "iv");
	assert_int_equal(three.marks[1].number, 0);
	assert_true(three.marks[2].at == 5 && three.marks[2].length == 0);
	text_free(text);
}

static struct text *sample(void)
{
	struct text *text = text_new();
	struct text_page page = {.label = STR("1"), .image = STR("scan \"1\".jpg"), .width = 1000, .height = 1500};
	text_set_title(text, STR("A \"title\"\\"));
	text_set_language(text, STR("DE-at"));
	text_set_source(text, STR("test"));
	text_add_page(text, &page);
	page.image = STR("");
	text_add_page(text, &page);
	text_begin_page(text, 1, STR("1"));
	text_begin(text, TEXT_HEADING, TEXT_FRONT, 2);
	uint32_t at = text_here(text);
	text_add(text, STR("Größe "));
	text_add_word(text, at, &(struct text_word){.page = 1, .x = 1, .y = 2, .width = 30, .height = 40});
	text_add_word(text, at, &(struct text_word){.page = 3}); /* no such page */
	text_begin(text, TEXT_VERSE, TEXT_BODY, 0);
	text_set_block_language(text, STR("fr"));
	text_add(text, STR("un\ndeux"));
	text_mark(text, TEXT_REFERENCE, STR("#k"));
	text_add(text, STR("*"));
	text_unmark(text);
	at = text_here(text);
	text_add(text, STR(" trois"));
	text_add_word(text, at, &(struct text_word){.page = 2, .x = 5});
	text_begin(text, TEXT_NOTE, TEXT_NOTES, 0);
	text_set_label(text, STR("*"));
	text_set_key(text, STR("k"));
	text_add(text, STR("eine Note"));
	text_finish(text);
	return text;
}

static const char sample_lines[] =
	"{\"format\":\"photostat.text/v1\",\"title\":\"A "
	"\\\"title\\\"\\\\\",\"language\":\"de-AT\",\"source\":\"test\",\"cut\":false,\"pages\":2,\"blocks\":3,\"words\":2}\n"
	"{\"page\":1,\"label\":\"1\",\"image\":\"scan \\\"1\\\".jpg\",\"width\":1000,\"height\":1500}\n"
	"{\"page\":2,\"label\":\"1\",\"image\":\"\",\"width\":1000,\"height\":1500}\n"
	"{\"id\":\"p1\",\"kind\":\"heading\",\"part\":\"front\",\"level\":2,\"text\":\"Größe\",\"marks\":[[\"page\",0,0,\"1\",1]]}"
	"\n"
	"{\"id\":\"p2\",\"kind\":\"verse\",\"part\":\"body\",\"language\":\"fr\",\"text\":\"un\\ndeux* "
	"trois\",\"marks\":[[\"reference\",7,1,\"n1\"]]}\n"
	"{\"id\":\"n1\",\"kind\":\"note\",\"part\":\"notes\",\"label\":\"*\",\"text\":\"eine Note\"}\n"
	"{\"words\":1,\"boxes\":[[0,0,7,1,2,30,40]]}\n"
	"{\"words\":2,\"boxes\":[[1,9,5,5,0,0,0]]}\n";

static void the_format_is_as_documented(void **state)
{
	(void)state;
	struct text *text = sample(), *read = NULL;
	struct buf lines = written(text), again;
	struct err err = ERR_INIT;
	assert_str(buf_view(&lines), sample_lines);
	if (text_read(&read, buf_view(&lines), &err) < 0)
		fail_msg("not read: %s", err.text);
	again = written(read);
	assert_str(buf_view(&again), sample_lines);
	const struct text_word *words;
	assert_int_equal(text_words(read, 2, &words), 1);
	assert_true(words[0].block == 1 && words[0].at == 9 && words[0].x == 5);
	assert_int_equal(text_words(read, 3, &words), 0);
	assert_str(text_title(read), "A \"title\"\\");
	assert_str(text_language(read), "de-AT");
	buf_release(&lines);
	buf_release(&again);
	text_free(text);
	text_free(read);
}

static void the_empty_text_is_one(void **state)
{
	(void)state;
	struct text *text = text_new(), *read;
	text_finish(text);
	struct buf lines = written(text);
	assert_int_equal(text_read(&read, buf_view(&lines), NULL), 0);
	assert_int_equal(text_block_count(read), 0);
	text_free(read);
	text_free(text);
	buf_release(&lines);
}

/* P9: what reads it takes nothing that was not written so. */
static void nothing_else_is_read(void **state)
{
	(void)state;
	static const struct {
		const char *what, *with, *says; /* NULL: is as good */
	} changes[] = {
		{"text/v1", "text/v2", "line 1"},
		{"\"pages\":2", "\"pages\":3", "line 4"},
		{"\"pages\":2", "\"pages\":1", "line 3"},
		{"\"blocks\":3", "\"blocks\":4", "line 7"},
		{"\"blocks\":3", "\"blocks\":2", "line 6"},
		{"\"words\":2", "\"words\":3", "too early"},
		{"\"words\":2", "\"words\":1", "line 8"},
		{"\"blocks\":3", "\"blocks\":9999999", "number"},
		{"\"page\":2", "\"page\":1", "order"},
		{"\"language\":\"de-AT\"", "\"language\":\"de-at\"", "BCP 47"},
		{"\"language\":\"fr\"", "\"language\":\"\"", "language"},
		{"\"p1\"", "\"p2\"", "ids"},
		{"\"n1\",\"kind\"", "\"p3\",\"kind\"", "ids"},
		{"\"heading\"", "\"header\"", "kind of block"},
		{"\"front\"", "\"behind\"", "part"},
		{"\"level\":2", "\"level\":0", "level"},
		{"\"level\":2", "\"level\":02", "level"},
		{"Größe", "Größe ", "text holds"},
		{"Größe", " Größe", "text holds"},
		{"Größe", "Gr\\tße", "escape"},
		{"Größe", "Gr\\u00f6ße", "escape"},
		{"Größe", "Gr\x01ße", "text holds"},
		{"Größe", "Gr\xc3ße", "UTF-8"},
		{"Größe", "", "text holds"},
		{"\"page\",0,0", "\"page\",1,0", NULL},
		{"\"page\",0,0", "\"page\",0,1", "mark"},
		{"\"page\",0,0,\"1\",1", "\"page\",0,0,\"1\",3", "mark"},
		{"\"page\",0,0,\"1\",1", "\"page\",0,0,\"1\",0", "mark"},
		{"\"page\",0,0,\"1\",1", "\"page\",7,0,\"1\",1", "mark"},
		{"\"reference\",7,1,\"n1\"", "\"reference\",7,1,\"n2\"", "not there"},
		{"\"reference\",7,1,\"n1\"", "\"reference\",7,1,\"p1\"", "not there"},
		{"\"reference\",7,1,\"n1\"", "\"reference\",7,1,\"\"", "mark"},
		{"\"reference\",7,1,\"n1\"", "\"reference\",7,99,\"n1\"", "mark"},
		{"\"reference\",7,1,\"n1\"", "\"link\",7,1,\"n1\"", "mark"},
		{"\"reference\",7,1,\"n1\"", "\"emphasis\",7,2", "mark"},
		{"[0,0,7,1", "[0,0,2,1", NULL},
		{"[0,0,7,1", "[0,0,3,1", "word"},
		{"[0,0,7,1", "[9,0,7,1", "word"},
		{"[0,0,7,1", "[0,0,0,1", "word"},
		{"{\"words\":2", "{\"words\":1", "order"},
		{"]]}\n{\"words\":2", "]]} \n{\"words\":2", "more than"},
	};
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		struct buf changed = BUF_INIT;
		const char *where = strstr(sample_lines, changes[i].what);
		struct text *read;
		struct err err = ERR_INIT;
		assert_non_null(where);
		buf_add(&changed, sample_lines, (size_t)(where - sample_lines));
		buf_text(&changed, changes[i].with);
		buf_text(&changed, where + strlen(changes[i].what));
		int result = text_read(&read, buf_view(&changed), &err);
		if (!changes[i].says) {
			assert_int_equal(result, 0);
		} else if (result == 0 || err.code == ERR_NONE || !strstr(err.text, changes[i].says)) {
			fail_msg("“%s” for “%s”: %d “%s”, not “%s”", changes[i].with, changes[i].what, result, err.text,
				changes[i].says);
		}
		text_free(read);
		buf_release(&changed);
	}
	/* Cut anywhere, it is none. */
	for (size_t n = 0; n < sizeof(sample_lines) - 1; n++) {
		struct text *read;
		assert_int_equal(text_read(&read, (struct str){sample_lines, n}, NULL), -1);
		assert_null(read);
	}
}

static void what_is_too_much_is_cut(void **state)
{
	(void)state;
	struct text *text = text_new(), *read;
	struct buf piece = BUF_INIT;
	for (size_t i = 0; i < 1 << 20; i++)
		buf_char(&piece, i % 10 == 9 ? ' ' : 'x');
	for (size_t i = 0; i < 40; i++)
		text_add(text, buf_view(&piece));
	text_begin(text, TEXT_NOTE, TEXT_BODY, 0);
	text_add(text, STR("never seen"));
	text_mark(text, TEXT_EMPHASIS, STR(""));
	text_unmark(text);
	text_finish(text);
	assert_true(text_cut(text));
	assert_int_equal(text_block_count(text), 1);
	assert_true(block_of(text, 0).text.n <= TEXT_MAX && block_of(text, 0).text.n > TEXT_MAX - 100);
	struct buf lines = written(text);
	assert_int_equal(text_read(&read, buf_view(&lines), NULL), 0);
	assert_true(text_cut(read));
	text_free(read);
	text_free(text);
	buf_release(&lines);

	text = text_new();
	for (size_t i = 0; i < TEXT_BLOCKS_MAX + 10; i++)
		add(text, TEXT_NOTE, "x");
	for (size_t i = 0; i < 1000; i++)
		text_mark(text, TEXT_EMPHASIS, STR("")); /* in one that was left out */
	text_finish(text);
	assert_true(text_cut(text) && text_block_count(text) == TEXT_BLOCKS_MAX);
	text_free(text);

	text = text_new();
	for (size_t i = 0; i < 3; i++) {
		add(text, TEXT_PARAGRAPH, "x");
		for (size_t m = 0; m < TEXT_MARKS_MAX / 2; m++) /* deep and many */
			text_mark(text, TEXT_EMPHASIS, STR(""));
		for (size_t m = 0; m < TEXT_MARKS_MAX / 2; m++) {
			text_mark(text, TEXT_LINE, STR(""));
			text_add(text, STR("y"));
		}
	}
	text_set_label(text, buf_view(&piece));
	text_finish(text);
	assert_true(text_cut(text));
	assert_true(block_of(text, 2).label.n <= TEXT_STRING_MAX);
	text_free(text);
	buf_release(&piece);
}

static void names_lead_back(void **state)
{
	(void)state;
	for (unsigned i = 0; i < TEXT_KINDS; i++) {
		enum text_kind kind;
		assert_true(text_kind_named(str_from(text_kind_name(i)), &kind) && kind == i);
	}
	for (unsigned i = 0; i < TEXT_PARTS; i++) {
		enum text_part part;
		assert_true(text_part_named(str_from(text_part_name(i)), &part) && part == i);
	}
	for (unsigned i = 0; i < TEXT_MARK_KINDS; i++) {
		enum text_mark_kind kind;
		assert_true(text_mark_named(str_from(text_mark_name(i)), &kind) && kind == i);
	}
	enum text_kind none;
	assert_false(text_kind_named(STR("paragraphs"), &none));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(white_space_is_settled), cmocka_unit_test(marks_follow_the_text),
		cmocka_unit_test(pages_begin_with_what_follows), cmocka_unit_test(the_format_is_as_documented),
		cmocka_unit_test(the_empty_text_is_one), cmocka_unit_test(nothing_else_is_read),
		cmocka_unit_test(what_is_too_much_is_cut), cmocka_unit_test(names_lead_back)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
