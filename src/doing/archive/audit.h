/* Inside audit: what its files share. */
#ifndef PHOTOSTAT_ARCHIVE_AUDIT_H
#define PHOTOSTAT_ARCHIVE_AUDIT_H

#include <pthread.h>

#include "internal.h"

#define AUDIT_ID_MAX 168 /* of an id inside a row; longer ones are read from the log again */

/* What the records are compared with: one row an entry of a record, sorted by SHA-256 of the id, then index. The layout puts objects by
 * the same hash, so that rows and folders come in the same order. */
struct audit_row {
	unsigned char id_hash[SHA256_SIZE];
	unsigned char index[8]; /* big-endian */
	uint8_t kind, alg;
	uint16_t id_length;
	uint32_t not_held; /* 1: a holder that does not have what it names */
	uint64_t version, previous;
	int64_t time;
	unsigned char inventory[DIGEST_MAX];
	unsigned char contents[SHA256_SIZE];
	char id[AUDIT_ID_MAX];
};

/* Findings are gathered a record at a time: they are dropped if the record turns out to be in change right now. */
struct finding_list {
	struct arena arena;
	struct finding *items;
	size_t count, capacity;
};

struct audit {
	struct archive *archive;
	const struct audit_options *options;
	struct audit_summary *summary;
	pthread_mutex_t lock;  /* report, summary, log, rate, newer */
	pthread_mutex_t large; /* one record of many files at a time: bounded memory */
	struct os_sort *rows;
	struct catalogue_check *catalogue; /* NULL: there is none to compare with */
	bool rolled_back;                  /* the key has signed a longer log */
	bool entries_lost; /* some entries could not be read or believed: what has no entry is then not called unlogged */
	uint64_t size;     /* of the log, as this audit sees it */
	struct hash root;
	/* what was deposited since: folders below records/, sorted lazily */
	struct buf newer; /* "\n" path "\n" path … */
	uint64_t newer_size;
	double rate_began, rate_bytes;
	bool sampling, resuming; /* only some records are looked at: see audit_skips */
	uint64_t sample_seed;
	unsigned char resume_after[SHA256_SIZE];
	bool stop; /* interrupted, or a worker failed */
	struct err stopped;
};

void findings_release(struct finding_list *);
/* Copies its strings; `what` is a format. */
void findings_add(struct finding_list *, enum finding_word, struct str id, uint64_t version, struct str path, const char *next,
	const char *what, ...) __attribute__((format(printf, 7, 8)));
/* Reports and counts them. */
void audit_report(struct audit *, const struct finding_list *);
void audit_report_one(struct audit *, enum finding_word, struct str path, const char *next, const char *what, ...)
	__attribute__((format(printf, 5, 6)));
/* Counts bytes read and holds to the rate. */
void audit_bytes(struct audit *, uint64_t);
/* True if the object's folder below records/ belongs to something newer than this audit's log, or to a batch that is under way. */
bool audit_is_newer(struct audit *, const char *object_path);

#define NEXT_GOOD_FILE "put the good file back"
#define NEXT_RESTORE NEXT_GOOD_FILE " from a copy of the archive, then audit this record again"
#define NEXT_LOG NEXT_GOOD_FILE " from a copy of the archive or any mirror of its log"

/* One record being checked (audit_object.c). */
struct object_check {
	struct audit *audit;
	const struct audit_row *rows;
	size_t row_count;
	struct str id;
	struct buf id_scratch;
	char folder[STORE_PATH_MAX]; /* below records/ */
	int dir;
	struct finding_list findings;
	/* per version, [number - 1] */
	struct object_version_check {
		struct digest inventory;
		const unsigned char *contents;
		uint64_t index;
		int64_t time;
		bool expunged, rewritten;
	} * versions;
	uint64_t version_count;
	uint64_t *notes; /* indexes of entries with a note, and their commitments */
	struct hash *note_hashes;
	size_t note_count;
	uint64_t *expunges; /* indexes of expunge entries: earlier notes may have gone with what they took */
	size_t expunge_count;
	bool entries_unread; /* an access or expunge entry could not be had: what it did is not known */
	struct inventory *inventory;
	/* per manifest number */
	struct content_check {
		uint64_t size;
		bool bad;
	} * contents;
	struct hasher *hasher;
	unsigned char *piece;
	uint64_t bytes, files;
};
/* Adds a finding of the record; `path` below its folder. */
void audit_find(struct object_check *, enum finding_word, uint64_t version, const char *path, const char *next, const char *what);
/* audit_entries.c: what its rows say of versions, expunges and notes. */
void audit_take_rows(struct object_check *);
/* The files of version `number` by the newest inventory, without the seed, whose path goes to *seed_path; false if one of them is damaged. */
bool audit_leaves(struct object_check *, uint64_t number, struct leaf **, size_t *count, struct buf *seed_path);

/* audit_catalogue.c: what the catalogue says against what records and entries say. Opened before the records are checked; the catalogue's side is
 * then read by a thread of its own. One that is absent or not to be read leaves audit->catalogue NULL (damage is told). */
void audit_catalogue_open(struct audit *);
/* A record that was found good: what the catalogue should say of it. */
void audit_catalogue_expect(struct object_check *);
/* A record of which it is not known (damaged, in change): it is not compared. */
void audit_catalogue_unknown(struct audit *, const unsigned char id_hash[SHA256_SIZE]);
/* Tells what differs, if the audit went through; counts the good records that could not be compared, as they share their slots with others. */
void audit_catalogue_finish(struct audit *, bool complete);

/* audit_log.c: checkpoint, head, tiles, bundles, entries; fills rows. */
int audit_log(struct audit *, struct err *);
/* audit_object.c: one record against its rows (sorted by index). */
void audit_object(struct audit *, const struct audit_row *rows, size_t count);
/* Of a holder, audit_records.c: only what it has is checked; the rest is told apart from what is missing. Whether any version is left to check. */
bool audit_any_held(struct audit *, const struct audit_row *rows, size_t count);
/* audit_records.c: all records against rows and folders. */
int audit_records(struct audit *, struct err *);
/* Whether this audit passes the record over: outside its sample, or checked before it was interrupted. Says the same of a record each time, so
 * that the catalogue's rows of it are passed over as well. */
bool audit_skips(const struct audit *, const unsigned char id_hash[SHA256_SIZE]);
void audit_row_fill(struct audit_row *, const struct entry *, uint64_t index);
/* The id of a row; *scratch holds it when it is long. */
struct str audit_row_id(struct audit *, const struct audit_row *, struct buf *scratch);
uint64_t audit_row_index(const struct audit_row *);

#endif
