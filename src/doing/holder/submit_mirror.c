/* Pushing the log to a mirror (tlog-mirror, add-entries; the log's side): what it lacks, a piece at a time, from where it says. */
#include <inttypes.h>
#include <string.h>

#include "submit.h"

#define PACKAGES_MAX 32 /* of one request (tlog-mirror, Implementation Considerations) */
#define STALLS_MAX 8    /* answers in a row that are no further than before */

void push_release(struct mirror_push *push)
{
	buf_release(&push->ticket);
}

void push_begin_entries(struct mirror_push *push, uint64_t size)
{
	/* No packages: the answer is its cosignature, or where to begin. */
	push->entries = true;
	push->start = size;
}

static int add_entry(void *context, uint64_t index, struct str entry, struct err *err)
{
	struct buf *entries = context;

	(void)index;
	(void)err;
	buf_be16(entries, (uint16_t)entry.n);
	buf_str(entries, entry);
	return 0;
}

int push_format(
	struct archive *archive, const struct mirror_push *push, uint64_t size, size_t most, struct buf *body, struct err *err)
{
	struct log *log = archive_log(archive);
	const struct mirror_upload upload = {
		.origin = archive_origin(archive), .start = push->start, .end = size, .ticket = buf_view(&push->ticket)};
	uint64_t count = mirror_package_count(push->start, size);
	struct buf entries = BUF_INIT;
	struct merkle_proof proof;
	int result = -1;

	mirror_upload_format(body, &upload);
	for (uint64_t i = 0; i < count && i < PACKAGES_MAX && (i == 0 || body->n < most); i++) {
		uint64_t from, to;

		mirror_package_range(push->start, size, i, &from, &to);
		buf_clear(&entries);
		if (log_each(log, from, to, add_entry, &entries, err) != 0 || buf_check(&entries, "entries", err) != 0 ||
			tiles_subtree(log_tiles(log), from - from % TILE_WIDTH, to, size, &proof, err) != 0)
			goto out;
		mirror_package_format(body, buf_view(&entries), &proof);
	}
	result = buf_check(body, "the request", err);
out:
	buf_release(&entries);
	return result;
}

int push_take_info(struct mirror_push *push, uint64_t size, const char *type, struct str answer, struct err *err)
{
	struct mirror_info info;

	buf_clear(&push->ticket);
	push->ticket.max = MIRROR_TICKET_MAX;
	if (strncmp(type, MIRROR_INFO_TYPE, strlen(MIRROR_INFO_TYPE)) != 0)
		return err_set(err, ERR_SYNTAX, "it does not say how far it has come");
	if (mirror_info_parse(&info, &push->ticket, answer, err) != 0)
		return -1;
	if (info.size != size)
		return err_set(err, ERR_CONFLICT,
			"it goes on with a checkpoint of %" PRIu64 " entries, not with this one of %" PRIu64
			": somebody else pushes this log, too",
			info.size, size);
	if (push->any && info.next <= push->best && ++push->stalls > STALLS_MAX)
		return err_set(err, ERR_CONFLICT, "it does not come further than entry %" PRIu64, info.next);
	if (!push->any || info.next > push->best) {
		push->best = info.next;
		push->stalls = 0;
	}
	push->any = true;
	push->start = info.next < size ? info.next : size;
	return 0;
}
