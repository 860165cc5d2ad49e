/* fuzz-links: record crypto base */
/* photostat.json: what is taken is written, and what is written is taken back as the same; the pieces that it comes in change nothing. */
#include "record/record.h"

#include <stdlib.h>

static void require(bool holds)
{
	if (!holds)
		abort();
}

static struct record *in_pieces(struct str json, size_t piece, enum record_source source)
{
	struct record_parser *parser = record_parser_new(source);
	struct record *record = NULL;
	struct err err = ERR_INIT;
	int result = 0;
	for (size_t i = 0; i < json.n && result == 0; i += piece)
		result = record_parser_feed(parser, json.p + i, json.n - i < piece ? json.n - i : piece, &err);
	if (result == 0)
		result = record_parser_finish(parser, &record, &err);
	require(result == 0 ? record != NULL : record == NULL && err.text[0] != '\0');
	record_parser_free(parser);
	return record;
}

static void round_trip(struct record *record)
{
	struct buf first = BUF_INIT, second = BUF_INIT, text = BUF_INIT;
	struct record *again, *edited = record_new();
	struct err err = ERR_INIT;
	record_format(record, &first);
	require(utf8_valid(buf_view(&first)));
	require(record_parse(&again, buf_view(&first), RECORD_STORED, &err) == 0);
	require(record_equal(record, again));
	record_format(again, &second);
	require(str_equal(buf_view(&first), buf_view(&second)));
	record_copy(edited, again);
	record_text_write(edited, &text);
	if (record_unknown(record).n == 0 && record_text_read(edited, buf_view(&text), &err) == 0)
		require(record_equal(edited, record));
	buf_release(&first);
	buf_release(&second);
	buf_release(&text);
	record_free(again);
	record_free(edited);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str json = {(const char *)data, size};
	for (int source = RECORD_STORED; source <= RECORD_GIVEN; source++) {
		struct record *record, *same = in_pieces(json, 7, (enum record_source)source);
		struct err err = ERR_INIT;
		int result = record_parse(&record, json, (enum record_source)source, &err);
		require((result == 0) == (same != NULL));
		if (result == 0) {
			require(record_equal(record, same));
			/* What only a later program knows is not kept, nor taken when it is handed in. */
			if (source == RECORD_GIVEN)
				require(record_unknown(record).n == 0);
			round_trip(record);
		}
		record_free(record);
		record_free(same);
	}
	return 0;
}
