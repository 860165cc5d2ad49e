/* Inside archive: what is being taken over (take.c, take_commit.c). */
#ifndef PHOTOSTAT_ARCHIVE_TAKE_H
#define PHOTOSTAT_ARCHIVE_TAKE_H

#include "internal.h"

#define TAKE_NAME "take"
#define TAKE_LOG "take.log"

struct taken {
	enum item_kind kind;
	char staged[24];
	struct str id;
	uint64_t version;
	struct digest inventory;
	uint64_t index;
	bool damaged;   /* what is there is kept aside */
	uint64_t inode; /* then: of the staged folder, to know after a crash whether it was exchanged */
};

struct take {
	struct archive *archive;
	struct log_writer *writer;
	struct os_batch *log_batch;
	bool refused; /* what was appended last came to nothing */
	uint64_t appended;
	bool chained; /* `chain` was begun */
	struct log_chain chain;
	size_t known_keys; /* of the chain: the log here had them */
	/* what is staged */
	int staging; /* staging/take */
	struct os_batch *batch;
	struct taken *taken;
	size_t count, capacity;
	uint64_t bytes;
	unsigned next_name;
	struct arena arena;
	struct taken present; /* between begin and end */
	bool stands;          /* the intent does */
	struct buf told;      /* for the journal */
	bool late;            /* something that the catalogue has passed by is held now (T11) */
};

/* The folder staging/take is made, if it is not there. */
int take_stage(struct take *, struct err *);
/* Whether the version's folder is in the store: 1, 0, -1. */
int take_has_version(struct archive *, struct str id, uint64_t version, struct err *);
/* Takes away what lies beyond the checkpoint, and the mark of it (T7). */
int take_log_tidy(struct archive *, struct err *);
/* take_keys.c. Before an entry is appended. */
int take_keys_entry(struct take *, struct str text, struct err *);
/* When all are and the writer has verified them: the checkpoint must be signed by the newest key; archive.conf and the log's handle have it then. */
int take_keys_settle(struct take *, const struct note *, struct err *);
void take_keys_end(struct take *);
/* take_forget.c: what expunges leave of descriptions and inventories, made from what is held. Of all expunge entries of the record that `take` rebuilds now, oldest
 * first; they outlive it. */
struct retelling;
int retelling_begin(
	struct retelling **, struct take *, uint64_t versions, const struct entry *expunges, size_t count, struct err *);
/* One version as it came: *what is NULL, or what was changed of it beyond that. Where the version is not held whole nothing is known of it, and it is believed. */
int retelling_prove(struct retelling *, uint64_t number, const struct version_tree *, const char **what, struct err *);
void retelling_free(struct retelling *); /* also after an error of retelling_begin; NULL is fine */

#endif
