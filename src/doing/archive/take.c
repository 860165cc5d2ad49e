/* Taking over what another keeper has: how a holder's copy grows. The log first, then what its entries name.
 *
 * T1  Entries are published only under a checkpoint that the log's key signed and whose root is the one recomputed from them, appended to
 *     what was there: a log of another history is refused, and nothing of it stays.
 * T2  A version is staged whole and checked against the log before any rename; a batch of them is synced before the first one.
 * T3  `held` moves on only after the renames are synced. Behind a crash the same versions are asked for again, and what stands is known by
 *     its inventory: every step may be done twice.
 * T5  Before the first rename the batch's intent stands, durable, below staging/take: whoever opens the copy after a crash finishes what it names,
 *     and until then audit knows which records are between two states.
 * T6  A change of the log's key is believed for the signatures of the key before, its own and the recovery key's alone. archive.conf has the new
 *     key before the checkpoint that it signed: until that stands too, the copy opens by a former key, which nothing but a copy may.
 * T7  An empty file staging/take.log stands, durable, from before the first tile that is written until the checkpoint that covers it is, or until such
 *     tiles are gone: what lies beyond the checkpoint meanwhile is neither damage nor anybody's, and whoever opens the copy next takes it away.
 * T8  Of two entries for one version of a record the first stands, and audit tells of the second: a keeper who logs such a thing makes nobody's copy
 *     stop.
 * T9  A version is published behind the one before it: if that one is not here it waits, and is missing as well.
 * T10 What such an exchange puts here proves what the entries committed to, and lacks only what the record's expunge entries withhold (take_prove.c). What is said of it
 *     is what was said of it here, as an expunge rewrites that (take_forget.c).
 * T11 The intent says as well what is to be written into the journal, and whether something comes that the catalogue has passed by; then there is one even
 *     where nothing is renamed. Both are done after `held` is durable and before the intent goes, whoever finishes it (N1 in passed.c).
 * T4  Nothing that is held goes but by an exchange that an expunge entry asks for. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "take.h"

#define TAKE_RECORDS_MAX 5000u
#define TAKE_BYTES_MAX ((uint64_t)2 << 30)

int take_open(struct take **out, struct archive *archive, struct err *err)
{
	struct take *take;

	*out = NULL;
	if (archive->lock < 0)
		return err_set(err, ERR_USAGE, "%s was opened to read", archive->path);
	take = mem_alloc(sizeof(*take));
	take->archive = archive;
	take->staging = -1;
	*out = take;
	return 0;
}

/* ---- the log -------------------------------------------------------------------------------------------------------------------------- */

static void log_end(struct take *take)
{
	log_writer_free(take->writer);
	os_batch_free(take->log_batch);
	take_keys_end(take);
	take->writer = NULL;
	take->log_batch = NULL;
}

static int mark(struct archive *archive, struct err *err)
{
	struct err why = ERR_INIT;

	if (os_write_new(archive->staging, TAKE_LOG, STR(""), 0600, &why) != 0 && why.code != ERR_EXISTS)
		return err_set(err, why.code, "%s", why.text);
	return os_fsync_dir(archive->staging, ".", err);
}

int take_log_entry(struct take *take, struct str entry, struct err *err)
{
	struct log *log = take->archive->log;

	if (take->writer == NULL && (mark(take->archive, err) != 0 || os_batch_open(&take->log_batch, log_fd(log), err) != 0 ||
					    log_writer_open(&take->writer, log, err) != 0)) {
		log_end(take);
		return -1;
	}
	if (take_keys_entry(take, entry, err) != 0 || log_append(take->writer, entry, NULL, err) != 0)
		return -1;
	take->appended++;
	return 0;
}

static int root_at(void *context, uint64_t size, struct hash *root, struct err *err)
{
	struct take *take = context;

	return log_writer_root(take->writer, size, root, err);
}

int take_log_checkpoint(struct take *take, struct str note, struct err *err)
{
	struct archive *archive = take->archive;
	struct checkpoint checkpoint;
	struct note parsed;
	struct head head;
	struct hash root;
	uint64_t size;
	int result = -1;

	if (take->writer == NULL && (os_batch_open(&take->log_batch, log_fd(archive->log), err) != 0 ||
					    log_writer_open(&take->writer, archive->log, err) != 0))
		goto out;
	if (note_parse(&parsed, note, err) != 0 || checkpoint_parse(&checkpoint, parsed.text, err) != 0)
		goto out;
	if (log_write_edge(take->writer, take->log_batch, err) != 0 || os_batch_sync(take->log_batch, err) != 0 ||
		log_writer_verify(take->writer, &size, &root, err) != 0)
		goto out;
	if (size != checkpoint.size || !hash_equal(&root, &checkpoint.root)) {
		err_set(err, ERR_MISMATCH,
			"the log's entries do not give the root that it signed at size %" PRIu64
			": its history is another one than what is held here",
			checkpoint.size);
		goto out;
	}
	if (behind_fits(archive, size, root_at, take, err) != 0 || /* C3 */
		take_keys_settle(take, &parsed, err) != 0 ||       /* T6 */
		head_read(archive->keys, archive_origin(archive), &head, err) != 0)
		goto out;
	/* A keeper's that is behind may have signed more than came now. */
	if (size > head.size)
		head_advance(&head, size, &root);
	if (log_publish(take->writer, note, err) != 0 || head_write(archive->keys, archive_origin(archive), &head, err) != 0)
		goto out;
	(void)log_collect(take->writer, NULL);
	result = os_unlink(archive->staging, TAKE_LOG, err);
out:
	log_end(take);
	take->refused = result != 0;
	return result;
}

int take_log_tidy(struct archive *archive, struct err *err)
{
	struct log_writer *writer;
	int result;

	if (log_writer_open(&writer, archive->log, err) != 0)
		return -1;
	result = log_tidy(writer, err);
	log_writer_free(writer);
	return result == 0 ? os_unlink(archive->staging, TAKE_LOG, err) : -1;
}

void take_log_abandon(struct take *take)
{
	if (take->writer == NULL && !take->refused)
		return;
	log_end(take);
	take->refused = false;
	/* Tiles of a history that was refused would be nothing worse than rubbish; but they do not belong here. */
	(void)take_log_tidy(take->archive, NULL);
}

/* ---- content --------------------------------------------------------------------------------------------------------------------------- */

int take_stage(struct take *take, struct err *err)
{
	struct archive *archive = take->archive;

	if (take->batch != NULL)
		return 0;
	if (os_batch_open(&take->batch, archive->dir, err) != 0)
		return -1;
	os_close(take->staging);
	take->staging = -1;
	if (os_remove_tree(archive->staging, TAKE_NAME, err) != 0 || os_mkdir(archive->staging, TAKE_NAME, err) != 0)
		return -1;
	take->staging = os_open(archive->staging, TAKE_NAME, O_RDONLY | O_DIRECTORY, 0, err);
	return take->staging < 0 ? -1 : 0;
}

/* Whether the object's root copy is this inventory; one that is older was left by a crash between the renames. */
static bool root_is(struct archive *archive, struct str id, struct str json)
{
	char path[STORE_PATH_MAX];
	struct buf text = BUF_INIT;
	bool same = false;
	size_t n;

	if (store_object_path(id, path, NULL) != 0)
		return false;
	n = strlen(path);
	(void)snprintf(path + n, sizeof(path) - n, "/" OCFL_INVENTORY);
	if (os_read_file(store_fd(archive->store), path, json.n, &text, NULL) == 0)
		same = str_equal(buf_view(&text), json);
	buf_release(&text);
	return same;
}

int take_has_version(struct archive *archive, struct str id, uint64_t version, struct err *err)
{
	char path[STORE_PATH_MAX];
	size_t n;

	if (store_object_path(id, path, err) != 0)
		return -1;
	n = strlen(path);
	(void)snprintf(path + n, sizeof(path) - n, "/v%" PRIu64, version);
	return os_exists(store_fd(archive->store), path, err);
}

static void push(struct take *take)
{
	if (take->count == take->capacity) {
		take->capacity = take->capacity == 0 ? 64 : take->capacity * 2;
		take->taken = mem_grow(take->taken, take->capacity, sizeof(*take->taken));
	}
	take->taken[take->count++] = take->present;
}

bool take_has(struct take *take, struct str id, uint64_t version, const struct digest *inventory)
{
	struct object_version *object = NULL;
	bool stands = object_open(&object, take->archive->store, id, version, inventory, NULL) == 0;

	object_free(object);
	return stands;
}

int take_begin(struct take *take, uint64_t index, struct str id, uint64_t version, const struct digest *inventory, struct str json,
	struct intake **intake, struct err *err)
{
	struct object_version *object = NULL;

	*intake = NULL;
	if (take_stage(take, err) != 0)
		return -1;
	take->present = (struct taken){.kind = version == 1 ? ITEM_OBJECT : ITEM_VERSION,
		.id = arena_str(&take->arena, id),
		.version = version,
		.inventory = *inventory,
		.index = index};
	(void)snprintf(take->present.staged, sizeof(take->present.staged), "%06u", take->next_name++);
	if (object_open(&object, take->archive->store, id, version, inventory, NULL) == 0) {
		object_free(object);
		if (version == 1 || take_has_version(take->archive, id, version + 1, NULL) == 1 || root_is(take->archive, id, json))
			return 0;
		/* Only the root copies are behind: a staged version that has its own folder already. */
	}
	return intake_begin(intake, take->archive->store, take->staging, take->present.staged, id, version, inventory, json, err);
}

int take_end(struct take *take, struct intake *intake, struct str json, struct err *err)
{
	if (intake_end(intake, json, true, err) != 0 || intake_wrote(intake, take->batch, err) != 0)
		return -1;
	if (take->count % 1000 == 999)
		os_batch_soon(take->batch);
	push(take);
	return 0;
}

int take_rebuild_begin(struct take *take, uint64_t index, struct str id, uint64_t versions, const struct digest *newest,
	bool damaged, struct err *err)
{
	if (take_stage(take, err) != 0)
		return -1;
	take->present = (struct taken){.kind = ITEM_EXCHANGE,
		.id = arena_str(&take->arena, id),
		.version = versions,
		.inventory = *newest,
		.index = index,
		.damaged = damaged};
	(void)snprintf(take->present.staged, sizeof(take->present.staged), "%06u", take->next_name++);
	return 0;
}

int take_rebuild_version(struct take *take, uint64_t version, const struct digest *inventory, struct str json,
	struct intake **intake, struct err *err)
{
	return intake_begin(
		intake, take->archive->store, take->staging, take->present.staged, take->present.id, version, inventory, json, err);
}

int take_rebuild_version_end(struct take *take, struct intake *intake, struct str json, uint64_t version, struct err *err)
{
	return intake_end(intake, json, version == take->present.version, err) != 0 ? -1 : intake_wrote(intake, take->batch, err);
}

int take_rebuild_notes(struct take *take, int object, struct err *err)
{
	struct os_dir *names = NULL;
	struct os_name name;
	struct err absent = ERR_INIT;
	char to[128];
	int got = 0;

	if (os_dir_open(&names, object, "logs", &absent) != 0)
		return absent.code == ERR_NOT_FOUND ? 0 : err_set(err, absent.code, "%s", absent.text);
	(void)snprintf(to, sizeof(to), "%s/logs", take->present.staged);
	if (os_mkdir(take->staging, to, err) != 0)
		got = -1;
	while (got >= 0 && (got = os_dir_next(names, &name, err)) == 1) {
		char path[512], from[300];

		(void)snprintf(from, sizeof(from), "logs/%s", name.name);
		(void)snprintf(path, sizeof(path), "%s/%s", to, name.name);
		if (name.type == DT_REG && os_link(object, from, take->staging, path, err) != 0)
			got = -1;
	}
	os_dir_close(names);
	return got < 0 ? -1 : 0;
}

void take_rebuild_end(struct take *take)
{
	push(take);
}

void take_bytes(struct take *take, uint64_t bytes)
{
	take->bytes += bytes;
}

void take_expunged(struct take *take, uint64_t index, struct str id)
{
	char time[TIME_TEXT];

	time_format(os_now(), time);
	buf_printf(&take->told, "%s expunged as entry %" PRIu64 " says ", time, index);
	buf_str(&take->told, id);
	buf_char(&take->told, '\n');
}

uint64_t take_forget(struct take *take, uint64_t from)
{
	uint64_t versions = 0;
	size_t kept = 0;

	for (size_t i = 0; i < take->count; i++)
		if (take->taken[i].index < from)
			take->taken[kept++] = take->taken[i];
		else
			versions += take->taken[i].kind != ITEM_EXCHANGE;
	take->count = kept;
	return versions;
}

bool take_stands(const struct take *take)
{
	return take->stands;
}

bool take_full(const struct take *take)
{
	return take->count >= TAKE_RECORDS_MAX || take->bytes >= TAKE_BYTES_MAX;
}

void take_without(struct take *take, uint64_t index, enum without_why why)
{
	holdings_add(&take->archive->holdings, index, why);
	undecided_forget(take->archive);
}

void take_found(struct take *take, uint64_t index)
{
	if (holdings_remove(&take->archive->holdings, index) && index < take->archive->holdings.complete)
		take->late = true;
	undecided_forget(take->archive);
}

void take_close(struct take *take)
{
	if (take == NULL)
		return;
	log_end(take);
	os_batch_free(take->batch);
	os_close(take->staging);
	/* While an intent stands, what it names is needed: the next opening finishes it (T5). */
	if (take->archive->staging >= 0 && !take->stands)
		(void)os_remove_tree(take->archive->staging, TAKE_NAME, NULL);
	arena_release(&take->arena);
	buf_release(&take->told);
	free(take->taken);
	free(take);
}
