/* The two workers of a run, inside: documents go in, and come out when they are done, in the caller's thread. */
#ifndef PHOTOSTAT_EXTRACT_POOL_H
#define PHOTOSTAT_EXTRACT_POOL_H

#include "internal.h"

#define POOL_THREADS 2
#define POOL_TASKS 4

enum task_state { TASK_FREE, TASK_WAITING, TASK_RUNNING, TASK_DONE };
struct task {
	enum task_state state;
	int fd; /* its own */
	int folder;
	enum extract_level least;
	struct digest digest;
	struct buf id, path, media_type, languages;
	/* when done */
	int result;
	enum extract_state extracted;
	struct extract_outcome outcome;
	struct err err;
};
struct pool;
struct pool *pool_new(unsigned threads); /* 0: POOL_THREADS, and no more */
/* One to be filled in: waits for one that is free. One that is done comes first: task->state tells. NULL: `all`, and none is at work any more. */
struct task *pool_take(struct pool *, bool all);
void pool_start(struct pool *, struct task *);
void pool_put_back(struct pool *, struct task *);
void pool_free(struct pool *); /* waits for those at work; what is done is dropped */

#endif
