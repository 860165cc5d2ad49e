/* Markdown inside a paragraph: emphasis, code, links, notes' references. CommonMark 0.31, chapter 6; raw HTML is text. */
#include "markdown.h"

#include <stdlib.h>
#include <string.h>

#define LOOK_BACK 64 /* delimiters that a closing one is compared with: deeper nesting is taken as it stands */
#define TARGET_MAX 2000
#define TARGET_DEPTH                                                                                                               \
	32 /* parentheses inside a target; cmark takes as many. Else each of many that are never closed is looked for through TARGET_MAX bytes */

enum token_kind { TOKEN_TEXT, TOKEN_DELIMITER, TOKEN_BRACKET, TOKEN_LINK_END, TOKEN_REFERENCE, TOKEN_AUTOLINK };
struct token {
	enum token_kind kind;
	struct str text; /* what it is if it is nothing else */
	struct str target;
	char sign;
	bool opens, closes, linked; /* linked: a bracket that belongs to a link */
	uint32_t left;              /* of a delimiter: signs that stay text */
	uint32_t whole;             /* signs it had */
	uint32_t before, after;     /* where in the block: before and behind what stays text */
	size_t partner;             /* of TOKEN_LINK_END: its bracket */
};
struct pair {
	size_t open, close;
	bool strong;
};
struct parsing {
	struct str source;
	const struct definitions *definitions;
	struct token *tokens;
	size_t count, cap;
	struct pair *pairs;
	size_t pair_count, pair_cap;
	size_t *brackets; /* tokens, a stack */
	size_t bracket_count, bracket_cap;
};

static struct token *add(struct parsing *in, enum token_kind kind, struct str text)
{
	in->tokens = row_room(in->tokens, in->count, &in->cap, sizeof(struct token));
	in->tokens[in->count] = (struct token){.kind = kind, .text = text, .target = {"", 0}};
	return &in->tokens[in->count++];
}

static struct str part(const struct parsing *in, size_t from, size_t to)
{
	return (struct str){in->source.p + from, to - from};
}

/* ---- characters ---- */

enum class { CLASS_SPACE, CLASS_PUNCTUATION, CLASS_LETTER };

static enum class class_before(struct str text, size_t at) {
	uint32_t point = 0; size_t start = at; if (at == 0) return CLASS_SPACE;
	while (start > 0 && ((unsigned char)text.p[--start] & 0xc0) == 0x80);
	if (utf8_step((const unsigned char *)text.p + start, text.n - start, &point) == 0) return CLASS_LETTER;
	if (point <= ' ' || point == 0xa0) return CLASS_SPACE;
	bool letter = (point >= '0' && point <= '9') || (point >= 'a' && point <= 'z') || (point >= 'A' && point <= 'Z') ||
		      (point >= 0xc0 && !(point >= 0x2010 && point <= 0x206f) && !(point >= 0x3001 && point <= 0x303f));
	return letter ? CLASS_LETTER : CLASS_PUNCTUATION;
}

static enum class class_behind(struct str text, size_t at) {
	uint32_t point; size_t step = at < text.n ? utf8_step((const unsigned char *)text.p + at, text.n - at, &point) : 0;
	return step ? class_before(text, at + step) : CLASS_SPACE;
}

/* ---- tokens ---- */

static size_t take_delimiter(struct parsing *in, size_t at)
{
	char sign = in->source.p[at];
	size_t end = at;
	while (end < in->source.n && in->source.p[end] == sign)
		end++;
	enum class before = class_before(in->source, at), behind = class_behind(in->source, end);
	bool left = behind != CLASS_SPACE && (behind != CLASS_PUNCTUATION || before != CLASS_LETTER);
	bool right = before != CLASS_SPACE && (before != CLASS_PUNCTUATION || behind != CLASS_LETTER);
	struct token *token = add(in, TOKEN_DELIMITER, part(in, at, end));
	token->sign = sign;
	token->opens = sign == '*' ? left : left && (!right || before == CLASS_PUNCTUATION);
	token->closes = sign == '*' ? right : right && (!left || behind == CLASS_PUNCTUATION);
	token->left = token->whole = (uint32_t)(end - at);
	return end;
}

/* `code`: ends with as many. Each number of signs that was not found again is looked for once. */
static size_t take_code(struct parsing *in, size_t at, uint64_t *absent)
{
	size_t end = at, n, i;
	while (end < in->source.n && in->source.p[end] == '`')
		end++;
	n = end - at;
	if (n < 64 && !(*absent >> n & 1))
		for (i = end; i < in->source.n;) {
			size_t run = 0;
			while (i + run < in->source.n && in->source.p[i + run] == '`')
				run++;
			if (run == n) {
				add(in, TOKEN_TEXT, part(in, end, i));
				return i + n;
			}
			i += run ? run : 1;
		}
	if (n < 64)
		*absent |= UINT64_C(1) << n;
	add(in, TOKEN_TEXT, part(in, at, end));
	return end;
}

static const struct {
	const char *name, *means;
} entities[] = {{"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&apos;", "'"}, {"&nbsp;", "\xc2\xa0"},
	{"&copy;", "©"}, {"&shy;", "\xc2\xad"}, {"&ndash;", "–"}, {"&mdash;", "—"}, {"&hellip;", "…"}, {"&lsquo;", "‘"},
	{"&rsquo;", "’"}, {"&ldquo;", "“"}, {"&rdquo;", "”"}, {"&sect;", "§"}, {"&auml;", "ä"}, {"&ouml;", "ö"}, {"&uuml;", "ü"},
	{"&Auml;", "Ä"}, {"&Ouml;", "Ö"}, {"&Uuml;", "Ü"}, {"&szlig;", "ß"}, {"&eacute;", "é"}, {"&egrave;", "è"},
	{"&agrave;", "à"}, {"&ccedil;", "ç"}};

#define ENTITY_MAX 8 /* bytes of the longest */

static size_t take_entity(struct parsing *in, size_t at)
{
	struct str rest = part(in, at, in->source.n);
	const char *end = memchr(rest.p, ';', rest.n < ENTITY_MAX ? rest.n : ENTITY_MAX);
	for (size_t i = 0; end && i < sizeof(entities) / sizeof(entities[0]); i++)
		if (str_starts(rest, str_from(entities[i].name))) {
			add(in, TOKEN_TEXT, str_from(entities[i].means));
			return at + strlen(entities[i].name);
		}
	add(in, TOKEN_TEXT, part(in, at, at + 1));
	return at + 1;
}

/* <https://example.org/> */
static size_t take_autolink(struct parsing *in, size_t at)
{
	size_t end = at + 1;
	while (end < in->source.n && end - at < TARGET_MAX && (unsigned char)in->source.p[end] > ' ' && in->source.p[end] != '<' &&
		in->source.p[end] != '>')
		end++;
	struct str inside = part(in, at + 1, end);
	if (end < in->source.n && in->source.p[end] == '>' && link_target_valid(inside)) {
		add(in, TOKEN_AUTOLINK, inside)->target = inside;
		return end + 1;
	}
	add(in, TOKEN_TEXT, part(in, at, at + 1));
	return at + 1;
}

static size_t take_open(struct parsing *in, size_t at)
{
	struct str rest = part(in, at, in->source.n);
	if (str_starts(rest, STR("[^"))) {
		size_t end = at + 2;
		while (end < in->source.n && end - at < 100 && (unsigned char)in->source.p[end] > ' ' && in->source.p[end] != ']' &&
			in->source.p[end] != '[')
			end++;
		if (end > at + 2 && end < in->source.n && in->source.p[end] == ']') {
			add(in, TOKEN_REFERENCE, part(in, at + 2, end));
			return end + 1;
		}
	}
	size_t start = at;
	if (rest.p[0] == '!')
		at++; /* a picture: what it is said to be is its text */
	add(in, TOKEN_BRACKET, part(in, start, at + 1));
	in->brackets = row_room(in->brackets, in->bracket_count, &in->bracket_cap, sizeof(size_t));
	in->brackets[in->bracket_count++] = in->count - 1;
	return at + 1;
}

/* What follows the bracket: (target "title"). How many bytes, 0: no target. */
static size_t destination(struct str rest, struct str *target)
{
	size_t i = 1, depth = 0, start;
	if (rest.n < 2 || rest.p[0] != '(')
		return 0;
	while (i < rest.n && rest.p[i] == ' ')
		i++;
	bool pointed = i < rest.n && rest.p[i] == '<';
	start = i += pointed;
	for (; i < rest.n && i - start < TARGET_MAX && depth <= TARGET_DEPTH; i++) {
		char c = rest.p[i];
		if (pointed ? c == '>' || c == '<' || c == '\n' : (unsigned char)c <= ' ' || (c == ')' && depth == 0))
			break;
		depth += !pointed && c == '(';
		depth -= !pointed && c == ')';
	}
	*target = (struct str){rest.p + start, i - start};
	i += pointed && i < rest.n && rest.p[i] == '>';
	/* A title is passed over. */
	while (i < rest.n && (rest.p[i] == ' ' || rest.p[i] == '\n'))
		i++;
	if (i < rest.n && strchr("\"'", rest.p[i])) {
		const char *close = memchr(rest.p + i + 1, rest.p[i], rest.n - i - 1 < TARGET_MAX ? rest.n - i - 1 : TARGET_MAX);
		if (!close)
			return 0;
		i = (size_t)(close - rest.p) + 1;
		while (i < rest.n && rest.p[i] == ' ')
			i++;
	}
	return i < rest.n && rest.p[i] == ')' ? i + 1 : 0;
}

int definition_order(const void *left, const void *right)
{
	const struct definition *a = left, *b = right;
	return str_compare(a->label, b->label);
}

static bool defined(const struct parsing *in, struct str label, struct str *target)
{
	struct definition wanted = {.label = label};
	const struct definition *found = in->definitions->count ? bsearch(&wanted, in->definitions->all, in->definitions->count,
									  sizeof(wanted), definition_order)
								: NULL;
	if (found)
		*target = found->target;
	return found != NULL;
}

static size_t take_close(struct parsing *in, size_t at)
{
	struct str rest = part(in, at + 1, in->source.n), target = {"", 0};
	size_t end = at + 1, taken, open;
	if (in->bracket_count == 0) {
		add(in, TOKEN_TEXT, part(in, at, at + 1));
		return end;
	}
	open = in->brackets[--in->bracket_count];
	const struct token *bracket = &in->tokens[open];
	struct str inside = {bracket->text.p + bracket->text.n, (size_t)(in->source.p + at - bracket->text.p) - bracket->text.n};
	bool link = false;
	if ((taken = destination(rest, &target)) > 0) {
		end += taken;
		link = true;
	} else if (rest.n > 1 && rest.p[0] == '[') {
		const char *close = memchr(rest.p, ']', rest.n < 1000 ? rest.n : 1000);
		struct str label = {rest.p + 1, close ? (size_t)(close - rest.p) - 1 : 0};
		link = close && defined(in, label.n ? label : inside, &target);
		end += link ? label.n + 2 : 0;
	} else if (inside.n < 1000) {
		link = defined(in, inside, &target);
	}
	struct token *token = add(in, link ? TOKEN_LINK_END : TOKEN_TEXT, link ? STR("") : part(in, at, at + 1));
	token->target = target;
	token->partner = open;
	in->tokens[open].linked = link;
	return end;
}

static void tokenize(struct parsing *in)
{
	size_t at = 0;
	uint64_t absent = 0;
	while (at < in->source.n) {
		size_t start = at;
		while (at < in->source.n && !strchr("*_`[]!<&\\", in->source.p[at]))
			at++;
		if (at > start)
			add(in, TOKEN_TEXT, part(in, start, at));
		if (at == in->source.n)
			break;
		char c = in->source.p[at], next = at + 1 < in->source.n ? in->source.p[at + 1] : '\0';
		if (c == '\\' && next && strchr("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", next)) {
			add(in, TOKEN_TEXT, part(in, at + 1, at + 2));
			at += 2;
		} else if (c == '*' || c == '_') {
			at = take_delimiter(in, at);
		} else if (c == '`') {
			at = take_code(in, at, &absent);
		} else if (c == '[' || (c == '!' && next == '[')) {
			at = take_open(in, at);
		} else if (c == ']') {
			at = take_close(in, at);
		} else if (c == '<') {
			at = take_autolink(in, at);
		} else if (c == '&') {
			at = take_entity(in, at);
		} else {
			add(in, TOKEN_TEXT, part(in, at, at + 1));
			at++;
		}
	}
}

/* ---- emphasis ---- */

static bool matches(const struct token *open, const struct token *close)
{
	if (open->left == 0 || open->sign != close->sign)
		return false;
	/* The rule of three: "*foo**bar*" is no strong inside. */
	bool both = (open->closes || close->opens) && (open->whole + close->whole) % 3 == 0;
	return !both || (open->whole % 3 == 0 && close->whole % 3 == 0);
}

static void pair_up(struct parsing *in)
{
	size_t *open = mem_array(in->count + 1, sizeof(size_t)), depth = 0;
	for (size_t i = 0; i < in->count; i++) {
		struct token *token = &in->tokens[i];
		if (token->kind != TOKEN_DELIMITER)
			continue;
		while (token->closes && token->left > 0) {
			size_t at = depth, tried = 0;
			while (at > 0 && tried < LOOK_BACK && !matches(&in->tokens[open[at - 1]], token)) {
				at--;
				tried++;
			}
			if (at == 0 || tried == LOOK_BACK)
				break;
			struct token *opener = &in->tokens[open[at - 1]];
			bool strong = opener->left >= 2 && token->left >= 2;
			opener->left -= strong ? 2 : 1;
			token->left -= strong ? 2 : 1;
			in->pairs = row_room(in->pairs, in->pair_count, &in->pair_cap, sizeof(struct pair));
			in->pairs[in->pair_count++] = (struct pair){open[at - 1], i, strong};
			depth = opener->left ? at : at - 1;
		}
		if (token->opens && token->left > 0)
			open[depth++] = i;
	}
	free(open);
}

/* ---- writing it down ---- */

static void place(struct text *text, enum text_mark_kind kind, uint32_t from, uint32_t to, struct str target)
{
	struct text_mark mark = {
		.kind = kind, .at = from, .length = to > from ? to - from : 0, .target = keep_string(text, target)};
	if (to > from && last_row(text))
		place_mark(text, (uint32_t)text->row_count - 1, &mark);
}

static void write_token(struct text *text, struct token *token)
{
	struct buf key = BUF_INIT;
	token->before = text_here(text);
	switch (token->kind) {
	case TOKEN_DELIMITER:
		text_add(text, (struct str){token->text.p, token->left});
		break;
	case TOKEN_BRACKET:
		if (!token->linked)
			text_add(text, token->text);
		break;
	case TOKEN_REFERENCE:
		buf_text(&key, "#" NOTE_KEY);
		buf_str(&key, token->text);
		text_mark(text, TEXT_REFERENCE, buf_view(&key));
		text_add(text, token->text);
		text_unmark(text);
		buf_release(&key);
		break;
	case TOKEN_TEXT:
	case TOKEN_AUTOLINK:
	case TOKEN_LINK_END:
		text_add(text, token->text);
		break;
	}
	token->after = text_here(text);
}

void markdown_inline(struct text *text, struct str source, const struct definitions *definitions)
{
	struct parsing in = {.source = source, .definitions = definitions};
	tokenize(&in);
	pair_up(&in);
	for (size_t i = 0; i < in.count; i++) {
		struct token *token = &in.tokens[i];
		write_token(text, token);
		if (token->kind == TOKEN_AUTOLINK)
			place(text, TEXT_LINK, token->before, token->after, token->target);
		else if (token->kind == TOKEN_LINK_END && link_target_valid(token->target))
			place(text, TEXT_LINK, in.tokens[token->partner].after, token->before, token->target);
	}
	for (size_t i = 0; i < in.pair_count; i++)
		place(text, in.pairs[i].strong ? TEXT_STRONG : TEXT_EMPHASIS, in.tokens[in.pairs[i].open].after,
			in.tokens[in.pairs[i].close].before, STR(""));
	free(in.tokens);
	free(in.pairs);
	free(in.brackets);
}
