/* Depositing one record: name, comparison with what is kept, files, description, entry. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "deposit.h"

/* ---- telling ----------------------------------------------------------------------------------------------------------- */

static void tell(struct deposit_run *run, enum deposit_outcome outcome, struct str id, uint64_t version, uint64_t index,
	struct str source, const char *reason)
{
	struct deposit_event event = {
		.outcome = outcome, .id = id, .version = version, .index = index, .source = source, .reason = reason};

	if (outcome == DEPOSIT_KEPT)
		run->summary->kept++;
	else if (outcome == DEPOSIT_ALREADY_KEPT)
		run->summary->already++;
	else if (outcome == DEPOSIT_REFUSED)
		run->summary->refused++;
	if (run->options->report != NULL)
		run->options->report(run->options->context, &event);
}

void deposit_refuse(struct deposit_run *run, struct str id, struct str source, const struct err *why)
{
	tell(run, DEPOSIT_REFUSED, id, 0, 0, source, why->text);
}

/* ---- committing ---------------------------------------------------------------------------------------------------------- */

static void receipt_path(struct buf *out, struct deposit_run *run, struct str id, uint64_t version)
{
	struct buf prefix = BUF_INIT;
	struct str name = id;

	buf_printf(&prefix, "https://%.*s/r/", STR_ARG(archive_origin(run->archive)));
	if (str_starts(id, buf_view(&prefix)))
		name = (struct str){id.p + prefix.n, id.n - prefix.n};
	for (size_t i = 0; i < name.n; i++)
		buf_char(out, name.p[i] == ':' ? '-' : name.p[i]);
	buf_printf(out, "@%" PRIu64 ".tlog-proof", version);
	buf_release(&prefix);
}

static int write_receipt(struct deposit_run *run, const struct entry *entry, uint64_t index, struct err *err)
{
	struct archive_version version = {.version = entry->version,
		.index = index,
		.previous = entry->previous,
		.time = entry->time,
		.inventory = entry->inventory,
		.contents = entry->contents};
	struct buf receipt = BUF_INIT, path = BUF_INIT;
	struct str folder;
	int result = -1;

	receipt_path(&path, run, entry->record, entry->version);
	folder = buf_view(&path);
	while (folder.n > 0 && folder.p[folder.n - 1] != '/')
		folder.n--;
	if (folder.n > 1) {
		char *name = mem_dup((struct str){folder.p, folder.n - 1});

		result = os_mkdirs(run->receipts, name, err);
		free(name);
		if (result != 0)
			goto out;
	}
	result = archive_receipt_of(run->archive, entry->record, &version, STR(""), &receipt, err) != 0 ||
				 os_replace(run->receipts, path.p, buf_view(&receipt), 0644, err) != 0
			 ? -1
			 : 0;
out:
	if (result != 0)
		err_note(err, "%.*s is kept, but its receipt could not be written; photostat receipt makes it again",
			STR_ARG(entry->record));
	buf_release(&receipt);
	buf_release(&path);
	return result;
}

static int acknowledge(void *context, uint64_t index, const struct batch_item *item, struct str text, struct err *err)
{
	struct deposit_run *run = context;
	struct arena arena = ARENA_INIT;
	struct str source = STR("");
	struct entry entry;
	uint64_t at = index - (log_size(run->archive->log) - batch_count(run->batch));
	int result = 0;

	if (item->kind == ITEM_NONE)
		return 0;
	if (at < run->sources_count)
		source = run->sources_of[at];
	tell(run, DEPOSIT_KEPT, item->id, item->version, index, source, NULL);
	if (run->receipts >= 0) {
		result = entry_parse(&entry, text, &arena, err);
		if (result == 0)
			result = write_receipt(run, &entry, index, err);
		arena_release(&arena);
	}
	return result;
}

int deposit_commit(struct deposit_run *run, struct err *err)
{
	int result = 0;

	if (deposit_jobs_finish(run, err) != 0)
		return -1;
	if (run->batch != NULL && batch_count(run->batch) > 0)
		result = batch_commit(run->batch, acknowledge, run, err);
	if (run->options->committed != NULL)
		run->options->committed(run->options->context);
	batch_free(run->batch);
	run->batch = NULL;
	run->sources_count = 0;
	arena_release(&run->reported);
	return result;
}

/* Remembers where the batch's next entry came from. */
static void note_source(struct deposit_run *run, struct str source)
{
	if (run->sources_count == run->sources_capacity) {
		run->sources_capacity = run->sources_capacity == 0 ? 64 : run->sources_capacity * 2;
		run->sources_of = mem_grow(run->sources_of, run->sources_capacity, sizeof(*run->sources_of));
	}
	run->sources_of[run->sources_count++] = source.n == 0 ? STR("") : arena_str(&run->reported, source);
}

/* ---- names --------------------------------------------------------------------------------------------------------------- */

static void fresh_uuid(struct buf *out)
{
	unsigned char bytes[16];
	char text[40];

	random_bytes(bytes, sizeof(bytes));
	bytes[6] = (unsigned char)((bytes[6] & 0x0f) | 0x40); /* RFC 9562: version 4 */
	bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80);
	(void)snprintf(text, sizeof(text), "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", bytes[0],
		bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7], bytes[8], bytes[9], bytes[10], bytes[11],
		bytes[12], bytes[13], bytes[14], bytes[15]);
	buf_text(out, "urn:uuid:");
	buf_text(out, text);
}

/* --access says it for all; else the row, --meta, or the description that came along. */
static int access_asked(struct deposit_run *run, const struct deposit_request *request, const struct record *given,
	struct deposit_access *out, struct err *err)
{
	const struct record *const sources[] = {request->described, run->common, given};
	struct str text = STR("");
	enum record_access access;

	*out = (struct deposit_access){.state = ACCESS_OPEN};
	if (run->options->has_access) {
		*out = run->options->access;
		return 0;
	}
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]) && text.n == 0; i++)
		if (sources[i] != NULL)
			text = record_field(sources[i], RECORD_ACCESS);
	if (text.n == 0)
		return 0;
	if (record_access_parse(text, &access, NULL, err) != 0)
		return -1;
	out->state = access == RECORD_OPEN ? ACCESS_OPEN : access == RECORD_CLOSED ? ACCESS_CLOSED : ACCESS_EMBARGO;
	if (access == RECORD_EMBARGO && text.n >= 10)
		(void)snprintf(out->until, sizeof(out->until), "%.10s", text.p + text.n - 10);
	return 0;
}

/* The id that was given: by the table's row, --id, --meta or the photostat.json that came along. A full id there of another archive
 * names the record in that one: a description that was taken out of it. */
static struct str id_given(struct deposit_run *run, const struct deposit_request *request, const struct record *given)
{
	struct str id = request->described != NULL ? record_field(request->described, RECORD_ID) : STR("");

	if (id.n == 0)
		id = run->options->id;
	if (id.n == 0)
		id = record_field(run->common, RECORD_ID);
	if (id.n == 0 && given != NULL) {
		id = record_field(given, RECORD_ID);
		if (str_starts(id, STR("https://")) && !record_id_valid(archive_origin(run->archive), id))
			id = STR("");
	}
	return id;
}

/* The id: given, or made from the relative path; what is not open gets one that says nothing. */
static int choose_id(
	struct deposit_run *run, const struct deposit_request *request, const struct record *described, bool open, struct err *err)
{
	struct str given = id_given(run, request, described);
	struct archive_name name;

	buf_clear(&run->id);
	run->named = given.n > 0;
	if (given.n > 0) {
		if (archive_name_parse(run->archive, given, &name, err) != 0)
			return -1;
		if (name.version != 0) {
			archive_name_release(&name);
			return err_set(err, ERR_USAGE, "%.*s: an id for a deposit has no @N", STR_ARG(given));
		}
		buf_str(&run->id, buf_view(&name.id));
		archive_name_release(&name);
		return 0;
	}
	if (!open) {
		fresh_uuid(&run->id);
		return 0;
	}
	buf_printf(&run->id, "https://%s/r/", run->archive->conf.origin);
	return namer_make(run->namer, request->relative, request->drop_extension, &run->id, err);
}

/* ---- one version ----------------------------------------------------------------------------------------------------------------- */

static void tell_progress(struct deposit_run *run)
{
	uint64_t bytes = run->summary->bytes + run->moving;
	uint64_t records = run->summary->kept + run->summary->already + run->summary->refused + batch_count(run->batch);

	if (run->options->progress == NULL)
		return;
	if (run->options->shape == DEPOSIT_ONE)
		run->options->progress(run->options->context, run->files_done, run->files_count, bytes, run->bytes_total);
	else
		run->options->progress(run->options->context, records, run->total, bytes, 0);
}

void deposit_moved(void *context, uint64_t bytes)
{
	struct deposit_run *run = context;

	run->moving += bytes;
	tell_progress(run);
}

/* So that a bar can say how long one record will take, however few its files are. */
static void measure(struct deposit_run *run, const struct sources *sources)
{
	struct stat status;

	run->files_done = 0;
	run->files_count = sources->count;
	run->bytes_total = 0;
	for (size_t i = 0; run->options->progress != NULL && run->options->shape == DEPOSIT_ONE && i < sources->count; i++)
		if (os_stat(sources->roots[sources->files[i].root], sources->files[i].path.p, &status, NULL) == 0)
			run->bytes_total += (uint64_t)status.st_size;
}

static void tell_staged(void *context, const struct deposit_job *job, size_t files)
{
	struct deposit_run *run = context;

	run->files_done = files;
	run->moving = job->bytes;
	tell_progress(run);
}

static int add_access_entry(struct deposit_run *run, const struct deposit_job *job, struct err *err)
{
	struct entry entry = {.kind = ENTRY_ACCESS,
		.origin = archive_origin(run->archive),
		.record = buf_view(&job->id),
		.time = job->time,
		.access = job->access.state,
		.until = str_from(job->access.until),
		.authority = STR("keeper"),
		.reason = STR("as-deposited")};
	struct batch_item item = {.kind = ITEM_NONE, .id = buf_view(&job->id)};
	struct buf text = BUF_INIT;
	int result = -1;

	entry.previous = batch_next_index(run->batch) - 1;
	if (entry_format(&text, &entry, err) == 0)
		result = batch_add(run->batch, &item, buf_view(&text), err);
	if (result == 0)
		note_source(run, STR(""));
	buf_release(&text);
	return result;
}

/* Out of the disk's or the program's means, or interrupted: the next document would fare no better. */
static bool is_fatal(const struct err *err)
{
	if (err->code == ERR_INTERRUPTED || err->code == ERR_INTERNAL || err->code == ERR_MEMORY)
		return true;
	return err->code == ERR_SYSTEM && (err->sys == ENOSPC || err->sys == EDQUOT || err->sys == EROFS || err->sys == EMFILE ||
						  err->sys == ENFILE || err->sys == ENOMEM);
}

int deposit_take(struct deposit_run *run, struct deposit_job *job, struct err *err)
{
	bool is_new = job->builder.version == 1;

	if (job->result == 0)
		job->result = builder_hand_over(&job->builder, run->batch, &job->err);
	if (job->result == 0) {
		note_source(run, buf_view(&job->source));
		if (is_new && job->access.state != ACCESS_OPEN)
			job->result = add_access_entry(run, job, &job->err);
	}
	if (job->result == 0) {
		run->summary->bytes += job->bytes;
		run->moving = 0;
		tell_progress(run);
		return 0;
	}
	builder_abandon(&job->builder);
	run->moving = 0;
	if (is_fatal(&job->err)) {
		run->fatal = true;
		if (err != NULL)
			*err = job->err;
		return -1;
	}
	if (job->row.n > 0)
		err_note(&job->err, "%s", job->row.p);
	deposit_refuse(run, buf_view(&job->id), buf_view(&job->source), &job->err);
	return 0;
}

/* What the record is to be part of may be waiting in this very batch: it must be seen before a cycle can be told. */
static int settle_parent(struct deposit_run *run, struct err *err)
{
	struct str typed = record_field(run->record, RECORD_IS_PART_OF);
	struct archive_name name;
	bool waits;

	if (typed.n == 0)
		return check_arrangement(run->archive, run->batch, run->record, err);
	if (archive_name_parse(run->archive, typed, &name, err) != 0)
		return err_note(err, "isPartOf");
	waits = batch_has(run->batch, buf_view(&name.id));
	archive_name_release(&name);
	if (waits && (deposit_commit(run, err) != 0 || batch_open(&run->batch, run->archive, err) != 0)) {
		run->fatal = true;
		return -1;
	}
	return check_arrangement(run->archive, run->batch, run->record, err);
}

/* Of a dry run: what other rows of the table would make is not there, so nothing is said of what lacks. */
static int try_arrangement(struct deposit_run *run, struct err *err)
{
	void (*notice)(void *, const char *) = run->archive->notice;
	int result;

	run->archive->notice = NULL;
	result = check_arrangement(run->archive, NULL, run->record, err);
	run->archive->notice = notice;
	return result;
}

/* The request's documents and its description become a job's, and the version before, if its files stay. */
static int give(struct deposit_run *run, const struct deposit_request *request, const struct deposit_access *access,
	const struct archive_version *head, uint64_t last_index, struct object_version **kept, struct err *err)
{
	struct deposit_job *job = deposit_job_next(run, err);
	struct record *described = run->record;

	if (job == NULL)
		return -1;
	run->record = job->record;
	job->record = described;
	job->sources = *request->sources;
	memset(request->sources, 0, sizeof(*request->sources));
	buf_str(&job->id, buf_view(&run->id));
	buf_str(&job->source, request->source);
	buf_text(&job->row, request->row == NULL ? "" : request->row);
	job->access = *access;
	job->time = os_now();
	job->kept = *kept;
	*kept = NULL;
	job->restore = run->options->restore;
	job->message = head == NULL ? STR("deposit") : run->options->add ? STR("files added") : STR("new version");
	if (run->options->shape == DEPOSIT_ONE) {
		measure(run, &job->sources);
		job->staged = tell_staged;
		job->context = run;
	}
	builder_prepare(&job->builder, run->batch, buf_view(&job->id), head, last_index);
	return deposit_job_give(run, job, err);
}

static int build(struct deposit_run *run, const struct deposit_request *request, struct record *given,
	const struct deposit_access *access, const struct archive_version *head, struct err *err)
{
	struct object_version *before = NULL;
	struct record *record_before = NULL;
	uint64_t last_index = ENTRY_NONE;
	int result = -1;

	if (head != NULL) {
		if (follow_last_index(run->archive, buf_view(&run->id), &last_index, err) != 0 ||
			object_open(&before, run->archive->store, buf_view(&run->id), head->version, &head->inventory, err) != 0 ||
			archive_get_record(run->archive, buf_view(&run->id), head->version, &record_before, err) != 0)
			goto out;
	}
	if (deposit_describe(run, request, given, access, record_before, err) != 0 ||
		deposit_check_listed(run->record, request->sources, run->options->add ? before : NULL, err) != 0 ||
		settle_parent(run, err) != 0)
		goto out;
	/* They are laid over: with many files the memory is needed. */
	if (given != NULL)
		record_clear(given);
	record_free(record_before);
	record_before = NULL;
	if (!run->options->add) {
		object_free(before);
		before = NULL;
	}
	result = give(run, request, access, head, last_index, &before, err);
out:
	object_free(before);
	record_free(record_before);
	return result;
}

/* ---- the whole of it --------------------------------------------------------------------------------------------------------------------- */

/* Whether to go on with building: 1; 0 when it was told (kept already); -1. */
static int look(struct deposit_run *run, const struct deposit_request *request, struct record *given,
	const struct deposit_access *access, struct archive_version *head, bool *has_head, struct err *err)
{
	bool open = access->state == ACCESS_OPEN;
	int there, same;

	*has_head = false;
	if (run->batch != NULL && batch_has(run->batch, buf_view(&run->id)) && deposit_commit(run, err) != 0) {
		run->fatal = true;
		return -1;
	}
	there = store_object_exists(run->archive->store, buf_view(&run->id), err);
	if (there < 0)
		return -1;
	if (run->options->new_version) {
		*has_head = true;
		if (archive_version(run->archive, buf_view(&run->id), 0, head, err) != 0)
			return -1;
		same = deposit_changes_nothing(run, request, given, access, head, err);
		if (same == 1)
			tell(run, DEPOSIT_ALREADY_KEPT, buf_view(&run->id), head->version, head->index, request->source, NULL);
		return same < 0 ? -1 : same == 0;
	}
	if (there == 1)
		same = deposit_holds_same(run->archive, buf_view(&run->id), request->sources, NULL, head, err);
	else if (!open && !run->named)
		same = deposit_find_same(run, request->sources, head, err);
	else
		return 1;
	if (same < 0)
		return -1;
	if (same == 1 && deposit_refuse_open(run, access, true, err) != 0)
		return -1;
	if (same == 1) {
		tell(run, DEPOSIT_ALREADY_KEPT, buf_view(&run->id), head->version, head->index, request->source, NULL);
		return open ? 0 : deposit_say_if_open(run, err);
	}
	if (there == 0)
		return 1;
	return err_set(err, ERR_EXISTS,
		"%.*s is taken by other bytes; deposit it under another name (--id), or as a new version of that record (--id %.*s "
		"--new-version)",
		STR_ARG(buf_view(&run->id)), STR_ARG(buf_view(&run->id)));
}

static int try_record(struct deposit_run *run, const struct deposit_request *request, struct record *given, struct err *err)
{
	struct deposit_access access;
	struct archive_version head;
	bool has_head;
	int go;

	if (sources_finish(request->sources, err) != 0 || access_asked(run, request, given, &access, err) != 0)
		return -1;
	if (request->sources->count == 0 && !request->without_documents)
		return err_set(err, ERR_SYNTAX, "%.*s holds no files", STR_ARG(request->source));
	if (choose_id(run, request, given, access.state == ACCESS_OPEN, err) != 0)
		return -1;
	if (!record_id_valid(archive_origin(run->archive), buf_view(&run->id)))
		return err_set(err, ERR_SYNTAX, "%.*s gives no name that can be kept; name it with --id", STR_ARG(request->source));
	go = look(run, request, given, &access, &head, &has_head, err);
	if (go <= 0)
		return go;
	if (access.state != ACCESS_OPEN && run->named && !has_head && !run->warned &&
		!str_starts(buf_view(&run->id), STR("urn:"))) {
		run->warned = true;
		archive_say(run->archive,
			"the id %.*s stands in the public log for ever, though the record is not open; without an id "
			"it gets one that says nothing",
			STR_ARG(buf_view(&run->id)));
	}
	if (has_head && deposit_refuse_open(run, &access, false, err) != 0)
		return -1;
	if (run->options->dry_run) {
		if (deposit_describe(run, request, given, &access, NULL, err) != 0 ||
			deposit_check_listed(run->record, request->sources, NULL, err) != 0 || try_arrangement(run, err) != 0)
			return -1;
		for (size_t i = 0; i < request->sources->count; i++) {
			int fd = utf8_valid(request->sources->files[i].logical)
					 ? sources_open(request->sources, i, err)
					 : err_set(err, ERR_SYNTAX, "%.*s is not UTF-8",
						   STR_ARG(request->sources->files[i].logical));

			if (fd < 0)
				return -1;
			os_close(fd);
		}
		tell(run, DEPOSIT_WOULD_KEEP, buf_view(&run->id), has_head ? head.version + 1 : 1, 0, request->source, NULL);
		return 0;
	}
	if (run->batch == NULL && batch_open(&run->batch, run->archive, err) != 0) {
		run->fatal = true;
		return -1;
	}
	return build(run, request, given, &access, has_head ? &head : NULL, err);
}

int deposit_record(struct deposit_run *run, const struct deposit_request *request, struct err *err)
{
	struct err why = ERR_INIT;
	struct record *given = NULL; /* the photostat.json that came along */
	int result = 0;

	buf_clear(&run->id);
	if (request->sources->has_metadata) {
		result = record_parse(&given, buf_view(&request->sources->metadata), RECORD_GIVEN, &why);
		if (result != 0)
			err_note(&why, "%.*s: " RECORD_NAME, STR_ARG(request->source));
		buf_release(&request->sources->metadata);
	}
	if (result == 0)
		result = try_record(run, request, given, &why);
	record_free(given);
	if (result != 0) {
		if (run->fatal || is_fatal(&why)) {
			if (err != NULL)
				*err = why;
			return -1;
		}
		if (request->row != NULL)
			err_note(&why, "%s", request->row);
		deposit_refuse(run, buf_view(&run->id), request->source, &why);
	}
	if (run->batch != NULL && batch_full(run->batch))
		return deposit_commit(run, err);
	return os_check_interrupted(err);
}
