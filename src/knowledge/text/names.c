/* Names of kinds, parts and marks, as the format has them. */
#include "internal.h"

static const char *const kinds[TEXT_KINDS] = {"paragraph", "heading", "dateline", "salutation", "closing", "signature",
	"postscript", "address", "note", "quote", "item", "verse", "code", "cell", "caption"};
static const char *const parts[TEXT_PARTS] = {"body", "front", "introduction", "letter", "after", "notes", "back"};
static const char *const marks[TEXT_MARK_KINDS] = {
	"reference", "emphasis", "strong", "person", "place", "date", "link", "line", "page", "deleted", "added", "unclear"};

static bool named(struct str name, const char *const *names, unsigned count, unsigned *number)
{
	for (unsigned i = 0; i < count; i++)
		if (str_equal(name, str_from(names[i]))) {
			*number = i;
			return true;
		}
	return false;
}

const char *text_kind_name(enum text_kind kind)
{
	return kinds[kind];
}

const char *text_part_name(enum text_part part)
{
	return parts[part];
}

const char *text_mark_name(enum text_mark_kind kind)
{
	return marks[kind];
}

bool text_kind_named(struct str name, enum text_kind *kind)
{
	unsigned number;
	if (!named(name, kinds, TEXT_KINDS, &number))
		return false;
	*kind = (enum text_kind)number;
	return true;
}

bool text_part_named(struct str name, enum text_part *part)
{
	unsigned number;
	if (!named(name, parts, TEXT_PARTS, &number))
		return false;
	*part = (enum text_part)number;
	return true;
}

bool text_mark_named(struct str name, enum text_mark_kind *kind)
{
	unsigned number;
	if (!named(name, marks, TEXT_MARK_KINDS, &number))
		return false;
	*kind = (enum text_mark_kind)number;
	return true;
}
