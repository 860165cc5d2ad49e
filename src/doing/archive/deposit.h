/* Inside archive: a run of deposits. */
#ifndef PHOTOSTAT_ARCHIVE_DEPOSIT_H
#define PHOTOSTAT_ARCHIVE_DEPOSIT_H

#include "sources.h"

struct deposit_jobs;

struct deposit_run {
	struct archive *archive;
	const struct deposit_options *options;
	struct deposit_summary *summary;
	struct batch *batch;
	struct deposit_jobs *jobs;
	struct namer *namer;
	struct record *common; /* --meta and accession: of every record of this run */
	struct record *record; /* of the present one */
	struct buf id;
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
	const char *row;          /* "line 3" of a table, for refusals; NULL: of none */
	struct str original;      /* where it was deposited from, as a table's path column says it; empty: relative */
};

/* One version to be built, and what came of it. */
struct deposit_job {
	struct builder builder; /* with batch, id, staged, version and previous set */
	struct record *record;  /* described, but for the documents' types and times */
	struct sources sources; /* its own */
	struct buf id, source, row, json;
	struct deposit_access access;
	struct object_version *kept; /* --add: the version before, whose files stay; its own, or NULL */
	bool restore;                /* the description knows the documents' times better than their copies here */
	int64_t time;
	struct str message;
	/* NULL, or told after each document; not for a job that another thread may build. */
	void (*staged)(void *context, const struct deposit_job *, size_t files);
	void *context;
	uint64_t bytes; /* of documents, staged so far */
	bool done;
	int result;
	struct err err;
};

/* Builds it in staging, through a store that is this thread's alone. On error what was staged is left to builder_abandon (deposit_build.c). */
int deposit_build(struct deposit_job *, struct store *, struct err *);

/* The jobs of a run, built on all cores, each taken by deposit_take in the order in which they were given (deposit_jobs.c). */
struct deposit_jobs *deposit_jobs_new(struct archive *);
/* A job to fill and give, or to leave alone; NULL when an earlier one ended the run. */
struct deposit_job *deposit_job_next(struct deposit_run *, struct err *);
/* -1: this one or an earlier one ended the run. */
int deposit_job_give(struct deposit_run *, struct deposit_job *, struct err *);
/* All that were given are built and taken. */
int deposit_jobs_finish(struct deposit_run *, struct err *);
/* All that were given and not yet taken are thrown away. */
void deposit_jobs_stop(struct deposit_run *);
void deposit_jobs_free(struct deposit_jobs *);
/* A built job into the batch; one that failed is thrown away and reported. -1 when the run cannot go on. */
int deposit_take(struct deposit_run *, struct deposit_job *, struct err *);

/* Keeps it, finds it kept already, or reports its refusal and goes on (0). -1 when the run cannot go on. */
int deposit_record(struct deposit_run *, const struct deposit_request *, struct err *);
/* For store_watch: so much more of a long file was taken in. */
void deposit_moved(void *run, uint64_t bytes);
/* Commits and reports what is staged. */
int deposit_commit(struct deposit_run *, struct err *);
void deposit_refuse(struct deposit_run *, struct str id, struct str source, const struct err *why);

/* run->record becomes the description as it will be written, but for the documents' own times and types; `before` is the version before
 * it, or NULL (deposit_describe.c). */
int deposit_describe(struct deposit_run *, const struct deposit_request *, struct record *given, const struct deposit_access *,
	struct record *before, struct err *);
/* A description that lists files which are not deposited, nor among `kept`, says something that is not so: ERR_SYNTAX. */
int deposit_check_listed(struct record *, const struct sources *, const struct object_version *kept, struct err *);
/* A new version would hold the same bytes under the same names, and nothing new is said of them: 1; 0; -1. run->record is written over. */
int deposit_changes_nothing(struct deposit_run *, const struct deposit_request *, struct record *given,
	const struct deposit_access *, const struct archive_version *head, struct err *);
/* 1 if the newest version of the record holds just these documents, 0 if not, -1. `newer`: NULL, or how a new version is made of them; with its
 * `add`, others may be there too (same.c). */
int deposit_holds_same(struct archive *, struct str id, const struct sources *, const struct deposit_options *newer,
	struct archive_version *, struct err *);
/* What is not open has an id of its own each time: the same bytes are looked for instead. 1 found (run->id is it), 0, -1. */
int deposit_find_same(struct deposit_run *, const struct sources *, struct archive_version *, struct err *);
/* What was asked to be closed, and is kept where readers may see it: said, or refused with ERR_CONFLICT (same.c). */
int deposit_say_if_open(struct deposit_run *, struct err *);
int deposit_refuse_open(struct deposit_run *, const struct deposit_access *, bool again, struct err *);
/* A path as a table's path column says it. */
void table_path(struct str path, struct buf *out);
/* From a table. */
int deposit_table(struct deposit_run *, struct err *);

#endif
