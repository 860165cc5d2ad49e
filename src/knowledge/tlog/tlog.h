/* tlog: C2SP transparency logs without I/O: signed notes, checkpoints, cosignatures, Merkle trees, tiles, proofs, policies.
 * Sources: RFC 6962 section 2.1; C2SP signed-note, tlog-checkpoint, tlog-cosignature, tlog-tiles, tlog-policy, tlog-proof, tlog-witness, tlog-mirror. */
#ifndef PHOTOSTAT_TLOG_H
#define PHOTOSTAT_TLOG_H

#include "base/base.h"
#include "crypto/crypto.h"

/* ---- keys and notes ---------------------------------------------------------------------------------------------- */

#define NOTE_MAX (1u << 20)     /* bytes of a note we read */
#define NOTE_SIGNATURES_MAX 128 /* at least 16 by signed-note */
#define VKEY_NAME_MAX 1024      /* bytes of a key name in a vkey we read */
enum note_type { NOTE_ED25519 = 0x01, NOTE_COSIGNATURE_V1 = 0x04 };

/* A verifier key: owns its name. */
struct vkey {
	char *name;
	uint32_t id;
	enum note_type type;
	unsigned char public_key[ED25519_PUBLIC];
};
/* ERR_SYNTAX: not a vkey, name with space or plus, wrong id, unknown type, non-canonical base64; ERR_LIMIT: name too long. On error *out is
 * zero. */
int vkey_parse(struct vkey *out, struct str text, struct err *);
/* ERR_SYNTAX: not a key name; ERR_LIMIT. On error *out is zero. */
int vkey_make(struct vkey *out, struct str name, enum note_type, const unsigned char public_key[ED25519_PUBLIC], struct err *);
/* NAME+ID+KEY, what vkey_parse reads. */
void vkey_format(struct buf *, const struct vkey *);
char *vkey_text(const struct vkey *); /* the same; free it */
void vkey_release(struct vkey *);
/* Not empty, UTF-8, no Unicode space, no plus, nothing below U+0020. */
bool vkey_name_valid(struct str);

/* One signature line: views into the note. */
struct note_signature {
	struct str name;
	struct str base64;
	uint32_t id;
};
struct note {
	struct str text; /* with its last newline */
	struct note_signature signatures[NOTE_SIGNATURES_MAX];
	size_t count;
};
/* Views into `note_bytes`, which must outlive *out. The last empty line parts text and signatures. ERR_SYNTAX names the line. ERR_LIMIT.
 * Signatures of any type and length are taken; none is verified. One pass, no memory. */
int note_parse(struct note *out, struct str note_bytes, struct err *);
/* 1 signed by this key (verified), 0 no line of this key; -1 ERR_MISMATCH: a line of this key that does not verify, or
 * two lines of it. A line is of this key if name and id are. *time (NULL is fine) gets a cosignature's timestamp, at most 2^63 - 1; else 0. */
int note_verify(const struct note *, const struct vkey *, uint64_t *time, struct err *);
/* Appends "— name base64\n" made by an Ed25519 key (type 0x01). `text` may be a view into *note. ERR_SYNTAX: no note's text (its last newline is
 * missing, control characters, not UTF-8); ERR_USAGE: a key of another type. On error nothing was appended. */
int note_sign(struct buf *note, struct str text, const struct vkey *, const unsigned char secret[ED25519_SECRET], struct err *);
/* The same for cosignature/v1 at `time`. */
int note_cosign(struct buf *note, struct str text, const struct vkey *, const unsigned char secret[ED25519_SECRET], uint64_t time,
	struct err *);
/* The same for who cosigns all day. */
int note_cosign_by(
	struct buf *note, struct str text, const struct vkey *, const struct ed25519_signer *, uint64_t time, struct err *);

/* Appends a signature line as it stood in its note. */
void note_line(struct buf *, const struct note_signature *);
bool note_line_is_of(const struct note_signature *, const struct vkey *); /* by name and id; not verified */

/* ---- checkpoints ---------------------------------------------------------------------------------------------------- */

struct checkpoint {
	struct str origin; /* view */
	uint64_t size;
	struct hash root;
	struct str extension; /* extension lines, with newlines; usually empty */
};
/* Parses a note's text. Views into it. ERR_SYNTAX. Whether the origin is the right one and the root true is not asked here. */
int checkpoint_parse(struct checkpoint *out, struct str text, struct err *);
void checkpoint_format(struct buf *, struct str origin, uint64_t size, const struct hash *root); /* no extension lines */

/* ---- Merkle tree ------------------------------------------------------------------------------------------------------ */

void merkle_leaf(struct str entry, struct hash *out);                                  /* SHA-256(0x00 ‖ entry) */
void merkle_node(const struct hash *left, const struct hash *right, struct hash *out); /* SHA-256(0x01 ‖ left ‖ right) */
void merkle_empty(struct hash *out);
/* Root of `count` consecutive node hashes seen as leaves of a tree (RFC 6962 shape). */
void merkle_root(const struct hash *nodes, size_t count, struct hash *out);

#define MERKLE_PROOF_MAX 64
struct merkle_proof {
	struct hash hashes[MERKLE_PROOF_MAX];
	size_t count;
};
/* ERR_MISMATCH when it does not prove; ERR_SYNTAX when index >= size or the length is wrong. Consistency: sizes may be the same
 * (no hashes then, equal roots); from the empty tree to another there is no proof (RFC 6962, 2.1.2 wants 0 < m): ERR_SYNTAX. */
int merkle_verify_inclusion(
	const struct hash *leaf, uint64_t index, uint64_t size, const struct merkle_proof *, const struct hash *root, struct err *);
int merkle_verify_consistency(uint64_t size1, const struct hash *root1, uint64_t size2, const struct hash *root2,
	const struct merkle_proof *, struct err *);

/* A subtree is the leaves [start, end) where start is a multiple of the smallest power of two that is not below their number. */
bool subtree_valid(uint64_t start, uint64_t end);
/* A subtree consistency proof (tlog-mirror, add-entries): the tree of `size` with `root` has the subtree with that root. ERR_SYNTAX: no subtree of it,
 * or the proof's length is wrong; ERR_MISMATCH. */
int merkle_verify_subtree(uint64_t start, uint64_t end, const struct hash *subtree, uint64_t size, const struct hash *root,
	const struct merkle_proof *, struct err *);

/* ---- tiles --------------------------------------------------------------------------------------------------------------- */

#define TILE_WIDTH 256
#define TILE_ENTRIES (-1) /* as `level`: an entry bundle */
#define TILE_PATH_MAX 64
#define ENTRY_MAX 65535
struct tile {
	int level;      /* 0..63, or TILE_ENTRIES */
	uint64_t index; /* N */
	unsigned width; /* 1..256; 256 is full */
};
/* "tile/0/x001/234.p/5"; returns its length. */
size_t tile_path(char out[TILE_PATH_MAX], const struct tile *);
/* Strict: one path for one tile. ERR_SYNTAX. */
int tile_path_parse(struct tile *out, struct str path, struct err *);
/* Width of tile `index` at `level` in a tree of `size`: 0 absent, 1..256. */
unsigned tile_width(int level, uint64_t index, uint64_t size);
/* Iterates the entries of a bundle: cuts the next one off *rest; 1, 0 at the end, -1 malformed. */
int bundle_next(struct str *rest, struct str *entry, struct err *);

/* Reads one tile: fills `hashes` with exactly tile->width hashes; called by the functions below, each tile at most once a call. */
struct tile_reader {
	int (*read)(void *context, const struct tile *, struct hash hashes[TILE_WIDTH], struct err *);
	void *context;
};
/* What proofs and roots need of a tree of `size`, in O(log n) tile reads: at most two a level of tiles (5 for any inclusion proof in a tree
 * of 1,000,000). Tiles are believed: compare the root, or verify the proof, with a root that is known. ERR_USAGE: no such entry or size; errors of
 * the reader. tiles_consistency from size 0, or to the same size, gives an empty proof. */
int tiles_root(const struct tile_reader *, uint64_t size, struct hash *out, struct err *);
int tiles_inclusion(const struct tile_reader *, uint64_t index, uint64_t size, struct merkle_proof *out, struct hash *leaf,
	struct hash *root, struct err *);
int tiles_consistency(const struct tile_reader *, uint64_t size1, uint64_t size2, struct merkle_proof *out, struct err *);
int tiles_subtree(const struct tile_reader *, uint64_t start, uint64_t end, uint64_t size, struct merkle_proof *out, struct err *);

/* The right edge: what must be remembered to append. Level l holds the hashes of the rightmost partial tile at that level. */
#define EDGE_LEVELS 8 /* 2^64 entries */
struct edge {
	uint64_t size;
	struct hash (*level[EDGE_LEVELS])[TILE_WIDTH]; /* NULL where empty */
};
/* The edge of a tree of `size`: one tile read a level. On error it is empty, as if released. */
int edge_load(struct edge *, const struct tile_reader *, uint64_t size, struct err *);
/* Called by edge_append whenever a tile becomes full, in order: level 0 first. */
struct tile_sink {
	int (*full)(void *context, const struct tile *, const struct hash hashes[TILE_WIDTH], struct err *);
	void *context;
};
/* Amortised one node hash an append. If the sink fails, the edge is as it was before the call (`full` will be called for that tile again).
 * A NULL sink drops full tiles. */
int edge_append(struct edge *, const struct hash *leaf, const struct tile_sink *, struct err *);
/* The partial tiles of the present size, lowest level first: how many; tiles[i] and a pointer to its hashes. */
size_t edge_partials(const struct edge *, struct tile tiles[EDGE_LEVELS], const struct hash *hashes[EDGE_LEVELS]);
/* At most 255 node hashes a level. */
void edge_root(const struct edge *, struct hash *out);
void edge_release(struct edge *);

/* ---- proofs ----------------------------------------------------------------------------------------------------------------- */

#define PROOF_MAX (96u << 20) /* bytes of a proof file we read: a version's receipt lists its files */
struct tlog_proof {
	struct str extra_base64; /* view; empty if none */
	bool has_extra;
	uint64_t index;
	struct merkle_proof inclusion;
	struct str checkpoint; /* the signed note, verbatim view */
};
/* Strict; views into `bytes`. The checkpoint is one, but neither its signatures nor the inclusion are verified. ERR_SYNTAX, ERR_LIMIT. Extra data
 * is checked to be base64, in constant memory. */
int tlog_proof_parse(struct tlog_proof *out, struct str bytes, struct err *);
void tlog_proof_format(struct buf *, struct str extra /* raw; empty: no line */, uint64_t index, const struct merkle_proof *,
	struct str checkpoint);

/* ---- policies ----------------------------------------------------------------------------------------------------------------- */

#define POLICY_MAX (1u << 20)
#define POLICY_ITEMS_MAX 1024 /* logs, witnesses, groups: so many of each */
struct policy;                /* logs, witnesses, groups, quorum */
/* Copies what it keeps. Logs' keys are of type 0x01, witnesses' of 0x04. ERR_SYNTAX and ERR_LIMIT name the line; *out is then NULL. */
int policy_parse(struct policy **out, struct str text, struct err *);
void policy_free(struct policy *);
size_t policy_log_count(const struct policy *);
const struct vkey *policy_log(const struct policy *, size_t i);
size_t policy_witness_count(const struct policy *);
struct policy_witness {
	struct str name;
	const struct vkey *key;
	struct str url;
};
struct policy_witness policy_witness(const struct policy *, size_t i);
bool policy_needs_no_witness(const struct policy *); /* quorum none */

/* What a checkpoint is worth under a policy. */
struct policy_verdict {
	struct checkpoint checkpoint;
	const struct vkey *log;   /* the key that signed it */
	unsigned witnesses;       /* of the policy that cosigned it */
	unsigned witnesses_known; /* of the policy */
	bool quorum;              /* met */
	uint64_t quorum_time;     /* the earliest time by which a quorum had cosigned; 0 for `quorum none` or not met */
};
/* 0: signed by a log of the policy whose key name is the origin (look at .quorum); -1 ERR_MISMATCH: no such log signed it, or the line of a known
 * key, log or witness, does not verify; ERR_SYNTAX, ERR_LIMIT: not a checkpoint. Views into note_bytes and the policy. */
int policy_check(const struct policy *, struct str note_bytes, struct policy_verdict *out, struct err *);

/* ---- witnesses: what a log asks and what one answers ---------------------------------------------------------------------------- */

#define WITNESS_PROOF_MAX 63                 /* lines of a consistency proof in a request (tlog-witness, add-checkpoint) */
#define WITNESS_SIZE_TYPE "text/x.tlog.size" /* of the answer 409, whose body is a size and a newline */
struct witness_request {
	uint64_t old_size;
	struct merkle_proof proof;  /* whether it fits the sizes is not asked here */
	struct str checkpoint_note; /* view, verbatim */
	struct note note;
	struct checkpoint checkpoint;
};
/* Strict; views into `bytes`. No signature is verified, and old_size may be above the checkpoint's. ERR_SYNTAX, ERR_LIMIT. */
int witness_request_parse(struct witness_request *out, struct str bytes, struct err *);
void witness_request_format(struct buf *, uint64_t old_size, const struct merkle_proof *, struct str checkpoint_note);
/* Looks in a witness's answer to the checkpoint `text` for its cosignature. 1: verified, *line has the line appended, *time when; 0: no line of
 * this key, whatever others there are; -1: ERR_SYNTAX, ERR_LIMIT: no signature lines; ERR_MISMATCH: as note_verify. */
int witness_answer_take(struct buf *line, struct str text, struct str answer, const struct vkey *, uint64_t *time, struct err *);

/* ---- mirrors: what a log uploads and what one answers ----------------------------------------------------------------------------- */

#define MIRROR_PROOF_MAX 63                            /* hashes of a subtree consistency proof (tlog-mirror, Request Body) */
#define MIRROR_TICKET_MAX 65535                        /* bytes */
#define MIRROR_INFO_TYPE "text/x.tlog.mirror-info"     /* of the answers 202 and 409 */
#define MIRROR_ENTRIES_TYPE "application/octet-stream" /* of a request add-entries */
struct mirror_upload {
	struct str origin;   /* of the log */
	uint64_t start, end; /* the entries [start, end) are uploaded, or the first of them; end: a checkpoint's size */
	struct str ticket;
};
/* The head of a request. origin and ticket have at most 65535 bytes, start <= end. */
void mirror_upload_format(struct buf *, const struct mirror_upload *);
/* One package: `entries` as in an entry bundle. */
void mirror_package_format(struct buf *, struct str entries, const struct merkle_proof *);
/* How many packages the canonical sequence of [start, end) has, and the entries of the i-th. Its subtree begins at the multiple of TILE_WIDTH that is
 * not above *from. */
uint64_t mirror_package_count(uint64_t start, uint64_t end);
void mirror_package_range(uint64_t start, uint64_t end, uint64_t i, uint64_t *from, uint64_t *to);

struct mirror_package {
	uint64_t start, end;       /* of its entries */
	struct str entries;        /* as in an entry bundle */
	const struct hash *leaves; /* end - start of them */
	const struct merkle_proof *proof;
};
struct mirror_reader_calls {
	void *context;
	/* Non-zero stops, and is returned. Views last as long as the reader, and as the call. */
	int (*head)(void *context, const struct mirror_upload *, struct err *);
	int (*package)(void *context, const struct mirror_package *, struct err *);
};
/* A request add-entries as it comes, in pieces of any length. Holds one package: at most 16 MiB, and 1 MiB as a rule. Nothing is verified. */
struct mirror_reader;
struct mirror_reader *mirror_reader_new(const struct mirror_reader_calls *);
/* ERR_SYNTAX; ERR_LIMIT: something follows the last package; what a call returns. After an error only the questions below and mirror_reader_free may follow. */
int mirror_read(struct mirror_reader *, struct str bytes, struct err *);
bool mirror_reader_whole(const struct mirror_reader *);  /* the head and all packages of the sequence came, and nothing behind */
size_t mirror_reader_held(const struct mirror_reader *); /* bytes of memory */
void mirror_reader_free(struct mirror_reader *);         /* NULL is fine */

/* The body of an answer 202 or 409. */
struct mirror_info {
	uint64_t size; /* of a pending checkpoint */
	uint64_t next; /* entry */
};
void mirror_info_format(struct buf *, const struct mirror_info *, struct str ticket);
/* Strict; the ticket is appended to *ticket. ERR_SYNTAX, ERR_LIMIT. */
int mirror_info_parse(struct mirror_info *out, struct buf *ticket, struct str bytes, struct err *);

/* ---- evidence ------------------------------------------------------------------------------------------------------------------ */

/* photostat.evidence/v1 (docs/format/evidence.md): two checkpoints of one log that cannot both be true (P3). */
#define EVIDENCE_MAX (2 * NOTE_MAX + (1u << 16)) /* bytes */
#define EVIDENCE_HASHES_MAX 128
struct evidence_side {
	struct vkey key; /* that signed it; owned */
	struct str note; /* verbatim view */
	struct checkpoint checkpoint;
};
struct evidence {
	struct evidence_side smaller, larger; /* by size; of equal ones any is the smaller */
	struct hash hashes[EVIDENCE_HASHES_MAX];
	size_t hash_count; /* 0: equal sizes, or they could not be had */
};
enum evidence_word {
	EVIDENCE_PROVEN,     /* one log signed both, and no tree has both roots */
	EVIDENCE_SUSPECTED,  /* it may be so: the hashes lack, or two keys signed and no policy says that both are the log's */
	EVIDENCE_CONSISTENT, /* the larger tree begins with the smaller, or they are the same */
	EVIDENCE_OTHER_LOGS, /* the origins differ */
};
/* Strict: one byte string an evidence. Views into `bytes`; nothing is verified. ERR_SYNTAX, ERR_LIMIT; *out is then as if released. */
int evidence_parse(struct evidence *out, struct str bytes, struct err *);
void evidence_release(struct evidence *);
/* Judges: verifies both signatures, computes both roots from the hashes. With a policy both keys must be logs of it; without one (NULL) the word
 * is about the keys that the evidence names, and whose they are is for the caller to ask. ERR_MISMATCH: it shows nothing at all, for a signature
 * does not verify, a key is not the origin's or not one of the policy, or the hashes do not lead to the larger root. */
int evidence_check(const struct evidence *, const struct policy *, enum evidence_word *, struct err *);
/* From two signed checkpoints, in any order, and the keys of their log. `larger` reads the tree of the larger checkpoint (its own tiles: compared
 * with its root; ERR_MISMATCH); NULL: cannot be had. Appends to *out what evidence_check under a policy of these keys gives the same word for, and
 * nothing where that is EVIDENCE_CONSISTENT or EVIDENCE_OTHER_LOGS. ERR_MISMATCH: a checkpoint is signed by none of the keys; ERR_SYNTAX, ERR_LIMIT: it is none. */
int evidence_make(struct buf *out, struct str one, struct str other, const struct vkey *keys, size_t key_count,
	const struct tile_reader *larger, enum evidence_word *, struct err *);

#endif
