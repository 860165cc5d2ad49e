/* Texts and search index kept up to date beside a server (photostat index --follow), and how far they are. */
#ifndef PHOTOSTAT_CLI_INDEX_FOLLOW_H
#define PHOTOSTAT_CLI_INDEX_FOLLOW_H

#include "cli.h"

/* Until standard input ends, each line of which is the id of a record that a reader waits for; the exit status. */
int index_follow(struct invocation *, struct archive *);
int index_state(struct invocation *, struct archive *);

#endif
