/* The contents tree of a version that is kept: made from seed and files, or read from the disclosure that replaced the seed. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

struct version_tree {
	struct object_version *object;
	/* either these … */
	struct contents *contents;
	/* … or these */
	struct buf seed;
	struct disclosure *disclosure;
};

static int gather_leaves(struct version_tree *tree, struct err *err)
{
	size_t files = object_count(tree->object);
	struct object_file file;
	struct stat status;

	tree->contents = contents_new();
	for (size_t i = 0; i < files; i++) {
		object_file(tree->object, i, &file);
		if (str_equal(file.path, STR(SEED_NAME)))
			continue;
		if (os_stat(object_fd(tree->object), file.content_path.p, &status, err) != 0)
			return -1;
		if (contents_add(tree->contents,
			    &(struct leaf){
				    .kind = LEAF_FILE, .path = file.path, .size = (uint64_t)status.st_size, .digest = file.digest},
			    err) != 0)
			return -1;
	}
	return 0;
}

int version_tree_of(struct version_tree **out, struct archive *archive, struct object_version *object, struct str id,
	const struct archive_version *version, struct err *err)
{
	struct version_tree *tree = mem_alloc(sizeof(*tree));
	struct hash root;

	tree->object = object;
	if (object_read_file(tree->object, STR(SEED_NAME), SEED_BYTES_MAX, &tree->seed, err) != 0)
		goto fail;
	if (tree->seed.n == SEED_SIZE) {
		if (gather_leaves(tree, err) != 0 || contents_seal(tree->contents, archive_origin(archive), id, version->version,
							     (const unsigned char *)tree->seed.p, err) != 0)
			goto fail;
		contents_root(tree->contents, &root);
	} else if (disclosure_parse(&tree->disclosure, buf_view(&tree->seed), err) != 0 ||
		   disclosure_root(tree->disclosure, archive_origin(archive), id, version->version, &root, err) != 0) {
		goto fail;
	}
	if (!hash_equal(&root, &version->contents)) {
		err_set(err, ERR_MISMATCH,
			"%.*s@%" PRIu64
			" is damaged: its files do not give the contents root of its entry; photostat audit names them",
			STR_ARG(id), version->version);
		goto fail;
	}
	*out = tree;
	return 0;
fail:
	version_tree_free(tree);
	return -1;
}

int version_tree_open(
	struct version_tree **out, struct archive *archive, struct str id, const struct archive_version *version, struct err *err)
{
	struct object_version *object;

	return version_object(&object, archive, id, version, err) != 0 ? -1
								       : version_tree_of(out, archive, object, id, version, err);
}

const struct disclosure *version_tree_disclosure(const struct version_tree *tree)
{
	return tree->disclosure;
}

const struct object_version *version_tree_object(const struct version_tree *tree)
{
	return tree->object;
}

size_t version_tree_count(const struct version_tree *tree)
{
	return tree->contents != NULL ? contents_count(tree->contents) : disclosure_count(tree->disclosure);
}

void version_tree_leaf(const struct version_tree *tree, size_t i, struct leaf *leaf, uint64_t *position, struct hash *hash)
{
	if (tree->contents == NULL) {
		disclosure_leaf(tree->disclosure, i, leaf, position);
		if (hash != NULL)
			disclosure_leaf_hash(tree->disclosure, i, hash);
		return;
	}
	contents_leaf(tree->contents, i, leaf);
	*position = contents_position(tree->contents, i);
	if (hash != NULL)
		contents_leaf_hash(tree->contents, *position, hash);
}

int version_tree_disclose(const struct version_tree *tree, const bool *keep, struct buf *out, struct err *err)
{
	if (tree->contents == NULL)
		return disclosure_narrow(out, tree->disclosure, keep, err);
	return disclosure_make(out, tree->contents, keep, err);
}

void version_tree_free(struct version_tree *tree)
{
	if (tree == NULL)
		return;
	contents_free(tree->contents);
	disclosure_free(tree->disclosure);
	buf_release(&tree->seed);
	object_free(tree->object);
	free(tree);
}
