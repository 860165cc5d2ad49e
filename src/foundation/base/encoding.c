/* Encodings, both ways: hexadecimal, base64, decimal, big-endian; JSON strings and terminal-safe text. */
#include "internal.h"

#include <string.h>

static const char hex_digits[] = "0123456789abcdef";
static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void buf_hex(struct buf *buf, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;
	size_t size;
	char *room;

	if (!size_mul(n, 2, &size)) {
		buf->failed = true;
		return;
	}
	if (n == 0 || (room = buf_reserve(buf, size)) == NULL)
		return;
	for (size_t i = 0; i < n; i++) {
		room[2 * i] = hex_digits[p[i] >> 4];
		room[2 * i + 1] = hex_digits[p[i] & 15];
	}
	room[size] = '\0';
	buf->n += size;
}

void buf_base64(struct buf *buf, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;
	size_t size;
	char *room;

	if (!size_mul(n / 3 + (n % 3 != 0), 4, &size)) {
		buf->failed = true;
		return;
	}
	if (n == 0 || (room = buf_reserve(buf, size)) == NULL)
		return;
	buf->n += size;
	for (; n >= 3; n -= 3, p += 3) {
		*room++ = base64_digits[p[0] >> 2];
		*room++ = base64_digits[(p[0] & 3) << 4 | p[1] >> 4];
		*room++ = base64_digits[(p[1] & 15) << 2 | p[2] >> 6];
		*room++ = base64_digits[p[2] & 63];
	}
	if (n > 0) {
		unsigned char second = n == 2 ? p[1] : 0;
		*room++ = base64_digits[p[0] >> 2];
		*room++ = base64_digits[(p[0] & 3) << 4 | second >> 4];
		*room++ = n == 2 ? base64_digits[(second & 15) << 2] : '=';
		*room++ = '=';
	}
	*room = '\0';
}

/* 0 to 15, or -1: upper case is not canonical. */
static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool hex_decode(struct str text, void *out, size_t out_n)
{
	unsigned char *to = out;

	if (text.n / 2 != out_n || text.n % 2 != 0)
		return false;
	for (size_t i = 0; i < out_n; i++) {
		int high = hex_value(text.p[2 * i]), low = hex_value(text.p[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		to[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

static int hex_of_any_case(char c)
{
	return hex_value(c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : c);
}

bool url_decode(struct str text, bool plus, struct buf *out)
{
	for (size_t i = 0; i < text.n; i++) {
		char c = plus && text.p[i] == '+' ? ' ' : text.p[i];

		if (c == '%') {
			int high = text.n - i > 2 ? hex_of_any_case(text.p[i + 1]) : -1;
			int low = high >= 0 ? hex_of_any_case(text.p[i + 2]) : -1;

			if (low < 0)
				return false;
			c = (char)(high << 4 | low);
			i += 2;
		}
		if (c == '\0')
			return false;
		buf_char(out, c);
	}
	return true;
}

static int base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* How many bytes well-shaped base64 stands for; false if the length or the padding is wrong. */
static bool base64_size(struct str text, size_t *size)
{
	if (text.n % 4 != 0)
		return false;
	*size = text.n / 4 * 3;
	if (text.n > 0 && text.p[text.n - 1] == '=')
		*size -= text.p[text.n - 2] == '=' ? 2 : 1;
	return true;
}

/* base64_size has been asked: `to` has room for exactly n bytes. */
static bool base64_into(struct str text, unsigned char *to, size_t n)
{
	size_t whole = n / 3, rest = n % 3;
	const char *p = text.p;

	for (size_t i = 0; i < whole; i++, p += 4) {
		int a = base64_value(p[0]), b = base64_value(p[1]), c = base64_value(p[2]), d = base64_value(p[3]);
		if ((a | b | c | d) < 0)
			return false;
		*to++ = (unsigned char)(a << 2 | b >> 4);
		*to++ = (unsigned char)(b << 4 | c >> 2);
		*to++ = (unsigned char)(c << 6 | d);
	}
	if (rest != 0) {
		int a = base64_value(p[0]), b = base64_value(p[1]), c = rest == 2 ? base64_value(p[2]) : 0;
		if ((a | b | c) < 0)
			return false;
		if (rest == 1 ? (b & 15) != 0 : (c & 3) != 0) /* unused bits: a second spelling of the same bytes */
			return false;
		*to++ = (unsigned char)(a << 2 | b >> 4);
		if (rest == 2)
			*to = (unsigned char)(b << 4 | c >> 2);
	}
	return true;
}

bool base64_decode(struct str text, struct buf *out)
{
	size_t n;
	char *room;

	if (!base64_size(text, &n))
		return false;
	if (n == 0)
		return true;
	if ((room = buf_reserve(out, n)) == NULL)
		return false;
	bool good = base64_into(text, (unsigned char *)room, n);
	if (good)
		out->n += n;
	out->p[out->n] = '\0';
	return good;
}

bool base64_decode_fixed(struct str text, void *out, size_t out_n)
{
	size_t n;

	return base64_size(text, &n) && n == out_n && base64_into(text, out, n);
}

bool decimal_parse(struct str text, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;

	if (text.n == 0 || (text.n > 1 && text.p[0] == '0'))
		return false;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		if (__builtin_mul_overflow(value, (uint64_t)10, &value) ||
			__builtin_add_overflow(value, (uint64_t)(text.p[i] - '0'), &value) || value > max)
			return false;
	}
	*out = value;
	return true;
}

uint16_t be16_get(const void *bytes)
{
	const unsigned char *p = bytes;

	return (uint16_t)(p[0] << 8 | p[1]);
}

uint64_t be64_get(const void *bytes)
{
	const unsigned char *p = bytes;
	uint64_t value = 0;

	for (size_t i = 0; i < 8; i++)
		value = value << 8 | p[i];
	return value;
}

/* How many bytes at p must be escaped in a JSON string: a C0 control, DEL, quote or backslash, or a C1 control in UTF-8; or 0. */
static size_t json_special(const unsigned char *p, size_t n)
{
	if (*p < 0x20 || *p == '"' || *p == '\\' || *p == 0x7f)
		return 1;
	return *p == 0xc2 && n > 1 && p[1] >= 0x80 && p[1] <= 0x9f ? 2 : 0;
}

void buf_json(struct buf *buf, struct str text)
{
	const unsigned char *p = (const unsigned char *)text.p;
	size_t n = text.n;

	buf_char(buf, '"');
	while (n > 0) {
		size_t plain = 0, special = 0;
		while (plain < n && (special = json_special(p + plain, n - plain)) == 0)
			plain++;
		buf_add(buf, p, plain);
		p += plain;
		n -= plain;
		if (n == 0)
			break;
		unsigned char c = p[special - 1]; /* of a C1 control the second byte is its code point */
		static const char letters[] = "\b\f\n\r\t", names[] = "bfnrt";
		const char *letter = c != 0 ? memchr(letters, c, sizeof(letters) - 1) : NULL;
		char escape[6] = {'\\', 'u', '0', '0', hex_digits[c >> 4], hex_digits[c & 15]};
		size_t escape_n = 6;
		if (c == '"' || c == '\\' || letter != NULL) {
			escape[1] = letter != NULL ? names[letter - letters] : (char)c;
			escape_n = 2;
		}
		buf_add(buf, escape, escape_n);
		p += special;
		n -= special;
	}
	buf_char(buf, '"');
}

void buf_printable(struct buf *buf, struct str text)
{
	const unsigned char *p = (const unsigned char *)text.p;
	size_t n = text.n;

	while (n > 0) {
		uint32_t point;
		size_t step = utf8_step(p, n, &point), take = step != 0 ? step : 1;
		if (step != 0 && point_printable(point)) {
			buf_add(buf, p, step);
		} else {
			for (size_t i = 0; i < take; i++) {
				char escape[4] = {'\\', 'x', hex_digits[p[i] >> 4], hex_digits[p[i] & 15]};
				buf_add(buf, escape, sizeof(escape));
			}
		}
		p += take;
		n -= take;
	}
}
