/* Full text for programs: what the results page shows, decided and limited as there. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "found.h"
#include "machines.h"

#define LIMIT 20u
#define LIMIT_MOST 100u
#define OFFSET_MOST 10000u

struct answering {
	struct desk *desk;
	struct buf *out, facets;
	uint64_t shown;
	char facet[24];
};

static bool admit(void *context, struct str id, struct str path)
{
	const struct answering *answering = context;

	return found_admit(answering->desk, id, path);
}

static void put_piece(struct buf *out, struct str piece, bool hit)
{
	if (piece.n == 0)
		return;
	buf_text(out, out->p[out->n - 1] == '[' ? "{" : ",{");
	api_text(out, "text", piece);
	buf_text(out, hit ? ",\"hit\":true}" : "}");
}

/* Words that were hit stand between U+E000 and U+E001. */
static void put_snippet(struct buf *out, struct str snippet)
{
	size_t from = 0;
	bool hit = false;

	buf_text(out, ",\"snippet\":[");
	for (size_t i = 0; i + 2 < snippet.n; i++) {
		if (memcmp(snippet.p + i, "\xee\x80\x80", 3) != 0 && memcmp(snippet.p + i, "\xee\x80\x81", 3) != 0)
			continue;
		put_piece(out, (struct str){snippet.p + from, i - from}, hit);
		hit = (unsigned char)snippet.p[i + 2] == 0x80;
		from = i + 3;
		i += 2;
	}
	put_piece(out, (struct str){snippet.p + from, snippet.n - from}, hit);
	buf_char(out, ']');
}

static int put_hit(void *context, const struct search_hit *hit, struct err *err)
{
	struct answering *answering = context;
	struct buf *out = answering->out, url = BUF_INIT;

	(void)err;
	buf_text(out, answering->shown++ == 0 ? "\n{" : ",\n{");
	api_text(out, "id", hit->id);
	api_text(out, "title", hit->title);
	api_text(out, "creator", hit->creator);
	api_text(out, "path", hit->path);
	api_text(out, "block", hit->block);
	put_snippet(out, hit->snippet);
	machine_url(&url, answering->desk, "r/");
	buf_str(&url, machine_name(answering->desk, hit->id));
	if (hit->path.n > 0) {
		buf_text(&url, "/read/");
		http_url_path(&url, hit->path);
	}
	if (found_far(hit->block)) {
		buf_text(&url, "?at=");
		http_url_path(&url, hit->block);
	}
	if (hit->block.n > 0) {
		buf_char(&url, '#');
		http_url_path(&url, hit->block);
	}
	api_text(out, "url", buf_view(&url));
	buf_char(out, '}');
	buf_release(&url);
	return 0;
}

/* Those of one name come together, the most frequent first. */
static int put_facet(void *context, const struct search_facet *facet, struct err *err)
{
	struct answering *answering = context;
	struct buf *out = &answering->facets;

	(void)err;
	if (strlen(facet->name) >= sizeof(answering->facet))
		return 0;
	if (strcmp(answering->facet, facet->name) != 0) {
		buf_printf(out, "%s\"%s\":[", out->n > 0 ? "]," : "", facet->name);
		memcpy(answering->facet, facet->name, strlen(facet->name) + 1);
	}
	buf_text(out, out->p[out->n - 1] == '[' ? "{" : ",{");
	api_text(out, "value", facet->value);
	api_number(out, "count", facet->count);
	buf_char(out, '}');
	return 0;
}

static void put_next(struct buf *out, struct desk *desk, struct str query, uint64_t offset, uint64_t limit, bool facets)
{
	struct buf next = BUF_INIT;

	machine_url(&next, desk, "api/v1/search?q=");
	http_url_path(&next, query);
	buf_printf(&next, "&offset=%" PRIu64 "&limit=%" PRIu64 "%s", offset, limit, facets ? "&facets=true" : "");
	api_text(out, "next", buf_view(&next));
	buf_release(&next);
}

/* What is counted, and how the query was taken: only of an index that follows the log to its end (P6). */
static void put_about(struct buf *out, const struct search_request *request, const struct buf *facets)
{
	api_number(out, "total", request->total);
	if (request->total_least)
		buf_text(out, ",\"atLeast\":true");
	if (request->suggestion.n > 0)
		api_text(out, "suggestion", buf_view(&request->suggestion));
	if (request->said.n > 0)
		api_text(out, "said", buf_view(&request->said));
	if (facets->n > 0) {
		buf_text(out, ",\"facets\":{");
		buf_str(out, buf_view(facets));
		buf_text(out, "]}");
	}
}

void api_search(struct desk *desk, const struct arguments *arguments, struct buf *out, unsigned *status)
{
	static const char *const names[] = {"q", "offset", "limit", "facets", NULL};
	struct answering answering = {.desk = desk, .out = out};
	struct search_request request = {.limit = LIMIT, .admit = admit, .hit = put_hit, .facet = put_facet, .context = &answering};
	bool good = arguments_only(arguments, names) && !arguments->repeated && arguments_get(arguments, "q", &request.query) &&
		    request.query.n > 0 && request.query.n <= FOUND_QUERY_MAX;
	uint64_t limit = LIMIT;
	struct err err = ERR_INIT;
	struct str value;
	bool current;

	if (arguments_get(arguments, "offset", &value))
		good = good && decimal_parse(value, OFFSET_MOST, &request.offset);
	if (arguments_get(arguments, "limit", &value))
		good = good && decimal_parse(value, LIMIT_MOST, &limit) && limit > 0;
	if (arguments_get(arguments, "facets", &value)) {
		request.facets = str_equal(value, STR("true"));
		good = good && (request.facets || str_equal(value, STR("false")));
	}
	if (!good) {
		api_wrong(out, status, 400,
			"q (to 400 bytes), offset (to 10000), limit (1 to 100) and facets (true) are what a search takes");
		return;
	}
	if (desk->search == NULL) {
		api_wrong(out, status, 503, "there is no index of the texts yet");
		return;
	}
	current = found_current(desk);
	desk->waiting = true; /* the index is brought up to date without a word to us */
	const bool facets = request.facets;
	request.facets = facets && current;
	request.limit = (unsigned)limit;
	buf_text(out, "{\"v\":1,\"type\":\"found\",\"hits\":[");
	if (search_find(desk->search, &request, &err) != 0) {
		api_wrong(out, status, err.code == ERR_USAGE ? 400 : 503,
			err.code == ERR_USAGE ? "there is nothing to look for in that" : "the index cannot be read now");
	} else {
		buf_char(out, ']');
		if (current)
			put_about(out, &request, &answering.facets);
		if (answering.shown == limit && request.offset + limit <= OFFSET_MOST)
			put_next(out, desk, request.query, request.offset + limit, limit, facets);
		buf_text(out, "}\n");
	}
	buf_release(&answering.facets);
	buf_release(&request.suggestion);
	buf_release(&request.said);
}
