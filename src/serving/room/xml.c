/* Text for XML 1.0. */
#include <string.h>

#include "machines.h"

/* Bytes of a valid character at the beginning, or 0. */
static size_t character(const unsigned char *p, size_t n)
{
	size_t length = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;

	return length != 0 && length <= n && utf8_valid((struct str){(const char *)p, length}) ? length : 0;
}

void xml_text(struct buf *out, struct str text)
{
	for (size_t i = 0, n; i < text.n; i += n) {
		const unsigned char *p = (const unsigned char *)text.p + i;

		n = character(p, text.n - i);
		if (n == 0) {
			buf_text(out, "\xef\xbf\xbd");
			n = 1;
		} else if (*p == '&') {
			buf_text(out, "&amp;");
		} else if (*p == '<') {
			buf_text(out, "&lt;");
		} else if (*p == '>') {
			buf_text(out, "&gt;");
		} else if (*p == '"') {
			buf_text(out, "&quot;");
		} else if (*p == '\'') {
			buf_text(out, "&#39;");
		} else if (*p == '\n' || *p == '\t' || (*p >= 0x20 && *p != 0x7f)) {
			/* U+FFFE and U+FFFF are no characters of XML; C1 controls are, and say nothing. */
			if (!(n == 3 && p[0] == 0xef && p[1] == 0xbf && p[2] >= 0xbe) && !(n == 2 && p[0] == 0xc2 && p[1] < 0xa0))
				buf_add(out, p, n);
		}
	}
}

void xml_element(struct buf *out, const char *name, struct str text)
{
	buf_printf(out, "<%s>", name);
	xml_text(out, text);
	buf_printf(out, "</%.*s>", (int)strcspn(name, " "), name);
}

void xml_attribute(struct buf *out, const char *name, struct str value)
{
	buf_printf(out, " %s=\"", name);
	xml_text(out, value);
	buf_char(out, '"');
}
