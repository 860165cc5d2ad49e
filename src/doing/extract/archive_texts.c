/* Bringing an archive's texts up to date: newest records first, from the log's end to where the last run that came to its end began. */
#include "pool.h"

#include <string.h>

#include "os/os.h"

struct running {
	struct archive *archive;
	struct catalogue *catalogue;
	struct extract_run *run;
	struct pool *pool;
	uint64_t begun; /* documents */
	int stopped;    /* what `done` returned */
	bool dry;       /* `most` is reached: what waits is only counted */
	struct err *err;
};

/* A document that is done: told, and its task free again. -1: the run cannot go on. */
static int finish(struct running *in, struct task *task)
{
	struct extract_run *run = in->run;
	int result = 0;
	if (task->extracted == EXTRACT_DONE && task->result == 0)
		run->extracted++;
	else if (task->extracted == EXTRACT_FAILED && task->result == 0)
		run->failed++;
	else
		run->left++;
	if (task->result < 0 &&
		(task->err.code == ERR_INTERRUPTED || task->err.code == ERR_CONFLICT || task->err.code == ERR_SYSTEM)) {
		if (in->err)
			*in->err = task->err;
		result = -1;
	} else if (task->result < 0 && task->outcome.why[0] == '\0') {
		memcpy(task->outcome.why, task->err.text, sizeof(task->outcome.why) - 1);
	}
	if (result == 0 && run->done && in->stopped == 0)
		in->stopped = run->done(run->context, buf_view(&task->id), buf_view(&task->path), task->extracted, &task->outcome);
	pool_put_back(in->pool, task);
	return result;
}

static int start(struct running *in, struct str id, const struct object_version *object, size_t i, struct record *record)
{
	struct object_file file;
	struct record_file described = {.path = {"", 0}, .media_type = {"", 0}, .language = {"", 0}};
	enum extract_state state;
	struct task *task;
	uint64_t size;
	size_t at;
	bool wait = false;
	object_file(object, i, &file);
	if (str_equal(file.path, RECORD_FILE) || str_equal(file.path, STR("photostat.seed")))
		return 0;
	if (record_find_file(record, file.path, &at))
		record_file(record, at, &described);
	if (extract_state_at(archive_fd(in->archive), &file.digest, described.media_type, file.path, &state, in->err) < 0)
		return -1;
	if (state == EXTRACT_NONE || state == EXTRACT_DONE || (state == EXTRACT_FAILED && !in->run->again))
		return 0;
	/* It is left for later, and so is the end of all. */
	if (state == EXTRACT_WAITING && !in->run->again && extract_tries(archive_fd(in->archive), &file.digest, &wait) > 0 &&
		wait) {
		in->run->left++;
		return 0;
	}
	in->dry = in->dry || (in->run->most && in->begun >= in->run->most);
	if (in->dry) {
		in->run->left++;
		return 0;
	}
	while ((task = pool_take(in->pool, false))->state == TASK_DONE)
		if (finish(in, task) < 0)
			return -1;
	if (in->stopped)
		return 0;
	if (object_open_file(object, i, &task->fd, &size, NULL) < 0) {
		in->run->left++;
		return 0;
	}
	task->folder = archive_fd(in->archive);
	task->least = in->run->least;
	task->digest = file.digest;
	buf_str(&task->id, id);
	buf_str(&task->path, file.path);
	buf_str(&task->media_type, described.media_type);
	buf_str(&task->languages, described.language);
	struct str languages[8];
	size_t count = described.language.n ? 0 : record_languages(record, languages, 8);
	for (size_t l = 0; l < count && l < 8; l++) {
		buf_text(&task->languages, l ? " " : "");
		buf_str(&task->languages, languages[l]);
	}
	in->begun++;
	pool_start(in->pool, task);
	return 0;
}

static int each_file(struct running *in, struct str id)
{
	struct object_version *object = NULL;
	struct archive_version version;
	struct record *record = NULL;
	int result = 0;
	/* A holder's copy, or a damaged one: what cannot be opened has no text; audit says why. */
	if (archive_open_version(in->archive, id, 0, &object, &version, NULL) < 0 ||
		archive_get_record(in->archive, id, version.version, &record, NULL) < 0) {
		in->run->left++;
		goto out;
	}
	for (size_t i = 0; i < object_count(object) && result == 0 && in->stopped == 0; i++)
		result = start(in, id, object, i, record);
out:
	object_free(object);
	record_free(record);
	return result;
}

/* If the entry is that of a record's newest version. */
static int each_entry(struct running *in, uint64_t index)
{
	struct buf text = BUF_INIT;
	struct arena arena = ARENA_INIT;
	struct catalogue_record row;
	struct entry entry;
	int result = log_entry(archive_log(in->archive), index, &text, in->err);
	if (result == 0 && str_starts(buf_view(&text), STR("photostat.entry/v1 version\n")) &&
		entry_parse(&entry, buf_view(&text), &arena, NULL) == 0 &&
		catalogue_record(in->catalogue, entry.record, &row, NULL) == 0 && row.version_index == index)
		result = each_file(in, entry.record);
	arena_release(&arena);
	buf_release(&text);
	return result;
}

static int each_record(struct running *in, uint64_t from, uint64_t to)
{
	if (in->run->id.n)
		return each_file(in, in->run->id);
	in->run->to_look_at = to - from;
	for (uint64_t index = to; index > from && in->stopped == 0; index--) {
		if (in->run->between != NULL && (in->stopped = in->run->between(in->run->context)) != 0)
			break;
		if (os_check_interrupted(in->err) < 0 || each_entry(in, index - 1) < 0)
			return -1;
		in->run->looked_at++;
	}
	return 0;
}

int extract_archive(struct archive *archive, struct catalogue *catalogue, struct extract_run *run, struct err *err)
{
	struct running in = {.archive = archive, .catalogue = catalogue, .run = run, .err = err};
	struct buf program = BUF_INIT;
	struct task *task;
	uint64_t size = log_size(archive_log(archive)), position = extract_position(archive_fd(archive));
	int result = extract_program(READER_TEXT, &program, err);
	buf_release(&program);
	run->extracted = run->failed = run->left = run->looked_at = run->to_look_at = 0;
	if (result < 0)
		return -1;
	if (run->again || run->from_start || position > size)
		position = 0;
	if (extract_sweep(archive_fd(archive), err) < 0)
		return -1;
	in.pool = pool_new(run->workers);
	result = each_record(&in, position, size);
	while ((task = pool_take(in.pool, true)) != NULL) {
		if (result < 0)
			pool_put_back(in.pool, task);
		else
			result = finish(&in, task);
	}
	pool_free(in.pool);
	if (result < 0)
		return -1;
	/* What is left is looked for again. */
	if (in.stopped == 0 && run->id.n == 0 && run->left == 0)
		result = extract_set_position(archive_fd(archive), size, err);
	return in.stopped ? in.stopped : result;
}
