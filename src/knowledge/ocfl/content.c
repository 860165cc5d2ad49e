/* The files in content directories: each in the manifest, each with its digests. */
#include "ocfl/validate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define EXTRAS_MAX 1000u

struct content_walk {
	struct object *object;
	unsigned depth;
	uint64_t files, names;
	uint64_t *total;
};

struct digesting {
	struct validation *v;
	enum digest_alg algs[ALGORITHMS];
	unsigned count;
	uint64_t since;
};

static int digest_piece(void *context, const void *bytes, size_t n, struct err *err)
{
	struct digesting *digesting = context;
	struct validation *v = digesting->v;
	(void)err;
	for (unsigned i = 0; i < digesting->count; i++)
		hasher_add(hasher_for(v, digesting->algs[i]), bytes, n);
	v->result->bytes += n;
	digesting->since += n;
	if (digesting->since < 1u << 20)
		return 0;
	digesting->since = 0;
	return validation_tick(v);
}

static void need(struct digesting *digesting, enum digest_alg alg)
{
	for (unsigned i = 0; i < digesting->count; i++)
		if (digesting->algs[i] == alg)
			return;
	digesting->algs[digesting->count++] = alg;
}

static uint64_t content_of(const void *expectation)
{
	return ((const struct expectation *)expectation)->content;
}

/* The first expectation of a content. */
static uint32_t expectations_of(const struct object *object, uint32_t content)
{
	return (uint32_t)mem_place(
		object->expectations, object->expectation_count, sizeof(*object->expectations), content_of, content);
}

static void judge(struct object *object, uint32_t content, const struct digest *digests)
{
	struct validation *v = object->v;
	const struct inventory *root = object->inventory;
	uint32_t manifest = root->contents[content].manifest;
	if (manifest != NONE && root->alg != DIGEST_NONE && root->digest_size == digest_size(root->alg) &&
		!(root->digests[manifest].flags & DIGEST_BAD) &&
		memcmp(digests[root->alg].bytes, root->digest_bytes + manifest * root->digest_size, root->digest_size) != 0)
		found_here(v, OCFL_ERROR, "E092", "the file does not have the %s digest that the manifest gives",
			digest_name(root->alg));
	for (uint32_t i = expectations_of(object, content);
		i < object->expectation_count && object->expectations[i].content == content; i++) {
		const struct expectation *wanted = &object->expectations[i];
		struct str digest = {(const char *)digests[wanted->alg].bytes, digest_size(wanted->alg)};
		if (str_equal(digest, model_string(root, wanted->digest)))
			continue;
		char where[40] = "the root's inventory";
		if (wanted->version)
			snprintf(where, sizeof(where), "the inventory of version %u", wanted->version);
		found_here(v, OCFL_ERROR, wanted->fixity ? "E093" : "E092",
			"the file does not have the %s digest that %s of %s gives", digest_name(wanted->alg),
			wanted->fixity ? "the fixity block" : "the manifest", where);
	}
}

/* v->path is the file. */
static int check_file(struct object *object, uint32_t content)
{
	struct validation *v = object->v;
	struct inventory *root = object->inventory;
	struct digesting digesting = {.v = v};
	struct digest digests[ALGORITHMS] = {0};
	if (root->contents[content].manifest != NONE && root->alg != DIGEST_NONE)
		need(&digesting, root->alg);
	for (uint32_t i = expectations_of(object, content);
		i < object->expectation_count && object->expectations[i].content == content; i++)
		need(&digesting, object->expectations[i].alg);
	for (unsigned i = 0; i < digesting.count; i++)
		hasher_begin(hasher_for(v, digesting.algs[i]));
	int status = read_here(v, digest_piece, &digesting);
	if (status < 0)
		return -1;
	if (status == 2)
		found_here(v, OCFL_UNCHECKED, "", "the file went away while it was to be read");
	if (status != 0)
		return 0;
	for (unsigned i = 0; i < digesting.count; i++)
		hasher_end(hasher_for(v, digesting.algs[i]), &digests[digesting.algs[i]]);
	judge(object, content, digests);
	v->result->files++;
	return validation_tick(v);
}

/* The file's path below the object's folder. */
static struct str content_path(const struct validation *v)
{
	struct str path = buf_view(&v->path);
	if (v->object.n) {
		path.p += v->object.n + 1;
		path.n -= v->object.n + 1;
	}
	return path;
}

static int met_file(struct object *object)
{
	struct validation *v = object->v;
	struct inventory *root = object->inventory;
	struct str path = content_path(v);
	uint32_t content = model_find_content(root, path);
	bool known = content != NONE && root->contents[content].manifest != NONE;
	if (content != NONE)
		object->seen[content / 8] |= (unsigned char)(1u << content % 8);
	if (!known) {
		found_here(v, OCFL_ERROR, "E023", "the file is not in the manifest");
		if (v->spec == OCFL_1_0 && object->extra_count < EXTRAS_MAX &&
			account_grow(&root->account, &object->extras, &object->extra_cap, object->extra_count + 1, sizeof(char *)))
			object->extras[object->extra_count++] = mem_dup(path);
	}
	if (content == NONE || v->options->no_content)
		return 0;
	return check_file(object, content);
}

static int each_content(void *context, const struct ocfl_name *name, struct err *err);

static int walk_folder(struct object *object, unsigned depth, uint64_t *total)
{
	struct validation *v = object->v;
	struct content_walk walk = {object, depth, 0, 0, total};
	if (depth > FOLDERS_DEEP) {
		found_here(v, OCFL_UNCHECKED, "", "nested more than %d folders deep: not looked into", FOLDERS_DEEP);
		return 0;
	}
	int status = list_here(v, each_content, &walk);
	if (status == 0 && !walk.names && depth > 0)
		found_here(v, OCFL_ERROR, "E024", "the folder is empty");
	return status < 0 ? -1 : 0;
}

static int each_content(void *context, const struct ocfl_name *name, struct err *err)
{
	struct content_walk *walk = context;
	struct validation *v = walk->object->v;
	(void)err;
	walk->names++;
	if (!plain(v, name))
		return 0;
	size_t before = path_down(v, name->name);
	int status;
	if (name->type == OCFL_FOLDER) {
		status = walk_folder(walk->object, walk->depth + 1, walk->total);
	} else {
		++*walk->total;
		status = met_file(walk->object);
	}
	path_cut(v, before);
	return status;
}

int content_walk(struct object *object, uint64_t *files)
{
	*files = 0;
	return walk_folder(object, 0, files);
}

/* 1.0: a file of that name but for case means that the file system did not keep it. */
static bool differs_in_case(const struct object *object, struct str path)
{
	for (uint32_t i = 0; i < object->extra_count; i++)
		if (strlen(object->extras[i]) == path.n && strncasecmp(object->extras[i], path.p, path.n) == 0)
			return true;
	return false;
}

int content_missing(struct object *object)
{
	struct validation *v = object->v;
	struct inventory *root = object->inventory;
	struct buf path = BUF_INIT, full = BUF_INIT;
	for (uint32_t i = 0; i < root->content_count; i++) {
		if (object->seen[i / 8] & 1u << i % 8)
			continue;
		uint32_t first = expectations_of(object, i);
		bool expected = first < object->expectation_count && object->expectations[first].content == i;
		bool fixity = false, manifest = root->contents[i].manifest != NONE;
		for (uint32_t k = first; k < object->expectation_count && object->expectations[k].content == i; k++) {
			fixity |= object->expectations[k].fixity;
			manifest |= !object->expectations[k].fixity;
		}
		if (!manifest && !expected)
			continue; /* reported when the inventory was read */
		model_content_path(root, i, &path);
		buf_clear(&full);
		if (v->object.n) {
			buf_str(&full, v->object);
			buf_char(&full, '/');
		}
		buf_str(&full, buf_view(&path));
		if (manifest)
			found(v, OCFL_ERROR, "E092", buf_view(&full), "the file is in a manifest, but not there");
		if (memchr(path.p, '\\', path.n))
			found(v, OCFL_ERROR, "E035", buf_view(&full),
				"the path has a backslash, and there is no file of that name");
		if (fixity)
			found(v, OCFL_ERROR, "E093", buf_view(&full), "the file is in a fixity block, but not there");
		if (v->spec == OCFL_1_0 && differs_in_case(object, buf_view(&path)))
			found(v, OCFL_ERROR, "E091", buf_view(&full), "the file is there under a name that differs in case");
	}
	buf_release(&path);
	buf_release(&full);
	return validation_tick(v);
}
