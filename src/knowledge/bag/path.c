/* Paths in tag files (RFC 8493 sections 2.1.3 and 5.1). */
#include "internal.h"

#include <string.h>

const char *in_tree(struct check *check, struct str path)
{
	buf_clear(&check->full);
	buf_str(&check->full, check->top);
	if (check->top.n > 0 && path.n > 0)
		buf_char(&check->full, '/');
	buf_str(&check->full, path);
	return check->full.p != NULL ? check->full.p : "";
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

void percent_decode(struct str text, struct buf *out, bool *others)
{
	*others = false;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] != '%') {
			buf_char(out, text.p[i]);
			continue;
		}
		int high = i + 2 < text.n ? hex_digit(text.p[i + 1]) : -1, low = i + 2 < text.n ? hex_digit(text.p[i + 2]) : -1;
		int octet = high < 0 || low < 0 ? -1 : high * 16 + low;
		if (octet == '\n' || octet == '\r' || octet == '%') {
			buf_char(out, (char)octet);
			i += 2;
		} else {
			buf_char(out, '%');
			*others = true;
		}
	}
}

void percent_encode(struct buf *out, struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		if (c == '\n')
			buf_text(out, "%0A");
		else if (c == '\r')
			buf_text(out, "%0D");
		else if (c == '%')
			buf_text(out, "%25");
		else
			buf_char(out, c);
	}
}

void bag_percent_encode(struct buf *out, struct str name)
{
	percent_encode(out, name);
}

void bag_percent_decode(struct buf *out, struct str written)
{
	bool others;

	percent_decode(written, out, &others);
}

static bool escapes(struct str path)
{
	struct str rest = path, part;

	if (path.p[0] == '/' || path.p[0] == '~')
		return true;
	while (str_take_until(&rest, '/', &part))
		if (str_equal(part, STR("..")))
			return true;
	return false;
}

/* Drops "." and empty parts, in place. Whether there were any. */
static bool simplify(struct buf *path)
{
	struct str rest = {path->p, path->n}, part;
	size_t n = 0, before = path->n;

	while (str_take_until(&rest, '/', &part)) {
		if (part.n == 0 || str_equal(part, STR(".")))
			continue;
		if (n > 0)
			path->p[n++] = '/';
		memmove(path->p + n, part.p, part.n);
		n += part.n;
	}
	path->n = n;
	path->p[n] = '\0';
	return n != before;
}

bool read_path(struct check *check, struct str written, bool payload, struct buf *out, const char *file, uint64_t line)
{
	struct str name = str_from(file);
	bool others = false;

	buf_clear(out);
	if (written.n == 0) {
		report(check, BAG_ERROR, "BAG-LINE", name, line, "has no path");
		return false;
	}
	if (check->strict)
		percent_decode(written, out, &others);
	else
		buf_str(out, written);
	if (others)
		report(check, BAG_ERROR, "BAG-ESCAPE", name, line,
			"\"%.*s\" has a percent sign that is not written %%25: in BagIt 1.0 only CR, LF and %% are encoded, and "
			"always",
			STR_ARG(written));
	if (escapes(buf_view(out))) {
		report(check, BAG_ERROR, "BAG-SCOPE", name, line, "\"%.*s\" leads out of the bag; it is not followed",
			STR_ARG(written));
		return false;
	}
	if (out->p[out->n - 1] == '/') {
		report(check, BAG_ERROR, "BAG-LINE", name, line, "\"%.*s\" names a folder; only files can be listed",
			STR_ARG(written));
		return false;
	}
	if (simplify(out))
		report(check, BAG_WARNING, "BAG-PATH", name, line, "\"%.*s\" should be written \"%s\"", STR_ARG(written), out->p);
	bool below = str_starts(buf_view(out), STR("data/"));
	if (out->n == 0 || (payload && !below)) {
		report(check, BAG_ERROR, "BAG-SCOPE", name, line, "\"%.*s\" is not a payload file below data/", STR_ARG(written));
		return false;
	}
	if (!payload && below) {
		report(check, BAG_ERROR, "BAG-TAGS", name, line, "\"%.*s\" is a payload file: tag manifests list tag files only",
			STR_ARG(written));
		return false;
	}
	return true;
}
