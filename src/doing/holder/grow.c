/* A file that grows as its bytes come. One thread receives and hashes, which take about as long as the write that another does meanwhile: neither
 * the network nor the disk waits for the other, but for GROW_PIECES pieces. Pieces come as the network cuts them, and are handed on by larger ones. */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "sync.h"

#define GROW_BYTES ((size_t)256 << 10)
#define GROW_PIECES 4u
/* What is on its way to the disk while more comes in is not to be waited for at the end. */
#define GROW_AHEAD ((uint64_t)8 << 20)

/* Piece n has slot n % GROW_PIECES. Those from `done` up to `come` are the writer's; the receiver fills slot `come`, which is free then. */
struct growing {
	int fd;
	struct hasher *hasher;
	char *bytes;                 /* the slots */
	size_t lengths[GROW_PIECES]; /* of those that have come */
	size_t n;                    /* bytes in the slot that is being filled */
	pthread_mutex_t mutex;
	pthread_cond_t more, fewer;
	uint64_t come, done;
	bool ended, failed, threaded; /* not threaded: written as it is handed over */
	pthread_t thread;
	uint64_t written, sent; /* of the file; of that, on its way to the disk */
	struct err err;         /* of writing: nothing is written after it */
};

static void write_piece(struct growing *growing, uint64_t piece)
{
	size_t slot = (size_t)(piece % GROW_PIECES), n = growing->lengths[slot];
	const char *bytes = growing->bytes + slot * GROW_BYTES;

	if (growing->err.code != ERR_NONE || os_write(growing->fd, bytes, n, INCOMING, &growing->err) != 0)
		return;
	growing->written += n;
	if (growing->written - growing->sent >= GROW_AHEAD) {
		os_write_soon(growing->fd, growing->sent, growing->written - growing->sent);
		growing->sent = growing->written;
	}
}

static void *write_pieces(void *context)
{
	struct growing *growing = context;

	pthread_mutex_lock(&growing->mutex);
	for (;;) {
		while (growing->done == growing->come && !growing->ended)
			pthread_cond_wait(&growing->more, &growing->mutex);
		if (growing->done == growing->come)
			break;
		pthread_mutex_unlock(&growing->mutex);
		write_piece(growing, growing->done); /* only this thread moves it */
		pthread_mutex_lock(&growing->mutex);
		growing->done++;
		growing->failed = growing->err.code != ERR_NONE;
		pthread_cond_signal(&growing->fewer);
	}
	pthread_mutex_unlock(&growing->mutex);
	return NULL;
}

struct growing *growing_begin(int fd, struct hasher *hasher, uint64_t written)
{
	struct growing *growing = mem_alloc(sizeof(*growing));
	sigset_t all, before;

	growing->fd = fd;
	growing->hasher = hasher;
	growing->bytes = mem_grow(NULL, GROW_PIECES, GROW_BYTES);
	growing->written = growing->sent = written;
	pthread_mutex_init(&growing->mutex, NULL);
	pthread_cond_init(&growing->more, NULL);
	pthread_cond_init(&growing->fewer, NULL);
	/* Signals are for the thread that can be interrupted. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	/* Without a thread it only takes longer. */
	growing->threaded = pthread_create(&growing->thread, NULL, write_pieces, growing) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return growing;
}

/* The slot that is being filled is the writer's now; returns when the next one is free. False: it could not be written. */
static bool hand_over(struct growing *growing)
{
	bool good;

	if (growing->threaded)
		pthread_mutex_lock(&growing->mutex);
	growing->lengths[growing->come++ % GROW_PIECES] = growing->n;
	growing->n = 0;
	if (growing->threaded) {
		pthread_cond_signal(&growing->more);
		while (growing->come - growing->done == GROW_PIECES)
			pthread_cond_wait(&growing->fewer, &growing->mutex);
	} else {
		write_piece(growing, growing->done++);
		growing->failed = growing->err.code != ERR_NONE;
	}
	good = !growing->failed;
	if (growing->threaded)
		pthread_mutex_unlock(&growing->mutex);
	return good;
}

int growing_add(struct growing *growing, struct str piece, struct err *err)
{
	while (piece.n > 0) {
		size_t n = GROW_BYTES - growing->n < piece.n ? GROW_BYTES - growing->n : piece.n;

		memcpy(growing->bytes + (size_t)(growing->come % GROW_PIECES) * GROW_BYTES + growing->n, piece.p, n);
		hasher_add(growing->hasher, piece.p, n);
		growing->n += n;
		piece = (struct str){piece.p + n, piece.n - n};
		if (growing->n == GROW_BYTES && !hand_over(growing))
			return err_set(err, ERR_SYSTEM, "what came cannot be written");
	}
	return 0;
}

int growing_end(struct growing *growing, struct err *err)
{
	int result = 0;

	if (growing->n > 0)
		(void)hand_over(growing);
	if (growing->threaded) {
		pthread_mutex_lock(&growing->mutex);
		growing->ended = true;
		pthread_cond_signal(&growing->more);
		pthread_mutex_unlock(&growing->mutex);
		pthread_join(growing->thread, NULL);
	}
	if (growing->err.code != ERR_NONE) {
		result = -1;
		if (err != NULL)
			*err = growing->err;
	}
	pthread_cond_destroy(&growing->fewer);
	pthread_cond_destroy(&growing->more);
	pthread_mutex_destroy(&growing->mutex);
	free(growing->bytes);
	free(growing);
	return result;
}
