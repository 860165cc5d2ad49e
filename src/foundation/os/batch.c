/* Durability of many writes at once (DESIGN, Deposit, 3; P1). */
#include "internal.h"

#include <linux/magic.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/vfs.h>

#ifndef XFS_SUPER_MAGIC
#define XFS_SUPER_MAGIC 0x58465342
#endif

/* Folders kept open until the sync; one more and the oldest is synced early. */
#define FOLDERS_MOST 32u

struct folder {
	int fd;
	dev_t device;
	ino_t inode;
};

struct os_batch {
	int fd;
	bool per_file;
	struct err first; /* code ERR_NONE: none yet */
	struct folder folders[FOLDERS_MOST];
	size_t folder_count;
	/* A sync ahead of time. The kernel reports an error once to each descriptor: this one is its own, so that `fd` is told all the same. */
	int ahead;
	pthread_t thread;
	bool threaded;
	atomic_bool ended;
	struct err ahead_err; /* the thread's until it is joined */
};

/* Not state of the archive: a seam for tests, which have no other file system at hand. */
static atomic_bool force_per_file, force_syncfs;

void os_batch_force_per_file(bool force)
{
	atomic_store(&force_per_file, force);
}

void os_batch_force_syncfs(bool force)
{
	atomic_store(&force_syncfs, force);
}

/* Where one syncfs reports every write-back error since the descriptor was opened (Linux 5.8) and covers names as well as data. */
static bool syncfs_suffices(int fd)
{
	struct statfs file_system;

	if (atomic_load(&force_syncfs))
		return true;
	if (atomic_load(&force_per_file) || fstatfs(fd, &file_system) != 0)
		return false;
	/* The field's type differs between architectures, the magic numbers have 32 bits everywhere. */
	switch ((uint32_t)file_system.f_type) {
	case EXT4_SUPER_MAGIC:
	case XFS_SUPER_MAGIC:
	case BTRFS_SUPER_MAGIC:
		return true;
	default:
		return false;
	}
}

int os_batch_open(struct os_batch **out, int dir, struct err *err)
{
	int fd = os_open(dir, ".", O_RDONLY | O_DIRECTORY, 0, err);

	if (fd < 0)
		return -1;
	struct os_batch *batch = mem_alloc(sizeof(*batch));
	batch->fd = fd;
	batch->ahead = -1;
	batch->per_file = !syncfs_suffices(fd);
	*out = batch;
	return 0;
}

bool os_batch_per_file(const struct os_batch *batch)
{
	return batch->per_file;
}

/* The first error is the batch's for ever. */
static int lost(struct os_batch *batch, struct err *err)
{
	if (err != NULL)
		*err = batch->first;
	return -1;
}

int os_batch_wrote(struct os_batch *batch, int dir, const char *path, struct err *err)
{
	if (batch->first.code != ERR_NONE)
		return lost(batch, err);
	if (!batch->per_file)
		return 0;
	int fd = os_open(dir, path, O_RDONLY | O_NONBLOCK, 0, &batch->first);
	if (fd >= 0)
		os_fsync(fd, path, &batch->first);
	os_close(fd);
	return batch->first.code == ERR_NONE ? 0 : lost(batch, err);
}

static void sync_folder(struct os_batch *batch, size_t which)
{
	os_fsync(batch->folders[which].fd, "a folder of the batch", &batch->first);
	os_close(batch->folders[which].fd);
}

int os_batch_wrote_dir(struct os_batch *batch, int dir, const char *path, struct err *err)
{
	struct stat stat;

	if (batch->first.code != ERR_NONE)
		return lost(batch, err);
	if (!batch->per_file)
		return 0;
	/* The folder itself is kept, not its path: by the time of the sync it may have another, and `dir` may be closed. */
	int fd = os_open(dir, path, O_RDONLY | O_DIRECTORY, 0, &batch->first);
	if (fd < 0)
		return lost(batch, err);
	if (os_stat_fd(fd, path, &stat, &batch->first) != 0) {
		os_close(fd);
		return lost(batch, err);
	}
	for (size_t i = batch->folder_count; i-- > 0;)
		if (batch->folders[i].inode == stat.st_ino && batch->folders[i].device == stat.st_dev) {
			os_close(fd);
			return 0;
		}
	if (batch->folder_count == FOLDERS_MOST) {
		sync_folder(batch, 0);
		for (size_t i = 1; i < FOLDERS_MOST; i++)
			batch->folders[i - 1] = batch->folders[i];
		batch->folder_count--;
	}
	batch->folders[batch->folder_count++] = (struct folder){.fd = fd, .device = stat.st_dev, .inode = stat.st_ino};
	return batch->first.code == ERR_NONE ? 0 : lost(batch, err);
}

static void *sync_ahead(void *context)
{
	struct os_batch *batch = context;

	if (AGAIN(syncfs(batch->ahead)) != 0)
		os_failed(&batch->ahead_err, "make durable", "what was written");
	atomic_store(&batch->ended, true);
	return NULL;
}

static void wait_ahead(struct os_batch *batch)
{
	if (!batch->threaded)
		return;
	pthread_join(batch->thread, NULL);
	batch->threaded = false;
	if (batch->first.code == ERR_NONE)
		batch->first = batch->ahead_err;
}

void os_batch_soon(struct os_batch *batch)
{
	sigset_t all, before;

	if (batch->per_file || batch->first.code != ERR_NONE || (batch->threaded && !atomic_load(&batch->ended)))
		return;
	wait_ahead(batch);
	if (batch->ahead < 0 && batch->first.code == ERR_NONE)
		batch->ahead = os_open(batch->fd, ".", O_RDONLY | O_DIRECTORY, 0, NULL);
	if (batch->ahead < 0 || batch->first.code != ERR_NONE)
		return;
	atomic_store(&batch->ended, false);
	/* Signals are the business of the program's own threads. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	batch->threaded = pthread_create(&batch->thread, NULL, sync_ahead, batch) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

int os_batch_sync(struct os_batch *batch, struct err *err)
{
	wait_ahead(batch);
	if (batch->first.code != ERR_NONE)
		return lost(batch, err);
	if (!batch->per_file) {
		if (AGAIN(syncfs(batch->fd)) != 0)
			os_failed(&batch->first, "make durable", "what was written");
		return batch->first.code == ERR_NONE ? 0 : lost(batch, err);
	}
	while (batch->folder_count > 0 && batch->first.code == ERR_NONE)
		sync_folder(batch, --batch->folder_count);
	return batch->first.code == ERR_NONE ? 0 : lost(batch, err);
}

void os_batch_free(struct os_batch *batch)
{
	if (batch == NULL)
		return;
	wait_ahead(batch);
	while (batch->folder_count > 0)
		os_close(batch->folders[--batch->folder_count].fd);
	os_close(batch->ahead);
	os_close(batch->fd);
	free(batch);
}
