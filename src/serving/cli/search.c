/* photostat search */
#include <inttypes.h>
#include <string.h>

#include "cli.h"
#include "extract/extract.h"
#include "finder/finder.h"

static const struct cli_option options[] = {
	{"--limit", "N", "at most so many records (10)", false},
	{"--lang", "TAG", "the language of the words, if the query names none", false},
	{"--public", NULL, "as a reader without rights sees it", false},
	{"--facets", NULL, "also count creators, languages, types, places, decades", false},
	{NULL, NULL, NULL, false},
};

struct asking {
	struct invocation *invocation;
	struct str origin;
	uint64_t shown;
};

static void tell(void *context, uint64_t done, uint64_t total)
{
	progress_set(context, done, total, 0);
}

static struct str name_of(struct str id, struct str origin, struct buf *prefix)
{
	buf_clear(prefix);
	buf_printf(prefix, "https://%.*s/r/", STR_ARG(origin));
	return str_starts(id, buf_view(prefix)) ? (struct str){id.p + prefix->n, id.n - prefix->n} : id;
}

/* The words hit between asterisks, which a terminal and a mail both show. */
static void put_snippet(struct str snippet, struct buf *out, const char *begin, const char *end)
{
	buf_clear(out);
	for (size_t i = 0; i < snippet.n; i++) {
		struct str rest = {snippet.p + i, snippet.n - i};
		bool begins = str_starts(rest, STR("\xee\x80\x80"));

		if (!begins && !str_starts(rest, STR("\xee\x80\x81"))) {
			buf_char(out, snippet.p[i]);
			continue;
		}
		buf_text(out, begins ? begin : end);
		i += 2;
	}
}

static void json_hit(const struct search_hit *hit)
{
	struct buf snippet = BUF_INIT;
	struct json json;

	json_begin(&json, "hit");
	json_string(&json, "id", hit->id);
	json_string(&json, "title", hit->title);
	json_string(&json, "creator", hit->creator);
	json_string(&json, "path", hit->path);
	json_string(&json, "block", hit->block);
	put_snippet(hit->snippet, &snippet, "", "");
	json_string(&json, "snippet", buf_view(&snippet));
	put_snippet(hit->snippet, &snippet, "**", "**");
	json_string(&json, "marked", buf_view(&snippet));
	json_real(&json, "score", hit->score);
	json_end(&json, stdout);
	buf_release(&snippet);
}

static int show_hit(void *context, const struct search_hit *hit, struct err *err)
{
	struct asking *asking = context;
	struct buf text = BUF_INIT;

	(void)err;
	asking->shown++;
	if (asking->invocation->json) {
		json_hit(hit);
		return 0;
	}
	cli_put(stdout, name_of(hit->id, asking->origin, &text));
	if (hit->title.n > 0) {
		(void)fputs("  ", stdout);
		cli_put(stdout, hit->title);
	}
	if (hit->creator.n > 0) {
		(void)fputs("  / ", stdout);
		cli_put(stdout, hit->creator);
	}
	(void)fputs("\n    ", stdout);
	if (hit->path.n > 0) {
		cli_put(stdout, hit->path);
		(void)fputs("#", stdout);
		cli_put(stdout, hit->block);
		(void)fputs(": ", stdout);
	}
	put_snippet(hit->snippet, &text, "*", "*");
	cli_put(stdout, buf_view(&text));
	(void)fputc('\n', stdout);
	buf_release(&text);
	return 0;
}

static int show_facet(void *context, const struct search_facet *facet, struct err *err)
{
	struct asking *asking = context;
	struct json json;

	(void)err;
	if (asking->invocation->json) {
		json_begin(&json, "facet");
		json_text(&json, "facet", facet->name);
		json_string(&json, "value", facet->value);
		json_number(&json, "records", facet->count);
		json_end(&json, stdout);
		return 0;
	}
	(void)printf("%s ", facet->name);
	cli_put(stdout, facet->value);
	(void)printf(": %" PRIu64 "\n", facet->count);
	return 0;
}

/* Brings the index up to date: what was deposited since is found. Where derived/ cannot be written to, what is there must do. */
static int follow(struct invocation *invocation, struct archive *archive, bool rebuild, struct err *err)
{
	struct finder_run run = {.rebuild = rebuild, .progress = tell};
	struct catalogue *catalogue;
	struct err why = ERR_INIT;

	invocation->progress = progress_begin(invocation, "search", "entries");
	run.context = invocation->progress;
	if (archive_catalogue(archive, &catalogue, false, NULL, NULL, err) != 0)
		return -1;
	if (finder_feed(archive, catalogue, &run, &why) != 0) {
		if (why.code != ERR_SYSTEM)
			return err_set(err, why.code, "%s", why.text);
		cli_say(invocation, "photostat: the index is not brought up to date: %s", why.text);
	}
	progress_end(invocation->progress);
	invocation->progress = NULL;
	if (run.waiting > 0)
		cli_say(invocation, "photostat: %" PRIu64 " document%s not read yet: `photostat index` reads %s", run.waiting,
			run.waiting == 1 ? " is" : "s are", run.waiting == 1 ? "it" : "them");
	return 0;
}

static void show_end(const struct asking *asking, const struct search_request *request)
{
	struct json json;

	if (asking->invocation->json) {
		json_begin(&json, "found");
		json_number(&json, "total", request->total);
		json_bool(&json, "least", request->total_least);
		json_string(&json, "suggestion", buf_view(&request->suggestion));
		json_string(&json, "said", buf_view(&request->said));
		json_end(&json, stdout);
		return;
	}
	if (request->said.n > 0)
		cli_say(asking->invocation, "%s", request->said.p);
	if (request->suggestion.n > 0)
		cli_say(asking->invocation, "did you mean: %s", request->suggestion.p);
	if (request->total == 0)
		cli_say(asking->invocation, "nothing is found");
	else if (request->total > asking->shown || request->total_least)
		cli_say(asking->invocation, "%" PRIu64 " of %s%" PRIu64 " records; --limit N shows more", asking->shown,
			request->total_least ? "at least " : "", request->total);
}

static void join_words(const struct invocation *invocation, struct buf *query)
{
	for (size_t i = 0; i < invocation->count; i++) {
		if (i > 0)
			buf_char(query, ' ');
		buf_text(query, invocation->arguments[i]);
	}
}

static int ask(struct invocation *invocation, struct archive *archive, struct search_request *request, struct err *err)
{
	enum audience audience = cli_given(invocation, "--public") ? AUDIENCE_PUBLIC : AUDIENCE_KEEPER;
	struct finder *finder = NULL;
	int result = finder_open(&finder, archive, audience, err) != 0 || finder_find(finder, request, err) != 0 ? -1 : 0;

	finder_close(finder);
	return result;
}

/* Damage within a file of the index shows when its page is read: it is made anew, once. Nothing has been shown by then. */
static int ask_or_mend(struct invocation *invocation, struct archive *archive, struct search_request *request, struct err *err)
{
	if (ask(invocation, archive, request, err) == 0)
		return 0;
	if (err->code != ERR_CONFLICT)
		return -1;
	buf_release(&request->suggestion);
	buf_release(&request->said);
	err_clear(err);
	return follow(invocation, archive, true, err) != 0 ? -1 : ask(invocation, archive, request, err);
}

static int run(struct invocation *invocation)
{
	const char *typed = cli_value(invocation, "--limit");
	struct asking asking = {.invocation = invocation};
	struct search_request request = {.hit = show_hit, .facet = show_facet, .context = &asking};
	struct archive *archive;
	struct buf query = BUF_INIT;
	struct err err = ERR_INIT;
	uint64_t limit = 10;
	int status;

	if (invocation->count == 0)
		return cli_usage(invocation, "what is to be looked for?");
	if (typed != NULL && (!decimal_parse(str_from(typed), 100, &limit) || limit == 0))
		return cli_usage(invocation, "--limit takes a number from 1 to 100");
	archive = cli_open(invocation, ARCHIVE_READ, &status);
	if (archive == NULL)
		return status;
	join_words(invocation, &query);
	asking.origin = archive_origin(archive);
	request.query = buf_view(&query);
	request.language = str_from(cli_value(invocation, "--lang"));
	request.limit = (unsigned)limit;
	request.facets = cli_given(invocation, "--facets");
	if (follow(invocation, archive, false, &err) != 0 || ask_or_mend(invocation, archive, &request, &err) != 0) {
		status = cli_fail(invocation, &err);
	} else {
		show_end(&asking, &request);
		status = request.total == 0 ? EXIT_NO : EXIT_WELL;
	}
	progress_end(invocation->progress);
	invocation->progress = NULL;
	buf_release(&request.suggestion);
	buf_release(&request.said);
	buf_release(&query);
	archive_close(archive);
	return status;
}

const struct command command_search = {
	.name = "search",
	.summary = "look for words in descriptions and texts",
	.usage = "QUERY… [--limit N] [--lang TAG] [--facets] [--public]",
	.details = "Words, \"phrases\", begin*, a NEAR/5 b, AND, OR, NOT or -word, parentheses; creator:joffe, title:letter, "
		   "date:1917..1927, "
		   "lang:de, type:image, place:berlin, id:joffe; in:notes, in:letter, in:introduction, in:headings, in:title, "
		   "in:description say where the words are to stand. "
		   "Words are found in every form that their language gives them, with and without accents; those of a phrase as "
		   "they are typed.\n"
		   "One record a hit, the best first: its name and title, then where it says so (FILE#BLOCK) and how, the words "
		   "found between asterisks. "
		   "Exit status 1: nothing is found.\n",
	.options = options,
	.example = "photostat search minister letter date:1917..1927",
	.example_says = "records dated in these years that speak of ministers and letters",
	.run = run,
};
