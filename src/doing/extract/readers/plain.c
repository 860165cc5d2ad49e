/* Plain text and Markdown: their bytes in whatever encoding, then what the text module sees in them. */
#include "readers.h"

static int read_decoded(struct text *text, struct str bytes, void (*see)(struct text *, struct str), struct err *err)
{
	struct buf decoded = BUF_INIT;
	int result = text_decode(bytes, &decoded, NULL, err);
	if (result == 0)
		see(text, buf_view(&decoded));
	buf_release(&decoded);
	return result;
}

int read_plain(struct text *text, struct str bytes, struct err *err)
{
	text_set_source(text, STR("plain"));
	return read_decoded(text, bytes, text_plain, err);
}

int read_markdown(struct text *text, struct str bytes, struct err *err)
{
	text_set_source(text, STR("markdown"));
	if (read_decoded(text, bytes, text_markdown, err) < 0)
		return -1;
	text_recognise(text);
	return 0;
}
