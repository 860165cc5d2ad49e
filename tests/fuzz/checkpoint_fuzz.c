/* fuzz-links: tlog crypto base */
/* Checkpoints: what parses is written again as the same bytes. */
#include "tlog/tlog.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {(const char *)data, size};
	struct checkpoint checkpoint;
	struct buf again = BUF_INIT;
	struct err err = ERR_INIT;

	if (checkpoint_parse(&checkpoint, text, &err) != 0) {
		if (err.code != ERR_SYNTAX)
			abort();
		return 0;
	}
	checkpoint_format(&again, checkpoint.origin, checkpoint.size, &checkpoint.root);
	buf_str(&again, checkpoint.extension);
	if (!str_equal(buf_view(&again), text))
		abort();
	buf_release(&again);
	return 0;
}
