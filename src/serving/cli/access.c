/* photostat access */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "finder/finder.h"
#include "withdrawal.h"

static const struct cli_option options[] = {
	{"--authority", "WHO", "who decided; an office rather than a person, as it stays in the public log for ever", false},
	{"--reason", "CODE", "why, as a code such as privacy, court-order, donor-agreement; public, too", false},
	{"--note", "TEXT", "a free text, kept with the record; the log holds only a salted commitment to it", false},
	{NULL, NULL, NULL, false},
};

bool access_parse(const char *word, enum access_state *state, char until[12])
{
	int64_t seconds;

	until[0] = '\0';
	if (strcmp(word, "open") == 0) {
		*state = ACCESS_OPEN;
	} else if (strcmp(word, "closed") == 0) {
		*state = ACCESS_CLOSED;
	} else if (strncmp(word, "embargo=", 8) == 0 && date_parse(str_from(word + 8), &seconds)) {
		*state = ACCESS_EMBARGO;
		memcpy(until, word + 8, 11);
	} else {
		return false;
	}
	return true;
}

int access_refuse_word(const struct invocation *invocation, const char *word, const char *way)
{
	if (strncmp(word, "embargo=", 8) == 0)
		return cli_usage(invocation,
			"\"%s\" is no date that an embargo could end at: it is written year first, as in 2031-01-01", word + 8);
	return cli_usage(invocation, "%s", way);
}

void access_say_if_over(const struct invocation *invocation, enum access_state state, const char until[12])
{
	int64_t end;

	if (state == ACCESS_EMBARGO && date_parse(str_from(until), &end) && os_now() >= end)
		cli_say(invocation, "%s has passed: an embargo until then is over, and readers see it now", until);
}

/* Opening a record opens nothing that was closed on its own: said, because the keeper may think otherwise. */
static void say_what_stays(const struct invocation *invocation, struct archive *archive, struct str id)
{
	struct access_view *view = NULL;

	if (access_view_open(&view, archive, id, AUDIENCE_PUBLIC, NULL) != 0)
		return;
	if (access_restricted(view))
		cli_say(invocation,
			"some of its files stay closed, as they were closed on their own: photostat show %.*s names them; open "
			"each "
			"with photostat access %.*s FILE open",
			STR_ARG(id), STR_ARG(id));
	access_view_free(view);
}

static int run(struct invocation *invocation)
{
	struct withdrawal withdrawal = {.authority = str_from(cli_value(invocation, "--authority")),
		.reason = str_from(cli_value(invocation, "--reason")),
		.note = str_from(cli_value(invocation, "--note"))};
	struct archive_name name = {.id = BUF_INIT};
	struct archive_done done;
	struct archive *archive;
	struct err err = ERR_INIT;
	struct str *files;
	static const char way[] = "name a record, perhaps some of its files, and last open, closed or embargo=YYYY-MM-DD";
	int status;

	if (invocation->count < 2)
		return cli_usage(invocation, way);
	if (!access_parse(invocation->arguments[invocation->count - 1], &withdrawal.access, withdrawal.until))
		return access_refuse_word(invocation, invocation->arguments[invocation->count - 1], way);
	archive = cli_open(invocation, ARCHIVE_WRITE, &status);
	if (archive == NULL)
		return status;
	files = mem_array(invocation->count, sizeof(*files));
	for (size_t i = 1; i + 1 < invocation->count; i++)
		files[withdrawal.file_count++] = str_from(invocation->arguments[i]);
	withdrawal.files = files;
	if (archive_name_parse(archive, str_from(invocation->arguments[0]), &name, &err) != 0)
		goto fail;
	if (name.version != 0) {
		status = cli_usage(invocation, "access governs all versions of a record: leave @%" PRIu64 " out", name.version);
		goto out;
	}
	withdrawal.id = buf_view(&name.id);
	if (archive_access(archive, &withdrawal, &done, &err) != 0)
		goto fail;
	withdrawal_done(invocation, "access", &done);
	access_say_if_over(invocation, withdrawal.access, withdrawal.until);
	if (finder_follow(archive, false, &err) != 0) {
		archive_done_release(&done);
		goto fail;
	}
	if (withdrawal.access == ACCESS_OPEN && withdrawal.file_count == 0)
		say_what_stays(invocation, archive, withdrawal.id);
	archive_done_release(&done);
	goto out;
fail:
	status = cli_fail(invocation, &err);
out:
	archive_name_release(&name);
	free(files);
	archive_close(archive);
	return status;
}

const struct command command_access = {
	.name = "access",
	.summary = "open or close a record, or some of its files, to readers",
	.usage = "ID [FILE…] open|closed|embargo=YYYY-MM-DD --authority WHO --reason CODE [--note TEXT]",
	.details = "The newest decision governs all versions; files that were closed on their own stay so until they are named. "
		   "The fact, its date, authority and reason stay in the log for ever; "
		   "files are named there\n"
		   "by salted leaves, never by name. An embargo ends at 00:00 UTC of its date.\n",
	.options = options,
	.example = "photostat access anna-1913 closed --authority \"Parish archive\" --reason privacy",
	.example_says = "closes the record anna-1913 to readers, and says so in the log",
	.run = run,
};
