/* tar: heads of an archive as POSIX.1-2001 has it (ustar, and pax where a name or size does not fit). Pure. */
#ifndef PHOTOSTAT_ROOM_TAR_H
#define PHOTOSTAT_ROOM_TAR_H

#include "base/base.h"

#define TAR_BLOCK 512u
/* Appends what stands before the bytes of a regular file of mode 0644. `name` is UTF-8, without NUL; time from 1970 on. */
void tar_file(struct buf *, struct str name, uint64_t size, int64_t time);
/* How many zero bytes follow the bytes of a file. */
size_t tar_padding(uint64_t size);
void tar_end(struct buf *);

#endif
