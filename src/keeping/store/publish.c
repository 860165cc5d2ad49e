/* From staging into the root, by renames that may be repeated (J1, J2, J3). */
#include "internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LONG_PATH (OBJECT_PATH_MAX + 64)

static int join(char out[LONG_PATH], const char *one, const char *two, struct err *err)
{
	int n = snprintf(out, LONG_PATH, "%s/%s", one, two);

	return n > 0 && n < LONG_PATH ? 0 : err_set(err, ERR_USAGE, "%s/%s: too long a path", one, two);
}

/* Renames without replacing; 0 too if that was done before (J3). */
static int move(int from_dir, const char *from, int to_dir, const char *to, struct err *err)
{
	struct err why = ERR_INIT;
	int there;

	if (os_rename(from_dir, from, to_dir, to, &why) == 0)
		return 0;
	if (why.code == ERR_NOT_FOUND && (there = os_exists(from_dir, from, err)) <= 0) {
		if (there == 0 && (there = os_exists(to_dir, to, err)) > 0)
			return 0;
		if (there < 0)
			return -1;
	}
	if (err != NULL)
		*err = why;
	return -1;
}

/* ---- new objects ------------------------------------------------------------------------------------------------------------------ */

/* The folder that holds the object's. An empty one would be a finding (OCFL E073), so it is made only when the object is there. */
static void tuple_of(const char *object, char out[OBJECT_PATH_MAX])
{
	size_t n = (size_t)(strchr(object, '/') - object);

	memcpy(out, object, n);
	out[n] = '\0';
}

static int wrote_object(struct store *store, const char *object, int staging, struct os_batch *batch, struct err *err)
{
	char tuple[OBJECT_PATH_MAX];

	if (!os_batch_per_file(batch))
		return 0;
	tuple_of(object, tuple);
	return os_batch_wrote_dir(batch, store->fd, tuple, err) != 0 ? -1 : os_batch_wrote_dir(batch, staging, ".", err);
}

/* After the first try found no tuple, no staged folder, or neither; or is not to be made at all before the tuple's name is durable. */
static int publish_carefully(struct store *store, int staging, const char *name, const char *object, bool per_file, struct err *err)
{
	char tuple[OBJECT_PATH_MAX];
	int there = os_exists(staging, name, err);

	tuple_of(object, tuple);
	if (there < 0 || (there > 0 && os_mkdir(store->fd, tuple, err) != 0))
		return -1;
	/* Where names are not written in order, the rename could outlive the folder that it is into. */
	if (there > 0 && per_file && os_fsync_dir(store->fd, ".", err) != 0)
		return -1;
	return move(staging, name, store->fd, object, err);
}

int store_publish_object(struct store *store, int staging, const char *name, struct str id, struct os_batch *batch, struct err *err)
{
	char object[OBJECT_PATH_MAX];
	struct err why = ERR_INIT;
	bool per_file = os_batch_per_file(batch);

	if (object_path(id, object, err) != 0)
		return -1;
	/* Most often the tuple is there: nothing is asked beforehand. */
	if (!per_file && os_rename(staging, name, store->fd, object, &why) == 0)
		return 0;
	if (per_file || why.code == ERR_NOT_FOUND) {
		if (publish_carefully(store, staging, name, object, per_file, err) == 0)
			return wrote_object(store, object, staging, batch, err);
	} else if (err != NULL) {
		*err = why;
	}
	return err_note(err, "publishing %.*s", STR_ARG(id));
}

/* ---- further versions -------------------------------------------------------------------------------------------------------------- */

/* A root copy in place of the one of the version before; absent in staging means that it was done. */
static int replace_copy(struct store *store, int staging, const char *name, const char *object, const char *file, struct err *err)
{
	char from[LONG_PATH], to[LONG_PATH];
	struct err why = ERR_INIT;
	int there;

	if (join(from, name, file, err) != 0 || join(to, object, file, err) != 0)
		return -1;
	if (os_rename_over(staging, from, store->fd, to, &why) == 0)
		return 0;
	if (why.code == ERR_NOT_FOUND && (there = os_exists(staging, from, err)) <= 0)
		return there;
	if (err != NULL)
		*err = why;
	return -1;
}

int store_publish_version(struct store *store, int staging, const char *name, struct str id, uint64_t version,
	struct os_batch *batch, struct err *err)
{
	static const enum digest_alg algorithms[] = {DIGEST_SHA256, DIGEST_SHA512};
	char object[OBJECT_PATH_MAX], from[LONG_PATH], to[LONG_PATH], folder[16];
	int there;

	if (version < 2 || version > INVENTORY_VERSIONS_MAX)
		return err_set(err, ERR_USAGE, "a further version's number is from 2 to %u", INVENTORY_VERSIONS_MAX);
	(void)snprintf(folder, sizeof(folder), "v%u", (unsigned)version);
	if (object_path(id, object, err) != 0 || join(from, name, folder, err) != 0 || join(to, object, folder, err) != 0)
		return -1;
	if (move(staging, from, store->fd, to, err) != 0 || replace_copy(store, staging, name, object, OCFL_INVENTORY, err) != 0)
		goto fail;
	/* Which algorithm the object has is not known here; it has one sidecar. */
	for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++) {
		char sidecar[OCFL_SIDECAR_NAME];

		ocfl_sidecar_name(algorithms[i], sidecar);
		if (replace_copy(store, staging, name, object, sidecar, err) != 0)
			goto fail;
	}
	if (!os_batch_per_file(batch))
		return 0;
	/* All done and thrown away before: there is no staged folder any more. */
	there = os_exists(staging, name, err);
	if (there >= 0 && os_batch_wrote_dir(batch, store->fd, object, err) == 0 &&
		os_batch_wrote_dir(batch, staging, there > 0 ? name : ".", err) == 0)
		return 0;
fail:
	return err_note(err, "publishing version %u of %.*s", (unsigned)version, STR_ARG(id));
}

/* ---- exchanging -------------------------------------------------------------------------------------------------------------------- */

/* 1 if the object in the folder has this head inventory, 0 if another or if there is no such folder, -1. */
static int has_head(int dir, const char *object, const struct digest *head, struct err *err)
{
	char path[LONG_PATH];
	unsigned char bytes[16384];
	struct hasher *hasher;
	struct digest found;
	struct err why = ERR_INIT;
	ssize_t got;
	int fd;

	if (join(path, object, OCFL_INVENTORY, err) != 0)
		return -1;
	fd = os_open(dir, path, O_RDONLY | O_NONBLOCK, 0, &why);
	if (fd < 0) {
		if (why.code == ERR_NOT_FOUND)
			return 0;
		if (err != NULL)
			*err = why;
		return -1;
	}
	hasher = hasher_new(head->alg);
	hasher_begin(hasher);
	while ((got = os_read(fd, bytes, sizeof(bytes), path, err)) > 0)
		hasher_add(hasher, bytes, (size_t)got);
	hasher_end(hasher, &found);
	hasher_free(hasher);
	os_close(fd);
	return got < 0 ? -1 : digest_equal(&found, head);
}

/* Two renames where a file system has no exchange. `name`.old is the object that goes; every state between is finished by doing the
 * rest. Between the two the object is not there for readers. */
static int exchange_by_steps(struct store *store, int staging, const char *name, const char *object, struct err *err)
{
	char old[SMALL_PATH], tuple[OBJECT_PATH_MAX];
	int there;

	(void)snprintf(old, sizeof(old), "%s.old", name);
	tuple_of(object, tuple);
	there = os_exists(staging, name, err);
	if (there < 0)
		return -1;
	/* Each step is made durable before the next, or a power cut could leave a later one without an earlier; those of an attempt that
	 * was broken off as well. */
	if (there > 0 && (move(store->fd, object, staging, old, err) != 0 || os_fsync_dir(staging, ".", err) != 0 ||
				 move(staging, name, store->fd, object, err) != 0))
		return -1;
	return os_fsync_dir(store->fd, tuple, err) != 0 ? -1 : move(staging, old, staging, name, err);
}

static bool no_exchange(const struct err *err)
{
	return err->sys == EINVAL || err->sys == EOPNOTSUPP || err->sys == ENOSYS;
}

int store_exchange_object(struct store *store, int staging, const char *name, struct str id, const struct digest *head_inventory,
	struct os_batch *batch, struct err *err)
{
	char object[OBJECT_PATH_MAX], old[SMALL_PATH];
	struct err why = ERR_INIT;
	int done, begun;

	if (object_path(id, object, err) != 0)
		return -1;
	if (strlen(name) >= STAGED_NAME_MAX)
		return err_set(err, ERR_USAGE, "\"%s\" is no name for a staged folder", name);
	(void)snprintf(old, sizeof(old), "%s.old", name);
	begun = os_exists(staging, old, err);
	done = has_head(store->fd, object, head_inventory, err);
	if (begun < 0 || done < 0)
		goto fail;
	if (begun > 0) {
		if (exchange_by_steps(store, staging, name, object, err) != 0)
			goto fail;
	} else if (done == 0) {
		done = has_head(staging, name, head_inventory, err);
		if (done == 0)
			err_set(err, ERR_MISMATCH, "neither staging nor the storage root has the object that was rebuilt");
		if (done <= 0)
			goto fail;
		if (os_exchange(staging, name, store->fd, object, &why) != 0) {
			if (!no_exchange(&why)) {
				if (err != NULL)
					*err = why;
				goto fail;
			}
			if (exchange_by_steps(store, staging, name, object, err) != 0)
				goto fail;
		}
	}
	return wrote_object(store, object, staging, batch, err);
fail:
	return err_note(err, "replacing %.*s by what is left of it", STR_ARG(id));
}

int store_replace_object(
	struct store *store, int staging, const char *name, struct str id, bool *old, struct os_batch *batch, struct err *err)
{
	char object[OBJECT_PATH_MAX], aside[SMALL_PATH];
	struct err why = ERR_INIT;
	int there;

	*old = false;
	if (object_path(id, object, err) != 0 || (there = os_exists(store->fd, object, err)) < 0)
		return -1;
	if (there == 0)
		return store_publish_object(store, staging, name, id, batch, err);
	*old = true;
	if (os_exchange(staging, name, store->fd, object, &why) == 0)
		return wrote_object(store, object, staging, batch, err);
	if (!no_exchange(&why)) {
		if (err != NULL)
			*err = why;
		return err_note(err, "replacing %.*s", STR_ARG(id));
	}
	(void)snprintf(aside, sizeof(aside), "%s.old", name);
	if (move(store->fd, object, staging, aside, err) != 0 || move(staging, name, store->fd, object, err) != 0 ||
		move(staging, aside, staging, name, err) != 0)
		return -1;
	return wrote_object(store, object, staging, batch, err);
}
