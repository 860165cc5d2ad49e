/* What the commands for witnesses and for mirrors share (witness.c). */
#ifndef PHOTOSTAT_CLI_COSIGNER_H
#define PHOTOSTAT_CLI_COSIGNER_H

#include "submission.h"

/* "VKEY URL [--name NAME]": written into archive.conf. The exit status. */
int cosigner_add(struct invocation *, bool mirror);
/* A line of one of them; asked (submission NULL): what it said, else how far it lags. */
void cosigner_print(const struct invocation *, const struct submission *, const struct submit_witness *);
/* "DIR NAME [--log VKEY [--url URL]]": its folder is made. The exit status. */
int cosigner_make(struct invocation *, bool mirror);
/* The whole of witness list, and of mirror list. */
int cosigner_list(struct invocation *, bool mirrors_only);
/* There are none: says how to add one, and gives the exit status. */
int cosigner_none(const struct invocation *, bool mirror);

#endif
