/* Heads of tar archives (POSIX.1-2001, pax interchange format). */
#include "tar.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SIZE_MOST UINT64_C(0777777777777) /* of 11 octal digits */

static void put_octal(unsigned char *field, size_t digits, uint64_t value)
{
	for (size_t i = digits; i-- > 0; value >>= 3)
		field[i] = (unsigned char)('0' + (value & 7));
}

static void put_head(struct buf *out, struct str prefix, struct str name, uint64_t size, int64_t time, char type)
{
	unsigned char head[TAR_BLOCK] = {0};
	unsigned sum = 0;

	if (name.n > 0)
		memcpy(head, name.p, name.n < 100 ? name.n : 100);
	put_octal(head + 100, 7, 0644);
	put_octal(head + 108, 7, 0);
	put_octal(head + 116, 7, 0);
	put_octal(head + 124, 11, size <= SIZE_MOST ? size : 0);
	put_octal(head + 136, 11, time > 0 ? (uint64_t)time & SIZE_MOST : 0);
	memset(head + 148, ' ', 8);
	head[156] = (unsigned char)type;
	memcpy(head + 257, "ustar\00000", 8);
	if (prefix.n > 0)
		memcpy(head + 345, prefix.p, prefix.n < 155 ? prefix.n : 155);
	for (size_t i = 0; i < sizeof(head); i++)
		sum += head[i];
	put_octal(head + 148, 6, sum);
	head[154] = '\0';
	buf_add(out, head, sizeof(head));
}

/* "LENGTH KEY=VALUE\n", LENGTH counting itself. */
static void put_record(struct buf *out, const char *key, struct str value)
{
	size_t rest = strlen(key) + value.n + 3, length = rest;

	for (size_t before = 0; before != length;) {
		char digits[24];

		before = length;
		length = rest + (size_t)snprintf(digits, sizeof(digits), "%zu", before);
	}
	buf_printf(out, "%zu %s=", length, key);
	buf_str(out, value);
	buf_char(out, '\n');
}

/* A slash that leaves at most 155 bytes before it and at most 100 behind it; 0: there is none. */
static size_t split(struct str name)
{
	for (size_t i = name.n > 101 ? name.n - 101 : 0; i < name.n && i <= 155; i++)
		if (name.p[i] == '/' && i > 0 && i + 1 < name.n)
			return i;
	return 0;
}

void tar_file(struct buf *out, struct str name, uint64_t size, int64_t time)
{
	bool ascii = true;
	size_t at = name.n > 100 ? split(name) : 0;

	for (size_t i = 0; i < name.n; i++)
		ascii = ascii && (unsigned char)name.p[i] < 0x80;
	bool fits = ascii && (name.n <= 100 || at > 0);
	if (!fits || size > SIZE_MOST) {
		struct buf records = BUF_INIT;
		char digits[24];

		if (!fits)
			put_record(&records, "path", name);
		(void)snprintf(digits, sizeof(digits), "%" PRIu64, size);
		if (size > SIZE_MOST)
			put_record(&records, "size", str_from(digits));
		put_head(out, STR(""), STR("PaxHeader"), records.n, time, 'x');
		buf_str(out, buf_view(&records));
		for (size_t i = tar_padding(records.n); i > 0; i--)
			buf_char(out, '\0');
		buf_release(&records);
	}
	if (fits && at > 0)
		put_head(out, (struct str){name.p, at}, (struct str){name.p + at + 1, name.n - at - 1}, size, time, '0');
	else
		put_head(out, STR(""), name, size, time, '0');
}

size_t tar_padding(uint64_t size)
{
	return (size_t)((TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK);
}

void tar_end(struct buf *out)
{
	for (size_t i = 0; i < 2 * (size_t)TAR_BLOCK; i++)
		buf_char(out, '\0');
}
