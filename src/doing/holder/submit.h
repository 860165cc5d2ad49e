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

/* ---- pushing to a mirror (submit_mirror.c) ----------------------------------------------------------------------------------------------- */

struct mirror_push {
	bool entries;   /* it has the checkpoint, and wants entries now */
	bool again;     /* it lost the checkpoint once, and was given it anew */
	uint64_t start; /* where to go on */
	struct buf ticket;
	bool any;      /* it has said how far it has come; then: */
	uint64_t best; /* the furthest */
	unsigned stalls;
};
void push_begin_entries(struct mirror_push *, uint64_t size);
/* The next request, appended: at most 32 packages, and about `most` bytes. */
int push_format(struct archive *, const struct mirror_push *, uint64_t size, size_t most, struct buf *body, struct err *);
/* An answer 202 or 409. -1: it makes no sense to go on. */
int push_take_info(struct mirror_push *, uint64_t size, const char *type, struct str answer, struct err *);
void push_release(struct mirror_push *);

#endif
