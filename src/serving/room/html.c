/* The writer of pages. */
#include "html.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void close_tag(struct html *html)
{
	if (html->in_tag)
		buf_char(html->out, '>');
	html->in_tag = false;
}

static bool is_void(const char *name)
{
	static const char *const names[] = {"br", "hr", "img", "input", "link", "meta", "wbr"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

void html_document(struct html *html, struct buf *out)
{
	memset(html, 0, sizeof(*html));
	html->out = out;
	buf_text(out, "<!doctype html>\n");
}

void html_begin(struct html *html, const char *name)
{
	close_tag(html);
	buf_char(html->out, '<');
	buf_text(html->out, name);
	html->in_tag = true;
	if (is_void(name))
		return;
	if (html->depth < HTML_DEPTH_MAX)
		html->names[html->depth] = name;
	else
		html->out->failed = true; /* our own pages are not so deep */
	html->depth++;
}

void html_end(struct html *html)
{
	close_tag(html);
	html->depth--;
	if (html->depth >= HTML_DEPTH_MAX)
		return;
	buf_text(html->out, "</");
	buf_text(html->out, html->names[html->depth]);
	buf_char(html->out, '>');
}

/* How many bytes the character at p has if it is valid UTF-8 (RFC 3629), else 0. */
static size_t character(const unsigned char *p, size_t n)
{
	size_t length = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;

	return length != 0 && length <= n && utf8_valid((struct str){(const char *)p, length}) ? length : 0;
}

static void escape(struct buf *out, struct str text)
{
	size_t plain = 0;

	for (size_t i = 0; i < text.n;) {
		const unsigned char c = (unsigned char)text.p[i];
		const char *with = NULL;
		size_t length = 1;

		if (c == '&')
			with = "&amp;";
		else if (c == '<')
			with = "&lt;";
		else if (c == '>')
			with = "&gt;";
		else if (c == '"')
			with = "&quot;";
		else if (c == '\'')
			with = "&#39;";
		else if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
			with = "";
		else if (c >= 0x80) {
			length = character((const unsigned char *)text.p + i, text.n - i);
			if (length == 0) {
				with = "\xef\xbf\xbd";
				length = 1;
			} else if (c == 0xc2 && (unsigned char)text.p[i + 1] < 0xa0) {
				with = "";
			}
		}
		if (with != NULL) {
			buf_add(out, text.p + plain, i - plain);
			buf_text(out, with);
			plain = i + length;
		}
		i += length;
	}
	if (text.n > plain)
		buf_add(out, text.p + plain, text.n - plain);
}

void html_attribute(struct html *html, const char *name, struct str value)
{
	buf_char(html->out, ' ');
	buf_text(html->out, name);
	buf_text(html->out, "=\"");
	escape(html->out, value);
	buf_char(html->out, '"');
}

void html_set(struct html *html, const char *name, const char *value)
{
	html_attribute(html, name, str_from(value));
}

void html_number(struct html *html, const char *name, int64_t value)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRId64, value);
	html_set(html, name, text);
}

void html_flag(struct html *html, const char *name)
{
	buf_char(html->out, ' ');
	buf_text(html->out, name);
}

void html_text(struct html *html, struct str text)
{
	close_tag(html);
	escape(html->out, text);
}

void html_words(struct html *html, const char *text)
{
	html_text(html, str_from(text));
}

void html_element(struct html *html, const char *name, const char *class_name, struct str text)
{
	html_begin(html, name);
	if (class_name != NULL)
		html_set(html, "class", class_name);
	html_text(html, text);
	html_end(html);
}

bool html_outside_link(struct html *html, struct str uri)
{
	static const char *const schemes[] = {"https://", "http://", "mailto:"};
	bool good = false;

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]) && !good; i++) {
		size_t n = strlen(schemes[i]);

		good = uri.n > n;
		for (size_t k = 0; k < n && good; k++)
			good = (uri.p[k] >= 'A' && uri.p[k] <= 'Z' ? uri.p[k] + 32 : uri.p[k]) == schemes[i][k];
	}
	if (!good)
		return false;
	html_begin(html, "a");
	html_attribute(html, "href", uri);
	html_set(html, "rel", "external noopener noreferrer nofollow");
	return true;
}

void html_inner(struct html *html, const struct buf *written)
{
	close_tag(html);
	buf_str(html->out, buf_view(written));
}
