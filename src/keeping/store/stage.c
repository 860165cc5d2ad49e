/* Objects and versions being built in a folder of their own: begun, their folders, ended, thrown away. */
#include "internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int stage_ready(const struct stage *stage, struct err *err)
{
	if (stage->spoiled)
		return err_set(err, ERR_USAGE, "an earlier step of building this version failed; discard it");
	return stage->open ? 0 : err_set(err, ERR_USAGE, "no version is being built");
}

const char *stage_path(const struct stage *stage, char out[SMALL_PATH], const char *rest)
{
	(void)snprintf(out, SMALL_PATH, "%.*s%s", (int)stage->base, stage->path, rest);
	return out;
}

const char *stage_version_path(const struct stage *stage, char out[SMALL_PATH], uint32_t version, const char *rest)
{
	(void)snprintf(out, SMALL_PATH, "%.*sv%u%s%s", (int)stage->base, stage->path, version, rest[0] == '\0' ? "" : "/", rest);
	return out;
}

/* ---- folders ------------------------------------------------------------------------------------------------------------------ */

/* Unlike os_mkdir it takes no folder that is there: what lies in it would be published. */
static int make_folder(int dir, const char *path, struct err *err)
{
	if (TEMP_FAILURE_RETRY(os_calls->mkdirat(dir, path, 0755)) == 0)
		return 0;
	err_sys(err, "cannot make the folder %s in staging", path);
	if (err != NULL && errno == EEXIST)
		err->code = ERR_EXISTS;
	return -1;
}

/* The folders of a content path, but those in its first `known` bytes. */
static int make_parents(struct stage *stage, size_t known, struct err *err)
{
	char *slash = stage->path + stage->content + known;

	while ((slash = strchr(slash, '/')) != NULL) {
		*slash = '\0';
		int result = os_mkdir(stage->staging, stage->path, err);
		*slash++ = '/';
		if (result != 0)
			return -1;
	}
	return 0;
}

const char *stage_content_path(struct stage *stage, struct str logical, struct err *err)
{
	char *path = stage->path + stage->content;
	size_t same = 0;

	/* The content path before is still there, and so are its folders. */
	while (same < logical.n && path[same] == logical.p[same])
		same++;
	memcpy(path, logical.p, logical.n);
	path[logical.n] = '\0';
	if (!stage->content_made) {
		path[-1] = '\0';
		int result = make_folder(stage->staging, stage->path, err);
		path[-1] = '/';
		if (result != 0)
			return NULL;
		stage->content_made = true;
	}
	return make_parents(stage, same, err) == 0 ? stage->path : NULL;
}

/* ---- begin -------------------------------------------------------------------------------------------------------------------- */

static struct stage *stage_make(struct store *store, int staging, const char *name, struct err *err)
{
	size_t n = strlen(name);

	if (n == 0 || n >= STAGED_NAME_MAX || strchr(name, '/') != NULL) {
		err_set(err, ERR_USAGE, "\"%s\" is no name for a staged folder", name);
		return NULL;
	}
	struct stage *stage = mem_grow(NULL, 1, sizeof(*stage)); /* not zeroed: most of it is a path */
	memset(stage, 0, offsetof(struct stage, path));
	stage->store = store;
	stage->staging = staging;
	memcpy(stage->path, name, n);
	stage->path[n] = '/';
	stage->path[n + 1] = '\0';
	stage->base = n + 1;
	return stage;
}

/* The next version of the inventory, and its folder. */
static int begin_version(struct stage *stage, struct err *err)
{
	char folder[SMALL_PATH];
	int n;

	if (inventory_begin_version(stage->inventory, &stage->version, err) != 0)
		return -1;
	if (make_folder(stage->staging, stage_version_path(stage, folder, stage->version, ""), err) != 0)
		return -1;
	n = snprintf(stage->path + stage->base, STAGED_NAME_MAX, "v%u/content/", stage->version);
	stage->content = stage->base + (size_t)n;
	stage->content_made = false;
	stage->files = 0;
	stage->open = true;
	return 0;
}

static int begin_object(struct stage *stage, const char *name, struct err *err)
{
	char path[SMALL_PATH];

	if (make_folder(stage->staging, name, err) != 0 ||
		os_write_new(stage->staging, stage_path(stage, path, OCFL_OBJECT_DECLARATION), STR(OCFL_OBJECT_DECLARATION_TEXT),
			0644, err) != 0)
		return -1;
	stage->first = 1;
	return begin_version(stage, err);
}

int stage_new_object(struct stage **out, struct store *store, int staging, const char *name, struct str id, struct err *err)
{
	struct stage *stage;
	char path[OBJECT_PATH_MAX];

	*out = NULL;
	if (object_path(id, path, err) != 0 || (stage = stage_make(store, staging, name, err)) == NULL)
		return -1;
	if (inventory_new(&stage->inventory, id, store->alg, err) != 0 || begin_object(stage, name, err) != 0) {
		stage_free(stage);
		return -1;
	}
	*out = stage;
	return 0;
}

int stage_new_version(struct stage **out, struct store *store, int staging, const char *name, struct str id, uint64_t version,
	const struct digest *inventory, struct err *err)
{
	struct stage *stage = NULL;
	char path[OBJECT_PATH_MAX + 48];
	size_t n;
	int result = -1;

	*out = NULL;
	if (version < 2 || version > INVENTORY_VERSIONS_MAX)
		return err_set(err, ERR_USAGE, "a further version's number is from 2 to %u", INVENTORY_VERSIONS_MAX);
	if (object_path(id, path, err) != 0 || (stage = stage_make(store, staging, name, err)) == NULL)
		return -1;
	n = strlen(path);
	(void)snprintf(path + n, sizeof(path) - n, "/v%u/" OCFL_INVENTORY, (unsigned)(version - 1));
	if (inventory_read(&stage->inventory, store->fd, path, id, version - 1, inventory, err) != 0 ||
		make_folder(staging, name, err) != 0)
		goto out;
	stage->first = (uint32_t)version;
	result = begin_version(stage, err);
out:
	if (result != 0)
		stage_free(stage);
	else
		*out = stage;
	return result;
}

int stage_next_version(struct stage *stage, struct err *err)
{
	char path[SMALL_PATH], sidecar[OCFL_SIDECAR_NAME];

	if (stage->spoiled || stage->open)
		return err_set(err, ERR_USAGE, "the version before is not ended");
	ocfl_sidecar_name(inventory_alg(stage->inventory), sidecar);
	stage->spoiled = true;
	/* The object's folder gets the next version's. */
	if (os_unlink(stage->staging, stage_path(stage, path, OCFL_INVENTORY), err) != 0 ||
		os_unlink(stage->staging, stage_path(stage, path, sidecar), err) != 0 || begin_version(stage, err) != 0)
		return -1;
	stage->spoiled = false;
	return 0;
}

/* ---- end ---------------------------------------------------------------------------------------------------------------------- */

/* The same inventory into two files, and its digest (I4). */
struct twin {
	const char *path[2];
	int fd[2];
	struct hasher *hasher;
};

static int twin_write(void *context, const void *bytes, size_t n, struct err *err)
{
	struct twin *twin = context;

	hasher_add(twin->hasher, bytes, n);
	if (os_write(twin->fd[0], bytes, n, twin->path[0], err) != 0)
		return -1;
	return os_write(twin->fd[1], bytes, n, twin->path[1], err);
}

static int write_inventories(struct stage *stage, struct digest *digest, struct err *err)
{
	char own[SMALL_PATH], root[SMALL_PATH];
	struct twin twin = {.fd = {-1, -1}, .hasher = store_hasher(stage->store, inventory_alg(stage->inventory))};
	int result = -1;

	twin.path[0] = stage_version_path(stage, own, stage->version, OCFL_INVENTORY);
	twin.path[1] = stage_path(stage, root, OCFL_INVENTORY);
	for (int i = 0; i < 2; i++) {
		twin.fd[i] = os_open(stage->staging, twin.path[i], O_WRONLY | O_CREAT | O_EXCL, 0644, err);
		if (twin.fd[i] < 0)
			goto out;
	}
	hasher_begin(twin.hasher);
	result = inventory_write(stage->inventory, twin_write, &twin, err);
	hasher_end(twin.hasher, digest);
out:
	for (int i = 0; i < 2; i++)
		if (twin.fd[i] >= 0 && os_close_written(twin.fd[i], twin.path[i], result == 0 ? err : NULL) != 0)
			result = -1;
	return result;
}

static int write_sidecars(struct stage *stage, const struct digest *digest, struct err *err)
{
	char name[OCFL_SIDECAR_NAME], path[SMALL_PATH];
	struct buf *text = &stage->store->sidecar;

	ocfl_sidecar_name(digest->alg, name);
	buf_clear(text);
	ocfl_sidecar_write(text, digest);
	if (buf_check(text, "a sidecar", err) != 0 ||
		os_write_new(stage->staging, stage_version_path(stage, path, stage->version, name), buf_view(text), 0644, err) != 0)
		return -1;
	return os_write_new(stage->staging, stage_path(stage, path, name), buf_view(text), 0644, err);
}

int stage_end_version(struct stage *stage, const struct stage_version_info *info, struct digest *inventory, struct err *err)
{
	char created[TIME_TEXT];
	struct inventory_version version = {
		.message = info->message, .user_name = info->user_name, .user_address = info->user_address};

	if (stage_ready(stage, err) != 0)
		return -1;
	stage->spoiled = true;
	time_format(info->created, created);
	version.created = str_from(created);
	if (inventory_end_version(stage->inventory, &version, err) != 0 || write_inventories(stage, inventory, err) != 0 ||
		write_sidecars(stage, inventory, err) != 0)
		return -1;
	stage->spoiled = false;
	stage->open = false;
	return 0;
}

void stage_free(struct stage *stage)
{
	if (stage == NULL)
		return;
	inventory_free(stage->inventory);
	free(stage);
}

int stage_discard(int staging, const char *name, struct err *err)
{
	return os_remove_tree(staging, name, err);
}
