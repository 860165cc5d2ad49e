/* fuzz-links: record crypto base */
/* Metadata by hand: lines of KEY=VALUE, the same bytes as an editor's text, and as a path to make a name of. */
#include "record/record.h"

#include <stdlib.h>

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void puts_keep_the_record_good(struct str text, enum record_put how)
{
	struct record *record = record_new(), *before = record_new(), *again;
	const struct record_file file = {.path = STR("a")};
	struct err err = ERR_INIT;
	struct str line;
	require(record_add_file(record, &file, &err) == 0);
	while (str_take_until(&text, '\n', &line)) {
		record_copy(before, record);
		if (record_put(record, line, how, &err) < 0)
			require(record_equal(record, before) && err.text[0] != '\0');
	}
	struct buf json = BUF_INIT, hand = BUF_INIT;
	record_format(record, &json);
	require(record_parse(&again, buf_view(&json), RECORD_GIVEN, &err) == 0);
	require(record_equal(record, again));
	record_text_write(record, &hand);
	require(record_text_read(record, buf_view(&hand), &err) == 0);
	require(record_equal(record, again));
	buf_release(&json);
	buf_release(&hand);
	record_free(record);
	record_free(before);
	record_free(again);
}

static void text_is_read_or_refused(struct str text)
{
	struct record *record = record_new(), *before = record_new();
	const struct record_file file = {.path = STR("a"), .role = STR("scan")};
	struct err err = ERR_INIT;
	require(record_add_file(record, &file, &err) == 0);
	record_copy(before, record);
	if (record_text_read(record, text, &err) < 0) {
		require(record_equal(record, before) && err.text[0] != '\0');
	} else {
		struct buf hand = BUF_INIT;
		record_copy(before, record);
		record_text_write(record, &hand);
		require(record_text_read(record, buf_view(&hand), &err) == 0);
		require(record_equal(record, before));
		buf_release(&hand);
	}
	record_free(record);
	record_free(before);
}

static void name_is_made(struct str path)
{
	struct namer *namer = namer_new();
	struct buf name = BUF_INIT, name_again = BUF_INIT;
	struct err err = ERR_INIT;
	if (path.n < 4096 && namer_make(namer, path, path.n % 2, &name, &err) == 0) {
		size_t segment = 0;
		require(name.n > 0 && name.n <= 1000);
		for (size_t i = 0; i < name.n; i++) {
			char c = name.p[i];
			bool start = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
			require(start || (c == '/' && segment) || (segment && (c == '.' || c == '_' || c == '-')));
			segment = c == '/' ? 0 : segment + 1;
			require(segment <= 100);
		}
		require(segment > 0);
		require(namer_make(namer, path, path.n % 2, &name_again, &err) == 0 &&
			str_equal(buf_view(&name), buf_view(&name_again)));
	} else {
		require(name.n == 0);
	}
	buf_release(&name);
	buf_release(&name_again);
	namer_free(namer);
	require(media_type_guess(path, path) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {(const char *)data, size};
	puts_keep_the_record_good(text, RECORD_DESCRIBE);
	puts_keep_the_record_good(text, RECORD_EDIT);
	text_is_read_or_refused(text);
	name_is_made(text);
	return 0;
}
