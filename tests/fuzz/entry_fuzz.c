/* fuzz-links: entry tlog crypto base */
/* Whatever is read as an entry is written back byte for byte; nothing else is read. */
#include "entry/entry.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = ARENA_INIT;
	struct buf back = BUF_INIT;
	struct err err = ERR_INIT;
	struct entry entry;
	struct str text = {(const char *)data, size};
	if (entry_parse(&entry, text, &arena, &err) == 0) {
		if (entry_format(&back, &entry, &err) < 0 || !str_equal(buf_view(&back), text))
			abort();
		if (!origin_valid(entry.origin) || (entry.record.n > 0 && !record_id_valid(entry.origin, entry.record)))
			abort();
	} else if (err.code != ERR_SYNTAX && err.code != ERR_LIMIT) {
		abort();
	}
	/* Any string may be asked about. */
	(void)origin_valid(text);
	(void)record_name_valid(text);
	arena_release(&arena);
	buf_release(&back);
	return 0;
}
