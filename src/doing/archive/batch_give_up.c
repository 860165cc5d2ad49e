/* What was interrupted here before the log was caught up from elsewhere (C4 in behind.c). */
#include <stdio.h>

#include "batch.h"

/* Notes of the keeper's own are in nobody's copy. */
static int publish_notes(struct archive *archive, int dir, uint64_t index, struct str items, struct err *err)
{
	struct os_batch *os = NULL;
	struct batch_item item;
	struct str text;
	int got = os_batch_open(&os, archive->dir, err) != 0 ? -1 : 1;

	for (; got == 1 && (got = intent_next(&items, &item, &text, err)) == 1; index++)
		if (item.kind == ITEM_NOTE && batch_publish(archive, dir, &item, index, os, err) != 0)
			got = -1;
	if (got == 0)
		got = os_batch_sync(os, err);
	os_batch_free(os);
	return got;
}

static int give_up_one(struct archive *archive, const char *name, struct err *err)
{
	struct buf intent = BUF_INIT, to = BUF_INIT;
	struct err why = ERR_INIT;
	struct checkpoint base;
	struct str items;
	int dir = os_open(archive->staging, name, O_RDONLY | O_DIRECTORY, 0, err), result = -1;

	if (dir < 0)
		return -1;
	if (os_read_file(dir, INTENT, INTENT_MAX, &intent, &why) != 0 || intent_open(buf_view(&intent), &base, &items, &why) != 0) {
		result = why.code == ERR_NOT_FOUND ? os_remove_tree(archive->staging, name, err)
						   : err_set(err, why.code, "%s", why.text);
		goto out;
	}
	switch (batch_is_committed(archive, &base, items, &why)) {
	case 0: /* nothing came: the next opening to write finishes it */
		result = 0;
		break;
	case 1:
		result = publish_notes(archive, dir, base.size, items, err) != 0 ? -1 : batch_remove(archive, name, dir, err);
		break;
	default:
		buf_printf(&to, "damaged/%s-%lld", name, (long long)os_now());
		if (os_mkdir(archive->dir, "damaged", err) != 0 ||
			os_rename(archive->staging, name, archive->dir, to.p, err) != 0 ||
			os_fsync_dir(archive->dir, "damaged", err) != 0 || os_fsync_dir(archive->staging, ".", err) != 0)
			break;
		archive_say(archive, "what was interrupted here is not part of the log that came; it was put into %s (%s)", to.p,
			why.text);
		result = 0;
	}
out:
	os_close(dir);
	buf_release(&intent);
	buf_release(&to);
	return result;
}

int batch_give_up(struct archive *archive, struct err *err)
{
	char names[BATCHES_MAX][64];
	size_t count;

	if (batch_list(archive, names, &count, err) != 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (give_up_one(archive, names[i], err) != 0)
			return -1;
	return 0;
}
