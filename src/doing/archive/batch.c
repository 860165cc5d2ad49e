/* Batches: the order of writes that promise P1 rests on.
 *
 *   staging/batch-<first index>/            objects and versions being built, one folder each
 *   staging/batch-<first index>/intent.new  what is about to be done, not yet to be believed
 *   staging/batch-<first index>/intent      the same, to be believed: recovery rolls forward
 *
 *        build ──► intent.new ──► sync ──► intent ──► renames ──► tiles ──► sync ──► head ──► checkpoint ──► collect ──► intent gone
 *   crash here: ◄── undone (folder removed) ──┤ ├── finished at the next opening ─────────────────────────────────────────┤
 *
 * B1  `intent` stands under its name only after everything that it names is durable (one sync, then rename and fsync of the folder).
 * B2  No rename into records/ and no write to log/ comes before `intent` is durable.
 * B3  While `intent` stands, the batch may be finished any number of times with the same outcome: every step looks whether it
 *     was done, tiles and bundles are written anew and never trusted.
 * B4  Nothing is signed before the tiles are durable, the root is recomputed from what is stored, and size and root are durable
 *     in the head beside the key.
 * B5  `intent` goes only after the checkpoint that covers it is durable.
 * B6  A sync that failed is never repeated: before `intent` the batch is discarded; after it, the next opening redoes the writes, the
 *     checkpoint's as well if it stands already, and before them the sync of the intent's name: what can be read may be in the cache alone.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "batch.h"

#define INTENT_NEW "intent.new"
#define INTENT_HEADER "photostat.intent/v1"
#define INTENT_SOFT ((size_t)4 << 20) /* a batch is full above this: bounded memory */
#define SOON 1000u                    /* items after which the disk may begin */
#define SEEN_SLOTS 32768u             /* a power of two above twice BATCH_RECORDS_MAX */

struct batch {
	struct archive *archive;
	int dir;
	char name[40];
	struct os_batch *os;
	struct buf intent;
	uint64_t first; /* index of the first entry */
	size_t count;
	size_t expected; /* slots of `seen` that are taken: refused ones stay */
	unsigned next_name;
	uint64_t bytes;
	uint64_t *seen; /* hashes of ids, 0 empty: a false hit only commits early */
	bool stands;    /* the intent is durable: nothing may be thrown away any more */
};

static const char *const item_names[] = {"none", "object", "version", "exchange", "note"};

/* ---- the intent's text ------------------------------------------------------------------------------------------------------ */

static void intent_begin(struct buf *out, struct archive *archive)
{
	buf_text(out, INTENT_HEADER "\n");
	checkpoint_format(out, archive_origin(archive), log_size(archive->log), log_root(archive->log));
}

static void intent_add(struct buf *out, const struct batch_item *item, struct str entry_text)
{
	buf_printf(out, "item %s ", item_names[item->kind]);
	buf_str(out, item->staged.n == 0 ? STR("-") : item->staged);
	buf_printf(out, " %" PRIu64 " ", item->version);
	if (item->inventory.alg == DIGEST_NONE)
		buf_char(out, '-');
	else
		digest_tag(out, &item->inventory);
	buf_printf(out, " %zu ", entry_text.n);
	buf_str(out, item->id.n == 0 ? STR("-") : item->id);
	buf_char(out, '\n');
	buf_str(out, entry_text);
}

static void intent_end(struct buf *intent)
{
	struct hash hash;

	sha256(intent->p, intent->n, &hash);
	buf_text(intent, "end ");
	buf_hex(intent, hash.b, sizeof(hash.b));
	buf_char(intent, '\n');
}

#define INTENT_TAIL (4 + 64 + 1)

int intent_open(struct str text, struct checkpoint *base, struct str *items, struct err *err)
{
	struct hash hash, stated;
	struct str rest, line, header;
	size_t lines = 0;

	if (text.n < INTENT_TAIL || text.p[text.n - 1] != '\n' || memcmp(text.p + text.n - INTENT_TAIL, "end ", 4) != 0 ||
		!hex_decode((struct str){text.p + text.n - 65, 64}, stated.b, sizeof(stated.b)))
		return err_set(err, ERR_SYNTAX, "the intent is cut short");
	sha256(text.p, text.n - INTENT_TAIL, &hash);
	if (!hash_equal(&hash, &stated))
		return err_set(err, ERR_MISMATCH, "the intent is damaged");
	rest = (struct str){text.p, text.n - INTENT_TAIL};
	if (!str_take_line(&rest, &line) || !str_equal(line, STR(INTENT_HEADER)))
		return err_set(err, ERR_SYNTAX, "the intent is of another version of this program");
	header = rest;
	while (lines < 3 && str_take_line(&rest, &line))
		lines++;
	header.n = (size_t)(rest.p - header.p);
	if (lines != 3 || checkpoint_parse(base, header, err) != 0)
		return err_set(err, ERR_SYNTAX, "the intent does not say where it begins");
	*items = rest;
	return 0;
}

static bool take_word(struct str *line, struct str *word)
{
	return str_take_until(line, ' ', word) && word->n > 0;
}

/* A name in the batch's own folder: recovery moves what it names, and must move nothing else. */
static bool is_staged_name(struct str name)
{
	return memchr(name.p, '/', name.n) == NULL && !str_equal(name, STR(".")) && !str_equal(name, STR(".."));
}

int intent_next(struct str *rest, struct batch_item *item, struct str *entry_text, struct err *err)
{
	struct str line, word, kind, inventory;
	uint64_t length;

	if (rest->n == 0)
		return 0;
	memset(item, 0, sizeof(*item));
	if (!str_take_line(rest, &line) || !take_word(&line, &word) || !str_equal(word, STR("item")) || !take_word(&line, &kind) ||
		!take_word(&line, &item->staged) || !take_word(&line, &word) || !decimal_parse(word, UINT64_MAX, &item->version) ||
		!take_word(&line, &inventory) || !take_word(&line, &word) || !decimal_parse(word, rest->n, &length) ||
		line.p == NULL)
		return err_set(err, ERR_SYNTAX, "the intent has a line that is not its own");
	item->id = str_equal(line, STR("-")) ? STR("") : line;
	if (!is_staged_name(item->staged))
		return err_set(err, ERR_SYNTAX, "the intent names a folder that is not its own");
	if (str_equal(item->staged, STR("-")))
		item->staged = STR("");
	for (item->kind = ITEM_NONE; item->kind <= ITEM_NOTE; item->kind++)
		if (str_equal(kind, str_from(item_names[item->kind])))
			break;
	if (item->kind > ITEM_NOTE || (!str_equal(inventory, STR("-")) && !digest_untag(inventory, &item->inventory)))
		return err_set(err, ERR_SYNTAX, "the intent has an item of an unknown kind");
	*entry_text = (struct str){rest->p, (size_t)length};
	*rest = (struct str){rest->p + length, rest->n - (size_t)length};
	return 1;
}

/* ---- the steps after the intent: repeatable (B3) ------------------------------------------------------------------------------ */

static int publish_note(
	struct archive *archive, int dir, const char *staged, struct str id, uint64_t index, struct os_batch *os, struct err *err)
{
	struct buf content = BUF_INIT;
	char name[48];
	int result = -1;

	note_file_name(name, index);
	if (os_read_file(dir, staged, 1u << 20, &content, err) != 0)
		goto out;
	result = store_put_log_file(archive->store, id, name, buf_view(&content), os, err);
out:
	buf_release(&content);
	return result;
}

int batch_publish(
	struct archive *archive, int dir, const struct batch_item *item, uint64_t index, struct os_batch *os, struct err *err)
{
	char staged[24] = "";

	if (item->staged.n >= sizeof(staged))
		return err_set(err, ERR_SYNTAX, "the intent names a folder that is not its own");
	if (item->staged.n > 0)
		memcpy(staged, item->staged.p, item->staged.n);
	switch (item->kind) {
	case ITEM_OBJECT:
		return store_publish_object(archive->store, dir, staged, item->id, os, err);
	case ITEM_VERSION:
		return store_publish_version(archive->store, dir, staged, item->id, item->version, os, err);
	case ITEM_EXCHANGE:
		return store_exchange_object(archive->store, dir, staged, item->id, &item->inventory, os, err);
	case ITEM_NOTE:
		return publish_note(archive, dir, staged, item->id, index, os, err);
	case ITEM_NONE:
		return 0;
	}
	return err_set(err, ERR_INTERNAL, "an item of no kind");
}

/* The log's key never signs less than it signed before, nor another root at the same size (tlog-checkpoint, "Signatures"). */
static int head_allows(struct archive *archive, uint64_t size, const struct hash *root, struct head *head, struct err *err)
{
	struct err missing = ERR_INIT;

	memset(head, 0, sizeof(*head));
	if (head_read(archive->keys, archive_origin(archive), head, &missing) != 0) {
		if (missing.code == ERR_NOT_FOUND && log_size(archive->log) == 0)
			return 0;
		return err_set(err, ERR_CONFLICT, "will not sign: %s", missing.text);
	}
	if (head->size < size || (head->size == size && hash_equal(&head->root, root)))
		return 0;
	return err_set(err, ERR_CONFLICT, "will not sign size %" PRIu64 ": the key has signed another log of size %" PRIu64, size,
		head->size);
}

/* `last` is the last entry that the checkpoint covers. */
static int sign_and_publish(struct archive *archive, struct log_writer *writer, uint64_t size, const struct hash *root,
	struct str last, struct err *err)
{
	unsigned char secret[ED25519_SECRET];
	struct vkey key = {.name = NULL};
	struct buf text = BUF_INIT, note = BUF_INIT;
	struct head head;
	int result = -1;

	if (head_allows(archive, size, root, &head, err) != 0 || archive_secret(archive, &key, secret, err) != 0)
		goto out;
	head_advance(&head, size, root);
	if (head_write(archive->keys, archive_origin(archive), &head, err) != 0) /* B4 */
		goto out;
	checkpoint_format(&text, archive_origin(archive), size, root);
	buf_str(&note, buf_view(&text));
	buf_char(&note, '\n');
	if (note_sign(&note, buf_view(&text), &key, secret, err) != 0 ||
		rotation_cosign(archive, last, &note, buf_view(&text), err) != 0 || buf_check(&note, "checkpoint", err) != 0)
		goto out;
	/* What stands already may have been cosigned since (L6): published again, it keeps that. */
	result = log_publish(writer,
		str_starts(log_checkpoint(archive->log), buf_view(&note)) ? log_checkpoint(archive->log) : buf_view(&note), err);
out:
	mem_wipe(secret, sizeof(secret));
	vkey_release(&key);
	buf_release(&text);
	buf_release(&note);
	return result;
}

/* From a durable intent to a durable checkpoint. */
static int finish(struct archive *archive, int dir, struct os_batch *os, struct str items, struct err *err)
{
	struct log_writer *writer = NULL;
	struct batch_item item;
	struct str rest = items, text, last = {NULL, 0};
	uint64_t index = log_size(archive->log), size;
	struct hash root;
	int got, result = -1;

	while ((got = intent_next(&rest, &item, &text, err)) == 1)
		if (batch_publish(archive, dir, &item, index++, os, err) != 0)
			goto out;
	if (got < 0 || log_writer_open(&writer, archive->log, err) != 0)
		goto out;
	rest = items;
	while ((got = intent_next(&rest, &item, &text, err)) == 1) {
		if (log_append(writer, text, &index, err) != 0)
			goto out;
		last = text;
	}
	if (got < 0 || log_write_edge(writer, os, err) != 0 || os_batch_sync(os, err) != 0 ||
		log_writer_verify(writer, &size, &root, err) != 0)
		goto out;
	if (sign_and_publish(archive, writer, size, &root, last, err) != 0)
		goto out;
	result = log_collect(writer, err);
out:
	log_writer_free(writer);
	return result;
}

/* The checkpoint stands, but whether its name reached the disk is not known: it is signed and replaced once more, the same to the byte, with the
 * cosignatures that it has. */
static int publish_again(struct archive *archive, struct err *err)
{
	struct log_writer *writer = NULL;
	struct buf last = BUF_INIT;
	struct hash root;
	uint64_t size;
	int result = -1;

	if (log_writer_open(&writer, archive->log, err) != 0 || log_writer_verify(writer, &size, &root, err) != 0 ||
		log_entry(archive->log, size - 1, &last, err) != 0 ||
		sign_and_publish(archive, writer, size, &root, buf_view(&last), err) != 0)
		goto out;
	result = log_collect(writer, err);
out:
	log_writer_free(writer);
	buf_release(&last);
	return result;
}

int batch_remove(struct archive *archive, const char *name, int dir, struct err *err)
{
	if (os_unlink(dir, INTENT, err) != 0 || os_unlink(dir, INTENT_NEW, err) != 0)
		return -1;
	if (os_rmdir(archive->staging, name, NULL) == 0)
		return 0;
	return os_remove_tree(archive->staging, name, err);
}

/* ---- building a batch ------------------------------------------------------------------------------------------------------------ */

int batch_open(struct batch **out, struct archive *archive, struct err *err)
{
	struct batch *batch = mem_alloc(sizeof(*batch));

	batch->archive = archive;
	batch->dir = -1;
	batch->first = log_size(archive->log);
	batch->intent.max = INTENT_MAX;
	batch->seen = mem_array(SEEN_SLOTS, sizeof(*batch->seen));
	(void)snprintf(batch->name, sizeof(batch->name), "batch-%" PRIu64, batch->first);
	if (archive_begin_writing(archive, err) != 0 || os_remove_tree(archive->staging, batch->name, err) != 0)
		goto fail;
	if (os_batch_open(&batch->os, archive->dir, err) != 0 || os_mkdir(archive->staging, batch->name, err) != 0)
		goto fail;
	if (os_batch_wrote_dir(batch->os, archive->staging, ".", err) != 0)
		goto fail;
	batch->dir = os_open(archive->staging, batch->name, O_RDONLY | O_DIRECTORY, 0, err);
	if (batch->dir < 0 || os_batch_wrote_dir(batch->os, batch->dir, ".", err) != 0)
		goto fail;
	intent_begin(&batch->intent, archive);
	*out = batch;
	return 0;
fail:
	batch_free(batch);
	return -1;
}

int batch_fd(const struct batch *batch)
{
	return batch->dir;
}

struct os_batch *batch_os(struct batch *batch)
{
	return batch->os;
}

void batch_name(struct batch *batch, char out[24])
{
	(void)snprintf(out, 24, "%08u", batch->next_name++);
}

uint64_t batch_next_index(const struct batch *batch)
{
	return batch->first + batch->count;
}

size_t batch_count(const struct batch *batch)
{
	return batch->count;
}

void batch_bytes(struct batch *batch, uint64_t bytes)
{
	batch->bytes += bytes;
}

bool batch_full(const struct batch *batch)
{
	return batch->count >= BATCH_RECORDS_MAX || batch->expected >= BATCH_RECORDS_MAX || batch->bytes >= BATCH_BYTES_MAX ||
	       batch->intent.n >= INTENT_SOFT;
}

static uint64_t hash_id(struct str id)
{
	uint64_t hash = 14695981039346656037u; /* FNV-1a; only a hint, see `seen` */

	for (size_t i = 0; i < id.n; i++)
		hash = (hash ^ (unsigned char)id.p[i]) * 1099511628211u;
	return hash | 1;
}

static uint64_t *seen_slot(const struct batch *batch, uint64_t hash)
{
	size_t at = (size_t)(hash >> 17) & (SEEN_SLOTS - 1);

	while (batch->seen[at] != 0 && batch->seen[at] != hash)
		at = (at + 1) & (SEEN_SLOTS - 1);
	return &batch->seen[at];
}

bool batch_has(const struct batch *batch, struct str id)
{
	return *seen_slot(batch, hash_id(id)) != 0;
}

void batch_expect(struct batch *batch, struct str id)
{
	uint64_t *slot = seen_slot(batch, hash_id(id));

	batch->expected += *slot == 0;
	*slot = hash_id(id);
}

int batch_add(struct batch *batch, const struct batch_item *item, struct str entry_text, struct err *err)
{
	if (batch->count >= BATCH_RECORDS_MAX + BATCH_SLACK)
		return err_set(err, ERR_INTERNAL, "a batch of more than %d entries", BATCH_RECORDS_MAX);
	if (item->id.n > 0)
		batch_expect(batch, item->id);
	intent_add(&batch->intent, item, entry_text);
	if (buf_check(&batch->intent, "the intent of this batch", err) != 0)
		return -1;
	batch->count++;
	if (batch->count % SOON == 0)
		os_batch_soon(batch->os);
	return 0;
}

int batch_commit(struct batch *batch, int (*each)(void *, uint64_t, const struct batch_item *, struct str, struct err *),
	void *context, struct err *err)
{
	struct archive *archive = batch->archive;
	struct checkpoint base;
	struct str items, rest, text;
	struct batch_item item;
	uint64_t index = batch->first;
	int got;

	if (batch->count == 0)
		return 0;
	intent_end(&batch->intent);
	if (buf_check(&batch->intent, "the intent of this batch", err) != 0 ||
		intent_open(buf_view(&batch->intent), &base, &items, err) != 0)
		return -1;
	if (os_write_new(batch->dir, INTENT_NEW, buf_view(&batch->intent), 0600, err) != 0 ||
		os_batch_wrote(batch->os, batch->dir, INTENT_NEW, err) != 0 || os_batch_sync(batch->os, err) != 0)
		return -1;
	batch->stands = true; /* from here on it is the disk that decides whether it does */
	if (os_rename(batch->dir, INTENT_NEW, batch->dir, INTENT, err) != 0 || os_fsync_dir(batch->dir, ".", err) != 0) /* B1 */
		return -1;
	if (finish(archive, batch->dir, batch->os, items, err) != 0)
		return err_note(err,
			"the documents are safe in staging/ and the next command finishes what was begun, but this one could not");
	for (rest = items; each != NULL && (got = intent_next(&rest, &item, &text, err)) == 1; index++)
		if (each(context, index, &item, text, err) != 0)
			return -1;
	return batch_remove(archive, batch->name, batch->dir, err);
}

void batch_free(struct batch *batch)
{
	if (batch == NULL)
		return;
	if (!batch->stands && batch->dir >= 0)
		(void)os_remove_tree(batch->archive->staging, batch->name, NULL);
	os_close(batch->dir);
	os_batch_free(batch->os);
	buf_release(&batch->intent);
	free(batch->seen);
	free(batch);
}

/* ---- recovery ------------------------------------------------------------------------------------------------------------------------ */

int batch_is_committed(struct archive *archive, const struct checkpoint *base, struct str items, struct err *err)
{
	struct batch_item item;
	struct str rest = items, text;
	struct buf entry = BUF_INIT;
	uint64_t index = base->size;
	int got, result = -1;

	if (log_size(archive->log) == base->size)
		return hash_equal(log_root(archive->log), &base->root)
			       ? 0
			       : err_set(err, ERR_CONFLICT, "the log has another history than the interrupted batch");
	while ((got = intent_next(&rest, &item, &text, err)) == 1) {
		buf_clear(&entry);
		if (index >= log_size(archive->log) || log_entry(archive->log, index++, &entry, err) != 0 ||
			!str_equal(buf_view(&entry), text)) {
			err_set(err, ERR_CONFLICT, "the log has other entries than the interrupted batch at index %" PRIu64,
				index - 1);
			goto out;
		}
	}
	result = got == 0 ? 1 : -1;
out:
	buf_release(&entry);
	return result;
}

/* What was cut off after the checkpoint: partial tiles that are not needed any more, half taken away. */
static int tidy_log(struct archive *archive, struct err *err)
{
	struct log_writer *writer = NULL;
	int result = log_writer_open(&writer, archive->log, err) != 0 ? -1 : log_tidy(writer, err);

	log_writer_free(writer);
	return result;
}

static int recover_one(struct archive *archive, const char *name, struct err *err)
{
	struct buf intent = BUF_INIT;
	struct os_batch *os = NULL;
	struct checkpoint base;
	struct str items;
	int dir, there, committed, result = -1;

	dir = os_open(archive->staging, name, O_RDONLY | O_DIRECTORY, 0, err);
	if (dir < 0)
		return -1;
	there = os_exists(dir, INTENT, err);
	if (there < 0)
		goto out;
	if (there == 0) { /* B2: nothing of it can be seen */
		result = os_remove_tree(archive->staging, name, err);
		goto out;
	}
	if (os_batch_open(&os, archive->dir, err) != 0 || os_read_file(dir, INTENT, INTENT_MAX, &intent, err) != 0)
		goto out;
	if (intent_open(buf_view(&intent), &base, &items, err) != 0)
		goto out;
	/* B1, B2: that rename's own sync may have been what failed, or was never made */
	if (os_fsync_dir(dir, ".", err) != 0)
		goto out;
	committed = batch_is_committed(archive, &base, items, err);
	if (committed < 0 || (committed == 0 && finish(archive, dir, os, items, err) != 0) ||
		(committed == 1 && (publish_again(archive, err) != 0 || tidy_log(archive, err) != 0)))
		goto out;
	result = batch_remove(archive, name, dir, err);
out:
	if (result != 0)
		err_note(err, "cannot finish the interrupted batch staging/%s", name);
	os_batch_free(os);
	buf_release(&intent);
	os_close(dir);
	return result;
}

int batch_list(struct archive *archive, char names[BATCHES_MAX][64], size_t *count, struct err *err)
{
	struct os_dir *dir = NULL;
	struct os_name name;
	int got;

	*count = 0;
	if (os_dir_open(&dir, archive->staging, ".", err) != 0)
		return -1;
	while ((got = os_dir_next(dir, &name, err)) == 1)
		if (name.type == DT_DIR && strncmp(name.name, "batch-", 6) == 0 && strlen(name.name) < 64 && *count < BATCHES_MAX)
			memcpy(names[(*count)++], name.name, strlen(name.name) + 1);
	os_dir_close(dir);
	return got;
}

int batch_recover(struct archive *archive, struct err *err)
{
	char names[BATCHES_MAX][64];
	size_t count;

	do {
		if (batch_list(archive, names, &count, err) != 0)
			return -1;
		for (size_t i = 0; i < count; i++)
			if (recover_one(archive, names[i], err) != 0)
				return -1;
	} while (count == BATCHES_MAX);
	return 0;
}

int batch_pending(struct archive *archive, bool *pending, struct err *err)
{
	char names[BATCHES_MAX][64];
	size_t count;

	*pending = take_pending(archive);
	if (archive->staging < 0 || *pending)
		return 0;
	if (batch_list(archive, names, &count, err) != 0)
		return -1;
	*pending = count > 0;
	return 0;
}

static int intent_has(struct str text, bool (*is_it)(void *, const struct batch_item *), void *context)
{
	struct checkpoint base;
	struct batch_item item;
	struct str rest, entry;
	int found = 0;

	if (intent_open(text, &base, &rest, NULL) != 0)
		return 0;
	while (found == 0 && intent_next(&rest, &item, &entry, NULL) == 1)
		found = item.id.n > 0 && is_it(context, &item);
	return found;
}

/* Of every batch that stands, until one is found. */
static int intents_have(struct archive *archive, bool (*is_it)(void *, const struct batch_item *), void *context, char batch[64])
{
	char names[BATCHES_MAX][64];
	size_t count;
	int found = 0;

	if (archive->staging < 0 || batch_list(archive, names, &count, NULL) != 0)
		return 0;
	for (size_t i = 0; i < count && found == 0; i++) {
		struct buf intent = BUF_INIT;
		char path[96];

		(void)snprintf(path, sizeof(path), "%s/" INTENT, names[i]);
		if (os_read_file(archive->staging, path, INTENT_MAX, &intent, NULL) == 0)
			found = intent_has(buf_view(&intent), is_it, context);
		memcpy(batch, names[i], sizeof(names[i]));
		buf_release(&intent);
	}
	return found;
}

static bool is_path(void *context, const struct batch_item *item)
{
	char path[STORE_PATH_MAX];

	return store_object_path(item->id, path, NULL) == 0 && strcmp(path, context) == 0;
}

int batch_intends_path(struct archive *archive, const char *object_path)
{
	char copy[STORE_PATH_MAX], batch[64];

	(void)snprintf(copy, sizeof(copy), "%s", object_path);
	return take_intends_path(archive, object_path) ? 1 : intents_have(archive, is_path, copy, batch);
}

struct exchanged {
	struct str id;
	char staged[24];
};

static bool is_exchange(void *context, const struct batch_item *item)
{
	struct exchanged *exchanged = context;

	if (item->kind != ITEM_EXCHANGE || !str_equal(item->id, exchanged->id) || item->staged.n >= sizeof(exchanged->staged))
		return false;
	memcpy(exchanged->staged, item->staged.p, item->staged.n);
	exchanged->staged[item->staged.n] = '\0';
	return true;
}

int batch_exchanged(struct archive *archive, struct str id, char out[96])
{
	struct exchanged exchanged = {.id = id};
	char batch[64];

	if (intents_have(archive, is_exchange, &exchanged, batch) == 0)
		return 0;
	(void)snprintf(out, 96, "%s/%s", batch, exchanged.staged);
	return 1;
}
