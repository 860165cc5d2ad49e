/* Rows of the indexes whose order is not that of the log: gathered, sorted, then written, so that a feeding touches each page of such an
 * index once and not once a record. */
#include "internal.h"

#include <stdlib.h>

void pending_begin(struct catalogue *c)
{
	if (c->digests == NULL) {
		c->digests = mem_array(PENDING_MAX, sizeof(*c->digests));
		c->ranges = mem_array(PENDING_RANGES_MAX, sizeof(*c->ranges));
	}
	pending_drop(c);
}

void pending_drop(struct catalogue *c)
{
	c->digest_count = c->range_count = 0;
}

void pending_release(struct catalogue *c)
{
	free(c->digests);
	free(c->ranges);
}

static int compare_numbers(int64_t left, int64_t right)
{
	return left < right ? -1 : left > right;
}

static int compare_digests(const void *a, const void *b)
{
	const struct pending_digest *left = a, *right = b;
	/* As SQLite orders them: signed. */
	int order = compare_numbers((int64_t)left->prefix, (int64_t)right->prefix);

	return order != 0 ? order : compare_numbers(left->record, right->record);
}

static int compare_ranges(const void *a, const void *b)
{
	const struct pending_range *left = a, *right = b;
	int order = compare_numbers(left->class, right->class);

	if (order == 0)
		order = compare_numbers(left->first, right->first);
	if (order == 0)
		order = compare_numbers(left->last, right->last);
	return order != 0 ? order : compare_numbers(left->record, right->record);
}

int pending_flush(struct catalogue *c, struct err *err)
{
	sqlite3_stmt *digest = database_statement(&c->database, STATEMENT_DIGEST_INSERT, err);
	sqlite3_stmt *range = digest != NULL ? database_statement(&c->database, STATEMENT_RANGE_INSERT, err) : NULL;

	if (range == NULL)
		return -1;
	qsort(c->digests, c->digest_count, sizeof(*c->digests), compare_digests);
	for (size_t i = 0; i < c->digest_count; i++) {
		struct binding b = bind_to(digest);
		bind_number(&b, (int64_t)c->digests[i].prefix);
		bind_number(&b, c->digests[i].record);
		if (database_done(&c->database, &b, err) != 0)
			return -1;
	}
	qsort(c->ranges, c->range_count, sizeof(*c->ranges), compare_ranges);
	for (size_t i = 0; i < c->range_count; i++) {
		struct binding b = bind_to(range);
		bind_number(&b, c->ranges[i].class);
		bind_number(&b, c->ranges[i].first);
		bind_number(&b, c->ranges[i].last);
		bind_number(&b, c->ranges[i].record);
		if (database_done(&c->database, &b, err) != 0)
			return -1;
	}
	pending_drop(c);
	return 0;
}

int pending_digest(struct catalogue *c, int64_t record, const struct digest *digest, struct err *err)
{
	if (c->digest_count == PENDING_MAX && pending_flush(c, err) != 0)
		return -1;
	c->digests[c->digest_count++] = (struct pending_digest){be64_get(digest->bytes), record};
	return 0;
}

int pending_range(struct catalogue *c, int64_t record, int64_t first, int64_t last, struct err *err)
{
	if (c->range_count == PENDING_RANGES_MAX && pending_flush(c, err) != 0)
		return -1;
	c->ranges[c->range_count++] = (struct pending_range){range_class(first, last), first, last, record};
	return 0;
}
