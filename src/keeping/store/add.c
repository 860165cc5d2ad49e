/* Files into a version: names judged, bytes copied and hashed in one pass, each digest kept once. */
#include "internal.h"

#include <errno.h>
#include <string.h>

/* What the inventory and every file system can hold; the rest is refused with what to do about it. */
static int check_path(struct str path, const char *shown, struct err *err)
{
	struct str rest = path, element;

	if (path.n > STORE_LOGICAL_MAX)
		return err_set(err, ERR_LIMIT,
			"%s: its path has %zu bytes, and %d is the most that other programs could open; shorten it", shown, path.n,
			STORE_LOGICAL_MAX);
	if (!utf8_valid(path))
		return err_set(
			err, ERR_SYNTAX, "%s: its name is not UTF-8, and an OCFL inventory holds nothing else; rename it", shown);
	if (!os_path_inside(path))
		return err_set(err, ERR_SYNTAX,
			"%s: its path is empty, absolute, or has \"\", \".\", \"..\" or a NUL in it; rename it", shown);
	while (str_take_until(&rest, '/', &element))
		if (element.n > ELEMENT_MAX)
			return err_set(err, ERR_SYNTAX,
				"%s: a name in its path has %zu bytes, and file systems take %u; shorten it", shown, element.n,
				ELEMENT_MAX);
	return 0;
}

static int begin_file(struct stage *stage, struct str path, const char *shown, struct err *err)
{
	if (stage_ready(stage, err) != 0)
		return -1;
	if (stage->files >= STORE_FILES_MAX)
		return err_set(err, ERR_LIMIT, "%s: a version holds at most %d files; deposit them as several records", shown,
			STORE_FILES_MAX);
	if (check_path(path, shown, err) != 0)
		return -1;
	if (inventory_has_file(stage->inventory, path))
		return err_set(err, ERR_EXISTS, "%s: the version has a file %.*s already", shown, STR_ARG(path));
	return 0;
}

/* The file into the open version's state; *known says whether the object holds its bytes. */
static int add_to_state(struct stage *stage, struct str path, const struct digest *digest, const char *shown, uint32_t *manifest,
	bool *known, struct err *err)
{
	if (inventory_add_digest(stage->inventory, digest, manifest, known, err) != 0 ||
		inventory_add_file(stage->inventory, path, *manifest, err) != 0)
		return err_note(err, "%s", shown);
	stage->files++;
	return 0;
}

static int finish(struct stage *stage, int result)
{
	if (result != 0)
		stage->spoiled = true; /* I5 */
	return result;
}

static int add_bytes(struct stage *stage, struct str path, const void *bytes, size_t n, const char *shown, struct digest *digest,
	struct err *err)
{
	struct hasher *hasher = store_hasher(stage->store, inventory_alg(stage->inventory));
	const char *content;
	uint32_t manifest;
	bool known;

	hasher_begin(hasher);
	hasher_add(hasher, bytes, n);
	hasher_end(hasher, digest);
	if (add_to_state(stage, path, digest, shown, &manifest, &known, err) != 0)
		return -1;
	if (known)
		return 0;
	content = stage_content_path(stage, path, err);
	if (content == NULL || os_write_new(stage->staging, content, (struct str){bytes, n}, 0644, err) != 0)
		return err_note(err, "keeping %s", shown);
	return inventory_add_content(stage->inventory, manifest, path, err);
}

int stage_add_bytes(struct stage *stage, struct str path, struct str content, struct digest *digest, struct err *err)
{
	char shown[400];
	size_t n = path.n < sizeof(shown) ? path.n : sizeof(shown) - 1;

	memcpy(shown, path.n > 0 ? path.p : "", n);
	shown[n] = '\0';
	if (begin_file(stage, path, shown, err) != 0)
		return finish(stage, -1);
	return finish(stage, add_bytes(stage, path, content.p, content.n, shown, digest, err));
}

/* ---- from a descriptor ------------------------------------------------------------------------------------------------------- */

static int examine(int fd, const char *shown, struct stat *stat, struct err *err)
{
	if (os_stat_fd(fd, shown, stat, err) != 0)
		return -1;
	if (!S_ISREG(stat->st_mode))
		return err_set(err, ERR_SYNTAX, "%s is not a regular file; only those can be deposited", shown);
	return 0;
}

/* A file that another program wrote to meanwhile may be a mixture of two, which nobody ever had. */
static int check_unchanged(int fd, const char *shown, const struct stat *before, struct err *err)
{
	struct stat after;

	if (examine(fd, shown, &after, err) != 0)
		return -1;
	if (after.st_size == before->st_size && after.st_ino == before->st_ino && after.st_dev == before->st_dev &&
		after.st_mtim.tv_sec == before->st_mtim.tv_sec && after.st_mtim.tv_nsec == before->st_mtim.tv_nsec &&
		after.st_ctim.tv_sec == before->st_ctim.tv_sec && after.st_ctim.tv_nsec == before->st_ctim.tv_nsec)
		return 0;
	return err_set(err, ERR_CONFLICT, "%s changed while it was read; deposit it again when it is at rest", shown);
}

static int add_short(struct stage *stage, struct str path, int fd, const char *shown, const struct stat *before,
	struct digest *digest, struct err *err)
{
	unsigned char *bytes = store_buffer(stage->store);
	size_t size = (size_t)before->st_size;
	/* One byte more than there should be: a file that grew shows. */
	ssize_t got = os_read_at(fd, bytes, size + 1, 0, shown, err);

	if (got < 0)
		return -1;
	if ((size_t)got != size)
		return err_set(err, ERR_CONFLICT, "%s changed while it was read; deposit it again when it is at rest", shown);
	if (check_unchanged(fd, shown, before, err) != 0)
		return -1;
	return add_bytes(stage, path, bytes, size, shown, digest, err);
}

/* Into `incoming`, then to its place when the digest is new (I2, I3). */
static int add_long(struct stage *stage, struct str path, int fd, const char *shown, const struct stat *before,
	struct digest *digest, struct err *err)
{
	bool sparse = before->st_blocks < before->st_size / 512, known;
	const char *content;
	uint32_t manifest;
	char incoming[SMALL_PATH];
	int out, result;

	stage_path(stage, incoming, INCOMING);
	out = os_open(stage->staging, incoming, O_RDWR | O_CREAT | O_EXCL, 0644, err);
	if (out < 0)
		return err_note(err, "keeping %s", shown);
	result = copy_long(stage->store, fd, shown, (uint64_t)before->st_size, sparse, out, incoming,
		store_hasher(stage->store, inventory_alg(stage->inventory)), digest, err);
	if (os_close_written(out, incoming, result == 0 ? err : NULL) != 0)
		result = -1;
	if (result != 0)
		return err == NULL || err->code == ERR_CONFLICT ? -1 : err_note(err, "keeping %s", shown);
	if (check_unchanged(fd, shown, before, err) != 0 || add_to_state(stage, path, digest, shown, &manifest, &known, err) != 0)
		return -1;
	if (known)
		return os_unlink(stage->staging, incoming, err);
	content = stage_content_path(stage, path, err);
	if (content == NULL || os_rename(stage->staging, incoming, stage->staging, content, err) != 0)
		return err_note(err, "keeping %s", shown);
	return inventory_add_content(stage->inventory, manifest, path, err);
}

int stage_add_fd(
	struct stage *stage, struct str path, int fd, const char *shown, struct digest *digest, uint64_t *size, struct err *err)
{
	struct stat before;
	int result;

	if (begin_file(stage, path, shown, err) != 0 || examine(fd, shown, &before, err) != 0)
		return finish(stage, -1);
	*size = (uint64_t)before.st_size;
	if (*size < SHORT_MAX)
		result = add_short(stage, path, fd, shown, &before, digest, err);
	else
		result = add_long(stage, path, fd, shown, &before, digest, err);
	return finish(stage, result);
}

/* ---- from elsewhere in the archive --------------------------------------------------------------------------------------------- */

static int keep(struct stage *stage, struct str path, struct err *err)
{
	bool kept;

	if (stage_ready(stage, err) != 0)
		return -1;
	if (stage->files >= STORE_FILES_MAX)
		return err_set(err, ERR_LIMIT, "a version holds at most %d files", STORE_FILES_MAX);
	if (inventory_keep_file(stage->inventory, path, &kept, err) != 0)
		return -1;
	if (!kept)
		return err_set(err, ERR_EXISTS, "the version has a file %.*s already", STR_ARG(path));
	stage->files++;
	return 0;
}

int stage_keep(struct stage *stage, struct str path, struct err *err)
{
	return finish(stage, keep(stage, path, err));
}

/* The file system has no hard links, or has no more of them for this file. */
static bool cannot_link(int sys)
{
	return sys == EPERM || sys == EOPNOTSUPP || sys == EMLINK || sys == EXDEV || sys == ENOSYS;
}

static int copy_instead(
	struct stage *stage, const char *content, const struct digest *digest, int dir, const char *from, struct err *err)
{
	struct stat before;
	struct digest found;
	int in, out = -1, result = -1;

	in = os_open(dir, from, O_RDONLY | O_NONBLOCK, 0, err);
	if (in < 0 || examine(in, from, &before, err) != 0)
		goto out;
	out = os_open(stage->staging, content, O_RDWR | O_CREAT | O_EXCL, 0644, err);
	if (out < 0)
		goto out;
	result = copy_long(stage->store, in, from, (uint64_t)before.st_size, true, out, content,
		store_hasher(stage->store, digest->alg), &found, err);
	if (os_close_written(out, content, result == 0 ? err : NULL) != 0)
		result = -1;
	if (result == 0 && !digest_equal(&found, digest))
		result = err_set(
			err, ERR_MISMATCH, "%s is altered: it does not have the digest that its inventory says; run audit", from);
out:
	os_close(in);
	return result;
}

static int add_link(struct stage *stage, struct str path, const struct digest *digest, int dir, const char *from, struct err *err)
{
	const char *content;
	uint32_t manifest;
	struct err why = ERR_INIT;
	bool known;

	if (add_to_state(stage, path, digest, from, &manifest, &known, err) != 0)
		return -1;
	if (known)
		return 0;
	content = stage_content_path(stage, path, err);
	if (content == NULL)
		return -1;
	if (os_link(dir, from, stage->staging, content, &why) != 0) {
		if (!cannot_link(why.sys)) {
			if (err != NULL)
				*err = why;
			return -1;
		}
		if (copy_instead(stage, content, digest, dir, from, err) != 0)
			return -1;
	}
	return inventory_add_content(stage->inventory, manifest, path, err);
}

int stage_add_link(struct stage *stage, struct str path, const struct digest *digest, uint64_t size, int dir, const char *from,
	struct err *err)
{
	(void)size;
	if (begin_file(stage, path, from, err) != 0)
		return finish(stage, -1);
	return finish(stage, add_link(stage, path, digest, dir, from, err));
}
