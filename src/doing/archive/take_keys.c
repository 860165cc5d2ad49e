/* A change of the log's key comes along with its entries (T6 in take.c). */
#include <stdlib.h>
#include <string.h>

#include "take.h"

int take_keys_entry(struct take *take, struct str text, struct err *err)
{
	uint64_t index = log_size(take->archive->log) + take->appended;

	if (!take->chained) {
		if (log_chain_begin(&take->chain, take->archive, err) != 0)
			return -1;
		take->chained = true;
		take->known_keys = take->chain.count;
	}
	return log_chain_entry(&take->chain, index, text, err);
}

/* That the changes were signed for this log, not for another with the same entries until then, the roots say. */
static int check_roots(struct take *take, struct err *err)
{
	struct hash root;

	for (size_t i = take->known_keys; i < take->chain.count; i++) {
		const struct log_change *change = &take->chain.changes[i];

		if (log_writer_root(take->writer, change->index, &root, err) != 0)
			return -1;
		if (!hash_equal(&root, &change->root))
			return err_set(err, ERR_MISMATCH,
				"entry %llu changes the log's key, and was signed for a log of another history",
				(unsigned long long)change->index);
	}
	return 0;
}

/* Newest first: what came, then what was known. */
static size_t list_keys(const struct take *take, char ***out)
{
	const struct archive *archive = take->archive;
	size_t known = take->known_keys == 0 ? 0 : archive->log_key_count - archive->log_key;
	size_t fresh = take->chain.count - take->known_keys, count = 0;

	*out = mem_array(fresh + known + 1, sizeof(**out));
	for (size_t i = take->chain.count; i-- > take->known_keys;)
		(*out)[count++] = vkey_text(&take->chain.changes[i].key);
	for (size_t i = 0; i < known; i++)
		(*out)[count++] = vkey_text(&archive->log_keys[archive->log_key + i]);
	return count;
}

/* The first time the key that this copy was made for must be among those of the log: that one was told, or compared. */
static int check_anchor(const struct take *take, char *const *keys, size_t count, struct err *err)
{
	if (take->known_keys > 0)
		return 0;
	for (size_t i = 0; i < count; i++)
		if (strcmp(keys[i], take->archive->conf.verifier) == 0)
			return 0;
	return err_set(err, ERR_MISMATCH, "the log that came never had the key %s", take->archive->conf.verifier);
}

int take_keys_settle(struct take *take, const struct note *note, struct err *err)
{
	struct archive *archive = take->archive;
	const struct vkey *tip = take->chained ? log_chain_tip(&take->chain) : NULL;
	char **keys = NULL;
	size_t count;
	int got, result = -1;

	if (tip == NULL) /* no entries: the checkpoint alone is judged, by the key that there is */
		return 0;
	if (check_roots(take, err) != 0)
		return -1;
	got = note_verify(note, tip, NULL, err);
	if (got != 1)
		return got < 0 ? -1
			       : err_set(err, ERR_MISMATCH,
					 "the checkpoint is not signed by the key that the log names last, %s+%08x", tip->name,
					 tip->id);
	count = list_keys(take, &keys);
	/* archive.conf first: a copy whose checkpoint is of a key before still opens (archive_open_log). */
	if (check_anchor(take, keys, count, err) == 0 && conf_set_keys(&archive->conf, archive->dir, keys, count, err) == 0 &&
		archive_load_keys(archive, err) == 0) {
		archive->log_key = 0;
		result = log_expect_key(archive->log, &archive->verifier, err);
	}
	for (size_t i = 0; i < count; i++)
		free(keys[i]);
	free(keys);
	return result;
}

void take_keys_end(struct take *take)
{
	log_chain_release(&take->chain);
	take->chained = false;
	take->appended = take->known_keys = 0;
}
