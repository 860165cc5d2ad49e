/* Small new records built on all cores. To make a record costs the kernel far more than it costs us, and the kernel can do it for several
 * threads at once, each with folders of its own.
 *
 *   waiting ──taken by a worker, or by the run itself when the ring is full──▶ taken ──▶ done ──in order──▶ in the batch, or refused
 *
 * Invariants:
 * W1  Jobs enter the batch in the order in which they were given, whoever built them: entries and `previous` do not depend on threads.
 * W2  A job that is taken belongs to who took it; waiting and done ones to the run. The batch, the log and the run's counts are the run's
 *     alone. Each worker stages through a store of its own.
 * W3  After an error that ends the run nothing later enters the batch.
 * Records of many files, later versions and everything on file systems that want an fsync a file are built by the run itself, one at a time:
 * the ring's memory stays small, and long files have a second thread of their own. */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "deposit.h"

#define RING 32u               /* jobs; so many are built by the run alone before workers begin */
#define WORTH_WAKING 8u        /* to wake a thread costs a fifth of a job */
#define WORKERS_MOST 3u        /* beside the run itself */
#define SMALL_FILES 64u        /* of a job in the ring, */
#define SMALL_ROOTS 4u         /* open folders, */
#define SMALL_BYTES (4u << 20) /* and what they hold together */

struct deposit_jobs {
	struct deposit_job ring[RING];
	unsigned first, count; /* from `first` on, in order */
	unsigned next;         /* the waiting ones begin here: [first, next) are taken or done */
	pthread_mutex_t lock;
	pthread_cond_t more, done;
	unsigned sleeping;
	bool ending;
	pthread_t threads[WORKERS_MOST];
	unsigned thread_count;
	bool threads_tried;
	struct archive *archive;
};

struct deposit_jobs *deposit_jobs_new(struct archive *archive)
{
	struct deposit_jobs *jobs = mem_alloc(sizeof(*jobs));

	jobs->archive = archive;
	pthread_mutex_init(&jobs->lock, NULL);
	pthread_cond_init(&jobs->more, NULL);
	pthread_cond_init(&jobs->done, NULL);
	for (unsigned i = 0; i < RING; i++) {
		builder_init(&jobs->ring[i].builder, archive);
		jobs->ring[i].record = record_new();
	}
	return jobs;
}

static void release(struct deposit_job *job)
{
	sources_release(&job->sources);
	buf_clear(&job->id);
	buf_clear(&job->source);
	buf_clear(&job->row);
	job->staged = NULL;
	object_free(job->kept);
	job->kept = NULL;
	job->bytes = 0;
	job->err = (struct err)ERR_INIT;
}

/* ---- building ------------------------------------------------------------------------------------------------------------- */

/* With the lock held, and again on return; lets go of it meanwhile. */
static void build_next(struct deposit_jobs *jobs, struct store *store)
{
	struct deposit_job *job = &jobs->ring[jobs->next++ % RING];

	pthread_mutex_unlock(&jobs->lock);
	job->result = deposit_build(job, store, &job->err);
	pthread_mutex_lock(&jobs->lock);
	job->done = true;
	pthread_cond_signal(&jobs->done);
}

static unsigned waiting(const struct deposit_jobs *jobs)
{
	return jobs->first + jobs->count - jobs->next;
}

static void *work(void *context)
{
	struct deposit_jobs *jobs = context;
	struct store *store = NULL;

	if (store_open(&store, jobs->archive->dir, "records", jobs->archive->digest, NULL) != 0)
		return NULL; /* the run builds all by itself */
	pthread_mutex_lock(&jobs->lock);
	while (!jobs->ending) {
		if (waiting(jobs) > 0) {
			build_next(jobs, store);
			continue;
		}
		jobs->sleeping++;
		pthread_cond_wait(&jobs->more, &jobs->lock);
		jobs->sleeping--;
	}
	pthread_mutex_unlock(&jobs->lock);
	store_free(store);
	return NULL;
}

static void begin_workers(struct deposit_jobs *jobs)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	sigset_t all, before;

	jobs->threads_tried = true;
	/* Signals are the business of the program's own thread. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (jobs->thread_count < WORKERS_MOST && (long)jobs->thread_count + 1 < cores) {
		if (pthread_create(&jobs->threads[jobs->thread_count], NULL, work, jobs) != 0)
			break;
		jobs->thread_count++;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* ---- in order into the batch -------------------------------------------------------------------------------------------------- */

/* With the lock held: the oldest job is done, built here if nobody has taken it. */
static void finish_first(struct deposit_jobs *jobs)
{
	while (!jobs->ring[jobs->first % RING].done) {
		if (waiting(jobs) > 0)
			build_next(jobs, archive_store(jobs->archive));
		else
			pthread_cond_wait(&jobs->done, &jobs->lock);
	}
}

/* With the lock held. -1: the run ends (W3). */
static int retire_first(struct deposit_run *run, struct err *err)
{
	struct deposit_jobs *jobs = run->jobs;
	struct deposit_job *job = &jobs->ring[jobs->first % RING];
	int result;

	finish_first(jobs);
	jobs->first++;
	jobs->count--;
	pthread_mutex_unlock(&jobs->lock);
	result = deposit_take(run, job, err);
	release(job);
	pthread_mutex_lock(&jobs->lock);
	return result;
}

struct deposit_job *deposit_job_next(struct deposit_run *run, struct err *err)
{
	struct deposit_jobs *jobs = run->jobs;
	struct deposit_job *job = NULL;
	int result = 0;

	pthread_mutex_lock(&jobs->lock);
	if (jobs->count == RING && !jobs->threads_tried && !os_batch_per_file(batch_os(run->batch)))
		begin_workers(jobs);
	if (jobs->count == RING)
		result = retire_first(run, err);
	while (result == 0 && jobs->count > 0 && jobs->ring[jobs->first % RING].done)
		result = retire_first(run, err);
	if (result == 0) {
		job = &jobs->ring[(jobs->first + jobs->count) % RING];
		job->done = false;
	}
	pthread_mutex_unlock(&jobs->lock);
	return job;
}

static bool is_small(struct deposit_run *run, const struct deposit_job *job)
{
	const struct sources *sources = &job->sources;
	uint64_t bytes = 0;

	if (job->builder.version != 1 || sources->count > SMALL_FILES || sources->root_count > SMALL_ROOTS ||
		os_batch_per_file(batch_os(run->batch)))
		return false;
	for (size_t i = 0; i < sources->count && bytes <= SMALL_BYTES; i++) {
		struct stat status;

		/* What cannot be looked at is refused when it is built. */
		if (os_stat(sources->roots[sources->files[i].root], sources->files[i].path.p, &status, NULL) == 0)
			bytes += (uint64_t)status.st_size;
	}
	return bytes <= SMALL_BYTES;
}

static int build_alone(struct deposit_run *run, struct deposit_job *job, struct err *err)
{
	struct deposit_jobs *jobs = run->jobs;
	int result;

	if (deposit_jobs_finish(run, err) != 0) {
		release(job);
		return -1;
	}
	job->result = deposit_build(job, archive_store(jobs->archive), &job->err);
	result = deposit_take(run, job, err);
	release(job);
	return result;
}

int deposit_job_give(struct deposit_run *run, struct deposit_job *job, struct err *err)
{
	struct deposit_jobs *jobs = run->jobs;

	if (!is_small(run, job))
		return build_alone(run, job, err);
	pthread_mutex_lock(&jobs->lock);
	jobs->count++;
	if (jobs->sleeping > 0 && waiting(jobs) >= WORTH_WAKING)
		pthread_cond_signal(&jobs->more);
	pthread_mutex_unlock(&jobs->lock);
	return 0;
}

int deposit_jobs_finish(struct deposit_run *run, struct err *err)
{
	struct deposit_jobs *jobs = run->jobs;
	int result = 0;

	pthread_mutex_lock(&jobs->lock);
	while (result == 0 && jobs->count > 0)
		result = retire_first(run, err);
	pthread_mutex_unlock(&jobs->lock);
	return result;
}

void deposit_jobs_stop(struct deposit_run *run)
{
	struct deposit_jobs *jobs = run->jobs;

	pthread_mutex_lock(&jobs->lock);
	/* Those that nobody has taken are dropped, the others thrown away. */
	for (; waiting(jobs) > 0; jobs->count--)
		release(&jobs->ring[(jobs->first + jobs->count - 1) % RING]);
	for (; jobs->count > 0; jobs->count--, jobs->first++) {
		struct deposit_job *job = &jobs->ring[jobs->first % RING];

		finish_first(jobs);
		builder_abandon(&job->builder);
		release(job);
	}
	pthread_mutex_unlock(&jobs->lock);
}

void deposit_jobs_free(struct deposit_jobs *jobs)
{
	if (jobs == NULL)
		return;
	pthread_mutex_lock(&jobs->lock);
	jobs->ending = true;
	pthread_cond_broadcast(&jobs->more);
	pthread_mutex_unlock(&jobs->lock);
	for (unsigned i = 0; i < jobs->thread_count; i++)
		pthread_join(jobs->threads[i], NULL);
	for (unsigned i = 0; i < RING; i++) {
		release(&jobs->ring[i]);
		builder_release(&jobs->ring[i].builder);
		record_free(jobs->ring[i].record);
		buf_release(&jobs->ring[i].id);
		buf_release(&jobs->ring[i].source);
		buf_release(&jobs->ring[i].row);
		buf_release(&jobs->ring[i].json);
	}
	pthread_cond_destroy(&jobs->done);
	pthread_cond_destroy(&jobs->more);
	pthread_mutex_destroy(&jobs->lock);
	free(jobs);
}
