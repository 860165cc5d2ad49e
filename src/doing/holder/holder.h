/* holder: independent parties keep an archive alive against its own keeper (P3, P5): they witness its log, mirror it, hold its content,
 * audit one another and repair what is damaged. Sources: C2SP tlog-witness, tlog-mirror, tlog-cosignature; docs/format/holder.md. */
#ifndef PHOTOSTAT_HOLDER_H
#define PHOTOSTAT_HOLDER_H

#include "archive/archive.h"
#include "base/base.h"
#include "http/http.h"

/* ---- names ----------------------------------------------------------------------------------------------------------------------- */

/* The SHA-256 of an origin in lower-case hexadecimal: its log's folder below a monitoring prefix (tlog-witness, tlog-mirror). */
#define HOLDER_HASH_TEXT (2 * SHA256_SIZE + 1)
void holder_origin_hash(struct str origin, char out[HOLDER_HASH_TEXT]);

/* ---- being a holder ------------------------------------------------------------------------------------------------------------------------ */

enum holder_expunge {
	HOLDER_ASK,    /* the default: an expunge waits until somebody decides */
	HOLDER_FOLLOW, /* what the keeper expunges goes here too */
	HOLDER_KEEP,   /* nothing goes */
};
/* holder.conf in the holder's folder (docs/format/holder.md): for people to read and edit. */
struct holder_conf {
	struct str *sources; /* URLs of the keeper, and of other holders, asked in this order */
	size_t source_count;
	enum holder_expunge expunge;
	uint64_t rate; /* bytes a second that a sync may take; 0: as fast as it goes */
	struct arena arena;
};
int holder_conf_read(
	struct holder_conf *, int folder, struct err *); /* ERR_NOT_FOUND: no holder's folder; ERR_SYNTAX names the line */
void holder_conf_write(struct buf *out, const struct holder_conf *);
void holder_conf_release(struct holder_conf *);

/* Makes the folder of a holder of the log at `url`, whose key must be one that `policy` (tlog-policy text) names; without (empty) the one that entry 0 names: nothing is
 * trusted by that, compare it with what the keeper says elsewhere. It must have signed the log's checkpoint, or the log's entries must lead from it to the key that did, as
 * holder_sync follows changes: then *now gets that one's text. ERR_MISMATCH: neither. Nothing is fetched yet but what is needed to know the log: where its key was changed,
 * entries up to the last change. *key (may be NULL), the one that is trusted, is the caller's. *request_key gets the public key that its requests are signed by: the keeper
 * who entitles it (archive.conf) gives it what is closed too. */
#define HOLDER_POLICY "policy" /* in the folder: the text that holder_init was given, for holder_watch */
int holder_init(const char *path, struct str url, struct str policy, struct vkey *key, struct buf *now, struct buf *request_key,
	struct err *);

/* Two checkpoints that the log's key signed and that no tree can have (EVIDENCE_PROVEN), or perhaps none can (EVIDENCE_SUSPECTED). */
struct holder_contradiction {
	enum evidence_word word;
	char path[128]; /* of the evidence, below the archive's folder; empty: there is none */
};
struct holder_synced {
	uint64_t size, known;                      /* of the log here; entries below `known` are held with what they name */
	uint64_t entries, versions;                /* new ones */
	uint64_t received;                         /* bytes */
	uint64_t closed, kept, expunged;           /* versions not given to this holder; expunges not followed, followed */
	uint64_t held_back;                        /* versions that stand on what an expunge left that is not followed here */
	uint64_t waiting;                          /* expunges that nobody has decided: new ones, and those of before */
	uint64_t not_followed;                     /* expunges that were to be followed, and no source gave what they left */
	uint64_t missing;                          /* versions that no source had as the log says */
	uint64_t partly;                           /* versions of which the open files came, or others than before */
	uint64_t at;                               /* entry under way */
	bool behind;                               /* a source showed an older log than this one */
	struct holder_contradiction contradiction; /* the last that was met; word EVIDENCE_CONSISTENT: none */
};
struct holder_sync {
	const struct str *urls;
	size_t url_count;
	enum holder_expunge expunge;
	uint64_t rate;
	const char *key; /* file of the key that requests are signed with; NULL: the archive's keys/request.key, if there is one */
	bool (*stop)(void *context);
	void (*progress)(void *context, const struct holder_synced *);
	void (*notice)(void *context, const char *sentence); /* what a source lacked, or had wrong */
	void *context;
};
/* Follows the sources; the archive was opened with ARCHIVE_HOLD. What was committed stays whatever happens; the next call goes on there. ERR_MISMATCH: a
 * source shows another history, or a log that is not this one: nothing of it is taken, evidence of the first is kept (done->contradiction), and the other
 * sources were followed. ERR_SYSTEM: no source could be reached, or the disk is full. */
int holder_sync(struct archive *, const struct holder_sync *, struct holder_synced *, struct err *);

/* ---- deciding (decisions.c; docs/format/holder.md) ----------------------------------------------------------------------------------------------- */

enum holder_word { HOLDER_UNDECIDED, HOLDER_DECIDED_KEEP, HOLDER_DECIDED_FOLLOW };
/* An expunge of the keeper's that is not followed here, or not yet. Strings live during the call. */
struct holder_kept {
	uint64_t index; /* of its entry */
	struct str id, authority, reason;
	int64_t time; /* by the keeper's clock */
	const struct entry_rewritten *rewritten;
	size_t rewritten_count;
	enum holder_word word;
	int64_t decided; /* when, unless it is HOLDER_UNDECIDED */
	bool withheld;   /* what it takes is given to no reader now */
};
/* All of them, in the order of the log. ERR_SYNTAX: the file `decisions` is damaged. What `each` returns ends it, unless it is 0. */
int holder_kept_each(
	struct archive *, int (*each)(void *context, const struct holder_kept *, struct err *), void *context, struct err *);

struct holder_decide {
	struct str id;
	uint64_t version; /* 0: any. Otherwise one that an expunge takes something of */
	bool follow;
	void (*decided)(void *context, const struct holder_kept *); /* each, as it is now; may be NULL */
	void *context;
};
/* Decides all that waits of one record: what its keeper has is one object, which all of its expunges have changed, so it is followed as a whole or not at
 * all. It goes before what holder.conf says, may be decided otherwise until it is followed, and is durable and in the journal. The next sync does it. The
 * archive was opened with ARCHIVE_HOLD. ERR_NOT_FOUND: nothing of it waits; ERR_LIMIT; ERR_SYNTAX: the file `decisions` is damaged. */
int holder_decide(struct archive *, const struct holder_decide *, struct err *);

/* ---- being behind (look.c, catch_up.c) -------------------------------------------------------------------------------------------------- */

struct holder_look {
	unsigned seconds;            /* for all of them; 0: 5 */
	bool (*stop)(void *context); /* asked a few times a second; NULL: never */
	void (*notice)(void *context, const char *sentence);
	void *context;
};
/* Asks the witnesses and holders of archive.conf how far they have seen this log, unless the same ones were asked within the hour (derived/seen). Opened
 * to read; nothing is asked where nobody is named, nor for a holder's copy. Who does not answer, or shows what the log's key has not signed, is told to
 * `notice` and changes nothing. Who shows more of the log than there is here, or another history, signed by its present key: archive_set_ahead. -1: that
 * could not be written down; no other error. */
int holder_look(struct archive *, const struct holder_look *, struct err *);
/* What the holders of archive.conf said when holder_look last asked them, from derived/holders, without asking anybody. By the clock here, and as they said: it proves nothing. */
struct holder_seen {
	const char *url; /* the archive's */
	int64_t asked;   /* when last; 0: never, or it is forgotten */
	bool any;        /* it showed this log once: */
	uint64_t size;   /* so many entries, */
	int64_t time;    /* when asked then; before `asked` if it gave no answer, or a useless one, since */
};
/* In the order of archive_holders; *out is to be freed. */
void holder_seen(struct archive *, struct holder_seen **out, size_t *count);
/* Of an archive opened with ARCHIVE_CATCH_UP: takes over from the sources what lacks here, as holder_sync does, in whose words the errors are; options->expunge
 * is HOLDER_FOLLOW. What was committed stays whatever happens, and the next call goes on. Afterwards the archive is its keeper's again, unless it says
 * archive_is_holder: then content lacks that could not be asked for. What lacks for good (closed, or nobody has it) is in *done, and is then what audit
 * finds. ERR_MISMATCH: a source shows another history than the log here, its head, or what others have seen: nothing of it is taken. */
int holder_catch_up(struct archive *, const struct holder_sync *, struct holder_synced *, struct err *);

/* ---- repair ------------------------------------------------------------------------------------------------------------------------------------ */

struct holder_repair {
	const struct str *urls; /* who is asked: holders, or the keeper */
	size_t url_count;
	const struct str *ids; /* NAMEs or ids; none: all that audit finds damaged */
	size_t id_count;
	const char *key; /* as in holder_sync */
	void (*report)(void *context, struct str id, bool mended, const char *why);
	void *context;
};
struct holder_repaired {
	uint64_t findings;        /* of the audit before */
	uint64_t records, failed; /* mended; not mended */
};
/* Audits, then builds anew what is damaged of the records, from what is good here and what the sources have; the archive was opened with
 * ARCHIVE_HOLD or ARCHIVE_WRITE. What was damaged is kept below damaged/. Damage of the log is not mended here: see holder_repair_log. Invariants R1 to R3 in repair.c. */
int holder_repair(struct archive *, const struct holder_repair *, struct holder_repaired *, struct err *);
/* Before that, of the archive in the folder `path`, which must not be open: the checkpoint, tiles and entry bundles that audit finds missing or damaged, from
 * sources that serve them; audit decides whether they are the right ones. A checkpoint that is older than what the log's key is known to have signed here is
 * not taken: that is holder_catch_up's. In *done files count as records. Reports their paths in the place of ids. Invariants G1 to G4 in repair_log.c. */
int holder_repair_log(const char *path, const struct holder_repair *, struct holder_repaired *, struct err *);

/* ---- polls -------------------------------------------------------------------------------------------------------------------------------------- */

struct holder_polled {
	size_t asked, good;            /* versions; answered as only who has the bytes can */
	size_t wrong, missing, closed; /* answered with other bytes; not there; not given */
	size_t later;                  /* not fetched there yet; or expunged here, and there not yet */
	size_t expunged; /* other bytes, for the log, as it is shown there, has an expunge of that version which was not followed here yet: sync, and poll again */
	size_t not_here; /* could not be judged: damaged here */
	double confidence;     /* that a loss of one version in 1000 would have been met */
	uint64_t polls_needed; /* of this size, to meet it with 99.9 % */
};
/* Asks whoever serves at `url` for proof that it has the bytes of `sample` versions, at most 1024, drawn from those held here. It costs both what the
 * sample costs, whatever the archive's size: of each file at most 64 KiB are read. ERR_SYSTEM: nobody there; ERR_NOT_FOUND, ERR_SYNTAX: it does
 * not answer polls. */
int holder_poll(struct archive *, struct str url, size_t sample, struct holder_polled *, struct err *);

/* ---- freshness ------------------------------------------------------------------------------------------------------------------------------------ */

enum watch_word {
	WATCH_SAME,        /* shows the log as it is here */
	WATCH_BEHIND,      /* an older state of it: .size */
	WATCH_AHEAD,       /* a newer one, which goes on from what is here as far as its tiles were to be had */
	WATCH_OTHER,       /* another history, signed by the log's key */
	WATCH_WRONG,       /* no checkpoint of this log */
	WATCH_UNREACHABLE, /* .why */
};
struct watched_url {
	struct str url;
	enum watch_word word;
	uint64_t size;
	/* WATCH_BEHIND, WATCH_AHEAD: when the first entry was logged that one side has and the other lacks, by the keeper's clock; 0: that could not be had */
	int64_t since;
	struct err why;
};
struct watched_witness {
	struct str name; /* as the policy has it */
	bool any;        /* a cosignature was seen: */
	uint64_t size, time;
	struct err why; /* why none was, where it was asked */
};
struct holder_watch {
	const struct str *urls;
	size_t url_count;
	const struct policy *policy; /* whose witnesses are looked at; NULL: none */
	void (*url)(void *context, const struct watched_url *);
	void (*witness)(void *context, const struct watched_witness *);
	void *context;
};
/* Asks everybody for its checkpoint at once, and those witnesses that have not cosigned the newest one seen for theirs (tlog-witness, monitoring), and who is ahead for one entry: no content
 * is fetched, nothing is changed. *newest is the largest size that the log's key signed, here or there; *last when the last entry here was logged, by the
 * keeper's clock (0: none). 30 seconds at most for each round of questions. ERR_NOT_FOUND: libcurl; ERR_SYNTAX: no URL. */
int holder_watch(struct archive *, const struct holder_watch *, uint64_t *newest, int64_t *last, struct err *);

/* ---- giving to others ------------------------------------------------------------------------------------------------------------------------ */

/* An archive, or a holder's copy, served over HTTP: its log as tlog-tiles has it, what is open of its records, versions for holders. Threads of its
 * own; the archive is only read. */
struct holder_server;
/* Who answers readers: pages beside what is served to programs. All are called from several threads, and may be NULL. */
struct holder_readers {
	void *context;
	void (*begin)(void *context,
		struct http_request *); /* of a request that is nobody else's, or that readers share: see http_handler */
	bool (*answer)(void *context,
		struct http_request
			*); /* asked before the archive's own tree, after witness and mirror; true: answered, or it waits (http_wait); false: neither */
	bool (*refuse)(void *context, struct http_request *); /* asked when nobody had an answer; false: a plain 404 */
	void (*over)(void *context, struct http_request *);   /* as http_handler has it, of all that witness and mirror have not */
};
struct holder_server_options {
	const char *archive;
	struct str host;      /* empty: 127.0.0.1 */
	uint16_t port;        /* 0: any that is free */
	unsigned connections; /* at once; 0: as http.h has it */
	unsigned per_address;
	const struct str *
		names; /* HOST or HOST:PORT by which it is asked for, beside the archive's own host and its addresses: a signed request for any other */
	size_t name_count;               /* is refused */
	const char *witness;             /* a witness's folder, served below witness/; NULL: none */
	bool fresh;                      /* witness_options.fresh */
	const struct archive_asks *asks; /* witness_options.asks */
	const char *mirror;              /* a mirror's folder, served below mirror/; NULL: none */
	bool mirror_fresh;
	const struct archive_asks *mirror_asks;
	struct holder_readers readers;
};
/* What a server does of itself now and then, to be called every minute or so: a witness or mirror that is uncertain asks (witness_ask), at most 20 seconds.
 * *uncertain: about so many logs it still is. */
void holder_server_tend(struct holder_server *, bool (*stop)(void *context), void *context, size_t *uncertain);
int holder_server_start(struct holder_server **, const struct holder_server_options *, struct err *);
uint16_t holder_server_port(const struct holder_server *);
void holder_server_stop(struct holder_server *); /* NULL is fine */

/* ---- the witness (C2SP tlog-witness; docs/format/witness.md) --------------------------------------------------------------------------
 *
 * It cosigns what logs that it knows publish, each checkpoint only if it is proven to continue the last one that it cosigned: so a log that shows
 * one history to some and another to others cannot have both cosigned (P3). It witnesses any C2SP log, not only archives.
 * After a start it does not know whether its folder is an old copy of itself. So of each log it cosigns nothing until it has asked others: see
 * witness_ask, witness_confirm. */

struct witness;
struct witness_options {
	const char *path;
	/* The operator says that this key never cosigned anything of the logs of which the folder holds no state. Of those that it holds some of,
	 * it has no effect. Wrong, it lets a restored witness contradict itself. */
	bool fresh;
	const struct archive_asks *asks; /* for the passphrase of its key, once, while it is opened; NULL: nobody is there to ask */
};
/* Makes the folder (absent or empty) and a key for the name (tlog-cosignature wants a schema-less URL), encrypted unless the passphrase is empty;
 * durable. The verifier key is appended to *verifier. ERR_EXISTS: there is something; ERR_SYNTAX: not a key name. */
int witness_init(const char *path, struct str name, struct str passphrase, struct buf *verifier, struct err *);
/* Reads key, known logs, peers and all state: O(checkpoints ever cosigned). A log whose state does not chain does not keep the others from being
 * witnessed: see witness_log_status. ERR_NOT_FOUND: not a witness's folder; ERR_SYNTAX: the sentence names file and line. Of its key the errors
 * of keys_secret_read. */
int witness_open(struct witness **, const struct witness_options *, struct err *);
void witness_close(struct witness *); /* NULL is fine */
const struct vkey *witness_key(const struct witness *);

enum witness_standing {
	WITNESS_READY,
	WITNESS_UNCERTAIN, /* nobody was asked yet, or nobody answered: it cosigns nothing */
	WITNESS_BEHIND,    /* it had cosigned more than its folder holds, and asks for proofs from there */
	WITNESS_BROKEN,    /* its state was damaged: it cosigns nothing */
};
struct witness_log_status {
	struct str origin; /* lives as long as the witness */
	enum witness_standing standing;
	bool any;       /* something was cosigned; then: */
	uint64_t size;  /* the last, */
	uint64_t time;  /* when */
	struct err why; /* WITNESS_BROKEN */
};
size_t witness_log_count(const struct witness *);
void witness_log_status(struct witness *, size_t i, struct witness_log_status *);

/* Judges a request `add-checkpoint`; any number of threads and processes may, at once. *status is 200, 400, 403, 404, 409 or 422 as the specification
 * orders them, 503 while it cosigns nothing of that log, 500 if its own disk failed; the body is appended to *answer, *type is its type.
 * A cosignature was durably recorded before this returns. Checkpoints that the log signed and that are not consistent are kept aside. */
void witness_add_checkpoint(struct witness *, struct str body, unsigned *status, struct buf *answer, const char **type);
/* The last cosigned checkpoint of the log with this origin hash: with the log's signatures that verified and our cosignature. ERR_NOT_FOUND. */
int witness_checkpoint(struct witness *, struct str origin_hash, struct buf *out, struct err *);

/* Somebody else's newest checkpoint of a log that we know: it must be signed by the log. If it bears our own cosignature of a larger size than we hold,
 * we are behind (1), and from now on ask for proofs from that size; else 0. Either way we are not uncertain any more. -1: it says nothing:
 * ERR_SYNTAX, ERR_NOT_FOUND (no such log), ERR_MISMATCH. */
int witness_confirm(struct witness *, struct str checkpoint_note, struct err *);
/* The operator says that the folder is not behind for this log (a log that nobody else can be asked about). ERR_NOT_FOUND. */
int witness_assume(struct witness *, struct str origin, struct err *);
/* Asks, for every log that it is uncertain about, the log itself (URL/checkpoint) and all peers (PREFIX/HASH/checkpoint), and confirms with what they
 * answer; at most `seconds` in all. *uncertain is how many logs it is uncertain about after that: to be called at the start, and now and then
 * until there are none. -1: the client cannot be had. What others answer is no error. */
int witness_ask(struct witness *, unsigned seconds, bool (*stop)(void *context), void *context, size_t *uncertain, struct err *);

/* For a server: requests below the submission and monitoring prefix, `rest` being what follows its slash. begin answers what needs no body, or takes
 * it; false: nothing of ours, and nothing was answered. end is for those that begin took. */
#define WITNESS_BODY_MAX (64u << 10)
bool witness_begin(struct witness *, struct http_request *, struct str rest);
void witness_end(struct witness *, struct http_request *, struct str rest);

/* ---- the mirror (C2SP tlog-mirror; docs/format/mirror.md) --------------------------------------------------------------------------------
 *
 * It keeps a copy of logs that it knows, which others push to it, and cosigns a checkpoint only when it holds, durably, all that the checkpoint covers
 * (P3, P5). It mirrors any C2SP log. Its key and name are its own, never a witness's. As a witness it takes nothing of a log until it knows that its
 * folder is no old copy of itself. */

struct mirror;
struct mirror_options {
	const char *path;
	bool fresh; /* both as in witness_options */
	const struct archive_asks *asks;
};
/* How the private key of a witness's folder, or of a mirror's, lies there: encrypted anew by the passphrase that `fresh` appends, which is asked for
 * after the one that it has; or open, with fresh NULL. *encrypted says how it lay before. After a crash it is in the old form or in the new one.
 * ERR_NOT_FOUND: neither a witness's nor a mirror's folder; else as keys_secret_read. *key is to be released. */
int holder_key_encrypt(const char *path, const struct archive_asks *, int (*fresh)(struct buf *passphrase, struct err *),
	struct vkey *key, bool *encrypted, struct err *);
/* As witness_init. */
int mirror_init(const char *path, struct str name, struct str passphrase, struct buf *verifier, struct err *);
/* ERR_CONFLICT: another process has it open. Otherwise as witness_open. */
int mirror_open(struct mirror **, const struct mirror_options *, struct err *);
void mirror_close(struct mirror *); /* NULL is fine */
const struct vkey *mirror_key(const struct mirror *);
/* What judges its checkpoints, for witness_log_status, witness_confirm, witness_assume, witness_ask, and witness_add_checkpoint, which here gives no
 * cosignature. Lives as long as the mirror. */
struct witness *mirror_judge(struct mirror *);

/* For a server, as witness_begin and witness_end; `over` is for every request that begin took. */
bool mirror_begin(struct mirror *, struct http_request *, struct str rest);
void mirror_end(struct mirror *, struct http_request *, struct str rest);
void mirror_over(struct mirror *, struct http_request *);

/* ---- having one's own log witnessed ------------------------------------------------------------------------------------------------- */

enum submit_outcome {
	SUBMIT_NOT_ASKED, /* has no URL, or there was no time */
	SUBMIT_COSIGNED,  /* its cosignature of the present checkpoint was verified: now, or before */
	SUBMIT_UNREACHABLE,
	SUBMIT_REFUSED, /* it said no: .why has its words */
	SUBMIT_WRONG,   /* what it answered is no cosignature of this checkpoint by its key */
	SUBMIT_AHEAD,   /* it says that it has cosigned a larger tree of this log than there is: .ahead entries */
};
struct submit_witness {
	char *name, *url, *key; /* as archive.conf has them */
	bool mirror;            /* it is one (tlog-mirror), and wants the entries before it cosigns */
	enum submit_outcome outcome;
	struct err why; /* the sentence, where it did not cosign */
	uint64_t ahead;
	/* The last of its cosignatures that this archive has seen. What it had seen before is remembered in derived/, and may be forgotten. */
	bool any;
	uint64_t size, time;
};
/* Received is kept; witnessed is cosigned by the quorum of archive.conf: never say one for the other (DESIGN, Deposit). */
struct submission {
	uint64_t size; /* of the checkpoint */
	struct submit_witness *witnesses;
	size_t count;
	unsigned cosigned;    /* of them, this checkpoint */
	bool wanted;          /* archive.conf asks for a quorum */
	bool witnessed;       /* it asks for one, and it is met */
	uint64_t quorum_time; /* witnessed: the earliest time by which a quorum had cosigned */
};
struct submit_options {
	unsigned seconds;            /* for all; 0: 10 */
	unsigned grace;              /* how long the others are still waited for when the quorum is met; 0: 1 */
	bool mirrors_only;           /* only the mirrors are asked */
	bool (*stop)(void *context); /* asked a few times a second; NULL: never */
	void *stop_context;
};
/* How the present checkpoint stands, without asking anybody. */
int submission_look(struct archive *, struct submission *, struct err *);
/* Asks those witnesses of archive.conf that have not cosigned the present checkpoint yet, at once, and publishes what they give (archive_recosign).
 * Mirrors among them are given what they lack of the log, from where they say; what there is no time for goes on the next time. At most 16 MiB of
 * memory, or a request of one package for each mirror if that is more.
 * No lock is held while it waits. A witness that is dead, slow or lying costs at most the time given and changes nothing. -1 only if nothing could
 * be asked or kept: ERR_CONFLICT as archive_recosign, ERR_NOT_FOUND: libcurl is not here; *out is then what is known all the same. */
int submission_make(struct archive *, const struct submit_options *, struct submission *out, struct err *);
void submission_release(struct submission *);

#endif
