/* entry: what is logged, the salted contents tree, openings of it (photostat.disclosure/v1), receipts. No I/O.
 * Formats: docs/format/entry.md, contents.md, disclosure.md, receipt.md. Promises P4, P6, P7. */
#ifndef PHOTOSTAT_ENTRY_H
#define PHOTOSTAT_ENTRY_H

#include "base/base.h"
#include "crypto/crypto.h"
#include "tlog/tlog.h"

/* ---- entries ------------------------------------------------------------------------------------------------------------- */

enum entry_kind { ENTRY_VERSION, ENTRY_ACCESS, ENTRY_EXPUNGE, ENTRY_KEY, ENTRY_GENESIS, ENTRY_END };
#define ENTRY_NONE UINT64_MAX        /* no previous entry */
#define ENTRY_VERSION_MAX UINT32_MAX /* the highest version number */
#define ENTRY_AUTHORITY_MAX 500      /* bytes */
#define CONTENTS_MAX UINT32_MAX      /* leaves of one version */
#define LEAF_PATH_MAX UINT16_MAX     /* bytes */

enum access_state { ACCESS_OPEN, ACCESS_CLOSED, ACCESS_EMBARGO };

/* A leaf of a contents tree named without its path: version, position, leaf hash. `end` > position + 1 names a whole subtree. */
struct entry_withheld {
	uint64_t version;
	uint64_t position, end; /* [position, end) */
	struct hash hash;
};
struct entry_rewritten {
	uint64_t version;
	uint64_t index;          /* of the version's entry */
	struct digest inventory; /* the new one */
};
struct entry_signature {
	struct str role; /* old, new, recovery */
	unsigned char bytes[ED25519_SIGNATURE];
};

/* One struct for all kinds; fields that a kind does not have are zero. Strings are views into what was parsed. */
struct entry {
	enum entry_kind kind;
	struct str origin;
	int64_t time;
	/* version, access, expunge */
	struct str record;
	uint64_t previous; /* ENTRY_NONE */
	/* version */
	uint64_t version;
	struct digest inventory;
	struct hash contents;
	/* access, expunge */
	struct str authority, reason;
	bool has_note;
	struct hash note; /* commitment: entry_note_commit */
	/* access */
	enum access_state access;
	struct str until; /* YYYY-MM-DD */
	/* access: files by leaf (none: the whole record); expunge: what was taken out */
	struct entry_withheld *leaves;
	size_t leaf_count;
	/* expunge */
	struct entry_rewritten *rewritten;
	size_t rewritten_count;
	/* genesis, key */
	struct str key, recovery, predecessor; /* vkeys; origin or empty */
	/* key: over origin, index and previous root */
	uint64_t key_index;
	struct hash key_root;
	struct entry_signature signatures[3];
	size_t signature_count;
	/* end */
	struct str successor;
};
/* Strict: fixed order, no unknown lines, at most ENTRY_MAX bytes (ERR_LIMIT); ERR_SYNTAX names the line. Views into `text`, which
 * must outlive *out; arrays on the arena, which is not touched for kinds that have none. On error *out is not to be used. */
int entry_parse(struct entry *out, struct str text, struct arena *, struct err *);
/* Appends the text. Refuses (ERR_LIMIT, ERR_SYNTAX) what would not parse back to the same entry; *out is then as it was. Leaves of
 * an access entry have end = position + 1. A key entry has its three signatures, roles old, new, recovery. */
int entry_format(struct buf *, const struct entry *, struct err *);
/* Brings leaves into the order that entries want (version, then position), equal ones once; returns how many are left. */
size_t entry_leaves_arrange(struct entry_withheld *, size_t count);
/* Whether the entry's leaves (as entry_parse gives them) hold this leaf of that version. O(log leaf_count). */
bool entry_withholds(const struct entry *, uint64_t version, uint64_t position);
const char *entry_kind_name(enum entry_kind);
/* Appends the message that a key entry's signatures are over, made of its origin, key_index, key_root and key. */
void entry_key_message(struct buf *, const struct entry *);
/* Whether all three signatures of a parsed key entry verify: ERR_MISMATCH names the first that does not. `old` is the key that
 * was the log's until then, `recovery` that of the genesis entry. That key_index and key_root are the log's is the caller's to
 * check. */
int entry_key_verify(const struct entry *, const struct vkey *old, const struct vkey *recovery, struct err *);
/* The commitment to a free text: framed hash of a 32-byte salt and the text. */
void entry_note_commit(const unsigned char salt[32], struct str text, struct hash *out);

/* An origin, at most 200 bytes: HOST[:PORT][/SEGMENT]…; host of lower-case labels, segments of A-Z a-z 0-9 - . _ ~ but not "." or
 * ".."; no trailing slash; not "none". */
bool origin_valid(struct str);
/* "https://<origin>/r/NAME" with a valid NAME, or "urn:uuid:…" in lower case. */
bool record_id_valid(struct str origin, struct str id);
/* Why access was changed or bytes were expunged: [a-z][a-z0-9-]{0,63}. */
bool reason_code_valid(struct str);
bool record_name_valid(struct str name); /* segments joined by '/', each [a-z0-9][a-z0-9._-]{0,99}; 1000 bytes in all */

/* ---- contents tree ------------------------------------------------------------------------------------------------------- */

#define SEED_SIZE 32
#define LEAF_FILE STR("file")

/* One logical file. Paths are compared and sorted by bytes. A path is valid UTF-8 without NUL, 1 to LEAF_PATH_MAX bytes, segments
 * joined by '/', none of them empty, "." or "..". A kind is [a-z][a-z0-9-]{0,31}; only "file" is a file's whole content. */
struct leaf {
	struct str kind; /* "file" */
	struct str path;
	uint64_t size;
	struct digest digest; /* sha256 or sha512 */
};

/* The whole tree of one version, made from its seed. Positions are the permuted order. Holds secrets; wiped when freed. */
struct contents;
/* Leaf by leaf, then sealed; in any order. 64 bytes and a digest a leaf. Leaves are copied (not their paths and kinds, which must outlive
 * it). contents_add: ERR_SYNTAX: a leaf that leaf's rules refuse (named); ERR_LIMIT: more than CONTENTS_MAX, or than 16 kinds; ERR_MEMORY.
 * contents_seal, once: ERR_USAGE: version 0; ERR_SYNTAX: an equal path twice; ERR_MEMORY; O(n log n) time, four hashes a leaf. No leaves are
 * fine. After an error it is good for contents_free alone. What is below is asked of sealed ones. */
struct contents *contents_new(void);
int contents_add(struct contents *, const struct leaf *, struct err *);
int contents_seal(struct contents *, struct str origin, struct str record, uint64_t version, const unsigned char seed[SEED_SIZE],
	struct err *);
/* All that at once. On error *out is NULL. */
int contents_make(struct contents **out, struct str origin, struct str record, uint64_t version,
	const unsigned char seed[SEED_SIZE], const struct leaf *leaves, size_t count, struct err *);
/* The i-th leaf as it was added; sealed or not. */
void contents_leaf(const struct contents *, size_t i, struct leaf *);
void contents_root(const struct contents *, struct hash *out);
size_t contents_count(const struct contents *);
/* Position of the i-th leaf added. */
uint64_t contents_position(const struct contents *, size_t i);
void contents_leaf_hash(const struct contents *, uint64_t position, struct hash *out);
void contents_free(struct contents *);

/* ---- openings: photostat.disclosure/v1 ----------------------------------------------------------------------------------- */

#define DISCLOSURE_MAX (1u << 30) /* bytes */

/* Appends the opening of the leaves for which keep[i] (in the order of contents_add) is true: GGM nodes that derive exactly
 * the kept salts, the kept leaves with positions, the maximal withheld subtrees. O(n) time, 12 bytes a kept leaf beside *out.
 * ERR_LIMIT, ERR_MEMORY: *out could not hold it. */
int disclosure_make(struct buf *out, const struct contents *, const bool *keep, struct err *);

/* A parsed disclosure: what a rewritten photostat.seed or a receipt holds. */
struct disclosure;
/* Whether these bytes mean to be a disclosure: tells a rewritten photostat.seed from one of SEED_SIZE random bytes. */
bool disclosure_looks(struct str bytes);
/* Strict: one byte string a set of leaves. Views `bytes`, which must outlive it; 12 bytes a leaf of its own. ERR_SYNTAX, ERR_LIMIT,
 * ERR_MEMORY; *out is then NULL. */
int disclosure_parse(struct disclosure **out, struct str bytes, struct err *);
/* The root that it proves for this record and version: to be compared with an entry's. O(leaves) hashes. ERR_USAGE: version 0. */
int disclosure_root(
	const struct disclosure *, struct str origin, struct str record, uint64_t version, struct hash *out, struct err *);
uint64_t disclosure_total(const struct disclosure *); /* n */
size_t disclosure_count(const struct disclosure *);   /* kept leaves */
/* The i-th kept leaf, ordered by path; position may be NULL. */
void disclosure_leaf(const struct disclosure *, size_t i, struct leaf *leaf, uint64_t *position);
/* Its hash: the name that access and expunge entries know it by. */
void disclosure_leaf_hash(const struct disclosure *, size_t i, struct hash *out);
/* Index of the kept leaf with this path, O(log n). False: there is none. */
bool disclosure_find(const struct disclosure *, struct str path, size_t *index);
size_t disclosure_withheld_count(const struct disclosure *);
void disclosure_withheld(const struct disclosure *, size_t i, struct entry_withheld *); /* by position; .version is 0 */
/* Appends a smaller opening out of a larger one: keep[i] indexes the kept leaves of `from`. As disclosure_make. */
int disclosure_narrow(struct buf *out, const struct disclosure *from, const bool *keep, struct err *);
void disclosure_free(struct disclosure *);

/* ---- receipts ------------------------------------------------------------------------------------------------------------ */

enum receipt_scope { RECEIPT_VERSION, RECEIPT_FILE };
/* `extra` of a tlog-proof: the entry's text and a disclosure (for a file: one kept leaf). Appends. */
void receipt_extra(struct buf *out, enum receipt_scope, struct str entry_text, struct str disclosure);
/* The same without a second copy of a large disclosure: what is appended between the two calls is the disclosure.
 * begin returns what end wants. */
size_t receipt_extra_begin(struct buf *out, enum receipt_scope, struct str entry_text);
void receipt_extra_end(struct buf *out, size_t begun);

struct receipt;
/* Parses and proves all that can be proven without files: log signature, entry in the checkpoint's tree, origin, contents root;
 * quorum is looked at. ERR_MISMATCH: it does not prove, and why; ERR_SYNTAX, ERR_LIMIT: not a receipt. `bytes` and the policy
 * must outlive it. A quorum that is not met is not an error: look at the verdict. Memory: extra once, decoded, and 12 bytes a
 * leaf. */
int receipt_open(struct receipt **out, struct str bytes, const struct policy *, struct err *);
const struct entry *receipt_entry(const struct receipt *);
enum receipt_scope receipt_scope(const struct receipt *);
uint64_t receipt_index(const struct receipt *);
const struct policy_verdict *receipt_verdict(const struct receipt *);
const struct disclosure *receipt_disclosure(const struct receipt *); /* the leaves to compare files with */
void receipt_free(struct receipt *);

#endif
