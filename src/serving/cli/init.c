/* photostat init */
#include "cli.h"
#include "passphrase.h"

static const struct cli_option options[] = {
	{"--origin", "NAME", "the archive's permanent name, such as example.org/archive; without it a unique one is made", false},
	{"--title", "TEXT", "what people call the archive", false},
	{"--digest", "sha256|sha512", "digest of its records (sha256)", false},
	{"--predecessor", "ORIGIN", "the archive that this one continues; see photostat key end", false},
	{"--passphrase", NULL, "encrypt the log's private key; see photostat key encrypt", false},
	{NULL, NULL, NULL, false},
};

static int run(struct invocation *invocation)
{
	const char *digest = cli_value(invocation, "--digest");
	struct archive_init init = {.digest = DIGEST_SHA256};
	struct archive_made made;
	struct buf passphrase = BUF_INIT;
	struct err err = ERR_INIT;
	int result;

	if (invocation->count != 1)
		return cli_usage(invocation, "name the folder to make");
	if (digest != NULL)
		init.digest = digest_named(str_from(digest));
	if (init.digest != DIGEST_SHA256 && init.digest != DIGEST_SHA512)
		return cli_usage(invocation, "--digest is sha256 or sha512");
	init.path = invocation->arguments[0];
	init.origin = str_from(cli_value(invocation, "--origin"));
	init.predecessor = str_from(cli_value(invocation, "--predecessor"));
	init.title = str_from(cli_value(invocation, "--title"));
	if (cli_given(invocation, "--passphrase")) {
		if (passphrase_new("the archive", &passphrase, &err) != 0) {
			passphrase_release(&passphrase);
			return cli_fail(invocation, &err);
		}
		init.passphrase = buf_view(&passphrase);
	}
	result = archive_init(&init, &made, &err);
	passphrase_release(&passphrase);
	if (result != 0)
		return err.code == ERR_NOT_FOUND ? (cli_fail(invocation, &err), EXIT_FAILED) : cli_fail(invocation, &err);
	if (invocation->json) {
		struct json json;
		struct str secret = buf_view(&made.recovery_secret);

		if (str_ends(secret, STR("\n")))
			secret.n--;
		json_begin(&json, "archive");
		json_text(&json, "path", init.path);
		json_string(&json, "origin", buf_view(&made.origin));
		json_string(&json, "verifier", buf_view(&made.verifier));
		json_string(&json, "recoveryVerifier", buf_view(&made.recovery_verifier));
		json_string(&json, "recoveryKey", secret);
		json_end(&json, stdout);
	} else {
		cli_line("archive   %s", init.path);
		cli_line("origin    %.*s", STR_ARG(buf_view(&made.origin)));
		cli_line("verifier  %.*s", STR_ARG(buf_view(&made.verifier)));
		(void)printf("recovery  %.*s", STR_ARG(buf_view(&made.recovery_secret)));
	}
	cli_say(invocation, "The origin and every id made under it are permanent.%s",
		init.origin.n > 0 ? "" : " It was made up, as none was given; --origin names one that you own.");
	cli_say(invocation,
		"The recovery key is shown this once and kept nowhere: write it down and keep it away from this machine.");
	cli_say(invocation, "Without it the log's key cannot be replaced, neither by you nor by a thief of that key.");
	cli_say(invocation, "Next: photostat deposit -C %s FILE", init.path);
	archive_made_release(&made);
	return EXIT_WELL;
}

const struct command command_init = {
	.name = "init",
	.summary = "make an archive, its keys and entry 0 of its log",
	.usage = "DIR [--origin NAME] [--title TEXT] [--digest sha256|sha512] [--predecessor ORIGIN] [--passphrase]",
	.details = "Makes DIR (new or empty) into an archive: records/ (OCFL), log/ (C2SP tlog-tiles), keys/ (never publish them), "
		   "staging/, derived/\n"
		   "and archive.conf. Prints the verifier, which anyone needs to check receipts, and the recovery key, once.\n",
	.options = options,
	.example = "photostat init letters --origin example.org/letters --title \"Letters of the family\"",
	.example_says = "makes the archive letters/ under a name that you own",
	.run = run,
};
