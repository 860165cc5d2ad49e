/* Storage roots: declaration, layout, the hierarchy down to its objects. */
#include "ocfl/validate.h"

#include <stdlib.h>
#include <string.h>

#include <yajl/yajl_tree.h>

#define IDS_MAX (1u << 20) /* distinct ids that are remembered where no layout makes them unique */

struct root {
	struct validation *v;
	enum ocfl_version spec;
	struct str top; /* path of the storage root */
	unsigned declarations, attempts;
	bool any_tag; /* nothing looks like a declaration: what begins with "0=" is taken for one */
	bool has_layout;
	struct ocfl_layout layout;
	uint64_t misplaced, placed, at_top, below;
	unsigned shallowest, deepest; /* folders from the top to an object; 0: none yet */
	uint64_t *ids;                /* open addressing; hashes of ids */
	uint32_t id_size, id_count;
	bool ids_full;
	struct buf id, expected;
};

/* ---- the root's own files ------------------------------------------------------------------------------------------------------------ */

static int each_declaration(void *context, const struct ocfl_name *name, struct err *err)
{
	struct root *root = context;
	struct validation *v = root->v;
	enum ocfl_version spec;
	(void)err;
	if (name->type != OCFL_FILE)
		return 0;
	if (str_equal(name->name, STR(OCFL_LAYOUT)))
		root->has_layout = true;
	if (root->any_tag ? !declaration_meant(name->name) : !declaration_root(name->name))
		return 0;
	root->attempts++;
	if (declaration_check(v, name->name, true, &spec) && (!root->declarations++ || spec > root->spec))
		root->spec = spec;
	return v->stopped ? -1 : 0;
}

static yajl_val text_member(yajl_val object, const char *name)
{
	const char *path[] = {name, NULL};
	return yajl_tree_get(object, path, yajl_t_string);
}

/* "NNNN-name": of the extensions repository, even if newer than this program. Registered numbers have one name. */
static bool layout_registered(struct str name)
{
	if (extension_registered(name))
		return true;
	if (name.n < 6 || name.p[4] != '-')
		return false;
	unsigned number = 0;
	for (int i = 0; i < 4; i++) {
		if (name.p[i] < '0' || name.p[i] > '9')
			return false;
		number = number * 10 + (unsigned)(name.p[i] - '0');
	}
	return number > 12;
}

/* v->path is the storage root. */
static int read_config(struct root *root, struct str extension)
{
	struct validation *v = root->v;
	struct buf config = BUF_INIT;
	struct err err = ERR_INIT;
	bool too_long;
	size_t before = path_down(v, STR("extensions"));
	path_down(v, extension);
	path_down(v, STR("config.json"));
	int status = read_small(v, 64u << 10, &config, &too_long);
	if (status == 0 && too_long)
		err_set(&err, ERR_LIMIT, "config.json is longer than 64 KiB");
	if (status == 2)
		buf_clear(&config);
	if ((status == 0 || status == 2) &&
		(too_long || ocfl_layout_parse(&root->layout, extension, buf_view(&config), &err) < 0)) {
		found_here(v, OCFL_UNCHECKED, "", "%s: where objects lie was not checked", err.text);
		root->layout.kind = LAYOUT_UNKNOWN;
	}
	path_cut(v, before);
	buf_release(&config);
	return status < 0 ? -1 : 0;
}

static int read_layout(struct root *root)
{
	struct validation *v = root->v;
	struct buf text = BUF_INIT, extension = BUF_INIT;
	struct err err = ERR_INIT;
	bool too_long;
	size_t before = path_down(v, STR(OCFL_LAYOUT));
	int status = read_small(v, 64u << 10, &text, &too_long);
	yajl_val tree = NULL;
	if (status != 0)
		goto out;
	tree = too_long ? NULL : json_small(buf_view(&text), OCFL_LAYOUT, &err);
	if (!tree || !YAJL_IS_OBJECT(tree)) {
		found_here(v, OCFL_ERROR, "E070", "%s", err.text[0] ? err.text : "ocfl_layout.json is no JSON object");
		goto out;
	}
	yajl_val name = text_member(tree, "extension"), description = text_member(tree, "description");
	if (!name)
		found_here(v, OCFL_ERROR, "E070", "ocfl_layout.json has no text for the key extension");
	if (!description)
		found_here(v, OCFL_ERROR, "E070", "ocfl_layout.json has no text for the key description");
	if (!name)
		goto out;
	buf_text(&extension, YAJL_GET_STRING(name));
	if (!layout_registered(buf_view(&extension)))
		found_here(v, OCFL_ERROR, "E071", "\"%.*s\" is no registered extension", STR_ARG(buf_view(&extension)));
out:
	path_cut(v, before);
	if (extension.n && !memchr(extension.p, '/', extension.n) && !path_faults(buf_view(&extension)) &&
		read_config(root, buf_view(&extension)) < 0)
		status = -1;
	if (tree)
		yajl_tree_free(tree);
	buf_release(&text);
	buf_release(&extension);
	return status < 0 ? -1 : 0;
}

/* ---- objects ---------------------------------------------------------------------------------------------------------------------------- */

/* True if the id was met before. */
static bool id_again(struct root *root, struct str id)
{
	struct hash hash;
	uint64_t key;
	if (root->id_count >= IDS_MAX) {
		if (!root->ids_full)
			found(root->v, OCFL_UNCHECKED, "", root->top,
				"more than %u objects and no known layout: ids of further ones were not compared", IDS_MAX);
		root->ids_full = true;
		return false;
	}
	if ((root->id_count + 1) * 2 > root->id_size) {
		uint32_t old_size = root->id_size, size = old_size ? old_size * 2 : 1024;
		uint64_t *old = root->ids;
		root->ids = mem_array(size, sizeof(uint64_t));
		root->id_size = size;
		for (uint32_t i = 0; i < old_size; i++)
			if (old[i]) {
				uint32_t k = (uint32_t)old[i] & (size - 1);
				while (root->ids[k])
					k = (k + 1) & (size - 1);
				root->ids[k] = old[i];
			}
		free(old);
	}
	sha256(id.p, id.n, &hash);
	memcpy(&key, hash.b, sizeof(key));
	key |= key == 0;
	uint32_t i = (uint32_t)key & (root->id_size - 1);
	for (; root->ids[i]; i = (i + 1) & (root->id_size - 1))
		if (root->ids[i] == key)
			return true;
	root->ids[i] = key;
	root->id_count++;
	return false;
}

static struct str below_top(const struct root *root)
{
	struct str path = buf_view(&root->v->path);
	if (root->top.n) {
		path.p += root->top.n + 1;
		path.n -= root->top.n + 1;
	}
	return path;
}

static void found_again(struct validation *v, struct str id)
{
	found_here(v, OCFL_ERROR, "E037", "another object of this storage root has the id \"%.*s\" too", STR_ARG(id));
	found_here(v, OCFL_ERROR, "E083", "the id \"%.*s\" does not lead to one storage path", STR_ARG(id));
}

static int each_is_object(void *context, const struct ocfl_name *name, struct err *err)
{
	bool *is_object = context;
	(void)err;
	*is_object |= name->type == OCFL_FILE && declaration_object(name->name);
	return 0;
}

/* Is there an object where this one should be? Its id is the same then, or it is misplaced itself. */
static bool place_taken(struct root *root)
{
	struct buf path = BUF_INIT;
	bool is_object = false;
	buf_str(&path, root->top);
	if (root->top.n)
		buf_char(&path, '/');
	buf_str(&path, buf_view(&root->expected));
	if (root->v->tree->list(root->v->tree->context, path.p, each_is_object, &is_object, NULL) < 0)
		is_object = false;
	buf_release(&path);
	return is_object;
}

static void check_place(struct root *root, struct str id)
{
	struct validation *v = root->v;
	struct err err = ERR_INIT;
	if (root->layout.kind == LAYOUT_UNKNOWN) {
		if (id_again(root, id))
			found_again(v, id);
		return;
	}
	buf_clear(&root->expected);
	if (ocfl_layout_path(&root->layout, id, &root->expected, &err) < 0)
		found_here(v, OCFL_ERROR, "E083", "%s", err.text);
	else if (!str_equal(buf_view(&root->expected), below_top(root)))
		found_here(v, OCFL_ERROR, "E083", "the object with the id \"%.*s\" should lie in %.*s by the root's layout",
			STR_ARG(id), STR_ARG(buf_view(&root->expected)));
	else {
		root->placed++;
		return;
	}
	root->misplaced++;
	if (id_again(root, id) || (!err.text[0] && place_taken(root)))
		found_again(v, id);
}

static int met_object(struct root *root, unsigned depth)
{
	struct validation *v = root->v;
	enum ocfl_version spec = OCFL_1_0;
	buf_clear(&root->id);
	if (depth == 1)
		root->at_top++;
	else
		root->below++;
	if (!root->shallowest || depth < root->shallowest)
		root->shallowest = depth;
	if (depth > root->deepest)
		root->deepest = depth;
	if (object_check(v, &root->id, &spec) < 0)
		return -1;
	bool bad = v->bad;
	if (spec > root->spec)
		found_here(v, OCFL_ERROR, "E081", "the object declares OCFL 1.1, the storage root 1.0");
	if (root->id.n)
		check_place(root, buf_view(&root->id));
	v->result->objects_bad += v->bad && !bad;
	return 0;
}

/* ---- the hierarchy ------------------------------------------------------------------------------------------------------------------------ */

struct survey {
	uint64_t files, folders, names;
	bool object, storage_root;
};

static int each_survey(void *context, const struct ocfl_name *name, struct err *err)
{
	struct survey *survey = context;
	(void)err;
	survey->names++;
	survey->folders += name->type == OCFL_FOLDER;
	if (name->type != OCFL_FILE)
		return 0;
	survey->files++;
	survey->object |= declaration_object(name->name) || str_equal(name->name, STR(OCFL_INVENTORY));
	survey->storage_root |= declaration_root(name->name);
	return 0;
}

struct descent {
	struct root *root;
	unsigned depth;
	bool intermediate;
};

static int met_folder(struct root *root, unsigned depth);

static int each_in_hierarchy(void *context, const struct ocfl_name *name, struct err *err)
{
	struct descent *descent = context;
	struct validation *v = descent->root->v;
	(void)err;
	if (!plain(v, name))
		return 0;
	size_t before = path_down(v, name->name);
	int status = 0;
	if (name->type == OCFL_FOLDER) {
		status = met_folder(descent->root, descent->depth + 1);
	} else {
		found_here(v, OCFL_ERROR, "E072", "the file is not part of an object");
		if (descent->intermediate)
			found_here(v, OCFL_ERROR, "E084", "the file lies in an intermediate directory of the storage hierarchy");
	}
	path_cut(v, before);
	return status;
}

/* A folder of the hierarchy: an object, or on the way to some. v->path is the folder. */
static int met_folder(struct root *root, unsigned depth)
{
	struct validation *v = root->v;
	struct survey survey = {0};
	struct descent descent = {root, depth, false};
	if (depth > FOLDERS_DEEP) {
		found_here(v, OCFL_UNCHECKED, "", "nested more than %d folders deep: not looked into", FOLDERS_DEEP);
		return 0;
	}
	int status = list_here(v, each_survey, &survey);
	if (status != 0)
		return status < 0 ? -1 : 0;
	if (survey.object)
		return met_object(root, depth);
	if (!survey.names) {
		found_here(v, OCFL_ERROR, "E073", "the folder is empty");
		return 0;
	}
	if (survey.storage_root)
		found_here(v, OCFL_ERROR, "E074", "a storage root lies inside of another one");
	if (!survey.folders)
		found_here(v, OCFL_ERROR, "E085", "the storage hierarchy ends here without an object");
	if (!survey.folders && depth > 1)
		found_here(v, OCFL_ERROR, "E088", "the folder is not on the way to an object");
	descent.intermediate = survey.folders > 0;
	uint64_t objects = v->result->objects;
	if (list_here(v, each_in_hierarchy, &descent) < 0)
		return -1;
	if (depth == 1 && v->result->objects == objects)
		found_here(v, OCFL_ERROR, "E088", "the folder leads to no object, and is not \"extensions\"");
	return 0;
}

static int each_at_top(void *context, const struct ocfl_name *name, struct err *err)
{
	struct root *root = context;
	struct validation *v = root->v;
	(void)err;
	/* Other files are not ours to understand (E087). */
	if (!plain(v, name) || name->type != OCFL_FOLDER)
		return 0;
	size_t before = path_down(v, name->name);
	int status = str_equal(name->name, STR("extensions")) ? extensions_check(v, true) : met_folder(root, 1);
	path_cut(v, before);
	return status;
}

static int check_declaration(struct root *root)
{
	struct validation *v = root->v;
	int status = list_here(v, each_declaration, root);
	if (status != 0)
		return status;
	if (!root->attempts) {
		root->any_tag = true;
		if (list_here(v, each_declaration, root) < 0)
			return -1;
	}
	if (!root->attempts)
		found_here(v, OCFL_ERROR, "E069", "the storage root has no version declaration");
	if (root->declarations != 1 || root->attempts > 1)
		found_here(v, OCFL_ERROR, "E076",
			root->declarations ? "the storage root has several version declarations"
					   : "the storage root has no right version declaration");
	v->spec = root->spec;
	return 0;
}

static int check_storage_root(struct root *root)
{
	struct validation *v = root->v;
	int status = check_declaration(root);
	if (status != 0)
		return status < 0 ? -1 : 0;
	if (root->has_layout && read_layout(root) < 0)
		return -1;
	if (list_here(v, each_at_top, root) < 0)
		return -1;
	if (root->misplaced && root->placed)
		found_here(v, OCFL_WARNING, "W014", "objects lie in more than one layout");
	if (root->at_top && root->below)
		found_here(v, OCFL_WARNING, "W015", "some objects lie directly in the storage root, some in a hierarchy");
	if (!root->has_layout && root->shallowest < root->deepest)
		found_here(v, OCFL_WARNING, "W014",
			"objects lie %u to %u folders deep, as if in several layouts, and " OCFL_LAYOUT " does not say which",
			root->shallowest, root->deepest);
	return 0;
}

int ocfl_validate_root(const struct ocfl_tree *tree, const char *path, const struct ocfl_validate_options *options,
	struct ocfl_result *result, struct err *err)
{
	struct validation v;
	struct root root = {.v = &v, .spec = OCFL_1_1, .top = str_from(path), .layout = {.kind = LAYOUT_UNKNOWN}};
	validation_start(&v, tree, options, result, OCFL_1_1);
	buf_text(&v.path, path);
	int status = check_storage_root(&root);
	if (status == 0)
		result->complete = !options->no_content;
	else
		err_set(err, v.err.code, "%s", v.err.text);
	free(root.ids);
	buf_release(&root.id);
	buf_release(&root.expected);
	validation_end(&v);
	return status;
}

/* ---- what is it? ------------------------------------------------------------------------------------------------------------------------------ */

struct recognition {
	bool object, root, inventory, layout, version;
};

static int each_recognise(void *context, const struct ocfl_name *name, struct err *err)
{
	struct recognition *seen = context;
	uint32_t number;
	unsigned width;
	(void)err;
	seen->version |= name->type == OCFL_FOLDER && version_name_parse(name->name, &number, &width);
	if (name->type != OCFL_FILE)
		return 0;
	seen->object |= declaration_object(name->name);
	seen->root |= declaration_root(name->name);
	seen->inventory |= str_equal(name->name, STR(OCFL_INVENTORY));
	seen->layout |= str_equal(name->name, STR(OCFL_LAYOUT));
	return 0;
}

int ocfl_recognise(const struct ocfl_tree *tree, const char *path, enum ocfl_what *what, struct err *err)
{
	struct recognition seen = {0};
	*what = OCFL_NEITHER;
	if (tree->list(tree->context, path, each_recognise, &seen, err) < 0)
		return -1;
	bool root = seen.root || seen.layout;
	if (seen.object || (seen.inventory && (!root || seen.version)))
		*what = OCFL_OBJECT;
	else if (root)
		*what = OCFL_ROOT;
	return 0;
}

struct search {
	const struct ocfl_tree *tree;
	struct buf path;
	unsigned depth;
	bool object;
};

static int each_searched(void *context, const struct ocfl_name *name, struct err *err)
{
	struct search *search = context;
	search->object |= name->type == OCFL_FILE && declaration_object(name->name);
	/* One that is found ends the listing, which is no failure. */
	if (search->object)
		return -1;
	if (name->type != OCFL_FOLDER || search->depth >= FOLDERS_DEEP)
		return 0;
	size_t before = search->path.n;
	if (before)
		buf_char(&search->path, '/');
	buf_str(&search->path, name->name);
	search->depth++;
	int status = search->tree->list(search->tree->context, search->path.p, each_searched, search, err);
	search->depth--;
	if (search->path.n > before)
		search->path.p[search->path.n = before] = '\0';
	return status;
}

int ocfl_leads_to_object(const struct ocfl_tree *tree, const char *path, bool *leads, struct err *err)
{
	struct search search = {.tree = tree, .path = BUF_INIT};
	buf_text(&search.path, path);
	int status = tree->list(tree->context, path, each_searched, &search, err);
	buf_release(&search.path);
	*leads = search.object;
	return search.object ? 0 : status;
}
