/* An object's logs/ folder: small files beside its versions, which OCFL leaves to us. */
#include "internal.h"

#include <stdio.h>
#include <string.h>

#define NOTE_MAX ((size_t)16 << 20)

static int note_path(struct str id, const char *name, char out[STORE_PATH_MAX], size_t *folder, struct err *err)
{
	size_t n;

	if (name[0] == '\0' || name[0] == '.' || strchr(name, '/') != NULL || strlen(name) > ELEMENT_MAX)
		return err_set(err, ERR_USAGE, "\"%s\" is no name for a file in logs/", name);
	if (store_object_path(id, out, err) != 0)
		return -1;
	n = strlen(out);
	*folder = n;
	(void)snprintf(out + n, STORE_PATH_MAX - n, "/logs/%s", name);
	return 0;
}

int store_put_log_file(
	struct store *store, struct str id, const char *name, struct str content, struct os_batch *batch, struct err *err)
{
	char path[STORE_PATH_MAX];
	struct err why = ERR_INIT;
	size_t object = 0, logs;

	if (content.n > NOTE_MAX)
		return err_set(err, ERR_LIMIT, "%s: a file in logs/ has at most %zu bytes", name, NOTE_MAX);
	if (note_path(id, name, path, &object, err) != 0)
		return -1;
	logs = object + strlen("/logs");
	path[logs] = '\0';
	if (os_mkdir(store->fd, path, err) != 0)
		return -1;
	path[logs] = '/';
	if (os_write_new(store->fd, path, content, 0644, &why) != 0) {
		if (why.code != ERR_EXISTS) {
			if (err != NULL)
				*err = why;
			return -1;
		}
		/* A crash may have left half of it; or a sync failed, and what can be read is in the cache alone and never gets to the disk.
		 * So it is made anew, whatever it seems to hold; not under another name first, which a crash would leave in the object. */
		if (os_unlink(store->fd, path, err) != 0 || os_write_new(store->fd, path, content, 0644, err) != 0)
			return -1;
	}
	if (!os_batch_per_file(batch))
		return 0;
	if (os_batch_wrote(batch, store->fd, path, err) != 0)
		return -1;
	path[logs] = '\0';
	if (os_batch_wrote_dir(batch, store->fd, path, err) != 0)
		return -1;
	path[object] = '\0';
	return os_batch_wrote_dir(batch, store->fd, path, err);
}

int store_get_log_file(struct store *store, struct str id, const char *name, struct buf *out, struct err *err)
{
	char path[STORE_PATH_MAX];
	size_t object;

	return note_path(id, name, path, &object, err) != 0 ? -1 : os_read_file(store->fd, path, NOTE_MAX, out, err);
}

int store_delete_log_file(struct store *store, struct str id, const char *name, struct err *err)
{
	char path[STORE_PATH_MAX];
	size_t object;

	return note_path(id, name, path, &object, err) != 0 ? -1 : os_unlink(store->fd, path, err);
}
