/* The text that an editor is given, and back: docs/format/record.md, Editing. */
#include "internal.h"

#include <string.h>

#define INDENT "    "

/* ---- writing ---- */

/* Lines after the first are indented; where one holds nothing but dots (or nothing), a dot is put in front. */
static void write_text(struct buf *out, struct str text)
{
	struct str rest = text, line;
	bool first = true;
	while (str_take_until(&rest, '\n', &line)) {
		size_t dots = 0;
		while (dots < line.n && line.p[dots] == '.')
			dots++;
		struct str behind = {line.p + dots, line.n - dots};
		if (!first)
			buf_text(out, str_trim(behind).n == 0 ? "\n" INDENT "." : "\n" INDENT);
		buf_str(out, line);
		first = false;
	}
	buf_char(out, '\n');
}

static void write_line(struct buf *out, const char *name, struct str language, const char *suffix, struct str text)
{
	buf_text(out, name);
	if (language.n) {
		buf_char(out, '@');
		buf_str(out, language);
	}
	buf_text(out, suffix);
	buf_char(out, ':');
	if (text.n)
		buf_char(out, ' ');
	write_text(out, text);
}

static const enum record_field hand_fields[] = {RECORD_LEVEL, RECORD_REFERENCE_CODE, RECORD_IS_PART_OF};
#define HAND_FIELDS (sizeof(hand_fields) / sizeof(hand_fields[0]))

/* Terms that are offered empty. */
static const enum dc_term offered[] = {DC_TITLE, DC_CREATOR, DC_DATE, DC_DESCRIPTION, DC_LANGUAGE};
#define OFFERED (sizeof(offered) / sizeof(offered[0]))

static void write_values(const struct record *record, struct buf *out)
{
	size_t next = 0;
	for (int i = 0; i < DC_TERMS; i++) {
		enum dc_term term = (enum dc_term)i;
		bool any = false;
		for (; next < record->value_count && record->values[next].term == term; next++) {
			const struct record_value *value = &record->values[next];
			write_line(out, dc_term_name(term), value->language, "", value->value);
			if (value->written.n)
				write_line(out, dc_term_name(term), STR(""), ".written", value->written);
			any = true;
		}
		for (size_t j = 0; !any && j < OFFERED; j++)
			if (offered[j] == term)
				write_line(out, dc_term_name(term), STR(""), "", STR(""));
	}
}

/* A path that cannot stand in a line as it is, is left out; it is edited by file:PATH:role=…. */
static bool path_fits(struct str path)
{
	return !memchr(path.p, '\n', path.n) && !memchr(path.p, '\r', path.n) && str_trim(path).n == path.n;
}

static void write_files(struct record *record, struct buf *out)
{
	char number[24];
	if (record->file_count > RECORD_TEXT_FILES) {
		buf_printf(out, "\n# Its %zu files are not listed here; edit them with file:PATH:role=… and the like.\n",
			record->file_count);
		return;
	}
	for (size_t i = 0; i < record->file_count; i++) {
		struct record_file file;
		record_file(record, i, &file);
		if (!path_fits(file.path))
			continue;
		buf_text(out, "\nfile: ");
		buf_str(out, file.path);
		buf_char(out, '\n');
		struct buf digits = BUF_INIT;
		if (file.sequence)
			buf_u64(&digits, file.sequence);
		memcpy(number, digits.p ? digits.p : "", digits.n + 1);
		buf_release(&digits);
		const struct str values[] = {file.role, str_from(number), file.language, file.media_type};
		for (int j = 0; key_file_names[j]; j++) {
			buf_text(out, INDENT);
			write_line(out, key_file_names[j], STR(""), "", values[j]);
		}
	}
}

void record_text_write(struct record *record, struct buf *out)
{
	buf_text(out, "# Metadata");
	if (record_field(record, RECORD_ID).n) {
		buf_text(out, " of ");
		buf_str(out, record_field(record, RECORD_ID));
	}
	buf_text(out,
		".\n"
		"# One `key: value` a line; a key may be repeated. A value goes on in lines that are indented (\"" INDENT
		".\" is an empty line).\n"
		"# Keys are Dublin Core terms; title@de is a title in German; date takes EDTF (1927, 1927-11-15, 192X, 1927~, "
		"1927/1928),\n"
		"# date.written behind it the date as the document has it. A line that is deleted or left empty is taken away.\n"
		"# Lines that begin with # are not read.\n\n");
	for (size_t i = 0; i < HAND_FIELDS; i++)
		write_line(out, field_name(hand_fields[i]), STR(""), "", record_field(record, hand_fields[i]));
	buf_char(out, '\n');
	write_values(record, out);
	write_files(record, out);
}

/* ---- reading ---- */

struct hand {
	struct record *record; /* being made */
	struct buf text;       /* of the key being read, all lines */
	struct key key;
	bool open;       /* a key is being read */
	bool in_file;    /* file: … has been read, its attributes may follow */
	bool empty_date; /* an empty date stands before: the next date.written is of a date without EDTF */
	enum dc_term empty_term;
	struct record_file file;
	size_t line, key_line;
};

static int at_line(struct err *err, size_t line)
{
	return err_note(err, "line %zu", line);
}

static int set_term(struct hand *hand, struct str text, struct err *err)
{
	struct buf tag = BUF_INIT;
	struct record_value value = {.term = hand->key.term, .value = text};
	int result = -1;
	hand->empty_date = false;
	if (str_trim(text).n == 0) {
		hand->empty_date = dc_term_is_date(hand->key.term);
		hand->empty_term = hand->key.term;
		return 0;
	}
	if (hand->key.language.n == 0 || language_canonical(hand->key.language, &tag, err) == 0) {
		value.language = buf_view(&tag);
		result = record_add_value(hand->record, &value, err);
	}
	buf_release(&tag);
	return result;
}

static int set_written(struct hand *hand, struct str text, struct err *err)
{
	struct record *record = hand->record;
	struct record_value value = {.term = hand->key.term, .written = text};
	bool alone = hand->empty_date && hand->empty_term == hand->key.term;
	size_t last = record->value_count;
	hand->empty_date = false;
	if (str_trim(text).n == 0)
		return 0;
	for (size_t i = 0; i < record->value_count; i++)
		if (record->values[i].term == hand->key.term)
			last = i;
	if (alone || last == record->value_count || record->values[last].written.n)
		return record_add_value(record, &value, err);
	value.value = record->values[last].value;
	return record_set_value(record, last, &value, err);
}

static int set_field(struct hand *hand, struct str text, struct err *err)
{
	if (hand->key.field == RECORD_ID || hand->key.field == RECORD_ACCESS)
		return err_set(err, ERR_SYNTAX, "%s is not edited here%s", field_name(hand->key.field),
			hand->key.field == RECORD_ID ? ": it is permanent" : "; use the command access");
	if (record_field(hand->record, hand->key.field).n && str_trim(text).n)
		return err_set(err, ERR_SYNTAX, "%s takes one value, and here is a second", field_name(hand->key.field));
	return record_set_field(hand->record, hand->key.field, str_trim(text), err);
}

static int end_file(struct hand *hand, struct err *err)
{
	size_t at;
	if (!hand->in_file)
		return 0;
	hand->in_file = false;
	if (!record_find_file(hand->record, hand->file.path, &at))
		return err_set(err, ERR_NOT_FOUND, "the record has no file “%.*s”", STR_ARG(hand->file.path));
	return record_set_file(hand->record, at, &hand->file, err);
}

/* What was read since the key. */
static int end_key(struct hand *hand, struct err *err)
{
	struct str text = buf_view(&hand->text);
	int result = 0;
	if (!hand->open)
		return 0;
	hand->open = false;
	if (buf_check(&hand->text, "a value", err) < 0)
		return at_line(err, hand->key_line);
	switch (hand->key.kind) {
	case KEY_TERM:
		result = set_term(hand, text, err);
		break;
	case KEY_WRITTEN:
		result = set_written(hand, text, err);
		break;
	case KEY_FIELD:
		result = set_field(hand, text, err);
		break;
	case KEY_FILE:
	case KEY_PATH:
		break;
	}
	return result < 0 ? at_line(err, hand->key_line) : 0;
}

/* file: PATH */
static int begin_file(struct hand *hand, struct str path, struct err *err)
{
	struct record_file file;
	size_t at;
	path = str_trim(path);
	if (!record_find_file(hand->record, path, &at))
		return err_set(err, ERR_NOT_FOUND, "the record has no file “%.*s”", STR_ARG(path));
	record_file(hand->record, at, &file);
	/* What is not listed is taken away; its time is not for editing. */
	hand->file = (struct record_file){.path = file.path, .has_modified = file.has_modified, .modified = file.modified};
	hand->in_file = true;
	return 0;
}

static int file_attribute(struct hand *hand, struct str line, struct err *err)
{
	enum key_file attribute;
	const char *colon = memchr(line.p, ':', line.n);
	struct str name = str_trim((struct str){line.p, colon ? (size_t)(colon - line.p) : line.n});
	if (!colon || !key_file_attribute(name, &attribute))
		return err_set(err, ERR_SYNTAX, "“%.*s”: a file has role, sequence, language and mediaType, each as in role: scan",
			STR_ARG(name));
	return key_file_set(&hand->file, attribute, str_trim((struct str){colon + 1, line.n - (size_t)(colon + 1 - line.p)}), err);
}

static int indented(struct hand *hand, struct str line, struct err *err)
{
	if (hand->in_file)
		return file_attribute(hand, line, err);
	if (!hand->open)
		return err_set(err, ERR_SYNTAX, "an indented line goes on with a value, but no key stands before it");
	/* One step of indentation is ours, the rest is the text's. */
	size_t step = 0;
	if (line.p[0] == '\t')
		step = 1;
	else
		while (step < sizeof(INDENT) - 1 && step < line.n && line.p[step] == ' ')
			step++;
	struct str text = {line.p + step, line.n - step};
	size_t dots = 0;
	while (dots < text.n && text.p[dots] == '.')
		dots++;
	if (dots && dots == str_trim(text).n)
		text = (struct str){text.p + 1, text.n - 1};
	buf_char(&hand->text, '\n');
	buf_str(&hand->text, text);
	return 0;
}

static int key_line(struct hand *hand, struct str line, struct err *err)
{
	const char *colon = memchr(line.p, ':', line.n);
	if (end_key(hand, err) < 0)
		return -1;
	if (end_file(hand, err) < 0)
		return at_line(err, hand->key_line);
	hand->key_line = hand->line;
	if (!colon) {
		err_set(err, ERR_SYNTAX, "“%.*s” is no `key: value`; a value that goes on is indented", STR_ARG(line));
		return at_line(err, hand->line);
	}
	struct str name = {line.p, (size_t)(colon - line.p)}, text = {colon + 1, line.n - (size_t)(colon + 1 - line.p)};
	if (str_equal(str_trim(name), STR("file")))
		return begin_file(hand, text, err) < 0 ? at_line(err, hand->line) : 0;
	if (key_parse(name, "key", &hand->key, err) < 0)
		return at_line(err, hand->line);
	if (hand->key.kind == KEY_PATH || hand->key.kind == KEY_FILE) {
		err_set(err, ERR_SYNTAX, "the key “%.*s” is not known here; files are written as in file: scans/1.jpg",
			STR_ARG(name));
		return at_line(err, hand->line);
	}
	buf_clear(&hand->text);
	buf_str(&hand->text, text);
	hand->open = true;
	return 0;
}

static int one_line(struct hand *hand, struct str line, struct err *err)
{
	hand->line++;
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	if (line.n && line.p[0] == '#')
		return 0;
	if (str_trim(line).n == 0)
		return 0;
	if (line.p[0] == ' ' || line.p[0] == '\t')
		return indented(hand, line, err) < 0 ? at_line(err, hand->line) : 0;
	return key_line(hand, line, err);
}

int record_text_read(struct record *record, struct str text, struct err *err)
{
	struct hand hand = {.record = record_new(), .text = {.max = RECORD_TEXT_MAX + 1}};
	struct str rest = text, line;
	int result = -1;
	if (!utf8_valid(text)) {
		err_set(err, ERR_SYNTAX, "the text is not UTF-8; set the editor to it and save again");
		goto out;
	}
	if (str_starts(rest, STR("\xef\xbb\xbf")))
		rest = (struct str){rest.p + 3, rest.n - 3};
	record_copy(hand.record, record);
	hand.record->value_count = 0;
	for (size_t i = 0; i < HAND_FIELDS; i++)
		hand.record->fields[hand_fields[i]] = STR("");
	while (str_take_until(&rest, '\n', &line))
		if (one_line(&hand, line, err) < 0)
			goto out;
	if (end_key(&hand, err) < 0)
		goto out;
	if (end_file(&hand, err) < 0) {
		at_line(err, hand.key_line);
		goto out;
	}
	record_swap(record, hand.record);
	result = 0;
out:
	record_free(hand.record);
	buf_release(&hand.text);
	return result;
}
