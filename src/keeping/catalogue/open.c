/* Opening, closing, wiping. */
#include "internal.h"

#include <stdlib.h>

int catalogue_open(struct catalogue **out, const char *path, bool writable, struct err *err)
{
	struct catalogue *c = mem_alloc(sizeof(*c));

	*out = NULL;
	if (database_open(&c->database, &catalogue_form, path, writable, err) != 0) {
		free(c);
		return -1;
	}
	*out = c;
	return 0;
}

void catalogue_free(struct catalogue *c)
{
	if (c == NULL)
		return;
	catalogue_rollback(c);
	database_close(&c->database);
	pending_release(c);
	buf_release(&c->answer);
	description_release(&c->description);
	free(c);
}

bool catalogue_damaged(const struct catalogue *c)
{
	return c->database.damaged;
}

static int check_idle(const struct catalogue *c, struct err *err)
{
	if (!c->database.writable || c->feeding)
		return err_set(err, ERR_CONFLICT, "the catalogue %s is %s", c->database.path,
			c->feeding ? "being fed" : "open to read only");
	return 0;
}

int catalogue_clear(struct catalogue *c, struct err *err)
{
	return check_idle(c, err) == 0 ? database_clear(&c->database, err) : -1;
}

int catalogue_check(struct catalogue *c, struct err *err)
{
	sqlite3_stmt *statement = database_make(&c->database, "PRAGMA integrity_check(1)", err);
	struct binding b = bind_to(statement);
	int result = -1, got;

	if (statement == NULL)
		return -1;
	got = database_step(&c->database, &b, err);
	if (got == 1 && str_equal(column_text(statement, 0), STR("ok"))) {
		result = 0;
	} else if (got >= 0) {
		struct str said = got == 1 ? column_text(statement, 0) : STR("no answer");
		struct buf text = BUF_INIT;

		buf_str(&text, said);
		database_damage(&c->database, text.p, err);
		buf_release(&text);
	}
	sqlite3_finalize(statement);
	return result;
}

int catalogue_scrub(struct catalogue *c, struct err *err)
{
	if (check_idle(c, err) != 0)
		return -1;
	if (c->database.db == NULL)
		return err_set(err, ERR_CONFLICT, "the catalogue %s is not open", c->database.path);
	/* One segment: words of deleted rows go with the segments that held them; secure_delete zeroes the pages. */
	if (database_run(&c->database, "INSERT INTO words(words) VALUES('optimize')", err) != 0)
		return -1;
	return database_wipe(&c->database, err);
}
