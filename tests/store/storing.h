/* What the tests of store share: a folder with a storage root and a staging folder, records made in one call, what lies on the disk. */
#ifndef PHOTOSTAT_TEST_STORING_H
#define PHOTOSTAT_TEST_STORING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fault/fault.h"
#include "store/store.h"

#define OK(call)                                                                                                                   \
	do {                                                                                                                       \
		struct err err = ERR_INIT;                                                                                         \
		if ((call) != 0)                                                                                                   \
			fail_msg("%s: %s", #call, err.text);                                                                       \
	} while (0)
#define FAILS(call, expected)                                                                                                      \
	do {                                                                                                                       \
		struct err err = ERR_INIT;                                                                                         \
		assert_int_equal((call), -1);                                                                                      \
		if (err.code != (expected))                                                                                        \
			fail_msg("%s: code %d, not %d: %s", #call, err.code, expected, err.text);                                  \
		assert_true(err.text[0] != '\0');                                                                                  \
	} while (0)

#define ID "https://example.org/archive/r/joffe-1927"
#define TIME INT64_C(1764016083)

struct place {
	char dir[96];
	int fd, staging;
	struct store *store;
};

void place_make(struct place *, enum digest_alg);
void place_make_below(struct place *, const char *folder, enum digest_alg);
void place_open(struct place *); /* once more, where .dir is set and made */
void place_close(struct place *);
void place_remove(struct place *);

/* A logical file, and what it holds. */
struct sample {
	const char *path;
	struct str content;
};
#define SAMPLE(path, text)                                                                                                         \
	{                                                                                                                          \
		path,                                                                                                              \
		{                                                                                                                  \
			text, sizeof(text) - 1                                                                                     \
		}                                                                                                                  \
	}

/* `n` bytes that follow from the seed; the caller frees. */
char *noise(size_t n, uint64_t seed);
/* An unlinked file with this content, opened for reading. */
int content_fd(struct str content);

/* The samples into the open version; files are streamed, photostat.* given as bytes. */
int add_samples(struct stage *, const struct sample *, size_t count, struct err *);
int end_version(struct stage *, struct digest *inventory, struct err *);
/* Stages version 1 under `name`; *inventory is its digest. */
int stage_first(struct place *, const char *name, const char *id, const struct sample *, size_t count, struct os_batch *,
	struct digest *inventory, struct err *);
int stage_second(struct place *, const char *name, const char *id, uint64_t version, const struct digest *before,
	const struct sample *, size_t count, struct os_batch *, struct digest *inventory, struct err *);
/* Stages and publishes, durably. */
void keep_first(struct place *, const char *id, const struct sample *, size_t count, struct digest *inventory);
void keep_next(struct place *, const char *id, uint64_t version, const struct digest *before, const struct sample *, size_t count,
	struct digest *inventory);

/* The version holds exactly the samples, byte for byte. */
void check_version(
	struct place *, const char *id, uint64_t version, const struct digest *inventory, const struct sample *, size_t count);
/* The storage root is valid OCFL with so many objects; W004 (sha256) is the one warning. */
void check_valid(struct place *, uint64_t objects);
/* Names of files and folders below, sorted, folders with a slash behind; paths relative to `path`, one a line. */
void list_below(int dir, const char *path, struct buf *out);
size_t count_below(int dir, const char *path);

#endif
