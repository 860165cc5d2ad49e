/* photostat expunge */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "finder/finder.h"
#include "withdrawal.h"

static const struct cli_option options[] = {
	{"--authority", "WHO", "who decided; an office rather than a person, as it stays in the public log for ever", false},
	{"--reason", "CODE", "why, as a code such as court-order; public, too", false},
	{"--note", "TEXT", "a free text, kept with the record; the log holds only a salted commitment to it", false},
	{"--yes", NULL, "do not ask", false},
	{NULL, NULL, NULL, false},
};

void withdrawal_done(const struct invocation *invocation, const char *kind, const struct archive_done *done)
{
	if (invocation->json) {
		struct json json;

		json_begin(&json, kind);
		json_string(&json, "id", buf_view(&done->id));
		json_number(&json, "version", done->version);
		json_number(&json, "index", done->index);
		json_end(&json, stdout);
		return;
	}
	cli_line("%.*s  entry %" PRIu64, STR_ARG(buf_view(&done->id)), done->index);
}

static void show_plan(const struct invocation *invocation, const struct expunge_plan *plan)
{
	struct str rest = buf_view(&plan->other_holders), line;
	char bytes[HUMAN_TEXT];

	human_bytes(plan->bytes, bytes);
	cli_say(invocation,
		"%" PRIu64 " file%s in %" PRIu64
		" version%s, %s, for ever. The log keeps that it happened, when, by whose authority and why.",
		plan->files, cli_s(plan->files), plan->versions, cli_s(plan->versions), bytes);
	while (str_take_line(&rest, &line))
		cli_say(invocation, "the same bytes are also held by %.*s; that is not touched", STR_ARG(line));
}

static bool confirmed(const struct invocation *invocation)
{
	char answer[16];

	if (cli_given(invocation, "--yes"))
		return true;
	if (isatty(STDIN_FILENO) != 1)
		return false;
	(void)fputs("Type yes to expunge: ", stderr);
	return fgets(answer, sizeof(answer), stdin) != NULL && strcmp(answer, "yes\n") == 0;
}

static int run(struct invocation *invocation)
{
	struct withdrawal withdrawal = {.authority = str_from(cli_value(invocation, "--authority")),
		.reason = str_from(cli_value(invocation, "--reason")),
		.note = str_from(cli_value(invocation, "--note"))};
	struct archive_name name = {.id = BUF_INIT};
	struct expunge_plan plan = {.files = 0};
	struct archive_done done;
	struct archive *archive;
	struct err err = ERR_INIT;
	struct str *files;
	int status;

	if (invocation->count < 1)
		return cli_usage(invocation, "name a record, and files of it if not all are to go");
	archive = cli_open(invocation, ARCHIVE_WRITE, &status);
	if (archive == NULL)
		return status;
	files = mem_array(invocation->count, sizeof(*files));
	for (size_t i = 1; i < invocation->count; i++)
		files[withdrawal.file_count++] = str_from(invocation->arguments[i]);
	withdrawal.files = files;
	if (archive_name_parse(archive, str_from(invocation->arguments[0]), &name, &err) != 0)
		goto fail;
	withdrawal.id = buf_view(&name.id);
	withdrawal.version = name.version;
	if (archive_expunge_plan(archive, &withdrawal, &plan, &err) != 0)
		goto fail;
	show_plan(invocation, &plan);
	if (!confirmed(invocation)) {
		/* Whoever was asked knows what to do; a script does not. */
		if (isatty(STDIN_FILENO) == 1) {
			(void)fputs("nothing was expunged\n", stderr);
			status = EXIT_NO;
		} else {
			status = cli_usage(invocation, "nothing was expunged; --yes says that it is meant");
		}
		goto out;
	}
	if (archive_expunge(archive, &withdrawal, &done, &err) != 0)
		goto fail;
	withdrawal_done(invocation, "expunge", &done);
	if (finder_follow(archive, true, &err) != 0) {
		archive_done_release(&done);
		goto fail;
	}
	archive_done_release(&done);
	goto out;
fail:
	status = cli_fail(invocation, &err);
out:
	expunge_plan_release(&plan);
	archive_name_release(&name);
	free(files);
	archive_close(archive);
	return status;
}

const struct command command_expunge = {
	.name = "expunge",
	.summary = "erase bytes for ever, visibly",
	.usage = "ID[@N] [FILE…] --authority WHO --reason CODE [--note TEXT] [--yes]",
	.details = "Takes the bytes, their names, digests and salts out of the record's every inventory and rebuilds it under the "
		   "same id and version\n"
		   "numbers. What remains is still proven by the original entries; old receipts still verify. There is no way "
		   "back; it asks first.\n"
		   "Copies that others hold, and backups, are not reached.\n",
	.options = options,
	.example = "photostat expunge anna-1913 envelope.jpg --authority \"District court\" --reason court-order",
	.example_says = "erases one file from all versions of anna-1913",
	.run = run,
};
