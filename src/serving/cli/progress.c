/* Progress on standard error. */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"

struct progress {
	bool terminal, drawn, shown_any;
	char what[64], unit[24];
	double began, last;
	uint64_t expected; /* bytes, 0: not known */
};

static double monotonic(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

struct progress *progress_begin(const struct invocation *invocation, const char *what, const char *unit)
{
	struct progress *progress;

	if (invocation->quiet)
		return NULL;
	progress = mem_alloc(sizeof(*progress));
	progress->terminal = isatty(STDERR_FILENO) == 1;
	(void)snprintf(progress->what, sizeof(progress->what), "%s", what);
	(void)snprintf(progress->unit, sizeof(progress->unit), "%s", unit);
	progress->began = progress->last = monotonic();
	return progress;
}

static void time_left(char out[32], double seconds)
{
	unsigned long left = (unsigned long)(seconds + 0.5);

	if (left >= 3600)
		(void)snprintf(out, 32, "%luh%02lum", left / 3600, left / 60 % 60);
	else
		(void)snprintf(out, 32, "%lu:%02lu", left / 60, left % 60);
}

static void draw(struct progress *progress, uint64_t done, uint64_t total, uint64_t bytes, double now)
{
	double elapsed = now - progress->began;
	double rate = elapsed > 0 ? (double)done / elapsed : 0;
	char amount[HUMAN_TEXT], speed[HUMAN_TEXT], whole[HUMAN_TEXT], line[256], eta[32];
	/* What the bar shows: bytes where it is known how many there will be, else things. */
	double far = progress->expected > 0 ? (double)bytes : (double)done;
	double end = progress->expected > 0 ? (double)progress->expected : (double)total;
	size_t n;

	human_bytes(bytes, amount);
	human_bytes(elapsed > 0 ? (uint64_t)((double)bytes / elapsed) : 0, speed);
	n = (size_t)snprintf(line, sizeof(line), "%s: %llu", progress->what, (unsigned long long)done);
	if (total > 0)
		n += (size_t)snprintf(line + n, sizeof(line) - n, " of %llu", (unsigned long long)total);
	n += (size_t)snprintf(line + n, sizeof(line) - n, " %s", progress->unit);
	human_bytes(progress->expected, whole);
	if (progress->expected > 0)
		n += (size_t)snprintf(line + n, sizeof(line) - n, ", %s of %s, %s/s", amount, whole, speed);
	else
		n += (size_t)snprintf(line + n, sizeof(line) - n, ", %.0f/s", rate);
	if (progress->expected == 0 && bytes > 0)
		n += (size_t)snprintf(line + n, sizeof(line) - n, ", %s, %s/s", amount, speed);
	if (end > far && far > 0 && elapsed > 0) {
		time_left(eta, (end - far) * elapsed / far);
		n += (size_t)snprintf(line + n, sizeof(line) - n, ", ETA %s", eta);
	}
	if (progress->terminal) {
		static const char bar[] = "##############################";
		int width = end > 0 ? (int)(30 * (far < end ? far : end) / end) : 0;

		if (end > 0)
			(void)fprintf(stderr, "\r\033[K[%.*s%*s] %s", width, bar, 30 - width, "", line);
		else
			(void)fprintf(stderr, "\r\033[K%s", line);
	} else {
		(void)fprintf(stderr, "%s\n", line);
	}
	(void)fflush(stderr);
	progress->drawn = progress->shown_any = true;
}

void progress_expect(struct progress *progress, uint64_t bytes)
{
	if (progress != NULL)
		progress->expected = bytes;
}

void progress_set(struct progress *progress, uint64_t done, uint64_t total, uint64_t bytes)
{
	double now;

	if (progress == NULL)
		return;
	now = monotonic();
	/* A bar moves five times a second; lines in a file come every ten seconds. */
	if (now - progress->last < (progress->terminal ? 0.2 : 10.0))
		return;
	progress->last = now;
	draw(progress, done, total, bytes, now);
}

void progress_pause(struct progress *progress)
{
	if (progress == NULL || !progress->terminal || !progress->drawn)
		return;
	(void)fputs("\r\033[K", stderr);
	(void)fflush(stderr);
	progress->drawn = false;
}

void progress_end(struct progress *progress)
{
	progress_pause(progress);
	free(progress);
}
