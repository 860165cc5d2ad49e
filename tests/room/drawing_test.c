/* Who waits for pictures is let go when his time is over, even while every worker is at work. Clock, server and workers are made up here, so that nothing takes time. */
#include "room/drawing.h"

#include "os/os.h"
#include "room/desk.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct http_request {
	void *kept;
	bool waits;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t change = PTHREAD_COND_INITIALIZER;
static int64_t now;
static unsigned begun, may_end; /* pictures that workers have begun, and may end */
static struct archive *archive;

int64_t os_now(void)
{
	int64_t seconds;

	pthread_mutex_lock(&lock);
	seconds = now;
	pthread_mutex_unlock(&lock);
	return seconds;
}

void os_close(int fd)
{
	(void)fd;
}

void *http_request_kept(const struct http_request *request)
{
	return request->kept;
}

void http_request_keep(struct http_request *request, void *kept)
{
	request->kept = kept;
}

bool http_wait(struct http_request *request)
{
	pthread_mutex_lock(&lock);
	request->waits = true;
	pthread_mutex_unlock(&lock);
	return true;
}

void http_go_on(struct http_request *request)
{
	pthread_mutex_lock(&lock);
	request->waits = false;
	pthread_cond_broadcast(&change);
	pthread_mutex_unlock(&lock);
}

int desk_borrow(struct room *room, struct desk *desk, struct err *err)
{
	(void)room;
	(void)err;
	desk->archive = archive;
	return 0;
}

void desk_give_back(struct room *room, struct desk *desk)
{
	(void)room;
	(void)desk;
}

int object_open_file(const struct object_version *object, size_t i, int *fd, uint64_t *size, struct err *err)
{
	(void)object;
	(void)i;
	(void)err;
	*fd = -1;
	*size = 1;
	return 0;
}

void digest_tag(struct buf *out, const struct digest *digest)
{
	(void)digest;
	buf_text(out, "sha256:00");
}

int extract_picture_find(
	struct archive *in, const struct digest *digest, const struct extract_picture *picture, int *fd, struct err *err)
{
	(void)in;
	(void)digest;
	(void)picture;
	*fd = -1;
	return err_set(err, ERR_NOT_FOUND, "it is not kept");
}

int extract_picture_make(
	struct archive *in, const struct digest *digest, const struct extract_picture *picture, struct buf *out, struct err *err)
{
	(void)in;
	(void)digest;
	(void)picture;
	(void)err;
	pthread_mutex_lock(&lock);
	begun++;
	pthread_cond_broadcast(&change);
	while (may_end == 0)
		pthread_cond_wait(&change, &lock);
	may_end--;
	pthread_mutex_unlock(&lock);
	buf_text(out, "a picture");
	return 0;
}

int extract_picture_make_size(struct archive *in, const struct digest *digest, const struct extract_picture *picture,
	uint32_t *width, uint32_t *height, struct err *err)
{
	(void)in;
	(void)digest;
	(void)picture;
	*width = *height = 1;
	return err_set(err, ERR_INTERNAL, "nobody asks for it");
}

/* ---- requests ----------------------------------------------------------------------------------------------------------------------- */

/* Makes its page: the picture that starts at x. True: it is there, or it waits. */
static bool make(struct room *room, struct http_request *request, uint32_t x, bool *there)
{
	struct page page = {.room = room, .request = request};
	struct shown_file file = {.at = 0};
	const struct shown shown = {.files = &file, .file_count = 1};
	const struct plate plate = {&file, 1};
	const struct extract_picture wish = {
		.fd = -1, .media_type = STR("image/png"), .name = STR("a.png"), .page = 1, .x = x, .width = 1};
	struct err err = ERR_INIT;
	bool fine;

	drawing_begin(&page);
	*there = drawing_ask(&page, &shown, &plate, &wish, false, &err) != NULL;
	fine = *there || drawing_wait(&page);
	drawing_end(&page);
	return fine;
}

static void wait_until_begun(unsigned count)
{
	pthread_mutex_lock(&lock);
	while (begun < count)
		pthread_cond_wait(&change, &lock);
	pthread_mutex_unlock(&lock);
}

static void wait_until_told(const struct http_request *request)
{
	pthread_mutex_lock(&lock);
	while (request->waits)
		pthread_cond_wait(&change, &lock);
	pthread_mutex_unlock(&lock);
}

static void let_end(unsigned count)
{
	pthread_mutex_lock(&lock);
	may_end += count;
	pthread_cond_broadcast(&change);
	pthread_mutex_unlock(&lock);
}

static void pass(int64_t seconds)
{
	pthread_mutex_lock(&lock);
	now += seconds;
	pthread_mutex_unlock(&lock);
}

static void nobody_waits_longer(void **state)
{
	struct room room = {.path = NULL};
	struct http_request old[4] = {{NULL, false}}, young = {NULL, false};
	bool there;
	(void)state;

	begun = may_end = 0;
	room.drawing = drawing_new(&room);
	/* Two workers are at work, and two pictures wait for them. */
	for (uint32_t i = 0; i < 4; i++)
		assert_true(make(&room, &old[i], i, &there) && !there && old[i].waits);
	wait_until_begun(2);
	pass(DRAWING_SECONDS - 1);
	/* This one came late, and wants what one of those waits for as well. */
	assert_true(make(&room, &young, 3, &there) && !there);
	pass(1);
	for (size_t i = 0; i < 4; i++)
		wait_until_told(&old[i]);
	for (uint32_t i = 0; i < 4; i++) {
		if (make(&room, &old[i], i, &there) || there)
			fail_msg("request %u is not refused when its time is over", i);
		drawing_over(&old[i]);
	}
	assert_true(young.waits);
	/* What nobody waits for is made no more: the third was. */
	let_end(3);
	wait_until_told(&young);
	assert_true(make(&room, &young, 3, &there) && there);
	drawing_over(&young);
	drawing_free(room.drawing);
	assert_int_equal(begun, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(nobody_waits_longer)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
