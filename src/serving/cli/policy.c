/* photostat policy */
#include <string.h>

#include "cli.h"

static int run(struct invocation *invocation)
{
	struct buf text = BUF_INIT;
	struct archive *archive;
	int status;

	if (invocation->count != 0)
		return cli_usage(invocation, "it takes no arguments");
	archive = cli_open(invocation, ARCHIVE_READ, &status);
	if (archive == NULL)
		return status;
	archive_policy(archive, &text);
	if (invocation->json) {
		struct json json;

		json_begin(&json, "policy");
		json_string(&json, "origin", archive_origin(archive));
		json_string(&json, "policy", buf_view(&text));
		json_end(&json, stdout);
	} else {
		(void)fwrite(text.p, 1, text.n, stdout);
	}
	buf_release(&text);
	archive_close(archive);
	return EXIT_WELL;
}

static const struct cli_option options[] = {{NULL, NULL, NULL, false}};

const struct command command_policy = {
	.name = "policy",
	.summary = "print the trust policy that receipts are verified by",
	.usage = "",
	.details = "Prints a C2SP tlog-policy: the log's public key, its witnesses and the quorum. Keep it with the receipts, and "
		   "get it from\n"
		   "more than one place: who gives you the policy decides whom you trust.\n",
	.options = options,
	.example = "photostat policy -C letters > letters.policy",
	.example_says = "keeps the policy beside the receipts",
	.run = run,
};
