/* repeat N COMMAND…: runs it N times with its output dropped, and prints `seconds-a-run most-resident-KiB`. The command must succeed each time.
 * A program this small adds no memory of its own to what the kernel counts for the command. */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

int main(int count, char **arguments)
{
	posix_spawn_file_actions_t actions;
	struct timespec begin, end;
	long most = 0, times = count > 2 ? strtol(arguments[1], NULL, 10) : 0;

	if (times < 1) {
		(void)fprintf(stderr, "usage: repeat N COMMAND...\n");
		return 2;
	}
	if (posix_spawn_file_actions_init(&actions) != 0 ||
		posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0) != 0)
		return 3;
	(void)clock_gettime(CLOCK_MONOTONIC, &begin);
	for (long i = 0; i < times; i++) {
		struct rusage usage;
		int status;
		pid_t child;

		if (posix_spawnp(&child, arguments[2], &actions, NULL, arguments + 2, environ) != 0 ||
			wait4(child, &status, 0, &usage) != child || status != 0) {
			(void)fprintf(stderr, "repeat: %s failed\n", arguments[2]);
			return 1;
		}
		if (usage.ru_maxrss > most)
			most = usage.ru_maxrss;
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	(void)printf("%.6f %ld\n",
		((double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9) / (double)times, most);
	return 0;
}
