/* fuzz-links: base */
/* Whatever the strict decoders accept has one spelling: written again it is the same text. Nothing makes the escapers write what a terminal
 * must not see, or read outside. */
#include <stdlib.h>
#include <string.h>

#include "base/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool good)
{
	if (!good)
		abort();
}

static void same(struct buf *written, struct str text)
{
	must(!written->failed && str_equal(buf_view(written), text));
	buf_clear(written);
}

static void no_controls(struct str text)
{
	must(utf8_valid(text));
	for (size_t i = 0; i < text.n; i++)
		must((unsigned char)text.p[i] >= 0x20 && text.p[i] != 0x7f);
}

static void numbers(struct str text, struct buf *out)
{
	uint64_t value;
	int64_t seconds, again;
	char time[TIME_TEXT];

	if (decimal_parse(text, UINT64_MAX, &value)) {
		buf_u64(out, value);
		same(out, text);
		must(decimal_parse(text, value, &value) && (value == 0 || !decimal_parse(text, value - 1, &value)));
	}
	if (time_parse(text, &seconds)) {
		time_format(seconds, time);
		must(str_equal(str_from(time), text));
	}
	if (date_parse(text, &seconds)) {
		time_format(seconds, time);
		must(str_equal((struct str){time, 10}, text) && strcmp(time + 10, "T00:00:00Z") == 0);
	}
	if (text.n >= 8) {
		time_format((int64_t)be64_get(text.p), time);
		must(time_parse(str_from(time), &again));
		must(again == (int64_t)be64_get(text.p) || time[0] == '0' || time[0] == '9');
	}
}

static void bytes(struct str text, struct buf *out)
{
	struct buf decoded = BUF_INIT;
	unsigned char *raw = mem_alloc(text.n + 1);

	if (base64_decode(text, &decoded)) {
		buf_base64(out, decoded.p, decoded.n);
		same(out, text);
		must(base64_decode_fixed(text, raw, decoded.n) && (decoded.n == 0 || memcmp(raw, decoded.p, decoded.n) == 0));
		must(!base64_decode_fixed(text, raw, decoded.n + 1));
	}
	buf_clear(&decoded);
	buf_base64(out, text.p, text.n);
	must(base64_decode(buf_view(out), &decoded) && str_equal(buf_view(&decoded), text));
	buf_clear(out);
	if (hex_decode(text, raw, text.n / 2)) {
		buf_hex(out, raw, text.n / 2);
		same(out, text);
	}
	buf_hex(out, text.p, text.n);
	must(hex_decode(buf_view(out), raw, text.n) && (text.n == 0 || memcmp(raw, text.p, text.n) == 0));
	buf_clear(out);
	buf_release(&decoded);
	free(raw);
}

static void shown(struct str text, struct buf *out)
{
	struct err err = ERR_INIT;
	char *terminated = mem_dup(text);

	buf_printable(out, text);
	no_controls(buf_view(out));
	must(out->n >= text.n);
	buf_clear(out);
	err_set(&err, ERR_SYNTAX, "%s", terminated);
	err_note(&err, "%s", terminated);
	must(strlen(err.text) < sizeof(err.text));
	no_controls(str_from(err.text));
	if (utf8_valid(text)) {
		buf_json(out, text);
		no_controls(buf_view(out));
		buf_clear(out);
	}
	free(terminated);
}

static void cut(struct str text, struct buf *out)
{
	struct str rest = text, piece;

	while (str_take_until(&rest, '\n', &piece)) {
		must(piece.n == 0 || memchr(piece.p, '\n', piece.n) == NULL);
		buf_str(out, piece);
		if (rest.p != NULL)
			buf_char(out, '\n');
	}
	same(out, text);
	for (rest = text; str_take_line(&rest, &piece);) {
		buf_str(out, piece);
		buf_char(out, '\n');
	}
	buf_str(out, rest);
	same(out, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {(const char *)data, size};
	struct buf out = BUF_INIT;

	if (text.p == NULL)
		text = STR("");
	numbers(text, &out);
	bytes(text, &out);
	shown(text, &out);
	cut(text, &out);
	buf_release(&out);
	return 0;
}
