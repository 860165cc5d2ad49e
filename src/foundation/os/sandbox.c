/* Shutting the own process in: limits, and the file system by Landlock. The filter of system calls is not here: libseccomp is for workers alone. */
#include "internal.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

/* From linux/landlock.h, whose newer parts older systems' headers lack. */
#define LANDLOCK_VERSION 1u /* flag of landlock_create_ruleset */
#define LANDLOCK_PATH_BENEATH 1
#define FS_EXECUTE (UINT64_C(1) << 0)
#define FS_WRITE_FILE (UINT64_C(1) << 1)
#define FS_READ_FILE (UINT64_C(1) << 2)
#define FS_READ_DIR (UINT64_C(1) << 3)
#define FS_TRUNCATE (UINT64_C(1) << 14)
#define FS_DEVICES (UINT64_C(1) << 15) /* ioctl: of terminals too */
#define NET_ALL UINT64_C(3)
#define SCOPE_ALL UINT64_C(3)

struct ruleset {
	uint64_t fs, net, scoped;
};
struct path_beneath {
	uint64_t allowed;
	int32_t parent;
} __attribute__((packed));

static int limit(int resource, uint64_t most, struct err *err)
{
	struct rlimit limit = {.rlim_cur = most, .rlim_max = most}, now;
	if (getrlimit((unsigned)resource, &now) == 0 && now.rlim_max < most)
		limit.rlim_cur = limit.rlim_max = now.rlim_max;
	return setrlimit((unsigned)resource, &limit) < 0 ? err_sys(err, "a worker cannot be limited") : 0;
}

/* What a kernel of this version knows to refuse. */
static struct ruleset ruleset_of(long version, size_t *size)
{
	static const unsigned fs_bits[] = {13, 14, 15, 15, 16};
	struct ruleset set = {.fs = (UINT64_C(1) << fs_bits[version > 5 ? 4 : version - 1]) - 1};
	*size = sizeof(set.fs);
	if (version >= 4) {
		set.net = NET_ALL;
		*size = 2 * sizeof(uint64_t);
	}
	if (version >= 6) {
		set.scoped = SCOPE_ALL;
		*size = sizeof(set);
	}
	return set;
}

static int allow_path(int rules, const char *path, uint64_t allowed, struct err *err)
{
	struct path_beneath beneath = {.allowed = allowed};
	struct stat status;
	int fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (fstat(fd, &status) == 0 && !S_ISDIR(status.st_mode))
		beneath.allowed &= FS_EXECUTE | FS_READ_FILE | FS_WRITE_FILE | FS_TRUNCATE;
	beneath.parent = fd;
	long result = syscall(SYS_landlock_add_rule, rules, LANDLOCK_PATH_BENEATH, &beneath, 0);
	int sys = errno;
	close(fd);
	errno = sys;
	return result < 0 ? err_sys(err, "the kernel cannot be told of %s", path) : 0;
}

static int landlock_in(const char *const *readable, bool *landlock, struct err *err)
{
	size_t size;
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_VERSION);
	*landlock = false;
	if (version < 1)
		return 0; /* the kernel has none, or it is switched off */
	struct ruleset set = ruleset_of(version, &size);
	int rules = (int)syscall(SYS_landlock_create_ruleset, &set, size, 0);
	if (rules < 0)
		return err_sys(err, "a worker cannot be shut in");
	int result = 0;
	for (size_t i = 0; readable && readable[i] && result == 0; i++)
		result = allow_path(rules, readable[i], FS_EXECUTE | FS_READ_FILE | FS_READ_DIR, err);
	if (result == 0 && syscall(SYS_landlock_restrict_self, rules, 0) < 0)
		result = err_sys(err, "a worker cannot be shut in");
	close(rules);
	*landlock = result == 0;
	return result;
}

int os_shut_in(const struct os_shut_in *in, bool *landlock, struct err *err)
{
	*landlock = false;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0) < 0)
		return err_sys(err, "a worker cannot be shut in");
	/* AddressSanitizer's shadow alone is terabytes of address space. */
	if (!PHOTOSTAT_SANITIZED && limit(RLIMIT_AS, in->memory, err) < 0)
		return -1;
	if (limit(RLIMIT_CPU, in->seconds, err) < 0 || limit(RLIMIT_FSIZE, 0, err) < 0 || limit(RLIMIT_CORE, 0, err) < 0 ||
		limit(RLIMIT_NOFILE, in->files, err) < 0 || limit(RLIMIT_NPROC, in->processes, err) < 0)
		return -1;
	return landlock_in(in->readable, landlock, err);
}

int os_write_only_below(const char *const *paths, bool *landlock, struct err *err)
{
	size_t size;
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_VERSION);
	int rules, result = 0;

	*landlock = false;
	if (version < 1)
		return 0;
	struct ruleset set = ruleset_of(version, &size);
	set.fs &= ~(FS_EXECUTE | FS_READ_FILE | FS_READ_DIR | FS_DEVICES);
	rules = (int)syscall(SYS_landlock_create_ruleset, &set, sizeof(set.fs), 0);
	if (rules < 0)
		return err_sys(err, "the kernel does not say what may be written to");
	for (size_t i = 0; paths[i] && result == 0; i++)
		result = allow_path(rules, paths[i], set.fs, err);
	if (result == 0 && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || syscall(SYS_landlock_restrict_self, rules, 0) < 0))
		result = err_sys(err, "the process cannot give up writing");
	close(rules);
	*landlock = result == 0;
	return result;
}

unsigned os_raise_open_files(unsigned most)
{
	struct rlimit now;
	if (getrlimit(RLIMIT_NOFILE, &now) < 0)
		return 0;
	rlim_t wanted = now.rlim_max < most ? now.rlim_max : most;
	if (now.rlim_cur < wanted) {
		struct rlimit raised = {.rlim_cur = wanted, .rlim_max = now.rlim_max};
		if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
			now = raised;
	}
	return now.rlim_cur < most ? (unsigned)now.rlim_cur : most;
}
