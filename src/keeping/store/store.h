/* store: OCFL 1.1 objects on a backend (here: a folder). Stages whole objects and versions aside, publishes them by rename,
 * reads versions as the log names them. Knows nothing of log and catalogue; the order between them is archive's business.
 * Promises P1 (nothing visible before publish), P2 (every byte read is checked against the inventory), P8, P10.
 * Formats: docs/format/store.md.
 *
 * Threads: staging and publishing of one store by one thread at a time; reading by any number, an object_version by one. Memory:
 * 2 MiB a store that stages, an inventory a stage or open version (ocfl.h), whatever the files' lengths.
 * Errors not named: ERR_SYSTEM with errno of the disk, ERR_INTERRUPTED where bytes are copied or read. */
#ifndef PHOTOSTAT_STORE_H
#define PHOTOSTAT_STORE_H

#include "base/base.h"
#include "crypto/crypto.h"
#include "ocfl/ocfl.h"
#include "os/os.h"

#define STORE_PATH_MAX 4096
#define STORE_LOGICAL_MAX 3500  /* bytes of a logical path: with the object's own it must stay below what systems open */
#define STORE_FILES_MAX 1000000 /* files of one version */

struct store;

/* A new storage root: 0=ocfl_1.1, ocfl_layout.json, extensions/0003-…/config.json (tupleSize 3, numberOfTuples 1), durable.
 * May be repeated. */
int store_create(int dir, const char *path, struct err *);
/* `alg` is what new objects are written with (DIGEST_SHA256 or DIGEST_SHA512, else ERR_USAGE); existing objects keep theirs.
 * The root's own files are not read: audit's business. ERR_NOT_FOUND. */
int store_open(struct store **, int dir, const char *path, enum digest_alg alg, struct err *);
void store_free(struct store *);
int store_fd(const struct store *);
/* "abc/https%3a%2f%2f…" below the root. ERR_SYNTAX: id empty or not UTF-8. */
int store_object_path(struct str id, char out[STORE_PATH_MAX], struct err *);
int store_object_exists(struct store *, struct str id, struct err *); /* 1, 0, -1 */

/* From now on `moved` is told of each piece of a long file that a stage takes in, by the thread that called; NULL: nobody. */
void store_watch(struct store *, void (*moved)(void *context, uint64_t bytes), void *context);

/* ---- staging ------------------------------------------------------------------------------------------------------------ */

/* One object, or a further version of one, being built in the folder `name` below `staging`, which stays open until stage_free. Not
 * visible, not durable. After any error but of stage_wrote the stage is spoiled: further calls give ERR_USAGE, and what is left to do
 * is stage_free and stage_discard. */
struct stage;

/* What goes into a version's inventory beside its files; texts with p == NULL are left out. */
struct stage_version_info {
	int64_t created;
	struct str message, user_name, user_address;
};

/* `name` is a plain name of at most 63 bytes that is free: ERR_EXISTS. ERR_SYNTAX: id. */
int stage_new_object(struct stage **, struct store *, int staging, const char *name, struct str id, struct err *);
/* The next version of an object. Its present head is read from v<version-1>/inventory.json and must have the digest `inventory`
 * (what the log says), ERR_MISMATCH otherwise. ERR_NOT_FOUND. On error nothing is left in staging but, at most, empty folders. */
int stage_new_version(struct stage **, struct store *, int staging, const char *name, struct str id, uint64_t version,
	const struct digest *inventory, struct err *);

/* Adds a logical file by streaming fd from its start: copied and hashed in one pass, bounded memory, holes stay holes.
 * `shown` names it in errors. Bytes that the object already holds are kept once. ERR_CONFLICT if the file changed while it was read
 * (size, times, inode before and after). ERR_EXISTS: path given twice, or a path that is a folder of another one. ERR_SYNTAX: no regular
 * file; or path not UTF-8, not inside, or with an element over 255 bytes. ERR_LIMIT: a path over STORE_LOGICAL_MAX, more files than
 * STORE_FILES_MAX. A file below 1 MiB costs an open, a write, a close, two looks at it and a read; a longer one is hashed by a thread of
 * its own meanwhile. */
int stage_add_fd(struct stage *, struct str path, int fd, const char *shown, struct digest *, uint64_t *size, struct err *);
int stage_add_bytes(struct stage *, struct str path, struct str content, struct digest *, struct err *);
/* A logical file of the version before goes into this one too. ERR_NOT_FOUND, ERR_EXISTS. */
int stage_keep(struct stage *, struct str path, struct err *);
/* A file taken over by hard link from an object that is about to be replaced (expunge); digest and size are believed. Copied, and
 * compared with the digest (ERR_MISMATCH), where the file system has no hard links. */
int stage_add_link(struct stage *, struct str path, const struct digest *, uint64_t size, int dir, const char *from, struct err *);
/* Ends the version: writes its inventory and sidecar (and the root's copies). *inventory is its digest. */
int stage_end_version(struct stage *, const struct stage_version_info *, struct digest *inventory, struct err *);
/* Another version of the same staged object (only when rebuilding): files of the one before are not kept by themselves. */
int stage_next_version(struct stage *, struct err *);
/* After stage_end_version: tells the batch what was written, where the file system wants an fsync a file. Free elsewhere. */
int stage_wrote(struct stage *, struct os_batch *, struct err *);
void stage_free(struct stage *);                                /* frees memory only; NULL is fine */
int stage_discard(int staging, const char *name, struct err *); /* removes the folder; absent is fine */

/* ---- a version as another keeper has it ------------------------------------------------------------------------------------- */

/* A whole version, byte for byte as its inventory says, built in the folder `name` below `staging` out of what comes from elsewhere; published
 * like one that was staged (store_publish_object for version 1, store_publish_version for others). `json` is the inventory: ERR_MISMATCH if it
 * has another digest than the log says, or is of something else; ERR_SYNTAX, ERR_LIMIT. After an error what is left to do is intake_free and
 * stage_discard. `json` is not kept. Memory: the inventory. */
struct intake;
int intake_begin(struct intake **, struct store *, int staging, const char *name, struct str id, uint64_t version,
	const struct digest *inventory, struct str json, struct err *);
const struct inventory *intake_inventory(const struct intake *);
/* One content file of this version ("v3/content/a.txt"), its bytes in pieces, its end: ERR_MISMATCH if the version has none of that path, if
 * there are more or fewer than `size` bytes, or others than the inventory's digest says (the file is then gone again). ERR_EXISTS: it came before. */
int intake_file(struct intake *, struct str path, uint64_t size, struct err *);
int intake_bytes(struct intake *, struct str bytes, struct err *);
int intake_file_end(struct intake *, struct err *);
/* The same by a hard link to a file that is known to hold those bytes. */
int intake_link(struct intake *, struct str path, int dir, const char *from, struct err *);
/* Writes inventory (the same json), sidecar, root copies, declaration. ERR_MISMATCH: not all of the version's files came. `newest` is false
 * where further versions come into the same folder, to rebuild an object: those have the root copies. */
int intake_end(struct intake *, struct str json, bool newest, struct err *);
/* After that: tells the batch what was written, where the file system wants an fsync a file. Free elsewhere. */
int intake_wrote(struct intake *, struct os_batch *, struct err *);
void intake_free(struct intake *); /* frees memory only; NULL is fine */

/* ---- publishing: idempotent, each may be repeated after a crash at any point ------------------------------------------------ */

/* Only what is staged, ended and durable may be published. Staged folder absent and target there: done before, 0. ERR_EXISTS: an object
 * (a version) of that id is there and the staged one is too; nothing is replaced. ERR_NOT_FOUND: neither is there. */
int store_publish_object(struct store *, int staging, const char *name, struct str id, struct os_batch *, struct err *);
/* vN, inventory.json, sidecar, in that order. The folder `name` stays, empty. */
int store_publish_version(
	struct store *, int staging, const char *name, struct str id, uint64_t version, struct os_batch *, struct err *);
/* Exchanges the staged rebuilt object with the one in the root. Knows by `head_inventory` (digest of the rebuilt root inventory)
 * whether that has happened. The old object is then under `name` for stage_discard. ERR_MISMATCH: neither has that inventory.
 * Readers see the old or the new object; none for a moment on a file system without RENAME_EXCHANGE. */
int store_exchange_object(struct store *, int staging, const char *name, struct str id, const struct digest *head_inventory,
	struct os_batch *, struct err *);
/* Puts the staged object, which is whole and durable, in place of a damaged one, or where there is none. What was there is then under `name` in
 * staging, if anything was (*old). Not to be repeated by itself: after a crash the object is there in one of its two forms, or, on a file system without
 * RENAME_EXCHANGE, its staged form is the only one: look again. */
int store_replace_object(struct store *, int staging, const char *name, struct str id, bool *old, struct os_batch *, struct err *);
/* A file in the object's logs/ folder (notes of access and expunge entries), as durable as the batch then is. Repeated with the same
 * content it mends what a crash left of it. `name` is a plain name without a dot in front (ERR_USAGE), content at most 16 MiB (ERR_LIMIT).
 * ERR_NOT_FOUND: no such object, no such file. */
int store_put_log_file(struct store *, struct str id, const char *name, struct str content, struct os_batch *, struct err *);
int store_get_log_file(struct store *, struct str id, const char *name, struct buf *out, struct err *);
int store_delete_log_file(struct store *, struct str id, const char *name, struct err *); /* absent is fine */

/* ---- reading ------------------------------------------------------------------------------------------------------------------ */

/* One version of one object as the log names it. Opened beside a writer it stays readable; only when the object is exchanged (expunge)
 * its files go, and reading gives ERR_NOT_FOUND: open it anew with the digest that the log has then. */
struct object_version;
/* Reads v<version>/inventory.json and checks its digest: ERR_MISMATCH if it has another, or is of another object or version;
 * ERR_SYNTAX, ERR_LIMIT if it is not one that we wrote; ERR_NOT_FOUND. About 150 bytes a file in memory. */
int object_open(
	struct object_version **, struct store *, struct str id, uint64_t version, const struct digest *inventory, struct err *);
/* The same for an object that lies elsewhere: `folder` (shorter than STORE_PATH_MAX) below `dir`. */
int object_open_at(struct object_version **, int dir, const char *folder, struct str id, uint64_t version,
	const struct digest *inventory, struct err *);
const struct inventory *object_inventory(const struct object_version *);
size_t object_count(const struct object_version *); /* logical files */
struct object_file {
	struct str path; /* valid until object_free */
	struct digest digest;
	struct str content_path; /* below object_fd, ended by NUL; valid until the next call for this object */
};
void object_file(const struct object_version *, size_t i, struct object_file *); /* sorted by path */
bool object_find(const struct object_version *, struct str path, size_t *i);
int object_fd(const struct object_version *); /* the object's root folder */
/* Opens the content for reading; *size from fstat. The caller hashes, or calls object_read_checked. ERR_SYNTAX: no regular file. */
int object_open_file(const struct object_version *, size_t i, int *fd, uint64_t *size, struct err *);
/* Streams the content through `sink`; at the end ERR_MISMATCH if the digest differs from the inventory's. What was sunk before is
 * then to be thrown away. */
int object_read_checked(const struct object_version *, size_t i, int (*sink)(void *context, const void *, size_t, struct err *),
	void *context, struct err *);
/* A small file (at most max bytes, else ERR_LIMIT), checked, appended to *out. On error *out is as before. */
int object_read_file(const struct object_version *, struct str path, size_t max, struct buf *out, struct err *);
void object_free(struct object_version *);

#endif
