/* Inside holder: what its operator decided of the keeper's expunctions, in the file `decisions` (docs/format/holder.md). */
#ifndef PHOTOSTAT_HOLDER_DECISIONS_H
#define PHOTOSTAT_HOLDER_DECISIONS_H

#include "internal.h"

#define DECISIONS_NAME "decisions"
#define DECISIONS_MAX ((size_t)4 << 20) /* bytes */

struct decision {
	uint64_t index; /* of the expunge entry */
	bool follow;
	int64_t time;
};
/* By index, ascending. */
struct decisions {
	struct decision *list;
	size_t count, capacity;
};
/* Strict; ERR_SYNTAX names the line, and what to do. On error *out is empty. */
int decisions_parse(struct decisions *out, struct str text, struct str origin, struct err *);
void decisions_format(struct buf *, const struct decisions *, struct str origin);
void decisions_put(struct decisions *, const struct decision *);                 /* in the place of an earlier one of that entry */
const struct decision *decisions_find(const struct decisions *, uint64_t index); /* NULL: none */
void decisions_release(struct decisions *);
/* Those of a holder's folder: empty where there is no file. */
int decisions_read(struct decisions *, struct archive *, struct err *);

#endif
