/* What was taken over becomes visible: an intent, the renames, then how far the copy is (T3 to T5 and T8, T9 and T11 in take.c). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "take.h"

#define INTENT TAKE_NAME "/intent"
#define INTENT_HEADER "photostat.taking/v1\n"
#define TAKING_MAX ((size_t)64 << 20)

/* ---- renames ------------------------------------------------------------------------------------------------------------------------------ */

/* The damaged object stays, under damaged/, for whoever wants to know what became of it. */
static int replace(struct take *take, const struct taken *taken, struct err *err)
{
	struct archive *archive = take->archive;
	struct buf name = BUF_INIT;
	struct hash hash;
	struct stat status;
	char path[STORE_PATH_MAX];
	bool old = true;
	int folder, result = -1;

	/* After a crash: nothing is staged any more, or it stands in its place already and the old one is here. */
	if (os_exists(take->staging, taken->staged, NULL) == 0)
		return 0;
	if (store_object_path(taken->id, path, err) != 0)
		return -1;
	if ((os_stat(store_fd(archive->store), path, &status, NULL) != 0 || (uint64_t)status.st_ino != taken->inode) &&
		store_replace_object(archive->store, take->staging, taken->staged, taken->id, &old, take->batch, err) != 0)
		return -1;
	if (!old)
		return 0;
	sha256(taken->id.p, taken->id.n, &hash);
	buf_hex(&name, hash.b, 16);
	buf_printf(&name, "-%lld-%s", (long long)os_now(), taken->staged);
	if (os_mkdir(archive->dir, "damaged", err) != 0)
		goto out;
	folder = os_open(archive->dir, "damaged", O_RDONLY | O_DIRECTORY, 0, err);
	if (folder >= 0)
		result = os_rename(take->staging, taken->staged, folder, name.p, err);
	os_close(folder);
out:
	buf_release(&name);
	return result;
}

static int pass_on(const struct err *why, struct err *err)
{
	if (err != NULL)
		*err = *why;
	return -1;
}

/* Whether the version is there with the inventory that it must have. */
static bool stands(struct take *take, const struct taken *taken)
{
	struct object_version *object = NULL;
	bool there = object_open(&object, take->archive->store, taken->id, taken->version, &taken->inventory, NULL) == 0;

	object_free(object);
	return there;
}

static int publish(struct take *take, const struct taken *taken, struct err *err)
{
	struct store *store = take->archive->store;
	struct err why = ERR_INIT;
	char path[64];

	switch (taken->kind) {
	case ITEM_OBJECT:
		if (store_publish_object(store, take->staging, taken->staged, taken->id, take->batch, &why) == 0)
			return 0;
		return why.code == ERR_EXISTS ? 0 : pass_on(&why, err); /* T8 */
	case ITEM_VERSION:
		if (store_publish_version(store, take->staging, taken->staged, taken->id, taken->version, take->batch, &why) == 0)
			return 0;
		if (why.code != ERR_EXISTS)
			return pass_on(&why, err);
		if (!stands(take, taken)) /* T8 */
			return 0;
		/* Its folder was moved before a crash; what was staged again of it is not needed. */
		(void)snprintf(path, sizeof(path), "%s/v%u", taken->staged, (unsigned)taken->version);
		return os_remove_tree(take->staging, path, err) != 0 ? -1
								     : store_publish_version(store, take->staging, taken->staged,
									       taken->id, taken->version, take->batch, err);
	case ITEM_EXCHANGE:
		if (taken->damaged)
			return replace(take, taken, err);
		return store_exchange_object(store, take->staging, taken->staged, taken->id, &taken->inventory, take->batch, err);
	case ITEM_NONE:
	case ITEM_NOTE:
		return 0;
	}
	return 0;
}

/* ---- the intent --------------------------------------------------------------------------------------------------------------------------- */

static const char *const kind_names[] = {"none", "object", "version", "exchange", "note"};

static void intent_write(struct buf *out, struct take *take)
{
	struct buf held = BUF_INIT;
	struct hash hash;

	holdings_format(&held, &take->archive->holdings, archive_origin(take->archive));
	buf_printf(out, INTENT_HEADER "held %zu\n", held.n);
	buf_str(out, buf_view(&held));
	buf_release(&held);
	if (take->told.n > 0 || take->late)
		buf_printf(out, "journal %zu%s\n", take->told.n, take->late ? " late" : "");
	buf_str(out, buf_view(&take->told));
	for (size_t i = 0; i < take->count; i++) {
		struct taken *taken = &take->taken[i];
		struct stat status;

		if (taken->damaged && os_stat(take->staging, taken->staged, &status, NULL) == 0)
			taken->inode = (uint64_t)status.st_ino;
		buf_printf(out, "item %s %s %" PRIu64 " %" PRIu64 " ", taken->damaged ? "damaged" : kind_names[taken->kind],
			taken->staged, taken->version, taken->inode);
		digest_tag(out, &taken->inventory);
		buf_char(out, ' ');
		buf_str(out, taken->id);
		buf_char(out, '\n');
	}
	sha256(out->p, out->n, &hash);
	buf_text(out, "end ");
	buf_hex(out, hash.b, sizeof(hash.b));
	buf_char(out, '\n');
}

static bool take_word(struct str *line, struct str *word)
{
	return str_take_until(line, ' ', word) && word->n > 0 && line->p != NULL;
}

static bool parse_item(struct str line, struct taken *taken)
{
	struct str word, staged, version, inode, digest;

	memset(taken, 0, sizeof(*taken));
	if (!take_word(&line, &word) || !str_equal(word, STR("item")) || !take_word(&line, &word) || !take_word(&line, &staged) ||
		!take_word(&line, &version) || !take_word(&line, &inode) || !take_word(&line, &digest) || line.n == 0 ||
		staged.n >= sizeof(taken->staged) || memchr(staged.p, '/', staged.n) != NULL || staged.p[0] == '.' ||
		!decimal_parse(version, UINT64_MAX, &taken->version) || !decimal_parse(inode, UINT64_MAX, &taken->inode) ||
		!digest_untag(digest, &taken->inventory))
		return false;
	memcpy(taken->staged, staged.p, staged.n);
	taken->id = line;
	taken->damaged = str_equal(word, STR("damaged"));
	if (taken->damaged || str_equal(word, STR("exchange")))
		taken->kind = ITEM_EXCHANGE;
	else if (str_equal(word, STR("version")))
		taken->kind = ITEM_VERSION;
	else if (str_equal(word, STR("object")))
		taken->kind = ITEM_OBJECT;
	else
		return false;
	return true;
}

/* An intent's parts: views into its text. */
struct intent {
	struct str held, journal, items;
	bool late;
};

/* "journal BYTES" or "journal BYTES late", and so many bytes; the line need not be there. */
static bool take_journal(struct intent *intent)
{
	struct str rest = intent->items, line, word;
	uint64_t n;

	if (!str_starts(rest, STR("journal ")))
		return true;
	if (!str_take_line(&rest, &line))
		return false;
	line = (struct str){line.p + 8, line.n - 8};
	(void)str_take_until(&line, ' ', &word);
	if (!decimal_parse(word, rest.n, &n) || (line.n > 0 && !str_equal(line, STR("late"))))
		return false;
	intent->late = line.n > 0;
	intent->journal = (struct str){rest.p, (size_t)n};
	intent->items = (struct str){rest.p + n, rest.n - (size_t)n};
	return true;
}

/* ERR_SYNTAX, ERR_MISMATCH: it was cut short: nothing of it was begun. */
static int intent_parse(struct str text, struct intent *intent, struct err *err)
{
	struct hash hash, stated;
	struct str line, rest;
	uint64_t n;

	if (text.n < 69 || memcmp(text.p + text.n - 69, "end ", 4) != 0 ||
		!hex_decode((struct str){text.p + text.n - 65, 64}, stated.b, sizeof(stated.b)))
		goto damaged;
	rest = (struct str){text.p, text.n - 69};
	sha256(rest.p, rest.n, &hash);
	if (!hash_equal(&hash, &stated) || !str_starts(rest, STR(INTENT_HEADER)))
		goto damaged;
	rest = (struct str){rest.p + sizeof(INTENT_HEADER) - 1, rest.n - (sizeof(INTENT_HEADER) - 1)};
	if (!str_take_line(&rest, &line) || !str_starts(line, STR("held ")) ||
		!decimal_parse((struct str){line.p + 5, line.n - 5}, rest.n, &n))
		goto damaged;
	*intent = (struct intent){.held = {rest.p, (size_t)n}, .journal = STR(""), .items = {rest.p + n, rest.n - (size_t)n}};
	if (!take_journal(intent))
		goto damaged;
	return 0;
damaged:
	return err_set(err, ERR_SYNTAX, "staging/" INTENT " is damaged");
}

/* ---- commit ------------------------------------------------------------------------------------------------------------------------------- */

static int by_index(const void *a, const void *b)
{
	const struct taken *one = a, *other = b;

	return one->index < other->index ? -1 : one->index > other->index;
}

/* The renames and what follows; may be done any number of times while the intent stands. */
static int finish(struct take *take, const struct intent *intent, struct err *err)
{
	struct archive *archive = take->archive;
	enum passed passed = intent->late ? PASSED_LATE : intent->journal.n > 0 ? PASSED_EXPUNGED : PASSED_NOTHING;

	for (size_t i = 0; i < take->count; i++)
		if (publish(take, &take->taken[i], err) != 0)
			return -1;
	if ((take->count > 0 && os_batch_sync(take->batch, err) != 0) ||
		(archive->holdings.holder && os_replace(archive->dir, HELD_NAME, intent->held, 0644, err) != 0) ||
		(intent->journal.n > 0 && archive_journal(archive->dir, intent->journal, err) != 0) ||
		(passed != PASSED_NOTHING && passed_mark(archive, passed, err) != 0)) /* T11 */
		return -1;
	take->count = 0;
	take->bytes = 0;
	os_batch_free(take->batch);
	take->batch = NULL;
	arena_release(&take->arena);
	os_close(take->staging);
	take->staging = -1;
	/* The intent first: half a folder without it is rubbish, with it it would be asked for. */
	if (os_unlink(archive->staging, INTENT, err) != 0)
		return -1;
	take->stands = take->late = false;
	buf_clear(&take->told);
	return os_remove_tree(archive->staging, TAKE_NAME, err);
}

static bool is_staged(const struct take *take, size_t count, struct str id, uint64_t version)
{
	while (count-- > 0)
		if (take->taken[count].version == version && str_equal(take->taken[count].id, id))
			return true;
	return false;
}

/* T9. Long files come later than what is behind them in the log; versions of a record are published in order. */
static int put_in_order(struct take *take, struct err *err)
{
	size_t kept = 0;

	qsort(take->taken, take->count, sizeof(*take->taken), by_index);
	for (size_t i = 0; i < take->count; i++) {
		struct taken *taken = &take->taken[i];
		int there = 1;

		if (taken->kind == ITEM_VERSION && !is_staged(take, kept, taken->id, taken->version - 1))
			there = take_has_version(take->archive, taken->id, taken->version - 1, err);
		if (there < 0)
			return -1;
		if (there == 0)
			take_without(take, taken->index, WITHOUT_MISSING);
		else
			take->taken[kept++] = *taken;
	}
	take->count = kept;
	return 0;
}

int take_commit(struct take *take, uint64_t complete, struct err *err)
{
	struct archive *archive = take->archive;
	struct buf text = BUF_INIT, held = BUF_INIT;
	struct intent intent = {.journal = STR("")};
	uint64_t before = archive->holdings.complete;
	int result = -1;

	if (take->count > 0 && put_in_order(take, err) != 0)
		goto out;
	if (complete > archive->holdings.complete)
		archive->holdings.complete = complete;
	holdings_format(&held, &archive->holdings, archive_origin(archive));
	if (buf_check(&held, HELD_NAME, err) != 0)
		goto out;
	intent.held = buf_view(&held);
	if (take->count > 0 || take->late || take->told.n > 0) {
		if (take_stage(take, err) != 0 || os_batch_sync(take->batch, err) != 0)
			goto out;
		intent_write(&text, take);
		if (buf_check(&text, INTENT, err) != 0 || intent_parse(buf_view(&text), &intent, err) != 0)
			goto out;
		take->stands = true; /* as far as anybody can tell, should the call fail */
		if (os_replace(archive->staging, INTENT, buf_view(&text), 0600, err) != 0)
			goto out;
	}
	result = finish(take, &intent, err);
out:
	if (result != 0 && !take->stands)
		archive->holdings.complete = before;
	buf_release(&text);
	buf_release(&held);
	return result;
}

/* ---- after a crash ------------------------------------------------------------------------------------------------------------------------ */

static int read_intent(struct archive *archive, struct buf *text, struct intent *intent)
{
	struct err why = ERR_INIT;

	if (archive->staging < 0 || os_read_file(archive->staging, INTENT, TAKING_MAX, text, &why) != 0)
		return 0;
	return intent_parse(buf_view(text), intent, NULL) == 0 ? 1 : 0;
}

bool take_pending(struct archive *archive)
{
	return archive->staging >= 0 &&
	       (os_exists(archive->staging, INTENT, NULL) == 1 || os_exists(archive->staging, TAKE_LOG, NULL) == 1);
}

bool take_intends_path(struct archive *archive, const char *object_path)
{
	struct buf text = BUF_INIT;
	struct intent intent;
	struct str line;
	struct taken taken;
	char path[STORE_PATH_MAX];
	bool found = false;

	if (read_intent(archive, &text, &intent) == 1)
		while (!found && str_take_line(&intent.items, &line))
			found = parse_item(line, &taken) && store_object_path(taken.id, path, NULL) == 0 &&
				strcmp(path, object_path) == 0;
	buf_release(&text);
	return found;
}

int take_recover(struct archive *archive, struct err *err)
{
	struct take take = {.archive = archive, .staging = -1};
	struct buf text = BUF_INIT;
	struct intent intent;
	struct str line;
	int result = -1;

	if (os_exists(archive->staging, TAKE_LOG, NULL) == 1 && take_log_tidy(archive, err) != 0)
		return -1;
	if (read_intent(archive, &text, &intent) != 1) {
		buf_release(&text);
		return os_remove_tree(archive->staging, TAKE_NAME, err);
	}
	take.stands = true;
	take.staging = os_open(archive->staging, TAKE_NAME, O_RDONLY | O_DIRECTORY, 0, err);
	if (take.staging < 0 || os_batch_open(&take.batch, archive->dir, err) != 0)
		goto out;
	while (str_take_line(&intent.items, &line)) {
		take.taken = mem_grow(take.taken, take.count + 1, sizeof(*take.taken));
		if (!parse_item(line, &take.taken[take.count++])) {
			err_set(err, ERR_SYNTAX, "staging/" INTENT " is of another version of this program");
			goto out;
		}
	}
	/* Its name may be in the cache alone, if the sync of it failed: before the renames it is made durable again. */
	if (os_fsync_dir(archive->staging, TAKE_NAME, err) != 0)
		goto out;
	result = finish(&take, &intent, err);
out:
	os_batch_free(take.batch);
	os_close(take.staging);
	free(take.taken);
	buf_release(&text);
	return result;
}
