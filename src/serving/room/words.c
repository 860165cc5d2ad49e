/* The interface's languages: which, and how their words are put together. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define COUNT_TEXT_MAX 32

static bool is_letter_of(char c, char lower)
{
	return c == lower || c == lower - 32;
}

/* A language range (RFC 9110 section 12.5.4) against the interface's languages: by its first subtag. */
static bool language_find(struct str range, unsigned *language)
{
	for (unsigned i = 0; i < LANGUAGES; i++) {
		const char *tag = language_tag(i);
		size_t n = strlen(tag);
		bool same = range.n >= n && (range.n == n || range.p[n] == '-');

		for (size_t k = 0; k < n && same; k++)
			same = is_letter_of(range.p[k], tag[k]);
		if (same) {
			*language = i;
			return true;
		}
	}
	return false;
}

static struct str trimmed(struct str text)
{
	while (text.n > 0 && (text.p[0] == ' ' || text.p[0] == '\t')) {
		text.p++;
		text.n--;
	}
	while (text.n > 0 && (text.p[text.n - 1] == ' ' || text.p[text.n - 1] == '\t'))
		text.n--;
	return text;
}

/* "q=0.8" in thousandths; anything odd counts as refused. */
static unsigned weight(struct str parameters)
{
	struct str one;

	while (parameters.p != NULL && str_take_until(&parameters, ';', &one)) {
		unsigned value = 0, scale = 1000;

		one = trimmed(one);
		if (one.n < 3 || !is_letter_of(one.p[0], 'q') || one.p[1] != '=')
			continue;
		for (size_t i = 2; i < one.n && i < 7; i++) {
			if (one.p[i] == '.')
				continue;
			if (one.p[i] < '0' || one.p[i] > '9')
				return 0;
			value += (unsigned)(one.p[i] - '0') * scale;
			scale /= 10;
		}
		return value;
	}
	return 1000;
}

unsigned language_choose(const struct http_request *request, bool *asked)
{
	struct str header, range;
	unsigned found, best = 0, best_weight = 0;

	*asked = http_request_query(request, "ui", &header) && language_find(header, &best);
	if (*asked || !http_request_header(request, "Accept-Language", &header))
		return best;
	for (unsigned i = 0; i < 32 && header.p != NULL && str_take_until(&header, ',', &range); i++) {
		struct str tag;

		range = trimmed(range);
		if (!str_take_until(&range, ';', &tag) || !language_find(trimmed(tag), &found))
			continue;
		if (weight(range) > best_weight) {
			best_weight = weight(range);
			best = found;
		}
	}
	return best;
}

const char *language_tag(unsigned language)
{
	return word_texts[language][WORD_LANGUAGE];
}

static int compare_key(const void *key, const void *element)
{
	return strcmp(key, *(const char *const *)element);
}

const char *word_of(unsigned language, const char *kind, struct str name)
{
	const char *const *found;
	char key[80];
	size_t n = strlen(kind);

	if (n + name.n >= sizeof(key))
		return NULL;
	memcpy(key, kind, n);
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		key[n + i] = c == ' ' || c == '/' || c == '+' ? '-' : c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
	}
	key[n + name.n] = '\0';
	found = bsearch(key, word_keys, WORDS, sizeof(word_keys[0]), compare_key);
	return found != NULL ? word_texts[language][found - word_keys] : NULL;
}

static void fill(struct buf *out, struct str text, const struct str values[3])
{
	for (size_t i = 0; i < text.n; i++)
		if (text.n - i >= 3 && text.p[i] == '{' && text.p[i + 1] >= '1' && text.p[i + 1] <= '3' && text.p[i + 2] == '}') {
			buf_str(out, values[text.p[i + 1] - '1']);
			i += 2;
		} else {
			buf_char(out, text.p[i]);
		}
}

void word_fill(struct buf *out, unsigned language, enum word word, struct str one, struct str two, struct str three)
{
	const struct str values[3] = {one, two, three};

	fill(out, str_from(word_texts[language][word]), values);
}

/* Which of the forms that the file gives, by the language's rule (Unicode CLDR's plural rules for whole numbers). */
static unsigned plural_form(unsigned language, uint64_t n)
{
	const char *rule = word_texts[language][WORD_PLURAL_RULE];

	if (strcmp(rule, "slavic") == 0) {
		if (n % 10 == 1 && n % 100 != 11)
			return 0;
		return n % 10 >= 2 && n % 10 <= 4 && (n % 100 < 12 || n % 100 > 14) ? 1 : 2;
	}
	if (strcmp(rule, "romance") == 0)
		return n > 1;
	if (strcmp(rule, "none") == 0)
		return 0;
	return n != 1; /* germanic */
}

static void grouped(char out[COUNT_TEXT_MAX + 32], const char *separator, uint64_t n)
{
	char digits[24];
	int count = snprintf(digits, sizeof(digits), "%" PRIu64, n);
	size_t at = 0;

	for (int i = 0; i < count; i++) {
		if (i > 0 && (count - i) % 3 == 0 && count > 4)
			for (const char *p = separator; *p != '\0'; p++)
				out[at++] = *p;
		out[at++] = digits[i];
	}
	out[at] = '\0';
}

void word_number(struct buf *out, unsigned language, enum word word, uint64_t n)
{
	struct str forms = str_from(word_texts[language][word]), form = STR("");
	char number[COUNT_TEXT_MAX + 32];
	struct str values[3] = {STR(""), STR(""), STR("")};

	for (unsigned i = plural_form(language, n) + 1; i > 0 && forms.p != NULL; i--)
		(void)str_take_until(&forms, '|', &form);
	grouped(number, word_texts[language][WORD_NUMBER_GROUP], n);
	values[0] = str_from(number);
	fill(out, form, values);
}

void word_bytes(struct buf *out, unsigned language, uint64_t bytes)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
	unsigned unit = 0;
	uint64_t tenths = bytes * 10;

	if (bytes < 1000) {
		buf_printf(out, "%" PRIu64 "\u00a0B", bytes);
		return;
	}
	tenths = bytes > UINT64_MAX / 16 ? UINT64_MAX / 16 * 10 : bytes * 10;
	while (tenths >= 10000 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		tenths = (tenths + 500) / 1000;
		unit++;
	}
	if (tenths < 100)
		buf_printf(out, "%" PRIu64 "%s%" PRIu64, tenths / 10, word_texts[language][WORD_NUMBER_POINT], tenths % 10);
	else
		buf_printf(out, "%" PRIu64, (tenths + 5) / 10);
	buf_printf(out, "\u00a0%s", units[unit]);
}

/* ---- dates --------------------------------------------------------------------------------------------------------------------------------- */

static bool digits(struct str text, size_t from, size_t n, unsigned *value)
{
	*value = 0;
	if (text.n < from + n)
		return false;
	for (size_t i = from; i < from + n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		*value = *value * 10 + (unsigned)(text.p[i] - '0');
	}
	return true;
}

static const char *month_name(unsigned language, unsigned month)
{
	char number[4];

	(void)snprintf(number, sizeof(number), "%02u", month);
	return word_of(language, "month.", str_from(number));
}

static void write_day(struct buf *out, unsigned language, unsigned year, unsigned month, unsigned day)
{
	char year_text[16], day_text[16];
	const char *name = month_name(language, month);

	(void)snprintf(year_text, sizeof(year_text), "%u", year);
	(void)snprintf(day_text, sizeof(day_text), "%u", day);
	word_fill(out, language, WORD_DATE_DAY, str_from(day_text), str_from(name != NULL ? name : ""), str_from(year_text));
}

/* One side of an interval, or all of it: YYYY, YYYY-MM, YYYY-MM-DD, 192X, 19XX, each perhaps with ? ~ %. False: as it is. */
static bool write_single(struct buf *out, unsigned language, struct str text)
{
	struct buf plain = BUF_INIT;
	unsigned year, month, day;
	char qualifier = '\0', year_text[16];
	bool good = true;

	if (text.n > 0 && strchr("?~%", text.p[text.n - 1]) != NULL)
		qualifier = text.p[--text.n];
	if (text.n == 4 && digits(text, 0, 4, &year)) {
		buf_printf(&plain, "%u", year);
	} else if (text.n == 7 && text.p[4] == '-' && digits(text, 0, 4, &year) && digits(text, 5, 2, &month) && month >= 1 &&
		   month <= 12) {
		const char *name = word_of(language, "month-alone.", (struct str){text.p + 5, 2});

		(void)snprintf(year_text, sizeof(year_text), "%u", year);
		word_fill(&plain, language, WORD_DATE_MONTH, str_from(name != NULL ? name : ""), str_from(year_text), STR(""));
	} else if (text.n == 7 && text.p[4] == '-' && digits(text, 0, 4, &year) && digits(text, 5, 2, &month) && month >= 21 &&
		   month <= 24) {
		const char *name = word_of(language, "season.", (struct str){text.p + 5, 2});

		(void)snprintf(year_text, sizeof(year_text), "%u", year);
		word_fill(&plain, language, WORD_DATE_MONTH, str_from(name != NULL ? name : ""), str_from(year_text), STR(""));
	} else if (text.n == 10 && text.p[4] == '-' && text.p[7] == '-' && digits(text, 0, 4, &year) &&
		   digits(text, 5, 2, &month) && month >= 1 && month <= 12 && digits(text, 8, 2, &day)) {
		write_day(&plain, language, year, month, day);
	} else if (text.n == 4 && text.p[3] == 'X' && digits(text, 0, 3, &year)) {
		(void)snprintf(year_text, sizeof(year_text), "%u", year * 10);
		word_fill(&plain, language, WORD_DATE_DECADE, str_from(year_text), STR(""), STR(""));
	} else {
		good = false;
	}
	if (good && qualifier == '\0')
		buf_str(out, buf_view(&plain));
	else if (good)
		word_fill(out, language,
			qualifier == '~'   ? WORD_DATE_ABOUT
			: qualifier == '?' ? WORD_DATE_PERHAPS
					   : WORD_DATE_PERHAPS_ABOUT,
			buf_view(&plain), STR(""), STR(""));
	buf_release(&plain);
	return good;
}

void word_date(struct buf *out, unsigned language, struct str edtf)
{
	struct str rest = edtf, first;
	struct buf from = BUF_INIT, to = BUF_INIT;

	if (edtf.n == 0 || memchr(edtf.p, '/', edtf.n) == NULL) {
		if (!write_single(out, language, edtf))
			buf_str(out, edtf);
		return;
	}
	(void)str_take_until(&rest, '/', &first);
	if (rest.n == 0 || str_equal(rest, STR(".."))) {
		if (write_single(&from, language, first))
			word_fill(out, language, WORD_DATE_SINCE, buf_view(&from), STR(""), STR(""));
		else
			buf_str(out, edtf);
	} else if (first.n == 0 || str_equal(first, STR(".."))) {
		if (write_single(&to, language, rest))
			word_fill(out, language, WORD_DATE_UNTIL, buf_view(&to), STR(""), STR(""));
		else
			buf_str(out, edtf);
	} else if (write_single(&from, language, first) && write_single(&to, language, rest)) {
		word_fill(out, language, WORD_DATE_BETWEEN, buf_view(&from), buf_view(&to), STR(""));
	} else {
		buf_str(out, edtf);
	}
	buf_release(&from);
	buf_release(&to);
}

void word_day(struct buf *out, unsigned language, int64_t seconds)
{
	char text[TIME_TEXT];

	time_format(seconds, text);
	word_date(out, language, (struct str){text, 10});
}

/* Scripts that are written from the right: by the script's subtag, else by the languages that usually are. */
bool language_is_right_to_left(struct str tag)
{
	static const char *const languages[] = {
		"ar", "dv", "fa", "he", "ks", "ps", "sd", "syr", "ug", "ur", "yi", "ckb", "iw", "ji"};
	static const char *const scripts[] = {"Arab", "Hebr", "Syrc", "Thaa", "Nkoo", "Adlm"};
	struct str rest = tag, first, subtag;

	if (!str_take_until(&rest, '-', &first))
		return false;
	while (rest.p != NULL && str_take_until(&rest, '-', &subtag))
		if (subtag.n == 4) {
			for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++)
				if (str_equal(subtag, str_from(scripts[i])))
					return true;
			return false;
		}
	for (size_t i = 0; i < sizeof(languages) / sizeof(languages[0]); i++)
		if (str_equal(first, str_from(languages[i])))
			return true;
	return false;
}
