/* photostat repair: mends damaged records from holders. */
#include <inttypes.h>
#include <stdlib.h>

#include "cli.h"
#include "holder/holder.h"

#define SOURCES_MAX 64u

static const struct cli_option options[] = {
	{"--from", "URL", "a holder, or the keeper, to ask; may be given several times", true},
	{"--key", "FILE", "sign requests with this key: the recovery key, or one that the holders entitle to what is closed",
		false},
	{NULL, NULL, NULL, false},
};

static void report(void *context, struct str id, bool mended, const char *why)
{
	struct invocation *invocation = context;

	if (invocation->json) {
		struct json json;

		json_begin(&json, mended ? "repaired" : "not-repaired");
		json_string(&json, "id", id);
		if (!mended)
			json_text(&json, "reason", why);
		json_end(&json, stdout);
	} else if (mended) {
		cli_line("repaired: %.*s", STR_ARG(id));
	} else {
		cli_line("not repaired: %.*s: %s", STR_ARG(id), why);
	}
}

static struct archive *open_either(struct invocation *invocation, int *status)
{
	struct archive *archive = cli_open(invocation, ARCHIVE_READ, status);
	bool holder;

	if (archive == NULL)
		return NULL;
	holder = archive_is_holder(archive);
	archive_close(archive);
	return cli_open(invocation, holder ? ARCHIVE_HOLD : ARCHIVE_WRITE, status);
}

static void summarise(const struct invocation *invocation, const struct holder_repaired *done)
{
	if (invocation->json) {
		struct json json;

		json_begin(&json, "repair");
		json_number(&json, "findings", done->findings);
		json_number(&json, "repaired", done->records);
		json_number(&json, "notRepaired", done->failed);
		json_end(&json, stdout);
	} else if (done->findings == 0) {
		cli_line("all well: nothing to repair");
	} else {
		cli_line("repaired %" PRIu64 " record%s%s", done->records, done->records == 1 ? "" : "s",
			done->records > 0 ? "; what was damaged is kept in damaged/" : "");
	}
	if (done->findings > 0)
		cli_say(invocation, "Now look again: photostat audit");
}

static int run(struct invocation *invocation)
{
	struct holder_repair repair = {.report = report, .key = cli_value(invocation, "--key"), .context = invocation};
	struct holder_conf conf = {.sources = NULL};
	struct holder_repaired done;
	struct archive *archive;
	struct str urls[SOURCES_MAX], *ids = NULL;
	struct err err = ERR_INIT;
	int status;

	archive = open_either(invocation, &status);
	if (archive == NULL)
		return status;
	repair.urls = urls;
	repair.url_count = cli_values(invocation, "--from", urls, SOURCES_MAX);
	if (repair.url_count == 0 && archive_is_holder(archive) && holder_conf_read(&conf, archive_fd(archive), NULL) == 0) {
		repair.urls = conf.sources;
		repair.url_count = conf.source_count;
	}
	if (repair.url_count == 0) {
		status = cli_usage(invocation, "name who has good copies: --from URL");
		goto out;
	}
	ids = mem_array(invocation->count + 1, sizeof(*ids));
	for (size_t i = 0; i < invocation->count; i++)
		ids[i] = str_from(invocation->arguments[i]);
	repair.ids = ids;
	repair.id_count = invocation->count;
	if (holder_repair(archive, &repair, &done, &err) != 0) {
		status = cli_fail(invocation, &err);
		goto out;
	}
	summarise(invocation, &done);
	status = done.failed > 0 || (done.findings > 0 && done.records == 0) ? EXIT_NO : EXIT_WELL;
out:
	free(ids);
	holder_conf_release(&conf);
	archive_close(archive);
	return status;
}

const struct command command_repair = {
	.name = "repair",
	.summary = "mend damaged records from holders",
	.usage = "[ID…] [--from URL]… [--key FILE]",
	.details = "Audits, then builds what is damaged anew from what is still good here and what the named holders have; a "
		   "holder's own copy asks "
		   "the\n"
		   "sources of holder.conf. Only the digests in the log decide what is good. What was damaged is kept in damaged/, "
		   "and the file journal "
		   "says\n"
		   "what was done.\n",
	.options = options,
	.example = "photostat repair -C letters --from https://holder.example.net/",
	.example_says = "mends letters/ from a holder",
	.run = run,
};
