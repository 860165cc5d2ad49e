/* What expunges leave of the descriptions of a record, made here from the ones that are held (T10 in take.c): the digest that the log has for the rewritten ones is
 * only their keeper's word, and under the name of an expunge he could change a title or an event.
 *
 * What goes is known by the leaves that the entries withhold, and by the paths that these have in what is held. Of versions that are not held whole neither is
 * known: nothing can be said of theirs, and where they lose something, an original name or an identifier of another version may have named it. It may then go as
 * well; nothing else may. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "take.h"

#define NAMES_MAX 4096u                  /* paths of one expunge that are looked for in texts */
#define COMPARED_MAX ((uint64_t)1 << 30) /* bytes of paths times bytes of texts, of a record: a hostile keeper has both */

struct step {
	const struct entry *expunge;
	struct str *names; /* paths that it takes, of all versions that are held */
	size_t count, capacity;
	uint64_t bytes;  /* of them */
	bool incomplete; /* there are others */
};

struct retelling {
	struct take *take;
	struct str id;
	struct step *steps;
	size_t count;
	struct arena arena;
	uint64_t compared;
	uint64_t versions;
	bool *emptied; /* [number - 1]: no document is left, or it is not held */
};

static uint64_t rewritten_version(const void *rewritten)
{
	return ((const struct entry_rewritten *)rewritten)->version;
}

static uint64_t withheld_version(const void *withheld)
{
	return ((const struct entry_withheld *)withheld)->version;
}

/* What the expunge makes the inventory of that version; NULL: it leaves it as it is. Its lines ascend by version. */
static const struct digest *inventory_by(const struct entry *expunge, uint64_t number)
{
	size_t at = mem_place(expunge->rewritten, expunge->rewritten_count, sizeof(*expunge->rewritten), rewritten_version, number);

	return at < expunge->rewritten_count && expunge->rewritten[at].version == number ? &expunge->rewritten[at].inventory : NULL;
}

/* Whether it takes anything out of that version: its description is then rewritten, and withheld with the rest. */
static bool affects(const struct entry *expunge, uint64_t number)
{
	size_t at = mem_place(expunge->leaves, expunge->leaf_count, sizeof(*expunge->leaves), withheld_version, number);

	return at < expunge->leaf_count && expunge->leaves[at].version == number;
}

/* The version as it is held, and how many of the expunges it has behind it. 1; 0 if it is not held whole; -1. After a crash it may be further than the
 * catalogue has seen. */
static int open_held(struct retelling *retelling, uint64_t number, struct version_tree **tree, size_t *behind, struct err *err)
{
	struct archive *archive = retelling->take->archive;
	struct archive_version version;
	size_t at = 0;

	*tree = NULL;
	if (archive_version(archive, retelling->id, number, &version, err) != 0)
		return -1;
	for (size_t i = 0; i < retelling->count; i++) {
		const struct digest *rewritten = inventory_by(retelling->steps[i].expunge, number);

		if (rewritten != NULL && digest_equal(rewritten, &version.inventory))
			at = i + 1;
	}
	for (;;) {
		struct object_version *object = NULL;
		struct err why = ERR_INIT;

		if (object_open(&object, archive->store, retelling->id, number, &version.inventory, &why) == 0 &&
			version_tree_of(tree, archive, object, retelling->id, &version, &why) == 0) {
			*behind = at;
			return 1;
		}
		if (why.code != ERR_NOT_FOUND && why.code != ERR_MISMATCH && why.code != ERR_SYNTAX && why.code != ERR_LIMIT)
			return err_set(err, why.code, "%s", why.text);
		while (at < retelling->count && inventory_by(retelling->steps[at].expunge, number) == NULL)
			at++;
		if (at == retelling->count)
			return 0;
		version.inventory = *inventory_by(retelling->steps[at++].expunge, number);
	}
}

static bool is_document(struct str path)
{
	return !str_equal(path, STR(SEED_NAME)) && !str_equal(path, STR(RECORD_NAME));
}

static void note_name(struct retelling *retelling, struct step *step, struct str path)
{
	if (step->count == NAMES_MAX) {
		step->incomplete = true;
		return;
	}
	if (step->count == step->capacity) {
		step->capacity = step->capacity == 0 ? 16 : step->capacity * 2;
		step->names = mem_grow(step->names, step->capacity, sizeof(*step->names));
	}
	step->names[step->count++] = arena_str(&retelling->arena, path);
	step->bytes += path.n;
}

/* The first of the expunges from `at` on that takes this leaf; retelling->count: none. */
static size_t taken_by(const struct retelling *retelling, size_t at, uint64_t number, uint64_t position)
{
	while (at < retelling->count && !entry_withholds(retelling->steps[at].expunge, number, position))
		at++;
	return at;
}

static bool takes_any(const struct retelling *retelling, size_t at, uint64_t number)
{
	for (; at < retelling->count; at++)
		if (affects(retelling->steps[at].expunge, number))
			return true;
	return false;
}

/* The paths that go out of one version, and whether any document is left. */
static int survey(struct retelling *retelling, uint64_t number, struct err *err)
{
	struct version_tree *tree;
	size_t at = 0, left = 0;
	int got = open_held(retelling, number, &tree, &at, err);

	if (got < 0)
		return -1;
	for (size_t i = 0; got == 0 && i < retelling->count; i++)
		if (affects(retelling->steps[i].expunge, number))
			retelling->steps[i].incomplete = true;
	for (size_t i = 0; got == 1 && i < version_tree_count(tree); i++) {
		struct leaf leaf;
		uint64_t position;
		size_t by;

		version_tree_leaf(tree, i, &leaf, &position, NULL);
		if (!is_document(leaf.path))
			continue;
		by = taken_by(retelling, at, number, position);
		if (by == retelling->count)
			left++;
		else
			note_name(retelling, &retelling->steps[by], leaf.path);
	}
	retelling->emptied[number - 1] = left == 0;
	version_tree_free(tree);
	return 0;
}

int retelling_begin(
	struct retelling **out, struct take *take, uint64_t versions, const struct entry *expunges, size_t count, struct err *err)
{
	struct retelling *retelling = mem_alloc(sizeof(*retelling));

	retelling->take = take;
	retelling->id = take->present.id;
	retelling->versions = versions;
	retelling->emptied = mem_array(versions + 1, sizeof(*retelling->emptied));
	retelling->steps = mem_array(count + 1, sizeof(*retelling->steps));
	retelling->count = count;
	for (size_t i = 0; i < count; i++) {
		const struct entry *expunge = retelling->steps[i].expunge = &expunges[i];

		/* Leaves ascend by version. Versions behind those that are rebuilt come later. */
		retelling->steps[i].incomplete =
			expunge->leaf_count > 0 && expunge->leaves[expunge->leaf_count - 1].version > versions;
	}
	*out = retelling;
	for (uint64_t number = 1; number <= versions; number++)
		if (takes_any(retelling, 0, number) && survey(retelling, number, err) != 0)
			return -1;
	return 0;
}

void retelling_free(struct retelling *retelling)
{
	if (retelling == NULL)
		return;
	for (size_t i = 0; i < retelling->count; i++)
		free(retelling->steps[i].names);
	free(retelling->steps);
	free(retelling->emptied);
	arena_release(&retelling->arena);
	free(retelling);
}

/* ---- descriptions ------------------------------------------------------------------------------------------------------------------------ */

/* One step of one version, for forget_description. */
struct telling {
	struct retelling *retelling;
	struct step *step;
	struct str *taken; /* out of this version, by path */
	size_t taken_count;
	struct record *offered; /* where not all names are known: what came */
	size_t next;            /* value of it */
	bool again;             /* it turned out meanwhile that not all can be looked for */
};

static int by_path(const void *a, const void *b)
{
	return str_compare(*(const struct str *)a, *(const struct str *)b);
}

static bool is_taken(void *context, struct str path)
{
	const struct telling *telling = context;

	return telling->taken_count > 0 && bsearch(&path, telling->taken, telling->taken_count, sizeof(path), by_path) != NULL;
}

/* Where it cannot be known, what came decides whether this goes. */
static bool offered_lacks(struct telling *telling, enum forget_text which, struct str text)
{
	if (which == FORGET_ORIGINAL_NAME)
		return record_field(telling->offered, RECORD_ORIGINAL_NAME).n == 0;
	for (size_t i = telling->next; i < record_value_count(telling->offered); i++) {
		struct record_value value;

		record_value(telling->offered, i, &value);
		if (value.term != DC_IDENTIFIER)
			continue;
		telling->next = i;
		if (!str_equal(value.value, text))
			return true;
		telling->next++;
		return false;
	}
	return true;
}

static bool names_any(struct retelling *retelling, struct step *step, struct str text)
{
	retelling->compared += step->bytes * text.n;
	if (retelling->compared > COMPARED_MAX)
		step->incomplete = true;
	for (size_t i = 0; !step->incomplete && i < step->count; i++)
		if (forget_names(text, step->names[i]))
			return true;
	return false;
}

static bool is_named(void *context, enum forget_text which, struct str text)
{
	struct telling *telling = context;
	bool named;

	if (telling->offered != NULL)
		return offered_lacks(telling, which, text);
	named = names_any(telling->retelling, telling->step, text);
	telling->again = telling->again || telling->step->incomplete;
	return named;
}

/* What is taken out of this version by one step, and how many documents there are behind it. */
static size_t gather_taken(struct telling *telling, const struct version_tree *tree, size_t at, size_t which, uint64_t number)
{
	size_t left = 0;

	telling->taken = mem_array(version_tree_count(tree) + 1, sizeof(*telling->taken));
	for (size_t i = 0; i < version_tree_count(tree); i++) {
		struct leaf leaf;
		uint64_t position;
		size_t by;

		version_tree_leaf(tree, i, &leaf, &position, NULL);
		if (!is_document(leaf.path))
			continue;
		by = taken_by(telling->retelling, at, number, position);
		if (by == which)
			telling->taken[telling->taken_count++] = leaf.path;
		left += by > which;
	}
	if (telling->taken_count > 1)
		qsort(telling->taken, telling->taken_count, sizeof(*telling->taken), by_path);
	return left;
}

static int read_offered(struct record **out, const struct version_tree *after, struct err *err)
{
	struct buf text = BUF_INIT;
	int result = object_read_file(version_tree_object(after), STR(RECORD_NAME), RECORD_BYTES_MAX, &text, err);

	if (result == 0)
		result = record_parse(out, buf_view(&text), RECORD_STORED, err);
	buf_release(&text);
	return result;
}

/* *text as this step leaves it. 1: once more from the beginning. */
static int tell_step(struct retelling *retelling, size_t which, size_t at, uint64_t number, const struct version_tree *before,
	const struct version_tree *after, struct buf *text, struct err *err)
{
	struct telling telling = {.retelling = retelling, .step = &retelling->steps[which]};
	struct forgetting forgetting = {.taken = is_taken, .named = is_named, .context = &telling};
	int result = -1;

	forgetting.everything = gather_taken(&telling, before, at, which, number) == 0;
	if (!forgetting.everything && telling.step->incomplete && read_offered(&telling.offered, after, err) != 0)
		goto out;
	result = forget_description(text, &forgetting, err);
	if (result == 0 && telling.again)
		result = 1;
out:
	record_free(telling.offered);
	free(telling.taken);
	return result;
}

/* The description as it is to be. 1; 0: what is held of it is damaged, so nothing is known of it; -1. */
static int tell(struct retelling *retelling, size_t at, uint64_t number, const struct version_tree *before,
	const struct version_tree *after, struct buf *text, struct err *err)
{
	struct err why = ERR_INIT;
	int got = 1;

	while (got == 1) {
		buf_release(text);
		if (object_read_file(version_tree_object(before), STR(RECORD_NAME), RECORD_BYTES_MAX, text, &why) != 0)
			return why.code == ERR_NOT_FOUND || why.code == ERR_MISMATCH ? 0 : err_set(err, why.code, "%s", why.text);
		got = 0;
		for (size_t i = at; got == 0 && i < retelling->count; i++)
			if (affects(retelling->steps[i].expunge, number))
				got = tell_step(retelling, i, at, number, before, after, text, err);
	}
	return got < 0 ? -1 : 1;
}

static bool has_digest(const struct object_version *object, struct str path, struct str content)
{
	struct object_file file;
	struct digest digest;
	struct hasher *hasher;
	size_t at;

	if (!object_find(object, path, &at))
		return false;
	object_file(object, at, &file);
	hasher = hasher_new(file.digest.alg);
	hasher_begin(hasher);
	hasher_add(hasher, content.p, content.n);
	hasher_end(hasher, &digest);
	hasher_free(hasher);
	return digest_equal(&digest, &file.digest);
}

/* ---- inventories -------------------------------------------------------------------------------------------------------------------------- */

static bool same_text(struct str a, struct str b)
{
	return (a.p == NULL) == (b.p == NULL) && str_equal(a, b);
}

/* A message may have made way for the word that it was expunged, where it told of what went. */
static bool may_forget(struct retelling *retelling, uint64_t number, struct str message)
{
	bool may = retelling->emptied[number - 1] && takes_any(retelling, 0, number);

	for (size_t i = 0; !may && i < retelling->count; i++)
		may = names_any(retelling, &retelling->steps[i], message) || retelling->steps[i].incomplete;
	return may;
}

/* Who made each version, when, and what was said of it: 0, or the version of which it is another. */
static uint64_t find_changed(struct retelling *retelling, const struct inventory *before, const struct inventory *after)
{
	uint32_t head = inventory_head(after);

	if (inventory_head(before) != head || head > retelling->versions)
		return head;
	for (uint32_t number = 1; number <= head; number++) {
		struct inventory_version old, now;

		inventory_version(before, number, &old);
		inventory_version(after, number, &now);
		if (!same_text(old.created, now.created) || !same_text(old.user_name, now.user_name) ||
			!same_text(old.user_address, now.user_address) ||
			(!same_text(old.message, now.message) &&
				!(str_equal(now.message, STR(FORGOTTEN_MESSAGE)) && may_forget(retelling, number, old.message))))
			return number;
	}
	return 0;
}

int retelling_prove(
	struct retelling *retelling, uint64_t number, const struct version_tree *after, const char **what, struct err *err)
{
	struct version_tree *before;
	struct buf text = BUF_INIT;
	size_t at = 0;
	int got = open_held(retelling, number, &before, &at, err);
	int result = got < 0 ? -1 : 0;

	*what = NULL;
	if (got != 1 || at == retelling->count)
		goto out;
	if (find_changed(retelling, object_inventory(version_tree_object(before)), object_inventory(version_tree_object(after))) !=
		0) {
		*what = "has in its inventory another time, name or message of a version than an expunge leaves";
		goto out;
	}
	if (!takes_any(retelling, at, number))
		goto out;
	got = tell(retelling, at, number, before, after, &text, err);
	if (got < 0)
		result = -1;
	else if (got == 1 && !has_digest(version_tree_object(after), STR(RECORD_NAME), buf_view(&text)))
		*what = "is described otherwise than an expunge leaves it:";
out:
	version_tree_free(before);
	buf_release(&text);
	return result;
}
