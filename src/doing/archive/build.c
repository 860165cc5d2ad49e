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
	builder->count = 0;
	builder->bytes = 0;
	arena_release(&builder->arena);
}

void builder_abandon(struct builder *builder)
{
	if (builder->stage == NULL)
		return;
	reset(builder);
	(void)stage_discard(batch_fd(builder->batch), builder->staged, NULL);
}

void builder_release(struct builder *builder)
{
	reset(builder);
	free(builder->leaves);
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

static void begin(struct builder *builder, struct batch *batch, struct str id)
{
	reset(builder);
	builder->batch = batch;
	builder->id = arena_str(&builder->arena, id);
	batch_name(batch, builder->staged);
}

int builder_begin_object(struct builder *builder, struct batch *batch, struct str id, struct err *err)
{
	begin(builder, batch, id);
	builder->is_new = true;
	builder->version = 1;
	builder->previous = ENTRY_NONE;
	return stage_new_object(&builder->stage, builder->archive->store, batch_fd(batch), builder->staged, builder->id, err);
}

int builder_begin_version(struct builder *builder, struct batch *batch, struct str id, const struct archive_version *head,
	uint64_t last_index, struct err *err)
{
	begin(builder, batch, id);
	builder->is_new = false;
	builder->version = head->version + 1;
	builder->previous = last_index;
	return stage_new_version(&builder->stage, builder->archive->store, batch_fd(batch), builder->staged, builder->id,
		builder->version, &head->inventory, err);
}

static void add_leaf(struct builder *builder, struct str path, const struct digest *digest, uint64_t size)
{
	if (builder->count == builder->capacity) {
		builder->capacity = builder->capacity == 0 ? 8 : builder->capacity * 2;
		builder->leaves = mem_grow(builder->leaves, builder->capacity, sizeof(*builder->leaves));
	}
	builder->leaves[builder->count++] =
		(struct leaf){.kind = LEAF_FILE, .path = arena_str(&builder->arena, path), .size = size, .digest = *digest};
	builder->bytes += size;
}

int builder_add_fd(struct builder *builder, struct str path, int fd, const char *shown, struct err *err)
{
	struct digest digest;
	uint64_t size;

	if (stage_add_fd(builder->stage, path, fd, shown, &digest, &size, err) != 0)
		return -1;
	add_leaf(builder, path, &digest, size);
	return 0;
}

int builder_add_bytes(struct builder *builder, struct str path, struct str content, struct err *err)
{
	struct digest digest;

	if (stage_add_bytes(builder->stage, path, content, &digest, err) != 0)
		return -1;
	add_leaf(builder, path, &digest, content.n);
	return 0;
}

int builder_keep(struct builder *builder, struct str path, const struct digest *digest, uint64_t size, struct err *err)
{
	if (stage_keep(builder->stage, path, err) != 0)
		return -1;
	add_leaf(builder, path, digest, size);
	return 0;
}

int builder_finish(struct builder *builder, int64_t time, struct str message, struct err *err)
{
	struct archive *archive = builder->archive;
	unsigned char seed[SEED_SIZE];
	struct stage_version_info info = {.created = time, .message = message, .user_name = STR("photostat")};
	struct entry entry = {.kind = ENTRY_VERSION};
	struct batch_item item = {.kind = builder->is_new ? ITEM_OBJECT : ITEM_VERSION};
	struct contents *contents = NULL;
	struct digest digest;
	struct buf address = BUF_INIT;
	int result = -1;

	random_bytes(seed, sizeof(seed));
	buf_text(&address, "https://");
	buf_str(&address, archive_origin(archive));
	info.user_address = buf_view(&address);
	if (contents_make(&contents, archive_origin(archive), builder->id, builder->version, seed, builder->leaves, builder->count,
		    err) != 0)
		goto out;
	contents_root(contents, &entry.contents);
	if (stage_add_bytes(builder->stage, STR(SEED_NAME), (struct str){(const char *)seed, sizeof(seed)}, &digest, err) != 0)
		goto out;
	if (stage_end_version(builder->stage, &info, &entry.inventory, err) != 0 ||
		stage_wrote(builder->stage, batch_os(builder->batch), err) != 0)
		goto out;
	entry.origin = archive_origin(archive);
	entry.record = builder->id;
	entry.version = builder->version;
	entry.previous = builder->previous;
	entry.time = time;
	buf_clear(&builder->entry_text);
	if (entry_format(&builder->entry_text, &entry, err) != 0)
		goto out;
	item.staged = str_from(builder->staged);
	item.id = builder->id;
	item.version = builder->version;
	if (batch_add(builder->batch, &item, buf_view(&builder->entry_text), err) != 0)
		goto out;
	batch_bytes(builder->batch, builder->bytes);
	reset(builder);
	result = 0;
out:
	contents_free(contents);
	buf_release(&address);
	mem_wipe(seed, sizeof(seed));
	return result;
}
