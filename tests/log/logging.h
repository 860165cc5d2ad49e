/* What the tests of log share: a folder with a log and its key, entries that follow from their index, the tree by the letter of
 * RFC 6962. */
#ifndef PHOTOSTAT_TEST_LOGGING_H
#define PHOTOSTAT_TEST_LOGGING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "log/log.h"

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

struct place {
	char dir[64];
	int fd;
	struct vkey key;
	unsigned char secret[ED25519_SECRET];
};

static inline void place_make_in(struct place *p, const char *base)
{
	unsigned char public_key[ED25519_PUBLIC];

	snprintf(p->dir, sizeof(p->dir), "%s/photostat-log-XXXXXX", base);
	assert_non_null(mkdtemp(p->dir));
	p->fd = open(p->dir, O_RDONLY | O_DIRECTORY);
	assert_true(p->fd >= 0);
	OK(ed25519_generate(p->secret, public_key, &err));
	OK(vkey_make(&p->key, STR("example.org/archive"), NOTE_ED25519, public_key, &err));
	OK(log_create(p->fd, "log", &err));
}

static inline void place_make(struct place *p)
{
	place_make_in(p, "/tmp");
}

static inline void place_remove(struct place *p)
{
	OK(os_remove_tree(AT_FDCWD, p->dir, &err));
	close(p->fd);
	vkey_release(&p->key);
}

static inline struct log *place_open(struct place *p)
{
	struct log *log;

	OK(log_open(&log, p->fd, "log", &p->key, &err));
	return log;
}

/* Entries of many lengths, the empty one and such with newlines among them. */
static inline struct str entry_of(uint64_t index, char out[400])
{
	size_t n = index % 11 == 0 ? 0
				   : (size_t)snprintf(out, 100, "photostat.entry/v1 test\nindex %llu\n", (unsigned long long)index);

	for (uint64_t i = 0; n != 0 && i < index * 7919 % 251; i++)
		out[n++] = (char)('a' + (index + i) % 26);
	return (struct str){out, n};
}

/* MTH of leaves first..last-1, RFC 6962 section 2.1. */
static inline void tree_hash(const struct hash *leaves, uint64_t n, struct hash *out)
{
	uint64_t k = 1;
	struct hash left, right;

	if (n == 0) {
		merkle_empty(out);
		return;
	}
	if (n == 1) {
		*out = leaves[0];
		return;
	}
	while (k * 2 < n)
		k *= 2;
	tree_hash(leaves, k, &left);
	tree_hash(leaves + k, n - k, &right);
	merkle_node(&left, &right, out);
}

static inline struct hash *leaves_of(uint64_t n)
{
	struct hash *leaves = mem_array((size_t)n + 1, sizeof(*leaves));
	char text[400];

	for (uint64_t i = 0; i < n; i++)
		merkle_leaf(entry_of(i, text), &leaves[i]);
	return leaves;
}

static inline void sign_checkpoint(const struct place *p, uint64_t size, const struct hash *root, struct buf *note)
{
	struct buf text = BUF_INIT;

	checkpoint_format(&text, str_from(p->key.name), size, root);
	buf_clear(note);
	buf_str(note, buf_view(&text));
	buf_char(note, '\n');
	OK(note_sign(note, buf_view(&text), &p->key, p->secret, &err));
	buf_release(&text);
}

/* Appends entries up to `size`, makes them durable, publishes; -1 at the first error. */
static inline int grow(const struct place *p, struct log_writer *w, struct log *log, uint64_t size, struct err *err)
{
	struct os_batch *batch = NULL;
	struct buf note = BUF_INIT;
	struct hash root;
	char text[400];
	uint64_t got;
	int result = -1;

	if (os_batch_open(&batch, log_fd(log), err) != 0)
		return -1;
	for (uint64_t i = log_size(log); i < size; i++)
		if (log_append(w, entry_of(i, text), &got, err) != 0)
			goto out;
		else if (got != i)
			fail_msg("entry %d got index %d", (int)i, (int)got);
	if (log_write_edge(w, batch, err) != 0 || os_batch_sync(batch, err) != 0 || log_writer_verify(w, &got, &root, err) != 0)
		goto out;
	assert_int_equal(got, size);
	sign_checkpoint(p, size, &root, &note);
	result = log_publish(w, buf_view(&note), err);
out:
	os_batch_free(batch);
	buf_release(&note);
	return result;
}

static inline void grow_to(const struct place *p, struct log *log, uint64_t size)
{
	struct log_writer *w;

	OK(log_writer_open(&w, log, &err));
	OK(grow(p, w, log, size, &err));
	OK(log_collect(w, &err));
	log_writer_free(w);
	assert_int_equal(log_size(log), size);
}

/* ---- findings ------------------------------------------------------------------------------------------------------------------ */

struct findings {
	struct buf text;
	size_t count, uncovered;
	uint64_t entries; /* seen, in order */
	uint64_t out_of_order;
};

static inline int see_finding(void *context, const struct log_finding *finding, struct err *err)
{
	struct findings *f = context;

	(void)err;
	if (finding->kind == LOG_UNCOVERED) {
		f->uncovered++;
		return 0;
	}
	f->count++;
	buf_printf(&f->text, "%s %s [%llu,%llu): %s\n", log_finding_name(finding->kind), finding->path,
		(unsigned long long)finding->first, (unsigned long long)finding->last, finding->text);
	return 0;
}

static inline int see_entry(void *context, uint64_t index, struct str entry, struct err *err)
{
	struct findings *f = context;
	char text[400];

	(void)err;
	f->out_of_order += index < f->entries;
	f->entries = index + 1;
	assert_true(str_equal(entry, entry_of(index, text)));
	return 0;
}

static inline void audit(struct log *log, struct findings *f)
{
	struct log_audit_calls calls = {.context = f, .finding = see_finding, .entry = see_entry};

	memset(f, 0, sizeof(*f));
	OK(log_audit(log, &calls, &err));
	assert_int_equal(f->out_of_order, 0);
}

static inline void audit_sound(struct log *log)
{
	struct findings f;

	audit(log, &f);
	if (f.count != 0)
		fail_msg("a sound log of %d entries: %s", (int)log_size(log), f.text.p);
	assert_int_equal(f.entries, log_size(log));
	buf_release(&f.text);
}

#endif
