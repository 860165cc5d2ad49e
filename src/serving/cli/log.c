/* photostat log */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "evidence.h"

static const struct cli_option options[] = {
	{"--from", "INDEX", "begin at this entry", false},
	{"--checkpoint", NULL, "print the signed checkpoint instead of entries", false},
	{"--against", "FILE", "compare this log with a checkpoint, or with a receipt's, that somebody was given", false},
	{"-o", "FILE", "with --against: where evidence of a contradiction goes (.evidence)", false},
	{"--force", NULL, "replace FILE", false},
	{NULL, NULL, NULL, false},
};

struct showing {
	const struct invocation *invocation;
	uint64_t from;
};

static int show(void *context, uint64_t index, struct str text, struct err *err)
{
	const struct showing *showing = context;
	const struct invocation *invocation = showing->invocation;
	struct arena arena = ARENA_INIT;
	struct entry entry;
	char time[TIME_TEXT];
	int result = -1;

	if (index < showing->from)
		return 0;
	if (entry_parse(&entry, text, &arena, err) != 0) {
		err_note(err, "entry %" PRIu64, index);
		goto out;
	}
	time_format(entry.time, time);
	if (invocation->json) {
		struct json json;

		json_begin(&json, "entry");
		json_number(&json, "index", index);
		json_text(&json, "kind", entry_kind_name(entry.kind));
		json_text(&json, "time", time);
		if (entry.record.n > 0)
			json_string(&json, "id", entry.record);
		if (entry.kind == ENTRY_VERSION)
			json_number(&json, "version", entry.version);
		json_string(&json, "text", text);
		json_end(&json, stdout);
	} else if (entry.kind == ENTRY_VERSION) {
		cli_line("%8" PRIu64 "  %s  version  %.*s@%" PRIu64, index, time, STR_ARG(entry.record), entry.version);
	} else if (entry.kind == ENTRY_ACCESS) {
		static const char *const words[] = {"open", "closed", "embargo until "};

		cli_line("%8" PRIu64 "  %s  access   %.*s  %s%.*s%s  (%.*s, %.*s)", index, time, STR_ARG(entry.record),
			words[entry.access], STR_ARG(entry.until), entry.leaf_count > 0 ? ", some files" : "",
			STR_ARG(entry.reason), STR_ARG(entry.authority));
	} else if (entry.kind == ENTRY_EXPUNGE) {
		cli_line("%8" PRIu64 "  %s  expunge  %.*s  (%.*s, %.*s)", index, time, STR_ARG(entry.record), STR_ARG(entry.reason),
			STR_ARG(entry.authority));
	} else {
		cli_line("%8" PRIu64 "  %s  %s", index, time, entry_kind_name(entry.kind));
	}
	result = os_interrupted() ? os_check_interrupted(err) : 0;
out:
	arena_release(&arena);
	return result;
}

static int run(struct invocation *invocation)
{
	const char *from_text = cli_value(invocation, "--from"), *against = cli_value(invocation, "--against");
	struct archive *archive;
	struct archive_name name = {.id = BUF_INIT};
	struct err err = ERR_INIT;
	struct showing showing = {.invocation = invocation};
	int status, result;

	if (invocation->count > 1)
		return cli_usage(invocation, "name one record, or none for the whole log");
	if (from_text != NULL && !decimal_parse(str_from(from_text), UINT64_MAX, &showing.from))
		return cli_usage(invocation, "--from wants the index of an entry");
	if (cli_given(invocation, "-o") && against == NULL)
		return cli_usage(invocation, "-o is for what --against finds");
	if (cli_given(invocation, "--force") && !cli_given(invocation, "-o"))
		return cli_usage(invocation, "--force goes with -o");
	if (cli_given(invocation, "--checkpoint") && (against != NULL || from_text != NULL || invocation->count > 0))
		return cli_usage(invocation, "--checkpoint is about the whole log: it goes with no record and no other option");
	if (against != NULL && from_text != NULL)
		return cli_usage(invocation, "--against is about the whole log: leave --from out");
	if (against != NULL && invocation->count > 0)
		return cli_usage(invocation, "--against is about the whole log: name no record");
	archive = cli_open(invocation, ARCHIVE_READ, &status);
	if (archive == NULL)
		return status;
	if (against != NULL) {
		status = evidence_against(invocation, archive, against, cli_value(invocation, "-o"));
		archive_close(archive);
		return status;
	}
	if (cli_given(invocation, "--checkpoint")) {
		struct str note = log_checkpoint(archive_log(archive));

		if (invocation->json) {
			struct json json;

			json_begin(&json, "checkpoint");
			json_number(&json, "size", log_size(archive_log(archive)));
			json_string(&json, "note", note);
			json_end(&json, stdout);
		} else {
			(void)fwrite(note.p, 1, note.n, stdout);
		}
		result = 0;
	} else if (invocation->count == 1) {
		struct archive_version version;

		result = archive_name_parse(archive, str_from(invocation->arguments[0]), &name, &err);
		if (result == 0 && name.version != 0)
			result = err_set(&err, ERR_USAGE,
				"the log is shown for a record, not for a version: leave @%" PRIu64 " out", name.version);
		if (result == 0)
			result = archive_version(archive, buf_view(&name.id), 0, &version, &err);
		if (result == 0)
			result = archive_each_entry(archive, buf_view(&name.id), show, &showing, &err);
	} else {
		uint64_t size = log_size(archive_log(archive));

		result = log_each(archive_log(archive), showing.from < size ? showing.from : size, size, show, &showing, &err);
	}
	if (result != 0)
		status = cli_fail(invocation, &err);
	archive_name_release(&name);
	archive_close(archive);
	return status;
}

const struct command command_log = {
	.name = "log",
	.summary = "list the log's entries, all or of one record",
	.usage = "[ID] [--from INDEX] [--checkpoint] [--against FILE [-o FILE] [--force]]",
	.details =
		"The log is append-only: every version, change of access and expunction of every record, with its time as the "
		"keeper claims it.\n"
		"--against holds the log to what it signed before: exit status 1 if that checkpoint contradicts it, or if that "
		"cannot "
		"be told because the checkpoint is the larger one; 3 if the checkpoint is not this log's. What -o writes, anyone "
		"judges with `photostat verify --evidence`.\n",
	.options = options,
	.example = "photostat log anna-1913",
	.example_says = "what ever happened to the record anna-1913",
	.run = run,
};
