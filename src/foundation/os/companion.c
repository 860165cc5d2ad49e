/* Another process of this program that works beside it. */
#include "internal.h"

#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define HEARD_MAX 65536u

extern char **environ;

int os_companion_start(const char *const *arguments, int nice, int *input, pid_t *pid, struct err *err)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int pipes[2], failed;
	/* Found there even if another was installed over it; where there is no /proc, by its path. */
	char program[PATH_MAX] = "/proc/self/exe";
	sigset_t none, all;
	size_t count = 0;

	if (access(program, X_OK) != 0) {
		ssize_t n = os_own_path(program);

		if (n <= 0 || n == PATH_MAX)
			return err_sys(err, "cannot tell where this program lies");
		program[n] = '\0';
	}
	if (pipe2(pipes, O_CLOEXEC) < 0)
		return err_sys(err, "no pipe to a process beside this one");
	while (arguments[count])
		count++;
	char **words = mem_array(count + 2, sizeof(char *));
	words[0] = mem_dup(STR("photostat"));
	for (size_t i = 0; i < count; i++)
		words[i + 1] = mem_dup(str_from(arguments[i]));
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	failed = posix_spawn_file_actions_adddup2(&actions, pipes[0], 0);
	failed = failed ? failed : posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	failed = failed ? failed : posix_spawn_file_actions_addclosefrom_np(&actions, 3);
	/* A group of its own: who interrupts the caller from a terminal lets it end its companion itself. */
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	failed = failed ? failed : posix_spawn(pid, program, &actions, &attributes, words, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	for (size_t i = 0; i <= count; i++)
		free(words[i]);
	free(words);
	close(pipes[0]);
	if (failed != 0 || fcntl(pipes[1], F_SETFL, O_NONBLOCK) < 0) {
		close(pipes[1]);
		errno = failed != 0 ? failed : errno;
		return err_sys(err, "no process can be started beside this one");
	}
	(void)setpriority(PRIO_PROCESS, (id_t)*pid, nice);
	*input = pipes[1];
	return 0;
}

bool os_companion_tell(int input, struct str line)
{
	return write(input, line.p, line.n) == (ssize_t)line.n;
}

bool os_companion_ended(pid_t pid)
{
	return waitpid(pid, NULL, WNOHANG) == pid;
}

void os_companion_end(int input, pid_t pid)
{
	close(input);
	kill(pid, SIGTERM);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

int os_companion_hear(struct buf *out, unsigned milliseconds)
{
	struct pollfd wait = {.fd = 0, .events = POLLIN};
	char *space;
	ssize_t n;

	if (poll(&wait, 1, (int)milliseconds) <= 0)
		return 0;
	space = out->n < HEARD_MAX ? buf_reserve(out, 4096) : NULL;
	if (space == NULL)
		return 0;
	n = read(0, space, 4096);
	if (n <= 0)
		return n < 0 && (errno == EINTR || errno == EAGAIN) ? 0 : -1;
	out->n += (size_t)n;
	out->p[out->n] = '\0';
	return 1;
}

int os_process(void)
{
	return (int)getpid();
}
