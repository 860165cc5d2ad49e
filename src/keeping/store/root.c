/* The storage root: made, opened, and where objects lie in it. */
#include "internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int write_text(int dir, const char *folder, const char *name, struct buf *text, struct err *err)
{
	char path[160];
	int result = -1;

	(void)snprintf(path, sizeof(path), "%s%s%s", folder, folder[0] == '\0' ? "" : "/", name);
	if (buf_check(text, path, err) == 0)
		result = os_replace(dir, path, buf_view(text), 0644, err);
	buf_clear(text);
	return result;
}

int store_create(int dir, const char *path, struct err *err)
{
	struct buf text = BUF_INIT;
	char folder[120];
	int fd = -1, result = -1;

	(void)snprintf(folder, sizeof(folder), "extensions/%s", ocfl_layout_name(ocfl_layout_ours.kind));
	if (os_mkdirs(dir, path, err) != 0 || (fd = os_open(dir, path, O_RDONLY | O_DIRECTORY, 0, err)) < 0)
		goto out;
	if (os_mkdirs(fd, folder, err) != 0)
		goto out;
	ocfl_layout_config_write(&text, &ocfl_layout_ours);
	if (write_text(fd, folder, "config.json", &text, err) != 0)
		goto out;
	ocfl_layout_write(&text, &ocfl_layout_ours);
	if (write_text(fd, "", OCFL_LAYOUT, &text, err) != 0)
		goto out;
	/* Last, so that what calls itself a storage root is one. */
	buf_text(&text, OCFL_ROOT_DECLARATION_TEXT);
	if (write_text(fd, "", OCFL_ROOT_DECLARATION, &text, err) != 0 || os_fsync_dir(fd, "extensions", err) != 0)
		goto out;
	result = os_fsync_dir(fd, ".", err);
out:
	if (result != 0)
		err_note(err, "making the storage root %s", path);
	os_close(fd);
	buf_release(&text);
	return result;
}

int store_open(struct store **out, int dir, const char *path, enum digest_alg alg, struct err *err)
{
	int fd;

	if (alg != DIGEST_SHA256 && alg != DIGEST_SHA512)
		return err_set(err, ERR_USAGE, "objects are written with sha256 or sha512");
	fd = os_open(dir, path, O_RDONLY | O_DIRECTORY, 0, err);
	if (fd < 0)
		return -1;
	*out = mem_alloc(sizeof(**out));
	(*out)->fd = fd;
	(*out)->alg = alg;
	return 0;
}

void store_free(struct store *store)
{
	if (store == NULL)
		return;
	os_close(store->fd);
	free(store->buffer);
	hasher_free(store->sha256);
	hasher_free(store->sha512);
	buf_release(&store->sidecar);
	free(store);
}

int store_fd(const struct store *store)
{
	return store->fd;
}

void store_watch(struct store *store, void (*moved)(void *, uint64_t), void *context)
{
	store->moved = moved;
	store->moved_context = context;
}

unsigned char *store_buffer(struct store *store)
{
	if (store->buffer == NULL)
		store->buffer = mem_grow(NULL, 1, BUFFER);
	return store->buffer;
}

struct hasher *store_hasher(struct store *store, enum digest_alg alg)
{
	struct hasher **hasher = alg == DIGEST_SHA512 ? &store->sha512 : &store->sha256;

	if (*hasher == NULL)
		*hasher = hasher_new(alg);
	return *hasher;
}

int object_path(struct str id, char out[OBJECT_PATH_MAX], struct err *err)
{
	struct buf path = BUF_INIT;
	int result = -1;

	path.max = OBJECT_PATH_MAX - 1;
	if (ocfl_layout_path(&ocfl_layout_ours, id, &path, err) != 0 || buf_check(&path, "an object's path", err) != 0)
		goto out;
	memcpy(out, path.p, path.n + 1);
	result = 0;
out:
	buf_release(&path);
	return result;
}

int store_object_path(struct str id, char out[STORE_PATH_MAX], struct err *err)
{
	return object_path(id, out, err);
}

int store_object_exists(struct store *store, struct str id, struct err *err)
{
	char path[OBJECT_PATH_MAX];

	return object_path(id, path, err) != 0 ? -1 : os_exists(store->fd, path, err);
}
