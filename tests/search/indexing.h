/* What the tests of search feed, and how they ask. */
#ifndef PHOTOSTAT_TEST_INDEXING_H
#define PHOTOSTAT_TEST_INDEXING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "search/search.h"

#define S(text) str_from(text)

struct indexing {
	char dir[64];
	char path[128];
	struct search *search;
};

static inline void index_make(struct indexing *f)
{
	struct err err = ERR_INIT;

	(void)snprintf(f->dir, sizeof(f->dir), "/tmp/photostat-search-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/search.sqlite", f->dir);
	if (search_open(&f->search, f->path, true, &err) != 0)
		fail_msg("%s", err.text);
}

static inline void index_remove(struct indexing *f)
{
	static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
	char name[160];

	search_free(f->search);
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		snprintf(name, sizeof(name), "%s%s", f->path, suffixes[i]);
		unlink(name);
	}
	rmdir(f->dir);
}

static inline void must(int result, const struct err *err)
{
	if (result != 0)
		fail_msg("%s", err->text);
}

static inline void begin(struct indexing *f)
{
	struct err err = ERR_INIT;

	must(search_begin(f->search, &err), &err);
}

static inline void commit(struct indexing *f, uint64_t position)
{
	struct err err = ERR_INIT;

	must(search_commit(f->search, position, &err), &err);
}

static inline void put(struct indexing *f, const char *id, const char *title, const char *language)
{
	struct err err = ERR_INIT;
	struct str languages[1] = {S(language)};
	struct search_record record = {.id = S(id),
		.title = S(title),
		.words = S(title),
		.languages = languages,
		.language_count = language[0] != '\0',
		.first_day = INT64_MAX,
		.last_day = INT64_MIN};

	must(search_put_record(f->search, &record, &err), &err);
}

static inline void put_part(struct indexing *f, const char *id, const char *path, const char *block_id, enum text_kind kind,
	enum text_part part, const char *text)
{
	struct err err = ERR_INIT;
	struct text_block block = {.kind = kind, .part = part, .id = S(block_id), .text = S(text)};

	must(search_put_block(f->search, S(id), S(path), STR(""), &block, &err), &err);
}

static inline void put_letter(struct indexing *f, const char *id, const char *language, const char *text)
{
	put(f, id, "", language);
	put_part(f, id, "letter.txt", "p1", TEXT_PARAGRAPH, TEXT_BODY, text);
}

/* What came of a query. */
struct answer {
	struct buf ids;      /* "a b c" in their order */
	struct buf places;   /* "path#block " */
	struct buf snippets; /* one a line, hits in […] */
	struct buf facets;   /* "name=value:count " */
	char *suggestion, *said;
	uint64_t total;
	bool least;
	size_t hits;
	const char *refused; /* an id, or a path, that is not admitted */
};

static inline int answer_hit(void *context, const struct search_hit *hit, struct err *err)
{
	struct answer *answer = context;

	(void)err;
	if (answer->hits++ > 0)
		buf_char(&answer->ids, ' ');
	buf_str(&answer->ids, hit->id);
	buf_str(&answer->places, hit->path);
	buf_char(&answer->places, '#');
	buf_str(&answer->places, hit->block);
	buf_char(&answer->places, ' ');
	for (size_t i = 0; i < hit->snippet.n; i++) {
		struct str rest = {hit->snippet.p + i, hit->snippet.n - i};
		if (str_starts(rest, STR("\xee\x80\x80")) || str_starts(rest, STR("\xee\x80\x81"))) {
			buf_char(&answer->snippets, rest.p[2] == '\x80' ? '[' : ']');
			i += 2;
		} else {
			buf_char(&answer->snippets, hit->snippet.p[i]);
		}
	}
	buf_char(&answer->snippets, '\n');
	assert_true(utf8_valid(hit->snippet));
	return 0;
}

static inline int answer_facet(void *context, const struct search_facet *facet, struct err *err)
{
	struct answer *answer = context;

	(void)err;
	buf_printf(&answer->facets, "%s=%.*s:%llu ", facet->name, STR_ARG(facet->value), (unsigned long long)facet->count);
	return 0;
}

static inline bool answer_admit(void *context, struct str id, struct str path)
{
	struct answer *answer = context;

	return answer->refused == NULL || (!str_equal(id, S(answer->refused)) && !str_equal(path, S(answer->refused)));
}

static inline int ask_bytes(struct indexing *f, struct str query, struct answer *answer, unsigned limit, struct err *err)
{
	const char *refused = answer->refused;
	struct search_request request = {.query = query,
		.limit = limit,
		.facets = true,
		.admit = refused != NULL ? answer_admit : NULL,
		.hit = answer_hit,
		.facet = answer_facet,
		.context = answer};
	int result;

	memset(answer, 0, sizeof(*answer));
	answer->refused = refused;
	(void)buf_reserve(&answer->ids, 1); /* so that there is a text, if an empty one */
	(void)buf_reserve(&answer->places, 1);
	(void)buf_reserve(&answer->snippets, 1);
	(void)buf_reserve(&answer->facets, 1);
	result = search_find(f->search, &request, err);
	answer->total = request.total;
	answer->least = request.total_least;
	answer->suggestion = mem_dup(buf_view(&request.suggestion));
	answer->said = mem_dup(buf_view(&request.said));
	buf_release(&request.suggestion);
	buf_release(&request.said);
	return result;
}

static inline void ask(struct indexing *f, const char *query, struct answer *answer)
{
	struct err err = ERR_INIT;

	if (ask_bytes(f, S(query), answer, 100, &err) != 0)
		fail_msg("%s: %s", query, err.text);
}

static inline void answer_release(struct answer *answer)
{
	buf_release(&answer->ids);
	buf_release(&answer->places);
	buf_release(&answer->snippets);
	buf_release(&answer->facets);
	free(answer->suggestion);
	free(answer->said);
}

static inline int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The query finds these records, whatever their order: names parted by spaces, sorted. */
static inline void finds(struct indexing *f, const char *query, const char *wanted)
{
	struct answer answer = {.refused = NULL};
	char *names[128], *copy, *rest;
	struct buf sorted = BUF_INIT;
	size_t count = 0;

	ask(f, query, &answer);
	copy = mem_dup(buf_view(&answer.ids));
	rest = copy;
	for (char *name; (name = strsep(&rest, " ")) != NULL;)
		if (*name != '\0')
			names[count++] = name;
	qsort(names, count, sizeof(*names), by_name);
	buf_text(&sorted, "");
	for (size_t i = 0; i < count; i++)
		buf_printf(&sorted, "%s%s", i > 0 ? " " : "", names[i]);
	if (sorted.p == NULL ? *wanted != '\0' : strcmp(sorted.p, wanted) != 0)
		fail_msg("%s: found \"%s\", wanted \"%s\"", query, sorted.p != NULL ? sorted.p : "", wanted);
	assert_int_equal(answer.total, answer.hits);
	buf_release(&sorted);
	free(copy);
	answer_release(&answer);
}

#endif
