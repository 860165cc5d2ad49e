/* The files that a deposit is made of. */
#include <stdlib.h>
#include <string.h>

#include "sources.h"

/* ---- folders in order ------------------------------------------------------------------------------------------------- */

struct held_name {
	struct str name;
	unsigned char type;
	uint64_t inode;
};

static int by_name(const void *a, const void *b)
{
	return str_compare(((const struct held_name *)a)->name, ((const struct held_name *)b)->name);
}

static int run_of_names(int folder, struct held_name *held, size_t count,
	int (*each)(void *, int, const struct os_name *, struct err *), void *context, struct err *err)
{
	qsort(held, count, sizeof(*held), by_name);
	for (size_t i = 0; i < count; i++) {
		struct os_name name = {.name = held[i].name.p, .type = held[i].type, .inode = held[i].inode};

		if (each(context, folder, &name, err) != 0)
			return -1;
	}
	return 0;
}

int sorted_names(int dir, const char *path, struct str shown, int (*each)(void *, int, const struct os_name *, struct err *),
	void *context, struct err *err)
{
	struct os_dir *names = NULL;
	struct arena arena = ARENA_INIT;
	struct held_name *held = NULL;
	struct os_name name;
	size_t count = 0, capacity = 0;
	int got, result = -1;

	if (os_dir_open(&names, dir, path, err) != 0) {
		err_note(err, "cannot read the folder %.*s", STR_ARG(shown));
		return -1;
	}
	while ((got = os_dir_next(names, &name, err)) == 1) {
		if (count == capacity) {
			capacity = capacity == 0 ? 32 : capacity * 2;
			held = mem_grow(held, capacity, sizeof(*held));
		}
		held[count++] =
			(struct held_name){.name = arena_str(&arena, str_from(name.name)), .type = name.type, .inode = name.inode};
		if (count < NAMES_AT_ONCE)
			continue;
		if (run_of_names(os_dir_fd(names), held, count, each, context, err) != 0)
			goto out;
		count = 0;
		arena_release(&arena);
	}
	if (got == 0)
		result = count == 0 ? 0 : run_of_names(os_dir_fd(names), held, count, each, context, err);
out:
	os_dir_close(names);
	arena_release(&arena);
	free(held);
	return result;
}

/* ---- one record's files ---------------------------------------------------------------------------------------------------- */

struct walk {
	struct sources *sources;
	uint32_t root;
	struct buf path; /* below the root */
	struct str shown;
	unsigned depth;
	size_t seen;
};

static const char *kind_of(unsigned char type)
{
	switch (type) {
	case DT_LNK:
		return "a symbolic link; deposit what it points to";
	case DT_FIFO:
		return "a named pipe";
	case DT_SOCK:
		return "a socket";
	case DT_BLK:
	case DT_CHR:
		return "a device";
	default:
		return "no regular file";
	}
}

static int refuse_kind(struct str shown, struct str below, unsigned char type, struct err *err)
{
	return err_set(err, ERR_SYNTAX, "%.*s%s%.*s is %s: only regular files are kept", STR_ARG(shown), below.n > 0 ? "/" : "",
		STR_ARG(below), kind_of(type));
}

int refuse_own(struct str shown, struct str below, struct err *err)
{
	return err_set(err, ERR_CONFLICT, "%.*s%s%.*s belongs to this archive itself, its keys too; deposit what lies outside it",
		STR_ARG(shown), below.n > 0 ? "/" : "", STR_ARG(below));
}

bool archive_is_own(const struct archive *archive, int folder, const struct os_name *name)
{
	struct stat ours;
	bool own;
	int fd;

	if (archive == NULL || os_stat_fd(archive->dir, archive->path, &ours, NULL) != 0 || ours.st_ino != name->inode)
		return false;
	fd = os_open(folder, name->name, O_RDONLY | O_DIRECTORY, 0, NULL);
	own = fd >= 0 && archive_is_folder(archive, fd);
	os_close(fd);
	return own;
}

static void add_file(struct sources *sources, uint32_t root, struct str path, struct str logical)
{
	if (sources->count == sources->capacity) {
		sources->capacity = sources->capacity == 0 ? 8 : sources->capacity * 2;
		sources->files = mem_grow(sources->files, sources->capacity, sizeof(*sources->files));
	}
	sources->files[sources->count].path = arena_str(&sources->arena, path);
	sources->files[sources->count].logical = path.p == logical.p && path.n == logical.n ? sources->files[sources->count].path
											    : arena_str(&sources->arena, logical);
	sources->files[sources->count++].root = root;
}

static int take_metadata(struct sources *sources, int dir, const char *path, struct str shown, struct err *err)
{
	if (sources->has_metadata)
		return err_set(err, ERR_EXISTS, "%.*s: there are two " RECORD_NAME, STR_ARG(shown));
	sources->has_metadata = true;
	if (os_read_file(dir, path, RECORD_BYTES_MAX, &sources->metadata, err) != 0)
		return err_note(err, "%.*s", STR_ARG(shown));
	return 0;
}

static int refuse_reserved(struct str shown, struct str logical, struct err *err)
{
	if (str_equal(logical, STR(SEED_NAME)))
		return err_set(err, ERR_SYNTAX,
			"%.*s: a document at the top of a record cannot be called " SEED_NAME "; rename it or put it in a folder",
			STR_ARG(shown));
	return 0;
}

static int walk_name(void *context, int folder, const struct os_name *name, struct err *err)
{
	struct walk *walk = context;
	size_t length = walk->path.n, seen;
	int result = -1;

	walk->seen++;
	if (length > 0)
		buf_char(&walk->path, '/');
	buf_text(&walk->path, name->name);
	if (walk->path.n > SOURCE_PATH_MAX || walk->sources->count >= STORE_FILES_MAX) {
		err_set(err, ERR_LIMIT, "%.*s: more than %d files, or paths longer than %d bytes; deposit it as several records",
			STR_ARG(walk->shown), STORE_FILES_MAX, SOURCE_PATH_MAX);
		goto out;
	}
	if (name->type == DT_DIR) {
		if (archive_is_own(walk->sources->archive, folder, name)) {
			refuse_own(walk->shown, buf_view(&walk->path), err);
			goto out;
		}
		if (++walk->depth > SOURCE_DEPTH_MAX) {
			err_set(err, ERR_LIMIT, "%.*s: folders deeper than %d", STR_ARG(walk->shown), SOURCE_DEPTH_MAX);
			goto out;
		}
		seen = walk->seen;
		walk->seen = 0;
		result = sorted_names(folder, name->name, buf_view(&walk->path), walk_name, walk, err);
		if (walk->seen == 0)
			walk->sources->empty_folders++;
		walk->seen = seen;
		walk->depth--;
	} else if (name->type != DT_REG) {
		result = refuse_kind(walk->shown, buf_view(&walk->path), name->type, err);
	} else if (length == 0 && strcmp(name->name, RECORD_NAME) == 0) {
		result = take_metadata(walk->sources, folder, name->name, walk->shown, err);
	} else if (refuse_reserved(walk->shown, buf_view(&walk->path), err) == 0) {
		add_file(walk->sources, walk->root, buf_view(&walk->path), buf_view(&walk->path));
		result = 0;
	}
out:
	walk->path.n = length;
	walk->path.p[length] = '\0';
	return result;
}

static uint32_t add_root(struct sources *sources, int fd, struct str shown)
{
	sources->roots = mem_grow(sources->roots, sources->root_count + 1, sizeof(*sources->roots));
	sources->root_names = mem_grow(sources->root_names, sources->root_count + 1, sizeof(*sources->root_names));
	sources->roots[sources->root_count] = fd;
	sources->root_names[sources->root_count] = arena_str(&sources->arena, shown);
	return (uint32_t)sources->root_count++;
}

static int add_folder(struct sources *sources, int dir, const char *path, struct str shown, struct err *err)
{
	struct walk walk = {.sources = sources, .shown = shown};
	int fd = os_open(dir, path, O_RDONLY | O_DIRECTORY, 0, err), result;

	if (fd < 0)
		return -1;
	walk.root = add_root(sources, fd, shown);
	result = sorted_names(fd, ".", shown, walk_name, &walk, err);
	buf_release(&walk.path);
	return result;
}

/* The part of a path behind its last slash. */
static struct str base_name(struct str path)
{
	struct str rest = path, last = path, token;

	while (str_take_until(&rest, '/', &token))
		if (token.n > 0)
			last = token;
	return last;
}

static int add_single(struct sources *sources, int dir, const char *path, struct str shown, struct err *err)
{
	struct str whole = str_from(path), name = base_name(whole);
	struct buf folder = BUF_INIT;
	int fd, result = -1;

	buf_add(&folder, whole.p, (size_t)(name.p - whole.p));
	if (folder.n == 0)
		buf_text(&folder, ".");
	if (str_equal(name, STR(RECORD_NAME))) {
		result = take_metadata(sources, dir, path, shown, err);
		goto out;
	}
	fd = os_open(dir, folder.p, O_RDONLY | O_DIRECTORY, 0, err);
	if (fd < 0)
		goto out;
	buf_clear(&folder);
	buf_add(&folder, shown.p, shown.n >= name.n ? shown.n - name.n : 0);
	if (refuse_reserved(shown, name, err) == 0) {
		add_file(sources, add_root(sources, fd, buf_view(&folder)), name, name);
		result = 0;
	} else {
		os_close(fd);
	}
out:
	buf_release(&folder);
	return result;
}

static unsigned char type_of(mode_t mode)
{
	return (unsigned char)(S_ISREG(mode)    ? DT_REG
			       : S_ISDIR(mode)  ? DT_DIR
			       : S_ISLNK(mode)  ? DT_LNK
			       : S_ISFIFO(mode) ? DT_FIFO
			       : S_ISSOCK(mode) ? DT_SOCK
						: DT_BLK);
}

int sources_add(struct sources *sources, int dir, const char *path, struct str shown, struct err *err)
{
	struct stat status;

	if (os_stat(dir, path, &status, err) != 0) {
		if (err != NULL && err->code == ERR_NOT_FOUND)
			err_set(err, ERR_SYSTEM, "there is no file or folder %.*s", STR_ARG(shown));
		return -1;
	}
	if (dir == AT_FDCWD && sources->archive != NULL && archive_contains(sources->archive, path))
		return refuse_own(shown, STR(""), err);
	if (S_ISDIR(status.st_mode))
		return add_folder(sources, dir, path, shown, err);
	if (!S_ISREG(status.st_mode))
		return refuse_kind(shown, STR(""), type_of(status.st_mode), err);
	return add_single(sources, dir, path, shown, err);
}

int sources_open(const struct sources *sources, size_t i, struct err *err)
{
	const struct source_file *file = &sources->files[i];
	struct buf shown = BUF_INIT;
	/* O_NONBLOCK: a pipe that takes the file's place in between must not hold us up */
	int fd = os_open(sources->roots[file->root], file->path.p, O_RDONLY | O_NONBLOCK, 0, err);

	if (fd < 0) {
		sources_shown(sources, i, &shown);
		if (err != NULL && err->code == ERR_NOT_FOUND)
			err_set(err, ERR_CONFLICT, "%.*s went away while the deposit was made", STR_ARG(buf_view(&shown)));
		buf_release(&shown);
	}
	return fd;
}

void sources_shown(const struct sources *sources, size_t i, struct buf *out)
{
	struct str root = sources->root_names[sources->files[i].root];

	buf_str(out, root);
	if (root.n > 0 && root.p[root.n - 1] != '/')
		buf_char(out, '/');
	buf_str(out, sources->files[i].path);
}

static int by_logical(const void *a, const void *b)
{
	return str_compare(((const struct source_file *)a)->logical, ((const struct source_file *)b)->logical);
}

int sources_finish(struct sources *sources, struct err *err)
{
	if (sources->count > 1)
		qsort(sources->files, sources->count, sizeof(*sources->files), by_logical);
	for (size_t i = 1; i < sources->count; i++)
		if (str_equal(sources->files[i - 1].logical, sources->files[i].logical))
			return err_set(err, ERR_EXISTS,
				"two files would be called %.*s in the record; deposit them in folders of their own",
				STR_ARG(sources->files[i].logical));
	return 0;
}

void sources_release(struct sources *sources)
{
	for (size_t i = 0; i < sources->root_count; i++)
		os_close(sources->roots[i]);
	free(sources->roots);
	free(sources->root_names);
	free(sources->files);
	arena_release(&sources->arena);
	buf_release(&sources->metadata);
	memset(sources, 0, sizeof(*sources));
}
