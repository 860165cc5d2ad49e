/* A target that dies of a byte no seed has: what replay.c must find, keep and find again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 0 && memchr(data, 0xff, size) != NULL)
		abort();
	return 0;
}
