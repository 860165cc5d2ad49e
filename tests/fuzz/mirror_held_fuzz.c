/* fuzz-links: holder archive http catalogue log store record bag ocfl entry tlog os crypto base */
/* The record of what a mirror holds: what is taken is written again as the same bytes. */
#include "holder/mirror.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str bytes = {(const char *)data, size};
	struct buf again = BUF_INIT;
	struct hash root;
	uint64_t held;

	if (held_parse(bytes, STR("example.org/log"), &held, &root)) {
		held_format(&again, STR("example.org/log"), held, &root);
		if (!str_equal(buf_view(&again), bytes))
			abort();
	}
	buf_release(&again);
	return 0;
}
