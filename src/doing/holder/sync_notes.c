/* The notes of access and expunge entries: free texts that the log only commits to. They lie beside the records, are nobody's but the keeper's and
 * theirs whom the keeper entitles, and belong to what a holder gives back byte for byte. The file `notes` says up to which entry none lacks. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync.h"

#define NOTES "notes"
#define NOTES_HEADER "photostat.notes/v1"
#define AT_ONCE 32u

struct lacking {
	struct syncing *sync;
	uint64_t *indexes;
	size_t count, capacity;
};

static uint64_t read_position(struct archive *archive)
{
	struct buf text = BUF_INIT;
	struct str rest, line;
	uint64_t position = 0;

	if (os_read_file(archive_fd(archive), NOTES, 256, &text, NULL) == 0) {
		rest = buf_view(&text);
		if (!str_take_line(&rest, &line) || !str_equal(line, STR(NOTES_HEADER)) || !str_take_line(&rest, &line) ||
			!decimal_parse(line, UINT64_MAX, &position))
			position = 0;
	}
	buf_release(&text);
	return position;
}

static int write_position(struct archive *archive, uint64_t position, struct err *err)
{
	struct buf text = BUF_INIT;
	int result;

	buf_printf(&text, NOTES_HEADER "\n%" PRIu64 "\n", position);
	result = os_replace(archive_fd(archive), NOTES, buf_view(&text), 0644, err);
	buf_release(&text);
	return result;
}

static int gather(void *context, uint64_t index, struct str text, struct err *err)
{
	struct lacking *lacking = context;
	struct err why = ERR_INIT;
	bool lacks;

	(void)err;
	if (!str_starts(text, STR("photostat.entry/v1 access\n")) && !str_starts(text, STR("photostat.entry/v1 expunge\n")))
		return 0;
	if (archive_note_lacks(lacking->sync->archive, index, &lacks, &why) == 0 && lacks)
		sync_push(&lacking->indexes, &lacking->count, &lacking->capacity, index);
	return 0;
}

/* *first: of those that this source does not have, or has wrong. */
static int fetch_some(struct syncing *sync, const uint64_t *indexes, size_t count, uint64_t *first, struct err *err)
{
	struct http_fetch fetches[AT_ONCE], *all[AT_ONCE] = {NULL};
	char *urls[AT_ONCE];
	int result;

	for (size_t i = 0; i < count; i++) {
		char path[64];

		(void)snprintf(path, sizeof(path), "/api/v1/notes/%" PRIu64, indexes[i]);
		urls[i] = sync_url(sync, path);
		fetches[i] = (struct http_fetch){.url = urls[i], .max = NOTE_FILE_MAX, .seconds = 60};
		all[i] = &fetches[i];
	}
	result = http_fetch_all(sync->client, all, count, AT_ONCE, NULL, NULL, err);
	for (size_t i = 0; i < count; i++) {
		struct err why = ERR_INIT;

		if (result == 0 && (fetches[i].result != 0 || fetches[i].status != 200 ||
					   take_note(sync->take, indexes[i], buf_view(&fetches[i].answer), &why) != 0)) {
			if (indexes[i] < *first)
				*first = indexes[i];
			if (why.code == ERR_SYSTEM || why.code == ERR_INTERRUPTED) {
				if (err != NULL)
					*err = why;
				result = -1;
			}
		}
		sync->done->received += fetches[i].answer.n;
		buf_release(&fetches[i].answer);
		free(urls[i]);
	}
	return result;
}

int sync_notes(struct syncing *sync, struct err *err)
{
	uint64_t known = archive_known(sync->archive), position = read_position(sync->archive), first = known;
	struct lacking lacking = {.sync = sync};
	int result = 0;

	/* What an expunge rewrote stands there without them. */
	if (sync->done->expunged > 0)
		position = 0;
	if (position >= known || !sync_entitled(sync))
		return 0;
	result = log_each(archive_log(sync->archive), position, known, gather, &lacking, err);
	for (size_t i = 0; i < lacking.count && result == 0; i += AT_ONCE)
		result = os_check_interrupted(err) != 0
				 ? -1
				 : fetch_some(sync, lacking.indexes + i, lacking.count - i < AT_ONCE ? lacking.count - i : AT_ONCE,
					   &first, err);
	if (result == 0)
		result = write_position(sync->archive, first, err);
	free(lacking.indexes);
	return result;
}
