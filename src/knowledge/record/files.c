/* Files of a record: compact rows, sorted when somebody looks. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

size_t record_file_count(const struct record *record)
{
	return record->file_count;
}

static struct str row_path(const struct file_row *row)
{
	return (struct str){row->path, row->path_n};
}

static int rows_compare(const void *a, const void *b)
{
	return str_compare(row_path(a), row_path(b));
}

void record_sort_files(struct record *record)
{
	if (!record->sorted && record->file_count > 1)
		qsort(record->files, record->file_count, sizeof(*record->files), rows_compare);
	record->sorted = true;
}

static struct str label(const struct record *record, uint16_t i)
{
	return i ? record->labels[i] : STR("");
}

void file_row_get(const struct record *record, size_t i, struct record_file *out)
{
	const struct file_row *row = &record->files[i];
	*out = (struct record_file){
		.path = row_path(row),
		.role = label(record, row->role),
		.language = label(record, row->language),
		.media_type = label(record, row->media_type),
		.sequence = row->sequence,
		.has_modified = row->has_modified,
		.modified = row->modified,
	};
}

void record_file(struct record *record, size_t i, struct record_file *out)
{
	record_sort_files(record);
	file_row_get(record, i, out);
}

bool file_row_find(const struct record *record, size_t count, struct str path, size_t *i)
{
	size_t low = 0, high = count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = str_compare(row_path(&record->files[middle]), path);
		if (order == 0) {
			*i = middle;
			return true;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

bool record_find_file(struct record *record, struct str path, size_t *i)
{
	record_sort_files(record);
	return file_row_find(record, record->file_count, path, i);
}

static bool media_type_valid(struct str s)
{
	const char *slash = memchr(s.p, '/', s.n);
	if (!slash || slash == s.p || slash + 1 == s.p + s.n || s.n > 200)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (c == '/' && s.p + i != slash)
			return false;
		if (!ascii_alpha(c) && !ascii_digit(c) && !(c && strchr("/!#$&-^_.+", c)))
			return false;
	}
	return true;
}

int file_check(const struct record *record, struct record_file *file, struct buf *store, struct err *err)
{
	if (path_check(file->path, err) < 0)
		return -1;
	if (file->role.n && vocabulary_check(record, "role", file->role, file_roles, err) < 0)
		return err_note(err, "file “%.*s”", STR_ARG(file->path));
	if (file->language.n) {
		size_t at = store->n;
		if (language_canonical(file->language, store, err) < 0)
			return err_note(err, "file “%.*s”", STR_ARG(file->path));
		file->language = (struct str){store->p + at, store->n - at};
	}
	if (file->media_type.n && !media_type_valid(file->media_type))
		return err_set(err, ERR_SYNTAX,
			"file “%.*s”: “%.*s” is no media type; they are written as in text/plain or image/tiff",
			STR_ARG(file->path), STR_ARG(file->media_type));
	return 0;
}

/* Number of a string that many files share. */
static int label_number(struct record *record, struct str s, uint16_t *out, struct err *err)
{
	void *array = record->labels;
	if (s.n == 0) {
		*out = 0;
		return 0;
	}
	for (size_t i = 1; i < record->label_count; i++)
		if (str_equal(record->labels[i], s)) {
			*out = (uint16_t)i;
			return 0;
		}
	if (record->label_count >= LABELS_MAX)
		return err_set(err, ERR_LIMIT, "the files of a record have more than %u different roles, languages and media types",
			LABELS_MAX);
	size_t next = record->label_count ? record->label_count : 1;
	if (record_keep(record, &s, err) < 0 || record_room(record, &array, &record->label_cap, next, sizeof(s), err) < 0)
		return -1;
	record->labels = array;
	record->labels[0] = STR("");
	record->labels[next] = s;
	record->label_count = next + 1;
	*out = (uint16_t)next;
	return 0;
}

/* Everything but the path, checked. */
static int row_fill(struct record *record, struct file_row *row, const struct record_file *given, struct err *err)
{
	struct record_file file = *given;
	struct buf store = BUF_INIT;
	int result = -1;
	if (file_check(record, &file, &store, err) < 0 || label_number(record, file.role, &row->role, err) < 0 ||
		label_number(record, file.language, &row->language, err) < 0 ||
		label_number(record, file.media_type, &row->media_type, err) < 0)
		goto out;
	row->sequence = file.sequence;
	row->has_modified = file.has_modified;
	row->modified = file.has_modified ? file.modified : 0;
	result = 0;
out:
	buf_release(&store);
	return result;
}

int record_add_file(struct record *record, const struct record_file *file, struct err *err)
{
	struct file_row row = {.path = NULL};
	void *array = record->files;
	struct str path = file->path;
	if (row_fill(record, &row, file, err) < 0 ||
		record_room(record, &array, &record->file_cap, record->file_count, sizeof(row), err) < 0)
		return -1;
	record->files = array;
	if (record_keep(record, &path, err) < 0)
		return -1;
	row.path = path.p;
	row.path_n = (uint32_t)path.n;
	size_t n = record->file_count;
	record->sorted = n == 0 || (record->sorted && rows_compare(&record->files[n - 1], &row) < 0);
	record->files[record->file_count++] = row;
	return 0;
}

int record_set_file(struct record *record, size_t i, const struct record_file *given, struct err *err)
{
	record_sort_files(record);
	return file_row_set(record, i, given, err);
}

int file_row_set(struct record *record, size_t i, const struct record_file *given, struct err *err)
{
	struct file_row row = record->files[i];
	struct record_file file = *given;
	file.path = row_path(&row);
	if (row_fill(record, &row, &file, err) < 0)
		return -1;
	record->files[i] = row;
	return 0;
}

void record_remove_files(struct record *record)
{
	record->file_count = 0;
	record->sorted = true;
}

int record_check(struct record *record, struct err *err)
{
	record_sort_files(record);
	for (size_t i = 1; i < record->file_count; i++)
		if (rows_compare(&record->files[i - 1], &record->files[i]) == 0)
			return err_set(err, ERR_EXISTS, "the file “%.*s” is listed twice", STR_ARG(row_path(&record->files[i])));
	return 0;
}

static bool language_seen(const struct str *seen, size_t count, struct str tag)
{
	for (size_t i = 0; i < count; i++)
		if (str_equal(seen[i], tag))
			return true;
	return false;
}

size_t record_languages(const struct record *record, struct str *out, size_t max)
{
	size_t n = 0;
	for (size_t i = 0; i < record->value_count && n < max; i++) {
		struct str tag = record->values[i].value;
		if (record->values[i].term == DC_LANGUAGE && !language_seen(out, n, tag))
			out[n++] = tag;
	}
	for (size_t i = 0, last = 0; i < record->file_count && n < max; i++) {
		/* Neighbours mostly share theirs. */
		uint16_t number = record->files[i].language;
		if (number == last)
			continue;
		last = number;
		if (number && !language_seen(out, n, record->labels[number]))
			out[n++] = record->labels[number];
	}
	return n;
}
