/* The records that fulfil one condition of a query, in ascending order. */
#include "internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX_WORDS 64u
#define PHRASE_WEIGHT 1.2
#define PREFIX_WEIGHT 0.5

/* ---- opening -------------------------------------------------------------------------------------------------------------------- */

static struct cursor *add_cursor(struct cursor **cursors, size_t *count, struct search *s, enum list_kind kind, struct str term)
{
	/* Doubled: whenever the count is a power of two. */
	if ((*count & (*count - 1)) == 0)
		*cursors = mem_grow(*cursors, *count == 0 ? 1 : *count * 2, sizeof(**cursors));
	cursor_open(&(*cursors)[*count], s, kind, term);
	return &(*cursors)[(*count)++];
}

/* A cursor for each item, in groups that NEAR_SEPARATOR begins. */
static void open_stems(struct leaf *leaf, struct cursor **cursors, size_t *count)
{
	struct str rest = buf_view(&leaf->node->terms), term;
	size_t group = 0;

	while (rest.n > 0 && str_take_until(&rest, WORD_SEPARATOR, &term)) {
		if (term.n > 0 && term.p[0] == NEAR_SEPARATOR) {
			term = (struct str){term.p + 1, term.n - 1};
			group++;
		}
		if (term.n == 0)
			continue;
		add_cursor(cursors, count, leaf->s, LIST_STEMS, term);
		if (cursors == &leaf->stems) {
			leaf->groups = mem_grow(leaf->groups, *count, sizeof(*leaf->groups));
			leaf->groups[*count - 1] = group;
			leaf->group_count = group + 1;
		}
	}
}

static void open_words(struct leaf *leaf, struct str words)
{
	struct str phrase, word;

	while (words.n > 0 && leaf->phrases < sizeof(leaf->lengths) / sizeof(leaf->lengths[0]) &&
		str_take_until(&words, NEAR_SEPARATOR, &phrase)) {
		size_t before = leaf->count;

		while (phrase.n > 0 && str_take_until(&phrase, WORD_SEPARATOR, &word))
			if (word.n > 0)
				add_cursor(&leaf->cursors, &leaf->count, leaf->s, LIST_FORMS, word);
		if (leaf->count > before)
			leaf->lengths[leaf->phrases++] = leaf->count - before;
	}
}

static int open_prefix(struct leaf *leaf, struct err *err)
{
	struct str rest = buf_view(&leaf->node->words), word;
	struct buf words = BUF_INIT;
	int result = -1;

	if (rest.n > 1 && vocabulary_prefix(leaf->s, (struct str){rest.p, rest.n - 1}, PREFIX_WORDS, &words, &leaf->all, err) == 0)
		result = buf_check(&words, "the words that begin so", err);
	rest = buf_view(&words);
	while (result == 0 && rest.n > 0 && str_take_until(&rest, WORD_SEPARATOR, &word))
		if (word.n > 0)
			add_cursor(&leaf->cursors, &leaf->count, leaf->s, LIST_FORMS, word);
	buf_release(&words);
	return result;
}

/* All of the words, or any: so many records at most. */
static int count_records(struct leaf *leaf, bool every, struct err *err)
{
	double sum = 0, least = INFINITY;

	for (size_t i = 0; i < leaf->count; i++) {
		uint64_t postings;

		if (cursor_count(&leaf->cursors[i], &postings, err) != 0)
			return -1;
		sum += (double)postings;
		if ((double)postings < least) {
			least = (double)postings;
			leaf->lead = i;
		}
	}
	leaf->records = every && leaf->count > 0 ? least : sum;
	return 0;
}

int leaf_open(struct leaf *leaf, struct search *s, const struct node *node, struct err *err)
{
	*leaf = (struct leaf){.s = s, .node = node, .all = true};
	switch (node->kind) {
	case NODE_TERM:
	case NODE_DATE:
		open_stems(leaf, &leaf->cursors, &leaf->count);
		break;
	case NODE_PREFIX:
		if (open_prefix(leaf, err) != 0)
			return -1;
		break;
	case NODE_PHRASE:
	case NODE_NEAR:
		open_words(leaf, buf_view(&node->words));
		if (!node->field)
			open_stems(leaf, &leaf->stems, &leaf->stem_count);
		break;
	case NODE_AND:
	case NODE_OR:
		break;
	}
	leaf->ended = leaf->count == 0;
	return count_records(leaf, node->kind == NODE_PHRASE || node->kind == NODE_NEAR, err);
}

void leaf_close(struct leaf *leaf)
{
	for (size_t i = 0; i < leaf->count; i++)
		cursor_close(&leaf->cursors[i]);
	for (size_t i = 0; i < leaf->stem_count; i++)
		cursor_close(&leaf->stems[i]);
	free(leaf->cursors);
	free(leaf->stems);
	free(leaf->groups);
	buf_release(&leaf->starts);
	buf_release(&leaf->other);
	*leaf = (struct leaf){.s = NULL};
}

/* ---- any of several ---------------------------------------------------------------------------------------------------------------- */

static bool in_part(const struct leaf *leaf, const struct cursor *cursor)
{
	enum part part = leaf->node->part;

	if (part == PARTS || leaf->node->kind == NODE_DATE || (leaf->node->field && leaf->node->words.n == 0))
		return true;
	return cursor->kind == LIST_STEMS ? (cursor->posting.parts & 1u << part) != 0 : posting_has_part(&cursor->posting, part);
}

/* The cursor that stands at the least key not below. */
static int seek_any(struct leaf *leaf, int64_t key, int64_t *found, struct err *err)
{
	int64_t least = INT64_MAX;

	for (size_t i = 0; i < leaf->count; i++) {
		struct cursor *cursor = &leaf->cursors[i];
		int got = cursor_seek(cursor, key, err);

		while (got == 1 && !in_part(leaf, cursor))
			got = cursor_next(cursor, err);
		if (got < 0)
			return -1;
		if (got == 1 && posting_key(cursor->posting.record, cursor->posting.passage) < least)
			least = posting_key(cursor->posting.record, cursor->posting.passage);
	}
	*found = least;
	return least != INT64_MAX;
}

/* ---- phrases -------------------------------------------------------------------------------------------------------------------------- */

/* Where a phrase of the words from `from` on begins: leaf->starts. */
static void find_starts(struct leaf *leaf, size_t from, size_t length)
{
	enum part part = leaf->node->part;
	const uint32_t *others;
	uint32_t *starts;
	size_t kept = 0, count;

	buf_clear(&leaf->starts);
	posting_positions(&leaf->cursors[from].posting, &leaf->starts);
	starts = (uint32_t *)(void *)leaf->starts.p;
	count = leaf->starts.n / sizeof(*starts);
	for (size_t i = 0; i < count; i++)
		if (part == PARTS || (starts[i] & 7u) == (uint32_t)part)
			starts[kept++] = starts[i];
	for (size_t word = 1; word < length && kept > 0; word++) {
		size_t at = 0, of = kept, other_count;

		buf_clear(&leaf->other);
		posting_positions(&leaf->cursors[from + word].posting, &leaf->other);
		others = (const uint32_t *)(const void *)leaf->other.p;
		other_count = leaf->other.n / sizeof(*others);
		kept = 0;
		for (size_t i = 0; i < of; i++) {
			uint32_t wanted = starts[i] + ((uint32_t)word << 3);

			while (at < other_count && others[at] < wanted)
				at++;
			if (at < other_count && others[at] == wanted)
				starts[kept++] = starts[i];
		}
	}
	leaf->starts.n = kept * sizeof(*starts);
}

/* Whether there is one beginning of each phrase such that between the end of the first and the beginning of the last stand few enough words. */
static bool stand_near(struct buf *starts, const struct leaf *leaf)
{
	size_t at[64] = {0};

	for (;;) {
		size_t first = 0;
		int64_t low = INT64_MAX, high = -1;

		for (size_t i = 0; i < leaf->phrases; i++) {
			int64_t position;

			if (at[i] == starts[i].n / sizeof(uint32_t))
				return false;
			position = ((const uint32_t *)(const void *)starts[i].p)[at[i]] >> 3;
			if (position < low) {
				low = position;
				first = i;
			}
			high = position > high ? position : high;
		}
		if (high - (low + (int64_t)leaf->lengths[first]) <= (int64_t)leaf->node->distance)
			return true;
		at[first]++;
	}
}

static bool holds_near(struct leaf *leaf)
{
	struct buf starts[64];
	size_t from = 0, count = 0;
	bool holds = true;

	for (; count < leaf->phrases && holds; count++) {
		find_starts(leaf, from, leaf->lengths[count]);
		from += leaf->lengths[count];
		starts[count] = (struct buf)BUF_INIT;
		buf_str(&starts[count], buf_view(&leaf->starts));
		holds = leaf->starts.n > 0;
	}
	holds = holds && stand_near(starts, leaf);
	for (size_t i = 0; i < count; i++)
		buf_release(&starts[i]);
	return holds;
}

static bool holds_phrase(struct leaf *leaf)
{
	if (leaf->phrases > 1)
		return holds_near(leaf);
	if (leaf->count == 1)
		return leaf->node->part == PARTS || posting_has_part(&leaf->cursors[0].posting, leaf->node->part);
	find_starts(leaf, 0, leaf->count);
	return leaf->starts.n > 0;
}

/* All words in one passage, as they must stand; the rarest leads. */
static int seek_phrase(struct leaf *leaf, int64_t key, int64_t *found, struct err *err)
{
	for (;;) {
		bool together = true;

		for (size_t i = 0; i < leaf->count && together; i++) {
			struct cursor *cursor = &leaf->cursors[(leaf->lead + i) % leaf->count];
			int got = cursor_seek(cursor, key, err);
			int64_t here = posting_key(cursor->posting.record, cursor->posting.passage);

			if (got != 1)
				return got;
			together = here == key;
			key = here;
			if (i == 0)
				together = true;
		}
		if (together && holds_phrase(leaf)) {
			*found = key;
			return 1;
		}
		if (together)
			key++;
	}
}

/* ---- records ---------------------------------------------------------------------------------------------------------------------------- */

static int seek_key(struct leaf *leaf, int64_t key, int64_t *found, struct err *err)
{
	if (leaf->count == 0)
		return 0;
	return leaf->node->kind == NODE_PHRASE || leaf->node->kind == NODE_NEAR ? seek_phrase(leaf, key, found, err)
										: seek_any(leaf, key, found, err);
}

static int overlaps(struct leaf *leaf, uint32_t record, struct err *err)
{
	const struct node *node = leaf->node;
	sqlite3_stmt *statement;
	struct binding b;
	int64_t first, last;
	int got;

	for (size_t i = node->unsure; i < leaf->count; i++)
		if (!leaf->cursors[i].ended && leaf->cursors[i].posting.record == record)
			return 1;
	statement = database_statement(&leaf->s->database, STATEMENT_RECORD_BY_KEY, err);
	if (statement == NULL)
		return -1;
	b = bind_to(statement);
	bind_number(&b, record);
	leaf->s->rows_read++;
	got = database_step(&leaf->s->database, &b, err);
	if (got != 1)
		return got;
	first = sqlite3_column_int64(statement, 3);
	last = sqlite3_column_int64(statement, 4);
	sqlite3_reset(statement);
	return first <= node->last_day && last >= node->first_day && first <= last;
}

int leaf_seek(struct leaf *leaf, uint32_t record, uint32_t *found, struct err *err)
{
	int64_t key = posting_key(record, 0);
	int got = 0;

	if (leaf->known && leaf->at >= record) {
		*found = leaf->at;
		return 1;
	}
	while (!leaf->ended) {
		int64_t here = 0;

		got = seek_key(leaf, key, &here, err);
		if (got < 0)
			return -1;
		leaf->ended = got == 0;
		if (leaf->ended)
			break;
		leaf->at = posting_record(here);
		got = leaf->node->kind == NODE_DATE ? overlaps(leaf, leaf->at, err) : 1;
		if (got < 0)
			return -1;
		if (got == 1) {
			leaf->known = true;
			*found = leaf->at;
			return 1;
		}
		key = posting_key(leaf->at + 1, 0);
	}
	leaf->known = false;
	return 0;
}

static int best_impact(
	struct leaf *leaf, struct cursor *cursors, size_t count, uint32_t record, size_t group, double *best, struct err *err)
{
	*best = 0;
	for (size_t i = 0; i < count; i++) {
		int got;

		if (cursors == leaf->stems && leaf->groups[i] != group)
			continue;
		got = cursor_seek(&cursors[i], posting_key(record, 0), err);
		if (got < 0)
			return -1;
		if (got == 1 && cursors[i].posting.record == record && (cursors[i].posting.impact + 1) / 256.0 > *best)
			*best = (cursors[i].posting.impact + 1) / 256.0;
	}
	return 0;
}

int leaf_weight(struct leaf *leaf, uint32_t record, double *weight, struct err *err)
{
	double best = 0, sum = 0;

	*weight = 0;
	if (leaf->node->kind == NODE_PREFIX) {
		*weight = PREFIX_WEIGHT;
		return 0;
	}
	if (leaf->node->kind == NODE_TERM)
		return best_impact(leaf, leaf->cursors, leaf->count, record, 0, weight, err);
	for (size_t group = 0; group < leaf->group_count; group++) {
		if (best_impact(leaf, leaf->stems, leaf->stem_count, record, group, &best, err) != 0)
			return -1;
		sum += best;
	}
	if (leaf->group_count > 0)
		*weight = PHRASE_WEIGHT * sum / (double)leaf->group_count;
	return 0;
}

int leaf_passages(
	struct search *s, const struct node *node, uint32_t record, int64_t *keys, size_t most, size_t *count, struct err *err)
{
	struct node words = *node;
	struct leaf leaf;
	int64_t key = posting_key(record, 0);
	int got = 0;

	*count = 0;
	words.kind = node->kind == NODE_TERM ? NODE_PHRASE : node->kind;
	words.field = true; /* not weighed */
	if (leaf_open(&leaf, s, &words, err) != 0) {
		leaf_close(&leaf);
		return -1;
	}
	while (*count < most && (got = seek_key(&leaf, key, &key, err)) == 1 && posting_record(key) == record)
		keys[(*count)++] = key++;
	leaf_close(&leaf);
	return got < 0 ? -1 : 0;
}
