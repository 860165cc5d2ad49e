#include "cli.h"
#include "folder.h"
static int run(struct invocation *invocation)
{
	return cli_usage(invocation, "being built");
}
int validate_bag(struct invocation *invocation, const struct folder *folder, const char *path, struct err *err)
{
	(void)invocation;
	(void)folder;
	(void)path;
	return err_set(err, ERR_USAGE, "being built");
}
const struct command command_bag_import = { .name = "bag import", .summary = "x", .usage = "", .details = "", .example = "", .example_says = "", .run = run };
const struct command command_bag_export = { .name = "bag export", .summary = "x", .usage = "", .details = "", .example = "", .example_says = "", .run = run };
