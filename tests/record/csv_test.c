/* Tables: RFC 4180, rows as records and back. */
#include "support.h"

/* Rows as text: fields in <>, rows ended by ';', each with its line. */
static int collect(void *context, const struct csv_row *row, struct err *err)
{
	struct buf *out = context;
	buf_printf(out, "%llu", (unsigned long long)row->line);
	for (size_t i = 0; i < row->count; i++) {
		if (str_equal(row->fields[i], STR("stop")))
			return err_set(err, ERR_CONFLICT, "stopped");
		buf_char(out, '<');
		buf_str(out, row->fields[i]);
		buf_char(out, '>');
	}
	buf_char(out, ';');
	return 0;
}

static int read_all(struct str table, size_t piece, struct buf *out, struct err *err)
{
	struct csv_reader *reader = csv_reader_new(collect, out);
	int result = 0;
	buf_clear(out);
	for (size_t i = 0; i < table.n && result == 0; i += piece)
		result = csv_reader_feed(reader, table.p + i, table.n - i < piece ? table.n - i : piece, err);
	if (result == 0)
		result = csv_reader_finish(reader, err);
	if (result < 0) {
		/* The same again, and again. */
		struct err same = ERR_INIT;
		assert_int_equal(csv_reader_finish(reader, &same), -1);
		assert_string_equal(same.text, err->text);
		assert_int_equal(csv_reader_feed(reader, "x", 1, &same), -1);
	}
	csv_reader_free(reader);
	return result;
}

static void rows_are_read(void **state)
{
	(void)state;
	static const struct {
		struct str table;
		const char *rows;
	} good[] = {
#define T(text) {text, sizeof(text) - 1}
		{T(""), ""},
		{T("a"), "1<a>;"},
		{T("a,b\n"), "1<a><b>;"},
		{T("a,b\r\n"), "1<a><b>;"},
		{T("a,b\r\nc,d"), "1<a><b>;2<c><d>;"},
		{T("a,b\n\n\r\n\nc,d\n"), "1<a><b>;5<c><d>;"},
		{T("\xef\xbb\xbf"
		   "a,b\n"),
			"1<a><b>;"},
		{T("\xef\xbb\xbf"), ""},
		{T("\"a\",\"b,c\"\n"), "1<a><b,c>;"},
		{T("\"a\"\"b\"\n"), "1<a\"b>;"},
		{T("\"\"\"\"\n"), "1<\">;"},
		{T("\"\"\n"), "1<>;"},
		{T("\"\"\r\n"), "1<>;"},
		{T("\"\""), "1<>;"},
		{T("a,\n"), "1<a><>;"},
		{T(",\n"), "1<><>;"},
		{T(",,"), "1<><><>;"},
		{T("a,\"\"\n"), "1<a><>;"},
		{T("\"a\r\nb\",c\nd\n"), "1<a\r\nb><c>;3<d>;"},
		{T("\"a\n\n\nb\"\nc"), "1<a\n\n\nb>;5<c>;"},
		{T(" a , b \n"), "1< a >< b >;"},
		{T("a'b;c\td\n"), "1<a'b;c\td>;"},
		{T("\xc3\xa9,\xe6\x9d\xb1\n"), "1<\xc3\xa9><\xe6\x9d\xb1>;"},
		{T("\"\xef\xbb\xbf\"\n"), "1<\xef\xbb\xbf>;"},
		{T("\xef\xbb\"a\n"), NULL},
	};
	struct buf out = BUF_INIT;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		for (size_t piece = 1; piece < 9; piece++) {
			struct err err = ERR_INIT;
			int result = read_all(good[i].table, piece, &out, &err);
			if (!good[i].rows) {
				assert_int_equal(result, -1);
				continue;
			}
			assert_done(result, &err);
			if (strcmp(out.p ? out.p : "", good[i].rows) != 0)
				fail_msg("table %zu in pieces of %zu: %s, not %s", i, piece, out.p, good[i].rows);
		}
	buf_release(&out);
}

static void tables_are_refused(void **state)
{
	(void)state;
	static const struct {
		struct str table;
		const char *says;
	} bad[] = {
		{T("a\nb\"c\n"), "line 2: a quote stands inside"},
		{T("\"a\" ,b\n"), "line 1: behind a closing quote"},
		{T("\"a\"b\n"), "line 1: behind a closing quote"},
		{T("a\n\"b\nc\n"), "inside quotes"},
		{T("\""), "inside quotes"},
		{T("a\rb\n"), "line 1: a carriage return"},
		{T("a\r"), "carriage return"},
		{T("\rb"), "carriage return"},
		{T("a\0b\n"), "NUL"},
		{T("\0"), "NUL"},
		{T("\"a\0\"\n"), "NUL"},
		{T("a\ncaf\xe9\n"), "line 2: the table is not UTF-8"},
		{T("caf\xe9"), "not UTF-8"},
		{T("\xff\xfe"
		   "a\0,\0"),
			"UTF-16"},
		{T("\xfe\xff"), "UTF-16"},
		{T("a\nstop\n"), "stopped"},
	};
	struct buf out = BUF_INIT;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		for (size_t piece = 1; piece < 9; piece++) {
			struct err err = ERR_INIT;
			if (read_all(bad[i].table, piece, &out, &err) == 0)
				fail_msg("table %zu was taken as %s", i, out.p);
			if (!strstr(err.text, bad[i].says))
				fail_msg("table %zu gives “%s”, which does not say “%s”", i, err.text, bad[i].says);
		}
	/* Too much in one row. */
	struct buf table = BUF_INIT;
	struct err err = ERR_INIT;
	for (unsigned i = 0; i < CSV_FIELDS_MAX - 1; i++)
		buf_char(&table, ',');
	buf_char(&table, '\n');
	assert_done(read_all(buf_view(&table), table.n, &out, &err), &err);
	buf_char(&table, ',');
	for (unsigned i = 0; i < CSV_FIELDS_MAX; i++)
		buf_char(&table, ',');
	assert_int_equal(read_all(buf_view(&table), table.n, &out, &err), -1);
	assert_err(&err, ERR_LIMIT, "line 2: a row of the table has more than 1000 fields");
	buf_clear(&table);
	buf_text(&table, "a\n\"");
	for (size_t i = 0; i <= CSV_ROW_MAX; i++)
		buf_char(&table, 'x');
	assert_int_equal(read_all(buf_view(&table), 65536, &out, &err), -1);
	assert_err(&err, ERR_LIMIT, "longer than 8 MiB");
	buf_release(&table);
	buf_release(&out);
}

static void fields_are_written(void **state)
{
	(void)state;
	static const char *const fields[] = {
		"\xef\xbb\xbf-a", "", "a", "a,b", "a\"b", "\"", "a\nb", "a\rb", "a\r\nb", " a ", "a;b", "=1", ""};
	struct buf table = BUF_INIT, rows = BUF_INIT, wanted = BUF_INIT;
	struct err err = ERR_INIT;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		csv_field(&table, i == 0, str_from(fields[i]));
		buf_printf(&wanted, "%s<%s>", i == 0 ? "1" : "", fields[i]);
	}
	csv_end(&table);
	/* One empty field alone is a row. */
	csv_field(&table, true, STR(""));
	csv_end(&table);
	buf_text(&wanted, ";4<>;");
	assert_done(read_all(buf_view(&table), 3, &rows, &err), &err);
	assert_string_equal(rows.p, wanted.p);
	assert_true(str_ends(buf_view(&table), STR("\r\n\"\"\r\n")));
	buf_release(&table);
	buf_release(&rows);
	buf_release(&wanted);
}

/* ---- columns ---- */

struct reading {
	struct columns *columns;
	struct record *record; /* of the last row */
	struct buf paths;
};

static int into_record(void *context, const struct csv_row *row, struct err *err)
{
	struct reading *reading = context;
	if (!reading->columns)
		return columns_parse(&reading->columns, row, err);
	buf_clear(&reading->paths);
	return columns_read(reading->columns, row, reading->record, &reading->paths, err);
}

static int read_table(struct reading *reading, const char *table, struct err *err)
{
	*reading = (struct reading){.record = record_new()};
	struct csv_reader *reader = csv_reader_new(into_record, reading);
	int result = csv_reader_feed(reader, table, strlen(table), err);
	if (result == 0)
		result = csv_reader_finish(reader, err);
	csv_reader_free(reader);
	return result;
}

static void end_reading(struct reading *reading)
{
	columns_free(reading->columns);
	record_free(reading->record);
	buf_release(&reading->paths);
}

static void rows_make_records(void **state)
{
	(void)state;
	static const struct {
		const char *table, *json, *paths; /* paths joined by ';' */
	} cases[] = {
		{"path,title\na.txt,Letter\n", "{\"title\": \"Letter\"}", "a.txt;"},
		{"PATH,Title,dc:creator\na.txt,Letter,X\n", "{\"title\": \"Letter\", \"creator\": \"X\"}", "a.txt;"},
		{"title,path\nLetter,a|b/c|d e\n", "{\"title\": \"Letter\"}", "a;b/c;d e;"},
		{"path\na\\|b|c\\\\d|e\\f\n", "{}", "a|b;c\\d;e\\f;"},
		{"path,creator,creator,creator\na,X,,Y\n", "{\"creator\": [\"X\", \"Y\"]}", "a;"},
		{"path,id,level,referenceCode,isPartOf,access\na,letter-1,Item,A/1,letters,embargo=2050-01-01\n", NULL, NULL},
		{"path,id,level,referenceCode,isPartOf,access\na,letter-1,item,A/1,letters,embargo=2050-01-01\n",
			"{\"id\": \"letter-1\", \"level\": \"item\", \"referenceCode\": \"A/1\", \"isPartOf\": \"letters\", "
			"\"access\":"
			" \"embargo=2050-01-01\"}",
			"a;"},
		{"path,date,date.written\na,1913-05-04,Sunday\n", "{\"date\": {\"edtf\": \"1913-05-04\", \"written\": \"Sunday\"}}",
			"a;"},
		{"path,date,date,date.written,date.written\na,1913,1914,x,y\n",
			"{\"date\": [{\"edtf\": \"1913\", \"written\": \"x\"}, {\"edtf\": \"1914\", \"written\": \"y\"}]}", "a;"},
		{"path,date,date.written,date,date.written\na,,x,1914,\n", "{\"date\": [{\"written\": \"x\"}, \"1914\"]}", "a;"},
		{"date,date.written,path\n1913,x,a\n", "{\"date\": {\"edtf\": \"1913\", \"written\": \"x\"}}", "a;"},
		{"date.written,date,path\nx,1913,a\n", "{\"date\": {\"edtf\": \"1913\", \"written\": \"x\"}}", "a;"},
		{"path,date.written\na,x\n", "{\"date\": {\"written\": \"x\"}}", "a;"},
		{"path,title@de,title\na,Brief,Letter\n", "{\"title\": [{\"value\": \"Brief\", \"language\": \"de\"}, \"Letter\"]}",
			"a;"},
		{"path,description\na,\"one\r\ntwo\"\n", "{\"description\": \"one\\ntwo\"}", "a;"},
		{"path,title,creator\na\n", "{}", "a;"},
		{"path,title\na,T,,\n", "{\"title\": \"T\"}", "a;"},
		{"path,title\n,Fonds\n", "{\"title\": \"Fonds\"}", ""},
		{"path,title\n,\"  \"\n", "{}", ""},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct reading reading;
		struct err err = ERR_INIT;
		struct record *wanted;
		int result = read_table(&reading, cases[i].table, &err);
		if (!cases[i].json) {
			assert_int_equal(result, -1);
			assert_err(&err, ERR_SYNTAX, "line 2, column level: level: “Item” is not known; did you mean item?");
		} else {
			assert_done(result, &err);
			assert_done(record_parse(&wanted, str_from(cases[i].json), RECORD_GIVEN, &err), &err);
			if (!record_equal(reading.record, wanted)) {
				struct buf json = written(reading.record);
				fail_msg("%s makes %s", cases[i].table, json.p);
			}
			for (size_t j = 0; j < reading.paths.n; j++)
				if (reading.paths.p[j] == '\0')
					reading.paths.p[j] = ';';
			assert_string_equal(reading.paths.n ? reading.paths.p : "", cases[i].paths);
			record_free(wanted);
		}
		end_reading(&reading);
	}
}

static void tables_are_refused_by_name(void **state)
{
	(void)state;
	static const struct {
		const char *table, *says;
	} bad[] = {
		{"path,titel\n", "the column “titel” is not known; did you mean title?"},
		{"path,box number\n", "the column “box number” is not known"},
		{"path,,title\n", "column 2 has no name"},
		{"path,path\n", "“path” stands twice, and takes one value; several paths are separated by |"},
		{"path,level,Level\n", "“Level” stands twice"},
		{"path;title\n", "separated by semicolons"},
		{"path\ttitle\n", "separated by tabs"},
		{"path,file:a:role\n", "“file:a:role” is not known"},
		{"path,title@German\n", "no language tag"},
		{"path,originalName\n", "not known"},
		{"path,title\na,b,c\n", "line 2: the row has 3 fields, the header names 2"},
		{"path,date\n\"a\nb\",c\nd,May\n", "line 2, column date: date: “c” is no date"},
		{"path,date\n\"a\nb\",1913\nd,May\n", "line 4, column date: date: “May” is no date"},
		{"path\na||b\n", "line 2, column path: a path is empty"},
		{"path\na|\n", "a path is empty"},
		{"path\n|\n", "a path is empty"},
		{"path,language\na,German\n", "column language: language: “German”"},
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct reading reading;
		struct err err = ERR_INIT;
		if (read_table(&reading, bad[i].table, &err) == 0)
			fail_msg("taken: %s", bad[i].table);
		if (!strstr(err.text, bad[i].says))
			fail_msg("%s gives “%s”, which does not say “%s”", bad[i].table, err.text, bad[i].says);
		end_reading(&reading);
	}
	struct reading reading;
	struct err err = ERR_INIT;
	assert_done(read_table(&reading, "path,title@DE,date,date.written,level\n", &err), &err);
	assert_true(columns_have(reading.columns, STR("path")));
	assert_true(columns_have(reading.columns, STR("title@de")));
	assert_true(columns_have(reading.columns, STR("level")));
	assert_true(columns_have(reading.columns, STR("date.written")));
	assert_false(columns_have(reading.columns, STR("title")));
	assert_false(columns_have(reading.columns, STR("id")));
	assert_false(columns_have(reading.columns, STR("nonsense")));
	end_reading(&reading);
}

struct compare {
	struct columns *columns;
	struct record **records;
	size_t next;
};

static int compare_row(void *context, const struct csv_row *row, struct err *err)
{
	struct compare *compare = context;
	struct record *record = record_new();
	struct buf paths = BUF_INIT;
	if (!compare->columns) {
		record_free(record);
		return columns_parse(&compare->columns, row, err);
	}
	assert_done(columns_read(compare->columns, row, record, &paths, err), err);
	if (!record_equal(record, compare->records[compare->next])) {
		struct buf a = written(record), b = written(compare->records[compare->next]);
		fail_msg("row %zu: %s is not %s", compare->next, a.p, b.p);
	}
	assert_memory_equal(paths.p, "a|b\0c\\\\d\0e\\|", 12);
	compare->next++;
	buf_release(&paths);
	record_free(record);
	return 0;
}

/* list --csv writes what deposit --csv reads. */
static void tables_round_trip(void **state)
{
	(void)state;
	static const char *const records[] = {
		"{}",
		"{\"id\": \"a\", \"title\": [\"T\", \"U\", {\"value\": \"V\", \"language\": \"de\"}], \"level\": \"item\"}",
		"{\"creator\": [\"A, B\", \"C \\\"D\\\"\"], \"description\": \"one\\ntwo\", \"isPartOf\": \"x\", "
		"\"referenceCode\": \"R/1\"}",
		"{\"date\": [\"1913\", {\"written\": \"x\"}, {\"edtf\": \"1914~\", \"written\": \"y\"}], \"issued\": {\"edtf\": "
		"\"-0333\", \"written\": \"z\"}}",
		"{\"title\": [{\"value\": \"V\", \"language\": \"de\"}, {\"value\": \"W\", \"language\": \"fr\"}], \"access\": "
		"\"closed\"}",
		"{\"isTranslationOf\": \"y\", \"language\": [\"de\", \"en\"]}",
	};
	enum { N = sizeof(records) / sizeof(records[0]) };
	const struct str paths[] = {STR("a|b"), STR("c\\\\d"), STR("e\\|")};
	struct record *list[N];
	struct columns *columns = columns_new();
	struct err err = ERR_INIT;
	struct buf table = BUF_INIT;
	for (size_t i = 0; i < N; i++) {
		assert_done(record_parse(&list[i], str_from(records[i]), RECORD_GIVEN, &err), &err);
		assert_done(columns_note(columns, list[i], &err), &err);
	}
	columns_header(columns, &table);
	assert_true(str_starts(
		buf_view(&table), STR("path,id,level,referenceCode,isPartOf,access,title,title,title@de,title@fr,creator,creator,"
				      "date,date.written,date,date.written,date,"
				      "date.written,issued,issued.written,description,language,language,isTranslationOf\r\n")));
	for (size_t i = 0; i < N; i++)
		columns_row(columns, list[i], paths, 3, &table);
	struct compare compare = {.records = list};
	struct csv_reader *reader = csv_reader_new(compare_row, &compare);
	assert_done(csv_reader_feed(reader, table.p, table.n, &err), &err);
	assert_done(csv_reader_finish(reader, &err), &err);
	assert_int_equal(compare.next, N);
	csv_reader_free(reader);
	columns_free(compare.columns);
	columns_free(columns);
	for (size_t i = 0; i < N; i++)
		record_free(list[i]);
	/* Of nothing, still a header. */
	buf_clear(&table);
	columns = columns_new();
	columns_header(columns, &table);
	assert_string_equal(table.p, "path,id\r\n");
	/* More columns than a table takes. */
	struct record *wide = record_new();
	const struct record_value value = {.term = DC_SUBJECT, .value = STR("x")};
	for (unsigned i = 0; i < CSV_FIELDS_MAX; i++)
		assert_done(record_add_value(wide, &value, &err), &err);
	assert_int_equal(columns_note(columns, wide, &err), -1);
	assert_err(&err, ERR_LIMIT, "more than 1000 columns");
	record_free(wide);
	columns_free(columns);
	columns_free(NULL);
	buf_release(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_read),
		cmocka_unit_test(tables_are_refused),
		cmocka_unit_test(fields_are_written),
		cmocka_unit_test(rows_make_records),
		cmocka_unit_test(tables_are_refused_by_name),
		cmocka_unit_test(tables_round_trip),
	};
	return cmocka_run_group_tests_name("tables", tests, NULL, NULL);
}
