/* Runs a fuzz target over every file of a corpus folder and over mutations of each, the same ones for the same seed:
 *
 *     NAME_replay CORPUS-FOLDER [FILE…]
 *
 * PHOTOSTAT_TEST_SEED: the seed (1927); PHOTOSTAT_TEST_FULL=1: 40 times as many mutations; PHOTOSTAT_FUZZ_MUTATIONS: how many a file. With
 * FILEs, only those are run, unchanged: to look at what was found. What makes the target abort, crash or take ten seconds of processor time
 * is written to crash-NAME in the working directory. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#define SEED 1927
#define MUTATIONS 5000
#define FULL 40
#define SEEDS_MAX 4096
#define SEED_BYTES_MAX (1 << 20)
#define INPUT_MAX (SEED_BYTES_MAX * 2)
#define SECONDS 10

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seed {
	char *name;
	uint8_t *bytes;
	size_t size;
};

static struct seed seeds[SEEDS_MAX];
static size_t seed_count;

/* What is being run, for the report of a crash; read by signal handlers. */
static const uint8_t *running;
static size_t running_size;
static char crash_path[256];

/* ---- reports ---------------------------------------------------------------------------------------------------- */

static void report(void)
{
	const uint8_t *from = running;
	size_t left = running_size;
	int fd;

	if (running == NULL)
		return;
	fd = open(crash_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	while (fd >= 0 && left > 0) {
		ssize_t n = write(fd, from, left);

		if (n <= 0)
			break;
		from += n;
		left -= (size_t)n;
	}
	(void)!write(2, "the input is in ", 16);
	(void)!write(2, crash_path, strlen(crash_path));
	(void)!write(2, "\n", 1);
	running = NULL;
}

static void on_signal(int number)
{
	if (number == SIGPROF)
		(void)!write(2, "replay: more than 10 seconds of processor time for one input\n", 61);
	report();
	(void)signal(number == SIGPROF ? SIGABRT : number, SIG_DFL);
	(void)raise(number == SIGPROF ? SIGABRT : number);
}

/* There when a sanitizer is linked in: its own reports end the process without a signal. */
extern void __sanitizer_set_death_callback(void (*)(void)) __attribute__((weak));

static void watch(const char *program)
{
	static const int signals[] = {SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGPROF};
	const char *slash = strrchr(program, '/');
	struct sigaction action = {.sa_handler = on_signal};

	(void)snprintf(crash_path, sizeof(crash_path), "crash-%s", slash != NULL ? slash + 1 : program);
	if (__sanitizer_set_death_callback != NULL)
		__sanitizer_set_death_callback(report);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (__sanitizer_set_death_callback == NULL || signals[i] == SIGABRT || signals[i] == SIGPROF)
			(void)sigaction(signals[i], &action, NULL);
}

/* The target gets a block of exactly its size, so that a sanitizer sees the first byte read past the end. */
static void run(const uint8_t *data, size_t size)
{
	const struct itimerval limit = {.it_value = {.tv_sec = SECONDS}};
	uint8_t *copy = malloc(size > 0 ? size : 1);

	if (copy == NULL)
		abort();
	memcpy(copy, data, size);
	running = copy;
	running_size = size;
	(void)setitimer(ITIMER_PROF, &limit, NULL);
	(void)LLVMFuzzerTestOneInput(copy, size);
	running = NULL;
	free(copy);
}

/* ---- seeds ------------------------------------------------------------------------------------------------------ */

static int load(const char *path)
{
	struct seed *seed = &seeds[seed_count];
	FILE *file = fopen(path, "rb");
	size_t n;

	if (file == NULL) {
		(void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return -1;
	}
	seed->bytes = malloc(SEED_BYTES_MAX + 1);
	seed->name = strdup(path);
	if (seed->bytes == NULL || seed->name == NULL)
		abort();
	n = fread(seed->bytes, 1, SEED_BYTES_MAX + 1, file);
	if (ferror(file) || n > SEED_BYTES_MAX) {
		(void)fprintf(stderr, "%s: %s\n", path, n > SEED_BYTES_MAX ? "seeds are at most 1 MiB" : "cannot be read");
		(void)fclose(file);
		return -1;
	}
	(void)fclose(file);
	seed->size = n;
	seed->bytes = realloc(seed->bytes, n > 0 ? n : 1);
	seed_count++;
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct seed *)a)->name, ((const struct seed *)b)->name);
}

static int load_folder(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	char path[4096];

	if (dir == NULL) {
		(void)fprintf(stderr, "%s: %s\n", folder, strerror(errno));
		return -1;
	}
	while ((entry = readdir(dir)) != NULL) {
		struct stat stat_buf;

		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (stat(path, &stat_buf) != 0 || !S_ISREG(stat_buf.st_mode))
			continue;
		if (seed_count == SEEDS_MAX || load(path) != 0) {
			(void)closedir(dir);
			return -1;
		}
	}
	(void)closedir(dir);
	if (seed_count == 0) {
		(void)fprintf(stderr, "%s: no seeds; put a few small inputs there\n", folder);
		return -1;
	}
	qsort(seeds, seed_count, sizeof(seeds[0]), by_name);
	return 0;
}

/* ---- mutations -------------------------------------------------------------------------------------------------- */

static uint64_t state;

/* xorshift64*: any good enough numbers that are the same everywhere. */
static uint64_t next(uint64_t below)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return below == 0 ? 0 : (state * 0x2545F4914F6CDD1DULL >> 11) % below;
}

/* What parsers trip over. */
static const char *const words[] = {"", "\n", "\n\n", " ", "\t", "\r\n", "0", "-1", "00", "1e9", "65535", "65536", "4294967296",
	"18446744073709551615", "18446744073709551616", "\xff", "\xc0\x80", "\xed\xa0\x80", "\xe2\x80\x94 ", "\"", "\\", "\\u0000",
	"\\ud800", "{", "}", "[", "]", "[[[[[[[[", ":", ",", "/", "../", "..", "./", "//", "null", "true", "%0A", "%", "=",
	"==", "+", "|", "..", "~", "?", "X", "9999-12-31"};

static size_t insert(uint8_t *data, size_t size, size_t at, const uint8_t *what, size_t n)
{
	if (n > INPUT_MAX - size)
		n = INPUT_MAX - size;
	memmove(data + at + n, data + at, size - at);
	memmove(data + at, what, n);
	return size + n;
}

static size_t cut(uint8_t *data, size_t size, size_t at, size_t n)
{
	memmove(data + at, data + at + n, size - at - n);
	return size - n;
}

static size_t mutate(uint8_t *data, size_t size)
{
	static uint8_t piece[SEED_BYTES_MAX];
	size_t at = (size_t)next(size), n = (size_t)next(next(4) == 0 ? size - at + 1 : (size - at < 16 ? size - at : 16) + 1), to;
	const struct seed *other;
	const char *word;

	if (n > sizeof(piece))
		n = sizeof(piece);
	switch (next(10)) {
	case 0:
		if (size > 0)
			data[at] ^= (uint8_t)(1u << next(8));
		return size;
	case 1:
		if (size > 0)
			data[at] = (uint8_t)next(256);
		return size;
	case 2:
		return cut(data, size, at, n);
	case 3: /* the beginning only */
		return at;
	case 4: /* once more, somewhere */
		memcpy(piece, data + at, n);
		return insert(data, size, (size_t)next(size + 1), piece, n);
	case 5: /* a line once more */
		to = at;
		while (at > 0 && data[at - 1] != '\n')
			at--;
		while (to < size && data[to] != '\n')
			to++;
		n = to < size ? to + 1 - at : to - at;
		if (n > sizeof(piece))
			n = sizeof(piece);
		memcpy(piece, data + at, n);
		return next(2) == 0 ? insert(data, size, at, piece, n) : cut(data, size, at, n);
	case 6:
		word = words[next(sizeof(words) / sizeof(words[0]))];
		if (next(2) == 0)
			size = cut(data, size, at, n);
		return insert(data, size, at, (const uint8_t *)word, strlen(word));
	case 7: /* a piece of another seed */
		other = &seeds[next(seed_count)];
		to = (size_t)next(other->size);
		n = (size_t)next(other->size - to + 1);
		return insert(data, size, at, other->bytes + to, n);
	case 8: /* a digit, up or down */
		for (size_t i = 0; i < size; i++) {
			size_t where = (at + i) % size;

			if (data[where] >= '0' && data[where] <= '9') {
				data[where] = (uint8_t)('0' + next(10));
				break;
			}
		}
		return size;
	default: /* two bytes change places */
		if (size > 1) {
			to = (size_t)next(size);
			piece[0] = data[at];
			data[at] = data[to];
			data[to] = piece[0];
		}
		return size;
	}
}

static uint64_t number(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text != NULL && text[0] != '\0' ? strtoull(text, NULL, 10) : otherwise;
}

int main(int count, char **arguments)
{
	static uint8_t data[INPUT_MAX];
	const char *full = getenv("PHOTOSTAT_TEST_FULL");
	uint64_t seed = number("PHOTOSTAT_TEST_SEED", SEED), ran = 0;
	uint64_t mutations =
		number("PHOTOSTAT_FUZZ_MUTATIONS", full != NULL && strcmp(full, "1") == 0 ? (uint64_t)MUTATIONS * FULL : MUTATIONS);

	if (count < 2) {
		(void)fprintf(stderr, "usage: %s CORPUS-FOLDER [FILE...]\n", arguments[0]);
		return 2;
	}
	watch(arguments[0]);
	if (count > 2) {
		for (int i = 2; i < count && seed_count < SEEDS_MAX; i++) {
			if (load(arguments[i]) != 0)
				return 1;
			(void)printf("%s\n", arguments[i]);
			run(seeds[seed_count - 1].bytes, seeds[seed_count - 1].size);
		}
		return 0;
	}
	if (load_folder(arguments[1]) != 0)
		return 1;
	for (size_t i = 0; i < seed_count; i++)
		run(seeds[i].bytes, seeds[i].size);
	for (size_t i = 0; i < seed_count; i++) {
		state = seed * 0x9E3779B97F4A7C15ULL + i + 1;
		for (uint64_t m = 0; m < mutations; m++, ran++) {
			size_t size = seeds[i].size;

			memcpy(data, seeds[i].bytes, size);
			for (uint64_t steps = 1 + next(4); steps > 0; steps--)
				size = mutate(data, size);
			run(data, size);
		}
	}
	(void)printf("%zu seeds and %" PRIu64 " mutations, seed %" PRIu64 "\n", seed_count, ran, seed);
	return 0;
}
