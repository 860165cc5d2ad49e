/* A sync in progress: what its files share. Invariants S1 to S3 in sync.c. */
#ifndef PHOTOSTAT_HOLDER_SYNC_H
#define PHOTOSTAT_HOLDER_SYNC_H

#include "decisions.h"
#include "entitled.h"
#include "internal.h"

struct rewritten {
	uint64_t index;
	struct digest inventory;
};

struct expunction {
	struct hash id; /* of the record */
	uint64_t index;
	bool takes;    /* something that is here: else there is nothing to keep, and nobody to ask */
	bool rebuilds; /* of a version that is held whole: not of an opening alone */
	bool follow;
	bool keep;               /* so it was decided: what is neither followed nor kept waits */
	bool fresh;              /* not one that was here before */
	enum without_why before; /* unless it is fresh: what was said of it */
};

enum rebuilding_state { REBUILDING_AHEAD, REBUILDING_DONE, REBUILDING_FAILED };
struct rebuilding {
	struct hash id;
	enum rebuilding_state state;
};

struct syncing {
	struct archive *archive;
	const struct holder_sync *options;
	struct holder_synced *done;
	struct signer *signer;
	struct http_client *client;
	int entitled;      /* by this source: 1, 0; -1 not asked yet */
	struct str source; /* the URL that is asked now, without a slash at its end */
	struct take *take;
	struct rewritten *rewritten;
	size_t rewritten_count, rewritten_capacity;
	uint64_t *expunges; /* indexes of expunge entries that are to be followed */
	size_t expunge_count, expunge_capacity, expunges_done;
	struct rebuilding *rebuilding; /* records whose objects are rebuilt by what is followed now, by id */
	size_t rebuilding_count;
	uint64_t *only_expunged; /* versions that expunges rewrite which are not followed, ascending */
	size_t only_expunged_count, only_expunged_capacity;
	struct decisions decisions;
	struct expunction *gathered; /* while entries are gathered: what is made of their expunges */
	size_t gathered_count, gathered_capacity;
	struct expunction *staying; /* those of them that are not followed, by record */
	size_t staying_count;
	struct hash *changed; /* ids of records whose access new entries have changed */
	size_t changed_count, changed_capacity;
	/* the entry under way */
	struct arena arena;
	struct buf text, json;
	struct str given; /* the inventory in the answer under way, held by its reader until the next one */
	struct entry entry;
	uint64_t index;
	struct intake *intake;
	bool skip;        /* what comes of it is not wanted */
	bool large;       /* it has long files: asked for by itself afterwards */
	uint64_t *partly; /* versions of which only some files may be had */
	size_t partly_count, partly_capacity;
	uint64_t *later, *missing;
	size_t later_count, later_capacity, missing_count, missing_capacity;
};

/* sync.c */
void sync_push(uint64_t **list, size_t *count, size_t *capacity, uint64_t value);
char *sync_url(const struct syncing *, const char *path); /* the source's; the caller frees it */
void sync_tell(struct syncing *);
/* What a source said instead, with the first line of its words. Always -1. */
int sync_refused(const struct http_fetch *, enum err_code, struct err *);
/* What the source has at a path: 1 it came, 0 it has no such thing (404), -1 all else. fetch->answer is the caller's. */
int sync_get(struct syncing *, const char *path, struct http_fetch *fetch, struct err *);
void sync_name_source(const struct syncing *, struct err *);         /* who it was, unless the sentence begins with that */
int sync_read_entry(struct syncing *, uint64_t index, struct err *); /* into text and entry */
/* What is staged, and entries below `complete`; expunges among them are followed in their place. */
int sync_commit(struct syncing *, uint64_t complete, struct err *);
/* sync_log.c: the log up to the source's checkpoint. */
int sync_log(struct syncing *, struct err *);
/* A checkpoint of `size` entries, more than there are here, that no key known here has signed: do the entries that are new lead to the one that did?
 * Nothing is written. 1 if so, and those entries are appended to *keys as log_chain_keep has them (NULL: not wanted); 0; -1. */
int sync_signer(struct syncing *, const struct note *, uint64_t size, struct buf *keys, struct err *);
/* sync_later.c: what entries not yet held say of others, and those of before that are to be followed now. */
int sync_gather(struct syncing *, struct err *);
/* What expunges that were followed here have rewritten, by the log: sync_inventory_now knows it then. O(log). */
int sync_gather_followed(struct syncing *, struct err *);
/* Whether versions of the record in `entry` must wait until its object has been rebuilt: in the old one they cannot stand. */
bool sync_waits_for_rebuild(const struct syncing *);
bool sync_comes_later(const struct syncing *); /* the same, and it is not known yet that this source cannot give what is left */
/* Whether a version that was held back, in `entry`, may be had now. */
bool sync_may_come(const struct syncing *, uint64_t index);
/* Whether this version may be had only as an expunge left it that is not followed here: then no source has anything wrong. */
bool sync_only_expunged(const struct syncing *, uint64_t index);
struct digest sync_inventory_now(const struct syncing *, uint64_t index, const struct digest *logged);
/* Of the version in `entry`: the digest that its inventory must have by now. */
struct digest sync_inventory_wanted(struct syncing *, uint64_t index);
/* Whether the version of this entry, sync->entry, was built on what an expunge left that is not followed here: both cannot be in one object. */
bool sync_stands_on_expunged(const struct syncing *, uint64_t index);
/* The record among those whose objects are rebuilt; NULL: it is none of them. */
struct rebuilding *sync_rebuilding(const struct syncing *, struct str record);
/* sync_rebuild.c: what came so far is committed, then this expunge entry is followed, or stays (WITHOUT_WAITS) where the source cannot give what it leaves, or gives
 * something else. */
int sync_follow_expunge(struct syncing *, uint64_t index, struct err *);
/* sync_versions.c: what entries first to last - 1 name. 1: done; 0: the source does not go so far; -1. */
int sync_versions(struct syncing *, uint64_t first, uint64_t last, struct err *);
int sync_give_up(struct syncing *, uint64_t index, struct err *);
/* grow.c: a file that grows as its bytes come, written by a thread of its own meanwhile; at most 1 MiB waits for that. */
struct growing;
/* Of `written` bytes by now, which the hasher has seen; fd is the thread's until growing_end. */
struct growing *growing_begin(int fd, struct hasher *, uint64_t written);
int growing_add(struct growing *, struct str bytes, struct err *); /* -1: no more can be written, growing_end says why */
/* All that came is written and hashed, or *err says why not; frees. */
int growing_end(struct growing *, struct err *);
/* sync_files.c: files by themselves. */
int sync_inventory(struct syncing *, uint64_t index, uint64_t version, struct buf *json, struct err *);
int sync_files(struct syncing *, uint64_t index, struct intake *, const struct object_version *old, struct err *);
int sync_later(struct syncing *, struct err *);
/* One content file that must have this digest, into incoming/<digest>; from there linked into the intake. */
int sync_fetch_file(struct syncing *, uint64_t index, struct intake *, struct str path, const struct digest *expected, int folder,
	struct err *);
#define INCOMING "incoming"
#define SYNC_LEAST 1024u /* bytes a second; a source that gives less for half a minute is given up */
/* What is at `path` of the source and must have this digest, into incoming/<digest>, whose name is appended; folder is incoming. Goes on where it broke off. */
int sync_fetch(struct syncing *, struct str path, const struct digest *, int folder, struct buf *name, struct err *);
/* sync_notes.c: for who is entitled, the notes of access and expunge entries whose records are held. */
int sync_notes(struct syncing *, struct err *);
bool sync_entitled(struct syncing *); /* sync.c: whether this source gives us what is closed; asked once a source */
/* sync_open.c: the open files of versions that are not open as a whole. */
int sync_partly(struct syncing *, struct err *);
bool sync_open_has(struct syncing *, uint64_t index);
/* Takes what the expunge entry of that index withholds, and nothing else, from what is there: *took says whether that was anything. */
int sync_open_expunge(struct syncing *, uint64_t index, bool *took, struct err *);
/* Takes away what is there of versions that are held whole by now. */
void sync_open_tidy(struct syncing *);

#endif
