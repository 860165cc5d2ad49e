/* Finishing: empty blocks go, marks and words follow, references find their notes. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

#define GONE UINT32_MAX

struct str row_text(const struct text *text, const struct row *row)
{
	return (struct str){row->n ? text->bytes.p + row->at : "", row->n};
}

static bool row_stays(const struct text *text, struct row *row)
{
	row->n = (uint32_t)clean_end(row_text(text, row).p, row->n);
	return has_visible(row_text(text, row));
}

/* Drops empty rows; moved[i] is where row i went, or GONE. */
static void drop_rows(struct text *text, uint32_t *moved)
{
	size_t kept = 0;
	for (size_t i = 0; i < text->row_count; i++) {
		moved[i] = GONE;
		if (!row_stays(text, &text->rows[i]))
			continue;
		moved[i] = (uint32_t)kept;
		text->rows[kept++] = text->rows[i];
	}
	text->row_count = kept;
}

/* A page that begins in a block that went, or where a block ends, begins with the next one that stays; the last ones end the text. next[i]: the first row at or
 * after i that stays, by its new number, or GONE. */
static bool settle_page(const struct text *text, struct placed *placed, const uint32_t *moved, const uint32_t *next)
{
	uint32_t row = moved[placed->block];
	if (row != GONE && placed->mark.at < text->rows[row].n) {
		placed->block = row;
		return true;
	}
	row = row == GONE ? next[placed->block] : row + 1 < text->row_count ? row + 1 : GONE;
	placed->block = row != GONE ? row : (uint32_t)text->row_count - 1;
	placed->mark.at = row != GONE ? 0 : text->rows[placed->block].n;
	return true;
}

/* False: the mark goes. */
static bool settle_mark(const struct text *text, struct placed *placed, const uint32_t *moved)
{
	uint32_t block = moved[placed->block];
	struct text_mark *mark = &placed->mark;
	if (block == GONE || placed->dropped)
		return false;
	placed->block = block;
	const struct row *row = &text->rows[block];
	const char *p = row_text(text, row).p;
	uint32_t end = mark->at + mark->length;
	if (mark->at > row->n)
		mark->at = row->n;
	if (end > row->n)
		end = row->n;
	if (mark->kind == TEXT_LINE)
		return mark->at < row->n;
	if (kind_white((enum text_kind)row->kind) != WHITE_ALL && end > mark->at) {
		while (end > mark->at && (p[end - 1] == ' ' || p[end - 1] == '\n'))
			end--;
		while (end > mark->at && (p[mark->at] == ' ' || p[mark->at] == '\n'))
			mark->at++;
	}
	mark->length = end - mark->at;
	return mark->length > 0 || mark->kind == TEXT_REFERENCE;
}

static void settle_marks(struct text *text, const uint32_t *moved, const uint32_t *next)
{
	size_t kept = 0;
	for (size_t i = 0; i < text->placed_count && text->row_count; i++) {
		struct placed *placed = &text->placed[i];
		bool stays =
			placed->mark.kind == TEXT_PAGE ? settle_page(text, placed, moved, next) : settle_mark(text, placed, moved);
		if (stays)
			text->placed[kept++] = *placed;
	}
	text->placed_count = kept;
}

static void settle_words(struct text *text, const uint32_t *moved)
{
	size_t kept = 0;
	for (size_t i = 0; i < text->word_count; i++) {
		struct text_word word = text->words[i];
		word.block = moved[word.block];
		if (word.block == GONE)
			continue;
		const struct row *row = &text->rows[word.block];
		const char *p = row_text(text, row).p;
		uint32_t end = word.at + word.length;
		if (end > row->n)
			end = row->n;
		while (end > word.at && (p[end - 1] == ' ' || p[end - 1] == '\n'))
			end--;
		while (end > word.at && (p[word.at] == ' ' || p[word.at] == '\n'))
			word.at++;
		word.length = end > word.at ? end - word.at : 0;
		if (word.length)
			text->words[kept++] = word;
	}
	text->word_count = kept;
}

/* ---- references ---- */

struct key {
	struct str key;
	uint32_t row;
};

static int key_order(const void *left, const void *right)
{
	const struct key *a = left, *b = right;
	int order = str_compare(a->key, b->key);
	return order ? order : a->row < b->row ? -1 : a->row > b->row;
}

/* The first note of that key. */
static const struct key *key_find(const struct key *keys, size_t count, struct str wanted)
{
	size_t low = 0, high = count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (str_compare(keys[middle].key, wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && str_equal(keys[low].key, wanted) ? &keys[low] : NULL;
}

static void resolve_references(struct text *text)
{
	size_t count = 0, notes = 0;
	for (size_t i = 0; i < text->row_count; i++)
		notes += text->rows[i].kind == TEXT_NOTE && text->rows[i].key.n;
	struct key *keys = notes ? mem_array(notes, sizeof(struct key)) : NULL;
	for (size_t i = 0; i < text->row_count && keys; i++)
		if (text->rows[i].kind == TEXT_NOTE && text->rows[i].key.n)
			keys[count++] = (struct key){text->rows[i].key, (uint32_t)i};
	if (keys)
		qsort(keys, count, sizeof(struct key), key_order);
	for (size_t i = 0; i < text->placed_count; i++) {
		struct text_mark *mark = &text->placed[i].mark;
		if (mark->kind != TEXT_REFERENCE)
			continue;
		struct str target = mark->target;
		const struct key *found = NULL;
		if (keys && target.n > 1 && target.p[0] == '#')
			found = key_find(keys, count, (struct str){target.p + 1, target.n - 1});
		mark->target = found ? str_from(text->rows[found->row].id) : (struct str){"", 0};
	}
	free(keys);
}

/* ---- order ---- */

void row_id(bool note, size_t number, char out[ID_MAX])
{
	size_t digits = 1;
	for (size_t n = number; n >= 10; n /= 10)
		digits++;
	out[0] = note ? 'n' : 'p';
	out[digits + 1] = '\0';
	for (; digits > 0; number /= 10)
		out[digits--] = (char)('0' + number % 10);
}

void number_rows(struct text *text)
{
	text->body = mem_array(text->row_count + 1, sizeof(uint32_t));
	text->notes = mem_array(text->row_count + 1, sizeof(uint32_t));
	for (size_t i = 0; i < text->row_count; i++) {
		bool note = text->rows[i].kind == TEXT_NOTE;
		uint32_t *rows = note ? text->notes : text->body;
		size_t *count = note ? &text->note_count : &text->body_count;
		rows[(*count)++] = (uint32_t)i;
		row_id(note, *count, text->rows[i].id);
	}
}

static int placed_order(const void *left, const void *right)
{
	const struct placed *a = left, *b = right;
	if (a->block != b->block)
		return a->block < b->block ? -1 : 1;
	if (a->mark.at != b->mark.at)
		return a->mark.at < b->mark.at ? -1 : 1;
	if (a->mark.length != b->mark.length)
		return a->mark.length > b->mark.length ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

int word_order(const void *left, const void *right)
{
	const struct text_word *a = left, *b = right;
	if (a->page != b->page)
		return a->page < b->page ? -1 : 1;
	if (a->block != b->block)
		return a->block < b->block ? -1 : 1;
	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	return a->length < b->length ? -1 : a->length > b->length;
}

void text_seal(struct text *text)
{
	if (text->placed_count)
		qsort(text->placed, text->placed_count, sizeof(struct placed), placed_order);
	text->mark_count = text->placed_count;
	text->marks = text->mark_count ? mem_array(text->mark_count, sizeof(struct text_mark)) : NULL;
	for (size_t i = 0; i < text->mark_count; i++) {
		struct row *row = &text->rows[text->placed[i].block];
		if (row->mark_n++ == 0)
			row->mark_at = (uint32_t)i;
		text->marks[i] = text->placed[i].mark;
	}
	free(text->placed);
	text->placed = NULL;
	text->placed_count = text->placed_cap = 0;
	if (text->word_count)
		qsort(text->words, text->word_count, sizeof(struct text_word), word_order);
	text->page_words = mem_array(text->page_count + 2, sizeof(size_t));
	size_t word = 0;
	for (size_t page = 0; page <= text->page_count + 1; page++) {
		while (word < text->word_count && text->words[word].page < page)
			word++;
		text->page_words[page] = word;
	}
	text->finished = true;
}

void text_finish(struct text *text)
{
	while (text->open_count || text->open_over)
		text_unmark(text);
	size_t rows = text->row_count;
	uint32_t *moved = mem_array(rows + 1, sizeof(uint32_t)), *next = mem_array(rows + 1, sizeof(uint32_t));
	drop_rows(text, moved);
	moved[rows] = next[rows] = GONE;
	for (size_t i = rows; i-- > 0;)
		next[i] = moved[i] != GONE ? moved[i] : next[i + 1];
	settle_marks(text, moved, next);
	settle_words(text, moved);
	free(moved);
	free(next);
	number_rows(text);
	resolve_references(text);
	text_seal(text);
}
