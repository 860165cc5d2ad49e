/* The whole check of a bag, in order. */
#include "internal.h"

static int take_top_name(void *context, const struct ocfl_name *name, struct err *err)
{
	struct check *check = context;

	(void)err;
	if (name->type == OCFL_FOLDER) {
		check->has_data = check->has_data || str_equal(name->name, STR("data"));
		return 0;
	}
	if (name->type != OCFL_FILE)
		return 0;
	if (str_equal(name->name, STR("bagit.txt")))
		check->has_declaration = true;
	else if (str_equal(name->name, STR("fetch.txt")))
		check->has_fetch = true;
	else if (str_equal(name->name, STR("bag-info.txt")))
		check->has_bag_info = true;
	else if (str_equal(name->name, STR("package-info.txt")))
		check->has_package_info = true;
	return 0;
}

static int take_manifest_name(void *context, const struct ocfl_name *name, struct err *err)
{
	struct check *check = context;
	struct str algorithm;

	(void)err;
	if (name->type != OCFL_FILE)
		return 0;
	if (manifest_algorithm(name->name, STR("manifest-"), &algorithm))
		listing_add_manifest(check, &check->payload, name->name);
	else if (manifest_algorithm(name->name, STR("tagmanifest-"), &algorithm))
		listing_add_manifest(check, &check->tags, name->name);
	return 0;
}

/* A recogniser's first look: without findings. */
struct look {
	bool declaration, manifest, data;
};

static int look_at_name(void *context, const struct ocfl_name *name, struct err *err)
{
	struct look *look = context;
	struct str algorithm;

	(void)err;
	look->declaration = look->declaration || str_equal(name->name, STR("bagit.txt"));
	look->data = look->data || (name->type == OCFL_FOLDER && str_equal(name->name, STR("data")));
	look->manifest = look->manifest || manifest_algorithm(name->name, STR("manifest-"), &algorithm);
	return 0;
}

int bag_recognise(const struct ocfl_tree *tree, const char *path, bool *is_bag, struct err *err)
{
	struct look look = {false, false, false};

	*is_bag = false;
	if (tree->list(tree->context, path, look_at_name, &look, err) != 0)
		return -1;
	*is_bag = look.declaration || (look.manifest && look.data);
	return 0;
}

static bool weak(enum digest_alg alg)
{
	return alg == DIGEST_MD5 || alg == DIGEST_SHA1;
}

static void look_at_manifests(struct check *check)
{
	bool strong = false;

	if (!check->has_data)
		report(check, BAG_ERROR, "BAG-PAYLOAD", STR("data"), 0, "the payload folder is missing");
	if (check->payload.manifest_count == 0)
		report(check, BAG_ERROR, "BAG-MANIFEST", STR(""), 0, "there is no payload manifest");
	for (size_t i = 0; i < check->payload.manifest_count; i++)
		strong = strong || !weak(check->payload.manifests[i].alg);
	if (check->strict && check->payload.manifest_count > 0 && !strong)
		report(check, BAG_WARNING, "BAG-ALGORITHM", STR(""), 0,
			"MD5 and SHA-1 show accidents, not intent: add manifests of SHA-256 or SHA-512");
}

/* The quick sum: an octet count is known only if every payload file was read. */
static void look_at_oxum(struct check *check)
{
	const struct bag_result *result = check->result;

	if (!check->has_oxum)
		return;
	if (result->files != check->oxum_streams)
		report(check, BAG_ERROR, "BAG-OXUM", STR(""), 0, "Payload-Oxum counts %llu files, there are %llu",
			(unsigned long long)check->oxum_streams, (unsigned long long)result->files);
	else if (check->octets_known && result->octets != check->oxum_octets)
		report(check, BAG_ERROR, "BAG-OXUM", STR(""), 0, "Payload-Oxum counts %llu octets, there are %llu",
			(unsigned long long)check->oxum_octets, (unsigned long long)result->octets);
}

static void report_unlisted(struct check *check)
{
	for (const struct unlisted *u = check->unlisted; u != NULL; u = u->next) {
		if (u->matched)
			continue;
		check->octets_known = false;
		report(check, BAG_ERROR, "BAG-UNLISTED", u->path, 0, "is in the payload but in no manifest");
	}
}

static void report_missing_tags(struct check *check)
{
	const struct listing *listing = &check->tags;

	for (size_t i = 0; i < listing->capacity; i++)
		if (listing->table[i] != NULL && !listing->table[i]->seen)
			report(check, BAG_ERROR, "BAG-MISSING", entry_path(listing, listing->table[i]), 0,
				"is listed in a tag manifest but not there");
}

static int read_lists(struct check *check, struct err *err)
{
	if (check->tree->list(check->tree->context, check->top.p, take_manifest_name, check, err) != 0)
		return -1;
	look_at_manifests(check);
	if (read_info(check, err) != 0 || read_manifests(check, &check->payload, err) != 0 ||
		read_manifests(check, &check->tags, err) != 0 || read_fetch(check, err) != 0)
		return -1;
	compare_manifests(check, &check->payload);
	compare_manifests(check, &check->tags);
	/* Names are compared through an array of about this size. */
	if (within_memory(check, check->payload.count * 40, err) != 0)
		return -1;
	compare_names(check);
	return 0;
}

static int run(struct check *check, struct err *err)
{
	bool go_on;

	/* What 1.0 forbids an older bag may do: the declaration comes first. */
	if (check->tree->list(check->tree->context, check->top.p, take_top_name, check, err) != 0 ||
		read_declaration(check, &go_on, err) != 0)
		return -1;
	if (go_on) {
		if (read_lists(check, err) != 0 || walk_tags(check, err) != 0 || walk_payload(check, err) != 0 ||
			match_missing(check, err) != 0)
			return -1;
		report_unlisted(check);
		report_missing_tags(check);
		look_at_oxum(check);
	}
	check->result->complete = !check->options->no_content;
	return 0;
}

int bag_validate(const struct ocfl_tree *tree, const char *path, const struct bag_options *options, struct bag_result *result,
	struct err *err)
{
	struct check check = {
		.tree = tree, .top = str_from(path), .options = options, .result = result, .arena = ARENA_INIT, .full = BUF_INIT};

	result->complete = false;
	check.max_memory = options->max_memory != 0 ? options->max_memory : BAG_MEMORY;
	check.octets_known = true;
	check.tags.tags = true;
	int outcome = run(&check, err);
	listing_release(&check.payload);
	listing_release(&check.tags);
	for (size_t i = 0; i < ALGORITHMS; i++)
		hasher_free(check.hashers[i]);
	buf_release(&check.full);
	arena_release(&check.arena);
	return outcome;
}
