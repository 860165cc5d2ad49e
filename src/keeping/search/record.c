/* A record on its way into the index, or out of it: the same work, so that what goes out is to the word what went in. */
#include "internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH_USUAL 800.0 /* words; a constant, so that a weight can be worked out again */
#define SATURATION 1.2

const char part_letters[PARTS + 1] = "thdbrun";
static const uint32_t part_weights[PARTS] = {8, 3, 2, 1, 1, 1, 1};
static const enum column part_columns[PARTS] = {COLUMN_HEAD, COLUMN_HEAD, COLUMN_DESCRIPTION, COLUMN_BODY, COLUMN_LETTER,
	COLUMN_INTRODUCTION, COLUMN_NOTE};
/* Of 255: from where on a stem stands in the first, second, third tier. */
static const unsigned tier_from[TIERS] = {179, 209, 229};

uint32_t term_hash(struct str term)
{
	uint32_t hash = hash_bytes(term.p, term.n, 1927);

	return hash != 0 ? hash : 1;
}

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

void decade_terms_asked(struct buf *out, int64_t first_day, int64_t last_day)
{
	int64_t first = decade_of(clamp_day(first_day)), last = decade_of(clamp_day(last_day));

	if (first < DECADE_FIRST || last > DECADE_LAST)
		put_unusual(out);
	put_wide(out);
	for (int64_t decade = first < DECADE_FIRST ? DECADE_FIRST : first; decade <= last && decade <= DECADE_LAST; decade++)
		put_decade(out, decade);
}

/* ---- what weighs how much ----------------------------------------------------------------------------------------------------------------- */

static unsigned impact_of(uint32_t weight, uint64_t length)
{
	double norm = 0.4 + 0.6 * sqrt((double)length / LENGTH_USUAL);
	double impact = weight / (weight + SATURATION * norm);

	return (unsigned)(impact * 255.0);
}

static int by_hash(const void *a, const void *b)
{
	return memcmp(a, b, IMPACT_BYTES);
}

unsigned impact_find(struct str impacts, uint32_t hash)
{
	size_t low = 0, high = impacts.n / IMPACT_BYTES;

	while (low < high) {
		size_t middle = (low + high) / 2;
		const unsigned char *p = (const unsigned char *)impacts.p + middle * IMPACT_BYTES;
		uint32_t here = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];

		if (here < hash)
			low = middle + 1;
		else if (here > hash)
			high = middle;
		else
			return p[4] + 1u;
	}
	return 0;
}

static void put_impact(struct buf *out, struct str term, unsigned impact)
{
	uint32_t hash = term_hash(term);
	unsigned char bytes[IMPACT_BYTES] = {(unsigned char)(hash >> 24), (unsigned char)(hash >> 16), (unsigned char)(hash >> 8),
		(unsigned char)hash, (unsigned char)impact};

	buf_add(out, bytes, sizeof(bytes));
}

/* Terms from `from` on in the buffer, each ended by the separator. */
static void put_field_impacts(struct buf *impacts, const struct buf *terms, size_t from)
{
	struct str rest = {terms->p + from, terms->n - from}, term;

	while (rest.n > 0 && str_take_until(&rest, WORD_SEPARATOR, &term))
		if (term.n > 0)
			put_impact(impacts, term, 0);
}

/* ---- terms -------------------------------------------------------------------------------------------------------------------------------- */

static void put_stem(struct pending *p, const struct term *stem)
{
	unsigned impact = impact_of(stem->weight, p->length), tier = 0;
	size_t from;

	buf_str(&p->terms, stem->text);
	buf_char(&p->terms, WORD_SEPARATOR);
	put_impact(&p->impacts, stem->text, impact);
	while (tier < TIERS && impact >= tier_from[tier])
		tier++;
	if (tier > 0) {
		buf_char(&p->terms, TERM_TIER);
		buf_char(&p->terms, (char)('0' + tier));
		buf_str(&p->terms, stem->text);
		buf_char(&p->terms, WORD_SEPARATOR);
	}
	from = p->terms.n;
	for (unsigned part = 0; part < PARTS; part++) {
		if ((stem->parts & (1u << part)) == 0 || part == PART_BODY)
			continue;
		buf_char(&p->terms, TERM_PART);
		buf_char(&p->terms, part_letters[part]);
		buf_str(&p->terms, stem->text);
		buf_char(&p->terms, WORD_SEPARATOR);
	}
	if (p->terms.n > from)
		put_field_impacts(&p->impacts, &p->terms, from);
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

static void put_fields(struct pending *p)
{
	struct str rest = buf_view(&p->facets), facet;
	size_t from = p->terms.n;

	while (rest.n > 0 && str_take_until(&rest, WORD_SEPARATOR, &facet)) {
		struct str value = {facet.p + 1, facet.n - 1};

		if (facet.n < 2)
			continue;
		if (facet.p[0] == 'l')
			put_language(&p->terms, value);
		else
			put_field_words(&p->terms, facet.p[0], value);
	}
	put_field_words(&p->terms, 'i', buf_view(&p->id));
	decade_terms(&p->terms, p->first_day, p->last_day);
	put_field_impacts(&p->impacts, &p->terms, from);
}

/* ---- words of a block ------------------------------------------------------------------------------------------------------------------------ */

static void note_stem(struct search *s, uint32_t number, enum part part)
{
	struct pending *p = &s->pending;
	struct term *stem = &s->lexicon.terms[number];

	if (stem->as_stem != s->lexicon.record) {
		if (p->stem_count >= RECORD_TERMS_MAX)
			return;
		stem->as_stem = s->lexicon.record;
		stem->weight = 0;
		stem->parts = 0;
		if (p->stem_count == p->stem_capacity) {
			p->stem_capacity = p->stem_capacity == 0 ? 1024 : p->stem_capacity * 2;
			p->stems = mem_grow(p->stems, p->stem_capacity, sizeof(*p->stems));
		}
		p->stems[p->stem_count++] = number;
	}
	stem->weight += part_weights[part];
	stem->parts = (uint8_t)(stem->parts | 1u << part);
}

static void note_form(struct search *s, struct term *form)
{
	if (form->as_form == s->lexicon.record)
		return;
	form->as_form = s->lexicon.record;
	form->change += s->pending.erasing ? -1 : 1;
}

static int note_language(struct search *s, unsigned language, struct err *err)
{
	sqlite3_stmt *statement;
	struct binding b;

	if (language == 0 || (s->languages & 1u << (language - 1)) != 0)
		return 0;
	statement = statement_get(s, STATEMENT_LANGUAGE_PUT, err);
	if (statement == NULL)
		return -1;
	b = bind_to(statement);
	bind_text(&b, str_from(stemmer_name(language)));
	if (step_done(s, &b, err) != 0)
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

static void put_words(struct search *s, const struct passage_block *block, unsigned language)
{
	struct pending *p = &s->pending;
	enum column column = part_columns[block->part];
	struct buf *stream = &p->streams[column];
	struct words words = {.text = block->text};
	struct word word;

	if (p->begun[column]) {
		buf_text(stream, BLOCK_WORD);
		buf_char(stream, WORD_SEPARATOR);
	}
	p->begun[column] = true;
	while (words_next(&words, &word)) {
		const struct lexeme *lexeme = lexicon_word(&s->lexicon, word.pair ? 0 : language, word.raw);
		struct term *form = &s->lexicon.terms[lexeme->form];

		uint32_t stem = lexeme->stem, also = lexeme->also;

		buf_str(stream, form->text);
		buf_char(stream, WORD_SEPARATOR);
		p->length++;
		note_form(s, form);
		note_stem(s, stem, block->part);
		if (also != stem)
			note_stem(s, also, block->part);
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

int pending_block(struct search *s, const struct passage_block *block, struct err *err)
{
	struct pending *p = &s->pending;
	struct passage_block piece = *block;
	struct str rest = block->text;

	if (p->erasing)
		return put_piece(s, block, err);
	while (rest.n > 0) {
		piece.text = (struct str){rest.p, piece_length(rest)};
		rest = (struct str){rest.p + piece.text.n, rest.n - piece.text.n};
		if (p->text.n > 0 && p->text.n + piece.text.n > PASSAGE_BYTES && pending_passage(s, err) != 0)
			return -1;
		if (put_piece(s, &piece, err) != 0)
			return -1;
	}
	return 0;
}

/* ---- writing ---------------------------------------------------------------------------------------------------------------------------------- */

static int write_words(struct search *s, int64_t key, struct err *err)
{
	struct pending *p = &s->pending;
	sqlite3_stmt *statement = statement_get(s, p->erasing ? STATEMENT_WORDS_DELETE : STATEMENT_WORDS_INSERT, err);
	struct binding b = bind_to(statement);

	if (statement == NULL)
		return -1;
	bind_number(&b, key);
	for (unsigned i = 0; i < COLUMNS; i++) {
		if (buf_check(&p->streams[i], "a passage of a record", err) != 0)
			return -1;
		bind_text(&b, buf_view(&p->streams[i]));
	}
	return step_done(s, &b, err);
}

int pending_passage(struct search *s, struct err *err)
{
	struct pending *p = &s->pending;
	int64_t key = p->key + p->passages;
	sqlite3_stmt *statement = statement_get(s, p->erasing ? STATEMENT_PASSAGE_DELETE : STATEMENT_PASSAGE_INSERT, err);
	struct binding b = bind_to(statement);

	if (statement == NULL || write_words(s, key, err) != 0)
		return -1;
	if (buf_check(&p->blocks, "a passage of a record", err) != 0 || buf_check(&p->text, "a passage of a record", err) != 0)
		return -1;
	bind_number(&b, key);
	if (!p->erasing) {
		bind_blob(&b, p->blocks.p, p->blocks.n);
		bind_text(&b, buf_view(&p->text));
	}
	if (step_done(s, &b, err) != 0)
		return -1;
	p->passages++;
	buf_clear(&p->blocks);
	buf_clear(&p->text);
	for (unsigned i = 0; i < COLUMNS; i++) {
		buf_clear(&p->streams[i]);
		p->begun[i] = false;
	}
	return 0;
}

static int write_terms(struct search *s, struct err *err)
{
	struct pending *p = &s->pending;
	sqlite3_stmt *statement = statement_get(s, p->erasing ? STATEMENT_TERMS_DELETE : STATEMENT_TERMS_INSERT, err);
	struct binding b = bind_to(statement);

	buf_clear(&p->terms);
	buf_clear(&p->impacts);
	for (size_t i = 0; i < p->stem_count; i++)
		put_stem(p, &s->lexicon.terms[p->stems[i]]);
	put_fields(p);
	if (statement == NULL || buf_check(&p->terms, "the words of a record", err) != 0 ||
		buf_check(&p->impacts, "the words of a record", err) != 0)
		return -1;
	bind_number(&b, p->key);
	bind_text(&b, buf_view(&p->terms));
	if (step_done(s, &b, err) != 0)
		return -1;
	statement = statement_get(s, p->erasing ? STATEMENT_IMPACT_DELETE : STATEMENT_IMPACT_INSERT, err);
	if (statement == NULL)
		return -1;
	b = bind_to(statement);
	bind_number(&b, p->key);
	if (!p->erasing) {
		qsort(p->impacts.p, p->impacts.n / IMPACT_BYTES, IMPACT_BYTES, by_hash);
		bind_blob(&b, p->impacts.p, p->impacts.n);
	}
	return step_done(s, &b, err);
}

static int write_record(struct search *s, struct err *err)
{
	struct pending *p = &s->pending;
	sqlite3_stmt *statement = statement_get(s, p->erasing ? STATEMENT_RECORD_DELETE : STATEMENT_RECORD_INSERT, err);
	struct binding b = bind_to(statement);

	if (statement == NULL)
		return -1;
	bind_number(&b, p->key);
	if (!p->erasing) {
		bind_text(&b, buf_view(&p->id));
		bind_number(&b, p->passages);
		bind_number(&b, (int64_t)p->index);
		bind_number(&b, p->first_day);
		bind_number(&b, p->last_day);
		bind_text(&b, buf_view(&p->title));
		bind_text(&b, buf_view(&p->facets));
	}
	return step_done(s, &b, err);
}

int pending_begin(struct search *s, int64_t key, bool erasing, struct err *err)
{
	struct pending *p = &s->pending;

	pending_drop(s);
	if (lexicon_full(&s->lexicon)) {
		if (vocabulary_flush(s, err) != 0)
			return -1;
		lexicon_clear(&s->lexicon);
	}
	s->lexicon.record++;
	p->open = true;
	p->erasing = erasing;
	p->key = key;
	return 0;
}

int pending_end(struct search *s, struct err *err)
{
	struct pending *p = &s->pending;

	if (!p->open)
		return 0;
	if (!p->erasing && (p->text.n > 0 || p->passages == 0) && pending_passage(s, err) != 0)
		return -1;
	if (write_terms(s, err) != 0 || write_record(s, err) != 0)
		return -1;
	if (!p->erasing)
		s->next_key = p->key + p->passages;
	pending_drop(s);
	return 0;
}

void pending_drop(struct search *s)
{
	struct pending *p = &s->pending;

	p->open = p->erasing = false;
	p->passages = 0;
	p->length = 0;
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
	for (unsigned i = 0; i < COLUMNS; i++) {
		buf_clear(&p->streams[i]);
		p->begun[i] = false;
	}
}

void pending_release(struct pending *p)
{
	buf_release(&p->id);
	buf_release(&p->title);
	buf_release(&p->facets);
	buf_release(&p->language);
	buf_release(&p->path);
	buf_release(&p->blocks);
	buf_release(&p->text);
	for (unsigned i = 0; i < COLUMNS; i++)
		buf_release(&p->streams[i]);
	buf_release(&p->terms);
	buf_release(&p->impacts);
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
