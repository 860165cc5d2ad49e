/* What commands say about witnesses. */
#ifndef PHOTOSTAT_CLI_SUBMISSION_H
#define PHOTOSTAT_CLI_SUBMISSION_H

#include "cli.h"
#include "holder/holder.h"

/* Where cli_open opened an archive to write and its log has grown since: has the new checkpoint witnessed, for some seconds, and says how that
 * went. Never fails the command: what is kept is kept. */
void submission_after(struct invocation *);
/* The line of how a checkpoint stands: JSON on standard output, or a sentence there or (chatter) on standard error. */
void submission_say(const struct invocation *, const struct submission *, bool chatter);
const char *submission_word(enum submit_outcome);
/* For struct submit_options: SIGINT ends the waiting. */
bool submission_stop(void *context);

#endif
