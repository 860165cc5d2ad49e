/* Jobs in the order in which they were asked for; a few threads of the room's own wait for the workers. What stays true, under the lock:
 *  1. A job is in the list until it is done; only those in the list are joined by others.
 *  2. A request that waits has `left` jobs in the list; at 0 it is told to go on, once.
 *  3. A job lives as long as the list or a request has it.
 *  4. A request that waits longer than DRAWING_SECONDS is told to go on, whatever is left: it is answered as it is, and its jobs that nobody else waits for and no worker has begun
 *     leave the list. A thread of its own looks at the clock: the others may all be waiting for workers. */
#include "drawing.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "desk.h"
#include "os/os.h"

struct waiter {
	struct waiter *next;
	struct ticket *ticket;
};
struct drawing_job {
	struct drawing_job *next;
	struct buf key; /* what is to be made of which bytes */
	struct digest digest;
	char *media_type, *name;
	struct extract_picture wish;
	bool size, running, done;
	unsigned users; /* tickets, the list, a page that asks for it */
	struct waiter *waiters;
	struct drawn drawn;
};
/* Kept with a request. */
struct ticket {
	struct drawing *drawing;
	struct http_request *request;
	struct ticket *next, *before; /* of all */
	int64_t begun;
	bool dismissed;            /* told to go on because it waited too long */
	struct drawing_job **jobs; /* all that it has waited for */
	size_t count;
	unsigned left;
};
struct drawing {
	struct room *room;
	pthread_mutex_t lock;
	pthread_cond_t work, time;
	struct drawing_job *first, *last;
	struct ticket *waiting;
	unsigned jobs, tickets;
	bool ending;
	pthread_t threads[EXTRACT_IMAGES_WORKERS], clock;
	unsigned thread_count;
	bool has_clock;
};

static void free_job(struct drawing_job *job)
{
	os_close(job->wish.fd);
	free(job->media_type);
	free(job->name);
	buf_release(&job->key);
	buf_release(&job->drawn.bytes);
	free(job);
}

/* Under the lock. */
static void let_go(struct drawing_job *job)
{
	if (--job->users == 0)
		free_job(job);
}

static void make_key(struct buf *key, const struct digest *digest, const struct extract_picture *wish, bool size)
{
	digest_tag(key, digest);
	buf_printf(key, " %u", wish->page);
	if (!size)
		buf_printf(key, " %u,%u,%u,%u %u,%u %u %d %d", wish->x, wish->y, wish->width, wish->height, wish->out_width,
			wish->out_height, wish->rotation, wish->grey, wish->png);
}

/* ---- the threads that wait for workers -------------------------------------------------------------------------------------------------- */

static void draw(struct room *room, struct drawing_job *job)
{
	struct drawn *drawn = &job->drawn;
	struct desk desk;
	int fd = -1;

	drawn->result = desk_borrow(room, &desk, &drawn->err);
	if (drawn->result != 0)
		return;
	if (job->size) {
		drawn->result = extract_picture_make_size(
			desk.archive, &job->digest, &job->wish, &drawn->width, &drawn->height, &drawn->err);
	} else {
		drawn->result = extract_picture_make(desk.archive, &job->digest, &job->wish, &drawn->bytes, &drawn->err);
		/* What is kept is sent from there, and costs no memory. */
		if (drawn->result == 0 && extract_picture_find(desk.archive, &job->digest, &job->wish, &fd, NULL) == 0)
			buf_release(&drawn->bytes);
		os_close(fd);
	}
	desk_give_back(room, &desk);
}

/* Under the lock. */
static void leave_list(struct drawing *drawing, struct drawing_job *job)
{
	struct drawing_job **link = &drawing->first, *before = NULL;

	while (*link != job) {
		before = *link;
		link = &before->next;
	}
	*link = job->next;
	if (drawing->last == job)
		drawing->last = before;
	job->next = NULL;
	drawing->jobs--;
}

static void finish(struct drawing *drawing, struct drawing_job *job)
{
	job->done = true;
	leave_list(drawing, job);
	while (job->waiters != NULL) {
		struct waiter *waiter = job->waiters;

		job->waiters = waiter->next;
		if (--waiter->ticket->left == 0)
			http_go_on(waiter->ticket->request);
		free(waiter);
	}
	let_go(job);
}

static struct drawing_job *next_job(struct drawing *drawing)
{
	struct drawing_job *job = drawing->first;

	while (job != NULL && job->running)
		job = job->next;
	return job;
}

static void *work(void *context)
{
	struct drawing *drawing = context;
	struct drawing_job *job;

	pthread_mutex_lock(&drawing->lock);
	while (!drawing->ending) {
		job = next_job(drawing);
		if (job == NULL) {
			pthread_cond_wait(&drawing->work, &drawing->lock);
			continue;
		}
		job->running = true;
		pthread_mutex_unlock(&drawing->lock);
		draw(drawing->room, job);
		pthread_mutex_lock(&drawing->lock);
		finish(drawing, job);
	}
	pthread_mutex_unlock(&drawing->lock);
	return NULL;
}

/* ---- who waits too long ------------------------------------------------------------------------------------------------------------------ */

static bool is_late(const struct ticket *ticket)
{
	return os_now() - ticket->begun >= DRAWING_SECONDS;
}

static void *watch_clock(void *context)
{
	struct drawing *drawing = context;
	struct timespec until;

	pthread_mutex_lock(&drawing->lock);
	while (!drawing->ending) {
		for (struct ticket *ticket = drawing->waiting; ticket != NULL; ticket = ticket->next)
			if (!ticket->dismissed && is_late(ticket)) {
				ticket->dismissed = true;
				http_go_on(ticket->request);
			}
		if (drawing->waiting == NULL) {
			pthread_cond_wait(&drawing->time, &drawing->lock);
		} else {
			clock_gettime(CLOCK_MONOTONIC, &until);
			until.tv_sec++;
			pthread_cond_timedwait(&drawing->time, &drawing->lock, &until);
		}
	}
	pthread_mutex_unlock(&drawing->lock);
	return NULL;
}

/* ---- all of it --------------------------------------------------------------------------------------------------------------------------- */

struct drawing *drawing_new(struct room *room)
{
	struct drawing *drawing = mem_alloc(sizeof(*drawing));
	pthread_condattr_t attributes;

	drawing->room = room;
	pthread_mutex_init(&drawing->lock, NULL);
	pthread_cond_init(&drawing->work, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&drawing->time, &attributes);
	pthread_condattr_destroy(&attributes);
	return drawing;
}

void drawing_free(struct drawing *drawing)
{
	if (drawing == NULL)
		return;
	pthread_mutex_lock(&drawing->lock);
	drawing->ending = true;
	pthread_cond_broadcast(&drawing->work);
	pthread_cond_broadcast(&drawing->time);
	pthread_mutex_unlock(&drawing->lock);
	for (unsigned i = 0; i < drawing->thread_count; i++)
		pthread_join(drawing->threads[i], NULL);
	if (drawing->has_clock)
		pthread_join(drawing->clock, NULL);
	while (drawing->first != NULL) {
		struct drawing_job *job = drawing->first;

		leave_list(drawing, job);
		let_go(job);
	}
	pthread_cond_destroy(&drawing->work);
	pthread_cond_destroy(&drawing->time);
	pthread_mutex_destroy(&drawing->lock);
	free(drawing);
}

/* ---- a page ------------------------------------------------------------------------------------------------------------------------------ */

void drawing_begin(struct page *page)
{
	page->drawing = mem_alloc(sizeof(*page->drawing));
}

void drawing_end(struct page *page)
{
	struct drawing *drawing = page->room->drawing;

	pthread_mutex_lock(&drawing->lock);
	for (unsigned i = 0; i < page->drawing->wanted_count; i++)
		let_go(page->drawing->wanted[i]);
	pthread_mutex_unlock(&drawing->lock);
	free(page->drawing);
	page->drawing = NULL;
}

/* Among what the request has waited for: all done, unless it waited too long. */
static const struct drawn *had(const struct ticket *ticket, const struct buf *key)
{
	const struct drawn *drawn = NULL;

	if (ticket == NULL)
		return NULL;
	pthread_mutex_lock(&ticket->drawing->lock);
	for (size_t i = 0; i < ticket->count && drawn == NULL; i++)
		if (ticket->jobs[i]->done && str_equal(buf_view(&ticket->jobs[i]->key), buf_view(key)))
			drawn = &ticket->jobs[i]->drawn;
	pthread_mutex_unlock(&ticket->drawing->lock);
	return drawn;
}

static bool wants(const struct drawing_page *wanted, const struct buf *key)
{
	for (unsigned i = 0; i < wanted->wanted_count; i++)
		if (str_equal(buf_view(&wanted->wanted[i]->key), buf_view(key)))
			return true;
	return false;
}

const struct drawn *drawing_ask(struct page *page, const struct shown *shown, const struct plate *plate,
	const struct extract_picture *wish, bool size, struct err *err)
{
	const struct digest *digest = &plate->file->digest;
	struct drawing_page *wanted = page->drawing;
	struct buf key = BUF_INIT;
	const struct drawn *drawn;
	struct drawing_job *job;
	uint64_t bytes;
	int fd;

	make_key(&key, digest, wish, size);
	drawn = had(http_request_kept(page->request), &key);
	if (drawn != NULL || wants(wanted, &key) || wanted->wanted_count == DRAWING_OF_PAGE_MAX ||
		object_open_file(shown->object, plate->file->at, &fd, &bytes, err) != 0) {
		if (drawn == NULL && (wanted->wanted_count > 0))
			(void)err_set(err, ERR_CONFLICT, "that picture is being made");
		buf_release(&key);
		return drawn;
	}
	job = mem_alloc(sizeof(*job));
	job->key = key;
	job->digest = *digest;
	job->media_type = mem_dup(wish->media_type);
	job->name = mem_dup(wish->name);
	job->wish = *wish;
	job->wish.media_type = str_from(job->media_type);
	job->wish.name = str_from(job->name);
	job->wish.fd = fd;
	job->size = size;
	job->users = 1;
	wanted->wanted[wanted->wanted_count++] = job;
	wanted->full = wanted->wanted_count == DRAWING_OF_PAGE_MAX;
	(void)err_set(err, ERR_CONFLICT, "that picture is being made");
	return NULL;
}

/* ---- waiting ------------------------------------------------------------------------------------------------------------------------------ */

static struct drawing_job *same_job(const struct drawing *drawing, const struct drawing_job *like)
{
	struct drawing_job *job = drawing->first;

	while (job != NULL && !str_equal(buf_view(&job->key), buf_view(&like->key)))
		job = job->next;
	return job;
}

/* Under the lock. The request's ticket has the job from now on. */
static void join(struct drawing *drawing, struct ticket *ticket, struct drawing_job *wanted)
{
	struct drawing_job *job = same_job(drawing, wanted);
	struct waiter *waiter = mem_alloc(sizeof(*waiter));

	if (job == NULL) {
		job = wanted;
		job->users++;
		if (drawing->last != NULL)
			drawing->last->next = job;
		else
			drawing->first = job;
		drawing->last = job;
		drawing->jobs++;
	}
	job->users++;
	waiter->ticket = ticket;
	waiter->next = job->waiters;
	job->waiters = waiter;
	ticket->jobs[ticket->count++] = job;
	ticket->left++;
}

static bool start_threads(struct drawing *drawing)
{
	while (drawing->thread_count < EXTRACT_IMAGES_WORKERS &&
		pthread_create(&drawing->threads[drawing->thread_count], NULL, work, drawing) == 0)
		drawing->thread_count++;
	drawing->has_clock = drawing->has_clock || pthread_create(&drawing->clock, NULL, watch_clock, drawing) == 0;
	return drawing->thread_count > 0 && drawing->has_clock;
}

static struct ticket *take_ticket(struct drawing *drawing, struct http_request *request)
{
	struct ticket *ticket = http_request_kept(request);

	if (ticket == NULL) {
		ticket = mem_alloc(sizeof(*ticket));
		ticket->drawing = drawing;
		ticket->request = request;
		ticket->begun = os_now();
		ticket->next = drawing->waiting;
		if (ticket->next != NULL)
			ticket->next->before = ticket;
		drawing->waiting = ticket;
		drawing->tickets++;
		pthread_cond_signal(&drawing->time);
		http_request_keep(request, ticket);
	}
	return ticket;
}

bool drawing_wait(struct page *page)
{
	struct drawing *drawing = page->room->drawing;
	struct drawing_page *wanted = page->drawing;
	struct ticket *ticket = http_request_kept(page->request);
	unsigned more = 0;
	bool may;

	pthread_mutex_lock(&drawing->lock);
	for (unsigned i = 0; i < wanted->wanted_count; i++)
		more += same_job(drawing, wanted->wanted[i]) == NULL;
	may = drawing->jobs + more <= DRAWING_JOBS_MAX && (ticket != NULL || drawing->tickets < DRAWING_WAITING_MAX) &&
	      (ticket == NULL || (!ticket->dismissed && !is_late(ticket))) && start_threads(drawing) && http_wait(page->request);
	if (may) {
		ticket = take_ticket(drawing, page->request);
		ticket->jobs = mem_grow(ticket->jobs, ticket->count + wanted->wanted_count, sizeof(struct drawing_job *));
		for (unsigned i = 0; i < wanted->wanted_count; i++)
			join(drawing, ticket, wanted->wanted[i]);
		pthread_cond_broadcast(&drawing->work);
	}
	pthread_mutex_unlock(&drawing->lock);
	return may;
}

/* The ticket's use of the job ends. */
static void leave_job(struct drawing *drawing, const struct ticket *ticket, struct drawing_job *job)
{
	struct waiter **link = &job->waiters;

	while (*link != NULL) {
		struct waiter *waiter = *link;

		if (waiter->ticket == ticket) {
			*link = waiter->next;
			free(waiter);
		} else {
			link = &waiter->next;
		}
	}
	/* Nobody waits for it any more. */
	if (!job->done && !job->running && job->waiters == NULL) {
		job->done = true;
		leave_list(drawing, job);
		job->users--; /* the list; the ticket still is one */
	}
	let_go(job);
}

void drawing_over(struct http_request *request)
{
	struct ticket *ticket = http_request_kept(request);
	struct drawing *drawing;

	if (ticket == NULL)
		return;
	drawing = ticket->drawing;
	http_request_keep(request, NULL);
	pthread_mutex_lock(&drawing->lock);
	for (size_t i = 0; i < ticket->count; i++)
		leave_job(drawing, ticket, ticket->jobs[i]);
	if (ticket->next != NULL)
		ticket->next->before = ticket->before;
	if (ticket->before != NULL)
		ticket->before->next = ticket->next;
	else
		drawing->waiting = ticket->next;
	drawing->tickets--;
	pthread_mutex_unlock(&drawing->lock);
	free(ticket->jobs);
	free(ticket);
}
