/* fuzz-links: archive catalogue log store record bag ocfl entry tlog os crypto base */
/* archive.conf: what is read is written so that it is read again as the same; all else is refused in a sentence. The file is opened through the
 * table of system calls, which here gives the input. */
#include "archive/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct str content;

static int open_content(int dir, const char *path, int flags, mode_t mode)
{
	int fd = memfd_create("archive.conf", MFD_CLOEXEC);

	(void)dir;
	(void)path;
	(void)flags;
	(void)mode;
	if (fd < 0 || (content.n > 0 && write(fd, content.p, content.n) != (ssize_t)content.n) || lseek(fd, 0, SEEK_SET) != 0)
		abort();
	return fd;
}

static bool same(const char *one, const char *other)
{
	return one == NULL || other == NULL ? one == other : strcmp(one, other) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct os_calls calls = os_real;
	struct conf first, second;
	struct buf written = BUF_INIT;
	struct err err = ERR_INIT;

	calls.openat = open_content;
	os_calls = &calls;
	content = (struct str){(const char *)data, size};
	if (conf_read(&first, AT_FDCWD, &err) != 0) {
		if (err.text[0] == '\0' || err.code == ERR_SYSTEM)
			abort();
	} else {
		conf_write(&written, &first);
		content = buf_view(&written);
		if (conf_read(&second, AT_FDCWD, &err) != 0 || !same(first.title, second.title) ||
			!same(first.origin, second.origin) || !same(first.digest, second.digest) ||
			!same(first.keys, second.keys) || !same(first.verifier, second.verifier) ||
			!same(first.quorum, second.quorum) || first.witness_count != second.witness_count)
			abort();
		if (first.former_count != second.former_count)
			abort();
		for (size_t i = 0; i < first.former_count; i++)
			if (!same(first.former[i], second.former[i]))
				abort();
		if (first.holder_count != second.holder_count)
			abort();
		for (size_t i = 0; i < first.holder_count; i++)
			if (!same(first.holders[i], second.holders[i]))
				abort();
		for (size_t i = 0; i < first.witness_count; i++)
			if (!same(first.witnesses[i].name, second.witnesses[i].name) ||
				!same(first.witnesses[i].key, second.witnesses[i].key) ||
				!same(first.witnesses[i].url, second.witnesses[i].url))
				abort();
		conf_release(&first);
		conf_release(&second);
		buf_release(&written);
	}
	os_calls = &os_real;
	return 0;
}
