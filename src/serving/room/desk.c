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
	look(room->folder, "derived/search.sqlite", NULL, NULL, NULL, &stamp->search_nanos);
	stamp->day = os_now() / 86400;
}

bool stamp_equal(const struct stamp *one, const struct stamp *other)
{
	return memcmp(one, other, sizeof(*one)) == 0;
}

int desk_borrow(struct room *room, struct desk *desk, struct err *err)
{
	memset(desk, 0, sizeof(*desk));
	pthread_mutex_lock(&room->lock);
	if (room->idle_count > 0)
		*desk = room->idle[--room->idle_count];
	desk->waiting = false;
	pthread_mutex_unlock(&room->lock);
	if (desk->archive != NULL && archive_refresh(desk->archive, NULL) != 0) {
		archive_close(desk->archive);
		desk->archive = NULL;
	}
	if (desk->archive == NULL && archive_open(&desk->archive, room->path, ARCHIVE_READ, NULL, NULL, err) != 0) {
		desk->archive = NULL;
		return -1;
	}
	if (archive_catalogue(desk->archive, &desk->catalogue, false, NULL, NULL, err) == 0)
		return 0;
	archive_close(desk->archive);
	desk->archive = NULL;
	return -1;
}

void desk_give_back(struct room *room, const struct desk *desk)
{
	struct archive *archive = desk->archive;

	pthread_mutex_lock(&room->lock);
	if (room->idle_count < DESKS_MAX) {
		room->idle[room->idle_count++] = *desk;
		archive = NULL;
	}
	pthread_mutex_unlock(&room->lock);
	archive_close(archive);
}
