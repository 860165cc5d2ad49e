/* The second thread of a writer. Hashing and writing cost about the same, and most machines have two cores.
 *
 * Ownership: between hashing_give and hashing_wait the edge and the lent bundle belong to the thread (the writer may read the bundle), all
 * else to the writer. The thread makes system calls only to write full tiles; errors wait for hashing_wait. */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "writer.h"

/* A bundle with fewer new entries is hashed before a thread would have begun. */
#define WORTH_A_THREAD 64u

struct hashing {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct log_writer *writer;
	bool working, ending;
	struct buf bundle;
	size_t from;
	struct hash leaves[LEAVES_MAX];
	unsigned leaf_count;
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
		while (!h->working && !h->ending)
			pthread_cond_wait(&h->changed, &h->lock);
		if (!h->working)
			break;
		struct str entries = {h->bundle.p + h->from, h->bundle.n - h->from};
		pthread_mutex_unlock(&h->lock);
		int result = hash_entries(h->writer, entries, h->leaves, h->leaf_count, &h->err);
		pthread_mutex_lock(&h->lock);
		h->result = result;
		h->working = false;
		pthread_cond_broadcast(&h->changed);
	}
	pthread_mutex_unlock(&h->lock);
	sha256_thread_end();
	return NULL;
}

/* NULL if there can be no thread: then it goes without. */
static struct hashing *begin(struct log_writer *w)
{
	struct hashing *h = mem_alloc(sizeof(*h));
	sigset_t all, before;

	h->writer = w;
	h->bundle.max = BUNDLE_MAX;
	h->err = (struct err)ERR_INIT;
	pthread_mutex_init(&h->lock, NULL);
	pthread_cond_init(&h->changed, NULL);
	/* Signals are the business of the program's own threads. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int refused = pthread_create(&h->thread, NULL, work, h);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (refused == 0)
		return h;
	pthread_cond_destroy(&h->changed);
	pthread_mutex_destroy(&h->lock);
	free(h);
	return NULL;
}

int hashing_wait(struct log_writer *w, struct err *err)
{
	struct hashing *h = w->hashing;
	int result;

	if (h == NULL)
		return 0;
	pthread_mutex_lock(&h->lock);
	while (h->working)
		pthread_cond_wait(&h->changed, &h->lock);
	result = h->result;
	pthread_mutex_unlock(&h->lock);
	if (result != 0 && err != NULL)
		*err = h->err;
	return result;
}

int hashing_give(struct log_writer *w, struct str *lent, struct err *err)
{
	struct hashing *h;
	struct buf empty;

	if (hashing_wait(w, err) != 0)
		return -1;
	*lent = buf_view(&w->bundle);
	if (w->hashing == NULL && w->size - w->edge.size >= WORTH_A_THREAD)
		w->hashing = begin(w);
	h = w->hashing;
	/* Two of the largest bundles would be too much memory. */
	if (h == NULL || w->bundle.cap > BUNDLE_KEPT_MAX)
		return hash_entries(w, (struct str){lent->p + w->hashed, lent->n - w->hashed}, w->leaves, w->leaf_count, err);
	empty = h->bundle;
	pthread_mutex_lock(&h->lock);
	h->bundle = w->bundle;
	h->from = w->hashed;
	memcpy(h->leaves, w->leaves, w->leaf_count * sizeof(*h->leaves));
	h->leaf_count = w->leaf_count;
	h->working = true;
	pthread_cond_broadcast(&h->changed);
	pthread_mutex_unlock(&h->lock);
	w->bundle = empty;
	buf_clear(&w->bundle);
	return 0;
}

void hashing_end(struct log_writer *w)
{
	struct hashing *h = w->hashing;

	if (h == NULL)
		return;
	pthread_mutex_lock(&h->lock);
	h->ending = true;
	pthread_cond_broadcast(&h->changed);
	pthread_mutex_unlock(&h->lock);
	pthread_join(h->thread, NULL);
	pthread_cond_destroy(&h->changed);
	pthread_mutex_destroy(&h->lock);
	buf_release(&h->bundle);
	free(h);
	w->hashing = NULL;
}
