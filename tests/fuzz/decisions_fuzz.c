/* fuzz-links: holder http archive catalogue log store record bag ocfl entry tlog os crypto base */
/* A holder's file `decisions`: what is read is written so that it is the same text again; all else is refused in a sentence. */
#include "holder/decisions.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {(const char *)data, size};
	struct decisions decisions;
	struct buf again = BUF_INIT;
	struct err err = ERR_INIT;

	if (decisions_parse(&decisions, text, STR("example.org/a"), &err) != 0) {
		if (err.code != ERR_SYNTAX || err.text[0] == '\0' || decisions.list != NULL)
			abort();
		return 0;
	}
	for (size_t i = 0; i < decisions.count; i++)
		if (decisions_find(&decisions, decisions.list[i].index) != &decisions.list[i])
			abort();
	decisions_format(&again, &decisions, STR("example.org/a"));
	if (!str_equal(buf_view(&again), text))
		abort();
	buf_release(&again);
	decisions_release(&decisions);
	return 0;
}
