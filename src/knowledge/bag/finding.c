/* Findings, their codes, and what bounds a check. */
#include "internal.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *code, *section;
} codes[] = {
	{"BAG-DECLARATION", "2.1.1"},
	{"BAG-VERSION", "2.1.1"},
	{"BAG-PAYLOAD", "2.1.2"},
	{"BAG-MANIFEST", "2.1.3"},
	{"BAG-LINE", "2.1.3"},
	{"BAG-PATH", "2.1.3"},
	{"BAG-ESCAPE", "2.1.3"},
	{"BAG-TWICE", "2.1.3"},
	{"BAG-TAGS", "2.2.1"},
	{"BAG-INFO", "2.2.2"},
	{"BAG-OXUM", "2.2.2"},
	{"BAG-FETCH", "2.2.3"},
	{"BAG-HOLE", "2.2.3"},
	{"BAG-TEXT", "2.3"},
	{"BAG-ENCODING", "2.3"},
	{"BAG-BOM", "2.3"},
	{"BAG-ALGORITHM", "2.4"},
	{"BAG-MISSING", "3"},
	{"BAG-UNLISTED", "3"},
	{"BAG-CHECKSUM", "3"},
	{"BAG-UNREADABLE", "3"},
	{"BAG-SCOPE", "5.1"},
	{"BAG-LINK", "5.1"},
	{"BAG-CASE", "6.1.1"},
	{"BAG-NORMAL-FORM", "6.1.1"},
	{"BAG-EMPTY-FOLDER", "6.1"},
	{"BAG-SYSTEM-FILE", "6.1"},
	{"BAG-MD5SUM", "6.1.3"},
};

const char *bag_code_section(const char *code)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (strcmp(codes[i].code, code) == 0)
			return codes[i].section;
	return NULL;
}

void report(struct check *check, enum bag_level level, const char *code, struct str path, uint64_t line, const char *format, ...)
{
	struct bag_result *result = check->result;
	char text[512];
	va_list arguments;

	if (level == BAG_ERROR)
		result->errors++;
	else if (level == BAG_WARNING)
		result->warnings++;
	else
		result->unchecked++;
	if (check->options->found == NULL)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	struct bag_finding finding = {level, code, bag_code_section(code), path, line, str_from(text)};
	check->options->found(check->options->context, &finding);
}

enum bag_level must(const struct check *check)
{
	return check->strict ? BAG_ERROR : BAG_WARNING;
}

int unreadable(struct check *check, struct str path, const struct err *why, struct err *err)
{
	if (check->stopped || why->code == ERR_INTERRUPTED) {
		check->stopped = true;
		if (err != NULL)
			*err = *why;
		return -1;
	}
	report(check, BAG_UNCHECKED, "BAG-UNREADABLE", path, 0, "cannot be read: %s", why->text);
	return 0;
}

int tell_progress(struct check *check, struct err *err)
{
	if (check->options->progress == NULL || check->options->progress(check->options->context, check->result, err) == 0)
		return 0;
	check->stopped = true;
	return -1;
}

int within_memory(const struct check *check, size_t more, struct err *err)
{
	size_t tables = (check->payload.capacity + check->tags.capacity) * sizeof(struct entry *);

	if (check->arena.used <= check->max_memory && more + tables <= check->max_memory - check->arena.used)
		return 0;
	return err_set(err, ERR_LIMIT, "the lists of this bag take more than %zu MiB of memory: split it into several bags",
		check->max_memory >> 20);
}

bool bag_passed(const struct bag_result *result)
{
	return result->complete && result->errors == 0 && result->unchecked == 0;
}
