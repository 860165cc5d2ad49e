/* What the tests of catalogue feed. */
#ifndef PHOTOSTAT_TEST_FEEDING_H
#define PHOTOSTAT_TEST_FEEDING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "catalogue/catalogue.h"

#define S(text) str_from(text)

struct folder {
	char dir[64];
	char path[128];
};

static inline void folder_make(struct folder *f)
{
	strcpy(f->dir, "/tmp/photostat-catalogue-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/catalogue.sqlite", f->dir);
}

static inline void folder_remove(struct folder *f)
{
	static const char *const suffixes[] = {"", "-wal", "-shm", "-journal", ".copy"};
	char name[160];

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		snprintf(name, sizeof(name), "%s%s", f->path, suffixes[i]);
		unlink(name);
	}
	rmdir(f->dir);
}

static inline struct digest digest_of(uint64_t seed)
{
	struct digest d = {.alg = DIGEST_SHA256};
	struct hash h;

	sha256(&seed, sizeof(seed), &h);
	memcpy(d.bytes, h.b, sizeof(h.b));
	return d;
}

static inline struct hash root_of(uint64_t seed)
{
	struct hash h;

	sha256(&seed, sizeof(seed), &h);
	return h;
}

static inline struct catalogue *open_catalogue(const char *path, bool writable)
{
	struct err err = ERR_INIT;
	struct catalogue *c;

	if (catalogue_open(&c, path, writable, &err) != 0)
		fail_msg("%s", err.text);
	return c;
}

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
		assert_int_equal(err.code, expected);                                                                              \
		assert_true(err.text[0] != '\0');                                                                                  \
	} while (0)

#endif
