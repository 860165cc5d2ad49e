/* Handles of the archive, lent to one request at a time; and the state that pages belong to. */
#include <string.h>

#include "desk.h"
#include "os/os.h"

static void look(int folder, const char *path, uint64_t *inode, uint64_t *size, int64_t *seconds, int64_t *nanos)
{
	struct stat status;

	if (os_stat(folder, path, &status, NULL) != 0)
		return;
	if (inode != NULL)
		*inode = status.st_ino;
	if (size != NULL)
		*size = (uint64_t)status.st_size;
	if (seconds != NULL)
		*seconds = status.st_mtim.tv_sec;
	*nanos = status.st_mtim.tv_nsec + status.st_mtim.tv_sec % 4096 * 1000000000;
}

void stamp_take(const struct room *room, struct stamp *stamp)
{
	memset(stamp, 0, sizeof(*stamp));
	look(room->folder, "log/checkpoint", &stamp->inode, &stamp->size, &stamp->seconds, &stamp->nanos);
	look(room->folder, "held", &stamp->held_inode, NULL, NULL, &stamp->held_nanos);
	look(room->folder, SEARCH_PUBLIC, NULL, NULL, NULL, &stamp->search_nanos);
	stamp->day = os_now() / 86400;
}

bool stamp_equal(const struct stamp *one, const struct stamp *other)
{
	return memcmp(one, other, sizeof(*one)) == 0;
}

void desk_close(struct desk *desk)
{
	search_free(desk->search);
	archive_close(desk->archive);
	memset(desk, 0, sizeof(*desk));
}

/* The index is derived: it may come, go, and be made anew at any time. */
static void open_search(const struct room *room, struct desk *desk)
{
	uint64_t inode = 0;
	int64_t nanos;

	look(room->folder, SEARCH_PUBLIC, &inode, NULL, NULL, &nanos);
	if (inode == desk->search_inode)
		return;
	search_free(desk->search);
	desk->search = NULL;
	desk->search_inode = inode;
	if (inode != 0) {
		struct buf path = BUF_INIT;

		buf_text(&path, room->path);
		buf_text(&path, "/" SEARCH_PUBLIC);
		if (search_open(&desk->search, path.p, false, NULL) != 0) {
			desk->search = NULL;
			desk->search_inode = 0;
		}
		buf_release(&path);
	}
}

int desk_borrow(struct room *room, struct desk *desk, struct err *err)
{
	memset(desk, 0, sizeof(*desk));
	pthread_mutex_lock(&room->lock);
	if (room->idle_count > 0)
		*desk = room->idle[--room->idle_count];
	desk->waiting = desk->wants = desk->cannot = false;
	pthread_mutex_unlock(&room->lock);
	if (desk->archive != NULL && archive_refresh(desk->archive, NULL) != 0)
		desk_close(desk);
	if (desk->archive == NULL && archive_open(&desk->archive, room->path, ARCHIVE_READ, NULL, NULL, err) != 0) {
		desk->archive = NULL;
		desk_close(desk);
		return -1;
	}
	if (archive_catalogue(desk->archive, &desk->catalogue, false, NULL, NULL, err) != 0) {
		desk_close(desk);
		return -1;
	}
	open_search(room, desk);
	return 0;
}

void desk_give_back(struct room *room, struct desk *desk)
{
	bool kept = false;

	pthread_mutex_lock(&room->lock);
	if (room->idle_count < DESKS_MAX) {
		room->idle[room->idle_count++] = *desk;
		kept = true;
	}
	pthread_mutex_unlock(&room->lock);
	if (!kept)
		desk_close(desk);
}
