/* Bytes of a plain text to UTF-8. */
#include "text/text.h"

#include <string.h>

#include <unicode/uchar.h>
#include <unicode/ucnv.h>
#include <unicode/ucsdet.h>

#define DECODED_MAX ((size_t)2 * TEXT_MAX) /* more could not be kept */
#define WESTERN "windows-1252"             /* has something for nearly every byte */
#define LOOKED_AT 65536u                   /* bytes that are enough to tell an encoding */

static const struct {
	const char *bytes;
	size_t n;
	const char *encoding;
} order_marks[] = {
	{"\xef\xbb\xbf", 3, "UTF-8"},
	{"\xff\xfe\0\0", 4, "UTF-32LE"}, /* begins as UTF-16LE's does */
	{"\0\0\xfe\xff", 4, "UTF-32BE"},
	{"\xff\xfe", 2, "UTF-16LE"},
	{"\xfe\xff", 2, "UTF-16BE"},
};

/* Western texts in UTF-16 without a mark have zeroes in every other byte, and nothing else has. */
static const char *by_zeroes(struct str bytes)
{
	size_t zeroes[2] = {0, 0}, n = bytes.n < LOOKED_AT ? bytes.n : LOOKED_AT;
	for (size_t i = 0; i < n; i++)
		zeroes[i & 1] += bytes.p[i] == '\0';
	if (n < 4)
		return NULL;
	if (zeroes[1] > n / 5 && zeroes[0] <= n / 50)
		return "UTF-16LE";
	return zeroes[0] > n / 5 && zeroes[1] <= n / 50 ? "UTF-16BE" : NULL;
}

/* Up to where a character may be cut off, it is UTF-8. */
static bool is_utf8(struct str bytes)
{
	struct str start = bytes;
	if (bytes.n > DECODED_MAX) {
		start.n = DECODED_MAX;
		while (start.n > 0 && ((unsigned char)start.p[start.n] & 0xc0) == 0x80)
			start.n--;
	}
	return utf8_valid(start);
}

/* ICU's name lives as long as the program. NULL: it has no idea. */
static const char *by_guess(struct str bytes)
{
	UErrorCode status = U_ZERO_ERROR;
	UCharsetDetector *detector = ucsdet_open(&status);
	const char *name = NULL;
	/* What is not ASCII tells; what stands before it may be long. */
	size_t first = 0;
	while (first < bytes.n && (unsigned char)bytes.p[first] < 0x80)
		first++;
	if (bytes.n - first < LOOKED_AT)
		first = bytes.n > LOOKED_AT ? bytes.n - LOOKED_AT : 0;
	size_t n = bytes.n - first < LOOKED_AT ? bytes.n - first : LOOKED_AT;
	if (U_SUCCESS(status)) {
		ucsdet_setText(detector, bytes.p + first, (int32_t)n, &status);
		const UCharsetMatch *match = ucsdet_detect(detector, &status);
		if (U_SUCCESS(status) && match)
			name = ucsdet_getName(match, &status);
		if (U_FAILURE(status))
			name = NULL;
	}
	ucsdet_close(detector);
	return name;
}

static void add_point(struct buf *out, uint32_t point)
{
	char bytes[4];
	size_t n = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
	static const unsigned char first[] = {0, 0, 0xc0, 0xe0, 0xf0};
	for (size_t i = n; i-- > 1; point >>= 6)
		bytes[i] = (char)(0x80 | (point & 0x3f));
	bytes[0] = (char)(first[n] | point);
	buf_add(out, bytes, n);
}

/* UTF-16 to UTF-8; *high is the first half of a pair whose second comes with the next piece. */
static void add_units(struct buf *out, const UChar *units, size_t n, uint32_t *high)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t unit = units[i];
		bool low = unit >= 0xdc00 && unit <= 0xdfff;
		if (*high && low) {
			add_point(out, 0x10000 + ((*high - 0xd800) << 10) + (unit - 0xdc00));
			*high = 0;
			continue;
		}
		if (*high)
			add_point(out, 0xfffd);
		*high = unit >= 0xd800 && unit <= 0xdbff ? unit : 0;
		if (!*high)
			add_point(out, low ? 0xfffd : unit);
	}
}

static int convert(struct str bytes, const char *encoding, struct buf *out, struct err *err)
{
	UErrorCode status = U_ZERO_ERROR;
	UConverter *converter = ucnv_open(encoding, &status);
	const char *source = bytes.p, *end = bytes.p + bytes.n;
	uint32_t high = 0;
	if (U_FAILURE(status)) /* ICU knows more encodings than it has tables for */
		converter = ucnv_open(WESTERN, &(UErrorCode){U_ZERO_ERROR});
	if (!converter)
		return err_set(err, ERR_SYNTAX, "the text is in %s, which cannot be converted", encoding);
	do {
		UChar units[4096] = {0}, *target = units;
		status = U_ZERO_ERROR;
		ucnv_toUnicode(converter, &target, units + sizeof(units) / sizeof(units[0]), &source, end, NULL, true, &status);
		add_units(out, units, (size_t)(target - units), &high);
	} while (status == U_BUFFER_OVERFLOW_ERROR && out->n < DECODED_MAX && !out->failed);
	if (high)
		add_point(out, 0xfffd);
	ucnv_close(converter);
	return 0;
}

/* ---- encodings that the guess does not know, or mistakes ---- */

#define WEIGHED 32768u /* bytes */

static bool is_ascii_letter(uint32_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* How well this reads: a letter beside letters is for it; what no letter is within a word, a capital behind a small letter, what is no character at all, against it. */
static long weigh(struct str bytes, const char *encoding)
{
	struct buf text = BUF_INIT;
	uint32_t before = ' ', now = ' ', next;
	long weight = 0;
	int32_t i = 0;
	if (convert(bytes, encoding, &text, NULL) < 0)
		return -1000000;
	for (bool end = false; !end; before = now, now = next) {
		UChar32 point = -1;
		end = i >= (int32_t)text.n;
		if (!end)
			U8_NEXT(text.p, i, (int32_t)text.n, point);
		next = end || point < 0 ? ' ' : (uint32_t)point;
		if (now < 0x80)
			continue;
		bool small_before = (before >= 'a' && before <= 'z'), in_word = is_ascii_letter(before) && is_ascii_letter(next);
		if (now == 0xfffd || u_charType((UChar32)now) == U_CONTROL_CHAR)
			weight -= 3;
		else if (u_ispunct((UChar32)now) || !u_isalpha((UChar32)now))
			weight -= in_word && now != 0x2019 && now != 0xad;
		else if (small_before && u_isupper((UChar32)now))
			weight -= 2;
		else
			weight += now < 0x250 ? is_ascii_letter(before) || is_ascii_letter(next) : before >= 0x80 || next >= 0x80;
	}
	buf_release(&text);
	return weight;
}

/* Texts of DOS and of old Macintoshes look like others of the West to the guess, short ones of China like nothing. */
static const char *better_than(const char *guess, struct str bytes)
{
	static const char *const western[] = {"IBM850", "macintosh", NULL}, *const eastern[] = {
										    "GB18030", "Big5", "Shift_JIS", "EUC-KR", NULL};
	size_t first = 0;
	while (first < bytes.n && (unsigned char)bytes.p[first] < 0x80)
		first++;
	/* from the beginning of a word */
	while (first > 0 && is_ascii_letter((unsigned char)bytes.p[first - 1]))
		first--;
	bytes = (struct str){bytes.p + first, bytes.n - first < WEIGHED ? bytes.n - first : WEIGHED};
	long best = weigh(bytes, guess), least = best + 2 + (best > 0 ? best / 10 : 0);
	bool west = strncmp(guess, "ISO-8859-", 9) == 0 || strncmp(guess, "windows-125", 11) == 0;
	for (size_t i = 0; west && western[i]; i++) {
		long weight = weigh(bytes, western[i]);
		if (weight >= least && weight > best) {
			best = weight;
			guess = western[i];
		}
	}
	/* What has no zero in it is hardly that, though short texts of Chinese look like it. */
	if (strncmp(guess, "UTF-", 4) == 0)
		best = -1;
	for (size_t i = 0; best < 0 && eastern[i]; i++) {
		long weight = weigh(bytes, eastern[i]);
		if (weight > 0)
			return eastern[i];
	}
	return guess;
}

int text_decode(struct str bytes, struct buf *out, const char **encoding, struct err *err)
{
	const char *name = NULL;
	for (size_t i = 0; i < sizeof(order_marks) / sizeof(order_marks[0]) && !name; i++)
		if (str_starts(bytes, (struct str){order_marks[i].bytes, order_marks[i].n})) {
			name = order_marks[i].encoding;
			bytes.p += order_marks[i].n;
			bytes.n -= order_marks[i].n;
		}
	name = name ? name : by_zeroes(bytes);
	bool guessed = !name && !is_utf8(bytes);
	name = name ? name : guessed ? by_guess(bytes) : "UTF-8";
	/* Nobody keeps texts in EBCDIC; what looks like it is a few stray bytes. */
	if (!name || strncmp(name, "IBM42", 5) == 0)
		name = WESTERN;
	if (guessed)
		name = better_than(name, bytes);
	if (encoding)
		*encoding = name;
	if (strcmp(name, "UTF-8") != 0) {
		if (convert(bytes, name, out, err) < 0)
			return -1;
	} else {
		buf_add(out, bytes.p, bytes.n < DECODED_MAX ? bytes.n : DECODED_MAX);
	}
	return buf_check(out, "a decoded text", err);
}
