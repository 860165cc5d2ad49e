/* Descriptions name other records: those that are not open are named to no reader by this program, in pages or to programs (P6, P7). The bytes that were deposited and
 * logged stay as they are. */
#include "internal.h"

static bool is_hidden(struct archive *archive, struct str named)
{
	struct catalogue *catalogue;
	struct catalogue_record record;
	struct archive_version version;
	struct archive_name name;
	struct access_view *view = NULL;
	bool hidden;

	if (named.n == 0 || archive_name_parse(archive, named, &name, NULL) != 0)
		return false;
	/* What is no record of this archive is only a text. */
	hidden = archive_catalogue(archive, &catalogue, false, NULL, NULL, NULL) != 0 ||
		 (catalogue_record(catalogue, buf_view(&name.id), &record, NULL) == 0 &&
			 access_admit(&view, archive, buf_view(&name.id), 0, AUDIENCE_PUBLIC, &version, NULL) != 0);
	access_view_free(view);
	archive_name_release(&name);
	return hidden;
}

static int copy_values(struct archive *archive, struct record *into, const struct record *from, bool *redacted, struct err *err)
{
	for (size_t i = 0; i < record_value_count(from); i++) {
		struct record_value value;

		record_value(from, i, &value);
		if (dc_term_is_relation(value.term) && is_hidden(archive, value.value))
			*redacted = true;
		else if (record_add_value(into, &value, err) != 0)
			return -1;
	}
	return 0;
}

static int copy_events(struct archive *archive, struct record *into, const struct record *from, bool *redacted, struct err *err)
{
	for (size_t i = 0; i < record_event_count(from); i++) {
		struct record_event event;

		record_event(from, i, &event);
		if (is_hidden(archive, event.evidence)) {
			event.evidence = STR("");
			*redacted = true;
		}
		if (record_add_event(into, &event, NULL, err) != 0)
			return -1;
	}
	return 0;
}

int access_redact(struct archive *archive, struct record *record, bool *redacted, struct err *err)
{
	struct record *into = record_new();
	int result = 0;

	*redacted = false;
	record_set_version(into, record_version(record));
	for (enum record_field field = 0; field < RECORD_FIELDS && result == 0; field++) {
		struct str value = record_field(record, field);

		if (field == RECORD_IS_PART_OF && is_hidden(archive, value))
			*redacted = true;
		else if (value.n > 0)
			result = record_set_field(into, field, value, err);
	}
	if (result == 0)
		result = copy_values(archive, into, record, redacted, err);
	if (result == 0)
		result = copy_events(archive, into, record, redacted, err);
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
