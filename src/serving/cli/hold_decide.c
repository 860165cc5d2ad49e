/* photostat hold status, hold decide: what is held, and what becomes here of what the keeper expunged. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "holder/holder.h"
#include "os/os.h"

static const struct cli_option no_options[] = {{NULL, NULL, NULL, false}};

/* As it is typed: without the archive's own prefix, where that is what it has. */
static struct str short_name(struct archive *archive, struct str id)
{
	struct buf prefix = BUF_INIT;

	buf_printf(&prefix, "https://%.*s/r/", STR_ARG(archive_origin(archive)));
	if (str_starts(id, buf_view(&prefix)))
		id = (struct str){id.p + prefix.n, id.n - prefix.n};
	buf_release(&prefix);
	return id;
}

static const char *const words[] = {"none", "keep", "follow"};

/* How much is here of what one takes. */
struct amount {
	uint64_t files, bytes;
};

static struct amount amount_of(struct archive *archive, const struct holder_kept *kept)
{
	struct amount amount = {0, 0};

	(void)archive_unfollowed_takes(archive, kept->index, &amount.files, &amount.bytes, NULL);
	return amount;
}

/* "2 files, 31 kB" */
static void say_amount(struct buf *out, const struct amount *amount)
{
	char bytes[HUMAN_TEXT];

	human_bytes(amount->bytes, bytes);
	buf_printf(out, "%" PRIu64 " file%s, %s", amount->files, cli_s(amount->files), bytes);
}

static void say_kept_json(const struct holder_kept *kept, const struct amount *amount)
{
	char time[TIME_TEXT];
	struct json json;

	json_begin(&json, "kept");
	json_string(&json, "id", kept->id);
	json_number(&json, "index", kept->index);
	time_format(kept->time, time);
	json_text(&json, "claimedTime", time);
	json_string(&json, "authority", kept->authority);
	json_string(&json, "reason", kept->reason);
	json_text(&json, "decision", words[kept->word]);
	if (kept->word != HOLDER_UNDECIDED) {
		time_format(kept->decided, time);
		json_text(&json, "decided", time);
	}
	json_bool(&json, "withheld", kept->withheld);
	json_number(&json, "files", amount->files);
	json_number(&json, "bytes", amount->bytes);
	json_end(&json, stdout);
}

/* ---- status ------------------------------------------------------------------------------------------------------------------- */

struct telling {
	struct invocation *invocation;
	struct archive *archive;
	enum holder_expunge expunge;
	uint64_t undecided;
	struct amount waits; /* of these */
};

static int tell_kept(void *context, const struct holder_kept *kept, struct err *err)
{
	struct telling *telling = context;
	char time[TIME_TEXT], decided[TIME_TEXT];
	struct str name = short_name(telling->archive, kept->id);
	const char *folder = telling->invocation->archive;

	struct amount amount = amount_of(telling->archive, kept);
	struct buf said = BUF_INIT;

	(void)err;
	if (kept->word == HOLDER_UNDECIDED) {
		telling->undecided++;
		telling->waits.files += amount.files;
		telling->waits.bytes += amount.bytes;
	}
	if (telling->invocation->json) {
		say_kept_json(kept, &amount);
		return 0;
	}
	say_amount(&said, &amount);
	time_format(kept->time, time);
	time_format(kept->decided, decided);
	cli_line("expunged by the keeper, here still: %.*s, entry %" PRIu64 " of %s: authority %.*s, reason %.*s; %s",
		STR_ARG(kept->id), kept->index, time, STR_ARG(kept->authority), STR_ARG(kept->reason), said.p);
	buf_release(&said);
	if (kept->word == HOLDER_DECIDED_FOLLOW)
		cli_line("  to be followed, decided %s: photostat hold sync does it", decided);
	else if (kept->word == HOLDER_DECIDED_KEEP)
		cli_line("  it stays, decided %s", decided);
	else if (telling->expunge == HOLDER_KEEP)
		cli_line("  it stays: holder.conf says keep%s", kept->withheld ? "; photostat hold sync does it" : "");
	else if (telling->expunge == HOLDER_FOLLOW)
		cli_line("  to be followed: holder.conf says follow; photostat hold sync does it");
	else
		cli_line("  waits for you: photostat hold decide %.*s follow|keep%s%s", STR_ARG(name), folder != NULL ? " -C " : "",
			folder != NULL ? folder : "");
	if (kept->withheld)
		cli_line("  given to no reader until then");
	return 0;
}

static uint64_t not_followed(const uint64_t without[WITHOUT_WORDS])
{
	return without[WITHOUT_KEPT] + without[WITHOUT_WAITS];
}

static void say_held(const struct telling *telling, const uint64_t without[WITHOUT_WORDS])
{
	const struct invocation *invocation = telling->invocation;
	struct archive *archive = telling->archive;
	struct json json;

	if (invocation->json) {
		json_begin(&json, "held");
		json_string(&json, "origin", archive_origin(archive));
		json_bool(&json, "holder", archive_is_holder(archive));
		json_number(&json, "size", log_size(archive_log(archive)));
		json_number(&json, "known", archive_known(archive));
		json_number(&json, "closed", without[WITHOUT_CLOSED]);
		json_number(&json, "kept", not_followed(without));
		json_number(&json, "undecided", telling->undecided);
		json_number(&json, "undecidedFiles", telling->waits.files);
		json_number(&json, "undecidedBytes", telling->waits.bytes);
		json_number(&json, "heldBack", without[WITHOUT_BEHIND]);
		json_number(&json, "missing", without[WITHOUT_MISSING]);
		json_end(&json, stdout);
		return;
	}
	cli_line("%s of %.*s",
		archive_is_catching_up(archive) ? "the keeper's archive, being caught up,"
		: archive_is_holder(archive)    ? "a holder's copy"
						: "the keeper's archive",
		STR_ARG(archive_origin(archive)));
	cli_line("log size %" PRIu64 ", held to entry %" PRIu64, log_size(archive_log(archive)), archive_known(archive));
	if (without[WITHOUT_CLOSED] > 0)
		cli_line("not held: closed: %" PRIu64, without[WITHOUT_CLOSED]);
	if (without[WITHOUT_MISSING] > 0)
		cli_line("missing: %" PRIu64 "; photostat hold sync asks again", without[WITHOUT_MISSING]);
	if (without[WITHOUT_BEHIND] > 0)
		cli_line("not held: versions to be had only as expunctions left them that are not followed here: %" PRIu64,
			without[WITHOUT_BEHIND]);
	if (not_followed(without) > 0)
		cli_line("expunctions not followed: %" PRIu64, not_followed(without));
}

/* With --json the lines of what is kept come before the one that says how much there is, which is the last. */
static int tell_all(struct telling *telling, const uint64_t without[WITHOUT_WORDS], struct err *err)
{
	struct holder_conf conf = {.expunge = HOLDER_ASK};
	int result = 0;

	if (not_followed(without) > 0 && !archive_is_catching_up(telling->archive)) {
		if (holder_conf_read(&conf, archive_fd(telling->archive), err) != 0)
			return -1;
		telling->expunge = conf.expunge;
		holder_conf_release(&conf);
	}
	if (!telling->invocation->json)
		say_held(telling, without);
	if (not_followed(without) > 0)
		result = holder_kept_each(telling->archive, tell_kept, telling, err);
	if (result == 0 && telling->undecided > 1 && !telling->invocation->json) {
		struct buf said = BUF_INIT;

		say_amount(&said, &telling->waits);
		cli_line("undecided: %" PRIu64 " expunctions, which take %s", telling->undecided, said.p);
		buf_release(&said);
	}
	if (result == 0 && telling->invocation->json)
		say_held(telling, without);
	return result;
}

static int run_status(struct invocation *invocation)
{
	struct telling telling = {.invocation = invocation};
	uint64_t without[WITHOUT_WORDS] = {0};
	struct err err = ERR_INIT;
	int status;

	if (invocation->count != 0)
		return cli_usage(invocation, "it takes no arguments; -C names the holder's folder");
	telling.archive = cli_open(invocation, ARCHIVE_READ, &status);
	if (telling.archive == NULL)
		return status;
	for (size_t i = 0; i < archive_without_count(telling.archive); i++) {
		enum without_why why;

		(void)archive_without(telling.archive, i, &why);
		without[why]++;
	}
	status = tell_all(&telling, without, &err) != 0 ? cli_fail(invocation, &err)
		 : without[WITHOUT_MISSING] > 0         ? EXIT_NO
							: EXIT_WELL;
	archive_close(telling.archive);
	return status;
}

const struct command command_hold_status = {
	.name = "hold status",
	.summary = "say how much is held, and what waits for a decision",
	.usage = "",
	.details =
		"How far log and content of the copy are, what is not held and why. Of what the keeper expunged and is here still, "
		"by whose\n"
		"authority and why, and the command that decides it. Exit status 1 if something is missing.\n",
	.options = no_options,
	.example = "photostat hold status -C held",
	.example_says = "says what held/ holds",
	.run = run_status,
};

/* ---- decide ------------------------------------------------------------------------------------------------------------------- */

struct deciding {
	const struct invocation *invocation;
	struct archive *archive;
};

static void say_decided(void *context, const struct holder_kept *kept)
{
	const struct deciding *deciding = context;
	struct amount amount = amount_of(deciding->archive, kept);
	struct buf said = BUF_INIT;

	say_amount(&said, &amount);
	if (deciding->invocation->json)
		say_kept_json(kept, &amount);
	else if (kept->word == HOLDER_DECIDED_FOLLOW)
		cli_line("to be followed: entry %" PRIu64 " of %.*s (authority %.*s, reason %.*s); %s will go", kept->index,
			STR_ARG(kept->id), STR_ARG(kept->authority), STR_ARG(kept->reason), said.p);
	else
		cli_line("it stays here, and is given to readers: what entry %" PRIu64
			 " expunges of %.*s (authority %.*s, reason %.*s); %s",
			kept->index, STR_ARG(kept->id), STR_ARG(kept->authority), STR_ARG(kept->reason), said.p);
	buf_release(&said);
}

static int run_decide(struct invocation *invocation)
{
	struct deciding deciding = {.invocation = invocation};
	struct holder_decide decide = {.decided = say_decided, .context = &deciding};
	struct archive_name name = {.id = BUF_INIT};
	struct archive *archive;
	struct err err = ERR_INIT;
	int status = EXIT_WELL;

	if (invocation->count != 2 ||
		(strcmp(invocation->arguments[1], "follow") != 0 && strcmp(invocation->arguments[1], "keep") != 0))
		return cli_usage(invocation, "name a record, and what becomes of it: follow or keep");
	decide.follow = strcmp(invocation->arguments[1], "follow") == 0;
	archive = cli_open(invocation, ARCHIVE_HOLD, &status);
	if (archive == NULL)
		return status;
	if (archive_name_parse(archive, str_from(invocation->arguments[0]), &name, &err) != 0) {
		status = cli_fail(invocation, &err);
		goto out;
	}
	deciding.archive = archive;
	decide.id = buf_view(&name.id);
	decide.version = name.version;
	if (holder_decide(archive, &decide, &err) != 0)
		status = cli_fail(invocation, &err);
	else if (decide.follow)
		cli_say(invocation,
			"The next photostat hold sync does it: then it is gone here too, for ever. Until then it can be decided "
			"otherwise.");
out:
	archive_name_release(&name);
	archive_close(archive);
	return status;
}

const struct command command_hold_decide = {
	.name = "hold decide",
	.summary = "decide whether what the keeper expunged goes here too",
	.usage = "RECORD[@VERSION] follow|keep",
	.details = "Where holder.conf says ask, what the keeper expunges stays until this is said; hold status lists what waits. "
		   "It is "
		   "said of all that\n"
		   "waits of the record, also where a version is named: the keeper has the record only as all his expunctions left "
		   "it. What "
		   "he expunges later\n"
		   "is decided anew. A decision goes before holder.conf, stands in the file decisions and in the journal, and is "
		   "told to "
		   "everybody who asks\n"
		   "(api/v1/expunctions). Exit status 1 if nothing of the record waits.\n",
	.options = no_options,
	.example = "photostat hold decide joffe-1927 keep -C held",
	.example_says = "keeps what the keeper expunged of that record",
	.run = run_decide,
};
