/* Filters: each makes a set of record keys, one bit a record; the sets are cut with one another. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#define WORDS_MAX 32
#define KEYS_MAX (1ull << 31) /* 256 MiB of bits: far beyond, so that a damaged key cannot ask for more */

/* ---- sets ---------------------------------------------------------------------------------------------------------------- */

bool selection_has(const struct selection *s, uint64_t key)
{
	return key < s->limit && (s->bits[key / 64] >> (key % 64) & 1) != 0;
}

/* True if it was not there before. */
static bool selection_add(struct selection *s, uint64_t key)
{
	/* A record that came after we counted. */
	if (key >= s->limit || selection_has(s, key))
		return false;
	s->bits[key / 64] |= (uint64_t)1 << (key % 64);
	return true;
}

uint64_t selection_total(const struct selection *s)
{
	uint64_t total = 0;

	for (uint64_t i = 0; i < (s->limit + 63) / 64; i++)
		total += (uint64_t)__builtin_popcountll(s->bits[i]);
	return total;
}

void selection_release(struct selection *s)
{
	free(s->bits);
	*s = (struct selection){NULL, 0};
}

static void selection_make(struct selection *s, uint64_t limit)
{
	s->limit = limit;
	s->bits = mem_array((size_t)((limit + 63) / 64) + 1, sizeof(*s->bits));
}

static void selection_cut(struct selection *s, const struct selection *with)
{
	for (uint64_t i = 0; i < (s->limit + 63) / 64; i++)
		s->bits[i] &= with->bits[i];
}

/* Adds the first column of all rows. */
static int add_rows(struct catalogue *c, const struct binding *b, struct selection *s, struct err *err)
{
	int got;

	while ((got = database_step(&c->database, b, err)) == 1)
		selection_add(s, column_u64(b->statement, 0));
	return got;
}

/* ---- words ------------------------------------------------------------------------------------------------------------------ */

static bool has_letters(struct str word)
{
	const uint8_t *p = (const uint8_t *)word.p;
	int32_t n = word.n > INT32_MAX ? INT32_MAX : (int32_t)word.n;

	for (int32_t i = 0; i < n;) {
		UChar32 point;
		U8_NEXT(p, i, n, point);
		if (point >= 0 && u_isalnum(point))
			return true;
	}
	return false;
}

/* Adds `column : ("word" AND "word")`; words of punctuation alone are dropped. *count: how many words there were. */
static int words_query(struct buf *query, const char *column, struct str words, size_t *count, struct err *err)
{
	struct buf clean = BUF_INIT;
	struct str rest, word;
	int result = -1;

	*count = 0;
	if (words.n > 4096)
		return err_set(err, ERR_USAGE, "too many words to look for: give at most %d", WORDS_MAX);
	for (size_t i = 0; i < words.n; i++)
		buf_char(&clean, (unsigned char)words.p[i] <= ' ' ? ' ' : words.p[i]);
	rest = buf_view(&clean);
	while (str_take_until(&rest, ' ', &word)) {
		if (!has_letters(word))
			continue;
		if (++*count > WORDS_MAX) {
			err_set(err, ERR_USAGE, "too many words to look for: give at most %d", WORDS_MAX);
			goto out;
		}
		if (*count == 1)
			buf_printf(query, "%s%s : (", query->n != 0 ? " AND " : "", column);
		buf_text(query, *count == 1 ? "\"" : " AND \"");
		for (size_t i = 0; i < word.n; i++) {
			if (word.p[i] == '"')
				buf_char(query, '"');
			buf_char(query, word.p[i]);
		}
		buf_char(query, '"');
	}
	if (*count != 0)
		buf_char(query, ')');
	result = buf_check(query, "the words to look for", err);
out:
	buf_release(&clean);
	return result;
}

static int select_words(struct catalogue *c, const struct catalogue_filter *filter, struct selection *s, struct err *err)
{
	struct buf query = BUF_INIT;
	sqlite3_stmt *walk = NULL;
	size_t titles, creators;
	int result = -1;

	if (words_query(&query, "title", filter->title, &titles, err) != 0 ||
		words_query(&query, "creator", filter->creator, &creators, err) != 0)
		goto out;
	if (query.n == 0) { /* nothing that could be a word: nothing is found */
		result = 0;
		goto out;
	}
	if ((walk = database_make(&c->database, "SELECT rowid FROM words WHERE words MATCH ?1", err)) == NULL)
		goto out;
	struct binding b = bind_to(walk);
	bind_text(&b, buf_view(&query));
	result = add_rows(c, &b, s, err);
out:
	sqlite3_finalize(walk);
	buf_release(&query);
	return result;
}

/* ---- dates --------------------------------------------------------------------------------------------------------------------- */

static int select_dates(struct catalogue *c, struct catalogue_range date, struct selection *s, struct err *err)
{
	sqlite3_stmt *classes = database_make(&c->database, "SELECT class FROM range WHERE class > ?1 ORDER BY class LIMIT 1", err);
	sqlite3_stmt *walk = NULL;
	int64_t class = -1;
	int result = -1, got = -1;

	if (classes == NULL ||
		(walk = database_make(&c->database,
			 "SELECT record FROM range WHERE class = ?1 AND first BETWEEN ?2 AND ?3 AND last >= ?4", err)) == NULL)
		goto out;
	for (;;) {
		struct binding next = bind_to(classes);
		bind_number(&next, class);
		if ((got = database_step(&c->database, &next, err)) != 1)
			break;
		class = sqlite3_column_int64(classes, 0);
		sqlite3_reset(classes);
		/* A range of this class is shorter than 2^class days: it cannot begin earlier and still reach the date. */
		uint64_t reach = class >= 64 ? UINT64_MAX : ((uint64_t)1 << class) - 1;
		int64_t least =
			(uint64_t)date.first - (uint64_t)INT64_MIN < reach ? INT64_MIN : (int64_t)((uint64_t)date.first - reach);
		struct binding b = bind_to(walk);
		bind_number(&b, class);
		bind_number(&b, least);
		bind_number(&b, date.last);
		bind_number(&b, date.first);
		if (add_rows(c, &b, s, err) != 0)
			goto out;
	}
	result = got;
out:
	sqlite3_finalize(classes);
	sqlite3_finalize(walk);
	return result;
}

/* ---- languages --------------------------------------------------------------------------------------------------------------------- */

static int select_language(struct catalogue *c, struct str language, struct selection *s, struct err *err)
{
	sqlite3_stmt *walk = database_make(&c->database,
		"SELECT record FROM language WHERE tag = ?1 UNION ALL SELECT record FROM language WHERE tag > ?2 AND tag < ?3",
		err);
	struct buf text = BUF_INIT;
	int result = -1;

	if (walk == NULL)
		return -1;
	/* "de", "de-", "de.": all tags that go on after a hyphen lie between the last two. */
	for (int i = 0; i < 3; i++) {
		for (size_t j = 0; j < language.n; j++)
			buf_char(&text, language.p[j] >= 'A' && language.p[j] <= 'Z' ? (char)(language.p[j] + 32) : language.p[j]);
		if (i != 0)
			buf_char(&text, i == 1 ? '-' : '.');
	}
	if (buf_check(&text, "the language", err) != 0)
		goto out;
	struct binding b = bind_to(walk);
	bind_text(&b, (struct str){text.p, language.n});
	bind_text(&b, (struct str){text.p + language.n, language.n + 1});
	bind_text(&b, (struct str){text.p + 2 * language.n + 1, language.n + 1});
	result = add_rows(c, &b, s, err);
out:
	sqlite3_finalize(walk);
	buf_release(&text);
	return result;
}

/* ---- arrangement ------------------------------------------------------------------------------------------------------------------------ */

/* Level by level from what isPartOf names; a record seen twice (a cycle, which feeding does not refuse) is not followed again. */
static int select_under(struct catalogue *c, struct str under, struct selection *s, struct err *err)
{
	sqlite3_stmt *walk = database_make(&c->database,
		"SELECT record.key, parent.key FROM record LEFT JOIN parent ON parent.id = record.id WHERE record.parent = ?1",
		err);
	sqlite3_stmt *first;
	int64_t *queue = NULL;
	size_t head = 0, tail = 0, room = 0;
	int result = -1, got = -1;

	if (walk == NULL || (first = database_statement(&c->database, STATEMENT_PARENT_GET, err)) == NULL)
		goto out;
	struct binding b = bind_to(first);
	bind_text(&b, under);
	if ((got = database_step(&c->database, &b, err)) != 1) {
		result = got;
		goto out;
	}
	room = 64;
	queue = mem_grow(NULL, room, sizeof(*queue));
	queue[tail++] = sqlite3_column_int64(first, 0);
	sqlite3_reset(first);
	while (head < tail) {
		struct binding w = bind_to(walk);
		bind_number(&w, queue[head++]);
		while ((got = database_step(&c->database, &w, err)) == 1) {
			if (!selection_add(s, column_u64(walk, 0)) || sqlite3_column_type(walk, 1) == SQLITE_NULL)
				continue;
			if (tail == room) {
				room *= 2;
				queue = mem_grow(queue, room, sizeof(*queue));
			}
			queue[tail++] = sqlite3_column_int64(walk, 1);
		}
		if (got < 0)
			goto out;
	}
	result = 0;
out:
	free(queue);
	sqlite3_finalize(walk);
	return result;
}

/* ---- all of them --------------------------------------------------------------------------------------------------------------------------- */

int filter_select(
	struct catalogue *c, const struct catalogue_filter *filter, bool *selected, struct selection *out, struct err *err)
{
	struct selection next = {NULL, 0};
	uint64_t records;
	int result = -1;

	*selected = false;
	*out = (struct selection){NULL, 0};
	if (filter->has_date && filter->date.first > filter->date.last)
		return err_set(err, ERR_USAGE, "the dates to look for end before they begin");
	if ((c->feeding && pending_flush(c, err) != 0) || catalogue_count(c, &records, err) != 0)
		return -1;
	if (records >= KEYS_MAX)
		return database_damage(&c->database, "a key", err);
	for (int i = 0; i < 4; i++) {
		struct selection *into = *selected ? &next : out;
		bool asked[4] = {filter->under.n != 0, filter->title.n != 0 || filter->creator.n != 0, filter->has_date,
			filter->language.n != 0};
		if (!asked[i])
			continue;
		selection_make(into, records + 1);
		int found = i == 0   ? select_under(c, filter->under, into, err)
			    : i == 1 ? select_words(c, filter, into, err)
			    : i == 2 ? select_dates(c, filter->date, into, err)
				     : select_language(c, filter->language, into, err);
		if (found != 0)
			goto out;
		if (*selected)
			selection_cut(out, &next);
		*selected = true;
		selection_release(&next);
	}
	result = 0;
out:
	selection_release(&next);
	if (result != 0)
		selection_release(out);
	return result;
}
