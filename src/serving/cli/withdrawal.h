/* What access, expunge and deposit share. */
#ifndef PHOTOSTAT_CLI_WITHDRAWAL_H
#define PHOTOSTAT_CLI_WITHDRAWAL_H

#include "cli.h"

/* "open", "closed", "embargo=YYYY-MM-DD". */
bool access_parse(const char *word, enum access_state *, char until[12]);
/* Prints what was logged. */
void withdrawal_done(const struct invocation *, const char *kind, const struct archive_done *);

#endif
