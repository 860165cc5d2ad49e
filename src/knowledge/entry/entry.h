/* entry: what is logged, the salted contents tree, openings of it (photostat.disclosure/v1), receipts. No I/O.
 * Formats: docs/format/entry.md, contents.md, disclosure.md, receipt.md. Promises P4, P6, P7. */
#ifndef PHOTOSTAT_ENTRY_H
#define PHOTOSTAT_ENTRY_H

#include "base/base.h"
#include "crypto/crypto.h"
#include "tlog/tlog.h"

/* ---- entries ---------------------------------------------------------------------------------------------------------- */

enum entry_kind { ENTRY_VERSION, ENTRY_ACCESS, ENTRY_EXPUNGE, ENTRY_KEY, ENTRY_GENESIS, ENTRY_END };
#define ENTRY_NONE UINT64_MAX /* no previous entry */

enum access_state { ACCESS_OPEN, ACCESS_CLOSED, ACCESS_EMBARGO };

/* A leaf of a contents tree named without its path: version, position, leaf hash. `end` > position + 1 names a whole subtree. */
struct entry_withheld {
	uint64_t version;
	uint64_t position, end; /* [position, end) */
	struct hash hash;
};
struct entry_rewritten {
	uint64_t version;
	uint64_t index; /* of the version's entry */
	struct digest inventory; /* the new one */
};
struct entry_signature { struct str role; /* old, new, recovery */ unsigned char bytes[ED25519_SIGNATURE]; };

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
/* Strict: fixed order, no unknown lines, at most ENTRY_MAX bytes. Views into `text`; arrays on the arena. */
int entry_parse(struct entry *out, struct str text, struct arena *, struct err *);
/* Refuses (ERR_LIMIT, ERR_SYNTAX) what would not parse back. */
int entry_format(struct buf *, const struct entry *, struct err *);
const char *entry_kind_name(enum entry_kind);
/* The commitment to a free text: framed hash of a 32-byte salt and the text. */
void entry_note_commit(const unsigned char salt[32], struct str text, struct hash *out);

/* An origin: a schema-less URL without spaces and plus, at most 200 bytes, no trailing slash, lower-case host. */
bool origin_valid(struct str);
/* "https://<origin>/r/NAME" with a valid NAME, or "urn:uuid:…" in lower case. */
bool record_id_valid(struct str origin, struct str id);
bool record_name_valid(struct str name); /* segments joined by '/', each [a-z0-9][a-z0-9._-]{0,99}; 1000 bytes in all */

/* ---- contents tree ------------------------------------------------------------------------------------------------------ */

#define SEED_SIZE 32
#define LEAF_FILE STR("file")

/* One logical file. Paths are compared and sorted by bytes. */
struct leaf {
	struct str kind; /* "file" */
	struct str path;
	uint64_t size;
	struct digest digest;
};

/* The whole tree of one version, made from its seed. Positions are the permuted order. */
struct contents;
/* Leaves are copied (not their paths, which must outlive it). ERR_SYNTAX on an equal path twice. About 100 bytes a leaf; O(n log n). */
int contents_make(struct contents **, struct str origin, struct str record, uint64_t version,
	const unsigned char seed[SEED_SIZE], const struct leaf *leaves, size_t count, struct err *);
void contents_root(const struct contents *, struct hash *out);
size_t contents_count(const struct contents *);
/* Position of leaves[i] as given to contents_make. */
uint64_t contents_position(const struct contents *, size_t i);
void contents_leaf_hash(const struct contents *, uint64_t position, struct hash *out);
void contents_free(struct contents *);

/* ---- openings: photostat.disclosure/v1 ----------------------------------------------------------------------------------- */

/* Appends the opening of the leaves for which keep[i] (index as given to contents_make) is true: GGM nodes that derive exactly
 * the kept salts, the kept leaves with positions, the maximal withheld subtrees. */
int disclosure_make(struct buf *out, const struct contents *, const bool *keep, struct err *);

/* A parsed disclosure: what a `photostat.seed` of 32 bytes plus the version's files, a rewritten photostat.seed, or a receipt holds. */
struct disclosure;
int disclosure_parse(struct disclosure **, struct str bytes, struct err *); /* copies what it needs of small things; views paths: bytes must outlive it */
/* The root that it proves for this record and version. */
int disclosure_root(const struct disclosure *, struct str origin, struct str record, uint64_t version, struct hash *out, struct err *);
uint64_t disclosure_total(const struct disclosure *);      /* n */
size_t disclosure_count(const struct disclosure *);        /* kept leaves */
/* The i-th kept leaf, ordered by path. */
void disclosure_leaf(const struct disclosure *, size_t i, struct leaf *leaf, uint64_t *position);
size_t disclosure_withheld_count(const struct disclosure *);
void disclosure_withheld(const struct disclosure *, size_t i, struct entry_withheld *); /* .version is 0 */
/* A smaller opening out of a larger one: keep[i] indexes the kept leaves of `from`. */
int disclosure_narrow(struct buf *out, const struct disclosure *from, const bool *keep, struct err *);
void disclosure_free(struct disclosure *);

/* ---- receipts -------------------------------------------------------------------------------------------------------------- */

enum receipt_scope { RECEIPT_VERSION, RECEIPT_FILE };
/* `extra` of a tlog-proof: the entry's text and a disclosure (for a file: one kept leaf). */
void receipt_extra(struct buf *out, enum receipt_scope, struct str entry_text, struct str disclosure);

struct receipt;
/* Parses and proves all that can be proven without files: entry hash in the checkpoint's tree, contents root, log signature,
 * quorum. ERR_MISMATCH and the reason otherwise. `bytes` must outlive it. A quorum that is not met is not an error: look. */
int receipt_open(struct receipt **, struct str bytes, const struct policy *, struct err *);
const struct entry *receipt_entry(const struct receipt *);
enum receipt_scope receipt_scope(const struct receipt *);
uint64_t receipt_index(const struct receipt *);
const struct policy_verdict *receipt_verdict(const struct receipt *);
const struct disclosure *receipt_disclosure(const struct receipt *); /* the leaves to compare files with */
void receipt_free(struct receipt *);

#endif
