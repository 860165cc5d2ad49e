/* libphotostat-verify: does a photostat receipt prove that an archive kept these files?
 *
 * Offline: a receipt (a .tlog-proof file), a policy of public keys (c2sp.org/tlog-policy) and the files are enough; no network,
 * no archive. Formats: docs/format/receipt.md and what it names. Needs libcrypto alone.
 *
 * In order: open a policy, open a receipt under it, show it files, ask for the verdict. Handles are not shared between threads;
 * different threads may use different handles. The library writes to no file and no stream, and aborts when the system has no
 * memory left for small things. Its ABI is that of its soname; structs carry their size, so that later versions can add fields at
 * their end. */
#ifndef PHOTOSTAT_VERIFY_H
#define PHOTOSTAT_VERIFY_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Answers, and what a program might exit with. */
enum {
	PHOTOSTAT_VERIFY_YES = 0, /* it is proven */
	PHOTOSTAT_VERIFY_NO =
		1, /* it is not: forged, altered, of another log, a quorum that is not met, a file that does not match */
	PHOTOSTAT_VERIFY_INVALID = 2, /* what was passed is not a policy, not a receipt, not a digest */
	PHOTOSTAT_VERIFY_FAILED = 3   /* could not be found out: reading failed, no memory */
};

/* Room for any sentence of ours with its NUL. Sentences are UTF-8 for people to read, one line; control characters and the like
 * in names stand in them as \xNN. Every function that takes one accepts NULL. */
#define PHOTOSTAT_VERIFY_SENTENCE 1024

/* "0.1.0" */
const char *photostat_verify_version(void);

/* ---- policy: whose signatures count -------------------------------------------------------------------------------------- */

struct photostat_verify_policy;

/* Reads a policy's text. YES, or INVALID with the line that is wrong. The bytes are not needed afterwards. On anything but YES
 * *policy is NULL. */
int photostat_verify_policy_open(
	struct photostat_verify_policy **policy, const void *bytes, size_t size, char sentence[PHOTOSTAT_VERIFY_SENTENCE]);
/* After the receipts opened under it. NULL is fine. */
void photostat_verify_policy_close(struct photostat_verify_policy *policy);

/* ---- receipt ------------------------------------------------------------------------------------------------------------- */

struct photostat_verify_receipt;

/* Reads a receipt of at most 96 MiB and proves all that can be proven without files: the log's signature, the entry in the log,
 * the list of files in the entry. YES also when the quorum is not met: the verdict says so. NO with the reason; INVALID: not a
 * receipt. `bytes` and `policy` must outlive the receipt. On anything but YES *receipt is NULL. Takes about 3/4 of `size` in
 * memory, and 17 bytes a file. */
int photostat_verify_receipt_open(struct photostat_verify_receipt **receipt, const struct photostat_verify_policy *policy,
	const void *bytes, size_t size, char sentence[PHOTOSTAT_VERIFY_SENTENCE]);
void photostat_verify_receipt_close(struct photostat_verify_receipt *receipt); /* NULL is fine */

/* What the receipt says, all of it committed to by the log. Strings live as long as the receipt. */
struct photostat_verify_info {
	size_t struct_size;       /* set it to sizeof(struct photostat_verify_info) before the call */
	const char *origin;       /* the archive */
	const char *record;       /* the record's id */
	uint64_t version;         /* of the record */
	int64_t claimed_time;     /* seconds since 1970: the keeper's claim, not proven */
	uint64_t index;           /* of the entry in the log */
	uint64_t log_size;        /* of the log when the checkpoint was signed */
	uint64_t files_total;     /* leaves of the version */
	uint64_t files_opened;    /* that the receipt opens, and that can be matched */
	unsigned witnesses;       /* of the policy that cosigned */
	unsigned witnesses_known; /* of the policy */
	int quorum;               /* 1: the policy's rule is met */
	uint64_t quorum_time;     /* seconds since 1970 by which a quorum had cosigned; 0: the policy asks for none, or not met */
};
void photostat_verify_receipt_info(const struct photostat_verify_receipt *receipt, struct photostat_verify_info *info);

/* One file that the receipt opens; 0 <= i < files_opened, ordered by path. Pointers live as long as the receipt. */
struct photostat_verify_file {
	size_t struct_size; /* set it before the call */
	const char *path;   /* UTF-8, path_size bytes, not ended by NUL, without NUL; may hold control characters */
	size_t path_size;
	uint64_t size;
	const char *algorithm;    /* "sha256" or "sha512" */
	unsigned char digest[64]; /* digest_size bytes of it */
	size_t digest_size;
	int proven; /* 1: a file that was shown matches it */
};
/* YES, or INVALID when there is no such i. */
int photostat_verify_receipt_file(const struct photostat_verify_receipt *receipt, uint64_t i, struct photostat_verify_file *file);

/* ---- showing files ------------------------------------------------------------------------------------------------------- */

/* `path` is the file's in the record, ended by NUL, or NULL for whichever file has these bytes (then all that have them count). */

/* By a digest that the caller computed: "sha256" or "sha512", as the leaf has it, 32 or 64 bytes. YES; NO: no file of the receipt
 * (or not the named one) has it; INVALID: unknown algorithm or wrong length. */
int photostat_verify_digest(struct photostat_verify_receipt *receipt, const char *path, const char *algorithm, const void *digest,
	size_t digest_size, char sentence[PHOTOSTAT_VERIFY_SENTENCE]);

/* Fills at most `size` bytes; returns how many, 0 at the end, negative when it failed. */
typedef int64_t photostat_verify_read(void *context, void *buffer, size_t size);
/* By its bytes, read once to the end. As above; FAILED when `read` does. */
int photostat_verify_bytes(struct photostat_verify_receipt *receipt, const char *path, photostat_verify_read *read, void *context,
	char sentence[PHOTOSTAT_VERIFY_SENTENCE]);

/* ---- verdict ------------------------------------------------------------------------------------------------------------- */

/* YES: every file that the receipt opens was shown and matches, and the quorum is met. NO, with the first that lacks. No file
 * shown that failed to match changes it: act on those answers too. The sentence says what is proven, and no more. */
int photostat_verify_verdict(const struct photostat_verify_receipt *receipt, char sentence[PHOTOSTAT_VERIFY_SENTENCE]);

#ifdef __cplusplus
}
#endif

#endif
