/* Inventory files with their sidecars, and what earlier inventories say against the root's. */
#include "ocfl/validate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIDECAR_PREFIX OCFL_INVENTORY "."

bool inventory_files_note(struct inventory_files *files, struct str name)
{
	if (str_equal(name, STR(OCFL_INVENTORY))) {
		files->inventory = true;
		return true;
	}
	if (!str_starts(name, STR(SIDECAR_PREFIX)))
		return false;
	struct str algorithm = {name.p + strlen(SIDECAR_PREFIX), name.n - strlen(SIDECAR_PREFIX)};
	/* Only a name that could be one: "inventory.json.bak" is an extra file. */
	if (digest_named(algorithm) == DIGEST_NONE || files->sidecars == SIDECARS_MAX)
		return false;
	snprintf(files->sidecar[files->sidecars++], sizeof(files->sidecar[0]), "%.*s", (int)algorithm.n, algorithm.p);
	return true;
}

/* ---- one inventory ---------------------------------------------------------------------------------------------------------- */

struct reading {
	struct object *object;
	struct inventory_parser *parser;
	struct hasher *identity;
	enum digest_alg algs[SIDECARS_MAX];
	unsigned alg_count;
	bool root;
};

static void report(void *context, enum ocfl_level level, const char *code, struct str text)
{
	struct reading *reading = context;
	struct validation *v = reading->object->v;
	/* Advice is given once, on the root's inventory. */
	if (level == OCFL_WARNING && !reading->root)
		return;
	found_here(v, level, code, "%.*s", STR_ARG(text));
}

static int take(void *context, const void *bytes, size_t n, struct err *err)
{
	struct reading *reading = context;
	struct validation *v = reading->object->v;
	(void)err;
	/* Rubbish is still hashed to its end. */
	if (reading->parser)
		inventory_parser_feed(reading->parser, bytes, n, NULL);
	hasher_add(reading->identity, bytes, n);
	for (unsigned i = 0; i < reading->alg_count; i++)
		if (reading->algs[i] != DIGEST_SHA256)
			hasher_add(hasher_for(v, reading->algs[i]), bytes, n);
	v->result->bytes += n;
	return validation_tick(v);
}

static void check_sidecar(struct validation *v, const char *algorithm, const struct digest *actual)
{
	struct buf text = BUF_INIT;
	bool too_long;
	struct digest said;
	struct err err = ERR_INIT;
	char name[80];
	snprintf(name, sizeof(name), "%s%s", SIDECAR_PREFIX, algorithm);
	size_t before = path_down(v, str_from(name));
	if (read_small(v, 1024, &text, &too_long) == 0) {
		if (too_long || ocfl_sidecar_parse(buf_view(&text), actual->alg, &said, &err) < 0)
			found_here(v, OCFL_ERROR, "E061", "the sidecar's form is not \"DIGEST inventory.json\"");
		else if (!digest_equal(&said, actual))
			found_here(v, OCFL_ERROR, "E060", "the sidecar does not have the digest of the inventory beside it");
	}
	buf_release(&text);
	path_cut(v, before);
}

/* All sidecars of a folder against the bytes read; `alg` is the inventory's, or DIGEST_NONE if it could not tell. */
static void check_sidecars(struct reading *reading, const struct inventory_files *files, enum digest_alg alg,
	const struct digest *identity, const struct digest *digests)
{
	struct validation *v = reading->object->v;
	bool fits = false;
	for (unsigned i = 0; i < files->sidecars; i++) {
		enum digest_alg said = digest_named(str_from(files->sidecar[i]));
		const struct digest *actual = said == DIGEST_SHA256 ? identity : &digests[i];
		if (alg != DIGEST_NONE && said != alg) {
			size_t before = path_down(v, STR(OCFL_INVENTORY));
			found_here(v, OCFL_ERROR, "E059", "its sidecar is of %s, its digestAlgorithm is %s", files->sidecar[i],
				digest_name(alg));
			path_cut(v, before);
			continue;
		}
		fits = true;
		check_sidecar(v, files->sidecar[i], actual);
	}
	if (!fits) {
		size_t before = path_down(v, STR(OCFL_INVENTORY));
		found_here(v, OCFL_ERROR, "E058", "the inventory has no sidecar%s%s", alg ? " inventory.json." : "",
			alg ? digest_name(alg) : "");
		path_cut(v, before);
	}
}

/* Reads v->path once: hashes it, and parses it if there is a parser. 0; 1 if it could not be read; -1 when stopped. */
static int read_once(struct reading *reading, const struct inventory_files *files, struct digest *identity, struct digest *digests)
{
	struct validation *v = reading->object->v;
	reading->identity = hasher_for(v, DIGEST_SHA256);
	hasher_begin(reading->identity);
	reading->alg_count = 0;
	for (unsigned i = 0; i < files->sidecars; i++) {
		enum digest_alg alg = digest_named(str_from(files->sidecar[i]));
		reading->algs[reading->alg_count++] = alg;
		if (alg != DIGEST_SHA256)
			hasher_begin(hasher_for(v, alg));
	}
	int status = read_here(v, take, reading);
	if (status == 2)
		found_here(v, OCFL_UNCHECKED, "", "the inventory went away while it was to be read");
	if (status != 0)
		return status < 0 ? -1 : 1;
	hasher_end(reading->identity, identity);
	for (unsigned i = 0; i < reading->alg_count; i++)
		if (reading->algs[i] != DIGEST_SHA256)
			hasher_end(hasher_for(v, reading->algs[i]), &digests[i]);
	return 0;
}

int inventory_check(
	struct object *object, const struct inventory_files *files, uint32_t version, struct inventory **out, bool *same)
{
	struct validation *v = object->v;
	struct reading reading = {.object = object, .root = version == 0};
	struct digest digests[SIDECARS_MAX] = {0}, identity = {0};
	enum digest_alg alg = DIGEST_NONE;
	struct err err = ERR_INIT;
	size_t before = path_down(v, STR(OCFL_INVENTORY));
	*out = NULL;
	/* What may be the root's inventory over again is only hashed at first: its breaches are known then. */
	int status = same ? read_once(&reading, files, &identity, digests) : 0;
	if (same && status == 0)
		*same = digest_equal(&identity, &object->identity);
	if (status == 0 && same && *same) {
		alg = object->inventory ? inventory_alg(object->inventory) : DIGEST_NONE;
	} else if (status == 0) {
		reading.parser = inventory_parser_reporting(v->options->max_memory, v->spec, report, &reading);
		status = read_once(&reading, files, &identity, digests);
		if (status == 0 && inventory_parser_finish(reading.parser, out, &err) == 0)
			alg = inventory_alg(*out);
		else if (status == 0 && err.code != ERR_SYNTAX)
			found_here(v, OCFL_UNCHECKED, "", "%s", err.text);
		inventory_parser_free(reading.parser);
	}
	path_cut(v, before);
	if (status != 0)
		return status < 0 ? -1 : 0;
	if (version == 0)
		object->identity = identity;
	v->result->inventories++;
	check_sidecars(&reading, files, alg, &identity, digests);
	return validation_tick(v);
}

/* ---- expectations --------------------------------------------------------------------------------------------------------------- */

static int expectation_compare(const void *a, const void *b)
{
	const struct expectation *x = a, *y = b;
	if (x->content != y->content)
		return x->content < y->content ? -1 : 1;
	if (x->alg != y->alg)
		return x->alg < y->alg ? -1 : 1;
	if (x->digest != y->digest)
		return x->digest < y->digest ? -1 : 1;
	if (x->fixity != y->fixity)
		return x->fixity ? 1 : -1;
	return x->version < y->version ? -1 : x->version > y->version;
}

void expectations_settle(struct object *object)
{
	uint32_t kept = 0;
	if (object->expectation_count)
		qsort(object->expectations, object->expectation_count, sizeof(struct expectation), expectation_compare);
	for (uint32_t i = 0; i < object->expectation_count; i++) {
		const struct expectation *before = kept ? &object->expectations[kept - 1] : NULL, *now = &object->expectations[i];
		if (before && before->content == now->content && before->alg == now->alg && before->digest == now->digest &&
			before->fixity == now->fixity)
			continue;
		object->expectations[kept++] = *now;
	}
	object->expectation_count = object->expectation_unique = kept;
}

bool expectation_add(struct object *object, uint32_t content, enum digest_alg alg, struct str digest, uint32_t version, bool fixity)
{
	struct inventory *root = object->inventory;
	/* Ten versions that say the same are kept once. */
	if (object->expectation_count >= 1024 && object->expectation_count >= 2 * object->expectation_unique)
		expectations_settle(object);
	ref bytes = pool_add(&root->pool, &root->account, digest);
	if (!bytes || !account_grow(&root->account, &object->expectations, &object->expectation_cap, object->expectation_count + 1,
			      sizeof(struct expectation))) {
		object->expectations_lost = true;
		return false;
	}
	object->expectations[object->expectation_count++] = (struct expectation){content, bytes, version, (uint8_t)alg, fixity};
	return true;
}

/* ---- earlier inventories against the root's --------------------------------------------------------------------------------------- */

static void compare_basics(struct object *object, const struct inventory *old, uint32_t version)
{
	struct validation *v = object->v;
	const struct inventory *root = object->inventory;
	char name[INVENTORY_VERSION_NAME];
	struct version *own = model_version(root, version);
	snprintf(name, sizeof(name), "v%0*u", own ? own->width : root->width, version);
	if (old->id && root->id && !str_equal(inventory_id(old), inventory_id(root))) {
		found_here(v, OCFL_ERROR, "E037", "the id is \"%.*s\", in the root's inventory \"%.*s\"",
			STR_ARG(inventory_id(old)), STR_ARG(inventory_id(root)));
		if (v->spec == OCFL_1_1)
			found_here(v, OCFL_ERROR, "E110", "the id changes between versions");
	}
	if (old->head_name && !str_equal(model_string(old, old->head_name), str_from(name)))
		found_here(v, OCFL_ERROR, "E040", "head is \"%.*s\" in the directory of %s",
			STR_ARG(model_string(old, old->head_name)), name);
	if (inventory_spec(old) < object->previous_spec || inventory_spec(old) > object->spec)
		found_here(v, OCFL_ERROR, code_of(v, "E038", "E103"), "the inventory follows OCFL 1.%d, %s 1.%d",
			inventory_spec(old) == OCFL_1_1, inventory_spec(old) > object->spec ? "the object" : "an earlier version",
			(inventory_spec(old) > object->spec ? object->spec : object->previous_spec) == OCFL_1_1);
	else
		object->previous_spec = inventory_spec(old);
	if (inventory_alg(old) == DIGEST_SHA256 && !object->warned_sha256) {
		object->warned_sha256 = true;
		found_here(v, OCFL_WARNING, "W004", "digestAlgorithm is sha256");
	}
}

static void compare_content_directory(struct object *object, const struct inventory *inventory, bool first)
{
	struct validation *v = object->v;
	struct str now = model_string(inventory, inventory->content_directory);
	if (first) {
		object->first_seen = true;
		object->first_has_content_directory = now.p != NULL;
		snprintf(object->first_content_directory, sizeof(object->first_content_directory), "%.*s",
			(int)(now.n > 255 ? 255 : now.n), now.p ? now.p : "content");
		return;
	}
	bool differs = !str_equal(inventory_content_directory(inventory), str_from(object->first_content_directory));
	if (now.p && (!object->first_has_content_directory || differs))
		found_here(v, OCFL_ERROR, "E019", "contentDirectory is set to \"%.*s\", which is not so in the first version",
			STR_ARG(now));
	if (object->first_has_content_directory && differs)
		found_here(v, OCFL_ERROR, "E020", "the content directory is \"%.*s\", in the first version \"%s\"",
			STR_ARG(inventory_content_directory(inventory)), object->first_content_directory);
}

/* Do the digests stand for the same bytes? By value, or over a content path that both manifests have. */
static bool same_content(
	const struct inventory *old, uint32_t old_number, const struct inventory *root, uint32_t root_number, struct buf *path)
{
	if (old->alg == root->alg && old->digest_size == root->digest_size)
		return memcmp(old->digest_bytes + old_number * old->digest_size,
			       root->digest_bytes + root_number * root->digest_size, root->digest_size) == 0;
	for (uint32_t c = old->digests[old_number].content; c != NONE; c = old->contents[c].next) {
		model_content_path(old, c, path);
		uint32_t other = model_find_content(root, buf_view(path));
		if (other != NONE && root->contents[other].manifest == root_number)
			return true;
	}
	return false;
}

static void compare_state(struct object *object, const struct inventory *old, const struct version *version)
{
	struct validation *v = object->v;
	const struct inventory *root = object->inventory;
	const struct version *now = model_version(root, version->number);
	struct buf path = BUF_INIT;
	if (!now) {
		found_here(v, OCFL_ERROR, "E066", "the inventory has version %u, the root's does not", version->number);
		return;
	}
	uint32_t i = 0, k = 0;
	while (i < version->state.count || k < now->state.count) {
		const struct item *a = i < version->state.count ? state_item(old, &version->state, i) : NULL;
		const struct item *b = k < now->state.count ? state_item(root, &now->state, k) : NULL;
		struct str a_path = a ? model_string(old, a->path) : STR(""), b_path = b ? model_string(root, b->path) : STR("");
		int order = !a ? 1 : !b ? -1 : str_compare(a_path, b_path);
		if (order != 0 || !same_content(old, a->manifest, root, b->manifest, &path)) {
			found_here(v, OCFL_ERROR, "E066", "version %u is not the same as in the root's inventory: \"%.*s\" %s",
				version->number, STR_ARG(order <= 0 ? a_path : b_path),
				order < 0   ? "is not in the root's"
				: order > 0 ? "is not in this one"
					    : "has other content");
			break;
		}
		i++;
		k++;
	}
	buf_release(&path);
	struct inventory_version mine, theirs;
	inventory_version(old, version->number, &mine);
	inventory_version(root, version->number, &theirs);
	if (!str_equal(mine.created, theirs.created) || !str_equal(mine.message, theirs.message) ||
		!str_equal(mine.user_name, theirs.user_name) || !str_equal(mine.user_address, theirs.user_address))
		found_here(v, OCFL_WARNING, "W011", "created, message or user of version %u differ from the root's inventory",
			version->number);
}

/* What the old manifest says of files: the same as the root's, or else to be checked when the file is read. */
static void compare_manifest(struct object *object, const struct inventory *old, uint32_t version)
{
	struct validation *v = object->v;
	struct inventory *root = object->inventory;
	bool same_alg = old->alg == root->alg && old->digest_size == root->digest_size;
	bool usable = old->alg != DIGEST_NONE && old->digest_size == digest_size(old->alg);
	struct buf path = BUF_INIT;
	for (uint32_t c = 0; c < old->content_count && usable; c++) {
		uint32_t number = old->contents[c].manifest;
		if (number == NONE || old->digests[number].flags & DIGEST_BAD)
			continue;
		model_content_path(old, c, &path);
		uint32_t other = model_find_content(root, buf_view(&path));
		struct str digest = {(const char *)old->digest_bytes + number * old->digest_size, old->digest_size};
		if (other != NONE && root->contents[other].manifest != NONE && same_alg) {
			if (memcmp(digest.p, root->digest_bytes + root->contents[other].manifest * root->digest_size, digest.n) !=
				0)
				found_here(v, OCFL_ERROR, "E092",
					"the manifest has another digest for \"%.*s\" than the root's inventory",
					STR_ARG(buf_view(&path)));
			continue;
		}
		bool fresh;
		if (other == NONE)
			other = model_content(root, buf_view(&path), &fresh);
		if (other == NONE)
			object->expectations_lost = true;
		else
			expectation_add(object, other, old->alg, digest, version, false);
	}
	for (uint32_t i = 0; i < old->fixity_count; i++) {
		enum digest_alg alg;
		const char *code;
		bool fresh;
		if (fixity_algorithm(model_string(old, old->fixity[i].algorithm), &alg, &code) != FIXITY_SUPPORTED)
			continue;
		model_content_path(old, old->fixity[i].content, &path);
		uint32_t other = model_content(root, buf_view(&path), &fresh);
		if (other == NONE)
			object->expectations_lost = true;
		else
			expectation_add(object, other, alg, model_string(old, old->fixity[i].digest), version, true);
	}
	buf_release(&path);
}

/* Every file of versions up to this one is in this one's manifest. */
static void compare_coverage(struct object *object, const struct inventory *old, uint32_t version)
{
	struct validation *v = object->v;
	const struct inventory *root = object->inventory;
	struct buf path = BUF_INIT;
	for (uint32_t c = 0; c < root->content_count; c++) {
		uint32_t number;
		unsigned width;
		if (root->contents[c].manifest == NONE || !root->contents[c].prefix)
			continue;
		struct str prefix = model_string(root, root->contents[c].prefix), name;
		str_take_until(&prefix, '/', &name);
		if (!version_name_parse(name, &number, &width) || number > version)
			continue;
		model_content_path(root, c, &path);
		uint32_t other = model_find_content(old, buf_view(&path));
		if (other == NONE || old->contents[other].manifest == NONE)
			found_here(v, OCFL_ERROR, "E023", "the manifest lacks \"%.*s\"", STR_ARG(buf_view(&path)));
	}
	buf_release(&path);
}

void inventory_compare(struct object *object, struct inventory *old, uint32_t version)
{
	struct validation *v = object->v;
	struct inventory *root = object->inventory;
	/* Version 1's inventory sets the content directory for all; the root's is compared when that has been seen. */
	bool first = version == 1;
	size_t before = path_down(v, STR(OCFL_INVENTORY));
	compare_basics(object, old, version);
	if (first || object->first_seen)
		compare_content_directory(object, old, first);
	for (uint32_t i = 0; root != old && root->version_count && i < old->version_count; i++)
		if (old->versions[i].number <= version)
			compare_state(object, old, &old->versions[i]);
	if (root != old && root->has_manifest) {
		compare_manifest(object, old, version);
		compare_coverage(object, old, version);
	}
	path_cut(v, before);
}
