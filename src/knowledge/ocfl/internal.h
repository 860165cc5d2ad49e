/* What the files of this module share. */
#ifndef PHOTOSTAT_OCFL_INTERNAL_H
#define PHOTOSTAT_OCFL_INTERNAL_H

#include <string.h>

#include "ocfl/ocfl.h"

#define NONE UINT32_MAX

/* ---- pool.c: strings, each kept once, named by 32 bits ------------------------------------------------------------------------- */

/* 0 is no string. Chunk number << 18 | offset. A string is its length (4 bytes, any alignment), its bytes and a NUL. */
typedef uint32_t ref;
#define CHUNK_BITS 18
#define CHUNK_SIZE ((size_t)1 << CHUNK_BITS)

struct pool {
	struct chunk {
		char *p;
		uint32_t size, used;
	} * chunks;
	uint32_t chunk_count, chunk_cap;
	ref *table;    /* open addressing; power of two; 0 is free */
	uint8_t *tags; /* a byte of each one's hash, so that few strings are looked at in vain */
	uint32_t table_size, count;
	uint32_t seed;
};

/* Memory of one inventory, counted against a limit. */
struct account {
	size_t used, max;
	bool full; /* something was refused: sticky */
};
/* Makes room for `need` elements; false (and full) past the limit. Capacity grows by half. */
bool account_grow(struct account *, void *vector, uint32_t *cap, size_t need, size_t size);
/* A zeroed block in place of another (freed); false, both untouched, past the limit. */
bool account_replace(struct account *, void *vector, size_t old_bytes, size_t new_bytes);

uint32_t hash_bytes(uint32_t seed, const void *, size_t);
#define HASH_STEP(h, c) (((h) ^ (unsigned char)(c)) * 16777619u)
#define HASH_MIX(h) (((h) ^ ((h) >> 15)) * 2654435769u)

ref pool_add(struct pool *, struct account *, struct str); /* 0: past the limit */
ref pool_find(const struct pool *, struct str);            /* 0: not there */
/* p == NULL for 0. */
static inline struct str pool_get(const struct pool *pool, ref r)
{
	uint32_t length;
	if (!r)
		return (struct str){NULL, 0};
	const char *p = pool->chunks[r >> CHUNK_BITS].p + (r & (CHUNK_SIZE - 1));
	memcpy(&length, p, sizeof(length));
	return (struct str){p + sizeof(length), length};
}
void pool_release(struct pool *);

/* ---- the model -------------------------------------------------------------------------------------------------------------------- */

#define DIGEST_IN_MANIFEST 0x80000000u
#define DIGEST_USED 0x40000000u  /* by a state */
#define DIGEST_BAD 0x20000000u   /* key that is no digest: `spelling` has it, the bytes are zero */
#define DIGEST_STAMP 0x1fffffffu /* which state met it last */

struct digest_node {
	uint32_t content; /* first of the list, or NONE */
	ref spelling;     /* as written, if not in lower case */
	uint32_t flags;
};
struct content_node {
	ref prefix; /* all before the second slash, 0 if there are not two */
	ref rest;
	uint32_t manifest; /* NONE: only fixity names it */
	uint32_t next;     /* of the same digest, or NONE */
};
struct item {
	ref path;
	uint32_t manifest;
};
/* Runs of items, cut where the path's hash says so, hence the same in versions that differ elsewhere; each kept once. */
struct run {
	uint32_t first, count;
};
struct state {
	uint32_t *runs, *starts; /* starts[k]: number of the first item of run k; one block */
	uint32_t run_count, count;
};
struct version {
	uint32_t number;
	uint8_t width; /* digits of its name, 0: not padded */
	bool has_user;
	ref created, message, user_name, user_address;
	struct state state;
};
struct fixity_node {
	ref algorithm;
	ref digest; /* its bytes; its text where we do not support the algorithm */
	uint32_t content;
	uint32_t key; /* which key of its block it came from */
};
/* Files and folders of the version being made: a path's first `length` bytes. */
struct path_key {
	ref path;
	uint32_t length : 17; /* shorter than the path: a folder */
	uint32_t tag : 15;    /* of its hash */
};
struct path_set {
	struct path_key *keys;
	uint32_t size, count;
};

struct inventory {
	struct account account;
	struct pool pool;
	ref id, type, head_name, content_directory; /* content_directory: 0 unless given */
	enum ocfl_version spec;
	enum digest_alg alg;
	uint32_t head;
	uint8_t width; /* digits of version names, 0: not padded */

	size_t digest_size;
	unsigned char *digest_bytes;
	struct digest_node *digests;
	uint32_t digest_count, digest_cap, digest_bytes_cap;
	uint32_t *digest_table, digest_table_size;
	bool spelled;                   /* some digest is not in lower case */
	uint32_t attached_to, attached; /* model_attach's memory */

	struct content_node *contents;
	uint32_t content_count, content_cap;
	uint32_t *content_table, content_table_size;

	struct item *items;
	uint32_t item_count, item_cap;
	struct run *runs;
	uint32_t run_count, run_cap;
	uint32_t *run_table, run_table_size;

	struct version *versions;
	uint32_t version_count, version_cap;

	struct fixity_node *fixity;
	uint32_t fixity_count, fixity_cap;
	ref *fixity_algorithms; /* also of those with no entry */
	uint32_t fixity_algorithm_count, fixity_algorithm_cap;
	bool has_fixity, has_manifest; /* the keys were there, with objects */

	/* the version being made or read */
	bool open;
	struct item *fresh;
	uint32_t fresh_count, fresh_cap;
	struct path_set paths;
	char open_prefix[INVENTORY_VERSION_NAME + 8]; /* "v3/content", when made */
};

struct inventory *inventory_empty(size_t max_memory);
int inventory_full(const struct inventory *, struct err *); /* sets ERR_LIMIT, returns -1 */

/* model.c: all return NONE past the memory limit. `spelling` is 0 for lower-case digits. */
uint32_t model_digest(struct inventory *, const unsigned char *bytes, ref spelling, bool bad);
uint32_t model_find_digest(const struct inventory *, const unsigned char *bytes, ref spelling);
/* Another digest that differs in case only and has this flag; NONE. */
uint32_t model_twin(const struct inventory *, uint32_t manifest, uint32_t flag);
uint32_t model_content(struct inventory *, struct str path, bool *fresh);
uint32_t model_find_content_pair(const struct inventory *, ref prefix, ref rest);
uint32_t model_find_content(const struct inventory *, struct str path);
void model_content_path(const struct inventory *, uint32_t content, struct buf *out);
void model_attach(struct inventory *, uint32_t manifest, uint32_t content); /* behind the ones it has */
static inline struct str model_string(const struct inventory *inventory, ref r)
{
	return pool_get(&inventory->pool, r);
}
/* The version with that number, by search among sorted versions; NULL. */
struct version *model_version(const struct inventory *, uint32_t number);

/* state.c */
enum path_clash { PATH_FREE, PATH_TWICE, PATH_CONFLICT, PATH_FULL };
enum path_clash paths_add(struct inventory *, ref path);
bool paths_has(const struct inventory *, struct str path);
void paths_clear(struct inventory *);
bool fresh_add(struct inventory *, ref path, uint32_t manifest); /* false: past the limit */
/* Sorts what is fresh and makes it the state; false past the limit. */
bool state_close(struct inventory *, struct state *);
const struct item *state_item(const struct inventory *, const struct state *, size_t i);

/* ---- names.c: small texts ------------------------------------------------------------------------------------------------------------ */

/* "v3", "v003": number and digits (0 if not padded). False if it is no such name or the number is 0 or above the limit. */
bool version_name_parse(struct str, uint32_t *number, unsigned *width);
bool hex_any_case(struct str, unsigned char *out, size_t out_n, bool *lower);
/* What is wrong with a path's elements; flags. */
#define PATH_EMPTY 1u
#define PATH_DOTS 2u    /* an element is empty, "." or ".." */
#define PATH_SLASHED 4u /* begins or ends with a slash */
unsigned path_faults(struct str);
bool uri_valid(struct str);     /* RFC 3986, with a scheme */
bool rfc3339_valid(struct str); /* date-time, with zone */
bool extension_registered(struct str name);
enum fixity_support { FIXITY_UNKNOWN, FIXITY_IGNORED /* of an extension, not supported here */, FIXITY_SUPPORTED };
enum fixity_support fixity_algorithm(struct str name, enum digest_alg *, const char **hex_code);

/* ---- parse.c -------------------------------------------------------------------------------------------------------------------------- */

typedef void inventory_report(void *context, enum ocfl_level, const char *code, struct str text);
/* For the validator: reports every breach and goes on; codes of `spec`. After finish the inventory may be broken in any way that was
 * reported, but holds no dangling numbers. */
struct inventory_parser *inventory_parser_reporting(size_t max_memory, enum ocfl_version spec, inventory_report *, void *context);

/* guard.c: what the JSON library would let pass or keep in memory without limit. */
struct json_guard {
	unsigned state;
	unsigned depth, number;
	uint32_t length; /* of the present string */
	unsigned digits, unit;
	bool high; /* a high surrogate waits for its low one */
};
#define JSON_DEPTH_MAX 64
int json_guard(struct json_guard *, const char *, size_t, struct err *);

/* layout.c: a JSON document of at most 64 KiB; NULL and *err if it is none. Freed with yajl_tree_free. */
struct yajl_val_s *json_small(struct str text, const char *what, struct err *err);

#endif
