/* E-mail (RFC 5322, MIME): who wrote to whom and when, then what is written, then what hangs on it by name. */
#include "charset.h"
#include "formats.h"
#include "html.h"
#include "mime.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PARTS_MAX 1000u
#define DEPTH_MAX 20u /* parts in parts; deeper ones are named only */

struct part {
	struct str bytes;
	unsigned depth;
	bool message; /* its headers are shown */
	bool digest;  /* its parts are messages if they say nothing else */
};
struct mail {
	struct text *text;
	struct arena arena;
	struct part *waiting; /* a stack: the next one last */
	size_t count, cap, seen;
	bool titled;
};

static void put(struct mail *mail, struct part part)
{
	if (mail->count == mail->cap) {
		mail->cap = mail->cap ? mail->cap * 2 : 16;
		mail->waiting = mem_grow(mail->waiting, mail->cap, sizeof(*mail->waiting));
	}
	mail->waiting[mail->count++] = part;
}

/* ---- headers ------------------------------------------------------------------------------------------------------------- */

/* "Anna Berg <anna@example.org>, …": each a person, named by the address. Commas are looked for before encoded words are decoded: what is in them parts nobody. */
static void people(struct mail *mail, struct str value)
{
	struct buf words = BUF_INIT;
	size_t from = 0;
	bool quoted = false, angle = false, any = false;
	for (size_t i = 0; i <= value.n; i++) {
		char c = i < value.n ? value.p[i] : ',';
		struct str one, address;
		const char *open;
		if (c == '"' && i < value.n)
			quoted = !quoted;
		else if (c == '<' || c == '>')
			angle = c == '<';
		if (i < value.n && (c != ',' || quoted || angle))
			continue;
		buf_clear(&words);
		mime_words((struct str){value.p + from, i - from}, &words);
		from = i + 1;
		one = buf_view(&words);
		while (one.n > 0 && one.p[0] == ' ')
			one.p++, one.n--;
		while (one.n > 0 && one.p[one.n - 1] == ' ')
			one.n--;
		if (one.n == 0)
			continue;
		address = one;
		open = memchr(one.p, '<', one.n);
		if (open && one.p[one.n - 1] == '>')
			address = (struct str){open + 1, one.n - (size_t)(open - one.p) - 2};
		if (any)
			text_add(mail->text, STR(", "));
		any = true;
		text_mark(mail->text, TEXT_PERSON, memchr(address.p, '@', address.n) ? address : (struct str){"", 0});
		text_add(mail->text, one);
		text_unmark(mail->text);
	}
	buf_release(&words);
}

static void headers(struct mail *mail, const struct mime_part *part, enum text_part where)
{
	static const char *const shown[] = {"From", "Sender", "To", "Cc", "Bcc", "Reply-To", "Date", "Subject"};
	struct buf words = BUF_INIT;
	char date[11];
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		struct str value = mime_header(part, shown[i]);
		buf_clear(&words);
		mime_words(value, &words);
		if (words.n == 0)
			continue;
		text_begin(mail->text, TEXT_PARAGRAPH, where, 0);
		text_set_label(mail->text, str_from(shown[i]));
		if (strcmp(shown[i], "Date") == 0) {
			text_mark(mail->text, TEXT_DATE, mime_date(value, date) ? str_from(date) : STR(""));
			text_add(mail->text, buf_view(&words));
		} else if (strcmp(shown[i], "Subject") == 0) {
			if (!mail->titled)
				text_set_title(mail->text, buf_view(&words));
			text_add(mail->text, buf_view(&words));
		} else {
			people(mail, value);
		}
	}
	mail->titled = true;
	buf_release(&words);
}

/* ---- bodies --------------------------------------------------------------------------------------------------------------- */

static bool is_quoted(struct str line)
{
	return line.n > 0 && line.p[0] == '>';
}

static size_t line_end(struct str text, size_t at)
{
	const char *end = memchr(text.p + at, '\n', text.n - at);
	return end ? (size_t)(end - text.p) + 1 : text.n;
}

/* RFC 3676: a line that ends with a space goes on in the next one; the signature's "-- " does not. */
static void unflow(struct str text, struct buf *out)
{
	for (size_t at = 0; at < text.n;) {
		size_t end = line_end(text, at), n = end - at;
		struct str line = {text.p + at, n};
		while (line.n > 0 && (line.p[line.n - 1] == '\n' || line.p[line.n - 1] == '\r'))
			line.n--;
		at = end;
		/* Stuffed: a space before what would look like a quotation. */
		if (line.n > 0 && line.p[0] == ' ')
			line.p++, line.n--;
		buf_str(out, line);
		if (line.n == 0 || line.p[line.n - 1] != ' ' || str_equal(line, STR("-- ")) || is_quoted(line))
			buf_char(out, '\n');
	}
}

/* Quoted lines as one quotation, what stands between them as plain text is read. */
static void plain(struct mail *mail, struct str text)
{
	size_t from = 0;
	struct buf words = BUF_INIT;
	for (size_t at = 0; at <= text.n;) {
		size_t end = at < text.n ? line_end(text, at) : at + 1;
		bool quoted = at < text.n && is_quoted((struct str){text.p + at, end - at});
		if (at < text.n && !quoted) {
			at = end;
			continue;
		}
		if (at > from)
			text_plain(mail->text, (struct str){text.p + from, at - from});
		if (at >= text.n)
			break;
		text_begin(mail->text, TEXT_QUOTE, TEXT_BODY, 0);
		while (at < text.n && is_quoted((struct str){text.p + at, text.n - at})) {
			size_t mark = at;
			end = line_end(text, at);
			while (mark < end && (text.p[mark] == '>' || text.p[mark] == ' '))
				mark++;
			text_mark(mail->text, TEXT_LINE, (struct str){"", 0});
			text_add(mail->text, (struct str){text.p + mark, end - mark});
			at = end;
		}
		from = at;
	}
	buf_release(&words);
}

static void attachment(struct mail *mail, const struct mime_part *part, struct str type)
{
	struct str name = mime_parameter(mime_header(part, "Content-Disposition"), "filename", &mail->arena);
	if (name.n == 0)
		name = mime_parameter(mime_header(part, "Content-Type"), "name", &mail->arena);
	text_begin(mail->text, TEXT_ITEM, TEXT_BACK, 1);
	text_set_label(mail->text, STR("attachment"));
	text_add(mail->text, name);
	text_add(mail->text, name.n > 0 ? STR(" (") : STR(""));
	text_add(mail->text, type);
	text_add(mail->text, name.n > 0 ? STR(")") : STR(""));
}

static bool is_attached(const struct mime_part *part)
{
	struct str how = mime_header(part, "Content-Disposition");
	return how.n >= 10 && strncasecmp(how.p, "attachment", 10) == 0;
}

static void words_of(struct mail *mail, const struct mime_part *part, struct str type)
{
	struct str about = mime_header(part, "Content-Type"), charset = mime_parameter(about, "charset", &mail->arena);
	struct buf bytes = BUF_INIT, utf8 = BUF_INIT;
	xmlDoc *doc = NULL;
	bool broken = false;
	mime_decode(part->body, mime_header(part, "Content-Transfer-Encoding"), &bytes);
	if (str_equal(type, STR("text/html"))) {
		if (html_parse(buf_view(&bytes), charset, &doc, &broken, NULL) == 0 && doc && xmlDocGetRootElement(doc))
			html_read(mail->text, &(struct html_file){xmlDocGetRootElement(doc), {"", 0}}, 1, (struct str){"", 0});
		if (broken)
			text_set_cut(mail->text);
		xmlFreeDoc(doc);
	} else if (charset_decode(buf_view(&bytes), charset, &utf8, NULL) == 0) {
		struct str format = mime_parameter(about, "format", &mail->arena);
		buf_clear(&bytes);
		if (str_equal(format, STR("flowed")))
			unflow(buf_view(&utf8), &bytes);
		plain(mail, str_equal(format, STR("flowed")) ? buf_view(&bytes) : buf_view(&utf8));
	}
	buf_release(&bytes);
	buf_release(&utf8);
}

/* ---- parts ------------------------------------------------------------------------------------------------------------------- */

/* How good a part is among alternatives: the plainer the better; containers hold the next best. */
static unsigned rank(struct str bytes, struct arena *arena)
{
	struct mime_part *part = mem_alloc(sizeof(*part));
	struct str type;
	mime_part_read(part, bytes, arena);
	type = mime_type(part, arena);
	free(part);
	if (str_equal(type, STR("text/plain")))
		return 3;
	if (str_equal(type, STR("text/html")))
		return 2;
	return str_starts(type, STR("multipart/")) ? 1 : 0;
}

/* The parts between lines of "--boundary", up to "--boundary--" or the end; at most PARTS_MAX. */
static size_t split(struct str body, struct str boundary, struct str *parts)
{
	size_t count = 0, from = SIZE_MAX;
	for (size_t at = 0; at < body.n && count < PARTS_MAX;) {
		size_t end = line_end(body, at);
		struct str line = {body.p + at, end - at};
		bool last = false;
		while (line.n > 0 && strchr(" \t\r\n", line.p[line.n - 1]))
			line.n--;
		if (line.n >= boundary.n + 2 && line.p[0] == '-' && line.p[1] == '-' &&
			memcmp(line.p + 2, boundary.p, boundary.n) == 0) {
			last = line.n == boundary.n + 4 && str_ends(line, STR("--"));
			if (last || line.n == boundary.n + 2) {
				if (from != SIZE_MAX)
					parts[count++] = (struct str){body.p + from, at > from ? at - from : 0};
				from = end;
			}
		}
		at = end;
		if (last)
			return count;
	}
	/* It breaks off: the last part goes to the end. */
	if (from != SIZE_MAX && from < body.n && count < PARTS_MAX)
		parts[count++] = (struct str){body.p + from, body.n - from};
	return count;
}

static void multipart(struct mail *mail, const struct mime_part *part, struct str type, unsigned depth)
{
	struct str boundary = mime_parameter(mime_header(part, "Content-Type"), "boundary", &mail->arena);
	struct str *parts = mem_array(PARTS_MAX, sizeof(*parts));
	size_t count = boundary.n > 0 ? split(part->body, boundary, parts) : 0, best = 0;
	bool digest = str_equal(type, STR("multipart/digest"));
	if (count == 0)
		attachment(mail, part, type);
	if (count == PARTS_MAX)
		text_set_cut(mail->text);
	if (str_equal(type, STR("multipart/alternative")) && count > 0) {
		unsigned highest = 0;
		for (size_t i = 0; i < count; i++) {
			unsigned this_one = rank(parts[i], &mail->arena);
			if (this_one >= highest && (this_one > highest || this_one < 3))
				highest = this_one, best = i;
		}
		put(mail, (struct part){parts[best], depth + 1, false, false});
	} else {
		while (count > 0)
			put(mail, (struct part){parts[--count], depth + 1, false, digest});
	}
	free(parts);
}

static void one_part(struct mail *mail, struct part waiting, struct mime_part *part)
{
	struct str type;
	mime_part_read(part, waiting.bytes, &mail->arena);
	type = mime_type(part, &mail->arena);
	if (waiting.digest && mime_header(part, "Content-Type").n == 0)
		type = STR("message/rfc822");
	if (waiting.message)
		headers(mail, part, waiting.depth == 0 ? TEXT_FRONT : TEXT_BACK);
	bool deep = waiting.depth >= DEPTH_MAX, shown = !deep && !is_attached(part);
	if (deep && (str_starts(type, STR("multipart/")) || str_equal(type, STR("message/rfc822"))))
		text_set_cut(mail->text);
	if (shown && str_starts(type, STR("multipart/")))
		multipart(mail, part, type, waiting.depth);
	else if (!deep && str_equal(type, STR("message/rfc822")))
		put(mail, (struct part){part->body, waiting.depth + 1, true, false});
	else if (shown && (str_equal(type, STR("text/plain")) || str_equal(type, STR("text/html"))))
		words_of(mail, part, type);
	else
		attachment(mail, part, type);
}

int read_mail(struct text *text, struct str bytes, struct err *err)
{
	struct mail mail = {.text = text, .arena = ARENA_INIT};
	struct mime_part *part = mem_alloc(sizeof(*part));
	int result = 0;
	text_set_source(text, STR("mail"));
	mime_part_read(part, bytes, &mail.arena);
	if (mime_header(part, "From").n == 0 && mime_header(part, "Date").n == 0 && mime_header(part, "Subject").n == 0 &&
		mime_header(part, "Received").n == 0) {
		result = err_set(err, ERR_SYNTAX, "the document has none of a mail's headers (From, Date, Subject)");
	} else {
		put(&mail, (struct part){bytes, 0, true, false});
		while (mail.count > 0) {
			struct part next = mail.waiting[--mail.count];
			if (mail.seen++ >= PARTS_MAX) {
				text_set_cut(text);
				break;
			}
			one_part(&mail, next, part);
		}
	}
	free(part);
	free(mail.waiting);
	arena_release(&mail.arena);
	return result;
}
