#include "mime.h"

#include "charset.h"

#include <string.h>
#include <strings.h>

static struct str trimmed(struct str s)
{
	while (s.n > 0 && strchr(" \t\r\n", s.p[0]))
		s.p++, s.n--;
	while (s.n > 0 && strchr(" \t\r\n", s.p[s.n - 1]))
		s.n--;
	return s;
}

static bool same(struct str a, const char *b)
{
	return a.n == strlen(b) && strncasecmp(a.p, b, a.n) == 0;
}

/* ---- headers ------------------------------------------------------------------------------------------------------------ */

/* The next line without its end; false at the end of the bytes. */
static bool take_line(struct str *rest, struct str *line)
{
	const char *end;
	if (rest->n == 0)
		return false;
	end = memchr(rest->p, '\n', rest->n);
	*line = (struct str){rest->p, end ? (size_t)(end - rest->p) : rest->n};
	rest->n -= line->n + (end ? 1 : 0);
	rest->p += line->n + (end ? 1 : 0);
	if (line->n > 0 && line->p[line->n - 1] == '\r')
		line->n--;
	return true;
}

static bool begins_header(struct str line)
{
	const char *colon = line.n > 0 ? memchr(line.p, ':', line.n) : NULL;
	if (!colon || colon == line.p)
		return false;
	for (const char *p = line.p; p < colon; p++)
		if (*p <= ' ' || *p == 0x7F)
			return false;
	return true;
}

void mime_part_read(struct mime_part *part, struct str bytes, struct arena *arena)
{
	struct str rest = bytes, line, before;
	struct buf value = BUF_INIT;
	part->count = 0;
	/* A mailbox's line between mails. */
	if (str_starts(rest, STR("From ")))
		(void)take_line(&rest, &line);
	before = rest;
	while (take_line(&rest, &line) && line.n > 0) {
		struct mime_header *header = part->count > 0 ? &part->headers[part->count - 1] : NULL;
		if ((line.p[0] == ' ' || line.p[0] == '\t') && header) {
			if (value.n < MIME_VALUE_MAX) {
				buf_char(&value, ' ');
				buf_str(&value, trimmed(line));
			}
		} else if (begins_header(line)) {
			const char *colon = memchr(line.p, ':', line.n);
			if (header)
				header->value = arena_str(arena, buf_view(&value));
			buf_clear(&value);
			if (part->count == MIME_HEADERS_MAX)
				part->count--; /* the last ones count for nothing */
			header = &part->headers[part->count++];
			header->name = (struct str){line.p, (size_t)(colon - line.p)};
			header->value = (struct str){"", 0};
			line = (struct str){colon + 1, line.n - header->name.n - 1};
			if (line.n > MIME_VALUE_MAX)
				line.n = MIME_VALUE_MAX;
			buf_str(&value, trimmed(line));
		} else {
			/* No header: the body begins without an empty line. */
			rest = before;
			break;
		}
		before = rest;
	}
	if (part->count > 0)
		part->headers[part->count - 1].value = arena_str(arena, buf_view(&value));
	buf_release(&value);
	part->body = rest;
}

struct str mime_header(const struct mime_part *part, const char *name)
{
	for (size_t i = 0; i < part->count; i++)
		if (same(part->headers[i].name, name))
			return part->headers[i].value;
	return (struct str){"", 0};
}

struct str mime_type(const struct mime_part *part, struct arena *arena)
{
	struct str value = mime_header(part, "Content-Type"), type;
	char lower[100];
	if (!str_take_until(&value, ';', &type))
		type = (struct str){"", 0};
	type = trimmed(type);
	if (type.n == 0 || type.n >= sizeof(lower) || !memchr(type.p, '/', type.n))
		return STR("text/plain");
	for (size_t i = 0; i < type.n; i++)
		lower[i] = type.p[i] >= 'A' && type.p[i] <= 'Z' ? (char)(type.p[i] - 'A' + 'a') : type.p[i];
	return arena_str(arena, (struct str){lower, type.n});
}

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static void percent(struct str value, struct buf *out)
{
	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] == '%' && i + 2 < value.n && hex(value.p[i + 1]) >= 0 && hex(value.p[i + 2]) >= 0) {
			buf_char(out, (char)(hex(value.p[i + 1]) * 16 + hex(value.p[i + 2])));
			i += 2;
		} else {
			buf_char(out, value.p[i]);
		}
	}
}

/* One parameter after a semicolon: its name and its value, unquoted. False at the end. */
static bool take_parameter(struct str *rest, struct str *name, struct buf *value)
{
	const char *p = rest->p, *end = rest->p + rest->n;
	buf_clear(value);
	while (p < end && strchr("; \t", *p))
		p++;
	if (p == end)
		return false;
	name->p = p;
	while (p < end && *p != '=' && *p != ';')
		p++;
	*name = trimmed((struct str){name->p, (size_t)(p - name->p)});
	if (p < end && *p == '=') {
		for (p++; p < end && (*p == ' ' || *p == '\t'); p++)
			;
		if (p < end && *p == '"') {
			for (p++; p < end && *p != '"'; p++) {
				if (*p == '\\' && p + 1 < end)
					p++;
				buf_char(value, *p);
			}
			while (p < end && *p != ';')
				p++;
		} else {
			for (; p < end && *p != ';' && *p != ' ' && *p != '\t'; p++)
				buf_char(value, *p);
		}
	}
	*rest = (struct str){p, (size_t)(end - p)};
	return true;
}

struct str mime_parameter(struct str value, const char *wanted, struct arena *arena)
{
	struct str rest = value, name, charset = {"", 0}, found = {"", 0};
	struct buf piece = BUF_INIT, whole = BUF_INIT, decoded = BUF_INIT;
	size_t n = strlen(wanted);
	bool extended = false, plain = false;
	if (!str_take_until(&rest, ';', &name))
		return found;
	while (rest.n > 0 && take_parameter(&rest, &name, &piece)) {
		struct str one = buf_view(&piece);
		bool percented;
		if (name.n < n || strncasecmp(name.p, wanted, n) != 0 || (name.n > n && name.p[n] != '*') || plain)
			continue;
		/* name*0*=utf-8'de'…; name*1=…; name*=…: the pieces are taken in the order that they stand in. */
		percented = name.n > n && name.p[name.n - 1] == '*';
		plain = name.n == n && !extended;
		if (percented && whole.n == 0 && charset.n == 0) {
			const char *first = memchr(one.p, '\'', one.n);
			const char *second = first ? memchr(first + 1, '\'', one.n - (size_t)(first + 1 - one.p)) : NULL;
			if (second) {
				charset = arena_str(arena, (struct str){one.p, (size_t)(first - one.p)});
				one = (struct str){second + 1, one.n - (size_t)(second + 1 - one.p)};
			}
		}
		if (name.n > n && !extended) {
			extended = true;
			buf_clear(&whole);
		}
		if (percented)
			percent(one, &whole);
		else
			buf_str(&whole, one);
		if (whole.n > MIME_VALUE_MAX)
			break;
	}
	if (charset.n > 0)
		(void)charset_decode(buf_view(&whole), charset, &decoded, NULL);
	else
		mime_words(buf_view(&whole), &decoded);
	found = arena_str(arena, buf_view(&decoded));
	buf_release(&piece);
	buf_release(&whole);
	buf_release(&decoded);
	return found;
}

/* ---- encoded words ---------------------------------------------------------------------------------------------------------- */

/* =?charset?B?text?= at the beginning: its length, 0: it is none. */
static size_t encoded_word(struct str value, struct str *charset, char *how, struct str *text)
{
	const char *p = value.p + 2, *end = value.p + value.n, *mark;
	if (value.n < 8 || value.p[0] != '=' || value.p[1] != '?')
		return 0;
	mark = memchr(p, '?', (size_t)(end - p));
	if (!mark || mark - p > 60 || end - mark < 4 || mark[2] != '?' || !strchr("BbQq", mark[1]))
		return 0;
	*charset = (struct str){p, (size_t)(mark - p)};
	for (size_t i = 0; i < charset->n; i++)
		if (charset->p[i] == '*') /* a language, RFC 2231 */
			charset->n = i;
	*how = mark[1];
	p = mark + 3;
	for (mark = p; mark + 1 < end && !(mark[0] == '?' && mark[1] == '=') && *mark != ' '; mark++)
		;
	if (mark + 1 >= end || *mark != '?' || mark[1] != '=')
		return 0;
	*text = (struct str){p, (size_t)(mark - p)};
	return (size_t)(mark + 2 - value.p);
}

static void decode_word(struct str text, char how, struct buf *bytes)
{
	if (how == 'B' || how == 'b') {
		mime_decode(text, STR("base64"), bytes);
		return;
	}
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '_') {
			buf_char(bytes, ' ');
		} else if (text.p[i] == '=' && i + 2 < text.n && hex(text.p[i + 1]) >= 0 && hex(text.p[i + 2]) >= 0) {
			buf_char(bytes, (char)(hex(text.p[i + 1]) * 16 + hex(text.p[i + 2])));
			i += 2;
		} else {
			buf_char(bytes, text.p[i]);
		}
	}
}

void mime_words(struct str value, struct buf *out)
{
	struct buf plain = BUF_INIT, bytes = BUF_INIT;
	struct str charset = {"", 0}, last = {"", 0}, text = {"", 0};
	for (size_t i = 0; i < value.n;) {
		struct str rest = {value.p + i, value.n - i};
		char how = 'Q';
		size_t n = encoded_word(rest, &charset, &how, &text);
		if (n == 0) {
			/* White space between two encoded words is none. */
			if (bytes.n > 0) {
				size_t blank = 0;
				struct str ignored;
				while (blank < rest.n && strchr(" \t", rest.p[blank]))
					blank++;
				if (blank > 0 &&
					encoded_word((struct str){rest.p + blank, rest.n - blank}, &ignored, &how, &ignored) > 0) {
					i += blank;
					continue;
				}
				(void)charset_decode(buf_view(&bytes), last, out, NULL);
				buf_clear(&bytes);
			}
			buf_char(&plain, value.p[i++]);
			continue;
		}
		if (plain.n > 0)
			(void)charset_decode(buf_view(&plain), (struct str){"", 0}, out, NULL);
		buf_clear(&plain);
		/* A character may be cut between two words of one charset. */
		if (bytes.n > 0 && !str_equal(charset, last)) {
			(void)charset_decode(buf_view(&bytes), last, out, NULL);
			buf_clear(&bytes);
		}
		decode_word(text, how, &bytes);
		last = charset;
		i += n;
	}
	if (bytes.n > 0)
		(void)charset_decode(buf_view(&bytes), last, out, NULL);
	if (plain.n > 0)
		(void)charset_decode(buf_view(&plain), (struct str){"", 0}, out, NULL);
	buf_release(&plain);
	buf_release(&bytes);
}

/* ---- bodies ------------------------------------------------------------------------------------------------------------------- */

static int base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static void base64(struct str body, struct buf *out)
{
	uint32_t bits = 0;
	unsigned count = 0;
	for (size_t i = 0; i < body.n && body.p[i] != '='; i++) {
		int digit = base64_digit(body.p[i]);
		if (digit < 0)
			continue;
		bits = (bits << 6 | (uint32_t)digit) & 0xFFFFFF;
		if (++count % 4 == 0) {
			buf_char(out, (char)(bits >> 16));
			buf_char(out, (char)(bits >> 8 & 0xFF));
			buf_char(out, (char)(bits & 0xFF));
		}
	}
	if (count % 4 == 2)
		buf_char(out, (char)(bits >> 4 & 0xFF));
	if (count % 4 == 3) {
		buf_char(out, (char)(bits >> 10 & 0xFF));
		buf_char(out, (char)(bits >> 2 & 0xFF));
	}
}

static void quoted_printable(struct str body, struct buf *out)
{
	struct str rest = body, line;
	while (take_line(&rest, &line)) {
		bool soft = false;
		while (line.n > 0 && (line.p[line.n - 1] == ' ' || line.p[line.n - 1] == '\t'))
			line.n--;
		if (line.n > 0 && line.p[line.n - 1] == '=') {
			soft = true;
			line.n--;
		}
		for (size_t i = 0; i < line.n; i++) {
			if (line.p[i] == '=' && i + 2 < line.n && hex(line.p[i + 1]) >= 0 && hex(line.p[i + 2]) >= 0) {
				buf_char(out, (char)(hex(line.p[i + 1]) * 16 + hex(line.p[i + 2])));
				i += 2;
			} else {
				buf_char(out, line.p[i]);
			}
		}
		if (!soft)
			buf_char(out, '\n');
	}
}

void mime_decode(struct str body, struct str encoding, struct buf *out)
{
	encoding = trimmed(encoding);
	if (same(encoding, "base64"))
		base64(body, out);
	else if (same(encoding, "quoted-printable"))
		quoted_printable(body, out);
	else
		buf_str(out, body);
}

bool mime_date(struct str value, char out[11])
{
	static const char months[] = "janfebmaraprmayjunjulaugsepoctnovdec";
	struct str rest = value, word;
	uint64_t day = 0, year = 0, month = 0;
	int64_t seconds;
	while (str_take_until(&rest, ' ', &word)) {
		if (word.n == 0 || word.p[word.n - 1] == ',')
			continue;
		if (day == 0) {
			if (word.n == 2 && word.p[0] == '0')
				word.p++, word.n--;
			if (!decimal_parse(word, 31, &day) || day == 0)
				return false;
		} else if (month == 0) {
			for (size_t i = 0; i < 12 && word.n >= 3; i++)
				if (strncasecmp(word.p, months + 3 * i, 3) == 0)
					month = i + 1;
			if (month == 0)
				return false;
		} else {
			if (!decimal_parse(word, 9999, &year))
				return false;
			if (word.n == 2) /* RFC 5322 section 4.3 */
				year += year < 50 ? 2000 : 1900;
			break;
		}
	}
	if (year == 0)
		return false;
	out[0] = (char)('0' + year / 1000 % 10);
	out[1] = (char)('0' + year / 100 % 10);
	out[2] = (char)('0' + year / 10 % 10);
	out[3] = (char)('0' + year % 10);
	out[4] = out[7] = '-';
	out[5] = (char)('0' + month / 10);
	out[6] = (char)('0' + month % 10);
	out[8] = (char)('0' + day / 10);
	out[9] = (char)('0' + day % 10);
	out[10] = '\0';
	return date_parse((struct str){out, 10}, &seconds);
}
