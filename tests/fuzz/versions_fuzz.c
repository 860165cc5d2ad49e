/* fuzz-links: holder archive http catalogue store log record bag ocfl entry tlog os crypto base */
/* Versions on their way (P9): in pieces of any length the outcome is the same. */
#include <stdint.h>
#include <stdlib.h>

#include "holder/internal.h"

struct seen {
	uint64_t calls, bytes;
};

static int on_entry(void *context, uint64_t index, enum stream_word word, struct err *err)
{
	struct seen *seen = context;

	(void)err;
	seen->calls = seen->calls * 31 + index + (uint64_t)word;
	return 0;
}

static int on_inventory(void *context, uint64_t index, struct str json, struct err *err)
{
	struct seen *seen = context;

	(void)err;
	seen->calls = seen->calls * 31 + index;
	seen->bytes += json.n;
	return 0;
}

static int on_file(void *context, uint64_t index, struct str path, uint64_t size, struct err *err)
{
	struct seen *seen = context;

	(void)err;
	seen->calls = seen->calls * 31 + index + size;
	seen->bytes += path.n;
	return 0;
}

static int on_bytes(void *context, struct str piece, struct err *err)
{
	(void)err;
	((struct seen *)context)->bytes += piece.n;
	return 0;
}

static int on_file_end(void *context, struct err *err)
{
	(void)err;
	((struct seen *)context)->calls++;
	return 0;
}

static int on_end(void *context, uint64_t index, struct err *err)
{
	(void)err;
	((struct seen *)context)->calls += index;
	return 0;
}

static int read_all(const uint8_t *data, size_t size, size_t piece, struct seen *seen)
{
	static const struct stream_calls calls = {on_entry, on_inventory, on_file, on_bytes, on_file_end, on_file, on_end};
	struct stream_reader *reader = stream_reader_new(&calls, seen, 0);
	struct err err = ERR_INIT;
	int result = 0;

	for (size_t at = 0; at < size && result == 0; at += piece)
		result = stream_read(reader, (struct str){(const char *)data + at, size - at < piece ? size - at : piece}, &err);
	if (result == 0)
		result = stream_finish(reader, 1, &err);
	if (result != 0 && err.text[0] == '\0')
		abort();
	stream_reader_free(reader);
	return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen whole = {0, 0}, pieces = {0, 0};
	int one = read_all(data, size, size + 1, &whole), other = read_all(data, size, 1, &pieces);

	if (one != other || (one == 0 && (whole.calls != pieces.calls || whole.bytes != pieces.bytes)))
		abort();
	return 0;
}
