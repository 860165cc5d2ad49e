/* The text of a file, block by block. */
#include "internal.h"

int search_put_text(struct search *s, struct str id, struct str path, const struct text *text, struct err *err)
{
	size_t count = text_block_count(text);

	for (size_t i = 0; i < count; i++) {
		struct text_block block;

		text_block(text, i, &block);
		if (search_put_block(s, id, path, text_language(text), &block, err) != 0)
			return -1;
	}
	return 0;
}
