/* Which documents have readers: one line a media type. */
#include "readers.h"

#include <string.h>
#include <strings.h>

#include "record/record.h"

static const struct reader_kind kinds[] = {
	{"text/plain", "plain", READER_TEXT},
	{"text/markdown", "markdown", READER_TEXT},
};

static const struct reader_kind *find(struct str media_type)
{
	size_t n = 0;
	while (n < media_type.n && media_type.p[n] != ';' && media_type.p[n] != ' ')
		n++; /* parameters do not count */
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strlen(kinds[i].media_type) == n && strncasecmp(kinds[i].media_type, media_type.p, n) == 0)
			return &kinds[i];
	return NULL;
}

const struct reader_kind *reader_kind(struct str media_type, struct str name)
{
	if (media_type.n && !str_equal(media_type, STR("application/octet-stream")))
		return find(media_type);
	return find(str_from(media_type_guess(name, STR(""))));
}
