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

static void summarise(const struct invocation *invocation, const struct holder_repaired *done, uint64_t log_files)
{
	static const char kept[] = "; what was damaged is kept in damaged/";

	if (invocation->json) {
		struct json json;

		json_begin(&json, "repair");
		json_number(&json, "findings", done->findings);
		json_number(&json, "repaired", done->records);
		json_number(&json, "logFiles", log_files);
		json_number(&json, "notRepaired", done->failed);
		json_end(&json, stdout);
	} else if (done->findings == 0) {
		cli_line("all well: nothing to repair");
	} else {
		if (log_files > 0)
			cli_line("repaired %" PRIu64 " file%s of the log%s", log_files, cli_s(log_files), kept);
		if (done->records > 0 || log_files == 0)
			cli_line("repaired %" PRIu64 " record%s%s", done->records, cli_s(done->records),
				done->records > 0 ? kept : "");
	}
	if (done->findings > 0)
		cli_say(invocation, "Now look again: photostat audit");
}

/* Whom to ask, and where the archive lies: told by one that may be too damaged to be opened otherwise. */
static int prepare(struct invocation *invocation, struct holder_repair *repair, struct holder_conf *conf, struct buf *path)
{
	struct archive *archive;
	int status;

	archive = cli_open(invocation, ARCHIVE_AUDIT, &status);
	if (archive == NULL)
		return status;
	if (repair->url_count == 0 && archive_is_holder(archive) && holder_conf_read(conf, archive_fd(archive), NULL) == 0) {
		repair->urls = conf->sources;
		repair->url_count = conf->source_count;
	}
	archive_close(archive);
	if (invocation->archive != NULL)
		buf_text(path, invocation->archive);
	else
		(void)archive_find(path, NULL);
	return repair->url_count > 0 ? EXIT_WELL : cli_usage(invocation, "name who has good copies: --from URL");
}

static int run(struct invocation *invocation)
{
	struct holder_repair repair = {.report = report, .key = cli_value(invocation, "--key"), .context = invocation};
	struct holder_conf conf = {.sources = NULL};
	struct holder_repaired log, done;
	struct archive *archive = NULL;
	struct str urls[SOURCES_MAX], *ids = mem_array(invocation->count + 1, sizeof(*ids));
	struct buf path = BUF_INIT;
	struct err err = ERR_INIT;
	int status;

	repair.urls = urls;
	repair.url_count = cli_values(invocation, "--from", urls, SOURCES_MAX);
	for (size_t i = 0; i < invocation->count; i++)
		ids[i] = str_from(invocation->arguments[i]);
	repair.ids = ids;
	repair.id_count = invocation->count;
	status = prepare(invocation, &repair, &conf, &path);
	if (status != EXIT_WELL)
		goto out;
	if (holder_repair_log(path.p, &repair, &log, &err) != 0) {
		status = cli_fail(invocation, &err);
		goto out;
	}
	archive = open_either(invocation, &status);
	if (archive == NULL)
		goto out;
	if (holder_repair(archive, &repair, &done, &err) != 0) {
		status = cli_fail(invocation, &err);
		goto out;
	}
	done.findings += log.findings;
	done.failed += log.failed;
	summarise(invocation, &done, log.records);
	status = done.failed > 0 || (done.findings > 0 && done.records + log.records == 0) ? EXIT_NO : EXIT_WELL;
out:
	free(ids);
	buf_release(&path);
	holder_conf_release(&conf);
	archive_close(archive);
	return status;
}

const struct command command_repair = {
	.name = "repair",
	.summary = "mend damaged records, and the log's files and checkpoint, from holders",
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
