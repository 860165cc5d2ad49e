/* A record on its way into the index. */
#include "internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH_USUAL 800.0 /* words; a constant, so that a weight holds whatever is put later */
#define SATURATION 1.2

#define FLUSH_AT ((size_t)16 << 20) /* bytes of lists in memory */

static const uint32_t part_weights[PARTS] = {8, 3, 2, 1, 1, 1, 1};

/* ---- years ----------------------------------------------------------------------------------------------------------------------------- */

int64_t year_of_day(int64_t day)
{
	/* Days from 0000-03-01, in 400-year cycles. */
	int64_t shifted = day + 719468;
	int64_t cycle = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
	int64_t of_cycle = shifted - cycle * 146097;
	int64_t year = (of_cycle - of_cycle / 1460 + of_cycle / 36524 - of_cycle / 146096) / 365;
	int64_t of_year = of_cycle - (365 * year + year / 4 - year / 100);

	return year + cycle * 400 + (of_year >= 306 ? 1 : 0); /* from 1 January on */
}

static int64_t decade_of(int64_t day)
{
	int64_t year = year_of_day(day);

	return (year >= 0 ? year : year - 9) / 10;
}

#define DAY_MOST 365000000 /* a million years */
#define DECADE_FIRST 100   /* decades that are usual: one that is not has one term more, by which open ends find it */
#define DECADE_LAST 209

static void put_decade(struct buf *out, int64_t decade)
{
	buf_printf(out, "%cD%lld%c", TERM_FIELD, (long long)decade, WORD_SEPARATOR);
}

static void put_wide(struct buf *out)
{
	buf_printf(out, "%cD*%c", TERM_FIELD, WORD_SEPARATOR);
}

static void put_unusual(struct buf *out)
{
	buf_printf(out, "%cD^%c", TERM_FIELD, WORD_SEPARATOR);
}

static int64_t clamp_day(int64_t day)
{
	return day < -DAY_MOST ? -DAY_MOST : day > DAY_MOST ? DAY_MOST : day;
}

void decade_terms(struct buf *out, int64_t first_day, int64_t last_day)
{
	int64_t first, last;

	if (first_day > last_day)
		return;
	first = decade_of(clamp_day(first_day));
	last = decade_of(clamp_day(last_day));
	if (first_day < -DAY_MOST || last_day > DAY_MOST || last - first >= DECADES_MAX) {
		put_wide(out);
		return;
	}
	for (int64_t decade = first; decade <= last; decade++)
		put_decade(out, decade);
	if (first < DECADE_FIRST || last > DECADE_LAST)
		put_unusual(out);
}

/* The days from 1970-01-01 to that of the year, which is not negative. */
static int64_t day_of_year(int64_t year)
{
	int64_t before = year - 1;

	return before < 0 ? -719528 : 365 * before + before / 4 - before / 100 + before / 400 - 719162;
}

void decade_terms_asked(struct buf *out, int64_t first_day, int64_t last_day, unsigned *unsure)
{
	int64_t first = decade_of(clamp_day(first_day)), last = decade_of(clamp_day(last_day));

	*unsure = 1;
	if (first < DECADE_FIRST || last > DECADE_LAST) {
		put_unusual(out);
		++*unsure;
	}
	put_wide(out);
	first = first < DECADE_FIRST ? DECADE_FIRST : first;
	last = last > DECADE_LAST ? DECADE_LAST : last;
	for (int pass = 0; pass < 2; pass++)
		for (int64_t decade = first; decade <= last; decade++) {
			bool sure = first_day <= day_of_year(decade * 10) && last_day >= day_of_year(decade * 10 + 10) - 1;

			if (sure != (pass == 1))
				continue;
			put_decade(out, decade);
			*unsure += pass == 0;
		}
}

/* ---- what weighs how much ----------------------------------------------------------------------------------------------------------------- */

static unsigned impact_of(uint32_t weight, uint64_t length)
{
	double norm = 0.4 + 0.6 * sqrt((double)length / LENGTH_USUAL);
	double impact = weight / (weight + SATURATION * norm);

	return (unsigned)(impact * 255.0);
}

/* ---- terms -------------------------------------------------------------------------------------------------------------------------------- */

/* Once a record. */
static struct term *know_stem(struct search *s, uint32_t number)
{
	struct pending *p = &s->pending;
	struct term *stem = &s->lexicon.terms[number];

	if (stem->as_stem == s->lexicon.record)
		return stem;
	if (p->stem_count >= RECORD_TERMS_MAX)
		return NULL;
	stem->as_stem = s->lexicon.record;
	stem->weight = 0;
	stem->parts = 0;
	if (p->stem_count == p->stem_capacity) {
		p->stem_capacity = p->stem_capacity == 0 ? 1024 : p->stem_capacity * 2;
		p->stems = mem_grow(p->stems, p->stem_capacity, sizeof(*p->stems));
	}
	p->stems[p->stem_count++] = number;
	return stem;
}

static void put_language(struct buf *terms, struct str tag)
{
	for (size_t n = 1; n <= tag.n; n++) {
		if (n < tag.n && tag.p[n] != '-')
			continue;
		buf_printf(terms, "%cl", TERM_FIELD);
		for (size_t i = 0; i < n; i++)
			buf_char(terms, tag.p[i] >= 'A' && tag.p[i] <= 'Z' ? (char)(tag.p[i] + ('a' - 'A')) : tag.p[i]);
		buf_char(terms, WORD_SEPARATOR);
	}
}

static void put_field_words(struct buf *terms, char field, struct str value)
{
	struct words words = {.text = value};
	struct word word;

	while (words_next(&words, &word)) {
		buf_char(terms, TERM_FIELD);
		buf_char(terms, field);
		fold_word(word.raw, terms);
		buf_char(terms, WORD_SEPARATOR);
	}
}

static void put_fields(struct search *s)
{
	struct pending *p = &s->pending;
	struct str rest = buf_view(&p->facets), facet, term;

	buf_clear(&p->term);
	while (rest.n > 0 && str_take_until(&rest, WORD_SEPARATOR, &facet)) {
		struct str value = {facet.p + 1, facet.n - 1};

		if (facet.n < 2)
			continue;
		if (facet.p[0] == 'l')
			put_language(&p->term, value);
		else
			put_field_words(&p->term, facet.p[0], value);
	}
	put_field_words(&p->term, 'i', buf_view(&p->id));
	decade_terms(&p->term, p->first_day, p->last_day);
	rest = buf_view(&p->term);
	while (rest.n > 0 && str_take_until(&rest, WORD_SEPARATOR, &term))
		if (term.n > 0)
			(void)know_stem(s, lexicon_term(&s->lexicon, term));
}

/* ---- words of a block ------------------------------------------------------------------------------------------------------------------------ */

static void note_stem(struct search *s, uint32_t number, enum part part)
{
	struct term *stem = know_stem(s, number);

	if (stem == NULL)
		return;
	stem->weight += part_weights[part];
	stem->parts = (uint8_t)(stem->parts | 1u << part);
}

static int note_language(struct search *s, unsigned language, struct err *err)
{
	sqlite3_stmt *statement;
	struct binding b;

	if (language == 0 || (s->languages & 1u << (language - 1)) != 0)
		return 0;
	statement = database_statement(&s->database, STATEMENT_LANGUAGE_PUT, err);
	if (statement == NULL)
		return -1;
	b = bind_to(statement);
	bind_text(&b, str_from(stemmer_name(language)));
	if (database_done(&s->database, &b, err) != 0)
		return -1;
	s->languages |= 1u << (language - 1);
	return 0;
}

static void put_number(struct buf *out, size_t n)
{
	for (; n >= 0x80; n >>= 7)
		buf_char(out, (char)(n | 0x80));
	buf_char(out, (char)n);
}

static void put_string(struct buf *out, struct str text)
{
	put_number(out, text.n);
	buf_str(out, text);
}

/* A lexicon is larger than the processor's cache: slot, word, term and list of each word are misses, one behind the other, if words are taken one by
 * one. So some are under way at a time, each step STEP words behind the one before; the words themselves keep their order. */
#define STEP ((size_t)4)
#define UNDER_WAY 32u /* a power of 2, more than four steps */
struct under_way {
	struct str raw;
	uint32_t sum, form, stem, also;
	unsigned language;
};

/* The word that is `steps` steps behind word `at`, of `count` words met so far; NULL: none. */
static struct under_way *behind(struct under_way *words, size_t at, size_t steps, size_t count)
{
	return at >= steps * STEP && at - steps * STEP < count ? &words[(at - steps * STEP) % UNDER_WAY] : NULL;
}

static void look_up(struct lexicon *lexicon, struct under_way *word)
{
	const struct lexeme *lexeme = lexicon_word_of(lexicon, word->sum, word->language, word->raw);

	word->form = lexeme->form;
	word->stem = lexeme->stem;
	word->also = lexeme->also;
	lexicon_fetch_term(lexicon, word->form);
	if (word->stem != word->form)
		lexicon_fetch_term(lexicon, word->stem);
}

static void put_word(struct search *s, const struct under_way *word, enum part part)
{
	struct pending *p = &s->pending;

	list_form(&s->postings, &s->lexicon.terms[word->form].forms, p->number, p->passages, part, ++p->position);
	p->length++;
	note_stem(s, word->stem, part);
	if (word->also != word->stem)
		note_stem(s, word->also, part);
}

static void put_words(struct search *s, const struct passage_block *block, unsigned language)
{
	struct lexicon *lexicon = &s->lexicon;
	struct under_way under_way[UNDER_WAY], *word;
	struct words words = {.text = block->text};
	struct word next;
	size_t count = 0;
	bool more = true;

	s->pending.position++; /* so that no phrase reaches over from the block before */
	for (size_t at = 0; more || at < count + 4 * STEP; at++) {
		more = more && words_next(&words, &next);
		if (more) {
			word = &under_way[count++ % UNDER_WAY];
			word->raw = next.raw;
			word->language = next.pair ? 0 : language;
			word->sum = lexicon_sum(word->language, word->raw);
			lexicon_fetch_slot(lexicon, word->sum);
		}
		if ((word = behind(under_way, at, 1, count)) != NULL)
			lexicon_fetch_word(lexicon, word->sum);
		if ((word = behind(under_way, at, 2, count)) != NULL)
			look_up(lexicon, word);
		if ((word = behind(under_way, at, 3, count)) != NULL)
			list_fetch(&lexicon->terms[word->form].forms);
		if ((word = behind(under_way, at, 4, count)) != NULL)
			put_word(s, word, block->part);
	}
}

static int put_piece(struct search *s, const struct passage_block *block, struct err *err)
{
	struct pending *p = &s->pending;
	unsigned language = stemmer_find(block->language);
	bool new_path = p->blocks.n == 0 || !str_equal(buf_view(&p->path), block->path);

	if (note_language(s, language, err) != 0)
		return -1;
	/* part and whether the path follows; path, id, language, length of the text */
	buf_char(&p->blocks, (char)(block->part | (new_path ? 0x80 : 0)));
	if (new_path) {
		put_string(&p->blocks, block->path);
		buf_clear(&p->path);
		buf_str(&p->path, block->path);
	}
	put_string(&p->blocks, block->id);
	put_string(&p->blocks, block->language);
	put_number(&p->blocks, block->text.n);
	buf_str(&p->text, block->text);
	put_words(s, block, language);
	return 0;
}

/* Where a text too long for a passage may be cut: behind white space, if there is some; never within a character. */
static size_t piece_length(struct str text)
{
	size_t n = PASSAGE_BYTES;

	if (text.n <= PASSAGE_BYTES)
		return text.n;
	while (n > PASSAGE_BYTES - 1024 && text.p[n - 1] != ' ' && text.p[n - 1] != '\n')
		n--;
	if (n > PASSAGE_BYTES - 1024)
		return n;
	for (n = PASSAGE_BYTES; ((unsigned char)text.p[n] & 0xc0) == 0x80; n--)
		;
	return n;
}

/* ---- writing ---------------------------------------------------------------------------------------------------------------------------------- */

static int end_passage(struct search *s, struct err *err)
{
	struct pending *p = &s->pending;
	sqlite3_stmt *statement = database_statement(&s->database, STATEMENT_PASSAGE_INSERT, err);
	struct binding b = bind_to(statement);

	if (statement == NULL || buf_check(&p->blocks, "a passage of a record", err) != 0 ||
		buf_check(&p->text, "a passage of a record", err) != 0)
		return -1;
	bind_number(&b, posting_key(p->number, p->passages));
	bind_blob(&b, p->blocks.p, p->blocks.n);
	bind_text(&b, buf_view(&p->text));
	if (database_done(&s->database, &b, err) != 0)
		return -1;
	p->passages++;
	p->position = 0;
	buf_clear(&p->blocks);
	buf_clear(&p->text);
	return s->postings.used >= FLUSH_AT ? segment_flush(s, err) : 0;
}

int incoming_block(struct search *s, const struct passage_block *block, struct err *err)
{
	struct pending *p = &s->pending;
	struct passage_block piece = *block;
	struct str rest = block->text;

	while (rest.n > 0) {
		piece.text = (struct str){rest.p, piece_length(rest)};
		rest = (struct str){rest.p + piece.text.n, rest.n - piece.text.n};
		if (p->text.n > 0 && p->text.n + piece.text.n > PASSAGE_BYTES && end_passage(s, err) != 0)
			return -1;
		if (p->passages == PASSAGES_MAX)
			return 0;
		if (put_piece(s, &piece, err) != 0)
			return -1;
	}
	return 0;
}

static void write_stems(struct search *s)
{
	struct pending *p = &s->pending;

	put_fields(s);
	for (size_t i = 0; i < p->stem_count; i++) {
		struct term *stem = &s->lexicon.terms[p->stems[i]];

		list_stem(&s->postings, &stem->stems, p->number, impact_of(stem->weight, p->length), stem->parts);
	}
}

static int write_record(struct search *s, struct err *err)
{
	struct pending *p = &s->pending;
	sqlite3_stmt *statement = database_statement(&s->database, STATEMENT_RECORD_INSERT, err);
	struct binding b = bind_to(statement);

	if (statement == NULL)
		return -1;
	bind_number(&b, p->number);
	bind_text(&b, buf_view(&p->id));
	bind_number(&b, p->passages);
	bind_number(&b, (int64_t)p->index);
	bind_number(&b, p->first_day);
	bind_number(&b, p->last_day);
	bind_text(&b, buf_view(&p->title));
	bind_text(&b, buf_view(&p->facets));
	bind_number(&b, p->due);
	return database_done(&s->database, &b, err);
}

int incoming_begin(struct search *s, struct err *err)
{
	struct pending *p = &s->pending;

	incoming_drop(s);
	if (lexicon_full(&s->lexicon)) {
		if (segment_flush(s, err) != 0)
			return -1;
		lexicon_clear(&s->lexicon);
	}
	if (s->next_record == UINT32_MAX)
		return err_set(err, ERR_LIMIT, "the search index %s is full of changes: make it anew with `photostat index`",
			s->database.path);
	s->lexicon.record++;
	p->open = true;
	p->number = s->next_record++;
	return 0;
}

int incoming_end(struct search *s, struct err *err)
{
	struct pending *p = &s->pending;

	if (!p->open)
		return 0;
	if ((p->text.n > 0 || p->passages == 0) && end_passage(s, err) != 0)
		return -1;
	write_stems(s);
	if (write_record(s, err) != 0)
		return -1;
	s->records++;
	incoming_drop(s);
	return 0;
}

void incoming_drop(struct search *s)
{
	struct pending *p = &s->pending;

	p->open = false;
	p->passages = p->position = 0;
	p->length = 0;
	p->due = 0;
	p->stem_count = 0;
	p->first_day = INT64_MAX;
	p->last_day = INT64_MIN;
	buf_clear(&p->id);
	buf_clear(&p->title);
	buf_clear(&p->facets);
	buf_clear(&p->language);
	buf_clear(&p->path);
	buf_clear(&p->blocks);
	buf_clear(&p->text);
}

void incoming_release(struct pending *p)
{
	buf_release(&p->id);
	buf_release(&p->title);
	buf_release(&p->facets);
	buf_release(&p->language);
	buf_release(&p->path);
	buf_release(&p->blocks);
	buf_release(&p->text);
	buf_release(&p->term);
	free(p->stems);
	p->stems = NULL;
}

/* ---- reading what was stored -------------------------------------------------------------------------------------------------------------------- */

static bool take_number(struct str *rest, size_t *out)
{
	size_t value = 0;

	for (unsigned shift = 0; rest->n > 0 && shift < 35; shift += 7) {
		unsigned char byte = (unsigned char)*rest->p;

		*rest = (struct str){rest->p + 1, rest->n - 1};
		value |= (size_t)(byte & 0x7f) << shift;
		if ((byte & 0x80) == 0) {
			*out = value;
			return true;
		}
	}
	return false;
}

static bool take_bytes(struct str *rest, size_t n, struct str *out)
{
	if (n > rest->n)
		return false;
	*out = (struct str){rest->p, n};
	*rest = (struct str){rest->p + n, rest->n - n};
	return true;
}

static bool take_string(struct str *rest, struct str *out)
{
	size_t n;

	return take_number(rest, &n) && take_bytes(rest, n, out);
}

bool passage_next(struct passage *passage, struct passage_block *block)
{
	unsigned char head;
	size_t n;

	if (passage->blocks.n == 0)
		return false;
	head = (unsigned char)*passage->blocks.p;
	passage->blocks = (struct str){passage->blocks.p + 1, passage->blocks.n - 1};
	if ((head & 0x7f) >= PARTS || ((head & 0x80) != 0 && !take_string(&passage->blocks, &passage->path)) ||
		!take_string(&passage->blocks, &block->id) || !take_string(&passage->blocks, &block->language) ||
		!take_number(&passage->blocks, &n) || !take_bytes(&passage->text, n, &block->text))
		return false;
	block->part = (enum part)(head & 0x7f);
	block->path = passage->path;
	return true;
}
