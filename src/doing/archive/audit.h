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
	uint32_t unused;
	uint64_t version, previous;
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
	bool entries_lost; /* some entries could not be read or believed: what has no entry is then not called unlogged */
	uint64_t size;     /* of the log, as this audit sees it */
	struct hash root;
	/* what was deposited since: folders below records/, sorted lazily */
	struct buf newer; /* "\n" path "\n" path … */
	uint64_t newer_size;
	double rate_began, rate_bytes;
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

#define NEXT_RESTORE "put the good file back from a copy of the archive, then audit this record again"
#define NEXT_LOG "put the good file back from a copy of the archive or any mirror of its log"

/* audit_log.c: checkpoint, head, tiles, bundles, entries; fills rows. */
int audit_log(struct audit *, struct err *);
/* audit_object.c: one record against its rows (sorted by index). */
void audit_object(struct audit *, const struct audit_row *rows, size_t count);
/* audit_records.c: all records against rows and folders. */
int audit_records(struct audit *, struct err *);
void audit_row_fill(struct audit_row *, const struct entry *, uint64_t index);
/* The id of a row; *scratch holds it when it is long. */
struct str audit_row_id(struct audit *, const struct audit_row *, struct buf *scratch);
uint64_t audit_row_index(const struct audit_row *);

#endif
