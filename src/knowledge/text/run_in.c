/* Run in: a salutation or a heading that begins a paragraph instead of standing alone. What was seen is cut off at the end, all at once. */
#include "recognise.h"

#include <stdlib.h>
#include <string.h>

#define HEADING_MAX 100 /* bytes */
#define SALUTATION_MAX 80
#define REST_MIN 40 /* bytes of the paragraph that goes on behind it */

void sight_cut(struct sight *sight, size_t i, size_t at, enum text_kind kind, unsigned level)
{
	struct str text = sight_text(sight, i);
	at = spaces(text, at);
	if (at >= text.n || sight->text->row_count + sight->cut_count >= TEXT_BLOCKS_MAX)
		return;
	sight->cuts = row_room(sight->cuts, sight->cut_count, &sight->cut_cap, sizeof(*sight->cuts));
	sight->cuts[sight->cut_count++] = (struct cut){.row = (uint32_t)i, .at = (uint32_t)at, .kind = kind, .level = level};
}

/* ---- salutations ---- */

size_t run_in_salutation(const struct sight *sight, size_t i)
{
	static const char *const ends[] = {",", "!", ":", "—", "–"};
	char folded[FOLDED];
	struct str text = sight_text(sight, i), start;
	if (!sight_open(sight, i) || text.n < SALUTATION_MAX / 2)
		return 0;
	start = fold(text, folded);
	if (!begins_with(start, WORDS_SALUTATION) || str_starts(start, STR("dear me")) || str_starts(start, STR("hi")) ||
		str_starts(start, STR("hello")))
		return 0;
	for (size_t n = 1; n < text.n && n < SALUTATION_MAX; n++) {
		if (text.p[n] == '.' || text.p[n] == '?' || text.p[n] == ';')
			return 0;
		for (size_t e = 0; e < sizeof(ends) / sizeof(ends[0]); e++) {
			struct str end = str_from(ends[e]), before = {text.p, n};
			if (!str_starts((struct str){text.p + n, text.n - n}, end))
				continue;
			n += end.n;
			/* "Dear Anna,—I write"; and what is only named: "Dear old London, my home". */
			while (n < text.n && (text.p[n] == ' ' || str_starts((struct str){text.p + n, text.n - n}, STR("—")) ||
						     str_starts((struct str){text.p + n, text.n - n}, STR("–"))))
				n += text.p[n] == ' ' ? 1 : strlen("—");
			return word_count(before) >= 2 && word_count(before) <= 6 && text.n > n ? n : 0;
		}
	}
	return 0;
}

/* ---- headings ---- */

/* Behind a heading stands ".", ".—" or "—": how many bytes of it belong to the heading, and how many part it from the rest; 0: it is no end. */
static bool heading_end(struct str text, size_t at, size_t *keep, size_t *skip)
{
	struct str rest = {text.p + at, text.n - at};
	*keep = *skip = 0;
	if (rest.n > 0 && rest.p[0] == '.') {
		*keep = 1;
		rest.p++;
		rest.n--;
	}
	while (rest.n > 0) {
		size_t n = rest.p[0] == ' ' ? 1 : str_starts(rest, STR("—")) || str_starts(rest, STR("–")) ? strlen("—") : 0;
		if (n == 0)
			break;
		*skip += n;
		rest.p += n;
		rest.n -= n;
	}
	return rest.n >= REST_MIN && *skip > 0 && (*keep > 0 || *skip >= 3) && starts_upper(rest);
}

/* "CHAPTER I. It was…", "Introduction.— The…": where the heading ends, its stop included. */
static size_t named(struct str text, size_t *next)
{
	char folded[FOLDED];
	struct str start = fold(text, folded);
	size_t n = begins_with(start, WORDS_INTRODUCTION), keep, skip;
	if (n == 0) {
		n = begins_with(start, WORDS_CHAPTER);
		if (n == 0 || n >= text.n || text.p[n] != ' ')
			return 0;
		size_t from = ++n;
		while (n < text.n && n < from + 8 && (strchr("IVXLC", text.p[n]) || (text.p[n] >= '0' && text.p[n] <= '9')))
			n++;
		if (n == from)
			return 0;
	} else if (!str_starts((struct str){text.p + n, text.n - n}, STR(".—")) &&
		   !str_starts((struct str){text.p + n, text.n - n}, STR(".–")) &&
		   !str_starts((struct str){text.p + n, text.n - n}, STR(". —")) &&
		   !str_starts((struct str){text.p + n, text.n - n}, STR(". –"))) {
		return 0; /* "Introduction of the tax." begins a sentence as well */
	}
	if (!starts_upper(text) || !heading_end(text, n, &keep, &skip))
		return 0;
	*next = n + keep + skip;
	return n + keep;
}

/* "THE LOST LETTER. It was…": two words or more in capitals, without a number or comma, which newspapers' places and dates have. */
static size_t in_capitals(struct str text, size_t *next)
{
	size_t n = 0, step, keep, skip, capitals = 0;
	uint32_t point;
	while (n < text.n && n < HEADING_MAX && text.p[n] != '.' && !str_starts((struct str){text.p + n, text.n - n}, STR("—"))) {
		step = utf8_step((const unsigned char *)text.p + n, text.n - n, &point);
		struct str letter = {text.p + n, step};
		if (step == 0 || point == ',' || (point >= '0' && point <= '9') || starts_lower(letter))
			return 0;
		capitals += starts_upper(letter);
		n += step;
	}
	while (n > 0 && text.p[n - 1] == ' ')
		n--;
	if (capitals < 6 || word_count((struct str){text.p, n}) < 2 || !heading_end(text, n, &keep, &skip))
		return 0;
	*next = n + keep + skip;
	return n + keep;
}

void see_run_in_headings(struct sight *sight)
{
	for (size_t i = 0; i < sight->count; i++) {
		struct str text = sight_text(sight, i);
		size_t next, end;
		unsigned level = 2;
		if (!sight_open(sight, i) || text.n < HEADING_MAX || sight_row(sight, i)->part == TEXT_LETTER ||
			sight->hints[i].line)
			continue;
		end = named(text, &next);
		if (end == 0) {
			end = in_capitals(text, &next);
			level = 3;
		}
		if (end > 0)
			sight_cut(sight, i, next, TEXT_HEADING, level);
	}
}

/* ---- cutting ---- */

static int cut_order(const void *left, const void *right)
{
	const struct cut *a = left, *b = right;
	return a->row < b->row ? -1 : a->row > b->row;
}

/* moved[i]: how many rows more stand before row i; at[i]: where it is cut, 0: it is not. */
static void move_marks(struct sight *sight, const uint32_t *moved, const uint32_t *at)
{
	struct text *text = sight->text;
	size_t count = text->placed_count;
	for (size_t m = 0; m < count; m++) {
		uint32_t block = text->placed[m].block;
		struct text_mark mark = text->placed[m].mark;
		if (block < sight->first || block >= sight->first + sight->count)
			continue;
		uint32_t i = block - (uint32_t)sight->first, cut = at[i];
		text->placed[m].block = block + moved[i];
		if (cut == 0 || mark.at + mark.length <= cut) {
			if (cut == 0 || mark.at < cut)
				continue;
		}
		if (mark.at >= cut) {
			text->placed[m].block++;
			text->placed[m].mark.at -= cut;
			continue;
		}
		/* It covers both: it stands in both. */
		text->placed[m].mark.length = cut - mark.at;
		mark.length -= cut - mark.at;
		mark.at = 0;
		(void)place_mark(text, block + moved[i] + 1, &mark);
	}
}

static void move_words(struct sight *sight, const uint32_t *moved, const uint32_t *at)
{
	for (size_t w = 0; w < sight->text->word_count; w++) {
		struct text_word *word = &sight->text->words[w];
		if (word->block < sight->first || word->block >= sight->first + sight->count)
			continue;
		uint32_t i = word->block - (uint32_t)sight->first, cut = at[i];
		word->block += moved[i];
		if (cut > 0 && word->at >= cut) {
			word->block++;
			word->at -= cut;
		} else if (cut > 0 && word->at + word->length > cut) {
			word->length = cut - word->at;
		}
	}
}

void sight_apply_cuts(struct sight *sight)
{
	struct text *text = sight->text;
	size_t count = sight->count + sight->cut_count, next = 0;
	uint32_t *moved, *at;
	struct row *rows;
	struct hint *hints;
	if (sight->cut_count == 0)
		return;
	qsort(sight->cuts, sight->cut_count, sizeof(*sight->cuts), cut_order);
	moved = mem_array(sight->count, sizeof(*moved));
	at = mem_array(sight->count, sizeof(*at));
	rows = mem_array(sight->first + count, sizeof(*rows));
	hints = mem_array(count + 1, sizeof(*hints));
	if (sight->first > 0)
		memcpy(rows, text->rows, sight->first * sizeof(*rows));
	for (size_t i = 0, to = 0; i < sight->count; i++, to++) {
		struct row row = *sight_row(sight, i);
		moved[i] = (uint32_t)(to - i);
		hints[to] = sight->hints[i];
		if (next < sight->cut_count && sight->cuts[next].row == i) {
			const struct cut *cut = &sight->cuts[next++];
			struct row first = row;
			at[i] = cut->at;
			first.kind = (uint8_t)cut->kind;
			first.level = (uint16_t)cut->level;
			first.n = (uint32_t)clean_end(text->bytes.p + row.at, cut->at);
			rows[sight->first + to] = first;
			hints[to++].fixed = true;
			hints[to] = (struct hint){.gap = 1};
			row.at += cut->at;
			row.n -= cut->at;
			row.label = row.key = (struct str){"", 0};
		}
		rows[sight->first + to] = row;
	}
	move_marks(sight, moved, at);
	move_words(sight, moved, at);
	free(text->rows);
	text->rows = rows;
	text->row_cap = text->row_count = sight->first + count;
	free(sight->own_hints);
	sight->hints = sight->own_hints = hints;
	sight->count = count;
	free(moved);
	free(at);
}
