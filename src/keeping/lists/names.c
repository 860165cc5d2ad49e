/* Values that records have, and who relates to whom. */
#include "internal.h"

#include <string.h>

static uint64_t one_number(struct lists *lists, sqlite3_stmt *statement, int column)
{
	uint64_t number = 0;

	(void)lists;
	if (sqlite3_step(statement) == SQLITE_ROW)
		number = (uint64_t)sqlite3_column_int64(statement, column);
	sqlite3_reset(statement);
	return number;
}

uint64_t lists_count_parts(struct lists *lists, struct str id)
{
	sqlite3_stmt *statement = lists_statement(lists, COUNT_PARTS, NULL);

	if (statement == NULL)
		return 0;
	lists_bind_text(statement, 1, id);
	return one_number(lists, statement, 0);
}

uint64_t lists_count_having(struct lists *lists, enum lists_kind kind, struct str value)
{
	sqlite3_stmt *statement = lists_statement(lists, FIND_NAME, NULL);

	if (statement == NULL)
		return 0;
	sqlite3_bind_int(statement, 1, (int)kind);
	lists_bind_text(statement, 2, value);
	return one_number(lists, statement, 1);
}

int lists_take_names(struct lists *lists, struct lists_names *names, struct arena *arena, struct err *err)
{
	bool backwards = names->backwards && names->from.n > 0, more = false;
	sqlite3_stmt *statement = lists_statement(lists, backwards ? NAMES_BEFORE : NAMES_AFTER, err);
	int got;

	names->count = 0;
	if (statement == NULL)
		return -1;
	names->names = arena_alloc(arena, names->limit * sizeof(*names->names), sizeof(void *));
	sqlite3_bind_int(statement, 1, (int)names->kind);
	lists_bind_text(statement, 2, names->from);
	sqlite3_bind_int64(statement, 3, (int64_t)names->limit + 1);
	while ((got = sqlite3_step(statement)) == SQLITE_ROW) {
		if (names->count == names->limit) {
			more = true;
			continue;
		}
		names->names[names->count].value = arena_str(arena, lists_column(statement, 0));
		names->names[names->count++].records = (uint64_t)sqlite3_column_int64(statement, 1);
	}
	if (got != SQLITE_DONE)
		lists_fail(lists, err);
	sqlite3_reset(statement);
	for (size_t i = 0; backwards && i < names->count / 2; i++) {
		struct lists_name kept = names->names[i];

		names->names[i] = names->names[names->count - 1 - i];
		names->names[names->count - 1 - i] = kept;
	}
	names->before = backwards ? more : names->from.n > 0;
	names->after = backwards ? true : more;
	return got == SQLITE_DONE ? 0 : -1;
}

int lists_each_relating(struct lists *lists, struct str id, unsigned limit, struct arena *arena,
	int (*each)(void *, int term, const struct holding *, struct err *), void *context, struct err *err)
{
	sqlite3_stmt *statement = lists_statement(lists, RELATING, err);
	const struct holding **rows;
	int *terms, got, result = 0;
	size_t count = 0;

	if (statement == NULL)
		return -1;
	rows = arena_alloc(arena, limit * sizeof(*rows), sizeof(void *));
	terms = arena_alloc(arena, limit * sizeof(*terms), sizeof(int));
	lists_bind_text(statement, 1, id);
	sqlite3_bind_int64(statement, 2, limit);
	while ((got = sqlite3_step(statement)) == SQLITE_ROW && count < limit) {
		rows[count] = lists_row(statement, arena);
		terms[count++] = sqlite3_column_int(statement, ROW_COLUMN_COUNT);
	}
	if (got != SQLITE_DONE)
		result = lists_fail(lists, err);
	sqlite3_reset(statement);
	for (size_t i = 0; i < count && result == 0; i++)
		result = each(context, terms[i], rows[i], err);
	return result;
}
