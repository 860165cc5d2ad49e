/* Names that stand in entries for ever: origins and record ids. */
#include "entry/entry.h"

#include <string.h>

#define ORIGIN_BYTES 200
#define LABEL_BYTES 63
#define NAME_BYTES 1000
#define SEGMENT_BYTES 100

static bool lower_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool label_valid(struct str label)
{
	if (label.n == 0 || label.n > LABEL_BYTES || label.p[0] == '-' || label.p[label.n - 1] == '-')
		return false;
	for (size_t i = 0; i < label.n; i++)
		if (!lower_or_digit(label.p[i]) && label.p[i] != '-')
			return false;
	return true;
}

/* host or host:port */
static bool authority_valid(struct str host)
{
	const char *colon = host.n ? memchr(host.p, ':', host.n) : NULL;
	if (colon) {
		struct str port = {colon + 1, (size_t)(host.p + host.n - colon - 1)};
		uint64_t number;
		if (!decimal_parse(port, 65535, &number) || number == 0)
			return false;
		host.n = (size_t)(colon - host.p);
	}
	if (host.n == 0)
		return false;
	struct str rest = host, label;
	while (str_take_until(&rest, '.', &label))
		if (!label_valid(label))
			return false;
	return true;
}

static bool origin_segment_valid(struct str segment)
{
	if (segment.n == 0 || str_equal(segment, STR(".")) || str_equal(segment, STR("..")))
		return false;
	for (size_t i = 0; i < segment.n; i++) {
		char c = segment.p[i];
		if (!lower_or_digit(c) && !(c >= 'A' && c <= 'Z') && c != '-' && c != '.' && c != '_' && c != '~')
			return false;
	}
	return true;
}

bool origin_valid(struct str origin)
{
	/* "none" is what entries write where there is no origin. */
	if (origin.n == 0 || origin.n > ORIGIN_BYTES || str_equal(origin, STR("none")))
		return false;
	struct str rest = origin, part;
	if (!str_take_until(&rest, '/', &part) || !authority_valid(part))
		return false;
	while (str_take_until(&rest, '/', &part))
		if (!origin_segment_valid(part))
			return false;
	return true;
}

bool record_name_valid(struct str name)
{
	if (name.n == 0 || name.n > NAME_BYTES)
		return false;
	struct str rest = name, segment;
	while (str_take_until(&rest, '/', &segment)) {
		if (segment.n == 0 || segment.n > SEGMENT_BYTES || !lower_or_digit(segment.p[0]))
			return false;
		for (size_t i = 1; i < segment.n; i++) {
			char c = segment.p[i];
			if (!lower_or_digit(c) && c != '.' && c != '_' && c != '-')
				return false;
		}
	}
	return true;
}

static bool uuid_valid(struct str uuid)
{
	if (uuid.n != 36)
		return false;
	for (size_t i = 0; i < uuid.n; i++) {
		char c = uuid.p[i];
		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (c != '-')
				return false;
		} else if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f')) {
			return false;
		}
	}
	return true;
}

static bool take_prefix(struct str *text, struct str prefix)
{
	if (!str_starts(*text, prefix))
		return false;
	text->p += prefix.n;
	text->n -= prefix.n;
	return true;
}

bool record_id_valid(struct str origin, struct str id)
{
	if (take_prefix(&id, STR("urn:uuid:")))
		return uuid_valid(id);
	return take_prefix(&id, STR("https://")) && take_prefix(&id, origin) && take_prefix(&id, STR("/r/")) &&
	       record_name_valid(id);
}
