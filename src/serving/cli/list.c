/* photostat list */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

static const struct cli_option options[] = {
	{"--under", "ID", "only what is arranged under this record, at any depth", false},
	{"--title", "WORDS", "only titles that hold these words", false},
	{"--creator", "WORDS", "only creators that hold these words", false},
	{"--date", "EDTF", "only dates that overlap this one, such as 1917/1927 or 192X", false},
	{"--lang", "TAG", "only this language; de finds de-AT", false},
	{"--csv", NULL, "as a table that deposit --csv reads", false},
	{"--public", NULL, "only what a reader without rights may see", false},
	{NULL, NULL, NULL, false},
};

struct listing {
	struct invocation *invocation;
	struct archive *archive;
	bool public_only;
	struct columns *columns; /* --csv: noted in a first walk, written in a second */
	bool writing;
	uint64_t shown, partly_closed;
	struct buf line;
};

static int64_t now_seconds(void)
{
	return os_now();
}

static bool is_open(const struct catalogue_record *record)
{
	return record->state == ACCESS_OPEN || (record->state == ACCESS_EMBARGO && now_seconds() >= record->until);
}

static const char *state_word(const struct catalogue_record *record, char until[TIME_TEXT])
{
	until[0] = '\0';
	if (is_open(record))
		return record->files_restricted ? "open, some files not" : "open";
	if (record->state == ACCESS_CLOSED)
		return "closed";
	time_format(record->until, until);
	until[10] = '\0';
	return "embargo until ";
}

static void json_row(const struct catalogue_row *row)
{
	struct json json;
	char until[TIME_TEXT];

	json_begin(&json, "record");
	json_string(&json, "id", row->record.id);
	json_number(&json, "version", row->record.versions);
	json_number(&json, "index", row->record.version_index);
	json_string(&json, "title", row->title);
	json_string(&json, "creator", row->creator);
	json_string(&json, "date", row->date);
	json_string(&json, "language", row->language);
	json_string(&json, "level", row->level);
	json_string(&json, "referenceCode", row->reference_code);
	json_string(&json, "isPartOf", row->is_part_of);
	json_text(&json, "access", is_open(&row->record) ? "open" : row->record.state == ACCESS_CLOSED ? "closed" : "embargo");
	(void)state_word(&row->record, until);
	if (until[0] != '\0')
		json_text(&json, "until", until);
	json_end(&json, stdout);
}

/* NAME of a permalink of this archive; anything else as it is. */
static struct str name_of(struct str id, struct str origin)
{
	struct buf prefix = BUF_INIT;

	buf_printf(&prefix, "https://%.*s/r/", STR_ARG(origin));
	if (str_starts(id, buf_view(&prefix)))
		id = (struct str){id.p + prefix.n, id.n - prefix.n};
	buf_release(&prefix);
	return id;
}

static void text_row(const struct catalogue_row *row, struct str origin)
{
	char until[TIME_TEXT];
	const char *state = state_word(&row->record, until);

	cli_put(stdout, name_of(row->record.id, origin));
	if (row->record.versions > 1)
		(void)printf("@%" PRIu64, row->record.versions);
	if (row->reference_code.n > 0) {
		(void)fputs("  [", stdout);
		cli_put(stdout, row->reference_code);
		(void)fputs("]", stdout);
	}
	if (row->title.n > 0) {
		(void)fputs("  ", stdout);
		cli_put(stdout, row->title);
	}
	if (row->creator.n > 0) {
		(void)fputs("  / ", stdout);
		cli_put(stdout, row->creator);
	}
	if (row->date.n > 0) {
		(void)fputs("  ", stdout);
		cli_put(stdout, row->date);
	}
	if (strcmp(state, "open") != 0)
		(void)printf("  (%s%s)", state, until);
	(void)fputc('\n', stdout);
}

/* A path cell ("a.txt|b\\|c.txt") into its paths, whose text goes into *text. */
static struct str *split_paths(struct str cell, struct buf *text, size_t *count)
{
	struct str *paths = mem_array(cell.n + 2, sizeof(*paths));
	size_t began = 0;

	buf_reserve(text, cell.n + 1); /* so that it does not move below */
	*count = 0;
	for (size_t i = 0; i <= cell.n; i++) {
		if (i == cell.n || cell.p[i] == '|') {
			paths[(*count)++] = (struct str){text->p + began, text->n - began};
			began = text->n;
		} else {
			if (cell.p[i] == '\\' && i + 1 < cell.n)
				i++;
			buf_char(text, cell.p[i]);
		}
	}
	return paths;
}

/* What the table says otherwise than the description: names, which mean the same in a new archive, and the access of today. */
static int make_portable(const struct listing *listing, const struct catalogue_row *row, struct record *record, struct err *err)
{
	struct str origin = archive_origin(listing->archive), parent = record_field(record, RECORD_IS_PART_OF);
	char access[TIME_TEXT + 16], until[TIME_TEXT];

	(void)state_word(&row->record, until);
	(void)snprintf(access, sizeof(access), "%s%s",
		is_open(&row->record)                ? "open"
		: row->record.state == ACCESS_CLOSED ? "closed"
						     : "embargo=",
		is_open(&row->record) || row->record.state == ACCESS_CLOSED ? "" : until);
	return record_set_field(record, RECORD_ID, name_of(record_field(record, RECORD_ID), origin), err) != 0 ||
			       record_set_field(record, RECORD_IS_PART_OF, name_of(parent, origin), err) != 0 ||
			       record_set_field(record, RECORD_ACCESS, str_from(access), err) != 0
		       ? -1
		       : 0;
}

/* The table's row of one record: its description and its files' paths. */
static int csv_row(struct listing *listing, const struct catalogue_row *row, struct err *err)
{
	struct record *record = NULL;
	struct access_view *view = NULL;
	struct str *paths = NULL;
	size_t count;
	struct buf id = BUF_INIT, text = BUF_INIT;
	int result = -1;

	buf_str(&id, row->record.id);
	if (archive_get_record(listing->archive, buf_view(&id), 0, &record, err) != 0 ||
		access_view_open(&view, listing->archive, buf_view(&id), listing->public_only ? AUDIENCE_PUBLIC : AUDIENCE_KEEPER,
			err) != 0 ||
		access_withhold(view, record, err) != 0 || make_portable(listing, row, record, err) != 0)
		goto out;
	result = 0;
	listing->partly_closed += !listing->writing && access_restricted(view) && row->record.files_restricted;
	/* what deposit --csv finds it by: where it came from, or its files if that is not known */
	if (record_field(record, RECORD_ORIGINAL_NAME).n > 0) {
		paths = split_paths(record_field(record, RECORD_ORIGINAL_NAME), &text, &count);
	} else {
		count = record_file_count(record);
		paths = mem_array(count + 1, sizeof(*paths));
		for (size_t i = 0; i < count; i++) {
			struct record_file file;

			record_file(record, i, &file);
			paths[i] = file.path;
		}
	}
	if (listing->writing) {
		buf_clear(&listing->line);
		columns_row(listing->columns, record, paths, count, &listing->line);
		(void)fwrite(listing->line.p, 1, listing->line.n, stdout);
	} else {
		result = columns_note(listing->columns, record, err);
	}
out:
	free(paths);
	access_view_free(view);
	record_free(record);
	buf_release(&id);
	buf_release(&text);
	return result;
}

/* The catalogue remembers that a file had an access of its own, not whether it is closed by it today. */
static int look_at_files(const struct listing *listing, struct catalogue_record *record, struct err *err)
{
	struct access_view *view = NULL;
	struct buf id = BUF_INIT;
	int result = 0;

	if (!record->files_restricted || !is_open(record))
		return 0;
	buf_str(&id, record->id);
	result = access_view_open(&view, listing->archive, buf_view(&id), AUDIENCE_PUBLIC, err);
	if (result == 0)
		record->files_restricted = access_restricted(view);
	access_view_free(view);
	buf_release(&id);
	return result;
}

static int take(void *context, const struct catalogue_row *found, struct err *err)
{
	struct listing *listing = context;
	struct catalogue_row now = *found, *row = &now;

	if (listing->public_only && !is_open(&row->record))
		return 0;
	if (listing->columns != NULL)
		return csv_row(listing, row, err);
	if (look_at_files(listing, &row->record, err) != 0)
		return -1;
	if (listing->invocation->json)
		json_row(row);
	else
		text_row(row, archive_origin(listing->archive));
	listing->shown++;
	return os_check_interrupted(err);
}

static void tell(void *context, uint64_t done, uint64_t total)
{
	progress_set(context, done, total, 0);
}

static int read_filter(struct invocation *invocation, struct archive *archive, struct catalogue_filter *filter,
	struct archive_name *under, struct err *err)
{
	const char *date = cli_value(invocation, "--date");
	struct buf tag = BUF_INIT;
	struct edtf edtf;

	filter->title = str_from(cli_value(invocation, "--title"));
	filter->creator = str_from(cli_value(invocation, "--creator"));
	filter->language = str_from(cli_value(invocation, "--lang"));
	if (date != NULL) {
		if (edtf_parse(str_from(date), &edtf, err) != 0) {
			err->code = ERR_USAGE;
			return err_note(err, "--date");
		}
		filter->has_date = true;
		filter->date = (struct catalogue_range){edtf.days.first, edtf.days.last};
	}
	if (filter->language.n > 0) {
		int result = language_canonical(filter->language, &tag, err);

		buf_release(&tag);
		if (result != 0) {
			err->code = ERR_USAGE;
			return err_note(err, "--lang");
		}
	}
	if (cli_given(invocation, "--under")) {
		struct archive_version version;

		if (archive_name_parse(archive, str_from(cli_value(invocation, "--under")), under, err) != 0 ||
			archive_version(archive, buf_view(&under->id), 0, &version, err) != 0)
			return -1;
		filter->under = buf_view(&under->id);
	}
	return 0;
}

static int run(struct invocation *invocation)
{
	struct listing listing = {.invocation = invocation, .public_only = cli_given(invocation, "--public")};
	struct catalogue_filter filter = {.has_date = false};
	struct archive_name under = {.id = BUF_INIT};
	struct catalogue *catalogue;
	struct err err = ERR_INIT;
	int status;

	if (invocation->count != 0)
		return cli_usage(
			invocation, "it takes no arguments; --title, --creator, --date, --lang and --under narrow the list");
	if (invocation->json && cli_given(invocation, "--csv"))
		return cli_usage(invocation, "--csv and --json exclude one another");
	listing.archive = cli_open(invocation, ARCHIVE_READ, &status);
	if (listing.archive == NULL)
		return status;
	invocation->progress = progress_begin(invocation, "catalogue", "entries");
	if (read_filter(invocation, listing.archive, &filter, &under, &err) != 0 ||
		archive_catalogue(listing.archive, &catalogue, false, tell, invocation->progress, &err) != 0)
		goto fail;
	progress_pause(invocation->progress);
	if (cli_given(invocation, "--csv")) {
		listing.columns = columns_new();
		if (catalogue_list(catalogue, &filter, take, &listing, &err) != 0)
			goto fail;
		columns_header(listing.columns, &listing.line);
		(void)fwrite(listing.line.p, 1, listing.line.n, stdout);
		listing.writing = true;
	}
	if (catalogue_list(catalogue, &filter, take, &listing, &err) != 0)
		goto fail;
	if (listing.partly_closed > 0)
		cli_say(invocation, "photostat: %" PRIu64 " of these have files that are not open, which a table cannot say",
			listing.partly_closed);
	if (listing.columns == NULL && listing.shown == 0)
		cli_say(invocation, log_size(archive_log(listing.archive)) > 1 ? "no record fits" : "nothing is deposited yet");
	goto out;
fail:
	status = cli_fail(invocation, &err);
out:
	progress_end(invocation->progress);
	invocation->progress = NULL;
	columns_free(listing.columns);
	buf_release(&listing.line);
	archive_name_release(&under);
	archive_close(listing.archive);
	return status;
}

const struct command command_list = {
	.name = "list",
	.summary = "list records, all or those that fit",
	.usage = "[--under ID] [--title WORDS] [--creator WORDS] [--date EDTF] [--lang TAG] [--csv] [--public]",
	.details = "One line a record: name, reference code, title, creator, date. Ordered by reference code, then by name.\n",
	.options = options,
	.example = "photostat list --creator berg --date 1913/1914",
	.example_says = "records by somebody called Berg, dated in these two years",
	.run = run,
};
