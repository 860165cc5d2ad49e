/* A holder's journal: what was done there, for people, a line each; it is only ever added to. */
#include <fcntl.h>
#include <stdlib.h>

#include "internal.h"

#define JOURNAL "journal"

/* What a crash came after is not written twice. */
static int ends_with(int fd, struct str lines, struct err *err)
{
	struct stat status;
	char *bytes = NULL;
	size_t got = 0;
	int result = -1;

	if (os_stat_fd(fd, JOURNAL, &status, err) != 0)
		return -1;
	if ((uint64_t)status.st_size < lines.n || lines.n == 0)
		return 0;
	bytes = mem_grow(NULL, lines.n, 1);
	while (got < lines.n) {
		ssize_t n = os_read_at(fd, bytes + got, lines.n - got, (uint64_t)status.st_size - lines.n + got, JOURNAL, err);

		if (n < 0)
			goto out;
		if (n == 0)
			break;
		got += (size_t)n;
	}
	result = str_equal((struct str){bytes, got}, lines);
out:
	free(bytes);
	return result;
}

int archive_journal(int folder, struct str lines, struct err *err)
{
	int fd = os_open(folder, JOURNAL, O_RDWR | O_CREAT | O_APPEND, 0644, err), result = -1, there;

	if (fd < 0)
		return -1;
	there = ends_with(fd, lines, err);
	if (there >= 0 && (there == 1 || os_write(fd, lines.p, lines.n, JOURNAL, err) == 0) && os_fsync(fd, JOURNAL, err) == 0)
		result = os_fsync_dir(folder, ".", err);
	os_close(fd);
	return result;
}
