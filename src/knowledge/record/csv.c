/* Tables: RFC 4180, row by row. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

enum state {
	ROW_START,
	FIELD_START,
	PLAIN,
	QUOTED,
	QUOTE,  /* a quote inside quotes: the end, or the first of two */
	RETURN, /* CR: LF must follow */
};

struct csv_reader {
	csv_each *each;
	void *context;
	enum state state;
	struct buf row;
	size_t starts[CSV_FIELDS_MAX]; /* of fields in row, each ended by NUL */
	size_t count;
	uint64_t line, row_line;
	unsigned char bom[3];
	size_t bom_n;
	bool started, failed;
	struct err err;
};

struct csv_reader *csv_reader_new(csv_each *each, void *context)
{
	struct csv_reader *reader = mem_alloc(sizeof(*reader));
	reader->each = each;
	reader->context = context;
	reader->row.max = CSV_ROW_MAX;
	reader->line = reader->row_line = 1;
	return reader;
}

void csv_reader_free(struct csv_reader *reader)
{
	if (!reader)
		return;
	buf_release(&reader->row);
	free(reader);
}

static int fail(struct csv_reader *reader, enum err_code code, const char *why)
{
	reader->failed = true;
	return err_set(&reader->err, code, "line %llu: %s", (unsigned long long)reader->line, why);
}

static int begin_field(struct csv_reader *reader)
{
	if (reader->count == CSV_FIELDS_MAX)
		return fail(reader, ERR_LIMIT, "a row of the table has more than 1000 fields");
	reader->starts[reader->count++] = reader->row.n;
	return 0;
}

static int add(struct csv_reader *reader, char c)
{
	if (c == '\0')
		return fail(reader, ERR_SYNTAX, "the table holds a NUL byte; save it as CSV in UTF-8");
	buf_char(&reader->row, c);
	return reader->row.failed ? fail(reader, ERR_LIMIT, "a row of the table is longer than 8 MiB; is a quote left open?") : 0;
}

static int end_field(struct csv_reader *reader)
{
	size_t at = reader->starts[reader->count - 1];
	if (at < reader->row.n && !utf8_valid((struct str){reader->row.p + at, reader->row.n - at}))
		return fail(reader, ERR_SYNTAX, "the table is not UTF-8; convert it first (iconv -f LATIN1 -t UTF-8)");
	buf_char(&reader->row, '\0');
	return reader->row.failed ? fail(reader, ERR_LIMIT, "a row of the table is longer than 8 MiB; is a quote left open?") : 0;
}

static int end_row(struct csv_reader *reader)
{
	struct str fields[CSV_FIELDS_MAX];
	struct csv_row row = {.line = reader->row_line, .fields = fields, .count = reader->count};
	for (size_t i = 0; i < reader->count; i++) {
		size_t end = i + 1 < reader->count ? reader->starts[i + 1] : reader->row.n;
		fields[i] = (struct str){reader->row.p + reader->starts[i], end - reader->starts[i] - 1};
	}
	struct err err = ERR_INIT;
	if (reader->each(reader->context, &row, &err) < 0) {
		reader->failed = true;
		reader->err = err;
		return -1;
	}
	buf_clear(&reader->row);
	reader->count = 0;
	reader->state = ROW_START;
	return 0;
}

static int separator(struct csv_reader *reader, char c)
{
	if (c == ',') {
		reader->state = FIELD_START;
		return end_field(reader) < 0 ? -1 : begin_field(reader);
	}
	if (c == '\r') {
		reader->state = RETURN;
		return end_field(reader);
	}
	if (end_field(reader) < 0 || end_row(reader) < 0)
		return -1;
	reader->line++;
	return 0;
}

static int one(struct csv_reader *reader, char c)
{
	switch (reader->state) {
	case ROW_START:
		reader->row_line = reader->line;
		if (c == '\n') {
			reader->line++;
			return 0;
		}
		if (c == '\r') {
			reader->state = RETURN;
			return 0;
		}
		if (begin_field(reader) < 0)
			return -1;
		/* fallthrough */
	case FIELD_START:
		if (c == '"') {
			reader->state = QUOTED;
			return 0;
		}
		reader->state = PLAIN;
		/* fallthrough */
	case PLAIN:
		if (c == ',' || c == '\r' || c == '\n')
			return separator(reader, c);
		if (c == '"')
			return fail(reader, ERR_SYNTAX,
				"a quote stands inside a field without quotes; put the field into quotes and double it");
		return add(reader, c);
	case QUOTED:
		if (c == '"') {
			reader->state = QUOTE;
			return 0;
		}
		reader->line += c == '\n';
		return add(reader, c);
	case QUOTE:
		if (c == '"') {
			reader->state = QUOTED;
			return add(reader, c);
		}
		if (c == ',' || c == '\r' || c == '\n')
			return separator(reader, c);
		return fail(reader, ERR_SYNTAX,
			"behind a closing quote a comma or the end of the line must stand; double quotes inside a field");
	case RETURN:
		if (c != '\n')
			return fail(
				reader, ERR_SYNTAX, "a carriage return stands without a newline; save the table with LF or CRLF");
		/* Without a field it was an empty line. */
		reader->state = ROW_START;
		if (reader->count && end_row(reader) < 0)
			return -1;
		reader->line++;
		return 0;
	}
	return fail(reader, ERR_INTERNAL, "no such state");
}

static int feed(struct csv_reader *reader, const char *p, size_t n, struct err *err)
{
	size_t i = 0;
	while (i < n && !reader->failed) {
		/* Runs of plain letters at once. */
		size_t run = i;
		if (reader->state == PLAIN)
			while (run < n && p[run] != ',' && p[run] != '"' && p[run] != '\r' && p[run] != '\n' && p[run] != '\0')
				run++;
		else if (reader->state == QUOTED)
			while (run < n && p[run] != '"' && p[run] != '\n' && p[run] != '\0')
				run++;
		if (run > i) {
			buf_add(&reader->row, p + i, run - i);
			if (reader->row.failed)
				fail(reader, ERR_LIMIT, "a row of the table is longer than 8 MiB; is a quote left open?");
			i = run;
		} else if (one(reader, p[i++]) < 0) {
			break;
		}
	}
	return reader->failed ? err_set(err, reader->err.code, "%s", reader->err.text) : 0;
}

/* A byte order mark is dropped, that of UTF-16 refused. */
static int begin(struct csv_reader *reader, struct err *err)
{
	size_t n = reader->bom_n;
	reader->started = true;
	if (n >= 2 && (memcmp(reader->bom, "\xff\xfe", 2) == 0 || memcmp(reader->bom, "\xfe\xff", 2) == 0))
		fail(reader, ERR_SYNTAX, "the table is UTF-16; save it as CSV in UTF-8");
	else if (n == 3 && memcmp(reader->bom, "\xef\xbb\xbf", 3) == 0)
		n = 0;
	return feed(reader, (const char *)reader->bom, n, err);
}

int csv_reader_feed(struct csv_reader *reader, const void *bytes, size_t n, struct err *err)
{
	const char *p = bytes;
	while (!reader->started && n) {
		reader->bom[reader->bom_n++] = (unsigned char)*p++;
		n--;
		if (reader->bom_n == sizeof(reader->bom) && begin(reader, err) < 0)
			return -1;
	}
	return feed(reader, p, n, err);
}

int csv_reader_finish(struct csv_reader *reader, struct err *err)
{
	if (!reader->started && begin(reader, err) < 0)
		return -1;
	if (!reader->failed) {
		if (reader->state == QUOTED)
			fail(reader, ERR_SYNTAX, "the table ends inside quotes; a closing quote lacks somewhere above");
		else if (reader->state == RETURN)
			fail(reader, ERR_SYNTAX, "the table ends with a carriage return; save it with LF or CRLF");
		else if (reader->state != ROW_START && end_field(reader) == 0)
			end_row(reader);
	}
	return reader->failed ? err_set(err, reader->err.code, "%s", reader->err.text) : 0;
}

void csv_field(struct buf *out, bool first, struct str field)
{
	/* Unquoted at the beginning of a table, it would be taken for the table's own mark. */
	bool quote = str_starts(field, STR("\xef\xbb\xbf"));
	for (size_t i = 0; i < field.n && !quote; i++)
		quote = field.p[i] == '"' || field.p[i] == ',' || field.p[i] == '\r' || field.p[i] == '\n';
	if (!first)
		buf_char(out, ',');
	if (!quote) {
		buf_str(out, field);
		return;
	}
	buf_char(out, '"');
	for (size_t i = 0; i < field.n; i++) {
		if (field.p[i] == '"')
			buf_char(out, '"');
		buf_char(out, field.p[i]);
	}
	buf_char(out, '"');
}

void csv_end(struct buf *out)
{
	/* A row of one empty field would be an empty line. */
	if (out->n == 0 || out->p[out->n - 1] == '\n')
		buf_text(out, "\"\"");
	buf_text(out, "\r\n");
}
