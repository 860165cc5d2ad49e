/* fuzz-links: readers text record crypto base */
/* TEI, ALTO, PAGE, XHTML: see reader_fuzz.h. */
#include "reader_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	reader_try(read_xml, (struct str){(const char *)data, size});
	return 0;
}
