/* Errors: composing the sentence, escaping what could forge output, cutting what does not fit. */
#include "internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#undef err_set
#undef err_sys
#undef err_note

#define ELLIPSIS "\xe2\x80\xa6"
#define ELLIPSIS_SIZE (sizeof(ELLIPSIS) - 1)
/* What a context keeps at least when both it and the text before it are long. */
#define CONTEXT_LEAST 160

/* Copies `from` into out (NUL-terminated, at most `room` bytes before the NUL), escaped, cut with an ellipsis between characters. */
static size_t escape_into(char *out, size_t room, const char *from, size_t n, bool cut)
{
	static const char digits[] = "0123456789abcdef";
	size_t used = 0, safe = 0; /* safe: the longest prefix that leaves room for the ellipsis */
	const unsigned char *p = (const unsigned char *)from;

	while (n > 0) {
		uint32_t point;
		size_t step = utf8_step(p, n, &point);
		bool plain = step != 0 && point_printable(point);
		size_t take = step != 0 ? step : 1;
		size_t need = plain ? take : 4 * take;
		if (used + need > room) {
			cut = true;
			break;
		}
		for (size_t i = 0; i < take; i++) {
			if (plain) {
				out[used++] = (char)p[i];
				continue;
			}
			out[used++] = '\\';
			out[used++] = 'x';
			out[used++] = digits[p[i] >> 4];
			out[used++] = digits[p[i] & 15];
		}
		if (used + ELLIPSIS_SIZE <= room)
			safe = used;
		p += take;
		n -= take;
	}
	if (cut) {
		used = safe;
		if (used + ELLIPSIS_SIZE <= room) {
			memcpy(out + used, ELLIPSIS, ELLIPSIS_SIZE);
			used += ELLIPSIS_SIZE;
		}
	}
	out[used] = '\0';
	return used;
}

/* The formatted text, then `suffix` (already clean) which is never cut. */
__attribute__((format(printf, 3, 0))) static void compose(
	struct err *err, const char *suffix, const char *format, va_list arguments)
{
	char raw[2 * sizeof(err->text)];
	size_t suffix_n = strlen(suffix), n;
	int length = vsnprintf(raw, sizeof(raw), format, arguments);
	bool cut = length < 0 || (size_t)length >= sizeof(raw);

	n = length < 0 ? 0 : cut ? sizeof(raw) - 1 : (size_t)length;
	n = escape_into(err->text, sizeof(err->text) - 1 - suffix_n, raw, n, cut);
	memcpy(err->text + n, suffix, suffix_n + 1);
}

int err_set(struct err *err, enum err_code code, const char *format, ...)
{
	va_list arguments;

	if (err == NULL)
		return -1;
	err->code = code;
	err->sys = 0;
	va_start(arguments, format);
	compose(err, "", format, arguments);
	va_end(arguments);
	return -1;
}

int err_sys(struct err *err, const char *format, ...)
{
	int sys = errno;
	char reason[128], suffix[sizeof(reason) + 2];
	va_list arguments;

	if (err == NULL)
		return -1;
	err->code = ERR_SYSTEM;
	err->sys = sys;
	snprintf(suffix, sizeof(suffix), ": %s", strerror_r(sys, reason, sizeof(reason)));
	va_start(arguments, format);
	compose(err, suffix, format, arguments);
	va_end(arguments);
	errno = sys;
	return -1;
}

int err_note(struct err *err, const char *format, ...)
{
	struct err context = ERR_INIT;
	char old[sizeof(err->text)];
	size_t old_n, context_n, room = sizeof(err->text) - 1;
	va_list arguments;

	if (err == NULL)
		return -1;
	va_start(arguments, format);
	compose(&context, "", format, arguments);
	va_end(arguments);
	old_n = strlen(err->text);
	memcpy(old, err->text, old_n + 1);
	/* The reason stands at the end: it is kept whole as long as the context keeps a useful part. */
	size_t most = old_n + 2 < room ? room - 2 - old_n : 0;
	if (most < CONTEXT_LEAST)
		most = CONTEXT_LEAST;
	context_n = escape_into(err->text, most, context.text, strlen(context.text), false);
	memcpy(err->text + context_n, ": ", 2);
	escape_into(err->text + context_n + 2, room - context_n - 2, old, old_n, false);
	return -1;
}

void err_clear(struct err *err)
{
	if (err == NULL)
		return;
	err->code = ERR_NONE;
	err->sys = 0;
	err->text[0] = '\0';
}

bool err_is_for_now(const struct err *err)
{
	switch (err->code) {
	case ERR_BUSY:
	case ERR_MEMORY:
	case ERR_INTERRUPTED:
		return true;
	case ERR_SYSTEM:
		return err->sys == EMFILE || err->sys == ENFILE || err->sys == ENOMEM || err->sys == ENOSPC || err->sys == EDQUOT ||
		       err->sys == EAGAIN || err->sys == ENOBUFS;
	case ERR_NONE:
	case ERR_USAGE:
	case ERR_SYNTAX:
	case ERR_LIMIT:
	case ERR_NOT_FOUND:
	case ERR_EXISTS:
	case ERR_MISMATCH:
	case ERR_CONFLICT:
	case ERR_INTERNAL:
	default:
		return false;
	}
}
