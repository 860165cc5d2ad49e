/* ocfl: inventories in memory (read, made, written as streams), layouts, declarations, sidecars, and the validator of OCFL 1.0 and
 * 1.1 objects and storage roots. Pure: trees are read through callbacks. Formats: OCFL 1.1 (https://ocfl.io/1.1/spec/), its
 * validation codes, extensions 0002, 0003, 0004; docs/format/store.md for what photostat writes. Promises P8, P10. */
#ifndef PHOTOSTAT_OCFL_H
#define PHOTOSTAT_OCFL_H

#include "base/base.h"
#include "crypto/crypto.h"

enum ocfl_version { OCFL_1_0, OCFL_1_1 };

/* ---- inventories: the model -------------------------------------------------------------------------------------------------- */

/* About 170 bytes a logical file with sha256 (200 with sha512) where paths have 40 bytes; a further version costs what it changed plus
 * a few KiB for each 100,000 files that stay. Strings that the accessors return live as long as the inventory. Not shared between threads. */
struct inventory;

#define INVENTORY_MEMORY ((size_t)256 << 20) /* bytes that a parser takes at most unless told otherwise */
/* What making one takes at most: so much less that whatever was written is read again. About 900,000 files. */
#define INVENTORY_MAKING_MEMORY ((size_t)160 << 20)
#define INVENTORY_STRING_MAX (64u << 10) /* bytes of one path, id, message … */
#define INVENTORY_VERSIONS_MAX 1000000u

void inventory_free(struct inventory *);
struct str inventory_id(const struct inventory *);
enum ocfl_version inventory_spec(const struct inventory *);       /* from its type */
enum digest_alg inventory_alg(const struct inventory *);          /* DIGEST_SHA256 or DIGEST_SHA512 */
uint32_t inventory_head(const struct inventory *);                /* the highest version; versions are 1 … head */
struct str inventory_content_directory(const struct inventory *); /* "content" unless the inventory says otherwise */
/* "v3", or "v0003" where the object pads its version numbers. */
#define INVENTORY_VERSION_NAME 16
void inventory_version_name(const struct inventory *, uint32_t version, char out[INVENTORY_VERSION_NAME]);
size_t inventory_memory(const struct inventory *); /* bytes it holds */

/* Absent fields are the empty string with p == NULL. */
struct inventory_version {
	struct str created; /* RFC 3339, as written */
	struct str message;
	struct str user_name, user_address; /* user_name.p == NULL: no user */
};
void inventory_version(const struct inventory *, uint32_t version, struct inventory_version *); /* version in 1 … head */

/* The state of a version: its logical files, sorted by path (bytes). O(log n) an access. */
size_t inventory_state_count(const struct inventory *, uint32_t version);
struct inventory_file {
	struct str path;   /* logical */
	uint32_t manifest; /* number of its digest, below inventory_manifest_count */
};
void inventory_state(const struct inventory *, uint32_t version, size_t i, struct inventory_file *);
bool inventory_find(const struct inventory *, uint32_t version, struct str path, size_t *i);

/* The manifest: digests numbered from 0 in no particular order, stable while the inventory lives. */
size_t inventory_manifest_count(const struct inventory *);
void inventory_digest(const struct inventory *, uint32_t manifest, struct digest *);
bool inventory_find_digest(const struct inventory *, const struct digest *, uint32_t *manifest);
/* A content path of a digest, in the order given; `which` counts from 0. Put into *out, which is cleared first. False: no such one. */
bool inventory_content(const struct inventory *, uint32_t manifest, size_t which, struct buf *out);
/* The manifest number that a content path has. */
bool inventory_find_content(const struct inventory *, struct str content_path, uint32_t *manifest);

/* ---- inventories: reading ------------------------------------------------------------------------------------------------------ */

/* Streaming: 60 MB of JSON are never in memory as a whole. Strict: the first breach of the specification (any MUST that can be
 * seen in the inventory alone, duplicate keys, bad UTF-8, lone surrogates) fails with ERR_SYNTAX, code and place in the text. */
struct inventory_parser;
struct inventory_parser *inventory_parser_new(size_t max_memory); /* 0: INVENTORY_MEMORY */
/* ERR_SYNTAX, ERR_LIMIT; after an error every further call fails with the same. */
int inventory_parser_feed(struct inventory_parser *, const void *, size_t, struct err *);
/* *out is the caller's; the parser is only good for being freed then. */
int inventory_parser_finish(struct inventory_parser *, struct inventory **out, struct err *);
void inventory_parser_free(struct inventory_parser *);
/* All at once. */
int inventory_parse(struct inventory **, struct str json, size_t max_memory, struct err *);

/* ---- inventories: making ------------------------------------------------------------------------------------------------------- */

/* No versions yet; version names without padding, content directory "content", OCFL 1.1. `id` is copied.
 * ERR_SYNTAX: id empty or not UTF-8; ERR_USAGE: alg is neither sha256 nor sha512. */
int inventory_new(struct inventory **, struct str id, enum digest_alg alg, struct err *);
/* Opens version head + 1, with an empty state. A parsed inventory is extended the same way: only what is new costs time. An
 * inventory of OCFL 1.0 becomes one of 1.1. ERR_USAGE: a version is open already. */
int inventory_begin_version(struct inventory *, uint32_t *version, struct err *);
/* The number of a digest; `known` (may be NULL) says whether it has content already. A new one must be given content before the
 * version ends. Digest in the inventory's algorithm. */
int inventory_add_digest(struct inventory *, const struct digest *, uint32_t *manifest, bool *known, struct err *);
/* `path` lies below the open version's content directory: "a/b" becomes "v3/content/a/b". ERR_EXISTS, ERR_SYNTAX. */
int inventory_add_content(struct inventory *, uint32_t manifest, struct str path, struct err *);
/* A logical file of the open version. ERR_EXISTS: given twice, or a path that is a folder of another one, either way round.
 * ERR_SYNTAX: not UTF-8, empty, NUL, or elements that are empty, "." or "..". ERR_LIMIT: longer than INVENTORY_STRING_MAX. */
int inventory_add_file(struct inventory *, struct str path, uint32_t manifest, struct err *);
/* Is the path a file of the open version? */
bool inventory_has_file(const struct inventory *, struct str path);
/* A file of version head goes into the open one unless its path is taken there (then *kept is false). ERR_NOT_FOUND. */
int inventory_keep_file(struct inventory *, struct str path, bool *kept, struct err *);
/* All files of version head whose paths are still free. ERR_EXISTS: a file of one is a folder of the other. */
int inventory_keep_rest(struct inventory *, struct err *);
/* Ends the open version; it is head now. Strings are copied; p == NULL leaves a field out; message is needed with user_name as
 * OCFL's W007 wants both. ERR_SYNTAX: strings that are not UTF-8; a digest without content or without a file. */
int inventory_end_version(struct inventory *, const struct inventory_version *, struct err *);

/* Writes the inventory as UTF-8 JSON, the same bytes for the same content always (docs/format/store.md): keys sorted by bytes,
 * manifest and state by digest, paths by bytes, one digest a line. No version may be open. Bounded memory: about 12 bytes a file. */
typedef int ocfl_sink(void *context, const void *, size_t, struct err *);
int inventory_write(const struct inventory *, ocfl_sink *, void *context, struct err *);

/* ---- small files ----------------------------------------------------------------------------------------------------------------- */

#define OCFL_ROOT_DECLARATION "0=ocfl_1.1" /* name of the file; content: the name behind "0=" and a newline */
#define OCFL_ROOT_DECLARATION_TEXT "ocfl_1.1\n"
#define OCFL_OBJECT_DECLARATION "0=ocfl_object_1.1"
#define OCFL_OBJECT_DECLARATION_TEXT "ocfl_object_1.1\n"
#define OCFL_LAYOUT "ocfl_layout.json"
#define OCFL_INVENTORY "inventory.json"

/* "inventory.json.sha256" */
#define OCFL_SIDECAR_NAME 32
void ocfl_sidecar_name(enum digest_alg, char out[OCFL_SIDECAR_NAME]);
void ocfl_sidecar_write(struct buf *, const struct digest *); /* "<hex> inventory.json\n" */
/* ERR_SYNTAX (E061) if it does not follow the form; digits of either case. */
int ocfl_sidecar_parse(struct str text, enum digest_alg, struct digest *, struct err *);

/* ---- layouts ----------------------------------------------------------------------------------------------------------------------- */

enum ocfl_layout_kind {
	LAYOUT_UNKNOWN, /* a name that we cannot compute paths for */
	LAYOUT_FLAT,    /* 0002-flat-direct-storage-layout */
	LAYOUT_HASH_ID, /* 0003-hash-and-id-n-tuple-storage-layout */
	LAYOUT_HASH,    /* 0004-hashed-n-tuple-storage-layout */
};
struct ocfl_layout {
	enum ocfl_layout_kind kind;
	enum digest_alg alg;
	unsigned tuple_size, tuple_count;
	bool short_root; /* 0004's shortObjectRoot */
};
/* What photostat writes: 0003, sha256, tupleSize 3, numberOfTuples 1. */
extern const struct ocfl_layout ocfl_layout_ours;
const char *ocfl_layout_name(enum ocfl_layout_kind); /* extension name; "" for LAYOUT_UNKNOWN */
/* Appends the path of the object below the storage root. ERR_SYNTAX: id empty, not UTF-8, or (0002) no path; ERR_USAGE: unknown layout. */
int ocfl_layout_path(const struct ocfl_layout *, struct str id, struct buf *out, struct err *);
/* The text of ocfl_layout.json, and of extensions/<name>/config.json. */
void ocfl_layout_write(struct buf *, const struct ocfl_layout *);
void ocfl_layout_config_write(struct buf *, const struct ocfl_layout *);
/* Sets *layout to the extension's defaults, then takes parameters from config (may be empty: all defaults). ERR_SYNTAX. */
int ocfl_layout_parse(struct ocfl_layout *layout, struct str name, struct str config, struct err *);

/* ---- trees -------------------------------------------------------------------------------------------------------------------------- */

enum ocfl_type { OCFL_FILE, OCFL_FOLDER, OCFL_LINK /* symbolic */, OCFL_OTHER /* device, socket, FIFO */ };
struct ocfl_name {
	struct str name; /* any bytes but NUL and '/' */
	enum ocfl_type type;
	uint64_t links; /* of a file: its number of hard links; 1 where the backend has none */
};
typedef int ocfl_each(void *context, const struct ocfl_name *, struct err *);

/* Read access to a tree. Paths are relative to its top, "" is the top; they never hold "." or "..". Symbolic links must never be
 * followed, files other than regular ones never opened. */
struct ocfl_tree {
	void *context;
	/* Every name of a folder, in any order, without "." and "..". Stops with -1 as soon as `each` returns -1. ERR_NOT_FOUND. The
	 * validator lists further folders and reads files from within `each`, at most 260 deep. */
	int (*list)(void *context, const char *path, ocfl_each *each, void *each_context, struct err *);
	/* The content of a regular file in pieces, in order. ERR_NOT_FOUND; ERR_SYNTAX if it is no regular file. */
	int (*read)(void *context, const char *path, ocfl_sink *sink, void *sink_context, struct err *);
};

/* ---- validation ------------------------------------------------------------------------------------------------------------------------ */

enum ocfl_level {
	OCFL_ERROR,     /* a MUST is broken */
	OCFL_WARNING,   /* a SHOULD is not followed */
	OCFL_UNCHECKED, /* could not be read, or is beyond our limits: no verdict; never passes */
};
struct ocfl_finding {
	enum ocfl_level level;
	const char *code;       /* "E023"; "" when unchecked */
	enum ocfl_version spec; /* the version that the code is of */
	struct str object;      /* path of the object in the tree; empty: findings of the storage root, or the object is the top */
	struct str path;        /* full path in the tree of what it is about */
	struct str text;        /* one sentence */
};
/* The rule behind a code in one sentence; NULL if that version of the specification has no such code. */
const char *ocfl_code_rule(enum ocfl_version, const char *code);

/* What was done; the caller zeroes it. Counts only grow. */
struct ocfl_result {
	uint64_t objects, versions, inventories, files, bytes; /* checked, in full */
	uint64_t objects_bad;                                  /* with an error or something unchecked */
	uint64_t errors, warnings, unchecked;
	bool complete; /* the check came to its end: false is never a pass */
};
/* Complete, without error, nothing unchecked. */
bool ocfl_passed(const struct ocfl_result *);

struct ocfl_validate_options {
	void *context;
	void (*found)(void *context, const struct ocfl_finding *);
	/* Called now and then (a file, a MiB, an object). -1 stops the check with that error. NULL: none. */
	int (*progress)(void *context, const struct ocfl_result *, struct err *);
	size_t max_memory; /* of one inventory; 0: INVENTORY_MEMORY */
	bool no_content;   /* structure and inventories only; result then counts no files and `complete` stays false */
};
enum ocfl_what { OCFL_NEITHER, OCFL_OBJECT, OCFL_ROOT };
/* What the folder is or claims to be, by its declaration files; an inventory.json without any makes an object. */
int ocfl_recognise(const struct ocfl_tree *, const char *path, enum ocfl_what *, struct err *);
/* Does an object lie in the folder, at any depth? One that is OCFL_NEITHER is a storage root without a declaration then (E069). Lists
 * folders until one is found. */
int ocfl_leads_to_object(const struct ocfl_tree *, const char *path, bool *leads, struct err *);
/* 0: the check came to its end (look into *result for the verdict); -1: it could not (what was found until then was reported).
 * Memory: two inventories and 64 KiB. */
int ocfl_validate_object(
	const struct ocfl_tree *, const char *path, const struct ocfl_validate_options *, struct ocfl_result *, struct err *);
/* The same for a storage root and all its objects, in memory that does not grow with their number. */
int ocfl_validate_root(
	const struct ocfl_tree *, const char *path, const struct ocfl_validate_options *, struct ocfl_result *, struct err *);

#endif
