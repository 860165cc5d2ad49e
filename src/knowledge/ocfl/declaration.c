/* Version declarations (NAMASTE files) of objects and storage roots. */
#include "ocfl/validate.h"

#include <string.h>

static bool contains(struct str text, const char *part)
{
	return text.n && memmem(text.p, text.n, part, strlen(part)) != NULL;
}

bool declaration_object(struct str name)
{
	return contains(name, "ocfl_object");
}

static bool is_tagged(struct str name)
{
	return name.n > 1 && name.p[0] >= '0' && name.p[0] <= '9' && name.p[1] == '=';
}

bool declaration_root(struct str name)
{
	return !declaration_object(name) && ((is_tagged(name) && contains(name, "ocfl_")) || str_equal(name, STR("ocfl_1.0")) ||
						    str_equal(name, STR("ocfl_1.1")));
}

bool declaration_meant(struct str name)
{
	return declaration_object(name) || declaration_root(name) || str_starts(name, STR("0="));
}

static void check_text(struct validation *v, struct str dvalue, bool root)
{
	struct buf text = BUF_INIT;
	bool too_long;
	if (read_small(v, 128, &text, &too_long) == 0) {
		struct str have = buf_view(&text);
		bool newline = str_ends(have, STR("\n"));
		if (newline)
			have.n--;
		if (too_long || !newline || !str_equal(have, dvalue))
			found_here(v, OCFL_ERROR, root ? "E080" : "E007",
				"the file does not contain %.*s and a newline, and nothing else", STR_ARG(dvalue));
	}
	buf_release(&text);
}

bool declaration_check(struct validation *v, struct str name, bool root, enum ocfl_version *spec)
{
	const char *prefix = root ? "ocfl_" : "ocfl_object_";
	bool good = false;
	size_t before = path_down(v, name);
	struct str dvalue = name, tag, number;
	if (!memchr(name.p, '=', name.n)) {
		found_here(v, OCFL_ERROR, root ? "E077" : "E004", "the declaration's name does not have the form T=dvalue");
		found_here(v, OCFL_ERROR, root ? "E075" : "E002", "the declaration is not a NAMASTE file");
		goto out;
	}
	str_take_until(&dvalue, '=', &tag);
	if (!str_equal(tag, STR("0"))) {
		found_here(v, OCFL_ERROR, root ? "E078" : "E005",
			"the declaration's name begins with %.*s=, not with 0=", STR_ARG(tag));
		if (tag.n != 1 || tag.p[0] < '0' || tag.p[0] > '9')
			found_here(v, OCFL_ERROR, root ? "E075" : "E002", "the declaration is not a NAMASTE file");
		goto out;
	}
	number = dvalue;
	if (str_starts(dvalue, str_from(prefix))) {
		number.p += strlen(prefix);
		number.n -= strlen(prefix);
	}
	if (number.n == dvalue.n || (!str_equal(number, STR("1.0")) && !str_equal(number, STR("1.1")))) {
		found_here(
			v, OCFL_ERROR, root ? "E079" : "E006", "the declaration's name is not 0=%s1.0 or 0=%s1.1", prefix, prefix);
		goto out;
	}
	*spec = str_equal(number, STR("1.0")) ? OCFL_1_0 : OCFL_1_1;
	good = true;
	check_text(v, dvalue, root);
out:
	path_cut(v, before);
	return good;
}
