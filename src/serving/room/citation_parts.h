/* Inside citation: what its styles share. */
#ifndef PHOTOSTAT_ROOM_CITATION_PARTS_H
#define PHOTOSTAT_ROOM_CITATION_PARTS_H

#include "citation.h"

/* "Family, Given" taken apart, a lifetime behind it dropped; else family is empty and literal says it all. Views. */
struct citation_name {
	struct str family, given, literal;
};
void citation_name(struct str creator, struct citation_name *);
/* The creator of that number, if it is there; returns how many there are, at most CITATION_CREATORS_MAX: the rest is not named. */
#define CITATION_CREATORS_MAX 100u
size_t citation_creator(const struct record *, size_t number, struct citation_name *);

/* One end of an EDTF date that a citation can say in words. */
struct citation_day {
	long year, month, day; /* month and day 0: not known; months 21 to 24 are seasons */
	bool decade, century;  /* year is its first */
	bool approximate, uncertain;
};
bool citation_day(struct str edtf, struct citation_day *); /* false: it is written as it stands */

/* Its title; else, in brackets, what it is called. */
void citation_title(struct buf *, const struct citation *);
bool citation_has_title(const struct citation *);

/* The text on one line: runs of white space and controls become one space, none at its ends. */
void citation_line(struct buf *, struct str);

void citation_bibtex(struct buf *, const struct citation *);
void citation_ris(struct buf *, const struct citation *);
void citation_csl(struct buf *, const struct citation *);

#endif
