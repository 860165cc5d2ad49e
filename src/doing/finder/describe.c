/* A record as search is told of it. */
#include "internal.h"

#include <stdlib.h>

#define LANGUAGES_MOST 64u
#define DATES_MOST 64u

static bool is_creator(enum dc_term term)
{
	return term == DC_CREATOR || term == DC_CONTRIBUTOR;
}

static bool is_place(enum dc_term term)
{
	return term == DC_SPATIAL || term == DC_COVERAGE;
}

static void put_line(struct buf *words, struct str value)
{
	for (size_t i = 0; i < value.n; i++)
		buf_char(words, value.p[i] == '\n' || value.p[i] == '\r' ? ' ' : value.p[i]);
	if (value.n > 0)
		buf_char(words, '\n');
}

static void add_value(struct description *out, const struct record_value *value)
{
	struct search_record *record = &out->record;

	if (is_creator(value->term))
		out->creators[record->creator_count++] = value->value;
	else if (is_place(value->term))
		out->places[record->place_count++] = value->value;
	else if (value->term == DC_TYPE || value->term == DC_FORMAT)
		out->types[record->type_count++] = value->value;
	/* Links and identifiers are no words; what a date is, its range says. */
	if (dc_term_is_relation(value->term) || value->term == DC_LANGUAGE)
		return;
	put_line(&out->words, dc_term_is_date(value->term) && value->written.n > 0 ? value->written : value->value);
}

static void add_media_types(struct description *out, struct record *from)
{
	size_t count = record_file_count(from);

	for (size_t i = 0; i < count; i++) {
		struct record_file file;
		bool there = false;

		record_file(from, i, &file);
		for (size_t k = 0; k < out->record.type_count && k < 32; k++)
			there = there || str_equal(out->types[k], file.media_type);
		if (!there && file.media_type.n > 0 && out->record.type_count < 32)
			out->types[out->record.type_count++] = file.media_type;
	}
}

static void span_dates(struct description *out, const struct record *from)
{
	struct edtf_range ranges[DATES_MOST];
	size_t count = record_dates(from, ranges, DATES_MOST);

	out->record.first_day = INT64_MAX;
	out->record.last_day = INT64_MIN;
	for (size_t i = 0; i < count; i++) {
		if (ranges[i].first < out->record.first_day)
			out->record.first_day = ranges[i].first;
		if (ranges[i].last > out->record.last_day)
			out->record.last_day = ranges[i].last;
	}
}

void describe_record(struct description *out, struct str id, struct record *from)
{
	size_t count = record_value_count(from);

	*out = (struct description){.words = BUF_INIT};
	out->creators = mem_array(count + 1, sizeof(*out->creators));
	out->places = mem_array(count + 1, sizeof(*out->places));
	out->types = mem_array(count + 33, sizeof(*out->types));
	out->languages = mem_array(LANGUAGES_MOST, sizeof(*out->languages));
	for (size_t i = 0; i < count; i++) {
		struct record_value value;

		record_value(from, i, &value);
		add_value(out, &value);
	}
	add_media_types(out, from);
	span_dates(out, from);
	put_line(&out->words, record_field(from, RECORD_REFERENCE_CODE));
	for (size_t i = 0; i < record_event_count(from); i++) {
		struct record_event event;

		record_event(from, i, &event);
		if (record_event_superseded(from, event.number))
			continue;
		put_line(&out->words, event.agent);
		put_line(&out->words, event.note);
	}
	out->record.id = id;
	out->record.title = record_first(from, DC_TITLE);
	out->record.creators = out->creators;
	out->record.places = out->places;
	out->record.types = out->types;
	out->record.language_count = record_languages(from, out->languages, LANGUAGES_MOST);
	out->record.languages = out->languages;
	out->record.words = buf_view(&out->words);
}

void described_release(struct description *description)
{
	free(description->creators);
	free(description->places);
	free(description->types);
	free(description->languages);
	buf_release(&description->words);
}
