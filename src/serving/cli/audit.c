/* photostat audit */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

static const struct cli_option options[] = {
	{"--sample", "PERCENT", "only so many of the records, chosen at random; says what confidence that gives", false},
	{"--resume", NULL, "go on where an interrupted audit stopped", false},
	{"--rate", "BYTES", "read at most so many bytes a second (K, M, G may follow)", false},
	{"--log-only", NULL, "only the log, not the records", false},
	{"--threads", "N", "how many records at once (as many as there are cores)", false},
	{NULL, NULL, NULL, false},
};

static void report(void *context, const struct finding *finding)
{
	struct invocation *invocation = context;

	progress_pause(invocation->progress);
	if (invocation->json) {
		struct json json;

		json_begin(&json, "finding");
		json_text(&json, "word", finding_name(finding->word));
		if (finding->id.n > 0)
			json_string(&json, "id", finding->id);
		if (finding->version > 0)
			json_number(&json, "version", finding->version);
		if (finding->path.n > 0)
			json_string(&json, "path", finding->path);
		json_text(&json, "what", finding->what);
		json_text(&json, "next", finding->next);
		json_end(&json, stdout);
		return;
	}
	(void)printf("%s: ", finding_name(finding->word));
	if (finding->id.n > 0) {
		cli_put(stdout, finding->id);
		if (finding->version > 0)
			(void)printf("@%" PRIu64, finding->version);
		(void)fputs(": ", stdout);
	}
	cli_put(stdout, finding->path);
	(void)fputs(": ", stdout);
	cli_put(stdout, str_from(finding->what));
	(void)fputs("; ", stdout);
	cli_put(stdout, str_from(finding->next));
	(void)fputc('\n', stdout);
	(void)fflush(stdout);
}

static void tell(void *context, uint64_t records, uint64_t total, uint64_t bytes)
{
	const struct invocation *invocation = context;

	progress_set(invocation->progress, records, total, bytes);
}

static bool parse_rate(const char *text, uint64_t *out)
{
	struct str number = str_from(text);
	uint64_t unit = 1;

	if (number.n > 0 && (number.p[number.n - 1] == 'K' || number.p[number.n - 1] == 'k'))
		unit = 1000;
	else if (number.n > 0 && number.p[number.n - 1] == 'M')
		unit = 1000000;
	else if (number.n > 0 && number.p[number.n - 1] == 'G')
		unit = 1000000000;
	if (unit > 1)
		number.n--;
	if (!decimal_parse(number, UINT64_MAX / unit, out) || *out == 0)
		return false;
	*out *= unit;
	return true;
}

/* The chance to have met damage, had it touched one record in a thousand. */
static double confidence(const struct audit_summary *summary)
{
	return 1.0 - pow(1.0 - 0.001, (double)summary->records);
}

static void summarise(const struct invocation *invocation, const struct audit_options *audit, const struct audit_summary *summary)
{
	char bytes[HUMAN_TEXT];
	struct json json;

	if (invocation->json) {
		json_begin(&json, "audit");
		json_number(&json, "size", summary->size);
		json_number(&json, "entries", summary->entries);
		json_number(&json, "records", summary->records);
		json_number(&json, "versions", summary->versions);
		json_number(&json, "files", summary->files);
		json_number(&json, "bytes", summary->bytes);
		json_number(&json, "findings", summary->findings);
		json_number(&json, "expunged", summary->expunged);
		json_number(&json, "notChecked", summary->not_checked);
		json_number(&json, "notHeld", summary->not_held);
		json_number(&json, "newer", summary->newer);
		json_number(&json, "catalogueBehind", summary->behind);
		json_number(&json, "catalogueNotCompared", summary->uncompared);
		json_number(&json, "accessNotCompared", summary->access_uncompared);
		json_bool(&json, "resumed", summary->resumed);
		json_bool(&json, "logUnknown", summary->log_unknown);
		json_bool(&json, "headUnknown", summary->head_unknown);
		if (audit->sample > 0)
			json_real(&json, "confidenceOneInThousand", confidence(summary));
		json_end(&json, stdout);
		return;
	}
	human_bytes(summary->bytes, bytes);
	cli_line("checked %" PRIu64 " log %s, %" PRIu64 " record%s, %" PRIu64 " version%s, %" PRIu64
		 " file%s, %s; log size %" PRIu64,
		summary->entries, summary->entries == 1 ? "entry" : "entries", summary->records, cli_s(summary->records),
		summary->versions, cli_s(summary->versions), summary->files, cli_s(summary->files), bytes, summary->size);
	if (summary->log_unknown)
		cli_line("not checked: tiles, entries and records, since the checkpoint is not to be believed");
	if (summary->head_unknown)
		cli_line("not checked: whether this log was rolled back, and whether its key is there to sign with, since its keys "
			 "folder cannot be opened");
	if (audit->log_only && !summary->log_unknown)
		cli_line("not checked: records and catalogue (--log-only)");
	if (summary->uncompared > 0)
		cli_line("not checked: what the catalogue says of %" PRIu64
			 " or fewer other records, which cannot be told apart from those",
			summary->uncompared);
	if (summary->access_uncompared > 0)
		cli_line("not checked: what the catalogue says of the access to files of %" PRIu64
			 " record%s, one of which was closed and is expunged now",
			summary->access_uncompared, cli_s(summary->access_uncompared));
	if (summary->behind > 0)
		cli_line("not checked: what the catalogue says of %" PRIu64 " record%s that changed since it last followed the log",
			summary->behind, cli_s(summary->behind));
	if (summary->not_held > 0)
		cli_line("not checked: what is not held here of %" PRIu64
			 " record%s: closed, not fetched yet, or later than what was expunged and "
			 "is kept",
			summary->not_held, cli_s(summary->not_held));
	if (summary->newer > 0)
		cli_line("not checked: %" PRIu64 " record%s changed or deposited while the audit ran", summary->newer,
			cli_s(summary->newer));
	if (summary->not_checked > summary->newer && !audit->log_only)
		cli_line("not checked: %" PRIu64 " record%s%s", summary->not_checked - summary->newer,
			cli_s(summary->not_checked - summary->newer),
			audit->sample > 0  ? " outside the sample"
			: summary->resumed ? " that the interrupted audit had checked"
					   : "");
	if (audit->sample > 0)
		cli_line("if one record in 1000 were damaged, this sample would have met it with %.1f %% certainty",
			100 * confidence(summary));
	if (summary->expunged > 0)
		cli_line("expunged, as the log says: %" PRIu64, summary->expunged);
	cli_line(summary->findings == 0 ? "all well" : "%" PRIu64 " finding%s", summary->findings, cli_s(summary->findings));
}

static int run(struct invocation *invocation)
{
	const char *sample = cli_value(invocation, "--sample"), *rate = cli_value(invocation, "--rate"),
		   *threads = cli_value(invocation, "--threads");
	struct audit_options audit = {.resume = cli_given(invocation, "--resume"),
		.log_only = cli_given(invocation, "--log-only"),
		.report = report,
		.progress = tell,
		.context = invocation};
	struct audit_summary summary;
	struct archive *archive;
	struct err err = ERR_INIT;
	struct str *ids = NULL;
	uint64_t number;
	int status;

	if (sample != NULL) {
		char *end;

		audit.sample = strtod(sample, &end);
		if (*end == '%')
			end++;
		if (*end != '\0' || !(audit.sample > 0) || audit.sample > 100)
			return cli_usage(invocation, "--sample wants a percentage above 0, at most 100");
	}
	if (rate != NULL && !parse_rate(rate, &audit.rate))
		return cli_usage(invocation, "--rate wants bytes a second, such as 20M");
	if (threads != NULL) {
		if (!decimal_parse(str_from(threads), 8, &number) || number == 0)
			return cli_usage(invocation, "--threads wants a number from 1 to 8");
		audit.threads = (unsigned)number;
	}
	if (invocation->count > 0 && (audit.resume || audit.log_only || audit.sample > 0))
		return cli_usage(invocation, "--resume, --sample and --log-only are for the whole archive, not for named records");
	if (audit.log_only && (audit.resume || audit.sample > 0))
		return cli_usage(invocation, "--resume and --sample are for records, which --log-only leaves out");
	archive = cli_open(invocation, ARCHIVE_AUDIT, &status);
	if (archive == NULL)
		return status;
	ids = mem_array(invocation->count + 1, sizeof(*ids));
	for (size_t i = 0; i < invocation->count; i++)
		ids[i] = str_from(invocation->arguments[i]);
	audit.ids = ids;
	audit.id_count = invocation->count;
	invocation->progress = progress_begin(invocation, "audit", audit.log_only ? "entries" : "records");
	if (archive_audit(archive, &audit, &summary, &err) != 0) {
		progress_end(invocation->progress);
		invocation->progress = NULL;
		if (err.code == ERR_INTERRUPTED)
			cli_say(invocation, "what was not reached is not checked; photostat audit --resume goes on");
		status = cli_fail(invocation, &err);
	} else {
		progress_end(invocation->progress);
		invocation->progress = NULL;
		summarise(invocation, &audit, &summary);
		status = summary.findings == 0 ? EXIT_WELL : EXIT_NO;
	}
	free(ids);
	archive_close(archive);
	return status;
}

const struct command command_audit = {
	.name = "audit",
	.summary = "read every byte again and compare it with the log",
	.usage = "[ID…] [--sample PERCENT] [--resume] [--rate BYTES] [--log-only] [--threads N]",
	.details = "Checks files against inventories, inventories against entries, entries against tiles, tiles against the "
		   "checkpoint, and the\n"
		   "catalogue against all of them. One line a finding: altered, missing, extra, unreadable, unlogged or expunged; "
		   "the record and\n"
		   "file; and what to do next. Deposits may go on meanwhile. Exit status 1 if there is a finding.\n",
	.options = options,
	.example = "photostat audit -C letters",
	.example_says = "checks the whole archive letters/",
	.run = run,
};
