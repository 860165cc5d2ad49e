/* photostat version */
#include "cli.h"
#include "photostat-version.h"

static const struct cli_option options[] = {{NULL, NULL, NULL, false}};

static int run(struct invocation *invocation)
{
	if (invocation->json) {
		struct json json;

		json_begin(&json, "program");
		json_text(&json, "version", PHOTOSTAT_VERSION);
		json_end(&json, stdout);
	} else {
		cli_line("photostat " PHOTOSTAT_VERSION);
	}
	return EXIT_WELL;
}

const struct command command_version = {
	.name = "version",
	.summary = "say which version of photostat this is",
	.usage = "",
	.details = "",
	.options = options,
	.example = "photostat version",
	.example_says = "prints the version",
	.run = run,
};
