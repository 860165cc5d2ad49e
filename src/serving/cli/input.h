/* Files that a command's user names. They may come from a pipe or through a link: "<(photostat policy)". */
#ifndef PHOTOSTAT_CLI_INPUT_H
#define PHOTOSTAT_CLI_INPUT_H

#include "base/base.h"

/* All of it, at most `max` bytes (ERR_LIMIT). ERR_SYSTEM: cannot be read. */
int input_file(const char *path, size_t max, struct buf *out, struct err *);

#endif
