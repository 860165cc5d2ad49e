/* Growing buffers, and the ways to append that know nothing of text. */
#include "internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUF_FIRST 64u

void buf_release(struct buf *buf)
{
	free(buf->p);
	*buf = (struct buf){.max = buf->max};
}

void buf_clear(struct buf *buf)
{
	buf->n = 0;
	buf->failed = false;
	buf->full = false;
	if (buf->p != NULL)
		buf->p[0] = '\0';
}

/* The slow half of buf_reserve: makes cap >= n + more. */
static char *grow(struct buf *buf, size_t more)
{
	size_t need, cap = buf->cap < BUF_FIRST ? BUF_FIRST : buf->cap;
	char *p;

	if (!size_add(buf->n, more, &need) || (buf->max != 0 && need > buf->max)) {
		buf->failed = true;
		buf->full = true;
		return NULL;
	}
	if (need > cap / 2 && !size_mul(cap, 2, &cap))
		cap = need;
	if (cap < need)
		cap = need;
	if (buf->max != 0 && cap > buf->max)
		cap = buf->max;
	if (cap >= PTRDIFF_MAX || (p = realloc(buf->p, cap + 1)) == NULL) {
		buf->failed = true;
		return NULL;
	}
	if (buf->p == NULL)
		p[0] = '\0';
	buf->p = p;
	buf->cap = cap;
	return p + buf->n;
}

char *buf_reserve(struct buf *buf, size_t n)
{
	if (buf->failed)
		return NULL;
	if (buf->p != NULL && n <= buf->cap - buf->n && (buf->max == 0 || n <= buf->max - buf->n))
		return buf->p + buf->n;
	return grow(buf, n);
}

void buf_add(struct buf *buf, const void *bytes, size_t n)
{
	char *room = n > 0 ? buf_reserve(buf, n) : NULL;

	if (room == NULL)
		return;
	memcpy(room, bytes, n);
	room[n] = '\0';
	buf->n += n;
}

void buf_str(struct buf *buf, struct str text)
{
	buf_add(buf, text.p, text.n);
}

void buf_text(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

void buf_char(struct buf *buf, char c)
{
	char *room = buf_reserve(buf, 1);

	if (room == NULL)
		return;
	room[0] = c;
	room[1] = '\0';
	buf->n++;
}

void buf_printf(struct buf *buf, const char *format, ...)
{
	va_list arguments;
	char first[256];
	int length;

	if (buf->failed)
		return;
	va_start(arguments, format);
	length = vsnprintf(first, sizeof(first), format, arguments);
	va_end(arguments);
	if (length < 0) {
		buf->failed = true;
	} else if ((size_t)length < sizeof(first)) {
		buf_add(buf, first, (size_t)length);
	} else {
		char *room = buf_reserve(buf, (size_t)length);
		if (room == NULL)
			return;
		va_start(arguments, format);
		vsnprintf(room, (size_t)length + 1, format, arguments);
		va_end(arguments);
		buf->n += (size_t)length;
	}
}

void buf_u64(struct buf *buf, uint64_t value)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value != 0);
	buf_add(buf, digits + at, sizeof(digits) - at);
}

void buf_be16(struct buf *buf, uint16_t value)
{
	unsigned char bytes[2] = {(unsigned char)(value >> 8), (unsigned char)value};

	buf_add(buf, bytes, sizeof(bytes));
}

void buf_be64(struct buf *buf, uint64_t value)
{
	unsigned char bytes[8];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(value >> (56 - 8 * i));
	buf_add(buf, bytes, sizeof(bytes));
}

struct str buf_view(const struct buf *buf)
{
	return (struct str){buf->p != NULL ? buf->p : "", buf->n};
}

int buf_check(const struct buf *buf, const char *what, struct err *err)
{
	if (!buf->failed)
		return 0;
	if (buf->full && buf->max != 0)
		return err_set(err, ERR_LIMIT, "%s: larger than the %zu bytes allowed", what, buf->max);
	return err_set(err, ERR_MEMORY, "%s: out of memory", what);
}
