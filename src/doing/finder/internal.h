/* Inside finder. */
#ifndef PHOTOSTAT_FINDER_INTERNAL_H
#define PHOTOSTAT_FINDER_INTERNAL_H

#include "finder/finder.h"

#define OPEN_FILE "derived/search.sqlite"
#define CLOSED_FILE "derived/search-closed.sqlite"

/* What search is told of a record. Views live as long as the record and the description. */
struct description {
	struct search_record record;
	struct str *creators, *types, *languages, *places;
	struct buf words;
};
void describe_record(struct description *, struct str id, struct record *);
void described_release(struct description *);

/* The path of one of the two files. */
void finder_path(struct buf *, struct archive *, const char *file);

#endif
