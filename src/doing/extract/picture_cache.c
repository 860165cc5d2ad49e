/* Pictures below derived/images/: a folder a document, by the digest of its bytes; a file a picture, named by what was wished. What cannot be shown is remembered as well: nobody
 * makes the server try a bomb twice. */
#include "internal.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/os.h"

#define FAILED ".failed"
#define PATH 240
#define FILES_MAX 1000000u

/* What this process knows of the cache, and who is at work: there is one machine. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t free_again = PTHREAD_COND_INITIALIZER;
static unsigned at_work;
static uint64_t bytes_there;
static bool counted;

static void folder_of(char out[PATH], const struct digest *digest)
{
	struct buf hex = BUF_INIT;
	buf_hex(&hex, digest->bytes, digest_size(digest->alg));
	(void)snprintf(out, PATH, IMAGES_FOLDER "/%.2s/%s", hex.p, hex.p);
	buf_release(&hex);
}

static void size_path(char out[PATH], const struct digest *digest, const struct extract_picture *picture)
{
	size_t n;
	folder_of(out, digest);
	n = strlen(out);
	(void)snprintf(out + n, PATH - n, "/%u.size", picture->page);
}

static void picture_path(char out[PATH], const struct digest *digest, const struct extract_picture *picture)
{
	size_t n;
	folder_of(out, digest);
	n = strlen(out);
	(void)snprintf(out + n, PATH - n, "/%u-%u,%u,%u,%u-%u,%u-%u%s.%s", picture->page, picture->x, picture->y, picture->width,
		picture->height, picture->out_width, picture->out_height, picture->rotation, picture->grey ? "-gray" : "",
		picture->png ? "png" : "jpg");
}

/* ---- looking ------------------------------------------------------------------------------------------------------------------------------- */

/* Of what is kept of a failure, "b N …": how often the machine ended it; 0: it is a verdict. */
static unsigned tries_of(const struct buf *why)
{
	return why->n > 4 && why->p[0] == 'b' && why->p[2] >= '1' && why->p[2] <= '9' ? (unsigned)(why->p[2] - '0') : 0;
}

/* Nothing is there: because it was tried? */
static int look_for_failure(int folder, const char *path, struct err *err)
{
	char failed[PATH + 8];
	struct buf why = BUF_INIT;
	struct stat status;
	unsigned tries;
	int result;
	(void)snprintf(failed, sizeof(failed), "%s" FAILED, path);
	result = os_read_file(folder, failed, 400, &why, NULL);
	tries = result == 0 ? tries_of(&why) : 0;
	if (tries > 0 && (os_stat(folder, failed, &status, NULL) < 0 || !tries_wait(tries, status.st_mtime)))
		result = -1;
	if (result == 0 && why.n > 4 && tries > 0) {
		why.p[why.n - 1] = '\0';
		result = err_set(err, tries < TRIES_MAX ? ERR_BUSY : ERR_SYNTAX, "%s", why.p + 4);
	} else if (result == 0 && why.n > 2) {
		why.p[why.n - 1] = '\0';
		result = err_set(err, why.p[0] == 'l' ? ERR_LIMIT : ERR_SYNTAX, "%s", why.p + 2);
	} else {
		result = err_set(err, ERR_NOT_FOUND, "that picture was not made yet");
	}
	buf_release(&why);
	return result;
}

int extract_picture_find(
	struct archive *archive, const struct digest *digest, const struct extract_picture *picture, int *fd, struct err *err)
{
	char path[PATH];
	struct stat status;
	struct err wrong = ERR_INIT;
	picture_path(path, digest, picture);
	*fd = os_open(archive_fd(archive), path, O_RDONLY | O_NONBLOCK, 0, &wrong);
	if (*fd < 0 && wrong.code != ERR_NOT_FOUND) {
		if (err)
			*err = wrong;
		return -1;
	}
	/* An empty file is what power loss leaves of one. */
	if (*fd >= 0 && os_stat_fd(*fd, path, &status, NULL) == 0 && S_ISREG(status.st_mode) && status.st_size > 0)
		return 0;
	os_close(*fd);
	*fd = -1;
	return look_for_failure(archive_fd(archive), path, err);
}

int extract_picture_find_size(struct archive *archive, const struct digest *digest, const struct extract_picture *picture,
	uint32_t *width, uint32_t *height, struct err *err)
{
	char path[PATH];
	struct buf text = BUF_INIT;
	struct str rest, wide;
	uint64_t numbers[2] = {0, 0};
	bool fine;
	size_path(path, digest, picture);
	fine = os_read_file(archive_fd(archive), path, 64, &text, NULL) == 0;
	rest = buf_view(&text);
	fine = fine && str_take_until(&rest, ' ', &wide) && rest.p && rest.n > 1 &&
	       decimal_parse(wide, EXTRACT_SIDE_MAX, &numbers[0]) &&
	       decimal_parse((struct str){rest.p, rest.n - 1}, EXTRACT_SIDE_MAX, &numbers[1]) && numbers[0] > 0 && numbers[1] > 0;
	buf_release(&text);
	if (!fine)
		return look_for_failure(archive_fd(archive), path, err);
	*width = (uint32_t)numbers[0];
	*height = (uint32_t)numbers[1];
	return 0;
}

/* ---- keeping ------------------------------------------------------------------------------------------------------------------------------- */

int pictures_forget(int folder, const struct digest *digest, struct err *err)
{
	char path[PATH];
	folder_of(path, digest);
	return os_remove_tree(folder, path, err);
}

/* Counts what comes; when that is too much, or nobody counted yet, looks at all there is and takes a fifth away. */
static void count(int folder, uint64_t bytes)
{
	uint64_t left = 0;
	bool sweep;
	pthread_mutex_lock(&lock);
	bytes_there += bytes;
	sweep = !counted || bytes_there > EXTRACT_IMAGES_MAX;
	if (sweep) {
		/* Others go on: they count beside it, and the next sweep sees them. */
		counted = true;
		bytes_there = 0;
	}
	pthread_mutex_unlock(&lock);
	if (!sweep || pictures_sweep(folder, EXTRACT_IMAGES_MAX, &left, NULL) < 0)
		return;
	pthread_mutex_lock(&lock);
	bytes_there += left;
	pthread_mutex_unlock(&lock);
}

/* A cache may be lost: what cannot be kept is no error. */
static void keep(
	int folder, const struct digest *digest, const struct extract_picture *picture, const char *path, struct str content)
{
	char temporary[PATH + 64], sub[PATH];
	struct stat status;
	folder_of(sub, digest);
	(void)snprintf(temporary, sizeof(temporary), "%s.%p.new", path, (const void *)&status); /* a thread's own */
	if (os_mkdirs(folder, sub, NULL) < 0 || os_unlink(folder, temporary, NULL) < 0 ||
		os_write_new(folder, temporary, content, 0644, NULL) < 0)
		return;
	if (os_rename_over(folder, temporary, folder, path, NULL) < 0)
		os_unlink(folder, temporary, NULL);
	/* The document's file went meanwhile: an expunge forgets what is there after that, so one of the two of us sees this one (P6). */
	if (os_stat_fd(picture->fd, path, &status, NULL) < 0 || status.st_nlink == 0)
		pictures_forget(folder, digest, NULL);
	count(folder, content.n);
}

static void keep_failure(
	int folder, const struct digest *digest, const struct extract_picture *picture, const char *path, const struct err *why)
{
	char failed[PATH + 8];
	struct buf line = BUF_INIT, before = BUF_INIT;
	unsigned tries = 0;
	/* A verdict only on what lies in the document. Of a busy machine, how often: nobody makes it try without end either. */
	if (why->code != ERR_SYNTAX && why->code != ERR_LIMIT && why->code != ERR_BUSY)
		return;
	(void)snprintf(failed, sizeof(failed), "%s" FAILED, path);
	if (why->code == ERR_BUSY && os_read_file(folder, failed, 400, &before, NULL) == 0)
		tries = tries_of(&before);
	if (why->code == ERR_BUSY)
		buf_printf(&line, "b %u %.300s\n", tries < 9 ? tries + 1 : 9, why->text);
	else
		buf_printf(&line, "%c %.300s\n", why->code == ERR_LIMIT ? 'l' : 's', why->text);
	buf_release(&before);
	keep(folder, digest, picture, failed, buf_view(&line));
	buf_release(&line);
}

static void take_turn(void)
{
	pthread_mutex_lock(&lock);
	while (at_work >= EXTRACT_IMAGES_WORKERS)
		pthread_cond_wait(&free_again, &lock);
	at_work++;
	pthread_mutex_unlock(&lock);
}

static void end_turn(void)
{
	pthread_mutex_lock(&lock);
	at_work--;
	pthread_cond_signal(&free_again);
	pthread_mutex_unlock(&lock);
}

int extract_picture_make_size(struct archive *archive, const struct digest *digest, const struct extract_picture *picture,
	uint32_t *width, uint32_t *height, struct err *err)
{
	char path[PATH];
	struct buf line = BUF_INIT;
	struct err wrong = ERR_INIT;
	int result;
	size_path(path, digest, picture);
	take_turn();
	result = extract_picture_size(picture, width, height, &wrong);
	end_turn();
	if (result == 0) {
		buf_printf(&line, "%u %u\n", *width, *height);
		keep(archive_fd(archive), digest, picture, path, buf_view(&line));
		buf_release(&line);
		return 0;
	}
	keep_failure(archive_fd(archive), digest, picture, path, &wrong);
	if (err)
		*err = wrong;
	return -1;
}

int extract_picture_make(struct archive *archive, const struct digest *digest, const struct extract_picture *picture,
	struct buf *out, struct err *err)
{
	char path[PATH];
	struct err wrong = ERR_INIT;
	size_t before = out->n;
	int result;
	picture_path(path, digest, picture);
	take_turn();
	result = extract_picture(picture, out, &wrong);
	end_turn();
	if (result == 0) {
		keep(archive_fd(archive), digest, picture, path, (struct str){out->p + before, out->n - before});
		return 0;
	}
	keep_failure(archive_fd(archive), digest, picture, path, &wrong);
	if (err)
		*err = wrong;
	return -1;
}

/* ---- the oldest go ----------------------------------------------------------------------------------------------------------------------------- */

struct kept {
	int64_t seconds;
	uint64_t size;
	char *path;
};
struct sweep {
	int folder;
	struct kept *files;
	size_t count, cap;
	uint64_t bytes;
};

static int look_at(struct sweep *sweep, const char *path)
{
	struct stat status;
	if (os_stat(sweep->folder, path, &status, NULL) < 0 || !S_ISREG(status.st_mode))
		return 0;
	if (sweep->count == FILES_MAX)
		return 0;
	if (sweep->count == sweep->cap) {
		sweep->cap = sweep->cap ? sweep->cap * 2 : 256;
		sweep->files = mem_grow(sweep->files, sweep->cap, sizeof(*sweep->files));
	}
	/* Less than a block is not held. */
	uint64_t size = ((uint64_t)status.st_size + 4095) / 4096 * 4096;
	sweep->files[sweep->count++] = (struct kept){.seconds = status.st_mtime, .size = size, .path = mem_dup(str_from(path))};
	sweep->bytes += size;
	return 0;
}

/* The three levels of it, no deeper. */
static int walk(struct sweep *sweep, const char *path, unsigned level, struct err *err)
{
	struct os_dir *dir = NULL;
	struct os_name name;
	char inner[PATH + 300];
	int more;
	struct err wrong = ERR_INIT;
	if (os_dir_open(&dir, sweep->folder, path, &wrong) < 0) {
		if (wrong.code == ERR_NOT_FOUND)
			return 0;
		if (err)
			*err = wrong;
		return -1;
	}
	while ((more = os_dir_next(dir, &name, err)) == 1) {
		if (snprintf(inner, sizeof(inner), "%s/%s", path, name.name) >= (int)sizeof(inner))
			continue; /* no name of ours is so long */
		if (level == 2)
			look_at(sweep, inner);
		else if (name.type == DT_DIR && (more = walk(sweep, inner, level + 1, err)) < 0)
			break;
	}
	os_dir_close(dir);
	return more < 0 ? -1 : 0;
}

static int older_first(const void *left, const void *right)
{
	const struct kept *a = left, *b = right;
	return a->seconds < b->seconds ? -1 : a->seconds > b->seconds;
}

int pictures_sweep(int folder, uint64_t most, uint64_t *left, struct err *err)
{
	struct sweep sweep = {.folder = folder};
	int result = walk(&sweep, IMAGES_FOLDER, 0, err);
	if (result == 0 && sweep.bytes > most) {
		qsort(sweep.files, sweep.count, sizeof(*sweep.files), older_first);
		for (size_t i = 0; i < sweep.count && sweep.bytes > most / 5 * 4; i++)
			if (os_unlink(folder, sweep.files[i].path, NULL) == 0)
				sweep.bytes -= sweep.files[i].size;
	}
	*left = sweep.bytes;
	for (size_t i = 0; i < sweep.count; i++)
		free(sweep.files[i].path);
	free(sweep.files);
	return result;
}
