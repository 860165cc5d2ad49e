/* Making inventories, and further versions of them. */
#include "ocfl/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int inventory_new(struct inventory **out, struct str id, enum digest_alg alg, struct err *err)
{
	*out = NULL;
	if (alg != DIGEST_SHA256 && alg != DIGEST_SHA512)
		return err_set(err, ERR_USAGE, "an inventory's digests are sha256 or sha512 (OCFL E025)");
	if (!id.n || !utf8_valid(id))
		return err_set(err, ERR_SYNTAX, "an object's id must be a non-empty text in UTF-8 (OCFL E037)");
	struct inventory *inventory = inventory_empty(INVENTORY_MAKING_MEMORY);
	inventory->alg = alg;
	inventory->digest_size = digest_size(alg);
	inventory->id = pool_add(&inventory->pool, &inventory->account, id);
	if (!inventory->id) {
		int status = inventory_full(inventory, err);
		inventory_free(inventory);
		return status;
	}
	*out = inventory;
	return 0;
}

int inventory_begin_version(struct inventory *inventory, uint32_t *version, struct err *err)
{
	if (inventory->open)
		return err_set(err, ERR_USAGE, "version %u of the inventory is still open", inventory->head + 1);
	/* A parsed one may be larger already: then it is full. */
	size_t used = inventory->account.used;
	inventory->account.max = used > INVENTORY_MAKING_MEMORY ? used : INVENTORY_MAKING_MEMORY;
	uint64_t widest = 1;
	for (unsigned i = 1; i < inventory->width; i++)
		widest *= 10;
	if (inventory->head >= INVENTORY_VERSIONS_MAX || (inventory->width && inventory->head + 1u >= widest))
		return err_set(
			err, ERR_LIMIT, "the object has %u versions, and its way of naming them allows no more", inventory->head);
	if (!account_grow(&inventory->account, &inventory->versions, &inventory->version_cap, inventory->version_count + 1,
		    sizeof(struct version)))
		return inventory_full(inventory, err);
	inventory->open = true;
	*version = inventory->head + 1;
	inventory_version_name(inventory, *version, inventory->open_prefix);
	return 0;
}

static int need_open(const struct inventory *inventory, struct err *err)
{
	return inventory->open ? 0 : err_set(err, ERR_USAGE, "no version of the inventory is open");
}

int inventory_add_digest(struct inventory *inventory, const struct digest *digest, uint32_t *manifest, bool *known, struct err *err)
{
	if (need_open(inventory, err) < 0)
		return -1;
	if (digest->alg != inventory->alg)
		return err_set(err, ERR_USAGE, "the inventory's digests are %s, not %s", digest_name(inventory->alg),
			digest_name(digest->alg));
	bool there = inventory_find_digest(inventory, digest, manifest);
	if (!there)
		*manifest = model_digest(inventory, digest->bytes, 0, false);
	if (*manifest == NONE)
		return inventory_full(inventory, err);
	inventory->digests[*manifest].flags |= DIGEST_IN_MANIFEST;
	if (known)
		*known = inventory->digests[*manifest].content != NONE;
	return 0;
}

static int check_path(struct str path, struct err *err)
{
	if (path.n > INVENTORY_STRING_MAX - 1024)
		return err_set(err, ERR_LIMIT, "the path %.*s… is longer than an inventory takes", 60, path.p);
	if (path_faults(path) || memchr(path.p, 0, path.n))
		return err_set(
			err, ERR_SYNTAX, "the path %.*s has empty, \".\" or \"..\" elements (OCFL E052, E053)", STR_ARG(path));
	if (!utf8_valid(path))
		return err_set(err, ERR_SYNTAX, "the path %.*s is not UTF-8; an OCFL inventory cannot hold it", STR_ARG(path));
	return 0;
}

int inventory_add_content(struct inventory *inventory, uint32_t manifest, struct str path, struct err *err)
{
	if (need_open(inventory, err) < 0 || check_path(path, err) < 0)
		return -1;
	if (manifest >= inventory->digest_count)
		return err_set(err, ERR_USAGE, "the inventory has no digest number %u", manifest);
	struct buf full = BUF_INIT;
	buf_text(&full, inventory->open_prefix);
	buf_char(&full, '/');
	buf_str(&full, inventory_content_directory(inventory));
	buf_char(&full, '/');
	buf_str(&full, path);
	bool fresh = false;
	uint32_t content = buf_check(&full, "a content path", err) < 0 ? NONE : model_content(inventory, buf_view(&full), &fresh);
	buf_release(&full);
	if (content == NONE)
		return inventory_full(inventory, err);
	if (!fresh && inventory->contents[content].manifest != NONE)
		return err_set(err, ERR_EXISTS, "the content path %.*s is taken", STR_ARG(path));
	model_attach(inventory, manifest, content);
	return 0;
}

static int add_file(struct inventory *inventory, ref path, uint32_t manifest, struct err *err)
{
	struct str text = model_string(inventory, path);
	switch (paths_add(inventory, path)) {
	case PATH_FREE:
		break;
	case PATH_TWICE:
		return err_set(err, ERR_EXISTS, "the path %.*s is there twice", STR_ARG(text));
	case PATH_CONFLICT:
		return err_set(err, ERR_EXISTS,
			"the path %.*s is a folder of another file, or has a file as its folder (OCFL E095)", STR_ARG(text));
	case PATH_FULL:
		return inventory_full(inventory, err);
	}
	if (!fresh_add(inventory, path, manifest))
		return inventory_full(inventory, err);
	inventory->digests[manifest].flags |= DIGEST_USED;
	return 0;
}

int inventory_add_file(struct inventory *inventory, struct str path, uint32_t manifest, struct err *err)
{
	if (need_open(inventory, err) < 0 || check_path(path, err) < 0)
		return -1;
	if (manifest >= inventory->digest_count)
		return err_set(err, ERR_USAGE, "the inventory has no digest number %u", manifest);
	ref name = pool_add(&inventory->pool, &inventory->account, path);
	return name ? add_file(inventory, name, manifest, err) : inventory_full(inventory, err);
}

bool inventory_has_file(const struct inventory *inventory, struct str path)
{
	return inventory->open && paths_has(inventory, path);
}

int inventory_keep_file(struct inventory *inventory, struct str path, bool *kept, struct err *err)
{
	size_t i;
	if (need_open(inventory, err) < 0)
		return -1;
	if (!inventory->head || !inventory_find(inventory, inventory->head, path, &i))
		return err_set(err, ERR_NOT_FOUND, "version %u has no file %.*s", inventory->head, STR_ARG(path));
	*kept = !paths_has(inventory, path);
	if (!*kept)
		return 0;
	const struct item *item = state_item(inventory, &model_version(inventory, inventory->head)->state, i);
	return add_file(inventory, item->path, item->manifest, err);
}

int inventory_keep_rest(struct inventory *inventory, struct err *err)
{
	if (need_open(inventory, err) < 0)
		return -1;
	const struct version *head = inventory->head ? model_version(inventory, inventory->head) : NULL;
	for (uint32_t k = 0; head && k < head->state.run_count; k++) {
		struct run run = inventory->runs[head->state.runs[k]];
		for (uint32_t i = run.first; i < run.first + run.count; i++) {
			struct item item = inventory->items[i];
			if (!paths_has(inventory, model_string(inventory, item.path)) &&
				add_file(inventory, item.path, item.manifest, err) < 0)
				return -1;
		}
	}
	return 0;
}

static int add_text(struct inventory *inventory, struct str text, const char *what, ref *out, struct err *err)
{
	*out = 0;
	if (!text.p)
		return 0;
	if (!utf8_valid(text))
		return err_set(err, ERR_SYNTAX, "the %s of the version is not UTF-8", what);
	*out = pool_add(&inventory->pool, &inventory->account, text);
	return *out ? 0 : inventory_full(inventory, err);
}

int inventory_end_version(struct inventory *inventory, const struct inventory_version *info, struct err *err)
{
	struct version version = {.number = inventory->head + 1, .width = inventory->width, .has_user = info->user_name.p != NULL};
	if (need_open(inventory, err) < 0)
		return -1;
	if (!rfc3339_valid(info->created))
		return err_set(err, ERR_SYNTAX, "the version's time %.*s is no RFC 3339 time (OCFL E049)", STR_ARG(info->created));
	if (version.has_user && !info->user_name.n)
		return err_set(err, ERR_SYNTAX, "the version's user has an empty name (OCFL E054)");
	if (add_text(inventory, info->created, "time", &version.created, err) < 0 ||
		add_text(inventory, info->message, "message", &version.message, err) < 0 ||
		add_text(inventory, info->user_name, "user", &version.user_name, err) < 0 ||
		(version.has_user && add_text(inventory, info->user_address, "user's address", &version.user_address, err) < 0))
		return -1;
	for (uint32_t i = 0; i < inventory->digest_count; i++)
		if (inventory->digests[i].content == NONE || !(inventory->digests[i].flags & DIGEST_USED))
			return err_set(err, ERR_SYNTAX, "a digest of the manifest has no content or no logical file (OCFL E107)");
	if (!state_close(inventory, &version.state)) {
		free(version.state.runs);
		return inventory_full(inventory, err);
	}
	inventory->versions[inventory->version_count++] = version;
	inventory->head++;
	inventory->spec = OCFL_1_1;
	inventory->open = false;
	paths_clear(inventory);
	return 0;
}
