/* photostat index */
#include "cli.h"

static void tell(void *context, uint64_t done, uint64_t total)
{
	progress_set(context, done, total, 0);
}

static const struct cli_option options[] = {{NULL, NULL, NULL, false}};

static int run(struct invocation *invocation)
{
	struct archive *archive;
	struct catalogue *catalogue;
	struct err err = ERR_INIT;
	uint64_t records;
	int status;

	if (invocation->count != 0)
		return cli_usage(invocation, "it takes no arguments");
	archive = cli_open(invocation, ARCHIVE_READ, &status);
	if (archive == NULL)
		return status;
	invocation->progress = progress_begin(invocation, "indexing", "entries");
	if (archive_catalogue(archive, &catalogue, true, tell, invocation->progress, &err) != 0 ||
		catalogue_count(catalogue, &records, &err) != 0) {
		status = cli_fail(invocation, &err);
	} else if (invocation->json) {
		struct json json;

		json_begin(&json, "index");
		json_number(&json, "records", records);
		json_number(&json, "entries", log_size(archive_log(archive)));
		json_end(&json, stdout);
	} else {
		cli_line("%llu record%s from %llu log entries", (unsigned long long)records, records == 1 ? "" : "s",
			(unsigned long long)log_size(archive_log(archive)));
	}
	progress_end(invocation->progress);
	invocation->progress = NULL;
	archive_close(archive);
	return status;
}

const struct command command_index = {
	.name = "index",
	.summary = "rebuild the catalogue from log and records",
	.usage = "",
	.details = "The catalogue (derived/catalogue.sqlite) answers list and finds records; it follows the log by itself. Nothing "
		   "is lost with it:\n"
		   "this command makes it anew, as after damage.\n",
	.options = options,
	.example = "photostat index -C letters",
	.example_says = "makes the catalogue of letters/ anew",
	.run = run,
};
