/* Two checkpoints of one log that cannot both be true: kept as evidence that stands alone (P3; docs/format/evidence.md). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contradiction.h"

#define FOLDER "evidence"
#define KEPT_MAX 64u /* files; whoever has the key can sign any number of histories, and one of them convicts it */
#define TILE_SECONDS 30u

/* ---- the tree of somebody else ------------------------------------------------------------------------------------------------- */

static int fetch_tile(struct remote_tiles *remote, const struct tile *tile, struct buf *out, unsigned *status, struct err *err)
{
	struct http_fetch fetch = {.max = (uint64_t)TILE_WIDTH * SHA256_SIZE, .seconds = TILE_SECONDS};
	char path[TILE_PATH_MAX + 1] = "/";
	struct buf url = BUF_INIT;
	int result;

	(void)tile_path(path + 1, tile);
	buf_str(&url, remote->url);
	buf_text(&url, path);
	fetch.url = url.p;
	result = http_fetch(remote->client, &fetch, err);
	*status = fetch.status;
	if (result == 0)
		buf_str(out, buf_view(&fetch.answer));
	buf_release(&fetch.answer);
	buf_release(&url);
	return result;
}

int remote_tile_read(void *context, const struct tile *tile, struct hash hashes[TILE_WIDTH], struct err *err)
{
	struct remote_tiles *remote = context;
	struct tile full = {.level = tile->level, .index = tile->index, .width = TILE_WIDTH};
	size_t wanted = (size_t)tile->width * SHA256_SIZE;
	struct buf bytes = BUF_INIT;
	unsigned status = 0;
	int result = fetch_tile(remote, tile, &bytes, &status, err);

	/* A partial tile may be gone once its full one stands (tlog-tiles). */
	if (result == 0 && status == 404 && tile->width < TILE_WIDTH) {
		buf_clear(&bytes);
		result = fetch_tile(remote, &full, &bytes, &status, err);
	}
	if (result == 0 && (status != 200 || bytes.n < wanted))
		result = err_set(
			err, ERR_NOT_FOUND, "%.*s does not give the tiles of its log (status %u)", STR_ARG(remote->url), status);
	if (result == 0)
		memcpy(hashes, bytes.p, wanted);
	buf_release(&bytes);
	return result;
}

/* ---- keeping ----------------------------------------------------------------------------------------------------------------------- */

static int count_kept(int folder, size_t *count, struct err *err)
{
	struct os_dir *names = NULL;
	struct os_name name;
	int got;

	*count = 0;
	if (os_dir_open(&names, folder, ".", err) != 0)
		return -1;
	while ((got = os_dir_next(names, &name, err)) == 1)
		*count += name.type == DT_REG;
	os_dir_close(names);
	return got;
}

static int keep(struct archive *archive, const struct buf *file, const struct evidence *evidence, struct holder_contradiction *out,
	struct err *err)
{
	struct buf name = BUF_INIT;
	struct hash hash;
	size_t count;
	int there, folder = holder_folder(archive, FOLDER, err), result = -1;

	if (folder < 0)
		return -1;
	/* The same two checkpoints give the same name: who is shown them every day keeps one file. */
	sha256(file->p, file->n, &hash);
	buf_printf(&name, "%" PRIu64 "-%" PRIu64 "-", evidence->smaller.checkpoint.size, evidence->larger.checkpoint.size);
	buf_hex(&name, hash.b, 8);
	buf_text(&name, ".evidence");
	there = os_exists(folder, name.p, err);
	if (there < 0 || count_kept(folder, &count, err) != 0)
		goto out;
	if (there == 0 && count >= KEPT_MAX) {
		result = 0;
		goto out;
	}
	if (there == 0 &&
		(os_replace(folder, name.p, buf_view(file), 0644, err) != 0 || os_fsync_dir(archive_fd(archive), ".", err) != 0))
		goto out;
	(void)snprintf(out->path, sizeof(out->path), FOLDER "/%s", name.p);
	result = 0;
out:
	os_close(folder);
	buf_release(&name);
	return result;
}

int contradiction_keep(struct archive *archive, struct str one, struct str other, const struct tile_reader *larger,
	struct holder_contradiction *out, struct err *err)
{
	struct buf file = BUF_INIT;
	struct evidence evidence;
	size_t count;
	const struct vkey *keys = archive_log_keys(archive, &count);
	int result = -1;

	*out = (struct holder_contradiction){.word = EVIDENCE_CONSISTENT};
	if (larger == NULL || evidence_make(&file, one, other, keys, count, larger, &out->word, NULL) != 0) {
		buf_clear(&file);
		if (evidence_make(&file, one, other, keys, count, NULL, &out->word, err) != 0)
			goto out;
	}
	if (file.n == 0) {
		result = 0;
	} else if (evidence_parse(&evidence, buf_view(&file), err) == 0) {
		result = keep(archive, &file, &evidence, out, err);
		evidence_release(&evidence);
	}
out:
	buf_release(&file);
	return result;
}

int contradiction_tell(
	struct archive *archive, const struct holder_contradiction *found, struct str who, uint64_t size, struct err *err)
{
	struct buf named = BUF_INIT;

	if (found->path[0] == '\0')
		buf_printf(&named, "it is not kept, for " FOLDER "/ has %u files already", KEPT_MAX);
	else
		buf_printf(&named, "show it to others with: photostat verify --evidence %s/%s", archive_path(archive), found->path);
	if (found->word == EVIDENCE_PROVEN)
		err_set(err, ERR_MISMATCH,
			"%.*s shows another history, of %" PRIu64
			" entries, than the log here; the log's key signed both, which is proven: %s",
			STR_ARG(who), size, named.p);
	else
		err_set(err, ERR_SYNTAX,
			"suspicion, not proof: %.*s shows a checkpoint of %" PRIu64
			" entries, signed by the log's key, that they do not lead to, and the hashes that would prove it could not "
			"be had; %s",
			STR_ARG(who), size, named.p);
	buf_release(&named);
	return -1;
}
