/* fuzz-links: text record crypto base */
/* Plain text: decoded from anything, seen as anything, it makes a sound text, marks and words of blocks that lose their labels too. */
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

/* What is written is read: all that text_read checks holds. */
static void require_sound(const struct text *text)
{
	struct buf lines = BUF_INIT, again = BUF_INIT;
	struct text *read = NULL;
	struct err err = ERR_INIT;
	require(text_write(text, sink, &lines, &err) == 0);
	require(text_read(&read, buf_view(&lines), &err) == 0);
	require(text_write(read, sink, &again, &err) == 0 && str_equal(buf_view(&lines), buf_view(&again)));
	text_free(read);
	buf_release(&lines);
	buf_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str bytes = {(const char *)data, size};
	struct buf decoded = BUF_INIT;
	struct text *text = text_new();
	require(text_decode(bytes, &decoded, NULL, NULL) == 0);
	text_plain(text, buf_view(&decoded));
	text_finish(text);
	require_sound(text);
	text_free(text);
	/* As a reader of PDFs has it: blocks with lines and words, seen afterwards. */
	text = text_new();
	struct text_page page = {.label = STR(""), .image = STR(""), .width = 10, .height = 10};
	struct str rest = buf_view(&decoded), line;
	uint32_t number = text_add_page(text, &page);
	text_begin_page(text, number, STR(""));
	while (str_take_line(&rest, &line)) {
		text_begin(text, TEXT_PARAGRAPH, TEXT_BODY, 0);
		text_mark(text, TEXT_LINE, STR(""));
		text_mark(text, TEXT_EMPHASIS, STR(""));
		uint32_t at = text_here(text);
		text_add(text, line);
		text_add_word(text, at, &(struct text_word){.page = number});
		text_unmark(text);
		text_add(text, line);
	}
	text_recognise(text);
	text_finish(text);
	require_sound(text);
	text_free(text);
	buf_release(&decoded);
	return 0;
}
