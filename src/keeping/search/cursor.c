/* A term's postings through all segments, in the order of their keys; one row of a list at a time is held. */
#include "internal.h"

#include <string.h>

void cursor_open(struct cursor *cursor, struct search *s, enum list_kind kind, struct str term)
{
	*cursor = (struct cursor){.s = s, .kind = kind, .before = true, .first = -1, .last = -1};
	buf_char(&cursor->term, (char)kind);
	buf_str(&cursor->term, term);
}

void cursor_close(struct cursor *cursor)
{
	buf_release(&cursor->term);
	buf_release(&cursor->list);
}

/* 1: the row is there; 0: the segment has none. */
static int read_row(struct cursor *cursor, enum statement_id id, int64_t segment, int64_t key, struct err *err)
{
	struct search *s = cursor->s;
	sqlite3_stmt *statement = database_statement(&s->database, id, err);
	struct binding b = bind_to(statement);
	int got;

	if (statement == NULL)
		return -1;
	bind_number(&b, segment);
	bind_blob(&b, cursor->term.p, cursor->term.n);
	bind_number(&b, key);
	got = database_step(&s->database, &b, err);
	if (got != 1)
		return got;
	cursor->first = sqlite3_column_int64(statement, 0);
	cursor->last = sqlite3_column_int64(statement, 1);
	buf_clear(&cursor->list);
	buf_str(&cursor->list, column_text(statement, 2));
	sqlite3_reset(statement);
	if (buf_check(&cursor->list, "a list of the index", err) != 0)
		return -1;
	cursor->rest = buf_view(&cursor->list);
	cursor->posting = (struct posting){.record = posting_record(cursor->first)};
	s->rows_read++;
	return 1;
}

/* The first row behind the present one, of this segment or a later one, whose last key is not below. */
static int next_row(struct cursor *cursor, int64_t key, struct err *err)
{
	struct search *s = cursor->s;

	for (; cursor->segment < segment_count(s); cursor->segment++, cursor->first = cursor->last = -1) {
		const struct segment *segment = segment_at(s, cursor->segment);
		int got;

		if (segment->last < key || s->rows_read >= ROWS_MOST)
			continue;
		/* Near by: mostly the next one. */
		if (cursor->first < 0 || key - cursor->last <= cursor->last - cursor->first) {
			got = read_row(cursor, STATEMENT_LIST_NEXT, segment->number, cursor->first, err);
			if (got < 0 || (got == 1 && cursor->last >= key))
				return got;
			if (got == 0)
				continue;
		}
		got = read_row(cursor, STATEMENT_LIST_AT, segment->number, key, err);
		if (got < 0 || (got == 1 && cursor->last >= key))
			return got;
		got = read_row(cursor, STATEMENT_LIST_NEXT, segment->number, cursor->first, err);
		if (got < 0 || (got == 1 && cursor->last >= key))
			return got;
	}
	s->cut_short = s->cut_short || s->rows_read >= ROWS_MOST;
	return 0;
}

int cursor_seek(struct cursor *cursor, int64_t key, struct err *err)
{
	int got;

	if (!cursor->before && (cursor->ended || posting_key(cursor->posting.record, cursor->posting.passage) >= key))
		return !cursor->ended;
	for (;;) {
		while (cursor->rest.n > 0 && cursor->last >= key) {
			if (!posting_next(cursor->kind, &cursor->rest, &cursor->posting))
				return database_damage(&cursor->s->database, NULL, err);
			cursor->before = false;
			if (posting_key(cursor->posting.record, cursor->posting.passage) >= key &&
				!segment_gone(cursor->s, cursor->posting.record))
				return 1;
		}
		got = next_row(cursor, key, err);
		if (got < 0)
			return -1;
		if (got == 0) {
			cursor->before = false;
			cursor->ended = true;
			return 0;
		}
	}
}

int cursor_next(struct cursor *cursor, struct err *err)
{
	int64_t key = cursor->before ? 0 : posting_key(cursor->posting.record, cursor->posting.passage) + 1;

	return cursor_seek(cursor, key, err);
}

int cursor_count(const struct cursor *cursor, uint64_t *postings, struct err *err)
{
	struct search *s = cursor->s;
	sqlite3_stmt *statement = database_statement(&s->database, STATEMENT_LIST_COUNT, err);

	*postings = 0;
	if (statement == NULL)
		return -1;
	for (size_t i = 0; i < segment_count(s); i++) {
		struct binding b = bind_to(statement);

		bind_number(&b, segment_at(s, i)->number);
		bind_blob(&b, cursor->term.p, cursor->term.n);
		if (database_step(&s->database, &b, err) != 1)
			return -1;
		*postings += (uint64_t)sqlite3_column_int64(statement, 0);
		sqlite3_reset(statement);
	}
	return 0;
}
