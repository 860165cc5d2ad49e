/* Files that a command's user names, outside any archive. */
#include "input.h"

#include "os/os.h"

#define PIECE ((size_t)256 << 10)

int input_file(const char *path, size_t max, struct buf *out, struct err *err)
{
	int fd = os_calls->openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0), result = -1;
	ssize_t n = -1;

	if (fd < 0)
		return err_sys(err, "cannot read %s", path);
	out->max = max;
	do {
		char *room = buf_reserve(out, PIECE);

		n = room == NULL ? err_set(err, ERR_LIMIT, "%s is larger than %zu bytes", path, max)
				 : os_read(fd, room, PIECE, path, err);
		if (n > 0) {
			out->n += (size_t)n;
			out->p[out->n] = '\0';
		}
	} while (n > 0);
	if (n == 0)
		result = 0;
	os_close(fd);
	return result;
}
