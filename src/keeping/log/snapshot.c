/* The log's folder and the checkpoint that a handle has taken. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

int log_create(int dir, const char *path, struct err *err)
{
	struct buf tiles = BUF_INIT;
	int result;

	buf_text(&tiles, path);
	buf_text(&tiles, "/tile");
	result = buf_check(&tiles, path, err);
	if (result == 0)
		result = os_mkdirs(dir, tiles.p, err);
	buf_release(&tiles);
	return result;
}

int checkpoint_check(const struct log *log, struct str bytes, uint64_t *size, struct hash *root, struct err *err)
{
	struct checkpoint checkpoint;
	struct note note;

	if (note_parse(&note, bytes, err) != 0 || checkpoint_parse(&checkpoint, note.text, err) != 0)
		return err_note(err, "%s/checkpoint", log->path);
	if (log->has_key) {
		if (!str_equal(checkpoint.origin, str_from(log->key.name)))
			return err_set(err, ERR_MISMATCH, "%s/checkpoint is of another log: %.*s, not %s", log->path,
				STR_ARG(checkpoint.origin), log->key.name);
		int signatures = note_verify(&note, &log->key, NULL, err);
		if (signatures < 0)
			return err_note(err, "%s/checkpoint", log->path);
		if (signatures == 0)
			return err_set(err, ERR_MISMATCH, "%s/checkpoint is not signed by the log's key", log->path);
	}
	*size = checkpoint.size;
	*root = checkpoint.root;
	return 0;
}

void snapshot_take(struct log *log, struct buf *note, uint64_t size, const struct hash *root)
{
	struct buf old = log->note;

	log->note = *note;
	log->note_good = true;
	*note = old;
	log->size = size;
	log->root = *root;
	log->tree.size = size;
	/* A partial bundle or tile may have grown. */
	log->bundle.count = 0;
	log->leaves_count = 0;
}

static int read_checkpoint(const struct log *log, struct buf *note, uint64_t *size, struct hash *root, struct err *err)
{
	struct err local = ERR_INIT;

	if (os_read_file(log->dir, "checkpoint", NOTE_MAX, note, &local) == 0) {
		/* A server asks before each answer: what is as it was needs no second look. */
		if (log->note_good && log->note.n > 0 && str_equal(buf_view(note), buf_view(&log->note))) {
			*size = log->size;
			*root = log->root;
			return 0;
		}
		return checkpoint_check(log, buf_view(note), size, root, err);
	}
	if (local.code == ERR_NOT_FOUND) {
		*size = 0;
		merkle_empty(root);
		return 0;
	}
	if (err != NULL)
		*err = local;
	return err_note(err, "%s", log->path);
}

int log_open(struct log **out, int dir, const char *path, const struct vkey *key, struct err *err)
{
	struct log *log = mem_alloc(sizeof(*log));
	struct buf note = BUF_INIT;
	struct hash root;
	uint64_t size;
	int result = -1;

	*out = NULL;
	log->path = mem_dup(str_from(path));
	log->tree = (struct tree){.log = log, .size = 0, .strict = false};
	log->reader = (struct tile_reader){.read = tree_read, .context = &log->tree};
	log->dir = os_open(dir, path, O_RDONLY | O_DIRECTORY, 0, err);
	if (log->dir < 0)
		goto out;
	if (key != NULL) {
		if (vkey_make(&log->key, str_from(key->name), key->type, key->public_key, err) != 0)
			goto out;
		log->has_key = true;
	}
	if (read_checkpoint(log, &note, &size, &root, err) != 0)
		goto out;
	snapshot_take(log, &note, size, &root);
	*out = log;
	result = 0;
out:
	buf_release(&note);
	if (result != 0)
		log_free(log);
	return result;
}

int log_expect_key(struct log *log, const struct vkey *key, struct err *err)
{
	struct vkey copy;

	if (vkey_make(&copy, str_from(key->name), key->type, key->public_key, err) != 0)
		return -1;
	if (log->has_key)
		vkey_release(&log->key);
	log->key = copy;
	log->has_key = true;
	log->note_good = false;
	return 0;
}

void log_free(struct log *log)
{
	if (log == NULL)
		return;
	os_close(log->dir);
	if (log->has_key)
		vkey_release(&log->key);
	buf_release(&log->note);
	buf_release(&log->scratch);
	buf_release(&log->bundle.bytes);
	free(log->path);
	free(log);
}

/* The tiles prove that a tree of `size` with `root` goes on from the snapshot. */
static int extends(struct log *log, uint64_t size, const struct hash *root, struct err *err)
{
	struct tree tree = {.log = log, .size = size, .strict = false};
	struct tile_reader reader = {.read = tree_read, .context = &tree};
	struct merkle_proof proof;

	if (log->size == 0)
		return 0;
	if (tiles_consistency(&reader, log->size, size, &proof, err) != 0)
		return -1;
	if (merkle_verify_consistency(log->size, &log->root, size, root, &proof, err) != 0)
		return err_note(err, "%s/checkpoint does not continue the log of %llu entries that was read before", log->path,
			(unsigned long long)log->size);
	return 0;
}

int log_refresh(struct log *log, struct err *err)
{
	struct buf note = BUF_INIT;
	struct hash root;
	uint64_t size;
	int result = -1;

	if (read_checkpoint(log, &note, &size, &root, err) != 0)
		goto out;
	if (size < log->size || (size == log->size && !hash_equal(&root, &log->root))) {
		err_set(err, ERR_MISMATCH, "%s/checkpoint went from %llu entries to %s%llu: somebody put other files there",
			log->path, (unsigned long long)log->size, size == log->size ? "another tree of " : "",
			(unsigned long long)size);
		goto out;
	}
	if (size > log->size && extends(log, size, &root, err) != 0)
		goto out;
	/* The same size may carry more signatures now. */
	if (!str_equal(buf_view(&note), buf_view(&log->note)))
		snapshot_take(log, &note, size, &root);
	log->note_good = true;
	result = 0;
out:
	buf_release(&note);
	return result;
}

uint64_t log_size(const struct log *log)
{
	return log->size;
}

const struct hash *log_root(const struct log *log)
{
	return &log->root;
}

struct str log_checkpoint(const struct log *log)
{
	return buf_view(&log->note);
}

int log_fd(const struct log *log)
{
	return log->dir;
}

const struct tile_reader *log_tiles(struct log *log)
{
	return &log->reader;
}
