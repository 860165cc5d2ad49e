/* Views of bytes, and what of them is well-formed UTF-8. */
#include "internal.h"

#include <string.h>

bool bytes_equal(const char *a, const char *b, size_t n)
{
	return n == 0 || memcmp(a, b, n) == 0;
}

struct str str_from(const char *text)
{
	return text != NULL ? (struct str){text, strlen(text)} : (struct str){"", 0};
}

bool str_equal(struct str a, struct str b)
{
	return a.n == b.n && bytes_equal(a.p, b.p, a.n);
}

int str_compare(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n == 0 ? 0 : memcmp(a.p, b.p, n);

	if (order != 0)
		return order;
	return a.n < b.n ? -1 : a.n > b.n;
}

bool str_starts(struct str text, struct str prefix)
{
	return text.n >= prefix.n && bytes_equal(text.p, prefix.p, prefix.n);
}

bool str_ends(struct str text, struct str suffix)
{
	return text.n >= suffix.n && (suffix.n == 0 || memcmp(text.p + (text.n - suffix.n), suffix.p, suffix.n) == 0);
}

bool str_take_line(struct str *rest, struct str *line)
{
	const char *end = rest->n > 0 ? memchr(rest->p, '\n', rest->n) : NULL;

	if (end == NULL)
		return false;
	size_t n = (size_t)(end - rest->p);
	*line = (struct str){rest->p, n};
	rest->p = end + 1;
	rest->n -= n + 1;
	return true;
}

struct str str_stem(struct str path)
{
	size_t from = path.n, to = path.n;

	while (from > 0 && path.p[from - 1] != '/')
		from--;
	for (size_t i = path.n; i-- > from;)
		if (path.p[i] == '.') {
			to = i;
			break;
		}
	return (struct str){path.p + from, to - from};
}

bool str_take_until(struct str *rest, char separator, struct str *token)
{
	if (rest == NULL || rest->p == NULL)
		return false;
	const char *end = rest->n > 0 ? memchr(rest->p, separator, rest->n) : NULL;
	if (end == NULL) {
		*token = *rest;
		*rest = (struct str){NULL, 0};
		return true;
	}
	size_t n = (size_t)(end - rest->p);
	*token = (struct str){rest->p, n};
	rest->p = end + 1;
	rest->n -= n + 1;
	return true;
}

size_t utf8_step(const unsigned char *p, size_t n, uint32_t *point)
{
	/* RFC 3629 section 4: the range of the second byte rules out overlong forms, surrogates and the rest above U+10FFFF. */
	unsigned char low = 0x80, high = 0xbf;
	size_t length;
	uint32_t value;

	if (n == 0)
		return 0;
	if (p[0] < 0x80) {
		*point = p[0];
		return 1;
	}
	if (p[0] >= 0xc2 && p[0] <= 0xdf) {
		length = 2;
		value = p[0] & 0x1fu;
	} else if (p[0] >= 0xe0 && p[0] <= 0xef) {
		length = 3;
		value = p[0] & 0x0fu;
		low = p[0] == 0xe0 ? 0xa0 : 0x80;
		high = p[0] == 0xed ? 0x9f : 0xbf;
	} else if (p[0] >= 0xf0 && p[0] <= 0xf4) {
		length = 4;
		value = p[0] & 0x07u;
		low = p[0] == 0xf0 ? 0x90 : 0x80;
		high = p[0] == 0xf4 ? 0x8f : 0xbf;
	} else {
		return 0;
	}
	if (n < length || p[1] < low || p[1] > high)
		return 0;
	value = value << 6 | (p[1] & 0x3fu);
	for (size_t i = 2; i < length; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (p[i] & 0x3fu);
	}
	*point = value;
	return length;
}

bool utf8_valid(struct str text)
{
	const unsigned char *p = (const unsigned char *)text.p;
	size_t n = text.n;
	uint32_t point;

	while (n > 0) {
		size_t step = *p < 0x80 ? 1 : utf8_step(p, n, &point);
		if (step == 0)
			return false;
		p += step;
		n -= step;
	}
	return true;
}

bool point_printable(uint32_t point)
{
	if (point < 0x20 || (point >= 0x7f && point <= 0x9f))
		return false;
	if (point == 0x061c || point == 0x200e || point == 0x200f) /* bidi marks */
		return false;
	if (point >= 0x2028 && point <= 0x202e) /* line and paragraph separator, bidi embeddings and overrides */
		return false;
	return !(point >= 0x2066 && point <= 0x2069); /* bidi isolates */
}
