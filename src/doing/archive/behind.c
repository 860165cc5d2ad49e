/* A keeper's archive that is behind: its key has signed more than its log holds. An older copy was put back, or the key is used elsewhere.
 *
 *      put back ──► `ahead` (or keys/head) refuses ──► `held`, keeper ──► log ──► content ──► `held` gone
 *                                                     └────────── a copy that is fetched, T1 to T5 ─────┘
 *
 * C1  While `ahead` stands with a checkpoint that the log's present key signed and that the log does not hold, nothing is signed but the change of that
 *     very key, or the end of the log: whoever stole the key cannot lock its owner out, and whoever put an old copy back cannot fork by mistake. It
 *     is looked at before what a crash left is finished, for that signs too.
 * C2  `held` says `keeper` before the first entry is taken over. From then on the archive is a copy that is being fetched, with all that holds of
 *     one: readers see what has come, nobody deposits, a crash leaves it going on.
 * C3  Nothing is taken over that contradicts the log here, the head beside the key, or `ahead`.
 * C4  `held` goes only when all that the log names was asked for and what came of it is durable. A batch of our own that was interrupted before is then
 *     in the log, or is put aside: it is never signed on top of what came.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define AHEAD_HEADER STR("photostat.ahead/v1")
#define AHEAD_MAX (NOTE_MAX + (256u << 10))
#define WHO_MAX 2000u

/* ---- what others have seen ---------------------------------------------------------------------------------------------------------- */

static bool take_value(struct str *rest, struct str word, struct str *value)
{
	struct str line, first;

	if (!str_take_line(rest, &line) || !str_take_until(&line, ' ', &first) || !str_equal(first, word) || line.p == NULL)
		return false;
	*value = line;
	return true;
}

/* The entries by which the present key has handed over to another, and that one to the next; each with its three signatures. */
static bool leads_to_signer(struct archive *archive, struct str keys, const struct note *note)
{
	struct log_chain chain;
	struct arena arena = ARENA_INIT;
	struct str line, text;
	struct entry entry;
	uint64_t n;
	bool good = log_chain_begin(&chain, archive, NULL) == 0;

	while (good && keys.n > 0) {
		good = str_take_line(&keys, &line) && str_starts(line, STR("key ")) &&
		       decimal_parse((struct str){line.p + 4, line.n - 4}, keys.n, &n);
		if (!good)
			break;
		text = (struct str){keys.p, (size_t)n};
		keys = (struct str){keys.p + n, keys.n - (size_t)n};
		good = entry_parse(&entry, text, &arena, NULL) == 0 && entry.kind == ENTRY_KEY &&
		       log_chain_entry(&chain, entry.key_index, text, NULL) == 0;
	}
	good = good && chain.count > 0 && note_verify(note, log_chain_tip(&chain), NULL, NULL) == 1;
	log_chain_release(&chain);
	arena_release(&arena);
	return good;
}

/* So even who could write the file could not make it up. */
bool ahead_parse(struct archive *archive, struct ahead *out)
{
	struct str rest = buf_view(&out->text), line, value;
	struct note note;
	uint64_t n;

	if (!str_take_line(&rest, &line) || !str_equal(line, AHEAD_HEADER) || !take_value(&rest, STR("who"), &out->who) ||
		!take_value(&rest, STR("evidence"), &out->evidence) || !take_value(&rest, STR("keys"), &value) ||
		!decimal_parse(value, rest.n, &n))
		return false;
	out->keys = (struct str){rest.p, (size_t)n};
	out->note = (struct str){rest.p + n, rest.n - (size_t)n};
	rest = out->note;
	return out->who.n > 0 && note_parse(&note, rest, NULL) == 0 && checkpoint_parse(&out->checkpoint, note.text, NULL) == 0 &&
	       str_equal(out->checkpoint.origin, archive_origin(archive)) &&
	       (note_verify(&note, &archive->verifier, NULL, NULL) == 1 || leads_to_signer(archive, out->keys, &note));
}

/* 1 if the log does not hold it, 0 if it does. */
static int lacks(struct archive *archive, const struct checkpoint *checkpoint, struct err *err)
{
	struct hash root;

	if (checkpoint->size > log_size(archive->log))
		return 1;
	if (tiles_root(log_tiles(archive->log), checkpoint->size, &root, err) != 0)
		return -1;
	return hash_equal(&root, &checkpoint->root) ? 0 : 1;
}

/* *stale: there is one that does not bind. */
static int read_ahead(struct archive *archive, struct ahead *out, bool *stale, struct err *err)
{
	struct err why = ERR_INIT;
	int result = 0;

	*stale = false;
	memset(out, 0, sizeof(*out));
	if (os_read_file(archive->dir, AHEAD_NAME, AHEAD_MAX, &out->text, &why) == 0)
		result = ahead_parse(archive, out) ? lacks(archive, &out->checkpoint, err) : 0;
	else if (why.code == ERR_NOT_FOUND)
		return 0;
	else if (why.code == ERR_SYSTEM)
		result = err_set(err, why.code, "%s", why.text);
	*stale = result == 0;
	if (result != 1)
		ahead_release(out);
	return result;
}

int ahead_read(struct archive *archive, struct ahead *out, struct err *err)
{
	bool stale;

	return read_ahead(archive, out, &stale, err);
}

void ahead_release(struct ahead *ahead)
{
	buf_release(&ahead->text);
	memset(ahead, 0, sizeof(*ahead));
}

int archive_seen(
	struct archive *archive, struct str note_bytes, enum seen_word *word, struct checkpoint *checkpoint, struct err *err)
{
	struct note note;
	int lacking;

	if (note_parse(&note, note_bytes, err) != 0 || checkpoint_parse(checkpoint, note.text, err) != 0)
		return -1;
	if (!str_equal(checkpoint->origin, archive_origin(archive)))
		return err_set(err, ERR_MISMATCH, "it is a checkpoint of another log, %.*s", STR_ARG(checkpoint->origin));
	lacking = lacks(archive, checkpoint, err);
	/* It may have grown since this handle was opened, and they may have seen that. */
	if (lacking == 1 && archive_refresh(archive, NULL) == 0)
		lacking = lacks(archive, checkpoint, err);
	if (lacking < 0)
		return -1;
	if (lacking == 0)
		*word = SEEN_KNOWN;
	else if (note_verify(&note, &archive->verifier, NULL, NULL) != 1)
		*word = SEEN_FOREIGN;
	else
		*word = checkpoint->size > log_size(archive->log) ? SEEN_AHEAD : SEEN_OTHER;
	return 0;
}

int archive_set_ahead(
	struct archive *archive, struct str who, struct str evidence, struct str keys, struct str note, struct err *err)
{
	struct buf text = BUF_INIT;
	struct ahead present;
	int there = ahead_read(archive, &present, err), result = -1;

	if (there < 0)
		return -1;
	/* The first to be met stands until it is explained. */
	if (there == 1) {
		ahead_release(&present);
		return 0;
	}
	if (who.n == 0 || who.n > WHO_MAX || memchr(who.p, '\n', who.n) != NULL)
		return err_set(err, ERR_INTERNAL, "nobody is named who has seen it");
	buf_str(&text, AHEAD_HEADER);
	buf_text(&text, "\nwho ");
	buf_str(&text, who);
	buf_text(&text, "\nevidence ");
	buf_str(&text, evidence.n == 0 ? STR("none") : evidence);
	buf_printf(&text, "\nkeys %zu\n", keys.n);
	buf_str(&text, keys);
	buf_str(&text, note);
	if (buf_check(&text, AHEAD_NAME, err) == 0)
		result = os_replace(archive->dir, AHEAD_NAME, buf_view(&text), 0644, err);
	buf_release(&text);
	return result;
}

/* ---- refusing --------------------------------------------------------------------------------------------------------------------------- */

static int refuse(struct archive *archive, const struct ahead *ahead, struct err *err)
{
	if (ahead->checkpoint.size <= log_size(archive->log))
		return err_set(err, ERR_CONFLICT,
			"read-only: %.*s shows another history of this log, of %" PRIu64
			" entries, signed by its key (%.*s); if the key was stolen, change it: photostat key rotate",
			STR_ARG(ahead->who), ahead->checkpoint.size, STR_ARG(ahead->evidence));
	return err_set(err, ERR_CONFLICT,
		"read-only: %.*s has seen this log at %" PRIu64 " entries, signed by its key, and here are %" PRIu64
		": an older copy was put back; fetch what lacks from a holder: photostat catch-up --from %s",
		STR_ARG(ahead->who), ahead->checkpoint.size, log_size(archive->log),
		archive->conf.holder_count > 0 ? archive->conf.holders[0] : "URL");
}

/* 1 if it binds: then *err has the sentence; where it does not any more, the file goes. */
static int forget_ahead(struct archive *archive, struct err *err)
{
	struct ahead ahead;
	bool stale;
	int found = read_ahead(archive, &ahead, &stale, err);

	if (found == 1) {
		refuse(archive, &ahead, err);
		ahead_release(&ahead);
	}
	if (found != 0 || !stale)
		return found;
	return os_unlink(archive->dir, AHEAD_NAME, err) != 0 ? -1 : os_fsync_dir(archive->dir, ".", err);
}

int behind_refuse(struct archive *archive, struct err *err)
{
	return archive->rekey || forget_ahead(archive, err) == 0 ? 0 : -1;
}

int archive_behind(struct archive *archive, struct err *why)
{
	struct ahead ahead;
	struct head head;

	if (ahead_read(archive, &ahead, NULL) == 1) {
		refuse(archive, &ahead, why);
		ahead_release(&ahead);
		return 1;
	}
	if (archive->keys < 0 || head_read(archive->keys, archive_origin(archive), &head, NULL) != 0 ||
		head.size <= log_size(archive->log))
		return 0;
	err_set(why, ERR_CONFLICT, "read-only: the log's key has signed %" PRIu64 " entries, and here are %" PRIu64, head.size,
		log_size(archive->log));
	return 1;
}

int behind_fits(struct archive *archive, uint64_t size, int (*root_at)(void *, uint64_t, struct hash *, struct err *),
	void *context, struct err *err)
{
	struct ahead ahead;
	struct head head;
	struct hash root;
	int found, result = 0;

	if (head_read(archive->keys, archive_origin(archive), &head, err) != 0)
		return -1;
	if (head.size > log_size(archive->log) && head.size <= size) {
		if (root_at(context, head.size, &root, err) != 0)
			return -1;
		if (!hash_equal(&root, &head.root))
			return err_set(err, ERR_MISMATCH,
				"it is another history than the one that the key here has signed, at %" PRIu64 " entries",
				head.size);
	}
	found = ahead_read(archive, &ahead, err);
	if (found != 1)
		return found;
	if (ahead.checkpoint.size > log_size(archive->log) && ahead.checkpoint.size <= size) {
		result = root_at(context, ahead.checkpoint.size, &root, err);
		if (result == 0 && !hash_equal(&root, &ahead.checkpoint.root))
			result = err_set(err, ERR_MISMATCH, "it is another history than %.*s has seen, at %" PRIu64 " entries",
				STR_ARG(ahead.who), ahead.checkpoint.size);
	}
	ahead_release(&ahead);
	return result;
}

int archive_ahead_note(struct archive *archive, struct buf *note, struct buf *who, struct err *err)
{
	struct ahead ahead;
	int found = ahead_read(archive, &ahead, err);

	if (found != 1)
		return found;
	buf_str(note, ahead.note);
	buf_str(who, ahead.who);
	ahead_release(&ahead);
	return 1;
}

/* ---- catching up ------------------------------------------------------------------------------------------------------------------------ */

static int write_held(struct archive *archive, struct err *err)
{
	struct buf held = BUF_INIT;
	int result = -1;

	holdings_format(&held, &archive->holdings, archive_origin(archive));
	if (buf_check(&held, HELD_NAME, err) == 0)
		result = os_replace(archive->dir, HELD_NAME, buf_view(&held), 0644, err);
	buf_release(&held);
	return result;
}

/* Every size that was ever checkpointed stays servable: the head remembers which, and who gave the log back had other ones. */
static int restore_partials(struct archive *archive, struct err *err)
{
	struct head head;

	if (head_read(archive->keys, archive_origin(archive), &head, err) != 0)
		return -1;
	if (head.size > log_size(archive->log))
		return 0;
	for (unsigned level = 0; level < EDGE_LEVELS; level++)
		for (unsigned width = 1; width < TILE_WIDTH; width++)
			if ((head.widths[level][width / 8] >> width % 8 & 1) != 0 &&
				log_restore_partial(archive->log, level, width, err) != 0)
				return -1;
	return 0;
}

int archive_catch_up_begin(struct archive *archive, struct err *err)
{
	if (archive->lock < 0 || (archive->holdings.holder && !archive->holdings.keeper))
		return err_set(err, ERR_USAGE, "%s was not opened to be caught up", archive->path);
	if (archive->holdings.holder)
		return 0;
	archive->holdings.holder = archive->holdings.keeper = true;
	archive->holdings.complete = log_size(archive->log);
	if (write_held(archive, err) == 0) /* C2 */
		return 0;
	archive->holdings.holder = archive->holdings.keeper = false;
	return -1;
}

int archive_catch_up_end(struct archive *archive, struct err *err)
{
	if (!archive->holdings.keeper)
		return 0;
	if (archive->holdings.complete < log_size(archive->log))
		return err_set(err, ERR_CONFLICT,
			"read-only: this archive is being caught up, and has what the first %" PRIu64 " of %" PRIu64
			" entries name; go on with: photostat catch-up --from %s",
			archive->holdings.complete, log_size(archive->log),
			archive->conf.holder_count > 0 ? archive->conf.holders[0] : "URL");
	if (restore_partials(archive, err) != 0 || batch_give_up(archive, err) != 0 ||
		os_unlink(archive->dir, HELD_NAME, err) != 0 || os_fsync_dir(archive->dir, ".", err) != 0) /* C4 */
		return -1;
	holdings_release(&archive->holdings);
	return forget_ahead(archive, NULL) < 0 ? err_set(err, ERR_SYSTEM, AHEAD_NAME " cannot be taken away") : 0;
}

const char *const *archive_holders(const struct archive *archive, size_t *count)
{
	*count = archive->conf.holder_count;
	return (const char *const *)archive->conf.holders;
}
