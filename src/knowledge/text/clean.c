/* What comes in, made fit to be kept: well-formed UTF-8, no controls, white space as its block wants it. */
#include "internal.h"

#include <string.h>

#define NO_BREAK 0xa0u

enum white kind_white(enum text_kind kind)
{
	return kind == TEXT_CODE ? WHITE_ALL : kind == TEXT_VERSE ? WHITE_LINES : WHITE_ONE;
}

static bool is_white(uint32_t point)
{
	return point == ' ' || (point >= '\t' && point <= '\r') || point == 0x85 || point == 0x2028 || point == 0x2029;
}

static bool is_line_end(uint32_t point)
{
	return point == '\n' || point == '\v' || point == '\f' || point == 0x85 || point == 0x2028 || point == 0x2029;
}

static bool put(struct buf *out, size_t most, const void *bytes, size_t n)
{
	if (out->n + n > most)
		return false;
	buf_add(out, bytes, n);
	return !out->failed;
}

static bool put_white(struct buf *out, size_t from, size_t most, uint32_t point, enum white white)
{
	bool line = white != WHITE_ONE && is_line_end(point);
	if (line) {
		while (out->n > from && out->p[out->n - 1] == ' ')
			out->p[--out->n] = '\0';
		if (out->n == from)
			return true;
		/* Of verse at most one empty line, between stanzas. */
		if (white == WHITE_LINES && out->n - from >= 2 && out->p[out->n - 1] == '\n' && out->p[out->n - 2] == '\n')
			return true;
		return put(out, most, "\n", 1);
	}
	if (point == '\r')
		return true; /* of a line end; alone, it would only overprint */
	if (white == WHITE_ALL)
		return point == '\t' ? put(out, most, "    ", 4) : put(out, most, " ", 1);
	if (out->n == from || out->p[out->n - 1] == ' ' || out->p[out->n - 1] == '\n')
		return true;
	return put(out, most, " ", 1);
}

/* A carriage return is white space where lines do not count. */
static uint32_t as_white(uint32_t point, enum white white)
{
	return point == '\r' && white == WHITE_ONE ? ' ' : point;
}

bool clean_add(struct buf *out, size_t from, size_t most, struct str piece, enum white white)
{
	const unsigned char *p = (const unsigned char *)piece.p, *end = p + piece.n;
	while (p < end) {
		const unsigned char *start = p;
		while (p<end && * p> ' ' && *p < 0x7f)
			p++;
		if (p > start) {
			size_t n = (size_t)(p - start), room = most > out->n ? most - out->n : 0;
			if (!put(out, most, start, n < room ? n : room) || n > room)
				return false;
			continue;
		}
		uint32_t point;
		size_t step = utf8_step(p, (size_t)(end - p), &point);
		bool fine = true;
		if (step == 0) {
			fine = put(out, most, "\xef\xbf\xbd", 3);
			step = 1;
		} else if (is_white(point)) {
			fine = put_white(out, from, most, as_white(point, white), white);
		} else if (point == NO_BREAK && out->n == from && white != WHITE_ALL) {
			; /* what parts a label from its text in print; it begins nothing */
		} else if (point >= 0xa0 && point != 0xfeff) {
			fine = put(out, most, p, step);
		}
		if (!fine)
			return false;
		p += step;
	}
	return true;
}

size_t clean_end(const char *p, size_t n)
{
	while (n > 0 && (p[n - 1] == ' ' || p[n - 1] == '\n'))
		n--;
	return n;
}

/* Shows nothing: spaces of all widths, joiners, marks of direction, soft hyphens. */
static bool invisible(uint32_t point)
{
	return point <= ' ' || point == 0xa0 || point == 0xad || point == 0x1680 || (point >= 0x2000 && point <= 0x200f) ||
	       (point >= 0x2028 && point <= 0x202f) || (point >= 0x205f && point <= 0x206f) || point == 0x3000 || point == 0xfeff;
}

bool has_visible(struct str text)
{
	const unsigned char *p = (const unsigned char *)text.p, *end = p + text.n;
	while (p < end) {
		uint32_t point;
		size_t step = utf8_step(p, (size_t)(end - p), &point);
		if (step == 0 || !invisible(point))
			return true;
		p += step;
	}
	return false;
}

struct str keep_string(struct text *text, struct str given)
{
	struct buf clean = BUF_INIT;
	struct str kept = {"", 0};
	if (given.n == 0)
		return kept;
	if (!clean_add(&clean, 0, TEXT_STRING_MAX, given, WHITE_ONE))
		text->cut = true;
	clean.n = clean_end(clean.p, clean.n);
	if (clean.n && text->string_bytes + clean.n + 1 <= TEXT_MAX / 2) {
		kept = arena_str(&text->strings, buf_view(&clean));
		text->string_bytes += clean.n + 1;
	} else if (clean.n) {
		text->cut = true;
	}
	buf_release(&clean);
	return kept;
}

/* RFC 3986 characters alone: nothing that a page could take for something else. */
bool link_target_valid(struct str target)
{
	static const char *const schemes[] = {"http://", "https://", "mailto:"};
	bool known = false;
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		known = known || (target.n > strlen(schemes[i]) && strncasecmp(target.p, schemes[i], strlen(schemes[i])) == 0);
	for (size_t i = 0; i < target.n && known; i++)
		known = (unsigned char)target.p[i] > ' ' && !strchr("<>\"\\^`{|}\x7f", target.p[i]);
	return known;
}
