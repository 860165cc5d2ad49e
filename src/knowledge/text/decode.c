/* Bytes of a plain text to UTF-8. */
#include "text/text.h"

#include <string.h>

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
	name = name ? name : is_utf8(bytes) ? "UTF-8" : by_guess(bytes);
	/* Nobody keeps texts in EBCDIC; what looks like it is a few stray bytes. */
	if (!name || strncmp(name, "IBM42", 5) == 0)
		name = WESTERN;
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
