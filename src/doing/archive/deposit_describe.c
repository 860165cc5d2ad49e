/* What a record's description will be: the version before it, the photostat.json that came along, the table's row, --meta, accession. */
#include <string.h>

#include "deposit.h"

static int add_accession(struct deposit_run *run, struct err *err)
{
	const struct deposit_options *options = run->options;
	struct record_event event = {
		.type = STR("accession"), .accession = options->accession, .from = options->from, .agreement = options->agreement};
	char today[TIME_TEXT];

	if (options->accession.n == 0 && options->from.n == 0 && options->agreement.n == 0)
		return 0;
	time_format(os_now(), today);
	event.date = (struct str){today, 10};
	return record_add_event(run->record, &event, NULL, err);
}

int deposit_check_listed(struct record *record, const struct sources *sources, const struct object_version *kept, struct err *err)
{
	size_t at = 0, found;

	for (size_t i = 0; i < record_file_count(record); i++) {
		struct record_file file;

		record_file(record, i, &file);
		while (at < sources->count && str_compare(sources->files[at].logical, file.path) < 0)
			at++;
		if (at < sources->count && str_equal(sources->files[at].logical, file.path))
			continue;
		if (kept != NULL && object_find(kept, file.path, &found))
			continue;
		return err_set(err, ERR_SYNTAX, "the description lists a file %.*s that is not deposited", STR_ARG(file.path));
	}
	return 0;
}

/* A path as a table says it: bars and backslashes inside a name are escaped. */
void table_path(struct str path, struct buf *out)
{
	for (size_t i = 0; i < path.n; i++) {
		if (path.p[i] == '|' || path.p[i] == '\\')
			buf_char(out, '\\');
		buf_char(out, path.p[i]);
	}
}

static int set_original(struct deposit_run *run, const struct deposit_request *request, struct err *err)
{
	struct buf original = BUF_INIT;
	int result;

	if (request->original.n > 0)
		buf_str(&original, request->original);
	else
		table_path(request->relative, &original);
	result = original.n == 0 ? 0 : record_set_field(run->record, RECORD_ORIGINAL_NAME, buf_view(&original), err);
	buf_release(&original);
	return result;
}

static int add_value_once(struct record *record, enum dc_term term, struct str text, struct err *err)
{
	struct record_value value;

	for (size_t i = 0; i < record_value_count(record); i++) {
		record_value(record, i, &value);
		if (value.term == term && str_equal(value.value, text))
			return 0;
	}
	value = (struct record_value){.term = term, .value = text};
	return record_add_value(record, &value, err);
}

static int add_identifiers(struct deposit_run *run, struct err *err)
{
	for (size_t i = 0; i < run->options->also_count; i++)
		if (!str_equal(run->options->also_identifiers[i], buf_view(&run->id)) &&
			add_value_once(run->record, DC_IDENTIFIER, run->options->also_identifiers[i], err) != 0)
			return -1;
	return 0;
}

/* A record of another archive arranges nothing here, but that it belonged there is worth knowing. */
static int settle_foreign_parent(struct deposit_run *run, struct err *err)
{
	struct str parent = record_field(run->record, RECORD_IS_PART_OF);
	struct archive_name name;

	if (parent.n == 0)
		return 0;
	if (archive_name_parse(run->archive, parent, &name, NULL) == 0) {
		archive_name_release(&name);
		return 0;
	}
	if (add_value_once(run->record, DC_RELATION, parent, err) != 0)
		return -1;
	return record_set_field(run->record, RECORD_IS_PART_OF, STR(""), err);
}

int deposit_describe(struct deposit_run *run, const struct deposit_request *request, struct record *given,
	const struct deposit_access *access, struct record *before, struct err *err)
{
	bool restore = run->options->restore && given != NULL;
	char text[32];

	record_clear(run->record);
	if (before != NULL && record_overlay(run->record, before, err) != 0)
		return -1;
	if (before != NULL && restore)
		record_keep_events(run->record);
	else if (before != NULL && !run->options->add)
		record_remove_files(run->record);
	if (given != NULL && record_overlay(run->record, given, err) != 0)
		return err_note(err, RECORD_NAME);
	if ((request->described != NULL && record_overlay(run->record, request->described, err) != 0) ||
		(run->common != NULL && record_overlay(run->record, run->common, err) != 0))
		return -1;
	if (add_accession(run, err) != 0 || record_set_field(run->record, RECORD_ID, buf_view(&run->id), err) != 0 ||
		(before == NULL && !(restore && record_field(given, RECORD_ORIGINAL_NAME).n > 0) &&
			set_original(run, request, err) != 0) ||
		add_identifiers(run, err) != 0 || (restore && settle_foreign_parent(run, err) != 0))
		return -1;
	if (before != NULL && !restore && access->state == ACCESS_OPEN &&
		!str_equal(record_field(run->record, RECORD_ACCESS), record_field(before, RECORD_ACCESS)))
		return err_set(err, ERR_USAGE, "access governs all versions of a record: change it with photostat access");
	(void)snprintf(text, sizeof(text), "%s%s",
		access->state == ACCESS_OPEN     ? "open"
		: access->state == ACCESS_CLOSED ? "closed"
						 : "embargo=",
		access->until);
	return before != NULL && !restore ? 0 : record_set_field(run->record, RECORD_ACCESS, str_from(text), err);
}

/* Of the documents only what is said of them: their times and types on this disk are no reason for a version. */
static bool says_the_same(struct record *before, struct record *now)
{
	struct record *files = record_new();
	bool same;

	record_set_version(now, record_version(before));
	record_copy(files, before);
	same = record_overlay(files, now, NULL) == 0 && record_file_count(files) == record_file_count(before);
	for (size_t i = 0; i < record_file_count(before) && same; i++) {
		struct record_file one, other;

		record_file(before, i, &one);
		record_file(files, i, &other);
		same = str_equal(one.path, other.path) && str_equal(one.media_type, other.media_type) &&
		       str_equal(one.role, other.role) && str_equal(one.language, other.language) && one.sequence == other.sequence;
	}
	record_free(files);
	if (!same)
		return false;
	record_remove_files(before);
	record_remove_files(now);
	return record_equal(before, now);
}

int deposit_changes_nothing(struct deposit_run *run, const struct deposit_request *request, struct record *given,
	const struct deposit_access *access, const struct archive_version *head, struct err *err)
{
	struct record *before = NULL;
	struct archive_version now;
	int result;

	if (run->options->restore) /* what another archive held as two versions is two here */
		return 0;
	result = deposit_holds_same(run->archive, buf_view(&run->id), request->sources, run->options, &now, err);
	if (result != 1)
		return result;
	result = -1;
	if (archive_get_record(run->archive, buf_view(&run->id), head->version, &before, err) == 0 &&
		deposit_describe(run, request, given, access, before, err) == 0)
		result = says_the_same(before, run->record);
	record_free(before);
	return result;
}
