/* os, inside: what more than one of its files needs. */
#ifndef PHOTOSTAT_OS_INTERNAL_H
#define PHOTOSTAT_OS_INTERNAL_H

#include "os/os.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

/* Does a call of the table again while a signal cut it short. */
#define AGAIN(call) TEMP_FAILURE_RETRY(os_calls->call)

/* "cannot DOING PATH: reason" from errno: ERR_NOT_FOUND for ENOENT, ERR_EXISTS for EEXIST, else ERR_SYSTEM; -1. */
int os_failed(struct err *, const char *doing, const char *path);
/* The running program's own path, without a NUL at its end; -1. */
ssize_t os_own_path(char path[PATH_MAX]);
/* Longest name of a file that is on its way to another name, with NUL. */
#define TEMPORARY_NAME 256
/* `.BASE.PID-N.new`, BASE cut where it is too long; os_is_temporary knows it. */
void os_temporary_name(char out[TEMPORARY_NAME], const char *base, unsigned attempt);
#define TEMPORARY_ATTEMPTS 1000u

#endif
