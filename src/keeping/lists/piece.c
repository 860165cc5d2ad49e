/* A piece of a list: so many records behind, or before, a place. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

/* ?1 what of, ?2 how many, ?3 and ?4 the place. */
static const struct {
	const char *from, *keys, *place, *up, *down;
} orders[LISTS_RECENT + 1] = {
	[LISTS_TOPS] = {"record WHERE top = 1", "(sort, place)", "(?3, ?4)", "sort, place", "sort DESC, place DESC"},
	[LISTS_PARTS] = {"record WHERE parent = ?1", "(sort, place)", "(?3, ?4)", "sort, place", "sort DESC, place DESC"},
	[LISTS_HAVING] = {"value CROSS JOIN record ON record.key = value.record WHERE value.name = ?1",
		"(value.sort, value.record)", "(?3, ?4)", "value.sort, value.record", "value.sort DESC, value.record DESC"},
	[LISTS_RECENT] = {"record WHERE 1", "newest", "?3", "newest", "newest DESC"},
};

struct place {
	bool known;
	int64_t key, newest, first;
	struct buf sort;
};

static int find_place(struct lists *lists, struct str id, struct place *place, struct err *err)
{
	sqlite3_stmt *statement;
	int got;

	if (id.n == 0)
		return 0;
	statement = database_statement(&lists->database, FIND_RECORD, err);
	if (statement == NULL)
		return -1;
	struct binding b = bind_to(statement);
	bind_text(&b, id);
	got = database_step(&lists->database, &b, err);
	if (got == 1) {
		place->known = true;
		place->key = sqlite3_column_int64(statement, 0);
		place->newest = sqlite3_column_int64(statement, 2);
		place->first = sqlite3_column_int64(statement, 10);
		buf_add(&place->sort, sqlite3_column_blob(statement, ROW_COLUMN_COUNT),
			(size_t)sqlite3_column_bytes(statement, ROW_COLUMN_COUNT));
		sqlite3_reset(statement);
	}
	return got < 0 ? -1 : 0;
}

static sqlite3_stmt *piece_statement(struct lists *lists, enum lists_order order, bool backwards, bool placed, struct err *err)
{
	sqlite3_stmt **statement = &lists->pieces[order][backwards][placed];
	bool down = backwards != (order == LISTS_RECENT);
	struct buf sql = BUF_INIT;

	if (*statement == NULL) {
		buf_printf(&sql, "SELECT %s FROM %s", ROW_COLUMNS, orders[order].from);
		if (placed)
			buf_printf(&sql, " AND %s %c %s", orders[order].keys, down ? '<' : '>', orders[order].place);
		buf_printf(&sql, " ORDER BY %s LIMIT ?2", down ? orders[order].down : orders[order].up);
		*statement = database_make(&lists->database, sql.p, err);
		buf_release(&sql);
	}
	return *statement;
}

/* What of, as the statement has it first: 1; 0: no record has that value. */
static int bind_of(struct lists *lists, struct binding *b, const struct lists_piece *piece, struct err *err)
{
	uint64_t records;
	int64_t name;
	int got = 1;

	switch (piece->order) {
	case LISTS_PARTS:
		bind_text(b, piece->of);
		break;
	case LISTS_HAVING:
		got = lists_find_name(lists, (int)piece->kind, piece->of, &name, &records, err);
		if (got == 1)
			bind_number(b, name);
		break;
	case LISTS_TOPS:
	case LISTS_RECENT:
	case LISTS_DATED:
		bind_null(b);
		break;
	}
	return got;
}

static int take_ordered(struct lists *lists, struct lists_piece *piece, const struct place *place, bool backwards, bool *more,
	struct arena *arena, struct err *err)
{
	sqlite3_stmt *statement = piece_statement(lists, piece->order, backwards, place->known, err);
	struct binding b = bind_to(statement);
	int got = statement != NULL ? bind_of(lists, &b, piece, err) : -1;

	if (got <= 0)
		return got;
	bind_number(&b, (int64_t)piece->limit + 1);
	if (place->known && piece->order == LISTS_RECENT) {
		bind_number(&b, place->newest);
	} else if (place->known) {
		bind_blob(&b, place->sort.p, place->sort.n);
		bind_number(&b, place->key);
	}
	while ((got = database_step(&lists->database, &b, err)) == 1) {
		if (piece->count < piece->limit)
			piece->rows[piece->count++] = lists_row(statement, arena);
		else
			*more = true;
	}
	return got;
}

/* ---- by date -------------------------------------------------------------------------------------------------------------------------------- */

struct dated {
	int64_t first, key;
};

static int compare_dated(const void *a, const void *b)
{
	const struct dated *one = a, *other = b;

	if (one->first != other->first)
		return one->first < other->first ? -1 : 1;
	return one->key < other->key ? -1 : one->key > other->key;
}

/* The first day of a year since 1970-01-01 (days from civil). */
static int64_t day_of(int64_t year)
{
	int64_t y = year - 1, era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + 306 - 719468;
}

static int take_span(struct lists *lists, const struct lists_piece *piece, const struct place *place, bool backwards, int span,
	struct dated *found, size_t *count, struct err *err)
{
	sqlite3_stmt *statement = database_statement(&lists->database, backwards ? DATED_BEFORE : DATED_AFTER, err);
	struct binding b = bind_to(statement);
	int64_t from = day_of(piece->from_year), to = day_of(piece->to_year + 1) - 1;
	int64_t low = span > 40 ? INT64_MIN : from - ((INT64_C(1) << span) - 1), high = to;
	int64_t first = backwards ? high : low, key = backwards ? INT64_MAX : INT64_MIN;
	int got;

	if (statement == NULL)
		return -1;
	if (place->known && (backwards ? place->first <= high : place->first >= low)) {
		first = place->first;
		key = place->key;
	}
	bind_number(&b, span);
	bind_number(&b, first);
	bind_number(&b, key);
	bind_number(&b, backwards ? low : high);
	bind_number(&b, from);
	bind_number(&b, (int64_t)piece->limit + 1);
	while ((got = database_step(&lists->database, &b, err)) == 1)
		found[(*count)++] = (struct dated){sqlite3_column_int64(statement, 0), sqlite3_column_int64(statement, 1)};
	return got;
}

/* The best of each class of spans, and of these the best. */
static int take_dated(struct lists *lists, struct lists_piece *piece, const struct place *place, bool backwards, bool *more,
	struct arena *arena, struct err *err)
{
	size_t classes = 0, count = 0;
	struct dated *found;
	int result = -1;

	if (piece->from_year < 0 || piece->to_year > 9999 || piece->from_year > piece->to_year)
		return 0;
	for (int i = 0; i < SPANS; i++)
		classes += lists->spans[i] > 0;
	found = mem_array(classes * (piece->limit + 1) + 1, sizeof(*found));
	for (int i = 0; i < SPANS; i++)
		if (lists->spans[i] > 0 && take_span(lists, piece, place, backwards, i, found, &count, err) != 0)
			goto out;
	if (count > 1)
		qsort(found, count, sizeof(*found), compare_dated);
	*more = count > piece->limit;
	for (size_t i = 0; i < count && i < piece->limit; i++) {
		sqlite3_stmt *statement = database_statement(&lists->database, RECORD_BY_KEY, err);
		struct binding b = bind_to(statement);
		int got;

		if (statement == NULL)
			goto out;
		bind_number(&b, found[backwards ? count - 1 - i : i].key);
		got = database_step(&lists->database, &b, err);
		if (got != 1) {
			if (got == 0)
				database_damage(&lists->database, "a date without its record", err);
			goto out;
		}
		piece->rows[piece->count++] = lists_row(statement, arena);
		sqlite3_reset(statement);
	}
	result = 0;
out:
	free(found);
	return result;
}

int lists_take(struct lists *lists, struct lists_piece *piece, struct arena *arena, struct err *err)
{
	struct place place = {.sort = BUF_INIT};
	bool more = false, backwards;
	int result = -1;

	piece->count = 0;
	piece->rows = arena_alloc(arena, (piece->limit + 1) * sizeof(*piece->rows), sizeof(void *));
	if (find_place(lists, piece->from, &place, err) != 0)
		goto out;
	backwards = piece->backwards && place.known;
	result = piece->order == LISTS_DATED ? take_dated(lists, piece, &place, backwards, &more, arena, err)
					     : take_ordered(lists, piece, &place, backwards, &more, arena, err);
	for (size_t i = 0; backwards && i < piece->count / 2; i++) {
		const struct holding *kept = piece->rows[i];

		piece->rows[i] = piece->rows[piece->count - 1 - i];
		piece->rows[piece->count - 1 - i] = kept;
	}
	piece->before = backwards ? more : place.known;
	piece->after = backwards ? true : more;
out:
	buf_release(&place.sort);
	return result;
}
