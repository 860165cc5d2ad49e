/* fuzz-links: archive catalogue log store record bag ocfl entry tlog os crypto base */
/* The text of a decision beside a record, with its salt: what is read is written byte for byte as it was; all else is refused in a sentence. */
#include "archive/internal.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf text = BUF_INIT;
	struct err err = ERR_INIT;
	struct hash commitment;

	if (note_read((struct str){(const char *)data, size}, &text, &commitment, &err) != 0 && err.text[0] == '\0')
		abort();
	buf_release(&text);
	return 0;
}
