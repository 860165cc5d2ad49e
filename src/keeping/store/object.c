/* Reading one version of one object, as the log names it. */
#include "internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define READ_PIECE ((size_t)64 << 10)

struct object_version {
	int fd;
	uint32_t version;
	struct inventory *inventory;
	struct buf *content_path; /* of the file looked at last */
	char shown[OBJECT_PATH_MAX];
};

/* ---- inventories ---------------------------------------------------------------------------------------------------------------- */

/* The whole file through parser and hasher; *refused is what the parser said. */
static int feed(
	int fd, const char *path, struct inventory_parser *parser, struct hasher *hasher, struct err *refused, struct err *err)
{
	char *bytes = mem_grow(NULL, 1, READ_PIECE);
	ssize_t got;

	while ((got = os_read(fd, bytes, READ_PIECE, path, err)) > 0) {
		hasher_add(hasher, bytes, (size_t)got);
		if (refused->code == ERR_NONE)
			inventory_parser_feed(parser, bytes, (size_t)got, refused);
	}
	free(bytes);
	return got < 0 ? -1 : 0;
}

static int check_identity(const struct inventory *inventory, const char *path, struct str id, uint64_t version, struct err *err)
{
	char name[INVENTORY_VERSION_NAME];

	if (!str_equal(inventory_id(inventory), id))
		return err_set(err, ERR_MISMATCH, "records/%s is the inventory of another object, %.*s", path,
			STR_ARG(inventory_id(inventory)));
	if (inventory_head(inventory) != version)
		return err_set(err, ERR_MISMATCH, "records/%s is the inventory of version %u, not of %" PRIu64, path,
			inventory_head(inventory), version);
	inventory_version_name(inventory, inventory_head(inventory), name);
	if (name[1] == '0')
		return err_set(err, ERR_SYNTAX, "records/%s has padded version numbers, which photostat does not write", path);
	return 0;
}

int inventory_read(struct inventory **out, int dir, const char *path, struct str id, uint64_t version,
	const struct digest *expected, struct err *err)
{
	struct inventory_parser *parser = NULL;
	struct inventory *inventory = NULL;
	struct hasher *hasher = NULL;
	struct digest found;
	struct err refused = ERR_INIT;
	int fd, result = -1;

	*out = NULL;
	if (expected->alg == DIGEST_NONE)
		return err_set(err, ERR_USAGE, "an inventory is read by its digest");
	fd = os_open(dir, path, O_RDONLY | O_NONBLOCK, 0, err);
	if (fd < 0)
		return -1;
	parser = inventory_parser_new(0);
	hasher = hasher_new(expected->alg);
	hasher_begin(hasher);
	if (feed(fd, path, parser, hasher, &refused, err) != 0)
		goto out;
	hasher_end(hasher, &found);
	/* The digest first: of an altered file nothing else is worth saying. */
	if (!digest_equal(&found, expected)) {
		err_set(err, ERR_MISMATCH, "records/%s is altered: it is not the inventory that the log names; run audit", path);
		goto out;
	}
	if (refused.code == ERR_NONE)
		inventory_parser_finish(parser, &inventory, &refused);
	if (refused.code != ERR_NONE) {
		if (err != NULL)
			*err = refused;
		err_note(err, "records/%s", path);
		goto out;
	}
	if (check_identity(inventory, path, id, version, err) != 0)
		goto out;
	*out = inventory;
	inventory = NULL;
	result = 0;
out:
	inventory_free(inventory);
	inventory_parser_free(parser);
	hasher_free(hasher);
	os_close(fd);
	return result;
}

int object_open_at(struct object_version **out, int dir, const char *folder, struct str id, uint64_t version,
	const struct digest *inventory, struct err *err)
{
	struct object_version *object = NULL;
	char path[OBJECT_PATH_MAX + 48];
	size_t n;

	*out = NULL;
	if (version == 0 || version > INVENTORY_VERSIONS_MAX)
		return err_set(err, ERR_NOT_FOUND, "%.*s has no version %" PRIu64, STR_ARG(id), version);
	object = mem_alloc(sizeof(*object));
	object->fd = -1;
	object->version = (uint32_t)version;
	object->content_path = mem_alloc(sizeof(*object->content_path));
	(void)snprintf(object->shown, sizeof(object->shown), "%s", folder);
	object->fd = os_open(dir, object->shown, O_RDONLY | O_DIRECTORY, 0, err);
	if (object->fd < 0)
		goto fail;
	/* By the root and not by object->fd, so that messages can name it; a rebuilt object in between shows in the digest. */
	memcpy(path, object->shown, sizeof(object->shown));
	n = strlen(path);
	(void)snprintf(path + n, sizeof(path) - n, "/v%u/" OCFL_INVENTORY, (unsigned)version);
	if (inventory_read(&object->inventory, dir, path, id, version, inventory, err) != 0)
		goto fail;
	*out = object;
	return 0;
fail:
	object_free(object);
	return -1;
}

int object_open(struct object_version **out, struct store *store, struct str id, uint64_t version, const struct digest *inventory,
	struct err *err)
{
	char path[OBJECT_PATH_MAX];

	*out = NULL;
	if (object_path(id, path, err) != 0)
		return -1;
	return object_open_at(out, store->fd, path, id, version, inventory, err);
}

void object_free(struct object_version *object)
{
	if (object == NULL)
		return;
	os_close(object->fd);
	inventory_free(object->inventory);
	buf_release(object->content_path);
	free(object->content_path);
	free(object);
}

/* ---- files ------------------------------------------------------------------------------------------------------------------------ */

const struct inventory *object_inventory(const struct object_version *object)
{
	return object->inventory;
}

size_t object_count(const struct object_version *object)
{
	return inventory_state_count(object->inventory, object->version);
}

void object_file(const struct object_version *object, size_t i, struct object_file *file)
{
	struct inventory_file found;

	inventory_state(object->inventory, object->version, i, &found);
	file->path = found.path;
	inventory_digest(object->inventory, found.manifest, &file->digest);
	/* The parser took no digest without content. */
	(void)inventory_content(object->inventory, found.manifest, 0, object->content_path);
	file->content_path = buf_view(object->content_path);
}

bool object_find(const struct object_version *object, struct str path, size_t *i)
{
	return inventory_find(object->inventory, object->version, path, i);
}

int object_fd(const struct object_version *object)
{
	return object->fd;
}

int object_open_file(const struct object_version *object, size_t i, int *fd, uint64_t *size, struct err *err)
{
	struct object_file file;
	struct stat stat;

	object_file(object, i, &file);
	*fd = os_open(object->fd, file.content_path.p, O_RDONLY | O_NONBLOCK, 0, err);
	if (*fd < 0)
		return err_note(err, "records/%s", object->shown);
	if (os_stat_fd(*fd, file.content_path.p, &stat, err) != 0) {
		err_note(err, "records/%s", object->shown);
	} else if (!S_ISREG(stat.st_mode)) {
		err_set(err, ERR_SYNTAX, "records/%s/%s is not a regular file", object->shown, file.content_path.p);
	} else {
		*size = (uint64_t)stat.st_size;
		return 0;
	}
	os_close(*fd);
	*fd = -1;
	return -1;
}

int object_read_checked(const struct object_version *object, size_t i,
	int (*sink)(void *context, const void *, size_t, struct err *), void *context, struct err *err)
{
	struct object_file file;
	struct digest found;
	struct hasher *hasher;
	unsigned char *bytes;
	uint64_t size;
	ssize_t got;
	int fd, result = -1;

	if (object_open_file(object, i, &fd, &size, err) != 0)
		return -1;
	object_file(object, i, &file);
	hasher = hasher_new(file.digest.alg);
	hasher_begin(hasher);
	bytes = mem_grow(NULL, 1, READ_PIECE);
	while ((got = os_read(fd, bytes, READ_PIECE, file.content_path.p, err)) > 0) {
		hasher_add(hasher, bytes, (size_t)got);
		if (os_check_interrupted(err) != 0 || sink(context, bytes, (size_t)got, err) != 0)
			break;
	}
	if (got != 0)
		goto out;
	hasher_end(hasher, &found);
	/* The sink may have looked at another file meanwhile. */
	object_file(object, i, &file);
	if (digest_equal(&found, &file.digest))
		result = 0;
	else
		err_set(err, ERR_MISMATCH,
			"records/%s/%s is altered: it does not have the digest that its inventory says; run audit", object->shown,
			file.content_path.p);
out:
	free(bytes);
	hasher_free(hasher);
	os_close(fd);
	return result;
}

/* ---- small files ---------------------------------------------------------------------------------------------------------------------- */

struct limited {
	struct buf *out;
	size_t start, max;
	const char *shown;
};

static int take(void *context, const void *bytes, size_t n, struct err *err)
{
	struct limited *limited = context;

	if (n > limited->max - (limited->out->n - limited->start))
		return err_set(err, ERR_LIMIT, "%s: larger than the %zu bytes allowed", limited->shown, limited->max);
	buf_add(limited->out, bytes, n);
	return buf_check(limited->out, limited->shown, err);
}

int object_read_file(const struct object_version *object, struct str path, size_t max, struct buf *out, struct err *err)
{
	struct limited limited = {.out = out, .start = out->n, .max = max};
	char shown[OBJECT_PATH_MAX + 420];
	size_t i;

	(void)snprintf(shown, sizeof(shown), "records/%s: %.*s", object->shown, STR_ARG(path));
	limited.shown = shown;
	if (!object_find(object, path, &i))
		return err_set(err, ERR_NOT_FOUND, "version %u has no file %.*s", object->version, STR_ARG(path));
	if (object_read_checked(object, i, take, &limited, err) == 0)
		return 0;
	if (out->p != NULL) {
		out->n = limited.start;
		out->p[out->n] = '\0';
	}
	return -1;
}
