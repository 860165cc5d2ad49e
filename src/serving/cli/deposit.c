/* photostat deposit */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "withdrawal.h"

static const struct cli_option options[] = {
	{"--id", "ID", "name of the record (else made from the path); public and permanent", false},
	{"--new-version", NULL, "a new version of the record --id: the files replace those of the version before", false},
	{"--add", NULL, "with --new-version: keep the other files", false},
	{"--each", NULL, "one record a direct entry of each folder: a file, or a folder of pages", false},
	{"--each-file", NULL, "one record a file, at any depth of each folder", false},
	{"--csv", "FILE",
		"one record a row: path (several by |), id, Dublin Core terms, access, isPartOf; PATH is the folder that paths "
		"begin at",
		false},
	{"--meta", "K=V|FILE", "metadata: a Dublin Core term and its value, or a JSON file", true},
	{"--access", "open|closed|embargo=DATE", "who may read it (open); what is not open gets an id that says nothing", false},
	{"--accession", "NUMBER", "number of this act of taking in", false},
	{"--from", "AGENT", "who gives", false},
	{"--agreement", "TEXT", "on what terms", false},
	{"--receipts", "DIR", "write the receipt of each record into DIR", false},
	{"--dry-run", NULL, "check everything, write nothing", false},
	{NULL, NULL, NULL, false},
};

/* Whether a refusal says already which document it is about. */
static bool names(const char *reason, struct str source)
{
	struct str rest = str_from(reason);

	for (; rest.n >= source.n; rest = (struct str){rest.p + 1, rest.n - 1})
		if (str_starts(rest, source))
			return true;
	return false;
}

static void report(void *context, const struct deposit_event *event)
{
	static const char *const words[] = {"kept", "already kept", "refused", "would keep"};
	struct invocation *invocation = context;

	progress_pause(invocation->progress);
	if (invocation->json) {
		static const char *const types[] = {"deposited", "already-kept", "refused", "would-deposit"};
		struct json json;

		json_begin(&json, types[event->outcome]);
		json_string(&json, "source", event->source);
		if (event->id.n > 0)
			json_string(&json, "id", event->id);
		if (event->outcome != DEPOSIT_REFUSED)
			json_number(&json, "version", event->version);
		if (event->outcome == DEPOSIT_KEPT || event->outcome == DEPOSIT_ALREADY_KEPT)
			json_number(&json, "index", event->index);
		if (event->outcome == DEPOSIT_KEPT)
			json_text(&json, "state", "received");
		if (event->reason != NULL)
			json_text(&json, "reason", event->reason);
		json_end(&json, stdout);
		return;
	}
	if (event->outcome == DEPOSIT_REFUSED) {
		(void)fputs("photostat: refused: ", stderr);
		if (!names(event->reason, event->source)) {
			cli_put(stderr, event->source);
			(void)fputs(": ", stderr);
		}
		cli_put(stderr, str_from(event->reason));
		(void)fputc('\n', stderr);
		return;
	}
	(void)printf("%s  ", words[event->outcome]);
	cli_put(stdout, event->id);
	(void)printf("@%" PRIu64, event->version);
	if (event->outcome == DEPOSIT_KEPT)
		(void)printf("  entry %" PRIu64, event->index);
	/* An id that says nothing does not say to the depositor either which document has it. */
	if (str_starts(event->id, STR("urn:"))) {
		(void)fputs("  ", stdout);
		cli_put(stdout, event->source);
	}
	(void)fputc('\n', stdout);
}

static void tell(void *context, uint64_t done, uint64_t total, uint64_t bytes, uint64_t bytes_total)
{
	const struct invocation *invocation = context;

	progress_expect(invocation->progress, bytes_total);
	progress_set(invocation->progress, done, total, bytes);
}

static void committed(void *context)
{
	(void)context;
	(void)fflush(stdout); /* what is acknowledged is said, whatever becomes of us */
}

static int read_options(struct invocation *invocation, struct deposit_options *deposit)
{
	const char *access = cli_value(invocation, "--access");
	int shapes = cli_given(invocation, "--each") + cli_given(invocation, "--each-file") + cli_given(invocation, "--csv");

	if (shapes > 1)
		return cli_usage(invocation, "--each, --each-file and --csv exclude one another");
	deposit->shape = cli_given(invocation, "--each")        ? DEPOSIT_EACH
			 : cli_given(invocation, "--each-file") ? DEPOSIT_EACH_FILE
			 : cli_given(invocation, "--csv")       ? DEPOSIT_CSV
								: DEPOSIT_ONE;
	deposit->csv = cli_value(invocation, "--csv");
	deposit->paths = invocation->arguments;
	deposit->path_count = invocation->count;
	deposit->id = str_from(cli_value(invocation, "--id"));
	deposit->new_version = cli_given(invocation, "--new-version");
	deposit->add = cli_given(invocation, "--add");
	deposit->dry_run = cli_given(invocation, "--dry-run");
	deposit->accession = str_from(cli_value(invocation, "--accession"));
	deposit->from = str_from(cli_value(invocation, "--from"));
	deposit->agreement = str_from(cli_value(invocation, "--agreement"));
	deposit->receipts = cli_value(invocation, "--receipts");
	deposit->report = report;
	deposit->progress = tell;
	deposit->committed = committed;
	deposit->context = invocation;
	deposit->has_access = access != NULL;
	if (access != NULL && !access_parse(access, &deposit->access.state, deposit->access.until))
		return access_refuse_word(invocation, access, "--access is open, closed or embargo=YYYY-MM-DD");
	if (access != NULL)
		access_say_if_over(invocation, deposit->access.state, deposit->access.until);
	if (deposit->shape == DEPOSIT_CSV && invocation->count > 1)
		return cli_usage(invocation, "with --csv at most one folder, where its paths begin");
	return 0;
}

static void summarise(const struct invocation *invocation, const struct deposit_summary *summary, bool dry_run)
{
	char bytes[HUMAN_TEXT];

	human_bytes(summary->bytes, bytes);
	if (invocation->json) {
		struct json json;

		json_begin(&json, "deposit");
		json_number(&json, "kept", summary->kept);
		json_number(&json, "alreadyKept", summary->already);
		json_number(&json, "refused", summary->refused);
		json_number(&json, "bytes", summary->bytes);
		json_end(&json, stdout);
		return;
	}
	if (dry_run)
		cli_say(invocation, "nothing was written; %" PRIu64 " would be refused", summary->refused);
	else
		cli_say(invocation, "%" PRIu64 " kept (%s), %" PRIu64 " already kept, %" PRIu64 " refused", summary->kept, bytes,
			summary->already, summary->refused);
}

static int run(struct invocation *invocation)
{
	struct deposit_options deposit = {.shape = DEPOSIT_ONE};
	struct deposit_summary summary;
	struct str meta[512];
	struct archive *archive;
	struct err err = ERR_INIT;
	int status = read_options(invocation, &deposit);

	if (status != 0)
		return status;
	deposit.meta = meta;
	deposit.meta_count = cli_values(invocation, "--meta", meta, sizeof(meta) / sizeof(meta[0]));
	archive = cli_open(invocation, ARCHIVE_WRITE, &status);
	if (archive == NULL)
		return status;
	invocation->progress = progress_begin(invocation, "deposit", deposit.shape == DEPOSIT_ONE ? "files" : "records");
	if (archive_deposit(archive, &deposit, &summary, &err) != 0) {
		if (err.code == ERR_INTERRUPTED)
			err_set(&err, ERR_INTERRUPTED,
				"interrupted; what was reported is kept, nothing else is: the same command goes on where this one "
				"stopped");
		status = cli_fail(invocation, &err);
		if (err.code == ERR_NOT_FOUND || err.code == ERR_MISMATCH)
			status = EXIT_FAILED;
	} else {
		/* An answer of no is for questions; a document that could not be kept is a failure of the job. */
		status = summary.refused > 0 ? EXIT_FAILED : EXIT_WELL;
	}
	progress_end(invocation->progress);
	invocation->progress = NULL;
	if (err.code != ERR_USAGE)
		summarise(invocation, &summary, deposit.dry_run);
	archive_close(archive);
	return status;
}

const struct command command_deposit = {
	.name = "deposit",
	.summary = "take documents in, for ever",
	.usage = "[PATH…] [--id ID [--new-version [--add]]] [--each|--each-file|--csv FILE] [--meta K=V|FILE] [--access A] "
		 "[--accession NUMBER] [--from AGENT] [--agreement TEXT] [--receipts DIR] [--dry-run]",
	.details =
		"One record of the paths given, or many with --each, --each-file, --csv. A record is reported as kept only when "
		"its files and its\n"
		"entry in the log would survive a power cut. What is refused is named, the rest goes on, and the exit status is "
		"3. Doing it again\n"
		"adds nothing: the same bytes under the same name are \"already kept\", and a new version must say or hold "
		"something new. A photostat.json beside documents "
		"describes them.\n"
		"The id of a record is public and permanent. A level above documents, such as a fonds, has none: leave PATH out, "
		"and "
		"give --id and --meta level=fonds.\n\n"
		"Keys of --meta: Dublin Core terms (title, creator, date, language, …; title@de for one in German, date.written "
		"for the date as the document has it), isPartOf, level, referenceCode, and file:PATH:role. photostat-edit(1) takes "
		"the same.\n",
	.options = options,
	.example = "photostat deposit letters/ --each-file --meta creator=\"Anna Berg\" --receipts receipts/",
	.example_says = "keeps every file below letters/ as a record of its own",
	.run = run,
};
