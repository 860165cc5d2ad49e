/* Running a program that is not trusted: bounded in what it writes and how long it takes, and gone with all that it started. */
#include "internal.h"

#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#define LOOK_MILLISECONDS 50 /* how often a worker is looked at that writes nothing */

struct running {
	pid_t pid;
	int output;
	uint64_t deadline;
};

static uint64_t milliseconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Behind the standard ones, so that none of them is overwritten while the child's are laid out. */
static int high(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

static int start(const struct os_work *work, int input, int output, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	size_t count = 0;
	char *environment[] = {NULL};
	while (work->arguments[count])
		count++;
	char **arguments = mem_array(count + 2, sizeof(char *));
	arguments[0] = mem_dup(str_from(work->program));
	for (size_t i = 0; i < count; i++)
		arguments[i + 1] = mem_dup(str_from(work->arguments[i]));
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	int failed = posix_spawn_file_actions_adddup2(&actions, input, 0);
	failed = failed ? failed : posix_spawn_file_actions_adddup2(&actions, output, 1);
	if (!work->keep_errors)
		failed = failed ? failed : posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	failed = failed ? failed : posix_spawn_file_actions_addclosefrom_np(&actions, 3);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	failed = failed ? failed : posix_spawn(pid, work->program, &actions, &attributes, arguments, environment);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	for (size_t i = 0; i <= count; i++)
		free(arguments[i]);
	free(arguments);
	errno = failed;
	return failed ? -1 : 0;
}

/* Whether it has ended; it stays a zombie, so that its process group's number stays its own. */
static bool has_ended(const struct running *running)
{
	siginfo_t info = {.si_pid = 0};
	return waitid(P_PID, (id_t)running->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0;
}

/* What there is to be read now. 1: there may be more, 0: the end, -1: more than is taken, or no memory for it. */
static int drain(const struct running *running, struct buf *out, size_t most)
{
	for (;;) {
		size_t room = most - out->n < 65536 ? most - out->n + 1 : 65536;
		char *space = buf_reserve(out, room);
		if (!space)
			return -1;
		ssize_t n = read(running->output, space, room);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? 1 : 0;
		if (n == 0)
			return 0;
		out->n += (size_t)n;
		out->p[out->n] = '\0';
		if (out->n > most)
			return -1;
	}
}

static enum os_worked watch(const struct running *running, struct buf *out, size_t most)
{
	bool open = true;
	int pause = 1;
	for (;;) {
		uint64_t now = milliseconds();
		bool ended = has_ended(running);
		if (open) {
			int more = drain(running, out, most);
			if (more < 0)
				return OS_WORK_TOO_MUCH;
			open = more > 0;
		}
		if (ended)
			return OS_WORK_EXITED;
		if (now >= running->deadline || os_interrupted())
			return OS_WORK_LATE;
		/* Who has closed the pipe is about to end, mostly. */
		struct pollfd wait = {.fd = open ? running->output : -1, .events = POLLIN};
		poll(&wait, 1, open ? LOOK_MILLISECONDS : pause);
		pause = pause < LOOK_MILLISECONDS ? pause * 2 : LOOK_MILLISECONDS;
	}
}

int os_work(const struct os_work *work, struct buf *out, enum os_worked *worked, int *code, struct err *err)
{
	struct running running = {.pid = -1, .output = -1};
	int pipes[2] = {-1, -1}, input = -1, output = -1, status = 0, result = -1;
	struct rusage usage = {.ru_maxrss = 0};
	size_t before = out->n;
	if (pipe2(pipes, O_CLOEXEC) < 0 || (input = high(work->input)) < 0 || (output = high(pipes[1])) < 0 ||
		fcntl(pipes[0], F_SETFL, O_NONBLOCK) < 0) {
		err_sys(err, "a worker cannot be started");
		goto out;
	}
	close(pipes[1]);
	pipes[1] = -1;
	running.output = pipes[0];
	running.deadline = milliseconds() + work->milliseconds;
	if (start(work, input, output, &running.pid) < 0) {
		os_failed(err, "run", work->program);
		goto out;
	}
	close(output);
	output = -1;
	*worked = watch(&running, out, before + work->output_max);
	kill(-running.pid, SIGKILL);
	while (wait4(running.pid, &status, 0, &usage) < 0 && errno == EINTR)
		;
	if (work->used)
		*work->used = (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
			      (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
	*code = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
	if (*worked == OS_WORK_EXITED && !WIFEXITED(status))
		*worked = OS_WORK_KILLED;
	result = os_check_interrupted(err);
	if (result == 0 && out->failed)
		result = err_set(err, ERR_MEMORY, "there is no memory for what a worker writes");
out:
	close(pipes[0]);
	close(pipes[1]);
	close(input);
	close(output);
	if (result < 0 && out->n > before) {
		out->n = before;
		out->p[before] = '\0';
	}
	return result;
}

/* Where there is no /proc (a bare chroot), the path by which the program was started tells it as well, as long as no one has changed the
 * working directory since: photostat never does. */
ssize_t os_own_path(char path[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX);
	unsigned long address = getauxval(AT_EXECFN);
	const char *started = NULL;

	_Static_assert(sizeof(started) == sizeof(address), "the auxiliary vector holds addresses");
	memcpy(&started, &address, sizeof(started));
	if (n < 0 && started && realpath(started, path))
		n = (ssize_t)strlen(path);
	return n;
}

int os_own_folder(struct buf *out, struct err *err)
{
	char path[PATH_MAX];
	ssize_t n = os_own_path(path);
	if (n <= 0 || (size_t)n == sizeof(path))
		return n < 0 ? err_sys(err, "cannot tell where this program lies")
			     : err_set(err, ERR_LIMIT, "this program's path is too long");
	while (n > 1 && path[n - 1] != '/')
		n--;
	buf_add(out, path, (size_t)(n > 1 ? n - 1 : 1));
	return 0;
}
