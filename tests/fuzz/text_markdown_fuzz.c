/* fuzz-links: text record crypto base */
/* Markdown: whatever it is, it makes a sound text. */
#include "text/text.h"

#include <stdlib.h>

static void require(bool holds)
{
	if (!holds)
		abort();
}

static int sink(void *context, const void *bytes, size_t n, struct err *err)
{
	(void)err;
	buf_add(context, bytes, n);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str bytes = {(const char *)data, size};
	struct buf lines = BUF_INIT;
	struct text *text = text_new(), *read = NULL;
	struct err err = ERR_INIT;
	text_markdown(text, bytes);
	text_finish(text);
	require(text_write(text, sink, &lines, &err) == 0 && text_read(&read, buf_view(&lines), &err) == 0);
	text_free(read);
	text_free(text);
	buf_release(&lines);
	return 0;
}
