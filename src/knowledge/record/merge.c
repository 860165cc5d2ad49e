/* Records copied, laid over each other, compared. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

/* Strings that are in a record have been checked: they only change their owner. */
static void keep(struct record *record, struct str *s)
{
	*s = s->n ? arena_str(&record->arena, *s) : STR("");
}

void record_copy(struct record *into, const struct record *from)
{
	record_clear(into);
	into->version = from->version;
	into->lenient = from->lenient;
	into->sorted = from->sorted;
	into->unknown = from->unknown;
	keep(into, &into->unknown);
	for (int i = 0; i < RECORD_FIELDS; i++) {
		into->fields[i] = from->fields[i];
		keep(into, &into->fields[i]);
	}
	into->values = mem_array(from->value_count, sizeof(*into->values));
	into->events = mem_array(from->event_count, sizeof(*into->events));
	into->files = mem_array(from->file_count, sizeof(*into->files));
	into->labels = mem_array(from->label_count, sizeof(*into->labels));
	into->value_count = into->value_cap = from->value_count;
	into->event_count = into->event_cap = from->event_count;
	into->file_count = into->file_cap = from->file_count;
	into->label_count = into->label_cap = from->label_count;
	into->arrays = from->value_count * sizeof(*into->values) + from->event_count * sizeof(*into->events) +
		       from->file_count * sizeof(*into->files) + from->label_count * sizeof(*into->labels);
	for (size_t i = 0; i < from->value_count; i++) {
		into->values[i] = from->values[i];
		keep(into, &into->values[i].value);
		keep(into, &into->values[i].language);
		keep(into, &into->values[i].written);
	}
	for (size_t i = 0; i < from->event_count; i++) {
		struct record_event *event = &into->events[i];
		*event = from->events[i];
		struct str *texts[] = {&event->type, &event->date, &event->agent, &event->note, &event->evidence, &event->accession,
			&event->from, &event->agreement};
		for (size_t j = 0; j < sizeof(texts) / sizeof(texts[0]); j++)
			keep(into, texts[j]);
	}
	for (size_t i = 0; i < from->label_count; i++) {
		into->labels[i] = from->labels[i];
		keep(into, &into->labels[i]);
	}
	for (size_t i = 0; i < from->file_count; i++) {
		struct str path = {from->files[i].path, from->files[i].path_n};
		into->files[i] = from->files[i];
		keep(into, &path);
		into->files[i].path = path.p;
	}
}

static bool values_equal(const struct record_value *a, const struct record_value *b)
{
	return a->term == b->term && str_equal(a->value, b->value) && str_equal(a->language, b->language) &&
	       str_equal(a->written, b->written);
}

/* But for its number. */
static bool event_says_the_same(const struct record_event *a, const struct record_event *b)
{
	return a->supersedes == b->supersedes && str_equal(a->type, b->type) && str_equal(a->date, b->date) &&
	       str_equal(a->agent, b->agent) && str_equal(a->note, b->note) && str_equal(a->evidence, b->evidence) &&
	       str_equal(a->accession, b->accession) && str_equal(a->from, b->from) && str_equal(a->agreement, b->agreement);
}

static bool files_equal(const struct record_file *a, const struct record_file *b)
{
	return str_equal(a->path, b->path) && str_equal(a->role, b->role) && str_equal(a->language, b->language) &&
	       str_equal(a->media_type, b->media_type) && a->sequence == b->sequence && a->has_modified == b->has_modified &&
	       a->modified == b->modified;
}

bool record_equal(struct record *a, struct record *b)
{
	if (a->version != b->version || a->value_count != b->value_count || a->event_count != b->event_count ||
		a->file_count != b->file_count)
		return false;
	for (int i = 0; i < RECORD_FIELDS; i++)
		if (!str_equal(record_field(a, (enum record_field)i), record_field(b, (enum record_field)i)))
			return false;
	for (size_t i = 0; i < a->value_count; i++)
		if (!values_equal(&a->values[i], &b->values[i]))
			return false;
	for (size_t i = 0; i < a->event_count; i++)
		if (a->events[i].number != b->events[i].number || !event_says_the_same(&a->events[i], &b->events[i]))
			return false;
	for (size_t i = 0; i < a->file_count; i++) {
		struct record_file left, right;
		record_file(a, i, &left);
		record_file(b, i, &right);
		if (!files_equal(&left, &right))
			return false;
	}
	return true;
}

static int overlay_values(struct record *into, const struct record *from, struct err *err)
{
	for (size_t i = 0; i < from->value_count; i++) {
		if (i == 0 || from->values[i].term != from->values[i - 1].term)
			record_remove_term(into, from->values[i].term);
		if (record_insert_value(into, from->values[i], err) < 0)
			return -1;
	}
	return 0;
}

/* An event that `into` had already is the same one told again, not a second one. Both lists are in the order of time. */
static int overlay_events(struct record *into, const struct record *from, struct err *err)
{
	size_t before = into->event_count, next = 0;
	uint32_t *numbers = mem_array(from->event_count + 1, sizeof(*numbers));
	int result = -1;
	for (size_t i = 0; i < from->event_count; i++) {
		struct record_event event = from->events[i];
		size_t at = next;
		if (event.supersedes)
			event.supersedes = numbers[event.supersedes - 1];
		while (at < before && !event_says_the_same(&into->events[at], &event))
			at++;
		if (at < before) {
			next = at + 1;
		} else {
			if (record_insert_event(into, event, err) < 0)
				goto out;
			at = into->event_count - 1;
		}
		numbers[i] = into->events[at].number;
	}
	result = 0;
out:
	free(numbers);
	return result;
}

/* The first `sorted` files are in order; those that were added stand behind them, so that nothing is sorted for each one. */
static int overlay_file(struct record *into, size_t sorted, const struct record_file *file, struct err *err)
{
	struct record_file old;
	size_t at;
	if (!file_row_find(into, sorted, file->path, &at))
		return record_add_file(into, file, err);
	file_row_get(into, at, &old);
	if (file->role.n)
		old.role = file->role;
	if (file->language.n)
		old.language = file->language;
	if (file->media_type.n)
		old.media_type = file->media_type;
	if (file->sequence)
		old.sequence = file->sequence;
	if (file->has_modified) {
		old.has_modified = true;
		old.modified = file->modified;
	}
	return file_row_set(into, at, &old, err);
}

static int overlay_fields(struct record *into, const struct record *from, struct err *err)
{
	if (from->version)
		into->version = from->version;
	for (int i = 0; i < RECORD_FIELDS; i++) {
		struct str value = from->fields[i];
		if (value.n && record_keep(into, &value, err) < 0)
			return -1;
		if (value.n)
			into->fields[i] = value;
	}
	return 0;
}

/* What stands in a record has been checked: values, events and fields are not checked again. */
int record_overlay(struct record *into, struct record *from, struct err *err)
{
	bool lenient = into->lenient;
	int result = -1;
	if (overlay_fields(into, from, err) < 0 || overlay_values(into, from, err) < 0 || overlay_events(into, from, err) < 0)
		return -1;
	/* Words that a later program added are words of `from`. */
	into->lenient = true;
	record_sort_files(into);
	size_t sorted = into->file_count;
	for (size_t i = 0; i < from->file_count; i++) {
		struct record_file file;
		record_file(from, i, &file);
		if (overlay_file(into, sorted, &file, err) < 0)
			goto out;
	}
	result = 0;
out:
	into->lenient = lenient;
	return result;
}
