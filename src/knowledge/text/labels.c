/* Labels of notes and items: how a number or a sign stands before what it names. */
#include "recognise.h"

#include <string.h>

#define NUMBER_DIGITS 4 /* at most */
#define LETTER_KEYS (UINT64_C(1) << 32)
#define SYMBOL_KEYS (UINT64_C(2) << 32)
#define SYMBOLS_IN_A_ROW 7

static const char *const digits[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
static const char *const symbols[] = {"*", "†", "‡", "§", "¶", "‖", "＊"};
static const char *const words[] = {
	"note", "footnote", "endnote", "fn.", "n.", "anmerkung", "anm.", "fußnote", "примечание", "прим.", "сноска"};
static const char *const dashes[] = {"- ", "• ", "· ", "◦ ", "▪ ", "‣ "}; /* longer dashes begin what somebody says */

size_t superscript(struct str text, label_key *key)
{
	size_t n = 0, count = 0;
	*key = 0;
	for (;;) {
		size_t digit = 0;
		while (digit < 10 && !str_starts((struct str){text.p + n, text.n - n}, str_from(digits[digit])))
			digit++;
		if (digit == 10)
			return count <= NUMBER_DIGITS ? n : 0;
		*key = *key * 10 + digit;
		n += strlen(digits[digit]);
		if (++count > NUMBER_DIGITS)
			return 0;
	}
}

size_t symbol(struct str text, label_key *key)
{
	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
		struct str sign = str_from(symbols[i]);
		size_t n = 0, count = 0;
		/* No further than decides: a line of asterisks is looked at from each of them. */
		while (count <= SYMBOLS_IN_A_ROW && str_starts((struct str){text.p + n, text.n - n}, sign)) {
			n += sign.n;
			count++;
		}
		if (count > 0) {
			*key = SYMBOL_KEYS + (i == 6 ? 0 : i) * 8 + count; /* the wide asterisk is one */
			return count <= SYMBOLS_IN_A_ROW ? n : 0;
		}
	}
	return 0;
}

/* A number, or one small letter: how many bytes. */
static size_t plain_key(struct str text, label_key *key)
{
	size_t n = 0;
	*key = 0;
	while (n < text.n && text.p[n] >= '0' && text.p[n] <= '9' && n <= NUMBER_DIGITS)
		*key = *key * 10 + (label_key)(text.p[n++] - '0');
	if (n > NUMBER_DIGITS || (n > 0 && text.p[0] == '0'))
		return 0;
	if (n == 0 && text.n > 0 && text.p[0] >= 'a' && text.p[0] <= 'z') {
		*key = LETTER_KEYS + (label_key)(text.p[0] - 'a');
		n = 1;
	}
	return n;
}

/* The no-break space too: it begins no block (clean_add). */
size_t spaces(struct str text, size_t at)
{
	for (;;) {
		if (at < text.n && (text.p[at] == ' ' || text.p[at] == '\t'))
			at++;
		else if (at + 1 < text.n && text.p[at] == '\xc2' && text.p[at + 1] == '\xa0')
			at += 2;
		else
			return at;
	}
}

/* Something follows, behind a space. */
static bool complete(struct str text, struct label *label, size_t end)
{
	label->prefix = spaces(text, end);
	return label->prefix > end && label->prefix < text.n;
}

/* [1] and (1), with or without colon or point behind. */
static bool enclosed(struct str text, struct label *label, char open, char close, enum label_form form)
{
	if (text.n < 3 || text.p[0] != open)
		return false;
	label->n = plain_key((struct str){text.p + 1, text.n - 1}, &label->key);
	if (label->n == 0)
		label->n = symbol((struct str){text.p + 1, text.n - 1}, &label->key);
	size_t end = label->n + 1;
	if (label->n == 0 || end >= text.n || text.p[end] != close)
		return false;
	end++;
	if (end < text.n && (text.p[end] == ':' || text.p[end] == '.'))
		end++;
	label->at = 1;
	label->form = form;
	label->prefix = spaces(text, end);
	return label->prefix < text.n;
}

static bool worded(struct str text, struct label *label)
{
	char folded[FOLDED];
	struct str start = fold(text, folded);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct str word = str_from(words[i]);
		if (!str_starts(start, word))
			continue;
		size_t at = spaces(text, word.n); /* folding keeps lengths in these alphabets */
		label->n = at > word.n ? plain_key((struct str){text.p + at, text.n - at}, &label->key) : 0;
		size_t end = at + label->n;
		if (label->n == 0 || label->key >= LETTER_KEYS || end >= text.n || !strchr(".:)", text.p[end]))
			continue;
		label->at = at;
		label->form = FORM_WORD;
		return complete(text, label, end + 1);
	}
	return false;
}

static bool dashed(struct str text, struct label *label)
{
	for (size_t i = 0; i < sizeof(dashes) / sizeof(dashes[0]); i++) {
		struct str dash = str_from(dashes[i]);
		if (str_starts(text, dash)) {
			*label = (struct label){.key = LABEL_NONE, .form = FORM_DASH, .at = 0, .n = dash.n - 1};
			return complete(text, label, dash.n - 1);
		}
	}
	return false;
}

bool label_at_start(struct str text, struct label *label)
{
	if (enclosed(text, label, '[', ']', FORM_SQUARE) || enclosed(text, label, '(', ')', FORM_ROUND) || worded(text, label) ||
		dashed(text, label))
		return true;
	label->at = text.n > 1 && text.p[0] == '^' ? 1 : 0;
	struct str rest = {text.p + label->at, text.n - label->at};
	label->form = FORM_SUPERSCRIPT;
	if ((label->n = superscript(rest, &label->key)) > 0 || (label->at && (label->n = plain_key(rest, &label->key)) > 0)) {
		label->prefix = spaces(text, label->at + label->n);
		return label->prefix < text.n;
	}
	label->form = FORM_SYMBOL;
	if ((label->n = symbol(text, &label->key)) > 0) {
		label->prefix = spaces(text, label->n);
		/* "*word*" is emphasis, "***" a rule. */
		return label->prefix < text.n &&
		       !memchr(text.p + label->prefix, '*', text.n - label->prefix < 80 ? text.n - label->prefix : 80);
	}
	label->n = plain_key(text, &label->key);
	if (label->n == 0 || label->n >= text.n)
		return false;
	label->form = text.p[label->n] == ')'                              ? FORM_BRACKET
		      : text.p[label->n] == '.' || text.p[label->n] == ':' ? FORM_POINT
									   : FORM_BARE;
	if (label->key >= LETTER_KEYS && label->form != FORM_BRACKET)
		return false;
	return complete(text, label, label->n + (label->form == FORM_BARE ? 0 : 1));
}
