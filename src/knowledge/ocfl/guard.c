/* A look at the bytes before the JSON library gets them: it would keep a string or number of any length in memory, go to any depth,
 * and turn lone surrogates into question marks. */
#include "ocfl/internal.h"

enum { OUTSIDE, IN_STRING, AFTER_BACKSLASH, IN_UNIT };

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static int unit_ended(struct json_guard *guard, struct err *err)
{
	bool high = guard->unit >= 0xd800 && guard->unit < 0xdc00, low = guard->unit >= 0xdc00 && guard->unit < 0xe000;
	if (low != guard->high)
		return err_set(err, ERR_SYNTAX, "a string has half a surrogate pair");
	guard->high = high;
	guard->state = IN_STRING;
	return 0;
}

static int outside(struct json_guard *guard, char c, struct err *err)
{
	switch (c) {
	case '"':
		guard->state = IN_STRING;
		guard->length = 0;
		guard->number = 0;
		return 0;
	case '{':
	case '[':
		guard->number = 0;
		if (++guard->depth > JSON_DEPTH_MAX)
			return err_set(err, ERR_SYNTAX, "nested more than %d deep", JSON_DEPTH_MAX);
		return 0;
	case '}':
	case ']':
		guard->number = 0;
		if (guard->depth)
			guard->depth--;
		return 0;
	case ',':
	case ':':
	case ' ':
	case '\t':
	case '\r':
	case '\n':
		guard->number = 0;
		return 0;
	default:
		if (++guard->number > 256)
			return err_set(err, ERR_SYNTAX, "a number or word of more than 256 characters");
		return 0;
	}
}

int json_guard(struct json_guard *guard, const char *p, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		char c = p[i];
		switch (guard->state) {
		case OUTSIDE:
			if (outside(guard, c, err) < 0)
				return -1;
			break;
		case IN_STRING:
			if (guard->high && c != '\\')
				return err_set(err, ERR_SYNTAX, "a string has half a surrogate pair");
			if (c == '\\') {
				guard->state = AFTER_BACKSLASH;
			} else if (c == '"') {
				guard->state = OUTSIDE;
			} else {
				/* Nearly all bytes are these. */
				size_t start = i;
				while (i + 1 < n && p[i + 1] != '"' && p[i + 1] != '\\')
					i++;
				guard->length += (uint32_t)(i - start + 1);
			}
			if (guard->length > INVENTORY_STRING_MAX)
				return err_set(err, ERR_LIMIT,
					"the inventory has a string of more than %u bytes; photostat takes no longer ones",
					INVENTORY_STRING_MAX);
			break;
		case AFTER_BACKSLASH:
			if (guard->high && c != 'u')
				return err_set(err, ERR_SYNTAX, "a string has half a surrogate pair");
			guard->length++;
			guard->state = c == 'u' ? IN_UNIT : IN_STRING;
			guard->digits = guard->unit = 0;
			break;
		default:
			if (hex_value(c) < 0)
				return err_set(err, ERR_SYNTAX, "a string has \\u without four hexadecimal digits");
			guard->unit = guard->unit << 4 | (unsigned)hex_value(c);
			if (++guard->digits == 4 && unit_ended(guard, err) < 0)
				return -1;
			break;
		}
	}
	return 0;
}
