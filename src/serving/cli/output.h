/* Files that commands write for their user: never over what is there unless told so. */
#ifndef PHOTOSTAT_CLI_OUTPUT_H
#define PHOTOSTAT_CLI_OUTPUT_H

#include "base/base.h"

/* "-" is standard output. ERR_EXISTS without force. */
int output_file(const char *path, struct str content, bool force, struct err *);
/* A new file for streaming, "-" gives standard output; the descriptor. */
int output_open(const char *path, bool force, struct err *);
int output_close(int fd, const char *path, struct err *);

#endif
