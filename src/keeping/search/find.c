/* Asking: records found, shown, counted; facets; what was perhaps meant. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

#define LIMIT_USUAL 10u
#define LIMIT_MOST 100u
#define CHECKED_MOST 30u   /* so few records are each checked before they are counted (P6) */
#define OFFSET_MOST 10000u /* however far somebody leafs */
#define FACETED_MOST 2000u
#define FACETS_SHOWN 12u
#define FACET_VALUES_MOST 4096u
#define SUGGEST_BELOW 3u

/* ---- a record's row ------------------------------------------------------------------------------------------------------------------------- */

struct row {
	struct buf id, title, facets;
	int64_t first_day, last_day;
};

static void row_release(struct row *row)
{
	buf_release(&row->id);
	buf_release(&row->title);
	buf_release(&row->facets);
}

static int read_row(struct search *s, uint32_t record, struct row *row, struct err *err)
{
	sqlite3_stmt *statement = database_statement(&s->database, STATEMENT_RECORD_BY_KEY, err);
	struct binding b = bind_to(statement);
	int got;

	buf_clear(&row->id);
	buf_clear(&row->title);
	buf_clear(&row->facets);
	if (statement == NULL)
		return -1;
	bind_number(&b, record);
	got = database_step(&s->database, &b, err);
	if (got != 1)
		return got;
	buf_str(&row->id, column_text(statement, 0));
	row->first_day = sqlite3_column_int64(statement, 3);
	row->last_day = sqlite3_column_int64(statement, 4);
	buf_str(&row->title, column_text(statement, 5));
	buf_str(&row->facets, column_text(statement, 6));
	sqlite3_reset(statement);
	return 1;
}

/* ---- facets ------------------------------------------------------------------------------------------------------------------------------------ */

struct counted {
	char letter;
	struct str value;
	uint64_t count, record;
};
struct counting {
	struct arena arena;
	struct counted *of;
	size_t count;
	uint32_t slots[FACET_VALUES_MOST * 2];
	uint64_t record;
};
static const struct {
	char letter;
	const char *name;
} facet_names[] = {{'c', "creator"}, {'l', "language"}, {'y', "type"}, {'p', "place"}, {'C', "century"}, {'D', "decade"}};

static void count_value(struct counting *counting, char letter, struct str value)
{
	uint32_t slot = word_hash(value.p, value.n, (unsigned char)letter) % (FACET_VALUES_MOST * 2);
	struct counted *counted;

	for (; counting->slots[slot] != 0; slot = (slot + 1) % (FACET_VALUES_MOST * 2)) {
		counted = &counting->of[counting->slots[slot] - 1];
		if (counted->letter != letter || !str_equal(counted->value, value))
			continue;
		counted->count += counted->record != counting->record; /* once a record */
		counted->record = counting->record;
		return;
	}
	if (counting->count == FACET_VALUES_MOST)
		return;
	counting->of[counting->count] = (struct counted){
		.letter = letter, .value = arena_str(&counting->arena, value), .count = 1, .record = counting->record};
	counting->slots[slot] = (uint32_t)++counting->count;
}

/* Decades and centuries are given as a query takes them: 1910..1919. */
static void count_years(struct counting *counting, char letter, int64_t first, int64_t last, int64_t width)
{
	struct buf text = BUF_INIT;

	if (last - first > 20 * width || first < 0)
		return;
	for (int64_t from = first - first % width; from <= last; from += width) {
		buf_clear(&text);
		buf_printf(&text, "%04lld..%04lld", (long long)from, (long long)(from + width - 1));
		count_value(counting, letter, buf_view(&text));
	}
	buf_release(&text);
}

static void count_row(struct counting *counting, const struct row *row)
{
	struct str rest = buf_view(&row->facets), facet;

	counting->record++;
	while (rest.n > 0 && str_take_until(&rest, WORD_SEPARATOR, &facet))
		if (facet.n > 1)
			count_value(counting, facet.p[0], (struct str){facet.p + 1, facet.n - 1});
	if (row->first_day <= row->last_day && row->first_day > -1000000000 && row->last_day < 1000000000) {
		int64_t first = year_of_day(row->first_day), last = year_of_day(row->last_day);

		count_years(counting, 'D', first, last, 10);
		count_years(counting, 'C', first, last, 100);
	}
}

static int by_count(const void *a, const void *b)
{
	const struct counted *first = a, *second = b;

	if (first->count != second->count)
		return first->count < second->count ? 1 : -1;
	return str_compare(first->value, second->value);
}

static int tell_facets(struct counting *counting, struct search_request *request, struct err *err)
{
	if (counting->count > 1)
		qsort(counting->of, counting->count, sizeof(*counting->of), by_count);
	for (size_t i = 0; i < sizeof(facet_names) / sizeof(facet_names[0]); i++) {
		unsigned shown = 0;

		for (size_t k = 0; k < counting->count && shown < FACETS_SHOWN; k++) {
			struct search_facet facet = {.name = facet_names[i].name, .value = counting->of[k].value};
			int result;

			if (counting->of[k].letter != facet_names[i].letter)
				continue;
			facet.count = counting->of[k].count;
			result = request->facet(request->context, &facet, err);
			if (result != 0)
				return result;
			shown++;
		}
	}
	return 0;
}

static int find_facets(struct search *s, const struct finding *finding, struct search_request *request, struct err *err)
{
	struct counting *counting = mem_alloc(sizeof(*counting));
	struct row row = {.id = BUF_INIT};
	int result = 0, got = 1;

	counting->of = mem_array(FACET_VALUES_MOST, sizeof(*counting->of));
	for (size_t i = 0; i < finding->count && i < FACETED_MOST && got >= 0; i++) {
		got = read_row(s, finding->of[i].record, &row, err);
		if (got == 1)
			count_row(counting, &row);
	}
	result = got < 0 ? -1 : tell_facets(counting, request, err);
	row_release(&row);
	arena_release(&counting->arena);
	free(counting->of);
	free(counting);
	return result;
}

/* ---- hits ---------------------------------------------------------------------------------------------------------------------------------------- */

static struct str first_creator(const struct row *row)
{
	struct str rest = buf_view(&row->facets), facet;

	while (rest.n > 0 && str_take_until(&rest, WORD_SEPARATOR, &facet))
		if (facet.n > 1 && facet.p[0] == 'c')
			return (struct str){facet.p + 1, facet.n - 1};
	return STR("");
}

/* 1: it is to be shown, and *place is where; 0: not; -1. */
static int look_at_hit(struct search *s, const struct query *query, uint32_t record, struct search_request *request,
	struct row *row, struct place *place, struct err *err)
{
	int got = read_row(s, record, row, err);

	*place = (struct place){.found = false};
	if (got != 1)
		return got;
	if (request->admit != NULL && !request->admit(request->context, buf_view(&row->id), STR("")))
		return 0;
	if (find_place(s, query, record, buf_view(&row->id), request, place, err) != 0) {
		place_release(place);
		return -1;
	}
	if (place->found)
		return 1;
	place_release(place);
	return 0;
}

static int tell_hit(struct search_request *request, const struct row *row, const struct place *place, double score, struct err *err)
{
	const struct search_hit hit = {.id = buf_view(&row->id),
		.title = buf_view(&row->title),
		.path = buf_view(&place->path),
		.block = buf_view(&place->block),
		.creator = first_creator(row),
		.first_day = row->first_day,
		.last_day = row->last_day,
		.snippet = buf_view(&place->snippet),
		.score = score};

	return request->hit == NULL ? 0 : request->hit(request->context, &hit, err);
}

/* Takes out what may not be seen, where there is so little that a count would tell of it. */
static int check_few(
	struct search *s, const struct query *query, struct finding *finding, struct search_request *request, struct err *err)
{
	struct row row = {.id = BUF_INIT};
	struct place place;
	size_t kept = 0;
	int got = 0;

	if (request->admit == NULL || finding->total > CHECKED_MOST || finding->least)
		return 0;
	for (size_t i = 0; i < finding->count; i++) {
		got = look_at_hit(s, query, finding->of[i].record, request, &row, &place, err);
		if (got < 0)
			break;
		if (got == 1) {
			place_release(&place);
			finding->of[kept++] = finding->of[i];
		}
	}
	if (got >= 0)
		finding->count = finding->total = kept;
	row_release(&row);
	return got < 0 ? -1 : 0;
}

static int tell_hits(struct search *s, const struct query *query, const struct finding *finding, struct search_request *request,
	unsigned limit, struct err *err)
{
	struct row row = {.id = BUF_INIT};
	struct place place;
	unsigned shown = 0;
	int result = 0;

	for (size_t i = request->offset; i < finding->count && shown < limit && result == 0; i++) {
		int got = look_at_hit(s, query, finding->of[i].record, request, &row, &place, err);

		if (got < 0)
			result = -1;
		if (got != 1)
			continue;
		result = tell_hit(request, &row, &place, finding->of[i].score, err);
		place_release(&place);
		shown++;
	}
	row_release(&row);
	return result;
}

/* ---- what was perhaps meant ------------------------------------------------------------------------------------------------------------------------ */

/* The query with the nearest words of the index for those that it does not have. False: nothing to offer. */
static int suggest(struct search *s, const struct query *query, struct buf *out, bool *any, struct err *err)
{
	struct str text = buf_view(&query->text);
	struct buf near = BUF_INIT;
	size_t at = 0;
	int result = 0;

	*any = false;
	for (int i = 0; i < query->count && result == 0; i++) {
		const struct node *node = &query->nodes[i];
		struct str word = {node->words.p, node->words.n > 0 ? node->words.n - 1 : 0};
		uint64_t passages = 0;
		size_t from;

		if (node->kind != NODE_TERM || node->leaf < 0 || node->field || word.n == 0 || node->typed.p < text.p + at)
			continue;
		result = vocabulary_passages(s, word, &passages, err);
		if (result != 0 || passages > 0)
			continue;
		buf_clear(&near);
		result = vocabulary_near(s, word, &near, &passages, err);
		if (result != 0 || passages == 0)
			continue;
		from = (size_t)(node->typed.p - text.p);
		buf_add(out, text.p + at, from - at);
		buf_str(out, buf_view(&near));
		at = from + node->typed.n;
		*any = true;
	}
	if (*any)
		buf_add(out, text.p + at, text.n - at);
	buf_release(&near);
	return result;
}

static int find_suggestion(struct search *s, const struct query *query, uint32_t languages, uint64_t total,
	struct search_request *request, struct err *err)
{
	struct query *other = mem_alloc(sizeof(*other));
	struct finding finding = {.of = NULL};
	struct buf text = BUF_INIT;
	bool any = false;
	int result = suggest(s, query, &text, &any, err);

	if (result == 0 && any) {
		query_parse(other, buf_view(&text), languages, &s->lexicon.stemmers);
		s->lexicon.query++;
		if (other->root >= 0)
			result = find_records(s, other, LIMIT_USUAL, &finding, err);
		if (result == 0)
			result = check_few(s, other, &finding, request, err);
		if (result == 0 && finding.total > total)
			buf_str(&request->suggestion, buf_view(&text));
		free(finding.of);
		query_release(other);
	}
	buf_release(&text);
	free(other);
	return result;
}

static void say(const struct query *query, struct buf *said)
{
	if (query->plain)
		buf_printf(said, "All words were looked for as they stand: %s.", query->why);
	else if (query->cut)
		buf_printf(said, "Only the first %d words were looked for: a query has at most %u of them and %u bytes.",
			query->leaves, QUERY_LEAVES_MAX, QUERY_BYTES_MAX);
}

/* What was written since the handle looked last. */
static int know_segments(struct search *s, struct err *err)
{
	sqlite3_stmt *statement = database_statement(&s->database, STATEMENT_CHANGES, err);
	struct binding b = bind_to(statement);
	int64_t changes;

	if (statement == NULL || database_step(&s->database, &b, err) != 1)
		return -1;
	changes = sqlite3_column_int64(statement, 0);
	sqlite3_reset(statement);
	if (s->segments_known && changes == s->changes)
		return 0;
	s->languages_known = s->segments_known = false;
	statement = database_statement(&s->database, STATEMENT_COUNTS, err);
	b = bind_to(statement);
	if (statement == NULL || database_step(&s->database, &b, err) != 1)
		return -1;
	s->records = sqlite3_column_int64(statement, 1);
	sqlite3_reset(statement);
	if (segments_know(s, err) != 0)
		return -1;
	s->changes = changes;
	s->segments_known = true;
	return 0;
}

/* ---- asking ------------------------------------------------------------------------------------------------------------------------------------------ */

static int known_languages(struct search *s, struct str language, uint32_t *languages, struct err *err)
{
	unsigned own = stemmer_find(language);

	if (!s->languages_known && search_languages(s, err) != 0)
		return -1;
	*languages = s->languages | (own != 0 ? 1u << (own - 1) : 0);
	return 0;
}

static int find(struct search *s, struct search_request *request, struct query *query, struct err *err)
{
	unsigned limit = request->limit == 0 ? LIMIT_USUAL : request->limit < LIMIT_MOST ? request->limit : LIMIT_MOST;
	struct finding finding = {.of = NULL};
	uint32_t languages;
	size_t wanted;
	int result;

	s->rows_read = 0;
	s->cut_short = false;
	if (know_segments(s, err) != 0 || known_languages(s, request->language, &languages, err) != 0)
		return -1;
	if (lexicon_full(&s->lexicon))
		lexicon_clear(&s->lexicon);
	s->lexicon.query++;
	query_parse(query, request->query, languages, &s->lexicon.stemmers);
	if (query->root < 0)
		return err_set(err, ERR_USAGE, "there is nothing to look for in the query");
	say(query, &request->said);
	wanted = (request->offset < OFFSET_MOST ? (size_t)request->offset : 0) + limit;
	if (request->facets && wanted < FACETED_MOST)
		wanted = FACETED_MOST;
	if (find_records(s, query, wanted, &finding, err) != 0)
		return -1;
	result = check_few(s, query, &finding, request, err);
	request->total = finding.total;
	request->total_least = finding.least;
	if (result == 0)
		result = tell_hits(s, query, &finding, request, limit, err);
	if (result == 0 && request->facets && request->facet != NULL)
		result = find_facets(s, &finding, request, err);
	if (result == 0 && !finding.least && finding.total < SUGGEST_BELOW)
		result = find_suggestion(s, query, languages, finding.total, request, err);
	free(finding.of);
	return result;
}

int search_find(struct search *s, struct search_request *request, struct err *err)
{
	struct query *query;
	int result;

	request->suggestion = request->said = (struct buf)BUF_INIT;
	request->total = 0;
	request->total_least = false;
	if (s->feeding || s->database.db == NULL)
		return err_set(
			err, ERR_CONFLICT, "the search index %s is %s", s->database.path, s->feeding ? "being fed" : "not open");
	/* One state for all that follows. */
	if (database_run(&s->database, "BEGIN", err) != 0)
		return -1;
	query = mem_alloc(sizeof(*query));
	result = find(s, request, query, err);
	query_release(query);
	free(query);
	sqlite3_exec(s->database.db, "COMMIT", NULL, NULL, NULL);
	return result;
}
