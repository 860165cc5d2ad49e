/* The files that are there: every one is looked up in the lists; what is no regular file is refused. */
#include "internal.h"

#include <string.h>

struct walk {
	struct check *check;
	bool payload;
	struct buf folders; /* still to be listed: each path, then its length in 4 bytes; the last is the next */
	struct buf folder;  /* being listed; "" is the bag */
	struct buf path;
	size_t names; /* in it */
};

static void push(struct walk *walk, struct str folder)
{
	uint32_t n = (uint32_t)folder.n;

	buf_str(&walk->folders, folder);
	buf_add(&walk->folders, &n, sizeof(n));
}

static bool pop(struct walk *walk)
{
	uint32_t n;

	if (walk->folders.n == 0)
		return false;
	memcpy(&n, walk->folders.p + walk->folders.n - sizeof(n), sizeof(n));
	walk->folders.n -= sizeof(n) + n;
	buf_clear(&walk->folder);
	buf_add(&walk->folder, walk->folders.p + walk->folders.n, n);
	return true;
}

/* Left by systems, not by people (section 6.1 knows their troubles). */
static bool is_system_file(struct str name)
{
	return str_equal(name, STR(".DS_Store")) || same_label(name, STR("Thumbs.db")) || same_label(name, STR("desktop.ini")) ||
	       str_starts(name, STR("._"));
}

static int payload_file(struct walk *walk, struct str path, struct str name, struct err *err)
{
	struct check *check = walk->check;

	check->result->files++;
	if (is_system_file(name))
		report(check, BAG_WARNING, "BAG-SYSTEM-FILE", path, 0, "was made by an operating system for itself");
	struct entry *entry = listing_find(&check->payload, path);
	if (entry != NULL) {
		entry->seen = true;
		return verify_file(check, &check->payload, entry, path, false, err);
	}
	/* Perhaps it is listed in another normal form: judged at the end. */
	if (within_memory(check, sizeof(struct unlisted) + path.n + 1, err) != 0)
		return -1;
	struct unlisted *unlisted = arena_alloc(&check->arena, sizeof(*unlisted), _Alignof(struct unlisted));
	*unlisted = (struct unlisted){check->unlisted, false, arena_str(&check->arena, path)};
	check->unlisted = unlisted;
	check->unlisted_count++;
	return tell_progress(check, err);
}

static int tag_file(struct walk *walk, struct str path, struct err *err)
{
	struct check *check = walk->check;
	struct entry *entry = listing_find(&check->tags, path);
	struct str algorithm;

	if (entry != NULL) {
		entry->seen = true;
		return verify_file(check, &check->tags, entry, path, false, err);
	}
	if (check->strict && check->tags.manifest_count > 0 && !manifest_algorithm(path, STR("tagmanifest-"), &algorithm))
		report(check, BAG_WARNING, "BAG-TAGS", path, 0, "is in no tag manifest, so nothing shows whether it was altered");
	return 0;
}

static int take_name(void *context, const struct ocfl_name *name, struct err *err)
{
	struct walk *walk = context;
	struct check *check = walk->check;
	int result = 0;

	walk->names++;
	buf_clear(&walk->path);
	buf_str(&walk->path, buf_view(&walk->folder));
	if (walk->folder.n > 0)
		buf_char(&walk->path, '/');
	buf_str(&walk->path, name->name);
	struct str path = buf_view(&walk->path);
	if (!walk->payload && name->type == OCFL_FOLDER && str_equal(path, STR("data")))
		return 0;
	if (name->type == OCFL_FOLDER) {
		if (within_memory(check, walk->folders.n + path.n, err) != 0)
			result = -1;
		else
			push(walk, path);
	} else if (name->type == OCFL_LINK) {
		report(check, BAG_ERROR, "BAG-LINK", path, 0, "is a symbolic link; it is not followed");
	} else if (name->type != OCFL_FILE) {
		report(check, BAG_ERROR, "BAG-LINK", path, 0, "is neither a file nor a folder");
	} else if (walk->payload) {
		result = payload_file(walk, path, name->name, err);
	} else {
		result = tag_file(walk, path, err);
	}
	if (result != 0)
		check->stopped = true;
	return result;
}

static int walk_from(struct check *check, struct str top, bool payload, struct err *err)
{
	struct walk walk = {.check = check, .payload = payload, .folders = BUF_INIT, .folder = BUF_INIT, .path = BUF_INIT};
	struct buf listed = BUF_INIT; /* check->full changes while the folder is listed */
	int result = 0;

	push(&walk, top);
	while (result == 0 && pop(&walk)) {
		struct err why = ERR_INIT;
		walk.names = 0;
		buf_clear(&listed);
		buf_text(&listed, in_tree(check, buf_view(&walk.folder)));
		if (check->tree->list(check->tree->context, listed.n > 0 ? listed.p : "", take_name, &walk, &why) != 0) {
			check->octets_known = false;
			result = unreadable(check, buf_view(&walk.folder), &why, err);
		} else if (walk.names == 0 && payload && walk.folder.n > top.n) {
			report(check, BAG_WARNING, "BAG-EMPTY-FOLDER", buf_view(&walk.folder), 0,
				"is empty: no manifest can list it, so it is easily lost");
		}
	}
	buf_release(&walk.folders);
	buf_release(&walk.folder);
	buf_release(&walk.path);
	buf_release(&listed);
	return result;
}

int walk_payload(struct check *check, struct err *err)
{
	return check->has_data ? walk_from(check, STR("data"), true, err) : 0;
}

int walk_tags(struct check *check, struct err *err)
{
	return walk_from(check, STR(""), false, err);
}
