/* Strings as they are taken into a record. */
#include "internal.h"

#include <string.h>

struct str str_trim(struct str s)
{
	while (s.n && strchr(" \t\r\n", s.p[0]) && s.p[0]) {
		s.p++;
		s.n--;
	}
	while (s.n && strchr(" \t\r\n", s.p[s.n - 1]) && s.p[s.n - 1])
		s.n--;
	return s;
}

/* C0 but newline and tab, DEL, and C1 (U+0080 to U+009F, in UTF-8 C2 80 to C2 9F). */
static bool has_controls(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if ((c < 32 && c != '\n' && c != '\t') || c == 127)
			return true;
		if (c == 0xc2 && i + 1 < s.n && (unsigned char)s.p[i + 1] < 0xa0)
			return true;
	}
	return false;
}

int text_clean(struct str *text, struct buf *store, const char *what, struct err *err)
{
	struct str s = str_trim(*text);
	if (s.n > RECORD_TEXT_MAX)
		return err_set(err, ERR_LIMIT, "%s: the text has %zu bytes; at most %u are taken", what, s.n, RECORD_TEXT_MAX);
	if (s.n && memchr(s.p, '\r', s.n)) {
		size_t at = store->n;
		for (size_t i = 0; i < s.n; i++) {
			if (s.p[i] != '\r')
				buf_char(store, s.p[i]);
			else if (i + 1 == s.n || s.p[i + 1] != '\n')
				buf_char(store, '\n');
		}
		if (buf_check(store, what, err) < 0)
			return -1;
		s = (struct str){store->p + at, store->n - at};
	}
	if (!utf8_valid(s))
		return err_set(
			err, ERR_SYNTAX, "%s: “%.*s” is not UTF-8; convert it first (iconv -f LATIN1 -t UTF-8)", what, STR_ARG(s));
	if (has_controls(s))
		return err_set(err, ERR_SYNTAX, "%s: “%.*s” holds a control character; only newlines and tabs are taken", what,
			STR_ARG(s));
	*text = s;
	return 0;
}

int path_check(struct str path, struct err *err)
{
	if (path.n == 0)
		return err_set(err, ERR_SYNTAX, "a file has no path");
	if (path.n > RECORD_PATH_MAX)
		return err_set(err, ERR_LIMIT, "the path of a file has %zu bytes; at most %u are taken", path.n, RECORD_PATH_MAX);
	if (memchr(path.p, '\0', path.n) || !utf8_valid(path))
		return err_set(err, ERR_SYNTAX, "the path “%.*s” of a file is not UTF-8", STR_ARG(path));
	struct str rest = path, part;
	while (str_take_until(&rest, '/', &part))
		if (part.n == 0 || str_equal(part, STR(".")) || str_equal(part, STR("..")))
			return err_set(err, ERR_SYNTAX,
				"the path “%.*s” of a file is not relative and plain; write it as in scans/page-1.jpg",
				STR_ARG(path));
	return 0;
}
