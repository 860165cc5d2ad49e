/* The words of the index, from the lists of forms: for prefixes, and for what was misspelt. What is gone and not swept yet is not offered (P6): a word counts only
 * if a posting of it is left. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

#define NEAR_LETTERS_MAX 24u

int vocabulary_passages(struct search *s, struct str word, uint64_t *passages, struct err *err)
{
	struct cursor cursor;
	int result;

	cursor_open(&cursor, s, LIST_FORMS, word);
	result = cursor_count(&cursor, passages, err);
	if (result == 0 && *passages > 0 && s->gone.n > 0) {
		int got = cursor_next(&cursor, err);

		result = got < 0 ? -1 : 0;
		*passages = got == 1 ? *passages : 0;
	}
	cursor_close(&cursor);
	return result;
}

/* Counts the words that begin so in one segment: its terms get their passages as weight. */
static int gather_segment(
	struct search *s, int64_t segment, struct str prefix, unsigned *rows, struct lexicon *words, bool *all, struct err *err)
{
	sqlite3_stmt *statement = database_statement(&s->database, STATEMENT_WORDS_FROM, err);
	struct binding b = bind_to(statement);
	int got;

	if (statement == NULL)
		return -1;
	bind_number(&b, segment);
	bind_blob(&b, prefix.p, prefix.n);
	while ((got = database_step(&s->database, &b, err)) == 1) {
		struct str term = column_text(statement, 0);

		if (str_starts(term, prefix) && *rows > 0) {
			uint32_t number = lexicon_term(words, (struct str){term.p + 1, term.n - 1});

			words->terms[number].weight += (uint32_t)sqlite3_column_int64(statement, 1);
			--*rows;
			continue;
		}
		*all = *all && !str_starts(term, prefix);
		sqlite3_reset(statement);
		return 0;
	}
	return got;
}

/* Of all segments, each its share of `rows`. */
static int gather_words(struct search *s, struct str prefix, unsigned rows, struct lexicon *words, bool *all, struct err *err)
{
	struct buf name = BUF_INIT;
	size_t count = segment_count(s);
	unsigned left = 0;
	int result = 0;

	buf_char(&name, LIST_FORMS);
	buf_str(&name, prefix);
	for (size_t i = 0; i < count && result == 0; i++) {
		left += rows / (unsigned)count;
		result = gather_segment(s, segment_at(s, i)->number, buf_view(&name), &left, words, all, err);
	}
	buf_release(&name);
	return result;
}

/* ---- prefixes ---------------------------------------------------------------------------------------------------------------------- */

#define PREFIX_ROWS 30000u

static int by_weight(const void *a, const void *b)
{
	const struct term *first = a, *second = b;

	return first->weight < second->weight ? 1 : first->weight > second->weight ? -1 : str_compare(first->text, second->text);
}

int vocabulary_prefix(struct search *s, struct str prefix, size_t most, struct buf *out, bool *all, struct err *err)
{
	struct lexicon words;
	int result;

	*all = true;
	lexicon_init(&words);
	result = gather_words(s, prefix, PREFIX_ROWS, &words, all, err);
	if (words.term_count > 1)
		qsort(words.terms, words.term_count, sizeof(*words.terms), by_weight);
	*all = *all && words.term_count <= most;
	for (size_t i = 0; i < words.term_count && i < most; i++) {
		buf_str(out, words.terms[i].text);
		buf_char(out, WORD_SEPARATOR);
	}
	lexicon_release(&words);
	return result;
}

/* ---- what was misspelt ---------------------------------------------------------------------------------------------------------------- */

/* A word as letters; false: too long for it. */
static bool letters_of(struct str word, struct str *letters, size_t *count)
{
	*count = 0;
	for (size_t i = 0; i < word.n;) {
		size_t n = 1;

		while (i + n < word.n && ((unsigned char)word.p[i + n] & 0xc0) == 0x80)
			n++;
		if (*count == NEAR_LETTERS_MAX || n > 4)
			return false;
		letters[(*count)++] = (struct str){word.p + i, n};
		i += n;
	}
	return true;
}

struct nearest {
	struct search *s;
	struct buf *best;
	uint64_t passages;
	struct buf word;
	struct err *err;
	bool failed;
};

static void try_word(struct nearest *nearest)
{
	uint64_t passages;

	if (nearest->failed)
		return;
	if (vocabulary_passages(nearest->s, buf_view(&nearest->word), &passages, nearest->err) != 0) {
		nearest->failed = true;
	} else if (passages > nearest->passages) {
		nearest->passages = passages;
		buf_clear(nearest->best);
		buf_str(nearest->best, buf_view(&nearest->word));
	}
}

/* The letters that the word's script has, for replacements and insertions: of the block of 32 or 64 characters around its own. */
static size_t alphabet_of(struct str letter, char out[64][4], size_t *bytes)
{
	size_t count = 0;

	if (letter.n == 1) {
		for (int c = 'a'; c <= 'z'; c++)
			out[count++][0] = (char)c;
		*bytes = 1;
	} else if (letter.n == 2) {
		/* small letters of Cyrillic а-я (d0 b0 – d1 8f), else the 64 of the lead byte */
		unsigned char lead = (unsigned char)letter.p[0];

		for (unsigned c = 0; c < 64 && count < 64; c++) {
			unsigned char first = lead, second = (unsigned char)(0x80 + c);

			if (lead == 0xd0 || lead == 0xd1) {
				if (c >= 32)
					break;
				first = c < 16 ? 0xd0 : 0xd1;
				second = (unsigned char)(c < 16 ? 0xb0 + c : 0x80 + (c - 16));
			}
			out[count][0] = (char)first;
			out[count++][1] = (char)second;
		}
		*bytes = 2;
	}
	return count;
}

static void put_letters(struct buf *out, const struct str *letters, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		buf_str(out, letters[i]);
}

/* All words that one slip of the pen makes of this one. */
static void try_slips(struct nearest *nearest, const struct str *letters, size_t count)
{
	char alphabet[64][4];
	size_t bytes = 1, kinds = alphabet_of(letters[0], alphabet, &bytes);

	for (size_t i = 0; i <= count; i++) {
		if (i < count && count > 3) { /* one too many */
			buf_clear(&nearest->word);
			put_letters(&nearest->word, letters, 0, i);
			put_letters(&nearest->word, letters, i + 1, count);
			try_word(nearest);
		}
		if (i + 1 < count) { /* two exchanged */
			buf_clear(&nearest->word);
			put_letters(&nearest->word, letters, 0, i);
			buf_str(&nearest->word, letters[i + 1]);
			buf_str(&nearest->word, letters[i]);
			put_letters(&nearest->word, letters, i + 2, count);
			try_word(nearest);
		}
		for (size_t k = 0; k < kinds; k++) {
			for (size_t skip = 0; skip <= (i < count ? 1u : 0u); skip++) { /* one lacks; one is wrong */
				buf_clear(&nearest->word);
				put_letters(&nearest->word, letters, 0, i);
				buf_add(&nearest->word, alphabet[k], bytes);
				put_letters(&nearest->word, letters, i + skip, count);
				try_word(nearest);
			}
		}
	}
}

/* Whether the words differ by at most two slips. */
static bool within_two(struct str a, struct str b)
{
	unsigned rows[3][NEAR_LETTERS_MAX + 1];
	struct str first[NEAR_LETTERS_MAX], second[NEAR_LETTERS_MAX];
	size_t m, n;

	if (!letters_of(a, first, &m) || !letters_of(b, second, &n) || (m > n ? m - n : n - m) > 2)
		return false;
	for (size_t j = 0; j <= n; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= m; i++) {
		unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3], *before = rows[(i + 1) % 3], least;

		row[0] = least = (unsigned)i;
		for (size_t j = 1; j <= n; j++) {
			unsigned cost = above[j - 1] + !str_equal(first[i - 1], second[j - 1]);

			cost = above[j] + 1 < cost ? above[j] + 1 : cost;
			cost = row[j - 1] + 1 < cost ? row[j - 1] + 1 : cost;
			if (i > 1 && j > 1 && str_equal(first[i - 1], second[j - 2]) && str_equal(first[i - 2], second[j - 1]) &&
				before[j - 2] + 1 < cost)
				cost = before[j - 2] + 1;
			row[j] = cost;
			least = cost < least ? cost : least;
		}
		if (least > 2)
			return false;
	}
	return rows[m % 3][n] <= 2;
}

#define NEAR_ROWS 6000u

/* Two slips, if the beginning is right: words that begin alike. */
static int try_neighbours(struct nearest *nearest, struct str word, const struct str *letters)
{
	struct str prefix = {word.p, letters[0].n + letters[1].n + letters[2].n};
	struct lexicon words;
	bool all = true;
	int result;

	lexicon_init(&words);
	result = gather_words(nearest->s, prefix, NEAR_ROWS, &words, &all, nearest->err);
	for (uint32_t i = 0; i < words.term_count && result == 0 && !nearest->failed; i++) {
		if (words.terms[i].weight <= nearest->passages || !within_two(word, words.terms[i].text))
			continue;
		buf_clear(&nearest->word);
		buf_str(&nearest->word, words.terms[i].text);
		try_word(nearest);
	}
	lexicon_release(&words);
	return result;
}

int vocabulary_near(struct search *s, struct str word, struct buf *out, uint64_t *passages, struct err *err)
{
	struct str letters[NEAR_LETTERS_MAX];
	struct nearest nearest = {.s = s, .best = out, .word = BUF_INIT, .err = err};
	size_t count;

	*passages = 0;
	if (!letters_of(word, letters, &count) || count < 3)
		return 0;
	try_slips(&nearest, letters, count);
	if (!nearest.failed && nearest.passages == 0 && count >= 5 && try_neighbours(&nearest, word, letters) != 0)
		nearest.failed = true;
	buf_release(&nearest.word);
	*passages = nearest.passages;
	return nearest.failed ? -1 : 0;
}
