/* Inside holder: what the files about having a log witnessed share. */
#ifndef PHOTOSTAT_HOLDER_SUBMIT_H
#define PHOTOSTAT_HOLDER_SUBMIT_H

#include "internal.h"

/* The policy of archive.conf. */
int submit_policy(struct archive *, struct policy **, struct err *);
/* Fills what the checkpoint says: who cosigned it, and whether that is a quorum. *out has its witnesses already, in the policy's order. */
int submit_judge(const struct policy *, struct str checkpoint_note, struct submission *out, struct err *);
/* Writes down which cosignatures were seen; lost without harm. */
void submit_remember(struct archive *, const struct submission *);

#endif
