/* KEY=VALUE, applied to a record. */
#include "internal.h"

#include <string.h>

/* Values of the key: those of the term, or those of it in one language. */
static bool key_covers(const struct key *key, struct str language, const struct record_value *value)
{
	return value->term == key->term && (key->language.n == 0 || str_equal(language, value->language));
}

static void remove_values(struct record *record, const struct key *key, struct str language)
{
	for (size_t i = record->value_count; i > 0; i--)
		if (key_covers(key, language, &record->values[i - 1]))
			record_remove_value(record, i - 1);
}

static int put_term(struct record *record, const struct key *key, struct str text, bool replace, struct err *err)
{
	struct buf tag = BUF_INIT, store = BUF_INIT;
	struct record_value value = {.term = key->term, .value = text};
	int result = -1;
	if (key->language.n && language_canonical(key->language, &tag, err) < 0)
		goto out;
	value.language = buf_view(&tag);
	if (str_trim(text).n == 0) {
		remove_values(record, key, value.language);
		result = 0;
		goto out;
	}
	/* Checked before anything is taken away. */
	struct record_value checked = value;
	if (value_check(record, &checked, &store, err) < 0)
		goto out;
	if (replace)
		remove_values(record, key, value.language);
	result = record_add_value(record, &value, err);
out:
	buf_release(&tag);
	buf_release(&store);
	return result;
}

/* The date as written: of the last date of the term. */
static int put_written(struct record *record, const struct key *key, struct str text, bool replace, struct err *err)
{
	size_t last = record->value_count;
	bool take_away = str_trim(text).n == 0;
	for (size_t i = record->value_count; i > 0; i--) {
		struct record_value *value = &record->values[i - 1];
		if (value->term != key->term)
			continue;
		if (last == record->value_count)
			last = i - 1;
		if (take_away && value->value.n)
			value->written = STR("");
		else if (take_away)
			record_remove_value(record, i - 1);
	}
	if (take_away)
		return 0;
	struct record_value value = {.term = key->term, .written = text};
	if (last == record->value_count || (record->values[last].written.n && !replace))
		return record_add_value(record, &value, err);
	value.value = record->values[last].value;
	return record_set_value(record, last, &value, err);
}

static int put_field(struct record *record, const struct key *key, struct str text, bool replace, struct err *err)
{
	struct str old = record_field(record, key->field);
	text = str_trim(text);
	if (old.n && text.n && !replace && !str_equal(old, text))
		return err_set(err, ERR_SYNTAX, "%s takes one value: it is “%.*s” already, and “%.*s” is a second",
			field_name(key->field), STR_ARG(old), STR_ARG(text));
	return record_set_field(record, key->field, text, err);
}

static int put_file(struct record *record, const struct key *key, struct str text, enum record_put how, struct err *err)
{
	struct record_file file = {.path = key->path};
	size_t at;
	bool there = record_find_file(record, key->path, &at);
	if (!there && how == RECORD_EDIT)
		return err_set(err, ERR_NOT_FOUND, "the record has no file “%.*s”", STR_ARG(key->path));
	if (there)
		record_file(record, at, &file);
	if (key_file_set(&file, key->attribute, str_trim(text), err) < 0)
		return -1;
	return there ? record_set_file(record, at, &file, err) : record_add_file(record, &file, err);
}

/* file:PATH:role=…: the path may hold '=', so the key ends behind the first attribute's name that a '=' follows. */
static const char *file_key_end(struct str assignment)
{
	for (size_t i = 5; i < assignment.n; i++) {
		enum key_file attribute;
		if (assignment.p[i] != '=')
			continue;
		size_t end = assignment.p[i - 1] == '+' ? i - 1 : i, colon = end;
		while (colon > 5 && assignment.p[colon - 1] != ':')
			colon--;
		if (key_file_attribute((struct str){assignment.p + colon, end - colon}, &attribute))
			return assignment.p + i;
	}
	return NULL;
}

int record_put(struct record *record, struct str assignment, enum record_put how, struct err *err)
{
	struct key key;
	const char *equals = NULL;
	if (str_starts(assignment, STR("file:")))
		equals = file_key_end(assignment);
	if (!equals && assignment.n)
		equals = memchr(assignment.p, '=', assignment.n);
	if (!equals || equals == assignment.p)
		return err_set(err, ERR_USAGE, "“%.*s” is no KEY=VALUE; write it as in title=Letter to Anna", STR_ARG(assignment));
	struct str name = {assignment.p, (size_t)(equals - assignment.p)};
	struct str text = {equals + 1, assignment.n - name.n - 1};
	bool add = name.p[name.n - 1] == '+';
	if (add)
		name.n--;
	if (key_parse(name, "key", &key, err) < 0)
		return -1;
	if (add && str_trim(text).n == 0)
		return err_set(err, ERR_SYNTAX, "“%.*s” adds nothing; KEY= takes a value away", STR_ARG(assignment));
	bool replace = how == RECORD_EDIT && !add;
	switch (key.kind) {
	case KEY_TERM:
		return put_term(record, &key, text, replace, err);
	case KEY_WRITTEN:
		return put_written(record, &key, text, replace, err);
	case KEY_FIELD:
		return put_field(record, &key, text, replace, err);
	case KEY_FILE:
		return put_file(record, &key, text, how, err);
	case KEY_PATH:
		break;
	}
	return err_set(
		err, ERR_SYNTAX, "the key “path” belongs into a table (--csv); a file's keys are written file:PATH:role=scan");
}
