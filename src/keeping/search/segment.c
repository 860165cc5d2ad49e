/* Segments: what was fed at one time, sorted by term, in the table `posting`. Keys only grow, so that the segments' ranges of keys follow one another and lists are
 * merged by being put behind one another. What is taken out stays in its lists, and is passed over by `gone`, until it is swept. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

#define MERGED_AT 12u     /* so many of a size become one */
#define SIZE_FIRST 65536u /* bytes of the first size; each further one is eight times as large */
#define SWEPT_AT 4096u    /* records that are gone, and an eighth of those that are there */

/* ---- rows --------------------------------------------------------------------------------------------------------------------------- */

struct writer {
	struct search *s;
	int64_t segment;
	enum list_kind kind;
	struct buf term, bytes, piece;
	int64_t first, last; /* of what is not written yet */
	int64_t count;
	int64_t least, most, written; /* of the whole segment */
};

static void writer_begin(struct writer *w, struct search *s, int64_t segment)
{
	*w = (struct writer){.s = s, .segment = segment, .least = INT64_MAX, .most = -1};
}

static void writer_release(struct writer *w)
{
	buf_release(&w->term);
	buf_release(&w->bytes);
	buf_release(&w->piece);
}

static int write_row(struct writer *w, struct err *err)
{
	sqlite3_stmt *statement;
	struct binding b;

	if (w->count == 0)
		return 0;
	statement = database_statement(&w->s->database, STATEMENT_POSTING_INSERT, err);
	if (statement == NULL || buf_check(&w->bytes, "a list of the index", err) != 0)
		return -1;
	b = bind_to(statement);
	bind_number(&b, w->segment);
	bind_blob(&b, w->term.p, w->term.n);
	bind_number(&b, w->first);
	bind_number(&b, w->last);
	bind_number(&b, w->count);
	bind_blob(&b, w->bytes.p, w->bytes.n);
	if (database_done(&w->s->database, &b, err) != 0)
		return -1;
	w->least = w->first < w->least ? w->first : w->least;
	w->most = w->last > w->most ? w->last : w->most;
	w->written += (int64_t)(w->bytes.n + w->term.n) + 16;
	w->count = 0;
	buf_clear(&w->bytes);
	return 0;
}

static int writer_term(struct writer *w, struct str term, struct err *err)
{
	if (str_equal(buf_view(&w->term), term))
		return 0;
	if (write_row(w, err) != 0)
		return -1;
	buf_clear(&w->term);
	buf_str(&w->term, term);
	w->kind = (enum list_kind)term.p[0];
	return 0;
}

static int write_posting(struct writer *w, const struct posting *posting, struct err *err)
{
	int64_t key = posting_key(posting->record, posting->passage);

	if (w->count == 0)
		w->first = key;
	posting_put(w->kind, &w->bytes, w->count == 0 ? posting->record : posting_record(w->last), posting);
	w->last = key;
	w->count++;
	return w->bytes.n >= LIST_ROW ? write_row(w, err) : 0;
}

/* Postings that follow those before; their first is counted from `first`. */
static int writer_add(struct writer *w, int64_t first, int64_t last, int64_t count, struct str bytes, struct err *err)
{
	struct posting posting = {.record = posting_record(first)};

	if (w->count > 0 && w->bytes.n + bytes.n > LIST_ROW && write_row(w, err) != 0)
		return -1;
	if (bytes.n > LIST_ROW + LIST_ROW / 4) {
		while (bytes.n > 0) {
			if (!posting_next(w->kind, &bytes, &posting))
				return database_damage(&w->s->database, NULL, err);
			if (write_posting(w, &posting, err) != 0)
				return -1;
		}
		return 0;
	}
	if (w->count == 0) {
		w->first = first;
		buf_str(&w->bytes, bytes);
	} else {
		if (!posting_next(w->kind, &bytes, &posting))
			return database_damage(&w->s->database, NULL, err);
		posting_put(w->kind, &w->bytes, posting_record(w->last), &posting);
		buf_str(&w->bytes, bytes);
	}
	w->last = last;
	w->count += count;
	return 0;
}

static int writer_end(struct writer *w, struct err *err)
{
	sqlite3_stmt *statement;
	struct binding b;

	if (write_row(w, err) != 0)
		return -1;
	if (w->most < 0)
		return 0;
	statement = database_statement(&w->s->database, STATEMENT_SEGMENT_INSERT, err);
	if (statement == NULL)
		return -1;
	b = bind_to(statement);
	bind_number(&b, w->segment);
	bind_number(&b, w->least);
	bind_number(&b, w->most);
	bind_number(&b, w->written);
	return database_done(&w->s->database, &b, err);
}

/* ---- what is known of the segments ---------------------------------------------------------------------------------------------------- */

int segments_know(struct search *s, struct err *err)
{
	sqlite3_stmt *statement = database_statement(&s->database, STATEMENT_SEGMENTS, err);
	struct binding b = bind_to(statement);
	int got;

	buf_clear(&s->segments);
	buf_clear(&s->gone);
	if (statement == NULL)
		return -1;
	while ((got = database_step(&s->database, &b, err)) == 1) {
		struct segment segment = {.number = sqlite3_column_int64(statement, 0),
			.first = sqlite3_column_int64(statement, 1),
			.last = sqlite3_column_int64(statement, 2),
			.bytes = sqlite3_column_int64(statement, 3)};

		buf_add(&s->segments, &segment, sizeof(segment));
	}
	statement = got == 0 ? database_statement(&s->database, STATEMENT_GONE, err) : NULL;
	if (statement == NULL)
		return -1;
	b = bind_to(statement);
	while ((got = database_step(&s->database, &b, err)) == 1) {
		uint32_t record = (uint32_t)sqlite3_column_int64(statement, 0);

		buf_add(&s->gone, &record, sizeof(record));
	}
	return got < 0 || buf_check(&s->segments, "the index", err) != 0 || buf_check(&s->gone, "the index", err) != 0 ? -1 : 0;
}

size_t segment_count(const struct search *s)
{
	return s->segments.n / sizeof(struct segment);
}

const struct segment *segment_at(const struct search *s, size_t i)
{
	return (const struct segment *)(const void *)s->segments.p + i;
}

/* The first of the records that are gone which is not below. */
static size_t gone_from(const struct search *s, uint32_t record)
{
	const uint32_t *gone = (const uint32_t *)(const void *)s->gone.p;
	size_t low = 0, high = s->gone.n / sizeof(*gone);

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (gone[middle] < record)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool gone_between(const struct search *s, uint32_t first, uint32_t last)
{
	size_t at = s->gone.n > 0 ? gone_from(s, first) : 0;

	return at < s->gone.n / sizeof(uint32_t) && ((const uint32_t *)(const void *)s->gone.p)[at] <= last;
}

bool segment_gone(const struct search *s, uint32_t record)
{
	return s->gone.n > 0 && gone_between(s, record, record);
}

/* ---- from memory ------------------------------------------------------------------------------------------------------------------------ */

struct sorted {
	uint64_t beginning; /* eight bytes, the first the highest */
	const struct term *term;
};

static int by_text(const void *a, const void *b)
{
	const struct sorted *first = a, *second = b;

	if (first->beginning != second->beginning)
		return first->beginning < second->beginning ? -1 : 1;
	return str_compare(first->term->text, second->term->text);
}

static uint64_t beginning_of(struct str text)
{
	unsigned char bytes[8] = {0};

	if (text.n > 0)
		memcpy(bytes, text.p, text.n < 8 ? text.n : 8);
	return be64_get(bytes);
}

static int write_list(struct writer *w, enum list_kind kind, const struct term *term, struct err *err)
{
	const struct list *list = kind == LIST_FORMS ? &term->forms : &term->stems;
	char name[WORD_MAX * 4];

	if (list->count == 0)
		return 0;
	name[0] = (char)kind;
	if (term->text.n >= sizeof(name))
		return 0; /* a field's: words are shorter */
	memcpy(name + 1, term->text.p, term->text.n);
	buf_clear(&w->piece);
	list_bytes(list, &w->piece);
	if (writer_term(w, (struct str){name, term->text.n + 1}, err) != 0 || buf_check(&w->piece, "a list of the index", err) != 0)
		return -1;
	return writer_add(
		w, list->first_key, posting_key(list->last_record, list->last_passage), list->count, buf_view(&w->piece), err);
}

int segment_flush(struct search *s, struct err *err)
{
	struct lexicon *lexicon = &s->lexicon;
	struct sorted *sorted = mem_array(lexicon->term_count + 1, sizeof(*sorted));
	struct writer w;
	size_t count = 0;
	int result = -1;

	writer_begin(&w, s, s->next_segment);
	for (uint32_t i = 0; i < lexicon->term_count; i++) {
		struct term *term = &lexicon->terms[i];

		list_close(&s->postings, &term->forms);
		if (term->forms.count > 0 || term->stems.count > 0)
			sorted[count++] = (struct sorted){beginning_of(term->text), term};
	}
	if (count > 1)
		qsort(sorted, count, sizeof(*sorted), by_text);
	for (size_t i = 0; i < count; i++)
		if (write_list(&w, LIST_FORMS, sorted[i].term, err) != 0)
			goto out;
	for (size_t i = 0; i < count; i++)
		if (write_list(&w, LIST_STEMS, sorted[i].term, err) != 0)
			goto out;
	result = writer_end(&w, err);
	s->next_segment++;
	segment_forget(s);
out:
	writer_release(&w);
	free(sorted);
	return result;
}

void segment_forget(struct search *s)
{
	for (uint32_t i = 0; i < s->lexicon.term_count; i++)
		s->lexicon.terms[i].forms = s->lexicon.terms[i].stems = (struct list){.first = NULL};
	arena_release(&s->postings);
}

/* ---- merging ------------------------------------------------------------------------------------------------------------------------------ */

struct source {
	sqlite3_stmt *statement;
	struct binding binding;
	struct str term;
	bool there;
};

static int advance(struct search *s, struct source *source, struct err *err)
{
	int got = database_step(&s->database, &source->binding, err);

	source->there = got == 1;
	if (got == 1)
		source->term = column_text(source->statement, 0);
	if (got == 1 && source->term.n == 0)
		return database_damage(&s->database, NULL, err);
	return got < 0 ? -1 : 0;
}

static int drop_segment(struct search *s, int64_t number, struct err *err)
{
	static const enum statement_id ids[] = {STATEMENT_POSTING_DROP, STATEMENT_SEGMENT_DROP};

	for (size_t i = 0; i < 2; i++) {
		sqlite3_stmt *statement = database_statement(&s->database, ids[i], err);
		struct binding b = bind_to(statement);

		if (statement == NULL)
			return -1;
		bind_number(&b, number);
		if (database_done(&s->database, &b, err) != 0)
			return -1;
	}
	return 0;
}

/* Whose term is the least, and of equals the oldest. */
static struct source *least_of(struct source *sources, size_t count)
{
	struct source *least = NULL;

	for (size_t i = 0; i < count; i++)
		if (sources[i].there && (least == NULL || str_compare(sources[i].term, least->term) < 0))
			least = &sources[i];
	return least;
}

/* The segments from `from` to the last become one. */
static int merge(struct search *s, size_t from, struct err *err)
{
	size_t count = segment_count(s) - from;
	struct source *sources = mem_array(count, sizeof(*sources)), *least;
	struct writer w;
	int result = -1;

	writer_begin(&w, s, s->next_segment++);
	for (size_t i = 0; i < count; i++) {
		sources[i].statement = database_make(&s->database,
			"SELECT term, first, last, count, list FROM posting WHERE segment = ?1 ORDER BY term, first", err);
		if (sources[i].statement == NULL)
			goto out;
		sources[i].binding = bind_to(sources[i].statement);
		bind_number(&sources[i].binding, segment_at(s, from + i)->number);
		if (advance(s, &sources[i], err) != 0)
			goto out;
	}
	while ((least = least_of(sources, count)) != NULL)
		if (writer_term(&w, least->term, err) != 0 ||
			writer_add(&w, sqlite3_column_int64(least->statement, 1), sqlite3_column_int64(least->statement, 2),
				sqlite3_column_int64(least->statement, 3), column_text(least->statement, 4), err) != 0 ||
			advance(s, least, err) != 0)
			goto out;
	result = writer_end(&w, err);
	for (size_t i = 0; i < count && result == 0; i++)
		result = drop_segment(s, segment_at(s, from + i)->number, err);
out:
	for (size_t i = 0; i < count; i++)
		sqlite3_finalize(sources[i].statement);
	writer_release(&w);
	free(sources);
	return result != 0 ? -1 : segments_know(s, err);
}

static unsigned size_of(const struct segment *segment)
{
	unsigned size = 0;

	for (int64_t bytes = segment->bytes; bytes > SIZE_FIRST; bytes /= 8)
		size++;
	return size;
}

int segments_settle(struct search *s, struct err *err)
{
	if (segments_know(s, err) != 0)
		return -1;
	for (unsigned size = 0; size < 16; size++) {
		size_t from = segment_count(s);

		while (from > 0 && size_of(segment_at(s, from - 1)) <= size)
			from--;
		if (segment_count(s) - from >= MERGED_AT && merge(s, from, err) != 0)
			return -1;
	}
	return 0;
}

/* ---- sweeping out what is gone ---------------------------------------------------------------------------------------------------------------- */

/* The row's postings without those of records that are gone; *count of them are left. */
static int filter_row(struct search *s, enum list_kind kind, int64_t first, struct str bytes, struct buf *out, int64_t *last,
	int64_t *count, struct err *err)
{
	struct posting posting = {.record = posting_record(first)};
	uint32_t before = posting.record;

	buf_clear(out);
	*count = 0;
	while (bytes.n > 0) {
		if (!posting_next(kind, &bytes, &posting))
			return database_damage(&s->database, NULL, err);
		if (segment_gone(s, posting.record))
			continue;
		posting_put(kind, out, before, &posting);
		before = posting.record;
		*last = posting_key(posting.record, posting.passage);
		++*count;
	}
	return buf_check(out, "a list of the index", err);
}

static int change_row(struct search *s, int64_t segment, struct str term, int64_t first, int64_t last, int64_t count,
	const struct buf *list, struct err *err)
{
	sqlite3_stmt *statement =
		database_statement(&s->database, count > 0 ? STATEMENT_POSTING_CHANGE : STATEMENT_POSTING_DELETE, err);
	struct binding b = bind_to(statement);

	if (statement == NULL)
		return -1;
	bind_number(&b, segment);
	bind_blob(&b, term.p, term.n);
	bind_number(&b, first);
	if (count > 0) {
		bind_number(&b, last);
		bind_number(&b, count);
		bind_blob(&b, list->p, list->n);
	}
	return database_done(&s->database, &b, err);
}

/* Rows are found one after the other by their key: none is read while it is changed. */
static int sweep_segment(struct search *s, int64_t segment, struct err *err)
{
	struct buf term = BUF_INIT, list = BUF_INIT;
	int64_t first = -1, last = 0, count = 0;
	int result = -1, got;

	for (;;) {
		sqlite3_stmt *statement = database_statement(&s->database, STATEMENT_POSTING_BEHIND, err);
		struct binding b = bind_to(statement);
		bool touched = false;

		if (statement == NULL)
			goto out;
		bind_number(&b, segment);
		bind_blob(&b, term.p, term.n);
		bind_number(&b, first);
		while (!touched && (got = database_step(&s->database, &b, err)) == 1) {
			struct str name = column_text(statement, 0);

			first = sqlite3_column_int64(statement, 1);
			last = sqlite3_column_int64(statement, 2);
			touched = name.n > 0 && gone_between(s, posting_record(first), posting_record(last));
			if (!touched)
				continue;
			buf_clear(&term);
			buf_str(&term, name);
			if (filter_row(s, (enum list_kind)term.p[0], first, column_text(statement, 4), &list, &last, &count, err) !=
				0) {
				sqlite3_reset(statement);
				goto out;
			}
		}
		if (got < 0)
			goto out;
		if (!touched)
			break;
		sqlite3_reset(statement);
		if (change_row(s, segment, buf_view(&term), first, last, count, &list, err) != 0)
			goto out;
	}
	result = 0;
out:
	buf_release(&term);
	buf_release(&list);
	return result;
}

int segments_sweep(struct search *s, struct err *err)
{
	sqlite3_stmt *statement;
	struct binding b;

	if (segments_know(s, err) != 0)
		return -1;
	if (s->gone.n == 0)
		return 0;
	for (size_t i = 0; i < segment_count(s); i++) {
		const struct segment *segment = segment_at(s, i);

		if (gone_between(s, posting_record(segment->first), posting_record(segment->last)) &&
			sweep_segment(s, segment->number, err) != 0)
			return -1;
	}
	statement = database_statement(&s->database, STATEMENT_GONE_CLEAR, err);
	b = bind_to(statement);
	return statement == NULL || database_done(&s->database, &b, err) != 0 ? -1 : segments_know(s, err);
}

int segments_tidy(struct search *s, struct err *err)
{
	size_t gone;

	if (segments_settle(s, err) != 0)
		return -1;
	gone = s->gone.n / sizeof(uint32_t);
	return gone > SWEPT_AT && (int64_t)gone > s->records / 8 ? segments_sweep(s, err) : 0;
}
