/* A program in a worker's place and in its box, that does what a document might make a reader do: the kind is the document's first word. What the box lets through it says. */
#include "extract/worker/worker.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void say(const char *text)
{
	if (write(1, text, strlen(text)) < 0)
		_exit(9);
}

static void say_text(const char *what)
{
	char line[400];
	(void)snprintf(line, sizeof(line),
		"{\"format\":\"photostat.text/"
		"v1\",\"title\":\"\",\"language\":\"\",\"source\":\"\",\"cut\":false,\"pages\":0,\"blocks\":1,\"words\":0}\n"
		"{\"id\":\"p1\",\"kind\":\"paragraph\",\"part\":\"body\",\"text\":\"%s\"}\n",
		what);
	say(line);
}

static void write_endlessly(void)
{
	static char much[65536];
	memset(much, 'x', sizeof(much));
	while (write(1, much, sizeof(much)) > 0)
		;
}

static void spin(void)
{
	for (volatile unsigned long i = 0;; i++)
		;
}

static void start_others(void)
{
	say_text(fork() < 0 ? "refused" : "forked");
}

static void open_socket(void)
{
	say_text(socket(AF_INET, SOCK_STREAM, 0) < 0 ? "refused" : "a socket");
}

static void read_passwords(void)
{
	char bytes[4];
	int fd = open("/etc/passwd", O_RDONLY);
	say_text(fd >= 0 && read(fd, bytes, 4) > 0 ? "read" : "refused");
}

static void write_file(void)
{
	int fd = open("/tmp/photostat-misbehaved", O_WRONLY | O_CREAT, 0600);
	say_text(fd >= 0 ? "written" : "refused");
}

static void run_shell(void)
{
	execl("/bin/sh", "sh", "-c", "echo ran", (char *)NULL);
	say_text("refused");
}

static void look_at_parent(void)
{
	say_text(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) < 0 ? "refused" : "attached");
}

static void kill_parent(void)
{
	say_text(kill(getppid(), 0) < 0 ? "refused" : "may");
}

static void take_memory(void)
{
	for (size_t all = 0;; all += 16 << 20) {
		char *p = mmap(NULL, 16 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (p == MAP_FAILED) {
			say_text(all < (size_t)300 << 20 ? "refused" : "too late");
			return;
		}
		memset(p, 1, 16 << 20);
	}
}

static void crash(void)
{
	raise(SIGSEGV);
}

/* As who needs the memory does it, or an operator. */
static void be_killed(void)
{
	raise(SIGKILL);
}

static void leave_pipe_and_stay(void)
{
	close(1);
	spin();
}

static void descriptors(void)
{
	char found[40] = "open:";
	for (int fd = 0; fd < 400; fd++)
		if (lseek(fd, 0, SEEK_CUR) >= 0 || errno != EBADF) {
			char number[8];
			(void)snprintf(number, sizeof(number), " %d", fd);
			if (strlen(found) + strlen(number) < sizeof(found))
				strncat(found, number, sizeof(found) - strlen(found) - 1);
		}
	say_text(found);
}

static void environment(void)
{
	extern char **environ;
	say_text(environ && environ[0] ? "some" : "none");
}

static void lie(void)
{
	say("{\"error\":\"syntax\",\"why\":\"\\u001b[31m\x1b[31mred\"}\n");
}

static const struct {
	const char *kind;
	void (*does)(void);
} kinds[] = {{"write", write_endlessly}, {"spin", spin}, {"fork", start_others}, {"socket", open_socket},
	{"passwd", read_passwords}, {"create", write_file}, {"exec", run_shell}, {"ptrace", look_at_parent},
	{"signal", kill_parent}, {"memory", take_memory}, {"crash", crash}, {"killed", be_killed}, {"stay", leave_pipe_and_stay},
	{"descriptors", descriptors}, {"environment", environment}, {"lie", lie}};

int main(int count, char **arguments)
{
	struct worker_box box = {.memory = 0};
	struct err err = ERR_INIT;
	char kind[32] = "", line[80];
	int level;
	(void)count;
	if (!decimal_parse(str_from(arguments[2]), 1000, &box.seconds) ||
		!decimal_parse(str_from(arguments[3]), SIZE_MAX, &box.memory))
		return 2;
	if (worker_shut_in(&box, &level, &err) < 0)
		return 3;
	(void)snprintf(line, sizeof(line), "{\"format\":\"photostat.extract/v1\",\"level\":%d}\n", level);
	say(line);
	if (read(0, kind, sizeof(kind) - 1) <= 0)
		return 1;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kind, kinds[i].kind) == 0)
			kinds[i].does();
	return 0;
}
