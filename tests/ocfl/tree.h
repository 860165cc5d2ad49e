/* An ocfl_tree over a folder of the file system, and helpers to make and copy such folders. */
#ifndef TESTS_OCFL_TREE_H
#define TESTS_OCFL_TREE_H

#include "ocfl/ocfl.h"

/* `dir` is an open descriptor of the top. */
struct ocfl_tree tree_of(int *dir);

/* Copies a tree below another folder; files named ".keep" and files named "README.md" beside no object are left out. */
void tree_copy(int from, const char *from_path, int to, const char *to_path);
void tree_write(int dir, const char *path, const void *bytes, size_t n); /* with parents; replaces */
void tree_text(int dir, const char *path, const char *text);
char *tree_read(int dir, const char *path, size_t *n); /* malloced, NUL-terminated; NULL if absent */
void tree_mkdir(int dir, const char *path);            /* with parents */
void tree_remove(int dir, const char *path);
int tree_temporary(char path[64]); /* a new folder, opened */

#endif
