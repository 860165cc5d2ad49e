/* What the JSON parser lets pass and we do not: lone surrogates, tokens without end, nesting without end. Also counts lines. */
#include "json.h"

#include <string.h>

#define TOKEN_MAX (7u << 20) /* bytes: a value of RECORD_TEXT_MAX with every character escaped, and some */
#define DEPTH_MAX 64

static int hex_value(char c)
{
	if (ascii_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A full \uXXXX. */
static int unit_end(struct json_guard *guard, struct err *err)
{
	bool low = guard->unit >= 0xdc00 && guard->unit <= 0xdfff, high = guard->unit >= 0xd800 && guard->unit <= 0xdbff;
	if (low != guard->high_before)
		return err_set(err, ERR_SYNTAX, "half of a surrogate pair (\\ud800 to \\udfff) stands alone");
	guard->high_before = high;
	return 0;
}

static int in_string(struct json_guard *guard, char c, struct err *err)
{
	if (guard->digits) {
		int value = hex_value(c);
		guard->unit = guard->unit * 16 + (unsigned)(value < 0 ? 0 : value);
		return --guard->digits ? 0 : unit_end(guard, err);
	}
	if (guard->escaped) {
		guard->escaped = false;
		if (c == 'u') {
			guard->digits = 4;
			guard->unit = 0;
			return 0;
		}
	} else if (c == '\\') {
		guard->escaped = true;
		return 0;
	}
	if (guard->high_before)
		return err_set(err, ERR_SYNTAX, "half of a surrogate pair (\\ud800 to \\udfff) stands alone");
	if (c == '"' && guard->was_plain)
		guard->string = false;
	return 0;
}

int json_guard(struct json_guard *guard, struct str bytes, struct err *err)
{
	for (size_t i = 0; i < bytes.n; i++) {
		char c = bytes.p[i];
		if (++guard->token > TOKEN_MAX)
			return err_set(err, ERR_LIMIT, "a text in it is longer than %u bytes", RECORD_TEXT_MAX);
		if (guard->string) {
			guard->was_plain = !guard->escaped && !guard->digits;
			if (in_string(guard, c, err) < 0)
				return -1;
			continue;
		}
		if (c == '"')
			guard->string = true;
		else if (c == '{' || c == '[')
			guard->depth++;
		else if (c == '}' || c == ']')
			guard->depth--;
		else if (c != ',' && c != ':')
			continue;
		guard->token = 0;
		if (guard->depth > DEPTH_MAX)
			return err_set(err, ERR_SYNTAX, "it is nested more than %d deep", DEPTH_MAX);
	}
	return 0;
}
