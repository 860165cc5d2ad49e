/* Text tag files (RFC 8493 section 2.3): encodings, byte-order marks, lines that end with LF, CR or CRLF. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>
#include <unicode/ucnv.h>

#define BOM "\xef\xbb\xbf"

struct text {
	struct check *check;
	struct str name;
	line_function *function;
	void *context;
	bool declaration;
	bool utf8;
	UConverter *from, *to; /* unless utf8 */
	UChar pivot[1024], *pivot_source, *pivot_target;
	char out[4096]; /* what they made */
	bool begun;     /* the converters have had a piece */
	bool broken;    /* not in its encoding: the rest is not looked at */
	bool after_cr;  /* an LF now belongs to that CR */
	bool too_long;  /* this line: dropped up to its end */
	uint64_t number;
	struct buf line;
};

bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

struct str trim(struct str text)
{
	while (text.n > 0 && is_blank(text.p[0])) {
		text.p++;
		text.n--;
	}
	while (text.n > 0 && is_blank(text.p[text.n - 1]))
		text.n--;
	return text;
}

bool same_label(struct str a, struct str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++) {
		char x = a.p[i], y = b.p[i];
		if ((x >= 'A' && x <= 'Z' ? x + 32 : x) != (y >= 'A' && y <= 'Z' ? y + 32 : y))
			return false;
	}
	return true;
}

static bool is_utf8(const char *name)
{
	return same_label(str_from(name), STR("UTF-8")) || same_label(str_from(name), STR("UTF8"));
}

bool encoding_known(const char *name)
{
	UErrorCode status = U_ZERO_ERROR;

	if (is_utf8(name))
		return true;
	UConverter *converter = ucnv_open(name, &status);
	bool known = converter != NULL && U_SUCCESS(status) && name[0] != '\0';
	ucnv_close(converter);
	return known;
}

/* U+FEFF in front is allowed only where the encoding needs it; a converter that needs it has taken it off. */
static void take_off_bom(struct text *text, struct str *line)
{
	struct check *check = text->check;

	if (!str_starts(*line, STR(BOM)))
		return;
	line->p += 3;
	line->n -= 3;
	if (text->utf8)
		report(check, text->declaration ? BAG_ERROR : must(check), "BAG-BOM", text->name, 1,
			"begins with a byte-order mark, which %s",
			text->declaration ? "bagit.txt must not have" : "UTF-8 must not have here");
}

static int end_line(struct text *text, struct err *err)
{
	struct check *check = text->check;
	struct str line = buf_view(&text->line);
	int result = 0;

	text->number++;
	if (text->number == 1)
		take_off_bom(text, &line);
	if (text->too_long) {
		report(check, BAG_ERROR, "BAG-TEXT", text->name, text->number, "a line longer than %zu octets", BAG_LINE_MAX);
	} else if (line.n > 0 && memchr(line.p, '\0', line.n) != NULL) {
		report(check, BAG_ERROR, "BAG-TEXT", text->name, text->number, "a NUL in a line of text");
	} else {
		if (!utf8_valid(line))
			report(check, BAG_ERROR, "BAG-ENCODING", text->name, text->number, "is not UTF-8, as %s has it",
				text->declaration ? "bagit.txt must be" : "bagit.txt says");
		result = text->function(text->context, line, text->number, err);
		if (result != 0)
			check->stopped = true;
	}
	buf_clear(&text->line);
	text->too_long = false;
	return result;
}

/* Bytes in UTF-8. */
static int take_utf8(struct text *text, const char *bytes, size_t n, struct err *err)
{
	while (n > 0) {
		size_t plain = 0;
		if (text->after_cr && *bytes == '\n') {
			bytes++;
			n--;
			text->after_cr = false;
			continue;
		}
		text->after_cr = false;
		while (plain < n && bytes[plain] != '\n' && bytes[plain] != '\r')
			plain++;
		if (text->line.n + plain > BAG_LINE_MAX)
			text->too_long = true;
		if (!text->too_long)
			buf_add(&text->line, bytes, plain);
		bytes += plain;
		n -= plain;
		if (n == 0)
			break;
		text->after_cr = *bytes == '\r';
		bytes++;
		n--;
		if (end_line(text, err) != 0)
			return -1;
	}
	return 0;
}

static int convert(struct text *text, const char *bytes, size_t n, bool last, struct err *err)
{
	const char *end = bytes + n;

	while (!text->broken) {
		char *to = text->out;
		UErrorCode status = U_ZERO_ERROR;
		ucnv_convertEx(text->to, text->from, &to, text->out + sizeof(text->out), &bytes, end, text->pivot,
			&text->pivot_source, &text->pivot_target, text->pivot + 1024, !text->begun, last, &status);
		text->begun = true;
		if (take_utf8(text, text->out, (size_t)(to - text->out), err) != 0)
			return -1;
		if (status == U_BUFFER_OVERFLOW_ERROR)
			continue;
		if (U_FAILURE(status)) {
			text->broken = true;
			report(text->check, BAG_ERROR, "BAG-ENCODING", text->name, text->number + 1, "is not %s, as bagit.txt says",
				text->check->encoding);
		}
		break;
	}
	return 0;
}

static int take_piece(void *context, const void *bytes, size_t n, struct err *err)
{
	struct text *text = context;

	if (text->broken)
		return 0;
	if (text->utf8)
		return take_utf8(text, bytes, n, err);
	/* ICU drops what it has in hand when it meets a wrong octet: octet by octet, all that precedes one is read, wherever pieces end. */
	for (const char *octet = bytes; n > 0; octet++, n--)
		if (convert(text, octet, 1, false, err) != 0)
			return -1;
	return 0;
}

static bool open_converters(struct text *text)
{
	UErrorCode status = U_ZERO_ERROR;

	text->pivot_source = text->pivot_target = text->pivot;
	text->from = ucnv_open(text->check->encoding, &status);
	text->to = ucnv_open("UTF-8", &status);
	if (U_SUCCESS(status))
		ucnv_setToUCallBack(text->from, UCNV_TO_U_CALLBACK_STOP, NULL, NULL, NULL, &status);
	return U_SUCCESS(status);
}

int read_text(struct check *check, const char *name, bool declaration, line_function *function, void *context, struct err *err)
{
	struct text *text = mem_alloc(sizeof(*text));
	struct err why = ERR_INIT;
	int result = 0;

	*text = (struct text){
		.check = check, .name = str_from(name), .function = function, .context = context, .declaration = declaration};
	text->utf8 = declaration || is_utf8(check->encoding);
	text->line = (struct buf)BUF_INIT;
	if (!text->utf8 && !open_converters(text)) {
		report(check, BAG_UNCHECKED, "BAG-ENCODING", text->name, 0, "cannot be read: there is no converter for %s",
			check->encoding);
		goto out;
	}
	if (check->tree->read(check->tree->context, in_tree(check, text->name), take_piece, text, &why) != 0) {
		result = unreadable(check, text->name, &why, err);
		goto out;
	}
	if (!text->utf8)
		result = convert(text, "", 0, true, err);
	if (result == 0 && (text->line.n > 0 || text->too_long))
		result = end_line(text, err);
out:
	ucnv_close(text->from);
	ucnv_close(text->to);
	buf_release(&text->line);
	free(text);
	return result;
}
