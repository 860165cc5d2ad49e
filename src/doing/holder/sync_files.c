/* Files by themselves: long ones, which go on where they broke off, and what an expunge has rewritten. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync.h"

struct receiving {
	struct syncing *sync;
	struct growing *growing;
};

static int receive(void *context, struct str piece, struct err *err)
{
	struct receiving *receiving = context;

	receiving->sync->done->received += piece.n;
	sync_tell(receiving->sync);
	return growing_add(receiving->growing, piece, err);
}

static int hash_there(int fd, struct hasher *hasher, uint64_t *size, struct err *err)
{
	char *bytes = mem_grow(NULL, 1, 1u << 18);
	ssize_t got;

	while ((got = os_read(fd, bytes, 1u << 18, INCOMING, err)) > 0) {
		hasher_add(hasher, bytes, (size_t)got);
		*size += (uint64_t)got;
	}
	free(bytes);
	return got < 0 ? -1 : 0;
}

/* One file into incoming/<digest>, going on where it broke off; at the end its digest is right. */
static int fetch_long(
	struct syncing *sync, struct str path, const struct digest *expected, const char *name, int folder, struct err *err)
{
	struct receiving receiving = {.sync = sync};
	struct http_fetch fetch = {.sink = receive, .context = &receiving};
	struct hasher *hasher = hasher_new(expected->alg);
	struct buf at = BUF_INIT;
	struct err why = ERR_INIT, broken = ERR_INIT;
	struct digest found;
	uint64_t room;
	int fd, result = -1;

	buf_str(&at, sync->source);
	http_url_path(&at, path);
	hasher_begin(hasher);
	fd = os_open(folder, name, O_RDWR | O_CREAT, 0600, err);
	if (fd < 0 || hash_there(fd, hasher, &fetch.offset, err) != 0)
		goto out;
	/* How long it is only the source says: whatever comes, some room is left. */
	if (os_room(fd, &room, INCOMING, err) != 0)
		goto out;
	fetch.max = room - room / 8;
	fetch.url = at.p;
	receiving.growing = growing_begin(fd, hasher, fetch.offset);
	result = http_fetch(sync->client, &fetch, &why);
	/* What came of one that broke off is kept: the next goes on there. What the disk says is why the network was left. */
	if (growing_end(receiving.growing, &broken) != 0) {
		why = broken;
		result = -1;
	}
	if (result != 0) {
		if (why.code == ERR_LIMIT) {
			(void)os_unlink(folder, name, NULL);
			err_set(&why, ERR_LIMIT, "%s: longer than the %" PRIu64 " bytes that there is room for here", at.p,
				fetch.max);
		}
		if (err != NULL)
			*err = why;
		goto out;
	}
	result = -1;
	if (fetch.status == 200 && fetch.offset > 0) { /* it sent all again behind what was there */
		(void)os_unlink(folder, name, NULL);
		err_set(err, ERR_MISMATCH, "%s: the source cannot go on within a file", at.p);
		goto out;
	}
	if (fetch.status != 200 && fetch.status != 206 && fetch.status != 416) {
		(void)sync_refused(&fetch, ERR_NOT_FOUND, err);
		goto out;
	}
	hasher_end(hasher, &found);
	if (!digest_equal(&found, expected)) {
		(void)os_unlink(folder, name, NULL);
		err_set(err, ERR_MISMATCH, "%s: these are not the bytes that the log names", at.p);
		goto out;
	}
	result = os_close_written(fd, name, err);
	fd = -1;
out:
	os_close(fd);
	hasher_free(hasher);
	buf_release(&fetch.answer);
	buf_release(&at);
	return result;
}

int sync_fetch(struct syncing *sync, struct str path, const struct digest *expected, int folder, struct buf *name, struct err *err)
{
	buf_hex(name, expected->bytes, digest_size(expected->alg));
	return fetch_long(sync, path, expected, name->p, folder, err);
}

int sync_fetch_file(struct syncing *sync, uint64_t index, struct intake *intake, struct str path, const struct digest *expected,
	int folder, struct err *err)
{
	struct buf name = BUF_INIT, at = BUF_INIT;
	int result = -1;

	buf_printf(&at, "/api/v1/objects/%" PRIu64 "/", index);
	buf_str(&at, path);
	if (sync_fetch(sync, buf_view(&at), expected, folder, &name, err) == 0 &&
		intake_link(intake, path, folder, name.p, err) == 0)
		result = os_unlink(folder, name.p, err);
	buf_release(&name);
	buf_release(&at);
	return result;
}

/* One content file of a version: linked from what is here with the same bytes, or fetched. */
static int take_file(struct syncing *sync, uint64_t index, struct intake *intake, struct str path, const struct digest *expected,
	const struct object_version *old, int folder, struct err *err)
{
	struct buf content = BUF_INIT;
	uint32_t manifest;
	int result;

	if (old != NULL && inventory_find_digest(object_inventory(old), expected, &manifest) &&
		inventory_content(object_inventory(old), manifest, 0, &content))
		result = intake_link(intake, path, object_fd(old), content.p, err);
	else
		result = sync_fetch_file(sync, index, intake, path, expected, folder, err);
	buf_release(&content);
	return result;
}

int sync_files(struct syncing *sync, uint64_t index, struct intake *intake, const struct object_version *old, struct err *err)
{
	const struct inventory *inventory = intake_inventory(intake);
	struct buf content = BUF_INIT;
	char prefix[48];
	int folder, result = -1;

	(void)snprintf(prefix, sizeof(prefix), "v%u/content/", inventory_head(inventory));
	folder = holder_folder(sync->archive, INCOMING, err);
	if (folder < 0)
		return -1;
	for (uint32_t i = 0; i < inventory_manifest_count(inventory); i++) {
		struct digest expected;

		inventory_digest(inventory, i, &expected);
		for (size_t which = 0; inventory_content(inventory, i, which, &content); which++)
			if (str_starts(buf_view(&content), str_from(prefix)) &&
				take_file(sync, index, intake, buf_view(&content), &expected, old, folder, err) != 0)
				goto out;
	}
	result = 0;
out:
	os_close(folder);
	buf_release(&content);
	return result;
}

int sync_inventory(struct syncing *sync, uint64_t index, uint64_t version, struct buf *json, struct err *err)
{
	struct http_fetch fetch = {.max = STREAM_INVENTORY_MAX};
	char path[96];
	char *at;
	int result;

	(void)snprintf(path, sizeof(path), "/api/v1/objects/%" PRIu64 "/v%" PRIu64 "/" OCFL_INVENTORY, index, version);
	at = sync_url(sync, path);
	fetch.url = at;
	result = http_fetch(sync->client, &fetch, err);
	if (result == 0 && fetch.status != 200)
		result = err_set(err, ERR_NOT_FOUND, "%s: status %u", at, fetch.status);
	if (result == 0)
		buf_str(json, buf_view(&fetch.answer));
	buf_release(&fetch.answer);
	free(at);
	return result;
}

/* A version with long files, by itself. */
static int fetch_alone(struct syncing *sync, uint64_t index, struct err *err)
{
	struct intake *intake = NULL;
	struct digest inventory;
	int result = -1;

	if (sync_read_entry(sync, index, err) != 0)
		return -1;
	inventory = sync_inventory_wanted(sync, index);
	buf_clear(&sync->json);
	if (sync_inventory(sync, index, sync->entry.version, &sync->json, err) != 0 ||
		take_begin(sync->take, index, sync->entry.record, sync->entry.version, &inventory, buf_view(&sync->json), &intake,
			err) != 0)
		goto out;
	if (intake != NULL &&
		(sync_files(sync, index, intake, NULL, err) != 0 || take_end(sync->take, intake, buf_view(&sync->json), err) != 0))
		goto out;
	take_found(sync->take, index);
	sync->done->versions++;
	result = 0;
out:
	intake_free(intake);
	return result != 0 ? sync_give_up(sync, index, err) : 0;
}

int sync_later(struct syncing *sync, struct err *err)
{
	int result = 0;

	for (size_t i = 0; i < sync->later_count && result == 0; i++)
		result = os_check_interrupted(err) != 0 ? -1 : fetch_alone(sync, sync->later[i], err);
	sync->later_count = 0;
	return result;
}
