/* What small records cost in the store alone: staged, synced, published, synced, against `cp -r` of the resulting tree and `sync`.
 *
 *   store_small FOLDER [RECORDS [ROUNDS]]
 *
 * FOLDER must be empty or absent, and lie on the file system to be measured. Nothing is deleted between measurements: on ext4, creating
 * files soon after deleting many is slower by far. Prints seconds a round and the median of the ratios. */
#include "store/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BATCH 10000u
#define ROUNDS_MAX 99u

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Of this program, or of the ones it ran: without what others do on the machine. */
static double processor_seconds(int whose)
{
	struct rusage usage;

	getrusage(whose, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static _Noreturn void die(const struct err *err, const char *what)
{
	fprintf(stderr, "store_small: %s: %s\n", what, err->text);
	exit(3);
}

static void make_source(int dir, unsigned count)
{
	static const char *const words[] = {"letter", "of", "the", "twelfth", "received", "from", "Paris", "and", "read", "aloud"};
	struct err err = ERR_INIT;
	uint64_t random = 88172645463325252u;

	if (os_mkdirs(dir, "source", &err) != 0)
		die(&err, "source");
	for (unsigned i = 0; i < count; i++) {
		struct buf text = BUF_INIT;
		char name[64];
		size_t size;

		random ^= random << 13, random ^= random >> 7, random ^= random << 17;
		size = 4096 + random % 8192;
		buf_printf(&text, "%u %" PRIu64 "\n", i, random);
		while (text.n < size) {
			random ^= random << 13, random ^= random >> 7, random ^= random << 17;
			buf_text(&text, words[random % 10]);
			buf_char(&text, random % 13 == 0 ? '\n' : ' ');
		}
		snprintf(name, sizeof(name), "source/%u", i / 1000);
		if (i % 1000 == 0 && os_mkdir(dir, name, &err) != 0)
			die(&err, name);
		snprintf(name, sizeof(name), "source/%u/%u.txt", i / 1000, i);
		if (os_write_new(dir, name, buf_view(&text), 0644, &err) != 0)
			die(&err, name);
		buf_release(&text);
	}
}

static int stage_one(struct store *store, int dir, int staging, unsigned i, const char *id, const char *staged,
	struct os_batch *batch, struct err *err)
{
	struct stage *stage = NULL;
	struct digest digest;
	struct buf record = BUF_INIT;
	char path[64], logical[32];
	unsigned char seed[32];
	uint64_t size;
	int fd = -1, result = -1;
	struct stage_version_info info = {.created = 1700000000,
		.message = STR("deposited"),
		.user_name = STR("photostat"),
		.user_address = STR("https://bench.example/archive")};

	snprintf(path, sizeof(path), "source/%u/%u.txt", i / 1000, i);
	snprintf(logical, sizeof(logical), "%u.txt", i);
	random_bytes(seed, sizeof(seed));
	buf_printf(&record,
		"{\n\"title\": [\"Letter %u\"],\n\"creator\": [\"A. Joffe\"],\n\"files\": [{\"path\": \"%s\", \"role\": "
		"\"original\"}]\n}\n",
		i, logical);
	if (stage_new_object(&stage, store, staging, staged, str_from(id), err) != 0 ||
		(fd = os_open(dir, path, O_RDONLY, 0, err)) < 0)
		goto out;
	if (stage_add_fd(stage, str_from(logical), fd, path, &digest, &size, err) != 0 ||
		stage_add_bytes(stage, STR("photostat.json"), buf_view(&record), &digest, err) != 0 ||
		stage_add_bytes(stage, STR("photostat.seed"), (struct str){(char *)seed, sizeof(seed)}, &digest, err) != 0 ||
		stage_end_version(stage, &info, &digest, err) != 0)
		goto out;
	result = stage_wrote(stage, batch, err);
out:
	os_close(fd);
	buf_release(&record);
	stage_free(stage);
	return result;
}

/* Seconds of staging, the first sync, publishing, the second sync. */
enum { STAGING, FIRST_SYNC, PUBLISHING, SECOND_SYNC, STEPS };

static void deposit_batch(double steps[STEPS], struct store *store, int dir, const char *batch_path, unsigned from, unsigned to)
{
	struct err err = ERR_INIT;
	struct os_batch *batch;
	char id[64], staged[24];
	int staging;

	if (os_batch_open(&batch, dir, &err) != 0 || os_mkdirs(dir, batch_path, &err) != 0)
		die(&err, batch_path);
	double start = seconds(), now;
	staging = os_open(dir, batch_path, O_RDONLY | O_DIRECTORY, 0, &err);
	for (unsigned i = from; i < to; i++) {
		snprintf(id, sizeof(id), "https://bench.example/archive/r/letter-%u", i);
		snprintf(staged, sizeof(staged), "o%u", i);
		if (stage_one(store, dir, staging, i, id, staged, batch, &err) != 0)
			die(&err, id);
	}
	now = seconds(), steps[STAGING] += now - start, start = now;
	if (os_batch_sync(batch, &err) != 0)
		die(&err, "sync");
	now = seconds(), steps[FIRST_SYNC] += now - start, start = now;
	for (unsigned i = from; i < to; i++) {
		snprintf(id, sizeof(id), "https://bench.example/archive/r/letter-%u", i);
		snprintf(staged, sizeof(staged), "o%u", i);
		if (store_publish_object(store, staging, staged, str_from(id), batch, &err) != 0)
			die(&err, id);
	}
	now = seconds(), steps[PUBLISHING] += now - start, start = now;
	if (os_batch_sync(batch, &err) != 0)
		die(&err, "sync");
	steps[SECOND_SYNC] += seconds() - start;
	os_batch_free(batch);
	os_close(staging);
}

static void deposit(double steps[STEPS], int dir, unsigned round, unsigned count)
{
	struct err err = ERR_INIT;
	struct store *store;
	char path[64];

	snprintf(path, sizeof(path), "records-%u", round);
	if (store_create(dir, path, &err) != 0 || store_open(&store, dir, path, DIGEST_SHA256, &err) != 0)
		die(&err, path);
	for (unsigned from = 0; from < count; from += BATCH) {
		snprintf(path, sizeof(path), "staging-%u/batch-%u", round, from);
		deposit_batch(steps, store, dir, path, from, from + BATCH < count ? from + BATCH : count);
	}
	store_free(store);
}

static void copy(const char *folder, unsigned round)
{
	char from[4200], to[4200];
	int status;
	pid_t child;

	snprintf(from, sizeof(from), "%s/records-%u", folder, round);
	snprintf(to, sizeof(to), "%s/copy-%u", folder, round);
	child = fork();
	if (child == 0) {
		execlp("cp", "cp", "-r", from, to, (char *)NULL);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0) {
		fprintf(stderr, "store_small: cp failed\n");
		exit(3);
	}
	sync();
}

static int order(const void *one, const void *other)
{
	double a = *(const double *)one, b = *(const double *)other;

	return (a > b) - (a < b);
}

int main(int argc, char **argv)
{
	struct err err = ERR_INIT;
	unsigned count = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 20000,
		 rounds = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 3;
	double ratios[ROUNDS_MAX];
	int dir;

	if (argc < 2 || count == 0 || rounds == 0 || rounds > ROUNDS_MAX) {
		fprintf(stderr, "usage: store_small FOLDER [RECORDS [ROUNDS]]\n");
		return 2;
	}
	if (os_mkdirs(AT_FDCWD, argv[1], &err) != 0 || (dir = os_open(AT_FDCWD, argv[1], O_RDONLY | O_DIRECTORY, 0, &err)) < 0)
		die(&err, argv[1]);
	make_source(dir, count);
	sync();
	for (unsigned round = 0; round < rounds; round++) {
		double start = seconds(), middle, end, own = processor_seconds(RUSAGE_SELF),
		       others = processor_seconds(RUSAGE_CHILDREN);

		double steps[STEPS] = {0};
		deposit(steps, dir, round, count);
		middle = seconds();
		copy(argv[1], round);
		end = seconds();
		ratios[round] = (middle - start) / (end - middle);
		printf("round %u: store %.2f s, cp -r and sync %.2f s, ratio %.3f; processor: store %.2f s (%.0f us a record), cp "
		       "%.2f s\n",
			round, middle - start, end - middle, ratios[round], processor_seconds(RUSAGE_SELF) - own,
			(processor_seconds(RUSAGE_SELF) - own) * 1e6 / count, processor_seconds(RUSAGE_CHILDREN) - others);
		printf("         staging %.2f s, sync %.2f s, publishing %.2f s, sync %.2f s\n", steps[STAGING], steps[FIRST_SYNC],
			steps[PUBLISHING], steps[SECOND_SYNC]);
		fflush(stdout);
	}
	qsort(ratios, rounds, sizeof(ratios[0]), order);
	printf("median ratio %.3f\n", ratios[rounds / 2]);
	os_close(dir);
	return 0;
}
