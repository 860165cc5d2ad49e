/* The words of the index and in how many of its records each is: for prefixes, and for what was misspelt. Only ever words of records that are in the
 * file now: whatever leaves the file takes its words along (P6). */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

#define NEAR_LETTERS_MAX 24u

static int by_text(const void *a, const void *b, void *context)
{
	const struct term *terms = context;

	return str_compare(terms[*(const uint32_t *)a].text, terms[*(const uint32_t *)b].text);
}

static int flush_one(struct search *s, const struct term *term, struct err *err)
{
	sqlite3_stmt *statement = sql_get(s, STATEMENT_WORD_PUT, err);
	struct binding b = sql_bind(statement);

	if (statement == NULL)
		return -1;
	sql_text(&b, term->text);
	sql_number(&b, term->change);
	if (sql_done(s, &b, err) != 0)
		return -1;
	if (term->change > 0)
		return 0;
	statement = sql_get(s, STATEMENT_WORD_DELETE, err);
	if (statement == NULL)
		return -1;
	b = sql_bind(statement);
	sql_text(&b, term->text);
	return sql_done(s, &b, err);
}

int vocabulary_flush(struct search *s, struct err *err)
{
	struct lexicon *lexicon = &s->lexicon;
	uint32_t *changed = mem_array(lexicon->term_count + 1, sizeof(*changed));
	uint32_t count = 0;
	int result = 0;

	for (uint32_t i = 0; i < lexicon->term_count; i++)
		if (lexicon->terms[i].change != 0)
			changed[count++] = i;
	/* In the table's order: each of its pages is touched once. */
	qsort_r(changed, count, sizeof(*changed), by_text, lexicon->terms);
	for (uint32_t i = 0; i < count && result == 0; i++) {
		result = flush_one(s, &lexicon->terms[changed[i]], err);
		lexicon->terms[changed[i]].change = 0;
	}
	free(changed);
	return result;
}

int vocabulary_records(struct search *s, struct str word, uint64_t *records, struct err *err)
{
	sqlite3_stmt *statement = sql_get(s, STATEMENT_WORD_GET, err);
	struct binding b = sql_bind(statement);
	int got;

	*records = 0;
	if (statement == NULL)
		return -1;
	sql_text(&b, word);
	got = sql_step(s, &b, err);
	if (got == 1) {
		*records = (uint64_t)sqlite3_column_int64(statement, 0);
		sqlite3_reset(statement);
	}
	return got < 0 ? -1 : 0;
}

/* ---- prefixes ---------------------------------------------------------------------------------------------------------------------- */

struct frequent {
	char word[WORD_MAX + 1];
	uint32_t length;
	int64_t records;
};

static int by_records(const void *a, const void *b)
{
	const struct frequent *first = a, *second = b;

	return first->records < second->records ? 1 : first->records > second->records ? -1 : 0;
}

#define PREFIX_SCAN_MAX 20000 /* words looked at */

int vocabulary_prefix(struct search *s, struct str prefix, size_t most, struct buf *out, bool *all, struct err *err)
{
	sqlite3_stmt *statement = sql_get(s, STATEMENT_WORD_FROM, err);
	struct frequent *kept = mem_array(most * 2 + 1, sizeof(*kept));
	struct binding b = sql_bind(statement);
	size_t count = 0;
	int got = -1;

	*all = true;
	if (statement == NULL)
		goto out;
	sql_text(&b, prefix);
	sql_number(&b, PREFIX_SCAN_MAX);
	for (int scanned = 1; (got = sql_step(s, &b, err)) == 1; scanned++) {
		struct str word = sql_column(statement, 0);

		if (!str_starts(word, prefix) || scanned == PREFIX_SCAN_MAX) {
			*all = *all && scanned != PREFIX_SCAN_MAX;
			sqlite3_reset(statement);
			got = 0;
			break;
		}
		if (word.n > WORD_MAX)
			continue;
		kept[count].length = (uint32_t)word.n;
		memcpy(kept[count].word, word.p, word.n);
		kept[count++].records = sqlite3_column_int64(statement, 1);
		if (count == most * 2) {
			qsort(kept, count, sizeof(*kept), by_records);
			count = most;
			*all = false;
		}
	}
	if (count > 1)
		qsort(kept, count, sizeof(*kept), by_records);
	if (count > most) {
		count = most;
		*all = false;
	}
	for (size_t i = 0; i < count; i++) {
		buf_add(out, kept[i].word, kept[i].length);
		buf_char(out, WORD_SEPARATOR);
	}
out:
	free(kept);
	return got < 0 ? -1 : 0;
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
	uint64_t records;
	struct buf word;
	struct err *err;
	bool failed;
};

static void try_word(struct nearest *nearest)
{
	uint64_t records;

	if (nearest->failed)
		return;
	if (vocabulary_records(nearest->s, buf_view(&nearest->word), &records, nearest->err) != 0) {
		nearest->failed = true;
	} else if (records > nearest->records) {
		nearest->records = records;
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

#define NEAR_SCAN_MAX 3000

/* Two slips, if the beginning is right: words that begin alike. */
static int try_neighbours(struct nearest *nearest, struct str word, const struct str *letters, size_t count)
{
	sqlite3_stmt *statement = sql_get(nearest->s, STATEMENT_WORD_FROM, nearest->err);
	struct str prefix = {word.p, 0};
	struct binding b = sql_bind(statement);
	int got;

	if (statement == NULL)
		return -1;
	for (size_t i = 0; i < 3 && i < count; i++)
		prefix.n += letters[i].n;
	sql_text(&b, prefix);
	sql_number(&b, NEAR_SCAN_MAX);
	while ((got = sql_step(nearest->s, &b, nearest->err)) == 1) {
		struct str other = sql_column(statement, 0);
		uint64_t records = (uint64_t)sqlite3_column_int64(statement, 1);

		if (!str_starts(other, prefix)) {
			sqlite3_reset(statement);
			return 0;
		}
		if (records > nearest->records && within_two(word, other)) {
			nearest->records = records;
			buf_clear(nearest->best);
			buf_str(nearest->best, other);
		}
	}
	return got < 0 ? -1 : 0;
}

int vocabulary_near(struct search *s, struct str word, struct buf *out, uint64_t *records, struct err *err)
{
	struct str letters[NEAR_LETTERS_MAX];
	struct nearest nearest = {.s = s, .best = out, .word = BUF_INIT, .err = err};
	size_t count;

	*records = 0;
	if (!letters_of(word, letters, &count) || count < 3)
		return 0;
	try_slips(&nearest, letters, count);
	if (!nearest.failed && nearest.records == 0 && count >= 5 && try_neighbours(&nearest, word, letters, count) != 0)
		nearest.failed = true;
	buf_release(&nearest.word);
	*records = nearest.records;
	return nearest.failed ? -1 : 0;
}
