/* Values that records have, and who relates to whom. */
#include "internal.h"

#include <string.h>

uint64_t lists_count_parts(struct lists *lists, struct str id)
{
	sqlite3_stmt *statement = database_statement(&lists->database, COUNT_PARTS, NULL);
	struct binding b = bind_to(statement);
	uint64_t count = 0;

	if (statement == NULL)
		return 0;
	bind_text(&b, id);
	if (database_step(&lists->database, &b, NULL) == 1) {
		count = column_u64(statement, 0);
		sqlite3_reset(statement);
	}
	return count;
}

uint64_t lists_count_having(struct lists *lists, enum lists_kind kind, struct str value)
{
	uint64_t records = 0;
	int64_t key;

	(void)lists_find_name(lists, (int)kind, value, &key, &records, NULL);
	return records;
}

int lists_take_names(struct lists *lists, struct lists_names *names, struct arena *arena, struct err *err)
{
	bool backwards = names->backwards && names->from.n > 0, more = false;
	sqlite3_stmt *statement = database_statement(&lists->database, backwards ? NAMES_BEFORE : NAMES_AFTER, err);
	struct binding b = bind_to(statement);
	int got;

	names->count = 0;
	if (statement == NULL)
		return -1;
	names->names = arena_alloc(arena, names->limit * sizeof(*names->names), sizeof(void *));
	bind_number(&b, names->kind);
	bind_text(&b, names->from);
	bind_number(&b, (int64_t)names->limit + 1);
	while ((got = database_step(&lists->database, &b, err)) == 1) {
		if (names->count == names->limit) {
			more = true;
			continue;
		}
		names->names[names->count].value = arena_str(arena, column_text(statement, 0));
		names->names[names->count++].records = (uint64_t)sqlite3_column_int64(statement, 1);
	}
	for (size_t i = 0; backwards && i < names->count / 2; i++) {
		struct lists_name kept = names->names[i];

		names->names[i] = names->names[names->count - 1 - i];
		names->names[names->count - 1 - i] = kept;
	}
	names->before = backwards ? more : names->from.n > 0;
	names->after = backwards ? true : more;
	return got;
}

int lists_each_relating(struct lists *lists, struct str id, unsigned limit, struct arena *arena,
	int (*each)(void *, int term, const struct holding *, struct err *), void *context, struct err *err)
{
	sqlite3_stmt *statement = database_statement(&lists->database, RELATING, err);
	struct binding b = bind_to(statement);
	const struct holding **rows;
	int *terms, got, result = 0;
	size_t count = 0;

	if (statement == NULL)
		return -1;
	rows = arena_alloc(arena, limit * sizeof(*rows), sizeof(void *));
	terms = arena_alloc(arena, limit * sizeof(*terms), sizeof(int));
	bind_text(&b, id);
	bind_number(&b, limit);
	while ((got = database_step(&lists->database, &b, err)) == 1) {
		rows[count] = lists_row(statement, arena);
		terms[count++] = sqlite3_column_int(statement, ROW_COLUMN_COUNT);
	}
	result = got;
	for (size_t i = 0; i < count && result == 0; i++)
		result = each(context, terms[i], rows[i], err);
	return result;
}
