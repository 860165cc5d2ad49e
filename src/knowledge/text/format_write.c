/* photostat.text/v1, written. docs/format/text.md. */
#include "internal.h"

static void number(struct buf *line, const char *key, uint64_t value)
{
	buf_text(line, key);
	buf_u64(line, value);
}

static void string(struct buf *line, const char *key, struct str value)
{
	buf_text(line, key);
	buf_json(line, value);
}

static void write_head(const struct text *text, struct buf *line)
{
	string(line, "{\"format\":\"photostat.text/v1\",\"title\":", text_title(text));
	string(line, ",\"language\":", text_language(text));
	string(line, ",\"source\":", text_source(text));
	buf_text(line, text->cut ? ",\"cut\":true" : ",\"cut\":false");
	number(line, ",\"pages\":", text->page_count);
	number(line, ",\"blocks\":", text->row_count);
	number(line, ",\"words\":", text->word_count);
	buf_text(line, "}\n");
}

static void write_page(const struct text *text, size_t i, struct buf *line)
{
	const struct text_page *page = &text->pages[i - 1];
	number(line, "{\"page\":", i);
	string(line, ",\"label\":", page->label);
	string(line, ",\"image\":", page->image);
	number(line, ",\"width\":", page->width);
	number(line, ",\"height\":", page->height);
	buf_text(line, "}\n");
}

static void write_mark(const struct text_mark *mark, struct buf *line)
{
	buf_text(line, "[\"");
	buf_text(line, text_mark_name(mark->kind));
	number(line, "\",", mark->at);
	number(line, ",", mark->length);
	if (mark->target.n || mark->number)
		string(line, ",", mark->target);
	if (mark->number)
		number(line, ",", mark->number);
	buf_char(line, ']');
}

static void write_block(const struct text *text, size_t i, struct buf *line)
{
	struct text_block block;
	text_block(text, i, &block);
	string(line, "{\"id\":", block.id);
	string(line, ",\"kind\":", str_from(text_kind_name(block.kind)));
	string(line, ",\"part\":", str_from(text_part_name(block.part)));
	if (block.level)
		number(line, ",\"level\":", block.level);
	if (block.label.n)
		string(line, ",\"label\":", block.label);
	if (block.language.n)
		string(line, ",\"language\":", block.language);
	string(line, ",\"text\":", block.text);
	for (size_t m = 0; m < block.mark_count; m++) {
		buf_text(line, m ? "," : ",\"marks\":[");
		write_mark(&block.marks[m], line);
	}
	buf_text(line, block.mark_count ? "]}\n" : "}\n");
}

static void write_words(const struct text_word *words, size_t count, size_t page, struct buf *line)
{
	number(line, "{\"words\":", page);
	for (size_t i = 0; i < count; i++) {
		number(line, i ? ",[" : ",\"boxes\":[[", words[i].block);
		number(line, ",", words[i].at);
		number(line, ",", words[i].length);
		number(line, ",", words[i].x);
		number(line, ",", words[i].y);
		number(line, ",", words[i].width);
		number(line, ",", words[i].height);
		buf_char(line, ']');
	}
	buf_text(line, "]}\n");
}

struct out {
	struct buf line;
	int (*sink)(void *context, const void *, size_t, struct err *);
	void *context;
};

#define ENOUGH 65536u /* bytes that are handed on together */

static int flush(struct out *out, size_t enough, struct err *err)
{
	if (buf_check(&out->line, "a text that is written", err) < 0)
		return -1;
	if (out->line.n <= enough)
		return 0;
	int result = out->sink(out->context, out->line.p, out->line.n, err);
	buf_clear(&out->line);
	return result;
}

int text_write(
	const struct text *text, int (*sink)(void *context, const void *, size_t, struct err *), void *context, struct err *err)
{
	struct out out = {.line = BUF_INIT, .sink = sink, .context = context};
	int result = -1;
	write_head(text, &out.line);
	for (size_t i = 1; i <= text->page_count; i++) {
		write_page(text, i, &out.line);
		if (flush(&out, ENOUGH, err) < 0)
			goto out;
	}
	for (size_t i = 0; i < text->row_count; i++) {
		write_block(text, i, &out.line);
		if (flush(&out, ENOUGH, err) < 0)
			goto out;
	}
	for (size_t page = 1; page <= text->page_count; page++) {
		const struct text_word *words;
		size_t count = text_words(text, page, &words);
		if (count == 0)
			continue;
		write_words(words, count, page, &out.line);
		if (flush(&out, ENOUGH, err) < 0)
			goto out;
	}
	result = flush(&out, 0, err);
out:
	buf_release(&out.line);
	return result;
}
