/* Letters and their folding. Unicode's properties come from ICU's tables that are compiled in; only decompositions want its data, which
 * are linked in, too. Both sides of a search are folded alike, so that a fold may be coarse: it costs a false hit, never a miss. */
#include "internal.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>
#include <unicode/utf16.h>
#include <unicode/utf8.h>

#define FIRST_PAIR 0x0e00 /* Thai: no script below it leaves words unparted */

static bool is_pair_script(UChar32 c)
{
	UErrorCode status = U_ZERO_ERROR;

	if (c == 0x30fc || c == 0xff70) /* the long vowel of katakana belongs to no script */
		return true;
	switch ((int)uscript_getScript(c, &status)) {
	case USCRIPT_HAN:
	case USCRIPT_HIRAGANA:
	case USCRIPT_KATAKANA:
	case USCRIPT_HANGUL: /* words are parted, but particles are not */
	case USCRIPT_BOPOMOFO:
	case USCRIPT_YI:
	case USCRIPT_THAI:
	case USCRIPT_LAO:
	case USCRIPT_KHMER:
	case USCRIPT_MYANMAR:
		return true;
	default:
		return false;
	}
}

enum letter letter_class(int32_t c)
{
	if (c < 0x80)
		return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ? LETTER_WORD : LETTER_NONE;
	switch (u_charType(c)) {
	case U_UPPERCASE_LETTER:
	case U_LOWERCASE_LETTER:
	case U_TITLECASE_LETTER:
	case U_MODIFIER_LETTER:
	case U_OTHER_LETTER:
	case U_DECIMAL_DIGIT_NUMBER:
	case U_LETTER_NUMBER:
		return c >= FIRST_PAIR && is_pair_script(c) ? LETTER_PAIR : LETTER_WORD;
	case U_NON_SPACING_MARK:
	case U_ENCLOSING_MARK:
	case U_COMBINING_SPACING_MARK:
		return LETTER_MARK;
	case U_FORMAT_CHAR:
		return c == 0x200b ? LETTER_NONE
				   : LETTER_IGNORED; /* zero-width space parts words; joiners and the soft hyphen do not */
	default:                                     /* also superscript numbers: a note's, not the word's */
		return LETTER_NONE;
	}
}

/* Letters that no decomposition explains. */
struct replacement {
	UChar32 from;
	const char *to;
};
static const struct replacement replacements[] = {
	{0xdf, "ss"},
	{0xe6, "ae"},
	{0xf0, "d"},
	{0xf8, "o"},
	{0xfe, "th"},
	{0x111, "d"},
	{0x127, "h"},
	{0x131, "i"},
	{0x138, "k"},
	{0x142, "l"},
	{0x14b, "ng"},
	{0x153, "oe"},
	{0x167, "t"},
	{0x180, "b"},
	{0x1dd, "e"},
	{0x259, "e"},
	{0x3c2, "\xcf\x83"}, /* ς */
	{0x456, "\xd0\xb8"}, /* і → и */
	{0x463, "\xd0\xb5"}, /* ѣ → е */
	{0x473, "\xd1\x84"}, /* ѳ → ф */
	{0x475, "\xd0\xb8"}, /* ѵ → и */
	{0x5da, "\xd7\x9b"},
	{0x5dd, "\xd7\x9e"},
	{0x5df, "\xd7\xa0"},
	{0x5e3, "\xd7\xa4"},
	{0x5e5, "\xd7\xa6"}, /* final letters */
	{0x629, "\xd9\x87"}, /* ة → ه */
	{0x640, ""},         /* tatweel */
	{0x649, "\xd9\x8a"},
	{0x6a9, "\xd9\x83"},
	{0x6cc, "\xd9\x8a"}, /* ى ک ی */
	{0x1e9e, "ss"},
	{0xa75b, "r"},
	{0xa751, "p"},
	{0xa753, "p"},
	{0xa755, "p"},
	{0xa757, "q"},
	{0xa759, "q"},
	{0xa761, "v"},
	{0xa76f, "con"},
	{0xa770, "us"},
	{0xa77a, "d"},
	{0xa77c, "f"},
	{0xa785, "s"},
	{0xa787, "t"},
};

static const char *replaced(UChar32 c)
{
	size_t low = 0, high = sizeof(replacements) / sizeof(replacements[0]);

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (replacements[middle].from == c)
			return replacements[middle].to;
		if (replacements[middle].from < c)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static void put(struct buf *out, UChar32 c)
{
	char bytes[4];
	int32_t n = 0;

	U8_APPEND_UNSAFE(bytes, n, c);
	buf_add(out, bytes, (size_t)n);
}

/* Points, accents: what is read without them. Vowel signs of Indic scripts are letters to their readers and stay, but for the nukta. */
static bool is_dropped(UChar32 c)
{
	UErrorCode status = U_ZERO_ERROR;

	if (u_charType(c) != U_NON_SPACING_MARK && u_charType(c) != U_ENCLOSING_MARK)
		return false;
	switch ((int)uscript_getScript(c, &status)) {
	case USCRIPT_INHERITED:
	case USCRIPT_COMMON:
	case USCRIPT_LATIN:
	case USCRIPT_GREEK:
	case USCRIPT_CYRILLIC:
	case USCRIPT_ARABIC:
	case USCRIPT_HEBREW:
	case USCRIPT_SYRIAC:
		return true;
	default:
		return c == 0x93c || c == 0x9bc || c == 0xa3c || c == 0xabc || c == 0xb3c || c == 0xcbc;
	}
}

static void fold_one(UChar32 c, struct buf *out)
{
	int32_t digit = u_charDigitValue(c);
	const char *other;

	if (digit >= 0 && digit <= 9) {
		buf_char(out, (char)('0' + digit));
		return;
	}
	if (letter_class(c) == LETTER_IGNORED || is_dropped(c))
		return;
	c = u_foldCase(c, U_FOLD_CASE_DEFAULT);
	other = replaced(c);
	if (other != NULL)
		buf_text(out, other);
	else
		put(out, c);
}

/* й is a letter of its own, Kana and Hangul would come apart. */
static bool stays_whole(UChar32 c)
{
	return c == 0x439 || c == 0x419 || (c >= 0x3040 && c <= 0x30ff) || (c >= 0xac00 && c <= 0xd7a3);
}

static bool is_ascii(struct str text)
{
	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] >= 0x80)
			return false;
	return true;
}

static void put_ascii_lower(struct str raw, struct buf *out)
{
	for (size_t i = 0; i < raw.n; i++)
		buf_char(out, raw.p[i] >= 'A' && raw.p[i] <= 'Z' ? (char)(raw.p[i] + ('a' - 'A')) : raw.p[i]);
}

/* Russian before 1918 ended its hard consonants in ъ. */
static void cut_hard_sign(struct buf *out, size_t from)
{
	if (out->n - from >= 6 && out->p[out->n - 2] == '\xd1' && out->p[out->n - 1] == '\x8a')
		out->n -= 2;
}

static void cut_to_size(struct buf *out, size_t from)
{
	if (out->n - from <= WORD_MAX)
		return;
	out->n = from + WORD_MAX;
	while (out->n > from && ((unsigned char)out->p[out->n] & 0xc0) == 0x80)
		out->n--;
}

void fold_word(struct str raw, struct buf *out)
{
	size_t from = out->n;
	UErrorCode status = U_ZERO_ERROR;
	const UNormalizer2 *compatible;

	if (is_ascii(raw)) {
		put_ascii_lower(raw, out);
		return;
	}
	compatible = unorm2_getNFKDInstance(&status);
	for (size_t i = 0; i < raw.n;) {
		UChar parts[32];
		int32_t count = -1;
		UChar32 c;

		U8_NEXT(raw.p, i, raw.n, c);
		if (c < 0)
			continue;
		if (c >= 0x80 && U_SUCCESS(status) && !stays_whole(c)) {
			count = unorm2_getDecomposition(compatible, c, parts, 32, &status);
			if (U_FAILURE(status)) {
				status = U_ZERO_ERROR;
				count = -1;
			}
		}
		if (count <= 0 || count > 32) {
			fold_one(c, out);
			continue;
		}
		for (int32_t k = 0; k < count;) {
			UChar32 part;

			U16_NEXT(parts, k, count, part);
			fold_one(part, out);
		}
	}
	cut_hard_sign(out, from);
	cut_to_size(out, from);
}

static UChar32 small_e_above(UChar32 before)
{
	return before == 'o' ? 0xf6 : before == 'a' ? 0xe4 : before == 'u' ? 0xfc : 0;
}

void lower_word(struct str raw, struct buf *out)
{
	size_t from = out->n;
	UErrorCode status = U_ZERO_ERROR;
	const UNormalizer2 *composing;
	UChar32 held = 0; /* may be composed with what follows */

	if (is_ascii(raw)) {
		put_ascii_lower(raw, out);
		return;
	}
	composing = unorm2_getNFCInstance(&status);
	for (size_t i = 0; i < raw.n;) {
		UChar32 c, both = 0;
		const char *other = NULL;

		U8_NEXT(raw.p, i, raw.n, c);
		if (c < 0 || letter_class(c) == LETTER_IGNORED)
			continue;
		c = u_tolower(c);
		if (held != 0 && u_charType(c) == U_NON_SPACING_MARK) {
			if (c == 0x364)
				both = small_e_above(held);
			else if (U_SUCCESS(status))
				both = unorm2_composePair(composing, held, c);
			if (both > 0) {
				held = both;
				continue;
			}
		}
		if (is_dropped(c)) /* points and strange accents: no stemmer knows them */
			continue;
		if (held != 0)
			put(out, held);
		held = 0;
		if (c == 0x17f)
			c = 's';
		/* What is a letter of today's stays for its stemmer. */
		if (c >= 0xfb00 && c <= 0xfb06)
			other = (const char *const[]){"ff", "fi", "fl", "ffi", "ffl", "st", "st"}[c - 0xfb00];
		else if ((c >= 0x460 && c <= 0x481) || c == 0x456 || c == 0x640 || c >= 0xa700)
			other = replaced(c);
		else if (c == 0x451)
			c = 0x435; /* ё → е */
		if (other != NULL)
			buf_text(out, other);
		else
			held = c;
	}
	if (held != 0)
		put(out, held);
	cut_hard_sign(out, from);
	cut_to_size(out, from);
}
