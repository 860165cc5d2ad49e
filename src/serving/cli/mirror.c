/* photostat mirror init, add, list, push */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cosigner.h"

#define PUSH_SECONDS 3600u

/* ---- init, add --------------------------------------------------------------------------------------------------------------------- */

static const struct cli_option init_options[] = {
	{"--log", "VKEY", "a log to mirror: its verifier key, whose name is its origin", false},
	{"--url", "URL", "where that log is served", false},
	{"--passphrase", NULL, "encrypt the mirror's private key; see photostat key encrypt", false},
	{NULL, NULL, NULL, false},
};

static int run_init(struct invocation *invocation)
{
	return cosigner_make(invocation, true);
}

const struct command command_mirror_init = {
	.name = "mirror init",
	.summary = "make a mirror that keeps other people's logs",
	.usage = "DIR NAME [--log VKEY [--url URL]] [--passphrase]",
	.details =
		"NAME is a URL without https://, permanent, and not that of a witness. Logs to mirror are files in DIR/logs; --log "
		"writes the first\n"
		"one. photostat serve --mirror serves it: keepers push their logs to it, and it cosigns what it holds.\n",
	.options = init_options,
	.example = "photostat mirror init mirror mirror.example.org/m1",
	.example_says = "makes a mirror in the folder mirror/",
	.run = run_init,
};

static const struct cli_option add_options[] = {
	{"--name", "NAME", "what archive.conf and the policy call it (else its key's name)", false},
	{NULL, NULL, NULL, false},
};

static int run_add(struct invocation *invocation)
{
	return cosigner_add(invocation, true);
}

const struct command command_mirror_add = {
	.name = "mirror add",
	.summary = "have the log kept and cosigned by one more mirror",
	.usage = "VKEY URL [--name NAME]",
	.details =
		"Writes a C2SP mirror (tlog-mirror) into archive.conf: its verifier key and the URL below which it takes "
		"add-checkpoint and "
		"add-entries.\n"
		"From then on every change is pushed to it. A mirror cosigns a checkpoint when it has all entries that the "
		"checkpoint "
		"covers; in the\n"
		"policy it is a witness like others. It gets the log, not the documents: those are for holders (photostat hold).\n",
	.options = add_options,
	.example = "photostat mirror add mirror.example/one+64fda7e6+BE5n2RL6BPe9YF9FqpKu8k3pJ+H7UAh+Ah7vCi2Xz8ok "
		   "https://mirror.example/ --name m1",
	.example_says = "adds the mirror under the name m1",
	.run = run_add,
};

/* ---- list, push -------------------------------------------------------------------------------------------------------------------- */

static size_t count_mirrors(const struct submission *submission, size_t *cosigned)
{
	size_t count = 0;

	*cosigned = 0;
	for (size_t i = 0; i < submission->count; i++) {
		count += submission->witnesses[i].mirror;
		*cosigned += submission->witnesses[i].mirror && submission->witnesses[i].outcome == SUBMIT_COSIGNED;
	}
	return count;
}

static const struct cli_option no_options[] = {{NULL, NULL, NULL, false}};

static int run_list(struct invocation *invocation)
{
	return cosigner_list(invocation, true);
}

const struct command command_mirror_list = {
	.name = "mirror list",
	.summary = "which mirrors keep the log, and how far each has come",
	.usage = "",
	.details = "For each mirror of archive.conf when it last cosigned, at which size, and how many entries have come since. "
		   "Asks nobody.\n",
	.options = no_options,
	.example = "photostat mirror list",
	.example_says = "shows which mirrors have all of the log, and which lag",
	.run = run_list,
};

static const struct cli_option push_options[] = {
	{"--seconds", "SECONDS", "how long all of them may take (3600)", false},
	{NULL, NULL, NULL, false},
};

static int run_push(struct invocation *invocation)
{
	const char *seconds = cli_value(invocation, "--seconds");
	struct submit_options options = {.mirrors_only = true, .stop = submission_stop};
	struct submission submission = {.count = 0};
	struct archive *archive;
	struct err err = ERR_INIT;
	uint64_t number = PUSH_SECONDS;
	size_t count, cosigned;
	int result, status;

	if (invocation->count != 0)
		return cli_usage(invocation, "it takes no arguments");
	if (seconds != NULL && (!decimal_parse(str_from(seconds), 1000000, &number) || number == 0))
		return cli_usage(invocation, "--seconds is a number from 1 to 1000000");
	options.seconds = options.grace = (unsigned)number;
	archive = cli_open(invocation, ARCHIVE_READ, &status);
	if (archive == NULL)
		return status;
	result = submission_make(archive, &options, &submission, &err);
	count = count_mirrors(&submission, &cosigned);
	for (size_t i = 0; i < submission.count; i++)
		if (submission.witnesses[i].mirror)
			cosigner_print(invocation, NULL, &submission.witnesses[i]);
	if (result != 0)
		status = cli_fail(invocation, &err);
	else if (count == 0)
		status = cosigner_none(invocation, true);
	else
		status = cosigned == count ? EXIT_WELL : EXIT_NO;
	submission_release(&submission);
	archive_close(archive);
	return status;
}

const struct command command_mirror_push = {
	.name = "mirror push",
	.summary = "give the mirrors what they lack of the log, now",
	.usage = "[--seconds SECONDS]",
	.details =
		"Pushes the log to the mirrors that have not cosigned the present checkpoint yet, all at once, each from where it "
		"says that it has\n"
		"come to; broken off, it goes on there the next time. Commands that change the archive push by themselves, for "
		"some seconds; this is "
		"for a new\n"
		"mirror, or one that was away. Exit status 0: all mirrors hold and cosigned the present checkpoint, 1: not all.\n",
	.options = push_options,
	.example = "photostat mirror push",
	.example_says = "brings all mirrors up to date",
	.run = run_push,
};
