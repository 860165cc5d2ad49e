/* catalogue: index of records, versions, accesses and digests in SQLite. Derived: deletable at any time, rebuilt from log and records
 * by `archive`, which feeds it entry by entry and never waits for it. Never trusted: what it names is checked against the log.
 *
 * A handle belongs to one thread. One process feeds (it holds the archive's lock); any number read beside it, each function of theirs
 * seeing one state between two commits. A callback's non-zero return stops the walk and is the walk's own return; a callback may look
 * things up in the same catalogue, but feeds nothing. Errors of every function, where it says nothing else:
 *   ERR_CONFLICT  the file is damaged (catalogue_damaged tells), busy, read-only or not ours; nothing was changed
 *   ERR_SYSTEM    the disk: full, failing, no permission. A feeding is then to be rolled back
 * Memory stays below 12 MiB whatever the size (cache 6 MiB), apart from one bit a record for each filter of a list. */
#ifndef PHOTOSTAT_CATALOGUE_H
#define PHOTOSTAT_CATALOGUE_H

#include "base/base.h"
#include "crypto/crypto.h"

struct catalogue;

/* ---- opening ---------------------------------------------------------------------------------------------------------- */

/* Opens or makes derived/catalogue.sqlite (path from the working directory; its folder must exist). A file of another schema, or a
 * damaged one, is thrown away and made anew (writable), or ERR_CONFLICT (read-only). An empty one has position 0. Read-only never
 * makes a file: ERR_NOT_FOUND, also for one whose making was cut off. What power loss may leave is an older state, with the position
 * that belongs to it. O(1).
 * Path "", writable: one of its own, in a file without a name where SQLite puts such (SQLITE_TMPDIR, TMPDIR, /var/tmp, /tmp), which is gone with
 * the handle. */
int catalogue_open(struct catalogue **, const char *path, bool writable, struct err *);
void catalogue_free(struct catalogue *); /* NULL is fine; what is not committed is rolled back */

/* Some call met damage. The handle stays good for catalogue_clear and catalogue_free alone. */
bool catalogue_damaged(const struct catalogue *);
/* Throws everything away: position 0. Writable only; not while feeding. */
int catalogue_clear(struct catalogue *, struct err *);
/* Reads the whole file and compares its indexes with its tables: ERR_CONFLICT if they disagree. O(n). */
int catalogue_check(struct catalogue *, struct err *);
/* Wipes from the file what was deleted or replaced (P6): after an expunge has been committed. Writable only, not while feeding, not
 * inside a callback. O(words). ERR_CONFLICT: a reader still holds the state before; try again, or delete the catalogue. */
int catalogue_scrub(struct catalogue *, struct err *);

/* How far it follows the log: entries 0..size-1 are in it; root of the log at that size (zeroes at 0). */
int catalogue_position(struct catalogue *, uint64_t *size, struct hash *root, struct err *);

/* ---- feeding: between begin and commit, in the order of the log ---------------------------------------------------------- */

/* A rollback, or a crash, leaves everything where the last commit left it. After an error of a function below the feeding must be
 * rolled back, unless it says that nothing changed. Commit every 10,000 to 20,000 entries: fewer at
 * once touch the same pages more often, more leave the cache. */
int catalogue_begin(struct catalogue *, struct err *);
int catalogue_commit(struct catalogue *, uint64_t size, const struct hash *root, struct err *);
void catalogue_rollback(struct catalogue *); /* not feeding is fine */

struct catalogue_value {
	struct str
		term; /* Dublin Core: title, alternative, creator and date are used, the others ignored; repeated terms are repeated */
	struct str value;
};
/* Dates of the record as a range of days since 1970-01-01 that EDTF text covers; INT64_MIN/MAX for open ends. first <= last. */
struct catalogue_range {
	int64_t first, last;
};
struct catalogue_file {
	struct str path;
	uint64_t size;
	struct digest digest;
};
struct catalogue_version {
	struct str id;
	uint64_t version, index, previous; /* previous is not kept */
	int64_t time;
	struct digest inventory;
	/* of the newest version only; they replace the older version's */
	struct str level, reference_code, is_part_of;
	const struct catalogue_value *values;
	size_t value_count;
	const struct catalogue_range *dates;
	size_t date_count;
	const struct str *languages;
	size_t language_count;
	const struct catalogue_file *files;
	size_t file_count; /* reserved ones left out */
};
/* Title and creator are kept up to 16 KiB each. The record is made if it is new. ERR_EXISTS, nothing changed: that version is there
 * already (the first stands). O(values + files), each O(log n). */
int catalogue_put_version(struct catalogue *, const struct catalogue_version *, struct err *);
/* A version that is there, as it is now that catalogue_put_expunge took all of the record's files out of the index: its files go in again,
 * and if it is the newest, what it says of the record replaces what was said before. ERR_NOT_FOUND, nothing changed: no such version. */
int catalogue_put_again(struct catalogue *, const struct catalogue_version *, struct err *);
/* state: 0 open 1 closed 2 embargo (until: seconds, UTC); path empty: the whole record. */
struct catalogue_access {
	struct str id;
	uint64_t index;
	int state;
	int64_t until;
	struct str path;
};
/* ERR_NOT_FOUND, nothing changed: no such record. */
int catalogue_put_access(struct catalogue *, const struct catalogue_access *, struct err *);
/* `index` is the expunge entry's. New inventory digest of a rewritten version; all of the record's files leave the index, and all that was
 * put of its access, which names files too: put back what remains with catalogue_put_again, for each version, and with
 * catalogue_put_access, in the order of the log, after the last catalogue_put_expunge of the entry. ERR_NOT_FOUND. */
int catalogue_put_expunge(
	struct catalogue *, struct str id, uint64_t index, uint64_t version, const struct digest *inventory, struct err *);
/* The record's chain moved on with this entry (any kind; harmless after the functions above, which do it themselves). ERR_NOT_FOUND. */
int catalogue_touch(struct catalogue *, struct str id, uint64_t index, struct err *);

/* ---- looking up ----------------------------------------------------------------------------------------------------------- */

/* Strings live until the next call with this handle; those given to a callback until it returns. ERR_NOT_FOUND. O(log n). */
struct catalogue_record {
	struct str id;
	uint64_t versions;      /* the newest version's number */
	uint64_t last_index;    /* of the newest entry of any kind */
	uint64_t version_index; /* of the newest version's entry */
	int state;
	int64_t until;         /* of the whole record */
	bool files_restricted; /* some file has, or had, an access of its own: ask catalogue_each_access */
};
int catalogue_record(struct catalogue *, struct str id, struct catalogue_record *, struct err *);
/* What the newest version names in isPartOf; empty if nothing. */
int catalogue_part_of(struct catalogue *, struct str id, struct str *parent, struct err *);
struct catalogue_version_row {
	uint64_t version, index;
	int64_t time;
	struct digest inventory;
	bool expunged;
};
int catalogue_version(struct catalogue *, struct str id, uint64_t version, struct catalogue_version_row *, struct err *);
/* By version number. */
int catalogue_each_version(struct catalogue *, struct str id,
	int (*each)(void *, const struct catalogue_version_row *, struct err *), void *, struct err *);
/* Of any kind, in the order of the log, each once. */
int catalogue_each_entry(
	struct catalogue *, struct str id, int (*each)(void *, uint64_t index, struct err *), void *, struct err *);
/* In the order of the log, then by path. */
int catalogue_each_access(struct catalogue *, struct str id, int (*each)(void *, const struct catalogue_access *, struct err *),
	void *, struct err *);
/* All records whose newest or older versions hold these bytes, each path once. */
int catalogue_each_holder(struct catalogue *, const struct digest *,
	int (*each)(void *, struct str id, struct str path, struct err *), void *, struct err *);
/* All records in the order in which the log first names them. Sees records that are committed while it walks. */
int catalogue_each_record(
	struct catalogue *, int (*each)(void *, const struct catalogue_record *, struct err *), void *, struct err *);
/* The same from behind a place on (0: from the first); only records with an entry of this index or a later one, and those that have, or had, an embargo
 * or files with an access of their own: what is open of them may change without an entry. A record keeps its place, also when the catalogue is made anew. */
int catalogue_each_record_after(struct catalogue *, uint64_t place, uint64_t changed,
	int (*each)(void *, uint64_t place, const struct catalogue_record *, struct err *), void *, struct err *);
/* Records that others are part of, by id, from behind this one on. */
int catalogue_each_whole(
	struct catalogue *, struct str after, int (*each)(void *, struct str id, struct err *), void *, struct err *);
/* Records that name this one in isPartOf, as it happens. */
int catalogue_each_part(
	struct catalogue *, struct str whole, int (*each)(void *, struct str id, struct err *), void *, struct err *);
int catalogue_count(struct catalogue *, uint64_t *records, struct err *);

/* ---- lists ------------------------------------------------------------------------------------------------------------------ */

/* All that is set must hold. */
struct catalogue_filter {
	struct str under;          /* isPartOf this id, at any depth */
	struct str title, creator; /* words that all must occur, case and accents folded; at most 32 */
	bool has_date;
	struct catalogue_range date; /* overlaps */
	struct str language;         /* BCP 47 prefix: "de" finds "de-AT" */
};
struct catalogue_row {
	struct catalogue_record record;
	struct str title;                   /* the first */
	struct str creator, date, language; /* joined by "; " */
	struct str level, reference_code, is_part_of;
	uint64_t files, bytes; /* of the newest version, reserved ones left out */
};
/* Records with a reference code first, in its order (numbers by value: "A 2" before "A 10"), then by id; the others by id. Keyset:
 * no lock is held while `each` runs; a record that changes while the list runs may be listed in its old or its new place.
 * O(log n + what the filters find); a list of everything is one ordered walk. ERR_USAGE: too many words. */
int catalogue_list(struct catalogue *, const struct catalogue_filter *,
	int (*each)(void *, const struct catalogue_row *, struct err *), void *, struct err *);

/* ---- comparing (P2) ------------------------------------------------------------------------------------------------------------ */

/* What should be there and what is there, as sums over rows by a function that the seed chooses: sums of the same seed are equal where the
 * rows are. The adders need no catalogue and may run in any thread. */
struct catalogue_sums {
	uint64_t seed;
	uint64_t record; /* description, versions, entries, files */
	uint64_t access; /* access rows, and what the record's row says of access */
};
void catalogue_sum_version(struct catalogue_sums *, const struct catalogue_version_row *); /* each */
void catalogue_sum_entry(struct catalogue_sums *, uint64_t index);                         /* each that is no version's */
void catalogue_sum_file(
	struct catalogue_sums *, struct str path, const struct digest *); /* each of any version once, reserved ones left out */
void catalogue_sum_access(struct catalogue_sums *, const struct catalogue_access *); /* each */
/* Of `newest`: what describes the record, and its files' sizes and number. ERR_MEMORY. */
int catalogue_sum_record(
	struct catalogue_sums *, const struct catalogue_record *, const struct catalogue_version *newest, struct err *);

/* All that follows with this handle sees one state, until it lets go; others go on feeding, but catalogue_scrub waits. The position of that
 * state. */
int catalogue_hold(struct catalogue *, uint64_t *size, struct hash *root, struct err *);
void catalogue_let_go(struct catalogue *);
struct catalogue_compare_calls {
	void *context;
	int (*record)(void *, struct str id, uint64_t last_index, const struct catalogue_sums *, struct err *);
	/* The indexes (words, languages, dates, digests) do not hold what the record's rows say; id empty: rows of no record. */
	int (*unindexed)(void *, struct str id, struct err *);
};
/* Every record, in the order of the log, then those whose indexes are wrong. A non-zero return of a callback stops it and is returned. One
 * pass over each table, O(rows); memory 8 bytes a record, at most 4 MiB: beyond half a million records one that is wrongly indexed is
 * named together with those that share its sum. */
int catalogue_compare(struct catalogue *, uint64_t seed, const struct catalogue_compare_calls *, struct err *);

#endif
