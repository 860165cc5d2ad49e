/* fault: what goes wrong below a program, on demand. Two tools for tests, both put in front of the os_calls table:
 * an injector that fails one system call (or every one from then on), and a power-loss simulator that records what a program did to a
 * folder and rebuilds, elsewhere, a state the folder may be in after the power went at any moment (P1). */
#ifndef PHOTOSTAT_FAULT_H
#define PHOTOSTAT_FAULT_H

#include "os/os.h"

/* Where folders that live for a moment are made fastest: in memory if the system offers that, else /tmp. */
const char *fault_fast_folder(void);

/* ---- the injector ---------------------------------------------------------------------------------------------- */

enum fault_kind {
	FAULT_OPENAT,
	FAULT_CLOSE,
	FAULT_READ,
	FAULT_PREAD,
	FAULT_WRITE,
	FAULT_WRITEV,
	FAULT_PWRITE,
	FAULT_COPY_RANGE,
	FAULT_FTRUNCATE,
	FAULT_FSYNC,
	FAULT_FDATASYNC,
	FAULT_SYNCFS,
	FAULT_FSTATAT,
	FAULT_MKDIRAT,
	FAULT_RENAMEAT2,
	FAULT_LINKAT,
	FAULT_UNLINKAT,
	FAULT_FLOCK,
	FAULT_GETDENTS,
	FAULT_KINDS
};
#define FAULT_BIT(kind) (1u << (kind))
#define FAULT_ALL (FAULT_BIT(FAULT_KINDS) - 1)
#define FAULT_SYNCING (FAULT_BIT(FAULT_FSYNC) | FAULT_BIT(FAULT_FDATASYNC) | FAULT_BIT(FAULT_SYNCFS))
#define FAULT_TRANSFERS                                                                                                            \
	(FAULT_BIT(FAULT_READ) | FAULT_BIT(FAULT_PREAD) | FAULT_BIT(FAULT_WRITE) | FAULT_BIT(FAULT_WRITEV) |                       \
		FAULT_BIT(FAULT_PWRITE) | FAULT_BIT(FAULT_COPY_RANGE))
/* What changes the disk, or makes the change durable; openat counts only when it creates or cuts. */
#define FAULT_CHANGES                                                                                                              \
	(FAULT_BIT(FAULT_OPENAT) | FAULT_BIT(FAULT_WRITE) | FAULT_BIT(FAULT_WRITEV) | FAULT_BIT(FAULT_PWRITE) |                    \
		FAULT_BIT(FAULT_COPY_RANGE) | FAULT_BIT(FAULT_FTRUNCATE) | FAULT_SYNCING | FAULT_BIT(FAULT_MKDIRAT) |              \
		FAULT_BIT(FAULT_RENAMEAT2) | FAULT_BIT(FAULT_LINKAT) | FAULT_BIT(FAULT_UNLINKAT))

enum fault_effect {
	FAULT_ERROR,      /* the call does nothing and gives -1 with .sys (close does close: the descriptor is gone either way) */
	FAULT_ERROR_DONE, /* the call does its work and gives -1 with .sys all the same, as a network file system may */
	FAULT_SHORT,      /* a transfer of n > 1 bytes moves half of them; other calls are as always */
	FAULT_FULL,       /* a write moves half, then the disk is full: every write, creation and folder gets ENOSPC */
	FAULT_KILL,       /* the process kills itself (SIGKILL) before the call: only in a child */
};

struct fault_plan {
	uint32_t kinds;    /* which calls count: FAULT_BIT of each; 0 means FAULT_ALL */
	bool changes_only; /* of openat, count those only that create or cut */
	uint64_t at;       /* the number of the call, from 1; 0: none, just count */
	enum fault_effect effect;
	int sys;
	/* Every counted call from `at` on; with EINTR every second one, for the call is meant to be made again. */
	bool from_then_on;
};

/* Puts the injector before what os_calls is now. One at a time; any number of threads may make calls. */
void fault_start(const struct fault_plan *);
/* Takes it away again. Whether the fault came to pass: a sweep over .at ends with the first false. */
bool fault_stop(void);
uint64_t fault_calls(void); /* counted since fault_start */
/* The last calls, one a line, the failed ones marked: for the message of a failed test. Valid after fault_stop too. */
void fault_trace(struct buf *);

/* ---- the power-loss simulator ------------------------------------------------------------------------------------ */

enum power_model {
	/* Whatever POSIX leaves open: of what was not made durable each name operation is kept or lost by itself; each write is
	 * kept, lost, zeroes, rubbish, or kept up to some point. */
	POWER_LOOSE,
	/* As ext4 does: names persist in the order they were made; a file holds its writes up to some point. */
	POWER_ORDERED,
	POWER_NOTHING_LOST,  /* the folder as it was at that moment */
	POWER_UNSYNCED_LOST, /* only what was made durable */
	/* Names as the journals and transactions of ext4, xfs and btrfs keep them, in the order they were made, so that nothing is ever in a
	 * folder that is nowhere; data as in POWER_LOOSE, each file by itself. For what relies on one syncfs, which only these get. */
	POWER_JOURNALED
};

struct power;

/* What is below `root` (regular files and folders) counts as durable from now on; every change made through os_calls below it is recorded.
 * fsync, fdatasync and syncfs there are recorded instead of done: a test that records is fast. One at a time; any number of threads.
 * Aborts on a failure of its own. */
struct power *power_start(const char *root);
/* Changes recorded so far. A promise given when this was n must hold for every cut k >= n. */
size_t power_calls(const struct power *);
/* The n-th sync from the beginning (1, 2, …) does nothing and gives -1 with EIO, and what it was to make durable of files' data is lost for good,
 * as Linux has it: it can still be read until the power goes, and a later sync that succeeds does not bring it back, but writing it again does. */
void power_fail_sync(struct power *, size_t n);
size_t power_syncs(const struct power *); /* so far */
/* Stops recording; os_calls is what it was. */
void power_stop(struct power *);
/* "renameat2 a/b -> c", for messages; 1 <= k <= power_calls. */
void power_describe(const struct power *, size_t k, struct buf *);
/* Whether change k is an fsync or syncfs: cuts just before one lose most. */
bool power_is_sync(const struct power *, size_t k);
/* Makes the folder `out` (must not be there) as it may be after a power cut when changes 1 to k were made, by seed. Seeds 0 to 5 are the
 * extremes: all kept, all lost, names without data, names with rubbish, data without names, half of both. Fast when k only
 * rises. Rules, for every model: what an fsync or syncfs among 1..k made durable is there (fsync of a file: data and size, not the name;
 * of a folder: its names; syncfs: all); a rename is done or not, never half, an exchange swaps both or none. */
void power_materialise(struct power *, size_t k, uint64_t seed, enum power_model, const char *out);
void power_free(struct power *);

#endif
