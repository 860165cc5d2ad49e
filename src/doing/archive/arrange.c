/* Where a record stands among others: isPartOf and relations, as permanent ids, without cycles. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

struct parent_lookup {
	struct archive *archive;
};

/* Whether a record is there, or waits in the batch that is being made. */
static bool is_kept(const struct batch *batch, struct catalogue *catalogue, struct str id)
{
	struct catalogue_record found;

	return (batch != NULL && batch_has(batch, id)) || catalogue_record(catalogue, id, &found, NULL) == 0;
}

static int parent_of(void *context, struct str id, struct buf *parent, struct err *err)
{
	struct parent_lookup *lookup = context;
	struct catalogue *catalogue;
	struct err why = ERR_INIT;
	struct str found;

	if (archive_catalogue(lookup->archive, &catalogue, false, NULL, NULL, err) != 0)
		return -1;
	if (catalogue_part_of(catalogue, id, &found, &why) != 0)
		return why.code == ERR_NOT_FOUND ? 0 : err_set(err, why.code, "%s", why.text);
	buf_str(parent, found);
	return 0;
}

/* A relation that names a record of this archive by its NAME alone gets the full id; anything else is somebody else's name. */
static int resolve_relations(struct archive *archive, const struct batch *batch, struct record *record, struct err *err)
{
	struct record *whole = NULL;
	struct catalogue *catalogue;
	int result = 0;

	for (size_t i = 0; i < record_value_count(record) && whole == NULL; i++) {
		struct record_value value;

		record_value(record, i, &value);
		if (dc_term_is_relation(value.term) && record_name_valid(value.value))
			whole = record_new();
	}
	if (whole == NULL)
		return 0;
	if (archive_catalogue(archive, &catalogue, false, NULL, NULL, err) != 0) {
		record_free(whole);
		return -1;
	}
	record_copy(whole, record);
	for (size_t i = 0; i < record_value_count(whole); i++) {
		struct record_value value;

		record_value(whole, i, &value);
		record_remove_term(record, value.term);
	}
	for (size_t i = 0; i < record_value_count(whole) && result == 0; i++) {
		struct record_value value;
		struct buf id = BUF_INIT;

		record_value(whole, i, &value);
		buf_printf(&id, "https://%s/r/%.*s", archive->conf.origin, STR_ARG(value.value));
		if (dc_term_is_relation(value.term) && record_name_valid(value.value)) {
			if (is_kept(batch, catalogue, buf_view(&id)))
				value.value = buf_view(&id);
			else
				archive_say(archive, "%.*s: %s %.*s is no record of this archive; it stands as it was written",
					STR_ARG(record_field(record, RECORD_ID)), dc_term_name(value.term), STR_ARG(value.value));
		}
		result = record_add_value(record, &value, err);
		buf_release(&id);
	}
	record_free(whole);
	return result;
}

/* Levels out of order are unusual and no mistake of ours to refuse. */
static void say_unusual(struct archive *archive, const struct batch *batch, const struct record *record, struct str parent)
{
	struct str id = record_field(record, RECORD_ID), level = record_field(record, RECORD_LEVEL);
	struct record *above = NULL;
	struct catalogue *catalogue;
	const char *warning;

	if (archive_catalogue(archive, &catalogue, false, NULL, NULL, NULL) != 0)
		return;
	if (!is_kept(batch, catalogue, parent)) {
		archive_say(archive, "%.*s: isPartOf %.*s is no record of this archive yet", STR_ARG(id), STR_ARG(parent));
		return;
	}
	if (level.n == 0)
		return;
	if (!str_equal(buf_view(&archive->parent), parent)) { /* read once for all rows of a table that lie in it */
		if (archive_get_record(archive, parent, 0, &above, NULL) != 0)
			return;
		buf_clear(&archive->parent);
		buf_str(&archive->parent, parent);
		buf_clear(&archive->parent_level);
		buf_str(&archive->parent_level, record_field(above, RECORD_LEVEL));
		record_free(above);
	}
	warning = level_warning(level, buf_view(&archive->parent_level));
	if (warning != NULL)
		archive_say(archive, "%.*s (%.*s), part of %.*s (%.*s): %s", STR_ARG(id), STR_ARG(level), STR_ARG(parent),
			STR_ARG(buf_view(&archive->parent_level)), warning);
}

/* isPartOf as a full id, and no cycle. */
int check_arrangement(struct archive *archive, const struct batch *batch, struct record *record, struct err *err)
{
	struct str typed;
	struct parent_lookup lookup = {archive};
	struct archive_name name;
	int result = -1;

	if (resolve_relations(archive, batch, record, err) != 0)
		return -1;
	typed = record_field(record, RECORD_IS_PART_OF);
	if (typed.n == 0)
		return 0;
	if (archive_name_parse(archive, typed, &name, err) != 0)
		return err_note(err, "isPartOf");
	if (arrangement_check(record_field(record, RECORD_ID), buf_view(&name.id), parent_of, &lookup, err) == 0)
		result = record_set_field(record, RECORD_IS_PART_OF, buf_view(&name.id), err);
	if (result == 0)
		say_unusual(archive, batch, record, buf_view(&name.id));
	archive_name_release(&name);
	return result;
}
