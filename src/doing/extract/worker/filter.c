/* The filter of system calls. A list of what is allowed: everything else is refused, and what only a document that has taken its reader over would do, kills. */
#include "worker.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>

/* Memory, time, what is open, and the way out. */
static const int reading[] = {SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(write), SCMP_SYS(writev),
	SCMP_SYS(lseek), SCMP_SYS(close), SCMP_SYS(fstat), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(mprotect),
	SCMP_SYS(brk), SCMP_SYS(madvise), SCMP_SYS(futex), SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(gettimeofday),
	SCMP_SYS(time), SCMP_SYS(getrandom), SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack), SCMP_SYS(restart_syscall), SCMP_SYS(getpid), SCMP_SYS(gettid),
	SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity), SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(getrusage),
	SCMP_SYS(uname), SCMP_SYS(sysinfo), SCMP_SYS(poll), SCMP_SYS(ppoll)};

/* And for running programs: files by Landlock's leave, threads, children, pipes to them. */
static const int running[] = {SCMP_SYS(openat), SCMP_SYS(open), SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(newfstatat),
	SCMP_SYS(statx), SCMP_SYS(statfs), SCMP_SYS(fstatfs), SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2),
	SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(getdents64), SCMP_SYS(getcwd), SCMP_SYS(fcntl), SCMP_SYS(dup),
	SCMP_SYS(dup2), SCMP_SYS(dup3), SCMP_SYS(pipe), SCMP_SYS(pipe2), SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(clone),
	SCMP_SYS(execve), SCMP_SYS(wait4), SCMP_SYS(waitid), SCMP_SYS(kill), SCMP_SYS(arch_prctl), SCMP_SYS(set_tid_address),
	SCMP_SYS(prlimit64), SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(getppid),
	SCMP_SYS(setpgid), SCMP_SYS(getpgrp), SCMP_SYS(prctl), SCMP_SYS(close_range), SCMP_SYS(fadvise64), SCMP_SYS(ftruncate),
	SCMP_SYS(nanosleep), SCMP_SYS(clock_nanosleep), SCMP_SYS(sched_getparam), SCMP_SYS(sched_getscheduler), SCMP_SYS(getcpu),
	SCMP_SYS(membarrier), SCMP_SYS(pread64), SCMP_SYS(pwrite64), SCMP_SYS(eventfd2), SCMP_SYS(umask)};

static const int hostile[] = {SCMP_SYS(socket), SCMP_SYS(socketpair), SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(listen),
	SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(sendto), SCMP_SYS(sendmsg), SCMP_SYS(recvmsg), SCMP_SYS(ptrace),
	SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(bpf), SCMP_SYS(keyctl), SCMP_SYS(add_key),
	SCMP_SYS(request_key), SCMP_SYS(mount), SCMP_SYS(umount2), SCMP_SYS(pivot_root), SCMP_SYS(chroot), SCMP_SYS(unshare),
	SCMP_SYS(setns), SCMP_SYS(perf_event_open), SCMP_SYS(userfaultfd), SCMP_SYS(io_uring_setup), SCMP_SYS(init_module),
	SCMP_SYS(finit_module), SCMP_SYS(kexec_load), SCMP_SYS(reboot), SCMP_SYS(setuid), SCMP_SYS(setgid), SCMP_SYS(execveat)};
static const int starting[] = {SCMP_SYS(execve), SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(clone), SCMP_SYS(kill)};

static bool each(scmp_filter_ctx filter, uint32_t action, const int *calls, size_t count)
{
	bool fine = true;
	for (size_t i = 0; i < count; i++) {
		/* Calls that this architecture lacks have negative numbers; libseccomp leaves them out. */
		int result = seccomp_rule_add(filter, action, calls[i], 0);
		fine = fine && (result == 0 || result == -EEXIST || result == -EDOM || result == -EFAULT);
	}
	return fine;
}

#define EACH(filter, action, calls) each(filter, action, calls, sizeof(calls) / sizeof((calls)[0]))

bool worker_filter(bool programs)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (!filter)
		return false;
	bool fine = EACH(filter, SCMP_ACT_ALLOW, reading) && EACH(filter, SCMP_ACT_KILL_PROCESS, hostile);
	if (programs) {
		fine = fine && EACH(filter, SCMP_ACT_ALLOW, running);
		/* glibc asks for clone3 first, whose flags no filter sees, and then for clone. */
		fine = fine && seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0;
	} else {
		fine = fine && EACH(filter, SCMP_ACT_KILL_PROCESS, starting);
	}
	/* abort() is tgkill. */
	fine = fine && seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 0) == 0;
	fine = fine && seccomp_load(filter) == 0;
	seccomp_release(filter);
	return fine;
}
