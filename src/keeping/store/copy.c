/* Long files: copied on one core and hashed on another, piece by piece. Where the kernel can copy between the two files by itself it does,
 * and the hash is made of the copy; else, and to leave holes out, the bytes pass through here and are hashed on their way. Either way the
 * digest is that of the bytes that were written (I2). */
#include "internal.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

#define BLOCK ((size_t)4096)      /* what a hole is made of */
#define COARSE ((size_t)64 << 10) /* shorter zeroes of a file without holes are written: fewer calls and extents */

#define AHEAD ((uint64_t)8 << 20) /* a multiple of PIECE */

/* Pieces of PIECE bytes, the last may be shorter, numbered from 0; piece n has slot n % RING. Pieces [hashed, copied) are the hasher's; the
 * copier goes on only while copied - hashed < RING: slots are free then, and what the hasher reads back is still in the cache. */
struct ring {
	const struct store *store;
	pthread_mutex_t mutex;
	pthread_cond_t more, fewer;
	uint64_t copied, hashed;
	bool ended, threaded; /* not threaded: hashed as it is handed over */
	size_t lengths[RING];
	unsigned char *buffer;
	struct hasher *hasher;
	pthread_t thread;
	int back; /* the copy, to be read back, or -1: the bytes are in the slots */
	const char *path;
	struct err err; /* of reading back: nothing is hashed after it */
};

static void hash_piece(struct ring *ring, uint64_t piece)
{
	size_t slot = (size_t)(piece % RING), n = ring->lengths[slot];
	unsigned char *bytes = ring->buffer + slot * PIECE;

	if (ring->err.code != ERR_NONE)
		return;
	if (ring->back >= 0) {
		ssize_t got = os_read_at(ring->back, bytes, n, piece * PIECE, ring->path, &ring->err);

		if (got >= 0 && (size_t)got != n)
			err_set(&ring->err, ERR_SYSTEM, "%s does not hold what was just written to it", ring->path);
		if (ring->err.code != ERR_NONE)
			return;
	}
	hasher_add(ring->hasher, bytes, n);
}

static void *hash_pieces(void *context)
{
	struct ring *ring = context;

	pthread_mutex_lock(&ring->mutex);
	for (;;) {
		while (ring->hashed == ring->copied && !ring->ended)
			pthread_cond_wait(&ring->more, &ring->mutex);
		if (ring->hashed == ring->copied)
			break;
		pthread_mutex_unlock(&ring->mutex);
		hash_piece(ring, ring->hashed); /* only this thread moves it */
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

/* The slot of the next piece, once it is free. */
static unsigned char *ring_slot(struct ring *ring)
{
	if (ring->threaded) {
		pthread_mutex_lock(&ring->mutex);
		while (ring->copied - ring->hashed == RING)
			pthread_cond_wait(&ring->fewer, &ring->mutex);
		pthread_mutex_unlock(&ring->mutex);
	}
	return ring->buffer + (size_t)(ring->copied % RING) * PIECE;
}

static void ring_hand_over(struct ring *ring, size_t n)
{
	size_t slot = (size_t)(ring->copied % RING);

	if (!ring->threaded) {
		ring->lengths[slot] = n;
		hash_piece(ring, ring->copied);
		ring->hashed = ++ring->copied;
		return;
	}
	pthread_mutex_lock(&ring->mutex);
	ring->lengths[slot] = n;
	ring->copied++;
	pthread_cond_signal(&ring->more);
	pthread_mutex_unlock(&ring->mutex);
}

/* All that was handed over is hashed. */
static int ring_end(struct ring *ring, struct digest *digest, struct err *err)
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
	if (ring->err.code == ERR_NONE)
		return 0;
	if (err != NULL)
		*err = ring->err;
	return -1;
}

/* Whenever so much more is written, the disk may begin with it: it would stand still until the sync. */
static void write_soon(int out, uint64_t offset)
{
	if (offset % AHEAD == 0)
		os_write_soon(out, offset - AHEAD, AHEAD);
}

static void tell_moved(const struct store *store, uint64_t bytes)
{
	if (store->moved != NULL)
		store->moved(store->moved_context, bytes);
}

/* ---- through the kernel ----------------------------------------------------------------------------------------------------------- */

static int changed(const char *shown, struct err *err)
{
	return err_set(err, ERR_CONFLICT, "%s changed while it was read; deposit it again when it is at rest", shown);
}

/* Whether this says that these two files cannot be copied so; errors of the disk come again when they are read and written. */
static bool cannot_copy(int sys)
{
	return sys == EXDEV || sys == EINVAL || sys == EOPNOTSUPP || sys == ENOSYS || sys == EPERM || sys == EBADF ||
	       sys == ETXTBSY;
}

/* 1 if nothing was copied because it cannot be. */
static int copy_by_kernel(struct ring *ring, int in, const char *shown, uint64_t size, int out, const char *path, struct err *err)
{
	uint64_t offset = 0;

	while (offset < size) {
		size_t expected = size - offset < PIECE ? (size_t)(size - offset) : PIECE;

		if (os_check_interrupted(err) != 0)
			return -1;
		ring_slot(ring);
		for (size_t done = 0; done < expected;) {
			off_t from = (off_t)(offset + done), to = from;
			ssize_t got = TEMP_FAILURE_RETRY(os_calls->copy_range(in, &from, out, &to, expected - done));

			if (got < 0 && offset + done == 0 && cannot_copy(errno))
				return 1;
			if (got < 0)
				return err_sys(err, "cannot copy %s to %s", shown, path);
			/* Some file systems say so of a file that has more. */
			if (got == 0 && offset + done == 0)
				return 1;
			if (got == 0)
				return changed(shown, err);
			done += (size_t)got;
		}
		ring_hand_over(ring, expected);
		tell_moved(ring->store, expected);
		offset += expected;
		write_soon(out, offset);
	}
	return 0;
}

/* ---- through here ------------------------------------------------------------------------------------------------------------------- */

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
			return changed(shown, err);
		ring_hand_over(ring, expected);
		tell_moved(ring->store, expected);
		if (write_piece(out, slot, expected, offset, grain, &end, path, err) != 0)
			return -1;
		offset += expected;
		write_soon(out, offset);
	}
	if (end < size && TEMP_FAILURE_RETRY(os_calls->ftruncate(out, (off_t)size)) != 0)
		return err_sys(err, "cannot write %s", path);
	return 0;
}

int copy_long(struct store *store, int in, const char *shown, uint64_t size, bool sparse, int out, const char *path,
	struct hasher *hasher, struct digest *digest, struct err *err)
{
	struct ring ring = {.store = store,
		.buffer = store_buffer(store),
		.hasher = hasher,
		.back = sparse ? -1 : out,
		.path = path,
		.err = ERR_INIT};
	int result = 1;

	/* Advice only: whether the kernel takes it changes no result. */
	(void)posix_fadvise(in, 0, 0, POSIX_FADV_SEQUENTIAL);
	if (!sparse) {
		ring_start(&ring);
		result = copy_by_kernel(&ring, in, shown, size, out, path, err);
		if (ring_end(&ring, digest, result == 0 ? err : NULL) != 0)
			result = -1;
	}
	if (result > 0) {
		ring.copied = ring.hashed = 0;
		ring.ended = false;
		ring.back = -1;
		ring_start(&ring);
		result = copy_pieces(&ring, in, shown, size, sparse ? BLOCK : COARSE, out, path, err);
		(void)ring_end(&ring, digest, NULL); /* reads nothing */
	}
	return result;
}
