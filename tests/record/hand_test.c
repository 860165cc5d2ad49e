/* Records described and edited by hand: KEY=VALUE and the text for an editor. */
#include "support.h"

static struct record *given(const char *json)
{
	struct record *record;
	struct err err = ERR_INIT;
	assert_done(record_parse(&record, str_from(json), RECORD_GIVEN, &err), &err);
	return record;
}

/* Puts the assignments, separated by newlines, and compares with the record that the JSON describes. */
static void puts_make(const char *before, enum record_put how, const char *assignments, const char *after)
{
	struct record *record = given(before), *wanted = given(after);
	struct err err = ERR_INIT;
	struct str rest = str_from(assignments), one;
	while (str_take_until(&rest, '\n', &one))
		if (record_put(record, one, how, &err) < 0)
			fail_msg("%.*s refused: %s", STR_ARG(one), err.text);
	if (!record_equal(record, wanted)) {
		struct buf text = written(record);
		fail_msg("%s on %s makes %s", assignments, before, text.p);
	}
	record_free(record);
	record_free(wanted);
}

static void described(void **state)
{
	(void)state;
	const enum record_put d = RECORD_DESCRIBE;
	puts_make("{}", d, "title=Letter to Anna", "{\"title\": \"Letter to Anna\"}");
	puts_make("{}", d, "creator=A\ncreator=B\ncreator+=C", "{\"creator\": [\"A\", \"B\", \"C\"]}");
	puts_make("{}", d, "Title= x = y \nDC:CREATOR=z\ndcterms.subject=s",
		"{\"title\": \"x = y\", \"creator\": \"z\", \"subject\": \"s\"}");
	puts_make("{}", d, "title@DE-at=Brief\ntitle=Letter",
		"{\"title\": [{\"value\": \"Brief\", \"language\": \"de-AT\"}, \"Letter\"]}");
	puts_make(
		"{}", d, "date=1913-05-04\ndate.written=Sunday", "{\"date\": {\"edtf\": \"1913-05-04\", \"written\": \"Sunday\"}}");
	puts_make("{}", d, "date.written=Sunday\ndate.written=Monday",
		"{\"date\": [{\"written\": \"Sunday\"}, {\"written\": \"Monday\"}]}");
	puts_make("{}", d, "date=1913\ndate=1914\ndate.written=x",
		"{\"date\": [\"1913\", {\"edtf\": \"1914\", \"written\": \"x\"}]}");
	puts_make("{}", d, "level=sub-series\nreferenceCode=A/1\nisPartOf=b\naccess=closed\nid=c",
		"{\"level\": \"subseries\", \"referenceCode\": \"A/1\", \"isPartOf\": \"b\", \"access\": \"closed\", \"id\": "
		"\"c\"}");
	puts_make("{}", d, "level=file\nlevel=file", "{\"level\": \"file\"}");
	puts_make("{\"title\": [\"a\", \"b\"]}", d, "title=", "{}");
	puts_make("{}", d, "language=EN-gb", "{\"language\": \"en-GB\"}");
	puts_make("{}", d,
		"file:a/b.jpg:role=scan\nfile:a/b.jpg:sequence=2\nfile:a/b.jpg:language=DE\nfile:a/b.jpg:mediaType=image/jpeg",
		"{\"files\": [{\"path\": \"a/b.jpg\", \"role\": \"scan\", \"sequence\": 2, \"language\": \"de\", \"mediaType\": "
		"\"image/jpeg\"}]}");
	puts_make("{}", d, "file:a:b=c.jpg:role=scan", "{\"files\": [{\"path\": \"a:b=c.jpg\", \"role\": \"scan\"}]}");
	puts_make("{}", d, "description=a\nabstract=b", "{\"description\": \"a\", \"abstract\": \"b\"}");
}

static void edited(void **state)
{
	(void)state;
	const enum record_put e = RECORD_EDIT;
	puts_make("{\"title\": [\"a\", \"b\"]}", e, "title=c", "{\"title\": \"c\"}");
	puts_make("{\"title\": [\"a\", \"b\"]}", e, "title+=c", "{\"title\": [\"a\", \"b\", \"c\"]}");
	puts_make("{\"title\": [\"a\", \"b\"]}", e, "title=", "{}");
	puts_make("{\"title\": [\"a\", {\"value\": \"b\", \"language\": \"de\"}]}", e, "title@DE=c",
		"{\"title\": [\"a\", {\"value\": \"c\", \"language\": \"de\"}]}");
	puts_make("{\"title\": [\"a\", {\"value\": \"b\", \"language\": \"de\"}]}", e, "title@de=", "{\"title\": \"a\"}");
	puts_make("{\"title\": [\"a\", {\"value\": \"b\", \"language\": \"de\"}]}", e, "title=c", "{\"title\": \"c\"}");
	puts_make("{\"date\": [{\"edtf\": \"1913\", \"written\": \"x\"}]}", e, "date.written=y",
		"{\"date\": [{\"edtf\": \"1913\", \"written\": \"y\"}]}");
	puts_make("{\"date\": [{\"edtf\": \"1913\", \"written\": \"x\"}]}", e, "date=1914", "{\"date\": \"1914\"}");
	puts_make("{\"date\": [{\"edtf\": \"1913\", \"written\": \"x\"}, {\"written\": \"y\"}]}", e,
		"date.written=", "{\"date\": \"1913\"}");
	puts_make("{\"level\": \"file\", \"referenceCode\": \"A\"}", e, "level=item\nreferenceCode=", "{\"level\": \"item\"}");
	puts_make("{\"files\": [{\"path\": \"a\", \"role\": \"scan\", \"sequence\": 1}]}", e,
		"file:a:role=original\nfile:a:sequence=", "{\"files\": [{\"path\": \"a\", \"role\": \"original\"}]}");
}

static void refused(void **state)
{
	(void)state;
	static const struct {
		enum record_put how;
		const char *assignment;
		enum err_code code;
		const char *says;
	} bad[] = {
		{RECORD_EDIT, "", ERR_USAGE, "no KEY=VALUE"},
		{RECORD_EDIT, "title", ERR_USAGE, "no KEY=VALUE"},
		{RECORD_EDIT, "=x", ERR_USAGE, "no KEY=VALUE"},
		{RECORD_EDIT, "+=x", ERR_SYNTAX, "the key “” is not known"},
		{RECORD_EDIT, "titel=x", ERR_SYNTAX, "did you mean title?"},
		{RECORD_EDIT, "colour=x", ERR_SYNTAX, "a Dublin Core term"},
		{RECORD_EDIT, "referencecod=x", ERR_SYNTAX, "did you mean referenceCode?"},
		{RECORD_EDIT, "originalName=x", ERR_SYNTAX, "is not known"},
		{RECORD_EDIT, "path=x", ERR_SYNTAX, "belongs into a table"},
		{RECORD_EDIT, "title+=", ERR_SYNTAX, "adds nothing"},
		{RECORD_EDIT, "title@German=x", ERR_SYNTAX, "no language tag"},
		{RECORD_EDIT, "title@=x", ERR_SYNTAX, "the language is empty"},
		{RECORD_EDIT, "title.written=x", ERR_SYNTAX, "only a date"},
		{RECORD_EDIT, "date@de=1913", ERR_SYNTAX, "a date has no language"},
		{RECORD_EDIT, "date=May 1913", ERR_SYNTAX, "date: “May 1913” is no date"},
		{RECORD_EDIT, "language=English", ERR_SYNTAX, "language: “English”"},
		{RECORD_EDIT, "level=box", ERR_SYNTAX, "level: “box”"},
		{RECORD_DESCRIBE, "level=item", ERR_SYNTAX, "level takes one value: it is “file” already, and “item” is a second"},
		{RECORD_EDIT, "access=never", ERR_SYNTAX, "open, closed"},
		{RECORD_EDIT, "file:b:role=scan", ERR_NOT_FOUND, "the record has no file “b”"},
		{RECORD_EDIT, "file:a:colour=x", ERR_SYNTAX, "a file's keys are"},
		{RECORD_EDIT, "file:a=x", ERR_SYNTAX, "a file's keys are"},
		{RECORD_EDIT, "file::role=x", ERR_SYNTAX, "a file's keys are"},
		{RECORD_EDIT, "file:a:role=sacn", ERR_SYNTAX, "did you mean scan?"},
		{RECORD_EDIT, "file:a:sequence=first", ERR_SYNTAX, "whole number"},
		{RECORD_EDIT, "file:a:sequence=0", ERR_SYNTAX, "whole number"},
		{RECORD_DESCRIBE, "file:../b:role=scan", ERR_SYNTAX, "not relative and plain"},
		{RECORD_EDIT, "title=a\x01", ERR_SYNTAX, "control character"},
		{RECORD_EDIT, "title=\xff", ERR_SYNTAX, "not UTF-8"},
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		static const char json[] =
			"{\"title\": \"T\", \"level\": \"file\", \"date\": \"1913\", \"files\": [{\"path\": \"a\"}]}";
		struct record *record = given(json), *before = given(json);
		struct err err = ERR_INIT;
		if (record_put(record, str_from(bad[i].assignment), bad[i].how, &err) == 0)
			fail_msg("“%s” was taken", bad[i].assignment);
		assert_err(&err, bad[i].code, bad[i].says);
		assert_true(record_equal(record, before));
		record_free(record);
		record_free(before);
	}
}

/* What the editor gets, taken back as it is, changes nothing, whatever the values hold. */
static void text_round_trip(void **state)
{
	(void)state;
	static const char *const records[] = {
		"{}",
		"{\"title\": \"Letter\", \"level\": \"item\", \"referenceCode\": \"A/1\", \"isPartOf\": \"https://x/r/y\", "
		"\"access\": \"closed\","
		" \"id\": \"https://x/r/z\", \"events\": [{\"type\": \"custody\"}]}",
		"{\"title\": [\"#1\", \"a: b\", {\"value\": \"c\", \"language\": \"de-AT\"}], \"creator\": [\"x\", \"y\"]}",
		"{\"description\": \"one\\ntwo\\n\\nfour\\n.\\n..\\n. x\\n.x\\n    five\\n\\tsix \\n # seven\\n#eight\\n \\n . "
		"\\n..  \\nend: x\"}",
		"{\"description\": \"one \\n\\n\\nend\", \"abstract\": \".\\n.\\n.\"}",
		"{\"date\": [\"1913\", {\"written\": \"x\"}, {\"edtf\": \"1914\", \"written\": \"y\\nz\"}, {\"written\": \"a\"}, "
		"\"1915\"]}",
		"{\"date\": {\"written\": \"x\"}, \"issued\": [{\"written\": \"y\"}, {\"written\": \"z\"}]}",
		"{\"files\": [{\"path\": \"a\"}, {\"path\": \"b: c\", \"role\": \"scan\", \"sequence\": 3, \"language\": \"de\", "
		"\"mediaType\": \"a/b\","
		" \"modified\": \"2024-05-01T10:00:00Z\"}, {\"path\": \"new\\nline\", \"role\": \"scan\"}, {\"path\": \" blank \", "
		"\"role\": \"scan\"}]}",
	};
	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		struct record *record = given(records[i]), *same = given(records[i]);
		struct err err = ERR_INIT;
		struct buf text = BUF_INIT;
		record_text_write(record, &text);
		if (record_text_read(record, buf_view(&text), &err) < 0)
			fail_msg("refused (%s): %s", err.text, text.p);
		if (!record_equal(record, same))
			fail_msg("changed by this: %s", text.p);
		/* With the newlines of other systems too. */
		struct buf crlf = BUF_INIT;
		buf_text(&crlf, "\xef\xbb\xbf");
		for (size_t j = 0; j < text.n; j++) {
			if (text.p[j] == '\n')
				buf_char(&crlf, '\r');
			buf_char(&crlf, text.p[j]);
		}
		assert_done(record_text_read(record, buf_view(&crlf), &err), &err);
		assert_true(record_equal(record, same));
		buf_release(&crlf);
		buf_release(&text);
		record_free(record);
		record_free(same);
	}
}

static void reads_to(const char *before, const char *text, const char *after)
{
	struct record *record = given(before), *wanted = given(after);
	struct err err = ERR_INIT;
	if (record_text_read(record, str_from(text), &err) < 0)
		fail_msg("refused (%s): %s", err.text, text);
	if (!record_equal(record, wanted)) {
		struct buf json = written(record);
		fail_msg("%s makes %s", text, json.p);
	}
	record_free(record);
	record_free(wanted);
}

static void text_is_read(void **state)
{
	(void)state;
	static const char before[] =
		"{\"title\": \"T\", \"level\": \"file\", \"id\": \"i\", \"access\": \"closed\", \"events\": [{\"type\": \"loss\"}],"
		" \"files\": [{\"path\": \"a\", \"role\": \"scan\", \"modified\": \"2024-05-01T10:00:00Z\"}]}";
	/* Everything taken away but what is not edited here. */
	reads_to(before, "",
		"{\"id\": \"i\", \"access\": \"closed\", \"events\": [{\"type\": \"loss\"}],"
		" \"files\": [{\"path\": \"a\", \"role\": \"scan\", \"modified\": \"2024-05-01T10:00:00Z\"}]}");
	reads_to("{}", "title: A\ntitle: B\nTITLE@de : C\nlevel:item",
		"{\"title\": [\"A\", \"B\", {\"value\": \"C\", \"language\": \"de\"}], \"level\": \"item\"}");
	reads_to("{}", "title:\n  A\n  B\n\n\n# x\ncreator: C\n\tD\n    .\n    E",
		"{\"title\": \"A\\nB\", \"creator\": \"C\\nD\\n\\nE\"}");
	reads_to("{}", "date: 1913\ndate.written: x\ndate:\ndate.written: y",
		"{\"date\": [{\"edtf\": \"1913\", \"written\": \"x\"}, {\"written\": \"y\"}]}");
	reads_to("{\"files\": [{\"path\": \"a\", \"role\": \"scan\", \"sequence\": 2}, {\"path\": \"b\", \"role\": \"scan\"}]}",
		"file: a\n  role: original\n\n  language: DE\n",
		"{\"files\": [{\"path\": \"a\", \"role\": \"original\", \"language\": \"de\"}, {\"path\": \"b\", \"role\": "
		"\"scan\"}]}");
	static const struct {
		const char *text, *says;
	} bad[] = {
		{"title: A\nno colon", "line 2: “no colon” is no `key: value`"},
		{"  indented", "line 1: an indented line"},
		{"title: A\n\n\ndate: yesterday\ntitle: B", "line 4: date: “yesterday” is no date"},
		{"# x\ntitel: A", "line 2: the key “titel” is not known; did you mean title?"},
		{"level: item\nlevel: file", "line 2: level takes one value"},
		{"level: box", "line 1: level: “box”"},
		{"id: x", "line 1: id is not edited here: it is permanent"},
		{"access: open", "line 1: access is not edited here; use the command access"},
		{"path: x", "line 1: the key “path” is not known here"},
		{"file:a:role: scan", "line 1: "},
		{"file: nothere", "line 1: the record has no file “nothere”"},
		{"file: a\n  colour: red", "line 2: “colour”: a file has role"},
		{"file: a\n  role", "line 2: “role”: a file has role"},
		{"file: a\n  sequence: x", "line 2: file “a”: sequence is a whole number"},
		{"file: a\n  role: sacn\ntitle: x", "line 1: file “a”: role: “sacn” is not known"},
		{"file: a\n  role: sacn", "line 1: file “a”: role: “sacn” is not known"},
		{"title: a\x01", "line 1: title: "},
		{"title: \xff", "not UTF-8"},
		{"title@German: x", "line 1: "},
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct record *record = given(before), *same = given(before);
		struct err err = ERR_INIT;
		if (record_text_read(record, str_from(bad[i].text), &err) == 0)
			fail_msg("taken: %s", bad[i].text);
		if (!strstr(err.text, bad[i].says))
			fail_msg("%s gives “%s”, which does not say “%s”", bad[i].text, err.text, bad[i].says);
		assert_true(record_equal(record, same));
		record_free(record);
		record_free(same);
	}
}

static void many_files_are_not_listed(void **state)
{
	struct record *record = record_new();
	struct err err = ERR_INIT;
	struct buf text = BUF_INIT;
	(void)state;
	for (int i = 0; i < RECORD_TEXT_FILES + 1; i++) {
		char path[20];
		snprintf(path, sizeof(path), "%04d", i);
		const struct record_file file = {.path = str_from(path), .role = STR("scan")};
		assert_done(record_add_file(record, &file, &err), &err);
	}
	record_text_write(record, &text);
	assert_non_null(strstr(text.p, "# Its 1001 files are not listed here"));
	assert_null(strstr(text.p, "file: "));
	assert_done(record_text_read(record, buf_view(&text), &err), &err);
	assert_int_equal(record_file_count(record), RECORD_TEXT_FILES + 1);
	buf_release(&text);
	record_free(record);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(described),
		cmocka_unit_test(edited),
		cmocka_unit_test(refused),
		cmocka_unit_test(text_round_trip),
		cmocka_unit_test(text_is_read),
		cmocka_unit_test(many_files_are_not_listed),
	};
	return cmocka_run_group_tests_name("by hand", tests, NULL, NULL);
}
