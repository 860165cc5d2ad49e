/* What hold sync and catch-up share. */
#ifndef PHOTOSTAT_CLI_HOLD_H
#define PHOTOSTAT_CLI_HOLD_H

#include "cli.h"
#include "holder/holder.h"

/* Follows the sources of *conf (--rate of the invocation goes before its rate), with a bar, and says how it went; `run` is holder_sync or
 * holder_catch_up. *whole: nothing lacks. The exit status. */
int hold_follow(struct invocation *, struct archive *, const struct holder_conf *,
	int (*run)(struct archive *, const struct holder_sync *, struct holder_synced *, struct err *), bool *whole);

#endif
