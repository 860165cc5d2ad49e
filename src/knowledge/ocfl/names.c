/* Small texts: version names, digests in hexadecimal, paths, URIs, times, names of extensions and algorithms. */
#include "ocfl/internal.h"

#include <string.h>

bool version_name_parse(struct str name, uint32_t *number, unsigned *width)
{
	uint64_t value = 0;
	*number = 0;
	*width = 0;
	if (name.n < 2 || name.n > 12 || name.p[0] != 'v')
		return false;
	for (size_t i = 1; i < name.n; i++) {
		if (name.p[i] < '0' || name.p[i] > '9')
			return false;
		value = value * 10 + (unsigned)(name.p[i] - '0');
	}
	if (!value || value > INVENTORY_VERSIONS_MAX)
		return false;
	*number = (uint32_t)value;
	*width = name.p[1] == '0' ? (unsigned)name.n - 1 : 0;
	return true;
}

/* Value of a digit; 0x20 is set as well in upper case, 0x80 if it is none. Without branches: digests are what most bytes of an
 * inventory are. */
static unsigned hex_value(char c)
{
	unsigned digit = (unsigned char)(c - '0'), letter = (unsigned char)((c | 0x20) - 'a');
	unsigned upper = (unsigned)(~c & 0x20);
	unsigned value = letter < 6 ? (letter + 10) | upper : 0x80;
	return digit < 10 ? digit : value;
}

bool hex_any_case(struct str text, unsigned char *out, size_t n, bool *lower)
{
	unsigned all = 0;
	if (text.n != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned high = hex_value(text.p[2 * i]), low = hex_value(text.p[2 * i + 1]);
		all |= high | low;
		out[i] = (unsigned char)((high & 15) << 4 | (low & 15));
	}
	*lower = !(all & 0x20);
	return !(all & 0x80);
}

unsigned path_faults(struct str path)
{
	unsigned faults = 0;
	size_t start = 0;
	if (!path.n)
		return PATH_EMPTY | PATH_DOTS;
	if (path.p[0] == '/' || path.p[path.n - 1] == '/')
		faults |= PATH_SLASHED;
	for (size_t i = 0; i <= path.n; i++)
		if (i == path.n || path.p[i] == '/') {
			size_t n = i - start;
			/* The empty elements before a first and behind a last slash are the slash's fault. */
			bool outer = !n && (start == 0 || i == path.n);
			if ((!n && !outer) || (n == 1 && path.p[start] == '.') ||
				(n == 2 && path.p[start] == '.' && path.p[start + 1] == '.'))
				faults |= PATH_DOTS;
			start = i + 1;
		}
	return faults;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool uri_valid(struct str text)
{
	size_t i = 0;
	if (!text.n || !is_letter(text.p[0]))
		return false;
	while (i < text.n && (is_letter(text.p[i]) || is_digit(text.p[i]) || (text.p[i] && strchr("+-.", text.p[i]))))
		i++;
	if (i + 1 >= text.n || text.p[i] != ':')
		return false;
	for (i++; i < text.n; i++) {
		char c = text.p[i];
		if (c == '%') {
			if (i + 2 >= text.n || !is_hex(text.p[i + 1]) || !is_hex(text.p[i + 2]))
				return false;
			i += 2;
		} else if (!is_letter(c) && !is_digit(c) && (!c || !strchr("-._~:/?#[]@!$&'()*+,;=", c))) {
			return false;
		}
	}
	return true;
}

static bool digits(struct str text, size_t at, size_t count, unsigned low, unsigned high)
{
	unsigned value = 0;
	if (at + count > text.n)
		return false;
	for (size_t i = at; i < at + count; i++) {
		if (!is_digit(text.p[i]))
			return false;
		value = value * 10 + (unsigned)(text.p[i] - '0');
	}
	return value >= low && value <= high;
}

/* RFC 3339 section 5.6, date-time; a leap second is taken at the end of any minute 23:59 UTC could be. */
bool rfc3339_valid(struct str text)
{
	int64_t seconds;
	if (text.n < 20 || !date_parse((struct str){text.p, 10}, &seconds))
		return false;
	if ((text.p[10] != 'T' && text.p[10] != 't') || text.p[13] != ':' || text.p[16] != ':')
		return false;
	if (!digits(text, 11, 2, 0, 23) || !digits(text, 14, 2, 0, 59) || !digits(text, 17, 2, 0, 60))
		return false;
	size_t i = 19;
	if (text.p[i] == '.') {
		size_t first = ++i;
		while (i < text.n && is_digit(text.p[i]))
			i++;
		if (i == first)
			return false;
	}
	if (i + 1 == text.n)
		return text.p[i] == 'Z' || text.p[i] == 'z';
	return i + 6 == text.n && (text.p[i] == '+' || text.p[i] == '-') && digits(text, i + 1, 2, 0, 23) && text.p[i + 3] == ':' &&
	       digits(text, i + 4, 2, 0, 59);
}

/* https://ocfl.github.io/extensions/; "initial" is the one name without a number. */
bool extension_registered(struct str name)
{
	static const char *const names[] = {
		"0000-example-extension",
		"0001-digest-algorithms",
		"0002-flat-direct-storage-layout",
		"0003-hash-and-id-n-tuple-storage-layout",
		"0004-hashed-n-tuple-storage-layout",
		"0005-mutable-head",
		"0006-flat-omit-prefix-storage-layout",
		"0007-n-tuple-omit-prefix-storage-layout",
		"0008-schema-registry",
		"0009-digest-algorithms",
		"0010-differential-n-tuple-omit-prefix-storage-layout",
		"0011-direct-clean-path-layout",
		"0012-hash-and-no-prefix-id-n-tuple-storage-layout",
		"initial",
	};
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (str_equal(name, str_from(names[i])))
			return true;
	return false;
}

enum fixity_support fixity_algorithm(struct str name, enum digest_alg *alg, const char **hex_code)
{
	static const struct {
		const char *name;
		enum digest_alg alg;
		const char *hex_code; /* of a digest that is not written as it must be */
	} known[] = {
		{"md5", DIGEST_MD5, "E057"},
		{"sha1", DIGEST_SHA1, "E029"},
		{"sha256", DIGEST_SHA256, "E030"},
		{"sha512", DIGEST_SHA512, "E031"},
		{"blake2b-512", DIGEST_BLAKE2B_512, "E032"},
		{"sha512/256", DIGEST_SHA512_256, "E057"},
		/* Extension 0009's; not checked, as E028 wants. */
		{"blake2b-160", DIGEST_NONE, "E057"},
		{"blake2b-256", DIGEST_NONE, "E057"},
		{"blake2b-384", DIGEST_NONE, "E057"},
		{"size", DIGEST_NONE, "E057"},
	};
	*alg = DIGEST_NONE;
	*hex_code = "E057";
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (str_equal(name, str_from(known[i].name))) {
			*alg = known[i].alg;
			*hex_code = known[i].hex_code;
			return *alg == DIGEST_NONE ? FIXITY_IGNORED : FIXITY_SUPPORTED;
		}
	return FIXITY_UNKNOWN;
}
