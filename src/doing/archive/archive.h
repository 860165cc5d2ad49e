/* archive: one archive on disk; the only code that orders store, log and catalogue: init, deposit, edit, withdraw, audit, receipts.
 * DESIGN sections "On disk", "Deposit, in order". Invariants of the order of writes stand in batch.c. Promises P1–P8, P10. */
#ifndef PHOTOSTAT_ARCHIVE_H
#define PHOTOSTAT_ARCHIVE_H

#include "base/base.h"
#include "catalogue/catalogue.h"
#include "crypto/crypto.h"
#include "entry/entry.h"
#include "log/log.h"
#include "ocfl/ocfl.h"
#include "record/record.h"
#include "store/store.h"
#include "tlog/tlog.h"

struct archive;

/* ---- making and opening ------------------------------------------------------------------------------------------------ */

struct archive_init {
	const char *path;
	struct str origin; /* empty: a unique one is made, archive-<16 hex>.invalid */
	struct str title;  /* empty: the folder's name */
	enum digest_alg digest;
	struct str passphrase;  /* empty: the key is not encrypted */
	struct str predecessor; /* origin of the log that this one continues; may be empty */
};
struct archive_made {
	struct buf origin, verifier, recovery_secret, recovery_verifier;
};
/* Makes the folder (absent or empty), keys, entry 0, the first checkpoint; all durable. ERR_EXISTS: not empty. On error nothing that
 * it made is left. The recovery key's private half is in *made and nowhere else. */
int archive_init(const struct archive_init *, struct archive_made *made, struct err *);
void archive_made_release(struct archive_made *);

enum archive_mode {
	ARCHIVE_READ,
	ARCHIVE_WRITE,
	ARCHIVE_AUDIT, /* to read, and opens a log whose checkpoint does not verify: archive_audit tells */
	ARCHIVE_HOLD,  /* a holder's copy, to take more over: with the lock, without the log's key */
	/* to write, for who changes the log's key or ends the log: also where somebody else has seen more of it, or another history (archive_behind) */
	ARCHIVE_REKEY,
	ARCHIVE_CATCH_UP, /* a keeper's archive that is behind, to take over what lacks: with the lock, without the log's key */
};
/* Opens the archive at `path`. Whoever can take the lock first finishes or undoes what a crash left (also a reader, when no writer
 * is at work). ARCHIVE_WRITE waits for the lock; `notice` (may be NULL) is told once that it waits. ERR_NOT_FOUND: not an archive.
 * ERR_SYNTAX: archive.conf. ERR_CONFLICT: read-only, because the log is behind its head, the key is not the log's, …: the
 * sentence says which and how to go on. ERR_MISMATCH: the checkpoint does not verify. */
int archive_open(
	struct archive **, const char *path, enum archive_mode, void (*notice)(void *, const char *), void *context, struct err *);
/* The same where there is somebody to ask: `passphrase` appends what an encrypted key was encrypted with, and is called at most once, for
 * ARCHIVE_WRITE alone. ERR_MISMATCH: it is another one. */
struct archive_asks {
	void (*notice)(void *context, const char *);
	int (*passphrase)(void *context, struct buf *out, struct err *);
	void *context;
};
int archive_open_asking(struct archive **, const char *path, enum archive_mode, const struct archive_asks *, struct err *);
void archive_close(struct archive *);
/* Takes what was committed since (a reader's archive): the log's newest checkpoint, and what a holder holds by now. Errors are log_refresh's. */
int archive_refresh(struct archive *, struct err *);
/* Upwards from the working directory; *out is a path. ERR_NOT_FOUND says how to name or make one. */
int archive_find(struct buf *out, struct err *);

struct str archive_origin(const struct archive *);
struct str archive_title(const struct archive *);
int archive_fd(const struct archive *); /* its folder */
const char *archive_path(const struct archive *);
struct log *archive_log(struct archive *);
struct store *archive_store(struct archive *);
enum digest_alg archive_digest(const struct archive *);
const struct vkey *archive_key(const struct archive *);
int archive_folder(const struct archive *); /* the descriptor */
/* tlog-policy text: this log, its witnesses, its quorum. */
void archive_policy(const struct archive *, struct buf *);

/* ---- keys -------------------------------------------------------------------------------------------------------------- */

#define PASSPHRASE_MAX 1024 /* bytes */
/* One line, as docs/format/keys.md has keys/log.key. */
void keys_secret_format(struct buf *, const struct vkey *, const unsigned char secret[ED25519_SECRET]);
/* A file of either form (docs/format/keys.md), also what a witness keeps its key in; *encrypted (NULL is fine) says which. ERR_NOT_FOUND; ERR_CONFLICT:
 * others can read the file, or it is encrypted and `asks` (may be NULL) has nobody to ask; ERR_MISMATCH: the passphrase is another; ERR_SYNTAX: not a
 * key of that type. *secret is the caller's to wipe. */
int keys_secret_read(int dir, const char *path, enum note_type, const struct archive_asks *asks, struct vkey *,
	unsigned char secret[ED25519_SECRET], bool *encrypted, struct err *);
/* Replaces such a file durably; an empty passphrase: not encrypted. */
int keys_secret_write(int dir, const char *path, const struct vkey *, const unsigned char secret[ED25519_SECRET],
	struct str passphrase, struct err *);
/* Whether the log's key lies encrypted in the keys folder. */
int archive_key_encrypted(struct archive *, bool *encrypted, struct err *);
/* Encrypts it anew by this passphrase; empty: it lies open from now on. Needs ARCHIVE_WRITE. After a crash it is in the old form or in the new one. */
int archive_key_encrypt(struct archive *, struct str passphrase, struct err *);
/* The log's key and those that it had before, newest first. */
const struct vkey *archive_log_keys(const struct archive *, size_t *count);
/* The log's keys as its entries change them: each change verified by the key before it and the recovery key (entry_key_verify). */
struct log_change {
	struct vkey key;
	uint64_t index;   /* of the entry that brings the key in */
	struct hash root; /* that the log had then: compared by whoever has the tree */
};
struct log_chain {
	struct log_change *changes; /* oldest first */
	size_t count;
	struct vkey recovery;
};
/* From what the archive's log has: its present key is the first; of an empty log none. */
int log_chain_begin(struct log_chain *, struct archive *, struct err *);
/* The log's further entries, in order, verified by nobody yet. ERR_MISMATCH: this one changes the key, and not all that it takes have signed that.
 * Entries of other kinds cost nothing. */
int log_chain_entry(struct log_chain *, uint64_t index, struct str text, struct err *);
/* Appends an entry that changed the key, for archive_set_ahead. */
void log_chain_keep(struct buf *, struct str text);
const struct vkey *log_chain_tip(const struct log_chain *); /* the newest; NULL: none */
void log_chain_release(struct log_chain *);
/* Makes a new key, logs it (signed by old, new and recovery key), and from then on signs with it alone. `recovery` is the line that init printed.
 * ERR_MISMATCH: it is another key than entry 0 names. A crash leaves it undone, or begun: then the next opening to write finishes it. */
int archive_key_rotate(struct archive *, struct str recovery, struct err *);
/* The last entry: the log goes on elsewhere (successor; may be empty). The archive is read-only from then on. */
int archive_key_end(struct archive *, struct str successor, struct str reason, uint64_t *index, struct err *);
/* 1 if the log has ended: the index of its last entry, *successor gets the origin (nothing if it names none); 0 if not. */
int archive_ended(struct archive *, uint64_t *index, struct buf *successor, struct err *);

/* ---- witnesses of the log ---------------------------------------------------------------------------------------------- */

/* Adds to the present checkpoint, durably, those of the signature lines that are cosignatures of it by witnesses of archive.conf: verified, and
 * only of witnesses that have not cosigned it yet; other lines are passed over, and none of what the checkpoint has is lost. *added (NULL is
 * fine) is how many. Opened to read it takes the lock for the moment. The log's private key is not needed. ERR_CONFLICT: a crash left
 * something that is to be signed by whoever opens to write next; the checkpoint is not of `size` any more, or another writer has been at work for some seconds, or the archive is
 * read-only: nothing changed. */
int archive_recosign(struct archive *, uint64_t size, struct str lines, unsigned *added, struct err *);
/* Appends a witness to archive.conf, which otherwise stays as people wrote it; this handle keeps the old policy. Opened to write. ERR_SYNTAX: key, name
 * or URL; ERR_EXISTS: the name or the key is there already; ERR_LIMIT. */
int archive_add_witness(struct archive *, struct str name, struct str vkey, struct str url, bool mirror, struct err *);
/* Whether the i-th witness of the policy is a mirror (tlog-mirror): one that wants the log's entries before it cosigns. */
bool archive_witness_is_mirror(const struct archive *, size_t i);

/* ---- being behind (behind.c) ----------------------------------------------------------------------------------------------- */

/* URLs of who holds copies, as archive.conf has them. They live as long as the archive. */
const char *const *archive_holders(const struct archive *, size_t *count);
enum seen_word {
	SEEN_KNOWN,   /* the log here holds what it says, whoever signed it */
	SEEN_FOREIGN, /* it does not, and the log's present key has not signed it: it says nothing */
	SEEN_AHEAD,   /* signed by it, and of more entries than there are here */
	SEEN_OTHER,   /* signed by it, and of another history */
};
/* Judges a checkpoint of this log that somebody shows, against the newest here (archive_refresh). ERR_SYNTAX: it is none; ERR_MISMATCH: of another log. Views
 * into the note. */
int archive_seen(struct archive *, struct str note, enum seen_word *, struct checkpoint *, struct err *);
/* Writes one of the last two down, durably: from then on whoever opens to write is refused, until the log holds it, or its key is another. The first
 * that is written stands. `who` is one line that people are shown, `evidence` a path below the archive's folder or empty. A note that a
 * later key has signed needs `keys`, what log_chain_keep made of the entries that lead from the present key to that one; else empty. */
int archive_set_ahead(struct archive *, struct str who, struct str evidence, struct str keys, struct str note, struct err *);
/* 1 if it stands: its note and who showed it are appended; 0 if not. */
int archive_ahead_note(struct archive *, struct buf *note, struct buf *who, struct err *);
/* 1 if whoever opens to write is refused because more was signed or seen: *why has the sentence; 0 if not. */
int archive_behind(struct archive *, struct err *why);
/* Of an archive opened with ARCHIVE_CATCH_UP. begin: from now on, also after a crash, it is a copy that is being fetched (archive_is_holder), and `take`
 * takes entries and content over. end: it is the keeper's again; ERR_CONFLICT as long as something lacks that was not asked for. Both may be repeated. */
int archive_catch_up_begin(struct archive *, struct err *);
int archive_catch_up_end(struct archive *, struct err *);

/* ---- names --------------------------------------------------------------------------------------------------------------- */

/* What a person types: NAME, full id, with or without @N, to id and version (0: newest). Does not look it up. */
struct archive_name {
	struct buf id;
	uint64_t version;
};
int archive_name_parse(struct archive *, struct str typed, struct archive_name *, struct err *);
void archive_name_release(struct archive_name *);

/* ---- catalogue --------------------------------------------------------------------------------------------------------------- */

/* Appends lines to the file `journal` of a holder's folder, durable; not again if it ends with them. */
int archive_journal(int folder, struct str lines, struct err *);
/* Whether something was taken over, or expunged, that the catalogue has yet to see: archive_catalogue lets it, and takes expunged words from what lies
 * below derived/ (P6). A holder's copy asks when a sync ends. */
bool archive_catalogue_waits(const struct archive *);
/* The catalogue, caught up with the checkpoint: O(new entries). With `rebuild` from nothing. `progress` may be NULL. Where derived/ cannot be
 * written to and lags or is gone, one of this archive's own handle, made from nothing: O(n). */
int archive_catalogue(struct archive *, struct catalogue **, bool rebuild, void (*progress)(void *, uint64_t done, uint64_t total),
	void *context, struct err *);

/* ---- access: the one place that decides (P6, P7) -------------------------------------------------------------------------------- */

/* AUDIENCE_LOGGED: the public by what the log says alone, whatever a holder has not decided: for what is derived, whose readers are admitted when they ask. */
enum audience { AUDIENCE_KEEPER, AUDIENCE_PUBLIC, AUDIENCE_LOGGED };
/* What a reader may have of one record, now. */
struct access_view;
struct archive_version; /* below */
int access_view_open(struct access_view **, struct archive *, struct str id, enum audience, struct err *);
/* The same, and the version that is asked for (0: the newest). A reader without rights is told of the absent and of the closed in the same
 * words, access_refuse's, so that asking tells nothing (P7). On error *view is NULL. */
int access_admit(struct access_view **view, struct archive *, struct str id, uint64_t number, enum audience,
	struct archive_version *, struct err *);
int access_refuse(struct err *);                                        /* ERR_NOT_FOUND, in words that name nothing */
bool access_may_see_record(const struct access_view *);                 /* metadata and that it is there under its name */
bool access_may_read_file(const struct access_view *, struct str path); /* bytes; reserved files follow inventory */
bool access_may_read_inventory(const struct access_view *); /* inventories, seeds, version receipts: all that they cover is open */
bool access_restricted(const struct access_view *);         /* something is not open to the public */
/* In a holder's copy: whether this file of the version that was asked for is here only because an expunction of the keeper's is not decided, or not done yet
 * (WITHOUT_WAITS): it is then closed to the public. Without a path: whether something of the record is. */
bool access_undecided(const struct access_view *, struct str path);
/* Whether no document of the version is left for this reader, and something was expunged from it: its page says so, and no list has it. Like archive_version_gone, but a holder's
 * copy counts what it has not decided as gone (for AUDIENCE_LOGGED it does not). */
int access_version_gone(
	const struct access_view *, struct archive *, struct str id, const struct archive_version *, bool *gone, struct err *);
/* Takes out of a description the files that may not be read: it lists them by name. */
int access_withhold(const struct access_view *, struct record *, struct err *);
/* Takes out of a description what names records that are not open to the public: what it is part of, relations, evidence of events. *redacted: something was. */
int access_redact(struct archive *, struct record *, bool *redacted, struct err *);
/* "open", "closed", "embargo" with its date in `until`: of the record, or of the file if path is not empty; of a file also "undecided". */
const char *access_word(const struct access_view *, struct str path, char until[16]);
void access_view_free(struct access_view *);

/* ---- holding: a copy of another keeper's archive ------------------------------------------------------------------------------------ */

/* A holder's folder is an archive without the log's private key: everything that reads works on it. Its file `held` (docs/format/holder.md) says
 * how far it is: the log may be ahead of the content. */
struct archive_hold_init {
	const char *path;
	const struct vkey *verifier; /* its name is the origin */
	struct str title;
	enum digest_alg digest;
};
int archive_hold_init(const struct archive_hold_init *, struct err *); /* like archive_init, but for keys and entries */
bool archive_is_holder(const struct archive *);
/* Who may have what is closed: the keys that archive.conf names now, whatever it named when the archive was opened, and the recovery key of entry 0, which
 * only the keeper has. ERR_SYNTAX: archive.conf; what log_entry says. The keys are the caller's. */
struct archive_entitled {
	struct vkey *keys;
	size_t count;
};
int archive_entitled(struct archive *, struct archive_entitled *, struct err *);
void archive_entitled_release(struct archive_entitled *);
/* Appends a key to those that archive.conf names, which otherwise stays as people wrote it. A holder's copy decides for itself. ERR_SYNTAX: no key of
 * Ed25519; ERR_EXISTS; ERR_LIMIT; ERR_CONFLICT: archive.conf is written so that a line at its end does not count. */
int archive_entitle(struct archive *, struct str vkey, struct err *);
/* The note of an access or expunge entry as it lies beside its record (docs/format/archive.md): the keeper's, and theirs who are entitled. ERR_NOT_FOUND: there
 * is none; ERR_MISMATCH: it is not what the entry commits to. */
int archive_note(struct archive *, uint64_t index, struct buf *out, struct err *);
/* Whether the record of that entry is here, and the note is not. ERR_NOT_FOUND: the entry has none. */
int archive_note_lacks(struct archive *, uint64_t index, bool *lacks, struct err *);
/* The keys folder: a descriptor of the archive's, -1 if there is none. */
int archive_keys_fd(const struct archive *);
/* The keeper's own while it is caught up (archive_catch_up_begin): archive_is_holder is true of it as well. */
bool archive_is_catching_up(const struct archive *);
/* Entries below it are known here with their content: the catalogue goes so far. Of a keeper the log's size. */
uint64_t archive_known(const struct archive *);
enum without_why {
	WITHOUT_CLOSED,  /* not given to this holder */
	WITHOUT_KEPT,    /* an expunge that this holder does not follow: so it was decided */
	WITHOUT_MISSING, /* who was asked did not have it, or not as the log says */
	WITHOUT_WAITS, /* an expunge that waits for a decision, or is followed by the next sync: what it takes is given to nobody until then */
	WITHOUT_BEHIND, /* a version that the keeper has only as an expunge left it, or built on that: it cannot stand here until that is followed, too */
};
#define WITHOUT_WORDS 5
/* The expunge entries of one record that wait, in the order of the log. Costs one look into the log for each that is not followed at all, once. */
int archive_each_undecided(struct archive *, struct str id, int (*each)(void *, uint64_t index, const struct entry *, struct err *),
	void *context, struct err *);
/* Whether an expunge entry that is not followed here would rewrite this version: what is here is then not what the keeper has. */
int archive_unfollowed(struct archive *, struct str id, uint64_t version, bool *is, struct err *);
/* What is here still of the files that an expunge entry takes which is not followed: files of equal bytes count once, and what an older entry that is not followed takes
 * counts there. What cannot be read does not count. Costs the inventories of the versions that it rewrites. ERR_NOT_FOUND: it is followed, or no such entry. */
int archive_unfollowed_takes(struct archive *, uint64_t index, uint64_t *files, uint64_t *bytes, struct err *);
/* Of an expunge entry that is not followed: that it is kept, or waits. Durable. Opened with ARCHIVE_HOLD. */
int archive_set_kept(struct archive *, const uint64_t *indexes, size_t count, bool kept, struct err *);
/* Another number when, of entries below archive_known, something came late, or an expunction was decided or followed: since the archive was opened or refreshed. 0: nothing lacks
 * but what is closed. */
uint64_t archive_without_mark(const struct archive *);
/* Whether what this entry names is held. */
bool archive_holds(const struct archive *, uint64_t index);
size_t archive_without_count(const struct archive *);
uint64_t archive_without(const struct archive *, size_t i, enum without_why *); /* index, ascending */

/* Of an archive opened with ARCHIVE_HOLD, which outlives it. Invariants T1 to T4 in take.c. */
struct take;
int take_open(struct take **, struct archive *, struct err *);
void take_close(struct take *); /* what was not committed is thrown away; NULL is fine */
/* The log: entries in order from archive's log_size on, then the checkpoint that covers all of them. ERR_MISMATCH: it is of another history, or
 * not signed by the log's key; then, and after any error, nothing of them stays. */
int take_log_entry(struct take *, struct str entry, struct err *);
int take_log_checkpoint(struct take *, struct str note, struct err *);
void take_log_abandon(struct take *);
/* The note of an access or expunge entry, for its record that is held here: checked against the entry, durable. ERR_MISMATCH: it is not what the entry
 * commits to, nor the word that an expunge took it; ERR_NOT_FOUND: the entry has none. */
#define NOTE_FILE_MAX ((size_t)1 << 20) /* bytes */
int take_note(struct take *, uint64_t index, struct str json, struct err *);
/* Whether this version stands here with this inventory; its root copies may be behind after a crash. */
bool take_has(struct take *, struct str id, uint64_t version, const struct digest *inventory);
/* A version, by its inventory: *intake takes its files (store.h) and is given to take_end, or is NULL if all of it is held. Errors are those of
 * intake_begin. Versions of a record in their order. */
int take_begin(struct take *, uint64_t index, struct str id, uint64_t version, const struct digest *inventory, struct str json,
	struct intake **intake, struct err *);
int take_end(struct take *, struct intake *, struct str json, struct err *);
/* An object whose versions an expunge has rewritten, built anew from version 1 to the last, in order, then exchanged with what is here; the
 * newest one's inventory is `newest`. Files that stay may be linked (intake_link). `damaged`: what is here is replaced whatever it is, and kept
 * below damaged/. */
int take_rebuild_begin(
	struct take *, uint64_t index, struct str id, uint64_t versions, const struct digest *newest, bool damaged, struct err *);
int take_rebuild_version(
	struct take *, uint64_t version, const struct digest *inventory, struct str json, struct intake **, struct err *);
int take_rebuild_version_end(struct take *, struct intake *, struct str json, uint64_t version, struct err *);
/* Whether the versions that are staged so are what their entries committed to, but for what the record's expunge entries withhold, and say of themselves what is
 * said here, but for what an expunge rewrites: `versions` as they are to be now, from 1 to the last; `expunges` are the indexes of all expunge entries of the
 * record that count then, ascending. ERR_MISMATCH: not so, and why. */
int take_rebuild_prove(struct take *, const struct archive_version *versions, uint64_t count, const uint64_t *expunges,
	size_t expunge_count, struct err *);
int take_rebuild_notes(struct take *, int object, struct err *); /* logs/ of the object at this descriptor comes along */
void take_rebuild_end(struct take *);
void take_bytes(struct take *, uint64_t); /* were staged */
/* What was staged of entries from `from` on will be asked for again: how many versions it was. */
uint64_t take_forget(struct take *, uint64_t from);
bool take_stands(
	const struct take *);        /* a commit failed in the middle: the next opening finishes it, nothing else may follow here */
bool take_full(const struct take *); /* commit now: bounded memory, and little to fetch again */
void take_without(struct take *, uint64_t index, enum without_why);
void take_found(struct take *, uint64_t index); /* is held now */
/* The journal is to say, with what is committed next, that the record was expunged as the entry says. */
void take_expunged(struct take *, uint64_t index, struct str id);
/* Makes durable and visible what was staged, then that entries below `complete` are held; the journal says what take_expunged was told; what the catalogue has passed by is marked (archive_catalogue_waits). */
int take_commit(struct take *, uint64_t complete, struct err *);

/* ---- depositing -------------------------------------------------------------------------------------------------------------------- */

struct deposit_access {
	enum access_state state;
	char until[12];
};

enum deposit_shape { DEPOSIT_ONE, DEPOSIT_EACH, DEPOSIT_EACH_FILE, DEPOSIT_CSV };
struct deposit_event; /* below */
struct deposit_options {
	enum deposit_shape shape;
	const char *const *paths;
	size_t path_count;
	const char *csv; /* DEPOSIT_CSV */
	struct str id;   /* NAME or id; empty: derived */
	bool new_version, add, dry_run;
	const struct str *meta;
	size_t meta_count; /* K=V, or the name of a JSON file */
	bool has_access;
	struct deposit_access access;
	struct str accession, from, agreement;
	const char *receipts;     /* folder, or NULL */
	struct str relative;      /* DEPOSIT_ONE: what the name is made from, in place of the first path; empty: that */
	struct str original;      /* the same: where a table would find it, in place of the paths' own names; empty: those */
	struct record *described; /* laid under --meta, over a photostat.json; NULL: nothing */
	/* A version kept elsewhere comes in: its photostat.json is the whole description, with original name and source times; of the
	 * version before only events stay. */
	bool restore;
	const struct str *also_identifiers; /* added to the identifiers, unless they are there or the id */
	size_t also_count;
	/* Told as it happens; strings live during the call. */
	void (*report)(void *context, const struct deposit_event *);
	/* done of total: files of the one record, or records; total 0 where it is not known (a table's rows). Likewise bytes of
	 * bytes_total, known for one record alone. */
	void (*progress)(void *context, uint64_t done, uint64_t total, uint64_t bytes, uint64_t bytes_total);
	void (*committed)(void *context); /* after the reports of a batch: hand them on */
	void *context;
};
enum deposit_outcome { DEPOSIT_KEPT, DEPOSIT_ALREADY_KEPT, DEPOSIT_REFUSED, DEPOSIT_WOULD_KEEP };
struct deposit_event {
	enum deposit_outcome outcome;
	struct str id; /* may be empty when refused */
	uint64_t version, index;
	struct str source;  /* as given */
	const char *reason; /* refused: the sentence */
};
struct deposit_summary {
	uint64_t kept, already, refused, bytes;
};
/* KEPT is reported only after the checkpoint that covers it is durable. One bad document refuses its own record alone; -1 only
 * when the run itself cannot go on (what was reported stays true). */
int archive_deposit(struct archive *, const struct deposit_options *, struct deposit_summary *, struct err *);

/* ---- changing metadata, custody ------------------------------------------------------------------------------------------------------ */

struct archive_done {
	struct buf id;
	uint64_t version, index;
};
void archive_done_release(struct archive_done *);
/* A new version whose photostat.json is `record` (id and version are set); files stay. ERR_EXISTS: nothing would change. */
int archive_put_record(struct archive *, struct str id, struct record *, struct str message, struct archive_done *, struct err *);
/* The newest version's record. */
int archive_get_record(struct archive *, struct str id, uint64_t version /* 0: newest */, struct record **, struct err *);

/* ---- withdrawal ------------------------------------------------------------------------------------------------------------------------- */

struct withdrawal {
	struct str id;
	uint64_t version; /* expunge: 0 all versions */
	const struct str *files;
	size_t file_count; /* none: the whole record */
	enum access_state access;
	char until[12];
	struct str authority, reason, note; /* note: free text, kept beside the record, only its commitment is logged */
};
int archive_access(struct archive *, const struct withdrawal *, struct archive_done *, struct err *);
/* What an expunge would do: told before asking. */
struct expunge_plan {
	uint64_t files, versions, bytes;
	struct buf other_holders; /* lines "id path" */
};
int archive_expunge_plan(struct archive *, const struct withdrawal *, struct expunge_plan *, struct err *);
void expunge_plan_release(struct expunge_plan *);
int archive_expunge(struct archive *, const struct withdrawal *, struct archive_done *, struct err *);

/* ---- reading ------------------------------------------------------------------------------------------------------------------------------- */

struct archive_version {
	uint64_t version, index, previous;
	int64_t time;
	struct digest inventory; /* as the log has it now: of the newest expunge entry */
	struct hash contents;
	bool expunged; /* rewritten by an expunge entry */
};
/* ERR_NOT_FOUND. version 0: the newest (of a holder: that is not WITHOUT_BEHIND). Checked against the log. */
int archive_version(struct archive *, struct str id, uint64_t version, struct archive_version *, struct err *);
/* Beside an expunge it is the version before or after it, never between: it looks again where the log has moved on. ERR_CONFLICT: an
 * expunge is under way, and what the log still names cannot be reached meanwhile. */
int archive_open_version(
	struct archive *, struct str id, uint64_t version, struct object_version **, struct archive_version *, struct err *);
/* Whether every document of the version was expunged: its pages say so, and no list has it. What is closed counts as there: whether it is, nobody shall learn from this (P7).
 * Costs something only of a version that was expunged from. */
int archive_version_gone(struct archive *, struct str id, const struct archive_version *, bool *gone, struct err *);
/* After something of an open version was missing or not as it should be (ERR_NOT_FOUND, ERR_MISMATCH): if that is because the record was
 * changed meanwhile, *err says so (ERR_CONFLICT: the same command again will do); else it stays as it is. Always -1. */
int archive_explain(struct archive *, struct str id, struct err *);
/* Entries of one record, oldest first. */
int archive_each_entry(
	struct archive *, struct str id, int (*each)(void *, uint64_t index, struct str text, struct err *), void *, struct err *);

/* A receipt; file empty: of the version. */
int archive_receipt(struct archive *, struct str id, uint64_t version, struct str file, struct buf *out, struct err *);
/* Appends the opening (photostat.disclosure/v1) of the files of the version that the view lets its reader have. ERR_NOT_FOUND, access_refuse's words: of none. */
int archive_disclose(
	struct archive *, struct str id, const struct archive_version *, const struct access_view *, struct buf *out, struct err *);

/* A BagIt 1.0 bag of one version (0: the newest), or of all (payload data/v1/…, data/v2/…): documents and photostat.json, never the seed.
 * `path` must not be there; on error it is removed again. *files is how many payload files. ERR_EXISTS. */
int archive_bag_export(
	struct archive *, struct str id, uint64_t version, bool all_versions, const char *path, uint64_t *files, struct err *);
/* The event of a record that holds the bag-info.txt of the bag that it came from: its type, and how its note begins. */
#define BAG_INFO_EVENT STR("ingestion")
#define BAG_INFO_NOTE STR("bag-info.txt\n")

/* ---- audit ------------------------------------------------------------------------------------------------------------------------------------- */

enum finding_word { FINDING_ALTERED, FINDING_MISSING, FINDING_EXTRA, FINDING_UNREADABLE, FINDING_UNLOGGED, FINDING_EXPUNGED };
struct finding {
	enum finding_word word;
	struct str id;    /* record, or empty */
	uint64_t version; /* or 0 */
	struct str path;  /* of the file or folder, from the archive's root */
	const char *what; /* the sentence: what is wrong */
	const char *next; /* and what to do */
};
const char *finding_name(enum finding_word);
struct audit_options {
	const struct str *ids;
	size_t id_count;
	double sample; /* percent of the records, 0: all */
	bool resume, log_only;
	uint64_t rate;                                         /* bytes a second, 0: as fast as it goes */
	unsigned threads;                                      /* 0: as many as there are cores, at most 8 */
	void (*report)(void *context, const struct finding *); /* calls never overlap */
	void (*progress)(void *context, uint64_t records, uint64_t total, uint64_t bytes);
	void *context;
};
struct audit_summary {
	uint64_t entries, records, versions, files, bytes; /* checked */
	uint64_t records_total, not_checked;               /* records */
	uint64_t findings;                                 /* that mean damage; expunged ones are told but not counted */
	uint64_t expunged;
	uint64_t behind; /* records that changed since the catalogue was last brought up to date: it was not compared with them */
	/* good records, at most so many, of which the comparison with the catalogue says nothing: damage, or being behind, of others covers it */
	uint64_t uncompared;
	/* Records of which it cannot be told what the catalogue should say of the access to files: one was closed by itself and then expunged, its
	 * path with it. */
	uint64_t access_uncompared;
	uint64_t not_held; /* records of which a holder has not all: that was not checked */
	uint64_t newer;    /* records and versions that were deposited while the audit ran: not checked, no finding */
	uint64_t size;
	struct hash root;
	bool resumed;
	bool log_unknown;  /* the checkpoint is missing or not to be believed: nothing else could be checked */
	bool head_unknown; /* the keys folder cannot be opened: whether the log was rolled back was not checked */
};
int archive_audit(struct archive *, const struct audit_options *, struct audit_summary *, struct err *);

#endif
