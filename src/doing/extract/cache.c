/* Texts below derived/text/: one file a document, by the digest of its bytes. Each is written in derived/text/new/ under a name that begins with the digest, so that what a killed writer
 * left goes with the document as well (P6), and is found without looking through all texts; archive (derived.c) knows the folder, too. */
#include "internal.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "os/os.h"

#define POSITION TEXT_FOLDER "/position"
#define NEW TEXT_FOLDER "/new"
#define NEW_SECONDS 3600 /* no text is on its way for so long */
#define LINES_FILE_MAX ((size_t)192 << 20)

void text_file_path(char out[TEXT_PATH], const struct digest *digest, enum text_file which)
{
	static const char *const endings[] = {".json", ".failed", ".tried"};
	struct buf hex = BUF_INIT;
	buf_hex(&hex, digest->bytes, digest_size(digest->alg));
	(void)snprintf(out, TEXT_PATH, TEXT_FOLDER "/%.2s/%s%s", hex.p, hex.p, endings[which]);
	buf_release(&hex);
}

/* 1 there, 0 not, -1 error. An empty file is what power loss leaves of one. */
static int has(int folder, const struct digest *digest, enum text_file which, struct err *err)
{
	char path[TEXT_PATH];
	struct stat status;
	struct err wrong = ERR_INIT;
	text_file_path(path, digest, which);
	if (os_stat(folder, path, &status, &wrong) == 0)
		return status.st_size > 0;
	if (wrong.code == ERR_NOT_FOUND)
		return 0;
	if (err)
		*err = wrong;
	return -1;
}

int extract_state_at(
	int folder, const struct digest *digest, struct str media_type, struct str name, enum extract_state *state, struct err *err)
{
	if (!extract_can(media_type, name)) {
		*state = EXTRACT_NONE;
		return 0;
	}
	int there = has(folder, digest, TEXT_LINES, err);
	*state = EXTRACT_DONE;
	if (there == 0) {
		there = has(folder, digest, TEXT_FAILED, err);
		*state = there ? EXTRACT_FAILED : EXTRACT_WAITING;
	}
	return there < 0 ? -1 : 0;
}

int extract_look(struct archive *archive, const struct digest *digest, struct str media_type, struct str name,
	enum extract_state *state, struct err *err)
{
	return extract_state_at(archive_fd(archive), digest, media_type, name, state, err);
}

int extract_keep(int folder, const struct digest *digest, enum text_file which, struct str content, struct err *err)
{
	char path[TEXT_PATH], other[TEXT_PATH], temporary[TEXT_PATH + 64], sub[TEXT_PATH];
	int result = 0;
	text_file_path(path, digest, which);
	/* A thread's own; another process may read the same document. */
	(void)snprintf(temporary, sizeof(temporary), NEW "%s.%d-%p.new", strrchr(path, '/'), os_process(), (const void *)&path);
	(void)snprintf(sub, sizeof(sub), "%.*s", (int)(strrchr(path, '/') - path), path);
	if (os_mkdirs(folder, sub, err) < 0 || os_mkdir(folder, NEW, err) < 0 || os_unlink(folder, temporary, err) < 0 ||
		os_write_new(folder, temporary, content, 0644, err) < 0)
		return -1;
	if (os_rename_over(folder, temporary, folder, path, err) < 0) {
		os_unlink(folder, temporary, NULL);
		return -1;
	}
	for (int i = TEXT_LINES; i <= TEXT_TRIED; i++) {
		text_file_path(other, digest, (enum text_file)i);
		if (i != (int)which && os_unlink(folder, other, err) < 0)
			result = -1;
	}
	return result;
}

/* ---- what the machine ended ---- */

bool tries_wait(unsigned tries, int64_t last)
{
	int64_t pause = 60, day = 86400, now = os_now();
	for (unsigned i = 1; i < tries && pause < day; i++)
		pause *= 4;
	pause = pause < day ? pause : day;
	/* A clock that was set back makes nobody wait for it. */
	return tries > 0 && now >= last && now - last < pause;
}

unsigned extract_tries(int folder, const struct digest *digest, bool *wait)
{
	char path[TEXT_PATH];
	struct buf text = BUF_INIT;
	struct stat status;
	uint64_t tries = 0;
	text_file_path(path, digest, TEXT_TRIED);
	if (os_read_file(folder, path, 24, &text, NULL) < 0 || text.n == 0 ||
		!decimal_parse((struct str){text.p, text.n - 1}, TRIES_MAX, &tries) || os_stat(folder, path, &status, NULL) < 0)
		tries = 0;
	*wait = tries > 0 && tries_wait((unsigned)tries, status.st_mtime);
	buf_release(&text);
	return (unsigned)tries;
}

int extract_text(struct archive *archive, const struct digest *digest, struct text **text, struct err *err)
{
	char path[TEXT_PATH];
	struct buf lines = BUF_INIT;
	struct err wrong = ERR_INIT;
	*text = NULL;
	text_file_path(path, digest, TEXT_LINES);
	int result = os_read_file(archive_fd(archive), path, LINES_FILE_MAX, &lines, err);
	if (result == 0 && text_read(text, buf_view(&lines), &wrong) < 0) {
		/* Half of it, after a power loss; or somebody was there. It is made again. */
		os_unlink(archive_fd(archive), path, NULL);
		os_unlink(archive_fd(archive), POSITION, NULL);
		result = err_set(err, ERR_NOT_FOUND, "%s is damaged (%s): \"photostat index\" makes it anew", path, wrong.text);
	}
	buf_release(&lines);
	return result;
}

int extract_text_head(struct archive *archive, const struct digest *digest, struct text **text, uint64_t *pages, struct err *err)
{
	char path[TEXT_PATH], first[TEXT_HEAD_MAX];
	ssize_t n = -1;
	int fd;
	*text = NULL;
	text_file_path(path, digest, TEXT_LINES);
	fd = os_open(archive_fd(archive), path, O_RDONLY, 0, err);
	if (fd >= 0)
		n = os_read_at(fd, first, sizeof(first), 0, path, err);
	os_close(fd);
	return n < 0 ? -1 : text_read_head(text, pages, (struct str){first, (size_t)n}, err);
}

uint64_t extract_text_bytes(struct archive *archive, const struct digest *digest)
{
	char path[TEXT_PATH];
	struct stat status;
	text_file_path(path, digest, TEXT_LINES);
	return os_stat(archive_fd(archive), path, &status, NULL) == 0 && status.st_size > 0 ? (uint64_t)status.st_size : 0;
}

int extract_forget_at(int folder, const struct digest *digest, struct err *err)
{
	char path[TEXT_PATH];
	int result = 0;
	for (int which = TEXT_LINES; which <= TEXT_TRIED; which++) {
		text_file_path(path, digest, (enum text_file)which);
		if (os_unlink(folder, path, err) < 0)
			result = -1;
	}
	struct buf hex = BUF_INIT;
	buf_hex(&hex, digest->bytes, digest_size(digest->alg));
	if (os_unlink_beginning(folder, NEW, buf_view(&hex), INT64_MAX, err) < 0)
		result = -1;
	buf_release(&hex);
	return pictures_forget(folder, digest, err) < 0 ? -1 : result;
}

int extract_forget(struct archive *archive, const struct digest *digest, struct err *err)
{
	return extract_forget_at(archive_fd(archive), digest, err);
}

int extract_sweep(int folder, struct err *err)
{
	return os_unlink_beginning(folder, NEW, STR(""), os_now() - NEW_SECONDS, err);
}

/* ---- how far ---- */

uint64_t extract_position(int folder)
{
	struct buf text = BUF_INIT;
	uint64_t size = 0;
	if (os_read_file(folder, POSITION, 24, &text, NULL) < 0 || text.n == 0 ||
		!decimal_parse((struct str){text.p, text.n - 1}, UINT64_MAX, &size))
		size = 0;
	buf_release(&text);
	return size;
}

int extract_set_position(int folder, uint64_t size, struct err *err)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%llu\n", (unsigned long long)size);
	return os_replace(folder, POSITION, (struct str){text, (size_t)n}, 0644, err);
}
