/* Opening, position, emptying, wiping. */
#include "internal.h"

#include <stdlib.h>

int search_open(struct search **out, const char *path, bool writable, struct err *err)
{
	struct search *s = mem_alloc(sizeof(*s));

	*out = NULL;
	if (database_open(&s->database, &search_form, path, writable, err) != 0) {
		free(s);
		return -1;
	}
	lexicon_init(&s->lexicon);
	*out = s;
	return 0;
}

bool search_is_damaged(const struct search *s)
{
	return s->database.damaged;
}

void search_free(struct search *s)
{
	if (s == NULL)
		return;
	search_rollback(s);
	database_close(&s->database);
	incoming_release(&s->pending);
	lexicon_release(&s->lexicon);
	arena_release(&s->postings);
	buf_release(&s->segments);
	buf_release(&s->gone);
	free(s);
}

static int check_idle(const struct search *s, struct err *err)
{
	if (!s->database.writable || s->feeding || s->database.db == NULL)
		return err_set(err, ERR_CONFLICT, "the search index %s is %s", s->database.path,
			s->feeding               ? "being fed"
			: s->database.db == NULL ? "not open"
						 : "open to read only");
	return 0;
}

int search_clear(struct search *s, struct err *err)
{
	s->segments_known = s->languages_known = false;
	return check_idle(s, err) == 0 ? database_clear(&s->database, err) : -1;
}

int search_position(struct search *s, uint64_t *position, struct err *err)
{
	sqlite3_stmt *statement = database_statement(&s->database, STATEMENT_POSITION, err);
	struct binding b = bind_to(statement);
	int got;

	if (statement == NULL)
		return -1;
	got = database_step(&s->database, &b, err);
	if (got == 1) {
		*position = column_u64(statement, 0);
		sqlite3_reset(statement);
	} else if (got == 0) {
		return database_damage(&s->database, "no position", err);
	}
	return got == 1 ? 0 : -1;
}

int search_scrub(struct search *s, struct err *err)
{
	if (check_idle(s, err) != 0)
		return -1;
	/* secure_delete zeroes what is taken out of a page, and pages that come free. */
	if (database_run(&s->database, "BEGIN IMMEDIATE", err) != 0)
		return -1;
	if (segments_sweep(s, err) != 0 || database_run(&s->database, "COMMIT", err) != 0) {
		database_rollback(&s->database);
		return -1;
	}
	return database_wipe(&s->database, err);
}
