/* fuzz-links: archive catalogue log store record bag ocfl entry tlog os crypto base */
/* What lies in keys/: the head and the secret key. Anything but what this program writes is refused in a sentence. The file is opened through
 * the table of system calls, which here gives the input; its first byte says which of the two it is. */
#include "archive/internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct str content;

static int open_content(int dir, const char *path, int flags, mode_t mode)
{
	int fd = memfd_create("key", MFD_CLOEXEC);

	(void)dir;
	(void)path;
	(void)flags;
	(void)mode;
	if (fd < 0 || (content.n > 0 && write(fd, content.p, content.n) != (ssize_t)content.n) || lseek(fd, 0, SEEK_SET) != 0)
		abort();
	return fd;
}

/* By its name the file is its owner's alone. */
static int stat_content(int dir, const char *path, struct stat *status, int flags)
{
	if (path[0] == '\0')
		return os_real.fstatat(dir, path, status, flags);
	memset(status, 0, sizeof(*status));
	status->st_mode = S_IFREG | 0600;
	return 0;
}

static void check_head(void)
{
	struct err err = ERR_INIT;
	struct head head;

	if (head_read(AT_FDCWD, STR("example.org/a"), &head, &err) != 0) {
		if (err.text[0] == '\0' || err.code == ERR_SYSTEM || err.code == ERR_INTERNAL)
			abort();
	} else if (head.size < UINT64_MAX) {
		struct hash root = head.root;

		head_advance(&head, head.size + 1, &root);
	}
}

static int passphrase(void *context, struct buf *out, struct err *err)
{
	(void)context;
	(void)err;
	buf_text(out, "harbour");
	return 0;
}

static void check_secret(void)
{
	/* Encrypted ones are mostly left at the question: scrypt takes its time. */
	const struct archive_asks asks = {.passphrase = content.n % 64 == 0 ? passphrase : NULL};
	bool encrypted = false;
	struct err err = ERR_INIT;
	unsigned char secret[ED25519_SECRET];
	struct buf again = BUF_INIT;
	struct vkey key;

	if (keys_secret_read(AT_FDCWD, KEY_NAME, NOTE_ED25519, &asks, &key, secret, &encrypted, &err) != 0) {
		if (err.text[0] == '\0' || err.code == ERR_SYSTEM || err.code == ERR_INTERNAL)
			abort();
		return;
	}
	keys_secret_format(&again, &key, secret);
	if (!encrypted && !str_equal(buf_view(&again), content))
		abort();
	buf_release(&again);
	vkey_release(&key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct os_calls calls = os_real;

	if (size == 0)
		return 0;
	calls.openat = open_content;
	calls.fstatat = stat_content;
	os_calls = &calls;
	content = (struct str){(const char *)data + 1, size - 1};
	if (data[0] == 'h')
		check_head();
	else
		check_secret();
	os_calls = &os_real;
	return 0;
}
