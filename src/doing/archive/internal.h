/* Inside archive: what its files share. */
#ifndef PHOTOSTAT_ARCHIVE_INTERNAL_H
#define PHOTOSTAT_ARCHIVE_INTERNAL_H

#include <stdio.h>

#include "archive/archive.h"
#include "os/os.h"

#define KEY_NAME "log.key"
#define KEY_FILE_MAX 2048
#define SEED_NAME "photostat.seed"
#define RECORD_NAME "photostat.json"
#define RECORD_BYTES_MAX (48u << 20) /* of a photostat.json */
#define SEED_BYTES_MAX (48u << 20)   /* of a rewritten photostat.seed */

/* ---- archive.conf (conf.c) -------------------------------------------------------------------------------------------- */

struct conf_witness {
	char *name, *key, *url;
	bool mirror; /* it cosigns only what it was given (tlog-mirror) */
};
struct conf {
	char *title, *origin, *digest, *keys, *verifier, *quorum;
	char **former; /* verifiers before that, newest first */
	size_t former_count;
	char **entitled; /* keys of holders who may have what is closed */
	size_t entitled_count;
	char **holders; /* URLs */
	size_t holder_count;
	struct conf_witness *witnesses;
	size_t witness_count;
};
#define CONF_NAME "archive.conf"
#define CONF_MAX (1u << 20)
/* Makes `verifier` the log's key and the one so far a former one, in *conf and durably in the file: in its text, so that what people wrote there
 * stays. Nothing where it is the key already. */
int conf_change_key(struct conf *, int dir, struct str verifier, struct err *);
/* The same for a whole list, newest first. */
int conf_set_keys(struct conf *, int dir, char *const *keys, size_t count, struct err *);
/* Writes what stands there once more: durable, whatever became of the sync when it was written. */
int conf_settle(int dir, struct err *);
int conf_read(struct conf *, int dir, struct err *);
int conf_parse(struct conf *, const struct buf *text, struct err *);
void conf_write(struct buf *, const struct conf *);
void conf_write_witness(struct buf *, const struct conf_witness *); /* one section */
void conf_release(struct conf *);

/* ---- keys and head (keys.c) --------------------------------------------------------------------------------------------- */

/* How far the log was ever signed: persisted beside the key before any signature leaves. */
struct head {
	uint64_t size;
	struct hash root;
	/* Which widths of the rightmost partial tile of each level have been checkpointed: those files stay servable until the tile is full. */
	unsigned char widths[EDGE_LEVELS][TILE_WIDTH / 8];
};
/* Moves on to a larger size (or from nothing, size 0). */
void head_advance(struct head *, uint64_t size, const struct hash *root);
/* The line that keys_secret_format writes, without a newline. ERR_SYNTAX. */
int keys_secret_parse(struct str line, enum note_type, struct vkey *, unsigned char secret[ED25519_SECRET], struct err *);
/* The same encrypted by a passphrase (passphrase.c; docs/format/keys.md). */
int keys_encrypted_format(
	struct buf *, const struct vkey *, const unsigned char secret[ED25519_SECRET], struct str passphrase, struct err *);
bool keys_encrypted_looks(struct str text);
/* ERR_MISMATCH: the passphrase is another. `asks` NULL, or without a way to ask: ERR_CONFLICT. ERR_SYNTAX: the text is damaged. */
int keys_encrypted_parse(struct str text, enum note_type, const struct archive_asks *asks, struct vkey *,
	unsigned char secret[ED25519_SECRET], struct err *);
bool keys_private(const struct stat *); /* nobody but its owner can read it; another is not used */
/* The public half alone: asks nobody. */
int keys_public_read(int dir, const char *path, struct vkey *, struct err *);
int keys_encrypted_public(struct str text, struct vkey *, struct err *);
int head_read(int keys_dir, struct str origin, struct head *, struct err *);
int head_write(int keys_dir, struct str origin, const struct head *, struct err *);

/* ---- what is held (holdings.c) ------------------------------------------------------------------------------------------------ */

#define HELD_NAME "held"
struct without {
	uint64_t index;
	enum without_why why;
};
/* Of a holder: entries below `complete` are held with what they name, but for those in `without` (by index). */
struct holdings {
	bool holder; /* not all that the log names need be here: a holder's copy, or (`keeper`) the keeper's archive while it is caught up */
	bool keeper;
	uint64_t complete;
	struct without *without;
	size_t count, capacity;
	uint64_t mark; /* archive_without_mark, of what was read */
};
int holdings_read(struct holdings *, int dir, struct str origin, struct err *); /* no file: a keeper */
/* A damaged `held` is made to say that nothing is known to be held: what is, is known again by its inventories (T3). */
int holdings_mend(struct archive *, bool keeper, struct err *);
void holdings_format(struct buf *, const struct holdings *, struct str origin); /* the text of `held` */
void holdings_add(struct holdings *, uint64_t index, enum without_why);
bool holdings_remove(struct holdings *, uint64_t index); /* whether it was there */
void holdings_release(struct holdings *);
bool holdings_behind(const struct holdings *, uint64_t index); /* WITHOUT_BEHIND */
bool holdings_same_without(const struct holdings *, const struct holdings *);
/* Which records have expunctions that are not followed here (undecided.c), gathered when it is asked for first. */
struct undecided {
	struct undecided_entry {
		struct hash record;
		uint64_t index;
		bool waits; /* nobody decided that it is kept */
	} * list;           /* by record, then index */
	size_t count;
	bool known;
};
void undecided_forget(struct archive *); /* what is held has changed */
/* Those of one record: *first of them, *count; valid until undecided_forget. */
int undecided_of(struct archive *, struct str id, const struct undecided_entry **first, size_t *count, struct err *);
/* What a crash left of taking over is finished, or thrown away. Needs the lock. */
int take_recover(struct archive *, struct err *);
bool take_pending(struct archive *);                               /* an intent of it stands, or its mark of the log */
bool take_intends_path(struct archive *, const char *object_path); /* and names the object of this folder below records/ */

/* ---- the archive ----------------------------------------------------------------------------------------------------------- */

struct archive {
	int dir;     /* the archive's folder */
	int keys;    /* its keys folder, -1 if it cannot be opened */
	int staging; /* -1 if it cannot be opened */
	int lock;    /* descriptor that holds the lock, -1 when reading */
	char *path;
	bool writable;
	bool rekey; /* opened to change the key or to end the log: what others have seen does not refuse that */
	struct conf conf;
	struct holdings holdings;
	struct undecided undecided;
	enum digest_alg digest;
	struct vkey verifier;
	struct vkey *log_keys; /* verifier and the former ones */
	size_t log_key_count;
	size_t log_key; /* which of them has signed the present checkpoint: not 0 only in a copy that a crash left between two keys (T6) */
	bool unlocked; /* the key was encrypted: what it is, so that the passphrase is asked for once */
	unsigned char secret[ED25519_SECRET];
	struct buf passphrase;     /* that it was asked for; empty where none is needed */
	struct archive_asks outer; /* who is asked */
	struct archive_asks asks;  /* remembers the answer */
	struct store *store;
	struct log *log;      /* NULL only when opened to audit */
	struct err log_error; /* why */
	struct catalogue *catalogue;
	bool catalogue_writable;
	bool catalogue_passing;               /* made for this handle alone */
	void (*notice)(void *, const char *); /* what is worth saying and no error; may be NULL */
	void *notice_context;
	unsigned notices;
	struct buf parent, parent_level; /* the record that others were last arranged in, and its level */
};

/* ---- batches (batch.c): invariants there -------------------------------------------------------------------------------------- */

#define BATCH_RECORDS_MAX 10000
#define BATCH_SLACK 128 /* entries that may still come when it is full */
#define BATCH_BYTES_MAX ((uint64_t)8 << 30)
#define INTENT_MAX (64u << 20)

enum item_kind { ITEM_NONE, ITEM_OBJECT, ITEM_VERSION, ITEM_EXCHANGE, ITEM_NOTE };

/* What an entry needs done in the store before it is logged. */
struct batch_item {
	enum item_kind kind;
	struct str staged; /* name in the batch's folder */
	struct str id;
	uint64_t version;
	struct digest inventory; /* ITEM_EXCHANGE: of the rebuilt head; ITEM_NOTE: the log file's name is `staged`, too */
};

struct batch;
int batch_open(struct batch **, struct archive *, struct err *);
int batch_fd(const struct batch *);            /* the staging folder of this batch */
void batch_name(struct batch *, char out[24]); /* a fresh name in it */
struct os_batch *batch_os(struct batch *);
uint64_t batch_next_index(const struct batch *); /* what the next entry's index will be */
size_t batch_count(const struct batch *);
bool batch_has(const struct batch *, struct str id); /* an item of this id is in it */
void batch_expect(struct batch *, struct str id);    /* one is coming: from now on batch_has */
int batch_add(struct batch *, const struct batch_item *, struct str entry_text, struct err *);
bool batch_full(const struct batch *);
void batch_bytes(struct batch *, uint64_t);
/* Makes all of it durable and visible, in order. After an error before the intent stands nothing happened; after it, the next
 * opening finishes it. `each` is told every entry, once the checkpoint is durable. */
int batch_commit(struct batch *, int (*each)(void *, uint64_t index, const struct batch_item *, struct str entry, struct err *),
	void *context, struct err *);
/* Throws away what is not committed. NULL is fine. */
void batch_free(struct batch *);
/* An intent's text: checks the sum and gives what it was begun with; *items is the rest. ERR_SYNTAX, ERR_MISMATCH. Views into text. */
int intent_open(struct str text, struct checkpoint *base, struct str *items, struct err *);
/* Cuts the next item off *rest: 1, 0 at the end, -1. */
int intent_next(struct str *rest, struct batch_item *, struct str *entry_text, struct err *);
/* What a crash left in staging/: finished or undone. Needs the lock. */
int batch_recover(struct archive *, struct err *);
/* The same where the log was caught up from elsewhere, and nothing is to be signed: a batch whose entries came back with it is finished; one that the
 * log did not go on with is put below damaged/, and told. */
int batch_give_up(struct archive *, struct err *);
/* True if staging/ holds a batch whose intent stands: a writer is at work, or was interrupted. */
int batch_pending(struct archive *, bool *pending, struct err *);
/* 1 if a standing intent is about to publish the object of this folder below records/. */
int batch_intends_path(struct archive *, const char *object_path);
/* 1 if a standing intent exchanges this object for what is left of it: until the checkpoint says so, what the log names may lie below
 * staging/ under this name (or, where a file system has no exchange, with ".old" behind it). */
int batch_exchanged(struct archive *, struct str id, char out[96]);

int archive_begin_writing(struct archive *, struct err *); /* ERR_CONFLICT when opened to read */

/* ---- changing the log's key (rotation.c): invariants there ----------------------------------------------------------------------- */

/* 1 if the next key lies beside the log's: a change of keys is under way, or was interrupted. */
int rotation_begun(struct archive *, struct err *);
/* Before the log's key is looked at: what a crash left between archive.conf and log.key. */
int rotation_take_key(struct archive *, struct err *);
/* After recovery: finishes or undoes a change of keys. *changed: the handle, and its log, are under the new key now. */
int rotation_finish(struct archive *, bool *changed, struct err *);
/* To a checkpoint whose last entry is `last`: adds the new key's signature if that entry brings it in. */
int rotation_cosign(struct archive *, struct str last, struct buf *note, struct str text, struct err *);
/* ERR_CONFLICT if the log has ended. */
int rotation_refuse_ended(struct archive *, struct err *);

/* ---- opening (open.c) ----------------------------------------------------------------------------------------------------------- */

void archive_start(struct archive *); /* descriptors -1 */
/* The log's private key: the unlocked one, or from its file. */
int archive_secret(struct archive *, struct vkey *, unsigned char secret[ED25519_SECRET], struct err *);
/* Tells the notice of archive_open one sentence; after NOTICES_MAX of them only that there are more, for a table has many rows. */
#define NOTICES_MAX 20
void archive_say(struct archive *, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Whether this path, as a person typed it, is the archive's folder or lies in it. */
bool archive_contains(const struct archive *, const char *path);
/* Whether this descriptor is the archive's own folder. */
bool archive_is_folder(const struct archive *, int fd);
/* What `held` says by now. */
int archive_reread_holdings(struct archive *, struct err *);
void archive_release(struct archive *); /* what archive_close does, without freeing the struct */
/* What a crash left is finished or undone, and key and head are held against the log. Needs the lock. `sign`: the private key is wanted for what comes;
 * else nobody is asked for its passphrase unless something is to be finished, and that is left to who does (ERR_CONFLICT) where archive.conf names
 * others who have seen the log: who signs has asked them before. */
int archive_settle(struct archive *, bool sign, struct err *);
/* Whoever changed the log's key since archive.conf was read has signed with one that it did not name: it is read again, and if it names another
 * the parts are opened by that. 1 if so. */
int archive_follow_conf(struct archive *, bool lenient, struct err *);
/* The tlog-policy of a configuration (archive_policy). */
void conf_policy(const struct conf *, const struct vkey *log, struct buf *);
int archive_open_parts(struct archive *, bool lenient, struct err *); /* store, log, keys, staging, from dir and conf */
int archive_load_keys(struct archive *, struct err *);                /* log_keys from conf */
/* Whom to ask for passphrases from now on; once. NULL: nobody. */
void archive_set_asks(struct archive *, const struct archive_asks *);
int archive_lock(
	struct archive *, bool wait, void (*notice)(void *, const char *), void *context, struct err *); /* 1 taken, 0 busy, -1 */
/* The note that goes with an access or expunge entry: JSON with salt and text; *commitment is what the entry holds. */
void note_make(struct buf *out, struct str text, struct hash *commitment);
/* ERR_SYNTAX; ERR_MISMATCH if the JSON is not byte for byte what note_make writes. */
int note_read(struct str json, struct buf *text, struct hash *commitment, struct err *);
/* What stands in the place of a note that went with what the expunge entry `index` took. */
void note_gone(struct buf *out, uint64_t index);
void note_file_name(char out[48], uint64_t index);

/* ---- being behind (behind.c): invariants there ------------------------------------------------------------------------------------- */

#define AHEAD_NAME "ahead"
/* What somebody has seen of this log and it does not hold. Views into `text`. */
struct ahead {
	struct buf text;
	struct str who, evidence, keys, note;
	struct checkpoint checkpoint;
};
/* 1 if there is one and it binds: signed by the log's present key, or one that this has led to, and larger than the log here or of another history; 0 if not; -1. To be released
 * after 1. */
int ahead_read(struct archive *, struct ahead *, struct err *);
void ahead_release(struct ahead *);
/* Whether the text is one, of a checkpoint that the present key has signed or handed over to who did. Reads nothing but the log's entry 0. */
bool ahead_parse(struct archive *, struct ahead *);
/* For who holds the lock: ERR_CONFLICT, with the next step, where it binds; where it does not any more, the file goes. */
int behind_refuse(struct archive *, struct err *);
/* A log that is to be taken over up to `size`: is it the history that the key has signed, and that others have seen? `root_at` gives its root at smaller
 * sizes. ERR_MISMATCH. */
int behind_fits(struct archive *, uint64_t size, int (*root_at)(void *context, uint64_t size, struct hash *, struct err *),
	void *context, struct err *);

/* ---- one version being built (build.c) ---------------------------------------------------------------------------------------------- */

/* Filled by builder_prepare, built by builder_begin to builder_finish, given to the batch by builder_hand_over. Between the first and the last
 * it touches neither archive nor batch, so that builders of different records may be at work in different threads, each with a store. */
struct builder {
	struct archive *archive; /* its origin is read */
	struct stage *stage;
	struct arena arena;
	struct contents *contents; /* paths on the arena */
	int folder;                /* the batch's */
	char staged[24];
	struct str id;
	uint64_t version, previous;
	struct digest before; /* inventory of the version before */
	uint64_t bytes;
	struct buf entry_text;
	/* what the depositor's files say of themselves, in the order of the sources */
	const char **media_types;
	int64_t *modified;
	size_t expected;
};
void builder_init(struct builder *, struct archive *);
/* For a new object (head NULL: version 1), or the next version after `head`. A name in the batch's folder is taken. */
void builder_prepare(struct builder *, struct batch *, struct str id, const struct archive_version *head, uint64_t last_index);
int builder_begin(struct builder *, struct store *, struct err *);
/* Room for so many media types and times. */
void builder_expect(struct builder *, size_t count);
int builder_add_fd(struct builder *, struct str path, int fd, const char *shown, struct err *);
int builder_add_bytes(struct builder *, struct str path, struct str content, struct err *);
int builder_keep(struct builder *, struct str path, const struct digest *, uint64_t size, struct err *);
/* Writes seed and inventory (photostat.json was added by the caller as bytes); makes the entry. */
int builder_finish(struct builder *, int64_t time, struct str message, struct err *);
/* What is finished becomes an item of the batch; ready for the next. */
int builder_hand_over(struct builder *, struct batch *, struct err *);
/* Throws the staged folder away and makes ready for the next. */
void builder_abandon(struct builder *);
void builder_release(struct builder *);

/* ---- the contents tree of a kept version (tree.c) ------------------------------------------------------------------------------------------ */

/* From its files and seed, or, where something was expunged, from the disclosure that took the seed's place. */
struct version_tree;
/* Checked against the contents root of the version's entry: ERR_MISMATCH. */
int version_tree_open(struct version_tree **, struct archive *, struct str id, const struct archive_version *, struct err *);
/* The same of an object that lies anywhere, which is the tree's from then on, after an error too. */
int version_tree_of(struct version_tree **, struct archive *, struct object_version *, struct str id,
	const struct archive_version *, struct err *);
/* What stands in the place of the seed; NULL: the seed stands. */
const struct disclosure *version_tree_disclosure(const struct version_tree *);
const struct object_version *version_tree_object(const struct version_tree *);
size_t version_tree_count(const struct version_tree *); /* leaves that are there */
/* hash may be NULL. Paths live as long as the tree. */
void version_tree_leaf(const struct version_tree *, size_t i, struct leaf *, uint64_t *position, struct hash *hash);
int version_tree_disclose(const struct version_tree *, const bool *keep, struct buf *out, struct err *);
void version_tree_free(struct version_tree *);

/* The object of a version as the log that was read names it, wherever an expunge that is not committed yet has put it. */
int version_object(struct object_version **, struct archive *, struct str id, const struct archive_version *, struct err *);
/* archive_receipt for a version that is known already. */
int archive_receipt_of(
	struct archive *, struct str id, const struct archive_version *, struct str file, struct buf *out, struct err *);
/* Makes isPartOf a full id; ERR_CONFLICT for a cycle. Relations that name records of this archive become their ids. Records of `batch`
 * (may be NULL) count as there. Says what is unusual: a level above the one that it is part of, names of records that are not there
 * (they may yet come, so they are no error). arrange.c. */
int check_arrangement(struct archive *, const struct batch *, struct record *, struct err *);

/* ---- withdrawal (withdraw.c, expunge.c) ----------------------------------------------------------------------------------------------------- */

int withdrawal_check(const struct withdrawal *, struct err *);
/* Makes the note and its commitment; with an item also stages it as "note" for ITEM_NOTE. Nothing if there is no note. */
int withdrawal_note(struct batch *, const struct withdrawal *, struct entry *, struct batch_item *, struct buf *text, struct err *);
/* The leaf of a file in the newest version that has it, of versions 1..newest without `except` (0: none). ERR_NOT_FOUND. */
int withdrawal_find_file(struct archive *, struct str id, uint64_t newest, uint64_t except, struct str path,
	struct entry_withheld *out, struct err *);
/* Before an expunction of one version: adds access entries to the batch for files that keep their own access in the record's other versions,
 * where it was told by a leaf that goes (anchor.c). *previous: index of the record's last entry, moved on. */
int anchor_accesses(
	struct archive *, const struct withdrawal *, uint64_t versions, struct batch *, uint64_t *previous, struct err *);
/* For batch_commit: keeps index and version in a struct archive_done. */
int take_index(void *done, uint64_t index, const struct batch_item *, struct str entry, struct err *);

/* ---- what an expunge leaves of a description (forget.c; docs/format/record.md) ---------------------------------------------------------------- */

/* Stands in the place of an inventory's message that tells of what was taken. */
#define FORGOTTEN_MESSAGE "what was said here of this version was expunged"
enum forget_text { FORGET_ORIGINAL_NAME, FORGET_IDENTIFIER };
struct forgetting {
	bool everything;                               /* no document of the version is left */
	bool (*taken)(void *context, struct str path); /* a file that goes out of this version */
	/* whether a text gives away a path that is taken; asked of the original name, then of the identifiers in their order */
	bool (*named)(void *context, enum forget_text, struct str text);
	void *context;
};
/* *text is the photostat.json of a version, and becomes what is left of it: the same bytes from the same bytes, always. ERR_CONFLICT: a newer photostat wrote
 * it; ERR_SYNTAX. After an error it holds rubbish. */
int forget_description(struct buf *text, const struct forgetting *, struct err *);
/* Whether the text has the path as a name of its own, not as part of a longer word; also as an original name of several paths has it. */
bool forget_names(struct str text, struct str path);

/* ---- following the log (follow.c) ------------------------------------------------------------------------------------------------------ */

/* Index of the record's newest entry of any kind. */
int follow_last_index(struct archive *, struct str id, uint64_t *last_index, struct err *);
/* What the catalogue takes from a record's description, and room for it. */
#define FOLLOW_DATES 32
#define FOLLOW_LANGUAGES 32
struct described {
	struct catalogue_value *values; /* freed by the owner */
	struct catalogue_range dates[FOLLOW_DATES];
	struct str languages[FOLLOW_LANGUAGES];
};
/* Fills what describes the record; lives as long as the record and the room. */
void follow_describe(struct catalogue_version *, const struct record *, struct described *);
/* The catalogue's row for an access entry of the whole record; for one of files its path is set to each. */
void follow_access(struct catalogue_access *, uint64_t index, const struct entry *);
/* passed.c: what the catalogue has passed by; invariants there. */
enum passed {
	PASSED_NOTHING,
	PASSED_EXPUNGED, /* something expunged that it sees when it follows the log: somebody has to let it */
	PASSED_LATE      /* something below the place up to which the log was followed: it is made anew */
};
enum passed passed_stands(const struct archive *);
int passed_mark(struct archive *, enum passed, struct err *);
/* The catalogue has seen it. With derived/lock. */
int passed_seen(struct archive *, enum passed, struct err *);
/* derived.c: removes the text that was read out of these bytes. Absent is fine. */
int archive_forget_derived(struct archive *, const struct digest *, struct err *);
/* All of them: where it is not known any more which bytes went. They are made again. */
int archive_forget_texts(struct archive *, struct err *);
/* Only the full-text index, and how far texts were looked at. */
int archive_forget_search(struct archive *, struct err *);
/* After an expunction: follows the log and removes what the catalogue had deleted from its file, for good. */
int archive_scrub_catalogue(struct archive *, struct err *);

#endif
