/* The file without a name, its tables, its statements, a row. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

/* place: the key once more, for an index goes to a place by its own columns alone. parent: what it is part of, here or not; top: that is not here. sort: lists_sort_key. span: bits of last - first, so that one bounded stretch of `first` a
 * class holds all that can touch a given range. people, places, languages: parted by U+001F, to be shown; `value` is what is listed by. */
static const char *const tables[] = {
	"CREATE TABLE record(key INTEGER PRIMARY KEY, place INTEGER NOT NULL, id TEXT NOT NULL UNIQUE, newest INTEGER "
	"NOT NULL, sort BLOB NOT NULL, parent TEXT, top INTEGER NOT NULL, title TEXT, tongue TEXT, level TEXT, code "
	"TEXT, date TEXT, edtf TEXT, span INTEGER, first INTEGER, last INTEGER, people TEXT, places TEXT, languages "
	"TEXT, files INTEGER NOT NULL, pictures INTEGER NOT NULL) STRICT",
	"CREATE INDEX record_top ON record(sort, place) WHERE top = 1",
	"CREATE INDEX record_parent ON record(parent, sort, place) WHERE parent IS NOT NULL",
	"CREATE INDEX record_newest ON record(newest)",
	"CREATE INDEX record_span ON record(span, first, place, last) WHERE span IS NOT NULL",
	"CREATE TABLE name(key INTEGER PRIMARY KEY, kind INTEGER NOT NULL, text TEXT NOT NULL, records INTEGER NOT "
	"NULL, UNIQUE(kind, text)) STRICT",
	"CREATE TABLE value(name INTEGER NOT NULL, sort BLOB NOT NULL, record INTEGER NOT NULL, PRIMARY KEY(name, "
	"sort, record)) STRICT, WITHOUT ROWID",
	"CREATE TABLE relation(target TEXT NOT NULL, record INTEGER NOT NULL, term INTEGER NOT NULL, PRIMARY "
	"KEY(target, record)) STRICT, WITHOUT ROWID",
	"CREATE INDEX relation_record ON relation(record)",
};

static const char *const statements[STATEMENTS] = {
	[PUT_RECORD] = "INSERT INTO record(key, place, id, newest, sort, parent, top, title, tongue, level, code, date, edtf, "
		       "span, first, last, people,"
		       " places, languages, files, pictures) VALUES(?19, ?19, ?1, ?2, ?3, ?4, NOT EXISTS(SELECT 1 FROM record "
		       "WHERE id = ?4),"
		       " ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
	[PUT_AGAIN] = "UPDATE record SET newest = ?2, sort = ?3, parent = ?4, top = NOT EXISTS(SELECT 1 FROM record WHERE id = ?4),"
		      " title = ?5, tongue = ?6, level = ?7, code = ?8, date = ?9, edtf = ?10, span = ?11, first = ?12, last = ?13,"
		      " people = ?14, places = ?15, languages = ?16, files = ?17, pictures = ?18 WHERE id = ?1",
	[PUT_VALUE] = "INSERT OR IGNORE INTO value(name, sort, record) VALUES(?1, ?2, ?3)",
	[PUT_RELATION] = "INSERT OR IGNORE INTO relation(target, record, term) VALUES(?1, ?2, ?3)",
	[DROP_VALUES] = "DELETE FROM value WHERE name = ?1 AND sort = ?2 AND record = ?3",
	[DROP_RELATIONS] = "DELETE FROM relation WHERE record = ?1",
	[DROP_RECORD] = "DELETE FROM record WHERE key = ?1",
	[FIND_RECORD] = "SELECT " ROW_COLUMNS ", record.sort FROM record WHERE id = ?1",
	[FIND_NAME] = "SELECT key, records FROM name WHERE kind = ?1 AND text = ?2",
	[NAME_NEW] = "INSERT INTO name(kind, text, records) VALUES(?1, ?2, 0)",
	[NAME_COUNT] = "UPDATE name SET records = records + ?2 WHERE key = ?1",
	[NAME_DROP] = "DELETE FROM name WHERE key = ?1 AND records <= 0",
	[TOP_PARTS] = "UPDATE record SET top = ?2 WHERE parent = ?1",
	[COUNT_PARTS] = "SELECT count(*) FROM record WHERE parent = ?1",
	[NAMES_AFTER] = "SELECT text, records FROM name WHERE kind = ?1 AND text > ?2 ORDER BY text LIMIT ?3",
	[NAMES_BEFORE] = "SELECT text, records FROM name WHERE kind = ?1 AND text < ?2 ORDER BY text DESC LIMIT ?3",
	[RELATING] = "SELECT " ROW_COLUMNS ", relation.term FROM relation JOIN record ON record.key = relation.record"
		     " WHERE relation.target = ?1 ORDER BY relation.record LIMIT ?2",
	[RECORD_BY_KEY] = "SELECT " ROW_COLUMNS " FROM record WHERE key = ?1",
	[DATED_AFTER] =
		"SELECT first, place FROM record WHERE span = ?1 AND (first, place) > (?2, ?3) AND first <= ?4 AND last >= ?5"
		" ORDER BY first, place LIMIT ?6",
	[DATED_BEFORE] =
		"SELECT first, place FROM record WHERE span = ?1 AND (first, place) < (?2, ?3) AND first >= ?4 AND last >= ?5"
		" ORDER BY first DESC, place DESC LIMIT ?6",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
static const struct database_form form = {
	.name = "the lists of records",
	.remedy = "start the server again",
	.page_size = 4096,
	.cache_kib = 8192,
	.tables = tables,
	.table_count = COUNT(tables),
	.statements = statements,
	.statement_count = STATEMENTS,
};

int lists_open(struct lists **out, const char *path, struct err *err)
{
	struct lists *lists = mem_alloc(sizeof(*lists));

	*out = NULL;
	if (database_open_unnamed(&lists->database, &form, path, err) != 0) {
		free(lists);
		return -1;
	}
	*out = lists;
	return 0;
}

void lists_free(struct lists *lists)
{
	if (lists == NULL)
		return;
	for (size_t i = 0; i <= LISTS_RECENT; i++)
		for (size_t k = 0; k < 4; k++)
			sqlite3_finalize(lists->pieces[i][k / 2][k % 2]);
	database_close(&lists->database);
	free(lists);
}

int lists_begin(struct lists *lists, struct err *err)
{
	return database_run(&lists->database, "BEGIN", err);
}

int lists_commit(struct lists *lists, struct err *err)
{
	return database_run(&lists->database, "COMMIT", err);
}

int lists_find_name(struct lists *lists, int kind, struct str text, int64_t *key, uint64_t *records, struct err *err)
{
	sqlite3_stmt *statement = database_statement(&lists->database, FIND_NAME, err);
	struct binding b = bind_to(statement);
	int got;

	if (statement == NULL)
		return -1;
	bind_number(&b, kind);
	bind_text(&b, text);
	got = database_step(&lists->database, &b, err);
	if (got == 1) {
		*key = column_number(statement, 0);
		*records = column_u64(statement, 1);
		sqlite3_reset(statement);
	}
	return got;
}

/* ---- a row ------------------------------------------------------------------------------------------------------------------------------ */

static struct str *split(sqlite3_stmt *statement, int column, unsigned *count, struct arena *arena)
{
	struct str joined = column_text(statement, column), one;
	struct str *values;
	size_t most = 1;

	*count = 0;
	if (joined.n == 0)
		return NULL;
	joined = arena_str(arena, joined);
	for (size_t i = 0; i < joined.n; i++)
		most += joined.p[i] == '\x1f';
	values = arena_alloc(arena, most * sizeof(*values), sizeof(void *));
	while (*count < most && *count < LISTS_VALUES_MAX && joined.p != NULL) {
		(void)str_take_until(&joined, '\x1f', &one);
		values[(*count)++] = one;
	}
	return values;
}

const struct holding *lists_row(sqlite3_stmt *statement, struct arena *arena)
{
	struct holding *holding = arena_alloc(arena, sizeof(*holding), sizeof(void *));
	struct str *texts[] = {&holding->title, &holding->title_language, &holding->level, &holding->reference_code,
		&holding->part_of, &holding->date, &holding->date_edtf};

	memset(holding, 0, sizeof(*holding));
	holding->id = arena_str(arena, column_text(statement, 1));
	holding->version_index = (uint64_t)sqlite3_column_int64(statement, 2);
	for (int i = 0; i < 7; i++) {
		struct str text = column_text(statement, 3 + i);

		*texts[i] = text.n > 0 ? arena_str(arena, text) : STR("");
	}
	holding->first_day = INT64_MAX;
	holding->last_day = INT64_MIN;
	if (sqlite3_column_type(statement, 10) != SQLITE_NULL) {
		holding->first_day = sqlite3_column_int64(statement, 10);
		holding->last_day = sqlite3_column_int64(statement, 11);
	}
	holding->creators = split(statement, 12, &holding->creator_count, arena);
	holding->places = split(statement, 13, &holding->place_count, arena);
	holding->languages = split(statement, 14, &holding->language_count, arena);
	holding->files = (uint64_t)sqlite3_column_int64(statement, 15);
	holding->pictures = sqlite3_column_int(statement, 16) != 0;
	return holding;
}

const struct holding *lists_find(struct lists *lists, struct str id, struct arena *arena)
{
	sqlite3_stmt *statement = database_statement(&lists->database, FIND_RECORD, NULL);
	struct binding b = bind_to(statement);
	const struct holding *holding = NULL;

	if (statement == NULL)
		return NULL;
	bind_text(&b, id);
	if (database_step(&lists->database, &b, NULL) == 1)
		holding = lists_row(statement, arena);
	sqlite3_reset(statement);
	return holding;
}
