/* finder: an archive's full text, found: feeds `search` from catalogue, records and texts, and asks it. Two files below derived/, deletable at any time (P8):
 *   search.sqlite         what everybody may see: the one that a server for readers opens
 *   search-closed.sqlite  records of which something is not open, whole: for the keeper alone
 * access_* of archive.h decides which (P6). Never waits for a deposit, nor does a deposit wait for it. docs/design.md "Search". */
#ifndef PHOTOSTAT_FINDER_H
#define PHOTOSTAT_FINDER_H

#include "archive/archive.h"
#include "base/base.h"
#include "search/search.h"

struct finder_run {
	bool rebuild; /* from nothing */
	void (*progress)(void *context, uint64_t done, uint64_t total);
	void *context;
	/* Records whose texts have come: of those that wait for a text, these alone are looked at again, and no embargo. NULL: all that are due. */
	const struct str *ready;
	size_t ready_count;
	/* filled */
	uint64_t records, texts; /* put in */
	uint64_t waiting;        /* files whose text is not extracted yet: looked at again by the next run */
};
/* Brings both files up to date with the catalogue, with what was extracted since, and with the clock (embargoes). Resumable: what was committed stays. Waits while another
 * process does the same. A file that is found to be damaged is made anew. What left the open file is wiped from it before this returns; if a reader holds the state before, by the next run. O(what changed). */
int finder_feed(struct archive *, struct catalogue *, struct finder_run *, struct err *);
/* After something was withdrawn: both files follow at once, if they are there at all. `wipe`: it was expunged, and nothing of it may stay; where that
 * cannot be done in place, because a reader holds the state before, the files are thrown away. */
int finder_follow(struct archive *, bool wipe, struct err *);

struct finder;
/* AUDIENCE_PUBLIC: of the open file alone. ERR_NOT_FOUND: there is no index. */
int finder_open(struct finder **, struct archive *, enum audience, struct err *);
void finder_close(struct finder *); /* NULL is fine */
/* As search_find; of AUDIENCE_KEEPER the hits of both files in one order, each record once. request.admit is set here: every hit is checked against its record as it is now. `hit`, `facet`
 * and `context` are the caller's. Facets of both files are told one file after the other. */
int finder_find(struct finder *, struct search_request *, struct err *);

#endif
