/* Records: making, fields, values of terms. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

struct record *record_new(void)
{
	return mem_alloc(sizeof(struct record));
}

void record_clear(struct record *record)
{
	arena_release(&record->arena);
	free(record->values);
	free(record->events);
	free(record->files);
	free(record->labels);
	*record = (struct record){.arena = ARENA_INIT};
}

void record_keep_events(struct record *record)
{
	record->version = 0;
	record->value_count = 0;
	record->label_count = 0;
	record->unknown = STR("");
	for (int i = 0; i < RECORD_FIELDS; i++)
		record->fields[i] = STR("");
	record_remove_files(record);
}

void record_free(struct record *record)
{
	if (!record)
		return;
	record_clear(record);
	free(record);
}

void record_swap(struct record *a, struct record *b)
{
	struct record t = *a;
	*a = *b;
	*b = t;
}

size_t record_memory(const struct record *record)
{
	return record->arena.used + record->arrays;
}

static int memory_full(struct err *err)
{
	return err_set(err, ERR_LIMIT, "the record takes more than %zu MiB; split it into several, arranged by isPartOf",
		RECORD_MEMORY_MAX >> 20);
}

int record_room(struct record *record, void **array, size_t *cap, size_t count, size_t size, struct err *err)
{
	if (count < *cap)
		return 0;
	size_t grown = *cap ? *cap * 2 : 8, more = (grown - *cap) * size;
	if (record_memory(record) + more > RECORD_MEMORY_MAX)
		return memory_full(err);
	*array = mem_grow(*array, grown, size);
	*cap = grown;
	record->arrays += more;
	return 0;
}

int record_keep(struct record *record, struct str *s, struct err *err)
{
	if (s->n == 0) {
		*s = STR("");
		return 0;
	}
	if (record_memory(record) + s->n > RECORD_MEMORY_MAX)
		return memory_full(err);
	*s = arena_str(&record->arena, *s);
	return 0;
}

/* ---- fields ---- */

const char *field_name(enum record_field field)
{
	static const char *const names[RECORD_FIELDS] = {"id", "level", "referenceCode", "isPartOf", "access", "originalName"};
	return names[field];
}

struct str record_field(const struct record *record, enum record_field field)
{
	return record->fields[field].p ? record->fields[field] : STR("");
}

static bool plain_word(struct str s)
{
	if (s.n == 0 || s.n > 64 || !ascii_alpha(s.p[0]))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_alpha(s.p[i]) && !ascii_digit(s.p[i]) && s.p[i] != ' ' && s.p[i] != '-')
			return false;
	return true;
}

/* A word of a vocabulary. */
int vocabulary_check(const struct record *record, const char *what, struct str word, const char *const *list, struct err *err)
{
	if (word_in(word, list) || (record->lenient && plain_word(word)))
		return 0;
	struct buf text = {.max = 2000};
	words_list(list, &text);
	const char *near = word_nearest(word, list);
	if (near)
		err_set(err, ERR_SYNTAX, "%s: “%.*s” is not known; did you mean %s?", what, STR_ARG(word), near);
	else if (text.n < 200)
		err_set(err, ERR_SYNTAX, "%s: “%.*s” is not known; it is %s", what, STR_ARG(word), text.p);
	else
		err_set(err, ERR_SYNTAX, "%s: “%.*s” is not known; photostat event --help lists the words", what, STR_ARG(word));
	buf_release(&text);
	return -1;
}

int field_check(const struct record *record, enum record_field field, struct str *value, struct buf *store, struct err *err)
{
	/* Original names are kept byte for byte, newlines and all. */
	if (field == RECORD_ORIGINAL_NAME) {
		if (value->n > RECORD_PATH_MAX)
			return err_set(
				err, ERR_LIMIT, "originalName has %zu bytes; at most %u are taken", value->n, RECORD_PATH_MAX);
		if (!utf8_valid(*value) || (value->n && memchr(value->p, '\0', value->n)))
			return err_set(err, ERR_SYNTAX, "originalName: “%.*s” is not UTF-8", STR_ARG(*value));
		return 0;
	}
	if (text_clean(value, store, field_name(field), err) < 0)
		return -1;
	if (value->n == 0)
		return 0;
	if (memchr(value->p, '\n', value->n))
		return err_set(
			err, ERR_SYNTAX, "%s: “%.*s” goes over several lines; one is taken", field_name(field), STR_ARG(*value));
	if (field == RECORD_LEVEL) {
		*value = level_canonical(*value);
		return vocabulary_check(record, "level", *value, level_names, err);
	}
	if (field == RECORD_ACCESS) {
		enum record_access access;
		return record_access_parse(*value, &access, NULL, err);
	}
	return 0;
}

int record_set_field(struct record *record, enum record_field field, struct str value, struct err *err)
{
	struct buf store = BUF_INIT;
	int result = field_check(record, field, &value, &store, err);
	if (result == 0)
		result = record_keep(record, &value, err);
	if (result == 0)
		record->fields[field] = value;
	buf_release(&store);
	return result;
}

uint32_t record_version(const struct record *record)
{
	return record->version;
}

void record_set_version(struct record *record, uint32_t version)
{
	record->version = version;
}

struct str record_unknown(const struct record *record)
{
	return record->unknown.p ? record->unknown : STR("");
}

/* ---- values ---- */

size_t record_value_count(const struct record *record)
{
	return record->value_count;
}

void record_value(const struct record *record, size_t i, struct record_value *out)
{
	*out = record->values[i];
}

static int language_into(struct str *tag, struct buf *store, const char *what, struct err *err)
{
	size_t at = store->n;
	if (language_canonical(*tag, store, err) < 0)
		return err_note(err, "%s", what);
	*tag = (struct str){store->p + at, store->n - at};
	return 0;
}

static int date_check(struct record_value *value, const char *name, struct buf *store, struct err *err)
{
	struct edtf date;
	char what[64] = "";
	if (value->language.n)
		return err_set(
			err, ERR_SYNTAX, "%s: a date has no language; write what the document says into %s.written", name, name);
	struct buf label = BUF_INIT;
	buf_printf(&label, "%s.written", name);
	memcpy(what, label.p, label.n < sizeof(what) ? label.n : sizeof(what) - 1);
	buf_release(&label);
	if (text_clean(&value->written, store, what, err) < 0)
		return -1;
	if (value->value.n == 0 && value->written.n)
		return 0;
	if (edtf_parse(value->value, &date, err) < 0)
		return err_note(err, "%s", name);
	return 0;
}

int value_check(const struct record *record, struct record_value *value, struct buf *store, struct err *err)
{
	const char *name = dc_term_name(value->term);
	(void)record;
	/* Three strings of one value may each need a place: none may move when the next is put there. */
	if (!buf_reserve(store, 2 * (value->value.n + value->written.n) + value->language.n + (size_t)2 * LANGUAGE_MAX + 2))
		return buf_check(store, name, err);
	if (text_clean(&value->value, store, name, err) < 0)
		return -1;
	if (dc_term_is_date(value->term))
		return date_check(value, name, store, err);
	if (value->written.n)
		return err_set(err, ERR_SYNTAX, "%s: only a date has a form as written", name);
	if (value->value.n == 0)
		return err_set(err, ERR_SYNTAX, "%s: the value is empty", name);
	if (value->language.n && language_into(&value->language, store, name, err) < 0)
		return -1;
	if (value->term == DC_LANGUAGE)
		return language_into(&value->value, store, name, err);
	return 0;
}

static int value_keep(struct record *record, struct record_value *value, struct err *err)
{
	if (record_keep(record, &value->value, err) < 0 || record_keep(record, &value->language, err) < 0 ||
		record_keep(record, &value->written, err) < 0)
		return -1;
	return 0;
}

int record_insert_value(struct record *record, struct record_value value, struct err *err)
{
	void *array = record->values;
	if (record->value_count >= RECORD_VALUES_MAX)
		return err_set(err, ERR_LIMIT, "a record takes at most %u values, and %s is one too many", RECORD_VALUES_MAX,
			dc_term_name(value.term));
	if (value_keep(record, &value, err) < 0 ||
		record_room(record, &array, &record->value_cap, record->value_count, sizeof(*record->values), err) < 0)
		return -1;
	record->values = array;
	size_t at = record->value_count;
	while (at && record->values[at - 1].term > value.term)
		at--;
	memmove(record->values + at + 1, record->values + at, (record->value_count - at) * sizeof(value));
	record->values[at] = value;
	record->value_count++;
	return 0;
}

int record_add_value(struct record *record, const struct record_value *given, struct err *err)
{
	struct record_value value = *given;
	struct buf store = BUF_INIT;
	int result = value_check(record, &value, &store, err);
	if (result == 0)
		result = record_insert_value(record, value, err);
	buf_release(&store);
	return result;
}

int record_set_value(struct record *record, size_t i, const struct record_value *given, struct err *err)
{
	struct record_value value = *given;
	struct buf store = BUF_INIT;
	int result = value_check(record, &value, &store, err);
	if (result == 0)
		result = value_keep(record, &value, err);
	if (result == 0)
		record->values[i] = value;
	buf_release(&store);
	return result;
}

void record_remove_value(struct record *record, size_t i)
{
	record->value_count--;
	memmove(record->values + i, record->values + i + 1, (record->value_count - i) * sizeof(*record->values));
}

void record_remove_term(struct record *record, enum dc_term term)
{
	size_t kept = 0;
	for (size_t i = 0; i < record->value_count; i++)
		if (record->values[i].term != term)
			record->values[kept++] = record->values[i];
	record->value_count = kept;
}

struct str record_first(const struct record *record, enum dc_term term)
{
	for (size_t i = 0; i < record->value_count; i++)
		if (record->values[i].term == term)
			return record->values[i].value;
	return STR("");
}

size_t record_dates(const struct record *record, struct edtf_range *out, size_t max)
{
	size_t n = 0;
	for (size_t i = 0; i < record->value_count && n < max; i++) {
		const struct record_value *value = &record->values[i];
		struct edtf date;
		if (value->term < DC_DATE || value->term > DC_MODIFIED || value->value.n == 0)
			continue;
		if (edtf_parse(value->value, &date, NULL) == 0)
			out[n++] = date.days;
	}
	return n;
}
