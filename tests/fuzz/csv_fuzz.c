/* fuzz-links: record base */
/* Tables: the pieces that they come in change nothing; fields that are read can be written and read again; rows make records. */
#include "record/record.h"

#include <stdlib.h>

static void require(bool holds)
{
	if (!holds)
		abort();
}

struct table {
	struct columns *columns;
	struct record *record;
	struct buf written, paths;
	uint64_t rows;
};

static int row_read(void *context, const struct csv_row *row, struct err *err)
{
	struct table *table = context;
	require(row->count > 0 && row->line > 0);
	table->rows++;
	for (size_t i = 0; i < row->count; i++) {
		require(utf8_valid(row->fields[i]));
		csv_field(&table->written, i == 0, row->fields[i]);
	}
	csv_end(&table->written);
	if (!table->columns) {
		if (columns_parse(&table->columns, row, err) < 0) {
			require(table->columns == NULL);
			table->columns = columns_new();
		}
		return 0;
	}
	buf_clear(&table->paths);
	if (columns_read(table->columns, row, table->record, &table->paths, err) == 0)
		require(table->paths.n == 0 || table->paths.p[table->paths.n - 1] == '\0');
	return 0;
}

/* Reads a table; false if it is none. What was read stands in *written, as a table again. */
static bool read_table(struct str text, size_t piece, struct buf *written, uint64_t *rows)
{
	struct table table = {.record = record_new()};
	struct csv_reader *reader = csv_reader_new(row_read, &table);
	struct err err = ERR_INIT;
	int result = 0;
	for (size_t i = 0; i < text.n && result == 0; i += piece)
		result = csv_reader_feed(reader, text.p + i, text.n - i < piece ? text.n - i : piece, &err);
	if (result == 0)
		result = csv_reader_finish(reader, &err);
	require(result == 0 || err.text[0] != '\0');
	*written = table.written;
	*rows = table.rows;
	csv_reader_free(reader);
	columns_free(table.columns);
	record_free(table.record);
	buf_release(&table.paths);
	return result == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {(const char *)data, size};
	struct buf first, second, third;
	uint64_t rows, same;
	bool good = read_table(text, size ? size : 1, &first, &rows);
	require(read_table(text, 1, &second, &same) == good && rows == same && str_equal(buf_view(&first), buf_view(&second)));
	if (good) {
		require(read_table(buf_view(&first), 5, &third, &same) && rows == same);
		require(str_equal(buf_view(&first), buf_view(&third)));
		buf_release(&third);
	}
	buf_release(&first);
	buf_release(&second);
	return 0;
}
