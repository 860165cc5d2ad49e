/* Headings: short, without a stop, and above something that is longer. */
#include "recognise.h"

#include <string.h>

#define HEADING_MAX 120 /* bytes */

/* "1.2 Title": how many numbers, 0: none. */
static unsigned numbered(struct str text)
{
	unsigned depth = 0;
	size_t i = 0;
	while (i < text.n && text.p[i] >= '0' && text.p[i] <= '9') {
		while (i < text.n && text.p[i] >= '0' && text.p[i] <= '9')
			i++;
		depth++;
		if (i < text.n && text.p[i] == '.')
			i++;
	}
	return depth >= 2 && depth <= 5 && i < text.n && text.p[i] == ' ' ? depth : 0;
}

static bool is_roman(struct str text)
{
	size_t n = 0;
	while (n < text.n && strchr("IVXLC", text.p[n]))
		n++;
	return n > 0 && n <= 8 && (n == text.n || (n + 1 == text.n && text.p[n] == '.'));
}

/* Words that begin with a capital, of those that are long enough to tell. */
static bool titled(struct str text)
{
	size_t capitals = 0, words = 0;
	struct str rest = text, word;
	while (str_take_until(&rest, ' ', &word)) {
		if (word.n < 4)
			continue;
		words++;
		capitals += starts_upper(word);
	}
	return words > 0 && 4 * capitals >= 3 * words;
}

/* 0: no heading. */
static unsigned heading_level(const struct sight *sight, size_t i)
{
	char folded[FOLDED];
	struct str text = sight_text(sight, i), next = i + 1 < sight->count ? sight_text(sight, i + 1) : STR("");
	const struct hint *hint = &sight->hints[i];
	size_t words = text.n <= HEADING_MAX ? word_count(text) : SIZE_MAX;
	bool letter = sight_row(sight, i)->part == TEXT_LETTER;
	if (text.n == 0 || words > 14 || !has_visible(text))
		return 0;
	/* It stands alone. */
	if ((i > 0 && hint->gap == 0) || (i + 1 < sight->count && sight->hints[i + 1].gap == 0) || hint->line)
		return 0;
	if (next.n == 0)
		return 0;
	if (is_roman(text))
		return 2;
	unsigned depth = numbered(text);
	if (depth && !ends_in(text, ".,;:"))
		return depth > 5 ? 6 : depth + 1;
	struct str start = fold(text, folded);
	if (is_one_of(start, WORDS_INTRODUCTION) || is_one_of(start, WORDS_NOTES))
		return 2;
	if (begins_with(start, WORDS_CHAPTER) && words <= 10 && starts_upper(text) && !ends_in(text, ",;") &&
		(!ends_in(text, ".") || words <= 3))
		return 2;
	if (all_capitals(text) && !ends_in(text, ",;"))
		return i == 0 ? 1 : 2;
	if (letter || !starts_upper(text) || ends_in(text, ".,;:") || next.n < 60)
		return 0;
	if (i == 0)
		return 1;
	/* In the middle a short paragraph is mostly just that: more than its shortness is wanted. */
	if (next.n > 2 * text.n && (titled(text) || hint->gap >= 2 || hint->indent >= 8) && words <= 10)
		return 2;
	return 0;
}

/* What follows the heading "Introduction", up to the next one. */
static void see_introduction(struct sight *sight, size_t heading)
{
	size_t i = heading;
	do {
		if (sight_row(sight, i)->part == TEXT_BODY)
			sight_row(sight, i)->part = TEXT_INTRODUCTION;
		i++;
	} while (i < sight->count && sight_row(sight, i)->kind != TEXT_HEADING);
}

void see_headings(struct sight *sight)
{
	char folded[FOLDED];
	for (size_t i = 0; i < sight->count; i++) {
		struct row *row = sight_row(sight, i);
		unsigned level = sight_open(sight, i) ? heading_level(sight, i) : 0;
		if (level) {
			row->kind = TEXT_HEADING;
			row->level = (uint16_t)level;
			if (i == 0 && level == 1 && sight->text->title.n == 0)
				sight->text->title = keep_string(sight->text, sight_text(sight, i));
		}
	}
	for (size_t i = 0; i < sight->count; i++)
		if (sight_row(sight, i)->kind == TEXT_HEADING && sight_row(sight, i)->part == TEXT_BODY &&
			is_one_of(fold(sight_text(sight, i), folded), WORDS_INTRODUCTION))
			see_introduction(sight, i);
}
