/* Which records match, and in which order. docs/design.md "Search" has the reasons. Every record that matches is weighed, from what its postings say; the best
 * are kept. The lists are short enough for that: a posting costs some nanoseconds, and a list is read once, in order. */
#include "internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define KEEP_LEAST 64u
#define KEEP_MOST 10100u /* however far somebody leafs */

struct seeker {
	struct search *s;
	struct query *query;
	struct err *err;
	struct leaf leaves[QUERY_LEAVES_MAX];
	int opened;
	double records[QUERY_NODES_MAX]; /* at most so many fulfil the node */
	uint32_t at[QUERY_NODES_MAX];    /* where it stands */
	bool known[QUERY_NODES_MAX], ended[QUERY_NODES_MAX];
};

/* ---- the tree: as deep as parentheses may be ---------------------------------------------------------------------------------------- */

static int node_seek(struct seeker *seeker, int number, uint32_t record, uint32_t *found);

static int rarest_child(const struct seeker *seeker, const struct node *node)
{
	const struct node *nodes = seeker->query->nodes;
	int best = -1;

	for (int child = node->child; child >= 0; child = nodes[child].next)
		if (!nodes[child].negative && (best < 0 || seeker->records[child] < seeker->records[best]))
			best = child;
	return best;
}

/* 1: all of the node's other conditions hold at *record; 0: they do not before *record, which is behind; 2: one of them never does again. */
static int and_holds(struct seeker *seeker, const struct node *node, int lead, uint32_t *record)
{
	const struct node *nodes = seeker->query->nodes;

	for (int negative = 0; negative < 2; negative++)
		for (int child = node->child; child >= 0; child = nodes[child].next) {
			uint32_t there = 0;
			int got;

			if (child == lead || nodes[child].negative != (negative == 1))
				continue;
			got = node_seek(seeker, child, *record, &there);
			if (got < 0)
				return -1;
			if (negative == 1 ? got == 1 && there == *record : got == 1 && there > *record) {
				*record = negative == 1 ? *record + 1 : there;
				return 0;
			}
			if (negative == 0 && got == 0)
				return 2;
		}
	return 1;
}

static int seek_and(struct seeker *seeker, const struct node *node, uint32_t record, uint32_t *found)
{
	int lead = rarest_child(seeker, node);

	while (lead >= 0) {
		int got = node_seek(seeker, lead, record, &record);

		if (got != 1)
			return got;
		*found = record;
		got = and_holds(seeker, node, lead, &record);
		if (got != 0)
			return got == 2 ? 0 : got;
	}
	return 0;
}

static int seek_or(struct seeker *seeker, const struct node *node, uint32_t record, uint32_t *found)
{
	bool any = false;

	for (int child = node->child; child >= 0; child = seeker->query->nodes[child].next) {
		uint32_t there;
		int got = node_seek(seeker, child, record, &there);

		if (got < 0)
			return -1;
		if (got == 1 && (!any || there < *found))
			*found = there;
		any = any || got == 1;
	}
	return any;
}

/* The first record that fulfils the node and is not below. */
static int node_seek(struct seeker *seeker, int number, uint32_t record, uint32_t *found)
{
	const struct node *node = &seeker->query->nodes[number];
	uint32_t there = 0;
	int got;

	if (seeker->known[number] && seeker->at[number] >= record) {
		*found = seeker->at[number];
		return 1;
	}
	if (seeker->ended[number])
		return 0;
	if (node->leaf >= 0)
		got = leaf_seek(&seeker->leaves[node->leaf], record, &there, seeker->err);
	else
		got = node->kind == NODE_OR ? seek_or(seeker, node, record, &there) : seek_and(seeker, node, record, &there);
	seeker->ended[number] = got == 0;
	seeker->known[number] = got == 1;
	if (got == 1)
		*found = seeker->at[number] = there;
	return got;
}

/* ---- weighing -------------------------------------------------------------------------------------------------------------------------- */

static double rarity_of(double records, double of)
{
	records = records < of ? records : of;
	return log(1.0 + (of - records + 0.5) / (records + 0.5));
}

static int weigh(struct seeker *seeker, uint32_t record, double *sum)
{
	struct query *query = seeker->query;

	*sum = 0;
	for (int i = 0; i < query->count; i++) {
		const struct node *node = &query->nodes[i];
		uint32_t there = 0;
		double weight;
		int got;

		if (node->leaf < 0 || node->field)
			continue;
		got = node_seek(seeker, i, record, &there);
		if (got < 0)
			return -1;
		if (got == 0 || there != record)
			continue;
		if (leaf_weight(&seeker->leaves[node->leaf], record, &weight, seeker->err) != 0)
			return -1;
		*sum += node->rarity * weight;
	}
	return 0;
}

/* ---- the best -------------------------------------------------------------------------------------------------------------------------- */

static int by_score(const void *a, const void *b)
{
	const struct found *first = a, *second = b;

	if (first->score != second->score)
		return first->score < second->score ? 1 : -1;
	return first->record < second->record ? 1 : first->record > second->record ? -1 : 0;
}

/* A heap whose top is the worst. */
static void sink(struct found *heap, size_t count, size_t at, struct found found)
{
	for (size_t child; (child = 2 * at + 1) < count; at = child) {
		if (child + 1 < count && by_score(&heap[child + 1], &heap[child]) > 0)
			child++;
		if (by_score(&found, &heap[child]) >= 0)
			break;
		heap[at] = heap[child];
	}
	heap[at] = found;
}

static void rise(struct found *heap, size_t at, struct found found)
{
	for (; at > 0 && by_score(&found, &heap[(at - 1) / 2]) > 0; at = (at - 1) / 2)
		heap[at] = heap[(at - 1) / 2];
	heap[at] = found;
}

static void keep(struct finding *finding, size_t most, struct found found)
{
	if (finding->count < most)
		rise(finding->of, finding->count++, found);
	else if (by_score(&found, &finding->of[0]) < 0)
		sink(finding->of, most, 0, found);
}

/* ---- all ------------------------------------------------------------------------------------------------------------------------------------ */

/* From the leaves up; children come behind their parents, but for the first of an OR. */
static double count_node(struct seeker *seeker, int number)
{
	const struct node *node = &seeker->query->nodes[number];
	double sum = 0, least = INFINITY;

	if (node->leaf >= 0) {
		seeker->records[number] = seeker->leaves[node->leaf].records;
		return seeker->records[number];
	}
	for (int child = node->child; child >= 0; child = seeker->query->nodes[child].next) {
		double records = count_node(seeker, child);

		sum += records;
		if (!seeker->query->nodes[child].negative && records < least)
			least = records;
	}
	seeker->records[number] = node->kind == NODE_OR ? sum : least;
	return seeker->records[number];
}

static int prepare(struct seeker *seeker)
{
	struct query *query = seeker->query;
	int weighing = 0;

	for (int i = 0; i < query->count; i++) {
		if (query->nodes[i].leaf < 0)
			continue;
		/* Leaves are numbered in the order of their nodes. */
		seeker->opened = query->nodes[i].leaf + 1;
		if (leaf_open(&seeker->leaves[query->nodes[i].leaf], seeker->s, &query->nodes[i], seeker->err) != 0)
			return -1;
		weighing += !query->nodes[i].field;
	}
	for (int i = 0; i < query->count; i++)
		if (query->nodes[i].leaf >= 0)
			query->nodes[i].rarity =
				weighing > 1 ? rarity_of(seeker->leaves[query->nodes[i].leaf].records, (double)seeker->s->records)
					     : 1.0;
	(void)count_node(seeker, query->root);
	return 0;
}

static int seek_all(struct seeker *seeker, size_t most, struct finding *finding)
{
	uint32_t record = 0;
	int got;

	while ((got = node_seek(seeker, seeker->query->root, record, &record)) == 1) {
		double score;

		if (weigh(seeker, record, &score) != 0)
			return -1;
		keep(finding, most, (struct found){.record = record, .score = score});
		finding->total++;
		record++;
	}
	return got;
}

int find_records(struct search *s, struct query *query, size_t wanted, struct finding *finding, struct err *err)
{
	struct seeker *seeker = mem_alloc(sizeof(*seeker));
	size_t most = wanted < KEEP_LEAST ? KEEP_LEAST : wanted > KEEP_MOST ? KEEP_MOST : wanted;
	int result = -1;

	*seeker = (struct seeker){.s = s, .query = query, .err = err};
	*finding = (struct finding){.of = mem_array(most, sizeof(*finding->of))};
	if (prepare(seeker) == 0 && seek_all(seeker, most, finding) == 0) {
		if (finding->count > 1)
			qsort(finding->of, finding->count, sizeof(*finding->of), by_score);
		finding->least = s->cut_short;
		result = 0;
	}
	for (int i = 0; i < seeker->opened; i++) {
		finding->least = finding->least || !seeker->leaves[i].all;
		leaf_close(&seeker->leaves[i]);
	}
	free(seeker);
	if (result != 0) {
		free(finding->of);
		finding->of = NULL;
	}
	return result;
}

uint64_t query_shown(const struct query *query)
{
	uint64_t bits = 0;

	for (int i = 0; i < query->count; i++)
		if (query->nodes[i].leaf >= 0 && !query->nodes[i].field)
			bits |= (uint64_t)1 << query->nodes[i].leaf;
	return bits;
}
