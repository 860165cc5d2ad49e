/* Asking: one file for readers, both for the keeper. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

struct finder {
	struct archive *archive;
	enum audience audience;
	struct search *open, *closed; /* closed NULL: not for this audience, or not there */
	/* the access of the record that was asked for last */
	struct buf viewed;
	struct access_view *view;
};

int finder_open(struct finder **out, struct archive *archive, enum audience audience, struct err *err)
{
	struct finder *finder = mem_alloc(sizeof(*finder));
	struct buf path = BUF_INIT;
	struct err why = ERR_INIT;
	int result;

	*out = NULL;
	finder->archive = archive;
	finder->audience = audience;
	finder_path(&path, archive, OPEN_FILE);
	result = search_open(&finder->open, path.p, false, err);
	if (result == 0 && audience == AUDIENCE_KEEPER) {
		buf_clear(&path);
		finder_path(&path, archive, CLOSED_FILE);
		/* A keeper's folder that only readers may read: they have the open file. */
		if (search_open(&finder->closed, path.p, false, &why) != 0 && why.code != ERR_NOT_FOUND && why.code != ERR_SYSTEM)
			result = err_set(err, why.code, "%s", why.text);
	}
	buf_release(&path);
	if (result == 0)
		*out = finder;
	else
		finder_close(finder);
	return result;
}

void finder_close(struct finder *finder)
{
	if (finder == NULL)
		return;
	search_free(finder->open);
	search_free(finder->closed);
	access_view_free(finder->view);
	buf_release(&finder->viewed);
	free(finder);
}

/* ---- both files' answers in one order ------------------------------------------------------------------------------------------------------ */

struct merging {
	struct finder *finder;
	struct search_request *request;
	struct arena arena;
	struct search_hit *hits;
	size_t count, capacity;
};

static bool admit(void *context, struct str id, struct str path)
{
	struct merging *merging = context;
	struct finder *finder = merging->finder;

	if (finder->view == NULL || !str_equal(buf_view(&finder->viewed), id)) {
		access_view_free(finder->view);
		finder->view = NULL;
		buf_clear(&finder->viewed);
		buf_str(&finder->viewed, id);
		if (access_view_open(&finder->view, finder->archive, id, finder->audience, NULL) != 0)
			return false;
	}
	/* A description may tell of what a holder has not decided to give: the record is found again when that is decided. */
	return access_may_see_record(finder->view) &&
	       (path.n > 0 ? access_may_read_file(finder->view, path)
			   : finder->audience == AUDIENCE_KEEPER || !access_undecided(finder->view, path));
}

static int keep_hit(void *context, const struct search_hit *hit, struct err *err)
{
	struct merging *merging = context;
	struct search_hit *kept;

	(void)err;
	if (merging->count == merging->capacity) {
		merging->capacity = merging->capacity == 0 ? 32 : merging->capacity * 2;
		merging->hits = mem_grow(merging->hits, merging->capacity, sizeof(*merging->hits));
	}
	kept = &merging->hits[merging->count++];
	*kept = *hit;
	kept->id = arena_str(&merging->arena, hit->id);
	kept->title = arena_str(&merging->arena, hit->title);
	kept->path = arena_str(&merging->arena, hit->path);
	kept->block = arena_str(&merging->arena, hit->block);
	kept->creator = arena_str(&merging->arena, hit->creator);
	kept->snippet = arena_str(&merging->arena, hit->snippet);
	return 0;
}

static int tell_facet(void *context, const struct search_facet *facet, struct err *err)
{
	struct merging *merging = context;

	return merging->request->facet(merging->request->context, facet, err);
}

static int by_score(const void *a, const void *b)
{
	const struct search_hit *first = a, *second = b;

	if (first->score != second->score)
		return first->score < second->score ? 1 : -1;
	return str_compare(first->id, second->id);
}

/* One file's hits from the first on: which of them are shown is known when the other's are there, too. */
static int ask(struct merging *merging, struct search *search, uint64_t offset, unsigned limit, struct search_request *answer,
	struct err *err)
{
	*answer = *merging->request;
	answer->offset = offset;
	answer->limit = limit;
	answer->admit = admit;
	answer->hit = keep_hit;
	answer->facet = merging->request->facet != NULL ? tell_facet : NULL;
	answer->context = merging;
	return search_find(search, answer, err);
}

static int tell_hits(struct merging *merging, uint64_t offset, unsigned limit, struct err *err)
{
	uint64_t place = 0;
	int result = 0;

	if (merging->count > 1)
		qsort(merging->hits, merging->count, sizeof(*merging->hits), by_score);
	for (size_t i = 0; i < merging->count && result == 0; i++) {
		bool again = false;

		for (size_t k = 0; k < i && !again; k++)
			again = str_equal(merging->hits[k].id, merging->hits[i].id);
		if (again) {
			merging->request->total--; /* open in part: in both files */
			continue;
		}
		if (place++ < offset || place > offset + limit || merging->request->hit == NULL)
			continue;
		result = merging->request->hit(merging->request->context, &merging->hits[i], err);
	}
	return result;
}

static void take_words(struct buf *into, struct buf *from)
{
	if (into->n == 0)
		buf_str(into, buf_view(from));
	buf_release(from);
}

int finder_find(struct finder *finder, struct search_request *request, struct err *err)
{
	struct merging merging = {.finder = finder, .request = request};
	unsigned limit = request->limit == 0 ? 10 : request->limit > 100 ? 100 : request->limit;
	bool both = finder->closed != NULL;
	struct search_request first, second = {.total = 0};
	uint64_t offset = request->offset;
	int result;

	access_view_free(finder->view); /* as it is now */
	finder->view = NULL;
	request->suggestion = request->said = (struct buf)BUF_INIT;
	request->total = 0;
	request->total_least = false;
	/* Of two files so many as may be needed of either; beyond a hundred each gives its own page. */
	if (both && offset + limit > 100)
		both = offset < 100;
	result = ask(&merging, finder->open, both ? 0 : offset, both ? 100 : limit, &first, err);
	take_words(&request->suggestion, &first.suggestion);
	take_words(&request->said, &first.said);
	if (result == 0 && finder->closed != NULL) {
		result = ask(&merging, finder->closed, both ? 0 : offset, both ? 100 : limit, &second, err);
		take_words(&request->suggestion, &second.suggestion);
		buf_release(&second.said);
	}
	if (result == 0) {
		request->total = first.total + second.total;
		request->total_least = first.total_least || second.total_least;
		result = tell_hits(&merging, both ? offset : 0, limit, err);
	}
	if (result == 0 && request->total > 0 && finder->closed != NULL && (first.total > 0 || second.total > 0))
		buf_clear(&request->suggestion);
	free(merging.hits);
	arena_release(&merging.arena);
	return result;
}
