/* Which records match, and in which order. docs/design.md "Search" has the reasons:
 *  - `terms` gives records from the newest on, without a look at where the words stand; up to KEEP of them are weighed.
 *  - where there are more, the tiers give those in which the words weigh most; the newest of each tier stand for it.
 *  - what is weighed, is weighed exactly, from the record's row in `impact`; that row also decides what FTS5 cannot, together with the keys of
 *    the phrases.
 * So the work is bounded whatever a word's frequency; all of a rare word's records are weighed. */
#include "internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define KEEP 500u         /* candidates that are weighed, of the newest and of each tier */
#define KEEP_ASKED 2000u  /* where FTS5's answer is to be looked through */
#define KEEP_MOST 10000u  /* however far somebody leafs */
#define COUNT_MOST 10000u /* records that are counted */
#define KEYS_MOST 3000u   /* records of one phrase */
#define POINTS_MOST 1000u /* questions whether one record has the phrase */
#define PREFIX_WORDS 64u
#define PROBE 256u

struct seeker {
	struct search *s;
	struct query *query;
	struct err *err;
	struct buf expression;
	struct buf keys; /* candidates, int64_t */
	int64_t last_key;
	unsigned points;
	bool missed; /* something was not looked at */
	/* of the record that is looked at */
	int64_t key, first_day, last_day;
	uint32_t passages;
	struct str impacts;
};

/* ---- phrases, NEAR, prefixes: the records that have them ------------------------------------------------------------------------------------------ */

static const char *column_of(enum part part)
{
	switch (part) {
	case PART_TITLE:
	case PART_HEADING:
		return "head : ";
	case PART_DESCRIPTION:
		return "description : ";
	case PART_LETTER:
		return "letter : ";
	case PART_INTRODUCTION:
		return "introduction : ";
	case PART_NOTE:
		return "note : ";
	case PART_BODY:
	case PARTS:
		break;
	}
	return "";
}

static int put_match(struct seeker *seeker, struct node *node, struct err *err)
{
	struct str rest = buf_view(&node->words), phrase;
	struct buf words = BUF_INIT;
	bool all = true;
	int result = 0;

	buf_text(&node->match, column_of(node->part));
	if (node->kind == NODE_PREFIX) {
		result = vocabulary_prefix(seeker->s, (struct str){rest.p, rest.n - 1}, PREFIX_WORDS, &words, &all, err);
		seeker->missed = seeker->missed || !all;
		if (words.n > 0)
			expression_any(&node->match, buf_view(&words), 0);
		else
			buf_clear(&node->match);
	} else if (node->kind == NODE_NEAR) {
		buf_text(&node->match, "NEAR(");
		while (rest.n > 0 && str_take_until(&rest, NEAR_SEPARATOR, &phrase)) {
			expression_quoted(&node->match, phrase);
			buf_char(&node->match, ' ');
		}
		buf_printf(&node->match, ", %u)", node->distance);
	} else {
		expression_quoted(&node->match, rest);
	}
	buf_release(&words);
	return result != 0 ? result : buf_check(&node->match, "the query", err);
}

/* The record whose passage this is. */
static int record_of(struct seeker *seeker, int64_t passage, int64_t *key, int64_t *end)
{
	sqlite3_stmt *statement = sql_get(seeker->s, STATEMENT_RECORD_OF, seeker->err);
	struct binding b = sql_bind(statement);
	int got;

	if (statement == NULL)
		return -1;
	sql_number(&b, passage);
	got = sql_step(seeker->s, &b, seeker->err);
	if (got != 1)
		return got;
	*key = sqlite3_column_int64(statement, 0);
	*end = *key + sqlite3_column_int64(statement, 1);
	sqlite3_reset(statement);
	return 1;
}

static int find_keys(struct seeker *seeker, struct node *node)
{
	sqlite3_stmt *statement;
	struct binding b;
	int64_t key = 0, end = 0;
	struct buf keys = BUF_INIT;
	int got = 0;

	node->keys_all = true;
	if (put_match(seeker, node, seeker->err) != 0)
		return -1;
	if (node->match.n == 0)
		return 0;
	statement = sql_get(seeker->s, STATEMENT_WORDS_FIND, seeker->err);
	if (statement == NULL)
		return -1;
	b = sql_bind(statement);
	sql_text(&b, buf_view(&node->match));
	while ((got = sql_step(seeker->s, &b, seeker->err)) == 1) {
		int64_t passage = sqlite3_column_int64(statement, 0);

		if (passage >= key && passage < end)
			continue;
		if (node->key_count == KEYS_MOST) {
			node->keys_all = false;
			sqlite3_reset(statement);
			got = 0;
			break;
		}
		got = record_of(seeker, passage, &key, &end);
		if (got < 0)
			break;
		if (got == 1) {
			buf_add(&keys, &key, sizeof(key));
			node->key_count++;
		}
	}
	node->keys = (int64_t *)(void *)keys.p;
	return got < 0 ? -1 : buf_check(&keys, "what was found", seeker->err);
}

/* ---- one record ------------------------------------------------------------------------------------------------------------------------------------ */

static int read_days(struct seeker *seeker)
{
	sqlite3_stmt *statement = sql_get(seeker->s, STATEMENT_RECORD_BY_KEY, seeker->err);
	struct binding b = sql_bind(statement);
	int got;

	if (statement == NULL)
		return -1;
	sql_number(&b, seeker->key);
	got = sql_step(seeker->s, &b, seeker->err);
	seeker->passages = 0;
	if (got != 1)
		return got;
	seeker->passages = (uint32_t)sqlite3_column_int64(statement, 1);
	seeker->first_day = sqlite3_column_int64(statement, 3);
	seeker->last_day = sqlite3_column_int64(statement, 4);
	sqlite3_reset(statement);
	return 1;
}

/* Whether the record has the phrase, asked for it alone. */
static int ask_point(struct seeker *seeker, const struct node *node)
{
	sqlite3_stmt *statement;
	struct binding b;
	int got;

	if (seeker->points == POINTS_MOST) {
		seeker->missed = true;
		return 0;
	}
	seeker->points++;
	statement = sql_get(seeker->s, STATEMENT_WORDS_IN, seeker->err);
	if (statement == NULL)
		return -1;
	b = sql_bind(statement);
	sql_text(&b, buf_view(&node->match));
	sql_number(&b, seeker->key);
	sql_number(&b, seeker->key + seeker->passages);
	got = sql_step(seeker->s, &b, seeker->err);
	if (got == 1)
		sqlite3_reset(statement);
	return got;
}

static int has_key(struct seeker *seeker, const struct node *node)
{
	size_t low = 0, high = node->key_count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (node->keys[middle] == seeker->key)
			return 1;
		if (node->keys[middle] > seeker->key)
			low = middle + 1;
		else
			high = middle;
	}
	if (node->keys_all || node->key_count == 0 || seeker->key > node->keys[node->key_count - 1])
		return 0;
	return ask_point(seeker, node);
}

static unsigned best_impact(const struct seeker *seeker, const uint32_t *hashes, size_t count)
{
	unsigned best = 0;

	for (size_t i = 0; i < count && hashes[i] != 0; i++) {
		unsigned impact = impact_find(seeker->impacts, hashes[i]);

		best = impact > best ? impact : best;
	}
	return best;
}

/* 1, 0, or -1. As deep as parentheses may be. */
static int fulfils(struct seeker *seeker, int number)
{
	const struct query *query = seeker->query;
	const struct node *node = &query->nodes[number];
	int holds = node->kind == NODE_AND;

	switch (node->kind) {
	case NODE_TERM:
		return best_impact(seeker, node->hashes, node->hash_count) > 0;
	case NODE_PHRASE:
	case NODE_NEAR:
	case NODE_PREFIX:
		return has_key(seeker, node);
	case NODE_DATE:
		return seeker->first_day <= node->last_day && seeker->last_day >= node->first_day &&
		       seeker->first_day <= seeker->last_day;
	case NODE_AND:
	case NODE_OR:
		break;
	}
	for (int child = node->child; child >= 0; child = query->nodes[child].next) {
		int got = fulfils(seeker, child);

		if (got < 0)
			return -1;
		if (query->nodes[child].negative)
			got = !got;
		if (got != holds)
			return got;
	}
	return holds;
}

static double weigh(const struct seeker *seeker)
{
	double sum = 0;

	for (int i = 0; i < seeker->query->count; i++) {
		const struct node *node = &seeker->query->nodes[i];
		double part = 0;
		size_t groups = 0;

		if (node->leaf < 0 || node->field)
			continue;
		if (node->kind == NODE_PREFIX) {
			sum += node->rarity * 0.5;
			continue;
		}
		for (size_t at = 0; at < node->hash_count; groups++) {
			part += best_impact(seeker, node->hashes + at, node->hash_count - at) / 256.0;
			while (at < node->hash_count && node->hashes[at] != 0)
				at++;
			at++;
		}
		if (groups > 0)
			sum += node->rarity * part / (double)groups * (node->kind == NODE_TERM ? 1.0 : 1.2);
	}
	return sum;
}

/* ---- candidates ------------------------------------------------------------------------------------------------------------------------------------ */

/* Adds up to `keep` records to the candidates and goes on counting up to `count`; *counted is how many there were. */
static int gather(struct seeker *seeker, enum statement_id id, size_t keep, size_t count, size_t *counted)
{
	sqlite3_stmt *statement = sql_get(seeker->s, id, seeker->err);
	struct binding b = sql_bind(statement);
	int got = 0;

	*counted = 0;
	if (statement == NULL || buf_check(&seeker->expression, "the query", seeker->err) != 0)
		return -1;
	if (id == STATEMENT_TERMS_FIND)
		sql_text(&b, buf_view(&seeker->expression));
	while (*counted < count && (got = sql_step(seeker->s, &b, seeker->err)) == 1) {
		int64_t key = sqlite3_column_int64(statement, 0);

		if (*counted < keep)
			buf_add(&seeker->keys, &key, sizeof(key));
		++*counted;
	}
	sqlite3_reset(statement);
	return got < 0 ? -1 : 0;
}

static size_t key_count(const struct seeker *seeker)
{
	return seeker->keys.n / sizeof(int64_t);
}

/* A phrase that must be there, of which few records have one. */
static const struct node *rare_phrase(const struct query *query)
{
	const struct node *root = &query->nodes[query->root], *best = NULL;
	int child = root->kind == NODE_AND ? root->child : query->root;

	for (; child >= 0; child = root->kind == NODE_AND ? query->nodes[child].next : -1) {
		const struct node *node = &query->nodes[child];

		if (node->negative || !node->keys_all ||
			(node->kind != NODE_PHRASE && node->kind != NODE_NEAR && node->kind != NODE_PREFIX))
			continue;
		if (best == NULL || node->key_count < best->key_count)
			best = node;
	}
	return best;
}

static int descending(const void *a, const void *b)
{
	int64_t first = *(const int64_t *)a, second = *(const int64_t *)b;

	return first < second ? 1 : first > second ? -1 : 0;
}

static void settle_keys(struct seeker *seeker)
{
	int64_t *keys = (int64_t *)(void *)seeker->keys.p;
	size_t count = key_count(seeker), kept = 0;

	if (count == 0)
		return;
	if (count > 1)
		qsort(keys, count, sizeof(*keys), descending);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || keys[i] != keys[i - 1])
			keys[kept++] = keys[i];
	seeker->keys.n = kept * sizeof(*keys);
}

static int gather_tiers(struct seeker *seeker, size_t keep)
{
	for (unsigned tier = TIERS; tier > 0; tier--) {
		size_t counted;

		buf_clear(&seeker->expression);
		expression_put(seeker->query, seeker->query->root, tier, &seeker->expression);
		if (gather(seeker, STATEMENT_TERMS_FIND, keep, keep, &counted) != 0)
			return -1;
		if (counted >= keep)
			break;
	}
	return 0;
}

/* *total: of what FTS5 counted; *all: the candidates are all that can match. */
static int gather_candidates(struct seeker *seeker, bool exact, size_t wanted, size_t *total, bool *all)
{
	const struct query *query = seeker->query;
	const struct node *phrase = rare_phrase(query);
	size_t keep = exact ? KEEP : KEEP_ASKED;

	keep = wanted > keep ? wanted : keep;
	keep = keep > KEEP_MOST ? KEEP_MOST : keep;
	*all = true;
	*total = 0;
	if (phrase != NULL) {
		buf_add(&seeker->keys, phrase->keys, phrase->key_count * sizeof(*phrase->keys));
		return 0;
	}
	buf_clear(&seeker->expression);
	if (expression_put(query, query->root, 0, &seeker->expression)) {
		if (gather(seeker, STATEMENT_TERMS_FIND, keep, exact ? COUNT_MOST + 1 : keep + 1, total) != 0)
			return -1;
		*all = *total <= keep;
		return !*all && expression_has_tiers(query) ? gather_tiers(seeker, keep) : 0;
	}
	/* FTS5 cannot say: whatever has one of the phrases, or any record. */
	for (int i = 0; i < query->count; i++) {
		const struct node *node = &query->nodes[i];

		if (node->key_count > 0)
			buf_add(&seeker->keys, node->keys, node->key_count * sizeof(*node->keys));
		*all = *all && (node->match.n == 0 || node->keys_all);
	}
	if (seeker->keys.n == 0 && gather(seeker, STATEMENT_RECORDS, keep, keep + 1, total) != 0)
		return -1;
	*all = *all && *total <= keep;
	return 0;
}

/* ---- preparing -------------------------------------------------------------------------------------------------------------------------------------- */

static void make_hashes(struct node *node)
{
	struct str rest = buf_view(&node->terms), term;

	node->hashes = mem_array(node->terms.n + 1, sizeof(*node->hashes));
	while (rest.n > 0 && str_take_until(&rest, WORD_SEPARATOR, &term)) {
		if (term.n > 0 && term.p[0] == NEAR_SEPARATOR) {
			node->hashes[node->hash_count++] = 0;
			term = (struct str){term.p + 1, term.n - 1};
		}
		if (term.n > 0)
			node->hashes[node->hash_count++] = term_hash(term);
	}
}

static double rarity_of(double records, double of)
{
	return log(1.0 + (of - records + 0.5 > 0 ? of - records + 0.5 : 0.5) / (records + 0.5));
}

/* How many records have it, from how far back the newest PROBE of them reach. */
static int probe(struct seeker *seeker, struct node *node)
{
	size_t before = seeker->keys.n, counted = 0;
	double records;
	int64_t last;

	if (node->kind != NODE_TERM) {
		node->rarity = rarity_of((double)node->key_count, (double)seeker->last_key);
		return 0;
	}
	buf_clear(&seeker->expression);
	if (expression_leaf(node, 0, &seeker->expression) && gather(seeker, STATEMENT_TERMS_FIND, PROBE, PROBE, &counted) != 0)
		return -1;
	records = (double)counted;
	if (counted == PROBE) {
		memcpy(&last, seeker->keys.p + seeker->keys.n - sizeof(last), sizeof(last));
		records *= (double)seeker->last_key / (double)(seeker->last_key - last + 1);
	}
	seeker->keys.n = before;
	node->rarity = rarity_of(records, (double)seeker->last_key);
	return 0;
}

static int prepare(struct seeker *seeker)
{
	sqlite3_stmt *statement = sql_get(seeker->s, STATEMENT_LAST_KEY, seeker->err);
	struct binding b = sql_bind(statement);
	struct query *query = seeker->query;
	int weighing = 0;

	if (statement == NULL || sql_step(seeker->s, &b, seeker->err) != 1)
		return -1;
	seeker->last_key = sqlite3_column_int64(statement, 0);
	sqlite3_reset(statement);
	for (int i = 0; i < query->count; i++) {
		struct node *node = &query->nodes[i];

		if (node->leaf < 0)
			continue;
		make_hashes(node);
		node->rarity = 1.0;
		weighing += !node->field;
		if (node->kind != NODE_TERM && node->kind != NODE_DATE && find_keys(seeker, node) != 0)
			return -1;
	}
	for (int i = 0; i < query->count && weighing > 1; i++)
		if (query->nodes[i].leaf >= 0 && !query->nodes[i].field && probe(seeker, &query->nodes[i]) != 0)
			return -1;
	return 0;
}

static int by_score(const void *a, const void *b)
{
	const struct found *first = a, *second = b;

	if (first->score < second->score)
		return 1;
	if (first->score > second->score)
		return -1;
	return first->key < second->key ? 1 : first->key > second->key ? -1 : 0;
}

/* Weighs the candidates that match. */
static int weigh_all(struct seeker *seeker, bool exact, struct finding *finding)
{
	const int64_t *keys = (const int64_t *)(const void *)seeker->keys.p;
	size_t count = key_count(seeker);

	finding->of = mem_array(count + 1, sizeof(*finding->of));
	for (size_t i = 0; i < count; i++) {
		sqlite3_stmt *statement = sql_get(seeker->s, STATEMENT_IMPACT_GET, seeker->err);
		struct binding b = sql_bind(statement);
		int got;

		if (statement == NULL)
			return -1;
		sql_number(&b, keys[i]);
		got = sql_step(seeker->s, &b, seeker->err);
		if (got < 0)
			return -1;
		if (got == 0)
			continue;
		seeker->key = keys[i];
		seeker->impacts = sql_column(statement, 0);
		if (!exact)
			got = read_days(seeker) < 0 ? -1 : fulfils(seeker, seeker->query->root);
		if (got == 1)
			finding->of[finding->count++] = (struct found){.key = keys[i], .score = weigh(seeker)};
		sqlite3_reset(statement);
		if (got < 0)
			return -1;
	}
	if (finding->count > 1)
		qsort(finding->of, finding->count, sizeof(*finding->of), by_score);
	return 0;
}

int find_records(struct search *s, struct query *query, size_t wanted, struct finding *finding, struct err *err)
{
	struct seeker seeker = {.s = s, .query = query, .err = err};
	bool exact = expression_exact(query, query->root), all = true;
	size_t total = 0;
	int result = -1;

	*finding = (struct finding){.of = NULL};
	if (prepare(&seeker) != 0 || gather_candidates(&seeker, exact, wanted, &total, &all) != 0)
		goto out;
	settle_keys(&seeker);
	if (buf_check(&seeker.keys, "what was found", err) != 0 || weigh_all(&seeker, exact, finding) != 0)
		goto out;
	finding->total = exact && total > finding->count ? total : finding->count;
	finding->least = seeker.missed || (exact ? total > COUNT_MOST : !all);
	if (exact && total > COUNT_MOST)
		finding->total = COUNT_MOST > finding->count ? COUNT_MOST : finding->count;
	result = 0;
out:
	buf_release(&seeker.expression);
	buf_release(&seeker.keys);
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
