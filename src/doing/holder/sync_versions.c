/* The versions of a bundle's entries, in one answer (S3). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync.h"

static void hold_back(struct syncing *sync, uint64_t index)
{
	if (sync_comes_later(sync)) {
		sync_push(&sync->missing, &sync->missing_count, &sync->missing_capacity, index);
		return;
	}
	take_without(sync->take, index, WITHOUT_BEHIND);
	sync->done->held_back += index >= archive_known(sync->archive);
}

/* What came is not what the log says, or did not come: this source does not have it (S2). Whatever else is wrong ends the sync. */
int sync_give_up(struct syncing *sync, uint64_t index, struct err *err)
{
	if (err != NULL && err->code != ERR_MISMATCH && err->code != ERR_SYNTAX && err->code != ERR_LIMIT &&
		err->code != ERR_NOT_FOUND)
		return -1;
	sync_name_source(sync, err);
	if (err != NULL && sync->options->notice != NULL && !sync_only_expunged(sync, index))
		sync->options->notice(sync->options->context, err->text);
	if (err != NULL)
		*err = (struct err)ERR_INIT;
	intake_free(sync->intake);
	sync->intake = NULL;
	sync->skip = true;
	if (sync_only_expunged(sync, index))
		hold_back(sync, index);
	else
		sync_push(&sync->missing, &sync->missing_count, &sync->missing_capacity, index);
	return 0;
}

static int on_entry(void *context, uint64_t index, enum stream_word word, struct err *err)
{
	struct syncing *sync = context;

	sync->index = index;
	sync->skip = true;
	sync->large = false;
	if (sync_read_entry(sync, index, err) != 0) {
		/* An entry that is none is the keeper's fault, and audit's business. */
		if (err != NULL && err->code == ERR_SYNTAX)
			*err = (struct err)ERR_INIT;
		return err == NULL || err->code == ERR_NONE ? 0 : -1;
	}
	if (sync->entry.kind != ENTRY_VERSION)
		return 0;
	switch (word) {
	case STREAM_HELD:
		/* Its place is in an object that is rebuilt first, or it was built on what is not followed here. */
		sync->skip = sync_waits_for_rebuild(sync) || sync_stands_on_expunged(sync, index);
		if (sync->skip)
			hold_back(sync, index);
		break;
	case STREAM_PARTLY:
		sync_push(&sync->partly, &sync->partly_count, &sync->partly_capacity, index);
		take_without(sync->take, index, WITHOUT_CLOSED);
		sync->done->closed++;
		break;
	case STREAM_CLOSED:
		take_without(sync->take, index, WITHOUT_CLOSED);
		sync->done->closed++;
		break;
	case STREAM_NONE:
	case STREAM_GONE:
		sync_push(&sync->missing, &sync->missing_count, &sync->missing_capacity, index);
		break;
	}
	return 0;
}

static int on_inventory(void *context, uint64_t index, struct str json, struct err *err)
{
	struct syncing *sync = context;
	struct digest inventory;

	if (sync->skip)
		return 0;
	inventory = sync_inventory_wanted(sync, index);
	if (take_begin(sync->take, index, sync->entry.record, sync->entry.version, &inventory, json, &sync->intake, err) != 0)
		return sync_give_up(sync, index, err);
	sync->given = json;
	sync->done->received += json.n;
	if (sync->intake == NULL) {
		take_found(sync->take, index); /* all of it is here */
		sync->skip = true;
	}
	return 0;
}

static int on_file(void *context, uint64_t index, struct str path, uint64_t size, struct err *err)
{
	struct syncing *sync = context;

	if (sync->skip || sync->intake == NULL)
		return 0;
	if (intake_file(sync->intake, path, size, err) != 0)
		return sync_give_up(sync, index, err);
	return 0;
}

static int on_bytes(void *context, struct str piece, struct err *err)
{
	struct syncing *sync = context;

	sync->done->received += piece.n;
	if (sync->skip || sync->intake == NULL)
		return 0;
	take_bytes(sync->take, piece.n);
	return intake_bytes(sync->intake, piece, err);
}

static int on_file_end(void *context, struct err *err)
{
	struct syncing *sync = context;

	if (sync->skip || sync->intake == NULL)
		return 0;
	return intake_file_end(sync->intake, err) != 0 ? sync_give_up(sync, sync->index, err) : 0;
}

static int on_large(void *context, uint64_t index, struct str path, uint64_t size, struct err *err)
{
	struct syncing *sync = context;

	(void)index;
	(void)path;
	(void)size;
	(void)err;
	sync->large = !sync->skip;
	return 0;
}

static int on_end(void *context, uint64_t index, struct err *err)
{
	struct syncing *sync = context;
	struct intake *intake = sync->intake;

	sync->intake = NULL;
	if (sync->skip || intake == NULL)
		return 0;
	if (sync->large) {
		intake_free(intake);
		sync_push(&sync->later, &sync->later_count, &sync->later_capacity, index);
		return 0;
	}
	if (take_end(sync->take, intake, sync->given, err) != 0) {
		intake_free(intake);
		return sync_give_up(sync, index, err);
	}
	intake_free(intake);
	take_found(sync->take, index);
	sync->done->versions++;
	return 0;
}

struct feeding {
	struct syncing *sync;
	struct stream_reader *reader;
};

static int feed(void *context, struct str piece, struct err *err)
{
	struct feeding *feeding = context;

	return stream_read(feeding->reader, piece, err);
}

/* 1: done; 0: this source does not go so far; -1. */
int sync_versions(struct syncing *sync, uint64_t first, uint64_t last, struct err *err)
{
	static const struct stream_calls calls = {on_entry, on_inventory, on_file, on_bytes, on_file_end, on_large, on_end};
	struct feeding feeding = {sync, stream_reader_new(&calls, sync, first)};
	struct http_fetch fetch = {.max = UINT64_MAX, .sink = feed, .context = &feeding};
	char path[80];
	int result;

	(void)snprintf(path, sizeof(path), "/api/v1/versions/%" PRIu64 "-%" PRIu64, first, last);
	result = sync_get(sync, path, &fetch, err);
	if (result == 1 && stream_finish(feeding.reader, last, err) != 0) {
		err_note(err, "%.*s%s", STR_ARG(sync->source), path);
		result = -1;
	}
	intake_free(sync->intake);
	sync->intake = NULL;
	stream_reader_free(feeding.reader);
	buf_release(&fetch.answer);
	return result;
}
