/* docs/format/record.md and csv.md say what the code does; the example under examples/ is taken. */
#include "support.h"

static struct buf file_text(const char *path)
{
	struct buf text = BUF_INIT;
	FILE *file = fopen(path, "rb");
	char piece[4096];
	size_t n;
	if (!file)
		fail_msg("%s cannot be opened: the tests run in the project's root", path);
	while ((n = fread(piece, 1, sizeof(piece), file)) > 0)
		buf_add(&text, piece, n);
	fclose(file);
	return text;
}

/* The which-th block between lines of ``` (with `kind` behind the first), from 0. */
static struct str block(struct str text, const char *kind, int which)
{
	struct str rest = text, line;
	while (str_take_line(&rest, &line)) {
		if (!str_starts(line, STR("```")))
			continue;
		bool ours = str_equal((struct str){line.p + 3, line.n - 3}, str_from(kind));
		const char *start = rest.p;
		while (str_take_line(&rest, &line) && !str_starts(line, STR("```")))
			;
		if (ours && which-- == 0)
			return (struct str){start, (size_t)(line.p - start)};
	}
	fail_msg("no block of “%s”", kind);
	return STR("");
}

static void example_to_the_byte(void **state)
{
	struct buf document = file_text("docs/format/record.md");
	struct str json = block(buf_view(&document), "json", 0);
	struct record *record, *given;
	struct err err = ERR_INIT;
	(void)state;
	assert_done(record_parse(&record, json, RECORD_STORED, &err), &err);
	struct buf text = written(record);
	if (!str_equal(buf_view(&text), json))
		fail_msg("written otherwise: %s", text.p);
	buf_release(&text);
	assert_true(record_event_superseded(record, 2));
	/* What is handed in, and the editor's text. */
	assert_done(record_parse(&given, block(buf_view(&document), "json", 1), RECORD_GIVEN, &err), &err);
	assert_str(record_first(given, DC_CREATOR), "Vane, J.");
	record_free(given);
	assert_done(record_text_read(record, block(buf_view(&document), "", 0), &err), &err);
	assert_str(record_first(record, DC_DESCRIPTION),
		"About the bees, the new schoolroom and the flood of the spring.\nThe last page lacks.\n\nTwo blots.");
	text = (struct buf)BUF_INIT;
	record_text_write(record, &text);
	assert_true(memmem(text.p, text.n, "\n    .\n    Two blots.\n", 22) != NULL);
	buf_release(&text);
	record_free(record);
	buf_release(&document);
}

static void has_word(struct str document, const char *word)
{
	char quoted[80];
	snprintf(quoted, sizeof(quoted), "`%s`", word);
	if (!memmem(document.p, document.n, quoted, strlen(quoted)))
		fail_msg("%s does not stand in docs/format/record.md", quoted);
}

static void vocabularies_are_documented(void **state)
{
	struct buf document = file_text("docs/format/record.md");
	struct str text = buf_view(&document);
	(void)state;
	for (int i = 0; i < DC_TERMS; i++)
		has_word(text, dc_term_name((enum dc_term)i));
	for (int i = 0; level_names[i]; i++)
		has_word(text, level_names[i]);
	for (int i = 0; file_roles[i]; i++)
		has_word(text, file_roles[i]);
	size_t events = 0;
	for (; event_types[events]; events++)
		has_word(text, event_types[events]);
	/* 50 of PREMIS and 6 of ours; 54 terms of DCMI without isPartOf, and isTranslationOf. */
	assert_int_equal(events, 56);
	assert_int_equal(DC_TERMS, 55);
	int dates = 0, relations = 0;
	for (int i = 0; i < DC_TERMS; i++) {
		dates += dc_term_is_date((enum dc_term)i);
		relations += dc_term_is_relation((enum dc_term)i);
	}
	assert_int_equal(dates, 9);
	assert_int_equal(relations, 15);
	buf_release(&document);
}

/* The table of dates: each text between ` in its first column that is whole. */
static void dates_are_documented(void **state)
{
	struct buf document = file_text("docs/format/record.md");
	struct str rest = buf_view(&document), line;
	int found = 0;
	(void)state;
	while (str_take_line(&rest, &line) && !str_equal(line, STR("| text | days |")))
		;
	while (str_take_line(&rest, &line) && str_starts(line, STR("|"))) {
		struct str cell = {line.p + 1, (size_t)((const char *)memchr(line.p + 1, '|', line.n - 1) - line.p - 1)}, token;
		bool inside = false;
		while (str_take_until(&cell, '`', &token)) {
			struct edtf date;
			struct err err = ERR_INIT;
			bool whole = inside && token.n >= 4 && !memmem(token.p, token.n, "\xe2\x80\xa6", 3);
			if (whole && edtf_parse(token, &date, &err) < 0)
				fail_msg("documented, and refused: %s", err.text);
			found += whole;
			inside = !inside;
		}
	}
	assert_true(found > 20);
	buf_release(&document);
}

struct rows {
	struct columns *columns;
	struct record *record;
	struct buf paths;
	int count;
};

static int row_read(void *context, const struct csv_row *row, struct err *err)
{
	struct rows *rows = context;
	if (!rows->columns)
		return columns_parse(&rows->columns, row, err);
	rows->count++;
	buf_clear(&rows->paths);
	return columns_read(rows->columns, row, rows->record, &rows->paths, err);
}

static int rows_of(struct str table)
{
	struct rows rows = {.record = record_new()};
	struct csv_reader *reader = csv_reader_new(row_read, &rows);
	struct err err = ERR_INIT;
	assert_done(csv_reader_feed(reader, table.p, table.n, &err), &err);
	assert_done(csv_reader_finish(reader, &err), &err);
	csv_reader_free(reader);
	columns_free(rows.columns);
	record_free(rows.record);
	buf_release(&rows.paths);
	return rows.count;
}

static void tables_are_taken(void **state)
{
	struct buf document = file_text("docs/format/csv.md"), table = file_text("examples/records.csv"),
		   json = file_text("examples/harbour-letters/postcard/photostat.json");
	struct record *record;
	struct err err = ERR_INIT;
	(void)state;
	assert_int_equal(rows_of(block(buf_view(&document), "", 0)), 3);
	assert_int_equal(rows_of(buf_view(&table)), 8);
	assert_done(record_parse(&record, buf_view(&json), RECORD_GIVEN, &err), &err);
	assert_int_equal(record_file_count(record), 2);
	record_free(record);
	buf_release(&document);
	buf_release(&table);
	buf_release(&json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(example_to_the_byte),
		cmocka_unit_test(vocabularies_are_documented),
		cmocka_unit_test(dates_are_documented),
		cmocka_unit_test(tables_are_taken),
	};
	return cmocka_run_group_tests_name("documents", tests, NULL, NULL);
}
