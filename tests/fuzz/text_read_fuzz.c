/* fuzz-links: text record crypto base */
/* What a worker gives back: what is read is sound to its last byte, and has one written form. */
#include "text/text.h"

#include <stdlib.h>
#include <string.h>

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

static void look_at(const struct text *text)
{
	for (size_t i = 0; i < text_block_count(text); i++) {
		struct text_block block;
		size_t found;
		text_block(text, i, &block);
		require(block.kind < TEXT_KINDS && block.part < TEXT_PARTS && block.text.n > 0 && utf8_valid(block.text) &&
			utf8_valid(block.label));
		require(text_find(text, block.id, &found) && found == i);
		for (size_t m = 0; m < block.mark_count; m++) {
			const struct text_mark *mark = &block.marks[m];
			require(mark->at <= block.text.n && mark->length <= block.text.n - mark->at &&
				mark->number <= text_page_count(text));
			require(utf8_valid((struct str){block.text.p, mark->at}) &&
				utf8_valid((struct str){block.text.p + mark->at, mark->length}));
			if (mark->kind == TEXT_REFERENCE && mark->target.n)
				require(text_find(text, mark->target, &found));
		}
	}
	for (size_t page = 1; page <= text_page_count(text); page++) {
		const struct text_word *words;
		size_t count = text_words(text, page, &words);
		for (size_t i = 0; i < count; i++) {
			struct text_block block;
			require(words[i].page == page && words[i].block < text_block_count(text) && words[i].length > 0);
			text_block(text, words[i].block, &block);
			require(words[i].at < block.text.n && words[i].length <= block.text.n - words[i].at);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str bytes = {(const char *)data, size};
	struct text *text;
	struct err err = ERR_INIT;
	if (text_read(&text, bytes, &err) < 0) {
		require(!text && err.text[0] != '\0');
		return 0;
	}
	struct buf again = BUF_INIT;
	look_at(text);
	require(text_write(text, sink, &again, &err) == 0 && str_equal(bytes, buf_view(&again)));
	buf_release(&again);
	text_free(text);
	return 0;
}
