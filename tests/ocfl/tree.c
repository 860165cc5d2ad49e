#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void must(bool fine, const char *what, const char *path)
{
	if (!fine) {
		fprintf(stderr, "%s %s: %s\n", what, path, strerror(errno));
		abort();
	}
}

static const char *or_dot(const char *path)
{
	return *path ? path : ".";
}

static int tree_list(void *context, const char *path, ocfl_each *each, void *each_context, struct err *err)
{
	const int *top = context;
	int fd = openat(*top, or_dot(path), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? err_set(err, ERR_NOT_FOUND, "%s: not there", path) : err_sys(err, "%s", path);
	DIR *dir = fdopendir(fd);
	must(dir != NULL, "fdopendir", path);
	int status = 0;
	struct dirent *entry;
	while (status == 0 && (entry = readdir(dir))) {
		struct stat st;
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		must(fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0, "stat", entry->d_name);
		struct ocfl_name name = {
			.name = str_from(entry->d_name),
			.type = S_ISREG(st.st_mode)   ? OCFL_FILE
				: S_ISDIR(st.st_mode) ? OCFL_FOLDER
				: S_ISLNK(st.st_mode) ? OCFL_LINK
						      : OCFL_OTHER,
			.links = S_ISREG(st.st_mode) ? st.st_nlink : 1,
		};
		status = each(each_context, &name, err);
	}
	closedir(dir);
	return status;
}

static int tree_read_file(void *context, const char *path, ocfl_sink *sink, void *sink_context, struct err *err)
{
	const int *top = context;
	char piece[16384];
	int fd = openat(*top, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), status = 0;
	ssize_t n;
	if (fd < 0)
		return errno == ENOENT ? err_set(err, ERR_NOT_FOUND, "%s: not there", path) : err_sys(err, "%s", path);
	while (status == 0 && (n = read(fd, piece, sizeof(piece))) != 0)
		status = n < 0 ? err_sys(err, "%s", path) : sink(sink_context, piece, (size_t)n, err);
	close(fd);
	return status;
}

struct ocfl_tree tree_of(int *dir)
{
	return (struct ocfl_tree){.context = dir, .list = tree_list, .read = tree_read_file};
}

void tree_mkdir(int dir, const char *path)
{
	char part[4096];
	snprintf(part, sizeof(part), "%s", path);
	for (char *slash = strchr(part, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		must(mkdirat(dir, part, 0755) == 0 || errno == EEXIST, "mkdir", part);
		*slash = '/';
	}
	must(mkdirat(dir, part, 0755) == 0 || errno == EEXIST, "mkdir", part);
}

void tree_write(int dir, const char *path, const void *bytes, size_t n)
{
	char parent[4096];
	snprintf(parent, sizeof(parent), "%s", path);
	char *slash = strrchr(parent, '/');
	if (slash) {
		*slash = '\0';
		tree_mkdir(dir, parent);
	}
	int fd = openat(dir, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	must(fd >= 0, "open", path);
	must(write(fd, bytes, n) == (ssize_t)n, "write", path);
	close(fd);
}

void tree_text(int dir, const char *path, const char *text)
{
	tree_write(dir, path, text, strlen(text));
}

char *tree_read(int dir, const char *path, size_t *n)
{
	struct stat st;
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	must(fstat(fd, &st) == 0, "stat", path);
	char *bytes = malloc((size_t)st.st_size + 1);
	must(bytes && read(fd, bytes, (size_t)st.st_size) == st.st_size, "read", path);
	bytes[st.st_size] = '\0';
	*n = (size_t)st.st_size;
	close(fd);
	return bytes;
}

void tree_copy(int from, const char *from_path, int to, const char *to_path)
{
	char a[4096], b[4096];
	int fd = openat(from, from_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(fd >= 0, "open", from_path);
	DIR *dir = fdopendir(fd);
	struct dirent *entry;
	tree_mkdir(to, to_path);
	while ((entry = readdir(dir))) {
		struct stat st;
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") || !strcmp(entry->d_name, ".keep"))
			continue;
		snprintf(a, sizeof(a), "%s/%s", from_path, entry->d_name);
		snprintf(b, sizeof(b), "%s/%s", to_path, entry->d_name);
		must(fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0, "stat", a);
		if (S_ISDIR(st.st_mode)) {
			tree_copy(from, a, to, b);
		} else {
			size_t n;
			char *bytes = tree_read(from, a, &n);
			tree_write(to, b, bytes, n);
			free(bytes);
		}
	}
	closedir(dir);
}

void tree_remove(int dir, const char *path)
{
	if (unlinkat(dir, path, 0) == 0 || errno == ENOENT)
		return;
	int fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	must(fd >= 0, "open", path);
	DIR *folder = fdopendir(fd);
	struct dirent *entry;
	while ((entry = readdir(folder)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			tree_remove(fd, entry->d_name);
	closedir(folder);
	must(unlinkat(dir, path, AT_REMOVEDIR) == 0, "rmdir", path);
}

int tree_temporary(char path[64])
{
	snprintf(path, 64, "/tmp/photostat-ocfl-XXXXXX");
	must(mkdtemp(path) != NULL, "mkdtemp", path);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(fd >= 0, "open", path);
	return fd;
}
