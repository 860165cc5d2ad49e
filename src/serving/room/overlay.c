/* Words over a picture, where they stand on it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "found.h"
#include "plates.h"

#define CONTEXT 60u                 /* bytes of what stands around a hit */
#define WORD_COST 96u               /* what a word takes beside its letters */
#define BYTES_MAX ((size_t)4 << 20) /* of words that are placed: a page of a newspaper has less than a quarter of it */

/* ---- where words stand ------------------------------------------------------------------------------------------------------------- */

static bool same_line(const struct placed *line, const struct text_word *word)
{
	uint64_t top = line->y > word->y ? line->y : word->y;
	uint64_t one = (uint64_t)line->y + line->height, other = (uint64_t)word->y + word->height,
		 bottom = one < other ? one : other;
	uint32_t low = line->height < word->height ? line->height : word->height;

	return line->block == word->block && bottom > top && (bottom - top) * 2 >= low;
}

static void widen(struct placed *line, const struct text_word *word)
{
	uint64_t right = (uint64_t)line->x + line->width, bottom = (uint64_t)line->y + line->height;

	if ((uint64_t)word->x + word->width > right)
		right = (uint64_t)word->x + word->width;
	if ((uint64_t)word->y + word->height > bottom)
		bottom = (uint64_t)word->y + word->height;
	line->x = word->x < line->x ? word->x : line->x;
	line->y = word->y < line->y ? word->y : line->y;
	line->width = right - line->x > UINT32_MAX ? UINT32_MAX : (uint32_t)(right - line->x);
	line->height = bottom - line->y > UINT32_MAX ? UINT32_MAX : (uint32_t)(bottom - line->y);
	line->count++;
}

static struct placed *begin(struct placed *all, size_t *count, const struct text_word *word, size_t i)
{
	if (*count == PLACED_MAX)
		return NULL;
	all[*count] = (struct placed){.x = word->x,
		.y = word->y,
		.width = word->width,
		.height = word->height,
		.word = (uint32_t)i,
		.count = 1,
		.block = word->block};
	return &all[(*count)++];
}

/* A view of the block's text that ends at characters. */
static struct str piece(struct str text, size_t from, size_t to)
{
	to = to > text.n ? text.n : to;
	from = from > to ? to : from;
	while (from < to && ((unsigned char)text.p[from] & 0xc0) == 0x80)
		from++;
	while (to > from && to < text.n && ((unsigned char)text.p[to] & 0xc0) == 0x80)
		to--;
	return (struct str){text.p + from, to - from};
}

static void take_texts(const struct text *text, const struct text_word *words, struct placed *all, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct text_word *first = &words[all[i].word], *last = &words[all[i].word + all[i].count - 1];
		size_t end = (size_t)last->at + last->length;
		struct text_block block;

		text_block(text, all[i].block, &block);
		all[i].text = piece(block.text, first->at, end);
		all[i].before = piece(block.text, first->at > CONTEXT ? first->at - CONTEXT : 0, first->at);
		all[i].after = piece(block.text, end, end + CONTEXT);
	}
}

static bool is_real(const struct text *text, const struct text_word *word)
{
	return word->width > 0 && word->height > 0 && word->length > 0 && word->block < text_block_count(text);
}

size_t placed_lines(const struct text *text, size_t page, struct placed **out)
{
	const struct text_word *words;
	size_t total = text_words(text, page, &words), count = 0;
	struct placed *all = mem_array(PLACED_MAX, sizeof(*all)), *line = NULL;
	size_t spent = 0;

	for (size_t i = 0; i < total && (spent += words[i].length + WORD_COST) <= BYTES_MAX; i++) {
		if (!is_real(text, &words[i])) {
			line = NULL;
		} else if (line != NULL && same_line(line, &words[i])) {
			widen(line, &words[i]);
		} else if ((line = begin(all, &count, &words[i], i)) == NULL) {
			break;
		}
	}
	take_texts(text, words, all, count);
	*out = all;
	return count;
}

size_t placed_hits(const struct text *text, size_t page, struct str query, struct placed **out)
{
	const struct text_word *words;
	size_t total = text_words(text, page, &words), count = 0, range = 0, ranges_count = 0, hit_before = SIZE_MAX;
	struct placed *all = mem_array(PLACED_MAX, sizeof(*all)), *line = NULL;
	uint32_t block_now = UINT32_MAX;
	struct buf found = BUF_INIT;
	size_t spent = 0;

	for (size_t i = 0; i < total && (spent += words[i].length + WORD_COST) <= BYTES_MAX; i++) {
		const size_t *ranges;
		struct text_block block;

		if (!is_real(text, &words[i]))
			continue;
		if (words[i].block != block_now) {
			block_now = words[i].block;
			text_block(text, block_now, &block);
			found_in_block(
				NULL, query, block.language.n > 0 ? block.language : text_language(text), block.text, &found);
			ranges_count = found.n / (2 * sizeof(size_t));
			range = 0;
			line = NULL;
		}
		/* Both in the order of the text. */
		ranges = (const size_t *)(const void *)found.p;
		while (range < ranges_count && ranges[2 * range] + ranges[2 * range + 1] <= words[i].at)
			range++;
		if (range == ranges_count || ranges[2 * range] >= (size_t)words[i].at + words[i].length) {
			line = NULL;
		} else if (line != NULL && hit_before == range && same_line(line, &words[i])) {
			widen(line, &words[i]);
		} else if ((line = begin(all, &count, &words[i], i)) == NULL) {
			break;
		}
		hit_before = range;
	}
	take_texts(text, words, all, count);
	buf_release(&found);
	*out = all;
	return count;
}

/* ---- over the picture ------------------------------------------------------------------------------------------------------------------ */

/* Each word has its place and width; what the browser's letters are wide does not matter. */
static void write_line(struct page *page, const struct text *text, const struct text_word *words, const struct placed *line)
{
	struct html *html = &page->html;
	struct text_block block;

	text_block(text, line->block, &block);
	html_begin(html, "text");
	html_number(html, "y", (int64_t)line->y + line->height * 4 / 5);
	html_number(html, "font-size", line->height);
	if (block.language.n > 0)
		html_attribute(html, "lang", block.language);
	for (uint32_t i = line->word; i < line->word + line->count; i++) {
		if (i > line->word)
			html_words(html, " ");
		html_begin(html, "tspan");
		html_number(html, "x", words[i].x);
		html_number(html, "textLength", words[i].width);
		html_set(html, "lengthAdjust", "spacingAndGlyphs");
		html_text(html, piece(block.text, words[i].at, (size_t)words[i].at + words[i].length));
		html_end(html);
	}
	html_end(html);
}

static void write_hit(struct page *page, const struct text *text, const struct placed *hit)
{
	struct html *html = &page->html;
	struct text_block block;
	struct buf href = BUF_INIT;

	text_block(text, hit->block, &block);
	buf_char(&href, '#');
	buf_str(&href, block.id);
	html_begin(html, "a");
	html_attribute(html, "href", buf_view(&href));
	html_attribute(html, "aria-label", hit->text);
	html_begin(html, "rect");
	html_number(html, "x", hit->x);
	html_number(html, "y", hit->y);
	html_number(html, "width", hit->width);
	html_number(html, "height", hit->height);
	html_end(html);
	html_end(html);
	buf_release(&href);
}

void overlay_write(struct page *page, const struct text *text, size_t number, struct str query)
{
	const struct text_word *words;
	struct placed *lines = NULL, *hits = NULL;
	struct html *html = &page->html;
	struct text_page space;
	size_t count, hit_count = 0;
	char box[64];

	if (number == 0 || number > text_page_count(text))
		return;
	text_page(text, number, &space);
	if (space.width == 0 || space.height == 0 || text_words(text, number, &words) == 0)
		return;
	count = placed_lines(text, number, &lines);
	if (query.n > 0)
		hit_count = placed_hits(text, number, query, &hits);
	if (count > 0) {
		(void)snprintf(box, sizeof(box), "0 0 %" PRIu32 " %" PRIu32, space.width, space.height);
		html_begin(html, "svg");
		html_set(html, "class", "words");
		html_set(html, "viewBox", box);
		html_set(html, "preserveAspectRatio", "none");
		html_set(html, "role", "group");
		html_set(html, "aria-label", word_texts[page->language][WORD_PICTURE_WORDS]);
		if (text_language(text).n > 0)
			html_attribute(html, "lang", text_language(text));
		for (size_t i = 0; i < hit_count; i++)
			write_hit(page, text, &hits[i]);
		for (size_t i = 0; i < count; i++)
			write_line(page, text, words, &lines[i]);
		html_end(html);
	}
	free(lines);
	free(hits);
}
