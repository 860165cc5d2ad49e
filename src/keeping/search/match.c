/* The words of a query in a text: for snippets, and for marking what is shown. */
#include "internal.h"

#include <stdlib.h>

static bool holds(const struct buf *list, struct str text)
{
	struct str rest = buf_view(list), item;

	while (rest.n > 0 && str_take_until(&rest, WORD_SEPARATOR, &item)) {
		if (item.n > 0 && item.p[0] == NEAR_SEPARATOR)
			item = (struct str){item.p + 1, item.n - 1};
		if (str_equal(item, text))
			return true;
	}
	return false;
}

static bool is_satisfied(const struct node *node, struct str form, struct str stem, struct str also)
{
	switch (node->kind) {
	case NODE_TERM:
		return holds(&node->terms, stem) || holds(&node->terms, also) || holds(&node->terms, form);
	case NODE_PHRASE:
	case NODE_NEAR:
		return holds(&node->words, form);
	case NODE_PREFIX:
		return node->words.n > 1 && str_starts(form, (struct str){node->words.p, node->words.n - 1});
	case NODE_AND:
	case NODE_OR:
	case NODE_DATE:
		return false;
	}
	return false;
}

uint64_t match_word(struct lexicon *lexicon, const struct query *query, struct lexeme *lexeme)
{
	struct str form = lexicon->terms[lexeme->form].text, stem = lexicon->terms[lexeme->stem].text,
		   also = lexicon->terms[lexeme->also].text;

	if (lexeme->seen == lexicon->query)
		return lexeme->mask;
	lexeme->seen = lexicon->query;
	lexeme->mask = 0;
	for (int i = 0; i < query->count; i++) {
		const struct node *node = &query->nodes[i];

		if (node->leaf >= 0 && !node->field && is_satisfied(node, form, stem, also))
			lexeme->mask |= (uint64_t)1 << node->leaf;
	}
	return lexeme->mask;
}

/* ---- ranges -------------------------------------------------------------------------------------------------------------------------------- */

struct hit {
	size_t at, length;
	uint64_t mask;
	uint32_t number; /* of the word in the text */
	uint32_t form;
	bool marked;
};

/* Marks the phrases among the hits that stand one word after the other. */
static bool mark_phrases(const struct lexicon *lexicon, const struct node *node, struct hit *hits, size_t count)
{
	struct str words[64], rest = buf_view(&node->words);
	size_t n = 0;
	bool any = false;

	while (n < 64 && rest.n > 0 && str_take_until(&rest, WORD_SEPARATOR, &words[n]))
		n += words[n].n > 0;
	for (size_t i = 0; n > 0 && i + n <= count; i++) {
		size_t k = 0;

		while (k < n && hits[i + k].number == hits[i].number + k &&
			str_equal(lexicon->terms[hits[i + k].form].text, words[k]))
			k++;
		for (size_t j = 0; k == n && j < n; j++)
			any = hits[i + j].marked = true;
	}
	return any;
}

static uint64_t mark_hits(const struct lexicon *lexicon, const struct query *query, struct hit *hits, size_t count)
{
	uint64_t leaves = 0;

	for (int i = 0; i < query->count; i++) {
		const struct node *node = &query->nodes[i];
		uint64_t bit;

		if (node->leaf < 0 || node->field)
			continue;
		bit = (uint64_t)1 << node->leaf;
		if (node->kind == NODE_PHRASE) {
			leaves |= mark_phrases(lexicon, node, hits, count) ? bit : 0;
			continue;
		}
		for (size_t k = 0; k < count; k++)
			if ((hits[k].mask & bit) != 0) {
				hits[k].marked = true;
				leaves |= bit;
			}
	}
	return leaves;
}

/* A small or capital Latin letter stays what it is when its word is folded. */
static bool cannot_match(const struct query *query, struct str raw)
{
	unsigned char first = raw.n > 0 ? (unsigned char)raw.p[0] : 0;

	if (first >= 'A' && first <= 'Z')
		first = (unsigned char)(first + ('a' - 'A'));
	return first >= 'a' && first <= 'z' && !query->begins[first];
}

void match_text(struct lexicon *lexicon, const struct query *query, unsigned language, struct str text, struct buf *ranges,
	uint64_t *leaves)
{
	struct words words = {.text = text};
	struct buf hits = BUF_INIT;
	bool filter = stemmer_keeps_beginnings(language);
	struct word word;
	size_t count, end = 0;
	struct hit *all;

	for (uint32_t number = 0; words_next(&words, &word); number++) {
		if (filter && cannot_match(query, word.raw)) /* mostly: neither folded nor stemmed */
			continue;
		struct lexeme *lexeme = lexicon_word(lexicon, word.pair ? 0 : language, word.raw);
		struct hit hit = {.at = word.at, .length = word.length, .number = number, .form = lexeme->form};

		hit.mask = match_word(lexicon, query, lexeme);
		if (hit.mask != 0)
			buf_add(&hits, &hit, sizeof(hit));
	}
	count = hits.n / sizeof(struct hit);
	all = (struct hit *)(void *)hits.p;
	*leaves = count > 0 ? mark_hits(lexicon, query, all, count) : 0;
	for (size_t i = 0; i < count; i++) {
		size_t from = all[i].at < end ? end : all[i].at, to = all[i].at + all[i].length; /* pairs overlap */
		size_t pair[2] = {from, to - from};

		if (!all[i].marked || to <= from)
			continue;
		if (ranges != NULL)
			buf_add(ranges, pair, sizeof(pair));
		end = to;
	}
	buf_release(&hits);
}

int search_mark(struct str query_text, struct str language, struct str text, struct buf *ranges, struct err *err)
{
	struct query *query = mem_alloc(sizeof(*query));
	unsigned own = stemmer_find(language);
	struct lexicon lexicon;
	uint64_t leaves;
	int result = 0;

	lexicon_init(&lexicon);
	lexicon.query = 1;
	query_parse(query, query_text, own != 0 ? 1u << (own - 1) : 0, &lexicon.stemmers);
	if (query->root < 0)
		result = err_set(err, ERR_USAGE, "there is nothing to look for");
	else
		match_text(&lexicon, query, own, text, ranges, &leaves);
	query_release(query);
	lexicon_release(&lexicon);
	free(query);
	return result != 0 ? result : buf_check(ranges, "the places to mark", err);
}
