/* Who may read what, now: the one place that decides (P6, P7). */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

struct file_access {
	struct str path; /* on the arena */
	uint64_t index;
	int state;
	int64_t until;
};

struct access_view {
	enum audience audience;
	/* In a holder's copy, what the keeper has expunged and this holder has not decided: of the version that was asked for, or of any. */
	bool undecided, all_undecided;
	struct str *withheld; /* paths, on the arena, in order; the same one may come again */
	size_t withheld_count, withheld_capacity;
	int64_t now;
	struct arena arena;
	/* Of the whole record: the newest access entry that covers it, index 0 if there is none. */
	struct file_access whole;
	struct file_access *files;
	size_t count, capacity;
};

static struct file_access *slot_of(struct access_view *view, struct str path)
{
	if (path.n == 0)
		return &view->whole;
	for (size_t i = 0; i < view->count; i++)
		if (str_equal(view->files[i].path, path))
			return &view->files[i];
	if (view->count == view->capacity) {
		view->capacity = view->capacity == 0 ? 8 : view->capacity * 2;
		view->files = mem_grow(view->files, view->capacity, sizeof(*view->files));
	}
	view->files[view->count] = (struct file_access){.path = arena_str(&view->arena, path)};
	return &view->files[view->count++];
}

static int gather(void *context, const struct catalogue_access *access, struct err *err)
{
	struct access_view *view = context;
	struct file_access *slot = slot_of(view, access->path);

	(void)err;
	if (access->index >= slot->index) {
		slot->index = access->index;
		slot->state = access->state;
		slot->until = access->until;
	}
	return 0;
}

struct withholding {
	struct access_view *view;
	struct archive *archive;
	struct str id;
	uint64_t version; /* 0: any */
};

/* The paths behind what the entry withholds of one version. */
static int withhold_leaves(struct withholding *to, const struct entry *entry, uint64_t number)
{
	struct access_view *view = to->view;
	struct archive_version version;
	struct version_tree *tree = NULL;
	int result = -1;

	if (archive_version(to->archive, to->id, number, &version, NULL) != 0 ||
		version_tree_open(&tree, to->archive, to->id, &version, NULL) != 0)
		goto out;
	for (size_t i = 0; i < version_tree_count(tree); i++) {
		struct leaf leaf;
		uint64_t position;

		version_tree_leaf(tree, i, &leaf, &position, NULL);
		if (!entry_withholds(entry, number, position))
			continue;
		if (view->withheld_count == view->withheld_capacity) {
			view->withheld_capacity = view->withheld_capacity == 0 ? 8 : view->withheld_capacity * 2;
			view->withheld = mem_grow(view->withheld, view->withheld_capacity, sizeof(*view->withheld));
		}
		view->withheld[view->withheld_count++] = arena_str(&view->arena, leaf.path);
	}
	result = 0;
out:
	version_tree_free(tree);
	return result;
}

static int withhold(void *context, uint64_t index, const struct entry *entry, struct err *err)
{
	struct withholding *to = context;

	(void)index;
	(void)err;
	/* Every inventory of the record names what is gone. */
	to->view->undecided = true;
	for (size_t i = 0; i < entry->leaf_count && !to->view->all_undecided; i++) {
		uint64_t number = entry->leaves[i].version;

		if ((i > 0 && entry->leaves[i - 1].version == number) || (to->version != 0 && to->version != number))
			continue;
		/* What cannot be told apart is withheld together. */
		to->view->all_undecided = withhold_leaves(to, entry, number) != 0;
	}
	return 0;
}

static int by_path(const void *a, const void *b)
{
	return str_compare(*(const struct str *)a, *(const struct str *)b);
}

/* `version`: the one that is asked for, 0 if any may be. */
static int open_view(
	struct access_view **out, struct archive *archive, struct str id, uint64_t version, enum audience audience, struct err *err)
{
	struct access_view *view = mem_alloc(sizeof(*view));
	struct withholding to = {view, archive, id, version};
	struct catalogue *catalogue;

	view->audience = audience;
	view->now = os_now();
	if (archive_catalogue(archive, &catalogue, false, NULL, NULL, err) != 0 ||
		catalogue_each_access(catalogue, id, gather, view, err) != 0 ||
		(audience != AUDIENCE_LOGGED && archive_each_undecided(archive, id, withhold, &to, err) != 0)) {
		access_view_free(view);
		return -1;
	}
	if (view->withheld_count > 1)
		qsort(view->withheld, view->withheld_count, sizeof(*view->withheld), by_path);
	*out = view;
	return 0;
}

int access_view_open(struct access_view **out, struct archive *archive, struct str id, enum audience audience, struct err *err)
{
	return open_view(out, archive, id, 0, audience, err);
}

void access_view_free(struct access_view *view)
{
	if (view == NULL)
		return;
	arena_release(&view->arena);
	free(view->files);
	free(view->withheld);
	free(view);
}

int access_refuse(struct err *err)
{
	return err_set(err, ERR_NOT_FOUND, "nothing of that name is open to readers");
}

/* Of one version less may be withheld than of all of them. */
static int narrow_view(struct access_view **view, struct archive *archive, struct str id, uint64_t version, enum audience audience,
	struct err *err)
{
	access_view_free(*view);
	*view = NULL;
	return open_view(view, archive, id, version, audience, err);
}

int access_admit(struct access_view **out, struct archive *archive, struct str id, uint64_t number, enum audience audience,
	struct archive_version *version, struct err *err)
{
	struct err why = ERR_INIT;

	*out = NULL;
	if (audience == AUDIENCE_KEEPER)
		return archive_version(archive, id, number, version, err) != 0
			       ? -1
			       : open_view(out, archive, id, version->version, audience, err);
	/* Access first: how many versions there are, and whether they are whole, is said only of what may be seen. */
	if (access_view_open(out, archive, id, audience, &why) == 0 && (access_may_see_record(*out) || access_refuse(&why) == 0) &&
		archive_version(archive, id, number, version, &why) == 0 &&
		(!(*out)->undecided || narrow_view(out, archive, id, version->version, audience, &why) == 0))
		return 0;
	access_view_free(*out);
	*out = NULL;
	if (why.code == ERR_NOT_FOUND)
		return access_refuse(err);
	if (err != NULL)
		*err = why;
	return -1;
}

/* An embargo ends at 00:00 UTC of its date by the clock of now and by nothing else: a clock that ran back only closes again. */
static bool is_open(const struct access_view *view, const struct file_access *access)
{
	if (access->state == ACCESS_OPEN)
		return true;
	return access->state == ACCESS_EMBARGO && view->now >= access->until;
}

/* The newest entry that covers the file governs: its own, or a later one for the whole record. But opening the record does not open what was
 * closed on its own: that ends only with an entry that names the file, or else a record closed for a week would open more than it closed. */
static const struct file_access *governing(const struct access_view *view, struct str path)
{
	const struct file_access *best = &view->whole;

	for (size_t i = 0; i < view->count; i++)
		if (str_equal(view->files[i].path, path) &&
			(view->files[i].index >= best->index || (is_open(view, best) && !is_open(view, &view->files[i]))))
			best = &view->files[i];
	return best;
}

static bool is_reserved(struct str path)
{
	return str_equal(path, STR(SEED_NAME)) || str_equal(path, STR(RECORD_NAME));
}

bool access_undecided(const struct access_view *view, struct str path)
{
	if (path.n == 0 || view->all_undecided)
		return view->undecided;
	return view->withheld_count > 0 &&
	       bsearch(&path, view->withheld, view->withheld_count, sizeof(*view->withheld), by_path) != NULL;
}

bool access_restricted(const struct access_view *view)
{
	if (view->undecided || !is_open(view, &view->whole))
		return true;
	for (size_t i = 0; i < view->count; i++)
		if (!is_open(view, governing(view, view->files[i].path)))
			return true;
	return false;
}

bool access_may_see_record(const struct access_view *view)
{
	return view->audience == AUDIENCE_KEEPER || is_open(view, &view->whole);
}

bool access_may_read_inventory(const struct access_view *view)
{
	return view->audience == AUDIENCE_KEEPER || !access_restricted(view);
}

bool access_may_read_file(const struct access_view *view, struct str path)
{
	if (view->audience == AUDIENCE_KEEPER)
		return true;
	/* The seed and the file list in photostat.json say of every file what the inventory says (P7). */
	if (is_reserved(path))
		return access_may_read_inventory(view);
	return is_open(view, governing(view, path)) && !access_undecided(view, path);
}

const char *access_word(const struct access_view *view, struct str path, char until[16])
{
	const struct file_access *access = path.n == 0 ? &view->whole : governing(view, path);
	char text[TIME_TEXT];

	until[0] = '\0';
	if (path.n > 0 && access_undecided(view, path))
		return "undecided";
	if (is_open(view, access))
		return "open";
	if (access->state == ACCESS_CLOSED)
		return "closed";
	time_format(access->until, text);
	memcpy(until, text, 10);
	until[10] = '\0';
	return "embargo";
}

int access_withhold(const struct access_view *view, struct record *record, struct err *err)
{
	struct record *whole;
	int result = 0;

	if (access_may_read_inventory(view))
		return 0;
	whole = record_new();
	record_copy(whole, record);
	record_remove_files(record);
	/* the path that it was deposited from may be the very name that is withheld */
	result = record_set_field(record, RECORD_ORIGINAL_NAME, STR(""), err);
	for (size_t i = 0; i < record_file_count(whole) && result == 0; i++) {
		struct record_file file;

		record_file(whole, i, &file);
		if (access_may_read_file(view, file.path))
			result = record_add_file(record, &file, err);
	}
	record_free(whole);
	return result;
}
