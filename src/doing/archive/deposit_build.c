/* One version of a deposit built in staging: its documents, its description, its inventory, its entry. What it needs is in its job, so that
 * several may be built at once (deposit_jobs.c). */
#include <string.h>

#include "deposit.h"

#define JSON_KEPT ((size_t)64 << 10) /* bytes of a description whose buffer the next job may use */

static int add_files(struct deposit_job *job, struct err *err)
{
	const struct sources *sources = &job->sources;

	for (size_t i = 0; i < sources->count; i++) {
		struct record_file file;
		struct record_file given;
		size_t at;

		memset(&file, 0, sizeof(file));
		file.path = sources->files[i].logical;
		file.media_type = str_from(job->builder.media_types[i]);
		file.has_modified = true;
		file.modified = job->builder.modified[i];
		if (!record_find_file(job->record, file.path, &at)) {
			if (record_add_file(job->record, &file, err) != 0)
				return -1;
			continue;
		}
		record_file(job->record, at, &given);
		if (!job->restore || !given.has_modified)
			given.modified = file.modified;
		given.has_modified = true;
		if (given.media_type.n == 0)
			given.media_type = file.media_type;
		if (record_set_file(job->record, at, &given, err) != 0)
			return -1;
	}
	return 0;
}

static int stage_document(struct deposit_job *job, size_t i, int fd, const char *shown, struct err *err)
{
	struct builder *builder = &job->builder;
	struct str logical = job->sources.files[i].logical;
	char first[512];
	struct stat status;
	ssize_t n;

	if (os_stat_fd(fd, shown, &status, NULL) != 0 || !S_ISREG(status.st_mode))
		return err_set(err, ERR_CONFLICT, "%s is not a regular file any more", shown);
	builder->modified[i] = status.st_mtime;
	builder->media_types[i] = media_type_guess(logical, STR(""));
	if (strcmp(builder->media_types[i], "application/octet-stream") == 0) {
		n = os_read_at(fd, first, sizeof(first), 0, shown, NULL);
		builder->media_types[i] = media_type_guess(logical, (struct str){first, n > 0 ? (size_t)n : 0});
	}
	if (builder_add_fd(builder, logical, fd, shown, err) != 0)
		return -1;
	job->bytes += (uint64_t)status.st_size;
	return os_check_interrupted(err);
}

static int stage_documents(struct deposit_job *job, struct err *err)
{
	struct buf shown = BUF_INIT;
	int result = 0;

	builder_expect(&job->builder, job->sources.count);
	for (size_t i = 0; i < job->sources.count && result == 0; i++) {
		int fd = sources_open(&job->sources, i, err);

		buf_clear(&shown);
		sources_shown(&job->sources, i, &shown);
		result = fd < 0 ? -1 : stage_document(job, i, fd, shown.p, err);
		os_close(fd);
		if (result == 0 && job->staged != NULL)
			job->staged(job->context, job, i + 1);
	}
	buf_release(&shown);
	return result;
}

/* --add: what the version before holds and this deposit does not replace. */
static int keep_rest(struct deposit_job *job, struct err *err)
{
	const struct sources *sources = &job->sources;
	const struct object_version *before = job->kept;
	size_t at = 0;

	for (size_t i = 0; i < object_count(before); i++) {
		struct object_file file;
		struct stat status;

		object_file(before, i, &file);
		while (at < sources->count && str_compare(sources->files[at].logical, file.path) < 0)
			at++;
		if (str_equal(file.path, STR(SEED_NAME)) || str_equal(file.path, STR(RECORD_NAME)) ||
			(at < sources->count && str_equal(sources->files[at].logical, file.path)))
			continue;
		if (os_stat(object_fd(before), file.content_path.p, &status, err) != 0 ||
			builder_keep(&job->builder, file.path, &file.digest, (uint64_t)status.st_size, err) != 0)
			return -1;
	}
	return 0;
}

int deposit_build(struct deposit_job *job, struct store *store, struct err *err)
{
	struct builder *builder = &job->builder;

	if (builder_begin(builder, store, err) != 0 || stage_documents(job, err) != 0 ||
		(job->kept != NULL && keep_rest(job, err) != 0))
		return -1;
	object_free(job->kept); /* of many files it would stay beside what is written */
	job->kept = NULL;
	if (add_files(job, err) != 0 || record_check(job->record, err) != 0)
		return -1;
	sources_release(&job->sources); /* all is known of them; of many files they would stay beside what is made of them */
	record_set_version(job->record, (uint32_t)builder->version);
	buf_clear(&job->json);
	record_format(job->record, &job->json);
	if (buf_check(&job->json, RECORD_NAME, err) != 0 ||
		builder_add_bytes(builder, STR(RECORD_NAME), buf_view(&job->json), err) != 0)
		return -1;
	/* Of a record of many files it would stay beside tree and inventory. */
	if (job->json.n > JSON_KEPT)
		buf_release(&job->json);
	return builder_finish(builder, job->time, job->message, err);
}
