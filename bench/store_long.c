/* What long files cost in the store alone: one record each, staged, synced, published, synced, against `cp -r` of the sources and `sync`.
 *
 *   store_long FOLDER [FILES [MIB [ROUNDS]]]
 *
 * As store_small: an empty or absent FOLDER, nothing deleted between measurements, seconds a round and the median of the ratios. */
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MIB ((size_t)1 << 20)
#define ROUNDS_MAX 99u

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double processor_seconds(int whose)
{
	struct rusage usage;

	getrusage(whose, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static _Noreturn void die(const struct err *err, const char *what)
{
	fprintf(stderr, "store_long: %s: %s\n", what, err->text);
	exit(3);
}

static void make_source(int dir, unsigned count, unsigned mib)
{
	struct err err = ERR_INIT;
	char *bytes = mem_alloc(MIB), name[64];

	if (os_mkdirs(dir, "source", &err) != 0)
		die(&err, "source");
	for (unsigned i = 0; i < count; i++) {
		int fd;

		snprintf(name, sizeof(name), "source/%u.tif", i);
		fd = os_open(dir, name, O_WRONLY | O_CREAT | O_EXCL, 0644, &err);
		if (fd < 0)
			die(&err, name);
		random_bytes(bytes, MIB);
		for (unsigned k = 0; k < mib; k++) {
			memcpy(bytes, &k, sizeof(k));
			if (os_write(fd, bytes, MIB, name, &err) != 0)
				die(&err, name);
		}
		os_close(fd);
	}
	free(bytes);
}

static int stage_one(struct store *store, int dir, int staging, unsigned i, const char *id, struct os_batch *batch, struct err *err)
{
	struct stage *stage = NULL;
	struct digest digest;
	struct stage_version_info info = {.created = 1700000000, .message = STR("deposited"), .user_name = STR("photostat")};
	char path[64], staged[24];
	uint64_t size;
	int fd, result = -1;

	snprintf(path, sizeof(path), "source/%u.tif", i);
	snprintf(staged, sizeof(staged), "o%u", i);
	fd = os_open(dir, path, O_RDONLY, 0, err);
	if (fd < 0 || stage_new_object(&stage, store, staging, staged, str_from(id), err) != 0)
		goto out;
	if (stage_add_fd(stage, STR("scan.tif"), fd, path, &digest, &size, err) != 0 ||
		stage_end_version(stage, &info, &digest, err) != 0)
		goto out;
	result = stage_wrote(stage, batch, err);
out:
	os_close(fd);
	stage_free(stage);
	return result;
}

static void deposit(int dir, unsigned round, unsigned count)
{
	struct err err = ERR_INIT;
	struct store *store;
	struct os_batch *batch;
	char path[64], id[64], staged[24];
	int staging;

	snprintf(path, sizeof(path), "records-%u", round);
	if (store_create(dir, path, &err) != 0 || store_open(&store, dir, path, DIGEST_SHA256, &err) != 0 ||
		os_batch_open(&batch, dir, &err) != 0)
		die(&err, path);
	snprintf(path, sizeof(path), "staging-%u", round);
	if (os_mkdirs(dir, path, &err) != 0 || (staging = os_open(dir, path, O_RDONLY | O_DIRECTORY, 0, &err)) < 0)
		die(&err, path);
	for (unsigned i = 0; i < count; i++) {
		snprintf(id, sizeof(id), "https://bench.example/archive/r/scan-%u", i);
		if (stage_one(store, dir, staging, i, id, batch, &err) != 0)
			die(&err, id);
	}
	if (os_batch_sync(batch, &err) != 0)
		die(&err, "sync");
	for (unsigned i = 0; i < count; i++) {
		snprintf(id, sizeof(id), "https://bench.example/archive/r/scan-%u", i);
		snprintf(staged, sizeof(staged), "o%u", i);
		if (store_publish_object(store, staging, staged, str_from(id), batch, &err) != 0)
			die(&err, id);
	}
	if (os_batch_sync(batch, &err) != 0)
		die(&err, "sync");
	os_batch_free(batch);
	os_close(staging);
	store_free(store);
}

static void copy(const char *folder, unsigned round)
{
	char from[4200], to[4200];
	int status;
	pid_t child;

	snprintf(from, sizeof(from), "%s/source", folder);
	snprintf(to, sizeof(to), "%s/copy-%u", folder, round);
	child = fork();
	if (child == 0) {
		execlp("cp", "cp", "-r", from, to, (char *)NULL);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0) {
		fprintf(stderr, "store_long: cp failed\n");
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
	unsigned count = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 40,
		 mib = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 50;
	unsigned rounds = argc > 4 ? (unsigned)strtoul(argv[4], NULL, 10) : 3;
	double ratios[ROUNDS_MAX];
	int dir;

	if (argc < 2 || count == 0 || mib == 0 || rounds == 0 || rounds > ROUNDS_MAX) {
		fprintf(stderr, "usage: store_long FOLDER [FILES [MIB [ROUNDS]]]\n");
		return 2;
	}
	if (os_mkdirs(AT_FDCWD, argv[1], &err) != 0 || (dir = os_open(AT_FDCWD, argv[1], O_RDONLY | O_DIRECTORY, 0, &err)) < 0)
		die(&err, argv[1]);
	make_source(dir, count, mib);
	sync();
	for (unsigned round = 0; round < rounds; round++) {
		double start = seconds(), middle, end, own = processor_seconds(RUSAGE_SELF),
		       others = processor_seconds(RUSAGE_CHILDREN);

		deposit(dir, round, count);
		middle = seconds();
		copy(argv[1], round);
		end = seconds();
		ratios[round] = (middle - start) / (end - middle);
		printf("round %u: store %.2f s, cp -r and sync %.2f s, ratio %.3f; processor: store %.2f s, cp %.2f s\n", round,
			middle - start, end - middle, ratios[round], processor_seconds(RUSAGE_SELF) - own,
			processor_seconds(RUSAGE_CHILDREN) - others);
		fflush(stdout);
	}
	qsort(ratios, rounds, sizeof(ratios[0]), order);
	printf("median ratio %.3f\n", ratios[rounds / 2]);
	os_close(dir);
	return 0;
}
