/* A record as a BagIt 1.0 bag in a tar archive, made as it is sent: what of one version is open to the public, and nothing else. docs/machines.md. */
#ifndef PHOTOSTAT_ROOM_BAG_H
#define PHOTOSTAT_ROOM_BAG_H

#include <sys/types.h>

#include "internal.h"

struct bagged;
/* Takes the object and the list of files out of *shown; bounded memory: 64 KiB, and 400 bytes a file for manifests. NULL: too many files (10,000). */
struct bagged *bagged_new(struct page *, struct shown *);
/* For http_answer_made: the next bytes; 0 at the end; -1: a file is not what the log says it is, or cannot be read. */
ssize_t bagged_make(void *bagged, char *bytes, size_t max);
void bagged_free(void *bagged);

#endif
