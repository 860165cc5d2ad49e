/* Building a text, block after block. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

#include "record/record.h"

struct text *text_new(void)
{
	return mem_alloc(sizeof(struct text));
}

void text_free(struct text *text)
{
	if (!text)
		return;
	buf_release(&text->bytes);
	arena_release(&text->strings);
	free(text->rows);
	free(text->placed);
	free(text->pages);
	free(text->words);
	free(text->marks);
	free(text->body);
	free(text->notes);
	free(text->page_words);
	free(text);
}

void *row_room(void *array, size_t count, size_t *cap, size_t size)
{
	if (count < *cap)
		return array;
	*cap = *cap ? *cap * 2 : 16;
	return mem_grow(array, *cap, size);
}

struct row *last_row(struct text *text)
{
	return text->skipping || text->row_count == 0 ? NULL : &text->rows[text->row_count - 1];
}

/* What is added to nothing begins a paragraph. */
static struct row *row_to_fill(struct text *text)
{
	if (text->row_count == 0 && !text->skipping)
		text_begin(text, TEXT_PARAGRAPH, TEXT_BODY, 0);
	return last_row(text);
}

static struct str language_kept(struct text *text, struct str given)
{
	struct buf tag = BUF_INIT;
	struct str kept = {"", 0};
	if (given.n && language_canonical(given, &tag, NULL) == 0) {
		/* One language after the other is mostly the same. */
		struct str last = {"", 0};
		for (size_t i = text->row_count; i > 0 && i + 8 > text->row_count && !last.n; i--)
			last = text->rows[i - 1].language;
		kept = str_equal(last, buf_view(&tag)) ? last : keep_string(text, buf_view(&tag));
	}
	buf_release(&tag);
	return kept;
}

void text_set_title(struct text *text, struct str title)
{
	text->title = keep_string(text, title);
}

void text_set_language(struct text *text, struct str language)
{
	text->language = language_kept(text, language);
}

void text_set_source(struct text *text, struct str source)
{
	text->source = keep_string(text, source);
}

void text_set_cut(struct text *text)
{
	text->cut = true;
}

static void close_marks(struct text *text)
{
	while (text->open_count || text->open_over)
		text_unmark(text);
}

void text_begin(struct text *text, enum text_kind kind, enum text_part part, unsigned level)
{
	close_marks(text);
	text->skipping = text->row_count >= TEXT_BLOCKS_MAX || text->bytes.n >= TEXT_MAX;
	if (text->skipping) {
		text->cut = true;
		return;
	}
	text->rows = row_room(text->rows, text->row_count, &text->row_cap, sizeof(struct row));
	text->rows[text->row_count++] = (struct row){.kind = (uint8_t)kind,
		.part = (uint8_t)part,
		.level = (uint16_t)(level > 999 ? 999 : level),
		.at = (uint32_t)text->bytes.n,
		.label = {"", 0},
		.language = {"", 0},
		.key = {"", 0}};
}

void text_set_label(struct text *text, struct str label)
{
	struct row *row = row_to_fill(text);
	if (row)
		row->label = keep_string(text, label);
}

void text_set_block_language(struct text *text, struct str language)
{
	struct row *row = row_to_fill(text);
	if (row)
		row->language = language_kept(text, language);
}

void text_set_key(struct text *text, struct str key)
{
	struct row *row = row_to_fill(text);
	if (row)
		row->key = keep_string(text, key);
}

void text_add(struct text *text, struct str piece)
{
	struct row *row = row_to_fill(text);
	if (!row)
		return;
	if (!clean_add(&text->bytes, row->at, TEXT_MAX, piece, kind_white((enum text_kind)row->kind)))
		text->cut = true;
	row->n = (uint32_t)text->bytes.n - row->at;
}

bool place_mark(struct text *text, uint32_t block, const struct text_mark *mark)
{
	if (text->placed_count >= TEXT_MARKS_MAX) {
		text->cut = true;
		return false;
	}
	text->placed = row_room(text->placed, text->placed_count, &text->placed_cap, sizeof(struct placed));
	text->placed[text->placed_count] = (struct placed){.block = block, .order = (uint32_t)text->placed_count, .mark = *mark};
	text->placed_count++;
	return true;
}

void text_mark(struct text *text, enum text_mark_kind kind, struct str target)
{
	struct row *row = row_to_fill(text);
	bool point = kind == TEXT_LINE || kind == TEXT_PAGE, fits = row != NULL;
	if (fits && !point && (text->open_over || text->open_count == OPEN_MAX))
		fits = false;
	if (fits) {
		struct text_mark mark = {.kind = kind, .at = row->n, .target = {"", 0}};
		bool dropped = kind == TEXT_LINK && !link_target_valid(target);
		if (kind == TEXT_FOREIGN)
			mark.target = language_kept(text, target);
		else if (!dropped && !(kind == TEXT_DATE && edtf_parse(target, &(struct edtf){0}, NULL) < 0))
			mark.target = keep_string(text, target);
		fits = place_mark(text, (uint32_t)text->row_count - 1, &mark);
		if (fits)
			text->placed[text->placed_count - 1].dropped = dropped || (kind == TEXT_LINK && mark.target.n == 0);
	}
	if (point)
		return;
	if (fits)
		text->open[text->open_count++] = (uint32_t)text->placed_count - 1;
	else
		text->open_over++;
}

void text_unmark(struct text *text)
{
	if (text->open_over) {
		text->open_over--;
	} else if (text->open_count) {
		struct text_mark *mark = &text->placed[text->open[--text->open_count]].mark;
		mark->length = text->rows[text->row_count - 1].n - mark->at;
	}
}

uint32_t text_add_page(struct text *text, const struct text_page *page)
{
	if (text->page_count >= TEXT_PAGES_MAX) {
		text->cut = true;
		return 0;
	}
	text->pages = row_room(text->pages, text->page_count, &text->page_cap, sizeof(struct text_page));
	text->pages[text->page_count] = (struct text_page){.label = keep_string(text, page->label),
		.image = keep_string(text, page->image),
		.width = page->width,
		.height = page->height};
	return (uint32_t)++text->page_count;
}

void text_begin_page(struct text *text, uint32_t number, struct str label)
{
	const struct row *row = last_row(text);
	struct text_mark mark = {.kind = TEXT_PAGE,
		.at = row ? row->n : 0,
		.number = number <= text->page_count ? number : 0,
		.target = keep_string(text, label)};
	if (!text->skipping)
		place_mark(text, row ? (uint32_t)text->row_count - 1 : 0, &mark);
}

uint32_t text_here(const struct text *text)
{
	return text->skipping || text->row_count == 0 ? 0 : text->rows[text->row_count - 1].n;
}

void text_add_word(struct text *text, uint32_t at, const struct text_word *word)
{
	const struct row *row = last_row(text);
	if (!row || word->page == 0 || word->page > text->page_count || at >= row->n)
		return;
	if (text->word_count >= TEXT_WORDS_MAX) {
		text->cut = true;
		return;
	}
	text->words = row_room(text->words, text->word_count, &text->word_cap, sizeof(struct text_word));
	text->words[text->word_count] = *word;
	text->words[text->word_count].block = (uint32_t)text->row_count - 1;
	text->words[text->word_count].at = at;
	text->words[text->word_count++].length = row->n - at;
}

size_t text_words_here(const struct text *text)
{
	return text->word_count;
}

void text_share_words(struct text *text, size_t from, const struct text_word *box)
{
	uint64_t all = 0, before = 0;
	for (size_t i = from; i < text->word_count; i++)
		all += text->words[i].width == 0 ? text->words[i].length + UINT64_C(1) : 0; /* and the space behind it */
	all -= all > 0;
	if (all == 0)
		return; /* no such words, or one of nothing */
	for (size_t i = from; i < text->word_count; i++) {
		struct text_word *word = &text->words[i];
		if (word->width != 0)
			continue;
		uint64_t left = box->width * before / all, right = box->width * (before + word->length) / all;
		word->x = box->x + (uint32_t)left;
		word->y = box->y;
		word->width = (uint32_t)(right - left);
		if (word->width == 0)
			word->width = 1;
		word->height = box->height;
		before += word->length + UINT64_C(1);
	}
}
