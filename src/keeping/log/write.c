/* Appending: full tiles as they fill, the edge once a batch, then the checkpoint. L1..L5 in internal.h say what is durable before what. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

#include "writer.h"

#define WRITE_SOON_LEAST (32u << 10)

/* ---- opening ----------------------------------------------------------------------------------------------------------------- */

static struct tile edge_bundle(uint64_t size)
{
	return (struct tile){TILE_ENTRIES, size / TILE_WIDTH, (unsigned)(size % TILE_WIDTH)};
}

/* Remembers that the tile's folder of partials is there, to collect it once. */
static void remember_partial(struct log_writer *w, const struct tile *tile)
{
	for (size_t i = 0; i < w->partial_count; i++)
		if (w->partials[i].level == tile->level && w->partials[i].index == tile->index)
			return;
	if (w->partial_count == w->partial_room) {
		w->partial_room = w->partial_room != 0 ? 2 * w->partial_room : 16;
		w->partials = mem_grow(w->partials, w->partial_room, sizeof(*w->partials));
	}
	w->partials[w->partial_count++] = *tile;
}

static void remember_partials(struct log_writer *w)
{
	struct tile tiles[EDGE_LEVELS], bundle = edge_bundle(w->edge.size);
	const struct hash *hashes[EDGE_LEVELS];
	size_t count = edge_partials(&w->edge, tiles, hashes);

	for (size_t i = 0; i < count; i++)
		remember_partial(w, &tiles[i]);
	if (bundle.width != 0)
		remember_partial(w, &bundle);
}

/* The last, partial bundle, each entry compared with its leaf: what is written again must be what was committed. */
static int load_bundle(struct log_writer *w, const struct tree *tree, struct err *err)
{
	struct tile tile = edge_bundle(w->edge.size), leaves_tile = {0, tile.index, tile.width};
	struct tree leaves_of = *tree;
	struct bundle *bundle = NULL;
	struct hash leaves[TILE_WIDTH];
	int result = -1;

	if (tile.width == 0)
		return 0;
	bundle = mem_alloc(sizeof(*bundle));
	if (bundle_read(tree, tile.index, bundle, err) != 0 || tree_read(&leaves_of, &leaves_tile, leaves, err) != 0)
		goto out;
	for (unsigned i = 0; i < tile.width; i++)
		if (!bundle_matches(bundle, i, &leaves[i])) {
			tile_damaged(w->log, &tile, err, "entry %llu does not hash to its leaf in the level-0 tile",
				(unsigned long long)tile.index * TILE_WIDTH + i);
			goto out;
		}
	/* A full bundle that stands in for the partial one goes on behind. */
	buf_add(&w->bundle, bundle->bytes.p, bundle->start[tile.width] - 2);
	result = buf_check(&w->bundle, "the last bundle", err);
out:
	buf_release(&bundle->bytes);
	free(bundle);
	return result;
}

/* At a size that the checkpoint has or that the caller vouches for. */
static int open_at(struct log_writer **out, struct log *log, uint64_t size, const struct hash *expected, struct err *err)
{
	struct log_writer *w = mem_alloc(sizeof(*w));
	struct tree tree = {.log = log, .size = size, .strict = false};
	struct tile_reader reader = {.read = tree_read, .context = &tree};
	struct hash root;

	w->log = log;
	w->bundle.max = BUNDLE_MAX;
	if (edge_load(&w->edge, &reader, size, err) != 0)
		goto fail;
	edge_root(&w->edge, &root);
	if (!hash_equal(&root, expected)) {
		err_set(err, ERR_MISMATCH, "the last tiles of %s do not hash to the %s: run `photostat audit --log-only`",
			log->path, size == log->size ? "checkpoint's root" : "root that they had");
		goto fail;
	}
	if (load_bundle(w, &tree, err) != 0)
		goto fail;
	w->size = w->reported = w->stored = size;
	w->published = log->size;
	w->hashed = w->bundle.n;
	w->state = WRITER_VERIFIED;
	w->verified_root = root;
	remember_partials(w);
	*out = w;
	return 0;
fail:
	log_writer_free(w);
	return -1;
}

int log_writer_open(struct log_writer **out, struct log *log, struct err *err)
{
	*out = NULL;
	return log_refresh(log, err) != 0 ? -1 : open_at(out, log, log->size, &log->root, err);
}

int log_writer_resume(struct log_writer **out, struct log *log, uint64_t size, const struct hash *root, struct err *err)
{
	*out = NULL;
	if (log_refresh(log, err) != 0)
		return -1;
	if (size < log->size)
		return err_set(
			err, ERR_USAGE, "the checkpoint of %s covers more than %llu entries", log->path, (unsigned long long)size);
	return open_at(out, log, size, root, err);
}

uint64_t log_writer_size(const struct log_writer *w)
{
	return w->size;
}

void log_writer_free(struct log_writer *w)
{
	if (w == NULL)
		return;
	hashing_end(w);
	edge_release(&w->edge);
	buf_release(&w->bundle);
	free(w->partials);
	free(w);
}

/* ---- files ------------------------------------------------------------------------------------------------------------------------ */

static int make_parents(struct log_writer *w, const char *path, struct err *err)
{
	char parent[TILE_PATH_MAX];
	const char *slash = strrchr(path, '/');

	memcpy(parent, path, (size_t)(slash - path));
	parent[slash - path] = '\0';
	return os_mkdirs(w->log->dir, parent, err);
}

/* As os_write_new; the disk begins with what is large, so that less is left for the sync. */
static int write_new(int dir, const char *path, struct str content, struct err *err)
{
	int fd, result;

	if (content.n < WRITE_SOON_LEAST)
		return os_write_new(dir, path, content, 0644, err);
	fd = os_open(dir, path, O_WRONLY | O_CREAT | O_EXCL, 0644, err);
	if (fd < 0)
		return -1;
	result = os_write(fd, content.p, content.n, path, err);
	if (result == 0)
		os_write_soon(fd, 0, content.n);
	if (os_close_written(fd, path, result == 0 ? err : NULL) != 0)
		result = -1;
	return result; /* half a file lies under a name that nothing needs (L3) */
}

int write_file(struct log_writer *w, const struct tile *tile, const void *bytes, size_t n, struct err *err)
{
	struct str content = {bytes, n};
	struct err why = ERR_INIT;
	char path[TILE_PATH_MAX];
	int result = -1;

	tile_path(path, tile);
	for (int attempt = 0; attempt < 3; attempt++) {
		err_clear(&why);
		result = write_new(w->log->dir, path, content, &why);
		if (result == 0)
			return 0;
		if (why.code == ERR_NOT_FOUND)
			result = make_parents(w, path, &why);
		else if (why.code == ERR_EXISTS)
			result = os_unlink(w->log->dir, path, &why);
		if (result != 0)
			break;
		result = -1;
	}
	if (err != NULL)
		*err = why;
	return err_note(err, "%s", w->log->path);
}

static int failed(struct log_writer *w, struct err *err)
{
	return err_set(err, ERR_CONFLICT, "an earlier error ended this batch of %s", w->log->path);
}

/* The bundle is full: to the disk and into the edge. */
static int end_bundle(struct log_writer *w, struct err *err)
{
	struct tile tile = {TILE_ENTRIES, w->size / TILE_WIDTH - 1, TILE_WIDTH};
	struct str bytes;

	if (hashing_give(w, &bytes, err) != 0 || write_file(w, &tile, bytes.p, bytes.n, err) != 0)
		return -1;
	if (w->bundle.cap > BUNDLE_KEPT_MAX)
		buf_release(&w->bundle);
	buf_clear(&w->bundle);
	w->hashed = 0;
	w->leaf_count = 0;
	return 0;
}

int log_append(struct log_writer *w, struct str entry, uint64_t *index, struct err *err)
{
	if (w->state == WRITER_FAILED)
		return failed(w, err);
	if (entry.n > ENTRY_MAX)
		return err_set(err, ERR_LIMIT, "an entry of %zu bytes does not fit into a log: at most %d", entry.n, ENTRY_MAX);
	w->state = WRITER_FAILED;
	buf_be16(&w->bundle, (uint16_t)entry.n);
	buf_str(&w->bundle, entry);
	if (buf_check(&w->bundle, "the last bundle", err) != 0)
		return -1;
	if (w->leaf_count < LEAVES_MAX && w->size % TILE_WIDTH == w->leaf_count)
		merkle_leaf(entry, &w->leaves[w->leaf_count++]);
	if (index != NULL)
		*index = w->size;
	w->size++;
	if (w->size % TILE_WIDTH == 0 && end_bundle(w, err) != 0)
		return -1;
	w->state = WRITER_APPENDED;
	return 0;
}

/* All that was appended into the edge. */
static int hash_rest(struct log_writer *w, struct err *err)
{
	if (hashing_wait(w, err) != 0)
		return -1;
	if (w->bundle.n != w->hashed &&
		hash_entries(w, (struct str){w->bundle.p + w->hashed, w->bundle.n - w->hashed}, w->leaves, w->leaf_count, err) != 0)
		return -1;
	w->hashed = w->bundle.n;
	w->leaf_count = 0;
	return w->edge.size == w->size ? 0 : err_set(err, ERR_INTERNAL, "%s: entries were lost on the way", w->log->path);
}

int log_writer_leaves(struct log_writer *w, uint64_t index, unsigned count, struct hash leaves[TILE_WIDTH], struct err *err)
{
	struct tile tile = {0, index, count};
	struct tile tiles[EDGE_LEVELS];
	const struct hash *hashes[EDGE_LEVELS];
	struct tree tree = {.log = w->log, .strict = false};
	enum writer_state before = w->state;

	if (w->state == WRITER_FAILED)
		return failed(w, err);
	if (count == 0 || count > tile_width(0, index, w->size))
		return err_set(err, ERR_USAGE, "%s has no such entries", w->log->path);
	w->state = WRITER_FAILED;
	if (hash_rest(w, err) != 0)
		return -1;
	if (index == w->edge.size / TILE_WIDTH) {
		(void)edge_partials(&w->edge, tiles, hashes); /* the lowest level first: its tile is not empty */
		memcpy(leaves, hashes[0], count * sizeof(leaves[0]));
	} else {
		tree.size = w->edge.size;
		if (tree_read(&tree, &tile, leaves, err) != 0)
			return -1;
	}
	w->state = before;
	return 0;
}

/* ---- the edge ------------------------------------------------------------------------------------------------------------------------ */

/* Where every file needs an fsync of its own: this one, and the folders above it up to the log's. */
static int report(
	struct log_writer *w, struct os_batch *batch, const struct tile *tile, char last_parent[TILE_PATH_MAX], struct err *err)
{
	char path[TILE_PATH_MAX];
	char *slash;

	tile_path(path, tile);
	if (os_batch_wrote(batch, w->log->dir, path, err) != 0)
		return -1;
	slash = strrchr(path, '/');
	*slash = '\0';
	if (strcmp(path, last_parent) == 0)
		return 0;
	memcpy(last_parent, path, TILE_PATH_MAX);
	for (; slash != NULL; slash = strrchr(path, '/')) {
		*slash = '\0';
		if (os_batch_wrote_dir(batch, w->log->dir, path, err) != 0)
			return -1;
	}
	return os_batch_wrote_dir(batch, w->log->dir, ".", err);
}

/* All files that became full since the last edge. */
static int report_full(struct log_writer *w, struct os_batch *batch, struct err *err)
{
	char last_parent[TILE_PATH_MAX] = "";

	for (int level = TILE_ENTRIES; level < EDGE_LEVELS; level++) {
		unsigned shift = 8 * (unsigned)((level < 0 ? 0 : level) + 1);
		uint64_t first = shift < 64 ? w->reported >> shift : 0, end = shift < 64 ? w->edge.size >> shift : 0;
		for (uint64_t index = first; index < end; index++)
			if (report(w, batch, &(struct tile){level, index, TILE_WIDTH}, last_parent, err) != 0)
				return -1;
	}
	return 0;
}

/* Partial tiles that the published checkpoint has as they are stay untouched (L2), and so do those that are stored already (L7). */
static bool is_there(const struct log_writer *w, const struct tile *tile)
{
	int level = tile->level == TILE_ENTRIES ? 0 : tile->level;

	return tile_width(level, tile->index, w->published) == tile->width ||
	       tile_width(level, tile->index, w->stored) == tile->width;
}

static int write_partial(
	struct log_writer *w, struct os_batch *batch, const struct tile *tile, const void *bytes, size_t n, struct err *err)
{
	char last_parent[TILE_PATH_MAX] = "";

	if (is_there(w, tile))
		return 0;
	if (write_file(w, tile, bytes, n, err) != 0)
		return -1;
	return os_batch_per_file(batch) ? report(w, batch, tile, last_parent, err) : 0;
}

int log_write_edge(struct log_writer *w, struct os_batch *batch, struct err *err)
{
	struct tile tiles[EDGE_LEVELS], bundle = edge_bundle(w->size);
	const struct hash *hashes[EDGE_LEVELS];
	size_t count;

	if (w->state == WRITER_FAILED)
		return failed(w, err);
	w->state = WRITER_FAILED;
	if (hash_rest(w, err) != 0)
		return -1;
	if (os_batch_per_file(batch) && report_full(w, batch, err) != 0)
		return -1;
	count = edge_partials(&w->edge, tiles, hashes);
	for (size_t i = 0; i < count; i++)
		if (write_partial(w, batch, &tiles[i], hashes[i], tiles[i].width * sizeof(struct hash), err) != 0)
			return -1;
	if (bundle.width != 0 && write_partial(w, batch, &bundle, w->bundle.p, w->bundle.n, err) != 0)
		return -1;
	remember_partials(w);
	w->reported = w->edge.size;
	w->state = WRITER_EDGE_WRITTEN;
	return 0;
}

/* The stored last bundle is byte for byte what was appended. */
static int verify_bundle(const struct tree *stored, struct str expected, struct err *err)
{
	struct tile tile = edge_bundle(stored->size);
	struct buf bytes = BUF_INIT;
	char path[TILE_PATH_MAX];
	int result = -1;

	if (tile.width == 0)
		return 0;
	tile_path(path, &tile);
	if (os_read_file(stored->log->dir, path, BUNDLE_MAX, &bytes, err) != 0)
		err_note(err, "%s", stored->log->path);
	else if (!str_equal(buf_view(&bytes), expected))
		tile_damaged(stored->log, &tile, err, "what was read back is not what was written");
	else
		result = 0;
	buf_release(&bytes);
	return result;
}

int log_writer_verify(struct log_writer *w, uint64_t *size, struct hash *root, struct err *err)
{
	struct tree stored = {.log = w->log, .size = w->edge.size, .strict = w->edge.size != w->published};
	struct tile_reader reader = {.read = tree_read, .context = &stored};
	struct hash expected;

	if (w->state == WRITER_FAILED)
		return failed(w, err);
	if (w->state == WRITER_APPENDED)
		return err_set(err, ERR_INTERNAL, "the edge of %s is not written yet", w->log->path);
	w->state = WRITER_FAILED;
	edge_root(&w->edge, &expected);
	if (w->edge.size == 0)
		merkle_empty(root);
	else if (tiles_root(&reader, w->edge.size, root, err) != 0)
		return -1;
	if (!hash_equal(root, &expected))
		return err_set(err, ERR_MISMATCH,
			"the tiles of %s that were read back do not hash to the root of what was appended", w->log->path);
	if (stored.strict && verify_bundle(&stored, buf_view(&w->bundle), err) != 0)
		return -1;
	w->stored = w->edge.size;
	*size = w->edge.size;
	w->verified_root = expected;
	w->state = WRITER_VERIFIED;
	return 0;
}

/* The beginning of the last bundle: its first entries. */
static struct str bundle_beginning(const struct log_writer *w, unsigned count)
{
	struct str rest = buf_view(&w->bundle), entry;

	while (count > 0 && bundle_next(&rest, &entry, NULL) == 1)
		count--;
	return (struct str){w->bundle.p, (size_t)(rest.p - w->bundle.p)};
}

int log_write_earlier_edge(struct log_writer *w, uint64_t size, struct os_batch *batch, struct err *err)
{
	struct tile tiles[EDGE_LEVELS], bundle = edge_bundle(size);
	const struct hash *hashes[EDGE_LEVELS];
	size_t count;

	if (w->state == WRITER_FAILED)
		return failed(w, err);
	if (w->state != WRITER_VERIFIED || size > w->edge.size || size < w->published)
		return err_set(err, ERR_INTERNAL, "%s has no edge at %llu entries", w->log->path, (unsigned long long)size);
	w->state = WRITER_FAILED;
	count = edge_partials(&w->edge, tiles, hashes);
	for (size_t i = 0; i < count; i++) {
		struct tile tile = tiles[i];

		/* It was narrower, or not there; or another one was the last, and is full now. */
		tile.width = tile_width(tile.level, tile.index, size);
		if (tile.width != 0 && write_partial(w, batch, &tile, hashes[i], tile.width * sizeof(struct hash), err) != 0)
			return -1;
	}
	if (bundle.width != 0 && bundle.index == w->edge.size / TILE_WIDTH) {
		struct str bytes = bundle_beginning(w, bundle.width);

		if (write_partial(w, batch, &bundle, bytes.p, bytes.n, err) != 0)
			return -1;
	}
	w->state = WRITER_VERIFIED;
	return 0;
}

/* What is stored of a smaller size, read back: the same promise as log_writer_verify gives for the last. */
static int verify_earlier(struct log_writer *w, uint64_t size, struct hash *root, struct err *err)
{
	struct tree stored = {.log = w->log, .size = size, .strict = false};
	struct tile_reader reader = {.read = tree_read, .context = &stored};
	struct tile bundle = edge_bundle(size);

	if (size < w->published)
		return err_set(err, ERR_MISMATCH, "%s has %llu entries already", w->log->path, (unsigned long long)w->published);
	if (tiles_root(&reader, size, root, err) != 0)
		return -1;
	return bundle.width != 0 && bundle.index == w->edge.size / TILE_WIDTH
		       ? verify_bundle(&stored, bundle_beginning(w, bundle.width), err)
		       : 0;
}

int log_writer_root(struct log_writer *w, uint64_t size, struct hash *root, struct err *err)
{
	struct tree stored = {.log = w->log, .size = w->edge.size, .strict = false};
	const struct tile_reader reader = {.read = tree_read, .context = &stored};

	if (w->state != WRITER_VERIFIED)
		return err_set(err, ERR_INTERNAL, "the edge of %s is not verified yet", w->log->path);
	if (size == 0) {
		merkle_empty(root);
		return 0;
	}
	return tiles_root(&reader, size, root, err);
}

int log_publish(struct log_writer *w, struct str checkpoint_note, struct err *err)
{
	struct buf note = BUF_INIT;
	struct hash root, earlier;
	uint64_t size;
	int result = -1;

	if (w->state == WRITER_FAILED)
		return failed(w, err);
	if (w->state != WRITER_VERIFIED)
		return err_set(err, ERR_INTERNAL, "the edge of %s is not verified yet", w->log->path);
	buf_str(&note, checkpoint_note);
	if (buf_check(&note, "the checkpoint", err) != 0 || checkpoint_check(w->log, checkpoint_note, &size, &root, err) != 0)
		goto out;
	if (size < w->edge.size && verify_earlier(w, size, &earlier, err) != 0)
		goto out;
	if (size > w->edge.size || !hash_equal(&root, size < w->edge.size ? &earlier : &w->verified_root)) {
		err_set(err, ERR_MISMATCH, "the checkpoint to publish is not of the tree of %llu entries that was verified",
			(unsigned long long)w->edge.size);
		goto out;
	}
	if (os_replace(w->log->dir, "checkpoint", checkpoint_note, 0644, err) != 0) {
		w->state = WRITER_FAILED;
		err_note(err, "%s", w->log->path);
		goto out;
	}
	snapshot_take(w->log, &note, size, &root);
	w->published = size;
	result = 0;
out:
	buf_release(&note);
	return result;
}

int log_recosign(struct log *log, struct str checkpoint_note, struct err *err)
{
	struct buf present = BUF_INIT, note = BUF_INIT;
	struct note disk, new;
	struct hash root;
	uint64_t size;
	int result = -1;

	buf_str(&note, checkpoint_note);
	if (buf_check(&note, "the checkpoint", err) != 0 || checkpoint_check(log, checkpoint_note, &size, &root, err) != 0)
		goto out;
	if (os_read_file(log->dir, "checkpoint", NOTE_MAX, &present, err) != 0 || note_parse(&disk, buf_view(&present), err) != 0 ||
		note_parse(&new, checkpoint_note, err) != 0) {
		err_note(err, "%s/checkpoint", log->path);
		goto out;
	}
	if (!str_equal(disk.text, new.text) || size != log->size || !hash_equal(&root, &log->root)) {
		err_set(err, ERR_MISMATCH, "%s/checkpoint is not the one that was cosigned", log->path);
		goto out;
	}
	if (os_replace(log->dir, "checkpoint", checkpoint_note, 0644, err) != 0) {
		err_note(err, "%s", log->path);
		goto out;
	}
	snapshot_take(log, &note, size, &root);
	result = 0;
out:
	buf_release(&present);
	buf_release(&note);
	return result;
}
