/* What the tests of the witness share: a log in memory that can be of two minds, and the witness's folder. */
#ifndef PHOTOSTAT_TESTS_HOLDER_LAB_H
#define PHOTOSTAT_TESTS_HOLDER_LAB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "holder/holder.h"
#include "tlog/support.h"

#define LAB_ORIGIN "example.org/log"
#define LAB_LEAVES 64

struct lab {
	char root[128];    /* holds everything */
	char witness[160]; /* root/witness: its folder */
	struct test_key log, second, stranger;
	struct vkey key;                   /* the witness's */
	struct hash leaves[2][LAB_LEAVES]; /* two histories: the same up to leaf 9 */
};
/* A witness that knows the log LAB_ORIGIN by two keys, at no URL. `folder` NULL: where it is fastest. */
void lab_begin(struct lab *, const char *folder);
void lab_end(struct lab *);
void lab_write(const struct lab *, const char *path, const char *text); /* below root */
void lab_read(const struct lab *, const char *path, struct buf *);
void lab_copy(const struct lab *, const char *from, const char *to); /* below root; `to` is replaced */
void lab_remove(const struct lab *, const char *path);

/* A checkpoint of that history and size, signed by the log. */
void lab_checkpoint(const struct lab *, unsigned history, uint64_t size, struct buf *out);
/* A whole request: with the right proof within that history. */
void lab_request(const struct lab *, unsigned history, uint64_t old_size, uint64_t size, struct buf *out);

/* Opens; fails the test if it cannot. */
struct witness *lab_open(const struct lab *, bool fresh);
/* The answer's status; the body, if wanted. */
unsigned lab_submit(struct witness *, struct str request, struct buf *answer);
/* lab_request and lab_submit; a status of 200 must come with a cosignature of just that checkpoint. */
unsigned lab_ask(const struct lab *, struct witness *, unsigned history, uint64_t old_size, uint64_t size);
struct witness_log_status lab_status(struct witness *);

#endif
