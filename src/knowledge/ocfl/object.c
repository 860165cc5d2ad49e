/* One object: its root, its version directories, the order of the checks. */
#include "ocfl/validate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- extensions ------------------------------------------------------------------------------------------------------------------ */

struct extensions {
	struct validation *v;
	bool of_root;
	uint64_t names;
};

static int each_counted(void *context, const struct ocfl_name *name, struct err *err)
{
	uint64_t *names = context;
	(void)name;
	(void)err;
	++*names;
	return 0;
}

/* v->path is a folder that nothing but links and emptiness is wrong with. */
static int extension_check(struct validation *v, bool of_root)
{
	uint64_t names = 0;
	if (of_root && list_here(v, each_counted, &names) == 0 && !names)
		found_here(v, OCFL_ERROR, "E073", "the folder is empty");
	return walk_links(v, 1);
}

static int each_extension(void *context, const struct ocfl_name *name, struct err *err)
{
	struct extensions *extensions = context;
	struct validation *v = extensions->v;
	const char *stray = extensions->of_root ? code_of(v, "E086", "E112") : "E067";
	const char *unregistered = extensions->of_root ? code_of(v, "W013", "W016") : "W013";
	(void)err;
	extensions->names++;
	bool fine = plain(v, name);
	size_t before = path_down(v, name->name);
	int status = 0;
	if (name->type != OCFL_FOLDER) {
		found_here(v, OCFL_ERROR, stray, "the extensions directory holds something that is no directory of an extension");
	} else if (fine) {
		if (!extension_registered(name->name))
			found_here(v, OCFL_WARNING, unregistered, "\"%.*s\" is no registered extension", STR_ARG(name->name));
		status = extension_check(v, extensions->of_root);
	}
	path_cut(v, before);
	return status;
}

int extensions_check(struct validation *v, bool of_root)
{
	struct extensions extensions = {v, of_root, 0};
	int status = list_here(v, each_extension, &extensions);
	if (status == 0 && of_root && !extensions.names)
		found_here(v, OCFL_ERROR, "E073", "the folder is empty");
	return status < 0 ? -1 : 0;
}

/* ---- the object's root --------------------------------------------------------------------------------------------------------------- */

struct root_listing {
	struct object *object;
	unsigned declarations; /* whose names are right */
	unsigned attempts;
	bool misnamed; /* a file that is perhaps meant to be the inventory */
};

static int each_declaration(void *context, const struct ocfl_name *name, struct err *err)
{
	struct root_listing *listing = context;
	struct validation *v = listing->object->v;
	enum ocfl_version spec;
	(void)err;
	if (!declaration_meant(name->name) || name->type == OCFL_LINK || name->type == OCFL_OTHER)
		return 0;
	if (name->type == OCFL_FOLDER) {
		size_t before = path_down(v, name->name);
		found_here(v, OCFL_ERROR, "E002", "the declaration is a folder");
		path_cut(v, before);
		return 0;
	}
	listing->attempts++;
	if (declaration_check(v, name->name, false, &spec)) {
		if (!listing->declarations++ || spec > listing->object->spec)
			listing->object->spec = spec;
	}
	return v->stopped ? -1 : 0;
}

struct nested {
	struct validation *v;
	unsigned depth;
	bool is_object;
};

/* Finds an object in a folder that is none of this one's, at any depth. */
static int each_nested(void *context, const struct ocfl_name *name, struct err *err)
{
	struct nested *nested = context;
	(void)err;
	nested->is_object |= name->type == OCFL_FILE && declaration_object(name->name);
	if (nested->is_object || name->type != OCFL_FOLDER || nested->depth >= FOLDERS_DEEP)
		return 0;
	size_t before = path_down(nested->v, name->name);
	nested->depth++;
	int status = list_here(nested->v, each_nested, nested);
	nested->depth--;
	path_cut(nested->v, before);
	return status < 0 ? -1 : 0;
}

static bool differs_in_case(struct str name, struct str wanted)
{
	return name.n == wanted.n && !str_equal(name, wanted) && strncasecmp(name.p, wanted.p, wanted.n) == 0;
}

static void stray_folder(struct validation *v, struct str name)
{
	struct nested nested = {v, 1, false};
	bool digits = name.n > 0, zero = true;
	size_t skip = name.n > 1 && (name.p[0] == 'v' || name.p[0] == 'V');
	for (size_t i = skip; i < name.n; i++) {
		digits &= name.p[i] >= '0' && name.p[i] <= '9';
		zero &= name.p[i] == '0';
	}
	found_here(v, OCFL_ERROR, "E001", "the object's root holds a folder that is not the specification's");
	if (v->spec == OCFL_1_1 && digits && !(skip && name.p[0] == 'v'))
		found_here(v, OCFL_ERROR, "E104", "a version directory is named v and its number");
	if (digits && zero)
		found_here(v, OCFL_ERROR, "E009", "versions begin with 1");
	if (v->spec == OCFL_1_1 &&
		((digits && zero) || (skip && !digits && ((name.p[1] >= '0' && name.p[1] <= '9') || name.p[1] == '-'))))
		found_here(v, OCFL_ERROR, "E105", "version numbers are 1, 2, 3 and so on");
	if (v->spec == OCFL_1_0 && ((skip && name.p[0] == 'V' && digits) || differs_in_case(name, STR("extensions")) ||
					   differs_in_case(name, STR("logs"))))
		found_here(v, OCFL_ERROR, "E091", "the folder's name differs in case from the specification's");
	if (list_here(v, each_nested, &nested) == 0 && nested.is_object)
		found_here(v, OCFL_ERROR, "E082", "an object lies inside of another one");
}

static int root_folder(struct root_listing *listing, struct str name)
{
	struct object *object = listing->object;
	struct validation *v = object->v;
	uint32_t number;
	unsigned width;
	if (version_name_parse(name, &number, &width)) {
		if (!account_grow(&object->account, &object->versions, &object->version_cap, object->version_count + 1,
			    sizeof(struct version_directory)))
			found_here(v, OCFL_UNCHECKED, "", "more version directories than fit into memory");
		else
			object->versions[object->version_count++] = (struct version_directory){number, (uint8_t)width};
		return 0;
	}
	if (declaration_meant(name))
		return 0; /* reported */
	size_t before = path_down(v, name);
	int status = 0;
	if (str_equal(name, STR("extensions")))
		status = extensions_check(v, false);
	else if (str_equal(name, STR("logs")))
		status = walk_links(v, 1);
	else
		stray_folder(v, name);
	path_cut(v, before);
	return status;
}

static int each_in_root(void *context, const struct ocfl_name *name, struct err *err)
{
	struct root_listing *listing = context;
	struct object *object = listing->object;
	struct validation *v = object->v;
	(void)err;
	if (!plain(v, name))
		return 0;
	if (name->type == OCFL_FOLDER)
		return root_folder(listing, name->name);
	if (declaration_object(name->name) || inventory_files_note(&object->files, name->name))
		return 0;
	if (declaration_meant(name->name) && listing->attempts == 1)
		return 0; /* reported as the object's only declaration */
	size_t before = path_down(v, name->name);
	listing->misnamed |= str_starts(name->name, STR("inventory")) || str_ends(name->name, STR(".json"));
	if (differs_in_case(name->name, STR(OCFL_INVENTORY))) {
		listing->misnamed = true;
		if (v->spec == OCFL_1_0)
			found_here(v, OCFL_ERROR, "E091", "the file's name differs in case from " OCFL_INVENTORY);
	}
	found_here(v, OCFL_ERROR, "E001", "the object's root holds a file that is not the specification's");
	path_cut(v, before);
	return v->stopped ? -1 : 0;
}

static int directory_compare(const void *a, const void *b)
{
	const struct version_directory *x = a, *y = b;
	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return x->width < y->width ? -1 : x->width > y->width;
}

static int check_root(struct object *object)
{
	struct validation *v = object->v;
	struct root_listing listing = {.object = object};
	/* The declaration first: it says whose codes the rest is judged by. */
	int status = list_here(v, each_declaration, &listing);
	if (status != 0)
		return status;
	if (listing.declarations != 1 || listing.attempts != 1)
		found_here(v, OCFL_ERROR, "E003",
			!listing.declarations ? "the object has no version declaration"
					      : "the object has several version declarations");
	v->spec = object->spec;
	object->declared = listing.declarations > 0;
	status = list_here(v, each_in_root, &listing);
	if (status != 0)
		return status;
	if (object->version_count)
		qsort(object->versions, object->version_count, sizeof(struct version_directory), directory_compare);
	if (!object->files.inventory) {
		found_here(v, OCFL_ERROR, "E063", "the object has no inventory.json");
		if (listing.misnamed)
			found_here(v, OCFL_ERROR, "E034", "the inventory must be named " OCFL_INVENTORY);
		return 0;
	}
	return inventory_check(object, &object->files, 0, &object->inventory, NULL);
}

/* ---- version directories against the root's inventory ----------------------------------------------------------------------------------- */

static void directory_name(const struct version_directory *directory, char out[INVENTORY_VERSION_NAME])
{
	snprintf(out, INVENTORY_VERSION_NAME, "v%0*u", directory->width, directory->number);
}

static const struct version_directory *directory_of(const struct object *object, const struct version *version)
{
	struct version_directory wanted = {version->number, version->width};
	return object->version_count ? bsearch(&wanted, object->versions, object->version_count, sizeof(wanted), directory_compare)
				     : NULL;
}

/* The sequence of directories; how the inventory names its versions was judged when it was read. */
static void check_sequence(struct object *object)
{
	struct validation *v = object->v;
	const struct inventory *root = object->inventory;
	uint32_t expected = 1;
	char name[INVENTORY_VERSION_NAME];
	if (!object->version_count)
		found_here(v, OCFL_ERROR, "E008", "the object has no version directory");
	for (uint32_t i = 0; i < object->version_count; i++) {
		const struct version_directory *directory = &object->versions[i];
		directory_name(directory, name);
		size_t before = path_down(v, str_from(name));
		bool again = i && directory->number == object->versions[i - 1].number;
		if (directory->number != expected && !again)
			found_here(v, OCFL_ERROR, expected == 1 ? "E009" : "E010", "version directory %u is missing before %s",
				expected, name);
		const struct version *version = root ? model_version(root, directory->number) : NULL;
		bool judged = version && version->width == directory->width; /* with the inventory */
		if (directory->width != object->versions[0].width && !judged) {
			if (object->versions[0].width && !directory->width)
				found_here(v, OCFL_ERROR, "E011",
					"the directory's name does not begin with v and a zero as those before it do");
			found_here(v, OCFL_ERROR, "E012", "the directory is not named as the first version's is");
			found_here(v, OCFL_ERROR, "E013", "the directory does not follow the convention of those before it");
		}
		if (root && root->version_count && !judged)
			found_here(v, OCFL_ERROR, "E046", "the inventory's versions have no \"%s\"", name);
		expected = directory->number + 1;
		path_cut(v, before);
	}
	for (uint32_t i = 0; root && i < root->version_count; i++)
		if (!directory_of(object, &root->versions[i]))
			found_here(v, OCFL_ERROR, "E046", "there is no directory for version %u of the inventory",
				root->versions[i].number);
}

static void check_conformance(struct object *object)
{
	struct validation *v = object->v;
	const struct inventory *root = object->inventory;
	size_t before = path_down(v, STR(OCFL_INVENTORY));
	/* Without a declaration there is nothing that it could contradict. */
	if (!object->declared)
		object->spec = root->spec;
	if (root->spec != object->spec)
		found_here(v, OCFL_ERROR, "E038", "the inventory follows OCFL 1.%d, the object declares 1.%d",
			root->spec == OCFL_1_1, object->spec == OCFL_1_1);
	if (root->alg == DIGEST_SHA256 && !object->warned_sha256) {
		object->warned_sha256 = true;
		found_here(v, OCFL_WARNING, "W004", "digestAlgorithm is sha256");
	}
	path_cut(v, before);
}

/* ---- one version directory ------------------------------------------------------------------------------------------------------------------ */

struct version_listing {
	struct object *object;
	struct inventory_files files;
	bool content;
};

static int each_in_version(void *context, const struct ocfl_name *name, struct err *err)
{
	struct version_listing *listing = context;
	struct object *object = listing->object;
	struct validation *v = object->v;
	(void)err;
	if (!plain(v, name))
		return 0;
	size_t before = path_down(v, name->name);
	int status = 0;
	if (name->type == OCFL_FOLDER) {
		bool content = object->inventory && str_equal(name->name, inventory_content_directory(object->inventory));
		listing->content |= content;
		if (object->inventory && !content)
			found_here(
				v, OCFL_WARNING, "W002", "the version directory holds a folder other than its content directory");
		if (v->spec == OCFL_1_0 && object->inventory &&
			differs_in_case(name->name, inventory_content_directory(object->inventory)))
			found_here(v, OCFL_ERROR, "E091", "the folder's name differs in case from the content directory's");
		/* The content directory's files are looked at one by one, if an inventory says what they should be. */
		if (!content)
			status = walk_links(v, 1);
	} else if (!inventory_files_note(&listing->files, name->name)) {
		found_here(v, OCFL_ERROR, "E015", "the version directory holds a file other than the inventory and its sidecar");
	}
	path_cut(v, before);
	return status;
}

/* Does the manifest put files into this version? */
static bool manifest_has_files(const struct inventory *root, const char *name)
{
	struct buf prefix = BUF_INIT;
	bool has = false;
	buf_printf(&prefix, "%s/", name);
	buf_str(&prefix, inventory_content_directory(root));
	ref wanted = pool_find(&root->pool, buf_view(&prefix));
	for (uint32_t i = 0; wanted && !has && i < root->content_count; i++)
		has = root->contents[i].prefix == wanted && root->contents[i].manifest != NONE;
	buf_release(&prefix);
	return has;
}

static int check_version_inventory(
	struct object *object, const struct version_directory *directory, const struct version_listing *listing)
{
	struct validation *v = object->v;
	const struct inventory *root = object->inventory;
	bool head = directory->number == (root && root->head ? root->head : object->versions[object->version_count - 1].number),
	     same = false;
	struct inventory *old = NULL;
	if (!listing->files.inventory) {
		if (root && model_version(root, directory->number))
			found_here(v, OCFL_WARNING, "W010", "the version has no inventory of its own");
		if (listing->files.sidecars)
			found_here(v, OCFL_ERROR, "E015", "the version directory holds a sidecar without an inventory");
		return 0;
	}
	if (inventory_check(object, &listing->files, directory->number, &old, head ? &same : NULL) < 0) {
		inventory_free(old);
		return -1;
	}
	if (head && !same && root) {
		size_t before = path_down(v, STR(OCFL_INVENTORY));
		found_here(v, OCFL_ERROR, "E064", "the inventory of the latest version is not the same as the root's");
		path_cut(v, before);
	}
	if (same && root)
		inventory_compare(object, object->inventory, directory->number);
	else if (old && root)
		inventory_compare(object, old, directory->number);
	inventory_free(old);
	return 0;
}

/* The inventories of all version directories; what they hold is walked afterwards, when it is known what to hash. */
static int check_version(struct object *object, const struct version_directory *directory, bool *content)
{
	struct validation *v = object->v;
	struct version_listing listing = {.object = object};
	char name[INVENTORY_VERSION_NAME];
	directory_name(directory, name);
	size_t before = path_down(v, str_from(name));
	int status = list_here(v, each_in_version, &listing);
	if (status == 0)
		status = check_version_inventory(object, directory, &listing);
	*content = listing.content;
	if (status >= 0 && object->inventory && !listing.content && manifest_has_files(object->inventory, name))
		found_here(v, OCFL_ERROR, "E016", "the manifest has files of this version, but there is no content directory");
	path_cut(v, before);
	if (status >= 0)
		v->result->versions++;
	return status < 0 ? -1 : 0;
}

static int walk_version(struct object *object, const struct version_directory *directory)
{
	struct validation *v = object->v;
	char name[INVENTORY_VERSION_NAME];
	uint64_t files;
	directory_name(directory, name);
	size_t before = path_down(v, str_from(name));
	path_down(v, inventory_content_directory(object->inventory));
	int status = content_walk(object, &files);
	if (status == 0 && !files)
		found_here(v, OCFL_WARNING, "W003", "the content directory holds no file");
	path_cut(v, before);
	return status;
}

/* ---- the order of things ------------------------------------------------------------------------------------------------------------------------ */

static int check_content(struct object *object, const unsigned char *has_content)
{
	struct validation *v = object->v;
	struct inventory *root = object->inventory;
	for (uint32_t i = 0; i < root->fixity_count; i++) {
		enum digest_alg alg;
		const char *code;
		if (fixity_algorithm(model_string(root, root->fixity[i].algorithm), &alg, &code) == FIXITY_SUPPORTED)
			expectation_add(object, root->fixity[i].content, alg, model_string(root, root->fixity[i].digest), 0, true);
	}
	expectations_settle(object);
	if (object->expectations_lost)
		found_here(v, OCFL_UNCHECKED, "",
			"the inventories together need more memory than allowed: not all of their digests were checked");
	object->seen = mem_alloc(root->content_count / 8 + 1u);
	for (uint32_t i = 0; i < object->version_count; i++)
		if (has_content[i] && walk_version(object, &object->versions[i]) < 0)
			return -1;
	return content_missing(object);
}

static int check_all(struct object *object)
{
	unsigned char *has_content = NULL;
	int status = check_root(object);
	if (status != 0)
		return status < 0 ? -1 : 0;
	check_sequence(object);
	if (object->inventory)
		check_conformance(object);
	has_content = mem_alloc(object->version_count + 1u);
	for (uint32_t i = 0; i < object->version_count && status == 0; i++) {
		bool content = false;
		status = check_version(object, &object->versions[i], &content);
		has_content[i] = content;
	}
	/* Without a manifest there is nothing to check by: that was reported, so the object does not pass. */
	if (status == 0 && object->inventory && object->inventory->has_manifest)
		status = check_content(object, has_content);
	free(has_content);
	return status;
}

int object_check(struct validation *v, struct buf *id, enum ocfl_version *spec)
{
	struct buf top = BUF_INIT;
	struct object object = {.v = v, .account = {.max = 16u << 20}, .spec = v->spec, .previous_spec = OCFL_1_0};
	enum ocfl_version spec_before = v->spec;
	buf_str(&top, buf_view(&v->path));
	v->object = buf_view(&top);
	v->bad = false;
	int status = check_all(&object);
	if (id && object.inventory)
		buf_str(id, inventory_id(object.inventory));
	if (spec)
		*spec = object.spec;
	if (status == 0) {
		v->result->objects++;
		v->result->objects_bad += v->bad;
		status = validation_tick(v);
	}
	for (uint32_t i = 0; i < object.extra_count; i++)
		free(object.extras[i]);
	free(object.extras);
	free(object.seen);
	free(object.expectations);
	free(object.versions);
	inventory_free(object.inventory);
	v->object = STR("");
	v->spec = spec_before;
	buf_release(&top);
	return status;
}

int ocfl_validate_object(const struct ocfl_tree *tree, const char *path, const struct ocfl_validate_options *options,
	struct ocfl_result *result, struct err *err)
{
	struct validation v;
	validation_start(&v, tree, options, result, OCFL_1_1);
	buf_text(&v.path, path);
	int status = object_check(&v, NULL, NULL);
	if (status == 0)
		result->complete = !options->no_content;
	else
		err_set(err, v.err.code, "%s", v.err.text);
	validation_end(&v);
	return status;
}
