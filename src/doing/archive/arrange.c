/* Where a record stands among others: isPartOf and relations, as permanent ids, without cycles. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

struct parent_lookup {
	struct archive *archive;
};

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
static int resolve_relations(struct archive *archive, struct record *record, struct err *err)
{
	struct record *whole = NULL;
	struct catalogue *catalogue;
	struct catalogue_record found;
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
		if (dc_term_is_relation(value.term) && record_name_valid(value.value) &&
			catalogue_record(catalogue, buf_view(&id), &found, NULL) == 0)
			value.value = buf_view(&id);
		result = record_add_value(record, &value, err);
		buf_release(&id);
	}
	record_free(whole);
	return result;
}

/* isPartOf as a full id, of a record that is there, and no cycle. */
int check_arrangement(struct archive *archive, struct record *record, struct err *err)
{
	struct str typed;
	struct parent_lookup lookup = {archive};
	struct archive_name name;
	int result = -1;

	if (resolve_relations(archive, record, err) != 0)
		return -1;
	typed = record_field(record, RECORD_IS_PART_OF);
	if (typed.n == 0)
		return 0;
	if (archive_name_parse(archive, typed, &name, err) != 0)
		return err_note(err, "isPartOf");
	if (arrangement_check(record_field(record, RECORD_ID), buf_view(&name.id), parent_of, &lookup, err) == 0)
		result = record_set_field(record, RECORD_IS_PART_OF, buf_view(&name.id), err);
	archive_name_release(&name);
	return result;
}
