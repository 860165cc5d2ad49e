/* ALTO 4: where the words of a text stand on its pages. */
#include "text.h"

#define PIECE 65536u

struct alto {
	struct buf out;
	int (*sink)(void *context, const void *, size_t, struct err *);
	void *context;
};

static int flush(struct alto *alto, size_t from, struct err *err)
{
	int result = 0;
	if (buf_check(&alto->out, "the ALTO file", err) < 0)
		return -1;
	if (alto->out.n > from) {
		result = alto->sink(alto->context, alto->out.p, alto->out.n, err);
		buf_clear(&alto->out);
	}
	return result;
}

/* Controls are not in a text; U+FFFE and U+FFFF may not be in XML. */
static void add_escaped(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		const char *is = s.p[i] == '&'   ? "&amp;"
				 : s.p[i] == '<' ? "&lt;"
				 : s.p[i] == '>' ? "&gt;"
				 : s.p[i] == '"' ? "&quot;"
						 : NULL;
		if (is)
			buf_text(out, is);
		else if (s.n - i >= 3 && (unsigned char)s.p[i] == 0xEF && (unsigned char)s.p[i + 1] == 0xBF &&
			 (unsigned char)s.p[i + 2] >= 0xBE)
			i += 2;
		else
			buf_char(out, s.p[i] == '\n' || s.p[i] == '\t' ? ' ' : s.p[i]);
	}
}

static void add_box(struct buf *out, uint32_t left, uint32_t top, uint32_t right, uint32_t bottom)
{
	buf_printf(out, " HPOS=\"%u\" VPOS=\"%u\" WIDTH=\"%u\" HEIGHT=\"%u\"", left, top, right - left, bottom - top);
}

static uint32_t far_edge(uint32_t from, uint32_t extent)
{
	return extent > UINT32_MAX - from ? UINT32_MAX : from + extent;
}

static void add_bounds(struct buf *out, const struct text_word *words, size_t count)
{
	uint32_t left = UINT32_MAX, top = UINT32_MAX, right = 0, bottom = 0;
	for (size_t i = 0; i < count; i++) {
		uint32_t x = far_edge(words[i].x, words[i].width), y = far_edge(words[i].y, words[i].height);
		left = words[i].x < left ? words[i].x : left;
		top = words[i].y < top ? words[i].y : top;
		right = x > right ? x : right;
		bottom = y > bottom ? y : bottom;
	}
	add_box(out, left, top, right, bottom);
}

static void add_line(struct buf *out, const struct text_block *block, const struct text_word *words, size_t count, bool broken)
{
	buf_text(out, "<TextLine");
	add_bounds(out, words, count);
	buf_text(out, ">");
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_text(out, "<SP/>");
		buf_text(out, "<String CONTENT=\"");
		add_escaped(out, (struct str){block->text.p + words[i].at, words[i].length});
		buf_char(out, '"');
		add_box(out, words[i].x, words[i].y, far_edge(words[i].x, words[i].width), far_edge(words[i].y, words[i].height));
		buf_text(out, "/>");
	}
	buf_text(out, broken ? "<HYP CONTENT=\"-\"/></TextLine>\n" : "</TextLine>\n");
}

/* The words of one block on one page. */
static int add_block(struct alto *alto, const struct text_block *block, size_t page, const struct text_word *words, size_t count,
	struct err *err)
{
	size_t begun = 0, mark = 0;
	buf_text(&alto->out, "<TextBlock ID=\"");
	add_escaped(&alto->out, block->id);
	buf_printf(&alto->out, "_%zu\"", page);
	add_bounds(&alto->out, words, count);
	buf_text(&alto->out, ">\n");
	for (size_t i = 1; i <= count; i++) {
		bool ends = i == count;
		/* Lines begin at their marks. */
		while (!ends && mark < block->mark_count && block->marks[mark].at <= words[i].at) {
			ends = block->marks[mark].kind == TEXT_LINE && block->marks[mark].at > words[i - 1].at;
			mark++;
		}
		if (!ends)
			continue;
		add_line(&alto->out, block, words + begun, i - begun,
			i < count && words[i].at == words[i - 1].at + words[i - 1].length);
		begun = i;
		if (flush(alto, PIECE, err) < 0)
			return -1;
	}
	buf_text(&alto->out, "</TextBlock>\n");
	return 0;
}

static int add_page(struct alto *alto, const struct text *text, size_t number, struct err *err)
{
	const struct text_word *words;
	size_t count = text_words(text, number, &words), begun = 0;
	struct text_page page;
	text_page(text, number, &page);
	buf_printf(&alto->out, "<Page ID=\"page%zu\" PHYSICAL_IMG_NR=\"%zu\"", number, number);
	if (page.label.n > 0) {
		buf_text(&alto->out, " PRINTED_IMG_NR=\"");
		add_escaped(&alto->out, page.label);
		buf_char(&alto->out, '"');
	}
	buf_printf(&alto->out, " WIDTH=\"%u\" HEIGHT=\"%u\"><PrintSpace", page.width, page.height);
	add_box(&alto->out, 0, 0, page.width, page.height);
	buf_text(&alto->out, ">\n");
	for (size_t i = 1; i <= count; i++) {
		struct text_block block;
		if (i < count && words[i].block == words[begun].block)
			continue;
		text_block(text, words[begun].block, &block);
		if (add_block(alto, &block, number, words + begun, i - begun, err) < 0)
			return -1;
		begun = i;
	}
	buf_text(&alto->out, "</PrintSpace></Page>\n");
	return flush(alto, PIECE, err);
}

int text_alto(
	const struct text *text, int (*sink)(void *context, const void *, size_t, struct err *), void *context, struct err *err)
{
	struct alto alto = {.out = BUF_INIT, .sink = sink, .context = context};
	int result = -1;
	buf_text(&alto.out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<alto xmlns=\"http://www.loc.gov/standards/alto/ns-v4#\" "
			    "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
			    "xsi:schemaLocation=\"http://www.loc.gov/standards/alto/ns-v4# "
			    "http://www.loc.gov/standards/alto/v4/alto-4-4.xsd\" SCHEMAVERSION=\"4.4\">\n"
			    "<Description><MeasurementUnit>pixel</MeasurementUnit></Description>\n<Layout>\n");
	for (size_t i = 1; i <= text_page_count(text); i++)
		if (add_page(&alto, text, i, err) < 0)
			goto out;
	buf_text(&alto.out, "</Layout>\n</alto>\n");
	result = flush(&alto, 0, err);
out:
	buf_release(&alto.out);
	return result;
}
