/* What is open of the whole archive, described in few words, for lists that go across records: kept in memory, brought up to date with the log before it is looked
 * at. P6: it holds what the public may see at this very checkpoint and day, and nothing else; so its counts count nothing else. */
#ifndef PHOTOSTAT_ROOM_HOLDINGS_H
#define PHOTOSTAT_ROOM_HOLDINGS_H

#include "internal.h"

#define HOLDINGS_MAX 100000u /* records; of a larger archive there are no such lists: it is searched */

struct holding_relation {
	enum dc_term term;
	struct str id;
};
struct holding {
	struct str id, title, title_language, level, reference_code, part_of;
	struct str date; /* the first: as written, else EDTF */
	struct str date_edtf;
	int64_t first_day, last_day; /* that its dates span; first > last: none */
	struct str *creators, *places, *languages;
	unsigned creator_count, place_count, language_count;
	struct holding_relation *relations; /* to other records of this archive */
	unsigned relation_count;
	uint64_t version_index, files;
	bool pictures;
};
struct holdings;
struct holdings *holdings_new(void);
void holdings_free(struct holdings *); /* NULL is fine */
/* Brings it up to date with the desk's log, and keeps others from changing it until holdings_let_go. False: there are too many records, or they cannot be read; nothing is
 * held then. O(new entries). */
bool holdings_look(struct holdings *, struct desk *);
void holdings_let_go(struct holdings *);
size_t holdings_count(const struct holdings *);
const struct holding *holdings_at(
	const struct holdings *, size_t i); /* in the order of arrangement: by reference code, numbers by value, then by id */
const struct holding *holdings_find(const struct holdings *, struct str id);
/* "A 2" before "A 10". */
int natural_compare(struct str, struct str);

/* ---- lists.c ------------------------------------------------------------------------------------------------------------------------------------ */

void holding_item(struct page *, const struct holding *);  /* one line of a list of records */
void holding_title(struct page *, const struct holding *); /* its title, a link */
void holding_date(struct page *, const struct holding *);
/* All of them in the order of arrangement, an array to be freed. */
const struct holding **holdings_all(const struct holdings *);
void holdings_sort_recent(const struct holding **, size_t count);     /* what was logged last first */
bool holding_is_top(const struct holdings *, const struct holding *); /* part of nothing that is open */
void holdings_cannot(struct page *);                                  /* says that there are no lists */

/* ---- timeline.c --------------------------------------------------------------------------------------------------------------------------------- */

/* A picture of when the records are from, each column a link to those of its years; nothing if none has a date. */
void timeline_write(struct page *, const struct holdings *);
bool timeline_within(const struct holding *, uint64_t from_year, uint64_t to_year);
void timeline_sort(const struct holding **, size_t count); /* by their first day */

#endif
