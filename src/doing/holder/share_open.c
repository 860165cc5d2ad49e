/* What is open of a version of which some files are closed: its inventory names those, so it stays here; the open files leave by themselves, with an
 * opening that proves them under the version's entry and tells of the others only how many there are (P6, P7). */
#include <fcntl.h>

#include "internal.h"

/* The version that the entry names, if a reader of this audience may see it but not have all of it. */
static int open_version(struct archive *archive, uint64_t index, enum audience audience, struct access_view **view, struct buf *id,
	struct archive_version *version, struct err *err)
{
	struct arena arena = ARENA_INIT;
	struct buf text = BUF_INIT;
	struct entry entry;
	int result = -1;

	*view = NULL;
	if (!archive_holds(archive, index) || log_entry(archive_log(archive), index, &text, err) != 0 ||
		entry_parse(&entry, buf_view(&text), &arena, err) != 0 || entry.kind != ENTRY_VERSION ||
		access_view_open(view, archive, entry.record, audience, err) != 0 || !access_may_see_record(*view) ||
		access_may_read_inventory(*view)) {
		(void)access_refuse(err);
		goto out;
	}
	buf_str(id, entry.record);
	result = archive_version(archive, entry.record, entry.version, version, err);
out:
	arena_release(&arena);
	buf_release(&text);
	return result;
}

int share_disclosure(struct archive *archive, uint64_t index, enum audience audience, struct buf *out, struct err *err)
{
	struct access_view *view;
	struct archive_version version;
	struct buf id = BUF_INIT;
	int result = -1;

	out->max = DISCLOSURE_HELD_MAX;
	if (open_version(archive, index, audience, &view, &id, &version, err) == 0)
		result = archive_disclose(archive, buf_view(&id), &version, view, out, err);
	access_view_free(view);
	buf_release(&id);
	return result;
}

int share_open_file(
	struct archive *archive, uint64_t index, struct str path, enum audience audience, struct stat *status, struct err *err)
{
	struct object_version *object = NULL;
	struct access_view *view;
	struct archive_version version;
	struct object_file file;
	struct buf id = BUF_INIT;
	size_t at;
	int fd = -1;

	if (open_version(archive, index, audience, &view, &id, &version, err) != 0)
		goto out;
	if (!access_may_read_file(view, path)) {
		(void)access_refuse(err);
		goto out;
	}
	if (archive_open_version(archive, buf_view(&id), version.version, &object, &version, err) != 0)
		goto out;
	if (!object_find(object, path, &at)) {
		(void)access_refuse(err);
		goto out;
	}
	object_file(object, at, &file);
	fd = os_open(object_fd(object), file.content_path.p, O_RDONLY | O_NONBLOCK, 0, err);
	if (fd >= 0 && (os_stat_fd(fd, file.content_path.p, status, err) != 0 || !S_ISREG(status->st_mode))) {
		(void)access_refuse(err);
		os_close(fd);
		fd = -1;
	}
out:
	object_free(object);
	access_view_free(view);
	buf_release(&id);
	return fd;
}
