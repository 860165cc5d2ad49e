/* Where the file system wants it: every file and folder of a finished stage named to the batch. */
#include "internal.h"

#include <stdio.h>
#include <string.h>

/* The folders of a content path, but those in its first `known` bytes. */
static int wrote_parents(struct stage *stage, struct os_batch *batch, size_t known, struct err *err)
{
	char *slash = stage->path + stage->content + known;

	while ((slash = strchr(slash, '/')) != NULL) {
		*slash = '\0';
		int result = os_batch_wrote_dir(batch, stage->staging, stage->path, err);
		*slash++ = '/';
		if (result != 0)
			return -1;
	}
	return 0;
}

/* Is this the file for which its bytes were written, in this version? */
static bool is_own(const struct stage *stage, const struct inventory_file *file, struct buf *content)
{
	size_t n = stage->content - stage->base; /* of "vN/content/" */

	return inventory_content(stage->inventory, file->manifest, 0, content) && content->n == n + file->path.n &&
	       memcmp(content->p, stage->path + stage->base, n) == 0 && memcmp(content->p + n, file->path.p, file->path.n) == 0;
}

static int wrote_content(struct stage *stage, struct os_batch *batch, uint32_t version, struct err *err)
{
	char *logical = stage->path + stage->content;
	size_t count = inventory_state_count(stage->inventory, version);
	struct buf content = BUF_INIT;
	bool any = false;
	int result = -1;

	logical[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		struct inventory_file file;
		size_t same = 0;

		inventory_state(stage->inventory, version, i, &file);
		if (!is_own(stage, &file, &content))
			continue;
		/* All names are made by now, so a folder that the file before was in needs not be named again. */
		while (same < file.path.n && logical[same] == file.path.p[same])
			same++;
		memcpy(logical, file.path.p, file.path.n);
		logical[file.path.n] = '\0';
		any = true;
		if (os_batch_wrote(batch, stage->staging, stage->path, err) != 0 || wrote_parents(stage, batch, same, err) != 0)
			goto out;
	}
	logical[0] = '\0';
	result = any ? os_batch_wrote_dir(batch, stage->staging, stage->path, err) : 0;
out:
	buf_release(&content);
	return result;
}

static int wrote_version(struct stage *stage, struct os_batch *batch, uint32_t version, struct err *err)
{
	char path[SMALL_PATH], sidecar[OCFL_SIDECAR_NAME];
	int n = snprintf(stage->path + stage->base, STAGED_NAME_MAX, "v%u/content/", version);

	stage->content = stage->base + (size_t)n;
	ocfl_sidecar_name(inventory_alg(stage->inventory), sidecar);
	if (wrote_content(stage, batch, version, err) != 0 ||
		os_batch_wrote(batch, stage->staging, stage_version_path(stage, path, version, OCFL_INVENTORY), err) != 0 ||
		os_batch_wrote(batch, stage->staging, stage_version_path(stage, path, version, sidecar), err) != 0)
		return -1;
	return os_batch_wrote_dir(batch, stage->staging, stage_version_path(stage, path, version, ""), err);
}

int stage_wrote(struct stage *stage, struct os_batch *batch, struct err *err)
{
	char path[SMALL_PATH], sidecar[OCFL_SIDECAR_NAME];

	if (!os_batch_per_file(batch))
		return 0;
	if (stage->spoiled || stage->open)
		return err_set(err, ERR_USAGE, "a stage is made durable when its version is ended");
	for (uint32_t version = stage->first; version <= stage->version; version++)
		if (wrote_version(stage, batch, version, err) != 0)
			return -1;
	ocfl_sidecar_name(inventory_alg(stage->inventory), sidecar);
	if ((stage->first == 1 &&
		    os_batch_wrote(batch, stage->staging, stage_path(stage, path, OCFL_OBJECT_DECLARATION), err) != 0) ||
		os_batch_wrote(batch, stage->staging, stage_path(stage, path, OCFL_INVENTORY), err) != 0 ||
		os_batch_wrote(batch, stage->staging, stage_path(stage, path, sidecar), err) != 0 ||
		os_batch_wrote_dir(batch, stage->staging, stage_path(stage, path, ""), err) != 0)
		return -1;
	return os_batch_wrote_dir(batch, stage->staging, ".", err);
}
