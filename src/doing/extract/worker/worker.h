/* The worker programs, inside: the box that they shut themselves in, and what they say first. */
#ifndef PHOTOSTAT_WORKER_H
#define PHOTOSTAT_WORKER_H

#include "base/base.h"

#define WORKER_LIMITS 1
#define WORKER_SECCOMP 2
#define WORKER_LANDLOCK 3

struct worker_box {
	uint64_t memory, seconds;
	const char *const *readable; /* os_shut_in's; with `programs` */
	bool programs;               /* may start threads, and the programs that it may read */
};
/* Shuts the calling process in. *level: how far, as enum extract_level has it. ERR_SYSTEM: not even the limits. */
int worker_shut_in(const struct worker_box *, int *level, struct err *);
/* The filter of system calls (libseccomp). False: the kernel has none. What is refused is answered EPERM, but for what no reader ever does: that
 * kills. */
bool worker_filter(bool programs);

#endif
