/* photostat.json, read: what each key and value of the document does. */
#include "json.h"

#include <stdio.h>
#include <string.h>

/* ---- keys of each place ---- */

enum { TOP_SCHEMA, TOP_VERSION, TOP_METADATA, TOP_EVENTS, TOP_FILES, TOP_FIELDS /* and on: record_field */ };
static const char *const top_keys[] = {"schema", "version", "metadata", "events", "files", "id", "level", "referenceCode",
	"isPartOf", "access", "originalName", NULL};
#define TOP_TERM 64 /* a term that stands at the top */

enum { VALUE_VALUE, VALUE_LANGUAGE, VALUE_EDTF, VALUE_WRITTEN };
static const char *const value_keys[] = {"value", "language", "edtf", "written", NULL};

enum {
	EVENT_NUMBER,
	EVENT_TYPE,
	EVENT_DATE,
	EVENT_AGENT,
	EVENT_NOTE,
	EVENT_EVIDENCE,
	EVENT_ACCESSION,
	EVENT_FROM,
	EVENT_AGREEMENT,
	EVENT_SUPERSEDES
};
static const char *const event_keys[] = {
	"number", "type", "date", "agent", "note", "evidence", "accession", "from", "agreement", "supersedes", NULL};

enum { FILE_PATH, FILE_ROLE, FILE_SEQUENCE, FILE_LANGUAGE, FILE_MEDIA_TYPE, FILE_MODIFIED };
static const char *const file_keys[] = {"path", "role", "sequence", "language", "mediaType", "modified", NULL};

static enum place here(const struct record_parser *parser)
{
	return parser->depth ? parser->places[parser->depth - 1] : AT_START;
}

static int push(struct record_parser *parser, enum place place)
{
	parser->places[parser->depth++] = place;
	memset(parser->slots, 0, sizeof(parser->slots));
	buf_clear(&parser->scratch);
	return 1;
}

#define NAMES(list) (sizeof(list) / sizeof(list[0]) - 1)

static const char *name_of(const char *const *list, size_t count, int key)
{
	return key >= 0 && (size_t)key < count ? list[key] : "";
}

/* The name of the key that a value belongs to, for messages. */
static const char *key_label(const struct record_parser *parser)
{
	switch (here(parser)) {
	case AT_TOP:
		if (parser->key == TOP_TERM)
			return dc_term_name(parser->term);
		return name_of(top_keys, NAMES(top_keys), parser->key);
	case AT_METADATA:
	case AT_TERM:
		return dc_term_name(parser->term);
	case AT_VALUE:
		return name_of(value_keys, NAMES(value_keys), parser->key);
	case AT_EVENT:
		return name_of(event_keys, NAMES(event_keys), parser->key);
	case AT_FILE:
		return name_of(file_keys, NAMES(file_keys), parser->key);
	case AT_EVENTS:
		return "events";
	case AT_FILES:
		return "files";
	case AT_START:
	case AT_END:
		break;
	}
	return "the document";
}

static int unexpected(struct record_parser *parser, const char *what)
{
	const char *wanted = "a text";
	switch (here(parser)) {
	case AT_START:
	case AT_END:
		return json_fail(parser, ERR_SYNTAX, "a record is an object { … }, not %s", what);
	case AT_TOP:
		if (parser->key == TOP_VERSION)
			wanted = "a number";
		else if (parser->key == TOP_METADATA)
			wanted = "an object of terms, as in {\"title\": [\"…\"]}";
		else if (parser->key == TOP_EVENTS || parser->key == TOP_FILES)
			wanted = "a list of objects";
		else if (parser->key == TOP_TERM)
			wanted = "a list of texts";
		break;
	case AT_METADATA:
		wanted = parser->source == RECORD_GIVEN ? "a text or a list of texts" : "a list";
		break;
	case AT_TERM:
		wanted = dc_term_is_date(parser->term) ? "dates (texts, or objects with edtf and written)"
						       : "texts (or objects with value and language)";
		break;
	case AT_EVENTS:
	case AT_FILES:
		wanted = "objects";
		break;
	case AT_EVENT:
		if (parser->key == EVENT_NUMBER || parser->key == EVENT_SUPERSEDES)
			wanted = "a number from 1 on";
		break;
	case AT_FILE:
		if (parser->key == FILE_SEQUENCE)
			wanted = "a number from 1 on";
		break;
	case AT_VALUE:
		break;
	}
	return json_fail(parser, ERR_SYNTAX, "“%s” takes %s, not %s", key_label(parser), wanted, what);
}

/* ---- skipping ---- */

/* A scalar has come: true if it is to be passed over. */
static bool skipped(struct record_parser *parser)
{
	bool one = parser->skip_one;
	parser->skip_one = false;
	return one || parser->skip;
}

static bool skipped_open(struct record_parser *parser)
{
	if (!parser->skip_one && !parser->skip)
		return false;
	parser->skip_one = false;
	parser->skip++;
	return true;
}

static bool skipped_close(struct record_parser *parser)
{
	if (!parser->skip)
		return false;
	parser->skip--;
	return true;
}

/* ---- objects made of slots ---- */

static struct str slot(const struct record_parser *parser, int key)
{
	const struct slot *s = &parser->slots[key];
	return s->n ? (struct str){parser->scratch.p + s->at, s->n} : STR("");
}

static int fill_slot(struct record_parser *parser, struct str value)
{
	struct slot *s = &parser->slots[parser->key];
	s->at = parser->scratch.n;
	s->n = value.n;
	buf_str(&parser->scratch, value);
	return parser->scratch.failed ? json_fail(parser, ERR_LIMIT, "an object has more text than is taken") : 1;
}

/* A number from 1 on; 0 if the slot is empty. */
static bool slot_number(struct record_parser *parser, int key, uint32_t *out)
{
	uint64_t value = 0;
	if (parser->slots[key].set && (!decimal_parse(slot(parser, key), UINT32_MAX, &value) || value == 0))
		return false;
	*out = (uint32_t)value;
	return true;
}

static int done(struct record_parser *parser, int result, const struct err *err)
{
	return result < 0 ? json_fail(parser, err->code, "%s", err->text) : 1;
}

static int add_value(struct record_parser *parser, const struct record_value *value)
{
	struct err err = ERR_INIT;
	return done(parser, record_add_value(parser->record, value, &err), &err);
}

static int end_value(struct record_parser *parser)
{
	bool date = dc_term_is_date(parser->term);
	const struct record_value value = {
		.term = parser->term,
		.value = slot(parser, date ? VALUE_EDTF : VALUE_VALUE),
		.language = slot(parser, VALUE_LANGUAGE),
		.written = slot(parser, VALUE_WRITTEN),
	};
	if (parser->slots[date ? VALUE_VALUE : VALUE_EDTF].set)
		return json_fail(parser, ERR_SYNTAX, "“%s” takes %s", dc_term_name(parser->term),
			date ? "edtf and written, not value" : "value and language, not edtf");
	return add_value(parser, &value);
}

static int end_event(struct record_parser *parser)
{
	struct err err = ERR_INIT;
	uint32_t number, supersedes;
	if (!slot_number(parser, EVENT_NUMBER, &number) || !slot_number(parser, EVENT_SUPERSEDES, &supersedes))
		return json_fail(parser, ERR_SYNTAX, "an event's number and supersedes are whole numbers from 1 on");
	const struct record_event event = {
		.supersedes = supersedes,
		.type = slot(parser, EVENT_TYPE),
		.date = slot(parser, EVENT_DATE),
		.agent = slot(parser, EVENT_AGENT),
		.note = slot(parser, EVENT_NOTE),
		.evidence = slot(parser, EVENT_EVIDENCE),
		.accession = slot(parser, EVENT_ACCESSION),
		.from = slot(parser, EVENT_FROM),
		.agreement = slot(parser, EVENT_AGREEMENT),
	};
	uint32_t next = (uint32_t)record_event_count(parser->record) + 1;
	if (number != next && (number || parser->source == RECORD_STORED))
		return json_fail(parser, ERR_SYNTAX,
			"the event has number %u where %u is due; events are numbered in order, from 1", number, next);
	return done(parser, record_add_event(parser->record, &event, NULL, &err), &err);
}

static int end_file(struct record_parser *parser)
{
	struct err err = ERR_INIT;
	struct record_file file = {
		.path = slot(parser, FILE_PATH),
		.role = slot(parser, FILE_ROLE),
		.language = slot(parser, FILE_LANGUAGE),
		.media_type = slot(parser, FILE_MEDIA_TYPE),
		.has_modified = parser->slots[FILE_MODIFIED].set,
	};
	if (!slot_number(parser, FILE_SEQUENCE, &file.sequence))
		return json_fail(parser, ERR_SYNTAX, "a file's sequence is a whole number from 1 on");
	if (file.has_modified && !time_parse(slot(parser, FILE_MODIFIED), &file.modified))
		return json_fail(
			parser, ERR_SYNTAX, "file “%.*s”: its modified is no time as in 2026-01-12T09:30:00Z", STR_ARG(file.path));
	return done(parser, record_add_file(parser->record, &file, &err), &err);
}

/* ---- keys ---- */

static bool find(struct str name, const char *const *list, int *out)
{
	for (int i = 0; list[i]; i++)
		if (str_equal(name, str_from(list[i]))) {
			*out = i;
			return true;
		}
	return false;
}

static int repeated(struct record_parser *parser, struct str name)
{
	return json_fail(parser, ERR_SYNTAX, "the key “%.*s” stands twice in one object", STR_ARG(name));
}

static int unknown_key(struct record_parser *parser, struct str name, const char *const *list)
{
	const char *near = NULL;
	unsigned distance = 100;
	if (parser->source == RECORD_STORED) {
		if (parser->record->unknown.n == 0 && name.n)
			parser->record->unknown =
				arena_str(&parser->record->arena, (struct str){name.p, name.n > 100 ? 100 : name.n});
		parser->skip_one = true;
		return 1;
	}
	for (const char *const *word = list; word && *word; word++)
		word_nearest_try(name, *word, &near, &distance);
	if (here(parser) == AT_TOP || here(parser) == AT_METADATA)
		for (int i = 0; i < DC_TERMS; i++)
			word_nearest_try(name, dc_term_name((enum dc_term)i), &near, &distance);
	if (near)
		return json_fail(parser, ERR_SYNTAX, "the key “%.*s” is not known; did you mean “%s”?", STR_ARG(name), near);
	return json_fail(
		parser, ERR_SYNTAX, "the key “%.*s” is not known; the keys are listed in docs/format/record.md", STR_ARG(name));
}

static int term_key(struct record_parser *parser, enum dc_term term, struct str name)
{
	uint64_t bit = 1ull << term;
	if (parser->terms_seen & bit)
		return repeated(parser, name);
	parser->terms_seen |= bit;
	parser->term = term;
	return 1;
}

static int top_key(struct record_parser *parser, struct str name)
{
	enum dc_term term;
	if (find(name, top_keys, &parser->key)) {
		uint64_t bit = 1ull << parser->key;
		if (parser->top_seen & bit)
			return repeated(parser, name);
		parser->top_seen |= bit;
		return 1;
	}
	if (parser->source != RECORD_GIVEN || !dc_term_find(name, &term))
		return unknown_key(parser, name, top_keys);
	parser->key = TOP_TERM;
	return term_key(parser, term, name);
}

static int metadata_key(struct record_parser *parser, struct str name)
{
	enum dc_term term;
	if (dc_term_find(name, &term))
		return term_key(parser, term, name);
	if (parser->source == RECORD_GIVEN && str_equal(name, STR("isPartOf")))
		return json_fail(parser, ERR_SYNTAX,
			"isPartOf stands beside metadata, not in it: it is the record's place in the arrangement");
	return unknown_key(parser, name, NULL);
}

static int slot_key(struct record_parser *parser, struct str name, const char *const *list)
{
	if (!find(name, list, &parser->key))
		return unknown_key(parser, name, list);
	if (parser->slots[parser->key].set)
		return repeated(parser, name);
	parser->slots[parser->key].set = true;
	return 1;
}

static int on_key(void *context, const unsigned char *bytes, size_t n)
{
	struct record_parser *parser = context;
	struct str name = {(const char *)bytes, n};
	if (parser->skip)
		return 1;
	switch (here(parser)) {
	case AT_TOP:
		return top_key(parser, name);
	case AT_METADATA:
		return metadata_key(parser, name);
	case AT_VALUE:
		return slot_key(parser, name, value_keys);
	case AT_EVENT:
		return slot_key(parser, name, event_keys);
	case AT_FILE:
		return slot_key(parser, name, file_keys);
	case AT_START:
	case AT_TERM:
	case AT_EVENTS:
	case AT_FILES:
	case AT_END:
		break;
	}
	return json_fail(parser, ERR_INTERNAL, "a key where none can be");
}

/* ---- values ---- */

static int schema(struct record_parser *parser, struct str text)
{
	if (str_equal(text, RECORD_SCHEMA))
		return 1;
	if (str_starts(text, STR("photostat.record/")))
		return json_fail(
			parser, ERR_SYNTAX, "it is a “%.*s”, written by a newer photostat; read it with that one", STR_ARG(text));
	return json_fail(parser, ERR_SYNTAX, "its schema is “%.*s”, not photostat.record/v1", STR_ARG(text));
}

static int top_text(struct record_parser *parser, struct str text)
{
	struct err err = ERR_INIT;
	if (parser->key == TOP_SCHEMA)
		return schema(parser, text);
	if (parser->key >= TOP_FIELDS && parser->key != TOP_TERM) {
		enum record_field field = (enum record_field)(parser->key - TOP_FIELDS);
		return done(parser, record_set_field(parser->record, field, text, &err), &err);
	}
	return unexpected(parser, "a text");
}

static int on_text(void *context, const unsigned char *bytes, size_t n)
{
	struct record_parser *parser = context;
	struct str text = {(const char *)bytes, n};
	if (skipped(parser))
		return 1;
	const struct record_value value = {.term = parser->term, .value = text};
	switch (here(parser)) {
	case AT_TOP:
		return parser->key == TOP_TERM ? add_value(parser, &value) : top_text(parser, text);
	case AT_METADATA:
		return parser->source == RECORD_GIVEN ? add_value(parser, &value) : unexpected(parser, "a text");
	case AT_TERM:
		return add_value(parser, &value);
	case AT_EVENT:
		if (parser->key == EVENT_NUMBER || parser->key == EVENT_SUPERSEDES)
			return unexpected(parser, "a text");
		return fill_slot(parser, text);
	case AT_FILE:
		if (parser->key == FILE_SEQUENCE)
			return unexpected(parser, "a text");
		return fill_slot(parser, text);
	case AT_VALUE:
		return fill_slot(parser, text);
	case AT_START:
	case AT_EVENTS:
	case AT_FILES:
	case AT_END:
		break;
	}
	return unexpected(parser, "a text");
}

static int on_number(void *context, const char *bytes, size_t n)
{
	struct record_parser *parser = context;
	struct str text = {bytes, n};
	uint64_t number;
	if (skipped(parser))
		return 1;
	if (here(parser) == AT_TOP && parser->key == TOP_VERSION) {
		if (!decimal_parse(text, UINT32_MAX, &number) || number == 0)
			return json_fail(parser, ERR_SYNTAX, "“version” is a whole number from 1 on, not %.*s", STR_ARG(text));
		record_set_version(parser->record, (uint32_t)number);
		return 1;
	}
	if (here(parser) == AT_EVENT && (parser->key == EVENT_NUMBER || parser->key == EVENT_SUPERSEDES))
		return fill_slot(parser, text);
	if (here(parser) == AT_FILE && parser->key == FILE_SEQUENCE)
		return fill_slot(parser, text);
	return unexpected(parser, "a number (put it into quotes)");
}

static int on_null(void *context)
{
	struct record_parser *parser = context;
	return skipped(parser) ? 1 : unexpected(parser, "null (leave the key out)");
}

static int on_boolean(void *context, int value)
{
	struct record_parser *parser = context;
	return skipped(parser) ? 1 : unexpected(parser, value ? "true" : "false");
}

static int on_object(void *context)
{
	struct record_parser *parser = context;
	if (skipped_open(parser))
		return 1;
	bool given = parser->source == RECORD_GIVEN;
	switch (here(parser)) {
	case AT_START:
		return push(parser, AT_TOP);
	case AT_TOP:
		if (parser->key == TOP_METADATA)
			return push(parser, AT_METADATA);
		if (parser->key == TOP_TERM)
			return push(parser, AT_VALUE);
		break;
	case AT_METADATA:
		if (given)
			return push(parser, AT_VALUE);
		break;
	case AT_TERM:
		return push(parser, AT_VALUE);
	case AT_EVENTS:
		return push(parser, AT_EVENT);
	case AT_FILES:
		return push(parser, AT_FILE);
	case AT_VALUE:
	case AT_EVENT:
	case AT_FILE:
	case AT_END:
		break;
	}
	return unexpected(parser, "an object");
}

static int on_object_end(void *context)
{
	struct record_parser *parser = context;
	if (skipped_close(parser))
		return 1;
	enum place place = here(parser);
	int result = place == AT_VALUE   ? end_value(parser)
		     : place == AT_EVENT ? end_event(parser)
		     : place == AT_FILE  ? end_file(parser)
					 : 1;
	parser->depth--;
	if (parser->depth == 0)
		push(parser, AT_END);
	return result;
}

static int on_list(void *context)
{
	struct record_parser *parser = context;
	if (skipped_open(parser))
		return 1;
	enum place place = here(parser);
	if (place == AT_METADATA || (place == AT_TOP && parser->key == TOP_TERM))
		return push(parser, AT_TERM);
	if (place == AT_TOP && parser->key == TOP_EVENTS)
		return push(parser, AT_EVENTS);
	if (place == AT_TOP && parser->key == TOP_FILES)
		return push(parser, AT_FILES);
	return unexpected(parser, "a list");
}

static int on_list_end(void *context)
{
	struct record_parser *parser = context;
	if (!skipped_close(parser))
		parser->depth--;
	return 1;
}

const yajl_callbacks record_json_events = {
	.yajl_null = on_null,
	.yajl_boolean = on_boolean,
	.yajl_number = on_number,
	.yajl_string = on_text,
	.yajl_start_map = on_object,
	.yajl_map_key = on_key,
	.yajl_end_map = on_object_end,
	.yajl_start_array = on_list,
	.yajl_end_array = on_list_end,
};
