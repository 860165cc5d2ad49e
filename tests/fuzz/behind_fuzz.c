/* fuzz-links: archive catalogue log store record bag ocfl entry tlog os crypto base */
/* What says how far an archive's log is beside the log itself: `ahead` (what others have seen) and `held` (what is held). The first byte says which;
 * the file is opened through the table of system calls, which here gives the input. Nothing binds that the log's key has not signed. */
#include "archive/internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define VERIFIER "example.org/a+f3e1c44e+AT7V9RI3b6TqinTMx3pajVkTmU2ttRuyDi+4ItQgX7r3"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct str content;

static int open_content(int dir, const char *path, int flags, mode_t mode)
{
	int fd = memfd_create("file", MFD_CLOEXEC);

	(void)dir;
	(void)path;
	(void)flags;
	(void)mode;
	if (fd < 0 || (content.n > 0 && write(fd, content.p, content.n) != (ssize_t)content.n) || lseek(fd, 0, SEEK_SET) != 0)
		abort();
	return fd;
}

static void check_ahead(void)
{
	struct archive archive;
	struct ahead ahead;
	struct note note;

	memset(&archive, 0, sizeof(archive));
	memset(&ahead, 0, sizeof(ahead));
	archive.conf.origin = mem_dup(STR("example.org/a"));
	if (vkey_parse(&archive.verifier, STR(VERIFIER), NULL) != 0)
		abort();
	buf_str(&ahead.text, content);
	if (ahead_parse(&archive, &ahead) && (note_parse(&note, ahead.note, NULL) != 0 ||
						     note_verify(&note, &archive.verifier, NULL, NULL) != 1 || ahead.who.n == 0))
		abort();
	ahead_release(&ahead);
	vkey_release(&archive.verifier);
	free(archive.conf.origin);
}

static void check_held(void)
{
	struct buf again = BUF_INIT;
	struct holdings held;
	struct err err = ERR_INIT;

	if (holdings_read(&held, AT_FDCWD, STR("example.org/a"), &err) != 0) {
		if (err.text[0] == '\0' || err.code == ERR_SYSTEM || err.code == ERR_INTERNAL)
			abort();
	} else {
		holdings_format(&again, &held, STR("example.org/a"));
		if (!str_equal(buf_view(&again), content))
			abort();
	}
	holdings_release(&held);
	buf_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct os_calls calls = os_real;

	if (size == 0)
		return 0;
	calls.openat = open_content;
	os_calls = &calls;
	content = (struct str){(const char *)data + 1, size - 1};
	if (data[0] == 'a')
		check_ahead();
	else
		check_held();
	os_calls = &os_real;
	return 0;
}
