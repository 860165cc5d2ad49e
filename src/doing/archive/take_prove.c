/* An object that an expunge has rewritten, before it takes the place of what is held (T10 in take.c): the digests of its inventories are the log's, but what they
 * name is only their keeper's word. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "take.h"

struct proving {
	struct take *take;
	const struct archive_version *version;
	struct version_tree *tree;
	const struct entry_withheld *withheld; /* of this version */
	size_t withheld_count;
};

static int refuse(const struct proving *proving, const char *what, struct str path, struct err *err)
{
	return err_set(err, ERR_MISMATCH, "%.*s@%" PRIu64 ", as it came without what was expunged, %s%s%.*s",
		STR_ARG(proving->take->present.id), proving->version->version, what, path.n > 0 ? " " : "", STR_ARG(path));
}

/* Whether [first, end) is within what the entries withhold, from *at on. */
static bool is_withheld(const struct proving *proving, uint64_t first, uint64_t end, size_t *at)
{
	while (first < end) {
		uint64_t reached = first;

		/* They may overlap: each entry names what the ones before took, too. */
		for (; *at < proving->withheld_count && proving->withheld[*at].position <= first; ++*at)
			if (proving->withheld[*at].end > reached) {
				reached = proving->withheld[*at].end;
				break;
			}
		if (reached == first)
			return false;
		first = reached;
	}
	return true;
}

static int prove_lacks(const struct proving *proving, const struct disclosure *disclosure, struct err *err)
{
	size_t at = 0;

	for (size_t i = 0; i < disclosure_withheld_count(disclosure); i++) {
		struct entry_withheld lacks;

		disclosure_withheld(disclosure, i, &lacks);
		if (!is_withheld(proving, lacks.position, lacks.end, &at))
			return refuse(proving, "lacks more than the log says was taken", STR(""), err);
	}
	return 0;
}

/* Each file is a leaf that is left, and each leaf that is left a file. The description alone is rewritten. */
static int prove_files(const struct proving *proving, const struct disclosure *disclosure, struct err *err)
{
	const struct object_version *object = version_tree_object(proving->tree);
	size_t found = 0;

	for (size_t i = 0; i < object_count(object); i++) {
		struct object_file file;
		struct stat status;
		struct leaf leaf;
		size_t at;

		object_file(object, i, &file);
		if (str_equal(file.path, STR(SEED_NAME)))
			continue;
		if (!disclosure_find(disclosure, file.path, &at)) {
			if (!str_equal(file.path, STR(RECORD_NAME)))
				return refuse(proving, "has what its entry did not commit to:", file.path, err);
			continue;
		}
		disclosure_leaf(disclosure, at, &leaf, NULL);
		if (os_stat(object_fd(object), file.content_path.p, &status, err) != 0)
			return -1;
		if (!digest_equal(&leaf.digest, &file.digest) || leaf.size != (uint64_t)status.st_size)
			return refuse(proving, "has other bytes than its entry committed to:", file.path, err);
		found++;
	}
	return found == disclosure_count(disclosure) ? 0 : refuse(proving, "lacks files that were not expunged", STR(""), err);
}

/* What it names of earlier versions is what those name under these paths: their bytes were compared with their inventories. */
static int prove_earlier(const struct proving *proving, const struct object_version *before, struct err *err)
{
	const struct inventory *inventory = object_inventory(version_tree_object(proving->tree));
	struct buf content = BUF_INIT;
	char prefix[48];
	int result = 0;

	(void)snprintf(prefix, sizeof(prefix), "v%" PRIu64 "/", proving->version->version);
	for (uint32_t i = 0; result == 0 && i < inventory_manifest_count(inventory); i++)
		for (size_t which = 0; result == 0 && inventory_content(inventory, i, which, &content); which++) {
			struct digest here, there;
			uint32_t manifest;

			if (str_starts(buf_view(&content), str_from(prefix)))
				continue;
			inventory_digest(inventory, i, &here);
			if (before != NULL && inventory_find_content(object_inventory(before), buf_view(&content), &manifest))
				inventory_digest(object_inventory(before), manifest, &there);
			if (before == NULL || !inventory_find_content(object_inventory(before), buf_view(&content), &manifest) ||
				!digest_equal(&here, &there))
				result = refuse(proving, "contradicts the version before it:", buf_view(&content), err);
		}
	buf_release(&content);
	return result;
}

static int prove_version(struct proving *proving, const struct object_version *before, struct err *err)
{
	const struct disclosure *disclosure = version_tree_disclosure(proving->tree);

	if (prove_earlier(proving, before, err) != 0)
		return -1;
	/* Where the seed stands, the root is made of all files as they are. */
	return disclosure == NULL                                                                         ? 0
	       : prove_lacks(proving, disclosure, err) != 0 || prove_files(proving, disclosure, err) != 0 ? -1
													  : 0;
}

/* ---- all of them ------------------------------------------------------------------------------------------------------------------------- */

/* The record's expunge entries, and what they withhold together. */
struct expunges {
	struct arena arena;
	struct entry *entries;
	size_t count;
	struct entry_withheld *withheld; /* by version and position */
	size_t withheld_count;
};

static void expunges_release(struct expunges *expunges)
{
	free(expunges->entries);
	free(expunges->withheld);
	arena_release(&expunges->arena);
}

static int by_leaf(const void *a, const void *b)
{
	const struct entry_withheld *one = a, *other = b;

	return one->version != other->version ? (one->version > other->version) - (one->version < other->version)
					      : (one->position > other->position) - (one->position < other->position);
}

static int expunges_read(struct expunges *expunges, struct archive *archive, const uint64_t *indexes, size_t count, struct err *err)
{
	struct buf text = BUF_INIT;
	int result = 0;

	expunges->entries = mem_array(count + 1, sizeof(*expunges->entries));
	for (size_t i = 0; result == 0 && i < count; i++) {
		struct entry *entry = &expunges->entries[expunges->count];

		buf_clear(&text);
		if (log_entry(archive->log, indexes[i], &text, err) != 0 ||
			entry_parse(entry, arena_str(&expunges->arena, buf_view(&text)), &expunges->arena, err) != 0) {
			result = -1;
			break;
		}
		expunges->count++;
		if (entry->leaf_count == 0)
			continue;
		expunges->withheld =
			mem_grow(expunges->withheld, expunges->withheld_count + entry->leaf_count, sizeof(*expunges->withheld));
		memcpy(expunges->withheld + expunges->withheld_count, entry->leaves, entry->leaf_count * sizeof(*entry->leaves));
		expunges->withheld_count += entry->leaf_count;
	}
	if (expunges->withheld_count > 1)
		qsort(expunges->withheld, expunges->withheld_count, sizeof(*expunges->withheld), by_leaf);
	buf_release(&text);
	return result;
}

/* The version as it is staged, with its tree. */
static int open_staged(struct proving *proving, struct err *err)
{
	struct take *take = proving->take;
	struct object_version *object = NULL;
	struct str id = take->present.id;
	struct err why = ERR_INIT;

	if (object_open_at(&object, take->staging, take->present.staged, id, proving->version->version,
		    &proving->version->inventory, &why) == 0 &&
		version_tree_of(&proving->tree, take->archive, object, id, proving->version, &why) == 0)
		return 0;
	return why.code == ERR_SYSTEM || why.code == ERR_INTERRUPTED
		       ? err_set(err, why.code, "%s", why.text)
		       : refuse(proving, "does not give the contents root of its entry", STR(""), err);
}

static int prove_told(struct proving *proving, struct retelling *retelling, struct err *err)
{
	const char *what;
	size_t at;

	if (!object_find(version_tree_object(proving->tree), STR(RECORD_NAME), &at))
		return refuse(proving, "lacks what was said of it:", STR(RECORD_NAME), err);
	if (retelling_prove(retelling, proving->version->version, proving->tree, &what, err) != 0)
		return -1;
	return what == NULL ? 0 : refuse(proving, what, STR(RECORD_NAME), err);
}

int take_rebuild_prove(struct take *take, const struct archive_version *versions, uint64_t count, const uint64_t *indexes,
	size_t index_count, struct err *err)
{
	struct expunges expunges = {.entries = NULL};
	struct version_tree *before = NULL;
	struct retelling *retelling = NULL;
	size_t at = 0;
	int result = -1;

	if (expunges_read(&expunges, take->archive, indexes, index_count, err) != 0 ||
		retelling_begin(&retelling, take, count, expunges.entries, expunges.count, err) != 0)
		goto out;
	result = 0;
	for (uint64_t i = 0; result == 0 && i < count; i++) {
		struct proving proving = {.take = take, .version = &versions[i]};

		while (at < expunges.withheld_count && expunges.withheld[at].version < versions[i].version)
			at++;
		proving.withheld = expunges.withheld_count > 0 ? &expunges.withheld[at] : NULL;
		for (; at < expunges.withheld_count && expunges.withheld[at].version == versions[i].version; at++)
			proving.withheld_count++;
		result = open_staged(&proving, err);
		if (result != 0)
			break;
		result = prove_version(&proving, before == NULL ? NULL : version_tree_object(before), err);
		if (result == 0)
			result = prove_told(&proving, retelling, err);
		version_tree_free(before);
		before = proving.tree;
	}
out:
	version_tree_free(before);
	retelling_free(retelling);
	expunges_release(&expunges);
	return result;
}
