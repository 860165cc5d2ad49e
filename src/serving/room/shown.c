/* A record that is open, as a request asks for it. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "os/os.h"

#define FILES_MAX 100000u

static bool is_reserved(struct str path)
{
	return str_equal(path, STR("photostat.json")) || str_equal(path, STR("photostat.seed"));
}

/* Originals and scans first, then what was made from them. */
static int role_rank(struct str role)
{
	static const char *const order[] = {"original", "scan", "transcription", "translation"};

	for (int i = 0; i < 4; i++)
		if (str_equal(role, str_from(order[i])))
			return i;
	return role.n == 0 ? 0 : 4;
}

static int compare_files(const void *a, const void *b)
{
	const struct shown_file *one = a, *other = b;
	int rank = role_rank(one->described.role) - role_rank(other->described.role);

	if (rank != 0)
		return rank;
	if (one->described.sequence != other->described.sequence) {
		if (one->described.sequence == 0 || other->described.sequence == 0)
			return one->described.sequence == 0 ? 1 : -1;
		return one->described.sequence < other->described.sequence ? -1 : 1;
	}
	return one->at < other->at ? -1 : one->at > other->at;
}

static int list_files(struct shown *shown)
{
	size_t count = object_count(shown->object);

	shown->files = mem_array(count < FILES_MAX ? count + 1 : FILES_MAX, sizeof(*shown->files));
	for (size_t i = 0; i < count && shown->file_count < FILES_MAX; i++) {
		struct shown_file *file = &shown->files[shown->file_count];
		struct object_file content;
		struct stat status;
		size_t at;

		object_file(shown->object, i, &content);
		if (is_reserved(content.path) || !access_may_read_file(shown->view, content.path))
			continue;
		if (os_stat(object_fd(shown->object), content.content_path.p, &status, NULL) != 0)
			continue; /* lost, or on its way: audit tells the keeper */
		if (record_find_file(shown->record, content.path, &at))
			record_file(shown->record, at, &file->described);
		file->described.path = content.path;
		file->digest = content.digest;
		file->size = (uint64_t)status.st_size;
		file->at = i;
		shown->file_count++;
	}
	if (shown->file_count > 0)
		qsort(shown->files, shown->file_count, sizeof(*shown->files), compare_files);
	return 0;
}

static int count_version(void *context, const struct catalogue_version_row *row, struct err *err)
{
	struct shown *shown = context;

	(void)err;
	if (row->version > shown->versions)
		shown->versions = row->version;
	return 0;
}

bool shown_open(struct shown *shown, struct desk *desk, struct str typed)
{
	struct err err = ERR_INIT;

	memset(shown, 0, sizeof(*shown));
	if (archive_name_parse(desk->archive, typed, &shown->name, NULL) != 0) {
		memset(shown, 0, sizeof(*shown));
		return false;
	}
	shown->asked = shown->name.version != 0;
	if (access_admit(&shown->view, desk->archive, buf_view(&shown->name.id), shown->name.version, AUDIENCE_PUBLIC,
		    &shown->version, &err) != 0 ||
		archive_get_record(desk->archive, buf_view(&shown->name.id), shown->version.version, &shown->record, &err) != 0 ||
		access_withhold(shown->view, shown->record, &err) != 0 ||
		archive_open_version(desk->archive, buf_view(&shown->name.id), shown->version.version, &shown->object,
			&shown->version, &err) != 0 ||
		catalogue_each_version(desk->catalogue, buf_view(&shown->name.id), count_version, shown, &err) != 0 ||
		access_version_gone(shown->view, desk->archive, buf_view(&shown->name.id), &shown->version, &shown->gone, &err) !=
			0 ||
		list_files(shown) != 0) {
		desk->cannot = desk->cannot || err.code != ERR_NOT_FOUND;
		shown_release(shown);
		return false;
	}
	shown->newest = shown->version.version >= shown->versions;
	label_take(&shown->label, desk, shown->record, buf_view(&shown->name.id));
	shown->title = shown->label.text;
	shown->title_language = shown->label.language;
	return true;
}

void shown_release(struct shown *shown)
{
	free(shown->files);
	label_release(&shown->label);
	object_free(shown->object);
	record_free(shown->record);
	record_free(shown->whole);
	access_view_free(shown->view);
	archive_name_release(&shown->name);
	memset(shown, 0, sizeof(*shown));
}

/* A name may itself have "read" or "files" as a segment: the longest record that there is, from the right, is meant. The cap keeps long paths cheap: a name has at most
 * so many segments that are worth asking for. */
#define ASKED_MAX 24u

bool shown_find(struct shown *shown, struct desk *desk, struct str rest, struct str *suffix)
{
	unsigned asked = 0;

	*suffix = STR("");
	if (shown_open(shown, desk, rest))
		return true;
	for (size_t i = rest.n; i-- > 1 && asked < ASKED_MAX && !desk->cannot;) {
		if (rest.p[i] != '/')
			continue;
		asked++;
		if (shown_open(shown, desk, (struct str){rest.p, i})) {
			*suffix = (struct str){rest.p + i, rest.n - i};
			return true;
		}
	}
	return false;
}

const struct shown_file *shown_file(const struct shown *shown, struct str path)
{
	for (size_t i = 0; i < shown->file_count; i++)
		if (str_equal(shown->files[i].described.path, path))
			return &shown->files[i];
	return NULL;
}

bool shown_is_picture(const struct shown_file *file)
{
	static const char *const types[] = {"image/jpeg", "image/png", "image/gif", "image/webp"};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (str_equal(file->described.media_type, str_from(types[i])))
			return true;
	return false;
}
