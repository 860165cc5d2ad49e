/* lists: records in the orders that a reader goes through them: by person, place and language, by date, in the arrangement, the newest first. In SQLite, in a file
 * without a name: it is gone with the handle, so that nothing of what was closed or expunged outlives its maker on the disk (P6). It knows nothing of archives and
 * of access: whoever feeds it puts in what is open, takes out what no longer is, and nothing else is ever counted.
 *
 * A handle belongs to one thread at a time. Every list is a keyset: a piece costs O(log n + its length), wherever it begins; one by
 * date besides the records that are passed over because they end before the years asked for, while others as long as they (to the power of two) do not: of many that span a
 * century each, the years right behind it cost all of them. Memory below 12 MiB whatever the
 * number of records. After an error of lists_put or lists_remove nothing of it is good any more but lists_free. ERR_CONFLICT, ERR_SYSTEM as catalogue.h has
 * them. */
#ifndef PHOTOSTAT_LISTS_H
#define PHOTOSTAT_LISTS_H

#include "base/base.h"

#define LISTS_VALUES_MAX 64u /* of each kind, of one record; more are left out */

struct holding_relation {
	int term; /* of whatever vocabulary the caller has */
	struct str id;
};
/* A record, described in few words. */
struct holding {
	struct str id, title, title_language, level, reference_code, part_of;
	struct str date; /* the first: as written, else EDTF */
	struct str date_edtf;
	int64_t first_day, last_day;               /* that its dates span, since 1970-01-01; first > last: none */
	struct str *creators, *places, *languages; /* each once */
	unsigned creator_count, place_count, language_count;
	struct holding_relation *relations; /* to other records; only put, never given back */
	unsigned relation_count;
	uint64_t version_index, files;
	bool pictures;
};

struct lists;
/* The file is made in the place of `path`, which is removed at once; "": where SQLite puts such (SQLITE_TMPDIR, TMPDIR, /var/tmp, /tmp), once
 * it does not fit into memory. */
int lists_open(struct lists **, const char *path, struct err *);
void lists_free(struct lists *); /* NULL is fine */
/* What is put between the two is written together; commit every 10,000 or so. */
int lists_begin(struct lists *, struct err *);
int lists_commit(struct lists *, struct err *);
/* In place of what was there of this id; values with U+001F are left out. O(values × log n), and if it is new as many as are part of it. */
int lists_put(struct lists *, const struct holding *, struct err *);
/* Absent is fine. */
int lists_remove(struct lists *, struct str id, struct err *);

uint64_t lists_count(const struct lists *);
/* What it points to lives in the arena. NULL: absent, or unreadable. */
const struct holding *lists_find(struct lists *, struct str id, struct arena *);

enum lists_order {
	LISTS_TOPS,   /* of the arrangement: part of nothing that is here */
	LISTS_PARTS,  /* of `of`, an id */
	LISTS_HAVING, /* `of`, a value of `kind` */
	LISTS_RECENT, /* what was logged last first */
	LISTS_DATED,  /* whose dates touch the years `from_year` to `to_year`, each 0 to 9999, the earliest first */
};
/* Tops, parts and those having a value go by reference code, numbers by value ("A 2" before "A 10"), those without at the end; then as they came. */
enum lists_kind { LISTS_PEOPLE, LISTS_PLACES, LISTS_LANGUAGES };
struct lists_piece {
	enum lists_order order;
	enum lists_kind kind;
	struct str of;
	int64_t from_year, to_year;
	struct str from; /* an id: those behind it, or before it; empty, or no longer here: from the beginning */
	bool backwards;
	unsigned limit; /* 1 to 2000 */
	/* filled, in the arena */
	const struct holding **rows; /* always in the list's own order */
	size_t count;
	bool before, after; /* there are others on that side */
};
int lists_take(struct lists *, struct lists_piece *, struct arena *, struct err *);
uint64_t lists_count_parts(struct lists *, struct str id);                            /* O(log n + parts), from an index alone */
uint64_t lists_count_having(struct lists *, enum lists_kind, struct str value);       /* O(log n) */
uint64_t lists_count_dated(const struct lists *, int64_t from_year, int64_t to_year); /* years 0 to 9999; O(years) */

struct lists_name {
	struct str value;
	uint64_t records;
};
/* Values by their bytes, from behind `from` on or before it (empty: from the beginning); `names`, of size `limit`, in the arena. */
struct lists_names {
	enum lists_kind kind;
	struct str from;
	bool backwards;
	unsigned limit;
	struct lists_name *names;
	size_t count;
	bool before, after;
};
int lists_take_names(struct lists *, struct lists_names *, struct arena *, struct err *);

/* Who names this id in a relation, each once, at most `limit`, as they came. */
int lists_each_relating(struct lists *, struct str id, unsigned limit, struct arena *,
	int (*each)(void *, int term, const struct holding *, struct err *), void *, struct err *);

/* Years in which records begin and end that lie within these as a whole. */
#define LISTS_YEARS 3000
struct lists_years {
	const uint32_t *begin, *end; /* LISTS_YEARS each */
};
struct lists_years lists_years(const struct lists *);
/* The year of a day since 1970-01-01, proleptic Gregorian. */
int64_t lists_year_of(int64_t day);

/* "A 2" before "A 10": a key whose bytes compare as the codes do. */
void lists_sort_key(struct buf *, struct str reference_code);

#endif
