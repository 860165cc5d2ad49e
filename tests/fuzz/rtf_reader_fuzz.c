/* fuzz-links: readers text record crypto base */
/* RTF: see reader_fuzz.h. */
#include "reader_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	reader_try(read_rtf, (struct str){(const char *)data, size});
	return 0;
}
