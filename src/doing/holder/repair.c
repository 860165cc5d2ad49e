/* Repair: damaged records built anew from what is still good here and what others have. Only the logged digests decide (P5); a majority never does.
 *
 * R1  A record is replaced only by one that is whole: every inventory has the digest that the log names, every file the inventory's.
 *     The catalogue has no word in that: which inventory a version must have by now is read from the log.
 * R2  What was damaged is kept below damaged/, and what was done is written into the file `journal`.
 * R3  Records that cannot be mended now stay as they are, and are told. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync.h"

#define PIECE ((size_t)1 << 18)

/* Ids that audit names, one a line; findings of one record come together. */
static void note_finding(void *context, const struct finding *finding)
{
	struct buf *ids = context;
	size_t n = finding->id.n + 1;

	/* What is derived is no damage of a record: whoever reads next, or photostat index, makes it anew. */
	if (finding->word == FINDING_EXPUNGED || finding->id.n == 0 || str_starts(finding->path, STR("derived/")))
		return;
	if (ids->n >= n && memcmp(ids->p + ids->n - n, finding->id.p, finding->id.n) == 0 &&
		(ids->n == n || ids->p[ids->n - n - 1] == '\n'))
		return;
	buf_str(ids, finding->id);
	buf_char(ids, '\n');
}

/* ---- one record -------------------------------------------------------------------------------------------------------------------------- */

/* Whether the file below the object still has its bytes. */
static bool is_good(int object, const char *path, const struct digest *expected)
{
	struct hasher *hasher = hasher_new(expected->alg);
	char *bytes = mem_grow(NULL, 1, PIECE);
	struct digest found = {.alg = DIGEST_NONE};
	ssize_t got = -1;
	int fd = os_open(object, path, O_RDONLY | O_NONBLOCK, 0, NULL);

	hasher_begin(hasher);
	while (fd >= 0 && (got = os_read(fd, bytes, PIECE, path, NULL)) > 0)
		hasher_add(hasher, bytes, (size_t)got);
	hasher_end(hasher, &found);
	hasher_free(hasher);
	free(bytes);
	os_close(fd);
	return got == 0 && digest_equal(&found, expected);
}

static int mend_file(struct syncing *sync, uint64_t index, struct intake *intake, struct str path, const struct digest *expected,
	int object, int folder, struct err *err)
{
	struct buf name = BUF_INIT;
	int result;

	buf_str(&name, path);
	if (object >= 0 && is_good(object, name.p, expected))
		result = intake_link(intake, path, object, name.p, err);
	else
		result = sync_fetch_file(sync, index, intake, path, expected, folder, err);
	buf_release(&name);
	return result;
}

static int mend_files(struct syncing *sync, uint64_t index, struct intake *intake, int object, struct err *err)
{
	const struct inventory *inventory = intake_inventory(intake);
	struct buf content = BUF_INIT;
	char prefix[48];
	int folder = holder_folder(sync->archive, INCOMING, err), result = folder < 0 ? -1 : 0;

	(void)snprintf(prefix, sizeof(prefix), "v%u/content/", inventory_head(inventory));
	for (uint32_t i = 0; result == 0 && i < inventory_manifest_count(inventory); i++) {
		struct digest expected;

		inventory_digest(inventory, i, &expected);
		for (size_t which = 0; result == 0 && inventory_content(inventory, i, which, &content); which++)
			if (str_starts(buf_view(&content), str_from(prefix)))
				result = mend_file(sync, index, intake, buf_view(&content), &expected, object, folder, err);
	}
	os_close(folder);
	buf_release(&content);
	return result;
}

/* The inventory of a version: the one that is here, or a source's. */
static int get_inventory(struct syncing *sync, const struct archive_version *version, int object, struct buf *json, struct err *err)
{
	char path[48];

	(void)snprintf(path, sizeof(path), "v%" PRIu64 "/" OCFL_INVENTORY, version->version);
	buf_clear(json);
	if (object >= 0 && is_good(object, path, &version->inventory) &&
		os_read_file(object, path, STREAM_INVENTORY_MAX, json, NULL) == 0)
		return 0;
	return sync_inventory(sync, version->index, version->version, json, err);
}

/* A version as the log has it. */
static int logged(struct syncing *sync, struct str id, uint64_t number, struct archive_version *version, struct err *err)
{
	if (archive_version(sync->archive, id, number, version, err) != 0 || sync_read_entry(sync, version->index, err) != 0)
		return -1;
	version->inventory = sync_inventory_now(sync, version->index, &sync->entry.inventory);
	return 0;
}

static int mend_version(struct syncing *sync, struct str id, uint64_t number, int object, struct err *err)
{
	struct archive_version version;
	struct intake *intake = NULL;
	int result = -1;

	if (logged(sync, id, number, &version, err) != 0 || get_inventory(sync, &version, object, &sync->json, err) != 0 ||
		take_rebuild_version(sync->take, number, &version.inventory, buf_view(&sync->json), &intake, err) != 0)
		goto out;
	if (mend_files(sync, version.index, intake, object, err) == 0)
		result = take_rebuild_version_end(sync->take, intake, buf_view(&sync->json), number, err);
out:
	intake_free(intake);
	return result;
}

static int mend_record(struct syncing *sync, struct str id, struct err *err)
{
	struct archive_version newest;
	char path[STORE_PATH_MAX];
	int object, result = -1;

	if (logged(sync, id, 0, &newest, err) != 0 || store_object_path(id, path, err) != 0)
		return -1;
	object = os_open(store_fd(archive_store(sync->archive)), path, O_RDONLY | O_DIRECTORY, 0, NULL);
	if (take_rebuild_begin(sync->take, newest.index, id, newest.version, &newest.inventory, true, err) != 0)
		goto out;
	for (uint64_t i = 1; i <= newest.version; i++)
		if (os_check_interrupted(err) != 0 || mend_version(sync, id, i, object, err) != 0)
			goto out;
	if (object >= 0 && take_rebuild_notes(sync->take, object, err) != 0)
		goto out;
	take_rebuild_end(sync->take);
	result = take_commit(sync->take, 0, err);
out:
	os_close(object);
	return result;
}

/* ---- all ---------------------------------------------------------------------------------------------------------------------------------- */

static void write_journal(struct syncing *sync, struct str id)
{
	struct buf text = BUF_INIT;
	char time[TIME_TEXT];

	time_format(os_now(), time);
	buf_printf(&text, "%s repaired ", time);
	buf_str(&text, id);
	buf_text(&text, " from ");
	buf_str(&text, sync->source);
	buf_char(&text, '\n');
	(void)archive_journal(archive_fd(sync->archive), buf_view(&text), NULL);
	buf_release(&text);
}

/* Each source in turn: what one has damaged as well, another may have. */
static int mend_from_any(struct syncing *sync, const struct holder_repair *options, struct str id, struct err *err)
{
	struct err why = ERR_INIT;

	for (size_t i = 0; i < options->url_count; i++) {
		sync->source = options->urls[i];
		while (sync->source.n > 0 && sync->source.p[sync->source.n - 1] == '/')
			sync->source.n--;
		why = (struct err)ERR_INIT;
		if (mend_record(sync, id, &why) == 0)
			return 0;
		if (why.code == ERR_INTERRUPTED)
			break;
	}
	if (err != NULL)
		*err = why;
	return -1;
}

int holder_repair(struct archive *archive, const struct holder_repair *options, struct holder_repaired *done, struct err *err)
{
	struct buf ids = BUF_INIT;
	struct audit_options audit = {.ids = options->ids, .id_count = options->id_count, .report = note_finding, .context = &ids};
	struct holder_synced synced;
	const struct holder_sync none = {.urls = NULL};
	const struct http_client_options patience = {.least = SYNC_LEAST};
	struct syncing sync = {.archive = archive, .options = &none, .done = &synced};
	struct audit_summary summary;
	struct str rest, id;
	int result = -1;

	memset(done, 0, sizeof(*done));
	memset(&synced, 0, sizeof(synced));
	sync.json.max = STREAM_INVENTORY_MAX;
	if (options->url_count == 0)
		return err_set(err, ERR_USAGE, "nobody to ask is named");
	for (size_t i = 0; i < options->url_count; i++)
		if (http_url_check(options->urls[i], err) != 0)
			return -1;
	if (archive_audit(archive, &audit, &summary, err) != 0 || signer_open(&sync.signer, archive, options->key, err) != 0 ||
		signer_client(&sync.client, sync.signer, &patience, err) != 0 || take_open(&sync.take, archive, err) != 0)
		goto out;
	done->findings = summary.findings;
	if (ids.n > 0 && sync_gather_followed(&sync, err) != 0)
		goto out;
	rest = buf_view(&ids);
	while (str_take_line(&rest, &id)) {
		struct err why = ERR_INIT;
		bool mended = mend_from_any(&sync, options, id, &why) == 0;

		if (mended) {
			done->records++;
			write_journal(&sync, id);
		} else if (why.code == ERR_INTERRUPTED) {
			if (err != NULL)
				*err = why;
			goto out;
		} else {
			done->failed++;
		}
		if (options->report != NULL)
			options->report(options->context, id, mended, mended ? NULL : why.text);
	}
	result = 0;
out:
	take_close(sync.take);
	free(sync.rewritten);
	http_client_close(sync.client);
	signer_free(sync.signer);
	arena_release(&sync.arena);
	buf_release(&sync.text);
	buf_release(&sync.json);
	buf_release(&ids);
	return result;
}
