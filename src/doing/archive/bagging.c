/* Records as BagIt bags (P8). */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bag/bag.h"
#include "internal.h"

#define TAG_FILES 8
#define TAG_PIECE ((size_t)64 << 10)

struct tag_file {
	char name[40];
	int fd;
	struct buf pending;
};

struct bagging {
	int dir; /* the bag */
	struct tag_file tags[TAG_FILES];
	size_t tag_count;
	struct bag_writer *writer;
	struct hasher *sha256, *sha512;
	uint64_t files;
	struct str *said; /* access of single files, as written */
	size_t said_count;
	/* the file being written */
	int fd;
	const char *path;
	uint64_t size;
};

/* ---- tag files ------------------------------------------------------------------------------------------------------------ */

static int flush_tag(struct tag_file *tag, struct err *err)
{
	int result = os_write(tag->fd, tag->pending.p, tag->pending.n, tag->name, err);

	buf_clear(&tag->pending);
	return result;
}

static int append(void *context, const char *name, struct str bytes, struct err *err)
{
	struct bagging *work = context;
	struct tag_file *tag = NULL;

	for (size_t i = 0; i < work->tag_count && tag == NULL; i++)
		if (strcmp(work->tags[i].name, name) == 0)
			tag = &work->tags[i];
	if (tag == NULL) {
		if (work->tag_count == TAG_FILES || strlen(name) >= sizeof(tag->name))
			return err_set(err, ERR_INTERNAL, "more tag files than a bag has");
		tag = &work->tags[work->tag_count];
		memcpy(tag->name, name, strlen(name) + 1);
		tag->fd = os_open(work->dir, name, O_WRONLY | O_CREAT | O_EXCL, 0644, err);
		if (tag->fd < 0)
			return -1;
		work->tag_count++;
	}
	buf_str(&tag->pending, bytes);
	return tag->pending.n >= TAG_PIECE ? flush_tag(tag, err) : 0;
}

static int close_tags(struct bagging *work, bool good, struct err *err)
{
	int result = good ? 0 : -1;

	for (size_t i = 0; i < work->tag_count; i++) {
		struct tag_file *tag = &work->tags[i];

		if (result == 0)
			result = flush_tag(tag, err);
		if (result == 0)
			result = os_close_written(tag->fd, tag->name, err);
		else
			os_close(tag->fd);
		buf_release(&tag->pending);
	}
	return result;
}

/* ---- payload ----------------------------------------------------------------------------------------------------------------- */

static int take_piece(void *context, const void *bytes, size_t n, struct err *err)
{
	struct bagging *work = context;

	hasher_add(work->sha256, bytes, n);
	hasher_add(work->sha512, bytes, n);
	work->size += n;
	return os_write(work->fd, bytes, n, work->path, err) != 0 ? -1 : os_check_interrupted(err);
}

static int put_file(struct bagging *work, const struct object_version *object, size_t i, struct str folder, struct err *err)
{
	struct object_file file;
	struct digest sha256_digest, sha512_digest;
	struct buf path = BUF_INIT;
	int result = -1;

	object_file(object, i, &file);
	buf_text(&path, "data/");
	buf_str(&path, folder);
	buf_str(&path, file.path);
	for (size_t at = path.n; at-- > 0;) {
		if (path.p[at] != '/')
			continue;
		path.p[at] = '\0';
		result = os_mkdirs(work->dir, path.p, err);
		path.p[at] = '/';
		break;
	}
	if (result != 0)
		goto out;
	result = -1;
	work->path = path.p;
	work->size = 0;
	work->fd = os_open(work->dir, path.p, O_WRONLY | O_CREAT | O_EXCL, 0644, err);
	if (work->fd < 0)
		goto out;
	hasher_begin(work->sha256);
	hasher_begin(work->sha512);
	if (object_read_checked(object, i, take_piece, work, err) != 0) {
		os_close(work->fd);
		goto out;
	}
	hasher_end(work->sha256, &sha256_digest);
	hasher_end(work->sha512, &sha512_digest);
	if (os_close_written(work->fd, path.p, err) == 0)
		result = bag_writer_file(
			work->writer, (struct str){path.p + 5, path.n - 5}, work->size, &sha256_digest, &sha512_digest, err);
	work->files++;
out:
	buf_release(&path);
	return result;
}

static int put_version(
	struct bagging *work, struct archive *archive, struct str id, uint64_t number, bool own_folder, struct err *err)
{
	struct object_version *object = NULL;
	struct archive_version version;
	char folder[32] = "";
	int result = archive_open_version(archive, id, number, &object, &version, err);

	if (own_folder)
		(void)snprintf(folder, sizeof(folder), "v%" PRIu64 "/", version.version);
	for (size_t i = 0; result == 0 && i < object_count(object); i++) {
		struct object_file file;

		object_file(object, i, &file);
		if (!str_equal(file.path, STR(SEED_NAME)))
			result = put_file(work, object, i, str_from(folder), err);
	}
	object_free(object);
	return result;
}

/* ---- bag-info ------------------------------------------------------------------------------------------------------------------- */

/* What the bag that the record came from said of itself: "Label: value" lines, continued ones begin with a tab. */
static int carry_over(struct bagging *work, struct str note, struct str id, struct err *err)
{
	struct buf value = BUF_INIT;
	struct str line, label = STR("");
	bool more = true;
	int result = 0;

	while (result == 0 && more) {
		more = str_take_line(&note, &line);
		if (!more && note.n > 0) { /* the last one, as values end without a newline */
			line = note;
			note = STR("");
			more = true;
		}
		if (more && line.n > 0 && line.p[0] == '\t') {
			buf_char(&value, '\n');
			buf_add(&value, line.p + 1, line.n - 1);
			continue;
		}
		/* What was said of that bag or of that archive is not true of this one. */
		if (label.n > 0 && !bag_label_generated(label) &&
			!(str_equal(label, STR("External-Identifier")) && str_equal(buf_view(&value), id)) &&
			!str_equal(label, STR("Bag-Software-Agent")) && !str_starts(label, STR("Photostat-")))
			result = bag_writer_info(work->writer, label, buf_view(&value), err);
		buf_clear(&value);
		label = STR("");
		if (more) {
			const char *colon = memmem(line.p, line.n, ": ", 2);

			if (colon != NULL) {
				label = (struct str){line.p, (size_t)(colon - line.p)};
				buf_add(&value, colon + 2, line.n - label.n - 2);
			}
		}
	}
	buf_release(&value);
	return result;
}

static void access_text(const struct access_view *view, struct str path, struct buf *out)
{
	char until[16];

	buf_clear(out);
	buf_text(out, access_word(view, path, until));
	if (until[0] != '\0')
		buf_printf(out, "=%s", until);
}

/* Files of this version that are not as open or closed as the record; each name once. */
static int put_file_access(struct bagging *work, const struct access_view *view, struct record *record, struct str whole,
	struct arena *said, struct err *err)
{
	struct buf value = BUF_INIT;
	int result = 0;

	for (size_t i = 0; i < record_file_count(record) && result == 0; i++) {
		struct record_file file;
		bool again = false;

		record_file(record, i, &file);
		access_text(view, file.path, &value);
		if (str_equal(buf_view(&value), whole))
			continue;
		buf_char(&value, ' ');
		/* A newline in a name would begin a continuation. */
		bag_percent_encode(&value, file.path);
		for (size_t k = 0; k < work->said_count && !again; k++)
			again = str_equal(work->said[k], buf_view(&value));
		if (again)
			continue;
		work->said = mem_grow(work->said, work->said_count + 1, sizeof(*work->said));
		work->said[work->said_count++] = arena_str(said, buf_view(&value));
		result = bag_writer_info(work->writer, STR("Photostat-File-Access"), buf_view(&value), err);
	}
	buf_release(&value);
	return result;
}

/* Who has the bag has the bytes; whoever takes it in should not open them to all (P6). */
static int put_access(struct bagging *work, struct archive *archive, struct str id, uint64_t first, uint64_t last, struct err *err)
{
	struct access_view *view = NULL;
	struct arena said = ARENA_INIT;
	struct buf whole = BUF_INIT;
	int result = access_view_open(&view, archive, id, AUDIENCE_KEEPER, err);

	if (result == 0 && access_restricted(view)) {
		access_text(view, STR(""), &whole);
		if (!str_equal(buf_view(&whole), STR("open")))
			result = bag_writer_info(work->writer, STR("Photostat-Access"), buf_view(&whole), err);
		for (uint64_t number = first; number <= last && result == 0; number++) {
			struct record *record = NULL;

			result = archive_get_record(archive, id, number, &record, err);
			if (result == 0)
				result = put_file_access(work, view, record, buf_view(&whole), &said, err);
			record_free(record);
		}
	}
	free(work->said);
	buf_release(&whole);
	arena_release(&said);
	access_view_free(view);
	return result;
}

static int put_info(
	struct bagging *work, struct archive *archive, struct str id, uint64_t version, uint64_t versions, struct err *err)
{
	struct record *record = NULL;
	char text[24];
	int result;

	if (archive_get_record(archive, id, version, &record, err) != 0)
		return -1;
	result = 0;
	/* The newest: a bag that went through several archives may have been added to. */
	for (size_t i = record_event_count(record); result == 0 && i-- > 0;) {
		struct record_event event;

		record_event(record, i, &event);
		if (str_starts(event.note, BAG_INFO_NOTE)) {
			result = carry_over(
				work, (struct str){event.note.p + BAG_INFO_NOTE.n, event.note.n - BAG_INFO_NOTE.n}, id, err);
			break;
		}
	}
	if (result == 0)
		result = put_access(work, archive, id, versions > 0 ? 1 : version, version, err);
	if (result == 0 && versions > 0) {
		(void)snprintf(text, sizeof(text), "%" PRIu64, versions);
		result = bag_writer_info(work->writer, STR("Photostat-Versions"), str_from(text), err);
	}
	record_free(record);
	return result;
}

int archive_bag_export(struct archive *archive, struct str id, uint64_t version, bool all_versions, const char *path,
	uint64_t *files, struct err *err)
{
	struct bagging work = {.dir = -1, .fd = -1};
	struct bag_output output = {.context = &work, .append = append};
	struct bag_about about = {.external_identifier = id, .software_agent = STR("photostat"), .time = os_now()};
	struct archive_version head;
	uint64_t first, last;
	int there = os_exists(AT_FDCWD, path, err), result = -1;

	if (there < 0 || archive_version(archive, id, version, &head, err) != 0)
		return -1;
	if (there == 1)
		return err_set(err, ERR_EXISTS, "%s is there already; name a new folder", path);
	last = head.version;
	first = all_versions ? 1 : last;
	work.writer = bag_writer_new(&output);
	work.sha256 = hasher_new(DIGEST_SHA256);
	work.sha512 = hasher_new(DIGEST_SHA512);
	if (os_mkdirs(AT_FDCWD, path, err) != 0)
		goto out;
	work.dir = os_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0, err);
	if (work.dir < 0 || os_mkdir(work.dir, "data", err) != 0)
		goto out;
	result = 0;
	for (uint64_t number = first; result == 0 && number <= last; number++)
		result = put_version(&work, archive, id, number, all_versions, err);
	if (result == 0)
		result = put_info(&work, archive, id, last, all_versions ? last : 0, err);
	if (result == 0)
		result = bag_writer_end(work.writer, &about, err);
out:
	result = close_tags(&work, result == 0, err);
	bag_writer_free(work.writer);
	hasher_free(work.sha256);
	hasher_free(work.sha512);
	os_close(work.dir);
	if (result != 0)
		(void)os_remove_tree(AT_FDCWD, path, NULL);
	*files = work.files;
	return result;
}
