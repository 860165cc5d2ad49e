/* photostat hold watch: does the log go on, do all see the same of it, do its witnesses follow? */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "holder/holder.h"
#include "os/os.h"

#define SOURCES_MAX 64u
#define DAY ((int64_t)86400)
#define HOUR ((int64_t)3600)
#define GRACE 3   /* hours: two rounds of photostat-sync@.timer, an hour and up to 20 minutes each */
#define ASKEW 300 /* seconds that clocks may differ */

static const struct cli_option options[] = {
	{"--still", "DAYS", "say so when nothing was logged for so long", false},
	{"--grace", "HOURS", "who lacks only what was logged since is no finding; 3 if left out, 0: at once", false},
	{"--policy", "FILE", "whose witnesses are looked at; the copy's own policy if left out", false},
	{NULL, NULL, NULL, false},
};

struct watch_context {
	struct invocation *invocation;
	uint64_t size;
	uint64_t newest;
	int64_t now, grace; /* seconds */
	size_t findings;
	struct watched_witness *witnesses; /* told after the newest size is known */
	size_t witness_count;
};

static const char *const words[] = {"same", "behind", "ahead", "other", "wrong", "unreachable"};

/* How long one of both lacks something: "for 3 hours". A time to come is none. */
static bool behind_for(const struct watch_context *watch, const struct watched_url *url, int64_t *seconds)
{
	*seconds = watch->now - url->since;
	if (url->since == 0 || *seconds < -ASKEW)
		return false;
	*seconds = *seconds < 0 ? 0 : *seconds;
	return true;
}

/* The next sync of either side may mend it; a size that contradicts, never. */
static bool is_finding(const struct watch_context *watch, const struct watched_url *url)
{
	int64_t seconds;

	if (url->word != WATCH_BEHIND && url->word != WATCH_AHEAD)
		return url->word != WATCH_SAME;
	return !behind_for(watch, url, &seconds) || seconds >= watch->grace;
}

static void say_since(struct buf *out, const struct watch_context *watch, const struct watched_url *url)
{
	int64_t seconds, count;
	const char *unit;

	if (!behind_for(watch, url, &seconds)) {
		buf_text(out, url->since == 0 ? "since when could not be seen"
					      : "since when cannot be said: its entries have a time to come");
		return;
	}
	count = seconds >= 2 * DAY ? seconds / DAY : seconds >= 2 * HOUR ? seconds / HOUR : seconds / 60;
	unit = seconds >= 2 * DAY ? "day" : seconds >= 2 * HOUR ? "hour" : "minute";
	if (seconds < 60)
		buf_text(out, "for less than a minute");
	else
		buf_printf(out, "for %" PRId64 " %s%s", count, unit, count == 1 ? "" : "s");
	if (seconds < watch->grace)
		buf_printf(out, ", which is no finding before %" PRId64 " hours", watch->grace / HOUR);
}

static void tell_url(void *context, const struct watched_url *url)
{
	struct watch_context *watch = context;

	struct buf since = BUF_INIT;
	int64_t seconds;

	watch->findings += is_finding(watch, url);
	if (watch->invocation->json) {
		struct json json;

		json_begin(&json, "watched");
		json_string(&json, "url", url->url);
		json_text(&json, "state", words[url->word]);
		if (url->word != WATCH_WRONG && url->word != WATCH_UNREACHABLE)
			json_number(&json, "size", url->size);
		else
			json_text(&json, "reason", url->why.text);
		if ((url->word == WATCH_BEHIND || url->word == WATCH_AHEAD) && behind_for(watch, url, &seconds))
			json_number(&json, "seconds", (uint64_t)seconds);
		json_bool(&json, "finding", is_finding(watch, url));
		json_end(&json, stdout);
		return;
	}
	if (url->word == WATCH_BEHIND || url->word == WATCH_AHEAD)
		say_since(&since, watch, url);
	switch (url->word) {
	case WATCH_SAME:
		cli_line("%.*s: size %" PRIu64 ", as here", STR_ARG(url->url), url->size);
		break;
	case WATCH_BEHIND:
		cli_line("%.*s: behind, size %" PRIu64 ", where %" PRIu64 " is here, %s", STR_ARG(url->url), url->size, watch->size,
			since.p);
		break;
	case WATCH_AHEAD:
		cli_line("%.*s: ahead, size %" PRIu64 ", where %" PRIu64 " is here, %s; photostat hold sync fetches it",
			STR_ARG(url->url), url->size, watch->size, since.p);
		break;
	case WATCH_OTHER:
		cli_line("%.*s: ANOTHER HISTORY at size %" PRIu64
			 ", signed by the log's key: photostat hold sync keeps the evidence; tell others",
			STR_ARG(url->url), url->size);
		break;
	case WATCH_WRONG:
		cli_line("%.*s: wrong: %s", STR_ARG(url->url), url->why.text);
		break;
	case WATCH_UNREACHABLE:
		cli_line("%.*s: not reached: %s", STR_ARG(url->url), url->why.text);
		break;
	}
	buf_release(&since);
}

static void keep_witness(void *context, const struct watched_witness *witness)
{
	struct watch_context *watch = context;

	watch->witnesses = mem_grow(watch->witnesses, watch->witness_count + 1, sizeof(*watch->witnesses));
	watch->witnesses[watch->witness_count++] = *witness;
}

static void tell_witness(struct watch_context *watch, const struct watched_witness *witness)
{
	char time[TIME_TEXT];

	time_format((int64_t)witness->time, time);
	watch->findings += !witness->any || witness->size < watch->newest;
	if (watch->invocation->json) {
		struct json json;

		json_begin(&json, "witness");
		json_string(&json, "name", witness->name);
		json_bool(&json, "cosigned", witness->any && witness->size == watch->newest);
		if (witness->any) {
			json_number(&json, "size", witness->size);
			json_text(&json, "time", time);
			json_number(&json, "lag", watch->newest > witness->size ? watch->newest - witness->size : 0);
		}
		if (witness->why.code != ERR_NONE)
			json_text(&json, "reason", witness->why.text);
		json_end(&json, stdout);
	} else if (!witness->any) {
		cli_line("witness %.*s: no cosignature of this log is known%s%s", STR_ARG(witness->name),
			witness->why.code != ERR_NONE ? ": " : "", witness->why.code != ERR_NONE ? witness->why.text : "");
	} else if (witness->size < watch->newest) {
		cli_line("witness %.*s: lags, %" PRIu64 " entr%s behind: size %" PRIu64 " at %s", STR_ARG(witness->name),
			watch->newest - witness->size, watch->newest == witness->size + 1 ? "y" : "ies", witness->size, time);
	} else {
		cli_line("witness %.*s: size %" PRIu64 " at %s", STR_ARG(witness->name), witness->size, time);
	}
}

static void tell_last(struct watch_context *watch, int64_t last, uint64_t still)
{
	int64_t days = (os_now() - last) / DAY;
	/* Who is ahead shows that it goes on. */
	bool stands = still > 0 && watch->newest <= watch->size && os_now() - last > (int64_t)still * DAY;
	char time[TIME_TEXT];

	time_format(last, time);
	watch->findings += stands;
	if (watch->invocation->json) {
		struct json json;

		json_begin(&json, "freshness");
		json_number(&json, "size", watch->size);
		json_number(&json, "newest", watch->newest);
		json_text(&json, "last", time);
		json_bool(&json, "still", stands);
		json_number(&json, "findings", watch->findings);
		json_end(&json, stdout);
	} else if (stands) {
		cli_line("the log stands still: the last entry is of %s, %" PRId64 " days ago; ask its keeper whether that is so",
			time, days);
	} else {
		cli_line("the last entry here is of %s", time);
	}
}

/* --policy, or what hold init was given; none: no witnesses are known. */
static int read_policy(const struct invocation *invocation, struct archive *archive, struct policy **policy, struct err *err)
{
	const char *file = cli_value(invocation, "--policy");
	struct buf text = BUF_INIT;
	int result = 0;

	*policy = NULL;
	if (file != NULL)
		result = os_read_file(AT_FDCWD, file, POLICY_MAX, &text, err);
	else if (os_exists(archive_fd(archive), HOLDER_POLICY, NULL) == 1)
		result = os_read_file(archive_fd(archive), HOLDER_POLICY, POLICY_MAX, &text, err);
	else
		archive_policy(archive, &text);
	if (result == 0)
		result = policy_parse(policy, buf_view(&text), err);
	buf_release(&text);
	return result;
}

static int run(struct invocation *invocation)
{
	struct str urls[SOURCES_MAX];
	struct watch_context context = {.invocation = invocation};
	struct holder_watch watch = {.urls = urls, .url = tell_url, .witness = keep_witness, .context = &context};
	const char *still_text = cli_value(invocation, "--still");
	struct holder_conf conf = {.sources = NULL};
	struct policy *policy = NULL;
	struct archive *archive;
	struct err err = ERR_INIT;
	const char *grace_text = cli_value(invocation, "--grace");
	uint64_t still = 0, grace = GRACE;
	int64_t last;
	int status;

	if (still_text != NULL && (!decimal_parse(str_from(still_text), 36500, &still) || still == 0))
		return cli_usage(invocation, "--still wants days");
	if (grace_text != NULL && !decimal_parse(str_from(grace_text), UINT64_C(24) * 36500, &grace))
		return cli_usage(invocation, "--grace wants hours");
	if (invocation->count > SOURCES_MAX)
		return cli_usage(invocation, "at most %u URLs", SOURCES_MAX);
	context.now = os_now();
	context.grace = (int64_t)grace * HOUR;
	archive = cli_open(invocation, ARCHIVE_READ, &status);
	if (archive == NULL)
		return status;
	for (size_t i = 0; i < invocation->count; i++)
		urls[watch.url_count++] = str_from(invocation->arguments[i]);
	if (archive_is_holder(archive) && holder_conf_read(&conf, archive_fd(archive), NULL) == 0)
		for (size_t i = 0; i < conf.source_count && watch.url_count < SOURCES_MAX; i++)
			urls[watch.url_count++] = conf.sources[i];
	context.size = log_size(archive_log(archive));
	if (read_policy(invocation, archive, &policy, &err) != 0) {
		status = cli_fail(invocation, &err);
		goto out;
	}
	watch.policy = policy;
	if (holder_watch(archive, &watch, &context.newest, &last, &err) != 0) {
		status = cli_fail(invocation, &err);
		goto out;
	}
	for (size_t i = 0; i < context.witness_count; i++)
		tell_witness(&context, &context.witnesses[i]);
	tell_last(&context, last, still);
	status = context.findings > 0 ? EXIT_NO : EXIT_WELL;
out:
	free(context.witnesses);
	policy_free(policy);
	holder_conf_release(&conf);
	archive_close(archive);
	return status;
}

const struct command command_hold_watch = {
	.name = "hold watch",
	.summary = "say whether the log goes on, all see the same of it, and its witnesses follow",
	.usage = "[URL…] [--still DAYS] [--grace HOURS] [--policy FILE]",
	.details =
		"Asks the sources of holder.conf, and the URLs named, for their checkpoints, and witnesses of the policy that "
		"have not cosigned "
		"the newest one for theirs.\n"
		"Fetches no content and changes nothing: made for a timer. Exit status 1 if somebody is elsewhere or out of reach, "
		"is behind or ahead by "
		"what was\nlogged more than --grace hours ago (3, in which both should have followed), a witness lags, or the log "
		"stands "
		"still.\n",
	.options = options,
	.example = "photostat hold watch -C held https://two.example.org/ --still 30",
	.example_says = "looks at the sources and at one more holder, and says if a month went by without an entry",
	.run = run,
};
