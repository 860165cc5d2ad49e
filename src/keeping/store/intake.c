/* A version as another keeper has it, byte for byte: every file is checked against the inventory, and that against what the log says, before
 * anything can be published (P5). */
#include "internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct intake {
	struct store *store;
	int staging;
	struct inventory *inventory;
	uint32_t version;
	char name[STAGED_NAME_MAX];
	char prefix[32];      /* "v3/content/" */
	struct digest digest; /* of the inventory */
	size_t wanted, got;   /* content files of this version */
	/* the file under way */
	int fd;
	struct buf path; /* below staging */
	uint64_t left;
	uint32_t manifest;
	struct hasher *hasher;
	struct buf before; /* the path before: its folders are there */
	bool newest;
};

int intake_begin(struct intake **out, struct store *store, int staging, const char *name, struct str id, uint64_t version,
	const struct digest *inventory, struct str json, struct err *err)
{
	struct intake *intake;
	struct hasher *hasher;
	struct digest found;
	int result = -1;

	*out = NULL;
	if (version == 0 || version > INVENTORY_VERSIONS_MAX || strlen(name) >= STAGED_NAME_MAX)
		return err_set(err, ERR_USAGE, "%" PRIu64 " is no version, or \"%s\" no name for a staged folder", version, name);
	hasher = store_hasher(store, inventory->alg);
	hasher_begin(hasher);
	hasher_add(hasher, json.p, json.n);
	hasher_end(hasher, &found);
	if (!digest_equal(&found, inventory))
		return err_set(err, ERR_MISMATCH, "this is not the inventory of %.*s@%" PRIu64 " that the log names", STR_ARG(id),
			version);
	intake = mem_alloc(sizeof(*intake));
	intake->store = store;
	intake->staging = staging;
	intake->version = (uint32_t)version;
	intake->digest = *inventory;
	intake->fd = -1;
	memcpy(intake->name, name, strlen(name) + 1);
	(void)snprintf(intake->prefix, sizeof(intake->prefix), "v%u/content/", intake->version);
	if (inventory_parse(&intake->inventory, json, 0, err) != 0)
		goto out;
	if (!str_equal(inventory_id(intake->inventory), id) || inventory_head(intake->inventory) != version ||
		!str_equal(inventory_content_directory(intake->inventory), STR("content"))) {
		err_set(err, ERR_MISMATCH, "the inventory of %.*s@%" PRIu64 " is of something else, or not as photostat writes it",
			STR_ARG(id), version);
		goto out;
	}
	for (uint32_t i = 0; i < inventory_manifest_count(intake->inventory); i++) {
		struct buf content = BUF_INIT;

		for (size_t which = 0; inventory_content(intake->inventory, i, which, &content); which++)
			intake->wanted += str_starts(buf_view(&content), str_from(intake->prefix));
		buf_release(&content);
	}
	buf_printf(&intake->path, "%s/v%u", name, intake->version);
	if (os_mkdir(staging, name, err) != 0 || os_mkdir(staging, intake->path.p, err) != 0)
		goto out;
	intake->hasher = hasher_new(inventory_alg(intake->inventory));
	*out = intake;
	intake = NULL;
	result = 0;
out:
	intake_free(intake);
	return result;
}

const struct inventory *intake_inventory(const struct intake *intake)
{
	return intake->inventory;
}

static int make_folders(struct intake *intake, struct err *err)
{
	size_t same = 0;
	char *slash;

	while (same < intake->before.n && same < intake->path.n && intake->before.p[same] == intake->path.p[same])
		same++;
	/* What comes before the last slash that both share is there. */
	while (same > 0 && intake->path.p[same - 1] != '/')
		same--;
	if (same < strlen(intake->name) + 1)
		same = strlen(intake->name) + 1;
	for (slash = strchr(intake->path.p + same, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		int result = os_mkdir(intake->staging, intake->path.p, err);
		*slash = '/';
		if (result != 0)
			return -1;
	}
	buf_clear(&intake->before);
	buf_str(&intake->before, buf_view(&intake->path));
	return 0;
}

/* Whether the path is content of this version; sets what is under way. */
static int find_file(struct intake *intake, struct str path, struct err *err)
{
	if (intake->fd >= 0)
		return err_set(err, ERR_USAGE, "the file before is not ended");
	if (path.n > STORE_LOGICAL_MAX + sizeof(intake->prefix) || !str_starts(path, str_from(intake->prefix)) ||
		!os_path_inside(path) || !inventory_find_content(intake->inventory, path, &intake->manifest))
		return err_set(err, ERR_MISMATCH, "\"%.*s\" is no file of version %u of %.*s", STR_ARG(path), intake->version,
			STR_ARG(inventory_id(intake->inventory)));
	buf_clear(&intake->path);
	buf_text(&intake->path, intake->name);
	buf_char(&intake->path, '/');
	buf_str(&intake->path, path);
	return make_folders(intake, err);
}

int intake_file(struct intake *intake, struct str path, uint64_t size, struct err *err)
{
	if (find_file(intake, path, err) != 0)
		return -1;
	intake->fd = os_open(intake->staging, intake->path.p, O_WRONLY | O_CREAT | O_EXCL, 0644, err);
	if (intake->fd < 0)
		return -1;
	intake->left = size;
	hasher_begin(intake->hasher);
	return 0;
}

int intake_bytes(struct intake *intake, struct str bytes, struct err *err)
{
	if (intake->fd < 0 || bytes.n > intake->left)
		return err_set(err, ERR_MISMATCH, "%s: more bytes than it has", intake->path.p);
	intake->left -= bytes.n;
	hasher_add(intake->hasher, bytes.p, bytes.n);
	return os_write(intake->fd, bytes.p, bytes.n, intake->path.p, err);
}

int intake_file_end(struct intake *intake, struct err *err)
{
	struct digest found, expected;
	int fd = intake->fd;

	intake->fd = -1;
	if (fd < 0 || os_close_written(fd, intake->path.p, err) != 0)
		return -1;
	hasher_end(intake->hasher, &found);
	inventory_digest(intake->inventory, intake->manifest, &expected);
	if (intake->left > 0 || !digest_equal(&found, &expected)) {
		(void)os_unlink(intake->staging, intake->path.p, NULL);
		return err_set(err, ERR_MISMATCH, "%s of %.*s: these are not the bytes that its inventory names",
			intake->path.p + strlen(intake->name) + 1, STR_ARG(inventory_id(intake->inventory)));
	}
	intake->got++;
	return 0;
}

int intake_link(struct intake *intake, struct str path, int dir, const char *from, struct err *err)
{
	if (find_file(intake, path, err) != 0 || os_link(dir, from, intake->staging, intake->path.p, err) != 0)
		return -1;
	intake->got++;
	return 0;
}

static int write_small(struct intake *intake, const char *file, bool in_version, struct str content, struct err *err)
{
	char path[SMALL_PATH];

	if (in_version)
		(void)snprintf(path, sizeof(path), "%s/v%u/%s", intake->name, intake->version, file);
	else
		(void)snprintf(path, sizeof(path), "%s/%s", intake->name, file);
	return os_write_new(intake->staging, path, content, 0644, err);
}

int intake_end(struct intake *intake, struct str json, bool newest, struct err *err)
{
	char sidecar[OCFL_SIDECAR_NAME];
	struct buf text = BUF_INIT;
	int result = -1;

	if (intake->got < intake->wanted)
		return err_set(err, ERR_MISMATCH, "%zu of %zu files of %.*s@%u did not come", intake->wanted - intake->got,
			intake->wanted, STR_ARG(inventory_id(intake->inventory)), intake->version);
	intake->newest = newest;
	ocfl_sidecar_name(intake->digest.alg, sidecar);
	ocfl_sidecar_write(&text, &intake->digest);
	if (write_small(intake, OCFL_INVENTORY, true, json, err) == 0 &&
		write_small(intake, sidecar, true, buf_view(&text), err) == 0 &&
		(!newest || write_small(intake, OCFL_INVENTORY, false, json, err) == 0) &&
		(!newest || write_small(intake, sidecar, false, buf_view(&text), err) == 0) &&
		(intake->version > 1 ||
			write_small(intake, OCFL_OBJECT_DECLARATION, false, STR(OCFL_OBJECT_DECLARATION_TEXT), err) == 0))
		result = 0;
	buf_release(&text);
	return result;
}

static int wrote(struct intake *intake, struct os_batch *batch, const char *file, struct err *err)
{
	buf_clear(&intake->path);
	buf_printf(&intake->path, "%s/%s", intake->name, file);
	return os_batch_wrote(batch, intake->staging, intake->path.p, err);
}

/* The file, and the folders above it up to the staged one. */
static int wrote_content(struct intake *intake, struct os_batch *batch, const char *content, struct err *err)
{
	char *slash;

	if (wrote(intake, batch, content, err) != 0)
		return -1;
	while ((slash = strrchr(intake->path.p, '/')) != NULL) {
		*slash = '\0';
		if (os_batch_wrote_dir(batch, intake->staging, intake->path.p, err) != 0)
			return -1;
	}
	return 0;
}

int intake_wrote(struct intake *intake, struct os_batch *batch, struct err *err)
{
	char sidecar[OCFL_SIDECAR_NAME], path[SMALL_PATH];
	struct buf content = BUF_INIT;
	int result = -1;

	if (!os_batch_per_file(batch))
		return 0;
	for (uint32_t i = 0; i < inventory_manifest_count(intake->inventory); i++)
		for (size_t which = 0; inventory_content(intake->inventory, i, which, &content); which++)
			if (str_starts(buf_view(&content), str_from(intake->prefix)) &&
				wrote_content(intake, batch, content.p, err) != 0)
				goto out;
	ocfl_sidecar_name(intake->digest.alg, sidecar);
	(void)snprintf(path, sizeof(path), "v%u/" OCFL_INVENTORY, intake->version);
	if (wrote_content(intake, batch, path, err) != 0)
		goto out;
	(void)snprintf(path, sizeof(path), "v%u/%s", intake->version, sidecar);
	if (wrote(intake, batch, path, err) != 0 || (intake->newest && wrote(intake, batch, OCFL_INVENTORY, err) != 0) ||
		(intake->newest && wrote(intake, batch, sidecar, err) != 0) ||
		(intake->version == 1 && wrote(intake, batch, OCFL_OBJECT_DECLARATION, err) != 0))
		goto out;
	result = os_batch_wrote_dir(batch, intake->staging, ".", err);
out:
	buf_release(&content);
	return result;
}

void intake_free(struct intake *intake)
{
	if (intake == NULL)
		return;
	os_close(intake->fd);
	inventory_free(intake->inventory);
	hasher_free(intake->hasher);
	buf_release(&intake->path);
	buf_release(&intake->before);
	free(intake);
}
