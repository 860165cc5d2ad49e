/* Folders: reading their names, removing whole trees. */
#include "internal.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define READ_AHEAD 32768u
/* Folders held open at once by os_remove_tree; what lies deeper is first moved up. */
#define DEPTH_MOST 64u

/* What getdents64 writes; each starts on a multiple of 8 bytes. */
struct raw_name {
	uint64_t inode;
	int64_t next;
	uint16_t size;
	unsigned char type;
	char name[];
};

struct os_dir {
	char *path; /* for messages */
	int fd;
	size_t at, n; /* within raw */
	_Alignas(8) unsigned char raw[READ_AHEAD];
};

int os_dir_open(struct os_dir **out, int dir, const char *path, struct err *err)
{
	int fd = os_open(dir, path, O_RDONLY | O_DIRECTORY, 0, err);

	if (fd < 0)
		return -1;
	struct os_dir *opened = mem_grow(NULL, 1, sizeof(*opened)); /* not zeroed: most folders fill little of it */
	opened->path = mem_dup(str_from(path));
	opened->fd = fd;
	opened->at = opened->n = 0;
	*out = opened;
	return 0;
}

int os_dir_fd(const struct os_dir *dir)
{
	return dir->fd;
}

/* 1 and the type, 0 if the name went away meanwhile, -1. */
static int ask_type(struct os_dir *dir, const char *name, unsigned char *type, struct err *err)
{
	struct stat stat;

	if (AGAIN(fstatat(dir->fd, name, &stat, AT_SYMLINK_NOFOLLOW)) != 0)
		return errno == ENOENT ? 0 : os_failed(err, "examine", name);
	*type = (unsigned char)IFTODT(stat.st_mode);
	return 1;
}

int os_dir_next(struct os_dir *dir, struct os_name *out, struct err *err)
{
	for (;;) {
		if (dir->at >= dir->n) {
			ssize_t got = AGAIN(getdents(dir->fd, dir->raw, sizeof(dir->raw)));
			if (got == 0 || (got < 0 && errno == ENOENT)) /* removed meanwhile, thus empty, as readdir has it */
				return 0;
			if (got < 0)
				return os_failed(err, "read the folder", dir->path);
			dir->at = 0;
			dir->n = (size_t)got;
		}
		const unsigned char *raw = dir->raw + dir->at;
		uint16_t size;
		memcpy(&size, raw + offsetof(struct raw_name, size), sizeof(size));
		const char *name = (const char *)raw + offsetof(struct raw_name, name);
		memcpy(&out->inode, raw + offsetof(struct raw_name, inode), sizeof(out->inode));
		out->type = raw[offsetof(struct raw_name, type)];
		out->name = name;
		dir->at += size;
		if (name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0')))
			continue;
		if (out->type != DT_UNKNOWN)
			return 1;
		int there = ask_type(dir, name, &out->type, err);
		if (there != 0)
			return there;
	}
}

void os_dir_close(struct os_dir *dir)
{
	if (dir == NULL)
		return;
	os_close(dir->fd);
	free(dir->path);
	free(dir);
}

/* Moves a folder that lies too deep to the top of the tree, where it will be met again. */
static int move_up(int from, const char *name, int top, unsigned *moved, struct err *err)
{
	char temporary[TEMPORARY_NAME];

	for (;;) {
		os_temporary_name(temporary, "deep", (*moved)++);
		if (AGAIN(renameat2(from, name, top, temporary, 0)) == 0)
			return 0;
		if (errno != EEXIST && errno != ENOTEMPTY && errno != ENOTDIR)
			return os_failed(err, "remove", name);
	}
}

/* Empties the folder in stack[0]. */
static int empty_tree(struct os_dir *stack[DEPTH_MOST], unsigned *moved, struct err *err)
{
	size_t depth = 1;
	struct os_name name = {.type = DT_UNKNOWN};

	while (depth > 0) {
		struct os_dir *here = stack[depth - 1];
		int more = os_dir_next(here, &name, err);
		if (more > 0 && name.type != DT_DIR) {
			if (os_unlink(here->fd, name.name, err) != 0)
				more = -1;
		} else if (more > 0 && depth == DEPTH_MOST) {
			if (move_up(here->fd, name.name, stack[0]->fd, moved, err) != 0)
				more = -1;
		} else if (more > 0) {
			if (os_dir_open(&stack[depth], here->fd, name.name, err) == 0)
				depth++;
			else
				more = -1;
		} else if (more == 0) {
			if (--depth == 0)
				return 0;
			if (os_rmdir(stack[depth - 1]->fd, here->path, err) != 0)
				more = -1;
			os_dir_close(here);
		}
		if (more < 0)
			break;
	}
	while (depth > 1)
		os_dir_close(stack[--depth]);
	return -1;
}

int os_remove_tree(int dir, const char *path, struct err *err)
{
	struct os_dir *stack[DEPTH_MOST];
	struct stat stat;
	unsigned moved = 0, before;
	int result = -1;

	if (AGAIN(fstatat(dir, path, &stat, AT_SYMLINK_NOFOLLOW)) != 0)
		return errno == ENOENT ? 0 : os_failed(err, "remove", path);
	if (!S_ISDIR(stat.st_mode))
		return os_unlink(dir, path, err);
	do {
		before = moved;
		if (os_dir_open(&stack[0], dir, path, err) != 0)
			return err_note(err, "removing %s", path);
		result = empty_tree(stack, &moved, err);
		os_dir_close(stack[0]);
	} while (result == 0 && moved != before); /* folders moved up may have been passed by already */
	return result == 0 ? os_rmdir(dir, path, err) : err_note(err, "removing %s", path);
}

int os_unlink_beginning(int dir, const char *path, struct str beginning, int64_t before, struct err *err)
{
	struct os_dir *names = NULL;
	struct os_name name = {.type = DT_UNKNOWN};
	struct stat status;
	struct err why = ERR_INIT;
	int got;

	if (os_dir_open(&names, dir, path, &why) != 0)
		return why.code == ERR_NOT_FOUND ? 0 : err_set(err, why.code, "%s", why.text);
	while ((got = os_dir_next(names, &name, err)) == 1)
		if (name.type != DT_DIR && str_starts(str_from(name.name), beginning) &&
			(before == INT64_MAX ||
				(os_stat(names->fd, name.name, &status, NULL) == 0 && (int64_t)status.st_mtime < before)) &&
			os_unlink(names->fd, name.name, err) != 0) {
			got = -1;
			break;
		}
	os_dir_close(names);
	return got;
}
