/* Is it kept already? What is deposited against what the archive holds. */
#include <stdlib.h>
#include <string.h>

#include "deposit.h"

static int digest_source(const struct sources *sources, size_t i, struct hasher *hasher, struct digest *digest, struct err *err)
{
	const size_t piece_size = (size_t)256 << 10;
	unsigned char *piece;
	ssize_t n;
	int fd = sources_open(sources, i, err);

	if (fd < 0)
		return -1;
	piece = mem_grow(NULL, piece_size, 1);
	hasher_begin(hasher);
	while ((n = os_read(fd, piece, piece_size, sources->files[i].path.p, err)) > 0) {
		hasher_add(hasher, piece, (size_t)n);
		if ((size_t)n < piece_size)
			break;
	}
	hasher_end(hasher, digest);
	free(piece);
	os_close(fd);
	return n < 0 ? -1 : 0;
}

/* Whether the documents are as long as what is kept: for a new version that tells most differences without a byte read. Not for what may be
 * kept already: there a file that was cut off here is the audit's business, and no other document. */
static int as_long(const struct object_version *object, const struct sources *sources, struct err *err)
{
	int result = 1;

	for (size_t i = 0; i < sources->count && result == 1; i++) {
		const struct source_file *source = &sources->files[i];
		struct object_file file;
		struct stat kept, given;
		size_t at;

		if (!object_find(object, source->logical, &at))
			return 0;
		object_file(object, at, &file);
		if (os_stat(sources->roots[source->root], source->path.p, &given, err) != 0)
			result = -1;
		else
			result = os_stat(object_fd(object), file.content_path.p, &kept, NULL) == 0 && kept.st_size == given.st_size;
	}
	return result;
}

int deposit_holds_same(struct archive *archive, struct str id, const struct sources *sources, const struct deposit_options *newer,
	struct archive_version *version, struct err *err)
{
	struct object_version *object = NULL;
	struct hasher *hasher = NULL;
	size_t kept = 0;
	int result = -1;

	if (archive_open_version(archive, id, 0, &object, version, err) != 0)
		return -1;
	hasher = hasher_new(version->inventory.alg);
	for (size_t i = 0; i < object_count(object); i++) {
		struct object_file file;

		object_file(object, i, &file);
		kept += !str_equal(file.path, STR(SEED_NAME)) && !str_equal(file.path, STR(RECORD_NAME));
	}
	result = newer != NULL && newer->add ? kept >= sources->count : kept == sources->count;
	if (result == 1 && newer != NULL)
		result = as_long(object, sources, err);
	for (size_t i = 0; i < sources->count && result == 1; i++) {
		struct object_file file;
		struct digest digest;
		size_t at;

		if (!object_find(object, sources->files[i].logical, &at)) {
			result = 0;
		} else if (digest_source(sources, i, hasher, &digest, err) != 0) {
			result = -1;
		} else {
			object_file(object, at, &file);
			result = digest_equal(&digest, &file.digest);
		}
	}
	hasher_free(hasher);
	object_free(object);
	return result;
}

struct same_search {
	struct deposit_run *run;
	const struct sources *sources;
	struct buf candidates; /* ids, one a line */
};

static int take_candidate(void *context, struct str id, struct str path, struct err *err)
{
	struct same_search *search = context;

	(void)path;
	(void)err;
	buf_str(&search->candidates, id);
	buf_char(&search->candidates, '\n');
	return 0;
}

int deposit_find_same(struct deposit_run *run, const struct sources *sources, struct archive_version *version, struct err *err)
{
	struct same_search search = {.run = run, .sources = sources};
	struct hasher *hasher = hasher_new(run->archive->digest);
	struct catalogue *catalogue;
	struct digest digest;
	struct str rest, id;
	int result = -1;

	if (sources->count == 0) {
		hasher_free(hasher);
		return 0;
	}
	if (archive_catalogue(run->archive, &catalogue, false, NULL, NULL, err) != 0 ||
		digest_source(sources, 0, hasher, &digest, err) != 0 ||
		catalogue_each_holder(catalogue, &digest, take_candidate, &search, err) != 0)
		goto out;
	result = 0;
	rest = buf_view(&search.candidates);
	while (result == 0 && str_take_line(&rest, &id)) {
		result = deposit_holds_same(run->archive, id, sources, NULL, version, err);
		if (result == 1) {
			buf_clear(&run->id);
			buf_str(&run->id, id);
		}
	}
out:
	hasher_free(hasher);
	buf_release(&search.candidates);
	return result;
}

/* Whoever deposits what is not to be read must hear that it can be. */
int deposit_say_if_open(struct deposit_run *run, struct err *err)
{
	struct access_view *view = NULL;

	if (access_view_open(&view, run->archive, buf_view(&run->id), AUDIENCE_KEEPER, err) != 0)
		return -1;
	if (!access_restricted(view))
		archive_say(run->archive, "%.*s is kept already and open to readers, as it was; photostat access closes it",
			STR_ARG(buf_view(&run->id)));
	access_view_free(view);
	return 0;
}

static int note_decision(void *decided, const struct catalogue_access *access, struct err *err)
{
	(void)err;
	*(bool *)decided = *(bool *)decided || access->path.n == 0;
	return 0;
}

/* Who wants documents closed must not be told that they are kept, or get a new version of them, where they are open to everybody (P6). But a
 * table may say what a record was deposited as: if it was opened by decision since, `again` it is only kept already. */
int deposit_refuse_open(struct deposit_run *run, const struct deposit_access *access, bool again, struct err *err)
{
	struct access_view *view = NULL;
	struct catalogue *catalogue;
	int64_t until = INT64_MAX;
	bool is_open, decided = false;

	if (access->state == ACCESS_OPEN ||
		(access->state == ACCESS_EMBARGO && date_parse(str_from(access->until), &until) && until <= os_now()))
		return 0;
	if (archive_catalogue(run->archive, &catalogue, false, NULL, NULL, err) != 0 ||
		catalogue_each_access(catalogue, buf_view(&run->id), note_decision, &decided, err) != 0)
		return -1;
	if (again && decided)
		return 0;
	if (access_view_open(&view, run->archive, buf_view(&run->id), AUDIENCE_PUBLIC, err) != 0)
		return -1;
	is_open = access_may_see_record(view);
	access_view_free(view);
	return is_open ? err_set(err, ERR_CONFLICT,
				 "%.*s is open, and access governs all versions of a record: change it first with photostat access",
				 STR_ARG(buf_view(&run->id)))
		       : 0;
}
