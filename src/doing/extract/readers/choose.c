/* Which of the program's readers a document gets. */
#include "readers.h"

#include <string.h>

#include "record/record.h"

static const struct reader *named(const char *name)
{
	for (const struct reader *reader = readers; reader->name; reader++)
		if (strcmp(reader->name, name) == 0)
			return reader;
	return NULL;
}

const struct reader *reader_for(struct str media_type, struct str name, struct str first_bytes)
{
	const struct reader_kind *kind = reader_kind(media_type, name);
	if (!kind && first_bytes.n)
		kind = reader_kind(str_from(media_type_guess(name, first_bytes)), name);
	return kind ? named(kind->reader) : NULL;
}
