/* Pictures that are kept: found again, bounded, forgotten with their document (P6), never in the way (P8). */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "extract/pool.h"
#include "os/os.h"
#include "support.h"

static char place[200];
static struct archive *archive;
static struct digest digest;

static void path_in(char out[300], const char *name)
{
	(void)snprintf(out, 300, "%s/%s", place, name);
}

static int start(void **state)
{
	struct archive_init init = {.digest = DIGEST_SHA256};
	struct archive_made made;
	char path[300];
	struct err err = ERR_INIT;
	const char *base = getenv("TMPDIR");
	(void)state;
	memset(&made, 0, sizeof(made));
	(void)snprintf(place, sizeof(place), "%s/images-cache-XXXXXX", base ? base : "/tmp");
	if (!mkdtemp(place))
		return -1;
	path_in(path, "archive");
	init.path = path;
	if (archive_init(&init, &made, &err) != 0 || archive_open(&archive, path, ARCHIVE_READ, NULL, NULL, &err) != 0) {
		print_error("%s\n", err.text);
		return -1;
	}
	archive_made_release(&made);
	digest.alg = DIGEST_SHA256;
	memset(digest.bytes, 0xAB, digest_size(digest.alg));
	return 0;
}

static int end(void **state)
{
	(void)state;
	archive_close(archive);
	return os_remove_tree(AT_FDCWD, place, NULL);
}

/* A document's own file, with a name that can go. */
static int document(const char *name, struct str bytes)
{
	char path[300];
	path_in(path, name);
	if (os_write_new(AT_FDCWD, path, bytes, 0644, NULL) != 0)
		return -1;
	return open(path, O_RDONLY | O_CLOEXEC);
}

static void kept(void **state)
{
	(void)state;
	struct buf png = png_of(300, 200, 200, told), out = BUF_INIT, again = BUF_INIT;
	struct extract_picture wish = {.least = EXTRACT_LIMITS, .out_width = 30, .out_height = 20};
	struct err err = ERR_INIT;
	uint32_t width = 0, height = 0;
	char piece[65536];
	int fd = -1;
	wish.fd = document("a.png", buf_view(&png));
	assert_true(wish.fd >= 0);
	assert_int_equal(extract_picture_find_size(archive, &digest, &wish, &width, &height, &err), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_int_equal(extract_picture_make_size(archive, &digest, &wish, &width, &height, &err), 0);
	width = height = 0;
	assert_int_equal(extract_picture_find_size(archive, &digest, &wish, &width, &height, &err), 0);
	assert_int_equal(width, 300);
	assert_int_equal(height, 200);
	assert_int_equal(extract_picture_find(archive, &digest, &wish, &fd, &err), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_int_equal(extract_picture_make(archive, &digest, &wish, &out, &err), 0);
	assert_int_equal(extract_picture_find(archive, &digest, &wish, &fd, &err), 0);
	buf_add(&again, piece, (size_t)read(fd, piece, sizeof(piece)));
	close(fd);
	assert_int_equal(again.n, out.n);
	assert_memory_equal(again.p, out.p, out.n);
	/* Another wish is another picture. */
	wish.grey = true;
	assert_int_equal(extract_picture_find(archive, &digest, &wish, &fd, &err), -1);
	wish.grey = false;
	/* Forgotten: not even its size is there. */
	assert_int_equal(extract_forget(archive, &digest, &err), 0);
	assert_int_equal(extract_picture_find(archive, &digest, &wish, &fd, &err), -1);
	assert_int_equal(extract_picture_find_size(archive, &digest, &wish, &width, &height, &err), -1);
	/* Made while the document went: shown to who asked then, but not kept. */
	char path[300];
	path_in(path, "a.png");
	assert_int_equal(unlink(path), 0);
	buf_clear(&out);
	lseek(wish.fd, 0, SEEK_SET);
	assert_int_equal(extract_picture_make(archive, &digest, &wish, &out, &err), 0);
	assert_true(out.n > 0);
	assert_int_equal(extract_picture_find(archive, &digest, &wish, &fd, &err), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	close(wish.fd);
	buf_release(&png);
	buf_release(&out);
	buf_release(&again);
}

static void failures(void **state)
{
	(void)state;
	struct extract_picture wish = {.least = EXTRACT_LIMITS};
	struct err first = ERR_INIT, second = ERR_INIT;
	struct buf out = BUF_INIT;
	uint32_t width, height;
	int fd;
	wish.fd = document("b.png", STR("no picture"));
	assert_int_equal(extract_picture_make_size(archive, &digest, &wish, &width, &height, &first), -1);
	assert_int_equal(first.code, ERR_SYNTAX);
	/* Not tried again, and why is known. */
	assert_int_equal(extract_picture_find_size(archive, &digest, &wish, &width, &height, &second), -1);
	assert_int_equal(second.code, ERR_SYNTAX);
	assert_string_equal(second.text, first.text);
	assert_int_equal(extract_picture_make(archive, &digest, &wish, &out, &first), -1);
	assert_int_equal(extract_picture_find(archive, &digest, &wish, &fd, &second), -1);
	assert_int_equal(second.code, ERR_SYNTAX);
	/* A request that makes no sense is not the document's fault. */
	struct buf png = png_of(30, 20, 20, told);
	wish.fd = document("c.png", buf_view(&png));
	wish.x = 50;
	wish.width = wish.height = 5;
	assert_int_equal(extract_picture_make(archive, &digest, &wish, &out, &first), -1);
	assert_int_equal(first.code, ERR_USAGE);
	assert_int_equal(extract_picture_find(archive, &digest, &wish, &fd, &second), -1);
	assert_int_equal(second.code, ERR_NOT_FOUND);
	assert_int_equal(extract_forget(archive, &digest, NULL), 0);
	close(wish.fd);
	buf_release(&png);
}

/* A worker of this script in the place of the real one. */
static void worker(const char *script)
{
	char folder[300], path[400], text[400];
	path_in(folder, "workers");
	(void)snprintf(path, sizeof(path), "%s/photostat-extract-pictures", folder);
	(void)snprintf(text, sizeof(text), "#!/bin/sh\n%s\n", script);
	(void)mkdir(folder, 0755);
	(void)unlink(path);
	assert_int_equal(os_write_new(AT_FDCWD, path, str_from(text), 0755, NULL), 0);
	assert_int_equal(setenv("PHOTOSTAT_EXTRACT", folder, 1), 0);
}

static void make_older(const char *path, int64_t seconds)
{
	struct timespec times[2] = {{.tv_sec = os_now() - seconds}, {.tv_sec = os_now() - seconds}};
	assert_int_equal(utimensat(archive_fd(archive), path, times, 0), 0);
}

static enum err_code found(const struct extract_picture *wish)
{
	struct err err = ERR_INIT;
	uint32_t width, height;
	return extract_picture_find_size(archive, &digest, wish, &width, &height, &err) == 0 ? ERR_NONE : err.code;
}

static enum err_code made(const struct extract_picture *wish)
{
	struct err err = ERR_INIT;
	uint32_t width, height;
	return extract_picture_make_size(archive, &digest, wish, &width, &height, &err) == 0 ? ERR_NONE : err.code;
}

/* A worker that was killed, or not ready in time, without having had its processor time, is no verdict on the document. Nor may a document make the server try without end. */
static void busy(void **state)
{
	(void)state;
	char *real = strdup(getenv("PHOTOSTAT_EXTRACT") ? getenv("PHOTOSTAT_EXTRACT") : "");
	struct buf png = png_of(30, 20, 20, told), hex = BUF_INIT, path = BUF_INIT, out = BUF_INIT;
	struct extract_picture wish = {.least = EXTRACT_LIMITS};
	wish.fd = document("d.png", buf_view(&png));
	buf_hex(&hex, digest.bytes, digest_size(digest.alg));
	buf_printf(&path, IMAGES_FOLDER "/%.2s/%s/0.size.failed", hex.p, hex.p);
	worker("kill -9 $$");
	/* Tried again, each time later: not before that, and at last only then. */
	for (unsigned tries = 1, pause = 60; tries <= 6; tries++, pause *= 4) {
		assert_int_equal(made(&wish), ERR_BUSY);
		assert_int_equal(found(&wish), tries < TRIES_MAX ? ERR_BUSY : ERR_SYNTAX);
		make_older(path.p, pause - 30);
		assert_int_equal(found(&wish), tries < TRIES_MAX ? ERR_BUSY : ERR_SYNTAX);
		make_older(path.p, pause + 1);
		assert_int_equal(found(&wish), ERR_NOT_FOUND);
	}
	/* A day at most. */
	for (unsigned tries = 7; tries <= 12; tries++)
		assert_int_equal(made(&wish), ERR_BUSY);
	make_older(path.p, 86400 - 30);
	assert_int_equal(found(&wish), ERR_SYNTAX);
	make_older(path.p, 86400 + 1);
	assert_int_equal(found(&wish), ERR_NOT_FOUND);
	/* The machine has time again. */
	assert_int_equal(setenv("PHOTOSTAT_EXTRACT", real, 1), 0);
	assert_int_equal(made(&wish), ERR_NONE);
	assert_int_equal(found(&wish), ERR_NONE);
	/* By the clock on the wall too, and only there: who had his processor time was slow himself. */
	const char *const arguments[] = {NULL};
	struct extract_outcome outcome;
	struct err err = ERR_INIT;
	struct extract_work work = {.program = READER_PICTURES,
		.arguments = arguments,
		.fd = wish.fd,
		.seconds = 20,
		.milliseconds = 200,
		.output_max = 100};
	worker("/bin/sleep 100");
	assert_int_equal(extract_work(&work, &out, &outcome, &err), -1);
	assert_int_equal(err.code, ERR_BUSY);
	assert_true(extract_had_its_time(20, 20000) && !extract_had_its_time(20, 200));
	assert_int_equal(setenv("PHOTOSTAT_EXTRACT", real, 1), 0);
	assert_int_equal(extract_forget(archive, &digest, NULL), 0);
	close(wish.fd);
	free(real);
	buf_release(&png);
	buf_release(&hex);
	buf_release(&path);
	buf_release(&out);
}

/* archive/internal.h: an expunge takes what it knows of by name. */
int archive_forget_derived(struct archive *, const struct digest *, struct err *);

static enum extract_state read_text(const char *name, struct str bytes, struct err *err)
{
	struct pool *pool = pool_new(1);
	struct task *task = pool_take(pool, false);
	enum extract_state extracted;
	struct hasher *hasher = hasher_new(DIGEST_SHA256);
	*task = (struct task){.folder = archive_fd(archive), .least = EXTRACT_LIMITS, .fd = document(name, bytes)};
	hasher_begin(hasher);
	hasher_add(hasher, bytes.p, bytes.n);
	hasher_end(hasher, &task->digest);
	hasher_free(hasher);
	digest = task->digest;
	buf_text(&task->path, name);
	buf_text(&task->media_type, "text/plain");
	pool_start(pool, task);
	task = pool_take(pool, true);
	extracted = task->extracted;
	*err = task->err;
	pool_put_back(pool, task);
	pool_free(pool);
	return extracted;
}

/* The same of texts, which in the end are given up: "photostat index --again" is there for them. */
static void busy_texts(void **state)
{
	(void)state;
	char *real = strdup(getenv("PHOTOSTAT_EXTRACT") ? getenv("PHOTOSTAT_EXTRACT") : ""), from[400], to[400], name[20];
	struct digest before = digest;
	struct buf path = BUF_INIT, hex = BUF_INIT;
	enum extract_state state_there;
	struct err err;
	bool wait = true;
	worker("kill -9 $$");
	path_in(from, "workers/photostat-extract-pictures");
	path_in(to, "workers/photostat-extract");
	assert_int_equal(rename(from, to), 0);
	for (unsigned tries = 1; tries < TRIES_MAX; tries++) {
		(void)snprintf(name, sizeof(name), "text-%u.txt", tries);
		assert_int_equal(read_text(name, STR("a letter"), &err), EXTRACT_WAITING);
		assert_int_equal(err.code, ERR_BUSY);
		assert_int_equal(extract_tries(archive_fd(archive), &digest, &wait), tries);
		assert_true(wait);
		assert_int_equal(extract_look(archive, &digest, STR("text/plain"), str_from(name), &state_there, NULL), 0);
		assert_int_equal(state_there, EXTRACT_WAITING);
	}
	buf_hex(&hex, digest.bytes, digest_size(digest.alg));
	buf_printf(&path, TEXT_FOLDER "/%.2s/%s.tried", hex.p, hex.p);
	make_older(path.p, 86400);
	assert_int_equal(extract_tries(archive_fd(archive), &digest, &wait), TRIES_MAX - 1);
	assert_false(wait);
	assert_int_equal(read_text("text.txt", STR("a letter"), &err), EXTRACT_FAILED);
	assert_int_equal(extract_look(archive, &digest, STR("text/plain"), STR("text.txt"), &state_there, NULL), 0);
	assert_int_equal(state_there, EXTRACT_FAILED);
	assert_int_equal(extract_tries(archive_fd(archive), &digest, &wait), 0);
	/* Nothing of it stays where the document is expunged (P6): neither the verdict nor the tries. */
	assert_int_equal(extract_forget(archive, &digest, NULL), 0);
	assert_int_equal(read_text("gone.txt", STR("a letter"), &err), EXTRACT_WAITING);
	assert_int_equal(archive_forget_derived(archive, &digest, NULL), 0);
	assert_int_equal(extract_tries(archive_fd(archive), &digest, &wait), 0);
	assert_int_equal(setenv("PHOTOSTAT_EXTRACT", real, 1), 0);
	digest = before;
	free(real);
	buf_release(&path);
	buf_release(&hex);
}

static void bounded(void **state)
{
	(void)state;
	int folder = archive_fd(archive);
	char path[120], page[4096] = {1};
	uint64_t left = 0;
	struct stat status;
	for (unsigned i = 0; i < 100; i++) {
		struct timespec times[2] = {{.tv_sec = 1000 + i}, {.tv_sec = 1000 + i}};
		(void)snprintf(path, sizeof(path), IMAGES_FOLDER "/%02x/%02xabc", i % 7, i % 7);
		assert_int_equal(os_mkdirs(folder, path, NULL), 0);
		(void)snprintf(path, sizeof(path), IMAGES_FOLDER "/%02x/%02xabc/%u.jpg", i % 7, i % 7, i);
		assert_int_equal(os_write_new(folder, path, (struct str){page, sizeof(page)}, 0644, NULL), 0);
		assert_int_equal(utimensat(folder, path, times, 0), 0);
	}
	assert_int_equal(pictures_sweep(folder, 100 * 4096, &left, NULL), 0);
	assert_int_equal(left, 100 * 4096); /* enough room: nothing goes */
	assert_int_equal(pictures_sweep(folder, 50 * 4096, &left, NULL), 0);
	assert_int_equal(left, 40 * 4096);
	for (unsigned i = 0; i < 100; i++) {
		(void)snprintf(path, sizeof(path), IMAGES_FOLDER "/%02x/%02xabc/%u.jpg", i % 7, i % 7, i);
		assert_int_equal(fstatat(folder, path, &status, 0) == 0, i >= 60);
	}
	/* derived/ may go at any time. */
	assert_int_equal(os_remove_tree(folder, "derived/images", NULL), 0);
	assert_int_equal(pictures_sweep(folder, 1, &left, NULL), 0);
	assert_int_equal(left, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(kept), cmocka_unit_test(failures), cmocka_unit_test(busy),
		cmocka_unit_test(busy_texts), cmocka_unit_test(bounded)};
	return cmocka_run_group_tests(tests, start, end);
}
