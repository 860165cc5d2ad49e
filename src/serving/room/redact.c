/* Descriptions name other records: those that are not open are not named to programs either, as pages do not (P6, P7). */
#include <stdlib.h>

#include "internal.h"
#include "machines.h"

static bool is_hidden(struct desk *desk, struct str named)
{
	struct archive_name name;
	struct catalogue_record record;
	struct listed listed;
	bool hidden = false;

	if (named.n == 0 || archive_name_parse(desk->archive, named, &name, NULL) != 0)
		return false;
	/* What is no record of this archive is only a text. */
	if (catalogue_record(desk->catalogue, buf_view(&name.id), &record, NULL) == 0) {
		hidden = listed_open(desk, buf_view(&name.id), false, &listed, NULL) != 0;
		listed_release(&listed);
	}
	archive_name_release(&name);
	return hidden;
}

static int copy_values(struct desk *desk, struct record *into, const struct record *from, bool *redacted, struct err *err)
{
	for (size_t i = 0; i < record_value_count(from); i++) {
		struct record_value value;

		record_value(from, i, &value);
		if (dc_term_is_relation(value.term) && is_hidden(desk, value.value))
			*redacted = true;
		else if (record_add_value(into, &value, err) != 0)
			return -1;
	}
	return 0;
}

static int copy_events(struct desk *desk, struct record *into, const struct record *from, bool *redacted, struct err *err)
{
	for (size_t i = 0; i < record_event_count(from); i++) {
		struct record_event event;

		record_event(from, i, &event);
		if (is_hidden(desk, event.evidence)) {
			event.evidence = STR("");
			*redacted = true;
		}
		if (record_add_event(into, &event, NULL, err) != 0)
			return -1;
	}
	return 0;
}

int machine_redact(struct desk *desk, struct record *record, bool *redacted, struct err *err)
{
	struct record *into = record_new();
	int result = 0;

	*redacted = false;
	record_set_version(into, record_version(record));
	for (enum record_field field = 0; field < RECORD_FIELDS && result == 0; field++) {
		struct str value = record_field(record, field);

		if (field == RECORD_IS_PART_OF && is_hidden(desk, value))
			*redacted = true;
		else if (value.n > 0)
			result = record_set_field(into, field, value, err);
	}
	if (result == 0)
		result = copy_values(desk, into, record, redacted, err);
	if (result == 0)
		result = copy_events(desk, into, record, redacted, err);
	for (size_t i = 0; i < record_file_count(record) && result == 0; i++) {
		struct record_file file;

		record_file(record, i, &file);
		result = record_add_file(into, &file, err);
	}
	if (result == 0 && *redacted)
		record_copy(record, into);
	record_free(into);
	return result;
}

int machine_redact_shown(struct desk *desk, struct shown *shown, bool *redacted, struct err *err)
{
	struct record *copy = record_new();

	record_copy(copy, shown->record);
	if (machine_redact(desk, copy, redacted, err) != 0) {
		record_free(copy);
		return -1;
	}
	shown->whole = shown->record;
	shown->record = copy;
	return 0;
}
