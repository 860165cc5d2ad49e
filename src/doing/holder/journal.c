/* The holder's own journal: what was done here, for people, a line each; it is only ever added to. */
#include <fcntl.h>

#include "internal.h"

#define JOURNAL "journal"

int holder_journal(int folder, struct str lines, struct err *err)
{
	int fd = os_open(folder, JOURNAL, O_WRONLY | O_CREAT | O_APPEND, 0644, err), result = -1;

	if (fd < 0)
		return -1;
	if (os_write(fd, lines.p, lines.n, JOURNAL, err) == 0 && os_fsync(fd, JOURNAL, err) == 0)
		result = 0;
	os_close(fd);
	return result;
}
