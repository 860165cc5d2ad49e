/* store, inside. root.c: the storage root; stage.c: versions being built; add.c: files into them; copy.c: long files;
 * durable.c: what a batch is told; publish.c: renames into the root; notes.c: an object's logs/ folder; object.c: reading.
 *
 * Invariants of staging, cited where they are kept:
 *
 * I1  Nothing below the storage root is made, changed or removed but by publish.c and notes.c.
 * I2  A staged file under its content path is whole, and its digest is that of the bytes that were written: long files are written
 *     as `incoming` and renamed when their digest is known.
 * I3  A folder is made right before the file that it is for: a finished stage holds no empty folder (OCFL E024), and what the object
 *     has already leaves nothing behind.
 * I4  The inventory and its copy in the object's folder are written from the same pieces; the digest is made of those pieces once.
 * I5  After an error the stage is spoiled: no call can finish it, so that a version never lacks a file that was asked for.
 * I6  A small new object makes eleven inodes, each by one call, and one open, write and close a file.
 *
 * Invariants of publishing:
 *
 * J1  Renames never replace an object or a version; only the root copies of inventory and sidecar are replaced.
 * J2  Order for a version: vN, inventory.json, sidecar. Readers open vN/inventory.json: they see a whole version or none.
 * J3  Each step looks for what it is to move: absent there and present here means done before. So all may be done again after a
 *     crash anywhere, and end the same. */
#ifndef PHOTOSTAT_STORE_INTERNAL_H
#define PHOTOSTAT_STORE_INTERNAL_H

#include "store/store.h"

#include <unistd.h> /* TEMP_FAILURE_RETRY */

#define PIECE ((size_t)256 << 10) /* what a long file is read, hashed and written in: fits a core's second-level cache */
#define RING 8u                   /* pieces between reader and hasher */
#define BUFFER (PIECE * RING)
#define SHORT_MAX ((size_t)1 << 20) /* files up to this size are read whole, before anything is written */
#define ELEMENT_MAX 255u            /* bytes of a name, on every file system that we know */
#define OBJECT_PATH_MAX 256         /* "abc/", 100 characters, "-", 64 digits */
#define INCOMING "incoming"

struct store {
	int fd;
	enum digest_alg alg;
	/* For staging only, made when first needed and used again for every record. */
	unsigned char *buffer; /* BUFFER bytes */
	struct hasher *sha256, *sha512;
	struct buf sidecar;
	void (*moved)(void *, uint64_t); /* store_watch */
	void *moved_context;
};

unsigned char *store_buffer(struct store *);
struct hasher *store_hasher(struct store *, enum digest_alg);

#define STAGED_NAME_MAX 64 /* bytes of a staged folder's name */
#define SMALL_PATH (STAGED_NAME_MAX + 64)

struct stage {
	struct store *store;
	int staging;
	struct inventory *inventory;
	uint32_t first, version; /* the first version built here, the present one */
	bool open;               /* between begin and end of a version */
	bool spoiled;            /* I5 */
	bool content_made;       /* the present version's content folder is there */
	size_t files;            /* of the present version */
	size_t base;             /* length of "name/" in path */
	size_t content;          /* length of "name/vN/content/" in path */
	char path[STAGED_NAME_MAX + 32 + STORE_LOGICAL_MAX + 1];
};

/* Sets *err if the stage cannot take a file now. */
int stage_ready(const struct stage *, struct err *);
/* "name/REST", or "name/vN/REST" for a version. */
const char *stage_path(const struct stage *, char out[SMALL_PATH], const char *rest);
const char *stage_version_path(const struct stage *, char out[SMALL_PATH], uint32_t version, const char *rest);
/* The content path of `logical` in the present version, below `staging`; all its folders are made. Valid until the next call. NULL on error. */
const char *stage_content_path(struct stage *, struct str logical, struct err *);

/* The object's folder below the root, NUL-terminated. */
int object_path(struct str id, char out[OBJECT_PATH_MAX], struct err *);
/* Reads an inventory and compares its digest with `expected`, its id and head with what they must be. `path` is below dir. */
int inventory_read(struct inventory **, int dir, const char *path, struct str id, uint64_t version, const struct digest *expected,
	struct err *);

/* Copies `size` bytes from `in` to `out` (an empty file), hashing meanwhile on another core. Memory: the store's buffer.
 * ERR_CONFLICT if `in` holds fewer or more. `sparse`: the source has holes, so zeroes are looked for in finer grain. */
int copy_long(struct store *, int in, const char *shown, uint64_t size, bool sparse, int out, const char *path, struct hasher *,
	struct digest *, struct err *);

#endif
