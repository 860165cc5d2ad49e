/* Writing photostat.disclosure/v1 (docs/format/disclosure.md) out of a whole tree or a larger opening. */
#include "entry/internal.h"

#include <stdlib.h>
#include <string.h>

/* ---- positions ----------------------------------------------------------------------------------------------------------- */

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

int positions_sort(uint64_t *at, size_t count, struct err *err)
{
	qsort(at, count, sizeof *at, by_number);
	for (size_t i = 1; i < count; i++)
		if (at[i] >> 32 == at[i - 1] >> 32)
			return err_set(err, ERR_SYNTAX, "two leaves stand at position %" PRIu64, at[i] >> 32);
	return 0;
}

/* at[low..high) are the positions of the set that lie in the block. */
static int walk(const uint64_t *at, size_t low, size_t high, struct block block, uint64_t n,
	const struct positions_visitor *visitor, struct err *err)
{
	if (low == high)
		return visitor->withheld(visitor->context, block, err);
	if (high - low == block_end(block, n) - block.first)
		return visitor->kept(visitor->context, block, err);
	struct block right = block_half(block, 1);
	if (right.first >= n)
		return walk(at, low, high, block_half(block, 0), n, visitor, err);
	size_t from = low, to = high;
	while (from < to) {
		size_t middle = from + (to - from) / 2;
		if (at[middle] >> 32 < right.first)
			from = middle + 1;
		else
			to = middle;
	}
	if (walk(at, low, from, block_half(block, 0), n, visitor, err) < 0)
		return -1;
	return walk(at, from, high, right, n, visitor, err);
}

int positions_walk(const struct positions *set, uint64_t n, const struct positions_visitor *visitor, struct err *err)
{
	if (n == 0)
		return 0;
	return walk(set->at, 0, set->count, (struct block){0, shape_depth(n)}, n, visitor, err);
}

/* ---- writing ------------------------------------------------------------------------------------------------------------- */

struct writer {
	const struct opening_source *source;
	struct buf *out, withheld;
	uint64_t node_count, withheld_count;
};

static int put_node(void *context, struct block block, struct err *err)
{
	struct writer *w = context;
	struct hash salt;
	(void)err;
	w->source->salt(w->source->context, block, &salt);
	buf_char(w->out, (char)(shape_depth(w->source->n) - block.height));
	buf_be64(w->out, block.first >> block.height);
	buf_add(w->out, salt.b, SHA256_SIZE);
	w->node_count++;
	return 0;
}

static int put_withheld(void *context, struct block block, struct err *err)
{
	struct writer *w = context;
	struct hash hash;
	(void)err;
	w->source->hash(w->source->context, block, &hash);
	buf_be64(&w->withheld, block.first);
	buf_be64(&w->withheld, block_end(block, w->source->n));
	buf_add(&w->withheld, hash.b, SHA256_SIZE);
	w->withheld_count++;
	return 0;
}

static void put_leaf(struct buf *out, const struct leaf *leaf, uint64_t position)
{
	buf_be64(out, position);
	buf_be64(out, leaf->size);
	buf_char(out, leaf->digest.alg == DIGEST_SHA512 ? DISCLOSURE_SHA512 : DISCLOSURE_SHA256);
	buf_add(out, leaf->digest.bytes, digest_size(leaf->digest.alg));
	buf_char(out, (char)leaf->kind.n);
	buf_str(out, leaf->kind);
	buf_be16(out, (uint16_t)leaf->path.n);
	buf_str(out, leaf->path);
}

static int by_path(const void *a, const void *b, void *context)
{
	const struct opening_source *source = context;
	struct leaf first, second;
	uint64_t position;
	source->leaf(source->context, *(const uint32_t *)a, &first, &position);
	source->leaf(source->context, *(const uint32_t *)b, &second, &position);
	return str_compare(first.path, second.path);
}

static void set_be64(char *at, uint64_t value)
{
	for (unsigned i = 0; i < 8; i++)
		at[i] = (char)(value >> (56 - 8 * i));
}

static void put_leaves(struct buf *out, const struct opening_source *source, uint32_t *order, size_t count)
{
	struct opening_source shared = *source; /* qsort_r's context is not const */
	struct leaf leaf;
	uint64_t position;
	qsort_r(order, count, sizeof *order, by_path, &shared);
	for (size_t i = 0; i < count; i++) {
		source->leaf(source->context, order[i], &leaf, &position);
		put_leaf(out, &leaf, position);
	}
}

static size_t count_kept(const struct opening_source *source, const bool *keep)
{
	size_t count = 0;
	for (size_t i = 0; i < source->count; i++)
		count += keep[i];
	return count;
}

int opening_write(struct buf *out, const struct opening_source *source, const bool *keep, struct err *err)
{
	size_t start = out->n, count = count_kept(source, keep), used = 0;
	struct writer w = {.source = source, .out = out, .withheld = BUF_INIT};
	uint64_t *at = mem_array(count + 1, sizeof *at);
	uint32_t *order = mem_array(count + 1, sizeof *order);
	int status = -1;
	for (size_t i = 0; i < source->count; i++) {
		struct leaf leaf;
		uint64_t position;
		if (!keep[i])
			continue;
		source->leaf(source->context, i, &leaf, &position);
		order[used] = (uint32_t)i;
		at[used++] = positions_pack(position, i);
	}
	if (positions_sort(at, count, err) < 0)
		goto out;
	buf_str(out, DISCLOSURE_MAGIC);
	for (unsigned i = 0; i < 4; i++)
		buf_be64(out, 0); /* filled in below */
	const struct positions kept = {at, count};
	const struct positions_visitor visitor = {&w, put_node, put_withheld};
	if (positions_walk(&kept, source->n, &visitor, err) < 0)
		goto out;
	buf_str(out, buf_view(&w.withheld));
	put_leaves(out, source, order, count);
	if (buf_check(&w.withheld, "opening of a record's contents", err) < 0 ||
		buf_check(out, "opening of a record's contents", err) < 0)
		goto out;
	char *counts = out->p + start + DISCLOSURE_MAGIC.n;
	set_be64(counts, source->n);
	set_be64(counts + 8, w.node_count);
	set_be64(counts + 16, w.withheld_count);
	set_be64(counts + 24, count);
	status = 0;
out:
	if (status < 0 && out->p && !out->failed) {
		out->n = start;
		out->p[start] = '\0';
	}
	free(at);
	free(order);
	buf_release(&w.withheld);
	return status;
}
