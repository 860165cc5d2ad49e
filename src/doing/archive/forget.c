/* What an expunge leaves of the description of a version (P6; docs/format/record.md, "After an expunge"): the keeper writes it, and a holder makes it once more from
 * what it holds, to see that nothing else was changed (T10 in take.c). So it hangs on nothing but the description and what was taken. */
#include <string.h>

#include "internal.h"

/* A letter or digit, or a byte of one beyond ASCII: what goes on in a longer name. */
static bool in_name(char c)
{
	unsigned char byte = (unsigned char)c;

	return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || byte >= 0x80;
}

static bool mentions(struct str text, struct str path)
{
	for (size_t i = 0; path.n > 0 && i + path.n <= text.n; i++)
		if (memcmp(text.p + i, path.p, path.n) == 0 && (i == 0 || !in_name(text.p[i - 1])) &&
			(i + path.n == text.n || !in_name(text.p[i + path.n])))
			return true;
	return false;
}

bool forget_names(struct str text, struct str path)
{
	struct buf escaped = BUF_INIT; /* as an original name of several paths has it */
	bool found;

	if (path.n == 0)
		return false;
	found = mentions(text, path);
	if (!found && (memchr(path.p, '|', path.n) != NULL || memchr(path.p, '\\', path.n) != NULL)) {
		for (size_t i = 0; i < path.n; i++) {
			if (path.p[i] == '|' || path.p[i] == '\\')
				buf_char(&escaped, '\\');
			buf_char(&escaped, path.p[i]);
		}
		found = mentions(text, buf_view(&escaped));
	}
	buf_release(&escaped);
	return found;
}

/* What may be said of a record of which no document is left: where it stood, not what it was. */
static int strip(const struct record *from, struct record *into, struct err *err)
{
	static const enum record_field kept[] = {RECORD_ID, RECORD_LEVEL, RECORD_REFERENCE_CODE, RECORD_IS_PART_OF};

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (record_field(from, kept[i]).n > 0 && record_set_field(into, kept[i], record_field(from, kept[i]), err) != 0)
			return -1;
	record_set_version(into, record_version(from));
	return 0;
}

static int forget_files(const struct forgetting *forgetting, struct record *from, struct record *into, struct err *err)
{
	struct str original;

	record_copy(into, from);
	record_remove_files(into);
	for (size_t i = 0; i < record_file_count(from); i++) {
		struct record_file file;

		record_file(from, i, &file);
		if (!forgetting->taken(forgetting->context, file.path) && record_add_file(into, &file, err) != 0)
			return -1;
	}
	original = record_field(from, RECORD_ORIGINAL_NAME);
	if (original.n > 0 && forgetting->named(forgetting->context, FORGET_ORIGINAL_NAME, original) &&
		record_set_field(into, RECORD_ORIGINAL_NAME, STR(""), err) != 0)
		return -1;
	record_remove_term(into, DC_IDENTIFIER);
	for (size_t i = 0; i < record_value_count(from); i++) {
		struct record_value value;

		record_value(from, i, &value);
		if (value.term == DC_IDENTIFIER && !forgetting->named(forgetting->context, FORGET_IDENTIFIER, value.value) &&
			record_add_value(into, &value, err) != 0)
			return -1;
	}
	return 0;
}

int forget_description(struct buf *text, const struct forgetting *forgetting, struct err *err)
{
	struct record *record = NULL, *rewritten = record_new();
	int result = -1;

	if (record_parse(&record, buf_view(text), RECORD_STORED, err) != 0)
		goto out;
	buf_release(text);
	if (record_unknown(record).n > 0) {
		err_set(err, ERR_CONFLICT, "a newer photostat wrote this record: expunge with that one");
		goto out;
	}
	if ((forgetting->everything ? strip(record, rewritten, err) : forget_files(forgetting, record, rewritten, err)) != 0)
		goto out;
	record_free(record);
	record = NULL;
	record_format(rewritten, text);
	result = buf_check(text, RECORD_NAME, err);
out:
	record_free(record);
	record_free(rewritten);
	return result;
}
