/* Shared by the files of the vectors' generator. */
#ifndef TESTS_ENTRY_VECTORS_MAKE_H
#define TESTS_ENTRY_VECTORS_MAKE_H

#include "entry/entry.h"

struct maker {
	const char *folder;
	bool check;
	unsigned differing;
};

void make_entries(struct maker *);
void make_contents(struct maker *);
void make_receipts(struct maker *);

/* Ends the program with `what` unless the condition holds. */
void need(bool condition, const char *what, const struct err *);
/* SHA-256 of "photostat test vector WORD NUMBER": seeds, keys, digests. */
void word_hash(const char *word, unsigned number, struct hash *);
void put_file(struct maker *, const char *name, const struct buf *bytes);
void some_leaf(struct leaf *out, const char *path, bool long_digest, unsigned number);

/* JSON: each puts a comma in front where one is wanted; an empty key for members of arrays. */
void json_key(struct buf *, const char *key);
void json_text(struct buf *, const char *key, struct str);
void json_number(struct buf *, const char *key, uint64_t);
void json_bool(struct buf *, const char *key, bool);
void json_hex(struct buf *, const char *key, const void *, size_t);
void json_base64(struct buf *, const char *key, struct str);
void json_digest(struct buf *, const char *key, const struct digest *);
void json_leaf(struct buf *, const struct leaf *);

#endif
