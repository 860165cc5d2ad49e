/* photostat index */
#include "cli.h"

#include "extract/extract.h"
#include "finder/finder.h"
#include "index_follow.h"

static void tell(void *context, uint64_t done, uint64_t total)
{
	progress_set(context, done, total, 0);
}

static const struct cli_option options[] = {
	{"--no-text", NULL, "the catalogue alone", false},
	{"--follow", NULL, "make nothing anew: follow what is deposited until standard input ends, as serve does beside itself",
		false},
	{"--state", NULL, "only say how far the texts are read", false},
	{"--again", NULL, "documents that gave no text are read once more", false},
	{"-v", NULL, "name each document that gives no text", false},
	{NULL, NULL, NULL, false},
};

struct reading {
	struct invocation *invocation;
	struct extract_run run;
};

static int document_done(
	void *context, struct str id, struct str path, enum extract_state state, const struct extract_outcome *outcome)
{
	struct reading *reading = context;
	struct invocation *invocation = reading->invocation;

	progress_set(invocation->progress, reading->run.looked_at, reading->run.to_look_at, 0);
	if (state == EXTRACT_DONE)
		return 0;
	if (invocation->json) {
		struct json json;

		json_begin(&json, "no-text");
		json_string(&json, "id", id);
		json_string(&json, "path", path);
		json_text(&json, "why", outcome->why);
		json_end(&json, stdout);
	} else if (cli_given(invocation, "-v")) {
		progress_pause(invocation->progress);
		cli_line("no text: %.*s %.*s: %s", STR_ARG(id), STR_ARG(path), outcome->why);
	}
	return 0;
}

/* What could not be read is no failure of the command: it is counted. Where no worker is installed there is a word about it, and no text. */
static int read_texts(struct reading *reading, struct archive *archive, struct catalogue *catalogue, struct err *err)
{
	struct invocation *invocation = reading->invocation;
	int result;

	progress_end(invocation->progress);
	invocation->progress = progress_begin(invocation, "reading", "entries");
	reading->run = (struct extract_run){.id = {"", 0},
		.again = cli_given(invocation, "--again"),
		.from_start = true,
		.least = EXTRACT_LIMITS,
		.done = document_done,
		.context = reading};
	result = extract_archive(archive, catalogue, &reading->run, err);
	if (result == 0 || (err->code != ERR_NOT_FOUND && err->code != ERR_SYSTEM))
		return result;
	cli_say(invocation, "no text was read out of documents: %s", err->text);
	err_clear(err);
	return 0;
}

static int make_searchable(struct invocation *invocation, struct archive *archive, struct catalogue *catalogue,
	struct finder_run *run, struct err *err)
{
	progress_end(invocation->progress);
	invocation->progress = progress_begin(invocation, "search", "entries");
	run->context = invocation->progress;
	return finder_feed(archive, catalogue, run, err);
}

static void say_texts(const struct extract_run *run)
{
	char read[48] = "no text was", rest[64] = "none was left unread";

	if (run->extracted > 0)
		(void)snprintf(read, sizeof(read), "%llu text%s", (unsigned long long)run->extracted,
			run->extracted == 1 ? " was" : "s were");
	if (run->failed > 0)
		(void)snprintf(
			rest, sizeof(rest), "%llu document%s gave none", (unsigned long long)run->failed, cli_s(run->failed));
	else if (run->left > 0)
		(void)snprintf(rest, sizeof(rest), "%llu document%s could not be reached", (unsigned long long)run->left,
			cli_s(run->left));
	cli_line("%s read out of documents; %s", read, rest);
}

static int run(struct invocation *invocation)
{
	struct archive *archive;
	struct catalogue *catalogue;
	struct err err = ERR_INIT;
	struct reading reading = {.invocation = invocation};
	struct finder_run found = {.rebuild = true, .progress = tell};
	uint64_t records;
	int status;

	if (invocation->count != 0)
		return cli_usage(invocation, "it takes no arguments");
	archive = cli_open(invocation, ARCHIVE_READ, &status);
	if (archive == NULL)
		return status;
	if (cli_given(invocation, "--follow") || cli_given(invocation, "--state")) {
		status = cli_given(invocation, "--follow") ? index_follow(invocation, archive) : index_state(invocation, archive);
		archive_close(archive);
		return status;
	}
	invocation->progress = progress_begin(invocation, "indexing", "entries");
	if (archive_catalogue(archive, &catalogue, true, tell, invocation->progress, &err) != 0 ||
		catalogue_count(catalogue, &records, &err) != 0 ||
		(!cli_given(invocation, "--no-text") && read_texts(&reading, archive, catalogue, &err) != 0) ||
		make_searchable(invocation, archive, catalogue, &found, &err) != 0) {
		status = cli_fail(invocation, &err);
	} else if (invocation->json) {
		struct json json;

		json_begin(&json, "index");
		json_number(&json, "records", records);
		json_number(&json, "entries", log_size(archive_log(archive)));
		json_number(&json, "texts", reading.run.extracted);
		json_number(&json, "failed", reading.run.failed);
		json_number(&json, "left", reading.run.left);
		json_number(&json, "searchable", found.texts);
		json_end(&json, stdout);
	} else {
		cli_line("%llu record%s from %llu log entries", (unsigned long long)records, cli_s(records),
			(unsigned long long)log_size(archive_log(archive)));
		if (reading.run.extracted > 0 || reading.run.failed > 0)
			say_texts(&reading.run);
	}
	progress_end(invocation->progress);
	invocation->progress = NULL;
	archive_close(archive);
	return status;
}

const struct command command_index = {
	.name = "index",
	.summary = "rebuild the catalogue, read the texts of documents, and make them searchable",
	.usage = "[--no-text] [--again] [-v] | --follow [--no-text] | --state",
	.details = "The catalogue (derived/catalogue.sqlite) answers list and finds records; it follows the log by itself. Nothing "
		   "is lost with it:\n"
		   "this command makes it anew, as after damage.\n"
		   "Then each document of the newest versions that has no text yet is read, in a process of its own that is shut "
		   "in: what "
		   "comes out lies in derived/text, for search and reading room.\n"
		   "Last the full-text index is made anew: derived/search.sqlite of what is open, derived/search-closed.sqlite of "
		   "what is not.\n"
		   "photostat serve runs it with --follow beside itself: what readers look at comes first, then what is newest, "
		   "one document at "
		   "a time. Several of these\n"
		   "at the same time do no harm.\n",
	.options = options,
	.example = "photostat index -C letters",
	.example_says = "makes the catalogue of letters/ anew",
	.run = run,
};
