/* Folders on disk, read for the validators. */
#include <stdlib.h>
#include <string.h>

#include "folder.h"
#include "os/os.h"

#define PIECE ((size_t)256 << 10)

int folder_open(struct folder *folder, const char *path, struct err *err)
{
	folder->fd = os_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0, err);
	if (folder->fd >= 0)
		return 0;
	if (err != NULL && err->code == ERR_NOT_FOUND)
		return err_set(err, ERR_SYSTEM, "there is no folder %s", path);
	return -1;
}

void folder_close(struct folder *folder)
{
	os_close(folder->fd);
	folder->fd = -1;
}

bool folder_has(const struct folder *folder, const char *name)
{
	return os_exists(folder->fd, name, NULL) == 1;
}

int folder_empty(const struct folder *folder, bool *empty, struct err *err)
{
	struct os_dir *dir = NULL;
	struct os_name name;
	int got = 0;

	if (os_dir_open(&dir, folder->fd, ".", err) != 0)
		return -1;
	*empty = true;
	while (*empty && (got = os_dir_next(dir, &name, err)) == 1) {
		struct stat status;

		*empty = name.name[0] == '.' && name.type == DT_REG && os_stat(os_dir_fd(dir), name.name, &status, NULL) == 0 &&
			 status.st_size == 0;
	}
	os_dir_close(dir);
	return got < 0 ? -1 : 0;
}

static int list(void *context, const char *path, ocfl_each *each, void *each_context, struct err *err)
{
	const struct folder *folder = context;
	struct os_dir *dir = NULL;
	struct os_name name;
	int got, result = -1;

	if (os_dir_open(&dir, folder->fd, path[0] == '\0' ? "." : path, err) != 0)
		return -1;
	while ((got = os_dir_next(dir, &name, err)) == 1) {
		struct ocfl_name found = {.name = str_from(name.name), .links = 1};
		struct stat status;

		found.type = name.type == DT_REG   ? OCFL_FILE
			     : name.type == DT_DIR ? OCFL_FOLDER
			     : name.type == DT_LNK ? OCFL_LINK
						   : OCFL_OTHER;
		if (found.type == OCFL_FILE) {
			if (os_stat(os_dir_fd(dir), name.name, &status, err) != 0)
				goto out;
			found.links = (uint64_t)status.st_nlink;
		}
		if (each(each_context, &found, err) != 0)
			goto out;
	}
	result = got;
out:
	os_dir_close(dir);
	return result;
}

static int read_file(void *context, const char *path, ocfl_sink *sink, void *sink_context, struct err *err)
{
	const struct folder *folder = context;
	unsigned char *piece;
	struct stat status;
	ssize_t n = 0;
	int fd, result = -1;

	if (os_stat(folder->fd, path, &status, err) != 0)
		return -1;
	if (!S_ISREG(status.st_mode))
		return err_set(err, ERR_SYNTAX, "%s is not a regular file", path);
	fd = os_open(folder->fd, path, O_RDONLY | O_NONBLOCK, 0, err);
	if (fd < 0)
		return -1;
	piece = mem_grow(NULL, PIECE, 1);
	while ((n = os_read(fd, piece, PIECE, path, err)) > 0) {
		if (sink(sink_context, piece, (size_t)n, err) != 0)
			goto out;
		if ((size_t)n < PIECE)
			break;
	}
	result = n < 0 ? -1 : 0;
out:
	free(piece);
	os_close(fd);
	return result;
}

struct ocfl_tree folder_ocfl_tree(const struct folder *folder)
{
	/* the callbacks only read it */
	union {
		const struct folder *in;
		void *out;
	} context = {.in = folder};

	return (struct ocfl_tree){.context = context.out, .list = list, .read = read_file};
}
