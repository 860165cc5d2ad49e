/* What was typed, in pieces. */
#include "internal.h"

#include <string.h>

#define NEAR_USUAL 10u
#define NEAR_MOST 100u

static const char *const field_names[] = {"creator", "title", "date", "lang", "language", "type", "place", "in", "id"};
struct reader {
	struct str text;
	size_t at;
	struct token token;
	const char *why;
};

/* How many bytes of a quotation mark stand here; 0: none. */
static size_t quote_at(struct str text, size_t at)
{
	static const char *const quotes[] = {
		"\"", "\xe2\x80\x9c", "\xe2\x80\x9d", "\xe2\x80\x9e", "\xe2\x80\x9f", "\xc2\xab", "\xc2\xbb"};

	for (size_t i = 0; i < sizeof(quotes) / sizeof(quotes[0]); i++)
		if (str_starts((struct str){text.p + at, text.n - at}, str_from(quotes[i])))
			return strlen(quotes[i]);
	return 0;
}

static size_t space_at(struct str text, size_t at)
{
	unsigned char c = (unsigned char)text.p[at];
	struct str rest = {text.p + at, text.n - at};

	if (c <= ' ')
		return 1;
	if (str_starts(rest, STR("\xc2\xa0")))
		return 2;
	return str_starts(rest, STR("\xe3\x80\x80")) ? 3 : 0; /* ideographic */
}

static bool is_field(struct str name)
{
	for (size_t i = 0; i < sizeof(field_names) / sizeof(field_names[0]); i++)
		if (str_equal(name, str_from(field_names[i])))
			return true;
	return false;
}

static void read_phrase(struct reader *reader, size_t quote)
{
	struct str text = reader->text;
	size_t from = reader->at + quote, at = from;

	while (at < text.n && quote_at(text, at) == 0)
		at++;
	reader->token.kind = TOKEN_PHRASE;
	reader->token.text = (struct str){text.p + from, at - from};
	if (at < text.n)
		at += quote_at(text, at);
	else
		reader->why = "a quotation mark is not closed";
	reader->at = at;
}

bool token_operator(struct token *token)
{
	uint64_t distance = NEAR_USUAL;

	if (str_equal(token->text, STR("AND")))
		token->kind = TOKEN_AND;
	else if (str_equal(token->text, STR("OR")))
		token->kind = TOKEN_OR;
	else if (str_equal(token->text, STR("NOT")))
		token->kind = TOKEN_NOT;
	else if (str_equal(token->text, STR("NEAR")) ||
		 (str_starts(token->text, STR("NEAR/")) &&
			 decimal_parse((struct str){token->text.p + 5, token->text.n - 5}, NEAR_MOST, &distance)))
		token->kind = TOKEN_NEAR;
	else
		return false;
	token->distance = (unsigned)distance;
	return true;
}

static void read_word(struct reader *reader)
{
	struct str text = reader->text;
	struct token *token = &reader->token;
	size_t from = reader->at, at = from, quote = 0;

	while (at < text.n && space_at(text, at) == 0 && text.p[at] != '(' && text.p[at] != ')' &&
		(quote = quote_at(text, at)) == 0) {
		struct str name = {text.p + from, at - from};

		if (text.p[at] == ':' && token->field.n == 0 && is_field(name)) {
			token->field = name;
			from = at + 1;
		}
		at++;
	}
	reader->at = at;
	token->kind = TOKEN_WORD;
	token->text = (struct str){text.p + from, at - from};
	if (token->field.n > 0 && token->text.n == 0 && quote > 0) {
		read_phrase(reader, quote);
		return;
	}
	if (token->field.n == 0 && token_operator(token))
		return;
	if (token->text.n > 1 && token->text.p[token->text.n - 1] == '*') {
		token->star = true;
		token->text.n--;
	}
}

static void advance(struct reader *reader)
{
	struct str text = reader->text;
	size_t n, from;

	reader->token = (struct token){.kind = TOKEN_END};
	while (reader->at < text.n && (n = space_at(text, reader->at)) > 0)
		reader->at += n;
	from = reader->at;
	if (from >= text.n)
		return;
	if (text.p[from] == '(' || text.p[from] == ')') {
		reader->token.kind = text.p[from] == '(' ? TOKEN_OPEN : TOKEN_CLOSE;
		reader->at++;
	} else if (text.p[from] == '-' && from + 1 < text.n && space_at(text, from + 1) == 0 && text.p[from + 1] != '-') {
		reader->token.kind = TOKEN_NOT;
		reader->at++;
	} else if ((n = quote_at(text, from)) > 0) {
		read_phrase(reader, n);
	} else {
		read_word(reader);
	}
	reader->token.typed = (struct str){text.p + from, reader->at - from};
}

void token_next(struct str text, size_t *at, struct token *token, const char **why)
{
	struct reader reader = {.text = text, .at = *at};

	advance(&reader);
	*at = reader.at;
	*token = reader.token;
	if (reader.why != NULL)
		*why = reader.why;
}
