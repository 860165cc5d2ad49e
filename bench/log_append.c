/* What appending to the log costs: entries in batches, each batch durable and published, against a bare writer of the same tile and
 * bundle files with one syncfs a batch.
 *
 *   log_append FOLDER [ENTRIES [BATCH [ROUNDS]]]
 *
 * FOLDER must be empty or absent, on the file system to be measured. Both run as processes of their own, alternately; nothing is deleted
 * between. Prints seconds a round, the median of the ratios, and the most memory that the log had resident. */
#include "log/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS_MAX 99u
#define ENTRY_TEXT                                                                                                                 \
	"photostat.entry/v1 version\norigin example.org/archive\nrecord https://example.org/archive/r/folder-%04u/letter-%08u\n"   \
	"version 1\nprevious none\ntime 2026-11-23T20:28:00Z\n"                                                                    \
	"inventory sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\n"                                      \
	"contents sha256:60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752\n"

struct plan {
	uint64_t entries, batch;
};

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static _Noreturn void die(const struct err *err, const char *what)
{
	fprintf(stderr, "log_append: %s: %s\n", what, err->text);
	exit(3);
}

/* The same length for every index, so that the bare writer knows the bundles' sizes; its digits are written over the template's. */
static struct str entry_at(uint64_t index, char text[512])
{
	static size_t length, digits;

	if (length == 0) {
		length = (size_t)snprintf(text, 512, ENTRY_TEXT, 0u, 0u);
		digits = (size_t)(strstr(text, "letter-") + 7 - text);
	}
	for (size_t i = 8; i-- > 0; index /= 10)
		text[digits + i] = (char)('0' + index % 10);
	return (struct str){text, length};
}

/* ---- the log ------------------------------------------------------------------------------------------------------- */

static void publish(
	struct log_writer *writer, const struct vkey *key, const unsigned char *secret, uint64_t size, const struct hash *root)
{
	struct err err = ERR_INIT;
	struct buf text = BUF_INIT, note = BUF_INIT;

	checkpoint_format(&text, str_from(key->name), size, root);
	buf_str(&note, buf_view(&text));
	buf_char(&note, '\n');
	if (note_sign(&note, buf_view(&text), key, secret, &err) != 0 || log_publish(writer, buf_view(&note), &err) != 0)
		die(&err, "publish");
	buf_release(&text);
	buf_release(&note);
}

static void run_log(int dir, const char *name, const struct plan *plan)
{
	unsigned char secret[ED25519_SECRET], public_key[ED25519_PUBLIC];
	struct err err = ERR_INIT;
	struct log_writer *writer;
	struct os_batch *batch;
	struct vkey key;
	struct log *log;
	struct hash root;
	char text[512];

	if (ed25519_generate(secret, public_key, &err) != 0 ||
		vkey_make(&key, STR("example.org/archive"), NOTE_ED25519, public_key, &err) != 0 ||
		log_create(dir, name, &err) != 0 || log_open(&log, dir, name, &key, &err) != 0 ||
		log_writer_open(&writer, log, &err) != 0)
		die(&err, name);
	for (uint64_t size = 0; size < plan->entries;) {
		uint64_t end = size + plan->batch < plan->entries ? size + plan->batch : plan->entries;
		if (os_batch_open(&batch, log_fd(log), &err) != 0)
			die(&err, "batch");
		for (; size < end; size++)
			if (log_append(writer, entry_at(size, text), NULL, &err) != 0)
				die(&err, "append");
		if (log_write_edge(writer, batch, &err) != 0 || os_batch_sync(batch, &err) != 0 ||
			log_writer_verify(writer, &size, &root, &err) != 0)
			die(&err, "write");
		publish(writer, &key, secret, size, &root);
		if (log_collect(writer, &err) != 0)
			die(&err, "collect");
		os_batch_free(batch);
	}
	log_writer_free(writer);
	log_free(log);
	vkey_release(&key);
}

/* ---- the bare writer ----------------------------------------------------------------------------------------------- */

static void write_bare(int dir, const struct tile *tile, const char *bytes, size_t n)
{
	char path[TILE_PATH_MAX];
	int fd;

	tile_path(path, tile);
	fd = openat(dir, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	for (char *slash = strchr(path, '/'); fd < 0 && slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdirat(dir, path, 0755);
		*slash = '/';
	}
	if (fd < 0)
		fd = openat(dir, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, bytes, n) != (ssize_t)n || close(fd) != 0) {
		perror(path);
		exit(3);
	}
}

static void run_bare(int dir, const char *name, const struct plan *plan)
{
	struct err err = ERR_INIT;
	char text[512];
	size_t entry = entry_at(0, text).n + 2, room = TILE_WIDTH * entry;
	char *bytes = mem_alloc(room > 8192 ? room : 8192);
	int log;

	for (size_t i = 0; i < room; i++)
		bytes[i] = (char)(i * 2654435761u >> 13);
	if (os_mkdirs(dir, name, &err) != 0 || (log = os_open(dir, name, O_RDONLY | O_DIRECTORY, 0, &err)) < 0)
		die(&err, name);
	for (uint64_t size = 0; size < plan->entries;) {
		uint64_t end = size + plan->batch < plan->entries ? size + plan->batch : plan->entries;
		for (int level = TILE_ENTRIES; level < 4; level++) {
			unsigned shift = 8 * (unsigned)((level < 0 ? 0 : level) + 1);
			size_t unit = level < 0 ? entry : SHA256_SIZE;
			unsigned width = tile_width(level < 0 ? 0 : level, end >> shift, end);
			for (uint64_t index = size >> shift; index < end >> shift; index++)
				write_bare(log, &(struct tile){level, index, TILE_WIDTH}, bytes, TILE_WIDTH * unit);
			if (width != 0 && width != tile_width(level < 0 ? 0 : level, end >> shift, size))
				write_bare(log, &(struct tile){level, end >> shift, width}, bytes, width * unit);
		}
		if (syncfs(log) != 0)
			exit(3);
		size = end;
	}
	free(bytes);
	os_close(log);
}

/* ---- both, in turn --------------------------------------------------------------------------------------------------- */

struct cost {
	double wall, user, system;
};

static struct cost measure(
	void (*run)(int, const char *, const struct plan *), int dir, const char *name, const struct plan *plan, long *peak)
{
	double start = seconds();
	struct rusage usage;
	int status;
	pid_t child = fork();

	if (child == 0) {
		run(dir, name, plan);
		exit(0);
	}
	if (child < 0 || wait4(child, &status, 0, &usage) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		exit(3);
	if (usage.ru_maxrss > *peak)
		*peak = usage.ru_maxrss;
	return (struct cost){.wall = seconds() - start,
		.user = (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6,
		.system = (double)usage.ru_stime.tv_sec + (double)usage.ru_stime.tv_usec / 1e6};
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return left < right ? -1 : left > right;
}

int main(int argc, char **argv)
{
	struct err err = ERR_INIT;
	struct plan plan = {1000000, 10000};
	uint64_t rounds = 5;
	double ratios[ROUNDS_MAX];
	long peak = 0, other = 0;
	int dir;

	if (argc < 2 || argc > 5 || (argc > 2 && !decimal_parse(str_from(argv[2]), 99999999, &plan.entries)) ||
		(argc > 3 && !decimal_parse(str_from(argv[3]), UINT32_MAX, &plan.batch)) ||
		(argc > 4 && !decimal_parse(str_from(argv[4]), ROUNDS_MAX, &rounds)) || plan.batch == 0 || rounds == 0) {
		fprintf(stderr, "usage: log_append FOLDER [ENTRIES [BATCH [ROUNDS]]]\n");
		return 2;
	}
	if (os_mkdirs(AT_FDCWD, argv[1], &err) != 0 || (dir = os_open(AT_FDCWD, argv[1], O_RDONLY | O_DIRECTORY, 0, &err)) < 0)
		die(&err, argv[1]);
	for (uint64_t round = 0; round < rounds; round++) {
		char log_name[40], bare_name[40];
		struct cost log, bare;
		snprintf(log_name, sizeof(log_name), "log-%" PRIu64, round);
		snprintf(bare_name, sizeof(bare_name), "bare-%" PRIu64, round);
		bare = measure(run_bare, dir, bare_name, &plan, &other);
		log = measure(run_log, dir, log_name, &plan, &peak);
		ratios[round] = log.wall / bare.wall;
		printf("log %.3f s (user %.2f, system %.2f), bare %.3f s (user %.2f, system %.2f), ratio %.2f\n", log.wall,
			log.user, log.system, bare.wall, bare.user, bare.system, ratios[round]);
		fflush(stdout);
	}
	qsort(ratios, (size_t)rounds, sizeof(*ratios), compare);
	printf("log_append %" PRIu64 " entries by %" PRIu64 ": median ratio %.2f, peak %ld KiB resident\n", plan.entries,
		plan.batch, ratios[rounds / 2], peak);
	os_close(dir);
	return 0;
}
