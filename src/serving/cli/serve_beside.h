/* What a server gives up before it answers anybody, and the process beside it that reads texts and feeds the search index. */
#ifndef PHOTOSTAT_CLI_SERVE_BESIDE_H
#define PHOTOSTAT_CLI_SERVE_BESIDE_H

#include "base/base.h"

/* From now on the process writes nothing but below the archive's derived/, and in the folders of its witness and mirror (NULL: none), where the kernel has Landlock:
 * records, log and keys are out of its reach, whatever happens in it (P6). Where derived/ cannot be made nothing is given up. */
int beside_give_up(const char *archive, const char *witness, const char *mirror, bool *landlock, struct err *);

struct beside;
int beside_start(struct beside **, const char *archive, struct err *);
/* A reader waits for texts of this record. From any thread of the server; context is the struct beside, NULL is fine. */
void beside_want(void *context, struct str id);
void beside_tend(struct beside *); /* now and then: starts it again if it has ended; NULL is fine */
void beside_end(struct beside *);  /* NULL is fine */

#endif
