/* Building one version: files into a stage, leaves into a contents tree, the entry into a batch. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

void builder_init(struct builder *builder, struct archive *archive)
{
	memset(builder, 0, sizeof(*builder));
	builder->archive = archive;
	builder->entry_text.max = ENTRY_MAX;
}

static void reset(struct builder *builder)
{
	stage_free(builder->stage);
	builder->stage = NULL;
	contents_free(builder->contents);
	builder->contents = NULL;
	builder->bytes = 0;
	arena_release(&builder->arena);
}

void builder_abandon(struct builder *builder)
{
	if (builder->stage == NULL)
		return;
	reset(builder);
	(void)stage_discard(builder->folder, builder->staged, NULL);
}

void builder_release(struct builder *builder)
{
	reset(builder);
	free(builder->media_types);
	free(builder->modified);
	buf_release(&builder->entry_text);
	memset(builder, 0, sizeof(*builder));
}

void builder_expect(struct builder *builder, size_t count)
{
	if (count <= builder->expected)
		return;
	builder->media_types = mem_grow(builder->media_types, count, sizeof(*builder->media_types));
	builder->modified = mem_grow(builder->modified, count, sizeof(*builder->modified));
	builder->expected = count;
}

void builder_prepare(
	struct builder *builder, struct batch *batch, struct str id, const struct archive_version *head, uint64_t last_index)
{
	reset(builder);
	builder->folder = batch_fd(batch);
	builder->id = arena_str(&builder->arena, id);
	builder->version = head == NULL ? 1 : head->version + 1;
	builder->previous = head == NULL ? ENTRY_NONE : last_index;
	if (head != NULL)
		builder->before = head->inventory;
	batch_name(batch, builder->staged);
	if (head == NULL)
		batch_expect(batch, id);
}

int builder_begin(struct builder *builder, struct store *store, struct err *err)
{
	builder->contents = contents_new();
	if (builder->version == 1)
		return stage_new_object(&builder->stage, store, builder->folder, builder->staged, builder->id, err);
	return stage_new_version(
		&builder->stage, store, builder->folder, builder->staged, builder->id, builder->version, &builder->before, err);
}

static int add_leaf(struct builder *builder, struct str path, const struct digest *digest, uint64_t size, struct err *err)
{
	builder->bytes += size;
	return contents_add(builder->contents,
		&(struct leaf){.kind = LEAF_FILE, .path = arena_str(&builder->arena, path), .size = size, .digest = *digest}, err);
}

int builder_add_fd(struct builder *builder, struct str path, int fd, const char *shown, struct err *err)
{
	struct digest digest;
	uint64_t size;

	if (stage_add_fd(builder->stage, path, fd, shown, &digest, &size, err) != 0)
		return -1;
	return add_leaf(builder, path, &digest, size, err);
}

int builder_add_bytes(struct builder *builder, struct str path, struct str content, struct err *err)
{
	struct digest digest;

	if (stage_add_bytes(builder->stage, path, content, &digest, err) != 0)
		return -1;
	return add_leaf(builder, path, &digest, content.n, err);
}

int builder_keep(struct builder *builder, struct str path, const struct digest *digest, uint64_t size, struct err *err)
{
	if (stage_keep(builder->stage, path, err) != 0)
		return -1;
	return add_leaf(builder, path, digest, size, err);
}

int builder_finish(struct builder *builder, int64_t time, struct str message, struct err *err)
{
	struct archive *archive = builder->archive;
	unsigned char seed[SEED_SIZE];
	struct stage_version_info info = {.created = time, .message = message, .user_name = STR("photostat")};
	struct entry entry = {.kind = ENTRY_VERSION};
	struct digest digest;
	struct buf address = BUF_INIT;
	int result = -1;

	random_bytes(seed, sizeof(seed));
	buf_text(&address, "https://");
	buf_str(&address, archive_origin(archive));
	info.user_address = buf_view(&address);
	if (contents_seal(builder->contents, archive_origin(archive), builder->id, builder->version, seed, err) != 0)
		goto out;
	contents_root(builder->contents, &entry.contents);
	/* Of a record of many files it would stay beside the inventory that is written. */
	contents_free(builder->contents);
	builder->contents = NULL;
	if (stage_add_bytes(builder->stage, STR(SEED_NAME), (struct str){(const char *)seed, sizeof(seed)}, &digest, err) != 0)
		goto out;
	if (stage_end_version(builder->stage, &info, &entry.inventory, err) != 0)
		goto out;
	entry.origin = archive_origin(archive);
	entry.record = builder->id;
	entry.version = builder->version;
	entry.previous = builder->previous;
	entry.time = time;
	buf_clear(&builder->entry_text);
	result = entry_format(&builder->entry_text, &entry, err);
out:
	buf_release(&address);
	mem_wipe(seed, sizeof(seed));
	return result;
}

int builder_hand_over(struct builder *builder, struct batch *batch, struct err *err)
{
	struct batch_item item = {.kind = builder->version == 1 ? ITEM_OBJECT : ITEM_VERSION,
		.staged = str_from(builder->staged),
		.id = builder->id,
		.version = builder->version};

	if (stage_wrote(builder->stage, batch_os(batch), err) != 0 ||
		batch_add(batch, &item, buf_view(&builder->entry_text), err) != 0)
		return -1;
	batch_bytes(batch, builder->bytes);
	reset(builder);
	return 0;
}
