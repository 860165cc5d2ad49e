/* A record's description, read and replaced: every change is a new version. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

int archive_get_record(struct archive *archive, struct str id, uint64_t number, struct record **out, struct err *err)
{
	struct object_version *object = NULL;
	struct archive_version version;
	struct buf text = BUF_INIT;
	int result = -1;

	if (archive_open_version(archive, id, number, &object, &version, err) != 0)
		goto out;
	if (object_read_file(object, STR(RECORD_NAME), RECORD_BYTES_MAX, &text, err) != 0) {
		(void)archive_explain(archive, id, err);
		goto out;
	}
	object_free(object);
	object = NULL;
	result = record_parse(out, buf_view(&text), RECORD_STORED, err);
out:
	object_free(object);
	buf_release(&text);
	return result;
}

static int keep_files(struct builder *builder, const struct object_version *object, struct err *err)
{
	for (size_t i = 0; i < object_count(object); i++) {
		struct object_file file;
		struct stat status;

		object_file(object, i, &file);
		if (str_equal(file.path, STR(SEED_NAME)) || str_equal(file.path, STR(RECORD_NAME)))
			continue;
		if (os_stat(object_fd(object), file.content_path.p, &status, err) != 0 ||
			builder_keep(builder, file.path, &file.digest, (uint64_t)status.st_size, err) != 0)
			return -1;
	}
	return 0;
}

/* *object is freed once its files are taken over: of a record of many files it would stay beside tree and inventory, and so would its
 * description's text. */
static int build(struct archive *archive, struct batch *batch, struct builder *builder, struct str id, struct record *record,
	const struct archive_version *head, struct object_version **object, struct str message, struct err *err)
{
	struct buf json = BUF_INIT;
	uint64_t last_index;
	int result = -1;

	record_set_version(record, (uint32_t)head->version + 1);
	if (follow_last_index(archive, id, &last_index, err) != 0)
		return -1;
	builder_prepare(builder, batch, id, head, last_index);
	if (builder_begin(builder, archive->store, err) != 0 || keep_files(builder, *object, err) != 0)
		return -1;
	object_free(*object);
	*object = NULL;
	record_format(record, &json);
	if (buf_check(&json, RECORD_NAME, err) == 0 && builder_add_bytes(builder, STR(RECORD_NAME), buf_view(&json), err) == 0)
		result = 0;
	buf_release(&json);
	if (result != 0 || builder_finish(builder, os_now(), message, err) != 0)
		return -1;
	return builder_hand_over(builder, batch, err);
}

/* A description that was taken out of another archive brings its full id along; a NAME can only be meant for this record. */
static int check_id(struct archive *archive, struct str id, struct str typed, struct err *err)
{
	struct archive_name name;
	int result = 0;

	if (typed.n == 0 || str_starts(typed, STR("https://")) || str_starts(typed, STR("urn:")))
		return 0;
	if (archive_name_parse(archive, typed, &name, err) != 0)
		return -1;
	if (!str_equal(buf_view(&name.id), id))
		result = err_set(err, ERR_USAGE, "the id of %.*s is permanent: it cannot become %.*s", STR_ARG(id), STR_ARG(typed));
	archive_name_release(&name);
	return result;
}

int archive_put_record(struct archive *archive, struct str id, struct record *record, struct str message, struct archive_done *done,
	struct err *err)
{
	struct object_version *object = NULL;
	struct archive_version head;
	struct record *present = NULL;
	struct batch *batch = NULL;
	struct builder builder;
	int result = -1;

	memset(done, 0, sizeof(*done));
	builder_init(&builder, archive);
	if (archive_begin_writing(archive, err) != 0 || archive_version(archive, id, 0, &head, err) != 0 ||
		archive_get_record(archive, id, head.version, &present, err) != 0)
		goto out;
	if (record_unknown(present).n > 0) {
		err_set(err, ERR_CONFLICT, "a newer photostat wrote this record (it has \"%.*s\"): change it with that one",
			STR_ARG(record_unknown(present)));
		goto out;
	}
	if (!str_equal(record_field(present, RECORD_ACCESS), record_field(record, RECORD_ACCESS))) {
		err_set(err, ERR_USAGE,
			"access is not part of the description: photostat access %.*s open|closed|embargo=DATE decides it, in the "
			"log",
			STR_ARG(id));
		goto out;
	}
	if (check_id(archive, id, record_field(record, RECORD_ID), err) != 0)
		goto out;
	if (record_set_field(record, RECORD_ID, id, err) != 0 || check_arrangement(archive, NULL, record, err) != 0 ||
		record_check(record, err) != 0)
		goto out;
	record_set_version(record, record_version(present));
	if (record_equal(present, record)) {
		err_set(err, ERR_EXISTS, "nothing would change: %.*s says so already", STR_ARG(id));
		goto out;
	}
	record_free(present);
	present = NULL;
	if (archive_open_version(archive, id, head.version, &object, &head, err) != 0 || batch_open(&batch, archive, err) != 0 ||
		build(archive, batch, &builder, id, record, &head, &object, message, err) != 0 ||
		batch_commit(batch, take_index, done, err) != 0)
		goto out;
	buf_str(&done->id, id);
	result = 0;
out:
	batch_free(batch);
	builder_release(&builder);
	object_free(object);
	record_free(present);
	return result;
}
