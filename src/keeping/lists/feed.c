/* Putting records in and taking them out: rows, values and their counts, years. */
#include "internal.h"

#include <string.h>

/* Days from civil reversed (Howard Hinnant's algorithm). */
int64_t lists_year_of(int64_t day)
{
	int64_t z, era, of_era, year_of_era, of_year;

	/* Far outside what is counted, and near to overflow. */
	if (day > INT64_C(1) << 40 || day < -(INT64_C(1) << 40))
		return day > 0 ? INT64_MAX : INT64_MIN;
	z = day + 719468;
	era = (z >= 0 ? z : z - 146096) / 146097;
	of_era = z - era * 146097;
	year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	return year_of_era + era * 400 + ((5 * of_year + 2) / 153 >= 10);
}

/* A run of digits becomes a zero, the number of its digits, and these: longer numbers are larger. Anything else stands between as it does by bytes. */
void lists_sort_key(struct buf *out, struct str code)
{
	if (code.n == 0) {
		buf_char(out, '\2');
		return;
	}
	buf_char(out, '\1');
	for (size_t i = 0; i < code.n;) {
		size_t from;

		if (code.p[i] < '0' || code.p[i] > '9') {
			buf_char(out, code.p[i++]);
			continue;
		}
		while (i < code.n && code.p[i] == '0')
			i++;
		for (from = i; i < code.n && code.p[i] >= '0' && code.p[i] <= '9';)
			i++;
		buf_char(out, '0');
		buf_char(out, (char)((i - from) >> 8 & 0xff));
		buf_char(out, (char)((i - from) & 0xff));
		buf_add(out, code.p + from, i - from);
	}
}

/* ---- years ---------------------------------------------------------------------------------------------------------------------------------- */

static size_t counted_year(int64_t year)
{
	return year < 0 ? 0 : year > 9999 ? YEARS_COUNTED - 1 : (size_t)year + 1;
}

static int span_of(const struct holding *holding)
{
	uint64_t length = (uint64_t)holding->last_day - (uint64_t)holding->first_day;
	int bits = 0;

	for (; length != 0; length >>= 1)
		bits++;
	return bits < SPANS ? bits : SPANS - 1;
}

/* `one`: 1, or UINT32_MAX to take it away again. */
static void count_years(struct lists *lists, const struct holding *holding, uint32_t one)
{
	int64_t first, last;

	if (holding->first_day > holding->last_day)
		return;
	first = lists_year_of(holding->first_day);
	last = lists_year_of(holding->last_day);
	lists->begin[counted_year(first)] += one;
	lists->end[counted_year(last)] += one;
	lists->spans[span_of(holding)] += one == 1 ? 1 : UINT64_MAX;
	if (first >= 0 && last < LISTS_YEARS) {
		lists->begin_within[first] += one;
		lists->end_within[last] += one;
	}
}

struct lists_years lists_years(const struct lists *lists)
{
	return (struct lists_years){lists->begin_within, lists->end_within};
}

/* Those that have begun by then, without those that had ended before. */
uint64_t lists_count_dated(const struct lists *lists, int64_t from_year, int64_t to_year)
{
	uint64_t count = 0;

	if (from_year > to_year)
		return 0;
	for (size_t i = 0; i <= counted_year(to_year); i++)
		count += lists->begin[i];
	for (size_t i = 0; i < counted_year(from_year); i++)
		count -= lists->end[i];
	return count;
}

/* ---- values --------------------------------------------------------------------------------------------------------------------------------- */

/* What parts joined values is in none; and they are not too many. */
static bool is_value(struct str value, unsigned i)
{
	return i < LISTS_VALUES_MAX && value.n > 0 && memchr(value.p, '\x1f', value.n) == NULL;
}

static int name_key(struct lists *lists, int kind, struct str text, bool make, int64_t *key, struct err *err)
{
	uint64_t records;
	int got = lists_find_name(lists, kind, text, key, &records, err);
	sqlite3_stmt *statement;

	if (got != 0 || !make)
		return got;
	statement = database_statement(&lists->database, NAME_NEW, err);
	if (statement == NULL)
		return -1;
	struct binding b = bind_to(statement);
	bind_number(&b, kind);
	bind_text(&b, text);
	if (database_done(&lists->database, &b, err) != 0)
		return -1;
	*key = sqlite3_last_insert_rowid(lists->database.db);
	return 1;
}

/* With one or two numbers, and no rows. */
static int run_with(struct lists *lists, int which, int64_t first, const int64_t *second, struct err *err)
{
	sqlite3_stmt *statement = database_statement(&lists->database, (size_t)which, err);
	struct binding b = bind_to(statement);

	if (statement == NULL)
		return -1;
	bind_number(&b, first);
	if (second != NULL)
		bind_number(&b, *second);
	return database_done(&lists->database, &b, err);
}

static int count_name(struct lists *lists, int64_t name, int64_t by, struct err *err)
{
	if (run_with(lists, NAME_COUNT, name, &by, err) != 0)
		return -1;
	/* A name that only closed records have is no name at all (P6). */
	return by > 0 ? 0 : run_with(lists, NAME_DROP, name, NULL, err);
}

static int put_values(struct lists *lists, int64_t record, struct str sort, int kind, const struct str *values, unsigned count,
	bool put, struct err *err)
{
	for (unsigned i = 0; i < count; i++) {
		sqlite3_stmt *statement;
		int64_t name;
		int got = is_value(values[i], i) ? name_key(lists, kind, values[i], put, &name, err) : 0;

		if (got < 0)
			return -1;
		if (got == 0)
			continue;
		statement = database_statement(&lists->database, put ? PUT_VALUE : DROP_VALUES, err);
		if (statement == NULL)
			return -1;
		struct binding b = bind_to(statement);
		bind_number(&b, name);
		bind_blob(&b, sort.p, sort.n);
		bind_number(&b, record);
		if (database_done(&lists->database, &b, err) != 0)
			return -1;
		if (sqlite3_changes(lists->database.db) > 0 && count_name(lists, name, put ? 1 : -1, err) != 0)
			return -1;
	}
	return 0;
}

static int put_all_values(
	struct lists *lists, int64_t record, struct str sort, const struct holding *holding, bool put, struct err *err)
{
	return put_values(lists, record, sort, LISTS_PEOPLE, holding->creators, holding->creator_count, put, err) != 0 ||
			       put_values(lists, record, sort, LISTS_PLACES, holding->places, holding->place_count, put, err) !=
				       0 ||
			       put_values(lists, record, sort, LISTS_LANGUAGES, holding->languages, holding->language_count, put,
				       err) != 0
		       ? -1
		       : 0;
}

static int put_relations(struct lists *lists, int64_t record, const struct holding *holding, struct err *err)
{
	for (unsigned i = 0; i < holding->relation_count; i++) {
		sqlite3_stmt *statement = database_statement(&lists->database, PUT_RELATION, err);
		struct binding b = bind_to(statement);

		if (statement == NULL)
			return -1;
		bind_text(&b, holding->relations[i].id);
		bind_number(&b, record);
		bind_number(&b, holding->relations[i].term);
		if (database_done(&lists->database, &b, err) != 0)
			return -1;
	}
	return 0;
}

/* ---- records -------------------------------------------------------------------------------------------------------------------------------- */

static void join(struct buf *joined, const struct str *values, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (!is_value(values[i], i))
			continue;
		if (joined->n > 0)
			buf_char(joined, '\x1f');
		buf_str(joined, values[i]);
	}
}

static int put_row(struct lists *lists, const struct holding *holding, struct str sort, bool again, struct err *err)
{
	sqlite3_stmt *statement = database_statement(&lists->database, again ? PUT_AGAIN : PUT_RECORD, err);
	struct str texts[] = {holding->part_of, holding->title, holding->title_language, holding->level, holding->reference_code,
		holding->date, holding->date_edtf};
	struct buf joined[3] = {BUF_INIT, BUF_INIT, BUF_INIT};
	struct binding b = bind_to(statement);
	int result;

	if (statement == NULL)
		return -1;
	bind_text(&b, holding->id);
	bind_number(&b, (int64_t)holding->version_index);
	bind_blob(&b, sort.p, sort.n);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		bind_text_or_null(&b, texts[i]);
	if (holding->first_day <= holding->last_day) {
		bind_number(&b, span_of(holding));
		bind_number(&b, holding->first_day);
		bind_number(&b, holding->last_day);
	} else {
		for (int i = 0; i < 3; i++)
			bind_null(&b);
	}
	join(&joined[0], holding->creators, holding->creator_count);
	join(&joined[1], holding->places, holding->place_count);
	join(&joined[2], holding->languages, holding->language_count);
	for (size_t i = 0; i < 3; i++)
		bind_text_or_null(&b, buf_view(&joined[i]));
	bind_number(&b, (int64_t)holding->files);
	bind_number(&b, holding->pictures);
	if (!again)
		bind_number(&b, ++lists->last_key);
	result = database_done(&lists->database, &b, err);
	for (size_t i = 0; i < 3; i++)
		buf_release(&joined[i]);
	return result;
}

/* What is part of it stands on its own as long as it is not here. */
static int set_top(struct lists *lists, struct str id, bool top, struct err *err)
{
	sqlite3_stmt *statement = database_statement(&lists->database, TOP_PARTS, err);
	struct binding b = bind_to(statement);

	if (statement == NULL)
		return -1;
	bind_text(&b, id);
	bind_number(&b, top);
	return database_done(&lists->database, &b, err);
}

/* The row as it stands, and what is kept beside it. 1, 0 absent, -1. */
static int take_out(struct lists *lists, struct str id, int64_t *key, struct err *err)
{
	sqlite3_stmt *statement = database_statement(&lists->database, FIND_RECORD, err);
	struct binding b = bind_to(statement);
	const struct holding *holding = NULL;
	struct arena arena = ARENA_INIT;
	struct buf sort = BUF_INIT;
	int result;

	if (statement == NULL)
		return -1;
	bind_text(&b, id);
	result = database_step(&lists->database, &b, err);
	if (result == 1) {
		holding = lists_row(statement, &arena);
		*key = sqlite3_column_int64(statement, 0);
		buf_add(&sort, sqlite3_column_blob(statement, ROW_COLUMN_COUNT),
			(size_t)sqlite3_column_bytes(statement, ROW_COLUMN_COUNT));
		sqlite3_reset(statement);
	}
	if (holding != NULL) {
		count_years(lists, holding, UINT32_MAX);
		if (put_all_values(lists, *key, buf_view(&sort), holding, false, err) != 0 ||
			run_with(lists, DROP_RELATIONS, *key, NULL, err) != 0)
			result = -1;
	}
	buf_release(&sort);
	arena_release(&arena);
	return result;
}

int lists_put(struct lists *lists, const struct holding *holding, struct err *err)
{
	struct buf sort = BUF_INIT;
	int64_t key = 0;
	int there = take_out(lists, holding->id, &key, err), result = -1;

	lists_sort_key(&sort, holding->reference_code);
	if (there < 0 || put_row(lists, holding, buf_view(&sort), there == 1, err) != 0)
		goto out;
	if (there == 0) {
		key = lists->last_key;
		lists->count++;
		if (set_top(lists, holding->id, false, err) != 0)
			goto out;
	}
	count_years(lists, holding, 1);
	if (put_all_values(lists, key, buf_view(&sort), holding, true, err) == 0 && put_relations(lists, key, holding, err) == 0)
		result = 0;
out:
	buf_release(&sort);
	return result;
}

int lists_remove(struct lists *lists, struct str id, struct err *err)
{
	int64_t key = 0;
	int there = take_out(lists, id, &key, err);

	if (there <= 0)
		return there;
	lists->count--;
	return run_with(lists, DROP_RECORD, key, NULL, err) == 0 && set_top(lists, id, true, err) == 0 ? 0 : -1;
}

uint64_t lists_count(const struct lists *lists)
{
	return lists->count;
}
