/* photostat hold: be a holder of somebody else's archive; give one back from holders. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "evidence.h"
#include "hold.h"
#include "os/os.h"

#define SOURCES_MAX 64u

/* ---- init --------------------------------------------------------------------------------------------------------------------- */

static const struct cli_option init_options[] = {
	{"--policy", "FILE", "whose log it must be, as tlog-policy; without it the key is learnt from the log itself", false},
	{NULL, NULL, NULL, false},
};

static int read_policy(const struct invocation *invocation, struct buf *text, struct err *err)
{
	const char *file = cli_value(invocation, "--policy");

	return file == NULL ? 0 : os_read_file(AT_FDCWD, file, POLICY_MAX, text, err);
}

static int begin(struct invocation *invocation, const char *folder, const char *url)
{
	struct buf policy = BUF_INIT, verifier = BUF_INIT, now = BUF_INIT, request_key = BUF_INIT;
	struct vkey key = {.name = NULL};
	struct err err = ERR_INIT;
	int status = EXIT_WELL;

	if (read_policy(invocation, &policy, &err) != 0 ||
		holder_init(folder, str_from(url), buf_view(&policy), &key, &now, &request_key, &err) != 0) {
		status = cli_fail(invocation, &err);
		goto out;
	}
	vkey_format(&verifier, &key);
	if (invocation->json) {
		struct json json;

		json_begin(&json, "holder");
		json_text(&json, "path", folder);
		json_text(&json, "origin", key.name);
		json_string(&json, "verifier", buf_view(&verifier));
		if (now.n > 0)
			json_string(&json, "changedTo", buf_view(&now));
		json_string(&json, "requestKey", buf_view(&request_key));
		json_bool(&json, "learnt", policy.n == 0);
		json_end(&json, stdout);
	} else {
		cli_line("%s will hold %s", folder, key.name);
		cli_line("the log's key: %.*s", STR_ARG(buf_view(&verifier)));
		if (now.n > 0)
			cli_line("changed since, as the log's entries say; now: %.*s", STR_ARG(buf_view(&now)));
		cli_line("its own request key: %.*s", STR_ARG(buf_view(&request_key)));
	}
	if (policy.n == 0)
		cli_say(invocation, "The key was learnt from the log itself. Compare it with what its keeper says of it elsewhere: "
				    "on paper, by telephone.");
out:
	vkey_release(&key);
	buf_release(&policy);
	buf_release(&verifier);
	buf_release(&now);
	buf_release(&request_key);
	return status;
}

static int run_init(struct invocation *invocation)
{
	int status;

	if (invocation->count != 2)
		return cli_usage(invocation, "name a new folder, and the archive's URL");
	status = begin(invocation, invocation->arguments[0], invocation->arguments[1]);
	if (status == EXIT_WELL)
		cli_say(invocation,
			"Now fetch it: photostat hold sync -C %s. It gets what is open; what is closed too, if the keeper entitles "
			"its "
			"request key: photostat hold entitle KEY",
			invocation->arguments[0]);
	return status;
}

const struct command command_hold_init = {
	.name = "hold init",
	.summary = "make a folder to hold somebody else's archive in",
	.usage = "DIR URL [--policy FILE]",
	.details = "The folder will be an archive that can be read, audited and served like its keeper's, without the keeper's "
		   "key. holder.conf in "
		   "it says\n"
		   "where to ask, and what to do when the keeper expunges something.\n",
	.options = init_options,
	.example = "photostat hold init held https://archive.example.org/",
	.example_says = "makes the folder held/ for the archive at that URL",
	.run = run_init,
};

/* ---- sync --------------------------------------------------------------------------------------------------------------------- */

static const struct cli_option sync_options[] = {
	{"--rate", "BYTES", "at most so many bytes a second", false},
	{"--key", "FILE", "sign requests with this key instead of the copy's own", false},
	{NULL, NULL, NULL, false},
};

static void tell(void *context, const struct holder_synced *done)
{
	struct invocation *invocation = context;

	progress_set(invocation->progress, done->known, done->size, done->received);
}

static void notice(void *context, const char *sentence)
{
	struct invocation *invocation = context;

	progress_pause(invocation->progress);
	cli_say(invocation, "%s", sentence);
}

static bool stop(void *context)
{
	(void)context;
	return os_check_interrupted(NULL) != 0;
}

static void say_synced(const struct invocation *invocation, const struct holder_synced *done)
{
	char bytes[HUMAN_TEXT];

	if (invocation->json) {
		struct json json;

		json_begin(&json, "sync");
		json_number(&json, "size", done->size);
		json_number(&json, "known", done->known);
		json_number(&json, "entries", done->entries);
		json_number(&json, "versions", done->versions);
		json_number(&json, "bytes", done->received);
		json_number(&json, "closed", done->closed);
		json_number(&json, "kept", done->kept);
		json_number(&json, "waiting", done->waiting);
		json_number(&json, "expunged", done->expunged);
		json_number(&json, "heldBack", done->held_back);
		json_number(&json, "notFollowed", done->not_followed);
		json_number(&json, "missing", done->missing);
		json_number(&json, "partly", done->partly);
		json_bool(&json, "sourceBehind", done->behind);
		json_end(&json, stdout);
		return;
	}
	human_bytes(done->received, bytes);
	cli_line("log size %" PRIu64 ", held to entry %" PRIu64 "; new: %" PRIu64 " %s, %" PRIu64 " version%s, %s received",
		done->size, done->known, done->entries, done->entries == 1 ? "entry" : "entries", done->versions,
		cli_s(done->versions), bytes);
	if (done->closed > 0)
		cli_line("not held: closed: %" PRIu64, done->closed);
	if (done->partly > 0)
		cli_line("held in part: %" PRIu64 " of them: what is open lies in open/, with what proves it", done->partly);
	if (done->missing > 0)
		cli_line("missing: %" PRIu64 " version%s that no source had as the log says; the next sync asks again",
			done->missing, cli_s(done->missing));
	if (done->not_followed > 0)
		cli_line("not followed yet: %" PRIu64
			 " expunction%s of which no source gave what is left; the next sync asks again",
			done->not_followed, cli_s(done->not_followed));
	if (done->expunged > 0)
		cli_line("expunged here too, as the log says: %" PRIu64, done->expunged);
	if (done->kept > 0)
		cli_line("kept: %" PRIu64 " expunction%s of the keeper's that %s not followed here", done->kept, cli_s(done->kept),
			done->kept == 1 ? "is" : "are");
	if (done->held_back > 0)
		cli_line("not taken: %" PRIu64
			 " version%s of records whose expunctions are not followed here: photostat hold decide RECORD follow "
			 "brings %s",
			done->held_back, cli_s(done->held_back), done->held_back == 1 ? "it" : "them");
	if (done->waiting > 0)
		cli_line("%" PRIu64
			 " expunction%s for your decision: photostat hold status says which, and how to decide; what they "
			 "take is given to no reader until then",
			done->waiting, done->waiting == 1 ? " waits" : "s wait");
	if (done->behind)
		cli_line("a source showed an older log than the one held here: if it is the keeper, ask him; hold watch says who "
			 "it is");
}

int hold_follow(struct invocation *invocation, struct archive *archive, const struct holder_conf *conf,
	int (*run)(struct archive *, const struct holder_sync *, struct holder_synced *, struct err *), bool *whole)
{
	struct holder_sync sync = {.urls = conf->sources,
		.url_count = conf->source_count,
		.expunge = conf->expunge,
		.rate = conf->rate,
		.stop = stop,
		.progress = tell,
		.notice = notice,
		.key = cli_value(invocation, "--key"),
		.context = invocation};
	const char *rate = cli_value(invocation, "--rate");
	struct holder_synced done;
	struct err err = ERR_INIT;
	int result;

	if (rate != NULL && (!decimal_parse(str_from(rate), UINT64_MAX, &sync.rate) || sync.rate == 0))
		return cli_usage(invocation, "--rate wants bytes a second");
	invocation->progress = progress_begin(invocation, "sync", "entries");
	result = run(archive, &sync, &done, &err);
	progress_end(invocation->progress);
	invocation->progress = NULL;
	evidence_kept(invocation, archive_path(archive), done.contradiction.path);
	if (result != 0)
		return cli_fail(invocation, &err) == EXIT_FAILED && done.contradiction.word == EVIDENCE_CONSISTENT ? EXIT_FAILED
														   : EXIT_NO;
	say_synced(invocation, &done);
	*whole = done.known == done.size && done.missing == 0 && done.not_followed == 0 &&
		 (run == holder_sync || done.closed == 0) && done.contradiction.word == EVIDENCE_CONSISTENT;
	return EXIT_WELL;
}

static int run_sync(struct invocation *invocation)
{
	struct holder_conf conf;
	struct archive *archive;
	struct err err = ERR_INIT;
	bool whole = false;
	int status;

	if (invocation->count != 0)
		return cli_usage(invocation, "it takes no arguments; -C names the holder's folder");
	archive = cli_open(invocation, ARCHIVE_HOLD, &status);
	if (archive == NULL)
		return status;
	if (holder_conf_read(&conf, archive_fd(archive), &err) != 0) {
		status = cli_fail(invocation, &err);
	} else {
		status = hold_follow(invocation, archive, &conf, holder_sync, &whole);
		holder_conf_release(&conf);
		if (status == EXIT_WELL && !whole)
			status = EXIT_NO;
	}
	archive_close(archive);
	return status;
}

const struct command command_hold_sync = {
	.name = "hold sync",
	.summary = "fetch what is new, every byte checked against the log",
	.usage = "[--rate BYTES] [--key FILE]",
	.details = "Asks the sources of holder.conf in their order. What one does not have, or has damaged, is asked of the next. "
		   "May be interrupted "
		   "at any\n"
		   "time; the next one goes on. Exit status 1 if something could not be had.\n",
	.options = sync_options,
	.example = "photostat hold sync -C held",
	.example_says = "brings the copy in held/ up to date",
	.run = run_sync,
};

/* ---- entitle ------------------------------------------------------------------------------------------------------------------ */

static const struct cli_option no_options[] = {{NULL, NULL, NULL, false}};

static int run_entitle(struct invocation *invocation)
{
	struct archive *archive;
	struct err err = ERR_INIT;
	int status;

	if (invocation->count != 1)
		return cli_usage(invocation, "name the holder's request key, as its hold init printed it");
	archive = cli_open(invocation, ARCHIVE_READ, &status);
	if (archive == NULL)
		return status;
	if (archive_entitle(archive, str_from(invocation->arguments[0]), &err) != 0)
		status = cli_fail(invocation, &err);
	else if (invocation->json) {
		struct json json;

		json_begin(&json, "entitled");
		json_text(&json, "key", invocation->arguments[0]);
		json_end(&json, stdout);
	} else
		cli_line("entitled to what is closed: %s", invocation->arguments[0]);
	archive_close(archive);
	return status;
}

const struct command command_hold_entitle = {
	.name = "hold entitle",
	.summary = "give a holder what is closed, too",
	.usage = "KEY",
	.details = "Writes the holder's request key into archive.conf. From then on serve gives that holder closed and embargoed "
		   "records, in "
		   "requests that\n"
		   "it signs (RFC 9421); all others go on getting what is open. To end it, take the key out of archive.conf. What "
		   "the holder has "
		   "by then it has.\n",
	.options = no_options,
	.example = "photostat hold entitle holder-5e1f0c2a+1508b9b9+AZn2RL6BPe9YF9FqpKu8k3pJ+H7UAh+Ah7vCi2Xz8okx",
	.example_says = "lets the holder with that request key have closed records",
	.run = run_entitle,
};

/* ---- poll --------------------------------------------------------------------------------------------------------------------- */

static const struct cli_option poll_options[] = {
	{"--sample", "N", "versions to ask for, at most 1024; 256 if left out", false},
	{NULL, NULL, NULL, false},
};

static void say_polled(const struct invocation *invocation, struct str url, const struct holder_polled *done)
{
	if (invocation->json) {
		struct json json;

		json_begin(&json, "polled");
		json_string(&json, "url", url);
		json_number(&json, "asked", done->asked);
		json_number(&json, "good", done->good);
		json_number(&json, "wrong", done->wrong);
		json_number(&json, "missing", done->missing);
		json_number(&json, "closed", done->closed);
		json_number(&json, "later", done->later);
		json_number(&json, "expunged", done->expunged);
		json_number(&json, "notHere", done->not_here);
		json_real(&json, "confidenceOneInThousand", done->confidence);
		json_number(&json, "pollsNeeded", done->polls_needed);
		json_end(&json, stdout);
		return;
	}
	cli_line("%.*s: asked for %zu versions: %zu there, %zu wrong, %zu missing, %zu not given", STR_ARG(url), done->asked,
		done->good, done->wrong, done->missing, done->closed);
	if (done->later > 0)
		cli_line("not fetched there yet, it says: %zu; photostat hold watch says how far it is", done->later);
	if (done->expunged > 0)
		cli_line("expunged since the last photostat hold sync here, as the log shown there says: %zu; sync, and poll again",
			done->expunged);
	if (done->not_here > 0)
		cli_line("not judged: %zu that are damaged here; run photostat audit", done->not_here);
	if (done->good > 0)
		cli_line("had it lost one version in 1000, this poll would have met it with %.1f %% certainty; %" PRIu64
			 " such polls meet it with 99.9 %%",
			100 * done->confidence, done->polls_needed);
}

static int run_poll(struct invocation *invocation)
{
	const char *sample = cli_value(invocation, "--sample");
	struct holder_conf conf = {.sources = NULL};
	struct str urls[SOURCES_MAX];
	size_t url_count = 0;
	uint64_t wanted = 256;
	struct archive *archive;
	int status;

	if (invocation->count > SOURCES_MAX)
		return cli_usage(invocation, "at most %u URLs", SOURCES_MAX);
	if (sample != NULL && (!decimal_parse(str_from(sample), 1024, &wanted) || wanted == 0))
		return cli_usage(invocation, "--sample wants a number from 1 to 1024");
	archive = cli_open(invocation, ARCHIVE_READ, &status);
	if (archive == NULL)
		return status;
	for (size_t i = 0; i < invocation->count; i++)
		urls[url_count++] = str_from(invocation->arguments[i]);
	if (url_count == 0 && archive_is_holder(archive) && holder_conf_read(&conf, archive_fd(archive), NULL) == 0)
		for (size_t i = 0; i < conf.source_count && url_count < SOURCES_MAX; i++)
			urls[url_count++] = conf.sources[i];
	if (url_count == 0)
		status = cli_usage(invocation, "name whom to ask: URL…");
	for (size_t i = 0; i < url_count; i++) {
		struct str url = urls[i];
		struct holder_polled done;
		struct err err = ERR_INIT;

		if (holder_poll(archive, url, (size_t)wanted, &done, &err) != 0) {
			status = cli_fail(invocation, &err);
			continue;
		}
		say_polled(invocation, url, &done);
		if (status == EXIT_WELL && done.wrong + done.missing > 0)
			status = EXIT_NO;
	}
	holder_conf_release(&conf);
	archive_close(archive);
	return status;
}

const struct command command_hold_poll = {
	.name = "hold poll",
	.summary = "ask others for proof that they still have the bytes",
	.usage = "[URL…] [--sample N]",
	.details = "Draws versions that are held here and asks for a hash over their bytes and a nonce, so that nobody can answer "
		   "from hashes that were "
		   "stored.\n"
		   "Asks the sources of holder.conf where no URL is named. Says with what certainty a loss would have been met. "
		   "What the keeper expunged\nsince the last sync here is counted apart, if the log says so.\n"
		   "Exit status 1 if something is wrong or missing there.\n",
	.options = poll_options,
	.example = "photostat hold poll -C held https://two.example.org/",
	.example_says = "asks the holder at that URL",
	.run = run_poll,
};

/* ---- restore ------------------------------------------------------------------------------------------------------------------ */

static const struct cli_option restore_options[] = {
	{"-o", "DIR", "the folder to make", false},
	{"--policy", "FILE", "whose log it must be, as tlog-policy", false},
	{"--rate", "BYTES", "at most so many bytes a second", false},
	{"--key", "FILE", "the recovery key, or one that the holders entitle: with it they give what is closed, too", false},
	{NULL, NULL, NULL, false},
};

static int run_restore(struct invocation *invocation)
{
	const char *to = cli_value(invocation, "-o");
	struct str sources[SOURCES_MAX];
	struct holder_conf conf = {.sources = sources, .expunge = HOLDER_FOLLOW};
	struct archive *archive = NULL;
	struct buf text = BUF_INIT;
	struct err err = ERR_INIT;
	bool whole = false;
	int status;

	if (invocation->count == 0 || invocation->count > SOURCES_MAX || to == NULL)
		return cli_usage(invocation, "name the holders' URLs, and a new folder with -o");
	for (size_t i = 0; i < invocation->count; i++)
		sources[conf.source_count++] = str_from(invocation->arguments[i]);
	status = begin(invocation, to, invocation->arguments[0]);
	if (status != EXIT_WELL)
		return status;
	if (archive_open(&archive, to, ARCHIVE_HOLD, NULL, NULL, &err) != 0)
		return cli_fail(invocation, &err);
	holder_conf_write(&text, &conf);
	if (os_replace(archive_fd(archive), "holder.conf", buf_view(&text), 0644, &err) != 0)
		status = cli_fail(invocation, &err);
	else
		status = hold_follow(invocation, archive, &conf, holder_sync, &whole);
	archive_close(archive);
	buf_release(&text);
	if (status == EXIT_WELL && !whole) {
		cli_say(invocation, "Not all could be had. Name further holders in %s/holder.conf, then: photostat hold sync -C %s",
			to, to);
		return EXIT_NO;
	}
	if (status == EXIT_WELL)
		cli_say(invocation,
			"All of it is here, every byte checked against the log. Check again with: photostat audit -C %s", to);
	return status;
}

const struct command command_hold_restore = {
	.name = "hold restore",
	.summary = "give a whole archive back from its holders",
	.usage = "URL… -o DIR [--policy FILE] [--key FILE]",
	.details = "Rebuilds log and records from one holder, or from several damaged ones whose good parts add up; only the "
		   "logged digests decide. What "
		   "is\n"
		   "made is a holder's copy: the keeper's private key is not among what holders have. What is closed comes only to "
		   "who is entitled; every\n"
		   "holder entitles the recovery key that init printed.\n",
	.options = restore_options,
	.example = "photostat hold restore https://one.example.net/ https://two.example.org/ -o again",
	.example_says = "makes again/ from two holders",
	.run = run_restore,
};
