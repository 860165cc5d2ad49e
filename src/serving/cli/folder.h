/* Folders on disk, read for the validators. */
#ifndef PHOTOSTAT_CLI_FOLDER_H
#define PHOTOSTAT_CLI_FOLDER_H

#include "cli.h"
#include "ocfl/ocfl.h"

struct folder {
	int fd;
};
int folder_open(struct folder *, const char *path, struct err *);
void folder_close(struct folder *);
bool folder_has(const struct folder *, const char *name);
/* Also one that holds nothing but empty files with a dot in front, as version control wants them in empty folders. */
int folder_empty(const struct folder *, bool *empty, struct err *);
/* Views of it: the folder must outlive them. */
struct ocfl_tree folder_ocfl_tree(const struct folder *);
/* 0 valid, 1 not, -1 could not tell; prints findings and verdict. */
int validate_bag(struct invocation *, const struct folder *, const char *path, struct err *);

#endif
