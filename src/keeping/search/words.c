/* A text into words: runs of letters, marks and digits; in scripts that leave words unparted each two neighbouring letters, and the last
 * letter of a run alone, so that every letter begins exactly one word (a phrase of pairs then finds any piece of a run). */
#include "internal.h"

#include <unicode/utf8.h>

static int32_t take(const struct words *words, size_t *at)
{
	UChar32 c;
	size_t i = *at;

	if ((unsigned char)words->text.p[i] < 0x80) {
		*at = i + 1;
		return words->text.p[i];
	}
	U8_NEXT(words->text.p, i, words->text.n, c);
	*at = i;
	return c < 0 ? 0xfffd : c;
}

/* Behind the marks that follow the letter which ends at `at`. */
static size_t behind_marks(const struct words *words, size_t at)
{
	while (at < words->text.n && (unsigned char)words->text.p[at] >= 0x80) {
		size_t next = at;
		enum letter letter = letter_class(take(words, &next));

		if (letter != LETTER_MARK && letter != LETTER_IGNORED)
			break;
		at = next;
	}
	return at;
}

static void give(const struct words *words, struct word *word, size_t from, size_t to)
{
	size_t n = to - from;

	word->at = from;
	word->length = n;
	while (n > WORD_MAX || (n < to - from && n > 0 && ((unsigned char)words->text.p[from + n] & 0xc0) == 0x80))
		n = n > WORD_MAX ? WORD_MAX : n - 1;
	word->raw = (struct str){words->text.p + from, n};
}

/* The pair that begins at `from`, whose first letter ends at `first_end`. */
static bool give_pair(struct words *words, struct word *word, size_t from, size_t first_end)
{
	size_t next = first_end, end = first_end;

	word->pair = true;
	if (first_end < words->text.n && letter_class(take(words, &next)) == LETTER_PAIR)
		end = behind_marks(words, next);
	word->last = end == first_end;
	words->pair_end = word->last ? 0 : first_end;
	words->at = word->last ? first_end : end;
	give(words, word, from, end);
	return true;
}

bool words_next(struct words *words, struct word *word)
{
	size_t from, next;
	enum letter letter = LETTER_NONE;

	*word = (struct word){.at = 0};
	if (words->pair_end != 0) {
		from = words->pair_end;
		return give_pair(words, word, from, words->at);
	}
	for (from = next = words->at; from < words->text.n; from = next) {
		letter = letter_class(take(words, &next));
		if (letter == LETTER_WORD || letter == LETTER_PAIR)
			break;
	}
	words->at = from;
	if (from >= words->text.n)
		return false;
	if (letter == LETTER_PAIR)
		return give_pair(words, word, from, behind_marks(words, next));
	while (next < words->text.n) {
		size_t behind = next;

		letter = letter_class(take(words, &behind));
		if (letter != LETTER_WORD && letter != LETTER_MARK && letter != LETTER_IGNORED)
			break;
		next = behind;
	}
	words->at = next;
	give(words, word, from, next);
	return true;
}
