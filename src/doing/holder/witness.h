/* Inside holder: what the files of the witness share.
 *
 *   WITNESS/witness.key                       its private key, mode 0600
 *   WITNESS/logs/NAME                         a log that it knows; for people to write
 *   WITNESS/peers                             whom it asks whether it is behind; for people to write
 *   WITNESS/state/HASH.state                  what it cosigned of the log with that origin hash: append-only, chained
 *   WITNESS/state/HASH.checkpoint.0, .1       the last two checkpoints as they came, and the cosignature
 *   WITNESS/state/HASH.lock                   held while a request is judged
 *   WITNESS/aside/HASH-SIZE-TEXT.split|doubt  checkpoints that the log signed and that were not consistent
 *
 * W1  No cosignature is made for a size below one that was ever cosigned, nor for another root of that size: the line in HASH.state is durable
 *     before the cosignature leaves.
 * W2  Comparing with the state and adding to it happen under one lock: a mutex among the threads of a process, flock among processes.
 * W3  The older of the two HASH.checkpoint files is written over after the line is durable and before the answer, and is durable itself then: the newer
 *     is never ahead of the state, unless the state lost its end. Then, as when somebody shows our own cosignature of a larger size, the witness is behind, and knows by how much.
 * W4  Of lines that this handle did not sync itself (another process's, those of before a crash, one whose sync failed) the last may be in the
 *     cache alone: it is written and synced once more before it is built upon. A failed sync alone is never repeated. */
#ifndef PHOTOSTAT_HOLDER_WITNESS_H
#define PHOTOSTAT_HOLDER_WITNESS_H

#include <pthread.h>

#include "holder/holder.h"
#include "os/os.h"

/* ---- what was cosigned of one log (witness_state.c) ------------------------------------------------------------------------------- */

struct witness_state {
	int dir; /* WITNESS, borrowed */
	char hash[HOLDER_HASH_TEXT];
	struct str origin; /* borrowed */
	bool any;          /* it has a line; then: */
	uint64_t size, time;
	struct hash root;
	/* internal */
	uint64_t length;   /* bytes that chain */
	uint64_t last;     /* where the last line begins */
	struct hash chain; /* of the last line */
	bool settled;      /* W4 */
};
/* The lock of this log; the descriptor, to be closed. ERR_INTERRUPTED. */
int state_lock(const struct witness_state *, struct err *);
/* With the lock: takes in what is in the file and was not read yet; a torn end is dropped. O(new). ERR_SYNTAX, ERR_MISMATCH: it does not chain, the
 * sentence says what to do. */
int state_catch_up(struct witness_state *, struct err *);
/* Whether a line begins at that offset, and is of that size and root: O(1). */
bool state_has(const struct witness_state *, uint64_t offset, uint64_t size, const struct hash *root);
/* With the lock, caught up: adds a line, durably. The size is larger, or there is no line yet. After an error the line may stand or not. */
int state_advance(struct witness_state *, uint64_t size, const struct hash *root, uint64_t time, struct err *);
/* The last checkpoint that was cosigned, appended; without the lock perhaps the one before. ERR_NOT_FOUND: there is none;
 * ERR_MISMATCH: none is whole. */
int state_read_checkpoint(const struct witness_state *, struct buf *, struct err *);
/* With the lock: durably in the place of the one before the last. After an error the last may have been replaced or not. */
int state_write_checkpoint(struct witness_state *, struct str note, struct err *);

/* Two checkpoints of one log and size and different text under "split" are a proof that the log showed two histories (P3). A "doubt" alone is none:
 * whoever has a checkpoint can send it with a wrong proof. */
enum aside_kind { ASIDE_SPLIT, ASIDE_DOUBT };
#define ASIDE_MAX 32 /* of each kind and log; more are not kept */
/* Keeps a signed note, durably; one that is kept already costs nothing. */
int state_keep_aside(const struct witness_state *, enum aside_kind, const struct checkpoint *, struct str note_text,
	struct str note, struct err *);

/* ---- which logs, and whom to ask (witness_logs.c) ------------------------------------------------------------------------------------ */

#define WITNESS_LOGS_MAX 10000
#define WITNESS_KEYS_MAX 16 /* of one log */
#define WITNESS_PEERS_MAX 64
struct known_log {
	char *origin, *url; /* url NULL: not known */
	struct vkey keys[WITNESS_KEYS_MAX];
	size_t key_count;
};
/* ERR_SYNTAX, ERR_LIMIT: the sentence names the line. On error *out is zero. */
int known_log_parse(struct known_log *out, struct str text, struct err *);
void known_log_release(struct known_log *);
/* URLs, one a line, with '/' at the end; NUL-terminated strings on the heap. No file: none. */
int peers_read(int dir, char ***urls, size_t *count, struct err *);

/* ---- the witness (witness.c) ---------------------------------------------------------------------------------------------------------- */

struct witness_log {
	struct known_log known;
	pthread_mutex_t lock; /* W2; over all that follows */
	struct witness_state state;
	bool certain;         /* asked, and not found to be behind unknowingly */
	bool checkpoint_kept; /* by this process: the newer HASH.checkpoint is durable */
	struct err broken;    /* its state is not to be built upon */
	/* Our own cosignature of a larger size was seen: nothing else is cosigned than what is proven consistent with it. */
	bool ahead;
	uint64_t ahead_size, ahead_time;
	/* The largest and newest of our own cosignatures that were shown: what a mirror must not fall behind (mirror.h, M4). */
	uint64_t cosigned_size, cosigned_time;
	struct hash ahead_root;
	struct buf ahead_note;
};
/* A witness, or the half of a mirror that judges checkpoints: what is recorded there is pending, and cosigned by mirror.c when all of it is held. */
struct cosigner {
	const char *word; /* "witness" */
	const char *key_name;
	bool cosigns;               /* in add-checkpoint */
	const char *const *folders; /* that init makes; ends with NULL */
};
extern const struct cosigner cosigner_witness, cosigner_mirror;
struct witness {
	const struct cosigner *kind;
	int dir;
	struct vkey key;
	struct ed25519_signer *signer;
	struct witness_log *logs; /* by origin hash */
	size_t log_count;
	char **peers;
	size_t peer_count;
};
/* As witness_init and witness_open. */
int cosigner_init(
	const struct cosigner *, const char *path, struct str name, struct str passphrase, struct buf *verifier, struct err *);
int cosigner_open(
	struct witness **, const struct cosigner *, const char *path, bool fresh, const struct archive_asks *, struct err *);
/* By origin, or by its hash; NULL: not known. */
struct witness_log *witness_find(struct witness *, struct str origin);
struct witness_log *witness_find_hash(struct witness *, struct str hash);
/* The lines of the note that a key of the log made; and ours, or another's. */
bool witness_is_of_log(const struct witness_log *, const struct note_signature *);
/* 1: signed by a key of the log, all whose lines verify; 0: by none; -1: a line of one does not verify. */
int witness_signed_by_log(const struct witness_log *, const struct note *, struct err *);
/* With the lock: a checkpoint of this log from wherever. 1: it bears our cosignature of more than is known, 0: it does not; -1 as witness_confirm. */
int witness_see(struct witness *, struct witness_log *, struct str note_bytes, struct err *);

#endif
