/* os: files by descriptor and relative path, durability, directory walks, processes' signals, the clock.
 * Every system call that can change or read an archive goes through one replaceable table, `os_calls`: the seam for
 * fault injection and the power-loss simulator (tests/fault). Layers above never call open, write, rename, fsync, … themselves. */
#ifndef PHOTOSTAT_OS_H
#define PHOTOSTAT_OS_H

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "base/base.h"

/* ---- the table ------------------------------------------------------------------------------------------------- */

struct os_calls {
	int (*openat)(int dir, const char *path, int flags, mode_t mode);
	int (*close)(int fd);
	ssize_t (*read)(int fd, void *, size_t);
	ssize_t (*pread)(int fd, void *, size_t, off_t);
	ssize_t (*write)(int fd, const void *, size_t);
	ssize_t (*writev)(int fd, const struct iovec *, int count);
	ssize_t (*pwrite)(int fd, const void *, size_t, off_t);
	ssize_t (*copy_range)(int in, off_t *in_offset, int out, off_t *out_offset, size_t);
	int (*ftruncate)(int fd, off_t);
	int (*fsync)(int fd);
	int (*fdatasync)(int fd);
	int (*syncfs)(int fd);
	int (*fstatat)(int dir, const char *path, struct stat *, int flags);
	int (*mkdirat)(int dir, const char *path, mode_t);
	int (*renameat2)(int from_dir, const char *from, int to_dir, const char *to, unsigned flags);
	int (*linkat)(int from_dir, const char *from, int to_dir, const char *to, int flags);
	int (*unlinkat)(int dir, const char *path, int flags);
	int (*flock)(int fd, int operation);
	ssize_t (*getdents)(int fd, void *, size_t); /* getdents64 */
	int64_t (*now)(void);                        /* seconds since 1970, UTC */
};
extern const struct os_calls os_real;
extern const struct os_calls *os_calls; /* the real ones unless a test put others here */

/* ---- whole operations: EINTR and short transfers handled, errors name the path ---------------------------------- */

/* Any failing call gives ERR_SYSTEM with errno in .sys, but ENOENT gives ERR_NOT_FOUND and EEXIST gives ERR_EXISTS (.sys set as well). */

int os_open(int dir, const char *path, int flags, mode_t, struct err *); /* O_CLOEXEC and O_NOFOLLOW added; the descriptor */
void os_close(int fd);                                                   /* for descriptors that were read; -1 is fine */
int os_close_written(int fd, const char *path, struct err *);
int os_write(int fd, const void *, size_t, const char *path, struct err *);
/* Advice: the kernel may begin to bring these bytes of the file to the disk, so that a sync later finds less to do. Promises nothing,
 * reports nothing. */
void os_write_soon(int fd, uint64_t offset, uint64_t n);
/* Reads up to n bytes, fewer only at the end of the file. */
ssize_t os_read(int fd, void *, size_t, const char *path, struct err *);
ssize_t os_read_at(int fd, void *, size_t, uint64_t offset, const char *path, struct err *);
/* All n bytes at `offset`, over what is there. */
int os_write_at(int fd, const void *, size_t n, uint64_t offset, const char *path, struct err *);
int os_truncate(int fd, uint64_t size, const char *path, struct err *);
/* A whole file of at most `max` bytes appended to *out; ERR_LIMIT above that. Regular files only (ERR_SYNTAX), and it never waits
 * for a FIFO. On error *out is as before, its memory too. One open, stat, read, close. */
int os_read_file(int dir, const char *path, size_t max, struct buf *out, struct err *);
/* A new file (O_EXCL; ERR_EXISTS), not durable until synced. On any other error the half-written file is removed again. */
int os_write_new(int dir, const char *path, struct str content, mode_t, struct err *);
/* Replaces path so that after any crash it holds the old or the new content whole: temporary name in the same folder,
 * fsync, rename, fsync of the folder. On error path holds the old or the new content, whole either way. What a crash leaves behind
 * under the temporary name is known by os_is_temporary. `dir` is AT_FDCWD or was opened for reading (fsync wants that). */
int os_replace(int dir, const char *path, struct str content, mode_t, struct err *);
/* Whether a name (no path) is one that os_replace and os_sort use on the way: `.NAME.PID-N.new`. */
bool os_is_temporary(struct str name);
/* What a path that a person typed stands for: absolute, symbolic links followed; appended to *out. ERR_NOT_FOUND. */
int os_resolve(const char *path, struct buf *out, struct err *);
int os_mkdir(int dir, const char *path, struct err *);  /* 0755; an existing folder is fine */
int os_mkdirs(int dir, const char *path, struct err *); /* with all parents */
int os_rename(int from_dir, const char *from, int to_dir, const char *to,
	struct err *); /* never replaces: RENAME_NOREPLACE; ERR_EXISTS */
int os_rename_over(int from_dir, const char *from, int to_dir, const char *to, struct err *);
/* The two names change places at once (RENAME_EXCHANGE); both must be there. EINVAL where the file system cannot. */
int os_exchange(int one_dir, const char *one, int other_dir, const char *other, struct err *);
/* A second name for a file (not through a symbolic link); ERR_EXISTS. */
int os_link(int from_dir, const char *from, int to_dir, const char *to, struct err *);
int os_unlink(int dir, const char *path, struct err *); /* absent is fine */
int os_rmdir(int dir, const char *path, struct err *);  /* absent is fine */
/* Never follows links; absent is fine; any depth with at most 65 descriptors. Stops at the first error, the rest stays. */
int os_remove_tree(int dir, const char *path, struct err *);
/* Files in the folder `path` whose names begin so, and that were changed last before `before` (INT64_MAX: whenever), go. No such folder is fine. O(names). */
int os_unlink_beginning(int dir, const char *path, struct str beginning, int64_t before, struct err *);
int os_stat(int dir, const char *path, struct stat *, struct err *);   /* does not follow links */
int os_stat_fd(int fd, const char *path, struct stat *, struct err *); /* of what is open; `path` for the message */
/* 1 there, 0 not there (or a file where one of its folders should be), -1 error. Does not follow links. */
int os_exists(int dir, const char *path, struct err *);
/* How many bytes may still be written to the file system of `fd`. */
int os_room(int fd, uint64_t *bytes, const char *path, struct err *);
int os_fsync(int fd, const char *path, struct err *);
/* What was written to a file and its size; not its times, so that writing over what is there costs the file system no entry in its journal. */
int os_fdatasync(int fd, const char *path, struct err *);
int os_fsync_dir(int dir, const char *path, struct err *); /* "." for dir itself */
/* Makes durable by which names `path`, a folder that is there, is reached: an fsync of each folder above it on its file system. Where one of
 * them may not be read, a syncfs of all of it. */
int os_fsync_parents(const char *path, struct err *);
/* flock without waiting: ERR_CONFLICT while another open file description holds it. Released when fd is closed. */
int os_lock(int fd, bool exclusive, const char *path, struct err *);
/* The same, but waits; ERR_INTERRUPTED when a signal caught by os_catch_interrupts came meanwhile. */
int os_lock_wait(int fd, bool exclusive, const char *path, struct err *);
int64_t os_now(void);

/* Refuses "", absolute paths, "." and ".." elements, empty elements, NUL. Pure. */
bool os_path_inside(struct str relative);

/* ---- durability of a batch --------------------------------------------------------------------------------------- */

/* Opened before the first write of the batch (errors of earlier write-back are then ours to see). One syncfs on ext4, xfs and
 * btrfs; elsewhere every file and folder named by os_batch_wrote is fsynced. After any error the batch is lost: os_batch_sync
 * keeps failing with the first error, it is never retried (a second sync that succeeds proves nothing). */
struct os_batch;
int os_batch_open(struct os_batch **, int dir, struct err *);
bool os_batch_per_file(const struct os_batch *); /* true: os_batch_wrote and an fsync a file are needed */
int os_batch_wrote(struct os_batch *, int dir, const char *path, struct err *); /* fsyncs now when per file, else free */
/* After names were made, renamed or removed in the folder ("." for dir itself). Per file: remembered by descriptor (dir may be closed
 * and the folder moved), synced by os_batch_sync or earlier; names made after the call need another one. Else free. */
int os_batch_wrote_dir(struct os_batch *, int dir, const char *path, struct err *);
/* Advice: what was written so far may go to the disk now, in the background, so that os_batch_sync finds less to do. Worth it every few thousand
 * files. Promises nothing; an error that it meets is the batch's. Free while an earlier one is at work, and where every file is fsynced. */
void os_batch_soon(struct os_batch *);
int os_batch_sync(struct os_batch *, struct err *); /* may be called again after further writes */
void os_batch_free(struct os_batch *);
/* For tests only: batches opened from now on fsync each file, as on file systems that are not named above. */
void os_batch_force_per_file(bool);
/* The other way round: one syncfs, whatever the file system is. Durable only where the calls are recorded instead of made. */
void os_batch_force_syncfs(bool);

/* ---- walking ------------------------------------------------------------------------------------------------------ */

/* One folder, read in bounded memory, order as the kernel gives it. */
struct os_dir;
struct os_name {
	const char *name;   /* valid until the next call; any bytes but NUL and '/' */
	unsigned char type; /* DT_*, never DT_UNKNOWN: asked for where the file system does not say */
	uint64_t inode;
};
int os_dir_open(struct os_dir **, int dir, const char *path, struct err *);
int os_dir_fd(const struct os_dir *);
int os_dir_next(struct os_dir *, struct os_name *,
	struct err *); /* 1 a name, 0 the end (also of a removed folder), -1 error; "." and ".." left out */
void os_dir_close(struct os_dir *);

/* ---- sorting what does not fit into memory -------------------------------------------------------------------------- */

/* Records of one fixed size, compared by memcmp of their first key_size bytes; runs are kept in an unlinked file below `dir`
 * (or in memory while they fit max_memory). Order of equal keys: by the whole record. max_memory is in bytes, at least 64 KiB and
 * eight records are taken. `dir` stays open until os_sort_finish. After an error only os_sort_free may follow.
 * Cost: O(n log n) comparisons; each record is written once and read once for every 16 KiB-wise merge level (one, nearly always). */
struct os_sort;
int os_sort_open(struct os_sort **, int dir, size_t record_size, size_t key_size, size_t max_memory, struct err *);
int os_sort_add(struct os_sort *, const void *record, struct err *);
int os_sort_finish(struct os_sort *, struct err *);             /* no more additions */
int os_sort_next(struct os_sort *, void *record, struct err *); /* 1, 0 at the end, -1 */
void os_sort_free(struct os_sort *);

/* ---- shutting a process in, and running one that is (P9) --------------------------------------------------------------- */

/* What the calling process gives up for good, before it looks at anything foreign: memory and processor time above these limits, new files and
 * growing ones, core dumps, new privileges; and it dies with the thread that started it. Then, where the kernel has Landlock, every file that is not open yet but those at or below
 * `readable` (which may be read and run), TCP, and signals to others; *landlock says whether. ERR_SYSTEM: what every kernel has failed; nothing foreign may be looked at. */
struct os_shut_in {
	uint64_t memory;             /* bytes of address space; not limited in a sanitized build */
	uint64_t seconds;            /* of processor time, for the process and for each that it starts */
	unsigned files, processes;   /* open at once; of the user (the superuser's are not counted by the kernel) */
	const char *const *readable; /* paths, ended by NULL; those that are not there are passed over. NULL: none */
};
int os_shut_in(const struct os_shut_in *, bool *landlock, struct err *);

/* The calling thread, and all that it starts from now on, threads and programs, writes nothing any more but at or below these paths (ended by NULL; those that are not there are
 * passed over), whoever owns it: no file elsewhere is made, changed, renamed or removed. What is open stays as it is open. Reading is not touched. *landlock: whether the kernel
 * could be told; where not, nothing has changed. For good. */
int os_write_only_below(const char *const *paths, bool *landlock, struct err *);

struct os_work {
	const char *program;          /* path */
	const char *const *arguments; /* without the program's name; ended by NULL */
	int input;                    /* its descriptor 0, where it stands */
	bool keep_errors;             /* its descriptor 2 is the caller's, who is shut in and cannot open /dev/null */
	size_t output_max;            /* bytes; who writes more is killed */
	uint64_t milliseconds;        /* from start to end; who takes longer is killed */
	uint64_t *used;               /* NULL, or filled: milliseconds of processor time, its own and of those that it waited for */
};
enum os_worked { OS_WORK_EXITED, OS_WORK_KILLED, OS_WORK_LATE, OS_WORK_TOO_MUCH };
/* Runs it to its end: in a process group of its own, without environment, descriptors 0, 1 (appended to *out) and 2 (nowhere), standard signals. *code: exit status, or the
 * signal that killed it. When this returns nothing of the group runs any more, whatever it started. ERR_NOT_FOUND: no such program; ERR_INTERRUPTED; ERR_SYSTEM; *out is then
 * as it was. */
int os_work(const struct os_work *, struct buf *out, enum os_worked *, int *code, struct err *);
/* Another of this program, with these arguments (ended by NULL), nicer than the rest by `nice`, that works beside the one that calls: *input writes to its standard input, without
 * ever waiting for it, and is closed on exec; its output is nowhere, its errors are the caller's. It is to end when its input ends. */
int os_companion_start(const char *const *arguments, int nice, int *input, pid_t *, struct err *);
/* A line of less than 4 KiB: whole, or not at all. False: it does not take it now, or has ended. The calling thread has SIGPIPE blocked. */
bool os_companion_tell(int input, struct str line);
bool os_companion_ended(pid_t); /* and then it is gone: not to be asked again */
/* Closes its input, asks it to end, and waits until it has. */
void os_companion_end(int input, pid_t);
/* What has come on standard input, appended, waiting for it at most so many milliseconds: 1 something, 0 nothing, -1 the end. */
int os_companion_hear(struct buf *, unsigned milliseconds);

/* Lets this process, and what it starts, have `most` files open at once, or as many as its hard limit allows; how many it now may have. */
unsigned os_raise_open_files(unsigned most);
/* The folder that the running program lies in, appended. */
int os_process(void); /* its number */
int os_own_folder(struct buf *out, struct err *);

/* ---- interruption ------------------------------------------------------------------------------------------------- */

/* After this, SIGINT and SIGTERM set a flag that long work asks for between steps; a second one kills. Calls that wait are cut short with
 * EINTR (functions here go on, but for os_lock_wait). */
void os_catch_interrupts(void);
bool os_interrupted(void);
int os_check_interrupted(struct err *); /* -1 with ERR_INTERRUPTED */

#endif
