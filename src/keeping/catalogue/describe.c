/* What the newest version says of its record, as the catalogue finds it again: words, date ranges, languages, sort key. */
#include "internal.h"

#include <string.h>

/* Appends a value of a repeated term; what goes beyond TEXT_MAX is cut between characters. */
static void add_value(struct buf *out, struct str value)
{
	size_t room = out->n < TEXT_MAX ? TEXT_MAX - out->n : 0, n = value.n < room ? value.n : room;

	if (room == 0 || n == 0)
		return;
	while (n < value.n && n > 0 && ((unsigned char)value.p[n] & 0xc0) == 0x80)
		n--;
	if (out->n != 0)
		buf_char(out, UNIT_SEPARATOR);
	for (size_t i = 0; i < n; i++)
		buf_char(out, value.p[i] == UNIT_SEPARATOR || value.p[i] == '\0' ? ' ' : value.p[i]);
}

/* Numbers by value: a run of digits becomes its length as a letter, then the digits without leading zeroes. Runs above 26 digits are
 * cut in pieces; equal keys are told apart by the id. */
static void sort_key(struct buf *out, struct str code)
{
	for (size_t i = 0; i < code.n;) {
		size_t first = i, end;
		if (code.p[i] < '0' || code.p[i] > '9') {
			buf_char(out, code.p[i++]);
			continue;
		}
		while (first + 1 < code.n && code.p[first] == '0' && code.p[first + 1] >= '0' && code.p[first + 1] <= '9')
			first++;
		for (end = first; end < code.n && end - first < 26 && code.p[end] >= '0' && code.p[end] <= '9'; end++)
			;
		/* '0' keeps numbers where digits sort among other characters. */
		buf_char(out, '0');
		buf_char(out, (char)('a' + (end - first) - 1));
		buf_add(out, code.p + first, end - first);
		i = end;
	}
}

int describe(struct description *d, const struct catalogue_version *v, struct err *err)
{
	buf_clear(&d->title);
	buf_clear(&d->creator);
	buf_clear(&d->date);
	buf_clear(&d->language);
	buf_clear(&d->sort);
	for (size_t i = 0; i < v->value_count; i++) {
		struct str term = v->values[i].term;
		if (str_equal(term, STR("title")))
			add_value(&d->title, v->values[i].value);
		else if (str_equal(term, STR("creator")))
			add_value(&d->creator, v->values[i].value);
		else if (str_equal(term, STR("date")))
			add_value(&d->date, v->values[i].value);
	}
	/* After the titles: the first value is the one that is shown. */
	for (size_t i = 0; i < v->value_count; i++)
		if (str_equal(v->values[i].term, STR("alternative")))
			add_value(&d->title, v->values[i].value);
	for (size_t i = 0; i < v->language_count; i++)
		add_value(&d->language, v->languages[i]);
	sort_key(&d->sort, v->reference_code);
	if (buf_check(&d->title, "the title", err) != 0 || buf_check(&d->creator, "the creator", err) != 0 ||
		buf_check(&d->date, "the date", err) != 0 || buf_check(&d->language, "the language", err) != 0)
		return -1;
	return buf_check(&d->sort, "the reference code", err);
}

void description_release(struct description *d)
{
	buf_release(&d->title);
	buf_release(&d->creator);
	buf_release(&d->date);
	buf_release(&d->language);
	buf_release(&d->sort);
}

int range_class(int64_t first, int64_t last)
{
	uint64_t length = (uint64_t)last - (uint64_t)first;

	return length == 0 ? 0 : 64 - __builtin_clzll(length);
}

static int change_words(
	struct catalogue *c, enum statement_id id, int64_t key, struct str title, struct str creator, struct err *err)
{
	sqlite3_stmt *statement;

	if (title.n == 0 && creator.n == 0)
		return 0;
	if ((statement = database_statement(&c->database, id, err)) == NULL)
		return -1;
	struct binding b = bind_to(statement);
	bind_number(&b, key);
	bind_text(&b, title);
	bind_text(&b, creator);
	return database_done(&c->database, &b, err);
}

/* Tags are compared without case (BCP 47 section 2.1.1). */
static int change_languages(struct catalogue *c, enum statement_id id, int64_t key, struct str languages, struct err *err)
{
	sqlite3_stmt *statement;
	struct buf tag = BUF_INIT;
	struct str rest = languages, one;
	int result = -1;

	if (languages.n == 0)
		return 0;
	if ((statement = database_statement(&c->database, id, err)) == NULL)
		return -1;
	while (str_take_until(&rest, UNIT_SEPARATOR, &one)) {
		buf_clear(&tag);
		for (size_t i = 0; i < one.n; i++)
			buf_char(&tag, one.p[i] >= 'A' && one.p[i] <= 'Z' ? (char)(one.p[i] + 32) : one.p[i]);
		struct binding b = bind_to(statement);
		bind_text(&b, buf_view(&tag));
		bind_number(&b, key);
		if (buf_check(&tag, "a language", err) != 0 || database_done(&c->database, &b, err) != 0)
			goto out;
	}
	result = 0;
out:
	sqlite3_clear_bindings(statement);
	buf_release(&tag);
	return result;
}

int describe_insert(struct catalogue *c, int64_t key, const struct catalogue_version *v, struct err *err)
{
	if (change_words(c, STATEMENT_WORDS_INSERT, key, buf_view(&c->description.title), buf_view(&c->description.creator), err) !=
			0 ||
		change_languages(c, STATEMENT_LANGUAGE_INSERT, key, buf_view(&c->description.language), err) != 0)
		return -1;
	for (size_t i = 0; i < v->date_count; i++)
		if (pending_range(c, key, v->dates[i].first, v->dates[i].last, err) != 0)
			return -1;
	return 0;
}

static int delete_ranges(struct catalogue *c, int64_t key, struct str ranges, struct err *err)
{
	sqlite3_stmt *statement = database_statement(&c->database, STATEMENT_RANGE_DELETE, err);

	if (statement == NULL || pending_flush(c, err) != 0)
		return -1;
	for (size_t i = 0; i + 16 <= ranges.n; i += 16) {
		int64_t first = (int64_t)be64_get(ranges.p + i), last = (int64_t)be64_get(ranges.p + i + 8);
		struct binding b = bind_to(statement);
		bind_number(&b, range_class(first, last));
		bind_number(&b, first);
		bind_number(&b, last);
		bind_number(&b, key);
		if (database_done(&c->database, &b, err) != 0)
			return -1;
	}
	return 0;
}

int describe_delete(struct catalogue *c, int64_t key, struct str title, struct str creator, struct str language, struct str ranges,
	struct err *err)
{
	if (change_words(c, STATEMENT_WORDS_DELETE, key, title, creator, err) != 0 ||
		change_languages(c, STATEMENT_LANGUAGE_DELETE, key, language, err) != 0)
		return -1;
	return ranges.n != 0 ? delete_ranges(c, key, ranges, err) : 0;
}
