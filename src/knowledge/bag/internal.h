/* Inside bag: one check, from bagit.txt to the last checksum. */
#ifndef PHOTOSTAT_BAG_INTERNAL_H
#define PHOTOSTAT_BAG_INTERNAL_H

#include "bag/bag.h"

#define MANIFESTS_MAX 16 /* of payload, and as many of tags */
#define ALGORITHMS (DIGEST_SHA384 + 1)

struct manifest {
	char *name;          /* "manifest-md5.txt", as the file system spells it */
	enum digest_alg alg; /* DIGEST_NONE: not one of ours */
	size_t offset;       /* of its digests in entry.bytes */
};

/* One listed path. In bytes: a digest for each manifest (those that count by `listed`), then the path and a NUL. */
struct entry {
	uint32_t length;
	uint16_t listed; /* bit i: by manifests[i] */
	uint16_t broken; /* bit i: with a checksum that is none */
	bool seen;       /* a file of that very name is there */
	bool fetch;      /* in fetch.txt */
	unsigned char bytes[];
};

/* What the payload manifests, or the tag manifests, list. */
struct listing {
	bool tags;
	struct manifest manifests[MANIFESTS_MAX];
	size_t manifest_count;
	size_t digests_size;  /* of all digests in an entry */
	struct entry **table; /* open addressing by the hash of the path; a power of two, at most half full */
	size_t count, capacity;
};

/* A file of the payload that no manifest lists by these bytes. */
struct unlisted {
	struct unlisted *next;
	bool matched; /* by a listed name of another normal form */
	struct str path;
};

struct check {
	const struct ocfl_tree *tree;
	struct str top;
	const struct bag_options *options;
	struct bag_result *result;
	struct arena arena;
	size_t max_memory;
	bool strict;       /* 1.0 or later: its MUSTs, which older drafts did not have, are errors */
	unsigned version;  /* 93..97, 100; 0: unknown */
	char encoding[64]; /* of tag files */
	bool has_data, has_declaration, has_fetch, has_bag_info, has_package_info;
	struct listing payload, tags;
	struct unlisted *unlisted;
	size_t unlisted_count;
	struct hasher *hashers[ALGORITHMS];
	struct buf full; /* path in the tree */
	bool stopped;    /* a callback of the caller said so: its error is on its way up */
	uint64_t oxum_octets, oxum_streams;
	bool has_oxum, octets_known;
};

/* ---- finding.c ---------------------------------------------------------------------------------------------------------------- */

void report(struct check *, enum bag_level, const char *code, struct str path, uint64_t line, const char *format, ...)
	__attribute__((format(printf, 6, 7)));
/* BAG_ERROR under the strict rules of 1.0, else BAG_WARNING. */
enum bag_level must(const struct check *);
/* An unreadable file or folder: BAG-UNREADABLE, or -1 if it was not reading that failed but a callback that stopped. */
int unreadable(struct check *, struct str path, const struct err *why, struct err *err);
/* options.progress, if there is one. */
int tell_progress(struct check *, struct err *);
/* The arena, and `more` bytes elsewhere, are within max_memory. */
int within_memory(const struct check *, size_t more, struct err *);

/* ---- text.c ------------------------------------------------------------------------------------------------------------------- */

/* A line of a tag file, in UTF-8 (or, reported already, not) without its end. */
typedef int line_function(void *context, struct str line, uint64_t number, struct err *);
/* Reads a text tag file line by line; the declaration is always UTF-8. Problems become findings; -1 only if a callback stops. */
int read_text(struct check *, const char *name, bool declaration, line_function *, void *context, struct err *);
/* The encoding is known to ICU. */
bool encoding_known(const char *name);
bool is_blank(char); /* linear white space */
struct str trim(struct str);
bool same_label(struct str, struct str); /* ASCII, any case */

/* ---- path.c ------------------------------------------------------------------------------------------------------------------- */

/* A path as a tag file writes it to the one in the tree: percent-decoded (1.0), "./" taken off. False if it is refused; then, or if it
 * deserves a warning, it has been reported. `payload`: must be below data/; else must not. */
bool read_path(struct check *, struct str written, bool payload, struct buf *out, const char *file, uint64_t line);
/* %0A, %0D and %25 decoded, any case; *others if there is another percent sign. */
void percent_decode(struct str, struct buf *out, bool *others);
void percent_encode(struct buf *, struct str);
/* The path in the tree of a path in the bag; good until the next call. NULL: memory. */
const char *in_tree(struct check *, struct str path);

/* ---- names.c ------------------------------------------------------------------------------------------------------------------ */

/* Appends the Unicode normal form C, or if `fold` the case-folded form of it; what is not UTF-8 as it is. */
void name_form(struct buf *, struct str, bool fold);
/* Warns of listed paths that differ only in case or normal form. */
void compare_names(struct check *);
/* For each listed payload path without a file: takes a file of the same name in another form, or reports it missing or a hole. */
int match_missing(struct check *, struct err *);

/* ---- listing.c, manifest.c ---------------------------------------------------------------------------------------------------- */

void listing_add_manifest(struct check *, struct listing *, struct str name);
/* The entry of a path, made if it is not there yet. NULL: memory used up. */
struct entry *listing_put(struct check *, struct listing *, struct str path, struct err *);
struct entry *listing_find(const struct listing *, struct str path);
struct str entry_path(const struct listing *, const struct entry *);
void listing_release(struct listing *);
uint64_t path_hash(struct str);
/* "manifest-ALGORITHM.txt" with that prefix; false if it is not so named. */
bool manifest_algorithm(struct str name, struct str prefix, struct str *algorithm);
int read_manifests(struct check *, struct listing *, struct err *);
/* What the sets of names must be: every manifest lists all; tag manifests list payload manifests. */
void compare_manifests(struct check *, const struct listing *);

/* ---- others ------------------------------------------------------------------------------------------------------------------- */

int read_declaration(struct check *, bool *go_on, struct err *);
int read_info(struct check *, struct err *);
int read_fetch(struct check *, struct err *);
/* Verifies the file at `path` against the checksums of the entry. `again`: for another entry too; it is counted and told only once. */
int verify_file(struct check *, const struct listing *, const struct entry *, struct str path, bool again, struct err *);
int walk_payload(struct check *, struct err *);
int walk_tags(struct check *, struct err *);

#endif
