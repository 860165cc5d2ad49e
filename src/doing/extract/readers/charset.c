#include "charset.h"

#include "text/text.h"

#include <string.h>
#include <strings.h>
#include <unicode/ucnv.h>

static int guessed(struct str bytes, struct buf *out, struct err *err)
{
	struct buf utf8 = BUF_INIT;
	int result;
	utf8.max = out->max;
	result = text_decode(bytes, &utf8, NULL, err);
	if (result == 0)
		buf_str(out, buf_view(&utf8));
	buf_release(&utf8);
	return result == 0 ? buf_check(out, "the text", err) : -1;
}

int charset_decode(struct str bytes, struct str name, struct buf *out, struct err *err)
{
	UErrorCode status = U_ZERO_ERROR;
	UConverter *from, *to = NULL;
	UChar pivot[4096], *pivot_source = pivot, *pivot_target = pivot;
	const char *in = bytes.p, *end = bytes.p + bytes.n;
	char label[64], piece[4096];
	if (bytes.n == 0)
		return 0;
	if (name.n == 0 || name.n >= sizeof(label))
		return guessed(bytes, out, err);
	memcpy(label, name.p, name.n);
	label[name.n] = '\0';
	/* As browsers and mail programs do: who says ISO-8859-1 or ASCII means Windows' superset of it. */
	if (strcasecmp(label, "iso-8859-1") == 0 || strcasecmp(label, "latin1") == 0)
		memcpy(label, "windows-1252", 13);
	if (strcasecmp(label, "us-ascii") == 0 || strcasecmp(label, "ascii") == 0 ||
		((strcasecmp(label, "utf-8") == 0 || strcasecmp(label, "utf8") == 0) && !utf8_valid(bytes)))
		return guessed(bytes, out, err);
	from = ucnv_open(label, &status);
	if (U_FAILURE(status))
		return guessed(bytes, out, err);
	to = ucnv_open("UTF-8", &status);
	for (bool first = true; U_SUCCESS(status); first = false) {
		char *target = piece;
		ucnv_convertEx(to, from, &target, piece + sizeof(piece), &in, end, pivot, &pivot_source, &pivot_target,
			pivot + sizeof(pivot) / sizeof(pivot[0]), first, true, &status);
		buf_add(out, piece, (size_t)(target - piece));
		if (status != U_BUFFER_OVERFLOW_ERROR)
			break;
		status = U_ZERO_ERROR;
	}
	ucnv_close(from);
	if (to)
		ucnv_close(to);
	if (U_FAILURE(status))
		return err_set(err, ERR_SYNTAX, "the text is not the %s it says it is (%s)", label, u_errorName(status));
	return buf_check(out, "the text", err);
}

int charset_decode_marked(struct str bytes, struct str name, struct buf *out, struct err *err)
{
	static const struct {
		const char *bytes;
		size_t n, skip;
		const char *name;
	} marks[] = {
		{"\x00\x00\xfe\xff", 4, 4, "UTF-32BE"},
		{"\xff\xfe\x00\x00", 4, 4, "UTF-32LE"},
		{"\xef\xbb\xbf", 3, 3, "UTF-8"},
		{"\xfe\xff", 2, 2, "UTF-16BE"},
		{"\xff\xfe", 2, 2, "UTF-16LE"},
		{"\0<\0", 3, 0, "UTF-16BE"},
		{"<\0", 2, 0, "UTF-16LE"},
	};
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (bytes.n >= marks[i].n && memcmp(bytes.p, marks[i].bytes, marks[i].n) == 0)
			return charset_decode(
				(struct str){bytes.p + marks[i].skip, bytes.n - marks[i].skip}, str_from(marks[i].name), out, err);
	/* Whoever names UTF-16 without being it is an ASCII editor's template. */
	if (name.n >= 6 && strncasecmp(name.p, "utf-16", 6) == 0)
		name = STR("UTF-8");
	return charset_decode(bytes, name, out, err);
}
