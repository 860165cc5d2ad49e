/* The validator's own state. finding.c reports and reads; object.c, inventories.c and content.c judge an object; root.c a storage root. */
#ifndef PHOTOSTAT_OCFL_VALIDATE_H
#define PHOTOSTAT_OCFL_VALIDATE_H

#include "ocfl/internal.h"

#define FOLDERS_DEEP 256 /* nested folders that are followed */
#define ALGORITHMS 16

/* A path that is extended and cut back while a tree is walked. */
struct walk_path {
	struct buf buf;
};

struct validation {
	const struct ocfl_tree *tree;
	const struct ocfl_validate_options *options;
	struct ocfl_result *result;
	enum ocfl_version spec; /* whose codes are reported */
	struct str object;      /* path of the present object */
	bool bad;               /* the present object has an error or something unchecked */
	bool stopped;           /* by progress: `err` says why */
	struct err err;
	struct buf path;                    /* of what is looked at */
	struct hasher *hashers[ALGORITHMS]; /* by digest_alg, made when needed */
	uint64_t bytes_reported;
};

void validation_start(struct validation *, const struct ocfl_tree *, const struct ocfl_validate_options *, struct ocfl_result *,
	enum ocfl_version);
void validation_end(struct validation *);

/* `path` is the full path in the tree. */
void found(struct validation *, enum ocfl_level, const char *code, struct str path, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
/* The same about v->path. */
#define found_here(v, level, code, ...) found(v, level, code, buf_view(&(v)->path), __VA_ARGS__)
/* The code that fits: 1.0's or 1.1's. */
const char *code_of(const struct validation *, const char *code_1_0, const char *code_1_1);
/* Tells progress; -1 and v->stopped if it wants an end. */
int validation_tick(struct validation *);

/* Appends "/name" to v->path (no slash at the top) and returns the length before, for path_cut. */
size_t path_down(struct validation *, struct str name);
void path_cut(struct validation *, size_t length);

/* Lists v->path. 0; 1 if it could not be listed (reported as unchecked, or not there); -1 only when stopped. */
int list_here(struct validation *, ocfl_each *, void *context);
/* Reads the file v->path in pieces; same results, 2 if it is not there (not reported). */
int read_here(struct validation *, ocfl_sink *, void *context);
/* A small file; *too_long if it has more than max bytes (out has the first max). */
int read_small(struct validation *, size_t max, struct buf *out, bool *too_long);
struct hasher *hasher_for(struct validation *, enum digest_alg);

/* Reports what no OCFL hierarchy may hold; true if the name is a plain file or folder. v->path is the folder it is in. */
bool plain(struct validation *, const struct ocfl_name *);
/* Walks a folder whose content is nobody's business, for links only. v->path is the folder. */
int walk_links(struct validation *, unsigned depth);

/* ---- declaration.c ---------------------------------------------------------------------------------------------------------------- */

/* Is a file of this name a version declaration of an object or a root, however badly spelt? It makes the folder one. */
bool declaration_object(struct str name);
bool declaration_root(struct str name);
/* Could it be meant for one, where one is wanted? */
bool declaration_meant(struct str name);
/* Judges one (v->path is its folder); true and *spec if its name is right. */
bool declaration_check(struct validation *, struct str name, bool root, enum ocfl_version *spec);

/* ---- object.c ------------------------------------------------------------------------------------------------------------------------- */

/* One object; v->path is its folder. `id` and `spec` are set if they could be told. -1 only when stopped. */
int object_check(struct validation *, struct buf *id, enum ocfl_version *spec);

/* What an extensions folder may hold; v->path is the folder. */
int extensions_check(struct validation *, bool of_root);

/* ---- inventories.c ---------------------------------------------------------------------------------------------------------------------- */

#define SIDECARS_MAX 4
/* The inventory files of one folder, as they were listed. */
struct inventory_files {
	bool inventory;
	unsigned sidecars;
	char sidecar[SIDECARS_MAX][64]; /* algorithm names behind "inventory.json." */
};
/* True if the name is an inventory's or a sidecar's; it is noted then. */
bool inventory_files_note(struct inventory_files *, struct str name);

struct expectation {
	uint32_t content; /* in the root inventory */
	ref digest;       /* bytes, in the root inventory's pool */
	uint32_t version; /* of the inventory that says so; 0: the root's */
	uint8_t alg;
	bool fixity;
};
struct version_directory {
	uint32_t number;
	uint8_t width;
};

struct object {
	struct validation *v;
	struct inventory *inventory; /* the root's; NULL if it cannot be used */
	struct digest identity;      /* sha256 of the root inventory's bytes */
	struct inventory_files files;
	struct version_directory *versions; /* folders that are there, sorted */
	uint32_t version_count, version_cap;
	struct account account;
	enum ocfl_version spec, previous_spec;
	bool declared;
	bool first_has_content_directory, first_seen;
	char first_content_directory[256];
	bool warned_sha256;
	struct expectation *expectations;
	uint32_t expectation_count, expectation_cap, expectation_unique;
	unsigned char *seen; /* a bit a content */
	char **extras;       /* files that the manifest lacks, for E091; 1.0 only */
	uint32_t extra_count, extra_cap;
	bool expectations_lost;
};

/* Reads and judges the inventory in v->path (the object's folder or a version's), version 0 for the root's. *out is NULL if it cannot be
 * used. `same` (may be NULL) is set when its bytes are those of `object->identity`: it is then not judged again. */
int inventory_check(struct object *, const struct inventory_files *, uint32_t version, struct inventory **out, bool *same);
/* Compares an earlier inventory with the root's. v->path is the version's folder. */
void inventory_compare(struct object *, struct inventory *, uint32_t version);
/* Expectations sorted by content, each once. */
void expectations_settle(struct object *);
bool expectation_add(struct object *, uint32_t content, enum digest_alg, struct str digest, uint32_t version, bool fixity);

/* ---- content.c ------------------------------------------------------------------------------------------------------------------------------ */

/* Walks the content directory v->path of a version and hashes its files. *files counts them. */
int content_walk(struct object *, uint64_t *files);
/* What the manifest has and the walk did not meet. */
int content_missing(struct object *);

#endif
