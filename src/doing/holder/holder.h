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

/* What a log says of itself: its key as entry 0 names it, and a checkpoint signed by it. Nothing is trusted by that: compare the key with what its
 * keeper says elsewhere. *key is the caller's. */
int holder_learn(struct str url, struct vkey *key, uint64_t *size, struct err *);
/* Makes the folder of a holder of the log at `url`. `policy` (tlog-policy text; empty: learnt from the log) says whose log it must be:
 * ERR_MISMATCH. Nothing is fetched yet but what is needed to know the log. *key (may be NULL) is the caller's. */
int holder_init(const char *path, struct str url, struct str policy, struct vkey *key, struct err *);

struct holder_synced {
	uint64_t size, known;            /* of the log here; entries below `known` are held with what they name */
	uint64_t entries, versions;      /* new ones */
	uint64_t received;               /* bytes */
	uint64_t closed, kept, expunged; /* versions not given to this holder; expunges not followed, followed */
	uint64_t missing;                /* versions that no source had as the log says */
	uint64_t at;                     /* entry under way */
	bool behind;                     /* a source showed an older log than this one */
};
struct holder_sync {
	const struct str *urls;
	size_t url_count;
	enum holder_expunge expunge;
	uint64_t rate;
	bool (*stop)(void *context);
	void (*progress)(void *context, const struct holder_synced *);
	void (*notice)(void *context, const char *sentence); /* what a source lacked, or had wrong */
	void *context;
};
/* Follows the sources; the archive was opened with ARCHIVE_HOLD. What was committed stays whatever happens; the next call goes on there. ERR_MISMATCH: a
 * source shows another history, signed: nothing of it is taken. ERR_SYSTEM: no source could be reached, or the disk is full. */
int holder_sync(struct archive *, const struct holder_sync *, struct holder_synced *, struct err *);

/* ---- repair ------------------------------------------------------------------------------------------------------------------------------------ */

struct holder_repair {
	const struct str *urls; /* who is asked: holders, or the keeper */
	size_t url_count;
	const struct str *ids; /* NAMEs or ids; none: all that audit finds damaged */
	size_t id_count;
	void (*report)(void *context, struct str id, bool mended, const char *why);
	void *context;
};
struct holder_repaired {
	uint64_t findings;        /* of the audit before */
	uint64_t records, failed; /* mended; not mended */
};
/* Audits, then builds anew what is damaged of the records, from what is good here and what the sources have; the archive was opened with
 * ARCHIVE_HOLD or ARCHIVE_WRITE. What was damaged is kept below damaged/. Damage of the log is not mended here. Invariants R1 to R3 in repair.c. */
int holder_repair(struct archive *, const struct holder_repair *, struct holder_repaired *, struct err *);

/* ---- polls -------------------------------------------------------------------------------------------------------------------------------------- */

struct holder_polled {
	size_t asked, good;            /* versions; answered as only who has the bytes can */
	size_t wrong, missing, closed; /* answered with other bytes; not there; not given */
	size_t not_here;               /* could not be judged: damaged here */
	double confidence;             /* that a loss of one version in 1000 would have been met */
	uint64_t polls_needed;         /* of this size, to meet it with 99.9 % */
};
/* Asks whoever serves at `url` for proof that it has the bytes of `sample` versions, at most 1024, drawn from those held here. It costs both what the
 * sample costs, whatever the archive's size: of each file at most 64 KiB are read. ERR_SYSTEM: nobody there; ERR_NOT_FOUND, ERR_SYNTAX: it does
 * not answer polls. */
int holder_poll(struct archive *, struct str url, size_t sample, struct holder_polled *, struct err *);

/* ---- giving to others ------------------------------------------------------------------------------------------------------------------------ */

/* An archive, or a holder's copy, served over HTTP: its log as tlog-tiles has it, what is open of its records, versions for holders. Threads of its
 * own; the archive is only read. */
struct holder_server;
struct holder_server_options {
	const char *archive;
	struct str host; /* empty: 127.0.0.1 */
	uint16_t port;   /* 0: any that is free */
	unsigned per_address;
};
int holder_server_start(struct holder_server **, const struct holder_server_options *, struct err *);
uint16_t holder_server_port(const struct holder_server *);
void holder_server_stop(struct holder_server *); /* NULL is fine */

#endif
