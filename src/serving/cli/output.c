/* Files that commands write for their user. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "os/os.h"
#include "output.h"

int output_open(const char *path, bool force, struct err *err)
{
	struct err why = ERR_INIT;
	int fd;

	if (strcmp(path, "-") == 0) {
		(void)fflush(stdout);
		return STDOUT_FILENO;
	}
	if (force && os_unlink(AT_FDCWD, path, err) != 0)
		return -1;
	fd = os_open(AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL, 0666, &why);
	if (fd >= 0)
		return fd;
	if (os_exists(AT_FDCWD, path, NULL) == 1)
		return err_set(err, ERR_EXISTS, "%s is there already; --force replaces it", path);
	if (err != NULL)
		*err = why;
	if (err != NULL && err->code == ERR_NOT_FOUND)
		return err_set(err, ERR_SYSTEM, "cannot write %s: its folder is not there", path);
	return -1;
}

int output_close(int fd, const char *path, struct err *err)
{
	return fd == STDOUT_FILENO ? 0 : os_close_written(fd, path, err);
}

int output_file(const char *path, struct str content, bool force, struct err *err)
{
	int fd = output_open(path, force, err);

	if (fd < 0)
		return -1;
	if (os_write(fd, content.p, content.n, path, err) != 0) {
		(void)output_close(fd, path, NULL);
		return -1;
	}
	return output_close(fd, path, err);
}
