/* The second thread of a writer. Hashing and writing cost about the same, and most machines have two cores.
 *
 * Ownership: between hashing_give and hashing_wait the edge belongs to the thread; the bundles that were given to both, to read; all else
 * to the writer. The thread makes system calls only to write full tiles; errors wait for the next give or wait. To wake a thread costs as
 * much as to hash a bundle, so each of the two sleeps until there is half a queue to do. */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "writer.h"

/* A bundle with fewer new entries is hashed before a thread would have begun. */
#define WORTH_A_THREAD 64u
/* Bundles in the queue, each below BUNDLE_KEPT_MAX. */
#define QUEUE 8u

struct given {
	struct buf bundle;
	size_t from;
	struct hash leaves[LEAVES_MAX];
	unsigned leaf_count;
};

struct hashing {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t more, less;
	struct log_writer *writer;
	struct given queue[QUEUE];
	unsigned first, count;
	bool thread_waits, writer_waits, ending;
	unsigned writer_wants; /* waits until the queue is no longer than this */
	int result;
	struct err err;
};

static int full_tile(void *context, const struct tile *tile, const struct hash hashes[TILE_WIDTH], struct err *err)
{
	return write_file(context, tile, hashes, TILE_BYTES, err);
}

int hash_entries(struct log_writer *w, struct str entries, const struct hash *leaves, unsigned leaf_count, struct err *err)
{
	struct tile_sink sink = {.full = full_tile, .context = w};
	struct str entry;
	struct hash leaf;
	int more;

	for (unsigned i = 0; (more = bundle_next(&entries, &entry, err)) == 1; i++) {
		if (i >= leaf_count)
			merkle_leaf(entry, &leaf);
		if (edge_append(&w->edge, i < leaf_count ? &leaves[i] : &leaf, &sink, err) != 0)
			return -1;
	}
	return more;
}

static void *work(void *context)
{
	struct hashing *h = context;

	pthread_mutex_lock(&h->lock);
	for (;;) {
		while (h->count == 0 && !h->ending) {
			h->thread_waits = true;
			pthread_cond_wait(&h->more, &h->lock);
		}
		h->thread_waits = false;
		if (h->count == 0)
			break;
		struct given *given = &h->queue[h->first];
		struct str entries = {given->bundle.p + given->from, given->bundle.n - given->from};
		bool sound = h->result == 0;
		pthread_mutex_unlock(&h->lock);
		int result = sound ? hash_entries(h->writer, entries, given->leaves, given->leaf_count, &h->err) : -1;
		pthread_mutex_lock(&h->lock);
		h->result = result;
		h->first = (h->first + 1) % QUEUE;
		h->count--;
		if (h->writer_waits && h->count <= h->writer_wants)
			pthread_cond_signal(&h->less);
	}
	pthread_mutex_unlock(&h->lock);
	return NULL;
}

/* NULL if there can be no thread: then it goes without. */
static struct hashing *begin(struct log_writer *w)
{
	struct hashing *h = mem_alloc(sizeof(*h));
	sigset_t all, before;

	h->writer = w;
	for (unsigned i = 0; i < QUEUE; i++)
		h->queue[i].bundle.max = BUNDLE_MAX;
	h->err = (struct err)ERR_INIT;
	pthread_mutex_init(&h->lock, NULL);
	pthread_cond_init(&h->more, NULL);
	pthread_cond_init(&h->less, NULL);
	/* Signals are the business of the program's own threads. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int refused = pthread_create(&h->thread, NULL, work, h);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (refused == 0)
		return h;
	pthread_cond_destroy(&h->more);
	pthread_cond_destroy(&h->less);
	pthread_mutex_destroy(&h->lock);
	free(h);
	return NULL;
}

/* With the lock held: until the queue is no longer than `most`. */
static void wait_for(struct hashing *h, unsigned most)
{
	while (h->count > most) {
		if (h->thread_waits)
			pthread_cond_signal(&h->more);
		h->writer_waits = true;
		h->writer_wants = most;
		pthread_cond_wait(&h->less, &h->lock);
	}
	h->writer_waits = false;
}

int hashing_wait(struct log_writer *w, struct err *err)
{
	struct hashing *h = w->hashing;
	int result;

	if (h == NULL)
		return 0;
	pthread_mutex_lock(&h->lock);
	wait_for(h, 0);
	result = h->result;
	pthread_mutex_unlock(&h->lock);
	if (result != 0 && err != NULL)
		*err = h->err;
	return result;
}

int hashing_give(struct log_writer *w, struct str *lent, struct err *err)
{
	struct hashing *h;
	struct given *given;
	struct buf empty;
	int result;

	*lent = buf_view(&w->bundle);
	if (w->hashing == NULL && w->size - w->edge.size >= WORTH_A_THREAD)
		w->hashing = begin(w);
	h = w->hashing;
	/* A queue of large bundles would be too much memory. */
	if (h == NULL || w->bundle.cap > BUNDLE_KEPT_MAX) {
		if (hashing_wait(w, err) != 0)
			return -1;
		return hash_entries(w, (struct str){lent->p + w->hashed, lent->n - w->hashed}, w->leaves, w->leaf_count, err);
	}
	pthread_mutex_lock(&h->lock);
	if (h->count == QUEUE)
		wait_for(h, QUEUE / 2);
	result = h->result;
	given = &h->queue[(h->first + h->count) % QUEUE];
	empty = given->bundle;
	given->bundle = w->bundle;
	given->from = w->hashed;
	memcpy(given->leaves, w->leaves, w->leaf_count * sizeof(*given->leaves));
	given->leaf_count = w->leaf_count;
	h->count++;
	if (h->thread_waits && h->count >= QUEUE / 2)
		pthread_cond_signal(&h->more);
	pthread_mutex_unlock(&h->lock);
	w->bundle = empty;
	buf_clear(&w->bundle);
	if (result != 0) {
		/* The thread's error stands still once it is told. */
		return hashing_wait(w, err);
	}
	return 0;
}

void hashing_end(struct log_writer *w)
{
	struct hashing *h = w->hashing;

	if (h == NULL)
		return;
	pthread_mutex_lock(&h->lock);
	h->ending = true;
	pthread_cond_signal(&h->more);
	pthread_mutex_unlock(&h->lock);
	pthread_join(h->thread, NULL);
	pthread_cond_destroy(&h->more);
	pthread_cond_destroy(&h->less);
	pthread_mutex_destroy(&h->lock);
	for (unsigned i = 0; i < QUEUE; i++)
		buf_release(&h->queue[i].bundle);
	free(h);
	w->hashing = NULL;
}
