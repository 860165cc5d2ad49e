/* fuzz-links: search record os crypto base */
/* Whatever is typed: parsed within its caps, marked within the text, and read twice alike. */
#include "search/search.h"

#include <stdlib.h>

static void require(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* The first byte parts query and text. */
	size_t query_size = size > 0 ? 1 + (size_t)data[0] * 4 : 0, end = 0;
	struct str query, text;
	struct buf ranges = BUF_INIT, again = BUF_INIT;
	struct err err = ERR_INIT;

	if (query_size > size)
		query_size = size;
	query = (struct str){(const char *)data, query_size};
	text = (struct str){(const char *)data + query_size, size - query_size};
	if (text.n == 0)
		text = query;
	if (search_mark(query, STR("de"), text, &ranges, &err) != 0) {
		require(err.code == ERR_USAGE && ranges.n == 0);
		return 0;
	}
	const size_t *pairs = (const size_t *)(const void *)ranges.p;
	for (size_t i = 0; i < ranges.n / (2 * sizeof(size_t)); i++) {
		require(pairs[2 * i] >= end && pairs[2 * i + 1] > 0);
		end = pairs[2 * i] + pairs[2 * i + 1];
		require(end <= text.n);
	}
	require(search_mark(query, STR("de"), text, &again, NULL) == 0 && str_equal(buf_view(&ranges), buf_view(&again)));
	buf_release(&ranges);
	buf_release(&again);
	return 0;
}
