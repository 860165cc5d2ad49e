/* Two documents at a time: each thread waits for a worker process. */
#include "pool.h"

#include <pthread.h>
#include <stdlib.h>

#include "os/os.h"

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t waiting, done; /* a task to be run; one to be taken */
	struct task tasks[POOL_TASKS];
	pthread_t threads[POOL_THREADS];
	size_t thread_count;
	bool ending;
};

/* The text may be of a document that was changed on the disk: kept is only what its digest stands for. */
static int check_bytes(struct task *task)
{
	struct hasher *hasher = hasher_new(task->digest.alg);
	struct digest digest;
	unsigned char *piece = mem_alloc(65536);
	uint64_t offset = 0;
	ssize_t n;
	hasher_begin(hasher);
	while ((n = os_read_at(task->fd, piece, 65536, offset, task->path.p, &task->err)) > 0) {
		hasher_add(hasher, piece, (size_t)n);
		offset += (uint64_t)n;
	}
	hasher_end(hasher, &digest);
	hasher_free(hasher);
	free(piece);
	if (n < 0)
		return -1;
	if (!digest_equal(&digest, &task->digest))
		return err_set(
			&task->err, ERR_MISMATCH, "the bytes are not those that were deposited: \"photostat audit\" tells more");
	return 0;
}

/* The document went while it was read: an expunge forgets what is there after that, so one of the two of us sees this text (P6). Where another record holds the same bytes,
 * its text is made again by the next run. */
static bool is_gone(const struct task *task)
{
	struct stat status;
	return os_stat_fd(task->fd, task->path.p, &status, NULL) < 0 || status.st_nlink == 0;
}

/* The machine ended it: kept is only how often. */
static void count_try(struct task *task)
{
	struct buf line = BUF_INIT;
	bool wait;
	unsigned tries = extract_tries(task->folder, &task->digest, &wait) + 1;
	if (tries >= TRIES_MAX) {
		/* Always in the same place: that lies in the document after all, or nobody can read it here. */
		task->err.code = ERR_SYNTAX;
	} else {
		buf_u64(&line, tries);
		buf_char(&line, '\n');
		(void)extract_keep(task->folder, &task->digest, TEXT_TRIED, buf_view(&line), NULL);
	}
	buf_release(&line);
}

static void run(struct task *task)
{
	struct extract_job job = {.fd = task->fd,
		.media_type = buf_view(&task->media_type),
		.name = buf_view(&task->path),
		.languages = buf_view(&task->languages)};
	struct buf lines = BUF_INIT;
	struct text *text = NULL;
	task->extracted = EXTRACT_WAITING;
	task->result = check_bytes(task);
	if (task->result == 0)
		task->result = extract_lines(&job, task->least, &lines, &text, &task->outcome, &task->err);
	if (task->result < 0 && task->err.code == ERR_BUSY)
		count_try(task);
	if (task->result == 0) {
		task->result = extract_keep(task->folder, &task->digest, TEXT_LINES, buf_view(&lines), &task->err);
		task->extracted = EXTRACT_DONE;
	} else if (task->err.code == ERR_SYNTAX || task->err.code == ERR_LIMIT) {
		buf_clear(&lines);
		buf_text(&lines, task->outcome.why);
		buf_char(&lines, '\n');
		task->result = extract_keep(task->folder, &task->digest, TEXT_FAILED, buf_view(&lines), &task->err);
		task->extracted = EXTRACT_FAILED;
	}
	if ((task->extracted != EXTRACT_WAITING || task->err.code == ERR_BUSY) && is_gone(task)) {
		(void)extract_forget_at(task->folder, &task->digest, NULL);
		task->extracted = EXTRACT_WAITING;
		task->result = err_set(&task->err, ERR_NOT_FOUND, "the document was taken away meanwhile");
	}
	text_free(text);
	buf_release(&lines);
	os_close(task->fd);
	task->fd = -1;
}

static struct task *in_state(struct pool *pool, enum task_state state)
{
	for (size_t i = 0; i < POOL_TASKS; i++)
		if (pool->tasks[i].state == state)
			return &pool->tasks[i];
	return NULL;
}

static void *work(void *context)
{
	struct pool *pool = context;
	pthread_mutex_lock(&pool->lock);
	for (;;) {
		struct task *task = in_state(pool, TASK_WAITING);
		if (!task && pool->ending)
			break;
		if (!task) {
			pthread_cond_wait(&pool->waiting, &pool->lock);
			continue;
		}
		task->state = TASK_RUNNING;
		pthread_mutex_unlock(&pool->lock);
		run(task);
		pthread_mutex_lock(&pool->lock);
		task->state = TASK_DONE;
		pthread_cond_signal(&pool->done);
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

struct pool *pool_new(unsigned threads)
{
	struct pool *pool = mem_alloc(sizeof(*pool));
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->waiting, NULL);
	pthread_cond_init(&pool->done, NULL);
	threads = threads == 0 || threads > POOL_THREADS ? POOL_THREADS : threads;
	while (pool->thread_count < threads && pthread_create(&pool->threads[pool->thread_count], NULL, work, pool) == 0)
		pool->thread_count++;
	return pool;
}

struct task *pool_take(struct pool *pool, bool all)
{
	struct task *task;
	pthread_mutex_lock(&pool->lock);
	for (;;) {
		task = in_state(pool, TASK_DONE);
		if (!task && !all)
			task = in_state(pool, TASK_FREE);
		if (task || (all && !in_state(pool, TASK_WAITING) && !in_state(pool, TASK_RUNNING)))
			break;
		pthread_cond_wait(&pool->done, &pool->lock);
	}
	pthread_mutex_unlock(&pool->lock);
	return task;
}

void pool_start(struct pool *pool, struct task *task)
{
	if (pool->thread_count == 0) {
		run(task);
		task->state = TASK_DONE;
		return;
	}
	pthread_mutex_lock(&pool->lock);
	task->state = TASK_WAITING;
	pthread_cond_signal(&pool->waiting);
	pthread_mutex_unlock(&pool->lock);
}

void pool_put_back(struct pool *pool, struct task *task)
{
	buf_release(&task->id);
	buf_release(&task->path);
	buf_release(&task->media_type);
	buf_release(&task->languages);
	pthread_mutex_lock(&pool->lock);
	*task = (struct task){.state = TASK_FREE, .fd = -1};
	pthread_mutex_unlock(&pool->lock);
}

void pool_free(struct pool *pool)
{
	struct task *task;
	while ((task = pool_take(pool, true)) != NULL)
		pool_put_back(pool, task);
	pthread_mutex_lock(&pool->lock);
	pool->ending = true;
	pthread_cond_broadcast(&pool->waiting);
	pthread_mutex_unlock(&pool->lock);
	for (size_t i = 0; i < pool->thread_count; i++)
		pthread_join(pool->threads[i], NULL);
	pthread_cond_destroy(&pool->waiting);
	pthread_cond_destroy(&pool->done);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}
