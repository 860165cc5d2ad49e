/* photostat.json: read, made, written, merged. */
#include "support.h"

#include <malloc.h>

static void add(struct record *record, enum dc_term term, const char *value, const char *language, const char *as_written)
{
	struct err err = ERR_INIT;
	const struct record_value v = {
		.term = term, .value = str_from(value), .language = str_from(language), .written = str_from(as_written)};
	assert_done(record_add_value(record, &v, &err), &err);
}

static void set(struct record *record, enum record_field field, const char *value)
{
	struct err err = ERR_INIT;
	assert_done(record_set_field(record, field, str_from(value), &err), &err);
}

static struct record *example(void)
{
	struct record *record = record_new();
	struct err err = ERR_INIT;
	set(record, RECORD_ID, "https://example.org/archive/r/letter-1");
	set(record, RECORD_LEVEL, "item");
	set(record, RECORD_REFERENCE_CODE, "HL/1/3");
	set(record, RECORD_IS_PART_OF, "https://example.org/archive/r/letters");
	set(record, RECORD_ACCESS, "embargo=2050-01-01");
	set(record, RECORD_ORIGINAL_NAME, "Letters/To Anna\n.txt");
	record_set_version(record, 3);
	/* In any order; kept in that of the terms. */
	add(record, DC_LANGUAGE, "EN-gb", "", "");
	add(record, DC_TITLE, "Letter to Anna", "", "");
	add(record, DC_DATE, "1913-05-04", "", "Sunday 4 May");
	add(record, DC_TITLE, "Brief an Anna", "de", "");
	add(record, DC_DATE, "1913~", "", "");
	add(record, DC_DATE, "", "", "Whitsun");
	add(record, DC_DESCRIPTION, "First line\nsecond \"line\"\\\tend", "", "");
	const struct record_event accession = {.type = STR("accession"),
		.date = STR("2026-01-12"),
		.agent = STR("M. Keeper"),
		.note = STR("Two boxes"),
		.accession = STR("2026/014"),
		.from = STR("J. Vane"),
		.agreement = STR("Gift")};
	const struct record_event later = {.type = STR("accession"),
		.accession = STR("2026/015"),
		.supersedes = 1,
		.evidence = STR("https://example.org/archive/r/deed")};
	assert_done(record_add_event(record, &accession, NULL, &err), &err);
	assert_done(record_add_event(record, &later, NULL, &err), &err);
	const struct record_file files[] = {
		{.path = STR("scans/2.jpg"), .role = STR("scan"), .sequence = 2, .media_type = STR("image/jpeg")},
		{.path = STR("letter.txt"),
			.role = STR("transcription"),
			.language = STR("EN"),
			.has_modified = true,
			.modified = 1714557600},
		{.path = STR("\xc3\xa9 \"odd\"\n")},
	};
	for (size_t i = 0; i < 3; i++)
		assert_done(record_add_file(record, &files[i], &err), &err);
	return record;
}

static const char example_json[] =
	"{\n"
	"  \"schema\": \"photostat.record/v1\",\n"
	"  \"id\": \"https://example.org/archive/r/letter-1\",\n"
	"  \"version\": 3,\n"
	"  \"level\": \"item\",\n"
	"  \"referenceCode\": \"HL/1/3\",\n"
	"  \"isPartOf\": \"https://example.org/archive/r/letters\",\n"
	"  \"access\": \"embargo=2050-01-01\",\n"
	"  \"originalName\": \"Letters/To Anna\\n.txt\",\n"
	"  \"metadata\": {\n"
	"    \"title\": [\n"
	"      \"Letter to Anna\",\n"
	"      {\"value\": \"Brief an Anna\", \"language\": \"de\"}\n"
	"    ],\n"
	"    \"date\": [\n"
	"      {\"edtf\": \"1913-05-04\", \"written\": \"Sunday 4 May\"},\n"
	"      \"1913~\",\n"
	"      {\"written\": \"Whitsun\"}\n"
	"    ],\n"
	"    \"description\": [\n"
	"      \"First line\\nsecond \\\"line\\\"\\\\\\tend\"\n"
	"    ],\n"
	"    \"language\": [\n"
	"      \"en-GB\"\n"
	"    ]\n"
	"  },\n"
	"  \"events\": [\n"
	"    {\n"
	"      \"number\": 1,\n"
	"      \"type\": \"accession\",\n"
	"      \"date\": \"2026-01-12\",\n"
	"      \"agent\": \"M. Keeper\",\n"
	"      \"note\": \"Two boxes\",\n"
	"      \"accession\": \"2026/014\",\n"
	"      \"from\": \"J. Vane\",\n"
	"      \"agreement\": \"Gift\"\n"
	"    },\n"
	"    {\n"
	"      \"number\": 2,\n"
	"      \"type\": \"accession\",\n"
	"      \"evidence\": \"https://example.org/archive/r/deed\",\n"
	"      \"accession\": \"2026/015\",\n"
	"      \"supersedes\": 1\n"
	"    }\n"
	"  ],\n"
	"  \"files\": [\n"
	"    {\"path\": \"letter.txt\", \"role\": \"transcription\", \"language\": \"en\", \"modified\": "
	"\"2024-05-01T10:00:00Z\"},\n"
	"    {\"path\": \"scans/2.jpg\", \"role\": \"scan\", \"sequence\": 2, \"mediaType\": \"image/jpeg\"},\n"
	"    {\"path\": \"\xc3\xa9 \\\"odd\\\"\\n\"}\n"
	"  ]\n"
	"}\n";

static void written_to_the_byte(void **state)
{
	struct record *record = example();
	struct buf text = written(record);
	(void)state;
	assert_string_equal(text.p, example_json);
	buf_release(&text);
	/* Nothing in it: nothing but the schema. */
	record_clear(record);
	text = written(record);
	assert_string_equal(text.p, "{\n  \"schema\": \"photostat.record/v1\"\n}\n");
	buf_release(&text);
	record_free(record);
}

static void read_as_written(void **state)
{
	struct record *record, *same = example();
	struct err err = ERR_INIT;
	(void)state;
	for (int source = RECORD_STORED; source <= RECORD_GIVEN; source++) {
		assert_done(record_parse(&record, str_from(example_json), (enum record_source)source, &err), &err);
		assert_true(record_equal(record, same));
		struct buf text = written(record);
		assert_string_equal(text.p, example_json);
		buf_release(&text);
		record_free(record);
	}
	/* A byte at a time, with a byte order mark. */
	struct record_parser *parser = record_parser_new(RECORD_STORED);
	assert_done(record_parser_feed(parser, "\xef\xbb", 2, &err), &err);
	assert_done(record_parser_feed(parser, "\xbf", 1, &err), &err);
	for (size_t i = 0; i < sizeof(example_json) - 1; i++)
		assert_done(record_parser_feed(parser, example_json + i, 1, &err), &err);
	assert_done(record_parser_finish(parser, &record, &err), &err);
	assert_true(record_equal(record, same));
	/* The parser has nothing more to give. */
	struct record *none;
	assert_int_equal(record_parser_finish(parser, &none, &err), -1);
	assert_null(none);
	record_parser_free(parser);
	/* Cut anywhere, it is no record. */
	for (size_t n = 0; n < sizeof(example_json) - 3; n++) {
		assert_int_equal(record_parse(&none, (struct str){example_json, n}, RECORD_STORED, &err), -1);
		assert_null(none);
	}
	record_free(same);
	record_free(record);
}

static void looked_at(void **state)
{
	struct record *record = example();
	struct record_value value;
	struct record_event event;
	struct record_file file;
	struct edtf_range ranges[4];
	struct str languages[4];
	size_t i;
	(void)state;
	assert_int_equal(record_version(record), 3);
	assert_str(record_field(record, RECORD_REFERENCE_CODE), "HL/1/3");
	assert_str(record_first(record, DC_TITLE), "Letter to Anna");
	assert_str(record_first(record, DC_CREATOR), "");
	assert_int_equal(record_value_count(record), 7);
	record_value(record, 1, &value);
	assert_str(value.language, "de");
	assert_int_equal(record_dates(record, ranges, 4), 2);
	assert_int_equal(ranges[0].first, ranges[0].last);
	assert_int_equal(ranges[1].last - ranges[1].first, 364);
	assert_int_equal(record_dates(record, ranges, 1), 1);
	assert_int_equal(record_languages(record, languages, 4), 2);
	assert_str(languages[0], "en-GB");
	assert_str(languages[1], "en");
	assert_int_equal(record_languages(record, languages, 1), 1);
	assert_true(record_event_superseded(record, 1));
	assert_false(record_event_superseded(record, 2));
	assert_true(record_accession(record, &event));
	assert_str(event.accession, "2026/015");
	assert_int_equal(event.number, 2);
	/* An accession that others follow, and none at all. */
	const struct record_event custody = {.type = STR("custody")};
	assert_done(record_add_event(record, &custody, NULL, NULL), NULL);
	assert_true(record_accession(record, &event));
	assert_int_equal(event.number, 2);
	struct record *none = record_new();
	assert_false(record_accession(none, &event));
	assert_done(record_add_event(none, &custody, NULL, NULL), NULL);
	assert_false(record_accession(none, &event));
	record_free(none);
	assert_int_equal(record_file_count(record), 3);
	assert_true(record_find_file(record, STR("scans/2.jpg"), &i));
	assert_int_equal(i, 1);
	record_file(record, i, &file);
	assert_str(file.role, "scan");
	assert_false(record_find_file(record, STR("scans/3.jpg"), &i));
	assert_int_equal(record_unknown(record).n, 0);
	assert_true(record_memory(record) > 500);
	record_free(record);
	record_free(NULL);
}

static void given_freely(void **state)
{
	struct record *record;
	struct err err = ERR_INIT;
	struct record_value value;
	(void)state;
	/* No schema, one value without a list, terms at the top, a term's format beside them. */
	static const char json[] =
		"{\"title\": \" Letter \", \"creator\": [\"A\", {\"value\": \"B\", \"language\": \"de-at\"}],"
		" \"date\": {\"edtf\": \"1913\", \"written\": \"in spring\"}, \"level\": \"sub-fonds\", \"format\": \"paper\","
		" \"metadata\": {\"description\": \"x\\r\\ny\\rz\", \"subject\": []},"
		" \"events\": [{\"type\": \"custody\"}], \"files\": [{\"path\": \"a\", \"role\": \"scan\"}]}";
	assert_done(record_parse(&record, str_from(json), RECORD_GIVEN, &err), &err);
	assert_str(record_first(record, DC_TITLE), "Letter");
	assert_str(record_first(record, DC_FORMAT), "paper");
	assert_str(record_first(record, DC_DESCRIPTION), "x\ny\nz");
	assert_str(record_field(record, RECORD_LEVEL), "subfonds");
	record_value(record, 2, &value);
	assert_str(value.value, "B");
	assert_str(value.language, "de-AT");
	record_value(record, 3, &value);
	assert_str(value.value, "1913");
	assert_str(value.written, "in spring");
	record_free(record);
	assert_done(record_parse(&record, STR("{}"), RECORD_GIVEN, &err), &err);
	record_free(record);
}

static void refused_when_given(void **state)
{
	(void)state;
	static const struct {
		const char *json, *says;
	} bad[] = {
		{"", "not JSON"},
		{"[]", "an object { … }, not a list"},
		{"\"x\"", "not a text"},
		{"null", "not null"},
		{"{\"title\": \"x\"} x", "not JSON"},
		{"{\"title\": \"x\"}{}", "not JSON"},
		{"{\"title\": \"x\",}", "not JSON"},
		{"{title: 1}", "not JSON"},
		{"{\"Titel\": \"x\"}", "“Titel” is not known; did you mean “title”?"},
		{"{\"metadata\": {\"Title\": \"x\"}}", "did you mean “title”?"},
		{"{\"colour\": \"x\"}", "“colour” is not known; the keys are listed"},
		{"{\n\n\"colour\": \"x\"}", "line 3: "},
		{"{\"title\": \"x\", \"title\": \"y\"}", "stands twice"},
		{"{\"metadata\": {\"title\": \"x\"}, \"title\": \"y\"}", "stands twice"},
		{"{\"id\": \"x\", \"id\": \"y\"}", "stands twice"},
		{"{\"files\": [{\"path\": \"x\", \"path\": \"y\"}]}", "stands twice"},
		{"{\"title\": 7}", "“title” takes a list of texts, not a number"},
		{"{\"metadata\": {\"title\": 7}}", "“title” takes a text or a list of texts, not a number"},
		{"{\"title\": [7]}", "not a number"},
		{"{\"title\": null}", "null (leave the key out)"},
		{"{\"title\": [null]}", "null"},
		{"{\"title\": [[\"x\"]]}", "not a list"},
		{"{\"title\": true}", "not true"},
		{"{\"title\": \"\"}", "title: the value is empty"},
		{"{\"title\": {\"edtf\": \"1913\"}}", "value and language, not edtf"},
		{"{\"date\": {\"value\": \"1913\"}}", "edtf and written, not value"},
		{"{\"date\": {\"edtf\": \"1913\", \"language\": \"de\"}}", "a date has no language"},
		{"{\"title\": {\"value\": \"x\", \"written\": \"y\"}}", "only a date has a form as written"},
		{"{\"title\": {\"value\": \"x\", \"lang\": \"de\"}}", "“lang” is not known"},
		{"{\"title\": {}}", "the value is empty"},
		{"{\"date\": {}}", "date: “” is no date (EDTF): it is empty"},
		{"{\"date\": \"Spring 1913\"}", "date: “Spring 1913” is no date"},
		{"{\"language\": \"German\"}", "language: “German” is no language tag"},
		{"{\"level\": \"box\"}", "level: “box” is not known; it is collection, fonds"},
		{"{\"level\": \"itme\"}", "did you mean item?"},
		{"{\"access\": \"secret\"}", "open, closed, or embargo"},
		{"{\"access\": \"embargo=2050-02-30\"}", "is no day"},
		{"{\"version\": 0}", "from 1 on"},
		{"{\"version\": 1.5}", "from 1 on"},
		{"{\"version\": -1}", "from 1 on"},
		{"{\"version\": 4294967296}", "from 1 on"},
		{"{\"version\": \"1\"}", "“version” takes a number"},
		{"{\"schema\": \"photostat.record/v2\"}", "newer photostat"},
		{"{\"schema\": \"x\"}", "not photostat.record/v1"},
		{"{\"schema\": 1}", "takes a text"},
		{"{\"metadata\": []}", "an object of terms"},
		{"{\"metadata\": {\"isPartOf\": \"x\"}}", "isPartOf stands beside metadata"},
		{"{\"events\": {}}", "a list of objects"},
		{"{\"events\": [\"x\"]}", "takes objects, not a text"},
		{"{\"events\": [{\"date\": \"1913\"}]}", "an event has no type"},
		{"{\"events\": [{\"type\": \"custdy\"}]}", "did you mean custody?"},
		{"{\"events\": [{\"type\": \"custody\", \"number\": 2}]}", "number 2 where 1 is due"},
		{"{\"events\": [{\"type\": \"custody\", \"number\": 0}]}", "from 1 on"},
		{"{\"events\": [{\"type\": \"custody\", \"number\": \"1\"}]}", "“number” takes a number"},
		{"{\"events\": [{\"type\": \"custody\", \"supersedes\": 1}]}", "no event 1 to supersede"},
		{"{\"events\": [{\"type\": \"custody\", \"accession\": \"1\"}]}", "only an accession has them"},
		{"{\"events\": [{\"type\": \"custody\", \"date\": \"yesterday\"}]}", "event date: “yesterday”"},
		{"{\"events\": [{\"type\": \"custody\", \"who\": \"x\"}]}", "“who” is not known"},
		{"{\"events\": [{\"type\": \"custody\"},{\"type\": \"loss\", \"supersedes\": 1},{\"type\": \"loss\", "
		 "\"supersedes\": 1}]}",
			"superseded by event 2 already"},
		{"{\"files\": [{}]}", "a file has no path"},
		{"{\"files\": [{\"path\": \"\"}]}", "a file has no path"},
		{"{\"files\": [{\"path\": \"/a\"}]}", "not relative and plain"},
		{"{\"files\": [{\"path\": \"a/../b\"}]}", "not relative and plain"},
		{"{\"files\": [{\"path\": \"a//b\"}]}", "not relative and plain"},
		{"{\"files\": [{\"path\": \"a\\u0000b\"}]}", "not UTF-8"},
		{"{\"files\": [{\"path\": \"a\", \"role\": \"scann\"}]}",
			"file “a”: role: “scann” is not known; did you mean scan?"},
		{"{\"files\": [{\"path\": \"a\", \"sequence\": 0}]}", "from 1 on"},
		{"{\"files\": [{\"path\": \"a\", \"sequence\": -3}]}", "from 1 on"},
		{"{\"files\": [{\"path\": \"a\", \"sequence\": \"1\"}]}", "takes a number"},
		{"{\"files\": [{\"path\": \"a\", \"mediaType\": \"text\"}]}", "no media type"},
		{"{\"files\": [{\"path\": \"a\", \"language\": \"English\"}]}", "no language tag"},
		{"{\"files\": [{\"path\": \"a\", \"modified\": \"2024\"}]}", "no time"},
		{"{\"files\": [{\"path\": \"a\", \"size\": 3}]}", "“size” is not known"},
		{"{\"files\": [{\"path\": \"a\"}, {\"path\": \"b\"}, {\"path\": \"a\"}]}", "“a” is listed twice"},
		{"{\"title\": \"\\ud83d\"}", "surrogate"},
		{"{\"title\": \"\\ude00\"}", "surrogate"},
		{"{\"title\": \"\\ud83d\\ud83d\"}", "surrogate"},
		{"{\"title\": \"\\ud83dx\"}", "surrogate"},
		{"{\"title\": \"\\ud83d\\n\"}", "surrogate"},
		{"{\"title\": \"a\\u0000b\"}", "control character"},
		{"{\"title\": \"a\\u001bb\"}", "control character"},
		{"{\"title\": \"a\\u0085b\"}", "control character"},
		{"{\"title\": \"caf\xe9\"}", "not UTF-8"},
		{"{\"title\": \"\xed\xa0\xbd\"}", "not UTF-8"},
		{"{\"title\": \"a\nb\"}", "not JSON"},
		{"{\"referenceCode\": \"a\\nb\"}", "several lines"},
		{"\xff\xfe{\0}\0", "not JSON"},
		{"\xef\xbb", "not JSON"},
		{"{\"a\xff\": 1}", "is not known"},
	};
	int wrong = 0;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct record *record;
		struct err err = ERR_INIT;
		if (record_parse(&record, str_from(bad[i].json), RECORD_GIVEN, &err) < 0 && strstr(err.text, bad[i].says) &&
			!record)
			continue;
		print_error("%s gives “%s”, which does not say “%s”\n", bad[i].json, err.text, bad[i].says);
		wrong++;
	}
	assert_int_equal(wrong, 0);
	/* Pairs of surrogates, escaped quotes and backslashes are fine. */
	struct record *record;
	struct err err = ERR_INIT;
	assert_done(record_parse(&record, STR("{\"title\": \"\\ud83d\\ude00 \\\\\\\" \\\\\", \"creator\": \"\\u00e9\\\\u12\"}"),
			    RECORD_GIVEN, &err),
		&err);
	assert_str(record_first(record, DC_TITLE), "\xf0\x9f\x98\x80 \\\" \\");
	record_free(record);
	/* Nested without end, and texts without end. */
	struct buf text = BUF_INIT;
	buf_text(&text, "{\"x\":");
	for (int i = 0; i < 100000; i++)
		buf_char(&text, '[');
	assert_int_equal(record_parse(&record, buf_view(&text), RECORD_STORED, &err), -1);
	assert_err(&err, ERR_SYNTAX, "nested");
	buf_clear(&text);
	buf_text(&text, "{\"title\": \"");
	for (size_t i = 0; i <= RECORD_TEXT_MAX; i++)
		buf_char(&text, 'x');
	buf_text(&text, "\"}");
	assert_int_equal(record_parse(&record, buf_view(&text), RECORD_GIVEN, &err), -1);
	assert_err(&err, ERR_LIMIT, "at most");
	for (size_t i = 0; i < (size_t)9 * RECORD_TEXT_MAX; i++)
		buf_char(&text, ' ');
	assert_int_equal(record_parse(&record, buf_view(&text), RECORD_STORED, &err), -1);
	buf_release(&text);
}

/* What a later program may add is passed over, and said. */
static void stored_by_a_later_program(void **state)
{
	struct record *record;
	struct err err = ERR_INIT;
	struct record_file file;
	(void)state;
	static const char json[] = "{\"schema\": \"photostat.record/v1\", \"weather\": {\"sun\": [1, {\"a\": null}, true], \"x\": "
				   "\"y\"}, \"rain\": null,"
				   " \"metadata\": {\"title\": [\"T\"], \"smell\": [\"old\"]}, \"level\": \"sub-sub-item\","
				   " \"events\": [{\"number\": 1, \"type\": \"time travel\", \"speed\": 88}],"
				   " \"files\": [{\"path\": \"a\", \"role\": \"hologram\", \"sizes\": [[1]]}]}";
	assert_done(record_parse(&record, str_from(json), RECORD_STORED, &err), &err);
	assert_str(record_unknown(record), "weather");
	assert_str(record_first(record, DC_TITLE), "T");
	assert_str(record_field(record, RECORD_LEVEL), "sub-sub-item");
	record_file(record, 0, &file);
	assert_str(file.role, "hologram");
	struct record *copy = record_new();
	record_copy(copy, record);
	assert_true(record_equal(copy, record));
	assert_str(record_unknown(copy), "weather");
	struct buf text = written(copy);
	assert_non_null(strstr(text.p, "hologram"));
	buf_release(&text);
	record_free(copy);
	record_free(record);
	static const struct {
		const char *json, *says;
	} bad[] = {
		{"{}", "no “schema”"},
		{"{\"schema\": \"photostat.record/v1\", \"title\": [\"T\"]", "not JSON"},
		{"{\"schema\": \"photostat.record/v1\", \"metadata\": {\"title\": \"T\"}}", "“title” takes a list"},
		{"{\"schema\": \"photostat.record/v1\", \"events\": [{\"type\": \"loss\"}]}", "number 0 where 1 is due"},
		{"{\"schema\": \"photostat.record/v1\", \"level\": \"<b>\"}", "level"},
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		err_clear(&err);
		assert_int_equal(record_parse(&record, str_from(bad[i].json), RECORD_STORED, &err), -1);
		assert_err(&err, ERR_SYNTAX, bad[i].says);
	}
}

static void refused_leaves_the_record(void **state)
{
	struct record *record = example(), *before = example();
	struct err err = ERR_INIT;
	(void)state;
	const struct record_value values[] = {
		{.term = DC_TITLE},
		{.term = DC_TITLE, .value = STR("x"), .language = STR("German")},
		{.term = DC_DATE, .value = STR("yesterday")},
		{.term = DC_DATE, .value = STR("1913"), .written = STR("a\x01")},
		{.term = DC_TITLE, .value = STR("\xff")},
	};
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		assert_int_equal(record_add_value(record, &values[i], &err), -1);
	assert_int_equal(record_set_field(record, RECORD_LEVEL, STR("box"), &err), -1);
	assert_int_equal(record_set_field(record, RECORD_ORIGINAL_NAME, STR("\xff"), &err), -1);
	const struct record_event event = {.type = STR("loss"), .supersedes = 1};
	assert_int_equal(record_add_event(record, &event, NULL, &err), -1);
	assert_err(&err, ERR_EXISTS, "superseded by event 2");
	const struct record_event other = {.type = STR("loss"), .supersedes = 9};
	assert_int_equal(record_add_event(record, &other, NULL, &err), -1);
	assert_err(&err, ERR_NOT_FOUND, "no event 9");
	const struct record_file file = {.path = STR("x"), .role = STR("nothing")};
	assert_int_equal(record_add_file(record, &file, &err), -1);
	assert_int_equal(record_set_file(record, 0, &file, &err), -1);
	assert_true(record_equal(record, before));
	/* Limits. */
	const struct record_value value = {.term = DC_SUBJECT, .value = STR("x")};
	int result = 0;
	for (size_t i = 0; i <= RECORD_VALUES_MAX && result == 0; i++)
		result = record_add_value(record, &value, &err);
	assert_int_equal(result, -1);
	assert_err(&err, ERR_LIMIT, "10000");
	assert_int_equal(record_value_count(record), RECORD_VALUES_MAX);
	record_free(record);
	record_free(before);
}

static void laid_over(void **state)
{
	struct record *into = example(), *from;
	struct err err = ERR_INIT;
	struct record_file file;
	struct record_event event;
	size_t i;
	(void)state;
	static const char json[] =
		"{\"title\": \"New\", \"level\": \"file\", \"events\": [{\"type\": \"custody\"}, {\"type\": \"custody\","
		" \"supersedes\": 1}], \"files\": [{\"path\": \"letter.txt\", \"role\": \"translation\"}, {\"path\": \"a\","
		" \"role\": \"scan\"}, {\"path\": \"z\"}]}";
	assert_done(record_parse(&from, str_from(json), RECORD_GIVEN, &err), &err);
	assert_done(record_overlay(into, from, &err), &err);
	assert_int_equal(record_value_count(into), 6);
	assert_str(record_first(into, DC_TITLE), "New");
	assert_str(record_field(into, RECORD_LEVEL), "file");
	assert_str(record_field(into, RECORD_REFERENCE_CODE), "HL/1/3");
	assert_int_equal(record_event_count(into), 4);
	record_event(into, 3, &event);
	assert_int_equal(event.supersedes, 3);
	assert_int_equal(event.number, 4);
	assert_int_equal(record_file_count(into), 5);
	assert_true(record_find_file(into, STR("letter.txt"), &i));
	record_file(into, i, &file);
	assert_str(file.role, "translation");
	assert_str(file.language, "en");
	assert_true(file.has_modified);
	assert_done(record_check(into, &err), &err);
	record_free(into);
	record_free(from);
}

/* The list of events told again, with one more: only that one is new; what it supersedes is found under its number here. */
static void events_told_again(void **state)
{
	struct record *into, *from;
	struct err err = ERR_INIT;
	struct record_event event;
	(void)state;
	assert_done(
		record_parse(&into,
			STR("{\"title\": \"x\", \"events\": [{\"type\": \"custody\", \"note\": \"1\"}, {\"type\": \"ingestion\"},"
			    " {\"type\": \"custody\", \"note\": \"1\"}]}"),
			RECORD_GIVEN, &err),
		&err);
	assert_done(record_parse(&from,
			    STR("{\"events\": [{\"type\": \"custody\", \"note\": \"1\"}, {\"type\": \"custody\", \"note\": \"1\"},"
				" {\"type\": \"custody\", \"note\": \"2\", \"supersedes\": 2}]}"),
			    RECORD_GIVEN, &err),
		&err);
	assert_done(record_overlay(into, from, &err), &err);
	assert_int_equal(record_event_count(into), 4);
	record_event(into, 3, &event);
	assert_str(event.note, "2");
	assert_int_equal(event.supersedes, 3);
	/* Two that are alike in one list stay two; all of it again changes nothing. */
	assert_done(record_overlay(into, from, &err), &err);
	assert_int_equal(record_event_count(into), 4);
	record_keep_events(into);
	assert_int_equal(record_event_count(into), 4);
	assert_int_equal(record_value_count(into), 0);
	record_free(into);
	record_free(from);
}

static void compared(void **state)
{
	static const char *const changes[] = {"title=x", "title+=x", "date=1914", "date.written=x", "level=file",
		"referenceCode=", "file:letter.txt:role=scan", "file:letter.txt:sequence=9", "file:letter.txt:language=fr",
		"file:letter.txt:mediaType=a/b"};
	struct err err = ERR_INIT;
	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		struct record *a = example(), *b = record_new();
		record_copy(b, a);
		assert_true(record_equal(a, b));
		assert_done(record_put(b, str_from(changes[i]), RECORD_EDIT, &err), &err);
		assert_false(record_equal(a, b));
		struct buf left = written(a), right = written(b);
		assert_string_not_equal(left.p, right.p);
		buf_release(&left);
		buf_release(&right);
		record_free(a);
		record_free(b);
	}
}

/* Events: whatever differs, differs. */
static void events_compared(void **state)
{
	static const char *const events[] = {
		"{\"type\": \"accession\"}",
		"{\"type\": \"custody\"}",
		"{\"type\": \"accession\", \"date\": \"1913\"}",
		"{\"type\": \"accession\", \"date\": \"1914\"}",
		"{\"type\": \"accession\", \"agent\": \"A\"}",
		"{\"type\": \"accession\", \"note\": \"A\"}",
		"{\"type\": \"accession\", \"evidence\": \"A\"}",
		"{\"type\": \"accession\", \"accession\": \"A\"}",
		"{\"type\": \"accession\", \"from\": \"A\"}",
		"{\"type\": \"accession\", \"agreement\": \"A\"}",
		"{\"type\": \"accession\"}, {\"type\": \"loss\"}",
		"{\"type\": \"accession\"}, {\"type\": \"loss\", \"supersedes\": 1}",
	};
	enum { N = sizeof(events) / sizeof(events[0]) };
	struct record *list[N];
	struct err err = ERR_INIT;
	(void)state;
	for (size_t i = 0; i < N; i++) {
		char json[200];
		snprintf(json, sizeof(json), "{\"events\": [%s]}", events[i]);
		assert_done(record_parse(&list[i], str_from(json), RECORD_GIVEN, &err), &err);
	}
	for (size_t i = 0; i < N; i++)
		for (size_t j = 0; j < N; j++)
			assert_int_equal(record_equal(list[i], list[j]), i == j);
	for (size_t i = 0; i < N; i++)
		record_free(list[i]);
}

/* As much as a record may hold in values is read again: what is capped is one text, not their sum. */
static void long_values(void **state)
{
	struct record *record = record_new(), *again;
	struct err err = ERR_INIT;
	char *text = mem_alloc(RECORD_TEXT_MAX + 1);
	(void)state;
	memset(text, 'x', RECORD_TEXT_MAX);
	for (int i = 0; i < 10; i++) {
		const struct record_value value = {.term = DC_DESCRIPTION, .value = {text, RECORD_TEXT_MAX}};
		assert_done(record_add_value(record, &value, &err), &err);
	}
	struct buf json = written(record);
	assert_done(record_parse(&again, buf_view(&json), RECORD_STORED, &err), &err);
	assert_true(record_equal(record, again));
	record_free(again);
	record_free(record);
	buf_release(&json);
	free(text);
}

static int count(void *context, const void *bytes, size_t n, struct err *err)
{
	size_t *total = context;
	(void)bytes;
	(void)err;
	assert_true(n <= 64u << 10);
	*total += n;
	return 0;
}

static int refuse(void *context, const void *bytes, size_t n, struct err *err)
{
	(void)context;
	(void)bytes;
	(void)n;
	return err_set(err, ERR_SYSTEM, "the disk is full");
}

/* 100,000 files: made in no order, written in pieces, read in pieces, in the memory that the contract names (P10). */
static void many_files(void **state)
{
	enum { FILES = 100000 };
	struct record *record = record_new(), *again;
	struct err err = ERR_INIT;
	size_t bytes = 0;
	struct mallinfo2 before = mallinfo2();
	(void)state;
	for (uint32_t i = 0; i < FILES; i++) {
		char path[100];
		uint32_t mixed = (uint32_t)((uint64_t)i * 48271 % FILES);
		snprintf(path, sizeof(path), "a folder of some length/another one/page-%06u of the whole.tif", mixed);
		const struct record_file file = {.path = str_from(path),
			.role = STR("scan"),
			.sequence = mixed + 1,
			.language = STR("de"),
			.media_type = STR("image/tiff"),
			.has_modified = true,
			.modified = 1700000000 + i};
		assert_done(record_add_file(record, &file, &err), &err);
	}
	assert_done(record_check(record, &err), &err);
	struct mallinfo2 after = mallinfo2();
	size_t held = (size_t)(after.uordblks + after.hblkhd) - (size_t)(before.uordblks + before.hblkhd);
	assert_true(held < 14u << 20);
	assert_true(record_memory(record) < 12u << 20);
	assert_done(record_write(record, count, &bytes, &err), &err);
	struct buf text = written(record);
	assert_int_equal(text.n, bytes);
	assert_done(record_parse(&again, buf_view(&text), RECORD_STORED, &err), &err);
	assert_true(record_equal(record, again));
	assert_int_equal(record_write(record, refuse, NULL, &err), -1);
	assert_err(&err, ERR_SYSTEM, "disk");
	/* Laid over themselves: still n log n. */
	assert_done(record_overlay(again, record, &err), &err);
	assert_int_equal(record_file_count(again), FILES);
	buf_release(&text);
	record_free(record);
	record_free(again);
	/* More than a record may take is refused, not swallowed. */
	record = record_new();
	char path[4001];
	memset(path, 'x', sizeof(path));
	int result = 0;
	for (uint32_t i = 0; i < 20000 && result == 0; i++) {
		snprintf(path, 12, "%u", i);
		path[strlen(path)] = 'x';
		const struct record_file file = {.path = {path, 4000}};
		result = record_add_file(record, &file, &err);
	}
	assert_int_equal(result, -1);
	assert_err(&err, ERR_LIMIT, "40 MiB");
	record_free(record);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(written_to_the_byte),
		cmocka_unit_test(read_as_written),
		cmocka_unit_test(looked_at),
		cmocka_unit_test(given_freely),
		cmocka_unit_test(refused_when_given),
		cmocka_unit_test(stored_by_a_later_program),
		cmocka_unit_test(refused_leaves_the_record),
		cmocka_unit_test(laid_over),
		cmocka_unit_test(events_told_again),
		cmocka_unit_test(compared),
		cmocka_unit_test(events_compared),
		cmocka_unit_test(long_values),
		cmocka_unit_test(many_files),
	};
	return cmocka_run_group_tests_name("records", tests, NULL, NULL);
}
