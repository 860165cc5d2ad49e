/* Language tags: RFC 5646. */
#include "internal.h"

#include <string.h>

/* Section 2.2.8: tags from before RFC 4646, in the registry's case. Irregular ones do not follow the grammar, regular ones do, but mean
 * something else than their subtags. */
static const char *const grandfathered[] = {"en-GB-oed", "i-ami", "i-bnn", "i-default", "i-enochian", "i-hak", "i-klingon", "i-lux",
	"i-mingo", "i-navajo", "i-pwn", "i-tao", "i-tay", "i-tsu", "sgn-BE-FR", "sgn-BE-NL", "sgn-CH-DE", "art-lojban",
	"cel-gaulish", "no-bok", "no-nyn", "zh-guoyu", "zh-hakka", "zh-min", "zh-min-nan", "zh-xiang", NULL};

/* Where in the grammar the last subtag stood: what may follow only lies further on. */
enum stage { LANGUAGE, EXTLANG, SCRIPT, REGION, VARIANT, EXTENSION, PRIVATE };

struct tag {
	struct str whole;
	enum stage stage;
	unsigned extlangs;
	bool wants_more; /* a singleton that nothing follows yet */
	struct str variants[LANGUAGE_MAX / 5];
	size_t variant_count;
	uint64_t singletons; /* seen: bit 0–9 digits, 10–35 letters */
};

bool ascii_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool ascii_digit(char c)
{
	return c >= '0' && c <= '9';
}

char ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static char ascii_upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
}

bool str_equal_fold(struct str a, struct str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (ascii_lower(a.p[i]) != ascii_lower(b.p[i]))
			return false;
	return true;
}

static bool all(struct str s, bool (*is)(char))
{
	for (size_t i = 0; i < s.n; i++)
		if (!is(s.p[i]))
			return false;
	return true;
}

static bool alphanumeric(char c)
{
	return ascii_alpha(c) || ascii_digit(c);
}

static int refuse(const struct tag *tag, struct err *err, const char *why)
{
	return err_set(err, ERR_SYNTAX, "“%.*s” is no language tag (BCP 47): %s; examples: en, de-AT, zh-Hant, sr-Latn-RS",
		STR_ARG(tag->whole), why);
}

static bool is_variant(struct str s)
{
	return (s.n >= 5 && s.n <= 8) || (s.n == 4 && ascii_digit(s.p[0]));
}

static int first_subtag(struct tag *tag, struct str s, struct err *err)
{
	if (s.n == 1 && ascii_lower(s.p[0]) == 'x') {
		tag->stage = PRIVATE;
		tag->wants_more = true;
		return 0;
	}
	if (!all(s, ascii_alpha))
		return refuse(tag, err, "it begins with a language of two or three letters");
	if (s.n > 3)
		/* The grammar has room for them, but none of that length was ever registered: it is a name, like "German". */
		return refuse(tag, err, "languages are named by their codes of two or three letters");
	if (s.n < 2)
		return refuse(tag, err, "a language has at least two letters");
	tag->stage = LANGUAGE;
	return 0;
}

static int singleton(struct tag *tag, struct str s, struct err *err)
{
	char c = ascii_lower(s.p[0]);
	if (tag->wants_more)
		return refuse(tag, err, "a subtag of one letter must be followed by a longer one");
	tag->wants_more = true;
	if (c == 'x') {
		tag->stage = PRIVATE;
		return 0;
	}
	uint64_t bit = 1ull << (ascii_digit(c) ? c - '0' : c - 'a' + 10);
	if (tag->singletons & bit)
		return refuse(tag, err, "an extension stands in it twice");
	tag->singletons |= bit;
	tag->stage = EXTENSION;
	return 0;
}

static int variant(struct tag *tag, struct str s, struct err *err)
{
	for (size_t i = 0; i < tag->variant_count; i++)
		if (str_equal_fold(tag->variants[i], s))
			return refuse(tag, err, "a variant stands in it twice");
	if (tag->variant_count == sizeof(tag->variants) / sizeof(tag->variants[0]))
		return refuse(tag, err, "it has too many variants");
	tag->variants[tag->variant_count++] = s;
	tag->stage = VARIANT;
	return 0;
}

static int next_subtag(struct tag *tag, struct str s, struct err *err)
{
	if (tag->stage == PRIVATE || (tag->stage == EXTENSION && s.n >= 2)) {
		tag->wants_more = false;
		return 0;
	}
	if (s.n == 1)
		return singleton(tag, s, err);
	if (s.n == 3 && all(s, ascii_alpha) && tag->stage <= EXTLANG && tag->extlangs < 3) {
		tag->extlangs++;
		tag->stage = EXTLANG;
		return 0;
	}
	if (s.n == 4 && all(s, ascii_alpha) && tag->stage < SCRIPT) {
		tag->stage = SCRIPT;
		return 0;
	}
	if (((s.n == 2 && all(s, ascii_alpha)) || (s.n == 3 && all(s, ascii_digit))) && tag->stage < REGION) {
		tag->stage = REGION;
		return 0;
	}
	if (is_variant(s) && tag->stage <= VARIANT)
		return variant(tag, s, err);
	char why[100];
	struct buf text = {.max = 0};
	buf_printf(&text, "“%.*s” cannot stand where it does", STR_ARG(s));
	size_t n = text.n < sizeof(why) - 1 ? text.n : sizeof(why) - 1;
	memcpy(why, text.p, n);
	why[n] = '\0';
	buf_release(&text);
	return refuse(tag, err, why);
}

/* Section 2.1.1: lower case, but for regions of two letters (upper) and scripts of four (title), neither at the beginning nor behind a
 * singleton. */
static void write_canonical(struct str whole, struct buf *out)
{
	struct str rest = whole, s;
	bool first = true, after_singleton = false;
	while (str_take_until(&rest, '-', &s)) {
		if (!first)
			buf_char(out, '-');
		bool plain = first || after_singleton;
		for (size_t i = 0; i < s.n; i++) {
			bool upper = !plain && ((s.n == 2) || (s.n == 4 && i == 0));
			buf_char(out, upper ? ascii_upper(s.p[i]) : ascii_lower(s.p[i]));
		}
		after_singleton = after_singleton || s.n == 1;
		first = false;
	}
}

int language_canonical(struct str text, struct buf *out, struct err *err)
{
	struct tag tag = {.whole = text};
	if (text.n > LANGUAGE_MAX)
		return err_set(err, ERR_LIMIT, "a language tag has at most %d bytes, this one has %zu: “%.40s…”", LANGUAGE_MAX,
			text.n, text.p);
	if (text.n == 0)
		return err_set(err, ERR_SYNTAX, "the language is empty; write a tag as in en or de-AT");
	for (size_t i = 0; grandfathered[i]; i++)
		if (str_equal_fold(text, str_from(grandfathered[i]))) {
			buf_text(out, grandfathered[i]);
			return 0;
		}
	struct str rest = text, s;
	bool first = true;
	while (str_take_until(&rest, '-', &s)) {
		if (s.n == 0)
			return refuse(&tag, err, "there is nothing between two hyphens, or at its beginning or end");
		if (s.n > 8)
			return refuse(&tag, err, "a part between hyphens has at most eight letters");
		if (!all(s, alphanumeric))
			return refuse(&tag, err, "only letters, digits and hyphens may stand in it");
		if (first ? first_subtag(&tag, s, err) : next_subtag(&tag, s, err))
			return -1;
		first = false;
	}
	if (tag.wants_more)
		return refuse(&tag, err, "a subtag of one letter must be followed by a longer one");
	write_canonical(text, out);
	return 0;
}
