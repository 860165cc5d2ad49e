/* photostat event */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

static const struct cli_option options[] = {
	{"--type", "T", "what happened: custody, transfer, loss, discovery, publication, … (all below)", false},
	{"--date", "EDTF", "when, such as 1927-11-16, 192X, 1927~", false},
	{"--agent", "A", "who did it, or who holds it now", false},
	{"--note", "TEXT", "what is to be said of it", false},
	{"--evidence", "ID", "the record that proves it", false},
	{"--supersedes", "N", "this takes the place of event number N", false},
	{NULL, NULL, NULL, false},
};

static int check_evidence(struct archive *archive, struct record_event *event, struct archive_name *evidence, struct err *err)
{
	struct archive_version version;

	if (event->evidence.n == 0)
		return 0;
	if (archive_name_parse(archive, event->evidence, evidence, err) != 0 ||
		archive_version(archive, buf_view(&evidence->id), evidence->version, &version, err) != 0)
		return err_note(err, "--evidence");
	event->evidence = buf_view(&evidence->id);
	return 0;
}

static int run(struct invocation *invocation)
{
	const char *supersedes = cli_value(invocation, "--supersedes");
	struct record_event event = {.type = str_from(cli_value(invocation, "--type")),
		.date = str_from(cli_value(invocation, "--date")),
		.agent = str_from(cli_value(invocation, "--agent")),
		.note = str_from(cli_value(invocation, "--note")),
		.evidence = str_from(cli_value(invocation, "--evidence"))};
	struct archive_name name = {.id = BUF_INIT}, evidence = {.id = BUF_INIT};
	struct archive_done done;
	struct archive *archive;
	struct record *record = NULL;
	struct err err = ERR_INIT;
	uint64_t number = 0;
	uint32_t given = 0;
	int status;

	if (invocation->count != 1 || event.type.n == 0)
		return cli_usage(invocation, "name a record, and what happened with --type");
	if (supersedes != NULL && (!decimal_parse(str_from(supersedes), UINT32_MAX, &number) || number == 0))
		return cli_usage(invocation, "--supersedes wants the number of an event");
	event.supersedes = (uint32_t)number;
	archive = cli_open(invocation, ARCHIVE_WRITE, &status);
	if (archive == NULL)
		return status;
	if (archive_name_parse(archive, str_from(invocation->arguments[0]), &name, &err) != 0 || cli_newest(&name, &err) != 0 ||
		archive_get_record(archive, buf_view(&name.id), 0, &record, &err) != 0 ||
		check_evidence(archive, &event, &evidence, &err) != 0)
		goto fail;
	if (record_add_event(record, &event, &given, &err) != 0) {
		if (err.code == ERR_SYNTAX)
			err.code = ERR_USAGE;
		goto fail;
	}
	if (archive_put_record(archive, buf_view(&name.id), record, STR("event added"), &done, &err) != 0)
		goto fail;
	if (invocation->json) {
		struct json json;

		json_begin(&json, "version");
		json_string(&json, "id", buf_view(&done.id));
		json_number(&json, "version", done.version);
		json_number(&json, "index", done.index);
		json_number(&json, "event", given);
		json_end(&json, stdout);
	} else {
		cli_line(
			"%.*s@%" PRIu64 "  event %u  entry %" PRIu64, STR_ARG(buf_view(&done.id)), done.version, given, done.index);
	}
	archive_done_release(&done);
	goto out;
fail:
	status = cli_fail(invocation, &err);
out:
	record_free(record);
	archive_name_release(&name);
	archive_name_release(&evidence);
	archive_close(archive);
	return status;
}

const struct command command_event = {
	.name = "event",
	.summary = "add to what is known of a record's custody, as a new version",
	.usage = "ID --type T [--date EDTF] [--agent A] [--note TEXT] [--evidence ID] [--supersedes N]",
	.details = "Events are numbered and never changed: a better one takes the place of an older, which stays to be seen.\n\n"
		   "Types of ours, for what befalls a document outside an archive: custody, discovery, loss, "
		   "publication, transcription, translation. PREMIS event types: accession, appraisal, capture, "
		   "compiling, compression, creation, deaccession, decompression, decryption, deletion, digital "
		   "signature generation, digital signature validation, displaying, dissemination, encryption, "
		   "execution, exporting, extraction, filename change, fixity check, forensic feature analysis, format "
		   "identification, imaging, information package creation, information package merging, information "
		   "package splitting, ingestion, ingestion end, ingestion start, interpreting, message digest "
		   "calculation, metadata extraction, metadata modification, migration, modification, normalization, "
		   "packing, policy assignment, printing, quarantine, recovery, redaction, refreshment, rendering, "
		   "replication, transfer, unpacking, unquarantine, validation, virus check.\n",
	.options = options,
	.example = "photostat event anna-1913 --type custody --date 1919~ --agent \"Karl Berg\" --note \"found among his papers\"",
	.example_says = "says in whose hands the document was around 1919",
	.run = run,
};
