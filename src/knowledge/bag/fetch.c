/* fetch.txt (RFC 8493 section 2.2.3): read, never followed. */
#include "internal.h"

struct fetch {
	struct check *check;
	struct buf path;
};

static struct str take_word(struct str *rest)
{
	struct str word = {rest->p, 0};

	while (word.n < rest->n && !is_blank(rest->p[word.n]))
		word.n++;
	rest->p += word.n;
	rest->n -= word.n;
	while (rest->n > 0 && is_blank(rest->p[0])) {
		rest->p++;
		rest->n--;
	}
	return word;
}

/* RFC 3986: a scheme, a colon, something. */
static bool is_absolute_uri(struct str text)
{
	size_t i = 0;

	while (i < text.n && ((text.p[i] | 32) >= 'a' && (text.p[i] | 32) <= 'z'))
		i++;
	if (i == 0)
		return false;
	while (i < text.n && (((text.p[i] | 32) >= 'a' && (text.p[i] | 32) <= 'z') || (text.p[i] >= '0' && text.p[i] <= '9') ||
				     text.p[i] == '+' || text.p[i] == '-' || text.p[i] == '.'))
		i++;
	return i + 1 < text.n && text.p[i] == ':';
}

static int take_line(void *context, struct str line, uint64_t number, struct err *err)
{
	struct fetch *fetch = context;
	struct check *check = fetch->check;
	const struct str name = STR("fetch.txt");
	struct str rest = line;
	uint64_t octets;

	(void)err;
	if (trim(line).n == 0) {
		report(check, must(check), "BAG-FETCH", name, number, "an empty line");
		return 0;
	}
	struct str url = take_word(&rest), length = take_word(&rest);
	if (rest.n == 0 || !is_absolute_uri(url) || (!str_equal(length, STR("-")) && !decimal_parse(length, UINT64_MAX, &octets))) {
		report(check, BAG_ERROR, "BAG-FETCH", name, number, "\"%.*s\" is not \"URL LENGTH PATH\"", STR_ARG(line));
		return 0;
	}
	if (!read_path(check, rest, true, &fetch->path, "fetch.txt", number))
		return 0;
	struct entry *entry = listing_find(&check->payload, buf_view(&fetch->path));
	if (entry == NULL)
		report(check, BAG_ERROR, "BAG-FETCH", name, number, "\"%.*s\" is in no payload manifest", STR_ARG(rest));
	else
		entry->fetch = true;
	return 0;
}

int read_fetch(struct check *check, struct err *err)
{
	struct fetch fetch = {.check = check, .path = BUF_INIT};
	int result = 0;

	if (check->has_fetch)
		result = read_text(check, "fetch.txt", false, take_line, &fetch, err);
	buf_release(&fetch.path);
	return result;
}
