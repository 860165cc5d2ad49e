/* Plain text: paragraphs by blank lines. */
#include "internal.h"

void text_plain(struct text *text, struct str utf8)
{
	bool open = false;
	while (utf8.n) {
		struct str line;
		if (!str_take_line(&utf8, &line)) {
			line = utf8;
			utf8.n = 0;
		}
		if (!has_visible(line)) {
			open = false;
			continue;
		}
		if (!open)
			text_begin(text, TEXT_PARAGRAPH, TEXT_BODY, 0);
		open = true;
		text_add(text, line);
		text_add(text, STR("\n"));
	}
}
