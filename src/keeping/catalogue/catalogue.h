/* catalogue: index of records, versions, accesses and digests in SQLite. Derived: deletable at any time, rebuilt from log and records
 * by `archive`, which feeds it entry by entry and never waits for it. Never trusted: what it names is checked against the log. */
#ifndef PHOTOSTAT_CATALOGUE_H
#define PHOTOSTAT_CATALOGUE_H

#include "base/base.h"
#include "crypto/crypto.h"

struct catalogue;

/* Opens or makes derived/catalogue.sqlite (path from the working directory). A file of another schema, or a damaged one, is
 * thrown away and made anew (writable), or ERR_CONFLICT (read-only). An empty one has position 0. */
int catalogue_open(struct catalogue **, const char *path, bool writable, struct err *);
void catalogue_free(struct catalogue *);

/* How far it follows the log: entries 0..size-1 are in it; root of the log at that size. */
int catalogue_position(struct catalogue *, uint64_t *size, struct hash *root, struct err *);

/* Feeding: between begin and commit, in the order of the log. A rollback leaves the position where it was. */
int catalogue_begin(struct catalogue *, struct err *);
int catalogue_commit(struct catalogue *, uint64_t size, const struct hash *root, struct err *);
void catalogue_rollback(struct catalogue *);

struct catalogue_value { struct str term; struct str value; }; /* Dublin Core term and value; repeated terms are repeated */
/* Dates of the record as a range of days since 1970-01-01 that EDTF text covers; INT64_MIN/MAX for open ends. */
struct catalogue_range { int64_t first, last; };
struct catalogue_file { struct str path; uint64_t size; struct digest digest; };
struct catalogue_version {
	struct str id;
	uint64_t version, index, previous;
	int64_t time;
	struct digest inventory;
	/* of the newest version only; they replace the older version's */
	struct str level, reference_code, is_part_of;
	const struct catalogue_value *values; size_t value_count;
	const struct catalogue_range *dates; size_t date_count;
	const struct str *languages; size_t language_count;
	const struct catalogue_file *files; size_t file_count; /* reserved ones left out */
};
int catalogue_put_version(struct catalogue *, const struct catalogue_version *, struct err *);
/* state: 0 open 1 closed 2 embargo (until: seconds, UTC); path empty: the whole record. */
struct catalogue_access { struct str id; uint64_t index; int state; int64_t until; struct str path; };
int catalogue_put_access(struct catalogue *, const struct catalogue_access *, struct err *);
/* New inventory digest of a rewritten version; expunged files leave the index. */
int catalogue_put_expunge(struct catalogue *, struct str id, uint64_t index, uint64_t version, const struct digest *inventory, struct err *);
/* The record's chain moved on with this entry (any kind). */
int catalogue_touch(struct catalogue *, struct str id, uint64_t index, struct err *);

/* Looking up. Strings live until the next call. ERR_NOT_FOUND. */
struct catalogue_record {
	struct str id;
	uint64_t versions;      /* the newest version's number */
	uint64_t last_index;    /* of the newest entry of any kind */
	uint64_t version_index; /* of the newest version's entry */
	int state; int64_t until; /* of the whole record */
	bool files_restricted;  /* some file has its own access */
};
int catalogue_record(struct catalogue *, struct str id, struct catalogue_record *, struct err *);
struct catalogue_version_row { uint64_t version, index; int64_t time; struct digest inventory; bool expunged; };
int catalogue_version(struct catalogue *, struct str id, uint64_t version, struct catalogue_version_row *, struct err *);
int catalogue_each_entry(struct catalogue *, struct str id, int (*each)(void *, uint64_t index, struct err *), void *, struct err *);
int catalogue_each_access(struct catalogue *, struct str id, int (*each)(void *, const struct catalogue_access *, struct err *), void *, struct err *);
/* Other records whose newest or older versions hold these bytes. */
int catalogue_each_holder(struct catalogue *, const struct digest *, int (*each)(void *, struct str id, struct str path, struct err *), void *, struct err *);
int catalogue_count(struct catalogue *, uint64_t *records, struct err *);

struct catalogue_filter {
	struct str under;     /* isPartOf this id, at any depth */
	struct str title, creator; /* words that all must occur, case and accents folded */
	bool has_date; struct catalogue_range date; /* overlaps */
	struct str language;  /* BCP 47 prefix: "de" finds "de-AT" */
};
/* Ordered by reference code, then id; keyset, bounded memory. */
struct catalogue_row { struct catalogue_record record; struct str title, creator, date, level, reference_code, is_part_of, language; };
int catalogue_list(struct catalogue *, const struct catalogue_filter *, int (*each)(void *, const struct catalogue_row *, struct err *), void *, struct err *);

#endif
