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

int take_rebuild_prove(struct take *take, const struct archive_version *versions, uint64_t count,
	const struct entry_withheld *withheld, size_t withheld_count, struct err *err)
{
	struct version_tree *before = NULL;
	size_t at = 0;
	int result = 0;

	for (uint64_t i = 0; result == 0 && i < count; i++) {
		struct proving proving = {.take = take, .version = &versions[i]};
		struct object_version *object = NULL;
		struct str id = take->present.id;
		struct err why = ERR_INIT;

		while (at < withheld_count && withheld[at].version < versions[i].version)
			at++;
		proving.withheld = withheld_count > 0 ? &withheld[at] : NULL;
		for (; at < withheld_count && withheld[at].version == versions[i].version; at++)
			proving.withheld_count++;
		if (object_open_at(&object, take->staging, take->present.staged, id, versions[i].version, &versions[i].inventory,
			    &why) != 0 ||
			version_tree_of(&proving.tree, take->archive, object, id, &versions[i], &why) != 0) {
			result = why.code == ERR_SYSTEM || why.code == ERR_INTERRUPTED
					 ? err_set(err, why.code, "%s", why.text)
					 : refuse(&proving, "does not give the contents root of its entry", STR(""), err);
			break;
		}
		result = prove_version(&proving, before == NULL ? NULL : version_tree_object(before), err);
		version_tree_free(before);
		before = proving.tree;
	}
	version_tree_free(before);
	return result;
}
