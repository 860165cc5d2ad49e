/* The log against itself: head, checkpoint, tiles, bundles; what each entry says. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"

/* Every checkpointed size stays servable: the partial tiles that the head remembers must be there (log_audit reads those that are). */
static void check_widths(struct audit *audit, const struct head *head)
{
	for (int level = 0; level < EDGE_LEVELS; level++)
		for (unsigned width = 1; width < TILE_WIDTH; width++) {
			unsigned shift = 8 * ((unsigned)level + 1);
			struct tile tile = {.level = level, .index = shift < 64 ? head->size >> shift : 0, .width = width};
			unsigned present = tile_width(level, tile.index, head->size);

			if ((head->widths[level][width / 8] >> width % 8 & 1) == 0 || width == present)
				continue;
			for (int bundle = 0; bundle <= (level == 0); bundle++) {
				char path[4 + TILE_PATH_MAX] = "log/";

				if (bundle)
					tile.level = TILE_ENTRIES;
				(void)tile_path(path + 4, &tile);
				/* a batch that ends meanwhile takes the partial tiles of full ones away */
				if (os_exists(audit->archive->dir, path, NULL) == 0 && !audit_is_newer(audit, ""))
					audit_report_one(audit, FINDING_MISSING, str_from(path), NEXT_LOG,
						"an earlier checkpoint of this log needs it");
			}
		}
}

/* The head is ahead of the checkpoint while a batch is committed. The intents first, then the log: a batch that ends in between has moved the
 * checkpoint. */
static bool is_catching_up(struct audit *audit, uint64_t size)
{
	struct log *now = NULL;
	bool pending = false, good;

	if (batch_pending(audit->archive, &pending, NULL) == 0 && pending)
		return true;
	good = log_open(&now, audit->archive->dir, "log", NULL, NULL) == 0 && log_size(now) >= size;
	log_free(now);
	return good;
}

/* Without it, or with another in its place, nothing more can be logged: better told by an audit than by the next deposit. */
static void check_own_key(struct audit *audit)
{
	struct vkey key = {.name = NULL};
	struct err why = ERR_INIT;
	struct stat status;
	bool pending = false;

	if (archive_is_holder(audit->archive) || (batch_pending(audit->archive, &pending, NULL) == 0 && pending))
		return;
	if (keys_public_read(audit->archive->keys, KEY_NAME, &key, &why) != 0)
		audit_report_one(audit,
			why.code == ERR_NOT_FOUND ? FINDING_MISSING
			: why.code == ERR_SYSTEM  ? FINDING_UNREADABLE
						  : FINDING_ALTERED,
			STR("keys/" KEY_NAME),
			"put the log's private key back from its copy; docs/keys.md says what to do if there is none", "%s",
			why.code == ERR_NOT_FOUND ? "the log's private key is not there: nothing more can be logged" : why.text);
	else if (key.id != audit->archive->verifier.id ||
		 memcmp(key.public_key, audit->archive->verifier.public_key, ED25519_PUBLIC) != 0)
		audit_report_one(
			audit, FINDING_ALTERED, STR("keys/" KEY_NAME), "put the right key back", "it is not the key of this log");
	else if (os_stat(audit->archive->keys, KEY_NAME, &status, NULL) == 0 && !keys_private(&status))
		audit_report_one(audit, FINDING_ALTERED, STR("keys/" KEY_NAME),
			"if somebody may have read it, change the key (docs/keys.md); then chmod 600 keys/" KEY_NAME,
			"others than its owner can read it, so nothing more is signed with it");
	vkey_release(&key);
}

static bool goes_on_from(struct audit *audit, const struct head *head)
{
	struct merkle_proof proof;

	if (head->size == audit->size)
		return hash_equal(&head->root, &audit->root);
	/* A holder's first checkpoint is published before the keys folder knows of it: nothing was signed before. */
	return head->size == 0 ||
	       (log_consistency(audit->archive->log, head->size, &proof, NULL) == 0 &&
		       merkle_verify_consistency(head->size, &head->root, audit->size, &audit->root, &proof, NULL) == 0);
}

static void check_head(struct audit *audit)
{
	struct head head;
	struct err why = ERR_INIT;

	if (audit->archive->keys < 0) { /* they may live elsewhere, or not be this copy's to have */
		audit->summary->head_unknown = true;
		return;
	}
	check_own_key(audit);
	if (head_read(audit->archive->keys, archive_origin(audit->archive), &head, &why) != 0) {
		audit_report_one(audit,
			why.code == ERR_NOT_FOUND ? FINDING_MISSING
			: why.code == ERR_SYSTEM  ? FINDING_UNREADABLE
						  : FINDING_ALTERED,
			STR("keys/head"), "restore the keys folder; without it a rolled-back log cannot be told from the true one",
			"%s", why.text);
		return;
	}
	if (head.size > audit->size) {
		if (is_catching_up(audit, head.size))
			return;
		audit->rolled_back = true;
		audit_report_one(audit, FINDING_MISSING, STR("log/checkpoint"),
			"fetch what lacks from a holder (photostat catch-up), or restore log/ and records/ from a newer copy",
			"the log was rolled back: it holds %" PRIu64 " entries, but its key has signed %" PRIu64, audit->size,
			head.size);
	} else if (!goes_on_from(audit, &head)) {
		audit_report_one(audit, FINDING_ALTERED, STR("log/checkpoint"), "compare log/ with a mirror or a holder",
			"the log has another history than the one that its key has signed at size %" PRIu64, head.size);
	} else if (head.size == audit->size) {
		check_widths(audit, &head);
	}
}

/* What somebody else has seen, and this log does not hold. */
static void check_ahead(struct audit *audit)
{
	struct ahead ahead;

	if (ahead_read(audit->archive, &ahead, NULL) != 1)
		return;
	if (ahead.checkpoint.size > audit->size)
		audit_report_one(audit, FINDING_MISSING, STR("log/checkpoint"),
			"fetch what lacks from a holder: photostat catch-up",
			"%.*s has seen this log at %" PRIu64 " entries, signed by its key, and here are %" PRIu64,
			STR_ARG(ahead.who), ahead.checkpoint.size, audit->size);
	else
		audit_report_one(audit, FINDING_ALTERED, STR("log/checkpoint"), "see docs/keys.md, the key was stolen",
			"%.*s shows another history of this log, of %" PRIu64 " entries, signed by its key", STR_ARG(ahead.who),
			ahead.checkpoint.size);
	ahead_release(&ahead);
}

/* A line of a witness that does not verify spoils the checkpoint for whoever knows its key. Those of unknown keys are carried, not judged. */
static void check_cosignatures(struct audit *audit)
{
	struct buf text = BUF_INIT;
	struct policy *policy = NULL;
	struct note *note = mem_alloc(sizeof(*note));
	struct err why = ERR_INIT;

	archive_policy(audit->archive, &text);
	if (policy_parse(&policy, buf_view(&text), NULL) == 0 && note_parse(note, log_checkpoint(audit->archive->log), NULL) == 0)
		for (size_t i = 0; i < policy_witness_count(policy); i++)
			if (note_verify(note, policy_witness(policy, i).key, NULL, &why) < 0)
				audit_report_one(audit, FINDING_ALTERED, STR("log/checkpoint"),
					"have it cosigned again: photostat witness submit", "%s", why.text);
	policy_free(policy);
	buf_release(&text);
	free(note);
}
#define NEXT_KEY "compare the log with a holder: whoever made this entry did not have all the keys"
#define KEYS_MAX 65

struct log_check {
	struct audit *audit;
	struct arena arena;
	struct vkey chain[KEYS_MAX], recovery; /* the log's keys, oldest first */
	size_t keys;
	uint64_t last_key; /* the entry that names the newest */
	bool broken;       /* a change that does not verify was reported: what comes after it is not judged by it */
	bool ended;
	uint64_t end;
};

static int take_finding(void *context, const struct log_finding *finding, struct err *err)
{
	struct log_check *check = context;
	struct audit *audit = check->audit;
	struct buf path = BUF_INIT;
	enum finding_word word = finding->kind == LOG_MISSING      ? FINDING_MISSING
				 : finding->kind == LOG_UNREADABLE ? FINDING_UNREADABLE
				 : finding->kind == LOG_ALTERED    ? FINDING_ALTERED
								   : FINDING_EXTRA;

	(void)err;
	if (finding->kind != LOG_UNCOVERED && finding->kind != LOG_EXTRA && finding->last > finding->first)
		audit->entries_lost = true;
	/* a writer's tiles and half-made files lie beyond the checkpoint until it moves */
	if ((finding->kind == LOG_UNCOVERED || finding->kind == LOG_EXTRA) && audit_is_newer(audit, ""))
		return 0;
	buf_printf(&path, "log/%s", finding->path);
	audit_report_one(audit, word, buf_view(&path), word == FINDING_EXTRA ? "take it out of the log's folder" : NEXT_LOG, "%s",
		finding->text);
	buf_release(&path);
	return 0;
}

static bool same_key(const struct vkey *key, const struct vkey *other)
{
	return key->id == other->id && memcmp(key->public_key, other->public_key, ED25519_PUBLIC) == 0;
}

/* Each change of the log's key is signed by the key before it, by its own and by the recovery key, over the log as it was. */
static void check_key(struct log_check *check, uint64_t index, const struct entry *entry, const char *path)
{
	struct audit *audit = check->audit;
	struct vkey key = {.name = NULL};
	struct err why = ERR_INIT;
	struct hash root;
	bool good = false;

	if (check->keys == 0 || check->broken) /* the chain was lost before, and that is reported */
		return;
	if (vkey_parse(&key, entry->key, &why) != 0 ||
		entry_key_verify(entry, &check->chain[check->keys - 1], &check->recovery, &why) != 0)
		audit_report_one(audit, FINDING_ALTERED, str_from(path), NEXT_KEY, "%s", why.text);
	else if (entry->key_index != index || tiles_root(log_tiles(audit->archive->log), index, &root, &why) != 0 ||
		 !hash_equal(&root, &entry->key_root))
		audit_report_one(audit, FINDING_ALTERED, str_from(path), NEXT_KEY,
			"the change of the log's key was signed for another place of the log, or for another log");
	else
		good = true;
	check->broken = !good;
	if (check->keys == KEYS_MAX || check->broken) {
		check->broken = true;
		vkey_release(&key);
		return;
	}
	check->chain[check->keys++] = key;
	check->last_key = index;
}

/* archive.conf against the log: it says who is believed. */
static void check_conf(struct log_check *check)
{
	struct audit *audit = check->audit;
	size_t count;
	const struct vkey *known = archive_log_keys(audit->archive, &count);
	bool same;

	/* a copy that a crash left between two keys: archive.conf is one step further, and says so */
	known += audit->archive->log_key;
	count -= audit->archive->log_key;
	same = count == check->keys;
	if (check->keys == 0 || check->broken || audit->entries_lost)
		return;
	if (!same_key(known, &check->chain[check->keys - 1])) {
		/* between the checkpoint of a new key and archive.conf there is a moment, and after a crash more than that */
		if (check->last_key > 0 && check->last_key + 1 == audit->size && check->keys > 1 &&
			same_key(known, &check->chain[check->keys - 2]))
			return;
		audit_report_one(audit, FINDING_ALTERED, STR("archive.conf"), "put the good archive.conf back",
			"its verifier is not the key that entry %" PRIu64 " names", check->last_key);
		return;
	}
	for (size_t i = 0; same && i < count; i++)
		same = same_key(&known[i], &check->chain[count - 1 - i]);
	if (!same)
		audit_report_one(audit, FINDING_ALTERED, STR("archive.conf"), "put the good archive.conf back",
			"its former keys are not those that the log had");
}

static void check_genesis(struct log_check *check, const struct entry *entry)
{
	if (vkey_parse(&check->chain[0], entry->key, NULL) == 0 && vkey_parse(&check->recovery, entry->recovery, NULL) == 0)
		check->keys = 1;
}

/* What an entry says for itself; a row for the records. */
static int take_entry(void *context, uint64_t index, struct str text, struct err *err)
{
	struct log_check *check = context;
	struct audit *audit = check->audit;
	struct err why = ERR_INIT;
	struct audit_row row;
	struct entry entry;
	char path[64];

	arena_release(&check->arena);
	audit_bytes(audit, text.n);
	audit->summary->entries++;
	if (audit->options->progress != NULL && audit->options->log_only)
		audit->options->progress(audit->options->context, audit->summary->entries, audit->size, audit->summary->bytes);
	(void)snprintf(path, sizeof(path), "log entry %" PRIu64, index);
	if (entry_parse(&entry, text, &check->arena, &why) != 0) {
		audit_report_one(audit, FINDING_ALTERED, str_from(path),
			"the keeper's program logged what it should not; compare with a holder", "%s", why.text);
		audit->entries_lost = true;
		return os_check_interrupted(err);
	}
	if (!str_equal(entry.origin, archive_origin(audit->archive)))
		audit_report_one(audit, FINDING_ALTERED, str_from(path), "compare archive.conf with a copy",
			"it is an entry of %.*s, not of this archive", STR_ARG(entry.origin));
	if ((entry.kind == ENTRY_GENESIS) != (index == 0))
		audit_report_one(
			audit, FINDING_ALTERED, str_from(path), "compare with a holder", "genesis is entry 0 and no other");
	if (entry.kind == ENTRY_GENESIS && index == 0)
		check_genesis(check, &entry);
	if (entry.kind == ENTRY_KEY)
		check_key(check, index, &entry, path);
	if (check->ended)
		audit_report_one(audit, FINDING_ALTERED, str_from(path), "compare with a holder",
			"the log ended with entry %" PRIu64, check->end);
	if (entry.kind == ENTRY_END && !check->ended) {
		check->ended = true;
		check->end = index;
	}
	if (entry.record.n == 0)
		return 0;
	audit_row_fill(&row, &entry, index);
	row.not_held = archive_holds(audit->archive, index) ? 0 : 1;
	return os_sort_add(audit->rows, &row, err) != 0 ? -1 : os_check_interrupted(err);
}

int audit_log(struct audit *audit, struct err *err)
{
	struct log_check check = {.audit = audit};
	struct log_audit_calls calls = {.context = &check, .finding = take_finding, .entry = take_entry};
	int folder = os_open(audit->archive->dir, "derived", O_RDONLY | O_DIRECTORY, 0, NULL);
	int result;

	check_head(audit);
	check_ahead(audit);
	check_cosignatures(audit);
	result = os_sort_open(
		&audit->rows, folder >= 0 ? folder : AT_FDCWD, sizeof(struct audit_row), SHA256_SIZE + 8, (size_t)12 << 20, err);
	if (result == 0)
		result = log_audit(audit->archive->log, &calls, err);
	if (result == 0)
		check_conf(&check);
	for (size_t i = 0; i < KEYS_MAX; i++)
		vkey_release(&check.chain[i]);
	vkey_release(&check.recovery);
	os_close(folder);
	arena_release(&check.arena);
	return result;
}
