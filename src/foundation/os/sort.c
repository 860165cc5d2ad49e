/* Sorting more records than fit into memory: sorted runs in a file without a name, merged as they are asked for (P10). */
#include "sort.h"
#include "internal.h"

#include <stdlib.h>
#include <string.h>

/* A run is read in steps of at least this, or merging would be all seeking. */
#define STEP_LEAST 16384u
#define MEMORY_LEAST 65536u
#define FIRST_RECORDS 64u
#define RUN_FILE "the sorting file"

/* A run in the file, and while merging the part of it that is in memory. */
struct run {
	uint64_t offset, left; /* of what is not in memory yet, bytes */
	unsigned char *window;
	size_t at, n; /* within window, bytes */
};

struct os_sort {
	int dir, fd; /* fd: the runs; -1 while none was written */
	bool finished;
	size_t record_size, max_memory; /* max_memory: whole records, bytes */
	unsigned char *memory, *spare;
	size_t n, cap, at; /* of memory in bytes: filled, allocated, handed out */
	uint64_t file_size;
	struct run *runs;
	size_t run_count, run_cap;
	size_t *heap; /* indices of runs that still have records, the smallest record first */
	size_t heap_n;
};

int os_sort_open(struct os_sort **out, int dir, size_t record_size, size_t key_size, size_t max_memory, struct err *err)
{
	size_t least;

	if (record_size == 0 || key_size > record_size || !size_mul(record_size, 8, &least))
		return err_set(err, ERR_INTERNAL, "sorting records of %zu bytes by a key of %zu", record_size, key_size);
	if (least < MEMORY_LEAST)
		least = MEMORY_LEAST;
	if (max_memory < least)
		max_memory = least;
	struct os_sort *sort = mem_alloc(sizeof(*sort));
	sort->dir = dir;
	sort->fd = -1;
	sort->record_size = record_size;
	sort->max_memory = max_memory - max_memory % record_size;
	sort->spare = mem_alloc(record_size);
	*out = sort;
	return 0;
}

/* A file that nobody can see and that is gone when its descriptor is. */
static int run_file(int dir, struct err *err)
{
	char name[TEMPORARY_NAME];
	int fd = AGAIN(openat(dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));

	/* Kernels and file systems that do not know O_TMPFILE see an attempt to open a folder for writing. */
	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL && errno != ENOENT))
		return fd >= 0 ? fd : os_failed(err, "create", RUN_FILE);
	for (unsigned attempt = 0; fd < 0; attempt++) {
		os_temporary_name(name, "sort", attempt);
		fd = AGAIN(openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
		if (fd < 0 && (errno != EEXIST || attempt >= TEMPORARY_ATTEMPTS))
			return os_failed(err, "create", RUN_FILE);
	}
	if (os_unlink(dir, name, err) != 0) {
		os_close(fd);
		return -1;
	}
	return fd;
}

static void add_run(struct os_sort *sort, uint64_t offset, uint64_t n)
{
	if (sort->run_count == sort->run_cap) {
		sort->run_cap = sort->run_cap == 0 ? 16 : sort->run_cap * 2;
		sort->runs = mem_grow(sort->runs, sort->run_cap, sizeof(*sort->runs));
	}
	sort->runs[sort->run_count++] = (struct run){.offset = offset, .left = n};
}

/* What is in memory becomes a run. */
static int spill(struct os_sort *sort, struct err *err)
{
	if (sort->fd < 0 && (sort->fd = run_file(sort->dir, err)) < 0)
		return -1;
	sort_records(sort->memory, sort->n / sort->record_size, sort->record_size, sort->spare);
	if (os_write(sort->fd, sort->memory, sort->n, RUN_FILE, err) != 0)
		return -1;
	add_run(sort, sort->file_size, sort->n);
	sort->file_size += sort->n;
	sort->n = 0;
	return 0;
}

int os_sort_add(struct os_sort *sort, const void *record, struct err *err)
{
	if (sort->finished)
		return err_set(err, ERR_INTERNAL, "sorting: a record was added after the end");
	if (sort->n == sort->max_memory && spill(sort, err) != 0)
		return -1;
	if (sort->n == sort->cap) {
		size_t cap = sort->cap == 0 ? sort->record_size * FIRST_RECORDS : sort->cap * 2;
		if (cap > sort->max_memory)
			cap = sort->max_memory;
		sort->memory = mem_grow(sort->memory, cap, 1);
		sort->cap = cap;
	}
	memcpy(sort->memory + sort->n, record, sort->record_size);
	sort->n += sort->record_size;
	return 0;
}

/* The next part of a run into its window of `room` bytes. */
static int refill(struct os_sort *sort, struct run *run, size_t room, struct err *err)
{
	size_t want = run->left < room ? (size_t)run->left : room;
	ssize_t got = want > 0 ? os_read_at(sort->fd, run->window, want, run->offset, RUN_FILE, err) : 0;

	if (got < 0)
		return -1;
	if ((size_t)got != want)
		return err_set(err, ERR_SYSTEM, RUN_FILE ": shorter than what was written to it");
	run->offset += want;
	run->left -= want;
	run->at = 0;
	run->n = want;
	return 0;
}

static const unsigned char *head(const struct os_sort *sort, size_t place)
{
	const struct run *run = &sort->runs[sort->heap[place]];

	return run->window + run->at;
}

static void sink(struct os_sort *sort, size_t place)
{
	for (size_t child; (child = 2 * place + 1) < sort->heap_n; place = child) {
		if (child + 1 < sort->heap_n && memcmp(head(sort, child + 1), head(sort, child), sort->record_size) < 0)
			child++;
		if (memcmp(head(sort, place), head(sort, child), sort->record_size) <= 0)
			return;
		size_t other = sort->heap[place];
		sort->heap[place] = sort->heap[child];
		sort->heap[child] = other;
	}
}

/* Bytes of memory that each of `count` runs gets when `parts` share it: whole records. */
static size_t window_size(const struct os_sort *sort, size_t parts)
{
	size_t size = sort->max_memory / parts;

	return size - size % sort->record_size;
}

/* Opens the runs [first, first + count) for merging, each with a window of `room` bytes. */
static int merge_begin(struct os_sort *sort, size_t first, size_t count, size_t room, struct err *err)
{
	sort->heap_n = 0;
	for (size_t i = 0; i < count; i++) {
		struct run *run = &sort->runs[first + i];
		run->window = sort->memory + i * room;
		if (refill(sort, run, room, err) != 0)
			return -1;
		sort->heap[sort->heap_n++] = first + i;
	}
	for (size_t place = sort->heap_n / 2; place-- > 0;)
		sink(sort, place);
	return 0;
}

/* The smallest record is used up. */
static int merge_step(struct os_sort *sort, size_t room, struct err *err)
{
	struct run *run = &sort->runs[sort->heap[0]];

	run->at += sort->record_size;
	if (run->at == run->n && refill(sort, run, room, err) != 0)
		return -1;
	if (run->at == run->n)
		sort->heap[0] = sort->heap[--sort->heap_n];
	sink(sort, 0);
	return 0;
}

/* Merges the runs [first, first + count) into one at the end of the file `to`. The last part of the memory gathers the output. */
static int merge_group(struct os_sort *sort, size_t first, size_t count, int to, uint64_t *written, struct err *err)
{
	size_t room = window_size(sort, count + 1), n = 0;
	unsigned char *output = sort->memory + count * room;

	if (merge_begin(sort, first, count, room, err) != 0)
		return -1;
	while (sort->heap_n > 0) {
		memcpy(output + n, head(sort, 0), sort->record_size);
		n += sort->record_size;
		if (merge_step(sort, room, err) != 0)
			return -1;
		if (n == room || sort->heap_n == 0) {
			if (os_write(to, output, n, RUN_FILE, err) != 0)
				return -1;
			*written += n;
			n = 0;
		}
	}
	return 0;
}

/* One pass over all runs, `fan_in` at a time, into a new file. */
static int merge_pass(struct os_sort *sort, size_t fan_in, struct err *err)
{
	size_t kept = 0;
	uint64_t written = 0;
	int fd = run_file(sort->dir, err);

	if (fd < 0)
		return -1;
	for (size_t first = 0; first < sort->run_count; first += fan_in) {
		size_t count = sort->run_count - first < fan_in ? sort->run_count - first : fan_in;
		uint64_t start = written;
		if (merge_group(sort, first, count, fd, &written, err) != 0) {
			os_close(fd);
			return -1;
		}
		sort->runs[kept++] = (struct run){.offset = start, .left = written - start};
	}
	sort->run_count = kept;
	os_close(sort->fd);
	sort->fd = fd;
	return 0;
}

int os_sort_finish(struct os_sort *sort, struct err *err)
{
	size_t step = STEP_LEAST > sort->record_size ? STEP_LEAST : sort->record_size, fan_in = sort->max_memory / step - 1;

	if (sort->finished)
		return 0;
	if (sort->run_count == 0) {
		sort_records(sort->memory, sort->n / sort->record_size, sort->record_size, sort->spare);
		sort->finished = true;
		return 0;
	}
	if (sort->n > 0 && spill(sort, err) != 0)
		return -1;
	sort->heap = mem_array(sort->run_count < fan_in ? sort->run_count : fan_in, sizeof(*sort->heap));
	while (sort->run_count > fan_in)
		if (merge_pass(sort, fan_in, err) != 0)
			return -1;
	if (merge_begin(sort, 0, sort->run_count, window_size(sort, sort->run_count), err) != 0)
		return -1;
	sort->finished = true;
	return 0;
}

int os_sort_next(struct os_sort *sort, void *record, struct err *err)
{
	if (!sort->finished)
		return err_set(err, ERR_INTERNAL, "sorting: asked for a record before the end of the additions");
	if (sort->run_count == 0) {
		if (sort->at == sort->n)
			return 0;
		memcpy(record, sort->memory + sort->at, sort->record_size);
		sort->at += sort->record_size;
		return 1;
	}
	if (sort->heap_n == 0)
		return 0;
	memcpy(record, head(sort, 0), sort->record_size);
	return merge_step(sort, window_size(sort, sort->run_count), err) == 0 ? 1 : -1;
}

void os_sort_free(struct os_sort *sort)
{
	if (sort == NULL)
		return;
	os_close(sort->fd);
	free(sort->memory);
	free(sort->spare);
	free(sort->runs);
	free(sort->heap);
	free(sort);
}
