/* A deposit's table: its columns, its rows as records, and records as rows. */
#include "internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct column {
	struct key key;
	char *name;     /* as the header has it; owns what key.language views */
	char *language; /* canonical; "" */
	size_t which;   /* of those with the same key, from 0 */
};

struct columns {
	struct column *list;
	size_t count, cap;
};

struct columns *columns_new(void)
{
	return mem_alloc(sizeof(struct columns));
}

void columns_free(struct columns *columns)
{
	if (!columns)
		return;
	for (size_t i = 0; i < columns->count; i++) {
		free(columns->list[i].name);
		free(columns->list[i].language);
	}
	free(columns->list);
	free(columns);
}

static bool column_is(const struct column *column, const struct key *key, const char *language)
{
	if (column->key.kind != key->kind)
		return false;
	if (key->kind == KEY_FIELD)
		return column->key.field == key->field;
	if (key->kind == KEY_PATH)
		return true;
	return column->key.term == key->term && strcmp(column->language, language) == 0;
}

/* ---- the header, read ---- */

static int language_text(struct str tag, char **out, struct err *err)
{
	struct buf text = BUF_INIT;
	if (tag.n && language_canonical(tag, &text, err) < 0) {
		buf_release(&text);
		return -1;
	}
	*out = mem_dup(buf_view(&text));
	buf_release(&text);
	return 0;
}

static int add_column(struct columns *columns, struct str name, struct err *err)
{
	struct column column = {.name = mem_dup(name)};
	if (key_parse((struct str){column.name, name.n}, "column", &column.key, err) < 0 ||
		language_text(column.key.language, &column.language, err) < 0)
		goto fail;
	if (column.key.kind == KEY_FILE) {
		err_set(err, ERR_SYNTAX,
			"the column “%.*s” is not known; attributes of files are given in a photostat.json or with --meta",
			STR_ARG(name));
		goto fail;
	}
	for (size_t i = 0; i < columns->count; i++)
		column.which += column_is(&columns->list[i], &column.key, column.language);
	if (column.which && (column.key.kind == KEY_FIELD || column.key.kind == KEY_PATH)) {
		err_set(err, ERR_SYNTAX, "the column “%.*s” stands twice, and takes one value%s", STR_ARG(name),
			column.key.kind == KEY_PATH ? "; several paths are separated by |" : "");
		goto fail;
	}
	if (columns->count == columns->cap) {
		columns->cap = columns->cap ? columns->cap * 2 : 16;
		columns->list = mem_grow(columns->list, columns->cap, sizeof(column));
	}
	columns->list[columns->count++] = column;
	return 0;
fail:
	free(column.name);
	free(column.language);
	return -1;
}

int columns_parse(struct columns **out, const struct csv_row *header, struct err *err)
{
	struct columns *columns = columns_new();
	*out = NULL;
	if (header->count == 1 && header->fields[0].n) {
		char other = memchr(header->fields[0].p, ';', header->fields[0].n)    ? ';'
			     : memchr(header->fields[0].p, '\t', header->fields[0].n) ? '\t'
										      : '\0';
		if (other) {
			err_set(err, ERR_SYNTAX, "the table's columns are separated by %s; save it with commas (CSV, RFC 4180)",
				other == ';' ? "semicolons" : "tabs");
			goto fail;
		}
	}
	for (size_t i = 0; i < header->count; i++) {
		if (str_trim(header->fields[i]).n == 0) {
			err_set(err, ERR_SYNTAX,
				"the table's column %zu has no name; its first line names the columns, as in "
				"path,title,creator,date",
				i + 1);
			goto fail;
		}
		if (add_column(columns, header->fields[i], err) < 0)
			goto fail;
	}
	*out = columns;
	return 0;
fail:
	columns_free(columns);
	return -1;
}

bool columns_have(const struct columns *columns, struct str name)
{
	struct key key;
	if (key_parse(name, "column", &key, NULL) < 0)
		return false;
	char *language;
	bool have = false;
	if (language_text(key.language, &language, NULL) < 0)
		return false;
	for (size_t i = 0; i < columns->count; i++)
		have = have || column_is(&columns->list[i], &key, language);
	free(language);
	return have;
}

/* ---- rows, read ---- */

/* "a|b\|c" are the paths a and b|c. */
static int read_paths(struct str text, struct buf *paths, struct err *err)
{
	size_t at = paths->n;
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		if (c == '\0')
			return err_set(err, ERR_SYNTAX, "a path holds a NUL byte");
		if (c == '\\' && i + 1 < text.n && (text.p[i + 1] == '|' || text.p[i + 1] == '\\')) {
			c = text.p[++i];
		} else if (c == '|') {
			if (paths->n == at)
				return err_set(
					err, ERR_SYNTAX, "a path is empty; several are separated by |, and \\| is a bar in a name");
			buf_char(paths, '\0');
			at = paths->n;
			continue;
		}
		buf_char(paths, c);
	}
	if (text.n && paths->n == at)
		return err_set(err, ERR_SYNTAX, "a path is empty; several are separated by |, and \\| is a bar in a name");
	if (text.n)
		buf_char(paths, '\0');
	return buf_check(paths, "the paths of a row", err);
}

/* The field of the date.written that belongs to this date. */
static struct str field_written(const struct columns *columns, const struct column *date, const struct csv_row *row)
{
	for (size_t i = 0; i < columns->count && i < row->count; i++) {
		const struct column *column = &columns->list[i];
		if (column->key.kind == KEY_WRITTEN && column->key.term == date->key.term && column->which == date->which)
			return row->fields[i];
	}
	return STR("");
}

static bool has_date(const struct columns *columns, const struct column *written)
{
	for (size_t i = 0; i < columns->count; i++)
		if (columns->list[i].key.kind == KEY_TERM && columns->list[i].key.term == written->key.term &&
			columns->list[i].which == written->which)
			return true;
	return false;
}

static int read_field(const struct columns *columns, const struct column *column, const struct csv_row *row, struct str field,
	struct record *record, struct buf *paths, struct err *err)
{
	struct record_value value = {.term = column->key.term, .language = str_from(column->language)};
	switch (column->key.kind) {
	case KEY_PATH:
		return read_paths(field, paths, err);
	case KEY_FIELD:
		return record_set_field(record, column->key.field, field, err);
	case KEY_TERM:
		value.value = str_trim(field);
		if (dc_term_is_date(column->key.term))
			value.written = str_trim(field_written(columns, column, row));
		break;
	case KEY_WRITTEN:
		/* A date takes it along; without a date column it stands alone. */
		if (!has_date(columns, column))
			value.written = str_trim(field);
		break;
	case KEY_FILE:
		break;
	}
	return value.value.n || value.written.n ? record_add_value(record, &value, err) : 0;
}

int columns_read(
	const struct columns *columns, const struct csv_row *row, struct record *record, struct buf *paths, struct err *err)
{
	record_clear(record);
	for (size_t i = columns->count; i < row->count; i++)
		if (row->fields[i].n)
			return err_set(err, ERR_SYNTAX,
				"line %llu: the row has %zu fields, the header names %zu; is a comma not in quotes?",
				(unsigned long long)row->line, row->count, columns->count);
	for (size_t i = 0; i < columns->count && i < row->count; i++)
		if (read_field(columns, &columns->list[i], row, row->fields[i], record, paths, err) < 0)
			return err_note(err, "line %llu, column %s", (unsigned long long)row->line, columns->list[i].name);
	return 0;
}

/* ---- writing ---- */

static int ensure(struct columns *columns, const struct key *key, const char *language, size_t which, struct err *err)
{
	for (size_t i = 0; i < columns->count; i++)
		if (columns->list[i].which == which && column_is(&columns->list[i], key, language))
			return 0;
	if (columns->count >= CSV_FIELDS_MAX)
		return err_set(
			err, ERR_LIMIT, "the table would have more than %u columns; list fewer records at once", CSV_FIELDS_MAX);
	if (columns->count == columns->cap) {
		columns->cap = columns->cap ? columns->cap * 2 : 16;
		columns->list = mem_grow(columns->list, columns->cap, sizeof(*columns->list));
	}
	char name[200];
	snprintf(name, sizeof(name), "%s%s%s%s",
		key->kind == KEY_PATH    ? "path"
		: key->kind == KEY_FIELD ? field_name(key->field)
					 : dc_term_name(key->term),
		language[0] ? "@" : "", language, key->kind == KEY_WRITTEN ? ".written" : "");
	struct column column = {
		.key = *key, .which = which, .name = mem_dup(str_from(name)), .language = mem_dup(str_from(language))};
	column.key.language = STR("");
	/* In their order: path, fields, terms as enumerated, each language apart, written behind its date. */
	size_t at = columns->count;
	while (at) {
		const struct column *before = &columns->list[at - 1];
		bool field = key->kind == KEY_FIELD, path = key->kind == KEY_PATH;
		bool before_field = before->key.kind == KEY_FIELD, before_path = before->key.kind == KEY_PATH;
		if (before_path)
			break;
		if (!path && before_field && (!field || before->key.field < key->field))
			break;
		if (!path && !field && !before_field) {
			if (before->key.term < key->term)
				break;
			int order = before->key.term > key->term ? 1 : strcmp(before->language, language);
			if (order < 0 || (order == 0 && before->which < which))
				break;
			if (order == 0 && before->which == which && before->key.kind == KEY_TERM)
				break;
		}
		at--;
	}
	memmove(columns->list + at + 1, columns->list + at, (columns->count - at) * sizeof(column));
	columns->list[at] = column;
	columns->count++;
	return 0;
}

/* How many values of the same term and language stand before the i-th. */
static size_t place_of(const struct record *record, size_t i)
{
	const struct record_value *value = &record->values[i];
	size_t which = 0;
	for (size_t j = i; j > 0 && record->values[j - 1].term == value->term; j--)
		which += str_equal(record->values[j - 1].language, value->language);
	return which;
}

int columns_note(struct columns *columns, const struct record *record, struct err *err)
{
	const struct key path = {.kind = KEY_PATH}, id = {.kind = KEY_FIELD, .field = RECORD_ID};
	if (columns->count == 0 && (ensure(columns, &path, "", 0, err) < 0 || ensure(columns, &id, "", 0, err) < 0))
		return -1;
	for (int i = RECORD_LEVEL; i <= RECORD_ACCESS; i++) {
		const struct key key = {.kind = KEY_FIELD, .field = (enum record_field)i};
		if (record->fields[i].n && ensure(columns, &key, "", 0, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < record->value_count; i++) {
		const struct record_value *value = &record->values[i];
		struct key key = {.kind = KEY_TERM, .term = value->term};
		char *language = mem_dup(value->language);
		size_t which = place_of(record, i);
		int result = ensure(columns, &key, language, which, err);
		/* The k-th date.written is read as that of the k-th date: those before it need theirs. */
		key.kind = KEY_WRITTEN;
		for (size_t k = 0; result == 0 && value->written.n && k <= which; k++)
			result = ensure(columns, &key, language, k, err);
		free(language);
		if (result < 0)
			return -1;
	}
	return 0;
}

void columns_header(struct columns *columns, struct buf *out)
{
	const struct key path = {.kind = KEY_PATH}, id = {.kind = KEY_FIELD, .field = RECORD_ID};
	if (columns->count == 0) {
		ensure(columns, &path, "", 0, NULL);
		ensure(columns, &id, "", 0, NULL);
	}
	for (size_t i = 0; i < columns->count; i++)
		csv_field(out, i == 0, str_from(columns->list[i].name));
	csv_end(out);
}

static void write_paths(const struct str *paths, size_t count, struct buf *out)
{
	for (size_t i = 0; i < count; i++) {
		if (i)
			buf_char(out, '|');
		for (size_t j = 0; j < paths[i].n; j++) {
			char c = paths[i].p[j];
			if (c == '|' || c == '\\')
				buf_char(out, '\\');
			buf_char(out, c);
		}
	}
}

static struct str cell(const struct column *column, const struct record *record)
{
	if (column->key.kind == KEY_FIELD)
		return record_field(record, column->key.field);
	size_t which = 0;
	for (size_t i = 0; i < record->value_count; i++) {
		const struct record_value *value = &record->values[i];
		if (value->term == column->key.term && str_equal(value->language, str_from(column->language)) &&
			which++ == column->which)
			return column->key.kind == KEY_WRITTEN ? value->written : value->value;
	}
	return STR("");
}

void columns_row(
	const struct columns *columns, const struct record *record, const struct str *paths, size_t path_count, struct buf *out)
{
	struct buf joined = BUF_INIT;
	write_paths(paths, path_count, &joined);
	for (size_t i = 0; i < columns->count; i++)
		csv_field(out, i == 0, columns->list[i].key.kind == KEY_PATH ? buf_view(&joined) : cell(&columns->list[i], record));
	csv_end(out);
	if (joined.failed)
		out->failed = true;
	buf_release(&joined);
}
