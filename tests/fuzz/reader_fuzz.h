/* What the targets of readers share: whatever is read is a text that can be written and read again, the same; whatever is refused says why. */
#ifndef PHOTOSTAT_READER_FUZZ_H
#define PHOTOSTAT_READER_FUZZ_H

#include "extract/readers/formats.h"
#include "text/text.h"

#include <stdlib.h>

static inline void require(bool holds)
{
	if (!holds)
		abort();
}

static inline int reader_sink(void *context, const void *bytes, size_t n, struct err *err)
{
	(void)err;
	buf_add(context, bytes, n);
	return 0;
}

static inline void reader_try(int (*read)(struct text *, struct str, struct err *), struct str bytes)
{
	struct text *text = text_new(), *again = NULL;
	struct err err = ERR_INIT;
	struct buf first = BUF_INIT, second = BUF_INIT;
	if (read(text, bytes, &err) < 0) {
		require(err.code == ERR_SYNTAX || err.code == ERR_LIMIT || err.code == ERR_MEMORY);
		require(err.text[0] != '\0');
	} else {
		text_finish(text);
		require(text_write(text, reader_sink, &first, &err) == 0 && !first.failed);
		require(text_read(&again, buf_view(&first), &err) == 0);
		require(text_write(again, reader_sink, &second, &err) == 0 && str_equal(buf_view(&first), buf_view(&second)));
		text_free(again);
	}
	text_free(text);
	buf_release(&first);
	buf_release(&second);
}

#endif
