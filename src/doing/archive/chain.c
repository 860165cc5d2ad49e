/* The keys that a log has had, one after the other, as its entries say. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define KEYS_MAX 65

static int copy_key(struct vkey *out, const struct vkey *key, struct err *err)
{
	return vkey_make(out, str_from(key->name), key->type, key->public_key, err);
}

static int push(struct log_chain *chain, const struct vkey *key, uint64_t index, const struct hash *root, struct err *err)
{
	struct log_change *change;

	if (chain->count == KEYS_MAX)
		return err_set(err, ERR_LIMIT, "a log with more than %d keys", KEYS_MAX);
	chain->changes = mem_grow(chain->changes, chain->count + 1, sizeof(*chain->changes));
	change = &chain->changes[chain->count];
	*change = (struct log_change){.index = index, .root = *root};
	if (copy_key(&change->key, key, err) != 0)
		return -1;
	chain->count++;
	return 0;
}

static int take_genesis(struct log_chain *chain, struct str text, bool key_too, struct err *err)
{
	struct vkey key = {.name = NULL};
	struct arena arena = ARENA_INIT;
	struct entry entry;
	struct hash empty;
	int result = -1;

	if (entry_parse(&entry, text, &arena, err) != 0)
		goto out;
	if (entry.kind != ENTRY_GENESIS) {
		err_set(err, ERR_SYNTAX, "entry 0 is no genesis: this is no archive of photostat's");
		goto out;
	}
	if (vkey_parse(&chain->recovery, entry.recovery, err) != 0 || vkey_parse(&key, entry.key, err) != 0)
		goto out;
	merkle_empty(&empty);
	result = key_too ? push(chain, &key, 0, &empty, err) : 0;
out:
	vkey_release(&key);
	arena_release(&arena);
	return result;
}

int log_chain_begin(struct log_chain *chain, struct archive *archive, struct err *err)
{
	struct buf genesis = BUF_INIT;
	struct hash none;
	int result = -1;

	memset(chain, 0, sizeof(*chain));
	if (archive->log == NULL || log_size(archive->log) == 0)
		return 0;
	memset(&none, 0, sizeof(none));
	if (log_entry(archive->log, 0, &genesis, err) == 0 && take_genesis(chain, buf_view(&genesis), false, err) == 0 &&
		push(chain, &archive->log_keys[archive->log_key], 0, &none, err) == 0)
		result = 0;
	buf_release(&genesis);
	if (result != 0)
		log_chain_release(chain);
	return result;
}

int log_chain_entry(struct log_chain *chain, uint64_t index, struct str text, struct err *err)
{
	struct vkey key = {.name = NULL};
	struct arena arena = ARENA_INIT;
	struct entry entry;
	int result = -1;

	if (index == 0)
		return take_genesis(chain, text, true, err);
	/* An entry that is none is audit's business. */
	if (!str_starts(text, STR("photostat.entry/v1 key\n")) || chain->count == 0)
		return 0;
	if (entry_parse(&entry, text, &arena, err) == 0 && vkey_parse(&key, entry.key, err) == 0 &&
		entry_key_verify(&entry, &chain->changes[chain->count - 1].key, &chain->recovery, err) == 0) {
		if (entry.key_index != index)
			err_set(err, ERR_MISMATCH, "it was signed for another place of the log");
		else
			result = push(chain, &key, index, &entry.key_root, err);
	}
	if (result != 0)
		err_note(err, "entry %llu, which changes the log's key", (unsigned long long)index);
	vkey_release(&key);
	arena_release(&arena);
	return result;
}

void log_chain_keep(struct buf *out, struct str text)
{
	buf_printf(out, "key %zu\n", text.n);
	buf_str(out, text);
}

const struct vkey *log_chain_tip(const struct log_chain *chain)
{
	return chain->count == 0 ? NULL : &chain->changes[chain->count - 1].key;
}

void log_chain_release(struct log_chain *chain)
{
	for (size_t i = 0; i < chain->count; i++)
		vkey_release(&chain->changes[i].key);
	free(chain->changes);
	vkey_release(&chain->recovery);
	memset(chain, 0, sizeof(*chain));
}
