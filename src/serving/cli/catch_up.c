/* photostat catch-up: a keeper's archive that was put back from an older copy takes over what lacks. */
#include <inttypes.h>
#include <stdlib.h>

#include "hold.h"

#define SOURCES_MAX 64u

static const struct cli_option options[] = {
	{"--from", "URL", "a holder of a copy; may be repeated. Without it, the holders of archive.conf", true},
	{"--rate", "BYTES", "at most so many bytes a second", false},
	{"--key", "FILE", "the recovery key, or one that the holders entitle: with it they give what is closed, too", false},
	{NULL, NULL, NULL, false},
};

static size_t gather(struct invocation *invocation, const struct archive *archive, struct str urls[SOURCES_MAX])
{
	size_t count = cli_values(invocation, "--from", urls, SOURCES_MAX), known;
	const char *const *holders = archive_holders(archive, &known);

	for (size_t i = 0; count == 0 && i < known && i < SOURCES_MAX; i++)
		urls[i] = str_from(holders[i]);
	return count > 0 ? count : known;
}

/* Whether deposits may go on now, and if not why. */
static int say_state(const struct invocation *invocation, struct archive *archive, bool whole)
{
	struct err why = ERR_INIT;
	bool behind = true;

	if (archive_is_holder(archive))
		err_set(&why, ERR_CONFLICT, "not all that the log names was asked for yet; name another holder with --from URL");
	else
		behind = archive_behind(archive, &why) == 1;
	if (invocation->json) {
		struct json json;

		json_begin(&json, "caught-up");
		json_number(&json, "size", log_size(archive_log(archive)));
		json_bool(&json, "behind", behind);
		if (behind)
			json_text(&json, "reason", why.text);
		json_end(&json, stdout);
	} else if (behind) {
		cli_line("still behind, at %" PRIu64 " entries: %s", log_size(archive_log(archive)), why.text);
	} else {
		cli_line("caught up: the log has %" PRIu64 " entries, and deposits go on", log_size(archive_log(archive)));
	}
	if (!whole && !behind)
		cli_say(invocation, "What holders are not given (closed documents, and texts of decisions) and what none of them "
				    "had lacks here "
				    "now: photostat audit names it. With the recovery key (--key FILE) holders give what is "
				    "closed, too; another copy of records/ may still have it.");
	return behind || !whole ? EXIT_NO : EXIT_WELL;
}

static int run(struct invocation *invocation)
{
	struct str urls[SOURCES_MAX];
	struct holder_conf conf = {.sources = urls, .expunge = HOLDER_FOLLOW};
	struct archive *archive;
	bool whole = false;
	int status;

	if (invocation->count != 0)
		return cli_usage(invocation, "it takes no arguments; --from URL names a holder");
	archive = cli_open(invocation, ARCHIVE_CATCH_UP, &status);
	if (archive == NULL)
		return status;
	conf.source_count = gather(invocation, archive, urls);
	if (conf.source_count == 0)
		status = cli_usage(invocation, "name who has a copy: --from URL");
	else
		status = hold_follow(invocation, archive, &conf, holder_catch_up, &whole);
	if (status == EXIT_WELL)
		status = say_state(invocation, archive, whole);
	archive_close(archive);
	return status;
}

const struct command command_catch_up = {
	.name = "catch-up",
	.summary = "fetch what an older copy of the archive that was put back lacks",
	.usage = "[--from URL]… [--rate BYTES] [--key FILE]",
	.details = "For the keeper's own archive, where its log is behind what its key has signed: keys/head, a witness or a "
		   "holder says so, and "
		   "nothing can be deposited. Takes entries, records and objects from holders of copies, each byte checked against "
		   "the log, whose "
		   "checkpoint the archive's key has signed. May be interrupted at any time; the next one goes on. Another history "
		   "than the one that is "
		   "here, or that others have seen, is refused, and the evidence kept.\n"
		   "Exit status 0: deposits go on, and nothing lacks; 1: something lacks.\n",
	.options = options,
	.example = "photostat catch-up -C letters --from https://holder.example.net/",
	.example_says = "brings letters/ to where that holder is",
	.run = run,
};
