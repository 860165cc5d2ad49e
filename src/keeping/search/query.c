/* What was typed, as a tree. docs/search.md. Every text is a query: what does not follow the grammar is looked for as words. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

#include "record/record.h"

struct parser {
	struct query *query;
	struct stemmers *stemmers;
	uint32_t languages;
	size_t at;
	struct token token; /* the next one */
	enum part part;     /* in: */
	const char *why;
};

static const struct {
	const char *name;
	enum part part;
} part_names[] = {
	{"notes", PART_NOTE},
	{"note", PART_NOTE},
	{"letter", PART_LETTER},
	{"introduction", PART_INTRODUCTION},
	{"title", PART_TITLE},
	{"description", PART_DESCRIPTION},
	{"headings", PART_HEADING},
	{"heading", PART_HEADING},
};

/* ---- nodes ---------------------------------------------------------------------------------------------------------------------------------- */

static void advance(struct parser *parser)
{
	token_next(buf_view(&parser->query->text), &parser->at, &parser->token, &parser->why);
}

static int new_node(struct parser *parser, enum node_kind kind)
{
	struct query *query = parser->query;
	struct node *node;

	if (query->count == (int)QUERY_NODES_MAX) {
		query->cut = true;
		return -1;
	}
	node = &query->nodes[query->count];
	*node = (struct node){.kind = kind, .child = -1, .next = -1, .leaf = -1, .part = PARTS};
	return query->count++;
}

static int new_leaf(struct parser *parser, enum node_kind kind, const struct token *token)
{
	struct query *query = parser->query;
	int number;

	if (query->leaves == (int)QUERY_LEAVES_MAX) {
		query->cut = true;
		return -1;
	}
	number = new_node(parser, kind);
	if (number >= 0) {
		query->nodes[number].leaf = query->leaves++;
		query->nodes[number].typed = token->typed;
		query->nodes[number].part = parser->part;
	}
	return number;
}

static void append_child(struct query *query, int parent, int child)
{
	int *link = &query->nodes[parent].child;

	while (*link >= 0)
		link = &query->nodes[*link].next;
	*link = child;
}

/* `field`: its letter; 0: a word of a text. */
static void put_term(struct buf *terms, size_t group, char field, struct str text)
{
	struct buf term = BUF_INIT;
	struct str rest = {terms->n > 0 ? terms->p + group : "", terms->n - group}, other;
	bool there = false;

	if (field != 0) {
		buf_char(&term, TERM_FIELD);
		buf_char(&term, field);
	}
	buf_str(&term, text);
	while (rest.n > 0 && str_take_until(&rest, WORD_SEPARATOR, &other))
		there = there || str_equal(other, buf_view(&term));
	if (!there && text.n > 0) {
		buf_str(terms, buf_view(&term));
		buf_char(terms, WORD_SEPARATOR);
	}
	buf_release(&term);
}

/* The terms that a word of a text may have in the index: as it is, and its stem in each language. */
static void put_variants(struct parser *parser, struct buf *terms, const struct word *word)
{
	size_t group = terms->n;
	struct buf text = BUF_INIT, folded = BUF_INIT;

	fold_word(word->raw, &text);
	buf_str(&folded, buf_view(&text));
	put_term(terms, group, 0, buf_view(&text));
	for (unsigned i = 1; i <= stemmer_count() && !word->pair; i++) {
		if ((parser->languages & 1u << (i - 1)) == 0)
			continue;
		buf_clear(&text);
		stem_word(parser->stemmers, i, word->raw, &text);
		put_term(terms, group, 0, buf_view(&text));
		buf_clear(&text);
		stem_word(parser->stemmers, i, buf_view(&folded), &text);
		put_term(terms, group, 0, buf_view(&text));
	}
	buf_release(&folded);
	buf_release(&text);
}

/* Adds the words of `text` to the node; how many there are. The last letter of a run at the very end stands in the way of longer ones. */
static size_t put_words(struct parser *parser, int number, struct str text, struct word *only)
{
	struct node *node = &parser->query->nodes[number];
	struct words words = {.text = text};
	struct word word, next;
	bool more = words_next(&words, &word);
	size_t count = 0;

	while (more) {
		more = words_next(&words, &next);
		if (!more && word.last && count > 0)
			break;
		fold_word(word.raw, &node->words);
		buf_char(&node->words, WORD_SEPARATOR);
		buf_str(&node->raw, word.raw);
		buf_char(&node->raw, WORD_SEPARATOR);
		if (node->terms.n > 0)
			buf_char(&node->terms, NEAR_SEPARATOR);
		put_variants(parser, &node->terms, &word);
		*only = word;
		word = next;
		count++;
	}
	return count;
}

static void drop_leaf(struct query *query, int number)
{
	struct node *node = &query->nodes[number];

	buf_release(&node->words);
	buf_release(&node->raw);
	buf_release(&node->terms);
	query->count--;
	query->leaves--;
}

/* -1: nothing to look for. */
static int make_phrase(struct parser *parser, const struct token *token)
{
	struct word only;
	int number = new_leaf(parser, NODE_PHRASE, token);
	size_t count;

	if (number < 0)
		return -1;
	count = put_words(parser, number, token->text, &only);
	if (count == 0) {
		drop_leaf(parser->query, number);
		return -1;
	}
	if (count == 1 && only.last) { /* one letter of a script without spaces begins pairs */
		parser->query->nodes[number].kind = NODE_PREFIX;
		buf_clear(&parser->query->nodes[number].terms);
	}
	return number;
}

static int make_word(struct parser *parser, const struct token *token)
{
	int number = make_phrase(parser, token);
	struct node *node = &parser->query->nodes[number < 0 ? 0 : number];
	struct str rest;

	if (number < 0 || node->kind == NODE_PREFIX)
		return number;
	rest = buf_view(&node->words);
	if (memchr(rest.p, WORD_SEPARATOR, rest.n - 1) == NULL)
		node->kind = token->star ? NODE_PREFIX : NODE_TERM;
	if (node->kind == NODE_PREFIX)
		buf_clear(&node->terms);
	return number;
}

/* creator:, type:, place:, id:, title: each word must be there. */
static int make_field(struct parser *parser, const struct token *token, char letter)
{
	struct query *query = parser->query;
	int parent = new_node(parser, NODE_AND);
	struct words words = {.text = token->text};
	struct word word;
	size_t count = 0;

	if (parent < 0)
		return -1;
	while (words_next(&words, &word)) {
		int number;

		if (word.last && count > 0)
			continue;
		number = new_leaf(parser, NODE_TERM, token);
		if (number < 0)
			break;
		if (letter == 't') {
			query->nodes[number].part = PART_TITLE;
			put_variants(parser, &query->nodes[number].terms, &word);
		} else {
			struct buf text = BUF_INIT;

			query->nodes[number].field = true;
			fold_word(word.raw, &text);
			put_term(&query->nodes[number].terms, 0, letter, buf_view(&text));
			buf_release(&text);
		}
		fold_word(word.raw, &query->nodes[number].words);
		buf_char(&query->nodes[number].words, WORD_SEPARATOR);
		buf_str(&query->nodes[number].raw, word.raw);
		buf_char(&query->nodes[number].raw, WORD_SEPARATOR);
		append_child(query, parent, number);
		count++;
	}
	if (count == 0)
		parser->why = "a field is given no value";
	return parent;
}

static int make_language(struct parser *parser, const struct token *token)
{
	int number = new_leaf(parser, NODE_TERM, token);
	struct node *node;

	if (number < 0)
		return -1;
	node = &parser->query->nodes[number];
	node->field = true;
	buf_printf(&node->terms, "%cl", TERM_FIELD);
	for (size_t i = 0; i < token->text.n; i++) {
		char c = token->text.p[i];

		buf_char(&node->terms, c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c == '_' ? '-' : c < ' ' ? '?' : c);
	}
	buf_char(&node->terms, WORD_SEPARATOR);
	return number;
}

static bool read_day(struct str text, int64_t none, bool first, int64_t *day)
{
	struct edtf edtf;

	*day = none;
	if (text.n == 0)
		return true;
	if (edtf_parse(text, &edtf, NULL) != 0)
		return false;
	*day = first ? edtf.days.first : edtf.days.last;
	return true;
}

/* 1917, 1917-11, 1917..1927, ..1927, 1917.., and EDTF. */
static int make_date(struct parser *parser, const struct token *token)
{
	struct str text = token->text, left = text, right = text;
	int number = new_leaf(parser, NODE_DATE, token);
	struct node *node;

	if (number < 0)
		return -1;
	node = &parser->query->nodes[number];
	node->field = true;
	for (size_t i = 0; i + 1 < text.n; i++)
		if (text.p[i] == '.' && text.p[i + 1] == '.') {
			left = (struct str){text.p, i};
			right = (struct str){text.p + i + 2, text.n - i - 2};
			break;
		}
	if (text.n == 0 || (left.n == 0 && right.n == 0) || !read_day(left, EDTF_OPEN_FIRST, true, &node->first_day) ||
		!read_day(right, EDTF_OPEN_LAST, false, &node->last_day) || node->first_day > node->last_day) {
		parser->why = "a date is given as 1927, 1927-11, 1917..1927, 1917.. or ..1927";
		return number;
	}
	decade_terms_asked(&node->terms, node->first_day, node->last_day, &node->unsure);
	return number;
}

static int make_leaf(struct parser *parser, const struct token *token)
{
	if (token->field.n == 0)
		return token->kind == TOKEN_PHRASE ? make_phrase(parser, token) : make_word(parser, token);
	switch (token->field.p[0]) {
	case 'c':
	case 'p':
		return make_field(parser, token, token->field.p[0]);
	case 't':
		return make_field(parser, token, token->field.n == 4 ? 'y' : 't');
	case 'd':
		return make_date(parser, token);
	case 'l':
		return make_language(parser, token);
	default:
		return token->field.n == 2 && token->field.p[1] == 'd' ? make_field(parser, token, 'i')
								       : -1; /* in: was read before */
	}
}

/* ---- grammar --------------------------------------------------------------------------------------------------------------------------------- */

static int parse_or(struct parser *parser, unsigned depth);

/* a NEAR/5 b NEAR/5 c: the node of the first becomes the node of all. */
static void parse_near(struct parser *parser, int number)
{
	struct query *query = parser->query;
	unsigned distance = 0;

	while (parser->token.kind == TOKEN_NEAR && parser->why == NULL) {
		struct token token;
		struct word only;

		distance = parser->token.distance > distance ? parser->token.distance : distance;
		advance(parser);
		token = parser->token;
		if ((token.kind != TOKEN_WORD && token.kind != TOKEN_PHRASE) || token.field.n > 0 || number < 0 ||
			(query->nodes[number].kind != NODE_TERM && query->nodes[number].kind != NODE_PHRASE &&
				query->nodes[number].kind != NODE_NEAR) ||
			query->nodes[number].field) {
			parser->why = "NEAR stands between two words or phrases";
			return;
		}
		advance(parser);
		query->nodes[number].kind = NODE_NEAR;
		buf_char(&query->nodes[number].words, NEAR_SEPARATOR);
		buf_char(&query->nodes[number].raw, NEAR_SEPARATOR);
		if (put_words(parser, number, token.text, &only) == 0)
			parser->why = "NEAR stands between two words or phrases";
		query->nodes[number].distance = distance;
	}
}

static int parse_primary(struct parser *parser, unsigned depth)
{
	struct token token = parser->token;
	int number;

	if (token.kind == TOKEN_OPEN) {
		if (depth == QUERY_DEPTH_MAX) {
			parser->why = "it is nested too deeply";
			return -1;
		}
		advance(parser);
		number = parse_or(parser, depth + 1);
		if (parser->why == NULL && parser->token.kind != TOKEN_CLOSE)
			parser->why = "a parenthesis is not closed";
		advance(parser);
		return number;
	}
	if (token.kind != TOKEN_WORD && token.kind != TOKEN_PHRASE) {
		parser->why = "AND, OR and NOT stand before or between words";
		return -1;
	}
	number = make_leaf(parser, &token);
	advance(parser);
	parse_near(parser, number);
	return number;
}

static int parse_and(struct parser *parser, unsigned depth)
{
	struct query *query = parser->query;
	int parent = new_node(parser, NODE_AND), children = 0, positive = 0;
	bool wanted = true, any = false;

	if (parent < 0)
		return -1;
	while (parser->why == NULL) {
		bool negative = false;
		int child;

		if (parser->token.kind == TOKEN_AND && any) {
			advance(parser);
			wanted = true;
		}
		if (!wanted &&
			(parser->token.kind == TOKEN_END || parser->token.kind == TOKEN_CLOSE || parser->token.kind == TOKEN_OR))
			break;
		while (parser->token.kind == TOKEN_NOT) {
			negative = !negative;
			advance(parser);
		}
		child = parse_primary(parser, depth);
		wanted = false;
		any = true;
		if (child < 0 || parser->why != NULL)
			continue;
		query->nodes[child].negative = negative;
		append_child(query, parent, child);
		children++;
		positive += !negative;
	}
	if (parser->why == NULL && children > 0 && positive == 0)
		parser->why = "it only says what must not be there";
	return children > 0 ? parent : -1;
}

static int parse_or(struct parser *parser, unsigned depth)
{
	struct query *query = parser->query;
	int first = parse_and(parser, depth), parent = -1;

	while (parser->why == NULL && parser->token.kind == TOKEN_OR) {
		int other;

		advance(parser);
		other = parse_and(parser, depth);
		if (other < 0)
			continue;
		if (first < 0) {
			first = other;
			continue;
		}
		if (parent < 0) {
			parent = new_node(parser, NODE_OR);
			if (parent < 0)
				return first;
			append_child(query, parent, first);
		}
		append_child(query, parent, other);
	}
	return parent >= 0 ? parent : first;
}

/* in: is said once, anywhere, of all words. */
static void find_part(struct parser *parser)
{
	advance(parser);
	while (parser->token.kind != TOKEN_END) {
		if (str_equal(parser->token.field, STR("in"))) {
			bool known = false;

			for (size_t i = 0; i < sizeof(part_names) / sizeof(part_names[0]); i++) {
				if (!str_equal(parser->token.text, str_from(part_names[i].name)))
					continue;
				parser->part = part_names[i].part;
				known = true;
			}
			if (!known)
				parser->why = "in: takes notes, letter, introduction, title, headings or description";
		}
		advance(parser);
	}
	parser->at = 0;
}

static void forget_nodes(struct query *query)
{
	for (int i = 0; i < query->count; i++) {
		buf_release(&query->nodes[i].words);
		buf_release(&query->nodes[i].raw);
		buf_release(&query->nodes[i].terms);
	}
	query->count = query->leaves = 0;
	query->root = -1;
}

static bool is_operator(struct str text)
{
	struct token token = {.text = text};

	return token_operator(&token);
}

/* Behind NEAR. */
static void skip_distance(struct words *words)
{
	if (words->at > 4 && words->at < words->text.n && words->text.p[words->at] == '/' && words->text.p[words->at - 1] == 'R')
		for (words->at++; words->at < words->text.n && words->text.p[words->at] >= '0' && words->text.p[words->at] <= '9';)
			words->at++;
}

/* All words, whatever stands between them. */
static void parse_plain(struct parser *parser)
{
	struct query *query = parser->query;
	struct words words = {.text = buf_view(&query->text)};
	struct word word;
	int parent = new_node(parser, NODE_AND);
	bool any = false, before = false;

	parser->part = PARTS;
	while (words_next(&words, &word)) {
		struct token token = {.kind = TOKEN_WORD, .text = word.raw, .typed = word.raw};
		int number;

		if (is_operator(word.raw) || (word.last && before)) {
			skip_distance(&words);
			continue;
		}
		before = word.pair && !word.last;
		number = make_word(parser, &token);
		if (number < 0)
			break;
		append_child(query, parent, number);
		any = true;
	}
	query->root = any ? parent : -1;
}

static void note_beginnings(struct query *query, struct str list)
{
	struct str item;

	while (list.n > 0 && str_take_until(&list, WORD_SEPARATOR, &item)) {
		if (item.n > 1 && item.p[0] == NEAR_SEPARATOR)
			item = (struct str){item.p + 1, item.n - 1};
		if (item.n > 0)
			query->begins[(unsigned char)item.p[0]] = true;
	}
}

/* What must not be there is not shown either. As deep as parentheses may be. */
static void exclude(struct query *query, int number, bool excluded)
{
	struct node *node = &query->nodes[number];

	excluded = excluded || node->negative;
	if (node->leaf >= 0 && excluded)
		node->field = true;
	if (node->leaf >= 0 && !node->field) {
		note_beginnings(query, buf_view(&node->words));
		note_beginnings(query, buf_view(&node->terms));
	}
	for (int child = node->child; child >= 0; child = query->nodes[child].next)
		exclude(query, child, excluded);
}

void query_parse(struct query *query, struct str text, uint32_t languages, struct stemmers *stemmers)
{
	struct parser parser = {.query = query, .stemmers = stemmers, .languages = languages, .part = PARTS};
	size_t n = text.n < QUERY_BYTES_MAX ? text.n : QUERY_BYTES_MAX;

	memset(query, 0, sizeof(*query));
	query->root = -1;
	query->cut = n < text.n;
	while (n < text.n && n > 0 && ((unsigned char)text.p[n] & 0xc0) == 0x80)
		n--;
	for (size_t i = 0; i < n; i++)
		buf_char(&query->text, (unsigned char)text.p[i] < ' ' || text.p[i] == 0x7f ? ' ' : text.p[i]);
	find_part(&parser);
	if (parser.why == NULL) {
		advance(&parser);
		if (parser.token.kind != TOKEN_END)
			query->root = parse_or(&parser, 0);
		if (parser.why == NULL && parser.token.kind == TOKEN_CLOSE)
			parser.why = "a parenthesis is closed that was not opened";
	}
	if (parser.why == NULL && query->root >= 0) {
		exclude(query, query->root, false);
		return;
	}
	forget_nodes(query);
	query->why = parser.why;
	parse_plain(&parser);
	query->plain = query->root >= 0 && query->why != NULL;
	if (query->root >= 0)
		exclude(query, query->root, false);
}

void query_release(struct query *query)
{
	forget_nodes(query);
	buf_release(&query->text);
}
