/* What the tests of the mirror share: a log in memory that can be of two minds, and the mirror's folder. */
#ifndef PHOTOSTAT_TESTS_HOLDER_MIRROR_LAB_H
#define PHOTOSTAT_TESTS_HOLDER_MIRROR_LAB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "holder/mirror.h"
#include "tlog/support.h"

#define LAB_ORIGIN "example.org/log"
#define LAB_ENTRIES 1100
#define LAB_FORK 280 /* entries of both histories below it are the same */

struct mirror_lab {
	char root[128];   /* holds everything */
	char mirror[160]; /* root/mirror: its folder */
	struct test_key log, stranger;
	struct vkey key; /* the mirror's */
	char hash[HOLDER_HASH_TEXT];
	struct hash leaves[2][LAB_ENTRIES];
};
void mirror_lab_begin(struct mirror_lab *);
void mirror_lab_end(struct mirror_lab *);
void mirror_lab_copy(const struct mirror_lab *, const char *from, const char *to); /* below root; `to` is replaced */
void mirror_lab_remove(const struct mirror_lab *, const char *path);

/* The text of an entry of that history, appended. */
void mirror_lab_entry(unsigned history, uint64_t index, struct buf *out);
void mirror_lab_checkpoint(const struct mirror_lab *, unsigned history, uint64_t size, struct buf *out);
/* A whole body of add-checkpoint; of add-entries: the first `packages` of [start, end), proven in the tree of `end`. */
void mirror_lab_request(const struct mirror_lab *, unsigned history, uint64_t old_size, uint64_t size, struct buf *out);
void mirror_lab_body(const struct mirror_lab *, unsigned history, uint64_t start, uint64_t end, uint64_t packages,
	struct str ticket, struct buf *out);

/* What came for an answer. */
struct mirror_answer {
	unsigned status;
	struct buf body;
	struct mirror_info info; /* 202, 409 */
	struct buf ticket;
};
void mirror_answer_release(struct mirror_answer *);

struct mirror *mirror_lab_open(const struct mirror_lab *, bool fresh); /* fails the test if it cannot */
unsigned mirror_lab_add_checkpoint(const struct mirror_lab *, struct mirror *, unsigned history, uint64_t old_size, uint64_t size);
/* A body of add-entries in pieces of `step` bytes. 200 must come with a cosignature of just the checkpoint of `end`. */
unsigned mirror_lab_send(const struct mirror_lab *, struct mirror *, struct str body, size_t step, struct mirror_answer *);
/* mirror_lab_body and mirror_lab_send. */
unsigned mirror_lab_add_entries(const struct mirror_lab *, struct mirror *, unsigned history, uint64_t start, uint64_t end,
	uint64_t packages, struct str ticket, struct mirror_answer *);
/* As a log does: until it is cosigned, at most some turns. The last status. */
unsigned mirror_lab_push(const struct mirror_lab *, struct mirror *, unsigned history, uint64_t size);

/* What lies on disk: the mirror checkpoint is signed by log and mirror, and every entry below it is that of the history; its size, 0 if there is none.
 * `folder` is the mirror's. */
uint64_t mirror_lab_check(const struct mirror_lab *, const char *folder, unsigned history);

#endif
