/* bagit.txt (RFC 8493 section 2.1.1). */
#include "internal.h"

#include <stdio.h>
#include <string.h>

#define NAME STR("bagit.txt")

struct declaration {
	struct check *check;
	bool has_version, has_encoding;
	bool loose;      /* white space other than one space behind the colon */
	bool other_case; /* of a label */
	bool blank_lines;
	bool wrong;
};

/* "LABEL: VALUE". */
static bool split(struct declaration *d, struct str line, struct str label, struct str *value)
{
	struct str rest = line, found;

	if (!str_take_until(&rest, ':', &found) || rest.p == NULL || !same_label(trim(found), label))
		return false;
	*value = trim(rest);
	if (trim(found).n != found.n || rest.n != value->n + 1 || rest.p[0] != ' ')
		d->loose = true;
	if (!str_equal(trim(found), label))
		d->other_case = true;
	return value->n > 0;
}

static bool is_version(struct str text)
{
	struct str rest = text, major, minor;
	uint64_t number;

	if (!str_take_until(&rest, '.', &major) || rest.p == NULL || !str_take_until(&rest, '.', &minor) || rest.p != NULL)
		return false;
	return decimal_parse(major, 1000, &number) && decimal_parse(minor, 1000, &number);
}

static void take_version(struct declaration *d, struct str value)
{
	static const struct {
		const char *text;
		unsigned version;
	} known[] = {{"0.93", 93}, {"0.94", 94}, {"0.95", 95}, {"0.96", 96}, {"0.97", 97}, {"1.0", 100}};
	struct check *check = d->check;

	d->has_version = true;
	if (!is_version(value)) {
		d->wrong = true;
		report(check, BAG_ERROR, "BAG-VERSION", NAME, 1, "\"%.*s\" is not a version: two numbers with a point between them",
			STR_ARG(value));
		return;
	}
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (str_equal(value, str_from(known[i].text)))
			check->version = known[i].version;
	if (check->version == 0) {
		check->strict = true;
		report(check, BAG_ERROR, "BAG-VERSION", NAME, 1, "BagIt %.*s is not known: 0.93 to 0.97 and 1.0 are",
			STR_ARG(value));
		return;
	}
	check->strict = check->version >= 100;
	snprintf(check->result->version, sizeof(check->result->version), "%.*s", STR_ARG(value));
}

static int take_line(void *context, struct str line, uint64_t number, struct err *err)
{
	struct declaration *d = context;
	struct check *check = d->check;
	struct str value;

	(void)err;
	if (number == 1 && split(d, line, STR("BagIt-Version"), &value)) {
		take_version(d, value);
	} else if (number == 2 && split(d, line, STR("Tag-File-Character-Encoding"), &value)) {
		d->has_encoding = true;
		if (value.n < sizeof(check->encoding)) {
			memcpy(check->encoding, value.p, value.n);
			check->encoding[value.n] = '\0';
		} else {
			check->encoding[0] = '\0';
		}
	} else if (trim(line).n == 0 && number > 2) {
		d->blank_lines = true;
	} else {
		d->wrong = true;
		if (number == 1)
			report(check, BAG_ERROR, "BAG-DECLARATION", NAME, 1, "the first line must be \"BagIt-Version: M.N\"");
		else if (number == 2)
			report(check, BAG_ERROR, "BAG-DECLARATION", NAME, 2,
				"the second line must be \"Tag-File-Character-Encoding: ENCODING\"");
		else if (number == 3)
			report(check, BAG_ERROR, "BAG-DECLARATION", NAME, 3, "there must be two lines and no more");
	}
	return 0;
}

int read_declaration(struct check *check, bool *go_on, struct err *err)
{
	struct declaration d = {.check = check};

	*go_on = true;
	snprintf(check->encoding, sizeof(check->encoding), "UTF-8");
	if (!check->has_declaration) {
		report(check, BAG_ERROR, "BAG-DECLARATION", NAME, 0, "is missing: without it this is no bag");
		return 0;
	}
	if (read_text(check, "bagit.txt", true, take_line, &d, err) != 0)
		return -1;
	if (!d.has_version && !d.wrong)
		report(check, BAG_ERROR, "BAG-DECLARATION", NAME, 0, "is empty");
	if (!d.has_encoding && (d.has_version || d.wrong))
		report(check, BAG_ERROR, "BAG-DECLARATION", NAME, 0, "does not name the encoding of the tag files");
	if (d.loose)
		report(check, must(check), "BAG-DECLARATION", NAME, 0, "white space other than one space behind each colon");
	if (d.blank_lines)
		report(check, must(check), "BAG-DECLARATION", NAME, 0, "an empty line behind the two");
	if (d.other_case)
		report(check, BAG_WARNING, "BAG-DECLARATION", NAME, 0,
			"labels are written \"BagIt-Version\" and \"Tag-File-Character-Encoding\"");
	if (!encoding_known(check->encoding)) {
		report(check, BAG_ERROR, "BAG-ENCODING", NAME, 2,
			"the encoding \"%s\" is not known, so the tag files cannot be read; nothing else was checked",
			check->encoding);
		*go_on = false;
	}
	return 0;
}
