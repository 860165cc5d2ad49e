/* Where in its record a hit is, and how it reads there. */
#include "internal.h"

#include <string.h>

#define LOOK_MOST ((size_t)4 << 20) /* bytes of a record's text that are looked through for the best place */
#define SNIPPET 240u
#define BEFORE 70u
#define HIT_BEGIN "\xee\x80\x80" /* U+E000 */
#define HIT_END "\xee\x80\x81"

struct looking {
	struct search *s;
	const struct query *query;
	const struct search_request *request;
	struct str id;
	struct place *place;
	struct buf ranges, best_ranges, best_text, path;
	bool path_known, path_admitted;
	uint64_t shown;
	double best;
	bool perfect;
	size_t looked;
};

static unsigned bits(uint64_t mask)
{
	unsigned count = 0;

	for (; mask != 0; mask &= mask - 1)
		count++;
	return count;
}

/* What the block is worth as the place to show. */
static double worth(const struct looking *looking, uint64_t leaves, const struct passage_block *block)
{
	double sum = 0;
	size_t marks = looking->ranges.n / (2 * sizeof(size_t));

	for (int i = 0; i < looking->query->count; i++) {
		const struct node *node = &looking->query->nodes[i];

		if (node->leaf >= 0 && (leaves & (uint64_t)1 << node->leaf) != 0)
			sum += node->rarity + (node->kind == NODE_TERM ? 0 : 1);
	}
	sum += 0.02 * (double)(marks < 20 ? marks : 20);
	return block->part == PART_TITLE ? sum * 0.8 : block->path.n == 0 ? sum * 0.9 : sum; /* what is shown beside it anyway */
}

static bool is_admitted(struct looking *looking, struct str path)
{
	if (looking->request->admit == NULL)
		return true;
	if (!looking->path_known || !str_equal(buf_view(&looking->path), path)) {
		buf_clear(&looking->path);
		buf_str(&looking->path, path);
		looking->path_known = true;
		looking->path_admitted = looking->request->admit(looking->request->context, looking->id, path);
	}
	return looking->path_admitted;
}

static bool in_part(const struct looking *looking, const struct passage_block *block)
{
	for (int i = 0; i < looking->query->count; i++) {
		enum part part = looking->query->nodes[i].leaf >= 0 ? looking->query->nodes[i].part : PARTS;

		if (part != PARTS && part != block->part && !looking->query->nodes[i].field)
			return false;
	}
	return true;
}

static void take_block(struct looking *looking, const struct passage_block *block)
{
	uint64_t leaves = 0;
	double value;

	looking->looked += block->text.n;
	if (looking->perfect || !is_admitted(looking, block->path))
		return;
	buf_clear(&looking->ranges);
	if (looking->shown != 0 && in_part(looking, block))
		match_text(&looking->s->lexicon, looking->query, stemmer_find(block->language), block->text, &looking->ranges,
			&leaves);
	if (looking->shown != 0 && leaves == 0)
		return;
	value = worth(looking, leaves, block);
	if (looking->place->found && value <= looking->best)
		return;
	looking->best = value;
	looking->place->found = true;
	buf_clear(&looking->best_ranges);
	buf_str(&looking->best_ranges, buf_view(&looking->ranges));
	buf_clear(&looking->best_text);
	buf_str(&looking->best_text, block->text);
	buf_clear(&looking->place->path);
	buf_str(&looking->place->path, block->path);
	buf_clear(&looking->place->block);
	buf_str(&looking->place->block, block->id);
	looking->perfect = block->path.n > 0 && bits(leaves & looking->shown) == bits(looking->shown);
}

static int take_passage(struct looking *looking, int64_t key, struct err *err)
{
	struct search *s = looking->s;
	sqlite3_stmt *statement = database_statement(&s->database, STATEMENT_PASSAGE_GET, err);
	struct binding b = bind_to(statement);
	struct passage passage;
	struct passage_block block;
	int got;

	if (statement == NULL)
		return -1;
	bind_number(&b, key);
	got = database_step(&s->database, &b, err);
	if (got != 1)
		return got;
	passage = (struct passage){.blocks = column_text(statement, 0), .text = column_text(statement, 1)};
	while (!looking->perfect && passage_next(&passage, &block))
		take_block(looking, &block);
	sqlite3_reset(statement);
	return 0;
}

/* In a long record the index says which passages have a word or phrase as it was typed. */
static int take_likely(struct looking *looking, uint32_t record, struct err *err)
{
	for (int i = 0; i < looking->query->count && !looking->perfect; i++) {
		const struct node *node = &looking->query->nodes[i];
		int64_t likely[4];
		size_t count = 0;

		if (node->leaf < 0 || node->field || node->words.n == 0)
			continue;
		if (leaf_passages(looking->s, node, record, likely, 4, &count, err) != 0)
			return -1;
		for (size_t k = 0; k < count && !looking->perfect; k++)
			if (take_passage(looking, likely[k], err) != 0)
				return -1;
	}
	return 0;
}

/* ---- snippets -------------------------------------------------------------------------------------------------------------------------------- */

static bool is_inside(struct str text, size_t at)
{
	return at < text.n && ((unsigned char)text.p[at] & 0xc0) == 0x80;
}

/* The first hit of those that stand closest together. */
static size_t densest(const size_t *pairs, size_t count)
{
	size_t best = 0, most = 0;

	for (size_t i = 0, end = 0; i < count; i++) {
		while (end < count && pairs[2 * end] + pairs[2 * end + 1] <= pairs[2 * i] + SNIPPET - BEFORE)
			end++;
		if (end > i && end - i > most) {
			most = end - i;
			best = i;
		}
	}
	return best;
}

/* To the beginning of a word, if one is near. */
static size_t word_begin(struct str text, size_t at, size_t limit)
{
	for (size_t i = at; i < limit && i < at + 30; i++)
		if (i == 0 || text.p[i - 1] == ' ' || text.p[i - 1] == '\n')
			return i;
	while (is_inside(text, at))
		at++;
	return at;
}

static void put_piece(struct buf *out, struct str text, size_t from, size_t to)
{
	while (from < to) {
		struct str rest = {text.p + from, to - from};

		if (str_starts(rest, STR(HIT_BEGIN)) || str_starts(rest, STR(HIT_END))) { /* ours alone */
			from += 3;
			continue;
		}
		buf_char(out, (unsigned char)text.p[from] < ' ' ? ' ' : text.p[from]);
		from++;
	}
}

static void make_snippet(struct buf *out, struct str text, const size_t *pairs, size_t count)
{
	size_t first = count > 0 ? densest(pairs, count) : 0, from = 0, to, at;

	if (count > 0 && pairs[2 * first] > BEFORE)
		from = word_begin(text, pairs[2 * first] - BEFORE, pairs[2 * first]);
	to = from + SNIPPET < text.n ? from + SNIPPET : text.n;
	if (count > 0 && to < pairs[2 * first] + pairs[2 * first + 1])
		to = pairs[2 * first] + pairs[2 * first + 1];
	for (at = to; to < text.n && at > from + SNIPPET / 2 && at + 30 > to; at--)
		if (text.p[at] == ' ')
			break;
	if (to < text.n && at > from && text.p[at] == ' ' && (count == 0 || at >= pairs[2 * first] + pairs[2 * first + 1]))
		to = at;
	while (is_inside(text, to))
		to++;
	if (from > 0)
		buf_text(out, "…");
	at = from;
	for (size_t i = first; i < count && pairs[2 * i] + pairs[2 * i + 1] <= to; i++) {
		if (pairs[2 * i] < at)
			continue;
		put_piece(out, text, at, pairs[2 * i]);
		buf_text(out, HIT_BEGIN);
		at = pairs[2 * i] + pairs[2 * i + 1];
		put_piece(out, text, pairs[2 * i], at);
		buf_text(out, HIT_END);
	}
	put_piece(out, text, at, to);
	if (to < text.n)
		buf_text(out, "…");
}

int find_place(struct search *s, const struct query *query, uint32_t record, struct str id, const struct search_request *request,
	struct place *place, struct err *err)
{
	struct looking looking = {
		.s = s, .query = query, .request = request, .id = id, .place = place, .shown = query_shown(query)};
	sqlite3_stmt *statement = database_statement(&s->database, STATEMENT_RECORD_BY_KEY, err);
	struct binding b = bind_to(statement);
	int64_t passages;
	int result = -1, got;

	*place = (struct place){.found = false};
	if (statement == NULL)
		return -1;
	bind_number(&b, record);
	got = database_step(&s->database, &b, err);
	if (got != 1)
		return got;
	passages = sqlite3_column_int64(statement, 1);
	sqlite3_reset(statement);
	if (passages > 4 && take_likely(&looking, record, err) != 0)
		goto out;
	for (int64_t i = 0; i < passages && !looking.perfect && looking.looked < LOOK_MOST; i++) {
		if (take_passage(&looking, posting_key(record, (uint32_t)i), err) != 0)
			goto out;
		if (looking.shown == 0 && looking.place->found)
			break; /* nothing to show: the beginning does */
	}
	if (place->found)
		make_snippet(&place->snippet, buf_view(&looking.best_text), (const size_t *)(const void *)looking.best_ranges.p,
			looking.best_ranges.n / (2 * sizeof(size_t)));
	result = buf_check(&place->snippet, "what is shown of a record", err);
out:
	buf_release(&looking.ranges);
	buf_release(&looking.best_ranges);
	buf_release(&looking.best_text);
	buf_release(&looking.path);
	return result;
}

void place_release(struct place *place)
{
	buf_release(&place->path);
	buf_release(&place->block);
	buf_release(&place->snippet);
}
