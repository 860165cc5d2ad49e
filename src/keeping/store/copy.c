/* Long files: read and written here, hashed on another core meanwhile, holes left out. */
#include "internal.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

#define BLOCK 4096u               /* what a hole is made of */
#define COARSE ((size_t)64 << 10) /* shorter zeroes of a file without holes are written: fewer calls and extents */

/* Pieces are numbered from 0; piece n lies in slot n % RING. Slots of the pieces [hashed, read) are the hasher's to read; the reader fills
 * the slot of piece `read` only when read - hashed < RING. */
struct ring {
	pthread_mutex_t mutex;
	pthread_cond_t more, fewer;
	uint64_t read, hashed;
	bool ended;
	size_t lengths[RING];
	unsigned char *buffer;
	struct hasher *hasher;
	bool threaded; /* else hashed as it is handed over */
	pthread_t thread;
};

static void *hash_pieces(void *context)
{
	struct ring *ring = context;

	pthread_mutex_lock(&ring->mutex);
	for (;;) {
		while (ring->hashed == ring->read && !ring->ended)
			pthread_cond_wait(&ring->more, &ring->mutex);
		if (ring->hashed == ring->read)
			break;
		size_t slot = (size_t)(ring->hashed % RING);
		pthread_mutex_unlock(&ring->mutex);
		hasher_add(ring->hasher, ring->buffer + slot * PIECE, ring->lengths[slot]);
		pthread_mutex_lock(&ring->mutex);
		ring->hashed++;
		pthread_cond_signal(&ring->fewer);
	}
	pthread_mutex_unlock(&ring->mutex);
	return NULL;
}

static void ring_start(struct ring *ring)
{
	sigset_t all, before;

	pthread_mutex_init(&ring->mutex, NULL);
	pthread_cond_init(&ring->more, NULL);
	pthread_cond_init(&ring->fewer, NULL);
	hasher_begin(ring->hasher);
	/* Signals are for the thread that can be interrupted. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	/* Without a thread it only takes longer. */
	ring->threaded = pthread_create(&ring->thread, NULL, hash_pieces, ring) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* The slot that the next piece goes to, once it is free. */
static unsigned char *ring_slot(struct ring *ring)
{
	if (ring->threaded) {
		pthread_mutex_lock(&ring->mutex);
		while (ring->read - ring->hashed == RING)
			pthread_cond_wait(&ring->fewer, &ring->mutex);
		pthread_mutex_unlock(&ring->mutex);
	}
	return ring->buffer + (size_t)(ring->read % RING) * PIECE;
}

static void ring_hand_over(struct ring *ring, size_t n)
{
	size_t slot = (size_t)(ring->read % RING);

	if (!ring->threaded) {
		hasher_add(ring->hasher, ring->buffer + slot * PIECE, n);
		ring->hashed = ++ring->read;
		return;
	}
	pthread_mutex_lock(&ring->mutex);
	ring->lengths[slot] = n;
	ring->read++;
	pthread_cond_signal(&ring->more);
	pthread_mutex_unlock(&ring->mutex);
}

static void ring_end(struct ring *ring, struct digest *digest)
{
	if (ring->threaded) {
		pthread_mutex_lock(&ring->mutex);
		ring->ended = true;
		pthread_cond_signal(&ring->more);
		pthread_mutex_unlock(&ring->mutex);
		pthread_join(ring->thread, NULL);
	}
	hasher_end(ring->hasher, digest);
	pthread_cond_destroy(&ring->fewer);
	pthread_cond_destroy(&ring->more);
	pthread_mutex_destroy(&ring->mutex);
}

static int write_at(int fd, const unsigned char *bytes, size_t n, uint64_t offset, const char *path, struct err *err)
{
	while (n > 0) {
		ssize_t wrote = TEMP_FAILURE_RETRY(os_calls->pwrite(fd, bytes, n, (off_t)offset));

		if (wrote == 0)
			errno = ENOSPC;
		if (wrote <= 0)
			return err_sys(err, "cannot write %s", path);
		bytes += wrote;
		offset += (uint64_t)wrote;
		n -= (size_t)wrote;
	}
	return 0;
}

static bool is_zero(const unsigned char *bytes, size_t n)
{
	return bytes[0] == 0 && memcmp(bytes, bytes + 1, n - 1) == 0;
}

/* Length of the grains at the start that are zero, or that are not, whichever the first is. */
static size_t run_length(const unsigned char *bytes, size_t n, size_t grain, bool *zero)
{
	size_t at = n < grain ? n : grain;

	*zero = is_zero(bytes, at);
	while (at < n) {
		size_t step = n - at < grain ? n - at : grain;

		if (is_zero(bytes + at, step) != *zero)
			break;
		at += step;
	}
	return at;
}

/* *end is the end of the last byte written. */
static int write_piece(int out, const unsigned char *bytes, size_t n, uint64_t offset, size_t grain, uint64_t *end,
	const char *path, struct err *err)
{
	while (n > 0) {
		bool zero;
		size_t run = run_length(bytes, n, grain, &zero);

		if (!zero) {
			if (write_at(out, bytes, run, offset, path, err) != 0)
				return -1;
			*end = offset + run;
		}
		bytes += run;
		offset += run;
		n -= run;
	}
	return 0;
}

static int copy_pieces(
	struct ring *ring, int in, const char *shown, uint64_t size, size_t grain, int out, const char *path, struct err *err)
{
	uint64_t offset = 0, end = 0;

	while (offset < size) {
		unsigned char *slot = ring_slot(ring);
		size_t expected = size - offset < PIECE ? (size_t)(size - offset) : PIECE;
		/* A byte more than there should be is asked for where there is room, to see a file that grows. */
		ssize_t got = os_read_at(in, slot, expected < PIECE ? expected + 1 : PIECE, offset, shown, err);

		if (got < 0 || os_check_interrupted(err) != 0)
			return -1;
		if ((size_t)got != expected)
			return err_set(
				err, ERR_CONFLICT, "%s changed while it was read; deposit it again when it is at rest", shown);
		ring_hand_over(ring, (size_t)got);
		if (write_piece(out, slot, (size_t)got, offset, grain, &end, path, err) != 0)
			return -1;
		offset += (uint64_t)got;
	}
	if (end < size && TEMP_FAILURE_RETRY(os_calls->ftruncate(out, (off_t)size)) != 0)
		return err_sys(err, "cannot write %s", path);
	return 0;
}

int copy_long(struct store *store, int in, const char *shown, uint64_t size, bool sparse, int out, const char *path,
	struct hasher *hasher, struct digest *digest, struct err *err)
{
	struct ring ring = {.buffer = store_buffer(store), .hasher = hasher};
	int result;

	/* Advice only: whether the kernel takes it changes no result. */
	(void)posix_fadvise(in, 0, 0, POSIX_FADV_SEQUENTIAL);
	ring_start(&ring);
	result = copy_pieces(&ring, in, shown, size, sparse ? BLOCK : COARSE, out, path, err);
	ring_end(&ring, digest);
	return result;
}
