#include "copy.h"

#include <stdio.h>
#include <stdlib.h>

#include "os/os.h"

static void must(int result, const struct err *err)
{
	if (result == 0)
		return;
	(void)fprintf(stderr, "copy: %s\n", err->text);
	abort();
}

void copy_folder(const char *from, const char *to)
{
	struct os_dir *dir;
	struct os_name name;
	struct err err = ERR_INIT;

	must(os_mkdir(AT_FDCWD, to, &err), &err);
	must(os_dir_open(&dir, AT_FDCWD, from, &err), &err);
	while (os_dir_next(dir, &name, &err) == 1) {
		char one[1024], other[1024];
		struct buf bytes = BUF_INIT;
		struct stat status;

		(void)snprintf(one, sizeof(one), "%s/%s", from, name.name);
		(void)snprintf(other, sizeof(other), "%s/%s", to, name.name);
		if (name.type == DT_DIR) {
			copy_folder(one, other);
			continue;
		}
		must(os_stat(AT_FDCWD, one, &status, &err), &err);
		must(os_read_file(AT_FDCWD, one, 1u << 22, &bytes, &err), &err);
		must(os_write_new(AT_FDCWD, other, buf_view(&bytes), status.st_mode & 0777, &err), &err);
		buf_release(&bytes);
	}
	os_dir_close(dir);
}
