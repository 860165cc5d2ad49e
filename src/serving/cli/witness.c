/* photostat witness add, list, submit */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cosigner.h"
#include "os/os.h"
#include "passphrase.h"

/* ---- add ---------------------------------------------------------------------------------------------------------------------- */

static const struct cli_option add_options[] = {
	{"--name", "NAME", "what archive.conf and the policy call it (else its key's name)", false},
	{NULL, NULL, NULL, false},
};

int cosigner_add(struct invocation *invocation, bool mirror)
{
	struct archive *archive;
	struct vkey key = {.name = NULL};
	struct str name = str_from(cli_value(invocation, "--name"));
	struct submission submission = {.count = 0};
	struct err err = ERR_INIT;
	int status;

	if (invocation->count != 2)
		return cli_usage(invocation, "give the %s's verifier key and the URL that checkpoints are submitted to",
			mirror ? "mirror" : "witness");
	if (vkey_parse(&key, str_from(invocation->arguments[0]), &err) != 0 ||
		http_url_check(str_from(invocation->arguments[1]), &err) != 0) {
		vkey_release(&key);
		return cli_usage(invocation, "%s", err.text);
	}
	if (name.n == 0)
		name = str_from(key.name);
	archive = cli_open(invocation, ARCHIVE_WRITE, &status);
	if (archive == NULL)
		goto out;
	if (archive_add_witness(
		    archive, name, str_from(invocation->arguments[0]), str_from(invocation->arguments[1]), mirror, &err) != 0) {
		status = cli_fail(invocation, &err);
		goto out;
	}
	if (invocation->json) {
		struct json json;

		json_begin(&json, mirror ? "mirror-added" : "witness-added");
		json_string(&json, "name", name);
		json_text(&json, "key", invocation->arguments[0]);
		json_text(&json, "url", invocation->arguments[1]);
		json_end(&json, stdout);
	} else {
		cli_line("added  %.*s  %s", STR_ARG(name), invocation->arguments[1]);
	}
	if (submission_look(archive, &submission, NULL) == 0 && !submission.wanted)
		cli_say(invocation,
			"archive.conf asks for no quorum: write there how many witnesses make one, such as quorum = \"1\"");
	cli_say(invocation, "Who has a policy of this archive wants the new one: photostat policy");
	submission_release(&submission);
out:
	vkey_release(&key);
	archive_close(archive);
	return status;
}

static int run_add(struct invocation *invocation)
{
	return cosigner_add(invocation, false);
}

const struct command command_witness_add = {
	.name = "witness add",
	.summary = "have the log cosigned by one more witness",
	.usage = "VKEY URL [--name NAME]",
	.details = "Writes a C2SP witness (tlog-witness) into archive.conf: its verifier key and the URL below which it takes "
		   "add-checkpoint. From then on\n"
		   "every change is submitted to it. A witness cosigns a checkpoint only if it continues what it cosigned before: "
		   "whoever "
		   "trusts it need\n"
		   "not trust the keeper not to show different histories. Get its key from its operator, and not from where its "
		   "URL leads.\n",
	.options = add_options,
	.example = "photostat witness add witness.example/one+1508b9b9+BE5n2RL6BPe9YF9FqpKu8k3pJ+H7UAh+Ah7vCi2Xz8ok "
		   "https://witness.example/ --name one",
	.example_says = "adds the witness under the name one",
	.run = run_add,
};

/* ---- list, submit ------------------------------------------------------------------------------------------------------------- */

void cosigner_print(const struct invocation *invocation, const struct submission *submission, const struct submit_witness *witness)
{
	bool asked = submission == NULL;
	char time[TIME_TEXT];

	time_format((int64_t)witness->time, time);
	if (invocation->json) {
		struct json json;

		json_begin(&json, "witness");
		json_text(&json, "name", witness->name);
		json_text(&json, "key", witness->key);
		json_text(&json, "url", witness->url);
		json_bool(&json, "mirror", witness->mirror);
		json_bool(&json, "cosigned", witness->outcome == SUBMIT_COSIGNED);
		if (witness->any) {
			json_number(&json, "size", witness->size);
			json_text(&json, "time", time);
			if (!asked)
				json_number(&json, "lag", submission->size > witness->size ? submission->size - witness->size : 0);
		}
		if (asked) {
			json_text(&json, "outcome", submission_word(witness->outcome));
			if (witness->outcome == SUBMIT_AHEAD)
				json_number(&json, "ahead", witness->ahead);
			if (witness->outcome != SUBMIT_COSIGNED)
				json_text(&json, "reason", witness->why.text);
		}
		json_end(&json, stdout);
	} else if (asked) {
		cli_line("%-12s %s  %s", submission_word(witness->outcome), witness->name,
			witness->outcome == SUBMIT_COSIGNED ? time : witness->why.text);
	} else if (!witness->any) {
		cli_line("%s  %s  has not cosigned yet", witness->name, witness->url);
	} else if (witness->size == submission->size) {
		cli_line("%s  %s  size %" PRIu64 "  %s  up to date", witness->name, witness->url, witness->size, time);
	} else {
		cli_line("%s  %s  size %" PRIu64 "  %s  %" PRIu64 " entr%s behind", witness->name, witness->url, witness->size,
			time, submission->size > witness->size ? submission->size - witness->size : 0,
			submission->size == witness->size + 1 ? "y" : "ies");
	}
}

int cosigner_none(const struct invocation *invocation, bool mirror)
{
	const char *word = mirror ? "mirror" : "witness";
	struct err err = ERR_INIT;

	err_set(&err, ERR_NOT_FOUND, "this log has no %s; add one: photostat %s add VKEY URL", mirror ? "mirrors" : "witnesses",
		word);
	return cli_fail(invocation, &err);
}

int cosigner_list(struct invocation *invocation, bool mirrors_only)
{
	struct submission submission = {.count = 0};
	struct archive *archive;
	struct err err = ERR_INIT;
	size_t shown = 0;
	int status;

	if (invocation->count != 0)
		return cli_usage(invocation, "it takes no arguments");
	archive = cli_open(invocation, ARCHIVE_READ, &status);
	if (archive == NULL)
		return status;
	if (submission_look(archive, &submission, &err) != 0) {
		status = cli_fail(invocation, &err);
		goto out;
	}
	for (size_t i = 0; i < submission.count; i++)
		if (!mirrors_only || submission.witnesses[i].mirror) {
			cosigner_print(invocation, &submission, &submission.witnesses[i]);
			shown++;
		}
	if (shown == 0)
		status = cosigner_none(invocation, mirrors_only);
	else if (!mirrors_only)
		submission_say(invocation, &submission, false);
out:
	submission_release(&submission);
	archive_close(archive);
	return status;
}

static const struct cli_option no_options[] = {{NULL, NULL, NULL, false}};

static int run_list(struct invocation *invocation)
{
	return cosigner_list(invocation, false);
}

const struct command command_witness_list = {
	.name = "witness list",
	.summary = "which witnesses cosign the log, and how far each has come",
	.usage = "",
	.details = "For each witness of archive.conf when it last cosigned, at which size, and how many entries have come since. "
		   "Asks nobody.\n",
	.options = no_options,
	.example = "photostat witness list",
	.example_says = "shows who has cosigned the present checkpoint, and who lags",
	.run = run_list,
};

static const struct cli_option submit_options[] = {
	{"--seconds", "SECONDS", "how long all of them may take (10)", false},
	{NULL, NULL, NULL, false},
};

static int run_submit(struct invocation *invocation)
{
	const char *seconds = cli_value(invocation, "--seconds");
	struct submit_options options = {.stop = submission_stop};
	struct submission submission = {.count = 0};
	struct archive *archive;
	struct err err = ERR_INIT;
	uint64_t number = 10;
	int result, status;

	if (invocation->count != 0)
		return cli_usage(invocation, "it takes no arguments");
	if (seconds != NULL && (!decimal_parse(str_from(seconds), 3600, &number) || number == 0))
		return cli_usage(invocation, "--seconds is a number from 1 to 3600");
	options.seconds = (unsigned)number;
	archive = cli_open(invocation, ARCHIVE_READ, &status);
	if (archive == NULL)
		return status;
	result = submission_make(archive, &options, &submission, &err);
	for (size_t i = 0; i < submission.count; i++)
		cosigner_print(invocation, NULL, &submission.witnesses[i]);
	if (submission.count > 0)
		submission_say(invocation, &submission, false);
	if (result != 0)
		status = cli_fail(invocation, &err);
	else if (submission.count == 0)
		status = cosigner_none(invocation, false);
	else
		status = submission.witnessed || (!submission.wanted && submission.cosigned == submission.count) ? EXIT_WELL
														 : EXIT_NO;
	submission_release(&submission);
	archive_close(archive);
	return status;
}

const struct command command_witness_submit = {
	.name = "witness submit",
	.summary = "have the present checkpoint cosigned now",
	.usage = "[--seconds SECONDS]",
	.details =
		"Submits the checkpoint to the witnesses that have not cosigned it yet, all at once, and keeps what they give "
		"beside the log's "
		"signature.\n"
		"Commands that change the archive do so by themselves; this is for when a witness could not be reached then. Exit "
		"status 0: the quorum of\n"
		"archive.conf is met (or there is none, and all have cosigned), 1: it is not.\n",
	.options = submit_options,
	.example = "photostat witness submit --seconds 30",
	.example_says = "asks the witnesses that are missing, for half a minute at most",
	.run = run_submit,
};

/* ---- init --------------------------------------------------------------------------------------------------------------------- */

static const struct cli_option init_options[] = {
	{"--log", "VKEY", "a log to witness: its verifier key, whose name is its origin", false},
	{"--url", "URL", "where that log is served", false},
	{"--passphrase", NULL, "encrypt the witness's private key; see photostat key encrypt", false},
	{NULL, NULL, NULL, false},
};

/* logs/NAME, as docs/format/witness.md has it. */
static int know_log(const char *folder, const char *log, const char *url, struct err *err)
{
	struct vkey key = {.name = NULL};
	struct buf path = BUF_INIT, text = BUF_INIT;
	struct hash hash;
	int result = -1;

	if (vkey_parse(&key, str_from(log), err) != 0 || (url != NULL && http_url_check(str_from(url), err) != 0))
		goto out;
	sha256(key.name, strlen(key.name), &hash);
	buf_printf(&path, "%s/logs/", folder);
	buf_hex(&path, hash.b, 8);
	buf_printf(&text, "origin %s\nkey %s\n", key.name, log);
	if (url != NULL)
		buf_printf(&text, "url %s\n", url);
	buf_printf(&path, ".log");
	if (buf_check(&path, "the path", err) != 0)
		goto out;
	{
		struct buf logs = BUF_INIT;

		buf_printf(&logs, "%s/logs", folder);
		result = os_mkdir(AT_FDCWD, logs.p, err) != 0 ? -1 : os_replace(AT_FDCWD, path.p, buf_view(&text), 0644, err);
		buf_release(&logs);
	}
out:
	vkey_release(&key);
	buf_release(&path);
	buf_release(&text);
	return result;
}

int cosigner_make(struct invocation *invocation, bool mirror)
{
	const char *word = mirror ? "mirror" : "witness";
	const char *log = cli_value(invocation, "--log"), *url = cli_value(invocation, "--url");
	struct buf verifier = BUF_INIT, passphrase = BUF_INIT;
	struct err err = ERR_INIT;
	int status = EXIT_WELL;

	if (invocation->count != 2)
		return cli_usage(invocation, "name a new folder, and the %s, such as %s.example.org/1", word, word);
	if (url != NULL && log == NULL)
		return cli_usage(invocation, "--url goes with --log");
	if ((cli_given(invocation, "--passphrase") &&
		    passphrase_new(mirror ? "the mirror" : "the witness", &passphrase, &err) != 0) ||
		(mirror ? mirror_init : witness_init)(invocation->arguments[0], str_from(invocation->arguments[1]),
			buf_view(&passphrase), &verifier, &err) != 0 ||
		(log != NULL && know_log(invocation->arguments[0], log, url, &err) != 0)) {
		status = cli_fail(invocation, &err);
	} else if (invocation->json) {
		struct json json;

		json_begin(&json, word);
		json_text(&json, "path", invocation->arguments[0]);
		json_string(&json, "verifier", buf_view(&verifier));
		json_end(&json, stdout);
	} else {
		cli_line("%.*s", STR_ARG(buf_view(&verifier)));
		cli_say(invocation,
			"That is the %s's key, for keepers: photostat %s add. Serve it with: photostat serve --%s %s --%s-is-new",
			word, word, word, invocation->arguments[0], word);
	}
	passphrase_release(&passphrase);
	buf_release(&verifier);
	return status;
}

static int run_init(struct invocation *invocation)
{
	return cosigner_make(invocation, false);
}

const struct command command_witness_init = {
	.name = "witness init",
	.summary = "make a witness that cosigns other people's logs",
	.usage = "DIR NAME [--log VKEY [--url URL]] [--passphrase]",
	.details = "NAME is a URL without https://, and permanent. Logs to witness are files in DIR/logs; --log writes the first "
		   "one. photostat serve --witness "
		   "serves\n"
		   "it.\n",
	.options = init_options,
	.example = "photostat witness init witness witness.example.org/w1",
	.example_says = "makes a witness in the folder witness/",
	.run = run_init,
};
