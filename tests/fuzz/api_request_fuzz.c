/* fuzz-links: room finder extract lists search holder http archive catalogue log store record text bag ocfl entry tlog os crypto base */
/* A program's request to the JSON interface, PATH?QUERY below api/v1/, and the same query for sitemaps: cursors, dates, limits, names. Whatever it is, the answer is JSON with a
 * status of its own, tells nothing of what is closed, and what it names as `next` is understood. Arguments are read alike when they are written again. */
#include <jansson.h>
#include <stdint.h>

#include "desk_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_arguments(struct str query)
{
	struct arguments arguments, again;
	struct buf written = BUF_INIT;

	if (arguments_read(&arguments, query)) {
		require(arguments.count <= ARGUMENTS_MAX);
		for (size_t i = 0; i < arguments.count; i++) {
			require(utf8_valid(arguments.one[i].name) && utf8_valid(arguments.one[i].value));
			require(arguments.one[i].value.n == 0 ||
				memchr(arguments.one[i].value.p, '\0', arguments.one[i].value.n) == NULL);
		}
		for (size_t i = 0; i < arguments.count; i++) {
			buf_text(&written, i > 0 ? "&" : "");
			path_encode(&written, arguments.one[i].name, "");
			buf_char(&written, '=');
			path_encode(&written, arguments.one[i].value, "");
		}
		if (written.n <= 8192) {
			require(arguments_read(&again, buf_view(&written)) && again.count == arguments.count &&
				again.repeated == arguments.repeated);
			for (size_t i = 0; i < again.count; i++)
				require(str_equal(again.one[i].name, arguments.one[i].name) &&
					str_equal(again.one[i].value, arguments.one[i].value));
			arguments_release(&again);
		}
	}
	arguments_release(&arguments);
	buf_release(&written);
}

static unsigned ask(struct desk *desk, struct str path, struct str query, json_t **answer)
{
	struct buf out = BUF_INIT;
	unsigned status = 200;

	*answer = NULL;
	if (api_takes(path) && api_answer(desk, path, query, &out, &status)) {
		require(status == 200 || status == 400 || status == 404 || status == 410 || status == 503);
		desk_tells_nothing(&out, query);
		*answer = json_loadb(out.p, out.n, JSON_REJECT_DUPLICATES, NULL);
		require(json_is_object(*answer));
		require((status == 200 || status == 410) ==
			!str_equal(str_from(json_is_string(json_object_get(*answer, "type"))
						    ? json_string_value(json_object_get(*answer, "type"))
						    : ""),
				STR("error")));
	}
	buf_release(&out);
	return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct desk *desk = desk_of_archive();
	struct str rest = {(const char *)data, size}, path;
	struct buf full = BUF_INIT, map = BUF_INIT;
	json_t *answer, *next, *more;

	if (size == 0)
		return 0;
	(void)str_take_until(&rest, '?', &path);
	if (rest.p == NULL)
		rest = STR("");
	read_arguments(rest);
	buf_text(&full, "api/v1/");
	buf_str(&full, path);
	(void)ask(desk, buf_view(&full), rest, &answer);
	next = json_object_get(answer, "next");
	if (next != NULL) {
		struct str url = str_from(json_string_value(next)), before;
		const struct str base = STR("https://" ORIGIN "/");

		require(str_starts(url, base));
		url = (struct str){url.p + base.n, url.n - base.n};
		require(str_take_until(&url, '?', &before) && url.p != NULL);
		require(ask(desk, before, url, &more) == 200);
		json_decref(more);
	}
	json_decref(answer);
	if (sitemap_answer(desk, rest, &map))
		desk_tells_nothing(&map, STR(""));
	buf_release(&full);
	buf_release(&map);
	return 0;
}
