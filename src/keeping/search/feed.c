/* Feeding: records put, replaced and taken out between begin and commit. */
#include "internal.h"

#include <string.h>

#define TITLE_MAX 4096u
#define FACETS_MAX 65536u

static int check_feeding(const struct search *s, struct err *err)
{
	return s->feeding ? 0 : err_set(err, ERR_INTERNAL, "the search index %s is not being fed", s->database.path);
}

int search_languages(struct search *s, struct err *err)
{
	sqlite3_stmt *statement = database_statement(&s->database, STATEMENT_LANGUAGES, err);
	struct binding b = bind_to(statement);
	int got;

	s->languages = 0;
	if (statement == NULL)
		return -1;
	while ((got = database_step(&s->database, &b, err)) == 1) {
		struct str name = column_text(statement, 0);

		for (unsigned i = 1; i <= stemmer_count(); i++)
			if (str_equal(name, str_from(stemmer_name(i))))
				s->languages |= 1u << (i - 1);
	}
	s->languages_known = got == 0;
	return got;
}

int search_begin(struct search *s, struct err *err)
{
	sqlite3_stmt *statement;

	if (!s->database.writable || s->feeding || s->database.db == NULL)
		return err_set(err, ERR_CONFLICT, "the search index %s is %s", s->database.path,
			s->feeding ? "being fed" : "open to read only");
	if (database_run(&s->database, "BEGIN IMMEDIATE", err) != 0)
		return -1;
	s->feeding = true;
	s->segments_known = false;
	if (lexicon_full(&s->lexicon))
		lexicon_clear(&s->lexicon);
	incoming_drop(s);
	statement = database_statement(&s->database, STATEMENT_COUNTS, err);
	struct binding b = bind_to(statement);
	if (statement == NULL || database_step(&s->database, &b, err) != 1) {
		search_rollback(s);
		return -1;
	}
	s->next_record = (uint32_t)sqlite3_column_int64(statement, 0);
	s->records = sqlite3_column_int64(statement, 1);
	s->next_segment = sqlite3_column_int64(statement, 2);
	sqlite3_reset(statement);
	if (search_languages(s, err) != 0) {
		search_rollback(s);
		return -1;
	}
	return 0;
}

void search_rollback(struct search *s)
{
	if (!s->feeding)
		return;
	for (size_t i = 0; i < STATEMENT_COUNT; i++)
		if (s->database.statements[i] != NULL)
			sqlite3_reset(s->database.statements[i]);
	database_rollback(&s->database);
	s->feeding = false;
	s->languages_known = s->segments_known = false;
	incoming_drop(s);
	segment_forget(s);
}

int search_commit(struct search *s, uint64_t position, struct err *err)
{
	sqlite3_stmt *statement;
	struct binding b;

	if (check_feeding(s, err) != 0 || incoming_end(s, err) != 0 || segment_flush(s, err) != 0 || segments_tidy(s, err) != 0)
		return -1;
	statement = database_statement(&s->database, STATEMENT_SET_POSITION, err);
	if (statement == NULL)
		return -1;
	b = bind_to(statement);
	bind_number(&b, (int64_t)position);
	bind_number(&b, s->next_record);
	bind_number(&b, s->records);
	if (database_done(&s->database, &b, err) != 0 || database_run(&s->database, "COMMIT", err) != 0)
		return -1;
	s->feeding = false;
	return 0;
}

int search_next_due(struct search *s, int64_t now, struct str after, struct buf *id, struct err *err)
{
	sqlite3_stmt *statement = database_statement(&s->database, STATEMENT_RECORD_DUE, err);
	struct binding b = bind_to(statement);
	int got;

	if (statement == NULL)
		return -1;
	bind_number(&b, now);
	bind_text(&b, after);
	got = database_step(&s->database, &b, err);
	if (got != 1)
		return got;
	buf_clear(id);
	buf_str(id, column_text(statement, 0));
	sqlite3_reset(statement);
	return 1;
}

bool search_has(struct search *s, struct str id)
{
	sqlite3_stmt *statement = database_statement(&s->database, STATEMENT_RECORD_BY_ID, NULL);
	struct binding b = bind_to(statement);
	bool there;

	if (s->pending.open && str_equal(buf_view(&s->pending.id), id))
		return true;
	if (statement == NULL)
		return false;
	bind_text(&b, id);
	there = database_step(&s->database, &b, NULL) == 1;
	sqlite3_reset(statement);
	return there;
}

/* ---- taking out --------------------------------------------------------------------------------------------------------------------------- */

static int run_on(struct search *s, enum statement_id id, int64_t first, int64_t second, struct err *err)
{
	sqlite3_stmt *statement = database_statement(&s->database, id, err);
	struct binding b = bind_to(statement);

	if (statement == NULL)
		return -1;
	bind_number(&b, first);
	if (second >= 0)
		bind_number(&b, second);
	return database_done(&s->database, &b, err);
}

/* 1 if it was there, 0 if not. Its postings are passed over from now on. */
static int erase(struct search *s, struct str id, struct err *err)
{
	sqlite3_stmt *statement = database_statement(&s->database, STATEMENT_RECORD_BY_ID, err);
	struct binding b = bind_to(statement);
	int64_t number;
	int got;

	if (statement == NULL)
		return -1;
	bind_text(&b, id);
	got = database_step(&s->database, &b, err);
	if (got != 1)
		return got;
	number = sqlite3_column_int64(statement, 0);
	sqlite3_reset(statement);
	s->records--;
	return run_on(s, STATEMENT_RECORD_DELETE, number, -1, err) != 0 ||
			       run_on(s, STATEMENT_PASSAGES_DELETE, number << 16, (number + 1) << 16, err) != 0 ||
			       run_on(s, STATEMENT_GONE_PUT, number, -1, err) != 0
		       ? -1
		       : 1;
}

int search_remove(struct search *s, struct str id, struct err *err)
{
	if (check_feeding(s, err) != 0 || incoming_end(s, err) != 0)
		return -1;
	return erase(s, id, err) >= 0 ? 0 : -1;
}

/* ---- putting in ------------------------------------------------------------------------------------------------------------------------------ */

/* Without control characters, which part the pieces of our own forms. */
static void put_clean(struct buf *out, struct str text, size_t most)
{
	size_t n = text.n < most ? text.n : most;

	while (n < text.n && n > 0 && ((unsigned char)text.p[n] & 0xc0) == 0x80)
		n--;
	for (size_t i = 0; i < n; i++)
		buf_char(out, (unsigned char)text.p[i] < 0x20 ? ' ' : text.p[i]);
}

static void put_facets(struct buf *out, char letter, const struct str *values, size_t count)
{
	for (size_t i = 0; i < count && out->n < FACETS_MAX; i++) {
		if (values[i].n == 0)
			continue;
		buf_char(out, letter);
		put_clean(out, values[i], 1024);
		buf_char(out, WORD_SEPARATOR);
	}
}

int search_put_record(struct search *s, const struct search_record *record, struct err *err)
{
	struct pending *p = &s->pending;
	struct str rest = record->words, line;

	if (check_feeding(s, err) != 0 || incoming_end(s, err) != 0 || erase(s, record->id, err) < 0 || incoming_begin(s, err) != 0)
		return -1;
	if (record->index > INT64_MAX)
		return err_set(err, ERR_LIMIT, "an index is too large for the search index");
	p->index = record->index;
	p->first_day = record->first_day;
	p->last_day = record->last_day;
	p->due = record->due;
	buf_str(&p->id, record->id);
	put_clean(&p->title, record->title, TITLE_MAX);
	put_facets(&p->facets, 'c', record->creators, record->creator_count);
	put_facets(&p->facets, 'y', record->types, record->type_count);
	put_facets(&p->facets, 'l', record->languages, record->language_count);
	put_facets(&p->facets, 'p', record->places, record->place_count);
	if (record->language_count > 0)
		buf_str(&p->language, record->languages[0]);
	struct passage_block block = {.path = STR(""), .id = STR(""), .language = buf_view(&p->language), .part = PART_TITLE};
	block.text = buf_view(&p->title);
	if (block.text.n > 0 && incoming_block(s, &block, err) != 0)
		return -1;
	block.part = PART_DESCRIPTION;
	while (rest.n > 0) {
		if (!str_take_line(&rest, &line)) {
			line = rest;
			rest = STR("");
		}
		block.text = line;
		if (line.n > 0 && incoming_block(s, &block, err) != 0)
			return -1;
	}
	return 0;
}

static enum part part_of(const struct text_block *block)
{
	if (block->kind == TEXT_HEADING)
		return PART_HEADING;
	if (block->kind == TEXT_NOTE || block->part == TEXT_NOTES)
		return PART_NOTE;
	return block->part == TEXT_LETTER ? PART_LETTER : block->part == TEXT_INTRODUCTION ? PART_INTRODUCTION : PART_BODY;
}

int search_put_block(
	struct search *s, struct str id, struct str path, struct str language, const struct text_block *block, struct err *err)
{
	struct pending *p = &s->pending;
	struct passage_block piece = {.path = path, .id = block->id, .text = block->text, .part = part_of(block)};

	if (check_feeding(s, err) != 0)
		return -1;
	if (!p->open || !str_equal(buf_view(&p->id), id))
		return err_set(err, ERR_INTERNAL, "texts follow their record");
	piece.language = block->language.n > 0 ? block->language : language.n > 0 ? language : buf_view(&p->language);
	return incoming_block(s, &piece, err);
}
