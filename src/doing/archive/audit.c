/* Audit: reads everything again and compares it with what was promised (P2). Never locks, never writes but its own state in derived/. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "audit.h"

const char *finding_name(enum finding_word word)
{
	static const char *const names[] = {"altered", "missing", "extra", "unreadable", "unlogged", "expunged"};

	return names[word];
}

/* ---- findings --------------------------------------------------------------------------------------------------------------- */

void findings_release(struct finding_list *list)
{
	arena_release(&list->arena);
	free(list->items);
	memset(list, 0, sizeof(*list));
}

static void add(struct finding_list *list, enum finding_word word, struct str id, uint64_t version, struct str path,
	const char *next, const char *format, va_list arguments) __attribute__((format(printf, 7, 0)));

static void add(struct finding_list *list, enum finding_word word, struct str id, uint64_t version, struct str path,
	const char *next, const char *format, va_list arguments)
{
	char what[600];
	struct buf way = BUF_INIT;

	(void)vsnprintf(what, sizeof(what), format, arguments);
	/* A file that is good, but not for who audits, is not to be replaced. */
	if (word == FINDING_UNREADABLE && strncmp(next, NEXT_GOOD_FILE, strlen(NEXT_GOOD_FILE)) == 0)
		buf_text(&way, "see that you may read it and that its disk is sound, or ");
	buf_text(&way, next);
	if (list->count == list->capacity) {
		list->capacity = list->capacity == 0 ? 4 : list->capacity * 2;
		list->items = mem_grow(list->items, list->capacity, sizeof(*list->items));
	}
	list->items[list->count++] = (struct finding){.word = word,
		.id = arena_str(&list->arena, id),
		.version = version,
		.path = arena_str(&list->arena, path),
		.what = arena_str(&list->arena, str_from(what)).p,
		.next = arena_str(&list->arena, buf_view(&way)).p};
	buf_release(&way);
}

void findings_add(struct finding_list *list, enum finding_word word, struct str id, uint64_t version, struct str path,
	const char *next, const char *what, ...)
{
	va_list arguments;

	va_start(arguments, what);
	add(list, word, id, version, path, next, what, arguments);
	va_end(arguments);
}

void audit_report(struct audit *audit, const struct finding_list *list)
{
	(void)pthread_mutex_lock(&audit->lock);
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i].word == FINDING_EXPUNGED)
			audit->summary->expunged++;
		else
			audit->summary->findings++;
		if (audit->options->report != NULL)
			audit->options->report(audit->options->context, &list->items[i]);
	}
	(void)pthread_mutex_unlock(&audit->lock);
}

void audit_report_one(struct audit *audit, enum finding_word word, struct str path, const char *next, const char *what, ...)
{
	struct finding_list list = {.count = 0};
	va_list arguments;

	va_start(arguments, what);
	add(&list, word, STR(""), 0, path, next, what, arguments);
	va_end(arguments);
	audit_report(audit, &list);
	findings_release(&list);
}

/* ---- pace --------------------------------------------------------------------------------------------------------------------- */

static double monotonic(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void audit_bytes(struct audit *audit, uint64_t bytes)
{
	double ahead = 0;

	(void)pthread_mutex_lock(&audit->lock);
	audit->summary->bytes += bytes;
	if (audit->options->rate > 0) {
		if (audit->rate_began == 0)
			audit->rate_began = monotonic();
		audit->rate_bytes += (double)bytes;
		ahead = audit->rate_bytes / (double)audit->options->rate - (monotonic() - audit->rate_began);
	}
	(void)pthread_mutex_unlock(&audit->lock);
	if (ahead > 0 && !os_interrupted()) {
		struct timespec pause = {.tv_sec = (time_t)ahead, .tv_nsec = (long)(fmod(ahead, 1) * 1e9)};

		(void)nanosleep(&pause, NULL);
	}
}

/* ---- what is newer than this audit ------------------------------------------------------------------------------------------------ */

static int take_newer(void *context, uint64_t index, struct str text, struct err *err)
{
	struct audit *audit = context;
	struct arena arena = ARENA_INIT;
	struct entry entry;
	char path[STORE_PATH_MAX];

	(void)index;
	(void)err;
	if (entry_parse(&entry, text, &arena, NULL) == 0 && entry.record.n > 0 &&
		store_object_path(entry.record, path, NULL) == 0) {
		buf_char(&audit->newer, '\n');
		buf_text(&audit->newer, path);
		buf_char(&audit->newer, '\n');
	}
	arena_release(&arena);
	return 0;
}

static bool intended(struct audit *audit, const char *object_path, bool *any)
{
	bool pending = false, found = false;

	*any = batch_pending(audit->archive, &pending, NULL) == 0 && pending;
	if (*any)
		found = batch_intends_path(audit->archive, object_path) == 1;
	return found;
}

bool audit_is_newer(struct audit *audit, const char *object_path)
{
	struct log *log = NULL;
	struct buf wanted = BUF_INIT;
	bool any, found;

	(void)pthread_mutex_lock(&audit->lock);
	/* First the intents, then the log: a batch that is committed in between is then seen in the log. */
	found = intended(audit, object_path, &any);
	if (object_path[0] == '\0')
		found = any;
	if (!found && log_open(&log, audit->archive->dir, "log", NULL, NULL) == 0 && log_size(log) > audit->size) {
		uint64_t from = audit->newer_size == 0 ? audit->size : audit->newer_size;

		if (log_size(log) > from && log_each(log, from, log_size(log), take_newer, audit, NULL) == 0)
			audit->newer_size = log_size(log);
		if (object_path[0] == '\0') {
			found = true;
		} else {
			buf_char(&wanted, '\n');
			buf_text(&wanted, object_path);
			buf_char(&wanted, '\n');
			found = audit->newer.p != NULL && memmem(audit->newer.p, audit->newer.n, wanted.p, wanted.n) != NULL;
		}
	}
	(void)pthread_mutex_unlock(&audit->lock);
	log_free(log);
	buf_release(&wanted);
	return found;
}

/* ---- some records only ---------------------------------------------------------------------------------------------------------------- */

struct one_record {
	struct audit *audit;
	struct audit_row *rows;
	size_t count, capacity;
};

static int take_row(void *context, uint64_t index, struct str text, struct err *err)
{
	struct one_record *one = context;
	struct arena arena = ARENA_INIT;
	struct buf proven = BUF_INIT;
	struct merkle_proof proof;
	struct entry entry;
	int result = -1;

	if (index >= one->audit->size)
		return 0; /* newer than this audit */
	if (log_proof(one->audit->archive->log, index, &proven, &proof, err) != 0 || entry_parse(&entry, text, &arena, err) != 0)
		goto out;
	if (one->count == one->capacity) {
		one->capacity = one->capacity == 0 ? 4 : one->capacity * 2;
		one->rows = mem_grow(one->rows, one->capacity, sizeof(*one->rows));
	}
	audit_row_fill(&one->rows[one->count], &entry, index);
	one->rows[one->count++].not_held = archive_holds(one->audit->archive, index) ? 0 : 1;
	one->audit->summary->entries++;
	result = 0;
out:
	arena_release(&arena);
	buf_release(&proven);
	return result;
}

static int audit_named(struct audit *audit, struct err *err)
{
	for (size_t i = 0; i < audit->options->id_count; i++) {
		struct one_record one = {.audit = audit};
		struct archive_name name;
		struct archive_version version;
		int result = archive_name_parse(audit->archive, audit->options->ids[i], &name, err);

		if (result == 0)
			result = archive_version(audit->archive, buf_view(&name.id), 0, &version, err);
		if (result == 0)
			result = archive_each_entry(audit->archive, buf_view(&name.id), take_row, &one, err);
		if (result == 0 && one.count > 0 && audit_any_held(audit, one.rows, one.count))
			audit_object(audit, one.rows, one.count);
		free(one.rows);
		archive_name_release(&name);
		if (result != 0)
			return -1;
		if (os_check_interrupted(err) != 0)
			return -1;
		if (audit->options->progress != NULL)
			audit->options->progress(audit->options->context, i + 1, audit->options->id_count, audit->summary->bytes);
	}
	audit->summary->records_total = audit->options->id_count;
	return 0;
}

int archive_audit(struct archive *archive, const struct audit_options *options, struct audit_summary *summary, struct err *err)
{
	struct audit audit = {.archive = archive, .options = options, .summary = summary};
	uint64_t records = 0;
	int result = -1;

	memset(summary, 0, sizeof(*summary));
	(void)pthread_mutex_init(&audit.lock, NULL);
	(void)pthread_mutex_init(&audit.large, NULL);
	if (archive->log == NULL || log_size(archive->log) == 0) {
		bool gone = archive->log != NULL || archive->log_error.code == ERR_NOT_FOUND;

		audit_report_one(&audit,
			gone                                    ? FINDING_MISSING
			: archive->log_error.code == ERR_SYSTEM ? FINDING_UNREADABLE
								: FINDING_ALTERED,
			STR("log/checkpoint"), "put it back from a copy of the archive or a mirror of its log, then audit again",
			"%s", archive->log != NULL ? "the signed checkpoint is gone" : archive->log_error.text);
		summary->log_unknown = true;
		return 0;
	}
	audit.size = summary->size = log_size(archive->log);
	audit.root = summary->root = *log_root(archive->log);
	if (archive->catalogue != NULL && catalogue_count(archive->catalogue, &records, NULL) == 0)
		summary->records_total = records; /* for the progress; counted below */
	if (options->id_count > 0) {
		result = audit_named(&audit, err);
		goto out;
	}
	if (audit_log(&audit, err) != 0)
		goto out;
	result = options->log_only ? 0 : audit_records(&audit, err);
	if (options->log_only)
		summary->not_checked = summary->records_total;
out:
	os_sort_free(audit.rows);
	buf_release(&audit.newer);
	(void)pthread_mutex_destroy(&audit.lock);
	(void)pthread_mutex_destroy(&audit.large);
	return result;
}
