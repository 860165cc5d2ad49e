/* libphotostat-verify, inside. */
#ifndef PHOTOSTAT_VERIFY_INTERNAL_H
#define PHOTOSTAT_VERIFY_INTERNAL_H

#include "base/base.h"
#include "entry/entry.h"
#include "verify/photostat-verify.h"

struct photostat_verify_policy {
	struct policy *policy;
};

struct photostat_verify_receipt {
	struct receipt *receipt;
	const struct disclosure *disclosure;
	char *origin, *record;
	uint32_t *files;       /* leaves of kind "file", by path */
	uint32_t *by_digest;   /* indices into files[], by digest; made when first needed */
	unsigned char *proven; /* by file */
	size_t count;
};

/* Writes one line into `sentence` (NULL: nowhere); returns `answer`. */
int say(char sentence[PHOTOSTAT_VERIFY_SENTENCE], int answer, const struct buf *text);
/* The answer that an error means, and its text. */
int say_err(char sentence[PHOTOSTAT_VERIFY_SENTENCE], const struct err *);

#endif
