/* Keys: how terms, fields and attributes of files are called by those who write them by hand. */
#include "internal.h"

#include <string.h>

const char *const key_file_names[] = {"role", "sequence", "language", "mediaType", NULL};

/* Fields that may be given; originalName is made by the deposit. */
static const enum record_field fields[] = {RECORD_ID, RECORD_LEVEL, RECORD_REFERENCE_CODE, RECORD_IS_PART_OF, RECORD_ACCESS};
#define FIELDS (sizeof(fields) / sizeof(fields[0]))

static struct str str_from_to(const char *from, const char *to)
{
	return (struct str){from, (size_t)(to - from)};
}

bool key_file_attribute(struct str name, enum key_file *out)
{
	for (int i = 0; key_file_names[i]; i++)
		if (str_equal_fold(name, str_from(key_file_names[i]))) {
			*out = (enum key_file)i;
			return true;
		}
	return false;
}

static int unknown(struct str name, const char *what, struct err *err)
{
	const char *near = NULL;
	unsigned distance = 100;
	for (size_t i = 0; i < FIELDS; i++)
		word_nearest_try(name, field_name(fields[i]), &near, &distance);
	for (int i = 0; i < DC_TERMS; i++)
		word_nearest_try(name, dc_term_name((enum dc_term)i), &near, &distance);
	if (near)
		return err_set(err, ERR_SYNTAX, "the %s “%.*s” is not known; did you mean %s?", what, STR_ARG(name), near);
	return err_set(err, ERR_SYNTAX,
		"the %s “%.*s” is not known; it is a Dublin Core term (title, creator, date, …), level, referenceCode, isPartOf or "
		"access",
		what, STR_ARG(name));
}

/* file:PATH:role, the path may hold colons. */
static int file_key(struct str name, struct key *key, struct err *err)
{
	size_t colon = name.n;
	while (colon > 5 && name.p[colon - 1] != ':')
		colon--;
	struct str attribute = {name.p + colon, name.n - colon};
	key->kind = KEY_FILE;
	if (colon <= 6 || !key_file_attribute(attribute, &key->attribute))
		return err_set(err, ERR_SYNTAX,
			"“%.*s”: a file's keys are file:PATH:role, file:PATH:sequence, file:PATH:language and file:PATH:mediaType",
			STR_ARG(name));
	key->path = (struct str){name.p + 5, colon - 6};
	return path_check(key->path, err);
}

static bool field_find(struct str name, enum record_field *out)
{
	for (size_t i = 0; i < FIELDS; i++)
		if (str_equal_fold(name, str_from(field_name(fields[i])))) {
			*out = fields[i];
			return true;
		}
	return false;
}

static bool term_find_fold(struct str name, enum dc_term *out)
{
	for (int i = 0; i < DC_TERMS; i++)
		if (str_equal_fold(name, str_from(dc_term_name((enum dc_term)i)))) {
			*out = (enum dc_term)i;
			return true;
		}
	return false;
}

/* Exports of other systems put the vocabulary's name in front. */
static struct str without_prefix(struct str name)
{
	static const char *const prefixes[] = {"dc:", "dcterms:", "dc.", "dcterms.", NULL};
	for (int i = 0; prefixes[i]; i++) {
		struct str prefix = str_from(prefixes[i]);
		if (name.n > prefix.n && str_equal_fold((struct str){name.p, prefix.n}, prefix))
			return (struct str){name.p + prefix.n, name.n - prefix.n};
	}
	return name;
}

int key_parse(struct str given, const char *what, struct key *key, struct err *err)
{
	struct str name = str_trim(given);
	*key = (struct key){.kind = KEY_TERM};
	if (str_starts(name, STR("file:")))
		return file_key(name, key, err);
	if (str_equal_fold(name, STR("path"))) {
		key->kind = KEY_PATH;
		return 0;
	}
	if (field_find(name, &key->field)) {
		key->kind = KEY_FIELD;
		return 0;
	}
	name = without_prefix(name);
	const char *at = name.n ? memchr(name.p, '@', name.n) : NULL;
	if (at) {
		key->language = str_from_to(at + 1, name.p + name.n);
		name = str_from_to(name.p, at);
		struct buf tag = BUF_INIT;
		int result = language_canonical(key->language, &tag, err);
		buf_release(&tag);
		if (result < 0)
			return err_note(err, "%s “%.*s”", what, STR_ARG(given));
	}
	if (name.n > 8 && str_equal_fold((struct str){name.p + name.n - 8, 8}, STR(".written"))) {
		key->kind = KEY_WRITTEN;
		name.n -= 8;
	}
	if (!term_find_fold(name, &key->term))
		return unknown(name, what, err);
	if (key->kind == KEY_WRITTEN && !dc_term_is_date(key->term))
		return err_set(err, ERR_SYNTAX, "the %s “%.*s”: only a date has a form as written", what, STR_ARG(given));
	if (at && dc_term_is_date(key->term))
		return err_set(err, ERR_SYNTAX,
			"the %s “%.*s”: a date has no language; write what the document says into %s.written", what, STR_ARG(given),
			dc_term_name(key->term));
	return 0;
}

int key_file_set(struct record_file *file, enum key_file attribute, struct str value, struct err *err)
{
	uint64_t number;
	switch (attribute) {
	case KEY_ROLE:
		file->role = value;
		return 0;
	case KEY_LANGUAGE:
		file->language = value;
		return 0;
	case KEY_MEDIA_TYPE:
		file->media_type = value;
		return 0;
	case KEY_SEQUENCE:
		break;
	}
	file->sequence = 0;
	if (value.n == 0)
		return 0;
	if (!decimal_parse(value, UINT32_MAX, &number) || number == 0)
		return err_set(err, ERR_SYNTAX, "file “%.*s”: sequence is a whole number from 1 on, not “%.*s”",
			STR_ARG(file->path), STR_ARG(value));
	file->sequence = (uint32_t)number;
	return 0;
}
