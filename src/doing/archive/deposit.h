/* Inside archive: a run of deposits. */
#ifndef PHOTOSTAT_ARCHIVE_DEPOSIT_H
#define PHOTOSTAT_ARCHIVE_DEPOSIT_H

#include "sources.h"

struct deposit_run {
	struct archive *archive;
	const struct deposit_options *options;
	struct deposit_summary *summary;
	struct batch *batch;
	struct builder builder;
	struct namer *namer;
	struct record *common; /* --meta and accession: of every record of this run */
	struct record *record; /* of the present one */
	struct buf id, json, message;
	struct arena reported;  /* sources of the batch's records, for the report after its commit */
	struct str *sources_of; /* by order in the batch; empty for entries that are no version */
	size_t sources_count, sources_capacity;
	struct stat receipts_folder;
	int receipts;                 /* folder of --receipts, -1 */
	uint64_t total;               /* records to come, 0: not known */
	uint64_t bytes_total, moving; /* bytes of the one record, 0: not known; of the present file so far */
	size_t files_done, files_count;
	bool named;  /* the present record's id was given, not made */
	bool warned; /* that an id given to what is not open is public */
	bool fatal;  /* the last error is not the document's: the run ends */
};

/* One record as its deposit is asked for. */
struct deposit_request {
	struct sources *sources;
	struct str source;   /* as the depositor calls it */
	struct str relative; /* what its name is made from */
	bool drop_extension;
	struct record *described; /* NULL, or from a row of a table: id, access, terms */
	bool without_documents;   /* a level above items: no files wanted */
	struct str original;      /* where it was deposited from, as a table's path column says it; empty: relative */
};

/* Keeps it, finds it kept already, or reports its refusal and goes on (0). -1 when the run cannot go on. */
int deposit_record(struct deposit_run *, const struct deposit_request *, struct err *);
/* For store_watch: so much more of a long file was taken in. */
void deposit_moved(void *run, uint64_t bytes);
/* Commits and reports what is staged. */
int deposit_commit(struct deposit_run *, struct err *);
void deposit_refuse(struct deposit_run *, struct str id, struct str source, const struct err *why);

/* 1 if the newest version of the record holds just these documents, 0 if not, -1 (same.c). */
int deposit_holds_same(struct archive *, struct str id, const struct sources *, struct archive_version *, struct err *);
/* What is not open has an id of its own each time: the same bytes are looked for instead. 1 found (run->id is it), 0, -1. */
int deposit_find_same(struct deposit_run *, const struct sources *, struct archive_version *, struct err *);
/* A path as a table's path column says it. */
void table_path(struct str path, struct buf *out);
/* From a table. */
int deposit_table(struct deposit_run *, struct err *);

#endif
